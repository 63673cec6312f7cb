/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The runner, seen from the main process: log lines, the state file and
 * notifications go to it, since each of them may block. When it is slow or
 * dead, they wait in a box of bounded size; what has no room there is lost,
 * counted and told; the state is kept and saved as soon as it is back. Never
 * waits for it.
 */
#include <jansson.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#include "checks_edge.h"
#include "daemon.h"
#include "control.h"
#include "helpers.h"
#include "notices.h"
#include "reload.h"
#include "runner_edge.h"
#include "vrrp_edge.h"
#include "store.h"
#include "../base/log.h"
#include "../base/message.h"
#include "../base/realtime.h"
#include "../status/state_file.h"

#define EVENTS_PER_TURN 64
#define SETTLE_MS	2000

_Static_assert(STATE_TEXT_MAX <= RUNNER_BODY_MAX, "a state fits in a request");

#define SAVE_LIMIT_US 15000000

/* Kept free in the box: for a state, and for what happens from log lines. */
#define SPARE_FOR_SAVE (sizeof(struct runner_request) + 64)
/* At rest a message or two wait, of 3 KiB each. */
#define OUTBOX_LOCKED		  (64 * 1024)
#define SPARE_FOR_HISTORY(outbox) ((outbox)->size / 2)

/* True: it has it, or will get it, in order. */
static bool runner_send(struct daemon *daemon,
			const struct runner_request *request)
{
	struct source *socket = &daemon->helpers[HELPER_RUNNER].socket;
	struct outbox *outbox = &daemon->runner->outbox;
	size_t size = offsetof(struct runner_request, body) + request->size;
	size_t spare = request->type == RUNNER_SAVE  ? 0
		       : request->type == RUNNER_LOG ? SPARE_FOR_HISTORY(outbox)
						     : SPARE_FOR_SAVE;

	if (outbox->count == 0 && socket->fd >= 0 &&
	    message_send(socket->fd, request, size) == MESSAGE_OK)
		return true;
	if (!outbox_put(outbox, request, size, spare))
		return false;
	if (outbox->count == 1 && socket->fd >= 0)
		loop_change(&daemon->loop, socket, EPOLLIN | EPOLLOUT);
	return true;
}

/* R13: a gap is told, as soon as there is room again; not in its middle. */
static void tell_lost(struct daemon *daemon)
{
	struct runner_edge *edge = daemon->runner;
	struct runner_request request;

	if ((edge->lost[LOST_LINES] == 0 && edge->lost[LOST_HISTORY] == 0 &&
	     edge->lost[LOST_NOTIFICATIONS] == 0) ||
	    edge->outbox.used > edge->outbox.size / 4)
		return;
	request.type = RUNNER_LOST;
	request.id = 0;
	request.size = sizeof(edge->lost);
	memcpy(request.body, edge->lost, sizeof(edge->lost));
	if (runner_send(daemon, &request))
		memset(edge->lost, 0, sizeof(edge->lost));
}

static void runner_flush(struct daemon *daemon)
{
	struct source *socket = &daemon->helpers[HELPER_RUNNER].socket;
	struct outbox *outbox = &daemon->runner->outbox;
	struct runner_request request;
	size_t size;

	if (outbox->count == 0 || socket->fd < 0)
		return;
	while ((size = outbox_look(outbox, &request, sizeof(request))) > 0 &&
	       message_send(socket->fd, &request, size) == MESSAGE_OK)
		outbox_pop(outbox);
	loop_change(&daemon->loop, socket,
		    outbox->count > 0 ? EPOLLIN | EPOLLOUT : EPOLLIN);
	tell_lost(daemon);
}

/* ---- log ---- */

static void carry_line(void *arg, int priority, const char *line)
{
	struct daemon *daemon = arg;
	struct runner_request request;
	size_t length = strnlen(line, LOG_LINE_SIZE);

	request.type = RUNNER_LOG;
	request.id = 0;
	request.body[0] = (char)('0' + (priority & 7));
	memcpy(request.body + 1, line, length);
	request.size = (uint32_t)length + 1;
	/* counted here: what tells of it must pass the runner's limit */
	if (!runner_send(daemon, &request))
		daemon->runner->lost[LOST_LINES]++;
}

/* ---- state ---- */

