/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "xml.h"

void xml_put(FILE *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '&':
			fputs("&amp;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		case '\'':
			fputs("&#39;", out);
			break;
		default:
			/* XML allows no other control characters */
			putc((unsigned char)*text < ' ' ? ' ' : *text, out);
		}
	}
}
