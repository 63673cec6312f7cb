/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The one way into the core, and its orders out to the edges, in their order.
 * Decides nothing. An edge that fails while it carries out an order owes the
 * core an event; it is delivered after the list, never from within.
 */
#include <stdio.h>
#include <time.h>

#include "daemon.h"
#include "service.h"
#include "../base/log.h"

/* A link that fails at once each time must not keep us here. */
#define OWED_ROUNDS 8

static int severity_priority(enum core_severity severity)
{
	switch (severity) {
	case CORE_INFO:
		return LOG_INFO;
	case CORE_NOTICE:
		return LOG_NOTICE;
	case CORE_WARNING:
		return LOG_WARNING;
	case CORE_CRITICAL:
		break;
	}
	return LOG_CRIT;
}

static void tell_service(struct daemon *daemon)
{
	const struct core *core = &daemon->core;
	char text[200];

	snprintf(text, sizeof(text),
		 "STATUS=%s: owns %u of %u instances; %s %s", self_name(core),
		 owned_count(core), core->settings->instance_count,
		 peer_name(core), peer_state_name(core->peer.state));
	service_tell(text);
}

static void discard_links(struct daemon *daemon)
{
	const struct wiring *wiring = daemon->wiring;

	for (unsigned i = 0; i < wiring->module_count; i++)
		if (wiring->modules[i].discard)
			wiring->modules[i].discard(daemon);
}

/* What no module does; the rest is theirs. */
static void carry_out(struct daemon *daemon, const struct action *action,
		      const struct action *cause)
{
	switch (action->type) {
	case ACTION_DISCARD_LINKS:
		discard_links(daemon);
		break;
	case ACTION_TRACE:
		log_line(severity_priority(action->trace.severity), "%s",
			 action->text);
		break;
	case ACTION_ALERT:
		log_line(severity_priority(action->alert.severity),
			 "alert %s %s: %s", action->alert.name,
			 action->alert.raised ? "raised" : "cleared",
			 action->text);
		break;
	case ACTION_EXIT:
		daemon->loop.ended = true;
		break;
	default:
		daemon->wiring->carry_out(daemon, action, cause);
	}
}

void daemon_carry_out(struct daemon *daemon, int64_t now_us)
{
	const struct actions *actions = &daemon->actions;
	const struct action *cause = NULL;
	bool is_news = false;

	for (unsigned i = 0; i < actions->count; i++) {
		const struct action *action = &actions->list[i];

		carry_out(daemon, action, cause);
		if (action->type == ACTION_TRACE ||
		    action->type == ACTION_ALERT)
			cause = action;
		is_news = is_news || action->type == ACTION_TRACE;
	}
	/* once, not for each instance: READY and WATCHDOG go there, too */
	if (is_news)
		tell_service(daemon);
	/* after all of it: no claim waits until it is written down */
	for (unsigned i = 0; i < actions->count; i++) {
		const struct action *action = &actions->list[i];

		if (action->type == ACTION_ALERT ||
		    (action->type == ACTION_TRACE && action->trace.kind))
			daemon->wiring->record(daemon, action, now_us);
	}
}

static void step(struct daemon *daemon, struct event *event)
{
	event->now_us = clock_now_us();
	event->realtime_s = (int64_t)time(NULL);
	core_step(&daemon->core, event, &daemon->actions);
	daemon_carry_out(daemon, event->now_us);
}

static bool feed_owed(struct daemon *daemon)
{
	for (unsigned i = 0; i < daemon->asked.feed_owed_count; i++)
		if (daemon->asked.feed_owed[i](daemon))
			return true;
	return false;
}

void daemon_feed(struct daemon *daemon, struct event *event)
{
	bool is_outermost = !daemon->feeding;

	if (daemon->loop.ended)
		return;
	daemon->feeding = true;
	step(daemon, event);
	if (!is_outermost)
		return;
	for (unsigned i = 0; i < OWED_ROUNDS && !daemon->loop.ended; i++)
		if (!feed_owed(daemon))
			break;
	daemon->feeding = false;
}
