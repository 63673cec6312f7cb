/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_SPAWN_H
#define BASE_SPAWN_H
/*
 * Starts our own helper programs with exactly the descriptors they were
 * promised. They are found beside the running executable, else in libexec.
 */
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define SPAWN_FDS_MAX 8
#ifndef LIBEXECDIR
#define LIBEXECDIR "/usr/libexec/twinbeat"
#endif

struct spawn {
	char path[600];	     /* spawn_find() */
	const char *argv[5]; /* argv[0] is the name; ends with NULL */
	int stderr_fd;	     /* -1: /dev/null; stdin and stdout always are */
	bool as_daemon;	     /* become_daemon() first */
	unsigned fd_count;   /* fds[i] becomes descriptor 3 + i, -1: closed */
	int fds[SPAWN_FDS_MAX];
};

/* 0, or -1 with a sentence that names both places. */
int spawn_find(const char *program, char *path, size_t size, char *error,
	       size_t error_size);

/*
 * Forks and executes; returns the pid and in *pidfd what tells its end, or -1
 * with a sentence. The child gets default signals, ordinary scheduling where
 * the parent asked for reset-on-fork, and nothing but its descriptors. An exec
 * that fails shows as exit status 127.
 */
pid_t spawn_start(const struct spawn *spawn, int *pidfd, char *error,
		  size_t error_size);

/*
 * Reaps an ended child: "exited with status 1", "died of signal 9 (Killed)".
 * -1 when it runs still; else 0, and *status is 0 only for a clean exit.
 */
int spawn_reap(int pidfd, char *how, size_t how_size, int *status);
#endif
