/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The control socket: who may ask, one request each, answers in lines. It
 * decides nothing about the pair; it makes sure that no client, slow, silent or
 * mad, costs the main loop more than a bounded moment.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon.h"
#include "link_edge.h"
#include "push_edge.h"
#include "reload.h"
#include "control.h"
#include "control_request.h"
#include "run_dir.h"
#include "runner_edge.h"
#include "../base/account.h"
#include "../base/file_place.h"
#include "../base/log.h"
#include "../core/view.h"
#include "../ipc/control_msg.h"

#define BACKLOG	     8
#define IDLE_US	     10000000
#define OUT_MAX	     (64 * 1024) /* steps that nobody reads */
#define SAVE_WAIT_US 9000000	 /* below the patience of twinbeat(8) */
#define ACCEPTS_MAX  4		 /* per turn */

#define REFUSED_EACH_US 1000000
#define FAILS_KEY_US	3000000

#define CLIENTS_MAX 16
/* Places that those who only look cannot take from those who command. */
#define OPERATORS_ONLY 4
struct client {
	struct source source;
	uint32_t token; /* 0 = free */
	struct account_peer peer;
	struct control_request request;
	bool asked;    /* the request is complete */
	bool finished; /* the last line is in out */
	bool unsaved;  /* the last line waits until the state is on disk */
	char text[TEXT_MAX]; /* that line */
	int64_t asked_us, limit_us;
	size_t in_used;
	char *out; /* malloc'ed, NULL = nothing to send */
	size_t out_size, out_sent;
	char in[CONTROL_REQUEST_MAX + 2];
};

struct control_edge {
	struct source listener;
	bool is_deaf; /* no descriptor is left for one more: until the next
			 second */
	struct file_place place; /* of the socket's file */
	bool complained;	 /* that it cannot be made anew */
	bool has_group;		 /* this machine knows ACCOUNT_GROUP */
	gid_t group;
	int64_t refused_us; /* when a refusal was logged */
	uint32_t last_token;
	struct client clients[CLIENTS_MAX];
};

static struct client *client_of(struct daemon *daemon, unsigned index)
{
	return &daemon->control->clients[index];
}

static void client_close(struct daemon *daemon, struct client *client)
{
	loop_drop(&daemon->loop, &client->source);
	free(client->out);
	client->out = NULL;
	client->token = 0;
}

/* ---- answers ---- */

static void client_flush(struct daemon *daemon, struct client *client)
{
	uint32_t events = client->asked ? 0 : EPOLLIN;
	ssize_t n;

	while (client->out_sent < client->out_size) {
		n = send(client->source.fd, client->out + client->out_sent,
			 client->out_size - client->out_sent,
			 MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0) {
			client_close(daemon, client);
			return;
		}
		client->out_sent += (size_t)n;
		client->limit_us = clock_now_us() + IDLE_US;
	}
	if (client->out_sent < client->out_size) {
		events |= EPOLLOUT;
	} else {
		free(client->out);
		client->out = NULL;
		client->out_size = client->out_sent = 0;
		/* it has read all and waits for us: as long as it takes */
		if (client->asked && !client->finished)
			client->limit_us = TIMER_NEVER;
		if (client->finished) {
			client_close(daemon, client);
			return;
		}
	}
	loop_change(&daemon->loop, &client->source, events);
}

/* Takes line (from jansson's malloc) over and sends it with a newline. */
static void client_append(struct daemon *daemon, struct client *client,
			  char *line)
{
	size_t length = line ? strlen(line) : 0;
	size_t left = client->out_size - client->out_sent;
	char *larger;

	/* A slow reader is cut, never waited for. */
	if (!line || left + length + 1 > CONTROL_ANSWER_MAX ||
	    (left > OUT_MAX && !client->finished)) {
		free(line);
		client_close(daemon, client);
		return;
	}
	larger = realloc(client->out, client->out_size + length + 1);
	if (!larger) {
		free(line);
		client_close(daemon, client);
		return;
	}
	memcpy(larger + client->out_size, line, length + 1);
	larger[client->out_size + length] = '\n';
	client->out = larger;
	client->out_size += length + 1;
	free(line);
	client_flush(daemon, client);
}

