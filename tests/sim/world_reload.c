/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * New settings for a daemon that runs, as src/core/reload.h wants it: what is
 * gone is let go first, then core, keeper and fencer have the new ones at once.
 * The truth of the world (who holds which address) is by its own numbers: one
 * that is new has the next number, wherever in the file it comes to stand.
 */
#include <stdio.h>
#include <string.h>

#include "../../src/wire/vrrp.h"
#include "world_internal.h"

bool world_reload(struct world *world, unsigned n,
		  const struct core_settings *settings)
{
	return world_reload_at(world, n, settings, PLACE_END);
}

/* False: it needs a restart. */
static bool file_copied(struct world_node *node,
			const struct core_settings *settings,
			enum world_place place)
{
	node->next = *settings;
	order_next(&node->order, node->settings.instance_count,
		   settings->instance_count, place, &node->next_order);
	return core_map_make(node->core.settings,
			     order_file(&node->next_order, &node->next,
					&node->next_file),
			     &node->map) == NULL;
}

static void reload_begins(struct world *world, unsigned n)
{
	struct world_node *node = &world->nodes[n];
	struct event tick = {.type = EVENT_TICK};

	node->reloading = true;
	core_leave(&node->core, &node->map);
	/* as the daemon does: the core's time is now; else when it wakes */
	if (world_runs(node))
		world_step(world, n, &tick);
}

bool world_reload_at(struct world *world, unsigned n,
		     const struct core_settings *settings,
		     enum world_place place)
{
	struct world_node *node = &world->nodes[n];

	if (!node->running || !node->powered || node->reloading ||
	    node->has_file || !file_copied(node, settings, place))
		return false;
	reload_begins(world, n);
	return true;
}

#define CALLED_AGAIN_US 500000

void reload_called(struct world *world, unsigned n)
{
	struct world_node *node = &world->nodes[n];

	if (!node->has_file)
		return; /* a start has read it meanwhile */
	if (!world_runs(node)) {
		world_post(world, n, CALLED_AGAIN_US)->kind = RELOADS;
		return;
	}
	node->has_file = false;
	reload_begins(world, n);
}

static void tell_what_is_new(struct world *world, unsigned n)
{
	struct world_node *node = &world->nodes[n];

	for (unsigned i = 0; i < CORE_LINKS_MAX; i++) {
		struct event event = {.type = EVENT_LINK_OPENED};

		event.link.link = i;
		if (node->settings.links[i].configured &&
		    node->core.links[i].is_broken && node->link_open[i])
			world_post_event(world, n, 0, &event);
	}
	for (unsigned i = 0; i < node->settings.interface_count; i++) {
		struct event event = {.type = EVENT_CARRIER_CHANGED};

		event.carrier.interface = i;
		event.carrier.is = i == 0 ? node->carrier : !node->tracked_down;
		if (!node->core.carrier_known[i])
			world_post_event(world, n, 0, &event);
	}
	checks_begin(world, n);
}

void reload_step(struct world *world, unsigned n)
{
	struct world_node *node = &world->nodes[n];

	if (!core_may_reload(&node->core, &node->map))
		return;
	core_reload(
		&node->core,
		order_file(&node->next_order, &node->next, &node->next_file),
		&node->map, &world->actions);
	node->reloading = false;
	/* R2, R15, R17.7: these settings may begin a new life; nobody was away
	 */
	node->generation = node->core.generation;
	judge_reloaded(world, n);
	node->settings = node->next;
	node->order = node->next_order;
	judge_dead_times(world, n, false);
	/* the same settings, in the place that the world has for them */
	node->core.settings =
		order_file(&node->order, &node->settings, &node->file);
	if (node->order.is_moved)
		order_actions(&node->order, node->settings.instance_count,
			      &world->actions);
	node->fencer_digest = node->settings.fence_digest;
	core_check_invariants(&node->core);
	world_carry_out(world, n);
	node->tick_us = world->now_us;
	tell_what_is_new(world, n);
	node->reloads++;
}

/* A start reads the file that a reload had not yet taken up. */
void reload_forget(struct world *world, unsigned n)
{
	struct world_node *node = &world->nodes[n];

	if (node->reloading || node->has_file) {
		judge_reloaded(world, n);
		node->settings = node->next;
		node->order = node->next_order;
	}
	node->reloading = node->has_file = false;
}

