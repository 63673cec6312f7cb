/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From a row's text to mdoc(7): a sentence begins a line, a macro has one of
 * its own, and punctuation behind it is a word of that line.
 */
#include <ctype.h>
#include <string.h>

#include "manual.h"

#define WIDTH 80

struct line {
	FILE *out;
	char text[MANUAL_LINE_MAX];
};

static bool is_closing(char c)
{
	return c != '\0' && strchr(".,;:?!)", c) != NULL;
}

static void flush(struct line *line)
{
	if (line->text[0] != '\0')
		fprintf(line->out, "%s\n", line->text);
	line->text[0] = '\0';
}

/* In mdoc a quotation mark would hold words of a macro together. */
static void put_character(char *text, size_t room, char c)
{
	size_t used = strlen(text);

	snprintf(text + used, room - used, c == '"' ? "\\(dq" : "%c", c);
}

static void add_word(struct line *line, const char *word, size_t size)
{
	char clean[MANUAL_LINE_MAX] = "";
	size_t used;

	for (size_t i = 0; i < size; i++)
		put_character(clean, sizeof(clean), word[i]);
	used = strlen(line->text);
	if (used > 0 && used + 1 + strlen(clean) > WIDTH) {
		flush(line);
		used = 0;
	}
	/* at the beginning of a line these are no text */
	snprintf(line->text + used, sizeof(line->text) - used, "%s%s",
		 used > 0		  ? " "
		 : strchr(".'", clean[0]) ? "\\&"
					  : "",
		 clean);
}

/* "`key`" or "{Xr sudo 8}" at at: appends its words; returns what follows. */
static const char *take_macro(const char *at, char *words, size_t room)
{
	char end = *at == '`' ? '`' : '}';
	const char *from = at + 1, *to = strchr(from, end);

	if (to == NULL)
		manual_fail("a macro does not end", at);
	if (end == '`')
		snprintf(words + strlen(words), room - strlen(words), "Ic ");
	for (; from < to; from++)
		put_character(words, room, *from);
	at = to + 1;
	for (; is_closing(*at); at++)
		snprintf(words + strlen(words), room - strlen(words), " %c",
			 *at);
	if (*at != '\0' && !isspace((unsigned char)*at))
		manual_fail("a blank must follow the macro", at);
	return at;
}

static bool ends_sentence(const char *word, size_t size, const char *next)
{
	while (size > 0 && word[size - 1] == ')')
		size--;
	return size > 0 && strchr(".?!", word[size - 1]) != NULL &&
	       (isupper((unsigned char)*next) || strchr("{`\"", *next));
}

void mdoc_put_text(FILE *out, const char *text)
{
	struct line line = {.out = out};

	while (*text != '\0') {
		if (*text == '\n') {
			flush(&line);
			fputs(".Pp\n", out);
			text++;
		} else if (*text == ' ') {
			text++;
		} else if (*text == '`' || *text == '{') {
			char words[MANUAL_LINE_MAX] = ".";

			flush(&line);
			text = take_macro(text, words, sizeof(words));
			fprintf(out, "%s\n", words);
		} else {
			size_t size = strcspn(text, " \n");
			const char *next = text + size;

			add_word(&line, text, size);
			if (*next == ' ' && ends_sentence(text, size, next + 1))
				flush(&line);
			text = next;
		}
	}
	flush(&line);
}

void mdoc_put_words(FILE *out, const char *text)
{
	while (*text != '\0') {
		char words[MANUAL_LINE_MAX] = "";

		if (*text == '`' || *text == '{') {
			text = take_macro(text, words, sizeof(words));
			fputs(words, out);
			if (*text != '\0')
				fputs(" No", out);
		} else {
			put_character(words, sizeof(words), *text++);
			fputs(words, out);
		}
	}
}
