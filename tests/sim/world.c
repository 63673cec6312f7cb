/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../../src/core/internal.h"
#include "world.h"

static void log_line(struct world *world, unsigned node, const char *format,
		     ...)
{
	va_list list;
	size_t room = sizeof(world->log) - world->log_used;
	int n;

	if (room < 400 || world->quiet)
		return;
	n = snprintf(world->log + world->log_used, room,
		     "%7lld %s: ", (long long)world->now_us / 1000,
		     world->nodes[node].settings.nodes[node].name);
	world->log_used += (size_t)n;
	va_start(list, format);
	n = vsnprintf(world->log + world->log_used,
		      sizeof(world->log) - world->log_used, format, list);
	va_end(list);
	world->log_used += (size_t)n;
	world->log[world->log_used++] = '\n';
	world->log[world->log_used] = '\0';
}

static void check(struct world *world)
{
	const struct world_node *a = &world->nodes[0], *b = &world->nodes[1];

	for (unsigned i = 0; i < a->settings.instance_count; i++)
		if (a->powered && b->powered && a->vip[i] && b->vip[i] &&
		    !world->broken) {
			if (world->excuse) {
				world->excused++;
				return;
			}
			world->broken = "two powered nodes hold one VIP";
			world->broken_us = world->now_us;
			log_line(world, 0, "BROKEN: %s", world->broken);
		}
}

static struct world_message *post(struct world *world, unsigned node,
				  int64_t delay_us)
{
	struct world_message *message;

	assert(world->count < WORLD_QUEUE);
	message = &world->queue[world->count++];
	memset(message, 0, sizeof(*message));
	message->at_us = world->now_us + delay_us;
	message->order = world->order++;
	message->node = node;
	message->epoch = world->nodes[node].epoch;
	return message;
}

static void post_event(struct world *world, unsigned node, int64_t delay_us,
		       const struct event *event)
{
	post(world, node, delay_us)->event = *event;
}

uint64_t world_random(struct world *world)
{
	uint64_t x = world->random;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	world->random = x;
	return x * UINT64_C(0x2545F4914F6CDD1D) >> 16;
}

static bool chance(struct world *world, unsigned per_mille)
{
	return per_mille && world_random(world) % 1000 < per_mille;
}

/* What a wire does to a message on its way. */
static void wire(struct world *world, unsigned to, int64_t delay_us,
		 const struct world_message *what)
{
	unsigned copies = chance(world, world->twice) ? 2 : 1;

	if (chance(world, world->lose))
		return;
	/* buffers are bounded, and a full one keeps the oldest (R11) */
	if (world->count > WORLD_QUEUE / 2 && world->nodes[to].frozen)
		return;
	while (copies-- > 0) {
		int64_t late_us = 0;
		struct world_message *message;

		if (chance(world, world->late))
			late_us = (int64_t)(world_random(world) %
					    (uint64_t)world->late_us);
		message = post(world, to, delay_us + late_us);
		message->event = what->event;
		message->by_serial = what->by_serial;
		message->by_ethernet = what->by_ethernet;
	}
}

static void send_beat(struct world *world, unsigned from, unsigned link,
		      const struct beat *beat)
{
	struct world_message message = {.by_serial = true};

	if (!world->serial[from] || !world->nodes[from].serial_open)
		return;
	message.event.type = EVENT_BEAT_HEARD;
	message.event.beat.link = link;
	message.event.beat.beat = *beat;
	wire(world, 1 - from, world->serial_us, &message);
}

static void send_advert(struct world *world, unsigned from, unsigned instance,
			uint8_t priority)
{
	const struct core_settings *settings = &world->nodes[from].settings;
	struct world_message message = {.by_ethernet = true};

	if (!world->ethernet[from] || !world->nodes[from].carrier ||
	    !world->nodes[1 - from].carrier)
		return;
	message.event.type = EVENT_ADVERT_HEARD;
	message.event.advert.instance = instance;
	message.event.advert.verdict = CORE_ADVERT_GOOD;
	message.event.advert.source = settings->nodes[from].addresses[0];
	message.event.advert.priority = priority;
	message.event.advert.interval_ms =
		settings->instances[instance].advert_ms;
	wire(world, 1 - from, world->ethernet_us, &message);
}

