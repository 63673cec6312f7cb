/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The talk of a push (push.h). Decides what is said next, and what an answer
 * means. What came twice, late or out of order changes nothing: bytes count in
 * their order alone, and a phase never goes back.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "push.h"
#include "../wire/bytes.h"

#define WINDOW	       ((uint32_t)(8 * BULK_BYTES_MAX))
#define BYTES_LEAST    16 /* fewer are no frame's worth, but the last ones */
#define REPEATS_LOST   3  /* one was lost, the answers to those behind it say */
#define LEAVING_SAYS   3
#define PATIENCE_PACES 4
/* After it, what was not answered is said again. */
#define RESEND_US     250000
#define HOLDING_US    1000000
#define LEAVING_US    50000
#define SILENCE_US    6000000
#define SILENCE_PACES 20
#define ORDERED_US    10000000
#define KEPT_US	      30000000 /* DONE, REFUSED */
#define OFFER_SIZE    8	       /* generations */
#define STATE_SIZE    3
#define ANSWER_LEAST  8

static void enter(struct push *push, enum push_phase phase, int64_t now_us)
{
	push->phase = phase;
	push->resend_us = now_us; /* the first time, at once */
}

/* What was said now is said again then, if it is not answered. */
static int64_t patience_ends_us(const struct push *push, int64_t now_us)
{
	return now_us + RESEND_US + PATIENCE_PACES * push->pace_us;
}

/* So many of left bytes go into a frame of room. */
static size_t bytes_in(size_t room, uint32_t left)
{
	size_t most = room - BULK_OVERHEAD;

	if (most > BULK_BYTES_MAX)
		most = BULK_BYTES_MAX;
	return most < left ? most : left;
}

void push_init(struct push *push, const uint8_t key[BEAT_KEY_SIZE],
	       unsigned self)
{
	memset(push, 0, sizeof(*push));
	bulk_keys_begin(&push->keys, key);
	push->self = (uint8_t)self;
}

/* A new session; the keys of the opening stay. */
static void begin(struct push *push, uint64_t session, uint32_t size,
		  const uint32_t generations[2], int64_t now_us)
{
	push->session = session;
	push->size = size;
	memcpy(push->generations, generations, sizeof(push->generations));
	push->answer = 0;
	push->have = push->sent = 0;
	push->repeats = push->left = 0;
	push->text_size = push->text_have = 0;
	push->text[0] = '\0';
	push->owes = 0;
	push->heard_us = now_us;
}

/* ---- what the edge tells ---- */

void push_offer(struct push *push, uint64_t session, uint32_t size,
		const uint32_t generations[2], int64_t now_us)
{
	assert(size > 0 && size <= PUSH_SIZE_MAX);
	begin(push, session, size, generations, now_us);
	enter(push, PUSH_OFFERED, now_us);
}

void push_commit(struct push *push, int64_t now_us)
{
	assert(push->phase == PUSH_HOLDING);
	enter(push, PUSH_ORDERED, now_us);
	push->heard_us = now_us;
}

static void leave(struct push *push, uint8_t kind, int64_t now_us)
{
	enter(push, PUSH_LEAVING, now_us);
	push->owes = kind;
	push->left = LEAVING_SAYS;
}

void push_tell_taken(struct push *push, int64_t now_us)
{
	leave(push, BULK_TAKEN, now_us);
}

void push_stop(struct push *push, int64_t now_us)
{
	/* who was not accepted has no key to say it by */
	if (push->phase > PUSH_OFFERED && push_sends(push))
		leave(push, BULK_STOP, now_us);
	else if (push->phase == PUSH_OFFERED)
		push->phase = PUSH_IDLE;
}

static void answer_by(struct push *push, enum push_phase phase)
{
	push->phase = phase;
	push->owes = BULK_STATE;
}

void push_ready(struct push *push)
{
	assert(push->phase == PUSH_CHECKING);
	answer_by(push, PUSH_READY);
}

void push_done(struct push *push)
{
	assert(push->phase == PUSH_COMMITTING);
	answer_by(push, PUSH_DONE);
}

void push_refuse(struct push *push, const char *text)
{
	assert(push_takes(push));
	snprintf(push->text, sizeof(push->text), "%s", text);
	push->text_size = (uint32_t)strlen(push->text);
	answer_by(push, PUSH_REFUSED);
}

/* ---- what the taker hears ---- */

