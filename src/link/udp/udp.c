/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The udp link. Its socket belongs to the interface, comes from our address and
 * hears the peer's alone (connect), from one hop away (RFC 5082: TTL 255 cannot
 * come through a router): the kernel drops the rest. What an ICMP message says
 * of the other end is heard and means nothing: anybody can send one, and only
 * beats are life. Carrier is the keeper's to tell.
 */
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <linux/pkt_sched.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../wire/beat.h"
#include "udp.h"

#define UDP_READS_MAX	32   /* datagrams per call */
#define UDP_DISCARD_MAX 4096 /* a receive buffer holds fewer */
#define UDP_HOPS	255
#define UDP_TOS		0xc0 /* internetwork control, RFC 791 */

static_assert(sizeof(struct udp_options) <= LINK_PLACE_MAX, "its place fits");

struct udp {
	struct link link; /* first: a link is one */
	struct udp_options options;
	int fd; /* -1 = closed */
};

static struct udp *of(struct link *link)
{
	return (struct udp *)link;
}

/* ---- opening ---- */

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static socklen_t address_make(union address *address, const struct ip *ip,
			      uint16_t port, unsigned interface)
{
	memset(address, 0, sizeof(*address));
	if (ip_is_v4(ip)) {
		address->v4.sin_family = AF_INET;
		address->v4.sin_port = htons(port);
		address->v4.sin_addr.s_addr = htonl(ip_to_v4(ip));
		return sizeof(address->v4);
	}
	address->v6.sin6_family = AF_INET6;
	address->v6.sin6_port = htons(port);
	memcpy(&address->v6.sin6_addr, ip->bytes, sizeof(ip->bytes));
	if (IN6_IS_ADDR_LINKLOCAL(&address->v6.sin6_addr))
		address->v6.sin6_scope_id = interface;
	return sizeof(address->v6);
}

static int set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value));
}

static int socket_prepare(int fd, const struct udp_options *options)
{
	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, options->interface,
		       (socklen_t)strlen(options->interface)) != 0 ||
	    set(fd, SOL_SOCKET, SO_PRIORITY, TC_PRIO_CONTROL) != 0)
		return -1;
	if (ip_is_v4(&options->own))
		return set(fd, IPPROTO_IP, IP_TTL, UDP_HOPS) ||
				       set(fd, IPPROTO_IP, IP_MINTTL,
					   UDP_HOPS) ||
				       set(fd, IPPROTO_IP, IP_TOS, UDP_TOS)
			       ? -1
			       : 0;
	return set(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, UDP_HOPS) ||
			       set(fd, IPPROTO_IPV6, IPV6_MINHOPCOUNT,
				   UDP_HOPS) ||
			       set(fd, IPPROTO_IPV6, IPV6_TCLASS, UDP_TOS)
		       ? -1
		       : 0;
}

static void tell_unopened(const struct udp_options *options, int reason,
			  char *error, size_t error_size)
{
	char own[IP_TEXT_MAX];

	ip_format(&options->own, own);
	switch (reason) {
	case EADDRNOTAVAIL:
		snprintf(error, error_size,
			 "%s is no address of this node: add it to %s, or "
			 "correct links.udp addresses",
			 own, options->interface);
		break;
	case EADDRINUSE:
		snprintf(error, error_size,
			 "another program holds port %u of %s: \"ss -ulpn\" "
			 "shows which",
			 options->port, own);
		break;
	case ENODEV:
		snprintf(error, error_size,
			 "the interface %s does not exist (yet)",
			 options->interface);
		break;
	case ENETUNREACH:
		snprintf(error, error_size,
			 "the other node's address is in no network of %s, or "
			 "%s is down: \"ip addr show dev %s\"",
			 options->interface, options->interface,
			 options->interface);
		break;
	case EPERM:
		snprintf(error, error_size,
			 "the socket cannot be bound to %s (it needs "
			 "CAP_NET_RAW)",
			 options->interface);
		break;
	default:
		snprintf(error, error_size, "%s on %s cannot be opened: %s",
			 own, options->interface, strerror(reason));
	}
}

