/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_WATCHDOG_EDGE_H
#define DAEMON_WATCHDOG_EDGE_H
/* twinbeat-watchdog, seen from the main process (R12c): told that the loop
 * turns, and of the end. */
#include <stdbool.h>
#include <stdint.h>

struct daemon;

bool watchdog_edge_is_wanted(const struct daemon *daemon);
void watchdog_edge_started(struct daemon *daemon);
void watchdog_edge_read(struct daemon *daemon);
void watchdog_edge_ended(struct daemon *daemon, const char *why);
/* How often it is fed; if it ends, the next one is there as soon. */
int64_t watchdog_edge_period_us(const struct daemon *daemon);
/* Its timer: the last of a turn. */
void watchdog_edge_feed(struct daemon *daemon);
/* The end. Disarmed only if no address can be left on this machine. */
void watchdog_edge_stop(struct daemon *daemon, bool is_safe);
#endif
