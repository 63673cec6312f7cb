/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R3 in the world: a node whose adverts do not leave, one that hears nothing
 * though its carrier is up or sits in the wrong VLAN, a filter between the
 * nodes that takes only the adverts, a gateway; and the judge of shots that
 * rest on bad ears.
 */
#include <string.h>

#include "world_internal.h"

#define PROBES_US      100000
#define TRY_SENDING_US 200000
#define LATELY_US      120000000 /* a look around is each minute */
#define LATE_US	       100000	 /* what is on its way */

void ears_changed(struct world *world)
{
	world->ears_changed_us = world->now_us;
}

/* True: what the other node puts on the Ethernet comes in here. */
bool ears_reach(const struct world *world, unsigned from)
{
	const struct world_node *a = &world->nodes[from];
	const struct world_node *b = &world->nodes[1 - from];

	return world->ethernet[from] && a->carrier && b->carrier &&
	       a->ears != EARS_WRONG_VLAN && b->ears == EARS_GOOD;
}

static void hears(struct world *world, unsigned n, enum core_station who)
{
	struct event event = {.type = EVENT_STATION_HEARD};

	event.station.who = who;
	world_post_event(world, n, 0, &event);
}

/* Its edge asks; whose kernel lives answers, whatever its programs do. */
void ears_probe(struct world *world, const struct world_message *m)
{
	unsigned n = m->node;
	struct world_node *node = &world->nodes[n];
	struct world_message *again;

	if (!node->running || !node->probing || m->stamp != node->probe_stamp)
		return;
	if (!node->frozen && node->carrier && !node->deaf) {
		if (node->ears == EARS_GOOD && !world->no_gateway)
			hears(world, n, CORE_STATION_ASKED);
		if (node->ears == EARS_WRONG_VLAN ||
		    (node->ears == EARS_GOOD && world->others))
			hears(world, n, CORE_STATION_OTHER);
		if (world->nodes[1 - n].powered &&
		    !world->nodes[1 - n].paused && ears_reach(world, n) &&
		    ears_reach(world, 1 - n))
			hears(world, n, CORE_STATION_PEER);
	}
	again = world_post(world, n, PROBES_US);
	again->kind = PROBES;
	again->stamp = node->probe_stamp;
}

void ears_told(struct world *world, unsigned n, bool on)
{
	struct world_node *node = &world->nodes[n];
	struct world_message *message;

	node->probing = on;
	node->probe_stamp++;
	if (!on)
		return;
	message = world_post(world, n, 500);
	message->kind = PROBES;
	message->stamp = node->probe_stamp;
}

void ears_unsent(struct world *world, unsigned n)
{
	struct world_node *node = &world->nodes[n];
	struct event event = {.type = EVENT_SENDING_CHANGED};

	if (node->told_unsent)
		return;
	node->told_unsent = true;
	for (unsigned i = 0; i < node->settings.instance_count; i++) {
		event.sending.instance = i;
		event.sending.text = "192.0.2.11 is not on eth0";
		world_post_event(world, n, 0, &event);
	}
}

void world_mute(struct world *world, unsigned n, bool on)
{
	struct world_node *node = &world->nodes[n];
	struct event event = {.type = EVENT_SENDING_CHANGED};

	ears_changed(world);
	node->mute = on;
	if (on || !node->told_unsent)
		return;
	node->told_unsent = false;
	event.sending.is = true;
	for (unsigned i = 0; i < node->settings.instance_count; i++) {
		event.sending.instance = i;
		world_post_event(world, n, TRY_SENDING_US, &event);
	}
}

void world_ears(struct world *world, unsigned n, enum world_ears ears)
{
	ears_changed(world);
	if (world->nodes[n].ears == EARS_GOOD)
		world->nodes[n].bad_ears_us = world_local_us(world, n);
	world->nodes[n].ears = ears;
}

void world_ethernet(struct world *world, unsigned from, bool whole)
{
	if (world->ethernet[from] != whole)
		ears_changed(world);
	world->ethernet[from] = whole;
}

void world_ethernets(struct world *world, bool whole)
{
	world_ethernet(world, 0, whole);
	world_ethernet(world, 1, whole);
}

void world_filter(struct world *world, unsigned from, bool on)
{
	ears_changed(world);
	world->filter[from] = on;
}

/* ---- no healthy owner is cut for somebody's ears ---- */

/* What it took for a judgement was so all the time. */
static bool is_settled(const struct world *world, unsigned n)
{
	const struct world_node *node = &world->nodes[n];
	int64_t window_us = (int64_t)node->settings.fence.disagree_ms * 1000;

	return world->now_us - world->ears_changed_us > 2 * window_us + 3000000;
}

/* It serves, and nothing is wrong with its machine and its programs. */
static bool serves(const struct world_node *node)
{
	bool holds = false;

	for (unsigned i = 0; i < node->settings.instance_count; i++)
		holds = holds || node->vip[i];
	return holds && world_runs(node) && node->keeper && node->carrier;
}

static bool is_thin(const struct world_node *node)
{
	for (unsigned l = 0; l < CORE_LINKS_MAX; l++)
		if (node->settings.links[l].configured &&
		    node->core.links[l].state != LINK_DOWN)
			return true;
	return false;
}

