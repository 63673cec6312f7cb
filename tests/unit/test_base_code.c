/* SPDX-License-Identifier: GPL-3.0-or-later */
/* R20: the code of a question, and the reply that a text has in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "../../src/base/code.h"

static enum code_found find(const char *text, struct code_reply *reply)
{
	return code_find_reply(text, strlen(text), reply);
}

static void finds(const char *text, unsigned number)
{
	struct code_reply reply;

	assert_int_equal(find(text, &reply), CODE_ONE);
	assert_string_equal(reply.code, "K7QM42XR");
	assert_int_equal(reply.number, number);
}

static void finds_none(const char *text)
{
	struct code_reply reply;

	assert_int_equal(find(text, &reply), CODE_NONE);
}

static void test_R20_codes_are_no_words_and_differ(void **state)
{
	char codes[200][CODE_SIZE];

	(void)state;
	for (unsigned i = 0; i < 200; i++) {
		assert_true(code_make(codes[i]));
		assert_true(code_is_one(codes[i]));
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(codes[i], codes[j]);
	}
	assert_false(code_is_one("TAKEOVER"));
	assert_false(code_is_one("23456789"));
	assert_false(code_is_one("K7QM42X"));
	assert_false(code_is_one("K7QM42XRR"));
	assert_false(code_is_one("K7QM42X0")); /* O */
	assert_false(code_is_one("K7QM421R")); /* l */
	assert_false(code_is_one(""));
}

static void test_R20_a_reply_is_found_in_any_text(void **state)
{
	(void)state;
	finds("K7QM42XR 1", 1);
	finds("k7qm42xr 2", 2);
	finds("K7QM42XR \t 3.", 3);
	finds("From: ops\r\nSubject: Re: alert\r\n\r\nK7QM42XR 2\r\n", 2);
	finds("yes, K7QM42XR 1, please\n> Reply K7QM42XR and a number: 1 cut "
	      "it and take over, 2 hold, 3 I switched it off myself.",
	      1);
	finds("K7QM42XR 1\nK7QM42XR 1", 1); /* text and HTML */
	finds("<p>K7QM42XR 1</p>", 1);
	finds("K7QM42XR K7QM42XR 3", 3);
}

static void test_R20_what_is_no_reply_is_none(void **state)
{
	struct code_reply reply;

	(void)state;
	finds_none("");
	finds_none("K7QM42XR");
	finds_none("K7QM42XR ");
	finds_none("K7QM42XR1");
	finds_none("K7QM42XR 4");
	finds_none("K7QM42XR 12");
	finds_none("K7QM42XR 1st");
	finds_none("K7QM42XR -1");
	finds_none("K7QM42XR\n1");
	finds_none("AK7QM42XR 1");
	finds_none("TAKEOVER 1");
	finds_none("Reply K7QM42XR and a number: 1 cut it and take over");
	assert_int_equal(find("K7QM42XR 1 K7QM42XR 2", &reply), CODE_SEVERAL);
	assert_int_equal(find("K7QM42XR 1 A7QM42XR 1", &reply), CODE_SEVERAL);
	/* only what is within the size, whatever is behind it */
	assert_int_equal(code_find_reply("K7QM42XR 1", 9, &reply), CODE_NONE);
	assert_int_equal(code_find_reply("\0K7QM42XR 1\0", 12, &reply),
			 CODE_ONE);
}

static void test_R20_a_megabyte_is_read_at_once(void **state)
{
	static char text[1 << 20];
	struct code_reply reply;

	(void)state;
	memset(text, ' ', sizeof(text));
	for (size_t i = 0; i + 9 < sizeof(text); i += 9)
		memcpy(text + i, "K7QM42XR ", 9);
	assert_int_equal(code_find_reply(text, sizeof(text), &reply),
			 CODE_NONE);
	text[sizeof(text) - 1] = '2';
	memcpy(text + sizeof(text) - 11, " K7QM42XR ", 10);
	assert_int_equal(code_find_reply(text, sizeof(text), &reply), CODE_ONE);
	assert_int_equal(reply.number, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_R20_codes_are_no_words_and_differ),
		cmocka_unit_test(test_R20_a_reply_is_found_in_any_text),
		cmocka_unit_test(test_R20_what_is_no_reply_is_none),
		cmocka_unit_test(test_R20_a_megabyte_is_read_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
