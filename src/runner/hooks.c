/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs the programs of settings.notify. Each gets its notices in their order,
 * one at a time; one that takes too long is killed with all of its session
 * (session.h). What one that ends by itself has left running goes on.
 *
 * The programs take turns, too, since what one does for MASTER and another for
 * BACKUP must not cross. But a program that hangs must not silence the others:
 * after HOOK_PATIENCE_US they go on beside it, and it is waited for again when
 * it has ended in time once.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../base/log.h"
#include "../base/session.h"
#include "runner.h"

#define WORDS_MAX	 (COMMAND_WORDS_MAX + 4)
#define HOOK_PATIENCE_US 2000000
/* What is a reason to worry: so long, while events wait; so often in a row. */
#define HOOK_HANGS_US 15000000
#define FAILURES_MAX  3

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

static bool is_wanted(const struct settings *settings, int entry,
		      const struct notice *notice)
{
	const struct settings_told told = notice_told(notice);
	const struct settings_notify *notify;
	struct notice_arguments unused;

	if (entry < 0)
		return false;
	notify = &settings->notify[entry];
	return settings_notify_wants(notify, &told) &&
	       (notify->arguments != ARGUMENTS_KEEPALIVED ||
		notice_keepalived(notice, &unused));
}

/* ---- what waits ---- */

static bool look(const struct hooks *hooks, uint64_t number,
		 char text[NOTICE_JSON_MAX], size_t *size,
		 struct notice *notice)
{
	*size = outbox_look_at(&hooks->outbox,
			       (unsigned)(number - hooks->first), text,
			       NOTICE_JSON_MAX);
	return *size > 0 && notice_decode(text, *size, notice);
}

/* The first it wants and has not had; false: there is none. */
static bool look_next(const struct hooks *hooks, struct hook *hook,
		      char text[NOTICE_JSON_MAX], size_t *size,
		      struct notice *notice)
{
	const uint64_t end = hooks->first + hooks->outbox.count;

	for (; hook->waiting > 0 && hook->next < end; hook->next++)
		if (look(hooks, hook->next, text, size, notice) &&
		    is_wanted(hooks->settings, hook->entry, notice))
			return true;
	hook->waiting = 0;
	hook->next = end;
	return false;
}

static void drop_oldest(struct hooks *hooks)
{
	char text[NOTICE_JSON_MAX];
	struct notice notice;
	size_t size;
	bool is_notice = look(hooks, hooks->first, text, &size, &notice);

	outbox_pop(&hooks->outbox);
	hooks->first++;
	for (unsigned i = 0; i < hooks->count; i++) {
		struct hook *hook = &hooks->list[i];

		if (hook->next >= hooks->first)
			continue;
		hook->next = hooks->first;
		if (!is_notice || hook->waiting == 0 ||
		    !is_wanted(hooks->settings, hook->entry, &notice))
			continue;
		hook->waiting--;
		if (hook->lost++ == 0)
			runner_log(LOG_WARNING,
				   "notify: event %" PRIu64
				   " is dropped for %s: %u wait already",
				   notice.seq, hook->command, hook->waiting);
	}
}

/* Those that everybody has had, or nobody wants. */
static void drop_done(struct hooks *hooks)
{
	uint64_t least = hooks->first + hooks->outbox.count;

	for (unsigned i = 0; i < hooks->count; i++)
		if (hooks->list[i].waiting > 0 && hooks->list[i].next < least)
			least = hooks->list[i].next;
	for (; hooks->first < least; hooks->first++)
		outbox_pop(&hooks->outbox);
}

void hooks_add(struct hooks *hooks, const char *text, size_t size,
	       const struct notice *notice)
{
	const uint64_t number = hooks->first + hooks->outbox.count;
	bool is_kept = false;

	for (unsigned i = 0; i < hooks->count; i++) {
		struct hook *hook = &hooks->list[i];

		if (!is_wanted(hooks->settings, hook->entry, notice))
			continue;
		if (hook->waiting++ == 0)
			hook->next = number;
		is_kept = true;
	}
	while (is_kept && !outbox_put(&hooks->outbox, text, size, 0))
		drop_oldest(hooks);
}

