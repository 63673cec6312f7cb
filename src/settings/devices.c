/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads the fence devices: which driver each has decides which keys it may
 * have, and what a plug is. What a driver's keys mean is not known here: it
 * sees them through a device_source, which here is a group of the file.
 */
#include <stdlib.h>

#include "internal.h"

/* ---- what a driver sees of a group ---- */

struct group_source {
	struct reader *reader;
	const config_setting_t *group;
};

static bool group_has(void *arg, const char *key)
{
	const struct group_source *from = arg;

	return reader_has(from->group, key);
}

static bool group_is_good(void *arg, const char *key)
{
	const struct group_source *from = arg;

	return reader_is_good(from->reader, from->group, key);
}

static bool group_parse_host(void *arg, const char *key, const char *text,
			     struct ip *ip)
{
	const struct group_source *from = arg;

	return reader_parse_host(from->reader, from->group, key, text, ip);
}

/* A text, a number or true or false, as it is handed on. */
static bool format_value(const config_setting_t *setting, char *text,
			 size_t size)
{
	switch (config_setting_type(setting)) {
	case CONFIG_TYPE_STRING:
		snprintf(text, size, "%s", config_setting_get_string(setting));
		return true;
	case CONFIG_TYPE_INT:
		snprintf(text, size, "%d", config_setting_get_int(setting));
		return true;
	case CONFIG_TYPE_INT64:
		snprintf(text, size, "%lld", config_setting_get_int64(setting));
		return true;
	case CONFIG_TYPE_BOOL:
		snprintf(text, size, "%d",
			 config_setting_get_bool(setting) != 0);
		return true;
	default:
		return false;
	}
}

static bool group_member(void *arg, const char *key, unsigned i,
			 struct device_member *member)
{
	const struct group_source *from = arg;
	const config_setting_t *list =
		reader_member(from->reader, from->group, key);
	const config_setting_t *element;

	if (i >= reader_length(list))
		return false;
	element = config_setting_get_elem(list, i);
	*member = (struct device_member){
		.name = element->name,
		.type = reader_type_name(element),
	};
	member->is_value =
		format_value(element, member->text, sizeof(member->text));
	return true;
}

static void group_tell(void *arg, bool is_error, const char *key, int i,
		       const char *text)
{
	const struct group_source *from = arg;
	const config_setting_t *at = from->group;

	if (i >= 0) {
		const config_setting_t *list =
			config_setting_get_member(at, key);

		at = config_setting_get_elem(list, (unsigned)i);
		key = NULL;
		if (at->name != NULL) {
			key = at->name;
			at = list;
		}
	}
	if (is_error)
		reader_error(from->reader, at, key, "%s", text);
	else
		reader_warn(from->reader, at, key, "%s", text);
}

/* ---- one device ---- */

static const char *driver_name(const void *unused, unsigned i)
{
	(void)unused;
	return driver_registry[i] != NULL ? driver_registry[i]->name : NULL;
}

/* The first if none is named; NULL and noted if not known. */
static const struct driver *find_driver(struct reader *reader,
					const config_setting_t *group)
{
	const config_setting_t *setting =
		config_setting_get_member(group, "driver");
	const struct driver *driver;
	const char *text, *near;
	char allowed[160] = "";
	size_t used = 0;

	if (setting == NULL)
		return driver_registry[0];
	if (setting->type != CONFIG_TYPE_STRING) {
		reader_error(reader, group, "driver",
			     "is %s, but must be a string in quotes",
			     reader_type_name(setting));
		return NULL;
	}
	text = config_setting_get_string(setting);
	driver = driver_find(text);
	if (driver != NULL)
		return driver;
	for (unsigned i = 0; driver_name(NULL, i) != NULL; i++) {
		snprintf(allowed + used, sizeof(allowed) - used, "%s\"%s\"",
			 used ? ", " : "", driver_name(NULL, i));
		used = strlen(allowed);
	}
	near = findings_nearest(text, driver_name, NULL);
	reader_error(reader, group, "driver",
		     "\"%.32s\" is not known%s%s%s; allowed are %s", text,
		     near ? ", did you mean \"" : "", near ? near : "",
		     near ? "\"?" : "", allowed);
	return NULL;
}

static void read_device(struct reader *reader, const config_setting_t *group,
			struct settings_device *device)
{
	const config_setting_t *name = config_setting_get_member(group, "name");
	const struct driver *driver = find_driver(reader, group);
	struct group_source from = {reader, group};
	const struct device_source source = {.settings = reader->settings,
					     .arg = &from,
					     .has = group_has,
					     .is_good = group_is_good,
					     .parse_host = group_parse_host,
					     .member = group_member,
					     .tell = group_tell};

	if (driver != NULL) {
		reader_read_group(reader, group, settings_device_rows,
				  driver->rows, device);
		snprintf(device->driver, sizeof(device->driver), "%s",
			 driver->name);
		device->private_size = (uint32_t)driver->private_size;
		driver->settle(&source, device);
		return;
	}
	/* Only the driver is wrong: its keys are not held against it. */
	if (name != NULL && name->type == CONFIG_TYPE_STRING)
		snprintf(device->name, sizeof(device->name), "%s",
			 config_setting_get_string(name));
}

void settings_read_devices(struct reader *reader)
{
	struct settings *settings = reader->settings;
	const config_setting_t *list =
		reader_member(reader, reader->root, "devices");

	for (unsigned i = 0; i < reader_length(list); i++) {
		struct settings_device *device =
			&settings->devices[settings->device_count];
		const config_setting_t *group =
			reader_group_element(reader, list, i);
		int twin;

		if (group == NULL)
			continue;
		if (settings->device_count == DEVICES_MAX) {
			reader_error(reader, group, NULL, "at most %d devices",
				     DEVICES_MAX);
			return;
		}
		read_device(reader, group, device);
		twin = settings_find_device(settings, device->name);
		if (device->name[0] != '\0' && twin >= 0)
			reader_error(reader, group, "name",
				     "devices[%d] is called \"%s\" too", twin,
				     device->name);
		settings->device_count++;
	}
}

/* What a plug may be called, the driver knows. */
void settings_read_plug(struct reader *reader, const config_setting_t *group,
			struct settings_plug *plug)
{
	const struct settings_device *device =
		&reader->settings->devices[plug->device];
	const struct driver *driver = driver_find(device->driver);
	const config_setting_t *setting =
		config_setting_get_member(group, "plug");
	char text[1024], error[SETTINGS_LINE_MAX / 2];

	if (driver == NULL)
		return;
	if (setting != NULL &&
	    (config_setting_type(setting) == CONFIG_TYPE_BOOL ||
	     !format_value(setting, text, sizeof(text)))) {
		reader_error(reader, group, "plug",
			     "is %s, but must be a number or a string in "
			     "quotes",
			     reader_type_name(setting));
		return;
	}
	if (driver->plug(device, setting != NULL ? text : NULL, plug->plug,
			 error, sizeof(error)) < 0)
		reader_error(reader, group, "plug", "%s", error);
}
