/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A disk under load, for LD_PRELOAD: every fsync() takes some time longer.
 *
 * TWINBEAT_SLOW_DISK_MS=number: so many milliseconds.
 */
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int fsync(int fd)
{
	const char *text = getenv("TWINBEAT_SLOW_DISK_MS");
	long ms = text ? strtol(text, NULL, 10) : 0;
	struct timespec wait = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&wait, NULL);
	return (int)syscall(SYS_fsync, fd);
}
