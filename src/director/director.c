/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * twinbeat-director: keeps the kernel's IPVS table as the settings and the
 * pools want it. Ordinary priority: what it does waits for the kernel's locks.
 * It decides nothing about the pair, and without it the kernel goes on
 * forwarding (D10). Nothing from its socket or the kernel ends it; only the end
 * of the main process does.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../base/privileges.h"
#include "../base/clock.h"
#include "../base/message.h"
#include "../base/signals.h"
#include "../base/standard_fds.h"
#include "../ipc/director_msg.h"
#include "../link/ping.h"
#include "../settings/snapshot.h"
#include "desk.h"
#include "director.h"

#define SECOND_US	 INT64_C(1000000)
#define AGAIN_US	 (10 * SECOND_US) /* without ip_vs */
#define JUDGED_WITHIN_US (15 * SECOND_US)
#define PASSES		 3 /* until the table must be as wanted */
#define MESSAGES_MAX	 16
#define AUDIT_WITHOUT_S	 10

struct director {
	const struct settings *settings;
	struct farm farm, before; /* before: of the settings before */
	struct asker asker;
	struct telling telling;
	struct news news;
	struct desk desk;
	struct pair pair;
	int waiting_fd;	    /* new settings that do not count yet; -1: none */
	bool is_shown;	    /* our board, as it is now, to the main process */
	bool is_pair_heard; /* something new of it, in this turn */
	int64_t judged_us;  /* until then the first answers are waited for */
	/* D1: the newest word of the pair, and the newest that is answered */
	uint32_t heard_number, told_number;
	struct owned owned;
	struct ipvs ipvs;
	struct plan plan;
	struct table wanted, kernel;
	int64_t now_us, audit_us; /* when the next audit is due */
	bool is_made;		  /* the table once was as wanted */
	bool is_cleared;	  /* of what is the other node's to have */
	bool is_changed;	  /* the settings, since it was made */
	bool is_stopping;
	bool is_keeping; /* connections of whoever is deleted */
	enum director_servers told_servers;
	bool is_told[DIRECTOR_TROUBLES];
	char told[DIRECTOR_TROUBLES][DIRECTOR_TEXT_MAX];
};

/* ---- the main process ---- */

__attribute__((format(printf, 3, 4))) static void
tell(struct director *director, enum director_trouble trouble,
     const char *format, ...)
{
	struct director_event event = {.type = DIRECTOR_TROUBLE,
				       .trouble = trouble};
	va_list list;

	va_start(list, format);
	vsnprintf(event.text, sizeof(event.text), format, list);
	va_end(list);
	/* no room: said again with the next audit */
	director->is_told[trouble] =
		message_send(DIRECTOR_FD_SOCKET, &event, sizeof(event)) ==
			MESSAGE_OK &&
		event.text[0] != '\0';
}

static void tell_over(struct director *director, enum director_trouble trouble)
{
	struct director_event event = {.type = DIRECTOR_TROUBLE,
				       .trouble = trouble};

	if (director->is_told[trouble] &&
	    message_send(DIRECTOR_FD_SOCKET, &event, sizeof(event)) ==
		    MESSAGE_OK)
		director->is_told[trouble] = false;
}

_Static_assert((int)SIGHT_UNKNOWN == (int)DIRECTOR_SERVERS_UNKNOWN &&
		       (int)SIGHT_SEES == (int)DIRECTOR_SERVERS_SEEN &&
		       (int)SIGHT_NONE == (int)DIRECTOR_SERVERS_NONE,
	       "one word on both sides");

/* D5: what this node sees is for the pair to know; no room: said again. */
static void tell_servers(struct director *director)
{
	struct director_event event = {
		.type = DIRECTOR_SERVERS,
		.servers = (uint32_t)sight_word(&director->farm.sight)};

	if (event.servers != director->told_servers &&
	    message_send(DIRECTOR_FD_SOCKET, &event, sizeof(event)) ==
		    MESSAGE_OK)
		director->told_servers = event.servers;
}

