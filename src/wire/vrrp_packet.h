/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WIRE_VRRP_PACKET_H
#define WIRE_VRRP_PACKET_H
/*
 * What lies below a VRRP message: the IP header in front of it, of either
 * family, and the Internet checksum (RFC 1071). For vrrp.c and its neighbours.
 */
#include <stddef.h>

#include "ip.h"

static inline uint16_t vrrp_get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static inline void vrrp_put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* The part of a packet that its IP header claims, and what the header says. */
struct vrrp_packet {
	const uint8_t *message;
	size_t size; /* 0: a fragment, or the header claims more than came */
	struct ip source, destination;
	uint8_t ttl, protocol; /* IPv6: hop limit, next header */
	bool is_v6;
	bool header_good; /* IPv4: its checksum; IPv6 has none */
};

/* False: no IP header, or not a whole one. */
bool vrrp_packet_read(const uint8_t *packet, size_t size,
		      struct vrrp_packet *read);

/* The running sum, not yet folded; size <= 64 KiB cannot overflow. */
uint32_t vrrp_sum(const uint8_t *data, size_t size, uint32_t sum);
uint16_t vrrp_fold(uint32_t sum);
/* Of the pseudo header: addresses, protocol 112, the message's length. */
uint32_t vrrp_pseudo_sum(const struct ip *source, const struct ip *destination,
			 size_t size);
#endif
