/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef RUNNER_CARRIER_H
#define RUNNER_CARRIER_H
/*
 * twinbeat-notifier, seen from the runner: started when there is something for
 * it, gone when it has nothing to do. What it has not acknowledged is kept and
 * given to the next one.
 */
#include "../ipc/notifier_msg.h"
#include "runner.h"

#define CARRIER_ROOM (256 * 1024)

struct carrier {
	const struct settings *settings;
	char queue[600]; /* path */
	int output;	 /* its stderr */
	int self_fd;	 /* a pidfd of ours */
	struct settings_receiver receivers[RECEIVERS_MAX];
	unsigned receiver_count;
	int socket, pidfd; /* -1: it does not run */
	int64_t start_us, wait_us;
	bool is_replaced; /* by a reload: the next one follows its end */
	unsigned sent;	  /* of the first in the box, not acknowledged */
	unsigned deaths;  /* in a row, of other causes than nothing to do */
	uint64_t dropped; /* to be told */
	struct outbox outbox;
	uint8_t room[CARRIER_ROOM];
	/* Hears how it goes with a receiver; or NULL. */
	void (*tell)(unsigned receiver, uint32_t state, uint32_t waiting,
		     const char *text);
};

/* What an earlier run has left is carried on. */
void carrier_begin(struct carrier *carrier, const struct settings *settings,
		   const char *state_path);
/* A reload: one that runs ends, the next has the new settings, and what was not
 * acknowledged. */
void carrier_change(struct carrier *carrier, const struct settings *settings);
/* False: it had to be dropped, the box is full. */
bool carrier_add(struct carrier *carrier, const char *text, size_t size,
		 const struct notice *notice);
/* Starts it when it is time; sends what waits. */
void carrier_step(struct carrier *carrier);
void carrier_read(struct carrier *carrier);
void carrier_reap(struct carrier *carrier);
#endif
