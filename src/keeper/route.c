/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Routes and rules that move with an instance. They are there only while it is
 * claimed: added after its addresses, with the permit that those needed (R1),
 * and again only while the main process ticks (R12); removed with them, and
 * asked for until the kernel has none. All bear our protocol number, and only
 * what bears it is ever removed: what another hand has put there stays.
 *
 * They make no address answer, so they are no part of "own" (R17.1): one that
 * cannot be removed is told, tried again, and holds up no release.
 */
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

#include "../settings/route.h"
#include "keeper.h"

#define LOOK_US	    SECOND_US
#define REMOVES_MAX 4
#define LEFT_TRIES  3

/* A route or a rule: the same life, other words. */
struct thing {
	bool is_rule;
	unsigned which;
};

static struct keeper_thing *state_of(struct keeper *keeper,
				     const struct thing *thing)
{
	return thing->is_rule ? &keeper->rules[thing->which]
			      : &keeper->routes[thing->which];
}

static const char *thing_name(const struct keeper *keeper,
			      const struct thing *thing, char *name,
			      size_t size)
{
	const struct settings_route *route =
		&keeper->settings->routes[thing->which];
	const struct settings_rule *rule =
		&keeper->settings->rules[thing->which];

	if (thing->is_rule)
		snprintf(name, size, "rule %u%s%s%s%s table %u", rule->priority,
			 rule->from[0] ? " from " : "", rule->from,
			 rule->to[0] ? " to " : "", rule->to, rule->table);
	else
		snprintf(name, size, "route %s%s%s%s%s", route->to,
			 route->via[0] ? " via " : "", route->via,
			 route->dev[0] ? " dev " : "", route->dev);
	return name;
}

/* 0 where none is named; -1: it does not exist (yet). */
static int index_of(const struct keeper *keeper, const char *dev)
{
	if (dev[0] == '\0')
		return 0;
	for (unsigned i = 0; i < keeper->interface_count; i++)
		if (strcmp(keeper->interfaces[i].name, dev) == 0)
			return keeper->interfaces[i].index
				       ? (int)keeper->interfaces[i].index
				       : -1;
	return -1;
}

/* Into the batch, to be added or removed; an errno if it cannot be. */
static int thing_put(struct keeper *keeper, const struct thing *thing, bool add)
{
	struct route_fault fault;
	struct bend bend;
	struct way way;
	int index = 0;

	if (thing->is_rule) {
		const struct settings_rule *rule =
			&keeper->settings->rules[thing->which];

		if (!rule_read(rule, &bend, &fault))
			return EINVAL;
		netlink_put_rule(&keeper->netlink, add, rule, &bend);
		return 0;
	}
	index = index_of(keeper, keeper->settings->routes[thing->which].dev);
	if (index < 0)
		return ENODEV;
	if (!route_read(&keeper->settings->routes[thing->which], &way, &fault))
		return EINVAL;
	netlink_put_route(&keeper->netlink, add,
			  &keeper->settings->routes[thing->which], &way,
			  (unsigned)index);
	return 0;
}

static int thing_ask(struct keeper *keeper, const struct thing *thing, bool add)
{
	int result = thing_put(keeper, thing, add);

	if (result == 0)
		netlink_carry_out(&keeper->netlink, &result);
	return result;
}

/* One line when it changes, not one a second. */
static void thing_tell(struct keeper *keeper, unsigned i,
		       const struct thing *thing, int error)
{
	struct keeper_thing *state = state_of(keeper, thing);
	char name[200];

	if (state->error == error)
		return;
	thing_name(keeper, thing, name, sizeof(name));
	if (error == EEXIST)
		keeper_log("instance %s: %s: another hand has one there; it "
			   "is left alone, and ours is not added",
			   keeper->settings->instances[i].name, name);
	else if (error != 0)
		keeper_log("instance %s: %s cannot be added: %s",
			   keeper->settings->instances[i].name, name,
			   error == ENODEV ? "its interface does not exist"
					   : strerror(error));
	state->error = error;
}

/* EEXIST of what is held is good news: it is there still. */
static void thing_hold(struct keeper *keeper, unsigned i,
		       const struct thing *thing)
{
	struct keeper_thing *state = state_of(keeper, thing);
	int error = thing_ask(keeper, thing, true);
	char name[200];

	if (error == EEXIST && state->is_held)
		return;
	if (error == 0 && state->is_held)
		keeper_log("instance %s: %s was gone; put back",
			   keeper->settings->instances[i].name,
			   thing_name(keeper, thing, name, sizeof(name)));
	thing_tell(keeper, i, thing, error);
	state->is_held = error == 0;
}

/* Ours only (the protocol number), until the kernel says that none is left. */
static void thing_drop(struct keeper *keeper, unsigned i,
		       const struct thing *thing)
{
	struct keeper_thing *state = state_of(keeper, thing);
	int error = 0;
	char name[200];

	for (int n = 0; n < REMOVES_MAX && error == 0; n++)
		error = thing_ask(keeper, thing, false);
	if (error == ESRCH || error == ENOENT || error == ENODEV ||
	    error == EAFNOSUPPORT || error == EOPNOTSUPP) {
		*state = (struct keeper_thing){.is_held = false};
		return;
	}
	if (!state->is_stuck)
		keeper_log("instance %s: %s cannot be removed: %s",
			   keeper->settings->instances[i].name,
			   thing_name(keeper, thing, name, sizeof(name)),
			   error ? strerror(error) : "it comes again");
	state->is_stuck = true;
}

