/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A kernel that has no room for one more watch (epoll_ctl(2), ENOSPC), for
 * LD_PRELOAD: none for a pidfd, in twinbeatd alone.
 *
 * TWINBEAT_BLIND=file: while that file is there.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

static int is_pidfd(int fd)
{
	char path[40], what[64];
	ssize_t size;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	size = readlink(path, what, sizeof(what) - 1);
	what[size > 0 ? size : 0] = '\0';
	/* anon_inode:[pidfd], or pidfd:[NUMBER] since Linux 6.9 */
	return strstr(what, "pidfd") != NULL;
}

int epoll_ctl(int epoll_fd, int order, int fd, struct epoll_event *event)
{
	const char *file = getenv("TWINBEAT_BLIND");

	if (order == EPOLL_CTL_ADD && file != NULL && access(file, F_OK) == 0 &&
	    strcmp(program_invocation_short_name, "twinbeatd") == 0 &&
	    is_pidfd(fd)) {
		errno = ENOSPC;
		return -1;
	}
	return (int)syscall(SYS_epoll_ctl, epoll_fd, order, fd, event);
}
