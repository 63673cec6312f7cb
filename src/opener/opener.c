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
#include <termios.h>
#include <unistd.h>

#include "../base/message.h"
#include "../base/signals.h"
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

/*
 * A port that has a login on it may not be opened (it would take its bytes);
 * to see that costs a walk of /proc, so only when there is a port at all.
 */
static void open_serial(const struct opener_request *request)
{
	struct opener_reply reply = {.order = OPENER_SERIAL,
				     .subject = request->subject,
				     .result = -1};
	struct serial *serial = serial_new(&request->serial);
	int fds[SERIAL_FDS];
	unsigned count = 0;

	if (serial == NULL) {
		snprintf(reply.text, sizeof(reply.text), "serial %s: no memory",
			 request->serial.path);
	} else if (serial_inspect(request->serial.path, reply.text,
				  sizeof(reply.text)) == SERIAL_FINE) {
		reply.result =
			serial_open(serial, reply.text, sizeof(reply.text));
		count = serial_give(serial, fds);
	}
	send_reply(&reply, fds, count);
	serial_free(serial);
}

static void open_vrrp(const struct opener_request *request)
{
	struct opener_reply reply = {.order = OPENER_VRRP,
				     .subject = request->subject,
				     .result = -1};
	struct vrrp_options options = {
		.source = request->vrrp.source,
		.source_count = request->vrrp.source_count,
		.expect = {.vrid = (uint8_t)request->vrrp.vrid,
			   .addresses = request->vrrp.vips,
			   .address_count = request->vrrp.vip_count}};
	struct vrrp *vrrp = NULL;
	int fds[VRRP_FDS];
	unsigned count = 0;

	snprintf(options.interface, sizeof(options.interface), "%s",
		 request->vrrp.interface);
	memcpy(options.sources, request->vrrp.sources, sizeof(options.sources));
	if (request->vrrp.vip_count <= VRRP_ADDRESSES_MAX &&
	    request->vrrp.source_count <= VRRP_SOURCES_MAX)
		vrrp = vrrp_new(&options);
	if (vrrp == NULL) {
		snprintf(reply.text, sizeof(reply.text),
			 "vrrp on %s: no memory", options.interface);
	} else {
		reply.result = vrrp_open(vrrp, reply.text, sizeof(reply.text));
		count = vrrp_give(vrrp, fds, &reply.vrrp);
	}
	send_reply(&reply, fds, count);
	vrrp_free(vrrp);
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

int main(void)
{
	struct pollfd asked = {.fd = OPENER_FD_SOCKET, .events = POLLIN};
	int fds[MESSAGE_FDS_MAX];
	unsigned count;

	/* it ends with the daemon's socket, not with a Ctrl-C meant for it */
	signals_ignore();
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
		request.serial.path[sizeof(request.serial.path) - 1] = '\0';
		request.vrrp.interface[sizeof(request.vrrp.interface) - 1] =
			'\0';
		if (request.order == OPENER_SERIAL)
			open_serial(&request);
		else if (request.order == OPENER_VRRP)
			open_vrrp(&request);
		close_all(fds, count);
	}
}
