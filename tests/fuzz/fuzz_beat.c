/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libFuzzer: any bytes as what a serial line delivered, cut into frames and
 * decoded. The first byte chooses the number of instances. A MAC would stop
 * every changed seed, so each frame that is COBS is also signed here and
 * decoded again: what the key has signed must be read, and, written again,
 * give the same bytes. The COBS decoder is turned round as well.
 *
 * clang -g -O1 -std=c11 -D_GNU_SOURCE -fsanitize=fuzzer,address,undefined \
 *	tests/fuzz/fuzz_beat.c src/wire/{beat,cobs,auth}.c -lnettle \
 *	-o build/fuzz_beat
 */
#include <stdlib.h>
#include <string.h>

#include "../../src/wire/auth.h"
#include "../../src/wire/beat.h"
#include "../../src/wire/cobs.h"
#include "fuzz.h"

static const uint8_t key[BEAT_KEY_SIZE] = "0123456789abcdef0123456789abcde";

static void check_beat(const struct beat *heard, unsigned instances)
{
	uint8_t wire[BEAT_WIRE_MAX];
	struct beat again, copy = *heard;
	const struct beat *beat = &copy;
	size_t size;

	/* a peer with more instances tells of one that we do not have, and
	 * would never send */
	if (instances <= 64 && beat_slot_instance(copy.slot_tag) > 63)
		copy.slot_tag = 0;
	demand(beat->type <= BEAT_OBITUARY && beat->sender <= 1);
	size = beat_encode(beat, instances, key, wire);
	demand(size == beat_wire_size(instances));
	demand(memchr(wire, 0, size) == wire + size - 1);
	demand(beat_decode(wire, size - 1, instances, key, &again) == BEAT_OK);
	demand(again.sequence == beat->sequence &&
	       set_equals(&again.own, &beat->own) &&
	       set_equals(&again.fit, &beat->fit) &&
	       again.slot_value == beat->slot_value);
}

static void check_frame(const uint8_t *frame, size_t size, unsigned instances)
{
	uint8_t raw[BEAT_WIRE_MAX], bent[BEAT_WIRE_MAX + 2];
	struct beat beat;
	size_t raw_size;

	if (beat_decode(frame, size, instances, key, &beat) == BEAT_OK)
		check_beat(&beat, instances);
	raw_size = cobs_decode(frame, size, raw, sizeof(raw));
	demand(raw_size <= size);
	if (raw_size < BEAT_MAC_SIZE)
		return;
	auth_hmac(key, BEAT_KEY_SIZE, raw, raw_size - BEAT_MAC_SIZE,
		  raw + raw_size - BEAT_MAC_SIZE, BEAT_MAC_SIZE);
	size = cobs_encode(raw, raw_size, bent);
	demand(size <= COBS_ENCODED_MAX(raw_size));
	if (beat_decode(bent, size, instances, key, &beat) == BEAT_OK)
		check_beat(&beat, instances);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct beat_stream stream = {.used = 0};
	uint64_t bad = 0;
	unsigned instances;

	if (size == 0)
		return 0;
	instances = data[0];
	for (size_t i = 1; i < size; i++) {
		size_t frame;

		if (beat_stream_push(&stream, data[i], &frame, &bad))
			check_frame(stream.bytes, frame, instances);
	}
	/* The decoder by itself, with more than a stream would pass. */
	check_frame(data, size < BEAT_WIRE_MAX ? size : BEAT_WIRE_MAX,
		    instances);
	return 0;
}
