/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DRIVERS_MODBUS_PROFILES_H
#define DRIVERS_MODBUS_PROFILES_H
/*
 * What is known of Modbus power switches, as data. A profile fills in the
 * settings that a device does not give itself, and narrows what may be written
 * to it; it decides nothing. None was tried on hardware: the documents named
 * beside each row were read, and that is all.
 *
 * All addresses are wire addresses, counted from 0, as they stand in the
 * frame. Plug n is at base + n - 1.
 */
#include "modbus.h"

struct modbus_profile {
	const char *name;
	uint8_t transport; /* enum modbus_transport: the usual one */
	uint8_t unit;
	uint8_t write_kind, read_kind; /* enum modbus_kind */
	uint16_t write_base, read_base;
	uint16_t write_on, write_off, read_on, read_off;
	uint16_t plugs_max; /* beyond it lie other things than plugs */
	/* A register that takes toggle, delay and pulse commands too: nothing
	 * but write_on and write_off may be sent to it. */
	uint16_t command_on, command_off; /* equal: no such register */
	/* Where the current of plug 1 is read; current_known false: the user
	 * must say. */
	bool current_known;
	struct modbus_current current;
};

#define MODBUS_PROFILES 10
extern const struct modbus_profile modbus_profiles[MODBUS_PROFILES];

/* NULL if there is none of this name. */
const struct modbus_profile *modbus_profile_find(const char *name);
#endif
