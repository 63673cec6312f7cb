/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_SESSION_H
#define BASE_SESSION_H
#include <sys/types.h>

/*
 * Kills leader, a child that is not reaped yet and whose first act was
 * setsid(2), and all that is still in its session, in whatever process group.
 * Whoever has left the session lives on. Reaps nobody.
 */
void session_kill(pid_t leader);
#endif
