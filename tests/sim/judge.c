/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The invariants, after every step and at every claim, against what is true
 * and not against what a node believes. A violation is either a bug, or it has
 * a cause that no node can see (a plug that lies, an operator who errs): then
 * the cause is found first, and the violation is counted under its name.
 */
#include <stdarg.h>
#include <string.h>

#include "../../src/wire/vrrp.h"
#include "world_internal.h"

#define ANSWER_WITHIN_US (60 * (int64_t)SECOND_US)
/* both begin to wait within this for one incident: the longest interval */
#define APART_US (1500 * (int64_t)1000)
/* what a drill does beside waiting for the other one: agree, cut, off, on */
#define DRILL_WITHIN_US (120 * (int64_t)SECOND_US)
/* R1: 5 s a proof, and what a slow wake-up adds */
#define WORD_LIFE_US (6 * (int64_t)SECOND_US)

void judge_break(struct world *world, const char *format, ...)
{
	static char text[200];
	va_list list;

	if (world->broken)
		return;
	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	world->broken = text;
	world->broken_us = world->now_us;
	world_note(world, "BROKEN: %s", text);
}

void judge_expected(struct world *world, const char *name)
{
	unsigned i = 0;

	while (i < WORLD_EXPECTED - 1 && world->expected[i].name &&
	       strcmp(world->expected[i].name, name) != 0)
		i++;
	world->expected[i].name = name;
	world->expected[i].count++;
	world_note(world, "expected violation: %s", name);
}

/* ---- never two powered nodes own one VIP ---- */

/* A claim is over when nothing is left of it, on the machine or in the core:
 * a new keeper adds again what the core still owns. */
static void forget_claim(const struct world *world, struct world_node *node,
			 unsigned i)
{
	if (!node->false_claim[i] && !node->cause[i])
		return;
	/* what its keeper has taken on, or hangs in, it does, whoever has died
	 * since */
	if (node->keeper_free_us > world->now_us || node->hung_count > 0)
		return;
	if (!node->vip[i] && !(node->running && world_instance(node, i)->own))
		node->false_claim[i] = node->cause[i] = NULL;
}

void judge_holders(struct world *world)
{
	struct world_node *a = &world->nodes[0], *b = &world->nodes[1];
	unsigned count = a->settings.instance_count;

	for (unsigned i = 0; i < count; i++) {
		const char *why;
		int k = a->vip[i] ? world_holds_address_of(world, 1, i) : -1;

		/* power_off and panic leave nothing in vip[] */
		if (k < 0) {
			forget_claim(world, a, i);
			forget_claim(world, b, i);
			world->both_hold[i] = false;
			continue;
		}
		why = a->false_claim[i] ? a->false_claim[i] : b->false_claim[k];
		if (!why)
			why = alien_excuse(world, 0, i);
		if (!why)
			why = alien_excuse(world, 1, (unsigned)k);
		if (!why) {
			judge_break(world, "two powered nodes hold one VIP");
			return;
		}
		world->excused++;
		world->excuse = why;
		if (!world->both_hold[i])
			judge_expected(world, why);
		world->both_hold[i] = true;
	}
}

/* ---- who is dead is not heard ---- */

/* R2: to who signs, what is not signed is never good. */
static bool is_good_advert(const struct world_node *node,
			   const struct event *event)
{
	unsigned i = event->advert.instance;

	return event->advert.verdict == CORE_ADVERT_GOOD &&
	       (event->advert.signature.is_signed ||
		node->settings.instances[i].is_plain);
}

/* R2: sign = false: anybody's good advert is life, as it is in plain VRRP. */
void judge_forged(struct world *world, unsigned n, const struct event *event)
{
	struct world_node *node = &world->nodes[n];

	node->deceived_us = world->now_us;
	if (is_good_advert(node, event))
		node->life_forged_us = world->now_us;
}

/* A word of the other one itself; a loop plug brings back one's own. */
void judge_true_word(struct world *world, const struct world_message *m)
{
	struct world_node *node = &world->nodes[m->node];
	const struct beat *beat = &m->event.beat.beat;

	if (m->event.type == EVENT_ADVERT_HEARD) {
		if (!is_good_advert(node, &m->event))
			return;
		node->good_advert_us = world->now_us;
	} else if (beat->sender == m->node) {
		return;
	} else if (beat->generation != node->newest.generation ||
		   beat->sequence > node->newest.sequence) {
		node->newest.generation = beat->generation;
		node->newest.sequence = beat->sequence;
	}
	node->has_good_word = true;
}

/*
 * R2: a beat that was lost on its way comes again, later: authentic, and newer
 * than all that was heard. What it says of the other one was so. If it owns,
 * and no good advert comes, then its adverts fail, as far as anybody can know.
 */
