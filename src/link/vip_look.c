/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The look of R12: RTM_GETROUTE with RTM_F_FIB_MATCH, which names the entry of
 * the routing tables that an address matches. An own address is of type local.
 * Where it says gone, the kernel's list of addresses is asked as well.
 * Must never wait, and never say gone of what it does not know.
 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "../base/sysctl.h"
#include "vip_look.h"

/* Two requests each; their answers fit into a socket's default buffer. */
#define CHUNK	 32
#define LO_INDEX 1 /* in every network namespace */

struct request {
	struct nlmsghdr head;
	struct rtmsg route;
	struct rtattr destination_head;
	uint8_t destination[16];
	struct rtattr output_head;
	uint32_t output;
};

/* What has been answered to the two requests of one question. */
struct answers {
	enum vip_answer anywhere, there;
	bool is_on_lo; /* anywhere: HELD, and it is lo's */
};

/* Older kernels take RTNL for a route query: it would hang with the rest. */
static bool kernel_is_able(void)
{
	struct utsname name;
	char *end;
	long major, minor;

	if (uname(&name) != 0)
		return false;
	major = strtol(name.release, &end, 10);
	minor = *end == '.' ? strtol(end + 1, NULL, 10) : 0;
	return major > 4 || (major == 4 && minor >= 13);
}

int vip_look_open(struct vip_look *look)
{
	look->fd = look->list_fd = -1;
	look->sequence = 0;
	if (!kernel_is_able())
		return -1;
	look->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
			  NETLINK_ROUTE);
	look->list_fd =
		socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return look->fd < 0 || look->list_fd < 0 ? -1 : 0;
}

void vip_look_close(struct vip_look *look)
{
	if (look->fd >= 0)
		close(look->fd);
	if (look->list_fd >= 0)
		close(look->list_fd);
	look->fd = look->list_fd = -1;
}

static size_t put_request(uint8_t *at, uint32_t sequence,
			  const struct vip_question *question, bool there)
{
	bool is_v4 = ip_is_v4(&question->ip);
	unsigned size = is_v4 ? 4 : 16;
	struct rtattr head = {.rta_len = (unsigned short)RTA_LENGTH(size),
			      .rta_type = RTA_DST};
	struct rtattr output = {.rta_len = RTA_LENGTH(sizeof(uint32_t)),
				.rta_type = RTA_OIF};
	struct rtmsg route = {.rtm_family = is_v4 ? AF_INET : AF_INET6,
			      .rtm_dst_len = (unsigned char)(8 * size),
			      .rtm_flags = RTM_F_FIB_MATCH};
	struct nlmsghdr message = {.nlmsg_type = RTM_GETROUTE,
				   .nlmsg_flags = NLM_F_REQUEST,
				   .nlmsg_seq = sequence};
	uint32_t index = question->index;
	size_t used = NLMSG_LENGTH(sizeof(route));

	memcpy(at + NLMSG_HDRLEN, &route, sizeof(route));
	memcpy(at + used, &head, sizeof(head));
	memcpy(at + used + RTA_LENGTH(0), question->ip.bytes + 16 - size, size);
	used += RTA_SPACE(size);
	if (there) {
		memcpy(at + used, &output, sizeof(output));
		memcpy(at + used + RTA_LENGTH(0), &index, sizeof(index));
		used += RTA_SPACE(sizeof(index));
	}
	message.nlmsg_len = (uint32_t)used;
	memcpy(at, &message, sizeof(message));
	return used;
}

/* No route at all, or one that leads nowhere: not ours. What else fails says
 * nothing. */
static enum vip_answer judge_error(struct nlmsghdr *head)
{
	struct nlmsgerr error;

	if (head->nlmsg_len < NLMSG_LENGTH(sizeof(error)))
		return VIP_UNKNOWN;
	memcpy(&error, NLMSG_DATA(head), sizeof(error));
	switch (-error.error) {
	case ENETUNREACH:
	case EHOSTUNREACH:
	case EACCES: /* "prohibit" */
	case EINVAL: /* "blackhole" */
	case EAGAIN: /* "throw" */
	case ENODEV: /* asked of an interface that is gone */
	case EAFNOSUPPORT:
	case EOPNOTSUPP: /* no IPv6 in this kernel */
		return VIP_GONE;
	default:
		return VIP_UNKNOWN;
	}
}

