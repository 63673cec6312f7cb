/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the settings and the pools to the table that the kernel should hold. */
#include "director.h"

#include <linux/ip_vs.h>
#include <netinet/in.h>
#include <string.h>

/* Weights count in these, and a hundred steps do no harm. */
static bool is_scaled(const char *scheduler)
{
	static const char *const names[] = {"wrr", "wlc",  "sed",
					    "nq",  "lblc", "lblcr"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], scheduler) == 0)
			return true;
	return false;
}

static bool is_ordered(const char *scheduler)
{
	return strcmp(scheduler, "sh") == 0 || strcmp(scheduler, "mh") == 0;
}

/* ---- the pools ---- */

void farm_begin(struct farm *farm, const struct settings *settings,
		int64_t now_us)
{
	const struct settings_director *director = &settings->director;

	farm->settings = settings;
	for (unsigned i = 0; i < settings->server_count; i++)
		farm->server_rules[i] = (struct server_rules){
			.weight = settings->servers[i].weight};
	for (unsigned i = 0; i < director->service_count; i++) {
		const struct settings_service *service = &director->services[i];

		farm->pool_rules[i] = (struct pool_rules){
			.is_scaled = is_scaled(service->scheduler),
			.is_ordered = is_ordered(service->scheduler),
			.is_datagram = service->protocol == PROTOCOL_UDP &&
				       !service->one_packet};
		farm->pools[i] = (struct pool){
			.rules = &farm->pool_rules[i],
			.server_rules =
				&farm->server_rules[service->first_server],
			.servers = &farm->servers[service->first_server],
			.count = service->server_count};
		pool_begin(&farm->pools[i], now_us);
	}
}

void farm_step(struct farm *farm, int64_t now_us)
{
	const struct settings_director *director = &farm->settings->director;
	struct pool_target fallback;

	for (unsigned i = 0; i < director->service_count; i++)
		pool_step(&farm->pools[i], false, now_us,
			  &farm->targets[director->services[i].first_server],
			  &fallback);
}

int64_t farm_due_us(const struct farm *farm, int64_t now_us)
{
	int64_t due_us = INT64_MAX;

	for (unsigned i = 0; i < farm->settings->director.service_count; i++) {
		int64_t at_us = pool_due_us(&farm->pools[i], now_us);

		due_us = at_us < due_us ? at_us : due_us;
	}
	return due_us;
}

/* ---- the table ---- */

static uint32_t flags_of(const struct settings_service *service)
{
	uint32_t flags = 0;

	if (service->sticky_s > 0)
		flags |= IP_VS_SVC_F_PERSISTENT;
	if (service->one_packet)
		flags |= IP_VS_SVC_F_ONEPACKET;
	if (service->scheduler_flags & SCHEDULER_FALLBACK)
		flags |= IP_VS_SVC_F_SCHED_SH_FALLBACK;
	if (service->scheduler_flags & SCHEDULER_PORT)
		flags |= IP_VS_SVC_F_SCHED_SH_PORT;
	return flags;
}

static uint8_t forward_of(const struct settings_service *service)
{
	static const uint8_t forwards[] = {[METHOD_NAT] = FORWARD_NAT,
					   [METHOD_DR] = FORWARD_DR,
					   [METHOD_TUN] = FORWARD_TUN};

	return forwards[service->method];
}

static uint8_t protocol_of(const struct settings_service *service)
{
	static const uint8_t protocols[] = {[PROTOCOL_TCP] = IPPROTO_TCP,
					    [PROTOCOL_UDP] = IPPROTO_UDP,
					    [PROTOCOL_SCTP] = IPPROTO_SCTP};

	return protocols[service->protocol];
}

static int add_dest(const struct farm *farm,
		    const struct settings_service *service, unsigned i,
		    struct table *wanted)
{
	/* in the order of enum settings_tunnel */
	static const uint8_t tunnels[] = {IP_VS_CONN_F_TUNNEL_TYPE_IPIP,
					  IP_VS_CONN_F_TUNNEL_TYPE_GUE,
					  IP_VS_CONN_F_TUNNEL_TYPE_GRE};
	const struct settings_server *server =
		&farm->settings->servers[service->first_server + i];
	const struct pool_target *target =
		&farm->targets[service->first_server + i];
	uint16_t port = wanted->services[wanted->service_count - 1].id.port;
	struct table_dest *dest = table_add_dest(wanted);

	if (dest == NULL)
		return -1;
	dest->ip = server->address;
	dest->port = server->port > 0 ? server->port : port;
	dest->forward = forward_of(service);
	if (service->method == METHOD_TUN) {
		dest->tunnel = tunnels[service->tunnel];
		dest->tunnel_port = service->tunnel_port;
		if (service->tunnel_csum)
			dest->tunnel_flags |= IP_VS_TUNNEL_ENCAP_FLAG_CSUM;
		if (service->tunnel_remcsum)
			dest->tunnel_flags |= IP_VS_TUNNEL_ENCAP_FLAG_REMCSUM;
	}
	dest->upper = server->max_connections;
	dest->lower = server->resume_connections;
	dest->is_there = target->is_there;
	dest->weight = target->weight;
	dest->full_weight = server->weight;
	return 0;
}

static int add_service(const struct farm *farm,
		       const struct settings_service *service,
		       const struct settings_listen *listen,
		       struct table *wanted)
{
	struct table_service *made = table_add_service(wanted);
	unsigned whole;

	if (made == NULL)
		return -1;
	if (listen != NULL) {
		made->id.protocol = protocol_of(service);
		made->id.ip = listen->ip;
		made->id.port = listen->port;
		made->id.is_v6 = !ip_is_v4(&listen->ip);
	} else {
		made->id.mark = service->fwmark;
		made->id.is_v6 = service->family == FAMILY_IPV6;
	}
	whole = made->id.is_v6 ? 128 : 32;
	snprintf(made->scheduler, sizeof(made->scheduler), "%s",
		 service->scheduler);
	if (strcmp(service->sticky_engine, "none") != 0)
		snprintf(made->engine, sizeof(made->engine), "%s",
			 service->sticky_engine);
	made->flags = flags_of(service);
	made->sticky_s = service->sticky_s;
	made->prefix = service->sticky_prefix > 0 ? service->sticky_prefix
						  : (uint8_t)whole;
	made->is_ordered = is_ordered(service->scheduler);
	made->drain_s =
		service->on_remove == ON_REMOVE_DRAIN ? service->drain_s : 0;
	for (unsigned i = 0; i < service->server_count; i++)
		if (add_dest(farm, service, i, wanted) != 0)
			return -1;
	return 0;
}

int wanted_make(const struct farm *farm, struct table *wanted)
{
	const struct settings *settings = farm->settings;
	int failed = 0;

	table_empty(wanted);
	for (unsigned i = 0; i < settings->director.service_count; i++) {
		const struct settings_service *service =
			&settings->director.services[i];
		const struct settings_listen *listen =
			settings->listens + service->first_listen;

		if (service->fwmark > 0)
			failed |= add_service(farm, service, NULL, wanted);
		for (unsigned l = 0; l < service->listen_count; l++)
			failed |=
				add_service(farm, service, &listen[l], wanted);
	}
	return failed;
}
