/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The loop where it is not given epoll_pwait2(): the library's is replaced by
 * one that fails as it is told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../src/base/clock.h"
#include "../../src/daemon/loop.h"

#define TICK_US 20000

static struct loop loop;
static int refusal;
static unsigned asked, turns, ticks, read_bytes, looks;
static int64_t next_us;

int epoll_pwait2(int fd, struct epoll_event *events, int most,
		 const struct timespec *left, const sigset_t *mask)
{
	(void)fd, (void)events, (void)most, (void)left, (void)mask;
	asked++;
	errno = refusal;
	return -1;
}

/* The library's, but that those who do not wait are counted. */
int epoll_wait(int fd, struct epoll_event *events, int most, int left_ms)
{
	looks += left_ms == 0;
	return (int)syscall(SYS_epoll_pwait, fd, events, most, left_ms, NULL,
			    _NSIG / 8);
}

static int64_t deadline(const struct daemon *daemon)
{
	(void)daemon;
	/* one that does not wait for anything ends, too */
	if (++turns > 1000)
		loop.ended = true;
	return next_us;
}

static void drain(struct daemon *daemon)
{
	(void)daemon;
}

static void tick(struct daemon *daemon)
{
	(void)daemon;
	next_us = clock_now_us() + TICK_US;
	if (++ticks == 3)
		loop.ended = true;
}

static void ready(struct daemon *daemon, struct source *source, uint32_t events)
{
	char byte;

	(void)daemon, (void)events;
	if (read(source->fd, &byte, 1) == 1)
		read_bytes++;
}

