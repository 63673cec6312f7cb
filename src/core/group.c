/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R21: the instances of a sync group move together. What makes one of them
 * unfit makes all of them so, and R17 moves them in one step, as it would each
 * alone. Nothing here makes a proof, or moves an instance by itself.
 */
#include <stdio.h>

#include "internal.h"

static bool are_fellows(const struct core *core, unsigned i, unsigned k)
{
	const struct core_instance_settings *instances =
		core->settings->instances;

	return i != k && instances[i].group != 0 &&
	       instances[i].group == instances[k].group;
}

/*
 * One that nobody hears of, or that could not be added, is better served by an
 * owner of the rest than by nobody (R3, R4).
 */
bool group_spares(const struct core *core, unsigned i)
{
	const struct core_instance *instance = &core->instances[i];
	const struct core_instance *fellow;

	if (instance->unfit_for == 0)
		return false;
	fellow = &core->instances[instance->unfit_for - 1];
	return fellow->is_only_mute || fellow->claim_failed;
}

/* Of two unfit fellows the one that spares nobody. */
static bool is_worse(const struct core_instance *than,
		     const struct core_instance *instance)
{
	return (than->is_only_mute || than->claim_failed) &&
	       !instance->is_only_mute && !instance->claim_failed;
}

void groups_begin(struct core *core)
{
	core->has_groups = false;
	for (unsigned i = 0; i < core->settings->instance_count; i++) {
		core->instances[i].unfit_for = 0;
		if (core->settings->instances[i].group != 0)
			core->has_groups = true;
	}
}

/* Neither node serves it, and by its newest word the peer cannot, either. */
static bool is_hopeless(const struct core *core, unsigned k)
{
	const struct core_instance *instance = &core->instances[k];

	return !instance->fit && !instance->own && !peer_says_own(core, k) &&
	       !peer_says_fit(core, k);
}

static bool peer_serves_none(const struct core *core, unsigned group)
{
	for (unsigned k = 0; k < core->settings->instance_count; k++)
		if (core->settings->instances[k].group == group &&
		    (peer_says_own(core, k) || peer_says_fit(core, k)))
			return false;
	return true;
}

/*
 * The other one has ended, or is silent; what it said last of what it can serve
 * is all that is known. To let go of the rest then, or not to take it over,
 * helps nobody.
 */
static bool peer_is_gone(const struct core *core)
{
	const struct core_peer *peer = &core->peer;

	return !peer_statement_is_fresh(core) &&
	       (peer->is_over ||
		(peer->statement_us != 0 && peer_digest_agrees(core)));
}

/*
 * May this node serve the rest of a group of which some are hopeless? One of
 * the two: the first by rank; the other where the first has said for a while
 * that it can serve nothing of it. (Each may lack another one: both would take
 * up what the other has no hope for, see it, and drop it, for ever.)
 */
static bool rest_is_ours(struct core *core, unsigned group)
{
	struct core_instance *first = &core->instances[group - 1];
	int64_t due_us;

	if (peer_is_gone(core))
		return true;
	if (!peer_statement_is_fresh(core) || !peer_digest_agrees(core) ||
	    (!outranks_peer(core, group - 1) &&
	     !peer_serves_none(core, group))) {
		first->hopeless_from_us = 0;
		return false;
	}
	if (outranks_peer(core, group - 1))
		return true;
	if (first->hopeless_from_us == 0)
		first->hopeless_from_us = core->now_us;
	due_us = first->hopeless_from_us +
		 2 * MS(core->settings->fence.yield_ms);
	if (core->now_us < due_us)
		core_wake_at(core, due_us);
	return core->now_us >= due_us;
}

/*
 * By group: 1 + which. What bars only who stands by, a doubt (R3), makes none
 * unfit that is owned: an owner of the rest would let go of it for nothing.
 */
