/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R15: a bit of a beat that says by which link its sender hears us stands for a
 * link by its place in the sender's file. Two links, "a" and "b", at places 1
 * and 2; lb02 speaks here with a beat of lb01 that is made by hand.
 */
#include "../../src/core/internal.h"
#include "../../src/core/reload.h"
#include "incident.h"

#define A 1
#define B 2

static struct core_settings next;
static struct core_map map;
static struct beat beat;

static struct core *core(void)
{
	return &world.nodes[1].core;
}

static void link_put(struct core_settings *settings, unsigned at,
		     const char *name)
{
	settings->links[at] = settings->links[0];
	settings->links[at].is_port = false;
	snprintf(settings->links[at].name, sizeof(settings->links[at].name),
		 "%s", name);
}

static void start(void)
{
	world_init(&world);
	for (unsigned n = 0; n < 2; n++) {
		struct core_settings *settings = &world.nodes[n].settings;

		settings->hurry_ms = 50;
		link_put(settings, A, "a");
		link_put(settings, B, "b");
		settings->links[0].configured = false;
	}
	world_boot(&world, 0);
	world_boot(&world, 1);
	world_run_ms(&world, 10000);
	assert_int_equal(core()->links[A].state, LINK_UP);
	assert_int_equal(core()->links[B].state, LINK_UP);
	next = world.nodes[1].settings;
	beat = core()->peer.statement;
}

static void take(struct core_settings *settings)
{
	settings->digest ^= 3;
	assert_null(core_map_make(core()->settings, settings, &map));
	core_leave(core(), &map);
	core_reload(core(), settings, &map, &world.actions);
}

/* "a" is gone from the file of lb02, and "b" has its place. */
static void take_without_a(void)
{
	next.links[A] = next.links[B];
	next.links[B].configured = false;
	take(&next);
	assert_int_equal(core()->links[A].state, LINK_UP);
}

/* lb01 is heard by a link of ours, and hears us by these. */
static void hear_once(unsigned link, uint8_t heard)
{
	struct event event = {.type = EVENT_BEAT_HEARD};

	beat.sequence++;
	beat.clock_ms += 100;
	beat.heard = heard;
	beat.ack_generation = core()->generation;
	beat.ack_sequence = core()->sequence;
	event.beat.link = link;
	event.beat.beat = beat;
	event.now_us = core()->now_us + 100000;
	core_step(core(), &event, &world.actions);
	event.type = EVENT_TICK;
	core_step(core(), &event, &world.actions);
}

static void hear(unsigned link, uint8_t heard)
{
	for (unsigned i = 0; i < 3; i++)
		hear_once(link, heard);
}

static void test_R15_a_link_that_moves_is_heard_by_its_old_place(void **state)
{
	(void)state;
	start();
	take_without_a();
	hear(A, 1U << B);
	assert_int_equal(core()->links[A].state, LINK_UP);
}

/* That it hears adverts, or others, is not that it hears us by a link. */
static void test_R15_half_is_half_while_the_files_differ(void **state)
{
	(void)state;
	start();
	take_without_a();
	hear(A, BEAT_HEARD_VRRP | BEAT_HEARD_GATEWAY | BEAT_HEARD_SERVERS);
	assert_int_equal(core()->links[A].state, LINK_HALF);
}

/* Where the files are equal, each link is heard for itself. */
static void test_R15_half_is_half_beside_a_whole_link(void **state)
{
	(void)state;
	start();
	hear(A, 1U << B);
	assert_int_equal(core()->links[A].state, LINK_HALF);
	hear(A, 1U << A);
	assert_int_equal(core()->links[A].state, LINK_UP);
}

/* A life that has not told its file yet may have another one. */
static void test_R15_a_new_life_may_have_other_places(void **state)
{
	(void)state;
	start();
	beat.generation ^= 0x5555;
	beat.sequence = 0;
	beat.slot_tag = SLOT_NONE;
	hear_once(A, 1U << B);
	assert_int_equal(core()->links[A].state, LINK_UP);
}

static void test_R15_a_link_that_moves_begins_a_new_life(void **state)
{
	uint32_t generation;

	(void)state;
	start();
	generation = core()->generation;
	take_without_a();
	assert_int_not_equal(core()->generation, generation);
	/* what is gone leaves the others where they are */
	start();
	generation = core()->generation;
	next.links[B].configured = false;
	take(&next);
	assert_int_equal(core()->generation, generation);
}

/* R18: by which link could it be asked? */
static void test_R15_no_hurry_while_the_files_differ(void **state)
{
	(void)state;
	for (unsigned differ = 0; differ < 2; differ++) {
		struct event event = {.type = EVENT_LINE_CHANGED};

		start();
		if (differ) {
			next.hurry_ms++;
			take(&next);
		}
		hear(A, 1U << A);
		hear(B, 1U << A | 1U << B);
		for (unsigned is = 2; is-- > 0;) {
			event.now_us = core()->now_us;
			event.line.link = A;
			event.line.is = is;
			event.type = EVENT_LINE_CHANGED;
			core_step(core(), &event, &world.actions);
			event.type = EVENT_TICK;
			event.now_us += 10000;
			core_step(core(), &event, &world.actions);
		}
		assert_int_equal(core()->hurry.from_us != 0, !differ);
	}
}

static void test_R15_who_hears_us_is_said_by_our_link(void **state)
{
	(void)state;
	start();
	hear(A, 1U << B);
	assert_false(peer_hears_by(core(), A));
	assert_true(peer_hears_by(core(), B));
	start();
	take_without_a();
	hear(A, 1U << B);
	assert_true(peer_hears_by(core(), A));
	assert_false(peer_hears_by(core(), B));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_R15_a_link_that_moves_is_heard_by_its_old_place),
		cmocka_unit_test(test_R15_half_is_half_while_the_files_differ),
		cmocka_unit_test(test_R15_half_is_half_beside_a_whole_link),
		cmocka_unit_test(test_R15_a_new_life_may_have_other_places),
		cmocka_unit_test(test_R15_a_link_that_moves_begins_a_new_life),
		cmocka_unit_test(test_R15_no_hurry_while_the_files_differ),
		cmocka_unit_test(test_R15_who_hears_us_is_said_by_our_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
