/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The copy of the settings that all programs share: what is not used of it
 * takes no memory, also of who locks all of his. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* of "the kernel": how often it holds a page while seals are asked for */
static unsigned busy, asked, refused_as;
static int ask_seals(int fd, int command, ...);
#define fcntl(fd, ...) ask_seals(fd, __VA_ARGS__)
#include "../../src/settings/sealed.c"
#undef fcntl

#define FEW_KB 64

static struct settings *make_settings(void)
{
	struct settings *settings = calloc(1, sizeof(*settings));

	assert_non_null(settings);
	settings->magic = SETTINGS_MAGIC;
	settings->size = sizeof(*settings);
	settings->instance_count = 1;
	memcpy(settings->instances[0].name, "VI_1", 5);
	settings->startup_ms = 60000;
	/* its last byte */
	((char *)settings)[sizeof(*settings) - 1] = 7;
	return settings;
}

static int ask_seals(int fd, int command, ...)
{
	if (command == F_GET_SEALS)
		return fcntl(fd, F_GET_SEALS);
	asked++;
	if (busy > 0) {
		busy--;
		errno = (int)refused_as;
		return -1;
	}
	return fcntl(fd, F_ADD_SEALS, SNAPSHOT_SEALS);
}

/* fcntl(2): EBUSY is a moment's. */
static void test_a_page_that_the_kernel_holds_is_no_end(void **state)
{
	struct settings *settings = make_settings();
	int fd;

	(void)state;
	refused_as = EBUSY;
	busy = 3;
	fd = settings_seal(settings);
	assert_true(fd >= 0);
	assert_non_null(settings_map_again(fd));
	close(fd);
	busy = 1000;
	asked = 0;
	assert_int_equal(settings_seal(settings), -1);
	assert_int_equal(errno, EBUSY);
	assert_int_equal(asked, 5);
	refused_as = EPERM;
	asked = 0;
	assert_int_equal(settings_seal(settings), -1);
	assert_int_equal(asked, 1);
	busy = 0;
	free(settings);
}

static off_t kept_kb(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, sizeof(struct settings));
	return st.st_blocks / 2;
}

static void test_what_is_not_used_takes_no_memory(void **state)
{
	struct settings *settings = make_settings();
	int fd = settings_seal(settings);
	const struct settings *copy;

	(void)state;
	assert_true(fd >= 0);
	assert_true(kept_kb(fd) <= FEW_KB);
	copy = settings_map_again(fd);
	assert_non_null(copy);
	assert_memory_equal(copy, settings, sizeof(*settings));
	/* read, and locked where that is allowed */
	(void)mlock(copy, sizeof(*copy));
	assert_true(kept_kb(fd) <= FEW_KB);
	settings_unmap(copy);
	close(fd);
	free(settings);
}

static void test_what_is_used_is_all_there(void **state)
{
	struct settings *settings = malloc(sizeof(*settings));
	const struct settings *copy;
	int fd;

	(void)state;
	assert_non_null(settings);
	memset(settings, 0x5a, sizeof(*settings));
	settings->magic = SETTINGS_MAGIC;
	settings->size = sizeof(*settings);
	fd = settings_seal(settings);
	assert_true(fd >= 0);
	copy = settings_map_again(fd);
	assert_non_null(copy);
	assert_memory_equal(copy, settings, sizeof(*settings));
	settings_unmap(copy);
	close(fd);
	free(settings);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_not_used_takes_no_memory),
		cmocka_unit_test(test_what_is_used_is_all_there),
		cmocka_unit_test(test_a_page_that_the_kernel_holds_is_no_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
