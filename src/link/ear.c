/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A packet socket for all frames. Taps of this kind come before tc and nftables
 * at ingress, and after the queue at egress: what is seen here has reached the
 * card, or left for it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/icmp6.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../wire/bytes.h"
#include "../wire/vrrp.h"
#include "ear.h"

#define EAR_FRAMES_MAX 64 /* per call */
#define EAR_FRAME_SIZE 96 /* an IP header with options and a VRRP header */
#define ARP_SIZE       28
/* Default routes come first; a router's full table is not read. */
#define LINES_MOST 256

/*
 * The filter decides on the interface's own frames (no VLAN's), in the kernel:
 * what leaves only if it is VRRP; of others' frames either all but those that
 * switches send to each other (01:80:c2:00:00:xx: heard in any VLAN), or ARP
 * and neighbour advertisements.
 */
static int ear_filter(int fd, bool wide)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS,
			 (uint32_t)(SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 22),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS,
			 (uint32_t)(SKF_AD_OFF + SKF_AD_PROTOCOL)),
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS,
			 (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OTHERHOST, 18, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 10, 0),
		/* of another station */
		BPF_STMT(BPF_MISC | BPF_TXA, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_ARP, 16, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IPV6, 0, 4),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 6),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ICMPV6, 0, 2),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 40),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ND_NEIGHBOR_ADVERT, 11, 0),
		BPF_STMT(BPF_JMP | BPF_JA, wide ? 0 : 9),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)SKF_LL_OFF),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x0180c200, 7, 8),
		/* on its way out */
		BPF_STMT(BPF_MISC | BPF_TXA, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 0, 2),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, VRRP_PROTOCOL, 4, 3),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IPV6, 0, 2),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 6),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, VRRP_PROTOCOL, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, EAR_FRAME_SIZE),
	};
	struct sock_fprog program = {.len = sizeof(code) / sizeof(code[0]),
				     .filter = code};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
			  sizeof(program));
}

static int ear_fail(struct ear *ear, const char *interface, const char *what,
		    char *error, size_t error_size)
{
	snprintf(error, error_size, "hearing test on %s: cannot %s: %s",
		 interface, what, strerror(errno));
	if (ear->fd >= 0)
		close(ear->fd);
	ear->fd = -1;
	return -1;
}

