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
	int64_t silent_since_us;
};

/* What the peer is told, and what counts for the pair. */
enum sight_word {
	SIGHT_UNKNOWN, /* not all were asked, or they are silent for a moment */
	SIGHT_SEES,    /* one answers, at least */
	SIGHT_NONE,    /* not one of two or more, for long enough */
};

struct sight {
	struct sight_address *addresses; /* count of them */
	unsigned count;
	int64_t window_us; /* as long as a server needs to fall */
	bool has_carrier;
	bool is_blind; /* weights are frozen */
	bool given_up; /* it lasted: what is seen is taken for true */
	int64_t since_us;
	/* All are silent since then, 0: not; and how long the other node needs
	 * to find out whether its own are. */
	int64_t dark_since_us, confirm_us;
};

void sight_begin(struct sight *sight);
/* Something came back from there, or nothing did (an L4 failure). */
void sight_take_result(struct sight *sight, unsigned i, bool answers,
		       int64_t now_us);
void sight_take_carrier(struct sight *sight, bool has_carrier);
/* Judges anew; call before the pools are stepped. */
void sight_step(struct sight *sight, int64_t now_us);
enum sight_word sight_word(const struct sight *sight, int64_t now_us);
int64_t sight_due_us(const struct sight *sight, int64_t now_us);
#endif
