/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What of a service becomes of the settings: which node has its table (D1), how
 * its servers are asked. */
#include "settings.h"

bool settings_is_node(const struct settings *settings, const struct ip *ip)
{
	for (unsigned n = 0; n < NODES; n++)
		for (unsigned i = 0; i < settings->nodes[n].address_count; i++)
			if (ip_compare(&settings->nodes[n].addresses[i], ip) ==
			    0)
				return true;
	return false;
}

const struct settings_address *
settings_broadcast_of(const struct settings *settings, const struct ip *ip)
{
	for (unsigned i = 0; i < settings->address_count && ip_is_v4(ip); i++) {
		const struct settings_address *vip = &settings->addresses[i];
		uint32_t hosts;

		/* RFC 3021: 31 bits leave no broadcast address */
		if (!ip_is_v4(&vip->ip) || vip->prefix > 30)
			continue;
		hosts = UINT32_MAX >> vip->prefix;
		if ((ip_to_v4(ip) & hosts) == hosts &&
		    (ip_to_v4(ip) | hosts) == (ip_to_v4(&vip->ip) | hosts))
			return vip;
	}
	return NULL;
}

bool settings_has_owner_table(const struct settings *settings,
			      const struct settings_service *service)
{
	const struct settings_server *servers =
		settings->servers + service->first_server;

	if (settings->director.table == TABLE_OWNER ||
	    (service->fallback.configured &&
	     settings_is_node(settings, &service->fallback.address)))
		return true;
	for (unsigned i = 0; i < service->server_count; i++)
		if (settings_is_node(settings, &servers[i].address))
			return true;
	return false;
}

uint8_t settings_protocol_of(const struct settings_service *service,
			     const struct settings_listen *listen)
{
	return listen->protocol > 0 ? listen->protocol - 1 : service->protocol;
}

bool settings_has_listener(const struct settings *settings,
			   const struct settings_service *service,
			   enum settings_protocol protocol)
{
	const struct settings_listen *listens =
		settings->listens + service->first_listen;

	for (unsigned i = 0; i < service->listen_count; i++)
		if (settings_protocol_of(service, &listens[i]) == protocol)
			return true;
	return false;
}

uint8_t settings_method_of(const struct settings_service *service, uint8_t own)
{
	return own > 0 ? own - 1 : service->method;
}

bool settings_has_method(const struct settings *settings,
			 const struct settings_service *service,
			 enum settings_method method)
{
	const struct settings_server *servers =
		settings->servers + service->first_server;

	if (service->method == method)
		return true;
	for (unsigned i = 0; i < service->server_count; i++)
		if (settings_method_of(service, servers[i].method) == method)
			return true;
	return false;
}

const struct settings_check *
settings_check_of(const struct settings *settings,
		  const struct settings_service *service, unsigned server,
		  unsigned i)
{
	const struct settings_server *its = &settings->servers[server];
	bool own = its->check_count > 0;

	if (i >= (own ? its->check_count : service->check_count))
		return NULL;
	return &settings->checks[(own ? its->first_check
				      : service->first_check) +
				 i];
}

bool settings_has_via(const struct settings *settings,
		      const struct settings_service *service, unsigned server)
{
	const struct settings_check *check;

	for (unsigned i = 0;
	     (check = settings_check_of(settings, service, server, i)) != NULL;
	     i++)
		if (check->via == VIA_VIP)
			return true;
	return false;
}

uint32_t settings_via_mark(const struct settings *settings, unsigned server)
{
	return settings->director.fwmark_base + server;
}

const struct ip *settings_own_address(const struct settings *settings,
				      bool is_v4)
{
	const struct settings_node *self = &settings->nodes[settings->self];

	for (unsigned i = 0; i < self->address_count; i++)
		if (ip_is_v4(&self->addresses[i]) == is_v4)
			return &self->addresses[i];
	return NULL;
}
