/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "answer.h"

#include <ctype.h>
#include <string.h>

#define REPLY_MOST 16384 /* of all its lines */

/* "250", "250 text", "250-text"; -1: none of them. */
static int code_of(const char *line, bool *is_last)
{
	for (unsigned i = 0; i < 3; i++)
		if (!isdigit((unsigned char)line[i]))
			return -1;
	*is_last = line[3] != '-';
	if (line[3] != '\0' && line[3] != ' ' && line[3] != '-')
		return -1;
	return 100 * (line[0] - '0') + 10 * (line[1] - '0') + line[2] - '0';
}

int smtp_take(struct smtp_reply *reply, char byte)
{
	bool is_last;
	int code;

	if (reply->is_whole)
		*reply = (struct smtp_reply){.used = 0};
	if (++reply->total > REPLY_MOST)
		return -1;
	if (byte != '\n') {
		if (reply->used < sizeof(reply->line) - 1)
			reply->line[reply->used++] = byte;
		return 0;
	}
	if (reply->used > 0 && reply->line[reply->used - 1] == '\r')
		reply->used--;
	reply->line[reply->used] = '\0';
	code = code_of(reply->line, &is_last);
	/* all lines of a reply have one code */
	if (code < 100 || (reply->code != 0 && code != reply->code))
		return -1;
	reply->code = code;
	reply->used = 0;
	reply->is_whole = is_last;
	return is_last ? code : 0;
}
