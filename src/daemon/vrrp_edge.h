/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_VRRP_EDGE_H
#define DAEMON_VRRP_EDGE_H
/* The VRRP links, one per instance; their sockets: vrrp_ports.h. */
#include "../link/ear.h"
#include "../link/opener_msg.h"
#include "../link/vrrp/vrrp.h"

struct daemon;

struct reload_change;

int vrrp_edge_init(struct daemon *daemon);
/* Locked memory of places that a pair of so many instances does not use. */
void vrrp_edge_give_back(struct daemon *daemon, unsigned instances);
int vrrp_edge_prepare(struct daemon *daemon,
		      const struct reload_change *change);
void vrrp_edge_abandon(struct daemon *daemon);
void vrrp_edge_commit(struct daemon *daemon,
		      const struct reload_change *change);
void vrrp_edge_open(struct daemon *daemon);
void vrrp_edge_opened(struct daemon *daemon, const struct opener_reply *reply,
		      const struct link_kind *kind);
/* From its port: an advert of one instance; and the port has to be closed. */
void vrrp_edge_heard(struct daemon *daemon, const struct vrrp_heard *heard);
void vrrp_edge_port_lost(struct daemon *daemon, struct vrrp_port_edge *port,
			 const char *why);
void vrrp_edge_carrier(struct daemon *daemon, unsigned interface, bool up);
void vrrp_edge_send(struct daemon *daemon, unsigned instance, uint8_t priority);
/* For the status: the instance is now in the state to. proof: a literal. */
void vrrp_edge_note(struct daemon *daemon, unsigned instance, const char *to,
		    const char *proof, int64_t now_us);
void vrrp_edge_check_filter(struct daemon *daemon);
/* A new keeper knows no last words. */
void vrrp_edge_forget_words(struct daemon *daemon);
bool vrrp_edge_feed_owed(struct daemon *daemon);
/* An advert, ours or not, was seen on its way out. */
void vrrp_edge_seen(struct daemon *daemon, unsigned interface,
		    const struct ear_frame *frame);
/* From here on all that leaves by the interface is seen. */
void vrrp_edge_count_anew(struct daemon *daemon, unsigned interface);
/* Where VRRP of the interface comes from, host order; 0 = it cannot. */
uint32_t vrrp_edge_source(const struct daemon *daemon, unsigned interface);
/* R11: what is buffered is old. */
void vrrp_edge_discard(struct daemon *daemon);
bool vrrp_edge_is_open(const struct daemon *daemon, unsigned instance);
#endif
