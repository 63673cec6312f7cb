/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_RELOAD_H
#define DAEMON_RELOAD_H
/*
 * New settings while the daemon runs (core/reload.h has the core's part). The
 * steps, each of which may be refused and then leaves all as it was:
 *
 *  read     twinbeat-loader reads and checks the file
 *  prepare  each helper looks at the new settings, beside its own
 *  leave    the core lets go of instances that are gone (R10), and finishes
 *           what is under way: a fence, a handover
 *  clear    the keeper removes addresses that are gone from instances that
 *           stay, and looks (R12)
 *  commit   in one step of the main loop everything takes the new ones
 */
#include <stdbool.h>
#include <stdint.h>

#include "../core/reload.h"
#include "../settings/settings.h"
#include "helpers.h"

struct daemon;

/* What a module takes from one to the other: by its commit daemon->settings,
 * core_settings and key are the new ones, and the core has moved. */
struct reload_change {
	const struct settings *old, *new;
	const struct core_settings *old_core, *new_core;
	const struct core_map *map;
};
/* Which old place is this new one; -1: it is new. */
int reload_from(const int16_t *map, unsigned old_count, unsigned place);

int reload_init(struct daemon *daemon);
/* By a control client (its token), or by SIGHUP (0); force: also if it costs
 * the clients their service. */
void reload_ask(struct daemon *daemon, uint32_t token, bool force);
/* Addresses that this node serves would be served by nobody: why, and what to
 * do instead. */
bool reload_would_cut(const struct daemon *daemon, const struct settings *new,
		      const struct core_settings *new_core,
		      const struct core_map *map, char *text, size_t size);
/* By the timer. */
void reload_go_on(struct daemon *daemon);
/* Of a helper: prepared or, of the keeper, cleared; wrong: NULL or why not. */
void reload_answered(struct daemon *daemon, enum helper_id id, uint32_t number,
		     const char *wrong);
void reload_helper_lost(struct daemon *daemon, enum helper_id id);
/* A claim was ordered: what was cleared may be there again. */
void reload_claimed(struct daemon *daemon);
#endif
