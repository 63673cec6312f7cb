/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Power switches that speak Modbus: what a plug is, and whether a device could
 * be asked at all. The fencer asks that before each use: a value that is no
 * plain on or off must never be written.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "modbus_profiles.h"

/* Many devices with an address of their own want this, MODBUS Messaging on
 * TCP/IP Implementation Guide V1.0b 4.4.1.2. */
#define UNIT_ANY 255

unsigned modbus_plug_number(const char *plug)
{
	unsigned long number;
	char *end;

	if (plug[0] < '0' || plug[0] > '9')
		return 0;
	errno = 0;
	number = strtoul(plug, &end, 10);
	if (errno != 0 || *end != '\0' || number > UINT16_MAX)
		return 0;
	return (unsigned)number;
}

/* What goes on the wire for a coil. Only these two exist: other values toggle
 * or flash on some boards and mean "off" on others. */
int modbus_coil_value(uint16_t value)
{
	switch (value) {
	case 0:
		return 0;
	case 1:
	case MODBUS_COIL_ON:
		return MODBUS_COIL_ON;
	default:
		return -1;
	}
}

static int check_values(const struct settings_device *device, char *error,
			size_t error_size)
{
	if (modbus_of(device)->write_kind != MODBUS_COIL &&
	    modbus_of(device)->write_kind != MODBUS_HOLDING) {
		snprintf(error, error_size,
			 "%s: only coils and holding registers can be written",
			 device->name);
		return -1;
	}
	if (modbus_of(device)->read_kind > MODBUS_INPUT) {
		snprintf(error, error_size, "%s: read kind %u does not exist",
			 device->name, modbus_of(device)->read_kind);
		return -1;
	}
	if (modbus_of(device)->write_on == modbus_of(device)->write_off ||
	    modbus_of(device)->read_on == modbus_of(device)->read_off) {
		snprintf(error, error_size,
			 "%s: on and off are the same value, so no state can "
			 "be told",
			 device->name);
		return -1;
	}
	if (modbus_of(device)->write_kind == MODBUS_COIL &&
	    (modbus_coil_value(modbus_of(device)->write_on) < 0 ||
	     modbus_coil_value(modbus_of(device)->write_off) < 0 ||
	     modbus_coil_value(modbus_of(device)->write_on) ==
		     modbus_coil_value(modbus_of(device)->write_off))) {
		snprintf(error, error_size,
			 "%s: a coil can be written 0 and 1 only",
			 device->name);
		return -1;
	}
	return 0;
}

/* Others libmodbus takes for 9600 without a word. */
bool modbus_takes_baud(uint32_t baud)
{
	static const uint32_t bauds[] = {1200,	2400,  4800,  9600,
					 19200, 38400, 57600, 115200};

	for (size_t i = 0; i < sizeof(bauds) / sizeof(bauds[0]); i++)
		if (bauds[i] == baud)
			return true;
	return false;
}

/* Unit 0 is everybody on a line, and nobody answers. */
static int check_line(const struct settings_device *device, char *error,
		      size_t error_size)
{
	const struct modbus_port *line = &modbus_of(device)->line;

	if (line->path[0] == '/' && modbus_takes_baud(line->baud) &&
	    line->parity <= PARITY_ODD && line->rs485 <= RS485_RTS_LOW &&
	    (line->stop_bits == 1 || line->stop_bits == 2) &&
	    modbus_of(device)->unit != 0)
		return 0;
	snprintf(error, error_size,
		 "%s: unit %u at \"%.60s\", %u baud with %u stop bits cannot "
		 "be used: a path, a usual speed, 1 or 2 and a unit from 1",
		 device->name, modbus_of(device)->unit, line->path, line->baud,
		 line->stop_bits);
	return -1;
}

static int check_current(const struct settings_device *device, unsigned number,
			 char *error, size_t error_size)
{
	const struct modbus_current *current = &modbus_of(device)->current;

	if (current->off_below_ma == 0)
		return 0;
	if ((current->kind == MODBUS_INPUT ||
	     current->kind == MODBUS_HOLDING) &&
	    (current->width == 1 || current->width == 2) &&
	    current->unit_ua > 0 &&
	    current->base + (uint64_t)(number - 1) * current->step +
			    current->width <=
		    UINT16_MAX + 1)
		return 0;
	snprintf(error, error_size,
		 "%s: the current of plug %u cannot be read from register "
		 "%u + %u * %u (width %u)",
		 device->name, number, current->base, number - 1, current->step,
		 current->width);
	return -1;
}

/* 0 is what a caller says who does not care. */
unsigned modbus_read_count(const struct settings_device *device)
{
	return modbus_of(device)->read_count > 0 ? modbus_of(device)->read_count
						 : 1;
}

bool modbus_kind_is_bit(unsigned kind)
{
	return kind == MODBUS_COIL || kind == MODBUS_DISCRETE;
}

