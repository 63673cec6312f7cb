/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R16: the peer is a plain VRRP router. It says nothing but its adverts, so
 * this node goes by the RFC's table (RFC 9568 6.4, 3768 6.4): silence for a
 * Master_Down_Interval is proof, a higher priority takes over, and nobody is
 * fenced. Two things are stricter than there: adverts that fail their check
 * show that somebody serves (R2), and a node that is not heard serves not (R3).
 */
#include "../wire/vrrp.h"
#include "internal.h"

/* RFC 9568 5.2.7: no interval is shorter, and no answer to a rival is. */
#define ANSWER_AGAIN_US MS(10)

static uint8_t own_priority(const struct core *core, unsigned i)
{
	return core->settings->instances[i].priority[core->self];
}

/* ---- what an advert does to the timers ---- */

static void down_timer_set(struct core *core, unsigned i)
{
	core->instances[i].down_us = core->now_us + advert_dead_us(core, i);
}

/* RFC 9568 6.4.2 (420) */
static void skew_timer_set(struct core *core, unsigned i)
{
	core->instances[i].down_us =
		core->now_us +
		vrrp_skew_us(core->settings->instances[i].version,
			     own_priority(core, i),
			     advert_interval_ms(core, i));
}

/* RFC 9568 6.1: version 3 goes by the owner's interval; version 2 has dropped
 * what differs. */
static void interval_learn(struct core *core, const struct event *event)
{
	unsigned i = event->advert.instance;
	const struct core_instance_settings *settings =
		&core->settings->instances[i];

	if (settings->version != 3)
		return;
	core->instances[i].learned_ms = event->advert.interval_ms;
	if (event->advert.interval_ms == settings->advert_ms) {
		alert_clear(core, ROW_MISMATCH_INTERVAL, i);
		return;
	}
	alert_flash(core, ROW_MISMATCH_INTERVAL, i, 10 * (int64_t)SECOND_US,
		    "%s: adverts of %s come every %u ms, advert_ms is %u here: "
		    "while it serves its interval counts; make them equal",
		    settings->name, peer_name(core), event->advert.interval_ms,
		    settings->advert_ms);
}

/*
 * RFC 9568 6.4.2 (440): discarded, so that the timer fires and this node takes
 * over. R9: not before it has been well for preempt_delay_ms.
 */
static bool is_preempted(struct core *core, unsigned i, uint8_t priority)
{
	struct core_instance *instance = &core->instances[i];

	if (!core->settings->instances[i].preempt || !instance->fit ||
	    instance->claim_refused || priority >= own_priority(core, i)) {
		instance->preempt_from_us = 0;
		return false;
	}
	if (instance->preempt_from_us == 0)
		instance->preempt_from_us = core->now_us;
	return core->now_us >= preempt_due_us(core, i);
}

/* RFC 9568 6.4.3 (725): a higher priority, then the higher address. */
static bool yields_to(const struct core *core, const struct event *event)
{
	unsigned i = event->advert.instance;
	uint8_t mine = own_priority(core, i);

	if (event->advert.priority != mine)
		return event->advert.priority > mine;
	return ip_compare(&event->advert.source,
			  &core->instances[i].own_source) > 0;
}

/* RFC 9568 6.4.3 (710, 740): at once, and the bridges learn where we are. */
static void answer_at_once(struct core *core, unsigned i)
{
	struct core_instance *instance = &core->instances[i];
	int64_t sent_us = instance->next_advert_us -
			  MS(core->settings->instances[i].advert_ms);

	if (!instance->releasing && core->now_us - sent_us >= ANSWER_AGAIN_US)
		instance->next_advert_us = core->now_us;
}

static void owner_heard(struct core *core, const struct event *event)
{
	unsigned i = event->advert.instance;
	struct core_instance *instance = &core->instances[i];

	/* RFC 9568 6.4.3 (725): who yields is a Backup already, and this is its
	 * newest word (420) */
	instance->is_resigned =
		event->advert.priority == 0 && instance->releasing;
	if (event->advert.priority == 0) {
		split_excused(core, i);
		answer_at_once(core, i);
	} else if (yields_to(core, event)) {
		interval_learn(core, event);
		if (!instance->releasing)
			instance_release(core, i,
					 "an owner that comes first is heard "
					 "(RFC 9568 6.4.3)");
	} else {
		answer_at_once(core, i);
		if (!instance->releasing)
			split_heard_rival(core, i, event->advert.priority);
	}
}

static void standby_heard(struct core *core, const struct event *event)
{
	unsigned i = event->advert.instance;
	struct core_instance *instance = &core->instances[i];
	struct core_link *l = &instance->vrrp;

	if (event->advert.priority == 0) {
		advert_link_reset(core, i);
		/* never restarted by a second one */
		if (instance->down_us != 0 && !instance->is_resigned)
			skew_timer_set(core, i);
		instance->is_resigned = true;
		return;
	}
	if (is_preempted(core, i, event->advert.priority))
		return;
	instance->is_resigned = false;
	interval_learn(core, event);
	if (core->now_us >= l->alive_until_us)
		l->good = 0;
	if (!link_is_proven(l))
		l->good++;
	l->alive_until_us = core->now_us + advert_dead_us(core, i);
	if (instance->down_us != 0)
		down_timer_set(core, i);
}

/*
 * R2: it fails its check, so it is no word; but a keepalived with another
 * password or another list serves all the same. It holds us back as long as any
 * dropped advert may; one that it has signed, whose clock or ours was set, for
 * as long as they come without a gap.
 */
