/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R6: action "reboot", and an operator's: what this node has cut gets its power
 * back after off_ms, also when its daemon was started anew meanwhile, and when
 * the switch did not do it the first time. No failing on undoes the takeover.
 */
#include <stdio.h>

#include "internal.h"

#define RETRY_LAST_US (60 * (int64_t)SECOND_US)
/* Hands may be inside a machine that has been dark for longer. */
#define OWED_S 600

void restore_plan(struct core *core)
{
	core->fence.restore.due_us =
		core->now_us + MS(core->settings->fence.off_ms);
}

static void restore_end(struct core *core)
{
	struct core_fence *fence = &core->fence;

	fence->restore.due_us = 0;
	fence->restore.failures = 0;
	fence->restore.in_maintenance = false;
	fence->restore.device = -1;
}

void restore_cancel(struct core *core)
{
	restore_end(core);
	core->fence.restore.is_wanted = core->fence.restore.is_ours = false;
	if (core->memory.restore_at_s == 0)
		return;
	core->memory.restore_at_s = 0;
	memory_save(core);
}

/* R6: what a shot by the rules takes is given back by the settings alone; what
 * a person's reboot would have given back is dark by that shot now. */
void restore_begin(struct core *core)
{
	restore_end(core);
	core->fence.restore.is_wanted = core->settings->fence.reboot;
}

/*
 * R6: whom somebody else has switched off, somebody else switches on: so not
 * what read on since our off was written, nor what a person says is off. Who
 * asks for a reboot wants it whoever did it.
 */
void restore_follow(struct core *core)
{
	const struct core_fence *fence = &core->fence;
	bool was_on_since =
		fence->need != NEED_OPERATOR && fence->cut.is_written &&
		fence->cut.on_since_levels >> fence->proof.level & 1;

	if (fence->restore.is_wanted && fence->restore.is_ours &&
	    !was_on_since && fence->proof.kind != PROOF_OPERATOR)
		restore_plan(core);
}

/*
 * R8, R6: an off that was written may have cut, though its outcome is unknown,
 * and the reason for it is over for a moment: what a later try finds off is
 * this node's own cut. Not what a person cut, nor what lived on since, as long
 * as a supply may hold on; and not for longer than hands stay away.
 */
static bool is_owed(const struct core *core)
{
	const struct core_fence *fence = &core->fence;
	int64_t from_us = fence->cut.written_us;
	int64_t dark_us = from_us + largest_dead_us(core) +
			  supply_holds_on_us(fence->cut.power_wait_ms);

	return (core->asks[ASK_POWER].by == ASK_BY_RULE ||
		fence->restore.is_wanted) &&
	       core->now_us < from_us + OWED_S * (int64_t)SECOND_US &&
	       (core->now_us < dark_us || !peer_is_heard(core));
}

void restore_judge(struct core *core)
{
	struct core_fence *fence = &core->fence;

	/* R13: it was for a maintenance that is over */
	if (!is_in_maintenance(core))
		fence->restore.in_maintenance = false;
	/* first: this is asked in each step, and nearly always for nothing */
	if (!fence->cut.is_written && !fence->restore.is_ours)
		return;
	if (fence_is_busy(core) || fence->state == FENCE_STATE_CONFIRMED ||
	    is_owed(core))
		return;
	fence->cut.is_written = fence->restore.is_ours = false;
}

/* A date that is to come is of a clock that was set since (R6). */
void restore_after_start(struct core *core)
{
	int64_t age_s = core->realtime_s - core->memory.restore_at_s;

	if (core->memory.restore_at_s == 0 || !core->settings->fence.reboot ||
	    core->fence.restore.due_us != 0 || age_s < 0 || age_s > OWED_S)
		return;
	restore_plan(core);
}

void restore_done(struct core *core, bool is_on, const char *text)
{
	struct core_fence *fence = &core->fence;

	if (is_on) {
		restore_end(core);
		return;
	}
	/* who asked by hand has the answer, and asks again by hand */
	if (core->asks[ASK_POWER].by != ASK_BY_RULE)
		return;
	fence->restore.due_us =
		core->now_us +
		fence_retry_wait_us(fence->restore.failures, RETRY_LAST_US);
	fence->restore.failures++;
	snprintf(fence->restore.text, sizeof(fence->restore.text), "%s", text);
}

bool restore_is_due(const struct core *core)
{
	return core->fence.restore.due_us != 0 ||
	       core->fence.restore.failures > 0;
}

/* Another try has time: a need of now goes first. */
static bool may_try_again(const struct core *core)
{
	return core->fence.state == FENCE_STATE_IDLE ||
	       core->fence.state == FENCE_STATE_CONFIRMED;
}

void restore_step(struct core *core)
{
	struct core_fence *fence = &core->fence;
	unsigned failures = fence->restore.failures;

	if (fence->restore.due_us == 0 || fence_is_busy(core))
		return;
	/* the switch has done it after all, or somebody */
	if (failures > 0 && peer_is_heard(core)) {
		restore_end(core);
		return;
	}
	/* R13: nothing is switched by itself where people work */
	if ((is_in_maintenance(core) && !fence->restore.in_maintenance) ||
	    (failures > 0 && !may_try_again(core)))
		return;
	if (core->now_us < fence->restore.due_us) {
		core_wake_at(core, fence->restore.due_us);
		return;
	}
	fence->restore.due_us = 0;
	fence->restore.is_wanted = false;
	fence_start(core, ASK_BY_RULE, CORE_FENCE_ON, CORE_LEVELS_ALL,
		    fence->restore.device, 0);
	if (failures > 0)
		fence_enter(core, FENCE_STATE_RUNNING,
			    "on again, which failed %u time%s", failures,
			    failures == 1 ? "" : "s");
	else
		fence_enter(core, FENCE_STATE_RUNNING, "on again after %u ms",
			    core->settings->fence.off_ms);
}
