/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * twinbeat-director, seen from the main process. What it says becomes alerts;
 * when it dies or hangs, the kernel forwards as before (D10) and it is started
 * again. Never waits for it.
 */
#include "director_edge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "claim_edge.h"
#include "daemon.h"
#include "director_news.h"
#include "helpers.h"
#include "reload.h"
#include "../base/log.h"
#include "../base/message.h"
#include "../ipc/director_msg.h"

#define EVENTS_A_TURN 16

#define SAME_AS(one, other)                                                    \
	_Static_assert((unsigned)(one) == (unsigned)(other), "one is the "     \
							     "other")
#define SAME(name) SAME_AS(DIRECTOR_##name, CORE_DIRECTOR_##name)
SAME(OFF);
SAME(TABLE);
SAME(FOREIGN);
SAME(SYNC);
SAME(DOWN);
SAME(EMPTY);
SAME(FALLBACK);
SAME(PANIC);
SAME(BLIND);
SAME(DIFFERS);
SAME_AS(DIRECTOR_SERVERS_UNKNOWN, CORE_SERVERS_UNKNOWN);
SAME_AS(DIRECTOR_SERVERS_SEEN, CORE_SERVERS_SEEN);
SAME_AS(DIRECTOR_SERVERS_NONE, CORE_SERVERS_NONE);

struct director_edge {
	char path[DAEMON_PATH_MAX + 16], words[DAEMON_PATH_MAX + 24];
	char desk[DAEMON_PATH_MAX + 24];
	bool is_wanted;
	uint32_t asked; /* the number of the newest word; never 0 */
	struct director_news news;
};

static struct helper *helper_of(const struct daemon *daemon)
{
	return &daemon->helpers[HELPER_DIRECTOR];
}

void director_edge_words(const struct daemon *daemon, const char **argv)
{
	argv[1] = daemon->director->path;
	argv[2] = daemon->director->desk;
	argv[3] = daemon->director->words;
}

/* A disk may hang: asked once, before the loop runs. */
int director_edge_init(struct daemon *daemon)
{
	struct director_edge *edge = calloc(1, sizeof(*edge));

	if (edge == NULL)
		return -1;
	snprintf(edge->path, sizeof(edge->path), "%s/director",
		 daemon->options->state_dir);
	snprintf(edge->words, sizeof(edge->words), "%s/director.words",
		 daemon->options->state_dir);
	snprintf(edge->desk, sizeof(edge->desk), "%s/" DIRECTOR_DESK_SOCKET,
		 daemon->options->run_dir);
	edge->is_wanted = daemon->settings->director.configured ||
			  access(edge->path, F_OK) == 0;
	daemon->director = edge;
	return 0;
}

bool director_edge_is_wanted(const struct daemon *daemon)
{
	return daemon->director->is_wanted;
}

static void feed_servers(struct daemon *daemon, uint32_t is)
{
	struct event event = {.type = EVENT_SERVERS_SEEN};

	event.servers.is = (enum core_servers)is;
	if (is < CORE_SERVERS)
		daemon_feed(daemon, &event);
}

/* By settings that a reload has replaced it means other servers. */
static void feed_board(struct daemon *daemon,
		       const struct director_event *heard)
{
	struct event event = {.type = EVENT_BOARD_CHANGED};

	event.board.cells = heard->cells;
	event.board.count = heard->count;
	if (heard->digest == daemon->settings->digest &&
	    heard->count <= BOARD_CELLS)
		daemon_feed(daemon, &event);
}

void director_edge_read(struct daemon *daemon)
{
	struct event event = {.type = EVENT_DIRECTOR_CHANGED};
	struct director_event heard;
	unsigned left = EVENTS_A_TURN;

	while (helper_next(helper_of(daemon), &left, &heard, sizeof(heard))) {
		pulse_heard(daemon, HELPER_DIRECTOR);
		if (heard.type == DIRECTOR_SERVERS)
			feed_servers(daemon, heard.servers);
		else if (heard.type == DIRECTOR_BOARD)
			feed_board(daemon, &heard);
		else if (heard.type == DIRECTOR_STANDS)
			claim_edge_stands(daemon, heard.number);
		heard.text[sizeof(heard.text) - 1] = '\0';
		log_clean(heard.text);
		if (heard.type == DIRECTOR_SERVER_IS ||
		    heard.type == DIRECTOR_SERVICE_IS)
			director_news_take(daemon, &daemon->director->news,
					   &heard);
		if (heard.type != DIRECTOR_TROUBLE ||
		    heard.trouble >= DIRECTOR_TROUBLES)
			continue;
		event.director.what = (enum core_director)heard.trouble;
		event.director.text = heard.text[0] ? heard.text : NULL;
		daemon_feed(daemon, &event);
	}
}