static void dropped_heard(struct core *core, const struct event *event,
			  bool is_of_peer)
{
	unsigned i = event->advert.instance;
	struct core_link *l = &core->instances[i].vrrp;
	int64_t until_us;

	core->instances[i].dropped_adverts++;
	alert_flash(core, ROW_MISMATCH_ADVERT, i, 10 * (int64_t)SECOND_US,
		    "%s: adverts of %s are dropped: %s differs or is wrong: "
		    "make the two files equal",
		    core->settings->instances[i].name, peer_name(core),
		    event->advert.reason);
	if (!is_of_peer || !dropped_advert_is_life(core, i, &until_us))
		return;
	if (until_us > l->alive_until_us)
		l->alive_until_us = until_us;
	/* signed by it, and only its time is wrong, or ours */
	if (event->advert.signature.is_signed)
		core->peer.word_us = core->now_us;
}

void plain_advert_heard(struct core *core, const struct event *event)
{
	unsigned i = event->advert.instance;
	struct core_instance *instance = &core->instances[i];
	bool is_of_peer = advert_is_of_peer(core, i, &event->advert.source);
	char text[IP_TEXT_MAX];

	/* any router of this VRID is one, whether it is named or not */
	if (!is_of_peer)
		alert_flash(core, ROW_FOREIGN_STRANGER, i,
			    60 * (int64_t)SECOND_US,
			    "%s: %s sends VRRP with vrid %u (priority %u), and "
			    "is no address of %s: add it to nodes[].address, "
			    "or choose another vrid",
			    core->settings->instances[i].name,
			    ip_format(&event->advert.source, text),
			    core->settings->instances[i].vrid,
			    event->advert.priority, peer_name(core));
	instance->vrrp.heard_us = core->now_us;
	core->peer.is_over = false;
	if (event->advert.verdict != CORE_ADVERT_GOOD) {
		dropped_heard(core, event, is_of_peer);
	} else {
		core->peer.advert_us = core->peer.word_us = core->now_us;
		if (instance->own)
			owner_heard(core, event);
		else
			standby_heard(core, event);
	}
	if (instance->vrrp.alive_until_us > core->vrrp_alive_until_us)
		core->vrrp_alive_until_us = instance->vrrp.alive_until_us;
	peer_lives(core, "an advert for", core->settings->instances[i].name);
}

/* ---- the state Backup, and when it ends ---- */

static bool hears_and_may_serve(const struct core *core, unsigned i)
{
	const struct core_instance *instance = &core->instances[i];

	return peer_is_plain(core) && core->keeper_ready && !core->stopping &&
	       instance->hears && instance->fit && !instance->asked &&
	       !instance->vrrp.is_broken;
}

/* Who hears nothing, or may not serve, has no timer that runs. */
static bool is_listening(const struct core *core, unsigned i)
{
	const struct core_instance *instance = &core->instances[i];

	return hears_and_may_serve(core, i) && !instance->own &&
	       instance->state == INSTANCE_BACKUP;
}

/* In each step: a carrier that is gone and back before the next tick has ended
 * the state Backup all the same, and its timer with it. */
void plain_judge(struct core *core)
{
	for (unsigned i = 0; i < core->settings->instance_count; i++) {
		struct core_instance *instance = &core->instances[i];

		if (!is_listening(core, i)) {
			instance->down_us = 0;
			if (!instance->releasing ||
			    !hears_and_may_serve(core, i))
				instance->is_resigned = false;
			/* RFC 9568 6.1: our own as owner, and from a start on;
			 * whom we yield to has told its own */
			if (!instance->releasing)
				instance->learned_ms = 0;
			continue;
		}
		/* RFC 9568 6.4.1 (150), 6.4.3: it begins */
		if (instance->down_us == 0 && instance->is_resigned)
			skew_timer_set(core, i);
		else if (instance->down_us == 0)
			down_timer_set(core, i);
		if (core->now_us < instance->down_us)
			core_wake_at(core, instance->down_us);
		else if (core->now_us < instance->vrrp.alive_until_us)
			core_wake_at(core, instance->vrrp.alive_until_us);
	}
}

/* RFC 9568 6.4.2 (370): it has fired, and nothing was heard meanwhile. */
bool plain_silence_is_ripe(const struct core *core, unsigned i)
{
	const struct core_instance *instance = &core->instances[i];

	return core->drained && is_listening(core, i) &&
	       instance->down_us != 0 && core->now_us >= instance->down_us &&
	       core->now_us >= instance->vrrp.alive_until_us;
}

/*
 * Who stops, is unfit or was asked lets go at once, and its priority 0 tells.
 * That includes one whose adverts do not leave: else than R3, since the peer
 * takes its silence for death.
 */
const char *plain_release_reason(const struct core *core, unsigned i)
{
	const struct core_instance *instance = &core->instances[i];

	if (!peer_is_plain(core) || !core->drained)
		return NULL;
	if (core->stopping)
		return "stopping";
	if (!instance->fit)
		return "unfit";
	return instance->asked ? "handover by an operator" : NULL;
}

/* R16: its word is heard, so its silence is no proof. */
void plain_is_refused(struct core *core)
{
	core->peer.runs_twinbeat = true;
	if (core->settings->peer_is_plain)
		alert_raise(core, ROW_MISMATCH_KIND, 0, CORE_WARNING,
			    "%s is a plain VRRP router in the settings of this "
			    "node, but runs twinbeat: nothing is taken over by "
			    "silence; leave kind out at nodes, and say how its "
			    "power is cut",
			    peer_name(core));
}

/* R12: that life is over, whatever speaks there from now on. */
void plain_is_back(struct core *core)
{
	core->peer.runs_twinbeat = false;
	alert_clear(core, ROW_MISMATCH_KIND, 0);
}

void plain_forget(struct core *core)
{
	for (unsigned i = 0; i < core->settings->instance_count; i++) {
		core->instances[i].down_us = 0;
		core->instances[i].is_resigned = false;
		core->instances[i].learned_ms = 0;
	}
}
