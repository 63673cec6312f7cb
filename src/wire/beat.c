/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The beat: one node's signed statement in as few bytes as a serial line
 * needs. Decides whether bytes are a frame of this pair. Never decides what a
 * frame means, whether it is new (replays), or by which link it came.
 *
 * The number of instances is not in the frame: the length tells how many bytes
 * each bit map has.
 */
#include <assert.h>
#include <string.h>

#include "auth.h"
#include "beat.h"
#include "cobs.h"

#define BEAT_INSTANCES_MAX 64
/* All but the four bit maps: head 17, clock 4, flags, heard and slot 5, MAC. */
#define BEAT_FIXED_SIZE (17 + 4 + 5 + BEAT_MAC_SIZE)
#define BEAT_RAW_MAX	(BEAT_FIXED_SIZE + 4 * BEAT_INSTANCES_MAX / 8)

#define BEAT_VERSION_SHIFT 5
#define BEAT_TYPE_SHIFT	   3
#define BEAT_TYPE_MASK	   3
#define BEAT_SENDER_SHIFT  2
#define BEAT_SENDER_MASK   1
#define BEAT_TAG_MASK	   1 /* bit 8 of the slot's tag */

_Static_assert(COBS_ENCODED_MAX(BEAT_RAW_MAX) + 1 <= BEAT_WIRE_MAX,
	       "a frame of 64 instances fits into BEAT_WIRE_MAX");

static unsigned beat_map_size(unsigned instances)
{
	return (instances + 7) / 8;
}

static size_t beat_raw_size(unsigned instances)
{
	assert(instances <= BEAT_INSTANCES_MAX);
	return BEAT_FIXED_SIZE + 4 * (size_t)beat_map_size(instances);
}

/* The bits that stand for instances; the rest of the last byte is spare. */
static uint64_t beat_map_mask(unsigned instances)
{
	if (instances == BEAT_INSTANCES_MAX)
		return UINT64_MAX;
	return (UINT64_C(1) << instances) - 1;
}

static uint8_t *beat_put(uint8_t *at, uint64_t value, unsigned size)
{
	for (unsigned i = size; i-- > 0;)
		*at++ = (uint8_t)(value >> (8 * i));
	return at;
}

static const uint8_t *beat_get(const uint8_t *at, uint64_t *value,
			       unsigned size)
{
	*value = 0;
	for (unsigned i = 0; i < size; i++)
		*value = *value << 8 | *at++;
	return at;
}

static const uint8_t *beat_get32(const uint8_t *at, uint32_t *value)
{
	uint64_t wide;

	at = beat_get(at, &wide, 4);
	*value = (uint32_t)wide;
	return at;
}

size_t beat_wire_size(unsigned instances)
{
	/* One code byte as long as a frame is shorter than 255, and the 0. */
	return beat_raw_size(instances) + 2;
}

size_t beat_encode(const struct beat *beat, unsigned instances,
		   const uint8_t key[BEAT_KEY_SIZE], uint8_t *wire)
{
	uint8_t raw[BEAT_RAW_MAX], *at = raw;
	unsigned map = beat_map_size(instances);
	size_t body = beat_raw_size(instances) - BEAT_MAC_SIZE, size;

	assert(beat->type <= BEAT_OBITUARY && beat->sender <= 1);
	assert(((beat->own | beat->want | beat->ask | beat->fit) &
		~beat_map_mask(instances)) == 0);

	*at++ = (uint8_t)(BEAT_VERSION << BEAT_VERSION_SHIFT |
			  beat->type << BEAT_TYPE_SHIFT |
			  beat->sender << BEAT_SENDER_SHIFT |
			  (beat->slot_tag >> 8 & BEAT_TAG_MASK));
	at = beat_put(at, beat->generation, 4);
	at = beat_put(at, beat->sequence, 4);
	at = beat_put(at, beat->ack_generation, 4);
	at = beat_put(at, beat->ack_sequence, 4);
	at = beat_put(at, beat->clock_ms, 4);
	at = beat_put(at, beat->own, map);
	at = beat_put(at, beat->want, map);
	at = beat_put(at, beat->ask, map);
	at = beat_put(at, beat->fit, map);
	*at++ = beat->flags;
	*at++ = beat->heard;
	*at++ = (uint8_t)beat->slot_tag;
	at = beat_put(at, beat->slot_value, 2);
	assert((size_t)(at - raw) == body);

	auth_hmac(key, BEAT_KEY_SIZE, raw, body, at, BEAT_MAC_SIZE);
	size = cobs_encode(raw, body + BEAT_MAC_SIZE, wire);
	wire[size++] = 0;
	return size;
}

