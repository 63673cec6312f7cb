/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_WHOLE_H
#define BASE_WHOLE_H
/*
 * All of it or none: a descriptor that blocks, read or written until size
 * bytes have gone, over signals and short counts. 0; or -1 with errno set, and
 * 0 in it where a reading came to the end of file. A broken pipe is an error
 * only where SIGPIPE is ignored.
 */
#include <stddef.h>

int write_whole(int fd, const void *data, size_t size);
int read_whole(int fd, void *data, size_t size);
#endif
