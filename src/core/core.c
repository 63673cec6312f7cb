/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The core's front door: one event in, one pass over the rules, actions out.
 * Read core_step() to see every input there is and the order of the rules.
 */
#include <stdio.h>

#include "internal.h"

static uint32_t random_next(uint32_t state)
{
	/* xorshift32: generations must differ, not be secret */
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state;
}

uint32_t core_random(struct core *core)
{
	core->random = random_next(core->random);
	return core->random;
}

void core_init(struct core *core, const struct core_settings *settings,
	       const struct core_memory *memory, uint32_t generation,
	       int64_t now_us)
{
	uint32_t ids[CORE_PLUGS_MAX];

	assert(settings->instance_count <= CORE_INSTANCES_MAX);
	assert(settings->self < 2 && generation != 0);
	assert(settings->interface_count <= CORE_INTERFACES_MAX);
	assert(settings->device_count <= CORE_DEVICES_MAX);
	assert(settings->nodes[0].plug_count <= CORE_PLUGS_MAX);
	assert(settings->nodes[1].plug_count <= CORE_PLUGS_MAX);
	assert(now_us >= 0);
	/* of the alerts, those that stand are read; of the instances, those
	 * that the settings have, and new ones begin anew (reload.c) */
	memset(core, 0, offsetof(struct core, instances));
	memset(core->instances, 0,
	       settings->instance_count * sizeof(core->instances[0]));
	memset((char *)core + offsetof(struct core, asks), 0,
	       offsetof(struct core, alerts) - offsetof(struct core, asks));
	core->settings = settings;
	core->memory = *memory;
	core->fence.restore.device = -1;
	/* R1: a plug is proven under these settings of it, or not at all */
	core_plug_ids(settings, ids);
	core->is_placed_anew =
		memcmp(core->memory.plug_ids, ids, sizeof(ids)) != 0;
	core_memory_place(&core->memory, ids, settings->fence_digest);
	core->memory_before = core->memory;
	core->self = settings->self;
	core->peer_index = 1 - settings->self;
	core->now_us = core->started_us = now_us;
	/* R11: at once; and a program that starts slowly was not away */
	core->deadline_us = 0;
	core->random = generation;
	core->generation = generation;
	core->next_id = 1;
	core->memory.clean_end = false;
	drill_resume(core);
	last_word_recall(core);
	/* R8: no link speaks before the keeper is ready: see keeper_is_ready */
	core->listen_us = 1; /* 0 would say that it has begun */
	/* R16: by the RFC's timer alone */
	if (!settings->peer_is_plain)
		core->listen_us +=
			MS(memory->clean_end ? settings->startup_ms
					     : settings->unclean_startup_ms);
	core->startup_until_us = INT64_MAX;
	for (unsigned i = 0; i < CORE_LINKS_MAX; i++) {
		core->links[i].is_broken = settings->links[i].configured;
		core->links[i].state = LINK_BROKEN;
		core->links[i].round_trip_us = -1;
	}
	for (unsigned i = 0; i < settings->instance_count; i++)
		core->instances[i].since_us = now_us;
	for (unsigned i = 0; i < settings->instance_count; i++)
		core->vrrp_interfaces |= UINT32_C(1)
					 << settings->instances[i].interface;
	links_begin(core);
	groups_begin(core);
	servers_begin(core);
	/* the two nodes read at different times (R14: one-client devices) */
	core->monitor_due_us =
		now_us + MS(settings->fence.monitor_ms) / 2 * core->self;
	core->monitor_node = core->peer_index;
}

void core_wake_at(struct core *core, int64_t at_us)
{
	if (at_us < core->deadline_us)
		core->deadline_us = at_us;
}

int64_t core_deadline(const struct core *core)
{
	return core->deadline_us;
}

/* ---- facts that are told, and decide nothing ---- */

