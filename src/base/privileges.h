/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_PRIVILEGES_H
#define BASE_PRIVILEGES_H
/*
 * What root may do and a program of ours does not need (capabilities(7)). One
 * table says what each needs, and why.
 */
#include <stdbool.h>

enum privileges {
	PRIVILEGES_MAIN,
	PRIVILEGES_KEEPER,
	PRIVILEGES_FENCER,
	PRIVILEGES_RUNNER,
	PRIVILEGES_CHECKS,
	PRIVILEGES_NOTIFIER,
	PRIVILEGES_DIRECTOR,
	PRIVILEGES_CHECKER,
	PRIVILEGES_CHECKER_VIA, /* it asks with marks */
	PRIVILEGES_OPENER,
	PRIVILEGES_LOADER,
	PRIVILEGES_PLACER, /* a loader that writes what the peer pushed */
	PRIVILEGES_WATCHDOG,
	PRIVILEGES_LINES,
	PRIVILEGES_LAST
};

/*
 * Keeps what of names needs of what this process has; for good: neither it nor
 * what it starts gets more, by a program's set-uid bit neither. Called when
 * what needs more is open. False: it could not be given up, which costs
 * nothing but defence in depth. System calls that it does not need fail from
 * then on (src/filters).
 */
bool privileges_enter(enum privileges of);

/* The same; a refusal is a line on standard error that names the program. */
void privileges_settle(enum privileges of, const char *name);

/* A build that looks for leaks has no filters of system calls. */
bool privileges_are_loose(void);

/*
 * For a moment the main process may do what those that it starts may: a room
 * of its sockets is beyond the machine's limit. raise = false ends it.
 */
void privileges_raise(bool raise);
#endif
