/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Services and servers as JSON. */
#include "view.h"

#include "director.h"

#include <stdio.h>
#include <string.h>

static const char *mode_text(enum pool_mode mode)
{
	static const char *const names[] = {
		[POOL_STARTING] = "starting", [POOL_OK] = "ok",
		[POOL_DEGRADED] = "degraded", [POOL_FALLBACK] = "fallback",
		[POOL_EMPTY] = "empty",	      [POOL_ALL] = "all",
		[POOL_PANIC] = "panic"};

	return names[mode];
}

static const char *word_text(enum server_word word)
{
	static const char *const names[] = {[WORD_READY] = "ready",
					    [WORD_DRAIN] = "drain",
					    [WORD_OUT] = "disable"};

	return names[word];
}

static const char *health_text(enum server_health health)
{
	static const char *const names[] = {
		[HEALTH_UNKNOWN] = "unknown", [HEALTH_UP] = "up",
		[HEALTH_RISING] = "rising",   [HEALTH_DOWN] = "down",
		[HEALTH_FALLING] = "falling", [HEALTH_HELD] = "held"};

	return names[health];
}

/* The check that says no, else the last one. */
static const struct probe *probe_of(const struct farm *farm, unsigned server)
{
	const struct probe *found = NULL;

	for (unsigned i = 0; i < farm->probes.count; i++) {
		const struct probe *probe = &farm->list[i];

		if (probe->server != server || !probe->is_asked ||
		    probe->place == PROBE_IS_AGENT)
			continue;
		found = probe;
		if (!farm->servers[server].trials[probe->place].is_passing)
			break;
	}
	return found;
}

static void add_stats(json_t *object, const struct table_stats *stats)
{
	const struct {
		const char *key;
		uint64_t value;
	} all[] = {{"connections", stats->connections},
		   {"in_packets", stats->in_packets},
		   {"out_packets", stats->out_packets},
		   {"in_bytes", stats->in_bytes},
		   {"out_bytes", stats->out_bytes},
		   {"connections_s", stats->connections_s},
		   {"in_packets_s", stats->in_packets_s},
		   {"out_packets_s", stats->out_packets_s},
		   {"in_bytes_s", stats->in_bytes_s},
		   {"out_bytes_s", stats->out_bytes_s}};
	json_t *made = json_object();

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		json_object_set_new(made, all[i].key,
				    json_integer((json_int_t)all[i].value));
	json_object_set_new(object, "stats", made);
}

static void sum_stats(struct table_stats *sum, const struct table_stats *one)
{
	sum->connections += one->connections;
	sum->in_packets += one->in_packets;
	sum->out_packets += one->out_packets;
	sum->in_bytes += one->in_bytes;
	sum->out_bytes += one->out_bytes;
	sum->connections_s += one->connections_s;
	sum->in_packets_s += one->in_packets_s;
	sum->out_packets_s += one->out_packets_s;
	sum->in_bytes_s += one->in_bytes_s;
	sum->out_bytes_s += one->out_bytes_s;
}

static bool is_of(const struct table_id *id, const struct settings *settings,
		  const struct settings_service *service)
{
	struct table_id its = wanted_id(service, NULL);

	if (service->fwmark > 0)
		return table_id_is(id, &its);
	for (unsigned i = 0; i < service->listen_count; i++) {
		its = wanted_id(service,
				&settings->listens[service->first_listen + i]);
		if (table_id_is(id, &its))
			return true;
	}
	return false;
}

/* All listeners of the service have the server; the connections of all. */
static void add_kernel(json_t *object, const struct farm *farm,
		       const struct settings_service *service,
		       const struct settings_server *server,
		       const struct table *kernel)
{
	json_int_t active = 0, inactive = 0, weight = -1;
	struct table_stats stats = {.connections = 0};

	for (unsigned i = 0; kernel != NULL && i < kernel->service_count; i++) {
		const struct table_service *its = &kernel->services[i];
		bool is_mine = is_of(&its->id, farm->settings, service);

		for (unsigned d = 0; is_mine && d < its->count; d++) {
			const struct table_dest *dest =
				&kernel->dests[its->first + d];
			uint16_t port =
				server->port > 0 ? server->port : its->id.port;

			if (dest->port != port ||
			    ip_compare(&dest->ip, &server->address) != 0)
				continue;
			active += dest->active;
			inactive += dest->inactive;
			if (kernel->stats != NULL)
				sum_stats(&stats,
					  &kernel->stats[its->first + d]);
			weight = dest->weight;
		}
	}
	json_object_set_new(object, "kernel_weight",
			    weight < 0 ? json_null() : json_integer(weight));
	json_object_set_new(object, "active", json_integer(active));
	json_object_set_new(object, "inactive", json_integer(inactive));
	add_stats(object, &stats);
}

