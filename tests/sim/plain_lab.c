/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See plain_lab.h. The judge is at the end: RFC times, and R10, R12 for the
 * rest.
 */
#include <stdio.h>
#include <string.h>

#include "plain_lab.h"

#define SLACK_US     1000
#define STEP_US	     100 /* an event waits so long for the core */
#define SELF_ADDRESS 0xc000020cu
#define PEER_ADDRESS 0xc000020bu

/* ---- the wire ---- */

static void fly(struct plain_lab *lab, bool to_core,
		const struct rfc_advert *advert)
{
	if (!lab->wire[to_core ? 0 : 1] || !lab->carrier ||
	    lab->flying_count == PLAIN_FLYING)
		return;
	lab->flying[lab->flying_count++] = (struct plain_flying){
		lab->now_us + lab->delay_us, to_core, *advert};
}

static void peer_sends(void *arg, const struct rfc_advert *advert)
{
	fly(arg, true, advert);
}

static void shadow_sends(void *arg, const struct rfc_advert *advert)
{
	(void)arg;
	(void)advert;
}

static void shadow_restart(struct plain_lab *lab)
{
	lab->shadow.state = RFC_INITIALIZE;
	if (lab->carrier && lab->core.keeper_ready)
		rfc_start(&lab->shadow, lab->now_us);
	lab->began_us = lab->now_us;
}

/* ---- the core and its machine ---- */

static void carry_out(struct plain_lab *lab, const struct action *action)
{
	struct event done = {.type = EVENT_CLAIM_DONE};
	struct rfc_advert advert = {.address = SELF_ADDRESS};

	switch (action->type) {
	case ACTION_SEND_ADVERT:
		lab->adverts_sent++;
		lab->last_priority = action->priority;
		advert.priority = action->priority;
		advert.interval_ms = lab->settings.instances[0].advert_ms;
		fly(lab, false, &advert);
		break;
	case ACTION_CLAIM:
		lab->vip = true;
		lab->claims++;
		if (action->permit.proof != PROOF_SILENCE &&
		    action->permit.proof != PROOF_OBITUARY)
			lab->broken = "R16: a claim by another proof";
		done.vip.added = 1;
		plain_tell(lab, &done);
		break;
	case ACTION_RELEASE:
		lab->released_us = lab->now_us + lab->keeper_us;
		break;
	case ACTION_FENCE:
		if (action->fence.kind != CORE_FENCE_READ)
			lab->fences++;
		break;
	case ACTION_REPLY:
		lab->reply_ok = action->reply.ok;
		snprintf(lab->reply, sizeof(lab->reply), "%s", action->text);
		break;
	default:
		break;
	}
}

static void step(struct plain_lab *lab, const struct event *event)
{
	static struct action list[ACTIONS_MAX];
	struct event now = *event;
	unsigned count;

	if (!lab->core.settings)
		return; /* not started yet */
	now.now_us = lab->now_us;
	now.realtime_s = 1700000000 + lab->now_us / 1000000;
	lab->events++;
	core_step(&lab->core, &now, &lab->actions);
	core_check_invariants(&lab->core);
	lab->tick_us = core_deadline(&lab->core);
	/* its orders may tell it something at once */
	count = lab->actions.count;
	if (lab->actions.lost)
		lab->broken = "orders were lost";
	memcpy(list, lab->actions.list, count * sizeof(list[0]));
	if (count == 0)
		return;
	for (unsigned i = 0; i < count; i++) {
		struct action action = list[i];

		if (action.type == ACTION_CLAIM) {
			carry_out(lab, &action);
			return step(lab, &(struct event){.type = EVENT_TICK});
		}
		carry_out(lab, &action);
	}
}

void plain_tell(struct plain_lab *lab, const struct event *event)
{
	step(lab, event);
}

