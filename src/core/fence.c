/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R6: one fence at a time, from need to proof. It waits and listens, asks the
 * fencer, and believes the read-back only when the peer has fallen silent. A
 * late, killed or failing attempt is unknown and proves nothing.
 */
#include <stdarg.h>
#include <stdio.h>

#include "internal.h"

#define RETRY_FIRST_US SECOND_US
#define RETRY_LAST_US  (10 * (int64_t)SECOND_US)
/* far above fence.timeout_ms: the fencer answers, or dies and is seen dead */
#define ANSWER_LOST_US (7200 * (int64_t)SECOND_US)

static const char *const long_names[] = {
	"idle", "delay", "running", "verifying", "confirmed", "failed", "held",
};

void fence_enter(struct core *core, enum fence_state state, const char *format,
		 ...)
{
	struct core_fence *fence = &core->fence;
	enum fence_state old = fence->state;
	char why[CORE_TEXT_MAX];
	va_list list;

	if (old == state)
		return;
	va_start(list, format);
	vsnprintf(why, sizeof(why), format, list);
	va_end(list);
	fence->state = state;
	fence->since_us = core->now_us;
	if (state != FENCE_STATE_CONFIRMED && state != FENCE_STATE_VERIFY)
		fence->proof.kind = PROOF_NONE;
	if (state == FENCE_STATE_IDLE || state == FENCE_STATE_HELD)
		fence->shot_for = NEED_NONE;
	if (state == FENCE_STATE_IDLE) {
		fence->failures = 0;
		fence->cut.outrun = false;
		fence->need = NEED_NONE;
		alert_clear(core, ROW_WAITING, 0);
		alert_clear(core, ROW_FENCE_LOOP, 0);
		alert_clear(core, ROW_NOTHING_PROVEN, 0);
		alert_clear(core, ROW_FENCE_FAILED, 0);
	}
	trace_change(core,
		     state == FENCE_STATE_IDLE ? CORE_NOTICE : CORE_WARNING,
		     "fence", -1, long_names[old], long_names[state],
		     "fence %s: %s -> %s: %s", peer_name(core), long_names[old],
		     long_names[state], why);
}

void fence_start(struct core *core, enum ask_by by, enum core_fence_kind kind,
		 uint32_t levels, int device, uint32_t token)
{
	struct core_fence *fence = &core->fence;

	/* R6: one operation at a time */
	assert(!fence_is_busy(core) && kind != CORE_FENCE_READ);
	assert(by == ASK_BY_OPERATOR || token == 0);
	memset(&fence->attempt, 0, sizeof(fence->attempt));
	fence->attempt.was_heard = peer_is_heard(core);
	ask_close(core, ASK_MONITOR); /* a fence ends own reads (R14) */
	if (kind == CORE_FENCE_ON) {
		core->seen_off_us = 0; /* R1: what was read before is over */
		fence->cut.is_written = fence->restore.is_ours = false;
		verify_plug_is_on(core);
		plugs_not_cut(core); /* R8 */
	}
	fence_order(core, ASK_POWER,
		    &(struct core_ask){.by = by,
				       .kind = kind,
				       .node = core->peer_index,
				       .levels = levels,
				       .device = device,
				       .token = token});
}

/* ---- may we shoot? ---- */

/*
 * R6: within a run fences are counted by our own clock, which nobody sets. What
 * an earlier run wrote down is of the wall clock: only an age from 0 to the
 * window is one. After a clock that was put back, or a boot without a battery,
 * a date that is to come counts nothing, now and later.
 */
void fence_window_load(struct core *core)
{
	struct core_memory *memory = &core->memory;
	int64_t window_s = core->settings->fence.window_ms / 1000;
	unsigned kept = 0;

	core->wall_offset_s = core->realtime_s - core->now_us / SECOND_US;
	for (unsigned i = 0; i < CORE_FENCES_MAX; i++) {
		int64_t at_s = memory->fenced_at_s[i];
		int64_t age_s = core->realtime_s - at_s;

		memory->fenced_at_s[i] = 0;
		if (at_s == 0 || age_s < 0 || age_s > window_s)
			continue;
		core->fenced_us[kept] = core->now_us - age_s * SECOND_US - 1;
		memory->fenced_at_s[kept++] = at_s;
	}
}

