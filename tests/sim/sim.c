/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The simulator: two cores, faults drawn from a seed. First a safety phase
 * (anything may break, the invariants must hold after every step), then the
 * world heals and exactly one owner is demanded within a bound.
 *
 *   sim --seeds FIRST COUNT     run that many schedules
 *   sim --seed N                run one and print its incident log
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "world.h"

#define SAFETY_MS   120000
#define LIVENESS_MS 900000

static struct world world;
static uint64_t total_events, total_excused;

static unsigned draw(unsigned below)
{
	return (unsigned)(world_random(&world) % below);
}

static bool maybe(unsigned per_hundred)
{
	return draw(100) < per_hundred;
}

/* ---- configurations are drawn too ---- */

static void draw_settings(void)
{
	static const uint32_t beats[][2] = {
		{100, 400}, {10, 30}, {50, 200}, {1000, 4000}};
	static const uint32_t adverts[] = {10, 100, 100, 1000};
	unsigned beat = draw(4), advert = draw(4);
	unsigned instances = maybe(70) ? 1 : 2 + draw(2);
	bool preempt = maybe(30), reboot = maybe(20);
	enum core_policy disagree = (enum core_policy)draw(3);
	unsigned startup_ms = 5000 + draw(20000);
	unsigned delay_ms = maybe(70) ? 0 : draw(3000);

	for (unsigned n = 0; n < 2; n++) {
		struct core_settings *s = &world.nodes[n].settings;

		s->links[0].interval_ms = beats[beat][0];
		s->links[0].dead_ms = beats[beat][1];
		s->instance_count = instances;
		for (unsigned i = 0; i < instances; i++) {
			s->instances[i] = s->instances[0];
			snprintf(s->instances[i].name,
				 sizeof(s->instances[i].name), "VI_%u", i + 1);
			s->instances[i].vrid = (uint8_t)(55 + i);
			s->instances[i].advert_ms = adverts[advert];
			s->instances[i].preempt = preempt;
			s->instances[i].preempt_delay_ms = 3000;
			if (i % 2 == 1)
				s->instances[i].priority[1] = 200;
		}
		s->fence.reboot = reboot;
		s->fence.on_disagreement = disagree;
		s->fence.delay_ms = delay_ms;
		s->fence.disagree_ms = 2000;
		s->fence.tie_ms = 5000;
		s->fence.off_ms = 3000;
		s->fence.max_per_window = maybe(50) ? 0 : 3;
		s->startup_ms = startup_ms;
		s->unclean_startup_ms = 2 * startup_ms;
	}
	world.lose = maybe(50) ? 0 : draw(100);
	world.twice = maybe(70) ? 0 : draw(50);
	world.late = maybe(60) ? 0 : draw(100);
	world.late_us = 1 + draw(20000);
	world.fence_us = 500 + draw(500000);
}

/* ---- what breaks ---- */

static void random_command(unsigned n)
{
	static const enum core_command commands[] = {
		COMMAND_FENCE_OFF,	 COMMAND_FENCE_ON,
		COMMAND_FENCE_REBOOT,	 COMMAND_FENCE_STATUS,
		COMMAND_HANDOVER,	 COMMAND_STANDBY,
		COMMAND_ONLINE,		 COMMAND_MAINTENANCE_ON,
		COMMAND_MAINTENANCE_OFF, COMMAND_CONFIRM,
	};
	enum core_command command = commands[draw(10)];

	if (!world.nodes[n].running || world.nodes[n].frozen)
		return;
	/* an operator who confirms a living node is wrong by himself */
	if (command == COMMAND_CONFIRM && world.nodes[1 - n].powered)
		return;
	world_ask(&world, n, command, 1 - n);
}

static void break_something(void)
{
	unsigned n = draw(2);
	struct world_node *node = &world.nodes[n];

	switch (draw(22)) {
	case 0:
	case 1:
		world.serial[n] = !world.serial[n];
		break;
	case 2:
		world.serial[0] = world.serial[1] = maybe(50);
		break;
	case 3:
		world.ethernet[n] = !world.ethernet[n];
		break;
	case 4:
		world.ethernet[0] = world.ethernet[1] = maybe(50);
		break;
	case 5:
		world.ethernet[0] = world.ethernet[1] = false;
		world.serial[0] = world.serial[1] = false;
		break;
	case 6:
		world.ethernet[0] = world.ethernet[1] = true;
		world.serial[0] = world.serial[1] = true;
		break;
	case 7:
		if (node->powered)
			world_carrier(&world, n, !node->carrier);
		break;
	case 8: /* a mainboard dies: its plug stays on */
		if (node->powered) {
			world_power_off(&world, n);
			world.plug_on[n] = true;
		}
		break;
	case 9:
	case 10:
		if (!node->powered)
			world_power_on(&world, n);
		break;
	case 11:
		if (node->running && !node->frozen)
			world_kill_main(&world, n);
		break;
	case 12:
	case 13:
		if (node->powered && !node->running && !node->keeper)
			world_boot(&world, n);
		break;
	case 14:
		if (node->running && !node->frozen)
			world_stop(&world, n);
		break;
	case 15:
		world_freeze(&world, n, 1 + draw(maybe(50) ? 100 : 8000));
		break;
	case 16:
		world.device_reached[n] = maybe(60);
		break;
	case 17:
		world.lie = maybe(60)	? PLUG_HONEST
			    : maybe(50) ? PLUG_DEAD
					: PLUG_WELDED;
		break;
	case 18:
		node->refuses = maybe(30);
		break;
	case 19:
		node->stays[0] = maybe(20);
		break;
	case 20:
		random_command(n);
		break;
	case 21:
		if (node->running && !node->frozen)
			world_kill_keeper(&world, n, 2 + draw(5000));
		break;
	}
}

