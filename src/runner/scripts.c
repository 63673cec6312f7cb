/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R3: programs that must exit with 0. Each run is a process group of its own;
 * at its end, or its time-out, all of it is killed, and what has left the group
 * as well: it became a child of this process. Nothing that a script does,
 * writes or starts holds up anybody but itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../base/words.h"
#include "runner.h"
#include "script_child.h"
#include "tracker.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif
#define SPREAD_US  1000000 /* all first runs are within this */
#define OUTPUT_MAX 65536   /* more is not read, and the script waits */
#define ORPHANS_US 200000
#define SHOWN_MAX  48
#define END_ROUNDS 100 /* 1 ms each */

enum outcome { RUN_GOOD, RUN_EXIT, RUN_SIGNAL, RUN_LATE, RUN_CANNOT };

struct run;
struct run_fd {
	struct watched watched;
	struct run *run;
};

struct run {
	struct scripts *all;
	const struct settings_script *script;
	struct check check;
	char name[SHOWN_MAX + 4];
	struct run_fd end, output;
	pid_t pid; /* 0 = does not run */
	bool is_killed;
	int64_t due_us, started_us, limit_us;
	unsigned good, bad;   /* in a row */
	enum outcome outcome; /* of what check.why tells */
	int code;
	size_t seen, used;
	char line[CHECK_TEXT_MAX]; /* the first that it writes */
};

struct scripts {
	unsigned count;
	struct run runs[SCRIPTS_MAX];
	uint8_t run_of[SCRIPTS_MAX]; /* by its place in the settings */
	int64_t orphans_us;	     /* look again then; INT64_MAX */
};

/* ---- what a run says ---- */

static void describe(struct run *run, int64_t took_us)
{
	long long took_ms = took_us / 1000;
	const char *colon = run->line[0] ? ": " : "";
	char text[2 * CHECK_TEXT_MAX];

	switch (run->outcome) {
	case RUN_EXIT:
		snprintf(text, sizeof(text),
			 "script %s: exit code %d after %lld ms%s%.60s",
			 run->name, run->code, took_ms, colon, run->line);
		break;
	case RUN_SIGNAL:
		snprintf(text, sizeof(text),
			 "script %s: ended by signal %d after %lld ms%s%.60s",
			 run->name, run->code, took_ms, colon, run->line);
		break;
	case RUN_LATE:
		snprintf(text, sizeof(text),
			 "script %s: not done after %u ms, killed%s%.60s",
			 run->name, run->script->timeout_ms, colon, run->line);
		break;
	default:
		snprintf(text, sizeof(text), "script %s cannot be run: %.100s",
			 run->name, run->line);
		break;
	}
	/* what the script says comes last, and may be cut off */
	snprintf(run->check.why, sizeof(run->check.why), "%.*s",
		 (int)sizeof(run->check.why) - 1, text);
}

static void record(struct tracker *tracker, struct run *run,
		   enum outcome outcome, int code, int64_t took_us)
{
	struct check *check = &run->check;
	bool is_same = check->state == CHECK_BAD && run->outcome == outcome &&
		       run->code == code;

	run->good = outcome == RUN_GOOD ? run->good + 1 : 0;
	run->bad = outcome == RUN_GOOD ? 0 : run->bad + 1;
	if (outcome == RUN_GOOD) {
		/* the first run decides at once */
		if (check->state == CHECK_GOOD ||
		    (check->state == CHECK_BAD &&
		     run->good < run->script->rise))
			return;
		check->state = CHECK_GOOD;
	} else {
		if (is_same)
			return;
		/* what was found before a reload may have been good */
		if ((check->state == CHECK_GOOD ||
		     (check->state == CHECK_PENDING &&
		      tracker_is_later(tracker))) &&
		    run->bad < run->script->fall)
			return;
		check->state = CHECK_BAD;
		run->outcome = outcome;
		run->code = code;
		describe(run, took_us);
	}
	tracker_changed(tracker);
}

/* ---- what it writes ---- */

static void keep_line(struct run *run, const char *bytes, size_t size)
{
	for (size_t i = 0; i < size && run->used + 1 < sizeof(run->line); i++) {
		char byte = bytes[i];

		if (byte == '\n' && run->used == 0)
			continue;
		if (byte == '\n') {
			run->used = sizeof(run->line);
			return;
		}
		run->line[run->used++] =
			(char)(byte < ' ' || byte > '~' ? '?' : byte);
		run->line[run->used] = '\0';
	}
}

