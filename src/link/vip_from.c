/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Route queries as if a packet had come in (RTA_IIF): what the kernel asks
 * itself before it answers ARP. One question, one answer, at once; what is not
 * answered is unknown.
 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vip_look.h"

#define ATTRIBUTES 3

struct query {
	struct nlmsghdr head;
	struct rtmsg route;
	uint8_t attributes[ATTRIBUTES * RTA_SPACE(sizeof(uint32_t))];
};

struct found {
	int error; /* errno; else the rest holds */
	unsigned char type;
	uint32_t output;
	bool by_gateway;
};

static void put(struct query *query, unsigned short type, const void *value)
{
	struct rtattr head = {.rta_len = RTA_LENGTH(sizeof(uint32_t)),
			      .rta_type = type};
	uint8_t *at = (uint8_t *)query + NLMSG_ALIGN(query->head.nlmsg_len);

	memcpy(at, &head, sizeof(head));
	memcpy(at + RTA_LENGTH(0), value, sizeof(uint32_t));
	query->head.nlmsg_len += RTA_SPACE(sizeof(uint32_t));
}

static void read_route(struct nlmsghdr *head, struct found *found)
{
	struct rtmsg route;
	int left = (int)head->nlmsg_len - (int)NLMSG_LENGTH(sizeof(route));

	memcpy(&route, NLMSG_DATA(head), sizeof(route));
	found->type = route.rtm_type;
	for (struct rtattr *at = RTM_RTA(NLMSG_DATA(head)); RTA_OK(at, left);
	     at = RTA_NEXT(at, left)) {
		if (at->rta_type == RTA_OIF &&
		    RTA_PAYLOAD(at) == sizeof(found->output))
			memcpy(&found->output, RTA_DATA(at),
			       sizeof(found->output));
		found->by_gateway |=
			at->rta_type == RTA_GATEWAY || at->rta_type == RTA_VIA;
	}
}

static bool ask(struct vip_look *look, struct query *query, struct found *found)
{
	union {
		struct nlmsghdr head;
		uint8_t bytes[2048];
	} buffer;
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	struct nlmsgerr error;
	ssize_t n;

	*found = (struct found){.error = ENODATA};
	query->head.nlmsg_type = RTM_GETROUTE;
	query->head.nlmsg_flags = NLM_F_REQUEST;
	query->head.nlmsg_seq = look->sequence++;
	if (look->fd < 0 ||
	    sendto(look->fd, query, query->head.nlmsg_len, MSG_DONTWAIT,
		   (struct sockaddr *)&kernel,
		   sizeof(kernel)) != (ssize_t)query->head.nlmsg_len)
		return false;
	while ((n = recv(look->fd, buffer.bytes, sizeof(buffer.bytes),
			 MSG_DONTWAIT)) > 0) {
		if (!NLMSG_OK(&buffer.head, (size_t)n) ||
		    buffer.head.nlmsg_seq != query->head.nlmsg_seq)
			continue; /* of a question before */
		if (buffer.head.nlmsg_type == NLMSG_ERROR &&
		    buffer.head.nlmsg_len >= NLMSG_LENGTH(sizeof(error))) {
			memcpy(&error, NLMSG_DATA(&buffer.head), sizeof(error));
			found->error = -error.error;
			return true;
		}
		if (buffer.head.nlmsg_type == RTM_NEWROUTE &&
		    buffer.head.nlmsg_len >=
			    NLMSG_LENGTH(sizeof(struct rtmsg))) {
			found->error = 0;
			read_route(&buffer.head, found);
			return true;
		}
	}
	return false;
}

static struct query query_for(const struct ip *ip)
{
	struct query query = {
		.head.nlmsg_len = NLMSG_LENGTH(sizeof(struct rtmsg)),
		.route = {.rtm_family = AF_INET, .rtm_dst_len = 32}};

	put(&query, RTA_DST, ip->bytes + 12);
	return query;
}

enum vip_answer vip_look_from(struct vip_look *look, const struct ip *vip,
			      unsigned index, const struct ip *asker)
{
	struct query query = query_for(vip);
	uint32_t input = index;
	struct found found;

	query.route.rtm_src_len = 32;
	put(&query, RTA_SRC, asker->bytes + 12);
	put(&query, RTA_IIF, &input);
	if (!ask(look, &query, &found))
		return VIP_UNKNOWN;
	switch (found.error) {
	case 0:
		return found.type == RTN_LOCAL ? VIP_HELD : VIP_GONE;
	case ENETUNREACH:
	case EHOSTUNREACH:
	case EACCES:
	case EINVAL:
	case EXDEV: /* rp_filter */
		return VIP_GONE;
	default:
		return VIP_UNKNOWN;
	}
}

bool vip_look_is_neighbour(struct vip_look *look, const struct ip *ip,
			   unsigned index)
{
	struct query query = query_for(ip);
	struct found found;

	return ask(look, &query, &found) && found.error == 0 &&
	       found.type == RTN_UNICAST && found.output == index &&
	       !found.by_gateway;
}
