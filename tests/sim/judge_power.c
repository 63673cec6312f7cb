/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What may be built upon plugs, and what may be switched. Every answer that a
 * node got about the other one's plugs is kept: a takeover by "off" needs one
 * that says so, of this life, these settings, a proven level, fresh, and none
 * since that says otherwise. That the machine really was dark is judged apart:
 * a proof by luck is none. It must never ask the core what it believes.
 */
#include <string.h>

#include "world_internal.h"

/* R1: 5 s a proof, a second a reading, and what a slow wake-up adds */
#define FRESH_US    (6500 * (int64_t)1000)
#define CLOCK_US    (1000) /* two clocks drift apart in power_wait_ms */
#define HEARD_US    (10 * (int64_t)SECOND_US) /* beyond every dead time */
#define LEFT_US	    (10 * (int64_t)SECOND_US)
#define LEVEL_COUNT 10

/* ---- what was read ---- */

static const struct core_node *other(const struct world *world, unsigned n)
{
	return &world->nodes[n].settings.nodes[1 - n];
}

static uint16_t level_bit(const struct core_node *target, unsigned p)
{
	return (uint16_t)(1u << target->plugs[p].level);
}

/* Settings that are edited back find their proofs again, if nothing was proven
 * under others meanwhile; that they may be lost is not judged. */
static struct world_proven *proven_of(struct world_node *node, uint32_t digest)
{
	struct world_proven *proven;

	for (unsigned k = 0; k < WORLD_EDITS; k++)
		if (node->proven[k].digest == digest)
			return &node->proven[k];
	proven = &node->proven[node->proven_count++ % WORLD_EDITS];
	*proven = (struct world_proven){.digest = digest};
	return proven;
}

/* R8: a cut stays one for plugs that are the same (R15), whatever else the new
 * settings are. */
static void cut_is_reloaded(struct world *world, unsigned n)
{
	struct world_node *node = &world->nodes[n];
	const struct core_node *target = other(world, n);

	if (node->left_dark_digest != node->settings.fence_digest)
		return;
	for (unsigned p = 0; p < target->plug_count; p++)
		if (target->plugs[p].level == node->left_dark_level &&
		    !node->map.is_same_plug[1 - n][p])
			return;
	node->left_dark_digest = node->next.fence_digest;
}

void judge_reloaded(struct world *world, unsigned n)
{
	struct world_node *node = &world->nodes[n];
	uint8_t same = 0;

	cut_is_reloaded(world, n);

	for (unsigned p = 0; p < CORE_PLUGS_MAX; p++)
		if (node->map.is_same_plug[1 - n][p])
			same |= (uint8_t)(1u << p);
	for (unsigned k = 0; k < WORLD_EDITS; k++)
		if (node->proven[k].digest == node->settings.fence_digest)
			proven_of(node, node->next.fence_digest)->plugs =
				node->proven[k].plugs & same;
}

/* R1: read on, under these settings, while the other one had power. */
static void remember_proven(struct world *world, struct world_node *node,
			    unsigned n, const struct core_fence_done *done)
{
	const struct world_node *peer = &world->nodes[1 - n];

	if (done->digest != node->settings.fence_digest)
		return; /* R6: unequal is unknown */
	/* VRRP is not signed, and a new life knows no old frame (R17.7) */
	if (!peer->powered && world->now_us - peer->lost_power_us > HEARD_US &&
	    world->now_us - node->deceived_us > HEARD_US)
		return;
	for (unsigned p = 0; p < other(world, n)->plug_count; p++)
		if (done->plugs[p] == CORE_PLUG_ON)
			proven_of(node, done->digest)->plugs |=
				(uint8_t)(1u << p);
}

