/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The state file (R1, R6, R8, R13): what is not exactly what we wrote proves
 * nothing, and is set aside rather than overwritten.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../src/base/replace_file.h"
#include "../../src/status/state_file.h"
#include "../../src/wire/auth.h"

static char folder[] = "/tmp/twinbeat-test.XXXXXX";
static char path[64], aside[80];

static struct core_memory sample(void)
{
	struct core_memory memory;

	memset(&memory, 0, sizeof(memory));
	memory.clean_end = true;
	memory.links_worked = true;
	memory.fence_digest = 0xfedcba98;
	memory.plug_ids[0] = 0xabcdef01;
	memory.plug_ids[2] = 3;
	memory.plug_proven = 5;
	memory.maintenance_version = 77;
	memory.maintenance = true;
	memory.drill_pending = true;
	memory.drill_result = 3;
	memory.drill_off_ms = 412;
	memory.drill_back_ms = 61234;
	memory.drill_at_s = 1790000001;
	memory.drill_passed_at_s = 1770000000;
	memory.plug_cut = 4;
	memory.restore_at_s = 1790000002;
	memory.plug_contradicted[0] = 0xfedcba97;
	memory.plug_contradicted[CORE_LIARS_MAX - 1] = 1;
	memory.fenced_at_s[0] = 1790000000;
	memory.fenced_at_s[1] = 1780000000;
	return memory;
}

static void assert_empty(const struct core_memory *memory)
{
	static const struct core_memory empty;

	assert_memory_equal(memory, &empty, sizeof(empty));
}

static int folder_make(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/state", folder);
	snprintf(aside, sizeof(aside), "%s.damaged", path);
	return 0;
}

static int folder_remove(void **state)
{
	(void)state;
	unlink(path);
	unlink(aside);
	return rmdir(folder);
}

static void test_what_was_written_is_read_back(void **state)
{
	struct core_memory memory = sample(), got;
	char text[STATE_TEXT_MAX], why[200];
	size_t size = state_encode(&memory, "web", "lb01", text);

	(void)state;
	assert_int_equal(
		state_decode(text, size, "web", "lb01", &got, why, sizeof(why)),
		0);
	assert_memory_equal(&got, &memory, sizeof(got));
}

static void test_R8_truncated_at_every_byte_proves_nothing(void **state)
{
	struct core_memory memory = sample(), got;
	char text[STATE_TEXT_MAX], why[200];
	size_t size = state_encode(&memory, "web", "lb01", text);

	(void)state;
	for (size_t cut = 0; cut < size; cut++) {
		why[0] = '\0';
		assert_int_equal(state_decode(text, cut, "web", "lb01", &got,
					      why, sizeof(why)),
				 -1);
		assert_empty(&got);
		assert_true(why[0]);
	}
}

static void test_R8_every_flipped_bit_proves_nothing(void **state)
{
	struct core_memory memory = sample(), got;
	char text[STATE_TEXT_MAX], why[200];
	size_t size = state_encode(&memory, "web", "lb01", text);

	(void)state;
	for (size_t bit = 0; bit < size * 8; bit++) {
		text[bit / 8] = (char)(text[bit / 8] ^ 1 << bit % 8);
		assert_int_equal(state_decode(text, size, "web", "lb01", &got,
					      why, sizeof(why)),
				 -1);
		assert_empty(&got);
		text[bit / 8] = (char)(text[bit / 8] ^ 1 << bit % 8);
	}
}

static void test_R8_appended_bytes_prove_nothing(void **state)
{
	struct core_memory memory = sample(), got;
	char text[STATE_TEXT_MAX], why[200];
	size_t size = state_encode(&memory, "web", "lb01", text);

	(void)state;
	text[size] = '\n';
	assert_int_equal(state_decode(text, size + 1, "web", "lb01", &got, why,
				      sizeof(why)),
			 -1);
}

static void test_R1_state_of_another_node_proves_nothing(void **state)
{
	struct core_memory memory = sample(), got;
	char text[STATE_TEXT_MAX], why[200];
	size_t size = state_encode(&memory, "web", "lb01", text);

	(void)state;
	assert_int_equal(
		state_decode(text, size, "web", "lb02", &got, why, sizeof(why)),
		-1);
	assert_non_null(strstr(why, "another node"));
	assert_empty(&got);
	assert_int_equal(state_decode(text, size, "mail", "lb01", &got, why,
				      sizeof(why)),
			 -1);
}

