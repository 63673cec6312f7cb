/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Regular expressions, looked for in texts of strangers that come in pieces. */
#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "../../src/base/pattern.h"

static bool is_found(const struct pattern *pattern, const char *text,
		     size_t size, size_t piece)
{
	struct pattern_run run = {.is_begun = false};

	for (size_t at = 0; at < size; at += piece)
		if (pattern_take(pattern, &run, text + at,
				 size - at < piece ? size - at : piece))
			return true;
	return pattern_end(pattern, &run);
}

static void test_what_perl_finds_is_found_in_any_pieces(void **state)
{
	static const struct {
		const char *text, *in;
		bool is_found;
	} cases[] = {
		{"ready", "it is ready.", true},
		{"ready", "it is read y", false},
		{"", "", true},
		{"a", "", false},
		{"re.dy", "re\ndy", false},
		{"re.dy", "re-dy", true},
		{"^ready", "is ready", false},
		{"^ready", "ready", true},
		{"ready$", "ready or not", false},
		{"ready$", "is ready", true},
		{"ready$", "is ready\n", true},
		{"ready$", "is ready\n\n", false},
		{"^$", "", true},
		{"^$", "\n", true},
		{"^$", "x", false},
		{"^a|b$", "xb", true},
		{"^(a|b)$", "xb", false},
		{"a\\.b", "axb", false},
		{"a\\.b", "a.b", true},
		{"\\d{3}", "a12b345", true},
		{"\\d{3}", "a12b34", false},
		{"^\\w+\\s\\W$", "ab_9 -", true},
		{"[^\\d]x", "1x", false},
		{"[a-c\\d]+-", "b2-", true},
		{"[]a]b", "]b", true},
		{"[^]]b", "]b", false},
		{"[a-]b", "-b", true},
		{"\"status\":\\s*\"(ok|up)\"", "{\"status\": \"up\"}", true},
		{"{\"ok\":1}", "x{\"ok\":1}", true},
		{"a{,3}b", "a{,3}b", true},
		{"^a{2}$", "aaa", false},
		{"^a{2,}$", "aaaaa", true},
		{"^a{2,3}$", "aaaa", false},
		{"^a{0}b$", "b", true},
		{"^(ab){1,2}?c", "ababc", true},
		{"x*?y", "y", true},
		{"(a*)*b", "aaac", false},
		{"(a*)*b", "aaab", true},
		{"(|a)+b", "b", true},
		{"(?:a|b)c", "bc", true},
		{"(?i)REady", "rEADY", true},
		{"(?i)[a-c]x", "BX", true},
		{"(?i)[^a]x", "Ax", false},
		{"\\x41\\x7e", "A~", true},
		{"a\\nb", "a\nb", true},
		{"\xc3\xa4+", "\xc3\xa4", true},
	};
	struct pattern pattern;
	const char *why;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (!pattern_compile(&pattern, cases[i].text, &why))
			fail_msg("%s: %s", cases[i].text, why);
		for (size_t piece = 1; piece < 20; piece++)
			if (is_found(&pattern, cases[i].in, strlen(cases[i].in),
				     piece) != cases[i].is_found)
				fail_msg("%s in \"%s\"", cases[i].text,
					 cases[i].in);
	}
}

static void test_what_is_not_known_is_refused_with_a_reason(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"(a", "a ( is not closed"},
		{"a)", "a ) closes nothing"},
		{"[a", "a [ is not closed"},
		{"[", "a [ is not closed"},
		{"[^", "a [ is not closed"},
		{"[b-a]", "a range in [ ] goes backwards"},
		{"[[:alpha:]]", "[: is not known here"},
		{"*a", "a repeat has nothing before it"},
		{"a|+", "a repeat has nothing before it"},
		{"{2}", "a repeat has nothing before it"},
		{"a**", "two repeats stand behind each other"},
		{"a{2}{3}", "two repeats stand behind each other"},
		{"a++", "a + behind a repeat is not known here"},
		{"a{3,2}", "a { } goes backwards"},
		{"a{256}", "a { } asks for more than 255"},
		{"a{99999999999}", "a { } asks for more than 255"},
		{"(a{200}){200}", "it has too many steps"},
		{"((((a{200}){200}){200}){200})", "it has too many steps"},
		{"\\1", "a \\ with this letter or digit behind it is not known "
			"here"},
		{"\\bx", "a \\ with this letter or digit behind it is not "
			 "known here"},
		{"(?=a)", "(? and (* are not known here, but for (?: and a "
			  "(?i) in front"},
		{"a(?i)b", "(? and (* are not known here, but for (?: and a "
			   "(?i) in front"},
		{"\\", "\\ stands at its end"},
		{"[\\", "\\ stands at its end"},
		{"\\x4", "\\x wants two hex digits"},
		{"((((((((((((((((((((((((((((((((((a", "its ( ) lie too deep "
							"in each other"},
	};
	struct pattern pattern;
	const char *why;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (pattern_compile(&pattern, cases[i].text, &why))
			fail_msg("%s is taken", cases[i].text);
		assert_string_equal(why, cases[i].why);
	}
}

