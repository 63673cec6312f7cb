/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R14, R1: what the plugs read, which of them are proven, and when to read.
 * A plug is proven when this node has read it on while hearing the peer, under
 * these fence settings; it is mis-wired when it read off while the peer lives.
 */
#include <stdio.h>

#include "internal.h"

#define STARTUP_READ_US (10 * (int64_t)SECOND_US)
/* R14: a held fence, or a plug in doubt, is looked at so often */
#define DOUBT_READ_US (10 * (int64_t)SECOND_US)
/* R14: a supply may hold on for longer than power_wait_ms was set to */
#define HOLDS_ON_US (2 * (int64_t)SECOND_US)
/* the fencer answers every request; this is for a fencer gone mad */
#define READ_LOST_US (60 * (int64_t)SECOND_US)

int64_t supply_holds_on_us(uint32_t power_wait_ms)
{
	int64_t wait_us = MS(power_wait_ms);

	return wait_us < HOLDS_ON_US ? HOLDS_ON_US : wait_us;
}

static const struct core_node *peer_node(const struct core *core)
{
	return &core->settings->nodes[core->peer_index];
}

/* ---- which are proven ---- */

/* R1: it read off while its node lived, and was not seen to work since. */
bool plug_has_lied(const struct core *core, unsigned plug)
{
	uint32_t key = peer_node(core)->plugs[plug].key;

	assert(plug < peer_node(core)->plug_count);
	for (unsigned i = 0; i < CORE_LIARS_MAX; i++)
		if (core->memory.plug_contradicted[i] == key)
			return true;
	return false;
}

bool plugs_have_lied(const struct core *core)
{
	uint32_t any = 0;

	/* asked in each tick, and mostly none has: a key is never 0 */
	for (unsigned i = 0; i < CORE_LIARS_MAX; i++)
		any |= core->memory.plug_contradicted[i];
	if (any == 0)
		return false;
	for (unsigned i = 0; i < peer_node(core)->plug_count; i++)
		if (plug_has_lied(core, i))
			return true;
	return false;
}

static bool is_configured(const struct core *core, uint32_t key)
{
	for (unsigned i = 0; i < peer_node(core)->plug_count; i++)
		if (peer_node(core)->plugs[i].key == key)
			return true;
	return false;
}

static void remember_liar(struct core *core, unsigned plug)
{
	struct core_memory *memory = &core->memory;
	unsigned at = CORE_LIARS_MAX;

	if (plug_has_lied(core, plug))
		return;
	/* a free place, else that of a plug which is in no file any more */
	for (unsigned i = 0; i < CORE_LIARS_MAX; i++)
		if (memory->plug_contradicted[i] == 0 ||
		    (at == CORE_LIARS_MAX &&
		     !is_configured(core, memory->plug_contradicted[i])))
			at = i;
	/* there are more places than a node has plugs */
	assert(at < CORE_LIARS_MAX);
	memory->plug_contradicted[at] = peer_node(core)->plugs[plug].key;
}

/* R1: what read off while the peer lived proves nothing any more. */
void plugs_contradicted(struct core *core, uint32_t levels)
{
	for (unsigned i = 0; i < peer_node(core)->plug_count; i++) {
		if (!(levels >> peer_node(core)->plugs[i].level & 1))
			continue;
		remember_liar(core, i);
		core->memory.plug_proven &= (uint8_t) ~(1u << i);
		alert_clear(core, ROW_MISWIRED, i);
	}
	core->memory.plug_cut = 0;
	memory_save(core);
}

/* R1: read off on our command, and every link of the peer went dark with it. */
void plugs_seen_to_work(struct core *core, unsigned level)
{
	for (unsigned i = 0; i < peer_node(core)->plug_count; i++) {
		if (peer_node(core)->plugs[i].level != level)
			continue;
		for (unsigned k = 0; k < CORE_LIARS_MAX; k++)
			if (core->memory.plug_contradicted[k] ==
			    peer_node(core)->plugs[i].key) {
				core->memory.plug_contradicted[k] = 0;
				memory_save(core);
			}
	}
}