/* ---- what people change ---- */

static bool is_taken(const struct core_settings *s, uint32_t address)
{
	for (unsigned i = 0; i < s->instance_count; i++)
		if (s->instances[i].addresses == address)
			return true;
	return false;
}

/* Its own where it is free: the loader refuses a file that has one twice, and
 * somebody may have given it to another instance (world_addresses.c). */
static uint32_t free_address(const struct core_settings *s, unsigned place)
{
	uint32_t address = place + 1;

	for (uint32_t other = 1; is_taken(s, address); other++)
		address = other;
	return address;
}

static bool instance_added(struct core_settings *s)
{
	unsigned i = s->instance_count;

	if (i >= 6)
		return false;
	s->instances[i] = s->instances[0];
	snprintf(s->instances[i].name, sizeof(s->instances[i].name), "VI_%u",
		 i + 1);
	s->instances[i].vrid = (uint8_t)(55 + i);
	s->instances[i].addresses = free_address(s, i);
	s->instance_count++;
	return true;
}

static bool instance_removed(struct core_settings *s)
{
	if (s->instance_count < 2)
		return false;
	s->instance_count--;
	return true;
}

uint32_t world_least_tie_ms(const struct world *world,
			    const struct core_settings *s)
{
	int64_t least_us = INT64_MAX, most_us = 0;

	for (unsigned l = 0; l < CORE_LINKS_MAX; l++) {
		int64_t dead_us = (int64_t)s->links[l].dead_ms * 1000;

		if (!s->links[l].configured)
			continue;
		least_us = dead_us < least_us ? dead_us : least_us;
		most_us = dead_us > most_us ? dead_us : most_us;
	}
	for (unsigned i = 0; i < s->instance_count; i++)
		for (unsigned n = 0; n < 2; n++) {
			int64_t dead_us =
				vrrp_master_down_us(s->instances[i].version,
						    s->instances[i].priority[n],
						    s->instances[i].advert_ms);

			least_us = dead_us < least_us ? dead_us : least_us;
			most_us = dead_us > most_us ? dead_us : most_us;
		}
	/* a slow device is no slower than this, see faults.c */
	return (uint32_t)((most_us - least_us) / 1000 + 500 +
			  (world->fence_lag_us + world->fence_answer_us) /
				  1000 +
			  world->power_wait_ms + 1);
}

#define LEAST_BEAT_US 3300
#define MOST_BEAT_US  1000000

static uint32_t scaled(uint32_t number, uint32_t value)
{
	static const uint32_t times[][2] = {{1, 10}, {1, 3}, {3, 4},
					    {2, 1},  {5, 1}, {10, 1}};

	return number * times[value % 6][0] / times[value % 6][1];
}

/* A line is not more than half full, three beats fit into the dead time. */
static void link_paced(struct core_settings *s, unsigned l, uint32_t value)
{
	uint32_t interval_us = scaled(s->links[l].interval_us, value);
	uint32_t least_us = 2 * s->links[l].frame_us;

	if (least_us < LEAST_BEAT_US)
		least_us = LEAST_BEAT_US;
	if (interval_us < least_us)
		interval_us = least_us;
	if (interval_us > MOST_BEAT_US)
		interval_us = MOST_BEAT_US;
	s->links[l].interval_us = interval_us;
	s->links[l].dead_ms = interval_us * (3 + value / 6 % 3) / 1000 + 1;
	if (s->links[l].dead_ms < 30)
		s->links[l].dead_ms = 30;
}

/* Steps of 10 ms, or whole seconds; many at once cost time. */
static void adverts_paced(struct core_settings *s, unsigned i, uint32_t value)
{
	struct core_instance_settings *instance = &s->instances[i];
	uint32_t step_ms = instance->version == 2 ? 1000 : 10;
	uint32_t least_ms = s->instance_count > 6 ? 100 : step_ms;
	uint32_t ms = scaled(instance->advert_ms, value) / step_ms * step_ms;

	if (ms < least_ms)
		ms = least_ms < step_ms ? step_ms : least_ms;
	if (ms > 2000)
		ms = 2000;
	instance->advert_ms = ms;
}

