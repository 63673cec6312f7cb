/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sockets for VRRP. Why two that hear: a packet socket gets
 * a packet before nftables, iptables and rp_filter may drop it, so a peer that
 * is heard there lives; a raw socket gets it after them. The difference is the
 * local firewall, and is told as such instead of being taken for silence.
 */
#include <arpa/inet.h>
#include <errno.h>
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

#include "../../base/sysctl.h"
#include "../../settings/machine_list.h"
#include "../../wire/vrrp.h"
#include "vrrp_filter.h"
#include "vrrp_socket.h"
#include "vrrp_source.h"

#ifndef IPV6_MULTICAST_ALL
#define IPV6_MULTICAST_ALL 29 /* Linux 4.20 */
#endif
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

/*
 * All VRIDs may send at once, and an advert takes up to 4 kB there, whatever
 * its length: in a queue that is full the same ones would be lost each time.
 * Room for all 255 even where fewer have joined: a reload changes that, and who
 * has the socket then may not ask for more. It is a bound, no memory. No matter
 * where it is refused (a user namespace): fewer are there.
 */
static void vrrp_socket_make_room(int fd, int what, int force)
{
	const int size = 255 * 4096;
	int now = 0;
	socklen_t now_size = sizeof(now);

	getsockopt(fd, SOL_SOCKET, what, &now, &now_size);
	/* the kernel doubles what it is told */
	if (2 * size > now)
		(void)setsockopt(fd, SOL_SOCKET, force, &size, sizeof(size));
}

int vrrp_socket_open_packet(const struct vrrp_socket_place *place, char *error,
			    size_t error_size)
{
	struct sockaddr_ll address = {.sll_family = AF_PACKET,
				      /* all frames: this tap comes before what
				       * tc and nftables drop at ingress */
				      .sll_protocol = htons(ETH_P_ALL),
				      .sll_ifindex = (int)place->index};
	/* The groups' Ethernet addresses, RFC 1112 6.4 and RFC 2464 7. */
	struct packet_mreq group = {.mr_ifindex = (int)place->index,
				    .mr_type = PACKET_MR_MULTICAST,
				    .mr_alen = ETH_ALEN,
				    .mr_address = {0x01, 0x00, 0x5e, 0, 0, 18}};
	const char *interface = place->interface;
	const int on = 1;
	/* Protocol 0: hears nothing until the filter is in and it is bound. */
	int fd =
		socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (place->is_v6)
		memcpy(group.mr_address, "\x33\x33\0\0\0\x12", ETH_ALEN);
	if (fd < 0)
		return vrrp_socket_fail(fd, interface, "open a packet socket",
					error, error_size);
	if (vrrp_filter_packets(fd, place->vrids, place->is_v6) != 0)
		return vrrp_socket_fail(fd, interface, "attach the filter",
					error, error_size);
	vrrp_socket_make_room(fd, SO_RCVBUF, SO_RCVBUFFORCE);
	/* An older kernel has only the filter's word for it. */
	setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		return vrrp_socket_fail(fd, interface, "bind a packet socket",
					error, error_size);
	/* Heard even while the interface has no address to join with. */
	if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &group,
		       sizeof(group)) != 0)
		return vrrp_socket_fail(fd, interface,
					"join the group's Ethernet address",
					error, error_size);
	return fd;
}

/* A raw socket that belongs to the interface: no routes, no other links. */
static int vrrp_socket_open_raw(const struct vrrp_socket_place *place,
				char *error, size_t error_size)
{
	int fd = socket(place->is_v6 ? AF_INET6 : AF_INET,
			SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, VRRP_PROTOCOL);

	if (fd < 0)
		return vrrp_socket_fail(fd, place->interface,
					"open a raw socket", error, error_size);
	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, place->interface,
		       (socklen_t)strlen(place->interface)) != 0)
		return vrrp_socket_fail(fd, place->interface,
					"bind a raw socket", error, error_size);
	return fd;
}

static int vrrp_socket_join(int fd, const struct vrrp_socket_place *place)
{
	struct ip address = vrrp_group(place->is_v6);
	struct ip_mreqn group = {.imr_multiaddr.s_addr = htonl(VRRP_GROUP_V4),
				 .imr_ifindex = (int)place->index};
	struct ipv6_mreq group_v6 = {.ipv6mr_interface = place->index};
	const int off = 0;

	if (place->is_v6) {
		memcpy(&group_v6.ipv6mr_multiaddr, address.bytes, 16);
		return setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL, &off,
				  sizeof(off)) ||
		       setsockopt(fd, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP,
				  &group_v6, sizeof(group_v6));
	}
	return setsockopt(fd, IPPROTO_IP, IP_MULTICAST_ALL, &off,
			  sizeof(off)) ||
	       setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group,
			  sizeof(group));
}

