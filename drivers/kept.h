/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DRIVERS_MODBUS_KEPT_H
#define DRIVERS_MODBUS_KEPT_H
/*
 * Connections that outlive a question: a device has few sockets, and gives
 * them back late. (Or what else is one descriptor, and has to do with a
 * device.) A driver puts away what it may use again, by the place that
 * it leads to, and takes it out before it asks; what is in use is not in here.
 *
 * One store per process. An attempt is given what its parent has, and hands
 * back what it leaves (fence/child.c): the parent never reads from any of it.
 */
#include <stdbool.h>

/* One per device; a connection that finds no room is closed. */
#define KEPT_MOST  16
#define KEPT_PLACE 80

struct kept {
	char place[KEPT_PLACE]; /* "192.0.2.20:502" */
	int fd;
};

/* The connection to place, which now is the caller's; -1: none. */
int kept_take(const char *place);
/* fd is the store's from now on. */
void kept_put(const char *place, int fd);
/* The next one, taken out; false: there is none. */
bool kept_take_any(struct kept *kept);
void kept_close_all(void);

/*
 * And what is still to come where nothing tells answers apart (a serial line):
 * how many questions got none, or another one's. A gateway that was late once
 * may hand out each answer late from then on, for hours: so it is never less.
 */
#define KEPT_OWED_MOST 5
unsigned kept_owed(void);
void kept_owe(unsigned more);
bool kept_is_empty(void);
#endif
