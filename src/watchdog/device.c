/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "device.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/watchdog.h>

#include "../base/device_refusal.h"

#define WATCHDOG_WHY_MAX 140

static int refuse(int fd, char *error, size_t size, const char *path,
		  const char *why)
{
	snprintf(error, size, "%.60s: %s", path, why);
	if (fd >= 0)
		close(fd);
	return -1;
}

/* A few know one time only: what it is counts. */
static int set_timeout(int fd, unsigned timeout_s)
{
	int seconds = (int)timeout_s;

	if (ioctl(fd, WDIOC_SETTIMEOUT, &seconds) != 0 ||
	    ioctl(fd, WDIOC_GETTIMEOUT, &seconds) != 0)
		seconds = 0;
	if (seconds <= 0 && ioctl(fd, WDIOC_GETTIMEOUT, &seconds) != 0)
		return -1;
	return seconds;
}

int watchdog_device_open(struct watchdog_device *device, const char *path,
			 unsigned timeout_s, char *error, size_t error_size)
{
	struct watchdog_info info = {.options = 0};
	struct stat file;
	int fd, seconds;

	device->fd = -1;
	if (stat(path, &file) != 0)
		return refuse(-1, error, error_size, path, strerror(errno));
	/* the open of anything else may wait, or do harm */
	if (!S_ISCHR(file.st_mode))
		return refuse(-1, error, error_size, path,
			      "is no character device");
	fd = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0) {
		char why[WATCHDOG_WHY_MAX];

		snprintf(why, sizeof(why), "%s%s", strerror(errno),
			 errno == EBUSY ? ": another program has it (systemd, "
					  "with RuntimeWatchdogSec?)"
					: device_refusal(errno));
		return refuse(-1, error, error_size, path, why);
	}
	if (ioctl(fd, WDIOC_GETSUPPORT, &info) != 0)
		return refuse(fd, error, error_size, path, "is no watchdog");
	device->fd = fd;
	device->is_magic = (info.options & WDIOF_MAGICCLOSE) != 0;
	snprintf(device->name, sizeof(device->name), "%.32s", info.identity);
	seconds = set_timeout(fd, timeout_s);
	if (seconds <= 0) {
		watchdog_device_disarm(device);
		return refuse(-1, error, error_size, path,
			      "does not say when it resets the machine");
	}
	device->timeout_s = (unsigned)seconds;
	return 0;
}

static bool put(int fd, char byte)
{
	ssize_t n;

	do
		n = write(fd, &byte, 1);
	while (n < 0 && errno == EINTR);
	return n == 1;
}

bool watchdog_device_feed(const struct watchdog_device *device)
{
	return put(device->fd, '.'); /* anything but the magic one */
}

bool watchdog_device_disarm(struct watchdog_device *device)
{
	bool done = put(device->fd, 'V');

	done = close(device->fd) == 0 && done;
	device->fd = -1;
	return done;
}