static void firewall_seen(struct core *core, const struct event *event)
{
	unsigned i = event->firewall.instance;
	const struct core_instance_settings *settings =
		&core->settings->instances[i];
	char from[IP_TEXT_MAX];

	if (!event->firewall.is)
		alert_clear(core, ROW_FIREWALL, i);
	else if (ip_is_none(&settings->peer_address))
		alert_raise(core, ROW_FIREWALL, i, CORE_WARNING,
			    "the local firewall drops VRRP of %s: "
			    "allow IP protocol 112 to 224.0.0.18",
			    settings->name);
	else
		alert_raise(core, ROW_FIREWALL, i, CORE_WARNING,
			    "the local firewall drops VRRP of %s: "
			    "allow IP protocol 112 from %s",
			    settings->name,
			    ip_format(&settings->peer_address, from));
}

static void store_changed(struct core *core, const struct event *event)
{
	bool is_state = event->store.what == CORE_STORE_STATE;
	enum alert_row row =
		is_state ? ROW_STATE_UNWRITABLE : ROW_HISTORY_UNWRITABLE;

	if (event->store.text)
		alert_raise(core, row, 0,
			    is_state ? CORE_CRITICAL : CORE_WARNING, "%s",
			    event->store.text);
	else
		alert_clear(core, row, 0);
}

static void director_changed(struct core *core, const struct event *event)
{
	static const struct {
		enum alert_row row;
		enum core_severity severity;
	} of[] = {
		[CORE_DIRECTOR_OFF] = {ROW_DIRECTOR_OFF, CORE_CRITICAL},
		[CORE_DIRECTOR_TABLE] = {ROW_DIRECTOR_TABLE, CORE_CRITICAL},
		[CORE_DIRECTOR_FOREIGN] = {ROW_DIRECTOR_FOREIGN, CORE_WARNING},
		[CORE_DIRECTOR_SYNC] = {ROW_DIRECTOR_SYNC, CORE_WARNING},
		[CORE_DIRECTOR_DOWN] = {ROW_SERVER_DOWN, CORE_WARNING},
		[CORE_DIRECTOR_EMPTY] = {ROW_SERVICE_EMPTY, CORE_CRITICAL},
		[CORE_DIRECTOR_FALLBACK] = {ROW_SERVICE_FALLBACK,
					    CORE_CRITICAL},
		[CORE_DIRECTOR_PANIC] = {ROW_DIRECTOR_PANIC, CORE_CRITICAL},
		[CORE_DIRECTOR_BLIND] = {ROW_DIRECTOR_BLIND, CORE_CRITICAL},
		[CORE_DIRECTOR_DIFFERS] = {ROW_VIEW_DIFFERS, CORE_WARNING},
	};
	enum core_director what = event->director.what;

	if (event->director.text)
		alert_raise(core, of[what].row, 0, of[what].severity, "%s",
			    event->director.text);
	else
		alert_clear(core, of[what].row, 0);
}

/* text: what a program does without, or who is not told; NULL: nothing, nobody.
 */
static void program_changed(struct core *core, const struct event *event,
			    enum alert_row row)
{
	if (event->process.text)
		alert_raise(core, row, 0, CORE_WARNING, "%s",
			    event->process.text);
	else
		alert_clear(core, row, 0);
}

/* For people alone. */
static void outside_changed(struct core *core, const struct event *event)
{
	if (event->type == EVENT_STORE_CHANGED)
		store_changed(core, event);
	else if (event->type == EVENT_DIRECTOR_CHANGED)
		director_changed(core, event);
	else
		program_changed(core, event,
				event->type == EVENT_NOTIFY_CHANGED
					? ROW_NOTIFY_FAILED
				: event->type == EVENT_WATCHDOG_CHANGED
					? ROW_WATCHDOG
					: ROW_UNPRIVILEGED);
}

static void stop_asked(struct core *core)
{
	if (core->stopping)
		return;
	core->stopping = true;
	core->stop_us = core->now_us;
	core->stop_until_us = core->now_us + MS(core->settings->fence.yield_ms);
}

