/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The client: asks the VIP each millisecond (or MS) who answers, and keeps the
 * time.
 *
 *   probe answer NAME PORT          in a node: answers every question
 *   probe ask ADDRESS PORT [MS]     in the client: prints on each line of stdin
 *       {"outage_us": longest silence since the last line, "asked": n,
 *        "answered": n, "by": "lb01", "from_us": when the silence began}
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

static int udp_socket(const char *address, const char *port, int serve)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)atoi(port))};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), on = 1;

	if (address)
		inet_pton(AF_INET, address, &to.sin_addr);
	/* answer from the address that was asked */
	setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));
	if (fd < 0 || (serve ? bind(fd, (void *)&to, sizeof(to))
			     : connect(fd, (void *)&to, sizeof(to))) < 0) {
		perror("probe");
		exit(1);
	}
	return fd;
}

__attribute__((noreturn)) static void answer(const char *name, const char *port)
{
	int fd = udp_socket(NULL, port, 1);

	for (;;) {
		struct sockaddr_in from;
		char data[64], control[256];
		struct iovec iov = {data, sizeof(data)};
		struct msghdr msg = {.msg_name = &from,
				     .msg_namelen = sizeof(from),
				     .msg_iov = &iov,
				     .msg_iovlen = 1,
				     .msg_control = control,
				     .msg_controllen = sizeof(control)};

		if (recvmsg(fd, &msg, 0) < 0)
			continue;
		for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c;
		     c = CMSG_NXTHDR(&msg, c))
			if (c->cmsg_type == IP_PKTINFO) {
				struct in_pktinfo *info = (void *)CMSG_DATA(c);

				info->ipi_spec_dst = info->ipi_addr;
				info->ipi_ifindex = 0;
			}
		iov.iov_base = (void *)(size_t)name;
		iov.iov_len = strlen(name) + 1;
		(void)!sendmsg(fd, &msg, 0);
	}
}

/* What was seen since the last line of stdin. */
struct seen {
	int64_t last_us; /* the last answer */
	int64_t longest_us, from_us;
	uint64_t asked, answered;
	char by[64];
};

/* A silence until now: of before an answer, or one that lasts. */
static void silence_note(struct seen *seen, int64_t now_us)
{
	if (now_us - seen->last_us > seen->longest_us) {
		seen->longest_us = now_us - seen->last_us;
		seen->from_us = seen->last_us;
	}
}

/* When the kernel had it, by the clock of now_us(). */
static int64_t arrival_us(struct msghdr *msg)
{
	int64_t age_us = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c))
		if (c->cmsg_level == SOL_SOCKET &&
		    c->cmsg_type == SCM_TIMESTAMPNS) {
			struct timespec stamp, now;

			memcpy(&stamp, CMSG_DATA(c), sizeof(stamp));
			clock_gettime(CLOCK_REALTIME, &now);
			age_us =
				(now.tv_sec - stamp.tv_sec) * INT64_C(1000000) +
				(now.tv_nsec - stamp.tv_nsec) / 1000;
		}
	return now_us() - (age_us > 0 ? age_us : 0);
}

static void answers_take(int fd, struct seen *seen)
{
	for (;;) {
		char control[128];
		struct iovec iov = {seen->by, sizeof(seen->by) - 1};
		struct msghdr msg = {.msg_iov = &iov,
				     .msg_iovlen = 1,
				     .msg_control = control,
				     .msg_controllen = sizeof(control)};
		ssize_t size = recvmsg(fd, &msg, MSG_DONTWAIT);
		int64_t at_us;

		if (size <= 0)
			return;
		seen->by[size] = '\0';
		seen->answered++;
		at_us = arrival_us(&msg);
		silence_note(seen, at_us);
		seen->last_us = at_us;
	}
}

/* It wakes for its timer alone: an answer has its time from the kernel. */
static int ask(const char *address, const char *port, long every_ms)
{
	int fd = udp_socket(address, port, 0), on = 1;
	int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	struct timespec every = {0, every_ms * 1000000};
	struct itimerspec each = {every, every};
	struct seen seen = {.last_us = now_us()};

	setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
	timerfd_settime(timer, 0, &each, NULL);
	for (;;) {
		struct pollfd fds[2] = {{timer, POLLIN, 0},
					{STDIN_FILENO, POLLIN, 0}};
		int64_t now;
		uint64_t count;
		char line[64];

		poll(fds, 2, -1);
		answers_take(fd, &seen);
		if (fds[0].revents && read(timer, &count, sizeof(count)) > 0) {
			seen.asked++;
			(void)!send(fd, "who", 4, MSG_DONTWAIT);
		}
		if (!fds[1].revents)
			continue;
		if (read(STDIN_FILENO, line, sizeof(line)) <= 0)
			return 0;
		/* a silence that lasts counts as far as it has come */
		now = now_us();
		silence_note(&seen, now);
		printf("{\"outage_us\": %" PRId64 ", \"asked\": %" PRIu64
		       ", \"answered\": %" PRIu64 ", \"by\": \"%s\", "
		       "\"from_us\": %" PRId64 ", \"at_us\": %" PRId64 "}\n",
		       seen.longest_us, seen.asked, seen.answered, seen.by,
		       seen.from_us, now);
		fflush(stdout);
		seen = (struct seen){.last_us = seen.last_us,
				     .from_us = seen.from_us};
	}
}

int main(int argc, char **argv)
{
	struct sched_param priority = {.sched_priority = 20};

	(void)sched_setscheduler(0, SCHED_FIFO, &priority);
	if (argc == 4 && strcmp(argv[1], "answer") == 0)
		answer(argv[2], argv[3]);
	if ((argc == 4 || argc == 5) && strcmp(argv[1], "ask") == 0)
		return ask(argv[2], argv[3], argc == 5 ? atol(argv[4]) : 1);
	fprintf(stderr,
		"usage: probe answer NAME PORT | ask ADDRESS PORT [MS]\n");
	return 2;
}
