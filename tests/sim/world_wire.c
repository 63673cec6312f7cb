/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The cables: a null-modem cable, a direct Ethernet cable (udp beats), the
 * service Ethernet (adverts). Each direction is cut by itself; on the way a
 * message may be lost, doubled, late (and so overtaken), or turned to noise.
 */
#include "world_internal.h"

/* What a wire does to a message on its way. */
static void travel(struct world *world, unsigned to, int64_t delay_us,
		   enum world_wire wire, const struct event *event)
{
	unsigned copies = world_chance(world, world->twice) ? 2 : 1;

	if (world_chance(world, world->lose))
		return;
	if (world->free_count < WORLD_QUEUE / 4)
		return; /* a flood: the network drops */
	while (copies-- > 0) {
		int64_t late_us = 0;
		struct world_message *message;

		if (world_chance(world, world->late))
			late_us = (int64_t)(world_random(world) %
					    (uint64_t)world->late_us);
		message = world_post_unsaid(world, to, delay_us + late_us);
		message->event = *event;
		message->wire = wire;
	}
}

/* A cable of its own between two cards, or the service's Ethernet (R4). */
bool card_reaches(const struct world *world, unsigned from, unsigned link)
{
	const struct world_node *a = &world->nodes[from];
	const struct world_node *b = &world->nodes[1 - from];

	if (!a->link_open[link] || !b->link_open[link])
		return false;
	if (a->settings.links[link].interfaces & 1)
		return ears_reach(world, from);
	return link == 1 ? world->udp[from] : world->spare[from];
}

bool wire_is_cut(const struct world *world, const struct world_message *m)
{
	unsigned from = 1 - m->node;
	const struct world_node *to = &world->nodes[m->node];

	if (m->wire != WIRE_NONE && to->deaf)
		return true;
	switch (m->wire) {
	case WIRE_SERIAL:
		if (!to->link_open[0])
			return true;
		return to->looped ? false : !world->serial[from];
	case WIRE_UDP:
		return !card_reaches(world, from, m->event.beat.link);
	case WIRE_ETHERNET:
		return world->filter[from] || !ears_reach(world, from);
	case WIRE_NONE:
		break;
	}
	return false;
}

/* What the receiver makes of a beat that was hurt on the way. */
static struct event noise_event(struct world *world)
{
	struct event event = {.type = EVENT_LINK_NOISE};

	event.link.noise =
		world_chance(world, 500) ? CORE_NOISE_MAC : CORE_NOISE_FRAMING;
	return event;
}

static void send_serial(struct world *world, unsigned from,
			const struct event *beat)
{
	struct world_node *node = &world->nodes[from];
	struct event event;

	if (!node->link_open[0])
		return;
	/* one frame at a time; what finds the line busy is not written */
	if (node->line_busy || world->now_us < node->line_free_us ||
	    world_chance(world, world->busy)) {
		event = (struct event){.type = EVENT_BEAT_DROPPED};
		event.link.generation = beat->beat.beat.generation;
		event.link.sequence = beat->beat.beat.sequence;
		world_post_event(world, from, 0, &event);
		return;
	}
	node->line_free_us = world->now_us + world->serial_us;
	if (node->looped) {
		/* the edge knows its own echo; the core must know it too */
		event = *beat;
		if (world_chance(world, 900)) {
			event = (struct event){.type = EVENT_LINK_NOISE};
			event.link.noise = CORE_NOISE_LOOP;
		}
		travel(world, from, world->serial_us, WIRE_SERIAL, &event);
		return;
	}
	if (!world->serial[from] || world->nodes[1 - from].looped)
		return;
	if (world_chance(world, world->noise)) {
		event = noise_event(world);
		beat = &event;
	}
	travel(world, 1 - from, world->serial_us, WIRE_SERIAL, beat);
}

void wire_send_beat(struct world *world, unsigned from, unsigned link,
		    const struct beat *beat)
{
	struct world_node *node = &world->nodes[from];
	struct event event;
	unsigned at = node->tape_count++ % WORLD_TAPE;

	node->tape[at].link = link;
	node->tape[at].beat = *beat;
	event.type = EVENT_BEAT_HEARD;
	event.beat.link = link;
	event.beat.beat = *beat;
	if (link == 0)
		send_serial(world, from, &event);
	else if (card_reaches(world, from, link))
		travel(world, 1 - from, world->udp_us, WIRE_UDP, &event);
}

