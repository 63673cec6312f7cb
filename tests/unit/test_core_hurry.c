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

static void assert_line(bool high, bool returns, enum link_line line)
{
	struct event event = {.type = EVENT_WIRES_TOLD};

	event.wires.are_known = true;
	event.wires.is_high = high;
	event.wires.rts_returns = returns;
	world_tell(&world, 1, &event);
	world_run_ms(&world, 1);
	assert_string_equal(link_line_name(link_line(&world.nodes[1].core, 0)),
			    link_line_name(line));
}

static bool is_alerted(const struct core *core, const char *text)
{
	for (unsigned i = 0; i < ALERTS_MAX; i++)
		if (core_alert_stands(core, i) &&
		    strstr(core->alerts[i].text, text))
			return true;
	return false;
}

static void test_R18_what_the_lines_say_of_the_cable(void **state)
{
	struct event unknown = {.type = EVENT_WIRES_TOLD};
	const struct core *core = &world.nodes[1].core;

	(void)state;
	start_pair();
	assert_int_equal(link_line(core, 0), LINE_UNKNOWN);
	/* the peer is heard, and no line was ever up */
	assert_line(false, false, LINE_THREE_WIRE);
	assert_line(true, false, LINE_OK);
	/* full handshake: which end it is, nobody can tell */
	assert_line(false, false, LINE_UNKNOWN);
	/* a sense cable */
	assert_line(true, true, LINE_OK);
	assert_line(false, true, LINE_PEER_DARK);
	assert_line(false, false, LINE_UNPLUGGED_HERE);
	world_tell(&world, 1, &unknown);
	world_run_ms(&world, 1);
	assert_int_equal(link_line(core, 0), LINE_UNKNOWN);
	assert_line(false, false, LINE_UNPLUGGED_HERE);
	cut_serial(false);
	world_run_ms(&world, 2000);
	assert_true(is_alerted(core, "link serial is down: the plug is out at "
				     "this node"));
	assert_line(false, true, LINE_PEER_DARK);
	world_run_ms(&world, 1100); /* its words grow old */
	assert_true(is_alerted(core, "link serial is down: the plug is in here "
				     "and the other end is dark"));
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
		cmocka_unit_test(test_R18_what_the_lines_say_of_the_cable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
