/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fence devices and power. The fencer of a node asks a device, level by level;
 * an outlet does what it really does; a machine without a live outlet loses
 * its power when its supply has run dry. A command that a device has taken is
 * carried out, whatever became of the asker.
 */
#include <string.h>

#include "world_internal.h"

static enum plug_lie lie_of(const struct world *world, unsigned n, unsigned p)
{
	return world->lie != PLUG_HONEST ? world->lie : world->plug_lie[n][p];
}

static bool outlet_is_on(const struct world *world, unsigned n, unsigned p)
{
	return world->plug_on[n] && !world->plug_off[n][p];
}

static bool is_misread(const struct world *world, unsigned n, unsigned p)
{
	return world->outlets[n][p].misread_us > world->now_us;
}

static bool outlet_reads_on(const struct world *world, unsigned n, unsigned p)
{
	if (is_misread(world, n, p))
		return world->outlets[n][p].misread_on;
	return outlet_is_on(world, n, p) && !world->outlets[n][p].told_off;
}

static unsigned plug_count(const struct world *world, unsigned n)
{
	return world->nodes[n].settings.nodes[n].plug_count;
}

/*
 * Outlets of one level feed a machine side by side (two supplies), levels one
 * after the other (a power strip, then the board's own controller).
 */
bool power_is_fed(const struct world *world, unsigned t)
{
	uint32_t there[2] = {0}, on[2] = {0};

	for (unsigned n = 0; n < 2; n++)
		for (unsigned p = 0; p < plug_count(world, n); p++) {
			uint32_t level = UINT32_C(1)
					 << world->nodes[n]
						    .settings.nodes[n]
						    .plugs[p]
						    .level;

			if (world->outlets[n][p].feeds != t)
				continue;
			there[n] |= level;
			on[n] |= outlet_is_on(world, n, p) ? level : 0;
		}
	return there[0] == on[0] && there[1] == on[1];
}

void outlets_on(struct world *world, unsigned t)
{
	for (unsigned n = 0; n < 2; n++)
		for (unsigned p = 0; p < plug_count(world, n); p++) {
			struct world_outlet *outlet = &world->outlets[n][p];

			if (outlet->feeds != t)
				continue;
			/* the others of a dark strip stay off */
			for (unsigned k = 0;
			     !world->plug_on[n] && k < plug_count(world, n);
			     k++)
				world->plug_off[n][k] = true;
			world->plug_on[n] = true;
			world->plug_off[n][p] = outlet->told_off = false;
		}
	world->plug_on[t] = true;
}

/*
 * A machine that has power, and levels of it that read off all the same: only
 * a plug of that level that lies, or that feeds something else, can do that.
 */
static void name_lies(const struct world *world, struct world_message *m)
{
	unsigned t = m->fence.node;

	m->fence.lying = m->fence.miswired = 0;
	if (!world->nodes[t].powered || !power_is_fed(world, t))
		return;
	for (unsigned p = 0; p < plug_count(world, t); p++) {
		unsigned level =
			world->nodes[t].settings.nodes[t].plugs[p].level;

		if (world->outlets[t][p].told_off ||
		    (is_misread(world, t, p) && outlet_is_on(world, t, p)))
			m->fence.lying |= (uint16_t)(1u << level);
		if (world->outlets[t][p].feeds != t)
			m->fence.miswired |= (uint16_t)(1u << level);
	}
}

/* ---- power goes ---- */

static void lose_power(struct world *world, unsigned by, unsigned t)
{
	bool was_on = world->plug_on[t];

	judge_power_cut(world, by, t);
	world_power_off(world, t);
	/* a miswired machine went dark: its own plug is as it was */
	world->plug_on[t] = was_on;
	world->nodes[t].fenced = true;
	world->nodes[t].cut_by = (int)by;
}

/* As lose_power, but it was nobody's shot. */
static void dies_by_hand(struct world *world, unsigned t)
{
	bool was_on = world->plug_on[t];

	world_power_off(world, t);
	world->plug_on[t] = was_on;
}

void power_falls(struct world *world, struct world_message *m)
{
	unsigned t = m->fence.node;

	if (world->nodes[t].powered && !power_is_fed(world, t) &&
	    world->nodes[t].lost_power_us < m->fence.asked_us) {
		if (m->fence.by_hand)
			dies_by_hand(world, t);
		else
			lose_power(world, m->node, t);
	}
}

