/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sends and receives whole messages. Decides only whether a message has the
 * right size; what it says is for its reader to doubt. Never blocks.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "message.h"

int message_pair(int pair[2])
{
	return socketpair(AF_UNIX,
			  SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
			  pair);
}

enum message_result message_send_fd(int fd, const void *message, size_t size,
				    int passed)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec vector = {.iov_len = size};
	struct msghdr header = {.msg_iov = &vector, .msg_iovlen = 1};
	ssize_t sent;

	/* sendmsg reads only, though the type of iov_base does not say so */
	memcpy(&vector.iov_base, &message, sizeof(message));
	if (passed >= 0) {
		memset(&control, 0, sizeof(control));
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.header), &passed, sizeof(int));
		header.msg_control = &control;
		header.msg_controllen = sizeof(control);
	}
	do
		sent = sendmsg(fd, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent == (ssize_t)size)
		return MESSAGE_OK;
	if (sent < 0 && (errno == EAGAIN || errno == ENOBUFS))
		return MESSAGE_NONE;
	return MESSAGE_GONE;
}

enum message_result message_send(int fd, const void *message, size_t size)
{
	return message_send_fd(fd, message, size, -1);
}

enum message_result message_receive_some(int fd, void *message, size_t least,
					 size_t most, size_t *size)
{
	ssize_t got;

	/*
	 * No room for control data: descriptors that come along are closed by
	 * the kernel. MSG_TRUNC: the real size, also of one that is too long.
	 */
	do
		got = recv(fd, message, most, MSG_DONTWAIT | MSG_TRUNC);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return errno == EAGAIN ? MESSAGE_NONE : MESSAGE_GONE;
	if (got == 0)
		return MESSAGE_GONE;
	if ((size_t)got < least || (size_t)got > most)
		return MESSAGE_WRONG;
	*size = (size_t)got;
	return MESSAGE_OK;
}

enum message_result message_receive(int fd, void *message, size_t size)
{
	size_t got;

	return message_receive_some(fd, message, size, size, &got);
}