void plain_init(struct plain_lab *lab, uint8_t version, uint32_t interval_ms,
		uint8_t priority, uint8_t peer_priority)
{
	struct core_settings *s = &lab->settings;

	memset(lab, 0, offsetof(struct plain_lab, core));
	memset(&lab->core, 0, offsetof(struct core, alerts));
	s->self = 1;
	s->peer_is_plain = true;
	for (unsigned n = 0; n < 2; n++) {
		snprintf(s->nodes[n].name, sizeof(s->nodes[n].name), "lb0%u",
			 n + 1);
		s->nodes[n].priority = n ? priority : peer_priority;
		s->nodes[n].addresses[0] =
			ip_from_v4(n ? SELF_ADDRESS : PEER_ADDRESS);
		s->nodes[n].address_count = 1;
	}
	s->interface_count = 1;
	snprintf(s->interfaces[0], sizeof(s->interfaces[0]), "eth0");
	s->instance_count = 1;
	s->instances[0] = (struct core_instance_settings){
		.name = "VI_1",
		.vrid = 55,
		.version = version,
		.priority = {peer_priority, priority},
		.advert_ms = interval_ms,
		.is_plain = true};
	s->fence.required = true;
	s->fence.yield_ms = 500;
	s->fence.tie_ms = s->fence.lone_link_ms = 3000;
	s->fence.disagree_ms = 5000;
	s->fence.monitor_ms = 60000;
	s->startup_ms = 60000;
	s->unclean_startup_ms = 300000;
	s->lease_ms = 3000;
	lab->now_us = 1000000;
	lab->tick_us = INT64_MAX;
	lab->keeper_us = 300;
	lab->delay_us = 100;
	lab->wire[0] = lab->wire[1] = lab->carrier = true;
	lab->peer = (struct rfc_router){.version = version,
					.priority = peer_priority,
					.preempt = true,
					.interval_ms = interval_ms,
					.address = PEER_ADDRESS,
					.send = peer_sends,
					.arg = lab};
	lab->shadow = lab->peer;
	lab->shadow.priority = priority;
	lab->shadow.preempt = false;
	lab->shadow.address = SELF_ADDRESS;
	lab->shadow.send = shadow_sends;
}

static void tell_carrier(struct plain_lab *lab)
{
	struct event event = {.type = EVENT_CARRIER_CHANGED};

	event.carrier.is = lab->carrier;
	plain_tell(lab, &event);
}

void plain_boot(struct plain_lab *lab)
{
	struct event event = {.type = EVENT_KEEPER_READY};

	core_init(&lab->core, &lab->settings, &lab->memory, 0x1234,
		  lab->now_us);
	lab->tick_us = lab->now_us;
	plain_tell(lab, &event);
	tell_carrier(lab);
	event = (struct event){.type = EVENT_SOURCE_KNOWN};
	event.source.ip = ip_from_v4(SELF_ADDRESS);
	plain_tell(lab, &event);
	event = (struct event){.type = EVENT_EARS_CHANGED};
	event.ears.is = true;
	plain_tell(lab, &event);
	shadow_restart(lab);
}

void plain_peer_start(struct plain_lab *lab)
{
	lab->peer_runs = true;
	rfc_start(&lab->peer, lab->now_us);
}

/* Power and all: its addresses are gone. */
void plain_peer_dies(struct plain_lab *lab)
{
	lab->peer_runs = false;
	lab->peer.state = RFC_INITIALIZE;
}

void plain_peer_stops(struct plain_lab *lab)
{
	rfc_shutdown(&lab->peer);
	plain_peer_dies(lab);
}

void plain_carrier(struct plain_lab *lab, bool up)
{
	if (lab->carrier == up)
		return;
	lab->carrier = up;
	tell_carrier(lab);
	shadow_restart(lab);
}

struct event plain_advert(const struct plain_lab *lab, uint8_t priority)
{
	struct event event = {.type = EVENT_ADVERT_HEARD};

	event.advert.verdict = CORE_ADVERT_GOOD;
	event.advert.reason = "the list";
	event.advert.source = ip_from_v4(PEER_ADDRESS);
	event.advert.priority = priority;
	event.advert.interval_ms = lab->settings.instances[0].advert_ms;
	return event;
}

/* ---- the judge ---- */

/*
 * The same inputs, so the same state, but for the time of the keeper: an
 * address is removed before the core says that it has let go (R10), and while
 * it goes nothing else begins.
 */
