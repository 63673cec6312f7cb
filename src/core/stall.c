/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R11: have we been away? Measured by how late the core was called after its
 * own deadline, and by the peer's clock, which every beat carries (a machine
 * whose clocks stood still too). Whoever was away knows no rights: VIPs go
 * first.
 */
#include "internal.h"

#define LATE_US		MS(20) /* a busy machine is late by 15 ms every day */
#define GRANT_US	MS(50) /* within the slack of R6 for a link that goes down */
#define CLOCK_WINDOW_US (10 * (int64_t)SECOND_US)
#define CLOCK_DRIFT	SECOND_US /* 1 ms a second: crystals are far better */

void generation_renew(struct core *core)
{
	uint32_t old = core->generation;

	do
		core->generation = core_random(core);
	while (core->generation == 0 || core->generation == old);
	assert(core->generation != 0 && core->generation != old);
	core->sequence = core->news_sequence = 0;
	slots_go_on(core, SLOT_TURN_DIGESTS);
	memset(core->sent_us, 0, sizeof(core->sent_us));
	/*
	 * What is compared with a number of ours was so in frames of the life
	 * that is over; who acknowledges one of this life has heard a younger
	 * one than all of them (R17.7, R4, R6).
	 */
	core->peer.own_sequence_then = 0;
	core->fence.verify.sequence_at_quiet = 0;
	digest_told_forget(core);
	if (core->peer.stranger_sequence)
		core->peer.stranger_sequence = 1;
	for (unsigned i = 0; i < core->settings->instance_count; i++) {
		core->instances[i].own_sequence = 1;
		core->instances[i].want_sequence = 1;
		core->instances[i].silent_sequence = 0;
		if (core->instances[i].gave_sequence)
			core->instances[i].gave_sequence = 1;
	}
}

static void stall_rejoin(struct core *core, const char *how, int64_t away_us)
{
	struct core_peer before = core->peer;
	int64_t listen_until_us =
		core->now_us + 1 +
		(peer_is_plain(core) ? 0 : MS(core->settings->startup_ms));
	bool had_listened = silence_may_count(core);

	assert(away_us > 0);
	alert_flash(core, ROW_STALLED, 0, 60 * (int64_t)SECOND_US,
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
	core->peer.runs_twinbeat = before.runs_twinbeat; /* R16 */
	obituary_keep(core, &before, away_us);
	plain_forget(core);
	/* not what began in the wait of a start, or of a stall before this */
	core->fence.attempt.outlived_stall =
		fence_is_busy(core) &&
		(had_listened || core->fence.attempt.outlived_stall);
	if (!fence_is_busy(core))
		fence_enter(core, FENCE_STATE_IDLE, "%s", "stalled");
	/* a start in all but name (R8); one under way is not cut short */
	if (core->startup_until_us < listen_until_us)
		core->startup_until_us = listen_until_us;
	core->listening_us = core->now_us;
	if (core->fence.state == FENCE_STATE_VERIFY)
		verify_stalled(core);
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
	for (unsigned i = 0; i < core->links_end; i++)
		link_granted(core, &core->links[i]);
	for (unsigned i = 0; i < core->settings->instance_count; i++) {
		struct core_link *l = &core->instances[i].vrrp;

		link_granted(core, l);
		if (l->alive_until_us > core->vrrp_alive_until_us)
			core->vrrp_alive_until_us = l->alive_until_us;
	}
}

static int64_t limit_of_dead_us(const struct core *core, int64_t dead_us)
{
	int64_t limit_us = dead_us + MS(core->settings->fence.delay_ms);

	if (core->settings->lease_ms > 0 &&
	    limit_us > MS(core->settings->lease_ms))
		return MS(core->settings->lease_ms);
	return limit_us;
}

bool stall_check(struct core *core)
{
	int64_t away_us = core->now_us - core->deadline_us;
	int64_t limit_us;

	if (away_us <= 0 || core->deadline_us == 0)
		return false;
	/* every time but a few: it takes all instances to know the limit, and
	 * one of them to know that it is no less */
	if (away_us < LATE_US &&
	    away_us <= limit_of_dead_us(core, advert_patience_us(core, 0)))
		return false;
	limit_us = limit_of_dead_us(core, peer_patience_us(core));
	if (away_us <= limit_us) {
		if (away_us >= LATE_US)
			late_wake(core);
		return false;
	}
	stall_rejoin(core, "not woken", away_us);
	return true;
}

/* ---- the peer's clock ---- */

/* Differences of clocks, modulo 2^32 ms: right up to 24 days. */
static int64_t clock_beyond_ms(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b);
}

static uint32_t clock_ahead_ms(const struct beat *beat, int64_t own_us)
{
	return beat->clock_ms - (uint32_t)(own_us / 1000);
}

/* What two crystals may have come apart since then. */
static uint32_t clock_drift_ms(const struct core *core, int64_t since_us)
{
	return (uint32_t)((core->now_us - since_us) / CLOCK_DRIFT);
}

/* Ours that it acknowledges was built at own_us; false: that is not known. */
static bool acknowledged_at(const struct core *core, const struct beat *beat,
			    int64_t *own_us)
{
	if (beat->ack_generation != core->generation ||
	    beat->ack_sequence == 0 || beat->ack_sequence > core->sequence ||
	    core->sequence - beat->ack_sequence >= 64)
		return false;
	*own_us = core->sent_us[beat->ack_sequence % 64];
	return true;
}

