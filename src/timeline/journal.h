/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TIMELINE_JOURNAL_H
#define TIMELINE_JOURNAL_H
/*
 * The lines of one node's history (twinbeat(8), history), cut into boots of its
 * machine: only within a boot does one clock run on. No I/O.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JOURNAL_LINES_MAX 200000
#define JOURNAL_UNKNOWN	  INT64_MIN /* of a time */

/* What the two nodes had heard of each other when a line was written. */
struct journal_beat {
	uint32_t run;	   /* the daemon that wrote it; 0 = the line is older */
	uint32_t sent;	   /* its newest frame */
	uint32_t peer_run; /* whom it heard; 0 = nobody */
	uint32_t heard;	   /* that one's newest frame, ... */
	uint32_t clock_ms; /* ... sent at, by the sender's clock, mod 2^32 */
	int64_t at_ms;	   /* ... and heard at, by the clock of the line */
	int64_t alive_ms;  /* the peer's last sign of life, by any link */
	int64_t advert_ms; /* the last advert of the line's instance */
};

struct journal_line {
	json_t *object; /* owns all texts below */
	uint64_t seq;
	int64_t ms;   /* CLOCK_BOOTTIME of its machine */
	int64_t at_s; /* wall clock, JOURNAL_UNKNOWN = none */
	unsigned boot;
	const char *kind, *instance, *from, *to, *reason; /* "" = null */
	struct journal_beat beat;
};

struct journal {
	struct journal_line *lines;
	size_t count, room;
	size_t damaged; /* lines that were none, and are left out */
	bool is_cut;	/* there are more than JOURNAL_LINES_MAX */
	const char *pair, *node, *peer; /* as the newest line has it; or "" */
};

/* One line of a file. False: no memory. */
bool journal_take(struct journal *journal, const char *text);
/* After the last one: sorts them by number, finds boots and names. */
void journal_finish(struct journal *journal);
/*
 * Since when, by the wall clock, there is something that belongs together with
 * the last line: nothing lasts longer than an hour, or pauses for ten minutes.
 * JOURNAL_UNKNOWN: no line tells.
 */
int64_t journal_recent_s(const struct journal *journal);
void journal_free(struct journal *journal);
#endif
