/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Into the background (without --foreground): the process that was started
 * waits until the daemon is ready, and exits with the result. Everything before
 * that speaks to the terminal.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon.h"
#include "background.h"
#include "../base/log.h"

/* The parent's part: the result, or failure when the daemon ended without. */
static void __attribute__((noreturn)) wait_for_result(int fd)
{
	unsigned char code;

	if (read(fd, &code, 1) != 1)
		code = EXIT_FAILED;
	_exit(code);
}

/* 0 in the daemon; the parent does not return. -1: it cannot be done. */
int background_enter(struct daemon *daemon)
{
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -1;
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		return -1;
	if (pid > 0) {
		close(fds[1]);
		wait_for_result(fds[0]);
	}
	close(fds[0]);
	daemon->ready_fd = fds[1];
	/* Twice: no session leader, so no tty becomes our terminal. */
	if (setsid() < 0)
		return -1;
	pid = fork();
	if (pid < 0)
		return -1;
	if (pid > 0)
		_exit(0);
	return chdir("/");
}

void background_tell(struct daemon *daemon, enum exit_code code)
{
	unsigned char byte = (unsigned char)code;
	int null_fd;

	if (daemon->ready_fd < 0)
		return;
	if (code == EXIT_FINE) {
		null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
		for (int fd = 0; null_fd >= 0 && fd <= STDERR_FILENO; fd++)
			dup2(null_fd, fd);
		if (null_fd > STDERR_FILENO)
			close(null_fd);
		log_begin(false);
	}
	if (write(daemon->ready_fd, &byte, 1) != 1)
		log_line(LOG_WARNING,
			 "the process that started us has not waited");
	close(daemon->ready_fd);
	daemon->ready_fd = -1;
}