/* Read on while its node was heard, and never off since without an "on". */
static bool was_seen_on(const struct core *core, unsigned plug)
{
	return core->memory.plug_proven >> plug & 1;
}

bool plug_is_proven(const struct core *core, unsigned plug)
{
	return was_seen_on(core, plug) && !plug_has_lied(core, plug) &&
	       !(core->memory.plug_miswired >> plug & 1);
}

/*
 * Levels all of whose plugs were seen on. A plug that read off while its node
 * lived leaves its level provable only if the node can have lived on another
 * supply of that level: cutting that one, and reading both off, is proof (R1).
 */
static uint32_t levels_of_use(const struct core *core, bool with_liars)
{
	const struct core_node *node = peer_node(core);
	uint32_t good = 0, bad = 0;

	for (unsigned i = 0; i < node->plug_count; i++) {
		uint32_t level = UINT32_C(1) << node->plugs[i].level;

		if (!was_seen_on(core, i) ||
		    (plug_has_lied(core, i) && !with_liars))
			bad |= level;
		else if (!(core->memory.plug_miswired >> i & 1))
			good |= level;
	}
	return good & ~bad;
}

/* Levels of the peer that are proof when all their plugs read off. */
uint32_t plugs_proven_levels(const struct core *core)
{
	return levels_of_use(core, false);
}

/* R1: a person may also try what lied: so it can be seen to work. */
uint32_t plugs_trial_levels(const struct core *core)
{
	return levels_of_use(core, true);
}

/* R8: levels that this node cut, and has seen dark, and nobody gave back. */
uint32_t plugs_cut_levels(const struct core *core)
{
	const struct core_node *node = peer_node(core);
	uint32_t levels = plugs_proven_levels(core);

	for (unsigned i = 0; i < node->plug_count; i++)
		if (!(core->memory.plug_cut >> i & 1))
			levels &= ~(UINT32_C(1) << node->plugs[i].level);
	return levels;
}

/* R8: on disk before a later start relies on it. */
void plugs_cut(struct core *core, unsigned level)
{
	const struct core_node *node = peer_node(core);

	for (unsigned i = 0; i < node->plug_count; i++)
		if (node->plugs[i].level == level)
			core->memory.plug_cut |= (uint8_t)(1u << i);
	core->memory.restore_at_s =
		core->fence.restore.is_wanted ? core->realtime_s : 0;
	memory_save(core);
}

/* R8: it reads on; plugs of other levels may be on all the time. */
static void plug_is_not_cut(struct core *core, unsigned plug)
{
	if (!(core->memory.plug_cut >> plug & 1))
		return;
	core->memory.plug_cut &= (uint8_t) ~(1u << plug);
	memory_save(core);
}

/* R8: any sign of life, any "on": what we left dark may be so no more. */
void plugs_not_cut(struct core *core)
{
	if (core->memory.plug_cut == 0)
		return;
	core->memory.plug_cut = 0;
	memory_save(core);
}

unsigned plugs_level_off(const struct core *core,
			 const struct core_fence_done *done, uint32_t levels)
{
	const struct core_node *node = peer_node(core);

	for (unsigned i = 0; i < node->plug_count; i++)
		if (done->plugs[i] != CORE_PLUG_OFF)
			levels &= ~(UINT32_C(1) << node->plugs[i].level);
	for (unsigned level = 1; level <= 9; level++)
		if (levels >> level & 1)
			return level;
	return 0;
}

/* ---- what a reading tells of the wiring (R14) ---- */

static void plug_is_fine(struct core *core, unsigned i)
{
	uint8_t bit = (uint8_t)(1u << i);

	core->doubted &= (uint8_t)~bit;
	alert_clear(core, ROW_MISWIRED, i);
	if ((core->memory.plug_proven & bit) &&
	    !(core->memory.plug_miswired & bit))
		return;
	core->memory.plug_miswired &= (uint8_t)~bit;
	core->memory.plug_proven |= bit;
	memory_save(core);
}

