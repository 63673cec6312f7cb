/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef LOADER_PLACE_H
#define LOADER_PLACE_H
/*
 * The file that the peer has pushed: first beside the configuration, then in
 * its place. What is there keeps its owner and mode, and is kept as FILE.old.
 * Each function: 0, or -1 with a sentence.
 */
#include <stddef.h>
#include <sys/stat.h>

#include "../settings/settings.h"

struct place {
	char target[SETTINGS_FILE_MAX]; /* FILE, its links followed */
	char beside[SETTINGS_FILE_MAX]; /* TARGET.pushed */
	struct stat was;		/* of the target, as it was looked at */
};

/* May others change the file, or put another one in its place? Then -1. */
int place_look(struct place *place, const char *file, char *error,
	       size_t error_size);
/* The text of fd, beside the target, on the disk. */
int place_prepare(const struct place *place, int fd, char *error,
		  size_t error_size);
/* Now it is the target; durable. */
int place_commit(const struct place *place, char *error, size_t error_size);
/* Takes back what was prepared. */
void place_abandon(const struct place *place);
#endif