/* A bounded amount: it may write faster than we read. */
static void read_output(struct tracker *tracker, struct run *run)
{
	char bytes[4096];
	ssize_t got = read(run->output.watched.fd, bytes, sizeof(bytes));

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		tracker_unwatch(tracker, &run->output.watched);
		return;
	}
	keep_line(run, bytes, (size_t)got);
	run->seen += (size_t)got;
	if (run->seen >= OUTPUT_MAX)
		tracker_ignore(tracker, &run->output.watched);
}

static void output_ready(struct tracker *tracker, struct watched *watched,
			 uint32_t events)
{
	(void)events;
	read_output(tracker, ((struct run_fd *)watched)->run);
}

/* ---- its end ---- */

static bool is_a_run(const struct scripts *scripts, pid_t pid)
{
	for (unsigned i = 0; i < scripts->count; i++)
		if (scripts->runs[i].pid == pid)
			return true;
	return false;
}

/* Children of ours that are no script: left behind by one, out of its group. */
static unsigned end_children(const struct scripts *scripts, FILE *file)
{
	unsigned found = 0;
	int pid;

	while (fscanf(file, "%d", &pid) == 1) {
		if (is_a_run(scripts, pid))
			continue;
		found++;
		kill(pid, SIGKILL);
		waitpid(pid, NULL, WNOHANG);
	}
	return found;
}

static void end_orphans(struct scripts *scripts, int64_t now_us)
{
	char path[64];
	unsigned found;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children",
		 (int)getpid());
	/* no descriptor for it: later; no such file: a kernel that has none */
	file = fopen(path, "re");
	if (file == NULL) {
		scripts->orphans_us =
			errno == ENOENT ? INT64_MAX : now_us + ORPHANS_US;
		return;
	}
	found = end_children(scripts, file);
	fclose(file);
	/* they end in a moment, and their own children become ours then */
	scripts->orphans_us = found > 0 ? now_us + ORPHANS_US : INT64_MAX;
}

static void run_ended(struct tracker *tracker, struct watched *watched,
		      uint32_t events)
{
	struct run *run = ((struct run_fd *)watched)->run;
	int64_t now_us = clock_now_us();
	siginfo_t info = {.si_pid = 0};

	(void)events;
	/* before its number is free for others */
	kill(-run->pid, SIGKILL);
	if (waitid((idtype_t)P_PIDFD, (id_t)watched->fd, &info,
		   WEXITED | WNOHANG) == 0 &&
	    info.si_pid == 0)
		return;
	if (run->output.watched.fd >= 0)
		read_output(tracker, run);
	tracker_unwatch(tracker, &run->output.watched);
	tracker_unwatch(tracker, &run->end.watched);
	run->pid = 0;
	end_orphans(run->all, now_us);
	if (run->is_killed)
		return; /* told when it was */
	if (info.si_code != CLD_EXITED)
		record(tracker, run, RUN_SIGNAL, info.si_status,
		       now_us - run->started_us);
	else if (info.si_status == SCRIPT_CANNOT &&
		 strncmp(run->line, SCRIPT_CANNOT_TEXT,
			 strlen(SCRIPT_CANNOT_TEXT)) == 0) {
		memmove(run->line, run->line + strlen(SCRIPT_CANNOT_TEXT),
			strlen(run->line) + 1 - strlen(SCRIPT_CANNOT_TEXT));
		record(tracker, run, RUN_CANNOT, 0, 0);
	} else
		record(tracker, run, info.si_status == 0 ? RUN_GOOD : RUN_EXIT,
		       info.si_status, now_us - run->started_us);
}

/* ---- its start ---- */

static void run_failed(struct tracker *tracker, struct run *run,
		       const char *what)
{
	snprintf(run->line, sizeof(run->line), "%s: %s", what, strerror(errno));
	record(tracker, run, RUN_CANNOT, 0, 0);
}

static void run_start(struct tracker *tracker, struct run *run, int64_t now_us)
{
	int output[2];

	run->line[0] = '\0';
	run->seen = run->used = 0;
	run->is_killed = false;
	if (pipe2(output, O_CLOEXEC) < 0) {
		run_failed(tracker, run, "pipe");
		return;
	}
	run->pid = fork();
	if (run->pid == 0)
		script_become(tracker_settings(tracker), run->script,
			      output[1]);
	close(output[1]);
	if (run->pid < 0) {
		run->pid = 0;
		close(output[0]);
		run_failed(tracker, run, "fork");
		return;
	}
	fcntl(output[0], F_SETFL, O_NONBLOCK);
	run->output.watched.fd = output[0];
	run->end.watched.fd = (int)syscall(SYS_pidfd_open, run->pid, 0);
	run->started_us = now_us;
	run->limit_us = now_us + run->script->timeout_ms * INT64_C(1000);
	tracker_watch(tracker, &run->output.watched);
	if (run->end.watched.fd < 0 ||
	    !tracker_watch(tracker, &run->end.watched)) {
		run_failed(tracker, run, "pidfd");
		kill(run->pid, SIGKILL);
		run->pid = 0; /* an orphan from now on */
		tracker_unwatch(tracker, &run->output.watched);
		run->all->orphans_us = now_us;
	}
}