/* An attempt reads a level as off, which is on: does it find out? */
static void suspect_lie(const struct world *world, struct world_node *node,
			const struct world_message *m)
{
	const struct core_fence_done *done = &m->event.fence;
	bool off = done->outcome == CORE_OUTCOME_OFF ||
		   done->outcome == CORE_OUTCOME_ALREADY_OFF;

	if (m->fence.kind == CORE_FENCE_ON)
		node->lie.level = 0;
	if (m->fence.kind != CORE_FENCE_OFF || m->fence.device >= 0 || !off ||
	    done->digest != node->settings.fence_digest ||
	    !((m->fence.lying | m->fence.miswired) >> done->level & 1))
		return;
	node->lie.level = (uint16_t)done->level;
	node->lie.generation = node->core.generation;
	/* one that had begun and was not heard yet is a new one to it */
	node->lie.life = node->core.peer.generation;
	node->lie.sequence = 0;
	node->lie.told_us = world->now_us;
}

/* A command of this life reached the device, though its answer was lost with
 * the fencer, and the level was not read on since: that cut, too, is its own.
 */
static bool was_cut_before(const struct world_node *node, unsigned level)
{
	return node->landed_generation == node->core.generation &&
	       (node->landed >> level & 1);
}

void judge_landed(struct world *world, const struct world_message *m)
{
	struct world_node *node = &world->nodes[m->node];

	if (m->fence.kind != CORE_FENCE_OFF || m->fence.node == m->node)
		return;
	if (node->landed_generation != m->fence.generation)
		node->landed = 0;
	node->landed_generation = m->fence.generation;
	node->landed |= (uint16_t)(1u << m->fence.level);
}

void judge_reading(struct world *world, const struct world_message *m)
{
	const struct core_fence_done *done = &m->event.fence;
	struct world_node *node = &world->nodes[m->node];
	const struct core_node *target = other(world, m->node);
	struct world_reading *reading;
	uint16_t there = 0, not_off = 0;

	/* also what its daemon learned in the moment in which it ended */
	if (m->fence.node == m->node)
		return;
	reading = &node->readings[node->reading_count++ % WORLD_READINGS];
	*reading = (struct world_reading){
		.id = done->id,
		.digest = done->digest,
		.generation = node->core.generation,
		.kind = m->fence.kind,
		.outcome = done->outcome,
		.level = done->level,
		.asked_us = m->fence.asked_us,
		.read_us = m->fence.read_us,
		.told_us = world->now_us,
		.told_local_us = world_local_us(world, m->node),
		.listened_us = judge_listens_us(world, m->node),
		.lying = m->fence.lying,
		.miswired = m->fence.miswired,
	};
	for (unsigned p = 0; p < target->plug_count; p++) {
		there |= level_bit(target, p);
		if (done->plugs[p] != CORE_PLUG_OFF)
			not_off |= level_bit(target, p);
		if (done->plugs[p] == CORE_PLUG_ON)
			reading->on |= level_bit(target, p);
	}
	/* R6: killed, late, failed: unknown, whatever it had read till then */
	if (done->outcome == CORE_OUTCOME_OFF ||
	    done->outcome == CORE_OUTCOME_ALREADY_OFF ||
	    done->outcome == CORE_OUTCOME_READ)
		reading->off = there & (uint16_t)~not_off;
	if (m->fence.kind == CORE_FENCE_READ &&
	    done->outcome == CORE_OUTCOME_READ)
		remember_proven(world, node, m->node, done);
	suspect_lie(world, node, m);
	/* R6: under other settings that it is off is unknown, and takes nothing
	 * away from what was known */
	if (m->fence.kind == CORE_FENCE_OFF &&
	    (done->wrote || (done->outcome == CORE_OUTCOME_ALREADY_OFF &&
			     done->digest == node->settings.fence_digest &&
			     was_cut_before(node, done->level)))) {
		node->left_dark_us = world->now_us;
		node->left_dark_digest = done->digest;
		node->left_dark_level = done->level;
	}
	if (m->fence.kind == CORE_FENCE_ON ||
	    (reading->on >> node->left_dark_level & 1))
		judge_dark_no_more(world, node);
	node->landed &= (uint16_t)~reading->on;
	if (m->fence.kind == CORE_FENCE_ON)
		node->landed = 0;
	if (m->fence.kind == CORE_FENCE_OFF && !m->fence.by_operator &&
	    done->outcome == CORE_OUTCOME_OFF && done->wrote) {
		memmove(&node->cuts_us[1], &node->cuts_us[0],
			sizeof(node->cuts_us) - sizeof(node->cuts_us[0]));
		node->cuts_us[0] = world->now_us;
	}
}

