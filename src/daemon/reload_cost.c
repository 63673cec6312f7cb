/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a reload takes from the clients, said before or after it. An instance
 * is known by name, VRID, version and interface: with another one of these it
 * is another instance, whose addresses nobody may claim before both nodes have
 * it (R15), or the peer is proven to be off (R1).
 */
#include <stdio.h>

#include "../core/view.h"
#include "daemon.h"
#include "reload.h"

static bool has_address(const struct settings *settings,
			const struct settings_instance *instance,
			const struct ip *ip)
{
	for (unsigned k = 0; k < instance->address_count; k++)
		if (ip_compare(&settings->addresses[instance->first_address + k]
					.ip,
			       ip) == 0)
			return true;
	return false;
}

/* The new instance that has an address of the old one; NULL: none has. */
static const struct settings_instance *
find_heir(const struct settings *old, const struct settings_instance *gone,
	  const struct settings *new)
{
	for (unsigned i = 0; i < gone->address_count; i++)
		for (unsigned k = 0; k < new->instance_count; k++)
			if (has_address(new, &new->instances[k],
					&old->addresses[gone->first_address + i]
						 .ip))
				return &new->instances[k];
	return NULL;
}

bool reload_would_cut(const struct daemon *daemon, const struct settings *new,
		      const struct core_settings *new_core,
		      const struct core_map *map, char *text, size_t size)
{
	const struct settings *old = daemon->settings;
	const struct core *core = &daemon->core;

	if (peer_is_heard(core) && peer_digest_is(core, new_core->digest))
		return false;
	for (unsigned i = 0; i < old->instance_count; i++) {
		const struct settings_instance *heir;

		if (map->instances[i] >= 0 || !core->instances[i].own)
			continue;
		heir = find_heir(old, &old->instances[i], new);
		if (heir == NULL)
			continue;
		snprintf(text, size,
			 "%s serves %s, and in the new file %s, which is "
			 "another instance (name, VRID, version or interface), "
			 "has its addresses: nobody could serve them until %s "
			 "has that file, too; reload %s first, then %s; or say "
			 "twinbeat reload --force",
			 self_name(core), old->instances[i].name, heir->name,
			 peer_name(core), peer_name(core), self_name(core));
		return true;
	}
	return false;
}
