/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * twinbeat-opener from the daemon's side: one per kind of link, so that none
 * waits for the driver of another. Started when there is something to open or
 * to close, sent home when there is nothing more. Decides nothing: an open that
 * fails, or never comes back, is told to the link's edge.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <signal.h>
#include <unistd.h>

#include "daemon.h"
#include "helpers.h"
#include "opener_edge.h"
#include "../base/log.h"
#include "../base/message.h"
#include "../base/spawn.h"

#define OPENER_PATIENCE_US 10000000
#define REPLIES_PER_TURN   64

/* Twice what all links have open: more wait only if its driver hangs. */
#define OPENER_PARKED_MAX (2 * LINK_FDS * INSTANCES_MAX)

struct opener {
	struct spawn spawn;
	pid_t pid; /* 0 = not running */
	struct source socket, process;
	opener_told *told; /* whom its replies are for */
	unsigned asked;	   /* requests without a reply */
	int64_t asked_us;
	bool killed; /* and not dead yet: it hangs in the kernel */
	int parked[OPENER_PARKED_MAX];
	unsigned parked_count; /* to be closed as soon as one takes them */
};

static void flush(struct daemon *daemon, unsigned id);

/* Its requests are answered by nobody: each asker tries again later. */
static void opener_failed(struct daemon *daemon, unsigned id, const char *why)
{
	struct opener_reply reply = {.subject = OPENER_ALL, .result = -1};
	unsigned asked = daemon->openers[id].asked;

	daemon->openers[id].asked = 0;
	snprintf(reply.text, sizeof(reply.text), "%s", why);
	if (asked > 0)
		daemon->openers[id].told(daemon, &reply, link_kinds[id]);
}

static void opener_read(struct daemon *daemon, struct source *source,
			uint32_t events)
{
	unsigned id = source->index;
	struct opener *opener = &daemon->openers[id];
	struct opener_reply reply;
	int fds[MESSAGE_FDS_MAX];
	unsigned count;

	(void)events;
	for (unsigned i = 0; i < REPLIES_PER_TURN && source->fd >= 0; i++) {
		enum message_result result = message_receive_fds(
			source->fd, &reply, sizeof(reply), fds, &count);

		if (result == MESSAGE_NONE)
			return;
		if (result == MESSAGE_GONE) {
			/* its pidfd tells the end */
			loop_drop(&daemon->loop, source);
			return;
		}
		if (result == MESSAGE_WRONG)
			continue;
		opener->asked_us = clock_now_us();
		if (opener->asked > 0)
			opener->asked--;
		reply.text[sizeof(reply.text) - 1] = '\0';
		/* what it says of them is nothing: these came along */
		reply.opened.count = count < LINK_FDS ? count : LINK_FDS;
		memcpy(reply.opened.fds, fds, sizeof(reply.opened.fds));
		for (unsigned k = reply.opened.count; k < count; k++)
			close(fds[k]);
		opener->told(daemon, &reply, link_kinds[id]);
	}
}

static void opener_ended(struct daemon *daemon, struct source *source,
			 uint32_t events)
{
	unsigned id = source->index;
	struct opener *opener = &daemon->openers[id];
	char how[100], why[TEXT_MAX];
	int status;

	(void)events;
	if (spawn_reap(source->fd, how, sizeof(how), &status) < 0)
		return;
	if (opener->socket.fd >= 0)
		opener_read(daemon, &opener->socket, 0);
	loop_drop(&daemon->loop, &opener->socket);
	loop_drop(&daemon->loop, &opener->process);
	opener->pid = 0;
	snprintf(why, sizeof(why), "twinbeat-opener %s before it had opened it",
		 how);
	opener_failed(daemon, id, why);
	flush(daemon, id);
}

int opener_find(struct daemon *daemon, char *error, size_t error_size)
{
	daemon->openers = calloc(LINK_KINDS, sizeof(*daemon->openers));
	if (!daemon->openers) {
		snprintf(error, error_size, "no memory");
		return -1;
	}
	for (unsigned id = 0; id < LINK_KINDS; id++) {
		struct opener *opener = &daemon->openers[id];
		struct spawn *spawn = &opener->spawn;

		opener->socket =
			(struct source){-1, LOOP_RUNNER, id, opener_read};
		opener->process =
			(struct source){-1, LOOP_RUNNER, id, opener_ended};
		if (spawn_find("twinbeat-opener", spawn->path,
			       sizeof(spawn->path), error, error_size) < 0)
			return -1;
		spawn->argv[0] = "twinbeat-opener";
		spawn->stderr_fd = daemon->stderr_pipe[1];
		spawn->fd_count = 1;
	}
	return 0;
}