static void carry_out(struct world *world, unsigned n)
{
	struct world_node *node = &world->nodes[n];
	/* a copy: posting may not disturb the list */
	static struct actions list;

	list.count = world->actions.count;
	memcpy(list.list, world->actions.list,
	       list.count * sizeof(list.list[0]));
	for (unsigned k = 0; k < list.count; k++) {
		const struct action *action = &list.list[k];
		struct world_message *m;

		if (world->observe)
			world->observe(world->observer, n, action);
		switch (action->type) {
		case ACTION_SEND_BEAT:
			send_beat(world, n, action->send.link,
				  &action->send.beat);
			break;
		case ACTION_SEND_ADVERT:
			send_advert(world, n, action->instance,
				    action->priority);
			break;
		case ACTION_CLAIM:
			/* R1: no claim without proof */
			if (action->permit.proof == PROOF_NONE)
				world->broken = "claim without proof";
			node->vip[action->instance] = !node->refuses;
			m = post(world, n, world->keeper_us);
			m->event.type = EVENT_CLAIM_DONE;
			m->event.vip.instance = action->instance;
			m->event.vip.added = node->refuses ? 0 : 1;
			m->event.vip.failed = node->refuses ? 1 : 0;
			m->event.vip.text = "refused by the kernel";
			check(world);
			break;
		case ACTION_RELEASE:
			m = post(world, n, world->keeper_us);
			m->kind = FROM_KEEPER_RELEASE;
			m->event.type = EVENT_RELEASE_DONE;
			m->event.vip.instance = action->instance;
			m->event.vip.text = "it stays";
			break;
		case ACTION_ANNOUNCE:
			break;
		case ACTION_OBITUARY:
			node->has_will = true;
			node->will = action->send.beat;
			break;
		case ACTION_FENCE:
			m = post(world, n, world->fence_us);
			m->kind = FENCE_ACTS;
			m->fence.id = action->fence.id;
			m->fence.kind = action->fence.kind;
			m->fence.node = action->fence.node;
			m->fence.levels = action->fence.levels;
			m->fence.digest = action->fence.digest;
			break;
		case ACTION_DISCARD_LINKS:
			for (unsigned q = 0; q < world->count; q++)
				if (world->queue[q].node == n &&
				    (world->queue[q].by_serial ||
				     world->queue[q].by_ethernet) &&
				    world->queue[q].at_us <= world->now_us)
					world->queue[q].epoch = UINT32_MAX;
			break;
		case ACTION_SAVE:
			node->disk = node->core.memory;
			break;
		case ACTION_TRACE:
			if (world->loud || action->trace.severity != CORE_INFO)
				log_line(world, n, "%s", action->text);
			break;
		case ACTION_ALERT:
			if (world->loud)
				log_line(world, n, "alert %s %s: %s",
					 action->alert.name,
					 action->alert.raised ? "raised"
							      : "cleared",
					 action->text);
			break;
		case ACTION_NOTIFY:
			break;
		case ACTION_REPLY:
			if (action->reply.token != world->reply_token)
				break;
			world->reply_done = action->reply.done;
			world->reply_ok = action->reply.ok;
			memcpy(world->reply, action->text,
			       sizeof(world->reply));
			break;
		case ACTION_EXIT:
			node->running = node->keeper = false;
			node->disk = node->core.memory;
			node->disk.clean_end = true;
			memset(node->vip, 0, sizeof(node->vip));
			node->epoch++;
			break;
		}
	}
}