void world_frame_takes(struct world *world, int64_t us)
{
	world->serial_us = us;
	/* the nodes know it: from their baud rate */
	for (unsigned n = 0; n < 2; n++)
		world->nodes[n].settings.links[0].frame_us = (uint32_t)us;
}

void world_replay(struct world *world, unsigned from, unsigned turn)
{
	struct world_node *node = &world->nodes[from];
	unsigned count =
		node->tape_count < WORLD_TAPE ? node->tape_count : WORLD_TAPE;
	struct event event = {.type = EVENT_BEAT_HEARD};
	unsigned at;

	if (count == 0)
		return;
	at = turn % count;
	event.beat.link = node->tape[at].link;
	event.beat.beat = node->tape[at].beat;
	judge_old_word(world, 1 - from, &event.beat.beat);
	world_post_event(world, 1 - from, 0, &event);
}

/* As link/vrrp signs: no two adverts of an instance bear one clock. */
struct core_signature wire_signature(struct world *world, unsigned from,
				     unsigned instance)
{
	struct world_node *node = &world->nodes[from];
	int64_t *last_ms = &node->advert_clock_ms[instance];
	int64_t now_ms = world_local_us(world, from) / 1000;

	*last_ms = now_ms > *last_ms ? now_ms : *last_ms + 1;
	return (struct core_signature){.is_there = true,
				       .is_signed = true,
				       .generation = node->core.generation,
				       .clock_ms = (uint32_t)*last_ms};
}

/* As wire/vrrp.c: who does not sign knows no signature, and drops one that lets
 * go and has it behind. */
static void advert_is_read(struct event *event, bool is_sent_plain,
			   bool is_read_plain,
			   const struct core_signature *signature)
{
	if (is_sent_plain)
		return;
	event->advert.signature = *signature;
	if (!is_read_plain)
		return;
	event->advert.signature =
		(struct core_signature){.is_there = signature->is_signed};
	if (event->advert.priority == 0 && signature->is_signed) {
		event->advert.verdict = CORE_ADVERT_DROPPED;
		event->advert.reason = "length";
	}
}

void wire_send_advert(struct world *world, unsigned from, unsigned instance,
		      uint8_t priority, const struct core_signature *signature)
{
	const struct core_settings *settings = &world->nodes[from].settings;
	struct event event = {.type = EVENT_ADVERT_HEARD};
	const struct core_settings *its = &world->nodes[1 - from].settings;

	if (world->nodes[from].mute && world->nodes[from].carrier) {
		if (world->nodes[from].running)
			ears_unsent(world, from);
		return;
	}
	if (world->filter[from] || !ears_reach(world, from) ||
	    instance >= its->instance_count)
		return;
	event.advert.instance = instance;
	event.advert.verdict = CORE_ADVERT_GOOD;
	if (world_chance(world, world->drop_adverts)) {
		event.advert.verdict = CORE_ADVERT_DROPPED;
		event.advert.reason = "the checksum";
	}
	event.advert.source = settings->nodes[from].addresses[0];
	event.advert.priority = priority;
	event.advert.interval_ms = settings->instances[instance].advert_ms;
	/* RFC 3768 7.1; version 3 is told */
	if (its->instances[instance].version == 2 &&
	    its->instances[instance].advert_ms != event.advert.interval_ms) {
		event.advert.verdict = CORE_ADVERT_DROPPED;
		event.advert.reason = "interval";
	}
	advert_is_read(&event, settings->instances[instance].is_plain,
		       its->instances[instance].is_plain, signature);
	travel(world, 1 - from, world->ethernet_us, WIRE_ETHERNET, &event);
}

/* ---- what anybody on the segment can send ---- */

void wire_forge(struct world *world, const struct world_message *m)
{
	struct world_forgery *forgery = &world->forgery[m->node];
	struct world_node *node = &world->nodes[m->node];
	struct world_message *next;

	if (m->stamp != forgery->stamp || world->now_us > forgery->until_us)
		return;
	if (world_runs(node) && node->carrier) {
		judge_forged(world, m->node, &forgery->event);
		world_tell(world, m->node, &forgery->event);
	}
	next = world_post(world, m->node, forgery->every_us);
	next->kind = FORGES;
	next->stamp = m->stamp;
}

void world_forge(struct world *world, unsigned n, const struct event *event,
		 int64_t every_ms, int64_t ms)
{
	struct world_forgery *forgery = &world->forgery[n];
	struct world_message first = {.node = n};

	forgery->event = *event;
	forgery->every_us = every_ms * 1000;
	forgery->until_us = world->now_us + ms * 1000;
	first.stamp = ++forgery->stamp;
	wire_forge(world, &first);
}
