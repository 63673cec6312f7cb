/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages between our programs: exact sizes, no uninvited descriptors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../src/base/message.h"

struct message {
	uint32_t a, b;
};

static int pair[2];

static int setup(void **state)
{
	(void)state;
	return message_pair(pair);
}

static int teardown(void **state)
{
	(void)state;
	close(pair[0]);
	close(pair[1]);
	return 0;
}

static void test_message_arrives_whole(void **state)
{
	struct message sent = {1, 2}, got = {0, 0};

	(void)state;
	assert_int_equal(message_send(pair[0], &sent, sizeof(sent)),
			 MESSAGE_OK);
	assert_int_equal(message_receive(pair[1], &got, sizeof(got)),
			 MESSAGE_OK);
	assert_memory_equal(&sent, &got, sizeof(got));
	assert_int_equal(message_receive(pair[1], &got, sizeof(got)),
			 MESSAGE_NONE);
}

static void test_wrong_sizes_are_no_messages(void **state)
{
	char bytes[64] = "x";
	struct message got;

	(void)state;
	for (size_t size = 1; size <= sizeof(bytes); size++) {
		assert_int_equal(message_send(pair[0], bytes, size),
				 MESSAGE_OK);
		assert_int_equal(message_receive(pair[1], &got, sizeof(got)),
				 size == sizeof(got) ? MESSAGE_OK
						     : MESSAGE_WRONG);
		/* and it is thrown away whole */
		assert_int_equal(message_receive(pair[1], &got, sizeof(got)),
				 MESSAGE_NONE);
	}
}

static void test_bounds_of_a_variable_message(void **state)
{
	char bytes[64] = "x", got[16];
	size_t size;

	(void)state;
	for (size_t sent = 1; sent <= sizeof(bytes); sent++) {
		assert_int_equal(message_send(pair[0], bytes, sent),
				 MESSAGE_OK);
		assert_int_equal(message_receive_some(pair[1], got, 4,
						      sizeof(got), &size),
				 sent >= 4 && sent <= sizeof(got)
					 ? MESSAGE_OK
					 : MESSAGE_WRONG);
		if (sent >= 4 && sent <= sizeof(got))
			assert_int_equal(size, sent);
	}
}

static void test_gone_is_told_to_both(void **state)
{
	struct message message = {0, 0};
	int own[2];

	(void)state;
	assert_int_equal(message_pair(own), 0);
	close(own[1]);
	assert_int_equal(message_send(own[0], &message, sizeof(message)),
			 MESSAGE_GONE);
	assert_int_equal(message_receive(own[0], &message, sizeof(message)),
			 MESSAGE_GONE);
	close(own[0]);
}

/* The kernel tells of what the other side has not read before it gives what
 * that one had sent. */
static void test_last_words_of_one_that_left_something_unread(void **state)
{
	struct message message = {1, 2}, got;
	int own[2], passed[MESSAGE_FDS_MAX];
	unsigned count;

	(void)state;
	for (unsigned way = 0; way < 2; way++) {
		assert_int_equal(message_pair(own), 0);
		assert_int_equal(
			message_send(own[0], &message, sizeof(message)),
			MESSAGE_OK);
		assert_int_equal(
			message_send(own[1], &message, sizeof(message)),
			MESSAGE_OK);
		close(own[1]);
		got.b = 0;
		assert_int_equal(
			way == 0
				? message_receive(own[0], &got, sizeof(got))
				: message_receive_fds(own[0], &got, sizeof(got),
						      passed, &count),
			MESSAGE_OK);
		assert_int_equal(got.b, 2);
		assert_int_equal(message_receive(own[0], &got, sizeof(got)),
				 MESSAGE_GONE);
		close(own[0]);
	}
}

static void test_full_socket_does_not_block(void **state)
{
	struct message message = {0, 0};
	enum message_result result = MESSAGE_OK;
	unsigned sent = 0;

	(void)state;
	while (result == MESSAGE_OK && sent < 100000) {
		result = message_send(pair[0], &message, sizeof(message));
		sent++;
	}
	assert_int_equal(result, MESSAGE_NONE);
	/* room for the claims of 64 instances, their will and a tick */
	assert_true(sent > 130);
}

