/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R18 under many phases: a cable that is pulled costs nothing, a power cut is
 * seen at once, and what could not be answered hastens nothing.
 */
#include "incident.h"

#define HURRY_MS 50
#define PULLS	 1000

/* Each node hears and was heard; both know that the other sees the lines. */
static void start_hurried(void)
{
	world_init(&world);
	for (unsigned n = 0; n < 2; n++)
		world.nodes[n].settings.hurry_ms = HURRY_MS;
	world_boot(&world, 0);
	world_boot(&world, 1);
	world_run_ms(&world, 10000);
	assert_owner(0);
	forget_log();
}

static unsigned count_of(const char *text)
{
	unsigned count = 0;

	for (const char *at = world.log; (at = strstr(at, text)) != NULL; at++)
		count++;
	return count;
}

static void test_R18_cable_pulled_a_thousand_times_costs_nothing(void **state)
{
	unsigned asked = 0;

	(void)state;
	start_hurried();
	for (unsigned i = 0; i < PULLS; i++) {
		forget_log();
		/* every phase of beats and adverts */
		world.now_us += 137;
		cut_serial(false);
		world_run_ms(&world, 500 + i % 100);
		asked += count_of("lb01 is asked to answer");
		assert_int_equal(count_of("did not answer"), 0);
		cut_serial(true);
		world_run_ms(&world, 700 + i % 89);
		assert_owner(0);
	}
	assert_int_equal(world.nodes[0].offs + world.nodes[1].offs, 0);
	assert_int_equal(world.nodes[0].core.instances[0].since_us <
				 world.now_us - 1000000,
			 1);
	/* and it was no test of a hurry that never was */
	assert_in_range(asked, PULLS * 9 / 10, PULLS);
}

static void test_R18_power_cut_is_judged_after_hurry_ms(void **state)
{
	unsigned hurried = 0;

	(void)state;
	for (unsigned i = 0; i < 50; i++) {
		start_hurried();
		world_run_ms(&world, 2 * i);
		world_power_off(&world, 0);
		world_run_ms(&world, 160);
		/* a beat on its way when the line fell is an answer, too */
		hurried += count_of("did not answer by any link for 50 ms");
	}
	assert_in_range(hurried, 40, 50);
}

static void test_R18_no_hurry_where_silence_is_the_proof(void **state)
{
	(void)state;
	start_hurried();
	for (unsigned n = 0; n < 2; n++)
		world.nodes[n].settings.fence.required = false;
	world_power_off(&world, 0);
	world_run_ms(&world, 160);
	assert_not_logged("asked to answer");
}

static void test_R18_a_glitch_shorter_than_debounce_is_nothing(void **state)
{
	struct event event = {.type = EVENT_LINE_CHANGED};

	(void)state;
	start_hurried();
	for (unsigned i = 0; i < 20; i++) {
		event.line.is = i % 2 == 1;
		world_tell(&world, 1, &event);
		world_run_ms(&world, 1);
	}
	assert_not_logged("asked to answer");
	event.line.is = false;
	world_tell(&world, 1, &event);
	world_run_ms(&world, 3);
	assert_logged("asked to answer");
	assert_owner(0);
}

static void test_R18_a_line_never_seen_high_says_nothing(void **state)
{
	(void)state;
	world_init(&world);
	for (unsigned n = 0; n < 2; n++)
		world.nodes[n].settings.hurry_ms = HURRY_MS;
	world.nodes[1].lines = LINES_NEVER;
	world_boot(&world, 0);
	world_boot(&world, 1);
	world_run_ms(&world, 10000);
	world_power_off(&world, 0);
	world_run_ms(&world, 160);
	assert_not_logged("asked to answer");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_R18_cable_pulled_a_thousand_times_costs_nothing),
		cmocka_unit_test(test_R18_power_cut_is_judged_after_hurry_ms),
		cmocka_unit_test(test_R18_no_hurry_where_silence_is_the_proof),
		cmocka_unit_test(
			test_R18_a_glitch_shorter_than_debounce_is_nothing),
		cmocka_unit_test(test_R18_a_line_never_seen_high_says_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
