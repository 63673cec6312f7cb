/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Levels, merging, deadlines, and what an attempt's end is worth. It decides
 * which FENCE_DONE a request gets.
 *
 * It must never call a node off on anything but the whole report of a child in
 * time that read every plug of one level off: late, killed, dead or strange is
 * FENCE_UNKNOWN (R1, R6).
 */
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../drivers/kept.h"
#include "../src/base/clock.h"
#include "../src/base/images.h"
#include "operation.h"

/* The child ends by itself this long before it would be killed. */
#define MARGIN_US 100000

/*
 * How long the connections of an attempt wait for the next one. After a read
 * another plug may be read; after a power command the plugs are read again
 * when the power supplies are empty (power_wait_ms), and a device with few
 * sockets should not have to find one more. Not for longer: one that serves a
 * single client serves the other node, too.
 */
#define KEPT_READ_US  100000
#define KEPT_WRITE_US 2000000

/* After an operation: what it was for has the processors first. Where no
 * process is left there may be one again after this. */
#define TIDY_US 1000000

void operation_init(struct fence_work *work, const struct settings *settings,
		    bool (*emit)(void *arg, const struct fence_event *event),
		    void *arg)
{
	*work = (struct fence_work){.settings = settings,
				    .emit = emit,
				    .arg = arg,
				    .child = CHILD_NONE,
				    .spare = CHILD_NONE};
}

static bool is_write(const struct fence_request *request)
{
	return request->kind != FENCE_READ;
}

static bool is_equal(const struct fence_request *a,
		     const struct fence_request *b)
{
	return a->kind == b->kind && a->node == b->node &&
	       a->levels == b->levels && a->device == b->device &&
	       a->digest == b->digest && a->guard == b->guard;
}

/* Answers every id of an operation that never ran, or was given up. */
static void __attribute__((format(printf, 3, 4)))
refuse(struct fence_work *work, const struct operation *operation,
       const char *format, ...)
{
	struct fence_event event = {
		.type = FENCE_DONE,
		.outcome = FENCE_UNKNOWN,
		.digest = work->settings->fence_digest,
	};
	va_list args;

	va_start(args, format);
	vsnprintf(event.text, sizeof(event.text), format, args);
	va_end(args);
	for (unsigned i = 0; i < operation->id_count; i++) {
		event.id = operation->ids[i];
		work->emit(work->arg, &event);
	}
}

static void tell(struct fence_work *work, enum fence_event_type type,
		 const char *text)
{
	struct fence_event event = {
		.type = type,
		.level = work->plan.level,
		.wrote = work->wrote,
		.at_us = clock_now_us(),
	};

	event.took_us = event.at_us - work->start_us;
	snprintf(event.text, sizeof(event.text), "%s", text);
	for (unsigned i = 0; i < work->running.id_count; i++) {
		event.id = work->running.ids[i];
		work->emit(work->arg, &event);
	}
}

static void tidy_soon(struct fence_work *work)
{
	work->tidy_us = clock_now_us() + TIDY_US;
}

/* The answer. result.text is set already. */
static void finish(struct fence_work *work, enum fence_outcome outcome)
{
	struct fence_event *event = &work->result;

	event->type = FENCE_DONE;
	event->outcome = outcome;
	event->level = work->plan.level;
	event->digest = work->settings->fence_digest;
	event->wrote = work->wrote;
	event->took_us = clock_now_us() - work->start_us;
	event->power_wait_ms = plan_power_wait_ms(
		work->settings, work->running.request.node, &work->plan);
	for (unsigned i = 0; i < work->running.id_count; i++) {
		event->id = work->running.ids[i];
		work->emit(work->arg, event);
	}
	work->kept_until_us = clock_now_us() + KEPT_READ_US;
	if (is_write(&work->running.request))
		work->kept_until_us +=
			KEPT_WRITE_US + (int64_t)event->power_wait_ms * 1000;
	work->active = false;
	work->level_pending = false;
	tidy_soon(work);
}

