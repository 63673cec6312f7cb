/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The loop of the checks. Everything that is ready is read before anything is
 * judged late: a process that was not scheduled for a while must not take its
 * own sleep for the silence of others.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <syslog.h>
#include <unistd.h>

#include "../base/message.h"
#include "runner.h"
#include "tracker.h"

#define EVENTS_MAX     32
#define TELL_US	       (CHECKS_TELL_S * INT64_C(1000000))
#define TELL_ALL_TICKS 5

struct told {
	enum checks_word word;
	bool is_due; /* to be told, again */
	char text[RUNNER_TEXT_MAX];
};

struct tracker {
	const struct settings *settings;
	uint32_t commit; /* that brought them */
	bool is_later;
	struct watched signals;
	int epoll_fd;
	struct scripts *scripts;
	struct processes *processes;
	struct files *files;
	struct witnesses *witnesses;
	struct told told[INSTANCES_MAX];
	bool is_changed;
	int64_t tell_us; /* the next sign of life */
	unsigned ticks;
};

const struct settings *tracker_settings(const struct tracker *tracker)
{
	return tracker->settings;
}

bool tracker_is_later(const struct tracker *tracker)
{
	return tracker->is_later;
}

bool tracker_watch(struct tracker *tracker, struct watched *watched)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = watched};

	if (epoll_ctl(tracker->epoll_fd, EPOLL_CTL_ADD, watched->fd, &event) ==
	    0)
		return true;
	close(watched->fd);
	watched->fd = -1;
	return false;
}

void tracker_unwatch(struct tracker *tracker, struct watched *watched)
{
	if (watched->fd < 0)
		return;
	epoll_ctl(tracker->epoll_fd, EPOLL_CTL_DEL, watched->fd, NULL);
	close(watched->fd);
	watched->fd = -1;
}

void tracker_ignore(struct tracker *tracker, const struct watched *watched)
{
	epoll_ctl(tracker->epoll_fd, EPOLL_CTL_DEL, watched->fd, NULL);
}

void tracker_changed(struct tracker *tracker)
{
	tracker->is_changed = true;
}

/* ---- what follows for an instance ---- */

struct sum {
	unsigned bad, pending;
	const char *why; /* of the first that is bad */
};

static void add(struct sum *sum, const struct check *check)
{
	if (check->state == CHECK_PENDING)
		sum->pending++;
	if (check->state != CHECK_BAD)
		return;
	if (sum->bad++ == 0)
		sum->why = check->why;
}

static void add_all(const struct tracker *tracker,
		    const struct settings_instance *instance, struct sum *sum)
{
	for (unsigned i = 0; i < instance->script_count; i++)
		add(sum,
		    scripts_of(tracker->scripts, instance->first_script + i));
	for (unsigned i = 0; i < instance->process_count; i++)
		add(sum,
		    processes_of(tracker->processes, instance->processes[i]));
	for (unsigned i = 0; i < instance->track_file_count; i++)
		add(sum, files_of(tracker->files, instance->track_files[i]));
}

/* What is bad is bad, whatever has not run yet; else one waits for it. */
static enum checks_word judge(const struct tracker *tracker,
			      const struct settings_instance *instance,
			      char *text, size_t size)
{
	struct sum sum = {0};
	char silent[CHECK_TEXT_MAX] = "";
	enum checks_word word = CHECKS_GOOD;

	add_all(tracker, instance, &sum);
	if (instance->witness_count > 0)
		word = witnesses_say(tracker->witnesses, instance, silent,
				     sizeof(silent));
	if (sum.bad > 1)
		snprintf(text, size, "%s; and %u more", sum.why, sum.bad - 1);
	else
		snprintf(text, size, "%s", sum.bad ? sum.why : silent);
	if (sum.bad > 0)
		return CHECKS_BAD;
	if (word == CHECKS_GOOD && sum.pending > 0)
		return CHECKS_UNKNOWN;
	return word;
}

static void judge_all(struct tracker *tracker)
{
	tracker->is_changed = false;
	for (unsigned i = 0; i < tracker->settings->instance_count; i++) {
		const struct settings_instance *instance =
			&tracker->settings->instances[i];
		struct told *told = &tracker->told[i];
		char text[RUNNER_TEXT_MAX];
		enum checks_word word;

		if (!settings_instance_has_checks(instance))
			continue;
		word = judge(tracker, instance, text, sizeof(text));
		/* at the start: the daemon waits, or knows of another life */
		if (word == CHECKS_UNKNOWN)
			continue;
		if (word == told->word && strcmp(text, told->text) == 0)
			continue;
		told->word = word;
		snprintf(told->text, sizeof(told->text), "%s", text);
		told->is_due = true;
	}
}

