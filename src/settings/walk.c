/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The walk itself, and a value as text. */
#include <string.h>

#include "device.h"
#include "walk.h"

#define WALK_PATH_MAX 256

struct walk {
	const struct settings *settings;
	bool (*visit)(const struct settings *settings,
		      const struct walk_step *step, void *arg);
	void *arg;
	char path[WALK_PATH_MAX];
};

static bool walk_rows(struct walk *walk, const struct setting_row *rows,
		      const void *base, const struct walk_step *around);

/* A group: its own rows, and those of a device's driver. */
static bool walk_group(struct walk *walk, struct walk_step *step)
{
	const struct settings_device *device = step->at;
	const struct driver *driver = NULL;
	bool go_on;

	step->event = WALK_GROUP;
	go_on = walk->visit(walk->settings, step, walk->arg) &&
		walk_rows(walk, step->row->rows, step->at, step);
	if (step->row->rows == settings_device_rows &&
	    memchr(device->driver, '\0', sizeof(device->driver)) != NULL)
		driver = driver_find(device->driver);
	if (driver != NULL && device->private_size == driver->private_size) {
		step->not_core = true; /* it knows the device's name */
		go_on = go_on && walk_rows(walk, driver->rows, device, step);
	}
	step->event = WALK_END;
	return go_on && walk->visit(walk->settings, step, walk->arg);
}

static bool walk_one(struct walk *walk, struct walk_step *step)
{
	if (step->row->type == SETTING_GROUP)
		return walk_group(walk, step);
	step->event = WALK_VALUE;
	return walk->visit(walk->settings, step, walk->arg);
}

/* The first element of a list in the array of all of its kind; a list that
 * would not end in there has too many. */
static const void *array_first(const struct settings *settings,
			       const struct setting_row *row, const void *base,
			       unsigned *count)
{
	unsigned first = row_number((const char *)base + row->first_offset,
				    sizeof(uint16_t));

	if (first > row->most || *count > row->most - first) {
		first = 0;
		*count = row->most + 1;
	}
	return (const char *)settings + row->array_offset + first * row->size;
}

static bool walk_list(struct walk *walk, const void *base,
		      struct walk_step *list)
{
	const struct setting_row *row = list->row;
	size_t used = strlen(walk->path);
	struct walk_step step = *list;
	const void *first = list->at;
	unsigned count = row->most;

	if (row->elements != NULL)
		count = row->elements(walk->settings, base, &first);
	else if (row->count_size > 0)
		count = row_number((const char *)base + row->count_offset,
				   row->count_size);
	if (row->array_offset > 0)
		first = array_first(walk->settings, row, base, &count);
	list->event = WALK_LIST;
	list->index = count;
	if (!walk->visit(walk->settings, list, walk->arg))
		return false;
	step.depth++;
	for (unsigned i = 0; i < count && i < row->most; i++) {
		const char *at = (const char *)first + i * row->size;

		step.key = row->type == SETTING_PAIRS ? at : NULL;
		step.at = at;
		step.index = i;
		snprintf(walk->path + used, sizeof(walk->path) - used, "[%u]",
			 i);
		if (!walk_one(walk, &step))
			return false;
	}
	walk->path[used] = '\0';
	list->event = WALK_END;
	return walk->visit(walk->settings, list, walk->arg);
}

static bool walk_row(struct walk *walk, const struct setting_row *row,
		     const void *base, const struct walk_step *around)
{
	const char *at = (const char *)base + row->offset;
	struct walk_step step = {
		.row = row,
		.path = walk->path,
		.key = row->key,
		.at = at,
		.index = around->index,
		.depth = around->depth + 1,
		.part = row->part > 0 ? row->part - 1u : around->part,
		.may_differ = row->may_differ || around->may_differ,
		.not_core = row->not_core || around->not_core,
		.is_idle = !row_counts(row, base),
	};

	if (row->most > 0)
		return row->size == 0 || walk_list(walk, base, &step);
	if (row->optional && ((const uint8_t *)at)[row->there_offset] == 0)
		return true;
	/* NODE is known by its place, and needs none of its own */
	return (row->size == 0 && row->type != SETTING_GROUP &&
		row->type != SETTING_NODE) ||
	       walk_one(walk, &step);
}

static bool walk_rows(struct walk *walk, const struct setting_row *rows,
		      const void *base, const struct walk_step *around)
{
	size_t used = strlen(walk->path);
	bool go_on = true;

	for (; go_on && rows != NULL && rows->key != NULL; rows++) {
		snprintf(walk->path + used, sizeof(walk->path) - used, "%s%s",
			 used > 0 ? "." : "", rows->key);
		go_on = walk_row(walk, rows, base, around);
		walk->path[used] = '\0';
	}
	return go_on;
}

