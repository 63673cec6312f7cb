/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What waits for whom, and when it is tried again; in virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../src/notifier/queue.h"

#define SECOND INT64_C(1000000)
#define MAIL   0
#define HOOK   1

static struct queue queue;
static const char *texts[QUEUE_MAX];

static int setup(void **state)
{
	(void)state;
	memset(&queue, 0, sizeof(queue));
	queue.receiver_count = 2;
	strcpy(queue.receivers[MAIL].name, "mail:ops@example.net");
	queue.receivers[MAIL].gather_us = 2 * SECOND;
	queue.receivers[MAIL].interval_us = 60 * SECOND;
	strcpy(queue.receivers[HOOK].name, "webhook:example.net");
	queue.receivers[HOOK].one_by_one = true;
	return 0;
}

static void add(unsigned seq, uint32_t wanted, int64_t now_us)
{
	struct notice notice = {.seq = seq};
	char text[NOTICE_JSON_MAX];

	strcpy(notice.event, "alert-raised");
	strcpy(notice.alert, "link-down");
	assert_true(notice_encode(&notice, text, sizeof(text)) > 0);
	queue_add(&queue, text, wanted, now_us);
}

static uint64_t seq_of(const char *text)
{
	struct notice notice;

	assert_true(notice_decode(text, strlen(text), &notice));
	return notice.seq;
}

static void test_a_storm_is_one_mail_and_the_next_waits(void **state)
{
	(void)state;
	for (unsigned i = 1; i <= 1000; i++)
		add(i, 1 << MAIL, 10 * SECOND + i * 1000);
	assert_int_equal(queue_due(&queue, 12 * SECOND), -1);
	assert_int_equal(queue_deadline(&queue), 12 * SECOND + 1000);
	assert_int_equal(queue_due(&queue, 12 * SECOND + 1000), MAIL);
	assert_int_equal(queue_take(&queue, MAIL, texts, QUEUE_MAX), 1000);
	assert_int_equal(seq_of(texts[0]), 1);
	assert_int_equal(seq_of(texts[999]), 1000);
	/* what comes while it is under way is not in it */
	add(1001, 1 << MAIL, 12 * SECOND + 2000);
	assert_int_equal(queue_due(&queue, 14 * SECOND + 2000), -1);
	queue_done(&queue, MAIL, QUEUE_SENT, "", 15 * SECOND);
	assert_int_equal(queue.receivers[MAIL].waiting, 1);
	assert_int_equal(queue_deadline(&queue), 75 * SECOND);
	assert_int_equal(queue_take(&queue, MAIL, texts, QUEUE_MAX), 1);
	assert_int_equal(seq_of(texts[0]), 1001);
	queue_done(&queue, MAIL, QUEUE_SENT, "", 76 * SECOND);
	assert_true(queue_is_empty(&queue));
	/* long after, the first is told after gather_us alone */
	add(1002, 1 << MAIL, 500 * SECOND);
	assert_int_equal(queue_deadline(&queue), 502 * SECOND);
}

static void test_4xx_is_tried_again_with_a_growing_wait(void **state)
{
	int64_t now_us = SECOND, wait_us = 5 * SECOND;

	(void)state;
	add(1, 1 << MAIL, 0);
	for (unsigned i = 0; i < 12; i++) {
		queue_take(&queue, MAIL, texts, QUEUE_MAX);
		queue_done(&queue, MAIL, QUEUE_LATER, "450 come again", now_us);
		assert_int_equal(queue_deadline(&queue), now_us + wait_us);
		assert_int_equal(queue.receivers[MAIL].state,
				 i < 6 ? RECEIVER_LATER : RECEIVER_FAILING);
		now_us += wait_us;
		wait_us = wait_us < 300 * SECOND ? wait_us * 2 : 600 * SECOND;
	}
	/* what came meanwhile does not hasten it, and goes with it */
	add(2, 1 << MAIL, now_us);
	assert_int_equal(queue_take(&queue, MAIL, texts, QUEUE_MAX), 2);
	queue_done(&queue, MAIL, QUEUE_SENT, "", now_us);
	assert_int_equal(queue.receivers[MAIL].state, RECEIVER_FINE);
	assert_true(queue_is_empty(&queue));
}

static void test_a_server_that_is_silent_is_told_of_sooner(void **state)
{
	(void)state;
	add(1, 1 << MAIL, 0);
	for (unsigned i = 1; i <= 3; i++) {
		queue_take(&queue, MAIL, texts, QUEUE_MAX);
		queue_done(&queue, MAIL, QUEUE_UNHEARD, "refused", SECOND);
		assert_int_equal(queue.receivers[MAIL].state,
				 i < 3 ? RECEIVER_LATER : RECEIVER_FAILING);
	}
}

static void test_5xx_is_not_tried_again_and_is_shown(void **state)
{
	(void)state;
	add(1, 1 << MAIL | 1 << HOOK, 0);
	queue_take(&queue, MAIL, texts, QUEUE_MAX);
	queue_done(&queue, MAIL, QUEUE_REFUSED, "550 no such user", SECOND);
	assert_int_equal(queue.receivers[MAIL].state, RECEIVER_REFUSED);
	assert_string_equal(queue.receivers[MAIL].text, "550 no such user");
	assert_int_equal(queue.receivers[MAIL].waiting, 0);
	assert_int_equal(queue.receivers[MAIL].lost, 1);
	/* the other receiver has it still */
	assert_int_equal(queue.receivers[HOOK].waiting, 1);
	assert_int_equal(queue_due(&queue, SECOND), HOOK);
	/* the next one is tried all the same */
	add(2, 1 << MAIL, 2 * SECOND);
	assert_int_equal(queue_take(&queue, MAIL, texts, QUEUE_MAX), 1);
	queue_done(&queue, MAIL, QUEUE_SENT, "", 3 * SECOND);
	assert_int_equal(queue.receivers[MAIL].state, RECEIVER_FINE);
	assert_int_equal(queue.receivers[MAIL].lost, 0);
}

