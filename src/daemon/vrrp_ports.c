/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The VRRP sockets in the loop. Decides nothing, and does not know when to
 * open.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "daemon.h"
#include "link_edge.h"
#include "opener_edge.h"
#include "vrrp_edge.h"
#include "vrrp_ports.h"

/* 32 packets each: more than a receive buffer holds */
#define READS_MAX 128

/* A node with so many instances sends their adverts in one burst, and each
 * takes it so long at the most. */
#define BURST_LEAST   16
#define BURST_EACH_US 20

struct vrrp_port_edge *vrrp_port_of(struct vrrp_port_edge *ports,
				    unsigned interface, bool is_v6)
{
	return &ports[2 * interface + (is_v6 ? 1 : 0)];
}

static void take_heard(void *arg, const struct vrrp_heard *heard)
{
	vrrp_edge_heard(arg, heard);
}

/*
 * A standby that reads while the burst still comes in wakes up for each part of
 * it, and judges all instances each time. It leaves the port alone for so long
 * as the burst takes, unless somebody waits for what the peer says.
 */
static int64_t burst_us(const struct daemon *daemon,
			const struct vrrp_port_edge *edge)
{
	if (edge->instances < BURST_LEAST ||
	    daemon->core.peer.state != PEER_UP || link_is_waited_for(daemon))
		return 0;
	return (int64_t)edge->instances * BURST_EACH_US;
}

static void nap(struct daemon *daemon, struct vrrp_port_edge *edge,
		int64_t until_us)
{
	edge->nap_us = until_us;
	if (until_us < daemon->loop.due_us[TIMER_BURST])
		loop_set_timer(&daemon->loop, TIMER_BURST, until_us);
}

static void read_port(struct daemon *daemon, struct vrrp_port_edge *edge)
{
	struct source *source = &edge->source;
	char error[TEXT_MAX];
	int result = 1;

	for (unsigned i = 0; i < READS_MAX && result > 0 && source->fd >= 0;
	     i++)
		result = vrrp_port_receive(edge->port, take_heard, daemon,
					   error, sizeof(error));
	if (result < 0 && source->fd >= 0)
		vrrp_edge_port_lost(daemon, edge, error);
	/* outside the core here, and before it takes that for silence */
	vrrp_edge_feed_owed(daemon);
}

static void port_ready(struct daemon *daemon, struct source *source,
		       uint32_t events)
{
	struct vrrp_port_edge *edge = &daemon->vrrp_ports[source->index];
	int64_t nap_us = burst_us(daemon, edge);

	if (nap_us > 0 && events == EPOLLIN && edge->nap_us == 0) {
		nap(daemon, edge, clock_now_us() + nap_us);
		loop_change(&daemon->loop, source, 0);
	} else {
		read_port(daemon, edge);
	}
}

void vrrp_ports_wake(struct daemon *daemon)
{
	int64_t now_us = clock_now_us();

	for (unsigned p = 0; p < VRRP_PORTS_MAX; p++) {
		struct vrrp_port_edge *edge = &daemon->vrrp_ports[p];

		if (edge->nap_us == 0)
			continue;
		if (edge->nap_us > now_us) {
			nap(daemon, edge, edge->nap_us);
			continue;
		}
		edge->nap_us = 0;
		if (edge->source.fd < 0)
			continue;
		loop_change(&daemon->loop, &edge->source, EPOLLIN);
		read_port(daemon, edge);
	}
}

void vrrp_ports_drain(struct daemon *daemon)
{
	/* none naps: before each tick, not with a walk over 64 of them */
	if (daemon->loop.due_us[TIMER_BURST] == TIMER_NEVER)
		return;
	for (unsigned p = 0; p < VRRP_PORTS_MAX; p++) {
		struct vrrp_port_edge *edge = &daemon->vrrp_ports[p];

		if (edge->nap_us != 0 && edge->source.fd >= 0)
			read_port(daemon, edge);
	}
}

/* Only when it has an error: what it hears is read with the other. */
static void witness_ready(struct daemon *daemon, struct source *source,
			  uint32_t events)
{
	/* An error there is the packet socket's too: it reads it. */
	(void)events;
	read_port(daemon, &daemon->vrrp_ports[source->index]);
}

