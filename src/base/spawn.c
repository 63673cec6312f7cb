/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fork, descriptors, exec. The parent may be a real-time process with locked
 * memory: the child does nothing between fork and exec but move descriptors,
 * and the parent does not wait for it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "become.h"
#include "spawn.h"

#define FIRST_FD 3
/* Above every number that a child is given: moved there first, so that none
 * is overwritten before it was used. */
#define PARK_FD 64

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

int spawn_find(const char *program, char *path, size_t size, char *error,
	       size_t error_size)
{
	char own[512];
	ssize_t length = readlink("/proc/self/exe", own, sizeof(own) - 1);
	char *slash;

	if (length < 0) {
		snprintf(error, error_size,
			 "cannot find where this program is: /proc/self/exe: "
			 "%s",
			 strerror(errno));
		return -1;
	}
	own[length] = '\0';
	slash = strrchr(own, '/');
	if (slash)
		*slash = '\0';
	if ((size_t)snprintf(path, size, "%s/%s", own, program) < size &&
	    access(path, X_OK) == 0)
		return 0;
	if ((size_t)snprintf(path, size, "%s/%s", LIBEXECDIR, program) < size &&
	    access(path, X_OK) == 0)
		return 0;
	snprintf(error, error_size,
		 "%s is neither in %s nor in " LIBEXECDIR ": install it again",
		 program, own);
	return -1;
}

static void child_default_signals(void)
{
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void __attribute__((noreturn)) child_become(const struct spawn *spawn)
{
	int parked[SPAWN_FDS_MAX], error_fd, null_fd;
	char *argv[sizeof(spawn->argv) / sizeof(spawn->argv[0])];

	child_default_signals();
	if (spawn->as_daemon && become_daemon() < 0) {
		/* only commands start it so, and a person reads */
		dprintf(STDERR_FILENO,
			"%s cannot become the daemon's user %u: %s\n",
			spawn->argv[0], (unsigned)become_uid(),
			strerror(errno));
		_exit(126);
	}
	null_fd = open("/dev/null", O_RDWR);
	if (null_fd < 0)
		_exit(126);
	null_fd = fcntl(null_fd, F_DUPFD, PARK_FD);
	error_fd = spawn->stderr_fd < 0
			   ? null_fd
			   : fcntl(spawn->stderr_fd, F_DUPFD, PARK_FD);
	for (unsigned i = 0; i < spawn->fd_count; i++) {
		parked[i] = -1;
		if (spawn->fds[i] < 0)
			continue;
		parked[i] = fcntl(spawn->fds[i], F_DUPFD, PARK_FD);
		if (parked[i] < 0)
			_exit(126);
	}
	if (dup2(null_fd, STDIN_FILENO) < 0 ||
	    dup2(null_fd, STDOUT_FILENO) < 0 ||
	    dup2(error_fd, STDERR_FILENO) < 0)
		_exit(126);
	for (unsigned i = 0; i < spawn->fd_count; i++) {
		if (parked[i] < 0)
			close(FIRST_FD + (int)i);
		else if (dup2(parked[i], FIRST_FD + (int)i) < 0)
			_exit(126);
	}
	syscall(SYS_close_range, FIRST_FD + spawn->fd_count, ~0u, 0);
	/* exec writes to none of them, though its type does not say so */
	memcpy(argv, spawn->argv, sizeof(argv));
	execv(spawn->path, argv);
	_exit(127);
}

pid_t spawn_start(const struct spawn *spawn, int *pidfd, char *error,
		  size_t error_size)
{
	pid_t pid = fork();

	if (pid == 0)
		child_become(spawn);
	if (pid < 0) {
		snprintf(error, error_size, "%s cannot be started: %s",
			 spawn->argv[0], strerror(errno));
		return -1;
	}
	/* No race: a child that ended stays until it is reaped below. */
	*pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (*pidfd >= 0)
		return pid;
	snprintf(error, error_size,
		 "%s cannot be watched: pidfd_open: %s (Linux 5.3 or later is "
		 "needed)",
		 spawn->argv[0], strerror(errno));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return -1;
}

int spawn_reap(int pidfd, char *how, size_t how_size, int *status)
{
	siginfo_t info = {.si_pid = 0};

	if (waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG) ==
		    0 &&
	    info.si_pid == 0)
		return -1;
	*status = info.si_status;
	if (info.si_pid == 0) {
		*status = -1;
		snprintf(how, how_size, "is gone");
	} else if (info.si_code == CLD_EXITED) {
		snprintf(how, how_size, "exited with status %d%s",
			 info.si_status,
			 info.si_status == 127 ? " (it could not be executed)"
					       : "");
	} else {
		*status = 128 + info.si_status;
		snprintf(how, how_size, "died of signal %d (%s)",
			 info.si_status, strsignal(info.si_status));
	}
	return 0;
}