/* Ends the conversation; extra members are taken over. */
static void client_finish(struct daemon *daemon, struct client *client, bool ok,
			  const char *text, json_t *extra)
{
	json_t *object =
		json_pack("{s:b, s:b, s:s}", "done", 1, "ok", ok, "text", text);
	char *line;

	if (extra)
		json_object_update(object, extra);
	line = json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII);
	json_decref(object);
	json_decref(extra);
	client->finished = true;
	client->limit_us = clock_now_us() + IDLE_US;
	client_append(daemon, client, line);
}

static void client_step(struct daemon *daemon, struct client *client,
			const char *text)
{
	int64_t elapsed_us = clock_now_us() - client->asked_us;
	json_t *object = json_pack("{s:s, s:I}", "step", text, "elapsed_ms",
				   (json_int_t)elapsed_us / 1000);
	char *line = json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII);

	json_decref(object);
	client_append(daemon, client, line);
}

static const char *read_word(const struct daemon *daemon, unsigned node,
			     int device)
{
	const struct settings_node *from = &daemon->settings->nodes[node];
	enum core_plug first = CORE_PLUG_UNKNOWN;

	for (unsigned i = 0, seen = 0; i < from->plug_count; i++) {
		enum core_plug state = daemon->core.plugs[node][i].state;

		if (device >= 0 && from->plugs[i].device != device)
			continue;
		if (seen++ > 0 && state != first)
			return "unknown";
		first = state;
	}
	return plug_state_name(first);
}

/* "result" of a fence: on and off only when that was read back. */
static const char *fence_word(const struct daemon *daemon,
			      const struct control_request *request, bool ok)
{
	const struct core_fence *fence = &daemon->core.fence;

	if (request->command == COMMAND_FENCE_STATUS)
		return ok ? read_word(daemon, request->node, request->device)
			  : "unknown";
	if (ok)
		return request->command == COMMAND_FENCE_ON ? "on" : "off";
	return fence->last.is_known &&
			       fence->last.outcome == CORE_OUTCOME_FAILED
		       ? "failed"
		       : "unknown";
}

static bool is_fence(const struct control_request *request)
{
	return !request->is_status && !request->is_drill &&
	       request->command >= COMMAND_FENCE_OFF &&
	       request->command <= COMMAND_FENCE_STATUS;
}

static bool is_kept(const struct control_request *request)
{
	return request->command == COMMAND_MAINTENANCE_ON ||
	       request->command == COMMAND_MAINTENANCE_OFF;
}

void control_reply(struct daemon *daemon, const struct action *action)
{
	uint32_t token = action->reply.token;
	struct client *client = client_of(daemon, token % CLIENTS_MAX);
	json_t *extra = NULL;

	if (client->token != token || client->finished)
		return; /* it has gone meanwhile */
	if (!action->reply.done) {
		client_step(daemon, client, action->text);
		return;
	}
	if (is_fence(&client->request)) {
		daemon->view.now_us = clock_now_us();
		extra = json_pack(
			"{s:s, s:o}", "result",
			fence_word(daemon, &client->request, action->reply.ok),
			"plugs",
			status_make_plugs(&daemon->view,
					  (int)client->request.node));
	}
	/* R13: kept on disk, so not said before it is */
	if (is_kept(&client->request) && action->reply.ok &&
	    runner_is_saving(daemon)) {
		snprintf(client->text, sizeof(client->text), "%s",
			 action->text);
		client->unsaved = true;
		client->limit_us = clock_now_us() + SAVE_WAIT_US;
		return;
	}
	if (client->request.is_drill)
		extra = json_pack("{s:o}", "drill",
				  status_make_drill(&daemon->view));
	client_finish(daemon, client, action->reply.ok, action->text, extra);
}

static struct client *client_by_token(struct daemon *daemon, uint32_t token)
{
	struct client *client = client_of(daemon, token % CLIENTS_MAX);

	return token != 0 && client->token == token && !client->finished
		       ? client
		       : NULL;
}

