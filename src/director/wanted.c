/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the settings and the pools to the table that the kernel should hold. */
#include "director.h"

#include <linux/ip_vs.h>
#include <netinet/in.h>
#include <string.h>

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

static const uint8_t forwards[] = {[METHOD_NAT] = FORWARD_NAT,
				   [METHOD_DR] = FORWARD_DR,
				   [METHOD_TUN] = FORWARD_TUN};

static void set_tunnel(const struct settings_service *service,
		       struct table_dest *dest)
{
	/* in the order of enum settings_tunnel */
	static const uint8_t tunnels[] = {IP_VS_CONN_F_TUNNEL_TYPE_IPIP,
					  IP_VS_CONN_F_TUNNEL_TYPE_GUE,
					  IP_VS_CONN_F_TUNNEL_TYPE_GRE};

	dest->tunnel = tunnels[service->tunnel];
	dest->tunnel_port = service->tunnel_port;
	if (service->tunnel_csum)
		dest->tunnel_flags |= IP_VS_TUNNEL_ENCAP_FLAG_CSUM;
	if (service->tunnel_remcsum)
		dest->tunnel_flags |= IP_VS_TUNNEL_ENCAP_FLAG_REMCSUM;
}

static uint8_t protocol_of(const struct settings_service *service,
			   const struct settings_listen *listen)
{
	static const uint8_t protocols[] = {[PROTOCOL_TCP] = IPPROTO_TCP,
					    [PROTOCOL_UDP] = IPPROTO_UDP,
					    [PROTOCOL_SCTP] = IPPROTO_SCTP};

	return protocols[settings_protocol_of(service, listen)];
}

struct table_id wanted_id(const struct settings_service *service,
			  const struct settings_listen *listen)
{
	struct table_id id = {.mark = 0};

	if (listen != NULL) {
		id.protocol = protocol_of(service, listen);
		id.ip = listen->ip;
		id.port = listen->port;
		id.is_v6 = !ip_is_v4(&listen->ip);
	} else {
		id.mark = service->fwmark;
		id.is_v6 = service->family == FAMILY_IPV6;
	}
	return id;
}

static int add_dest(const struct farm *farm,
		    const struct settings_service *service, unsigned i,
		    struct table *wanted)
{
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
	dest->forward = forwards[settings_method_of(service, server->method)];
	if (dest->forward == FORWARD_TUN)
		set_tunnel(service, dest);
	dest->upper = server->max_connections;
	dest->lower = server->resume_connections;
	dest->is_there = target->is_there;
	dest->weight = target->weight;
	dest->full_weight = server->weight;
	return 0;
}

/* Last in the list, so that the places of the others are as they were. */
static int add_fallback(const struct farm *farm,
			const struct settings_service *service,
			struct table *wanted)
{
	const struct settings_fallback *fallback = &service->fallback;
	const struct pool_target *target =
		&farm->fallbacks[service - farm->settings->director.services];
	uint16_t port = wanted->services[wanted->service_count - 1].id.port;
	struct table_dest *dest;

	if (!target->is_there)
		return 0;
	dest = table_add_dest(wanted);
	if (dest == NULL)
		return -1;
	dest->ip = fallback->address;
	dest->port = fallback->port > 0 ? fallback->port : port;
	dest->forward = forwards[settings_method_of(service, fallback->method)];
	if (dest->forward == FORWARD_TUN)
		set_tunnel(service, dest);
	dest->is_there = true;
	dest->weight = dest->full_weight = target->weight;
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
	made->id = wanted_id(service, listen);
	made->is_away = farm_is_away(farm, service);
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
	made->is_ordered = farm_is_ordered(service->scheduler);
	made->drain_s =
		service->on_remove == ON_REMOVE_DRAIN ? service->drain_s : 0;
	for (unsigned i = 0; i < service->server_count; i++)
		if (add_dest(farm, service, i, wanted) != 0)
			return -1;
	return add_fallback(farm, service, wanted);
}

/*
 * Checks via vip: a hidden service for each server, by a mark that only the
 * checker sets, forwards to it alone, and whether it is up or not.
 */
static int add_hidden(const struct farm *farm,
		      const struct settings_service *service, unsigned i,
		      struct table *wanted)
{
	const struct settings *settings = farm->settings;
	unsigned at = service->first_server + i;
	struct table_service *made;
	struct table_dest *dest;

	if (!settings_has_via(settings, service, at))
		return 0;
	made = table_add_service(wanted);
	if (made == NULL)
		return -1;
	made->id.mark = settings_via_mark(settings, at);
	snprintf(made->scheduler, sizeof(made->scheduler), "rr");
	made->prefix = 32;
	if (add_dest(farm, service, i, wanted) != 0)
		return -1;
	dest = &wanted->dests[wanted->dest_count - 1];
	dest->port = 0; /* as they were */
	dest->upper = dest->lower = 0;
	dest->is_there = true;
	dest->weight = dest->full_weight = 1;
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
		for (unsigned s = 0; s < service->server_count; s++)
			failed |= add_hidden(farm, service, s, wanted);
	}
	return failed;
}
