/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_VRRP_PORTS_H
#define DAEMON_VRRP_PORTS_H
/*
 * The VRRP sockets' place in the loop: a port for each interface and family
 * that instances have, shared by them. vrrp_edge.c opens it with the first of
 * them, and hears of what comes in and of a port that is lost.
 */
#include "../core/core.h"
#include "../link/vrrp/vrrp_port.h"
#include "loop.h"

struct daemon;

#define VRRP_PORTS_MAX (2 * CORE_INTERFACES_MAX)
struct vrrp_port_edge {
	struct vrrp_port *port; /* NULL: no instance is there */
	struct source source, witness;
	bool is_asked_for; /* the opener has not answered yet */
	unsigned instances;
	int64_t nap_us; /* not waited for until then; 0 = it is */
};

/* VRRP_PORTS_MAX of them, closed; NULL: no memory. */
struct vrrp_port_edge *vrrp_ports_new(const struct settings *settings,
				      const struct core_settings *core);
/* What is open is closed, which may wait: where nothing is, as a rule. */
void vrrp_ports_free(struct vrrp_port_edge *ports);
struct vrrp_port_edge *vrrp_port_of(struct vrrp_port_edge *ports,
				    unsigned interface, bool is_v6);
/* False with a sentence: it is closed. */
bool vrrp_port_opened(struct daemon *daemon, struct vrrp_port_edge *edge,
		      const int fds[VRRP_FDS], unsigned index);
/* By the opener: leaving a group takes the RTNL lock. */
void vrrp_port_shut(struct daemon *daemon, struct vrrp_port_edge *edge);
/*
 * A reload: what is open of the old ports goes over to these, by interface and
 * family. vrrp_ports_go_on(), once the instances have joined them: their
 * filters count, and no packet was lost meanwhile.
 */
void vrrp_ports_move(struct daemon *daemon, struct vrrp_port_edge *to);
void vrrp_ports_go_on(struct daemon *daemon);
/* TIMER_BURST: what came in while we did not look is read. */
void vrrp_ports_wake(struct daemon *daemon);
/* Before a tick judges (R11): what we do not look for is read, too. */
void vrrp_ports_drain(struct daemon *daemon);
#endif
