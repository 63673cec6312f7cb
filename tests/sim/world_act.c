/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a core orders, carried out: by the keeper (addresses, last will), the
 * links, the fencer, the disk. An order to a dead keeper is lost.
 */
#include <string.h>

#include "world_internal.h"

static void keeper_claims(struct world *world, unsigned n,
			  const struct action *action)
{
	struct world_node *node = &world->nodes[n];
	struct world_message *m;
	unsigned i = action->instance;
	bool some = node->refuses_some && !node->refuses;

	judge_claim(world, n, &action->permit);
	if (!node->keeper)
		return;
	node->vip[i] = !node->refuses;
	m = world_post(world, n, world->keeper_us);
	m->stamp = node->keeper_epoch;
	m->event.type = EVENT_CLAIM_DONE;
	m->event.vip.instance = i;
	m->event.vip.added = node->refuses ? 0 : 1;
	m->event.vip.failed = node->refuses || some ? 1 : 0;
	m->event.vip.text = "refused by the kernel";
	if (some) {
		/* the keeper goes on trying */
		m = world_post(world, n, 2000000);
		m->event.type = EVENT_VIP_MENDED;
		m->event.vip.instance = i;
	}
	judge_holders(world);
}

static void keeper_will_release(struct world *world, unsigned n, unsigned i)
{
	struct world_message *m;

	if (!world->nodes[n].keeper)
		return;
	m = world_post(world, n, world->keeper_us);
	m->kind = FROM_KEEPER_RELEASE;
	m->stamp = world->nodes[n].keeper_epoch;
	m->event.type = EVENT_RELEASE_DONE;
	m->event.vip.instance = i;
	m->event.vip.text = "it stays";
}

static void node_exits(struct world *world, unsigned n)
{
	struct world_node *node = &world->nodes[n];

	node->running = node->keeper = false;
	node->disk = node->core.memory;
	node->disk.clean_end = true;
	memset(node->vip, 0, sizeof(node->vip));
	node->epoch++;
	node->keeper_epoch++;
	judge_new_life(world, n);
}

static void take_reply(struct world *world, unsigned n,
		       const struct action *action)
{
	judge_reply(world, n, action);
	if (action->reply.token != world->reply_token)
		return;
	world->reply_done = action->reply.done;
	world->reply_ok = action->reply.ok;
	memcpy(world->reply, action->text, sizeof(world->reply));
}

static void tell(struct world *world, unsigned n, const struct action *action)
{
	if (world->quiet)
		return;
	if (action->type == ACTION_TRACE &&
	    (world->loud || action->trace.severity != CORE_INFO))
		world_log(world, n, "%s", action->text);
	if (action->type == ACTION_ALERT && world->loud)
		world_log(world, n, "alert %s %s: %s", action->alert.name,
			  action->alert.raised ? "raised" : "cleared",
			  action->text);
	if (action->type == ACTION_REPLY && world->loud)
		world_log(world, n, "answer%s: %s",
			  !action->reply.done ? ""
			  : action->reply.ok  ? " ok"
					      : " refused or failed",
			  action->text);
}

static void act(struct world *world, unsigned n, const struct action *action)
{
	struct world_node *node = &world->nodes[n];

	switch (action->type) {
	case ACTION_SEND_BEAT:
		wire_send_beat(world, n, action->send.link, &action->send.beat);
		break;
	case ACTION_SEND_ADVERT:
		wire_send_advert(world, n, action->instance, action->priority);
		break;
	case ACTION_CLAIM:
		keeper_claims(world, n, action);
		break;
	case ACTION_RELEASE:
		keeper_will_release(world, n, action->instance);
		break;
	case ACTION_OBITUARY:
		node->has_will = true;
		node->will = action->send.beat;
		break;
	case ACTION_FENCE:
		fence_asked(world, n, action);
		break;
	case ACTION_DISCARD_LINKS:
		world_discard(world, n);
		break;
	case ACTION_SAVE:
		node->disk = node->core.memory;
		break;
	case ACTION_REPLY:
		take_reply(world, n, action);
		tell(world, n, action);
		break;
	case ACTION_TRACE:
	case ACTION_ALERT:
		tell(world, n, action);
		break;
	case ACTION_ANNOUNCE:
	case ACTION_NOTIFY:
		break;
	case ACTION_EXIT:
		node_exits(world, n);
		break;
	}
}

void world_carry_out(struct world *world, unsigned n)
{
	/* nothing here steps a core, so the list stays as it is */
	for (unsigned k = 0; k < world->actions.count; k++) {
		const struct action *action = &world->actions.list[k];

		if (world->observe)
			world->observe(world->observer, n, action);
		act(world, n, action);
	}
}