void judge_old_word(struct world *world, unsigned n, const struct beat *beat)
{
	struct world_node *node = &world->nodes[n];

	node->deceived_us = node->life_forged_us = world->now_us;
	if (!set_is_empty(&beat->own) &&
	    beat->generation == node->newest.generation &&
	    beat->sequence > node->newest.sequence)
		node->vouched_us = world->now_us;
}

/* As configured; what an advert says of it counts for nothing (R2). Till the
 * other one has the same file, those of before count as well (R15). */
static int64_t largest_dead(const struct core_settings *settings)
{
	int64_t most_us = 0;

	for (unsigned l = 0; l < CORE_LINKS_MAX; l++)
		if (settings->links[l].configured &&
		    settings->links[l].dead_ms * INT64_C(1000) > most_us)
			most_us = settings->links[l].dead_ms * INT64_C(1000);
	for (unsigned i = 0; i < settings->instance_count; i++) {
		int64_t dead_us = vrrp_master_down_us(
			settings->instances[i].version,
			settings->instances[i].priority[settings->self],
			settings->instances[i].advert_ms);

		most_us = dead_us > most_us ? dead_us : most_us;
	}
	return most_us;
}

void judge_dead_times(struct world *world, unsigned n, bool anew)
{
	struct world_node *node = &world->nodes[n];
	int64_t dead_us = largest_dead(&node->settings);

	if (anew || node->longest_dead_us < dead_us)
		node->longest_dead_us = dead_us;
}

/*
 * R2: a machine that lost its power is not counted as heard for longer than its
 * last word may be on its way and then out of date: nobody who is not the peer
 * may put off a takeover. What cannot be told from its own words is excused: a
 * good advert that was forged, an old beat, and dropped adverts where its own
 * were dropped or lost while it lived, or before any good one.
 */
static void judge_dead(struct world *world, unsigned n)
{
	const struct world_node *node = &world->nodes[n];
	const struct world_node *peer = &world->nodes[1 - n];
	int64_t last_us = peer->lost_power_us, dead_us;

	if (peer->powered || !node->running || !node->core.drained ||
	    node->core.peer.state != PEER_UP || !node->has_good_word)
		return;
	dead_us = node->longest_dead_us;
	if (peer->lost_power_us - node->good_advert_us > dead_us ||
	    node->vouched_us > node->good_advert_us)
		return;
	if (node->life_forged_us > last_us)
		last_us = node->life_forged_us;
	if (node->woke_us > last_us)
		last_us = node->woke_us;
	if (world->now_us - last_us > 2 * dead_us + SECOND_US)
		judge_break(world, "%s hears a machine that has no power",
			    node->settings.nodes[n].name);
}

void judge_step(struct world *world, unsigned n)
{
	const struct world_node *node = &world->nodes[n];

	judge_holders(world);
	judge_away(world, n);
	judge_dead(world, n);
	/* R17.1: whoever speaks states what its kernel holds */
	if (!node->running || node->deaf)
		return;
	for (unsigned i = 0; i < node->settings.instance_count; i++)
		if (node->vip[i] && !world_instance(node, i)->own &&
		    !alien_excuse(world, n, i))
			judge_break(world, "%s holds %s and does not say so",
				    node->settings.nodes[n].name,
				    node->settings.instances[i].name);
}

/* ---- no claim without a proof that is true ---- */

/* Also what its keeper hangs in: that is done when RTNL is free. */
static bool holds_or_owns(const struct world_node *node, unsigned i)
{
	return node->powered &&
	       (node->vip[i] ||
		(node->running && world_instance(node, i)->own) ||
		(node->in_kernel && node->in_kernel_claims &&
		 node->in_kernel_instance == i));
}

/* Why the proof is false for the peer's instance i; "" = it is true, NULL = for
 * no reason at all. */