static void judge_shadow(struct plain_lab *lab)
{
	bool active = lab->shadow.state == RFC_ACTIVE;
	int64_t alive_us = lab->core.instances[0].vrrp.alive_until_us;

	/* R16: what was heard before the carrier went is remembered, where the
	 * RFC's router begins with its own interval (6.4.1); and what arrives
	 * just when both are due is heard by one of them alone. It waits as the
	 * core does, then, or it stays what it became too soon. */
	if (active && alive_us > lab->now_us &&
	    !(lab->shadow.preempt &&
	      lab->shadow.priority > lab->peer.priority)) {
		lab->shadow.state = RFC_BACKUP;
		lab->shadow.down_us = alive_us;
		active = false;
	}
	if (!lab->shadowed || lab->core.instances[0].own == active) {
		lab->unlike_us = 0;
		return;
	}
	if (lab->unlike_us == 0)
		lab->unlike_us = lab->now_us;
	if (lab->now_us - lab->unlike_us > lab->keeper_us + SLACK_US)
		lab->broken = active ? "R16: the RFC's router is Active, the "
				       "core does not own"
				     : "R16: the core owns, the RFC's router "
				       "is not Active";
}

/*
 * Both are well and hear each other: two owners for no longer than an interval
 * (the next advert tells), nobody for no longer than the slower one's
 * Master_Down_Interval, and a second skew where both stood back.
 */
static void judge_owners(struct plain_lab *lab)
{
	bool theirs = lab->peer_runs && lab->peer.state == RFC_ACTIVE;
	bool is_well =
		lab->peer_runs && lab->carrier && lab->wire[0] && lab->wire[1];
	int64_t interval_us = (int64_t)lab->peer.interval_ms * 1000;
	int64_t bound_us = 2 * lab->delay_us + lab->keeper_us + SLACK_US;
	int64_t down_us = rfc_down_us(&lab->peer);

	if (interval_us < (int64_t)lab->shadow.interval_ms * 1000)
		interval_us = (int64_t)lab->shadow.interval_ms * 1000;
	if (down_us < rfc_down_us(&lab->shadow))
		down_us = rfc_down_us(&lab->shadow);
	if (!is_well)
		lab->whole_us = lab->now_us;
	if (!(theirs && lab->vip) || !is_well)
		lab->both_us = 0;
	else if (lab->both_us == 0)
		lab->both_us = lab->now_us;
	if (lab->both_us && lab->now_us - lab->both_us > interval_us + bound_us)
		lab->broken = "two owners for longer than VRRP allows";
	if (theirs || lab->vip || !is_well)
		lab->none_us = 0;
	else if (lab->none_us == 0)
		lab->none_us = lab->now_us;
	if (lab->none_us && lab->now_us - lab->none_us > down_us + bound_us)
		lab->broken = "nobody owns for longer than VRRP allows";
	if (lab->fences)
		lab->broken = "R16: a plain peer was to be cut";
}

/* ---- time ---- */

static int64_t next_us(const struct plain_lab *lab)
{
	int64_t at_us = lab->tick_us;

	if (lab->released_us && lab->released_us < at_us)
		at_us = lab->released_us;
	if (lab->peer_runs && rfc_deadline(&lab->peer) < at_us)
		at_us = rfc_deadline(&lab->peer);
	if (rfc_deadline(&lab->shadow) < at_us)
		at_us = rfc_deadline(&lab->shadow);
	for (unsigned i = 0; i < lab->flying_count; i++)
		if (lab->flying[i].at_us < at_us)
			at_us = lab->flying[i].at_us;
	return at_us > lab->now_us ? at_us : lab->now_us;
}

static void arrive(struct plain_lab *lab, const struct plain_flying *flown)
{
	struct event event = plain_advert(lab, flown->advert.priority);

	if (!flown->to_core) {
		if (lab->peer_runs && lab->wire[1] && lab->carrier)
			rfc_hear(&lab->peer, &flown->advert, lab->now_us);
		return;
	}
	if (!lab->wire[0] || !lab->carrier)
		return;
	event.advert.interval_ms = flown->advert.interval_ms;
	event.advert.source = ip_from_v4(flown->advert.address);
	/* first: what the core sends in answer is later. It begins in its next
	 * step, which this may be, and is in Initialize till then. */
	if (lab->core.instances[0].state != INSTANCE_INIT ||
	    lab->now_us - lab->began_us > STEP_US)
		rfc_hear(&lab->shadow, &flown->advert, lab->now_us);
	step(lab, &event);
}

