/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The parameters of the fence agent, and how they are read. The names, the
 * letters and the way of reading them are those that all agents of ClusterLabs
 * have, so that what an administrator knows holds here too.
 *
 * One thing is different on purpose: there is no default action. An agent that
 * is called with nothing on stdin does nothing.
 */
#include <ctype.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../../drivers/modbus/modbus_profiles.h"
#include "fence_twinbeat.h"

#define LINE_MAX_BYTES 4096
#define LINES_MAX      1000

static const char *const write_kinds[] = {"coil", "holding", NULL};
static const char *const read_kinds[] = {"coil", "holding", "discrete", "input",
					 NULL};
static const char *const current_kinds[] = {"input", "holding", NULL};
static const char *const word_orders[] = {"high-first", "low-first", NULL};
/* In the order of enum modbus_id. */
static const char *const transaction_ids[] = {"echoed", "any", NULL};
/* Without encryption or integrity: not here. The first is the default. */
static const char *const ciphers[] = {"17", "3", "8", "12", NULL};
/* In the order of enum ipmi_privilege, from IPMI_OPERATOR. */
static const char *const privileges[] = {"operator", "administrator", NULL};

const struct parameter parameters[PARAMETERS] = {
	[P_ACTION] = {"action", "option", 'o', TYPE_STRING, FOR_ALL,
		      .required = true,
		      .about = "What to do; there is no default"},
	[P_IP] = {"ip", "ipaddr", 'a', TYPE_STRING, FOR_ALL, .required = true,
		  .about = "IP address of the device; names are never looked "
			   "up"},
	[P_IPPORT] = {"ipport", NULL, 'u', TYPE_INTEGER, FOR_ALL, .min = 1,
		      .max = 65535, .about = "TCP or UDP port of the device"},
	[P_USERNAME] = {"username", "login", 'l', TYPE_STRING, FOR_IPMI,
			.required = true,
			.about = "Login name, at most 16 characters"},
	[P_PASSWORD] = {"password", "passwd", 'p', TYPE_STRING, FOR_IPMI,
			.about = "Login password, at most 20 characters"},
	[P_PASSWORD_SCRIPT] = {"password_script", "passwd_script", 'S',
			       TYPE_STRING, FOR_IPMI,
			       .about = "Command that prints the password"},
	[P_CIPHER] = {"cipher", NULL, 'C', TYPE_SELECT, FOR_IPMI, .text = "17",
		      .choices = ciphers,
		      .about = "Cipher suite; 3 for older controllers"},
	[P_PRIVLVL] = {"privlvl", NULL, 'L', TYPE_SELECT, FOR_IPMI,
		       .text = "operator", .choices = privileges,
		       .about = "Privilege level to ask for"},
	[P_WORKAROUND] = {"workaround", NULL, 0, TYPE_STRING, FOR_IPMI,
			  .about = "Faults of the controller to live with, "
				   "separated by commas: see workarounds in "
				   "twinbeat.conf(5)"},
	[P_PLUG] = {"plug", "port", 'n', TYPE_STRING, FOR_MODBUS,
		    .required = true,
		    .about = "Plug number, from 1: wire address base + plug - "
			     "1. Several, like 1,2, are switched off together"},
	[P_PLUG_SEPARATOR] = {"plug_separator", NULL, 0, TYPE_STRING,
			      FOR_MODBUS, .text = ",",
			      .about = "Stands between several plugs"},
	[P_PLUGS] = {"plugs", NULL, 0, TYPE_INTEGER, FOR_MODBUS, .text = "8",
		     .min = 1, .max = 64,
		     .about = "How many plugs the device has, for list"},
	[P_SEPARATOR] = {"separator", NULL, 'C', TYPE_STRING, FOR_MODBUS,
			 .text = ",",
			 .about = "Separator in the lines of list"},
	[P_PROFILE] = {"profile", NULL, 0, TYPE_SELECT, FOR_MODBUS,
		       .text = "generic-coil",
		       .about = "What is known of the device, none of it tried "
				"on hardware; the rest can overrule it"},
	[P_UNIT] = {"unit", NULL, 0, TYPE_INTEGER, FOR_MODBUS, .max = 255,
		    .about = "Modbus unit identifier; default: the profile's"},
	[P_BASE] = {"base", NULL, 0, TYPE_INTEGER, FOR_MODBUS, .max = 65535,
		    .about = "Wire address of plug 1, counted from 0; default: "
			     "the profile's"},
	[P_WRITE_KIND] = {"write_kind", NULL, 0, TYPE_SELECT, FOR_MODBUS,
			  .choices = write_kinds,
			  .about = "What is written; default: the profile's"},
	[P_WRITE_BASE] = {"write_base", NULL, 0, TYPE_INTEGER, FOR_MODBUS,
			  .max = 65535,
			  .about = "Wire address of plug 1 for writing; "
				   "default: base"},
	[P_WRITE_ON] = {"write_on", NULL, 0, TYPE_INTEGER, FOR_MODBUS,
			.max = 65535,
			.about = "The value that switches on; default: the "
				 "profile's, else 1"},
	[P_WRITE_OFF] = {"write_off", NULL, 0, TYPE_INTEGER, FOR_MODBUS,
			 .max = 65535,
			 .about = "The value that switches off; default: the "
				  "profile's, else 0"},
	[P_WRITE_MULTIPLE] = {"write_multiple", NULL, 0, TYPE_BOOLEAN,
			      FOR_MODBUS,
			      .about = "Write with functions 15 and 16, not 5 "
				       "and 6"},
	[P_READ_KIND] = {"read_kind", NULL, 0, TYPE_SELECT, FOR_MODBUS,
			 .choices = read_kinds,
			 .about = "What is read back; default: the profile's, "
				  "else as write_kind"},
	[P_READ_BASE] = {"read_base", NULL, 0, TYPE_INTEGER, FOR_MODBUS,
			 .max = 65535,
			 .about = "Wire address of plug 1 for reading; "
				  "default: base, else write_base, as far off "
				  "as the profile has it"},
	[P_READ_ON] = {"read_on", NULL, 0, TYPE_INTEGER, FOR_MODBUS,
		       .max = 65535,
		       .about = "The value that means on; default: the "
				"profile's, else write_on"},
	[P_READ_OFF] = {"read_off", NULL, 0, TYPE_INTEGER, FOR_MODBUS,
			.max = 65535,
			.about = "The value that means off; default: the "
				 "profile's, else write_off. Any other is "
				 "unknown"},
	[P_READ_COUNT] = {"read_count", NULL, 0, TYPE_INTEGER, FOR_MODBUS,
			  .text = "1", .min = 1, .max = 2000,
			  .about = "How many coils or registers one read asks "
				   "for, from the device's first plug on"},
	[P_TRANSACTION_ID] = {"transaction_id", NULL, 0, TYPE_SELECT,
			      FOR_MODBUS, .text = "echoed",
			      .choices = transaction_ids,
			      .about = "any: for a gateway that does not echo "
				       "the transaction id"},
	[P_CURRENT_OFF_BELOW_MA] = {"current_off_below_ma", NULL, 0,
				    TYPE_INTEGER, FOR_MODBUS, .text = "0",
				    .max = 100000,
				    .about = "Second evidence: a plug is off "
					     "only while less flows; 0: not "
					     "asked"},
	[P_CURRENT_KIND] = {"current_kind", NULL, 0, TYPE_SELECT, FOR_MODBUS,
			    .choices = current_kinds,
			    .about = "Kind of register that has the current"},
	[P_CURRENT_BASE] = {"current_base", NULL, 0, TYPE_INTEGER, FOR_MODBUS,
			    .max = 65535,
			    .about = "Wire address of the current of plug 1"},
	[P_CURRENT_STEP] = {"current_step", NULL, 0, TYPE_INTEGER, FOR_MODBUS,
			    .min = 1, .max = 65535,
			    .about = "From one plug's current to the next; "
				     "default: current_width"},
	[P_CURRENT_WIDTH] = {"current_width", NULL, 0, TYPE_INTEGER, FOR_MODBUS,
			     .min = 1, .max = 2,
			     .about = "Registers of one current"},
	[P_CURRENT_ORDER] = {"current_order", NULL, 0, TYPE_SELECT, FOR_MODBUS,
			     .choices = word_orders,
			     .about = "Which of two registers comes first"},
	[P_CURRENT_UNIT_UA] = {"current_unit_ua", NULL, 0, TYPE_INTEGER,
			       FOR_MODBUS, .min = 1, .max = 10000000,
			       .about = "Microamperes that a count of 1 is"},
	[P_DELAY] = {"delay", NULL, 0, TYPE_SECOND, FOR_ALL, .text = "0",
		     .max = 3600000,
		     .about = "Wait before off and reboot, so that of two "
			      "nodes one shoots first"},
	[P_LOGIN_TIMEOUT] = {"login_timeout", NULL, 0, TYPE_SECOND, FOR_MODBUS,
			     .text = "2", .min = 1, .max = 3600000,
			     .about = "How long a connection may take"},
	[P_CONNECT_WAIT] = {"connect_wait", NULL, 0, TYPE_SECOND, FOR_MODBUS,
			    .text = "0", .max = 60000,
			    .about = "Wait between the connection and the "
				     "first question"},
	[P_OFF_TIMEOUT] = {"off_timeout", NULL, 0, TYPE_SECOND, FOR_MODBUS,
			   .text = "0", .max = 3600000,
			   .about = "How long the device may take to show a "
				    "change that it has confirmed"},
	[P_SHELL_TIMEOUT] = {"shell_timeout", NULL, 0, TYPE_SECOND, FOR_ALL,
			     .text = "2", .min = 1, .max = 3600000,
			     .about = "How long an answer may take"},
	[P_POWER_TIMEOUT] = {"power_timeout", NULL, 0, TYPE_SECOND, FOR_ALL,
			     .text = "20", .min = 100, .max = 3600000,
			     .about = "How long switching and reading back may "
				      "take; what is not done by then failed"},
	[P_POWER_WAIT] = {"power_wait", NULL, 0, TYPE_SECOND, FOR_ALL,
			  .text = "2", .max = 3600000,
			  .about = "Wait after the plug was read back as off: "
				   "a power supply holds on"},
	[P_STATUS_SLEEP] = {"stonith_status_sleep", NULL, 0, TYPE_SECOND,
			    FOR_ALL, .text = "0.2", .max = 3600000,
			    .about = "Wait between switching and reading back, "
				     "and between readings"},
	[P_VERBOSE] = {"verbose", NULL, 'v', TYPE_BOOLEAN, FOR_ALL,
		       .about = "Tell each step on stderr"},
	[P_VERBOSE_LEVEL] = {"verbose_level", NULL, 0, TYPE_INTEGER, FOR_ALL,
			     .max = 9,
			     .about = "The same, as a number; 0 is silent"},
	[P_QUIET] = {"quiet", NULL, 'q', TYPE_BOOLEAN, FOR_ALL,
		     .about = "No message of success"},
	[P_NODENAME] = {"nodename", NULL, 0, TYPE_STRING, FOR_ALL,
			.hidden = true,
			.about = "The node that hangs on the plug, for "
				 "messages"},
	[P_VERSION] = {"version", NULL, 'V', TYPE_BOOLEAN, FOR_ALL,
		       .about = "Print the version and exit"},
	[P_HELP] = {"help", NULL, 'h', TYPE_BOOLEAN, FOR_ALL,
		    .about = "Print this help and exit"},
};

