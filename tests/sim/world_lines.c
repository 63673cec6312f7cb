/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R18: what the modem lines of the serial cable show, each wire its own: DTR of
 * one node is DSR and DCD of the other, up while its daemon holds the port
 * open and its machine has power. Adapters tell it late, never, or hold it up.
 */
#include "world_internal.h"

/* A UART tells within a few hundred us, a USB adapter within 16 ms. */
#define LINE_LATE_US 16000

static bool is_up(const struct world *world, unsigned n)
{
	const struct world_node *other = &world->nodes[1 - n];

	return other->powered && other->running && !other->deaf &&
	       other->link_open[0] && !world->line_cut[1 - n] &&
	       (world->serial[0] || world->serial[1]);
}

static void line_changes(struct world *world, unsigned n, bool is, bool is_open)
{
	struct event event = {.type = EVENT_LINE_CHANGED};

	world->nodes[n].line_told = is;
	event.line.link = 0;
	event.line.is = is;
	/* a port that is opened or lost begins anew */
	if (is_open)
		world_post_event(
			world, n,
			100 + (int64_t)(world_random(world) % LINE_LATE_US),
			&event);
}

static void line_step(struct world *world, unsigned n)
{
	const struct world_node *node = &world->nodes[n];
	bool is_open = node->running && !node->deaf && node->link_open[0];
	bool is = is_open && node->lines != LINES_NEVER &&
		  (node->lines == LINES_HELD || is_up(world, n));

	if (is != node->line_told)
		line_changes(world, n, is, is_open);
}

void world_lines(struct world *world)
{
	for (unsigned n = 0; n < 2; n++)
		if (world->nodes[n].settings.hurry_ms > 0 &&
		    world->nodes[n].settings.links[0].configured)
			line_step(world, n);
}
