/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R20: a person is asked before anybody is cut, and answers with a code that
 * only who reads the alert can know: once, for this event, within its time. An
 * answer is never a proof: it lets a shot go, or asks for a confirm, and both
 * have their own rules.
 */
#include <stdio.h>

#include "internal.h"

static bool is_asked_for(const struct core *core, enum fence_need kind)
{
	const struct core_settings *settings = core->settings;

	if (!settings->fence.required)
		return false;
	switch (kind) {
	case NEED_DISAGREE:
	case NEED_UNYIELDING:
		return settings->fence.on_disagreement == CORE_ASK;
	case NEED_STARTUP:
		return settings->fence.on_startup_silence == CORE_ASK;
	default:
		return false;
	}
}

/* A person may cut for this, or the fallback did. */
static bool may_cut(const struct core *core, enum fence_need kind)
{
	return !is_asked_for(core, kind) || core->question.may_cut_for == kind;
}

static void trace_question(struct core *core, const char *from, const char *to,
			   const char *why)
{
	trace_change(core, CORE_WARNING, "question", -1, from, to,
		     "question: %s -> %s: %s", from, to, why);
}

/* The code counts no more, whatever becomes of the event. */
static void question_end(struct core *core, enum question_state state,
			 const char *why)
{
	static const char *const names[] = {"none", "open", "open", "hold",
					    "confirm"};
	struct core_question *question = &core->question;

	trace_question(core, names[question->state], names[state], why);
	memcpy(question->spent, question->code, sizeof(question->spent));
	question->code[0] = '\0';
	question->state = state;
	alert_clear(core, ROW_QUESTION, 0);
}

void question_forget(struct core *core)
{
	if (core->question.state != QUESTION_NONE)
		question_end(core, QUESTION_NONE, "the settings have changed");
	core->question.may_cut_for = NEED_NONE;
}

static void question_open(struct core *core, enum fence_need about,
			  bool is_of_failure)
{
	struct core_question *question = &core->question;

	assert(question->state == QUESTION_NONE);
	question->state = QUESTION_CODELESS;
	question->about = about;
	question->is_of_failure = is_of_failure;
	question->until_us = core->now_us + MS(core->settings->fence.ask_ms);
	core_wake_at(core, question->until_us);
	action_add(core, ACTION_MAKE_CODE);
}

/* What an alert says has room for no more than this. */
static void question_tell(struct core *core)
{
	const struct core_question *question = &core->question;
	bool cuts = core->settings->fence.on_no_answer == CORE_FENCE &&
		    !question->is_of_failure;
	const char *what = question->is_of_failure ? "could not be cut"
			   : question->about == NEED_STARTUP
				   ? "was never heard since the start"
			   : question->about == NEED_UNYIELDING
				   ? "is unfit and lets nothing go"
				   : "owns by its word and is silent on VRRP";

	alert_raise(core, ROW_QUESTION, 0, CORE_CRITICAL,
		    "%s %s. Reply %s and a number: 1 cut it and take over, "
		    "2 hold, 3 I switched it off myself. Within %u s, else: %s",
		    peer_name(core), what, question->code,
		    core->settings->fence.ask_ms / 1000, cuts ? "1" : "hold");
}

void question_coded(struct core *core, const struct event *event)
{
	struct core_question *question = &core->question;

	if (question->state != QUESTION_CODELESS)
		return; /* what it was for is over */
	memcpy(question->code, event->code.text, sizeof(question->code));
	question->wrong = 0;
	trace_question(core, "none", "open", "a person is asked");
	question->state = QUESTION_OPEN;
	question_tell(core);
}

/* ---- what the fence asks of it ---- */

bool question_holds(struct core *core, const struct need *need)
{
	const struct core_question *question = &core->question;
	struct core_fence *fence = &core->fence;

	if (may_cut(core, need->kind) || question->state == QUESTION_NONE ||
	    question->is_of_failure)
		return false;
	if (question->state != QUESTION_HELD) {
		snprintf(fence->hold_text, sizeof(fence->hold_text),
			 "a person is asked");
		return true;
	}
	snprintf(fence->hold_text, sizeof(fence->hold_text),
		 "a person was asked, and the answer is to hold; else: "
		 "twinbeat fence %s",
		 peer_name(core));
	alert_raise(core, ROW_WAITING, 0, CORE_CRITICAL, "%s: %s",
		    peer_name(core), fence->hold_text);
	return true;
}

bool question_asks(struct core *core, const struct need *need)
{
	if (may_cut(core, need->kind))
		return false;
	if (core->question.state == QUESTION_NONE)
		question_open(core, need->kind, false);
	return true;
}

void question_of_failure(struct core *core, const struct need *need)
{
	if (core->settings->fence.on_failure == CORE_ASK &&
	    core->question.state == QUESTION_NONE && !is_in_maintenance(core))
		question_open(core, need->kind, true);
}

/* ---- its end ---- */