/* R6: the wall clock was set: what is on disk is told by the new one. */
void fence_window_keep(struct core *core)
{
	int64_t offset_s = core->realtime_s - core->now_us / SECOND_US;
	int64_t moved_s = offset_s - core->wall_offset_s;

	if (moved_s >= -1 && moved_s <= 1)
		return;
	core->wall_offset_s = offset_s;
	for (unsigned i = 0; i < CORE_FENCES_MAX; i++)
		if (core->fenced_us[i]) {
			core->memory.fenced_at_s[i] =
				core->fenced_us[i] / SECOND_US + offset_s;
			memory_save(core);
		}
}

static bool hold(struct core *core, enum alert_row row, const char *text)
{
	struct core_fence *fence = &core->fence;

	snprintf(fence->hold_text, sizeof(fence->hold_text), "%s", text);
	alert_raise(core, row, 0, CORE_CRITICAL, "%s", text);
	return true;
}

/* R8: who may shoot after a silent start. */
static bool startup_blocks(struct core *core)
{
	const struct core_settings *settings = core->settings;
	const char *why = NULL;
	char text[CORE_TEXT_MAX];

	if (settings->fence.on_startup_silence == CORE_WAIT)
		why = "fence.on_startup_silence is \"wait\"";
	else if (!core->memory_before.links_worked)
		why = "the links have not worked in an earlier run";
	else if (!core->memory_before.plug_proven)
		why = "its plugs were not proven in an earlier run";
	else if (settings->fence.reboot && !core->memory_before.clean_end)
		why = "this node ended uncleanly and action is \"reboot\"";
	if (!why)
		return false;
	if (plugs_proven_levels(core))
		snprintf(text, sizeof(text),
			 "%s was never heard since start and is not shot since "
			 "%s; waiting for it, for its plugs to read off, or "
			 "for: twinbeat fence %s",
			 peer_name(core), why, peer_name(core));
	else
		snprintf(text, sizeof(text),
			 "%s was never heard since start and is not shot since "
			 "%s; waiting for it, or, once it is dark, for: "
			 "twinbeat confirm %s",
			 peer_name(core), why, peer_name(core));
	return hold(core, ROW_WAITING, text);
}

/* R13: and somebody must hear that the owner died meanwhile. */
static bool maintenance_blocks(struct core *core, const struct need *need)
{
	bool is_silent = need->kind == NEED_SILENCE ||
			 need->kind == NEED_STARTUP || need->kind == NEED_HALF;

	snprintf(core->fence.hold_text, sizeof(core->fence.hold_text),
		 "maintenance is on: no automatic fencing; end it, or: "
		 "twinbeat fence %s",
		 peer_name(core));
	if (is_silent && !owns_all(core))
		alert_raise(core, ROW_WAITING, 0, CORE_CRITICAL,
			    "%s is not known to serve, and maintenance is on: "
			    "nothing is taken over from it; end that: twinbeat "
			    "maintenance off; or cut it: twinbeat fence %s; "
			    "or, once it is dark: twinbeat confirm %s",
			    peer_name(core), peer_name(core), peer_name(core));
	return true;
}