static enum vip_answer judge_route(struct nlmsghdr *head, unsigned *output)
{
	struct rtmsg route;
	int left = (int)head->nlmsg_len - (int)NLMSG_LENGTH(sizeof(route));
	struct rtattr *attribute;

	if (left < 0)
		return VIP_UNKNOWN;
	memcpy(&route, NLMSG_DATA(head), sizeof(route));
	if (route.rtm_type != RTN_LOCAL)
		return VIP_GONE;
	for (attribute = RTM_RTA(NLMSG_DATA(head)); RTA_OK(attribute, left);
	     attribute = RTA_NEXT(attribute, left))
		if (attribute->rta_type == RTA_OIF &&
		    RTA_PAYLOAD(attribute) == sizeof(*output))
			memcpy(output, RTA_DATA(attribute), sizeof(*output));
	return VIP_HELD;
}

/* One read from the kernel; false: there was none. */
static bool take_answers(struct vip_look *look, uint32_t first, unsigned count,
			 struct answers *answers)
{
	union {
		struct nlmsghdr head;
		uint8_t bytes[8192];
	} buffer;
	struct sockaddr_nl from = {.nl_pid = 1};
	socklen_t size = sizeof(from);
	ssize_t n = recvfrom(look->fd, buffer.bytes, sizeof(buffer.bytes),
			     MSG_DONTWAIT, (struct sockaddr *)&from, &size);
	int left = (int)n;

	if (n < 0)
		return errno == EINTR;
	if (from.nl_pid != 0)
		return true; /* not the kernel */
	for (struct nlmsghdr *head = &buffer.head;
	     left > 0 && NLMSG_OK(head, (unsigned)left);
	     head = NLMSG_NEXT(head, left)) {
		uint32_t which = head->nlmsg_seq - first;
		unsigned output = 0;
		enum vip_answer answer = VIP_UNKNOWN;

		if (which >= 2 * count)
			continue;
		if (head->nlmsg_type == NLMSG_ERROR)
			answer = judge_error(head);
		else if (head->nlmsg_type == RTM_NEWROUTE)
			answer = judge_route(head, &output);
		if (which % 2) {
			answers[which / 2].there = answer;
			continue;
		}
		answers[which / 2].anywhere = answer;
		answers[which / 2].is_on_lo =
			answer == VIP_HELD && output == LO_INDEX;
	}
	return true;
}

/*
 * R17.1: one on lo that is not answered for (a real server of its own director)
 * is not counted. As lo's hides another one in the same answer, it is excused
 * only where the interface itself was asked, too.
 */
static bool is_excused(const struct vip_question *question,
		       const struct answers *answers)
{
	return answers->is_on_lo && question->interface != NULL &&
	       answers->there == VIP_GONE && question->index != 0 &&
	       (!ip_is_v4(&question->ip) ||
		sysctl_larger_conf(question->interface, "arp_ignore") > 0);
}

/* R17.1: nobody is answered for an address of lo that IPv6 has there. */
static bool is_los_line(const char *line)
{
	const char *name = strrchr(line, ' ');

	return name != NULL && strcmp(name, " lo\n") == 0;
}

static void write_hex(const struct ip *ip, char text[33])
{
	for (unsigned i = 0; i < 16; i++)
		snprintf(text + 2 * (size_t)i, 3, "%02x", ip->bytes[i]);
}

/*
 * The same list for IPv6, once for all the questions that routes call gone. One
 * line is "20010db8000000000000000000000100 02 80 00 80 eth0". The kernel
 * writes it under RCU, without RTNL, and follows no rule there.
 */
static enum vip_answer ask_list_v6(const struct vip_question *const *asked,
				   unsigned count, unsigned *which)
{
	char wanted[CHUNK][33], line[128];
	enum vip_answer answer = VIP_GONE;
	FILE *file;

	if (count == 0)
		return VIP_GONE;
	file = fopen("/proc/net/if_inet6", "re");
	if (file == NULL)
		return errno == ENOENT ? VIP_GONE : VIP_UNKNOWN; /* no IPv6 */
	for (unsigned i = 0; i < count; i++)
		write_hex(&asked[i]->ip, wanted[i]);
	while (answer != VIP_HELD && fgets(line, sizeof(line), file) != NULL) {
		if (strlen(line) < 33 || line[32] != ' ')
			answer = VIP_UNKNOWN; /* no such line */
		for (unsigned i = 0; i < count && !is_los_line(line); i++)
			if (memcmp(line, wanted[i], 32) == 0) {
				*which = i;
				answer = VIP_HELD;
			}
	}
	if (ferror(file) && answer != VIP_HELD)
		answer = VIP_UNKNOWN;
	fclose(file);
	return answer;
}

