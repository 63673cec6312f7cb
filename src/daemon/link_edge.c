/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The two-way links' place in the loop: frames to beats to events, beats to
 * frames, and having a link opened again after it was lost. Decides which
 * frames are noise (framing, MAC, our own echo); what a good one means is the
 * core's, what a port or a socket is the kind's (link/link.h).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "daemon.h"
#include "hear_edge.h"
#include "keeper_edge.h"
#include "line_edge.h"
#include "link_edge.h"
#include "link_internal.h"
#include "opener_edge.h"
#include "push_edge.h"
#include "reload.h"
#include "../wire/bulk.h"

#define BACK_OFF_FIRST_US 100000
#define BACK_OFF_LAST_US  5000000
/* A frame that may wait ends so long before the next beat. */
#define LOW_SLACK_US 1000
/* 1 KB each: more than a tty holds (some 20 KB in a pty) */
#define READS_MAX 64

/* ---- frames to events ---- */

struct taker {
	struct daemon *daemon;
	struct link_edge *edge;
};

static void feed_noise(struct daemon *daemon, const struct link_edge *edge,
		       enum core_noise noise)
{
	struct event event = {.type = EVENT_LINK_NOISE};

	event.link.link = number_of(daemon, edge);
	event.link.noise = noise;
	daemon_feed(daemon, &event);
}

static void take_frame(void *arg, const uint8_t *frame, size_t size)
{
	struct taker *taker = arg;
	struct daemon *daemon = taker->daemon;
	struct link_counters *counters = &taker->edge->link->counters;
	struct event event = {.type = EVENT_BEAT_HEARD};

	if (bulk_is_one(frame, size)) {
		if (push_edge_heard(daemon, frame, size))
			return;
		counters->auth++;
		feed_noise(daemon, taker->edge, CORE_NOISE_MAC);
		return;
	}
	switch (beat_decode(frame, size, CORE_INSTANCES_MAX, daemon->key,
			    &event.beat.beat)) {
	case BEAT_BAD_FRAMING:
		counters->framing++;
		feed_noise(daemon, taker->edge, CORE_NOISE_FRAMING);
		return;
	case BEAT_BAD_MAC:
		counters->auth++;
		taker->edge->bad_mac_us = clock_now_us();
		feed_noise(daemon, taker->edge, CORE_NOISE_MAC);
		return;
	case BEAT_OK:
		break;
	}
	if (event.beat.beat.sender == daemon->settings->self) {
		counters->loop++;
		feed_noise(daemon, taker->edge,
			   event.beat.beat.generation == daemon->core.generation
				   ? CORE_NOISE_LOOP
				   : CORE_NOISE_NAMESAKE);
		return;
	}
	event.beat.link = number_of(daemon, taker->edge);
	link_nap_note_frame(daemon, taker->edge);
	daemon_feed(daemon, &event);
}

bool link_edge_fails_key(const struct daemon *daemon, int64_t within_us)
{
	for (unsigned i = 0; i < LINKS_MAX; i++)
		if (daemon->links[i].bad_mac_us > clock_now_us() - within_us)
			return true;
	return false;
}

/* ---- opening, losing ---- */

static void plan_open(struct daemon *daemon, struct link_edge *edge)
{
	edge->retry_us = clock_now_us() + edge->back_off_us;
	edge->back_off_us *= 2;
	if (edge->back_off_us > BACK_OFF_LAST_US)
		edge->back_off_us = BACK_OFF_LAST_US;
	if (edge->retry_us < daemon->loop.due_us[TIMER_LINKS])
		loop_set_timer(&daemon->loop, TIMER_LINKS, edge->retry_us);
}

/* By the opener: a driver may take seconds for it. */
static void close_link(struct daemon *daemon, struct link_edge *edge)
{
	int fds[LINK_FDS];
	unsigned count = kind_of(edge)->give(edge->link, fds);

	opener_close(daemon, kind_of(edge), fds, count);
}

/* Closes, and owes the core the news: it may be in the middle of its orders. */
static void lose(struct daemon *daemon, struct link_edge *edge, const char *why)
{
	loop_remove(&daemon->loop, &edge->source);
	line_edge_stop(daemon, number_of(daemon, edge));
	/* First: neither our close nor the keeper's is the last one then. */
	close_link(daemon, edge);
	keeper_forget_link(daemon, number_of(daemon, edge));
	edge->dropped = false;
	edge->broken = daemon->links_owe = true;
	snprintf(edge->broken_text, sizeof(edge->broken_text), "%s", why);
	edge->back_off_us = BACK_OFF_FIRST_US;
	plan_open(daemon, edge);
}