/* ---- settings ---- */

static void add_hook(struct hooks *hooks, unsigned entry, unsigned receiver)
{
	struct hook *hook = &hooks->list[hooks->count++];

	*hook = (struct hook){.entry = (int)entry,
			      .receiver = receiver,
			      .pidfd = -1,
			      .next = hooks->first + hooks->outbox.count};
	snprintf(hook->command, sizeof(hook->command), "%s",
		 hooks->settings->notify[entry].command);
}

/* How many of what waits it wants by the new settings. */
static void count_waiting(const struct hooks *hooks, struct hook *hook)
{
	char text[NOTICE_JSON_MAX];
	struct notice notice;
	size_t size;

	if (hook->waiting == 0)
		return;
	hook->waiting = 0;
	for (uint64_t i = hook->next; i < hooks->first + hooks->outbox.count;
	     i++)
		if (look(hooks, i, text, &size, &notice) &&
		    is_wanted(hooks->settings, hook->entry, &notice))
			hook->waiting++;
}

static void hook_kill(struct hook *hook)
{
	session_kill(hook->pid);
	hook->is_killed = true;
	hook->limit_us = INT64_MAX;
}

/* What remains of before: takes the place of those that have come to an end. */
static void keep_running(struct hooks *hooks, struct hook *hook)
{
	siginfo_t info;

	hook->entry = -1;
	hook->waiting = 0;
	if (hook->pid == 0)
		return;
	if (hooks->count < HOOKS_MAX) {
		hooks->list[hooks->count++] = *hook;
		return;
	}
	hook_kill(hook);
	waitid((idtype_t)P_PIDFD, (id_t)hook->pidfd, &info, WEXITED);
	close(hook->pidfd);
}

void hooks_change(struct hooks *hooks, const struct settings *settings)
{
	static struct hook old[HOOKS_MAX];
	const unsigned old_count = hooks->count;
	struct settings_receiver list[RECEIVERS_MAX];
	unsigned receiver = settings_receivers(settings, list);

	memcpy(old, hooks->list, sizeof(old));
	hooks->settings = settings;
	hooks->count = 0;
	for (unsigned i = 0; i < settings->notify_count; i++) {
		const char *command = settings->notify[i].command;
		struct hook *hook = &hooks->list[hooks->count];

		if (command[0] == '\0')
			continue;
		add_hook(hooks, i, receiver++);
		for (unsigned k = 0; k < old_count; k++) {
			if (old[k].entry < 0 ||
			    strcmp(old[k].command, command) != 0)
				continue;
			old[k].receiver = hook->receiver;
			*hook = old[k];
			hook->entry = (int)i;
			count_waiting(hooks, hook);
			old[k] = (struct hook){.entry = -1};
			break;
		}
	}
	for (unsigned k = 0; k < old_count; k++)
		keep_running(hooks, &old[k]);
	drop_done(hooks);
}

void hooks_begin(struct hooks *hooks, const struct settings *settings)
{
	hooks->outbox.room = hooks->room;
	hooks->outbox.size = sizeof(hooks->room);
	hooks_change(hooks, settings);
}

/* ---- a run ---- */

/* The words of the command, and keepalived's where they are asked for. */
static void make_words(const struct settings_notify *notify,
		       const struct notice *notice,
		       char room[SETTINGS_COMMAND_MAX],
		       char *words[WORDS_MAX + 1],
		       struct notice_arguments *arguments)
{
	int count = settings_split_command(notify->command, room, words);

	if (count < 0 || notify->arguments != ARGUMENTS_KEEPALIVED ||
	    !notice_keepalived(notice, arguments))
		return;
	words[count++] = arguments->type;
	words[count++] = arguments->name;
	words[count++] = arguments->state;
	words[count++] = arguments->priority;
	words[count] = NULL;
}

