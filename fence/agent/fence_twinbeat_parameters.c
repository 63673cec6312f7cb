/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The parameters of the fence agent: those that every agent has, and the rows
 * of the driver's settings, under the names that agents of ClusterLabs have for
 * them. And what their values are.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "fence_twinbeat.h"

/* Keys that many drivers have. */
static const struct driver_parameter common[] = {
	{"host", "ip", "ipaddr", 'a', .required = true,
	 .about = "IP address of the device; names are never looked up"},
	{"port", "ipport", NULL, 'u', .about = "TCP or UDP port of the device"},
	{"user", "username", "login", 'l'},
	{"password_file", .fixed = true},
	{"password_credential", .fixed = true},
	{"settle_ms", "stonith_status_sleep", .text = "0.2",
	 .about = "Wait between switching and reading back, and between "
		  "readings"},
	{"power_wait_ms", "power_wait", .text = "2",
	 .about = "Wait after the plug was read back as off: a power supply "
		  "holds on"},
	{NULL},
};

static const struct parameter generic[P_DRIVER] = {
	[P_ACTION] = {"action", "option", 'o', TYPE_STRING, .required = true,
		      .about = "What to do; there is no default"},
	[P_PASSWORD] = {"password", "passwd", 'p', TYPE_STRING,
			.about = "Login password, at most 20 characters"},
	[P_PASSWORD_SCRIPT] = {"password_script", "passwd_script", 'S',
			       TYPE_STRING,
			       .about = "Command that prints the password"},
	[P_PLUG] = {"plug", "port", 'n', TYPE_STRING, .required = true,
		    .about = "Which plug of the device. Several, like 1,2, are "
			     "switched off together"},
	[P_PLUG_SEPARATOR] = {"plug_separator", NULL, 0, TYPE_STRING,
			      .text = ",",
			      .about = "Stands between several plugs"},
	[P_PLUGS] = {"plugs", NULL, 0, TYPE_INTEGER, .text = "8", .min = 1,
		     .max = 64,
		     .about = "How many plugs the device has, for list"},
	[P_SEPARATOR] = {"separator", NULL, 'C', TYPE_STRING, .text = ",",
			 .about = "Separator in the lines of list"},
	[P_DELAY] = {"delay", NULL, 0, TYPE_SECOND, .text = "0", .max = 3600000,
		     .about = "Wait before off and reboot, so that of two "
			      "nodes one shoots first"},
	[P_POWER_TIMEOUT] = {"power_timeout", NULL, 0, TYPE_SECOND,
			     .text = "20", .min = 100, .max = 3600000,
			     .about = "How long switching and reading back may "
				      "take; what is not done by then failed"},
	[P_VERBOSE] = {"verbose", NULL, 'v', TYPE_BOOLEAN,
		       .about = "Tell each step on stderr"},
	[P_VERBOSE_LEVEL] = {"verbose_level", NULL, 0, TYPE_INTEGER, .max = 9,
			     .about = "The same, as a number; 0 is silent"},
	[P_QUIET] = {"quiet", NULL, 'q', TYPE_BOOLEAN,
		     .about = "No message of success"},
	[P_NODENAME] =
		{"nodename", NULL, 0, TYPE_STRING, .hidden = true,
		 .about = "The node that hangs on the plug, for messages"},
	[P_VERSION] = {"version", NULL, 'V', TYPE_BOOLEAN,
		       .about = "Print the version and exit"},
	[P_HELP] = {"help", NULL, 'h', TYPE_BOOLEAN,
		    .about = "Print this help and exit"},
};

struct parameter parameters[PARAMETERS_MAX];
unsigned parameter_count;

/* ---- from rows ---- */

/* What is made up for a row: its name without _ms, its default as text. */
static struct made {
	char name[SETTINGS_NAME_MAX], text[24];
} made[PARAMETERS_MAX - P_DRIVER];

static const struct driver_parameter *
find_words(const struct driver_parameter *words, const char *key)
{
	for (; words->key != NULL; words++)
		if (strcmp(words->key, key) == 0)
			return words;
	return NULL;
}

/* The driver's words come first. */
static const struct driver_parameter *words_of(const struct driver *driver,
					       const char *key)
{
	const struct driver_parameter *words =
		find_words(driver->as_agent->parameters, key);

	return words != NULL ? words : find_words(common, key);
}

/* A time is told in seconds, and counts in ms: what the row counts in. */
static bool is_time(const struct setting_row *row)
{
	return row->type == SETTING_MS ||
	       (row->unit != NULL && strcmp(row->unit, " ms") == 0);
}

uint32_t parameter_row_scale(const struct setting_row *row)
{
	return row->type == SETTING_MS ? 1000 : 1;
}

/* How a row's value is told to an agent; false: it cannot be. */
static bool find_type(const struct setting_row *row, enum parameter_type *type)
{
	static const enum parameter_type types[] = {
		[SETTING_BOOL] = TYPE_BOOLEAN,	  [SETTING_INT] = TYPE_INTEGER,
		[SETTING_CHOICE] = TYPE_SELECT,	  [SETTING_FLAGS] = TYPE_STRING,
		[SETTING_WORD] = TYPE_SELECT,	  [SETTING_TEXT] = TYPE_STRING,
		[SETTING_NAME] = TYPE_STRING,	  [SETTING_PATH] = TYPE_STRING,
		[SETTING_INTERFACE] = TYPE_STRING};

	if (row->type > SETTING_INTERFACE || row->most > 0)
		return false;
	*type = is_time(row) ? TYPE_SECOND : types[row->type];
	return true;
}

