/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Makes a pty a watchdog: what a driver would answer. As shared object for
 * LD_PRELOAD; what is written, the test reads at the other end of the pty.
 *
 * TWINBEAT_SHIM_TIMEOUT=seconds: the only time that it knows.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/watchdog.h>

int ioctl(int fd, unsigned long request, ...);

static int timeout_s = 60;

int ioctl(int fd, unsigned long request, ...)
{
	const char *only = getenv("TWINBEAT_SHIM_TIMEOUT");
	struct watchdog_info *info;
	va_list list;
	void *argument;

	va_start(list, request);
	argument = va_arg(list, void *);
	va_end(list);

	if (!isatty(fd))
		return (int)syscall(SYS_ioctl, fd, request, argument);
	switch (request) {
	case WDIOC_GETSUPPORT:
		info = argument;
		memset(info, 0, sizeof(*info));
		info->options = WDIOF_MAGICCLOSE | WDIOF_SETTIMEOUT;
		snprintf((char *)info->identity, sizeof(info->identity),
			 "a pty");
		return 0;
	case WDIOC_SETTIMEOUT:
		timeout_s = only ? atoi(only) : *(int *)argument;
		*(int *)argument = timeout_s;
		return 0;
	case WDIOC_GETTIMEOUT:
		*(int *)argument = timeout_s;
		return 0;
	default:
		return (int)syscall(SYS_ioctl, fd, request, argument);
	}
}