static int udp_open(const struct link_place *place, struct link_opened *opened,
		    char *error, size_t error_size)
{
	struct udp_options options;
	union address own, peer;
	socklen_t size;
	unsigned index;
	int fd, reason;

	memcpy(&options, place->bytes, sizeof(options));
	options.interface[sizeof(options.interface) - 1] = '\0';
	index = if_nametoindex(options.interface);
	size = address_make(&own, &options.own, options.port, index);
	address_make(&peer, &options.peer, options.port, index);
	fd = socket(own.any.sa_family,
		    SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	/* what comes in before it is connected, udp_take() throws away */
	if (fd >= 0 && socket_prepare(fd, &options) == 0 &&
	    bind(fd, &own.any, size) == 0 &&
	    connect(fd, &peer.any, size) == 0) {
		opened->fds[0] = fd;
		opened->count = 1;
		return 0;
	}
	reason = errno;
	if (fd >= 0)
		close(fd);
	tell_unopened(&options, reason, error, error_size);
	return -1;
}

/* ---- in the main process ---- */

static struct link *udp_create(const struct settings *settings, unsigned link)
{
	const struct settings_link *from = &settings->links[link];
	struct udp *udp = calloc(1, sizeof(*udp));

	if (udp == NULL)
		return NULL;
	udp->link.kind = &link_udp;
	udp->fd = -1;
	snprintf(udp->options.name, sizeof(udp->options.name), "%s",
		 from->name);
	snprintf(udp->options.interface, sizeof(udp->options.interface), "%s",
		 from->interface);
	udp->options.port = from->port;
	udp->options.own = from->addresses[settings->self];
	udp->options.peer = from->addresses[1 - settings->self];
	return &udp->link;
}

static int udp_may_open(const struct settings *settings, unsigned link,
			char *text, size_t size)
{
	(void)settings;
	(void)link;
	(void)text;
	(void)size;
	return 0; /* it takes nothing from anybody */
}

static uint32_t udp_frame_us(const struct settings_link *link,
			     unsigned instances)
{
	(void)link;
	(void)instances;
	return 0; /* a microsecond of any Ethernet */
}

static void udp_describe(const struct link *link, struct link_place *place)
{
	memcpy(place->bytes, &((const struct udp *)link)->options,
	       sizeof(struct udp_options));
}

static unsigned udp_give(struct link *link, int fds[LINK_FDS])
{
	fds[0] = of(link)->fd;
	of(link)->fd = -1;
	return fds[0] >= 0;
}

static void udp_close(struct udp *udp)
{
	if (udp->fd >= 0)
		close(udp->fd);
	udp->fd = -1;
}

static void udp_destroy(struct link *link)
{
	udp_close(of(link));
	free(link);
}

static int udp_fd(const struct link *link)
{
	return ((const struct udp *)link)->fd;
}

static void udp_discard(struct link *link)
{
	uint8_t byte;

	if (of(link)->fd < 0)
		return;
	for (int n = 0; n < UDP_DISCARD_MAX; n++)
		if (recv(of(link)->fd, &byte, sizeof(byte), MSG_DONTWAIT) < 0 &&
		    (errno == EAGAIN || errno == EWOULDBLOCK))
			break;
}

static void udp_take(struct link *link, const struct link_opened *opened)
{
	assert(opened->count == 1);
	udp_close(of(link));
	of(link)->fd = opened->fds[0];
	udp_discard(link);
}

/* Our own address or interface is gone; a new socket will tell which. */
static bool is_lost(int reason)
{
	return reason == EINVAL || reason == EADDRNOTAVAIL ||
	       reason == ENODEV || reason == ENXIO || reason == ENETDOWN ||
	       reason == ENETUNREACH || reason == EBADF;
}

/*
 * A second try: an ICMP error, forged or not, fails the one next send, and must
 * not cost a beat. What the local machine says of this one stands.
 */
static enum link_sent udp_send(struct link *link, const uint8_t *wire,
			       size_t size)
{
	for (int n = 0; n < 2; n++) {
		if (send(of(link)->fd, wire, size,
			 MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
			link->counters.tx++;
			return LINK_SENT;
		}
		if (is_lost(errno))
			return LINK_LOST;
	}
	/* the queue is full, or a local firewall drops it */
	link->counters.dropped++;
	return LINK_BUSY;
}

static enum link_sent udp_send_low(struct link *link, const uint8_t *wire,
				   size_t size)
{
	if (send(of(link)->fd, wire, size, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		return LINK_SENT;
	/* a beat will tell whether it is lost */
	return LINK_BUSY;
}

static int udp_receive(struct link *link,
		       void (*take)(void *arg, const uint8_t *frame,
				    size_t size),
		       void *arg, char *error, size_t error_size)
{
	uint8_t bytes[BEAT_WIRE_MAX];

	for (int n = 0; n < UDP_READS_MAX; n++) {
		ssize_t got = recv(of(link)->fd, bytes, sizeof(bytes),
				   MSG_DONTWAIT | MSG_TRUNC);

		if (got < 0 && errno == EAGAIN)
			return 0;
		if (got < 0 && errno == EBADF) {
			snprintf(error, error_size, "it is not open");
			return -1;
		}
		if (got < 0)
			continue; /* an ICMP error: see above */
		link->counters.rx++;
		/* exactly one frame, its delimiter last; else none */
		if (got < 1 || (size_t)got > sizeof(bytes) || bytes[got - 1])
			got = 1;
		take(arg, bytes, (size_t)got - 1);
		/* an event of a frame may have lost us the link */
		if (of(link)->fd < 0)
			return 0;
	}
	return 1;
}

const struct link_kind link_udp = {
	.type = "udp",
	.words = {.lost = "sending failed: its address or interface is gone; "
			  "it is opened again as soon as it is back",
		  .down = "check the cable, the other end and a firewall "
			  "between them",
		  .half = "does a firewall, here or there, drop our datagrams?",
		  .never = "check interface, addresses, port and firewall on "
			   "both nodes",
		  .noise = "another program on the port?",
		  .other = "the same version on both nodes? nothing else on "
			   "the port?",
		  .loop = "something sends our datagrams back"},
	.frame_us = udp_frame_us,
	.may_open = udp_may_open,
	.create = udp_create,
	.describe = udp_describe,
	.open = udp_open,
	.take = udp_take,
	.give = udp_give,
	.fd = udp_fd,
	.discard = udp_discard,
	.destroy = udp_destroy,
	.send = udp_send,
	.send_low = udp_send_low,
	.receive = udp_receive,
};
