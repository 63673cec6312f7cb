/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_SETTINGS_MACHINE_H
#define DAEMON_SETTINGS_MACHINE_H
/*
 * What this machine's kernel has: addresses and the default gateway. Asked once
 * when a file is checked; never in the main loop.
 */
#include "settings.h"

struct machine_address {
	struct ip ip;
	char interface[SETTINGS_INTERFACE_MAX];
	bool ours; /* a keeper of twinbeat has put it there */
};

/* IPv4 addresses of all interfaces: how many, at most max; 0 if unknown. */
unsigned machine_list_addresses(struct machine_address *list, unsigned max);

/* The IPv4 gateway of the default route; false if there is none. */
bool machine_find_gateway(struct ip *gateway);
#endif
