/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <ctype.h>
#include <string.h>
#include <sys/random.h>

#include "code.h"

#define DIGITS	"23456789"
#define SYMBOLS DIGITS "ABCDEFGHJKMNPQRSTUVWXYZ"

bool code_is_one(const char *text)
{
	size_t length = strlen(text);

	return length == CODE_SIZE - 1 && strspn(text, SYMBOLS) == length &&
	       strcspn(text, DIGITS) < length && strspn(text, DIGITS) < length;
}

bool code_make(char code[CODE_SIZE])
{
	unsigned char byte;
	unsigned used;

	do {
		for (used = 0; used < CODE_SIZE - 1;) {
			if (getrandom(&byte, 1, GRND_NONBLOCK) != 1)
				return false;
			/* each as likely as the others */
			byte &= 31;
			if (byte < sizeof(SYMBOLS) - 1)
				code[used++] = SYMBOLS[byte];
		}
		code[used] = '\0';
	} while (!code_is_one(code));
	return true;
}

static bool is_in_word(char c)
{
	return isalnum((unsigned char)c) != 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* At the beginning of a word; end is behind the text. */
static bool take_reply(const char *at, const char *end,
		       struct code_reply *reply)
{
	if (end - at < CODE_SIZE + 1)
		return false;
	for (unsigned i = 0; i < CODE_SIZE - 1; i++)
		reply->code[i] = (char)toupper((unsigned char)*at++);
	reply->code[CODE_SIZE - 1] = '\0';
	if (!code_is_one(reply->code) || !is_blank(*at))
		return false;
	while (at < end && is_blank(*at))
		at++;
	if (at == end || *at < '1' || *at > '3')
		return false;
	reply->number = (unsigned)(*at - '0');
	return at + 1 == end || !is_in_word(at[1]);
}

enum code_found code_find_reply(const char *text, size_t size,
				struct code_reply *reply)
{
	const char *end = text + size;
	enum code_found found = CODE_NONE;
	struct code_reply here;

	for (const char *at = text; at < end; at++) {
		if (at > text && is_in_word(at[-1]))
			continue;
		if (!take_reply(at, end, &here))
			continue;
		if (found == CODE_ONE && (here.number != reply->number ||
					  strcmp(here.code, reply->code) != 0))
			return CODE_SEVERAL;
		*reply = here;
		found = CODE_ONE;
	}
	return found;
}
