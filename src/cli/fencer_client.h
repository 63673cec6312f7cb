/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_FENCER_CLIENT_H
#define CLI_FENCER_CLIENT_H
/* A twinbeat-fencer of our own, for when there is no daemon. */
#include <sys/types.h>

#include "../ipc/fencer_msg.h"
#include "fence.h"

struct fencer_client {
	const struct settings *settings;
	pid_t pid;
	int fd, pidfd;
	uint32_t next_id;
};

/*
 * Starts the fencer beside our executable, else in libexec, as fencer_msg.h
 * wants it. lock is the run lock: the fencer keeps it
 * open, so that a daemon waits until it has finished. 0, or -1 with a
 * sentence.
 */
int fencer_client_start(struct fencer_client *client,
			const struct settings *settings, int lock, char *error,
			size_t error_size);

/*
 * One request; the steps are shown and kept in job. Returns 0 with *done, or
 * -1 with a sentence: late, dead, or we were interrupted; nothing is known.
 */
int fencer_client_ask(struct fencer_client *client, struct fence_job *job,
		      enum fence_kind kind, unsigned node, int device,
		      struct fence_event *done, char *error, size_t error_size);

/* Lets it finish and end by itself. */
void fencer_client_stop(struct fencer_client *client);
#endif
