/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Starts and ends twinbeat-lines, and makes events of what it says: a line that
 * rose or fell (R18), and what is seen of the cable. It decides nothing. One
 * that ends by itself costs what it would have said: the lines are unknown
 * then, and it is tried again. So does one that is silent because it or its
 * driver hangs, and that one is ended first.
 */
#include "line_edge.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daemon.h"
#include "hear_edge.h"
#include "helpers.h"
#include "../base/log.h"
#include "../base/message.h"
#include "../base/spawn.h"
#include "../ipc/lines_msg.h"

/*
 * The nodes probe at different paces: where one end's RTS is the other one's
 * CTS, two probes in a row do not meet.
 */
#define PROBE_MS	5000
#define PROBE_OTHER_MS	6500
#define SILENT_AFTER_US INT64_C(15000000)
#define RETRY_US	INT64_C(10000000)
#define WORDS_A_TURN	16

struct line_edge {
	struct spawn spawn;
	char probe_ms[12], look_ms[12];
	pid_t pid; /* 0 = not running */
	struct source socket, process;
	int port; /* what it reads, or is to read; -1 = nothing */
	int64_t heard_us, retry_us;
	bool is_told;		/* the core knows something by it */
	struct lines_word word; /* the last one; for the status */
	int was_high;		/* -1: the core was not told */
};

static struct line_edge *edge_of(struct daemon *daemon, unsigned link)
{
	return &daemon->lines[link];
}

static void tell_wires(struct daemon *daemon, unsigned link, bool are_known,
		       const struct lines_word *word)
{
	struct event event = {.type = EVENT_WIRES_TOLD};

	edge_of(daemon, link)->is_told = are_known;
	edge_of(daemon, link)->word = *word;
	daemon->view.wires[link] =
		are_known ? &edge_of(daemon, link)->word : NULL;
	event.wires.link = link;
	event.wires.are_known = are_known;
	event.wires.is_high = word->is_high;
	event.wires.rts_returns = word->rts_returns;
	daemon_feed(daemon, &event);
}

/* R18 */
static void tell_line(struct daemon *daemon, unsigned link, bool is_high)
{
	struct event event = {.type = EVENT_LINE_CHANGED};

	if (edge_of(daemon, link)->was_high == (int)is_high)
		return;
	edge_of(daemon, link)->was_high = is_high;
	event.line.link = link;
	event.line.is = is_high;
	daemon_feed(daemon, &event);
	if (!is_high)
		hear_edge_expect(daemon);
}

/* R18: what is not known has not fallen. */
static void forget(struct daemon *daemon, unsigned link)
{
	static const struct lines_word nothing = {.is_high = false};
	struct line_edge *edge = edge_of(daemon, link);

	edge->was_high = -1;
	if (edge->is_told && daemon->core_settings->links[link].configured)
		tell_wires(daemon, link, false, &nothing);
	edge->is_told = false;
	daemon->view.wires[link] = NULL;
}

static void words_ready(struct daemon *daemon, struct source *source,
			uint32_t events)
{
	unsigned link = source->index;
	struct lines_word word;

	for (unsigned i = 0; i < WORDS_A_TURN && source->fd >= 0; i++) {
		enum message_result result =
			message_receive(source->fd, &word, sizeof(word));

		if (result == MESSAGE_WRONG)
			continue;
		if (result != MESSAGE_OK)
			break;
		edge_of(daemon, link)->heard_us = clock_now_us();
		tell_line(daemon, link, word.is_high);
		/* what the core did about it may have lost the port */
		if (edge_of(daemon, link)->port < 0)
			break;
		tell_wires(daemon, link, true, &word);
	}
	/* its pidfd tells the end */
	if (events & (EPOLLHUP | EPOLLERR))
		loop_drop(&daemon->loop, source);
}