/*
 * What a line is set to was ours when it was opened; any program may change it
 * later, and then nothing is understood, at either end. A byte of a beat may
 * even read as the end of the file.
 */
static bool lose_if_changed(struct daemon *daemon, struct link_edge *edge)
{
	if (!edge->link || !is_open(edge) || !kind_of(edge)->is_changed ||
	    !kind_of(edge)->is_changed(edge->link, edge->changed_text,
				       sizeof(edge->changed_text)))
		return false;
	lose(daemon, edge, edge->changed_text);
	return true;
}

static bool feed_owed(struct daemon *daemon, struct link_edge *edge)
{
	struct event event = {.type = EVENT_BEAT_DROPPED};

	event.link.link = number_of(daemon, edge);
	event.link.text = edge->broken_text;
	event.link.generation = edge->dropped_generation;
	event.link.sequence = edge->dropped_sequence;
	if (edge->broken)
		event.type = EVENT_LINK_BROKEN;
	else if (!edge->dropped)
		return false;
	edge->dropped = edge->broken = false;
	daemon_feed(daemon, &event);
	return true;
}

bool link_edge_feed_owed(struct daemon *daemon)
{
	bool any = false;

	/* after each event: not with a walk over all of them */
	if (!daemon->links_owe)
		return false;
	daemon->links_owe = false;
	for (unsigned i = 0; i < LINKS_MAX; i++)
		any = feed_owed(daemon, edge_of(daemon, i)) || any;
	return any;
}

void link_edge_ready(struct daemon *daemon, struct source *source,
		     uint32_t events)
{
	struct link_edge *edge = edge_of(daemon, source->index);
	struct taker taker = {daemon, edge};
	size_t before = link_begun(edge);
	char error[TEXT_MAX];
	int result = 1;

	(void)events;
	for (unsigned i = 0; i < READS_MAX && result > 0; i++) {
		/* an event of a frame may have lost us the link */
		if (!is_open(edge))
			return;
		result = kind_of(edge)->receive(edge->link, take_frame, &taker,
						error, sizeof(error));
	}
	if (result < 0 && is_open(edge) && !lose_if_changed(daemon, edge))
		lose(daemon, edge, error);
	if (edge->nap_us == 0)
		link_nap_for_rest(daemon, edge, before);
	/* outside the core here: what is owed is delivered at once */
	while (edge->broken && feed_owed(daemon, edge))
		continue;
}

/* Again with each try: the alert stands, and its words follow. */
static void tell_broken(struct daemon *daemon, struct link_edge *edge,
			const char *why)
{
	struct event event = {.type = EVENT_LINK_BROKEN};

	plan_open(daemon, edge);
	event.link.link = number_of(daemon, edge);
	event.link.text = why;
	daemon_feed(daemon, &event);
}

static void open_one(struct daemon *daemon, struct link_edge *edge)
{
	struct opener_request request = {
		.order = OPENER_OPEN,
		.subject = opener_subject(daemon, number_of(daemon, edge))};
	char error[TEXT_MAX];

	kind_of(edge)->describe(edge->link, &request.place);
	edge->asking = opener_ask(daemon, kind_of(edge), &request,
				  link_edge_opened, error, sizeof(error));
	if (!edge->asking)
		tell_broken(daemon, edge, error);
}

void link_edge_open(struct daemon *daemon)
{
	int64_t now_us = clock_now_us();

	for (unsigned i = 0; i < LINKS_MAX; i++) {
		struct link_edge *edge = edge_of(daemon, i);

		if (!edge->link || is_open(edge) || edge->asking ||
		    edge->has_no_carrier)
			continue;
		if (edge->retry_us <= now_us)
			open_one(daemon, edge);
		else if (edge->retry_us < daemon->loop.due_us[TIMER_LINKS])
			loop_set_timer(&daemon->loop, TIMER_LINKS,
				       edge->retry_us);
	}
}

/* R18: the carrier of its card. Of a port: line_edge.c. */
static void tell_line(struct daemon *daemon, const struct link_edge *edge,
		      bool is)
{
	struct event event = {.type = EVENT_LINE_CHANGED};

	if (kind_of(edge)->is_port)
		return;
	event.line.link = number_of(daemon, edge);
	event.line.is = is;
	daemon_feed(daemon, &event);
	if (!is)
		hear_edge_expect(daemon);
}