static void test_a_webhook_gets_them_one_by_one_in_order(void **state)
{
	(void)state;
	for (unsigned i = 1; i <= 5; i++)
		add(i, 1 << HOOK, 0);
	for (unsigned i = 1; i <= 5; i++) {
		assert_int_equal(queue_due(&queue, 0), HOOK);
		assert_int_equal(queue_take(&queue, HOOK, texts, 1), 1);
		assert_int_equal(seq_of(texts[0]), i);
		assert_int_equal(queue_due(&queue, SECOND), -1);
		queue_done(&queue, HOOK, QUEUE_SENT, "", 0);
	}
	assert_true(queue_is_empty(&queue));
}

static void test_the_oldest_make_room_and_are_counted(void **state)
{
	(void)state;
	for (unsigned i = 1; i <= QUEUE_MAX + 10; i++)
		add(i, i <= 4 ? 1 << HOOK : 1 << MAIL | 1 << HOOK, 0);
	assert_int_equal(queue.receivers[HOOK].lost, 10);
	assert_int_equal(queue.receivers[MAIL].lost, 6);
	assert_int_equal(queue.receivers[HOOK].waiting, QUEUE_MAX);
	assert_int_equal(queue.receivers[MAIL].waiting, QUEUE_MAX);
	assert_int_equal(queue_take(&queue, MAIL, texts, QUEUE_MAX), QUEUE_MAX);
	assert_int_equal(seq_of(texts[0]), 11);
	/* while one is under way the queue may overflow once more */
	for (unsigned i = 0; i < QUEUE_MAX + 5; i++)
		add(5000 + i, 1 << MAIL, 0);
	queue_done(&queue, MAIL, QUEUE_SENT, "", SECOND);
	assert_int_equal(queue.receivers[MAIL].waiting, QUEUE_MAX);
	assert_int_equal(queue_take(&queue, MAIL, texts, QUEUE_MAX), QUEUE_MAX);
}

static void test_what_waits_outlives_the_process_and_a_reload(void **state)
{
	static char text[QUEUE_TEXT_MAX], copy[QUEUE_TEXT_MAX];

	(void)state;
	add(1, 1 << MAIL | 1 << HOOK, 0);
	add(2, 1 << HOOK, 0);
	queue.receivers[HOOK].lost = 7;
	assert_true(queue_store(&queue, text, sizeof(text)) > 0);
	strcpy(copy, text);
	/* the other order, and one that is new */
	setup(NULL);
	strcpy(queue.receivers[MAIL].name, "webhook:example.net");
	strcpy(queue.receivers[HOOK].name, "mail:new@example.net");
	assert_int_equal(queue_load(&queue, copy, SECOND), 0);
	assert_int_equal(queue.receivers[MAIL].waiting, 2);
	assert_int_equal(queue.receivers[MAIL].lost, 7);
	assert_int_equal(queue.receivers[HOOK].waiting, 0);
	/* none of them is left: all is dropped, and counted */
	setup(NULL);
	queue.receiver_count = 1;
	strcpy(queue.receivers[0].name, "mail:else@example.net");
	strcpy(copy, text);
	assert_int_equal(queue_load(&queue, copy, SECOND), 2);
	assert_true(queue_is_empty(&queue));
	/* a file that was cut anywhere loses at most the line that was cut */
	for (size_t cut = 0; cut < strlen(text); cut++) {
		setup(NULL);
		strcpy(copy, text);
		copy[cut] = '\0';
		queue_load(&queue, copy, SECOND);
		assert_true(queue.receivers[HOOK].waiting <= 2);
	}
}

static void test_what_was_on_disk_and_is_told_again_waits_once(void **state)
{
	static char text[QUEUE_TEXT_MAX];

	(void)state;
	add(3, 1 << MAIL, 0);
	add(4, 1 << MAIL, 0);
	assert_true(queue_store(&queue, text, sizeof(text)) > 0);
	setup(NULL);
	assert_int_equal(queue_load(&queue, text, SECOND), 0);
	/* the process was killed before its "taken" was read */
	add(3, 1 << MAIL, SECOND);
	add(4, 1 << MAIL, SECOND);
	add(5, 1 << MAIL, SECOND);
	assert_int_equal(queue.receivers[MAIL].waiting, 3);
	assert_int_equal(queue_take(&queue, MAIL, texts, QUEUE_MAX), 3);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(seq_of(texts[i]), 3 + i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
			test_a_storm_is_one_mail_and_the_next_waits, setup),
		cmocka_unit_test_setup(
			test_4xx_is_tried_again_with_a_growing_wait, setup),
		cmocka_unit_test_setup(
			test_a_server_that_is_silent_is_told_of_sooner, setup),
		cmocka_unit_test_setup(
			test_what_was_on_disk_and_is_told_again_waits_once,
			setup),
		cmocka_unit_test_setup(test_5xx_is_not_tried_again_and_is_shown,
				       setup),
		cmocka_unit_test_setup(
			test_a_webhook_gets_them_one_by_one_in_order, setup),
		cmocka_unit_test_setup(
			test_the_oldest_make_room_and_are_counted, setup),
		cmocka_unit_test_setup(
			test_what_waits_outlives_the_process_and_a_reload,
			setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
