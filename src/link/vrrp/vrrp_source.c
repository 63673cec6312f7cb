/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The address that a node's VRRP comes from on one interface. Must give the
 * same answer in every program that asks.
 */
#include "vrrp_source.h"

static bool is_fit(const struct ip *address, bool is_v6)
{
	return is_v6 ? ip_is_link_local(address) : ip_is_v4(address);
}

void vrrp_source_show(struct vrrp_source_search *search,
		      const struct ip *address)
{
	if (!is_fit(address, search->is_v6))
		return;
	for (unsigned n = 0; n < search->own_count; n++)
		if (ip_compare(&search->own[n], address) == 0 &&
		    (search->best == 0 || n + 1 < search->best))
			search->best = n + 1;
	if (ip_is_none(&search->first) && !search->is_vip(search->arg, address))
		search->first = *address;
}

struct ip vrrp_source_found(const struct vrrp_source_search *search)
{
	return search->best > 0 ? search->own[search->best - 1] : search->first;
}

static bool is_vip(const void *arg, const struct ip *address)
{
	const struct settings *settings = arg;

	for (unsigned a = 0; a < settings->address_count; a++)
		if (ip_compare(&settings->addresses[a].ip, address) == 0)
			return true;
	return false;
}

struct ip vrrp_source_choose(const struct settings *settings, bool is_v6,
			     const struct ip *there, unsigned count)
{
	const struct settings_node *self = &settings->nodes[settings->self];
	struct vrrp_source_search search = {.own = self->addresses,
					    .own_count = self->address_count,
					    .is_v6 = is_v6,
					    .is_vip = is_vip,
					    .arg = settings};

	for (unsigned i = 0; i < count; i++)
		vrrp_source_show(&search, &there[i]);
	return vrrp_source_found(&search);
}
