/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * HTTP/1.1 without TLS: one question, one answer, a connection for each check
 * or, with keepalive, one for all of them.
 * No name server is asked, no redirection followed, no proxy used. That of TLS
 * is https.c, which needs libraries of five megabytes.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"

/* ---- what it asks ---- */

const char *http_bracketed(const struct ip *ip, char text[IP_TEXT_MAX + 2])
{
	char plain[IP_TEXT_MAX];

	snprintf(text, IP_TEXT_MAX + 2, ip_is_v4(ip) ? "%s" : "[%s]",
		 ip_format(ip, plain));
	return text;
}

/* RFC 9110 7.2: a port that is not that of the protocol. A name of the settings
 * is given as it is. */
static void print_host(const struct attempt *attempt, char *to, size_t size)
{
	char ip[IP_TEXT_MAX + 2], port[8] = "";

	if (attempt->order.port != 80)
		snprintf(port, sizeof(port), ":%u", attempt->order.port);
	if (attempt->check->host[0] != '\0')
		snprintf(to, size, "%s", attempt->check->host);
	else
		snprintf(to, size, "%s%s",
			 http_bracketed(&attempt->order.ip, ip), port);
}

static bool is_head(const struct settings_check *check)
{
	return check->method == HTTP_HEAD_OF_IT;
}

/* ---- connections that are kept for the next question ---- */

#define KEPT_MAX SERVERS_MAX
/* Of files that may be open, for all that is not kept. */
#define FILES_FREE (CHECKER_PARALLEL + 128)

static int files_most;

/* Before the rights are given up. */
void http_begin_all(void)
{
	struct rlimit files = {.rlim_cur = 0};

	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		return;
	if (files.rlim_cur < KEPT_MAX + FILES_FREE) {
		files.rlim_cur = files.rlim_max < KEPT_MAX + FILES_FREE
					 ? files.rlim_max
					 : KEPT_MAX + FILES_FREE;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	files_most = files.rlim_cur > INT_MAX ? INT_MAX : (int)files.rlim_cur;
}

/* One for each place; whose place is taken has a connection for each check. */
static struct kept {
	bool is_there;
	int fd;
	uint16_t server, check;
} kept[KEPT_MAX];

static struct kept *place_of(const struct checker_order *order)
{
	return &kept[(order->server + 97u * order->check) % KEPT_MAX];
}

static bool take_kept(struct attempt *attempt)
{
	struct kept *place = place_of(&attempt->order);

	if (!place->is_there || place->server != attempt->order.server ||
	    place->check != attempt->order.check)
		return false;
	place->is_there = false;
	attempt->fd = place->fd;
	attempt->events = POLLOUT;
	attempt->step = STEP_SEND;
	attempt->is_reused = true;
	return true;
}

static void keep(struct attempt *attempt)
{
	struct kept *place = place_of(&attempt->order);

	if (place->is_there)
		close(place->fd);
	*place = (struct kept){true, attempt->fd, attempt->order.server,
			       attempt->order.check};
	attempt->fd = -1;
}

/* A server may close what it has kept at any time (RFC 9112 9.3.1): that is no
 * answer, and it is asked by a connection of its own, in the same time. */
static bool ask_anew(struct attempt *attempt)
{
	close(attempt->fd);
	attempt->fd = -1;
	attempt->is_reused = false;
	attempt->step = STEP_CONNECT;
	attempt->sent = 0;
	return socket_begin(attempt, SOCK_STREAM, &attempt->check->source);
}

/* ---- the question ---- */

static bool say(struct attempt *attempt)
{
	const struct settings_check *check = attempt->check;
	char host[128], text[512];
	bool failed = false;
	int size;

	print_host(attempt, host, sizeof(host));
	size = snprintf(text, sizeof(text),
			"%s %s HTTP/1.1\r\nHost: %s\r\n"
			"User-Agent: twinbeat/" TWINBEAT_VERSION "\r\n"
			"Accept: */*\r\n%s\r\n",
			is_head(check) ? "HEAD" : "GET", check->path, host,
			check->keepalive ? "" : "Connection: close\r\n");
	if (!socket_say(attempt, text, (size_t)size, &failed))
		return false;
	if (failed && attempt->is_reused)
		return ask_anew(attempt);
	attempt->step = STEP_READ;
	http_answer_begin(&attempt->http, is_head(check), check->body,
			  check->digest);
	return failed;
}

/* ---- what comes back ---- */

static bool status_is_good(const struct settings_check *check, unsigned status)
{
	unsigned from, to;

	for (unsigned i = 0; i < check->status_count; i++)
		if (settings_check_status(check->status[i], &from, &to) &&
		    status >= from && status <= to)
			return true;
	return check->status_count == 0 && status >= 200 && status <= 299;
}

bool http_judge(struct attempt *attempt, unsigned status,
		const struct http_page *page)
{
	const struct settings_check *check = attempt->check;
	const char *kind = attempt->kind->name;

	if (!status_is_good(check, status))
		return answer_is(attempt, ANSWER_WRONG, true, "%s %u %.48s",
				 kind, status, check->path);
	if (page->is_found == check->body_absent && check->body[0] != '\0')
		return answer_is(attempt, ANSWER_WRONG, true,
				 "%s %u %.32s: the text is %sin the page", kind,
				 status, check->path,
				 check->body_absent ? "" : "not ");
	if (check->digest[0] != '\0' && !page->is_right)
		return answer_is(attempt, ANSWER_WRONG, true,
				 "%s %u %.32s: the page has another digest",
				 kind, status, check->path);
	return answer_is(attempt, ANSWER_PASSED, true, "%s %u", kind, status);
}

static bool hear(struct attempt *attempt)
{
	struct http_answer *http = &attempt->http;
	char piece[16384];
	ssize_t got = socket_hear(attempt, piece, sizeof(piece));

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (got <= 0 && attempt->is_reused && http->total == 0)
		return ask_anew(attempt);
	if (got < 0)
		return answer_is(attempt, ANSWER_WRONG, true,
				 "http port %u: %s", attempt->order.port,
				 strerror(errno));
	switch (http_take(http, piece, (size_t)got)) {
	case HTTP_MORE:
		return false;
	case HTTP_WHOLE:
		return http_judge(attempt, http_status(http), &http->page);
	case HTTP_BROKEN:
		break;
	}
	return answer_is(attempt, ANSWER_WRONG, true, "http port %u: %s",
			 attempt->order.port, http_why(http));
}

/* ---- the kind ---- */

static bool http_begin(struct attempt *attempt)
{
	/* it is connected, and has room: it need not be waited for */
	if (attempt->check->keepalive && take_kept(attempt))
		return say(attempt);
	return socket_begin(attempt, SOCK_STREAM, &attempt->check->source);
}

static bool http_ready(struct attempt *attempt, short revents)
{
	return socket_talk(attempt, revents, say, hear);
}

static void http_late(struct attempt *attempt)
{
	socket_late(attempt, attempt->is_reused
				     ? socket_is_heard(attempt)
				     : attempt->step != STEP_CONNECT);
}

static void http_end(struct attempt *attempt)
{
	if (attempt->check->keepalive && attempt->fd >= 0 &&
	    attempt->answer.result == ANSWER_PASSED && attempt->http.is_clean &&
	    attempt->fd < files_most - FILES_FREE)
		keep(attempt);
	else
		socket_end(attempt);
}

const struct check_kind check_http = {"http", http_begin, http_ready, http_late,
				      http_end};