void director_edge_ended(struct daemon *daemon, const char *why)
{
	struct event event = {.type = EVENT_PROCESS_DIED, .process.text = why};

	daemon_feed(daemon, &event);
	/* Nobody looks any more: that is no reason to move (D10), nor to take
	 * back what was handed over for want of servers. */
	if (daemon->core.servers != CORE_SERVERS_NONE)
		feed_servers(daemon, DIRECTOR_SERVERS_UNKNOWN);
}

void director_edge_missing(struct daemon *daemon, const char *why)
{
	struct event event = {.type = EVENT_DIRECTOR_CHANGED};

	if (!daemon->settings->director.configured)
		return; /* nobody is served by it */
	event.director.what = CORE_DIRECTOR_OFF;
	event.director.text = why;
	daemon_feed(daemon, &event);
}

bool director_edge_has_owner_table(const struct daemon *daemon,
				   unsigned instance)
{
	const struct settings *settings = daemon->settings;

	for (unsigned i = 0; settings->director.configured &&
			     i < settings->director.service_count;
	     i++)
		if (settings->director.services[i].instance == instance &&
		    settings_has_owner_table(settings,
					     &settings->director.services[i]))
			return true;
	return false;
}

uint32_t director_edge_ask(struct daemon *daemon)
{
	const struct core_director_word *word = &daemon->core.director_told;
	const struct core_board *board = &daemon->core.peer.board;
	struct director_edge *edge = daemon->director;
	struct director_request request = {.type = DIRECTOR_PAIR,
					   .peer_sees = word->peer_sees,
					   .has_carrier = word->has_carrier,
					   .owned = word->owned,
					   .digest = daemon->settings->digest};

	memcpy(request.cells, board->cells, sizeof(request.cells));
	memcpy(request.seen, board->seen, sizeof(request.seen));

	if (++edge->asked == 0)
		edge->asked = 1;
	request.number = edge->asked;
	/* no room: it hangs, and its successor is told */
	if (helper_of(daemon)->socket.fd < 0 ||
	    message_send(helper_of(daemon)->socket.fd, &request,
			 sizeof(request)) != MESSAGE_OK)
		return 0;
	return edge->asked;
}

void director_edge_tell(struct daemon *daemon)
{
	(void)director_edge_ask(daemon);
}

void director_edge_tell_late(struct daemon *daemon)
{
	const struct director_request request = {.type = DIRECTOR_LATE};

	if (helper_of(daemon)->socket.fd >= 0)
		(void)message_send(helper_of(daemon)->socket.fd, &request,
				   sizeof(request));
}

/* By now daemon->settings_fd is that of the new ones. */
void director_edge_commit(struct daemon *daemon,
			  const struct reload_change *change)
{
	const struct director_request request = {.type = DIRECTOR_SETTINGS};
	struct helper *helper = helper_of(daemon);

	director_news_commit(&daemon->director->news, change->old, change->new);
	if (change->new->director.configured)
		daemon->director->is_wanted = true;
	if (helper->pid == 0) {
		/* at once, if it is wanted now */
		helper->started_us = clock_now_us();
		loop_set_timer(&daemon->loop, TIMER_HELPERS,
			       helper->started_us);
	} else if (message_send_fd(helper->socket.fd, &request, sizeof(request),
				   daemon->settings_fd) != MESSAGE_OK) {
		helper_kill(helper); /* its successor has them */
	}
}

void director_edge_stop(struct daemon *daemon)
{
	const struct director_request request = {.type = DIRECTOR_STOP};

	if (helper_of(daemon)->socket.fd >= 0)
		(void)message_send(helper_of(daemon)->socket.fd, &request,
				   sizeof(request));
}
