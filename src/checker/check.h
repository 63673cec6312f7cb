/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHECKER_CHECK_H
#define CHECKER_CHECK_H
/*
 * One question to one server, from its order to its answer. A kind of check is
 * a file behind struct check_kind; checker.c has the loop, the deadline and the
 * director. Nothing here waits, and nothing that a server sends ends the
 * program or keeps it busy beyond the deadline.
 */
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "../ipc/checker_msg.h"
#include "../settings/settings.h"

/* The same values as enum check_result (director/server.h). */
enum answer { ANSWER_PASSED, ANSWER_DRAIN, ANSWER_WRONG, ANSWER_NONE };

struct attempt {
	const struct check_kind *kind; /* NULL: free */
	const struct settings *settings;
	const struct settings_check *check;
	struct checker_order order;
	int64_t begun_us, limit_us;
	/* What to wait for; -1: nothing, or libcurl does. */
	int fd;
	short events;
	/* Of the kind: */
	void *curl;
	void *list, *route;
	int child;
	unsigned step;
	size_t seen;
	char room[128];
	bool has_body;
	/* What came of it. */
	struct checker_answer answer;
};

struct check_kind {
	/* All of these return true when the answer is there. */
	bool (*begin)(struct attempt *attempt);
	bool (*ready)(struct attempt *attempt, short revents);
	/* The deadline has passed: says what was missing. */
	void (*late)(struct attempt *attempt);
	/* Frees what it holds, whatever came of it. */
	void (*end)(struct attempt *attempt);
};

extern const struct check_kind check_tcp, check_http, check_command;

/* Returns true, for whoever has nothing more to do. */
bool answer_is(struct attempt *attempt, enum answer answer, bool is_heard,
	       const char *format, ...) __attribute__((format(printf, 4, 5)));

/* ---- http.c: libcurl has a loop of its own ---- */

int http_begin(void);
/* Waits for its sockets and ours, in polled[count]. */
void http_wait(struct pollfd *polled, unsigned count, int wait_ms);
/* An attempt that has its answer now, or NULL. */
struct attempt *http_next(void);
#endif
