/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_HEAR_EDGE_H
#define DAEMON_HEAR_EDGE_H
/* Hearing tests (R3), and whether our own adverts leave. */
#include <stdbool.h>

struct daemon;

int hear_edge_init(struct daemon *daemon);
void hear_edge_probe(struct daemon *daemon, unsigned interface, bool on);
void hear_edge_ask(struct daemon *daemon);
void hear_edge_expect(struct daemon *daemon);
bool hear_edge_sees(const struct daemon *daemon, unsigned interface);
void hear_edge_watch(struct daemon *daemon, unsigned interface, bool on);
void hear_edge_discard(struct daemon *daemon);
/* Each second: now and then listens for a while to what leaves. */
void hear_edge_second(struct daemon *daemon);
struct reload_change;
void hear_edge_commit(struct daemon *daemon,
		      const struct reload_change *change);
#endif
