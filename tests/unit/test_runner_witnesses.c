/* SPDX-License-Identifier: GPL-3.0-or-later */
/* R3: witnesses, whose socket the kernel may refuse for a while. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../src/base/clock.h"
#include "../../src/link/ping.h"
#include "../../src/runner/runner.h"
#include "../../src/runner/tracker.h"

#define STEP_US INT64_C(100000)

static struct {
	struct settings settings;
	int refused;	 /* errno of ping_open(); 0 */
	bool unwatched;	 /* tracker_watch() closes it */
	unsigned opened; /* so often was it tried */
	unsigned open, said;
	struct watched *watched;
	uint16_t asked[2], unanswered;
	struct ip of[2];
	int64_t now_us;
} t;

/* ---- what the runner has for its parts, and a network that answers ---- */

void runner_log(int priority, const char *format, ...)
{
	(void)priority;
	(void)format;
	t.said++;
}

const struct settings *tracker_settings(const struct tracker *tracker)
{
	(void)tracker;
	return &t.settings;
}

void tracker_changed(struct tracker *tracker)
{
	(void)tracker;
}

bool tracker_watch(struct tracker *tracker, struct watched *watched)
{
	(void)tracker;
	if (t.unwatched) {
		close(watched->fd);
		watched->fd = -1;
		t.open--;
		errno = ENOSPC;
		return false;
	}
	t.watched = watched;
	return true;
}

int ping_open(bool is_v6)
{
	assert_false(is_v6);
	t.opened++;
	if (t.refused == 0) {
		t.open++;
		return dup(STDERR_FILENO);
	}
	errno = t.refused;
	return -1;
}

int ping_ask(int fd, const struct ip *to, unsigned interface,
	     const struct ip *source, uint16_t id, uint16_t sequence)
{
	(void)interface;
	(void)source;
	(void)id;
	assert_true(fd >= 0 && t.unanswered < 2);
	t.of[t.unanswered] = *to;
	t.asked[t.unanswered++] = sequence;
	return 0;
}

bool ping_read(int fd, bool is_v6, uint16_t id, struct ip *from,
	       uint16_t *sequence)
{
	(void)fd;
	(void)is_v6;
	(void)id;
	if (t.unanswered == 0)
		return false;
	*sequence = t.asked[--t.unanswered];
	*from = t.of[t.unanswered];
	return true;
}

/* ---- */

static struct witnesses *begin(int refused)
{
	struct witnesses *witnesses;

	memset(&t, 0, sizeof(t));
	t.refused = refused;
	t.settings.instance_count = 1;
	t.settings.instances[0].witness_count = 2;
	t.settings.instances[0].witnesses[0] = ip_from_v4(0xc0000201);
	t.settings.instances[0].witnesses[1] = ip_from_v4(0xc0000202);
	t.now_us = clock_now_us();
	witnesses = witnesses_begin(NULL);
	assert_non_null(witnesses);
	return witnesses;
}

static void go_on(struct witnesses *witnesses, unsigned seconds)
{
	const int64_t end_us = t.now_us + seconds * INT64_C(1000000);

	for (; t.now_us < end_us; t.now_us += STEP_US) {
		witnesses_step(NULL, witnesses, t.now_us);
		if (t.unanswered > 0)
			t.watched->ready(NULL, t.watched, 0);
	}
}

static enum checks_word say(const struct witnesses *witnesses, char why[200])
{
	return witnesses_say(witnesses, &t.settings.instances[0], why, 200);
}

static void one_that_answers_is_good(void **state)
{
	struct witnesses *witnesses = begin(0);
	char why[200];

	(void)state;
	go_on(witnesses, 5);
	assert_int_equal(say(witnesses, why), CHECKS_GOOD);
	assert_int_equal(t.opened, 1);
	assert_int_equal(t.said, 0);
	free(witnesses);
}

/* Once a second, whatever the number of witnesses; and said once. */
static void a_socket_that_is_refused_is_asked_for_again(void **state)
{
	struct witnesses *witnesses = begin(ENFILE);
	char why[200];

	(void)state;
	go_on(witnesses, 10);
	assert_int_equal(say(witnesses, why), CHECKS_BAD);
	assert_non_null(strstr(why, "cannot be asked: "));
	assert_non_null(strstr(why, strerror(ENFILE)));
	assert_in_range(t.opened, 9, 11);
	assert_int_equal(t.said, 1);
	t.refused = ENOBUFS;
	go_on(witnesses, 5);
	assert_int_equal(say(witnesses, why), CHECKS_BAD);
	assert_non_null(strstr(why, strerror(ENOBUFS)));
	assert_int_equal(t.said, 2);

	t.refused = 0;
	go_on(witnesses, 5);
	assert_int_equal(say(witnesses, why), CHECKS_GOOD);
	assert_int_equal(t.open, 1);
	assert_int_equal(t.said, 3);
	free(witnesses);
}

static void a_socket_that_cannot_be_watched_as_well(void **state)
{
	struct witnesses *witnesses = begin(ENFILE);
	char why[200];

	(void)state;
	t.refused = 0;
	t.unwatched = true;
	go_on(witnesses, 10);
	assert_int_equal(say(witnesses, why), CHECKS_BAD);
	assert_non_null(strstr(why, strerror(ENOSPC)));
	assert_int_equal(t.open, 0);
	t.unwatched = false;
	go_on(witnesses, 5);
	assert_int_equal(say(witnesses, why), CHECKS_GOOD);
	assert_int_equal(t.open, 1);
	free(witnesses);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_answers_is_good),
		cmocka_unit_test(a_socket_that_is_refused_is_asked_for_again),
		cmocka_unit_test(a_socket_that_cannot_be_watched_as_well),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
