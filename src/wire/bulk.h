/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WIRE_BULK_H
#define WIRE_BULK_H
/*
 * The bulk frame: a piece of something larger than a beat (twinbeat push), by
 * the same links as the beats and in what these leave free. Pure.
 *
 *   beat version:3 2:2 sender:1 0:2 | version:4 kind:4 | session 8 | number 4 |
 *   0 to 144 bytes | HMAC-SHA256 cut to 8
 *
 * All big-endian. On the wire: COBS, ended by 0x00, as a beat, of which it is
 * type 2: a node that knows no bulk frames counts it as bad framing.
 *
 * A session is between two random numbers: the session itself, drawn by who
 * opens it, and the answer of who accepts it. The first two frames are signed
 * by a key made of the pair's, all others by one made of both numbers, too:
 * what was recorded of another session, or of a beat, is of another key.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "beat.h"

#define BULK_VERSION   1
#define BULK_BYTES_MAX 144
/* All but the bytes: head 14, MAC 8, COBS 2. */
#define BULK_OVERHEAD 24

/* By whom: S who opened the session, T who takes what it brings. */
enum bulk_kind {
	BULK_OFFER = 1, /* S: number = how many bytes; see push.c */
	BULK_ACCEPT,	/* T: bytes = the answer, 8 */
	BULK_DATA,	/* S: number = where the bytes belong */
	BULK_ASK,	/* S: how far are you? */
	BULK_GET,	/* S: your text, from number on */
	BULK_COMMIT,	/* S: now */
	BULK_TAKEN,	/* S: it counts here, too */
	BULK_STOP,	/* S: nothing comes of it */
	BULK_STATE,	/* T: number = bytes it has; state 1, size of text 2 */
	BULK_TEXT,	/* T: number = where the bytes belong */
	BULK_KINDS,
};

struct bulk {
	uint8_t version; /* set by bulk_decode() alone */
	uint8_t kind;	 /* enum bulk_kind */
	uint8_t sender;	 /* node index 0 or 1 */
	uint8_t size;	 /* of bytes */
	uint64_t session;
	uint32_t number;
	uint8_t bytes[BULK_BYTES_MAX];
};

struct bulk_keys {
	uint8_t opening[BEAT_KEY_SIZE], session[BEAT_KEY_SIZE];
};

enum bulk_verdict {
	BULK_OK,
	BULK_BAD,	    /* COBS, length, MAC: noise, or torn by a beat */
	BULK_OTHER_VERSION, /* signed by the pair; nothing but its head counts
			     */
};

/* The key of the first two frames; that of a session is not known yet. */
void bulk_keys_begin(struct bulk_keys *keys, const uint8_t pair[BEAT_KEY_SIZE]);
void bulk_keys_agree(struct bulk_keys *keys, uint64_t session, uint64_t answer);

/* Does this look like one (no beat does)? The bytes between two delimiters. */
bool bulk_is_one(const uint8_t *frame, size_t size);

/* Encodes and signs; wire holds BEAT_WIRE_MAX. The last byte is the 0x00. */
size_t bulk_encode(const struct bulk *bulk, const struct bulk_keys *keys,
		   uint8_t *wire);
/* As a node of another version would, for tests. */
size_t bulk_encode_as(const struct bulk *bulk, unsigned version,
		      const struct bulk_keys *keys, uint8_t *wire);
/* bulk is written only if it is not BULK_BAD. Never trusts the bytes. */
enum bulk_verdict bulk_decode(const uint8_t *frame, size_t size,
			      const struct bulk_keys *keys, struct bulk *bulk);
#endif