static void start(struct daemon *daemon, unsigned link)
{
	struct line_edge *edge = edge_of(daemon, link);
	char error[TEXT_MAX];

	edge->retry_us = clock_now_us() + RETRY_US;
	snprintf(edge->probe_ms, sizeof(edge->probe_ms), "%d",
		 daemon->settings->self == 0 ? PROBE_MS : PROBE_OTHER_MS);
	snprintf(edge->look_ms, sizeof(edge->look_ms), "%u",
		 (unsigned)(daemon->core_settings->links[link].interval_us /
			    1000));
	edge->spawn.fds[1] = edge->port;
	edge->heard_us = clock_now_us();
	edge->pid = helper_spawn(daemon, &edge->spawn, &edge->socket,
				 &edge->process, error, sizeof(error));
	if (edge->pid > 0)
		return;
	edge->pid = 0;
	log_line(LOG_WARNING, "%s", error);
}

static void ended(struct daemon *daemon, struct source *source, uint32_t events)
{
	struct line_edge *edge = edge_of(daemon, source->index);
	char how[100];
	int status;

	(void)events;
	if (spawn_reap(source->fd, how, sizeof(how), &status) < 0)
		return;
	loop_drop(&daemon->loop, &edge->socket);
	loop_drop(&daemon->loop, &edge->process);
	edge->pid = 0;
	forget(daemon, source->index);
	if (edge->port >= 0 && edge->retry_us == 0)
		start(daemon, source->index);
}

static void end(struct daemon *daemon, struct line_edge *edge)
{
	loop_drop(&daemon->loop, &edge->socket);
	if (edge->pid != 0)
		syscall(SYS_pidfd_send_signal, edge->process.fd, SIGKILL, NULL,
			0);
}

/* Started anew once it has ended: one that is stuck in its driver may not. */
static void give_up(struct daemon *daemon, unsigned link)
{
	log_line(LOG_WARNING,
		 "%s of link %s has said nothing for %lld s: it is ended, and "
		 "started anew",
		 LINES_NAME, daemon->settings->links[link].name,
		 (long long)(SILENT_AFTER_US / 1000000));
	forget(daemon, link);
	end(daemon, edge_of(daemon, link));
}

int line_edge_init(struct daemon *daemon)
{
	char error[700];

	daemon->lines = calloc(LINKS_MAX, sizeof(*daemon->lines));
	if (!daemon->lines)
		return -1;
	for (unsigned i = 0; i < LINKS_MAX; i++) {
		struct line_edge *edge = edge_of(daemon, i);
		struct spawn *spawn = &edge->spawn;

		edge->socket = (struct source){-1, LOOP_RUNNER, i, words_ready};
		edge->process = (struct source){-1, LOOP_RUNNER, i, ended};
		edge->port = edge->was_high = -1;
		if (spawn_find("twinbeat-opener", spawn->path,
			       sizeof(spawn->path), error, sizeof(error)) < 0)
			return -1;
		spawn->argv[0] = LINES_NAME;
		spawn->argv[1] = edge->probe_ms;
		spawn->argv[2] = edge->look_ms;
		spawn->stderr_fd = daemon->stderr_pipe[1];
		spawn->fd_count = 2;
	}
	return 0;
}

void line_edge_start(struct daemon *daemon, unsigned link, int fd)
{
	struct line_edge *edge = edge_of(daemon, link);

	edge->port = fd;
	edge->retry_us = 0;
	/* else when the one of before has ended: it was killed */
	if (edge->pid == 0)
		start(daemon, link);
}

void line_edge_stop(struct daemon *daemon, unsigned link)
{
	struct line_edge *edge = edge_of(daemon, link);

	edge->port = -1;
	/* the core forgets them with the link */
	edge->is_told = false;
	daemon->view.wires[link] = NULL;
	edge->was_high = -1;
	end(daemon, edge);
}

void line_edge_second(struct daemon *daemon)
{
	int64_t now_us = clock_now_us();

	for (unsigned i = 0; i < LINKS_MAX; i++) {
		struct line_edge *edge = edge_of(daemon, i);

		if (edge->port < 0)
			continue;
		if (edge->pid == 0 && now_us >= edge->retry_us)
			start(daemon, i);
		else if (edge->socket.fd >= 0 &&
			 now_us - edge->heard_us > SILENT_AFTER_US)
			give_up(daemon, i);
	}
}
