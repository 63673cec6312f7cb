/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A push in the daemon: its frames between the beats, its file in a memfd, and
 * the reload of this node that waits for the other one. Decides what hinders a
 * push, and what each end of one is called. Nothing of it waits: the disk and
 * the parser are twinbeat-loader's.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control.h"
#include "daemon.h"
#include "link_edge.h"
#include "push.h"
#include "push_edge.h"
#include "reload.h"
#include "../base/log.h"
#include "../core/view.h"

#define FRAMES_A_TURN 16
#define NO_LINK_US    50000 /* when to look again for one that is up */
#define PROGRESS_US   300000
#define WORDS_MAX     600
#define CROSSED_US    2000000

struct push_edge {
	struct push push;
	uint8_t key[BEAT_KEY_SIZE];
	bool is_sender;	 /* of what is under way */
	uint32_t token;	 /* of the operator; 0 = nobody waits */
	int fd;		 /* what is sent, or taken; -1 = none */
	bool is_ready;	 /* our own reload is prepared */
	bool is_ordered; /* COMMIT was said: it may have the file */
	bool is_done;	 /* the peer has committed */
	bool is_refused; /* by the peer, whose text says all */
	bool is_taken;	 /* the taker: the sender has, too */
	int64_t told_us;
	/* the taker's, a line each; why it is refused has room behind them */
	char findings[PUSH_TEXT_MAX - WORDS_MAX];
};

static void go_on_at(struct daemon *daemon, int64_t at_us)
{
	if (at_us < daemon->loop.due_us[TIMER_PUSH])
		loop_set_timer(&daemon->loop, TIMER_PUSH, at_us);
}

static uint64_t draw(void)
{
	uint64_t number = 0;

	/* the pool is full since boot: this cannot wait, nor fail */
	if (getrandom(&number, sizeof(number), GRND_NONBLOCK) != sizeof(number))
		return 0;
	return number;
}

static void know_generations(const struct daemon *daemon,
			     uint32_t generations[2])
{
	unsigned self = daemon->settings->self;

	generations[self] = daemon->core.generation;
	generations[1 - self] = daemon->core.peer.generation;
}

static void drop_file(struct push_edge *edge)
{
	if (edge->fd >= 0)
		close(edge->fd);
	edge->fd = -1;
}

/* ---- what hinders it ---- */

/* On this node, as the end of a sentence; NULL: nothing. */
static const char *hindrance(const struct daemon *daemon)
{
	const struct core *core = &daemon->core;

	if (is_in_maintenance(core))
		return "maintenance is on: push when it is off again";
	if (drill_is_running(core))
		return "a drill is under way: push when it is over";
	if (fence_is_busy(core))
		return "a fence is under way: push when it is over";
	if (core->exiting)
		return "twinbeatd is stopping";
	return NULL;
}

static const char *sender_hindrance(const struct daemon *daemon)
{
	const struct core *core = &daemon->core;

	if (peer_is_plain(core))
		return "the other node is a plain VRRP peer and has no "
		       "twinbeat.conf";
	if (two_way_state(core) != LINK_UP)
		return "no two-way link (serial, udp) to the other node is up: "
		       "twinbeat status says why";
	if (core->peer.state != PEER_UP)
		return "the other node does not say that it is well: twinbeat "
		       "status says why";
	return hindrance(daemon);
}

/* ---- the sender ---- */

static void sender_told(struct daemon *daemon, bool is_error, const char *line)
{
	(void)is_error;
	control_step(daemon, daemon->push->token, line);
}

