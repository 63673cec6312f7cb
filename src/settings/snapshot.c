/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The settings as the other programs see them: are they whole? No libconfig
 * here: it must not be locked into the memory of programs that never read the
 * file.
 */
#include <string.h>

#include "device.h"
#include "links.h"
#include "snapshot.h"
#include "walk.h"

const char *const settings_part_names[SETTINGS_PARTS] = {
	[PART_NODES] = "nodes",		[PART_LINKS] = "links",
	[PART_INSTANCES] = "instances", [PART_ADDRESSES] = "addresses",
	[PART_DEVICES] = "devices",	[PART_FENCE] = "fence",
	[PART_DIRECTOR] = "director",
};

static bool choice_is_sane(const char *const *choices, int64_t value)
{
	int64_t i = 0;

	while (i < value && choices[i] != NULL)
		i++;
	return choices[i] != NULL && choices[i][0] != '\0';
}

/* Inside its range, and a text that ends inside its field. */
static bool value_is_sane(const struct settings *settings,
			  const struct walk_step *step)
{
	const struct setting_row *row = step->row;
	const struct setting_pair *pair = step->at;
	int64_t number;

	if (row_is_text(row))
		return memchr(step->at, '\0', row->size) != NULL;
	switch (row->type) {
	case SETTING_BOOL:
		return walk_number(step) <= 1;
	case SETTING_INT:
	case SETTING_MS:
		number = walk_number(step);
		return step->is_idle ||
		       (number >= row->min && number <= row->max);
	case SETTING_CHOICE:
		return choice_is_sane(row->choices, walk_number(step));
	case SETTING_SUBNET:
		return ((const uint8_t *)step->at)[sizeof(struct ip)] <= 128;
	case SETTING_DEVICE:
		return walk_number(step) < settings->device_count;
	case SETTING_INSTANCE:
		return walk_number(step) < settings->instance_count;
	case SETTING_PAIRS:
		return SETTINGS_ENDS(pair->key) && SETTINGS_ENDS(pair->value);
	default:
		return true;
	}
}

static bool step_is_sane(const struct settings *settings,
			 const struct walk_step *step, void *unused)
{
	(void)unused;
	switch (step->event) {
	case WALK_VALUE:
		return value_is_sane(settings, step);
	case WALK_LIST:
		return step->index <= step->row->most;
	default:
		return true;
	}
}

/* What no key says, but load. */
static bool rest_is_sane(const struct settings *settings)
{
	for (unsigned i = 0; i < SETTINGS_FILES_MAX; i++)
		if (!SETTINGS_ENDS(settings->files[i]))
			return false;
	if (!settings_links_are_sane(settings))
		return false;
	for (unsigned i = 0; i < settings->device_count; i++)
		if (!SETTINGS_ENDS(settings->devices[i].place) ||
		    settings->devices[i].private_size > DEVICE_PRIVATE_MAX)
			return false;
	for (unsigned i = 0; i < settings->address_count; i++)
		if (!settings_is_bool(&settings->addresses[i].excluded))
			return false;
	for (unsigned i = 0; i < settings->mark_count; i++)
		if (settings->marks[i].place.file >= SETTINGS_FILES_MAX)
			return false;
	return true;
}

/* Every index points inside and every text ends: the helpers need not look
 * again. */
static bool snapshot_is_sane(const struct settings *settings)
{
	if (settings->self >= NODES ||
	    settings->mark_count > SETTINGS_MARKS_MAX ||
	    settings->instance_count > INSTANCES_MAX ||
	    settings->address_count > ADDRESSES_MAX ||
	    settings->script_count > SCRIPTS_MAX ||
	    settings->device_count > DEVICES_MAX)
		return false;
	for (unsigned i = 0; i < settings->instance_count; i++)
		if (settings->instances[i].first_address +
				    settings->instances[i].address_count >
			    settings->address_count ||
		    settings->instances[i].first_script +
				    settings->instances[i].script_count >
			    settings->script_count)
			return false;
	return rest_is_sane(settings) &&
	       settings_walk(settings, step_is_sane, NULL);
}

const struct settings *settings_map(int fd)
{
	const struct settings *settings = settings_map_again(fd);

	if (settings == NULL || snapshot_is_sane(settings))
		return settings;
	settings_unmap(settings);
	return NULL;
}