static void opened(struct daemon *daemon, struct link_edge *edge,
		   const struct opener_reply *reply)
{
	const struct link_opened *with = &reply->opened;
	struct event event = {.type = EVENT_LINK_OPENED};
	char text[TEXT_MAX];

	edge->asking = false;
	if (reply->result < 0 || with->count == 0 || edge->has_no_carrier) {
		opener_close(daemon, kind_of(edge), with->fds, with->count);
		/* of the carrier it was told */
		if (!edge->has_no_carrier)
			tell_broken(daemon, edge, reply->text);
		return;
	}
	kind_of(edge)->take(edge->link, with);
	edge->nap_us = edge->frame_us = 0;
	edge->after_us = edge->expected_us = 0;
	edge->source.fd = kind_of(edge)->fd(edge->link);
	if (loop_add(&daemon->loop, &edge->source, EPOLLIN) < 0) {
		edge->source.fd = -1;
		close_link(daemon, edge);
		tell_broken(daemon, edge, "it cannot be watched");
		return;
	}
	edge->back_off_us = BACK_OFF_FIRST_US;
	event.link.link = number_of(daemon, edge);
	daemon_feed(daemon, &event);
	tell_line(daemon, edge, true);
	edge->has_lines = with->has_lines;
	if (edge->has_lines)
		line_edge_start(daemon, number_of(daemon, edge),
				edge->source.fd);
	if (edge->changed_text[0] == '\0')
		return;
	snprintf(text, sizeof(text), "%s", edge->changed_text);
	edge->changed_text[0] = '\0';
	event.type = EVENT_LINK_CHANGED;
	event.link.text = text;
	daemon_feed(daemon, &event);
}

void link_edge_opened(struct daemon *daemon, const struct opener_reply *reply,
		      const struct link_kind *kind)
{
	struct opener_reply mine = *reply;

	for (unsigned i = 0; i < LINKS_MAX; i++) {
		struct link_edge *edge = edge_of(daemon, i);

		if (!edge->asking || kind_of(edge) != kind ||
		    (reply->subject != opener_subject(daemon, i) &&
		     reply->subject != OPENER_ALL))
			continue;
		opened(daemon, edge, &mine);
		mine.opened.count = 0;
	}
	/* of nobody who asked */
	opener_close(daemon, kind, mine.opened.fds, mine.opened.count);
}

/* Each second; a read tells sooner, if it shows. */
void link_edge_check(struct daemon *daemon)
{
	for (unsigned i = 0; i < LINKS_MAX; i++) {
		struct link_edge *edge = edge_of(daemon, i);

		lose_if_changed(daemon, edge);
		while (edge->broken && feed_owed(daemon, edge))
			continue;
	}
}

/* Again when it is told again: the alert's words follow (no such card). */
void link_edge_carrier(struct daemon *daemon, const char *interface, bool up)
{
	char why[TEXT_MAX];

	for (unsigned i = 0; i < LINKS_MAX; i++) {
		struct link_edge *edge = edge_of(daemon, i);

		if (!edge->link || strcmp(daemon->settings->links[i].interface,
					  interface) != 0)
			continue;
		edge->has_no_carrier = !up;
		edge->back_off_us = BACK_OFF_FIRST_US;
		edge->retry_us = 0;
		if (up)
			continue;
		/* before it is broken: up to now the peer was heard there */
		if (is_open(edge))
			tell_line(daemon, edge, false);
		snprintf(why, sizeof(why),
			 "%s has no carrier, is down or does not exist: check "
			 "the cable and the other end",
			 interface);
		if (is_open(edge))
			lose(daemon, edge, why);
		else
			tell_broken(daemon, edge, why);
		while (edge->broken && feed_owed(daemon, edge))
			continue;
	}
	if (up && daemon->is_ready)
		link_edge_open(daemon);
}

/* ---- what is said ---- */

