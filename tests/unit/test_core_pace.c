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

/* ---- one node has the new settings seconds before the other ---- */

static bool is_paced(unsigned n)
{
	return core_of(n)->is_paced;
}

static void both_go_by_the_new_ones(void)
{
	for (unsigned n = 0; n < 2; n++) {
		const struct core *core = core_of(n);
		const struct core_instance_settings *instance =
			&core->settings->instances[0];

		assert_false(is_paced(n));
		assert_int_equal(link_dead_us(core, 0),
				 core->settings->links[0].dead_ms * 1000);
		assert_int_equal(link_interval_us(core, 0),
				 core->settings->links[0].interval_us);
		assert_int_equal(advert_pace_us(core, 0),
				 instance->advert_ms * 1000);
		assert_true(advert_dead_us(core, 0) <
			    4000 * (int64_t)instance->advert_ms);
		assert_int_equal(largest_dead_us(core), peer_patience_us(core));
	}
}

static void one_before_the_other(unsigned first, bool is_slower, int64_t gap_ms)
{
	start(is_slower ? 1 : 10);
	if (is_slower)
		slow_down(&next, 10);
	else
		speed_up(&next, 10);
	reload(first);
	assert_true(is_paced(first));
	world_run_ms(&world, gap_ms);
	assert_true(is_paced(first));
	assert_false(is_paced(1 - first));
	nobody_is_cut(0);
	reload(1 - first);
	nobody_is_cut(20000);
	both_go_by_the_new_ones();
	/* and they count: the owner dies */
	world_power_off(&world, 0);
	world_run_ms(&world, is_slower ? 9000 : 2500);
	assert_owner(1);
}

static void test_R15_slower_with_a_gap(void **state)
{
	(void)state;
	one_before_the_other(0, true, 5000);
	one_before_the_other(1, true, 5000);
	one_before_the_other(0, true, 100000);
}

static void test_R15_faster_with_a_gap(void **state)
{
	(void)state;
	one_before_the_other(0, false, 5000);
	one_before_the_other(1, false, 5000);
	one_before_the_other(1, false, 100000);
}

/* Version 2 drops adverts of another interval: life all the same. */
static void test_R15_version_2_with_a_gap(void **state)
{
	(void)state;
	for (unsigned first = 0; first < 2; first++) {
		world_init(&world);
		for (unsigned n = 0; n < 2; n++) {
			world.nodes[n].settings.instances[0].version = 2;
			world.nodes[n].settings.instances[0].advert_ms = 1000;
		}
		world_boot(&world, 0);
		world_boot(&world, 1);
		world_run_ms(&world, 130050);
		assert_owner(0);
		next = world.nodes[0].settings;
		next.instances[0].advert_ms = 4000;
		next.digest ^= 0x30003;
		forget_log();
		reload(first);
		world_run_ms(&world, 15000);
		assert_true(alert_says(1 - first, ALERT_CONFIG_MISMATCH, ""));
		/* the adverts alone */
		cut_serial(false);
		world_run_ms(&world, 15000);
		cut_serial(true);
		reload(1 - first);
		world_run_ms(&world, 20000);
		if (world.broken || world.shots || world_owner(&world, 0) != 0)
			fail_with_log("a healthy owner was cut");
		assert_false(is_paced(0));
		assert_false(is_paced(1));
	}
}

/* Both files of before may be in force there, in whatever order. */
static void test_R15_a_further_reload_keeps_all_of_them(void **state)
{
	(void)state;
	start(10);
	speed_up(&next, 10);
	reload(0);
	slow_down(&next, 20);
	reload(0);
	slow_down(&next, 2);
	reload(0);
	assert_int_equal(link_interval_us(core_of(0), 0), 100000);
	assert_int_equal(link_dead_us(core_of(0), 0), 16000000);
	assert_int_equal(advert_pace_us(core_of(0), 0), 100000);
	assert_int_equal(peer_patience_us(core_of(0)), 400000);
	world_run_ms(&world, 20000);
	/* the longest is not of the last two */
	speed_up(&next, 8);
	reload(0);
	slow_down(&next, 1);
	reload(0);
	assert_int_equal(link_dead_us(core_of(0), 0), 16000000);
	/* the file that is the same as the peer's ends it, as any */
	slow_down(&next, 2);
	next.digest = world.nodes[1].settings.digest;
	reload(0);
	assert_true(is_paced(0));
	nobody_is_cut(5000);
	both_go_by_the_new_ones();
}

