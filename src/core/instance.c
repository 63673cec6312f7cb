/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One virtual router: its one door for state changes, its fitness (R3), its
 * claims (with a permit, R1) and releases (checked before told, R10).
 */
#include <stdarg.h>
#include <stdio.h>

#include "internal.h"

#define CLAIM_AGAIN_US	 (10 * (int64_t)SECOND_US)
#define RELEASE_AGAIN_US SECOND_US
#define STOP_AT_MOST_US	 (5 * (int64_t)SECOND_US)
#define LOOK_AGAIN_US	 MS(100)
/* R13: who says for so long that it owns has not been refused by its kernel */
#define LENT_US (5 * (int64_t)SECOND_US)

static const char *instance_name(const struct core *core, unsigned i)
{
	return core->settings->instances[i].name;
}

void instance_enter(struct core *core, unsigned i, enum instance_state state,
		    const char *format, ...)
{
	struct core_instance *instance = &core->instances[i];
	enum instance_state old = instance->state;
	char why[CORE_TEXT_MAX / 2];
	va_list list;

	assert(state != INSTANCE_MASTER || instance->own);
	if (old == state)
		return;
	va_start(list, format);
	vsnprintf(why, sizeof(why), format, list);
	va_end(list);
	instance->state = state;
	instance->since_us = core->now_us;
	trace_change(core, state == INSTANCE_FAULT ? CORE_WARNING : CORE_NOTICE,
		     "instance", (int)i, instance_state_name(old),
		     instance_state_name(state), "%s: %s -> %s: %s",
		     instance_name(core, i), instance_state_name(old),
		     instance_state_name(state), why);
	order_notify(core, (int)i,
		     state == INSTANCE_MASTER  ? "master"
		     : state == INSTANCE_FAULT ? "fault"
					       : "backup");
}

/*
 * R8: a carrier that comes and goes, or an address of another hand that went,
 * does not end the start-up wait: nothing may be claimed in INIT.
 */
static enum instance_state state_of_the_fit(const struct core *core)
{
	return core->startup_is_over ? INSTANCE_BACKUP : INSTANCE_INIT;
}

/* ---- fitness (R3) ---- */

/*
 * R12: gone for a lease and a second: nobody renews what it held, and this node
 * wants to step down. Whether it may is not known from the time that has
 * passed: see settle_without_keeper().
 */
static int64_t keeper_grace_us(const struct core *core)
{
	uint32_t lease_ms = core->settings->lease_ms;

	return MS(lease_ms ? lease_ms : 3000) + SECOND_US;
}

static bool keeper_is_gone(const struct core *core)
{
	return !core->keeper_ready && core->keeper_lost_us &&
	       core->now_us - core->keeper_lost_us >= keeper_grace_us(core);
}

#define LACK_MAX 104 /* of the text below */

/* A name that is wrong, or an interface that went, has no cable to look at. */
static const char *lack_of(const struct core *core, unsigned interface,
			   char text[LACK_MAX])
{
	if (core->carrier[interface])
		snprintf(text, LACK_MAX,
			 "has its carrier back for less than %u ms "
			 "(debounce.up_ms)",
			 core->settings->debounce[interface].up_ms);
	else if (!core->absent[interface])
		return "has no carrier";
	else if (core->renamed[interface][0] == '\0')
		return "does not exist";
	else
		snprintf(text, LACK_MAX,
			 "was renamed to %.15s: rename it back, or write %.15s "
			 "into the settings and restart",
			 core->renamed[interface], core->renamed[interface]);
	return text;
}

/*
 * R3, R13: who gave it away because it was unfit, or in standby, serves it
 * again if the peer took it and cannot, or was fit no more when it came to it:
 * any owner of the two is better than nobody.
 */
static bool is_given_back(const struct core *core, unsigned i)
{
	return core->instances[i].is_lent && two_way_state(core) == LINK_UP &&
	       two_way_is_heard(core) && peer_statement_is_fresh(core) &&
	       peer_means_instance(core, i) && !peer_says_own(core, i) &&
	       !peer_says_fit(core, i);
}

