/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R13: where nobody is known to serve, a person hears of it: alert waiting,
 * whatever the reason is and whoever may not take over for it. It decides
 * nothing.
 */
#include <stdio.h>

#include "internal.h"

/* a takeover is over sooner, but for the wait of the second (R5) */
#define UNSERVED_US (5 * (int64_t)SECOND_US)

/* Here, or by its fresh word or its adverts there. */
static bool is_known_to_be_served(const struct core *core, unsigned i)
{
	/* R13: an owner whose keeper stays away in a drill keeps what the
	 * kernel has ended */
	bool is_held = core->keeper_ready || !drill_keeps(core);

	if ((core->instances[i].own && is_held) ||
	    core->now_us < core->instances[i].vrrp.alive_until_us)
		return true;
	return peer_statement_is_fresh(core) && peer_means_instance(core, i) &&
	       peer_says_own(core, i);
}

/* Another alert says so already, and what to do. */
static bool is_told(struct core *core)
{
	return alert_stands(core, ROW_WAITING, 0) ||
	       alert_stands(core, ROW_FENCE_FAILED, 0) ||
	       alert_stands(core, ROW_FENCE_LOOP, 0) ||
	       (core->fence.state == FENCE_STATE_HELD &&
		(alert_stands(core, ROW_NOTHING_PROVEN, 0) ||
		 alert_stands(core, ROW_CONTRADICTED, 0))) ||
	       alert_stands(core, ROW_QUESTION, 0);
}

/* Why this node does not, and what a person can do. */
static void why_not_here(const struct core *core, unsigned i, char *text,
			 size_t size)
{
	const struct core_instance *instance = &core->instances[i];
	const char *peer = peer_name(core);

	if (!instance->fit && instance->unfit_why[0])
		snprintf(text, size, "%s cannot: %.90s", self_name(core),
			 instance->unfit_why);
	else if (!core->keeper_ready)
		snprintf(text, size, "twinbeat-keeper is not ready on %s",
			 self_name(core));
	else if (fence_is_busy(core) || core->fence.state == FENCE_STATE_DELAY)
		snprintf(text, size, "%s is not proven off yet", peer);
	else if (!silence_may_count(core))
		snprintf(text, size,
			 "%s has not been heard, and the start-up wait for it "
			 "goes on; if it is dark: twinbeat confirm %s",
			 peer, peer);
	else if (peer_statement_is_fresh(core) &&
		 places_may_have(core, &core->peer.own_there, i))
		snprintf(text, size,
			 "the files differ, and what %s serves may have its "
			 "addresses: copy one file to both nodes",
			 peer);
	else if (peer_lacks_instance(core, i))
		snprintf(text, size,
			 "the file of %s has no such instance: copy one file "
			 "to both nodes%s%s",
			 peer,
			 peer_is_heard(core) ? ""
					     : "; if it is dark: "
					       "twinbeat confirm ",
			 peer_is_heard(core) ? "" : peer);
	else if (peer_is_heard(core))
		snprintf(text, size,
			 "%s lives and does not say that it does: twinbeat "
			 "status on both nodes",
			 peer);
	else
		snprintf(text, size, "there is no proof that %s does not",
			 peer);
}

static void unserved_tell(struct core *core, unsigned i, unsigned more)
{
	char why[CORE_TEXT_MAX], others[24] = "";

	/* in every tick while it lasts */
	if (alert_is_worded(core, ROW_UNSERVED, 0))
		return;
	why_not_here(core, i, why, sizeof(why));
	if (more > 0)
		snprintf(others, sizeof(others), " and %u more", more);
	alert_raise(core, ROW_UNSERVED, 0, CORE_CRITICAL,
		    "nobody is known to serve %.31s%s: %.130s",
		    core->settings->instances[i].name, others, why);
}

/* In a tick, when all that may have told it is judged. */
void unserved_judge(struct core *core)
{
	unsigned first = 0, count = 0;

	for (unsigned i = 0; i < core->settings->instance_count; i++) {
		struct core_instance *instance = &core->instances[i];

		if (core->stopping || is_known_to_be_served(core, i)) {
			instance->unserved_us = 0;
			continue;
		}
		if (instance->unserved_us == 0)
			instance->unserved_us = core->now_us;
		if (core->now_us - instance->unserved_us < UNSERVED_US) {
			core_wake_at(core, instance->unserved_us + UNSERVED_US);
			continue;
		}
		if (count++ == 0)
			first = i;
	}
	if (count > 0 && !is_told(core))
		unserved_tell(core, first, count - 1);
	else
		alert_clear(core, ROW_UNSERVED, 0);
}