static void sender_has_read(struct daemon *daemon, int text_fd)
{
	struct push_edge *edge = daemon->push;
	uint32_t generations[2];
	struct stat text;
	char why[WORDS_MAX];

	/* it was refused just now, and may not know yet */
	if (edge->push.phase >= PUSH_ACCEPTED &&
	    edge->push.phase != PUSH_DONE &&
	    clock_now_us() - edge->push.heard_us < CROSSED_US) {
		reload_hold_give_up(daemon, "the other node pushes its file in "
					    "this moment, too");
		return;
	}
	drop_file(edge);
	edge->fd = fcntl(text_fd, F_DUPFD_CLOEXEC, 3);
	if (edge->fd < 0 || fstat(edge->fd, &text) < 0 || text.st_size <= 0) {
		reload_hold_give_up(daemon, "the file cannot be handed over");
		return;
	}
	if (text.st_size > PUSH_SIZE_MAX) {
		snprintf(why, sizeof(why),
			 "the file has %lld bytes with all that it includes, "
			 "and a push takes %d at most: copy it to both nodes, "
			 "then twinbeat reload on each",
			 (long long)text.st_size, PUSH_SIZE_MAX);
		reload_hold_give_up(daemon, why);
		return;
	}
	know_generations(daemon, generations);
	push_offer(&edge->push, draw(), (uint32_t)text.st_size, generations,
		   clock_now_us());
	go_on_at(daemon, clock_now_us());
}

/* Both are prepared: now. */
static void commit_if_ready(struct daemon *daemon)
{
	struct push_edge *edge = daemon->push;

	if (!edge->is_ready || edge->push.phase != PUSH_HOLDING)
		return;
	/* from here on its digest may be the new one before ours is */
	core_peer_reloads(&daemon->core);
	edge->is_ordered = true;
	push_commit(&edge->push, clock_now_us());
	go_on_at(daemon, clock_now_us());
}

static void sender_is_ready(struct daemon *daemon)
{
	daemon->push->is_ready = true;
	commit_if_ready(daemon);
}

/* Without what a reload says of this node at its end: how long it is. */
static int size_without_tail(const char *text)
{
	static const char ours[] = "; nothing was changed";
	size_t size = strlen(text), tail = sizeof(ours) - 1;

	if (size > tail && strcmp(text + size - tail, ours) == 0)
		size -= tail;
	return (int)size;
}

/* It was told to take the file: what has become of it there? */
static void end_of_an_order(struct daemon *daemon, const char *text,
			    char *words, size_t size)
{
	int n = snprintf(words, size, "%.*s; on this node nothing was changed",
			 size_without_tail(text), text);

	if (daemon->push->is_refused || n < 0 || (size_t)n >= size)
		return;
	snprintf(words + n, size - (size_t)n,
		 ", %s may have taken the file: if twinbeat status then shows "
		 "config-mismatch with the older file here, say twinbeat "
		 "reload here",
		 peer_name(&daemon->core));
}

static void sender_ended(struct daemon *daemon, bool ok, const char *text)
{
	struct push_edge *edge = daemon->push;
	char words[2 * WORDS_MAX];
	uint32_t token = edge->token;

	if (ok) {
		core_peer_reloads(&daemon->core);
		push_tell_taken(&edge->push, clock_now_us());
		snprintf(words, sizeof(words), "%s has taken the file, too: %s",
			 peer_name(&daemon->core), text);
	} else if (edge->is_done) {
		snprintf(words, sizeof(words),
			 "%s has taken the file, but this node not: %s; say "
			 "twinbeat reload here",
			 peer_name(&daemon->core), text);
	} else if (edge->is_ordered) {
		push_stop(&edge->push, clock_now_us());
		end_of_an_order(daemon, text, words, sizeof(words));
	} else {
		push_stop(&edge->push, clock_now_us());
		snprintf(words, sizeof(words), "%s, on both nodes", text);
	}
	log_line(ok ? LOG_NOTICE : LOG_ERR, "push: %s", words);
	edge->token = 0;
	drop_file(edge);
	control_finish(daemon, token, ok, words);
	go_on_at(daemon, clock_now_us());
}

static const struct reload_holder sender = {.finding = sender_told,
					    .has_read = sender_has_read,
					    .ready = sender_is_ready,
					    .ended = sender_ended};

void push_ask(struct daemon *daemon, uint32_t token)
{
	struct push_edge *edge = daemon->push;
	const char *why = sender_hindrance(daemon);

	if (!why && (push_sends(&edge->push) || push_takes(&edge->push)))
		why = "another push is under way: ask again when it is over";
	/* also one of ours that reads its file still: what stands in edge is
	 * its own, whom it tells as well */
	if (!why && !reload_is_free(daemon))
		why = "a reload is under way: ask again when it is over";
	if (why) {
		control_finish(daemon, token, false, why);
		return;
	}
	edge->is_sender = true;
	edge->is_ready = edge->is_done = false;
	edge->is_ordered = edge->is_refused = false;
	edge->told_us = clock_now_us();
	edge->token = token;
	if (reload_hold(daemon, &sender, -1))
		return;
	edge->token = 0;
	control_finish(daemon, token, false,
		       "a reload is under way: ask again when it is over");
}

