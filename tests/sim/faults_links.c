/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What happens to the nodes' own sides of the two-way links, and to the cables
 * between their further cards. */
#include "schedule.h"

static bool own_side(struct world *world, unsigned n, unsigned link, bool open)
{
	/* a paused daemon hears of it when it wakes */
	if (!world->nodes[n].running || !world->nodes[n].powered)
		world->nodes[n].link_open[link] = open;
	else
		world_adapter(world, n, link, open);
	return true;
}

bool fault_adapter(struct world *world, unsigned n, uint32_t value)
{
	return own_side(world, n, 0, value % 2);
}

static unsigned card_of(const struct world *world, uint32_t value)
{
	return world->nodes[0].settings.links[2].configured ? 1 + value / 16 % 2
							    : 1;
}

bool fault_udp_one_way(struct world *world, unsigned n, uint32_t value)
{
	bool *cable = card_of(world, value) == 1 ? world->udp : world->spare;

	cable[n] = value & 1;
	return true;
}

bool fault_udp_cut(struct world *world, unsigned n, uint32_t value)
{
	bool *cable = card_of(world, value) == 1 ? world->udp : world->spare;

	(void)n;
	cable[0] = cable[1] = value % 4 == 0;
	return true;
}

/* Of one card, or of both ends of a cable without a switch between them. */
bool fault_card(struct world *world, unsigned n, uint32_t value)
{
	unsigned link = card_of(world, value);
	bool up = value % 3 == 0;

	/* the carrier of the service is a fault of its own */
	if (world->nodes[n].settings.links[link].interfaces & 1)
		return false;
	own_side(world, n, link, up);
	if (value / 4 % 2)
		own_side(world, 1 - n, link, up);
	return true;
}
