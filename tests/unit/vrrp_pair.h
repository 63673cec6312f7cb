/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_VRRP_PAIR_H
#define TESTS_VRRP_PAIR_H
/*
 * A VRRP link in each of two network namespaces that a veth pair joins, for the
 * tests of links and ports; both are gone when the program ends. Needs root:
 * the fixture's state is NULL without, and the test is to be skipped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../src/link/vrrp/vrrp_port.h"

#define INTERFACE "tb0" /* the same name on both sides */
#define SENDER	  0x0a630001u
#define HEARER	  0x0a630002u

#define V4(a, b, c, d)                                                         \
	{                                                                      \
		.bytes = { [10] = 0xff, [11] = 0xff, a, b, c, d }              \
	}
static const struct ip test_vips[] = {V4(10, 99, 0, 100), V4(10, 99, 0, 101)};
static pid_t sender_pid;
static int sender_ns = -1, hearer_ns = -1;

struct pair {
	struct vrrp *sender, *hearer;
	struct vrrp_port *sender_port, *hearer_port;
	char error[256];
	unsigned heard;
	struct vrrp_heard last;
};

/* Runs in the namespace that is entered. */
static inline void run(const char *command)
{
	if (system(command) != 0)
		fail_msg("failed: %s", command);
}

static inline void enter(int ns)
{
	assert_int_equal(setns(ns, CLONE_NEWNET), 0);
}

static inline struct vrrp_options test_options(uint8_t version)
{
	struct vrrp_options options = {
		.interface = INTERFACE,
		.expect = {.version = version,
			   .vrid = 51,
			   .interval_ms = 1000,
			   .addresses = test_vips,
			   .address_count = 2},
	};

	return options;
}

/* What the opener and the daemon do, in one. */
static inline int open_link(struct vrrp *vrrp, struct vrrp_port *port,
			    char *error)
{
	struct vrrp_opened found;

	if (vrrp_find(vrrp, &found, error, 256) != 0 ||
	    (!vrrp_port_is_open(port) &&
	     vrrp_port_open(port, found.index, error, 256) != 0))
		return -1;
	assert_true(vrrp_take(vrrp, &found));
	return 0;
}

static inline struct vrrp *test_open(int ns, const struct vrrp_options *options,
				     struct vrrp_port **port)
{
	struct vrrp *vrrp = vrrp_new(options);
	char error[256];

	*port = vrrp_port_new(options->interface, options->expect.is_v6);
	assert_non_null(vrrp);
	assert_non_null(*port);
	vrrp_join(vrrp, *port);
	enter(ns);
	if (open_link(vrrp, *port, error) != 0)
		fail_msg("%s", error);
	return vrrp;
}

static inline void open_sender(struct pair *pair,
			       const struct vrrp_options *options)
{
	vrrp_free(pair->sender);
	vrrp_port_free(pair->sender_port);
	pair->sender = test_open(sender_ns, options, &pair->sender_port);
}

static inline pid_t fork_namespace(void)
{
	int ready[2];
	char byte = 0;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		byte = unshare(CLONE_NEWNET) == 0;
		if (write(ready[1], &byte, 1) == 1 && byte)
			pause();
		_exit(1);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	if (byte == 0) {
		waitpid(pid, NULL, 0);
		return -1;
	}
	return pid;
}

static inline int setup_namespaces(void **state)
{
	char text[128];

	(void)state;
	if (geteuid() != 0 || (sender_pid = fork_namespace()) < 0)
		return 0;
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	snprintf(text, sizeof(text), "/proc/%d/ns/net", sender_pid);
	sender_ns = open(text, O_RDONLY | O_CLOEXEC);
	hearer_ns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	assert_true(sender_ns >= 0 && hearer_ns >= 0);
	snprintf(text, sizeof(text),
		 "ip link add " INTERFACE " type veth peer name " INTERFACE
		 " netns %d",
		 sender_pid);
	run(text);
	run("ip addr add 10.99.0.2/24 dev " INTERFACE);
	run("ip link set " INTERFACE " up");
	enter(sender_ns);
	/* A VIP before the own address, and one with a label. */
	run("ip addr add 10.99.0.100/32 dev " INTERFACE);
	run("ip addr add 10.99.0.101/32 dev " INTERFACE " label " INTERFACE
	    ":1");
	run("ip addr add 10.99.0.1/24 dev " INTERFACE);
	run("ip addr add 172.31.0.9/32 dev " INTERFACE);
	run("ip link set " INTERFACE " up");
	return 0;
}

static inline int teardown_namespaces(void **state)
{
	(void)state;
	if (sender_ns < 0)
		return 0;
	kill(sender_pid, SIGKILL);
	waitpid(sender_pid, NULL, 0);
	close(sender_ns);
	close(hearer_ns);
	return 0;
}

static inline int setup_pair(void **state)
{
	struct vrrp_options options = test_options(3);
	struct pair *pair;

	*state = NULL;
	if (sender_ns < 0)
		return 0;
	pair = calloc(1, sizeof(*pair));
	pair->sender = test_open(sender_ns, &options, &pair->sender_port);
	pair->hearer = test_open(hearer_ns, &options, &pair->hearer_port);
	*state = pair;
	return 0;
}

static inline int teardown_pair(void **state)
{
	struct pair *pair = *state;

	if (pair == NULL)
		return 0;
	vrrp_free(pair->sender);
	vrrp_free(pair->hearer);
	vrrp_port_free(pair->sender_port);
	vrrp_port_free(pair->hearer_port);
	free(pair);
	return 0;
}

static inline void pair_take(void *arg, const struct vrrp_heard *heard)
{
	struct pair *pair = arg;

	pair->heard++;
	pair->last = *heard;
}

static inline int pair_receive(struct pair *pair, int wait_ms)
{
	struct pollfd fd = {.fd = pair->hearer_port->packet_fd,
			    .events = POLLIN};

	poll(&fd, 1, wait_ms);
	return vrrp_port_receive(pair->hearer_port, pair_take, pair,
				 pair->error, sizeof(pair->error));
}

static inline void pair_send(struct pair *pair, uint8_t priority)
{
	enter(sender_ns);
	if (vrrp_send(pair->sender, priority, 1, pair->error,
		      sizeof(pair->error)) != 0)
		fail_msg("%s", pair->error);
}

#define pair_test(test)                                                        \
	cmocka_unit_test_setup_teardown(test, setup_pair, teardown_pair)
#endif
