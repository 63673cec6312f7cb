/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R6: from "its plugs read off" to a proof. A power supply holds on for a
 * while, and what reads off may be switched on again by somebody else, or feed
 * another machine: so power_wait_ms goes by, the plugs are read once more, and
 * every link must have fallen silent. It must never confirm what was read
 * before the wait, before a stall, or while the peer is heard.
 */
#include <stdio.h>

#include "internal.h"

#define CONTRADICT_SLACK_US MS(100)
/* no supply holds on for longer */
#define HELD_ON_US (5 * (int64_t)SECOND_US)
/* as old as a reading may be when a takeover is built upon it */
#define FRESH_US SECOND_US
/* the fencer answers every request; this is for a fencer gone mad */
#define READ_LOST_US (30 * (int64_t)SECOND_US)

/*
 * R11: nothing is known of the time in which this node did not run, neither
 * whether the peer was heard nor what became of its plugs. Listen as long as it
 * may be silent while it lives, and look again.
 */
void verify_stalled(struct core *core)
{
	struct core_fence *fence = &core->fence;
	int64_t quiet_us = core->listening_us + largest_dead_us(core);

	/* never sooner than power_wait_ms had it: its supply holds on */
	if (fence->verify.quiet_us < quiet_us)
		fence->verify.quiet_us = quiet_us;
	fence->verify.is_quiet = fence->verify.has_waited = false;
	ask_close(core, ASK_VERIFY);
}

void verify_begin(struct core *core, const struct core_fence_done *done)
{
	struct core_fence *fence = &core->fence;

	assert(core->asks[ASK_POWER].kind == CORE_FENCE_OFF);
	assert(fence->state == FENCE_STATE_RUNNING);
	assert(done->digest == core->settings->fence_digest);
	fence->proof.off_us = done->read_at_us;
	fence->verify.quiet_us = done->read_at_us + MS(done->power_wait_ms);
	fence->verify.is_quiet = false;
	fence->verify.has_waited = done->power_wait_ms == 0;
	fence->verify.on_again = false;
	fence_enter(core, FENCE_STATE_VERIFY, "%s", done->text);
	fence->proof.kind = done->outcome == CORE_OUTCOME_OFF
				    ? PROOF_FENCED
				    : PROOF_ALREADY_OFF;
	fence->proof.level = done->level;
	core->dark_levels = UINT32_C(1) << done->level;
	core->dark_generation = core->peer.generation;
	if (fence->attempt.outlived_stall)
		verify_stalled(core);
	core->dark_us = fence->verify.quiet_us;
}

/* R1: power came back, perhaps before its supply had run dry. */
void verify_plug_is_on(struct core *core)
{
	if (core->now_us - core->dark_us < HELD_ON_US)
		core->dark_levels = 0;
}

static void verify_failed(struct core *core, const char *why)
{
	ask_answer(core, ASK_POWER, false, "unknown: %s; ask again", why);
	ask_close(core, ASK_VERIFY);
	fence_failed(core, why);
}

static void contradict(struct core *core, const char *how)
{
	struct core_fence *fence = &core->fence;

	assert(fence->state == FENCE_STATE_VERIFY);
	alert_raise(core, ROW_CONTRADICTED, 0, CORE_CRITICAL,
		    "the plugs of %s read off, but it lives (%s): wrong plugs, "
		    "or the device lies; nothing is taken over; fix the "
		    "wiring, then: twinbeat fence --drill %s",
		    peer_name(core), how, peer_name(core));
	fence->attempt.contradicted = true;
	/* R1: what reads off while the peer lives proves nothing any more */
	plugs_contradicted(core, UINT32_C(1) << fence->proof.level);
	ask_answer(core, ASK_POWER, false,
		   "the plugs read off, but %s lives (%s): nothing is "
		   "proven; check which plug feeds it",
		   peer_name(core), how);
	ask_close(core, ASK_VERIFY);
	snprintf(fence->hold_text, sizeof(fence->hold_text), "%s",
		 "contradicted");
	fence_enter(core, FENCE_STATE_HELD, "contradicted: it lives (%s)", how);
}

/*
 * It processed something that we sent after its power was read as off. Also
 * when that was believed already, every cable being cut: the same life cannot
 * go on after its power was gone.
 */
void verify_heard_acknowledgement(struct core *core, uint32_t generation,
				  uint32_t sequence)
{
	struct core_fence *fence = &core->fence;

	if (fence->state == FENCE_STATE_VERIFY) {
		if (fence->verify.is_quiet &&
		    sequence > fence->verify.sequence_at_quiet)
			contradict(core, "it acknowledges what was sent after");
	} else if (core->dark_levels && generation == core->dark_generation &&
		   core->sequence - sequence < 64 &&
		   core->sent_us[sequence % 64] > core->dark_us) {
		alert_raise(core, ROW_CONTRADICTED, 0, CORE_CRITICAL,
			    "the plugs of %s read off, but it lived on all the "
			    "while, unheard: they are not its own, or the "
			    "device lies; fix the wiring, then show that they "
			    "work: twinbeat fence --drill %s",
			    peer_name(core), peer_name(core));
		plugs_contradicted(core, core->dark_levels);
		core->dark_levels = 0;
	}
}

/* It is dark: by what level, and by whose hand? */
static void remember_dark(struct core *core)
{
	struct core_fence *fence = &core->fence;

	/* R1: it was heard when we began, and is not since: seen to work */
	if (fence->proof.kind == PROOF_FENCED && fence->attempt.was_heard)
		plugs_seen_to_work(core, fence->proof.level);
	/* R8: by ours; at an earlier attempt, if need be */
	if (fence->cut.is_written &&
	    !(fence->cut.on_since_levels >> fence->proof.level & 1))
		plugs_cut(core, fence->proof.level);
}

