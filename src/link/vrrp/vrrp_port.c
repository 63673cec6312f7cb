/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sockets for all instances of an interface and family, and what comes in by
 * them, each packet to the instance that has its VRID; notices for each
 * instance when the local firewall is in the way.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vrrp_port.h"
#include "vrrp_socket.h"

#define VRRP_PACKETS_MAX 32   /* per call */
#define VRRP_BATCH	 8    /* per system call */
#define VRRP_DISCARD_MAX 4096 /* packets; a receive buffer holds fewer */
#define VRRP_PACKET_SIZE 2048 /* the longest advert has 1500 bytes */
#define WITNESS_SIZE	 64   /* an IP header with options, and a VRID */
/*
 * Bursts in a row that had adverts while the witness heard none. More than
 * one, since a packet reaches the packet socket a moment before the raw one.
 * The witness is asked no more often than that.
 */
#define VRRP_FILTERED_AFTER 5

struct vrrp_port *vrrp_port_new(const char *interface, bool is_v6)
{
	struct vrrp_port *port = calloc(1, sizeof(*port));

	if (port == NULL)
		return NULL;
	snprintf(port->interface, sizeof(port->interface), "%s", interface);
	port->is_v6 = is_v6;
	port->packet_fd = -1;
	port->witness_fd = -1;
	port->sender_fd = -1;
	return port;
}

void vrrp_port_free(struct vrrp_port *port)
{
	if (port == NULL)
		return;
	vrrp_port_close(port);
	free(port);
}

int vrrp_port_open(struct vrrp_port *port, unsigned index, char *error,
		   size_t error_size)
{
	const struct vrrp_socket_place place = {.interface = port->interface,
						.index = index,
						.is_v6 = port->is_v6,
						.vrids = &port->vrids};
	int fds[VRRP_FDS] = {-1, -1, -1};

	fds[0] = vrrp_socket_open_packet(&place, error, error_size);
	if (fds[0] >= 0)
		fds[1] = vrrp_socket_open_witness(&place, error, error_size);
	if (fds[1] >= 0)
		fds[2] = vrrp_socket_open_sender(&place, error, error_size);
	vrrp_port_take(port, fds, index);
	if (fds[2] >= 0)
		return 0;
	vrrp_port_close(port);
	return -1;
}

unsigned vrrp_port_give(struct vrrp_port *port, int fds[VRRP_FDS])
{
	bool is_open = port->sender_fd >= 0;

	port->emptied++;
	fds[0] = port->packet_fd;
	fds[1] = port->witness_fd;
	fds[2] = port->sender_fd;
	port->packet_fd = -1;
	port->witness_fd = -1;
	port->sender_fd = -1;
	return is_open ? VRRP_FDS : 0;
}

