/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads the settings of Modbus devices. A profile says what the file does not;
 * each of its keys can be overruled. What write_ and read_ values may be is
 * judged here: with equal values for on and off a read-back could prove
 * nothing, and a command register takes toggles and delays too.
 */
#include <stdlib.h>

#include "modbus_profiles.h"
#include "internal.h"
#include "modbus_profiles.h"

extern const struct setting_row modbus_rows[];

static bool kind_is_bit(unsigned kind)
{
	return kind == MODBUS_COIL || kind == MODBUS_DISCRETE;
}

/* ---- where it is ---- */

static void read_line(struct reader *reader, const config_setting_t *group,
		      struct settings_device *device)
{
	const struct settings_modbus *modbus = &device->modbus;
	static const unsigned bauds[] = {1200,	2400,  4800,  9600,
					 19200, 38400, 57600, 115200};
	bool usual = false;

	if (!reader_has(group, "serial"))
		reader_error(reader, group, "serial",
			     "is missing; over rtu the port must be named, by "
			     "the same udev symlink on both nodes");
	for (unsigned i = 0; i < sizeof(bauds) / sizeof(bauds[0]); i++)
		usual |= bauds[i] == modbus->line.baud;
	if (!usual && reader_is_good(reader, group, "baud"))
		reader_error(reader, group, "baud",
			     "%u is no usual speed: 1200, 2400, 4800, 9600, "
			     "19200, 38400, 57600 or 115200",
			     modbus->line.baud);
	if (modbus->unit == 0 || (modbus->unit > 247 && modbus->unit < 255))
		reader_error(reader, group, "unit",
			     "%u: over rtu 1 to 247, and 255 where a board "
			     "wants it (0 is everybody, and nobody answers)",
			     modbus->unit);
	for (unsigned i = 0; i < NODES; i++)
		if (modbus->line.path[0] != '\0' &&
		    strcmp(reader->settings->nodes[i].serial,
			   modbus->line.path) == 0)
			reader_error(reader, group, "serial",
				     "%s is the heartbeat cable of nodes[%u]; "
				     "relays want a line of their own",
				     modbus->line.path, i);
	snprintf(device->place, sizeof(device->place), "%.79s",
		 modbus->line.path);
}

/* The keys of the other transport would be taken for granted, and are not. */
static void read_place(struct reader *reader, const config_setting_t *group,
		       struct settings_device *device)
{
	bool rtu = device->modbus.transport == MODBUS_RTU;

	if (!reader_is_good(reader, group, "transport"))
		return;
	reader_refuse_when(reader, group, modbus_rows, device,
			   rtu ? "transport = \"rtu\"" : "transport = \"tcp\"");
	if (rtu) {
		read_line(reader, group, device);
		return;
	}
	if (!reader_has(group, "host"))
		reader_error(reader, group, "host",
			     "is missing; it must be set");
	reader_read_device_host(reader, group, device, device->modbus.port);
}

/* ---- what the file leaves to the profile ---- */

static void fill_kinds(const config_setting_t *group,
		       const struct modbus_profile *profile,
		       struct settings_modbus *modbus)
{
	if (!reader_has(group, "write_kind"))
		modbus->write_kind = profile->write_kind;
	if (!reader_has(group, "read_kind"))
		modbus->read_kind = modbus->write_kind == profile->write_kind
					    ? profile->read_kind
					    : modbus->write_kind;
}

/* base is for both; a base of its own wins; reading follows writing, as far
 * off as the profile has it. */
static void fill_bases(struct reader *reader, const config_setting_t *group,
		       const struct modbus_profile *profile,
		       struct settings_modbus *modbus)
{
	unsigned from, offset = profile->read_base - profile->write_base;

	if (!reader_has(group, "base"))
		modbus->base = profile->write_base;
	if (!reader_has(group, "write_base"))
		modbus->write_base = modbus->base;
	if (reader_has(group, "read_base"))
		return;
	from = reader_has(group, "base") ? modbus->base : modbus->write_base;
	if (from + offset > 65535)
		reader_error(reader, group, "base",
			     "%u: plugs are read back %u further, beyond wire "
			     "address 65535",
			     from, offset);
	modbus->read_base = (uint16_t)(from + offset);
}

/* An inverted relay reads back inverted too, unless the profile knows that
 * its device answers in other words than it is told in. */
