/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A node's checks (R3): one word for all instances of it, told as the runner
 * tells it: some time after a start, and at each change. And what its director
 * sees of real servers, told in the same way.
 */
#include "world_internal.h"

#define FIRST_RUN_US 700000
#define TOLD_US	     20000

/* What a runner says is how things are when it says it. */
void checks_say(const struct world_node *node, struct event *event)
{
	static const char *const words[] = {
		[CORE_CHECKS_UNKNOWN] = ("twinbeat-runner, which runs the "
					 "checks, has said nothing for 10 s"),
		[CORE_CHECKS_GOOD] = "every check is good",
		[CORE_CHECKS_DOUBTED] = "no witness has answered 2 times",
		[CORE_CHECKS_BAD] = "script /usr/local/bin/ok: exit code 1",
	};

	event->checks.is = node->checks;
	event->checks.text = words[node->checks];
}

static void tell(struct world *world, unsigned n, int64_t delay_us)
{
	struct world_node *node = &world->nodes[n];

	for (unsigned i = 0; i < node->settings.instance_count; i++) {
		struct event event = {.type = EVENT_CHECKS_TOLD};

		event.checks.instance = i;
		checks_say(node, &event);
		if (node->settings.instances[i].has_checks)
			world_post_event(world, n, delay_us, &event);
	}
}

static void tell_servers(struct world *world, unsigned n, int64_t delay_us)
{
	struct event event = {.type = EVENT_SERVERS_SEEN};

	event.servers.is = world->nodes[n].servers;
	if (world->nodes[n].settings.instances[0].has_servers)
		world_post_event(world, n, delay_us, &event);
}

void checks_begin(struct world *world, unsigned n)
{
	tell(world, n, world->start_us + FIRST_RUN_US);
	tell_servers(world, n, world->start_us + FIRST_RUN_US);
}

void world_servers(struct world *world, unsigned n, enum core_servers is)
{
	world->nodes[n].servers = is;
	if (world_runs(&world->nodes[n]))
		tell_servers(world, n, TOLD_US);
}

void world_checks(struct world *world, unsigned n, enum core_checks is)
{
	world->nodes[n].checks = is;
	if (world_runs(&world->nodes[n]))
		tell(world, n, TOLD_US);
}
