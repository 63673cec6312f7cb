/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DIRECTOR_TALLY_H
#define DIRECTOR_TALLY_H
/* What the checks of one real server came to since it is known, and how long
 * they took: for metrics alone, no rule reads it. Pure. */
#include <stdbool.h>
#include <stdint.h>

#define TALLY_BOUNDS 8

/* Upper ends of the buckets, us, each larger than the one before. */
extern const uint32_t tally_bounds_us[TALLY_BOUNDS];

struct tally {
	/* at ten a second it takes 13 years until one begins anew */
	uint32_t passed, failed;
	uint32_t within[TALLY_BOUNDS]; /* took so long or less */
	uint64_t sum_us;
};

void tally_add(struct tally *tally, bool is_passed, uint32_t took_us);
#endif