static void step(struct world *world, unsigned n, struct event *event)
{
	struct world_node *node = &world->nodes[n];

	event->now_us = world->now_us;
	event->realtime_s =
		1000000 + world->now_us / 1000000 + world->clock_step_s[n];
	world->events++;
	core_step(&node->core, event, &world->actions);
	/* main ticks again: the keeper puts back what is still owned */
	for (unsigned i = 0;
	     node->lease_ended && i < node->settings.instance_count; i++)
		node->vip[i] = node->core.instances[i].own &&
			       !node->core.instances[i].releasing &&
			       !node->refuses;
	node->lease_ended = node->lease_ended && node->refuses;
	carry_out(world, n);
}

static enum plug_lie plug_fault(const struct world *world, unsigned n,
				unsigned plug)
{
	return world->lie != PLUG_HONEST ? world->lie
					 : world->plug_lie[n][plug];
}

static enum core_plug plug_read(const struct world *world, unsigned n,
				unsigned plug)
{
	if (plug_fault(world, n, plug) == PLUG_DEAD)
		return CORE_PLUG_UNKNOWN;
	return world->plug_on[n] && !world->plug_off[n][plug] ? CORE_PLUG_ON
							      : CORE_PLUG_OFF;
}

/*
 * One level: every plug must go off (R6). True: all read off. The machine is
 * dark when they truly are.
 */
static bool level_off(struct world *world, unsigned n,
		      const struct core_node *target, unsigned level,
		      struct core_fence_done *done)
{
	bool read_off = true, truly_off = true;

	for (unsigned i = 0; i < target->plug_count; i++) {
		enum plug_lie fault = plug_fault(world, n, i);

		if (target->plugs[i].level != level)
			continue;
		done->plugs[i] = (uint8_t)plug_read(world, n, i);
		if (done->plugs[i] == CORE_PLUG_ON) {
			done->wrote = true;
			if (fault != PLUG_WELDED)
				done->plugs[i] = CORE_PLUG_OFF;
			if (fault == PLUG_HONEST)
				world->plug_off[n][i] = true;
		}
		read_off = read_off && done->plugs[i] == CORE_PLUG_OFF;
		truly_off = truly_off && fault == PLUG_HONEST;
	}
	if (read_off && truly_off && world->plug_on[n]) {
		world_power_off(world, n);
		world->nodes[n].fenced = true;
		if (!world->nodes[1 - n].powered &&
		    world->nodes[1 - n].fenced && !world->broken)
			world->broken = "both nodes were fenced";
	} else if (read_off && done->wrote) {
		world->excuse = "the plug read off, power stayed";
	}
	return read_off;
}

static void fence_off(struct world *world, const struct world_message *m,
		      const struct core_node *target,
		      struct core_fence_done *done)
{
	done->outcome = CORE_OUTCOME_FAILED;
	for (unsigned level = 1; level <= 9; level++) {
		bool exists = false;

		for (unsigned i = 0; i < target->plug_count; i++)
			exists = exists || target->plugs[i].level == level;
		if (!exists || !(m->fence.levels >> level & 1))
			continue;
		done->level = level;
		if (level_off(world, m->fence.node, target, level, done)) {
			done->outcome = done->wrote ? CORE_OUTCOME_OFF
						    : CORE_OUTCOME_ALREADY_OFF;
			return;
		}
	}
}

