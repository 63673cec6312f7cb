/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What servers say, taken apart: whole, in pieces, wrong. */
#include <arpa/nameser.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/checker/answer.h"

/* ---- a text in a stream ---- */

static bool found(const char *text, const char *stream, size_t piece)
{
	struct search search = {.kept = 0};
	bool is_found = false;

	for (size_t at = 0; at < strlen(stream); at += piece) {
		size_t left = strlen(stream) - at;

		is_found = is_found ||
			   search_take(&search, text, strlen(text), stream + at,
				       left < piece ? left : piece);
	}
	return is_found;
}

static void test_a_text_is_found_across_pieces(void **state)
{
	(void)state;
	for (size_t piece = 1; piece < 20; piece++) {
		assert_true(found("ready", "all is rea ready", piece));
		assert_true(found("aab", "aaaab", piece));
		assert_true(found("x", "abx", piece));
		assert_false(found("ready", "read read eady", piece));
		assert_false(found("ready", "rea", piece));
	}
	assert_true(search_take(&(struct search){.kept = 0}, "", 0, "x", 1));
}

/* ---- SMTP ---- */

/* The code of the first reply. */
static int code_of(const char *text)
{
	struct smtp_reply reply = {.used = 0};
	int code = 0;

	while (code == 0 && *text != '\0')
		code = smtp_take(&reply, *text++);
	return code;
}

static void test_an_smtp_reply_is_its_code(void **state)
{
	char endless[20000];

	(void)state;
	assert_int_equal(code_of("220 mail ready\r\n"), 220);
	assert_int_equal(code_of("220\n"), 220);
	assert_int_equal(code_of("250-one\r\n250-two\r\n250 three\r\n"), 250);
	assert_int_equal(code_of("554 go away\r\n"), 554);
	assert_int_equal(code_of("250-one\r\n"), 0);
	assert_int_equal(code_of("250-one\r\n251 two\r\n"), -1);
	assert_int_equal(code_of("SSH-2.0-x\r\n"), -1);
	assert_int_equal(code_of("2200 x\r\n"), -1);
	assert_int_equal(code_of("099 x\r\n"), -1);
	assert_int_equal(code_of("\r\n"), -1);
	memset(endless, 'x', sizeof(endless));
	endless[sizeof(endless) - 1] = '\0';
	assert_int_equal(code_of(endless), -1);
	memcpy(endless, "220 ", 4);
	strcpy(endless + 9000, "\r\n");
	assert_int_equal(code_of(endless), 220);
}

static void test_the_next_byte_begins_another_reply(void **state)
{
	static const char text[] = "220-a\r\n220 b\r\n250 c\r\n";
	struct smtp_reply reply = {.used = 0};
	int codes[3] = {0}, count = 0;

	(void)state;
	for (const char *at = text; *at != '\0'; at++) {
		int code = smtp_take(&reply, *at);

		if (code != 0 && count < 3)
			codes[count++] = code;
	}
	assert_int_equal(count, 2);
	assert_int_equal(codes[0], 220);
	assert_int_equal(codes[1], 250);
	assert_string_equal(reply.line, "250 c");
}

/* ---- HTTP ---- */

/* In pieces of each size from 1 on, and then closed: always the same. */
static enum http_verdict judged(const char *text, unsigned status,
				bool is_found)
{
	enum http_verdict verdict = HTTP_MORE;

	for (size_t piece = 1; piece <= strlen(text) + 1; piece++) {
		struct http_answer answer;

		verdict = HTTP_MORE;
		http_answer_begin(&answer, false, "ready", "");
		for (size_t at = 0; at < strlen(text) && verdict == HTTP_MORE;
		     at += piece) {
			size_t left = strlen(text) - at;

			verdict = http_take(&answer, text + at,
					    left < piece ? left : piece);
		}
		if (verdict == HTTP_MORE)
			verdict = http_take(&answer, NULL, 0);
		if (verdict == HTTP_BROKEN)
			continue;
		assert_int_equal(http_status(&answer), status);
		assert_int_equal(answer.page.is_found, is_found);
	}
	return verdict;
}

