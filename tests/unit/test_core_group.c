/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R21: what makes a member of a sync group unfit, and what it costs the others.
 * How a group moves is in tests/sim/cases/r21-*.
 */
#include "../../src/core/internal.h"
#include "../../src/core/reload.h"
#include "incident.h"

static struct core *const core = &world.nodes[0].core;

/* lb01 owns VI_1 and VI_2, which are one group; VI_2 has checks. */
static void start(void)
{
	world_init(&world);
	for (unsigned n = 0; n < 2; n++) {
		struct core_settings *settings = &world.nodes[n].settings;

		settings->instances[1] = settings->instances[0];
		snprintf(settings->instances[1].name,
			 sizeof(settings->instances[1].name), "VI_2");
		settings->instances[1].vrid = 56;
		settings->instances[1].has_checks = true;
		settings->instance_count = 2;
		for (unsigned i = 0; i < 2; i++)
			settings->instances[i].group = 1;
		world_boot(&world, n);
	}
	world_run_ms(&world, 10000);
	assert_owner(0);
	assert_true(owns_all(core));
}

/* To the core alone: what is done by hand here is not so in the world. */
static void tell_checks(enum core_checks is)
{
	static struct actions actions;
	struct event event = {.type = EVENT_CHECKS_TOLD};

	event.now_us = core->now_us + 1000;
	event.checks.instance = 1;
	event.checks.is = is;
	event.checks.text = "a witness is silent";
	core_step(core, &event, &actions);
}

static void disown(unsigned i)
{
	core->instances[i].own = core->instances[i].is_held = false;
	core->instances[i].state = INSTANCE_BACKUP;
}

static void test_R21_a_doubted_fellow_bars_only_who_stands_by(void **state)
{
	struct core_instance owned;

	(void)state;
	start();
	tell_checks(CORE_CHECKS_DOUBTED);
	assert_true(core->instances[0].fit && core->instances[1].fit);
	/* nobody owns VI_2 */
	disown(1);
	tell_checks(CORE_CHECKS_DOUBTED);
	assert_true(core->instances[0].fit);
	assert_false(core->instances[1].fit);
	assert_false(core->instances[0].ask);
	/* nor VI_1: it is barred by the doubt of its fellow */
	owned = core->instances[0];
	disown(0);
	tell_checks(CORE_CHECKS_DOUBTED);
	assert_false(core->instances[0].fit);
	assert_int_equal(core->instances[0].unfit_for, 2);
	core->instances[0] = owned;
	tell_checks(CORE_CHECKS_BAD);
	assert_false(core->instances[0].fit);
	assert_int_equal(core->instances[0].unfit_for, 2);
}

/* No cable, no peer: VI_2's adverts do not leave, VI_1 is served well. */
static void test_R21_a_lone_owner_keeps_what_a_mute_fellow_costs(void **state)
{
	struct event unsent = {.type = EVENT_SENDING_CHANGED};

	(void)state;
	start();
	world_power_off(&world, 1);
	world_run_ms(&world, 5000);
	unsent.sending.instance = 1;
	unsent.sending.text = "a rule";
	world_tell(&world, 0, &unsent);
	world_run_ms(&world, 3000);
	assert_true(core->instances[1].is_only_mute);
	assert_int_equal(core->instances[0].unfit_for, 2);
	assert_true(core->instances[0].own && core->instances[1].own);
}

static void test_R21_a_reload_without_the_group_frees_its_members(void **state)
{
	struct core_settings next;

	(void)state;
	start();
	world.nodes[0].checks = CORE_CHECKS_BAD;
	tell_checks(CORE_CHECKS_BAD);
	assert_int_equal(core->instances[0].unfit_for, 2);
	for (unsigned n = 0; n < 2; n++) {
		next = world.nodes[n].settings;
		next.instances[0].group = next.instances[1].group = 0;
		next.digest ^= 5;
		assert_true(world_reload(&world, n, &next));
	}
	world_run_ms(&world, 100);
	assert_false(core->has_groups);
	assert_int_equal(core->instances[0].unfit_for, 0);
	assert_true(core->instances[0].fit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_R21_a_doubted_fellow_bars_only_who_stands_by),
		cmocka_unit_test(
			test_R21_a_lone_owner_keeps_what_a_mute_fellow_costs),
		cmocka_unit_test(
			test_R21_a_reload_without_the_group_frees_its_members),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
