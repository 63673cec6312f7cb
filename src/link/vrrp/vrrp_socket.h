/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef LINK_VRRP_SOCKET_H
#define LINK_VRRP_SOCKET_H
/*
 * The sockets of a VRRP link, for src/link and the keeper's last will. IPv4
 * multicast is the only kind yet. IPv6 means here: ETH_P_IPV6 and ff02::12 in
 * the packet socket and its filter (next header at 6, VRRP behind 40 bytes),
 * AF_INET6 with IPV6_MULTICAST_HOPS 255 and IPV6_CHECKSUM 6 in the sender.
 * Unicast means: no group, a destination per peer, the rest alike.
 *
 * Openers return a descriptor, or -1 with one sentence in error.
 */
#include <stddef.h>
#include <stdint.h>

#include "../../wire/ip.h"

/*
 * Hears VRRP packets of one VRID as the wire brought them, before netfilter
 * and rp_filter; never those that this machine sends. Each read gives one IP
 * packet, header first.
 */
int vrrp_socket_open_packet(const char *interface, unsigned index, uint8_t vrid,
			    char *error, size_t error_size);

/* Hears what the local IP layer lets through; never sends. */
int vrrp_socket_open_witness(const char *interface, unsigned index,
			     uint8_t vrid, char *error, size_t error_size);

/* Sends to the group, never hears: not for the event loop. */
int vrrp_socket_open_sender(const char *interface, unsigned index, char *error,
			    size_t error_size);

/*
 * The interface's index, checked to be up: a down one takes sockets and then
 * loses them. 0 with a sentence when it is missing or down.
 */
unsigned vrrp_socket_find_interface(const char *interface, char *error,
				    size_t error_size);

/*
 * The first of own[] that is an address of the interface, else the interface's
 * first that is none of the VIPs; 0 when it has none. The same
 * answer as vrrp_source_choose() gives the keeper. Asks the kernel by netlink,
 * which may wait for the RTNL lock, and may allocate.
 */
uint32_t vrrp_socket_find_source(const char *interface, const uint32_t *own,
				 unsigned own_count, const struct ip *vips,
				 unsigned vip_count);

/* One message to the group, from source. 0, or -1 with errno. */
int vrrp_socket_send(int sender_fd, unsigned index, uint32_t source,
		     const void *message, size_t size);
#endif
