/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two nodes and a line between them, by virtual time: what a push says arrives
 * whole, in order and once, or nothing comes of it on either node.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../src/daemon/push.h"

#define FILE_MAX  20000
#define FRAMES	  64
#define STEP_US	  5000
#define HEARD_MAX 4000

static const uint8_t pair_key[BEAT_KEY_SIZE] =
	"0123456789abcdef0123456789abcde";

struct frame {
	uint8_t wire[BEAT_WIRE_MAX];
	size_t size;
	int64_t at_us; /* when it arrives */
};

/* One of the two, and what its edge would do. */
struct end {
	struct push push;
	uint8_t file[FILE_MAX];
	uint32_t size;
	unsigned news[32];   /* how often each was told */
	const char *refuses; /* a taker that will not have it */
	bool commits;	     /* a sender that goes on when the other is ready */
	bool stuck;	     /* a taker that never has prepared */
	struct frame on_way[FRAMES]; /* to this one */
	unsigned count;
};

static struct world {
	struct end ends[2];
	int64_t now_us;
	unsigned seed;
	/* per mille, of the frames */
	unsigned lost, doubled, late, torn;
	bool cut[2]; /* nothing arrives at that one */
	size_t room;
	uint32_t generations[2];
	struct frame recorded[HEARD_MAX];
	unsigned record_count;
	unsigned record_to[HEARD_MAX];
} world;

static bool happens(unsigned per_mille)
{
	return (unsigned)rand_r(&world.seed) % 1000 < per_mille;
}

static void begin_world(unsigned seed, uint32_t size)
{
	memset(&world, 0, sizeof(world));
	world.seed = seed;
	world.room = BEAT_WIRE_MAX;
	world.now_us = 1000000;
	world.generations[0] = 11;
	world.generations[1] = 22;
	for (unsigned i = 0; i < 2; i++)
		push_init(&world.ends[i].push, pair_key, i);
	world.ends[0].size = size;
	world.ends[0].commits = true;
	world.ends[1].commits = true;
	for (uint32_t i = 0; i < size; i++)
		world.ends[0].file[i] = (uint8_t)rand_r(&world.seed);
}

static void put_on_way(unsigned to, const uint8_t *wire, size_t size)
{
	struct end *end = &world.ends[to];
	struct frame *frame = &end->on_way[end->count];

	if (end->count == FRAMES || world.cut[to])
		return;
	memcpy(frame->wire, wire, size);
	frame->size = size;
	frame->at_us = world.now_us + STEP_US;
	if (happens(world.late))
		frame->at_us += 12 * STEP_US;
	if (happens(world.torn))
		frame->size = 1 + (unsigned)rand_r(&world.seed) % size;
	end->count++;
}

static void say(unsigned from)
{
	struct end *end = &world.ends[from];
	uint8_t wire[BEAT_WIRE_MAX];
	struct bulk bulk;
	size_t size;

	if (!push_next(&end->push, world.room, world.now_us, &bulk))
		return;
	if (bulk.kind == BULK_DATA)
		memcpy(bulk.bytes, end->file + bulk.number, bulk.size);
	size = bulk_encode(&bulk, &end->push.keys, wire);
	assert_true(size <= world.room);
	if (world.record_count < HEARD_MAX) {
		world.record_to[world.record_count] = 1 - from;
		memcpy(world.recorded[world.record_count].wire, wire, size);
		world.recorded[world.record_count++].size = size;
	}
	if (happens(world.lost))
		return;
	put_on_way(1 - from, wire, size);
	if (happens(world.doubled))
		put_on_way(1 - from, wire, size);
}