/* Another supply of the same level reads on: the node can live on that. */
static bool may_live_on_another(const struct core *core, unsigned plug)
{
	const struct core_node *node = peer_node(core);

	for (unsigned i = 0; i < node->plug_count; i++)
		if (i != plug &&
		    node->plugs[i].level == node->plugs[plug].level &&
		    core->plugs[core->peer_index][i].state == CORE_PLUG_ON)
			return true;
	return false;
}

static void plug_is_miswired(struct core *core, unsigned i)
{
	const struct core_plug_settings *plug = &peer_node(core)->plugs[i];
	const char *device = core->settings->devices[plug->device];

	if (may_live_on_another(core, i))
		alert_raise(core, ROW_MISWIRED, i, CORE_CRITICAL,
			    "plug %s of %s on %s is off by hand or mis-wired: "
			    "it reads off while %s lives, on its other supply; "
			    "switch it on, or check the wiring",
			    plug->name, peer_name(core), device,
			    peer_name(core));
	else
		alert_raise(core, ROW_MISWIRED, i, CORE_CRITICAL,
			    "%s is heard, but its plug on %s reads off: the "
			    "plug is not the one that feeds it: check the "
			    "wiring of plug %s",
			    peer_name(core), device, plug->name);
	if (core->memory.plug_miswired >> i & 1)
		return;
	core->memory.plug_miswired |= (uint8_t)(1u << i);
	memory_save(core);
}

/*
 * R14: off, though the peer is heard. One reading is none: a supply holds on, a
 * device errs for a moment. It must read off again when the peer should have
 * been dark, and unheard, for long; only then is it the wrong plug.
 */
static void plug_is_doubted(struct core *core, unsigned i,
			    const struct core_fence_done *done)
{
	int64_t due_us;

	if (plug_has_lied(core, i))
		return; /* said already, and worse */
	if (!(core->doubted >> i & 1))
		core->doubt_us[i] = done->read_at_us;
	core->doubted |= (uint8_t)(1u << i);
	due_us = core->doubt_us[i] + largest_dead_us(core) +
		 supply_holds_on_us(done->power_wait_ms);
	if (done->read_at_us >= due_us)
		plug_is_miswired(core, i);
	else if (core->doubt_due_us == 0 || due_us < core->doubt_due_us)
		core->doubt_due_us = due_us;
}

static void plug_of_peer_read(struct core *core, unsigned i,
			      const struct core_fence_done *done)
{
	enum core_plug state = (enum core_plug)done->plugs[i];

	if (!peer_is_heard(core))
		return;
	if (state == CORE_PLUG_ON)
		plug_is_fine(core, i);
	else if (state == CORE_PLUG_OFF)
		plug_is_doubted(core, i, done);
}

bool plug_is_meant(const struct core *core, unsigned node, unsigned plug,
		   uint32_t levels, int device)
{
	const struct core_node *n = &core->settings->nodes[node];

	assert(node < 2 && plug < n->plug_count);
	return (levels >> n->plugs[plug].level & 1) &&
	       (device < 0 || n->plugs[plug].device == (unsigned)device);
}

