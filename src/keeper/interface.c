/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The interfaces that the settings name: index, MAC, carrier. An interface may
 * come late, go and come again under another index; it is known by its name.
 */
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/sysctl.h"
#include "../link/vrrp/vrrp_socket.h"
#include "keeper.h"

#define LOOK_AGAIN_US (100 * MS_US)

static unsigned interface_add(struct keeper *keeper, const char *name)
{
	struct keeper_interface *interface;

	for (unsigned i = 0; i < keeper->interface_count; i++)
		if (strcmp(keeper->interfaces[i].name, name) == 0)
			return i;
	interface = &keeper->interfaces[keeper->interface_count];
	snprintf(interface->name, sizeof(interface->name), "%s", name);
	interface->vrrp_fd[FAMILY_V4] = interface->vrrp_fd[FAMILY_V6] = -1;
	return keeper->interface_count++;
}

/* Every name once; allocated here and never again. */
int interfaces_prepare(struct keeper *keeper)
{
	const struct settings *settings = keeper->settings;
	size_t most = settings->instance_count * (1 + TRACK_MAX) +
		      settings->address_count + settings->route_count +
		      LINKS_MAX;

	keeper->interfaces = calloc(most + 1, sizeof(*keeper->interfaces));
	if (keeper->interfaces == NULL)
		return -1;
	for (unsigned i = 0; i < settings->instance_count; i++) {
		const struct settings_instance *instance =
			&settings->instances[i];

		interface_add(keeper, instance->interface);
		for (unsigned t = 0; t < instance->track_count; t++)
			interface_add(keeper, instance->track[t]);
	}
	/* R2: a two-way link without carrier is broken */
	for (unsigned i = 0; i < LINKS_MAX; i++)
		if (settings->links[i].interface[0] != '\0')
			interface_add(keeper, settings->links[i].interface);
	for (unsigned a = 0; a < settings->address_count; a++)
		keeper->addresses[a].interface = (uint16_t)interface_add(
			keeper, settings->addresses[a].dev);
	for (unsigned r = 0; r < settings->route_count; r++)
		if (settings->routes[r].dev[0] != '\0')
			interface_add(keeper, settings->routes[r].dev);
	return 0;
}

/* An instance's addresses are of one family. */
static enum family instance_family(const struct keeper *keeper, unsigned i)
{
	const struct settings_instance *instance =
		&keeper->settings->instances[i];

	return settings_instance_is_v6(keeper->settings, instance) ? FAMILY_V6
								   : FAMILY_V4;
}

/* For priority 0 in the last will: made now, when there is time to fail. */
static void interface_open_vrrp(struct keeper *keeper,
				struct keeper_interface *interface)
{
	char error[160];

	for (unsigned f = 0; f < FAMILIES; f++) {
		if (interface->vrrp_fd[f] >= 0)
			close(interface->vrrp_fd[f]);
		interface->vrrp_fd[f] = -1;
	}
	for (unsigned i = 0; i < keeper->settings->instance_count; i++) {
		enum family family = instance_family(keeper, i);
		int *fd = &interface->vrrp_fd[family];
		struct vrrp_socket_place place = {.interface = interface->name,
						  .index = interface->index,
						  .is_v6 = family == FAMILY_V6};

		if (*fd >= 0 || strcmp(keeper->settings->instances[i].interface,
				       interface->name) != 0)
			continue;
		*fd = vrrp_socket_open_sender(&place, error, sizeof(error));
		if (*fd < 0)
			keeper_log("%s; the last will cannot send priority 0 "
				   "there",
				   error);
	}
}

/* RFC 4861 4.4: a neighbour that is told "no router" drops its route by us. */
static bool interface_is_router(const char *name)
{
	return sysctl_read_conf("ipv6", name, "forwarding") > 0;
}

void interfaces_look_at_routing(struct keeper *keeper)
{
	if (!keeper->has_v6 || keeper->knows_routing)
		return;
	keeper->knows_routing = true;
	for (unsigned i = 0; i < keeper->interface_count; i++) {
		struct keeper_interface *interface = &keeper->interfaces[i];
		char name[IF_NAMESIZE];

		/* by its present name: the settings may have an alternative */
		if (interface->index != 0 &&
		    if_indextoname(interface->index, name) != NULL)
			interface->is_router_v6 = interface_is_router(name);
	}
}

static const struct netlink_link interface_gone;

static void interface_set(struct keeper *keeper, unsigned which,
			  const struct netlink_link *link)
{
	struct keeper_interface *interface = &keeper->interfaces[which];
	bool was_up = interface->is_up;
	bool is_new = link->index != interface->index;
	/* a bond's other slave, an operator: the neighbours have the old one */
	bool has_new_mac =
		!is_new && link->index != 0 &&
		memcmp(interface->mac, link->mac, sizeof(interface->mac)) != 0;

	keeper->knows_routing = false;
	interface->index = link->index;
	interface->is_up = link->is_up;
	interface->is_ethernet = link->is_ethernet;
	interface->is_arp_off = link->is_arp_off;
	memcpy(interface->mac, link->mac, sizeof(interface->mac));
	if (is_new && interface->index != 0)
		interface_open_vrrp(keeper, interface);
	if (is_new || has_new_mac || (interface->is_up && !was_up))
		mend_interface(keeper, which, is_new);
	if (was_up != interface->is_up || is_new)
		interface->is_told = false;
}

