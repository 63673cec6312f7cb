/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_PUSH_EDGE_H
#define DAEMON_PUSH_EDGE_H
/*
 * twinbeat push: this node's file to the other one by a two-way link, and taken
 * by both or by neither. push.h has the talk, reload.h what each node does with
 * it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct daemon;
struct reload_change;

int push_edge_init(struct daemon *daemon);
void push_edge_commit(struct daemon *daemon,
		      const struct reload_change *change);
/* By a control client: it is told each step and the end. */
void push_ask(struct daemon *daemon, uint32_t token);
/* A frame of bulk_is_one(). False: it is noise. */
bool push_edge_heard(struct daemon *daemon, const uint8_t *frame, size_t size);
/* By the timer. */
void push_edge_go_on(struct daemon *daemon);
#endif