static enum push_news offer_heard(struct push *push, const struct bulk *bulk,
				  uint64_t answer,
				  const uint32_t generations[2], int64_t now_us)
{
	bool is_same = push->session == bulk->session;

	/* recorded in another life of one of us, or nothing that we take */
	if (bulk->size != OFFER_SIZE ||
	    bytes_get(bulk->bytes, 4) != generations[0] ||
	    bytes_get(bulk->bytes + 4, 4) != generations[1] ||
	    bulk->number == 0 || bulk->number > PUSH_SIZE_MAX)
		return PUSH_NOTHING;
	if (push->phase == PUSH_OFFERED && push->self != 0)
		return PUSH_IS_CROSSED;
	if (push_sends(push) || (push_takes(push) && !is_same))
		return PUSH_NOTHING;
	if (is_same && push->phase > PUSH_ACCEPTED) {
		/* DONE, REFUSED: a replay of it opens nothing again */
		if (push->phase == PUSH_TAKING)
			push->owes = BULK_ACCEPT;
		return PUSH_NOTHING;
	}
	if (push->phase != PUSH_ACCEPTED || !is_same) {
		begin(push, bulk->session, bulk->number, generations, now_us);
		push->answer = answer;
		bulk_keys_agree(&push->keys, push->session, push->answer);
		push->phase = PUSH_ACCEPTED;
	}
	push->owes = BULK_ACCEPT;
	return PUSH_NOTHING;
}

static enum push_news data_heard(struct push *push, const struct bulk *bulk)
{
	push->owes = BULK_STATE;
	if (push->phase != PUSH_TAKING || bulk->number != push->have ||
	    bulk->size == 0 || bulk->size > push->size - push->have)
		return PUSH_NOTHING;
	push->have += bulk->size;
	if (push->have < push->size)
		return PUSH_HAS_BYTES;
	push->phase = PUSH_CHECKING;
	return PUSH_IS_WHOLE;
}

static enum push_news order_heard(struct push *push, const struct bulk *bulk)
{
	bool was_accepted = push->phase == PUSH_ACCEPTED;

	/* the answer was ours, and is young: no replay */
	if (was_accepted)
		push->phase = PUSH_TAKING;
	switch (bulk->kind) {
	case BULK_DATA:
		return was_accepted ? PUSH_COMES : data_heard(push, bulk);
	case BULK_GET:
		if (push->phase == PUSH_REFUSED &&
		    bulk->number < push->text_size) {
			push->owes = BULK_TEXT;
			push->owes_from = bulk->number;
			return PUSH_NOTHING;
		}
		break;
	case BULK_COMMIT:
		if (push->phase == PUSH_READY) {
			push->phase = PUSH_COMMITTING;
			return PUSH_COMMITS;
		}
		break;
	case BULK_STOP:
		if (push_takes(push) && push->phase != PUSH_COMMITTING) {
			push->phase = PUSH_IDLE;
			return was_accepted ? PUSH_NOTHING : PUSH_IS_STOPPED;
		}
		return PUSH_NOTHING;
	case BULK_TAKEN:
		return push->phase == PUSH_DONE ? PUSH_IS_TAKEN : PUSH_NOTHING;
	default:
		break;
	}
	push->owes = BULK_STATE;
	return was_accepted ? PUSH_COMES : PUSH_NOTHING;
}

/* ---- what the sender hears ---- */

static enum push_news accept_heard(struct push *push, const struct bulk *bulk,
				   int64_t now_us)
{
	if (push->phase != PUSH_OFFERED || bulk->size != 8)
		return PUSH_NOTHING;
	push->answer = bytes_get(bulk->bytes, 8);
	bulk_keys_agree(&push->keys, push->session, push->answer);
	enter(push, PUSH_ASKING, now_us);
	return PUSH_NOTHING;
}

static void bytes_are_there(struct push *push, uint32_t have, int64_t now_us)
{
	if (have > push->have && have <= push->sent) {
		push->have = have;
		push->repeats = 0;
		push->resend_us = patience_ends_us(push, now_us);
	} else if (have == push->have && push->sent > have &&
		   ++push->repeats == REPEATS_LOST) {
		push->sent = have;
	}
}

