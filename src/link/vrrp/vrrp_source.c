/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The address that a node's VRRP comes from on one interface. Must give the
 * same answer in every program that asks.
 */
#include "vrrp_source.h"

static bool is_vip(const struct settings *settings, const struct ip *address)
{
	for (unsigned a = 0; a < settings->address_count; a++)
		if (ip_compare(&settings->addresses[a].ip, address) == 0)
			return true;
	return false;
}

static bool is_fit(const struct ip *address, bool is_v6)
{
	return is_v6 ? ip_is_link_local(address) : ip_is_v4(address);
}

struct ip vrrp_source_choose(const struct settings *settings, bool is_v6,
			     const struct ip *there, unsigned count)
{
	const struct settings_node *self = &settings->nodes[settings->self];
	static const struct ip none;

	for (unsigned n = 0; n < self->address_count; n++)
		for (unsigned i = 0; i < count; i++)
			if (is_fit(&there[i], is_v6) &&
			    ip_compare(&self->addresses[n], &there[i]) == 0)
				return there[i];
	for (unsigned i = 0; i < count; i++)
		if (is_fit(&there[i], is_v6) && !is_vip(settings, &there[i]))
			return there[i];
	return none;
}
