/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine_list.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "../base/dump_end.h"

#define ATTRIBUTE_PROTOCOL 11 /* IFA_PROTO; headers before 5.18 lack it */
#define TRIES		   5
#define DUMP_MAX	   32768 /* the kernel's messages are no longer */

static void take_address(const struct machine_list_taker *taker,
			 struct nlmsghdr *head)
{
	struct ifaddrmsg *body = NLMSG_DATA(head);
	int left = (int)IFA_PAYLOAD(head);
	bool is_v4 = body->ifa_family == AF_INET, has_local = false;
	size_t size = is_v4 ? 4 : 16;
	struct machine_address here;

	if (head->nlmsg_len < NLMSG_LENGTH(sizeof(*body)) ||
	    (!is_v4 && body->ifa_family != AF_INET6))
		return;
	here = (struct machine_address){
		.index = body->ifa_index,
		.prefix = body->ifa_prefixlen,
		.is_secondary = is_v4 && body->ifa_flags & IFA_F_SECONDARY,
		.is_tentative = !is_v4 && body->ifa_flags & IFA_F_TENTATIVE,
		.valid_s = UINT32_MAX};
	for (struct rtattr *at = IFA_RTA(body); RTA_OK(at, left);
	     at = RTA_NEXT(at, left)) {
		/* IPv6 has IFA_LOCAL only beside another end's IFA_ADDRESS */
		bool is_local = at->rta_type == IFA_LOCAL;
		struct ifa_cacheinfo life;

		if ((is_local ||
		     (at->rta_type == IFA_ADDRESS && !is_v4 && !has_local)) &&
		    RTA_PAYLOAD(at) == size) {
			has_local = is_local;
			here.ip = ip_from_v4(0);
			memcpy(here.ip.bytes + sizeof(here.ip.bytes) - size,
			       RTA_DATA(at), size);
		} else if (at->rta_type == ATTRIBUTE_PROTOCOL) {
			memcpy(&here.protocol, RTA_DATA(at), 1);
		} else if (at->rta_type == IFA_CACHEINFO &&
			   RTA_PAYLOAD(at) >= sizeof(life)) {
			memcpy(&life, RTA_DATA(at), sizeof(life));
			here.valid_s = life.ifa_valid;
		}
	}
	if (!ip_is_none(&here.ip))
		taker->take(taker->arg, &here);
}

enum list { LIST_WHOLE, LIST_TORN, LIST_FAILED };

static enum list judge_end(struct nlmsghdr *end, bool is_torn)
{
	if (end->nlmsg_type == NLMSG_ERROR || dump_end_error(end) != 0)
		return LIST_FAILED;
	return is_torn ? LIST_TORN : LIST_WHOLE;
}

static ssize_t receive(int fd, void *buffer, size_t size)
{
	ssize_t n;

	do
		n = recv(fd, buffer, size, 0);
	while (n < 0 && errno == EINTR);
	return n;
}

/* Asks on fd, once. */
static enum list list_once(const struct machine_list_taker *taker, int fd)
{
	struct {
		struct nlmsghdr head;
		struct ifaddrmsg body;
	} ask = {.head = {.nlmsg_len = sizeof(ask),
			  .nlmsg_type = RTM_GETADDR,
			  .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
		 .body = {.ifa_family = AF_UNSPEC}};
	_Alignas(8) char buffer[DUMP_MAX];
	bool is_torn = false;
	ssize_t n;

	taker->begin(taker->arg);
	if (send(fd, &ask, sizeof(ask), 0) < 0)
		return LIST_FAILED;
	while ((n = receive(fd, buffer, sizeof(buffer))) > 0) {
		int left = (int)n;

		for (struct nlmsghdr *head = (void *)buffer;
		     left > 0 && NLMSG_OK(head, (unsigned)left);
		     head = NLMSG_NEXT(head, left)) {
			is_torn |= (head->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
			if (head->nlmsg_type == NLMSG_DONE ||
			    head->nlmsg_type == NLMSG_ERROR)
				return judge_end(head, is_torn);
			if (head->nlmsg_type == RTM_NEWADDR)
				take_address(taker, head);
		}
	}
	return LIST_FAILED;
}

bool machine_list(const struct machine_list_taker *taker)
{
	const struct timeval limit = {.tv_sec = 2};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	enum list list = LIST_TORN;

	if (fd < 0)
		return false;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	for (int i = 0; i < TRIES && list == LIST_TORN; i++)
		list = list_once(taker, fd);
	close(fd);
	return list == LIST_WHOLE;
}
