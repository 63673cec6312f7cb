/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R2: what each link says of the peer. Hearing is taken at once; silence is
 * judged only in a tick, when every socket was read until empty, and counts
 * only on a link that has worked. A link never decides anything by itself.
 */
#include <stdio.h>

#include "internal.h"

#define NOISE_WINDOW_US (10 * (int64_t)SECOND_US)
#define NOISE_MOST	10
/* so many beats in a row are of another key */
#define BAD_MACS_MOST 3

void links_begin(struct core *core)
{
	core->links_end = 0;
	for (unsigned i = 0; i < CORE_LINKS_MAX; i++)
		if (core->settings->links[i].configured)
			core->links_end = i + 1;
}

static void link_enter(struct core *core, unsigned link, enum link_state state,
		       const char *why)
{
	struct core_link *l = &core->links[link];

	assert(state != LINK_SENDING);
	if (l->state == state)
		return;
	trace_change(core, CORE_NOTICE, "link", -1, link_state_name(l->state),
		     link_state_name(state), "link %s: %s -> %s: %s",
		     core->settings->links[link].name,
		     link_state_name(l->state), link_state_name(state), why);
	l->state = state;
	core->urgent_beat = true;
}

/* An authenticated, new frame came by this link. */
void link_heard(struct core *core, unsigned link)
{
	struct core_link *l = &core->links[link];
	enum link_state state = l->hears_us ? LINK_UP : LINK_HALF;
	char why[80];

	l->bad_macs = 0;
	if (core->now_us >= l->alive_until_us) {
		l->good = 0;
		l->good_from_us = core->now_us;
	}
	l->heard_us = core->now_us;
	l->alive_until_us = core->now_us + link_dead_us(core, link);
	/* R2: a sign of life, out of a buffer; the link says nothing by it */
	if (l->is_broken)
		return;
	if (!link_is_proven(l))
		l->good++;
	if (!link_is_proven(l))
		return;
	if (state == LINK_UP)
		l->half_from_us = 0;
	else if (l->half_from_us == 0)
		l->half_from_us = core->now_us;
	if (l->state == state)
		return; /* the words below are for a change only */
	if (state == LINK_UP)
		snprintf(why, sizeof(why), "%d beats in %lld ms, both ways",
			 GOOD_FOR_UP,
			 (long long)(core->now_us - l->good_from_us) / 1000);
	else
		snprintf(why, sizeof(why), "%s is heard but does not hear us",
			 peer_name(core));
	link_enter(core, link, state, why);
}

/* A port has an alert of its own; a card without carrier is a link down. */
static enum alert_row broken_row(const struct core *core, unsigned link)
{
	return core->settings->links[link].is_port ? ROW_LINK_BROKEN
						   : ROW_LINK_DOWN;
}

void link_opened(struct core *core, unsigned link)
{
	struct core_link *l = &core->links[link];

	assert(core->settings->links[link].configured);
	l->is_broken = false;
	l->line_is_high = l->line_follows = false;
	l->line_low_us = l->silent_us = 0;
	wires_reset(l);
	l->opened_us = core->now_us;
	l->good = 0;
	l->alive_until_us = 0;
	l->next_send_us = l->free_us = l->retry_us = 0;
	l->is_dropped = false;
	/* R2: never again until heard since its own side was broken */
	link_enter(core, link, LINK_NEVER, "opened");
	alert_clear(core, broken_row(core, link), link);
	/* the keeper needs the will for the new descriptor */
	core->obituary_for = core->obituary_of = 0;
}

void link_broken(struct core *core, unsigned link, const char *why)
{
	struct core_link *l = &core->links[link];

	l->is_broken = true;
	l->hears_us = false;
	/* R4: a card tells that the other end is dark later than we know it */
	if (l->state == LINK_DOWN)
		l->silent_us = core->now_us;
	alert_raise(core, broken_row(core, link), link, CORE_WARNING,
		    "link %s: %s", core->settings->links[link].name, why);
	if (broken_row(core, link) != ROW_LINK_DOWN)
		alert_clear(core, ROW_LINK_DOWN, link);
	alert_clear(core, ROW_LINK_NEVER, link);
	alert_clear(core, ROW_LINK_HALF, link);
	link_enter(core, link, LINK_BROKEN, why);
	fence_own_side_broke(core, core->settings->links[link].name, why);
}