int modbus_check(const struct settings_device *device, const char *plug,
		 char *error, size_t error_size)
{
	bool bits = modbus_kind_is_bit(modbus_of(device)->read_kind);
	unsigned number = modbus_plug_number(plug);
	struct ip ip;

	if (modbus_of(device)->transport == MODBUS_RTU) {
		if (check_line(device, error, error_size) < 0)
			return -1;
	} else if (!ip_parse(device->host, &ip) ||
		   modbus_of(device)->port == 0) {
		snprintf(error, error_size,
			 "%s: host must be a literal address and port 1 to "
			 "65535: a fence never waits for DNS",
			 device->name);
		return -1;
	}
	if (modbus_of(device)->unit > 247 &&
	    modbus_of(device)->unit != UNIT_ANY) {
		snprintf(error, error_size,
			 "%s: unit %u is none of 0 to 247 and 255",
			 device->name, modbus_of(device)->unit);
		return -1;
	}
	if (number == 0) {
		snprintf(error, error_size,
			 "%s: plug \"%s\" is not a number from 1 to 65535",
			 device->name, plug);
		return -1;
	}
	if (modbus_of(device)->write_base + number - 1 > UINT16_MAX ||
	    modbus_of(device)->read_base + number - 1 > UINT16_MAX) {
		snprintf(error, error_size,
			 "%s: plug %u lies beyond address 65535 with base %u "
			 "and %u",
			 device->name, number, modbus_of(device)->write_base,
			 modbus_of(device)->read_base);
		return -1;
	}
	if (modbus_read_count(device) >
		    (bits ? MODBUS_BITS_MOST : MODBUS_REGISTERS_MOST) ||
	    modbus_of(device)->read_base +
			    (number - 1) / modbus_read_count(device) *
				    modbus_read_count(device) +
			    modbus_read_count(device) >
		    UINT16_MAX + 1) {
		snprintf(error, error_size,
			 "%s: plug %u cannot be read %u at a time",
			 device->name, number, modbus_read_count(device));
		return -1;
	}
	if (check_current(device, number, error, error_size) < 0)
		return -1;
	return check_values(device, error, error_size);
}

/* ---- plugs ---- */

/* How many plugs there can be: the profile's, and all addresses exist. */
static long modbus_plugs_max(const struct modbus_settings *modbus)
{
	const struct modbus_profile *profile =
		modbus_profile_find(modbus->profile);
	const struct modbus_current *current = &modbus->current;
	unsigned base = modbus->write_base > modbus->read_base
				? modbus->write_base
				: modbus->read_base;
	long most = 65536 - (long)base, read;

	/* the last block that is whole */
	read = (65536 - (long)modbus->read_base) / modbus->read_count *
	       modbus->read_count;
	if (read < most)
		most = read;
	if (profile != NULL && profile->plugs_max < most)
		most = profile->plugs_max;
	if (current->off_below_ma == 0)
		return most;
	read = (65536 - current->base - current->width) / current->step + 1;
	return read < most ? read : most;
}

/* A plug is a number from 1. */
static int modbus_plug(const struct settings_device *device, const char *text,
		       char plug[SETTINGS_NAME_MAX], char *error,
		       size_t error_size)
{
	const struct modbus_settings *modbus = modbus_of(device);
	long value, most = modbus_plugs_max(modbus);
	char *end;

	if (text == NULL) {
		snprintf(error, error_size, "is missing; it must be set");
		return -1;
	}
	value = strtol(text, &end, 10);
	if (end == text || *end != '\0' || value < 1 || value > most) {
		snprintf(
			error, error_size,
			"must be a number from 1 to %ld on a %s device (plug n "
			"is wire address base + n - 1)",
			most, modbus->profile);
		return -1;
	}
	snprintf(plug, SETTINGS_NAME_MAX, "%ld", value);
	return 0;
}

static bool addresses_are_one(const struct settings_device *a,
			      const char *plug_a,
			      const struct settings_device *b,
			      const char *plug_b)
{
	return a->place[0] != '\0' && strcmp(a->place, b->place) == 0 &&
	       modbus_of(a)->write_base + strtoul(plug_a, NULL, 10) ==
		       modbus_of(b)->write_base + strtoul(plug_b, NULL, 10);
}

/* By where the command goes: two names may lead to one relay. */
static bool modbus_is_same(const struct settings_device *a, const char *plug_a,
			   const struct settings_device *b, const char *plug_b)
{
	return addresses_are_one(a, plug_a, b, plug_b) &&
	       modbus_of(a)->unit == modbus_of(b)->unit &&
	       modbus_of(a)->write_kind == modbus_of(b)->write_kind;
}

/*
 * Another unit: many switches with an address of their own answer to any. Or
 * another kind: some have each relay as a coil and as a register. On a serial
 * line the unit is all that tells them apart.
 */
static bool modbus_is_alike(const struct settings_device *a, const char *plug_a,
			    const struct settings_device *b, const char *plug_b)
{
	return addresses_are_one(a, plug_a, b, plug_b) &&
	       (modbus_of(a)->transport == MODBUS_TCP ||
		modbus_of(a)->unit == modbus_of(b)->unit);
}

/* ---- in a snapshot ---- */

/* ---- what this machine must have ---- */

static const char *modbus_port(const struct settings_device *device)
{
	return modbus_of(device)->transport == MODBUS_RTU
		       ? modbus_of(device)->line.path
		       : NULL;
}

static void modbus_look(const struct settings_device *device,
			const struct device_finder *finder)
{
	const char *port = modbus_port(device);
	char text[SETTINGS_LINE_MAX / 2];
	int wrong;

	if (port == NULL)
		return;
	wrong = settings_look_at_port(port, text, sizeof(text));
	if (wrong != 0)
		device_find(finder, wrong < 0, "serial", "%s", text);
}

const struct driver driver_modbus = {
	.name = "modbus",
	.label = "Modbus",
	.rows = modbus_rows,
	.private_size = sizeof(struct modbus_settings),
	.settle = modbus_settle,
	.plug = modbus_plug,
	.check = modbus_check,
	.is_same = modbus_is_same,
	.is_alike = modbus_is_alike,
	.port = modbus_port,
	.look = modbus_look,
	.as_agent = &modbus_as_agent,
	.switch_key = "off_ms",
	.reads_fast = true,
};
