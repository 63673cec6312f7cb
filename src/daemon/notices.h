/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_NOTICES_H
#define DAEMON_NOTICES_H
/*
 * Who is told of what happens: each event becomes one notice, which the runner
 * carries on. How it arrives is told back, for the status and the alert
 * notify-failed. It never waits, and nothing of it reaches a decision.
 */
#include "../core/core.h"
#include "../status/status.h"

struct daemon;
struct reload_change;

struct notices {
	struct settings_receiver receivers[RECEIVERS_ALL_MAX];
	struct notice_receiver told[RECEIVERS_ALL_MAX];
	unsigned count;
	uint64_t sequence;
	char run[12];	 /* of this daemon, to tell its numbers from others' */
	bool is_failing; /* the alert stands */
	/* a reload: the runner speaks of the old receivers still */
	bool is_behind;
	bool is_code_owed; /* R20 */
	bool is_owed;	   /* receivers are gone: the alert is judged anew */
};

int notices_init(struct daemon *daemon);
/* cause: the last thing told before it, which it belongs to. */
void notices_tell(struct daemon *daemon, const struct action *action,
		  const struct action *cause);
/* What the core has no part in: a real server, or the quorum of a service. */
struct notices_service {
	unsigned service, server; /* by their places */
	bool has_server;
	const char *kind, *from, *to; /* "server" or "quorum"; "up", "down" */
	const char *text;
};
void notices_tell_service(struct daemon *daemon,
			  const struct notices_service *about);
/* ACTION_MAKE_CODE (R20) */
void notices_make_code(struct daemon *daemon);
void notices_commit(struct daemon *daemon, const struct reload_change *change);
bool notices_feed_owed(struct daemon *daemon);
/* RUNNER_RECEIVER: how it goes with one of them. */
void notices_heard(struct daemon *daemon, const struct runner_event *heard);
#endif
