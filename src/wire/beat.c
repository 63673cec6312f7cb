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
#include "bytes.h"
#include "cobs.h"

#define BEAT_INSTANCES_MAX INSTANCE_SET_MAX
/* Bytes of a bit map in the longest frame that is not wide. */
#define BEAT_NARROW_MAP 8
/* All but the four bit maps: head 17, clock 4, flags, heard and slot 5, MAC. */
#define BEAT_FIXED_SIZE (17 + 4 + 5 + BEAT_MAC_SIZE)
#define BEAT_RAW_MAX	(BEAT_FIXED_SIZE + 4 * BEAT_INSTANCES_MAX / 8 + 1)

#define BEAT_TAG_MASK	  3 /* bits 9 and 8 of the slot's tag */
#define BEAT_NARROW_SHIFT 6 /* a tag there: kind << 6 | instance */
#define BEAT_NARROW_MASK  0x3f

_Static_assert(COBS_ENCODED_MAX(BEAT_RAW_MAX) + 1 <= BEAT_WIRE_MAX,
	       "the longest frame fits into BEAT_WIRE_MAX");

static unsigned beat_map_size(unsigned instances)
{
	return (instances + 7) / 8;
}

static bool beat_is_wide(unsigned map)
{
	return map > BEAT_NARROW_MAP;
}

static size_t beat_raw_size(unsigned instances)
{
	unsigned map = beat_map_size(instances);

	assert(instances <= BEAT_INSTANCES_MAX);
	return BEAT_FIXED_SIZE + 4 * (size_t)map + beat_is_wide(map);
}

static const uint8_t *beat_get(const uint8_t *at, uint64_t *value,
			       unsigned size)
{
	*value = bytes_get(at, size);
	return at + size;
}

/* Big-endian: instance 0 is the lowest bit of the map's last byte. */
static uint8_t *beat_put_set(uint8_t *at, const struct instance_set *set,
			     unsigned map)
{
	for (unsigned i = map; i-- > 0;)
		*at++ = (uint8_t)(set->words[i / 8] >> (8 * (i % 8)));
	return at;
}

/*
 * A peer with more instances is told of by the settings digest (R15); here its
 * bits must not reach past ours.
 */
static const uint8_t *beat_get_set(const uint8_t *at, struct instance_set *set,
				   unsigned map,
				   const struct instance_set *ours)
{
	assert(map <= INSTANCE_SET_MAX / 8);
	memset(set, 0, sizeof(*set));
	for (unsigned i = map; i-- > 0;)
		set->words[i / 8] |= (uint64_t)*at++ << (8 * (i % 8));
	*set = set_and(set, ours);
	return at;
}

static uint16_t beat_tag_narrow(uint16_t tag)
{
	assert(beat_slot_instance(tag) <= BEAT_NARROW_MASK);
	return (uint16_t)((unsigned)tag >> 8 << BEAT_NARROW_SHIFT |
			  beat_slot_instance(tag));
}

static uint16_t beat_tag_from_narrow(uint64_t narrow)
{
	return (uint16_t)(narrow >> BEAT_NARROW_SHIFT << 8 |
			  (narrow & BEAT_NARROW_MASK));
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
	bool is_wide = beat_is_wide(map);
	uint16_t tag =
		is_wide ? beat->slot_tag : beat_tag_narrow(beat->slot_tag);
	struct instance_set all = set_first(instances);

	assert(beat->type <= BEAT_OBITUARY && beat->sender <= 1);
	assert(set_is_within(&beat->own, &all) &&
	       set_is_within(&beat->want, &all));
	assert(set_is_within(&beat->ask, &all) &&
	       set_is_within(&beat->fit, &all));

	*at++ = (uint8_t)(BEAT_VERSION << BEAT_VERSION_SHIFT |
			  beat->type << BEAT_TYPE_SHIFT |
			  beat->sender << BEAT_SENDER_SHIFT |
			  (is_wide ? 0 : tag >> 8 & BEAT_TAG_MASK));
	at = bytes_put(at, beat->generation, 4);
	at = bytes_put(at, beat->sequence, 4);
	at = bytes_put(at, beat->ack_generation, 4);
	at = bytes_put(at, beat->ack_sequence, 4);
	at = bytes_put(at, beat->clock_ms, 4);
	at = beat_put_set(at, &beat->own, map);
	at = beat_put_set(at, &beat->want, map);
	at = beat_put_set(at, &beat->ask, map);
	at = beat_put_set(at, &beat->fit, map);
	*at++ = beat->flags;
	*at++ = beat->heard;
	at = bytes_put(at, tag, is_wide ? 2 : 1);
	at = bytes_put(at, beat->slot_value, 2);
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
	const struct instance_set all = set_first(instances);
	bool is_wide = beat_is_wide(map);
	const uint8_t *at = raw + 1;
	uint64_t wide;

	beat->type = raw[0] >> BEAT_TYPE_SHIFT & BEAT_TYPE_MASK;
	beat->sender = raw[0] >> BEAT_SENDER_SHIFT & BEAT_SENDER_MASK;
	at = beat_get32(at, &beat->generation);
	at = beat_get32(at, &beat->sequence);
	at = beat_get32(at, &beat->ack_generation);
	at = beat_get32(at, &beat->ack_sequence);
	at = beat_get32(at, &beat->clock_ms);
	at = beat_get_set(at, &beat->own, map, &all);
	at = beat_get_set(at, &beat->want, map, &all);
	at = beat_get_set(at, &beat->ask, map, &all);
	at = beat_get_set(at, &beat->fit, map, &all);
	beat->flags = *at++;
	beat->heard = *at++;
	at = beat_get(at, &wide, is_wide ? 2 : 1);
	if (!is_wide)
		wide = beat_tag_from_narrow(
			(uint64_t)(raw[0] & BEAT_TAG_MASK) << 8 | wide);
	beat->slot_tag = (uint16_t)wide;
	beat_get(at, &wide, 2);
	beat->slot_value = (uint16_t)wide;
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
	 * length: four maps of 0 to 32 bytes; a wide one a byte more */
	if (raw_size < BEAT_FIXED_SIZE)
		return BEAT_BAD_FRAMING;
	maps = raw_size - BEAT_FIXED_SIZE;
	if (maps > 4 * (size_t)BEAT_NARROW_MAP &&
	    --maps <= 4 * (size_t)BEAT_NARROW_MAP)
		return BEAT_BAD_FRAMING;
	if (maps % 4 != 0)
		return BEAT_BAD_FRAMING;
	if (raw[0] >> BEAT_VERSION_SHIFT != BEAT_VERSION)
		return BEAT_BAD_FRAMING;

	auth_hmac(key, BEAT_KEY_SIZE, raw, body, mac, sizeof(mac));
	if (!auth_equal(mac, raw + body, sizeof(mac)))
		return BEAT_BAD_MAC;

	/* Ours, but of a type that this version does not know; or of no life:
	 * 0 stands for "none yet" wherever a life is known (R17.7). */
	if ((raw[0] >> BEAT_TYPE_SHIFT & BEAT_TYPE_MASK) > BEAT_OBITUARY ||
	    bytes_get(raw + 1, 4) == 0)
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
