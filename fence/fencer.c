/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * twinbeat-fencer: cuts power when it is told to, and says what a read-back
 * showed. It knows levels and plugs; it does not know why, nor who is alive.
 *
 * Its loop never waits for a device: each attempt is a child process, and the
 * fencer keeps answering meanwhile. Nothing from the socket, a child or a
 * device ends it; the end of its parent does, once what was switched has been
 * read back.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../drivers/driver.h"
#include "../src/base/clock.h"
#include "../src/base/message.h"
#include "../src/base/privileges.h"
#include "../src/base/realtime.h"
#include "../src/base/signals.h"
#include "../src/base/spawn.h"
#include "operation.h"
#include "../src/base/standard_fds.h"

/* Answers that the asker could not take yet. Steps are not kept. */
#define OUTBOX_MAX 64
/* Requests taken per wake-up: a flood must not keep an attempt waiting. */
#define REQUESTS_PER_WAKE 16
/* Tells what became of us that it did not begin as this. */
#define BECAME "TWINBEAT_FENCER_BECAME"

struct fencer {
	struct fence_work work;
	struct fence_event outbox[OUTBOX_MAX];
	unsigned waiting;
	bool asker_gone;
	/* of a reload; next_fd is open as long as they may be committed */
	const struct settings *next;
	int next_fd;
	bool commit_due;
};

static bool send_event(const struct fence_event *event)
{
	return send(FENCER_FD_SOCKET, event, sizeof(*event),
		    MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)sizeof(*event);
}

/* Order is kept: nothing overtakes an answer that waits. */
static bool emit(void *arg, const struct fence_event *event)
{
	struct fencer *fencer = arg;

	if (fencer->asker_gone)
		return false;
	if (fencer->waiting == 0 && send_event(event))
		return true;
	if ((event->type != FENCE_DONE && event->type != FENCE_PREPARED) ||
	    fencer->waiting == OUTBOX_MAX)
		return false;
	fencer->outbox[fencer->waiting++] = *event;
	return true;
}

static void flush_outbox(struct fencer *fencer)
{
	unsigned sent = 0;

	while (sent < fencer->waiting && send_event(&fencer->outbox[sent]))
		sent++;
	fencer->waiting -= sent;
	memmove(fencer->outbox, fencer->outbox + sent,
		fencer->waiting * sizeof(fencer->outbox[0]));
}

static void lose_asker(struct fencer *fencer)
{
	if (fencer->asker_gone)
		return;
	fencer->asker_gone = true;
	fencer->waiting = 0;
	operation_asker_gone(&fencer->work);
}

/* Not kept when there is no room: whoever does not read can wait. */
static void answer_ping(struct fencer *fencer)
{
	const struct fence_event pong = {
		.type = FENCE_PONG,
		.digest = fencer->work.settings->fence_digest,
		.at_us = clock_now_us(),
	};

	emit(fencer, &pong);
}

/* ---- a reload ---- */

static void forget_next(struct fencer *fencer)
{
	settings_unmap(fencer->next);
	fencer->next = NULL;
	if (fencer->next_fd >= 0)
		close(fencer->next_fd);
	fencer->next_fd = -1;
	fencer->commit_due = false;
}

/* Takes fd over; -1: none came. */
static void prepare(struct fencer *fencer, uint32_t id, int fd)
{
	struct fence_event event = {
		.type = FENCE_PREPARED, .id = id, .outcome = FENCE_FAILED};

	forget_next(fencer);
	if (fd < 0)
		return;
	fencer->next_fd = fd;
	fencer->next = settings_map(fd);
	if (fencer->next == NULL || fencer->next->self >= NODES)
		snprintf(event.text, sizeof(event.text),
			 "twinbeat-fencer does not understand the new settings "
			 "(programs of different versions?)");
	else
		event.outcome = FENCE_READ_DONE;
	emit(fencer, &event);
}

static void become_other_build(const struct settings *settings);

static void keep_over_exec(bool keep)
{
	for (int fd = FENCER_FD_SOCKET; fd <= FENCER_FD_LOCK; fd++)
		fcntl(fd, F_SETFD, keep ? 0 : FD_CLOEXEC);
}

/* A driver in another build: the same as at a start, by the new settings. */
static void commit(struct fencer *fencer)
{
	const struct settings *old = fencer->work.settings;

	if (fencer->next == NULL) {
		fencer->commit_due = false;
		return;
	}
	if (!operation_change(&fencer->work, fencer->next))
		return;
	dup2(fencer->next_fd, FENCER_FD_SETTINGS);
	fencer->next = NULL;
	forget_next(fencer);
	settings_unmap(old);
	keep_over_exec(true);
	become_other_build(fencer->work.settings);
	keep_over_exec(false);
}

static void take_request(struct fencer *fencer,
			 const struct fence_request *request, int *fd)
{
	switch (request->kind) {
	case FENCE_PING:
		answer_ping(fencer);
		break;
	case FENCE_PREPARE:
		prepare(fencer, request->id, *fd);
		*fd = -1;
		break;
	case FENCE_COMMIT:
		fencer->commit_due = true;
		commit(fencer);
		break;
	case FENCE_CANCEL:
		operation_cancel(&fencer->work, request->id);
		break;
	case FENCE_READY:
		operation_ready(&fencer->work);
		break;
	default:
		operation_request(&fencer->work, request);
	}
}

