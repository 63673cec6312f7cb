/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sockets for VRRP over IPv4 multicast. Why two that hear: a packet socket gets
 * a packet before nftables, iptables and rp_filter may drop it, so a peer that
 * is heard there lives; a raw socket gets it after them. The difference is the
 * local firewall, and is told as such instead of being taken for silence.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/pkt_sched.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../wire/vrrp.h"
#include "vrrp_socket.h"

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23 /* Linux 4.20 */
#endif

#define VRRP_TOS 0xc0 /* internetwork control, RFC 791 */

static int vrrp_socket_fail(int fd, const char *interface, const char *what,
			    char *error, size_t error_size)
{
	int saved = errno;

	snprintf(error, error_size, "vrrp on %s: cannot %s: %s%s", interface,
		 what, strerror(saved),
		 saved == EPERM ? " (the daemon needs CAP_NET_RAW)" : "");
	if (fd >= 0)
		close(fd);
	errno = saved;
	return -1;
}

/*
 * Runs on the IP header, in both kinds of socket. Frames for another host
 * (promiscuous mode), of a VLAN on top of the interface (a tap for all frames
 * comes before they go their own way) and our own are left out; a packet
 * too short for a VRID makes its load fail, which drops it.
 */
static int vrrp_socket_filter(int fd, uint8_t vrid)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS,
			 (uint32_t)(SKF_AD_OFF + SKF_AD_PROTOCOL)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 0, 15),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS,
			 (uint32_t)(SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 2, 0),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS,
			 (uint32_t)(SKF_AD_OFF + SKF_AD_VLAN_TAG)),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x0fff, 11, 0),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS,
			 (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OTHERHOST, 9, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 8, 0),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, VRRP_PROTOCOL, 0, 6),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 6),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x1fff, 4, 0),
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
		BPF_STMT(BPF_LD | BPF_B | BPF_IND, 1),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, vrid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0xffff),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = {.len = sizeof(code) / sizeof(code[0]),
				     .filter = code};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
			  sizeof(program));
}

unsigned vrrp_socket_find_interface(const char *interface, char *error,
				    size_t error_size)
{
	struct ifreq request = {.ifr_ifindex = 0};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	unsigned index = 0;

	if (fd < 0) {
		vrrp_socket_fail(fd, interface, "ask for the interface", error,
				 error_size);
		return 0;
	}
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", interface);
	if (ioctl(fd, SIOCGIFFLAGS, &request) != 0)
		snprintf(error, error_size,
			 "vrrp on %s: the interface does not exist (%s)",
			 interface, strerror(errno));
	else if ((request.ifr_flags & IFF_UP) == 0)
		snprintf(error, error_size,
			 "vrrp on %s: the interface is down: \"ip link set %s "
			 "up\"",
			 interface, interface);
	else if (ioctl(fd, SIOCGIFINDEX, &request) == 0)
		index = (unsigned)request.ifr_ifindex;
	else
		snprintf(error, error_size,
			 "vrrp on %s: the interface went away (%s)", interface,
			 strerror(errno));
	close(fd);
	return index;
}

int vrrp_socket_open_packet(const char *interface, unsigned index, uint8_t vrid,
			    char *error, size_t error_size)
{
	struct sockaddr_ll address = {.sll_family = AF_PACKET,
				      /* all frames: this tap comes before what
				       * tc and nftables drop at ingress */
				      .sll_protocol = htons(ETH_P_ALL),
				      .sll_ifindex = (int)index};
	/* The group's Ethernet address, RFC 1112 6.4. */
	struct packet_mreq group = {.mr_ifindex = (int)index,
				    .mr_type = PACKET_MR_MULTICAST,
				    .mr_alen = ETH_ALEN,
				    .mr_address = {0x01, 0x00, 0x5e, 0, 0, 18}};
	const int on = 1;
	/* Protocol 0: hears nothing until the filter is in and it is bound. */
	int fd =
		socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return vrrp_socket_fail(fd, interface, "open a packet socket",
					error, error_size);
	if (vrrp_socket_filter(fd, vrid) != 0)
		return vrrp_socket_fail(fd, interface, "attach the filter",
					error, error_size);
	/* An older kernel has only the filter's word for it. */
	setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		return vrrp_socket_fail(fd, interface, "bind a packet socket",
					error, error_size);
	/* Heard even while the interface has no IPv4 address to join with. */
	if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &group,
		       sizeof(group)) != 0)
		return vrrp_socket_fail(fd, interface,
					"join the group's Ethernet address",
					error, error_size);
	return fd;
}

/* A raw socket that belongs to the interface: no routes, no other links. */
static int vrrp_socket_open_raw(const char *interface, char *error,
				size_t error_size)
{
	int fd = socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
			VRRP_PROTOCOL);

	if (fd < 0)
		return vrrp_socket_fail(fd, interface, "open a raw socket",
					error, error_size);
	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface,
		       (socklen_t)strlen(interface)) != 0)
		return vrrp_socket_fail(fd, interface, "bind a raw socket",
					error, error_size);
	return fd;
}

int vrrp_socket_open_witness(const char *interface, unsigned index,
			     uint8_t vrid, char *error, size_t error_size)
{
	struct ip_mreqn group = {.imr_multiaddr.s_addr = htonl(VRRP_GROUP_V4),
				 .imr_ifindex = (int)index};
	const int off = 0;
	int fd = vrrp_socket_open_raw(interface, error, error_size);

	if (fd < 0)
		return -1;
	if (vrrp_socket_filter(fd, vrid) != 0)
		return vrrp_socket_fail(fd, interface, "attach the filter",
					error, error_size);
	if (setsockopt(fd, IPPROTO_IP, IP_MULTICAST_ALL, &off, sizeof(off)) ||
	    setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group,
		       sizeof(group)))
		return vrrp_socket_fail(fd, interface, "join 224.0.0.18", error,
					error_size);
	return fd;
}

