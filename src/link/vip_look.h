/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef LINK_VIP_LOOK_H
#define LINK_VIP_LOOK_H
/*
 * Does the kernel take these addresses as its own? (R12) Asked by a route
 * query, which since Linux 4.13 takes no RTNL and needs no capability: it
 * answers, within microseconds, while address requests and the end of leases
 * hang. It says what is true of the whole machine, whoever added the address,
 * with whatever prefix, on whatever interface. Never waits; what is not
 * answered at once is unknown, and unknown proves nothing.
 *
 * A route query goes by the rules of the machine's routing policy, and one of
 * them may hide an address for which the kernel answers ARP all the same. So an
 * IPv4 address is gone only if the kernel's list of addresses does not have it
 * either (IP_MULTICAST_IF by address, ip(7): it takes no RTNL and needs no
 * capability).
 *
 * Not bind(): ip_nonlocal_bind fools it.
 */
#include "../wire/ip.h"

enum vip_answer { VIP_UNKNOWN, VIP_HELD, VIP_GONE };

struct vip_look {
	int fd; /* -1: nothing can be known */
	int list_fd;
	uint32_t sequence;
};

struct vip_question {
	struct ip ip;
	unsigned index;	       /* of its interface: asked there too; 0 = not */
	const char *interface; /* whose arp_ignore excuses one on lo (R17.1) */
};

/* -1: too old a kernel, or no socket; asking is allowed, and unknown. */
int vip_look_open(struct vip_look *look);
void vip_look_close(struct vip_look *look);

/*
 * HELD if one of them is, and *which says the first; GONE only if every single
 * one is known to be gone.
 */
enum vip_answer vip_look_ask(struct vip_look *look,
			     const struct vip_question *questions,
			     unsigned count, unsigned *which);

/*
 * What the kernel asks itself before it answers an ARP request for vip (IPv4)
 * that came from asker by the interface: HELD, it takes it as its own and
 * answers; GONE, it leads it elsewhere or nowhere, and is silent.
 */
enum vip_answer vip_look_from(struct vip_look *look, const struct ip *vip,
			      unsigned index, const struct ip *asker);
/* Is ip (IPv4) on the network of the interface itself, behind no gateway? */
bool vip_look_is_neighbour(struct vip_look *look, const struct ip *ip,
			   unsigned index);
#endif