static enum push_news state_heard(struct push *push, const struct bulk *bulk,
				  int64_t now_us)
{
	uint8_t state = bulk->bytes[0];

	if (bulk->size != STATE_SIZE)
		return PUSH_NOTHING;
	if (push->phase == PUSH_SENDING)
		bytes_are_there(push, bulk->number, now_us);
	switch (state) {
	case PUSH_TAKING:
		if (push->phase == PUSH_ASKING && push->have == 0)
			enter(push, PUSH_SENDING, now_us);
		return PUSH_NOTHING;
	case PUSH_CHECKING:
		if (push->phase == PUSH_SENDING && push->have == push->size) {
			enter(push, PUSH_ASKING, now_us);
			push->resend_us += RESEND_US;
		}
		return PUSH_NOTHING;
	case PUSH_READY:
		if (push->have != push->size ||
		    (push->phase != PUSH_ASKING && push->phase != PUSH_SENDING))
			return PUSH_NOTHING;
		enter(push, PUSH_HOLDING, now_us + HOLDING_US);
		return PUSH_IS_READY;
	case PUSH_DONE:
		return push->phase == PUSH_ORDERED ? PUSH_IS_DONE
						   : PUSH_NOTHING;
	case PUSH_REFUSED:
		if (push->phase == PUSH_FETCHING)
			return PUSH_NOTHING;
		push->text_size = (uint32_t)bytes_get(bulk->bytes + 1, 2);
		if (push->text_size >= PUSH_TEXT_MAX)
			push->text_size = PUSH_TEXT_MAX - 1;
		push->text_have = 0;
		if (push->text_size == 0)
			return PUSH_IS_REFUSED;
		enter(push, PUSH_FETCHING, now_us);
		return PUSH_NOTHING;
	default:
		return PUSH_NOTHING;
	}
}

static enum push_news text_heard(struct push *push, const struct bulk *bulk,
				 int64_t now_us)
{
	if (push->phase != PUSH_FETCHING || bulk->number != push->text_have ||
	    bulk->size > push->text_size - push->text_have)
		return PUSH_NOTHING;
	memcpy(push->text + push->text_have, bulk->bytes, bulk->size);
	push->text_have += bulk->size;
	push->text[push->text_have] = '\0';
	push->resend_us = now_us;
	return push->text_have == push->text_size ? PUSH_IS_REFUSED
						  : PUSH_NOTHING;
}

/* ---- both ---- */

enum push_news push_heard(struct push *push, const uint8_t *frame, size_t size,
			  uint64_t answer, const uint32_t generations[2],
			  int64_t now_us, struct bulk *bulk, bool *is_noise)
{
	enum bulk_verdict verdict = bulk_decode(frame, size, &push->keys, bulk);

	*is_noise = verdict == BULK_BAD && push->phase == PUSH_IDLE;
	if (verdict == BULK_BAD || bulk->sender == push->self)
		return PUSH_NOTHING;
	if (verdict == BULK_OTHER_VERSION) {
		/* by this answer it learns of ours */
		if (bulk->kind == BULK_OFFER && push->phase == PUSH_IDLE) {
			push->session = bulk->session;
			push->owes = BULK_ACCEPT;
		}
		return push->phase == PUSH_OFFERED &&
				       bulk->session == push->session
			       ? PUSH_IS_OTHER
			       : PUSH_NOTHING;
	}
	if (bulk->kind == BULK_OFFER)
		return offer_heard(push, bulk, answer, generations, now_us);
	if (bulk->session != push->session || push->phase == PUSH_IDLE)
		return PUSH_NOTHING;
	push->heard_us = now_us;
	if (push->phase >= PUSH_ACCEPTED)
		return bulk->kind >= BULK_DATA && bulk->kind <= BULK_STOP
			       ? order_heard(push, bulk)
			       : PUSH_NOTHING;
	switch (bulk->kind) {
	case BULK_ACCEPT:
		return accept_heard(push, bulk, now_us);
	case BULK_STATE:
		return state_heard(push, bulk, now_us);
	case BULK_TEXT:
		return text_heard(push, bulk, now_us);
	default:
		return PUSH_NOTHING;
	}
}

/* So long the other one may be silent. */
static int64_t silence_us(const struct push *push)
{
	switch (push->phase) {
	case PUSH_IDLE:
	case PUSH_LEAVING:
	case PUSH_COMMITTING: /* our own disk is waited for */
		return INT64_MAX;
	case PUSH_ORDERED:
		return ORDERED_US + SILENCE_PACES * push->pace_us;
	case PUSH_DONE:
	case PUSH_REFUSED:
		return KEPT_US;
	default:
		return SILENCE_US + SILENCE_PACES * push->pace_us;
	}
}

enum push_news push_passed(struct push *push, int64_t now_us)
{
	enum push_phase phase = push->phase;
	int64_t patience_us = silence_us(push);

