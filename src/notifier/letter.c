/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <nettle/hmac.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../base/log.h"
#include "../notice/notice.h"
#include "letter.h"

#define HEADLINE_MAX 400
#define SUBJECT_MAX  180
#define STANDING_MAX 32

struct pen {
	char *text;
	size_t used;
};

/* A line that does not fit is left out whole. */
__attribute__((format(printf, 2, 3))) static void
put_line(struct pen *pen, const char *format, ...)
{
	char line[HEADLINE_MAX + 200];
	va_list list;
	size_t length;

	va_start(list, format);
	vsnprintf(line, sizeof(line), format, list);
	va_end(list);
	/* no header, no second line: whatever a device or a peer wrote */
	log_clean(line);
	length = strlen(line);
	if (pen->used + length + 3 > LETTER_MAX)
		return;
	memcpy(pen->text + pen->used, line, length);
	memcpy(pen->text + pen->used + length, "\r\n", 3);
	pen->used += length + 2;
}

/* ---- what stands at the end of it ---- */

struct standing {
	char names[STANDING_MAX][NOTICE_WORD_MAX];
	int balance[STANDING_MAX];
	unsigned count, resolved;
};

static void count_alert(struct standing *standing, const struct notice *notice)
{
	int step = strcmp(notice->event, "alert-raised") == 0	 ? 1
		   : strcmp(notice->event, "alert-cleared") == 0 ? -1
								 : 0;
	unsigned i = 0;

	if (step == 0)
		return;
	standing->resolved += step < 0;
	while (i < standing->count &&
	       strcmp(standing->names[i], notice->alert) != 0)
		i++;
	if (i == STANDING_MAX)
		return;
	if (i == standing->count) {
		memcpy(standing->names[i], notice->alert, NOTICE_WORD_MAX);
		standing->balance[standing->count++] = 0;
	}
	standing->balance[i] += step;
}

static void put_standing(struct pen *pen, const struct standing *standing)
{
	char line[HEADLINE_MAX] = "";
	size_t used = 0;

	for (unsigned i = 0; i < standing->count && used < sizeof(line); i++)
		if (standing->balance[i] > 0)
			used += (size_t)snprintf(line + used,
						 sizeof(line) - used, " %s",
						 standing->names[i]);
	if (used > 0)
		put_line(pen, "Raised here and not resolved yet:%s", line);
	if (standing->resolved > 0)
		put_line(pen, "Resolved here: %u", standing->resolved);
}

/* ---- the whole ---- */

/* The newest of those that matter most says what the mail is about. */
static void find_subject(const struct letter *letter, char *text, size_t size,
			 struct standing *standing)
{
	struct notice notice, worst = {.seq = 0};

	for (unsigned i = 0; i < letter->given; i++) {
		if (!notice_decode(letter->texts[i], strlen(letter->texts[i]),
				   &notice))
			continue;
		count_alert(standing, &notice);
		if (worst.seq == 0 ||
		    notice_priority(&notice) <= notice_priority(&worst))
			worst = notice;
	}
	notice_headline(&worst, text, size);
}

static void put_head(struct pen *pen, const struct letter *letter,
		     const char *subject)
{
	struct notice last;
	char number[40] = "";

	if (letter->given == 0 ||
	    !notice_decode(letter->texts[letter->given - 1],
			   strlen(letter->texts[letter->given - 1]), &last))
		memset(&last, 0, sizeof(last));
	if (letter->count > 1)
		snprintf(number, sizeof(number), "%u events; ", letter->count);
	put_line(pen, "From: twinbeat %s <%s>", letter->node, letter->from);
	put_line(pen, "To: <%s>", letter->to);
	put_line(pen, "Date: %s", letter->date);
	put_line(pen, "Subject: [twinbeat %s] %s: %s%.*s", letter->pair,
		 letter->node, number, SUBJECT_MAX, subject);
	put_line(pen, "Message-ID: <%s.%" PRIu64 ".%u.%08x@%s>", last.run,
		 last.seq, letter->count,
		 (unsigned)strlen(letter->to) * 2654435761u ^
			 (unsigned)last.boottime_ms,
		 letter->node);
	/* RFC 3834: no vacation answers */
	put_line(pen, "Auto-Submitted: auto-generated");
	put_line(pen, "MIME-Version: 1.0");
	put_line(pen, "Content-Type: text/plain; charset=us-ascii");
	put_line(pen, "%s", "");
}

static void put_event(struct pen *pen, const char *text)
{
	char headline[HEADLINE_MAX];
	struct notice notice;

	if (!notice_decode(text, strlen(text), &notice))
		return;
	notice_headline(&notice, headline, sizeof(headline));
	put_line(pen, "%s #%" PRIu64 " %s", notice.at, notice.seq, headline);
}

size_t letter_write(const struct letter *letter, char text[LETTER_MAX])
{
	struct standing standing = {.count = 0};
	struct pen pen = {.text = text};
	char subject[HEADLINE_MAX];
	/* the first ones say how it began, the last ones how it stands */
	unsigned half = LETTER_LINES_MAX / 2;
	bool is_long = letter->given > LETTER_LINES_MAX;

	find_subject(letter, subject, sizeof(subject), &standing);
	put_head(&pen, letter, subject);
	if (letter->lost > 0)
		put_line(&pen,
			 "%" PRIu64 " events before these could not be told.",
			 letter->lost);
	for (unsigned i = 0; i < letter->given; i++) {
		if (is_long && i == half) {
			put_line(&pen, "... %u events more ...",
				 letter->given - LETTER_LINES_MAX);
			i = letter->given - half;
		}
		put_event(&pen, letter->texts[i]);
	}
	put_line(&pen, "%s", "");
	put_standing(&pen, &standing);
	put_line(&pen, "Node %s of pair %s; how it is now: twinbeat status",
		 letter->node, letter->pair);
	return pen.used;
}

void webhook_sign(const char *key, const char *body,
		  char signature[SIGNATURE_TEXT_MAX])
{
	struct hmac_sha256_ctx context;
	uint8_t digest[SHA256_DIGEST_SIZE];
	size_t used =
		(size_t)snprintf(signature, SIGNATURE_TEXT_MAX, "sha256=");

	hmac_sha256_set_key(&context, strlen(key), (const uint8_t *)key);
	hmac_sha256_update(&context, strlen(body), (const uint8_t *)body);
	hmac_sha256_digest(&context, sizeof(digest), digest);
	for (unsigned i = 0; i < sizeof(digest); i++)
		used += (size_t)snprintf(signature + used,
					 SIGNATURE_TEXT_MAX - used, "%02x",
					 digest[i]);
	explicit_bzero(&context, sizeof(context));
}
