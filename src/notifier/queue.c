/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "queue.h"

#define SECOND_US      INT64_C(1000000)
#define RETRY_FIRST_US (5 * SECOND_US)
#define RETRY_LAST_US  (600 * SECOND_US)
/* After so many tries in vain somebody is told. A server that asks us to come
 * again (greylisting takes five minutes) gets more than one that is silent. */
#define LATER_MAX   7
#define UNHEARD_MAX 3

static struct queue_entry *entry_at(struct queue *queue, uint64_t number)
{
	return &queue->entries[number % QUEUE_MAX];
}

static const struct queue_entry *entry_look(const struct queue *queue,
					    uint64_t number)
{
	return &queue->entries[number % QUEUE_MAX];
}

bool queue_is_empty(const struct queue *queue)
{
	return queue->first == queue->next;
}

/* What nobody waits for any more. */
static void queue_trim(struct queue *queue)
{
	while (queue->first < queue->next &&
	       entry_at(queue, queue->first)->wanted == 0)
		queue->first++;
}

static void drop_oldest(struct queue *queue)
{
	struct queue_entry *entry = entry_at(queue, queue->first++);

	for (unsigned r = 0; r < queue->receiver_count; r++)
		if (entry->wanted >> r & 1) {
			queue->receivers[r].waiting--;
			queue->receivers[r].lost++;
		}
}

/* Something waits where nothing waited. */
static void begin_waiting(struct queue_receiver *receiver, int64_t now_us)
{
	int64_t next_us = receiver->sent_us + receiver->interval_us;

	receiver->due_us = now_us + receiver->gather_us;
	if (receiver->sent_us != 0 && receiver->due_us < next_us)
		receiver->due_us = next_us;
}

/* What its sender did not see taken is told again: after a crash of this
 * program, say, which had it on disk. A notice has a number, so its text is
 * never another's. */
static bool is_waiting(const struct queue *queue, const char *text)
{
	for (uint64_t n = queue->next; n > queue->first; n--)
		if (strcmp(queue->entries[(n - 1) % QUEUE_MAX].text, text) == 0)
			return true;
	return false;
}

void queue_add(struct queue *queue, const char *text, uint32_t wanted,
	       int64_t now_us)
{
	struct queue_entry *entry;
	size_t length = strlen(text);

	wanted &= (UINT32_C(1) << queue->receiver_count) - 1;
	if (wanted == 0 || length >= sizeof(entry->text) ||
	    is_waiting(queue, text))
		return;
	if (queue->next - queue->first == QUEUE_MAX)
		drop_oldest(queue);
	entry = entry_at(queue, queue->next++);
	entry->wanted = wanted;
	memcpy(entry->text, text, length + 1);
	for (unsigned r = 0; r < queue->receiver_count; r++) {
		struct queue_receiver *receiver = &queue->receivers[r];

		if (!(wanted >> r & 1))
			continue;
		if (receiver->waiting++ == 0 && receiver->attempts == 0 &&
		    !receiver->is_flying)
			begin_waiting(receiver, now_us);
	}
}

static bool is_ready(const struct queue_receiver *receiver)
{
	return receiver->waiting > 0 && !receiver->is_flying;
}

int queue_due(const struct queue *queue, int64_t now_us)
{
	for (unsigned r = 0; r < queue->receiver_count; r++)
		if (is_ready(&queue->receivers[r]) &&
		    queue->receivers[r].due_us <= now_us)
			return (int)r;
	return -1;
}

int64_t queue_deadline(const struct queue *queue)
{
	int64_t deadline_us = INT64_MAX;

	for (unsigned r = 0; r < queue->receiver_count; r++)
		if (is_ready(&queue->receivers[r]) &&
		    queue->receivers[r].due_us < deadline_us)
			deadline_us = queue->receivers[r].due_us;
	return deadline_us;
}

void queue_hurry(struct queue *queue, int64_t now_us)
{
	for (unsigned r = 0; r < queue->receiver_count; r++)
		if (queue->receivers[r].attempts == 0)
			queue->receivers[r].due_us = now_us;
}

unsigned queue_take(struct queue *queue, unsigned r, const char **texts,
		    unsigned most)
{
	struct queue_receiver *receiver = &queue->receivers[r];
	unsigned count = 0;

	assert(r < queue->receiver_count && !receiver->is_flying);
	receiver->is_flying = true;
	for (uint64_t n = queue->first; n < queue->next; n++) {
		const struct queue_entry *entry = entry_at(queue, n);

		if (!(entry->wanted >> r & 1))
			continue;
		if (count < most)
			texts[count] = entry->text;
		count++;
		receiver->flying_to = n + 1;
		if (receiver->one_by_one)
			break;
	}
	return count;
}

