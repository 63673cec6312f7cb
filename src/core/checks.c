/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R3: what a node's own checks say of an instance: its scripts, processes,
 * files and witnesses. They run elsewhere and are told as one word; here it is
 * decided what that word is worth.
 */
#include <assert.h>
#include <stdio.h>

#include "internal.h"

void checks_told(struct core *core, const struct event *event)
{
	struct core_instance *instance =
		&core->instances[event->checks.instance];

	instance->checks = event->checks.is;
	snprintf(instance->checks_why, sizeof(instance->checks_why), "%.*s",
		 (int)sizeof(instance->checks_why) - 1, event->checks.text);
}

bool checks_are_known(const struct core *core, unsigned i)
{
	return !core->settings->instances[i].has_checks ||
	       core->instances[i].checks != CORE_CHECKS_UNKNOWN ||
	       core->instances[i].checks_why[0] != '\0';
}

/*
 * What is doubted bars only who does not own: when the network between both
 * nodes and their witnesses goes, the standby is to know it before the owner
 * gives up, or the addresses would move to where they are of no more use. Nor
 * does an owner let go for checks that new settings have brought, and that have
 * not run yet.
 */
bool checks_bar(const struct core *core, unsigned i, bool owns)
{
	const struct core_instance *instance = &core->instances[i];

	if (!core->settings->instances[i].has_checks)
		return false;
	switch (instance->checks) {
	case CORE_CHECKS_UNKNOWN:
		return !owns || checks_are_known(core, i);
	case CORE_CHECKS_DOUBTED:
		return !owns;
	case CORE_CHECKS_BAD:
		return true;
	default:
		return false;
	}
}

const char *checks_why(const struct core *core, unsigned i)
{
	return checks_are_known(core, i) ? core->instances[i].checks_why
					 : "its checks have not run yet";
}
