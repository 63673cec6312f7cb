/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef RUNNER_PROCESS_EVENTS_H
#define RUNNER_PROCESS_EVENTS_H
/*
 * The kernel's process events (cn_proc): who has become another program, or has
 * another name. They are there for root in the first namespaces, and nowhere
 * else; a kernel that gives none says nothing at all, so only its answer shows
 * that they will come.
 */
#include <stdbool.h>
#include <sys/types.h>

/* A socket, or -1 with why there are none. Only exec and comm come in. */
int process_events_open(const char **why);

enum process_event {
	PROCESS_NOTHING, /* nothing more to read */
	PROCESS_OTHER,
	PROCESS_ANSWERED, /* the kernel will tell */
	PROCESS_NAMED,	  /* *pid has a name that it had not before */
	PROCESS_LOST,	  /* some were lost */
};
enum process_event process_events_read(int fd, pid_t *pid);
#endif
