/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A connection, and what is said over it: send, expect. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"

#define READ_MOST 4096 /* of an answer: what is expected comes early */

enum { STEP_CONNECT, STEP_SEND, STEP_READ };

static socklen_t make_address(const struct checker_order *order,
			      struct sockaddr_storage *to)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)to;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)to;

	memset(to, 0, sizeof(*to));
	if (ip_is_v4(&order->ip)) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(order->port);
		v4->sin_addr.s_addr = htonl(ip_to_v4(&order->ip));
		return sizeof(*v4);
	}
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(order->port);
	memcpy(&v6->sin6_addr, order->ip.bytes, sizeof(v6->sin6_addr));
	return sizeof(*v6);
}

static bool connect_failed(struct attempt *attempt, int error)
{
	return answer_is(attempt, ANSWER_NONE, error == ECONNREFUSED,
			 "tcp port %u: %s", attempt->order.port,
			 strerror(error));
}

static bool tcp_begin(struct attempt *attempt)
{
	/* A close is a reset: no TIME_WAIT here, no half-open one there. */
	const struct linger linger = {.l_onoff = 1};
	struct sockaddr_storage to;
	socklen_t size = make_address(&attempt->order, &to);

	attempt->fd = socket(to.ss_family,
			     SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (attempt->fd < 0)
		return connect_failed(attempt, errno);
	setsockopt(attempt->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	attempt->events = POLLOUT;
	attempt->step = STEP_CONNECT;
	if (connect(attempt->fd, (struct sockaddr *)&to, size) < 0 &&
	    errno != EINPROGRESS)
		return connect_failed(attempt, errno);
	return false;
}

/* "\r\n" stands in the file as it is meant: libconfig has made it so. */
static bool say(struct attempt *attempt)
{
	const char *text = attempt->check->send;
	size_t size = strlen(text);
	ssize_t sent = send(attempt->fd, text + attempt->seen,
			    size - attempt->seen, MSG_NOSIGNAL);

	if (sent < 0 && errno != EAGAIN && errno != EINTR)
		return answer_is(attempt, ANSWER_WRONG, true,
				 "tcp port %u: %s while sending",
				 attempt->order.port, strerror(errno));
	if (sent > 0)
		attempt->seen += (size_t)sent;
	if (attempt->seen < size)
		return false;
	attempt->seen = 0;
	attempt->step = STEP_READ;
	attempt->events = POLLIN;
	if (attempt->check->expect[0] == '\0')
		return answer_is(attempt, ANSWER_PASSED, true, "connected");
	return false;
}

/* The text may come in pieces: the end of what came is kept. */
static bool hear(struct attempt *attempt)
{
	const char *expect = attempt->check->expect;
	size_t wanted = strlen(expect), kept = strlen(attempt->room), size;
	char text[sizeof(attempt->room) + 1024];
	ssize_t got = recv(attempt->fd, text + kept, 1024, 0);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (got <= 0)
		return answer_is(
			attempt, ANSWER_WRONG, true,
			"tcp port %u: %s before the expected text came",
			attempt->order.port,
			got < 0 ? strerror(errno) : "closed");
	memcpy(text, attempt->room, kept);
	size = kept + (size_t)got;
	if (memmem(text, size, expect, wanted) != NULL)
		return answer_is(attempt, ANSWER_PASSED, true,
				 "the expected text came");
	attempt->seen += (size_t)got;
	if (attempt->seen > READ_MOST)
		return answer_is(attempt, ANSWER_WRONG, true,
				 "tcp port %u: the expected text is not in the "
				 "first %d bytes",
				 attempt->order.port, READ_MOST);
	kept = size < wanted - 1 ? size : wanted - 1;
	/* a byte of zero would end what is kept: any other byte will do */
	for (size_t i = 0; i < kept; i++)
		attempt->room[i] =
			text[size - kept + i] ? text[size - kept + i] : '\1';
	attempt->room[kept] = '\0';
	return false;
}

static bool tcp_ready(struct attempt *attempt, short revents)
{
	socklen_t size = sizeof(int);
	int error = 0;

	(void)revents;
	if (attempt->step == STEP_READ)
		return hear(attempt);
	if (attempt->step == STEP_CONNECT) {
		getsockopt(attempt->fd, SOL_SOCKET, SO_ERROR, &error, &size);
		if (error != 0)
			return connect_failed(attempt, error);
		attempt->step = STEP_SEND;
	}
	return say(attempt);
}

static void tcp_late(struct attempt *attempt)
{
	if (attempt->step == STEP_CONNECT)
		answer_is(attempt, ANSWER_NONE, false,
			  "tcp port %u: no answer within %lld ms",
			  attempt->order.port,
			  (long long)(attempt->limit_us - attempt->begun_us) /
				  1000);
	else
		answer_is(attempt, ANSWER_WRONG, true,
			  "tcp port %u: connected, but the expected text did "
			  "not come within %lld ms",
			  attempt->order.port,
			  (long long)(attempt->limit_us - attempt->begun_us) /
				  1000);
}

static void tcp_end(struct attempt *attempt)
{
	if (attempt->fd >= 0)
		close(attempt->fd);
}

const struct check_kind check_tcp = {tcp_begin, tcp_ready, tcp_late, tcp_end};
