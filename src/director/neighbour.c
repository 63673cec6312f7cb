/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the kernel knows of the way to a real server on a network of this node.
 * A server that was replaced has another MAC, and may tell nobody. The kernel
 * believes the old one for up to 53 s (45 s reachable, 5 s delay, 3 questions;
 * net/core/neighbour.c), and sends checks and clients to nowhere. Asked for it,
 * it looks anew: by 3 questions to the MAC that it knows, and once these are
 * not answered by asking all.
 */
#include "director.h"

#include <arpa/inet.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_SIZE 2048

/* What only time has made true. */
#define NUD_BY_TIME (NUD_REACHABLE | NUD_STALE | NUD_DELAY)

struct answer {
	_Alignas(struct nlmsghdr) char bytes[ANSWER_SIZE];
};

/* Sends it, and frees it. False: it was not made, or not taken. */
static bool tell(int fd, struct nl_msg *message)
{
	bool is_sent =
		message != NULL && send(fd, nlmsg_hdr(message),
					nlmsg_hdr(message)->nlmsg_len, 0) >= 0;

	nlmsg_free(message);
	return is_sent;
}

/* The kernel answers within the call that asks. NULL: no, or not this. */
static struct nlmsghdr *ask(int fd, struct nl_msg *message,
			    struct answer *answer, int type)
{
	struct nlmsghdr *header = (struct nlmsghdr *)answer->bytes;
	ssize_t got;

	if (!tell(fd, message))
		return NULL;
	got = recv(fd, answer->bytes, sizeof(answer->bytes), MSG_DONTWAIT);
	if (got < 0 || !nlmsg_ok(header, (int)got) ||
	    header->nlmsg_type != type)
		return NULL;
	return header;
}

static struct nl_msg *make(int type, int flags, const void *header, size_t size,
			   int attribute, const struct ip *ip)
{
	struct nl_msg *message =
		nlmsg_alloc_simple(type, NLM_F_REQUEST | flags);
	uint32_t v4 = htonl(ip_to_v4(ip));
	bool is_v4 = ip_is_v4(ip);

	if (message == NULL)
		return NULL;
	/* there is room for a page of it */
	(void)nlmsg_append(message, (void *)(uintptr_t)header, size,
			   NLMSG_ALIGNTO);
	(void)nla_put(message, attribute, is_v4 ? 4 : 16,
		      is_v4 ? (const void *)&v4 : ip->bytes);
	return message;
}

/* On which card it is; 0: behind a gateway, here, or nowhere. */
static int card_of(int fd, const struct ip *ip, unsigned char family)
{
	const struct rtmsg wanted = {.rtm_family = family,
				     .rtm_dst_len = ip_is_v4(ip) ? 32 : 128};
	struct nlattr *of[RTA_MAX + 1];
	struct answer answer;
	struct nlmsghdr *header = ask(
		fd, make(RTM_GETROUTE, 0, &wanted, sizeof(wanted), RTA_DST, ip),
		&answer, RTM_NEWROUTE);
	const struct rtmsg *route;

	if (header == NULL ||
	    nlmsg_parse(header, sizeof(*route), of, RTA_MAX, NULL) < 0)
		return 0;
	route = nlmsg_data(header);
	if (route->rtm_type != RTN_UNICAST || of[RTA_GATEWAY] != NULL ||
	    of[RTA_VIA] != NULL || of[RTA_OIF] == NULL)
		return 0;
	return (int)nla_get_u32(of[RTA_OIF]);
}

/* Does the kernel believe it because it was so, and not because somebody has
 * said so (permanent, noarp, learned by a routing daemon)? */
static bool is_believed(int fd, const struct ip *ip, struct ndmsg *wanted)
{
	struct answer answer;
	struct nlmsghdr *header = ask(
		fd, make(RTM_GETNEIGH, 0, wanted, sizeof(*wanted), NDA_DST, ip),
		&answer, RTM_NEWNEIGH);
	const struct ndmsg *found;

	if (header == NULL || header->nlmsg_len < NLMSG_LENGTH(sizeof(*found)))
		return false;
	found = nlmsg_data(header);
	return found->ndm_ifindex == wanted->ndm_ifindex &&
	       (found->ndm_state & NUD_BY_TIME) != 0 &&
	       (found->ndm_flags & (NTF_PROXY | NTF_EXT_LEARNED)) == 0;
}

void neighbour_doubt(const struct ip *ip)
{
	unsigned char family = ip_is_v4(ip) ? AF_INET : AF_INET6;
	struct ndmsg neighbour = {.ndm_family = family};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0)
		return;
	neighbour.ndm_ifindex = card_of(fd, ip, family);
	if (neighbour.ndm_ifindex > 0 && is_believed(fd, ip, &neighbour)) {
		neighbour.ndm_state = NUD_PROBE;
		/* neither made nor replaced: its MAC stays until it is known */
		(void)tell(fd, make(RTM_NEWNEIGH, 0, &neighbour,
				    sizeof(neighbour), NDA_DST, ip));
	}
	close(fd);
}
