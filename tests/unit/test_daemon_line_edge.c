/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R18: what twinbeat-lines says, as events. The program is a socket of the
 * test, the core what daemon_feed() here does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../src/base/message.h"
#include "../../src/base/spawn.h"
#include "../../src/daemon/daemon.h"
#include "../../src/daemon/helpers.h"
#include "../../src/daemon/hear_edge.h"
#include "../../src/daemon/line_edge.h"
#include "../../src/ipc/lines_msg.h"

#define LINK 1

static struct daemon the_daemon;
static struct settings settings;
static struct core_settings core_settings;
static bool loses_the_port; /* as a beat that the port refuses does */
static unsigned changes, wires, expectations;
static int reader = -1; /* the end of twinbeat-lines */

int spawn_find(const char *program, char *path, size_t size, char *error,
	       size_t error_size)
{
	(void)error, (void)error_size;
	snprintf(path, size, "/%s", program);
	return 0;
}

/* "Started": its socket is kept. Its pidfd never tells an end. */
pid_t helper_spawn(struct daemon *daemon, struct spawn *spawn,
		   struct source *socket, struct source *process, char *error,
		   size_t error_size)
{
	int pair[2];

	(void)spawn, (void)error, (void)error_size;
	if (message_pair(pair) < 0)
		return -1;
	reader = pair[1];
	socket->fd = pair[0];
	process->fd = eventfd(0, EFD_CLOEXEC);
	return loop_add(&daemon->loop, socket, EPOLLIN) < 0 ||
			       loop_add(&daemon->loop, process, EPOLLIN) < 0
		       ? -1
		       : 1;
}

int spawn_reap(int pidfd, char *how, size_t how_size, int *status)
{
	(void)pidfd, (void)how, (void)how_size, (void)status;
	return -1;
}

void daemon_feed(struct daemon *daemon, struct event *event)
{
	if (event->type == EVENT_WIRES_TOLD)
		wires++;
	if (event->type != EVENT_LINE_CHANGED)
		return;
	changes++;
	if (loses_the_port)
		line_edge_stop(daemon, LINK);
}

void hear_edge_expect(struct daemon *daemon)
{
	(void)daemon;
	expectations++;
}

static int begin(void **state)
{
	(void)state;
	changes = wires = expectations = 0;
	loses_the_port = false;
	memset(&the_daemon, 0, sizeof(the_daemon));
	the_daemon.settings = &settings;
	the_daemon.core_settings = &core_settings;
	core_settings.links[LINK].configured = true;
	if (loop_init(&the_daemon.loop) < 0 || line_edge_init(&the_daemon) < 0)
		return -1;
	line_edge_start(&the_daemon, LINK, STDIN_FILENO);
	return reader < 0 ? -1 : 0;
}

static int end(void **state)
{
	(void)state;
	line_edge_stop(&the_daemon, LINK);
	close(reader);
	free(the_daemon.lines);
	return 0;
}

/* As the loop does it. */
static void say(bool is_high)
{
	const struct lines_word word = {.is_high = is_high};
	struct epoll_event got = {.events = 0};
	struct source *source;

	assert_int_equal(message_send(reader, &word, sizeof(word)), MESSAGE_OK);
	assert_int_equal(epoll_wait(the_daemon.loop.fd, &got, 1, 1000), 1);
	source = got.data.ptr;
	source->ready(&the_daemon, source, got.events);
}

static void test_R18_a_word_is_a_line_and_its_wires(void **state)
{
	(void)state;
	say(true);
	say(true);
	assert_int_equal(changes, 1);
	assert_int_equal(wires, 2);
	assert_int_equal(expectations, 0);
	say(false);
	assert_int_equal(changes, 2);
	assert_int_equal(expectations, 1);
}

static void test_R18_nothing_is_told_of_a_port_that_was_lost(void **state)
{
	(void)state;
	loses_the_port = true;
	say(true);
	assert_int_equal(changes, 1);
	assert_int_equal(wires, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_R18_a_word_is_a_line_and_its_wires, begin, end),
		cmocka_unit_test_setup_teardown(
			test_R18_nothing_is_told_of_a_port_that_was_lost, begin,
			end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
