/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_PUSH_H
#define DAEMON_PUSH_H
/*
 * What two daemons say to each other in a twinbeat push: one session, of the
 * node that sends its file and the one that takes it. Pure: frames and times
 * in, frames and news out; push_edge.c has the links, the file and the reload.
 *
 *   sender                                taker
 *   OFFER size, both generations   ->
 *                                  <-     ACCEPT answer
 *   ASK                            ->     only now it is known that the
 *                                         OFFER is no replay
 *   DATA, within a window          ->
 *                                  <-     STATE taking, bytes so far
 *                                         checks it, prepares a reload
 *   ASK, every so often            ->     STATE checking
 *                                  <-     STATE ready
 *   prepares its own reload
 *   COMMIT, until it is answered   ->     puts the file in place, commits
 *                                  <-     STATE done
 *   commits
 *   TAKEN                          ->
 *
 * The taker only answers, but says at once that it is ready or done. STATE
 * refused has a text, which the sender gets. Any silence before COMMIT ends it
 * on both nodes with nothing changed. A COMMIT that stays without an answer
 * leaves one thing unknown, whether the taker has the file; the sender then
 * changes nothing, and says so.
 */
#include "../wire/bulk.h"

/* Of a file with all that it includes: 25 s at 115200 baud. */
#define PUSH_SIZE_MAX (256 * 1024)
/* Of the findings of the peer; what is more is cut. */
#define PUSH_TEXT_MAX 4096

enum push_phase {
	PUSH_IDLE,
	/* the sender's */
	PUSH_OFFERED, /* not accepted yet */
	PUSH_ASKING,  /* may it come; later: is it ready */
	PUSH_SENDING,
	PUSH_HOLDING,  /* the taker is ready, and asked from time to time */
	PUSH_ORDERED,  /* COMMIT is said */
	PUSH_FETCHING, /* why it was refused */
	PUSH_LEAVING,  /* STOP or TAKEN is said some times, and that is it */
	/* the taker's: as STATE says them, so their numbers stay */
	PUSH_ACCEPTED = 8, /* perhaps of a replay */
	PUSH_TAKING,
	PUSH_CHECKING,
	PUSH_READY,
	PUSH_COMMITTING,
	PUSH_DONE,    /* kept for a while: its last answer may be lost */
	PUSH_REFUSED, /* the same */
};

/* What has happened, for the edge. */
enum push_news {
	PUSH_NOTHING,
	/* to the sender */
	PUSH_IS_READY,	 /* the taker; once */
	PUSH_IS_DONE,	 /* the taker has committed */
	PUSH_IS_REFUSED, /* push->text says why */
	PUSH_IS_OTHER,	 /* the taker speaks another version */
	PUSH_IS_CROSSED, /* the peer offers, too, and goes first */
	PUSH_IS_UNSURE,	 /* no answer to COMMIT */
	/* to the taker */
	PUSH_COMES,	/* a push begins: refuse it, or make room for it */
	PUSH_HAS_BYTES, /* those of the frame, at its number */
	PUSH_IS_WHOLE,	/* the same, and these were the last */
	PUSH_COMMITS,	/* put it in place, and commit */
	PUSH_IS_TAKEN,	/* the sender has committed, too */
	PUSH_IS_STOPPED,
	/* to both */
	PUSH_IS_SILENT, /* the other one; nothing comes of it */
};

struct push {
	struct bulk_keys keys;
	uint8_t self;
	enum push_phase phase;
	uint64_t session, answer;
	uint32_t generations[2]; /* of the daemons, by node */
	uint32_t size;		 /* of the file */
	uint32_t have;		 /* bytes that the taker has */
	uint32_t sent;		 /* the sender: up to here, once at least */
	unsigned repeats;	 /* of one answer, while more is on its way */
	uint32_t text_size, text_have;
	int64_t resend_us; /* what is not answered by then is said again */
	int64_t heard_us;
	int64_t pace_us;    /* of the link: how long an answer may take more */
	unsigned left;	    /* LEAVING: how often it is still said */
	uint8_t owes;	    /* the taker: enum bulk_kind, 0 = nothing */
	uint32_t owes_from; /* TEXT */
	char text[PUSH_TEXT_MAX];
};

static inline bool push_sends(const struct push *push)
{
	return push->phase >= PUSH_OFFERED && push->phase <= PUSH_FETCHING;
}
static inline bool push_takes(const struct push *push)
{
	return push->phase >= PUSH_TAKING && push->phase <= PUSH_COMMITTING;
}

/* By the key of the pair; ends what there was. */
void push_init(struct push *push, const uint8_t key[BEAT_KEY_SIZE],
	       unsigned self);

/* ---- the sender ---- */

/* session: random. generations: as both nodes know them now. */
void push_offer(struct push *push, uint64_t session, uint32_t size,
		const uint32_t generations[2], int64_t now_us);
void push_commit(struct push *push, int64_t now_us); /* after PUSH_IS_READY */
/* After PUSH_IS_DONE: it counts here, too. */
void push_tell_taken(struct push *push, int64_t now_us);
void push_stop(struct push *push, int64_t now_us);

/* ---- the taker: what became of what it was told ---- */

void push_ready(struct push *push);
void push_done(struct push *push);
void push_refuse(struct push *push, const char *text);

/* ---- both ---- */

/*
 * One frame of bulk_is_one(). answer: random, for an OFFER. generations: as
 * push_offer(). bulk is what was heard, if anything happened; *is_noise: it was
 * nothing of a session.
 */
enum push_news push_heard(struct push *push, const uint8_t *frame, size_t size,
			  uint64_t answer, const uint32_t generations[2],
			  int64_t now_us, struct bulk *bulk, bool *is_noise);
/* What time has brought. */
enum push_news push_passed(struct push *push, int64_t now_us);
/*
 * The next frame, of at most room bytes on the wire; false: none now. Of DATA
 * the bytes are missing: the file's, from number on.
 */
bool push_next(struct push *push, size_t room, int64_t now_us,
	       struct bulk *bulk);
/* When to ask again if nothing is heard; INT64_MAX: never. */
int64_t push_due_us(const struct push *push);
/* There is a frame to be said as soon as the line has room for it. */
bool push_is_eager(const struct push *push);
#endif