static const char *falsehood_at(const struct world *world, unsigned n,
				const struct permit *permit, unsigned i)
{
	const struct world_node *node = &world->nodes[n];
	const struct world_node *peer = &world->nodes[1 - n];
	const struct core_settings *settings = &node->settings;
	const char *alien = alien_excuse(world, 1 - n, i);

	/* R17.1: put there behind the back of what proves the claim */
	if (!alien)
		alien = alien_news(world, 1 - n, i);
	switch ((enum proof)permit->proof) {
	case PROOF_FENCED:
	case PROOF_ALREADY_OFF:
		return judge_off(world, n, permit);
	case PROOF_OPERATOR:
		if (node->confirmed_us < 0 ||
		    /* by its own clock: it may have stood, unseen */
		    world_local_us(world, n) - node->confirmed_us >
			    WORD_LIFE_US)
			return NULL; /* nobody said so, or too long ago */
		if (!holds_or_owns(peer, i))
			return "";
		return node->confirmed_alive ? "an operator confirmed a "
					       "living node"
					     : alien;
	case PROOF_SILENCE:
		/* also where it happens to be true: the settings allow it */
		if (settings->fence.required &&
		    settings->fence.on_failure != CORE_TAKEOVER)
			return NULL;
		return holds_or_owns(peer, i)
			       ? "silence was taken for death, as the settings "
				 "say"
			       : "";
	case PROOF_RESIGNED:
		if (!holds_or_owns(peer, i))
			return "";
		/* it took it back since, unheard, by what was not so */
		if (peer->cause[i])
			return peer->cause[i];
		return alien;
	case PROOF_RELEASED:
		if (!holds_or_owns(peer, i))
			return "";
		return peer->running && world_instance(peer, i)->own &&
				       !world_instance(peer, i)->alien
			       ? NULL
			       : alien;
	case PROOF_OBITUARY:
		/* its next life claimed wrongly, unheard: that is the cause */
		if (holds_or_owns(peer, i) && peer->cause[i])
			return peer->cause[i];
		if (holds_or_owns(peer, i) && alien)
			return alien;
		if (holds_or_owns(peer, i) ||
		    (peer->running && peer->powered &&
		     !peer->core.farewell_us &&
		     peer->core.generation == permit->peer_generation))
			return NULL;
		return "";
	case PROOF_NONE:
	case PROOFS:
		break;
	}
	return NULL;
}

/* What is claimed is the peer's instance of that name, and, where the files
 * differ, the one with the address. */
static const char *falsehood(const struct world *world, unsigned n,
			     const struct permit *permit)
{
	int k = world_place_of_address(world, 1 - n, permit->instance);
	const char *why = falsehood_at(world, n, permit, permit->instance);

	if (!why || why[0] || k < 0 || (unsigned)k == permit->instance)
		return why;
	return falsehood_at(world, n, permit, (unsigned)k);
}

/*
 * A claim that rests on what is not so does no harm while nobody else holds the
 * address; but it is unknown to a living peer, whose own true proofs of before
 * are wrong from then on.
 */
static const char *cause_of(const struct world *world, unsigned n,
			    const struct permit *permit, const char *why)
{
	const struct world_node *node = &world->nodes[n];

	if (why && why[0])
		return why;
	if (!world->nodes[1 - n].powered)
		return NULL;
	switch ((enum proof)permit->proof) {
	case PROOF_OPERATOR:
		return node->confirmed_alive ? "an operator confirmed a "
					       "living node"
					     : NULL;
	case PROOF_SILENCE:
		return "silence was taken for death, as the settings say";
	default:
		return NULL;
	}
}

/* R6: only what it cut by itself, and lately, holds it back. */
void judge_alert(struct world *world, unsigned n, const struct action *action)
{
	struct world_node *node = &world->nodes[n];
	const struct core_settings *settings = &node->settings;
	/* two seconds of rounding, and of clocks that drift */
	int64_t window_us = MS(settings->fence.window_ms) + 2 * SECOND_US;
	unsigned count = 0;

	if (!action->alert.raised || world->clock_was_set[n] ||
	    strcmp(action->alert.name, "fence-loop") != 0)
		return;
	for (unsigned k = 0; k < CORE_FENCES_MAX; k++)
		count += node->cuts_us[k] &&
			 world->now_us - node->cuts_us[k] < window_us;
	if (count < settings->fence.max_per_window)
		judge_break(world,
			    "%s holds after %u automatic fences in its window",
			    settings->nodes[n].name, count);
}

void judge_claim(struct world *world, unsigned n, const struct permit *permit)
{
	struct world_node *node = &world->nodes[n];
	const struct core_instance *instance =
		world_instance(node, permit->instance);
	const char *why;

	/* a new keeper gets the old right again (R12) */
	if (permit->proof != PROOF_NONE &&
	    instance->claimed_us != node->core.now_us)
		return;
	if (node->core.farewell_us)
		judge_break(world, "%s claims after its last word",
			    node->settings.nodes[n].name);
	if (permit->proof == PROOF_SILENCE)
		judge_silence(world, n);
	if (permit->proof == PROOF_ALREADY_OFF)
		judge_early_off(world, n);
	why = falsehood(world, n, permit);
	world->claims[permit->proof < PROOFS ? permit->proof : PROOF_NONE]++;
	if (!why)
		judge_break(world, "%s claims by %s, which is not true",
			    node->settings.nodes[n].name,
			    proof_name((enum proof)permit->proof));
	node->false_claim[permit->instance] = why && why[0] ? why : NULL;
	node->cause[permit->instance] = cause_of(world, n, permit, why);
}

/* ---- never both nodes off through one incident ---- */

/*
 * R5: the waits hold apart what begins together; the fencer's look at its own
 * plug, what does not. A switch that takes its time reads on until it acts, and
 * in that time nobody can know of the other's command.
 */