static void link_event(struct core *core, const struct event *event)
{
	if (event->type == EVENT_LINK_OPENED)
		link_opened(core, event->link.link);
	else if (event->type == EVENT_LINK_BROKEN)
		link_broken(core, event->link.link, event->link.text);
	else if (event->type == EVENT_LINK_CHANGED)
		link_changed(core, event->link.link, event->link.text);
	else if (event->type == EVENT_LINK_NOISE)
		link_noise(core, event->link.link, event->link.noise);
	else if (event->type == EVENT_LINE_CHANGED)
		line_changed(core, event);
	else if (event->type == EVENT_WIRES_TOLD)
		wires_told(core, event);
	else
		beat_dropped(core, event);
}

static void take_event(struct core *core, const struct event *event)
{
	switch (event->type) {
	case EVENT_TICK:
		break;
	case EVENT_BEAT_HEARD:
		peer_heard_beat(core, event->beat.link, &event->beat.beat);
		break;
	case EVENT_ADVERT_HEARD:
		advert_heard(core, event);
		break;
	case EVENT_ADVERT_BESIDE:
		advert_beside(core, event);
		break;
	case EVENT_FIREWALL_SEEN:
		firewall_seen(core, event);
		break;
	case EVENT_SENDING_CHANGED:
	case EVENT_SOURCE_KNOWN:
	case EVENT_EARS_CHANGED:
	case EVENT_STATION_HEARD:
		hear_event(core, event);
		break;
	case EVENT_LINK_OPENED:
	case EVENT_LINK_BROKEN:
	case EVENT_LINK_CHANGED:
	case EVENT_LINK_NOISE:
	case EVENT_LINE_CHANGED:
	case EVENT_WIRES_TOLD:
	case EVENT_BEAT_DROPPED:
		link_event(core, event);
		break;
	case EVENT_CARRIER_CHANGED:
		carrier_changed(core, event);
		break;
	case EVENT_CHECKS_TOLD:
		checks_told(core, event);
		break;
	case EVENT_KEEPER_READY:
		keeper_is_ready(core);
		break;
	case EVENT_KEEPER_LOST:
		keeper_is_lost(core, event->process.text, event->process.ended);
		break;
	case EVENT_CLAIM_DONE:
		instance_claim_done(core, event);
		break;
	case EVENT_VIP_MENDED:
		if (event->vip.failed == 0)
			alert_clear(core, ROW_VIP_FAILED, event->vip.instance);
		break;
	case EVENT_VIP_ANSWERED:
		vip_answered(core, event);
		break;
	case EVENT_VIP_ALIEN:
		instance_alien(core, event);
		break;
	case EVENT_RELEASE_DONE:
		instance_release_done(core, event->vip.instance,
				      event->vip.failed, event->vip.text);
		break;
	case EVENT_VIP_LOOKED:
		instance_looked(core, event->look.instance, event->look.is);
		break;
	case EVENT_FENCE_STEPPED:
		fence_stepped(core, event);
		break;
	case EVENT_FENCE_DONE:
		fence_done(core, &event->fence);
		break;
	case EVENT_FENCER_LOST:
		fencer_lost(core, event->process.text);
		break;
	case EVENT_PROCESS_DIED:
		alert_flash(core, ROW_HELPER_DIED, 0, 60 * (int64_t)SECOND_US,
			    "%s", event->process.text);
		break;
	case EVENT_STORE_CHANGED:
	case EVENT_NOTIFY_CHANGED:
	case EVENT_DIRECTOR_CHANGED:
	case EVENT_PRIVILEGES_CHANGED:
	case EVENT_WATCHDOG_CHANGED:
		outside_changed(core, event);
		break;
	case EVENT_SERVERS_SEEN:
		servers_told(core, event);
		break;
	case EVENT_BOARD_CHANGED:
		board_changed(core, event);
		break;
	case EVENT_OPERATOR_ASKED:
		operator_asked(core, event);
		break;
	case EVENT_CODE_MADE:
		question_coded(core, event);
		break;
	case EVENT_STOP_ASKED:
		stop_asked(core);
		break;
	}
}

