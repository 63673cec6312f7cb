/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The beat frame: size, round trip, and that nothing but what the pair's key
 * signed is ever read; the byte stream: frames are found again after noise.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../src/wire/auth.h"
#include "../../src/wire/beat.h"
#include "../../src/wire/cobs.h"

static const uint8_t test_key[BEAT_KEY_SIZE] =
	"0123456789abcdef0123456789abcdef";

static uint64_t test_random64(unsigned *seed)
{
	uint64_t value = 0;

	for (int i = 0; i < 5; i++)
		value = value << 15 ^ (uint64_t)rand_r(seed);
	return value;
}

static struct instance_set test_random_set(unsigned instances, unsigned *seed)
{
	struct instance_set all = set_first(instances), set;

	for (unsigned w = 0; w < INSTANCE_SET_WORDS; w++)
		set.words[w] = test_random64(seed);
	return set_and(&set, &all);
}

static struct beat test_random_beat(unsigned instances, unsigned *seed)
{
	struct beat beat = {
		.type = rand_r(seed) % 2,
		.sender = rand_r(seed) % 2,
		.generation = (uint32_t)test_random64(seed),
		.sequence = (uint32_t)test_random64(seed),
		.ack_generation = (uint32_t)test_random64(seed),
		.ack_sequence = (uint32_t)test_random64(seed),
		.clock_ms = (uint32_t)test_random64(seed),
		.own = test_random_set(instances, seed),
		.want = test_random_set(instances, seed),
		.ask = test_random_set(instances, seed),
		.fit = test_random_set(instances, seed),
		.flags = (uint8_t)rand_r(seed),
		.heard = (uint8_t)rand_r(seed),
		.slot_tag =
			(uint16_t)((rand_r(seed) % 5) << 8 |
				   rand_r(seed) % (instances > 64 ? 256 : 64)),
		.slot_value = (uint16_t)rand_r(seed),
	};

	return beat;
}

static void test_same_beat(const struct beat *a, const struct beat *b)
{
	assert_int_equal(a->type, b->type);
	assert_int_equal(a->sender, b->sender);
	assert_int_equal(a->generation, b->generation);
	assert_int_equal(a->sequence, b->sequence);
	assert_int_equal(a->ack_generation, b->ack_generation);
	assert_int_equal(a->ack_sequence, b->ack_sequence);
	assert_int_equal(a->clock_ms, b->clock_ms);
	assert_true(set_equals(&a->own, &b->own));
	assert_true(set_equals(&a->want, &b->want));
	assert_true(set_equals(&a->ask, &b->ask));
	assert_true(set_equals(&a->fit, &b->fit));
	assert_int_equal(a->flags, b->flags);
	assert_int_equal(a->heard, b->heard);
	assert_int_equal(a->slot_tag, b->slot_tag);
	assert_int_equal(a->slot_value, b->slot_value);
}

/* RFC 4231 test case 2, and FIPS 180's "abc". */
static void test_hmac_and_digest_known_answers(void **state)
{
	static const uint8_t expect[] = {0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60,
					 0x75, 0x4e, 0x6a, 0x04, 0x24, 0x26,
					 0x08, 0x95, 0x75, 0xc7};
	const char data[] = "what do ya want for nothing?";
	uint8_t mac[32];

	(void)state;
	auth_hmac((const uint8_t *)"Jefe", 4, data, sizeof(data) - 1, mac, 16);
	assert_memory_equal(mac, expect, 16);
	assert_int_equal(auth_digest32("abc", 3), 0xba7816bfu);
	assert_true(auth_equal("same", "same", 4));
	assert_false(auth_equal("same", "samf", 4));
}

static void test_frame_of_8_instances_is_at_most_41_bytes(void **state)
{
	uint8_t wire[BEAT_WIRE_MAX];
	struct beat beat = {.generation = UINT32_MAX, .own = set_first(8)};

	(void)state;
	assert_int_equal(beat_encode(&beat, 8, test_key, wire), 40);
	assert_int_equal(beat_wire_size(1), 40);
	assert_int_equal(beat_wire_size(8), 40);
	assert_int_equal(beat_wire_size(9), 44);
	assert_int_equal(beat_wire_size(64), 68);
	assert_int_equal(beat_wire_size(65), 73);
	assert_int_equal(beat_wire_size(255), 165);
	assert_true(beat_wire_size(255) <= BEAT_WIRE_MAX);
}