#define OK "HTTP/1.1 200 OK\r\n"

static void test_an_http_answer_is_its_status_and_its_page(void **state)
{
	(void)state;
	assert_int_equal(
		judged(OK "Content-Length: 8\r\n\r\nis ready", 200, true),
		HTTP_WHOLE);
	/* to the end of the connection, chunked, an old server */
	assert_int_equal(judged(OK "\r\nis ready", 200, true), HTTP_WHOLE);
	assert_int_equal(judged(OK "Transfer-Encoding: chunked\r\n\r\n"
				   "3\r\nrea\r\n2;x=y\r\ndy\r\n0\r\n\r\n",
				200, true),
			 HTTP_WHOLE);
	assert_int_equal(judged("HTTP/1.0 503 no\r\n\r\nbusy", 503, false),
			 HTTP_WHOLE);
	/* without a page, and what comes behind it is not looked at */
	assert_int_equal(judged("HTTP/1.1 204 none\r\n\r\nready", 204, false),
			 HTTP_WHOLE);
	/* the length is that of the page that another question gets */
	assert_int_equal(judged("HTTP/1.1 304 as it was\r\n"
				"Content-Length: 9\r\n\r\n",
				304, false),
			 HTTP_WHOLE);
	/* RFC 9112 6.3: of both the chunks count */
	assert_int_equal(judged(OK "Content-Length: 2\r\n"
				   "Transfer-Encoding: chunked\r\n\r\n"
				   "5\r\nready\r\n0\r\n\r\n",
				200, true),
			 HTTP_WHOLE);
	/* RFC 9110 15.2 */
	assert_int_equal(judged("HTTP/1.1 100 Continue\r\n\r\n"
				"HTTP/1.1 404 Not Found\r\n"
				"Content-Length: 0\r\n\r\n",
				404, false),
			 HTTP_WHOLE);
}

