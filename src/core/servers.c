/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R3: who sees no real server, while the peer sees some, is the isolated one:
 * it hands over, and nobody's power is cut for it. Where neither sees any it
 * is the servers that are gone, and nothing changes. What a server is, and
 * what is said of each, is the director's alone (D5).
 */
#include "internal.h"

void servers_told(struct core *core, const struct event *event)
{
	bool did_see = core->servers == CORE_SERVERS_SEEN;

	core->servers = event->servers.is;
	/* the peer asks its own at once, before we are taken for isolated */
	if (did_see != (core->servers == CORE_SERVERS_SEEN))
		core->urgent_beat = true;
}

/* Other settings may be of other servers: then its word is none for ours. */
static enum core_servers peer_sees(const struct core *core)
{
	if (two_way_state(core) != LINK_UP || !peer_statement_is_fresh(core) ||
	    !peer_digest_agrees(core))
		return CORE_SERVERS_UNKNOWN;
	return core->peer.statement.heard & BEAT_HEARD_SERVERS
		       ? CORE_SERVERS_SEEN
		       : CORE_SERVERS_NONE;
}

/* Not where the peer could not take it: then somebody must serve here. */
bool servers_bar(const struct core *core, unsigned i)
{
	return core->settings->instances[i].has_servers &&
	       core->servers == CORE_SERVERS_NONE &&
	       peer_sees(core) == CORE_SERVERS_SEEN &&
	       (peer_says_fit(core, i) || peer_says_own(core, i));
}

bool servers_bar_preempting(const struct core *core, unsigned i)
{
	return core->settings->instances[i].has_servers &&
	       core->servers == CORE_SERVERS_NONE;
}

bool servers_spare_owner(const struct core *core, unsigned i)
{
	return core->settings->instances[i].has_servers &&
	       core->servers == CORE_SERVERS_SEEN &&
	       peer_sees(core) == CORE_SERVERS_NONE;
}

void servers_begin(struct core *core)
{
	core->has_servers = core->settings->has_director;
	core->is_director_told = false;
	board_forget(core);
	for (unsigned i = 0; i < core->settings->instance_count; i++)
		core->has_servers = core->has_servers ||
				    core->settings->instances[i].has_servers;
}

static struct instance_set owned_here(const struct core *core)
{
	struct instance_set owned = {{0}};

	for (unsigned i = 0; i < core->settings->instance_count; i++)
		if (core->instances[i].own)
			set_add(&owned, i);
	return owned;
}

/* D5: with no carrier on any interface of services. */
static bool has_carrier(const struct core *core)
{
	bool is_known = false;

	for (unsigned i = 0; i < core->settings->instance_count; i++) {
		unsigned interface = core->settings->instances[i].interface;

		if (!core->settings->instances[i].has_servers)
			continue;
		if (core->carrier[interface] || !core->carrier_known[interface])
			return true;
		is_known = true;
	}
	return !is_known;
}

void servers_tell(struct core *core)
{
	struct core_director_word *told = &core->director_told;
	struct core_director_word now;

	if (!core->has_servers)
		return;
	now = (struct core_director_word){.owned = owned_here(core),
					  .has_carrier = has_carrier(core),
					  .peer_sees = peer_sees(core)};
	if (core->is_director_told && !core->peer.board_is_news &&
	    set_equals(&now.owned, &told->owned) &&
	    now.has_carrier == told->has_carrier &&
	    now.peer_sees == told->peer_sees)
		return;
	*told = now;
	core->is_director_told = true;
	core->peer.board_is_news = false;
	action_add(core, ACTION_TELL_DIRECTOR);
}