/* Before the interface takes or loses its index. */
static void interface_note_name(struct keeper_interface *interface,
				const struct netlink_link *link, bool is_named)
{
	bool is_it =
		link->index != 0 && (link->index == interface->index ||
				     link->index == interface->renamed_index);

	if (is_named || (is_it && link->is_gone)) {
		if (interface->renamed_index != 0)
			interface->is_told = false;
		interface->renamed_index = 0;
	} else if (is_it && strcmp(interface->renamed, link->name) != 0) {
		interface->renamed_index = link->index;
		snprintf(interface->renamed, sizeof(interface->renamed), "%s",
			 link->name);
		interface->is_told = false;
		keeper_log("%s was renamed to %s: the settings know it by its "
			   "old name; rename it back, or write %s there and "
			   "restart twinbeat",
			   interface->name, link->name, link->name);
	}
	if (interface->renamed_index == 0)
		interface->renamed[0] = '\0';
}

bool interface_was_renamed(const struct keeper *keeper, unsigned index)
{
	for (unsigned i = 0; i < keeper->interface_count; i++)
		if (keeper->interfaces[i].renamed_index == index)
			return index != 0;
	return false;
}

void interface_change(struct keeper *keeper, const struct netlink_link *link)
{
	for (unsigned i = 0; i < keeper->interface_count; i++) {
		struct keeper_interface *interface = &keeper->interfaces[i];
		bool is_named = netlink_link_is_named(link, interface->name);

		interface->is_seen |= is_named;
		interface_note_name(interface, link, is_named);
		if (is_named && !link->is_gone)
			interface_set(keeper, i, link);
		else if (interface->index == link->index)
			interface_set(keeper, i, &interface_gone);
	}
}

void interfaces_adopt(struct keeper *keeper, struct keeper *old)
{
	for (unsigned i = 0; i < keeper->interface_count; i++) {
		struct keeper_interface *interface = &keeper->interfaces[i];

		for (unsigned k = 0; k < old->interface_count; k++) {
			if (strcmp(interface->name, old->interfaces[k].name) !=
			    0)
				continue;
			*interface = old->interfaces[k];
			old->interfaces[k].vrrp_fd[FAMILY_V4] =
				old->interfaces[k].vrrp_fd[FAMILY_V6] = -1;
		}
		interface->is_told = false; /* as after a start */
		if (interface->index != 0)
			interface_open_vrrp(keeper, interface);
	}
	for (unsigned k = 0; k < old->interface_count; k++)
		for (unsigned f = 0; f < FAMILIES; f++)
			if (old->interfaces[k].vrrp_fd[f] >= 0)
				close(old->interfaces[k].vrrp_fd[f]);
}

static void interface_seen(void *arg, const struct netlink_link *link)
{
	interface_change(arg, link);
}

int interfaces_look(struct keeper *keeper)
{
	const struct netlink_visitor visitor = {.link = interface_seen,
						.arg = keeper};

	for (unsigned i = 0; i < keeper->interface_count; i++)
		keeper->interfaces[i].is_seen = false;
	if (netlink_dump_links(&keeper->netlink, &visitor) != 0) {
		keeper->interfaces_us = clock_now_us() + LOOK_AGAIN_US;
		return -1;
	}
	keeper->interfaces_us = INT64_MAX;
	for (unsigned i = 0; i < keeper->interface_count; i++)
		if (!keeper->interfaces[i].is_seen &&
		    keeper->interfaces[i].index != 0)
			interface_set(keeper, i, &interface_gone);
	return 0;
}

void interfaces_work(struct keeper *keeper)
{
	if (keeper->interfaces_us <= keeper->now_us)
		interfaces_look(keeper);
}

/* Of one that the kernel was asked for in vain nothing is known. */
static bool interface_is_unknown(const struct keeper *keeper,
				 const struct keeper_interface *interface)
{
	return keeper->interfaces_us != INT64_MAX && interface->index == 0 &&
	       !interface->is_seen;
}

void interfaces_tell(struct keeper *keeper)
{
	for (unsigned i = 0; i < keeper->interface_count; i++) {
		struct keeper_interface *interface = &keeper->interfaces[i];
		struct keeper_event event = {.type = KEEPER_CARRIER,
					     .index = interface->index,
					     .up = interface->is_up};

		if (interface->is_told ||
		    interface_is_unknown(keeper, interface))
			continue;
		memcpy(event.interface, interface->name,
		       sizeof(event.interface));
		memcpy(event.renamed, interface->renamed,
		       sizeof(event.renamed));
		if (interface->index == 0)
			snprintf(event.text, sizeof(event.text),
				 "%s does not exist", interface->name);
		else if (!interface->is_up)
			snprintf(event.text, sizeof(event.text),
				 "%s is down or has no carrier",
				 interface->name);
		event_send(keeper, &event);
		interface->is_told = true;
	}
}
