/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R1, R15: a pair whose files were edited by hand: an address that one node has
 * in VI_1 the other one has in VI_2. Nothing of the two is ever on both, and
 * what is the same on both moves as always.
 */
#include "../../src/core/internal.h"
#include "../../src/core/reload.h"
#include "incident.h"

#define COUNT 4

static const struct core *core_of(unsigned n)
{
	return &world.nodes[n].core;
}

/* lb01 is the higher one in VI_1 and VI_3, lb02 in VI_2 and VI_4. */
static void prepare(unsigned count)
{
	world_init(&world);
	for (unsigned n = 0; n < 2; n++) {
		struct core_settings *s = &world.nodes[n].settings;

		for (unsigned i = 0; i < count; i++) {
			struct core_instance_settings *instance =
				&s->instances[i];

			*instance = s->instances[0];
			snprintf(instance->name, sizeof(instance->name),
				 "VI_%u", i + 1);
			instance->vrid = (uint8_t)(51 + i);
			instance->priority[0] = i % 2 ? 100 : 150;
			instance->priority[1] = i % 2 ? 150 : 100;
			instance->preempt = true;
			instance->preempt_delay_ms = 0;
		}
		s->instance_count = count;
	}
	world_addresses_begin(&world);
}

static void hand_over(unsigned n)
{
	world_ask(&world, n, COMMAND_HANDOVER, n);
	world_run_ms(&world, 3000);
	assert_unbroken();
}

static void test_R1_an_address_of_another_name_is_never_on_both(void **state)
{
	(void)state;
	for (unsigned first = 0; first < 2; first++)
		for (unsigned late_ms = 0; late_ms < 12000; late_ms += 1500) {
			unsigned served = 0;

			prepare(COUNT);
			world_addresses_swap(&world, 1, 0, 1);
			world_boot(&world, first);
			world_run_ms(&world, late_ms);
			world_boot(&world, 1 - first);
			for (unsigned s = 0; s < 12; s++) {
				world_run_ms(&world, 5000);
				hand_over(s % 2);
			}
			assert_unbroken();
			/* what is the same on both is served, by one */
			for (unsigned i = 2; i < COUNT; i++)
				assert_true(world_owner(&world, i) >= 0);
			for (unsigned i = 0; i < 2; i++)
				served += world_owner(&world, i) >= 0;
			assert_true(served > 0);
			assert_int_equal(world.nodes[0].offs, 0);
			assert_int_equal(world.nodes[1].offs, 0);
		}
}

/* Each node is fit for one of the two that are swapped. */
static void test_R1_what_may_be_there_by_another_name_is_told(void **state)
{
	(void)state;
	prepare(2);
	for (unsigned n = 0; n < 2; n++) {
		struct core_settings *s = &world.nodes[n].settings;

		s->instances[1 - n].track_count = 1;
		s->instances[1 - n].track[0] = 1;
	}
	world_addresses_swap(&world, 1, 0, 1);
	world_boot(&world, 0);
	world_boot(&world, 1);
	for (unsigned n = 0; n < 2; n++)
		world_tracked(&world, n, false);
	world_run_ms(&world, 60000);
	assert_unbroken();
	/* each would serve the very address of the other one */
	assert_int_equal(world_owner(&world, 0) < 0,
			 world_owner(&world, 1) >= 0);
	if (!alert_says(world_owner(&world, 0) < 0 ? 0 : 1, ALERT_WAITING,
			"may have its addresses: copy one file to both"))
		fail_with_log("no alert");
}

/* Its adverts end with priority 0, and the cable is cut: the other instance may
 * go on there, with our address. */