static int say(const struct given *given, const char *what, const char *which)
{
	fprintf(stderr, "%s: %s%s\n", given->name, what, which);
	return -1;
}

/* How much is told, and to whom: nothing is switched by it. */
static bool is_talk(enum parameter_id id)
{
	return id == P_VERBOSE || id == P_VERBOSE_LEVEL || id == P_QUIET ||
	       id == P_NODENAME;
}

/* Which plug of which device, what is done to it: no guess. */
static int keep(struct given *given, enum parameter_id id, const char *value)
{
	bool other = given->values[id] != NULL && !is_talk(id) &&
		     strcasecmp(given->values[id], value) != 0;
	char **place = &given->values[id];
	char *copy;

	if (other && id == P_PLUG) {
		place = &given->other_plug;
		other = *place != NULL && strcasecmp(*place, value) != 0;
	}
	if (other)
		return say(given, "not the same, and given twice: ",
			   parameters[id].name);
	copy = strdup(value);
	if (copy == NULL)
		return say(given, "out of memory", "");
	free(*place);
	*place = copy;
	return 0;
}

static bool is_node(const struct given *given, const char *plug)
{
	const char *node = given->values[P_NODENAME];

	return node != NULL && strcasecmp(plug, node) == 0 &&
	       node[strspn(node, "0123456789")] != '\0';
}

