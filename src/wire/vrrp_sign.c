/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The trailer that makes an advert its sender's own word. Decides nothing about
 * replays: what a sequence is worth depends on who the peer is.
 */
#include <assert.h>

#include "auth.h"
#include "bytes.h"
#include "vrrp.h"
#include "vrrp_packet.h"
#include "vrrp_sign.h"

#define SIGNATURE_TYPE	   1
#define SIGNATURE_HEAD	   12 /* what the MAC covers of the trailer */
#define SIGNATURE_MAC	   16
#define SIGNATURE_PSEUDO   20
#define SIGNATURE_CHECKSUM 6 /* where it stands in the message */

/* size: of the message without its trailer, whose head stands behind it. */
static void vrrp_mac(const uint8_t *message, size_t size,
		     const struct vrrp_key *key, const struct ip *source,
		     uint8_t mac[SIGNATURE_MAC])
{
	uint8_t input[SIGNATURE_PSEUDO + VRRP_MESSAGE_MAX];
	uint8_t *covered = input + SIGNATURE_PSEUDO;
	size_t address = ip_is_v4(source) ? 4 : 16;

	assert(size + VRRP_SIGNATURE_SIZE <= VRRP_MESSAGE_MAX);
	memset(input, 0, SIGNATURE_PSEUDO);
	input[0] = ip_is_v4(source) ? 4 : 6;
	input[1] = message[0] >> 4;
	input[2] = message[1];
	memcpy(input + 4, source->bytes + sizeof(source->bytes) - address,
	       address);
	memcpy(covered, message, size + SIGNATURE_HEAD);
	memset(covered + SIGNATURE_CHECKSUM, 0, 2);
	/* the place of the MAC itself counts as zero bytes */
	memset(covered + size + SIGNATURE_HEAD, 0,
	       VRRP_SIGNATURE_SIZE - SIGNATURE_HEAD);
	auth_hmac(key->bytes, key->size, input,
		  SIGNATURE_PSEUDO + size + VRRP_SIGNATURE_SIZE, mac,
		  SIGNATURE_MAC);
}

size_t vrrp_sign(uint8_t *message, size_t size, const struct vrrp_key *key,
		 const struct ip *source, uint64_t sequence)
{
	uint8_t *trailer = message + size;

	memset(trailer, 0, VRRP_SIGNATURE_SIZE);
	trailer[0] = SIGNATURE_TYPE;
	trailer[1] = key->id;
	bytes_put(trailer + 4, sequence, 8);
	vrrp_mac(message, size, key, source, trailer + SIGNATURE_HEAD);
	if (!ip_is_v4(source)) {
		/* RFC 1624: trailer and its length join the sum */
		uint32_t sum =
			(uint16_t)~vrrp_get16(message + SIGNATURE_CHECKSUM);

		sum = vrrp_sum(trailer, VRRP_SIGNATURE_SIZE,
			       sum + VRRP_SIGNATURE_SIZE);
		vrrp_put16(message + SIGNATURE_CHECKSUM, vrrp_fold(sum));
	}
	return size + VRRP_SIGNATURE_SIZE;
}

uint32_t vrrp_clock_next(struct vrrp_clock *clock, uint64_t now_ms)
{
	clock->ms = now_ms > clock->ms ? now_ms : clock->ms + 1;
	return (uint32_t)clock->ms;
}

bool vrrp_signature_check(const uint8_t *message, size_t size,
			  const struct vrrp_key *keys, unsigned key_count,
			  const struct ip *source,
			  struct vrrp_signature *signature)
{
	const uint8_t *trailer = message + size;
	uint8_t mac[SIGNATURE_MAC];

	signature->key_id = trailer[1];
	signature->sequence = bytes_get(trailer + 4, 8);
	if (trailer[0] != SIGNATURE_TYPE || vrrp_get16(trailer + 2) != 0 ||
	    size + VRRP_SIGNATURE_SIZE > VRRP_MESSAGE_MAX)
		return false;
	for (unsigned i = 0; i < key_count; i++) {
		if (keys[i].id != signature->key_id)
			continue;
		vrrp_mac(message, size, &keys[i], source, mac);
		return auth_equal(mac, trailer + SIGNATURE_HEAD, sizeof(mac));
	}
	return false;
}