/* What has no room now is told when there is, at the latest at a tick. */
static void tell(struct tracker *tracker)
{
	for (unsigned i = 0; i < tracker->settings->instance_count; i++) {
		struct told *told = &tracker->told[i];
		struct runner_event event = {.type = RUNNER_CHECKS,
					     .id = i,
					     .waiting = tracker->commit,
					     .error = (int32_t)told->word};

		if (!told->is_due)
			continue;
		snprintf(event.text, sizeof(event.text), "%s", told->text);
		if (message_send(RUNNER_FD_SOCKET, &event, sizeof(event)) !=
		    MESSAGE_OK)
			return;
		told->is_due = false;
	}
}

static void tick(struct tracker *tracker, int64_t now_us)
{
	const struct runner_event alive = {.type = RUNNER_CHECKS_RUN,
					   .waiting = tracker->commit};

	if (now_us < tracker->tell_us)
		return;
	/* the daemon may have missed some, or given us up meanwhile */
	if (++tracker->ticks % TELL_ALL_TICKS == 0 ||
	    now_us > tracker->tell_us + 2 * TELL_US)
		for (unsigned i = 0; i < tracker->settings->instance_count; i++)
			tracker->told[i].is_due =
				tracker->told[i].word != CHECKS_UNKNOWN;
	tracker->tell_us = now_us + TELL_US;
	message_send(RUNNER_FD_SOCKET, &alive, sizeof(alive));
	tell(tracker);
}

/* ---- the loop ---- */

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t step_all(struct tracker *tracker, int64_t now_us)
{
	int64_t due_us = tracker->tell_us;

	due_us = earlier(due_us,
			 scripts_step(tracker, tracker->scripts, now_us));
	due_us = earlier(due_us,
			 processes_step(tracker, tracker->processes, now_us));
	due_us = earlier(due_us, files_step(tracker, tracker->files, now_us));
	return earlier(due_us,
		       witnesses_step(tracker, tracker->witnesses, now_us));
}

static void read_all(struct tracker *tracker, int wait_ms)
{
	struct epoll_event events[EVENTS_MAX];
	int count;

	do {
		count = epoll_wait(tracker->epoll_fd, events, EVENTS_MAX,
				   wait_ms);
		for (int i = 0; i < count; i++) {
			struct watched *watched = events[i].data.ptr;

			/* one before it may have closed it */
			if (watched->fd >= 0)
				watched->ready(tracker, watched,
					       events[i].events);
		}
		wait_ms = 0;
	} while (count == EVENTS_MAX);
}

/* The runner ends, or has new settings. */
static void asked_to_end(struct tracker *tracker, struct watched *watched,
			 uint32_t events)
{
	(void)watched;
	(void)events;
	scripts_end(tracker->scripts);
	_exit(0);
}

static bool listen_to_signals(struct tracker *tracker)
{
	sigset_t wanted;

	sigemptyset(&wanted);
	sigaddset(&wanted, SIGTERM);
	sigprocmask(SIG_BLOCK, &wanted, NULL);
	tracker->signals = (struct watched){asked_to_end,
					    signalfd(-1, &wanted, SFD_CLOEXEC)};
	return tracker->signals.fd >= 0 &&
	       tracker_watch(tracker, &tracker->signals);
}

static bool begin(struct tracker *tracker, const struct settings *settings)
{
	tracker->settings = settings;
	tracker->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (tracker->epoll_fd < 0)
		return false;
	tracker->scripts = scripts_begin(tracker);
	tracker->processes = processes_begin(tracker);
	tracker->files = files_begin(tracker);
	tracker->witnesses = witnesses_begin(tracker);
	return tracker->scripts && tracker->processes && tracker->files &&
	       tracker->witnesses && listen_to_signals(tracker);
}

void tracker_run(const struct settings *settings, uint32_t commit,
		 bool was_there)
{
	static struct tracker tracker;
	int64_t now_us = clock_now_us(), due_us, wait_us;

	/* what a script starts and leaves behind becomes ours to end */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	tracker.commit = commit;
	tracker.is_later = was_there;
	signal(SIGCHLD, SIG_DFL);
	if (!begin(&tracker, settings)) {
		runner_log(LOG_ERR, "the checks cannot begin: %s",
			   strerror(errno));
		_exit(1);
	}
	for (;;) {
		due_us = step_all(&tracker, now_us);
		if (tracker.is_changed) {
			judge_all(&tracker);
			tell(&tracker);
		}
		tick(&tracker, now_us);
		wait_us = due_us - clock_now_us();
		read_all(&tracker,
			 wait_us > 0 ? (int)((wait_us + 999) / 1000) : 0);
		now_us = clock_now_us();
	}
}
