/* SPDX-License-Identifier: GPL-3.0-or-later */
/* R12c: what is written to a watchdog, and what is never opened as one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../src/watchdog/device.h"

static void assert_refused(const char *path, const char *why)
{
	struct watchdog_device device = {.fd = 99};
	char error[200] = "";

	assert_int_equal(
		watchdog_device_open(&device, path, 5, error, sizeof(error)),
		-1);
	assert_int_equal(device.fd, -1);
	if (strstr(error, why) == NULL || strstr(error, path) == NULL)
		print_error("%s\n", error);
	assert_non_null(strstr(error, why));
	assert_non_null(strstr(error, path));
}

static void test_R12_what_is_no_watchdog_is_refused_by_name(void **state)
{
	char folder[] = "/tmp/twinbeat-watchdog-XXXXXX", path[64];

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/none", folder);
	assert_refused(path, "No such file");
	/* its open would wait for a reader */
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_refused(path, "is no character device");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(folder), 0);
	assert_refused("/dev/null", "is no watchdog");
	assert_refused("/tmp", "is no character device");
}

static void test_R12_a_feed_is_never_the_magic_byte(void **state)
{
	struct watchdog_device device = {.timeout_s = 5, .is_magic = true};
	char byte[8];
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
	device.fd = ends[1];
	assert_true(watchdog_device_feed(&device));
	assert_int_equal(read(ends[0], byte, sizeof(byte)), 1);
	assert_int_not_equal(byte[0], 'V');
	assert_true(watchdog_device_feed(&device));
	assert_int_equal(read(ends[0], byte, sizeof(byte)), 1);
	/* the magic byte is the last one before the close */
	assert_true(watchdog_device_disarm(&device));
	assert_int_equal(device.fd, -1);
	assert_int_equal(read(ends[0], byte, sizeof(byte)), 1);
	assert_int_equal(byte[0], 'V');
	assert_int_equal(read(ends[0], byte, sizeof(byte)), 0);
	close(ends[0]);
}

static void test_R12_a_device_that_takes_nothing_is_told(void **state)
{
	struct watchdog_device device = {.fd = open("/dev/full", O_WRONLY)};

	(void)state;
	assert_true(device.fd >= 0);
	assert_false(watchdog_device_feed(&device));
	assert_int_equal(errno, ENOSPC);
	assert_false(watchdog_device_disarm(&device));
	assert_int_equal(device.fd, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_R12_what_is_no_watchdog_is_refused_by_name),
		cmocka_unit_test(test_R12_a_feed_is_never_the_magic_byte),
		cmocka_unit_test(test_R12_a_device_that_takes_nothing_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
