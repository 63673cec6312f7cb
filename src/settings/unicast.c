/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From where the adverts of an instance come, and where those go that are for
 * nobody else. */
#include "settings.h"

const struct ip *
settings_unicast_address(const struct settings *settings,
			 const struct settings_instance *instance,
			 unsigned node)
{
	const struct settings_node *at = &settings->nodes[node];
	bool is_v6 = settings_instance_is_v6(settings, instance);

	for (unsigned i = 0; i < at->address_count; i++)
		if (ip_is_v4(&at->addresses[i]) != is_v6)
			return &at->addresses[i];
	return NULL;
}

bool settings_unicast_is_own(const struct settings *settings,
			     const struct settings_instance *instance)
{
	for (unsigned n = 0; n < NODES; n++) {
		const struct ip *own =
			settings_unicast_address(settings, instance, n);
		const struct ip *its = &instance->unicast_addresses[n];

		if (ip_is_none(its) && !instance->unicast)
			continue;
		if (own == NULL || ip_compare(own, its) != 0)
			return false;
	}
	return true;
}

const struct ip *settings_source_of(const struct settings_instance *instance,
				    unsigned node)
{
	return instance->unicast ? &instance->unicast_addresses[node]
				 : &instance->source_addresses[node];
}
