/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_CHECKS_EDGE_H
#define DAEMON_CHECKS_EDGE_H
/*
 * R3: what twinbeat-runner's checks say of each instance, for the core; and
 * that they say nothing any more, whatever became of them.
 */
#include <stdint.h>

struct daemon;
struct runner_event;

int checks_edge_init(struct daemon *daemon);
/* RUNNER_CHECKS, RUNNER_CHECKS_RUN */
void checks_edge_heard(struct daemon *daemon, const struct runner_event *heard);
/* What comes is by the settings of this commit, or is old; 0: of its start. */
void checks_edge_changed(struct daemon *daemon, uint32_t commit);
void checks_edge_second(struct daemon *daemon);
/* What they said meanwhile is still to be read. */
void checks_edge_away(struct daemon *daemon);
#endif