void control_step(struct daemon *daemon, uint32_t token, const char *text)
{
	struct client *client = client_by_token(daemon, token);

	if (client)
		client_step(daemon, client, text);
}

void control_finish(struct daemon *daemon, uint32_t token, bool ok,
		    const char *text)
{
	struct client *client = client_by_token(daemon, token);

	if (client)
		client_finish(daemon, client, ok, text, NULL);
}

/* The state is on disk, or cannot be written (and is tried again). */
void control_saved(struct daemon *daemon, bool ok)
{
	char text[TEXT_MAX + 80];

	for (unsigned i = 0; i < CLIENTS_MAX; i++) {
		struct client *client = client_of(daemon, i);

		if (client->token == 0 || !client->unsaved)
			continue;
		client->unsaved = false;
		snprintf(text, sizeof(text), "%s%s", client->text,
			 ok ? ""
			    : "; but it cannot be written to the state file: "
			      "a restart forgets it");
		client_finish(daemon, client, ok, text, NULL);
	}
}

/* ---- requests ---- */

static void answer_status(struct daemon *daemon, struct client *client)
{
	json_t *status, *extra = NULL;

	daemon->view.now_us = clock_now_us();
	status = status_make(&daemon->view);
	if (status)
		extra = json_pack("{s:o}", "status", status);
	client_finish(daemon, client, extra != NULL,
		      extra ? "" : "the status could not be made: no memory",
		      extra);
}

/* Who got through to the socket may look, no more. */
static void refuse_peer(struct daemon *daemon, struct client *client)
{
	struct control_edge *edge = daemon->control;
	char text[TEXT_MAX];

	snprintf(text, sizeof(text),
		 "refused: this needs root or a member of group " ACCOUNT_GROUP
		 "%s; who asks is user %u",
		 edge->has_group ? "" : " (which this machine does not have)",
		 (unsigned)client->peer.uid);
	if (client->asked_us - edge->refused_us > REFUSED_EACH_US) {
		edge->refused_us = client->asked_us;
		log_line(LOG_WARNING, "process %d asked for a change: %s",
			 (int)client->peer.pid, text);
	}
	client_finish(daemon, client, false, text, NULL);
}

/*
 * What it would be cut for at once is silence by our own key: a key was changed
 * in maintenance, on one node alone.
 */
static bool is_deaf_by_key(const struct daemon *daemon,
			   const struct control_request *request)
{
	return request->command == COMMAND_MAINTENANCE_OFF &&
	       !peer_is_heard(&daemon->core) &&
	       link_edge_fails_key(daemon, FAILS_KEY_US);
}

static void refuse_deaf_by_key(struct daemon *daemon, struct client *client)
{
	const char *peer = peer_name(&daemon->core);
	char text[2 * TEXT_MAX];

	snprintf(
		text, sizeof(text),
		"refused: beats come that fail their MAC, and %s is not heard: "
		"after this it would be cut, though it may well serve: copy "
		"the same key file to both nodes and reload; if it has to go: "
		"twinbeat fence %s",
		peer, peer);
	client_finish(daemon, client, false, text, NULL);
}

static void client_ask(struct daemon *daemon, struct client *client,
		       size_t length)
{
	const struct control_request *request = &client->request;
	struct event event = {.type = EVENT_OPERATOR_ASKED};
	char error[TEXT_MAX];

	client->asked = true;
	client->asked_us = clock_now_us();
	client->limit_us = TIMER_NEVER; /* the core always answers */
	if (control_request_parse(client->in, length, daemon->settings,
				  &client->request, error, sizeof(error)) < 0) {
		client_finish(daemon, client, false, error, NULL);
		return;
	}
	if (request->is_status) {
		answer_status(daemon, client);
		return;
	}
	if (!client->peer.may_command) {
		refuse_peer(daemon, client);
		return;
	}
	log_line(LOG_NOTICE, "an operator asks: %.*s", (int)length, client->in);
	if (is_deaf_by_key(daemon, request)) {
		refuse_deaf_by_key(daemon, client);
		return;
	}
	loop_change(&daemon->loop, &client->source, 0);
	if (request->is_reload) {
		reload_ask(daemon, client->token, request->force);
		return;
	}
	if (request->is_push) {
		push_ask(daemon, client->token);
		return;
	}
	event.operator_.command = request->command;
	event.operator_.token = client->token;
	event.operator_.node = request->node;
	event.operator_.device = request->device;
	event.operator_.force = request->force;
	event.operator_.is_to = request->is_to;
	event.operator_.is_drill = request->is_drill;
	event.operator_.wait_ms = request->wait_ms;
	event.operator_.answer = request->answer;
	memcpy(event.operator_.code, request->code,
	       sizeof(event.operator_.code));
	daemon_feed(daemon, &event);
}

