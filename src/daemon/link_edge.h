/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_LINK_EDGE_H
#define DAEMON_LINK_EDGE_H
/*
 * The two-way links' place in the loop, whatever their kind. A link is known
 * by its place in settings.links.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct daemon;
struct beat;
struct link_kind;
struct opener_reply;

struct reload_change;

/* 0, or -1: no memory. */
int link_edge_init(struct daemon *daemon);
int link_edge_prepare(struct daemon *daemon,
		      const struct reload_change *change);
void link_edge_abandon(struct daemon *daemon);
void link_edge_commit(struct daemon *daemon,
		      const struct reload_change *change);
void link_edge_end(struct daemon *daemon);
/* By the timer, and once when the links may speak: those whose turn it is. */
void link_edge_open(struct daemon *daemon);
void link_edge_opened(struct daemon *daemon, const struct opener_reply *reply,
		      const struct link_kind *kind);
/* By the timer: those whose next frame must be complete by now. */
void link_edge_wake(struct daemon *daemon);
/* R2: frames of the peer's kind came within so long, and failed their MAC. */
bool link_edge_fails_key(const struct daemon *daemon, int64_t within_us);
/* Before a tick: reads those that are not waited for just now. */
void link_edge_drain(struct daemon *daemon);
/* Somebody waits for what the peer says: a fence or a drill (has its link gone
 * dark?), a push, or who may ask any time whether we live (R18). */
bool link_is_waited_for(const struct daemon *daemon);
/* Each second: has another program changed the settings of one? */
void link_edge_check(struct daemon *daemon);
void link_edge_send(struct daemon *daemon, unsigned link,
		    const struct beat *beat);
/*
 * Of a frame that may wait: how many bytes this link carries before its next
 * beat is due; 0: none now, and *again_us when to look again. -1: the peer is
 * not heard there, both ways.
 */
int link_edge_room(struct daemon *daemon, unsigned link, int64_t *again_us);
/* No line between: it costs the beats nothing. */
bool link_edge_is_fast(const struct daemon *daemon, unsigned link);
/* False: it has not left. */
bool link_edge_send_low(struct daemon *daemon, unsigned link,
			const uint8_t *wire, size_t size);
/* R2: without carrier its own side is broken. */
void link_edge_carrier(struct daemon *daemon, const char *interface, bool up);
/* R11: what is buffered is old. */
void link_edge_discard(struct daemon *daemon);
/* True: one was owed to the core. */
bool link_edge_feed_owed(struct daemon *daemon);
/*
 * R12: the last word as it goes on the wire of this link, and the descriptor
 * to write it to; -1: it is not open.
 */
int link_edge_sign(struct daemon *daemon, unsigned link,
		   const struct beat *beat, uint8_t *frame, size_t *size);
#endif