/*
 * R1: long after an attempt read a level as off, the same life of the other one
 * acknowledges what was sent since: from then on that level proves nothing,
 * until this node really cut its power.
 */
void judge_lie(struct world *world, unsigned n, const struct beat *beat)
{
	struct world_node *node = &world->nodes[n];
	const struct world_node *peer = &world->nodes[1 - n];
	const struct core *core = &node->core;

	if (!node->lie.level || world->now_us - node->lie.told_us < HEARD_US)
		return;
	if (node->lie.generation != core->generation ||
	    peer->lost_power_us >= node->lie.told_us ||
	    peer->core.generation != node->lie.life) {
		/* it forgot, or it was dark after all, or nobody can tell: a
		 * new life may have been switched on by hand */
		node->lie.level = 0;
		return;
	}
	if (node->lie.sequence == 0)
		node->lie.sequence = core->sequence;
	if (beat->generation != peer->core.generation ||
	    beat->ack_generation != core->generation ||
	    beat->ack_sequence <= node->lie.sequence)
		return;
	node->lie.caught |= (uint16_t)(1u << node->lie.level);
	node->lie.caught_us = world->now_us;
	node->lie.level = 0;
}

static bool is_caught(const struct world *world, unsigned n, unsigned level)
{
	const struct world_node *node = &world->nodes[n];
	const struct world_node *peer = &world->nodes[1 - n];

	return (node->lie.caught >> level & 1) &&
	       !(peer->cut_by == (int)n &&
		 peer->lost_power_us > node->lie.caught_us);
}

static bool level_is_proven(const struct world *world, unsigned n,
			    unsigned level)
{
	const struct world_node *node = &world->nodes[n];
	const struct core_node *target = other(world, n);
	uint8_t proven = 0;

	for (unsigned k = 0; k < WORLD_EDITS; k++)
		if (node->proven[k].digest == node->settings.fence_digest)
			proven |= node->proven[k].plugs;
	for (unsigned p = 0; p < target->plug_count; p++)
		if (target->plugs[p].level == level && !(proven >> p & 1))
			return false;
	return true;
}

/* ---- what a claim may rest on ---- */

static bool is_false(const struct world_reading *reading, unsigned level)
{
	return (reading->lying | reading->miswired) >> level & 1;
}

/*
 * The newest answer that tells that the level is off, if what this node was
 * told altogether is a proof: NULL if not. *lie: the answer on which it rests
 * that was not true, the newest one or the one that the wait for the supply was
 * counted from; NULL if all were. *from_us: when the oldest was asked for that
 * is true, and all since.
 */
static const struct world_reading *
proof_of_level(const struct world_node *node, const struct permit *permit,
	       unsigned level, int64_t wait_us,
	       const struct world_reading **lie, int64_t *from_us)
{
	const struct world_reading *newest = NULL, *first = NULL,
				   *honest = NULL;
	unsigned kept = node->reading_count < WORLD_READINGS
				? node->reading_count
				: WORLD_READINGS;
	bool cut = false;

	*lie = NULL;
	for (unsigned k = 1; k <= kept; k++) {
		const struct world_reading *reading =
			&node->readings[(node->reading_count - k) %
					WORLD_READINGS];

		if ((reading->on >> level & 1) ||
		    reading->kind == CORE_FENCE_ON)
			break;
		if (!(reading->off >> level & 1) ||
		    reading->digest != node->settings.fence_digest)
			continue;
		/* R11: after a stall the shot is known, the plugs are not */
		if (!newest && reading->generation != permit->own_generation)
			break;
		newest = newest ? newest : reading;
		first = reading;
		if (!*lie && is_false(reading, level))
			*lie = reading;
		honest = *lie ? honest : reading;
		cut = cut || (reading->outcome == CORE_OUTCOME_OFF &&
			      reading->level == level);
	}
	*from_us = honest ? honest->asked_us : INT64_MAX;
	if (!newest || (permit->proof == PROOF_FENCED && !cut))
		return NULL;
	/* R6, R8: read once more when a supply has run dry */
	wait_us -= wait_us ? CLOCK_US : 0;
	if (wait_us && newest->asked_us < first->read_us + wait_us)
		return NULL;
	/* what it was told since the lie is enough without it */
	if (honest && newest->asked_us >= honest->read_us + wait_us)
		*lie = NULL;
	return newest;
}

