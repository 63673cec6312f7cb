/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The ear's IPv6: what it asks and hears by neighbour discovery (RFC 4861), and
 * whom there is to ask. Reads files that the kernel writes without the RTNL
 * lock. Asks from a link-local address of the machine's own, never from ::,
 * which a node that is about to take that address would read as a duplicate
 * (RFC 4862 5.4.3); without one it asks nobody.
 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/icmp6.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "../wire/hex.h"
#include "../wire/vrrp_packet.h"
#include "ear.h"

#define IP6_SIZE    40
#define NS_SIZE	    32 /* head 8, target 16, option 8 */
#define TARGET_AT   (IP6_SIZE + 8)
#define HOP_LIMIT   255 /* RFC 4861 7.1: nobody off the link */
#define ADDRESS_HEX 32
#define SCOPE_LINK  0x20
/* of the flags of if_inet6: not our own to speak from. A VIP is deprecated. */
#define IFA_DADFAILED  0x08
#define IFA_DEPRECATED 0x20
#define IFA_TENTATIVE  0x40
#define RTF_GATEWAY    0x0002

static bool read_hex(const char *text, struct ip *ip)
{
	return hex_read(text, strlen(text), ip->bytes, sizeof(ip->bytes)) ==
	       sizeof(ip->bytes);
}

/* A link-local address of this machine's own there, that is no VIP. */
static bool find_source(const char *interface, struct ip *source)
{
	FILE *file = fopen("/proc/net/if_inet6", "re");
	char line[160];
	bool found = false;

	if (file == NULL)
		return false;
	while (!found && fgets(line, sizeof(line), file) != NULL) {
		char address[ADDRESS_HEX + 1], name[64];
		unsigned scope, flags;

		found = sscanf(line, "%32s %*x %*x %x %x %63s", address, &scope,
			       &flags, name) == 4 &&
			scope == SCOPE_LINK && strcmp(name, interface) == 0 &&
			(flags & (IFA_DADFAILED | IFA_DEPRECATED |
				  IFA_TENTATIVE)) == 0 &&
			read_hex(address, source);
	}
	fclose(file);
	return found;
}

static bool read_route(const char *line, const char *interface,
		       struct ip *gateway)
{
	char by[ADDRESS_HEX + 1], name[64];
	unsigned flags;

	return sscanf(line, "%*s %*s %*s %*s %32s %*s %*s %*s %x %63s", by,
		      &flags, name) == 3 &&
	       flags & RTF_GATEWAY && strcmp(name, interface) == 0 &&
	       read_hex(by, gateway) && !ip_is_none(gateway);
}

unsigned ear_gateways_v6(const char *interface, struct ip *gateways,
			 unsigned most)
{
	return ear_read_lines("/proc/net/ipv6_route", read_route, interface,
			      gateways, most);
}

bool ear_read_neighbour(const uint8_t *packet, size_t size,
			struct ear_frame *frame)
{
	/* no extension header may come before it on one link */
	if (size < TARGET_AT + sizeof(frame->sender.bytes) ||
	    packet[0] >> 4 != 6 || packet[6] != IPPROTO_ICMPV6 ||
	    packet[7] != HOP_LIMIT || packet[IP6_SIZE] != ND_NEIGHBOR_ADVERT)
		return false;
	memcpy(frame->sender.bytes, packet + TARGET_AT,
	       sizeof(frame->sender.bytes));
	return true;
}

static uint16_t checksum(const uint8_t *packet)
{
	static const uint8_t rest[] = {0, NS_SIZE, 0, IPPROTO_ICMPV6};
	uint32_t sum = vrrp_sum(packet + 8, 32, 0); /* both addresses */

	sum = vrrp_sum(rest, sizeof(rest), sum);
	return vrrp_fold(vrrp_sum(packet + IP6_SIZE, NS_SIZE, sum));
}

void ear_ask_neighbour(struct ear *ear, const char *interface,
		       const struct ip *target)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET,
				 .sll_protocol = htons(ETH_P_IPV6),
				 .sll_ifindex = ear->index,
				 .sll_halen = EAR_MAC_SIZE};
	/* to the target's solicited-node group (RFC 4291 2.7.1) */
	uint8_t packet[IP6_SIZE + NS_SIZE] = {[0] = 0x60,
					      [5] = NS_SIZE,
					      [6] = IPPROTO_ICMPV6,
					      [7] = HOP_LIMIT,
					      [24] = 0xff,
					      [25] = 0x02,
					      [35] = 0x01,
					      [36] = 0xff,
					      [40] = ND_NEIGHBOR_SOLICIT,
					      [64] = ND_OPT_SOURCE_LINKADDR,
					      [65] = 1};
	uint8_t group[EAR_MAC_SIZE] = {0x33, 0x33, 0xff};

	/* it is not there yet for a second or two after the carrier */
	if (ip_is_none(&ear->source_v6) &&
	    !find_source(interface, &ear->source_v6)) {
		ear->source_v6 = (struct ip){{0}};
		return;
	}
	memcpy(packet + 8, ear->source_v6.bytes, sizeof(target->bytes));
	memcpy(packet + 37, target->bytes + 13, 3);
	memcpy(packet + TARGET_AT, target->bytes, sizeof(target->bytes));
	memcpy(packet + TARGET_AT + 18, ear->mac, EAR_MAC_SIZE);
	vrrp_put16(packet + IP6_SIZE + 2, checksum(packet));
	memcpy(group + 3, target->bytes + 13, 3);
	memcpy(to.sll_addr, group, EAR_MAC_SIZE);
	/* what is not sent is not answered: the caller asks again */
	(void)sendto(ear->fd, packet, sizeof(packet), MSG_DONTWAIT,
		     (struct sockaddr *)&to, sizeof(to));
}
