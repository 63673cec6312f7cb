/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Batches, dumps and notifications over rtnetlink. Must never wait for long:
 * every receive has a limit, and every answer is matched by its sequence.
 */
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "../base/dump_end.h"
#include "netlink.h"

/* Room for the notifications of the largest pair's worth of addresses. */
#define BUFFER_SIZE (8 * 1024 * 1024)
/* Kernel headers before 5.18 lack them. */
#define ATTRIBUTE_PROTOCOL 11 /* IFA_PROTO */
#define DUMPS_MAX	   5
#define NOTICES_MAX	   512
#define ANSWER_S	   2

/* Two: an answer may be awaited while a notice is looked at. */
union netlink_buffer {
	struct nlmsghdr head;
	uint8_t bytes[65536];
};
static union netlink_buffer netlink_answer, netlink_notice;

/*
 * The keeper's own renewals come back as RTM_NEWADDR, a thousand at a time,
 * and tell nothing; what others add does (R17.1). BPF loads big-endian, the
 * fields are in host order.
 */
static int netlink_ignore_own(int fd, uint32_t port)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS,
			 offsetof(struct nlmsghdr, nlmsg_type)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
			 __builtin_bswap16(RTM_NEWADDR), 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct nlmsghdr, nlmsg_pid)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __builtin_bswap32(port), 0,
			 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
	};
	struct sock_fprog program = {.len = sizeof(code) / sizeof(code[0]),
				     .filter = code};

	if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__) {
		code[1].k = RTM_NEWADDR;
		code[3].k = port;
	}
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
			  sizeof(program));
}