/* It works again, but whoever did it will do it again: told for a while. */
void link_changed(struct core *core, unsigned link, const char *what)
{
	enum alert_row row = broken_row(core, link) == ROW_LINK_DOWN
				     ? ROW_UDP_CHANGED
				     : ROW_LINK_CHANGED;

	alert_flash(core, row, link, 300 * (int64_t)SECOND_US, "link %s: %s",
		    core->settings->links[link].name, what);
}

/* For people: what to look at, which only the link's kind knows. */
static const struct link_words *link_word(const struct core *core,
					  unsigned link)
{
	static const struct link_words none = {
		.lost = "check it",
		.down = "check it and the other end",
		.half = "check it and the other end",
		.never = "check it and the other end",
		.noise = "what speaks there?",
		.other = "what speaks there?",
		.loop = "check what it is connected to"};
	const struct link_words *words = core->settings->links[link].words;

	return words ? words : &none;
}

/*
 * A burst is normal on a cable; what goes on is not: another speed, another
 * program on the line, a worn plug. Counted by the link, told in time windows.
 */
static void noise_framing(struct core *core, unsigned link)
{
	struct core_link *l = &core->links[link];

	if (core->now_us - l->noise_from_us > NOISE_WINDOW_US) {
		l->noise_from_us = core->now_us;
		l->noise = 0;
	}
	if (++l->noise < NOISE_MOST)
		return;
	alert_flash(core, ROW_MISMATCH_FRAMING, link, 2 * NOISE_WINDOW_US,
		    "link %s: %u or more frames in %d s were none: %s",
		    core->settings->links[link].name, NOISE_MOST,
		    (int)(NOISE_WINDOW_US / SECOND_US),
		    link_word(core, link)->other);
}

/* Bytes that are no frames, in the last minute. */
static bool hears_noise(const struct core *core, unsigned link)
{
	const struct core_link *l = &core->links[link];

	return l->noise > 0 &&
	       core->now_us - l->noise_from_us < 60 * (int64_t)SECOND_US;
}

/*
 * R2: what fails its MAC is no sign of life, but somebody must be told. One
 * that fails among good ones was damaged on its way: an end that lost its power
 * in the middle of a frame.
 */
static void noise_mac(struct core *core, unsigned link)
{
	if (++core->links[link].bad_macs < BAD_MACS_MOST)
		noise_framing(core, link);
	else
		alert_flash(core, ROW_MISMATCH_KEY, link,
			    10 * (int64_t)SECOND_US,
			    "link %s: beats fail their MAC: copy the same key "
			    "file to both nodes",
			    core->settings->links[link].name);
}

void link_noise(struct core *core, unsigned link, enum core_noise noise)
{
	const char *name = core->settings->links[link].name;

	switch (noise) {
	case CORE_NOISE_MAC:
		noise_mac(core, link);
		break;
	case CORE_NOISE_LOOP:
		core->links[link].loops++;
		core->links[link].looped_us = core->now_us;
		alert_flash(core, ROW_LINK_LOOPED, link, 5 * (int64_t)SECOND_US,
			    "link %s: our own beats come back: %s", name,
			    link_word(core, link)->loop);
		break;
	case CORE_NOISE_NAMESAKE:
		core->links[link].namesake_us = core->now_us;
		alert_flash(
			core, ROW_MISMATCH_NAME, link, 10 * (int64_t)SECOND_US,
			"link %s: the other end says that it is %s, too: "
			"two nodes of one name (give one its own by host "
			"name or --node, /etc/default/twinbeat), or `nodes` "
			"in another order there (copy one file to both)",
			name, self_name(core));
		break;
	case CORE_NOISE_FRAMING:
		noise_framing(core, link);
		break;
	}
}

/*
 * R2: who is at the other end of a cable, with our key, lives, whoever it says
 * it is. (By a network old frames of our own could come for ever.)
 */
int64_t namesake_until_us(const struct core *core)
{
	int64_t until_us = 0;

	for (unsigned i = 0; i < core->links_end; i++) {
		int64_t heard_us = core->links[i].namesake_us;
		int64_t dead_us = link_dead_us(core, i);

		if (core->settings->links[i].is_port && heard_us != 0 &&
		    heard_us + dead_us > until_us)
			until_us = heard_us + dead_us;
	}
	return until_us;
}