/* As push_edge.c would, with a disk and helpers that take no time. */
static void take_news(unsigned at, enum push_news news, const struct bulk *bulk)
{
	struct end *end = &world.ends[at];

	end->news[news]++;
	switch (news) {
	case PUSH_COMES:
		if (end->refuses)
			push_refuse(&end->push, end->refuses);
		break;
	case PUSH_HAS_BYTES:
	case PUSH_IS_WHOLE:
		assert_true(bulk->number + bulk->size <= FILE_MAX);
		memcpy(end->file + bulk->number, bulk->bytes, bulk->size);
		end->size = bulk->number + bulk->size;
		if (news == PUSH_IS_WHOLE && !end->stuck)
			push_ready(&end->push);
		break;
	case PUSH_COMMITS:
		push_done(&end->push);
		break;
	case PUSH_IS_READY:
		if (end->commits)
			push_commit(&end->push, world.now_us);
		break;
	case PUSH_IS_DONE:
		push_tell_taken(&end->push, world.now_us);
		break;
	case PUSH_IS_CROSSED:
		push_stop(&end->push, world.now_us);
		break;
	default:
		break;
	}
}

static void hear_frame(unsigned at, const uint8_t *wire, size_t size)
{
	struct bulk bulk;
	bool is_noise;
	uint64_t answer = (uint64_t)rand_r(&world.seed) << 32 |
			  (unsigned)rand_r(&world.seed);

	if (!bulk_is_one(wire, size))
		return;
	take_news(at,
		  push_heard(&world.ends[at].push, wire, size, answer,
			     world.generations, world.now_us, &bulk, &is_noise),
		  &bulk);
}

static void hear(unsigned at)
{
	struct end *end = &world.ends[at];

	for (unsigned i = 0; i < end->count;) {
		struct frame frame = end->on_way[i];

		if (frame.at_us > world.now_us) {
			i++;
			continue;
		}
		memmove(&end->on_way[i], &end->on_way[i + 1],
			(end->count - i - 1) * sizeof(frame));
		end->count--;
		hear_frame(at, frame.wire, frame.size - 1);
	}
}

static void pass(int64_t us)
{
	for (int64_t end_us = world.now_us + us; world.now_us < end_us;
	     world.now_us += STEP_US)
		for (unsigned i = 0; i < 2; i++) {
			enum push_news news;

			hear(i);
			news = push_passed(&world.ends[i].push, world.now_us);
			if (news != PUSH_NOTHING)
				take_news(i, news, NULL);
			say(i);
		}
}

static void offer(unsigned from)
{
	push_offer(&world.ends[from].push, 0x1111u + from,
		   world.ends[from].size, world.generations, world.now_us);
}

static unsigned told(unsigned at, enum push_news news)
{
	return world.ends[at].news[news];
}

static void assert_both_have_it(void)
{
	assert_int_equal(told(0, PUSH_IS_DONE), 1);
	assert_int_equal(told(1, PUSH_COMMITS), 1);
	assert_int_equal(world.ends[0].size, world.ends[1].size);
	assert_memory_equal(world.ends[0].file, world.ends[1].file,
			    world.ends[0].size);
}

static void assert_nobody_has_it(void)
{
	assert_int_equal(told(0, PUSH_IS_DONE), 0);
	assert_int_equal(told(1, PUSH_COMMITS), 0);
	assert_int_equal(told(1, PUSH_IS_TAKEN), 0);
}

static void test_a_file_arrives_whole(void **state)
{
	(void)state;
	for (uint32_t size = 1; size < 2000; size += 71) {
		begin_world(size, size);
		offer(0);
		pass(3000000);
		assert_both_have_it();
		assert_int_equal(told(1, PUSH_IS_TAKEN) > 0, 1);
	}
}

static void test_10_kB_take_a_second_of_frames_that_last_15_ms(void **state)
{
	(void)state;
	begin_world(1, 10240);
	offer(0);
	/* a frame each 5 ms here: a third of a line's 15 */
	pass(500000);
	assert_both_have_it();
}

static void test_a_little_room_is_enough(void **state)
{
	(void)state;
	begin_world(2, 3000);
	world.room = BULK_OVERHEAD + 16;
	offer(0);
	pass(3000000);
	assert_both_have_it();
}

static void test_lost_doubled_late_and_torn_frames(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 300; seed++) {
		begin_world(seed, 1 + seed * 37 % 6000);
		world.lost = seed % 4 * 70;
		world.doubled = seed % 3 * 150;
		world.late = seed % 5 * 60;
		world.torn = seed % 2 * 100;
		offer(0);
		pass(60000000);
		assert_both_have_it();
	}
}

