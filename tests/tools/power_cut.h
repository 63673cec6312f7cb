/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef POWER_CUT_H
#define POWER_CUT_H
/* What the loss of power means to a test node: its processes and its cables. */
#include <limits.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * The end of process 1 is the end of its namespace, but it takes a moment:
 * power is off when all of it is dead, not when the signal is sent.
 */
static unsigned kill_and_wait(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd ended = {fd, POLLIN, 0};

	if (fd < 0)
		return 0;
	(void)syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0);
	(void)poll(&ended, 1, 500);
	close(fd);
	return 1;
}

static unsigned kill_listed(const char *dir, unsigned plug)
{
	char path[512];
	unsigned killed = 0;
	FILE *file;
	long pid;

	if (dir == NULL)
		return 0;
	snprintf(path, sizeof(path), "%s/plug%u.pids", dir, plug);
	file = fopen(path, "re");
	if (file == NULL)
		return 0;
	while (fscanf(file, "%ld", &pid) == 1)
		if (pid > 1)
			killed += kill_and_wait((pid_t)pid);
	fclose(file);
	return killed;
}

/* A dead machine does not answer ARP: its cables go dark too. */
static void darken_listed(const char *dir, unsigned plug)
{
	char path[PATH_MAX];
	struct ifreq request;
	FILE *file;
	int fd;

	if (dir == NULL)
		return;
	snprintf(path, sizeof(path), "%s/plug%u.links", dir, plug);
	file = fopen(path, "re");
	if (file == NULL)
		return;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	memset(&request, 0, sizeof(request));
	while (fscanf(file, "%15s", request.ifr_name) == 1) {
		/* one that is dark already: not to wait for the kernel's lock
		 */
		if (ioctl(fd, SIOCGIFFLAGS, &request) < 0 ||
		    !(request.ifr_flags & IFF_UP))
			continue;
		request.ifr_flags &= (short)~IFF_UP;
		ioctl(fd, SIOCSIFFLAGS, &request);
	}
	close(fd);
	fclose(file);
}
#endif
