/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R11, the peer's clock in its beats: what is a pause of ours, and what only
 * looks like one; numbers of beats that could not be written. One core, the
 * other node is scripted: it says what its clock shows and when that arrives.
 */
#include "incident.h"

#include "../../src/core/internal.h"

#define SEC INT64_C(1000000)

static struct core *core;
static uint32_t said;

static void tell(struct event *event, int64_t now_us)
{
	/* ticks on the way, as the daemon would: nobody is late by itself */
	while (core_deadline(core) && core_deadline(core) < now_us) {
		struct event tick = {.type = EVENT_TICK,
				     .now_us = core_deadline(core)};

		core_step(core, &tick, &world.actions);
	}
	event->now_us = now_us;
	core_step(core, event, &world.actions);
}

/* A beat of the peer whose clock shows clock_us comes at now_us. */
static void hear(int64_t now_us, int64_t clock_us, uint32_t acknowledged)
{
	struct event event = {.type = EVENT_BEAT_HEARD};
	struct beat *beat = &event.beat.beat;

	beat->sender = 1;
	beat->generation = 0x77;
	beat->sequence = ++said;
	beat->clock_ms = (uint32_t)(clock_us / 1000);
	beat->ack_generation = core->generation;
	beat->ack_sequence = acknowledged;
	beat->fit = set_of(0);
	beat->heard = 1;
	tell(&event, now_us);
}

/*
 * The peer is known and heard for four seconds; its clock is ahead_us ahead,
 * and each beat is on its way for late tenths of a second.
 */
static int64_t begin_late(int64_t ahead_us, int late)
{
	uint32_t sequences[40];
	struct event event = {.type = EVENT_CARRIER_CHANGED};
	int64_t now_us = 5 * SEC;

	world_init(&world);
	said = 0;
	core = &world.nodes[0].core;
	core_init(core, &world.nodes[0].settings, &world.nodes[0].disk, 0x1001,
		  now_us);
	event.carrier.is = true;
	tell(&event, now_us);
	event = (struct event){.type = EVENT_KEEPER_READY};
	tell(&event, now_us);
	event = (struct event){.type = EVENT_LINK_OPENED};
	tell(&event, now_us);
	for (int i = 0; i < 40; i++) {
		now_us += SEC / 10;
		sequences[i] = core->sequence;
		if (i >= late)
			hear(now_us, now_us + ahead_us - late * SEC / 10,
			     sequences[i - late]);
	}
	assert_int_equal(core->peer.generation, 0x77);
	assert_int_equal(core->generation, 0x1001);
	return now_us;
}

static int64_t begin(int64_t ahead_us)
{
	return begin_late(ahead_us, 0);
}

#define assert_was_away() assert_int_not_equal(core->generation, 0x1001)
#define assert_goes_on()  assert_int_equal(core->generation, 0x1001)

static void test_R11_the_peers_clock_ran_on_while_ours_stood(void **state)
{
	int64_t now_us = begin(777 * SEC);

	(void)state;
	/* a tenth of a second here, half a second and more there */
	hear(now_us + SEC / 10, now_us + 777 * SEC + 6 * SEC / 10,
	     core->sequence);
	assert_was_away();
	assert_true(alert_is_raised(core, ALERT_STALLED));
}

/* The largest dead time is 400 ms: less is no pause. */
static void test_R11_a_short_pause_is_none(void **state)
{
	int64_t now_us = begin(777 * SEC);

	(void)state;
	hear(now_us + SEC / 10, now_us + 777 * SEC + 4 * SEC / 10,
	     core->sequence);
	assert_goes_on();
}

/* A frozen tty keeps the oldest beats: none of them is far from the last. */
static void test_R11_a_burst_out_of_a_buffer_adds_up(void **state)
{
	int64_t now_us = begin(0);
	uint32_t sequence = core->sequence;

	(void)state;
	for (int i = 1; i <= 12; i++)
		hear(now_us + 1000 + i, now_us + i * SEC / 10, sequence);
	assert_was_away();
}

/* A suspended machine's CLOCK_BOOTTIME leaps, by as much as ours ran. */
static void test_R11_a_suspended_peer_is_no_pause_of_ours(void **state)
{
	int64_t now_us = begin(3 * SEC);

	(void)state;
	for (int i = 0; i < 30; i++)
		hear(now_us + 10 * SEC + i * SEC / 10,
		     now_us + 13 * SEC + i * SEC / 10, core->sequence);
	assert_goes_on();
}

