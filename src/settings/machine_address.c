/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The machine's own addresses. Errs on the side of "not its own": then a VIP
 * of another hand is removed, as R17.1 wants.
 */
#include "machine_address.h"

#define LOOPBACK	  1
#define SUBNET_PREFIX_MAX 30
/* IFA_PROTO of what the kernel made, Linux 5.18 */
#define PROTOCOL_LINK_LOCAL 2
#define PROTOCOL_ROUTER	    3

static bool is_of_a_node(const struct settings *settings,
			 const struct ip *address)
{
	for (unsigned n = 0; n < NODES; n++)
		for (unsigned i = 0; i < settings->nodes[n].address_count; i++)
			if (ip_compare(&settings->nodes[n].addresses[i],
				       address) == 0)
				return true;
	return false;
}

static bool is_selfs(const struct settings *settings, const struct ip *address)
{
	const struct settings_node *self = &settings->nodes[settings->self];

	for (unsigned i = 0; i < self->address_count; i++)
		if (ip_compare(&self->addresses[i], address) == 0)
			return true;
	return false;
}

bool machine_address_is_own(const struct settings *settings,
			    const struct machine_address *list, unsigned count,
			    unsigned which)
{
	const struct machine_address *here = &list[which];

	if (is_of_a_node(settings, &here->ip))
		return true;
	if (!ip_is_v4(&here->ip))
		return here->protocol == PROTOCOL_LINK_LOCAL ||
		       here->protocol == PROTOCOL_ROUTER;
	if (here->index == LOOPBACK || here->is_secondary ||
	    here->prefix > SUBNET_PREFIX_MAX)
		return false;
	for (unsigned i = 0; i < count; i++) {
		const struct machine_address *other = &list[i];

		if (!ip_is_v4(&other->ip))
			continue;
		if (other->index != here->index) {
			if (ip_same_network(&other->ip, &here->ip,
					    here->prefix))
				return false;
			continue;
		}
		if (i < which || is_selfs(settings, &other->ip))
			return false;
	}
	return true;
}
