/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NOTIFIER_QUEUE_H
#define NOTIFIER_QUEUE_H
/*
 * What waits for whom: notices in their order, each with the receivers that
 * have not had it yet, and for each receiver when it is tried next. No I/O, no
 * clock: times are microseconds that the caller counts.
 *
 * A mail takes all that waits for its receiver, so a storm is one mail; a
 * receiver is tried again with all of it that waits by then. The queue is
 * bounded: the oldest notice makes room, and each receiver that lost it is told
 * how many it lost.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../ipc/runner_msg.h"
#include "../notice/notice.h"
#include "../settings/settings.h"

#define QUEUE_MAX 1024

struct queue_entry {
	uint32_t wanted; /* bit r: receiver r has not had it */
	char text[NOTICE_JSON_MAX];
};

enum queue_outcome {
	QUEUE_SENT,
	QUEUE_LATER,   /* its server asks us to come again */
	QUEUE_UNHEARD, /* its server was not reached, or not believed */
	QUEUE_REFUSED, /* for good: never tried again */
};

struct queue_receiver {
	char name[RECEIVER_NAME_MAX];
	int64_t gather_us;   /* from the first notice to the first try */
	int64_t interval_us; /* from one to the next */
	bool one_by_one;     /* a notice each, not all that waits */
	bool is_flying;	     /* a try is under way, up to flying_to */
	uint64_t flying_to;
	unsigned waiting;
	unsigned attempts;	 /* in vain, in a row */
	int64_t due_us, sent_us; /* sent_us: the last try that came to an end */
	uint64_t lost;		 /* since the last that was sent */
	enum receiver_state state;
	char text[RUNNER_TEXT_MAX];
};

struct queue {
	struct queue_receiver receivers[RECEIVERS_MAX];
	unsigned receiver_count;
	uint64_t first, next; /* numbers of entries; the place is n % MAX */
	struct queue_entry entries[QUEUE_MAX];
};

/* wanted: a bit for each receiver. One that waits already is no second one. */
void queue_add(struct queue *queue, const char *text, uint32_t wanted,
	       int64_t now_us);
/* Who is to be tried now, -1 = nobody. */
int queue_due(const struct queue *queue, int64_t now_us);
/* When somebody is due, INT64_MAX = never. */
int64_t queue_deadline(const struct queue *queue);
/* All that waits is due now: there is no later. */
void queue_hurry(struct queue *queue, int64_t now_us);
/* A try begins: texts gets at most most of what waits for the receiver, the
 * oldest first; returns how many it is about. */
unsigned queue_take(struct queue *queue, unsigned receiver, const char **texts,
		    unsigned most);
/* It has ended; text: what the server said. */
void queue_done(struct queue *queue, unsigned receiver,
		enum queue_outcome outcome, const char *text, int64_t now_us);
bool queue_is_empty(const struct queue *queue);

/*
 * As text, for the disk, and back. Notices for a receiver that is not in the
 * settings any more are dropped: how many is the result of load.
 */
#define QUEUE_TEXT_MAX (QUEUE_MAX * (NOTICE_JSON_MAX + 16) + 4096)
size_t queue_store(const struct queue *queue, char *text, size_t size);
unsigned queue_load(struct queue *queue, char *text, int64_t now_us);
#endif
