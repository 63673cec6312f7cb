/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The world's heart: messages in the order of time, ticks when a core wants
 * one, the invariants after every step. It decides nothing by chance.
 */
#include <stdarg.h>
#include <string.h>

#include "coverage.h"
#include "world_internal.h"

/* ---- the incident log ---- */

__attribute__((format(printf, 3, 0))) static void log_words(struct world *world,
							    const char *who,
							    const char *format,
							    va_list list)
{
	size_t room = sizeof(world->log) - world->log_used;
	int n;

	if (room < 600 || world->quiet)
		return;
	n = snprintf(world->log + world->log_used, room,
		     "%7lld %s: ", (long long)world->now_us / 1000, who);
	world->log_used += (size_t)n;
	n = vsnprintf(world->log + world->log_used, 500, format, list);
	world->log_used += (size_t)(n < 500 ? n : 499);
	world->log[world->log_used++] = '\n';
	world->log[world->log_used] = '\0';
}

void world_log(struct world *world, unsigned node, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	log_words(world, world->nodes[node].settings.nodes[node].name, format,
		  list);
	va_end(list);
}

void world_note(struct world *world, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	log_words(world, "----", format, list);
	va_end(list);
}

/* ---- chance ---- */

uint64_t world_random(struct world *world)
{
	uint64_t x = world->random;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	world->random = x;
	return x * UINT64_C(0x2545F4914F6CDD1D) >> 16;
}

bool world_chance(struct world *world, unsigned per_mille)
{
	return per_mille && world_random(world) % 1000 < per_mille;
}

/* ---- each node has its own clock ---- */

int64_t world_local_us(const struct world *world, unsigned n)
{
	const struct world_node *node = &world->nodes[n];
	int64_t now_us = world->now_us;

	if (node->clock_ppm)
		now_us += now_us / 1000 * node->clock_ppm / 1000;
	return now_us + node->clock_offset_us;
}

/* The earliest time at which the node's clock shows it, or a little later. */
int64_t world_from_local_us(const struct world *world, unsigned n,
			    int64_t local_us)
{
	const struct world_node *node = &world->nodes[n];
	int64_t at_us = local_us - node->clock_offset_us;

	if (node->clock_ppm)
		at_us = (int64_t)((double)at_us /
				  (1.0 + node->clock_ppm / 1e6)) +
			2;
	return at_us;
}

/* ---- the queue: a short sorted array, the next message last ---- */

static void key_insert(struct world *world, int64_t at_us, uint32_t slot)
{
	struct world_key key = {at_us, world->order++, slot};
	unsigned i = world->count++;

	/* a later order never comes before an equal time */
	while (i > 0 && world->keys[i - 1].at_us <= at_us) {
		world->keys[i] = world->keys[i - 1];
		i--;
	}
	world->keys[i] = key;
}

void world_due_now(struct world *world, const uint16_t *slots, unsigned count)
{
	while (count-- > 0)
		world->keys[world->count++] = (struct world_key){
			world->now_us, world->order++, slots[count]};
}

static void slot_free(struct world *world, uint32_t slot)
{
	world->free_slots[world->free_count++] = (uint16_t)slot;
}

/* What it says is not cleared. */
struct world_message *world_post_unsaid(struct world *world, unsigned node,
					int64_t delay_us)
{
	struct world_message *message;
	uint32_t slot;

	assert(world->free_count > 0);
	slot = world->free_slots[--world->free_count];
	key_insert(world, world->now_us + delay_us, slot);
	message = &world->queue[slot];
	memset(message, 0, offsetof(struct world_message, event));
	memset(&message->fence, 0, sizeof(message->fence));
	message->node = node;
	message->epoch = world->nodes[node].epoch;
	return message;
}

struct world_message *world_post(struct world *world, unsigned node,
				 int64_t delay_us)
{
	struct world_message *message =
		world_post_unsaid(world, node, delay_us);

	memset(&message->event, 0, sizeof(message->event));
	return message;
}