/*
 * R8: how long it had listened when it last read a level off: what was proven
 * then may be used while it is fresh (R1), also when the node's own carrier was
 * away for a moment since. Whoever got its power in those seconds boots in
 * them, and a boot claims nothing before it has listened for longer.
 */
int64_t judge_listened_us(const struct world *world, unsigned n)
{
	const struct world_node *node = &world->nodes[n];
	int64_t most_us = judge_listens_us(world, n);

	for (unsigned k = 0; k < WORLD_READINGS; k++) {
		const struct world_reading *reading = &node->readings[k];

		if (reading->off && reading->listened_us > most_us &&
		    reading->generation == node->core.generation &&
		    world_local_us(world, n) - reading->told_local_us <=
			    FRESH_US)
			most_us = reading->listened_us;
	}
	return most_us;
}

const char *judge_off(const struct world *world, unsigned n,
		      const struct permit *permit)
{
	const struct world_node *node = &world->nodes[n];
	const struct world_node *peer = &world->nodes[1 - n];
	const char *why = NULL;

	for (unsigned level = 1; level < LEVEL_COUNT; level++) {
		int64_t wait_us = (int64_t)world->power_wait_ms * 1000, from_us;
		const struct world_reading *lie, *reading;

		reading = proof_of_level(node, permit, level, wait_us, &lie,
					 &from_us);

		if (!reading || !level_is_proven(world, n, level) ||
		    is_caught(world, n, level) ||
		    /* by its own clock: it may have stood, unseen (R11) */
		    world_local_us(world, n) - reading->told_local_us >
			    FRESH_US)
			continue;
		/* it was dark then, or is it since; or somebody switched it on
		 * and off again between two readings, and it boots */
		if (!peer->powered ||
		    peer->lost_power_us >= reading->asked_us ||
		    peer->got_power_us >= reading->asked_us ||
		    (peer->got_power_us >= from_us &&
		     world->now_us - peer->got_power_us < wait_us + FRESH_US))
			return "";
		if (lie && (lie->lying >> level & 1))
			why = "the plug read off, power stayed";
		else if (lie && (lie->miswired >> level & 1))
			why = "a plug is wired to another machine";
	}
	return why;
}

/* ---- what may be switched ---- */

static void judge_drill_order(struct world *world, unsigned n)
{
	struct world_node *node = &world->nodes[n];
	const struct world_node *peer = &world->nodes[1 - n];

	node->drill_cut_us = world->now_us;
	if (!node->core.memory.maintenance)
		judge_break(world, "%s cuts for a drill, not in maintenance",
			    node->settings.nodes[n].name);
	/* it may have left it, and its word of that be on the way */
	if (peer->running && !peer->core.memory.maintenance &&
	    (peer->maintained_us < 0 ||
	     world->now_us - peer->maintained_us > LEFT_US))
		judge_break(world,
			    "%s cuts for a drill, the other one is not in "
			    "maintenance",
			    node->settings.nodes[n].name);
	for (unsigned i = 0; i < node->settings.instance_count; i++)
		if (peer->vip[i] && !peer->alien[i])
			judge_break(world, "%s cuts the owner for a drill",
				    node->settings.nodes[n].name);
}

