/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * twinbeat-runner: all that may block, so that the main process never does:
 * log lines, the state file, notifications, and what the other helpers
 * write to stderr. Ordinary priority. It ends when its parent has ended and
 * everything was said and done, within bounds.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../base/images.h"
#include "../base/log.h"
#include "../base/message.h"
#include "../base/privileges.h"
#include "../base/replace_file.h"
#include "../base/signals.h"
#include "carrier.h"
#include "checks.h"
#include "journal.h"
#include "runner.h"
#include "../base/standard_fds.h"
#include "../settings/snapshot.h"

#define REQUESTS_PER_TURN 64
/* after the parent's end: keeper and fencer may still have something to say */
#define LAST_WORDS_US 30000000
#define TICK_MS	      500
#define FIXED_FDS     7 /* polled each turn, before the programs */

struct runner {
	const struct settings *settings;
	const char *state_path;
	bool parent_gone, socket_gone, is_settled;
	int64_t begun_us, gone_us;
	struct bucket bucket; /* of the parent's lines */
	struct lines helpers, hook_output;
	struct hooks hooks;
	struct pipes pipes;
	struct carrier carrier;
	struct checks checks; /* R3 */
	struct journal journal;
	int history_error;	     /* told last */
	const struct settings *next; /* of a reload */
	int next_fd;
};

static pid_t parent_pid;
static char node_name[SETTINGS_NAME_MAX];

/* In the name of the main process: one daemon to whoever reads the log. */
void runner_log(int priority, const char *format, ...)
{
	char line[LOG_LINE_SIZE];
	size_t used;
	va_list list;

	used = (size_t)snprintf(line, sizeof(line), "%s: ", node_name);
	va_start(list, format);
	vsnprintf(line + used, sizeof(line) - used, format, list);
	va_end(list);
	log_clean(line);
	log_write(parent_pid, priority, line);
}

/* ---- requests ---- */

static void answer(uint32_t type, uint32_t id, int error)
{
	const struct runner_event event = {
		.type = type, .id = id, .error = error};

	/* an answer that has no room is asked for again: by a timer there */
	message_send(RUNNER_FD_SOCKET, &event, sizeof(event));
}

static void take_line(struct runner *runner, struct runner_request *request)
{
	uint64_t told;
	int priority;

	if (request->size < 2 || request->size >= RUNNER_BODY_MAX)
		return;
	request->body[request->size] = '\0';
	priority = request->body[0] - '0';
	if (priority < 0 || priority > 7 ||
	    !bucket_take(&runner->bucket, clock_now_us(), &told))
		return;
	if (told)
		runner_log(LOG_WARNING, "%llu lines were dropped: too many",
			   (unsigned long long)told);
	log_clean(request->body + 1);
	log_write(parent_pid, priority, request->body + 1);
}

/* The main process is told when it begins to fail, and when it ends. */
static void tell_history(struct runner *runner)
{
	if (runner->history_error == runner->journal.error)
		return;
	runner->history_error = runner->journal.error;
	answer(RUNNER_HISTORY_KEPT, 0, runner->history_error);
}

static void take_lost(struct runner *runner,
		      const struct runner_request *request)
{
	uint64_t lost[LOST_KINDS];
	char why[200];

	if (request->size != sizeof(lost))
		return;
	memcpy(lost, request->body, sizeof(lost));
	snprintf(why, sizeof(why),
		 "%" PRIu64 " log lines, %" PRIu64
		 " lines of the history and %" PRIu64
		 " notifications before this one are lost: twinbeat-runner "
		 "took nothing for too long",
		 lost[LOST_LINES], lost[LOST_HISTORY],
		 lost[LOST_NOTIFICATIONS]);
	runner_log(LOG_WARNING, "%s", why);
	journal_tell(&runner->journal, why);
	tell_history(runner);
}

static struct runner *the_runner;

static void tell_gap(const char *text)
{
	runner_log(LOG_WARNING, "%s", text);
	journal_tell(&the_runner->journal, text);
	tell_history(the_runner);
}

static void take_notice(struct runner *runner,
			const struct runner_request *request)
{
	struct notice notice;

	if (request->size >= NOTICE_JSON_MAX ||
	    !notice_decode(request->body, request->size, &notice))
		return;
	journald_tell(runner->settings, &notice);
	pipes_tell(&runner->pipes, runner->settings, &notice, request->body,
		   request->size);
	if (!carrier_add(&runner->carrier, request->body, request->size,
			 &notice) &&
	    runner->carrier.dropped == 1)
		runner_log(LOG_WARNING,
			   "notify: event %" PRIu64 " is dropped: %u wait for "
			   "twinbeat-notifier",
			   notice.seq, runner->carrier.outbox.count);
	hooks_add(&runner->hooks, request->body, request->size, &notice);
}

