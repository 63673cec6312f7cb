/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which interfaces have a carrier, and which count as having one (R3): a user
 * may say that a loss must last for a while, or that what came back must have
 * stayed. Must never let a node without carrier fence or claim (R3), nor hide
 * from a link that its own side is broken (R2).
 */
#include <stdio.h>

#include "internal.h"

void carrier_changed(struct core *core, const struct event *event)
{
	unsigned i = event->carrier.interface;
	const char *renamed = event->carrier.renamed;

	if (core->carrier[i] != event->carrier.is)
		core->carrier_us[i] = core->now_us;
	if (core->carrier[i] && !event->carrier.is)
		core->flapped[i] = true;
	/* a start waits for nothing; what is not there cannot come back soon */
	if (!core->carrier_known[i] || event->carrier.is_absent)
		core->serves[i] = event->carrier.is;
	core->carrier[i] = event->carrier.is;
	core->absent[i] = event->carrier.is_absent;
	snprintf(core->renamed[i], sizeof(core->renamed[i]), "%s",
		 renamed ? renamed : "");
	core->carrier_known[i] = true;
	sending_carrier(core, i);
}

void carriers_settle(struct core *core)
{
	for (unsigned i = 0; i < core->settings->interface_count; i++) {
		const struct core_debounce *debounce =
			&core->settings->debounce[i];
		int64_t due_us = core->carrier_us[i] +
				 MS(core->carrier[i] ? debounce->up_ms
						     : debounce->down_ms);

		if (core->serves[i] == core->carrier[i])
			continue;
		if (core->now_us >= due_us)
			core->serves[i] = core->carrier[i];
		else
			core_wake_at(core, due_us);
	}
}

/* R3: for an owner a loss counts when it has lasted; who owns nothing needs a
 * carrier now. */
bool carrier_serves(const struct core *core, unsigned i, unsigned interface)
{
	return core->serves[interface] &&
	       (core->carrier[interface] || core->instances[i].own);
}