void vrrp_port_close(struct vrrp_port *port)
{
	int fds[VRRP_FDS];

	vrrp_port_give(port, fds);
	for (unsigned i = 0; i < VRRP_FDS; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

void vrrp_port_take(struct vrrp_port *port, const int fds[VRRP_FDS],
		    unsigned index)
{
	vrrp_port_close(port);
	port->packet_fd = fds[0];
	port->witness_fd = fds[1];
	port->sender_fd = fds[2];
	port->index = index;
	port->unasked = 0;
	port->is_whole = port->is_doubted = false;
	for (unsigned i = 0; i < 256; i++)
		port->hearers[i].unwitnessed = 0;
}

void vrrp_port_move(struct vrrp_port *from, struct vrrp_port *to)
{
	int fds[VRRP_FDS];
	bool is_whole = from->is_whole;

	vrrp_port_give(from, fds);
	vrrp_port_take(to, fds, from->index);
	to->is_whole = is_whole;
	for (unsigned i = 0; i < 256; i++)
		to->hearers[i].unwitnessed = from->hearers[i].unwitnessed;
}

int vrrp_port_filter(const struct vrrp_port *port)
{
	if (vrrp_filter_packets(port->packet_fd, &port->vrids, port->is_v6) !=
	    0)
		return -1;
	return vrrp_filter_raw(port->witness_fd, &port->vrids, port->is_v6);
}

bool vrrp_port_is_filtered(const struct vrrp_port *port, uint8_t vrid)
{
	return port->hearers[vrid].unwitnessed >= VRRP_FILTERED_AFTER;
}

/*
 * Empties a socket. A pending error is left where it is: reading it here would
 * hide from vrrp_port_receive() that the interface is gone, and a socket that
 * lost its interface never speaks again.
 */
static void vrrp_drain(int fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	uint8_t byte;
	int packets = 0;

	while (packets < VRRP_DISCARD_MAX && poll(&poll_fd, 1, 0) == 1 &&
	       poll_fd.revents == POLLIN &&
	       recv(fd, &byte, sizeof(byte), MSG_DONTWAIT | MSG_TRUNC) >= 0)
		packets++;
}

void vrrp_port_discard(struct vrrp_port *port)
{
	port->emptied++;
	if (port->packet_fd >= 0)
		vrrp_drain(port->packet_fd);
	if (port->witness_fd >= 0)
		vrrp_drain(port->witness_fd);
}

/* Messages of one recvmmsg(): it returns fewer when there are no more. */
struct vrrp_batch {
	struct mmsghdr heads[VRRP_BATCH];
	struct iovec parts[VRRP_BATCH];
};

/*
 * Each into size bytes of room, longer ones cut. How many there were; 0: none
 * now; -1 with errno.
 */
static int vrrp_read(int fd, struct vrrp_batch *batch, uint8_t *room,
		     size_t size)
{
	int count;

	for (unsigned i = 0; i < VRRP_BATCH; i++) {
		batch->parts[i] = (struct iovec){room + i * size, size};
		batch->heads[i] = (struct mmsghdr){
			.msg_hdr = {.msg_iov = &batch->parts[i],
				    .msg_iovlen = 1}};
	}
	do
		count = recvmmsg(fd, batch->heads, VRRP_BATCH, MSG_DONTWAIT,
				 NULL);
	while (count < 0 && errno == EINTR);
	return count < 0 && errno == EAGAIN ? 0 : count;
}

/* Whom a message is for: its VRID. The filter has let it through. */
static struct vrrp_hearer *vrrp_hearer_of(struct vrrp_port *port,
					  const uint8_t *packet, size_t size,
					  size_t header)
{
	if (size < header + 2)
		return NULL;
	return &port->hearers[packet[header + 1]];
}

static size_t vrrp_header_size(const struct vrrp_port *port,
			       const uint8_t *packet, size_t size)
{
	if (port->is_v6)
		return 40;
	return size > 0 ? 4 * (size_t)(packet[0] & 0x0f) : 0;
}

/* Empties the raw socket: whose adverts had it heard? */
static void vrrp_hear_witness(struct vrrp_port *port)
{
	uint8_t room[VRRP_BATCH][WITNESS_SIZE];
	struct vrrp_batch batch;
	int packets = 0, count = VRRP_BATCH;

	while (count == VRRP_BATCH && packets < VRRP_DISCARD_MAX) {
		count = vrrp_read(port->witness_fd, &batch, room[0],
				  WITNESS_SIZE);
		packets += count;
		for (int i = 0; i < count; i++) {
			size_t size = batch.heads[i].msg_len;
			struct vrrp_hearer *hearer = vrrp_hearer_of(
				port, room[i], size,
				/* a raw IPv6 socket begins behind it */
				port->is_v6 ? 0
					    : vrrp_header_size(port, room[i],
							       size));

			if (hearer != NULL)
				hearer->unwitnessed = 0;
		}
	}
}

/*
 * Not with each advert: what it has to say is said as well by the last of
 * several.
 */
static void vrrp_ask_witness(struct vrrp_port *port, int packets)
{
	port->unasked += packets > VRRP_BATCH ? VRRP_FILTERED_AFTER : 1;
	if (port->unasked < VRRP_FILTERED_AFTER && !port->is_doubted)
		return;
	port->unasked = 0;
	port->is_doubted = false;
	if (port->witness_fd >= 0)
		vrrp_hear_witness(port);
}

/* A pending socket error (ENETDOWN) reads as -1 as well. */
static int vrrp_fail_receive(const struct vrrp_port *port, int reason,
			     char *error, size_t error_size)
{
	snprintf(error, error_size,
		 "vrrp on %s: cannot hear: %s: the interface is down or gone; "
		 "it is opened again as soon as it is back",
		 port->interface, strerror(reason));
	return -1;
}

/* One that the IP layer has to pass on; a burst of them counts as one. */
static void vrrp_expect_witness(struct vrrp_port *port,
				struct vrrp_hearer *hearer)
{
	if (hearer->burst == port->burst)
		return;
	hearer->burst = port->burst;
	if (++hearer->unwitnessed >= VRRP_FILTERED_AFTER)
		port->is_doubted = true;
}

static void
vrrp_take_packet(struct vrrp_port *port, const uint8_t *packet, size_t size,
		 void (*take)(void *arg, const struct vrrp_heard *heard),
		 void *arg)
{
	struct vrrp_hearer *hearer = vrrp_hearer_of(
		port, packet, size, vrrp_header_size(port, packet, size));
	struct vrrp_heard heard;

	if (hearer == NULL || hearer->vrrp == NULL ||
	    !vrrp_hear(hearer->vrrp, packet, size, &heard))
		return;
	if (heard.verdict != VRRP_SHORT && heard.verdict != VRRP_CHECKSUM)
		vrrp_expect_witness(port, hearer);
	take(arg, &heard);
}

int vrrp_port_receive(struct vrrp_port *port,
		      void (*take)(void *arg, const struct vrrp_heard *heard),
		      void *arg, char *error, size_t error_size)
{
	uint8_t room[VRRP_BATCH][VRRP_PACKET_SIZE];
	struct vrrp_batch batch;
	unsigned emptied = port->emptied; /* R11: by what take() did */
	int packets = 0, count = VRRP_BATCH;

	if (port->packet_fd < 0) {
		snprintf(error, error_size, "vrrp on %s: is not open",
			 port->interface);
		return -1;
	}
	port->burst++;
	while (count == VRRP_BATCH && packets < VRRP_PACKETS_MAX &&
	       emptied == port->emptied) {
		count = vrrp_read(port->packet_fd, &batch, room[0],
				  VRRP_PACKET_SIZE);
		if (count < 0)
			return vrrp_fail_receive(port, errno, error,
						 error_size);
		packets += count;
		for (int i = 0; i < count && emptied == port->emptied; i++)
			vrrp_take_packet(port, room[i], batch.heads[i].msg_len,
					 take, arg);
	}
	if (packets > 0 && emptied == port->emptied)
		vrrp_ask_witness(port, packets);
	return count == VRRP_BATCH && emptied == port->emptied;
}
