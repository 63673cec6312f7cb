/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The machine's own addresses. Errs on the side of "not its own": then a VIP
 * of another hand is removed, as R17.1 wants.
 */
#include "machine_address.h"

#define LOOPBACK	  1
#define SUBNET_PREFIX_MAX 30

static bool same_subnet(uint32_t a, uint32_t b, unsigned prefix)
{
	uint32_t mask = prefix == 0 ? 0 : UINT32_MAX << (32 - prefix);

	return (a & mask) == (b & mask);
}

static bool is_of_a_node(const struct settings *settings, uint32_t address)
{
	for (unsigned n = 0; n < NODES; n++)
		for (unsigned i = 0; i < settings->nodes[n].address_count;
		     i++) {
			const struct ip *ip = &settings->nodes[n].addresses[i];

			if (ip_is_v4(ip) && ip_to_v4(ip) == address)
				return true;
		}
	return false;
}

static bool is_selfs(const struct settings *settings, uint32_t address)
{
	const struct settings_node *self = &settings->nodes[settings->self];

	for (unsigned i = 0; i < self->address_count; i++)
		if (ip_is_v4(&self->addresses[i]) &&
		    ip_to_v4(&self->addresses[i]) == address)
			return true;
	return false;
}

bool machine_address_is_own(const struct settings *settings,
			    const struct machine_address *list, unsigned count,
			    unsigned which)
{
	const struct machine_address *here = &list[which];

	if (is_of_a_node(settings, here->ip))
		return true;
	if (here->index == LOOPBACK || here->is_secondary ||
	    here->prefix > SUBNET_PREFIX_MAX)
		return false;
	for (unsigned i = 0; i < count; i++) {
		const struct machine_address *other = &list[i];

		if (other->index != here->index) {
			if (same_subnet(other->ip, here->ip, here->prefix))
				return false;
			continue;
		}
		if (i < which || is_selfs(settings, other->ip))
			return false;
	}
	return true;
}