static void netlink_enlarge(int fd)
{
	const int size = BUFFER_SIZE;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

static int netlink_fail(const char *what, const char *why, char *error,
			size_t error_size)
{
	snprintf(error, error_size, "netlink: cannot %s: %s", what, why);
	return -1;
}

int netlink_open(struct netlink *netlink, bool both_families, char *error,
		 size_t error_size)
{
	const struct timeval limit = {.tv_sec = ANSWER_S};
	const int on = 1;
	int code;

	memset(netlink, 0, sizeof(*netlink));
	netlink->both_families = both_families;
	netlink->asking = nl_socket_alloc();
	netlink->watching = nl_socket_alloc();
	netlink->scratch = nlmsg_alloc_size(NETLINK_REQUEST_MAX);
	if (!netlink->asking || !netlink->watching || !netlink->scratch)
		return netlink_fail("start", strerror(ENOMEM), error,
				    error_size);
	code = nl_connect(netlink->asking, NETLINK_ROUTE);
	if (code == 0)
		code = nl_connect(netlink->watching, NETLINK_ROUTE);
	if (code < 0)
		return netlink_fail("open a socket", nl_geterror(code), error,
				    error_size);
	netlink->fd = nl_socket_get_fd(netlink->asking);
	netlink->watch_fd = nl_socket_get_fd(netlink->watching);
	netlink->port = nl_socket_get_local_port(netlink->asking);
	netlink_enlarge(netlink->fd);
	netlink_enlarge(netlink->watch_fd);
	setsockopt(netlink->fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	setsockopt(netlink->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (netlink_ignore_own(netlink->watch_fd, netlink->port) != 0)
		return netlink_fail("attach a filter", strerror(errno), error,
				    error_size);
	code = nl_socket_add_memberships(netlink->watching, RTNLGRP_LINK,
					 RTNLGRP_IPV4_IFADDR, 0);
	if (code == 0 && both_families)
		code = nl_socket_add_memberships(netlink->watching,
						 RTNLGRP_IPV6_IFADDR, 0);
	if (code < 0)
		return netlink_fail("hear of changes", nl_geterror(code), error,
				    error_size);
	return 0;
}

int netlink_add_v6(struct netlink *netlink)
{
	if (netlink->both_families)
		return 0;
	if (nl_socket_add_memberships(netlink->watching, RTNLGRP_IPV6_IFADDR,
				      0) < 0)
		return -1;
	netlink->both_families = true;
	return 0;
}

/* ---- asking ---- */

void netlink_start(struct netlink *netlink, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *head = nlmsg_hdr(netlink->scratch);

	head->nlmsg_len = NLMSG_HDRLEN;
	head->nlmsg_type = type;
	head->nlmsg_flags = NLM_F_REQUEST | flags;
	head->nlmsg_seq = ++netlink->sequence;
	head->nlmsg_pid = netlink->port;
}

static void netlink_begin(struct netlink *netlink, uint16_t type,
			  uint16_t flags, const struct netlink_address *address)
{
	bool is_v4 = ip_is_v4(&address->ip);
	int size = is_v4 ? 4 : 16;
	const uint8_t *ip = address->ip.bytes + 16 - size;
	struct ifaddrmsg body = {.ifa_family = is_v4 ? AF_INET : AF_INET6,
				 .ifa_prefixlen = address->prefix,
				 .ifa_scope = RT_SCOPE_UNIVERSE,
				 .ifa_index = address->index};

	netlink_start(netlink, type, flags);
	nlmsg_append(netlink->scratch, &body, sizeof(body), NLMSG_ALIGNTO);
	nla_put(netlink->scratch, IFA_LOCAL, size, ip);
	nla_put(netlink->scratch, IFA_ADDRESS, size, ip);
}

void netlink_put(struct netlink *netlink)
{
	const struct nlmsghdr *head = nlmsg_hdr(netlink->scratch);

	assert(netlink->count < NETLINK_BATCH_MAX);
	memcpy(netlink->batch + netlink->used, head, head->nlmsg_len);
	netlink->last = netlink->used;
	netlink->used += NLMSG_ALIGN(head->nlmsg_len);
	netlink->count++;
}

void netlink_put_new(struct netlink *netlink, enum netlink_how how,
		     const struct netlink_address *address, const char *label)
{
	bool is_v4 = ip_is_v4(&address->ip);
	/*
	 * IPv6: no duplicate address detection, it would keep the address from
	 * answering for a second and more; and deprecated (RFC 4862 5.5.4) from
	 * the beginning, so that no connection of the machine's own starts from
	 * what is another node's tomorrow.
	 */
	struct ifa_cacheinfo lifetime = {.ifa_prefered =
						 is_v4 ? address->valid_s : 0,
					 .ifa_valid = address->valid_s};
	uint32_t flags = is_v4 ? 0 : IFA_F_NODAD;

	netlink_begin(netlink, RTM_NEWADDR,
		      how == NETLINK_NEW ? NLM_F_CREATE | NLM_F_EXCL
					 : NLM_F_REPLACE,
		      address);
	/*
	 * Linux adds an address also where NLM_F_CREATE is missing ("userspace
	 * already relies on not having to provide this"). With this flag it
	 * joins a multicast group of the address before it adds it, which for a
	 * VIP is EINVAL; one that is there keeps its flags, and is renewed.
	 */
	if (how == NETLINK_RENEW)
		flags |= IFA_F_MCAUTOJOIN;
	if (flags != 0)
		nla_put(netlink->scratch, IFA_FLAGS, sizeof(flags), &flags);
	if (is_v4 && label[0] != '\0')
		nla_put_string(netlink->scratch, IFA_LABEL, label);
	nla_put(netlink->scratch, IFA_CACHEINFO, sizeof(lifetime), &lifetime);
	/* libnl 3.7 knows no IFA_PROTO; older kernels ignore it */
	nla_put_u8(netlink->scratch, ATTRIBUTE_PROTOCOL, address->protocol);
	netlink_put(netlink);
}

void netlink_put_delete(struct netlink *netlink,
			const struct netlink_address *address)
{
	netlink_begin(netlink, RTM_DELADDR, 0, address);
	netlink_put(netlink);
}

void netlink_put_promote(struct netlink *netlink, unsigned index, bool on)
{
	struct ifinfomsg body = {.ifi_family = AF_UNSPEC,
				 .ifi_index = (int)index};
	struct nlattr *all, *family, *list;

	netlink_start(netlink, RTM_SETLINK, 0);
	nlmsg_append(netlink->scratch, &body, sizeof(body), NLMSG_ALIGNTO);
	all = nla_nest_start(netlink->scratch, IFLA_AF_SPEC);
	family = nla_nest_start(netlink->scratch, AF_INET);
	list = nla_nest_start(netlink->scratch, IFLA_INET_CONF);
	nla_put_u32(netlink->scratch, IPV4_DEVCONF_PROMOTE_SECONDARIES, on);
	nla_nest_end(netlink->scratch, list);
	nla_nest_end(netlink->scratch, family);
	nla_nest_end(netlink->scratch, all);
	netlink_put(netlink);
}

static int netlink_send(int fd, const void *bytes, size_t size)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};

	return sendto(fd, bytes, size, 0, (struct sockaddr *)&kernel,
		      sizeof(kernel)) == (ssize_t)size
		       ? 0
		       : -1;
}

/* Bytes of one read from the kernel; 0 for somebody else's, -1 with errno. */
static ssize_t netlink_receive(int fd, union netlink_buffer *buffer, int flags)
{
	struct sockaddr_nl from = {.nl_pid = 1};
	socklen_t size = sizeof(from);
	ssize_t n;

	do
		n = recvfrom(fd, buffer->bytes, sizeof(buffer->bytes),
			     flags | MSG_TRUNC, (struct sockaddr *)&from,
			     &size);
	while (n < 0 && errno == EINTR);
	if (n > (ssize_t)sizeof(buffer->bytes)) {
		errno = EMSGSIZE;
		return -1;
	}
	return n > 0 && from.nl_pid != 0 ? 0 : n;
}

static int netlink_error_of(const struct nlmsghdr *head)
{
	struct nlmsgerr error;

	if (head->nlmsg_len < NLMSG_LENGTH(sizeof(error)))
		return EPROTO;
	memcpy(&error, nlmsg_data(head), sizeof(error));
	return -error.error;
}

/*
 * Only the last request asks for an answer: the kernel also answers, asked or
 * not, each one that fails.
 */
static int netlink_exchange(struct netlink *netlink, uint32_t first,
			    int *results)
{
	ssize_t n;

	if (netlink_send(netlink->fd, netlink->batch, netlink->used) != 0)
		return -1;
	while ((n = netlink_receive(netlink->fd, &netlink_answer, 0)) >= 0) {
		int left = (int)n;

		for (struct nlmsghdr *head = &netlink_answer.head;
		     nlmsg_ok(head, left); head = nlmsg_next(head, &left)) {
			uint32_t which = head->nlmsg_seq - first;

			if (head->nlmsg_type != NLMSG_ERROR ||
			    which >= netlink->count)
				continue; /* an answer to an older request */
			results[which] = netlink_error_of(head);
			if (which == netlink->count - 1)
				return 0;
		}
	}
	return -1;
}

int netlink_carry_out(struct netlink *netlink, int *results)
{
	struct nlmsghdr *last =
		(struct nlmsghdr *)(void *)(netlink->batch + netlink->last);
	unsigned count = netlink->count;
	int result = 0;

	if (count == 0)
		return 0;
	last->nlmsg_flags |= NLM_F_ACK;
	memset(results, 0, count * sizeof(*results));
	if (netlink_exchange(netlink, last->nlmsg_seq - count + 1, results)) {
		for (unsigned i = 0; i < count; i++)
			results[i] = ETIMEDOUT;
		result = -1;
	}
	netlink->count = 0;
	netlink->used = 0;
	return result;
}

int netlink_put_back(struct netlink *netlink, const struct nlmsghdr *notice)
{
	struct nlmsghdr *head = (struct nlmsghdr *)(void *)netlink->batch;
	int result;

	assert(netlink->count == 0);
	if (notice->nlmsg_len > sizeof(netlink->batch))
		return EMSGSIZE;
	memcpy(head, notice, notice->nlmsg_len);
	head->nlmsg_type = RTM_NEWADDR;
	head->nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL;
	head->nlmsg_seq = ++netlink->sequence;
	head->nlmsg_pid = netlink->port;
	netlink->count = 1;
	netlink->used = NLMSG_ALIGN(notice->nlmsg_len);
	netlink->last = 0;
	netlink_carry_out(netlink, &result);
	return result;
}

/* ---- what the kernel says ---- */

static bool netlink_read_address(struct nlmsghdr *head,
				 struct netlink_address *address)
{
	struct nlattr *attributes[ATTRIBUTE_PROTOCOL + 1];
	struct ifa_cacheinfo lifetime;
	const struct ifaddrmsg *body = nlmsg_data(head);
	struct nlattr *local;
	struct ip ip = ip_from_v4(0);
	int size = body->ifa_family == AF_INET ? 4 : 16;

	if (nlmsg_parse(head, sizeof(*body), attributes, ATTRIBUTE_PROTOCOL,
			NULL) < 0 ||
	    (body->ifa_family != AF_INET && body->ifa_family != AF_INET6))
		return false;
	/* IPv6 has IFA_LOCAL only beside another end's IFA_ADDRESS */
	local = attributes[IFA_LOCAL];
	if (local == NULL && body->ifa_family == AF_INET6)
		local = attributes[IFA_ADDRESS];
	if (local == NULL || nla_len(local) != size)
		return false;
	memcpy(ip.bytes + sizeof(ip.bytes) - size, nla_data(local),
	       (size_t)size);
	*address = (struct netlink_address){
		.ip = ip,
		.index = body->ifa_index,
		.prefix = body->ifa_prefixlen,
		.valid_s = NETLINK_FOREVER,
		.secondary = body->ifa_family == AF_INET &&
			     (body->ifa_flags & IFA_F_SECONDARY) != 0};
	if (attributes[ATTRIBUTE_PROTOCOL] != NULL &&
	    nla_len(attributes[ATTRIBUTE_PROTOCOL]) >= 1)
		address->protocol = nla_get_u8(attributes[ATTRIBUTE_PROTOCOL]);
	if (attributes[IFA_CACHEINFO] != NULL &&
	    nla_len(attributes[IFA_CACHEINFO]) >= (int)sizeof(lifetime)) {
		memcpy(&lifetime, nla_data(attributes[IFA_CACHEINFO]),
		       sizeof(lifetime));
		address->valid_s = lifetime.ifa_valid;
	}
	return true;
}

bool netlink_link_is_named(const struct netlink_link *link, const char *name)
{
	struct nlattr *at;
	int left;

	if (strcmp(link->name, name) == 0)
		return true;
	if (link->names == NULL)
		return false;
	nla_for_each_nested(
		at, link->names,
		left) if (nla_type(at) == IFLA_ALT_IFNAME && nla_len(at) > 0 &&
			  strncmp(nla_data(at), name, (size_t)nla_len(at)) ==
				  0) return true;
	return false;
}

/*
 * Does such a device speak ARP unless it is told not to? A card has no kind;
 * dummy, vrf, ipvlan and tunnels have none of it from birth.
 */
static bool netlink_kind_speaks_arp(struct nlattr *info)
{
	static const char *const speaking[] = {"veth", "bond",	  "bridge",
					       "vlan", "macvlan", "team"};
	struct nlattr *attributes[IFLA_INFO_MAX + 1];
	const char *kind;

	if (info == NULL)
		return true;
	if (nla_parse_nested(attributes, IFLA_INFO_MAX, info, NULL) < 0)
		return false;
	if (attributes[IFLA_INFO_KIND] == NULL)
		return true; /* of a bond's slave: about its master only */
	kind = nla_get_string(attributes[IFLA_INFO_KIND]);
	for (size_t i = 0; i < sizeof(speaking) / sizeof(speaking[0]); i++)
		if (strcmp(kind, speaking[i]) == 0)
			return true;
	return false;
}

static bool netlink_read_link(struct nlmsghdr *head, struct netlink_link *link)
{
	const unsigned up = IFF_UP | IFF_RUNNING | IFF_LOWER_UP;
	struct nlattr *attributes[IFLA_MAX + 1];
	const struct ifinfomsg *body = nlmsg_data(head);
	struct nlattr *mac;

	if (nlmsg_parse(head, sizeof(*body), attributes, IFLA_MAX, NULL) < 0 ||
	    attributes[IFLA_IFNAME] == NULL)
		return false;
	/* A bridge tells of its ports in AF_BRIDGE messages. */
	if (body->ifi_family != AF_UNSPEC)
		return false;
	*link = (struct netlink_link){
		.name = nla_get_string(attributes[IFLA_IFNAME]),
		.index = (unsigned)body->ifi_index,
		.is_gone = head->nlmsg_type == RTM_DELLINK,
		.is_up = head->nlmsg_type != RTM_DELLINK &&
			 (body->ifi_flags & up) == up};
	link->names = attributes[IFLA_PROP_LIST];
	mac = attributes[IFLA_ADDRESS];
	if (mac != NULL && nla_len(mac) == sizeof(link->mac)) {
		memcpy(link->mac, nla_data(mac), sizeof(link->mac));
		link->is_ethernet = body->ifi_type == ARPHRD_ETHER &&
				    (body->ifi_flags & IFF_NOARP) == 0;
		link->is_arp_off =
			body->ifi_type == ARPHRD_ETHER &&
			(body->ifi_flags & IFF_NOARP) != 0 &&
			netlink_kind_speaks_arp(attributes[IFLA_LINKINFO]);
	}
	return true;
}

static void netlink_hand_over(struct nlmsghdr *head,
			      const struct netlink_visitor *visitor)
{
	struct netlink_address address;
	struct netlink_link link;

	switch (head->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		if (visitor->link && netlink_read_link(head, &link))
			visitor->link(visitor->arg, &link);
		break;
	case RTM_NEWADDR:
		if (!(visitor->address || visitor->came) ||
		    !netlink_read_address(head, &address))
			break;
		if (visitor->address)
			visitor->address(visitor->arg, &address);
		if (visitor->came)
			visitor->came(visitor->arg, &address, head->nlmsg_pid);
		break;
	case RTM_DELADDR:
		if (visitor->gone && netlink_read_address(head, &address))
			visitor->gone(visitor->arg, &address, head->nlmsg_pid,
				      head);
		break;
	default:
		break;
	}
}

/* 0 complete; 1 changed under our eyes (ask again); -1 failed. */
static int netlink_read_dump(struct netlink *netlink, uint32_t sequence,
			     const struct netlink_visitor *visitor)
{
	bool torn = false;
	ssize_t n;

	while ((n = netlink_receive(netlink->fd, &netlink_answer, 0)) >= 0) {
		int left = (int)n;

		for (struct nlmsghdr *head = &netlink_answer.head;
		     nlmsg_ok(head, left); head = nlmsg_next(head, &left)) {
			if (head->nlmsg_seq != sequence)
				continue;
			torn |= (head->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
			if (head->nlmsg_type == NLMSG_DONE)
				return dump_end_error(head) == 0 ? torn : -1;
			if (head->nlmsg_type == NLMSG_ERROR)
				return -1;
			netlink_hand_over(head, visitor);
		}
	}
	return -1;
}

static int netlink_dump(struct netlink *netlink, uint16_t type,
			const struct netlink_visitor *visitor)
{
	struct {
		struct nlmsghdr head;
		union {
			struct ifinfomsg link;
			struct ifaddrmsg address;
		} body;
	} request = {.head = {.nlmsg_type = type,
			      .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP}};

	if (type == RTM_GETADDR) {
		request.body.address.ifa_family =
			netlink->both_families ? AF_UNSPEC : AF_INET;
		request.head.nlmsg_len =
			NLMSG_LENGTH(sizeof(request.body.address));
	} else {
		request.head.nlmsg_len =
			NLMSG_LENGTH(sizeof(request.body.link));
	}
	request.head.nlmsg_seq = ++netlink->sequence;
	if (netlink_send(netlink->fd, &request, request.head.nlmsg_len) != 0)
		return -1;
	return netlink_read_dump(netlink, request.head.nlmsg_seq, visitor);
}

int netlink_dump_links(struct netlink *netlink,
		       const struct netlink_visitor *visitor)
{
	int result = 1;

	for (int i = 0; i < DUMPS_MAX && result == 1; i++)
		result = netlink_dump(netlink, RTM_GETLINK, visitor);
	return result == 0 ? 0 : -1;
}

int netlink_dump_addresses(struct netlink *netlink,
			   const struct netlink_visitor *visitor)
{
	/* One try: the visitor counts, and must know where counting began. */
	return netlink_dump(netlink, RTM_GETADDR, visitor) == 0 ? 0 : -1;
}

int netlink_watch(struct netlink *netlink,
		  const struct netlink_visitor *visitor)
{
	ssize_t n;

	for (int i = 0; i < NOTICES_MAX; i++) {
		int left;

		n = netlink_receive(netlink->watch_fd, &netlink_notice,
				    MSG_DONTWAIT);
		if (n < 0)
			return errno == EAGAIN ? 0 : -1;
		left = (int)n;
		for (struct nlmsghdr *head = &netlink_notice.head;
		     nlmsg_ok(head, left); head = nlmsg_next(head, &left))
			netlink_hand_over(head, visitor);
	}
	return 1;
}
