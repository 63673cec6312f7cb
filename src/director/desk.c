/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The operator's desk: one JSON line asked, one answered (control_msg.h). */
#include "desk.h"

#include <errno.h>
#include <jansson.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "../base/account.h"
#include "view.h"

#define IDLE_US	 INT64_C(5000000)
#define DEAF_US	 1000000
#define PROBE_US INT64_C(70000000) /* the longest time-out is a minute */
#define TELL_US	 INT64_C(10000000) /* eight beats, and slow links */
#define BACKLOG	 8
#define CHECK_US INT64_C(1000000)

/* 0, or -1 with errno. */
static int desk_listen(struct desk *desk)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	mode_t mask;
	int result;

	errno = ENAMETOOLONG;
	if (strlen(desk->path) >= sizeof(address.sun_path))
		return -1;
	memcpy(address.sun_path, desk->path, strlen(desk->path) + 1);
	desk->listener =
		socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (desk->listener < 0)
		return -1;
	unlink(desk->path);
	mask = umask(0177);
	result = bind(desk->listener, (struct sockaddr *)&address,
		      sizeof(address));
	umask(mask);
	if (result == 0 && listen(desk->listener, BACKLOG) == 0) {
		file_place_note(&desk->place, desk->path);
		desk->has_group =
			account_find_group(ACCOUNT_GROUP, &desk->group);
		/* refused: root alone asks, as where there is no group */
		if (desk->has_group)
			(void)account_give(desk->path, desk->group, 0660);
		return 0;
	}
	result = errno;
	close(desk->listener);
	desk->listener = -1;
	errno = result;
	return -1;
}

int desk_begin(struct desk *desk, const char *socket_path,
	       const char *words_path)
{
	desk->path = socket_path;
	desk->words_path = words_path;
	desk->listener = -1;
	for (unsigned i = 0; i < DESK_CLIENTS_MAX; i++)
		desk->clients[i].fd = -1;
	return desk_listen(desk);
}

void desk_check(struct desk *desk, int64_t now_us)
{
	if (now_us - desk->checked_us < CHECK_US)
		return;
	desk->checked_us = now_us;
	if (desk->listener >= 0 && file_place_holds(&desk->place, desk->path))
		return;
	if (desk->listener >= 0)
		close(desk->listener);
	desk->listener = -1;
	if (desk_listen(desk) == 0)
		fprintf(stderr,
			"twinbeat-director: %s was removed by another hand: "
			"made anew\n",
			desk->path);
}

/* The list of a thousand servers takes some megabytes to make. Of what is free
 * malloc gives back only what lies behind all else. */
#define LARGE 65536

static void end(struct desk_client *client)
{
	bool was_large = client->size > LARGE;

	close(client->fd);
	free(client->answer);
	*client = (struct desk_client){.fd = -1};
	if (was_large)
		malloc_trim(0);
}

static bool is_waiting(const struct desk_client *client)
{
	return client->is_probing || client->is_telling;
}

/* DESK_CLIENTS_MAX: there is none. */
static unsigned free_place(const struct desk *desk)
{
	unsigned i = 0;

	while (i < DESK_CLIENTS_MAX && desk->clients[i].fd >= 0)
		i++;
	return i;
}

static void accept_one(struct desk *desk, int64_t now_us)
{
	struct account_peer peer = {.may_command = false};
	unsigned place = free_place(desk);
	int fd = accept4(desk->listener, NULL, NULL,
			 SOCK_NONBLOCK | SOCK_CLOEXEC);

	/* who waits would wake us again and again */
	if (fd < 0 && errno != EAGAIN && errno != ECONNABORTED &&
	    errno != EINTR)
		desk->deaf_until_us = now_us + DEAF_US;
	if (fd >= 0 &&
	    !account_peer_of(fd, desk->has_group ? &desk->group : NULL,
			     &peer)) {
		close(fd);
		return;
	}
	if (fd >= 0 && place < DESK_CLIENTS_MAX)
		desk->clients[place] =
			(struct desk_client){.fd = fd,
					     .may_command = peer.may_command,
					     .limit_us = now_us + IDLE_US};
	else if (fd >= 0)
		close(fd);
}

