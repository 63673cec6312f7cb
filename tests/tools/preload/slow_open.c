/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A driver that hangs, and a kernel whose RTNL lock is held, for LD_PRELOAD:
 * open(), tcsetattr(), tcflush() and close() of a tty, joining and leaving of
 * multicast groups (setsockopt, and close of a socket that joined) take some
 * time longer, in whatever program calls them. A close waits only in the
 * program that has not handed the descriptor on: another's is the last one. The
 * keeper's is a duplicate of one that was handed on before it was told to
 * close.
 *
 * TWINBEAT_SLOW_OPEN=file: the milliseconds stand in that file; no file, no
 * wait.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#ifndef SOL_PACKET
#define SOL_PACKET 263
#endif
#ifndef PACKET_ADD_MEMBERSHIP
#define PACKET_ADD_MEMBERSHIP 1
#endif

#define FDS_MAX 1024
static unsigned char joined[FDS_MAX], handed_on[FDS_MAX];

static void wait_here(void)
{
	const char *path = getenv("TWINBEAT_SLOW_OPEN");
	char text[16] = "";
	struct timespec wait;
	int fd;
	long ms;

	fd = path ? (int)syscall(SYS_openat, AT_FDCWD, path,
				 O_RDONLY | O_CLOEXEC)
		  : -1;
	if (fd < 0)
		return;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	syscall(SYS_close, fd);
	ms = strtol(text, NULL, 10);
	wait = (struct timespec){ms / 1000, ms % 1000 * 1000000};
	nanosleep(&wait, NULL);
}

int open(const char *path, int flags, ...)
{
	int mode = 0;
	va_list list;

	va_start(list, flags);
	if (flags & O_CREAT)
		mode = va_arg(list, int);
	va_end(list);
	if (flags & O_NOCTTY)
		wait_here();
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

static int is_tty(int fd)
{
	struct termios now;

	return tcgetattr(fd, &now) == 0;
}

int close(int fd)
{
	int is_last = fd < 0 || fd >= FDS_MAX || !handed_on[fd];

	is_last = is_last &&
		  strcmp(program_invocation_short_name, "twinbeat-keeper") != 0;

	if (is_last && ((fd >= 0 && fd < FDS_MAX && joined[fd]) || is_tty(fd)))
		wait_here();
	if (fd >= 0 && fd < FDS_MAX)
		joined[fd] = handed_on[fd] = 0;
	return (int)syscall(SYS_close, fd);
}

ssize_t sendmsg(int fd, const struct msghdr *header, int flags)
{
	struct msghdr copy = *header;

	for (struct cmsghdr *at = CMSG_FIRSTHDR(&copy); at != NULL;
	     at = CMSG_NXTHDR(&copy, at)) {
		size_t count = (at->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (at->cmsg_level != SOL_SOCKET || at->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < count; i++) {
			int one;

			memcpy(&one, CMSG_DATA(at) + i * sizeof(int),
			       sizeof(one));
			if (one >= 0 && one < FDS_MAX)
				handed_on[one] = 1;
		}
	}
	return syscall(SYS_sendmsg, fd, header, flags);
}

int tcflush(int fd, int queue)
{
	if (queue != TCIFLUSH)
		wait_here();
	return (int)syscall(SYS_ioctl, fd, TCFLSH, queue);
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t size)
{
	if ((level == IPPROTO_IP && name == IP_ADD_MEMBERSHIP) ||
	    (level == SOL_PACKET && name == PACKET_ADD_MEMBERSHIP)) {
		wait_here();
		if (fd >= 0 && fd < FDS_MAX)
			joined[fd] = 1;
	}
	return (int)syscall(SYS_setsockopt, fd, level, name, value, size);
}
