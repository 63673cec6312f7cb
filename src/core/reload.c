/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * New settings for a core that runs (reload.h): what it knows follows its
 * names. It must never keep a proof for another plug, nor a right for another
 * instance, nor let a bit of a beat stand for two things.
 */
#include "reload.h"
#include "internal.h"

/* ---- the map ---- */

static bool is_same_instance(const struct core_settings *old, unsigned i,
			     const struct core_settings *new, unsigned k)
{
	const struct core_instance_settings *a = &old->instances[i];
	const struct core_instance_settings *b = &new->instances[k];

	return strcmp(a->name, b->name) == 0 && a->vrid == b->vrid &&
	       a->version == b->version &&
	       strcmp(old->interfaces[a->interface],
		      new->interfaces[b->interface]) == 0;
}

static bool is_same_interface(const struct core_settings *old, unsigned i,
			      const struct core_settings *new, unsigned k)
{
	return strcmp(old->interfaces[i], new->interfaces[k]) == 0;
}

static bool is_same_link(const struct core_settings *old, unsigned i,
			 const struct core_settings *new, unsigned k)
{
	return old->links[i].configured &&
	       new->links[k].configured &&strcmp(old->links[i].name,
						 new->links[k].name) == 0;
}

static bool is_same_device(const struct core_settings *old, unsigned i,
			   const struct core_settings *new, unsigned k)
{
	return strcmp(old->devices[i], new->devices[k]) == 0;
}

typedef bool same_function(const struct core_settings *old, unsigned i,
			   const struct core_settings *new, unsigned k);

static void map_list(const struct core_settings *old, unsigned old_count,
		     const struct core_settings *new, unsigned new_count,
		     same_function *is_same, int16_t *map)
{
	for (unsigned i = 0; i < old_count; i++) {
		map[i] = -1;
		for (unsigned k = 0; k < new_count && map[i] < 0; k++)
			if (is_same(old, i, new, k))
				map[i] = (int16_t)k;
	}
}

/* The keys are of the names of device and plug. */
static void map_plugs(const struct core_settings *old,
		      const struct core_settings *new, unsigned n,
		      struct core_map *map)
{
	const struct core_node *a = &old->nodes[n], *b = &new->nodes[n];

	for (unsigned i = 0; i < a->plug_count; i++) {
		map->plugs[n][i] = -1;
		for (unsigned k = 0; k < b->plug_count; k++) {
			if (a->plugs[i].key != b->plugs[k].key)
				continue;
			map->plugs[n][i] = (int16_t)k;
			map->is_same_plug[n][i] =
				map->is_same_device[a->plugs[i].device];
			break;
		}
	}
}

static void map_instance_changes(const struct core_settings *old, unsigned i,
				 const struct core_settings *new,
				 struct core_map *map)
{
	const struct core_instance_settings *a = &old->instances[i], *b;

	map->bits_move = map->bits_move || map->instances[i] != (int)i;
	if (map->instances[i] < 0)
		return;
	b = &new->instances[map->instances[i]];
	map->signing_changes =
		map->signing_changes || a->is_plain != b->is_plain;
	map->addresses_change =
		map->addresses_change || a->addresses != b->addresses;
}

const char *core_map_make(const struct core_settings *old,
			  const struct core_settings *new, struct core_map *map)
{
	if (old->self != new->self ||
	    strcmp(old->nodes[0].name, new->nodes[0].name) != 0 ||
	    strcmp(old->nodes[1].name, new->nodes[1].name) != 0)
		return "the names of the nodes, or their order, have changed";
	memset(map, 0, sizeof(*map));
	map_list(old, old->interface_count, new, new->interface_count,
		 is_same_interface, map->interfaces);
	map_list(old, CORE_LINKS_MAX, new, CORE_LINKS_MAX, is_same_link,
		 map->links);
	map_list(old, old->device_count, new, new->device_count, is_same_device,
		 map->devices);
	map_list(old, old->instance_count, new, new->instance_count,
		 is_same_instance, map->instances);
	for (unsigned d = 0; d < old->device_count; d++)
		map->is_same_device[d] =
			map->devices[d] >= 0 &&
			old->device_digests[d] ==
				new->device_digests[map->devices[d]];
	for (unsigned i = 0; i < CORE_LINKS_MAX; i++)
		if (map->links[i] >= 0 && map->links[i] != (int)i)
			map->links_move = true;
	map_plugs(old, new, 0, map);
	map_plugs(old, new, 1, map);
	for (unsigned i = 0; i < old->instance_count; i++)
		map_instance_changes(old, i, new, map);
	return NULL;
}

/* ---- before: what is gone is let go ---- */

