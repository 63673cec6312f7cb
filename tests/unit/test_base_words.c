/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A command of the settings in words, without a shell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/base/word_distance.h"
#include "../../src/base/words.h"

static void test_blanks_separate_and_quotes_keep_together(void **state)
{
	struct words words;

	(void)state;
	assert_true(
		words_split("  /bin/a\tb 'c d'\"e f\"g  \"\" $HOME;", &words));
	assert_int_equal(words.count, 5);
	assert_string_equal(words.at[0], "/bin/a");
	assert_string_equal(words.at[1], "b");
	assert_string_equal(words.at[2], "c de fg");
	assert_string_equal(words.at[3], "");
	assert_string_equal(words.at[4], "$HOME;");
	assert_null(words.at[5]);
	assert_true(words_split("a\"'\"b", &words));
	assert_string_equal(words.at[0], "a'b");
	assert_true(words_split(" ", &words));
	assert_int_equal(words.count, 0);
}

static void test_what_is_no_command_is_refused(void **state)
{
	char many[WORDS_TEXT_MAX + 8];
	struct words words;

	(void)state;
	assert_false(words_split("/bin/a 'b", &words));
	assert_false(words_split("/bin/a \"b'", &words));
	memset(many, 'a', sizeof(many));
	many[WORDS_TEXT_MAX] = '\0';
	assert_false(words_split(many, &words));
	many[WORDS_TEXT_MAX - 1] = '\0';
	assert_true(words_split(many, &words));
	for (unsigned i = 0; i < 2 * WORDS_MAX; i++)
		many[i] = i % 2 ? ' ' : 'a';
	many[2 * WORDS_MAX] = '\0';
	assert_true(words_split(many, &words));
	assert_int_equal(words.count, WORDS_MAX);
	many[2 * WORDS_MAX] = 'a';
	many[2 * WORDS_MAX + 1] = '\0';
	assert_false(words_split(many, &words));
}

static void test_the_distance_of_two_words_is_its_slips(void **state)
{
	static const struct {
		const char *a, *b;
		unsigned slips;
	} words[] = {
		{"", "", 0},
		{"host", "host", 0},
		{"", "abc", 3},
		{"hsot", "host", 1},
		{"statsu", "status", 1},
		{"adress", "address", 1},
		{"leases", "lease", 1},
		{"boud", "baud", 1},
		{"abcd", "badc", 2},
		{"kitten", "sitting", 3},
		/* a swap with a letter between is no swap */
		{"ca", "abc", 3},
	};
	char longest[80];

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		assert_int_equal(word_distance(words[i].a, words[i].b),
				 words[i].slips);
		assert_int_equal(word_distance(words[i].b, words[i].a),
				 words[i].slips);
	}
	memset(longest, 'a', sizeof(longest));
	longest[64] = '\0';
	assert_int_equal(word_distance(longest, "a"), WORD_DISTANCE_MAX);
	longest[63] = '\0';
	assert_int_equal(word_distance(longest, "a"), 62);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blanks_separate_and_quotes_keep_together),
		cmocka_unit_test(test_what_is_no_command_is_refused),
		cmocka_unit_test(test_the_distance_of_two_words_is_its_slips),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
