/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Words for people: cleaning, durations, lines of 80 columns. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "text.h"

#define LEAST_COLUMNS 20
#define MOST_COLUMNS  1000

static unsigned fold_at; /* 0: as wide as it is */

unsigned text_columns(FILE *out)
{
	const char *word = getenv("COLUMNS");
	struct winsize size;
	long columns = TEXT_COLUMNS;

	if (ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		columns = size.ws_col;
	else if (word && word[0])
		columns = strtol(word, NULL, 10);
	if (columns < LEAST_COLUMNS)
		return columns > 0 ? LEAST_COLUMNS : TEXT_COLUMNS;
	return columns > MOST_COLUMNS ? MOST_COLUMNS : (unsigned)columns;
}

void text_fold_at(unsigned columns)
{
	fold_at = columns;
}

void text_clean(char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

const char *text_duration(char buffer[TEXT_DURATION_MAX], int64_t ms)
{
	int64_t s = ms / 1000;

	if (ms < 0)
		snprintf(buffer, TEXT_DURATION_MAX, "?");
	else if (ms < 1000)
		snprintf(buffer, TEXT_DURATION_MAX, "%" PRId64 " ms", ms);
	else if (s < 10)
		snprintf(buffer, TEXT_DURATION_MAX, "%" PRId64 ".%d s", s,
			 (int)(ms % 1000 / 100));
	else if (s < 60)
		snprintf(buffer, TEXT_DURATION_MAX, "%" PRId64 " s", s);
	else if (s < 3600)
		snprintf(buffer, TEXT_DURATION_MAX, "%" PRId64 " m %d s",
			 s / 60, (int)(s % 60));
	else if (s < 86400)
		snprintf(buffer, TEXT_DURATION_MAX, "%" PRId64 " h %d m",
			 s / 3600, (int)(s / 60 % 60));
	else
		snprintf(buffer, TEXT_DURATION_MAX, "%" PRId64 " d %d h",
			 s / 86400, (int)(s / 3600 % 24));
	return buffer;
}

void text_wrap(FILE *out, const char *prefix, unsigned indent, const char *text)
{
	size_t column = strlen(prefix), word;
	unsigned width = fold_at ? fold_at : text_columns(out);

	fputs(prefix, out);
	for (bool first = true; *text; text += word) {
		text += strspn(text, " \t\n");
		word = strcspn(text, " \t\n");
		if (!word)
			break;
		if (!first && column + 1 + word > width) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
			first = true;
		}
		if (!first) {
			fputc(' ', out);
			column++;
		}
		for (size_t i = 0; i < word; i++)
			fputc(text[i] < ' ' || text[i] > '~' ? '?' : text[i],
			      out);
		column += word;
		first = false;
	}
	fputc('\n', out);
}
