/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R2, R7, R1: the clocks of adverts wrap within 50 days, and serial arithmetic
 * tells apart 25. What is heard after a month of silence is new; what was
 * recorded a month ago is not. No month is run: what lb02 remembers is made
 * older.
 */
#include "incident.h"

#define DAY_MS (INT64_C(86400) * 1000)

static const unsigned days[] = {1, 13, 24, 26, 38, 48, 51, 60};
#define MONTHS (sizeof(days) / sizeof(days[0]))

static struct core *core(void)
{
	return &world.nodes[1].core;
}

static void make_older(uint32_t *clock_ms, int64_t *heard_us, int64_t by_ms)
{
	*clock_ms -= (uint32_t)by_ms;
	*heard_us -= by_ms * 1000;
}

static void adverts_were_heard_before(unsigned days_ago)
{
	struct core_instance *instance = &core()->instances[0];

	make_older(&instance->advert_clock_ms, &instance->advert_us,
		   days_ago * DAY_MS);
	for (unsigned i = 0; i < CORE_LIVES_MAX; i++)
		make_older(&core()->peer.lives[i].clock_ms,
			   &core()->peer.lives[i].clock_us, days_ago * DAY_MS);
}

static struct core_signature recorded(unsigned days_ago)
{
	struct core_signature signature = wire_signature(&world, 0, 0);

	signature.clock_ms -= (uint32_t)(days_ago * DAY_MS);
	return signature;
}

static void hear_signed(uint8_t priority,
			const struct core_signature *signature)
{
	struct event event = advert_by_hand(priority, signature);

	told_by_hand(&event);
}

static void assert_is_old(const struct core_signature *signature)
{
	uint64_t before = core()->instances[0].vrrp.replays;

	hear_signed(150, signature);
	assert_int_equal(core()->instances[0].vrrp.replays, before + 1);
}

/* The cable is cut: by adverts alone the owner is known to live. */
static void nobody_is_cut(void)
{
	forget_log();
	cut_serial(false);
	world_run_ms(&world, 20000);
	if (world.broken || world.shots || world_owner(&world, 0) != 0)
		fail_with_log("the healthy owner was cut");
	assert_true(adverts_are_alive(core()));
}

typedef void breaks(bool is);

static void carrier_breaks(bool is)
{
	world_carrier(&world, 1, !is);
}

static void filter_breaks(bool is)
{
	world_filter(&world, 0, is);
}

/* Nothing was heard for so long, then all is well, then the cable fails. */
static void after_months(breaks *what)
{
	for (unsigned i = 0; i < MONTHS; i++) {
		start_pair();
		what(true);
		world_run_ms(&world, 5000);
		adverts_were_heard_before(days[i]);
		what(false);
		world_run_ms(&world, 5000);
		nobody_is_cut();
	}
}

static void test_R2_a_month_without_carrier(void **state)
{
	(void)state;
	after_months(carrier_breaks);
}

static void test_R2_a_month_with_a_filter(void **state)
{
	(void)state;
	after_months(filter_breaks);
}

/* No beat tells that our own machine stood still, clocks and all. */
static void test_R2_adverts_after_a_pause_without_beats(void **state)
{
	struct core_signature signature;

	(void)state;
	start_pair();
	cut_serial(false);
	world.filter[0] = true;
	world_run_ms(&world, 2000);
	signature = recorded(0);
	signature.clock_ms += (uint32_t)(DAY_MS / 2);
	hear_signed(150, &signature);
	assert_true(adverts_are_alive(core()));
}

/* Believed once, it would make a month of true ones look old. */
static void test_R7_what_was_recorded_a_month_ago_is_old(void **state)
{
	struct core_signature signature;

	(void)state;
	for (unsigned i = 0; i < MONTHS; i++) {
		start_pair();
		signature = recorded(days[i]);
		assert_is_old(&signature);
		nobody_is_cut();
	}
}

/* Nothing newer than that was heard since: only beats tell the time then. */
static void test_R7_what_was_recorded_before_a_filter_is_old(void **state)
{
	struct core_signature signature;

	(void)state;
	for (unsigned i = 0; i < MONTHS; i++) {
		start_pair();
		world_filter(&world, 0, true);
		world_run_ms(&world, 5000);
		adverts_were_heard_before(days[i]);
		signature = recorded(days[i] + 1);
		hear_signed(150, &signature);
		world_filter(&world, 0, false);
		world_run_ms(&world, 5000);
		nobody_is_cut();
	}
}

/* Another life was heard in between, and the one before is the present one. */
static void test_R7_a_life_is_back_after_a_month(void **state)
{
	struct core_signature signature, other;

	(void)state;
	for (unsigned i = 0; i < MONTHS; i++) {
		start_pair();
		cut_serial(false);
		world.filter[0] = true;
		world_run_ms(&world, 500);
		other = recorded(0);
		other.generation ^= 0x5555;
		hear_signed(150, &other);
		assert_int_equal(core()->peer.advert_generation,
				 other.generation);
		adverts_were_heard_before(days[i]);
		world_run_ms(&world, 500);
		signature = recorded(0);
		hear_signed(150, &signature);
		assert_int_equal(core()->peer.advert_generation,
				 signature.generation);
	}
}

/* Two owners: the network parts, and its priority 0 of a month ago comes. */
static void test_R1_a_resignation_of_a_month_ago_is_no_proof(void **state)
{
	struct core_signature signature;

	(void)state;
	for (unsigned i = 0; i < MONTHS; i++) {
		start_pair();
		cut_serial(false);
		world_run_ms(&world, 2000);
		world_ethernets(&world, false);
		signature = recorded(days[i]);
		hear_signed(0, &signature);
		assert_int_equal(core()->instances[0].resigned_us, 0);
	}
}

/* No beat for a month: what they told is old, and its word is not. */
static void test_R1_resigned_after_a_month_without_beats(void **state)
{
	struct core_signature signature;

	(void)state;
	for (unsigned i = 0; i < MONTHS; i++) {
		start_pair();
		cut_serial(false);
		world_run_ms(&world, 2000);
		make_older(&core()->peer.heard_clock_ms, &core()->peer.heard_us,
			   days[i] * DAY_MS);
		signature = recorded(0);
		hear_signed(0, &signature);
		assert_int_not_equal(core()->instances[0].resigned_us, 0);
	}
}

/* Its crystal is not ours: after a month they are minutes apart. */
static void test_R1_resigned_by_a_clock_that_runs_faster(void **state)
{
	struct core_signature signature;

	(void)state;
	start_pair();
	cut_serial(false);
	world_run_ms(&world, 2000);
	make_older(&core()->peer.heard_clock_ms, &core()->peer.heard_us,
		   26 * DAY_MS);
	signature = recorded(0);
	signature.clock_ms += (uint32_t)(26 * DAY_MS / 10000);
	hear_signed(0, &signature);
	assert_int_not_equal(core()->instances[0].resigned_us, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_R2_a_month_without_carrier),
		cmocka_unit_test(test_R2_a_month_with_a_filter),
		cmocka_unit_test(test_R2_adverts_after_a_pause_without_beats),
		cmocka_unit_test(test_R7_what_was_recorded_a_month_ago_is_old),
		cmocka_unit_test(
			test_R7_what_was_recorded_before_a_filter_is_old),
		cmocka_unit_test(test_R7_a_life_is_back_after_a_month),
		cmocka_unit_test(
			test_R1_a_resignation_of_a_month_ago_is_no_proof),
		cmocka_unit_test(test_R1_resigned_after_a_month_without_beats),
		cmocka_unit_test(test_R1_resigned_by_a_clock_that_runs_faster),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