struct vrrp_port_edge *vrrp_ports_new(const struct settings *settings,
				      const struct core_settings *core)
{
	struct vrrp_port_edge *ports = calloc(VRRP_PORTS_MAX, sizeof(*ports));

	for (unsigned p = 0; ports && p < VRRP_PORTS_MAX; p++) {
		ports[p].source = (struct source){-1, LOOP_LINK, p, port_ready};
		ports[p].witness =
			(struct source){-1, LOOP_LINK, p, witness_ready};
	}
	for (unsigned i = 0; ports && i < settings->instance_count; i++) {
		const struct settings_instance *instance =
			&settings->instances[i];
		bool is_v6 = settings_instance_is_v6(settings, instance);
		struct vrrp_port_edge *edge = vrrp_port_of(
			ports, core->instances[i].interface, is_v6);

		edge->instances++;
		if (edge->port)
			continue;
		edge->port = vrrp_port_new(instance->interface, is_v6);
		if (!edge->port) {
			vrrp_ports_free(ports);
			return NULL;
		}
	}
	return ports;
}

void vrrp_ports_free(struct vrrp_port_edge *ports)
{
	for (unsigned p = 0; ports && p < VRRP_PORTS_MAX; p++)
		vrrp_port_free(ports[p].port);
	free(ports);
}

static bool watch(struct daemon *daemon, struct vrrp_port_edge *edge)
{
	edge->nap_us = 0;
	edge->source.fd = edge->port->packet_fd;
	edge->witness.fd = edge->port->witness_fd;
	return loop_add(&daemon->loop, &edge->source, EPOLLIN) == 0 &&
	       loop_add(&daemon->loop, &edge->witness, 0) == 0;
}

bool vrrp_port_opened(struct daemon *daemon, struct vrrp_port_edge *edge,
		      const int fds[VRRP_FDS], unsigned index)
{
	vrrp_port_take(edge->port, fds, index);
	if (watch(daemon, edge))
		return true;
	vrrp_port_shut(daemon, edge);
	return false;
}

void vrrp_port_shut(struct daemon *daemon, struct vrrp_port_edge *edge)
{
	int fds[VRRP_FDS];
	unsigned count;

	loop_remove(&daemon->loop, &edge->source);
	loop_remove(&daemon->loop, &edge->witness);
	count = vrrp_port_give(edge->port, fds);
	opener_close(daemon, &link_vrrp, fds, count);
}

static struct vrrp_port *same_port(struct vrrp_port_edge *ports,
				   const struct vrrp_port *as)
{
	for (unsigned p = 0; p < VRRP_PORTS_MAX; p++)
		if (ports[p].port && ports[p].port->is_v6 == as->is_v6 &&
		    strcmp(ports[p].port->interface, as->interface) == 0)
			return ports[p].port;
	return NULL;
}

void vrrp_ports_move(struct daemon *daemon, struct vrrp_port_edge *to)
{
	struct vrrp_port_edge *old = daemon->vrrp_ports;

	for (unsigned p = 0; p < VRRP_PORTS_MAX; p++) {
		struct vrrp_port *next;

		if (!old[p].port)
			continue;
		loop_remove(&daemon->loop, &old[p].source);
		loop_remove(&daemon->loop, &old[p].witness);
		next = same_port(to, old[p].port);
		if (next && vrrp_port_is_open(old[p].port))
			vrrp_port_move(old[p].port, next);
		else
			vrrp_port_shut(daemon, &old[p]);
	}
	vrrp_ports_free(old);
	daemon->vrrp_ports = to;
}

void vrrp_ports_go_on(struct daemon *daemon)
{
	for (unsigned p = 0; p < VRRP_PORTS_MAX; p++) {
		struct vrrp_port_edge *edge = &daemon->vrrp_ports[p];

		if (edge->port && vrrp_port_is_open(edge->port) &&
		    (vrrp_port_filter(edge->port) < 0 || !watch(daemon, edge)))
			vrrp_edge_port_lost(daemon, edge,
					    "vrrp: the sockets cannot be used "
					    "with the new settings: opened "
					    "anew");
	}
}