static void take_pair(struct director *director,
		      const struct director_request *request)
{
	struct pair_board board;

	sight_take_carrier(&director->farm.sight, request->has_carrier);
	board.counts = request->digest == director->settings->digest &&
		       request->peer_sees != DIRECTOR_SERVERS_UNKNOWN;
	memcpy(board.cells, request->cells, sizeof(board.cells));
	memcpy(board.seen, request->seen, sizeof(board.seen));
	pair_hear(&director->pair, &director->farm, &board, director->now_us);
	director->is_pair_heard = true;
	director->heard_number = request->number;
	/* by other settings the places are those of other instances */
	if (request->digest != director->settings->digest)
		return;
	/* D8: the threads follow */
	if (director->settings->director.sync.role == SYNC_ROLE_FOLLOW &&
	    !set_equals(&director->farm.owned, &request->owned))
		director->is_changed = true;
	/* D7 */
	farm_take_owned(&director->farm, &request->owned, director->now_us);
}

/* D1: a claim may wait for it; whatever came of it, more will not. */
static void tell_stands(struct director *director)
{
	const struct director_event event = {.type = DIRECTOR_STANDS,
					     .number = director->heard_number};

	if (director->told_number != director->heard_number &&
	    message_send(DIRECTOR_FD_SOCKET, &event, sizeof(event)) ==
		    MESSAGE_OK)
		director->told_number = director->heard_number;
}

/* D6: a newer word of the other node; on disk before it is acknowledged. */
static bool take_words(struct director *director)
{
	struct farm *farm = &director->farm;
	struct pair_word word;
	struct server *server, before;

	if (!pair_next_word(&director->pair, farm, &word))
		return false;
	server = &farm->servers[word.server];
	before = *server;
	server->admin = word.admin;
	server->admin_percent = word.percent;
	server->admin_stamp = word.stamp;
	if (words_save(farm, director->desk.words_path) != 0) {
		if (director->is_pair_heard)
			fprintf(stderr,
				"twinbeat-director: a word of the other node "
				"is not taken yet: %s: %s\n",
				director->desk.words_path, strerror(errno));
		*server = before;
		return false;
	}
	pair_took(&director->pair);
	fprintf(stderr, "%s: an operator has said on the other node: %s\n",
		director->settings->servers[word.server].name,
		words_name(word.admin));
	return true;
}

static bool send_news(const struct director_event *event)
{
	return message_send(DIRECTOR_FD_SOCKET, event, sizeof(*event)) ==
	       MESSAGE_OK;
}

/* D6: what the other node is to know; no room: said again. */
static void show_board(struct director *director)
{
	struct director_event event = {.type = DIRECTOR_BOARD};

	if (pair_show(&director->pair, &director->farm))
		director->is_shown = false;
	if (director->is_shown)
		return;
	event.digest = director->settings->digest;
	event.count = director->pair.count;
	memcpy(event.cells, director->pair.cells, sizeof(event.cells));
	director->is_shown = message_send(DIRECTOR_FD_SOCKET, &event,
					  sizeof(event)) == MESSAGE_OK;
}

/*
 * D12: they count from the next turn on, which is now. Where there is no memory
 * for them they wait: all the other programs have them already.
 */
static void take_settings(struct director *director, int fd)
{
	const struct settings *settings = settings_map_again(fd);
	bool was_waiting = director->waiting_fd >= 0;

	if (was_waiting && director->waiting_fd != fd)
		close(director->waiting_fd); /* older ones */
	director->waiting_fd = settings == NULL ? fd : -1;
	if (settings == NULL) {
		tell(director, DIRECTOR_TABLE,
		     "the new settings cannot be mapped (%s): those before "
		     "count still for services and servers; tried again with "
		     "each turn",
		     strerror(errno));
		return;
	}
	if (was_waiting)
		tell_over(director, DIRECTOR_TABLE);
	director->before = director->farm;
	farm_begin(&director->farm, settings, &director->before,
		   director->now_us);
	telling_begin(&director->telling, &director->farm);
	news_begin(&director->news);
	desk_renew(&director->desk);
	settings_unmap(director->settings);
	director->settings = settings;
	pair_begin(&director->pair);
	director->is_shown = false;
	director->is_changed = true;
	asker_renew(&director->asker, fd);
}