/* A person cut what is not proven, and it is dark: say what that is worth. */
static bool is_worth_nothing(struct core *core)
{
	struct core_fence *fence = &core->fence;

	if (plugs_proven_levels(core) >> fence->proof.level & 1)
		return false;
	ask_answer(core, ASK_POWER, true,
		   "%s; but this plug was never seen on while %s was heard, "
		   "so it proves nothing here: twinbeat confirm %s",
		   fence->last.text, peer_name(core), peer_name(core));
	/* R6: no proof is needed to give back what was taken */
	restore_follow(core);
	fence_enter(core, FENCE_STATE_IDLE, "off, but not proven");
	return true;
}

/* What was off must be off still. */
void verify_read(struct core *core, const struct core_fence_done *done)
{
	struct core_fence *fence = &core->fence;
	const struct core_node *node = &core->settings->nodes[core->peer_index];
	uint32_t level = UINT32_C(1) << fence->proof.level;
	bool off = done->outcome == CORE_OUTCOME_READ &&
		   done->digest == core->settings->fence_digest;
	bool on = false;
	char why[CORE_TEXT_MAX];

	plugs_read(core, core->peer_index, level, -1, done);
	for (unsigned i = 0; i < node->plug_count; i++) {
		if (node->plugs[i].level != fence->proof.level)
			continue;
		off = off && done->plugs[i] == CORE_PLUG_OFF;
		on = on || done->plugs[i] == CORE_PLUG_ON;
	}
	if (off) {
		fence->proof.off_us = done->read_at_us;
		fence->verify.has_waited = true;
		return;
	}
	if (on)
		snprintf(why, sizeof(why),
			 "level %u read off and reads on again %lld ms later: "
			 "somebody else switches it",
			 fence->proof.level,
			 (long long)(done->read_at_us - fence->proof.off_us) /
				 1000);
	else
		snprintf(why, sizeof(why),
			 "level %u read off, but could not be read again: "
			 "%.120s",
			 fence->proof.level, done->text);
	verify_failed(core, why);
}

/* True once a reading from after the wait is at hand, and no older than
 * FRESH_US; else one is on its way. */
static bool is_off_still(struct core *core)
{
	struct core_fence *fence = &core->fence;

	if (ask_is_open(core, ASK_VERIFY)) {
		core_wake_at(core,
			     core->asks[ASK_VERIFY].asked_us + READ_LOST_US);
		return false;
	}
	if (fence->verify.has_waited &&
	    core->now_us - fence->proof.off_us <= FRESH_US)
		return true;
	read_order(core, ASK_VERIFY, core->peer_index,
		   UINT32_C(1) << fence->proof.level, -1, 0);
	return false;
}

void verify_step(struct core *core)
{
	struct core_fence *fence = &core->fence;
	int64_t limit_us;
	char why[100];

	assert(fence->state == FENCE_STATE_VERIFY);
	assert(core->drained && !ask_is_open(core, ASK_POWER));
	if (fence->attempt.new_life) {
		/*
		 * R6: it started while the attempt ran, perhaps after its plug
		 * was read: the proof would be that of another life.
		 */
		snprintf(why, sizeof(why), "%s began a new life meanwhile",
			 peer_name(core));
		verify_failed(core, why);
		return;
	}
	if (fence->verify.on_again) {
		snprintf(why, sizeof(why),
			 "level %u reads on again: somebody else switches it",
			 fence->proof.level);
		verify_failed(core, why);
		return;
	}
	if (ask_is_late(core, ASK_VERIFY, READ_LOST_US)) {
		verify_failed(core, "twinbeat-fencer does not answer");
		return;
	}
	if (core->now_us < fence->verify.quiet_us) {
		core_wake_at(core, fence->verify.quiet_us);
		return;
	}
	if (!fence->verify.is_quiet) {
		fence->verify.is_quiet = true;
		fence->verify.sequence_at_quiet = core->sequence;
	}
	/* R11: what was read when we woke up late had waited for us */
	limit_us = fence->verify.quiet_us > core->late_us
			   ? fence->verify.quiet_us
			   : core->late_us;
	limit_us += largest_dead_us(core) + CONTRADICT_SLACK_US;
	if (peer_is_heard(core)) {
		if (core->now_us >= limit_us)
			contradict(core, "it is heard after its dead "
					 "time");
		else
			core_wake_at(core, limit_us);
		return;
	}
	if (!is_off_still(core))
		return;
	remember_dark(core);
	if (is_worth_nothing(core))
		return;
	snprintf(why, sizeof(why), "level %u read off, silent for %lld ms",
		 fence->proof.level,
		 (long long)(core->now_us - fence->verify.quiet_us) / 1000);
	fence_confirm(core, fence->proof.kind, why);
	if (plugs_are_too_early(core) && core->startup_until_us != INT64_MAX)
		ask_answer(core, ASK_POWER, true,
			   "%s is off: %s; but it proves nothing before this "
			   "node has listened for %lld s more, since it "
			   "started or was away: to claim sooner: twinbeat "
			   "confirm %s",
			   peer_name(core), fence->last.text,
			   (long long)(core->startup_until_us - core->now_us) /
				   SECOND_US,
			   peer_name(core));
	else
		ask_answer(core, ASK_POWER, true, "%s is off: %s",
			   peer_name(core), fence->last.text);
}