static bool is_blocked(struct core *core, const struct need *need)
{
	const struct core_settings *settings = core->settings;
	char text[CORE_TEXT_MAX];
	unsigned count;

	if (is_in_maintenance(core))
		return maintenance_blocks(core, need);
	if (!settings->fence.required)
		return need->kind != NEED_SILENCE &&
		       need->kind != NEED_STARTUP &&
		       hold(core, ROW_FENCING_IS_OFF,
			    "fence.required is false: no fencing");
	if (need->kind == NEED_STARTUP && startup_blocks(core))
		return true;
	if (plugs_proven_levels(core) == 0 && plugs_have_lied(core)) {
		snprintf(core->fence.hold_text, sizeof(core->fence.hold_text),
			 "contradicted: its plugs read off while it lived, and "
			 "were not seen to work since; make sure it is off, "
			 "then: twinbeat confirm %s",
			 peer_name(core));
		return true; /* the alert stands */
	}
	if (plugs_proven_levels(core) == 0) {
		snprintf(text, sizeof(text),
			 "no fence level of %s is proven: its plugs %s; make "
			 "sure it is off, then: twinbeat confirm %s",
			 peer_name(core),
			 core->memory.plug_miswired
				 ? "read off while it lived (fence-miswired)"
				 : "were never read on while it was heard",
			 peer_name(core));
		return hold(core, ROW_NOTHING_PROVEN, text);
	}
	count = fences_in_window(core);
	if (settings->fence.max_per_window &&
	    count >= settings->fence.max_per_window) {
		snprintf(text, sizeof(text),
			 "%s was fenced %u time%s in %u s: find out why, "
			 "then: twinbeat fence %s or twinbeat confirm %s",
			 peer_name(core), count, count == 1 ? "" : "s",
			 settings->fence.window_ms / 1000, peer_name(core),
			 peer_name(core));
		return hold(core, ROW_FENCE_LOOP, text);
	}
	return question_holds(core, need);
}

/* ---- the way from need to request ---- */

void fence_confirm(struct core *core, enum proof proof, const char *why)
{
	struct core_fence *fence = &core->fence;

	assert(proof >= PROOF_FENCED && proof != PROOF_RESIGNED);
	assert(proof != PROOF_SILENCE || !core->settings->fence.required ||
	       core->settings->fence.on_failure == CORE_TAKEOVER);
	fence->proof.is_own_cut = false;
	fence->proof.kind = proof;
	fence->proof.at_us = core->now_us;
	fence_enter(core, FENCE_STATE_CONFIRMED, "proof %s: %s",
		    proof_name(proof), why);
	fence->failures = 0;
	if (proof != PROOF_SILENCE)
		alert_clear(core, ROW_FENCE_FAILED, 0);
	alert_clear(core, ROW_WAITING, 0);
	alert_clear(core, ROW_NOTHING_PROVEN, 0);
	alert_clear(core, ROW_FENCE_LOOP, 0);
	/* told once, however often its plugs are read while we wait (R8) */
	if (proof != PROOF_SILENCE && core->peer.state != PEER_OFF) {
		trace_change(core, CORE_NOTICE, "peer", -1,
			     peer_state_name(core->peer.state), "off",
			     "peer %s: %s -> off: %s", peer_name(core),
			     peer_state_name(core->peer.state), why);
		core->peer.state = PEER_OFF;
	}
	order_notify(core, -1, "peer-off");
	restore_follow(core);
}

static void fence_fire(struct core *core, const struct need *need)
{
	struct core_fence *fence = &core->fence;
	char why[CORE_TEXT_MAX];

	/* R13, R4: judged in a tick, and not in maintenance */
	assert(core->drained && need->kind != NEED_NONE);
	assert(!is_in_maintenance(core));
	need_describe(core, need, why, sizeof(why));
	fence->need = need->kind;
	if (!core->settings->fence.required) {
		fence_confirm(core, PROOF_SILENCE, why);
		return;
	}
	restore_begin(core);
	fence->shot_for = need->kind;
	fence_start(core, ASK_BY_RULE, CORE_FENCE_OFF,
		    plugs_proven_levels(core), -1, 0);
	fence_enter(core, FENCE_STATE_RUNNING, "%s", why);
	order_notify(core, -1, "fence-started");
}

