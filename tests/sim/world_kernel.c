/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What only the kernel can do to a node: its RTNL lock is held by somebody (a
 * driver that hangs, a card that resets its firmware). Then no address comes,
 * goes or expires; a keeper that asks for one hangs there, is not killed by
 * SIGKILL, and what it has asked for is carried out when the lock is free. The
 * main process runs on. A look (R12) tells the truth all the while, or nothing.
 */
#include <string.h>

#include "world_internal.h"

/* when vip.lease_s = 0, and how often the keeper is asked for a sign of life */
#define PATIENCE_US	   3000000
#define KEEPER_IS_ASKED_US 500000

/* Main loses patience with a keeper that hangs (R12). */
static void patience_starts(struct world *world, unsigned n)
{
	const struct world_node *node = &world->nodes[n];
	int64_t lease_us = (int64_t)node->settings.lease_ms * 1000;
	struct world_message *m = world_post(
		world, n,
		(lease_us ? lease_us : PATIENCE_US) + KEEPER_IS_ASKED_US);

	m->kind = KEEPER_PATIENCE_ENDS;
	m->stamp = node->rtnl_epoch;
}

static void tell_keeper_lost(struct world *world, unsigned n, bool ended)
{
	struct event event = {.type = EVENT_KEEPER_LOST};

	event.process.text = ended ? "twinbeat-keeper died"
				   : "twinbeat-keeper does not answer";
	event.process.ended = ended;
	world_post_event(world, n, 1000, &event);
}

void world_rtnl_hold(struct world *world, unsigned n, int64_t ms)
{
	struct world_node *node = &world->nodes[n];
	struct world_message *m;

	if (!node->powered)
		return;
	node->rtnl_held = true;
	node->rtnl_epoch++;
	/* renewing is asking, too */
	if (node->settings.lease_ms > 0)
		patience_starts(world, n);
	if (ms < 0)
		return;
	m = world_post(world, n, ms * 1000);
	m->kind = RTNL_IS_FREE;
	m->stamp = node->rtnl_epoch;
}

bool kernel_keeper_hangs(struct world *world, uint32_t slot)
{
	const struct world_message *m = &world->queue[slot];
	struct world_node *node = &world->nodes[m->node];

	if (!node->rtnl_held)
		return false;
	if (!node->in_kernel && m->kind != LAST_WILL) {
		node->in_kernel = true;
		node->in_kernel_claims = m->kind == FROM_KEEPER_CLAIM;
		node->in_kernel_instance = m->event.vip.instance;
		if (node->settings.lease_ms == 0)
			patience_starts(world, m->node);
	}
	assert(node->hung_count < WORLD_HUNG);
	node->hung[node->hung_count++] = (uint16_t)slot;
	return true;
}

/* What it hung in is done first, then what was asked of it meanwhile. */
static void keeper_goes_on(struct world *world, struct world_node *node)
{
	world_due_now(world, node->hung, node->hung_count);
	node->hung_count = 0;
	/* one after the other: none of it is over before all of it is */
	if (node->keeper_free_us <= world->now_us)
		node->keeper_free_us = world->now_us + 1;
}

void kernel_patience_ends(struct world *world, const struct world_message *m)
{
	struct world_node *node = &world->nodes[m->node];

	if (!node->rtnl_held || m->stamp != node->rtnl_epoch || !node->keeper ||
	    node->keeper_told || !world_runs(node) ||
	    (node->settings.lease_ms == 0 && !node->in_kernel))
		return;
	kernel_keeper_killed(world, m->node, 100);
	node->keeper_told = true;
	tell_keeper_lost(world, m->node, false);
}

void kernel_keeper_killed(struct world *world, unsigned n, int64_t gap_ms)
{
	struct world_node *node = &world->nodes[n];

	(void)world;
	node->keeper_end = KEEPER_IS_KILLED;
	node->keeper_epoch++;
	node->keeper_gap_ms = gap_ms;
}

/* It hung in this, and ends now, but first it is done. */
static void carry_out_last(struct world_node *node)
{
	unsigned i = node->in_kernel_instance;

	if (node->in_kernel_claims)
		node->vip[i] = !node->refuses;
	else
		node->vip[i] = node->vip[i] && node->stays[i];
}

void world_rtnl_free(struct world *world, unsigned n)
{
	struct world_node *node = &world->nodes[n];
	enum keeper_end end = node->keeper_end;

	if (!node->rtnl_held)
		return;
	node->rtnl_held = false;
	if (node->in_kernel && end == KEEPER_IS_KILLED)
		carry_out_last(node);
	node->in_kernel = false;
	keeper_goes_on(world, node);
	node->keeper_end = KEEPER_LIVES;
	node->keeper_told = false;
	if (end == KEEPER_LIVES)
		return;
	node->keeper = false;
	if (end == KEEPER_QUITS)
		for (unsigned i = 0; i < node->settings.instance_count; i++)
			node->vip[i] = node->vip[i] && node->stays[i];
	node_lease_starts(world, n, node->keeper_epoch);
	if (node->running) {
		tell_keeper_lost(world, n, true);
		node_keeper_starts(world, n, node->keeper_gap_ms * 1000);
	}
	judge_holders(world);
}

void kernel_looks(struct world *world, unsigned n, unsigned i)
{
	const struct world_node *node = &world->nodes[n];
	struct event event = {.type = EVENT_VIP_LOOKED};

	event.look.instance = i;
	event.look.is = node->no_look  ? CORE_LOOK_UNKNOWN
			: node->vip[i] ? CORE_LOOK_HELD
				       : CORE_LOOK_GONE;
	world_post_event(world, n, 0, &event);
}

/* Its power is gone, and with it whoever held the lock. */
void kernel_forget(struct world *world, unsigned n)
{
	struct world_node *node = &world->nodes[n];

	keeper_goes_on(world, node); /* it has no power: nobody listens */
	node->rtnl_held = node->in_kernel = node->keeper_told = false;
	node->keeper_end = KEEPER_LIVES;
	node->rtnl_epoch++;
}
