/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See tally.h. */
#include "tally.h"

const uint32_t tally_bounds_us[TALLY_BOUNDS] = {
	1000, 2500, 10000, 50000, 250000, 500000, 1000000, 5000000};

void tally_add(struct tally *tally, bool is_passed, uint32_t took_us)
{
	if (is_passed)
		tally->passed++;
	else
		tally->failed++;
	for (unsigned i = 0; i < TALLY_BOUNDS; i++)
		if (took_us <= tally_bounds_us[i])
			tally->within[i]++;
	tally->sum_us += took_us;
}