/* As an older version wrote it: without the lines that begin with these. */
static void read_older(char version, const char *const lacks[],
		       struct core_memory *got)
{
	struct core_memory memory = sample();
	char text[STATE_TEXT_MAX], old[STATE_TEXT_MAX], why[200], *sum;
	size_t used = 0;

	state_encode(&memory, "web", "lb01", text);
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		bool is_new = false;

		for (unsigned i = 0; lacks[i]; i++)
			is_new = is_new ||
				 strncmp(line, lacks[i], strlen(lacks[i])) == 0;
		if (!is_new)
			used += (size_t)sprintf(old + used, "%s\n", line);
	}
	old[strlen("version = ")] = version;
	sum = strstr(old, "checksum");
	sprintf(sum, "checksum = %u\n",
		auth_digest32(old, (size_t)(sum - old)));
	assert_int_equal(state_decode(old, strlen(old), "web", "lb01", got, why,
				      sizeof(why)),
			 0);
}

/* It had no plugs that were cut or have lied, and none is made up. */
static void test_format_2_is_read_still(void **state)
{
	static const char *const lacks[] = {"plug_id", "plug_cut", "restore",
					    "plug_contradicted", NULL};
	struct core_memory memory = sample(), got;

	(void)state;
	read_older('2', lacks, &got);
	memory.plug_cut = 0;
	memory.restore_at_s = 0;
	memset(memory.plug_contradicted, 0, sizeof(memory.plug_contradicted));
	memset(memory.plug_ids, 0, sizeof(memory.plug_ids));
	assert_memory_equal(&got, &memory, sizeof(got));
}

/* It knew its plugs by their places alone. */
static void test_format_3_is_read_still(void **state)
{
	static const char *const lacks[] = {"plug_id", "restore", NULL};
	struct core_memory memory = sample(), got;

	(void)state;
	read_older('3', lacks, &got);
	memset(memory.plug_ids, 0, sizeof(memory.plug_ids));
	memory.restore_at_s = 0;
	assert_memory_equal(&got, &memory, sizeof(got));
}

/* No on was owed over a restart. */
static void test_format_4_is_read_still(void **state)
{
	static const char *const lacks[] = {"restore", NULL};
	struct core_memory memory = sample(), got;

	(void)state;
	read_older('4', lacks, &got);
	memory.restore_at_s = 0;
	assert_memory_equal(&got, &memory, sizeof(got));
}

static void test_largest_state_fits(void **state)
{
	struct core_memory memory, got;
	char text[STATE_TEXT_MAX], why[200];
	char name[CORE_NAME_MAX];
	size_t size;

	(void)state;
	memset(&memory, 0, sizeof(memory));
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	memory.clean_end = memory.links_worked = memory.maintenance = true;
	memory.fence_digest = UINT32_MAX;
	memory.plug_proven = memory.plug_miswired = memory.plug_cut = 255;
	memory.maintenance_version = INT16_MAX;
	memory.drill_off_ms = memory.drill_back_ms = UINT32_MAX;
	memory.drill_at_s = memory.drill_passed_at_s = INT64_MAX / 1000000;
	memory.restore_at_s = INT64_MAX / 1000000;
	for (unsigned i = 0; i < CORE_LIARS_MAX; i++)
		memory.plug_contradicted[i] = UINT32_MAX;
	for (unsigned i = 0; i < CORE_PLUGS_MAX; i++)
		memory.plug_ids[i] = UINT32_MAX;
	for (unsigned i = 0; i < CORE_FENCES_MAX; i++)
		memory.fenced_at_s[i] = INT64_MAX / 1000000;
	size = state_encode(&memory, name, name, text);
	assert_true(size < sizeof(text));
	assert_int_equal(
		state_decode(text, size, name, name, &got, why, sizeof(why)),
		0);
	assert_memory_equal(&got, &memory, sizeof(got));
}

static void test_newer_format_is_named(void **state)
{
	struct core_memory memory = sample(), got;
	char text[STATE_TEXT_MAX], why[200], *sum;

	(void)state;
	state_encode(&memory, "web", "lb01", text);
	text[strlen("version = ")] = '6';
	sum = strstr(text, "checksum");
	sprintf(sum, "checksum = %u\n",
		auth_digest32(text, (size_t)(sum - text)));
	assert_int_equal(state_decode(text, strlen(text), "web", "lb01", &got,
				      why, sizeof(why)),
			 -1);
	assert_non_null(strstr(why, "format 6"));
	assert_empty(&got);
}

