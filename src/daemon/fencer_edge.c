/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The fencer, seen from the main process: requests out, answers in. A request
 * that nobody takes is answered here, as unknown: whatever the core asks it
 * hears of again, and nothing but the fencer's own word says "off" (R6).
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon.h"
#include "fencer_edge.h"
#include "helpers.h"
#include "reload.h"
#include "../base/log.h"
#include "../base/message.h"
#include "../ipc/fencer_msg.h"

#define EVENTS_PER_TURN 64
#define SLACK_US	3000000
#define LEVELS_ALL	((UINT32_C(1) << (LEVELS_MAX + 1)) - 2)

static_assert((int)CORE_FENCE_READ == FENCE_READ &&
		      (int)CORE_FENCE_OFF == FENCE_OFF &&
		      (int)CORE_FENCE_ON == FENCE_ON,
	      "the core and the fencer name the same kinds");
static_assert((int)CORE_OUTCOME_UNKNOWN == FENCE_UNKNOWN &&
		      (int)CORE_OUTCOME_FAILED == FENCE_FAILED &&
		      (int)CORE_OUTCOME_OFF == FENCE_IS_OFF &&
		      (int)CORE_OUTCOME_ALREADY_OFF == FENCE_ALREADY_OFF &&
		      (int)CORE_OUTCOME_ON == FENCE_IS_ON &&
		      (int)CORE_OUTCOME_READ == FENCE_READ_DONE &&
		      (int)CORE_OUTCOME_OUTRUN == FENCE_OUTRUN,
	      "the core and the fencer name the same outcomes");
static_assert((int)CORE_PLUG_UNKNOWN == PLUG_UNKNOWN &&
		      (int)CORE_PLUG_ON == PLUG_ON &&
		      (int)CORE_PLUG_OFF == PLUG_OFF,
	      "the core and the fencer name the same plug states");
static_assert(CORE_PLUGS_MAX == PLUGS_MAX && CORE_DEVICES_MAX == DEVICES_MAX &&
		      CORE_INSTANCES_MAX == INSTANCES_MAX &&
		      CORE_LINKS_MAX == LINKS_MAX,
	      "the core and the settings count alike");

#define FENCE_REFUSALS_MAX 8
struct fencer_edge {
	/* requests that nobody took: answered as unknown (R6) */
	uint32_t refused[FENCE_REFUSALS_MAX];
	unsigned refused_count;
	unsigned pending;      /* requests without their last word */
	int64_t waiting_us;    /* since the newest word or request */
	uint32_t write_id;     /* the newest that is no mere read */
	uint32_t cancelled_id; /* of those, the newest that was called back */
	int64_t hurry_us;      /* the hurry that it was told of */
};

int fencer_edge_init(struct daemon *daemon)
{
	daemon->fencer = calloc(1, sizeof(*daemon->fencer));
	return daemon->fencer ? 0 : -1;
}

static void refuse(struct daemon *daemon, uint32_t id)
{
	struct fencer_edge *edge = daemon->fencer;

	/* The core has one fence and two reads under way at most. */
	if (edge->refused_count < FENCE_REFUSALS_MAX)
		edge->refused[edge->refused_count++] = id;
}

/*
 * R5: what the device needs until the power command goes out (it is connected
 * to, it is read) may be seconds, and until then a shot that is no longer
 * needed is called back; later it is finished. What a person wants goes on.
 */
static bool is_to_be_cancelled(const struct core *core)
{
	const struct core_fence *fence = &core->fence;
	const struct core_ask *ask = &core->asks[ASK_POWER];

	return fence->state == FENCE_STATE_RUNNING && ask->id != 0 &&
	       ask->kind == CORE_FENCE_OFF && ask->token == 0 &&
	       fence_is_moot(core);
}

