/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef RUNNER_CHECKS_H
#define RUNNER_CHECKS_H
/*
 * R3: the checks (tracker.h) are a process of their own beside the runner: a
 * slow disk holds up no script, and a script no line of the log. It has the
 * runner's code and its socket, talks to the daemon, and ends with the runner.
 * Where nothing is to be checked there is none.
 */
#include "runner.h"

struct checks {
	const struct settings *settings;
	uint32_t commit; /* by which request it has them; 0 = since the start */
	bool was_there;	 /* one before it has looked at all this */
	bool is_ending;	 /* it was asked to */
	pid_t pid;
	int pidfd;	  /* -1: it does not run */
	int64_t start_us; /* when it is to run; INT64_MAX = not */
	int64_t kill_us;  /* is_ending: then it is killed */
};

void checks_begin(struct checks *checks, const struct settings *settings);
/* A reload. It ends, and the next begins with these. */
void checks_change(struct checks *checks, const struct settings *settings,
		   uint32_t commit);
/* The daemon has ended. */
void checks_end(struct checks *checks);
/* Starts it when it is time. */
void checks_step(struct checks *checks);
/* When pidfd is readable. */
void checks_reap(struct checks *checks);
#endif
