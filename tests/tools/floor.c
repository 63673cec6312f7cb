/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What two media cost in the kernel alone, for tests/bench/at_rest.py: the
 * system calls of a pair at rest that nobody can leave out, and nothing else.
 * No HMAC, no rules, no VIP. An owner wakes once an interval, reads what the
 * other's frame left in the tty, sends an advert and writes a frame; a standby
 * wakes with the advert, reads it and the tty, and writes a frame. Who hears
 * nothing for a second ends with 1: a figure without its traffic is none.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define VRRP	    112
#define FRAME_SIZE  40 /* a beat of one instance, and a signed advert */
#define PACKET_SIZE 256
#define SILENCE_US  1000000

static const char usage[] = "usage: floor own|stand TTY INTERFACE MS\n";

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

__attribute__((noreturn)) static void fail(const char *what)
{
	fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* As keepalived's: raw, of one interface, in the group of VRRP. */
static int open_vrrp(const char *interface)
{
	struct ip_mreqn group = {.imr_multiaddr.s_addr = htonl(0xe0000012),
				 .imr_ifindex = (int)if_nametoindex(interface)};
	const int ttl = 255, off = 0;
	int fd = socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, VRRP);

	if (fd < 0 || group.imr_ifindex == 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface,
		       (socklen_t)strlen(interface)) ||
	    setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group,
		       sizeof(group)) ||
	    setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &group,
		       sizeof(group)) ||
	    setsockopt(fd, IPPROTO_IP, IP_MULTICAST_LOOP, &off, sizeof(off)) ||
	    setsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &ttl, sizeof(ttl)))
		fail(interface);
	return fd;
}

/* With a VRID that is nobody's. */
static void send_advert(int vrrp_fd)
{
	const struct sockaddr_in to = {.sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(0xe0000012)};
	const uint8_t advert[FRAME_SIZE] = {0x31, 254, 100, 1};

	if (sendto(vrrp_fd, advert, sizeof(advert), 0,
		   (const struct sockaddr *)&to, sizeof(to)) < 0)
		fail("sendto");
}

static void write_frame(int tty_fd)
{
	const uint8_t frame[FRAME_SIZE] = {0x55};

	if (write(tty_fd, frame, sizeof(frame)) < 0 && errno != EAGAIN)
		fail("write");
}

static bool reads(int fd)
{
	uint8_t bytes[PACKET_SIZE];

	return read(fd, bytes, sizeof(bytes)) > 0;
}

/* Until something comes (a standby) or so long (an owner). */
static void wait_us(int epoll_fd, int64_t us)
{
	struct epoll_event event;
	const struct timespec left = {.tv_sec = us / 1000000,
				      .tv_nsec = us % 1000000 * 1000};

	if (us > 0 && epoll_pwait2(epoll_fd, &event, 1, &left, NULL) < 0 &&
	    errno != EINTR)
		fail("epoll_pwait2");
}

int main(int argc, char **argv)
{
	struct epoll_event event = {.events = EPOLLIN};
	int64_t interval_us, next_us, now, heard_us, read_us;
	int tty_fd, vrrp_fd, epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	bool owns;

	if (argc != 5 || atoi(argv[4]) <= 0) {
		fputs(usage, stderr);
		return 2;
	}
	owns = strcmp(argv[1], "own") == 0;
	interval_us = atoi(argv[4]) * INT64_C(1000);
	tty_fd = open(argv[2], O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (tty_fd < 0)
		fail(argv[2]);
	vrrp_fd = open_vrrp(argv[3]);
	if (epoll_fd < 0 ||
	    (!owns && epoll_ctl(epoll_fd, EPOLL_CTL_ADD, vrrp_fd, &event) < 0))
		fail("epoll");
	if (mlockall(MCL_CURRENT | MCL_FUTURE) < 0)
		fail("mlockall");
	next_us = heard_us = read_us = now_us();
	/* the other one may start later */
	heard_us += SILENCE_US;
	read_us += SILENCE_US;
	for (;;) {
		now = now_us();
		wait_us(epoll_fd, owns ? next_us - now : SILENCE_US);
		now = now_us();
		if (owns || reads(vrrp_fd)) {
			heard_us = heard_us > now ? heard_us : now;
			if (reads(tty_fd) && read_us < now)
				read_us = now;
			if (owns)
				send_advert(vrrp_fd);
			write_frame(tty_fd);
		}
		if (now > heard_us + SILENCE_US || now > read_us + SILENCE_US) {
			fputs("floor: the other one is not heard\n", stderr);
			return 1;
		}
		while (next_us <= now)
			next_us += interval_us;
	}
}