/* Each goes to the file that the other one leaves, and neither knows it yet. */
static void test_R15_two_that_cross_agree_on_nothing(void **state)
{
	struct core_settings slow, fast;

	(void)state;
	start(1);
	fast = slow = next;
	slow_down(&slow, 10);
	next = slow;
	reload(0);
	world_run_ms(&world, 5000);
	next = fast;
	reload(0);
	next = slow;
	reload(1);
	nobody_is_cut(20000);
	assert_true(is_paced(0));
	assert_true(is_paced(1));
	next = slow;
	reload(0);
	nobody_is_cut(5000);
	both_go_by_the_new_ones();
}

/* Who never takes the file is alive, and dead, as ever. */
static void test_R15_a_peer_that_never_reloads_is_taken_over(void **state)
{
	(void)state;
	start(1);
	slow_down(&next, 10);
	reload(1);
	nobody_is_cut(600000);
	assert_true(is_paced(1));
	world_power_off(&world, 0);
	world_run_ms(&world, 9000);
	assert_owner(1);
	/* it comes back with the new file */
	world.nodes[0].settings = next;
	world.nodes[0].settings.self = 0;
	world_power_on(&world, 0);
	if (!world.nodes[0].running)
		world_boot(&world, 0);
	world_run_ms(&world, 90000);
	assert_unbroken();
	both_go_by_the_new_ones();
}

/* The other one may act after the shorter time: a stall is one by that. */
static void test_R11_a_stall_is_one_by_the_shorter_dead_time(void **state)
{
	(void)state;
	start(1);
	slow_down(&next, 10);
	reload(0);
	world_run_ms(&world, 1000);
	world.devices[0].dead = true;
	world_freeze(&world, 0, 1500);
	world_run_ms(&world, 1600);
	assert_unbroken();
	assert_logged("released: stalled");
}

/* What is new in the file was never heard by another one. */
static void test_R15_a_link_that_is_new_goes_by_its_file(void **state)
{
	(void)state;
	start(1);
	slow_down(&next, 10);
	next.links[1] = next.links[0];
	next.links[1].is_port = false;
	snprintf(next.links[1].name, sizeof(next.links[1].name), "direct");
	reload(0);
	assert_int_equal(link_dead_us(core_of(0), 1), 4000000);
	assert_int_equal(link_interval_us(core_of(0), 1), 1000000);
	assert_int_equal(link_interval_us(core_of(0), 0), 100000);
	reload(1);
	nobody_is_cut(20000);
	both_go_by_the_new_ones();
}

/* Its own adverts: three that did not leave, as often as it sends them. */
static void test_R3_mute_between_two_files(void **state)
{
	(void)state;
	start(1);
	slow_down(&next, 10);
	reload(0);
	world_run_ms(&world, 1000);
	world_mute(&world, 0, true);
	world_run_ms(&world, 1200);
	assert_true(core_of(0)->instances[0].is_mute ||
		    !core_of(0)->instances[0].own);
	assert_int_equal(world.shots, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_R2_slower_on_both_within_a_dead_time),
		cmocka_unit_test(
			test_R2_who_was_silent_stays_so_after_a_reload),
		cmocka_unit_test(test_R15_slower_with_a_gap),
		cmocka_unit_test(test_R15_faster_with_a_gap),
		cmocka_unit_test(test_R15_version_2_with_a_gap),
		cmocka_unit_test(test_R15_a_further_reload_keeps_all_of_them),
		cmocka_unit_test(test_R15_two_that_cross_agree_on_nothing),
		cmocka_unit_test(
			test_R15_a_peer_that_never_reloads_is_taken_over),
		cmocka_unit_test(
			test_R11_a_stall_is_one_by_the_shorter_dead_time),
		cmocka_unit_test(test_R15_a_link_that_is_new_goes_by_its_file),
		cmocka_unit_test(test_R3_mute_between_two_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