/* map: bytes of each bit map in this frame. */
static void beat_read(const uint8_t *raw, unsigned map, unsigned instances,
		      struct beat *beat)
{
	const uint8_t *at = raw + 1;
	uint64_t wide;

	beat->type = raw[0] >> BEAT_TYPE_SHIFT & BEAT_TYPE_MASK;
	beat->sender = raw[0] >> BEAT_SENDER_SHIFT & BEAT_SENDER_MASK;
	at = beat_get32(at, &beat->generation);
	at = beat_get32(at, &beat->sequence);
	at = beat_get32(at, &beat->ack_generation);
	at = beat_get32(at, &beat->ack_sequence);
	at = beat_get32(at, &beat->clock_ms);
	at = beat_get(at, &beat->own, map);
	at = beat_get(at, &beat->want, map);
	at = beat_get(at, &beat->ask, map);
	at = beat_get(at, &beat->fit, map);
	beat->flags = *at++;
	beat->heard = *at++;
	beat->slot_tag = (uint16_t)((raw[0] & BEAT_TAG_MASK) << 8 | *at++);
	beat_get(at, &wide, 2);
	beat->slot_value = (uint16_t)wide;

	/*
	 * A peer with more instances is told of by the settings digest (R15);
	 * here its bits must not reach past ours.
	 */
	beat->own &= beat_map_mask(instances);
	beat->want &= beat_map_mask(instances);
	beat->ask &= beat_map_mask(instances);
	beat->fit &= beat_map_mask(instances);
}

enum beat_verdict beat_decode(const uint8_t *frame, size_t size,
			      unsigned instances,
			      const uint8_t key[BEAT_KEY_SIZE],
			      struct beat *beat)
{
	uint8_t raw[BEAT_RAW_MAX], mac[BEAT_MAC_SIZE];
	size_t raw_size = cobs_decode(frame, size, raw, sizeof(raw));
	size_t body = raw_size - BEAT_MAC_SIZE, maps;

	assert(instances <= BEAT_INSTANCES_MAX);
	/* an authentic frame of a peer with more or fewer instances has its
	 * length: four maps of 0 to 8 bytes */
	if (raw_size < BEAT_FIXED_SIZE)
		return BEAT_BAD_FRAMING;
	maps = raw_size - BEAT_FIXED_SIZE;
	if (maps % 4 != 0)
		return BEAT_BAD_FRAMING;
	if (raw[0] >> BEAT_VERSION_SHIFT != BEAT_VERSION)
		return BEAT_BAD_FRAMING;

	auth_hmac(key, BEAT_KEY_SIZE, raw, body, mac, sizeof(mac));
	if (!auth_equal(mac, raw + body, sizeof(mac)))
		return BEAT_BAD_MAC;

	/* Ours, but of a type that this version does not know. */
	if ((raw[0] >> BEAT_TYPE_SHIFT & BEAT_TYPE_MASK) > BEAT_OBITUARY)
		return BEAT_BAD_FRAMING;
	beat_read(raw, (unsigned)(maps / 4), instances, beat);
	return BEAT_OK;
}

bool beat_stream_push(struct beat_stream *stream, uint8_t byte, size_t *size,
		      uint64_t *bad)
{
	if (byte == 0) {
		*size = stream->skipping ? 0 : stream->used;
		stream->skipping = false;
		stream->used = 0;
		return *size > 0;
	}
	if (stream->skipping)
		return false;
	if (stream->used == sizeof(stream->bytes)) {
		/* Noise, or another program's words: wait for the next 0x00. */
		stream->skipping = true;
		(*bad)++;
		return false;
	}
	stream->bytes[stream->used++] = byte;
	return false;
}
