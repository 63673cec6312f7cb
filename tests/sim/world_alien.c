/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R17.1: another hand puts a VIP into a node's kernel: network files, another
 * daemon, an operator. No core knows of it before the keeper does, which sees
 * it, removes it, and tells; what it cannot remove it tells, and looks again.
 * What the node then states is judged; that two nodes hold the address until
 * then is no core's doing, and excused for just as long (alien_excuse).
 */
#include <string.h>

#include "world_internal.h"

#define LOOK_AGAIN_US SECOND_US

static void keeper_sees(struct world *world, unsigned n, unsigned i,
			int64_t after_us, bool is_told)
{
	struct world_message *m = world_post(world, n, after_us);

	m->kind = FROM_KEEPER_ALIEN;
	m->stamp = world->nodes[n].keeper_epoch;
	m->event.type = EVENT_VIP_ALIEN;
	m->event.alien.instance = i;
	m->event.alien.is_stuck = is_told;
	m->event.alien.text = "";
}

bool world_alien(struct world *world, unsigned n, unsigned i)
{
	struct world_node *node = &world->nodes[n];

	/* who asks while RTNL is held waits like everybody */
	if (!node->powered || node->vip[i] || node->rtnl_held || node->paused)
		return false;
	node->vip[i] = node->alien[i] = true;
	node->alien_us[i] = world->now_us;
	if (node->running && node->keeper && node->keeper_end == KEEPER_LIVES) {
		node->alien_pending[i]++;
		keeper_sees(world, n, i, world->keeper_us, false);
	}
	judge_holders(world);
	return true;
}

void alien_told(struct world_node *node, unsigned i)
{
	if (node->alien_pending[i] > 0)
		node->alien_pending[i]--;
}

bool alien_keeper_acts(struct world *world, struct world_message *m)
{
	struct world_node *node = &world->nodes[m->node];
	unsigned i = m->event.alien.instance;
	bool is_told = m->event.alien.is_stuck;

	if (node->vip[i] && !node->alien[i] && !is_told) {
		alien_told(node, i);
		return false; /* taken on by a claim */
	}
	if (node->vip[i] && node->alien[i] && node->stays[i]) {
		keeper_sees(world, m->node, i, LOOK_AGAIN_US, true);
		if (is_told)
			return false;
		m->event.alien.is_stuck = true;
		m->event.alien.text = "put here by another hand";
	} else {
		if (node->alien[i])
			node->vip[i] = false;
		node->alien[i] = false;
		m->event.alien.is_stuck = false;
		m->event.alien.text = "put here by another hand; removed";
	}
	/* what was told, and is looked at again, was under way no more */
	if (is_told)
		node->alien_pending[i]++;
	m->kind = TO_CORE;
	return true;
}

void alien_left_over(struct world *world, unsigned n)
{
	struct world_node *node = &world->nodes[n];

	for (unsigned i = 0; i < node->settings.instance_count; i++) {
		struct event event = {.type = EVENT_VIP_ALIEN};

		node->alien_pending[i] = 0;
		node->alien[i] = node->alien[i] && node->vip[i];
		if (!node->vip[i])
			continue;
		node->alien[i] = true; /* no claim stands for it */
		event.alien.instance = i;
		event.alien.is_stuck = true;
		event.alien.text = "left over, cannot be removed";
		keeper_sees(world, n, i, LOOK_AGAIN_US, true);
		world_step(world, n, &event);
	}
}

void alien_leases_end(struct world_node *node)
{
	for (unsigned i = 0; i < node->settings.instance_count; i++)
		node->vip[i] = node->vip[i] && node->alien[i];
}

const char *alien_excuse(const struct world *world, unsigned n, unsigned i)
{
	const struct world_node *node = &world->nodes[n];

	if (!node->vip[i] || !node->alien[i])
		return NULL;
	if (!node->running || !node->keeper || node->deaf ||
	    node->keeper_end != KEEPER_LIVES || node->rtnl_held ||
	    node->paused || !node->core.keeper_ready)
		return "another hand put an address on a node where no keeper "
		       "watches";
	if (node->alien_pending[i] > 0)
		return "another hand put an address on a node, and its keeper "
		       "is about to see to it";
	if (world_instance(node, i)->own)
		return "another hand put an address on a node, which cannot "
		       "remove it and says so";
	return NULL;
}

const char *alien_news(const struct world *world, unsigned n, unsigned i)
{
	const struct world_node *node = &world->nodes[n];

	if (node->powered && node->vip[i] && node->alien[i] &&
	    world->now_us - node->alien_us[i] < SECOND_US)
		return "another hand put an address on a node after its last "
		       "word";
	return NULL;
}