static void fill_values(const config_setting_t *group,
			const struct modbus_profile *profile,
			struct settings_modbus *modbus)
{
	bool known = modbus->write_kind == profile->write_kind;
	bool alike = kind_is_bit(modbus->write_kind) ==
		     kind_is_bit(modbus->read_kind);
	bool own_words = known && (profile->write_on != profile->read_on ||
				   profile->write_off != profile->read_off);

	if (known && !reader_has(group, "write_on"))
		modbus->write_on = profile->write_on;
	if (known && !reader_has(group, "write_off"))
		modbus->write_off = profile->write_off;
	if (!alike || own_words)
		return; /* 1 and 0 */
	if (!reader_has(group, "read_on"))
		modbus->read_on = modbus->write_on;
	if (!reader_has(group, "read_off"))
		modbus->read_off = modbus->write_off;
}

static void fill_current(struct reader *reader, const config_setting_t *group,
			 const struct modbus_profile *profile,
			 struct settings_current *current)
{
	const struct settings_current *known = &profile->current;

	if (!reader_has(group, "current_kind"))
		current->kind = known->kind;
	if (!reader_has(group, "current_base"))
		current->base = known->base;
	if (!reader_has(group, "current_width"))
		current->width = known->width;
	if (!reader_has(group, "current_step"))
		current->step = current->width;
	if (!reader_has(group, "current_unit_ua"))
		current->unit_ua = known->unit_ua;
	if (current->off_below_ma > 0 && !profile->current_known &&
	    !reader_has(group, "current_base"))
		reader_error(reader, group, "current_base",
			     "is missing: profile \"%s\" does not know where "
			     "the current of plug 1 is read",
			     profile->name);
	if (current->off_below_ma == 0 && (reader_has(group, "current_base") ||
					   reader_has(group, "current_kind")))
		reader_warn(reader, group, "current_off_below_ma",
			    "is not set, so the current is never read");
}

/* ---- what may stand there ---- */

/* Never toggle, delay or pulse: they end in a state that nobody chose. */
static void check_command_register(struct reader *reader,
				   const config_setting_t *group,
				   const struct modbus_profile *profile,
				   const struct settings_modbus *modbus)
{
	if (profile->command_on == profile->command_off ||
	    modbus->write_kind != MODBUS_HOLDING)
		return;
	for (unsigned i = 0; i < 2; i++) {
		const char *key = i == 0 ? "write_on" : "write_off";
		unsigned value = i == 0 ? modbus->write_on : modbus->write_off;

		if (reader_is_good(reader, group, key) &&
		    value != profile->command_on &&
		    value != profile->command_off)
			reader_error(reader, group, key,
				     "0x%04x: the registers of \"%s\" take "
				     "toggle, pulse and delay commands too; "
				     "only 0x%04x (on) and 0x%04x (off) are "
				     "allowed",
				     value, profile->name, profile->command_on,
				     profile->command_off);
	}
}

static void modbus_check_values(struct reader *reader,
				const config_setting_t *group, bool bits,
				const char *on_key, const char *off_key,
				unsigned on, unsigned off)
{
	/* Of an off nothing but 0 or 1 is taken: an idle line reads as all
	 * ones, too. */
	unsigned most = strcmp(on_key, "read_on") == 0 && on == MODBUS_BYTE_ON
				? MODBUS_BYTE_ON
				: 1;

	if (!reader_is_good(reader, group, on_key) ||
	    !reader_is_good(reader, group, off_key))
		return;
	if (bits && (on > most || off > 1))
		reader_error(reader, group, on > most ? on_key : off_key,
			     "%u: a coil or discrete input is 0 or 1%s",
			     on > most ? on : off,
			     strcmp(on_key, "read_on") == 0 && on > most
				     ? ", and read_on 255 for a device that "
				       "fills the byte"
				     : "");
	else if (on == off)
		reader_error(reader, group,
			     reader_has(group, off_key) ? off_key : on_key,
			     "on and off are both %u; they must differ%s", on,
			     bits ? " (inverted relay: on = 0 and off = 1)"
				  : "");
}

/* A block of read_count must end at or before wire address 65535: what plugs
 * there can be follows from it (modbus_plugs_max). */