/*
 * R13: an operator's standby gives to a peer that can take, and never to
 * nobody: what is owned is kept as by any other while the peer is not heard
 * both ways.
 */
static bool standby_bars(const struct core *core, unsigned i)
{
	if (!core->standby || peer_is_plain(core))
		return core->standby;
	if (core->instances[i].own)
		return two_way_state(core) == LINK_UP && two_way_is_heard(core);
	return !is_given_back(core, i);
}

/* Handed over because unfit here, until it is seen to serve there. */
static void lent_judge(struct core *core, unsigned i)
{
	struct core_instance *instance = &core->instances[i];
	bool is_served;

	if (!instance->is_lent)
		return;
	is_served = instance->vrrp.state == LINK_UP ||
		    (peer_statement_is_fresh(core) && peer_says_own(core, i) &&
		     peer_says_fit(core, i) &&
		     core->now_us - instance->released_us > LENT_US);
	if (instance->own || is_served)
		instance->is_lent = false;
}

/* In every step while it lasts: a copy takes a tenth of what snprintf() does.
 */
static bool say(char *why, size_t size, const char *text)
{
	size_t length = strlen(text);

	if (length >= size)
		length = size - 1;
	memcpy(why, text, length);
	why[length] = '\0';
	return true;
}

/* The same: "who what". */
static bool say_of(char *why, size_t size, const char *who, const char *what)
{
	size_t length = strlen(who);

	say(why, size, who);
	if (length + 1 >= size)
		return true;
	why[length] = ' ';
	return say(why + length + 1, size - length - 1, what);
}

/* owns: as an owner of it is judged, or one who stands by. */
static bool find_unfitness(const struct core *core, unsigned i, bool owns,
			   char *why, size_t size)
{
	const struct core_settings *settings = core->settings;
	const struct core_instance_settings *own = &settings->instances[i];
	char address[IP_TEXT_MAX], lack[LACK_MAX];
	bool is_back;

	if (core->stopping)
		return say(why, size, "stopping");
	if (keeper_is_gone(core))
		return say(why, size, "twinbeat-keeper is gone");
	if (standby_bars(core, i))
		return say(why, size,
			   "in standby by an operator: twinbeat online ends "
			   "it");
	if (!carrier_serves(core, i, own->interface))
		return say_of(why, size, settings->interfaces[own->interface],
			      lack_of(core, own->interface, lack));
	for (unsigned k = 0; k < own->dev_count; k++)
		if (!carrier_serves(core, i, own->devs[k].interface))
			return snprintf(
				       why, size, "%s, which carries %s, %s",
				       settings->interfaces[own->devs[k]
								    .interface],
				       own->devs[k].is_route
					       ? "a route of it"
					       : ip_format(
							 &own->devs[k].address,
							 address),
				       lack_of(core, own->devs[k].interface,
					       lack)) > 0;
	is_back = is_given_back(core, i);
	for (unsigned k = 0; !is_back && k < own->track_count; k++)
		if (!carrier_serves(core, i, own->track[k]))
			return snprintf(why, size, "tracked %s %s",
					settings->interfaces[own->track[k]],
					lack_of(core, own->track[k], lack)) > 0;
	if (!is_back && checks_bar(core, i, owns))
		return say(why, size, checks_why(core, i));
	if (core->instances[i].claim_failed)
		return say(why, size, "no address of it could be added");
	if (core->instances[i].alien)
		return say(why, size,
			   "another hand holds an address of it here");
	if (servers_bar(core, i))
		return snprintf(why, size,
				"no real server answers here, and %s sees some",
				peer_name(core)) > 0;
	/* R4: once a person or a plug has spoken nobody serves better */
	if (core->hearing[own->interface].is_deaf &&
	    core->peer.state != PEER_OFF)
		return snprintf(why, size,
				"%s hears nobody: neither gateway, witness nor "
				"any station that was heard before",
				settings->interfaces[own->interface]) > 0;
	return false;
}

/* The keeper tells of every interface, one after the other; the checks are
 * told when each has run once. */