/* A hypervisor stops it: its clock falls behind ours, for good. */
static void test_R11_a_peer_whose_clock_stood_is_no_pause_of_ours(void **state)
{
	int64_t now_us = begin(3 * SEC);

	(void)state;
	for (int i = 0; i < 300; i++)
		hear(now_us + 10 * SEC + i * SEC / 10,
		     now_us + 3 * SEC + i * SEC / 10, core->sequence);
	assert_goes_on();
	assert_true(link_is_alive(core, 0));
}

/* A terminal server held every beat for 2 s, and does so no more. */
static void test_R11_beats_that_were_late_and_are_no_more(void **state)
{
	int64_t now_us = begin_late(0, 20);

	(void)state;
	/* what they acknowledged says that our clock ran */
	for (int i = 1; i < 300; i++)
		hear(now_us + i * SEC / 10, now_us + i * SEC / 10,
		     core->sequence);
	assert_goes_on();
	assert_true(link_is_alive(core, 0));
}

static void test_R11_the_clock_in_a_beat_wraps(void **state)
{
	int64_t wrap_us = (INT64_C(1) << 32) * 1000;
	/* 5 s are on our clock, four more pass: 1 s short of the wrap */
	int64_t ahead_us = wrap_us - 10 * SEC, now_us = begin(ahead_us);

	(void)state;
	for (int i = 1; i <= 30; i++)
		hear(now_us + i * SEC / 10, now_us + ahead_us + i * SEC / 10,
		     core->sequence);
	assert_goes_on();
	now_us += 3 * SEC;
	hear(now_us + SEC / 10, now_us + ahead_us + SEC, core->sequence);
	assert_was_away();
}

/* Two crystals are seconds apart after a day without the cable. */
static void test_R11_clocks_drift_while_nothing_is_heard(void **state)
{
	int64_t now_us = begin(0), day_us = 86400 * SEC;

	(void)state;
	hear(now_us + day_us, now_us + day_us + day_us / 5000, core->sequence);
	hear(now_us + day_us + SEC / 10,
	     now_us + day_us + day_us / 5000 + SEC / 10, core->sequence);
	assert_goes_on();
}

/* ... and a night's pause is seen all the same. */
static void test_R11_a_pause_of_a_night(void **state)
{
	int64_t now_us = begin(0);

	(void)state;
	hear(now_us + SEC / 10, now_us + 8 * 3600 * SEC, core->sequence);
	assert_was_away();
}

/* One old beat that came late after long silence is no slower clock. */
static void test_R11_one_late_beat_after_long_silence(void **state)
{
	int64_t now_us = begin(0);
	uint32_t sequence = core->sequence;

	(void)state;
	hear(now_us + 60 * SEC, now_us + 58 * SEC, sequence);
	for (int i = 0; i < 300; i++)
		hear(now_us + 90 * SEC + i * SEC / 10,
		     now_us + 90 * SEC + i * SEC / 10, core->sequence);
	assert_goes_on();
}

/* Each of its lost beats comes later, seconds apart, when it hears us no more.
 */
static void test_R11_lost_beats_that_come_one_by_one(void **state)
{
	int64_t now_us = begin(0) + 60 * SEC;

	(void)state;
	/* another life of it; what it acknowledges is older than we know */
	core->peer.generation = 0;
	hear(now_us, now_us - 6 * SEC, core->peer.own_sequence_then + 1);
	assert_int_equal(core->peer.generation, 0x77);
	hear(now_us + 6 * SEC, now_us + 5 * SEC, core->sequence - 200);
	hear(now_us + 12 * SEC, now_us + 12 * SEC, core->sequence - 200);
	assert_goes_on();
}

/* It hears us no more, a minute long; our own pause is seen all the same. */
static void test_R11_a_pause_beside_a_half_link(void **state)
{
	int64_t now_us = begin(0);
	uint32_t sequence = core->sequence;

	(void)state;
	for (int i = 1; i <= 600; i++)
		hear(now_us + i * SEC / 10, now_us + i * SEC / 10, sequence);
	assert_goes_on();
	now_us += 60 * SEC;
	hear(now_us + SEC / 10, now_us + SEC, sequence);
	assert_was_away();
}

