/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IPC_NOTIFIER_MSG_H
#define IPC_NOTIFIER_MSG_H
/*
 * What twinbeat-runner and twinbeat-notifier say to each other, over
 * SOCK_SEQPACKET. A request is one notice as JSON (notice.h). It stays with the
 * runner until NOTIFIER_TAKEN says that it is on disk, or cannot be put there;
 * of a notifier that dies before, the next one gets it again.
 *
 * The notifier is started with the path of its queue as its only argument, and
 *   3  this socket   4  the sealed settings   5  a pidfd of the runner
 * Its stderr is for lines of the log. It ends when it has nothing to do.
 */
#include <stdint.h>

#include "runner_msg.h"

#define NOTIFIER_FD_SOCKET   3
#define NOTIFIER_FD_SETTINGS 4
#define NOTIFIER_FD_PARENT   5
/* in STATE_DIR; beside it NOTIFIER_QUEUE.lock */
#define NOTIFIER_QUEUE "notify"

enum notifier_event_type {
	NOTIFIER_TAKEN = 1, /* count: so many more, in order */
	NOTIFIER_RECEIVER,  /* as RUNNER_RECEIVER */
};

struct notifier_event {
	uint32_t type;
	uint32_t count;	   /* TAKEN */
	uint32_t receiver; /* RECEIVER, as the rest */
	uint32_t state;	   /* enum receiver_state */
	uint32_t waiting;
	char text[RUNNER_TEXT_MAX];
};
#endif
