/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The checks of the runner. What they say is passed on as it is; when they say
 * nothing for CHECKS_SILENT_S, nobody knows whether this node is fit, and that
 * is no success (R3).
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "checks_edge.h"
#include "daemon.h"
#include "../base/log.h"
#include "../ipc/runner_msg.h"

static_assert((int)CHECKS_UNKNOWN == (int)CORE_CHECKS_UNKNOWN &&
		      (int)CHECKS_GOOD == (int)CORE_CHECKS_GOOD &&
		      (int)CHECKS_DOUBTED == (int)CORE_CHECKS_DOUBTED &&
		      (int)CHECKS_BAD == (int)CORE_CHECKS_BAD &&
		      (int)CHECKS_WORDS == (int)CORE_CHECKS,
	      "one word on both sides");

struct checks_edge {
	int64_t heard_us; /* 0 = not since the start */
	bool is_silent;	  /* and the core knows */
	uint32_t commit;  /* whose settings they check by */
};

int checks_edge_init(struct daemon *daemon)
{
	daemon->checks = calloc(1, sizeof(*daemon->checks));
	return daemon->checks ? 0 : -1;
}

void checks_edge_heard(struct daemon *daemon, const struct runner_event *heard)
{
	struct checks_edge *edge = daemon->checks;
	struct event event = {.type = EVENT_CHECKS_TOLD};
	char text[RUNNER_TEXT_MAX];

	if (heard->waiting != edge->commit)
		return; /* by old settings: another place, other checks */
	edge->heard_us = clock_now_us();
	/* after such a silence every instance is told anew (tracker.c) */
	edge->is_silent = false;
	if (heard->type != RUNNER_CHECKS ||
	    heard->id >= daemon->settings->instance_count || heard->error < 0 ||
	    heard->error >= CHECKS_WORDS ||
	    !daemon->core_settings->instances[heard->id].has_checks)
		return;
	snprintf(text, sizeof(text), "%.*s", (int)sizeof(heard->text) - 1,
		 heard->text);
	log_clean(text);
	event.checks.instance = heard->id;
	event.checks.is = (enum core_checks)heard->error;
	event.checks.text = text;
	daemon_feed(daemon, &event);
}

void checks_edge_changed(struct daemon *daemon, uint32_t commit)
{
	daemon->checks->commit = commit;
	daemon->checks->heard_us = clock_now_us();
	daemon->checks->is_silent = false;
}

void checks_edge_second(struct daemon *daemon)
{
	struct checks_edge *edge = daemon->checks;
	int64_t now_us = clock_now_us();
	struct event event = {.type = EVENT_CHECKS_TOLD};
	char text[RUNNER_TEXT_MAX];

	if (edge->heard_us == 0)
		edge->heard_us = now_us;
	if (edge->is_silent ||
	    now_us - edge->heard_us < CHECKS_SILENT_S * INT64_C(1000000))
		return;
	edge->is_silent = true;
	snprintf(text, sizeof(text),
		 "twinbeat-runner, which runs its checks, has said nothing for "
		 "%d s",
		 CHECKS_SILENT_S);
	event.checks.is = CORE_CHECKS_UNKNOWN;
	event.checks.text = text;
	for (unsigned i = 0; i < daemon->settings->instance_count; i++)
		if (daemon->core_settings->instances[i].has_checks) {
			event.checks.instance = i;
			daemon_feed(daemon, &event);
		}
}

void checks_edge_away(struct daemon *daemon)
{
	daemon->checks->heard_us = clock_now_us();
}
