/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef RUNNER_H
#define RUNNER_H
/* What the files of the runner share. It may block; nobody waits for it. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../base/outbox.h"
#include "../notice/notice.h"
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

/* ---- hooks.c: the notify programs, one run after the other ---- */

/* About 500 notices: each instance of the largest pair several times. */
#define HOOKS_ROOM (256 * 1024)

struct hooks {
	const struct settings *settings;
	int output; /* its stdout and stderr */
	pid_t pid;  /* 0 = none runs; also its process group */
	int pidfd;
	int64_t limit_us;
	uint64_t seq;	/* of the notice that it was given */
	unsigned entry; /* of notify: whose turn it is with the first notice */
	const char *path; /* of the one that runs */
	uint32_t timeout_ms;
	uint64_t dropped;     /* to be told */
	struct outbox outbox; /* those that wait */
	uint8_t room[HOOKS_ROOM];
	char command[SETTINGS_COMMAND_MAX];
};
/* False: the queue is full. */
bool hooks_add(struct hooks *hooks, const char *text, size_t size,
	       const struct notice *notice);
/* A reload. Who has been told of the first notice is not told again. */
void hooks_change(struct hooks *hooks, const struct settings *settings);
/* Starts the next if none runs, kills one that is late. */
void hooks_step(struct hooks *hooks);
/* When pidfd is readable: how it ended; -1 while it still runs. */
int hooks_reap(struct hooks *hooks, int *status);

/* ---- tell.c: who takes a notice at once, or not at all ---- */

struct pipes {
	int fd[NOTIFY_MAX];	  /* of a FIFO that is open; -1 */
	bool is_told[NOTIFY_MAX]; /* that it takes nothing */
	uint64_t lost[NOTIFY_MAX];
};
/* Those that still count are opened again when there is something to tell. */
void pipes_close(struct pipes *pipes);
void pipes_tell(struct pipes *pipes, const struct settings *settings,
		const struct notice *notice, const char *text, size_t size);
/* systemd's journal, with fields; where there is none, the log. */
void journald_tell(const struct settings *settings,
		   const struct notice *notice);

__attribute__((format(printf, 2, 3))) void runner_log(int priority,
						      const char *format, ...);
int64_t runner_now_us(void);
#endif
