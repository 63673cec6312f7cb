/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R12: how long the peer's last word counts. For as long as the life that it
 * ended is the newest that was heard: over what this node gives away, over a
 * stall, and over a restart of the daemon in one boot of the machine.
 */
#include "internal.h"

/* Each time costs a write, and what is lost of startup_ms is no more. */
#define WORD_AGAIN_US SECOND_US

/* The newest thing that is known of the peer. */
static bool is_newest(const struct core_peer *peer)
{
	return peer->is_over &&
	       (peer->state == PEER_RELEASED || peer->state == PEER_OFF) &&
	       peer->stranger_sequence == 0;
}

/*
 * R12: the life that it ends is the newest that was heard. What we gave away
 * since changes nothing: no word of ours proves anything to a life that we have
 * not heard, for it names the life that it is meant for, or counts only from a
 * life of ours that is known there since it named it (R17.7, R2). Only a plain
 * router takes our priority 0 as it comes (R16).
 */
bool obituary_stands(const struct core *core, unsigned i)
{
	return is_newest(&core->peer) && !(core->settings->peer_is_plain &&
					   core->instances[i].gave_sequence);
}

/* As known before this node was away, until it has listened again. */
static void take_up(struct core *core, uint32_t generation)
{
	struct core_peer *peer = &core->peer;

	assert(generation != 0 && peer->generation == 0);
	peer->generation = peer->heard_generation = generation;
	peer->sequence = peer->heard_sequence = UINT32_MAX;
	peer->is_over = peer->over_is_kept = true;
	peer->state = PEER_RELEASED;
}

/*
 * R12: in less than a start-up wait nobody is believed who says that this node
 * has no power; so no life that began unheard has a proof. Times away add up
 * till this node has listened.
 */
static bool is_young(const struct core *core)
{
	int64_t away_us = core->now_us - core->memory.last_word.at_us;

	return away_us >= 0 && away_us <= MS(core->settings->startup_ms);
}

/*
 * R12: this node was away for away_us. Its memory has outlived that, so nobody
 * cut its power. (Our clocks may have stood still: both times are asked.)
 */
void obituary_keep(struct core *core, const struct core_peer *before,
		   int64_t away_us)
{
	assert(before != &core->peer && core->peer.generation == 0);
	if (!is_newest(before) || core->settings->peer_is_plain ||
	    away_us > MS(core->settings->startup_ms) || !is_young(core))
		return;
	take_up(core, before->generation);
}

/* R12: the same over a start; it is there, so this is the same boot. */
void last_word_recall(struct core *core)
{
	const struct core_last_word *word = &core->memory.last_word;

	if (word->generation != 0 && !core->settings->peer_is_plain &&
	    is_young(core))
		take_up(core, word->generation);
}

int64_t kept_obituary_due_us(const struct core *core)
{
	int64_t some_us = listening_since_us(core, false);
	int64_t all_us = listening_since_us(core, true);

	if (core->listen_us)
		return INT64_MAX; /* R8: no link has been opened yet */
	/* R8: after a start those that work may not be open yet */
	if (!core->startup_is_over)
		some_us += OWN_CUT_LISTEN_US;
	return (all_us < some_us ? all_us : some_us) + largest_dead_us(core);
}

bool kept_obituary_is_ripe(const struct core *core)
{
	return is_newest(&core->peer) && core->drained &&
	       core->now_us >= kept_obituary_due_us(core);
}

void kept_obituary_wake(struct core *core)
{
	int64_t due_us;

	if (!core->peer.is_over || !core->peer.over_is_kept)
		return;
	due_us = kept_obituary_due_us(core);
	if (core->now_us < due_us)
		core_wake_at(core, due_us);
}

/*
 * R12: first of all that a step orders: what acknowledges a newer life must not
 * leave while this one can still be read as the newest. One that comes while we
 * stop is not for a later life of ours: the peer may have heard our last word
 * before it said its own, and both would remember that the other one is over.
 */
void last_word_note(struct core *core)
{
	struct core_last_word *word = &core->memory.last_word;
	struct core_last_word next = {0};

	if (word->generation == 0 && !core->peer.is_over)
		return; /* nearly always */
	if (is_newest(&core->peer) && !core->settings->peer_is_plain)
		next.generation = core->peer.generation;
	if (next.generation != word->generation && core->stopping)
		next.generation = 0;
	if (next.generation == 0 && word->generation == 0)
		return;
	if (next.generation == word->generation &&
	    (core->now_us - word->at_us < WORD_AGAIN_US ||
	     (core->peer.over_is_kept && !kept_obituary_is_ripe(core))))
		return;
	if (next.generation != 0)
		next.at_us = core->now_us;
	*word = next;
	action_add(core, ACTION_LAST_WORD);
}