static bool surroundings_are_known(const struct core *core, unsigned i)
{
	const struct core_instance_settings *own =
		&core->settings->instances[i];
	bool known = core->carrier_known[own->interface];

	for (unsigned k = 0; k < own->dev_count; k++)
		known = known && core->carrier_known[own->devs[k].interface];
	for (unsigned k = 0; k < own->track_count; k++)
		known = known && core->carrier_known[own->track[k]];
	return known && checks_are_known(core, i);
}

/*
 * R3: who cannot be heard hands over, and takes nothing from a peer that is
 * heard. But it serves well: where nobody else is there, it is better than
 * nobody, and fences and claims like any other.
 */
static bool mute_bars(const struct core *core,
		      const struct core_instance *instance)
{
	return instance->own || peer_is_plain(core) ||
	       (core->peer.heard_ever && core->peer.silent_from_us == 0);
}

/*
 * Fit but for what others hear of us? An owner of whose addresses one is not
 * answered may serve by the others: alone, it keeps them all. Who owns nothing
 * cuts nobody for an address that it would not answer for.
 */
static void judge_voice(struct core *core, unsigned i)
{
	struct core_instance *instance = &core->instances[i];
	bool is_dumb = instance->fit && instance->unanswered;
	char why[CORE_TEXT_MAX];

	sending_judge(core, i);
	instance->is_only_mute =
		instance->fit && (is_dumb ? instance->own : instance->is_mute);
	if (is_dumb)
		snprintf(why, sizeof(why), "nobody is answered here: %.110s",
			 instance->unanswered_why);
	else if (instance->is_only_mute && mute_bars(core, instance))
		snprintf(why, sizeof(why), "its adverts do not leave: %.110s",
			 instance->unsent_why);
	else
		return;
	say(instance->unfit_why, sizeof(instance->unfit_why), why);
	instance->fit = false;
}

/* What is known of it alone; R21 comes after. */
static void judge_fitness(struct core *core, unsigned i)
{
	struct core_instance *instance = &core->instances[i];
	char as_owner[sizeof(instance->unfit_why)];

	if (instance->claim_failed &&
	    core->now_us - instance->released_us > CLAIM_AGAIN_US)
		instance->claim_failed = false;
	else if (instance->claim_failed)
		core_wake_at(core, instance->released_us + CLAIM_AGAIN_US + 1);
	lent_judge(core, i);
	/* R9: whoever put the card in order may have done more */
	if (!core->carrier[core->settings->instances[i].interface])
		instance->claim_refused = false;
	instance->fit =
		!find_unfitness(core, i, instance->own, instance->unfit_why,
				sizeof(instance->unfit_why));
	instance->is_only_doubted =
		core->has_groups && !instance->fit && !instance->own &&
		!find_unfitness(core, i, true, as_owner, sizeof(as_owner));
	judge_voice(core, i);
}

/* R3: fit, for nobody serves better; but clients may not reach it. */
static void tell_served_unheard(struct core *core, unsigned i)
{
	unsigned interface = core->settings->instances[i].interface;

	if (core->hearing[interface].is_deaf && core->instances[i].own)
		alert_raise(core, ROW_UNFIT, i, CORE_WARNING,
			    "%s: %s hears nobody, and %s serves all the same, "
			    "for %s is off: check cable, switch and VLAN",
			    instance_name(core, i),
			    core->settings->interfaces[interface],
			    self_name(core), peer_name(core));
	else
		alert_clear(core, ROW_UNFIT, i);
}

static void tell_fitness(struct core *core, unsigned i)
{
	struct core_instance *instance = &core->instances[i];

	if (instance->fit) {
		instance->unfit_why[0] = '\0';
		tell_served_unheard(core, i);
		if (instance->state == INSTANCE_FAULT && !instance->own)
			instance_enter(core, i, state_of_the_fit(core),
				       "fit again");
		return;
	}
	if (!core->stopping)
		alert_raise(core, ROW_UNFIT, i, CORE_WARNING,
			    "%s: %s cannot serve: %s", instance_name(core, i),
			    self_name(core), instance->unfit_why);
	if (!instance->own && instance->state != INSTANCE_FAULT &&
	    !core->stopping)
		instance_enter(core, i, INSTANCE_FAULT, "%s",
			       instance->unfit_why);
}