static void take_requests(struct fencer *fencer)
{
	struct fence_request request;
	int fds[MESSAGE_FDS_MAX];
	unsigned count;

	/* what comes after a commit is meant by the new settings */
	for (int i = 0; i < REQUESTS_PER_WAKE && !fencer->commit_due; i++) {
		memset(&request, 0, sizeof(request));
		switch (message_receive_fds(FENCER_FD_SOCKET, &request,
					    sizeof(request), fds, &count)) {
		case MESSAGE_NONE:
			return;
		case MESSAGE_GONE: /* or an error that will not go away */
			lose_asker(fencer);
			return;
		case MESSAGE_WRONG:
			/* Not a request: kind 0, which nobody carries out. */
			request.kind = 0;
			count = 0;
			break;
		case MESSAGE_OK:
			break;
		}
		for (unsigned k = 1; k < count; k++)
			close(fds[k]);
		if (count == 0)
			fds[0] = -1;
		take_request(fencer, &request, &fds[0]);
		if (fds[0] >= 0)
			close(fds[0]);
	}
}

/* The time until the running attempt is late, for ppoll. */
static struct timespec *time_left(const struct fencer *fencer,
				  struct timespec *left)
{
	int64_t deadline_us = operation_deadline_us(&fencer->work), us;

	if (deadline_us == INT64_MAX)
		return NULL;
	us = deadline_us - clock_now_us();
	if (us < 0)
		us = 0;
	left->tv_sec = us / 1000000;
	left->tv_nsec = (us % 1000000 + 1) * 1000 - 1;
	return left;
}

static void turn(struct fencer *fencer)
{
	struct fence_work *work = &fencer->work;
	struct pollfd polled[2 + OPERATION_FDS] = {
		{.fd = fencer->asker_gone || fencer->commit_due
			       ? -1
			       : FENCER_FD_SOCKET,
		 .events = POLLIN},
		{.fd = fencer->asker_gone ? -1 : FENCER_FD_PARENT,
		 .events = POLLIN},
	};
	struct timespec left;

	operation_poll(work, polled + 2);
	if (fencer->waiting > 0)
		polled[0].events |= POLLOUT;
	if (ppoll(polled, sizeof(polled) / sizeof(polled[0]),
		  time_left(fencer, &left), NULL) < 0)
		return; /* EINTR, or no memory for a moment */
	operation_check_deadline(work);
	if (polled[1].revents != 0)
		lose_asker(fencer);
	operation_take(work, polled + 2);
	if (fencer->commit_due)
		commit(fencer);
	if (fencer->waiting > 0)
		flush_outbox(fencer);
	if (polled[0].revents != 0 && !fencer->asker_gone)
		take_requests(fencer);
}

/* Only the parent's end ends the fencer: a Ctrl-C, Ctrl-\ or Ctrl-Z on a
 * terminal, or systemd telling the whole group, must not stop a half-done
 * fence. */
static void ignore_signals(void)
{
	/* a leader of a group of its own is out of the terminal's reach */
	setsid();
	signals_ignore();
}

/* Locked: a fence is needed when the machine is at its worst, but it is a
 * child's work. What the kernel refuses costs promptness, not safety. */
static void enter_realtime(const struct settings *settings)
{
	unsigned refused = settings->realtime
				   ? realtime_enter_on_fault(FENCER_PRIORITY)
				   : 0;

	if (refused != 0)
		fprintf(stderr,
			"twinbeat-fencer: no%s%s: %s; a fence may be slow on a "
			"busy machine\n",
			refused & REALTIME_MEMORY ? " locked memory" : "",
			refused & REALTIME_PRIORITY ? " real-time priority"
						    : "",
			strerror(errno));
}

/* A driver of these settings that is in another program, or NULL. */
static const struct driver *find_elsewhere(const struct settings *settings)
{
	for (unsigned i = 0; i < settings->device_count; i++) {
		const struct driver *driver =
			driver_find(settings->devices[i].driver);

		if (driver != NULL && driver->program != NULL &&
		    !driver_is_here(driver))
			return driver;
	}
	return NULL;
}

/*
 * The same program with a library that costs megabytes of locked memory takes
 * over where one of its devices is configured: same pid, same descriptors. If
 * it cannot, the devices of other drivers still work, and its plugs are
 * unknown. Once only: what bears that name may be this build again (a package
 * made without the library, a link, a script), and would become itself for
 * ever.
 */
static void become_other_build(const struct settings *settings)
{
	const struct driver *driver = find_elsewhere(settings);
	char path[600], error[700], name[64];
	char *argv[] = {name, NULL};

	if (driver == NULL)
		return;
	snprintf(name, sizeof(name), "%s", driver->program);
	if (getenv(BECAME) != NULL) {
		snprintf(error, sizeof(error),
			 "%s is a build without %s: install the right one "
			 "again",
			 name, driver->library);
	} else if (spawn_find(name, path, sizeof(path), error, sizeof(error)) ==
		   0) {
		if (setenv(BECAME, "1", 1) == 0)
			execv(path, argv);
		snprintf(error, sizeof(error), "%.500s: %s", path,
			 strerror(errno));
	}
	fprintf(stderr, "twinbeat-fencer: no %s: %s\n", driver->label, error);
}

int main(void)
{
	static struct fencer fencer = {.next_fd = -1};
	const struct settings *settings;

	standard_fds_open();
	settings = settings_map(FENCER_FD_SETTINGS);
	if (settings == NULL || settings->self >= NODES) {
		fprintf(stderr,
			"twinbeat-fencer: no settings on descriptor "
			"%d, or settings that it refuses; it is started by "
			"twinbeatd or twinbeat of the same version, not by "
			"hand\n",
			FENCER_FD_SETTINGS);
		return 2;
	}
	become_other_build(settings);
	keep_over_exec(false);
	ignore_signals();
	privileges_settle(PRIVILEGES_FENCER, "twinbeat-fencer");
	enter_realtime(settings);
	operation_init(&fencer.work, settings, emit, &fencer);
	while (!fencer.asker_gone || !operation_idle(&fencer.work))
		turn(&fencer);
	return 0;
}
