/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R13: the supervised rehearsal. Maintenance on, the standby's power cut,
 * proven off, given back; the standby heard again; maintenance off. Whatever
 * goes wrong on the way, power and maintenance are put back. It must never cut
 * a node that owns something, nor leave a node dark because a person left.
 */
#include <stdarg.h>
#include <stdio.h>

#include "internal.h"

#define AGREE_US	 (3 * (int64_t)SECOND_US)
#define ON_AGAIN_US	 (2 * (int64_t)SECOND_US)
#define ON_TRIES	 5
#define OFF_LATE_US	 (30 * (int64_t)SECOND_US)
#define BACK_WAIT_US	 (600 * (int64_t)SECOND_US) /* after a restart */
#define MS_BETWEEN(a, b) ((long long)((b) - (a)) / 1000)

/* The fencer's steps are shown to who asked for the drill. */
uint32_t drill_step_token(const struct core *core)
{
	return core->drill.phase == DRILL_CUT ||
			       core->drill.phase == DRILL_RESTORE
		       ? core->drill.token
		       : 0;
}

bool drill_is_cutting(const struct core *core)
{
	return core->drill.phase == DRILL_CUT;
}

/*
 * An off whose fencer died may be carried out late, by a device that was slow
 * to take it: until the on that follows has been read back it may yet come, and
 * until the peer is heard after that it may have come. A stop waits no longer
 * than for the order under way.
 */
bool drill_may_cut(const struct core *core)
{
	const struct core_drill *drill = &core->drill;

	if ((drill->phase == DRILL_RESTORE || drill->phase == DRILL_BACK) &&
	    drill->off_ms == 0)
		return !core->stopping || fence_is_busy(core);
	return drill_is_cutting(core);
}

bool drill_keeps(const struct core *core)
{
	enum drill_phase phase = core->drill.phase;

	return drill_may_cut(core) ||
	       (phase >= DRILL_DARK && phase <= DRILL_BACK && !core->stopping);
}

__attribute__((format(printf, 2, 3))) static void say(struct core *core,
						      const char *format, ...)
{
	char text[CORE_TEXT_MAX];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	order_reply(core, core->drill.token, false, true, "%s", text);
}

static void enter(struct core *core, enum drill_phase phase)
{
	assert(phase <= DRILL_LEAVE && phase != core->drill.phase);
	/* R13: nobody is cut, but where a later start would know of it */
	assert(phase != DRILL_CUT || core->memory.drill_pending);
	core->drill.phase = phase;
	core->drill.phase_us = core->now_us;
	core->drill.fence_id = 0;
}

/* The first thing that went wrong is the one that is told. */
__attribute__((format(printf, 2, 3))) static void fail(struct core *core,
						       const char *format, ...)
{
	struct core_drill *drill = &core->drill;
	va_list list;

	if (drill->result != DRILL_PASSED)
		return;
	drill->result = DRILL_FAILED;
	va_start(list, format);
	vsnprintf(drill->why, sizeof(drill->why), format, list);
	va_end(list);
	say(core, "%s", drill->why);
}

/* ---- may it be done? ---- */

/* A literal with at most one %s, the peer's name; NULL = nothing against it. */
static const char *peer_forbids(const struct core *core)
{
	const struct beat *statement = &core->peer.statement;

	if (two_way_state(core) != LINK_UP || !peer_statement_is_fresh(core))
		return "%s is not heard both ways: only a healthy standby is "
		       "cut for a drill";
	if (!core->keeper_ready)
		return "twinbeat-keeper is gone here, and %s may have to serve "
		       "in a moment";
	if (!set_is_empty(&statement->own) || !set_is_empty(&statement->want))
		return "%s owns or wants addresses, and a drill never cuts an "
		       "owner: twinbeat handover, or run it on the other node";
	/* it may hold what this node's file does not have */
	if (!peer_digest_agrees(core))
		return "the settings of %s are others, or not told yet: a "
		       "drill cuts nobody whose addresses are not known here; "
		       "make the two files equal";
	for (unsigned i = 0; i < core->settings->instance_count; i++)
		if (!core->instances[i].own || core->instances[i].releasing)
			return "this node does not serve everything while %s "
			       "is away: see twinbeat status";
	if (!plugs_trial_levels(core))
		return "no fence level of %s was ever read on while it was "
		       "heard, so a cut would show nothing: switch its plugs "
		       "on, then read them: twinbeat fence NODE --action "
		       "status";
	return NULL;
}