void world_post_event(struct world *world, unsigned node, int64_t delay_us,
		      const struct event *event)
{
	world_post_unsaid(world, node, delay_us)->event = *event;
}

void world_discard(struct world *world, unsigned n)
{
	for (unsigned i = 0; i < world->count; i++) {
		struct world_message *m = &world->queue[world->keys[i].slot];

		if (m->node == n && m->wire != WIRE_NONE &&
		    world->keys[i].at_us <= world->now_us)
			m->epoch = UINT32_MAX;
	}
}

/*
 * Buffers are bounded, and a full one keeps the oldest (R11): a tty a few
 * seconds of beats, a socket some hundred packets. False: it is full.
 */
static bool keep_for_later(struct world *world, uint32_t slot)
{
	struct world_message *m = &world->queue[slot];
	struct world_node *node = &world->nodes[m->node];

	if (m->wire == WIRE_SERIAL && node->tty_count >= WORLD_TTY_KEEPS)
		return false;
	if (m->wire > WIRE_SERIAL && node->socket_count >= WORLD_SOCKET_KEEPS)
		return false;
	if (node->backlog_count == WORLD_BACKLOG)
		return false;
	node->tty_count += m->wire == WIRE_SERIAL;
	node->socket_count += m->wire > WIRE_SERIAL;
	m->arrived = true;
	node->backlog[node->backlog_count++] = (uint16_t)slot;
	return true;
}

void world_flush(struct world *world, unsigned n)
{
	struct world_node *node = &world->nodes[n];

	for (unsigned i = 0; i < node->backlog_count; i++)
		key_insert(world, world->now_us, node->backlog[i]);
	node->backlog_count = node->tty_count = node->socket_count = 0;
}

/* ---- one step of one core ---- */

static void tick_plan(struct world *world, unsigned n)
{
	struct world_node *node = &world->nodes[n];
	int64_t due_us =
		world_from_local_us(world, n, core_deadline(&node->core));

	if (due_us <= world->now_us)
		due_us = world->now_us;
	else if (world->jitter_us)
		due_us += (int64_t)(world_random(world) %
				    (uint64_t)world->jitter_us);
	node->tick_us = due_us;
}

/* R15: by its places; what it orders is by the world's numbers again. */
static void step_core(struct world *world, struct world_node *node,
		      const struct event *event)
{
	struct event by_place;

	if (!node->order.is_moved) {
		core_step(&node->core, event, &world->actions);
		return;
	}
	by_place = *event;
	order_event(&node->order, &by_place);
	core_step(&node->core, &by_place, &world->actions);
	order_actions(&node->order, node->settings.instance_count,
		      &world->actions);
}

void world_step(struct world *world, unsigned n, struct event *event)
{
	struct world_node *node = &world->nodes[n];

	event->now_us = world_local_us(world, n);
	event->realtime_s =
		1000000 + world->now_us / 1000000 + world->clock_step_s[n];
	if (event->now_us > core_deadline(&node->core) + 20000)
		node->was_away = true; /* a test may freeze it by hand */
	world->events++;
	if (world->coverage)
		coverage_count(world->coverage, &node->core, event);
	step_core(world, node, event);
	/* a quarter of the time in a long run: what is wrong stays so */
	if (!world->quiet || world->events % 8 == 0)
		core_check_invariants(&node->core);
	/* main ticks again: the keeper puts back what is still owned */
	if (node->lease_ended && node->keeper && !node->rtnl_held) {
		for (unsigned i = 0; i < node->settings.instance_count; i++)
			node->vip[i] = (node->vip[i] && node->alien[i]) ||
				       (world_instance(node, i)->own &&
					!world_instance(node, i)->releasing &&
					!node->refuses);
		node->lease_ended = node->refuses;
	}
	world_carry_out(world, n);
	tick_plan(world, n);
	if (node->reloading && node->running)
		reload_step(world, n);
	judge_step(world, n);
}