static void test_half_an_http_answer_is_none(void **state)
{
	static const char *const broken[] = {
		"",
		"SSH-2.0-OpenSSH\r\n",
		"HTTP/1.1 200 OK\r\nServ",
		"HTTP/1.1 abc OK\r\n\r\n",
		"HTTP/1.1 100 Continue\r\n\r\n",
		OK "Content-Length: 9\r\n\r\nis ready",
		OK "Content-Length: -1\r\n\r\nis ready",
		OK "Transfer-Encoding: chunked\r\n\r\n5\r\nready\r\n",
		OK "Transfer-Encoding: chunked\r\n\r\nx\r\nready\r\n0\r\n\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
		assert_int_equal(judged(broken[i], 0, false), HTTP_BROKEN);
}

static struct http_answer heard(const char *text, bool is_head,
				const char *body, const char *digest)
{
	static struct http_answer answer;
	enum http_verdict verdict;

	http_answer_begin(&answer, is_head, body, digest);
	verdict = http_take(&answer, text, strlen(text));
	if (verdict == HTTP_MORE)
		verdict = http_take(&answer, NULL, 0);
	assert_int_equal(verdict, HTTP_WHOLE);
	return answer;
}

/* MD5 of "ready": printf ready | md5sum */
#define MD5_READY "b2fdab230a2c39f3595a947861863cb7"

static void test_a_page_has_its_digest_and_its_pattern(void **state)
{
	static const char page[] = OK "Content-Length: 5\r\n\r\nready",
			  chunked[] = OK "Transfer-Encoding: chunked\r\n\r\n"
					 "2\r\nre\r\n3\r\nady\r\n0\r\n\r\n",
			  open[] = OK "\r\nready\n";

	(void)state;
	assert_true(heard(page, false, "", MD5_READY).page.is_right);
	assert_true(heard(chunked, false, "", MD5_READY).page.is_right);
	assert_false(heard(open, false, "", MD5_READY).page.is_right);
	assert_true(heard(open, false, "", "").page.is_right);
	assert_true(heard(page, false, "^re.dy$", "").page.is_found);
	assert_true(heard(chunked, false, "^re.dy$", "").page.is_found);
	assert_true(heard(open, false, "^re.dy$", "").page.is_found);
	assert_false(heard(page, false, "^re.d$", "").page.is_found);
}

/* Only a connection on which nothing is left is asked again. */
static void test_a_connection_that_may_be_kept_is_clean(void **state)
{
	(void)state;
	assert_true(heard(OK "Content-Length: 5\r\n\r\nready", false, "", "")
			    .is_clean);
	assert_true(
		heard(OK "Content-Length: 0\r\n\r\n", false, "", "").is_clean);
	assert_true(heard(OK "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
			  false, "", "")
			    .is_clean);
	/* RFC 9110 9.3.2: the length of a page that does not come */
	assert_true(
		heard(OK "Content-Length: 5\r\n\r\n", true, "", "").is_clean);
	assert_false(heard(OK "Content-Length: 5\r\n\r\nready!", false, "", "")
			     .is_clean);
	assert_false(heard(OK "Content-Length: 5\r\n\r\nready", true, "", "")
			     .is_clean);
	assert_false(heard(OK "Content-Length: 0\r\nConnection: close\r\n\r\n",
			   false, "", "")
			     .is_clean);
	assert_false(heard("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
			   false, "", "")
			     .is_clean);
	assert_false(heard(OK "\r\nready", false, "", "").is_clean);
}

/* Its end is not waited for, whatever it says of its length. */
static void test_an_endless_http_answer_has_an_end(void **state)
{
	static const char head[] = OK "X-Filler: ",
			  interim[] = "HTTP/1.1 100 Go\r\n\r\n";
	struct http_answer answer;
	enum http_verdict verdict = HTTP_MORE;
	char page[1000];
	unsigned pieces = 0;

	(void)state;
	memset(page, 'x', sizeof(page));
	http_answer_begin(&answer, false, "", "");
	assert_int_equal(http_take(&answer, OK "\r\n", strlen(OK) + 2),
			 HTTP_MORE);
	for (; verdict == HTTP_MORE && pieces < 1000; pieces++)
		verdict = http_take(&answer, page, sizeof(page));
	assert_int_equal(verdict, HTTP_WHOLE);
	assert_int_equal(pieces, 66);
	http_answer_begin(&answer, false, "", "");
	verdict = http_take(&answer, head, strlen(head));
	for (pieces = 0; verdict == HTTP_MORE && pieces < 1000; pieces++)
		verdict = http_take(&answer, page, sizeof(page));
	assert_int_equal(verdict, HTTP_BROKEN);
	http_answer_begin(&answer, false, "", "");
	verdict = HTTP_MORE;
	for (pieces = 0; verdict == HTTP_MORE && pieces < 100000; pieces++)
		verdict = http_take(&answer, interim, strlen(interim));
	assert_int_equal(verdict, HTTP_BROKEN);
	assert_string_equal(http_why(&answer), "an answer without end");
}

/* ---- DNS ---- */

#define QUERY_SIZE (12 + 13 + 4) /* example.com */

/* The question with other header bytes, and records behind it. */
static size_t make_answer(const struct dns_question *question, uint8_t *packet,
			  unsigned rcode, const void *records, size_t size,
			  unsigned count)
{
	memcpy(packet, question->packet, question->size);
	packet[2] |= 0x80;
	packet[3] = (uint8_t)rcode;
	packet[7] = (uint8_t)count;
	if (size > 0)
		memcpy(packet + question->size, records, size);
	return question->size + size;
}

static void test_a_dns_question_is_as_rfc_1035_has_it(void **state)
{
	static const uint8_t expected[QUERY_SIZE] =
		"\x12\x34\x01\0\0\1\0\0\0\0\0\0\7example\3com\0\0\6\0\1";
	struct dns_question question;
	char name[300];

	(void)state;
	assert_int_equal(dns_record("SOA"), 6);
	assert_int_equal(dns_record("AAAA"), 28);
	assert_int_equal(dns_record("NONE"), 0);
	assert_int_equal(dns_ask(&question, 0x1234, "example.com", 6), 0);
	assert_int_equal(question.size, QUERY_SIZE);
	assert_memory_equal(question.packet, expected, QUERY_SIZE);
	assert_int_equal(dns_ask(&question, 1, ".", 6), 0);
	assert_int_equal(question.size, 17);
	assert_int_equal(dns_ask(&question, 1, "a..b", 6), -1);
	memset(name, 'a', sizeof(name));
	name[64] = '\0';
	assert_int_equal(dns_ask(&question, 1, name, 6), -1);
	/* the longest name: 255 bytes on the wire */
	for (unsigned i = 0; i < 253; i++)
		name[i] = i % 64 == 63 ? '.' : 'a';
	name[253] = '\0';
	assert_int_equal(dns_ask(&question, 1, name, 6), 0);
	assert_true(question.size <= DNS_QUESTION_MAX);
	name[253] = 'a';
	name[254] = '\0';
	assert_int_equal(dns_ask(&question, 1, name, 6), -1);
}

static void test_only_the_answer_to_the_question_counts(void **state)
{
	struct dns_question question, other;
	uint8_t packet[512];
	unsigned rcode;
	size_t size;

	(void)state;
	dns_ask(&question, 0x1234, "example.com", ns_t_soa);
	size = make_answer(&question, packet, 3, NULL, 0, 0);
	assert_int_equal(dns_judge(&question, packet, size, "", &rcode),
			 DNS_GOOD);
	assert_int_equal(rcode, 3);
	/* capitals of the name may differ */
	packet[13] = 'E';
	assert_int_equal(dns_judge(&question, packet, size, "", &rcode),
			 DNS_GOOD);
	/* another number, another name, a question, cut off */
	packet[0] ^= 1;
	assert_int_equal(dns_judge(&question, packet, size, "", &rcode),
			 DNS_FOREIGN);
	dns_ask(&other, 0x1234, "example.org", ns_t_soa);
	size = make_answer(&other, packet, 0, NULL, 0, 0);
	assert_int_equal(dns_judge(&question, packet, size, "", &rcode),
			 DNS_FOREIGN);
	assert_int_equal(dns_judge(&question, question.packet, question.size,
				   "", &rcode),
			 DNS_FOREIGN);
	size = make_answer(&question, packet, 0, NULL, 0, 0);
	for (size_t cut = 0; cut < size; cut++)
		assert_int_equal(dns_judge(&question, packet, cut, "", &rcode),
				 DNS_FOREIGN);
	/* more records told of than there are */
	packet[7] = 4;
	assert_int_equal(dns_judge(&question, packet, size, "", &rcode),
			 DNS_BROKEN);
	/* without its question: only of one that could not read it */
	packet[5] = packet[7] = 0;
	assert_int_equal(dns_judge(&question, packet, 12, "", &rcode),
			 DNS_FOREIGN);
	packet[3] = 1;
	assert_int_equal(dns_judge(&question, packet, 12, "", &rcode),
			 DNS_GOOD);
	assert_int_equal(rcode, 1);
}

static void test_an_expected_address_is_among_the_answers(void **state)
{
	static const uint8_t two[] = "\xc0\x0c\0\5\0\1\0\0\0\1\0\2\xc0\x0c"
				     "\xc0\x0c\0\1\0\1\0\0\0\1\0\4\xc0\0\2\x15";
	struct dns_question question;
	uint8_t packet[512];
	unsigned rcode;
	size_t size;

	(void)state;
	dns_ask(&question, 7, "example.com", ns_t_a);
	size = make_answer(&question, packet, 0, two, sizeof(two) - 1, 2);
	assert_int_equal(
		dns_judge(&question, packet, size, "192.0.2.21", &rcode),
		DNS_GOOD);
	assert_int_equal(
		dns_judge(&question, packet, size, "192.0.2.22", &rcode),
		DNS_OTHER);
	/* the record is cut off: it is not read beyond its end */
	for (size_t cut = question.size; cut < size; cut++)
		assert_int_equal(
			dns_judge(&question, packet, cut, "192.0.2.21", &rcode),
			DNS_BROKEN);
	/* an address whose length is not that of one */
	packet[size - 5] = 3;
	assert_int_equal(
		dns_judge(&question, packet, size - 1, "192.0.2.21", &rcode),
		DNS_OTHER);
}

/* ---- agents ---- */

static void test_an_agent_is_understood_as_haproxy_does(void **state)
{
	static const struct {
		const char *line;
		unsigned said;
		uint8_t percent;
	} lines[] = {
		{"75%", AGENT_PERCENT, 75},
		{"0%", AGENT_PERCENT, 0},
		{"250%", AGENT_PERCENT, 100},
		{"drain", AGENT_DRAIN, 7},
		{"maint", AGENT_MAINT, 7},
		{"ready up 100%", AGENT_READY | AGENT_UP | AGENT_PERCENT, 100},
		{"up,ready,\t50%", AGENT_READY | AGENT_UP | AGENT_PERCENT, 50},
		{"down#50% ready", AGENT_DOWN, 7},
		{"stopped # for the night", AGENT_DOWN, 7},
		{"fail", AGENT_DOWN, 7},
		{"maxconn:30 up", AGENT_UP, 7},
		{"drain ready", AGENT_READY, 7},
		{"UP", AGENT_UP, 7},
		/* none of these is a word (haproxy PR 642 for the first) */
		{"failed", 0, 7},
		{"upward", 0, 7},
		{"%", 0, 7},
		{"-5%", 0, 7},
		{"5", 0, 7},
		{"5%%", 0, 7},
		{"", 0, 7},
		{" , ", 0, 7},
		{"99999999999999999999999%", AGENT_PERCENT, 100},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		uint8_t percent = 7;

		assert_int_equal(agent_parse(lines[i].line,
					     strlen(lines[i].line), &percent),
				 lines[i].said);
		assert_int_equal(percent, lines[i].percent);
	}
}

static void test_a_file_may_say_a_number(void **state)
{
	static const struct {
		const char *line;
		unsigned said;
	} lines[] = {{"0", AGENT_UP},
		     {"00 ", AGENT_UP},
		     {" -0\r", AGENT_UP},
		     {"1", AGENT_DOWN},
		     {"-254", AGENT_DOWN},
		     {"+10", AGENT_DOWN},
		     {"", 0},
		     {"-", 0},
		     {" ", 0},
		     {"0x1", 0},
		     {"0 0", 0},
		     {"1.0", 0}};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_int_equal(agent_parse_number(lines[i].line,
						    strlen(lines[i].line)),
				 lines[i].said);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_file_may_say_a_number),
		cmocka_unit_test(test_a_text_is_found_across_pieces),
		cmocka_unit_test(test_an_smtp_reply_is_its_code),
		cmocka_unit_test(test_the_next_byte_begins_another_reply),
		cmocka_unit_test(
			test_an_http_answer_is_its_status_and_its_page),
		cmocka_unit_test(test_half_an_http_answer_is_none),
		cmocka_unit_test(test_a_page_has_its_digest_and_its_pattern),
		cmocka_unit_test(test_a_connection_that_may_be_kept_is_clean),
		cmocka_unit_test(test_an_endless_http_answer_has_an_end),
		cmocka_unit_test(test_a_dns_question_is_as_rfc_1035_has_it),
		cmocka_unit_test(test_only_the_answer_to_the_question_counts),
		cmocka_unit_test(test_an_expected_address_is_among_the_answers),
		cmocka_unit_test(test_an_agent_is_understood_as_haproxy_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
