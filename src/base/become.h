/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_BECOME_H
#define BASE_BECOME_H
/*
 * What root starts from a file that somebody else may have written, it starts
 * as the daemon does: twinbeat fence without a daemon, and the questions that
 * twinbeat check has for fence agents. So a rehearsal also shows what the
 * daemon could not do.
 */
#include <stdbool.h>
#include <sys/types.h>

/*
 * Who the daemon runs as: whose its state directory is, for systemd gives it to
 * the unit's user. From now on become_daemon() is this one; where that is root,
 * or who asks is not, nobody else. The user, for people; (uid_t)-1: as we are.
 */
uid_t become_choose(const char *state_dir);

/* The one that was chosen, else who we are. */
uid_t become_uid(void);

/* May that one read (R_OK), write, execute path? access(2) of a child says so.
 */
bool become_may(const char *path, int how);

/*
 * In a child, before it executes: the user, its groups and what the unit gives,
 * for good. 0, or -1 with errno: it must not go on.
 */
int become_daemon(void);
#endif
