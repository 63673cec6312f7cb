/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef LINK_VRRP_FILTER_H
#define LINK_VRRP_FILTER_H
/*
 * What the kernel lets through to a socket of a VRRP port: packets of some
 * VRIDs. To an open socket a new set is attached in one piece: what has come is
 * kept, and nothing is lost meanwhile. 0, or -1 with errno.
 */
#include <stdbool.h>
#include <stdint.h>

struct vrrp_vrids {
	uint32_t bits[256 / 32];
};
static inline void vrrp_vrids_add(struct vrrp_vrids *vrids, uint8_t vrid)
{
	vrids->bits[vrid / 32] |= 1u << vrid % 32;
}
static inline bool vrrp_vrids_has(const struct vrrp_vrids *vrids, uint8_t vrid)
{
	return (vrids->bits[vrid / 32] >> vrid % 32 & 1) != 0;
}

/*
 * On a packet socket. Left out are frames for another host (promiscuous mode),
 * of a VLAN on top of the interface (a tap for all frames comes before they go
 * their own way), and our own.
 */
int vrrp_filter_packets(int fd, const struct vrrp_vrids *vrids, bool is_v6);
/* On a raw socket for protocol 112, which belongs to one interface. */
int vrrp_filter_raw(int fd, const struct vrrp_vrids *vrids, bool is_v6);
/* Nothing at all. */
int vrrp_filter_all(int fd);
#endif