static void keeper_claims(struct world *world, struct world_message *m)
{
	struct world_node *node = &world->nodes[m->node];
	unsigned i = m->event.vip.instance;
	bool some = node->refuses_some && !node->refuses;

	node->alien[i] = false; /* R17.1: what is there is taken on */
	node->vip[i] = !node->refuses;
	m->event.vip.added = node->refuses ? 0 : 1;
	m->event.vip.failed = node->refuses || some ? 1 : 0;
	m->kind = TO_CORE;
	if (some) {
		/* the keeper goes on trying */
		struct event event = {.type = EVENT_VIP_MENDED};

		event.vip.instance = i;
		world_post_event(world, m->node, 2000000, &event);
	}
	judge_holders(world);
}

static void keeper_releases(struct world *world, struct world_message *m)
{
	struct world_node *node = &world->nodes[m->node];
	unsigned i = m->event.vip.instance;

	node->vip[i] = node->vip[i] && node->stays[i];
	m->event.vip.failed = node->vip[i] ? 1 : 0;
	m->kind = TO_CORE;
}

static void deliver_to_core(struct world *world, struct world_message *m)
{
	struct world_node *node = &world->nodes[m->node];
	uint32_t generation = node->generation;

	if (!node->running || (!m->arrived && wire_is_cut(world, m)) ||
	    /* a reload took its instance out: the edges drop it */
	    event_instance(&m->event) >= (int)node->settings.instance_count)
		return;
	if (m->event.type == EVENT_KEEPER_READY &&
	    (m->stamp != node->keeper_epoch ||
	     !node_keeper_ready(world, m->node)))
		return;
	if ((m->event.type == EVENT_RELEASE_DONE ||
	     m->event.type == EVENT_CLAIM_DONE) &&
	    m->stamp != node->keeper_epoch)
		return;
	if (m->event.type == EVENT_FENCE_DONE && m->stamp != node->fencer_epoch)
		return;
	if (m->event.type == EVENT_SENDING_CHANGED && m->event.sending.is &&
	    node->mute) {
		node->told_unsent = true; /* the try failed again */
		return;
	}
	if (m->event.type == EVENT_OPERATOR_ASKED)
		judge_asked(world, m);
	if (m->wire != WIRE_NONE && m->event.type != EVENT_LINK_NOISE)
		judge_true_word(world, m);
	if (m->event.type == EVENT_CHECKS_TOLD)
		checks_say(node, &m->event);
	if (m->event.type == EVENT_SERVERS_SEEN)
		m->event.servers.is = node->servers;
	if (m->event.type == EVENT_VIP_ALIEN)
		alien_told(node, m->event.alien.instance);
	world_step(world, m->node, &m->event);
	judge_heard(world, m, generation);
	if (m->event.type == EVENT_FENCE_DONE)
		judge_reading(world, m);
}