static void power_check(struct world *world, unsigned by, bool by_hand)
{
	for (unsigned t = 0; t < 2; t++) {
		struct world_message *m;

		if (!world->nodes[t].powered || power_is_fed(world, t))
			continue;
		if (world->holdup_us == 0) {
			if (by_hand)
				dies_by_hand(world, t);
			else
				lose_power(world, by, t);
			continue;
		}
		m = world_post(world, by, world->holdup_us);
		m->kind = POWER_FALLS;
		m->fence.node = t;
		m->fence.by_hand = by_hand;
		m->fence.asked_us = world->now_us;
	}
}

static void power_returns(struct world *world, unsigned t)
{
	if (world->nodes[t].powered || !power_is_fed(world, t) ||
	    world->boot_ms < 0)
		return;
	world_power_on_slowly(world, t, world->boot_ms);
}

/* One outlet; the others of a dark strip stay off. */
static void set_outlet(struct world *world, unsigned n, unsigned p, bool on)
{
	world->plug_off[n][p] = !on;
	world->outlets[n][p].told_off = false;
	if (!on || world->plug_on[n])
		return;
	for (unsigned k = 0; k < plug_count(world, n); k++)
		world->plug_off[n][k] = k != p;
	world->plug_on[n] = true;
}

void world_outlet_by_hand(struct world *world, unsigned n, unsigned p, bool on)
{
	bool dark = true;

	set_outlet(world, n, p, on);
	for (unsigned k = 0; k < plug_count(world, n); k++)
		dark = dark && !outlet_is_on(world, n, k);
	if (dark)
		world->plug_on[n] = false;
	if (on) {
		power_returns(world, 0);
		power_returns(world, 1);
	} else {
		power_check(world, n, true);
	}
}

void world_misread(struct world *world, unsigned n, unsigned p, bool on,
		   int64_t ms)
{
	world->outlets[n][p].misread_on = on;
	world->outlets[n][p].misread_us = world->now_us + ms * 1000;
}

/* ---- the fencer of a node at work ---- */

static bool device_answers(struct world *world, unsigned n, unsigned d)
{
	struct world_device *device = &world->devices[d];

	if (device->dead || !world->device_reached[n])
		return false;
	if (device->dies_with >= 0 && !power_is_fed(world, device->dies_with))
		return false;
	if (!device->single_client)
		return true;
	if (device->busy_by != (int)n && device->busy_until_us > world->now_us)
		return false;
	device->busy_by = (int)n;
	device->busy_until_us =
		world->now_us + world->fence_lag_us + world->fence_answer_us;
	return true;
}

static bool plug_answers(struct world *world, const struct world_message *m,
			 unsigned p)
{
	const struct core_node *target =
		&world->nodes[m->node].settings.nodes[m->fence.node];

	return lie_of(world, m->fence.node, p) != PLUG_DEAD &&
	       device_answers(world, m->node, target->plugs[p].device);
}

static bool is_meant(const struct world *world, const struct world_message *m,
		     unsigned p)
{
	const struct core_node *target =
		&world->nodes[m->node].settings.nodes[m->fence.node];

	if (m->fence.device >= 0 &&
	    target->plugs[p].device != (unsigned)m->fence.device)
		return false;
	if (m->fence.kind == CORE_FENCE_OFF)
		return target->plugs[p].level == m->fence.level;
	return m->fence.levels >> target->plugs[p].level & 1;
}

static void answer(struct world *world, const struct world_message *m,
		   enum core_fence_outcome outcome)
{
	struct world_message copy = *m;
	struct core_fence_done *done;

	memset(&copy.event, 0, sizeof(copy.event));
	copy.kind = TO_CORE;
	name_lies(world, &copy);
	copy.fence.read_us = world->now_us;
	copy.event.type = EVENT_FENCE_DONE;
	done = &copy.event.fence;
	done->id = m->fence.id;
	/* that of the fencer: the real one refuses what differs, but the core
	 * must not rely on it */
	done->digest = world->nodes[m->node].fencer_digest;
	done->outcome = outcome;
	done->level = m->fence.level;
	done->wrote = m->fence.wrote;
	done->read_at_us = world_local_us(world, m->node);
	done->power_wait_ms = world->power_wait_ms;
	for (unsigned p = 0; p < plug_count(world, m->fence.node); p++) {
		unsigned d = world->nodes[m->node]
				     .settings.nodes[m->fence.node]
				     .plugs[p]
				     .device;

		if (m->fence.kind == CORE_FENCE_READ && !is_meant(world, m, p))
			continue;
		done->device_tried |= 1u << d;
		if (outcome == CORE_OUTCOME_UNKNOWN ||
		    !plug_answers(world, m, p))
			continue;
		done->device_ok |= 1u << d;
		done->plugs[p] = outlet_reads_on(world, m->fence.node, p)
					 ? CORE_PLUG_ON
					 : CORE_PLUG_OFF;
	}
	done->text = done->device_ok == done->device_tried
			     ? "pdu plug read back"
			     : "pdu: no answer";
	if (outcome == CORE_OUTCOME_OUTRUN)
		done->text = "pdu plug of this node reads off: not switched";
	if (world->nodes[m->node].frozen || world->nodes[m->node].paused)
		*world_post(world, m->node, 0) = copy;
	else if (world->nodes[m->node].running) {
		world_step(world, m->node, &copy.event);
		judge_reading(world, &copy);
	}
}

