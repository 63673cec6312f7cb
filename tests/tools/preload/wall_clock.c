/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A wall clock that somebody sets, for LD_PRELOAD. All other clocks stay what
 * they are, as in a kernel.
 *
 * TWINBEAT_WALL_CLOCK=path: a file of eight bytes, the seconds by which this
 * clock is ahead of the machine's; it may change at any time.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *ahead_s;

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("TWINBEAT_WALL_CLOCK");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *map;

	if (fd < 0)
		return;
	map = mmap(NULL, sizeof(*ahead_s), PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (map != MAP_FAILED)
		ahead_s = map;
}

int clock_gettime(clockid_t clock, struct timespec *at)
{
	int result = (int)syscall(SYS_clock_gettime, clock, at);

	if (result == 0 && ahead_s &&
	    (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
		at->tv_sec += *ahead_s;
	return result;
}

time_t time(time_t *result)
{
	struct timespec at;

	clock_gettime(CLOCK_REALTIME, &at);
	if (result)
		*result = at.tv_sec;
	return at.tv_sec;
}

int gettimeofday(struct timeval *restrict result, void *restrict zone)
{
	struct timespec at;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &at);
	result->tv_sec = at.tv_sec;
	result->tv_usec = at.tv_nsec / 1000;
	return 0;
}
