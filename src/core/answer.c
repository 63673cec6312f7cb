/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R6: what the fencer answers: a step of an attempt under way, its end, its own
 * death. What an answer says is kept and passed on here; what follows from it
 * for the attempt is fence.c's, and whether it proves anything verify.c's.
 */
#include <stdio.h>

#include "internal.h"

#define NO_PREEMPT_US  (600 * (int64_t)SECOND_US)
#define OUTRUN_WAIT_US SECOND_US

/* R5: the peer was first; if we are still here after this, it was not us. */
static void fence_outrun(struct core *core, const struct core_fence_done *done)
{
	core->fence.cut.outrun = true;
	fence_failed_for(core, done->text,
			 MS(done->power_wait_ms) + OUTRUN_WAIT_US);
}

/* R8, R6: an off was written; what reads on from now on is no old "on". */
static void fence_has_cut(struct core *core)
{
	/* R8: something was on, so it was not dark any more as we left it */
	plugs_not_cut(core);
	core->fence.restore.is_ours = core->fence.cut.is_written = true;
	core->fence.cut.on_since_levels = 0;
	core->fence.cut.written_us = core->now_us;
}

void fence_stepped(struct core *core, const struct event *event)
{
	struct core_fence *fence = &core->fence;
	const struct core_ask *ask = &core->asks[ASK_POWER];

	if (ask_of(core, event->step.id) != ASK_POWER)
		return;
	if (event->step.writing) {
		if (ask->kind == CORE_FENCE_OFF)
			fence_has_cut(core);
		fence->cut.on_since_levels = 0;
		fence->attempt.was_heard =
			fence->attempt.was_heard && peer_is_heard(core);
	}
	if (event->step.text[0])
		order_reply(core,
			    ask->token ? ask->token : drill_step_token(core),
			    false, true, "%s", event->step.text);
}

static void fence_remember(struct core *core,
			   const struct core_fence_done *done)
{
	struct core_fence *fence = &core->fence;
	struct core_memory *memory = &core->memory;
	const struct core_ask *ask = &core->asks[ASK_POWER];

	fence->last.is_known = true;
	fence->last.id = done->id;
	fence->last.node = ask->node;
	fence->last.level = done->level;
	fence->last.kind = ask->kind;
	fence->last.outcome = done->outcome;
	fence->last.took_us = core->now_us - ask->asked_us;
	fence->last.realtime_s = core->realtime_s;
	snprintf(fence->last.text, sizeof(fence->last.text), "%s", done->text);
	/*
	 * R6: an off that was already off does not count; nor does a device
	 * that did not do it: that is retried, and is no loop; nor is what a
	 * person does.
	 */
	if (ask->kind != CORE_FENCE_OFF || !done->wrote ||
	    done->outcome != CORE_OUTCOME_OFF || drill_is_cutting(core))
		return;
	core->no_preempt_until_us = core->now_us + NO_PREEMPT_US;
	if (fence->need == NEED_OPERATOR)
		return;
	memmove(&memory->fenced_at_s[1], &memory->fenced_at_s[0],
		sizeof(memory->fenced_at_s) - sizeof(memory->fenced_at_s[0]));
	memmove(&core->fenced_us[1], &core->fenced_us[0],
		sizeof(core->fenced_us) - sizeof(core->fenced_us[0]));
	memory->fenced_at_s[0] = core->realtime_s;
	core->fenced_us[0] = core->now_us;
	memory_save(core);
}

static void fence_on_done(struct core *core, const struct core_fence_done *done)
{
	bool is_on = done->outcome == CORE_OUTCOME_ON;

	ask_answer(core, ASK_POWER, is_on, "%s", done->text);
	restore_done(core, is_on, done->text);
	/* R6: a failing on never undoes the takeover */
	fence_enter(core, FENCE_STATE_IDLE, "on: %s", done->text);
}

/* An operator may have asked for one device only. */
static bool level_was_meant(const struct core *core, unsigned level)
{
	const struct core_node *node = &core->settings->nodes[core->peer_index];

	for (unsigned i = 0; i < node->plug_count; i++)
		if (node->plugs[i].level == level &&
		    !plug_is_meant(core, core->peer_index, i, CORE_LEVELS_ALL,
				   core->asks[ASK_POWER].device))
			return false;
	return true;
}

