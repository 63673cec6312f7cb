/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The VRRP sockets in the loop. Decides nothing, and does not know when to
 * open.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "daemon.h"
#include "opener_edge.h"
#include "vrrp_edge.h"
#include "vrrp_ports.h"

/* 32 packets each: more than a receive buffer holds */
#define READS_MAX 128

struct vrrp_port_edge *vrrp_port_of(struct vrrp_port_edge *ports,
				    unsigned interface, bool is_v6)
{
	return &ports[2 * interface + (is_v6 ? 1 : 0)];
}

static void take_heard(void *arg, const struct vrrp_heard *heard)
{
	vrrp_edge_heard(arg, heard);
}

static void port_ready(struct daemon *daemon, struct source *source,
		       uint32_t events)
{
	struct vrrp_port_edge *edge = &daemon->vrrp_ports[source->index];
	char error[TEXT_MAX];
	int result = 1;

	(void)events;
	for (unsigned i = 0; i < READS_MAX && result > 0 && source->fd >= 0;
	     i++)
		result = vrrp_port_receive(edge->port, take_heard, daemon,
					   error, sizeof(error));
	if (result < 0 && source->fd >= 0)
		vrrp_edge_port_lost(daemon, edge, error);
	/* outside the core here, and before it takes that for silence */
	vrrp_edge_feed_owed(daemon);
}

/* Only when it has an error: what it hears is read with the other. */
static void witness_ready(struct daemon *daemon, struct source *source,
			  uint32_t events)
{
	/* An error there is the packet socket's too: it reads it. */
	port_ready(daemon, &daemon->vrrp_ports[source->index].source, events);
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