void link_edge_send(struct daemon *daemon, unsigned link,
		    const struct beat *beat)
{
	struct link_edge *edge = edge_of(daemon, link);
	uint8_t wire[BEAT_WIRE_MAX];
	size_t size;

	if (!is_open(edge))
		return;
	size = beat_encode(beat, daemon->settings->instance_count, daemon->key,
			   wire);
	switch (kind_of(edge)->send(edge->link, wire, size)) {
	case LINK_SENT:
		link_nap_for_next(daemon, edge, beat);
		break;
	case LINK_BUSY:
		edge->dropped = daemon->links_owe = true;
		edge->dropped_generation = beat->generation;
		edge->dropped_sequence = beat->sequence;
		break;
	case LINK_TORN:
		edge->dropped = daemon->links_owe = true;
		edge->dropped_sequence = 0;
		break;
	case LINK_LOST:
		lose(daemon, edge, kind_of(edge)->words.lost);
	}
}

/* ---- what may wait ---- */

bool link_edge_is_fast(const struct daemon *daemon, unsigned link)
{
	return link_line_us(daemon, &daemon->links[link]) == 0;
}

int link_edge_room(struct daemon *daemon, unsigned link, int64_t *again_us)
{
	const struct link_edge *edge = edge_of(daemon, link);
	const struct core_link *known = &daemon->core.links[link];
	size_t whole = beat_wire_size(daemon->settings->instance_count);
	int64_t now_us = clock_now_us(), free_us, left_us, line, room;

	if (!edge->link || !is_open(edge) || known->state != LINK_UP)
		return -1;
	line = link_line_us(daemon, edge);
	if (line == 0)
		return BEAT_WIRE_MAX;
	free_us = known->free_us > edge->low_us ? known->free_us : edge->low_us;
	/* a beat that keeps step with an advert may be so much sooner */
	left_us = known->next_send_us - LOW_SLACK_US -
		  daemon->core_settings->links[link].interval_us / 8 -
		  (now_us > free_us ? now_us : free_us);
	room = left_us * (int64_t)whole / line;
	if (now_us >= free_us && room > BULK_OVERHEAD)
		return room < BEAT_WIRE_MAX ? (int)room : BEAT_WIRE_MAX;
	*again_us = room > BULK_OVERHEAD ? free_us : known->next_send_us + line;
	/* that beat is late: it comes as soon as its tick does */
	if (*again_us <= now_us)
		*again_us = now_us + line;
	return 0;
}

bool link_edge_send_low(struct daemon *daemon, unsigned link,
			const uint8_t *wire, size_t size)
{
	struct link_edge *edge = edge_of(daemon, link);
	size_t whole = beat_wire_size(daemon->settings->instance_count);

	if (!is_open(edge))
		return false;
	/* in any case: a line that is busy is not asked all the time */
	edge->low_us = clock_now_us() + link_line_us(daemon, edge) *
						(int64_t)size / (int64_t)whole;
	return kind_of(edge)->send_low(edge->link, wire, size) == LINK_SENT;
}

int link_edge_sign(struct daemon *daemon, unsigned link,
		   const struct beat *beat, uint8_t *frame, size_t *size)
{
	const struct link_edge *edge = edge_of(daemon, link);

	if (!is_open(edge))
		return -1;
	*size = beat_encode(beat, daemon->settings->instance_count, daemon->key,
			    frame);
	return edge->source.fd;
}

void link_edge_discard(struct daemon *daemon)
{
	for (unsigned i = 0; i < LINKS_MAX; i++)
		if (edge_of(daemon, i)->link)
			kind_of(edge_of(daemon, i))
				->discard(edge_of(daemon, i)->link);
}

/* ---- start and end ---- */

int link_edge_init(struct daemon *daemon)
{
	const struct settings *settings = daemon->settings;

	daemon->links = calloc(LINKS_MAX, sizeof(*daemon->links));
	if (!daemon->links)
		return -1;
	for (unsigned i = 0; i < LINKS_MAX; i++) {
		struct link_edge *edge = edge_of(daemon, i);

		edge->source =
			(struct source){-1, LOOP_LINK, i, link_edge_ready};
		edge->back_off_us = BACK_OFF_FIRST_US;
		if (!settings->links[i].configured)
			continue;
		edge->link = link_kind_find(settings->links[i].type)
				     ->create(settings, i);
		if (!edge->link)
			return -1;
		daemon->view.links[i] = &edge->link->counters;
	}
	return 0;
}

/* ---- a reload ---- */

void link_edge_abandon(struct daemon *daemon)
{
	for (unsigned k = 0; k < LINKS_MAX; k++) {
		struct link *next = edge_of(daemon, k)->next;

		edge_of(daemon, k)->next = NULL;
		if (next)
			next->kind->destroy(next);
	}
}

