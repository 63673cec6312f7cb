/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A program whose exit status is the result: 0 passed, 1 failed, 2 no new
 * connections; with dynamic 10 to 110 for 0 to 100 % of the weight. It runs in
 * a session of its own, which the deadline ends whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../base/session.h"
#include "check.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

#define EXIT_DRAIN     2
#define EXIT_PERCENT_0 10

static int spawn(pid_t *pid, char **words, char **variables)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	int error;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID |
						      POSIX_SPAWN_SETSIGDEF |
						      POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setsigdefault(&attributes, &all);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null",
					 O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null",
					 O_WRONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO,
					 STDERR_FILENO);
	posix_spawn_file_actions_addchdir_np(&actions, "/");
	posix_spawn_file_actions_addclosefrom_np(&actions, 3);
	error = posix_spawn(pid, words[0], &actions, &attributes, words,
			    variables);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return error;
}

bool child_watch(struct attempt *attempt)
{
	attempt->fd = (int)syscall(SYS_pidfd_open, attempt->child, 0);
	attempt->events = POLLIN;
	if (attempt->fd < 0)
		return answer_is(attempt, ANSWER_UNASKED, false,
				 "%s: cannot be watched: %s",
				 attempt->kind->name, strerror(errno));
	return false;
}

bool child_has_ended(struct attempt *attempt, bool *is_exited, int *status)
{
	siginfo_t info = {.si_pid = 0};

	if (waitid((idtype_t)P_PIDFD, (id_t)attempt->fd, &info,
		   WEXITED | WNOHANG) < 0 ||
	    info.si_pid == 0)
		return false;
	attempt->child = 0;
	*is_exited = info.si_code == CLD_EXITED;
	*status = info.si_status;
	return true;
}

static bool command_begin(struct attempt *attempt)
{
	static char path[] =
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:"
		"/bin";
	char room[SETTINGS_COMMAND_MAX], *words[COMMAND_WORDS_MAX + 1];
	char ip[IP_TEXT_MAX], address[IP_TEXT_MAX + 24], port[32],
		name[SETTINGS_NAME_MAX + 24];
	char *variables[] = {path, address, port, name, NULL};
	int error = EINVAL;
	pid_t pid;

	snprintf(address, sizeof(address), "TWINBEAT_ADDRESS=%s",
		 ip_format(&attempt->order.ip, ip));
	snprintf(port, sizeof(port), "TWINBEAT_PORT=%u", attempt->order.port);
	snprintf(name, sizeof(name), "TWINBEAT_SERVER=%s",
		 attempt->settings->servers[attempt->order.server].name);
	if (settings_split_command(attempt->check->command, room, words) > 0)
		error = spawn(&pid, words, variables);
	if (error != 0)
		return answer_is(attempt,
				 answer_unless_lack(error, ANSWER_WRONG), true,
				 "command: %.40s: %s", attempt->check->command,
				 strerror(error));
	attempt->child = pid;
	return child_watch(attempt);
}

static bool judge(struct attempt *attempt, int status)
{
	if (status == 0)
		return answer_is(attempt, ANSWER_PASSED, true,
				 "command: exit status 0");
	if (status == EXIT_DRAIN)
		return answer_is(attempt, ANSWER_DRAIN, true,
				 "command: exit status 2: nothing new");
	if (attempt->check->dynamic && status >= EXIT_PERCENT_0 &&
	    status <= EXIT_PERCENT_0 + 100) {
		attempt->answer.percent = (uint8_t)(status - EXIT_PERCENT_0);
		return answer_is(attempt, ANSWER_PASSED, true,
				 "command: exit status %d: %d %%", status,
				 status - EXIT_PERCENT_0);
	}
	return answer_is(attempt, ANSWER_WRONG, true, "command: exit status %d",
			 status);
}

static bool command_ready(struct attempt *attempt, short revents)
{
	bool is_exited;
	int status;

	(void)revents;
	if (!child_has_ended(attempt, &is_exited, &status))
		return false;
	if (!is_exited)
		return answer_is(attempt, ANSWER_WRONG, true,
				 "command: ended by signal %d", status);
	return judge(attempt, status);
}

void child_late(struct attempt *attempt)
{
	answer_is(attempt, ANSWER_WRONG, true,
		  "%s: has not ended within %lld ms: killed",
		  attempt->kind->name, limit_ms(attempt));
}

/* Killed, it ends at once, unless it waits for a dead disk: then nobody waits
 * with it, and it is reaped by the end of this program. */
void child_end(struct attempt *attempt)
{
	siginfo_t info;

	if (attempt->child > 0) {
		session_kill(attempt->child);
		for (unsigned i = 0; i < 10; i++) {
			info.si_pid = 0;
			if (waitid(P_PID, (id_t)attempt->child, &info,
				   WEXITED | WNOHANG) < 0 ||
			    info.si_pid != 0)
				break;
			usleep(100);
		}
	}
	if (attempt->fd >= 0)
		close(attempt->fd);
}

const struct check_kind check_command = {"command", command_begin,
					 command_ready, child_late, child_end};