void drill_ask(struct core *core, const struct event *event)
{
	struct core_drill *drill = &core->drill;
	uint32_t token = event->operator_.token;
	char why[CORE_TEXT_MAX];
	const char *format;

	if (event->operator_.node != core->peer_index) {
		order_reply(core, token, true, false,
			    "refused: %s is this node, and no node cuts itself",
			    self_name(core));
		return;
	}
	if (core->memory.maintenance || core->maintenance_token ||
	    fence_is_busy(core)) {
		order_reply(core, token, true, false,
			    "refused: %s; a drill wants a pair at rest",
			    fence_is_busy(core) ? "a fence operation is running"
						: "maintenance is on, end it "
						  "with: twinbeat maintenance "
						  "off");
		return;
	}
	format = peer_forbids(core);
	if (format) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(why, sizeof(why), format, peer_name(core));
#pragma GCC diagnostic pop
		order_reply(core, token, true, false, "refused: %s", why);
		return;
	}
	*drill = (struct core_drill){.token = token,
				     .wait_us = MS(event->operator_.wait_ms),
				     .generation = core->peer.generation};
	enter(core, DRILL_MAINTENANCE);
	trace_change(core, CORE_NOTICE, "drill", -1, "idle", "running",
		     "drill: idle -> running: the standby %s is cut and "
		     "restored, by an operator",
		     peer_name(core));
	maintenance_set(core, true, "an operator's drill");
	say(core, "maintenance is on here, waiting for %s", peer_name(core));
}

void drill_cancel(struct core *core, uint32_t token)
{
	struct core_drill *drill = &core->drill;

	assert(drill_is_running(core));
	if (drill->cancel_token)
		order_reply(core, drill->cancel_token, true, false,
			    "somebody else ends the drill, too");
	drill->cancel_token = token;
	drill->is_cancelled = true;
	if (drill->result == DRILL_PASSED) {
		drill->result = DRILL_CANCELLED;
		snprintf(drill->why, sizeof(drill->why),
			 "ended by an operator");
	}
	say(core, "the drill is ended: power and maintenance are put back");
}

/* After a restart in the middle: what is dark by our doing gets its power. */
void drill_resume(struct core *core)
{
	if (!core->memory.drill_pending)
		return;
	core->drill = (struct core_drill){.result = DRILL_FAILED,
					  .wait_us = BACK_WAIT_US};
	snprintf(core->drill.why, sizeof(core->drill.why),
		 "twinbeatd was restarted in the middle of it");
	enter(core, DRILL_RESTORE);
}

/* ---- the way ---- */

static void step_maintenance(struct core *core)
{
	struct core_drill *drill = &core->drill;
	const char *format = peer_forbids(core);

	if (drill->is_cancelled) {
		enter(core, DRILL_LEAVE);
	} else if (format) {
		fail(core, "%s is no healthy standby any more",
		     peer_name(core));
		enter(core, DRILL_LEAVE);
	} else if (!core->memory.maintenance) {
		fail(core, "maintenance was ended on %s, nothing was cut",
		     peer_name(core));
		enter(core, DRILL_LEAVE);
	} else if (maintenance_is_agreed(core) && !fence_is_busy(core)) {
		say(core, "maintenance is on, on both nodes");
		core->memory.drill_pending = true;
		memory_save(core);
		enter(core, DRILL_CUT);
		core->fence.need = NEED_OPERATOR;
		restore_cancel(core);
		fence_start(core, ASK_BY_DRILL, CORE_FENCE_OFF,
			    plugs_trial_levels(core), -1, 0);
		drill->fence_id = core->asks[ASK_POWER].id;
		fence_enter(core, FENCE_STATE_RUNNING, "a drill");
	} else if (core->now_us - drill->phase_us >= AGREE_US) {
		fail(core,
		     "%s has not acknowledged maintenance, nothing was "
		     "cut",
		     peer_name(core));
		enter(core, DRILL_LEAVE);
	} else {
		core_wake_at(core, drill->phase_us + AGREE_US);
	}
}

