/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FENCE_OPERATION_H
#define FENCE_OPERATION_H
/*
 * The one operation that runs, and those that wait for it (R6: one at a time,
 * equal requests merge). Never blocks; the caller waits for the descriptors
 * of operation_poll() and for operation_deadline_us(), and calls in.
 */
#include "child.h"

#define OPERATION_IDS	8
#define OPERATION_QUEUE 8

struct operation {
	struct fence_request request;
	uint32_t ids[OPERATION_IDS]; /* all who asked the same */
	unsigned id_count;
};

struct fence_work {
	const struct settings *settings;
	/* Passes an event to the asker. False: it cannot take it now. */
	bool (*emit)(void *arg, const struct fence_event *event);
	void *arg;

	struct operation queue[OPERATION_QUEUE];
	unsigned queued;
	bool asker_gone;

	/* What runs now. */
	bool active;
	bool level_pending; /* waits for the last level's child to be gone */
	struct operation running;
	struct fence_plan plan;
	struct child child;
	bool child_is_whole; /* starts no programs: may go on afterwards */
	/*
	 * Stands ready for the next power command; and for a read where no
	 * other process can be had.
	 */
	struct child spare;
	bool spare_is_used;	   /* has carried out an attempt already */
	bool spare_was_told;	   /* that there is none: once */
	int64_t tidy_us;	   /* when one is made, if there is none */
	struct fence_event result; /* fills up to the answer */
	int64_t start_us, deadline_us, level_us, level_deadline_us;
	int64_t kept_until_us; /* connections of the last attempt (kept.h) */
	bool permitted;	       /* this level may have written */
	bool wrote;	       /* any level may have */
	bool unknown;	       /* some level ended without a known state */
};

void operation_init(struct fence_work *work, const struct settings *settings,
		    bool (*emit)(void *arg, const struct fence_event *event),
		    void *arg);

/* A request as it came; whatever it is, each gets exactly one FENCE_DONE. */
void operation_request(struct fence_work *work,
		       const struct fence_request *request);

/*
 * R5: the OFF that id asked for is no longer needed. Answered, as unknown, if
 * no power command has gone out for it; from then on it is finished.
 */
void operation_cancel(struct fence_work *work, uint32_t id);

/* A power command may be wanted in a moment: the child that stands ready
 * fetches what it will use. */
void operation_ready(struct fence_work *work);

/*
 * What to wait for, put together anew before each wait, since it changes with
 * every attempt; and what to do after it. Lateness is judged before anything is
 * read: an answer that comes after its deadline, say because the machine slept,
 * proves nothing.
 */
#define OPERATION_FDS 3
struct pollfd;
void operation_poll(const struct fence_work *work,
		    struct pollfd polled[OPERATION_FDS]);
void operation_check_deadline(struct fence_work *work);
void operation_take(struct fence_work *work,
		    const struct pollfd polled[OPERATION_FDS]);

/*
 * Other settings, from the next request on: reads, kept connections and the
 * child that stands ready end now. False: something is still under way; ask
 * again when it is not.
 */
bool operation_change(struct fence_work *work, const struct settings *settings);

/* Nobody waits for answers any more: finish what was switched, no more. */
void operation_asker_gone(struct fence_work *work);

/* When operation_check_deadline() has to be called, or INT64_MAX. */
int64_t operation_deadline_us(const struct fence_work *work);
bool operation_idle(const struct fence_work *work);
#endif