/*
 * R12: "ip rule" may lead a query elsewhere before it comes to the table of
 * local addresses, while what comes in by an interface is led to it. The list
 * knows no rules; it is netns-wide, VRFs included.
 */
static enum vip_answer ask_list(const struct vip_look *look,
				const struct ip *ip)
{
	struct ip_mreqn request = {0};

	if (!ip_is_v4(ip))
		return VIP_GONE; /* ask_list_v6() follows */
	memcpy(&request.imr_address, ip->bytes + 12, 4);
	if (setsockopt(look->list_fd, IPPROTO_IP, IP_MULTICAST_IF, &request,
		       sizeof(request)) == 0)
		return VIP_HELD;
	return errno == EADDRNOTAVAIL ? VIP_GONE : VIP_UNKNOWN;
}

static enum vip_answer judge(const struct vip_look *look,
			     const struct vip_question *question,
			     const struct answers *answers)
{
	if (answers->there == VIP_HELD)
		return VIP_HELD;
	if (answers->anywhere == VIP_HELD)
		return is_excused(question, answers) ? VIP_GONE : VIP_HELD;
	if (answers->anywhere == VIP_GONE &&
	    (answers->there == VIP_GONE || question->index == 0))
		return ask_list(look, &question->ip);
	return VIP_UNKNOWN;
}

static enum vip_answer ask_chunk(struct vip_look *look,
				 const struct vip_question *questions,
				 unsigned count, unsigned *which)
{
	uint8_t batch[2 * CHUNK * sizeof(struct request)];
	struct answers answers[CHUNK];
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	enum vip_answer all = VIP_GONE, listed;
	const struct vip_question *asked[CHUNK];
	unsigned asked_count = 0;
	uint32_t first = look->sequence;
	size_t used = 0;

	memset(answers, 0, sizeof(answers));
	look->sequence += 2 * count;
	for (unsigned i = 0; i < count; i++) {
		used += put_request(batch + used, first + 2 * i, &questions[i],
				    false);
		if (questions[i].index != 0)
			used += put_request(batch + used, first + 2 * i + 1,
					    &questions[i], true);
	}
	/* The kernel answers before sendto() returns: nothing is waited for. */
	if (look->fd < 0 ||
	    sendto(look->fd, batch, used, MSG_DONTWAIT,
		   (struct sockaddr *)&kernel, sizeof(kernel)) != (ssize_t)used)
		return VIP_UNKNOWN;
	while (take_answers(look, first, count, answers))
		;
	for (unsigned i = 0; i < count; i++) {
		enum vip_answer one = judge(look, &questions[i], &answers[i]);

		if (one == VIP_HELD) {
			*which = i;
			return VIP_HELD;
		}
		if (one == VIP_UNKNOWN)
			all = VIP_UNKNOWN;
		else if (!ip_is_v4(&questions[i].ip))
			asked[asked_count++] = &questions[i];
	}
	listed = ask_list_v6(asked, asked_count, which);
	if (listed == VIP_HELD)
		*which = (unsigned)(asked[*which] - questions);
	return listed == VIP_GONE ? all : listed;
}

enum vip_answer vip_look_ask(struct vip_look *look,
			     const struct vip_question *questions,
			     unsigned count, unsigned *which)
{
	enum vip_answer all = VIP_GONE;

	for (unsigned done = 0; done < count; done += CHUNK) {
		unsigned n = count - done < CHUNK ? count - done : CHUNK;
		enum vip_answer chunk =
			ask_chunk(look, questions + done, n, which);

		if (chunk == VIP_HELD) {
			*which += done;
			return VIP_HELD;
		}
		if (chunk == VIP_UNKNOWN)
			all = VIP_UNKNOWN;
	}
	return all;
}
