/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is true of a core between two steps, whatever was told to it. Looked at
 * after each step by the simulator, the unit tests and the fuzzers. A line here
 * that fails is a bug of the core: nothing from a wire, a device, a disk or a
 * person may make one fail.
 */
#include "internal.h"

/* a implies b */
#define IMPLIES(a, b) assert(!(a) || (b))

static void check_node(const struct core *core)
{
	const struct core_settings *settings = core->settings;

	assert(core->self < 2 && core->peer_index == 1 - core->self);
	assert(settings->self == core->self);
	assert(core->generation != 0 && core->next_id != 0);
	assert(core->out == NULL && !core->memory_changed);
	/* every event is followed by a tick, at once or in a second at most */
	assert(core->deadline_us >= core->now_us);
	IMPLIES(!core->drained, core->deadline_us == core->now_us);
	assert(core->deadline_us <= core->now_us + SECOND_US);
	assert(core->late_us <= core->now_us);
	IMPLIES(core->keeper_ready, !core->keeper_ended);
	IMPLIES(core->keeper_ready, core->listen_us == 0);
	IMPLIES(core->listen_us, !core->startup_is_over);
	IMPLIES(core->exiting, core->stopping);
	IMPLIES(core->farewell_us, core->stopping);
	assert(core->listening_us <= core->now_us);
	assert(core->both_stuck_us <= core->now_us);
	assert(core->seen_off_us <= core->now_us);
}

static void check_link(const struct core *core, unsigned i)
{
	const struct core_link *link = &core->links[i];

	assert(link->state != LINK_SENDING);
	assert(link->is_broken == (link->state == LINK_BROKEN));
	assert(link->good <= GOOD_FOR_UP);
	assert(link->heard_us <= core->now_us);
	assert(link->opened_us <= core->now_us);
	assert(link->half_from_us <= core->now_us);
	assert(link->never_from_us <= core->now_us);
	assert(link->round_trip_us >= -1);
	IMPLIES(link->alive_until_us > core->now_us, link->heard_us != 0);
	IMPLIES(link->has_farewell, core->farewell_us != 0);
}

static void check_peer(const struct core *core)
{
	const struct core_peer *peer = &core->peer;

	assert(peer->statement_us <= core->now_us);
	assert(peer->word_us <= core->now_us);
	assert(peer->advert_us <= peer->word_us);
	assert(peer->silent_from_us <= core->now_us);
	assert(peer->statement_link < CORE_LINKS_MAX);
	assert(peer->digest_seen <= 3);
	/* R15: a frame told one half of our digest at most */
	assert((peer->told.low_frames & peer->told.high_frames) == 0);
	assert(digest_is_told(core) == (peer->told.at_us != 0));
	IMPLIES(peer->told.low || peer->told.high, peer->told.first_us != 0);
	IMPLIES(peer->told.at_us, peer->told.at_us >= peer->told.first_us);
	assert(core->news_sequence <= core->sequence + 1 + CORE_LINKS_MAX);
	IMPLIES(core->news_sequence, core->news_us != 0);
	IMPLIES(peer->other_life_us, peer->other_life_us <= core->now_us);
	/* R17.7: a statement is kept of the generation that is believed */
	IMPLIES(peer->statement_us, peer->generation != 0);
	IMPLIES(peer->statement_us,
		peer->statement.generation == peer->generation);
	IMPLIES(peer->statement_us, peer->statement.sequence == peer->sequence);
	IMPLIES(peer->statement_us, peer->heard_ever);
	IMPLIES(!peer->statement_us, set_is_empty(&peer->statement.own));
	IMPLIES(!peer->statement_us, set_is_empty(&peer->statement.fit));
	/* R12: who is over says nothing any more */
	IMPLIES(peer->is_over, peer->statement_us == 0 && !peer->is_stuck);
	IMPLIES(peer->is_over, peer->generation != 0);
	IMPLIES(peer->is_over && peer->over_is_kept, !peer->statement_us);
	IMPLIES(peer->state == PEER_RELEASED, peer->is_over);
	IMPLIES(peer->state == PEER_UP, peer->heard_ever);
	IMPLIES(peer->silent_from_us, peer->heard_ever);
}

