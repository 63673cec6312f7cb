/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One turn: wait; read the links; then keeper, fencer, runner, operators; then
 * what is due. A tick judges silence, so it is never delivered before
 * everything that had arrived was read (R6 drained, R11), however late we woke.
 * Nothing here waits but epoll_wait.
 */
#include <errno.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "../base/clock.h"
#include "loop.h"

#define EVENTS_MAX 640 /* more than there can be: two sockets an instance */
/*
 * Each round reads every ready link to its end. What comes in while we read is
 * read in the next round, but a flood must not keep us from ever ticking:
 * after a few rounds all that was there when we began has been read.
 */
#define DRAIN_ROUNDS 4
#define LATE_US	     200000
#define PROMPT_US    1000
/* How much later than the next deadline timer_fd rings: see loop_arm(). */
#define ALARM_US 1000000

int loop_init(struct loop *loop)
{
	struct epoll_event event = {.events = EPOLLIN};

	loop->fd = epoll_create1(EPOLL_CLOEXEC);
	loop->timer_fd =
		timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	if (loop->fd < 0 || loop->timer_fd < 0)
		return -1;
	for (unsigned i = 0; i < TIMERS; i++)
		loop->due_us[i] = TIMER_NEVER;
	/* data.ptr NULL: the timer has its place in a turn */
	return epoll_ctl(loop->fd, EPOLL_CTL_ADD, loop->timer_fd, &event);
}

int loop_add(struct loop *loop, struct source *source, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = source};

	source->events = source->wanted = events;
	return epoll_ctl(loop->fd, EPOLL_CTL_ADD, source->fd, &event);
}

static void change_now(struct loop *loop, struct source *source)
{
	struct epoll_event event = {.events = source->wanted,
				    .data.ptr = source};

	source->is_changed = false;
	if (source->events == source->wanted)
		return;
	source->events = source->wanted;
	epoll_ctl(loop->fd, EPOLL_CTL_MOD, source->fd, &event);
}

void loop_change(struct loop *loop, struct source *source, uint32_t events)
{
	source->wanted = events;
	if (source->is_changed)
		return;
	if (loop->changed_count == LOOP_CHANGES_MAX) {
		change_now(loop, source);
		return;
	}
	source->is_changed = true;
	loop->changed[loop->changed_count++] = source;
}

static void make_changes(struct loop *loop)
{
	for (unsigned i = 0; i < loop->changed_count; i++)
		change_now(loop, loop->changed[i]);
	loop->changed_count = 0;
}

static void forget_change(struct loop *loop, struct source *source)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < loop->changed_count; i++)
		if (loop->changed[i] != source)
			loop->changed[kept++] = loop->changed[i];
	loop->changed_count = kept;
	source->is_changed = false;
}

void loop_remove(struct loop *loop, struct source *source)
{
	if (source->fd < 0)
		return;
	forget_change(loop, source);
	/* Closing is not enough: the keeper may hold a duplicate. */
	epoll_ctl(loop->fd, EPOLL_CTL_DEL, source->fd, NULL);
	source->fd = -1;
}

void loop_drop(struct loop *loop, struct source *source)
{
	int fd = source->fd;

	loop_remove(loop, source);
	if (fd >= 0)
		close(fd);
}

void loop_set_timer(struct loop *loop, enum loop_timer timer, int64_t at_us)
{
	loop->due_us[timer] = at_us;
}

/* The tick reads what naps. */
static bool can_wait_for_tick(const struct loop *loop, unsigned timer,
			      int64_t tick_us)
{
	return timer == TIMER_NAP && loop->due_us[timer] != TIMER_NEVER &&
	       loop->due_us[timer] + loop->nap_patience_us >= tick_us;
}

/* When the next turn is due, if nothing happens before. */
static int64_t next_us(const struct loop *loop)
{
	int64_t tick_us = loop->deadline(loop->owner), at_us = tick_us;

	for (unsigned i = 0; i < TIMERS; i++)
		if (loop->due_us[i] < at_us &&
		    !can_wait_for_tick(loop, i, tick_us))
			at_us = loop->due_us[i];
	return at_us < 1 ? 1 : at_us; /* 0 would disarm a timer */
}

/* Also forgets an expiration that nobody read. */
static void loop_arm(struct loop *loop, int64_t at_us)
{
	const struct itimerspec spec = {
		.it_value = {.tv_sec = at_us / 1000000,
			     .tv_nsec = at_us % 1000000 * 1000}};

	if (at_us == loop->armed_us)
		return;
	loop->armed_us = at_us;
	timerfd_settime(loop->timer_fd, TFD_TIMER_ABSTIME, &spec, NULL);
}

