/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Delta debugging over the list of faults: leaves out halves, quarters, ... as
 * long as the rest fails, in any way, until no single fault can go.
 */
#include <string.h>

#include "schedule.h"

#define RUNS_MAX 2000

static bool fails(struct world *world, const struct schedule *schedule)
{
	world_init(world);
	world->quiet = true;
	return schedule_play(world, schedule) != NULL;
}

static void without(const struct schedule *from, unsigned first, unsigned count,
		    struct schedule *to)
{
	*to = *from;
	memmove(&to->faults[first], &from->faults[first + count],
		(from->count - first - count) * sizeof(to->faults[0]));
	to->count = from->count - count;
}

/* Tries to leave out runs of this length; true: something could go. */
static bool cut(struct world *world, struct schedule *schedule, unsigned length,
		unsigned *runs)
{
	struct schedule shorter;
	bool any = false;

	for (unsigned i = 0; i + length <= schedule->count;) {
		if (++*runs > RUNS_MAX)
			return false;
		without(schedule, i, length, &shorter);
		if (fails(world, &shorter)) {
			*schedule = shorter;
			any = true;
		} else {
			i += length;
		}
	}
	return any;
}

unsigned schedule_shrink(struct world *world, struct schedule *schedule)
{
	unsigned runs = 0;

	for (unsigned length = schedule->count / 2; length > 0; length /= 2)
		cut(world, schedule, length, &runs);
	while (cut(world, schedule, 1, &runs))
		;
	return runs;
}
