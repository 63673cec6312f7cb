/* SPDX-License-Identifier: GPL-3.0-or-later */
/* R3: processes, of whose start the kernel may refuse to tell for a while. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../src/base/clock.h"
#include "../../src/runner/process_events.h"
#include "../../src/runner/runner.h"
#include "../../src/runner/tracker.h"

#define NAME "none-is-so-named"

static struct {
	struct settings settings;
	const char *refused; /* why process_events_open() fails; NULL */
	unsigned opened;     /* so often was it tried */
	unsigned said, looks;
	bool answers;
	struct watched *watched;
	int64_t now_us;
} t;

/* ---- what the runner has for its parts, and a kernel ---- */

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
	t.watched = watched;
	return true;
}

void tracker_unwatch(struct tracker *tracker, struct watched *watched)
{
	(void)tracker;
	close(watched->fd);
	watched->fd = -1;
}

int process_events_open(const char **why)
{
	t.opened++;
	if (t.refused == NULL)
		return dup(STDERR_FILENO);
	*why = t.refused;
	return -1;
}

enum process_event process_events_read(int fd, pid_t *pid)
{
	(void)fd;
	(void)pid;
	if (!t.answers)
		return PROCESS_NOTHING;
	t.answers = false;
	return PROCESS_ANSWERED;
}

/* ---- */

static struct processes *begin(const char *refused)
{
	struct processes *processes;

	memset(&t, 0, sizeof(t));
	t.refused = refused;
	t.settings.instance_count = 1;
	t.settings.instances[0].process_count = 1;
	snprintf(t.settings.instances[0].processes[0], SETTINGS_NAME_MAX, NAME);
	t.now_us = clock_now_us();
	t.answers = refused == NULL;
	processes = processes_begin(NULL);
	assert_non_null(processes);
	return processes;
}

static void go_on(struct processes *processes, unsigned seconds)
{
	const int64_t end_us = t.now_us + seconds * INT64_C(1000000);

	for (t.looks = 0; t.now_us < end_us; t.looks++) {
		int64_t due_us;

		if (t.watched != NULL)
			t.watched->ready(NULL, t.watched, 0);
		due_us = processes_step(NULL, processes, t.now_us);
		assert_true(due_us > t.now_us);
		t.now_us = due_us;
	}
}

static void with_events_it_looks_rarely(void **state)
{
	struct processes *processes = begin(NULL);

	(void)state;
	go_on(processes, 60);
	assert_int_equal(processes_of(processes, NAME)->state, CHECK_BAD);
	assert_in_range(t.looks, 6, 7);
	assert_int_equal(t.opened, 1);
	free(processes);
}

/* Now and then, and it is said once. */
static void events_that_are_refused_are_asked_for_again(void **state)
{
	struct processes *processes = begin("Too many open files in system");

	(void)state;
	go_on(processes, 60);
	assert_in_range(t.looks, 60, 61);
	assert_int_equal(t.said, 1);
	assert_in_range(t.opened, 6, 8);

	t.refused = NULL;
	t.answers = true;
	go_on(processes, 12);
	go_on(processes, 60);
	assert_in_range(t.looks, 6, 7);
	assert_in_range(t.opened, 7, 9);
	free(processes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(with_events_it_looks_rarely),
		cmocka_unit_test(events_that_are_refused_are_asked_for_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