int vrrp_socket_open_witness(const struct vrrp_socket_place *place, char *error,
			     size_t error_size)
{
	int fd = vrrp_socket_open_raw(place, error, error_size);

	if (fd < 0)
		return -1;
	if (vrrp_filter_raw(fd, place->vrids, place->is_v6) != 0)
		return vrrp_socket_fail(fd, place->interface,
					"attach the filter", error, error_size);
	/* what it has no room for would pass for dropped by a firewall */
	vrrp_socket_make_room(fd, SO_RCVBUF, SO_RCVBUFFORCE);
	if (vrrp_socket_join(fd, place) != 0)
		return vrrp_socket_fail(fd, place->interface,
					place->is_v6 ? "join ff02::12"
						     : "join 224.0.0.18",
					error, error_size);
	return fd;
}

/* An option of the IP level that is a number. */
struct vrrp_socket_option {
	int name, value;
};

static int vrrp_socket_set(int fd, int level,
			   const struct vrrp_socket_option *options,
			   size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (setsockopt(fd, level, options[i].name, &options[i].value,
			       sizeof(options[i].value)) != 0)
			return -1;
	return 0;
}

/* RFC 9568 5.1.1.3: TTL 255, so that no router can have sent it. */
static int vrrp_socket_prepare_v4(int fd, unsigned index)
{
	const struct vrrp_socket_option options[] = {
		{IP_MULTICAST_TTL, VRRP_TTL}, {IP_TTL, VRRP_TTL},
		{IP_TOS, VRRP_TOS},	      {IP_RECVERR, 1},
		{IP_MULTICAST_LOOP, 0},	      {IP_MULTICAST_ALL, 0},
	};
	struct ip_mreqn outgoing = {.imr_ifindex = (int)index};

	return vrrp_socket_set(fd, IPPROTO_IP, options,
			       sizeof(options) / sizeof(options[0])) ||
	       setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &outgoing,
			  sizeof(outgoing));
}

/* RFC 9568 5.1.2.3: hop limit 255. The kernel writes the checksum at 6. */
static int vrrp_socket_prepare_v6(int fd, unsigned index)
{
	const struct vrrp_socket_option options[] = {
		{IPV6_MULTICAST_HOPS, VRRP_TTL}, {IPV6_UNICAST_HOPS, VRRP_TTL},
		{IPV6_TCLASS, VRRP_TOS},	 {IPV6_RECVERR, 1},
		{IPV6_MULTICAST_LOOP, 0},	 {IPV6_CHECKSUM, 6},
		{IPV6_MULTICAST_IF, (int)index}, {IPV6_MULTICAST_ALL, 0},
	};

	return vrrp_socket_set(fd, IPPROTO_IPV6, options,
			       sizeof(options) / sizeof(options[0]));
}

/*
 * Apart from the witness since IP_RECVERR, without which the kernel hides that
 * it dropped a packet (ENOBUFS), also lets ICMP errors raise EPOLLERR.
 */
int vrrp_socket_open_sender(const struct vrrp_socket_place *place, char *error,
			    size_t error_size)
{
	const int priority = TC_PRIO_CONTROL;
	int fd = vrrp_socket_open_raw(place, error, error_size);

	if (fd < 0)
		return -1;
	/* a card that stands still for a moment (flow control) has what all of
	 * them send still here: no reason to call them mute */
	vrrp_socket_make_room(fd, SO_SNDBUF, SO_SNDBUFFORCE);
	if (vrrp_filter_all(fd) ||
	    setsockopt(fd, SOL_SOCKET, SO_PRIORITY, &priority,
		       sizeof(priority)) ||
	    (place->is_v6 ? vrrp_socket_prepare_v6(fd, place->index)
			  : vrrp_socket_prepare_v4(fd, place->index)))
		return vrrp_socket_fail(fd, place->interface,
					"prepare a raw socket", error,
					error_size);
	return fd;
}

void vrrp_socket_keep_whole(int sender_fd, bool is_v6, bool whole,
			    bool *is_whole)
{
	/* ip(7): by the interface's MTU alone, whatever ICMP says of a path */
	const int how =
		is_v6 ? (whole ? IPV6_PMTUDISC_INTERFACE : IPV6_PMTUDISC_DONT)
		      : (whole ? IP_PMTUDISC_INTERFACE : IP_PMTUDISC_DONT);

	if (whole == *is_whole)
		return;
	if (setsockopt(sender_fd, is_v6 ? IPPROTO_IPV6 : IPPROTO_IP,
		       is_v6 ? IPV6_MTU_DISCOVER : IP_MTU_DISCOVER, &how,
		       sizeof(how)) == 0)
		*is_whole = whole;
}

bool vrrp_socket_is_v6_off(const char *interface)
{
	/* no such setting: IPv6 does not know the interface */
	return sysctl_read_conf("ipv6", interface, "disable_ipv6") != 0;
}

struct vip_list {
	const struct ip *list;
	unsigned count;
};

