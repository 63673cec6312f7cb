/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * twinbeat-opener: opens ports and sockets for twinbeatd, sets them, and closes
 * them. Each of these may take seconds in a bad driver; only this program waits
 * then. Started when there is something to open, ends when its socket closes.
 * It holds no lock and no descriptor of the daemon but that socket: one that
 * never comes back from the kernel is in nobody's way.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "lines.h"
#include "../base/message.h"
#include "../base/privileges.h"
#include "../base/signals.h"
#include "../ipc/lines_msg.h"
#include "../link/opener_msg.h"

/* The reply holds them then: no close of ours is the last one. */
static void send_reply(const struct opener_reply *reply, const int *fds,
		       unsigned count)
{
	struct pollfd room = {.fd = OPENER_FD_SOCKET, .events = POLLOUT};

	/* The other side reads soon; one that is gone is told by poll(), too.
	 */
	while (message_send_fds(OPENER_FD_SOCKET, reply, sizeof(*reply), fds,
				count) == MESSAGE_NONE)
		poll(&room, 1, -1);
	for (unsigned i = 0; i < count; i++)
		close(fds[i]);
}

static void open_link(const struct opener_request *request)
{
	struct opener_reply reply = {.subject = request->subject, .result = -1};
	struct link_opened *opened = &reply.opened;

	if (request->kind < LINK_KINDS)
		reply.result = link_kinds[request->kind]->open(
			&request->place, opened, reply.text,
			sizeof(reply.text));
	send_reply(&reply, opened->fds, opened->count);
}

static void close_all(const int *fds, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		/* A UART driver's close waits for its output, up to 30 s. */
		if (isatty(fds[i]))
			tcflush(fds[i], TCIOFLUSH);
		close(fds[i]);
	}
}

static bool has_socket(void)
{
	int type = 0;
	socklen_t size = sizeof(type);

	return getsockopt(OPENER_FD_SOCKET, SOL_SOCKET, SO_TYPE, &type,
			  &size) == 0 &&
	       type == SOCK_SEQPACKET;
}

int main(int argc, char **argv)
{
	struct pollfd asked = {.fd = OPENER_FD_SOCKET, .events = POLLIN};
	int fds[MESSAGE_FDS_MAX];
	unsigned count;

	if (argc > 0 && strcmp(argv[0], LINES_NAME) == 0)
		return lines_main(argc, argv);
	if (argc != 1 || !has_socket()) {
		fprintf(stderr, "twinbeat-opener: it is started by twinbeatd, "
				"not by hand\n");
		return 2;
	}
	/* it ends with the daemon's socket, not with a Ctrl-C meant for it */
	signals_ignore();
	privileges_settle(PRIVILEGES_OPENER, "twinbeat-opener");
	for (;;) {
		struct opener_request request;

		switch (message_receive_fds(OPENER_FD_SOCKET, &request,
					    sizeof(request), fds, &count)) {
		case MESSAGE_NONE:
			poll(&asked, 1, -1);
			continue;
		case MESSAGE_GONE:
			return 0;
		case MESSAGE_WRONG:
			continue;
		case MESSAGE_OK:
			break;
		}
		if (request.order == OPENER_OPEN)
			open_link(&request);
		close_all(fds, count);
	}
}
