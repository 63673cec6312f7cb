/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One schedule from start to end: a pair starts, breaks as the list says, is
 * mended, and then must find exactly one owner for each instance, both nodes
 * knowing it, within a bound. The invariants hold all the time (judge.c).
 */
#include <string.h>

#include "schedule.h"
#include "world_internal.h"

#define HEAL_WITHIN_MS 180000
#define GOOD_FOR_MS    5000
#define TRIES	       60 /* of changes: some are no longer possible */

int64_t play_slowest_ms;
uint64_t play_slowest_seed;

static bool knows(const struct world *world, unsigned n, unsigned i, int owner)
{
	const struct core *core = &world->nodes[n].core;
	const struct core_instance *instance =
		world_instance(&world->nodes[n], i);

	if (!world_runs(&world->nodes[n]))
		return false;
	if (owner == (int)n)
		return instance->own && instance->state == INSTANCE_MASTER;
	return !instance->own && core->peer.state == PEER_UP &&
	       peer_statement_is_fresh(core) &&
	       peer_says_own(core, world_place_of(&world->nodes[n], i));
}

/* R21; while the files differ a group is not drawn together (R15). */
static bool is_with_its_group(const struct world *world, unsigned i, int owner)
{
	const struct core_settings *s = &world->nodes[0].settings;
	uint8_t group = s->instances[i].group;

	return group == 0 || s->digest != world->nodes[1].settings.digest ||
	       world_owner(world, group - 1u) == owner;
}

static bool all_is_well(const struct world *world)
{
	for (unsigned i = 0; i < world->nodes[0].settings.instance_count; i++) {
		int owner = world_owner(world, i);

		if (owner < 0 || !knows(world, 0, i, owner) ||
		    !knows(world, 1, i, owner) ||
		    !is_with_its_group(world, i, owner))
			return false;
	}
	return true;
}

/* Somebody comes and switches on what is dark, starts what is down. */
static void revive(struct world *world)
{
	world_addresses_mend(world);
	for (unsigned n = 0; n < 2; n++) {
		struct world_node *node = &world->nodes[n];

		if (!node->powered)
			world_power_on(world, n);
		else if (!node->running && !node->keeper && !node->paused)
			world_boot(world, n);
	}
}

static void ask_both(struct world *world, enum core_command command)
{
	for (unsigned n = 0; n < 2; n++)
		if (world_runs(&world->nodes[n]))
			world_ask(world, n, command, n);
}

/* The same one serves, or, where preempting is allowed, one; nobody was cut. */
static bool is_in_peace(const struct world *world, int owner,
			const int64_t lost_power_us[2])
{
	int now = world_owner(world, 0);

	for (unsigned n = 0; n < 2; n++)
		if (world->nodes[n].lost_power_us != lost_power_us[n])
			return false;
	return now == owner ||
	       (now >= 0 && world->nodes[now].settings.instances[0].preempt);
}

/*
 * R2, R15: all is well, and both files get other intervals, one node before the
 * other: nobody is lost by that, in a third of the schedules.
 */
static const char *reload_in_peace(struct world *world)
{
	uint32_t value = world_random(world);
	int owner = world_owner(world, 0);
	const int64_t lost_power_us[2] = {world->nodes[0].lost_power_us,
					  world->nodes[1].lost_power_us};

	if (value % 3 != 0)
		return NULL;
	value /= 3;
	world_note(world, "and both get other intervals");
	/* some would change nothing, some check would refuse */
	for (unsigned k = 0;
	     !world_reload_both(world, value & 1, (value / 10 + k) * 5 + 2);
	     k++)
		if (k == TRIES)
			return NULL;
	world_run_ms(world, 30000);
	if (world->broken)
		return world->broken;
	return is_in_peace(world, owner, lost_power_us)
		       ? NULL
		       : "somebody was lost by other intervals";
}

static const char *heal(struct world *world, uint64_t seed)
{
	int64_t good_ms = 0, ms;

	world_note(world, "all is mended");
	faults_heal(world);
	revive(world);
	world_run_ms(world, 10000);
	ask_both(world, COMMAND_ONLINE);
	world_run_ms(world, 4000);
	ask_both(world, COMMAND_MAINTENANCE_OFF);
	for (ms = 0; ms < HEAL_WITHIN_MS && !world->broken; ms += 1000) {
		revive(world);
		world_run_ms(world, 1000);
		good_ms = all_is_well(world) ? good_ms + 1000 : 0;
		if (good_ms >= GOOD_FOR_MS)
			break;
	}
	if (!world->broken)
		judge_answers(world);
	if (world->broken)
		return world->broken;
	if (good_ms < GOOD_FOR_MS)
		return "no single owner, known to both, after healing";
	if (ms - good_ms > play_slowest_ms) {
		play_slowest_ms = ms - good_ms;
		play_slowest_seed = seed;
	}
	return reload_in_peace(world);
}

const char *schedule_play(struct world *world, const struct schedule *schedule)
{
	int64_t zero_us;

	draw_world(schedule->seed, world);
	draw_describe(world);
	world_boot(world, 0);
	if (schedule->second_boots)
		world_boot(world, 1);
	world_run_ms(world, schedule->settle_ms);
	zero_us = world->disturbed_us = world->now_us;
	for (unsigned i = 0; i < schedule->count && !world->broken; i++) {
		const struct fault *fault = &schedule->faults[i];
		int64_t at_us = zero_us + fault->at_ms * 1000;

		world_run_ms(world, (at_us - world->now_us) / 1000);
		if (!world->broken)
			fault_happen(world, fault);
	}
	world_run_ms(world, 5000);
	return world->broken ? world->broken : heal(world, schedule->seed);
}