static void take_requests(struct director *director)
{
	const struct director_event pong = {.type = DIRECTOR_PONG};
	struct director_request request;
	int fds[MESSAGE_FDS_MAX];
	unsigned count;

	for (unsigned i = 0; i < MESSAGES_MAX; i++) {
		enum message_result result =
			message_receive_fds(DIRECTOR_FD_SOCKET, &request,
					    sizeof(request), fds, &count);

		if (result == MESSAGE_NONE || result == MESSAGE_GONE)
			return;
		if (result != MESSAGE_OK)
			continue;
		if (request.type == DIRECTOR_PING)
			message_send(DIRECTOR_FD_SOCKET, &pong, sizeof(pong));
		else if (request.type == DIRECTOR_SETTINGS && count > 0)
			take_settings(director, fds[--count]);
		else if (request.type == DIRECTOR_PAIR)
			take_pair(director, &request);
		else if (request.type == DIRECTOR_STOP)
			director->is_stopping = true;
		else if (request.type == DIRECTOR_LATE)
			tell(director, DIRECTOR_TABLE,
			     "an address was taken up before its table stood: "
			     "the kernel or this machine was too slow; its "
			     "first clients may have been refused");
		while (count > 0)
			close(fds[--count]);
	}
}

/* ---- the table ---- */

/*
 * D4: who is taken out to be put elsewhere keeps his connections. With
 * expire_nodest_conn = 1 the kernel ends all connections of whoever is deleted,
 * a tick later; it reads that key in the moment of the deletion.
 */
static void keep_connections(struct director *director, bool keep)
{
	if (keep == director->is_keeping ||
	    !director->settings->director.expire_nodest)
		return;
	director->is_keeping = keep;
	if (kernel_set("expire_nodest_conn", keep ? "0" : "1") < 0)
		fprintf(stderr,
			"twinbeat-director: net.ipv4.vs.expire_nodest_conn "
			"cannot be set: %s\n",
			strerror(errno));
}

static void take_order(void *arg, const struct plan_order *order)
{
	struct director *director = arg;

	if (order->is_again)
		keep_connections(director, true);
	ipvs_order(&director->ipvs, order);
}

/* One comparison; the orders that it took but for those that time brought, or
 * -1 with ipvs.why. */
static int pass(struct director *director)
{
	struct plan *plan = &director->plan;

	table_count(&director->kernel, false);
	if (ipvs_read_table(&director->ipvs, &director->kernel) != 0)
		return -1;
	/* D11: on disk before it is made */
	if (owned_update(&director->owned, &director->wanted,
			 &director->kernel) &&
	    owned_save(&director->owned) != 0)
		fprintf(stderr,
			"twinbeat-director: %s cannot be written: %s; what is "
			"ours may be taken for foreign after a restart\n",
			director->owned.path, strerror(errno));
	plan->wanted = &director->wanted;
	plan->kernel = &director->kernel;
	plan->owned = director->owned.list;
	plan->owned_count = director->owned.count;
	plan->now_us = director->now_us;
	plan->order = take_order;
	plan->arg = director;
	plan_make(plan);
	ipvs_flush(&director->ipvs);
	keep_connections(director, false);
	return (int)(plan->orders - plan->ends);
}

