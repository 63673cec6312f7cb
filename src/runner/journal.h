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
	bool is_failing;
	struct bucket bucket;
};

/* rest: a JSON object without its opening brace; it gets a number. */
void journal_add(struct journal *journal, const char *rest);
#endif
