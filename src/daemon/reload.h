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
/*
 * A reload for a push, which goes on by orders: it stops when it has read (and
 * reload_hold_go_on() goes on), and when all is prepared (reload_hold_commit()
 * commits). Each is told once; of the functions of the holder only has_read()
 * may call one of reload_hold_...().
 */
struct reload_holder {
	bool takes; /* the peer's file is read, and put in place at the end */
	void (*finding)(struct daemon *daemon, bool is_error, const char *line);
	/* text_fd: what is to be sent; -1 where it takes */
	void (*has_read)(struct daemon *daemon, int text_fd);
	void (*ready)(struct daemon *daemon);
	void (*ended)(struct daemon *daemon, bool ok, const char *text);
};
/* text_fd: what the peer has sent, where it takes. False: another reload is
 * under way. */
bool reload_hold(struct daemon *daemon, const struct reload_holder *holder,
		 int text_fd);
void reload_hold_go_on(struct daemon *daemon);
void reload_hold_commit(struct daemon *daemon);
/* No reload is under way. */
bool reload_is_free(const struct daemon *daemon);
/* Of what is held; 0 = nothing is. */
uint32_t reload_hold_digest(const struct daemon *daemon);
/* Nothing comes of it. No more when the file has begun to take its place. */
void reload_hold_give_up(struct daemon *daemon, const char *why);
/* Addresses that this node serves would be served by nobody: why, and what to
 * do instead. */
bool reload_would_cut(const struct daemon *daemon, const struct settings *new,
		      const struct core_settings *new_core,
		      const struct core_map *map, char *text, size_t size);
/*
 * An address goes from one instance to another that goes on, or comes from what
 * only the peer's file may say: while one node has the new file, both nodes
 * could have it. Why, and what to do instead. Asked when the file is read, and
 * again in the step in which it comes to count: since_us is when it was read.
 */
bool reload_would_double(const struct daemon *daemon,
			 const struct settings *new,
			 const struct core_settings *new_core,
			 const struct core_map *map, bool is_push,
			 int64_t since_us, bool *is_doubt, char *text,
			 size_t size);
/* By the timer. */
void reload_go_on(struct daemon *daemon);
/* Of a helper: prepared or, of the keeper, cleared; wrong: NULL or why not. */
void reload_answered(struct daemon *daemon, enum helper_id id, uint32_t number,
		     const char *wrong);
void reload_helper_lost(struct daemon *daemon, enum helper_id id);
/* A claim was ordered: what was cleared may be there again. */
void reload_claimed(struct daemon *daemon);
#endif
