/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef LINK_VRRP_PORT_H
#define LINK_VRRP_PORT_H
/*
 * The sockets of VRRP on one interface, for one family and all instances there:
 * a packet socket that hears (also what the local firewall drops), a raw socket
 * as its witness, another that sends. Each advert passes a filter once, however
 * many instances there are, and a VRID that none of them has wakes nobody.
 */
#include "vrrp.h"
#include "vrrp_filter.h"

struct vrrp_hearer {
	struct vrrp *vrrp; /* NULL: nobody has this VRID */
	/* bursts in a row in which it heard adverts, and the witness none */
	unsigned unwitnessed, burst;
};

struct vrrp_port {
	char interface[16];
	bool is_v6;
	int packet_fd, witness_fd, sender_fd; /* -1 = closed */
	unsigned index;			      /* the interface's */
	bool is_whole;			      /* the sender breaks nothing up */
	unsigned emptied;		      /* closed or discarded so often */
	unsigned burst, unasked;
	bool is_doubted; /* one of them was not witnessed for long */
	struct vrrp_vrids vrids;
	struct vrrp_hearer hearers[256]; /* by VRID */
};

/* Closed. NULL: no memory. */
struct vrrp_port *vrrp_port_new(const char *interface, bool is_v6);
void vrrp_port_free(struct vrrp_port *port);
/* 0 or -1 with a sentence; closed then. index: of the interface, up now. */
int vrrp_port_open(struct vrrp_port *port, unsigned index, char *error,
		   size_t error_size);
void vrrp_port_close(struct vrrp_port *port);
static inline bool vrrp_port_is_open(const struct vrrp_port *port)
{
	return port->packet_fd >= 0;
}
/*
 * Opened in one process, used in another: joining a group, and leaving it by a
 * close, take the kernel's RTNL lock, which a bad driver may hold for seconds.
 * give() closes here and leaves the descriptors to the caller: how many.
 */
unsigned vrrp_port_give(struct vrrp_port *port, int fds[VRRP_FDS]);
void vrrp_port_take(struct vrrp_port *port, const int fds[VRRP_FDS],
		    unsigned index);
/* What is open goes over to a port of the same interface and family. */
void vrrp_port_move(struct vrrp_port *from, struct vrrp_port *to);
/*
 * Of an open port: it hears the VRIDs that have joined it, at once. 0; or -1
 * with errno.
 */
int vrrp_port_filter(const struct vrrp_port *port);
/* False as soon as the raw socket has heard one of this VRID's again. */
bool vrrp_port_is_filtered(const struct vrrp_port *port, uint8_t vrid);
/*
 * Like serial_receive; take() gets what its hearer has judged (vrrp_hear).
 * -1: the interface is down or gone, close and reopen. Reads the witness as
 * well, but not with each advert.
 */
int vrrp_port_receive(struct vrrp_port *port,
		      void (*take)(void *arg, const struct vrrp_heard *heard),
		      void *arg, char *error, size_t error_size);
void vrrp_port_discard(struct vrrp_port *port);
#endif
