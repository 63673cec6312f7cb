/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The referee's eye: one process that watches the addresses of all nodes by
 * kernel notification, so that one stall of the machine delays all stamps
 * alike. It lives outside the nodes and survives their power cuts.
 *
 *   stdin:  watch LABEL NETNS_PATH      (again for each new life of a node)
 *   stdout: a JSON line for each address added or removed, with the
 *           CLOCK_BOOTTIME of the wake-up in us; "overrun" must fail a test
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define NODES_MOST 64

static struct {
	char label[32];
	int fd;
} nodes[NODES_MOST];
static unsigned node_count;

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

static void tell(const char *label, int64_t at_us, const char *event,
		 const char *ip)
{
	printf("{\"at_us\": %" PRId64 ", \"node\": \"%s\", \"event\": \"%s\", "
	       "\"ip\": \"%s\"}\n",
	       at_us, label, event, ip);
}

static int open_socket(const char *path)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK,
				      .nl_groups = RTMGRP_IPV4_IFADDR};
	int buffer = 16 << 20, home = open("/proc/self/ns/net", O_RDONLY);
	int there = open(path, O_RDONLY | O_CLOEXEC), fd;

	if (home < 0 || there < 0 || setns(there, CLONE_NEWNET) < 0)
		return -1;
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
		    NETLINK_ROUTE);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer));
	if (fd < 0 || bind(fd, (void *)&address, sizeof(address)) < 0 ||
	    setns(home, CLONE_NEWNET) < 0)
		return -1;
	close(home);
	close(there);
	return fd;
}

/* A label that is watched already has a new life: the old one is over. */
static unsigned slot_of(const char *label)
{
	for (unsigned i = 0; i < node_count; i++)
		if (strcmp(nodes[i].label, label) == 0) {
			close(nodes[i].fd);
			return i;
		}
	return node_count++;
}

static void obey(const char *line)
{
	char label[32], path[256];
	unsigned slot;

	if (sscanf(line, "watch %31s %255s", label, path) != 2 ||
	    node_count == NODES_MOST) {
		fprintf(stderr, "referee: not understood: %s\n", line);
		exit(2);
	}
	slot = slot_of(label);
	nodes[slot].fd = open_socket(path);
	if (nodes[slot].fd < 0) {
		fprintf(stderr, "referee: %s: %s\n", path, strerror(errno));
		exit(1);
	}
	memcpy(nodes[slot].label, label, sizeof(label));
	tell(label, now_us(), "ready", "");
}

/* not const: netlink's macros take it away (clang -Wcast-qual) */
static void read_addresses(const char *label, struct nlmsghdr *hdr,
			   int64_t at_us)
{
	struct ifaddrmsg *body = NLMSG_DATA(hdr);
	struct rtattr *attribute = IFA_RTA(body);
	long room = (long)IFA_PAYLOAD(hdr);
	char text[INET_ADDRSTRLEN] = "";

	for (; RTA_OK(attribute, room); attribute = RTA_NEXT(attribute, room))
		if (attribute->rta_type == IFA_LOCAL)
			inet_ntop(AF_INET, RTA_DATA(attribute), text,
				  sizeof(text));
	tell(label, at_us, hdr->nlmsg_type == RTM_NEWADDR ? "add" : "del",
	     text);
}

/* Was there anything? */
static bool read_node(unsigned i, int64_t at_us)
{
	static char news[64 * 1024];
	bool any = false;

	for (;;) {
		ssize_t size = recv(nodes[i].fd, news, sizeof(news), 0);
		struct nlmsghdr *hdr = (void *)news;

		if (size < 0 && errno == ENOBUFS) {
			tell(nodes[i].label, at_us, "overrun", "");
			any = true;
			continue;
		}
		if (size <= 0)
			return any;
		any = true;
		for (; NLMSG_OK(hdr, (size_t)size); hdr = NLMSG_NEXT(hdr, size))
			if (hdr->nlmsg_type == RTM_NEWADDR ||
			    hdr->nlmsg_type == RTM_DELADDR)
				read_addresses(nodes[i].label, hdr, at_us);
	}
}

int main(void)
{
	struct sched_param priority = {.sched_priority = 60};

	(void)sched_setscheduler(0, SCHED_FIFO, &priority);
	(void)mlockall(MCL_CURRENT | MCL_FUTURE);
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (;;) {
		struct pollfd fds[NODES_MOST + 1] = {{STDIN_FILENO, POLLIN, 0}};
		int64_t at_us;

		for (unsigned i = 0; i < node_count; i++)
			fds[i + 1] = (struct pollfd){nodes[i].fd, POLLIN, 0};
		if (poll(fds, node_count + 1, -1) < 0)
			continue;
		at_us = now_us();
		/*
		 * What one node says may be newer than what another one has
		 * said since that was read: all has one time until a whole
		 * turn finds nothing, or a hand-over would be two owners.
		 */
		for (bool more = true; more;) {
			more = false;
			for (unsigned i = 0; i < node_count; i++)
				more = read_node(i, at_us) || more;
		}
		if (fds[0].revents) {
			char line[320];

			if (!fgets(line, sizeof(line), stdin))
				return 0;
			obey(line);
		}
	}
}