static void fence_acts(struct world *world, const struct world_message *m)
{
	struct world_node *node = &world->nodes[m->node];
	const struct core_node *target = &node->settings.nodes[m->fence.node];
	struct event event = {.type = EVENT_FENCE_DONE};
	struct core_fence_done *done = &event.fence;
	bool reached = world->device_reached[m->node];

	done->id = m->fence.id;
	done->digest = m->fence.digest;
	done->level = 1;
	done->read_at_us = world->now_us;
	done->power_wait_ms = world->power_wait_ms;
	if (m->fence.kind == CORE_FENCE_READ)
		node->reads++;
	else
		node->offs++;
	done->outcome = CORE_OUTCOME_FAILED;
	if (reached && m->fence.kind == CORE_FENCE_OFF) {
		fence_off(world, m, target, done);
	} else if (reached && m->fence.kind == CORE_FENCE_ON) {
		done->wrote = world->lie != PLUG_DEAD;
		if (done->wrote) {
			world->plug_on[m->fence.node] = true;
			memset(world->plug_off[m->fence.node], 0,
			       sizeof(world->plug_off[0]));
			done->outcome = CORE_OUTCOME_ON;
		}
	}
	if (m->fence.kind == CORE_FENCE_READ)
		done->outcome = CORE_OUTCOME_READ;
	for (unsigned i = 0; i < target->plug_count; i++) {
		uint32_t device = UINT32_C(1) << target->plugs[i].device;

		if (reached && m->fence.kind != CORE_FENCE_OFF)
			done->plugs[i] =
				(uint8_t)plug_read(world, m->fence.node, i);
		done->device_tried |= device;
		if (reached && plug_fault(world, m->fence.node, i) != PLUG_DEAD)
			done->device_ok |= device;
	}
	done->text = done->device_ok == done->device_tried
			     ? "pdu plug read back"
			     : "pdu: no answer";
	if (node->powered && node->running)
		step(world, m->node, &event);
}

static void last_will(struct world *world, unsigned n)
{
	struct world_node *node = &world->nodes[n];
	bool held[CORE_INSTANCES_MAX];
	bool stays = false;

	memcpy(held, node->vip, sizeof(held));
	for (unsigned i = 0; i < node->settings.instance_count; i++) {
		node->vip[i] = node->vip[i] && node->stays[i];
		stays = stays || node->vip[i];
	}
	node->keeper = false;
	if (stays)
		return;
	for (unsigned i = 0; i < node->settings.instance_count; i++)
		if (held[i])
			send_advert(world, n, i, 0);
	if (node->has_will)
		send_beat(world, n, 0, &node->will);
}

static void deliver(struct world *world, struct world_message *m)
{
	struct world_node *node = &world->nodes[m->node];

	if (m->epoch != node->epoch || !node->powered)
		return;
	if (m->kind == LAST_WILL) {
		if (node->keeper)
			last_will(world, m->node);
		return;
	}
	if (m->kind == FENCE_ACTS) {
		fence_acts(world, m);
		return;
	}
	if (m->kind == WAKES) {
		node->frozen = false;
		return;
	}
	if (m->kind == LEASE_ENDS) {
		/* R12a: only while main is still away */
		if (node->frozen) {
			memset(node->vip, 0, sizeof(node->vip));
			node->lease_ended = true;
		}
		return;
	}
	if (!node->running)
		return;
	/* what is on the way when a cable is pulled is lost */
	if (m->by_serial && (!world->serial[1 - m->node] || !node->serial_open))
		return;
	if (m->by_ethernet && (!world->ethernet[1 - m->node] || !node->carrier))
		return;
	if (m->kind == FROM_KEEPER_RELEASE) {
		unsigned i = m->event.vip.instance;

		node->vip[i] = node->vip[i] && node->stays[i];
		m->event.vip.failed = node->vip[i] ? 1 : 0;
	}
	if (m->event.type == EVENT_KEEPER_READY)
		memset(node->vip, 0, sizeof(node->vip));
	step(world, m->node, &m->event);
}

/* The next message in time, then in order of posting; count = none. */
static unsigned next_message(const struct world *world)
{
	unsigned best = world->count;

	for (unsigned i = 0; i < world->count; i++) {
		const struct world_message *m = &world->queue[i];

		if (world->nodes[m->node].frozen &&
		    (m->kind == TO_CORE || m->kind == FROM_KEEPER_RELEASE))
			continue;
		if (best == world->count ||
		    m->at_us < world->queue[best].at_us ||
		    (m->at_us == world->queue[best].at_us &&
		     m->order < world->queue[best].order))
			best = i;
	}
	return best;
}

