/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * New settings for a daemon that runs, as src/core/reload.h wants it: what is
 * gone is let go first, then core, keeper and fencer have the new ones at once.
 * The truth of the world (who holds which address) is by its own numbers: one
 * that is new has the next number, wherever in the file it comes to stand.
 */
#include <stdio.h>
#include <string.h>

#include "world_internal.h"

bool world_reload(struct world *world, unsigned n,
		  const struct core_settings *settings)
{
	return world_reload_at(world, n, settings, PLACE_END);
}

bool world_reload_at(struct world *world, unsigned n,
		     const struct core_settings *settings,
		     enum world_place place)
{
	struct world_node *node = &world->nodes[n];

	if (!node->running || !node->powered || node->reloading)
		return false;
	node->next = *settings;
	order_next(&node->order, node->settings.instance_count,
		   settings->instance_count, place, &node->next_order);
	if (core_map_make(node->core.settings,
			  order_file(&node->next_order, &node->next,
				     &node->next_file),
			  &node->map) != NULL)
		return false;
	node->reloading = true;
	core_leave(&node->core, &node->map);
	reload_step(world, n);
	return true;
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

	if (node->reloading) {
		judge_reloaded(world, n);
		node->settings = node->next;
		node->order = node->next_order;
	}
	node->reloading = false;
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

/* As check has it: a line is not more than half full, three fit into the dead
 * time. */
static bool interval_changed(struct core_settings *s)
{
	uint32_t shorter_us = s->links[0].interval_us / 4 * 3;

	if (!s->links[0].configured || shorter_us < 2 * s->links[0].frame_us ||
	    shorter_us < 5000)
		return false;
	s->links[0].interval_us = shorter_us;
	return true;
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

static bool settings_change(struct core_settings *s, uint32_t value)
{
	bool done;

	done = value % 5 == 0	? instance_added(s)
	       : value % 5 == 1 ? instance_removed(s)
	       : value % 5 == 2 ? interval_changed(s)
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
	struct core_settings changed[2];

	for (unsigned i = 0; i < 2; i++) {
		const struct world_node *node = &world->nodes[i];

		if (!world_runs(node) || node->reloading)
			return false;
		changed[i] = node->settings;
		if (!settings_change(&changed[i], value))
			return false;
	}
	world_reload_at(world, n, &changed[n], place_of(value));
	world_reload_at(world, 1 - n, &changed[1 - n], place_of(value));
	return true;
}
