/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A question by UDP. The socket is connected, so that the kernel drops what
 * does not come from the server; the rest must have its number and its name. */
#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "check.h"

static const char *const rcodes[] = {"NOERROR",	 "FORMERR", "SERVFAIL",
				     "NXDOMAIN", "NOTIMP",  "REFUSED"};

#define RCODES (sizeof(rcodes) / sizeof(rcodes[0]))

static bool dns_begin(struct attempt *attempt)
{
	const struct settings_check *check = attempt->check;
	uint16_t id = 0;

	if (getrandom(&id, sizeof(id), GRND_NONBLOCK) < 0)
		id = (uint16_t)(attempt->begun_us ^ attempt->order.id);
	if (dns_ask(&attempt->dns, id, check->query,
		    dns_record(check->record)) != 0)
		return answer_is(attempt, ANSWER_WRONG, true,
				 "dns: %.60s is no name", check->query);
	return socket_begin(attempt, SOCK_DGRAM, &check->source);
}

static bool judge(struct attempt *attempt, unsigned rcode, bool has_expected)
{
	const struct settings_check *check = attempt->check;
	const char *name = rcode < RCODES ? rcodes[rcode] : "an unknown rcode";
	unsigned good = check->rcodes ? check->rcodes : 1;

	if (rcode >= RCODES || (good & 1u << rcode) == 0)
		return answer_is(attempt, ANSWER_WRONG, true, "dns %s %.40s",
				 name, check->query);
	if (!has_expected)
		return answer_is(attempt, ANSWER_WRONG, true,
				 "dns %s %.40s: %.40s is not in the answer",
				 name, check->query, check->expect);
	return answer_is(attempt, ANSWER_PASSED, true, "dns %s", name);
}

static bool hear(struct attempt *attempt)
{
	uint8_t packet[4096];
	ssize_t got = socket_hear(attempt, packet, sizeof(packet));
	enum dns_verdict verdict;
	unsigned rcode;

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (got < 0)
		return socket_failed(attempt, errno);
	verdict = dns_judge(&attempt->dns, packet, (size_t)got,
			    attempt->check->expect, &rcode);
	if (verdict == DNS_FOREIGN)
		return false;
	if (verdict == DNS_BROKEN)
		return answer_is(attempt, ANSWER_WRONG, true,
				 "dns port %u: the answer cannot be read",
				 attempt->order.port);
	return judge(attempt, rcode, verdict == DNS_GOOD);
}

static bool dns_ready(struct attempt *attempt, short revents)
{
	const struct dns_question *dns = &attempt->dns;
	bool failed = false;

	if (attempt->events == POLLIN || (revents & POLLOUT) == 0)
		return hear(attempt);
	return socket_say(attempt, (const char *)dns->packet, dns->size,
			  &failed) &&
	       failed;
}

static void dns_late(struct attempt *attempt)
{
	socket_late(attempt, false);
}

const struct check_kind check_dns = {"dns", dns_begin, dns_ready, dns_late,
				     socket_end};
