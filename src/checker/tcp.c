/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A connection, and what is said over it: send, expect. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "check.h"

#define READ_MOST 4096 /* of an answer: what is expected comes early */

static bool tcp_begin(struct attempt *attempt)
{
	const struct settings_check *check = attempt->check;

	attempt->is_greeted =
		check->send[0] == '\0' && check->expect[0] != '\0';
	return socket_begin(attempt, SOCK_STREAM, &check->source);
}

/* "\r\n" stands in the file as it is meant: libconfig has made it so. */
static bool say(struct attempt *attempt)
{
	const struct settings_check *check = attempt->check;
	char bytes[CHECK_BYTES_MAX];
	int size = settings_check_bytes(check, check->send, bytes);
	bool failed = false;

	if (size > 0 && !socket_say(attempt, bytes, (size_t)size, &failed))
		return false;
	attempt->step = STEP_READ;
	attempt->events = POLLIN;
	if (!failed && check->expect[0] == '\0')
		return answer_is(attempt, ANSWER_PASSED, true, "connected");
	return failed;
}

static bool hear(struct attempt *attempt)
{
	const struct settings_check *check = attempt->check;
	char expect[CHECK_BYTES_MAX], piece[1024];
	int size = settings_check_bytes(check, check->expect, expect);
	ssize_t got = socket_hear(attempt, piece, sizeof(piece));

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (got <= 0)
		return answer_is(
			attempt, ANSWER_WRONG, true,
			"tcp port %u: %s before the expected text came",
			attempt->order.port,
			got < 0 ? strerror(errno) : "closed");
	if (search_take(&attempt->search, expect, (size_t)size, piece,
			(size_t)got))
		return answer_is(attempt, ANSWER_PASSED, true,
				 "the expected text came");
	attempt->seen += (size_t)got;
	if (attempt->seen > READ_MOST)
		return answer_is(attempt, ANSWER_WRONG, true,
				 "tcp port %u: the expected text is not in the "
				 "first %d bytes",
				 attempt->order.port, READ_MOST);
	return false;
}

static bool tcp_ready(struct attempt *attempt, short revents)
{
	return socket_talk(attempt, revents, say, hear);
}

static void tcp_late(struct attempt *attempt)
{
	if (attempt->step == STEP_CONNECT)
		socket_late(attempt, false);
	else
		answer_is(attempt, ANSWER_WRONG, true,
			  "tcp port %u: connected, but the expected text did "
			  "not come within %lld ms",
			  attempt->order.port, limit_ms(attempt));
}

const struct check_kind check_tcp = {"tcp", tcp_begin, tcp_ready, tcp_late,
				     socket_end};
