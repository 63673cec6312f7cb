/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A socket to a server: connect, send, the sentences for what goes wrong. One
 * that is done with its server is kept for another: to make and to close it is
 * half of what a check costs. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"

#define KEPT_MAX 32 /* of each kind */

static struct kept {
	int fds[KEPT_MAX];
	unsigned count;
} kept[2][2]; /* IPv4, IPv6; the server is not the first to speak, or is */

unsigned socket_address(const struct ip *ip, uint16_t port,
			struct sockaddr_storage *to)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)to;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)to;

	memset(to, 0, sizeof(*to));
	if (ip_is_v4(ip)) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		v4->sin_addr.s_addr = htonl(ip_to_v4(ip));
		return sizeof(*v4);
	}
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(port);
	memcpy(&v6->sin6_addr, ip->bytes, sizeof(v6->sin6_addr));
	return sizeof(*v6);
}

enum answer answer_unless_lack(int error, enum answer otherwise)
{
	bool is_lack = error == EMFILE || error == ENFILE || error == ENOMEM ||
		       error == ENOBUFS || error == EAGAIN ||
		       error == EADDRNOTAVAIL;

	return is_lack ? ANSWER_UNASKED : otherwise;
}

bool socket_failed(struct attempt *attempt, int error)
{
	return answer_is(attempt, answer_unless_lack(error, ANSWER_NONE),
			 error == ECONNREFUSED, "%s port %u: %s",
			 attempt->kind->name, attempt->order.port,
			 strerror(error));
}

static int bind_source(int fd, const struct ip *source)
{
	struct sockaddr_storage from;
	unsigned size = socket_address(source, 0, &from);

	return bind(fd, (struct sockaddr *)&from, size);
}

bool socket_mark(int fd, uint32_t mark)
{
	return setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)) == 0;
}

/*
 * A close is a reset: no TIME_WAIT here, no half-open one there.
 *
 * TCP_DEFER_ACCEPT on the side that connects: the kernel tells the server of
 * the connection with the first bytes that it gets, 200 ms later at most
 * (tcp_rcv_synsent_state_process()). Where there is nothing to say, the reset
 * goes out instead, as HAProxy's checks have it: the server's kernel has shown
 * that it takes connections, and its program is not woken for one that it
 * would have to call aborted. It is half of what such a check costs.
 */
static int make(int family, int type, bool is_greeted)
{
	const struct linger linger = {.l_onoff = 1};
	const int one = 1;
	int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || type != SOCK_STREAM)
		return fd;
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	if (!is_greeted)
		setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &one,
			   sizeof(one));
	return fd;
}

static struct kept *kept_for(const struct attempt *attempt)
{
	return &kept[!ip_is_v4(&attempt->order.ip)][attempt->is_greeted];
}

bool socket_begin(struct attempt *attempt, int type, const struct ip *source)
{
	struct sockaddr_storage to;
	unsigned size =
		socket_address(&attempt->order.ip, attempt->order.port, &to);
	bool is_marked = attempt->order.mark != 0;
	bool is_bound = is_marked || (source != NULL && !ip_is_none(source));
	struct kept *like = kept_for(attempt);

	attempt->is_plain = type == SOCK_STREAM && !is_bound;
	if (attempt->is_plain && like->count > 0)
		attempt->fd = like->fds[--like->count];
	else
		attempt->fd = make(to.ss_family, type, attempt->is_greeted);
	if (attempt->fd < 0)
		return socket_failed(attempt, errno);
	if (is_marked && !socket_mark(attempt->fd, attempt->order.mark))
		return answer_is(attempt, ANSWER_NONE, false,
				 "%s: it cannot be asked via vip: %s",
				 attempt->kind->name, strerror(errno));
	if (is_marked && (source == NULL || ip_is_none(source)))
		source = &attempt->order.source;
	if (is_bound && bind_source(attempt->fd, source) < 0)
		return answer_is(attempt, ANSWER_NONE, false,
				 "%s: its source is no address of this node: "
				 "%s",
				 attempt->kind->name, strerror(errno));
	attempt->events = POLLOUT;
	if (connect(attempt->fd, (struct sockaddr *)&to, size) < 0 &&
	    errno != EINPROGRESS)
		return socket_failed(attempt, errno);
	return false;
}

