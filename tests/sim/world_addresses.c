/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R15, R1: somebody edited one of the two files: what is the address of one
 * instance there is another one's here. The world knows an address by a number
 * of its own; a file is read at a start, and mended at one.
 */
#include "world_internal.h"

#define EDITED 0x00a5a500u /* of the digest */

void world_addresses_begin(struct world *world)
{
	for (unsigned n = 0; n < 2; n++)
		for (unsigned i = 0; i < CORE_INSTANCES_MAX; i++)
			world->nodes[n].settings.instances[i].addresses = i + 1;
}

void world_addresses_swap(struct world *world, unsigned n, unsigned i,
			  unsigned k)
{
	struct core_settings *s = &world->nodes[n].settings;
	uint32_t address = s->instances[i].addresses;

	assert(i != k && i < s->instance_count && k < s->instance_count);
	s->instances[i].addresses = s->instances[k].addresses;
	s->instances[k].addresses = address;
	s->digest ^= EDITED;
	world->addresses_differ = true;
}

static bool holds_nothing(const struct world_node *node)
{
	for (unsigned i = 0; i < CORE_INSTANCES_MAX; i++)
		if (node->vip[i])
			return false;
	return true;
}

void world_addresses_mend(struct world *world)
{
	const struct core_settings *other = &world->nodes[0].settings;
	struct world_node *node = &world->nodes[1];

	if (!world->addresses_differ || !world_runs(node) ||
	    world->nodes[0].reloading || node->reloading ||
	    world->nodes[0].has_file || node->has_file || node->core.stopping)
		return;
	/* what could not be removed, and is in no file that is read any more,
	 * goes with its lifetime, which nobody renews */
	for (unsigned i = node->settings.instance_count; i < CORE_INSTANCES_MAX;
	     i++)
		node->vip[i] = node->vip[i] && node->stays[i];
	node->addresses_mended = true;
	if (node->settings.digest != other->digest)
		world_stop(world, 1);
}

void addresses_read(struct world *world, unsigned n)
{
	struct world_node *node = &world->nodes[n];

	/* what is left from before is known by the old file */
	if (!node->addresses_mended || !holds_nothing(node))
		return;
	for (unsigned i = 0; i < CORE_INSTANCES_MAX; i++)
		node->settings.instances[i].addresses = i + 1;
	node->settings.digest = world->nodes[1 - n].settings.digest;
	world->addresses_differ = node->addresses_mended = false;
}

int world_place_of_address(const struct world *world, unsigned n, unsigned i)
{
	const struct core_settings *here = &world->nodes[n].settings;
	const struct core_settings *there = &world->nodes[1 - n].settings;

	if (!world->addresses_differ)
		return (int)i;
	for (unsigned k = 0; k < here->instance_count; k++)
		if (here->instances[k].addresses ==
		    there->instances[i].addresses)
			return (int)k;
	return -1;
}

int world_holds_address_of(const struct world *world, unsigned n, unsigned i)
{
	int k = world_place_of_address(world, n, i);

	return k >= 0 && world->nodes[n].vip[k] ? k : -1;
}
