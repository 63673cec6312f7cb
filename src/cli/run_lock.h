/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_RUN_LOCK_H
#define CLI_RUN_LOCK_H
/*
 * The run locks of control_msg.h, held by twinbeat itself while it works
 * without a daemon: a daemon that starts meanwhile waits or is refused.
 */
#include "cli.h"

struct run_lock {
	int pid_fd, lock_fd;
	int state_fd; /* the folder of the state, -1 = there is none */
};

/*
 * Takes both. Returns -1 to go on, else an exit code, the reason said:
 * CLI_UNREACHABLE if a daemon holds them and only its socket is silent.
 */
int run_lock_take(const struct cli *cli, struct run_lock *lock);
void run_lock_release(struct run_lock *lock);
/*
 * Of the kernel's LVS table: no daemon works, nor does a director that an
 * earlier one has left. Inherited by the program that this process becomes. -1:
 * said why not.
 */
int run_lock_take_directors(const struct cli *cli);
#endif
