/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From an instance's settings to the words of its adverts. */
#include <stdio.h>

#include "vrrp_expect.h"

void vrrp_expect_fill(const struct settings *settings, unsigned i,
		      struct vrrp_expect *expect,
		      struct ip addresses[VRRP_ADDRESSES_MAX])
{
	const struct settings_instance *instance = &settings->instances[i];

	*expect = (struct vrrp_expect){
		.version = instance->version,
		.vrid = instance->vrid,
		.is_v6 = settings_instance_is_v6(settings, instance),
		.interval_ms = instance->advert_ms,
		.is_unicast = instance->unicast,
		.min_ttl = instance->unicast_min_ttl,
		.peer = instance->unicast_addresses[1 - settings->self],
		.addresses = addresses};
	snprintf(expect->password, sizeof(expect->password), "%.8s",
		 instance->auth_pass);
	for (unsigned a = 0; a < instance->address_count; a++) {
		const struct settings_address *from =
			&settings->addresses[instance->first_address + a];

		/* more than fit are held, but not advertised */
		if (!from->excluded &&
		    expect->address_count < vrrp_addresses_max(expect->is_v6))
			addresses[expect->address_count++] = from->ip;
	}
}

void vrrp_expect_shorten(struct vrrp_expect *expect)
{
	if (expect->version == 3 && expect->address_count > 1)
		expect->address_count = 1;
}

struct ip vrrp_expect_destination(const struct vrrp_expect *expect)
{
	return expect->is_unicast ? expect->peer : vrrp_group(expect->is_v6);
}
