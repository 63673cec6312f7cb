/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R12c: nobody but the main loop says that it turns, and it says so after all
 * that was due in this turn. A message that finds no room is none: who reads
 * nothing feeds nothing.
 */
#include "watchdog_edge.h"

#include <stdio.h>

#include "daemon.h"
#include "helpers.h"
#include "../base/log.h"
#include "../base/message.h"
#include "../ipc/watchdog_msg.h"

#define EVENTS_A_TURN	4
#define FEEDS_A_TIMEOUT 4

static struct helper *helper_of(const struct daemon *daemon)
{
	return &daemon->helpers[HELPER_WATCHDOG];
}

bool watchdog_edge_is_wanted(const struct daemon *daemon)
{
	return daemon->settings->watchdog.device[0] != '\0';
}

static void tell_core(struct daemon *daemon, const char *text)
{
	struct event event = {.type = EVENT_WATCHDOG_CHANGED,
			      .process.text = text};

	daemon_feed(daemon, &event);
}

static void send(struct daemon *daemon, enum watchdog_request_type type)
{
	const struct watchdog_request request = {.type = type,
						 .at_us = clock_now_us()};

	if (helper_of(daemon)->socket.fd >= 0)
		(void)message_send(helper_of(daemon)->socket.fd, &request,
				   sizeof(request));
}

void watchdog_edge_started(struct daemon *daemon)
{
	loop_set_timer(&daemon->loop, TIMER_FEED, clock_now_us());
}

void watchdog_edge_read(struct daemon *daemon)
{
	struct watchdog_event heard;
	char text[TEXT_MAX];
	unsigned left = EVENTS_A_TURN;

	while (helper_next(helper_of(daemon), &left, &heard, sizeof(heard))) {
		heard.text[sizeof(heard.text) - 1] = '\0';
		log_clean(heard.text);
		pulse_heard(daemon, HELPER_WATCHDOG);
		if (heard.type == WATCHDOG_READ)
			continue;
		if (heard.type == WATCHDOG_ARMED) {
			daemon->watchdog_is_armed = true;
			daemon->watchdog_timeout_s = heard.timeout_s;
			watchdog_edge_started(daemon); /* in its time */
			log_line(LOG_NOTICE,
				 "watchdog %s: armed: it resets this machine "
				 "%u s after this process has stood still",
				 heard.text, heard.timeout_s);
			tell_core(daemon, NULL);
		} else {
			snprintf(text, sizeof(text),
				 "watchdog %.120s: nothing resets this machine "
				 "if this process stands still",
				 heard.text);
			tell_core(daemon, text);
		}
	}
}

void watchdog_edge_ended(struct daemon *daemon, const char *why)
{
	struct event event = {.type = EVENT_PROCESS_DIED, .process.text = why};

	daemon->watchdog_is_armed = false;
	daemon_feed(daemon, &event);
}

/* Of the file, or what a device knows that is shorter. */
int64_t watchdog_edge_period_us(const struct daemon *daemon)
{
	unsigned timeout_s = daemon->settings->watchdog.timeout_s;

	if (daemon->watchdog_timeout_s > 0 &&
	    daemon->watchdog_timeout_s < timeout_s)
		timeout_s = daemon->watchdog_timeout_s;
	return timeout_s * INT64_C(1000000) / FEEDS_A_TIMEOUT;
}

void watchdog_edge_feed(struct daemon *daemon)
{
	int64_t period_us = watchdog_edge_period_us(daemon);

	watchdog_edge_read(daemon); /* its answers may lie there still */
	pulse_feed(daemon, period_us);
	send(daemon, WATCHDOG_FEED);
	loop_set_timer(&daemon->loop, TIMER_FEED, clock_now_us() + period_us);
}

void watchdog_edge_stop(struct daemon *daemon, bool is_safe)
{
	if (!watchdog_edge_is_wanted(daemon))
		return;
	if (is_safe) {
		send(daemon, WATCHDOG_DISARM);
		return;
	}
	/* R10: it asks to be fenced, and is */
	log_line(LOG_CRIT, "the addresses were not seen to go: the watchdog "
			   "stays armed and resets this machine");
}
