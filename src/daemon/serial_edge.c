/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The serial link's place in the loop: bytes to beats to events, beats to
 * bytes, and having the port opened again after it was lost. Decides which
 * frames are noise (framing, MAC, our own echo); what a good one means is the
 * core's.
 */
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "daemon.h"

#define BACK_OFF_FIRST_US 100000
#define BACK_OFF_LAST_US  5000000
/* 1 KB each: more than a tty holds (some 20 KB in a pty) */
#define READS_MAX 64

static void feed_noise(struct daemon *daemon, enum core_noise noise)
{
	struct event event = {.type = EVENT_LINK_NOISE,
			      .link = {.link = LINK_SERIAL, .noise = noise}};

	daemon_feed(daemon, &event);
}

static void take_frame(void *arg, const uint8_t *frame, size_t size)
{
	struct daemon *daemon = arg;
	struct link_counters *counters = serial_counters(daemon->serial.serial);
	struct event event = {.type = EVENT_BEAT_HEARD};

	switch (beat_decode(frame, size, daemon->settings->instance_count,
			    daemon->key, &event.beat.beat)) {
	case BEAT_BAD_FRAMING:
		counters->framing++;
		feed_noise(daemon, CORE_NOISE_FRAMING);
		return;
	case BEAT_BAD_MAC:
		counters->auth++;
		feed_noise(daemon, CORE_NOISE_MAC);
		return;
	case BEAT_OK:
		break;
	}
	if (event.beat.beat.sender == daemon->settings->self) {
		counters->loop++;
		feed_noise(daemon,
			   event.beat.beat.generation == daemon->core.generation
				   ? CORE_NOISE_LOOP
				   : CORE_NOISE_NAMESAKE);
		return;
	}
	event.beat.link = LINK_SERIAL;
	daemon_feed(daemon, &event);
}

static void plan_open(struct daemon *daemon)
{
	struct serial_edge *edge = &daemon->serial;

	loop_set_timer(&daemon->loop, TIMER_SERIAL,
		       clock_now_us() + edge->back_off_us);
	edge->back_off_us *= 2;
	if (edge->back_off_us > BACK_OFF_LAST_US)
		edge->back_off_us = BACK_OFF_LAST_US;
}

/* By the opener: a driver may take seconds for it. */
static void close_port(struct daemon *daemon)
{
	int fds[SERIAL_FDS];
	unsigned count = serial_give(daemon->serial.serial, fds);

	opener_close(daemon, OPENER_FOR_SERIAL, fds, count);
}

/* Closes, and owes the core the news: it may be in the middle of its orders. */
static void lose(struct daemon *daemon, const char *why)
{
	struct serial_edge *edge = &daemon->serial;

	loop_remove(&daemon->loop, &edge->source);
	/* First: neither our close nor the keeper's is the last one then. */
	close_port(daemon);
	keeper_forget_link(daemon, LINK_SERIAL);
	edge->dropped = false;
	edge->broken = true;
	snprintf(edge->broken_text, sizeof(edge->broken_text), "%s", why);
	edge->back_off_us = BACK_OFF_FIRST_US;
	plan_open(daemon);
}

/*
 * Raw mode was ours when it was opened; stty, minicom, ModemManager or brltty
 * may change it at any time, and then nothing is understood, at either end. In
 * line mode a byte of a beat may even read as the end of the file.
 */
static bool lose_if_changed(struct daemon *daemon)
{
	struct serial_edge *edge = &daemon->serial;
	char what[80];

	if (!edge->serial || edge->source.fd < 0 ||
	    !serial_is_changed(edge->serial, what, sizeof(what)))
		return false;
	snprintf(edge->changed_text, sizeof(edge->changed_text),
		 "another program changed the port's settings (%s); they are "
		 "set anew; stty, ModemManager or brltty? fuser -v tells",
		 what);
	lose(daemon, edge->changed_text);
	return true;
}

