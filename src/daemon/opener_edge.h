/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_OPENER_EDGE_H
#define DAEMON_OPENER_EDGE_H
/*
 * twinbeat-opener, seen from the main process, one per kind of link: it waits
 * for drivers and for RTNL, we do not.
 */
#include "../link/opener_msg.h"

struct daemon;

/* One for each request that was taken. */
typedef void opener_told(struct daemon *daemon,
			 const struct opener_reply *reply,
			 const struct link_kind *kind);

int opener_find(struct daemon *daemon, char *error, size_t error_size);
/*
 * The reply comes to told, always the same one for a kind. False with a
 * sentence when it cannot be asked now: try again later.
 */
bool opener_ask(struct daemon *daemon, const struct link_kind *kind,
		struct opener_request *request, opener_told *told, char *error,
		size_t error_size);
/* A link or an instance as a request's subject: a reply from before a reload is
 * nobody's. */
uint32_t opener_subject(const struct daemon *daemon, unsigned place);
/* Takes the descriptors over; out of the loop by then (loop_remove). */
void opener_close(struct daemon *daemon, const struct link_kind *kind,
		  const int *fds, unsigned count);
/* Each second: those that hang, and those with nothing more to do. */
void openers_second(struct daemon *daemon);
#endif
