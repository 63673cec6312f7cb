/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What happens to a machine and to the programs on it: power, boot, kill,
 * freeze, the keeper's last will and the lease. And the world at its start.
 */
#include <string.h>

#include "world_internal.h"

/* ---- life ---- */

void node_keeper_starts(struct world *world, unsigned n, int64_t delay_us)
{
	struct world_message *m = world_post(world, n, delay_us);

	m->event.type = EVENT_KEEPER_READY;
	m->stamp = world->nodes[n].keeper_epoch;
}

/* As the daemon does it from the file: plug 1, 2 ... of each node. */
static void name_plugs(struct core_settings *s)
{
	for (unsigned n = 0; n < 2; n++)
		for (unsigned p = 0; p < s->nodes[n].plug_count; p++) {
			struct core_plug_settings *plug = &s->nodes[n].plugs[p];

			snprintf(plug->name, sizeof(plug->name), "%u", p + 1);
			if (plug->key == 0) /* else it was moved since */
				plug->key = 1 + n * CORE_PLUGS_MAX + p;
		}
}

void world_edit_instances(struct world *world, unsigned n, unsigned count)
{
	world->nodes[n].instances_edited = count;
}

static void instances_read(struct world_node *node)
{
	struct core_settings *s = &node->settings;

	if (node->instances_edited == 0)
		return;
	assert(!node->order.is_moved);
	s->digest ^= s->instance_count * 0x01000193u;
	while (s->instance_count < node->instances_edited) {
		unsigned i = s->instance_count++;

		s->instances[i] = s->instances[0];
		snprintf(s->instances[i].name, sizeof(s->instances[i].name),
			 "VI_%u", i + 1);
		s->instances[i].vrid = (uint8_t)(55 + i);
		s->instances[i].addresses = i + 1;
	}
	s->instance_count = node->instances_edited;
	s->digest ^= s->instance_count * 0x01000193u;
	node->instances_edited = 0;
}

void world_boot(struct world *world, unsigned n)
{
	struct world_node *node = &world->nodes[n];
	struct core_memory memory = node->disk;
	struct event event;

	assert(node->powered && !node->running);
	reload_forget(world, n);
	world_forget(world, n);
	node->epoch++;
	node->keeper_epoch++;
	node->fencer_epoch++;
	node->running = node->keeper = true;
	node->fenced = false;
	node->frozen = node->paused = node->has_will = false;
	node->lease_ended = node->probing = node->told_unsent = false;
	node->keeper_free_us = 0;
	memset(node->advert_clock_ms, 0, sizeof(node->advert_clock_ms));
	node->settings.digest ^= node->fence_edit ^ node->fence_edit_read;
	node->settings.fence_digest ^= node->fence_edit ^ node->fence_edit_read;
	for (unsigned d = 0; d < node->settings.device_count; d++)
		node->settings.device_digests[d] ^=
			node->fence_edit ^ node->fence_edit_read;
	node->fence_edit_read = node->fence_edit;
	node->fencer_digest = node->settings.fence_digest;
	name_plugs(&node->settings);
	instances_read(node);
	addresses_read(world, n);
	judge_new_life(world, n);
	judge_started(world, n);
	judge_dead_times(world, n, true);
	/* as daemon/store.c reads and writes it */
	if (node->disk_fails || node->unwritten)
		memory.clean_end = false;
	if (node->unwritten)
		memory.plug_cut = 0;
	if (node->core.memory.maintenance && !memory.maintenance)
		node->maintained_us = world->now_us; /* never written */
	node->answered = false;
	memory.last_word = node->last_word;
	core_init(&node->core,
		  order_file(&node->order, &node->settings, &node->file),
		  &memory, 0x1000u * (n + 1) + node->epoch,
		  world_local_us(world, n));
	node->tick_us = world->now_us;
	node->ended_clean = false;
	node->unwritten = node->disk_fails;
	if (!node->disk_fails)
		node->disk.clean_end = false;
	node->deaf = true;
	node_keeper_starts(world, n, world->start_us);
	for (unsigned i = 0; i < node->settings.interface_count; i++) {
		event = (struct event){.type = EVENT_CARRIER_CHANGED};
		event.carrier.interface = i;
		event.carrier.is = i == 0 ? node->carrier : !node->tracked_down;
		world_post_event(world, n, 0, &event);
	}
	checks_begin(world, n);
}

