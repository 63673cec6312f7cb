/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * New settings with other intervals and dead times: one node has them before
 * the other, and whoever is well is cut for none of it.
 */
#include "../../src/core/internal.h"
#include "incident.h"

static struct core_settings next;

static struct core *core_of(unsigned n)
{
	return &world.nodes[n].core;
}

static void slow_down(struct core_settings *settings, unsigned times)
{
	settings->links[0].interval_us *= times;
	settings->links[0].dead_ms *= times;
	settings->instances[0].advert_ms *= times;
	settings->digest = settings->digest * 31 + times;
}

static void speed_up(struct core_settings *settings, unsigned times)
{
	settings->links[0].interval_us /= times;
	settings->links[0].dead_ms /= times;
	settings->instances[0].advert_ms /= times;
	settings->digest = settings->digest * 37 + times;
}

static void start(unsigned times)
{
	world_init(&world);
	for (unsigned n = 0; n < 2; n++)
		slow_down(&world.nodes[n].settings, times);
	world_boot(&world, 0);
	world_boot(&world, 1);
	world_run_ms(&world, 130050); /* and the plugs are read */
	assert_owner(0);
	next = world.nodes[0].settings;
	forget_log();
}

static void reload(unsigned n)
{
	next.self = n;
	assert_true(world_reload(&world, n, &next));
	assert_false(world.nodes[n].reloading);
}

static void nobody_is_cut(int64_t ms)
{
	world_run_ms(&world, ms);
	if (world.broken || world.shots || world_owner(&world, 0) != 0)
		fail_with_log("a healthy owner was cut");
	assert_not_logged("-> down");
}

/* ---- what was heard under the settings of before ---- */

static void slower(unsigned times, int64_t gap_ms)
{
	start(1);
	slow_down(&next, times);
	reload(0);
	world_run_ms(&world, gap_ms);
	reload(1);
	nobody_is_cut(20000);
}

static void test_R2_slower_on_both_within_a_dead_time(void **state)
{
	(void)state;
	slower(10, 50);
	slower(5, 50);
	slower(10, 0);
}

static void test_R2_who_was_silent_stays_so_after_a_reload(void **state)
{
	int64_t alive_until_us;

	(void)state;
	start(1);
	world_power_off(&world, 0);
	world_run_ms(&world, 300);
	slow_down(&next, 10);
	reload(1);
	/* from the last word on, as often as the file changes */
	alive_until_us = core_of(1)->links[0].alive_until_us;
	assert_true(alive_until_us <= core_of(1)->links[0].heard_us +
					      link_dead_us(core_of(1), 0));
	assert_true(alive_until_us > core_of(1)->now_us + 3000000);
	reload(1);
	speed_up(&next, 10);
	reload(1);
	slow_down(&next, 10);
	reload(1);
	assert_int_equal(core_of(1)->links[0].alive_until_us, alive_until_us);
	world_run_ms(&world, 30000);
	assert_owner(1);
	/* and is not called to life again by one */
	assert_int_equal(serial_state(1), LINK_DOWN);
	slow_down(&next, 2);
	reload(1);
	assert_false(peer_is_heard(core_of(1)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_R2_slower_on_both_within_a_dead_time),
		cmocka_unit_test(
			test_R2_who_was_silent_stays_so_after_a_reload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