static int next_tick(const struct world *world, int64_t *at_us)
{
	int best = -1;

	for (int n = 0; n < 2; n++) {
		const struct world_node *node = &world->nodes[n];
		int64_t due_us = core_deadline(&node->core);

		if (!node->running || !node->powered || node->frozen)
			continue;
		if (due_us < world->now_us)
			due_us = world->now_us;
		if (best < 0 || due_us < *at_us) {
			best = n;
			*at_us = due_us;
		}
	}
	return best;
}

void world_run_ms(struct world *world, int64_t ms)
{
	int64_t end_us = world->now_us + ms * 1000;

	while (!world->broken) {
		unsigned m = next_message(world);
		int64_t tick_us = 0;
		int n = next_tick(world, &tick_us);
		int64_t message_us =
			m < world->count ? world->queue[m].at_us : INT64_MAX;

		if (message_us < world->now_us)
			message_us =
				world->now_us; /* waited for a frozen one */
		if (n < 0)
			tick_us = INT64_MAX;
		if (message_us > end_us && tick_us > end_us)
			break;
		/* messages first: a tick comes when links are drained */
		if (message_us <= tick_us) {
			struct world_message message = world->queue[m];

			world->queue[m] = world->queue[--world->count];
			world->now_us = message_us;
			deliver(world, &message);
		} else {
			struct event tick = {.type = EVENT_TICK};

			world->now_us = tick_us;
			step(world, (unsigned)n, &tick);
		}
		check(world);
	}
	if (!world->broken)
		world->now_us = end_us;
}

/* ---- what can happen to a node ---- */

void world_boot(struct world *world, unsigned n)
{
	struct world_node *node = &world->nodes[n];
	struct event event = {.type = EVENT_KEEPER_READY};

	assert(node->powered && !node->running);
	node->epoch++;
	node->running = node->keeper = true;
	node->fenced = false;
	node->frozen = node->has_will = false;
	memset(node->vip, 0, sizeof(node->vip)); /* left-overs go first */
	core_init(&node->core, &node->settings, &node->disk,
		  0x1000u * (n + 1) + node->epoch, world->now_us);
	node->disk.clean_end = false;
	post_event(world, n, 0, &event);
	event = (struct event){.type = EVENT_CARRIER_CHANGED};
	event.carrier.is = node->carrier;
	post_event(world, n, 0, &event);
	if (node->serial_open) {
		event = (struct event){.type = EVENT_LINK_OPENED};
		post_event(world, n, 0, &event);
	}
}

void world_power_off(struct world *world, unsigned n)
{
	struct world_node *node = &world->nodes[n];

	world->plug_on[n] = false;
	node->powered = node->running = node->keeper = false;
	memset(node->vip, 0, sizeof(node->vip));
	node->epoch++;
}

void world_power_on(struct world *world, unsigned n)
{
	world->plug_on[n] = true;
	memset(world->plug_off[n], 0, sizeof(world->plug_off[n]));
	world->nodes[n].powered = true;
	world_boot(world, n);
}

void world_kill_main(struct world *world, unsigned n)
{
	world->nodes[n].running = false;
	post(world, n, world->keeper_us)->kind = LAST_WILL;
}

void world_freeze(struct world *world, unsigned n, int64_t ms)
{
	struct world_node *node = &world->nodes[n];

	if (!node->running || node->frozen)
		return;
	node->frozen = true;
	post(world, n, ms * 1000)->kind = WAKES;
	post(world, n, (int64_t)node->settings.lease_ms * 1000)->kind =
		LEASE_ENDS;
}

void world_kill_keeper(struct world *world, unsigned n, int64_t gap_ms)
{
	struct event event = {.type = EVENT_KEEPER_LOST};

	event.process.text = "twinbeat-keeper died";
	post_event(world, n, 1000, &event);
	event.type = EVENT_KEEPER_READY;
	post_event(world, n, gap_ms * 1000, &event);
}

