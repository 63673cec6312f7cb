/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the agent says of itself: metadata after metadata.rng of fence-agents,
 * which Pacemaker reads, and the help. Both from the same table.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "fence_twinbeat.h"

static const char *const type_names[] = {
	[TYPE_STRING] = "string", [TYPE_INTEGER] = "integer",
	[TYPE_SECOND] = "second", [TYPE_BOOLEAN] = "boolean",
	[TYPE_SELECT] = "select",
};

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

/* Rows begin with a small letter, a sentence of its own with a capital. */
static void make_about(const struct parameter *parameter, char *text,
		       size_t size)
{
	const char *open = parameter->open;

	snprintf(text, size, "%s%s%s", parameter->about,
		 open != NULL ? "; default: " : "", open != NULL ? open : "");
	text[0] = (char)toupper((unsigned char)text[0]);
}

/* One parameter under one of its names. */
static void print_parameter(const struct parameter *parameter, bool obsolete)
{
	char about[200];

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
		for (unsigned i = 0; parameter->choices[i] != NULL; i++)
			if (parameter->choices[i][0] != '\0')
				printf("\t\t\t<option value=\"%s\" />\n",
				       parameter->choices[i]);
		fputs("\t\t</content>\n", stdout);
	} else {
		fputs(" />\n", stdout);
	}
	fputs("\t\t<shortdesc lang=\"en\">", stdout);
	make_about(parameter, about, sizeof(about));
	print_escaped(about);
	fputs("</shortdesc>\n\t</parameter>\n", stdout);
}

static bool is_shown(const struct parameter *parameter)
{
	return parameter->name != NULL && !parameter->hidden;
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
	if (given->driver->only_plug == NULL)
		fputs("\t<action name=\"list\" />\n"
		      "\t<action name=\"list-status\" />\n",
		      stdout);
	fputs("</actions>\n", stdout);
}

void metadata_print(const struct given *given)
{
	const struct driver_agent *agent = given->driver->as_agent;
	const struct parameter *parameter;

	printf("<?xml version=\"1.0\" ?>\n<resource-agent name=\"%s\" "
	       "shortdesc=\"%s\" >\n<longdesc>",
	       given->name, agent->title);
	print_escaped(agent->about);
	fputs("</longdesc>\n<vendor-url></vendor-url>\n<parameters>\n", stdout);
	for (unsigned i = 0; (parameter = parameter_shown(i)) != NULL; i++) {
		if (!is_shown(parameter))
			continue;
		if (parameter->obsolete != NULL && i != P_ACTION)
			print_parameter(parameter, true);
		print_parameter(parameter, false);
	}
	fputs("</parameters>\n", stdout);
	print_actions(given);
	fputs("</resource-agent>\n", stdout);
}

void help_print(const struct given *given)
{
	const struct parameter *parameter;
	char about[200];

	printf("%s: %s.\nUsage: %s -o ACTION [OPTIONS], or name=value lines on "
	       "stdin.\nActions: on off reboot status monitor%s validate-all "
	       "metadata\nExit codes: 0 done (status: on), 1 failed, 2 status: "
	       "off\n\n",
	       given->name, given->driver->as_agent->title, given->name,
	       given->driver->only_plug == NULL ? " list list-status" : "");
	for (unsigned i = 0; (parameter = parameter_shown(i)) != NULL; i++) {
		if (!is_shown(parameter))
			continue;
		make_about(parameter, about, sizeof(about));
		fputs("  ", stdout);
		print_getopt(parameter);
		printf("\n      %s", about);
		if (parameter->text != NULL)
			printf(" (default %s)", parameter->text);
		putchar('\n');
	}
}
