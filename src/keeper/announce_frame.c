/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The bytes of an announcement.
 *
 * IPv4: RFC 5227 3: an ARP request with sender = target address. Linux
 * neighbours take that form at once; a reply may fall into their lock time.
 *
 * IPv6: RFC 4861 7.2.6: a neighbour advertisement to all nodes, not solicited,
 * with the override flag (without it Linux keeps what it knows) and the
 * target's link-layer address. R tells whether we are a router: who is told
 * that we are none drops its default route by this address.
 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <string.h>

#include "keeper.h"

#define ARP_FRAME_SIZE 60 /* the shortest Ethernet frame, without its sum */

#define IPV6_HEADER   40
#define NA_TYPE	      136
#define NA_ROUTER     0x80
#define NA_OVERRIDE   0x20
#define NA_SIZE	      32 /* with its option */
#define OPTION_TARGET 2
#define HOP_LIMIT     255 /* RFC 4861 7.1.2: no router has passed it on */

struct arp_frame {
	uint8_t destination[ETH_ALEN], source[ETH_ALEN];
	uint16_t type;
	uint16_t hardware, protocol;
	uint8_t hardware_size, protocol_size;
	uint16_t operation;
	uint8_t sender_mac[ETH_ALEN], sender_ip[4];
	uint8_t target_mac[ETH_ALEN], target_ip[4];
	uint8_t padding[ARP_FRAME_SIZE - 42];
} __attribute__((packed));

static size_t arp_fill(uint8_t *bytes, const uint8_t mac[6],
		       const struct ip *ip)
{
	uint32_t wire = htonl(ip_to_v4(ip));
	struct arp_frame frame;

	memset(&frame, 0, sizeof(frame));
	memset(frame.destination, 0xff, ETH_ALEN);
	memcpy(frame.source, mac, ETH_ALEN);
	frame.type = htons(ETH_P_ARP);
	frame.hardware = htons(ARPHRD_ETHER);
	frame.protocol = htons(ETH_P_IP);
	frame.hardware_size = ETH_ALEN;
	frame.protocol_size = 4;
	frame.operation = htons(ARPOP_REQUEST);
	memcpy(frame.sender_mac, mac, ETH_ALEN);
	memcpy(frame.sender_ip, &wire, sizeof(wire));
	memset(frame.target_mac, 0xff, ETH_ALEN);
	memcpy(frame.target_ip, &wire, sizeof(wire));
	memcpy(bytes, &frame, sizeof(frame));
	return sizeof(frame);
}

struct na_frame {
	uint8_t destination[ETH_ALEN], source[ETH_ALEN];
	uint16_t type;
	uint32_t flow;
	uint16_t length;
	uint8_t next_header, hop_limit;
	uint8_t sender_ip[16], receiver_ip[16];
	uint8_t na_type, na_code;
	uint16_t checksum;
	uint8_t flags, reserved[3];
	uint8_t target[16];
	uint8_t option_type, option_size; /* in units of 8 bytes */
	uint8_t option_mac[ETH_ALEN];
} __attribute__((packed));
_Static_assert(sizeof(struct na_frame) == ANNOUNCE_FRAME_MAX, "RFC 4861 4.4");
_Static_assert(sizeof(struct arp_frame) <= ANNOUNCE_FRAME_MAX, "the longest");

/* RFC 4443 2.3: over pseudo header and message. */
static uint16_t na_checksum(const struct na_frame *frame)
{
	uint8_t bytes[sizeof(*frame)];
	uint32_t sum = IPPROTO_ICMPV6 + NA_SIZE;

	memcpy(bytes, frame, sizeof(bytes));
	/* the two addresses stand right before the message */
	for (size_t i = sizeof(bytes) - NA_SIZE - 32; i < sizeof(bytes); i += 2)
		sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static size_t na_fill(uint8_t *bytes, const uint8_t mac[6], const struct ip *ip,
		      bool is_router)
{
	static const uint8_t all_nodes[16] = {0xff, 2, [15] = 1};
	static const uint8_t all_nodes_mac[ETH_ALEN] = {0x33, 0x33, [5] = 1};
	struct na_frame frame;

	memset(&frame, 0, sizeof(frame));
	memcpy(frame.destination, all_nodes_mac, ETH_ALEN);
	memcpy(frame.source, mac, ETH_ALEN);
	frame.type = htons(ETH_P_IPV6);
	frame.flow = htonl(6U << 28);
	frame.length = htons(NA_SIZE);
	frame.next_header = IPPROTO_ICMPV6;
	frame.hop_limit = HOP_LIMIT;
	memcpy(frame.sender_ip, ip->bytes, 16);
	memcpy(frame.receiver_ip, all_nodes, 16);
	frame.na_type = NA_TYPE;
	frame.flags = NA_OVERRIDE | (is_router ? NA_ROUTER : 0);
	memcpy(frame.target, ip->bytes, 16);
	frame.option_type = OPTION_TARGET;
	frame.option_size = 1;
	memcpy(frame.option_mac, mac, ETH_ALEN);
	frame.checksum = htons(na_checksum(&frame));
	memcpy(bytes, &frame, sizeof(frame));
	return sizeof(frame);
}

size_t announce_frame_fill(uint8_t frame[ANNOUNCE_FRAME_MAX],
			   const uint8_t mac[6], const struct ip *ip,
			   bool is_router)
{
	if (ip_is_v4(ip))
		return arp_fill(frame, mac, ip);
	return na_fill(frame, mac, ip, is_router);
}