void core_leave(struct core *core, const struct core_map *map)
{
	core_stay(core);
	for (unsigned i = 0; i < core->settings->instance_count; i++)
		if (map->instances[i] < 0)
			set_add(&core->leaving, i);
	core->deadline_us = core->now_us;
}

void core_stay(struct core *core)
{
	memset(&core->leaving, 0, sizeof(core->leaving));
}

const char *core_reload_waits_for(const struct core *core,
				  const struct core_map *map)
{
	/* an answer that is under way is about plugs by their old places; and
	 * a command is carried out as it was understood */
	if (fence_is_busy(core))
		return "a fence is being carried out";
	if (drill_is_running(core))
		return "a drill is under way";
	if (core->handover_token)
		return "a handover is under way";
	if (core->stopping)
		return "twinbeatd is stopping";
	if (!core->keeper_ready)
		return "twinbeat-keeper is not ready";
	for (unsigned i = 0; i < core->settings->instance_count; i++)
		if (map->instances[i] < 0 &&
		    (core->instances[i].own || core->instances[i].is_held))
			return "an instance that is gone from the file is not "
			       "released yet";
	for (unsigned seat = 0; seat < ASK_SEATS; seat++)
		if (seat != ASK_MONITOR &&
		    ask_is_open(core, (enum ask_seat)seat))
			return "plugs are being read or switched";
	return NULL;
}

bool core_may_reload(const struct core *core, const struct core_map *map)
{
	return core_reload_waits_for(core, map) == NULL;
}

/* ---- the swap ---- */

static void instance_begin(struct core *core, struct core_instance *instance)
{
	memset(instance, 0, sizeof(*instance));
	/* R8: nothing may be claimed in INIT */
	instance->state =
		core->startup_is_over ? INSTANCE_BACKUP : INSTANCE_INIT;
	instance->since_us = core->now_us;
	instance->vrrp.state = LINK_NEVER;
	instance->vrrp.round_trip_us = -1;
}

/*
 * In place, the arrays are large: first what stays goes to its new place by
 * exchanges, then what is new begins.
 */
static void move_instances(struct core *core, const struct core_settings *new,
			   const struct core_map *map)
{
	unsigned count = core->settings->instance_count;
	int16_t to[CORE_INSTANCES_MAX];
	bool is_kept[CORE_INSTANCES_MAX] = {false};

	for (unsigned i = 0; i < CORE_INSTANCES_MAX; i++)
		to[i] = i < count ? map->instances[i] : -1;
	for (unsigned i = 0; i < CORE_INSTANCES_MAX; i++)
		while (to[i] >= 0 && to[i] != (int16_t)i) {
			unsigned k = (unsigned)to[i];
			struct core_instance other = core->instances[k];
			int16_t its = to[k];

			core->instances[k] = core->instances[i];
			to[k] = (int16_t)k;
			core->instances[i] = other;
			to[i] = its;
		}
	for (unsigned i = 0; i < count; i++)
		if (map->instances[i] >= 0)
			is_kept[map->instances[i]] = true;
	for (unsigned k = 0; k < CORE_INSTANCES_MAX; k++) {
		if (k >= new->instance_count)
			memset(&core->instances[k], 0,
			       sizeof(core->instances[k]));
		else if (!is_kept[k])
			instance_begin(core, &core->instances[k]);
		else
			core->instances[k].permit.instance = k;
	}
}

/* R3: what has not run yet has said nothing, whatever others said before it. */
static void words_of_other_checks_end(struct core *core,
				      const struct core_settings *new,
				      const struct core_map *map)
{
	for (unsigned i = 0; i < core->settings->instance_count; i++) {
		const struct core_instance_settings *old =
			&core->settings->instances[i];
		int k = map->instances[i];

		if (k < 0 || (old->has_checks &&
			      old->checks == new->instances[k].checks))
			continue;
		core->instances[i].checks = CORE_CHECKS_UNKNOWN;
		core->instances[i].checks_why[0] = '\0';
	}
}