/*
 * Apart from the witness since IP_RECVERR, without which the kernel hides that
 * it dropped a packet (ENOBUFS), also lets ICMP errors raise EPOLLERR.
 */
int vrrp_socket_open_sender(const char *interface, unsigned index, char *error,
			    size_t error_size)
{
	struct sock_filter deaf = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog filter = {.len = 1, .filter = &deaf};
	struct ip_mreqn outgoing = {.imr_ifindex = (int)index};
	const int ttl = VRRP_TTL, tos = VRRP_TOS, on = 1, off = 0;
	const int priority = TC_PRIO_CONTROL;
	int fd = vrrp_socket_open_raw(interface, error, error_size);

	if (fd < 0)
		return -1;
	/* RFC 9568 5.1.1.3: TTL 255, so that no router can have sent it. */
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter,
		       sizeof(filter)) ||
	    setsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &ttl, sizeof(ttl)) ||
	    setsockopt(fd, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl)) ||
	    setsockopt(fd, IPPROTO_IP, IP_TOS, &tos, sizeof(tos)) ||
	    setsockopt(fd, SOL_SOCKET, SO_PRIORITY, &priority,
		       sizeof(priority)) ||
	    setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on)) ||
	    setsockopt(fd, IPPROTO_IP, IP_MULTICAST_LOOP, &off, sizeof(off)) ||
	    setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &outgoing,
		       sizeof(outgoing)))
		return vrrp_socket_fail(fd, interface, "prepare a raw socket",
					error, error_size);
	return fd;
}

/* A label such as eth0:1 stands in ifa_name for the interface. */
static bool vrrp_socket_same_interface(const char *name, const char *interface)
{
	size_t size = strlen(interface);

	return strncmp(name, interface, size) == 0 &&
	       (name[size] == '\0' || name[size] == ':');
}

/* The place in list, count = not in it. */
static unsigned vrrp_socket_place(uint32_t address, const uint32_t *list,
				  unsigned count)
{
	unsigned i = 0;

	while (i < count && list[i] != address)
		i++;
	return i;
}

static bool vrrp_socket_is_vip(uint32_t address, const struct ip *vips,
			       unsigned count)
{
	struct ip ip = ip_from_v4(address);
	unsigned i = 0;

	while (i < count && ip_compare(&vips[i], &ip) != 0)
		i++;
	return i < count;
}

uint32_t vrrp_socket_find_source(const char *interface, const uint32_t *own,
				 unsigned own_count, const struct ip *vips,
				 unsigned vip_count)
{
	struct ifaddrs *list = NULL;
	unsigned best = own_count;
	uint32_t first = 0;

	if (getifaddrs(&list) != 0)
		return 0;
	/* The kernel lists primary addresses before secondary ones. */
	for (struct ifaddrs *at = list; at != NULL; at = at->ifa_next) {
		struct sockaddr_in in;
		uint32_t address;
		unsigned place;

		if (at->ifa_addr == NULL ||
		    at->ifa_addr->sa_family != AF_INET ||
		    !vrrp_socket_same_interface(at->ifa_name, interface))
			continue;
		memcpy(&in, at->ifa_addr, sizeof(in));
		address = ntohl(in.sin_addr.s_addr);
		place = vrrp_socket_place(address, own, own_count);
		if (place < best)
			best = place;
		if (first == 0 && !vrrp_socket_is_vip(address, vips, vip_count))
			first = address;
	}
	freeifaddrs(list);
	return best < own_count ? own[best] : first;
}

/*
 * The source goes with each packet, so that another one needs no new socket.
 * A second try: an ICMP error, forged or not, fails the one next send, and must
 * not cost an advert. What the local machine says of this packet stands.
 */
int vrrp_socket_send(int sender_fd, unsigned index, uint32_t source,
		     const void *message, size_t size)
{
	struct sockaddr_in group = {.sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(VRRP_GROUP_V4)};
	struct in_pktinfo info = {.ipi_ifindex = (int)index,
				  .ipi_spec_dst.s_addr = htonl(source)};
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(struct in_pktinfo))];
	} control = {.bytes = {0}};
	uint8_t copy[VRRP_MESSAGE_MAX];
	struct iovec part = {.iov_base = copy, .iov_len = size};
	struct msghdr out = {.msg_name = &group,
			     .msg_namelen = sizeof(group),
			     .msg_iov = &part,
			     .msg_iovlen = 1,
			     .msg_control = control.bytes,
			     .msg_controllen = sizeof(control.bytes)};
	struct cmsghdr *head = CMSG_FIRSTHDR(&out);

	memcpy(copy, message, size);
	head->cmsg_level = IPPROTO_IP;
	head->cmsg_type = IP_PKTINFO;
	head->cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(head), &info, sizeof(info));
	if (sendmsg(sender_fd, &out, MSG_NOSIGNAL) >= 0)
		return 0;
	if (errno == EPERM || errno == ENOBUFS || errno == EAGAIN)
		return -1;
	return sendmsg(sender_fd, &out, MSG_NOSIGNAL) < 0 ? -1 : 0;
}