static void test_R1_resigned_says_nothing_of_another_name(void **state)
{
	struct core *core = &world.nodes[1].core;
	struct permit permit;

	(void)state;
	prepare(2);
	world.nodes[0].settings.instances[1].addresses = 77;
	world.nodes[0].settings.digest ^= 1;
	for (unsigned n = 0; n < 2; n++)
		world.nodes[n].settings.instances[1].priority[1] = 50;
	world_boot(&world, 0);
	world_boot(&world, 1);
	world_run_ms(&world, 60000);
	assert_unbroken();
	assert_false(core->instances[0].own || core->instances[1].own);
	assert_true(peer_addresses_agree(core, 0));
	assert_false(peer_addresses_agree(core, 1));
	world.serial[0] = world.serial[1] = false;
	world_run_ms(&world, 3000);
	assert_unbroken();
	assert_int_not_equal(two_way_state(core), LINK_UP);
	core->drained = true;
	for (unsigned i = 0; i < 2; i++) {
		core->instances[i].resigned_us = core->now_us - 10000000;
		assert_int_equal(permit_find(core, i, &permit), i == 0);
	}
	assert_true(permit_find(core, 0, &permit));
	assert_int_equal(permit.proof, PROOF_RESIGNED);
}

/* What the other one owns, or wants, by another name may be ours: neither a
 * proof nor, by half a link, served by nobody. */
static void test_R1_the_words_of_the_other_names(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 2; n++) {
		struct core *core = &world.nodes[n].core;
		struct core_peer *peer = &core->peer;
		struct instance_set none = {{0}}, first = set_of(0),
				    second = set_of(1);
		struct permit permit;

		prepare(3);
		world_addresses_swap(&world, 1, 0, 1);
		world_boot(&world, 0);
		world_boot(&world, 1);
		world_run_ms(&world, 60000);
		assert_unbroken();
		for (unsigned i = 0; i < 3; i++)
			core->instances[i].own = false;
		core->instances[1].want = true;
		core->instances[1].want_sequence = 1;
		peer->statement_us = core->now_us;
		peer->statement.own = peer->statement.want = none;
		peer->own_there = peer->want_there = none;
		assert_true(permit_find(core, 1, &permit));
		assert_int_equal(permit.proof, PROOF_RELEASED);
		peer->own_there = first;
		assert_false(permit_find(core, 1, &permit));
		/* the same there and here */
		peer->own_there = set_of(2);
		assert_true(permit_find(core, 1, &permit));
		/* a place beyond ours */
		peer->own_there = set_of(7);
		assert_false(permit_find(core, 1, &permit));
		/* its own place: that is statement.own */
		peer->own_there = second;
		assert_true(permit_find(core, 1, &permit));
		/* the first of nodes goes first */
		peer->own_there = none;
		peer->want_there = first;
		assert_int_equal(permit_find(core, 1, &permit), n == 0);
		peer->want_there = set_of(2);
		assert_true(permit_find(core, 1, &permit));
		/* R4 */
		core->links[0].state = LINK_HALF;
		core->instances[1].vrrp.alive_until_us = 0;
		assert_true(half_is_unserved(core, 1));
		peer->own_there = first;
		assert_false(half_is_unserved(core, 1));
	}
}

/* An unfit owner that lets go of it for a node which may not claim it, for what
 * is served there besides. */
static void test_R17_what_may_be_there_is_not_wanted(void **state)
{
	(void)state;
	prepare(2);
	for (unsigned n = 0; n < 2; n++) {
		struct core_settings *s = &world.nodes[n].settings;

		s->instances[1].priority[1] = 50;
		s->instances[1].track_count = 1;
		s->instances[1].track[0] = s->interface_count++;
		snprintf(s->interfaces[s->instances[1].track[0]],
			 sizeof(s->interfaces[0]), "eth9");
	}
	world_addresses_swap(&world, 1, 0, 1);
	world_boot(&world, 0);
	world_boot(&world, 1);
	world_run_ms(&world, 30000);
	assert_true(core_of(0)->instances[0].own &&
		    core_of(0)->instances[1].own);
	world_tracked(&world, 0, false);
	world_run_ms(&world, 30000);
	assert_unbroken();
	assert_false(core_of(0)->instances[1].fit);
	assert_false(core_of(1)->instances[1].want);
	/* nobody can take it: it stays where it is */
	assert_true(core_of(0)->instances[1].own);
}

