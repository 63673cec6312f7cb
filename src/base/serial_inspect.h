/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_SERIAL_INSPECT_H
#define BASE_SERIAL_INSPECT_H
/*
 * A look at a serial port from outside, never opening it: may it be used as the
 * heartbeat cable? The settings' checks ask, and whoever opens it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum serial_refusal {
	SERIAL_FINE,
	SERIAL_CONSOLE,	    /* a kernel console */
	SERIAL_GETTY,	    /* a getty or a login sits on it */
	SERIAL_CONTROLLING, /* a controlling terminal in use */
	SERIAL_NOT_TTY,
	SERIAL_MISSING, /* no such file: a USB adapter may come back */
};

/*
 * Looks at a port without opening it (opening raises DTR and may steal bytes
 * from a login). Console, getty and controlling terminals: a sentence in
 * reason that names which. Reads /sys and /proc: for start and reopening only.
 */
enum serial_refusal serial_inspect(const char *path, char *reason,
				   size_t reason_size);

/* serial_inspect(), for the start: what is merely missing may come yet. */
bool serial_may_be_opened(const char *path, char *reason, size_t reason_size);

/*
 * The part of serial_inspect() that costs a few small reads of /sys: missing,
 * no tty, console. serial_open() asks it each time, so that no console is ever
 * opened; a search of /proc on the way to each reopening would stall the loop.
 */
enum serial_refusal serial_inspect_device(const char *path, char *reason,
					  size_t reason_size);

/* Is there a tty driver for it in a list like /proc/tty/drivers? */
bool serial_inspect_is_tty(const char *drivers, dev_t number);
#endif
