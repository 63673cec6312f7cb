/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHECKER_ANSWER_H
#define CHECKER_ANSWER_H
/*
 * What servers say, taken apart. Pure: bytes in, a judgement out. The bytes are
 * of whoever answers there: any of them, in pieces of any size, and nothing is
 * kept that they could make grow.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <http_parser.h>
#include <nettle/md5.h>

#include "../base/pattern.h"
#include "../ipc/checker_msg.h"

/* ---- a text in a stream: answer_text.c ---- */

#define SEARCH_MAX 96

struct search {
	size_t kept; /* the end of what came: the text may lie across pieces */
	char tail[SEARCH_MAX];
};

/* Does the stream have the text, up to this piece and with it? size <
 * SEARCH_MAX; one of 0 is in every stream. */
bool search_take(struct search *search, const char *text, size_t text_size,
		 const char *piece, size_t size);

/* ---- SMTP (RFC 5321 4.2): answer_smtp.c ---- */

struct smtp_reply {
	char line[80]; /* its begin; the rest of a longer one is dropped */
	size_t used, total;
	int code; /* of the lines before that say that more come; 0: none */
	bool is_whole;
};

/* Takes one byte. The code of the reply that it ends, 0: more is to come, -1:
 * this is no SMTP. The next byte begins another reply. */
int smtp_take(struct smtp_reply *reply, char byte);

/* ---- HTTP/1 (RFC 9112), by http_parser(3): answer_http.c ---- */

/* What comes of a page, and what is looked for in it. */
struct http_page {
	struct search search;	/* body has nothing special in it, */
	struct pattern_run run; /* or it has */
	struct md5_ctx md5;
	const char *body;   /* base/pattern.h; "": none, and so found */
	const char *digest; /* hex digits; "": any */
	size_t seen;
	bool is_found;
	bool is_enough; /* more of it is not looked at: it is judged as it is */
	bool is_right;	/* the digest, once the page has ended */
};

/* Both stay the caller's. */
void http_page_begin(struct http_page *page, const char *body,
		     const char *digest);
void http_page_take(struct http_page *page, const char *piece, size_t size);
/* That was all of it. */
void http_page_end(struct http_page *page);

struct http_answer {
	http_parser parser;
	struct http_page page;
	size_t total; /* of all */
	bool is_head; /* a question for no page */
	bool is_whole;
	bool is_clean; /* the server stays, and nothing stands behind it */
};

enum http_verdict {
	HTTP_MORE,  /* more is to come */
	HTTP_WHOLE, /* it is there, or so much of it that the rest is nothing */
	HTTP_BROKEN, /* http_why() says how */
};

/* body, digest: as http_page_begin() has them. The answer must stay where it
 * is.
 */
void http_answer_begin(struct http_answer *answer, bool is_head,
		       const char *body, const char *digest);
/* size 0: the server has closed the connection. After another verdict than
 * HTTP_MORE nothing is taken. */
enum http_verdict http_take(struct http_answer *answer, const char *piece,
			    size_t size);
unsigned http_status(const struct http_answer *answer);
const char *http_why(const struct http_answer *answer);

/* ---- DNS (RFC 1035 4): answer_dns.c ---- */

#define DNS_QUESTION_MAX 300

struct dns_question {
	uint8_t packet[DNS_QUESTION_MAX];
	size_t size;
};

enum dns_verdict {
	DNS_FOREIGN, /* not the answer to this question: waited on */
	DNS_BROKEN,  /* it is, and cannot be read */
	DNS_OTHER,   /* read, and what is expected is not among it */
	DNS_GOOD,
};

/* The number of a record like "SOA", 0: there is none. */
uint16_t dns_record(const char *name);
/* 0, or -1: no name that could be asked for. */
int dns_ask(struct dns_question *question, uint16_t id, const char *name,
	    uint16_t record);
/* expect: an address that must be among the answers, or "". */
enum dns_verdict dns_judge(const struct dns_question *question,
			   const uint8_t *packet, size_t size,
			   const char *expect, unsigned *rcode);

/* ---- HAProxy's agent protocol: answer_agent.c ---- */

#define AGENT_LINE_MAX 512

/* The words of one line: enum agent_said, 0 if there is none that is known.
 * percent is written with AGENT_PERCENT, 0 to 100. */
/* A whole number and nothing more, as keepalived's FILE_CHECK reads one: 0 is
 * up, any other down. 0: it is none. */
unsigned agent_parse_number(const char *line, size_t size);
unsigned agent_parse(const char *line, size_t size, uint8_t *percent);
#endif
