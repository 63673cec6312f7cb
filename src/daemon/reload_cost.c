/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a reload takes from the clients, or would give them twice, said before
 * it. An instance is known by name, VRID, version and interface: with another
 * one of these it is another instance, whose addresses nobody may claim before
 * both nodes have it (R15), or the peer is proven to be off (R1).
 */
#include <stdio.h>

#include "../core/view.h"
#include "daemon.h"
#include "reload.h"

/* Its place; -1: it is not there. From where the last one was: in most files
 * they stand in the order of before, and there may be thousands. */
static int find_address(const struct settings *settings, const struct ip *ip,
			unsigned *from)
{
	const unsigned count = settings->address_count;

	for (unsigned n = 0; n < count; n++) {
		unsigned at = (*from + n) % count;

		if (ip_compare(&settings->addresses[at].ip, ip) != 0)
			continue;
		*from = at + 1;
		return (int)at;
	}
	return -1;
}

static unsigned instance_of(const struct settings *settings, unsigned address)
{
	unsigned i = 0;

	while (address - settings->instances[i].first_address >=
	       settings->instances[i].address_count)
		i++;
	return i;
}

/* The new instance that has an address of the old one; NULL: none has. */
static const struct settings_instance *
find_heir(const struct settings *old, const struct settings_instance *gone,
	  const struct settings *new)
{
	unsigned from = 0;

	for (unsigned i = 0; i < gone->address_count; i++) {
		int at = find_address(
			new, &old->addresses[gone->first_address + i].ip,
			&from);

		if (at >= 0)
			return &new->instances[instance_of(new, (unsigned)at)];
	}
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

/* Not heard since then, so by its word it has taken nothing. */
static bool peer_is_absent(const struct core *core, int64_t since_us)
{
	const struct core_peer *peer = &core->peer;

	return !peer_is_heard(core) &&
	       (!peer->heard_ever || (peer->silent_from_us != 0 &&
				      peer->silent_from_us <= since_us));
}

/* Served here, or was till this reload let it go. */
static bool is_held_here(const struct core *core, const struct core_map *map,
			 unsigned i)
{
	return core->instances[i].own ||
	       (map->instances[i] < 0 && set_has(&core->leaving, i));
}

/*
 * Whoever serves all, or nothing, has no other server beside it now. What the
 * new file has no more is let go before that counts, and the peer may take it
 * meanwhile.
 */
static bool may_serve_beside(const struct core *core,
			     const struct core_map *map, int64_t since_us)
{
	bool is_absent = peer_is_absent(core, since_us), is_all = true;
	unsigned held = 0;

	for (unsigned i = 0; i < core->settings->instance_count; i++) {
		bool is_held = is_absent ? is_held_here(core, map, i)
					 : core->instances[i].own &&
						   map->instances[i] >= 0;

		held += is_held_here(core, map, i);
		is_all = is_all && is_held;
	}
	return held > 0 && !is_all;
}

/*
 * An instance that goes on is served, or claimed on released, without a proof
 * for what is new in it. Whoever reloads first, the two may come to be served
 * apart before the other has the file: each of them would bring the address.
 */
static bool may_be_split(const struct daemon *daemon,
			 const struct core_map *map, unsigned holder,
			 int64_t since_us)
{
	const struct core *core = &daemon->core;

	if (peer_is_plain(core))
		return false;
	return !peer_is_absent(core, since_us) ||
	       !is_held_here(core, map, holder);
}

static void tell_double(const struct settings *old, unsigned holder,
			const struct settings_instance *to, const struct ip *ip,
			char *text, size_t size)
{
	const char *name = old->instances[holder].name;
	char word[IP_TEXT_MAX];

	snprintf(text, size,
		 "%s goes from %s to %s, and while only one node has the new "
		 "file both could have it: take it out of %s on both nodes "
		 "first, then put it into %s",
		 ip_format(ip, word), name, to->name, name, to->name);
}

static bool half_is(uint16_t half, uint32_t one, uint32_t other, unsigned shift)
{
	return half == (uint16_t)(one >> shift) ||
	       half == (uint16_t)(other >> shift);
}

/*
 * The peer has neither the file that runs here nor the new one: in that third
 * one another instance may have what is new here. Whoever takes an address out
 * and puts it in again on one node alone ends there. (The two halves of its
 * digest come one after the other, and it may reload just now.)
 */
static bool may_be_elsewhere(const struct daemon *daemon,
			     const struct settings *new,
			     const struct core_map *map, int64_t since_us)
{
	const uint32_t digest = daemon->settings->digest;
	const struct core *core = &daemon->core;
	const struct core_peer *peer = &core->peer;

	if (peer_is_plain(core) ||
	    (peer->slot_generation == peer->generation &&
	     peer->digest_seen == 3 &&
	     half_is(peer->digest_low, digest, new->digest, 0) &&
	     half_is(peer->digest_high, digest, new->digest, 16)))
		return false;
	return may_serve_beside(core, map, since_us);
}

static void tell_elsewhere(const char *peer, const struct settings_instance *to,
			   const struct ip *ip, char *text, size_t size)
{
	char word[IP_TEXT_MAX];

	snprintf(text, size,
		 "%s is new in %s, and another instance may have it on %s, "
		 "which runs neither this file nor the one that runs here: let "
		 "both nodes run one file without it first",
		 ip_format(ip, word), to->name, peer);
}

bool reload_would_double(const struct daemon *daemon,
			 const struct settings *new,
			 const struct core_settings *new_core,
			 const struct core_map *map, bool is_push,
			 int64_t since_us, bool *is_doubt, char *text,
			 size_t size)
{
	const struct settings *old = daemon->settings;
	const struct core *core = &daemon->core;
	const bool is_unknown =
		!is_push && may_be_elsewhere(daemon, new, map, since_us);
	unsigned from = 0;

	*is_doubt = false;
	if (!is_push && peer_is_heard(core) &&
	    peer_digest_is(core, new_core->digest))
		return false;
	for (unsigned i = 0; i < old->instance_count; i++) {
		const struct settings_instance *to;

		if (map->instances[i] < 0)
			continue;
		to = &new->instances[map->instances[i]];
		for (unsigned a = 0; a < to->address_count; a++) {
			const struct ip *ip =
				&new->addresses[to->first_address + a].ip;
			int at = find_address(old, ip, &from);
			unsigned holder =
				at < 0 ? i : instance_of(old, (unsigned)at);

			if (at < 0 && is_unknown) {
				*is_doubt = true;
				tell_elsewhere(peer_name(core), to, ip, text,
					       size);
				return true;
			}
			if (holder == i ||
			    (!is_push &&
			     !may_be_split(daemon, map, holder, since_us)))
				continue;
			tell_double(old, holder, to, ip, text, size);
			return true;
		}
	}
	return false;
}