/* Whenever the line dies: both have it, or neither; and one case of COMMIT. */
static void test_a_line_that_dies_in_any_moment(void **state)
{
	unsigned unsure = 0, silent = 0;

	(void)state;
	for (unsigned step = 0; step < 90; step++) {
		begin_world(step, 3000);
		offer(0);
		pass(step * STEP_US);
		world.cut[0] = world.cut[1] = true;
		pass(40000000);
		if (told(0, PUSH_IS_DONE)) {
			assert_both_have_it();
		} else if (told(0, PUSH_IS_UNSURE)) {
			unsure++;
			assert_true(told(1, PUSH_COMMITS) <= 1);
		} else {
			silent++;
			assert_int_equal(told(0, PUSH_IS_SILENT), 1);
			assert_nobody_has_it();
		}
		/* and whoever was ready for it has let it go */
		if (!told(1, PUSH_COMMITS) && told(1, PUSH_COMES))
			assert_int_equal(told(1, PUSH_IS_SILENT), 1);
	}
	assert_true(silent > 20 && unsure >= 1 && unsure < 10);
}

static void test_the_answer_to_COMMIT_is_lost_and_asked_for_again(void **state)
{
	(void)state;
	begin_world(5, 500);
	offer(0);
	while (!told(1, PUSH_COMMITS)) {
		world.cut[0] = world.ends[1].push.phase == PUSH_READY &&
			       world.ends[0].push.phase == PUSH_ORDERED;
		pass(STEP_US);
	}
	world.cut[0] = true;
	world.ends[0].count = 0;
	pass(4000000);
	assert_int_equal(told(0, PUSH_IS_DONE), 0);
	world.cut[0] = false;
	pass(4000000);
	assert_both_have_it();
}

static void test_what_the_taker_says_against_it_arrives(void **state)
{
	char text[PUSH_TEXT_MAX + 100];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (unsigned seed = 1; seed < 60; seed++) {
		begin_world(seed, 900);
		world.lost = seed % 3 * 100;
		world.ends[1].refuses = seed % 2 ? text : "maintenance is on";
		offer(0);
		pass(30000000);
		assert_int_equal(told(0, PUSH_IS_REFUSED), 1);
		assert_memory_equal(world.ends[0].push.text,
				    world.ends[1].refuses,
				    seed % 2 ? PUSH_TEXT_MAX - 1 : 18);
		assert_nobody_has_it();
	}
}

static void test_a_sender_that_gives_up_says_so(void **state)
{
	(void)state;
	begin_world(6, 3000);
	world.ends[1].stuck = true;
	offer(0);
	pass(1000000);
	assert_int_equal(world.ends[1].push.phase, PUSH_CHECKING);
	push_stop(&world.ends[0].push, world.now_us);
	pass(500000);
	assert_int_equal(told(1, PUSH_IS_STOPPED), 1);
	assert_int_equal(world.ends[0].push.phase, PUSH_IDLE);
	assert_nobody_has_it();
}

/* A check takes as long as it takes, while both are there. */
static void test_a_slow_check_is_waited_for(void **state)
{
	(void)state;
	begin_world(7, 300);
	world.ends[1].stuck = true;
	offer(0);
	pass(60000000);
	assert_int_equal(world.ends[1].push.phase, PUSH_CHECKING);
	push_ready(&world.ends[1].push);
	pass(1000000);
	assert_both_have_it();
}

static void test_what_was_recorded_opens_nothing(void **state)
{
	static struct frame old[HEARD_MAX];
	static unsigned to[HEARD_MAX];
	unsigned count;

	(void)state;
	begin_world(8, 2000);
	offer(0);
	pass(1000000);
	assert_both_have_it();
	count = world.record_count;
	memcpy(old, world.recorded, sizeof(old));
	memcpy(to, world.record_to, sizeof(to));
	/* in the same lives, after it was forgotten; then in new ones */
	for (unsigned round = 0; round < 2; round++) {
		world.generations[0] += round;
		pass(40000000);
		memset(world.ends[0].news, 0, sizeof(world.ends[0].news));
		memset(world.ends[1].news, 0, sizeof(world.ends[1].news));
		for (unsigned i = 0; i < count; i++) {
			hear_frame(to[i], old[i].wire, old[i].size - 1);
			pass(STEP_US);
		}
		for (unsigned i = 0; i < 2; i++)
			for (unsigned news = 1; news < 32; news++)
				assert_int_equal(told(i, news), 0);
	}
	/* nor does it hinder a real one */
	hear_frame(1, old[0].wire, old[0].size - 1);
	world.ends[0].push.session = 0;
	offer(0);
	pass(3000000);
	assert_both_have_it();
}

