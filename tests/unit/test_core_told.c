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

static void start_anew(void)
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

/* A world has no chance and no memory beside itself: its first minute is the
 * same each time, and is lived once. */
static void start(void)
{
	static struct world lived;
	static struct core_settings lived_next[2];

	if (!lived.now_us) {
		start_anew();
		lived = world;
		memcpy(lived_next, next, sizeof(next));
	}
	world = lived;
	memcpy(next, lived_next, sizeof(next));
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
	assert_unbroken();
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
	assert_unbroken();
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

/* The owner begins a new life, and its cable is cut before a beat tells of it:
 * its adverts do, though they do not count yet. */
static void test_R2_a_new_life_whose_cable_is_cut_is_not_shot(void **state)
{
	(void)state;
	for (int cut_ms = -400; cut_ms <= 400; cut_ms += 100)
		for (unsigned phase_ms = 0; phase_ms < 100; phase_ms += 60) {
			start();
			assert_true(world_reload(&world, 1, &next[1]));
			world_run_ms(&world, 5000 + phase_ms);
			if (cut_ms < 0) {
				world.serial[0] = world.serial[1] = false;
				world_run_ms(&world, -cut_ms);
			}
			assert_true(world_reload(&world, 0, &next[0]));
			world_run_ms(&world, cut_ms > 0 ? cut_ms : 0);
			world.serial[0] = world.serial[1] = false;
			world_run_ms(&world, 20000);
			assert_owner(0);
			assert_int_equal(world.nodes[0].offs, 0);
			assert_int_equal(world.nodes[1].offs, 0);
			/* and one that dies then is taken over from */
			world_power_off(&world, 0);
			world_run_ms(&world, 20000);
			assert_owner(1);
		}
}

static void add_new(unsigned n)
{
	struct core_instance_settings *instance = &next[n].instances[3];

	next[n] = world.nodes[n].settings;
	*instance = next[n].instances[0];
	snprintf(instance->name, sizeof(instance->name), "NEW");
	instance->vrid = 99;
	next[n].instance_count = 4;
	next[n].digest ^= 0x50005;
}

/* Somebody edits the file of the first node by hand, while none runs. */
static void begin_with_two_files(void)
{
	start();
	for (unsigned n = 0; n < 2; n++)
		world_stop(&world, n);
	world_run_ms(&world, 2000);
	add_new(0);
	world.nodes[0].settings = next[0];
	for (unsigned n = 0; n < 2; n++)
		world_boot(&world, n);
}

/* What only the owner's file has waits till the other one has it, too: that its
 * cable is cut meanwhile makes no reason to cut who is well. */
static void test_R15_who_lacks_an_instance_is_not_cut_for_it(void **state)
{
	(void)state;
	for (unsigned is_edited = 0; is_edited < 2; is_edited++)
		for (unsigned ms = 0; ms < 1000; ms += 130) {
			if (is_edited) {
				begin_with_two_files();
				world_run_ms(&world, 20000);
			} else {
				start();
				add_new(0);
				assert_true(world_reload(&world, 0, &next[0]));
			}
			world_run_ms(&world, ms);
			world.serial[0] = world.serial[1] = false;
			world_run_ms(&world, 60000);
			assert_owner(0);
			assert_false(core_of(0)->instances[3].own);
			assert_int_equal(world.nodes[0].offs, 0);
			assert_int_equal(world.nodes[1].offs, 0);
			if (!alert_says(
				    0, ALERT_WAITING,
				    "the file of lb02 has no such "
				    "instance: copy one file to both nodes"))
				fail_with_log("no alert");
		}
}

/* A machine that is switched off for repair, and the other one is given one
 * more instance, or one of its instances another name. */
static void test_R4_a_survivor_serves_what_a_reload_brings(void **state)
{
	(void)state;
	for (unsigned dead = 0; dead < 2; dead++)
		for (unsigned is_renamed = 0; is_renamed < 2; is_renamed++) {
			unsigned n = 1 - dead;

			start();
			world_power_off(&world, dead);
			world_run_ms(&world, 20000);
			assert_owner((int)n);
			add_new(n);
			if (is_renamed) {
				next[n].instance_count = 3;
				next[n].instances[2] = next[n].instances[3];
			}
			assert_true(world_reload(&world, n, &next[n]));
			world_run_ms(&world, 60000);
			assert_unbroken();
			for (unsigned i = 0; i < next[n].instance_count; i++)
				assert_true(core_of(n)->instances[i].own);
		}
}

/* Who dies before it has told what its file has may have served anything. */
static void test_R15_who_has_not_told_its_names_may_have_served(void **state)
{
	(void)state;
	for (unsigned ms = 0; ms < 3000; ms += 20) {
		begin_with_two_files();
		world_run_ms(&world, ms);
		world_power_off(&world, 1);
		world_run_ms(&world, 60000);
		assert_owner(0);
	}
}

/* It reads a file that has the instance, and dies. */
static void test_R15_who_reads_another_file_may_have_it_now(void **state)
{
	(void)state;
	for (unsigned ms = 0; ms < 3000; ms += 50) {
		start();
		core_of(1)->standby = true; /* it serves nothing */
		add_new(0);
		assert_true(world_reload(&world, 0, &next[0]));
		world_run_ms(&world, 4000);
		add_new(1);
		next[1].digest ^= 0x70007;
		assert_true(world_reload(&world, 1, &next[1]));
		world_run_ms(&world, 150 + ms);
		world_power_off(&world, 1);
		world_run_ms(&world, 60000);
		assert_owner(0);
		assert_true(core_of(0)->instances[3].own);
	}
}

/* What it served by another name may be ours: its death is no less a death. */
static void test_R15_who_served_by_another_name_is_taken_over_from(void **state)
{
	(void)state;
	start();
	world_stop(&world, 1);
	world_run_ms(&world, 2000);
	for (unsigned i = 0; i < 3; i++)
		snprintf(world.nodes[1].settings.instances[i].name,
			 CORE_NAME_MAX, "OTHER_%u", i + 1);
	world.nodes[1].settings.digest ^= 0x50005;
	world_boot(&world, 1);
	world_run_ms(&world, 20000);
	assert_owner(0);
	world_power_off(&world, 0);
	world_run_ms(&world, 20000);
	assert_owner(1);
}

/* A slower link goes on bringing frames of the old life: what the peer
 * acknowledges meanwhile it has not read. */
static void test_R15_frames_of_the_old_life_are_on_their_way(void **state)
{
	(void)state;
	for (unsigned slow_ms = 400; slow_ms < 1200; slow_ms += 700) {
		world_init(&world);
		for (unsigned n = 0; n < 2; n++) {
			struct core_settings *s = &world.nodes[n].settings;

			s->links[1].configured = true;
			snprintf(s->links[1].name, sizeof(s->links[1].name),
				 "direct");
			s->links[1].interval_us = 100000;
			s->links[1].dead_ms = 2000;
			while (s->instance_count < 150) {
				unsigned i = s->instance_count++;

				s->instances[i] = s->instances[0];
				snprintf(s->instances[i].name,
					 sizeof(s->instances[i].name), "VI_%u",
					 i + 1);
				s->instances[i].vrid = (uint8_t)(i + 60);
			}
		}
		world.udp_us = slow_ms * 1000;
		world_boot(&world, 0);
		world_boot(&world, 1);
		world_run_ms(&world, 40000);
		assert_owner(0);
		world.serial[0] = world.serial[1] = false;
		world_run_ms(&world, 3066);
		for (unsigned n = 0; n < 2; n++) {
			next[n] = world.nodes[n].settings;
			next[n].instances[150] = next[n].instances[0];
			snprintf(next[n].instances[150].name,
				 sizeof(next[n].instances[150].name), "NEW");
			next[n].instance_count = 151;
			next[n].digest ^= 0x30003;
			assert_true(world_reload_at(&world, n, &next[n],
						    PLACE_FRONT));
		}
		world.serial[0] = world.serial[1] = true;
		for (unsigned ms = 0; ms < 60000; ms++) {
			if (ms == 300)
				core_of(0)->standby = true;
			world_run_ms(&world, 1);
			for (unsigned n = 0; n < 2; n++)
				assert_true(!digest_is_told(core_of(n)) ||
					    peer_digest_is(core_of(1 - n),
							   next[n].digest));
		}
		assert_int_equal(world.nodes[0].offs, 0);
		assert_int_equal(world.nodes[1].offs, 0);
	}
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
		cmocka_unit_test(
			test_R2_a_new_life_whose_cable_is_cut_is_not_shot),
		cmocka_unit_test(
			test_R15_who_lacks_an_instance_is_not_cut_for_it),
		cmocka_unit_test(
			test_R4_a_survivor_serves_what_a_reload_brings),
		cmocka_unit_test(
			test_R15_who_has_not_told_its_names_may_have_served),
		cmocka_unit_test(
			test_R15_who_reads_another_file_may_have_it_now),
		cmocka_unit_test(
			test_R15_who_served_by_another_name_is_taken_over_from),
		cmocka_unit_test(
			test_R15_frames_of_the_old_life_are_on_their_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