static void tell_foreign(struct director *director)
{
	char text[TABLE_ID_TEXT_MAX];
	unsigned count = director->plan.foreign;

	if (count == 0 || !director->settings->director.configured)
		tell_over(director, DIRECTOR_FOREIGN);
	else
		tell(director, DIRECTOR_FOREIGN,
		     "%u service%s in the kernel %s not of this director, like "
		     "%s: left alone; who made it? ipvsadm -Ln shows it",
		     count, count == 1 ? "" : "s", count == 1 ? "is" : "are",
		     table_id_text(&director->plan.one_foreign, text));
}

static void tell_text(struct director *director, enum director_trouble trouble,
		      const char *text)
{
	if (text[0] == '\0')
		tell_over(director, trouble);
	else if (!director->is_told[trouble] ||
		 strcmp(director->told[trouble], text) != 0)
		tell(director, trouble, "%s", text);
	if (director->is_told[trouble])
		snprintf(director->told[trouble], DIRECTOR_TEXT_MAX, "%s",
			 text);
}

static void tell_farm(struct director *director)
{
	static const struct {
		enum director_trouble trouble;
		enum pool_mode mode;
	} modes[] = {{DIRECTOR_EMPTY, POOL_EMPTY},
		     {DIRECTOR_FALLBACK, POOL_FALLBACK}};
	const struct farm *farm = &director->farm;
	char text[DIRECTOR_TEXT_MAX];

	telling_log(&director->telling, farm);
	telling_down(farm, text, sizeof(text));
	tell_text(director, DIRECTOR_DOWN, text);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		telling_mode(farm, modes[i].mode, text, sizeof(text));
		tell_text(director, modes[i].trouble, text);
	}
	telling_mode(farm, POOL_PANIC, text, sizeof(text));
	if (text[0] == '\0')
		telling_mode(farm, POOL_ALL, text, sizeof(text));
	tell_text(director, DIRECTOR_PANIC, text);
	telling_blind(farm, text, sizeof(text));
	tell_text(director, DIRECTOR_BLIND, text);
	telling_differs(farm, director->now_us, text, sizeof(text));
	tell_text(director, DIRECTOR_DIFFERS, text);
}

/* Is it still as it was made last? The number of orders that put it right. */
static int audit(struct director *director)
{
	director->ipvs.refused = 0;
	return pass(director);
}

/* D4: read, compare, send, until nothing is to be sent; three times. mended:
 * what the audit has put right before. */
static void make_table(struct director *director, int mended)
{
	int orders = 1;

	for (unsigned i = 0; i < PASSES && orders > 0; i++) {
		director->ipvs.refused = 0;
		orders = pass(director);
	}
	if (orders < 0 || director->ipvs.refused > 0) {
		tell(director, DIRECTOR_TABLE, "%s", director->ipvs.why);
		/* what was due then is due still: not again at once */
		director->plan.due_us = director->now_us + AGAIN_US;
		return;
	}
	if (orders > 0)
		tell(director, DIRECTOR_TABLE,
		     "the table is not as it was just made: does another "
		     "program change it (keepalived, ldirectord, ipvsadm)?");
	else if (mended > 0)
		tell(director, DIRECTOR_TABLE,
		     "another program or person changed the table; it was put "
		     "right with %d message%s",
		     mended, mended == 1 ? "" : "s");
	else if (director->waiting_fd < 0)
		tell_over(director, DIRECTOR_TABLE);
	director->is_made = true;
	director->is_changed = director->farm.is_changed = false;
	tell_foreign(director);
}

static void make_all(struct director *director)
{
	char error[DIRECTOR_TEXT_MAX];
	int mended = director->is_made ? audit(director) : 0;

	if (mended < 0) {
		tell(director, DIRECTOR_TABLE, "%s", director->ipvs.why);
		return;
	}
	if (wanted_make(&director->farm, &director->wanted) != 0)
		return; /* no memory: again with the next audit */
	if (director->settings->director.configured &&
	    kernel_set_all(&director->settings->director, &director->ipvs,
			   error, sizeof(error)) < 0)
		tell(director, DIRECTOR_TABLE, "%s", error);
	else
		make_table(director, mended);
	/* D8: what it learns finds its services */
	if (sync_run(director->settings, farm_serves(&director->farm),
		     &director->ipvs, error, sizeof(error)) < 0)
		tell(director, DIRECTOR_SYNC, "%s", error);
	else
		tell_over(director, DIRECTOR_SYNC);
}

