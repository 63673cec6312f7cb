/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLIENT_JOURNAL_FILE_H
#define CLIENT_JOURNAL_FILE_H
/* The files of a history: journal.1, the older one, and journal. */
#include <stdbool.h>

/* Longest line of a journal that is one: see RUNNER_BODY_MAX. */
#define JOURNAL_LINE_MAX 4096

/* False: no more is wanted. */
typedef bool journal_line_function(void *arg, const char *text);

/*
 * Each line of a file; of a directory, those of both files in it. 0; -1 with
 * errno, also ENOENT; of two files, one may be missing.
 */
int journal_file_read(const char *path, journal_line_function *take, void *arg);
#endif