bool settings_walk(const struct settings *settings,
		   bool (*visit)(const struct settings *settings,
				 const struct walk_step *step, void *arg),
		   void *arg)
{
	struct walk walk = {.settings = settings, .visit = visit, .arg = arg};
	const struct walk_step around = {.depth = 0};

	return walk_rows(&walk, settings_rows, settings, &around);
}

/* ---- a value ---- */

int64_t walk_number(const struct walk_step *step)
{
	return row_number(step->at, step->row->size);
}

bool walk_is_default(const struct walk_step *step)
{
	const struct setting_row *row = step->row;

	if (row->required || row->most > 0)
		return false;
	if (row_is_text(row))
		return strcmp(step->at, row_default_text(row)) == 0;
	if (row->type == SETTING_HOST)
		return ip_is_none(step->at);
	return row->type <= SETTING_FLAGS && walk_number(step) == row->value;
}

/* In quotes, and as libconfig reads it back. */
static void quote(const char *from, char *text, size_t size)
{
	size_t used = 0;

	text[used++] = '"';
	for (; *from != '\0' && used + 6 < size; from++) {
		if (*from == '"' || *from == '\\')
			text[used++] = '\\';
		if ((unsigned char)*from < ' ' || *from == 0x7f)
			used += (size_t)snprintf(text + used, size - used,
						 "\\x%02x",
						 (unsigned char)*from);
		else
			text[used++] = *from;
	}
	text[used++] = '"';
	text[used] = '\0';
}

static void list_words(const char *const *words, uint32_t flags, char *text,
		       size_t size)
{
	size_t used = (size_t)snprintf(text, size, "(");
	bool some = false;

	for (unsigned i = 0; words[i] != NULL; i++)
		if (flags >> i & 1) {
			used += (size_t)snprintf(text + used, size - used,
						 "%s \"%s\"", some ? "," : "",
						 words[i]);
			some = true;
		}
	snprintf(text + used, size - used, " )");
}

static void number_text(const struct setting_row *row, int64_t number,
			char text[SETTINGS_VALUE_MAX])
{
	switch (row->type) {
	case SETTING_BOOL:
		snprintf(text, SETTINGS_VALUE_MAX, "%s",
			 number ? "true" : "false");
		break;
	case SETTING_MS:
		settings_ms_text(number, text);
		break;
	case SETTING_CHOICE:
		quote(row->choices[number], text, SETTINGS_VALUE_MAX);
		break;
	case SETTING_FLAGS:
		list_words(row->choices, (uint32_t)number, text,
			   SETTINGS_VALUE_MAX);
		break;
	default:
		snprintf(text, SETTINGS_VALUE_MAX, "%lld", (long long)number);
		break;
	}
}

const char *walk_text(const struct settings *settings,
		      const struct walk_step *step,
		      char text[SETTINGS_VALUE_MAX])
{
	const char *at = step->at;
	char ip[IP_TEXT_MAX];

	switch (step->row->type) {
	case SETTING_BOOL:
	case SETTING_INT:
	case SETTING_MS:
	case SETTING_CHOICE:
	case SETTING_FLAGS:
		number_text(step->row, walk_number(step), text);
		break;
	case SETTING_HOST:
		snprintf(text, SETTINGS_VALUE_MAX, "\"%s\"",
			 ip_format(step->at, ip));
		break;
	case SETTING_SUBNET:
		snprintf(text, SETTINGS_VALUE_MAX, "\"%s/%u\"",
			 ip_format(step->at, ip),
			 (uint8_t)at[sizeof(struct ip)]);
		break;
	case SETTING_NODE:
		quote(settings->nodes[step->index].name, text,
		      SETTINGS_VALUE_MAX);
		break;
	case SETTING_DEVICE:
		quote(settings->devices[walk_number(step)].name, text,
		      SETTINGS_VALUE_MAX);
		break;
	case SETTING_INSTANCE:
		quote(settings->instances[walk_number(step)].name, text,
		      SETTINGS_VALUE_MAX);
		break;
	case SETTING_PAIRS:
		quote(((const struct setting_pair *)step->at)->value, text,
		      SETTINGS_VALUE_MAX);
		break;
	default:
		quote(at, text, SETTINGS_VALUE_MAX);
		break;
	}
	return text;
}

bool walk_default(const struct setting_row *row, char text[SETTINGS_VALUE_MAX])
{
	if (row->required || row->most > 0)
		return false;
	if (row->type <= SETTING_FLAGS)
		number_text(row, row->value, text);
	else if (row_is_text(row) && row->text != NULL)
		quote(row->text, text, SETTINGS_VALUE_MAX);
	else
		return false;
	return true;
}