void instances_fitness(struct core *core)
{
	struct instance_set was_fit = {{0}};

	if (!core->keeper_ready && core->keeper_lost_us == 0)
		return;
	if (!core->keeper_ready && !keeper_is_gone(core))
		core_wake_at(core,
			     core->keeper_lost_us + keeper_grace_us(core));
	for (unsigned i = 0; i < core->settings->instance_count; i++) {
		if (core->instances[i].fit)
			set_add(&was_fit, i);
		judge_fitness(core, i);
	}
	groups_fitness(core);
	for (unsigned i = 0; i < core->settings->instance_count; i++) {
		const struct core_instance *instance = &core->instances[i];
		unsigned fellow = instance->unfit_for;

		if (instance->fit != set_has(&was_fit, i))
			core->urgent_beat = true;
		/* else it will be said in a moment */
		if (surroundings_are_known(core, i) &&
		    (fellow == 0 || surroundings_are_known(core, fellow - 1)))
			tell_fitness(core, i);
	}
}

/* ---- claim ---- */

void instance_claim(struct core *core, const struct permit *permit)
{
	unsigned i = permit->instance;
	struct core_instance *instance = &core->instances[i];
	struct action *action;

	assert(permit->proof != PROOF_NONE && permit->proof < PROOFS);
	assert(!instance->own && core->keeper_ready);
	assert(instance->fit && !core->stopping);
	assert(instance->state != INSTANCE_INIT);
	/* R1: made in this very step */
	assert(permit->at_us == core->now_us);
	assert(permit->own_generation == core->generation);
	/* R17.1: own = 1 before the first address is added */
	instance->own = true;
	instance->want = instance->urgent = instance->ask = false;
	instance->own_sequence = core->sequence + 1;
	instance->claimed_us = core->now_us;
	instance->permit = *permit;
	instance->is_held = instance->is_claiming = true;
	instance->resigned_us = 0;
	instance->apart_from_us = 0;
	half_forget(instance);
	instance->next_advert_us = core->now_us;
	split_excused(core, i);
	action = action_add(core, ACTION_CLAIM);
	action->instance = i;
	action->permit = *permit;
	core->urgent_beat = true;
	instance_enter(core, i, INSTANCE_MASTER, "proof %s",
		       proof_name(permit->proof));
}

/* R1: its links wake us when they go down; nothing else is to be waited for. */
static void resigned_wake(struct core *core, unsigned i)
{
	int64_t due_us =
		core->instances[i].resigned_us + advert_dead_us(core, i);

	if (core->now_us < due_us)
		core_wake_at(core, due_us);
	due_us = core->listening_us + largest_dead_us(core);
	if (core->now_us < due_us)
		core_wake_at(core, due_us);
}

void instances_claim_permitted(struct core *core)
{
	struct permit permit;

	if (!core->keeper_ready || core->stopping)
		return;
	for (unsigned i = 0; i < core->settings->instance_count; i++) {
		struct core_instance *instance = &core->instances[i];

		if (instance->own || instance->releasing || !instance->fit ||
		    instance->state == INSTANCE_INIT ||
		    set_has(&core->leaving, i))
			continue;
		if (permit_find(core, i, &permit))
			instance_claim(core, &permit);
		else if (instance->resigned_us)
			resigned_wake(core, i);
		else
			kept_obituary_wake(core);
	}
}

void instance_claim_done(struct core *core, const struct event *event)
{
	unsigned i = event->vip.instance;
	struct core_instance *instance = &core->instances[i];

	if (!instance->own || instance->releasing)
		return;
	instance->claim_refused = instance->is_claiming = false;
	if (event->vip.failed == 0) {
		alert_clear(core, ROW_VIP_FAILED, i);
		return;
	}
	alert_raise(core, ROW_VIP_FAILED, i, CORE_CRITICAL,
		    "%s: %u of %u addresses could not be added: %s",
		    instance_name(core, i), event->vip.failed,
		    event->vip.failed + event->vip.added, event->vip.text);
	if (event->vip.added == 0) {
		instance->claim_failed = instance->claim_refused = true;
		instance_release(core, i, "no address could be added");
	}
}

