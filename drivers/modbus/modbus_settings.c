/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads the settings of Modbus devices. A profile says what the file does not;
 * each of its keys can be overruled. What write_ and read_ values may be is
 * judged here: with equal values for on and off a read-back could prove
 * nothing, and a command register takes toggles and delays too.
 */
#include <stdlib.h>

#include "modbus_profiles.h"

/* ---- where it is ---- */

static void read_line(const struct device_source *source,
		      struct settings_device *device)
{
	const struct modbus_settings *modbus = modbus_of(device);

	if (!device_has(source, "serial"))
		device_error(source, "serial",
			     "is missing; over rtu the port must be named, by "
			     "the same udev symlink on both nodes");
	if (!modbus_takes_baud(modbus->line.baud) &&
	    device_is_good(source, "baud"))
		device_error(source, "baud",
			     "%u is no usual speed: 1200, 2400, 4800, 9600, "
			     "19200, 38400, 57600 or 115200",
			     modbus->line.baud);
	if (modbus->unit == 0 || (modbus->unit > 247 && modbus->unit < 255))
		device_error(source, "unit",
			     "%u: over rtu 1 to 247, and 255 where a board "
			     "wants it (0 is everybody, and nobody answers)",
			     modbus->unit);
	for (unsigned i = 0; i < NODES; i++)
		if (modbus->line.path[0] != '\0' &&
		    strcmp(source->settings->nodes[i].serial,
			   modbus->line.path) == 0)
			device_error(source, "serial",
				     "%s is the heartbeat cable of nodes[%u]; "
				     "relays want a line of their own",
				     modbus->line.path, i);
	snprintf(device->place, sizeof(device->place), "%.79s",
		 modbus->line.path);
}

/* The keys of the other transport would be taken for granted, and are not. */
static void read_place(const struct device_source *source,
		       struct settings_device *device)
{
	bool rtu = modbus_of(device)->transport == MODBUS_RTU;

	if (!device_is_good(source, "transport"))
		return;
	device_refuse_when(source, modbus_rows, device,
			   rtu ? "transport = \"rtu\"" : "transport = \"tcp\"");
	if (rtu) {
		read_line(source, device);
		return;
	}
	if (!device_has(source, "host"))
		device_error(source, "host", "is missing; it must be set");
	device_take_host(source, device, modbus_of(device)->port);
}

/* ---- what the file leaves to the profile ---- */

static void fill_kinds(const struct device_source *source,
		       const struct modbus_profile *profile,
		       struct modbus_settings *modbus)
{
	if (!device_has(source, "write_kind"))
		modbus->write_kind = profile->write_kind;
	if (!device_has(source, "read_kind"))
		modbus->read_kind = modbus->write_kind == profile->write_kind
					    ? profile->read_kind
					    : modbus->write_kind;
}

/* base is for both; a base of its own wins; reading follows writing, as far
 * off as the profile has it. */
static void fill_bases(const struct device_source *source,
		       const struct modbus_profile *profile,
		       struct modbus_settings *modbus)
{
	unsigned from, offset = profile->read_base - profile->write_base;

	if (!device_has(source, "base"))
		modbus->base = profile->write_base;
	if (!device_has(source, "write_base"))
		modbus->write_base = modbus->base;
	if (device_has(source, "read_base"))
		return;
	from = device_has(source, "base") ? modbus->base : modbus->write_base;
	if (from + offset > 65535)
		device_error(source, "base",
			     "%u: plugs are read back %u further, beyond wire "
			     "address 65535",
			     from, offset);
	modbus->read_base = (uint16_t)(from + offset);
}

/* An inverted relay reads back inverted too, unless the profile knows that
 * its device answers in other words than it is told in. */
static void fill_values(const struct device_source *source,
			const struct modbus_profile *profile,
			struct modbus_settings *modbus)
{
	bool known = modbus->write_kind == profile->write_kind;
	bool alike = modbus_kind_is_bit(modbus->write_kind) ==
		     modbus_kind_is_bit(modbus->read_kind);
	bool own_words = known && (profile->write_on != profile->read_on ||
				   profile->write_off != profile->read_off);

	if (known && !device_has(source, "write_on"))
		modbus->write_on = profile->write_on;
	if (known && !device_has(source, "write_off"))
		modbus->write_off = profile->write_off;
	if (!alike || own_words)
		return; /* 1 and 0 */
	if (!device_has(source, "read_on"))
		modbus->read_on = modbus->write_on;
	if (!device_has(source, "read_off"))
		modbus->read_off = modbus->write_off;
}

static void fill_current(const struct device_source *source,
			 const struct modbus_profile *profile,
			 struct modbus_current *current)
{
	const struct modbus_current *known = &profile->current;

