/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What of the program and its libraries stays resident. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "../../src/base/images.h"

/* Of /proc/self/status, kB. */
static long status_kb(const char *key)
{
	FILE *status = fopen("/proc/self/status", "r");
	char line[200];
	long kb = -1;

	assert_non_null(status);
	while (fgets(line, sizeof(line), status))
		if (strncmp(line, key, strlen(key)) == 0)
			sscanf(line + strlen(key), ": %ld", &kb);
	fclose(status);
	assert_true(kb >= 0);
	return kb;
}

/* Addresses that the linker has written into a table that is const since. */
static const char *const relocated[] = {"one", "two", "three"};

static void test_what_the_start_used_leaves_and_comes_back(void **state)
{
	long before = status_kb("RssFile"), after;

	(void)state;
	images_forget_start();
	after = status_kb("RssFile");
	print_message("%ld kB of files before, %ld kB after\n", before, after);
	assert_true(after < before);
	for (unsigned i = 0; i < 3; i++)
		assert_true(strlen(relocated[i]) >= 3);
	assert_string_equal(relocated[2], "three");
	images_forget_start(); /* any number of times */
	assert_string_equal(relocated[1], "two");
}

/* A sanitizer's mlock() does nothing, and says that it has. */
static bool can_lock(void)
{
	static char byte = 1;

	return mlock(&byte, 1) == 0 && status_kb("VmLck") > 0;
}

static void test_the_program_is_locked_as_a_whole(void **state)
{
	(void)state;
	if (images_lock_program() != 0) {
		assert_true(errno == EPERM || errno == ENOMEM);
		skip();
	}
	if (!can_lock())
		skip();
	/* not its libraries: libc alone has more than 1 MB */
	assert_in_range(status_kb("VmLck"), 8, 1500);
	munlockall();
	assert_int_equal(status_kb("VmLck"), 0);
}

static void test_of_named_libraries_only_what_is_used_stays(void **state)
{
	static const char *const nobody[] = {"c.so", "libc.so.77", NULL};
	static const char *const libc[] = {"libnone.", "libc.so", NULL};
	long whole, locked;

	(void)state;
	if (!can_lock() || mlockall(MCL_CURRENT) != 0)
		skip();
	whole = status_kb("RssFile");
	locked = status_kb("VmLck");
	images_lock_used(nobody);
	assert_in_range(status_kb("RssFile"), whole - 64, whole + 64);
	images_lock_used(libc);
	print_message("%ld kB of files, %ld kB after\n", whole,
		      status_kb("RssFile"));
	assert_true(status_kb("RssFile") < whole - 300);
	/* what comes back is locked */
	assert_int_equal(status_kb("VmLck"), locked);
	munlockall();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_what_the_start_used_leaves_and_comes_back),
		cmocka_unit_test(test_the_program_is_locked_as_a_whole),
		cmocka_unit_test(
			test_of_named_libraries_only_what_is_used_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