static bool vrrp_socket_is_vip(const void *arg, const struct ip *address)
{
	const struct vip_list *vips = arg;

	for (unsigned i = 0; i < vips->count; i++)
		if (ip_compare(&vips->list[i], address) == 0)
			return true;
	return false;
}

struct source_look {
	struct vrrp_source_search search;
	unsigned index; /* of the interface */
};

static void vrrp_socket_look_anew(void *arg)
{
	struct source_look *look = arg;

	look->search.best = 0;
	look->search.first = (struct ip){.bytes = {0}};
}

/*
 * RFC 4862 5.4: while the kernel looks for a duplicate of it nothing may come
 * from an address: a second or two after the carrier came.
 */
static void vrrp_socket_see(void *arg, const struct machine_address *here)
{
	struct source_look *look = arg;

	if (here->index == look->index && !here->is_tentative)
		vrrp_source_show(&look->search, &here->ip);
}

struct ip vrrp_socket_find_source(const char *interface, bool is_v6,
				  const struct ip *own, unsigned own_count,
				  const struct ip *vips, unsigned vip_count)
{
	const struct vip_list all = {vips, vip_count};
	struct source_look look = {.search = {.own = own,
					      .own_count = own_count,
					      .is_v6 = is_v6,
					      .is_vip = vrrp_socket_is_vip,
					      .arg = &all},
				   .index = if_nametoindex(interface)};
	/* The kernel lists primary addresses before secondary ones. */
	const struct machine_list_taker taker = {vrrp_socket_look_anew,
						 vrrp_socket_see, &look};
	/* One that is missing in a list may be there all the same, and the peer
	 * knows no other: Linux 6.18 does not say of every torn list that it
	 * is. */
	const unsigned looks = own_count > 0 ? 2 : 1;
	bool is_whole = true;

	for (unsigned i = 0; i < looks && look.search.best == 0; i++)
		is_whole &= machine_list(&taker);
	if (!is_whole && look.search.best == 0)
		vrrp_socket_look_anew(&look);
	return vrrp_source_found(&look.search);
}

union vrrp_socket_control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

/* Writes a control message of this size into *out; where its data go. */
static void *vrrp_socket_control(struct msghdr *out,
				 union vrrp_socket_control *control, int level,
				 int type, size_t size)
{
	struct cmsghdr *head;

	out->msg_control = control->bytes;
	out->msg_controllen = CMSG_SPACE(size);
	head = CMSG_FIRSTHDR(out);
	head->cmsg_level = level;
	head->cmsg_type = type;
	head->cmsg_len = CMSG_LEN(size);
	return CMSG_DATA(head);
}

/*
 * The source goes with each packet, so that another one needs no new socket.
 * A second try: an ICMP error, forged or not, fails the one next send, and must
 * not cost an advert. What the local machine says of this packet stands.
 */
int vrrp_socket_send(int sender_fd, unsigned index, const struct ip *source,
		     const struct ip *destination, const void *message,
		     size_t size)
{
	struct sockaddr_in to_v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 to_v6 = {.sin6_family = AF_INET6,
				     .sin6_scope_id = index};
	struct in_pktinfo from_v4 = {.ipi_ifindex = (int)index};
	struct in6_pktinfo from_v6 = {.ipi6_ifindex = index};
	union vrrp_socket_control control = {.bytes = {0}};
	uint8_t copy[VRRP_MESSAGE_MAX];
	struct iovec part = {.iov_base = copy, .iov_len = size};
	struct msghdr out = {.msg_iov = &part, .msg_iovlen = 1};

	memcpy(copy, message, size);
	if (ip_is_v4(destination)) {
		to_v4.sin_addr.s_addr = htonl(ip_to_v4(destination));
		from_v4.ipi_spec_dst.s_addr = htonl(ip_to_v4(source));
		out.msg_name = &to_v4;
		out.msg_namelen = sizeof(to_v4);
		memcpy(vrrp_socket_control(&out, &control, IPPROTO_IP,
					   IP_PKTINFO, sizeof(from_v4)),
		       &from_v4, sizeof(from_v4));
	} else {
		memcpy(&to_v6.sin6_addr, destination->bytes, 16);
		memcpy(&from_v6.ipi6_addr, source->bytes, 16);
		out.msg_name = &to_v6;
		out.msg_namelen = sizeof(to_v6);
		memcpy(vrrp_socket_control(&out, &control, IPPROTO_IPV6,
					   IPV6_PKTINFO, sizeof(from_v6)),
		       &from_v6, sizeof(from_v6));
	}
	if (sendmsg(sender_fd, &out, MSG_NOSIGNAL) >= 0)
		return 0;
	if (errno == EPERM || errno == ENOBUFS || errno == EAGAIN)
		return -1;
	return sendmsg(sender_fd, &out, MSG_NOSIGNAL) < 0 ? -1 : 0;
}