/* ---- time ---- */

static int64_t earliest(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static bool open_ipvs(struct director *director)
{
	char error[200];

	if (director->ipvs.socket != NULL)
		return true;
	if (ipvs_open(&director->ipvs, error, sizeof(error)) != 0) {
		if (!director->settings->director.configured)
			return false; /* then nothing of ours is there */
		tell(director, DIRECTOR_OFF,
		     "%s; tried again every %d s, the addresses are served all "
		     "the same",
		     error, (int)(AGAIN_US / SECOND_US));
		return false;
	}
	tell_over(director, DIRECTOR_OFF);
	return true;
}

/* With no group in the file: until nothing is left of what was ours. */
static uint32_t audit_s(const struct director *director)
{
	return director->settings->director.configured
		       ? director->settings->director.audit_s
		       : AUDIT_WITHOUT_S;
}

/* D10: of the table that is found nothing is changed before each server was
 * asked once, or it takes too long. */
static bool is_judged(struct director *director)
{
	if (director->now_us >= director->judged_us)
		return true;
	/* D1: a table may be the other node's to have */
	if (!director->farm.is_owned_known)
		return false;
	if (!probes_are_through(&director->farm.probes))
		return false;
	director->judged_us = director->now_us;
	return true;
}

/*
 * D1: of the table that is found, what is the other node's to have goes before
 * the servers are judged. Whoever was director before may have died with the
 * main process, and until then packets of the new owner went in a circle.
 */
static void clear_away(struct director *director)
{
	const struct table *wanted = &director->wanted;
	bool any = false;

	if (director->is_cleared || !director->farm.is_owned_known)
		return;
	director->is_cleared = true;
	if (wanted_make(&director->farm, &director->wanted) != 0)
		return; /* no memory: with all the rest */
	for (unsigned i = 0; i < wanted->service_count; i++)
		any = any || wanted->services[i].is_away;
	if (!any || !open_ipvs(director))
		return;
	table_count(&director->kernel, false);
	if (ipvs_read_table(&director->ipvs, &director->kernel) != 0)
		return;
	for (unsigned i = 0; i < wanted->service_count; i++) {
		struct plan_order order = {.verb = PLAN_DELETE_SERVICE};

		order.service =
			table_find(&director->kernel, &wanted->services[i].id);
		if (wanted->services[i].is_away && order.service != NULL)
			ipvs_order(&director->ipvs, &order);
	}
	ipvs_flush(&director->ipvs);
}

static void work(struct director *director)
{
	bool is_due =
		director->now_us >= director->audit_us || director->is_changed;

	asker_step(&director->asker, &director->farm, director->now_us);
	farm_step(&director->farm, director->now_us);
	tell_servers(director);
	show_board(director);
	tell_farm(director);
	news_step(&director->news, &director->farm, director->now_us,
		  send_news);
	if (!is_judged(director)) {
		clear_away(director);
		return;
	}
	if (is_due && !open_ipvs(director)) {
		director->audit_us = director->now_us + AGAIN_US;
		director->is_changed = false;
		return;
	}
	if (director->ipvs.socket == NULL)
		return;
	if (is_due) {
		/* where it fails, too: again with the next audit, not each
		 * turn */
		director->is_changed = false;
		make_all(director);
		director->audit_us =
			director->now_us + audit_s(director) * SECOND_US;
		return;
	}
	if (director->now_us < director->plan.due_us &&
	    !director->farm.is_changed)
		return;
	if (wanted_make(&director->farm, &director->wanted) == 0)
		make_table(director, 0);
}

static int64_t due_us(const struct director *director)
{
	int64_t due_us =
		earliest(farm_due_us(&director->farm, director->now_us),
			 asker_due_us(&director->asker, &director->farm));

	due_us = earliest(due_us, director->news.due_us);
	if (director->now_us < director->judged_us)
		return earliest(due_us, director->judged_us);
	if (director->is_changed)
		return 0;
	due_us = earliest(earliest(due_us, director->audit_us),
			  desk_due_us(&director->desk));
	return director->ipvs.socket == NULL
		       ? due_us
		       : earliest(due_us, director->plan.due_us);
}

/* ---- the end ---- */

/* on_stop = "remove", when the daemon has ended in order, and so after the
 * addresses. Not after a crash: the next daemon goes on with the table. */
static void remove_all(struct director *director)
{
	if (director->ipvs.socket == NULL)
		return;
	table_empty(&director->wanted);
	for (unsigned i = 0; i < director->owned.count; i++)
		director->owned.list[i].drain_s = 0;
	if (pass(director) >= 0)
		(void)pass(director); /* and its list is empty, too */
}

/*
 * D1: the main process has ended, and this node serves nothing any more. The
 * keeper takes the addresses meanwhile; what is left after it must not forward
 * what the next owner sends to this node.
 */
#define KEEPER_WORKS_US 20000

static void remove_of_owner(struct director *director)
{
	const struct settings *settings = director->settings;
	bool any = false;

	for (unsigned i = 0; i < settings->director.service_count; i++)
		any = any || settings_has_owner_table(
				     settings, &settings->director.services[i]);
	if (!any || director->ipvs.socket == NULL)
		return;
	usleep(KEEPER_WORKS_US);
	director->farm.owned = (struct instance_set){{0}};
	if (wanted_make(&director->farm, &director->wanted) == 0)
		(void)pass(director);
}

/* True: an operator said a word. */
static bool serve_desk(struct director *director, const struct pollfd *polled)
{
	struct desk_view view = {.farm = &director->farm,
				 .plan = &director->plan,
				 .pair = &director->pair};

	/* its counters are those of now, also for who has just come, since he
	 * may have asked already */
	if (director->ipvs.socket != NULL) {
		bool is_asked =
			desk_is_busy(&director->desk) || polled[0].revents;

		if (is_asked)
			table_count(&director->kernel, true);
		if (!is_asked ||
		    ipvs_read_table(&director->ipvs, &director->kernel) == 0)
			view.kernel = &director->kernel;
	}
	return desk_turn(&director->desk, polled, &view, director->now_us);
}

static bool turn(struct director *director)
{
	struct pollfd polled[5 + DESK_CLIENTS_MAX] = {
		{.fd = DIRECTOR_FD_SOCKET, .events = POLLIN},
		{.fd = DIRECTOR_FD_PARENT, .events = POLLIN},
		{.fd = director->asker.socket, .events = POLLIN},
		{.fd = director->asker.pidfd, .events = POLLIN},
	};
	bool any;
	int64_t left_ms = (due_us(director) - clock_now_us() + 999) / 1000;

	if (left_ms < 0)
		left_ms = 0;
	if (left_ms > 60000)
		left_ms = 60000;
	if (poll(polled, 4 + desk_poll(&director->desk, polled + 4),
		 (int)left_ms) < 0)
		return true;
	if (polled[1].revents) {
		take_requests(director); /* its last words */
		return false;
	}
	if (polled[0].revents & (POLLHUP | POLLERR))
		usleep(1000); /* its end is told by the pidfd alone (R12) */
	director->now_us = clock_now_us();
	if (director->waiting_fd >= 0)
		take_settings(director, director->waiting_fd);
	if (polled[0].revents)
		take_requests(director);
	director->asker.is_ended = polled[3].revents != 0;
	any = polled[2].revents &&
	      asker_read(&director->asker, &director->farm, director->now_us);
	/* also with an audit: one that found the disk full is told in the same
	 * cells until it is taken, and those are no news */
	any = ((director->is_pair_heard ||
		director->now_us >= director->audit_us) &&
	       take_words(director)) ||
	      any;
	any = serve_desk(director, polled + 4) || director->is_pair_heard ||
	      any;
	director->is_pair_heard = false;
	desk_check(&director->desk, director->now_us);
	if (any || polled[3].revents || director->now_us >= due_us(director))
		work(director);
	tell_stands(director);
	return true;
}

/* twinbeat director flush, where no daemon runs: takes out what the list says
 * is ours. The exit status of the command. */
static int flush(struct director *director, const char *path)
{
	static struct settings none; /* of zeros, and so in no file */
	char error[200];

	director->settings = &none;
	director->owned.path = path;
	(void)owned_load(&director->owned);
	if (director->owned.count == 0) {
		puts("nothing in the kernel is of twinbeat");
		return 0;
	}
	if (ipvs_open(&director->ipvs, error, sizeof(error)) != 0) {
		fprintf(stderr, "twinbeat: director: %s\n", error);
		return 1;
	}
	remove_all(director);
	if (director->ipvs.refused > 0 || director->owned.count > 0) {
		fprintf(stderr, "twinbeat: director: %s\n",
			director->ipvs.why[0] ? director->ipvs.why
					      : "the kernel still has a part");
		return 1;
	}
	puts("all that was of twinbeat is out of the kernel's table");
	return 0;
}

int main(int argc, char **argv)
{
	static struct director director = {.waiting_fd = -1};
	unsigned wrong;

	standard_fds_open();
	if (argc == 3 && strcmp(argv[1], "--flush") == 0)
		return flush(&director, argv[2]);
	director.settings =
		argc == 4 ? settings_map_again(DIRECTOR_FD_SETTINGS) : NULL;
	if (director.settings == NULL) {
		fprintf(stderr, "twinbeat-director: it is started by "
				"twinbeatd, not by hand\n");
		return 2;
	}
	for (int fd = DIRECTOR_FD_SOCKET; fd <= DIRECTOR_FD_LOCK; fd++)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	signals_ignore();
	director.owned.path = argv[1];
	wrong = owned_load(&director.owned);
	if (wrong > 0)
		fprintf(stderr,
			"twinbeat-director: %s: %u lines that are not "
			"understood are left out\n",
			argv[1], wrong);
	/* what a predecessor has told may be over */
	for (unsigned i = 0; i < DIRECTOR_TROUBLES; i++)
		director.is_told[i] = true;
	director.now_us = clock_now_us();
	director.farm.probes.chance = (uint32_t)director.now_us;
	farm_begin(&director.farm, director.settings, NULL, director.now_us);
	words_load(&director.farm, argv[3]);
	if (desk_begin(&director.desk, argv[2], argv[3]) != 0)
		fprintf(stderr, "twinbeat-director: nobody can ask at %s: %s\n",
			argv[2], strerror(errno));
	for (int v6 = 0; v6 < 2; v6++)
		director.asker.ping_fds[v6] = ping_open(v6);
	privileges_settle(PRIVILEGES_DIRECTOR, "twinbeat-director");
	telling_begin(&director.telling, &director.farm);
	news_begin(&director.news);
	asker_begin(&director.asker);
	asker_renew(&director.asker, DIRECTOR_FD_SETTINGS);
	director.judged_us = director.now_us + JUDGED_WITHIN_US;
	work(&director);
	while (turn(&director))
		continue;
	if (director.is_stopping &&
	    director.settings->director.on_stop == ON_STOP_REMOVE)
		remove_all(&director);
	else
		remove_of_owner(&director);
	return 0;
}