/* When it wants to be looked at again. */
static int64_t run_step(struct tracker *tracker, struct run *run,
			int64_t now_us)
{
	int64_t interval_us = run->script->interval_ms * INT64_C(1000);

	if (run->pid > 0 && !run->is_killed && now_us >= run->limit_us) {
		/* both: its first instant may be before its group is there */
		kill(run->pid, SIGKILL);
		kill(-run->pid, SIGKILL);
		run->is_killed = true;
		record(tracker, run, RUN_LATE, 0, now_us - run->started_us);
	}
	if (now_us >= run->due_us && (run->pid == 0 || run->is_killed)) {
		run->due_us += interval_us;
		if (run->due_us <= now_us)
			run->due_us = now_us + interval_us;
		if (run->pid > 0) /* hangs in the kernel, as before */
			record(tracker, run, RUN_LATE, 0,
			       now_us - run->started_us);
		else
			run_start(tracker, run, now_us);
	}
	return run->pid > 0 && !run->is_killed ? run->limit_us : run->due_us;
}

/* ---- all of them ---- */

static bool is_same(const struct settings_script *a,
		    const struct settings_script *b)
{
	return strcmp(a->command, b->command) == 0 &&
	       strcmp(a->user, b->user) == 0 &&
	       a->interval_ms == b->interval_ms &&
	       a->timeout_ms == b->timeout_ms && a->fall == b->fall &&
	       a->rise == b->rise;
}

static void add(struct scripts *scripts, const struct settings_script *script)
{
	struct run *run = &scripts->runs[scripts->count++];
	struct words words;
	const char *name = script->command;

	if (words_split(script->command, &words) && words.count > 0)
		name = words.at[0];
	if (strlen(name) > SHOWN_MAX)
		snprintf(run->name, sizeof(run->name), "...%s",
			 name + strlen(name) - SHOWN_MAX);
	else
		snprintf(run->name, sizeof(run->name), "%.*s", SHOWN_MAX, name);
	run->all = scripts;
	run->script = script;
	run->end = (struct run_fd){{run_ended, -1}, run};
	run->output = (struct run_fd){{output_ready, -1}, run};
}

struct scripts *scripts_begin(struct tracker *tracker)
{
	const struct settings *settings = tracker_settings(tracker);
	struct scripts *scripts = calloc(1, sizeof(*scripts));
	int64_t now_us = clock_now_us();

	if (scripts == NULL)
		return NULL;
	scripts->orphans_us = INT64_MAX;
	for (unsigned i = 0; i < settings->script_count; i++) {
		unsigned k = 0;

		while (k < scripts->count &&
		       !is_same(scripts->runs[k].script, &settings->scripts[i]))
			k++;
		if (k == scripts->count)
			add(scripts, &settings->scripts[i]);
		scripts->run_of[i] = (uint8_t)k;
	}
	for (unsigned i = 0; i < scripts->count; i++) {
		struct run *run = &scripts->runs[i];
		int64_t spread_us = run->script->interval_ms * INT64_C(1000);

		if (spread_us > SPREAD_US)
			spread_us = SPREAD_US;
		run->due_us = now_us + spread_us * i / scripts->count;
	}
	return scripts;
}

int64_t scripts_step(struct tracker *tracker, struct scripts *scripts,
		     int64_t now_us)
{
	int64_t due_us = INT64_MAX;

	for (unsigned i = 0; i < scripts->count; i++) {
		int64_t at_us = run_step(tracker, &scripts->runs[i], now_us);

		due_us = at_us < due_us ? at_us : due_us;
	}
	if (now_us >= scripts->orphans_us)
		end_orphans(scripts, now_us);
	return due_us < scripts->orphans_us ? due_us : scripts->orphans_us;
}

const struct check *scripts_of(const struct scripts *scripts, unsigned script)
{
	return &scripts->runs[scripts->run_of[script]].check;
}

void scripts_end(struct scripts *scripts)
{
	for (unsigned i = 0; i < scripts->count; i++) {
		if (scripts->runs[i].pid > 0)
			kill(-scripts->runs[i].pid, SIGKILL);
		scripts->runs[i].pid = 0;
	}
	/* their children become ours as they end */
	for (unsigned i = 0; i < END_ROUNDS; i++) {
		end_orphans(scripts, 0);
		if (scripts->orphans_us == INT64_MAX)
			return;
		usleep(1000);
	}
}
