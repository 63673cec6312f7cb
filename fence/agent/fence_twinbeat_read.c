/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How the parameters are told, from stdin or the command line: the names, the
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

#include "fence_twinbeat.h"

#define LINE_MAX_BYTES 4096
#define LINES_MAX      1000

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

static int find_parameter(const char *name)
{
	for (int i = 0; i < (int)parameter_count; i++)
		if (name_is(name, parameters[i].name) ||
		    name_is(name, parameters[i].obsolete))
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
	id = find_parameter(name);
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
	struct option options[2 * PARAMETERS_MAX + 2];
	char names[2 * PARAMETERS_MAX][32];
	char letters[3 * PARAMETERS_MAX + 1];
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

static void make_words(struct words *words)
{
	char *letter = words->letters;

	for (int i = 0; i < (int)parameter_count; i++) {
		const struct parameter *parameter = &parameters[i];

		if (parameter->name == NULL)
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
		"driver", required_argument, NULL, LONG_FIRST + PARAMETERS_MAX};
}

static int find_letter(int letter)
{
	for (int i = 0; i < (int)parameter_count; i++)
		if (parameters[i].name != NULL &&
		    parameters[i].letter == letter)
			return i;
	return -1;
}

static int read_arguments(struct given *given, int argc, char **argv)
{
	struct words words = {.count = 0};
	int got, id;

	make_words(&words);
	while ((got = getopt_long(argc, argv, words.letters, words.options,
				  NULL)) != -1) {
		if (got == LONG_FIRST + PARAMETERS_MAX)
			continue;
		id = got >= LONG_FIRST ? got - LONG_FIRST : find_letter(got);
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

static const struct driver *driver_by_name(const char *name)
{
	const struct driver *driver = driver_find(name);

	return driver != NULL && driver->as_agent != NULL ? driver : NULL;
}

static int ask_for_driver(const struct given *given)
{
	char names[200] = "";
	const char *last = "";

	for (unsigned i = 0; driver_registry[i] != NULL; i++) {
		size_t used = strlen(names);

		if (driver_registry[i]->as_agent == NULL)
			continue;
		last = driver_registry[i]->name;
		snprintf(names + used, sizeof(names) - used,
			 "%sfence_twinbeat_%s", used ? " or " : "", last);
	}
	fprintf(stderr, "%s: which driver? call it %s, or say --driver=%s\n",
		given->name, names, last);
	return -1;
}

static int choose_driver(struct given *given, int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/');
	const char *last;

	given->name = slash != NULL ? slash + 1 : argv[0];
	last = strrchr(given->name, '_');
	if (last != NULL)
		given->driver = driver_by_name(last + 1);
	for (int i = 1; i < argc && given->driver == NULL; i++) {
		if (strncmp(argv[i], "--driver=", 9) == 0)
			given->driver = driver_by_name(argv[i] + 9);
		else if (strcmp(argv[i], "--driver") == 0 && i + 1 < argc)
			given->driver = driver_by_name(argv[i + 1]);
	}
	if (given->driver == NULL)
		return ask_for_driver(given);
	parameters_make(given->driver);
	return 0;
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
	for (unsigned i = 0; i < PARAMETERS_MAX; i++) {
		free(given->values[i]);
		given->values[i] = NULL;
	}
	free(given->other_plug);
	given->other_plug = NULL;
}