void links_reset(struct core *core)
{
	for (unsigned i = 0; i < core->links_end; i++) {
		struct core_link *l = &core->links[i];

		l->good = 0;
		l->heard_us = l->alive_until_us = l->silent_us = 0;
		l->hears_us = false;
		l->half_from_us = 0;
		if (core->settings->links[i].configured && !l->is_broken)
			link_enter(core, i, LINK_NEVER,
				   "nothing is expected any more");
	}
	for (unsigned i = 0; i < core->settings->instance_count; i++)
		if (!core->instances[i].own)
			advert_link_reset(core, i);
	core->vrrp_alive_until_us = 0;
	hearing_reset(core);
	hurry_reset(core);
}

/* Silence is expected from here on: it says nothing (R2, R4). */
void advert_link_reset(struct core *core, unsigned instance)
{
	struct core_link *l = &core->instances[instance].vrrp;

	l->good = 0;
	l->alive_until_us = 0;
	/* R2: broken is about our own side, whatever the peer says */
	if (l->state != LINK_BROKEN)
		l->state = LINK_NEVER;
	core->instances[instance].silent_from_us = 0;
	alert_clear(core, ROW_ADVERTS_DOWN, instance);
}

/* The peer is off: is it a person's turn to switch it on? */
static void off_tell(struct core *core, unsigned link)
{
	const struct core_fence *fence = &core->fence;
	const char *name = core->settings->links[link].name;

	if (fence->restore.failures > 0)
		alert_raise(core, ROW_LINK_DOWN, link, CORE_WARNING,
			    "link %s is down, for %s is off and could not be "
			    "switched on again, which is tried on: %s",
			    name, peer_name(core), fence->restore.text);
	else if (fence->restore.due_us != 0)
		alert_raise(core, ROW_LINK_DOWN, link, CORE_WARNING,
			    "link %s is down, for %s is off; redundancy is "
			    "lost until it runs again: it is switched on soon",
			    name, peer_name(core));
	else if (fence->last.is_known && fence->last.kind == CORE_FENCE_ON &&
		 fence->last.outcome == CORE_OUTCOME_ON)
		alert_raise(core, ROW_LINK_DOWN, link, CORE_WARNING,
			    "link %s is down: %s has its power again, and was "
			    "not heard since; redundancy is lost until it runs",
			    name, peer_name(core));
	else
		alert_raise(core, ROW_LINK_DOWN, link, CORE_WARNING,
			    "link %s is down, for %s is off; redundancy is "
			    "lost until it runs again: when its fault is "
			    "mended: twinbeat fence %s --action on",
			    name, peer_name(core), peer_name(core));
}

static void link_alerts(struct core *core, unsigned link)
{
	struct core_link *l = &core->links[link];
	const char *name = core->settings->links[link].name;
	int64_t patience_us = link_dead_us(core, link);

	if (patience_us < SECOND_US)
		patience_us = SECOND_US;
	/* nobody looks for a cable that a dark machine has silenced */
	if (l->state == LINK_DOWN && core->peer.state == PEER_OFF)
		off_tell(core, link);
	else if (l->state == LINK_DOWN && fence_has_just_cut(core))
		alert_raise(core, ROW_LINK_DOWN, link, CORE_WARNING,
			    "link %s is down, for %s is being cut by this "
			    "node; redundancy is lost until it runs again",
			    name, peer_name(core));
	else if (l->state == LINK_DOWN)
		alert_raise(
			core, ROW_LINK_DOWN, link, CORE_WARNING,
			"link %s is down: %s; redundancy is lost%s", name,
			wires_hint(core, link, link_word(core, link)->down),
			one_medium_is_left(core)
				? ", and a takeover waits for "
				  "fence.lone_link_ms and a gateway's answer"
				: "");
	else
		alert_clear(core, ROW_LINK_DOWN, link);
	if (l->state == LINK_HALF && l->half_from_us &&
	    core->now_us - l->half_from_us > patience_us)
		alert_raise(
			core, ROW_LINK_HALF, link, CORE_WARNING,
			"link %s: we hear %s, it does not hear us: %s", name,
			peer_name(core),
			wires_hint(core, link, link_word(core, link)->half));
	else if (l->state != LINK_HALF)
		alert_clear(core, ROW_LINK_HALF, link);
	else
		core_wake_at(core, l->half_from_us + patience_us + 1);
	if (l->state != LINK_NEVER || !peer_is_heard(core) ||
	    peer_is_plain(core))
		l->never_from_us = 0;
	else if (l->never_from_us == 0)
		l->never_from_us = core->now_us;
	if (l->never_from_us &&
	    core->now_us - l->never_from_us > 10 * (int64_t)SECOND_US)
		alert_raise(
			core, ROW_LINK_NEVER, link, CORE_WARNING,
			"link %s has never been heard since start, though "
			"%s is alive: %s%s%s",
			name, peer_name(core),
			wires_hint(core, link, link_word(core, link)->never),
			hears_noise(core, link)
				? "; something comes in that is no beat: "
				: "",
			hears_noise(core, link) ? link_word(core, link)->noise
						: "");
	else if (l->state != LINK_NEVER)
		alert_clear(core, ROW_LINK_NEVER, link);
}

