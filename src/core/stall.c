/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R11: have we been away? Measured by how late the core was called after its
 * own deadline, and by a jump of the peer's sequence (a machine whose clocks
 * stood still too). Whoever was away knows no rights: VIPs go first.
 */
#include "internal.h"

#define BURST_US MS(10)
#define LATE_US	 MS(20) /* a busy machine is late by 15 ms every day */
#define GRANT_US MS(50) /* within the slack of R6 for a link that goes down */

void generation_renew(struct core *core)
{
	uint32_t old = core->generation;

	do
		core->generation = core_random(core);
	while (core->generation == 0 || core->generation == old);
	core->sequence = 0;
	memset(core->sent_us, 0, sizeof(core->sent_us));
	if (core->peer.stranger_sequence)
		core->peer.stranger_sequence = 1;
	for (unsigned i = 0; i < core->settings->instance_count; i++) {
		core->instances[i].own_sequence = 1;
		core->instances[i].want_sequence = 1;
		if (core->instances[i].gave_sequence)
			core->instances[i].gave_sequence = 1;
	}
}

static void stall_rejoin(struct core *core, const char *how, int64_t away_us)
{
	int64_t listen_until_us =
		core->now_us + MS(core->settings->startup_ms) + 1;

	alert_flash(core, ALERT_STALLED, 0, 60 * (int64_t)SECOND_US,
		    "%s for %lld ms; the VIPs were dropped, rejoining as "
		    "standby: look for CPU starvation or a paused machine",
		    how, (long long)(away_us / 1000));
	for (unsigned i = 0; i < core->settings->instance_count; i++) {
		struct core_instance *instance = &core->instances[i];

		if (instance->own && !instance->releasing)
			instance_release(core, i, "stalled");
		instance->want = instance->ask = instance->urgent = false;
		instance->resigned_us = 0;
	}
	/* R12: a lease does not run while the machine is paused; ours did */
	if (core->keeper_lost_us)
		core->keeper_lost_us = core->now_us;
	action_add(core, ACTION_DISCARD_LINKS);
	generation_renew(core);
	links_reset(core);
	memset(&core->peer, 0, sizeof(core->peer));
	if (core->fence.state == FENCE_STATE_VERIFY)
		verify_stalled(core);
	else if (!fence_is_busy(core))
		fence_enter(core, FENCE_STATE_IDLE, "%s", "stalled");
	/* a start in all but name (R8); one under way is not cut short */
	if (core->startup_until_us < listen_until_us)
		core->startup_until_us = listen_until_us;
	core->listening_us = core->now_us;
	/* what worked before the stall did so in an earlier run */
	core->memory_before.links_worked = core->memory.links_worked;
	core->memory_before.plug_proven = core->memory.plug_proven;
}

static void link_granted(const struct core *core, struct core_link *l)
{
	int64_t until_us = core->now_us + GRANT_US;

	/* once for each frame: who is always late must see silence, too */
	if (l->alive_until_us < core->deadline_us ||
	    l->alive_until_us >= until_us || l->granted_us == l->heard_us)
		return;
	l->granted_us = l->heard_us;
	l->alive_until_us = until_us;
}

/*
 * Late, though not so late that nothing is known: every socket is read before
 * silence is judged, and what waits in a card, a bridge or a host that woke up
 * with us comes a moment later.
 */
static void late_wake(struct core *core)
{
	core->late_us = core->now_us;
	for (unsigned i = 0; i < CORE_LINKS_MAX; i++)
		link_granted(core, &core->links[i]);
	for (unsigned i = 0; i < core->settings->instance_count; i++) {
		struct core_link *l = &core->instances[i].vrrp;

		link_granted(core, l);
		if (l->alive_until_us > core->vrrp_alive_until_us)
			core->vrrp_alive_until_us = l->alive_until_us;
	}
}

bool stall_check(struct core *core)
{
	int64_t away_us = core->now_us - core->deadline_us;
	int64_t limit_us;

	if (away_us <= 0)
		return false; /* every time but a few: spare the sum */
	limit_us = largest_dead_us(core) + MS(core->settings->fence.delay_ms);
	if (core->settings->lease_ms > 0 &&
	    limit_us > MS(core->settings->lease_ms))
		limit_us = MS(core->settings->lease_ms);
	if (core->deadline_us == 0)
		return false;
	if (away_us <= limit_us) {
		if (away_us >= LATE_US)
			late_wake(core);
		return false;
	}
	stall_rejoin(core, "not woken", away_us);
	return true;
}

/* How long the peer takes for so many frames, all two-way links together. */
static int64_t peer_frames_us(const struct core *core, uint32_t frames)
{
	double per_second = 0;

	for (unsigned i = 0; i < CORE_LINKS_MAX; i++)
		if (core->settings->links[i].configured)
			per_second +=
				1000.0 / core->settings->links[i].interval_ms;
	return per_second > 0 ? (int64_t)(frames / per_second * 1e6) : 0;
}

/*
 * Frames of the present burst: a tty hands over the beats of many seconds at
 * once, every one of them, so no single frame jumps. A line needs 3 ms for
 * one; sixteen in BURST_US come from a buffer.
 */
static uint32_t burst_frames(struct core *core, unsigned link,
			     const struct beat *beat)
{
	struct core_link *l = &core->links[link];

	if (core->now_us - l->burst_from_us > BURST_US ||
	    l->burst_generation != beat->generation ||
	    beat->sequence <= l->burst_sequence) {
		l->burst_from_us = core->now_us;
		l->burst_generation = beat->generation;
		l->burst_sequence = beat->sequence;
		return 0;
	}
	return beat->sequence - l->burst_sequence;
}

/*
 * The peer counted more frames than our clock had time for: this machine was
 * paused, clocks and all.
 */
bool stall_check_peer_jump(struct core *core, unsigned link,
			   const struct beat *beat)
{
	const struct core_peer *peer = &core->peer;
	uint32_t burst = burst_frames(core, link, beat), frames;
	int64_t counted_us, elapsed_us;

	if (beat->generation != peer->generation || peer->statement_us == 0 ||
	    beat->sequence <= peer->sequence)
		return false;
	frames = beat->sequence - peer->sequence;
	elapsed_us = core->now_us - peer->statement_us;
	if (burst > frames) {
		frames = burst;
		elapsed_us = core->now_us - core->links[link].burst_from_us;
	}
	if (frames < 16)
		return false;
	counted_us = peer_frames_us(core, frames);
	/* extra frames follow changes; half is far beyond what they can be */
	if (counted_us / 2 - elapsed_us <=
	    largest_dead_us(core) + MS(core->settings->fence.delay_ms))
		return false;
	stall_rejoin(core, "the clocks of this machine stood still",
		     counted_us - elapsed_us);
	return true;
}