/* ---- what is asked ---- */

static int find_server(const struct settings *settings, const char *text,
		       unsigned *service)
{
	const struct settings_director *director = &settings->director;
	const char *slash = strchr(text, '/');

	for (unsigned i = 0; slash != NULL && i < director->service_count;
	     i++) {
		const struct settings_service *its = &director->services[i];

		if (strlen(its->name) != (size_t)(slash - text) ||
		    strncmp(its->name, text, (size_t)(slash - text)) != 0)
			continue;
		*service = i;
		for (unsigned k = 0; k < its->server_count; k++)
			if (strcmp(settings->servers[its->first_server + k]
					   .name,
				   slash + 1) == 0)
				return (int)(its->first_server + k);
	}
	return -1;
}

static json_t *finish(bool ok, const char *text)
{
	json_t *answer = json_object();

	json_object_set_new(answer, "done", json_true());
	json_object_set_new(answer, "ok", json_boolean(ok));
	json_object_set_new(answer, "text", json_string(text));
	return answer;
}

static const char no_server[] = "there is no such server; they are named "
				"SERVICE/SERVER, as twinbeat director shows "
				"them";

/* Nothing here can be waited for: it is told all the same when it is heard. */
static json_t *said_here(const struct desk_client *client, const char *why)
{
	char text[DESK_SAID_MAX + 160];
	json_t *answer;

	snprintf(text, sizeof(text),
		 "%s, on this node; the other one %s, and gets it when it is "
		 "heard with the same file",
		 client->said, why);
	answer = finish(false, text);
	json_object_set_new(answer, "here", json_true());
	return answer;
}

/*
 * On disk before it is done: it must outlast what comes next. The answer comes
 * when the other node has it, too (D6).
 */
static json_t *say_word(struct desk *desk, struct desk_client *client,
			const struct desk_view *view, const char *command,
			const json_t *request, int64_t now_us, bool *is_said)
{
	struct farm *farm = view->farm;
	static const struct {
		const char *command;
		enum server_word word;
	} words[] = {{"drain", WORD_DRAIN},
		     {"disable", WORD_OUT},
		     {"enable", WORD_READY},
		     {"weight", WORD_READY}};
	const char *name =
		json_string_value(json_object_get(request, "server"));
	json_int_t percent =
		json_integer_value(json_object_get(request, "percent"));
	unsigned service = 0, i = 0;
	int at = name ? find_server(farm->settings, name, &service) : -1;
	struct server *server, before;
	char text[240];

	while (i < 4 && strcmp(words[i].command, command) != 0)
		i++;
	if (i == 4)
		return finish(false, "there is no such request");
	if (at < 0)
		return finish(false, no_server);
	if (i == 3 && (percent < 1 || percent > 100))
		return finish(false, "the weight must be 1 to 100 percent");
	server = &farm->servers[at];
	before = *server;
	server->admin_stamp = pair_stamp(server, (int64_t)time(NULL));
	if (i < 3)
		server->admin = words[i].word;
	else
		server->admin_percent = (uint8_t)percent;
	if (words_save(farm, desk->words_path) != 0) {
		snprintf(text, sizeof(text), "nothing is changed: %s: %s",
			 desk->words_path, strerror(errno));
		*server = before;
		return finish(false, text);
	}
	*is_said = true;
	fprintf(stderr, "%s: an operator says: %s\n", name, command);
	pair_said(view->pair, (unsigned)at);
	snprintf(client->said, sizeof(client->said), "%.120s: %s", name,
		 command);
	if (!view->pair->peer.counts)
		return said_here(client, "is not heard, or has another file");
	client->is_telling = true;
	client->limit_us = now_us + TELL_US;
	return NULL;
}

