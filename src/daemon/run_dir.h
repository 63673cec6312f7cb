/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_RUN_DIR_H
#define DAEMON_RUN_DIR_H
/* The run directory: locks, and the pid. */
#include <stddef.h>

struct daemon;

int run_dir_take(struct daemon *daemon, char *error, size_t error_size);
int run_dir_wait(struct daemon *daemon, char *error, size_t error_size);
void run_dir_release(struct daemon *daemon);
/* What was removed is made and locked anew. -1: not now. */
int run_dir_mend(struct daemon *daemon, char *error, size_t error_size);
#endif
