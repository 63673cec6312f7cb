/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <nettle/base64.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "mail_parts.h"

struct line {
	const char *text;
	size_t size; /* without its end */
};

/* RFC 5322: a line ends with CR LF; a pipe may have left LF only. */
static const char *next_line(const char *at, const char *end, struct line *line)
{
	const char *stop = memchr(at, '\n', (size_t)(end - at));
	const char *next = stop ? stop + 1 : end;

	line->text = at;
	line->size = (size_t)((stop ? stop : end) - at);
	if (line->size > 0 && at[line->size - 1] == '\r')
		line->size--;
	return next;
}

/* RFC 2045 6.1 */
static bool announces_base64(const struct line *line)
{
	static const char header[] = "Content-Transfer-Encoding:";
	size_t at = sizeof(header) - 1;

	if (line->size < at || strncasecmp(line->text, header, at) != 0)
		return false;
	while (at < line->size &&
	       (line->text[at] == ' ' || line->text[at] == '\t'))
		at++;
	return line->size - at >= 6 &&
	       strncasecmp(line->text + at, "base64", 6) == 0;
}

size_t mail_decode_parts(const char *mail, size_t size, char *text)
{
	const char *at = mail, *end = mail + size;
	bool is_announced = false, is_inside = false;
	struct base64_decode_ctx decoder;
	size_t used = 0;
	struct line line;

	while (at < end) {
		/* 3 bytes of 4: what is decoded is shorter than the mail */
		size_t got = 0;

		at = next_line(at, end, &line);
		if (announces_base64(&line)) {
			is_announced = true;
		} else if (is_announced && line.size == 0) {
			base64_decode_init(&decoder);
			is_announced = false;
			is_inside = true;
		} else if (is_inside) {
			is_inside = base64_decode_update(&decoder, &got,
							 (uint8_t *)text + used,
							 line.size, line.text);
			if (is_inside)
				used += got;
			else if (used < size)
				text[used++] = '\n'; /* parts stay apart */
		}
	}
	return used;
}
