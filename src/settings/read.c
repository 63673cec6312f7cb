/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads one group of the file by its rows of the table. libconfig's own
 * look-ups are not used: they take a wrong type for a missing key and never
 * see an unknown one; here the tree is walked, and whatever is in it is either
 * understood or noted.
 */
#include "internal.h"

static const char *const wanted_names[] = {
	[OPTION_BOOL] = "true or false",
	[OPTION_INT] = "a whole number",
	[OPTION_TEXT] = "a string in quotes",
	[OPTION_NAME] = "a string in quotes",
	[OPTION_PATH] = "a path in quotes",
	[OPTION_INTERFACE] = "an interface name in quotes",
	[OPTION_CHOICE] = "a word in quotes",
	[OPTION_GROUP] = "a group { }",
	[OPTION_LIST] = "a list of groups ( { }, { } )",
	[OPTION_STRINGS] = "a list of strings ( \"a\", \"b\" )",
	[OPTION_ANY] = "",
};

static bool option_takes(enum option_type type, int config_type)
{
	switch (type) {
	case OPTION_BOOL:
		return config_type == CONFIG_TYPE_BOOL;
	case OPTION_INT:
		return config_type == CONFIG_TYPE_INT ||
		       config_type == CONFIG_TYPE_INT64;
	case OPTION_TEXT:
	case OPTION_NAME:
	case OPTION_PATH:
	case OPTION_INTERFACE:
	case OPTION_CHOICE:
		return config_type == CONFIG_TYPE_STRING;
	case OPTION_GROUP:
		return config_type == CONFIG_TYPE_GROUP;
	case OPTION_LIST:
	case OPTION_STRINGS:
		/* an empty array is an empty list to everybody */
		return config_type == CONFIG_TYPE_LIST ||
		       config_type == CONFIG_TYPE_ARRAY;
	case OPTION_ANY:
		return true;
	}
	return false;
}

static const struct option *option_find(const struct option *options,
					const char *key)
{
	for (; options->key != NULL; options++)
		if (strcmp(options->key, key) == 0)
			return options;
	return NULL;
}

static const char *option_name(const void *options, unsigned i)
{
	return ((const struct option *)options)[i].key;
}

static const char *choice_name(const void *choices, unsigned i)
{
	return ((const char *const *)choices)[i];
}

static void option_store(const struct option *option, void *base, int64_t value)
{
	unsigned char *at = (unsigned char *)base + option->offset;
	uint8_t byte = (uint8_t)value;
	uint16_t word = (uint16_t)value;
	uint32_t wide = (uint32_t)value;

	if (option->size == sizeof(byte))
		memcpy(at, &byte, sizeof(byte));
	else if (option->size == sizeof(word))
		memcpy(at, &word, sizeof(word));
	else if (option->size == sizeof(wide))
		memcpy(at, &wide, sizeof(wide));
}

static void option_store_text(const struct option *option, void *base,
			      const char *text)
{
	char *at = (char *)base + option->offset;

	if (option->size > 0)
		snprintf(at, option->size, "%s", text);
}

static void option_store_default(const struct option *option, void *base)
{
	switch (option->type) {
	case OPTION_BOOL:
	case OPTION_INT:
	case OPTION_CHOICE:
		option_store(option, base, option->value);
		break;
	case OPTION_TEXT:
	case OPTION_NAME:
	case OPTION_PATH:
	case OPTION_INTERFACE:
		option_store_text(option, base,
				  option->text ? option->text : "");
		break;
	default:
		break;
	}
}

static void reader_refuse_later(struct reader *reader,
				const config_setting_t *group,
				const struct option *option)
{
	char instead[64], what[64] = "";
	const config_setting_t *setting =
		config_setting_get_member(group, option->key);

	if (option->type == OPTION_CHOICE || option->type == OPTION_TEXT)
		snprintf(what, sizeof(what),
			 "\"%.48s\": ", config_setting_get_string(setting));
	switch (option->type) {
	case OPTION_BOOL:
		snprintf(instead, sizeof(instead), "set %s",
			 option->value ? "true" : "false");
		break;
	case OPTION_CHOICE:
		snprintf(instead, sizeof(instead), "set \"%s\"",
			 option->choices[option->value]);
		break;
	case OPTION_LIST:
	case OPTION_STRINGS:
		snprintf(instead, sizeof(instead), "leave the list empty");
		break;
	default:
		snprintf(instead, sizeof(instead), "set \"%s\"",
			 option->text ? option->text : "");
	}
	reader_error(reader, group, option->key,
		     "%s%s not in this version yet; remove it or %s", what,
		     option->later, instead);
}

/* What stood there, where libconfig has lost it (B: 5000000000). */
static const struct source_literal *
reader_find_literal(const struct reader *reader,
		    const config_setting_t *setting)
{
	for (unsigned i = 0; i < reader->source.literal_count; i++) {
		const struct source_literal *literal =
			&reader->source.literals[i];

		if (literal->line == setting->line &&
		    setting->type == CONFIG_TYPE_INT &&
		    literal->wrapped == config_setting_get_int(setting) &&
		    setting->name != NULL &&
		    strncmp(literal->key, setting->name,
			    sizeof(literal->key) - 1) == 0)
			return literal;
	}
	return NULL;
}

