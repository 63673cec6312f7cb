/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R3: who cannot be heard, who cannot hear, and who does not answer, is no
 * judge of the other one.
 * Do our adverts leave this machine? Does anything come in on the interface of
 * an instance? Silence there is evidence against the peer only if somebody
 * else is heard.
 */
#include <stdio.h>

#include "internal.h"

/* three in a row: the first that failed, and two intervals more */
#define UNSENT_INTERVALS 2
/* an answer takes no longer, whatever disagree_ms says */
#define WINDOW_LEAST_US MS(200)
/* an answer is there by then, if ever */
#define FIRST_ANSWER_US MS(50)
/* who is there is learned while all is well: this often, this long */
#define LEARN_AGAIN_US (60 * (int64_t)SECOND_US)
#define LEARN_FOR_US   (2 * (int64_t)SECOND_US)
/* who answered then, twice at least, has not been gone for long */
#define LATELY_US (3 * LEARN_AGAIN_US)

/* ---- do our adverts leave? ---- */

static void source_known(struct core *core, const struct event *event)
{
	const struct core_node *self = &core->settings->nodes[core->self];
	const struct ip *ip = &event->source.ip;

	core->instances[event->source.instance].own_source = *ip;
	core->instances[event->source.instance].source =
		ip_is_v4(ip) && !node_has_address(self, ip) ? ip_to_v4(ip) : 0;
}

static void sending_reset(struct core_instance *instance)
{
	instance->unsent_from_us = 0;
	instance->is_mute = false;
}

static void sending_changed(struct core *core, const struct event *event)
{
	struct core_instance *instance =
		&core->instances[event->sending.instance];

	if (event->sending.is) {
		sending_reset(instance);
		return;
	}
	if (instance->unsent_from_us == 0)
		instance->unsent_from_us = core->now_us;
	snprintf(instance->unsent_why, sizeof(instance->unsent_why), "%s",
		 event->sending.text ? event->sending.text : "");
}

void sending_carrier(struct core *core, unsigned interface)
{
	/* another cable, perhaps */
	core->hearing[interface].peer_hears_gateway = false;
	for (unsigned i = 0; i < core->settings->instance_count; i++)
		if (core->settings->instances[i].interface == interface)
			sending_reset(&core->instances[i]);
}

void sending_judge(struct core *core, unsigned i)
{
	struct core_instance *instance = &core->instances[i];
	int64_t due_us = instance->unsent_from_us +
			 UNSENT_INTERVALS * advert_pace_us(core, i);

	if (instance->unsent_from_us == 0 || instance->is_mute)
		return;
	/* that nothing leaves without a carrier is no fault of its own */
	if (!core->carrier[core->settings->instances[i].interface])
		return;
	if (core->now_us >= due_us)
		instance->is_mute = true;
	else
		core_wake_at(core, due_us);
}

/* R3: adverts leave, and whoever asks for the address gets no answer. */
void vip_answered(struct core *core, const struct event *event)
{
	unsigned i = event->vip.instance;
	struct core_instance *instance = &core->instances[i];

	instance->unanswered = event->vip.failed > 0;
	if (!instance->unanswered) {
		alert_clear(core, ROW_VIP_UNANSWERED, i);
		return;
	}
	snprintf(instance->unanswered_why, sizeof(instance->unanswered_why),
		 "%s", event->vip.text ? event->vip.text : "");
	alert_raise(core, ROW_VIP_UNANSWERED, i, CORE_CRITICAL,
		    "%s: %s does not answer for it: %s",
		    core->settings->instances[i].name, self_name(core),
		    instance->unanswered_why);
}

/* ---- what comes in ---- */

static int64_t window_us(const struct core *core)
{
	int64_t us = MS(core->settings->fence.disagree_ms);

	return us > WINDOW_LEAST_US ? us : WINDOW_LEAST_US;
}

static bool is_recent(const struct core *core, int64_t at_us, int64_t within_us)
{
	return at_us != 0 && core->now_us - at_us < within_us;
}

static bool hears_gateway(const struct core *core,
			  const struct core_hearing *hearing, int64_t within_us)
{
	return is_recent(core, hearing->heard_us[CORE_STATION_ASKED],
			 within_us);
}

/*
 * Where the gateway or a witness has ever answered, this node or the other one,
 * only they will do: in the wrong VLAN, or on the wrong side of a broken
 * switch, others are heard too.
 */
