/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R17.7, R15: what two nodes know of one another when one of them, or both,
 * begin a new life by new settings, after they have spoken for long.
 */
#include "../../src/core/internal.h"
#include "../../src/core/reload.h"
#include "incident.h"

static struct core_settings next[2];

static struct core *core_of(unsigned n)
{
	return &world.nodes[n].core;
}

static void start(void)
{
	world_init(&world);
	for (unsigned n = 0; n < 2; n++) {
		struct core_settings *s = &world.nodes[n].settings;

		for (unsigned i = 1; i < 3; i++) {
			s->instances[i] = s->instances[0];
			snprintf(s->instances[i].name,
				 sizeof(s->instances[i].name), "VI_%u", i + 1);
			s->instances[i].vrid = (uint8_t)(60 + i);
		}
		s->instance_count = 3;
	}
	world_boot(&world, 0);
	world_boot(&world, 1);
	world_run_ms(&world, 60000);
	assert_owner(0);
	/* without the last one: a bit that goes is a new life (R15) */
	for (unsigned n = 0; n < 2; n++) {
		next[n] = world.nodes[n].settings;
		next[n].instance_count = 2;
		next[n].digest ^= 0x30003;
	}
}

static void assert_both_know(void)
{
	for (unsigned n = 0; n < 2; n++) {
		assert_int_equal(core_of(n)->peer.generation,
				 core_of(1 - n)->generation);
		assert_true(peer_statement_is_fresh(core_of(n)));
		assert_true(peer_digest_agrees(core_of(n)));
		assert_true(digest_is_told(core_of(n)));
	}
	if (world.broken)
		fail_with_log(world.broken);
}

static void test_R17_two_reloads_at_once_are_believed(void **state)
{
	(void)state;
	for (unsigned apart_ms = 0; apart_ms < 250; apart_ms += 7)
		for (unsigned first = 0; first < 2; first++) {
			uint32_t before = 0;

			start();
			before = core_of(first)->generation;
			world_run_ms(&world, apart_ms);
			assert_true(world_reload(&world, first, &next[first]));
			world_run_ms(&world, apart_ms);
			assert_true(world_reload(&world, 1 - first,
						 &next[1 - first]));
			world_run_ms(&world, 1500);
			assert_int_not_equal(core_of(first)->generation,
					     before);
			assert_both_know();
			assert_owner(0);
			/* and it says its last word, which counts (R12) */
			world_stop(&world, 0);
			world_run_ms(&world, 1000);
			assert_owner(1);
			assert_int_equal(world.nodes[1].offs, 0);
		}
}

static void test_R17_who_was_away_over_a_reload_is_believed(void **state)
{
	(void)state;
	start();
	world_stop(&world, 1);
	world_run_ms(&world, 2000);
	assert_true(world_reload(&world, 0, &next[0]));
	world.nodes[1].settings = next[1];
	world_run_ms(&world, 1000);
	world_boot(&world, 1);
	world_run_ms(&world, 3000);
	assert_both_know();
	assert_owner(0);
	assert_int_equal(world.nodes[0].offs, 0);
}

/* R4: an unfit owner does not let go, for it does not know yet which of its
 * instances we want. */
static void test_R15_who_does_not_know_our_digest_is_not_cut(void **state)
{
	(void)state;
	start();
	for (unsigned ms = 0; ms < 60000; ms++) {
		core_of(0)->peer.digest_seen = 0;
		places_forget(core_of(0));
		digest_told_forget(core_of(1));
		if (ms == 1000) /* as twinbeat standby makes it: unfit */
			core_of(0)->standby = true;
		world_run_ms(&world, 1);
	}
	if (world.broken)
		fail_with_log(world.broken);
	assert_int_equal(world.nodes[1].offs, 0);
	/* and then it has its time to let go */
	world_run_ms(&world, 5000);
	assert_owner(1);
	assert_int_equal(world.nodes[1].offs, 0);
}

/* The adverts fall silent, and the standby begins a new life: its frames are
 * counted anew, and what is acknowledged of them is younger than the silence.
 */
static void test_R4_a_silence_is_older_than_a_new_life(void **state)
{
	bool is_told = false;

	(void)state;
	start();
	world.ethernet[0] = world.ethernet[1] = false;
	while (!world.broken && core_of(1)->instances[0].silent_from_us == 0)
		world_run_ms(&world, 1);
	assert_true(world_reload(&world, 1, &next[1]));
	for (unsigned ms = 0; ms < 5000; ms++) {
		is_told = is_told || core_of(1)->is_disagreeing;
		world_run_ms(&world, 1);
	}
	assert_true(is_told);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_R17_two_reloads_at_once_are_believed),
		cmocka_unit_test(
			test_R17_who_was_away_over_a_reload_is_believed),
		cmocka_unit_test(
			test_R15_who_does_not_know_our_digest_is_not_cut),
		cmocka_unit_test(test_R4_a_silence_is_older_than_a_new_life),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
