/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A datagram, and one that comes back with the expected text. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "check.h"

static bool udp_begin(struct attempt *attempt)
{
	return socket_begin(attempt, SOCK_DGRAM, &attempt->check->source);
}

static bool hear(struct attempt *attempt)
{
	const struct settings_check *check = attempt->check;
	char expect[CHECK_BYTES_MAX], packet[4096];
	int size = settings_check_bytes(check, check->expect, expect);
	ssize_t got = socket_hear(attempt, packet, sizeof(packet));

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (got < 0)
		return socket_failed(attempt, errno);
	if (memmem(packet, (size_t)got, expect, (size_t)size) != NULL)
		return answer_is(attempt, ANSWER_PASSED, true,
				 "the expected text came");
	return answer_is(attempt, ANSWER_WRONG, true,
			 "udp port %u: an answer without the expected text",
			 attempt->order.port);
}

static bool udp_ready(struct attempt *attempt, short revents)
{
	const struct settings_check *check = attempt->check;
	char bytes[CHECK_BYTES_MAX];
	int size = settings_check_bytes(check, check->send, bytes);
	bool failed = false;

	if (attempt->events == POLLIN || (revents & POLLOUT) == 0)
		return hear(attempt);
	return socket_say(attempt, bytes, (size_t)size, &failed) && failed;
}

static void udp_late(struct attempt *attempt)
{
	socket_late(attempt, false);
}

const struct check_kind check_udp = {"udp", udp_begin, udp_ready, udp_late,
				     socket_end};