/* The next level, or the end. */
static void next_level(struct world *world, const struct world_message *m)
{
	uint32_t left = m->fence.levels & ~((2u << m->fence.level) - 1);
	struct world_message *next;

	for (unsigned l = m->fence.level + 1; l <= 9; l++)
		for (unsigned p = 0; p < plug_count(world, m->fence.node); p++)
			if ((left >> l & 1) &&
			    world->nodes[m->node]
					    .settings.nodes[m->fence.node]
					    .plugs[p]
					    .level == l) {
				uint32_t level = l;

				next = world_post(world, m->node,
						  world->fence_us);
				next->fence = m->fence;
				next->fence.level = level;
				next->stamp = m->stamp;
				next->kind = FENCE_ACTS;
				return;
			}
	answer(world, m, CORE_OUTCOME_FAILED);
}

void fence_asked(struct world *world, unsigned n, const struct action *action)
{
	struct world_message m = {.node = n};
	struct world_node *node = &world->nodes[n];

	m.fence.id = action->fence.id;
	m.fence.kind = action->fence.kind;
	m.fence.node = action->fence.node;
	m.fence.levels = action->fence.levels;
	m.fence.device = action->fence.device;
	m.fence.digest = action->fence.digest;
	m.fence.guard = action->fence.guard;
	m.fence.generation = node->core.generation;
	m.fence.asked_us = world->now_us;
	m.fence.by_operator = node->core.fence.need == NEED_OPERATOR;
	m.fence.by_drill = node->core.drill.phase == DRILL_CUT;
	if (action->fence.kind == CORE_FENCE_READ) {
		node->reads++;
	} else {
		node->offs++;
		world->shots++;
		node->shot_need = node->core.fence.need;
		node->shot_again = node->core.fence.failures > 0;
		node->shot_wait_us = world->now_us - world_local_us(world, n) +
				     node->core.fence.wait_from_us;
		node->shot_silence_us = world->now_us -
					world_local_us(world, n) +
					node->core.peer.silent_from_us;
	}
	if (action->fence.kind == CORE_FENCE_OFF) {
		m.fence.level = 10;
		for (unsigned p = 0; p < plug_count(world, m.fence.node); p++)
			if ((m.fence.levels >>
				     node->settings.nodes[m.fence.node]
					     .plugs[p]
					     .level &
			     1) &&
			    node->settings.nodes[m.fence.node].plugs[p].level <
				    m.fence.level)
				m.fence.level =
					node->settings.nodes[m.fence.node]
						.plugs[p]
						.level;
	}
	m.epoch = node->epoch;
	m.stamp = node->fencer_epoch;
	m.kind = FENCE_ACTS;
	*world_post(world, n, world->fence_us) = m;
}

/* R5: the fencer's last look before it writes, at every plug of its own node,
 * wherever it is; what does not answer in time says nothing. */
static bool is_outrun(struct world *world, const struct world_message *m)
{
	const struct core_settings *settings = &world->nodes[m->node].settings;
	const struct core_node *own = &settings->nodes[m->node];

	for (unsigned k = 0; m->fence.guard && k < own->plug_count; k++)
		if (lie_of(world, m->node, k) != PLUG_DEAD &&
		    device_answers(world, m->node, own->plugs[k].device) &&
		    !outlet_reads_on(world, m->node, k))
			return true;
	return false;
}