/* null: it has none. */
static void add_agent(json_t *object, const struct settings_server *its,
		      const struct server *server)
{
	char text[40];

	if (!its->agent.configured) {
		json_object_set_new(object, "agent", json_null());
		return;
	}
	snprintf(text, sizeof(text), "%s %u%%%s", word_text(server->agent),
		 server->agent_percent, server->agent_down ? " down" : "");
	json_object_set_new(object, "agent", json_string(text));
}

/* What its checks came to, for metrics. */
static json_t *make_tally(const struct tally *tally)
{
	json_t *within = json_array();

	for (unsigned i = 0; i < TALLY_BOUNDS; i++)
		json_array_append_new(
			within, json_integer((json_int_t)tally->within[i]));
	return json_pack("{s:I, s:{s:I, s:I}, s:f, s:o}", "count",
			 (json_int_t)tally->passed + (json_int_t)tally->failed,
			 "results", "passed", (json_int_t)tally->passed,
			 "failed", (json_int_t)tally->failed, "sum_s",
			 (double)tally->sum_us / 1e6, "within", within);
}

static json_t *make_bounds(void)
{
	json_t *bounds = json_array();

	for (unsigned i = 0; i < TALLY_BOUNDS; i++)
		json_array_append_new(bounds,
				      json_real(tally_bounds_us[i] / 1e6));
	return bounds;
}

static json_t *make_server(const struct farm *farm,
			   const struct settings_service *service, unsigned at,
			   const struct table *kernel, int64_t now_us)
{
	const struct settings_server *its = &farm->settings->servers[at];
	const struct server *server = &farm->servers[at];
	const struct probe *probe = probe_of(farm, at);
	static const char *const peer_words[] = {[PEER_SAYS_NOTHING] =
							 "unknown",
						 [PEER_SAYS_UP] = "up",
						 [PEER_SAYS_DOWN] = "down"};
	bool is_checked = farm->server_rules[at].check_count > 0;
	json_t *object = json_object(), *last;
	char ip[IP_TEXT_MAX];

	json_object_set_new(object, "name", json_string(its->name));
	json_object_set_new(object, "address",
			    json_string(ip_format(&its->address, ip)));
	json_object_set_new(object, "admin",
			    json_string(word_text(server->admin)));
	json_object_set_new(object, "percent",
			    json_integer(server->admin_percent));
	json_object_set_new(
		object, "check",
		json_string(is_checked ? health_text(server_health(server))
				       : "none"));
	json_object_set_new(object, "peer",
			    json_string(peer_words[farm->peer_says[at]]));
	json_object_set_new(object, "weight", json_integer(its->weight));
	add_agent(object, its, server);
	add_kernel(object, farm, service, its, kernel);
	json_object_set_new(object, "since_ms",
			    json_integer((now_us - server->since_us) / 1000));
	json_object_set_new(object, "reason",
			    json_string(probe ? probe->text : ""));
	last = json_object();
	if (probe != NULL) {
		json_object_set_new(
			last, "type",
			json_string(
				settings_check_type_names
					[farm->settings->checks[probe->check]
						 .type]));
		json_object_set_new(last, "result",
				    json_string(probe->result <= CHECK_DRAIN
							? "passed"
							: "failed"));
		json_object_set_new(last, "took_ms",
				    json_real(probe->took_us / 1000.0));
	}
	json_object_set_new(object, "last", last);
	if (is_checked)
		json_object_set_new(object, "checks",
				    make_tally(&farm->tallies[at]));
	return object;
}

static json_t *make_service(const struct farm *farm, unsigned i,
			    const struct table *kernel, int64_t now_us)
{
	const struct settings_service *service =
		&farm->settings->director.services[i];
	json_t *object = json_object(), *servers = json_array();
	unsigned total, up = pool_live(&farm->pools[i], &total);

	json_object_set_new(object, "name", json_string(service->name));
	json_object_set_new(object, "scheduler",
			    json_string(service->scheduler));
	json_object_set_new(object, "state",
			    json_string(mode_text(farm->pools[i].mode)));
	json_object_set_new(
		object, "table",
		json_string(settings_has_owner_table(farm->settings, service)
				    ? "owner"
				    : "both"));
	json_object_set_new(object, "up", json_integer(up));
	json_object_set_new(object, "total", json_integer(total));
	for (unsigned k = 0; k < service->server_count; k++)
		json_array_append_new(servers,
				      make_server(farm, service,
						  service->first_server + k,
						  kernel, now_us));
	json_object_set_new(object, "servers", servers);
	return object;
}

json_t *view_make(const struct farm *farm, const struct table *kernel,
		  int64_t now_us)
{
	json_t *object = json_object(), *services = json_array();
	const char *state = kernel == NULL	   ? "off"
			    : farm->sight.is_blind ? "blind"
						   : "ok";

	json_object_set_new(object, "state", json_string(state));
	for (unsigned i = 0; i < farm->settings->director.service_count; i++)
		json_array_append_new(services,
				      make_service(farm, i, kernel, now_us));
	json_object_set_new(object, "check_bounds_s", make_bounds());
	json_object_set_new(object, "services", services);
	return object;
}
