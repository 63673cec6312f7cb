/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files of a history, in a directory whose owner has fewer rights. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../src/client/journal_file.h"

static char folder[64], taken[200];

static const char *within(const char *name)
{
	static char paths[4][100];
	static unsigned turn;
	char *path = paths[turn++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	return path;
}

static void write_file(const char *name, const char *text)
{
	FILE *file = fopen(within(name), "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static bool take(void *arg, const char *text)
{
	size_t used = strlen(taken);

	(void)arg;
	snprintf(taken + used, sizeof(taken) - used, "%s", text);
	return true;
}

static int read_it(const char *path)
{
	taken[0] = '\0';
	errno = 0;
	return journal_file_read(path, take, NULL);
}

static int begin(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/twinbeat-journal-XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int end(void **state)
{
	static const char *const names[] = {"journal", "journal.1", "secret"};

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		unlink(within(names[i]));
	return rmdir(folder);
}

/* While it reads, the writer sets a full file aside. */
static bool take_and_turn(void *arg, const char *text)
{
	if (*(bool *)arg) {
		rename(within("journal"), within("journal.1"));
		write_file("journal", "newest\n");
	}
	*(bool *)arg = false;
	return take(NULL, text);
}

static void test_a_file_that_becomes_the_older_one_comes_once(void **state)
{
	bool is_due = true;

	(void)state;
	write_file("journal.1", "older\n");
	write_file("journal", "new\n");
	taken[0] = '\0';
	assert_int_equal(journal_file_read(folder, take_and_turn, &is_due), 0);
	assert_string_equal(taken, "older\nnew\n");
}

static void test_both_files_the_older_one_first(void **state)
{
	(void)state;
	assert_int_equal(read_it(folder), -1);
	assert_int_equal(errno, ENOENT);
	write_file("journal", "new\n");
	assert_int_equal(read_it(folder), 0);
	assert_string_equal(taken, "new\n");
	write_file("journal.1", "old\n");
	assert_int_equal(read_it(folder), 0);
	assert_string_equal(taken, "old\nnew\n");
	assert_int_equal(read_it(within("journal")), 0);
	assert_string_equal(taken, "new\n");
}

/* Who reads it for a web server is root, and shows it to who may not. */
static void test_no_link_is_followed(void **state)
{
	(void)state;
	write_file("secret", "root's\n");
	assert_int_equal(symlink(within("secret"), within("journal")), 0);
	assert_int_equal(read_it(folder), -1);
	assert_int_equal(errno, ELOOP);
	assert_string_equal(taken, "");
	/* a person who names it gets it */
	assert_int_equal(read_it(within("journal")), 0);
	assert_string_equal(taken, "root's\n");
}

static void test_a_fifo_is_not_waited_for(void **state)
{
	(void)state;
	assert_int_equal(mkfifo(within("journal"), 0600), 0);
	assert_int_equal(read_it(folder), 0);
	assert_string_equal(taken, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_both_files_the_older_one_first, begin, end),
		cmocka_unit_test_setup_teardown(
			test_a_file_that_becomes_the_older_one_comes_once,
			begin, end),
		cmocka_unit_test_setup_teardown(test_no_link_is_followed, begin,
						end),
		cmocka_unit_test_setup_teardown(test_a_fifo_is_not_waited_for,
						begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