static bool hears_others(const struct core *core,
			 const struct core_hearing *hearing, int64_t within_us)
{
	if (hearing->heard_us[CORE_STATION_ASKED] ||
	    hearing->peer_hears_gateway)
		return hears_gateway(core, hearing, within_us);
	return is_recent(core, hearing->heard_us[CORE_STATION_OTHER],
			 within_us);
}

static bool others_are_known(const struct core_hearing *hearing)
{
	return hearing->heard_us[CORE_STATION_ASKED] ||
	       hearing->heard_us[CORE_STATION_OTHER];
}

static void probe(struct core *core, unsigned interface, bool on)
{
	struct action *action = action_add(core, ACTION_PROBE);

	assert(interface < core->settings->interface_count);
	assert(core->hearing[interface].is_on != on);
	action->probe.interface = interface;
	action->probe.on = on;
	core->hearing[interface].is_on = on;
	core->hearing[interface].asked_us = on ? core->now_us : 0;
}

static struct core_hearing *test(struct core *core, unsigned interface)
{
	struct core_hearing *hearing = &core->hearing[interface];

	/* a look around by the way is no test: that begins with the need */
	if (!hearing->is_on)
		probe(core, interface, true);
	else if (!hearing->was_needed && !hearing->is_needed)
		hearing->asked_us = core->now_us;
	hearing->is_needed = true;
	return hearing;
}

/* The peer itself is heard: this is where it is. */
static void hears_again(struct core_hearing *hearing)
{
	hearing->is_deaf = hearing->peer_hears_gateway = false;
}

static void station_heard(struct core *core, const struct event *event)
{
	struct core_hearing *hearing = &core->hearing[event->station.interface];
	bool did_hear = hearing_is_good(core);

	hearing->heard_us[event->station.who] = core->now_us;
	/* deaf until somebody is heard whose silence would be no wonder */
	if (event->station.who == CORE_STATION_PEER)
		hears_again(hearing);
	else if (hearing->is_deaf &&
		 hears_others(core, hearing, window_us(core)))
		hearing->is_deaf = false;
	if (hearing_is_good(core) != did_hear)
		core->urgent_beat = true;
}

void hear_event(struct core *core, const struct event *event)
{
	if (event->type == EVENT_SENDING_CHANGED)
		sending_changed(core, event);
	else if (event->type == EVENT_SOURCE_KNOWN)
		source_known(core, event);
	else if (event->type == EVENT_EARS_CHANGED)
		core->instances[event->ears.instance].hears = event->ears.is;
	else
		station_heard(core, event);
}

/* On each interface where the test is needed, and it is needed on one. */
static bool all_hear(const struct core *core,
		     bool (*hears)(const struct core *,
				   const struct core_hearing *, int64_t))
{
	bool any = false;

	for (unsigned i = 0; i < core->settings->interface_count; i++) {
		const struct core_hearing *hearing = &core->hearing[i];

		if (!hearing->was_needed && !hearing->is_needed)
			continue;
		if (!hears(core, hearing, window_us(core)))
			return false;
		any = true;
	}
	return any;
}

/* The flag in our beats: what we say about the peer rests on good ears. */
bool hearing_is_good(const struct core *core)
{
	return all_hear(core, hears_others);
}

bool hearing_is_by_gateway(const struct core *core)
{
	return all_hear(core, hears_gateway);
}

enum hearing hearing_judge(struct core *core, unsigned interface,
			   int64_t *due_us)
{
	struct core_hearing *hearing = test(core, interface);
	int64_t peer_us = hearing->heard_us[CORE_STATION_PEER];

	*due_us = hearing->asked_us + window_us(core);
	if (is_recent(core, peer_us, window_us(core))) {
		/* it may fall silent there, too: then this is asked again */
		core_wake_at(core, peer_us + window_us(core));
		return HEARING_PEER;
	}
	if (core->now_us < hearing->asked_us + FIRST_ANSWER_US &&
	    core->now_us < *due_us) {
		core_wake_at(core, hearing->asked_us + FIRST_ANSWER_US);
		return HEARING_WAIT;
	}
	if (core->now_us < *due_us) {
		core_wake_at(core, *due_us);
		return HEARING_PENDING;
	}
	if (hears_others(core, hearing, window_us(core)))
		return HEARING_FINE;
	if (!others_are_known(hearing))
		return HEARING_BLIND;
	hearing->is_deaf = true;
	core_wake_at(core, core->now_us);
	return HEARING_DEAF;
}

/* A test may run already, for a disagreement: what answered it before every
 * link fell silent tells nothing of whom that silence speaks. */
