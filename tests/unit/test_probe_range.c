/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Thresholds as the Monitoring Plugins guidelines define them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../src/cli/probe/range.h"

static void test_what_each_form_alerts_on(void **state)
{
	static const struct {
		const char *text;
		double quiet[3], loud[3];
	} forms[] = {
		{"10", {0, 5, 10}, {-0.1, 10.1, 1e9}},
		{"10:", {10, 11, 1e18}, {9.9, 0, -3}},
		{"~:10", {10, 0, -1e18}, {10.1, 11, 1e18}},
		{"10:20", {10, 15, 20}, {9.9, 20.1, -15}},
		{"@10:20", {9.9, 20.1, -15}, {10, 15, 20}},
		{"@10", {-1, 10.5, 11}, {0, 5, 10}},
		{"-5:1.5e1", {-5, 0, 15}, {-5.1, 15.1, 99}},
		{"0", {0, 0, 0}, {0.1, -0.1, 1}},
	};
	struct range range;

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		assert_int_equal(range_read(&range, forms[i].text), 0);
		assert_string_equal(range.text, forms[i].text);
		for (unsigned k = 0; k < 3; k++) {
			assert_false(range_alerts(&range, forms[i].quiet[k]));
			assert_true(range_alerts(&range, forms[i].loud[k]));
		}
	}
}

static void test_what_is_no_range_never_alerts(void **state)
{
	static const char *const texts[] = {"",
					    "@",
					    "ten",
					    "10:ten",
					    "20:10",
					    "1:2:3",
					    " 10",
					    "0x10",
					    "nan",
					    "inf",
					    "~",
					    ":",
					    "10 ",
					    "10,5",
					    "1e999",
					    "~10:",
					    "--1",
					    ("000000000000000000000000000000000"
					     "00000000000000000000000000000"
					     "000000")};
	struct range range;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(range_read(&range, texts[i]), -1);
		assert_false(range_alerts(&range, 1e9));
		assert_false(range_alerts(&range, -1e9));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_each_form_alerts_on),
		cmocka_unit_test(test_what_is_no_range_never_alerts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
