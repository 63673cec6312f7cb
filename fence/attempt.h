/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FENCE_ATTEMPT_H
#define FENCE_ATTEMPT_H
/*
 * One attempt: the plugs of one plan, in a child process of its own, and what
 * that child tells its parent over a SOCK_SEQPACKET pair.
 */
#include "plan.h"

/* The parent's leave to write: this byte, and nothing else. */
#define ATTEMPT_GO 'g'

struct attempt {
	uint32_t kind, node;
	uint32_t digest; /* settings.fence_digest of who orders it */
	struct fence_plan plan;
	bool must_write;  /* an earlier level was written: reading off is not
			     "already off" any more */
	bool guard;	  /* R5: read our own plugs first, wherever they are */
	int64_t start_us; /* of the request, for people */
	int64_t give_up_us; /* begin nothing after this, CLOCK_BOOTTIME;
			       with a guard PLAN_GUARD_MS are in it */
	uint32_t settle_ms, switch_ms;
};

enum report_type {
	REPORT_STEP = 1, /* text */
	REPORT_ASK,	 /* may I write? answered by one byte, or EOF */
	REPORT_KEPT,	 /* text: a place; with the connection to it */
	REPORT_END,	 /* outcome; the child waits for the next attempt */
};

struct report {
	uint32_t type;
	uint32_t outcome; /* END: enum fence_outcome */
	uint32_t device_ok, device_tried;
	uint32_t owed; /* END: answers that may come late (kept.h) */
	int64_t at_us; /* END: of the last read-back */
	uint8_t plugs[PLUGS_MAX];
	char text[FENCE_TEXT_MAX];
};

/* Runs the attempt by these settings, speaking with the parent over fd. Blocks;
 * child only. */
void attempt_run(const struct attempt *attempt, const struct settings *settings,
		 int fd);

/* Uses what attempt_run() will use, but no device. */
void attempt_rehearse(const struct settings *settings);
#endif