/* Asked now; the answer comes when all have said something. */
static json_t *begin_probe(struct desk_client *client, struct farm *farm,
			   const json_t *request, int64_t now_us, bool *is_said)
{
	const char *name =
		json_string_value(json_object_get(request, "server"));
	unsigned service = 0;
	int at = name ? find_server(farm->settings, name, &service) : -1;

	if (at < 0)
		return finish(false, no_server);
	farm_ask_now(farm, (unsigned)at, now_us);
	*is_said = true;
	client->is_probing = true;
	client->service = service;
	client->server = (unsigned)at;
	client->from_us = now_us;
	client->limit_us = now_us + PROBE_US;
	return NULL;
}

static json_t *tell_diff(const struct desk_view *view)
{
	json_t *answer;

	if (view->kernel == NULL)
		return finish(false, "the kernel's table cannot be read: see "
				     "alert director-off");
	answer = finish(true, "");
	json_object_set_new(answer, "orders",
			    view_diff(view->plan, view->kernel));
	return answer;
}

static void put_answer(struct desk_client *client, json_t *answer)
{
	char *text = json_dumps(answer, JSON_COMPACT | JSON_ENSURE_ASCII);

	json_decref(answer);
	client->size = text ? strlen(text) : 0;
	if (text != NULL)
		text[client->size++] = '\n'; /* in place of the zero */
	client->answer = text;
	client->sent = 0;
	client->is_probing = client->is_telling = false;
}

static void end_probe(struct desk_client *client, const struct farm *farm,
		      int64_t now_us)
{
	bool is_done = farm_has_asked(farm, client->server, client->from_us);
	json_t *answer;

	if (!is_done && now_us < client->limit_us)
		return;
	answer = finish(is_done, is_done ? ""
					 : "not all checks have an answer: is "
					   "twinbeat-checker busy, or dead?");
	json_object_set_new(answer, "probe",
			    view_probe(farm, client->service, client->server));
	put_answer(client, answer);
	client->limit_us = now_us + IDLE_US;
}

static void end_telling(struct desk_client *client,
			const struct desk_view *view, int64_t now_us)
{
	char text[DESK_SAID_MAX + 40];

	if (pair_is_agreed(view->pair, view->farm)) {
		snprintf(text, sizeof(text), "%s, on both nodes", client->said);
		put_answer(client, finish(true, text));
	} else if (now_us >= client->limit_us || !view->pair->peer.counts) {
		put_answer(client,
			   said_here(client, "has not said that it has it"));
	} else {
		return;
	}
	client->limit_us = now_us + IDLE_US;
}

/* Before anything is done or said: it can be asked again. */
static bool is_too_much(const struct desk *desk)
{
	unsigned waiting = 0;

	for (unsigned i = 0; i < DESK_CLIENTS_MAX; i++)
		waiting += is_waiting(&desk->clients[i]);
	return waiting >= DESK_WAITING_MAX;
}

static void answer_request(struct desk *desk, struct desk_client *client,
			   const struct desk_view *view, int64_t now_us,
			   bool *is_said)
{
	json_t *request = json_loadb(client->request, client->used, 0, NULL);
	const char *command =
		json_string_value(json_object_get(request, "command"));
	json_t *answer;
	char text[100];

	if (command != NULL && strcmp(command, "list") == 0) {
		answer = finish(true, "");
		json_object_set_new(
			answer, "director",
			view_make(view->farm, view->kernel, now_us));
	} else if (command != NULL && strcmp(command, "diff") == 0) {
		answer = tell_diff(view);
	} else if (!client->may_command) {
		answer = finish(false, "refused: this needs root or a member "
				       "of group " ACCOUNT_GROUP);
	} else if (is_too_much(desk)) {
		snprintf(text, sizeof(text),
			 "nothing is done: %d others wait for their answers; "
			 "ask again when one of them has it",
			 DESK_WAITING_MAX);
		answer = finish(false, text);
	} else if (command != NULL && strcmp(command, "probe") == 0) {
		answer = begin_probe(client, view->farm, request, now_us,
				     is_said);
	} else {
		answer = say_word(desk, client, view, command ? command : "",
				  request, now_us, is_said);
	}
	json_decref(request);
	if (answer != NULL)
		put_answer(client, answer);
}

