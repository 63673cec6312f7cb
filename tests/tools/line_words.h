/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef LINE_WORDS_H
#define LINE_WORDS_H
/*
 * Words KEY=VALUE of a line, as the tools that play twinbeatd read them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The value of KEY= in line as a number, or otherwise. */
static inline long number(const char *line, const char *key, long otherwise)
{
	char word[40];
	const char *at;

	snprintf(word, sizeof(word), " %s=", key);
	at = strstr(line, word);
	return at == NULL ? otherwise : strtol(at + strlen(word), NULL, 0);
}

/* The value of KEY= in line, to the next blank; without one value stays. */
static inline void text(const char *line, const char *key, char *value,
			size_t size)
{
	char word[40];
	const char *at;
	int length;

	snprintf(word, sizeof(word), " %s=", key);
	at = strstr(line, word);
	if (at == NULL)
		return;
	at += strlen(word);
	length = (int)strcspn(at, " \n");
	snprintf(value, size, "%.*s", length, at);
}
#endif
