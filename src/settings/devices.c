/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads the fence devices: which driver each has decides which keys it may
 * have, and what a plug is. What a driver's keys mean is not known here.
 */
#include <stdlib.h>

#include "internal.h"

const struct device_reader *settings_device_reader(const char *driver)
{
	for (unsigned i = 0; device_readers[i] != NULL; i++)
		if (strcmp(device_readers[i]->driver, driver) == 0)
			return device_readers[i];
	return NULL;
}

bool reader_read_device_host(struct reader *reader,
			     const config_setting_t *group,
			     struct settings_device *device, unsigned port)
{
	char text[IP_TEXT_MAX];
	struct ip ip;

	if (reader_member(reader, group, "host") == NULL ||
	    !reader_parse_host(reader, group, "host", device->host, &ip))
		return false;
	snprintf(device->host, sizeof(device->host), "%s",
		 ip_format(&ip, text));
	snprintf(device->place, sizeof(device->place), "%s:%u", device->host,
		 port);
	return true;
}

long reader_plug_number(struct reader *reader, const config_setting_t *setting)
{
	int type = config_setting_type(setting);
	const char *text;
	char *end;
	long value;

	if (type == CONFIG_TYPE_INT)
		return config_setting_get_int(setting);
	if (type == CONFIG_TYPE_INT64)
		return (long)config_setting_get_int64(setting);
	text = reader_string(reader, setting);
	if (text == NULL)
		return 0;
	value = strtol(text, &end, 10);
	return end == text || *end != '\0' ? 0 : value;
}

static const char *driver_name(const void *unused, unsigned i)
{
	(void)unused;
	return device_readers[i] != NULL ? device_readers[i]->driver : NULL;
}

/* The first of all if none is named; NULL and noted if it is not known. */
static const struct device_reader *find_driver(struct reader *reader,
					       const config_setting_t *group)
{
	const config_setting_t *driver =
		config_setting_get_member(group, "driver");
	const struct device_reader *found;
	const char *text, *near;
	char allowed[160] = "";

	if (driver == NULL)
		return device_readers[0];
	text = reader_string(reader, driver);
	if (text == NULL)
		return NULL;
	found = settings_device_reader(text);
	if (found != NULL)
		return found;
	for (unsigned i = 0; device_readers[i] != NULL; i++) {
		size_t used = strlen(allowed);

		snprintf(allowed + used, sizeof(allowed) - used, "%s\"%s\"",
			 used ? ", " : "", device_readers[i]->driver);
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
	const struct device_reader *driver = find_driver(reader, group);

	if (driver != NULL) {
		reader_read_group(reader, group, settings_device_rows,
				  device_rows(driver->driver), device);
		snprintf(device->driver, sizeof(device->driver), "%s",
			 driver->driver);
		driver->complete(reader, group, device);
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
