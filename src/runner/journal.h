/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef RUNNER_JOURNAL_H
#define RUNNER_JOURNAL_H
#include "runner.h"

#define JOURNAL_FILE "journal"

struct journal {
	const char *state_path; /* the journal is in its folder */
	int fd;			/* -1 = to be opened */
	int64_t size;
	uint64_t number; /* of the last line */
	int error;	 /* of the last line, 0 = it was written */
	uint64_t lost;	 /* lines, since the last one that was written */
	struct bucket bucket;
};

/* rest: a JSON object without its opening brace; it gets a number. */
void journal_add(struct journal *journal, const char *rest);
/* Now and then while bucket.dropped: tells of them when nothing else does. */
void journal_work(struct journal *journal);
/* A line of its own about the history or the notifications: a gap (R13). */
void journal_tell(struct journal *journal, const char *reason);
/* Writes how many lines were lost, if any. */
void journal_try(struct journal *journal);
#endif
