/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * twinbeat-watchdog: feeds a watchdog device while the main loop of twinbeatd
 * turns (R12c), and for no other reason. A driver may be slow: only this
 * program waits then. It decides nothing. When the main process ends in order,
 * and the addresses are gone, the device is disarmed; when it dies or stands
 * still, nobody feeds, and the machine is reset.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "device.h"
#include "../base/clock.h"
#include "../base/message.h"
#include "../base/privileges.h"
#include "../base/realtime.h"
#include "../base/signals.h"
#include "../base/standard_fds.h"
#include "../ipc/watchdog_msg.h"
#include "../settings/settings.h"
#include "../settings/snapshot.h"

#define PRIORITY	20
#define RETRY_MS	5000
#define TRIES_A_TIMEOUT 4 /* of one that is armed already, by another */

struct program {
	const struct settings *settings;
	struct watchdog_device device;
	int64_t open_us; /* when it is tried again */
	int retry_ms;
	char told[WATCHDOG_TEXT_MAX];
};

static void tell(struct program *program, enum watchdog_event_type type,
		 const char *text)
{
	struct watchdog_event event = {.type = type,
				       .timeout_s = program->device.timeout_s};

	/* the same trouble is told once */
	if (strcmp(program->told, text) == 0)
		return;
	snprintf(program->told, sizeof(program->told), "%s", text);
	snprintf(event.text, sizeof(event.text), "%s", text);
	if (message_send(WATCHDOG_FD_SOCKET, &event, sizeof(event)) !=
	    MESSAGE_OK)
		program->told[0] = '\0'; /* at the next try */
}

static void open_device(struct program *program)
{
	const struct settings *settings = program->settings;
	char text[WATCHDOG_TEXT_MAX];

	assert(settings != NULL);
	program->open_us = clock_now_us() + program->retry_ms * INT64_C(1000);
	if (watchdog_device_open(&program->device, settings->watchdog.device,
				 settings->watchdog.timeout_s, text,
				 sizeof(text)) != 0) {
		tell(program, WATCHDOG_TROUBLE, text);
		return;
	}
	snprintf(text, sizeof(text), "%.100s (%s)%s", settings->watchdog.device,
		 program->device.name,
		 program->device.is_magic
			 ? ""
			 : ", which any end of its program disarms");
	tell(program, WATCHDOG_ARMED, text);
}

/* One that lay in the socket while we stood still says nothing of now. */
static bool is_fresh(const struct program *program, int64_t at_us)
{
	int64_t age_us = clock_now_us() - at_us;

	return age_us >= 0 &&
	       age_us <= program->device.timeout_s * INT64_C(1000000) / 2;
}

static void feed(struct program *program, int64_t at_us)
{
	char text[WATCHDOG_TEXT_MAX];

	if (program->device.fd < 0 || !is_fresh(program, at_us) ||
	    watchdog_device_feed(&program->device))
		return;
	snprintf(text, sizeof(text), "%.100s takes no write: %s",
		 program->settings->watchdog.device, strerror(errno));
	tell(program, WATCHDOG_TROUBLE, text);
}

/* No room: who does not read our answers does not miss one. */
static void answer(void)
{
	const struct watchdog_event event = {.type = WATCHDOG_READ};

	(void)message_send(WATCHDOG_FD_SOCKET, &event, sizeof(event));
}

/* False: the end. */
static bool take_requests(struct program *program)
{
	struct watchdog_request request;

	for (;;) {
		switch (message_receive(WATCHDOG_FD_SOCKET, &request,
					sizeof(request))) {
		case MESSAGE_NONE:
			return true;
		case MESSAGE_GONE:
			return false;
		case MESSAGE_WRONG:
			continue;
		case MESSAGE_OK:
			break;
		}
		if (request.type == WATCHDOG_FEED) {
			feed(program, request.at_us);
			answer();
		}
		if (request.type != WATCHDOG_DISARM)
			continue;
		if (program->device.fd >= 0 &&
		    !watchdog_device_disarm(&program->device))
			fprintf(stderr,
				"twinbeat-watchdog: %s cannot be disarmed: %s: "
				"it may reset this machine\n",
				program->settings->watchdog.device,
				strerror(errno));
		return false;
	}
}

static bool turn(struct program *program)
{
	struct pollfd polled[] = {{.fd = WATCHDOG_FD_SOCKET, .events = POLLIN},
				  {.fd = WATCHDOG_FD_PARENT, .events = POLLIN}};
	bool is_open = program->device.fd >= 0;

	if (!is_open && clock_now_us() >= program->open_us)
		open_device(program);
	if (poll(polled, 2, is_open ? -1 : program->retry_ms) < 0)
		return true;
	/* its last word first: it may have ended in order */
	if (polled[0].revents && !take_requests(program))
		return false;
	return polled[1].revents == 0;
}

int main(void)
{
	static struct program program = {.device.fd = -1};

	standard_fds_open();
	program.settings = settings_map_again(WATCHDOG_FD_SETTINGS);
	if (program.settings == NULL ||
	    program.settings->watchdog.device[0] == '\0') {
		fprintf(stderr, "twinbeat-watchdog: it is started by "
				"twinbeatd, not by hand\n");
		return 2;
	}
	for (int fd = WATCHDOG_FD_SOCKET; fd <= WATCHDOG_FD_PARENT; fd++)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	/* one that a program before us has armed is to be fed in its time */
	program.retry_ms = (int)program.settings->watchdog.timeout_s * 1000 /
			   TRIES_A_TIMEOUT;
	if (program.retry_ms > RETRY_MS)
		program.retry_ms = RETRY_MS;
	signals_ignore();
	privileges_settle(PRIVILEGES_WATCHDOG, "twinbeat-watchdog");
	if (program.settings->realtime &&
	    realtime_enter_on_fault(PRIORITY) != 0)
		fprintf(stderr,
			"twinbeat-watchdog: no real-time priority or no locked "
			"memory: %s; on a busy machine it may feed too late\n",
			strerror(errno));
	while (turn(&program))
		continue;
	/* not disarmed here: whoever dies leaves it armed */
	return 0;
}