static void test_round_trip_for_every_number_of_instances(void **state)
{
	unsigned seed = 1;

	(void)state;
	for (unsigned n = 0; n <= 255; n++) {
		for (int round = 0; round < 50; round++) {
			struct beat sent = test_random_beat(n, &seed), got;
			uint8_t wire[BEAT_WIRE_MAX];
			size_t size = beat_encode(&sent, n, test_key, wire);

			assert_int_equal(size, beat_wire_size(n));
			assert_int_equal(wire[size - 1], 0);
			assert_null(memchr(wire, 0, size - 1));
			assert_int_equal(
				beat_decode(wire, size - 1, n, test_key, &got),
				BEAT_OK);
			test_same_beat(&sent, &got);
		}
	}
}

/* The layout is a contract between versions: it must not drift unseen. */
static void test_layout_is_fixed(void **state)
{
	static const uint8_t expect[] = {
		0x4c, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09,
		0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x19, 0x1a, 0x1b,
		0x1c, 0x11, 0x12, 0x13, 0x14, 0x15, 0x96, 0x40, 0x17, 0x18};
	const struct beat beat = {
		.type = BEAT_OBITUARY,
		.sender = 1,
		.generation = 0x01020304,
		.sequence = 0x05060708,
		.ack_generation = 0x090a0b0c,
		.ack_sequence = 0x0d0e0f10,
		.clock_ms = 0x191a1b1c,
		.own = {{0x11}},
		.want = {{0x12}},
		.ask = {{0x13}},
		.fit = {{0x14}},
		.flags = 0x15,
		.heard = 0x96,
		.slot_tag = SLOT_INSTANCE,
		.slot_value = 0x1718,
	};
	uint8_t wire[BEAT_WIRE_MAX], raw[BEAT_WIRE_MAX], mac[BEAT_MAC_SIZE];
	size_t size = beat_encode(&beat, 8, test_key, wire);

	(void)state;
	assert_int_equal(cobs_decode(wire, size - 1, raw, sizeof(raw)),
			 sizeof(expect) + BEAT_MAC_SIZE);
	assert_memory_equal(raw, expect, sizeof(expect));
	auth_hmac(test_key, BEAT_KEY_SIZE, expect, sizeof(expect), mac,
		  sizeof(mac));
	assert_memory_equal(raw + sizeof(expect), mac, sizeof(mac));
}

