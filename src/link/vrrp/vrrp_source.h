/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef LINK_VRRP_SOURCE_H
#define LINK_VRRP_SOURCE_H
/*
 * From which address a node's VRRP leaves an interface: the keeper's last will
 * (R12b) comes from where the main process's adverts did
 * (vrrp_socket_find_source), because the peer knows this node by its configured
 * addresses and takes anything else for a stranger (R7). One rule for both.
 * Pure: the caller knows which addresses are there.
 */
#include <stdbool.h>
#include <stdint.h>

#include "../../settings/settings.h"

/* One search: fill in the first five, show it each address, ask. */
struct vrrp_source_search {
	const struct ip *own; /* the node's own addresses, the best first */
	unsigned own_count;
	bool is_v6;
	bool (*is_vip)(const void *arg, const struct ip *address);
	const void *arg;
	unsigned best; /* 1 + its place in own[]; 0 = none yet */
	struct ip first;
};

/* An address of the interface, in the order in which the kernel lists them. */
void vrrp_source_show(struct vrrp_source_search *search,
		      const struct ip *address);
/*
 * The first of own[] that was shown; else the first that is no VIP; else none
 * (all zero). Of the wanted family only, and IPv6 from a link-local address
 * only (RFC 9568 5.1.2.1).
 */
struct ip vrrp_source_found(const struct vrrp_source_search *search);

/* Among there[], by nodes[self].address and the VIPs of every instance. */
struct ip vrrp_source_choose(const struct settings *settings, bool is_v6,
			     const struct ip *there, unsigned count);
#endif
