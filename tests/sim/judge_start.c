/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R8: who starts, or was away, and has heard nothing of the other one, has
 * listened before it acts on that: with its links open, and since its carrier
 * came. Times are the node's own clock, which may have stood unseen.
 */
#include "world_internal.h"

#define DYING_US MS(10000) /* beyond every hold-up and dead time */
#define CLOCK_US 1000	   /* what rounding between two clocks makes */

void judge_started(struct world *world, unsigned n)
{
	struct world_node *node = &world->nodes[n];

	node->listen_us =
		(node->ended_clean ? node->settings.startup_ms
				   : node->settings.unclean_startup_ms) *
		INT64_C(1000);
	node->open_us = node->whole_us = INT64_MAX;
	node->generation = 0;
	node->has_heard = node->has_good_word = node->was_away = false;
}

void judge_opened(struct world *world, unsigned n)
{
	struct world_node *node = &world->nodes[n];

	node->open_us = node->whole_us = node->back_us =
		world_local_us(world, n);
}

/* With its links open and a carrier, not away, for so long. */
int64_t judge_listens_us(const struct world *world, unsigned n)
{
	const struct world_node *node = &world->nodes[n];

	if (node->open_us == INT64_MAX || !node->carrier)
		return 0;
	return world_local_us(world, n) - node->whole_us;
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
		/* R11: nothing but its own pause makes it drop what it holds */
		if (!node->was_away)
			judge_break(world,
				    "%s believes that it was away, and was not",
				    node->settings.nodes[n].name);
		node->was_away = false;
		judge_whole(world, n);
		node->back_us = world_local_us(world, n);
		node->has_heard = node->has_good_word = false;
	}
	node->generation = node->core.generation;
}

/* It is the living peer's own, and new: no stranger's, no replay. */
static bool is_alive(const struct world *world, const struct world_message *m)
{
	const struct world_node *peer = &world->nodes[1 - m->node];
	const struct beat *beat = &m->event.beat.beat;

	if (!peer->powered || !peer->running)
		return false;
	/* R2: a twinbeat node signs; what came unsigned a stranger sent */
	if (m->event.type == EVENT_ADVERT_HEARD)
		return (m->event.advert.signature.is_signed ||
			peer->settings.instances[m->event.advert.instance]
				.is_plain) &&
		       ip_compare(&m->event.advert.source,
				  &peer->settings.nodes[1 - m->node]
					   .addresses[0]) == 0;
	return beat->generation == peer->core.generation &&
	       peer->core.sequence - beat->sequence < 8;
}

/* Its own, or made to look so; not what a loop plug or a stranger sends. */
static bool is_in_its_name(const struct world_node *node,
			   const struct world_message *m)
{
	unsigned n = 1 - m->node;

	if (m->event.type == EVENT_BEAT_HEARD)
		return m->event.beat.beat.sender == n;
	return m->event.type == EVENT_ADVERT_HEARD &&
	       m->event.advert.verdict != CORE_ADVERT_CARP &&
	       ip_compare(&m->event.advert.source,
			  &node->settings.nodes[n].addresses[0]) == 0;
}

void judge_dark_no_more(struct world *world, struct world_node *node)
{
	if (node->left_dark_us)
		node->dark_no_more_us = world->now_us;
	node->left_dark_us = 0;
}

void judge_heard(struct world *world, const struct world_message *m,
		 uint32_t generation)
{
	struct world_node *node = &world->nodes[m->node];

	if (!is_in_its_name(node, m))
		return;
	/* while it was being cut it may be heard for a little longer */
	if (is_alive(world, m) && world->now_us - node->left_dark_us > DYING_US)
		judge_dark_no_more(world, node);
	if (m->event.type == EVENT_BEAT_HEARD)
		judge_lie(world, m->node, &m->event.beat.beat);
	/* R11: what told it that it was away is not listened to; else, whether
	 * the core believed it is not asked: it may be forged, too */
	if (node->generation == generation)
		node->has_heard = true;
}

/* R6, R11: the claim ends an attempt that was ordered before it was away. */
static bool began_before(const struct world *world, unsigned n)
{
	const struct world_node *node = &world->nodes[n];
	int64_t away_us =
		world->now_us - (world_local_us(world, n) - node->whole_us);

	for (unsigned k = 0; k < WORLD_READINGS; k++)
		if (node->readings[k].kind == CORE_FENCE_OFF &&
		    node->readings[k].told_us > world->now_us - MS(20000) &&
		    node->readings[k].asked_us < away_us)
			return true;
	return false;
}

/* R8: long enough to hear one that lives: its dead time, and 2 s. */
static bool is_long_enough(const struct world_node *node, int64_t listened_us)
{
	int64_t dead_us = 0;

	for (unsigned l = 0; l < CORE_LINKS_MAX; l++)
		if (node->settings.links[l].configured &&
		    dead_us < node->settings.links[l].dead_ms * INT64_C(1000))
			dead_us =
				node->settings.links[l].dead_ms * INT64_C(1000);
	return listened_us >= dead_us + 2000000 - CLOCK_US;
}

/* R13, R11: a person's word, after a start or since it was away. What it cannot
 * hear by, a carrier that is gone, the person may know of. */
void judge_confirmed(struct world *world, unsigned n)
{
	const struct world_node *node = &world->nodes[n];
	int64_t listened_us = world_local_us(world, n) - node->back_us;

	if (!node->has_heard && !is_long_enough(node, listened_us) &&
	    listened_us < node->settings.startup_ms * INT64_C(1000) - CLOCK_US)
		judge_break(world,
			    "%s believes a confirm and has listened for %lld "
			    "ms",
			    node->settings.nodes[n].name,
			    (long long)listened_us / 1000);
}

/* R8: plugs that read off after a start, sooner than the long wait. */
void judge_early_off(struct world *world, unsigned n)
{
	const struct world_node *node = &world->nodes[n];
	int64_t listened_us;

	if (node->has_heard || node->open_us == INT64_MAX ||
	    world_local_us(world, n) - node->open_us >=
		    node->listen_us - CLOCK_US ||
	    began_before(world, n))
		return;
	listened_us = judge_listened_us(world, n);
	if (!is_long_enough(node, listened_us))
		judge_break(world,
			    "%s claims by already-off and has listened "
			    "for %lld ms",
			    node->settings.nodes[n].name,
			    (long long)listened_us / 1000);
	else if (!node->left_dark_us && node->disk.plug_cut &&
		 node->saved_us < node->dark_no_more_us &&
		 node->lost_power_us > node->dark_no_more_us)
		/* its disk, which took nothing since, says that it did; what
		 * told otherwise went with its power */
		judge_expected(world, "what ended a cut could not be written, "
				      "and its plugs are off again");
	else if (!node->left_dark_us ||
		 node->left_dark_digest != node->settings.fence_digest)
		judge_break(world,
			    "%s claims by already-off before its long "
			    "wait is over, and has not cut it itself",
			    node->settings.nodes[n].name);
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
