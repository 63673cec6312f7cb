/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SMTP: its greeting, HELO, and QUIT, so that its log has no broken session
 * (RFC 5321 3.1, 4.1.1.1). */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"

enum { STEP_GREETING = STEP_CONNECT + 1, STEP_HELO, STEP_ANSWER, STEP_QUIT };

static bool smtp_begin(struct attempt *attempt)
{
	attempt->is_greeted = true;
	return socket_begin(attempt, SOCK_STREAM, &attempt->check->source);
}

static bool say_helo(struct attempt *attempt)
{
	char name[96] = "localhost", line[128];
	bool failed = false;

	if (attempt->check->helo[0] == '\0' &&
	    gethostname(name, sizeof(name) - 1) < 0)
		memcpy(name, "localhost", sizeof("localhost"));
	snprintf(line, sizeof(line), "HELO %s\r\n",
		 attempt->check->helo[0] ? attempt->check->helo : name);
	if (!socket_say(attempt, line, strlen(line), &failed))
		return false;
	attempt->step = STEP_ANSWER;
	return failed;
}

/* It works: that is known. What is left is to be polite. */
static bool say_quit(struct attempt *attempt)
{
	static const char quit[] = "QUIT\r\n";
	const struct linger linger = {.l_onoff = 0};

	setsockopt(attempt->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	/* so it is closed in order; to be kept it would be reset (socket.c) */
	attempt->is_plain = false;
	attempt->step = STEP_QUIT;
	return send(attempt->fd, quit, sizeof(quit) - 1, MSG_NOSIGNAL) < 0 &&
	       answer_is(attempt, ANSWER_PASSED, true, "smtp 250");
}

static bool take_code(struct attempt *attempt, int code)
{
	int wanted = attempt->step == STEP_GREETING ? 220 : 250;

	if (code < 0)
		return answer_is(attempt, ANSWER_WRONG, true,
				 "smtp port %u: this is no SMTP: %.40s",
				 attempt->order.port, attempt->smtp.line);
	if (code != wanted)
		return answer_is(attempt, ANSWER_WRONG, true,
				 "smtp port %u: %.60s", attempt->order.port,
				 attempt->smtp.line);
	if (attempt->step == STEP_ANSWER)
		return say_quit(attempt);
	attempt->step = STEP_HELO;
	attempt->events = POLLOUT;
	return false;
}

static bool hear(struct attempt *attempt)
{
	char piece[1024];
	ssize_t got = socket_hear(attempt, piece, sizeof(piece));

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (attempt->step == STEP_QUIT)
		return answer_is(attempt, ANSWER_PASSED, true, "smtp 250");
	if (got <= 0)
		return answer_is(attempt, ANSWER_WRONG, true,
				 "smtp port %u: %s before its answer",
				 attempt->order.port,
				 got < 0 ? strerror(errno) : "closed");
	for (ssize_t i = 0; i < got; i++) {
		int code = smtp_take(&attempt->smtp, piece[i]);

		/* what comes behind it was not asked for */
		if (code != 0)
			return take_code(attempt, code);
	}
	return false;
}

static bool smtp_ready(struct attempt *attempt, short revents)
{
	if (attempt->step == STEP_CONNECT) {
		if (socket_has_failed(attempt, revents))
			return true;
		attempt->step = STEP_GREETING;
		attempt->events = POLLIN;
		return false;
	}
	return attempt->step == STEP_HELO ? say_helo(attempt) : hear(attempt);
}

static void smtp_late(struct attempt *attempt)
{
	if (attempt->step == STEP_QUIT)
		answer_is(attempt, ANSWER_PASSED, true, "smtp 250");
	else
		socket_late(attempt, attempt->step != STEP_CONNECT);
}

const struct check_kind check_smtp = {"smtp", smtp_begin, smtp_ready, smtp_late,
				      socket_end};