static void each_of(struct keeper *keeper, unsigned i,
		    void (*carry_out)(struct keeper *keeper, unsigned i,
				      const struct thing *thing))
{
	const struct settings_instance *settings =
		&keeper->settings->instances[i];

	for (unsigned n = 0; n < settings->route_count; n++)
		carry_out(keeper, i,
			  &(struct thing){false, settings->first_route + n});
	for (unsigned n = 0; n < settings->rule_count; n++)
		carry_out(keeper, i,
			  &(struct thing){true, settings->first_rule + n});
}

void routes_hold(struct keeper *keeper, unsigned i)
{
	if (keeper->instances[i].is_wanted)
		each_of(keeper, i, thing_hold);
}

void routes_drop(struct keeper *keeper, const struct instance_set *dropped)
{
	for (unsigned i = 0; i < keeper->settings->instance_count; i++)
		if (set_has(dropped, i))
			each_of(keeper, i, thing_drop);
}

/* Stuck, or new settings have it with an instance that is not claimed. */
static void drop_rest(struct keeper *keeper, unsigned i,
		      const struct thing *thing)
{
	const struct keeper_thing *state = state_of(keeper, thing);

	if (state->is_stuck || state->is_held)
		thing_drop(keeper, i, thing);
}

void routes_tick(struct keeper *keeper)
{
	if (keeper->now_us - keeper->routes_us < LOOK_US)
		return;
	keeper->routes_us = keeper->now_us;
	for (unsigned i = 0; i < keeper->settings->instance_count; i++) {
		if (keeper->instances[i].is_wanted)
			each_of(keeper, i, thing_hold);
		else
			each_of(keeper, i, drop_rest);
	}
}

/* ---- of an earlier run ---- */

/* R8: those of settings that are no more, too. */
void routes_remove_left(struct keeper *keeper)
{
	bool is_clean = false;
	int removed = 0, total = 0;

	for (int n = 0; n < LEFT_TRIES && !is_clean; n++) {
		is_clean = netlink_remove_left_routes(&removed);
		total += removed;
	}
	if (total > 0)
		keeper_log("%d routes and rules of an earlier run removed",
			   total);
	if (!is_clean && keeper->left_routes_us == 0)
		keeper_log("the kernel does not say that no routes and rules "
			   "of an earlier run are left; asking again while "
			   "this node owns nothing");
	keeper->left_routes_us =
		is_clean ? INT64_MAX : clock_now_us() + LOOK_US;
}

/* What is held bears the same number: not while anything is. */
void routes_work(struct keeper *keeper)
{
	if (keeper->left_routes_us > keeper->now_us)
		return;
	for (unsigned i = 0; i < keeper->settings->instance_count; i++)
		if (keeper->instances[i].is_wanted) {
			keeper->left_routes_us = keeper->now_us + LOOK_US;
			return;
		}
	routes_remove_left(keeper);
}

/* ---- new settings ---- */

static bool is_same_route(const struct settings_route *a,
			  const struct settings_route *b)
{
	return strcmp(a->to, b->to) == 0 && strcmp(a->via, b->via) == 0 &&
	       strcmp(a->dev, b->dev) == 0 &&
	       strcmp(a->source, b->source) == 0 && a->table == b->table &&
	       a->metric == b->metric && a->type == b->type;
}

static bool is_same_rule(const struct settings_rule *a,
			 const struct settings_rule *b)
{
	return strcmp(a->from, b->from) == 0 && strcmp(a->to, b->to) == 0 &&
	       a->table == b->table && a->priority == b->priority;
}

static bool has_thing(const struct keeper *keeper, const struct thing *thing,
		      const struct settings *settings, unsigned *which)
{
	unsigned count =
		thing->is_rule ? settings->rule_count : settings->route_count;

	for (*which = 0; *which < count; (*which)++)
		if (thing->is_rule
			    ? is_same_rule(
				      &keeper->settings->rules[thing->which],
				      &settings->rules[*which])
			    : is_same_route(
				      &keeper->settings->routes[thing->which],
				      &settings->routes[*which]))
			return true;
	return false;
}

void routes_change(struct keeper *keeper, struct keeper *next)
{
	const struct settings *settings = keeper->settings;

	for (unsigned i = 0; i < settings->instance_count; i++) {
		const struct settings_instance *instance =
			&settings->instances[i];
		unsigned count = instance->route_count + instance->rule_count;

		for (unsigned n = 0; n < count; n++) {
			bool is_rule = n >= instance->route_count;
			struct thing thing = {
				is_rule, is_rule ? instance->first_rule + n -
							   instance->route_count
						 : instance->first_route + n};
			struct thing same = {.is_rule = is_rule};

			if (has_thing(keeper, &thing, next->settings,
				      &same.which))
				*state_of(next, &same) =
					*state_of(keeper, &thing);
			else if (state_of(keeper, &thing)->is_held)
				thing_drop(keeper, i, &thing);
		}
	}
	keeper->routes_us = 0;
}
