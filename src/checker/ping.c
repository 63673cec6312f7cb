/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An echo asked for and come back. The sockets were opened by one who may
 * (twinbeat-director) and are shared by all: an answer is found by its sequence
 * number, which is the attempt's place and how often that was used. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "../link/ping.h"
#include "check.h"

#define PLACES CHECKER_PARALLEL

_Static_assert(65536 % PLACES == 0, "a place is a part of a sequence number");

static struct waiting {
	struct attempt *attempt; /* NULL: free */
	uint16_t sequence;
} waiting[PLACES];

static int sockets[2]; /* IPv4, IPv6; -1: there is none */

void ping_begin_all(void)
{
	for (int v6 = 0; v6 < 2; v6++) {
		sockets[v6] = v6 ? CHECKER_FD_PING_V6 : CHECKER_FD_PING;
		if (fcntl(sockets[v6], F_GETFD) < 0)
			sockets[v6] = -1;
	}
}

static bool ping_begin(struct attempt *attempt)
{
	int fd = sockets[!ip_is_v4(&attempt->order.ip)];
	unsigned i = 0;

	while (waiting[i].attempt != NULL)
		i++; /* there are as many attempts as places */
	waiting[i].attempt = attempt;
	waiting[i].sequence = (uint16_t)(waiting[i].sequence + PLACES);
	attempt->step = i;
	if (fd < 0)
		return answer_is(attempt, ANSWER_WRONG, false,
				 "ping: twinbeat-director needs CAP_NET_RAW");
	if (ping_ask(fd, &attempt->order.ip, 0, &attempt->check->source,
		     (uint16_t)getpid(),
		     (uint16_t)(waiting[i].sequence + i)) < 0)
		return answer_is(attempt,
				 answer_unless_lack(errno, ANSWER_NONE), false,
				 "ping: %s", strerror(errno));
	return false;
}

/* ping_next() has it. */
static bool ping_ready(struct attempt *attempt, short revents)
{
	(void)attempt;
	(void)revents;
	return false;
}

static void ping_late(struct attempt *attempt)
{
	answer_is(attempt, ANSWER_NONE, false, "ping: no answer within %lld ms",
		  limit_ms(attempt));
}

static void ping_end(struct attempt *attempt)
{
	waiting[attempt->step].attempt = NULL;
}

void ping_wait(struct pollfd *polled)
{
	for (unsigned v6 = 0; v6 < 2; v6++)
		polled[v6] =
			(struct pollfd){.fd = sockets[v6], .events = POLLIN};
}

struct attempt *ping_next(const struct pollfd *polled)
{
	uint16_t sequence;
	struct ip from;

	for (unsigned v6 = 0; v6 < 2; v6++)
		while (polled[v6].revents &&
		       ping_read(sockets[v6], v6, (uint16_t)getpid(), &from,
				 &sequence)) {
			struct waiting *its = &waiting[sequence % PLACES];

			if (its->attempt == NULL ||
			    (uint16_t)(its->sequence + sequence % PLACES) !=
				    sequence ||
			    ip_compare(&its->attempt->order.ip, &from) != 0)
				continue;
			answer_is(its->attempt, ANSWER_PASSED, true,
				  "ping: answered");
			return its->attempt;
		}
	return NULL;
}

const struct check_kind check_ping = {"ping", ping_begin, ping_ready, ping_late,
				      ping_end};
