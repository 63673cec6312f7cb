/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads one value of the file by its row: range, words, texts, addresses. */
#include <stdlib.h>

#include "internal.h"

static void store_text(void *at, size_t size, const char *text)
{
	if (size > 0)
		snprintf(at, size, "%s", text);
}

void reader_refuse_later(struct reader *reader,
			 const struct reader_place *place,
			 const struct setting_row *row,
			 const config_setting_t *setting)
{
	char instead[64], what[64] = "";

	if (config_setting_type(setting) == CONFIG_TYPE_STRING)
		snprintf(what, sizeof(what),
			 "\"%.48s\": ", config_setting_get_string(setting));
	if (row->most > 0)
		snprintf(instead, sizeof(instead), "leave the list empty");
	else if (row->type == SETTING_BOOL)
		snprintf(instead, sizeof(instead), "set %s",
			 row->value ? "true" : "false");
	else
		snprintf(instead, sizeof(instead), "set \"%s\"",
			 row->choices ? row->choices[row->value]
				      : row_default_text(row));
	reader_error(reader, place->at, place->key,
		     "%s%s not in this version yet; remove it or %s", what,
		     row->later, instead);
}

/* Is this what a key of a later version is by default? */
bool reader_is_default(const struct setting_row *row,
		       const config_setting_t *setting)
{
	if (row->most > 0)
		return config_setting_length(setting) == 0;
	if (row->type == SETTING_BOOL)
		return config_setting_get_bool(setting) == row->value;
	if (row->type == SETTING_INT)
		return config_setting_get_int64(setting) == row->value;
	return strcmp(config_setting_get_string(setting),
		      row->choices ? row->choices[row->value]
				   : row_default_text(row)) == 0;
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

/* Marks go up to 4294967295, also as 0xffffffff. */
static long long literal_value(const struct source_literal *literal)
{
	bool is_hex = (literal->text[1] | 0x20) == 'x';

	return strtoll(literal->text, NULL, is_hex ? 16 : 10);
}

static void read_int(struct reader *reader, const struct reader_place *place,
		     const struct setting_row *row,
		     const config_setting_t *setting, void *to)
{
	const struct source_literal *literal =
		reader_find_literal(reader, setting);
	const char *unit = row->unit ? row->unit : "";
	long long value = config_setting_get_int64(setting);
	char text[SETTINGS_NAME_MAX];

	if (literal != NULL)
		value = literal_value(literal);
	else if (setting->type == CONFIG_TYPE_INT)
		value = config_setting_get_int(setting);
	if (value >= row->min && value <= row->max) {
		row_store_number(to, row->size, value);
		return;
	}
	snprintf(text, sizeof(text), "%lld", value);
	if (literal == NULL && row->refused_says && value == row->refused) {
		reader_error(reader, place->at, place->key, "%s is refused: %s",
			     text, row->refused_says);
		return;
	}
	reader_error(reader, place->at, place->key,
		     "%s%s is out of range, %lld to %lld%s is allowed",
		     literal ? literal->text : text, unit, (long long)row->min,
		     (long long)row->max, unit);
}

static void read_ms(struct reader *reader, const struct reader_place *place,
		    const struct setting_row *row,
		    const config_setting_t *setting, void *to)
{
	const struct source_literal *literal =
		reader_find_literal(reader, setting);
	char value[24], min[MS_TEXT_MAX], max[MS_TEXT_MAX];
	double ms;

	if (config_setting_type(setting) == CONFIG_TYPE_FLOAT)
		ms = config_setting_get_float(setting);
	else if (config_setting_type(setting) == CONFIG_TYPE_INT)
		ms = config_setting_get_int(setting);
	else
		ms = (double)config_setting_get_int64(setting);
	if (literal == NULL && ms * 1000 >= (double)row->min - 0.5 &&
	    ms * 1000 <= (double)row->max) {
		row_store_number(to, row->size, (int64_t)(ms * 1000 + 0.5));
		return;
	}
	snprintf(value, sizeof(value), "%.10g", ms);
	reader_error(reader, place->at, place->key,
		     "%s ms is out of range, %s to %s ms is allowed",
		     literal ? literal->text : value,
		     settings_ms_text(row->min, min),
		     settings_ms_text(row->max, max));
}

static void read_text(struct reader *reader, const struct reader_place *place,
		      const struct setting_row *row, const char *text, void *to)
{
	size_t size = strlen(text);
	const char *wrong = NULL;

	if (row->size > 0 && size >= row->size) {
		reader_error(reader, place->at, place->key,
			     "\"%.24s...\" has %zu characters, at most %zu are "
			     "allowed",
			     text, size, row->size - 1);
		return;
	}
	if (size == 0 && (row->required || row->most > 0))
		wrong = ": must not be empty";
	else if (size > 0 && row->type == SETTING_NAME && !text_is_name(text))
		wrong = ": only letters, digits and . _ : - are allowed";
	else if (size > 0 && row->type == SETTING_PATH && text[0] != '/')
		wrong = ": must be an absolute path, starting with /";
	else if (row->type == SETTING_INTERFACE && !text_is_interface(text))
		wrong = " is no name of a network interface (no spaces, no /)";
	if (wrong != NULL)
		reader_error(reader, place->at, place->key, "\"%.64s\"%s", text,
			     wrong);
	else
		store_text(to, row->size, text);
}

static const char *choice_name(const void *choices, unsigned i)
{
	return ((const char *const *)choices)[i];
}

/* The place of a word in choices, or -1 and noted. */
static int find_choice(struct reader *reader, const struct reader_place *place,
		       const char *const *choices, const char *text)
{
	const char *near;
	char allowed[200] = "";
	size_t used = 0;

	for (int i = 0; choices[i] != NULL; i++) {
		if (choices[i][0] == '\0')
			continue;
		if (strcmp(choices[i], text) == 0)
			return i;
		snprintf(allowed + used, sizeof(allowed) - used, "%s\"%s\"",
			 used ? ", " : "", choices[i]);
		used = strlen(allowed);
	}
	near = findings_nearest(text, choice_name, choices);
	reader_error(reader, place->at, place->key,
		     "\"%.32s\" is not known%s%s%s; allowed are %s", text,
		     near ? ", did you mean \"" : "", near ? near : "",
		     near ? "\"?" : "", allowed);
	return -1;
}

static void read_flags(struct reader *reader, const struct setting_row *row,
		       const config_setting_t *list, void *to)
{
	uint32_t flags = 0;

	for (unsigned i = 0; i < reader_length(list); i++) {
		const config_setting_t *element =
			config_setting_get_elem(list, i);
		const struct reader_place place = {.at = element};
		const char *text = reader_string(reader, element);
		int word = text == NULL ? -1
					: find_choice(reader, &place,
						      row->choices, text);

		if (word >= 0)
			flags |= 1u << word;
	}
	row_store_number(to, row->size, flags);
}

static void read_host(struct reader *reader, const struct setting_row *row,
		      const struct reader_place *place, const char *text,
		      void *to)
{
	struct ip ip;

	if (!reader_parse_address(reader, place->at, place->key, text, &ip))
		return;
	if (reader_is_loopback(&ip) && !row->may_be_loopback)
		reader_error(reader, place->at, place->key,
			     "%s is the loopback; give the address that the "
			     "other node hears this one by",
			     text);
	else
		memcpy(to, &ip, sizeof(ip));
}

/* setting has the form that the row wants. */
void reader_read_value(struct reader *reader, const struct reader_place *place,
		       const struct setting_row *row,
		       const config_setting_t *setting, void *to)
{
	struct ip ip;
	uint8_t prefix;
	int word;

	switch (row->type) {
	case SETTING_BOOL:
		row_store_number(to, row->size,
				 config_setting_get_bool(setting));
		break;
	case SETTING_INT:
		read_int(reader, place, row, setting, to);
		break;
	case SETTING_MS:
		read_ms(reader, place, row, setting, to);
		break;
	case SETTING_CHOICE:
	case SETTING_WORD:
		word = find_choice(reader, place, row->choices,
				   config_setting_get_string(setting));
		if (word >= 0 && row->type == SETTING_CHOICE)
			row_store_number(to, row->size, word);
		else if (word >= 0)
			store_text(to, row->size, row->choices[word]);
		break;
	case SETTING_FLAGS:
		read_flags(reader, row, setting, to);
		break;
	case SETTING_TEXT:
	case SETTING_NAME:
	case SETTING_PATH:
	case SETTING_INTERFACE:
		read_text(reader, place, row,
			  config_setting_get_string(setting), to);
		break;
	case SETTING_HOST:
		read_host(reader, row, place,
			  config_setting_get_string(setting), to);
		break;
	case SETTING_SUBNET:
		if (!reader_parse_subnet(reader, place->at, place->key,
					 config_setting_get_string(setting),
					 &ip, &prefix))
			break;
		memcpy(to, &ip, sizeof(ip));
		memcpy((unsigned char *)to + sizeof(ip), &prefix, 1);
		break;
	default: /* read by a function */
		break;
	}
}
