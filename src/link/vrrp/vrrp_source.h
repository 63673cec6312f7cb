/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef LINK_VRRP_SOURCE_H
#define LINK_VRRP_SOURCE_H
/*
 * From which address a node's VRRP leaves an interface: the keeper's last will
 * (R12b) comes from where the main process's adverts did
 * (vrrp_socket_find_source), because the peer knows this node by its configured
 * addresses and takes anything else for a stranger (R7). Pure: the caller knows
 * which addresses are there.
 */
#include <stdint.h>

#include "../../settings/settings.h"

/*
 * there[]: the interface's addresses, as the kernel lists them. The first of
 * nodes[self].address, in the order of the settings, that is on the interface;
 * else the first that is no configured VIP of any instance; else none (all
 * zero). Of the wanted family only, and IPv6 from a link-local address only
 * (RFC 9568 5.1.2.1).
 */
struct ip vrrp_source_choose(const struct settings *settings, bool is_v6,
			     const struct ip *there, unsigned count);
#endif