/* The answer to what might have switched. */
static void power_done(struct core *core, const struct core_fence_done *done)
{
	const struct core_ask *ask = &core->asks[ASK_POWER];
	bool off = done->outcome == CORE_OUTCOME_OFF ||
		   done->outcome == CORE_OUTCOME_ALREADY_OFF;

	assert(core->fence.state == FENCE_STATE_RUNNING);
	assert(ask->node == core->peer_index);
	fence_remember(core, done);
	core->fence.cut.power_wait_ms = done->power_wait_ms;
	if (ask->kind == CORE_FENCE_OFF && done->wrote)
		fence_has_cut(core);
	plugs_read(core, ask->node, CORE_LEVELS_ALL, ask->device, done);
	if (ask->kind == CORE_FENCE_ON) {
		fence_on_done(core, done);
		return;
	}
	if (!off || done->digest != core->settings->fence_digest) {
		ask_answer(core, ASK_POWER, false, "%s", done->text);
		if (done->outcome == CORE_OUTCOME_OUTRUN)
			fence_outrun(core, done);
		else if (done->called_back)
			fence_called_back(core, done->text);
		else
			fence_failed(core, done->text);
		return;
	}
	/* R6: one supply of two leaves the other */
	if (!level_was_meant(core, done->level)) {
		ask_answer(core, ASK_POWER, true,
			   "%s; but %s has other plugs at this level, so it "
			   "proves nothing",
			   done->text, peer_name(core));
		restore_follow(core);
		fence_enter(core, FENCE_STATE_IDLE, "off, but not every plug");
		return;
	}
	/* R1: what lied may be seen to work now, or to lie again; what was
	 * never seen on proves nothing, but "off" of one that lives is a lie
	 * (R6) */
	verify_begin(core, done);
}

static void monitor_read_done(struct core *core,
			      const struct core_fence_done *done)
{
	unsigned node = core->asks[ASK_MONITOR].node;

	if (done->outcome == CORE_OUTCOME_READ)
		plugs_read(core, node, CORE_LEVELS_ALL, -1, done);
	monitor_done(core, done, node);
}

/*
 * R6, R15: what a fencer under other settings switches or reads may be another
 * plug, so it proves nothing: to be known before the peer is dead.
 */
static void judge_fencer(struct core *core, const struct core_fence_done *done)
{
	uint32_t ours = core->settings->fence_digest;

	if (done->digest != ours)
		alert_raise(core, ROW_FENCER_DIFFERS, 0, CORE_CRITICAL,
			    "twinbeat-fencer works with other devices or plugs "
			    "(digest %08x) than twinbeatd (%08x): it can cut "
			    "nobody: stop and start twinbeat on %s",
			    done->digest, ours, self_name(core));
	else if (done->outcome != CORE_OUTCOME_UNKNOWN) /* its own word */
		alert_clear(core, ROW_FENCER_DIFFERS, 0);
}

void fence_done(struct core *core, const struct core_fence_done *done)
{
	enum ask_seat seat = ask_of(core, done->id);

	if (seat == ASK_SEATS)
		return; /* an answer nobody waits for proves nothing */
	judge_fencer(core, done);
	ask_close(core, seat);
	switch (seat) {
	case ASK_POWER:
		power_done(core, done);
		break;
	case ASK_VERIFY:
		verify_read(core, done);
		break;
	case ASK_MONITOR:
		monitor_read_done(core, done);
		break;
	case ASK_CONFIRM:
		confirm_read_done(core, done);
		break;
	case ASK_STATUS:
		status_read_done(core, done);
		break;
	case ASK_SEATS:
		break;
	}
}

/* What was under way is unknown, whatever came of it (R6). */
void fencer_lost(struct core *core, const char *why)
{
	const struct core_ask *power = &core->asks[ASK_POWER];
	bool was_fencing =
		ask_is_open(core, ASK_POWER) || ask_is_open(core, ASK_VERIFY);
	bool was_restoring = ask_is_open(core, ASK_POWER) &&
			     power->kind == CORE_FENCE_ON &&
			     power->by == ASK_BY_RULE;

	alert_flash(core, ROW_FENCER_DIED, 0, 60 * (int64_t)SECOND_US, "%s",
		    why);
	for (unsigned seat = 0; seat < ASK_SEATS; seat++) {
		bool was_open = ask_is_open(core, (enum ask_seat)seat);

		ask_close(core, (enum ask_seat)seat);
		if (was_open && seat == ASK_CONFIRM)
			confirm_read_done(core, NULL);
		else if (was_open && seat == ASK_STATUS)
			status_read_done(core, NULL);
	}
	if (!was_fencing)
		return;
	ask_answer(core, ASK_POWER, false, "unknown: %s while it worked", why);
	if (was_restoring) {
		restore_done(core, false, why);
		fence_enter(core, FENCE_STATE_IDLE, "on: unknown: %s", why);
		return;
	}
	fence_failed(core, "unknown: the fencer died while it worked");
}
