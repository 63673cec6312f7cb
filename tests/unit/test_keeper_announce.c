/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When an owner tells its neighbours where the addresses are. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>

#include <cmocka.h>

#include "../../src/keeper/announce_pace.c"

/* The times of the first count announcements, in ms since the claim. */
static void expect(const struct settings_garp *garp, const int64_t *wanted_ms,
		   unsigned count)
{
	int64_t at_us = 0;

	for (unsigned step = 1; step < count; step++) {
		int64_t wait_us = announce_wait_us(garp, step);

		assert_true(wait_us != INT64_MAX);
		at_us += wait_us;
		assert_int_equal(at_us / MS_US, wanted_ms[step]);
	}
}

#define EXPECT(garp, ...)                                                      \
	expect(garp, (const int64_t[]){__VA_ARGS__},                           \
	       sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t))

static void test_the_first_are_close_together(void **state)
{
	struct settings_garp garp = {.repeat = 7, .refresh_repeat = 1};

	(void)state;
	EXPECT(&garp, 0, 5, 50, 500, 5000, 10000, 15000);
	assert_true(announce_wait_us(&garp, 7) == INT64_MAX);
}

static void test_none_counts_as_one(void **state)
{
	struct settings_garp garp = {.repeat = 0, .refresh_repeat = 1};

	(void)state;
	assert_int_equal(announce_wait_us(&garp, 0), 5 * MS_US);
	assert_true(announce_wait_us(&garp, 1) == INT64_MAX);
	garp.refresh_s = 1;
	EXPECT(&garp, 0, 1000, 2000, 3000);
}

static void test_a_second_round_is_as_long_as_the_first(void **state)
{
	struct settings_garp garp = {.repeat = 3,
				     .delay_ms = 1000,
				     .refresh_s = 60,
				     .refresh_repeat = 1};

	(void)state;
	EXPECT(&garp, 0, 5, 50, 1050, 1055, 1100, 61100, 121100);
	garp.refresh_s = 0;
	assert_true(announce_wait_us(&garp, 6) == INT64_MAX);
	garp.repeat = 1;
	EXPECT(&garp, 0, 1000);
	assert_true(announce_wait_us(&garp, 2) == INT64_MAX);
}

static void test_a_refresh_is_several(void **state)
{
	struct settings_garp garp = {
		.repeat = 2, .refresh_s = 10, .refresh_repeat = 3};

	(void)state;
	EXPECT(&garp, 0, 5, 10005, 10010, 10015, 20015, 20020, 20025, 30025);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_first_are_close_together),
		cmocka_unit_test(test_none_counts_as_one),
		cmocka_unit_test(test_a_second_round_is_as_long_as_the_first),
		cmocka_unit_test(test_a_refresh_is_several),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