/* R20: whoever is to ask first has been answered once. */
static void judge_question(struct world *world, unsigned n)
{
	const struct world_node *node = &world->nodes[n];
	const struct core_settings *settings = node->core.settings;
	enum fence_need need = node->core.fence.need;
	enum core_policy policy =
		need == NEED_STARTUP ? settings->fence.on_startup_silence
		: need == NEED_DISAGREE || need == NEED_UNYIELDING
			? settings->fence.on_disagreement
			: CORE_FENCE;

	if (policy == CORE_ASK && settings->fence.on_no_answer == CORE_HOLD &&
	    !node->answered)
		judge_break(world, "%s shoots, and no person has said so",
			    node->settings.nodes[n].name);
}

void judge_order(struct world *world, unsigned n, const struct action *action)
{
	struct world_node *node = &world->nodes[n];
	const struct core_node *target = other(world, n);
	bool drill = node->core.drill.phase == DRILL_CUT;

	/* R1: a proof dies with any on, whatever becomes of the order */
	if (action->fence.kind == CORE_FENCE_ON && action->fence.node != n)
		node->readings[node->reading_count++ % WORLD_READINGS] =
			(struct world_reading){
				.id = action->fence.id,
				.generation = node->core.generation,
				.kind = CORE_FENCE_ON,
				.told_us = world->now_us,
			};
	if (action->fence.kind != CORE_FENCE_OFF)
		return;
	if (action->fence.node == n)
		judge_break(world, "%s cuts itself",
			    node->settings.nodes[n].name);
	if (drill)
		judge_drill_order(world, n);
	/* R13: an operator may switch what proves nothing */
	if (node->core.fence.need == NEED_OPERATOR && !drill)
		return;
	if (!drill) {
		judge_silence(world, n);
		judge_ears(world, n);
		judge_question(world, n);
	}
	for (unsigned p = 0; p < target->plug_count; p++) {
		unsigned level = target->plugs[p].level;

		if ((action->fence.levels >> level & 1) &&
		    !level_is_proven(world, n, level))
			judge_break(world,
				    "%s orders level %u, which is not "
				    "proven, to be switched off",
				    node->settings.nodes[n].name, level);
	}
}

/*
 * Nothing is given away while a drill cuts. But a daemon that dies, or wakes
 * from a pause, owns nothing from then on, and cannot call back a command that
 * is on its way to the switch.
 */
void judge_drill_cut(struct world *world, const struct world_message *m)
{
	const struct world_node *target = &world->nodes[m->fence.node];
	const struct world_node *shooter = &world->nodes[m->node];
	bool same_life = shooter->running &&
			 shooter->core.generation == m->fence.generation;

	for (unsigned i = 0; i < target->settings.instance_count; i++) {
		if (!target->vip[i] || target->alien[i])
			continue;
		if (same_life)
			judge_break(world, "a drill cuts a node that holds %s",
				    target->settings.instances[i].name);
		else
			judge_expected(world, "the daemon of a drill ended "
					      "while its command was under "
					      "way: the new owner is cut");
	}
}

/* What was cut has its power again, or the answer tells that it has not. */
void judge_drill_reply(struct world *world, unsigned n,
		       const struct action *action)
{
	struct world_node *node = &world->nodes[n];
	int64_t cut_us = node->drill_cut_us;
	unsigned kept = node->reading_count < WORLD_READINGS
				? node->reading_count
				: WORLD_READINGS;

	node->drill_token = 0;
	node->drill_cut_us = -1;
	if (action->reply.ok && cut_us < 0)
		judge_break(world, "a drill passes and has cut nothing");
	if (cut_us < 0 || strstr(action->text, "WITHOUT POWER"))
		return;
	for (unsigned k = 1; k <= kept; k++) {
		const struct world_reading *reading =
			&node->readings[(node->reading_count - k) %
					WORLD_READINGS];

		if (reading->told_us >= cut_us &&
		    reading->outcome == CORE_OUTCOME_ON)
			return;
	}
	judge_break(world, "a drill of %s ends in the dark, and says: %s",
		    node->settings.nodes[n].name, action->text);
}
