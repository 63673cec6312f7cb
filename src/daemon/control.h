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
void control_saved(struct daemon *daemon, bool ok);
void control_expire(struct daemon *daemon);
#endif
