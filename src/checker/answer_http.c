/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "answer.h"

#include <string.h>

#define BODY_MOST  65536  /* of a page */
#define BYTES_MOST 262144 /* of all that comes, heads and framing included */

void http_page_begin(struct http_page *page, const char *body)
{
	*page = (struct http_page){.body = body, .is_found = body[0] == '\0'};
}

void http_page_take(struct http_page *page, const char *piece, size_t size)
{
	page->seen += size;
	if (!page->is_found)
		page->is_found = search_take(&page->search, page->body,
					     strlen(page->body), piece, size);
	page->is_enough = page->seen > BODY_MOST;
}

static struct http_answer *of(http_parser *parser)
{
	return parser->data;
}

/* RFC 9112 6.3: these have no page, whatever length their head tells. */
static int end_head(http_parser *parser)
{
	unsigned status = parser->status_code;

	return status / 100 == 1 || status == 204 || status == 304;
}

static int take_body(http_parser *parser, const char *piece, size_t size)
{
	struct http_answer *answer = of(parser);

	http_page_take(&answer->page, piece, size);
	if (answer->page.is_enough)
		answer->is_whole = true;
	if (answer->is_whole)
		http_parser_pause(parser, 1);
	return 0;
}

static int end_message(http_parser *parser)
{
	struct http_answer *answer = of(parser);

	/* RFC 9110 15.2: an interim answer is followed by the true one */
	if (parser->status_code / 100 == 1 && parser->status_code != 101)
		return 0;
	answer->is_whole = true;
	http_parser_pause(parser, 1);
	return 0;
}

static const http_parser_settings callbacks = {.on_headers_complete = end_head,
					       .on_body = take_body,
					       .on_message_complete =
						       end_message};

void http_answer_begin(struct http_answer *answer, const char *body)
{
	*answer = (struct http_answer){.total = 0};
	http_page_begin(&answer->page, body);
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
	if (answer->is_whole)
		return HTTP_WHOLE;
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