/*
 * R5: a wait that has begun gets no shorter. Two nodes that wait for each other
 * because each owns something, and let go of it at the same moment, would else
 * both find in that moment that nobody is in their way.
 */
static int64_t shot_wait_us(const struct core *core, const struct need *need)
{
	int64_t wait_us = need->due_us - need->from_us;

	return core->fence.state == FENCE_STATE_DELAY &&
			       core->fence.wait_us > wait_us
		       ? core->fence.wait_us
		       : wait_us;
}

/*
 * R5: the wait begins when this node could first shoot, not when silence
 * began. Two nodes that were unfit or held while it was silent, and are set
 * free at the same moment, would else both shoot in that moment.
 */
static int64_t shot_due_us(const struct core *core, const struct need *need)
{
	const struct core_fence *fence = &core->fence;
	int64_t free_us = core->now_us;

	if (fence->state == FENCE_STATE_DELAY)
		free_us = fence->since_us;
	else if (fence->shot_for != NEED_NONE ||
		 fence->state == FENCE_STATE_CONFIRMED)
		return need->due_us; /* a retry has waited already */
	free_us += shot_wait_us(core, need);
	return free_us > need->due_us ? free_us : need->due_us;
}

static void fence_consider(struct core *core, const struct need *need)
{
	struct core_fence *fence = &core->fence;
	int64_t due_us;
	char why[CORE_TEXT_MAX];

	if (is_blocked(core, need)) {
		fence_enter(core, FENCE_STATE_HELD, "%s", fence->hold_text);
		return;
	}
	alert_clear(core, ROW_WAITING, 0);
	due_us = shot_due_us(core, need);
	fence->wait_us = shot_wait_us(core, need);
	fence->wait_from_us = due_us - fence->wait_us;
	/* R8: proven plugs that read off are proof; so read before shooting */
	if (core->now_us < due_us ||
	    (need->kind == NEED_STARTUP && !core->startup_read &&
	     core->settings->fence.required)) {
		fence->due_us = due_us;
		fence->need = need->kind;
		if (fence->state != FENCE_STATE_DELAY)
			fence_enter(core, FENCE_STATE_DELAY,
				    "%s; shooting in %lld ms",
				    need_describe(core, need, why, sizeof(why)),
				    (long long)(due_us - core->now_us) / 1000);
		if (core->now_us < due_us)
			core_wake_at(core, due_us);
		return;
	}
	if (question_asks(core, need)) {
		fence_enter(core, FENCE_STATE_HELD, "a person is asked");
		return;
	}
	fence_fire(core, need);
}

/*
 * R6: what was written may have cut, though nobody could read it back. Who
 * lives on what its supply still has would see two owners, and cut this node
 * with its last breath: so silence does not count before that has run dry.
 */
static int64_t runs_dry_us(const struct core *core)
{
	const struct core_fence *fence = &core->fence;

	return fence->cut.is_written
		       ? supply_holds_on_us(fence->cut.power_wait_ms)
		       : 0;
}

/* An alert has CORE_TEXT_MAX: beside the cause there is room for the cure. */
#define FAILED_TEXT_ROOM 60