static void cancel_if_moot(struct daemon *daemon)
{
	const struct core_ask *ask = &daemon->core.asks[ASK_POWER];
	const struct helper *fencer = &daemon->helpers[HELPER_FENCER];
	struct fence_request request;

	if (!is_to_be_cancelled(&daemon->core) || fencer->socket.fd < 0 ||
	    daemon->fencer->cancelled_id == ask->id)
		return;
	request = (struct fence_request){.kind = FENCE_CANCEL, .id = ask->id};
	/* one that takes nothing hangs, and is ended with what it was told */
	if (message_send(fencer->socket.fd, &request, sizeof(request)) ==
	    MESSAGE_OK)
		daemon->fencer->cancelled_id = ask->id;
}

/* R18: while the peer may answer yet, what a shot would need is fetched. */
static void warn_if_hurried(struct daemon *daemon)
{
	static const struct fence_request request = {.kind = FENCE_READY};
	int64_t hurry_us = daemon->core.hurry.from_us;

	if (daemon->fencer->hurry_us == hurry_us)
		return;
	daemon->fencer->hurry_us = hurry_us;
	if (hurry_us != 0 && daemon->helpers[HELPER_FENCER].socket.fd >= 0)
		(void)message_send(daemon->helpers[HELPER_FENCER].socket.fd,
				   &request, sizeof(request));
}

bool fencer_feed_refused(struct daemon *daemon)
{
	struct fencer_edge *edge = daemon->fencer;
	struct event event;

	warn_if_hurried(daemon);
	cancel_if_moot(daemon);
	if (edge->refused_count == 0)
		return false;
	event = (struct event){.type = EVENT_FENCE_DONE};
	event.fence.id = edge->refused[--edge->refused_count];
	event.fence.outcome = CORE_OUTCOME_UNKNOWN;
	event.fence.digest = daemon->settings->fence_digest;
	event.fence.text = "twinbeat-fencer is not running, or hangs; it is "
			   "started again";
	daemon_feed(daemon, &event);
	return true;
}

void fencer_ask(struct daemon *daemon, const struct action *action)
{
	const struct helper *fencer = &daemon->helpers[HELPER_FENCER];
	struct fence_request request = {
		.id = action->fence.id,
		.kind = action->fence.kind,
		.node = action->fence.node,
		/* the core says "all" by all bits; the fencer knows 1 to 9 */
		.levels = action->fence.levels & LEVELS_ALL,
		.device = action->fence.device,
		.digest = action->fence.digest,
		.guard = action->fence.guard,
	};

	if (action->fence.kind != CORE_FENCE_READ)
		daemon->fencer->write_id = request.id;
	if (fencer->socket.fd < 0 ||
	    message_send(fencer->socket.fd, &request, sizeof(request)) !=
		    MESSAGE_OK) {
		refuse(daemon, request.id);
		return;
	}
	daemon->fencer->pending++;
	daemon->fencer->waiting_us = clock_now_us();
	/* it answers while devices are slow: one that hangs is found at once */
	pulse_ask(daemon, HELPER_FENCER);
}

bool fencer_reload(struct daemon *daemon, enum fence_kind step, uint32_t number,
		   int settings_fd)
{
	const struct fence_request request = {.id = number, .kind = step};

	return message_send_fd(daemon->helpers[HELPER_FENCER].socket.fd,
			       &request, sizeof(request),
			       settings_fd) == MESSAGE_OK;
}

void fencer_ended(struct daemon *daemon, const char *why)
{
	struct event event = {.type = EVENT_FENCER_LOST, .process.text = why};

	daemon->fencer->pending = 0;
	daemon_feed(daemon, &event);
}

/*
 * Each second. It answers every request within its own deadlines; one that
 * says nothing any more hangs, and would hold up takeover and operators: it is
 * ended, what was asked is unknown (R6), and a new one starts.
 */