static void heal(void)
{
	world.serial[0] = world.serial[1] = true;
	world.ethernet[0] = world.ethernet[1] = true;
	world.device_reached[0] = world.device_reached[1] = true;
	world.lie = PLUG_HONEST;
	world.lose = world.twice = world.late = 0;
	for (unsigned n = 0; n < 2; n++) {
		struct world_node *node = &world.nodes[n];

		node->refuses = false;
		memset(node->stays, 0, sizeof(node->stays));
		if (!node->powered)
			world_power_on(&world, n);
		else if (!node->running && !node->keeper)
			world_boot(&world, n);
		world_carrier(&world, n, true);
	}
	world_run_ms(&world, 10000);
	for (unsigned n = 0; n < 2; n++) {
		if (!world.nodes[n].powered)
			world_power_on(&world, n);
		else if (!world.nodes[n].running && !world.nodes[n].keeper)
			world_boot(&world, n);
		world_ask(&world, n, COMMAND_ONLINE, 0);
	}
	world_run_ms(&world, 1000);
	for (unsigned n = 0; n < 2; n++)
		if (world.nodes[n].running)
			world_ask(&world, n, COMMAND_MAINTENANCE_OFF, 0);
}

static bool one_owner_each(void)
{
	for (unsigned i = 0; i < world.nodes[0].settings.instance_count; i++)
		if (world_owner(&world, i) < 0)
			return false;
	return true;
}

/* NULL, or what went wrong. */
static const char *run(uint64_t seed, bool loud)
{
	int64_t end_us;

	world_init(&world);
	world.random = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
	world.quiet = !loud;
	for (int i = 0; i < 8; i++)
		world_random(&world);
	draw_settings();
	world_boot(&world, 0);
	if (maybe(80))
		world_boot(&world, 1);
	world_run_ms(&world, 1000 + draw(30000));
	end_us = world.now_us + SAFETY_MS * INT64_C(1000);
	while (world.now_us < end_us && !world.broken) {
		break_something();
		world_run_ms(&world, maybe(30) ? 1 + draw(50) : 1 + draw(8000));
	}
	if (!world.broken)
		heal();
	for (int64_t ms = 0; ms < LIVENESS_MS && !world.broken; ms += 1000) {
		world_run_ms(&world, 1000);
		for (unsigned n = 0; n < 2; n++)
			if (!world.nodes[n].powered)
				world_power_on(&world, n);
		if (one_owner_each() && ms > 20000)
			break;
	}
	total_events += world.events;
	total_excused += world.excused;
	if (world.broken)
		return world.broken;
	return one_owner_each() ? NULL : "no single owner after healing";
}

int main(int argc, char **argv)
{
	uint64_t first = 1, count = 1000, failed = 0;
	struct timespec from, to;
	double seconds;

	if (argc == 3 && strcmp(argv[1], "--seed") == 0) {
		const char *what;

		world.loud = true;
		what = run(strtoull(argv[2], NULL, 0), true);
		fputs(world.log, stdout);
		printf("seed %s: %s\n", argv[2], what ? what : "fine");
		return what ? 1 : 0;
	}
	if (argc == 4 && strcmp(argv[1], "--seeds") == 0) {
		first = strtoull(argv[2], NULL, 0);
		count = strtoull(argv[3], NULL, 0);
	} else if (argc > 1) {
		fprintf(stderr, "usage: sim --seeds FIRST COUNT | --seed N\n");
		return 2;
	}
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (uint64_t seed = first; seed < first + count; seed++) {
		const char *what = run(seed, false);

		if (!what)
			continue;
		failed++;
		printf("seed %" PRIu64 ": %s at %" PRId64 " ms\n", seed, what,
		       world.now_us / 1000);
		if (failed >= 20)
			break;
	}
	clock_gettime(CLOCK_MONOTONIC, &to);
	seconds = (double)(to.tv_sec - from.tv_sec) +
		  (double)(to.tv_nsec - from.tv_nsec) / 1e9;
	printf("sim: %" PRIu64 " schedules, %" PRIu64 " events, %.2f million "
	       "a second, %" PRIu64 " excused, %" PRIu64 " failed\n",
	       count, total_events, (double)total_events / seconds / 1e6,
	       total_excused, failed);
	return failed ? 1 : 0;
}
