/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R14, R1: what the plugs read, which of them are proven, and when to read.
 * A plug is proven when this node has read it on while hearing the peer, under
 * these fence settings; it is mis-wired when it read off while the peer lives.
 */
#include <stdio.h>

#include "internal.h"

#define STARTUP_READ_US (10 * (int64_t)SECOND_US)
/* the fencer answers every request; this is for a fencer gone mad */
#define READ_LOST_US (60 * (int64_t)SECOND_US)

static const struct core_node *peer_node(const struct core *core)
{
	return &core->settings->nodes[core->peer_index];
}

bool plug_is_proven(const struct core *core, unsigned plug)
{
	return (core->memory.plug_proven >> plug & 1) &&
	       !(core->memory.plug_miswired >> plug & 1);
}

/* Levels of the peer all of whose plugs are proven, one bit each. */
uint32_t plugs_proven_levels(const struct core *core)
{
	const struct core_node *node = peer_node(core);
	uint32_t levels = 0, unproven = 0;

	for (unsigned i = 0; i < node->plug_count; i++) {
		levels |= UINT32_C(1) << node->plugs[i].level;
		if (!plug_is_proven(core, i))
			unproven |= UINT32_C(1) << node->plugs[i].level;
	}
	return levels & ~unproven;
}

unsigned plugs_level_off(const struct core *core,
			 const struct core_fence_done *done)
{
	const struct core_node *node = peer_node(core);
	uint32_t levels = plugs_proven_levels(core);

	for (unsigned i = 0; i < node->plug_count; i++)
		if (done->plugs[i] != CORE_PLUG_OFF)
			levels &= ~(UINT32_C(1) << node->plugs[i].level);
	for (unsigned level = 1; level <= 9; level++)
		if (levels >> level & 1)
			return level;
	return 0;
}

static void plug_of_peer_read(struct core *core, unsigned i,
			      enum core_plug state)
{
	uint8_t bit = (uint8_t)(1 << i);
	const struct core_node *node = peer_node(core);
	const char *device = core->settings->devices[node->plugs[i].device];

	if (!peer_is_heard(core) || state == CORE_PLUG_UNKNOWN)
		return;
	if (state == CORE_PLUG_ON) {
		if (core->memory.plug_miswired & bit) {
			core->memory.plug_miswired &= (uint8_t)~bit;
			memory_save(core);
		}
		alert_clear(core, ALERT_FENCE_MISWIRED, (int)i);
		core->fence.contradicted = false;
		if (!(core->memory.plug_proven & bit)) {
			core->memory.plug_proven |= bit;
			memory_save(core);
		}
		return;
	}
	alert_raise(core, ALERT_FENCE_MISWIRED, (int)i, CORE_CRITICAL,
		    "%s is heard, but its plug on %s reads off: the plug is "
		    "not the one that feeds it: check the wiring",
		    peer_name(core), device);
	if (!(core->memory.plug_miswired & bit)) {
		core->memory.plug_miswired |= bit;
		memory_save(core);
	}
}

bool plug_is_meant(const struct core *core, unsigned node, unsigned plug,
		   uint32_t levels, int device)
{
	const struct core_node *n = &core->settings->nodes[node];

	return (levels >> n->plugs[plug].level & 1) &&
	       (device < 0 || n->plugs[plug].device == (unsigned)device);
}

void plugs_read(struct core *core, unsigned node, uint32_t levels, int device,
		const struct core_fence_done *done)
{
	const struct core_settings *settings = core->settings;

	for (unsigned i = 0; i < settings->nodes[node].plug_count; i++) {
		struct core_plug_view *view = &core->plugs[node][i];

		if (!plug_is_meant(core, node, i, levels, device))
			continue;
		view->state = (enum core_plug)done->plugs[i];
		view->read_us = core->now_us;
		if (node == core->peer_index && view->state == CORE_PLUG_ON)
			fence_plug_is_on(core,
					 settings->nodes[node].plugs[i].level,
					 done->read_at_us);
		/*
		 * During a fence the peer may live on its capacitors; under
		 * other settings it may be another plug (R6).
		 */
		if (node == core->peer_index && !fence_is_busy(core) &&
		    done->outcome == CORE_OUTCOME_READ &&
		    done->digest == settings->fence_digest)
			plug_of_peer_read(core, i, view->state);
	}
	for (unsigned d = 0; d < settings->device_count; d++) {
		struct core_device_view *view = &core->devices[d];

		if (!(done->device_tried >> d & 1))
			continue;
		view->tried = true;
		view->ok = done->device_ok >> d & 1;
		view->checked_us = core->now_us;
		if (view->ok) {
			view->error[0] = '\0';
			alert_clear(core, ALERT_FENCE_DEVICE, (int)d);
			continue;
		}
		snprintf(view->error, sizeof(view->error), "%s", done->text);
		alert_raise(core, ALERT_FENCE_DEVICE, (int)d, CORE_CRITICAL,
			    "fence device %s: %s", settings->devices[d],
			    done->text);
	}
}