static void check_adverts(const struct core *core, unsigned i)
{
	const struct core_instance *instance = &core->instances[i];
	const struct core_link *vrrp = &instance->vrrp;

	assert(vrrp->state != LINK_HALF);
	assert(vrrp->good <= GOOD_FOR_UP);
	assert(vrrp->heard_us <= core->now_us);
	assert(vrrp->returned_us <= core->now_us);
	/* R2: one that counts, counts for the node; a rival's until it is over
	 */
	IMPLIES(!instance->own,
		vrrp->alive_until_us <= core->now_us ||
			vrrp->alive_until_us <= core->vrrp_alive_until_us);
	assert(instance->silent_from_us <= core->now_us);
	IMPLIES(instance->is_mute, instance->unsent_from_us != 0);
	IMPLIES(instance->unfit_for != 0, !instance->fit);
	IMPLIES(instance->unfit_for != 0, core->has_groups);
	IMPLIES(instance->is_only_doubted, !instance->fit);
	IMPLIES(instance->is_only_mute,
		instance->is_mute || instance->unanswered);
	assert(instance->resigned_us <= core->now_us);
}

static void check_instance(const struct core *core, unsigned i)
{
	const struct core_instance *instance = &core->instances[i];

	/* R17.1: what is stated, and what may be held */
	IMPLIES(instance->own, instance->is_held);
	IMPLIES(instance->state == INSTANCE_MASTER, instance->own);
	IMPLIES(instance->releasing, instance->own);
	IMPLIES(instance->stuck, instance->releasing);
	IMPLIES(instance->alien, instance->own && instance->stuck);
	/* R1: nothing is owned without the proof of its claim */
	if (instance->own && !instance->alien) {
		assert(instance->state == INSTANCE_MASTER);
		assert(instance->permit.proof != PROOF_NONE);
		assert(instance->permit.proof < PROOFS);
		assert(instance->permit.instance == i);
		assert(instance->claimed_us <= core->now_us);
	}
	/* R17.2 */
	IMPLIES(instance->want, !instance->own && instance->fit);
	IMPLIES(instance->want, instance->state != INSTANCE_INIT);
	IMPLIES(instance->want, !core->stopping);
	IMPLIES(instance->ask, instance->own);
	IMPLIES(instance->own, !instance->urgent);
	/* numbers of frames that are to come, or were; R11: one of which
	 * nothing was written gives its number back, on each link */
	assert(instance->own_sequence <= core->sequence + 1 + CORE_LINKS_MAX);
	assert(instance->want_sequence <= core->sequence + 1 + CORE_LINKS_MAX);
	assert(instance->gave_sequence <= core->sequence + 1 + CORE_LINKS_MAX);
	assert(instance->released_us <= core->now_us);
	assert(instance->since_us <= core->now_us);
	/* R7, R4 */
	IMPLIES(instance->split_us, instance->own);
	IMPLIES(instance->rival_due_us, instance->own);
	IMPLIES(instance->half_is_ripe, instance->half_from_us != 0);
	IMPLIES(instance->half_from_us, !instance->own);
	check_adverts(core, i);
}

static void check_asks(const struct core *core)
{
	for (unsigned seat = 0; seat < ASK_SEATS; seat++) {
		const struct core_ask *ask = &core->asks[seat];

		if (ask->id == 0)
			continue;
		assert(ask->id < core->next_id);
		assert(ask_of(core, ask->id) == seat);
		assert(ask->node < 2 && ask->asked_us <= core->now_us);
		assert(ask->device < (int)core->settings->device_count);
		/* who may switch */
		IMPLIES(seat != ASK_POWER, ask->kind == CORE_FENCE_READ);
		IMPLIES(seat == ASK_POWER, ask->kind != CORE_FENCE_READ);
		IMPLIES(seat == ASK_POWER, ask->node == core->peer_index);
		IMPLIES(seat == ASK_VERIFY, ask->node == core->peer_index);
		IMPLIES(seat == ASK_CONFIRM, ask->node == core->peer_index);
		IMPLIES(seat == ASK_CONFIRM || seat == ASK_STATUS, ask->token);
	}
}

