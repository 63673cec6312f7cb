/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TIMELINE_CLOCKS_H
#define TIMELINE_CLOCKS_H
/*
 * By how much the clock of one machine is ahead of the other's, from what the
 * journals of both say of the same beats. A beat is heard after it was sent:
 * each line that names one gives a bound, lines of the one node from below,
 * lines of the other from above. No wall clock is used. No I/O.
 */
#include "journal.h"

struct clocks {
	int64_t ahead_ms; /* of b's clock before a's */
	int64_t error_ms; /* it may be off by so much, either way */
	bool is_one_way;  /* bounded from one side: error_ms is not known */
	bool is_torn; /* the bounds contradict each other, by 2 * error_ms */
};

/*
 * The clocks of boot_a of a and boot_b of b, as near to at_ms (by a's clock)
 * as the journals allow. False: neither heard the other then.
 */
bool clocks_compare(const struct journal *a, unsigned boot_a,
		    const struct journal *b, unsigned boot_b, int64_t at_ms,
		    struct clocks *clocks);

/* Has the one ever heard the other? */
bool clocks_have_met(const struct journal *a, const struct journal *b);
/* Has a line of both been written by the same daemon? */
bool clocks_are_same(const struct journal *a, const struct journal *b);
#endif