/* A line each, as of the other node; the last one is why. */
static void tell_refusal(struct daemon *daemon)
{
	struct push_edge *edge = daemon->push;
	char line[WORDS_MAX], *rest = edge->push.text, *one;

	edge->is_refused = true;
	while ((one = strsep(&rest, "\n")) != NULL) {
		log_clean(one);
		snprintf(line, sizeof(line), "%s: %.500s",
			 peer_name(&daemon->core), one);
		if (rest)
			control_step(daemon, edge->token, line);
	}
	reload_hold_give_up(daemon, line);
}

static void sender_news(struct daemon *daemon, enum push_news news)
{
	struct push_edge *edge = daemon->push;
	const char *peer = peer_name(&daemon->core);
	char why[WORDS_MAX];

	if (edge->is_done)
		return;
	switch (news) {
	case PUSH_IS_READY:
		snprintf(why, sizeof(why), "%s has checked it and is ready",
			 peer);
		control_step(daemon, edge->token, why);
		reload_hold_go_on(daemon);
		commit_if_ready(daemon);
		return;
	case PUSH_IS_DONE:
		edge->is_done = true;
		reload_hold_commit(daemon);
		return;
	case PUSH_IS_REFUSED:
		tell_refusal(daemon);
		return;
	case PUSH_IS_OTHER:
		snprintf(why, sizeof(why),
			 "the twinbeat of %s pushes by another version of the "
			 "protocol: bring both nodes to the same one",
			 peer);
		break;
	case PUSH_IS_CROSSED:
		snprintf(why, sizeof(why),
			 "%s pushes its file in this moment, and goes first",
			 peer);
		break;
	case PUSH_IS_UNSURE:
		snprintf(why, sizeof(why),
			 "%s was told to take the file and has not answered",
			 peer);
		break;
	case PUSH_IS_SILENT:
		snprintf(why, sizeof(why),
			 two_way_state(&daemon->core) != LINK_UP
				 ? "%s is not heard any more by a two-way link"
			 : edge->push.answer == 0
				 ? "%s has not answered: is its twinbeat older "
				   "than twinbeat push?"
				 : "%s has not answered any more",
			 peer);
		break;
	default:
		return;
	}
	reload_hold_give_up(daemon, why);
}

/* ---- the taker ---- */

static void taker_told(struct daemon *daemon, bool is_error, const char *line)
{
	struct push_edge *edge = daemon->push;
	size_t used = strlen(edge->findings);

	if (is_error)
		snprintf(edge->findings + used, sizeof(edge->findings) - used,
			 "%s\n", line);
}

static void taker_has_read(struct daemon *daemon, int text_fd)
{
	(void)text_fd;
	reload_hold_go_on(daemon);
}

static void taker_is_ready(struct daemon *daemon)
{
	if (daemon->push->push.phase == PUSH_CHECKING)
		push_ready(&daemon->push->push);
	go_on_at(daemon, clock_now_us());
}

static void refuse_push(struct daemon *daemon, const char *why)
{
	struct push_edge *edge = daemon->push;
	char text[PUSH_TEXT_MAX];

	snprintf(text, sizeof(text), "%s%.500s", edge->findings, why);
	log_line(LOG_ERR, "push of %s refused: %s", peer_name(&daemon->core),
		 why);
	push_refuse(&edge->push, text);
	go_on_at(daemon, clock_now_us());
}

static void taker_ended(struct daemon *daemon, bool ok, const char *text)
{
	struct push_edge *edge = daemon->push;
	bool is_ordered = edge->push.phase == PUSH_COMMITTING;
	char why[WORDS_MAX];

	if (ok && is_ordered) {
		core_peer_reloads(&daemon->core);
		push_done(&edge->push);
		log_line(LOG_NOTICE, "push: the file of %s is taken",
			 peer_name(&daemon->core));
	} else if (push_takes(&edge->push)) {
		/* before the order the sender says that of both */
		snprintf(why, sizeof(why), "%.*s",
			 is_ordered ? (int)strlen(text)
				    : size_without_tail(text),
			 text);
		refuse_push(daemon, why);
	}
	drop_file(edge);
	go_on_at(daemon, clock_now_us());
}

