/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../base/log.h"
#include "../base/message.h"
#include "../base/spawn.h"
#include "carrier.h"

#define PROGRAM	      "twinbeat-notifier"
#define WINDOW	      64 /* so many are sent before one is acknowledged */
#define WAIT_FIRST_US 1000000
#define WAIT_LAST_US  60000000
#define DEATHS_MAX    3 /* before somebody is told */

/* Something waits here, or on disk, for somebody. */
static bool is_wanted(const struct carrier *carrier)
{
	return carrier->outbox.count > 0 || (carrier->receiver_count > 0 &&
					     access(carrier->queue, F_OK) == 0);
}

void carrier_begin(struct carrier *carrier, const struct settings *settings,
		   const char *state_path)
{
	const char *slash = strrchr(state_path, '/');

	carrier->settings = settings;
	carrier->socket = carrier->pidfd = -1;
	carrier->outbox.room = carrier->room;
	carrier->outbox.size = sizeof(carrier->room);
	snprintf(carrier->queue, sizeof(carrier->queue), "%.*s/" NOTIFIER_QUEUE,
		 (int)(slash - state_path), state_path);
	carrier->receiver_count =
		settings_receivers(settings, carrier->receivers);
	carrier->start_us = is_wanted(carrier) ? 0 : INT64_MAX;
}

void carrier_change(struct carrier *carrier, const struct settings *settings)
{
	carrier->settings = settings;
	carrier->receiver_count =
		settings_receivers(settings, carrier->receivers);
	if (carrier->socket >= 0)
		close(carrier->socket);
	carrier->socket = -1;
	while (carrier->receiver_count == 0 && carrier->outbox.count > 0)
		outbox_pop(&carrier->outbox); /* nobody is to be told */
	/* its end starts the next, if there is need */
	carrier->is_replaced = carrier->pidfd >= 0;
	if (carrier->is_replaced)
		return;
	carrier->sent = 0;
	carrier->start_us = is_wanted(carrier) ? 0 : INT64_MAX;
}

bool carrier_add(struct carrier *carrier, const char *text, size_t size,
		 const struct notice *notice)
{
	const struct settings_told told = notice_told(notice);
	bool wanted = false;

	for (unsigned i = 0; i < carrier->receiver_count; i++)
		wanted = wanted ||
			 settings_receiver_wants(carrier->settings,
						 &carrier->receivers[i], &told);
	if (!wanted)
		return true;
	if (carrier->start_us == INT64_MAX)
		carrier->start_us = 0;
	if (outbox_put(&carrier->outbox, text, size, 0)) {
		if (carrier->dropped)
			runner_log(LOG_WARNING,
				   "notify: %" PRIu64 " events before event "
				   "%" PRIu64 " were dropped: " PROGRAM
				   " took none",
				   carrier->dropped, notice->seq);
		carrier->dropped = 0;
		return true;
	}
	carrier->dropped++;
	return false;
}

/* Nobody is told anything: each receiver's state says so. */
static void tell_all(struct carrier *carrier, const char *text)
{
	for (unsigned i = 0; i < carrier->receiver_count; i++)
		carrier->tell(i, RECEIVER_FAILING, carrier->outbox.count, text);
}

static void carrier_failed(struct carrier *carrier, const char *text)
{
	carrier->wait_us =
		carrier->wait_us ? carrier->wait_us * 2 : WAIT_FIRST_US;
	if (carrier->wait_us > WAIT_LAST_US)
		carrier->wait_us = WAIT_LAST_US;
	carrier->start_us = clock_now_us() + carrier->wait_us;
	runner_log(LOG_ERR, "notify: %s; again in %" PRId64 " s", text,
		   carrier->wait_us / 1000000);
	if (++carrier->deaths >= DEATHS_MAX)
		tell_all(carrier, text);
}

static void carrier_start(struct carrier *carrier)
{
	struct spawn spawn = {.argv = {PROGRAM, carrier->queue},
			      .stderr_fd = carrier->output,
			      .fd_count = 3};
	char error[700];
	int pair[2];

	if (spawn_find(PROGRAM, spawn.path, sizeof(spawn.path), error,
		       sizeof(error)) < 0) {
		carrier->deaths = DEATHS_MAX;
		carrier_failed(carrier, error);
		return;
	}
	if (message_pair(pair) < 0) {
		carrier_failed(carrier, strerror(errno));
		return;
	}
	spawn.fds[0] = pair[1];
	spawn.fds[1] = RUNNER_FD_SETTINGS;
	spawn.fds[2] = carrier->self_fd;
	if (spawn_start(&spawn, &carrier->pidfd, error, sizeof(error)) < 0) {
		close(pair[0]);
		carrier->pidfd = -1;
		carrier_failed(carrier, error);
	} else {
		carrier->socket = pair[0];
		carrier->sent = 0;
	}
	close(pair[1]);
}

static void carrier_send(struct carrier *carrier)
{
	char text[NOTICE_JSON_MAX];
	size_t size;

	while (carrier->sent < WINDOW &&
	       (size = outbox_look_at(&carrier->outbox, carrier->sent, text,
				      sizeof(text))) > 0 &&
	       message_send(carrier->socket, text, size) == MESSAGE_OK)
		carrier->sent++;
}

void carrier_step(struct carrier *carrier)
{
	if (carrier->pidfd < 0 && carrier->start_us <= clock_now_us())
		carrier_start(carrier);
	if (carrier->socket >= 0)
		carrier_send(carrier);
}

static void take_event(struct carrier *carrier,
		       const struct notifier_event *event)
{
	if (event->type == NOTIFIER_RECEIVER) {
		if (event->receiver < carrier->receiver_count)
			carrier->tell(event->receiver, event->state,
				      event->waiting, event->text);
		return;
	}
	for (uint32_t i = 0; event->type == NOTIFIER_TAKEN &&
			     i < event->count && carrier->sent > 0;
	     i++) {
		outbox_pop(&carrier->outbox);
		carrier->sent--;
	}
	carrier->deaths = 0;
	carrier->wait_us = 0;
}

void carrier_read(struct carrier *carrier)
{
	struct notifier_event event;

	for (unsigned i = 0; i < WINDOW && carrier->socket >= 0; i++)
		switch (message_receive(carrier->socket, &event,
					sizeof(event))) {
		case MESSAGE_OK:
			event.text[sizeof(event.text) - 1] = '\0';
			log_clean(event.text);
			take_event(carrier, &event);
			break;
		case MESSAGE_WRONG:
			break;
		case MESSAGE_NONE:
			return;
		case MESSAGE_GONE:
			/* its end is told by the pidfd */
			close(carrier->socket);
			carrier->socket = -1;
			return;
		}
}

void carrier_reap(struct carrier *carrier)
{
	char how[100], text[160];
	int status;

	if (spawn_reap(carrier->pidfd, how, sizeof(how), &status) < 0)
		return;
	carrier_read(carrier);
	close(carrier->pidfd);
	if (carrier->socket >= 0)
		close(carrier->socket);
	carrier->pidfd = carrier->socket = -1;
	carrier->sent = 0;
	carrier->start_us =
		carrier->outbox.count > 0 ||
				(carrier->is_replaced && is_wanted(carrier))
			? 0
			: INT64_MAX;
	carrier->is_replaced = false;
	if (status == 0)
		return;
	snprintf(text, sizeof(text), PROGRAM " %s", how);
	carrier_failed(carrier, text);
}