/* The cause comes first: what to do stands beside each alert (advice.c). */
void fence_failed_for(struct core *core, const char *text, int64_t wait_us)
{
	struct core_fence *fence = &core->fence;
	bool has_room = strlen(text) < FAILED_TEXT_ROOM;

	assert(wait_us >= 0 && !ask_is_open(core, ASK_POWER));
	assert(core->asks[ASK_POWER].token == 0);
	fence->failures++;
	/* the other try would make the wait a longer one */
	if (core->settings->fence.on_failure == CORE_TAKEOVER &&
	    wait_us < runs_dry_us(core))
		wait_us = runs_dry_us(core);
	fence->retry_us = core->now_us + wait_us;
	snprintf(fence->failed_text, sizeof(fence->failed_text), "%s", text);
	if (core->settings->fence.on_failure == CORE_TAKEOVER &&
	    fence->shot_for != NEED_NONE)
		alert_raise(core, ROW_FENCE_FAILED, 0, CORE_CRITICAL,
			    "%s is not proven off, fence.on_failure is "
			    "\"takeover\", two nodes may own one VIP: %s",
			    peer_name(core), text);
	else
		alert_raise(core, ROW_FENCE_FAILED, 0, CORE_CRITICAL,
			    "%s is not proven off, nothing is taken over: "
			    "%s%s%s",
			    peer_name(core), text,
			    has_room ? "; if it is dark: twinbeat confirm "
				     : "",
			    has_room ? peer_name(core) : "");
	order_notify(core, -1, "fence-failed");
	fence_enter(core, FENCE_STATE_FAILED, "%s; again in %lld ms", text,
		    (long long)wait_us / 1000);
}

int64_t fence_retry_wait_us(unsigned failures, int64_t last_us)
{
	int64_t wait_us = RETRY_FIRST_US;

	for (unsigned i = 0; i < failures && wait_us < last_us; i++)
		wait_us *= 2;
	return wait_us < last_us ? wait_us : last_us;
}

void fence_failed(struct core *core, const char *text)
{
	fence_failed_for(
		core, text,
		fence_retry_wait_us(core->fence.failures, RETRY_LAST_US));
}

/* R5: nothing has failed, so nobody is told, and nothing may follow from it;
 * if it is needed again, it is judged anew. */
void fence_called_back(struct core *core, const char *text)
{
	core->fence.shot_for = NEED_NONE;
	core->fence.retry_us = core->now_us + RETRY_FIRST_US;
	fence_enter(core, FENCE_STATE_FAILED, "%s", text);
}

/*
 * R1: what read off reads on again, whoever asked: somebody switches it, and
 * what was proven, or half so, is over.
 */
void fence_plug_is_on(struct core *core, unsigned level, int64_t read_at_us)
{
	struct core_fence *fence = &core->fence;
	bool by_plugs = fence->proof.kind == PROOF_FENCED ||
			fence->proof.kind == PROOF_ALREADY_OFF;

	if (level == core->seen_off_level)
		core->seen_off_us = 0;
	if (core->dark_levels >> level & 1)
		verify_plug_is_on(core);
	if (!by_plugs || level != fence->proof.level ||
	    read_at_us < fence->proof.off_us)
		return;
	if (fence->state == FENCE_STATE_VERIFY)
		fence->verify.on_again = true;
	else
		fence_enter(core, FENCE_STATE_IDLE,
			    "level %u reads on again: somebody else "
			    "switches it",
			    level);
}

/* R1: any authenticated frame or advert ends a proof that rests on silence. */
void fence_peer_lives(struct core *core, const char *how, const char *by)
{
	if (core->fence.state == FENCE_STATE_CONFIRMED)
		fence_enter(core, FENCE_STATE_IDLE, "%s is heard again: %s %s",
			    peer_name(core), how, by);
}

/*
 * R2: a link whose own side is broken says nothing of the peer, so a silence
 * that was heard by it is none any more: it is judged anew, R8's wait after a
 * carrier that came back included. Power that was read off stays off.
 */
void fence_own_side_broke(struct core *core, const char *link, const char *why)
{
	if (core->fence.state == FENCE_STATE_CONFIRMED &&
	    core->fence.proof.kind == PROOF_SILENCE)
		fence_enter(core, FENCE_STATE_IDLE,
			    "%s: %s: what is not heard there says nothing",
			    link, why);
}

/* ---- in every tick ---- */

/*
 * R6: fence.on_failure, judged when the links were drained: of a shot by the
 * rules. What a person tried and failed at makes silence count no sooner, and
 * not where nobody would have been shot (R8, R20).
 */