/* Another reason is another event, and a code is of one. */
static bool is_over(const struct core *core, const struct need *need)
{
	const struct core_question *question = &core->question;

	if (is_in_maintenance(core) || need->kind != question->about)
		return true;
	return question->is_of_failure && core->fence.failures == 0;
}

static void nobody_answered(struct core *core)
{
	struct core_question *question = &core->question;
	bool cuts = core->settings->fence.on_no_answer == CORE_FENCE &&
		    !question->is_of_failure;

	if (cuts)
		question->may_cut_for = question->about;
	question_end(core, cuts ? QUESTION_NONE : QUESTION_HELD,
		     cuts ? "nobody has answered: fence.on_no_answer is "
			    "\"fence\""
			  : "nobody has answered: hold");
}

void question_judge(struct core *core, const struct need *need)
{
	struct core_question *question = &core->question;

	if (question->may_cut_for != need->kind || is_in_maintenance(core))
		question->may_cut_for = NEED_NONE;
	if (question->state == QUESTION_NONE)
		return;
	if (is_over(core, need)) {
		question_end(core, QUESTION_NONE, "no longer needed");
		return;
	}
	switch (question->state) {
	case QUESTION_CODELESS:
	case QUESTION_OPEN:
		if (core->now_us >= question->until_us)
			nobody_answered(core);
		else
			core_wake_at(core, question->until_us);
		break;
	case QUESTION_CONFIRMING:
		/* refused: asked anew, with another code */
		if (!ask_is_open(core, ASK_CONFIRM) &&
		    core->fence.state != FENCE_STATE_CONFIRMED)
			question_end(core, QUESTION_NONE,
				     "the confirm was refused");
		break;
	case QUESTION_NONE:
	case QUESTION_HELD:
		break;
	}
}

/* ---- an answer ---- */

static void answer_cut(struct core *core, uint32_t token)
{
	struct core_question *question = &core->question;

	question->may_cut_for = question->about;
	if (question->is_of_failure && core->fence.state == FENCE_STATE_FAILED)
		core->fence.retry_us = core->now_us;
	question_end(core, QUESTION_NONE, "a person's answer: fence");
	order_reply(core, token, true, true,
		    "%s is cut, and taken over from when it is proven off",
		    peer_name(core));
}

/* Why this answer is none, or NULL. */
static const char *refusal(const struct core *core, const struct event *event)
{
	const struct core_question *question = &core->question;
	const char *code = event->operator_.code;

	if (event->operator_.answer < 1 || event->operator_.answer > 3)
		return "the answer has to be 1, 2 or 3";
	if (code[0] != '\0' && strcmp(code, question->spent) == 0)
		return "this code has been used, or its question is over";
	if (question->state != QUESTION_OPEN)
		return "nobody is asked anything";
	if (core->now_us >= question->until_us)
		return "the time for an answer is over";
	if (strcmp(code, question->code) != 0)
		return "this is not the code of the open question";
	return NULL;
}

/*
 * R20: somebody guesses, or a text went astray. Told once, and again at ten
 * times as many: no flood fills the log. Nothing is locked, for that would lock
 * out who knows the code.
 */
static void count_wrong(struct core *core, const struct event *event)
{
	struct core_question *question = &core->question;
	uint32_t count;

	if (question->state != QUESTION_OPEN ||
	    strcmp(event->operator_.code, question->code) == 0 ||
	    question->wrong == UINT32_MAX)
		return;
	count = ++question->wrong;
	while (count % 10 == 0)
		count /= 10;
	if (count != 1)
		return;
	trace_change(core, CORE_WARNING, "question", -1, "open", "open",
		     "question: a wrong code was given, %u since it was asked; "
		     "the right one still counts",
		     question->wrong);
}

void question_answered(struct core *core, const struct event *event)
{
	const struct core_question *question = &core->question;
	uint32_t token = event->operator_.token;
	const char *why = refusal(core, event);
	struct event confirm = *event;

	if (why != NULL) {
		count_wrong(core, event);
		order_reply(core, token, true, false, "refused: %s", why);
		return;
	}
	switch (event->operator_.answer) {
	case 1:
		answer_cut(core, token);
		break;
	case 2:
		question_end(core, QUESTION_HELD, "a person's answer: hold");
		order_reply(core, token, true, true, "%s",
			    question->is_of_failure
				    ? "nobody is asked again; the attempts to "
				      "cut go on"
				    : "held: nothing is cut and nothing taken "
				      "over");
		break;
	case 3:
		confirm.operator_.command = COMMAND_CONFIRM;
		confirm.operator_.node = core->peer_index;
		confirm.operator_.device = -1;
		confirm.operator_.force = false;
		/* R13: where it is refused at once, the question stays open */
		if (operator_confirm(core, &confirm))
			question_end(core, QUESTION_CONFIRMING,
				     "a person's answer: it is off");
		break;
	}
}
