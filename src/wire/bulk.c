/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bulk frames to bytes and back. Decides whether bytes are one of this pair and
 * session; what it is for is daemon/push.c's.
 */
#include <assert.h>
#include <string.h>

#include "auth.h"
#include "bulk.h"
#include "bytes.h"
#include "cobs.h"

#define HEAD_SIZE 14
#define MAC_SIZE  8
#define RAW_MAX	  (HEAD_SIZE + BULK_BYTES_MAX + MAC_SIZE)
#define FIRST_BYTE                                                             \
	(BEAT_VERSION << BEAT_VERSION_SHIFT | BEAT_IS_BULK << BEAT_TYPE_SHIFT)
#define FIRST_MASK 0xf8

_Static_assert(COBS_ENCODED_MAX(RAW_MAX) + 1 <= BEAT_WIRE_MAX,
	       "a link carries no more at once");
_Static_assert(BULK_OVERHEAD == HEAD_SIZE + MAC_SIZE + 2,
	       "one code byte, one 0");

void bulk_keys_begin(struct bulk_keys *keys, const uint8_t pair[BEAT_KEY_SIZE])
{
	static const char purpose[] = "twinbeat bulk";

	memset(keys, 0, sizeof(*keys));
	auth_hmac(pair, BEAT_KEY_SIZE, purpose, sizeof(purpose), keys->opening,
		  sizeof(keys->opening));
}

void bulk_keys_agree(struct bulk_keys *keys, uint64_t session, uint64_t answer)
{
	uint8_t both[16];

	bytes_put(both, session, 8);
	bytes_put(both + 8, answer, 8);
	auth_hmac(keys->opening, BEAT_KEY_SIZE, both, sizeof(both),
		  keys->session, sizeof(keys->session));
}

static const uint8_t *key_of(const struct bulk_keys *keys, unsigned kind)
{
	return kind == BULK_OFFER || kind == BULK_ACCEPT ? keys->opening
							 : keys->session;
}

bool bulk_is_one(const uint8_t *frame, size_t size)
{
	/* the code byte of COBS; then the first byte as it is: it is no zero */
	return size >= 2 && frame[0] > 1 &&
	       (frame[1] & FIRST_MASK) == FIRST_BYTE;
}

size_t bulk_encode(const struct bulk *bulk, const struct bulk_keys *keys,
		   uint8_t *wire)
{
	return bulk_encode_as(bulk, BULK_VERSION, keys, wire);
}

size_t bulk_encode_as(const struct bulk *bulk, unsigned version,
		      const struct bulk_keys *keys, uint8_t *wire)
{
	uint8_t raw[RAW_MAX];
	size_t body = HEAD_SIZE + bulk->size, size;

	assert(bulk->size <= BULK_BYTES_MAX && bulk->sender <= 1);
	assert(bulk->kind >= BULK_OFFER && bulk->kind < BULK_KINDS);
	raw[0] = (uint8_t)(FIRST_BYTE | bulk->sender << BEAT_SENDER_SHIFT);
	raw[1] = (uint8_t)(version << 4 | bulk->kind);
	bytes_put(raw + 2, bulk->session, 8);
	bytes_put(raw + 10, bulk->number, 4);
	memcpy(raw + HEAD_SIZE, bulk->bytes, bulk->size);
	auth_hmac(key_of(keys, bulk->kind), BEAT_KEY_SIZE, raw, body,
		  raw + body, MAC_SIZE);
	size = cobs_encode(raw, body + MAC_SIZE, wire);
	wire[size++] = 0;
	return size;
}

enum bulk_verdict bulk_decode(const uint8_t *frame, size_t size,
			      const struct bulk_keys *keys, struct bulk *bulk)
{
	uint8_t raw[RAW_MAX], mac[MAC_SIZE];
	size_t raw_size = cobs_decode(frame, size, raw, sizeof(raw)), body;
	unsigned kind;

	if (raw_size < HEAD_SIZE + MAC_SIZE ||
	    (raw[0] & FIRST_MASK) != FIRST_BYTE)
		return BULK_BAD;
	body = raw_size - MAC_SIZE;
	kind = raw[1] & 0xf;
	auth_hmac(key_of(keys, kind), BEAT_KEY_SIZE, raw, body, mac, MAC_SIZE);
	if (!auth_equal(mac, raw + body, MAC_SIZE))
		return BULK_BAD;
	memset(bulk, 0, sizeof(*bulk));
	bulk->version = raw[1] >> 4;
	bulk->kind = (uint8_t)kind;
	bulk->sender = raw[0] >> BEAT_SENDER_SHIFT & BEAT_SENDER_MASK;
	bulk->session = bytes_get(raw + 2, 8);
	bulk->number = (uint32_t)bytes_get(raw + 10, 4);
	if (bulk->version != BULK_VERSION)
		return BULK_OTHER_VERSION;
	if (kind < BULK_OFFER || kind >= BULK_KINDS)
		return BULK_BAD;
	bulk->size = (uint8_t)(body - HEAD_SIZE);
	memcpy(bulk->bytes, raw + HEAD_SIZE, bulk->size);
	return BULK_OK;
}
