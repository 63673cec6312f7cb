/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_FENCER_EDGE_H
#define DAEMON_FENCER_EDGE_H
/* twinbeat-fencer, seen from the main process. */
#include "../core/core.h"
#include "../ipc/fencer_msg.h"

struct daemon;

int fencer_edge_init(struct daemon *daemon);
void fencer_read(struct daemon *daemon);
void fencer_ended(struct daemon *daemon, const char *why);
void fencer_ask(struct daemon *daemon, const struct action *action);
bool fencer_feed_refused(struct daemon *daemon);
void fencer_expire(struct daemon *daemon);
/* R11: this machine stood still, and it with it: its time begins anew. */
void fencer_shift_patience(struct daemon *daemon);
/* A reload: FENCE_PREPARE (-1: forget them), FENCE_COMMIT. False: not taken. */
bool fencer_reload(struct daemon *daemon, enum fence_kind step, uint32_t number,
		   int settings_fd);
#endif
