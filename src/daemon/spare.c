/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The core's arrays and ours have room for 255 instances, and locked memory is
 * there whether it is used or not. What this pair does not use is given back.
 */
#include <errno.h>

#include "daemon.h"
#include "keeper_edge.h"
#include "runner_edge.h"
#include "spare.h"
#include "vrrp_edge.h"
#include "../base/images.h"
#include "../base/realtime.h"

/* From array[used] on. */
#define GIVE_BACK(array, used)                                                 \
	realtime_give_back(&(array)[used],                                     \
			   sizeof(array) - (used) * sizeof((array)[0]))

/* Of each row, the places of the instances that there are not. */
static void give_back_alerts(struct core *core, unsigned instances)
{
	unsigned first = 0;

#define X(row, name, each)                                                     \
	if (EACH_##each == EACH_INSTANCE)                                      \
		realtime_give_back(&core->alerts[first + instances],           \
				   (EACH_##each##_MOST - instances) *          \
					   sizeof(core->alerts[0]));           \
	first += EACH_##each##_MOST;
	ALERT_ROWS(X)
#undef X
}

/*
 * libc alone is 2 MB. The keeper has locked it as a whole, and the kernel has
 * one copy of a file: what we have not used of it yet costs us a page fault, no
 * read of a disk. libconfig has read the file at the start, and does nothing
 * since; jansson and libserialport stay whole, for nobody else has them. A
 * keeper that was refused its locks does not try again, as we do.
 */
void spare_give_back_libraries(const struct daemon *daemon)
{
	static const char *const names[] = {"ld-linux", "libc.so", "libnettle.",
					    "libconfig.", NULL};

	if (daemon->settings->realtime && !daemon->was_refused_memory)
		images_lock_used(names);
}

void spare_give_back(struct daemon *daemon)
{
	unsigned instances = daemon->core_settings->instance_count;

	spare_give_back_libraries(daemon);
	GIVE_BACK(daemon->core.instances, instances);
	GIVE_BACK(daemon->core_settings->instances, instances);
	keeper_edge_give_back(daemon, instances);
	vrrp_edge_give_back(daemon, instances);
	runner_edge_give_back(daemon);
	give_back_alerts(&daemon->core, instances);
	/* between two steps there is nothing in it */
	GIVE_BACK(daemon->actions.list,
		  ACTIONS_ORDERS_OF(instances) + ACTIONS_WORDS_OF(instances));
}

/*
 * What was given back is not locked, and a reload may bring instances whose
 * places it was. A refusal is one that the pulse tries again and tells.
 */
void spare_change(struct daemon *daemon)
{
	if (!daemon->settings->realtime || daemon->refused & REALTIME_MEMORY)
		return;
	if (realtime_lock_memory() != 0) {
		daemon->refused_why = errno;
		daemon->refused |= REALTIME_MEMORY;
		daemon->memory_limit = 0;
	}
	spare_give_back(daemon);
}