/* Of a fencer that died there is no last outcome: that of before is another's.
 */
static const char *why_failed(const struct core_fence *fence)
{
	return fence->state == FENCE_STATE_FAILED ? fence->failed_text
						  : fence->last.text;
}

static void step_cut(struct core *core)
{
	struct core_drill *drill = &core->drill;
	const struct core_fence *fence = &core->fence;

	if (fence->state == FENCE_STATE_VERIFY && !drill->read_us) {
		drill->read_us = core->now_us;
		say(core,
		    "acknowledged: its plugs read off %lld ms after the "
		    "request",
		    MS_BETWEEN(drill->phase_us, core->now_us));
	}
	if (fence_is_busy(core))
		return;
	if (fence->state == FENCE_STATE_CONFIRMED) {
		drill->off_ms = MS_BETWEEN(drill->phase_us, core->now_us);
		say(core,
		    "verified off: %s is silent on every link, %lld ms "
		    "after the request",
		    peer_name(core), drill->off_ms);
		enter(core, DRILL_DARK);
		return;
	}
	fail(core, "%s was not proven off: %s", peer_name(core),
	     fence->attempt.contradicted ? "its plugs read off, but it lives"
					 : why_failed(fence));
	enter(core, DRILL_RESTORE);
}

static void step_dark(struct core *core)
{
	struct core_drill *drill = &core->drill;
	int64_t until_us = drill->phase_us + MS(core->settings->fence.off_ms);

	if (core->now_us >= until_us || drill->is_cancelled)
		enter(core, DRILL_RESTORE);
	else
		core_wake_at(core, until_us);
}

static void restore_failed(struct core *core)
{
	struct core_drill *drill = &core->drill;

	drill->fence_id = 0;
	drill->again_us = core->now_us + ON_AGAIN_US;
	core_wake_at(core, drill->again_us);
	if (++drill->tries < ON_TRIES)
		return;
	/* R13: an off whose outcome is unknown may still come */
	if (drill->off_ms == 0 && core->now_us - drill->phase_us < OFF_LATE_US)
		return;
	drill->result = DRILL_FAILED;
	snprintf(drill->why, sizeof(drill->why),
		 "%s MAY STILL BE WITHOUT POWER (%.90s): twinbeat fence %s "
		 "--action on",
		 peer_name(core), why_failed(&core->fence), peer_name(core));
	say(core, "%s", drill->why);
	enter(core, DRILL_LEAVE);
}

static void step_restore(struct core *core)
{
	struct core_drill *drill = &core->drill;
	struct core_fence *fence = &core->fence;

	if (!core->keeper_ready || fence_is_busy(core))
		return;
	if (!drill->fence_id) {
		if (core->now_us < drill->again_us) {
			core_wake_at(core, drill->again_us);
			return;
		}
		fence->need = NEED_OPERATOR;
		fence_start(core, ASK_BY_DRILL, CORE_FENCE_ON, CORE_LEVELS_ALL,
			    -1, 0);
		drill->fence_id = core->asks[ASK_POWER].id;
		fence_enter(core, FENCE_STATE_RUNNING, "on after a drill");
		return;
	}
	if (fence->last.id != drill->fence_id ||
	    fence->last.outcome != CORE_OUTCOME_ON) {
		restore_failed(core);
		return;
	}
	core->memory.drill_pending = false;
	memory_save(core);
	say(core,
	    "power restored: its plugs read on after %lld ms; waiting "
	    "up to %lld s for %s to boot",
	    MS_BETWEEN(drill->phase_us, core->now_us),
	    (long long)(drill->wait_us / SECOND_US), peer_name(core));
	enter(core, DRILL_BACK);
}

