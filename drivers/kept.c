/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The store of open connections. It decides nothing but which one is closed
 * when there are too many; whether one is still good its driver finds out.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kept.h"

/* From 0 on; the rest is not in use. */
static struct kept store[KEPT_MOST];
static unsigned count;
static unsigned owed;

static void remove_at(unsigned i)
{
	store[i] = store[--count];
}

int kept_take(const char *place)
{
	for (unsigned i = 0; i < count; i++) {
		int fd = store[i].fd;

		if (strcmp(store[i].place, place) != 0)
			continue;
		remove_at(i);
		return fd;
	}
	return -1;
}

void kept_put(const char *place, int fd)
{
	int old = kept_take(place);

	if (old >= 0)
		close(old);
	if (count == KEPT_MOST || strlen(place) >= KEPT_PLACE) {
		close(fd);
		return;
	}
	snprintf(store[count].place, KEPT_PLACE, "%s", place);
	store[count++].fd = fd;
}

bool kept_take_any(struct kept *kept)
{
	if (count == 0)
		return false;
	*kept = store[0];
	remove_at(0);
	return true;
}

unsigned kept_owed(void)
{
	return owed;
}

void kept_owe(unsigned more)
{
	owed = more < KEPT_OWED_MOST - owed ? owed + more : KEPT_OWED_MOST;
}

void kept_close_all(void)
{
	while (count > 0)
		close(store[--count].fd);
}

bool kept_is_empty(void)
{
	return count == 0;
}