/* It hears, and its ticks come when they are due, not in one long hurry. */
static void run_refused(int how)
{
	struct source source = {.class = LOOP_LINK, .ready = ready};
	int ends[2];

	refusal = how;
	asked = turns = ticks = read_bytes = 0;
	loop = (struct loop){.deadline = deadline,
			     .drain = drain,
			     .tick = tick,
			     .away = drain};
	assert_int_equal(loop_init(&loop), 0);
	assert_int_equal(pipe(ends), 0);
	source.fd = ends[0];
	assert_int_equal(loop_add(&loop, &source, EPOLLIN), 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	next_us = clock_now_us() + TICK_US;
	loop_run(&loop);
	assert_int_equal(read_bytes, 1);
	assert_int_equal(ticks, 3);
	assert_int_equal(asked, 1);
	assert_true(turns < 50);
	close(ends[0]);
	close(ends[1]);
	close(loop.fd);
	close(loop.timer_fd);
}

static void test_an_old_kernel(void **state)
{
	(void)state;
	run_refused(ENOSYS);
}

static void test_a_filter_that_refuses_it(void **state)
{
	(void)state;
	run_refused(EPERM);
}

static unsigned naps, drained;
static int64_t napped_us;

static void nap_ends(struct daemon *daemon)
{
	(void)daemon;
	naps++;
	napped_us = clock_now_us();
	loop_set_timer(&loop, TIMER_NAP, TIMER_NEVER);
}

static void drain_nap(struct daemon *daemon)
{
	(void)daemon;
	drained++;
	loop_set_timer(&loop, TIMER_NAP, TIMER_NEVER);
}

/* It ends at half the tick's time; who has patience reads it with the tick. */
static void run_nap(int64_t patience_us)
{
	int64_t began_us = clock_now_us();

	refusal = ENOSYS;
	turns = naps = drained = 0;
	ticks = 2; /* the next one ends it */
	loop = (struct loop){.deadline = deadline,
			     .drain = drain_nap,
			     .tick = tick,
			     .away = drain,
			     .nap_patience_us = patience_us};
	assert_int_equal(loop_init(&loop), 0);
	loop.fire[TIMER_NAP] = nap_ends;
	next_us = began_us + TICK_US;
	loop_set_timer(&loop, TIMER_NAP, began_us + TICK_US / 2);
	loop_run(&loop);
	assert_int_equal(drained, 1);
	close(loop.fd);
	close(loop.timer_fd);
}

static void test_a_nap_ends_in_time(void **state)
{
	(void)state;
	run_nap(0);
	assert_int_equal(naps, 1);
	/* a tick that it can wait for is too far */
	run_nap(TICK_US / 4);
	assert_int_equal(naps, 1);
}

static void test_a_nap_waits_for_a_near_tick(void **state)
{
	(void)state;
	run_nap(TICK_US);
	assert_int_equal(naps, 0);
}

static int64_t takes_us;

/* As the core does it: a tick follows at once. */
static void ready_for_tick(struct daemon *daemon, struct source *source,
			   uint32_t events)
{
	int64_t until_us;

	ready(daemon, source, events);
	next_us = clock_now_us();
	until_us = next_us + takes_us;
	while (clock_now_us() < until_us)
		continue;
}

/* How often it looks again, before a tick that follows what is read. */
static unsigned looks_before_tick(int64_t us, int64_t late_us)
{
	struct source source = {.class = LOOP_LINK, .ready = ready_for_tick};
	int ends[2];

	refusal = ENOSYS;
	turns = read_bytes = looks = 0;
	takes_us = us;
	ticks = 2;
	loop = (struct loop){.deadline = deadline,
			     .drain = drain,
			     .tick = tick,
			     .away = drain};
	assert_int_equal(loop_init(&loop), 0);
	assert_int_equal(pipe(ends), 0);
	source.fd = ends[0];
	assert_int_equal(loop_add(&loop, &source, EPOLLIN), 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	next_us = clock_now_us() + TICK_US - late_us;
	loop_run(&loop);
	assert_int_equal(read_bytes, 1);
	assert_int_equal(ticks, 3);
	close(ends[0]);
	close(ends[1]);
	close(loop.fd);
	close(loop.timer_fd);
	return looks;
}

/* R6: what was there is read before silence is judged. */
static void test_R6_a_tick_looks_again_unless_it_has_just_looked(void **state)
{
	unsigned quick = 1;

	(void)state;
	assert_int_equal(looks_before_tick(1500, 0), 1);
	/* who knows how long it slept between the look and the clock */
	assert_int_equal(looks_before_tick(0, 2 * TICK_US), 1);
	/* a machine that stalls takes its time, too */
	for (unsigned i = 0; i < 50 && quick; i++)
		quick = looks_before_tick(0, 0);
	assert_int_equal(quick, 0);
}

/* Kept for the next wait; what was removed is not touched any more. */
static void test_changes_are_made_at_the_next_wait(void **state)
{
	struct source sources[LOOP_CHANGES_MAX + 2];
	int ends[LOOP_CHANGES_MAX + 2][2];
	const unsigned count = sizeof(sources) / sizeof(sources[0]);

	(void)state;
	refusal = ENOSYS;
	turns = read_bytes = 0;
	ticks = 2;
	loop = (struct loop){.deadline = deadline,
			     .drain = drain,
			     .tick = tick,
			     .away = drain};
	assert_int_equal(loop_init(&loop), 0);
	for (unsigned i = 0; i < count; i++) {
		assert_int_equal(pipe(ends[i]), 0);
		assert_int_equal(write(ends[i][1], "x", 1), 1);
		sources[i] = (struct source){
			.fd = ends[i][0], .class = LOOP_LINK, .ready = ready};
		assert_int_equal(loop_add(&loop, &sources[i], EPOLLIN), 0);
		loop_change(&loop, &sources[i], 0);
	}
	/* two of them are waited for after all, one of these is gone */
	loop_change(&loop, &sources[0], EPOLLIN);
	loop_change(&loop, &sources[count - 1], EPOLLIN);
	loop_remove(&loop, &sources[0]);
	next_us = clock_now_us() + TICK_US;
	loop_run(&loop);
	assert_int_equal(read_bytes, 1);
	for (unsigned i = 0; i < count; i++) {
		close(ends[i][0]);
		close(ends[i][1]);
	}
	close(loop.fd);
	close(loop.timer_fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_old_kernel),
		cmocka_unit_test(test_a_filter_that_refuses_it),
		cmocka_unit_test(test_a_nap_ends_in_time),
		cmocka_unit_test(test_a_nap_waits_for_a_near_tick),
		cmocka_unit_test(
			test_R6_a_tick_looks_again_unless_it_has_just_looked),
		cmocka_unit_test(test_changes_are_made_at_the_next_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