/*
 * This node's own ears went before the peer fell silent by every link, and the
 * gateway had answered shortly before: whoever answered, did so before.
 */
static bool heard_nobody_since(const struct world_node *node)
{
	const struct core *core = &node->core;
	int64_t silent_us = core->peer.silent_from_us;
	int64_t asked_us = core->hearing[0].heard_us[CORE_STATION_ASKED];

	return node->ears != EARS_GOOD &&
	       node->bad_ears_us + LATE_US < silent_us && asked_us &&
	       asked_us + LATELY_US > silent_us;
}

/* R5: who shoots to defend what it serves is not the one that is broken. */
static void judge_defence(struct world *world, unsigned n)
{
	const struct world_node *node = &world->nodes[n];
	const struct world_node *standby = &world->nodes[1 - n];
	int64_t silent_us = node->core.peer.silent_from_us;

	if (node->core.fence.need != NEED_SILENCE || !serves(node) ||
	    !world_runs(standby) || !standby->keeper || !standby->carrier)
		return;
	for (unsigned i = 0; i < node->settings.instance_count; i++)
		if (!node->vip[i])
			return;
	if (node->ears != EARS_GOOD &&
	    node->bad_ears_us + LATE_US < silent_us &&
	    (node->ears == EARS_DEAF ||
	     node->core.hearing[0].heard_us[CORE_STATION_ASKED]))
		judge_break(world,
			    "%s serves, hears nobody, and cuts a "
			    "healthy standby",
			    node->settings.nodes[n].name);
	if (node->mute && node->told_unsent)
		judge_break(world,
			    "%s serves, its adverts do not leave, and "
			    "it cuts a healthy standby",
			    node->settings.nodes[n].name);
}

/* ---- nor where nothing is wrong at all ---- */

/* What this node says comes in over there, by one way at least. */
static bool is_on_the_air(const struct world *world, unsigned from)
{
	const struct world_node *a = &world->nodes[from];
	const struct world_node *b = &world->nodes[1 - from];

	if (world->lose || world->late || world->drop_adverts || world->busy ||
	    world->noise)
		return false;
	if (a->settings.links[0].configured && a->link_open[0] &&
	    b->link_open[0] && !a->looped && !b->looped && !a->line_busy &&
	    world->serial[from])
		return true;
	for (unsigned l = 1; l < CORE_LINKS_MAX; l++)
		if (a->settings.links[l].configured &&
		    card_reaches(world, from, l))
			return true;
	/* who lets go of one sends no advert of it */
	for (unsigned i = 0; i < a->settings.instance_count; i++)
		if (world_instance(a, i)->releasing)
			return false;
	return ears_reach(world, from) && !world->filter[from] && !a->mute;
}

/*
 * R2, R15: an owner that is well, and can be heard, falls silent though nothing
 * has happened for longer than any dead time: then it is no silence.
 */
static void judge_silent(struct world *world, unsigned n)
{
	const struct world_node *node = &world->nodes[n];
	const struct world_node *target = &world->nodes[1 - n];
	int64_t silent_us = world->now_us - (world_local_us(world, n) -
					     node->core.peer.silent_from_us);
	int64_t calm_us = silent_us - node->longest_dead_us - LATE_US;

	/* who cannot let go asks to be cut (R10) */
	if (node->core.fence.need != NEED_SILENCE || !serves(target) ||
	    target->rtnl_held || world->disturbed_us == 0 ||
	    world->disturbed_us > calm_us || node->woke_us > calm_us ||
	    target->woke_us > calm_us || !is_on_the_air(world, 1 - n))
		return;
	judge_break(world, "%s cuts a healthy owner whom it could hear",
		    node->settings.nodes[n].name);
}

void judge_ears(struct world *world, unsigned n)
{
	const struct world_node *node = &world->nodes[n];
	const struct world_node *target = &world->nodes[1 - n];
	enum fence_need need = node->core.fence.need;

	judge_silent(world, n);
	if (node->settings.fence.disagree_probe && node->settings.fence.defend)
		judge_defence(world, n);
	if (!node->settings.fence.disagree_probe || !serves(target))
		return;
	if (need == NEED_SILENCE && heard_nobody_since(node))
		judge_break(world, "%s has gone deaf, and cuts a healthy owner",
			    node->settings.nodes[n].name);
	if (!is_settled(world, n))
		return;
	if (need == NEED_SILENCE && is_thin(node) && node->ears == EARS_DEAF &&
	    node->core.hearing[0].heard_us[CORE_STATION_ASKED])
		judge_break(world,
			    "%s is deaf and cuts the owner on thin "
			    "evidence",
			    node->settings.nodes[n].name);
	if (need != NEED_DISAGREE)
		return;
	/* where nobody was ever asked, others in a wrong VLAN sound as good */
	if (node->ears == EARS_DEAF ||
	    (node->ears == EARS_WRONG_VLAN &&
	     node->core.hearing[0].heard_us[CORE_STATION_ASKED]))
		judge_break(world,
			    "%s cuts the owner, and hears nothing itself",
			    node->settings.nodes[n].name);
	else if (ears_reach(world, 0) && ears_reach(world, 1))
		judge_break(world,
			    "%s cuts a healthy owner whose adverts are lost, "
			    "though the network between them works",
			    node->settings.nodes[n].name);
}