static void test_every_flipped_bit_is_refused(void **state)
{
	unsigned seed = 2;

	(void)state;
	for (int round = 0; round < 20; round++) {
		struct beat sent = test_random_beat(3, &seed), got;
		uint8_t wire[BEAT_WIRE_MAX];
		size_t size = beat_encode(&sent, 3, test_key, wire);

		for (size_t bit = 0; bit < 8 * (size - 1); bit++) {
			wire[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_int_not_equal(
				beat_decode(wire, size - 1, 3, test_key, &got),
				BEAT_OK);
			wire[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	}
}

/* Below COBS: whatever bit of version 1's content flips, the MAC says so. */
static void test_flipped_content_fails_the_mac(void **state)
{
	unsigned seed = 3;
	struct beat sent = test_random_beat(8, &seed), got;
	uint8_t wire[BEAT_WIRE_MAX], raw[BEAT_WIRE_MAX], bent[BEAT_WIRE_MAX];
	size_t size = beat_encode(&sent, 8, test_key, wire), bent_size;

	(void)state;
	size = cobs_decode(wire, size - 1, raw, sizeof(raw));
	for (size_t bit = 0; bit < 8 * size; bit++) {
		raw[bit / 8] ^= (uint8_t)(1 << bit % 8);
		bent_size = cobs_encode(raw, size, bent);
		assert_int_equal(
			beat_decode(bent, bent_size, 8, test_key, &got),
			bit >= 5 && bit <= 7 ? BEAT_BAD_FRAMING : BEAT_BAD_MAC);
		raw[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void test_R2_another_key_fails_the_mac(void **state)
{
	static const uint8_t other[BEAT_KEY_SIZE] = "another key";
	struct beat beat = {.own = set_of(0)}, got = {.sequence = 77};
	uint8_t wire[BEAT_WIRE_MAX];
	size_t size = beat_encode(&beat, 1, test_key, wire);

	(void)state;
	assert_int_equal(beat_decode(wire, size - 1, 1, other, &got),
			 BEAT_BAD_MAC);
	assert_int_equal(got.sequence, 77);
}

/* R17.7: 0 is "no life is known yet"; a beat of it would be believed as one. */
static void test_R17_a_beat_of_no_life_is_none(void **state)
{
	unsigned seed = 7;
	uint8_t wire[BEAT_WIRE_MAX];

	(void)state;
	for (unsigned type = 0; type <= BEAT_OBITUARY; type++) {
		struct beat beat = test_random_beat(8, &seed), got;
		size_t size;

		beat.type = (uint8_t)type;
		beat.generation = 0;
		size = beat_encode(&beat, 8, test_key, wire) - 1;
		assert_int_equal(beat_decode(wire, size, 8, test_key, &got),
				 BEAT_BAD_FRAMING);
		beat.generation = 1;
		size = beat_encode(&beat, 8, test_key, wire) - 1;
		assert_int_equal(beat_decode(wire, size, 8, test_key, &got),
				 BEAT_OK);
	}
}

static void test_every_truncation_is_a_framing_error(void **state)
{
	unsigned seed = 4;
	struct beat beat = test_random_beat(8, &seed), got;
	uint8_t wire[BEAT_WIRE_MAX];
	size_t size = beat_encode(&beat, 8, test_key, wire) - 1;

	(void)state;
	for (size_t cut = 0; cut < size; cut++) {
		assert_int_equal(beat_decode(wire, cut, 8, test_key, &got),
				 BEAT_BAD_FRAMING);
		assert_int_equal(
			beat_decode(wire + size - cut, cut, 8, test_key, &got),
			BEAT_BAD_FRAMING);
	}
}

/*
 * A12: while one node has been restarted with more instances and the other has
 * not, they hear each other; what only one of them knows is 0 to the other.
 */
static void test_R15_another_number_of_instances_is_understood(void **state)
{
	static const unsigned numbers[] = {1,  8,  9,  16,  17,
					   63, 64, 65, 128, 255};
	const unsigned count = sizeof(numbers) / sizeof(numbers[0]);
	struct beat got;

	(void)state;
	for (unsigned a = 0; a < count; a++)
		for (unsigned b = 0; b < count; b++) {
			struct instance_set its = set_first(numbers[a]);
			struct instance_set ours = set_first(numbers[b]);
			struct instance_set both = set_and(&its, &ours);
			struct beat beat = {.generation = 1,
					    .own = its,
					    .fit = set_of(0),
					    .clock_ms = 77,
					    .slot_tag = 9};
			uint8_t wire[BEAT_WIRE_MAX];
			size_t size =
				beat_encode(&beat, numbers[a], test_key, wire);

			assert_int_equal(beat_decode(wire, size - 1, numbers[b],
						     test_key, &got),
					 BEAT_OK);
			assert_true(set_equals(&got.own, &both));
			assert_int_equal(set_count(&got.fit), 1);
			assert_true(set_has(&got.fit, 0));
			assert_int_equal(got.clock_ms, 77);
			assert_int_equal(got.slot_tag, 9);
			/* as ever: not one byte less */
			assert_int_not_equal(beat_decode(wire, size - 5,
							 numbers[b], test_key,
							 &got),
					     BEAT_OK);
		}
}

static void test_bits_beyond_own_instances_are_not_read(void **state)
{
	struct beat beat = {.generation = 1,
			    .own = {{0xf1}},
			    .want = {{0x80}},
			    .ask = {{8}},
			    .fit = {{0xff}}};
	struct beat got;
	uint8_t wire[BEAT_WIRE_MAX];
	size_t size = beat_encode(&beat, 8, test_key, wire);

	(void)state;
	assert_int_equal(beat_decode(wire, size - 1, 3, test_key, &got),
			 BEAT_OK);
	assert_int_equal(got.own.words[0], 1);
	assert_true(set_is_empty(&got.want));
	assert_true(set_is_empty(&got.ask));
	assert_int_equal(got.fit.words[0], 7);
}

/* Signed with our key, but by a program of tomorrow. */
static void test_unknown_version_and_type_are_framing_errors(void **state)
{
	static const uint8_t heads[] = {0x00, 0x20, 0xe0, 0x50, 0x58};
	struct beat got;

	(void)state;
	for (size_t i = 0; i < sizeof(heads); i++) {
		uint8_t raw[38] = {heads[i]}, wire[BEAT_WIRE_MAX];
		size_t size;

		auth_hmac(test_key, BEAT_KEY_SIZE, raw, 30, raw + 30, 8);
		size = cobs_encode(raw, sizeof(raw), wire);
		assert_int_equal(beat_decode(wire, size, 1, test_key, &got),
				 BEAT_BAD_FRAMING);
	}
}

static void test_cobs_known_answers(void **state)
{
	static const struct {
		uint8_t in[4], out[6];
		size_t in_size, out_size;
	} cases[] = {
		{{0}, {1, 1}, 1, 2},
		{{0, 0}, {1, 1, 1}, 2, 3},
		{{0x11, 0x22, 0, 0x33}, {3, 0x11, 0x22, 2, 0x33}, 4, 5},
		{{0x11, 0, 0, 0}, {2, 0x11, 1, 1, 1}, 4, 5},
		{{0}, {1}, 0, 1},
	};
	uint8_t out[8];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(
			cobs_encode(cases[i].in, cases[i].in_size, out),
			cases[i].out_size);
		assert_memory_equal(out, cases[i].out, cases[i].out_size);
	}
}

static void test_cobs_round_trip_up_to_1000_bytes(void **state)
{
	static uint8_t in[1000], out[COBS_ENCODED_MAX(1000)], again[1000];
	unsigned seed = 5;

	(void)state;
	for (size_t size = 1; size <= sizeof(in); size++) {
		size_t used;
		/* From hardly any zero (blocks of 254) to every second. */
		int density = 1 << size % 11;

		for (size_t i = 0; i < size; i++)
			in[i] = rand_r(&seed) % density == 0
					? 0
					: (uint8_t)(1 + rand_r(&seed) % 255);
		used = cobs_encode(in, size, out);
		assert_true(used <= COBS_ENCODED_MAX(size));
		assert_null(memchr(out, 0, used));
		assert_int_equal(cobs_decode(out, used, again, size), size);
		assert_memory_equal(in, again, size);
		assert_int_equal(cobs_decode(out, used, again, size - 1), 0);
	}
}

static size_t test_feed(struct beat_stream *stream, const uint8_t *bytes,
			size_t size, uint64_t *bad, uint8_t *frame,
			size_t *frame_size)
{
	size_t frames = 0, got;

	for (size_t i = 0; i < size; i++) {
		if (!beat_stream_push(stream, bytes[i], &got, bad))
			continue;
		memcpy(frame, stream->bytes, got);
		*frame_size = got;
		frames++;
	}
	return frames;
}

static void test_stream_skips_empty_and_overlong_runs(void **state)
{
	struct beat_stream stream = {.used = 0};
	uint8_t noise[300], frame[BEAT_WIRE_MAX];
	const uint8_t tail[] = {0, 0, 0, 7, 8, 0, 0};
	size_t size = 0;
	uint64_t bad = 0;

	(void)state;
	memset(noise, 0x55, sizeof(noise));
	assert_int_equal(
		test_feed(&stream, noise, sizeof(noise), &bad, frame, &size),
		0);
	assert_int_equal(bad, 1);
	assert_int_equal(
		test_feed(&stream, tail, sizeof(tail), &bad, frame, &size), 1);
	assert_int_equal(size, 2);
	assert_int_equal(frame[1], 8);
	assert_int_equal(bad, 1);
}

/* A longest run that still fits, and one byte more. */
static void test_stream_holds_exactly_its_buffer(void **state)
{
	struct beat_stream stream = {.used = 0};
	uint8_t run[BEAT_WIRE_MAX + 2], frame[BEAT_WIRE_MAX];
	size_t size = 0;
	uint64_t bad = 0;

	(void)state;
	memset(run, 1, sizeof(run));
	run[BEAT_WIRE_MAX] = 0;
	assert_int_equal(
		test_feed(&stream, run, BEAT_WIRE_MAX + 1, &bad, frame, &size),
		1);
	assert_int_equal(size, BEAT_WIRE_MAX);
	run[BEAT_WIRE_MAX] = 1;
	run[BEAT_WIRE_MAX + 1] = 0;
	assert_int_equal(
		test_feed(&stream, run, sizeof(run), &bad, frame, &size), 0);
	assert_int_equal(bad, 1);
}

static void test_stream_finds_the_next_frame_after_noise(void **state)
{
	unsigned seed = 6;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		struct beat_stream stream = {.used = 0};
		struct beat sent = test_random_beat(2, &seed), got;
		uint8_t bytes[512], frame[BEAT_WIRE_MAX];
		size_t noise = (size_t)(rand_r(&seed) % 200), size = 0, used;
		uint64_t bad = 0;

		for (used = 0; used < noise; used++)
			bytes[used] = (uint8_t)rand_r(&seed);
		/* The first is lost with the noise before it, not the next. */
		used += beat_encode(&sent, 2, test_key, bytes + used);
		used += beat_encode(&sent, 2, test_key, bytes + used);
		assert_true(test_feed(&stream, bytes, used, &bad, frame,
				      &size) >= 1);
		assert_int_equal(beat_decode(frame, size, 2, test_key, &got),
				 BEAT_OK);
		test_same_beat(&sent, &got);
	}
}

static void test_random_bytes_are_never_a_beat(void **state)
{
	unsigned seed = 8;
	struct beat got;

	(void)state;
	for (int round = 0; round < 200000; round++) {
		uint8_t bytes[BEAT_WIRE_MAX];
		size_t size = (size_t)rand_r(&seed) % (sizeof(bytes) + 1);
		unsigned instances = (unsigned)rand_r(&seed) % 65;

		for (size_t i = 0; i < size; i++)
			bytes[i] = (uint8_t)rand_r(&seed);
		assert_int_not_equal(
			beat_decode(bytes, size, instances, test_key, &got),
			BEAT_OK);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hmac_and_digest_known_answers),
		cmocka_unit_test(test_frame_of_8_instances_is_at_most_41_bytes),
		cmocka_unit_test(test_round_trip_for_every_number_of_instances),
		cmocka_unit_test(test_layout_is_fixed),
		cmocka_unit_test(test_every_flipped_bit_is_refused),
		cmocka_unit_test(test_flipped_content_fails_the_mac),
		cmocka_unit_test(test_R2_another_key_fails_the_mac),
		cmocka_unit_test(test_R17_a_beat_of_no_life_is_none),
		cmocka_unit_test(test_every_truncation_is_a_framing_error),
		cmocka_unit_test(
			test_R15_another_number_of_instances_is_understood),
		cmocka_unit_test(test_bits_beyond_own_instances_are_not_read),
		cmocka_unit_test(
			test_unknown_version_and_type_are_framing_errors),
		cmocka_unit_test(test_cobs_known_answers),
		cmocka_unit_test(test_cobs_round_trip_up_to_1000_bytes),
		cmocka_unit_test(test_stream_skips_empty_and_overlong_runs),
		cmocka_unit_test(test_stream_holds_exactly_its_buffer),
		cmocka_unit_test(test_stream_finds_the_next_frame_after_noise),
		cmocka_unit_test(test_random_bytes_are_never_a_beat),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