static void tell_receiver(unsigned receiver, uint32_t state, uint32_t waiting,
			  const char *text)
{
	struct runner_event event = {.type = RUNNER_RECEIVER,
				     .id = receiver,
				     .error = (int32_t)state,
				     .waiting = waiting};

	snprintf(event.text, sizeof(event.text), "%s", text);
	message_send(RUNNER_FD_SOCKET, &event, sizeof(event));
}

/* ---- a reload ---- */

static void forget_next(struct runner *runner)
{
	settings_unmap(runner->next);
	runner->next = NULL;
	if (runner->next_fd >= 0)
		close(runner->next_fd);
	runner->next_fd = -1;
}

/* Takes fd over. */
static void prepare(struct runner *runner, uint32_t id, int fd)
{
	forget_next(runner);
	runner->next_fd = fd;
	runner->next = fd >= 0 ? settings_map_again(fd) : NULL;
	if (fd >= 0)
		answer(RUNNER_PREPARED, id, runner->next ? 0 : EINVAL);
}

static void commit(struct runner *runner, uint32_t id)
{
	const struct settings *old = runner->settings;

	if (!runner->next)
		return;
	runner->settings = runner->next;
	runner->next = NULL;
	/* what is started from here on reads it there */
	dup3(runner->next_fd, RUNNER_FD_SETTINGS, O_CLOEXEC);
	forget_next(runner);
	hooks_change(&runner->hooks, runner->settings);
	pipes_change(&runner->pipes, old, runner->settings);
	carrier_change(&runner->carrier, runner->settings);
	checks_change(&runner->checks, runner->settings, id);
	settings_unmap(old);
	answer(RUNNER_COMMITTED, 0, 0);
}

static void take_request(struct runner *runner, struct runner_request *request)
{
	int error = 0;

	switch (request->type) {
	case RUNNER_LOG:
		take_line(runner, request);
		break;
	case RUNNER_SAVE:
		if (store_file(runner->state_path, request->body,
			       request->size) < 0)
			error = errno;
		answer(RUNNER_SAVED, request->id, error);
		break;
	case RUNNER_NOTIFY:
		take_notice(runner, request);
		break;
	case RUNNER_HISTORY:
		if (request->size == 0 || request->size >= RUNNER_BODY_MAX)
			break;
		request->body[request->size] = '\0';
		journal_add(&runner->journal, request->body);
		tell_history(runner);
		break;
	case RUNNER_HISTORY_TRY:
		journal_try(&runner->journal);
		tell_history(runner);
		break;
	case RUNNER_LOST:
		take_lost(runner, request);
		break;
	case RUNNER_PING:
		answer(RUNNER_PONG, request->id, 0);
		break;
	case RUNNER_COMMIT:
		commit(runner, request->id);
		break;
	default:
		runner_log(LOG_ERR, "twinbeat-runner: request %u is not known",
			   request->type);
	}
}

/* True when there is nothing more to read now. */
static bool take_requests(struct runner *runner)
{
	static struct runner_request request;
	const size_t least = offsetof(struct runner_request, body);
	int fds[MESSAGE_FDS_MAX];
	unsigned count;
	size_t size;

	for (unsigned i = 0; i < REQUESTS_PER_TURN; i++) {
		switch (message_receive_some_fds(RUNNER_FD_SOCKET, &request,
						 least, sizeof(request), &size,
						 fds, &count)) {
		case MESSAGE_OK:
			if (size == least + request.size &&
			    request.type == RUNNER_PREPARE)
				prepare(runner, request.id,
					count > 0 ? fds[--count] : -1);
			else if (size == least + request.size)
				take_request(runner, &request);
			while (count > 0)
				close(fds[--count]);
			break;
		case MESSAGE_WRONG:
			break;
		case MESSAGE_NONE:
			return true;
		case MESSAGE_GONE:
			runner->socket_gone = true;
			return true;
		}
	}
	return false;
}

/* ---- the loop ---- */

static bool is_done(const struct runner *runner)
{
	if (!runner->parent_gone)
		return false;
	if (clock_now_us() - runner->gone_us > LAST_WORDS_US)
		return true;
	return runner->helpers.fd < 0 && !hooks_are_busy(&runner->hooks) &&
	       runner->carrier.outbox.count == 0;
}

/* Once, some time after the start: what that alone has used leaves. */
static void settle(struct runner *runner)
{
	if (runner->is_settled ||
	    clock_now_us() - runner->begun_us < IMAGES_START_US)
		return;
	runner->is_settled = true;
	images_forget_start();
}