static void __attribute__((format(printf, 2, 3)))
set_text(struct fence_work *work, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(work->result.text, sizeof(work->result.text), format, args);
	va_end(args);
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* ---- the child that stands ready ---- */

/*
 * Makes one, or replaces one that has carried out an attempt; only between two
 * operations. Where no process can be had the used one stays: to give a process
 * back means to lose it to others.
 */
static void make_spare(struct fence_work *work)
{
	char error[FENCE_TEXT_MAX];
	struct child fresh;

	if (work->asker_gone || work->settings->device_count == 0 ||
	    (work->spare.pid != 0 && !work->spare_is_used))
		return;
	/* an old one is not gone yet */
	if (work->child.pid != 0 ||
	    (work->spare.pid != 0 && work->spare.fd < 0)) {
		tidy_soon(work);
		return;
	}
	if (child_prepare(&fresh, work->settings, error, sizeof(error)) < 0) {
		if (!work->spare_was_told && work->spare.pid == 0)
			fprintf(stderr,
				"twinbeat-fencer: %s: none stands ready for a "
				"fence\n",
				error);
		work->spare_was_told = work->spare.pid == 0;
		tidy_soon(work);
		return;
	}
	work->spare_was_told = false;
	if (work->spare.pid != 0) {
		child_kill(&work->spare);
		work->child = work->spare; /* until it is reaped */
	}
	work->spare = fresh;
	work->spare_is_used = false;
}

/* Of libc, which the keeper has locked as a whole, only what is used at rest.
 */
static void tidy(struct fence_work *work)
{
	static const char *const names[] = {"libc.so", "ld-linux", NULL};

	work->tidy_us = INT64_MAX;
	make_spare(work);
	if (work->settings->realtime)
		images_lock_used(names);
	else
		images_forget_start();
}

static bool order_spare(struct fence_work *work, const struct attempt *attempt)
{
	if (work->spare.fd < 0)
		return false;
	if (child_order(&work->spare, attempt) < 0) {
		child_kill(&work->spare);
		return false;
	}
	work->child = work->spare;
	work->spare = (struct child)CHILD_NONE;
	return true;
}

/*
 * A power command goes to the child that stands ready; a read, for which nobody
 * waits, to one of its own, so that the other one is there for a command.
 */
static bool order_child(struct fence_work *work, const struct attempt *attempt,
			char *error, size_t error_size)
{
	if (attempt->kind != FENCE_READ && order_spare(work, attempt))
		return true;
	if (child_prepare(&work->child, work->settings, error, error_size) < 0)
		return order_spare(work, attempt);
	if (child_order(&work->child, attempt) == 0)
		return true;
	child_kill(&work->child);
	snprintf(error, error_size, "the attempt died before it began");
	return false;
}

/*
 * The attempt has said all, in order. Its child becomes the one that stands
 * ready where there is none; not one whose driver starts programs: some may be
 * left, and go with the child.
 */
static void end_child(struct fence_work *work)
{
	if (work->spare.pid != 0 || work->asker_gone || !work->child_is_whole) {
		child_kill(&work->child);
		return;
	}
	work->spare = work->child;
	work->spare_is_used = true;
	work->child = (struct child)CHILD_NONE;
	tidy_soon(work);
}

static void reap_spare(struct fence_work *work)
{
	if (work->spare.pid != 0 && child_reap(&work->spare))
		tidy_soon(work);
}

/* ---- attempts ---- */

/* Starts the child for work->plan; the last one is reaped. */
static void start_attempt(struct fence_work *work)
{
	const struct fence_request *request = &work->running.request;
	struct plan_times times = plan_times(work->settings, request->kind,
					     request->node, &work->plan);
	uint32_t guard_ms = request->guard ? PLAN_GUARD_MS : 0;
	struct attempt attempt = {
		.kind = request->kind,
		.node = request->node,
		.digest = work->settings->fence_digest,
		.plan = work->plan,
		.must_write = work->wrote,
		.guard = request->guard != 0,
		.start_us = work->start_us,
		.settle_ms = plan_settle_ms(work->settings, request->node,
					    &work->plan),
		.switch_ms = plan_switch_ms(work->settings, request->node,
					    &work->plan),
	};
	char error[FENCE_TEXT_MAX];

	work->level_pending = false;
	work->permitted = false;
	work->child_is_whole =
		plan_is_fast(work->settings, request->node, &work->plan);
	work->level_us = clock_now_us();
	work->level_deadline_us = least(
		work->level_us + (int64_t)(times.hard_ms + guard_ms) * 1000,
		work->deadline_us);
	attempt.give_up_us = least(
		work->level_us + (int64_t)(times.soft_ms + guard_ms) * 1000,
		work->level_deadline_us - MARGIN_US);
	if (!order_child(work, &attempt, error, sizeof(error))) {
		set_text(work, "%s", error);
		finish(work, FENCE_UNKNOWN);
	}
}

static void start_operation(struct fence_work *work)
{
	const struct fence_request *request = &work->running.request;
	struct plan_times times;

	work->active = true;
	work->start_us = clock_now_us();
	work->wrote = false;
	work->unknown = false;
	work->result = (struct fence_event){.type = FENCE_DONE};
	/* plan_check_request() has made sure that there is something. */
	if (request->kind == FENCE_OFF)
		plan_next_level(work->settings, request, 0, &work->plan);
	else
		plan_all_levels(work->settings, request, &work->plan);
	times = plan_times(work->settings, request->kind, request->node,
			   &work->plan);
	work->deadline_us =
		work->start_us +
		(request->kind == FENCE_READ
			 ? (int64_t)times.hard_ms
			 : (int64_t)work->settings->fence.timeout_ms) *
			1000;
	start_attempt(work);
}

/* Starts what can be started: never while an old child still lives, it may
 * hold the only connection that a device serves. */
static void pump(struct fence_work *work)
{
	while (work->child.pid == 0) {
		if (work->active && work->level_pending) {
			start_attempt(work);
		} else if (!work->active && work->queued > 0) {
			work->running = work->queue[0];
			work->queued--;
			memmove(work->queue, work->queue + 1,
				work->queued * sizeof(work->queue[0]));
			start_operation(work);
		} else {
			return;
		}
	}
}

/* This level is over without proof: the next one, or the answer. */
static void next_level(struct fence_work *work)
{
	struct fence_plan plan;

	if (work->running.request.kind != FENCE_OFF || work->asker_gone ||
	    clock_now_us() >= work->deadline_us ||
	    !plan_next_level(work->settings, &work->running.request,
			     work->plan.level, &plan)) {
		finish(work, work->unknown ? FENCE_UNKNOWN : FENCE_FAILED);
		return;
	}
	tell(work, FENCE_STEP, work->result.text);
	work->plan = plan;
	work->level_pending = true;
}

/* The attempt proves nothing; its child is killed if it still is there. */
static void lose_attempt(struct fence_work *work)
{
	child_kill(&work->child);
	work->unknown = true;
	next_level(work);
}

/* Does the end of an attempt fit to what was asked and allowed? */
static bool end_is_sane(const struct fence_work *work,
			const struct report *report)
{
	uint8_t want = PLUG_OFF;

	switch (report->outcome) {
	case FENCE_UNKNOWN:
	case FENCE_FAILED:
		return is_write(&work->running.request);
	case FENCE_READ_DONE:
		return !is_write(&work->running.request);
	case FENCE_OUTRUN:
		return is_write(&work->running.request) &&
		       work->running.request.guard && !work->permitted;
	case FENCE_IS_ON:
		want = PLUG_ON;
		if (work->running.request.kind != FENCE_ON)
			return false;
		break;
	case FENCE_IS_OFF:
		if (work->running.request.kind != FENCE_OFF || !work->permitted)
			return false;
		break;
	case FENCE_ALREADY_OFF:
		if (work->running.request.kind != FENCE_OFF || work->wrote)
			return false;
		break;
	default:
		return false;
	}
	for (unsigned i = 0; i < work->plan.count; i++)
		if (report->plugs[work->plan.plugs[i]] != want)
			return false;
	return report->at_us >= work->level_us &&
	       report->at_us <= clock_now_us();
}

static void end_attempt(struct fence_work *work, const struct report *report)
{
	const struct settings *settings = work->settings;
	const char *name = settings->nodes[work->running.request.node].name;

	if (!end_is_sane(work, report)) {
		set_text(work,
			 "level %u: the attempt ended with a report that "
			 "does not fit; its outcome is unknown",
			 work->plan.level);
		lose_attempt(work);
		return;
	}
	work->result.at_us = report->at_us;
	set_text(work, "%s", report->text);
	switch (report->outcome) {
	case FENCE_IS_OFF:
	case FENCE_ALREADY_OFF:
		if (work->plan.whole) {
			finish(work, (enum fence_outcome)report->outcome);
			break;
		}
		/* R6: within a level every plug must go off. */
		set_text(work,
			 "the plugs asked for read off, but level %u of "
			 "%s has others: this does not prove that it is off",
			 work->plan.level, name);
		finish(work, FENCE_UNKNOWN);
		break;
	case FENCE_UNKNOWN:
		work->unknown = true;
		next_level(work);
		break;
	case FENCE_FAILED:
		next_level(work);
		break;
	default:
		finish(work, (enum fence_outcome)report->outcome);
	}
}

/* The asker hears of it before the first byte goes out (FENCE_WRITING): it
 * must know that from now on the attempt will be finished. */
static void ask_to_write(struct fence_work *work)
{
	struct fence_event event = {
		.type = FENCE_WRITING,
		.level = work->plan.level,
		.wrote = true,
		.at_us = clock_now_us(),
	};
	bool told = !work->asker_gone;

	if (!is_write(&work->running.request)) {
		set_text(work,
			 "level %u: a read asked for leave to switch; "
			 "its outcome is unknown",
			 work->plan.level);
		lose_attempt(work);
		return;
	}
	event.took_us = event.at_us - work->start_us;
	snprintf(event.text, sizeof(event.text), "the power command goes out");
	for (unsigned i = 0; i < work->running.id_count && !work->wrote; i++) {
		event.id = work->running.ids[i];
		told = told && work->emit(work->arg, &event);
	}
	if (!told) {
		set_text(work,
			 "level %u: nothing was switched: who asked does "
			 "not listen any more",
			 work->plan.level);
		lose_attempt(work);
		return;
	}
	work->permitted = true;
	work->wrote = true;
	if (child_permit(&work->child) < 0) {
		set_text(work,
			 "level %u: the attempt died before it could "
			 "switch",
			 work->plan.level);
		lose_attempt(work);
	}
}

static void take_report(struct fence_work *work, const struct report *report)
{
	struct fence_event *result = &work->result;

	result->device_tried |= report->device_tried;
	result->device_ok &= ~report->device_tried;
	result->device_ok |= report->device_ok & report->device_tried;
	for (unsigned i = 0; i < work->plan.count; i++) {
		unsigned plug = work->plan.plugs[i];

		result->plugs[plug] = report->plugs[plug];
	}
	switch (report->type) {
	case REPORT_STEP:
		tell(work, FENCE_STEP, report->text);
		break;
	case REPORT_ASK:
		ask_to_write(work);
		break;
	default:
		end_attempt(work, report);
	}
}

/* An attempt whose operation is over is not listened to. */
static bool is_listening(const struct fence_work *work)
{
	return work->active && !work->level_pending && work->child.fd >= 0;
}

static void read_child(struct fence_work *work)
{
	struct report report;
	int got;

	while (is_listening(work)) {
		got = child_receive(&work->child, &report);
		if (got == 0)
			return;
		if (got < 0) {
			set_text(work,
				 "level %u: the attempt ended without a "
				 "result; its outcome is unknown",
				 work->plan.level);
			lose_attempt(work);
			break;
		}
		take_report(work, &report);
	}
	if (work->child.fd >= 0)
		end_child(work); /* else it is late, or strange */
	pump(work);
}

static void reap_child(struct fence_work *work)
{
	if (is_listening(work))
		read_child(work); /* its last words */
	if (work->child.pid == 0 || !child_reap(&work->child))
		return;
	if (work->active && !work->level_pending) {
		set_text(work,
			 "level %u: the attempt died; its outcome is unknown",
			 work->plan.level);
		lose_attempt(work);
	}
	pump(work);
	/* its process is free, before others take it */
	if (!work->active && work->spare.pid == 0)
		work->tidy_us = clock_now_us();
}

void operation_check_deadline(struct fence_work *work)
{
	int64_t now_us = clock_now_us();

	if (now_us < operation_deadline_us(work))
		return;
	if (!work->active) {
		if (now_us >= work->kept_until_us)
			kept_close_all();
		if (now_us >= work->tidy_us)
			tidy(work);
		return;
	}
	set_text(work,
		 "level %u: not finished after %lld ms, killed; its outcome is "
		 "unknown",
		 work->plan.level,
		 (long long)((now_us - work->level_us) / 1000));
	if (is_listening(work))
		lose_attempt(work);
	else /* the last child cannot even be killed */
		finish(work, FENCE_UNKNOWN);
	pump(work);
}

int64_t operation_deadline_us(const struct fence_work *work)
{
	if (!work->active)
		return kept_is_empty()
			       ? work->tidy_us
			       : least(work->kept_until_us, work->tidy_us);
	return is_listening(work) ? work->level_deadline_us : work->deadline_us;
}

/* Adds the request to an equal one, if there is room. */
static bool merge(struct operation *operation,
		  const struct fence_request *request)
{
	if (!is_equal(&operation->request, request) ||
	    operation->id_count == OPERATION_IDS)
		return false;
	operation->ids[operation->id_count++] = request->id;
	return true;
}

static bool merge_running(struct fence_work *work,
			  const struct fence_request *request)
{
	struct fence_event event = {
		.type = FENCE_WRITING,
		.id = request->id,
		.level = work->plan.level,
		.wrote = true,
		.at_us = clock_now_us(),
		.text = "the power command is out already",
	};

	if (!work->active || !merge(&work->running, request))
		return false;
	if (work->wrote)
		work->emit(work->arg, &event);
	return true;
}

/* A fence ends the node's own reads (R14): they hold the device's only
 * connection, and what they would say is old by then. */
static void end_reads(struct fence_work *work, const char *by)
{
	for (unsigned i = 0; i < work->queued; i++)
		refuse(work, &work->queue[i], "not read: %s goes first", by);
	work->queued = 0;
	if (!work->active)
		return;
	child_kill(&work->child);
	set_text(work, "the read was ended by %s", by);
	finish(work, FENCE_UNKNOWN);
}

static bool write_is_on_its_way(const struct fence_work *work)
{
	if (work->active && is_write(&work->running.request))
		return true;
	return work->queued > 0 && is_write(&work->queue[0].request);
}

void operation_request(struct fence_work *work,
		       const struct fence_request *request)
{
	struct operation operation = {
		.request = *request, .ids = {request->id}, .id_count = 1};
	char error[FENCE_TEXT_MAX];

	if (plan_check_request(work->settings, request, error, sizeof(error)) <
	    0) {
		refuse(work, &operation, "%s", error);
		return;
	}
	if (merge_running(work, request))
		return;
	for (unsigned i = 0; i < work->queued; i++)
		if (merge(&work->queue[i], request))
			return;
	if (write_is_on_its_way(work)) {
		refuse(work, &operation,
		       "busy: another power command is being carried out");
		return;
	}
	if (is_write(request))
		end_reads(work, "a fence");
	if (work->queued == OPERATION_QUEUE) {
		refuse(work, &operation, "busy: %d requests wait already",
		       OPERATION_QUEUE);
		return;
	}
	work->queue[work->queued++] = operation;
	pump(work);
}

/* Of one who has asked alone: what others want as well goes on. */
static bool is_only(const struct operation *operation, uint32_t id)
{
	return operation->request.kind == FENCE_OFF &&
	       operation->id_count == 1 && operation->ids[0] == id;
}

#define CANCELLED                                                              \
	"nothing was switched: it was called back, it is not needed now"

void operation_cancel(struct fence_work *work, uint32_t id)
{
	for (unsigned i = 0; i < work->queued; i++) {
		if (!is_only(&work->queue[i], id))
			continue;
		refuse(work, &work->queue[i], CANCELLED);
		work->queued--;
		memmove(work->queue + i, work->queue + i + 1,
			(work->queued - i) * sizeof(work->queue[0]));
		return;
	}
	/* leave to switch was given: it is finished, whatever is heard (R5) */
	if (!work->active || work->wrote || !is_only(&work->running, id))
		return;
	child_kill(&work->child);
	set_text(work, CANCELLED);
	finish(work, FENCE_UNKNOWN);
}

void operation_ready(struct fence_work *work)
{
	if (work->spare.fd < 0 ||
	    child_rehearse(&work->spare, work->settings) < 0)
		return;
	work->spare_is_used = true; /* and larger: there is a fresh one later */
	if (!work->active)
		tidy_soon(work);
}

bool operation_change(struct fence_work *work, const struct settings *settings)
{
	if (write_is_on_its_way(work))
		return false;
	end_reads(work, "a reload");
	kept_close_all();
	child_kill(&work->spare); /* it knows the old ones */
	if (!operation_idle(work) || work->spare.pid != 0)
		return false; /* a child is not gone yet */
	work->settings = settings;
	work->tidy_us = clock_now_us();
	return true;
}

void operation_asker_gone(struct fence_work *work)
{
	work->asker_gone = true;
	work->queued = 0;
	child_kill(&work->spare);
	if (!work->active || (work->permitted && !work->level_pending))
		return;
	child_kill(&work->child);
	work->active = false;
	work->level_pending = false;
}

bool operation_idle(const struct fence_work *work)
{
	return !work->active && work->queued == 0 && work->child.pid == 0 &&
	       (!work->asker_gone || work->spare.pid == 0);
}

void operation_poll(const struct fence_work *work,
		    struct pollfd polled[OPERATION_FDS])
{
	polled[0] = (struct pollfd){.fd = work->child.fd, .events = POLLIN};
	polled[1] = (struct pollfd){.fd = work->child.pidfd, .events = POLLIN};
	polled[2] = (struct pollfd){.fd = work->spare.pidfd, .events = POLLIN};
}

/* Each step may have replaced the child: ask for the same one. */
void operation_take(struct fence_work *work,
		    const struct pollfd polled[OPERATION_FDS])
{
	if (polled[0].revents != 0 && work->child.fd == polled[0].fd)
		read_child(work);
	if (polled[1].revents != 0 && work->child.pidfd == polled[1].fd)
		reap_child(work);
	if (polled[2].revents != 0 && work->spare.pidfd == polled[2].fd)
		reap_spare(work);
}
