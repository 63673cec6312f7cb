/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A name and what we made there: still, no more, or nobody lets us look. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../src/base/file_place.h"

static char folder[40], path[64], other[64];

static void make(const char *name)
{
	FILE *file = fopen(name, "we");

	assert_non_null(file);
	fclose(file);
}

static int setup(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/place.XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/one", folder);
	snprintf(other, sizeof(other), "%s/other", folder);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	unlink(other);
	return rmdir(folder);
}

static void test_what_was_not_noted_is_not_there(void **state)
{
	struct file_place place = {.is_noted = false};

	(void)state;
	make(path);
	assert_false(file_place_holds(&place, path));
	file_place_note(&place, other);
	assert_false(file_place_holds(&place, other));
	assert_false(file_place_holds(&place, path));
}

static void test_it_is_there_until_it_is_removed_or_replaced(void **state)
{
	struct file_place place;

	(void)state;
	make(path);
	file_place_note(&place, path);
	assert_true(file_place_holds(&place, path));
	make(other);
	assert_int_equal(rename(other, path), 0);
	assert_false(file_place_holds(&place, path));
	file_place_note(&place, path);
	unlink(path);
	assert_false(file_place_holds(&place, path));
	/* a file where a folder was */
	make(path);
	snprintf(other, sizeof(other), "%s/one/more", folder);
	assert_false(file_place_holds(&place, other));
}

static void test_what_cannot_be_looked_at_is_there(void **state)
{
	struct file_place place;

	(void)state;
	make(path);
	file_place_note(&place, path);
	unlink(path);
	/* ELOOP, for root as well */
	assert_int_equal(symlink(path, path), 0);
	snprintf(other, sizeof(other), "%s/one/more", folder);
	assert_true(file_place_holds(&place, other));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_what_was_not_noted_is_not_there, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_it_is_there_until_it_is_removed_or_replaced, setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			test_what_cannot_be_looked_at_is_there, setup,
			teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
