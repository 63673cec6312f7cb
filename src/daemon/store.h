/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_STORE_H
#define DAEMON_STORE_H
/* What the state file may be believed. */
#include "../core/core.h"

struct daemon;

/* Reads it, and writes that a run has begun. */
void store_load(struct daemon *daemon, struct core_memory *memory);
/* What the core remembers is on the disk; it could not be written there. */
void store_saved(struct daemon *daemon);
void store_failed(struct daemon *daemon);
void store_end(struct daemon *daemon, const struct core_memory *memory);
void store_tell_state(struct daemon *daemon);
/* At the start: if it cannot be written. */
void store_tell_failing(struct daemon *daemon);
void store_tell_history(struct daemon *daemon, int error);
#endif