static void fellows_fitness(struct core *core)
{
	const struct core_settings *settings = core->settings;
	uint8_t unfit[CORE_INSTANCES_MAX + 1] = {0};
	uint8_t doubted[CORE_INSTANCES_MAX + 1] = {0};
	bool asked[CORE_INSTANCES_MAX + 1] = {false};

	for (unsigned i = 0; i < settings->instance_count; i++) {
		uint8_t group = settings->instances[i].group;

		core->instances[i].unfit_for = 0;
		if (group == 0 || core->instances[i].fit)
			continue;
		if (core->instances[i].is_only_doubted) {
			doubted[group] = (uint8_t)(i + 1);
			continue;
		}
		if (is_hopeless(core, i)) {
			asked[group] = true;
			if (rest_is_ours(core, group))
				continue;
		}
		if (unfit[group] == 0 ||
		    is_worse(&core->instances[unfit[group] - 1],
			     &core->instances[i]))
			unfit[group] = (uint8_t)(i + 1);
	}
	for (unsigned i = 0; i < settings->instance_count; i++) {
		struct core_instance *instance = &core->instances[i];
		unsigned which = unfit[settings->instances[i].group];
		char why[sizeof(instance->unfit_why)];

		if (!asked[i + 1])
			instance->hopeless_from_us = 0;
		if (which == 0 && !instance->own)
			which = doubted[settings->instances[i].group];
		if (which == 0 || !instance->fit)
			continue;
		memcpy(why, core->instances[which - 1].unfit_why, sizeof(why));
		instance->fit = false;
		instance->unfit_for = (uint8_t)which;
		snprintf(instance->unfit_why, sizeof(instance->unfit_why),
			 "%.31s of its sync group cannot: %.80s",
			 settings->instances[which - 1].name, why);
	}
}

void groups_fitness(struct core *core)
{
	if (core->has_groups)
		fellows_fitness(core);
}

bool group_is_urgent(const struct core *core, unsigned i)
{
	if (core->instances[i].urgent)
		return true;
	if (core->settings->instances[i].group == 0)
		return false;
	for (unsigned k = 0; k < core->settings->instance_count; k++)
		if (are_fellows(core, i, k) && core->instances[k].urgent)
			return true;
	return false;
}

/* Its word, under the same settings, that it serves this one and goes on. */
static bool peer_keeps(const struct core *core, unsigned k)
{
	return peer_says_own(core, k) && peer_says_fit(core, k) &&
	       !set_has(&core->peer.statement.ask, k);
}

static bool peer_word_counts(const struct core *core)
{
	return peer_statement_is_fresh(core) && peer_digest_agrees(core) &&
	       !core->peer.is_stuck && !set_is_empty(&core->peer.statement.own);
}

bool group_is_with_peer(const struct core *core, unsigned i)
{
	if (core->settings->instances[i].group == 0 || !peer_word_counts(core))
		return false;
	for (unsigned k = 0; k < core->settings->instance_count; k++)
		if (are_fellows(core, i, k) && peer_keeps(core, k))
			return true;
	return false;
}

/* By the first of the group: both nodes judge alike. */
static bool is_apart(const struct core *core, unsigned i)
{
	unsigned group = core->settings->instances[i].group;

	if (group == 0 || !peer_word_counts(core) ||
	    outranks_peer(core, group - 1))
		return false;
	for (unsigned k = 0; k < core->settings->instance_count; k++)
		if (are_fellows(core, i, k) && peer_keeps(core, k) &&
		    !core->instances[k].own && !core->instances[k].want)
			return true;
	return false;
}

bool group_asks(struct core *core, unsigned i)
{
	struct core_instance *instance = &core->instances[i];
	int64_t due_us;

	assert(instance->own);
	if (!is_apart(core, i)) {
		instance->apart_from_us = 0;
		return false;
	}
	if (instance->apart_from_us == 0)
		instance->apart_from_us = core->now_us;
	due_us = instance->apart_from_us + MS(core->settings->fence.yield_ms);
	if (core->now_us < due_us) {
		core_wake_at(core, due_us);
		return false;
	}
	if (!instance->ask)
		trace_change(core, CORE_NOTICE, "want", (int)i, "own", "ask",
			     "%s: %s is asked to take it: it owns the rest of "
			     "the sync group",
			     core->settings->instances[i].name,
			     peer_name(core));
	return true;
}