/* ... and after three hours of it crystals that differ are none. */
static void test_R11_a_half_link_for_hours(void **state)
{
	int64_t now_us = begin(0), step_us = 600 * SEC, clock_us = now_us;
	uint32_t sequence = core->sequence;

	(void)state;
	for (int i = 1; i <= 6 * 3; i++) {
		clock_us += step_us + step_us / 5000;
		hear(now_us + i * step_us, clock_us, sequence);
	}
	assert_goes_on();
}

/* An hour of a half link that holds each beat up for a second, and then none.
 */
static void test_R11_late_beats_of_a_half_link_that_are_so_no_more(void **state)
{
	int64_t now_us = begin(0), hour_us = 3600 * SEC;
	uint32_t sequence = core->sequence;

	(void)state;
	for (int64_t us = SEC; us <= hour_us; us += SEC)
		hear(now_us + us, now_us + us + us / 5000 - SEC, sequence);
	hear(now_us + hour_us + SEC / 10,
	     now_us + hour_us + hour_us / 5000 + SEC / 10, sequence);
	assert_goes_on();
}

/* A hypervisor stopped the other machine, and later ours. */
static void test_R11_a_pause_after_the_peers_own(void **state)
{
	int64_t now_us = begin(30 * SEC);

	(void)state;
	for (int i = 1; i <= 20; i++)
		hear(now_us + i * SEC / 10, now_us + i * SEC / 10,
		     core->sequence);
	assert_goes_on();
	now_us += 2 * SEC;
	hear(now_us + SEC / 10, now_us + 2 * SEC, core->sequence);
	assert_was_away();
}

/* ---- numbers ---- */

/* The number of the next beat that the core orders, at the earliest at. */
static uint32_t next_beat(int64_t *now_us)
{
	for (int i = 0; i < 1000; i++) {
		struct event tick = {.type = EVENT_TICK};

		if (core_deadline(core) > *now_us)
			*now_us = core_deadline(core);
		tick.now_us = *now_us;
		core_step(core, &tick, &world.actions);
		for (unsigned k = 0; k < world.actions.count; k++)
			if (world.actions.list[k].type == ACTION_SEND_BEAT)
				return world.actions.list[k]
					.send.beat->sequence;
	}
	fail();
	return 0;
}

static void drop(int64_t now_us, uint32_t sequence)
{
	struct event event = {.type = EVENT_BEAT_DROPPED, .now_us = now_us};

	event.link.generation = core->generation;
	event.link.sequence = sequence;
	core_step(core, &event, &world.actions);
}

static void test_R11_a_beat_that_was_not_written_takes_no_number(void **state)
{
	int64_t now_us = begin(0), from_us;
	uint32_t first = next_beat(&now_us);

	(void)state;
	from_us = now_us;
	for (int i = 0; i < 20; i++) {
		drop(now_us, first);
		assert_int_equal(next_beat(&now_us), first);
	}
	/* tried again soon, and not in a storm: 20 tries in 200 ms or more */
	assert_true(now_us - from_us > 200 * 1000);
	assert_int_equal(next_beat(&now_us), first + 1);
}

/* A delimiter may complete what is on the line: that number has been heard. */
static void test_R11_a_beat_that_was_cut_keeps_its_number(void **state)
{
	int64_t now_us = begin(0);
	uint32_t first = next_beat(&now_us);

	(void)state;
	drop(now_us, 0);
	assert_int_equal(next_beat(&now_us), first + 1);
}

/* The other link has taken the number that follows: it stays. */
static void test_R11_a_number_before_the_newest_is_not_taken_back(void **state)
{
	int64_t now_us = begin(0);
	uint32_t first = next_beat(&now_us);

	(void)state;
	assert_int_equal(next_beat(&now_us), first + 1);
	drop(now_us, first);
	assert_int_equal(next_beat(&now_us), first + 2);
}

/* An event of an older life takes nothing of the present one. */
static void test_R11_a_dropped_beat_of_an_older_generation(void **state)
{
	int64_t now_us = begin(0);
	struct event event = {.type = EVENT_BEAT_DROPPED};
	uint32_t first = next_beat(&now_us);

	(void)state;
	event.now_us = now_us;
	event.link.generation = core->generation + 1;
	event.link.sequence = first;
	core_step(core, &event, &world.actions);
	assert_int_equal(next_beat(&now_us), first + 1);
}