void fencer_expire(struct daemon *daemon)
{
	const struct fencer_edge *edge = daemon->fencer;
	int64_t limit_us =
		daemon->settings->fence.timeout_ms * INT64_C(1000) + SLACK_US;

	if (edge->pending == 0 || clock_now_us() - edge->waiting_us < limit_us)
		return;
	log_line(LOG_CRIT,
		 "twinbeat-fencer says nothing for %lld ms: it is ended and "
		 "started again",
		 (long long)(clock_now_us() - edge->waiting_us) / 1000);
	daemon->fencer->pending = 0;
	helper_kill(&daemon->helpers[HELPER_FENCER]);
}

void fencer_shift_patience(struct daemon *daemon)
{
	daemon->fencer->waiting_us = clock_now_us();
}

/* ---- what it says ---- */

static void take_step(struct daemon *daemon, const struct fence_event *heard)
{
	struct event event = {.type = EVENT_FENCE_STEPPED};

	event.step.id = heard->id;
	event.step.writing = heard->type == FENCE_WRITING;
	event.step.text = heard->text;
	if (heard->text[0] && heard->id == daemon->fencer->write_id)
		log_line(LOG_NOTICE, "fence: %s", heard->text);
	daemon_feed(daemon, &event);
}

static void take_done(struct daemon *daemon, const struct fence_event *heard)
{
	struct event event = {.type = EVENT_FENCE_DONE};
	struct core_fence_done *done = &event.fence;

	done->id = heard->id;
	/* what is not understood proves nothing */
	done->outcome = heard->outcome <= FENCE_OUTRUN
				? (enum core_fence_outcome)heard->outcome
				: CORE_OUTCOME_UNKNOWN;
	done->level = heard->level <= LEVELS_MAX ? heard->level : 0;
	done->digest = heard->digest;
	done->device_ok = heard->device_ok;
	done->device_tried = heard->device_tried;
	for (unsigned i = 0; i < PLUGS_MAX; i++)
		done->plugs[i] = heard->plugs[i] <= PLUG_OFF ? heard->plugs[i]
							     : PLUG_UNKNOWN;
	done->wrote = heard->wrote != 0;
	done->called_back = heard->id == daemon->fencer->cancelled_id &&
			    done->outcome == CORE_OUTCOME_UNKNOWN &&
			    !done->wrote;
	done->read_at_us = heard->at_us;
	done->took_us = heard->took_us;
	done->power_wait_ms = heard->power_wait_ms;
	done->text = heard->text;
	/* Reads are the watch (R14): told by alerts, not one by one. */
	if (heard->id == daemon->fencer->write_id)
		log_line(LOG_NOTICE, "fence: %s (took %lld ms)", heard->text,
			 (long long)heard->took_us / 1000);
	daemon_feed(daemon, &event);
}

void fencer_read(struct daemon *daemon)
{
	struct helper *fencer = &daemon->helpers[HELPER_FENCER];
	struct fence_event heard;

	for (unsigned i = 0; i < EVENTS_PER_TURN && fencer->socket.fd >= 0;
	     i++) {
		enum message_result result = message_receive(
			fencer->socket.fd, &heard, sizeof(heard));

		if (result == MESSAGE_WRONG) {
			log_line(LOG_ERR,
				 "twinbeat-fencer sent a message of a wrong "
				 "size: are all programs of one version?");
			continue;
		}
		if (result != MESSAGE_OK)
			return;
		heard.text[sizeof(heard.text) - 1] = '\0';
		log_clean(heard.text);
		pulse_heard(daemon, HELPER_FENCER);
		if (heard.type == FENCE_PONG)
			continue;
		if (heard.type == FENCE_PREPARED) {
			reload_answered(daemon, HELPER_FENCER, heard.id,
					heard.outcome == FENCE_FAILED
						? heard.text
						: NULL);
			continue;
		}
		daemon->fencer->waiting_us = clock_now_us();
		if (heard.type == FENCE_DONE && daemon->fencer->pending > 0)
			daemon->fencer->pending--;
		if (heard.type == FENCE_STEP || heard.type == FENCE_WRITING)
			take_step(daemon, &heard);
		else if (heard.type == FENCE_DONE)
			take_done(daemon, &heard);
	}
}
