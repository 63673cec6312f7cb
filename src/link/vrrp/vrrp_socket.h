/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef LINK_VRRP_SOCKET_H
#define LINK_VRRP_SOCKET_H
/*
 * The sockets of a VRRP link, for src/link and the keeper's last will: IPv4 or
 * IPv6, to the group.
 *
 * Openers return a descriptor, or -1 with one sentence in error.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../wire/ip.h"
#include "vrrp_filter.h"

struct vrrp_socket_place {
	const char *interface;
	unsigned index; /* of it */
	bool is_v6;
	const struct vrrp_vrids *vrids; /* no matter for a sender */
};

/*
 * Hears VRRP packets of these VRIDs as the wire brought them, before netfilter
 * and rp_filter; never those that this machine sends. Each read gives one IP
 * packet, header first.
 */
int vrrp_socket_open_packet(const struct vrrp_socket_place *place, char *error,
			    size_t error_size);

/* Hears what the local IP layer lets through; never sends. What is read is
 * nobody's business, that there is something tells. */
int vrrp_socket_open_witness(const struct vrrp_socket_place *place, char *error,
			     size_t error_size);

/* Sends to the group, or to one machine; never hears: not for the event loop.
 */
int vrrp_socket_open_sender(const struct vrrp_socket_place *place, char *error,
			    size_t error_size);

/*
 * The interface's index, checked to be up: a down one takes sockets and then
 * loses them. 0 with a sentence when it is missing or down.
 */
unsigned vrrp_socket_find_interface(const char *interface, char *error,
				    size_t error_size);

/*
 * IPv6 is off on it, by sysctl or by an MTU below 1280: the packet socket still
 * hears what the IP layer drops. Asks for no lock.
 */
bool vrrp_socket_is_v6_off(const char *interface);

/*
 * Where adverts come from on the interface, by the rule of vrrp_source.h, and
 * over IPv6 only one that may be spoken from already; all zero when there is
 * none. Asks the kernel by netlink, which may wait for the RTNL lock, and may
 * allocate.
 */
struct ip vrrp_socket_find_source(const char *interface, bool is_v6,
				  const struct ip *own, unsigned own_count,
				  const struct ip *vips, unsigned vip_count);

/*
 * Whether a message that is longer than the interface's MTU is refused
 * (EMSGSIZE) or sent in fragments, as a new sender does; asked only where it is
 * not as *is_whole says already.
 */
void vrrp_socket_keep_whole(int sender_fd, bool is_v6, bool whole,
			    bool *is_whole);

/* One message from source, both of the sender's family. 0, or -1 with errno. */
int vrrp_socket_send(int sender_fd, unsigned index, const struct ip *source,
		     const struct ip *destination, const void *message,
		     size_t size);
#endif
