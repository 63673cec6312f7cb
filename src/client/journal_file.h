/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLIENT_JOURNAL_FILE_H
#define CLIENT_JOURNAL_FILE_H
/* The files of a history: journal.1, the older one, and journal. */
#include <stdbool.h>
#include <stdint.h>

/* Longest line of a journal that is one: see RUNNER_BODY_MAX. */
#define JOURNAL_LINE_MAX 4096

/* False: no more is wanted. */
typedef bool journal_line_function(void *arg, const char *text);

/*
 * Each line of a file; of a directory, those of both files in it. 0; -1 with
 * errno, also ENOENT; of two files, one may be missing. In a directory, no
 * symbolic link is followed (ELOOP): who reads may be root, and the directory
 * another user's.
 */
int journal_file_read(const char *path, journal_line_function *take, void *arg);

/* Two are equal as bytes while nothing was written between them. */
struct journal_stamp {
	struct {
		uint64_t device, inode, size, changed_s, changed_ns;
	} files[2];
};
void journal_file_stamp(const char *state_dir, struct journal_stamp *stamp);
#endif
