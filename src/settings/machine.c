/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The default gateway, from /proc: one small file, and no library.
 */
#include <arpa/inet.h>
#include <stdio.h>

#include "machine.h"

bool machine_find_gateway(struct ip *gateway)
{
	FILE *file = fopen("/proc/net/route", "re");
	char line[256];
	bool found = false;
	unsigned to, by;

	if (file == NULL)
		return false;
	/* Iface Destination Gateway ..., addresses as they lie in memory */
	while (!found && fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "%*15s %8x %8x", &to, &by) == 2 && to == 0 &&
		    by != 0) {
			*gateway = ip_from_v4(ntohl(by));
			found = true;
		}
	fclose(file);
	return found;
}
