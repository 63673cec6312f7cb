/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * systemd's readiness and watchdog (sd_notify(3)) by hand: one datagram to
 * $NOTIFY_SOCKET each. libsystemd would lock 3 MB for this. Never waits; what
 * is not taken is not said.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "daemon.h"
#include "service.h"

static struct {
	int fd;
	struct sockaddr_un address;
	socklen_t size;
	int64_t watchdog_us;
} service = {.fd = -1};

static void find_watchdog(void)
{
	const char *usec = getenv("WATCHDOG_USEC"),
		   *pid = getenv("WATCHDOG_PID");

	if (!usec || (pid && strtol(pid, NULL, 10) != getpid()))
		return;
	service.watchdog_us = strtoll(usec, NULL, 10);
	if (service.watchdog_us < 0)
		service.watchdog_us = 0;
}

void service_begin(void)
{
	const char *path = getenv("NOTIFY_SOCKET");
	size_t length = path ? strlen(path) : 0;

	find_watchdog();
	/* '@' stands for the zero byte of an abstract address */
	if (length < 2 || length >= sizeof(service.address.sun_path) ||
	    (path[0] != '/' && path[0] != '@'))
		return;
	service.address.sun_family = AF_UNIX;
	memcpy(service.address.sun_path, path, length);
	service.size =
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
	if (path[0] == '@')
		service.address.sun_path[0] = '\0';
	else
		service.size++;
	service.fd =
		socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	/* hooks and helpers have nothing to say to it */
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

int64_t service_watchdog_us(void)
{
	return service.fd < 0 ? 0 : service.watchdog_us;
}

int64_t service_monotonic_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void service_tell(const char *text)
{
	if (service.fd >= 0)
		sendto(service.fd, text, strlen(text),
		       MSG_DONTWAIT | MSG_NOSIGNAL,
		       (const struct sockaddr *)&service.address, service.size);
}
