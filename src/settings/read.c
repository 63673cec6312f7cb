/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads the groups and lists of the file by their rows. libconfig's own
 * look-ups are not used: they take a wrong type for a missing key and never
 * see an unknown one; here the tree is walked, and whatever is in it is either
 * understood or noted.
 */
#include "../base/word_distance.h"
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
	[SETTING_INSTANCE] = "a string in quotes",
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
	if (row->short_key != NULL)
		return "a string in quotes or a list of groups ( { }, { } )";
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

static const char *row_name(const void *rows, unsigned i)
{
	return ((const struct setting_row *)rows)[i].key;
}

/* ---- lists ---- */

/* Where the value at to stands in the file, for settings_where(). Not of each
 * of thousands of virtual addresses, listeners, servers. */
static void note_line(struct reader *reader, const void *to, bool is_group,
		      const config_setting_t *setting)
{
	struct settings *settings = reader->settings;
	size_t offset = (size_t)((const char *)to - (const char *)settings);
	const struct source_line *line;

	if (offset >= offsetof(struct settings, listens) ||
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

/* So many elements of other lists are before it in the array. */
static unsigned list_used(const struct reader *reader,
			  const struct setting_row *row)
{
	return row->array_offset == 0
		       ? 0
		       : row_number((const char *)reader->settings +
					    row->used_offset,
				    sizeof(uint16_t));
}

/* Where its first element goes. */
static unsigned char *list_begin(struct reader *reader,
				 const struct setting_row *row, void *base)
{
	unsigned used = list_used(reader, row);

	if (row->array_offset == 0)
		return (unsigned char *)base + row->offset;
	row_store_number((unsigned char *)base + row->first_offset,
			 sizeof(uint16_t), used);
	return (unsigned char *)reader->settings + row->array_offset +
	       used * row->size;
}

static void read_list(struct reader *reader, const struct setting_row *row,
		      const config_setting_t *list, void *base)
{
	unsigned char *first = list_begin(reader, row, base);
	unsigned most = row->most - list_used(reader, row), count = 0;

	for (unsigned i = 0; i < reader_length(list); i++) {
		const config_setting_t *element =
			config_setting_get_elem(list, i);
		const struct reader_place place = {.at = element};
		unsigned char *to = first + count * row->size;
		unsigned errors = reader->errors;

		if (count == most && row->count_size == 0)
			break; /* exactly so many: told by a function */
		if (!list_takes(reader, row, element))
			continue;
		if (count == most) {
			reader_error(reader, element, NULL,
				     "at most %u are allowed %s", row->most,
				     row->array_offset > 0 ? "in this file"
							   : "here");
			break;
		}
		memset(to, 0, row->size);
		if (row->type == SETTING_GROUP) {
			reader_read_group(reader, element, row->rows, NULL, to);
		} else {
			reader_read_value(reader, &place, row, element, to);
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
	/* an empty list is as one that is not there */
	if (row->array_offset > 0 && count == 0)
		row_store_number((unsigned char *)base + row->first_offset,
				 sizeof(uint16_t), 0);
	if (row->array_offset > 0)
		row_store_number(
			(unsigned char *)reader->settings + row->used_offset,
			sizeof(uint16_t), list_used(reader, row) + count);
}

/* ---- groups ---- */

static void read_single(struct reader *reader, const struct reader_place *place,
			const struct setting_row *row,
			const config_setting_t *setting, void *base)
{
	unsigned errors = reader->errors;

	reader_read_value(reader, place, row, setting,
			  (unsigned char *)base + row->offset);
	row_store_number((unsigned char *)base + row->count_offset,
			 row->count_size, reader->errors == errors);
}

/* A string where a list of groups is wanted: one group with that key. */
static void read_short(struct reader *reader, const struct reader_place *place,
		       const struct setting_row *row,
		       const config_setting_t *setting, void *base)
{
	const struct setting_row *inner = row_find(row->rows, row->short_key);
	unsigned char *to = (unsigned char *)base + row->offset;

	if (inner == NULL)
		return;
	memset(to, 0, row->size);
	rows_set_defaults(row->rows, to);
	note_line(reader, to + inner->offset, false, setting);
	reader_read_value(reader, place, inner, setting, to + inner->offset);
	row_store_number((unsigned char *)base + row->count_offset,
			 row->count_size, 1);
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
	const struct reader_place place = {setting->parent, row->key};
	bool is_list = row_is_list(row) && setting_is_list(setting);

	if (row->by_code && row->type != SETTING_GROUP &&
	    row->type != SETTING_PAIRS) {
		note_line(reader, to, false, setting);
		return;
	}
	if (row->short_key != NULL &&
	    config_setting_type(setting) == CONFIG_TYPE_STRING) {
		read_short(reader, &place, row, setting, base);
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
	if (row->later != NULL && !reader_is_default(row, setting)) {
		reader_refuse_later(reader, &place, row, setting);
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
		reader_read_value(reader, &place, row, setting, to);
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

/* Keys of other programs that are no misspelling of ours: why there are none.
 */
static const char *never_key(const char *key)
{
	if (strcmp(key, "interval_s") == 0)
		return "unknown key; did you mean interval_ms? It is in "
		       "milliseconds: 1 s is 1000";
	if (strcmp(key, "weight") == 0)
		return "there are no weights: a check that fails makes this "
		       "node unfit, and the other one, if it is fit, takes the "
		       "addresses whatever the priorities are. A sum of "
		       "weights can leave them with a node that serves "
		       "nobody; remove it";
	return NULL;
}

/* Where a key stands that is none of the group in which it was found. */
struct elsewhere {
	const char *key;
	unsigned count; /* groups */
	char places[160];
};

static void elsewhere_add(struct elsewhere *elsewhere, const char *place)
{
	size_t used = strlen(elsewhere->places);

	snprintf(elsewhere->places + used, sizeof(elsewhere->places) - used,
		 "%s%s", elsewhere->count++ > 0 ? " or " : "", place);
}

static void elsewhere_look(struct elsewhere *elsewhere,
			   const struct setting_row *rows, const char *path)
{
	char inner[64];

	if (row_find(rows, elsewhere->key) != NULL)
		elsewhere_add(elsewhere, path);
	for (; rows != NULL && rows->key != NULL; rows++) {
		if (rows->rows == NULL)
			continue;
		snprintf(inner, sizeof(inner), "%s%s%s", path,
			 path[0] ? "." : "", rows->key);
		elsewhere_look(elsewhere, rows->rows, inner);
	}
}

/* In which groups there is a key of this name; false: in none, or in so many
 * that naming them helps nobody. */
static bool find_elsewhere(const char *key, struct elsewhere *elsewhere)
{
	char place[64];

	*elsewhere = (struct elsewhere){.key = key};
	if (row_find(settings_rows, key) != NULL) {
		elsewhere_add(elsewhere, "the top level of the file");
		return true;
	}
	elsewhere_look(elsewhere, settings_rows, "");
	for (unsigned i = 0; driver_registry[i] != NULL; i++) {
		if (row_find(driver_registry[i]->rows, key) == NULL)
			continue;
		snprintf(place, sizeof(place), "a device with driver \"%s\"",
			 driver_registry[i]->name);
		elsewhere_add(elsewhere, place);
	}
	return elsewhere->count > 0 && elsewhere->count <= 2;
}

/* The page that has the keys of this group. */
static const char *manual_of(const config_setting_t *group)
{
	for (; group != NULL; group = config_setting_parent(group))
		if (group->name != NULL && strcmp(group->name, "director") == 0)
			return "twinbeat-director(8)";
	return "twinbeat.conf(5)";
}

/* A key that no row of the group has. The nearest one that has, if it was
 * taken for a misspelling; else NULL. */
static const char *note_unknown(struct reader *reader,
				const config_setting_t *group, const char *key,
				const struct setting_row *rows,
				const struct setting_row *more)
{
	const char *never = never_key(key), *near;
	struct elsewhere elsewhere;

	if (never != NULL) {
		reader_error(reader, group, key, "%s", never);
		return NULL;
	}
	near = findings_nearest(key, row_name, rows);
	if (near == NULL && more != NULL)
		near = findings_nearest(key, row_name, more);
	/* one letter is a slip, whatever other groups have */
	if ((near == NULL || word_distance(key, near) > 1) &&
	    find_elsewhere(key, &elsewhere)) {
		reader_error(reader, group, key,
			     "unknown key here; it belongs to %s",
			     elsewhere.places);
		return NULL;
	}
	if (near != NULL)
		reader_error(reader, group, key,
			     "unknown key; did you mean %s?", near);
	else
		reader_error(reader, group, key,
			     "unknown key; see %s for what is allowed here",
			     manual_of(group));
	return near;
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
		near = note_unknown(reader, group, setting->name, rows, more);
		if (near != NULL && misspelt_count < 8)
			misspelt[misspelt_count++] = near;
	}
	read_groups(reader, group, rows, base);
	read_groups(reader, group, more, base);
	if (group == NULL)
		return;
	note_missing(reader, group, rows, misspelt, misspelt_count);
	note_missing(reader, group, more, misspelt, misspelt_count);
}
