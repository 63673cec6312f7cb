/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sysctl.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int sysctl_read_conf(const char *family, const char *interface,
		     const char *name)
{
	char path[160], text[16];
	ssize_t size;
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/net/%s/conf/%s/%s", family,
		 interface, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	size = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (size <= 0 || text[0] < '0' || text[0] > '9')
		return -1;
	text[size] = '\0';
	return atoi(text);
}

int sysctl_larger_conf(const char *interface, const char *name)
{
	int own = sysctl_read_conf("ipv4", interface, name);
	int all = sysctl_read_conf("ipv4", "all", name);

	return own > all ? own : all;
}