static void link_judge(struct core *core, unsigned link)
{
	struct core_link *l = &core->links[link];
	char why[100];

	if (l->is_broken)
		return;
	if (core->now_us < l->alive_until_us) {
		core_wake_at(core, l->alive_until_us);
	} else if (l->state == LINK_UP || l->state == LINK_HALF) {
		snprintf(why, sizeof(why),
			 "nothing heard for %lld ms (dead %lld)",
			 (long long)(core->now_us - l->heard_us) / 1000,
			 (long long)link_dead_us(core, link) / 1000);
		l->hears_us = false;
		link_enter(core, link, LINK_DOWN, why);
	} else if (l->state == LINK_NEVER || l->state == LINK_DOWN) {
		l->good = 0;
	}
	link_alerts(core, link);
}

/* Why no advert comes is another matter while this node cuts the peer, and
 * when that is over. */
static void adverts_down_tell(struct core *core, unsigned instance)
{
	const char *why = "check switch, VLAN and firewall";

	if (core->peer.state == PEER_OFF)
		why = "it is off";
	else if (fence_has_just_cut(core))
		why = "this node is cutting it";
	alert_raise(core, ROW_ADVERTS_DOWN, instance, CORE_WARNING,
		    "link vrrp:%s is down: no advert of %s: %s",
		    core->settings->instances[instance].name, peer_name(core),
		    why);
}

static void advert_link_enter(struct core *core, unsigned instance,
			      enum link_state state, const char *why)
{
	struct core_link *l = &core->instances[instance].vrrp;

	assert(state != LINK_HALF && core->drained);
	if (l->state == state)
		return;
	trace_change(core, CORE_NOTICE, "link", (int)instance,
		     link_state_name(l->state), link_state_name(state),
		     "link vrrp:%s: %s -> %s: %s",
		     core->settings->instances[instance].name,
		     link_state_name(l->state), link_state_name(state), why);
	l->state = state;
	if (state != LINK_DOWN)
		alert_clear(core, ROW_ADVERTS_DOWN, instance);
}

static void advert_link_judge(struct core *core, unsigned instance)
{
	struct core_instance *inst = &core->instances[instance];
	const struct core_instance_settings *settings =
		&core->settings->instances[instance];
	struct core_link *l = &inst->vrrp;
	char why[100];

	if (!core->carrier_known[settings->interface])
		return;
	if (!core->carrier[settings->interface]) {
		l->good = 0;
		inst->silent_from_us = 0;
		/* R1: who is deaf cannot know whether it is the newest word */
		inst->resigned_us = 0;
		if (!l->is_broken)
			fence_own_side_broke(core, settings->name,
					     "no carrier");
		l->is_broken = true;
		advert_link_enter(core, instance, LINK_BROKEN, "no carrier");
		return;
	}
	/* R2: and back before anybody looked: we were busy or frozen */
	if (!l->is_broken && core->flapped[settings->interface])
		fence_own_side_broke(core, settings->name, "no carrier");
	if (l->is_broken || core->flapped[settings->interface])
		l->returned_us = core->now_us;
	l->is_broken = false;
	if (inst->own) {
		/* R3: nobody can hear it */
		if (inst->is_mute)
			advert_link_enter(core, instance, LINK_BROKEN,
					  inst->unsent_why);
		else
			advert_link_enter(core, instance, LINK_SENDING,
					  "owner");
		inst->silent_from_us = 0;
		return;
	}
	if (l->state == LINK_BROKEN || l->state == LINK_SENDING) {
		/* R4: an owner that releases starts anew at never */
		l->good = 0;
		advert_link_enter(core, instance, LINK_NEVER, "listening");
	}
	if (core->now_us < l->alive_until_us) {
		core_wake_at(core, l->alive_until_us);
		if (link_is_proven(l)) {
			inst->silent_from_us = 0;
			advert_link_enter(core, instance, LINK_UP,
					  "adverts are heard");
		}
		return;
	}
	l->good = 0;
	if (l->state == LINK_DOWN &&
	    alert_stands(core, ROW_ADVERTS_DOWN, instance))
		adverts_down_tell(core, instance);
	if (l->state != LINK_UP)
		return;
	snprintf(why, sizeof(why), "no advert for %lld ms (dead %lld)",
		 (long long)(core->now_us - l->heard_us) / 1000,
		 (long long)advert_dead_us(core, instance) / 1000);
	inst->silent_from_us = core->now_us;
	inst->silent_sequence = core->sequence;
	advert_link_enter(core, instance, LINK_DOWN, why);
	/* R16: it is taken over in this very step */
	if (peer_is_plain(core) && inst->fit)
		return;
	adverts_down_tell(core, instance);
}

