/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the agent says of itself: metadata after metadata.rng of fence-agents,
 * which Pacemaker reads, and the help. Both from the same table.
 */
#include <stdio.h>
#include <string.h>

#include "fence_twinbeat.h"

static const char *const type_names[] = {
	[TYPE_STRING] = "string", [TYPE_INTEGER] = "integer",
	[TYPE_SECOND] = "second", [TYPE_BOOLEAN] = "boolean",
	[TYPE_SELECT] = "select",
};

static const char *short_description(const struct given *given)
{
	return given->driver == FOR_MODBUS
		       ? "Fence agent for power switches with Modbus/TCP"
		       : "Fence agent for IPMI over LAN";
}

static const char *long_description(const struct given *given)
{
	if (given->driver == FOR_MODBUS)
		return "fence_twinbeat_modbus switches the plugs of a relay "
		       "board or power distribution unit that speaks "
		       "Modbus/TCP. A plug is off only when it was read back "
		       "as off over a new connection; what the device "
		       "confirms proves nothing. It never toggles and never "
		       "cycles: reboot is off, read back, on.";
	return "fence_twinbeat_ipmi switches a machine by its management "
	       "controller. Off is a hard power down and counts when the "
	       "chassis status says off; a controller that does not answer "
	       "is an error, never off.";
}

static void print_escaped(const char *text)
{
	for (; *text != '\0'; text++)
		switch (*text) {
		case '&':
			fputs("&amp;", stdout);
			break;
		case '<':
			fputs("&lt;", stdout);
			break;
		case '>':
			fputs("&gt;", stdout);
			break;
		case '"':
			fputs("&quot;", stdout);
			break;
		default:
			putchar(*text);
		}
}

static void print_long_name(const struct parameter *parameter)
{
	fputs("--", stdout);
	for (const char *c = parameter->name; *c != '\0'; c++)
		putchar(*c == '_' ? '-' : *c);
	if (parameter->type != TYPE_BOOLEAN)
		printf("=[%s]", parameter->name);
}

static void print_getopt(const struct parameter *parameter)
{
	if (parameter->letter != 0)
		printf("-%c, ", parameter->letter);
	print_long_name(parameter);
}

/* One parameter under one of its names. */
static void print_parameter(enum parameter_id id, bool obsolete)
{
	const struct parameter *parameter = &parameters[id];
	const char *choice;

	printf("\t<parameter name=\"%s\" unique=\"0\" required=\"%d\"",
	       obsolete ? parameter->obsolete : parameter->name,
	       parameter->required);
	if (obsolete)
		fputs(" deprecated=\"1\"", stdout);
	else if (parameter->obsolete != NULL)
		printf(" obsoletes=\"%s\"", parameter->obsolete);
	fputs(">\n\t\t<getopt mixed=\"", stdout);
	print_getopt(parameter);
	printf("\" />\n\t\t<content type=\"%s\"", type_names[parameter->type]);
	if (parameter->text != NULL) {
		fputs(" default=\"", stdout);
		print_escaped(parameter->text);
		putchar('"');
	}
	if (parameter->type == TYPE_SELECT) {
		fputs(" >\n", stdout);
		for (unsigned i = 0;
		     (choice = parameter_choice_name(id, i)) != NULL; i++)
			printf("\t\t\t<option value=\"%s\" />\n", choice);
		fputs("\t\t</content>\n", stdout);
	} else {
		fputs(" />\n", stdout);
	}
	fputs("\t\t<shortdesc lang=\"en\">", stdout);
	print_escaped(parameter->about);
	fputs("</shortdesc>\n\t</parameter>\n", stdout);
}

static bool is_shown(const struct given *given,
		     const struct parameter *parameter)
{
	return (parameter->drivers & given->driver) != 0 && !parameter->hidden;
}

static void print_actions(const struct given *given)
{
	static const char *const names[] = {
		"off",	    "reboot",  "status",      "monitor",
		"metadata", "manpage", "validate-all"};

	/* Fencing cuts power; nobody has to be let in again (unfencing). */
	fputs("<actions>\n\t<action name=\"on\" automatic=\"0\"/>\n", stdout);
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		printf("\t<action name=\"%s\" />\n", names[i]);
	if (given->driver == FOR_MODBUS)
		fputs("\t<action name=\"list\" />\n"
		      "\t<action name=\"list-status\" />\n",
		      stdout);
	fputs("</actions>\n", stdout);
}

void metadata_print(const struct given *given)
{
	printf("<?xml version=\"1.0\" ?>\n<resource-agent name=\"%s\" "
	       "shortdesc=\"%s\" >\n<longdesc>",
	       given->name, short_description(given));
	print_escaped(long_description(given));
	fputs("</longdesc>\n<vendor-url></vendor-url>\n<parameters>\n", stdout);
	for (unsigned i = 0; i < PARAMETERS; i++) {
		if (!is_shown(given, &parameters[i]))
			continue;
		if (parameters[i].obsolete != NULL && i != P_ACTION)
			print_parameter((enum parameter_id)i, true);
		print_parameter((enum parameter_id)i, false);
	}
	fputs("</parameters>\n", stdout);
	print_actions(given);
	fputs("</resource-agent>\n", stdout);
}

void help_print(const struct given *given)
{
	printf("%s: %s.\nUsage: %s -o ACTION [OPTIONS], or name=value lines on "
	       "stdin.\nActions: on off reboot status monitor%s validate-all "
	       "metadata\nExit codes: 0 done (status: on), 1 failed, 2 status: "
	       "off\n\n",
	       given->name, short_description(given), given->name,
	       given->driver == FOR_MODBUS ? " list list-status" : "");
	for (unsigned i = 0; i < PARAMETERS; i++) {
		const struct parameter *parameter = &parameters[i];

		if (!is_shown(given, parameter))
			continue;
		fputs("  ", stdout);
		print_getopt(parameter);
		printf("\n      %s", parameter->about);
		if (parameter->text != NULL)
			printf(" (default %s)", parameter->text);
		putchar('\n');
	}
}
