/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * VRRP as a kind of link: one way, with adverts instead of frames, and with
 * sockets that several links share, so only its opening is alike. Joining a
 * group, and leaving it by a close, take the kernel's RTNL lock, which a bad
 * driver may hold for seconds.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "vrrp_port.h"

static_assert(VRRP_FDS <= LINK_FDS, "its descriptors have room");
static_assert(sizeof(struct vrrp_place) <= LINK_PLACE_MAX, "and its place");
static_assert(sizeof(struct vrrp_opened) <=
		      sizeof(((struct link_opened *)0)->facts),
	      "and its facts");

/* What the daemon asks for, as a link with a port of its own. */
static struct vrrp *make(const struct vrrp_place *place, struct vrrp_port *port)
{
	struct vrrp_options options = {.source_count = place->source_count};
	struct vrrp *vrrp;

	snprintf(options.interface, sizeof(options.interface), "%s",
		 place->interface);
	options.source = place->source;
	memcpy(options.sources, place->sources, sizeof(options.sources));
	options.expect =
		(struct vrrp_expect){.is_v6 = place->is_v6 != 0,
				     .addresses = place->vips,
				     .address_count = place->vip_count};
	if (place->vip_count > VRRP_ADDRESSES_MAX ||
	    place->source_count > VRRP_SOURCES_MAX)
		return NULL;
	vrrp = vrrp_new(&options);
	if (vrrp == NULL)
		return NULL;
	vrrp_join(vrrp, port);
	memcpy(port->vrids.bits, place->vrids, sizeof(port->vrids.bits));
	return vrrp;
}

static int kind_open(const struct link_place *place, struct link_opened *opened,
		     char *error, size_t error_size)
{
	struct vrrp_place mine;
	struct vrrp_opened facts = {0};
	struct vrrp_port *port;
	struct vrrp *vrrp = NULL;
	int result = -1;

	memcpy(&mine, place->bytes, sizeof(mine));
	mine.interface[sizeof(mine.interface) - 1] = '\0';
	port = vrrp_port_new(mine.interface, mine.is_v6 != 0);
	if (port != NULL)
		vrrp = make(&mine, port);
	if (vrrp == NULL)
		snprintf(error, error_size, "vrrp on %s: no memory",
			 mine.interface);
	else
		result = vrrp_find(vrrp, &facts, error, error_size);
	if (result == 0 && mine.wants_sockets != 0)
		result = vrrp_port_open(port, facts.index, error, error_size);
	if (result == 0) {
		opened->count = vrrp_port_give(port, opened->fds);
		memcpy(opened->facts, &facts, sizeof(facts));
	}
	vrrp_free(vrrp);
	vrrp_port_free(port);
	return result;
}

/* The rest is vrrp_port.h's: many links share one port's descriptors. */
const struct link_kind link_vrrp = {
	.type = "vrrp",
	.open = kind_open,
};