/* All that is due now; what arrives before what is judged by its absence. */
static void run_due(struct plain_lab *lab)
{
	for (unsigned i = 0; i < lab->flying_count;) {
		struct plain_flying flown = lab->flying[i];

		if (flown.at_us > lab->now_us) {
			i++;
			continue;
		}
		lab->flying_count--;
		memmove(&lab->flying[i], &lab->flying[i + 1],
			(lab->flying_count - i) * sizeof(flown));
		arrive(lab, &flown);
	}
	if (lab->released_us && lab->released_us <= lab->now_us) {
		struct event done = {.type = EVENT_RELEASE_DONE};

		lab->released_us = 0;
		lab->vip = false;
		step(lab, &done);
	}
	if (lab->peer_runs)
		rfc_tick(&lab->peer, lab->now_us);
	rfc_tick(&lab->shadow, lab->now_us);
	if (lab->tick_us <= lab->now_us)
		step(lab, &(struct event){.type = EVENT_TICK});
}

void plain_run_us(struct plain_lab *lab, int64_t us)
{
	int64_t until_us = lab->now_us + us;

	while (!lab->broken && next_us(lab) <= until_us) {
		int64_t at_us = next_us(lab);

		lab->now_us = at_us;
		run_due(lab);
		judge_shadow(lab);
		judge_owners(lab);
	}
	lab->now_us = until_us;
}

/* ---- seeds ---- */

static uint64_t dice(uint64_t *state, uint64_t sides)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state % sides;
}

static void one_fault(struct plain_lab *lab, uint64_t *state)
{
	unsigned way = (unsigned)dice(state, 2);

	switch (dice(state, 7)) {
	case 0:
		if (lab->peer_runs)
			plain_peer_dies(lab);
		break;
	case 1:
		if (lab->peer_runs)
			plain_peer_stops(lab);
		break;
	case 2:
	case 3:
		if (!lab->peer_runs)
			plain_peer_start(lab);
		break;
	case 4:
		lab->wire[way] = !lab->wire[way];
		break;
	case 5:
		lab->wire[0] = lab->wire[1] = true;
		break;
	default:
		plain_carrier(lab, !lab->carrier);
		break;
	}
}

const char *plain_play(struct plain_lab *lab, uint64_t seed)
{
	static const uint32_t intervals_ms[] = {10, 50, 100, 1000, 2500};
	uint64_t state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	uint8_t version = dice(&state, 2) ? 2 : 3;
	uint32_t interval_ms = intervals_ms[dice(&state, 5)];
	uint8_t mine = (uint8_t)(1 + dice(&state, 254));
	uint8_t its = dice(&state, 4) ? (uint8_t)(1 + dice(&state, 254)) : mine;
	unsigned faults = 5 + (unsigned)dice(&state, 20);

	if (version == 2)
		interval_ms = 1000 * (1 + (uint32_t)dice(&state, 3));
	plain_init(lab, version, interval_ms, mine, its);
	lab->settings.instances[0].preempt = lab->shadow.preempt =
		dice(&state, 2);
	lab->peer.preempt = dice(&state, 2);
	/* RFC 9568 6.1: the interval is the owner's */
	if (version == 3 && dice(&state, 4) == 0)
		lab->peer.interval_ms = intervals_ms[dice(&state, 5)];
	lab->delay_us = 50 + (int64_t)dice(&state, 1000);
	lab->keeper_us = 100 + (int64_t)dice(&state, 3000);
	lab->shadowed = true;
	if (dice(&state, 2))
		plain_peer_start(lab);
	plain_run_us(lab, (int64_t)dice(&state, 5000) * 1000);
	plain_boot(lab);
	for (unsigned i = 0; i < faults && !lab->broken; i++) {
		plain_run_us(lab, (int64_t)dice(&state, 12000) * 1000);
		one_fault(lab, &state);
	}
	/* all is well: one owner in the end */
	lab->wire[0] = lab->wire[1] = true;
	if (!lab->carrier)
		plain_carrier(lab, true);
	if (!lab->peer_runs)
		plain_peer_start(lab);
	plain_run_us(lab, 30 * (int64_t)1000000);
	if (!lab->broken && lab->vip == (lab->peer.state == RFC_ACTIVE))
		lab->broken = "not one owner in the end";
	return lab->broken;
}