/* R8: left-overs are gone; now the links open. */
static void links_open(struct world *world, unsigned n)
{
	struct world_node *node = &world->nodes[n];

	node->deaf = false;
	judge_opened(world, n);
	for (unsigned i = 0; i < CORE_LINKS_MAX; i++) {
		struct event event = {.type = EVENT_LINK_OPENED};

		event.link.link = i;
		if (node->settings.links[i].configured && node->link_open[i])
			world_post_event(world, n, 0, &event);
	}
}

void world_power_off(struct world *world, unsigned n)
{
	struct world_node *node = &world->nodes[n];

	world->plug_on[n] = false;
	/* the mark was in memory: nothing tells of that run any more */
	if (node->unwritten)
		node->ended_clean = node->disk.clean_end;
	node->unwritten = false;
	node->last_word = (struct core_last_word){0};
	node->powered = node->running = node->keeper = false;
	kernel_forget(world, n);
	memset(node->vip, 0, sizeof(node->vip));
	memset(node->alien, 0, sizeof(node->alien));
	node->epoch++;
	node->keeper_epoch++;
	node->lost_power_us = world->now_us;
	world_forget(world, n);
	judge_new_life(world, n);
}

void world_power_on_slowly(struct world *world, unsigned n, int64_t ms)
{
	struct world_node *node = &world->nodes[n];

	outlets_on(world, n);
	node->powered = true;
	node->got_power_us = world->now_us;
	node->frozen = node->paused = false;
	if (world->no_battery[n])
		world->clock_was_set[n] = true;
	if (world->no_battery[n])
		world->clock_step_s[n] = -world->now_us / 1000000;
	if (world->clocks_drawn)
		node->clock_offset_us += 20000000 - world_local_us(world, n);
	if (ms >= 0)
		world_post(world, n, ms * 1000)->kind = BOOTS;
}

void world_power_on(struct world *world, unsigned n)
{
	world_power_on_slowly(world, n, -1);
	world_boot(world, n);
}

/* ---- the keeper: last will, lease ---- */

/* A line that sends a frame takes the next one after it; one that is stuck is
 * waited for, though not for long. */
void will_on_line(struct world *world, unsigned n)
{
	struct world_node *node = &world->nodes[n];
	int64_t wait_us = node->line_free_us - world->now_us;

	if (!node->line_busy && wait_us <= 0) {
		wire_send_beat(world, n, 0, &node->will);
	} else if (world->now_us < node->will_until_us) {
		world_post(world, n, wait_us > 0 ? wait_us : 10000)->kind =
			WILL_ON_LINE;
	}
}

/* As the keeper does: datagrams at once, a line when it takes it, and again. */
void will_say(struct world *world, unsigned n, unsigned turn)
{
	static const int64_t pause_us[] = {20000, 100000};
	struct world_node *node = &world->nodes[n];
	struct world_message *m;
	struct core_signature last = {.is_there = true,
				      .is_signed = true,
				      .is_last = true,
				      .generation = node->will_generation};

	for (unsigned i = 0; i < node->settings.instance_count; i++)
		if (set_has(&node->will_of, i))
			wire_send_advert(world, n, i, 0, &last);
	for (unsigned l = 1; node->has_will && l < CORE_LINKS_MAX; l++)
		if (node->settings.links[l].configured)
			wire_send_beat(world, n, l, &node->will);
	if (node->has_will && node->settings.links[0].configured) {
		node->will_until_us = world->now_us + 500000;
		will_on_line(world, n);
	}
	if (turn >= sizeof(pause_us) / sizeof(pause_us[0]))
		return;
	m = world_post(world, n, pause_us[turn]);
	m->kind = WILL_AGAIN;
	m->stamp = turn + 1;
}

void node_last_will(struct world *world, unsigned n)
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
	node->keeper_epoch++;
	memset(&node->will_of, 0, sizeof(node->will_of));
	node->will_generation = node->core.generation;
	for (unsigned i = 0; i < node->settings.instance_count; i++)
		if (held[i])
			set_add(&node->will_of, i);
	if (!stays)
		will_say(world, n, 0);
}

bool node_keeper_ready(struct world *world, unsigned n)
{
	struct world_node *node = &world->nodes[n];
	bool stays = node->rtnl_held;

	for (unsigned i = 0; !stays && i < node->settings.instance_count; i++)
		node->vip[i] = node->vip[i] && node->stays[i];
	if (stays) {
		/* "nothing of ours is on the machine" is not known yet */
		node_keeper_starts(world, n, 1000000);
		return false;
	}
	/* R17.1: what stays is told before */
	alien_left_over(world, n);
	node->keeper = true;
	if (node->deaf)
		links_open(world, n);
	return true;
}

