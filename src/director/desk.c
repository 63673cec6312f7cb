/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The operator's desk: one JSON line asked, one answered (control_msg.h). */
#include "desk.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "../base/account.h"
#include "view.h"

#define IDLE_US INT64_C(5000000)
#define BACKLOG 8

int desk_begin(struct desk *desk, const char *socket_path,
	       const char *words_path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	mode_t mask;
	int result;

	desk->words_path = words_path;
	desk->listener = -1;
	for (unsigned i = 0; i < DESK_CLIENTS_MAX; i++)
		desk->clients[i].fd = -1;
	errno = ENAMETOOLONG;
	if (strlen(socket_path) >= sizeof(address.sun_path))
		return -1;
	memcpy(address.sun_path, socket_path, strlen(socket_path) + 1);
	desk->listener =
		socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (desk->listener < 0)
		return -1;
	unlink(socket_path);
	mask = umask(0177);
	result = bind(desk->listener, (struct sockaddr *)&address,
		      sizeof(address));
	umask(mask);
	if (result == 0 && listen(desk->listener, BACKLOG) == 0) {
		desk->has_group =
			account_find_group(ACCOUNT_GROUP, &desk->group);
		/* refused: root alone asks, as where there is no group */
		if (desk->has_group)
			(void)account_give(socket_path, desk->group, 0660);
		return 0;
	}
	close(desk->listener);
	desk->listener = -1;
	return -1;
}

static void end(struct desk_client *client)
{
	close(client->fd);
	free(client->answer);
	*client = (struct desk_client){.fd = -1};
}

static void accept_one(struct desk *desk, int64_t now_us)
{
	int fd = accept4(desk->listener, NULL, NULL,
			 SOCK_NONBLOCK | SOCK_CLOEXEC);

	struct account_peer peer = {.may_command = false};

	if (fd >= 0 &&
	    !account_peer_of(fd, desk->has_group ? &desk->group : NULL,
			     &peer)) {
		close(fd);
		return;
	}
	for (unsigned i = 0; fd >= 0 && i < DESK_CLIENTS_MAX; i++)
		if (desk->clients[i].fd < 0) {
			desk->clients[i] = (struct desk_client){
				.fd = fd,
				.may_command = peer.may_command,
				.limit_us = now_us + IDLE_US};
			return;
		}
	if (fd >= 0)
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

/* On disk before it is done: it must outlast what comes next. */
static json_t *say_word(struct desk *desk, struct farm *farm,
			const char *command, const json_t *request,
			bool *is_said)
{
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
		return finish(false, "there is no such server; they are named "
				     "SERVICE/SERVER, as twinbeat director "
				     "shows them");
	if (i == 3 && (percent < 1 || percent > 100))
		return finish(false, "the weight must be 1 to 100 percent");
	server = &farm->servers[at];
	before = *server;
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
	snprintf(text, sizeof(text),
		 "%s: %s, on this node; say it on the other node, too", name,
		 command);
	return finish(true, text);
}

static void answer_request(struct desk *desk, struct desk_client *client,
			   const struct desk_view *view, int64_t now_us,
			   bool *is_said)
{
	json_t *request = json_loadb(client->request, client->used, 0, NULL);
	const char *command =
		json_string_value(json_object_get(request, "command"));
	json_t *answer;
	char *text;

	if (command != NULL && strcmp(command, "list") == 0) {
		answer = finish(true, "");
		json_object_set_new(
			answer, "director",
			view_make(view->farm, view->kernel, now_us));
	} else if (!client->may_command) {
		answer = finish(false, "refused: this needs root or a member "
				       "of group " ACCOUNT_GROUP);
	} else {
		answer = say_word(desk, view->farm, command ? command : "",
				  request, is_said);
	}
	text = json_dumps(answer, JSON_COMPACT | JSON_ENSURE_ASCII);
	json_decref(answer);
	json_decref(request);
	client->size = text ? strlen(text) : 0;
	if (text != NULL)
		text[client->size++] = '\n'; /* in place of the zero */
	client->answer = text;
	client->sent = 0;
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
	if (client->answer == NULL &&
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
	unsigned count = 0;

	polled[count++] =
		(struct pollfd){.fd = desk->listener, .events = POLLIN};
	for (unsigned i = 0; i < DESK_CLIENTS_MAX; i++)
		polled[count++] = (struct pollfd){
			.fd = desk->clients[i].fd,
			.events = desk->clients[i].answer ? POLLOUT : POLLIN};
	return count;
}

bool desk_turn(struct desk *desk, const struct desk_view *view, int64_t now_us)
{
	bool is_said = false;

	if (desk->listener < 0)
		return false;
	accept_one(desk, now_us);
	for (unsigned i = 0; i < DESK_CLIENTS_MAX; i++) {
		struct desk_client *client = &desk->clients[i];

		if (client->fd >= 0 && client->answer == NULL)
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
	int64_t due_us = INT64_MAX;

	for (unsigned i = 0; i < DESK_CLIENTS_MAX; i++)
		if (desk->clients[i].fd >= 0 &&
		    desk->clients[i].limit_us < due_us)
			due_us = desk->clients[i].limit_us;
	return due_us;
}

bool desk_is_busy(const struct desk *desk)
{
	for (unsigned i = 0; i < DESK_CLIENTS_MAX; i++)
		if (desk->clients[i].fd >= 0 && !desk->clients[i].answer)
			return true;
	return false;
}
