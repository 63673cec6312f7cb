/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_RELOAD_H
#define CORE_RELOAD_H
/*
 * New settings for a core that runs. What is the same in both is known by its
 * name, never by its place in the file:
 *   an instance   name, vrid, version, interface
 *   a link        name
 *   an interface  name
 *   a device      name; what is known of it also by its settings
 *   a plug        node, device and name; the same
 *
 * The owner of the core
 *  1. makes the map; a sentence instead of one: this needs a restart;
 *  2. calls core_leave(): what is gone is let go first, in the steps that
 *     follow (R10), and nothing else changes;
 *  3. once core_may_reload(), right after a tick (the dead times change, R11):
 *     calls core_reload(), carries out its actions, and gives the keeper and
 *     the fencer the new settings before the next step; the links and
 *     interfaces that are new are told as after a start.
 * core_stay() takes back what core_leave() said.
 */
#include "core.h"

/* Where the thing of the old settings is in the new ones; -1 = gone. */
struct core_map {
	int16_t instances[CORE_INSTANCES_MAX];
	int16_t links[CORE_LINKS_MAX];
	int16_t interfaces[CORE_INTERFACES_MAX];
	int16_t devices[CORE_DEVICES_MAX];
	int16_t plugs[2][CORE_PLUGS_MAX];
	/* the same, and what is known of it holds under the new settings */
	bool is_same_device[CORE_DEVICES_MAX];
	bool is_same_plug[2][CORE_PLUGS_MAX];
	/* R15: a bit of a beat would stand for another instance than before,
	 * or for none */
	bool bits_move;
	bool links_move; /* one that stays has another place, and so its bit */
	bool signing_changes;  /* R2: adverts of an instance that stays */
	bool addresses_change; /* R15: of an instance that stays */
};

/* NULL, and map is made; else why the running core cannot take it. */
const char *core_map_make(const struct core_settings *old,
			  const struct core_settings *new,
			  struct core_map *map);
void core_leave(struct core *core, const struct core_map *map);
void core_stay(struct core *core);
/* Nothing that is gone is held any more, and nothing is under way. */
bool core_may_reload(const struct core *core, const struct core_map *map);
/* What is awaited, the end of a sentence; NULL: it may. */
const char *core_reload_waits_for(const struct core *core,
				  const struct core_map *map);
/* new must outlive the core, old until the return; actions as by core_step().
 */
void core_reload(struct core *core, const struct core_settings *new,
		 const struct core_map *map, struct actions *actions);
/*
 * The peer takes the same file in the same moment: what it has told of its
 * digest is over. Unknown is not equal (R15), but no alert either, until both
 * halves are told anew.
 */
void core_peer_reloads(struct core *core);
#endif