static void move_interfaces(struct core *core, const struct core_settings *new,
			    const struct core_map *map)
{
	struct core_hearing hearing[CORE_INTERFACES_MAX];
	bool carrier[CORE_INTERFACES_MAX], absent[CORE_INTERFACES_MAX];
	bool known[CORE_INTERFACES_MAX], serves[CORE_INTERFACES_MAX];
	int64_t changed_us[CORE_INTERFACES_MAX];

	memcpy(hearing, core->hearing, sizeof(hearing));
	memcpy(carrier, core->carrier, sizeof(carrier));
	memcpy(absent, core->absent, sizeof(absent));
	memcpy(known, core->carrier_known, sizeof(known));
	memcpy(serves, core->serves, sizeof(serves));
	memcpy(changed_us, core->carrier_us, sizeof(changed_us));
	memset(core->hearing, 0, sizeof(core->hearing));
	memset(core->carrier, 0, sizeof(core->carrier));
	memset(core->absent, 0, sizeof(core->absent));
	memset(core->carrier_known, 0, sizeof(core->carrier_known));
	memset(core->serves, 0, sizeof(core->serves));
	memset(core->carrier_us, 0, sizeof(core->carrier_us));
	memset(core->flapped, 0, sizeof(core->flapped));
	for (unsigned i = 0; i < core->settings->interface_count; i++) {
		int k = map->interfaces[i];

		if (k < 0)
			continue;
		core->hearing[k] = hearing[i];
		/* the edge's tests are by place: they begin anew */
		core->hearing[k].is_on = false;
		core->hearing[k].is_deaf =
			hearing[i].is_deaf && new->fence.disagree_probe;
		core->hearing[k].asked_us = 0;
		core->carrier[k] = carrier[i];
		core->absent[k] = absent[i];
		core->carrier_known[k] = known[i];
		core->serves[k] = serves[i];
		core->carrier_us[k] = changed_us[i];
	}
	core->vrrp_interfaces = 0;
	for (unsigned i = 0; i < new->instance_count; i++)
		core->vrrp_interfaces |= UINT32_C(1)
					 << new->instances[i].interface;
}

static void move_links(struct core *core, const struct core_settings *new,
		       const struct core_map *map)
{
	struct core_link links[CORE_LINKS_MAX];
	int statement_link = map->links[core->peer.statement_link];

	hurry_reset(core); /* whose line fell is known by its place */
	memcpy(links, core->links, sizeof(links));
	memset(core->links, 0, sizeof(core->links));
	for (unsigned k = 0; k < CORE_LINKS_MAX; k++) {
		core->links[k].is_broken = new->links[k].configured;
		core->links[k].state = LINK_BROKEN;
		core->links[k].round_trip_us = -1;
	}
	for (unsigned i = 0; i < CORE_LINKS_MAX; i++)
		if (map->links[i] >= 0)
			core->links[map->links[i]] = links[i];
	if (statement_link >= 0) {
		core->peer.statement_link = (unsigned)statement_link;
		return;
	}
	/* R17.8: how long it is fresh is not known any more */
	core->peer.statement_link = 0;
	core->peer.statement_us = 0;
	memset(&core->peer.statement, 0, sizeof(core->peer.statement));
}

static uint8_t move_bits(const struct core *core, const struct core_map *map,
			 uint8_t bits)
{
	unsigned n = core->peer_index;
	uint8_t moved = 0;

	for (unsigned i = 0; i < core->settings->nodes[n].plug_count; i++)
		if ((bits >> i & 1) && map->is_same_plug[n][i])
			moved |= (uint8_t)(1u << map->plugs[n][i]);
	return moved;
}

/* R1: what is known of a plug holds for that plug, on that device, only. */
static void move_plugs(struct core *core, const struct core_settings *new,
		       const struct core_map *map)
{
	const struct core_settings *old = core->settings;
	struct core_plug_view plugs[2][CORE_PLUGS_MAX];
	struct core_device_view devices[CORE_DEVICES_MAX];

	core->memory.plug_proven =
		move_bits(core, map, core->memory.plug_proven);
	core->memory.plug_miswired =
		move_bits(core, map, core->memory.plug_miswired);
	core->memory.plug_cut = move_bits(core, map, core->memory.plug_cut);
	core->memory_before.plug_proven =
		move_bits(core, map, core->memory_before.plug_proven);
	core->memory.fence_digest = new->fence_digest;
	core_plug_ids(new, core->memory.plug_ids);
	core->memory_changed = true;
	memcpy(plugs, core->plugs, sizeof(plugs));
	memcpy(devices, core->devices, sizeof(devices));
	memset(core->plugs, 0, sizeof(core->plugs));
	memset(core->devices, 0, sizeof(core->devices));
	for (unsigned n = 0; n < 2; n++)
		for (unsigned i = 0; i < old->nodes[n].plug_count; i++)
			if (map->is_same_plug[n][i])
				core->plugs[n][map->plugs[n][i]] = plugs[n][i];
	for (unsigned d = 0; d < old->device_count; d++)
		if (map->is_same_device[d])
			core->devices[map->devices[d]] = devices[d];
	if (core->fence.restore.device >= 0) {
		int device = map->devices[core->fence.restore.device];

		if (device < 0)
			restore_cancel(core);
		core->fence.restore.device = device;
	}
	/* a doubt is read anew */
	core->doubted = 0;
	core->doubt_due_us = 0;
	memset(core->doubt_us, 0, sizeof(core->doubt_us));
	core->monitor_due_us = core->now_us;
}

