/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "answer.h"

#include <stdio.h>
#include <string.h>

#include "../wire/hex.h"

#define BODY_MOST    65536 /* of a page, unless its digest is asked for */
#define PATTERN_TEXT 128
#define BYTES_MOST   262144 /* of all that comes, heads and framing included */

/* ---- the page ---- */

/* Those of one check mostly come one after the other. */
static const struct pattern *pattern_of(const char *body)
{
	static struct pattern pattern;
	static char its_text[PATTERN_TEXT];
	const char *why;

	if (its_text[0] == '\0' || strcmp(its_text, body) != 0) {
		/* the settings have proved that it can be, and is not longer */
		its_text[0] = '\0';
		if (strlen(body) >= sizeof(its_text) ||
		    !pattern_compile(&pattern, body, &why))
			return NULL;
		snprintf(its_text, sizeof(its_text), "%s", body);
	}
	return &pattern;
}

void http_page_begin(struct http_page *page, const char *body,
		     const char *digest)
{
	*page = (struct http_page){
		.body = body, .digest = digest, .is_found = body[0] == '\0'};
	md5_init(&page->md5);
}

static bool look_for(struct http_page *page, const char *piece, size_t size)
{
	const struct pattern *pattern;

	if (pattern_is_plain(page->body))
		return search_take(&page->search, page->body,
				   strlen(page->body), piece, size);
	pattern = pattern_of(page->body);
	return pattern != NULL &&
	       pattern_take(pattern, &page->run, piece, size);
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

void http_page_take(struct http_page *page, const char *piece, size_t size)
{
	size_t most = page->digest[0] != '\0' ? BYTES_MOST : BODY_MOST;

	if (!page->is_found && page->seen < BODY_MOST)
		page->is_found = look_for(page, piece,
					  least(size, BODY_MOST - page->seen));
	if (page->digest[0] != '\0')
		md5_update(&page->md5, size, (const uint8_t *)piece);
	page->seen += size;
	page->is_enough = page->seen > most;
}

static bool is_digest(struct http_page *page)
{
	uint8_t is[MD5_DIGEST_SIZE], wanted[MD5_DIGEST_SIZE];

	md5_digest(&page->md5, sizeof(is), is);
	return hex_read(page->digest, strlen(page->digest), wanted,
			sizeof(wanted)) == sizeof(wanted) &&
	       memcmp(is, wanted, sizeof(is)) == 0;
}

void http_page_end(struct http_page *page)
{
	const struct pattern *pattern;

	page->is_right = page->digest[0] == '\0' || is_digest(page);
	if (page->is_found || page->seen > BODY_MOST ||
	    pattern_is_plain(page->body))
		return;
	pattern = pattern_of(page->body);
	page->is_found = pattern != NULL && pattern_end(pattern, &page->run);
}

/* ---- what it comes in ---- */

static struct http_answer *of(http_parser *parser)
{
	return parser->data;
}

/* RFC 9112 6.3: these have no page, whatever length their head tells. */
static int end_head(http_parser *parser)
{
	unsigned status = parser->status_code;

	return of(parser)->is_head || status / 100 == 1 || status == 204 ||
	       status == 304;
}

static int take_body(http_parser *parser, const char *piece, size_t size)
{
	struct http_answer *answer = of(parser);

	http_page_take(&answer->page, piece, size);
	if (answer->page.is_enough) {
		answer->is_whole = true;
		http_parser_pause(parser, 1);
	}
	return 0;
}

static int end_message(http_parser *parser)
{
	struct http_answer *answer = of(parser);

	/* RFC 9110 15.2: an interim answer is followed by the true one */
	if (parser->status_code / 100 == 1 && parser->status_code != 101)
		return 0;
	answer->is_whole = true;
	answer->is_clean = http_should_keep_alive(parser) != 0;
	http_page_end(&answer->page);
	http_parser_pause(parser, 1);
	return 0;
}

static const http_parser_settings callbacks = {.on_headers_complete = end_head,
					       .on_body = take_body,
					       .on_message_complete =
						       end_message};

void http_answer_begin(struct http_answer *answer, bool is_head,
		       const char *body, const char *digest)
{
	*answer = (struct http_answer){.is_head = is_head};
	http_page_begin(&answer->page, body, digest);
	http_parser_init(&answer->parser, HTTP_RESPONSE);
	answer->parser.data = answer;
	/* RFC 9112 6.3: the chunks count, and a length beside them does not */
	answer->parser.allow_chunked_length = 1;
}

enum http_verdict http_take(struct http_answer *answer, const char *piece,
			    size_t size)
{
	size_t taken;

	answer->total += size;
	taken = http_parser_execute(&answer->parser, &callbacks, piece, size);
	if (answer->is_whole) {
		if (taken < size)
			answer->is_clean = false; /* of what question? */
		return HTTP_WHOLE;
	}
	if (HTTP_PARSER_ERRNO(&answer->parser) != HPE_OK || taken != size ||
	    size == 0 || answer->parser.upgrade || answer->total > BYTES_MOST)
		return HTTP_BROKEN;
	return HTTP_MORE;
}

unsigned http_status(const struct http_answer *answer)
{
	return answer->parser.status_code;
}

const char *http_why(const struct http_answer *answer)
{
	enum http_errno number = HTTP_PARSER_ERRNO(&answer->parser);

	if (answer->total > BYTES_MOST)
		return "an answer without end";
	if (number == HPE_OK || number == HPE_INVALID_EOF_STATE)
		return "closed before the whole answer came";
	return http_errno_description(number);
}