/*
 * A device with plug=1 of its own and no pcmk_host_map: Pacemaker may add the
 * name of the node as port (stonith_admin --validate does). That is no plug.
 */
static int settle_plug(struct given *given)
{
	char *plug = given->values[P_PLUG];

	if (given->other_plug == NULL)
		return 0;
	if (is_node(given, plug)) {
		given->values[P_PLUG] = given->other_plug;
		given->other_plug = plug;
	} else if (!is_node(given, given->other_plug)) {
		return say(given, "not the same, and given twice: ",
			   parameters[P_PLUG].name);
	}
	return 0;
}

/* ---- stdin ---- */

/* In a long name a - is a _. */
static bool name_is(const char *given, const char *name)
{
	if (name == NULL)
		return false;
	for (; *given != '\0' && *name != '\0'; given++, name++)
		if (*given != *name && !(*given == '-' && *name == '_'))
			return false;
	return *given == *name;
}

static int find_parameter(const struct given *given, const char *name)
{
	for (int i = 0; i < PARAMETERS; i++)
		if ((parameters[i].drivers & given->driver) != 0 &&
		    (name_is(name, parameters[i].name) ||
		     name_is(name, parameters[i].obsolete)))
			return i;
	return -1;
}

static char *trim(char *text)
{
	char *end = text + strlen(text);

	while (end > text && isspace((unsigned char)end[-1]))
		*--end = '\0';
	while (isspace((unsigned char)*text))
		text++;
	return text;
}

