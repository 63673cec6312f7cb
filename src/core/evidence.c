/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R4: how much the silence of every link is worth. One that has not worked says
 * nothing of the peer; and what fell silent alone, long after all else, may be
 * our own ear, switch port or plug as well as the peer's end: that evidence is
 * thin, and R3 asks whether this node hears anybody.
 */
#include "internal.h"

/* Links that fell silent together may be that far apart beyond a dead time: a
 * busy machine reads them late, one after the other. */
#define TOGETHER_US MS(300)

/* sending says nothing of the peer */
static bool has_worked(enum link_state state)
{
	return state == LINK_DOWN || state == LINK_SENDING;
}

static int64_t newest_heard_us(const struct core *core)
{
	int64_t newest_us = 0;

	for (unsigned i = 0; i < core->links_end; i++)
		if (core->settings->links[i].configured &&
		    core->links[i].heard_us > newest_us)
			newest_us = core->links[i].heard_us;
	for (unsigned i = 0; i < core->settings->instance_count; i++)
		if (core->instances[i].vrrp.heard_us > newest_us)
			newest_us = core->instances[i].vrrp.heard_us;
	return newest_us;
}

/* Down, or it was before its own side broke, and the peer was not heard since
 * by another one: what it said of this silence it has said. */
static bool link_is_down(const struct core *core, unsigned link)
{
	const struct core_link *l = &core->links[link];

	return l->state == LINK_DOWN ||
	       (l->silent_us != 0 && newest_heard_us(core) <= l->silent_us);
}

/* Every configured link is down; otherwise some are never or broken. */
static bool every_link_is_down(const struct core *core)
{
	for (unsigned i = 0; i < core->links_end; i++)
		if (core->settings->links[i].configured &&
		    !link_is_down(core, i))
			return false;
	for (unsigned i = 0; i < core->settings->instance_count; i++)
		if (!has_worked(core->instances[i].vrrp.state))
			return false;
	return true;
}

/* What carries a link, a bit: interfaces first, then each other cable. */
static uint64_t medium_of_link(const struct core *core, unsigned link)
{
	uint32_t interfaces = core->settings->links[link].interfaces;

	return interfaces ? interfaces
			  : UINT64_C(1) << (CORE_INTERFACES_MAX + link);
}

static uint64_t medium_of_adverts(const struct core *core, unsigned instance)
{
	return UINT64_C(1) << core->settings->instances[instance].interface;
}

static bool is_one(uint64_t media)
{
	return (media & (media - 1)) == 0;
}

/*
 * The peer was heard by one medium alone for longer than the others' dead times
 * before that fell silent, too. A power cut silences all of them at once.
 */
static bool rests_on_one_medium(const struct core *core)
{
	int64_t newest_us = newest_heard_us(core) - TOGETHER_US;
	uint64_t all = 0, last = 0, medium;

	for (unsigned i = 0; i < core->links_end; i++) {
		if (!core->settings->links[i].configured)
			continue;
		medium = medium_of_link(core, i);
		all |= medium;
		if (core->links[i].heard_us + link_dead_us(core, i) >=
		    newest_us)
			last |= medium;
	}
	for (unsigned i = 0; i < core->settings->instance_count; i++) {
		/* from whom we own it no adverts are to be expected */
		if (core->instances[i].vrrp.state != LINK_DOWN)
			continue;
		medium = medium_of_adverts(core, i);
		all |= medium;
		if (core->instances[i].vrrp.heard_us +
			    advert_dead_us(core, i) >=
		    newest_us)
			last |= medium;
	}
	return !is_one(all) && is_one(last);
}

bool one_medium_is_left(const struct core *core)
{
	uint64_t all = 0, heard = 0, medium;

	for (unsigned i = 0; i < core->links_end; i++) {
		if (!core->settings->links[i].configured)
			continue;
		medium = medium_of_link(core, i);
		all |= medium;
		heard |= link_is_alive(core, i) ? medium : 0;
	}
	for (unsigned i = 0; i < core->settings->instance_count; i++) {
		enum link_state state = core->instances[i].vrrp.state;

		medium = medium_of_adverts(core, i);
		all |= medium;
		heard |= state == LINK_UP || state == LINK_SENDING ? medium : 0;
	}
	return !is_one(all) && heard && is_one(heard);
}

bool evidence_is_thin(const struct core *core)
{
	return !every_link_is_down(core) || rests_on_one_medium(core);
}

int64_t listening_since_us(const struct core *core, bool on_all)
{
	const struct core_settings *settings = core->settings;
	int64_t from_us = core->listening_us;

	for (unsigned i = 0; i < core->links_end; i++) {
		if (!settings->links[i].configured)
			continue;
		if (core->links[i].is_broken) {
			if (on_all)
				return INT64_MAX;
			continue;
		}
		if (from_us < core->links[i].opened_us)
			from_us = core->links[i].opened_us;
	}
	for (unsigned i = 0; i < settings->instance_count; i++) {
		unsigned interface = settings->instances[i].interface;

		if (!core->carrier_known[interface] ||
		    !core->carrier[interface]) {
			if (on_all)
				return INT64_MAX;
			continue;
		}
		if (from_us < core->instances[i].vrrp.returned_us)
			from_us = core->instances[i].vrrp.returned_us;
	}
	return from_us;
}