static void reader_read_int(struct reader *reader,
			    const config_setting_t *setting,
			    const struct option *option, void *base)
{
	const struct source_literal *literal =
		reader_find_literal(reader, setting);
	long long value = config_setting_get_int64(setting);
	char text[SETTINGS_NAME_MAX];

	if (setting->type == CONFIG_TYPE_INT)
		value = config_setting_get_int(setting);
	if (literal == NULL && value >= option->min && value <= option->max) {
		option_store(option, base, value);
		return;
	}
	snprintf(text, sizeof(text), "%lld", value);
	reader_error(reader, setting->parent, option->key,
		     "%s%s is out of range, %lld to %lld%s is allowed",
		     literal ? literal->text : text, option->unit,
		     (long long)option->min, (long long)option->max,
		     option->unit);
}

static void reader_read_text(struct reader *reader,
			     const config_setting_t *setting,
			     const struct option *option, void *base)
{
	const char *text = config_setting_get_string(setting);
	const config_setting_t *group = setting->parent;
	size_t size = strlen(text);
	const char *wrong = NULL;

	if (option->size > 0 && size >= option->size) {
		reader_error(reader, group, option->key,
			     "\"%.24s...\" has %zu characters, at most %zu are "
			     "allowed",
			     text, size, option->size - 1);
		return;
	}
	if (size == 0 && option->required)
		wrong = "must not be empty";
	else if (size > 0 && option->type == OPTION_NAME && !text_is_name(text))
		wrong = "only letters, digits and . _ : - are allowed";
	else if (size > 0 && option->type == OPTION_PATH && text[0] != '/')
		wrong = "must be an absolute path, starting with /";
	else if (option->type == OPTION_INTERFACE && !text_is_interface(text))
		wrong = "is no name of a network interface (no spaces, no /)";
	if (wrong != NULL)
		reader_error(reader, group, option->key, "\"%.64s\": %s", text,
			     wrong);
	else
		option_store_text(option, base, text);
}

static void reader_read_choice(struct reader *reader,
			       const config_setting_t *setting,
			       const struct option *option, void *base)
{
	const char *text = config_setting_get_string(setting), *near;
	char allowed[160] = "";
	size_t used = 0;

	for (unsigned i = 0; option->choices[i] != NULL; i++) {
		const char *choice = option->choices[i];

		if (choice[0] == '\0')
			continue;
		if (strcmp(choice, text) == 0) {
			if (option->later == NULL)
				option_store(option, base, i);
			else if (i != option->value)
				reader_refuse_later(reader, setting->parent,
						    option);
			return;
		}
		snprintf(allowed + used, sizeof(allowed) - used, "%s\"%s\"",
			 used ? ", " : "", choice);
		used = strlen(allowed);
	}
	near = findings_nearest(text, choice_name, option->choices);
	reader_error(reader, setting->parent, option->key,
		     "\"%.32s\" is not known%s%s%s; allowed are %s", text,
		     near ? ", did you mean \"" : "", near ? near : "",
		     near ? "\"?" : "", allowed);
}

static void reader_read_option(struct reader *reader,
			       const config_setting_t *setting,
			       const struct option *option, void *base)
{
	int type = config_setting_type(setting);

	if (!option_takes(option->type, type)) {
		reader_error(reader, setting->parent, option->key,
			     "is %s, but must be %s", reader_type_name(setting),
			     wanted_names[option->type]);
		return;
	}
	switch (option->type) {
	case OPTION_BOOL:
		if (option->later != NULL &&
		    config_setting_get_bool(setting) != option->value)
			reader_refuse_later(reader, setting->parent, option);
		else
			option_store(option, base,
				     config_setting_get_bool(setting));
		break;
	case OPTION_INT:
		reader_read_int(reader, setting, option, base);
		break;
	case OPTION_CHOICE:
		reader_read_choice(reader, setting, option, base);
		break;
	case OPTION_TEXT:
	case OPTION_NAME:
	case OPTION_PATH:
	case OPTION_INTERFACE:
		if (option->later != NULL &&
		    config_setting_get_string(setting)[0] != '\0')
			reader_refuse_later(reader, setting->parent, option);
		else
			reader_read_text(reader, setting, option, base);
		break;
	case OPTION_LIST:
	case OPTION_STRINGS:
		if (option->later != NULL && config_setting_length(setting) > 0)
			reader_refuse_later(reader, setting->parent, option);
		break;
	case OPTION_GROUP:
	case OPTION_ANY:
		break;
	}
}

static bool is_among(const char *key, const char *const *names, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (strcmp(names[i], key) == 0)
			return true;
	return false;
}

void reader_read_group(struct reader *reader, const config_setting_t *group,
		       const struct option *options, void *base)
{
	const struct option *option;
	const char *misspelt[8] = {NULL};
	unsigned misspelt_count = 0;

	for (option = options; option->key != NULL; option++)
		option_store_default(option, base);
	if (group == NULL)
		return;
	for (unsigned i = 0; i < reader_length(group); i++) {
		const config_setting_t *setting =
			config_setting_get_elem(group, i);
		const char *near;

		option = option_find(options, setting->name);
		if (option != NULL) {
			reader_read_option(reader, setting, option, base);
			continue;
		}
		near = findings_nearest(setting->name, option_name, options);
		if (near != NULL && misspelt_count < 8)
			misspelt[misspelt_count++] = near;
		if (near != NULL)
			reader_error(reader, group, setting->name,
				     "unknown key; did you mean %s?", near);
		else
			reader_error(reader, group, setting->name,
				     "unknown key; see twinbeat.conf(5) for "
				     "what is allowed here");
	}
	for (option = options; option->key != NULL; option++)
		if (option->required && !reader_has(group, option->key) &&
		    !is_among(option->key, misspelt, misspelt_count))
			reader_error(reader, group, option->key,
				     "is missing; it must be set");
}
