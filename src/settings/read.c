/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads one group of the file by its rows of the table. libconfig's own
 * look-ups are not used: they take a wrong type for a missing key and never
 * see an unknown one; here the tree is walked, and whatever is in it is either
 * understood or noted.
 */
#include "internal.h"

static const char *const wanted_names[] = {
	[SETTING_BOOL] = "true or false",
	[SETTING_INT] = "a whole number",
	[SETTING_MS] = "a number",
	[SETTING_CHOICE] = "a word in quotes",
	[SETTING_WORD] = "a word in quotes",
	[SETTING_TEXT] = "a string in quotes",
	[SETTING_NAME] = "a string in quotes",
	[SETTING_PATH] = "a path in quotes",
	[SETTING_INTERFACE] = "an interface name in quotes",
	[SETTING_HOST] = "a string in quotes",
	[SETTING_SUBNET] = "a string in quotes",
	[SETTING_NODE] = "a string in quotes",
	[SETTING_DEVICE] = "a string in quotes",
	[SETTING_PAIRS] = "a group { }",
	[SETTING_GROUP] = "a group { }",
	[SETTING_FLAGS] = "a list of strings ( \"a\", \"b\" )",
};

static bool setting_is_list(const config_setting_t *setting)
{
	/* an empty array is an empty list to everybody */
	return config_setting_is_list(setting) ||
	       config_setting_is_array(setting);
}

static bool row_is_list(const struct setting_row *row)
{
	return row->most > 0 && row->type != SETTING_PAIRS;
}

static const char *wanted_name(const struct setting_row *row)
{
	if (!row_is_list(row))
		return wanted_names[row->type];
	return row->type == SETTING_GROUP ? "a list of groups ( { }, { } )"
					  : wanted_names[SETTING_FLAGS];
}

/* Has setting the form of one value of the row? */
static bool row_takes(const struct setting_row *row,
		      const config_setting_t *setting)
{
	switch (row->type) {
	case SETTING_BOOL:
		return config_setting_type(setting) == CONFIG_TYPE_BOOL;
	case SETTING_INT:
		return config_setting_type(setting) == CONFIG_TYPE_INT ||
		       config_setting_type(setting) == CONFIG_TYPE_INT64;
	case SETTING_MS:
		return config_setting_is_number(setting);
	case SETTING_GROUP:
	case SETTING_PAIRS:
		return config_setting_is_group(setting);
	case SETTING_FLAGS:
		return setting_is_list(setting);
	default:
		return config_setting_type(setting) == CONFIG_TYPE_STRING;
	}
}

static const struct setting_row *row_find(const struct setting_row *rows,
					  const char *key)
{
	for (; rows != NULL && rows->key != NULL; rows++)
		if (strcmp(rows->key, key) == 0)
			return rows;
	return NULL;
}

/* ---- storing ---- */

static void store_text(void *at, size_t size, const char *text)
{
	if (size > 0)
		snprintf(at, size, "%s", text);
}

/* ---- one value ---- */

/* A value and where findings about it belong: a key, or an element of a list,
 * which has none. */
struct place {
	const config_setting_t *at;
	const char *key;
};