int ear_open(struct ear *ear, const char *interface, char *error,
	     size_t error_size)
{
	struct sockaddr_ll address = {.sll_family = AF_PACKET,
				      .sll_protocol = htons(ETH_P_ALL)};
	socklen_t size = sizeof(address);

	/* Protocol 0: hears nothing until the filter is in and it is bound. */
	ear->fd =
		socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (ear->fd < 0)
		return ear_fail(ear, interface, "open a packet socket", error,
				error_size);
	ear->index = (int)if_nametoindex(interface);
	address.sll_ifindex = ear->index;
	if (ear->index == 0)
		return ear_fail(ear, interface, "find the interface", error,
				error_size);
	if (ear_filter(ear->fd, true) != 0)
		return ear_fail(ear, interface, "attach the filter", error,
				error_size);
	if (bind(ear->fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    getsockname(ear->fd, (struct sockaddr *)&address, &size) != 0)
		return ear_fail(ear, interface, "bind a packet socket", error,
				error_size);
	memcpy(ear->mac, address.sll_addr, sizeof(ear->mac));
	ear->source_v6 = (struct ip){{0}};
	return 0;
}

void ear_widen(const struct ear *ear, bool wide)
{
	/* if it fails the old one stays: it hears more, or asks again */
	(void)ear_filter(ear->fd, wide);
}

static bool ear_read_advert(const uint8_t *packet, size_t size,
			    struct ear_frame *frame)
{
	size_t header = size > 0 ? 4 * (size_t)(packet[0] & 0x0f) : 0;

	bool is_v6 = size > 0 && packet[0] >> 4 == 6;

	if (is_v6)
		header = 40;
	if (header < 20 || size < header + 3)
		return false;
	frame->kind = EAR_ADVERT_OUT;
	frame->vrid = packet[header + 1];
	frame->priority = packet[header + 2];
	if (is_v6)
		memcpy(frame->source.bytes, packet + 8, 16);
	else
		frame->source = ip_from_v4((uint32_t)bytes_get(packet + 12, 4));
	return true;
}

static void ear_read_arp(const uint8_t *packet, size_t size,
			 struct ear_frame *frame)
{
	/* Ethernet, IPv4; a request tells of its sender as well */
	if (size < ARP_SIZE || packet[0] != 0 || packet[1] != ARPHRD_ETHER ||
	    packet[4] != EAR_MAC_SIZE || packet[5] != 4)
		return;
	frame->kind = EAR_HOLDER;
	frame->sender = ip_from_v4((uint32_t)bytes_get(packet + 14, 4));
}

static bool ear_read(const struct ear *ear, const uint8_t *packet, size_t size,
		     const struct sockaddr_ll *from, struct ear_frame *frame)
{
	memset(frame, 0, sizeof(*frame));
	if (from->sll_pkttype == PACKET_OUTGOING)
		return ear_read_advert(packet, size, frame);
	if (from->sll_halen == EAR_MAC_SIZE)
		memcpy(frame->mac, from->sll_addr, EAR_MAC_SIZE);
	/* our own frame, come back by a loop in the network */
	if (memcmp(frame->mac, ear->mac, EAR_MAC_SIZE) == 0)
		return false;
	frame->kind = EAR_OTHER;
	if (from->sll_protocol == htons(ETH_P_ARP))
		ear_read_arp(packet, size, frame);
	else if (from->sll_protocol == htons(ETH_P_IPV6) &&
		 ear_read_neighbour(packet, size, frame))
		frame->kind = EAR_HOLDER;
	return true;
}

int ear_receive(const struct ear *ear,
		void (*take)(void *arg, const struct ear_frame *frame),
		void *arg)
{
	for (unsigned i = 0; i < EAR_FRAMES_MAX; i++) {
		uint8_t packet[EAR_FRAME_SIZE];
		struct sockaddr_ll from = {.sll_family = AF_PACKET};
		socklen_t from_size = sizeof(from);
		struct ear_frame frame;
		ssize_t size = recvfrom(ear->fd, packet, sizeof(packet), 0,
					(struct sockaddr *)&from, &from_size);

		if (size < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : -1;
		if (ear_read(ear, packet, (size_t)size, &from, &frame))
			take(arg, &frame);
	}
	return 1;
}

void ear_ask(const struct ear *ear, uint32_t source, uint32_t target)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET,
				 .sll_protocol = htons(ETH_P_ARP),
				 .sll_ifindex = ear->index,
				 .sll_halen = EAR_MAC_SIZE};
	uint8_t packet[ARP_SIZE] = {
		0, ARPHRD_ETHER,       ETH_P_IP >> 8, ETH_P_IP & 0xff, 6,
		4, ARPOP_REQUEST >> 8, ARPOP_REQUEST};

	memcpy(packet + 8, ear->mac, EAR_MAC_SIZE);
	bytes_put(packet + 14, source, 4);
	bytes_put(packet + 24, target, 4);
	memset(to.sll_addr, 0xff, EAR_MAC_SIZE);
	/* what is not sent is not answered: the caller asks again */
	(void)sendto(ear->fd, packet, sizeof(packet), MSG_DONTWAIT,
		     (struct sockaddr *)&to, sizeof(to));
}

void ear_ask_any(struct ear *ear, const char *interface, uint32_t source,
		 const struct ip *target)
{
	if (ip_is_v4(target))
		ear_ask(ear, source, ip_to_v4(target));
	else
		ear_ask_neighbour(ear, interface, target);
}

unsigned ear_read_lines(const char *path, ear_line *read, const char *interface,
			struct ip *stations, unsigned most)
{
	FILE *file = fopen(path, "re");
	char line[256];
	unsigned count = 0;

	if (file == NULL)
		return 0;
	for (unsigned i = 0; i < LINES_MOST && count < most &&
			     fgets(line, sizeof(line), file) != NULL;
	     i++) {
		bool is_new = read(line, interface, &stations[count]);

		for (unsigned k = 0; k < count; k++)
			is_new = is_new &&
				 ip_compare(&stations[k], &stations[count]);
		count += is_new;
	}
	fclose(file);
	return count;
}

static bool read_route(const char *line, const char *interface,
		       struct ip *gateway)
{
	char name[64];
	unsigned destination, by;

	if (sscanf(line, "%63s %x %x", name, &destination, &by) != 3 ||
	    by == 0 || strcmp(name, interface) != 0)
		return false;
	*gateway = ip_from_v4(ntohl(by));
	return true;
}

unsigned ear_gateways(const char *interface, struct ip *gateways, unsigned most)
{
	return ear_read_lines("/proc/net/route", read_route, interface,
			      gateways, most);
}

/* Address, type of card, flags, card, mask, interface. */
static bool read_card(const char *line, const char *interface,
		      struct ip *neighbour)
{
	char ip[INET_ADDRSTRLEN], name[64];
	struct in_addr address;
	unsigned flags;

	if (sscanf(line, "%15s %*x %x %*s %*s %63s", ip, &flags, name) != 3 ||
	    !(flags & ATF_COM) || strcmp(name, interface) != 0 ||
	    inet_pton(AF_INET, ip, &address) != 1)
		return false;
	*neighbour = ip_from_v4(ntohl(address.s_addr));
	return true;
}

unsigned ear_neighbours(const char *interface, struct ip *neighbours,
			unsigned most)
{
	return ear_read_lines("/proc/net/arp", read_card, interface, neighbours,
			      most);
}
