/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs settings.notify for each event, in order, one at a time. A hook that
 * takes too long is killed with all it started in its process group: the next
 * event must be told, too.
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

#define HOOK_LIMIT_US 10000000
#define VARIABLES_MAX 32

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

bool hooks_add(struct hooks *hooks, const struct runner_request *request)
{
	if (hooks->path[0] == '\0' || request->size == 0 ||
	    request->body[request->size - 1] != '\0')
		return false;
	hooks->outbox.room = hooks->room;
	hooks->outbox.size = sizeof(hooks->room);
	return outbox_put(&hooks->outbox, request,
			  offsetof(struct runner_request, body) + request->size,
			  0);
}

static void __attribute__((noreturn))
hook_become(const struct hooks *hooks, struct runner_request *request)
{
	char path[] =
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:"
		"/bin";
	char name[SETTINGS_PATH_MAX];
	char *variables[VARIABLES_MAX + 2] = {path};
	char *arguments[] = {name, NULL};
	unsigned count = 1;
	sigset_t none;
	int null_fd;

	snprintf(name, sizeof(name), "%s", hooks->path);
	for (uint32_t at = 0; at < request->size && count <= VARIABLES_MAX;) {
		char *text = request->body + at;

		if (strncmp(text, "TWINBEAT_", 9) == 0 && strchr(text, '='))
			variables[count++] = text;
		at += (uint32_t)strlen(text) + 1;
	}
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setpgid(0, 0);
	null_fd = open("/dev/null", O_RDONLY);
	if (null_fd < 0 || dup2(null_fd, STDIN_FILENO) < 0 ||
	    dup2(hooks->output, STDOUT_FILENO) < 0 ||
	    dup2(hooks->output, STDERR_FILENO) < 0 || chdir("/") < 0)
		_exit(126);
	syscall(SYS_close_range, 3, ~0u, 0);
	execve(hooks->path, arguments, variables);
	dprintf(STDERR_FILENO, "%s cannot be run: %s\n", hooks->path,
		strerror(errno));
	_exit(127);
}

static void hook_start(struct hooks *hooks)
{
	static struct runner_request request;
	pid_t pid;

	outbox_look(&hooks->outbox, &request, sizeof(request));
	outbox_pop(&hooks->outbox);
	pid = fork();
	if (pid == 0)
		hook_become(hooks, &request);
	hooks->id = request.id;
	if (pid < 0) {
		runner_log(LOG_ERR, "notify: %s cannot be started: %s",
			   hooks->path, strerror(errno));
		return;
	}
	/* on both sides: whoever comes first */
	setpgid(pid, pid);
	hooks->pid = pid;
	hooks->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	hooks->limit_us = runner_now_us() + HOOK_LIMIT_US;
}

void hooks_step(struct hooks *hooks)
{
	if (hooks->pid > 0 && runner_now_us() >= hooks->limit_us) {
		runner_log(LOG_WARNING,
			   "notify: %s (event %u) has not ended after %d s: "
			   "killed",
			   hooks->path, hooks->id, HOOK_LIMIT_US / 1000000);
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
		runner_log(LOG_WARNING, "notify: %s (event %u) %s %d",
			   hooks->path, hooks->id,
			   info.si_code == CLD_EXITED ? "exited with status"
						      : "was ended by signal",
			   info.si_status);
	close(hooks->pidfd);
	hooks->pidfd = -1;
	hooks->pid = 0;
	return 0;
}
