/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who serves after a command that may have moved the addresses: a takeover is
 * given a moment, then what is so is said, and what nobody serves waits for.
 */
#include <string.h>
#include <time.h>

#include "served.h"
#include "../status/verdict.h"

#define TRIES  15
#define NAP_NS 100000000

static void add_waits(const json_t *status, char *text, size_t size)
{
	const json_t *instance;
	size_t used, i;

	json_array_foreach(json_object_get(status, "instances"), i, instance)
	{
		const char *waits = client_string(instance, "waiting_for");

		used = strlen(text);
		if (!waits[0])
			continue;
		snprintf(text + used, size - used, " (%s waits for %s)",
			 client_string(instance, "name"), waits);
		return; /* the others wait for the same, mostly */
	}
}

bool served_wait(const struct cli *cli, bool may_change, char *text,
		 size_t size)
{
	const struct timespec nap = {.tv_nsec = NAP_NS};
	bool all = false;
	int code;

	text[0] = '\0';
	for (int i = 0; i < TRIES && !all; i++) {
		json_t *status = client_status(cli, true, &code);

		if (!status)
			break;
		all = verdict_servers(status, text, size);
		if (!all && (!may_change || i == TRIES - 1))
			add_waits(status, text, size);
		json_decref(status);
		if (!may_change)
			break;
		if (!all)
			nanosleep(&nap, NULL);
	}
	return all;
}
