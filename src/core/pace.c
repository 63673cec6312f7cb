/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * New settings may have other dead times (R2, R15): how long the peer counts
 * as heard was reckoned by the old ones.
 */
#include "internal.h"

void paces_note(struct core *core)
{
	for (unsigned i = 0; i < core->links_end; i++)
		core->links[i].pace.dead_us = link_dead_us(core, i);
	for (unsigned i = 0; i < core->settings->instance_count; i++)
		core->instances[i].vrrp.pace.dead_us = advert_dead_us(core, i);
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

void paces_change(struct core *core)
{
	for (unsigned i = 0; i < core->links_end; i++)
		life_lengthen(core, &core->links[i], link_dead_us(core, i));
	for (unsigned i = 0; i < core->settings->instance_count; i++) {
		struct core_link *l = &core->instances[i].vrrp;

		timer_lengthen(core, &core->instances[i],
			       advert_dead_us(core, i));
		life_lengthen(core, l, advert_dead_us(core, i));
		if (l->alive_until_us > core->vrrp_alive_until_us)
			core->vrrp_alive_until_us = l->alive_until_us;
	}
}