static void client_read(struct daemon *daemon, struct client *client)
{
	char *newline;
	ssize_t n;

	n = recv(client->source.fd, client->in + client->in_used,
		 sizeof(client->in) - client->in_used, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		client_close(daemon, client);
		return;
	}
	client->in_used += (size_t)n;
	newline = memchr(client->in, '\n', client->in_used);
	if (newline) {
		client_ask(daemon, client, (size_t)(newline - client->in));
	} else if (client->in_used > CONTROL_REQUEST_MAX) {
		/* what stays unread would take our answer with it (reset) */
		for (unsigned i = 0; i < 16; i++)
			if (recv(client->source.fd, client->in,
				 sizeof(client->in), MSG_DONTWAIT) <= 0)
				break;
		client->asked = true;
		client_finish(daemon, client, false,
			      "the request is longer than 4096 bytes", NULL);
	}
}

static void client_ready(struct daemon *daemon, struct source *source,
			 uint32_t events)
{
	struct client *client = client_of(daemon, source->index);

	if (events & (EPOLLHUP | EPOLLERR)) {
		client_close(daemon, client);
		return;
	}
	if (!client->asked && (events & EPOLLIN))
		client_read(daemon, client);
	if (client->token != 0 && (events & EPOLLOUT))
		client_flush(daemon, client);
}

/* ---- who may ask ---- */

/* The file's mode says who may come; who may command is asked of the kernel. */
static void take_client(struct daemon *daemon, int fd)
{
	struct control_edge *edge = daemon->control;
	struct client *client = NULL;
	struct account_peer peer;
	unsigned index, places = CLIENTS_MAX;

	if (!account_peer_of(fd, edge->has_group ? &edge->group : NULL,
			     &peer)) {
		close(fd);
		return;
	}
	if (!peer.may_command)
		places -= OPERATORS_ONLY;
	for (index = 0; index < places && !client; index++)
		if (edge->clients[index].token == 0)
			client = &edge->clients[index];
	if (!client) {
		close(fd);
		return;
	}
	index--;
	/* never 0, never that of the one who sat here before */
	edge->last_token += CLIENTS_MAX;
	memset(client, 0, offsetof(struct client, in));
	client->peer = peer;
	client->token =
		(edge->last_token & ~(uint32_t)(CLIENTS_MAX - 1)) | index;
	client->source = (struct source){fd, LOOP_CONTROL, index, client_ready};
	client->limit_us = clock_now_us() + IDLE_US;
	if (client->token == 0 ||
	    loop_add(&daemon->loop, &client->source, EPOLLIN) < 0)
		client_close(daemon, client);
}

static void listener_ready(struct daemon *daemon, struct source *source,
			   uint32_t events)
{
	(void)events;
	for (unsigned i = 0; i < ACCEPTS_MAX; i++) {
		int fd = accept4(source->fd, NULL, NULL,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0 && errno != EAGAIN && errno != ECONNABORTED &&
		    errno != EINTR) {
			/* who waits would wake us again and again */
			loop_change(&daemon->loop, source, 0);
			daemon->control->is_deaf = true;
		}
		if (fd < 0)
			return;
		take_client(daemon, fd);
	}
}

static void listen_again(struct daemon *daemon)
{
	struct control_edge *edge = daemon->control;

	if (edge->is_deaf && edge->listener.fd >= 0)
		loop_change(&daemon->loop, &edge->listener, EPOLLIN);
	edge->is_deaf = false;
}