void world_carrier(struct world *world, unsigned n, bool up)
{
	struct event event = {.type = EVENT_CARRIER_CHANGED};

	world->nodes[n].carrier = up;
	event.carrier.is = up;
	post_event(world, n, 300, &event);
}

void world_ask(struct world *world, unsigned n, enum core_command command,
	       unsigned target)
{
	struct event event = {.type = EVENT_OPERATOR_ASKED};

	event.operator_.command = command;
	event.operator_.token = ++world->reply_token;
	event.operator_.node = target;
	event.operator_.device = -1;
	world->reply_done = world->reply_ok = false;
	world->reply[0] = '\0';
	post_event(world, n, 0, &event);
}

void world_stop(struct world *world, unsigned n)
{
	struct event event = {.type = EVENT_STOP_ASKED};

	post_event(world, n, 0, &event);
}

void world_tell(struct world *world, unsigned n, const struct event *event)
{
	post_event(world, n, 0, event);
}

int world_owner(const struct world *world, unsigned instance)
{
	bool a = world->nodes[0].powered && world->nodes[0].vip[instance];
	bool b = world->nodes[1].powered && world->nodes[1].vip[instance];

	return a && b ? -2 : a ? 0 : b ? 1 : -1;
}

static void settings_default(struct core_settings *s, unsigned self)
{
	memset(s, 0, sizeof(*s));
	s->self = self;
	for (unsigned n = 0; n < 2; n++) {
		struct core_node *node = &s->nodes[n];

		snprintf(node->name, sizeof(node->name), "lb0%u", n + 1);
		node->priority = n == 0 ? 150 : 100;
		node->address_count = 1;
		node->addresses[0] = ip_from_v4(0xc000020bu + n);
		node->plug_count = 1;
		node->plugs[0].level = 1;
	}
	s->interface_count = 1;
	snprintf(s->interfaces[0], sizeof(s->interfaces[0]), "eth0");
	s->links[0].configured = true;
	snprintf(s->links[0].name, sizeof(s->links[0].name), "serial");
	s->links[0].interval_ms = 100;
	s->links[0].dead_ms = 400;
	s->instance_count = 1;
	snprintf(s->instances[0].name, sizeof(s->instances[0].name), "VI_1");
	s->instances[0].vrid = 55;
	s->instances[0].version = 3;
	s->instances[0].priority[0] = 150;
	s->instances[0].priority[1] = 100;
	s->instances[0].advert_ms = 100;
	s->instances[0].preempt_delay_ms = 60000;
	s->device_count = 1;
	snprintf(s->devices[0], sizeof(s->devices[0]), "pdu");
	s->fence.required = true;
	s->fence.on_disagreement = CORE_FENCE;
	s->fence.on_failure = CORE_HOLD;
	s->fence.on_startup_silence = CORE_FENCE;
	s->fence.tie_ms = 3000;
	s->fence.disagree_ms = 5000;
	s->fence.lone_link_ms = 3000;
	s->fence.yield_ms = 500;
	s->fence.off_ms = 10000;
	s->fence.monitor_ms = 60000;
	s->fence.max_per_window = 3;
	s->fence.window_ms = 600000;
	s->startup_ms = 60000;
	s->unclean_startup_ms = 300000;
	s->lease_ms = 3000;
	s->digest = s->fence_digest = 0x12345678;
}

void world_init(struct world *world)
{
	memset(world, 0, sizeof(*world));
	world->now_us = 1000000;
	world->serial_us = 3300;
	world->ethernet_us = 100;
	world->keeper_us = 300;
	world->fence_us = 2000;
	for (unsigned n = 0; n < 2; n++) {
		struct world_node *node = &world->nodes[n];

		settings_default(&node->settings, n);
		node->powered = node->carrier = node->serial_open = true;
		node->disk.clean_end = true;
		world->serial[n] = world->ethernet[n] = true;
		world->plug_on[n] = world->device_reached[n] = true;
	}
}
