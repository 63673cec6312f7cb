/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs the programs of settings.notify for each notice, in order, one at a
 * time. One that takes too long is killed with all it started in its process
 * group: the next notice must be told, too.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../base/log.h"
#include "runner.h"

#define WORDS_MAX (COMMAND_WORDS_MAX + 4)

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

static bool is_wanted(const struct settings *settings, unsigned i,
		      const struct notice *notice)
{
	const struct settings_notify *notify = &settings->notify[i];
	struct notice_arguments unused;

	return notify->command[0] != '\0' &&
	       settings_notify_wants(notify, notice_class(notice),
				     notice->instance) &&
	       (notify->arguments != ARGUMENTS_KEEPALIVED ||
		notice_keepalived(notice, &unused));
}

static unsigned next_entry(const struct settings *settings, unsigned from,
			   const struct notice *notice)
{
	while (from < settings->notify_count &&
	       !is_wanted(settings, from, notice))
		from++;
	return from;
}

bool hooks_add(struct hooks *hooks, const char *text, size_t size,
	       const struct notice *notice)
{
	if (next_entry(hooks->settings, 0, notice) ==
	    hooks->settings->notify_count)
		return true;
	hooks->outbox.room = hooks->room;
	hooks->outbox.size = sizeof(hooks->room);
	return outbox_put(&hooks->outbox, text, size, 0);
}

void hooks_change(struct hooks *hooks, const struct settings *settings)
{
	const struct settings *old = hooks->settings;
	unsigned i = 0;

	hooks->settings = settings;
	if (hooks->entry == 0)
		return;
	while (i < settings->notify_count &&
	       strcmp(settings->notify[i].command,
		      old->notify[hooks->entry - 1].command) != 0)
		i++;
	hooks->entry = i < settings->notify_count ? i + 1 : 0;
}

/* The words of the command, and keepalived's where they are asked for. */
static void make_words(struct hooks *hooks, const struct notice *notice,
		       char *words[WORDS_MAX + 1],
		       struct notice_arguments *arguments)
{
	const struct settings_notify *notify =
		&hooks->settings->notify[hooks->entry];
	int count =
		settings_split_command(notify->command, hooks->command, words);

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
	setpgid(0, 0);
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

static void hook_run(struct hooks *hooks, const struct notice *notice,
		     const char *text, size_t size)
{
	static char path[] =
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:"
		"/bin";
	char room[NOTICE_ROOM], *variables[NOTICE_VARIABLES_MAX + 2] = {path};
	char *words[WORDS_MAX + 1] = {NULL};
	struct notice_arguments arguments;
	int input = open_input(text, size);
	pid_t pid;

	make_words(hooks, notice, words, &arguments);
	notice_variables(notice, room, variables + 1);
	pid = input < 0 || words[0] == NULL ? -1 : fork();
	if (pid == 0)
		hook_become(hooks, words, variables, input);
	if (input >= 0)
		close(input);
	hooks->seq = notice->seq;
	hooks->path = hooks->command;
	hooks->timeout_ms = hooks->settings->notify[hooks->entry].timeout_ms;
	if (pid < 0) {
		runner_log(LOG_ERR, "notify: %s cannot be started: %s",
			   hooks->settings->notify[hooks->entry].command,
			   strerror(errno));
		return;
	}
	/* on both sides: whoever comes first */
	setpgid(pid, pid);
	hooks->pid = pid;
	hooks->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	hooks->limit_us = runner_now_us() + (int64_t)hooks->timeout_ms * 1000;
}

/* The next program that wants the first notice; none: the next notice. */
static void hook_start(struct hooks *hooks)
{
	char text[NOTICE_JSON_MAX];
	size_t size = outbox_look(&hooks->outbox, text, sizeof(text));
	struct notice notice;

	if (size > 0 && notice_decode(text, size, &notice)) {
		hooks->entry =
			next_entry(hooks->settings, hooks->entry, &notice);
		if (hooks->entry < hooks->settings->notify_count) {
			hook_run(hooks, &notice, text, size);
			hooks->entry++;
			return;
		}
	}
	outbox_pop(&hooks->outbox);
	hooks->entry = 0;
}

void hooks_step(struct hooks *hooks)
{
	if (hooks->pid > 0 && runner_now_us() >= hooks->limit_us) {
		runner_log(LOG_WARNING,
			   "notify: %s (event %llu) has not ended after %g s: "
			   "killed",
			   hooks->path, (unsigned long long)hooks->seq,
			   hooks->timeout_ms / 1000.0);
		kill(-hooks->pid, SIGKILL);
		hooks->limit_us = INT64_MAX;
	}
	while (hooks->pid == 0 && hooks->outbox.count > 0)
		hook_start(hooks);
}

int hooks_reap(struct hooks *hooks, int *status)
{
	siginfo_t info = {.si_pid = 0};

	if (waitid((idtype_t)P_PIDFD, (id_t)hooks->pidfd, &info,
		   WEXITED | WNOHANG) == 0 &&
	    info.si_pid == 0)
		return -1;
	*status = info.si_code == CLD_EXITED ? info.si_status : -1;
	if (*status != 0)
		runner_log(LOG_WARNING, "notify: %s (event %llu) %s %d",
			   hooks->path, (unsigned long long)hooks->seq,
			   info.si_code == CLD_EXITED ? "exited with status"
						      : "was ended by signal",
			   info.si_status);
	close(hooks->pidfd);
	hooks->pidfd = -1;
	hooks->pid = 0;
	return 0;
}
