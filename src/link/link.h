/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef LINK_H
#define LINK_H
/*
 * The links: how this node hears and is heard. Two kinds of edge, the same
 * manners: non-blocking, one descriptor for the loop, errors told as facts.
 * Links know wire formats, sockets and ttys; they never see the core.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct link_counters {
	/*
	 * rx: frames or adverts handed to take(), before anybody judged them.
	 * The links count framing (overlong runs, unreadable adverts), auth of
	 * VRRP v2 and loop of VRRP (our own address heard); what a beat's
	 * content shows is for its decoder to count here.
	 */
	uint64_t rx, tx;
	uint64_t auth, framing, replay, loop; /* status errors{} */
	uint64_t dropped;		      /* not sent: line was busy */
};
#endif