/*
 * The wait's own time-out costs no system call, but stands still while the
 * machine is suspended. So that we wake as soon as it goes on (R11), timer_fd
 * is there, which does not; it is armed anew once a second, not each turn.
 */
static int loop_wait(struct loop *loop, struct epoll_event *events,
		     int64_t at_us)
{
	int64_t left_us = at_us - clock_now_us();
	struct timespec left = {0};
	int count = 0;

	make_changes(loop);
	if (left_us > 0)
		left = (struct timespec){.tv_sec = left_us / 1000000,
					 .tv_nsec = left_us % 1000000 * 1000};
	if (!loop->is_old_kernel) {
		if (loop->armed_us < at_us + ALARM_US / 4 ||
		    loop->armed_us > at_us + ALARM_US)
			loop_arm(loop, at_us + ALARM_US);
		count = epoll_pwait2(loop->fd, events, EVENTS_MAX, &left, NULL);
		/* a container's filter of before that call may say EPERM */
		loop->is_old_kernel = count < 0 && errno != EINTR;
	}
	if (loop->is_old_kernel) { /* Linux before 5.11 */
		loop_arm(loop, at_us);
		count = epoll_wait(loop->fd, events, EVENTS_MAX, -1);
	}
	return count < 0 ? 0 : count; /* EINTR */
}

static void read_class(struct loop *loop, enum loop_class class,
		       const struct epoll_event *events, int count)
{
	for (int i = 0; i < count && !loop->ended; i++) {
		struct source *source = events[i].data.ptr;

		/* fd -1: dropped by one before it in this turn */
		if (source && source->class == class && source->fd >= 0)
			source->ready(loop->owner, source, events[i].events);
	}
}

static bool has_link(const struct epoll_event *events, int count)
{
	for (int i = 0; i < count; i++) {
		const struct source *source = events[i].data.ptr;

		if (source && source->class == LOOP_LINK)
			return true;
	}
	return false;
}

static void drain_links(struct loop *loop)
{
	struct epoll_event events[EVENTS_MAX];

	for (unsigned round = 0; round < DRAIN_ROUNDS; round++) {
		int count = epoll_wait(loop->fd, events, EVENTS_MAX, 0);

		if (!has_link(events, count))
			return;
		read_class(loop, LOOP_LINK, events, count);
	}
}

/* Links: one round. What comes in meanwhile is the next turn's, or the tick's.
 */
static void dispatch(struct loop *loop, const struct epoll_event *events,
		     int count)
{
	for (enum loop_class class = 0; class < LOOP_CLASSES; class ++)
		read_class(loop, class, events, count);
}

static void fire_timers(struct loop *loop)
{
	/* no wake-up of their own: adverts and beats wake us often enough */
	static const int64_t early_us[TIMERS] = {
		[TIMER_KEEPER] = LOOP_EARLY_US, [TIMER_SECOND] = LOOP_EARLY_US};
	int64_t now_us = clock_now_us();
	int64_t tick_us = loop->deadline(loop->owner);

	for (unsigned i = 0; i < TIMERS && !loop->ended; i++) {
		if (loop->due_us[i] - early_us[i] > now_us ||
		    (tick_us <= now_us && can_wait_for_tick(loop, i, tick_us)))
			continue;
		loop->due_us[i] = TIMER_NEVER;
		loop->fire[i](loop->owner);
	}
}

static void tick(struct loop *loop)
{
	int64_t now_us = clock_now_us();

	if (loop->ended || now_us < loop->deadline(loop->owner))
		return;
	loop->is_drained = now_us - loop->asked_us < PROMPT_US;
	loop->drain(loop->owner);
	if (!loop->is_drained)
		drain_links(loop);
	if (!loop->ended)
		loop->tick(loop->owner);
}

void loop_run(struct loop *loop)
{
	struct epoll_event events[EVENTS_MAX];

	while (!loop->ended) {
		int64_t at_us = next_us(loop), late_us;
		int count = loop_wait(loop, events, at_us);

		/*
		 * What was ready then is read in this turn, to its end. If we
		 * are late, nobody knows how long ago the kernel looked.
		 */
		loop->asked_us = clock_now_us();
		late_us = loop->asked_us - at_us;
		if (late_us > 0)
			loop->asked_us = at_us;
		if (late_us > LATE_US)
			loop->away(loop->owner);
		dispatch(loop, events, count);
		fire_timers(loop);
		tick(loop);
	}
}