static struct core_settings next;

/* lb01 reloads: its first instance has another address. */
static void addresses_change(uint32_t digest)
{
	next = world.nodes[0].settings;
	next.instances[0].addresses++;
	next.digest = digest;
	assert_true(world_reload(&world, 0, &next));
}

/* The first frame after it says that the file is another one; what was told of
 * the old one is over, and nothing waits, nor begins a new life. */
static void test_R15_other_addresses_are_heard_of_at_once(void **state)
{
	const struct core *here = core_of(0), *there = core_of(1);

	(void)state;
	for (unsigned round = 0; round < 64; round++) {
		uint32_t generation, news;

		prepare(2);
		world_boot(&world, 0);
		world_boot(&world, 1);
		world_run_ms(&world, 20000 + 37 * round);
		generation = here->generation;
		assert_true(peer_digest_agrees(there));
		/* R7: that is a slow fact as well, in every other frame */
		world.nodes[0].core.instances[0].source = 0x0a000001;
		world.nodes[0].core.links[0].source_turn = round;
		addresses_change(here->settings->digest ^ 0x70007);
		news = here->news_sequence;
		assert_int_not_equal(news, 0);
		while (there->peer.sequence < news) {
			assert_true(peer_addresses_agree(there, 0));
			world_run_ms(&world, 1);
		}
		assert_false(peer_addresses_agree(there, 0));
		assert_false(peer_addresses_agree(there, 1));
		world_run_ms(&world, 10000);
		assert_int_equal(here->news_sequence, 0);
		assert_int_equal(here->generation, generation);
		assert_false(peer_addresses_agree(there, 0));
		assert_true(peer_addresses_agree(there, 1));
		assert_false(peer_addresses_agree(here, 0));
		assert_true(peer_addresses_agree(here, 1));
		assert_unbroken();
	}
}

/* A digest of which one half is as before, another reload before the other node
 * has heard of the first, a cable that is cut: it is another life. */
static void
test_R15_addresses_that_cannot_be_told_of_are_of_a_new_life(void **state)
{
	const struct core *here = core_of(0);

	(void)state;
	for (unsigned round = 0; round < 4; round++) {
		uint32_t generation;

		prepare(2);
		world_boot(&world, 0);
		world_boot(&world, 1);
		world_run_ms(&world, 20000);
		generation = here->generation;
		if (round < 2) {
			addresses_change(here->settings->digest ^
					 (round ? 0x70000 : 7));
			assert_int_not_equal(here->generation, generation);
		} else if (round == 2) {
			addresses_change(here->settings->digest ^ 0x70007);
			assert_int_equal(here->generation, generation);
			addresses_change(here->settings->digest ^ 0x70007);
			assert_int_not_equal(here->generation, generation);
		} else {
			addresses_change(here->settings->digest ^ 0x70007);
			world.serial[0] = false;
			world_run_ms(&world, 200);
			assert_int_equal(here->generation, generation);
			world_run_ms(&world, 3000);
			assert_int_not_equal(here->generation, generation);
		}
		assert_int_equal(here->news_sequence, 0);
		assert_unbroken();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_R1_an_address_of_another_name_is_never_on_both),
		cmocka_unit_test(
			test_R1_what_may_be_there_by_another_name_is_told),
		cmocka_unit_test(test_R1_resigned_says_nothing_of_another_name),
		cmocka_unit_test(test_R1_the_words_of_the_other_names),
		cmocka_unit_test(test_R17_what_may_be_there_is_not_wanted),
		cmocka_unit_test(test_R15_other_addresses_are_heard_of_at_once),
		cmocka_unit_test(
			test_R15_addresses_that_cannot_be_told_of_are_of_a_new_life),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