static bool rests_on_plugs(enum proof proof)
{
	return proof == PROOF_FENCED || proof == PROOF_ALREADY_OFF;
}

static void check_fence(const struct core *core)
{
	const struct core_fence *fence = &core->fence;
	enum proof proof = fence->proof.kind;

	assert(ask_is_open(core, ASK_POWER) ==
	       (fence->state == FENCE_STATE_RUNNING));
	IMPLIES(ask_is_open(core, ASK_VERIFY),
		fence->state == FENCE_STATE_VERIFY);
	/* R14: a fence ends own reads */
	IMPLIES(ask_is_open(core, ASK_POWER), !ask_is_open(core, ASK_MONITOR));
	switch (fence->state) {
	case FENCE_STATE_IDLE:
		assert(fence->failures == 0 && fence->need == NEED_NONE);
		assert(!fence->cut.outrun && fence->shot_for == NEED_NONE);
		break;
	case FENCE_STATE_DELAY:
		assert(fence->need != NEED_NONE);
		assert(fence->due_us >= fence->wait_from_us);
		break;
	case FENCE_STATE_VERIFY:
		assert(rests_on_plugs(proof));
		IMPLIES(fence->verify.is_quiet,
			core->now_us >= fence->verify.quiet_us);
		break;
	case FENCE_STATE_CONFIRMED:
		assert(rests_on_plugs(proof) || proof == PROOF_OPERATOR ||
		       proof == PROOF_SILENCE);
		assert(fence->proof.at_us <= core->now_us);
		IMPLIES(fence->proof.is_own_cut, proof == PROOF_ALREADY_OFF);
		break;
	case FENCE_STATE_FAILED:
		assert(fence->failures > 0 || fence->shot_for == NEED_NONE);
		break;
	case FENCE_STATE_HELD:
		assert(fence->shot_for == NEED_NONE);
		break;
	case FENCE_STATE_RUNNING:
		break;
	}
	IMPLIES(fence->state != FENCE_STATE_VERIFY &&
			fence->state != FENCE_STATE_CONFIRMED,
		proof == PROOF_NONE);
	assert((core->dark_levels & ~CORE_LEVELS_ALL & ~1u) == 0);
	assert(core->doubted >>
		       core->settings->nodes[core->peer_index].plug_count ==
	       0);
	IMPLIES(drill_is_cutting(core), core->memory.drill_pending);
	IMPLIES(core->drill.phase == DRILL_RESTORE, core->memory.drill_pending);
}

static void check_alerts(const struct core *core)
{
	unsigned standing = 0, of_names = 0, of_rows = 0, used = 0;

	assert(core->alerts_untold <= core->alerts_count);
	assert(core->alerts_count <= ALERTS_MAX);
	for (unsigned name = 0; name < ALERT_NAMES; name++)
		of_names += core->alerts_standing[name];
	for (unsigned row = 0; row < ALERT_ROWS_COUNT; row++)
		of_rows += core->alerts_of_row[row];
	assert(of_names == core->alerts_count);
	assert(of_rows == core->alerts_count);
	for (unsigned word = 0; word < ALERTS_WORDS; word++)
		used += core->alerts_raised[word] != 0;
	/* mostly a few of a hundred */
	for (unsigned w = 0; w < 2; w++)
		for (uint64_t bits = core->alerts_words[w]; bits;
		     bits &= bits - 1) {
			unsigned word =
				w * 64 + (unsigned)__builtin_ctzll(bits);

			assert(word < ALERTS_WORDS);
			assert(core->alerts_raised[word] != 0);
			used--;
			for (uint64_t rest = core->alerts_raised[word]; rest;
			     rest &= rest - 1)
				standing++;
		}
	assert(used == 0);
	assert(standing == core->alerts_count);
}

void core_check_invariants(const struct core *core)
{
	check_node(core);
	for (unsigned i = 0; i < core->links_end; i++)
		if (core->settings->links[i].configured)
			check_link(core, i);
	check_peer(core);
	for (unsigned i = 0; i < core->settings->instance_count; i++)
		check_instance(core, i);
	check_asks(core);
	check_fence(core);
	check_alerts(core);
}
