/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Routes and rules over rtnetlink: requests for the batch, and what an earlier
 * run has left behind. The kernel removes nothing of another protocol number
 * than the request's: so what others have put there stays.
 */
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <string.h>

#include "../base/dump_end.h"
#include "../ipc/keeper_msg.h"
#include "netlink.h"

/* Kernel headers before 4.20 and 4.17 lack them. */
#define GET_STRICT_CHECK   12 /* NETLINK_GET_STRICT_CHK */
#define ATTRIBUTE_PROTOCOL 21 /* FRA_PROTOCOL */
#define LEFT_MAX	   32 /* removed per dump */
#define DUMPS_MAX	   64

static void put_ip(struct netlink *netlink, int attribute, const struct ip *ip)
{
	int size = ip_is_v4(ip) ? 4 : 16;

	nla_put(netlink->scratch, attribute, size, ip->bytes + 16 - size);
}

void netlink_put_route(struct netlink *netlink, bool add,
		       const struct settings_route *route,
		       const struct way *way, unsigned index)
{
	static const uint8_t types[] = {RTN_UNICAST, RTN_BLACKHOLE,
					RTN_UNREACHABLE, RTN_PROHIBIT};
	struct rtmsg body = {
		.rtm_family = way->is_v6 ? AF_INET6 : AF_INET,
		.rtm_dst_len = way->to.prefix,
		.rtm_protocol = KEEPER_ADDRESS_PROTOCOL,
		.rtm_type = types[route->type % 4],
		/* IPv4: what has no gateway is on the link */
		.rtm_scope = !way->is_v6 && route->type == ROUTE_UNICAST &&
					     ip_is_none(&way->via)
				     ? RT_SCOPE_LINK
				     : RT_SCOPE_UNIVERSE};
	uint32_t table = route->table ? route->table : RT_TABLE_MAIN;

	if (!add && !way->is_v6)
		body.rtm_scope = RT_SCOPE_NOWHERE; /* whatever it has */
	netlink_start(netlink, add ? RTM_NEWROUTE : RTM_DELROUTE,
		      add ? NLM_F_CREATE | NLM_F_EXCL : 0);
	nlmsg_append(netlink->scratch, &body, sizeof(body), NLMSG_ALIGNTO);
	if (way->to.prefix > 0)
		put_ip(netlink, RTA_DST, &way->to.ip);
	if (!ip_is_none(&way->via))
		put_ip(netlink, RTA_GATEWAY, &way->via);
	if (!ip_is_none(&way->source))
		put_ip(netlink, RTA_PREFSRC, &way->source);
	if (index != 0)
		nla_put_u32(netlink->scratch, RTA_OIF, index);
	nla_put_u32(netlink->scratch, RTA_TABLE, table);
	if (route->metric != 0)
		nla_put_u32(netlink->scratch, RTA_PRIORITY, route->metric);
	netlink_put(netlink);
}

void netlink_put_rule(struct netlink *netlink, bool add,
		      const struct settings_rule *rule, const struct bend *bend)
{
	struct fib_rule_hdr body = {.family = bend->is_v6 ? AF_INET6 : AF_INET,
				    .src_len = bend->from.prefix,
				    .dst_len = bend->to.prefix,
				    .action = FR_ACT_TO_TBL};

	netlink_start(netlink, add ? RTM_NEWRULE : RTM_DELRULE,
		      add ? NLM_F_CREATE | NLM_F_EXCL : 0);
	nlmsg_append(netlink->scratch, &body, sizeof(body), NLMSG_ALIGNTO);
	if (bend->from.prefix > 0)
		put_ip(netlink, FRA_SRC, &bend->from.ip);
	if (bend->to.prefix > 0)
		put_ip(netlink, FRA_DST, &bend->to.ip);
	nla_put_u32(netlink->scratch, FRA_TABLE, rule->table);
	nla_put_u32(netlink->scratch, FRA_PRIORITY, rule->priority);
	nla_put_u8(netlink->scratch, ATTRIBUTE_PROTOCOL,
		   KEEPER_ADDRESS_PROTOCOL);
	netlink_put(netlink);
}

/* ---- what an earlier run has left ---- */

struct left {
	struct nl_msg *messages[LEFT_MAX];
	unsigned count;
	int error; /* errno of a dump that the kernel broke off */
};

enum look { LOOK_NONE, LOOK_AGAIN, LOOK_FAILED };

