/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R4, half: the peer is heard by a two-way link and does not hear us, so it
 * can acknowledge no want, and no release can be proven (R17.3). Its words are
 * true all the same. A fit owner is left alone, by whatever it is heard. Where
 * they say that it does not serve, or it is a life that was never known, it is
 * wanted, as it would be with a whole link; and if that does not help in time,
 * nobody serves, so its power is cut. What verifies that (R6): it is heard when
 * the shot is fired, by this link, and must fall silent there.
 */
#include "internal.h"

/* A link that is coming up is half for an interval. */
#define PATIENCE_US ((int64_t)SECOND_US)

/* By its newest word, or that of a life that cannot become known by this link.
 * That one is not believed (R17.7), but it may hold us back. */
static bool its_word_says_it_serves(const struct core *core, unsigned i)
{
	const struct core_peer *peer = &core->peer;

	if (peer_statement_is_fresh(core))
		return !peer_means_instance(core, i) ||
		       places_may_have(core, &peer->own_there, i) ||
		       (peer_says_own(core, i) && peer_says_fit(core, i));
	/* R8: only of one that we have known, and whose adverts came */
	return peer->stranger_sequence == 0 || peer->generation == 0 ||
	       peer->advert_us == 0 || adverts_are_alive(core) ||
	       set_has(&peer->stranger_serves, i);
}

bool half_is_unserved(const struct core *core, unsigned i)
{
	return two_way_state(core) == LINK_HALF && two_way_is_heard(core) &&
	       !core->peer.is_over &&
	       core->now_us >= core->instances[i].vrrp.alive_until_us &&
	       !its_word_says_it_serves(core, i);
}

/*
 * Who is fit for nothing does not shoot (R3); any other one, which hears us on
 * no link, may be about to: both of its turns come first (R5).
 */
static int64_t wait_us(const struct core *core)
{
	const struct core_settings *settings = core->settings;

	if (peer_statement_is_fresh(core) && core->peer.is_fit_for_none)
		return MS(settings->fence.delay_ms);
	return 3 * MS(settings->fence.tie_ms);
}

void half_forget(struct core_instance *instance)
{
	instance->half_from_us = 0;
	instance->half_is_ripe = false;
}

void half_judge(struct core *core, struct need *need)
{
	const struct core_settings *settings = core->settings;
	struct core_instance *instance = &core->instances[need->instance];
	int64_t window_us = PATIENCE_US + MS(settings->fence.lone_link_ms);

	assert(core->drained && !instance->own && instance->fit);
	if (!half_is_unserved(core, need->instance)) {
		half_forget(instance);
		return;
	}
	if (instance->half_from_us == 0)
		instance->half_from_us = core->now_us;
	need->from_us = instance->half_from_us + window_us;
	need->due_us = need->from_us + wait_us(core) +
		       MS(settings->fence.lone_link_ms);
	/* its words may allow it within that time, should it hear us again */
	if (core->now_us < need->from_us) {
		core_wake_at(core, need->from_us);
		return;
	}
	assert(need->due_us >= need->from_us);
	instance->half_is_ripe = core->now_us >= need->due_us;
	if (!instance->half_is_ripe)
		core_wake_at(core, need->due_us);
	/* R1 silence: without fencing there is no shot, see permit.c */
	if (settings->fence.required)
		need->kind = NEED_HALF;
}
