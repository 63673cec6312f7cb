/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * With promote_secondaries = 0, the kernel's default, removing the primary
 * address of a subnet takes every other one of it along, the machine's own
 * included, and with the last address of an interface all its routes. A VIP
 * becomes the primary one when the machine's own address was away for a moment.
 * So the setting is 1 on an interface from the first VIP on, and is put back
 * when the keeper ends. By netlink: /proc/sys may be read-only for services.
 */
#include <net/if.h>

#include "../base/sysctl.h"
#include "keeper.h"

static bool is_off(unsigned index)
{
	char name[IF_NAMESIZE];

	return if_indextoname(index, name) != NULL &&
	       sysctl_read_conf("ipv4", name, "promote_secondaries") == 0;
}

void promote_put(struct keeper *keeper, unsigned index)
{
	unsigned i;

	if (index == 0 || keeper->netlink.count == NETLINK_BATCH_MAX ||
	    !is_off(index))
		return;
	netlink_put_promote(&keeper->netlink, index, true);
	for (i = 0; i < keeper->promoted_count; i++)
		if (keeper->promoted[i] == index)
			return;
	if (i < PROMOTED_MAX)
		keeper->promoted[keeper->promoted_count++] = index;
}

void promote_all(struct keeper *keeper)
{
	int results[NETLINK_BATCH_MAX];

	for (unsigned i = 0; i < keeper->interface_count; i++)
		promote_put(keeper, keeper->interfaces[i].index);
	netlink_carry_out(&keeper->netlink, results);
}

void promote_restore(struct keeper *keeper)
{
	int results[NETLINK_BATCH_MAX];

	for (unsigned i = 0; i < keeper->promoted_count; i++)
		netlink_put_promote(&keeper->netlink, keeper->promoted[i],
				    false);
	netlink_carry_out(&keeper->netlink, results);
	keeper->promoted_count = 0;
}