static void test_a_plain_text_has_nothing_special(void **state)
{
	(void)state;
	assert_true(pattern_is_plain("all is well, {\"ok\": 1}"));
	assert_true(pattern_is_plain(""));
	assert_false(pattern_is_plain("well."));
	assert_false(pattern_is_plain("a{2}"));
	assert_false(pattern_is_plain("^a"));
	assert_false(pattern_is_plain("a\\"));
}

/* The page of a stranger holds nobody up: glibc takes more than a minute. */
static void test_no_text_takes_long(void **state)
{
	static const char *const hard[] = {"[ab]*a[ab]{14}c", "(a|aa)+$x",
					   "(a*)*c", "a{240}c",
					   "(.*)(.*)(.*)(.*)(.*)[^ab]"};
	static char text[65536];
	struct pattern pattern;
	const char *why;

	(void)state;
	srand(1);
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = rand() & 1 ? 'a' : 'b';
	for (size_t i = 0; i < sizeof(hard) / sizeof(hard[0]); i++) {
		clock_t began = clock();

		assert_true(pattern_compile(&pattern, hard[i], &why));
		assert_false(is_found(&pattern, text, sizeof(text), 1460));
		assert_true(clock() - began < CLOCKS_PER_SEC);
	}
}

/* ---- beside regexec(3), in what both know ---- */

static void make_row(char *to, unsigned depth);

static void make_atom(char *to, unsigned depth)
{
	static const char *const atoms[] = {
		"a", "b", ".", "[ab]", "b", "[^a]", "[a-b]", "a", "c", "[^bc]"};

	if (depth == 0 || rand() % 4 > 0) {
		strcat(to, atoms[rand() % 10]);
		return;
	}
	strcat(to, "(");
	make_row(to, depth - 1);
	if (rand() % 2) {
		strcat(to, "|");
		make_row(to, depth - 1);
	}
	strcat(to, ")");
}

static void make_row(char *to, unsigned depth)
{
	static const char *const repeats[] = {"*",    "+", "?", "{2}", "{1,2}",
					      "{2,}", "",  "",	"",    ""};

	for (int i = rand() % 3; i >= 0; i--) {
		make_atom(to, depth);
		strcat(to, repeats[rand() % 10]);
	}
}

static void test_it_finds_what_regexec_finds(void **state)
{
	unsigned found = 0;

	(void)state;
	srand(7);
	for (unsigned i = 0; i < 20000; i++) {
		char text[4096] = "", in[8] = "";
		struct pattern pattern;
		const char *why;
		regex_t regex;
		bool is;

		strcat(text, rand() % 3 ? "" : "^");
		make_row(text, 3);
		strcat(text, rand() % 3 ? "" : "$");
		for (unsigned k = (unsigned)rand() % 8; k > 0; k--)
			strcat(in, &"a\0b\0c"[2 * (rand() % 3)]);
		if (!pattern_compile(&pattern, text, &why)) {
			assert_string_equal(why, "it has too many steps");
			continue;
		}
		assert_int_equal(
			regcomp(&regex, text, REG_EXTENDED | REG_NOSUB), 0);
		is = regexec(&regex, in, 0, NULL, 0) == 0;
		regfree(&regex);
		if (is_found(&pattern, in, strlen(in), 3) != is)
			fail_msg("%s in %s", text, in);
		found += is;
	}
	assert_in_range(found, 4000, 16000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_perl_finds_is_found_in_any_pieces),
		cmocka_unit_test(
			test_what_is_not_known_is_refused_with_a_reason),
		cmocka_unit_test(test_a_plain_text_has_nothing_special),
		cmocka_unit_test(test_no_text_takes_long),
		cmocka_unit_test(test_it_finds_what_regexec_finds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
