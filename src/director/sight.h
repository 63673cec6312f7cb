/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DIRECTOR_SIGHT_H
#define DIRECTOR_SIGHT_H
/*
 * Who sees nothing decides nothing (D5): is it the servers that are gone, or
 * this node's view of them? Pure.
 */
#include <stdbool.h>
#include <stdint.h>

#define SIGHT_GIVE_UP_US INT64_C(10000000)

/* One distinct address of servers. */
struct sight_address {
	bool is_asked, is_known, answers; /* known: it has answered once */
	bool is_followed; /* of a service that the pair follows: it counts for
			   * the word (follow_health) */
	bool is_silent_since; /* to what it was asked since the other node's
			       * answer */
	int64_t silent_since_us;
};

/* What the peer is told, and what counts for the pair. */
enum sight_word {
	SIGHT_UNKNOWN, /* not all were asked, or they are silent for a moment */
	SIGHT_SEES,    /* one answers, at least */
	SIGHT_NONE,    /* not one of two or more, asked since the other node saw
			* some */
};

struct sight {
	struct sight_address *addresses; /* count of them */
	unsigned count;
	int64_t window_us; /* as long as a server needs to fall */
	bool has_carrier;
	bool has_other_way; /* one answered since the carrier fell */
	bool is_blind;	    /* weights are frozen */
	bool given_up;	    /* it lasted: what is seen is taken for true */
	int64_t since_us;
	bool is_dark; /* of those that count for the word all are silent */
	/* Is it they, or this node? Asked of the other one, by number; 0: it is
	 * not asked. */
	uint8_t question, last_question;
	bool is_answered; /* one answered it, since it was asked there */
	int64_t answered_us;
	/* The same from its side: what it asks, since when our own are asked
	 * anew, and whether one of them has answered since. */
	uint8_t peer_question, peer_echo;
	int64_t peer_asked_us;
	bool has_seen_since;
};

void sight_begin(struct sight *sight);
/* D12: what was seen goes on with new settings; first each address that was
 * there before, then all. */
void sight_carry_address(struct sight_address *address,
			 const struct sight_address *before);
void sight_carry(struct sight *sight, const struct sight *before);
/* Something came back from there, or nothing did (an L4 failure), to what was
 * asked at asked_us. */
void sight_take_result(struct sight *sight, unsigned i, bool answers,
		       int64_t asked_us, int64_t now_us);
void sight_take_carrier(struct sight *sight, bool has_carrier);
/* What the other node asks, and which of our questions it has answered; 0:
 * none, or it is not heard. True: all of our own are to be asked anew, now:
 * for its question, or since its answer may be of when they came back. */
bool sight_hear(struct sight *sight, uint8_t question, uint8_t echo,
		int64_t now_us);
/* The question of the other node that one of our own has answered; 0: none. */
uint8_t sight_echo(const struct sight *sight);
/* Judges anew; call before the pools are stepped. */
void sight_step(struct sight *sight, int64_t now_us);
enum sight_word sight_word(const struct sight *sight);
int64_t sight_due_us(const struct sight *sight);
#endif
