/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef LINK_SERIAL_H
#define LINK_SERIAL_H
/* The null-modem cable: whole frames, both ways. */
#include "../../base/serial_inspect.h"
#include "../../wire/beat.h"
#include "../link.h"

struct serial_options {
	char path[128];
	uint32_t baud;
};

struct serial;
struct serial *serial_new(const struct serial_options *options);
void serial_free(struct serial *serial);
const struct serial_options *serial_options(const struct serial *serial);

/*
 * Opens (libserialport for real ports, termios for a pty), locks, sets raw
 * 8N1 without any flow control, discards what is buffered. 0, or -1 with a
 * sentence in error; nothing is left open then. Never opens a console; gettys
 * and logins are found only by serial_inspect(), which costs a walk of /proc.
 */
int serial_open(struct serial *serial, char *error, size_t error_size);
void serial_close(struct serial *serial);

/*
 * serial_open() in one process, its work in another: give() leaves the port
 * closed here and hands over its descriptors (the caller's now, up to
 * SERIAL_FDS, returns how many; also for somebody else to close), take() goes
 * on with them and owns them.
 */
#define SERIAL_FDS 2
unsigned serial_give(struct serial *serial, int fds[SERIAL_FDS]);
void serial_take(struct serial *serial, const int *fds, unsigned count);

/*
 * Has another program changed the port's settings (stty, ModemManager, brltty)?
 * Then true, and what is different in words, a list without a full stop.
 */
bool serial_is_changed(const struct serial *serial, char *what, size_t size);
int serial_fd(const struct serial *serial); /* -1 when closed */
/* Can its modem lines be read? A pty has none. */
bool serial_has_lines(const struct serial *serial);

/* Busy: the line still holds an earlier frame. */
enum link_sent serial_send(struct serial *serial, const uint8_t *wire,
			   size_t size);

/*
 * The same for a frame that may wait. Busy: there is an earlier one, of either
 * kind. What is left of it in the line goes when serial_send() is called.
 */
enum link_sent serial_send_low(struct serial *serial, const uint8_t *wire,
			       size_t size);

/*
 * Reads what there is and hands each frame (without delimiter) to take().
 * 0, or -1 with a sentence when the port is lost. Bounded per call: returns 1
 * when there may be more.
 */
int serial_receive(struct serial *serial,
		   void (*take)(void *arg, const uint8_t *frame, size_t size),
		   void *arg, char *error, size_t error_size);
/* Bytes of the frame that is coming in; 0: none is. */
size_t serial_begun(const struct serial *serial);
void serial_discard(struct serial *serial);
struct link_counters *serial_counters(struct serial *serial);
#endif