static void __attribute__((noreturn))
hook_become(const struct hooks *hooks, char **words, char **variables,
	    int input)
{
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid(); /* and a process group */
	if (dup2(input, STDIN_FILENO) < 0 ||
	    dup2(hooks->output, STDOUT_FILENO) < 0 ||
	    dup2(hooks->output, STDERR_FILENO) < 0 || chdir("/") < 0)
		_exit(126);
	syscall(SYS_close_range, 3, ~0u, 0);
	execve(words[0], words, variables);
	dprintf(STDERR_FILENO, "%s cannot be run: %s\n", words[0],
		strerror(errno));
	_exit(127);
}

/* Its stdin: the notice as one line, then the end. It fits into a pipe. */
static int open_input(const char *text, size_t size)
{
	int pipe_fds[2];

	if (pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return -1;
	if (write(pipe_fds[1], text, size) != (ssize_t)size ||
	    write(pipe_fds[1], "\n", 1) != 1) {
		close(pipe_fds[0]);
		pipe_fds[0] = -1;
	}
	close(pipe_fds[1]);
	if (pipe_fds[0] >= 0)
		fcntl(pipe_fds[0], F_SETFL, 0);
	return pipe_fds[0];
}

/* It has not done what it was started for: the first words say how. */
static void hook_failed(struct hook *hook, const char *how, const char *why)
{
	runner_log(LOG_WARNING, "notify: %s (event %" PRIu64 ") %s%s",
		   hook->command, hook->seq, how, why);
	hook->failures++;
	hook->state = hook->failures < FAILURES_MAX ? RECEIVER_LATER
						    : RECEIVER_FAILING;
	if (hook->failures < FAILURES_MAX)
		snprintf(hook->text, sizeof(hook->text), "it %s%s", how, why);
	else
		snprintf(hook->text, sizeof(hook->text),
			 "it %s%s, after others that failed, too", how, why);
}

static void hook_run(struct hooks *hooks, struct hook *hook,
		     const struct notice *notice, const char *text, size_t size)
{
	static char path[] =
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:"
		"/bin";
	const struct settings_notify *notify =
		&hooks->settings->notify[hook->entry];
	char room[NOTICE_ROOM], *variables[NOTICE_VARIABLES_MAX + 2] = {path};
	char command[SETTINGS_COMMAND_MAX], *words[WORDS_MAX + 1] = {NULL};
	struct notice_arguments arguments;
	int input = open_input(text, size);
	pid_t pid;

	make_words(notify, notice, command, words, &arguments);
	notice_variables(notice, room, variables + 1);
	pid = input < 0 || words[0] == NULL ? -1 : fork();
	if (pid == 0)
		hook_become(hooks, words, variables, input);
	hook->seq = notice->seq;
	if (pid < 0)
		hook_failed(hook, "cannot be started: ", strerror(errno));
	if (input >= 0)
		close(input);
	if (pid < 0)
		return;
	hook->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (hook->pidfd < 0) {
		/* one that nobody sees end would have no time limit */
		hook_failed(hook, "cannot be watched: ", strerror(errno));
		session_kill(pid);
		waitpid(pid, NULL, 0);
		return;
	}
	hook->pid = pid;
	hook->is_killed = false;
	hook->timeout_ms = notify->timeout_ms;
	hook->started_us = clock_now_us();
	hook->limit_us = hook->started_us + (int64_t)hook->timeout_ms * 1000;
}

/* R13: those that were dropped are told by the log and by the history. */
static void tell_lost(struct hooks *hooks, struct hook *hook, uint64_t seq)
{
	char why[SETTINGS_COMMAND_MAX + 120];

	if (hook->lost == 0)
		return;
	snprintf(why, sizeof(why),
		 "notify: %" PRIu64 " notifications of %s before event %" PRIu64
		 " were dropped: too many waited",
		 hook->lost, hook->command, seq);
	hook->lost = 0;
	hooks->tell_gap(why);
}

/* Whose notice is the oldest, in the order of notify; NULL: nobody's turn. */
static struct hook *find_turn(struct hooks *hooks)
{
	char text[NOTICE_JSON_MAX];
	struct hook *turn = NULL;
	struct notice notice;
	bool is_taken = false;
	size_t size;

	for (unsigned i = 0; i < hooks->count; i++)
		is_taken = is_taken ||
			   (hooks->list[i].pid > 0 && !hooks->list[i].is_slow);
	for (unsigned i = 0; i < hooks->count; i++) {
		struct hook *hook = &hooks->list[i];

		if (hook->pid > 0 ||
		    !look_next(hooks, hook, text, &size, &notice))
			continue;
		if (hook->is_slow)
			return hook;
		if (!is_taken && (turn == NULL || hook->next < turn->next))
			turn = hook;
	}
	return turn;
}

static void watch_run(struct hook *hook, int64_t now_us)
{
	if (hook->pid == 0)
		return;
	if (now_us - hook->started_us >= HOOK_PATIENCE_US)
		hook->is_slow = true;
	if (now_us - hook->started_us >= HOOK_HANGS_US && hook->waiting > 0 &&
	    hook->state < RECEIVER_FAILING) {
		hook->state = RECEIVER_FAILING;
		snprintf(hook->text, sizeof(hook->text),
			 "it has run for over %d s, and other events wait",
			 HOOK_HANGS_US / 1000000);
	}
	if (now_us >= hook->limit_us)
		hook_kill(hook);
}

static void tell_changed(const struct hooks *hooks, struct hook *hook)
{
	if (hook->entry < 0 || (hook->state == hook->told_state &&
				hook->waiting == hook->told_waiting))
		return;
	hook->told_state = hook->state;
	hook->told_waiting = hook->waiting;
	hooks->tell(hook->receiver, hook->state, hook->waiting, hook->text);
}

void hooks_step(struct hooks *hooks)
{
	char text[NOTICE_JSON_MAX];
	struct notice notice;
	struct hook *hook;
	size_t size;

	for (unsigned i = 0; i < hooks->count; i++)
		watch_run(&hooks->list[i], clock_now_us());
	while ((hook = find_turn(hooks)) != NULL &&
	       look_next(hooks, hook, text, &size, &notice)) {
		hook->next++;
		hook->waiting--;
		tell_lost(hooks, hook, notice.seq);
		hook_run(hooks, hook, &notice, text, size);
	}
	drop_done(hooks);
	for (unsigned i = 0; i < hooks->count; i++)
		tell_changed(hooks, &hooks->list[i]);
}

void hooks_end(struct hooks *hooks)
{
	for (unsigned i = 0; i < hooks->count; i++)
		if (hooks->list[i].pid > 0)
			hook_kill(&hooks->list[i]);
}

bool hooks_run(const struct hooks *hooks)
{
	for (unsigned i = 0; i < hooks->count; i++)
		if (hooks->list[i].pid > 0)
			return true;
	return false;
}

bool hooks_are_busy(const struct hooks *hooks)
{
	return hooks_run(hooks) || hooks->outbox.count > 0;
}

static void hook_ended(struct hook *hook, const siginfo_t *info)
{
	char number[40];

	hook->is_slow = clock_now_us() - hook->started_us >= HOOK_PATIENCE_US;
	if (hook->is_killed) {
		snprintf(number, sizeof(number), "%g s: killed",
			 hook->timeout_ms / 1000.0);
		hook_failed(hook, "has not ended after ", number);
		return;
	}
	snprintf(number, sizeof(number), "%d", info->si_status);
	if (info->si_code != CLD_EXITED) {
		hook_failed(hook, "was ended by signal ", number);
	} else if (info->si_status != 0) {
		hook_failed(hook, "exited with status ", number);
	} else {
		hook->failures = 0;
		hook->state = RECEIVER_FINE;
		hook->text[0] = '\0';
	}
}

void hooks_reap(struct hooks *hooks)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < hooks->count; i++) {
		struct hook *hook = &hooks->list[i];
		siginfo_t info = {.si_pid = 0};

		if (hook->pid > 0 &&
		    (waitid((idtype_t)P_PIDFD, (id_t)hook->pidfd, &info,
			    WEXITED | WNOHANG) < 0 ||
		     info.si_pid != 0)) {
			hook_ended(hook, &info);
			close(hook->pidfd);
			hook->pidfd = -1;
			hook->pid = 0;
		}
		if (hook->entry >= 0 || hook->pid > 0)
			hooks->list[kept++] = *hook;
	}
	hooks->count = kept;
}
