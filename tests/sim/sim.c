/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The simulator: two cores, settings and faults drawn from a seed.
 *
 *   sim --seeds FIRST COUNT     runs that many schedules
 *   sim --seed N                runs one and prints its incident log
 *   sim --events N FIRST        goes on from FIRST until N events have passed
 *   ... --digest                with a digest of all that the cores ordered and
 *                               said (digest.h), every 100 seeds and at the end
 *
 * A seed that fails is cut down to the shortest list of faults that fails, and
 * the log of that is printed. Exit 0 only if no schedule failed.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "coverage.h"
#include "digest.h"
#include "plain_lab.h"
#include "schedule.h"

#define FAILURES_MAX 20
#define DIGEST_EVERY 100
#define PLAIN_EVERY  4

static struct world world;
static struct coverage coverage;
static bool wants_digest;
static uint64_t digest;

static struct {
	uint64_t schedules, events, failed, shots, plain_events;
	uint64_t claims[PROOFS];
	struct {
		const char *name;
		uint64_t count;
	} expected[WORLD_EXPECTED];
} total;

/* Of the processor: what else runs on the machine does not count. */
static double seconds_used(void)
{
	struct timespec used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

static void count_expected(const char *name, uint64_t count)
{
	unsigned i = 0;

	while (i < WORLD_EXPECTED - 1 && total.expected[i].name &&
	       strcmp(total.expected[i].name, name) != 0)
		i++;
	total.expected[i].name = name;
	total.expected[i].count += count;
}

static void add_up(void)
{
	total.schedules++;
	total.events += world.events;
	total.shots += world.shots;
	for (unsigned p = 0; p < PROOFS; p++)
		total.claims[p] += world.claims[p];
	for (unsigned i = 0; i < WORLD_EXPECTED && world.expected[i].name; i++)
		count_expected(world.expected[i].name, world.expected[i].count);
}

/* NULL, or what went wrong; loud: with a log of every line. */
static const char *run(const struct schedule *schedule, bool loud)
{
	world_init(&world);
	world.loud = loud;
	world.quiet = !loud;
	world.coverage = loud ? NULL : &coverage;
	if (wants_digest && !loud) {
		world.observe = digest_action;
		world.observer = &digest;
	}
	return schedule_play(&world, schedule);
}

static void print_failure(uint64_t seed, const char *what)
{
	struct schedule schedule;
	unsigned count, runs;

	printf("seed %" PRIu64 ": %s at %lld ms\n", seed, what,
	       (long long)world.now_us / 1000);
	draw_schedule(seed, &schedule);
	count = schedule.count;
	runs = schedule_shrink(&world, &schedule);
	what = run(&schedule, true);
	printf("  shortest: %u of %u faults (%u runs): %s\n", schedule.count,
	       count, runs, what ? what : "(gone)");
	fputs(world.log, stdout);
	fflush(stdout);
}

/* R16: beside the pair, a plain peer and a world of its own. */
static void run_plain(uint64_t seed)
{
	static struct plain_lab lab;
	const char *what = plain_play(&lab, seed);

	total.plain_events += lab.events;
	if (!what)
		return;
	total.failed++;
	printf("seed %" PRIu64 ", plain peer: %s at %lld ms\n", seed, what,
	       (long long)lab.now_us / 1000);
}

static void run_seed(uint64_t seed)
{
	struct schedule schedule;
	const char *what;

	draw_schedule(seed, &schedule);
	what = run(&schedule, false);
	add_up();
	if (wants_digest) {
		digest_add(&digest, world.events);
		if (total.schedules % DIGEST_EVERY == 0)
			printf("digest up to seed %" PRIu64 ": %016" PRIx64
			       "\n",
			       seed, digest);
	}
	if (!what)
		return;
	total.failed++;
	print_failure(seed, what);
}

static void print_totals(void)
{
	double seconds = seconds_used();

	printf("sim: %" PRIu64 " schedules, %" PRIu64 " events, %.2f million "
	       "per second of processor time, %" PRIu64 " failed\n",
	       total.schedules, total.events,
	       (double)total.events / seconds / 1e6, total.failed);
	printf("claims:");
	for (unsigned p = 1; p < PROOFS; p++)
		printf(" %s %" PRIu64, proof_name((enum proof)p),
		       total.claims[p]);
	printf("; fence orders %" PRIu64 "; beside a plain peer %" PRIu64
	       " events\n",
	       total.shots, total.plain_events);
	printf("slowest to one owner after healing: %lld s (seed %" PRIu64
	       ")\n",
	       (long long)play_slowest_ms / 1000, play_slowest_seed);
	for (unsigned i = 0; i < WORLD_EXPECTED && total.expected[i].name; i++)
		printf("expected violation: %s: %" PRIu64 "\n",
		       total.expected[i].name, total.expected[i].count);
	fflush(stdout);
}

static void print_faults(void)
{
	for (unsigned k = 0; k < fault_kinds(); k++)
		printf("fault: %-34s %" PRIu64 "\n", fault_name(k),
		       fault_counts[k]);
}

static int run_one(uint64_t seed)
{
	struct schedule schedule;
	const char *what;

	draw_schedule(seed, &schedule);
	what = run(&schedule, true);
	fputs(world.log, stdout);
	printf("seed %" PRIu64 ": %s\n", seed, what ? what : "fine");
	return what ? 1 : 0;
}

int main(int argc, char **argv)
{
	uint64_t first = 1, count = 1000, events = 0;

	if (argc > 1 && strcmp(argv[argc - 1], "--digest") == 0) {
		wants_digest = true;
		argc--;
	}
	if (argc == 3 && strcmp(argv[1], "--seed") == 0)
		return run_one(strtoull(argv[2], NULL, 0));
	if (argc == 4 && strcmp(argv[1], "--seeds") == 0) {
		first = strtoull(argv[2], NULL, 0);
		count = strtoull(argv[3], NULL, 0);
	} else if (argc == 4 && strcmp(argv[1], "--events") == 0) {
		events = strtoull(argv[2], NULL, 0);
		first = strtoull(argv[3], NULL, 0);
		count = UINT64_MAX - first;
	} else if (argc > 1) {
		fputs("usage: sim --seeds FIRST COUNT | --seed N | --events N "
		      "FIRST [--digest]\n",
		      stderr);
		return 2;
	}
	for (uint64_t seed = first; seed < first + count; seed++) {
		run_seed(seed);
		if (seed % PLAIN_EVERY == 0)
			run_plain(seed);
		if (total.failed >= FAILURES_MAX)
			break;
		if (events && total.events >= events)
			break;
		if (events && total.schedules % 20000 == 0)
			print_totals();
	}
	print_totals();
	if (wants_digest)
		printf("digest: %016" PRIx64 "\n", digest);
	print_faults();
	coverage_print(&coverage);
	return total.failed ? 1 : 0;
}
