/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Faults of hearing and being heard on the Ethernet, and of a node's own checks
 * (R3): see faults.c. */
#include "schedule.h"

bool fault_mute(struct world *world, unsigned n, uint32_t value)
{
	if (!world->nodes[n].powered)
		return false;
	world_mute(world, n, value & 1);
	return true;
}

bool fault_ears(struct world *world, unsigned n, uint32_t value)
{
	static const enum world_ears kinds_of[] = {EARS_GOOD, EARS_DEAF,
						   EARS_WRONG_VLAN, EARS_DEAF};

	world_ears(world, n, kinds_of[value % 4]);
	return true;
}

bool fault_adverts_filtered(struct world *world, unsigned n, uint32_t value)
{
	world_filter(world, n, value % 4);
	return true;
}

bool fault_gateway(struct world *world, unsigned n, uint32_t value)
{
	(void)n;
	world->no_gateway = value % 2;
	world->others = value / 2 % 2;
	return true;
}

/*
 * A card that is dead both ways while its carrier stays, and every other way to
 * the other node with it: a riser, a driver, a bonding that went wrong.
 */
bool fault_card_dies(struct world *world, unsigned n, uint32_t value)
{
	if (!world->nodes[n].powered || !world->nodes[n].settings.fence.defend)
		return false;
	world->serial[0] = world->serial[1] = value % 8 == 0;
	world->udp[0] = world->udp[1] = false;
	world->spare[0] = world->spare[1] = false;
	world_ears(world, n, EARS_DEAF);
	if (value / 8 % 2)
		world_mute(world, n, true);
	return true;
}

/* The cables first; when they are out, an ear, or all that the other one sends
 * on the Ethernet. */
bool fault_last_medium(struct world *world, unsigned n, uint32_t value)
{
	if (world->serial[0] || world->udp[0]) {
		world->serial[0] = world->serial[1] = false;
		world->udp[0] = world->udp[1] = false;
		world->spare[0] = world->spare[1] = false;
	} else if (value % 4) {
		world_ears(world, n,
			   value % 4 == 1 ? EARS_DEAF : EARS_WRONG_VLAN);
	} else {
		world_ethernet(world, 1 - n, false);
	}
	return true;
}

/* Twice as often on both nodes at once: the network to all witnesses is gone.
 */
bool fault_checks(struct world *world, unsigned n, uint32_t value)
{
	static const enum core_checks kinds_of[] = {
		CORE_CHECKS_GOOD,    CORE_CHECKS_BAD,	  CORE_CHECKS_BAD,
		CORE_CHECKS_DOUBTED, CORE_CHECKS_UNKNOWN,
	};
	enum core_checks is = kinds_of[value % 5];

	if (!world->nodes[0].settings.instances[0].has_checks)
		return false;
	world_checks(world, n, is);
	if (value / 8 % 3)
		world_checks(world, 1 - n, is);
	return true;
}

/* Half of the time on both nodes at once: the servers themselves are gone. */
bool fault_servers(struct world *world, unsigned n, uint32_t value)
{
	enum core_servers is = (enum core_servers)(value % CORE_SERVERS);

	if (!world->nodes[0].settings.instances[0].has_servers)
		return false;
	world_servers(world, n, is);
	if (value / 8 % 2)
		world_servers(world, 1 - n, is);
	return true;
}
