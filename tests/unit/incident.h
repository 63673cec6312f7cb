/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCIDENT_H
#define INCIDENT_H
/*
 * What the incident tests share: a pair in a world, and looks at it. For one
 * test program each, hence static.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../sim/world.h"

static struct world world;

/* What is told to lb02's core by hand, in the name of lb01. */
static inline struct event advert_by_hand(uint8_t priority,
					  const struct core_signature *by)
{
	const struct core_settings *settings = &world.nodes[1].settings;
	struct event event = {.type = EVENT_ADVERT_HEARD};

	event.advert.verdict = CORE_ADVERT_GOOD;
	event.advert.source = settings->nodes[0].addresses[0];
	event.advert.priority = priority;
	event.advert.interval_ms = settings->instances[0].advert_ms;
	if (by != NULL)
		event.advert.signature = *by;
	return event;
}

static inline void told_by_hand(const struct event *event)
{
	world_tell(&world, 1, event);
	world_run_ms(&world, 1);
}

static inline void fail_with_log(const char *what)
{
	print_error("%s\n%s", what, world.log);
	fail();
}

static inline void assert_unbroken(void)
{
	if (world.broken)
		fail_with_log(world.broken);
}

#define assert_owner(node)                                                     \
	do {                                                                   \
		assert_unbroken();                                             \
		if (world_owner(&world, 0) != (node))                          \
			fail_with_log("wrong owner");                          \
	} while (0)

static inline void assert_logged(const char *text)
{
	if (!strstr(world.log, text)) {
		print_error("not in the log: %s\n", text);
		fail_with_log("missing line");
	}
}

static inline void assert_not_logged(const char *text)
{
	if (strstr(world.log, text))
		fail_with_log(text);
}

static inline void forget_log(void)
{
	world.log_used = 0;
	world.log[0] = '\0';
}

static inline void start_pair(void)
{
	world_init(&world);
	world_boot(&world, 0);
	world_boot(&world, 1);
	world_run_ms(&world, 3000);
	assert_owner(0);
	forget_log();
}

static inline void cut_serial(bool up)
{
	world.serial[0] = world.serial[1] = up;
}

static inline void cut_ethernet(bool up)
{
	world.ethernet[0] = world.ethernet[1] = up;
}

static inline enum link_state serial_state(unsigned node)
{
	return world.nodes[node].core.links[0].state;
}

/* The first place from i on in which an alert stands; ALERTS_MAX: none. Tests
 * ask each millisecond, and of thousands of places few stand. */
static inline unsigned standing_from(const struct core *core, unsigned i)
{
	while (i < ALERTS_MAX && !core_alert_stands(core, i))
		i = core->alerts_raised[i / 64] ? i + 1 : (i | 63) + 1;
	return i < ALERTS_MAX ? i : ALERTS_MAX;
}

static inline bool alert_says(unsigned node, enum alert_name name,
			      const char *text)
{
	const struct core *core = &world.nodes[node].core;

	for (unsigned i = 0; (i = standing_from(core, i)) < ALERTS_MAX; i++)
		if (core->alerts[i].name == name &&
		    strstr(core->alerts[i].text, text))
			return true;
	return false;
}

static inline bool has_alert(unsigned node, enum alert_name name)
{
	return alert_is_raised(&world.nodes[node].core, name);
}
#endif
