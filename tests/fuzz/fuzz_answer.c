/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libFuzzer: any bytes as what a real server answers, by SMTP, HTTP, DNS, its
 * agent,
 * and as a stream in which a text is looked for. The first byte chooses; of a
 * stream the pieces, too, and what is found in pieces is what stands there.
 */
#include "fuzz.h"
#include "../../src/checker/answer.h"

static void try_text(struct input input)
{
	char text[9];
	size_t text_size = 1 + input_byte(&input) % 8;
	struct search search = {.kept = 0};
	const char *all;
	size_t size, at = 0;
	bool is_found = false;

	input_take(&input, text, sizeof(text));
	all = (const char *)input.at;
	size = input.left;
	while (at < size && !is_found) {
		size_t piece = 1 + (uint8_t)all[at] % 13;

		if (piece > size - at)
			piece = size - at;
		is_found =
			search_take(&search, text, text_size, all + at, piece);
		at += piece;
	}
	demand(is_found == (size > 0 && memmem(all, at, text, text_size)));
}

static void try_smtp(struct input input)
{
	struct smtp_reply reply = {.used = 0};

	while (input.left > 0) {
		int code = smtp_take(&reply, (char)input_byte(&input));

		demand(code == -1 || code == 0 || (code >= 100 && code <= 999));
		demand(reply.used < sizeof(reply.line));
		if (code < 0)
			return;
	}
}

/* The same in pieces as whole: the same verdict, status and text. */
static void try_http(struct input input)
{
	struct http_answer whole, pieces;
	unsigned step = input_byte(&input);
	bool is_head = (step & 128) != 0;
	const char *body = step & 64 ? "^a*(b|re[^x]dy){1,3}.$" : "ready";
	/* of no bytes */
	const char *digest =
		step & 32 ? "d41d8cd98f00b204e9800998ecf8427e" : "";
	const char *all = (const char *)input.at;
	enum http_verdict one, verdict = HTTP_MORE;

	step = 1 + step % 13;
	http_answer_begin(&whole, is_head, body, digest);
	http_answer_begin(&pieces, is_head, body, digest);
	one = HTTP_MORE;
	if (input.left > 0)
		one = http_take(&whole, all, input.left);
	if (one == HTTP_MORE)
		one = http_take(&whole, NULL, 0);
	for (size_t at = 0; at < input.left && verdict == HTTP_MORE; at += step)
		verdict = http_take(&pieces, all + at,
				    input.left - at < step ? input.left - at
							   : step);
	if (verdict == HTTP_MORE)
		verdict = http_take(&pieces, NULL, 0);
	demand(verdict == one && one != HTTP_MORE);
	demand(one != HTTP_WHOLE ||
	       (http_status(&whole) <= 999 &&
		http_status(&whole) == http_status(&pieces) &&
		whole.page.is_found == pieces.page.is_found &&
		whole.page.is_right == pieces.page.is_right));
	demand(one != HTTP_BROKEN || http_why(&whole)[0] != '\0');
}

static void try_dns(struct input input)
{
	static const char *const expects[] = {"", "192.0.2.1", "2001:db8::1"};
	struct dns_question question;
	unsigned rcode;
	const char *expect = expects[input_byte(&input) % 3];
	enum dns_verdict verdict;

	demand(dns_ask(&question, 0x3132, "example.com", dns_record("A")) == 0);
	verdict = dns_judge(&question, input.at, input.left, expect, &rcode);
	demand(verdict <= DNS_GOOD && rcode <= 15);
	if (verdict == DNS_GOOD)
		demand(input.left >= 12 && input.at[0] == '1' &&
		       input.at[1] == '2');
}

static void try_agent(struct input input)
{
	uint8_t percent = 200;
	unsigned said =
		agent_parse((const char *)input.at, input.left, &percent);

	demand((percent == 200) == ((said & AGENT_PERCENT) == 0) &&
	       (percent == 200 || percent <= 100));
	demand(!(said & AGENT_UP) || !(said & AGENT_DOWN));
	demand(!(said & AGENT_READY) || !(said & (AGENT_DRAIN | AGENT_MAINT)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const kinds[])(struct input) = {
		try_text, try_smtp, try_dns, try_agent, try_http};
	struct input input = {.at = data, .left = size};

	if (size > 0)
		kinds[input_byte(&input) % 5](input);
	return 0;
}