static bool opener_start(struct daemon *daemon, struct opener *opener,
			 char *error, size_t error_size)
{
	opener->pid = helper_spawn(daemon, &opener->spawn, &opener->socket,
				   &opener->process, error, error_size);
	opener->asked = 0;
	opener->killed = false;
	if (opener->pid > 0)
		return true;
	opener->pid = 0;
	return false;
}

/* Ready to be sent something; starts it where it is not there. */
static bool opener_is_there(struct daemon *daemon, struct opener *opener,
			    char *error, size_t error_size)
{
	if (opener->pid == 0)
		return opener_start(daemon, opener, error, error_size);
	if (opener->socket.fd >= 0 && !opener->killed)
		return true;
	snprintf(error, error_size,
		 "it is still being closed or opened (process %d): its driver "
		 "hangs, or is slow",
		 (int)opener->pid);
	return false;
}

uint32_t opener_subject(const struct daemon *daemon, unsigned place)
{
	return (daemon->reloads & 0x7fff) << 16 | place;
}

bool opener_ask(struct daemon *daemon, const struct link_kind *kind,
		struct opener_request *request, opener_told *told, char *error,
		size_t error_size)
{
	unsigned id = link_kind_index(kind);
	struct opener *opener = &daemon->openers[id];

	request->kind = id;
	opener->told = told;
	flush(daemon, id);
	if (!opener_is_there(daemon, opener, error, error_size))
		return false;
	if (message_send(opener->socket.fd, request, sizeof(*request)) !=
	    MESSAGE_OK) {
		snprintf(error, error_size,
			 "twinbeat-opener takes no request now");
		return false;
	}
	if (opener->asked++ == 0)
		opener->asked_us = clock_now_us();
	return true;
}

/* Apart: each second nothing waits, and the request is of 8 KB. */
static bool send_close(struct daemon *daemon, struct opener *opener, int fd)
{
	const struct opener_request request = {.order = OPENER_CLOSE};
	char error[TEXT_MAX];

	return opener_is_there(daemon, opener, error, sizeof(error)) &&
	       message_send_fd(opener->socket.fd, &request, sizeof(request),
			       fd) == MESSAGE_OK;
}

/* Sends what waits to be closed; what it does not take now, it takes later. */
static void flush(struct daemon *daemon, unsigned id)
{
	struct opener *opener = &daemon->openers[id];

	while (opener->parked_count > 0) {
		int *last = &opener->parked[opener->parked_count - 1];

		if (!send_close(daemon, opener, *last))
			return;
		/* The message holds it: this close is not the last one. */
		close(*last);
		opener->parked_count--;
	}
}

void opener_close(struct daemon *daemon, const struct link_kind *kind,
		  const int *fds, unsigned count)
{
	unsigned id = link_kind_index(kind);
	struct opener *opener = &daemon->openers[id];

	for (unsigned i = 0; i < count; i++) {
		if (opener->parked_count == OPENER_PARKED_MAX) {
			/* every one of them waits for a hung driver already */
			log_line(LOG_ERR, "twinbeat-opener hangs: closing a "
					  "descriptor here");
			close(fds[i]);
			continue;
		}
		opener->parked[opener->parked_count++] = fds[i];
	}
	flush(daemon, id);
}

static void opener_watch(struct daemon *daemon, unsigned id)
{
	struct opener *opener = &daemon->openers[id];
	char why[TEXT_MAX];

	flush(daemon, id);
	if (opener->pid == 0)
		return;
	if (opener->asked == 0 && opener->parked_count == 0 &&
	    opener->socket.fd >= 0) {
		/* Nothing more to do: it ends when it sees the socket close. */
		loop_drop(&daemon->loop, &opener->socket);
		opener->asked_us = clock_now_us();
	}
	if (opener->killed ||
	    clock_now_us() - opener->asked_us < OPENER_PATIENCE_US)
		return;
	opener->killed = true;
	syscall(SYS_pidfd_send_signal, opener->process.fd, SIGKILL, NULL, 0);
	snprintf(why, sizeof(why),
		 "the kernel has not opened it within %d s: its driver hangs; "
		 "a USB adapter comes back when it is pulled and plugged in",
		 OPENER_PATIENCE_US / 1000000);
	opener_failed(daemon, id, why);
}

void openers_second(struct daemon *daemon)
{
	for (unsigned id = 0; id < LINK_KINDS; id++)
		opener_watch(daemon, id);
}
