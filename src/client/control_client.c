/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See control_client.h. The control socket, seen from the operator. A daemon
 * that is stopped or hung must not hang the one command that a person reaches
 * for then: every wait has an end, and the end is said as "no answer", never as
 * a result.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../ipc/control_msg.h"
#include "../ipc/director_msg.h"
#include "control_client.h"

#define CLIENT_LINE_MAX	  (4 * CONTROL_ANSWER_MAX) /* whole doublings */
#define CLIENT_PATH_MAX	  4096
#define CLIENT_TICK_MS	  100
#define CLIENT_CONNECT_MS 5000

struct reader {
	int fd;
	char *buffer;
	size_t used, size, taken; /* taken: length of the last line given */
};

enum read_result { READ_LINE, READ_END, READ_LATE, READ_STOPPED, READ_BROKEN };

const char *client_string(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value ? value : "";
}

int64_t client_number(const json_t *object, const char *key, int64_t absent)
{
	const json_t *value = json_object_get(object, key);

	return json_is_number(value) ? (int64_t)json_number_value(value)
				     : absent;
}

bool client_true(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

/* -1 with a sentence, and errno. */
static int open_socket(const char *run_dir, const char *name, int wait_ms,
		       char *error, size_t error_size)
{
	struct timeval limit = {.tv_sec = wait_ms / 1000,
				.tv_usec = wait_ms % 1000 * 1000};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *hint = "";
	int fd, length, why;

	length = snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s",
			  run_dir, name);
	if (length < 0 || (size_t)length >= sizeof(address.sun_path)) {
		snprintf(error, error_size,
			 "the path %s/%s is too long for a socket (%zu "
			 "characters at most)",
			 run_dir, name, sizeof(address.sun_path) - 1);
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0) {
		/* Also the limit of connect(): a full backlog blocks it. */
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
		if (!connect(fd, (struct sockaddr *)&address, sizeof(address)))
			return fd;
	}
	why = errno;
	if (errno == ENOENT || errno == ECONNREFUSED)
		hint = "; no twinbeatd seems to run there: 'journalctl -u "
		       "twinbeat' says why, 'systemctl start twinbeat' starts "
		       "it";
	else if (errno == EACCES)
		hint = "; only root may ask";
	else if (errno == EAGAIN)
		hint = "; twinbeatd runs but takes no call: it hangs";
	snprintf(error, error_size, "cannot reach twinbeatd at %s: %s%s",
		 address.sun_path, strerror(errno), hint);
	if (fd >= 0)
		close(fd);
	errno = why;
	return -1;
}

static int send_request(int fd, const json_t *request)
{
	char *text = json_dumps(request, JSON_COMPACT);
	size_t length, sent = 0;
	ssize_t n = -1;

	if (!text)
		return -1;
	length = strlen(text);
	text[length++] = '\n'; /* in place of the final zero */
	while (sent < length) {
		n = send(fd, text + sent, length - sent, MSG_NOSIGNAL);
		if (n < 0)
			break;
		sent += (size_t)n;
	}
	free(text);
	return n < 0 ? -1 : 0;
}

static int grow(struct reader *reader)
{
	size_t size = reader->size ? reader->size * 2 : 8192;
	char *larger;

	if (reader->used + 1 < reader->size)
		return 0;
	if (size > CLIENT_LINE_MAX)
		return -1;
	larger = realloc(reader->buffer, size);
	if (!larger)
		return -1;
	reader->buffer = larger;
	reader->size = size;
	return 0;
}

/* The next whole line in *line, valid until the next call. */
static enum read_result next_line(struct reader *reader,
				  const struct client_listener *listener,
				  char **line)
{
	int64_t limit_ms = clock_now_ms() + listener->silence_ms;
	struct pollfd ready = {.fd = reader->fd, .events = POLLIN};
	char *end;
	ssize_t n;

	reader->used -= reader->taken;
	if (reader->used)
		memmove(reader->buffer, reader->buffer + reader->taken,
			reader->used);
	reader->taken = 0;
	for (;;) {
		end = reader->used ? memchr(reader->buffer, '\n', reader->used)
				   : NULL;
		if (end) {
			*end = '\0';
			*line = reader->buffer;
			reader->taken = (size_t)(end - reader->buffer) + 1;
			return READ_LINE;
		}
		if (listener->is_stopped && listener->is_stopped())
			return READ_STOPPED;
		if (clock_now_ms() >= limit_ms)
			return READ_LATE;
		if (grow(reader))
			return READ_BROKEN;
		if (listener->tick)
			listener->tick(listener->context);
		if (poll(&ready, 1, CLIENT_TICK_MS) <= 0)
			continue;
		n = read(reader->fd, reader->buffer + reader->used,
			 reader->size - reader->used - 1);
		if (n == 0)
			return READ_END;
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return READ_BROKEN;
		if (n > 0)
			reader->used += (size_t)n;
	}
}

