/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sends and receives whole messages. Decides only whether a message has the
 * right size; what it says is for its reader to doubt. Never blocks.
 */
#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "message.h"

/*
 * The kernel's own measure lets some 160 small messages wait. The largest pair
 * asks for more in a few steps while a helper waits for the kernel, and one
 * that takes no message would count as hung.
 */
#define PAIR_ROOM (1024 * 1024)

int message_pair(int pair[2])
{
	const int room = PAIR_ROOM;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC,
		       0, pair) < 0)
		return -1;
	/* best effort: beyond the machine's limit it is a privilege */
	for (int i = 0; i < 2; i++)
		if (setsockopt(pair[i], SOL_SOCKET, SO_SNDBUFFORCE, &room,
			       sizeof(room)) < 0)
			(void)setsockopt(pair[i], SOL_SOCKET, SO_SNDBUF, &room,
					 sizeof(room));
	return 0;
}

union message_control {
	struct cmsghdr header;
	char space[CMSG_SPACE(MESSAGE_FDS_MAX * sizeof(int))];
};

enum message_result message_send_fds(int fd, const void *message, size_t size,
				     const int *passed, unsigned count)
{
	union message_control control;
	struct iovec vector = {.iov_len = size};
	struct msghdr header = {.msg_iov = &vector, .msg_iovlen = 1};
	ssize_t sent;

	assert(count <= MESSAGE_FDS_MAX);
	/* sendmsg reads only, though the type of iov_base does not say so */
	memcpy(&vector.iov_base, &message, sizeof(message));
	if (count > 0) {
		memset(&control, 0, sizeof(control));
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(count * sizeof(int));
		memcpy(CMSG_DATA(&control.header), passed, count * sizeof(int));
		header.msg_control = &control;
		header.msg_controllen = CMSG_SPACE(count * sizeof(int));
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

enum message_result message_send_fd(int fd, const void *message, size_t size,
				    int passed)
{
	return message_send_fds(fd, message, size, &passed, passed >= 0);
}

enum message_result message_send(int fd, const void *message, size_t size)
{
	return message_send_fd(fd, message, size, -1);
}

/*
 * Try once more: a signal; or the other side has ended with something unread,
 * which the kernel tells once, as an error, before it gives what that one has
 * sent (unix_release_sock()). Its last words count.
 */
static bool is_passing(ssize_t got)
{
	return got < 0 && (errno == EINTR || errno == ECONNRESET);
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
	while (is_passing(got));
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

/* The descriptors of one message into passed; false if there were too many. */
static bool take_descriptors(struct msghdr *header, int *passed,
			     unsigned *count)
{
	bool fits = !(header->msg_flags & MSG_CTRUNC);

	*count = 0;
	for (struct cmsghdr *at = CMSG_FIRSTHDR(header); at != NULL;
	     at = CMSG_NXTHDR(header, at)) {
		size_t number = (at->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (at->cmsg_level != SOL_SOCKET || at->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < number; i++) {
			int one;

			memcpy(&one, CMSG_DATA(at) + i * sizeof(int),
			       sizeof(one));
			if (*count < MESSAGE_FDS_MAX) {
				passed[(*count)++] = one;
			} else {
				close(one);
				fits = false;
			}
		}
	}
	return fits;
}

enum message_result message_receive_some_fds(int fd, void *message,
					     size_t least, size_t most,
					     size_t *size,
					     int passed[MESSAGE_FDS_MAX],
					     unsigned *count)
{
	union message_control control;
	struct iovec vector = {.iov_base = message, .iov_len = most};
	struct msghdr header = {.msg_iov = &vector,
				.msg_iovlen = 1,
				.msg_control = &control,
				.msg_controllen = sizeof(control)};
	ssize_t got;

	*count = 0;
	do
		got = recvmsg(fd, &header,
			      MSG_DONTWAIT | MSG_TRUNC | MSG_CMSG_CLOEXEC);
	while (is_passing(got));
	if (got < 0)
		return errno == EAGAIN ? MESSAGE_NONE : MESSAGE_GONE;
	if (got == 0)
		return MESSAGE_GONE;
	*size = (size_t)got;
	if (take_descriptors(&header, passed, count) && *size >= least &&
	    *size <= most)
		return MESSAGE_OK;
	while (*count > 0)
		close(passed[--*count]);
	return MESSAGE_WRONG;
}

enum message_result message_receive_fds(int fd, void *message, size_t size,
					int passed[MESSAGE_FDS_MAX],
					unsigned *count)
{
	size_t got;

	return message_receive_some_fds(fd, message, size, size, &got, passed,
					count);
}