bool serial_edge_feed_owed(struct daemon *daemon)
{
	struct serial_edge *edge = &daemon->serial;
	struct event event = {.type = EVENT_BEAT_DROPPED};

	event.link.link = LINK_SERIAL;
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

static void serial_ready(struct daemon *daemon, struct source *source,
			 uint32_t events)
{
	struct serial_edge *edge = &daemon->serial;
	char error[TEXT_MAX];
	int result = 1;

	(void)events;
	for (unsigned i = 0; i < READS_MAX && result > 0; i++) {
		/* an event of a frame may have lost us the port */
		if (source->fd < 0)
			return;
		result = serial_receive(edge->serial, take_frame, daemon, error,
					sizeof(error));
	}
	if (result < 0 && source->fd >= 0 && !lose_if_changed(daemon))
		lose(daemon, error);
	/* outside the core here: what is owed is delivered at once */
	while (edge->broken && serial_edge_feed_owed(daemon))
		continue;
}

/* Again with each try: the alert stands, and its words follow. */
static void tell_broken(struct daemon *daemon, const char *why)
{
	struct event event = {.type = EVENT_LINK_BROKEN};

	plan_open(daemon);
	event.link.link = LINK_SERIAL;
	event.link.text = why;
	daemon_feed(daemon, &event);
}

void serial_edge_open(struct daemon *daemon)
{
	struct serial_edge *edge = &daemon->serial;
	const struct settings *settings = daemon->settings;
	struct opener_request request = {.order = OPENER_SERIAL,
					 .subject = LINK_SERIAL};
	char error[TEXT_MAX];

	if (!edge->serial || edge->source.fd >= 0 || edge->asking)
		return;
	request.serial.baud = settings->links[LINK_SERIAL].baud;
	snprintf(request.serial.path, sizeof(request.serial.path), "%s",
		 settings->nodes[settings->self].serial);
	edge->asking = opener_ask(daemon, OPENER_FOR_SERIAL, &request, error,
				  sizeof(error));
	if (!edge->asking)
		tell_broken(daemon, error);
}

void serial_edge_opened(struct daemon *daemon, const struct opener_reply *reply,
			const int *fds, unsigned count)
{
	struct serial_edge *edge = &daemon->serial;
	struct event event = {.type = EVENT_LINK_OPENED};
	char text[TEXT_MAX];

	if (!edge->asking || !edge->serial || count > SERIAL_FDS) {
		opener_close(daemon, OPENER_FOR_SERIAL, fds, count);
		return;
	}
	edge->asking = false;
	if (reply->result < 0 || count == 0) {
		opener_close(daemon, OPENER_FOR_SERIAL, fds, count);
		tell_broken(daemon, reply->text);
		return;
	}
	serial_take(edge->serial, fds, count);
	edge->source.fd = serial_fd(edge->serial);
	if (loop_add(&daemon->loop, &edge->source, EPOLLIN) < 0) {
		edge->source.fd = -1;
		close_port(daemon);
		tell_broken(daemon, "serial: the port cannot be watched");
		return;
	}
	edge->back_off_us = BACK_OFF_FIRST_US;
	event.link.link = LINK_SERIAL;
	daemon_feed(daemon, &event);
	if (edge->changed_text[0] == '\0')
		return;
	snprintf(text, sizeof(text), "%s", edge->changed_text);
	edge->changed_text[0] = '\0';
	event.type = EVENT_LINK_CHANGED;
	event.link.text = text;
	daemon_feed(daemon, &event);
}

/* Each second; a read tells sooner, if it shows. */
void serial_edge_check(struct daemon *daemon)
{
	lose_if_changed(daemon);
	while (daemon->serial.broken && serial_edge_feed_owed(daemon))
		continue;
}

void serial_edge_send(struct daemon *daemon, const struct beat *beat)
{
	struct serial_edge *edge = &daemon->serial;
	uint8_t wire[BEAT_WIRE_MAX];
	size_t size;

	if (edge->source.fd < 0)
		return;
	size = beat_encode(beat, daemon->settings->instance_count, daemon->key,
			   wire);
	switch (serial_send(edge->serial, wire, size)) {
	case 0:
		break;
	case 1:
		edge->dropped = true;
		edge->dropped_generation = beat->generation;
		edge->dropped_sequence = beat->sequence;
		break;
	case 2:
		edge->dropped = true;
		edge->dropped_sequence = 0;
		break;
	default:
		lose(daemon, "the port is lost: writing failed; it is opened "
			     "again as soon as it is back");
	}
}

int serial_edge_init(struct daemon *daemon)
{
	const struct settings *settings = daemon->settings;
	const struct settings_node *self = &settings->nodes[settings->self];
	struct serial_edge *edge = &daemon->serial;
	struct serial_options options = {
		.baud = settings->links[LINK_SERIAL].baud};

	edge->source =
		(struct source){-1, LOOP_LINK, LINK_SERIAL, serial_ready};
	if (!settings->links[LINK_SERIAL].configured)
		return 0;
	snprintf(options.path, sizeof(options.path), "%s", self->serial);
	edge->back_off_us = BACK_OFF_FIRST_US;
	edge->serial = serial_new(&options);
	if (!edge->serial)
		return -1;
	daemon->view.links[LINK_SERIAL] = serial_counters(edge->serial);
	return 0;
}
