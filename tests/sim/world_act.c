/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a core orders, carried out: by the keeper (addresses, last will), the
 * links, the fencer, the disk. An order to a dead keeper is lost.
 */
#include <string.h>

#include "world_internal.h"

/*
 * An order takes the keeper its time, and it works on one after the other: an
 * address is there, or gone, when it has got to it, and not if it dies before.
 */
static void keeper_is_told(struct world *world, unsigned n, unsigned i,
			   bool claims)
{
	struct world_node *node = &world->nodes[n];
	struct world_message *m;

	if (!node->keeper || node->keeper_end != KEEPER_LIVES)
		return;
	if (node->keeper_free_us < world->now_us)
		node->keeper_free_us = world->now_us;
	node->keeper_free_us += world->keeper_us;
	m = world_post(world, n, node->keeper_free_us - world->now_us);
	m->kind = claims ? FROM_KEEPER_CLAIM : FROM_KEEPER_RELEASE;
	m->stamp = node->keeper_epoch;
	m->event.type = claims ? EVENT_CLAIM_DONE : EVENT_RELEASE_DONE;
	m->event.vip.instance = i;
	m->event.vip.text = claims ? "refused by the kernel" : "it stays";
}

void world_disk(struct world *world, unsigned n, bool fails)
{
	struct event event = {.type = EVENT_STORE_CHANGED};

	world->nodes[n].disk_fails = fails;
	event.store.what = CORE_STORE_STATE;
	event.store.text = fails ? "the state cannot be written" : NULL;
	world_tell(world, n, &event);
}

static void save(struct world *world, unsigned n)
{
	struct world_node *node = &world->nodes[n];

	if (node->disk.maintenance && !node->core.memory.maintenance)
		node->maintained_us = world->now_us;
	node->unwritten = node->disk_fails;
	if (node->disk_fails)
		return;
	node->disk = node->core.memory;
	node->saved_us = world->now_us;
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

/* Nobody guesses here: it is enough that none comes twice. */
static void make_code(struct world *world, unsigned n)
{
	struct event event = {.type = EVENT_CODE_MADE};

	snprintf(event.code.text, sizeof(event.code.text), "Q%07u",
		 ++world->codes % 10000000);
	world_post_event(world, n, 0, &event);
}

static void act(struct world *world, unsigned n, const struct action *action)
{
	struct world_node *node = &world->nodes[n];
	struct core_signature signature;

	switch (action->type) {
	case ACTION_SEND_BEAT:
		wire_send_beat(world, n, action->send.link, action->send.beat);
		break;
	case ACTION_SEND_ADVERT:
		signature = wire_signature(world, n, action->instance);
		wire_send_advert(world, n, action->instance, action->priority,
				 &signature);
		break;
	case ACTION_CLAIM:
		judge_claim(world, n, &action->permit);
		keeper_is_told(world, n, action->instance, true);
		break;
	case ACTION_RELEASE:
		keeper_is_told(world, n, action->instance, false);
		break;
	case ACTION_LOOK:
		kernel_looks(world, n, action->instance);
		break;
	case ACTION_OBITUARY:
		node->has_will = true;
		node->will = *action->send.beat;
		break;
	case ACTION_FENCE:
		judge_order(world, n, action);
		fence_asked(world, n, action);
		break;
	case ACTION_PROBE:
		ears_told(world, n, action->probe.on);
		break;
	case ACTION_DISCARD_LINKS:
		world_discard(world, n);
		break;
	case ACTION_SAVE:
		save(world, n);
		break;
	case ACTION_TELL_DIRECTOR:
		break; /* its world is what world_servers() says */
	case ACTION_LAST_WORD:
		node->last_word = node->core.memory.last_word;
		break;
	case ACTION_MAKE_CODE:
		make_code(world, n);
		break;
	case ACTION_REPLY:
		take_reply(world, n, action);
		tell(world, n, action);
		break;
	case ACTION_ALERT:
		judge_alert(world, n, action);
		tell(world, n, action);
		break;
	case ACTION_TRACE:
		tell(world, n, action);
		break;
	case ACTION_ANNOUNCE:
	case ACTION_NOTIFY:
	case ACTION_EXIT:
		break;
	}
}

void world_carry_out(struct world *world, unsigned n)
{
	bool exits = false;

	if (world->actions.lost)
		judge_break(world, "%u orders of one step had no room",
			    world->actions.lost);
	/* nothing here steps a core, so the list stays as it is */
	for (unsigned k = 0; k < world->actions.count; k++) {
		const struct action *action = &world->actions.list[k];

		if (world->observe)
			world->observe(world->observer, n, action);
		act(world, n, action);
		exits = exits || action->type == ACTION_EXIT;
	}
	/* the rest of the list is carried out, too */
	if (exits)
		node_exits(world, n);
}
