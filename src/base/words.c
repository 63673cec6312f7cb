/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "words.h"

#include <string.h>

static bool is_blank(char byte)
{
	return byte == ' ' || byte == '\t';
}

/* One word from *from to *to; false: its quotation mark is left open. */
static bool take_word(const char **from, char **to)
{
	char mark = '\0';

	for (; **from != '\0' && (mark != '\0' || !is_blank(**from));
	     (*from)++) {
		if (mark == '\0' && (**from == '"' || **from == '\''))
			mark = **from;
		else if (**from == mark)
			mark = '\0';
		else
			*(*to)++ = **from;
	}
	*(*to)++ = '\0';
	return mark == '\0';
}

bool words_split(const char *command, struct words *words)
{
	char *to = words->text;

	words->count = 0;
	words->at[0] = NULL;
	/* each word is followed by a blank or the end: it gets no longer */
	if (strlen(command) >= sizeof(words->text))
		return false;
	for (;;) {
		while (is_blank(*command))
			command++;
		if (*command == '\0')
			return true;
		if (words->count == WORDS_MAX)
			return false;
		words->at[words->count++] = to;
		words->at[words->count] = NULL;
		if (!take_word(&command, &to))
			return false;
	}
}