void plugs_read(struct core *core, unsigned node, uint32_t levels, int device,
		const struct core_fence_done *done)
{
	const struct core_settings *settings = core->settings;

	assert(node < 2 && done);
	for (unsigned i = 0; i < settings->nodes[node].plug_count; i++) {
		struct core_plug_view *view = &core->plugs[node][i];

		if (!plug_is_meant(core, node, i, levels, device))
			continue;
		view->state = (enum core_plug)done->plugs[i];
		view->read_us = core->now_us;
		if (node == core->peer_index && view->state == CORE_PLUG_ON) {
			plug_is_not_cut(core, i);
			/* R8: if it goes off now, it is by another hand */
			core->fence.cut.on_since_levels |=
				UINT32_C(1)
				<< settings->nodes[node].plugs[i].level;
			fence_plug_is_on(core,
					 settings->nodes[node].plugs[i].level,
					 done->read_at_us);
		}
	}
	/*
	 * During a fence the peer may live on its capacitors; under other
	 * settings it may be another plug (R6).
	 */
	for (unsigned i = 0;
	     node == core->peer_index && i < settings->nodes[node].plug_count;
	     i++)
		if (plug_is_meant(core, node, i, levels, device) &&
		    !fence_is_busy(core) &&
		    done->outcome == CORE_OUTCOME_READ &&
		    done->digest == settings->fence_digest)
			plug_of_peer_read(core, i, done);
	for (unsigned d = 0; d < settings->device_count; d++) {
		struct core_device_view *view = &core->devices[d];

		if (!(done->device_tried >> d & 1))
			continue;
		view->tried = true;
		view->ok = done->device_ok >> d & 1;
		view->checked_us = core->now_us;
		if (view->ok) {
			view->error[0] = '\0';
			alert_clear(core, ROW_FENCE_DEVICE, d);
			continue;
		}
		snprintf(view->error, sizeof(view->error), "%s", done->text);
		alert_raise(core, ROW_FENCE_DEVICE, d, CORE_CRITICAL,
			    "fence device %s: %s", settings->devices[d],
			    done->text);
	}
}

/* ---- the watch over the fence path ---- */

static void read_start(struct core *core, unsigned node)
{
	read_order(core, ASK_MONITOR, node, CORE_LEVELS_ALL, -1, 0);
}

static bool some_link_is_down(const struct core *core)
{
	for (unsigned i = 0; i < core->links_end; i++)
		if (core->settings->links[i].configured &&
		    core->links[i].state == LINK_DOWN)
			return true;
	for (unsigned i = 0; i < core->settings->instance_count; i++)
		if (core->instances[i].vrrp.state == LINK_DOWN)
			return true;
	return false;
}

/*
 * R8: from when on plugs that this node itself cut are proof: it has listened
 * on every configured link for the largest dead time and 2 s. INT64_MAX: it
 * did not cut them, or cannot hear on one of its links.
 */
static int64_t own_cut_proves_us(const struct core *core)
{
	int64_t from_us = listening_since_us(core, true);

	if (!plugs_cut_levels(core) || core->startup_until_us == INT64_MAX ||
	    from_us == INT64_MAX)
		return INT64_MAX;
	return from_us + largest_dead_us(core) + OWN_CUT_LISTEN_US;
}

/* R8: when the plugs of a peer that was never heard are proof if off. */
static int64_t off_proves_us(const struct core *core)
{
	int64_t own_us = own_cut_proves_us(core);

	return own_us < core->startup_until_us ? own_us
					       : core->startup_until_us;
}

/* R14: a doubt, or a fence that is held, is not left till the next turn. */
static bool must_look_again(const struct core *core)
{
	return core->fence.state == FENCE_STATE_HELD ||
	       (core->doubted && peer_is_heard(core));
}

static void monitor_in_turn(struct core *core)
{
	bool was_peer = core->monitor_node == core->peer_index;

	core->monitor_due_us =
		core->now_us + MS(core->settings->fence.monitor_ms) / 2;
	read_start(core, core->monitor_node);
	core->monitor_node = was_peer ? core->self : core->peer_index;
}

static void look_again(struct core *core)
{
	int64_t due_us = core->looked_us + DOUBT_READ_US;

	if (core->doubted && core->doubt_due_us && core->doubt_due_us < due_us)
		due_us = core->doubt_due_us;
	if (core->now_us < due_us) {
		core_wake_at(core, due_us);
		return;
	}
	core->doubt_due_us = 0;
	core->looked_us = core->now_us;
	read_start(core, core->peer_index);
}