/* Reads until the last line; a sentence in error if there is none. */
static enum client_result read_answer(struct reader *reader,
				      const struct client_listener *listener,
				      json_t **answer, char *error,
				      size_t error_size)
{
	bool is_heard = false;
	char *text = NULL;
	json_t *line;

	for (;;) {
		enum read_result got = next_line(reader, listener, &text);

		if (got == READ_STOPPED) {
			snprintf(error, error_size,
				 "interrupted: what twinbeatd has begun it "
				 "finishes, see twinbeat status");
			return CLIENT_BROKEN;
		}
		if (got == READ_LATE) {
			snprintf(error, error_size,
				 "twinbeatd runs but has said nothing for "
				 "%d s: the result is not known",
				 listener->silence_ms / 1000);
			return is_heard ? CLIENT_BROKEN : CLIENT_UNREACHABLE;
		}
		if (got != READ_LINE) {
			snprintf(error, error_size,
				 "twinbeatd closed the connection before its "
				 "last word: the result is not known");
			return is_heard ? CLIENT_BROKEN : CLIENT_UNREACHABLE;
		}
		is_heard = true;
		line = json_loads(text, 0, NULL);
		if (!json_is_object(line)) {
			json_decref(line);
			snprintf(error, error_size,
				 "the answer of twinbeatd is not understood; "
				 "are both of the same version?");
			return CLIENT_BROKEN;
		}
		if (client_true(line, "done")) {
			*answer = line;
			return CLIENT_OK;
		}
		if (listener->step)
			listener->step(listener->context, line);
		json_decref(line);
	}
}

enum client_result client_request(const char *run_dir, json_t *request,
				  const struct client_listener *listener,
				  json_t **answer, char error[CLIENT_ERROR_MAX])
{
	enum client_result result = CLIENT_UNREACHABLE;
	struct reader reader = {.fd = -1};

	*answer = NULL;
	reader.fd = open_socket(
		run_dir, listener->socket ? listener->socket : CONTROL_SOCKET,
		listener->silence_ms < CLIENT_CONNECT_MS ? listener->silence_ms
							 : CLIENT_CONNECT_MS,
		error, CLIENT_ERROR_MAX);
	if (reader.fd < 0 && errno == EACCES)
		result = CLIENT_FORBIDDEN;
	if (reader.fd >= 0 && send_request(reader.fd, request))
		snprintf(error, CLIENT_ERROR_MAX,
			 "twinbeatd does not take the request: %s",
			 strerror(errno));
	else if (reader.fd >= 0)
		result = read_answer(&reader, listener, answer, error,
				     CLIENT_ERROR_MAX);
	if (reader.fd >= 0)
		close(reader.fd);
	free(reader.buffer);
	json_decref(request);
	return result;
}

json_t *client_fetch_status(const char *run_dir, int wait_ms,
			    enum client_result *result,
			    char error[CLIENT_ERROR_MAX])
{
	const struct client_listener listener = {.silence_ms = wait_ms};
	json_t *answer, *status;

	*result =
		client_request(run_dir, json_pack("{s:s}", "command", "status"),
			       &listener, &answer, error);
	if (*result != CLIENT_OK)
		return NULL;
	status = json_incref(json_object_get(answer, "status"));
	if (!json_is_object(status)) {
		json_decref(status);
		status = NULL;
		*result = CLIENT_BROKEN;
		snprintf(error, CLIENT_ERROR_MAX,
			 "twinbeatd gave no status: %s",
			 client_string(answer, "text"));
	}
	json_decref(answer);
	return status;
}

/* Where there is none, no socket: nothing is waited for. */
json_t *client_fetch_director(const char *run_dir, int wait_ms, bool *is_there)
{
	const struct client_listener listener = {.socket = DIRECTOR_DESK_SOCKET,
						 .silence_ms = wait_ms};
	char path[CLIENT_PATH_MAX], error[CLIENT_ERROR_MAX];
	json_t *answer = NULL, *list = NULL;
	bool has_socket;

	snprintf(path, sizeof(path), "%s/" DIRECTOR_DESK_SOCKET, run_dir);
	has_socket = access(path, F_OK) == 0;
	if (is_there)
		*is_there = has_socket;
	if (has_socket &&
	    client_request(run_dir, json_pack("{s:s}", "command", "list"),
			   &listener, &answer, error) == CLIENT_OK)
		list = json_incref(json_object_get(answer, "director"));
	json_decref(answer);
	return list;
}
