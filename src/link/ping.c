/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ping.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

/* RFC 792, RFC 4443 4.1: the same eight bytes in both families. */
struct echo {
	uint8_t type, code;
	uint16_t checksum;
	uint16_t id, sequence;
	uint8_t data[24];
} __attribute__((packed));

#define DATA "twinbeat asks you"

static int keep_replies_only(int fd, bool is_v6)
{
	if (is_v6) {
		struct icmp6_filter filter;

		ICMP6_FILTER_SETBLOCKALL(&filter);
		ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &filter);
		return setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter,
				  sizeof(filter));
	} else {
		/* a bit that is set keeps its type out */
		struct icmp_filter filter = {.data = ~(1u << ICMP_ECHOREPLY)};

		return setsockopt(fd, SOL_RAW, ICMP_FILTER, &filter,
				  sizeof(filter));
	}
}

int ping_open(bool is_v6)
{
	int fd = socket(is_v6 ? AF_INET6 : AF_INET,
			SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
			is_v6 ? (int)IPPROTO_ICMPV6 : (int)IPPROTO_ICMP);
	int error;

	if (fd < 0 || keep_replies_only(fd, is_v6) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

/* RFC 1071 */
static uint16_t checksum(const struct echo *echo)
{
	uint16_t words[sizeof(*echo) / sizeof(uint16_t)];
	uint32_t sum = 0;

	memcpy(words, echo, sizeof(words));
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		sum += ntohs(words[i]);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

/* The source is an item of control beside the message. */
static void set_source(struct msghdr *message, int level, int type,
		       const void *info, size_t size)
{
	struct cmsghdr *item = message->msg_control;

	item->cmsg_level = level;
	item->cmsg_type = type;
	item->cmsg_len = CMSG_LEN(size);
	memcpy(CMSG_DATA(item), info, size);
	message->msg_controllen = CMSG_SPACE(size);
}

#define CONTROL_MAX CMSG_SPACE(sizeof(struct in6_pktinfo))

static int ask_v4(int fd, const struct ip *to, const struct ip *source,
		  struct echo *echo)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(ip_to_v4(to))};
	const struct in_pktinfo info = {.ipi_spec_dst.s_addr =
						htonl(ip_to_v4(source))};
	_Alignas(struct cmsghdr) char control[CONTROL_MAX] = {0};
	struct iovec piece = {.iov_base = echo, .iov_len = sizeof(*echo)};
	struct msghdr message = {.msg_name = &address,
				 .msg_namelen = sizeof(address),
				 .msg_iov = &piece,
				 .msg_iovlen = 1,
				 .msg_control = control};

	if (!ip_is_none(source))
		set_source(&message, IPPROTO_IP, IP_PKTINFO, &info,
			   sizeof(info));
	echo->type = ICMP_ECHO;
	echo->checksum = checksum(echo);
	return sendmsg(fd, &message, 0) < 0 ? -1 : 0;
}

/* The kernel makes the checksum, which has both addresses in it. */
static int ask_v6(int fd, const struct ip *to, unsigned interface,
		  const struct ip *source, struct echo *echo)
{
	struct sockaddr_in6 address = {.sin6_family = AF_INET6,
				       .sin6_scope_id = interface};
	struct in6_pktinfo info = {.ipi6_ifindex = interface};
	_Alignas(struct cmsghdr) char control[CONTROL_MAX] = {0};
	struct iovec piece = {.iov_base = echo, .iov_len = sizeof(*echo)};
	struct msghdr message = {.msg_name = &address,
				 .msg_namelen = sizeof(address),
				 .msg_iov = &piece,
				 .msg_iovlen = 1,
				 .msg_control = control};

	memcpy(&address.sin6_addr, to->bytes, sizeof(to->bytes));
	memcpy(&info.ipi6_addr, source->bytes, sizeof(source->bytes));
	if (!ip_is_none(source))
		set_source(&message, IPPROTO_IPV6, IPV6_PKTINFO, &info,
			   sizeof(info));
	echo->type = ICMP6_ECHO_REQUEST;
	return sendmsg(fd, &message, 0) < 0 ? -1 : 0;
}

int ping_ask(int fd, const struct ip *to, unsigned interface,
	     const struct ip *source, uint16_t id, uint16_t sequence)
{
	struct echo echo = {
		.id = htons(id), .sequence = htons(sequence), .data = DATA};

	return ip_is_v4(to) ? ask_v4(fd, to, source, &echo)
			    : ask_v6(fd, to, interface, source, &echo);
}

/* Where the echo begins: a raw socket for IPv4 gives the IP header as well. */
static size_t header_size(const uint8_t *bytes, size_t size, bool is_v6)
{
	if (is_v6 || size == 0)
		return 0;
	return (bytes[0] & 15u) * 4u;
}

bool ping_read(int fd, bool is_v6, uint16_t id, struct ip *from,
	       uint16_t *sequence)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} address = {.v6 = {.sin6_family = AF_UNSPEC}};
	uint8_t bytes[256];
	struct echo echo;

	for (;;) {
		socklen_t address_size = sizeof(address);
		ssize_t got = recvfrom(fd, bytes, sizeof(bytes), 0,
				       &address.any, &address_size);
		size_t header;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return false;
		header = header_size(bytes, (size_t)got, is_v6);
		if ((size_t)got < header + sizeof(echo))
			continue;
		memcpy(&echo, bytes + header, sizeof(echo));
		if (echo.type != (is_v6 ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY) ||
		    ntohs(echo.id) != id)
			continue;
		if (is_v6)
			memcpy(from->bytes, &address.v6.sin6_addr,
			       sizeof(from->bytes));
		else
			*from = ip_from_v4(ntohl(address.v4.sin_addr.s_addr));
		*sequence = ntohs(echo.sequence);
		return true;
	}
}
