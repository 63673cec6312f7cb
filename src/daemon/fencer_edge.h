/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_FENCER_EDGE_H
#define DAEMON_FENCER_EDGE_H
/* twinbeat-fencer, seen from the main process. */
#include "../core/core.h"

struct daemon;

int fencer_edge_init(struct daemon *daemon);
void fencer_read(struct daemon *daemon);
void fencer_ended(struct daemon *daemon, const char *why);
void fencer_ask(struct daemon *daemon, const struct action *action);
bool fencer_feed_refused(struct daemon *daemon);
void fencer_expire(struct daemon *daemon);
#endif
