/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WIRE_VRRP_SIGN_H
#define WIRE_VRRP_SIGN_H
/*
 * Signed adverts: the trailer of 28 bytes that keepalived 2.4 appends to a VRRP
 * message (auth_hmac), of either version and family. Pure.
 *
 *   0 type (1: HMAC-SHA256 cut to 128 bits)   1 key id   2-3 zero
 *   4-11 sequence (keepalived: seconds UTC, 1/65536 s, counter)
 *   12-27 MAC
 *
 * The MAC covers 20 bytes (4 or 6, VRRP version, VRID, 0, source address, zeros
 * up to 20), the message with its checksum taken for zero, the first 12 bytes
 * of the trailer and 16 zero bytes. The destination is not bound.
 */
#include <stddef.h>

#include "ip.h"

#define VRRP_SIGNATURE_SIZE 28
#define VRRP_KEY_MIN	    32 /* bytes; keepalived's bounds */
#define VRRP_KEY_MAX	    64
#define VRRP_KEYS_MAX	    4

struct vrrp_key {
	uint8_t id; /* 1 to 255 */
	uint8_t size;
	uint8_t bytes[VRRP_KEY_MAX];
};

/*
 * Appends the trailer to a message of vrrp_build(), which has room for it, and
 * returns the new size. Over IPv6 the checksum comes to cover the trailer, too,
 * since there the kernel writes it; over IPv4 it does not.
 */
size_t vrrp_sign(uint8_t *message, size_t size, const struct vrrp_key *key,
		 const struct ip *source, uint64_t sequence);

/* The sender's clock, the lower half of a sequence between twinbeat nodes. */
struct vrrp_clock {
	uint64_t ms; /* of the last signed advert */
};

/*
 * R7: no two adverts bear one clock; it wraps, as beat.clock_ms does, and is
 * never another one than that, however long ago the last advert was.
 */
uint32_t vrrp_clock_next(struct vrrp_clock *clock, uint64_t now_ms);

struct vrrp_signature {
	uint8_t key_id;
	uint64_t sequence;
};

/*
 * The trailer behind message[size], which the caller knows to be there: true
 * if one of the keys made it for this source.
 */
bool vrrp_signature_check(const uint8_t *message, size_t size,
			  const struct vrrp_key *keys, unsigned key_count,
			  const struct ip *source,
			  struct vrrp_signature *signature);
#endif
