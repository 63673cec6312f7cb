/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FENCE_CHILD_H
#define FENCE_CHILD_H
/*
 * The child process of an attempt, seen from its parent: made, given its order,
 * listened to, let go ahead, killed, reaped. The parent never waits for it.
 *
 * It is made before it is needed: where no process is left, in the moment of a
 * fence, none can be made any more (and a fork is most of what a fence takes
 * beside its device). Until its order comes it waits, with nothing open but
 * stderr and the way to its parent.
 */
#include <sys/types.h>

#include "attempt.h"

/* Below the main process and the keeper: they must run while we wait. */
#define FENCER_PRIORITY 1

struct child {
	pid_t pid; /* 0: none; also the process group */
	int pidfd; /* readable when it ended; -1: none */
	int fd;	   /* reports; -1: none, or not listened to any more */
};

#define CHILD_NONE                                                             \
	{                                                                      \
		.pidfd = -1, .fd = -1                                          \
	}

/* Forks a child for attempts by these settings, and by no others. 0, or -1 with
 * a sentence; then there is no child. */
int child_prepare(struct child *child, const struct settings *settings,
		  char *error, size_t error_size);

/*
 * To a child that waits: its attempt, and the store of connections (kept.h), of
 * which this process has none any more. -1: it is gone; kill and reap it.
 */
int child_order(struct child *child, const struct attempt *attempt);

/* To a child that waits: an order will come, fetch what it will need; without a
 * word to any device. 0; -1: it is gone. */
int child_rehearse(struct child *child, const struct settings *settings);

/*
 * The next report: 1 and *report, sane but not trusted; 0: none now; -1: the
 * child is gone or sent something that is no report. Connections that it hands
 * back are in the store of this process then (kept.h).
 */
int child_receive(struct child *child, struct report *report);

/* Answers REPORT_ASK with leave to write. */
int child_permit(struct child *child);

/* Kills the whole process group and listens no more. Reap it afterwards. */
void child_kill(struct child *child);

/* Call when pidfd is readable. True: it is gone and *child is empty. */
bool child_reap(struct child *child);
#endif
