/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_RUNNER_EDGE_H
#define DAEMON_RUNNER_EDGE_H
/*
 * twinbeat-runner, seen from the main process: what is written, and who is
 * notified. store.c is the other half of the state file, and shares its state.
 */
#include "../base/outbox.h"
#include "../core/core.h"
#include "../ipc/runner_msg.h"

struct daemon;

/*
 * What one step says of an instance: two lines, history and notification of
 * about 450 bytes each, four times over; and as much as for 64 at the least.
 */
#define RUNNER_OUTBOX_EACH  (8 * 1024)
#define RUNNER_OUTBOX_LEAST (64 * RUNNER_OUTBOX_EACH)

struct runner_edge {
	struct outbox outbox;	   /* what the runner has not taken yet */
	uint64_t lost[LOST_KINDS]; /* to be told */
	uint32_t next_id, save_id; /* save_id: under way, 0 = none */
	bool save_again, save_failing, history_failing;
	int save_error;
	int64_t asked_us; /* when save_id was sent */
};

int runner_edge_init(struct daemon *daemon);
/* Locked memory of the room for what waits: all but the first pages. */
void runner_edge_give_back(struct daemon *daemon);
void runner_started(struct daemon *daemon);
void runner_read(struct daemon *daemon);
void runner_ended(struct daemon *daemon, const char *why);
void runner_save(struct daemon *daemon);
/* As soon as the runner is there. */
void runner_save_later(struct daemon *daemon);
bool runner_is_saving(const struct daemon *daemon);
void runner_retry(struct daemon *daemon);
/* R11: as fencer_shift_patience(). */
void runner_shift_patience(struct daemon *daemon);
void runner_settle(struct daemon *daemon);
/* A reload. False: it takes no message now. -1: forget them. */
bool runner_prepare(struct daemon *daemon, uint32_t number, int settings_fd);
void runner_commit(struct daemon *daemon);
void runner_history(struct daemon *daemon, const struct action *action,
		    int64_t now_us);
/* What the core has no part in. */
void runner_tell_history(struct daemon *daemon, const char *kind,
			 const char *from, const char *to, const char *reason);
/* A notice as JSON (notices.c). */
void runner_notify(struct daemon *daemon, const char *text, size_t size);
#endif