/* Pacemaker leaves these to nobody in particular. */
static bool is_of_others(const char *name)
{
	return strncmp(name, "pcmk_", 5) == 0 ||
	       strncmp(name, "crm_", 4) == 0 || strcmp(name, "agent") == 0 ||
	       strcmp(name, "provides") == 0 || strcmp(name, "name") == 0;
}

static int take_line(struct given *given, char *line)
{
	char *value, *name = trim(line);
	size_t size;
	int id;

	if (*name == '\0' || *name == '#')
		return 0;
	value = strchr(name, '=');
	if (value == NULL) {
		fprintf(stderr, "%s: ignored, no name=value: %.60s\n",
			given->name, name);
		return 0;
	}
	*value++ = '\0';
	value = trim(value);
	size = strlen(value);
	if (size >= 2 && value[0] == '"' && value[size - 1] == '"') {
		value[size - 1] = '\0';
		value++;
	}
	id = find_parameter(given, name);
	if (id >= 0)
		return keep(given, (enum parameter_id)id, value);
	if (is_of_others(name))
		return 0;
	/* Only the name: the value may be a password. */
	fprintf(stderr, "%s: ignored, unknown option: %.60s\n", given->name,
		name);
	if (given->unknown++ == 0)
		snprintf(given->first_unknown, sizeof(given->first_unknown),
			 "%.60s", name);
	return 0;
}