/* One at a time: the newest is saved when the one under way is done. */
void runner_save(struct daemon *daemon)
{
	struct runner_edge *edge = daemon->runner;
	struct runner_request request = {.type = RUNNER_SAVE};

	edge->save_again = true;
	if (edge->save_id != 0 || daemon->helpers[HELPER_RUNNER].socket.fd < 0)
		return;
	request.size = (uint32_t)state_encode(
		&daemon->core.memory, daemon->settings->pair,
		daemon->settings->nodes[daemon->settings->self].name,
		request.body);
	request.id = ++edge->next_id;
	if (!runner_send(daemon, &request))
		return; /* tried again each second */
	edge->save_id = request.id;
	edge->asked_us = clock_now_us();
	edge->save_again = false;
}

bool runner_is_saving(const struct daemon *daemon)
{
	return daemon->runner->save_id != 0 || daemon->runner->save_again;
}

static void take_saved(struct daemon *daemon, const struct runner_event *heard)
{
	struct runner_edge *edge = daemon->runner;

	if (heard->id != edge->save_id)
		return;
	edge->save_id = 0;
	if (heard->error != 0) {
		if (!edge->save_failing) {
			log_line(LOG_ERR,
				 "state file %s cannot be written: %s; tried "
				 "again each second",
				 daemon->state_path, strerror(heard->error));
			store_failed(daemon);
		}
		edge->save_failing = true;
		edge->save_again = true;
		edge->save_error = heard->error;
		store_tell_state(daemon);
		control_saved(daemon, false);
		return;
	}
	if (edge->save_failing)
		log_line(LOG_NOTICE, "state file %s is written again",
			 daemon->state_path);
	store_saved(daemon);
	if (edge->save_failing) {
		edge->save_failing = false;
		store_tell_state(daemon);
	}
	if (edge->save_again)
		runner_save(daemon);
	else
		control_saved(daemon, true);
}

/* ---- notifications ---- */

void runner_notify(struct daemon *daemon, const char *text, size_t size)
{
	struct runner_request request = {.type = RUNNER_NOTIFY};

	if (size == 0 || size > sizeof(request.body))
		return;
	request.id = ++daemon->runner->next_id;
	request.size = (uint32_t)size;
	memcpy(request.body, text, size);
	if (!runner_send(daemon, &request))
		daemon->runner->lost[LOST_NOTIFICATIONS]++;
}

/* ---- history ---- */

/* A text or null: what is not known is not "". */
static json_t *word(const char *text)
{
	return text && text[0] ? json_string(text) : json_null();
}

/* One line: its members, in the order of the schema (twinbeat(8)). */
struct line {
	const char *kind, *instance, *from, *to, *proof, *reason;
	int64_t advert_us; /* of that instance, the newest heard; 0 = none */
};

static json_t *life(uint32_t generation)
{
	return generation ? json_sprintf("%08x", generation) : json_null();
}

static json_t *moment(int64_t us)
{
	return us ? json_integer(us / 1000) : json_null();
}

/*
 * The newest beats of both, by which twinbeat timeline puts the journals of two
 * machines side by side: no wall clock is needed, nor right.
 */
static json_t *beats(const struct daemon *daemon, int64_t advert_us)
{
	const struct core *core = &daemon->core;
	const struct core_peer *peer = &core->peer;

	return json_pack(
		"{s:o, s:I, s:o, s:I, s:I, s:o, s:o, s:o}", "run",
		life(core->generation), "sent", (json_int_t)core->sequence,
		"peer_run", life(peer->heard_generation), "heard",
		(json_int_t)peer->heard_sequence, "clock_ms",
		(json_int_t)peer->heard_clock_ms, "at_ms",
		moment(peer->heard_us), "alive_ms",
		moment(peer->advert_us > peer->heard_us ? peer->advert_us
							: peer->heard_us),
		"advert_ms", moment(advert_us));
}