/* The clocks are no further apart than that: age_us ago, or since. */
static void clock_bound(struct core *core, uint32_t ahead_ms, int64_t age_us)
{
	struct core_clock *clock = &core->peer.clock;

	/* its own machine stood still since: what was shown before is over */
	if (clock_beyond_ms(clock->before_ms, ahead_ms) > 0)
		clock->before_ms = ahead_ms;
	if (clock->bounded_us[0] &&
	    clock_beyond_ms(ahead_ms, clock->most_ms[0]) >= 0)
		return;
	/* it hears us no more: the older, the less it says */
	if (clock->bounded_us[1] &&
	    clock_beyond_ms(ahead_ms, clock->most_ms[1]) >= 0 &&
	    age_us > largest_dead_us(core))
		return;
	clock->most_ms[0] = ahead_ms;
	clock->bounded_us[0] = core->now_us;
}

void peer_clock_note(struct core *core, const struct beat *beat)
{
	struct core_clock *clock = &core->peer.clock;
	uint32_t ahead_ms = clock_ahead_ms(beat, core->now_us), drift_ms;
	int64_t own_us, gain_ms;

	if (clock->window_us == 0) {
		clock->before_ms = clock->least_ms = ahead_ms;
		clock->window_us = core->now_us;
	}
	if (core->now_us - clock->window_us > CLOCK_WINDOW_US) {
		/* one late frame in a window is no slower clock */
		drift_ms = clock_drift_ms(core, clock->window_us);
		clock->before_ms -= drift_ms;
		if (clock_beyond_ms(clock->least_ms, clock->before_ms) > 0)
			clock->before_ms = clock->least_ms;
		/* what the crystals may differ by since then is no jump */
		gain_ms = clock_beyond_ms(ahead_ms, clock->before_ms);
		if (gain_ms > 0)
			clock->before_ms += gain_ms < drift_ms
						    ? (uint32_t)gain_ms
						    : drift_ms;
		/* while it does not hear us, what is known grows old */
		if (clock->bounded_us[0]) {
			clock->bounded_us[1] = clock->bounded_us[0];
			clock->most_ms[1] = clock->most_ms[0];
			clock->bounded_us[0] = 0;
		}
		clock->window_us = core->now_us;
		clock->least_ms = ahead_ms;
	}
	if (clock_beyond_ms(ahead_ms, clock->least_ms) > 0)
		clock->least_ms = ahead_ms;
	if (acknowledged_at(core, beat, &own_us))
		clock_bound(core, clock_ahead_ms(beat, own_us),
			    core->now_us - own_us);
}

/*
 * By how much at least our clock lost, as a frame shows that is ahead_ms ahead:
 * it is further than the clocks were apart when one of ours was acknowledged. 0
 * where none was that we know the time of: old beats that come late, one by
 * one, look like a clock that leaps.
 */
static int64_t clock_lost_ms(const struct core *core, uint32_t ahead_ms)
{
	const struct core_clock *clock = &core->peer.clock;
	int64_t lost_ms = 0;

	for (unsigned i = 0; i < 2; i++) {
		int64_t beyond_ms;

		if (!clock->bounded_us[i])
			continue;
		beyond_ms = clock_beyond_ms(ahead_ms, clock->most_ms[i]) -
			    clock_drift_ms(core, clock->bounded_us[i]);
		if (beyond_ms > lost_ms)
			lost_ms = beyond_ms;
	}
	return lost_ms;
}

/*
 * By how much this frame's clock is further ahead of ours than before, if by
 * more than the largest dead time and the delay; else 0.
 */
static int64_t clock_jump_ms(const struct core *core, const struct beat *beat)
{
	const struct core_clock *clock = &core->peer.clock;
	uint32_t ahead_ms = clock_ahead_ms(beat, core->now_us);
	int64_t jump_ms, limit_ms;

	if (clock->window_us == 0)
		return 0;
	/* after a day of silence two crystals are seconds apart */
	jump_ms = clock_beyond_ms(ahead_ms, clock->before_ms) -
		  clock_drift_ms(core, clock->window_us);
	if (jump_ms <= core->settings->fence.delay_ms)
		return 0; /* every time but a few: spare the sum */
	limit_ms =
		peer_patience_us(core) / 1000 + core->settings->fence.delay_ms;
	if (jump_ms <= limit_ms)
		return 0;
	/*
	 * All of them were late on their way, this one was not: no pause. What
	 * it acknowledged is older than its clock by an interval or so, less
	 * than half of a dead time.
	 */
	return clock_lost_ms(core, ahead_ms) > limit_ms / 2 ? jump_ms : 0;
}

/*
 * The peer's clock ran ahead of ours by more than the largest dead time: this
 * machine was paused, clocks and all. Nothing is counted in frames. A peer that
 * was suspended is no such thing: our clock ran as long as its own leapt. A
 * clock that fell behind says nothing: the peer's stood still, or the frame is
 * an old one; so it is no reason to call the peer silent either.
 */
bool stall_check_peer_clock(struct core *core, const struct beat *beat)
{
	const struct core_peer *peer = &core->peer;
	int64_t jump_ms;

	if (beat->generation != peer->generation || peer->statement_us == 0 ||
	    beat->sequence <= peer->sequence)
		return false;
	jump_ms = clock_jump_ms(core, beat);
	if (jump_ms == 0)
		return false;
	stall_rejoin(core, "the clocks of this machine stood still",
		     MS(jump_ms));
	return true;
}
