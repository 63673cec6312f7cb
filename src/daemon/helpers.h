/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_HELPERS_H
#define DAEMON_HELPERS_H
/*
 * The helper programs: keeper, fencer, runner, director, and whether they still
 * work (pulse.c). What one of them says, and what its end means, is for its
 * edge.
 */
#include "../base/spawn.h"
#include "loop.h"

struct daemon;

enum helper_id {
	HELPER_RUNNER,
	HELPER_KEEPER,
	HELPER_FENCER,
	HELPER_DIRECTOR,
	HELPER_WATCHDOG,
	HELPERS
};

struct pulse {
	int64_t heard_us;
	int64_t asked_us; /* 0 = nothing unanswered */
	int64_t told_us;  /* that it hangs; 0 = it does not */
};

struct helper {
	const char *name;
	struct spawn spawn;
	pid_t pid; /* 0 = not running */
	struct source socket, process;
	int64_t started_us;
	int64_t wait_us; /* back-off before the next start */
	struct pulse pulse;
};

/* What each has of its own; the rows stand in twinbeatd.c. */
struct helper_row {
	const char *name;
	enum loop_class class;
	void (*started)(struct daemon *daemon); /* or NULL */
	void (*read)(struct daemon *daemon);
	void (*ended)(struct daemon *daemon, const char *why);
	/* NULL: always. One that is not wanted (any more) is not started. */
	bool (*is_wanted)(const struct daemon *daemon);
};

int helpers_init(struct daemon *daemon);
int helper_find(struct daemon *daemon, enum helper_id id, char *error,
		size_t error_size);
/*
 * Starts a program with one end of a message pair as its first descriptor, and
 * watches the other end and its process: its pid. -1 with a sentence, and
 * nothing of it is left, also where it was started and could not be watched:
 * nobody would see its end.
 */
pid_t helper_spawn(struct daemon *daemon, struct spawn *spawn,
		   struct source *socket, struct source *process, char *error,
		   size_t error_size);
int helper_start(struct daemon *daemon, enum helper_id id, char *error,
		 size_t error_size);
/* Its next message that is whole, while *left, which it counts down, allows. */
bool helper_next(struct helper *helper, unsigned *left, void *event,
		 size_t size);
void helper_kill(struct helper *helper);
/* If somebody stopped it; else nothing happens. */
void helper_wake(struct helper *helper);
/* It could not be started: again, with the back-off. */
void helper_start_later(struct daemon *daemon, enum helper_id id);
void helpers_restart(struct daemon *daemon);
bool helper_is_wanted(const struct daemon *daemon, enum helper_id id);

/* ---- pulse.c: do they still work? ---- */

void pulse_start(struct helper *helper);
/* Where there is no question without an answer yet. */
void pulse_ask(struct daemon *daemon, enum helper_id id);
/* It has said something. */
void pulse_heard(struct daemon *daemon, enum helper_id id);
/* Before each feed, which is a question, too: has twinbeat-watchdog read those
 * before? It must be followed by another one before the machine is reset. */
void pulse_feed(struct daemon *daemon, int64_t period_us);
void pulse_shift(struct daemon *daemon);
void pulse_second(struct daemon *daemon);
#endif