/* What the try was about is done with, told or not. */
static unsigned take_off(struct queue *queue, unsigned r)
{
	struct queue_receiver *receiver = &queue->receivers[r];
	unsigned count = 0;

	for (uint64_t n = queue->first;
	     n < receiver->flying_to && n < queue->next; n++) {
		struct queue_entry *entry = entry_at(queue, n);

		if (!(entry->wanted >> r & 1))
			continue;
		entry->wanted &= ~(UINT32_C(1) << r);
		receiver->waiting--;
		count++;
	}
	return count;
}

static int64_t back_off_us(unsigned attempts)
{
	int64_t wait_us = RETRY_FIRST_US;

	while (--attempts > 0 && wait_us < RETRY_LAST_US)
		wait_us *= 2;
	return wait_us < RETRY_LAST_US ? wait_us : RETRY_LAST_US;
}

static void retry(struct queue_receiver *receiver, enum queue_outcome outcome,
		  int64_t now_us)
{
	unsigned most = outcome == QUEUE_LATER ? LATER_MAX : UNHEARD_MAX;

	receiver->attempts++;
	receiver->due_us = now_us + back_off_us(receiver->attempts);
	receiver->state =
		receiver->attempts >= most ? RECEIVER_FAILING : RECEIVER_LATER;
}

void queue_done(struct queue *queue, unsigned r, enum queue_outcome outcome,
		const char *text, int64_t now_us)
{
	struct queue_receiver *receiver = &queue->receivers[r];
	int64_t pause_us = receiver->interval_us;

	assert(r < queue->receiver_count && receiver->is_flying);
	snprintf(receiver->text, sizeof(receiver->text), "%s", text);
	receiver->is_flying = false;
	switch (outcome) {
	case QUEUE_SENT:
		take_off(queue, r);
		receiver->lost = 0;
		receiver->state = RECEIVER_FINE;
		break;
	case QUEUE_REFUSED:
		/* 5xx is an answer: the same again would get the same */
		receiver->lost += take_off(queue, r);
		receiver->state = RECEIVER_REFUSED;
		if (pause_us < RETRY_FIRST_US)
			pause_us = RETRY_FIRST_US;
		break;
	case QUEUE_LATER:
	case QUEUE_UNHEARD:
		retry(receiver, outcome, now_us);
		return;
	}
	receiver->attempts = 0;
	receiver->sent_us = now_us;
	receiver->due_us = now_us + pause_us;
	queue_trim(queue);
}

/* ---- as text ---- */

#define HEAD "twinbeat-notify 1\n"

size_t queue_store(const struct queue *queue, char *text, size_t size)
{
	size_t used = (size_t)snprintf(text, size, HEAD);

	for (unsigned r = 0; r < queue->receiver_count && used < size; r++)
		used += (size_t)snprintf(
			text + used, size - used, "receiver %" PRIu64 " %s\n",
			queue->receivers[r].lost, queue->receivers[r].name);
	for (uint64_t n = queue->first; n < queue->next && used < size; n++) {
		const struct queue_entry *entry = entry_look(queue, n);

		if (entry->wanted)
			used += (size_t)snprintf(text + used, size - used,
						 "event %" PRIx32 " %s\n",
						 entry->wanted, entry->text);
	}
	return used < size ? used : 0;
}

/* Bit i of the file is bit map[i] here; -1: there is none any more. */
struct old_receivers {
	int map[RECEIVERS_MAX];
	unsigned count;
};

static void load_receiver(struct queue *queue, char *line,
			  struct old_receivers *old)
{
	char *name;
	uint64_t lost = strtoull(line, &name, 10);

	if (old->count == RECEIVERS_MAX || *name++ != ' ')
		return;
	old->map[old->count] = -1;
	for (unsigned r = 0; r < queue->receiver_count; r++)
		if (strcmp(queue->receivers[r].name, name) == 0) {
			queue->receivers[r].lost += lost;
			old->map[old->count] = (int)r;
		}
	old->count++;
}

static unsigned load_entry(struct queue *queue, char *line,
			   const struct old_receivers *old, int64_t now_us)
{
	char *text;
	uint32_t was = (uint32_t)strtoul(line, &text, 16), wanted = 0;
	struct notice notice;

	if (*text++ != ' ' || !notice_decode(text, strlen(text), &notice))
		return 1;
	for (unsigned i = 0; i < old->count; i++)
		if (was >> i & 1 && old->map[i] >= 0)
			wanted |= UINT32_C(1) << old->map[i];
	queue_add(queue, text, wanted, now_us);
	return wanted == 0;
}

unsigned queue_load(struct queue *queue, char *text, int64_t now_us)
{
	struct old_receivers old = {.count = 0};
	unsigned dropped = 0;
	char *line = strsep(&text, "\n");

	if (line == NULL || strncmp(line, HEAD, strlen(HEAD) - 1) != 0)
		return line != NULL && line[0] != '\0';
	while ((line = strsep(&text, "\n")) != NULL) {
		if (strncmp(line, "receiver ", 9) == 0)
			load_receiver(queue, line + 9, &old);
		else if (strncmp(line, "event ", 6) == 0)
			dropped += load_entry(queue, line + 6, &old, now_us);
	}
	return dropped;
}
