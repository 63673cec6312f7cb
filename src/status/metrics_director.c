/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See metrics_table.h: LVS services and real servers as metrics. */
#include <string.h>

#include "metrics_table.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define DURATION     "check_duration_seconds"

static const struct metrics_column director_columns[] = {
	{"director_state",
	 "twinbeat-director: 1 for what holds; off: no IPVS, blind: no server "
	 "answers.",
	 "state",
	 0,
	 "state",
	 {"ok", "blind", "off"}},
};

static const struct metrics_column service_columns[] = {
	{"service_state",
	 "An LVS service: 1 for what holds.",
	 "state",
	 0,
	 "state",
	 {"starting", "ok", "degraded", "fallback", "empty", "all", "panic"}},
	{"service_servers", "Real servers of a service.", "total"},
	{"service_servers_up",
	 "Those that may get new connections, as words and checks say.", "up"},
};

static const struct metrics_column server_columns[] = {
	{"server_up", "1: the checks of a real server pass, or it has none.",
	 "up"},
	{"server_admin",
	 "The operator's word about a real server: 1 for what holds.",
	 "admin",
	 0,
	 "state",
	 {"ready", "drain", "disable"}},
	{"server_weight",
	 "Weight in the kernel's table, with some schedulers times 100; 0: "
	 "nothing new.",
	 "in_kernel"},
	{"server_configured_weight", "Weight in twinbeat.conf.", "weight"},
	{"server_connections", "Connections in the kernel's table.",
	 "connections", 0, "state"},
	{"server_checks", "Checks of a real server that have ended.",
	 "checks.results", 0, "result", .type = METRICS_COUNTER},
};

static const struct metrics_group groups[] = {
	{"director", {{0}}, director_columns, COUNT(director_columns)},
	{"director.services",
	 {{"service", "name"}},
	 service_columns,
	 COUNT(service_columns)},
	{"servers",
	 {{"service", "service"}, {"server", "name"}},
	 server_columns,
	 COUNT(server_columns)},
};

static bool is_up(const json_t *server)
{
	static const char *const names[] = {"up", "falling", "none"};
	const char *check = metrics_word(server, "check");

	for (size_t i = 0; i < COUNT(names); i++)
		if (!strcmp(check, names[i]))
			return true;
	return false;
}

/* What the columns name and the director does not. */
static json_t *make_server(const json_t *service, json_t *server,
			   bool has_kernel)
{
	json_t *one = json_copy(server);
	json_t *connections, *weight = json_object_get(one, "kernel_weight");

	json_object_set(one, "service", json_object_get(service, "name"));
	json_object_set_new(one, "up", json_boolean(is_up(server)));
	if (!has_kernel)
		return one;
	/* one that was cut is not in the table */
	json_object_set_new(one, "in_kernel",
			    json_integer(json_integer_value(weight)));
	connections = json_object();
	json_object_set(connections, "active", json_object_get(one, "active"));
	json_object_set(connections, "inactive",
			json_object_get(one, "inactive"));
	json_object_set_new(one, "connections", connections);
	return one;
}

/* A list of the servers of all services. */
static json_t *flatten(const json_t *director)
{
	const json_t *service;
	json_t *list = json_array(), *server;
	bool has_kernel = strcmp(metrics_word(director, "state"), "off") != 0;
	size_t i, k;

	json_array_foreach(json_object_get(director, "services"), i, service)
	{
		json_array_foreach(json_object_get(service, "servers"), k,
				   server)
			json_array_append_new(
				list, make_server(service, server, has_kernel));
	}
	return list;
}

static void begin(const struct metrics_writer *w, const char *suffix,
		  const json_t *server)
{
	metrics_begin(w, DURATION, suffix);
	metrics_label(w, "service", metrics_word(server, "service"));
	metrics_label(w, "server", metrics_word(server, "name"));
}

static void write_buckets(const struct metrics_writer *w, const json_t *bounds,
			  const json_t *server, const json_t *checks)
{
	const json_t *within = json_object_get(checks, "within"), *bound;
	char text[32];
	size_t i;

	json_array_foreach(bounds, i, bound)
	{
		double seconds = json_number_value(bound);

		/* OpenMetrics: 1.0, not 1 */
		snprintf(text, sizeof(text), seconds < 1 ? "%g" : "%.1f",
			 seconds);
		begin(w, "_bucket", server);
		metrics_label(w, "le", text);
		metrics_end(w, json_number_value(json_array_get(within, i)));
	}
}

/* bounds: of the buckets, in seconds; the last one has none. */
static void write_durations(const struct metrics_writer *w,
			    const json_t *bounds, const json_t *servers)
{
	const json_t *server;
	size_t i;

	metrics_family(w, DURATION, METRICS_HISTOGRAM,
		       "How long the checks of a real server took.");
	json_array_foreach(servers, i, server)
	{
		const json_t *checks = json_object_get(server, "checks");
		double count =
			json_number_value(json_object_get(checks, "count"));

		if (!json_is_object(checks))
			continue; /* it has none */
		write_buckets(w, bounds, server, checks);
		begin(w, "_bucket", server);
		metrics_label(w, "le", "+Inf");
		metrics_end(w, count);
		begin(w, "_sum", server);
		metrics_end(
			w, json_number_value(json_object_get(checks, "sum_s")));
		begin(w, "_count", server);
		metrics_end(w, count);
	}
}

void metrics_director_write(const struct metrics_writer *w,
			    const json_t *status)
{
	json_t *director = json_object_get(status, "director"), *view;

	if (!json_is_object(director))
		return;
	view = json_pack("{s:O, s:o}", "director", director, "servers",
			 flatten(director));
	for (size_t i = 0; i < COUNT(groups); i++)
		metrics_group_write(w, &groups[i], view);
	write_durations(w, json_object_get(director, "check_bounds_s"),
			json_object_get(view, "servers"));
	json_decref(view);
}