static void test_first_start_is_no_unclean_end(void **state)
{
	struct core_memory got;
	char why[400];

	(void)state;
	assert_int_equal(
		state_load(path, "web", "lb01", &got, why, sizeof(why)),
		STATE_ABSENT);
	assert_true(got.clean_end);
	assert_false(got.links_worked);
	assert_int_equal(got.plug_proven, 0);
}

static void test_R8_damaged_file_is_set_aside(void **state)
{
	struct core_memory got;
	char why[400];

	(void)state;
	assert_int_equal(replace_file(path, "rubbish\n", 8), 0);
	assert_int_equal(
		state_load(path, "web", "lb01", &got, why, sizeof(why)),
		STATE_SET_ASIDE);
	assert_empty(&got);
	assert_non_null(strstr(why, aside));
	assert_int_equal(access(aside, F_OK), 0);
	assert_int_equal(access(path, F_OK), -1);
}

static void test_good_file_on_disk(void **state)
{
	struct core_memory memory = sample(), got;
	char text[STATE_TEXT_MAX], why[400];
	size_t size = state_encode(&memory, "web", "lb01", text);
	struct stat st;

	(void)state;
	assert_int_equal(replace_file(path, text, size), 0);
	assert_int_equal(
		state_load(path, "web", "lb01", &got, why, sizeof(why)),
		STATE_GOOD);
	assert_memory_equal(&got, &memory, sizeof(got));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777 & ~0640, 0);
}

static void test_failed_replace_keeps_the_old_one(void **state)
{
	char beside[80];

	(void)state;
	assert_int_equal(replace_file(path, "old", 3), 0);
	/* a folder in the way: the new file cannot be made */
	snprintf(beside, sizeof(beside), "%s.new", path);
	assert_int_equal(mkdir(beside, 0700), 0);
	assert_int_equal(replace_file(path, "new", 3), -1);
	assert_int_equal(rmdir(beside), 0);
	assert_int_equal(access(path, F_OK), 0);
}

/* Nobody reads that FIFO: an open of it would wait for ever. */
static void test_N09_what_stands_beside_it_is_in_nobodys_way(void **state)
{
	char beside[80], other[80], got[8] = "";
	struct stat st;
	int fd;

	(void)state;
	snprintf(beside, sizeof(beside), "%s.new", path);
	assert_int_equal(mkfifo(beside, 0600), 0);
	assert_int_equal(replace_file(path, "one", 3), 0);
	/* a link: what it points to is another's */
	snprintf(other, sizeof(other), "%s.other", path);
	assert_int_equal(symlink(other, beside), 0);
	assert_int_equal(replace_file(path, "two", 3), 0);
	assert_int_equal(access(other, F_OK), -1);
	/* the longer rest of a run that was cut off */
	fd = open(beside, O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(fd, "longer", 6), 6);
	close(fd);
	assert_int_equal(replace_file(path, "end", 3), 0);
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(st.st_size, 3);
	fd = open(path, O_RDONLY);
	assert_int_equal(read(fd, got, sizeof(got)), 3);
	close(fd);
	assert_string_equal(got, "end");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_was_written_is_read_back),
		cmocka_unit_test(
			test_R8_truncated_at_every_byte_proves_nothing),
		cmocka_unit_test(test_R8_every_flipped_bit_proves_nothing),
		cmocka_unit_test(test_R8_appended_bytes_prove_nothing),
		cmocka_unit_test(test_R1_state_of_another_node_proves_nothing),
		cmocka_unit_test(test_format_2_is_read_still),
		cmocka_unit_test(test_format_3_is_read_still),
		cmocka_unit_test(test_format_4_is_read_still),
		cmocka_unit_test(test_largest_state_fits),
		cmocka_unit_test(test_newer_format_is_named),
		cmocka_unit_test(test_first_start_is_no_unclean_end),
		cmocka_unit_test(test_R8_damaged_file_is_set_aside),
		cmocka_unit_test(test_good_file_on_disk),
		cmocka_unit_test(test_failed_replace_keeps_the_old_one),
		cmocka_unit_test(
			test_N09_what_stands_beside_it_is_in_nobodys_way),
	};

	return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
