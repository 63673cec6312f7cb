/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads the fence devices. What write_ and read_ values may be is judged here:
 * with equal values for on and off a read-back could prove nothing.
 */
#include "settings_internal.h"

static const char *const drivers_known[] = {"modbus", "ipmi", "agent"};

/* base is for both; a base of its own wins; reading follows writing. */
static void device_fill_defaults(const config_setting_t *group,
				 struct settings_device_scratch *scratch)
{
	struct settings_device *device = &scratch->device;
	bool writes_bits, reads_bits;

	if (!reader_has(group, "write_base"))
		device->write_base = scratch->base;
	if (!reader_has(group, "read_base"))
		device->read_base = reader_has(group, "base")
					    ? scratch->base
					    : device->write_base;
	if (!reader_has(group, "read_kind"))
		device->read_kind = device->write_kind;
	writes_bits = device->write_kind == MODBUS_COIL;
	reads_bits = device->read_kind == MODBUS_COIL ||
		     device->read_kind == MODBUS_DISCRETE;
	/* An inverted relay reads back inverted too. */
	if (writes_bits != reads_bits)
		return;
	if (!reader_has(group, "read_on"))
		device->read_on = device->write_on;
	if (!reader_has(group, "read_off"))
		device->read_off = device->write_off;
}

static void device_check_values(struct reader *reader,
				const config_setting_t *group, bool bits,
				const char *on_key, const char *off_key,
				unsigned on, unsigned off)
{
	if (!reader_is_good(reader, group, on_key) ||
	    !reader_is_good(reader, group, off_key))
		return;
	if (bits && (on > 1 || off > 1))
		reader_error(reader, group, on > 1 ? on_key : off_key,
			     "%u: a coil or discrete input is 0 or 1",
			     on > 1 ? on : off);
	else if (on == off)
		reader_error(reader, group,
			     reader_has(group, off_key) ? off_key : on_key,
			     "on and off are both %u; they must differ%s", on,
			     bits ? " (inverted relay: on = 0 and off = 1)"
				  : "");
}

static void read_device_host(struct reader *reader,
			     const config_setting_t *group,
			     struct settings_device *device)
{
	char text[IP_TEXT_MAX];
	struct ip ip;

	if (reader_member(reader, group, "host") == NULL ||
	    !reader_parse_host(reader, group, "host", device->host, &ip))
		return;
	snprintf(device->host, sizeof(device->host), "%s",
		 ip_format(&ip, text));
}

static void read_modbus(struct reader *reader, const config_setting_t *group,
			struct settings_device_scratch *scratch)
{
	struct settings_device *device = &scratch->device;

	reader_read_group(reader, group, settings_device_options, scratch);
	snprintf(device->driver, sizeof(device->driver), "modbus");
	snprintf(device->profile, sizeof(device->profile), "generic-coil");
	read_device_host(reader, group, device);
	device_fill_defaults(group, scratch);
	if (reader_is_good(reader, group, "write_kind"))
		device_check_values(reader, group,
				    device->write_kind == MODBUS_COIL,
				    "write_on", "write_off", device->write_on,
				    device->write_off);
	if (reader_is_good(reader, group, "read_kind") &&
	    reader_is_good(reader, group, "write_kind") &&
	    reader_is_good(reader, group, "write_on") &&
	    reader_is_good(reader, group, "write_off"))
		device_check_values(reader, group,
				    device->read_kind == MODBUS_COIL ||
					    device->read_kind ==
						    MODBUS_DISCRETE,
				    "read_on", "read_off", device->read_on,
				    device->read_off);
}

/* A known driver that is not built: its own keys are not held against it. */
static bool device_is_foreign(const config_setting_t *group)
{
	const config_setting_t *driver =
		config_setting_get_member(group, "driver");

	if (driver == NULL || driver->type != CONFIG_TYPE_STRING)
		return false;
	for (unsigned i = 1;
	     i < sizeof(drivers_known) / sizeof(drivers_known[0]); i++)
		if (strcmp(config_setting_get_string(driver),
			   drivers_known[i]) == 0)
			return true;
	return false;
}

void settings_read_devices(struct reader *reader)
{
	struct settings *settings = reader->settings;
	const config_setting_t *list =
		reader_member(reader, reader->root, "devices");

	for (unsigned i = 0; i < reader_length(list); i++) {
		const config_setting_t *group =
			reader_group_element(reader, list, i);
		struct settings_device_scratch scratch;
		int twin;

		if (group == NULL)
			continue;
		if (settings->device_count == DEVICES_MAX) {
			reader_error(reader, group, NULL, "at most %d devices",
				     DEVICES_MAX);
			return;
		}
		memset(&scratch, 0, sizeof(scratch));
		if (device_is_foreign(group))
			reader_read_group(reader, group,
					  settings_foreign_device_options,
					  &scratch);
		else
			read_modbus(reader, group, &scratch);
		twin = settings_find_device(settings, scratch.device.name);
		if (scratch.device.name[0] != '\0' && twin >= 0)
			reader_error(reader, group, "name",
				     "devices[%d] is called \"%s\" too", twin,
				     scratch.device.name);
		reader->devices[settings->device_count] = group;
		settings->devices[settings->device_count++] = scratch.device;
	}
}