static void send_line(struct daemon *daemon, const struct line *line,
		      int64_t now_us)
{
	const struct settings *settings = daemon->settings;
	struct runner_request request = {.type = RUNNER_HISTORY};
	time_t now = time(NULL);
	char at[32] = "", *text;
	json_t *object;
	struct tm tm;

	if (gmtime_r(&now, &tm))
		strftime(at, sizeof(at), "%Y-%m-%dT%H:%M:%SZ", &tm);
	object = json_pack("{s:s, s:I, s:s, s:o, s:o, s:o, s:o, s:s, s:s, s:s, "
			   "s:s, s:o}",
			   "at", at, "boottime_ms", (json_int_t)(now_us / 1000),
			   "kind", line->kind, "instance", word(line->instance),
			   "from", word(line->from), "to", word(line->to),
			   "proof", word(line->proof), "reason", line->reason,
			   "pair", settings->pair, "node",
			   settings->nodes[settings->self].name, "peer",
			   settings->nodes[1 - settings->self].name, "beat",
			   beats(daemon, line->advert_us));
	text = json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII);
	json_decref(object);
	if (text && strlen(text) <= sizeof(request.body)) {
		request.size = (uint32_t)strlen(text) - 1;
		memcpy(request.body, text + 1, request.size);
	}
	if (request.size == 0 || !runner_send(daemon, &request))
		daemon->runner->lost[LOST_HISTORY]++;
	free(text);
}

void runner_history(struct daemon *daemon, const struct action *action,
		    int64_t now_us)
{
	const struct settings *settings = daemon->settings;
	char reason[sizeof(action->text) + 40];
	struct line line = {.kind = "alert", .reason = reason};

	if (action->type == ACTION_ALERT) {
		line.to = action->alert.raised ? "raised" : "cleared";
		snprintf(reason, sizeof(reason), "%s: %s", action->alert.name,
			 action->text);
	} else {
		line = (struct line){.kind = action->trace.kind,
				     .from = action->trace.from,
				     .to = action->trace.to,
				     .proof = action->trace.proof,
				     .reason = action->text};
		if (action->instance < settings->instance_count) {
			line.instance =
				settings->instances[action->instance].name;
			if (!strcmp(line.kind, "instance"))
				vrrp_edge_note(daemon, action->instance,
					       line.to, line.proof, now_us);
			line.advert_us =
				daemon->core.instances[action->instance]
					.vrrp.heard_us;
		}
	}
	send_line(daemon, &line, now_us);
}

void runner_tell_history(struct daemon *daemon, const char *kind,
			 const char *from, const char *to, const char *reason)
{
	const struct line line = {
		.kind = kind, .from = from, .to = to, .reason = reason};

	send_line(daemon, &line, clock_now_us());
}

/* ---- a reload ---- */

bool runner_prepare(struct daemon *daemon, uint32_t number, int settings_fd)
{
	const struct runner_request request = {.type = RUNNER_PREPARE,
					       .id = number};

	/* a descriptor cannot wait in the box */
	return daemon->runner->outbox.count == 0 &&
	       message_send_fd(daemon->helpers[HELPER_RUNNER].socket.fd,
			       &request, offsetof(struct runner_request, body),
			       settings_fd) == MESSAGE_OK;
}

void runner_commit(struct daemon *daemon)
{
	const struct runner_request request = {.type = RUNNER_COMMIT,
					       .id = ++daemon->runner->next_id};

	/* in order behind what is said by the old ones; one that cannot be
	 * told starts again, with the new */
	daemon->notices->is_behind = true;
	checks_edge_changed(daemon, request.id);
	if (!runner_send(daemon, &request))
		helper_kill(&daemon->helpers[HELPER_RUNNER]);
}

/* ---- life ---- */

int runner_edge_init(struct daemon *daemon)
{
	size_t size = RUNNER_OUTBOX_EACH * daemon->settings->instance_count;

	if (size < RUNNER_OUTBOX_LEAST)
		size = RUNNER_OUTBOX_LEAST;
	daemon->runner = calloc(1, sizeof(*daemon->runner));
	if (!daemon->runner)
		return -1;
	daemon->runner->outbox.room = malloc(size);
	daemon->runner->outbox.size = size;
	return daemon->runner->outbox.room ? 0 : -1;
}

/* Only while the runner is slow is there more, and then none of it is locked:
 * a log that waits may wait for a page, too. */
void runner_edge_give_back(struct daemon *daemon)
{
	struct outbox *outbox = &daemon->runner->outbox;

	if (outbox->count == 0 && outbox->size > OUTBOX_LOCKED)
		realtime_give_back(outbox->room + OUTBOX_LOCKED,
				   outbox->size - OUTBOX_LOCKED);
}