static void test_another_key_is_never_answered(void **state)
{
	static const uint8_t other[BEAT_KEY_SIZE] = {1};

	(void)state;
	begin_world(9, 2000);
	push_init(&world.ends[1].push, other, 1);
	offer(0);
	pass(20000000);
	assert_int_equal(told(0, PUSH_IS_SILENT), 1);
	assert_nobody_has_it();
	for (unsigned news = 1; news < 32; news++)
		assert_int_equal(told(1, news), 0);
}

static void test_a_taker_that_starts_anew_midway(void **state)
{
	(void)state;
	for (unsigned step = 5; step < 60; step += 5) {
		begin_world(step, 3000);
		offer(0);
		pass(step * STEP_US);
		if (told(1, PUSH_COMMITS))
			break;
		push_init(&world.ends[1].push, pair_key, 1);
		pass(30000000);
		assert_true(told(0, PUSH_IS_SILENT) + told(0, PUSH_IS_UNSURE) ==
			    1);
		assert_nobody_has_it();
	}
}

static void test_both_push_at_once_and_the_first_node_goes_on(void **state)
{
	(void)state;
	begin_world(10, 2000);
	world.ends[1].size = 10;
	offer(0);
	offer(1);
	pass(4000000);
	assert_int_equal(told(1, PUSH_IS_CROSSED), 1);
	assert_both_have_it();
}

static void test_another_version_is_told(void **state)
{
	uint8_t wire[BEAT_WIRE_MAX];
	struct bulk bulk = {.kind = BULK_ACCEPT, .sender = 1, .size = 8};

	(void)state;
	begin_world(11, 2000);
	world.cut[1] = true;
	offer(0);
	pass(100000);
	bulk.session = world.ends[0].push.session;
	bulk_encode_as(&bulk, BULK_VERSION + 1, &world.ends[0].push.keys, wire);
	hear_frame(0, wire, BULK_OVERHEAD + 8 - 1);
	assert_int_equal(told(0, PUSH_IS_OTHER), 1);
	/* and a node of this one answers an offer of another by its own */
	bulk.kind = BULK_OFFER;
	bulk.sender = 0;
	bulk_encode_as(&bulk, BULK_VERSION + 1, &world.ends[0].push.keys, wire);
	hear_frame(1, wire, BULK_OVERHEAD + 8 - 1);
	assert_true(push_is_eager(&world.ends[1].push));
	assert_int_equal(world.ends[1].push.phase, PUSH_IDLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_file_arrives_whole),
		cmocka_unit_test(
			test_10_kB_take_a_second_of_frames_that_last_15_ms),
		cmocka_unit_test(test_a_little_room_is_enough),
		cmocka_unit_test(test_lost_doubled_late_and_torn_frames),
		cmocka_unit_test(test_a_line_that_dies_in_any_moment),
		cmocka_unit_test(
			test_the_answer_to_COMMIT_is_lost_and_asked_for_again),
		cmocka_unit_test(test_what_the_taker_says_against_it_arrives),
		cmocka_unit_test(test_a_sender_that_gives_up_says_so),
		cmocka_unit_test(test_a_slow_check_is_waited_for),
		cmocka_unit_test(test_what_was_recorded_opens_nothing),
		cmocka_unit_test(test_another_key_is_never_answered),
		cmocka_unit_test(test_a_taker_that_starts_anew_midway),
		cmocka_unit_test(
			test_both_push_at_once_and_the_first_node_goes_on),
		cmocka_unit_test(test_another_version_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
