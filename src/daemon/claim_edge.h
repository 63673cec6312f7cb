/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_CLAIM_EDGE_H
#define DAEMON_CLAIM_EDGE_H
/* On their way from the core to the keeper claims may wait for the director's
 * table (claims.h). Only those of an instance whose table the owner alone has:
 * all others go at once. */
#include <stdint.h>

#include "../ipc/permit.h"

struct daemon;

int claim_edge_init(struct daemon *daemon);
/* ACTION_CLAIM */
void claim_edge_order(struct daemon *daemon, const struct permit *permit);
/* ACTION_RELEASE comes: what waits is not wanted any more. */
void claim_edge_drop(struct daemon *daemon, unsigned instance);
/* There is another keeper, or none: the core decides anew. */
void claim_edge_forget(struct daemon *daemon);
/* All go now: the places of instances may change. */
void claim_edge_flush(struct daemon *daemon);
/* The director's answer. */
void claim_edge_stands(struct daemon *daemon, uint32_t number);
/* Its timer. */
void claim_edge_due(struct daemon *daemon);
#endif
