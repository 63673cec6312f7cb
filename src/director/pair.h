/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DIRECTOR_PAIR_H
#define DIRECTOR_PAIR_H
/*
 * What two directors show to each other (D6), in cells of 16 bits that the
 * beats carry one by one, in any order, some of them lost:
 *
 *   0 D5: the number of our question, and of the other's that is answered
 *   1 digest of all words     2 check of the row that was taken last
 *   3 server  4 word, percent  5, 6 stamp  7 check of these: one row
 *   8 ... a bit for each server: its own checks say that it is up
 *
 * A server is known by its place in the file, so a board counts only while the
 * two files are equal. Pure.
 */
#include "farm.h"
#include "../wire/beat.h"

/* As the other one shows it. */
struct pair_board {
	bool counts; /* it is heard, and its file is ours */
	uint16_t cells[BOARD_CELLS];
	uint8_t seen[BOARD_CELLS / 8]; /* a bit for each that was told */
};

struct pair {
	uint16_t cells[BOARD_CELLS]; /* ours */
	unsigned count;		     /* of them */
	unsigned row;		     /* of which server it tells the word */
	uint16_t taken;		     /* check of the row that we took */
	struct pair_board peer;
};

struct pair_word {
	unsigned server;
	enum server_word admin;
	uint8_t percent;
	uint32_t stamp;
};

void pair_begin(struct pair *pair);
/* A word that is said now: later than all that were said of the server. */
uint32_t pair_stamp(const struct server *server, int64_t realtime_s);
/* It was said here: told at once. */
void pair_said(struct pair *pair, unsigned server);
/* The other board. Whoever is not known here, and passes there, is up until
 * the checks of this node have spoken. Does it ask whether we see any, all of
 * our own are asked anew (D5). */
void pair_hear(struct pair *pair, struct farm *farm,
	       const struct pair_board *board, int64_t now_us);
/* Is there a row that was not taken? True: *word is newer than ours, and must
 * be on disk before pair_took(); false: nothing to do. */
bool pair_next_word(struct pair *pair, const struct farm *farm,
		    struct pair_word *word);
void pair_took(struct pair *pair);
/* Makes our cells. True: they have changed. */
bool pair_show(struct pair *pair, const struct farm *farm);
/* The other node has all words that we have. */
bool pair_is_agreed(const struct pair *pair, const struct farm *farm);
#endif