static const struct reload_holder taker = {.takes = true,
					   .finding = taker_told,
					   .has_read = taker_has_read,
					   .ready = taker_is_ready,
					   .ended = taker_ended};

static void begin_to_take(struct daemon *daemon)
{
	struct push_edge *edge = daemon->push;
	const char *why = hindrance(daemon);

	if (!daemon->settings->take_push)
		why = "take_push is false there: copy the file by hand, then "
		      "twinbeat reload on each";
	else if (!why && !reload_is_free(daemon))
		why = "a reload or a push is under way there: push when it is "
		      "over";
	if (why) {
		edge->findings[0] = '\0';
		refuse_push(daemon, why);
		return;
	}
	edge->is_sender = edge->is_taken = false;
	edge->findings[0] = '\0';
	drop_file(edge);
	edge->fd = memfd_create("push", MFD_CLOEXEC);
	if (edge->fd < 0)
		refuse_push(daemon, "there is no memory for it");
	else
		log_line(LOG_NOTICE, "push: %s sends its file, %u bytes",
			 peer_name(&daemon->core), edge->push.size);
}

static void take_bytes(struct daemon *daemon, const struct bulk *bulk,
		       bool is_whole)
{
	struct push_edge *edge = daemon->push;

	if (pwrite(edge->fd, bulk->bytes, bulk->size, bulk->number) !=
	    bulk->size)
		refuse_push(daemon, "there is no memory for it");
	else if (is_whole && !reload_hold(daemon, &taker, edge->fd))
		refuse_push(daemon, "a reload is under way there: push when it "
				    "is over");
}

static void taker_news(struct daemon *daemon, enum push_news news,
		       const struct bulk *bulk)
{
	struct push_edge *edge = daemon->push;

	switch (news) {
	case PUSH_COMES:
		begin_to_take(daemon);
		break;
	case PUSH_HAS_BYTES:
	case PUSH_IS_WHOLE:
		take_bytes(daemon, bulk, news == PUSH_IS_WHOLE);
		break;
	case PUSH_COMMITS:
		reload_hold_commit(daemon);
		break;
	case PUSH_IS_TAKEN:
		/* its digest, told in between, was that of the old file */
		if (!edge->is_taken)
			core_peer_reloads(&daemon->core);
		edge->is_taken = true;
		break;
	case PUSH_IS_STOPPED:
		reload_hold_give_up(daemon, "the other node gave its push up");
		drop_file(edge);
		break;
	case PUSH_IS_SILENT:
		reload_hold_give_up(daemon, "the other node, which pushed its "
					    "file, is not heard any more");
		drop_file(edge);
		break;
	default:
		break;
	}
}

/* ---- both ---- */

static void take_news(struct daemon *daemon, enum push_news news,
		      const struct bulk *bulk)
{
	if (news == PUSH_NOTHING)
		return;
	if (news != PUSH_COMES && daemon->push->is_sender)
		sender_news(daemon, news);
	else
		taker_news(daemon, news, bulk);
}

bool push_edge_heard(struct daemon *daemon, const uint8_t *frame, size_t size)
{
	struct push_edge *edge = daemon->push;
	uint32_t generations[2];
	struct bulk bulk;
	bool is_noise;
	enum push_news news;

	know_generations(daemon, generations);
	news = push_heard(&edge->push, frame, size, draw(), generations,
			  clock_now_us(), &bulk, &is_noise);
	take_news(daemon, news, &bulk);
	if (push_is_eager(&edge->push) ||
	    push_due_us(&edge->push) <= clock_now_us())
		go_on_at(daemon, clock_now_us());
	else
		go_on_at(daemon, push_due_us(&edge->push));
	return !is_noise;
}