static void step_back(struct core *core)
{
	struct core_drill *drill = &core->drill;
	bool is_new = core->peer.generation != drill->generation ||
		      (drill->off_ms == 0 &&
		       core->peer.statement_us > drill->phase_us);

	if (two_way_state(core) == LINK_UP && peer_statement_is_fresh(core) &&
	    is_new) {
		drill->back_ms = MS_BETWEEN(drill->phase_us, core->now_us);
		say(core, "%s is heard again, %lld ms after its power came",
		    peer_name(core), drill->back_ms);
		enter(core, DRILL_LEAVE);
	} else if (drill->is_cancelled) {
		enter(core, DRILL_LEAVE);
	} else if (core->now_us - drill->phase_us >= drill->wait_us) {
		fail(core,
		     "%s has its power back but was not heard within "
		     "%lld s: go and look",
		     peer_name(core), (long long)(drill->wait_us / SECOND_US));
		enter(core, DRILL_LEAVE);
	} else {
		core_wake_at(core, drill->phase_us + drill->wait_us);
	}
}

static void finish(struct core *core)
{
	struct core_drill *drill = &core->drill;
	struct core_memory *memory = &core->memory;
	static const char *const words[] = {"passed", "failed", "cancelled"};
	const char *word;
	char text[CORE_TEXT_MAX];

	assert(drill->phase == DRILL_LEAVE);
	if (!owns_all(core))
		fail(core, "this node does not serve everything any more");
	word = words[drill->result];
	if (drill->result == DRILL_PASSED)
		snprintf(text, sizeof(text),
			 "the drill of %s passed: verified off in %lld ms, "
			 "heard again %lld ms after its power came; %s served "
			 "all the time",
			 peer_name(core), drill->off_ms, drill->back_ms,
			 self_name(core));
	else
		snprintf(text, sizeof(text), "the drill of %s %s: %.140s",
			 peer_name(core), word, drill->why);
	memory->drill_at_s = core->realtime_s;
	memory->drill_result = (uint8_t)(drill->result + 1);
	memory->drill_off_ms = (uint32_t)drill->off_ms;
	memory->drill_back_ms = (uint32_t)drill->back_ms;
	memory->drill_pending = false;
	if (drill->result == DRILL_PASSED)
		memory->drill_passed_at_s = core->realtime_s;
	memory_save(core);
	trace_change(core, CORE_NOTICE, "drill", -1, "running", word,
		     "drill: running -> %s: %s", word, text);
	order_notify(core, -1, "drill");
	order_reply(core, drill->token, true, drill->result == DRILL_PASSED,
		    "%s", text);
	order_reply(core, drill->cancel_token, true, true,
		    "maintenance is off, and %s", text);
	enter(core, DRILL_NONE);
}

/* The peer has wanted it for as long as the drill held it back. */
static bool owes_an_instance(const struct core *core)
{
	for (unsigned i = 0; i < core->settings->instance_count; i++)
		if (core->instances[i].own && (core->instances[i].releasing ||
					       (peer_statement_is_fresh(core) &&
						peer_says_want(core, i))))
			return true;
	return false;
}

static void step_leave(struct core *core)
{
	struct core_drill *drill = &core->drill;
	int64_t given_us = drill->phase_us + MS(core->settings->fence.yield_ms);

	/* R4: else it would shoot for that when maintenance ends there */
	if (core->memory.maintenance && core->now_us < given_us &&
	    owes_an_instance(core)) {
		core_wake_at(core, given_us);
		return;
	}
	if (core->memory.maintenance)
		maintenance_set(core, false, "the end of a drill");
	/* who is not heard learns it when it comes back: it is versioned */
	if (maintenance_is_agreed(core) || !peer_is_heard(core) ||
	    core->now_us - drill->phase_us >= AGREE_US)
		finish(core);
	else
		core_wake_at(core, drill->phase_us + AGREE_US);
}

void drill_step(struct core *core)
{
	switch (core->drill.phase) {
	case DRILL_NONE:
		break;
	case DRILL_MAINTENANCE:
		step_maintenance(core);
		break;
	case DRILL_CUT:
		step_cut(core);
		break;
	case DRILL_DARK:
		step_dark(core);
		break;
	case DRILL_RESTORE:
		step_restore(core);
		break;
	case DRILL_BACK:
		step_back(core);
		break;
	case DRILL_LEAVE:
		step_leave(core);
		break;
	}
}