bool socket_has_failed(struct attempt *attempt, short revents)
{
	socklen_t size = sizeof(int);
	int error = 0;

	/* an error is always told (poll(2)) */
	if (revents & (POLLERR | POLLHUP))
		getsockopt(attempt->fd, SOL_SOCKET, SO_ERROR, &error, &size);
	if (error != 0)
		return socket_failed(attempt, error);
	step_is_reached(attempt, &attempt->answer.connected_us);
	return false;
}

bool socket_say(struct attempt *attempt, const char *bytes, size_t size,
		bool *failed)
{
	ssize_t sent = send(attempt->fd, bytes + attempt->sent,
			    size - attempt->sent, MSG_NOSIGNAL);

	*failed = sent < 0 && errno != EAGAIN && errno != EINTR;
	if (*failed)
		return answer_is(attempt, ANSWER_WRONG, true,
				 "%s port %u: %s while sending",
				 attempt->kind->name, attempt->order.port,
				 strerror(errno));
	if (sent > 0)
		attempt->sent += (size_t)sent;
	if (attempt->sent < size)
		return false;
	attempt->sent = 0;
	attempt->events = POLLIN;
	return true;
}

bool socket_talk(struct attempt *attempt, short revents,
		 bool (*say)(struct attempt *attempt),
		 bool (*hear)(struct attempt *attempt))
{
	if (attempt->step == STEP_READ)
		return hear(attempt);
	if (attempt->step == STEP_CONNECT) {
		if (socket_has_failed(attempt, revents))
			return true;
		attempt->step = STEP_SEND;
	}
	return say(attempt);
}

ssize_t socket_hear(struct attempt *attempt, void *bytes, size_t size)
{
	ssize_t got = recv(attempt->fd, bytes, size, 0);

	if (got > 0)
		step_is_reached(attempt, &attempt->answer.first_byte_us);
	return got;
}

bool socket_is_heard(const struct attempt *attempt)
{
	struct tcp_info info = {.tcpi_unacked = 0};
	socklen_t size = sizeof(info);

	return attempt->answer.first_byte_us > 0 ||
	       (getsockopt(attempt->fd, IPPROTO_TCP, TCP_INFO, &info, &size) ==
			0 &&
		info.tcpi_unacked == 0);
}

void socket_late(struct attempt *attempt, bool is_connected)
{
	if (is_connected)
		answer_is(attempt, ANSWER_WRONG, true,
			  "%s port %u: connected, but no whole answer within "
			  "%lld ms",
			  attempt->kind->name, attempt->order.port,
			  limit_ms(attempt));
	else
		answer_is(attempt, ANSWER_NONE, false,
			  "%s port %u: no answer within %lld ms",
			  attempt->kind->name, attempt->order.port,
			  limit_ms(attempt));
}

/* connect(2): AF_UNSPEC dissolves the association. To Linux that is the same as
 * a close without lingering: a reset, and address, port and route are
 * forgotten; the next connect() gets a port of its own, and forgets the error.
 */
static bool is_free_again(int fd)
{
	const struct sockaddr none = {.sa_family = AF_UNSPEC};

	return connect(fd, &none, sizeof(none)) == 0;
}

void socket_end(struct attempt *attempt)
{
	struct kept *like = kept_for(attempt);

	if (attempt->fd < 0)
		return;
	/* one that was never connected is not worth the doubt */
	if (attempt->is_plain && attempt->answer.connected_us > 0 &&
	    like->count < KEPT_MAX && is_free_again(attempt->fd))
		like->fds[like->count++] = attempt->fd;
	else
		close(attempt->fd);
}