int event_instance(const struct event *event)
{
	switch (event->type) {
	case EVENT_ADVERT_HEARD:
	case EVENT_ADVERT_BESIDE:
		return (int)event->advert.instance;
	case EVENT_FIREWALL_SEEN:
		return (int)event->firewall.instance;
	case EVENT_SENDING_CHANGED:
		return (int)event->sending.instance;
	case EVENT_SOURCE_KNOWN:
		return (int)event->source.instance;
	case EVENT_EARS_CHANGED:
		return (int)event->ears.instance;
	case EVENT_CHECKS_TOLD:
		return (int)event->checks.instance;
	case EVENT_CLAIM_DONE:
	case EVENT_VIP_MENDED:
	case EVENT_VIP_ANSWERED:
	case EVENT_RELEASE_DONE:
		return (int)event->vip.instance;
	case EVENT_VIP_ALIEN:
		return (int)event->alien.instance;
	case EVENT_VIP_LOOKED:
		return (int)event->look.instance;
	default:
		return -1;
	}
}

/*
 * What the edges owe us: an index that they give is one of the settings. They
 * look before they tell; what comes from outside never is an index.
 */
static void check_event(const struct core *core, const struct event *event)
{
	const struct core_settings *settings = core->settings;

	assert(event_instance(event) < (int)settings->instance_count);
	switch (event->type) {
	case EVENT_BEAT_HEARD:
		assert(event->beat.link < CORE_LINKS_MAX);
		assert(settings->links[event->beat.link].configured);
		break;
	case EVENT_STATION_HEARD:
		assert(event->station.interface < settings->interface_count);
		assert(event->station.who < CORE_STATIONS);
		break;
	case EVENT_LINK_OPENED:
	case EVENT_LINK_BROKEN:
	case EVENT_LINK_CHANGED:
	case EVENT_LINK_NOISE:
	case EVENT_BEAT_DROPPED:
		assert(event->link.link < CORE_LINKS_MAX);
		assert(settings->links[event->link.link].configured);
		break;
	case EVENT_LINE_CHANGED:
		assert(event->line.link < CORE_LINKS_MAX);
		assert(settings->links[event->line.link].configured);
		break;
	case EVENT_WIRES_TOLD:
		assert(event->wires.link < CORE_LINKS_MAX);
		assert(settings->links[event->wires.link].configured);
		break;
	case EVENT_CARRIER_CHANGED:
		assert(event->carrier.interface < settings->interface_count);
		break;
	case EVENT_OPERATOR_ASKED:
		assert(event->operator_.node < 2);
		assert(event->operator_.device < (int)settings->device_count);
		break;
	case EVENT_KEEPER_LOST:
	case EVENT_FENCER_LOST:
	case EVENT_PROCESS_DIED:
		assert(event->process.text != NULL);
		break;
	case EVENT_CHECKS_TOLD:
		assert(event->checks.is < CORE_CHECKS);
		assert(event->checks.text != NULL);
		break;
	case EVENT_SERVERS_SEEN:
		assert(event->servers.is < CORE_SERVERS);
		break;
	case EVENT_BOARD_CHANGED:
		assert(event->board.count <= BOARD_CELLS);
		break;
	case EVENT_FENCE_STEPPED:
		assert(event->step.text != NULL);
		break;
	case EVENT_FENCE_DONE:
		assert(event->fence.text != NULL);
		assert(event->fence.level <= 9);
		break;
	case EVENT_ADVERT_HEARD:
	case EVENT_ADVERT_BESIDE:
	case EVENT_FIREWALL_SEEN:
	case EVENT_SENDING_CHANGED:
	case EVENT_SOURCE_KNOWN:
	case EVENT_EARS_CHANGED:
	case EVENT_CLAIM_DONE:
	case EVENT_VIP_MENDED:
	case EVENT_VIP_ANSWERED:
	case EVENT_RELEASE_DONE:
	case EVENT_VIP_ALIEN:
	case EVENT_VIP_LOOKED:
	case EVENT_TICK:
	case EVENT_KEEPER_READY:
	case EVENT_STORE_CHANGED:
	case EVENT_NOTIFY_CHANGED:
	case EVENT_DIRECTOR_CHANGED:
	case EVENT_PRIVILEGES_CHANGED:
	case EVENT_WATCHDOG_CHANGED:
	case EVENT_CODE_MADE:
	case EVENT_STOP_ASKED:
		break;
	}
}

