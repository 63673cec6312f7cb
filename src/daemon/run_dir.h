/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_RUN_DIR_H
#define DAEMON_RUN_DIR_H
/* The run directory: locks, and the pid. */
#include <stddef.h>
#include <sys/types.h>

struct daemon;

int run_dir_take(struct daemon *daemon, char *error, size_t error_size);
int run_dir_wait(struct daemon *daemon, char *error, size_t error_size);
void run_dir_release(struct daemon *daemon);
/* What was removed is made and locked anew. -1: not now. */
int run_dir_mend(struct daemon *daemon, char *error, size_t error_size);
/* Each second: is all of it there still? */
void run_dir_check(struct daemon *daemon);
/* The directors' lock, for the one that is started now, who holds it then; -1
 * in *lent: there is none to be had. -1: another director has it. */
int run_dir_lend_director(struct daemon *daemon, int *lent, char *error,
			  size_t error_size);
void run_dir_note_director(int lent, pid_t pid);
#endif