/* True: the message is kept in a buffer of the node. */
static bool deliver(struct world *world, uint32_t slot)
{
	struct world_message *m = &world->queue[slot];
	struct world_node *node = &world->nodes[m->node];

	if (m->kind == FENCE_LANDS) {
		/* the device has the command, whatever became of the asker */
		fence_lands(world, m);
		return false;
	}
	if (m->kind == POWER_FALLS) {
		power_falls(world, m);
		return false;
	}
	if (m->kind == FORGES) {
		wire_forge(world, m);
		return false;
	}
	if (m->kind == RELOADS) {
		reload_called(world, m->node);
		return false;
	}
	if (m->kind == RTNL_IS_FREE) {
		/* whoever holds it is no program of ours */
		if (m->stamp == node->rtnl_epoch)
			world_rtnl_free(world, m->node);
		return false;
	}
	if (m->epoch != node->epoch || !node->powered)
		return false;
	if (node->paused && m->kind != WAKES) {
		/* a cable that was cut meanwhile delivered nothing */
		return !wire_is_cut(world, m) && keep_for_later(world, slot);
	}
	switch (m->kind) {
	case LAST_WILL:
		if (!node->keeper || node->keeper_end != KEEPER_LIVES)
			return false;
		if (kernel_keeper_hangs(world, slot))
			return true;
		node_last_will(world, m->node);
		return false;
	case WILL_AGAIN:
	case WILL_ON_LINE:
		/* R12: the next daemon speaks when this is over */
		if (node->running || node->keeper)
			return false;
		if (m->kind == WILL_AGAIN)
			will_say(world, m->node, m->stamp);
		else
			will_on_line(world, m->node);
		return false;
	case KEEPER_PATIENCE_ENDS:
		kernel_patience_ends(world, m);
		return false;
	case PROBES:
		ears_probe(world, m);
		return false;
	case FENCE_ACTS:
		fence_acts(world, m);
		return false;
	case FENCE_READS_BACK:
		fence_reads_back(world, m);
		return false;
	case WAKES:
		node_wakes(world, m);
		return false;
	case LEASE_ENDS:
		node_lease_ends(world, m);
		return false;
	case BOOTS:
		if (!node->running && !node->keeper)
			world_boot(world, m->node);
		return false;
	case FROM_KEEPER_CLAIM:
	case FROM_KEEPER_RELEASE:
	case FROM_KEEPER_ALIEN:
		if (m->stamp != node->keeper_epoch)
			return false;
		if (kernel_keeper_hangs(world, slot))
			return true;
		if (m->kind == FROM_KEEPER_CLAIM)
			keeper_claims(world, m);
		else if (m->kind == FROM_KEEPER_RELEASE)
			keeper_releases(world, m);
		else if (!alien_keeper_acts(world, m))
			return false;
		break;
	case TO_CORE:
	case FENCE_LANDS:
	case POWER_FALLS:
	case FORGES:
	case RELOADS:
	case RTNL_IS_FREE:
		break;
	}
	if (node->frozen)
		return !wire_is_cut(world, m) && keep_for_later(world, slot);
	deliver_to_core(world, m);
	return false;
}

static int next_tick(const struct world *world)
{
	bool a = world_runs(&world->nodes[0]), b = world_runs(&world->nodes[1]);

	if (a && b)
		return world->nodes[1].tick_us < world->nodes[0].tick_us;
	return a ? 0 : b ? 1 : -1;
}

void world_run_ms(struct world *world, int64_t ms)
{
	int64_t end_us = world->now_us + ms * 1000;

	while (!world->broken) {
		int n = next_tick(world);
		int64_t tick_us = n < 0 ? INT64_MAX : world->nodes[n].tick_us;
		int64_t message_us = INT64_MAX;

		if (world->count)
			message_us = world->keys[world->count - 1].at_us;
		if (message_us > end_us && tick_us > end_us)
			break;
		/* messages first: a tick comes when links are drained */
		if (message_us <= tick_us) {
			uint32_t slot = world->keys[--world->count].slot;

			world->now_us = message_us;
			if (!deliver(world, slot))
				slot_free(world, slot);
		} else {
			struct event tick;

			memset(&tick, 0, offsetof(struct event, beat));
			tick.type = EVENT_TICK;
			if (tick_us > world->now_us)
				world->now_us = tick_us;
			world_step(world, (unsigned)n, &tick);
		}
		world_lines(world);
	}
	if (!world->broken)
		world->now_us = end_us;
}

int world_owner(const struct world *world, unsigned instance)
{
	bool a = world->nodes[0].powered && world->nodes[0].vip[instance];
	bool b = world->nodes[1].powered && world->nodes[1].vip[instance];

	return a && b ? -2 : a ? 0 : b ? 1 : -1;
}

/* Power is gone, and with it what its buffers held. */
void world_forget(struct world *world, unsigned n)
{
	struct world_node *node = &world->nodes[n];

	for (unsigned i = 0; i < node->backlog_count; i++)
		slot_free(world, node->backlog[i]);
	node->backlog_count = node->tty_count = node->socket_count = 0;
}
