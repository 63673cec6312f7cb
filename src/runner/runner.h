/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef RUNNER_H
#define RUNNER_H
/* What the files of the runner share. It may block; nobody waits for it. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../base/outbox.h"
#include "../settings/settings.h"
#include "../ipc/runner_msg.h"

/* ---- lines.c: other programs' output, cut into lines ---- */

/* So many lines at once, then so many a second; the rest is counted. */
struct bucket {
	unsigned burst, per_second;
	int64_t refilled_us;
	unsigned tokens; /* in milli-lines */
	uint64_t dropped;
	bool started;
};
/* True: this line may go. *told: lines dropped before it, to be told now. */
bool bucket_take(struct bucket *bucket, int64_t now_us, uint64_t *told);

struct lines {
	int fd;		    /* -1 = at its end */
	const char *prefix; /* "" or "notify: " */
	struct bucket bucket;
	size_t used;
	bool skipping; /* the rest of an overlong line */
	char text[480];
};
/* Reads what there is, a bounded amount, and logs whole lines. */
void lines_read(struct lines *lines);

/* ---- hooks.c: the notify program, one run after the other ---- */

/* About 500 notifications: each instance of the largest pair several times. */
#define HOOKS_ROOM (256 * 1024)

struct hooks {
	const char *path; /* "" = none */
	int output;	  /* its stdout and stderr */
	pid_t pid;	  /* 0 = none runs; also its process group */
	int pidfd;
	int64_t limit_us;
	uint32_t id;
	uint64_t dropped;     /* to be told */
	struct outbox outbox; /* those that wait */
	uint8_t room[HOOKS_ROOM];
};
/* Takes a request over; false: the queue is full, or it is none. */
bool hooks_add(struct hooks *hooks, const struct runner_request *request);
/* Starts the next if none runs, kills one that is late. */
void hooks_step(struct hooks *hooks);
/* When pidfd is readable: how it ended; -1 while it still runs. */
int hooks_reap(struct hooks *hooks, int *status);

__attribute__((format(printf, 2, 3))) void runner_log(int priority,
						      const char *format, ...);
int64_t runner_now_us(void);
#endif
