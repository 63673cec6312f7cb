/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_LOOP_H
#define DAEMON_LOOP_H
/*
 * The event loop: one epoll for everything. Timers are a handful of fixed
 * slots, and the wait ends when the first is due.
 */
#include <stdbool.h>
#include <stdint.h>

struct daemon;

/* In this order in each turn. */
enum loop_class {
	LOOP_LINK,
	LOOP_KEEPER,
	LOOP_FENCER,
	LOOP_RUNNER,
	LOOP_CONTROL,
	LOOP_SIGNAL,
	LOOP_CLASSES
};

/* A descriptor in the loop. Lives as long as the loop; fd -1 = not in it. */
struct source {
	int fd;
	enum loop_class class;
	unsigned index; /* for its owner */
	/*
	 * Reads until there is nothing more, but a bounded number of messages.
	 * Links: as many as can have waited when it was called.
	 */
	void (*ready)(struct daemon *daemon, struct source *source,
		      uint32_t events);
	/* loop.c's: what it is waited for, and shall be at the next wait */
	uint32_t events, wanted;
	bool is_changed;
};

#define LOOP_CHANGES_MAX 8 /* kept for the next wait; more are made at once */

enum loop_timer {
	TIMER_KEEPER,	/* KEEPER_TICK is due */
	TIMER_CLAIMS,	/* a claim waits for its table no longer (D1) */
	TIMER_HELPERS,	/* a helper is to be started again */
	TIMER_LINKS,	/* some two-way link is to be opened again */
	TIMER_NAP,	/* a frame that had begun is complete */
	TIMER_BURST,	/* a burst of adverts has come in */
	TIMER_VRRP,	/* some VRRP socket is to be opened again */
	TIMER_HEAR,	/* a hearing test asks again */
	TIMER_RELOAD,	/* a reload goes on */
	TIMER_PUSH,	/* a push has something to say, or to ask again */
	TIMER_SECOND,	/* housekeeping */
	TIMER_WATCHDOG, /* systemd's */
	TIMER_FEED,	/* the watchdog device: after all others (R12) */
	TIMERS
};
#define TIMER_NEVER INT64_MAX

/*
 * So much before its time a timer that needs no precision is called, if the
 * loop is awake anyway.
 */
#define LOOP_EARLY_US 100000

struct loop {
	struct daemon
		*owner; /* whose loop it is: handed to all that it calls */
	int64_t (*deadline)(const struct daemon *daemon); /* of the tick */
	/* Reads the links that are not waited for just now, before a tick. */
	void (*drain)(struct daemon *daemon);
	/* After all links were read until they had nothing more. */
	void (*tick)(struct daemon *daemon);
	void (*away)(struct daemon *daemon); /* it woke up late */
	bool ended;			     /* no turn begins any more */
	int fd, timer_fd;
	bool is_old_kernel; /* or its filter: only timer_fd tells the time */
	bool is_drained;    /* of a tick: what was there is read already */
	int64_t asked_us;   /* this turn reads all that was there then */
	int64_t armed_us;   /* timer_fd */
	struct source *changed[LOOP_CHANGES_MAX];
	unsigned changed_count;
	/*
	 * So much later than due TIMER_NAP may come, if a tick is due by then:
	 * that reads what is not waited for (drain), in the one wake-up.
	 */
	int64_t nap_patience_us;
	int64_t due_us[TIMERS];
	void (*fire[TIMERS])(struct daemon *daemon);
};

/*
 * 0, or -1 with errno. Timers are never due until set. The caller fills in the
 * owner and what he is told.
 */
int loop_init(struct loop *loop);
/* 0 or -1. events: EPOLLIN ... */
int loop_add(struct loop *loop, struct source *source, uint32_t events);
/* From the next wait on: to and fro within a turn costs no system call. */
void loop_change(struct loop *loop, struct source *source, uint32_t events);
/* Takes it out; the descriptor is its owner's to close, and after this. */
void loop_remove(struct loop *loop, struct source *source);
/* Takes it out and closes the descriptor. */
void loop_drop(struct loop *loop, struct source *source);
void loop_set_timer(struct loop *loop, enum loop_timer timer, int64_t at_us);

/* Runs until loop->ended. */
void loop_run(struct loop *loop);
#endif