static int64_t asked_from_us(const struct core *core,
			     const struct core_hearing *hearing)
{
	return hearing->asked_us > core->peer.silent_from_us
		       ? hearing->asked_us
		       : core->peer.silent_from_us;
}

/*
 * Whoever was heard before the silence began says nothing of it: this node may
 * have gone deaf in that moment. The peer's own answer is as good as another's.
 */
static bool hears_since_asked(const struct core *core,
			      const struct core_hearing *hearing)
{
	int64_t since_us = core->now_us - asked_from_us(core, hearing);

	if (since_us > window_us(core))
		since_us = window_us(core);
	return is_recent(core, hearing->heard_us[CORE_STATION_PEER],
			 since_us) ||
	       hears_others(core, hearing, since_us);
}

enum hearing hearing_of_anybody(struct core *core, unsigned interface)
{
	struct core_hearing *hearing = test(core, interface);
	int64_t due_us = asked_from_us(core, hearing) + window_us(core);

	if (hears_since_asked(core, hearing))
		return HEARING_FINE;
	if (!others_are_known(hearing))
		return HEARING_BLIND;
	if (core->now_us < due_us) {
		core_wake_at(core, due_us);
		return HEARING_PENDING;
	}
	hearing->is_deaf = true;
	core_wake_at(core, core->now_us);
	return HEARING_DEAF;
}

/*
 * R4: did the gateway or a witness answer shortly before every link fell
 * silent? Only then does its silence tell of our ears: one that was gone
 * before, or that nobody ever heard, must not keep a good standby from its
 * work.
 */
bool hearing_is_telling(const struct core *core, unsigned interface)
{
	int64_t asked_us =
		core->hearing[interface].heard_us[CORE_STATION_ASKED];

	return asked_us != 0 &&
	       asked_us > core->peer.silent_from_us - LATELY_US;
}

bool somebody_answers(struct core *core, unsigned interface)
{
	return hears_since_asked(core, test(core, interface));
}

/* ---- who is the isolated one? ---- */

/*
 * Adverts do not arrive, and both nodes know it by cable. Nobody answers here,
 * not even the peer, which hears others: we are the isolated one. Who owns
 * nothing needs no such word, if others were heard before. Who is unfit takes
 * nothing, and hands over.
 */
static void am_i_isolated(struct core *core, unsigned i, int64_t within_us)
{
	const struct beat *beat = &core->peer.statement;
	unsigned interface = core->settings->instances[i].interface;
	struct core_hearing *hearing;

	if (!core->settings->fence.disagree_probe || !core->carrier[interface])
		return;
	hearing = test(core, interface);
	if (beat->heard & BEAT_HEARD_GATEWAY)
		hearing->peer_hears_gateway = true;
	if (!(beat->flags & BEAT_FLAG_HEARS) &&
	    (core->instances[i].own || !others_are_known(hearing)))
		return;
	if (core->now_us < hearing->asked_us + within_us) {
		core_wake_at(core, hearing->asked_us + within_us);
		return;
	}
	if (!hears_others(core, hearing, within_us) &&
	    !is_recent(core, hearing->heard_us[CORE_STATION_PEER], within_us))
		hearing->is_deaf = true;
}

/* The owner's adverts have had their time to be heard since they could be. */
static int64_t unheard_due_us(const struct core *core, unsigned i)
{
	return core->instances[i].vrrp.never_from_us +
	       3 * advert_dead_us(core, i);
}

/*
 * R4, the row "never heard": the peer owns it by its word, and no advert of it
 * was heard since the carrier came, or since the start: a filter, or this node
 * is in a wrong VLAN. It must not take by agreement what it could not serve.
 */
static void never_heard_judge(struct core *core, unsigned i)
{
	const struct core_link *l = &core->instances[i].vrrp;
	int64_t due_us;

	if (l->state == LINK_UP)
		hears_again(
			&core->hearing[core->settings->instances[i].interface]);
	if (l->never_from_us == 0 || two_way_state(core) != LINK_UP)
		return;
	due_us = unheard_due_us(core, i);
	if (core->now_us >= due_us)
		am_i_isolated(core, i, window_us(core));
	else
		core_wake_at(core, due_us);
}

bool hearing_is_untested(const struct core *core, unsigned i)
{
	const struct core_link *l = &core->instances[i].vrrp;

	return core->settings->fence.disagree_probe && l->state == LINK_NEVER &&
	       (l->never_from_us == 0 ||
		core->now_us <
			unheard_due_us(core, i) + window_us(core) + SECOND_US);
}

