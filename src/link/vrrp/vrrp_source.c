/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The address that a node's VRRP comes from on one interface. Must give the
 * same answer in every program that asks.
 */
#include "vrrp_source.h"

static bool is_vip(const struct settings *settings, uint32_t address)
{
	for (unsigned a = 0; a < settings->address_count; a++)
		if (ip_is_v4(&settings->addresses[a].ip) &&
		    ip_to_v4(&settings->addresses[a].ip) == address)
			return true;
	return false;
}

unsigned vrrp_source_choose(const struct settings *settings,
			    const uint32_t *there, unsigned count)
{
	const struct settings_node *self = &settings->nodes[settings->self];

	for (unsigned n = 0; n < self->address_count; n++)
		for (unsigned i = 0; i < count; i++)
			if (ip_is_v4(&self->addresses[n]) &&
			    ip_to_v4(&self->addresses[n]) == there[i])
				return i;
	for (unsigned i = 0; i < count; i++)
		if (!is_vip(settings, there[i]))
			return i;
	return VRRP_SOURCE_NONE;
}
