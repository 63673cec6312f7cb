/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WATCHDOG_DEVICE_H
#define WATCHDOG_DEVICE_H
/*
 * A watchdog of Linux (Documentation/watchdog/watchdog-api.rst): from its open
 * on the machine is reset unless it is fed. Each of these may wait for a
 * driver.
 */
#include <stdbool.h>
#include <stddef.h>

struct watchdog_device {
	int fd; /* -1: not open */
	unsigned timeout_s;
	bool is_magic; /* else its close disarms it, whoever closes */
	char name[33];
};

/*
 * Arms it with timeout_s, or with what it can. 0; or -1 with a sentence, and
 * then it is not armed by us.
 */
int watchdog_device_open(struct watchdog_device *device, const char *path,
			 unsigned timeout_s, char *error, size_t error_size);
/* False with errno: it may reset the machine. */
bool watchdog_device_feed(const struct watchdog_device *device);
/*
 * Disarms it. A kernel with nowayout does not let it be: then the machine is
 * reset. False with errno: the same.
 */
bool watchdog_device_disarm(struct watchdog_device *device);
#endif