/* ---- release (R10) ---- */

void instance_release(struct core *core, unsigned i, const char *why)
{
	struct core_instance *instance = &core->instances[i];

	assert(instance->own && !instance->releasing);
	instance->releasing = true;
	instance->released_us = core->now_us;
	instance->release_why = why;
	if (core->keeper_ready)
		action_add(core, ACTION_RELEASE)->instance = i;
}

__attribute__((format(printf, 3, 4))) static void
stay_stuck(struct core *core, unsigned i, const char *format, ...)
{
	struct core_instance *instance = &core->instances[i];
	char why[CORE_TEXT_MAX];
	va_list list;

	va_start(list, format);
	vsnprintf(why, sizeof(why), format, list);
	va_end(list);
	if (!instance->stuck)
		core->urgent_beat = true;
	instance->releasing = instance->stuck = true;
	instance->released_us = core->now_us;
	alert_raise(core, ROW_RELEASE_FAILED, i, CORE_CRITICAL,
		    "%s: %s; we ask %s to fence this node",
		    instance_name(core, i), why, peer_name(core));
}

/* R10: the only place where own becomes 0, and only because of a look (R12). */
static void is_released(struct core *core, unsigned i)
{
	struct core_instance *instance = &core->instances[i];

	assert(instance->own && instance->releasing);
	/* only now: own = 0, priority 0, statement */
	instance->own = instance->releasing = instance->stuck = false;
	instance->is_claiming = false;
	instance->is_held = instance->ask = instance->alien = false;
	instance->released_us = core->now_us;
	instance->is_lent = !instance->fit && !core->stopping;
	/* R1: what proves a claim has to be younger than our priority 0 */
	instance->gave_sequence = core->sequence + 1;
	instance->no_want_until_us =
		core->now_us + MS(core->settings->fence.yield_ms);
	/* R4: it starts anew */
	advert_link_reset(core, i);
	split_excused(core, i);
	alert_clear(core, ROW_RELEASE_FAILED, i);
	/* R13: what could not be added here is served elsewhere, and tried
	 * again; of one of which nothing could be, it bars this node (R9) */
	if (!instance->claim_refused)
		alert_clear(core, ROW_VIP_FAILED, i);
	order_advert(core, i, 0);
	core->urgent_beat = true;
	/* R8: an address of another hand that is gone ends no wait */
	instance_enter(core, i,
		       instance->fit || core->stopping ? state_of_the_fit(core)
						       : INSTANCE_FAULT,
		       "released: %s",
		       instance->release_why ? instance->release_why : "asked");
}

void instance_release_done(struct core *core, unsigned i, unsigned failed,
			   const char *text)
{
	if (!core->instances[i].releasing)
		return;
	if (failed > 0)
		stay_stuck(core, i, "%u addresses cannot be removed: %s",
			   failed, text);
	else
		is_released(core, i);
}

/* R17: a want that was raised against our ownership, knowing of it. */
static bool peer_wants_ours(const struct core *core, unsigned i)
{
	return peer_statement_is_fresh(core) && peer_says_want(core, i) &&
	       peer_says_fit(core, i) && !peer_says_own(core, i) &&
	       peer_acknowledges(core, core->instances[i].own_sequence);
}

/* Is there somebody to hand over to? (R17.6) */
static bool peer_could_take(const struct core *core, unsigned i)
{
	return two_way_state(core) == LINK_UP &&
	       peer_statement_is_fresh(core) && peer_says_fit(core, i);
}

/*
 * R12: it steps down, if its addresses are gone, else it asks to be fenced. No
 * time that has passed shows that. While RTNL is held by somebody, the kernel
 * ends no lease, and a keeper that waits for it there cannot be killed and
 * carries out afterwards what it was asked for: so nothing seen counts before
 * its process has ended.
 */
