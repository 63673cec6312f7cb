/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef RUNNER_H
#define RUNNER_H
/* What the files of the runner share. It may block; nobody waits for it. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../base/clock.h"
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
	int64_t window_us; /* since then it has read so much */
	size_t taken;
};
/* Reads what there is, a bounded amount, and logs whole lines. */
void lines_read(struct lines *lines);
/*
 * A flood is read no faster than 1.3 MB/s: its writer waits, rather than take
 * two processors, and another one's line is not late for long. While this is
 * true it is not to be polled.
 */
bool lines_rest(const struct lines *lines);

/* ---- hooks.c: the notify programs ---- */

/* About 500 notices: each instance of the largest pair several times. */
#define HOOKS_ROOM (256 * 1024)
/* Twice: those of a reload begin while those of before still run. */
#define HOOKS_MAX (2 * NOTIFY_MAX)

/* One entry of notify that has a program, and a run of it. */
struct hook {
	int entry; /* of notify; -1 = gone with a reload, what runs may end */
	unsigned receiver; /* of settings_all_receivers() */
	char command[SETTINGS_COMMAND_MAX];
	uint64_t next;	  /* the first notice that it has not had */
	unsigned waiting; /* of those from there, how many it wants */
	uint64_t lost;	  /* dropped since its last run */
	pid_t pid;	  /* 0 = it does not run; also its process group */
	int pidfd;
	int64_t started_us, limit_us;
	uint32_t timeout_ms;
	uint64_t seq; /* of the notice that it was given */
	bool is_killed;
	bool is_slow;	   /* the others do not wait for it */
	unsigned failures; /* in a row */
	/* as told; state: enum receiver_state */
	uint32_t state, told_state;
	unsigned told_waiting;
	char text[RUNNER_TEXT_MAX];
};

/*
 * All share one box, each with a place of its own in it. When it is full the
 * oldest notice makes room: it is lost to those that have not had it, and to
 * nobody else.
 */
struct hooks {
	const struct settings *settings;
	int output; /* their stdout and stderr */
	struct hook list[HOOKS_MAX];
	unsigned count;
	uint64_t first; /* number of the first in the box */
	struct outbox outbox;
	uint8_t room[HOOKS_ROOM];
	/* Hears how it goes with a receiver, and of a gap (R13). */
	void (*tell)(unsigned receiver, uint32_t state, uint32_t waiting,
		     const char *text);
	void (*tell_gap)(const char *text);
};
void hooks_begin(struct hooks *hooks, const struct settings *settings);
void hooks_add(struct hooks *hooks, const char *text, size_t size,
	       const struct notice *notice);
/* A reload. A command that stays has its place: what it has had does not come
 * again, what waits for it still does. */
void hooks_change(struct hooks *hooks, const struct settings *settings);
/* Starts whose turn it is, kills what is late, tells what has changed. */
void hooks_step(struct hooks *hooks);
/* True: one runs, or has something waiting. */
bool hooks_are_busy(const struct hooks *hooks);
bool hooks_run(const struct hooks *hooks);
/* The runner ends, and nobody would look at their time any more. */
void hooks_end(struct hooks *hooks);
/* When one of the pidfds is readable. */
void hooks_reap(struct hooks *hooks);

/* ---- tell.c: who takes a notice at once, or not at all ---- */

struct pipes {
	int fd[NOTIFY_MAX];	  /* of a FIFO that is open; 0 or less */
	bool is_told[NOTIFY_MAX]; /* that it takes nothing */
	uint64_t lost[NOTIFY_MAX];
};
/* After a reload: one whose path still counts stays open, since what nobody has
 * read yet goes with its last descriptor. */
void pipes_change(struct pipes *pipes, const struct settings *old,
		  const struct settings *settings);
void pipes_tell(struct pipes *pipes, const struct settings *settings,
		const struct notice *notice, const char *text, size_t size);
/* systemd's journal, with fields; where there is none, the log. */
void journald_tell(const struct settings *settings,
		   const struct notice *notice);

__attribute__((format(printf, 2, 3))) void runner_log(int priority,
						      const char *format, ...);
#endif
