/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which node has the table of a service (D1). */
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