void node_lease_starts(struct world *world, unsigned n, uint32_t stamp)
{
	struct world_node *node = &world->nodes[n];
	struct world_message *m;

	if (node->settings.lease_ms == 0)
		return;
	m = world_post(world, n, (int64_t)node->settings.lease_ms * 1000);
	m->kind = LEASE_ENDS;
	m->stamp = stamp;
}

/* R12a: only while main is still away, or the keeper is. */
void node_lease_ends(struct world *world, const struct world_message *m)
{
	struct world_node *node = &world->nodes[m->node];
	struct world_message *again;

	if (node->rtnl_held) {
		/* the kernel ends none now */
		again = world_post(world, m->node, 20000);
		again->kind = LEASE_ENDS;
		again->stamp = m->stamp;
	} else if (node->frozen && m->stamp == node->freezes) {
		alien_leases_end(node);
		node->lease_ended = true;
	} else if (!node->keeper && m->stamp == node->keeper_epoch) {
		alien_leases_end(node);
	}
}

/*
 * What cannot be removed is in the kernel still when the programs are gone:
 * nobody renews it then.
 */
void node_exits(struct world *world, unsigned n)
{
	struct world_node *node = &world->nodes[n];

	bool clean = node->keeper;

	node->running = false;
	node->unwritten = node->disk_fails;
	if (!node->disk_fails)
		node->disk = node->core.memory;
	if (node->rtnl_held && node->keeper) {
		/* it hangs, and will remove what it holds, and say nothing */
		if (node->keeper_end == KEEPER_LIVES)
			node->keeper_end = KEEPER_QUITS;
		clean = false;
	} else {
		node->keeper = false;
	}
	for (unsigned i = 0; i < node->settings.instance_count; i++) {
		if (!node->rtnl_held)
			node->vip[i] = node->vip[i] && node->stays[i];
		clean = clean && !node->vip[i];
	}
	if (!node->disk_fails)
		node->disk.clean_end = node->ended_clean = clean;
	node->epoch++;
	node->keeper_epoch++;
	judge_new_life(world, n);
	node_lease_starts(world, n, node->keeper_epoch);
}

/* ---- what can happen to the programs ---- */

void world_kill_main(struct world *world, unsigned n)
{
	struct world_node *node = &world->nodes[n];

	node->running = false;
	world_forget(world, n);
	judge_new_life(world, n);
	if (node->keeper)
		world_post(world, n, world->keeper_us)->kind = LAST_WILL;
}

void world_kill_all(struct world *world, unsigned n)
{
	struct world_node *node = &world->nodes[n];

	node->running = false;
	world_forget(world, n);
	judge_new_life(world, n);
	if (node->rtnl_held && node->keeper) {
		kernel_keeper_killed(world, n, 0);
		return;
	}
	node->keeper = false;
	node->keeper_epoch++;
	node_lease_starts(world, n, node->keeper_epoch);
}

void world_panic(struct world *world, unsigned n)
{
	bool was_on = world->plug_on[n];

	world_power_off(world, n);
	world->plug_on[n] = was_on;
	/* it holds nothing that answers; its supply is on all the same */
	world->nodes[n].powered = false;
}

void world_freeze(struct world *world, unsigned n, int64_t ms)
{
	struct world_node *node = &world->nodes[n];
	struct world_message *m;

	if (!world_runs(node))
		return;
	node->frozen = true;
	node->freezes++;
	m = world_post(world, n, ms * 1000);
	m->kind = WAKES;
	m->stamp = node->freezes;
	node_lease_starts(world, n, node->freezes);
}

void world_pause(struct world *world, unsigned n, int64_t ms, bool clocks_stand)
{
	struct world_node *node = &world->nodes[n];
	struct world_message *m;

	if (!node->powered || node->paused || node->frozen)
		return;
	node->paused = true;
	node->clocks_stand = clocks_stand;
	node->paused_us = world->now_us;
	node->freezes++;
	m = world_post(world, n, ms * 1000);
	m->kind = WAKES;
	m->stamp = node->freezes;
}

void node_wakes(struct world *world, const struct world_message *m)
{
	struct world_node *node = &world->nodes[m->node];

	if (m->stamp != node->freezes)
		return;
	if (node->paused && node->clocks_stand)
		node->clock_offset_us -= world->now_us - node->paused_us;
	node->frozen = node->paused = false;
	node->woke_us = world->now_us;
	node->was_away = true;
	world_flush(world, m->node);
	if (node->running)
		node->tick_us = world_from_local_us(world, m->node,
						    core_deadline(&node->core));
	if (node->tick_us < world->now_us)
		node->tick_us = world->now_us;
}