/* R4: it says that it owns, and we have never heard an advert of it. */
static void advert_never_judge(struct core *core, unsigned instance)
{
	struct core_instance *inst = &core->instances[instance];
	struct core_link *l = &inst->vrrp;
	int64_t patience_us = 10 * (int64_t)SECOND_US;

	if (l->state != LINK_NEVER || inst->own ||
	    !peer_statement_is_fresh(core) || !peer_says_own(core, instance)) {
		l->never_from_us = 0;
		alert_clear(core, ROW_ADVERTS_NEVER, instance);
		return;
	}
	if (l->never_from_us == 0)
		l->never_from_us = core->now_us;
	if (core->now_us - l->never_from_us >= patience_us)
		alert_raise(core, ROW_ADVERTS_NEVER, instance, CORE_WARNING,
			    "link vrrp:%s has never been heard, though %s owns "
			    "it: check interface, switch, VLAN and firewall",
			    core->settings->instances[instance].name,
			    peer_name(core));
	else
		core_wake_at(core, l->never_from_us + patience_us);
}

void links_judge(struct core *core)
{
	for (unsigned i = 0; i < core->links_end; i++)
		if (core->settings->links[i].configured)
			link_judge(core, i);
	for (unsigned i = 0; i < core->settings->instance_count; i++) {
		advert_link_judge(core, i);
		advert_never_judge(core, i);
	}
	memset(core->flapped, 0,
	       core->settings->interface_count * sizeof(core->flapped[0]));
	if (core->now_us < core->vrrp_alive_until_us)
		core_wake_at(core, core->vrrp_alive_until_us);
}

/* Who owns every instance says more than he hears. */
static bool sends_all_adverts(const struct core *core)
{
	for (unsigned i = 0; i < core->settings->instance_count; i++)
		if (core->instances[i].vrrp.state != LINK_SENDING)
			return false;
	return true;
}

/* "serial 31 ms, vrrp 33 ms": the evidence, in ages. */
const char *links_describe(const struct core *core, char *text, size_t size)
{
	size_t used = 0;
	int64_t newest = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < core->links_end && used < size; i++) {
		const struct core_link *l = &core->links[i];

		if (!core->settings->links[i].configured)
			continue;
		used += (size_t)snprintf(text + used, size - used, "%s %s, ",
					 core->settings->links[i].name,
					 link_state_name(l->state));
		if (l->heard_us && used < size)
			used += (size_t)snprintf(text + used - 2,
						 size - used + 2,
						 " (heard %lld ms ago), ",
						 (long long)(core->now_us -
							     l->heard_us) /
							 1000) -
				2;
	}
	for (unsigned i = 0; i < core->settings->instance_count; i++)
		if (core->instances[i].vrrp.heard_us > newest)
			newest = core->instances[i].vrrp.heard_us;
	if (used < size && newest)
		snprintf(text + used, size - used, "vrrp heard %lld ms ago",
			 (long long)(core->now_us - newest) / 1000);
	else if (used < size)
		snprintf(text + used, size - used,
			 sends_all_adverts(core) ? "vrrp sending"
						 : "vrrp never heard");
	return text;
}
