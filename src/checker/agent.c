/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The server's agent (HAProxy's protocol): a connection, a line, and the words
 * in it. It is no check: who does not answer, or says what is not known, leaves
 * all as it was.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "check.h"

static const struct settings_agent *agent_of(const struct attempt *attempt)
{
	return &attempt->settings->servers[attempt->order.server].agent;
}

static bool agent_begin(struct attempt *attempt)
{
	attempt->is_greeted = agent_of(attempt)->send[0] == '\0';
	return socket_begin(attempt, SOCK_STREAM, NULL);
}

static bool take_line(struct attempt *attempt)
{
	struct checker_answer *answer = &attempt->answer;
	const char *line = attempt->line.text;

	answer->said =
		(uint8_t)agent_parse(line, attempt->seen, &answer->percent);
	if (answer->said == 0)
		return answer_is(attempt, ANSWER_WRONG, true,
				 "agent: nothing that is known: %.40s", line);
	return answer_is(attempt, ANSWER_PASSED, true, "agent: %.60s", line);
}

/* A line ends at its end or at that of the connection (printf "up" | nc). */
static bool hear(struct attempt *attempt)
{
	char *line = attempt->line.text;
	ssize_t got = socket_hear(attempt, line + attempt->seen,
				  AGENT_LINE_MAX - 1 - attempt->seen);
	size_t before = attempt->seen;

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (got < 0)
		return answer_is(attempt, ANSWER_WRONG, true, "agent: %s",
				 strerror(errno));
	for (size_t i = before; i < before + (size_t)got; i++)
		if (line[i] == '\n' || line[i] == '\r' || line[i] == '\0') {
			attempt->seen = i;
			line[i] = '\0';
			return take_line(attempt);
		}
	attempt->seen += (size_t)got;
	line[attempt->seen] = '\0';
	if (got == 0)
		return take_line(attempt);
	if (attempt->seen == AGENT_LINE_MAX - 1)
		return answer_is(attempt, ANSWER_WRONG, true,
				 "agent: a line of more than %d bytes",
				 AGENT_LINE_MAX);
	return false;
}

static bool say(struct attempt *attempt)
{
	const char *text = agent_of(attempt)->send;
	bool failed = false;

	if (text[0] != '\0' &&
	    !socket_say(attempt, text, strlen(text), &failed))
		return false;
	attempt->step = STEP_READ;
	attempt->events = POLLIN;
	return failed;
}

static bool agent_ready(struct attempt *attempt, short revents)
{
	return socket_talk(attempt, revents, say, hear);
}

static void agent_late(struct attempt *attempt)
{
	socket_late(attempt, attempt->step != STEP_CONNECT);
}

const struct check_kind check_agent = {"agent", agent_begin, agent_ready,
				       agent_late, socket_end};