static bool is_heard_by_link(const struct event *event)
{
	return event->type == EVENT_BEAT_HEARD ||
	       event->type == EVENT_ADVERT_HEARD;
}

/* The rules, in the order in which one builds on the other. */
static void judge(struct core *core)
{
	struct need need;

	last_word_note(core);
	paces_judge(core);
	carriers_settle(core);
	instances_fitness(core);
	if (core->drained) {
		hurry_judge(core);
		links_judge(core);
		peer_judge(core);
		standby_judge(core);
		startup_judge(core);
	}
	wants_update(core);
	split_judge(core);
	if (core->drained) {
		need_find(core, &need);
		fence_judge(core, &need);
		unserved_judge(core);
		monitor_step(core);
		hearing_step(core);
	}
	plain_judge(core);
	instances_claim_permitted(core);
	instances_settle(core);
	operator_step(core);
	alert_step(core);
	obituary_renew(core);
	adverts_send(core);
	beats_send(core);
	servers_tell(core);
}

/*
 * An advert of a peer whose adverts come all the time, for an instance that
 * nothing happens to here: it moves on a dead time, and nothing else. Many
 * instances send theirs in one burst, and each would have all of them judged.
 */
static bool is_routine(const struct core *core, const struct event *event)
{
	const struct core_instance *instance;

	if (event->type != EVENT_ADVERT_HEARD)
		return false;
	instance = &core->instances[event->advert.instance];
	return event->advert.verdict == CORE_ADVERT_GOOD &&
	       event->advert.priority != 0 && !peer_is_plain(core) &&
	       core->peer.state == PEER_UP && !core->peer.is_over &&
	       instance->vrrp.state == LINK_UP &&
	       core->now_us < instance->vrrp.alive_until_us && !instance->own &&
	       !instance->releasing && !instance->want &&
	       instance->resigned_us == 0 && instance->contradicted == 0;
}

/*
 * R8: a plug that the file has no more loses what was known of it, on disk,
 * too: else a later start with the former file would take it for as dark as
 * this node once left it, whatever was heard under this one.
 */
static void first_step(struct core *core)
{
	fence_window_load(core);
	if (core->is_placed_anew)
		memory_save(core);
	core->is_placed_anew = false;
}

void core_step(struct core *core, const struct event *event,
	       struct actions *actions)
{
	bool was_routine;

	assert(core->settings && !core->out);
	check_event(core, event);
	actions->count = actions->words = actions->lost = 0;
	actions->beat_count = 0;
	core->out = actions;
	if (event->now_us > core->now_us)
		core->now_us = event->now_us;
	core->realtime_s = event->realtime_s;
	if (core->deadline_us == 0)
		first_step(core);
	else
		fence_window_keep(core);
	core->drained = event->type == EVENT_TICK;
	was_routine = is_routine(core, event);
	/* R11: first of all, have we been away? Then what was heard is old. */
	if (!stall_check(core) || !is_heard_by_link(event))
		take_event(core, event);
	/* the tick that follows judges, once for the burst; R11: its deadline
	 * is now */
	core->deadline_us = core->now_us + SECOND_US;
	if (!was_routine || !is_routine(core, event) || actions->count > 0)
		judge(core);
	/* Every event is followed by a tick, once the links are drained. */
	if (!core->drained)
		core->deadline_us = core->now_us;
	else if (core->deadline_us < core->now_us + 100)
		core->deadline_us = core->now_us + 100;
	if (core->memory_changed) {
		core->memory_changed = false;
		action_add(core, ACTION_SAVE);
	}
	core->out = NULL;
}
