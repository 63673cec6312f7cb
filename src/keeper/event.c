/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the keeper says: events to the main process, lines to stderr. Neither
 * may ever hold it up: a main process that does not read, or a log that is
 * full, must not keep a VIP alive.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "keeper.h"

#define LINES_PER_SECOND 20

static bool event_write(const struct keeper_event *event)
{
	return send(KEEPER_FD_SOCKET, event, sizeof(*event),
		    MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)sizeof(*event);
}

/*
 * Order is kept. KEEPER_ALIVE is worth nothing later. When the box is full the
 * oldest goes: main has not read a hundred events and will have to look anew.
 */
void event_send(struct keeper *keeper, const struct keeper_event *event)
{
	struct keeper_event out = *event;

	if (keeper->socket_closed)
		return;
	if (out.at_us == 0)
		out.at_us = clock_now_us();
	if (keeper->waiting == 0 && event_write(&out))
		return;
	if (out.type == KEEPER_ALIVE)
		return;
	if (keeper->waiting == OUTBOX_MAX) {
		keeper_log("the main process does not read; the event of type "
			   "%u was dropped",
			   keeper->outbox[0].type);
		keeper->waiting--;
		memmove(keeper->outbox, keeper->outbox + 1,
			keeper->waiting * sizeof(keeper->outbox[0]));
	}
	keeper->outbox[keeper->waiting++] = out;
}

void event_flush(struct keeper *keeper)
{
	unsigned sent = 0;

	while (sent < keeper->waiting && event_write(&keeper->outbox[sent]))
		sent++;
	if (sent == 0)
		return;
	keeper->waiting -= sent;
	memmove(keeper->outbox, keeper->outbox + sent,
		keeper->waiting * sizeof(keeper->outbox[0]));
}

void keeper_log(const char *format, ...)
{
	static int64_t second_us;
	static unsigned lines, dropped;
	struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};
	char line[400];
	int64_t now_us = clock_now_us();
	size_t used;
	va_list list;
	ssize_t ignored;

	if (now_us - second_us >= SECOND_US) {
		second_us = now_us;
		lines = 0;
	}
	/* A pipe that poll() finds writable takes a line without waiting. */
	if (lines++ >= LINES_PER_SECOND || poll(&out, 1, 0) != 1 ||
	    (out.revents & POLLOUT) == 0) {
		dropped++;
		return;
	}
	used = (size_t)snprintf(line, sizeof(line), "twinbeat-keeper: ");
	if (dropped > 0)
		used += (size_t)snprintf(line + used, sizeof(line) - used,
					 "(%u lines dropped) ", dropped);
	dropped = 0;
	va_start(list, format);
	vsnprintf(line + used, sizeof(line) - used - 1, format, list);
	va_end(list);
	used = strlen(line);
	line[used++] = '\n';
	ignored = write(STDERR_FILENO, line, used);
	(void)ignored;
}

const char *address_name(const struct keeper *keeper, unsigned which,
			 char *name)
{
	const struct settings_address *address =
		&keeper->settings->addresses[which];
	char ip[IP_TEXT_MAX];

	snprintf(name, NAME_MAX_IP, "%.45s/%u on %.15s",
		 ip_format(&address->ip, ip), address->prefix, address->dev);
	return name;
}

void text_append(char *text, size_t size, const char *name, const char *why)
{
	const char more[] = "; ...";
	size_t used = strlen(text);
	int n;

	/* Room for the mark is kept: once it stands, nothing follows. */
	if (used >= sizeof(more) - 1 &&
	    strcmp(text + used - (sizeof(more) - 1), more) == 0)
		return;
	n = snprintf(text + used, size - used, "%s%s%s%s", used ? "; " : "",
		     name, why[0] ? ": " : "", why);
	if (n < 0 || used + (size_t)n + sizeof(more) > size)
		snprintf(text + used, size - used, "%s", used ? more : name);
}