	if (!device_has(source, "current_kind"))
		current->kind = known->kind;
	if (!device_has(source, "current_base"))
		current->base = known->base;
	if (!device_has(source, "current_width"))
		current->width = known->width;
	if (!device_has(source, "current_step"))
		current->step = current->width;
	if (!device_has(source, "current_unit_ua"))
		current->unit_ua = known->unit_ua;
	if (current->off_below_ma > 0 && !profile->current_known &&
	    !device_has(source, "current_base"))
		device_error(source, "current_base",
			     "is missing: profile \"%s\" does not know where "
			     "the current of plug 1 is read",
			     profile->name);
	if (!device_has(source, "current_off_below_ma") &&
	    (device_has(source, "current_base") ||
	     device_has(source, "current_kind")))
		device_warn(source, "current_off_below_ma",
			    "is not set, so the current is never read");
}

/* ---- what may stand there ---- */

/* Never toggle, delay or pulse: they end in a state that nobody chose. */
static void check_command_register(const struct device_source *source,
				   const struct modbus_profile *profile,
				   const struct modbus_settings *modbus)
{
	if (profile->command_on == profile->command_off ||
	    modbus->write_kind != MODBUS_HOLDING)
		return;
	for (unsigned i = 0; i < 2; i++) {
		const char *key = i == 0 ? "write_on" : "write_off";
		unsigned value = i == 0 ? modbus->write_on : modbus->write_off;

		if (device_is_good(source, key) &&
		    value != profile->command_on &&
		    value != profile->command_off)
			device_error(source, key,
				     "0x%04x: the registers of \"%s\" take "
				     "toggle, pulse and delay commands too; "
				     "only 0x%04x (on) and 0x%04x (off) are "
				     "allowed",
				     value, profile->name, profile->command_on,
				     profile->command_off);
	}
}

static void check_values(const struct device_source *source, bool bits,
			 const char *on_key, const char *off_key, unsigned on,
			 unsigned off)
{
	/* Of an off nothing but 0 or 1 is taken: an idle line reads as all
	 * ones, too. */
	unsigned most = strcmp(on_key, "read_on") == 0 && on == MODBUS_BYTE_ON
				? MODBUS_BYTE_ON
				: 1;

	if (!device_is_good(source, on_key) || !device_is_good(source, off_key))
		return;
	if (bits && (on > most || off > 1))
		device_error(source, on > most ? on_key : off_key,
			     "%u: a coil or discrete input is 0 or 1%s",
			     on > most ? on : off,
			     strcmp(on_key, "read_on") == 0 && on > most
				     ? ", and read_on 255 for a device that "
				       "fills the byte"
				     : "");
	else if (on == off)
		device_error(
			source, device_has(source, off_key) ? off_key : on_key,
			"on and off are both %u; they must differ%s", on,
			bits ? " (inverted relay: on = 0 and off = 1)" : "");
}

/* A block of read_count must end at or before wire address 65535: what plugs
 * there can be follows from it (modbus_plugs_max). */
static void check_read_count(const struct device_source *source,
			     const struct modbus_settings *modbus)
{
	if (!device_is_good(source, "read_count") ||
	    !device_is_good(source, "read_kind"))
		return;
	if (!modbus_kind_is_bit(modbus->read_kind) &&
	    modbus->read_count > MODBUS_REGISTERS_MOST)
		device_error(source, "read_count",
			     "%u: an answer holds at most %d registers",
			     modbus->read_count, MODBUS_REGISTERS_MOST);
	else if (modbus_kind_is_bit(modbus->read_kind) &&
		 modbus->read_count > 1 && modbus->read_on == MODBUS_BYTE_ON)
		device_error(source, "read_count",
			     "%u: of several coils each has one bit; read_on "
			     "= 255 goes with a count of 1 only",
			     modbus->read_count);
	else if (modbus->read_base + modbus->read_count > 65536)
		device_error(source, "read_count",
			     "%u from %u on lie beyond wire address 65535",
			     modbus->read_count, modbus->read_base);
}

static void check_all_values(const struct device_source *source,
			     const struct modbus_settings *modbus)
{
	if (!device_is_good(source, "write_kind"))
		return;
	check_values(source, modbus_kind_is_bit(modbus->write_kind), "write_on",
		     "write_off", modbus->write_on, modbus->write_off);
	if (device_is_good(source, "read_kind") &&
	    device_is_good(source, "write_on") &&
	    device_is_good(source, "write_off"))
		check_values(source, modbus_kind_is_bit(modbus->read_kind),
			     "read_on", "read_off", modbus->read_on,
			     modbus->read_off);
}

void modbus_settle(const struct device_source *source,
		   struct settings_device *device)
{
	struct modbus_settings *modbus = modbus_edit(device);
	const struct modbus_profile *profile =
		modbus_profile_find(modbus->profile);

	if (!device_has(source, "unit"))
		modbus->unit = profile->unit;
	if (!device_has(source, "transport"))
		modbus->transport = profile->transport;
	read_place(source, device);
	fill_kinds(source, profile, modbus);
	fill_bases(source, profile, modbus);
	fill_values(source, profile, modbus);
	fill_current(source, profile, &modbus->current);
	check_all_values(source, modbus);
	check_command_register(source, profile, modbus);
	check_read_count(source, modbus);
	device->answer_ms = modbus_answer_ms(modbus);
	device->command_ms = modbus_command_ms(modbus);
	device->switch_ms = modbus->off_ms;
}