void world_kill_keeper(struct world *world, unsigned n, int64_t gap_ms)
{
	struct world_node *node = &world->nodes[n];
	struct event event = {.type = EVENT_KEEPER_LOST};

	if (!node->keeper || node->keeper_end != KEEPER_LIVES)
		return; /* it renews nothing: its lease goes on running out */
	if (node->rtnl_held) {
		kernel_keeper_killed(world, n, gap_ms);
		return;
	}
	node->keeper = false;
	node->keeper_epoch++;
	event.process.text = "twinbeat-keeper died";
	event.process.ended = true;
	world_post_event(world, n, 1000, &event);
	node_lease_starts(world, n, node->keeper_epoch);
	node_keeper_starts(world, n, gap_ms * 1000);
}

void world_kill_fencer(struct world *world, unsigned n)
{
	struct world_node *node = &world->nodes[n];
	struct event event = {.type = EVENT_FENCER_LOST};

	node->fencer_epoch++;
	node->fencer_digest = node->settings.fence_digest ^
			      node->fence_edit_read ^ node->fence_edit;
	event.process.text = "twinbeat-fencer died";
	world_post_event(world, n, 300, &event);
}

void world_edit_fence(struct world *world, unsigned n, uint32_t change)
{
	world->nodes[n].fence_edit = change;
}

/* ---- what can happen to its surroundings ---- */

static void set_carrier(struct world *world, unsigned n, unsigned interface,
			bool up)
{
	struct event event = {.type = EVENT_CARRIER_CHANGED};

	event.carrier.interface = interface;
	event.carrier.is = up;
	world_post_event(world, n, 300, &event);
}

void world_carrier(struct world *world, unsigned n, bool up)
{
	if (world->nodes[n].carrier != up) {
		judge_whole(world, n);
		ears_changed(world);
	}
	world->nodes[n].carrier = up;
	/* R3: another cable, of which the edge tells anew */
	world->nodes[n].told_unsent = false;
	set_carrier(world, n, 0, up);
	/* R4: what goes over the service's card, as the edge tells it */
	for (unsigned l = 1; l < CORE_LINKS_MAX; l++)
		if (world->nodes[n].settings.links[l].interfaces & 1)
			world_adapter(world, n, l, up);
}

void world_tracked(struct world *world, unsigned n, bool up)
{
	world->nodes[n].tracked_down = !up;
	if (world->nodes[n].settings.interface_count > 1)
		set_carrier(world, n, 1, up);
}

void world_adapter(struct world *world, unsigned n, unsigned link, bool open)
{
	struct event event = {.type = open ? EVENT_LINK_OPENED
					   : EVENT_LINK_BROKEN};

	if (!world->nodes[n].settings.links[link].configured ||
	    world->nodes[n].link_open[link] == open)
		return;
	world->nodes[n].link_open[link] = open;
	event.link.link = link;
	event.link.text = link == 0 ? "/dev/twinbeat0: the adapter is gone"
				    : "the card has no carrier";
	if (!world->nodes[n].deaf)
		world_post_event(world, n, 0, &event);
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
	world_post_event(world, n, 0, &event);
}

void world_answer(struct world *world, unsigned n, const char *code,
		  unsigned answer)
{
	struct event event = {.type = EVENT_OPERATOR_ASKED};

	event.operator_.command = COMMAND_ANSWER;
	event.operator_.token = ++world->reply_token;
	event.operator_.device = -1;
	event.operator_.answer = answer;
	snprintf(event.operator_.code, sizeof(event.operator_.code), "%s",
		 code);
	if (answer == 1 &&
	    strcmp(code, world->nodes[n].core.question.code) == 0)
		world->nodes[n].answered = true;
	world_post_event(world, n, 0, &event);
}

void world_drill(struct world *world, unsigned n, uint32_t wait_ms)
{
	struct event event = {.type = EVENT_OPERATOR_ASKED};

	event.operator_.command = COMMAND_FENCE_REBOOT;
	event.operator_.is_drill = true;
	event.operator_.wait_ms = wait_ms;
	event.operator_.token = ++world->reply_token;
	event.operator_.node = 1 - n;
	event.operator_.device = -1;
	world->reply_done = world->reply_ok = false;
	world->reply[0] = '\0';
	world_post_event(world, n, 0, &event);
}

void world_stop(struct world *world, unsigned n)
{
	struct event event = {.type = EVENT_STOP_ASKED};

	world_post_event(world, n, 0, &event);
}