void monitor_step(struct core *core)
{
	const struct core_settings *settings = core->settings;
	bool unheard = !core->peer.heard_ever && !owns_all(core);
	int64_t off_us = unheard ? off_proves_us(core) : INT64_MAX;

	if (ask_is_late(core, ASK_MONITOR, READ_LOST_US))
		ask_close(core, ASK_MONITOR);
	/* R14: who falls silent was perhaps dying when its plug read off */
	if (core->doubted && !peer_is_heard(core))
		core->doubted = 0;
	if (ask_is_open(core, ASK_MONITOR) || fence_is_busy(core) ||
	    core->stopping || !core->keeper_ready)
		return;
	if (unheard && core->now_us >= off_us) {
		/* R8: is it off already? read at once, then every 10 s */
		if (core->now_us >= core->next_read_us) {
			core->next_read_us = core->now_us + STARTUP_READ_US;
			read_start(core, core->peer_index);
		}
		core_wake_at(core, core->next_read_us);
		return;
	}
	if (unheard && off_us != INT64_MAX)
		core_wake_at(core, off_us);
	if (must_look_again(core)) {
		look_again(core);
		if (ask_is_open(core, ASK_MONITOR))
			return;
	}
	if (settings->fence.monitor_ms == 0)
		return;
	/* R14: never while a link is down: the other node may need the device
	 */
	if (!some_link_is_down(core) && core->now_us >= core->monitor_due_us)
		monitor_in_turn(core);
	core_wake_at(core, core->now_us < core->monitor_due_us
				   ? core->monitor_due_us
				   : core->now_us + SECOND_US);
}

/*
 * R1, R6, R8: already off, for one that was never heard. Once read off, its
 * plugs are read again after power_wait_ms: until then a machine whose plug
 * was pulled in this moment lives on its capacitors.
 */
static void already_off_judge(struct core *core,
			      const struct core_fence_done *done)
{
	bool is_early = core->now_us < core->startup_until_us;

	/* R8: of one that was heard, plugs that read off prove nothing yet */
	assert(!core->peer.heard_ever);
	unsigned level = plugs_level_off(core, done,
					 is_early ? plugs_cut_levels(core)
						  : plugs_proven_levels(core));
	int64_t due_us;

	if (done->outcome != CORE_OUTCOME_READ ||
	    done->digest != core->settings->fence_digest || !level) {
		core->startup_read = !is_early;
		core->seen_off_us = 0;
		return;
	}
	if (core->seen_off_us == 0 || core->seen_off_level != level)
		core->seen_off_us = core->now_us;
	core->seen_off_level = level;
	due_us = core->seen_off_us + MS(done->power_wait_ms);
	if (core->now_us < due_us) {
		core->next_read_us = due_us;
		core_wake_at(core, due_us);
		return;
	}
	core->startup_read = !is_early;
	core->seen_off_us = 0; /* the next proof begins anew */
	if (peer_is_heard(core) || owns_all(core))
		return;
	core->fence.proof.level = level;
	fence_confirm(core, PROOF_ALREADY_OFF,
		      is_early ? "its plugs read off, as this node left them"
			       : "its plugs read off");
	core->fence.proof.is_own_cut = is_early;
	core->fence.proof.off_us = done->read_at_us;
	if (is_early)
		restore_after_start(core);
}

void monitor_done(struct core *core, const struct core_fence_done *done,
		  unsigned node)
{
	/* R1: a node's own plugs, which it reads too, say nothing of its peer
	 */
	if (node != core->peer_index)
		return;
	/* R14: a pair whose first reading told nothing (its switch had no
	 * socket free: read, with unknown plugs) cannot fence yet: that is not
	 * left till the turn after next */
	if (peer_is_heard(core) && plugs_proven_levels(core) == 0) {
		core->monitor_node = core->peer_index;
		if (core->monitor_due_us > core->now_us + STARTUP_READ_US)
			core->monitor_due_us = core->now_us + STARTUP_READ_US;
	}
	if (core->peer.heard_ever || core->now_us < off_proves_us(core))
		core->seen_off_us = 0;
	else
		already_off_judge(core, done);
}
