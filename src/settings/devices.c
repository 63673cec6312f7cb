/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads the fence devices: which driver each has decides which keys it may
 * have, and what a plug is. What a driver's keys mean is not known here.
 */
#include <stdlib.h>

#include "internal.h"

static const struct {
	const char *driver;
	const struct device_reader *reader;
} drivers[] = {
	{"modbus", &device_reader_modbus},
	{"ipmi", &device_reader_ipmi},
	{"agent", &device_reader_agent},
};
#define DRIVERS (sizeof(drivers) / sizeof(drivers[0]))

const struct device_reader *settings_device_reader(const char *driver)
{
	for (unsigned i = 0; i < DRIVERS; i++)
		if (strcmp(drivers[i].driver, driver) == 0)
			return drivers[i].reader;
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
	return i < DRIVERS ? drivers[i].driver : NULL;
}

/* Index in drivers[], modbus if none is named; -1 and noted if not known. */
static int find_driver(struct reader *reader, const config_setting_t *group)
{
	const config_setting_t *driver =
		config_setting_get_member(group, "driver");
	const char *text, *near;

	if (driver == NULL)
		return 0;
	if (driver->type != CONFIG_TYPE_STRING) {
		reader_error(reader, group, "driver",
			     "is %s, but must be a string in quotes",
			     reader_type_name(driver));
		return -1;
	}
	text = config_setting_get_string(driver);
	for (unsigned i = 0; i < DRIVERS; i++)
		if (strcmp(drivers[i].driver, text) == 0)
			return (int)i;
	near = findings_nearest(text, driver_name, NULL);
	reader_error(reader, group, "driver",
		     "\"%.32s\" is not known%s%s%s; allowed are \"modbus\", "
		     "\"ipmi\", \"agent\"",
		     text, near ? ", did you mean \"" : "", near ? near : "",
		     near ? "\"?" : "");
	return -1;
}

static void read_device(struct reader *reader, const config_setting_t *group,
			struct settings_device *device)
{
	const config_setting_t *name = config_setting_get_member(group, "name");
	int index = find_driver(reader, group);

	if (index >= 0) {
		snprintf(device->driver, sizeof(device->driver), "%s",
			 drivers[index].driver);
		drivers[index].reader->read(reader, group, device);
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
		const config_setting_t *group =
			reader_group_element(reader, list, i);
		struct settings_device device;
		int twin;

		if (group == NULL)
			continue;
		if (settings->device_count == DEVICES_MAX) {
			reader_error(reader, group, NULL, "at most %d devices",
				     DEVICES_MAX);
			return;
		}
		memset(&device, 0, sizeof(device));
		read_device(reader, group, &device);
		twin = settings_find_device(settings, device.name);
		if (device.name[0] != '\0' && twin >= 0)
			reader_error(reader, group, "name",
				     "devices[%d] is called \"%s\" too", twin,
				     device.name);
		reader->devices[settings->device_count] = group;
		settings->devices[settings->device_count++] = device;
	}
}
