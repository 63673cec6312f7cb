/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The one way into the core, and its orders out to the edges, in their order.
 * Decides nothing. An edge that fails while it carries out an order owes the
 * core an event; it is delivered after the list, never from within.
 */
#include <stdio.h>
#include <time.h>

#include "daemon.h"
#include "link_edge.h"
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
	link_edge_discard(daemon);
	hear_edge_discard(daemon);
	for (unsigned i = 0; i < daemon->settings->instance_count; i++)
		vrrp_discard(daemon->vrrp[i].vrrp);
}

/* cause: the last thing told before it, which a notification belongs to. */
static void carry_out(struct daemon *daemon, const struct action *action,
		      const struct action *cause)
{
	switch (action->type) {
	case ACTION_SEND_BEAT:
		link_edge_send(daemon, action->send.link, &action->send.beat);
		break;
	case ACTION_SEND_ADVERT:
		vrrp_edge_send(daemon, action->instance, action->priority);
		break;
	case ACTION_CLAIM:
		keeper_claim(daemon, &action->permit);
		break;
	case ACTION_RELEASE:
		keeper_order(daemon, KEEPER_RELEASE, action->instance);
		break;
	case ACTION_LOOK:
		keeper_look(daemon, action->instance);
		break;
	case ACTION_ANNOUNCE:
		keeper_order(daemon, KEEPER_ANNOUNCE, action->instance);
		break;
	case ACTION_OBITUARY:
		keeper_take_will(daemon, &action->send.beat);
		break;
	case ACTION_FENCE:
		fencer_ask(daemon, action);
		break;
	case ACTION_PROBE:
		hear_edge_probe(daemon, action->probe.interface,
				action->probe.on);
		break;
	case ACTION_DISCARD_LINKS:
		discard_links(daemon);
		break;
	case ACTION_SAVE:
		runner_save(daemon);
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
	case ACTION_NOTIFY:
		runner_notify(daemon, action, cause);
		break;
	case ACTION_REPLY:
		control_reply(daemon, action);
		break;
	case ACTION_EXIT:
		daemon->exiting = true;
		break;
	}
}

static void step(struct daemon *daemon, struct event *event)
{
	struct actions *actions = &daemon->actions;
	const struct action *cause = NULL;
	bool is_news = false;

	event->now_us = clock_now_us();
	event->realtime_s = (int64_t)time(NULL);
	core_step(&daemon->core, event, actions);
	for (unsigned i = 0; i < actions->count; i++) {
		const struct action *action = &actions->list[i];

		carry_out(daemon, action, cause);
		if (action->type == ACTION_TRACE ||
		    action->type == ACTION_ALERT)
			cause = action;
		is_news = is_news || action->type == ACTION_TRACE;
	}
	/* once, not for each of 64 instances: READY and WATCHDOG go there, too
	 */
	if (is_news)
		tell_service(daemon);
	/* after all of it: no claim waits until it is written down */
	for (unsigned i = 0; i < actions->count; i++) {
		const struct action *action = &actions->list[i];

		if (action->type == ACTION_ALERT ||
		    (action->type == ACTION_TRACE && action->trace.kind))
			runner_history(daemon, action, event->now_us);
	}
}

static bool feed_owed(struct daemon *daemon)
{
	return link_edge_feed_owed(daemon) || vrrp_edge_feed_owed(daemon) ||
	       fencer_feed_refused(daemon) || keeper_feed_look(daemon);
}

void daemon_feed(struct daemon *daemon, struct event *event)
{
	bool is_outermost = !daemon->feeding;

	if (daemon->exiting)
		return;
	daemon->feeding = true;
	step(daemon, event);
	if (!is_outermost)
		return;
	for (unsigned i = 0; i < OWED_ROUNDS && !daemon->exiting; i++)
		if (!feed_owed(daemon))
			break;
	daemon->feeding = false;
}