static void check_read_count(struct reader *reader,
			     const config_setting_t *group,
			     const struct settings_modbus *modbus)
{
	if (!reader_is_good(reader, group, "read_count") ||
	    !reader_is_good(reader, group, "read_kind"))
		return;
	if (!kind_is_bit(modbus->read_kind) &&
	    modbus->read_count > MODBUS_REGISTERS_MOST)
		reader_error(reader, group, "read_count",
			     "%u: an answer holds at most %d registers",
			     modbus->read_count, MODBUS_REGISTERS_MOST);
	else if (kind_is_bit(modbus->read_kind) && modbus->read_count > 1 &&
		 modbus->read_on == MODBUS_BYTE_ON)
		reader_error(reader, group, "read_count",
			     "%u: of several coils each has one bit; read_on "
			     "= 255 goes with a count of 1 only",
			     modbus->read_count);
	else if (modbus->read_base + modbus->read_count > 65536)
		reader_error(reader, group, "read_count",
			     "%u from %u on lie beyond wire address 65535",
			     modbus->read_count, modbus->read_base);
}

static void check_all_values(struct reader *reader,
			     const config_setting_t *group,
			     const struct settings_modbus *modbus)
{
	if (!reader_is_good(reader, group, "write_kind"))
		return;
	modbus_check_values(reader, group, kind_is_bit(modbus->write_kind),
			    "write_on", "write_off", modbus->write_on,
			    modbus->write_off);
	if (reader_is_good(reader, group, "read_kind") &&
	    reader_is_good(reader, group, "write_on") &&
	    reader_is_good(reader, group, "write_off"))
		modbus_check_values(reader, group,
				    kind_is_bit(modbus->read_kind), "read_on",
				    "read_off", modbus->read_on,
				    modbus->read_off);
}

static void modbus_complete(struct reader *reader,
			    const config_setting_t *group,
			    struct settings_device *device)
{
	struct settings_modbus *modbus = &device->modbus;
	const struct modbus_profile *profile =
		modbus_profile_find(modbus->profile);

	if (!reader_has(group, "unit"))
		modbus->unit = profile->unit;
	if (!reader_has(group, "transport"))
		modbus->transport = profile->transport;
	read_place(reader, group, device);
	fill_kinds(group, profile, modbus);
	fill_bases(reader, group, profile, modbus);
	fill_values(group, profile, modbus);
	fill_current(reader, group, profile, &modbus->current);
	check_all_values(reader, group, modbus);
	check_command_register(reader, group, profile, modbus);
	check_read_count(reader, group, modbus);
	device->answer_ms = settings_modbus_answer_ms(modbus);
	device->command_ms = settings_modbus_command_ms(modbus);
	device->switch_ms = modbus->off_ms;
}

/* How many plugs there can be: the profile's, and all addresses exist. */
static long modbus_plugs_max(const struct settings_modbus *modbus)
{
	const struct modbus_profile *profile =
		modbus_profile_find(modbus->profile);
	const struct settings_current *current = &modbus->current;
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

/* In coil and register profiles a plug is a number from 1. */
static void modbus_read_plug(struct reader *reader,
			     const config_setting_t *group,
			     const struct settings_device *device,
			     const config_setting_t *setting,
			     struct settings_plug *plug)
{
	const struct settings_modbus *modbus = &device->modbus;
	long value, most = modbus_plugs_max(modbus);

	if (setting == NULL) {
		reader_error(reader, group, "plug",
			     "is missing; it must be set");
		return;
	}
	value = reader_plug_number(reader, setting);
	if (value < 1 || value > most) {
		reader_error(reader, group, "plug",
			     "must be a number from 1 to %ld on a %s device "
			     "(plug n is wire address base + n - 1)",
			     most, modbus->profile);
		return;
	}
	snprintf(plug->plug, sizeof(plug->plug), "%ld", value);
}

static bool addresses_are_one(const struct settings_device *a,
			      const char *plug_a,
			      const struct settings_device *b,
			      const char *plug_b)
{
	return a->place[0] != '\0' && strcmp(a->place, b->place) == 0 &&
	       a->modbus.write_base + strtoul(plug_a, NULL, 10) ==
		       b->modbus.write_base + strtoul(plug_b, NULL, 10);
}

/* By where the command goes: two names may lead to one relay. */
static bool modbus_is_same(const struct settings_device *a, const char *plug_a,
			   const struct settings_device *b, const char *plug_b)
{
	return addresses_are_one(a, plug_a, b, plug_b) &&
	       a->modbus.unit == b->modbus.unit &&
	       a->modbus.write_kind == b->modbus.write_kind;
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
	       (a->modbus.transport == MODBUS_TCP ||
		a->modbus.unit == b->modbus.unit);
}

const struct device_reader device_reader_modbus = {
	.driver = "modbus",
	.complete = modbus_complete,
	.read_plug = modbus_read_plug,
	.is_same = modbus_is_same,
	.is_alike = modbus_is_alike,
};
