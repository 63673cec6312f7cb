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

#define EVENTS_MAX	32
#define LINK_EVENTS_MAX 256 /* more than there can be */
/*
 * Each round reads every ready link to its end. What comes in while we read is
 * read in the next round, but a flood must not keep us from ever ticking:
 * after a few rounds all that was there when we began has been read.
 */
#define DRAIN_ROUNDS 4
#define LATE_US	     200000

int loop_init(struct loop *loop)
{
	struct epoll_event event = {.events = EPOLLIN};

	loop->fd = epoll_create1(EPOLL_CLOEXEC);
	loop->links_fd = epoll_create1(EPOLL_CLOEXEC);
	loop->timer_fd =
		timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	if (loop->fd < 0 || loop->links_fd < 0 || loop->timer_fd < 0)
		return -1;
	for (unsigned i = 0; i < TIMERS; i++)
		loop->due_us[i] = TIMER_NEVER;
	/* data.ptr NULL: the timer has its place in a turn; so have the links,
	 * which are known by the loop itself */
	if (epoll_ctl(loop->fd, EPOLL_CTL_ADD, loop->timer_fd, &event) < 0)
		return -1;
	event.data.ptr = loop;
	return epoll_ctl(loop->fd, EPOLL_CTL_ADD, loop->links_fd, &event);
}

static int epoll_of(const struct loop *loop, const struct source *source)
{
	return source->class == LOOP_LINK ? loop->links_fd : loop->fd;
}

int loop_add(struct loop *loop, struct source *source, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = source};

	return epoll_ctl(epoll_of(loop, source), EPOLL_CTL_ADD, source->fd,
			 &event);
}

void loop_change(struct loop *loop, struct source *source, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = source};

	epoll_ctl(epoll_of(loop, source), EPOLL_CTL_MOD, source->fd, &event);
}

void loop_remove(struct loop *loop, struct source *source)
{
	if (source->fd < 0)
		return;
	/* Closing is not enough: the keeper may hold a duplicate. */
	epoll_ctl(epoll_of(loop, source), EPOLL_CTL_DEL, source->fd, NULL);
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

static void loop_arm(struct loop *loop)
{
	int64_t at_us = loop->deadline(loop->owner);
	struct itimerspec spec = {.it_interval = {0}};

	for (unsigned i = 0; i < TIMERS; i++)
		if (loop->due_us[i] < at_us)
			at_us = loop->due_us[i];
	if (at_us < 1)
		at_us = 1; /* 0 would disarm it */
	/* One that has expired stays so: nobody reads it. */
	if (at_us == loop->armed_us)
		return;
	loop->armed_us = at_us;
	spec.it_value.tv_sec = at_us / 1000000;
	spec.it_value.tv_nsec = at_us % 1000000 * 1000;
	/* Also forgets an expiration that nobody read. */
	timerfd_settime(loop->timer_fd, TFD_TIMER_ABSTIME, &spec, NULL);
}

static void read_links(struct loop *loop, unsigned rounds)
{
	struct epoll_event events[LINK_EVENTS_MAX];

	for (unsigned round = 0; round < rounds; round++) {
		int count =
			epoll_wait(loop->links_fd, events, LINK_EVENTS_MAX, 0);

		for (int i = 0; i < count && !loop->ended; i++) {
			struct source *source = events[i].data.ptr;

			if (source->fd >= 0)
				source->ready(loop->owner, source,
					      events[i].events);
		}
		if (count <= 0)
			return;
	}
}

static bool is_links(const struct loop *loop, const struct epoll_event *event)
{
	return event->data.ptr == loop;
}

/* One round: what comes in meanwhile is the next turn's, or the tick's. */
static void read_ready_links(struct loop *loop,
			     const struct epoll_event *events, int count)
{
	for (int i = 0; i < count; i++)
		if (is_links(loop, &events[i]))
			read_links(loop, 1);
}

static void dispatch(struct loop *loop, const struct epoll_event *events,
		     int count)
{
	for (enum loop_class class = 0; class < LOOP_CLASSES; class ++)
		for (int i = 0; i < count && !loop->ended; i++) {
			struct source *source = events[i].data.ptr;

			if (is_links(loop, &events[i]))
				continue;
			/* fd -1: dropped by one before it in this turn */
			if (source && source->class == class && source->fd >= 0)
				source->ready(loop->owner, source,
					      events[i].events);
		}
}

static void fire_timers(struct loop *loop)
{
	int64_t now_us = clock_now_us();

	for (unsigned i = 0; i < TIMERS && !loop->ended; i++) {
		if (loop->due_us[i] > now_us)
			continue;
		loop->due_us[i] = TIMER_NEVER;
		loop->fire[i](loop->owner);
	}
}

static void tick(struct loop *loop)
{
	if (loop->ended || clock_now_us() < loop->deadline(loop->owner))
		return;
	loop->drain(loop->owner);
	read_links(loop, DRAIN_ROUNDS);
	if (!loop->ended)
		loop->tick(loop->owner);
}

void loop_run(struct loop *loop)
{
	struct epoll_event events[EVENTS_MAX];

	while (!loop->ended) {
		int count;

		loop_arm(loop);
		count = epoll_wait(loop->fd, events, EVENTS_MAX, -1);
		if (count < 0)
			count = 0; /* EINTR */
		if (clock_now_us() - loop->armed_us > LATE_US)
			loop->away(loop->owner);
		read_ready_links(loop, events, count);
		dispatch(loop, events, count);
		fire_timers(loop);
		tick(loop);
	}
}
