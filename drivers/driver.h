/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DRIVER_H
#define DRIVER_H
/*
 * A STONITH driver: it knows its device and nothing else. Plain blocking code:
 * each call runs in a child process of its own that the fencer kills at a hard
 * deadline, so a driver may wait, but never for ever, and never loops on
 * errors. It keeps nothing between calls but what it keeps in its own child.
 *
 * A driver never decides that a node is off: it reports what a read said.
 */
#include <stddef.h>
#include <stdint.h>

#include "../src/ipc/fencer_msg.h"

struct driver {
	const char *name;
	/*
	 * Reads the state of one plug over a fresh connection, closed again on
	 * return. PLUG_UNKNOWN with a sentence in error for everything that is
	 * not a plain, whole, expected answer.
	 */
	enum plug_state (*read)(const struct settings_device *device,
				const char *plug, char *error,
				size_t error_size);
	/*
	 * Sends one power command (on != 0: switch on). 0: the device
	 * acknowledged; -1 with a sentence in error. Either way only a read
	 * afterwards says what is so.
	 */
	int (*write)(const struct settings_device *device, const char *plug,
		     int on, char *error, size_t error_size);
	/*
	 * Is this plug name possible on this device? 0, or -1 with a sentence.
	 * Called from settings checks: no I/O.
	 */
	int (*check)(const struct settings_device *device, const char *plug,
		     char *error, size_t error_size);
	/* A read costs milliseconds: one more before a shot costs nothing. */
	bool reads_fast;
};

extern const struct driver driver_modbus, driver_ipmi, driver_agent;

/* By settings_device.driver; NULL if this build does not have it. */
const struct driver *driver_find(const char *name);
#endif
