/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R17.1: own is what the kernel holds, not what we put there. An address of
 * ours that another hand put on this machine is removed by the keeper; where it
 * stays, this node states it as its own, and stuck: whoever serves must know of
 * it, and only the end of this machine's power ends it (R10).
 */
#include "internal.h"

static void alien_is_over(struct core *core, unsigned i, const char *text)
{
	struct core_instance *instance = &core->instances[i];

	instance->release_why = "what another hand had put there is gone";
	instance_release_done(core, i, 0, text);
}

/* It is here, it stays, and we have no right to it. */
static void alien_stays(struct core *core, unsigned i, const char *text)
{
	struct core_instance *instance = &core->instances[i];

	assert(!instance->own && !instance->releasing);
	instance->alien = instance->own = instance->is_held = true;
	instance->releasing = instance->stuck = true;
	instance->want = instance->urgent = instance->ask = false;
	instance->resigned_us = 0;
	instance->own_sequence = core->sequence + 1;
	instance->claimed_us = instance->released_us = core->now_us;
	memset(&instance->permit, 0, sizeof(instance->permit));
	core->urgent_beat = true;
	alert_raise(core, ROW_RELEASE_FAILED, i, CORE_CRITICAL,
		    "%s: an address of another hand stays here: %s; we ask %s "
		    "to fence this node",
		    core->settings->instances[i].name, text, peer_name(core));
}

void instance_alien(struct core *core, const struct event *event)
{
	unsigned i = event->alien.instance;
	struct core_instance *instance = &core->instances[i];
	const char *name = core->settings->instances[i].name;

	if (!event->alien.is_stuck) {
		/* an alert that stands changes in silence: history has all */
		if (event->alien.text[0] != '\0' &&
		    alert_stands(core, ROW_DUPLICATE_VIP, i))
			trace_change(core, CORE_WARNING, "alert", (int)i,
				     "raised", "raised",
				     "duplicate-vip: %s: %s", name,
				     event->alien.text);
		/* told for a minute: long enough to be seen, and it is over */
		if (event->alien.text[0] != '\0')
			alert_flash(core, ROW_DUPLICATE_VIP, i,
				    60 * (int64_t)SECOND_US, "%s: %s", name,
				    event->alien.text);
		else
			alert_clear(core, ROW_DUPLICATE_VIP, i);
		if (instance->alien)
			alien_is_over(core, i, event->alien.text);
		return;
	}
	instance->alien_is_told = true;
	alert_raise(core, ROW_DUPLICATE_VIP, i, CORE_CRITICAL, "%s: %s", name,
		    event->alien.text);
	/* an owner states it already; a release that runs will find it */
	if (!instance->own)
		alien_stays(core, i, event->alien.text);
}