/* Each second: whoever says nothing, or reads nothing, is cut. */
void control_expire(struct daemon *daemon)
{
	int64_t now_us = clock_now_us();
	bool late = false;

	listen_again(daemon);
	for (unsigned i = 0; i < CLIENTS_MAX; i++) {
		struct client *client = client_of(daemon, i);

		if (client->token == 0 || client->limit_us >= now_us)
			continue;
		if (client->unsaved)
			late = true;
		else
			client_close(daemon, client);
	}
	if (late)
		control_saved(daemon, false);
}

static int control_listen(struct daemon *daemon, char *error, size_t error_size)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct source *listener = &daemon->control->listener;
	const char *path = daemon->control_path;
	mode_t mask;
	int result;

	*listener = (struct source){-1, LOOP_CONTROL, 0, listener_ready};
	if (strlen(path) >= sizeof(address.sun_path)) {
		snprintf(error, error_size,
			 "%s: the path is too long for a socket (%zu "
			 "characters at most); choose another --run-dir",
			 path, sizeof(address.sun_path) - 1);
		return -1;
	}
	memcpy(address.sun_path, path, strlen(path) + 1);
	listener->fd =
		socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	/* Stale for sure: we hold the lock of this folder. */
	if (unlink(path) < 0 && errno == EISDIR)
		rmdir(path); /* who mounts what is not there yet makes one */
	mask = umask(0177);
	result = listener->fd < 0
			 ? -1
			 : bind(listener->fd, (struct sockaddr *)&address,
				sizeof(address));
	umask(mask);
	if (result == 0)
		result = listen(listener->fd, BACKLOG);
	if (result == 0)
		result = loop_add(&daemon->loop, listener, EPOLLIN);
	/* root alone can ask until then, and where it is refused */
	if (result == 0 && daemon->control->has_group &&
	    !account_give(path, daemon->control->group, 0660))
		log_line(LOG_WARNING,
			 "%s cannot be given to group " ACCOUNT_GROUP
			 ": %s; only root can command",
			 path, strerror(errno));
	if (result < 0)
		snprintf(error, error_size, "%s: cannot listen: %s", path,
			 strerror(errno));
	if (result == 0)
		file_place_note(&daemon->control->place, path);
	return result;
}

int control_open(struct daemon *daemon, char *error, size_t error_size)
{
	daemon->control = calloc(1, sizeof(*daemon->control));
	if (!daemon->control) {
		snprintf(error, error_size, "no memory");
		return -1;
	}
	for (unsigned i = 0; i < CLIENTS_MAX; i++)
		daemon->control->clients[i].source.fd = -1;
	daemon->control->has_group =
		account_find_group(ACCOUNT_GROUP, &daemon->control->group);
	return control_listen(daemon, error, error_size);
}

/*
 * A cleaner of /run, a careless rm: nobody could ask or command a daemon that
 * serves well. Whoever is connected stays so.
 */
void control_check(struct daemon *daemon)
{
	struct control_edge *edge = daemon->control;
	char error[TEXT_MAX * 2];

	if (file_place_holds(&edge->place, daemon->control_path)) {
		run_dir_check(daemon);
		return;
	}
	loop_drop(&daemon->loop, &edge->listener);
	if (run_dir_mend(daemon, error, sizeof(error)) < 0 ||
	    control_listen(daemon, error, sizeof(error)) < 0) {
		loop_drop(&daemon->loop, &edge->listener);
		edge->place.is_noted = false;
		if (!edge->complained)
			log_line(LOG_ERR,
				 "%s was removed by another hand and cannot be "
				 "made anew: %s; tried again each second",
				 daemon->control_path, error);
		edge->complained = true;
		return;
	}
	edge->complained = false;
	log_line(LOG_WARNING,
		 "%s was removed by another hand: made anew; see what cleans "
		 "that folder",
		 daemon->control_path);
}

void control_close(struct daemon *daemon)
{
	for (unsigned i = 0; i < CLIENTS_MAX; i++)
		if (client_of(daemon, i)->token != 0)
			client_close(daemon, client_of(daemon, i));
	loop_drop(&daemon->loop, &daemon->control->listener);
	unlink(daemon->control_path);
}
