/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_OUTBOX_H
#define BASE_OUTBOX_H
/*
 * Messages that wait, first in, first out, in memory that its owner gives and
 * that never grows: each takes its own size and four bytes. What has no room is
 * refused, for the owner to count and to tell.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct outbox {
	uint8_t *room;
	size_t size; /* of room */
	size_t first, used;
	unsigned count; /* messages */
};

/*
 * A copy of message, after all others. False, and nothing is kept, if less
 * than spare bytes would be left: those are for what matters more.
 */
bool outbox_put(struct outbox *outbox, const void *message, size_t size,
		size_t spare);
/* The first into message; its size, or 0: none, or none that fits in most. */
size_t outbox_look(const struct outbox *outbox, void *message, size_t most);
/* The same of the one that count others stand before. */
size_t outbox_look_at(const struct outbox *outbox, unsigned count,
		      void *message, size_t most);
/* The first is done with. */
void outbox_pop(struct outbox *outbox);
#endif
