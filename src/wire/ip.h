/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WIRE_IP_H
#define WIRE_IP_H
/*
 * One IP address of either family: 16 bytes in network order, IPv4 as
 * ::ffff:a.b.c.d. So two addresses compare with one memcmp, which is also the
 * unsigned comparison that breaks VRRP ties (RFC 9568 6.4.3).
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct ip {
	uint8_t bytes[16];
};

static inline struct ip ip_from_v4(uint32_t host_order)
{
	struct ip ip = {.bytes = {[10] = 0xff,
				  [11] = 0xff,
				  [12] = (uint8_t)(host_order >> 24),
				  [13] = (uint8_t)(host_order >> 16),
				  [14] = (uint8_t)(host_order >> 8),
				  [15] = (uint8_t)host_order}};
	return ip;
}

static inline bool ip_is_v4(const struct ip *ip)
{
	static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};

	return memcmp(ip->bytes, prefix, sizeof(prefix)) == 0;
}

/* The IPv4 address in host order; call only when ip_is_v4(). */
static inline uint32_t ip_to_v4(const struct ip *ip)
{
	return (uint32_t)ip->bytes[12] << 24 | (uint32_t)ip->bytes[13] << 16 |
	       (uint32_t)ip->bytes[14] << 8 | ip->bytes[15];
}

/* All zero: no address, of either family. */
static inline bool ip_is_none(const struct ip *ip)
{
	static const struct ip none;

	return memcmp(ip->bytes, none.bytes, sizeof(none.bytes)) == 0;
}

/* fe80::/10, RFC 4291 2.4 */
static inline bool ip_is_link_local(const struct ip *ip)
{
	return ip->bytes[0] == 0xfe && (ip->bytes[1] & 0xc0) == 0x80;
}

static inline int ip_compare(const struct ip *a, const struct ip *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

/* Of one family, with the same first bits: both in one network of that prefix
 * length, 0 to 32 or 128. */
static inline bool ip_same_network(const struct ip *a, const struct ip *b,
				   unsigned prefix)
{
	unsigned bits = (ip_is_v4(a) ? 96 : 0) + prefix, whole = bits / 8;

	if (ip_is_v4(a) != ip_is_v4(b) ||
	    memcmp(a->bytes, b->bytes, whole) != 0)
		return false;
	return bits % 8 == 0 ||
	       (a->bytes[whole] ^ b->bytes[whole]) >> (8 - bits % 8) == 0;
}

#define IP_TEXT_MAX 46

/* Writes dotted or colon form into text[IP_TEXT_MAX]; returns text. */
const char *ip_format(const struct ip *ip, char *text);
/* Parses a literal of either family; false if it is none (no DNS, ever). */
bool ip_parse(const char *text, struct ip *ip);
#endif