/* We own and send, and a fit peer that knows of it says that it hears none. */
static bool is_unheard(const struct core *core, unsigned i)
{
	const struct core_instance *instance = &core->instances[i];
	const struct beat *beat = &core->peer.statement;

	return instance->own && !instance->releasing &&
	       two_way_state(core) == LINK_UP &&
	       peer_statement_is_fresh(core) && peer_says_fit(core, i) &&
	       peer_acknowledges(core, instance->own_sequence) &&
	       !(beat->heard & BEAT_HEARD_VRRP);
}

static void unheard_judge(struct core *core, unsigned i)
{
	struct core_instance *instance = &core->instances[i];
	const struct core_settings *settings = core->settings;
	int64_t dead_us, due_us;
	bool disagrees = core->peer.statement.flags & BEAT_FLAG_DISAGREE;

	if (!is_unheard(core, i)) {
		if (!instance->own)
			instance->was_heard = false;
		else if (core->peer.statement.heard & BEAT_HEARD_VRRP)
			instance->was_heard = true;
		if (instance->unheard_from_us == 0)
			return;
		instance->unheard_from_us = 0;
		alert_clear(core, ROW_DISAGREE_UNHEARD, i);
		return;
	}
	if (instance->unheard_from_us == 0)
		instance->unheard_from_us = core->now_us;
	dead_us = advert_dead_us(core, i);
	due_us = instance->unheard_from_us +
		 (instance->was_heard ? dead_us : 3 * dead_us);
	/* in half the time: who hands over is not cut */
	if (disagrees)
		am_i_isolated(core, i, window_us(core) / 2);
	else if (core->now_us >= due_us)
		am_i_isolated(core, i, window_us(core));
	if (core->now_us < due_us) {
		core_wake_at(core, due_us);
		return;
	}
	if (disagrees && settings->fence.on_disagreement != CORE_HOLD)
		alert_raise(core, ROW_DISAGREE_UNHEARD, i, CORE_WARNING,
			    "%s: %s hears our beats but no adverts: it may cut "
			    "this node %u ms after they fell silent: check "
			    "switch, VLAN, firewall and nodes[].address",
			    settings->instances[i].name, peer_name(core),
			    settings->fence.disagree_ms);
	else
		alert_raise(core, ROW_DISAGREE_UNHEARD, i, CORE_WARNING,
			    "%s: %s hears our beats but no adverts (it cuts "
			    "nobody for it): check switch, VLAN, firewall and "
			    "nodes[].address",
			    settings->instances[i].name, peer_name(core));
}

/* ---- tests come and go ---- */

/* A look around while all is well: later it tells deaf from lonely. */
static bool may_learn(const struct core *core, unsigned interface)
{
	return core->settings->fence.disagree_probe && core->keeper_ready &&
	       core->carrier[interface] &&
	       core->now_us >= core->hearing[interface].learn_us;
}

static bool is_learning(const struct core *core,
			const struct core_hearing *hearing)
{
	return core->now_us < hearing->asked_us + LEARN_FOR_US &&
	       hearing->heard_us[CORE_STATION_ASKED] < hearing->asked_us;
}

static void hearing_judge_end(struct core *core, unsigned interface)
{
	struct core_hearing *hearing = &core->hearing[interface];

	if (!hearing->is_on && !hearing->is_needed &&
	    (hearing->is_deaf || may_learn(core, interface)))
		probe(core, interface, true);
	else if (hearing->is_on && !hearing->is_needed && !hearing->is_deaf &&
		 !is_learning(core, hearing)) {
		probe(core, interface, false);
		hearing->learn_us = core->now_us + LEARN_AGAIN_US;
	}
	hearing->was_needed = hearing->is_needed;
	hearing->is_needed = false;
}

void hearing_step(struct core *core)
{
	for (unsigned i = 0; i < core->settings->instance_count; i++) {
		unheard_judge(core, i);
		never_heard_judge(core, i);
	}
	for (unsigned i = 0; i < core->settings->interface_count; i++)
		if (core->vrrp_interfaces >> i & 1)
			hearing_judge_end(core, i);
}

/* R11: what was heard before tells nothing of now: asked anew. */
void hearing_reset(struct core *core)
{
	for (unsigned i = 0; i < core->settings->interface_count; i++)
		if (core->hearing[i].is_on)
			core->hearing[i].asked_us = core->now_us;
}