	if (patience_us == INT64_MAX || now_us - push->heard_us < patience_us)
		return PUSH_NOTHING;
	push->phase = PUSH_IDLE;
	push->owes = 0;
	if (phase == PUSH_ORDERED)
		return PUSH_IS_UNSURE;
	if (phase == PUSH_ACCEPTED || phase == PUSH_DONE ||
	    phase == PUSH_REFUSED)
		return PUSH_NOTHING;
	return PUSH_IS_SILENT;
}

static bool has_answer(const struct push *push)
{
	return push->owes != 0 &&
	       (push->phase >= PUSH_ACCEPTED || push->phase == PUSH_IDLE);
}

static void answer(struct push *push, size_t room, struct bulk *bulk)
{
	bulk->kind = push->owes;
	push->owes = 0;
	if (bulk->kind == BULK_ACCEPT) {
		bulk->size = 8;
		bytes_put(bulk->bytes, push->answer, 8);
	} else if (bulk->kind == BULK_STATE) {
		bulk->number = push->have;
		bulk->size = STATE_SIZE;
		bulk->bytes[0] = (uint8_t)push->phase;
		bytes_put(bulk->bytes + 1, push->text_size, 2);
	} else {
		bulk->number = push->owes_from;
		bulk->size = (uint8_t)bytes_in(room, push->text_size -
							     push->owes_from);
		memcpy(bulk->bytes, push->text + push->owes_from, bulk->size);
	}
}

/* The sender's next piece of the file, if the window is open. */
static bool next_data(struct push *push, size_t room, struct bulk *bulk)
{
	uint32_t left = push->size - push->sent;
	size_t most = bytes_in(room, left);

	if (left == 0 || push->sent - push->have >= WINDOW)
		return false;
	if (most < left && most < BYTES_LEAST)
		return false;
	bulk->kind = BULK_DATA;
	bulk->number = push->sent;
	bulk->size = (uint8_t)most;
	push->sent += (uint32_t)most;
	return true;
}

static uint8_t question_of(const struct push *push)
{
	switch (push->phase) {
	case PUSH_OFFERED:
		return BULK_OFFER;
	case PUSH_ORDERED:
		return BULK_COMMIT;
	case PUSH_FETCHING:
		return BULK_GET;
	case PUSH_LEAVING:
		return push->owes;
	default:
		return BULK_ASK;
	}
}

static void ask(struct push *push, int64_t now_us, struct bulk *bulk)
{
	bulk->kind = question_of(push);
	push->resend_us = patience_ends_us(push, now_us);
	if (push->phase == PUSH_HOLDING)
		push->resend_us = now_us + HOLDING_US;
	if (bulk->kind == BULK_OFFER) {
		bulk->number = push->size;
		bulk->size = OFFER_SIZE;
		bytes_put(bulk->bytes, push->generations[0], 4);
		bytes_put(bulk->bytes + 4, push->generations[1], 4);
	} else if (bulk->kind == BULK_GET) {
		bulk->number = push->text_have;
	} else if (push->phase == PUSH_LEAVING) {
		push->resend_us = now_us + LEAVING_US;
		if (--push->left == 0) {
			push->phase = PUSH_IDLE;
			push->owes = 0;
		}
	}
}

bool push_next(struct push *push, size_t room, int64_t now_us,
	       struct bulk *bulk)
{
	bool is_late = now_us >= push->resend_us;

	*bulk = (struct bulk){.sender = push->self, .session = push->session};
	if (has_answer(push)) {
		if (room < BULK_OVERHEAD + ANSWER_LEAST)
			return false;
		answer(push, room, bulk);
		return true;
	}
	if (push->phase == PUSH_IDLE || push->phase >= PUSH_ACCEPTED ||
	    room < BULK_OVERHEAD + OFFER_SIZE)
		return false;
	if (push->phase == PUSH_SENDING) {
		if (next_data(push, room, bulk)) {
			push->resend_us = patience_ends_us(push, now_us);
			return true;
		}
		if (!is_late)
			return false;
		/* from where the taker is; the question tells that first */
		push->sent = push->have;
		push->repeats = 0;
	}
	if (!is_late)
		return false;
	ask(push, now_us, bulk);
	return true;
}

bool push_is_eager(const struct push *push)
{
	return has_answer(push) ||
	       (push->phase == PUSH_SENDING && push->sent < push->size &&
		push->sent - push->have < WINDOW);
}

int64_t push_due_us(const struct push *push)
{
	int64_t patience_us = silence_us(push), due_us = INT64_MAX;

	if (patience_us != INT64_MAX)
		due_us = push->heard_us + patience_us;
	if ((push_sends(push) || push->phase == PUSH_LEAVING) &&
	    push->resend_us < due_us)
		due_us = push->resend_us;
	return due_us;
}
