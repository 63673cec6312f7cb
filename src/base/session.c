/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ends a program with all of its session. A process group would not be enough:
 * timeout(1), a shell with job control and many others put what they start into
 * a group of its own, and wait for it. Who leaves the session has made a daemon
 * of itself on purpose (setsid(2), daemon(3)), and is no business of ours.
 */
#include "session.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What is killed may have forked meanwhile. */
#define ROUNDS_MAX 8

/* proc(5): "PID (comm) STATE PPID PGRP SESSION ..."; comm may have anything. */
static bool is_of(const char *pid, pid_t session)
{
	char path[300], text[512];
	const char *rest;
	int of = 0, fd;
	char state = 'Z';
	ssize_t got;

	snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	got = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[got > 0 ? got : 0] = '\0';
	rest = strrchr(text, ')');
	return rest != NULL &&
	       sscanf(rest, ") %c %*d %*d %d", &state, &of) == 2 &&
	       of == session && state != 'Z' && state != 'X';
}

static unsigned kill_members(pid_t session)
{
	DIR *folder = opendir("/proc");
	const struct dirent *at;
	unsigned found = 0;

	while (folder != NULL && (at = readdir(folder)) != NULL) {
		pid_t pid = (pid_t)strtol(at->d_name, NULL, 10);

		/* the number of one that has just ended is not given out again
		 * so soon; the leader's cannot be while it is not reaped */
		if (pid <= 0 || pid == session || !is_of(at->d_name, session))
			continue;
		kill(pid, SIGKILL);
		found++;
	}
	if (folder != NULL)
		closedir(folder);
	return found;
}

void session_kill(pid_t leader)
{
	unsigned found = 1;

	/* its first instant may be before its session is there */
	kill(leader, SIGKILL);
	kill(-leader, SIGKILL);
	for (unsigned i = 0; i < ROUNDS_MAX && found > 0; i++)
		found = kill_members(leader);
}
