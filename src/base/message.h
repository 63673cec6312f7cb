/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_MESSAGE_H
#define BASE_MESSAGE_H
/*
 * Fixed-size messages between our own programs over SOCK_SEQPACKET pairs. The
 * other side is treated as hostile: a message of a wrong size is none, and a
 * descriptor that nobody asked for never gets in. Nothing here waits.
 */
#include <stddef.h>

/* A connected pair, both ends non-blocking and close-on-exec. 0 or -1. */
int message_pair(int pair[2]);

enum message_result {
	MESSAGE_OK,
	MESSAGE_NONE,  /* receive: nothing there now; send: no room now */
	MESSAGE_WRONG, /* receive: one of a wrong size was thrown away */
	MESSAGE_GONE,  /* the other side is gone, or the socket is broken;
			* receive: and all that it had sent has been read */
};

enum message_result message_send(int fd, const void *message, size_t size);
/* With a duplicate of the descriptor passed (SCM_RIGHTS); -1 = none. */
enum message_result message_send_fd(int fd, const void *message, size_t size,
				    int passed);

/* At most this many descriptors go with a message. */
#define MESSAGE_FDS_MAX 4
/* With duplicates of them all; count 0 to MESSAGE_FDS_MAX. */
enum message_result message_send_fds(int fd, const void *message, size_t size,
				     const int *passed, unsigned count);
/*
 * From a program that may send some: exactly size bytes, and in *count how many
 * came along (close-on-exec, the caller's to close). One of a wrong size, or
 * with more descriptors than there is room for, is MESSAGE_WRONG and keeps
 * none.
 */
enum message_result message_receive_fds(int fd, void *message, size_t size,
					int passed[MESSAGE_FDS_MAX],
					unsigned *count);

/* The same with between least and most bytes; *size says how many, also where
 * it is MESSAGE_WRONG. */
enum message_result message_receive_some_fds(int fd, void *message,
					     size_t least, size_t most,
					     size_t *size,
					     int passed[MESSAGE_FDS_MAX],
					     unsigned *count);

/* Exactly size bytes, or it is MESSAGE_WRONG. */
enum message_result message_receive(int fd, void *message, size_t size);
/* Between least and most bytes; *size says how many. */
enum message_result message_receive_some(int fd, void *message, size_t least,
					 size_t most, size_t *size);
#endif
