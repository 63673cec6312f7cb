/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R8: who starts, or was away, and has heard nothing of the other one, has
 * listened before it acts on that: with its links open, and since its carrier
 * came. Times are the node's own clock, which may have stood unseen.
 */
#include "world_internal.h"

#define CLOCK_US 1000 /* what rounding between two clocks makes */

void judge_started(struct world *world, unsigned n)
{
	struct world_node *node = &world->nodes[n];

	node->listen_us =
		(node->disk.clean_end ? node->settings.startup_ms
				      : node->settings.unclean_startup_ms) *
		INT64_C(1000);
	node->open_us = node->whole_us = INT64_MAX;
	node->generation = 0;
	node->has_heard = node->has_good_word = false;
}

void judge_opened(struct world *world, unsigned n)
{
	struct world_node *node = &world->nodes[n];

	node->open_us = node->whole_us = world_local_us(world, n);
}

void judge_whole(struct world *world, unsigned n)
{
	struct world_node *node = &world->nodes[n];

	if (node->whole_us != INT64_MAX)
		node->whole_us = world_local_us(world, n);
}

/* R11: what was heard before is forgotten. */
void judge_away(struct world *world, unsigned n)
{
	struct world_node *node = &world->nodes[n];

	if (!node->running || node->generation == node->core.generation)
		return;
	if (node->generation != 0) {
		judge_whole(world, n);
		node->has_heard = node->has_good_word = false;
	}
	node->generation = node->core.generation;
}

void judge_heard(struct world *world, const struct world_message *m,
		 uint32_t generation)
{
	struct world_node *node = &world->nodes[m->node];

	if (m->event.type != EVENT_BEAT_HEARD &&
	    m->event.type != EVENT_ADVERT_HEARD)
		return;
	/* R11: what told it that it was away is not listened to; else, whether
	 * the core believed it is not asked: it may be forged, too */
	if (node->generation == generation)
		node->has_heard = true;
}

void judge_silence(struct world *world, unsigned n)
{
	const struct world_node *node = &world->nodes[n];
	int64_t now_us = world_local_us(world, n);
	int64_t whole_us = node->settings.startup_ms * INT64_C(1000);

	if (node->has_heard)
		return;
	if (node->open_us == INT64_MAX ||
	    now_us - node->open_us < node->listen_us - CLOCK_US ||
	    now_us - node->whole_us < whole_us - CLOCK_US)
		judge_break(world,
			    "%s has not listened for long enough after its "
			    "start",
			    node->settings.nodes[n].name);
}
