/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R3: what the checks of both nodes look at goes away in nearly one moment. The
 * standby wants the instance of an owner that is unfit, and is unfit itself
 * when it is let go: one of the two has to serve.
 */
#include "../../src/core/internal.h"
#include "incident.h"

static void prepare(void)
{
	world_init(&world);
	for (unsigned n = 0; n < 2; n++) {
		struct core_settings *settings = &world.nodes[n].settings;
		struct core_instance_settings *instance =
			&settings->instances[0];

		settings->interface_count = 2;
		instance->has_checks = true;
		instance->track_count = 1;
		instance->track[0] = 1;
	}
	for (unsigned n = 0; n < 2; n++) {
		world_boot(&world, n);
		world_checks(&world, n, CORE_CHECKS_GOOD);
		world_tracked(&world, n, true);
	}
	world_run_ms(&world, 10000);
	assert_owner(0);
}

static void lose(unsigned n, bool is_tracked)
{
	if (is_tracked)
		world_tracked(&world, n, false);
	else
		world_checks(&world, n, CORE_CHECKS_BAD);
}

static void mend(unsigned n)
{
	world_tracked(&world, n, true);
	world_checks(&world, n, CORE_CHECKS_GOOD);
}

static void test_R3_of_two_that_become_unfit_one_serves(void **state)
{
	unsigned given_back = 0;

	(void)state;
	for (unsigned late_us = 0; late_us < 300000; late_us += 500) {
		bool is_tracked = late_us / 500 % 2;
		unsigned owner;

		prepare();
		lose(0, is_tracked);
		world_run_ms(&world, late_us / 1000);
		lose(1, is_tracked);
		world_run_ms(&world, 10000);
		assert_unbroken();
		if (world_owner(&world, 0) < 0)
			fail_with_log("nobody serves");
		owner = (unsigned)world_owner(&world, 0);
		given_back += strstr(world.log, "MASTER -> FAULT") != NULL &&
			      owner == 0;
		/* it goes on as any unfit owner: to who is fit */
		assert_false(world.nodes[owner].core.instances[0].fit);
		mend(1 - owner);
		world_run_ms(&world, 3000);
		assert_owner((int)(1 - owner));
		/* and what was lent is forgotten: no second time */
		mend(owner);
		world_run_ms(&world, 3000);
		assert_owner((int)(1 - owner));
		assert_int_equal(world.nodes[0].offs + world.nodes[1].offs, 0);
	}
	print_message("given back: %u\n", given_back);
	assert_true(given_back > 0);
}

/* Who was never asked for it serves nothing while it is unfit. */
static void test_R3_an_unfit_one_takes_nothing_that_it_never_gave(void **state)
{
	(void)state;
	prepare();
	lose(1, false);
	world_run_ms(&world, 1000);
	world_carrier(&world, 0, false);
	world_run_ms(&world, 10000);
	assert_unbroken();
	assert_int_equal(world_owner(&world, 0), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_R3_of_two_that_become_unfit_one_serves),
		cmocka_unit_test(
			test_R3_an_unfit_one_takes_nothing_that_it_never_gave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
