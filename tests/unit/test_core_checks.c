/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R3: what a node's scripts, processes, files and witnesses say, before they
 * have said it. What they say later is in tests/sim/cases/r03-checks-*.
 */
#include "incident.h"

static void start_with_checks(int64_t run_ms)
{
	world_init(&world);
	for (unsigned n = 0; n < 2; n++) {
		world.nodes[n].settings.instances[0].has_checks = true;
		world_boot(&world, n);
	}
	world_run_ms(&world, run_ms);
}

static void test_R3_who_has_not_looked_yet_takes_nothing(void **state)
{
	(void)state;
	start_with_checks(600);
	assert_owner(-1);
	assert_false(world.nodes[0].core.instances[0].fit);
	/* nor is that worth an alert: it is said in a moment */
	assert_false(has_alert(0, ALERT_UNFIT));
	assert_int_not_equal(world.nodes[0].core.instances[0].state,
			     INSTANCE_FAULT);
	world_run_ms(&world, 3000);
	assert_owner(0);
}

static void test_R3_checks_that_never_run_are_no_success(void **state)
{
	(void)state;
	world_init(&world);
	for (unsigned n = 0; n < 2; n++) {
		world.nodes[n].settings.instances[0].has_checks = true;
		world.nodes[n].checks = CORE_CHECKS_UNKNOWN;
		world_boot(&world, n);
	}
	world_run_ms(&world, 5000);
	assert_owner(-1);
	assert_true(has_alert(0, ALERT_UNFIT));
	assert_non_null(strstr(world.nodes[0].core.instances[0].unfit_why,
			       "has said nothing for 10 s"));
}

static void test_R3_checks_of_new_settings_move_nothing(void **state)
{
	struct core_settings next;

	(void)state;
	world_init(&world);
	world_boot(&world, 0);
	world_boot(&world, 1);
	world_run_ms(&world, 130000);
	assert_owner(0);
	for (unsigned n = 0; n < 2; n++) {
		next = world.nodes[n].settings;
		next.instances[0].has_checks = true;
		next.digest ^= 0x1234u;
		assert_true(world_reload(&world, n, &next));
	}
	forget_log();
	for (unsigned i = 0; i < 30; i++) {
		world_run_ms(&world, 100);
		assert_owner(0);
	}
	assert_not_logged("VI_1: MASTER");
	assert_true(world.nodes[0].core.instances[0].fit);
	/* but once they have run, they count */
	world_checks(&world, 0, CORE_CHECKS_BAD);
	world_run_ms(&world, 1000);
	assert_owner(1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_R3_who_has_not_looked_yet_takes_nothing),
		cmocka_unit_test(test_R3_checks_that_never_run_are_no_success),
		cmocka_unit_test(test_R3_checks_of_new_settings_move_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