static void settle_without_keeper(struct core *core, unsigned i)
{
	struct core_instance *instance = &core->instances[i];

	if (!instance->releasing)
		instance->release_why = "the keeper was gone";
	if (!core->keeper_ended) {
		if (!instance->stuck)
			stay_stuck(core, i,
				   "twinbeat-keeper hangs in the kernel and "
				   "cannot be ended: its addresses stay");
		return;
	}
	instance->releasing = true;
	if (core->now_us - instance->looked_us >= LOOK_AGAIN_US) {
		instance->looked_us = core->now_us;
		action_add(core, ACTION_LOOK)->instance = i;
	}
	core_wake_at(core, instance->looked_us + LOOK_AGAIN_US);
}

void instance_looked(struct core *core, unsigned i, enum core_look is)
{
	struct core_instance *instance = &core->instances[i];

	/* a keeper has come meanwhile: it removes, and looks itself */
	if (!instance->own || !instance->releasing || core->keeper_ready ||
	    !core->keeper_ended)
		return;
	if (is == CORE_LOOK_GONE) {
		instance->release_why =
			"the keeper is gone, and the kernel holds none of it";
		is_released(core, i);
	} else if (!instance->stuck) {
		stay_stuck(core, i, "twinbeat-keeper is gone, and %s",
			   is == CORE_LOOK_HELD
				   ? "the kernel holds its addresses still"
				   : "the kernel does not say whether its "
				     "addresses are");
	}
}

static void settle_owned(struct core *core, unsigned i)
{
	struct core_instance *instance = &core->instances[i];
	unsigned interface = core->settings->instances[i].interface;
	bool ask = core->stopping || !instance->fit || instance->asked ||
		   group_asks(core, i);
	const char *why = plain_release_reason(core, i);

	if (keeper_is_gone(core) && !instance->releasing && drill_keeps(core))
		return;
	if (keeper_is_gone(core)) {
		settle_without_keeper(core, i);
		return;
	}
	if (instance->releasing) {
		/* R17.1: never fought over; the keeper tells when it is gone */
		if (instance->alien && !core->stopping)
			return;
		if (instance->stuck && core->keeper_ready &&
		    core->now_us - instance->released_us >= RELEASE_AGAIN_US) {
			instance->released_us = core->now_us;
			action_add(core, ACTION_RELEASE)->instance = i;
		}
		if (instance->stuck && core->keeper_ready)
			core_wake_at(core,
				     instance->released_us + RELEASE_AGAIN_US);
		return;
	}
	/* R13: whom a drill may cut must not own it by then */
	if (drill_may_cut(core))
		return;
	if (ask != instance->ask) {
		instance->ask = ask;
		core->urgent_beat = true;
	}
	if (set_has(&core->leaving, i)) {
		instance_release(core, i, "the new settings have it no more");
	} else if (why) {
		instance_release(core, i, why);
	} else if (peer_wants_ours(core, i)) {
		instance_release(core, i, "the peer wants it");
	} else if (core->stopping && (core->now_us >= core->stop_until_us ||
				      !peer_could_take(core, i))) {
		instance_release(core, i, "stopping");
	} else if (core->stopping) {
		core_wake_at(core, core->stop_until_us);
	} else if (!carrier_serves(core, i, interface)) {
		/* R4: lost its carrier: releases at once */
		instance_release(core, i, "carrier lost");
	} else if (!instance->fit && core->drained && !instance->is_only_mute &&
		   !group_spares(core, i) &&
		   !(links_heard(core) & ~BEAT_HEARD_VRRP)) {
		/* R4; who is only mute serves well, and nobody would hear of
		 * the release */
		instance_release(core, i, "unfit, and no two-way link");
	}
}