static void command_plugs(struct world *world, struct world_message *m)
{
	struct world_message lands = *m;

	m->fence.wrote = lands.fence.wrote = true;
	if (world->fence_lag_us == 0 && world->fence_answer_us == 0) {
		fence_lands(world, &lands);
		fence_reads_back(world, m);
		return;
	}
	lands.kind = FENCE_LANDS;
	*world_post(world, m->node, world->fence_lag_us) = lands;
	m->kind = FENCE_READS_BACK;
	*world_post(world, m->node,
		    world->fence_lag_us + world->fence_answer_us) = *m;
	memset(&m->event, 0, sizeof(m->event));
	m->event.type = EVENT_FENCE_STEPPED;
	m->event.step.id = m->fence.id;
	m->event.step.writing = true;
	m->event.step.text = "the first command is out";
	world_post_event(world, m->node, 0, &m->event);
}

void fence_acts(struct world *world, struct world_message *m)
{
	bool all_off = true, reached = true, any = false;

	if (m->stamp != world->nodes[m->node].fencer_epoch)
		return;
	/* the last will of a main that ended: the fencer ends with it */
	if (!world->nodes[m->node].running)
		return;
	if (world_chance(world, world->hangs)) {
		/* killed at its deadline: nobody knows */
		answer(world, m, CORE_OUTCOME_UNKNOWN);
		return;
	}
	if (m->fence.kind == CORE_FENCE_READ) {
		answer(world, m, CORE_OUTCOME_READ);
		return;
	}
	for (unsigned p = 0; p < plug_count(world, m->fence.node); p++) {
		if (!is_meant(world, m, p))
			continue;
		any = true;
		if (!plug_answers(world, m, p))
			reached = false;
		else if (outlet_reads_on(world, m->fence.node, p))
			all_off = false;
	}
	if (m->fence.kind == CORE_FENCE_OFF && (!reached || !any)) {
		next_level(world, m);
	} else if (!reached || !any) {
		answer(world, m, CORE_OUTCOME_FAILED);
	} else if (m->fence.kind == CORE_FENCE_OFF && all_off) {
		answer(world, m,
		       m->fence.wrote ? CORE_OUTCOME_OFF
				      : CORE_OUTCOME_ALREADY_OFF);
	} else if (is_outrun(world, m)) {
		answer(world, m, CORE_OUTCOME_OUTRUN);
	} else {
		command_plugs(world, m);
	}
}

void fence_lands(struct world *world, struct world_message *m)
{
	bool off = m->fence.kind == CORE_FENCE_OFF;
	unsigned n = m->fence.node;

	judge_landed(world, m);
	if (off && m->fence.by_drill)
		judge_drill_cut(world, m);
	for (unsigned p = 0; p < plug_count(world, n); p++) {
		struct world_outlet *outlet = &world->outlets[n][p];
		enum plug_lie lie = lie_of(world, n, p);

		if (!is_meant(world, m, p) || lie == PLUG_DEAD ||
		    lie == PLUG_WELDED)
			continue;
		if (lie == PLUG_LYING) {
			outlet->told_off = off;
			continue;
		}
		set_outlet(world, n, p, !off);
	}
	if (off) {
		bool dark = true;

		world->nodes[m->node].shot_by_operator = m->fence.by_operator;
		world->nodes[m->node].shot_by_miswiring = false;
		for (unsigned p = 0; p < plug_count(world, n); p++) {
			dark = dark && !outlet_is_on(world, n, p);
			if (is_meant(world, m, p) &&
			    world->outlets[n][p].feeds != n)
				world->nodes[m->node].shot_by_miswiring = true;
		}
		if (dark)
			world->plug_on[n] = false;
		power_check(world, m->node, false);
	} else {
		power_returns(world, 0);
		power_returns(world, 1);
	}
}

void fence_reads_back(struct world *world, struct world_message *m)
{
	bool off = m->fence.kind == CORE_FENCE_OFF, good = true;

	if (m->stamp != world->nodes[m->node].fencer_epoch ||
	    !world->nodes[m->node].running)
		return;
	if (world_chance(world, world->hangs)) {
		answer(world, m, CORE_OUTCOME_UNKNOWN);
		return;
	}
	for (unsigned p = 0; p < plug_count(world, m->fence.node); p++)
		if (is_meant(world, m, p) &&
		    (!plug_answers(world, m, p) ||
		     outlet_reads_on(world, m->fence.node, p) == off))
			good = false;
	if (good)
		answer(world, m, off ? CORE_OUTCOME_OFF : CORE_OUTCOME_ON);
	else if (off)
		next_level(world, m);
	else
		answer(world, m, CORE_OUTCOME_FAILED);
}