static int read_stdin(struct given *given)
{
	char line[LINE_MAX_BYTES];

	for (int lines = 0; fgets(line, sizeof(line), stdin) != NULL; lines++) {
		size_t size = strlen(line);

		if (lines == LINES_MAX ||
		    (size + 1 == sizeof(line) && line[size - 1] != '\n'))
			return say(given,
				   "too much on stdin: at most 1000 "
				   "lines of 4000 characters",
				   "");
		if (take_line(given, line) < 0)
			return -1;
	}
	return 0;
}

/* ---- the command line ---- */

#define LONG_FIRST 256

struct words {
	struct option options[2 * PARAMETERS + 2];
	char names[2 * PARAMETERS][32];
	char letters[3 * PARAMETERS + 1];
	unsigned count;
};

static void add_word(struct words *words, int id, const char *name)
{
	char *copy = words->names[words->count];

	snprintf(copy, sizeof(words->names[0]), "%s", name);
	for (char *c = copy; *c != '\0'; c++)
		*c = *c == '_' ? '-' : *c;
	words->options[words->count++] = (struct option){
		copy,
		parameters[id].type == TYPE_BOOLEAN ? no_argument
						    : required_argument,
		NULL, LONG_FIRST + id};
}

static void make_words(struct words *words, const struct given *given)
{
	char *letter = words->letters;

	for (int i = 0; i < PARAMETERS; i++) {
		const struct parameter *parameter = &parameters[i];

		if ((parameter->drivers & given->driver) == 0)
			continue;
		add_word(words, i, parameter->name);
		if (parameter->obsolete != NULL)
			add_word(words, i, parameter->obsolete);
		if (parameter->letter == 0)
			continue;
		*letter++ = parameter->letter;
		if (parameter->type != TYPE_BOOLEAN)
			*letter++ = ':';
	}
	/* read before all others */
	words->options[words->count++] = (struct option){
		"driver", required_argument, NULL, LONG_FIRST + PARAMETERS};
}

static int find_letter(const struct given *given, int letter)
{
	for (int i = 0; i < PARAMETERS; i++)
		if ((parameters[i].drivers & given->driver) != 0 &&
		    parameters[i].letter == letter)
			return i;
	return -1;
}

static int read_arguments(struct given *given, int argc, char **argv)
{
	struct words words = {.count = 0};
	int got, id;

	make_words(&words, given);
	while ((got = getopt_long(argc, argv, words.letters, words.options,
				  NULL)) != -1) {
		if (got == LONG_FIRST + PARAMETERS)
			continue;
		id = got >= LONG_FIRST ? got - LONG_FIRST
				       : find_letter(given, got);
		if (id < 0)
			return -1; /* getopt has said why */
		if (keep(given, (enum parameter_id)id,
			 optarg != NULL ? optarg : "1") < 0)
			return -1;
	}
	if (optind < argc)
		return say(given, "not an option: ", argv[optind]);
	return 0;
}

/* ---- which driver ---- */

static unsigned driver_by_name(const char *name)
{
	if (strcmp(name, "modbus") == 0)
		return FOR_MODBUS;
	if (strcmp(name, "ipmi") == 0)
		return FOR_IPMI;
	return 0;
}

static int choose_driver(struct given *given, int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/');
	const char *last;

	given->name = slash != NULL ? slash + 1 : argv[0];
	last = strrchr(given->name, '_');
	if (last != NULL)
		given->driver = driver_by_name(last + 1);
	for (int i = 1; i < argc && given->driver == 0; i++) {
		if (strncmp(argv[i], "--driver=", 9) == 0)
			given->driver = driver_by_name(argv[i] + 9);
		else if (strcmp(argv[i], "--driver") == 0 && i + 1 < argc)
			given->driver = driver_by_name(argv[i + 1]);
	}
	if (given->driver != 0)
		return 0;
	return say(given,
		   "which driver? call it fence_twinbeat_modbus or "
		   "fence_twinbeat_ipmi, or say --driver=modbus",
		   "");
}

