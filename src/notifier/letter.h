/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NOTIFIER_LETTER_H
#define NOTIFIER_LETTER_H
/* Notices as one mail, and the signature of a webhook. No I/O. */
#include <stddef.h>
#include <stdint.h>

#include "../settings/settings.h"

#define LETTER_MAX (64 * 1024)
#define LETTER_LINES_MAX                                                       \
	100 /* of so many it tells each; the rest by number                    \
	     */

struct letter {
	const char *from, *to;
	const char *pair, *node;
	const char *date;	  /* RFC 5322 */
	const char *const *texts; /* notices as JSON, the oldest first */
	unsigned count, given;	  /* how many there are, and in texts */
	uint64_t lost; /* before them, for want of room or for good */
};

/* Head and body with CRLF; its size. */
size_t letter_write(const struct letter *letter, char text[LETTER_MAX]);

/* "sha256=" and 64 hex digits: HMAC-SHA256 of body under the key. */
#define SIGNATURE_TEXT_MAX 80
void webhook_sign(const char *key, const char *body,
		  char signature[SIGNATURE_TEXT_MAX]);
#endif
