/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages that wait: in order, whole, within their room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "../../src/base/outbox.h"

static void test_A11_messages_leave_in_order_and_whole(void **state)
{
	uint8_t room[257], message[64], got[64];
	struct outbox outbox = {.room = room, .size = sizeof(room)};
	unsigned in = 0, out = 0;

	(void)state;
	assert_int_equal(outbox_look(&outbox, got, sizeof(got)), 0);
	outbox_pop(&outbox); /* of nothing: nothing */
	/* odd sizes, so that every place of the ring becomes its seam */
	for (unsigned turn = 0; turn < 5000; turn++) {
		size_t size = 1 + in * 7 % 61;

		memset(message, (int)in, sizeof(message));
		if (outbox_put(&outbox, message, size, 0)) {
			in++;
			continue;
		}
		assert_true(outbox.used + 4 + size > sizeof(room));
		size = 1 + out * 7 % 61;
		memset(message, (int)out, sizeof(message));
		assert_int_equal(outbox_look(&outbox, got, sizeof(got)), size);
		assert_memory_equal(got, message, size);
		outbox_pop(&outbox);
		out++;
		assert_int_equal(outbox.count, in - out);
		if (outbox.count < 3)
			continue;
		memset(message, (int)(out + 2), sizeof(message));
		size = 1 + (out + 2) * 7 % 61;
		assert_int_equal(outbox_look_at(&outbox, 2, got, sizeof(got)),
				 size);
		assert_memory_equal(got, message, size);
		assert_int_equal(
			outbox_look_at(&outbox, outbox.count, got, sizeof(got)),
			0);
	}
	assert_true(out > 1000);
}

static void test_A11_what_has_no_room_is_refused_and_harms_nothing(void **state)
{
	uint8_t room[64], message[64] = {7}, got[64];
	struct outbox outbox = {.room = room, .size = sizeof(room)};

	(void)state;
	assert_false(outbox_put(&outbox, message, 61, 0));
	assert_false(outbox_put(&outbox, message, 0, 0));
	assert_true(outbox_put(&outbox, message, 20, 40));
	assert_false(outbox_put(&outbox, message, 20, 17));
	assert_true(outbox_put(&outbox, message, 20, 16));
	assert_true(outbox_put(&outbox, message, 12, 0));
	assert_false(outbox_put(&outbox, message, 1, 0));
	assert_int_equal(outbox.count, 3);
	/* one that the reader has no place for stays */
	assert_int_equal(outbox_look(&outbox, got, 19), 0);
	assert_int_equal(outbox_look(&outbox, got, 20), 20);
	assert_int_equal(outbox.count, 3);
}

static void test_what_never_waits_takes_the_first_bytes_of_a_room(void **state)
{
	uint8_t room[512] = {0}, message[64] = {7};
	struct outbox outbox = {.room = room, .size = sizeof(room)};

	(void)state;
	for (unsigned turn = 0; turn < 100; turn++) {
		assert_true(outbox_put(&outbox, message, 20, 0));
		assert_true(outbox_put(&outbox, message, 20, 0));
		outbox_pop(&outbox);
		outbox_pop(&outbox);
	}
	for (unsigned i = 48; i < sizeof(room); i++)
		assert_int_equal(room[i], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_A11_messages_leave_in_order_and_whole),
		cmocka_unit_test(
			test_A11_what_has_no_room_is_refused_and_harms_nothing),
		cmocka_unit_test(
			test_what_never_waits_takes_the_first_bytes_of_a_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
