/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R17: want, own, acknowledge. Decides when this node wants an instance and
 * when it lets the want drop. The claim itself needs a permit (permit.c).
 */
#include "internal.h"

#define REFUSED_AGAIN_US (60 * (int64_t)SECOND_US)

/* R9: preempt on, higher, links agree, no fence lately, for a while. */
static bool may_preempt(struct core *core, unsigned i)
{
	struct core_instance *instance = &core->instances[i];
	const struct core_instance_settings *settings =
		&core->settings->instances[i];
	int64_t due_us;

	if (!settings->preempt || core->is_disagreeing ||
	    instance->claim_refused || servers_bar_preempting(core, i) ||
	    settings->priority[core->self] <=
		    settings->priority[core->peer_index] ||
	    (core->peer.statement.flags &
	     (BEAT_FLAG_DISAGREE | BEAT_FLAG_FENCED)) ||
	    !peer_digest_agrees(core) ||
	    core->now_us < core->no_preempt_until_us) {
		instance->preempt_from_us = 0;
		return false;
	}
	if (instance->preempt_from_us == 0)
		instance->preempt_from_us = core->now_us;
	due_us = preempt_due_us(core, i);
	/* R3: may it be that nothing is heard there? (Its last advert, of
	 * priority 0, starts the link anew; then it is as good as ours.) */
	if (!instance->want && hearing_is_untested(core, i))
		return false;
	if (core->now_us < due_us) {
		core_wake_at(core, due_us);
		return false;
	}
	return true;
}

/* R21, R9: all of its sync group that the peer owns, in one step. */
static bool group_may_preempt(struct core *core, unsigned i)
{
	const struct core_settings *settings = core->settings;

	if (!may_preempt(core, i))
		return false;
	for (unsigned k = 0; k < settings->instance_count; k++)
		if (settings->instances[i].group != 0 &&
		    settings->instances[k].group ==
			    settings->instances[i].group &&
		    peer_says_own(core, k) && !may_preempt(core, k))
			return false;
	return true;
}

/*
 * R9: our kernel refused it, and its owner serves, unfit as it is: each try
 * would be an outage.
 */
static bool was_refused_lately(struct core *core, unsigned i)
{
	const struct core_instance *instance = &core->instances[i];
	int64_t due_us = instance->released_us + REFUSED_AGAIN_US;

	if (!instance->claim_refused || instance->vrrp.state != LINK_UP ||
	    core->now_us >= due_us)
		return false;
	core_wake_at(core, due_us);
	return true;
}

/* R17.2: why we want it, or NULL. */
static const char *want_reason(struct core *core, unsigned i)
{
	struct core_instance *instance = &core->instances[i];
	const struct beat *beat = &core->peer.statement;
	int64_t polite_us;

	if (instance->own || instance->releasing || !instance->fit ||
	    core->stopping || set_has(&core->leaving, i) ||
	    instance->state == INSTANCE_INIT ||
	    !peer_statement_is_fresh(core) || !peer_means_instance(core, i) ||
	    places_may_have(core, &core->peer.own_there, i) ||
	    (two_way_state(core) != LINK_UP && !half_is_unserved(core, i)))
		return NULL;
	if (set_has(&beat->own, i)) {
		if (!set_has(&beat->fit, i))
			return was_refused_lately(core, i)
				       ? NULL
				       : "the owner is unfit";
		if (set_has(&beat->ask, i))
			return "the owner asks";
		if (group_is_urgent(core, i))
			return "urgently";
		return group_may_preempt(core, i) ? "preempting" : NULL;
	}
	instance->preempt_from_us = 0;
	if (instance->want) {
		if (!set_has(&beat->want, i) || outranks_peer(core, i))
			return "nobody owns it";
		/* R17.5: the lower drops, and may raise again later */
		instance->no_want_until_us =
			core->now_us + MS(core->settings->fence.yield_ms);
		return NULL;
	}
	if (set_has(&beat->want, i) || group_is_with_peer(core, i))
		return NULL;
	if (core->now_us < instance->no_want_until_us) {
		core_wake_at(core, instance->no_want_until_us);
		return NULL;
	}
	/* two that start together: the higher goes first, without a quarrel */
	polite_us = instance->free_from_us + MS(core->settings->fence.yield_ms);
	if (set_has(&beat->fit, i) && !outranks_peer(core, i) &&
	    core->now_us < polite_us) {
		core_wake_at(core, polite_us);
		return NULL;
	}
	return "nobody owns it";
}

void wants_update(struct core *core)
{
	for (unsigned i = 0; i < core->settings->instance_count; i++) {
		struct core_instance *instance = &core->instances[i];
		const char *why = want_reason(core, i);

		if (!why == !instance->want)
			continue;
		/* R17.1: what is owned is not wanted */
		assert(!why || (!instance->own && instance->fit));
		instance->want = why != NULL;
		instance->want_us = core->now_us;
		if (why)
			/* R17.2: n, the next frame is the first to say so */
			instance->want_sequence = core->sequence + 1;
		core->urgent_beat = true;
		trace_change(core, CORE_INFO, "want", (int)i,
			     why ? "no" : "want", why ? "want" : "no",
			     "%s: want %s: %s",
			     core->settings->instances[i].name,
			     why ? "raised" : "dropped",
			     why ? why : "no reason any more");
	}
}