void runner_started(struct daemon *daemon)
{
	log_set_carrier(carry_line, daemon);
	checks_edge_changed(daemon, 0);
	daemon->runner->save_id = 0;
	daemon->notices->is_behind = false;
	runner_flush(daemon);
	if (daemon->runner->save_again)
		runner_save(daemon);
}

void runner_ended(struct daemon *daemon, const char *why)
{
	struct event event = {.type = EVENT_PROCESS_DIED, .process.text = why};

	/* nobody knows whether it was written */
	if (daemon->runner->save_id != 0)
		daemon->runner->save_again = true;
	daemon->runner->save_id = 0;
	daemon_feed(daemon, &event);
}

void runner_save_later(struct daemon *daemon)
{
	daemon->runner->save_again = true;
}

void runner_read(struct daemon *daemon)
{
	struct helper *runner = &daemon->helpers[HELPER_RUNNER];
	struct runner_event heard;

	runner_flush(daemon);
	for (unsigned i = 0; i < EVENTS_PER_TURN && runner->socket.fd >= 0;
	     i++) {
		enum message_result result = message_receive(
			runner->socket.fd, &heard, sizeof(heard));

		if (result == MESSAGE_WRONG)
			continue;
		if (result != MESSAGE_OK)
			return;
		/* its checks are a process of their own: no sign of its life */
		if (heard.type == RUNNER_CHECKS ||
		    heard.type == RUNNER_CHECKS_RUN) {
			checks_edge_heard(daemon, &heard);
			continue;
		}
		pulse_heard(daemon, HELPER_RUNNER);
		if (heard.type == RUNNER_SAVED)
			take_saved(daemon, &heard);
		else if (heard.type == RUNNER_HISTORY_KEPT)
			store_tell_history(daemon, heard.error);
		else if (heard.type == RUNNER_RECEIVER)
			notices_heard(daemon, &heard);
		else if (heard.type == RUNNER_COMMITTED)
			daemon->notices->is_behind = false;
		else if (heard.type == RUNNER_PREPARED)
			reload_answered(daemon, HELPER_RUNNER, heard.id,
					heard.error == 0
						? NULL
						: "twinbeat-runner does not "
						  "understand the new settings "
						  "(programs of different "
						  "versions?)");
	}
}

/*
 * Each second: a state that could not be handed over is offered again. A runner
 * that does not write is ended: a slow disk is one thing, a memory of fences
 * that is lost with the next crash another.
 */
void runner_retry(struct daemon *daemon)
{
	if (daemon->runner->save_id != 0 &&
	    clock_now_us() - daemon->runner->asked_us > SAVE_LIMIT_US) {
		log_line(LOG_CRIT,
			 "twinbeat-runner has not written the state "
			 "for %d s: it is ended and started again",
			 SAVE_LIMIT_US / 1000000);
		daemon->runner->asked_us = clock_now_us();
		helper_kill(&daemon->helpers[HELPER_RUNNER]);
	}
	if (daemon->runner->save_again && daemon->runner->save_id == 0)
		runner_save(daemon);
	runner_flush(daemon);
	tell_lost(daemon);
	if (daemon->runner->history_failing &&
	    daemon->runner->outbox.count == 0) {
		struct runner_request request = {.type = RUNNER_HISTORY_TRY};

		(void)runner_send(daemon, &request); /* again in a second */
	}
}

void runner_shift_patience(struct daemon *daemon)
{
	daemon->runner->asked_us = clock_now_us();
}

/*
 * After the loop: waits for a save under way, so that what is written now is
 * not overwritten by it, and until all that waits was handed over. When it
 * takes too long the older content may win: it says "unclean", which is the
 * safe side.
 */
void runner_settle(struct daemon *daemon)
{
	struct helper *runner = &daemon->helpers[HELPER_RUNNER];
	struct pollfd polled = {.fd = runner->socket.fd, .events = POLLIN};
	int64_t limit_us = clock_now_us() + SETTLE_MS * 1000;

	while ((daemon->runner->save_id != 0 ||
		daemon->runner->outbox.count > 0) &&
	       runner->socket.fd >= 0 && clock_now_us() < limit_us) {
		polled.events = POLLIN;
		if (daemon->runner->outbox.count > 0)
			polled.events |= POLLOUT;
		if (poll(&polled, 1, 100) < 1)
			continue;
		if (polled.revents & (POLLHUP | POLLERR))
			return;
		runner_read(daemon);
	}
}