/* ---- the watch over the fence path ---- */

static void read_start(struct core *core, unsigned node)
{
	struct action *action = action_add(core, ACTION_FENCE);

	core->monitor_id = core->next_id++;
	core->monitor_read_node = node;
	core->monitor_asked_us = core->now_us;
	action->fence.id = core->monitor_id;
	action->fence.kind = CORE_FENCE_READ;
	action->fence.node = node;
	action->fence.levels = CORE_LEVELS_ALL;
	action->fence.device = -1;
	action->fence.digest = core->settings->fence_digest;
}

static bool some_link_is_down(const struct core *core)
{
	for (unsigned i = 0; i < CORE_LINKS_MAX; i++)
		if (core->settings->links[i].configured &&
		    core->links[i].state == LINK_DOWN)
			return true;
	for (unsigned i = 0; i < core->settings->instance_count; i++)
		if (core->instances[i].vrrp.state == LINK_DOWN)
			return true;
	return false;
}

static bool owns_everything(const struct core *core)
{
	for (unsigned i = 0; i < core->settings->instance_count; i++)
		if (!core->instances[i].own)
			return false;
	return true;
}

void monitor_step(struct core *core)
{
	const struct core_settings *settings = core->settings;
	bool waiting = !core->peer.heard_ever &&
		       core->now_us >= core->startup_until_us &&
		       !owns_everything(core);

	if (core->monitor_id &&
	    core->now_us - core->monitor_asked_us > READ_LOST_US)
		core->monitor_id = 0;
	if (core->monitor_id || fence_is_busy(core) || core->stopping ||
	    !core->keeper_ready)
		return;
	if (waiting) {
		/* R8: is it off already? read at once, then every 10 s */
		if (core->now_us >= core->next_read_us) {
			core->next_read_us = core->now_us + STARTUP_READ_US;
			read_start(core, core->peer_index);
		}
		core_wake_at(core, core->next_read_us);
		return;
	}
	if (settings->fence.monitor_ms == 0)
		return;
	/* R14: never while a link is down: the other node may need the device
	 */
	if (!some_link_is_down(core) && core->now_us >= core->monitor_due_us) {
		bool was_peer = core->monitor_node == core->peer_index;

		core->monitor_due_us =
			core->now_us + MS(settings->fence.monitor_ms) / 2;
		read_start(core, core->monitor_node);
		core->monitor_node = was_peer ? core->self : core->peer_index;
	}
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
	unsigned level = plugs_level_off(core, done);
	int64_t due_us;

	if (done->outcome != CORE_OUTCOME_READ ||
	    done->digest != core->settings->fence_digest || !level) {
		core->startup_read = true;
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
	core->startup_read = true;
	core->seen_off_us = 0; /* the next proof begins anew */
	if (peer_is_heard(core) || owns_everything(core))
		return;
	fence_confirm(core, PROOF_ALREADY_OFF, "its plugs read off");
	core->fence.proof_level = level;
	core->fence.off_us = done->read_at_us;
}

void monitor_done(struct core *core, const struct core_fence_done *done)
{
	core->monitor_id = 0;
	/* R1: a node's own plugs, which it reads too, say nothing of its peer
	 */
	if (core->monitor_read_node != core->peer_index)
		return;
	if (core->peer.heard_ever || core->now_us < core->startup_until_us)
		core->seen_off_us = 0;
	else
		already_off_judge(core, done);
}