static void test_uninvited_descriptor_does_not_get_in(void **state)
{
	struct message message = {1, 2};
	int before, after;

	(void)state;
	before = dup(0);
	close(before);
	assert_int_equal(
		message_send_fd(pair[0], &message, sizeof(message), pair[0]),
		MESSAGE_OK);
	assert_int_equal(message_receive(pair[1], &message, sizeof(message)),
			 MESSAGE_OK);
	after = dup(0);
	close(after);
	assert_int_equal(before, after);
}

static void test_descriptor_is_passed_to_who_asks(void **state)
{
	struct message message = {1, 2};
	char control[CMSG_SPACE(sizeof(int))], byte = 0;
	struct iovec vector = {&message, sizeof(message)};
	struct msghdr header = {.msg_iov = &vector,
				.msg_iovlen = 1,
				.msg_control = control,
				.msg_controllen = sizeof(control)};
	struct cmsghdr *first;
	int pipe_fds[2], passed;

	(void)state;
	assert_int_equal(pipe(pipe_fds), 0);
	assert_int_equal(message_send_fd(pair[0], &message, sizeof(message),
					 pipe_fds[1]),
			 MESSAGE_OK);
	close(pipe_fds[1]);
	assert_int_equal(recvmsg(pair[1], &header, 0), sizeof(message));
	first = CMSG_FIRSTHDR(&header);
	if (!first) {
		fail();
		return;
	}
	memcpy(&passed, CMSG_DATA(first), sizeof(passed));
	assert_int_equal(write(passed, "y", 1), 1);
	assert_int_equal(read(pipe_fds[0], &byte, 1), 1);
	assert_int_equal(byte, 'y');
	close(passed);
	close(pipe_fds[0]);
}

static int next_fd(void)
{
	int fd = dup(0);

	close(fd);
	return fd;
}

static void test_descriptors_come_along_or_none_is_kept(void **state)
{
	struct message message = {1, 2}, got;
	int passed[MESSAGE_FDS_MAX], first = next_fd();
	const int four[MESSAGE_FDS_MAX] = {0, 1, 2, 0};
	unsigned count;

	(void)state;
	assert_int_equal(
		message_send_fds(pair[0], &message, sizeof(message), four, 3),
		MESSAGE_OK);
	assert_int_equal(
		message_receive_fds(pair[1], &got, sizeof(got), passed, &count),
		MESSAGE_OK);
	assert_int_equal(count, 3);
	while (count > 0)
		close(passed[--count]);
	/* none */
	assert_int_equal(message_send(pair[0], &message, sizeof(message)),
			 MESSAGE_OK);
	assert_int_equal(
		message_receive_fds(pair[1], &got, sizeof(got), passed, &count),
		MESSAGE_OK);
	assert_int_equal(count, 0);
	/* of a wrong size, both ways: what came along is closed */
	for (size_t size = 1; size <= sizeof(message) + 1;
	     size += sizeof(got)) {
		char bytes[sizeof(message) + 1] = {0};

		assert_int_equal(message_send_fds(pair[0], bytes, size, four,
						  MESSAGE_FDS_MAX),
				 MESSAGE_OK);
		assert_int_equal(message_receive_fds(pair[1], &got, sizeof(got),
						     passed, &count),
				 MESSAGE_WRONG);
		assert_int_equal(count, 0);
	}
	assert_int_equal(next_fd(), first);
	assert_int_equal(
		message_receive_fds(pair[1], &got, sizeof(got), passed, &count),
		MESSAGE_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_message_arrives_whole,
						setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_wrong_sizes_are_no_messages, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_bounds_of_a_variable_message, setup, teardown),
		cmocka_unit_test(test_gone_is_told_to_both),
		cmocka_unit_test(
			test_last_words_of_one_that_left_something_unread),
		cmocka_unit_test_setup_teardown(test_full_socket_does_not_block,
						setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_uninvited_descriptor_does_not_get_in, setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			test_descriptor_is_passed_to_who_asks, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_descriptors_come_along_or_none_is_kept, setup,
			teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