/* Levels of the peer that have the plugs that they had, and no other. */
static uint32_t levels_that_stay(const struct core *core,
				 const struct core_settings *new,
				 const struct core_map *map)
{
	const struct core_node *old = &core->settings->nodes[core->peer_index];
	const struct core_node *now = &new->nodes[core->peer_index];
	uint32_t levels = CORE_LEVELS_ALL, kept = 0;

	for (unsigned i = 0; i < old->plug_count; i++) {
		int16_t k = map->plugs[core->peer_index][i];

		if (map->is_same_plug[core->peer_index][i] &&
		    now->plugs[k].level == old->plugs[i].level)
			kept |= UINT32_C(1) << k;
		else
			levels &= ~(UINT32_C(1) << old->plugs[i].level);
	}
	for (unsigned k = 0; k < now->plug_count; k++)
		if (!(kept >> k & 1))
			levels &= ~(UINT32_C(1) << now->plugs[k].level);
	return levels;
}

/* R1: a proof by plugs, or by a word about them, dies with the settings. What
 * these plugs may be found to have lied about does not. */
static void proofs_end(struct core *core, uint32_t same_levels)
{
	ask_close(core, ASK_MONITOR);
	core->seen_off_us = 0;
	core->dark_levels &= same_levels;
	core->startup_read = false;
	core->next_read_us = 0;
	question_forget(core);
	fence_enter(core, FENCE_STATE_IDLE, "%s", "the settings have changed");
}

/*
 * R15: what the peer said stands by our old places; its next words are put to
 * the new ones.
 */
static void peer_is_reread(struct core *core, const struct core_map *map,
			   uint32_t old_digest)
{
	struct core_peer *peer = &core->peer;

	if (!map->bits_move) {
		/* a bit would stand for another link; and (R2) who signs no
		 * more, or does from now on, is heard as such from its next
		 * life on */
		if (map->links_move || map->signing_changes)
			generation_renew(core);
		else if (map->addresses_change)
			digest_news_begin(core, old_digest);
		return;
	}
	memset(&peer->stranger_serves, 0, sizeof(peer->stranger_serves));
	peer->statement_us = 0;
	memset(&peer->statement, 0, sizeof(peer->statement));
	for (unsigned i = 0; i < CORE_INSTANCES_MAX; i++)
		core->instances[i].free_from_us = 0;
	/* and ours are by places that it does not know: a new life, whose
	 * digest it has not heard (R17.7) */
	generation_renew(core);
}

void core_reload(struct core *core, const struct core_settings *new,
		 const struct core_map *map, struct actions *actions)
{
	uint32_t old_digest = core->settings->digest;

	assert(core_may_reload(core, map) && !core->out);
	assert(new->self == core->self);
	assert(new->instance_count <= CORE_INSTANCES_MAX);
	actions->count = actions->words = actions->lost = 0;
	actions->beat_count = 0;
	core->out = actions;
	core_stay(core);
	proofs_end(core, levels_that_stay(core, new, map));
	alerts_move(core, map);
	for (unsigned i = 0; i < core->settings->interface_count; i++)
		if (core->hearing[i].is_on) {
			struct action *action = action_add(core, ACTION_PROBE);

			action->probe.interface = i;
		}
	/* R15: what the peer has read is what we had, or it has told */
	if (peer_digest_agrees(core))
		places_remember(core);
	/* who is dark already is not let off for what is new here (R4) */
	if (!peer_is_heard(core))
		core->peer.place_count = 0;
	paces_note(core);
	move_plugs(core, new, map);
	move_links(core, new, map);
	move_interfaces(core, new, map);
	words_of_other_checks_end(core, new, map);
	move_instances(core, new, map);
	core->settings = new;
	links_begin(core);
	paces_change(core);
	groups_begin(core);
	servers_begin(core);
	memset(core->peer.place, 0, sizeof(core->peer.place));
	places_learn(core);
	peer_is_reread(core, map, old_digest);
	slots_go_on(core, SLOT_TURN_DIGESTS);
	if (core->settings->digest != old_digest)
		digest_told_forget(core);
	/* R12: the keeper's last words are by the old places and key */
	core->obituary_for = core->obituary_of = 0;
	core->urgent_beat = true;
	trace_change(core, CORE_NOTICE, "node", -1, NULL, NULL,
		     "new settings: %u instances; what has changed begins "
		     "anew, all else goes on",
		     new->instance_count);
	core->memory_changed = false;
	action_add(core, ACTION_SAVE);
	core->drained = false;
	core->deadline_us = core->now_us;
	core->out = NULL;
}
