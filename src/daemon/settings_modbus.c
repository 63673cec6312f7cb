/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads the settings of Modbus devices. What write_ and read_ values may be is
 * judged here: with equal values for on and off a read-back could prove
 * nothing.
 */
#include <stdlib.h>

#include "settings_internal.h"

/* What the table fills; device comes first. */
struct modbus_scratch {
	struct settings_device device;
	uint16_t base;
	uint8_t driver;
};

#define DEVICE(field) FIELD(modbus_scratch, device.field)
#define MODBUS(field) FIELD(modbus_scratch, device.modbus.field)
#define WORD(name, byDefault)                                                  \
	{                                                                      \
#name, OPTION_INT, MODBUS(name), .value = (byDefault),         \
						 .max = 65535, .unit = ""      \
	}
#define WAIT(name, byDefault)                                                  \
	{                                                                      \
#name, OPTION_INT, MODBUS(name), .value = (byDefault),         \
						 .min = 1, .max = HOUR_MS,     \
						 .unit = " ms"                 \
	}

static const char *const write_kinds[] = {"coil", "holding", NULL};
static const char *const read_kinds[] = {"coil", "holding", "discrete", "input",
					 NULL};
static const char *const drivers[] = {"modbus", "ipmi", "agent", NULL};
static const char *const transports[] = {"tcp", "rtu", NULL};
static const char *const profiles[] = {"generic-coil", "netio",	     "gude",
				       "waveshare",    "moxa-e1200", "adam6000",
				       "wago750",      "eletechsup", "icpdas",
				       "kmtronic",     NULL};

const struct option settings_modbus_options[] = {
	{"name", OPTION_NAME, DEVICE(name), .required = true},
	{"driver", OPTION_CHOICE, FIELD(modbus_scratch, driver),
	 .choices = drivers},
	{"transport", OPTION_CHOICE, .choices = transports,
	 .later = "transports other than tcp are"},
	{"host", OPTION_TEXT, DEVICE(host), .required = true},
	{"port", OPTION_INT, MODBUS(port), .value = 502, .min = 1, .max = 65535,
	 .unit = ""},
	{"unit", OPTION_INT, MODBUS(unit), .value = 1, .max = 255, .unit = ""},
	{"profile", OPTION_CHOICE, .choices = profiles,
	 .later = "profiles other than generic-coil (which the write_ and "
		  "read_ keys bend to most devices) are"},
	{"base", OPTION_INT, FIELD(modbus_scratch, base), .max = 65535,
	 .unit = ""},
	{"write_kind", OPTION_CHOICE, MODBUS(write_kind),
	 .choices = write_kinds},
	WORD(write_base, 0),
	WORD(write_on, 1),
	WORD(write_off, 0),
	{"read_kind", OPTION_CHOICE, MODBUS(read_kind), .choices = read_kinds},
	WORD(read_base, 0),
	WORD(read_on, 1),
	WORD(read_off, 0),
	WAIT(connect_ms, 500),
	WAIT(response_ms, 500),
	{"settle_ms", OPTION_INT, DEVICE(settle_ms), .value = 50,
	 .max = HOUR_MS, .unit = " ms"},
	{"power_wait_ms", OPTION_INT, DEVICE(power_wait_ms), .value = 1000,
	 .max = HOUR_MS, .unit = " ms"},
	END};

static bool kind_is_bit(unsigned kind)
{
	return kind == MODBUS_COIL || kind == MODBUS_DISCRETE;
}

/* base is for both; a base of its own wins; reading follows writing. */
static void modbus_fill_defaults(const config_setting_t *group,
				 struct modbus_scratch *scratch)
{
	struct settings_modbus *modbus = &scratch->device.modbus;

	if (!reader_has(group, "write_base"))
		modbus->write_base = scratch->base;
	if (!reader_has(group, "read_base"))
		modbus->read_base = reader_has(group, "base")
					    ? scratch->base
					    : modbus->write_base;
	if (!reader_has(group, "read_kind"))
		modbus->read_kind = modbus->write_kind;
	/* An inverted relay reads back inverted too. */
	if (kind_is_bit(modbus->write_kind) != kind_is_bit(modbus->read_kind))
		return;
	if (!reader_has(group, "read_on"))
		modbus->read_on = modbus->write_on;
	if (!reader_has(group, "read_off"))
		modbus->read_off = modbus->write_off;
}

static void modbus_check_values(struct reader *reader,
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

static void modbus_read(struct reader *reader, const config_setting_t *group,
			struct settings_device *device)
{
	struct modbus_scratch scratch = {.device = *device};
	struct settings_modbus *modbus = &scratch.device.modbus;

	reader_read_group(reader, group, settings_modbus_options, &scratch);
	snprintf(modbus->profile, sizeof(modbus->profile), "generic-coil");
	reader_read_device_host(reader, group, &scratch.device, modbus->port);
	modbus_fill_defaults(group, &scratch);
	if (reader_is_good(reader, group, "write_kind"))
		modbus_check_values(reader, group,
				    kind_is_bit(modbus->write_kind), "write_on",
				    "write_off", modbus->write_on,
				    modbus->write_off);
	if (reader_is_good(reader, group, "read_kind") &&
	    reader_is_good(reader, group, "write_kind") &&
	    reader_is_good(reader, group, "write_on") &&
	    reader_is_good(reader, group, "write_off"))
		modbus_check_values(reader, group,
				    kind_is_bit(modbus->read_kind), "read_on",
				    "read_off", modbus->read_on,
				    modbus->read_off);
	scratch.device.answer_ms = modbus->connect_ms + modbus->response_ms;
	*device = scratch.device;
}

/* In coil and register profiles a plug is a number from 1. */
static void modbus_read_plug(struct reader *reader,
			     const config_setting_t *group,
			     const struct settings_device *device,
			     const config_setting_t *setting,
			     struct settings_plug *plug)
{
	const struct settings_modbus *modbus = &device->modbus;
	long most = 65536 - (modbus->write_base > modbus->read_base
				     ? modbus->write_base
				     : modbus->read_base);
	long value;

	if (setting == NULL) {
		reader_error(reader, group, "plug",
			     "is missing; it must be set");
		return;
	}
	value = reader_plug_number(reader, setting);
	if (value < 1 || value > most) {
		reader_error(reader, group, "plug",
			     "must be a number from 1 to %ld (plug n is wire "
			     "address base + n - 1)",
			     most);
		return;
	}
	snprintf(plug->plug, sizeof(plug->plug), "%ld", value);
}

/* By where the command goes: two names may lead to one relay. */
static bool modbus_is_same(const struct settings_device *a, const char *plug_a,
			   const struct settings_device *b, const char *plug_b)
{
	const struct settings_modbus *x = &a->modbus, *y = &b->modbus;

	return a->place[0] != '\0' && strcmp(a->place, b->place) == 0 &&
	       x->unit == y->unit && x->write_kind == y->write_kind &&
	       x->write_base + strtoul(plug_a, NULL, 10) ==
		       y->write_base + strtoul(plug_b, NULL, 10);
}

const struct device_reader device_reader_modbus = {
	.driver = "modbus",
	.read = modbus_read,
	.read_plug = modbus_read_plug,
	.is_same = modbus_is_same,
};
