/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef LINK_VRRP_FILTER_H
#define LINK_VRRP_FILTER_H
/*
 * What the kernel lets through to a socket of a VRRP link: packets of one VRID.
 * 0, or -1 with errno.
 */
#include <stdbool.h>
#include <stdint.h>

/*
 * On a packet socket. Left out are frames for another host (promiscuous mode),
 * of a VLAN on top of the interface (a tap for all frames comes before they go
 * their own way), and our own.
 */
int vrrp_filter_packets(int fd, uint8_t vrid, bool is_v6);
/* On a raw socket for protocol 112, which belongs to one interface. */
int vrrp_filter_raw(int fd, uint8_t vrid, bool is_v6);
/* Nothing at all. */
int vrrp_filter_all(int fd);
#endif
