/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_CONTROL_H
#define DAEMON_CONTROL_H
/* The control socket. */
#include "../core/core.h"

struct daemon;

int control_open(struct daemon *daemon, char *error, size_t error_size);
/* Each second: a socket that somebody removed is made anew. */
void control_check(struct daemon *daemon);
void control_close(struct daemon *daemon);
void control_reply(struct daemon *daemon, const struct action *action);
/* For who asked what the core does not answer; token 0, or of one who has gone:
 * nothing. */
void control_step(struct daemon *daemon, uint32_t token, const char *text);
void control_finish(struct daemon *daemon, uint32_t token, bool ok,
		    const char *text);
void control_saved(struct daemon *daemon, bool ok);
void control_expire(struct daemon *daemon);
#endif