static bool shots_cross(const struct world *world, const struct world_node *a,
			const struct world_node *b)
{
	int64_t apart_us = a->shot_wait_us - b->shot_wait_us;

	return world->fence_lag_us > 0 &&
	       (a->shot_need != b->shot_need || a->shot_again ||
		b->shot_again || apart_us > APART_US || apart_us < -APART_US);
}

void judge_power_cut(struct world *world, unsigned by, unsigned t)
{
	const struct world_node *shooter = &world->nodes[by];
	const struct world_node *target = &world->nodes[t];

	/* the second of two plugs that one shot switched, too */
	if (by == t || shooter->shot_by_miswiring ||
	    (!shooter->powered && shooter->cut_by == (int)by)) {
		judge_expected(world, "a plug that is wired to another "
				      "machine cut the wrong one");
		return;
	}
	if (shooter->powered || !shooter->fenced)
		return;
	if (shooter->shot_by_operator || target->shot_by_operator) {
		judge_expected(world, "an operator cut a node that was "
				      "cutting the other: both are off");
		return;
	}
	if (shots_cross(world, shooter, target)) {
		judge_expected(world, "shots that began apart crossed in a "
				      "slow switch: both are off");
		return;
	}
	judge_break(
		world,
		"both nodes are off: need %s, silent since %lld ms; and "
		"need %s, silent since %lld ms",
		fence_need_name(shooter->shot_need),
		(long long)(world->now_us - shooter->shot_silence_us) / 1000,
		fence_need_name(target->shot_need),
		(long long)(world->now_us - target->shot_silence_us) / 1000);
}

/* ---- every request ends in one outcome ---- */

void judge_asked(struct world *world, const struct world_message *m)
{
	struct world_node *node = &world->nodes[m->node];
	uint32_t token = m->event.operator_.token;
	int64_t within_us = ANSWER_WITHIN_US;

	/* R13: one that is under way has its answer first, or is refused */
	if ((m->event.operator_.command == COMMAND_CONFIRM ||
	     (m->event.operator_.command == COMMAND_ANSWER &&
	      m->event.operator_.answer == 3)) &&
	    !node->confirm_token)
		node->confirm_token = token;
	if (m->event.operator_.is_drill) {
		within_us = DRILL_WITHIN_US +
			    (int64_t)m->event.operator_.wait_ms * 1000;
		if (!node->drill_token)
			node->drill_token = token;
	}
	for (unsigned i = 0; i < WORLD_TOKENS; i++) {
		if (node->tokens[i])
			continue;
		node->tokens[i] = token;
		node->tokens_us[i] = world->now_us + within_us;
		return;
	}
}

static void judge_word(struct world *world, unsigned n,
		       const struct action *action)
{
	struct world_node *node = &world->nodes[n];

	if (!action->reply.done)
		return;
	if (node->confirm_token && action->reply.token == node->confirm_token) {
		node->confirm_token = 0;
		if (!action->reply.ok)
			return;
		judge_confirmed(world, n);
		node->confirmed_us = world_local_us(world, n);
		node->confirmed_alive = world->nodes[1 - n].powered;
	}
	if (node->drill_token && action->reply.token == node->drill_token)
		judge_drill_reply(world, n, action);
}

void judge_reply(struct world *world, unsigned n, const struct action *action)
{
	struct world_node *node = &world->nodes[n];
	bool all_full = true;

	judge_word(world, n, action);
	for (unsigned i = 0; i < WORLD_TOKENS; i++) {
		all_full = all_full && node->tokens[i];
		if (node->tokens[i] != action->reply.token)
			continue;
		if (action->reply.done)
			node->tokens[i] = 0;
		return;
	}
	if (!all_full)
		judge_break(world, "%s answers a command twice: %s",
			    node->settings.nodes[n].name, action->text);
}

void judge_new_life(struct world *world, unsigned n)
{
	struct world_node *node = &world->nodes[n];

	memset(node->tokens, 0, sizeof(node->tokens));
	node->reading_count = 0;
	node->confirm_token = node->drill_token = 0;
	node->confirmed_us = node->drill_cut_us = -1;
}

void judge_answers(struct world *world)
{
	for (unsigned n = 0; n < 2; n++) {
		const struct world_node *node = &world->nodes[n];
		const struct core_fence *fence = &node->core.fence;

		if (!world_runs(node))
			continue;
		for (unsigned i = 0; i < WORLD_TOKENS; i++)
			if (node->tokens[i] &&
			    world->now_us > node->tokens_us[i])
				judge_break(world,
					    "%s never answered a command",
					    node->settings.nodes[n].name);
		if (fence_is_busy(&node->core) &&
		    node->core.now_us - fence->since_us > ANSWER_WITHIN_US)
			judge_break(world, "a fence operation of %s never ends",
				    node->settings.nodes[n].name);
	}
}