static bool dead_times_pass(const struct world *world,
			    const struct core_settings *s)
{
	uint32_t waits_ms = s->fence.defend ? 0 : s->fence.delay_ms;

	for (unsigned i = 0; i < s->instance_count; i++)
		if (4 * s->instances[i].advert_ms > s->startup_ms)
			return false;
	if (s->hurry_ms > 0)
		waits_ms += s->links[0].dead_ms;
	return s->fence.tie_ms >= world_least_tie_ms(world, s) + waits_ms;
}

/* Shorter or longer, of beats, of adverts, or of both. */
static bool intervals_changed(const struct world *world,
			      struct core_settings *s, uint32_t value)
{
	const struct core_settings before = *s;
	unsigned what = value % 5 < 2 ? 1 + value % 5 : 3;

	value /= 5;
	for (unsigned l = 0; l < CORE_LINKS_MAX; l++)
		if (s->links[l].configured && (what & 1))
			link_paced(s, l, value);
	for (unsigned i = 0; i < s->instance_count; i++)
		if (what & 2)
			adverts_paced(s, i, value);
	return memcmp(&before, s, sizeof(before)) != 0 &&
	       dead_times_pass(world, s);
}

/* People need a moment from one node to the other; scripts next to none. */
static int64_t gap_us(struct world *world, uint32_t value)
{
	static const uint32_t most_ms[] = {1, 100, 1000, 15000};

	if (value % 5 != 2)
		return 0;
	return world_random(world) % (most_ms[value / 5 % 4] * 1000);
}

static bool device_changed(struct core_settings *s, uint32_t value)
{
	if (s->device_count == 0)
		return false;
	s->device_digests[value % s->device_count] ^= 0x40;
	return true;
}

/* Another cord in another outlet, and the file says so. */
static bool plug_replugged(struct core_settings *s, uint32_t value)
{
	struct core_node *node = &s->nodes[value % 2];

	if (node->plug_count == 0)
		return false;
	node->plugs[value / 2 % node->plug_count].key ^= 0x4000;
	return true;
}

static void digests_change(struct core_settings *s, uint32_t by, bool fences)
{
	s->digest = s->digest * 0x01000193u + by;
	if (fences)
		s->fence_digest = s->fence_digest * 0x01000193u + 1;
}

static bool settings_change(const struct world *world, struct core_settings *s,
			    uint32_t value)
{
	bool done;

	done = value % 5 == 0	? instance_added(s)
	       : value % 5 == 1 ? instance_removed(s)
	       : value % 5 == 2 ? intervals_changed(world, s, value / 5)
	       : value % 5 == 3 ? device_changed(s, value / 5)
				: plug_replugged(s, value / 5);
	if (!done)
		return false;
	digests_change(s, value % 251 + 1, value % 5 >= 3);
	return true;
}

/* Where people write it. */
static enum world_place place_of(uint32_t value)
{
	return value / 5 % 3 == 0   ? PLACE_FRONT
	       : value / 5 % 3 == 1 ? PLACE_MIDDLE
				    : PLACE_END;
}

void world_replug(struct world *world, unsigned n)
{
	for (unsigned i = 0; i < 2; i++) {
		struct core_settings changed = world->nodes[i].settings;

		if (!plug_replugged(&changed, n))
			continue;
		digests_change(&changed, 1, true);
		world_reload(world, i, &changed);
	}
}

bool world_reload_both(struct world *world, unsigned n, uint32_t value)
{
	struct world_node *other = &world->nodes[1 - n];
	struct core_settings changed[2];
	int64_t later_us;

	for (unsigned i = 0; i < 2; i++) {
		const struct world_node *node = &world->nodes[i];

		if (!world_runs(node) || node->reloading || node->has_file)
			return false;
		changed[i] = node->settings;
		if (!settings_change(world, &changed[i], value))
			return false;
	}
	other->has_file = file_copied(other, &changed[1 - n], place_of(value));
	world_reload_at(world, n, &changed[n], place_of(value));
	later_us = gap_us(world, value);
	if (later_us == 0)
		reload_called(world, 1 - n);
	else
		world_post(world, 1 - n, later_us)->kind = RELOADS;
	return true;
}