static bool may_take_over_unproven(const struct core *core)
{
	return core->fence.shot_for != NEED_NONE &&
	       core->now_us >= core->fence.since_us + runs_dry_us(core) &&
	       core->settings->fence.on_failure == CORE_TAKEOVER &&
	       !peer_is_heard(core) && !is_in_maintenance(core) &&
	       !plugs_have_lied(core) && !core->fence.cut.outrun;
}

/* R1: it stands, over restarts, until what lied was seen to work. */
static void contradiction_judge(struct core *core)
{
	if (!plugs_have_lied(core)) {
		alert_clear(core, ROW_CONTRADICTED, 0);
		return;
	}
	if (alert_is_raised(core, ALERT_FENCE_CONTRADICTED))
		return;
	alert_raise(core, ROW_CONTRADICTED, 0, CORE_CRITICAL,
		    "the plugs of %s read off while it lived, and were not "
		    "seen to work since: they prove nothing; fix the wiring, "
		    "then show that they work: twinbeat fence --drill %s",
		    peer_name(core), peer_name(core));
}

static void fence_retry(struct core *core, const struct need *need)
{
	question_of_failure(core, need);
	/* R5: when maintenance ends the wait begins, whenever the retry is */
	if (core->now_us >= core->fence.retry_us || is_in_maintenance(core)) {
		fence_consider(core, need);
		return;
	}
	/* the one for silence is no later (fence_failed_for()) */
	core_wake_at(core, core->fence.retry_us);
}

void fence_judge(struct core *core, const struct need *need)
{
	struct core_fence *fence = &core->fence;

	if (peer_is_plain(core))
		alert_raise(core, ROW_FENCING_IS_OFF, 0, CORE_WARNING,
			    "%s is a plain VRRP router: silence is taken for "
			    "death, two nodes may own one VIP",
			    peer_name(core));
	else if (!core->settings->fence.required)
		alert_raise(core, ROW_FENCING_IS_OFF, 0, CORE_WARNING,
			    "fence.required is false: silence is taken for "
			    "death, two nodes may own one VIP");
	else if (core->settings->peer_is_plain)
		alert_clear(core, ROW_FENCING_IS_OFF, 0);
	contradiction_judge(core);
	question_judge(core, need);
	/* R5: two may be set free, or find another reason, in one moment */
	if (is_in_maintenance(core) || need->kind != fence->shot_for)
		fence->shot_for = NEED_NONE;
	restore_judge(core);
	if (fence->state == FENCE_STATE_VERIFY)
		verify_step(core);
	restore_step(core);
	switch (fence->state) {
	case FENCE_STATE_RUNNING:
		if (ask_is_late(core, ASK_POWER, ANSWER_LOST_US))
			fencer_lost(core, "twinbeat-fencer does not answer");
		break;
	case FENCE_STATE_VERIFY:
		break;
	case FENCE_STATE_CONFIRMED:
		/* the proof was not used in time: ask the plugs again */
		if (need->kind != NEED_NONE && !fence_proof_is_fresh(core))
			fence_consider(core, need);
		else if (need->kind != NEED_NONE)
			core_wake_at(core,
				     fence->proof.at_us + PROOF_LIFE_US + 1);
		break;
	case FENCE_STATE_FAILED:
		if (need->kind == NEED_NONE)
			fence_enter(core, FENCE_STATE_IDLE, "%s",
				    "no longer needed");
		else if (may_take_over_unproven(core))
			fence_confirm(core, PROOF_SILENCE,
				      "fence.on_failure is \"takeover\"");
		else
			fence_retry(core, need);
		break;
	case FENCE_STATE_IDLE:
	case FENCE_STATE_DELAY:
	case FENCE_STATE_HELD:
		if (need->kind != NEED_NONE)
			fence_consider(core, need);
		else if (fence->state != FENCE_STATE_IDLE)
			fence_enter(core, FENCE_STATE_IDLE, "%s",
				    peer_is_heard(core)
					    ? "cancelled: the peer is heard"
					    : "no longer needed");
		break;
	}
}