static void turn(struct runner *runner)
{
	bool rests = lines_rest(&runner->hook_output);
	struct pollfd polled[FIXED_FDS + HOOKS_MAX] = {
		{.fd = runner->socket_gone ? -1 : RUNNER_FD_SOCKET,
		 .events = POLLIN},
		{.fd = runner->parent_gone ? -1 : RUNNER_FD_PARENT,
		 .events = POLLIN},
		{.fd = runner->helpers.fd, .events = POLLIN},
		{.fd = rests ? -1 : runner->hook_output.fd, .events = POLLIN},
		{.fd = runner->carrier.socket, .events = POLLIN},
		{.fd = runner->carrier.pidfd, .events = POLLIN},
		{.fd = runner->checks.pidfd, .events = POLLIN},
	};
	bool timed =
		rests || runner->parent_gone || hooks_run(&runner->hooks) ||
		runner->carrier.start_us != INT64_MAX ||
		(runner->checks.pidfd < 0 &&
		 runner->checks.start_us != INT64_MAX) ||
		runner->checks.is_ending || runner->journal.bucket.dropped > 0;
	unsigned count = FIXED_FDS;

	for (unsigned i = 0; i < runner->hooks.count; i++)
		polled[count++] = (struct pollfd){
			.fd = runner->hooks.list[i].pidfd, .events = POLLIN};
	if (poll(polled, count, timed ? TICK_MS : -1) < 0)
		return;
	settle(runner);
	if (polled[0].revents)
		take_requests(runner);
	if (polled[2].revents)
		lines_read(&runner->helpers);
	if (polled[3].revents)
		lines_read(&runner->hook_output);
	if (polled[4].revents)
		carrier_read(&runner->carrier);
	if (polled[5].revents)
		carrier_reap(&runner->carrier);
	if (polled[6].revents)
		checks_reap(&runner->checks);
	hooks_reap(&runner->hooks);
	checks_step(&runner->checks);
	carrier_step(&runner->carrier);
	hooks_step(&runner->hooks);
	journal_work(&runner->journal);
	if (polled[1].revents) {
		runner->parent_gone = true;
		runner->gone_us = clock_now_us();
		checks_end(&runner->checks);
		while (!runner->socket_gone && !take_requests(runner))
			continue;
	}
}

static int start(struct runner *runner)
{
	const struct settings *settings =
		settings_map_again(RUNNER_FD_SETTINGS);
	int output[2];

	if (!settings || pipe2(output, O_CLOEXEC) < 0)
		return -1;
	for (int fd = RUNNER_FD_SOCKET; fd <= RUNNER_FD_PIPE; fd++)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	fcntl(RUNNER_FD_PIPE, F_SETFL, O_NONBLOCK);
	fcntl(output[0], F_SETFL, O_NONBLOCK);
	runner->settings = settings;
	snprintf(node_name, sizeof(node_name), "%s",
		 settings->nodes[settings->self].name);
	runner->bucket = (struct bucket){.burst = 4000, .per_second = 100};
	runner->helpers =
		(struct lines){.fd = RUNNER_FD_PIPE,
			       .prefix = "",
			       .bucket = {.burst = 100, .per_second = 10}};
	runner->hook_output =
		(struct lines){.fd = output[0],
			       .prefix = "notify: ",
			       .bucket = {.burst = 50, .per_second = 5}};
	hooks_begin(&runner->hooks, settings);
	runner->hooks.tell = tell_receiver;
	runner->hooks.tell_gap = tell_gap;
	runner->carrier.output = output[1];
	runner->carrier.self_fd = (int)syscall(SYS_pidfd_open, getpid(), 0);
	runner->carrier.tell = tell_receiver;
	runner->hooks.output = output[1];
	return 0;
}

int main(int argc, char **argv)
{
	static struct runner runner = {.next_fd = -1};

	standard_fds_open();
	if (argc != 3 || argv[1][0] != '/' || start(&runner) < 0) {
		fprintf(stderr, "twinbeat-runner: it is started by twinbeatd, "
				"not by hand\n");
		return 2;
	}
	the_runner = &runner;
	parent_pid = getppid();
	/* A Ctrl-C is for the main process: it will tell when it is over. */
	signals_ignore();
	log_begin(strcmp(argv[2], "--stderr") == 0);
	runner.state_path = argv[1];
	privileges_settle(PRIVILEGES_RUNNER, "twinbeat-runner");
	carrier_begin(&runner.carrier, runner.settings, argv[1]);
	checks_begin(&runner.checks, runner.settings);
	runner.journal =
		(struct journal){.state_path = argv[1],
				 .fd = -1,
				 .bucket = {.burst = 2000, .per_second = 20}};
	runner.begun_us = clock_now_us();
	images_forget_start();
	while (!is_done(&runner))
		turn(&runner);
	hooks_end(&runner.hooks);
	return 0;
}