int link_edge_prepare(struct daemon *daemon, const struct reload_change *change)
{
	for (unsigned k = 0; k < LINKS_MAX; k++) {
		const struct settings_link *link = &change->new->links[k];

		if (!link->configured)
			continue;
		edge_of(daemon, k)->next =
			link_kind_find(link->type)->create(change->new, k);
		if (!edge_of(daemon, k)->next) {
			link_edge_abandon(daemon);
			return -1;
		}
	}
	return 0;
}

/* The same wire: nothing that is written on it or read from it changes. */
static bool is_same_place(const struct link *a, const struct link *b)
{
	static struct link_place one, other; /* 16 KB: not on the stack */

	if (!a || !b || a->kind != b->kind)
		return false;
	memset(&one, 0, sizeof(one));
	memset(&other, 0, sizeof(other));
	a->kind->describe(a, &one);
	b->kind->describe(b, &other);
	return memcmp(&one, &other, sizeof(one)) == 0;
}

/* Out of the loop, as it stands; returns its descriptor. */
static int take_out(struct daemon *daemon, struct link_edge *edge)
{
	int fd = edge->source.fd;

	loop_remove(&daemon->loop, &edge->source);
	return fd;
}

static void put_in(struct daemon *daemon, unsigned k,
		   const struct link_edge *from, int fd)
{
	struct link_edge *edge = edge_of(daemon, k);
	struct link *spare = edge->next;

	*edge = *from;
	edge->source = (struct source){fd, LOOP_LINK, k, link_edge_ready};
	edge->next = NULL;
	edge->nap_us = 0;
	edge->asking = false; /* what comes is for another place */
	edge->retry_us = 0;
	spare->kind->destroy(spare);
	if (fd >= 0 && loop_add(&daemon->loop, &edge->source, EPOLLIN) < 0)
		lose(daemon, edge, "it cannot be watched");
}

static void put_new(struct daemon *daemon, unsigned k, bool is_known)
{
	struct link_edge *edge = edge_of(daemon, k);
	struct link *next = edge->next;

	*edge = (struct link_edge){
		.link = next,
		.source = {-1, LOOP_LINK, k, link_edge_ready},
		.back_off_us = BACK_OFF_FIRST_US};
	/* what the core knows of it was heard elsewhere (R2) */
	edge->broken = is_known;
	daemon->links_owe = daemon->links_owe || is_known;
	snprintf(edge->broken_text, sizeof(edge->broken_text),
		 "new settings: it is opened anew");
}

void link_edge_commit(struct daemon *daemon, const struct reload_change *change)
{
	struct link_edge old[LINKS_MAX];
	int fds[LINKS_MAX];

	for (unsigned i = 0; i < LINKS_MAX; i++) {
		fds[i] = take_out(daemon, edge_of(daemon, i));
		line_edge_stop(daemon, i);
		old[i] = *edge_of(daemon, i);
	}
	for (unsigned k = 0; k < LINKS_MAX; k++) {
		struct link_edge *edge = edge_of(daemon, k);
		int i = reload_from(change->map->links, LINKS_MAX, k);

		if (i >= 0 && is_same_place(old[i].link, edge->next)) {
			put_in(daemon, k, &old[i], fds[i]);
			old[i].link = NULL;
		} else {
			put_new(daemon, k, i >= 0);
		}
		daemon->view.links[k] =
			edge->link ? &edge->link->counters : NULL;
		if (!is_open(edge))
			keeper_forget_link(daemon, k);
		else if (edge->has_lines)
			line_edge_start(daemon, k, edge->source.fd);
	}
	for (unsigned i = 0; i < LINKS_MAX; i++) {
		if (!old[i].link)
			continue;
		close_link(daemon, &old[i]);
		kind_of(&old[i])->destroy(old[i].link);
	}
	loop_set_timer(&daemon->loop, TIMER_LINKS, clock_now_us());
}

void link_edge_end(struct daemon *daemon)
{
	for (unsigned i = 0; i < LINKS_MAX; i++) {
		struct link_edge *edge = edge_of(daemon, i);

		if (!edge->link)
			continue;
		loop_remove(&daemon->loop, &edge->source);
		line_edge_stop(daemon, i);
		kind_of(edge)->destroy(edge->link);
		edge->link = NULL;
	}
}