/* Urgent or not: one frame is on the line at a time. */
static void test_R11_a_slow_line_takes_one_beat_at_a_time(void **state)
{
	int64_t now_us, before_us;
	struct event tick = {.type = EVENT_TICK};

	(void)state;
	now_us = begin(0);
	world.nodes[0].settings.links[0].frame_us = 83000;
	next_beat(&now_us);
	for (int i = 0; i < 10; i++) {
		before_us = now_us;
		core->urgent_beat = true;
		tick.now_us = now_us + 1000;
		core_step(core, &tick, &world.actions);
		assert_int_equal(world.actions.count, 0);
		next_beat(&now_us);
		assert_in_range(now_us - before_us, 83000, 84000);
	}
}

/* ---- what a bit stands for (R15) ---- */

/*
 * lb02's file has one more instance, before the others: bit 1 of its statement
 * is lb01's bit 0. What lb01 says of its second one is no word about VI_1.
 */
static void test_R15_a_word_about_another_instance_is_no_release(void **state)
{
	struct core_settings *first, *second;

	(void)state;
	world_init(&world);
	first = &world.nodes[0].settings;
	second = &world.nodes[1].settings;
	for (unsigned n = 0; n < 2; n++) {
		struct core_settings *s = &world.nodes[n].settings;

		s->instance_count = 2;
		s->instances[1] = s->instances[0];
		s->instances[1].priority[0] = 100;
		s->instances[1].priority[1] = 150;
	}
	snprintf(first->instances[1].name, CORE_NAME_MAX, "VI_2");
	snprintf(second->instances[0].name, CORE_NAME_MAX, "VI_0");
	snprintf(second->instances[1].name, CORE_NAME_MAX, "VI_1");
	second->digest ^= 1;
	world_boot(&world, 0);
	world_boot(&world, 1);
	for (int i = 0; i < 300; i++) {
		world_run_ms(&world, 100);
		assert_false(world.broken);
		assert_false(world.nodes[0].core.instances[0].own &&
			     world.nodes[1].core.instances[1].own);
	}
	/* equal files: as ever */
	snprintf(second->instances[0].name, CORE_NAME_MAX, "VI_1");
	snprintf(second->instances[1].name, CORE_NAME_MAX, "VI_2");
	world_run_ms(&world, 10000);
	assert_true(world_owner(&world, 0) >= 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_R11_the_peers_clock_ran_on_while_ours_stood),
		cmocka_unit_test(test_R11_a_short_pause_is_none),
		cmocka_unit_test(test_R11_a_burst_out_of_a_buffer_adds_up),
		cmocka_unit_test(test_R11_a_suspended_peer_is_no_pause_of_ours),
		cmocka_unit_test(
			test_R11_a_peer_whose_clock_stood_is_no_pause_of_ours),
		cmocka_unit_test(test_R11_beats_that_were_late_and_are_no_more),
		cmocka_unit_test(test_R11_the_clock_in_a_beat_wraps),
		cmocka_unit_test(test_R11_clocks_drift_while_nothing_is_heard),
		cmocka_unit_test(test_R11_a_pause_of_a_night),
		cmocka_unit_test(test_R11_one_late_beat_after_long_silence),
		cmocka_unit_test(test_R11_lost_beats_that_come_one_by_one),
		cmocka_unit_test(test_R11_a_pause_beside_a_half_link),
		cmocka_unit_test(test_R11_a_half_link_for_hours),
		cmocka_unit_test(
			test_R11_late_beats_of_a_half_link_that_are_so_no_more),
		cmocka_unit_test(test_R11_a_pause_after_the_peers_own),
		cmocka_unit_test(
			test_R11_a_beat_that_was_not_written_takes_no_number),
		cmocka_unit_test(test_R11_a_beat_that_was_cut_keeps_its_number),
		cmocka_unit_test(
			test_R11_a_number_before_the_newest_is_not_taken_back),
		cmocka_unit_test(
			test_R11_a_dropped_beat_of_an_older_generation),
		cmocka_unit_test(test_R11_a_slow_line_takes_one_beat_at_a_time),
		cmocka_unit_test(
			test_R15_a_word_about_another_instance_is_no_release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