void world_tell(struct world *world, unsigned n, const struct event *event)
{
	world_post_event(world, n, 0, event);
}

/* ---- the world at its start ---- */

bool settings_own_pdu(struct core_settings *s)
{
	if (s->device_count != 1 || s->nodes[0].plug_count != 1 ||
	    s->nodes[1].plug_count != 1)
		return false;
	s->device_count = 2;
	snprintf(s->devices[0], sizeof(s->devices[0]), "pdu-a");
	snprintf(s->devices[1], sizeof(s->devices[1]), "pdu-b");
	s->nodes[0].plugs[0].device = 0;
	s->nodes[1].plugs[0].device = 1;
	return true;
}

/* as the serial kind says them */
static const struct link_words link_words = {
	.down = "check the cable and the other end",
	.half = "check our transmit wire (pin 3)",
	.never = "check cable, port and baud rate",
	.noise = "a login prompt (getty), a console, another speed?",
	.other = "the same baud rate on both nodes? nothing else on the line?",
	.loop = "a loopback plug or a cable with both ends on this node",
};

static void settings_default(struct core_settings *s, unsigned self)
{
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
	s->links[0].interval_us = 100000;
	s->links[0].is_port = true;
	s->links[0].dead_ms = 400;
	s->links[0].frame_us = 3300;
	s->links[0].debounce_ms = 2;
	for (unsigned l = 0; l < CORE_LINKS_MAX; l++)
		s->links[l].words = &link_words;
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
	s->fence.required = s->fence.disagree_probe = true;
	s->fence.on_disagreement = CORE_FENCE;
	s->fence.on_no_answer = CORE_HOLD;
	s->fence.ask_ms = 300000;
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

/* As core_init() does: of the alerts, those that stand are read. And of the
 * instances those that a seed can have had. */
static void node_clear(struct world_node *node)
{
	struct core *core = &node->core;
	unsigned used = node->settings.instance_count > WORLD_INSTANCES
				? CORE_INSTANCES_MAX
				: WORLD_INSTANCES;

	memset(core, 0, offsetof(struct core, instances));
	memset(core->instances, 0, used * sizeof(core->instances[0]));
	memset((char *)core + offsetof(struct core, asks), 0,
	       offsetof(struct core, alerts) - offsetof(struct core, asks));
	memset((char *)node + sizeof(node->core), 0,
	       offsetof(struct world_node, file) - sizeof(node->core));
}

void world_init(struct world *world)
{
	_Static_assert(offsetof(struct world_node, core) == 0, "it is first");

	memset(world, 0, offsetof(struct world, nodes));
	node_clear(&world->nodes[0]);
	node_clear(&world->nodes[1]);
	world->actions.count = world->actions.words = world->actions.lost = 0;
	world->actions.beat_count = 0;
	world->log[0] = '\0';
	world->now_us = 1000000;
	world->serial_us = 3300;
	world->ethernet_us = world->udp_us = 100;
	world->keeper_us = 300;
	world->fence_us = 2000;
	world->boot_ms = -1;
	world->random = 1;
	for (unsigned i = 0; i < WORLD_QUEUE; i++)
		world->free_slots[i] = (uint16_t)(WORLD_QUEUE - 1 - i);
	world->free_count = WORLD_QUEUE;
	for (unsigned d = 0; d < CORE_DEVICES_MAX; d++)
		world->devices[d].dies_with = world->devices[d].busy_by = -1;
	for (unsigned n = 0; n < 2; n++) {
		struct world_node *node = &world->nodes[n];

		settings_default(&node->settings, n);
		node->powered = node->carrier = true;
		node->checks = CORE_CHECKS_GOOD;
		node->servers = CORE_SERVERS_SEEN;
		for (unsigned l = 0; l < CORE_LINKS_MAX; l++)
			node->link_open[l] = true;
		node->disk.clean_end = node->ended_clean = true;
		world->serial[n] = world->ethernet[n] = true;
		world->udp[n] = world->spare[n] = true;
		world->plug_on[n] = world->device_reached[n] = true;
		node->lost_power_us = node->maintained_us = -1;
		node->deceived_us = INT64_MIN / 2;
		node->life_forged_us = node->woke_us = INT64_MIN / 2;
		node->good_advert_us = node->vouched_us = INT64_MIN / 2;
		judge_new_life(world, n);
		for (unsigned p = 0; p < CORE_PLUGS_MAX; p++)
			world->outlets[n][p].feeds = (uint8_t)n;
	}
}