/* The best link for it: one that has no line to wait for, if there is one. */
static int best_link(struct daemon *daemon, int *room, int64_t *again_us)
{
	int best = -1;

	for (unsigned i = 0; i < LINKS_MAX; i++) {
		int64_t then_us = INT64_MAX;
		int has = link_edge_room(daemon, i, &then_us);

		if (has < 0 || (best >= 0 && !link_edge_is_fast(daemon, i)))
			continue;
		best = (int)i;
		*room = has;
		*again_us = then_us;
		if (link_edge_is_fast(daemon, i))
			break;
	}
	return best;
}

/* One frame, if there is one and a line for it. */
static bool say_one(struct daemon *daemon, int64_t now_us, int64_t *again_us)
{
	struct push_edge *edge = daemon->push;
	uint8_t wire[BEAT_WIRE_MAX];
	struct bulk bulk;
	int room = 0, link = best_link(daemon, &room, again_us);

	if (link < 0) {
		*again_us = now_us + NO_LINK_US;
		return false;
	}
	edge->push.pace_us = daemon->core_settings->links[link].interval_us;
	if (room == 0 || !push_next(&edge->push, (size_t)room, now_us, &bulk)) {
		/* too little for what there is: after the next beat */
		if (room > 0)
			*again_us = now_us + edge->push.pace_us / 4;
		return false;
	}
	if (bulk.kind == BULK_DATA &&
	    pread(edge->fd, bulk.bytes, bulk.size, bulk.number) != bulk.size)
		return false; /* asked for again */
	(void)link_edge_send_low(daemon, (unsigned)link, wire,
				 bulk_encode(&bulk, &edge->push.keys, wire));
	return true;
}

static void tell_progress(struct daemon *daemon, int64_t now_us)
{
	struct push_edge *edge = daemon->push;
	const struct push *push = &edge->push;
	char text[100];

	if (push->phase != PUSH_SENDING || now_us - edge->told_us < PROGRESS_US)
		return;
	edge->told_us = now_us;
	snprintf(text, sizeof(text), "%.40s has %u.%u of %u.%u kB",
		 peer_name(&daemon->core), push->have / 1000,
		 push->have / 100 % 10, push->size / 1000,
		 push->size / 100 % 10);
	control_step(daemon, edge->token, text);
}

/* Its answer was lost, but its beats carry the new digest. */
static bool has_committed_by_its_beats(const struct daemon *daemon)
{
	uint32_t digest = reload_hold_digest(daemon);

	return daemon->push->push.phase == PUSH_ORDERED && digest != 0 &&
	       digest != daemon->settings->digest &&
	       peer_digest_is(&daemon->core, digest);
}

void push_edge_go_on(struct daemon *daemon)
{
	static const struct bulk none;
	struct push_edge *edge = daemon->push;
	int64_t now_us = clock_now_us(), again_us = now_us, due_us;
	bool waits = false;

	if (edge->is_sender && has_committed_by_its_beats(daemon))
		take_news(daemon, PUSH_IS_DONE, &none);
	take_news(daemon, push_passed(&edge->push, now_us), &none);
	tell_progress(daemon, now_us);
	for (unsigned i = 0; i < FRAMES_A_TURN && !waits; i++) {
		if (!push_is_eager(&edge->push) &&
		    push_due_us(&edge->push) > now_us)
			break;
		waits = !say_one(daemon, now_us, &again_us);
	}
	due_us = push_due_us(&edge->push);
	if (push_is_eager(&edge->push) || due_us <= now_us)
		due_us = again_us > now_us ? again_us : now_us + 1000;
	go_on_at(daemon, due_us);
}

void push_edge_commit(struct daemon *daemon, const struct reload_change *change)
{
	struct push_edge *edge = daemon->push;

	(void)change;
	if (memcmp(edge->key, daemon->key, sizeof(edge->key)) == 0)
		return;
	memcpy(edge->key, daemon->key, sizeof(edge->key));
	push_init(&edge->push, edge->key, daemon->settings->self);
}

int push_edge_init(struct daemon *daemon)
{
	struct push_edge *edge = calloc(1, sizeof(*edge));

	if (!edge)
		return -1;
	edge->fd = -1;
	memcpy(edge->key, daemon->key, sizeof(edge->key));
	push_init(&edge->push, edge->key, daemon->settings->self);
	daemon->push = edge;
	return 0;
}
