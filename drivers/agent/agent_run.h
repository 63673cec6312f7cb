/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DRIVERS_AGENT_RUN_H
#define DRIVERS_AGENT_RUN_H
/*
 * Runs a foreign program once, with a bounded time, a bounded output and no
 * way to leave anything behind: whatever it forks is dead before the answer is
 * given, also when the caller is killed meanwhile.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AGENT_LINE_MAX 120

struct agent_run {
	const char *path;  /* from agent_find() */
	const char *input; /* all of its stdin, at most AGENT_INPUT_MAX */
	uint32_t limit_ms; /* it is dead when this is over */
	/* What it writes to stdout, cut to out_size, a string; NULL: nobody
	 * reads it. */
	char *out;
	size_t out_size;
	/* Filled in: how it exited, the last line it wrote to stderr, and the
	 * first one, there or on stdout, in which a program tells that it broke
	 * down; printable, "" if none. */
	int exit_code;
	char last_line[AGENT_LINE_MAX];
	char alarm[AGENT_LINE_MAX];
};

/* One pipe page, so that writing it never blocks: pipe(7), PIPE_BUF. */
#define AGENT_INPUT_MAX 4096

/*
 * 0: it ended by itself in time, exit_code says how. -1 with a reason that
 * follows a "NAME: ": late, killed by a signal, flooded us, did not start.
 */
int agent_run(struct agent_run *run, char *error, size_t error_size);

/*
 * The other half, agent_guard.c: the life of the process between us and the
 * agent. leash tells it that we are gone (end of file), and us how it went.
 */
struct agent_end {
	int32_t status; /* of waitpid() */
	uint32_t late;	/* it had to be told to end */
};
struct agent_guard {
	const char *path;
	int in, out, err; /* the agent's 0, 1, 2 */
	int leash;
	uint32_t limit_ms;
};
void agent_guard(const struct agent_guard *guard) __attribute__((noreturn));
#endif
