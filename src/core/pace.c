/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How often this node speaks, and how long the peer may be silent (R2). One
 * node has a new file before the other (R15): till each knows that the other
 * one has it, it speaks as often as any file that may be in force there
 * expects, and waits as long as any that may be there lets the other one be
 * silent. Not beside a plain router, which says nothing of files (R16).
 */
#include "../wire/vrrp.h"
#include "internal.h"

static int64_t shortest(int64_t ours_us, int64_t before_us)
{
	return before_us != 0 && before_us < ours_us ? before_us : ours_us;
}

static int64_t longest(int64_t ours_us, int64_t before_us)
{
	return before_us > ours_us ? before_us : ours_us;
}

int64_t link_interval_us(const struct core *core, unsigned link)
{
	return shortest(core->settings->links[link].interval_us,
			core->links[link].pace.interval_us);
}

int64_t link_dead_us(const struct core *core, unsigned link)
{
	return longest(MS(core->settings->links[link].dead_ms),
		       core->links[link].pace.dead_us);
}

static int64_t link_patience_us(const struct core *core, unsigned link)
{
	return shortest(MS(core->settings->links[link].dead_ms),
			core->links[link].pace.least_us);
}

int64_t advert_pace_us(const struct core *core, unsigned instance)
{
	return shortest(MS(core->settings->instances[instance].advert_ms),
			core->instances[instance].vrrp.pace.interval_us);
}

/*
 * RFC 9568 6.1 has version 3 learn the interval of the owner: from a plain
 * router (R16). Not from a twinbeat peer: its interval is the configured one
 * (R15), and one forged word of 40.95 s would be life for two minutes.
 */
uint32_t advert_interval_ms(const struct core *core, unsigned instance)
{
	uint32_t learned_ms = core->instances[instance].learned_ms;

	return learned_ms && peer_is_plain(core)
		       ? learned_ms
		       : core->settings->instances[instance].advert_ms;
}

static int64_t own_dead_us(const struct core *core, unsigned instance)
{
	const struct core_instance_settings *settings =
		&core->settings->instances[instance];

	return vrrp_master_down_us(settings->version,
				   settings->priority[core->self],
				   advert_interval_ms(core, instance));
}

int64_t advert_dead_us(const struct core *core, unsigned instance)
{
	return longest(own_dead_us(core, instance),
		       core->instances[instance].vrrp.pace.dead_us);
}

int64_t advert_patience_us(const struct core *core, unsigned instance)
{
	return shortest(own_dead_us(core, instance),
			core->instances[instance].vrrp.pace.least_us);
}

typedef int64_t time_of(const struct core *core, unsigned i);

static int64_t largest(const struct core *core, time_of *of_link,
		       time_of *of_adverts)
{
	int64_t largest_us = 0;

	for (unsigned i = 0; i < core->links_end; i++)
		if (core->settings->links[i].configured)
			largest_us = longest(of_link(core, i), largest_us);
	for (unsigned i = 0; i < core->settings->instance_count; i++)
		largest_us = longest(of_adverts(core, i), largest_us);
	return largest_us;
}

int64_t largest_dead_us(const struct core *core)
{
	return largest(core, link_dead_us, advert_dead_us);
}

int64_t peer_patience_us(const struct core *core)
{
	return largest(core, link_patience_us, advert_patience_us);
}

/* ---- a reload ---- */

/* All at once: what counts is worked out from what counted before. */
void paces_note(struct core *core)
{
	for (unsigned i = 0; i < core->links_end; i++)
		core->links[i].pace = (struct core_pace){
			.interval_us = link_interval_us(core, i),
			.dead_us = link_dead_us(core, i),
			.least_us = link_patience_us(core, i)};
	for (unsigned i = 0; i < core->settings->instance_count; i++)
		core->instances[i].vrrp.pace = (struct core_pace){
			.interval_us = advert_pace_us(core, i),
			.dead_us = advert_dead_us(core, i),
			.least_us = advert_patience_us(core, i)};
}

/* A longer dead time counts from the last word on; nothing that is silent is
 * called to life again. */
static void life_lengthen(const struct core *core, struct core_link *l,
			  int64_t dead_us)
{
	int64_t until_us = l->alive_until_us + dead_us - l->pace.dead_us;

	/* what is new here was never heard */
	if (core->now_us >= l->alive_until_us || until_us <= l->alive_until_us)
		return;
	/* as often as the settings change */
	if (until_us > l->heard_us + dead_us)
		until_us = l->heard_us + dead_us;
	if (until_us > l->alive_until_us)
		l->alive_until_us = until_us;
}

/* R16: the Master_Down_Timer, but not the short one of a last word. */
static void timer_lengthen(const struct core *core,
			   struct core_instance *instance, int64_t dead_us)
{
	int64_t due_us =
		instance->down_us + dead_us - instance->vrrp.pace.dead_us;

	if (core->now_us >= instance->down_us || instance->is_resigned)
		return;
	if (due_us > core->now_us + dead_us)
		due_us = core->now_us + dead_us;
	if (due_us > instance->down_us)
		instance->down_us = due_us;
}

static void paces_end(struct core *core)
{
	core->is_paced = false;
	for (unsigned i = 0; i < core->links_end; i++)
		core->links[i].pace = (struct core_pace){0};
	for (unsigned i = 0; i < core->settings->instance_count; i++)
		core->instances[i].vrrp.pace = (struct core_pace){0};
}

void paces_change(struct core *core)
{
	core->is_paced = false;
	for (unsigned i = 0; i < core->links_end; i++) {
		life_lengthen(core, &core->links[i], link_dead_us(core, i));
		if (link_interval_us(core, i) <
			    core->settings->links[i].interval_us ||
		    link_dead_us(core, i) > link_patience_us(core, i))
			core->is_paced = true;
	}
	for (unsigned i = 0; i < core->settings->instance_count; i++) {
		struct core_link *l = &core->instances[i].vrrp;

		timer_lengthen(core, &core->instances[i],
			       advert_dead_us(core, i));
		life_lengthen(core, l, advert_dead_us(core, i));
		if (l->alive_until_us > core->vrrp_alive_until_us)
			core->vrrp_alive_until_us = l->alive_until_us;
		if (advert_dead_us(core, i) > advert_patience_us(core, i))
			core->is_paced = true;
	}
	if (peer_is_plain(core) || !core->is_paced) {
		paces_end(core);
		return;
	}
	trace_change(core, CORE_NOTICE, "node", -1, NULL, NULL,
		     "until %s is known to have these settings as well, the "
		     "shortest intervals and the longest dead times of before "
		     "count, too",
		     peer_name(core));
}

/*
 * It has our digest, and has read ours since: it waits for us as these settings
 * say, too. (What it told before a reload alone may be of long ago, and two
 * that each go back to the file that the other one leaves agree on nothing.)
 */
void paces_judge(struct core *core)
{
	if (!core->is_paced || !peer_digest_agrees(core) ||
	    !digest_is_told(core))
		return;
	paces_end(core);
	trace_change(core, CORE_NOTICE, "node", -1, NULL, NULL,
		     "%s has these settings as well: their intervals and dead "
		     "times count alone",
		     peer_name(core));
}
