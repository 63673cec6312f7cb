/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_WORDS_H
#define BASE_WORDS_H
/*
 * A command as it stands in the settings, in words for execve(): blanks
 * separate, '...' and "..." keep them together, nothing else has a meaning. No
 * shell ever reads it.
 */
#include <stdbool.h>

#define WORDS_MAX      32
#define WORDS_TEXT_MAX 512

struct words {
	unsigned count;
	char *at[WORDS_MAX + 1]; /* ends with NULL, in text */
	char text[WORDS_TEXT_MAX];
};

/* False: a quotation mark is left open, too long, too many. */
bool words_split(const char *command, struct words *words);
#endif
