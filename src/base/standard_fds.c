/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * No descriptor of ours may ever be 0, 1 or 2. A machine without /dev/null is
 * no reason not to start: the numbers are taken by whatever can be opened.
 */
#include <fcntl.h>
#include <unistd.h>

#include "standard_fds.h"

void standard_fds_open(void)
{
	int fd;

	/* open() gives the lowest that is free */
	do {
		fd = open("/dev/null", O_RDWR | O_NOCTTY);
		if (fd < 0)
			fd = open("/", O_RDONLY | O_DIRECTORY);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}
