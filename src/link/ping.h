/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef LINK_PING_H
#define LINK_PING_H
/*
 * ICMP and ICMPv6 echo, one socket for each family, raw: only who may send them
 * gets one. Nothing here waits.
 */
#include <stdbool.h>
#include <stdint.h>

#include "../wire/ip.h"

/* -1 with errno. Only echo replies come in. */
int ping_open(bool is_v6);
/* interface: for a link-local address, where it is; 0. source: the address of
 * this node to ask from; none: by the route. 0 or -1 with errno. */
int ping_ask(int fd, const struct ip *to, unsigned interface,
	     const struct ip *source, uint16_t id, uint16_t sequence);
/* True: an answer to an id of ours; false: nothing more. */
bool ping_read(int fd, bool is_v6, uint16_t id, struct ip *from,
	       uint16_t *sequence);
#endif
