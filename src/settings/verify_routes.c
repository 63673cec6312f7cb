/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Judges the routes and rules that move with an instance: what the kernel would
 * refuse at a takeover is said before.
 */
#include "internal.h"
#include "route.h"

#define TABLE_MAIN  254
#define TABLE_LOCAL 255

/* 255: by it the kernel knows its own addresses. */
static void refuse_local(struct reader *reader, const config_setting_t *at,
			 uint32_t table)
{
	if (table == TABLE_LOCAL)
		reader_error(reader, at, "table",
			     "%u is the kernel's table of its own addresses: "
			     "use another one",
			     table);
}

static uint32_t table_of(const struct settings_route *route)
{
	return route->table ? route->table : TABLE_MAIN;
}

/* One place in a table takes one route. */
static bool is_same_place(const struct settings_route *a,
			  const struct settings_route *b)
{
	struct route_fault fault;
	struct way one, other;

	return route_read(a, &one, &fault) && route_read(b, &other, &fault) &&
	       one.is_v6 == other.is_v6 && one.to.prefix == other.to.prefix &&
	       ip_compare(&one.to.ip, &other.to.ip) == 0 &&
	       table_of(a) == table_of(b) && a->metric == b->metric;
}

static void verify_route(struct reader *reader, unsigned r)
{
	const struct settings *settings = reader->settings;
	const struct settings_route *route = &settings->routes[r];
	const config_setting_t *at = reader_at(reader, route);
	struct route_fault fault;
	struct way way;

	if (at == NULL)
		return;
	if (!route_read(route, &way, &fault)) {
		if (strcmp(fault.why, "is missing") != 0 ||
		    strcmp(fault.key, "to") != 0) /* said by its row */
			reader_error(reader, at, fault.key, "%s", fault.why);
		return;
	}
	refuse_local(reader, at, route->table);
	if (!ip_is_none(&way.via) && settings_is_virtual(settings, &way.via))
		reader_error(reader, at, "via",
			     "%s is a virtual address of this pair: the owner "
			     "would be its own gateway",
			     route->via);
	for (unsigned i = 0; i < r; i++)
		if (is_same_place(&settings->routes[i], route)) {
			reader_error(reader, at, "to",
				     "%s stands in table %u twice with metric "
				     "%u: the kernel takes one",
				     route->to, table_of(route), route->metric);
			return;
		}
}

static void verify_rule(struct reader *reader, unsigned r)
{
	const struct settings *settings = reader->settings;
	const struct settings_rule *rule = &settings->rules[r];
	const config_setting_t *at = reader_at(reader, rule);
	struct route_fault fault;
	struct bend bend;

	if (at == NULL)
		return;
	if (!rule_read(rule, &bend, &fault)) {
		reader_error(reader, at, fault.key, "%s", fault.why);
		return;
	}
	refuse_local(reader, at, rule->table);
	for (unsigned i = 0; i < r; i++) {
		const struct settings_rule *other = &settings->rules[i];

		if (strcmp(other->from, rule->from) == 0 &&
		    strcmp(other->to, rule->to) == 0 &&
		    other->table == rule->table &&
		    other->priority == rule->priority)
			reader_error(reader, at, NULL,
				     "stands there twice: the kernel takes "
				     "one");
	}
}

void settings_verify_routes(struct reader *reader)
{
	for (unsigned r = 0; r < reader->settings->route_count; r++)
		verify_route(reader, r);
	for (unsigned r = 0; r < reader->settings->rule_count; r++)
		verify_rule(reader, r);
}
