/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A ring of bytes: before each message stands its size. */
#include <string.h>

#include "outbox.h"

#define HEAD sizeof(uint32_t)

static void copy_in(struct outbox *outbox, const void *from, size_t size)
{
	size_t at = (outbox->first + outbox->used) % outbox->size;
	size_t part = size < outbox->size - at ? size : outbox->size - at;

	memcpy(outbox->room + at, from, part);
	memcpy(outbox->room, (const uint8_t *)from + part, size - part);
	outbox->used += size;
}

static void copy_out(const struct outbox *outbox, size_t skip, void *to,
		     size_t size)
{
	size_t at = (outbox->first + skip) % outbox->size;
	size_t part = size < outbox->size - at ? size : outbox->size - at;

	memcpy(to, outbox->room + at, part);
	memcpy((uint8_t *)to + part, outbox->room, size - part);
}

bool outbox_put(struct outbox *outbox, const void *message, size_t size,
		size_t spare)
{
	uint32_t head = (uint32_t)size;

	if (size == 0 || size > UINT32_MAX - HEAD ||
	    outbox->size - outbox->used < HEAD + size + spare)
		return false;
	copy_in(outbox, &head, HEAD);
	copy_in(outbox, message, size);
	outbox->count++;
	return true;
}

size_t outbox_look(const struct outbox *outbox, void *message, size_t most)
{
	return outbox_look_at(outbox, 0, message, most);
}

size_t outbox_look_at(const struct outbox *outbox, unsigned count,
		      void *message, size_t most)
{
	size_t skip = 0;
	uint32_t head;

	if (count >= outbox->count)
		return 0;
	copy_out(outbox, skip, &head, HEAD);
	for (; count > 0; count--) {
		skip += HEAD + head;
		copy_out(outbox, skip, &head, HEAD);
	}
	if (head > most)
		return 0;
	copy_out(outbox, skip + HEAD, message, head);
	return head;
}

void outbox_pop(struct outbox *outbox)
{
	uint32_t head;

	if (outbox->count == 0)
		return;
	copy_out(outbox, 0, &head, HEAD);
	outbox->first = (outbox->first + HEAD + head) % outbox->size;
	outbox->used -= HEAD + head;
	outbox->count--;
	/* from its beginning again: of a large room, only the first pages are
	 * used as long as nobody has to wait */
	if (outbox->count == 0)
		outbox->first = 0;
}
