/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_REPLACE_FILE_H
#define BASE_REPLACE_FILE_H
#include <stddef.h>
#include <stdio.h>

/*
 * Replaces path by data, whole or not at all, also through a power cut: written
 * beside it (PATH.new, mode 0640), synced, renamed, folder synced. Blocks for
 * the disk: for the runner, and for start and end. 0, or -1 with errno set.
 */
int replace_file(const char *path, const void *data, size_t size);

/* The same with another mode, whatever the umask. */
int replace_file_mode(const char *path, unsigned mode, const void *data,
		      size_t size);

/* What was renamed to path survives a power cut. 0, or -1 with errno set. */
int replace_file_sync(const char *path);

/*
 * The same; where there is no room beside it, over the old content. A power cut
 * in that moment leaves a file whose checksum is wrong: it proves nothing.
 */
int store_file(const char *path, const void *data, size_t size);

/*
 * The same with what was printed into an open_memstream(text, size), which is
 * closed and freed. ENOMEM where it did not fit.
 */
int store_stream(const char *path, FILE *out, char *const *text,
		 const size_t *size);
#endif
