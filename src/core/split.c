/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R7: two owners. It must not happen, and R1 keeps it from happening; but a
 * relay can lie and an operator can err. Decides who lets go. Evidence counts
 * only if it is younger than our claim.
 */
#include "internal.h"

#define KEEP_US (60 * (int64_t)SECOND_US)

static bool is_stuck_here(const struct core *core)
{
	for (unsigned i = 0; i < core->settings->instance_count; i++)
		if (core->instances[i].stuck)
			return true;
	return false;
}

/*
 * R17.1: who cannot remove an address, of whatever instance, asks to be fenced:
 * it has lost all of them. Both nodes have to find the same of each other, or
 * each takes itself for the winner and cuts the other.
 */
static bool we_lose(const struct core *core, unsigned i, uint8_t rival)
{
	bool here = is_stuck_here(core);
	/* what it said before its links fell silent may be so no more */
	bool there = core->peer.is_stuck && peer_statement_is_fresh(core);

	if (here != there)
		return here;
	/* R16: to whom we yield we have yielded, by the address it sends from
	 */
	return !peer_is_plain(core) && is_outranked_by(core, i, rival);
}

/* R5: what we have lost, of whatever instance, and hold still. */
bool split_is_lost_here(const struct core *core)
{
	for (unsigned i = 0; i < core->settings->instance_count; i++) {
		const struct core_instance *instance = &core->instances[i];

		if (instance->own && instance->releasing &&
		    (instance->split_us || instance->stuck ||
		     peer_says_own(core, i)))
			return true;
	}
	return false;
}

static void split_found(struct core *core, unsigned i, uint8_t rival,
			const char *how)
{
	struct core_instance *instance = &core->instances[i];
	const struct core_instance_settings *settings =
		&core->settings->instances[i];
	bool lose;

	assert(instance->own);
	instance->rival_seen_us = core->now_us;
	if (instance->releasing)
		return;
	lose = we_lose(core, i, rival);
	/* what had made us the winner is over: it has removed its address */
	if (instance->split_us && lose)
		instance_release(core, i, "split brain, the lower lets go");
	if (instance->split_us)
		return;
	instance->split_us = core->now_us;
	instance->split_is_told = true;
	instance->rival_priority = rival;
	alert_raise(core, ROW_SPLIT_BRAIN, i, CORE_CRITICAL,
		    "%s: %s owns it too (%s); we: priority %u, claimed by %s "
		    "%lld ms ago; it: priority %u; %s releases",
		    settings->name, peer_name(core), how,
		    settings->priority[core->self],
		    proof_name(instance->permit.proof),
		    (long long)(core->now_us - instance->claimed_us) / 1000,
		    rival, lose ? "this node" : peer_name(core));
	if (lose)
		instance_release(core, i, "split brain, the lower lets go");
	else
		action_add(core, ACTION_ANNOUNCE)->instance = i;
}

/* Its statement owns what we own and knows of our claim. */
void split_check_statement(struct core *core)
{
	const struct beat *beat = &core->peer.statement;

	for (unsigned i = 0; i < core->settings->instance_count; i++) {
		struct core_instance *instance = &core->instances[i];

		if (!instance->own || instance->releasing ||
		    !set_has(&beat->own, i) ||
		    !peer_acknowledges(core, instance->own_sequence))
			continue;
		split_found(
			core, i,
			core->settings->instances[i].priority[core->peer_index],
			"it says so by a two-way link");
	}
}

/* Two adverts after our claim, and no excuse within one interval. */
void split_heard_rival(struct core *core, unsigned i, uint8_t priority)
{
	uint32_t interval_ms = core->settings->instances[i].advert_ms;

	struct core_instance *instance = &core->instances[i];

	assert(instance->own && priority > 0);
	instance->rival_priority = priority;
	instance->rival_seen_us = core->now_us;
	if (++instance->rival_adverts == 2)
		instance->rival_due_us = core->now_us + MS(interval_ms);
}

/* Priority 0, or a statement that it does not own: it has let go. */
void split_excused(struct core *core, unsigned i)
{
	struct core_instance *instance = &core->instances[i];

	instance->rival_adverts = 0;
	instance->rival_due_us = 0;
	instance->split_us = 0;
	if (!instance->split_is_told)
		return;
	/* it is over: told for a while, so that somebody asks how it came */
	instance->split_is_told = false;
	alert_shorten(core, ROW_SPLIT_BRAIN, i, KEEP_US);
}

void split_judge(struct core *core)
{
	if (!core->drained)
		return;
	for (unsigned i = 0; i < core->settings->instance_count; i++) {
		struct core_instance *instance = &core->instances[i];

		if (!instance->own) {
			split_excused(core, i);
			continue;
		}
		if (instance->rival_due_us &&
		    core->now_us >= instance->rival_due_us) {
			instance->rival_due_us = 0;
			split_found(core, i, instance->rival_priority,
				    "two adverts after our claim");
		} else if (instance->rival_due_us) {
			core_wake_at(core, instance->rival_due_us);
		}
		/* it has not been seen claiming for a while: over */
		if (instance->split_us &&
		    core->now_us - instance->rival_seen_us >
			    largest_dead_us(core)) {
			split_excused(core, i);
			action_add(core, ACTION_ANNOUNCE)->instance = i;
		}
	}
}
