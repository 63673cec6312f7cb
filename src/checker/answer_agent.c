/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HAProxy's agent: one line of words, split by blanks, tabs and commas; what
 * stands behind # is for people. Words that are not known say nothing. */
#include "answer.h"

#include <ctype.h>
#include <string.h>

static bool is_word(const char *at, size_t size, const char *word)
{
	return strlen(word) == size && strncasecmp(at, word, size) == 0;
}

static unsigned take_percent(const char *at, size_t size, uint8_t *percent)
{
	unsigned value = 0;

	if (size < 2 || at[size - 1] != '%')
		return 0;
	for (size_t i = 0; i < size - 1; i++) {
		if (!isdigit((unsigned char)at[i]))
			return 0;
		value = 10 * value + (unsigned)(at[i] - '0');
		if (value > 100)
			value = 100; /* it never gets more than its weight */
	}
	*percent = (uint8_t)value;
	return AGENT_PERCENT;
}

static unsigned take_word(const char *at, size_t size, uint8_t *percent)
{
	static const struct {
		const char *word;
		unsigned said;
	} words[] = {{"ready", AGENT_READY}, {"drain", AGENT_DRAIN},
		     {"maint", AGENT_MAINT}, {"up", AGENT_UP},
		     {"down", AGENT_DOWN},   {"fail", AGENT_DOWN},
		     {"stopped", AGENT_DOWN}};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (is_word(at, size, words[i].word))
			return words[i].said;
	return take_percent(at, size, percent);
}

/* Of words that exclude each other the last one counts. */
static unsigned put(unsigned said, unsigned word)
{
	static const unsigned groups[] = {
		AGENT_READY | AGENT_DRAIN | AGENT_MAINT, AGENT_UP | AGENT_DOWN};

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (word & groups[i])
			said &= ~groups[i];
	return said | word;
}

unsigned agent_parse(const char *line, size_t size, uint8_t *percent)
{
	unsigned said = 0;
	size_t at = 0;

	while (at < size && line[at] != '#' && line[at] != '\0') {
		size_t end = at;

		while (end < size && strchr(" \t,#", line[end]) == NULL)
			end++;
		said = put(said, take_word(line + at, end - at, percent));
		at = end;
		while (at < size && line[at] != '\0' &&
		       strchr(" \t,", line[at]) != NULL)
			at++;
	}
	return said;
}

unsigned agent_parse_number(const char *line, size_t size)
{
	bool is_zero = true;
	size_t at = 0;

	while (size > 0 && strchr(" \t\r", line[size - 1]) != NULL)
		size--;
	while (at < size && (line[at] == ' ' || line[at] == '\t'))
		at++;
	if (at < size && (line[at] == '-' || line[at] == '+'))
		at++;
	if (at == size)
		return 0;
	for (; at < size; at++) {
		if (!isdigit((unsigned char)line[at]))
			return 0;
		is_zero = is_zero && line[at] == '0';
	}
	return is_zero ? AGENT_UP : AGENT_DOWN;
}