/* Without _ms: here it counts in seconds. */
static const char *make_name(struct made *to, const struct setting_row *row)
{
	size_t size = strlen(row->key);

	if (is_time(row) && size > 3 && strcmp(row->key + size - 3, "_ms") == 0)
		size -= 3;
	snprintf(to->name, sizeof(to->name), "%.*s", (int)size, row->key);
	return to->name;
}

static const char *make_default(struct made *to, const struct setting_row *row)
{
	switch (row->type) {
	case SETTING_INT:
	case SETTING_MS:
		if (is_time(row))
			snprintf(to->text, sizeof(to->text), "%g",
				 (double)row->value / 1000 /
					 parameter_row_scale(row));
		else
			snprintf(to->text, sizeof(to->text), "%lld",
				 (long long)row->value);
		return row->required ? NULL : to->text;
	case SETTING_CHOICE:
		return row->choices[row->value];
	case SETTING_BOOL:
	case SETTING_FLAGS:
		return NULL;
	default:
		return row->text != NULL && row->text[0] != '\0' ? row->text
								 : NULL;
	}
}

static void make_parameter(const struct driver *driver,
			   const struct setting_row *row)
{
	static const struct driver_parameter none = {NULL};
	const struct driver_parameter *words = words_of(driver, row->key);
	struct parameter *parameter = &parameters[parameter_count];
	struct made *to;

	if (words == NULL)
		words = &none;
	if (parameter_count == PARAMETERS_MAX || words->fixed ||
	    !find_type(row, &parameter->type))
		return;
	to = &made[parameter_count++ - P_DRIVER];
	parameter->row = row;
	parameter->name =
		words->name != NULL ? words->name : make_name(to, row);
	parameter->obsolete = words->obsolete;
	parameter->letter = words->letter;
	parameter->required = words->required || row->required;
	parameter->open = words->open;
	parameter->about = words->about != NULL ? words->about : row->says;
	parameter->min = (uint32_t)row->min / parameter_row_scale(row);
	parameter->max = (uint32_t)row->max / parameter_row_scale(row);
	parameter->choices = row->choices;
	if (words->choices != NULL) {
		parameter->type = TYPE_SELECT;
		parameter->choices = words->choices;
	}
	if (words->text != NULL)
		parameter->text = words->text;
	else if (words->open == NULL)
		parameter->text = make_default(to, row);
}

/* A key that counts only where another one is not at its default. */
static bool is_elsewhere(const struct settings_device *defaults,
			 const struct setting_row *row)
{
	return !row_counts(row, defaults);
}

void parameters_make(const struct driver *driver)
{
	static struct settings_device defaults;

	memset(&defaults, 0, sizeof(defaults));
	memset(parameters, 0, sizeof(parameters));
	memcpy(parameters, generic, sizeof(generic));
	parameter_count = P_DRIVER;
	if (driver->only_plug != NULL)
		for (int i = P_PLUG; i <= P_SEPARATOR; i++)
			parameters[i] = (struct parameter){NULL};
	if (driver->as_agent->password_most == 0)
		for (int i = P_PASSWORD; i <= P_PASSWORD_SCRIPT; i++)
			parameters[i] = (struct parameter){NULL};
	rows_set_defaults(driver->rows, &defaults);
	for (const struct setting_row *row = driver->rows; row->key != NULL;
	     row++)
		if (!is_elsewhere(&defaults, row))
			make_parameter(driver, row);
}

const struct parameter *parameter_shown(unsigned i)
{
	unsigned of_driver = parameter_count - P_DRIVER;

	if (i >= parameter_count)
		return NULL;
	if (i == 0)
		return &parameters[P_ACTION];
	return i <= of_driver ? &parameters[P_DRIVER + i - 1]
			      : &parameters[i - of_driver];
}

const struct parameter *parameter_of_key(const char *key)
{
	for (unsigned i = P_DRIVER; i < parameter_count; i++)
		if (strcmp(parameters[i].row->key, key) == 0)
			return &parameters[i];
	return NULL;
}

bool parameter_is_fixed(const struct driver *driver, const char *key)
{
	const struct driver_parameter *words = words_of(driver, key);

	return words != NULL && words->fixed;
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

int parameter_choice(const struct given *given, enum parameter_id id,
		     uint32_t *index, char *error, size_t error_size)
{
	const char *const *choices = parameters[id].choices;
	const char *text = parameter_text(given, id), *name;
	int used;

	for (*index = 0; (name = choices[*index]) != NULL; ++*index)
		if (name[0] != '\0' && strcmp(name, text) == 0)
			return 0;
	used = snprintf(error, error_size, "%s=%.32s: must be one of",
			parameters[id].name, text);
	for (unsigned i = 0; (name = choices[i]) != NULL; i++)
		if (name[0] != '\0' && used > 0 && (size_t)used < error_size)
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
