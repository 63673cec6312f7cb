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

/* Not one of them is fit to speak from. */
#define VRRP_SOURCE_NONE UINT32_MAX

/*
 * there[]: the interface's IPv4 addresses (host order), as the kernel lists
 * them. The index in there[] of the first of nodes[self].address, in the order
 * of the settings, that is on the interface; else of the first that is no
 * configured VIP of any instance; else VRRP_SOURCE_NONE.
 */
unsigned vrrp_source_choose(const struct settings *settings,
			    const uint32_t *there, unsigned count);
#endif
