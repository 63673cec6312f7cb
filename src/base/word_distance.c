/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How many slips of the fingers lie between two words. */
#include <string.h>

#include "word_distance.h"

#define WORD_MAX 64

unsigned word_distance(const char *a, const char *b)
{
	unsigned row[WORD_MAX], size = (unsigned)strlen(b);

	if (strlen(a) >= WORD_MAX || size >= WORD_MAX)
		return WORD_DISTANCE_MAX;
	for (unsigned j = 0; j <= size; j++)
		row[j] = j;
	for (unsigned i = 1; a[i - 1] != '\0'; i++) {
		unsigned corner = row[0];

		row[0] = i;
		for (unsigned j = 1; j <= size; j++) {
			unsigned best = corner + (a[i - 1] != b[j - 1]);

			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			corner = row[j];
			row[j] = best;
		}
	}
	return row[size];
}