static void refuse_later(struct reader *reader, const struct place *place,
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
static bool is_default(const struct setting_row *row,
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

static void read_int(struct reader *reader, const struct place *place,
		     const struct setting_row *row,
		     const config_setting_t *setting, void *to)
{
	const struct source_literal *literal =
		reader_find_literal(reader, setting);
	const char *unit = row->unit ? row->unit : "";
	long long value = config_setting_get_int64(setting);
	char text[SETTINGS_NAME_MAX];

	if (setting->type == CONFIG_TYPE_INT)
		value = config_setting_get_int(setting);
	if (literal == NULL && value >= row->min && value <= row->max) {
		row_store_number(to, row->size, value);
		return;
	}
	snprintf(text, sizeof(text), "%lld", value);
	reader_error(reader, place->at, place->key,
		     "%s%s is out of range, %lld to %lld%s is allowed",
		     literal ? literal->text : text, unit, (long long)row->min,
		     (long long)row->max, unit);
}

static void read_ms(struct reader *reader, const struct place *place,
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

static void read_text(struct reader *reader, const struct place *place,
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

static const char *row_name(const void *rows, unsigned i)
{
	return ((const struct setting_row *)rows)[i].key;
}

static const char *choice_name(const void *choices, unsigned i)
{
	return ((const char *const *)choices)[i];
}

/* The place of a word in choices, or -1 and noted. */
static int find_choice(struct reader *reader, const struct place *place,
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
		const struct place place = {.at = element};
		const char *text = reader_string(reader, element);
		int word = text == NULL ? -1
					: find_choice(reader, &place,
						      row->choices, text);

		if (word >= 0)
			flags |= 1u << word;
	}
	row_store_number(to, row->size, flags);
}

static void read_host(struct reader *reader, const struct place *place,
		      const char *text, void *to)
{
	struct ip ip;

	if (!reader_parse_address(reader, place->at, place->key, text, &ip))
		return;
	if (reader_is_loopback(&ip))
		reader_error(reader, place->at, place->key,
			     "%s is the loopback; give the address that the "
			     "other node hears this one by",
			     text);
	else
		memcpy(to, &ip, sizeof(ip));
}

/* setting has the form that the row wants. */
static void read_value(struct reader *reader, const struct place *place,
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
		read_host(reader, place, config_setting_get_string(setting),
			  to);
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

/* ---- lists ---- */

/* Where the value at to stands in the file, for settings_where(). Not of each
 * of thousands of virtual addresses. */
static void note_line(struct reader *reader, const void *to, bool is_group,
		      const config_setting_t *setting)
{
	struct settings *settings = reader->settings;
	size_t offset = (size_t)((const char *)to - (const char *)settings);
	const struct source_line *line;

	if (offset >= sizeof(*settings) ||
	    settings->mark_count == SETTINGS_MARKS_MAX ||
	    (offset >= offsetof(struct settings, addresses) &&
	     offset < offsetof(struct settings, address_count)) ||
	    setting->line == 0 || setting->line > reader->source.line_count)
		return;
	line = &reader->source.lines[setting->line - 1];
	settings->marks[settings->mark_count++] =
		(struct settings_mark){.offset = (uint32_t)offset,
				       .is_group = is_group,
				       .place = {line->file, line->line}};
}

static void note_group(struct reader *reader, const void *base,
		       const config_setting_t *group)
{
	if (reader->group_count < READER_GROUPS_MAX)
		reader->groups[reader->group_count++] =
			(struct reader_group){base, group};
	note_line(reader, base, true, group);
}

const config_setting_t *reader_at(const struct reader *reader, const void *base)
{
	for (unsigned i = 0; i < reader->group_count; i++)
		if (reader->groups[i].base == base)
			return reader->groups[i].at;
	return NULL;
}

static bool list_takes(struct reader *reader, const struct setting_row *row,
		       const config_setting_t *element)
{
	if (row->type == SETTING_GROUP && !config_setting_is_group(element))
		reader_error(reader, element, NULL,
			     "is %s, but must be a group { }",
			     reader_type_name(element));
	else if (!row_takes(row, element))
		reader_string(reader, element);
	else
		return true;
	return false;
}

/* Each thing of a list once: the one just read to at, before the others. */
static bool is_twice(struct reader *reader, const struct setting_row *row,
		     const config_setting_t *element, unsigned char *first,
		     unsigned count)
{
	const unsigned char *at = first + count * row->size;

	for (unsigned i = 0; i < count; i++)
		if (memcmp(first + i * row->size, at, row->size) == 0) {
			reader_error(reader, element, NULL,
				     "%.64s stands here twice",
				     config_setting_get_string(element));
			return true;
		}
	return false;
}

static void read_list(struct reader *reader, const struct setting_row *row,
		      const config_setting_t *list, void *base)
{
	unsigned char *first = (unsigned char *)base + row->offset;
	unsigned count = 0;

	for (unsigned i = 0; i < reader_length(list); i++) {
		const config_setting_t *element =
			config_setting_get_elem(list, i);
		const struct place place = {.at = element};
		unsigned char *to = first + count * row->size;
		unsigned errors = reader->errors;

		if (count == row->most && row->count_size == 0)
			break; /* exactly so many: told by a function */
		if (!list_takes(reader, row, element))
			continue;
		if (count == row->most) {
			reader_error(reader, element, NULL,
				     "at most %u are allowed here", row->most);
			break;
		}
		memset(to, 0, row->size);
		if (row->type == SETTING_GROUP) {
			reader_read_group(reader, element, row->rows, NULL, to);
		} else {
			read_value(reader, &place, row, element, to);
			if (reader->errors != errors ||
			    is_twice(reader, row, element, first, count)) {
				memset(to, 0, row->size);
				continue;
			}
		}
		count++;
	}
	row_store_number((unsigned char *)base + row->count_offset,
			 row->count_size, count);
}

/* ---- groups ---- */

static void read_single(struct reader *reader, const struct place *place,
			const struct setting_row *row,
			const config_setting_t *setting, void *base)
{
	unsigned errors = reader->errors;

	read_value(reader, place, row, setting,
		   (unsigned char *)base + row->offset);
	row_store_number((unsigned char *)base + row->count_offset,
			 row->count_size, reader->errors == errors);
}

/* May a finding be made of it later, by a look at the machine? */
static bool row_is_told_of(const struct setting_row *row)
{
	return row->type >= SETTING_TEXT && row->type <= SETTING_HOST;
}

static void read_member(struct reader *reader, const config_setting_t *setting,
			const struct setting_row *row, void *base)
{
	unsigned char *to = (unsigned char *)base + row->offset;
	const struct place place = {setting->parent, row->key};
	bool is_list = row_is_list(row) && setting_is_list(setting);

	if (row->by_code && row->type != SETTING_GROUP &&
	    row->type != SETTING_PAIRS) {
		note_line(reader, to, false, setting);
		return;
	}
	if (row_is_list(row)
		    ? !is_list && !(row->single && row_takes(row, setting))
		    : !row_takes(row, setting)) {
		reader_error(reader, place.at, place.key,
			     "is %s, but must be %s", reader_type_name(setting),
			     row->single ? wanted_names[row->type]
					 : wanted_name(row));
		return;
	}
	if (row->later != NULL && !is_default(row, setting)) {
		refuse_later(reader, &place, row, setting);
		return;
	}
	if (row->required && is_list && reader_length(setting) == 0) {
		reader_error(reader, place.at, place.key,
			     "is empty; at least one is needed");
		return;
	}
	if (row->size > 0 && row_is_told_of(row))
		note_line(reader, to, false, setting);
	if (row->by_code || (row->type == SETTING_GROUP && row->most == 0))
		return;
	if (is_list && row->size > 0)
		read_list(reader, row, setting, base);
	else if (row->most > 0 && row->size > 0)
		read_single(reader, &place, row, setting, base);
	else if (row->most == 0)
		read_value(reader, &place, row, setting, to);
}

/* The groups in a group: also those that are not there have defaults. */
static void read_groups(struct reader *reader, const config_setting_t *group,
			const struct setting_row *rows, void *base)
{
	for (const struct setting_row *row = rows; row != NULL && row->key;
	     row++) {
		const config_setting_t *member;
		unsigned char *to = (unsigned char *)base + row->offset;
		bool there = true;

		if (row->type != SETTING_GROUP || row->most > 0 || row->by_code)
			continue;
		member = reader_member(reader, group, row->key);
		if (member == NULL && row->optional)
			continue;
		reader_read_group(reader, member, row->rows, NULL, to);
		if (row->optional)
			memcpy(to + row->there_offset, &there, sizeof(there));
	}
}

static bool is_among(const char *key, const char *const *names, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (strcmp(names[i], key) == 0)
			return true;
	return false;
}

static void note_missing(struct reader *reader, const config_setting_t *group,
			 const struct setting_row *rows,
			 const char *const *misspelt, unsigned count)
{
	for (; rows != NULL && rows->key != NULL; rows++)
		if (rows->required && !reader_has(group, rows->key) &&
		    !is_among(rows->key, misspelt, count))
			reader_error(reader, group, rows->key,
				     "is missing; it must be set");
}

void reader_read_group(struct reader *reader, const config_setting_t *group,
		       const struct setting_row *rows,
		       const struct setting_row *more, void *base)
{
	const char *misspelt[8] = {NULL};
	unsigned misspelt_count = 0;

	rows_set_defaults(rows, base);
	if (more != NULL)
		rows_set_defaults(more, base);
	if (group != NULL)
		note_group(reader, base, group);
	for (unsigned i = 0; i < reader_length(group); i++) {
		const config_setting_t *setting =
			config_setting_get_elem(group, i);
		const struct setting_row *row = row_find(rows, setting->name);
		const char *near;

		if (row == NULL)
			row = row_find(more, setting->name);
		if (row != NULL) {
			read_member(reader, setting, row, base);
			continue;
		}
		near = findings_nearest(setting->name, row_name, rows);
		if (near == NULL && more != NULL)
			near = findings_nearest(setting->name, row_name, more);
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
	read_groups(reader, group, rows, base);
	read_groups(reader, group, more, base);
	if (group == NULL)
		return;
	note_missing(reader, group, rows, misspelt, misspelt_count);
	note_missing(reader, group, more, misspelt, misspelt_count);
}

void reader_refuse_when(struct reader *reader, const config_setting_t *group,
			const struct setting_row *rows, const void *base,
			const char *what)
{
	for (; rows->key != NULL; rows++)
		if (rows->has_when && reader_has(group, rows->key) &&
		    ((const uint8_t *)base)[rows->when_offset] !=
			    rows->when_value)
			reader_error(reader, group, rows->key,
				     "does not go with %s", what);
}