/* ---- its sockets ---- */

static void hear(struct desk *desk, struct desk_client *client,
		 const struct desk_view *view, int64_t now_us, bool *is_said)
{
	ssize_t got = recv(client->fd, client->request + client->used,
			   sizeof(client->request) - client->used, 0);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		end(client);
		return;
	}
	client->used += (size_t)got;
	if (memchr(client->request, '\n', client->used) != NULL)
		answer_request(desk, client, view, now_us, is_said);
	if (client->answer == NULL && !is_waiting(client) &&
	    (client->used == sizeof(client->request) ||
	     memchr(client->request, '\n', client->used) != NULL))
		end(client);
}

static void speak(struct desk_client *client, int64_t now_us)
{
	ssize_t sent = send(client->fd, client->answer + client->sent,
			    client->size - client->sent, MSG_NOSIGNAL);

	if (sent < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (sent > 0) {
		client->sent += (size_t)sent;
		client->limit_us = now_us + IDLE_US;
	}
	if (sent < 0 || client->sent == client->size)
		end(client);
}

unsigned desk_poll(const struct desk *desk, struct pollfd *polled)
{
	bool has_room =
		free_place(desk) < DESK_CLIENTS_MAX && desk->deaf_until_us == 0;
	unsigned count = 0;

	polled[count++] = (struct pollfd){.fd = has_room ? desk->listener : -1,
					  .events = POLLIN};
	for (unsigned i = 0; i < DESK_CLIENTS_MAX; i++)
		polled[count++] = (struct pollfd){
			/* who waits for checks is not listened to */
			.fd = is_waiting(&desk->clients[i])
				      ? -1
				      : desk->clients[i].fd,
			.events = desk->clients[i].answer ? POLLOUT : POLLIN};
	return count;
}

bool desk_turn(struct desk *desk, const struct pollfd *polled,
	       const struct desk_view *view, int64_t now_us)
{
	bool is_said = false;

	if (desk->listener < 0)
		return false;
	if (now_us >= desk->deaf_until_us)
		desk->deaf_until_us = 0;
	if (polled[0].revents)
		accept_one(desk, now_us);
	for (unsigned i = 0; i < DESK_CLIENTS_MAX; i++) {
		struct desk_client *client = &desk->clients[i];

		if (client->is_probing)
			end_probe(client, view->farm, now_us);
		else if (client->is_telling)
			end_telling(client, view, now_us);
		else if (client->fd >= 0 && client->answer == NULL)
			hear(desk, client, view, now_us, &is_said);
		if (client->fd >= 0 && client->answer != NULL)
			speak(client, now_us);
		if (client->fd >= 0 && now_us >= client->limit_us)
			end(client);
	}
	return is_said;
}

int64_t desk_due_us(const struct desk *desk)
{
	int64_t due_us = desk->deaf_until_us ? desk->deaf_until_us : INT64_MAX;

	for (unsigned i = 0; i < DESK_CLIENTS_MAX; i++)
		if (desk->clients[i].fd >= 0 &&
		    desk->clients[i].limit_us < due_us)
			due_us = desk->clients[i].limit_us;
	return due_us;
}

void desk_renew(struct desk *desk)
{
	for (unsigned i = 0; i < DESK_CLIENTS_MAX; i++)
		if (is_waiting(&desk->clients[i]))
			put_answer(&desk->clients[i],
				   finish(false, "there are new settings: ask "
						 "again"));
}

bool desk_is_busy(const struct desk *desk)
{
	for (unsigned i = 0; i < DESK_CLIENTS_MAX; i++)
		if (desk->clients[i].fd >= 0 && !desk->clients[i].answer &&
		    !is_waiting(&desk->clients[i]))
			return true;
	return false;
}
