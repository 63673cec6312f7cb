/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DRIVER_H
#define DRIVER_H
/*
 * The drivers, one folder each, as the rest of the tree sees them. A driver is
 * two structs:
 *
 * - struct driver (src/settings/device.h) says what its devices are: their
 *   keys, what these mean, what a plug is. Every program has it.
 * - struct driver_io, here, speaks with a device. Only programs that cut power
 *   have it: libraries that do are large, and locked into memory.
 *
 * A driver speaks in plain blocking code: each call runs in a child process of
 * its own that the fencer kills at a hard deadline, so it may wait, but never
 * for ever, and never loops on errors. It keeps nothing between calls but what
 * it keeps in its own child (kept.h): that may go on with another attempt.
 *
 * A driver never decides that a node is off: it reports what a read said.
 */
#include <stddef.h>
#include <stdint.h>

#include "../src/ipc/fencer_msg.h"
#include "../src/settings/device.h"

struct driver_io {
	const char *name; /* the same as in struct driver */
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
	 * A read or write may be wanted in a moment: uses the memory that they
	 * will use, and asks nothing of the device or the network. May be NULL.
	 */
	void (*rehearse)(const struct settings_device *device);
};

/* What this program links of them, ends with NULL: registry_io.c. */
extern const struct driver_io *const driver_io_registry[];

/* Is the driver's io in this program? */
bool driver_is_here(const struct driver *driver);

/* As in struct driver_io, by the device's driver: unknown, or -1, with a
 * sentence if it is not here. */
enum plug_state driver_read(const struct settings_device *device,
			    const char *plug, char *error, size_t error_size);
int driver_write(const struct settings_device *device, const char *plug, int on,
		 char *error, size_t error_size);
void driver_rehearse(const struct settings_device *device);
#endif
