/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sync threads: both kinds on both nodes (D8), so that nothing is to be
 * switched at a takeover, and no queue of unsent connections is thrown away.
 */
#include "director.h"

#include <stdio.h>
#include <string.h>

static bool is_as_wanted(const struct ipvs_sync *is,
			 const struct ipvs_sync *wanted)
{
	return is->is_there && is->id == wanted->id &&
	       is->port == wanted->port && is->ttl == wanted->ttl &&
	       is->maxlen == wanted->maxlen &&
	       ip_compare(&is->group, &wanted->group) == 0 &&
	       strcmp(is->interface, wanted->interface) == 0;
}

int sync_run(const struct settings *settings, bool serves, struct ipvs *ipvs,
	     char *error, size_t error_size)
{
	const struct settings_director_sync *sync = &settings->director.sync;
	struct ipvs_sync is[SYNC_KINDS], wanted = {.is_there = true};
	int started = 0;

	if (!sync->configured)
		return 0;
	if (ipvs_read_sync(ipvs, is) != 0)
		goto fail;
	snprintf(wanted.interface, sizeof(wanted.interface), "%s",
		 sync->interface);
	wanted.maxlen = sync->maxlen;
	wanted.port = sync->port;
	wanted.ttl = sync->ttl;
	(void)ip_parse(sync->group, &wanted.group);
	/* the backup first: it hears what the other one sends now */
	for (int kind = SYNC_BACKUP; kind >= SYNC_MASTER; kind--) {
		unsigned node = kind == SYNC_MASTER ? settings->self
						    : 1u - settings->self;

		wanted.id = 1 + node;
		wanted.is_there = sync->role == SYNC_ROLE_BOTH ||
				  serves == (kind == SYNC_MASTER);
		if (wanted.is_there ? is_as_wanted(&is[kind], &wanted)
				    : !is[kind].is_there)
			continue;
		if (is[kind].is_there &&
		    ipvs_stop_sync(ipvs, (enum ipvs_sync_kind)kind,
				   is[kind].id) != 0)
			goto fail;
		if (!wanted.is_there)
			continue;
		if (ipvs_start_sync(ipvs, (enum ipvs_sync_kind)kind, &wanted) !=
		    0)
			goto fail;
		started++;
	}
	return started;
fail:
	snprintf(error, error_size, "%s (interface %s)", ipvs->why,
		 sync->interface);
	return -1;
}
