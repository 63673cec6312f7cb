/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IPC_RUNNER_MSG_H
#define IPC_RUNNER_MSG_H
/*
 * What twinbeatd asks of twinbeat-runner: all that may block. SOCK_SEQPACKET,
 * fixed header, bounded body of its own size; sizes checked. The runner may be
 * slow or dead: the daemon then keeps what it has to say, in order, in a box of
 * bounded size. What has no room there is lost, counted, and told in the log
 * and in the history.
 *
 *   3 this socket   4 the sealed settings   5 a pidfd of its parent
 *   stderr: where log lines go with --foreground
 *
 * The other programs' stderr is a pipe that the runner reads (descriptor 7)
 * and logs line by line.
 */
#include <stdint.h>

#define RUNNER_FD_SOCKET   3
#define RUNNER_FD_SETTINGS 4
#define RUNNER_FD_PARENT   5
#define RUNNER_FD_PIPE	   7
#define RUNNER_BODY_MAX	   3072
#define RUNNER_TEXT_MAX	   160

enum runner_request_type {
	RUNNER_LOG = 1, /* body: syslog priority digit, then the line */
	/* body: the new content of the state file: written beside it, synced,
	 * renamed, or in its place where there is no room; answered by
	 * RUNNER_SAVED */
	RUNNER_SAVE,
	/* body: a notice (notice.h) as JSON, for all that settings.notify
	 * names */
	RUNNER_NOTIFY,
	/* body: a JSON object without its opening brace, for the history */
	RUNNER_HISTORY,
	/* can the history be written again? answered by RUNNER_HISTORY_KEPT */
	RUNNER_HISTORY_TRY,
	/* body: a uint64_t for each enum runner_lost: so many had no room and
	 * are lost; for log and history */
	RUNNER_LOST,
	RUNNER_PING, /* no body: does it still work? answered by RUNNER_PONG */
	/* a reload: new settings (SCM_RIGHTS), answered by RUNNER_PREPARED;
	 * without them: forget those */
	RUNNER_PREPARE,
	RUNNER_COMMIT, /* id, not 0: work by them from here on */
};

enum runner_lost { LOST_LINES, LOST_HISTORY, LOST_NOTIFICATIONS, LOST_KINDS };

struct runner_request {
	uint32_t type;
	uint32_t id;
	uint32_t size; /* of body */
	char body[RUNNER_BODY_MAX];
};

enum runner_event_type {
	RUNNER_SAVED = 1,    /* error = 0 or errno */
	RUNNER_HISTORY_KEPT, /* error = 0 or errno; when that has changed */
	RUNNER_PONG,
	/* id: which of settings_all_receivers(); error: enum receiver_state;
	 * waiting, text: how it goes with what it is to be told */
	RUNNER_RECEIVER,
	RUNNER_PREPARED,  /* error = 0 or errno */
	RUNNER_COMMITTED, /* ids of receivers are by the new settings now */
	/* R3. id: an instance by its place; error: enum checks_word; text: why;
	 * waiting: the id of the RUNNER_COMMIT that brought these settings, 0
	 * = those of the start. When it changes, and all after a pause */
	RUNNER_CHECKS,
	RUNNER_CHECKS_RUN, /* every CHECKS_TELL_S: they still do */
};

/* What all checks of an instance say together; core.h has the same. */
enum checks_word {
	CHECKS_UNKNOWN,
	CHECKS_GOOD,
	CHECKS_DOUBTED,
	CHECKS_BAD,
	CHECKS_WORDS
};

#define CHECKS_TELL_S	2
#define CHECKS_SILENT_S 10 /* then they run no more */

/* From fine to worst. */
enum receiver_state {
	RECEIVER_FINE,
	RECEIVER_LATER,	  /* not now, and tried again; no reason to worry */
	RECEIVER_FAILING, /* so for a while */
	RECEIVER_REFUSED, /* for good: what was to be told is lost */
	RECEIVER_STATES,
	/* no try of this notifier has ended yet: it is as it was */
	RECEIVER_UNTRIED = RECEIVER_STATES
};

struct runner_event {
	uint32_t type;
	uint32_t id;
	int32_t error;
	uint32_t waiting;	    /* RECEIVER, CHECKS; as text */
	char text[RUNNER_TEXT_MAX]; /* what the other side said, or "" */
};
#endif