int parameters_read(struct given *given, int argc, char **argv)
{
	memset(given, 0, sizeof(*given));
	if (argc < 1 || choose_driver(given, argc, argv) < 0)
		return -1;
	if ((argc > 1 ? read_arguments(given, argc, argv) : read_stdin(given)) <
	    0)
		return -1;
	return settle_plug(given);
}

void parameters_free(struct given *given)
{
	for (int i = 0; i < PARAMETERS; i++) {
		free(given->values[i]);
		given->values[i] = NULL;
	}
	free(given->other_plug);
	given->other_plug = NULL;
}

/* ---- values ---- */

const char *parameter_text(const struct given *given, enum parameter_id id)
{
	return given->values[id] != NULL ? given->values[id]
					 : parameters[id].text;
}

static int refuse_number(const struct parameter *parameter, const char *text,
			 char *error, size_t error_size)
{
	if (parameter->type == TYPE_SECOND)
		snprintf(error, error_size,
			 "%s=%.32s: must be %g to %g seconds", parameter->name,
			 text, parameter->min / 1000.0,
			 parameter->max / 1000.0);
	else
		snprintf(error, error_size, "%s=%.32s: must be %u to %u",
			 parameter->name, text, parameter->min, parameter->max);
	return -1;
}

/* Digits; for seconds up to three behind a point. */
int parameter_number(const struct given *given, enum parameter_id id,
		     uint32_t *value, char *error, size_t error_size)
{
	const struct parameter *parameter = &parameters[id];
	const char *text = parameter_text(given, id), *at = text;
	uint64_t number = 0;
	uint32_t unit = 1000;

	if (text == NULL) {
		*value = 0;
		return 0;
	}
	for (; isdigit((unsigned char)*at) && number < UINT32_MAX; at++)
		number = number * 10 + (unsigned)(*at - '0');
	if (at == text)
		return refuse_number(parameter, text, error, error_size);
	if (parameter->type == TYPE_SECOND) {
		number *= 1000;
		if (*at == '.')
			for (at++; isdigit((unsigned char)*at) && unit > 1;
			     at++) {
				unit /= 10;
				number += (unsigned)(*at - '0') * unit;
			}
	}
	if (*at != '\0' || number < parameter->min || number > parameter->max)
		return refuse_number(parameter, text, error, error_size);
	*value = (uint32_t)number;
	return 0;
}

const char *parameter_choice_name(enum parameter_id id, unsigned i)
{
	if (id == P_PROFILE)
		return i < MODBUS_PROFILES ? modbus_profiles[i].name : NULL;
	return parameters[id].choices[i];
}

int parameter_choice(const struct given *given, enum parameter_id id,
		     uint32_t *index, char *error, size_t error_size)
{
	const char *text = parameter_text(given, id), *name;
	int used;

	for (*index = 0; (name = parameter_choice_name(id, *index)) != NULL;
	     ++*index)
		if (strcmp(name, text) == 0)
			return 0;
	used = snprintf(error, error_size, "%s=%.32s: must be one of",
			parameters[id].name, text);
	for (unsigned i = 0; (name = parameter_choice_name(id, i)) != NULL; i++)
		if (used > 0 && (size_t)used < error_size)
			used += snprintf(error + used,
					 error_size - (size_t)used, " %s",
					 name);
	return -1;
}

bool parameter_is_true(const struct given *given, enum parameter_id id)
{
	static const char *const words[] = {"1", "yes", "on", "true"};
	const char *text = given->values[id];

	for (unsigned i = 0; text != NULL && i < 4; i++)
		if (strcasecmp(text, words[i]) == 0)
			return true;
	return false;
}
