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

static struct core_settings next;

static void reload(unsigned n)
{
	next.self = n;
	next.digest ^= 0x70007;
	assert_true(world_reload(&world, n, &next));
	assert_false(world.nodes[n].reloading);
}

static void start_good(void)
{
	start_with_checks(70000);
	assert_owner(0);
}

/* A lone owner; a broken check is taken out of the file, and comes back mended.
 */
static void test_R3_a_bad_word_of_before_is_no_word_of_new_checks(void **state)
{
	(void)state;
	start_good();
	next = world.nodes[0].settings;
	world_power_off(&world, 1); /* by hand: its plug reads off as well */
	world_run_ms(&world, 2000);
	world_checks(&world, 0, CORE_CHECKS_BAD);
	world_run_ms(&world, 1000); /* unfit: lets go, nobody hears */
	next.instances[0].has_checks = false;
	reload(0);
	world_run_ms(&world, 600000);
	assert_owner(0);
	world.nodes[0].checks = CORE_CHECKS_GOOD;
	next.instances[0].has_checks = true;
	forget_log();
	reload(0);
	world_run_ms(&world, 500); /* they have not run yet */
	if (world_owner(&world, 0) != 0)
		fail_with_log("an owner let go for checks that have not run");
}

static void test_R3_a_good_word_of_before_is_no_word_of_new_checks(void **state)
{
	(void)state;
	start_good();
	next = world.nodes[1].settings;
	next.instances[0].has_checks = false;
	reload(1);
	world_run_ms(&world, 600000);
	/* what they look at is gone since, and nobody has asked */
	world.nodes[1].checks = CORE_CHECKS_BAD;
	next.instances[0].has_checks = true;
	reload(1);
	world_run_ms(&world, 100);
	assert_false(world.nodes[1].core.instances[0].fit);
}

/* A good script is taken out of the file, and another one comes. */
static void test_R3_a_word_of_other_checks_is_none(void **state)
{
	const struct core_instance *instances = world.nodes[1].core.instances;

	(void)state;
	start_good();
	next = world.nodes[1].settings;
	world.nodes[1].checks = CORE_CHECKS_BAD;
	next.instances[0].advert_ms /= 2; /* of the checks nothing */
	reload(1);
	world_run_ms(&world, 100);
	assert_true(instances[0].fit);
	start_good();
	next = world.nodes[1].settings;
	world.nodes[1].checks = CORE_CHECKS_BAD;
	next.instances[0].checks ^= 1;
	reload(1);
	world_run_ms(&world, 100);
	assert_false(instances[0].fit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_R3_who_has_not_looked_yet_takes_nothing),
		cmocka_unit_test(test_R3_checks_that_never_run_are_no_success),
		cmocka_unit_test(test_R3_checks_of_new_settings_move_nothing),
		cmocka_unit_test(
			test_R3_a_bad_word_of_before_is_no_word_of_new_checks),
		cmocka_unit_test(
			test_R3_a_good_word_of_before_is_no_word_of_new_checks),
		cmocka_unit_test(test_R3_a_word_of_other_checks_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