static bool is_ours(struct nlmsghdr *head)
{
	const struct rtmsg *route = nlmsg_data(head);
	struct nlattr *protocol;

	if (head->nlmsg_type == RTM_NEWROUTE)
		return nlmsg_datalen(head) >= (int)sizeof(*route) &&
		       route->rtm_protocol == KEEPER_ADDRESS_PROTOCOL &&
		       !(route->rtm_flags & RTM_F_CLONED);
	if (head->nlmsg_type != RTM_NEWRULE ||
	    nlmsg_datalen(head) < (int)sizeof(struct fib_rule_hdr))
		return false;
	protocol = nlmsg_find_attr(head, sizeof(struct fib_rule_hdr),
				   ATTRIBUTE_PROTOCOL);
	return protocol != NULL && nla_len(protocol) >= 1 &&
	       nla_get_u8(protocol) == KEEPER_ADDRESS_PROTOCOL;
}

static int take_left(struct nl_msg *message, void *arg)
{
	struct left *left = arg;
	struct nlmsghdr *head = nlmsg_hdr(message);
	struct nl_msg *copy;

	if (left->count == LEFT_MAX || !is_ours(head))
		return NL_OK;
	copy = nlmsg_convert(head);
	if (copy != NULL)
		left->messages[left->count++] = copy;
	return NL_OK;
}

static int take_end(struct nl_msg *message, void *arg)
{
	struct left *left = arg;

	left->error = dump_end_error(nlmsg_hdr(message));
	return NL_STOP;
}

/* A kernel without IPv6, or without rules, has none of them. */
static bool is_without(int code, int error)
{
	return code == -NLE_AF_NOSUPPORT || code == -NLE_OPNOTSUPP ||
	       error == EAFNOSUPPORT || error == EOPNOTSUPP;
}

static enum look remove_some(struct nl_sock *sock, int type, uint8_t family,
			     int *total)
{
	struct left left = {.count = 0};
	struct rtmsg route = {.rtm_family = family,
			      .rtm_protocol = KEEPER_ADDRESS_PROTOCOL};
	struct fib_rule_hdr rule = {.family = family};
	int code, removed = 0;

	nl_socket_modify_cb(sock, NL_CB_FINISH, NL_CB_CUSTOM, take_end, &left);
	nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, take_left, &left);
	code = type == RTM_GETROUTE ? nl_send_simple(sock, type, NLM_F_DUMP,
						     &route, sizeof(route))
				    : nl_send_simple(sock, type, NLM_F_DUMP,
						     &rule, sizeof(rule));
	if (code >= 0)
		code = nl_recvmsgs_default(sock);
	for (unsigned i = 0; i < left.count; i++) {
		struct nlmsghdr *head = nlmsg_hdr(left.messages[i]);

		head->nlmsg_type =
			type == RTM_GETROUTE ? RTM_DELROUTE : RTM_DELRULE;
		head->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
		head->nlmsg_seq = NL_AUTO_SEQ;
		head->nlmsg_pid = NL_AUTO_PORT;
		if (nl_send_auto(sock, left.messages[i]) >= 0 &&
		    nl_wait_for_ack(sock) >= 0)
			removed++;
		nlmsg_free(left.messages[i]);
	}
	*total += removed;
	if (is_without(code, left.error))
		return LOOK_NONE;
	/* more than fit, or changed under our eyes */
	if (removed > 0 || code == -NLE_DUMP_INTR)
		return LOOK_AGAIN;
	return code < 0 || left.error != 0 || left.count > 0 ? LOOK_FAILED
							     : LOOK_NONE;
}

static bool remove_all(struct nl_sock *sock, int type, uint8_t family,
		       int *total)
{
	enum look look = LOOK_AGAIN;

	for (int n = 0; n < DUMPS_MAX && look == LOOK_AGAIN; n++)
		look = remove_some(sock, type, family, total);
	return look == LOOK_NONE;
}

bool netlink_remove_left_routes(int *total)
{
	static const int types[] = {RTM_GETRULE, RTM_GETROUTE};
	static const uint8_t families[] = {AF_INET, AF_INET6};
	struct nl_sock *sock = nl_socket_alloc();
	const int on = 1;
	bool is_clean = true;

	*total = 0;
	if (sock == NULL || nl_connect(sock, NETLINK_ROUTE) < 0) {
		nl_socket_free(sock);
		return false;
	}
	/* the kernel picks ours out, of perhaps a million routes */
	setsockopt(nl_socket_get_fd(sock), SOL_NETLINK, GET_STRICT_CHECK, &on,
		   sizeof(on));
	for (unsigned f = 0; f < 2; f++)
		for (unsigned t = 0; t < 2; t++)
			is_clean &=
				remove_all(sock, types[t], families[f], total);
	nl_socket_free(sock);
	return is_clean;
}