static void stop_finish(struct core *core)
{
	bool held = false, timed_out;

	for (unsigned i = 0; i < core->settings->instance_count; i++)
		held = held || core->instances[i].own;
	timed_out = core->now_us - core->stop_us > STOP_AT_MOST_US;
	if (held && !timed_out) {
		core_wake_at(core, core->stop_us + STOP_AT_MOST_US + 1);
		return;
	}
	if (fence_is_busy(core) && !timed_out) {
		core_wake_at(core, core->now_us + MS(50));
		return;
	}
	/* R12: the last word is one for who has believed this life (R17.7); so
	 * a stop within the first beats goes on with them until it has */
	if (core->farewell_us == 0 && core->now_us < core->stop_until_us &&
	    two_way_is_heard(core) && !peer_is_plain(core) &&
	    !peer_believes_us(core)) {
		core_wake_at(core, core->stop_until_us);
		return;
	}
	if (core->farewell_us == 0) {
		core->farewell_us = core->now_us;
		trace_change(core, CORE_NOTICE, "node", -1, "running",
			     "stopped", "stop: %s after %lld ms",
			     held ? "addresses could not be removed"
				  : "all released",
			     (long long)(core->now_us - core->stop_us) / 1000);
	}
	/*
	 * R12: "this generation is over", only if it holds nothing; a busy line
	 * is waited for, one that is stuck for no longer than a peer's answer
	 */
	if (!held && !farewell_send(core) &&
	    core->now_us - core->farewell_us <=
		    MS(core->settings->fence.yield_ms)) {
		core_wake_at(core, core->farewell_us +
					   MS(core->settings->fence.yield_ms) +
					   1);
		return;
	}
	assert(core->stopping && !core->exiting);
	core->exiting = true;
	action_add(core, ACTION_EXIT);
}

void instances_settle(struct core *core)
{
	for (unsigned i = 0; i < core->settings->instance_count; i++)
		if (core->instances[i].own)
			settle_owned(core, i);
	if (core->stopping && !core->exiting)
		stop_finish(core);
}

/* ---- the keeper comes and goes (R12) ---- */

void keeper_is_lost(struct core *core, const char *why, bool ended)
{
	/*
	 * One that dies again before it was ready is gone since the first; and
	 * one that was not ready yet was never asked to add anything.
	 */
	if (core->keeper_ready) {
		core->keeper_lost_us = core->now_us;
		core->keeper_ended = false;
	}
	core->keeper_ready = false;
	for (unsigned i = 0; i < core->settings->instance_count; i++)
		core->instances[i].alien_is_told = false;
	core->keeper_ended = core->keeper_ended || ended;
	alert_flash(core, ROW_KEEPER_DIED, 0, 60 * (int64_t)SECOND_US, "%s",
		    why);
}

/*
 * A new keeper has removed all that was left. What is to be released is asked
 * of it all the same: own = 0 follows from its look at the whole of the
 * instance, not from its being there (R12).
 */
void keeper_is_ready(struct core *core)
{
	bool in_time = core->now_us - core->keeper_lost_us <
		       MS(core->settings->lease_ms);

	assert(!core->exiting);
	core->keeper_ready = true;
	core->keeper_ended = false;
	if (core->listen_us) {
		/* R8: only now the links open; who was slow listens no less */
		core->startup_until_us = core->now_us + core->listen_us;
		core->listening_us = core->now_us;
		core->listen_us = 0;
	}
	core->obituary_for = core->obituary_of = 0;
	for (unsigned i = 0; i < core->settings->instance_count; i++) {
		struct core_instance *instance = &core->instances[i];
		struct action *action;

		instance->claim_refused = false;
		if (!instance->own)
			continue;
		/* R17.1: the new keeper has said that it is there still */
		if (instance->alien && instance->alien_is_told)
			continue;
		/* R13: whom a drill may cut must not own it by then */
		if (instance->releasing || core->stopping ||
		    (!in_time && !drill_keeps(core))) {
			if (!instance->releasing)
				instance->release_why = "the keeper was gone";
			instance->releasing = true;
			instance->released_us = core->now_us;
			action_add(core, ACTION_RELEASE)->instance = i;
			continue;
		}
		/*
		 * own was stated without a gap: the permit still stands. Its
		 * time is that of the order: the keeper refuses old ones.
		 */
		action = action_add(core, ACTION_CLAIM);
		action->instance = i;
		action->permit = permit_renew(core, i);
		action->permit.at_us = core->now_us;
	}
}
