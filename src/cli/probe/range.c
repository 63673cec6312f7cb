/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See range.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "range.h"

/* strtod() also takes hexadecimal, "inf" and "nan": those are slips here. */
static int read_number(const char *text, const char *end, double *number)
{
	char *stop;

	if (strspn(text, "+-.0123456789eE") < (size_t)(end - text))
		return -1;
	*number = strtod(text, &stop);
	return stop == end && isfinite(*number) ? 0 : -1;
}

int range_read(struct range *range, const char *text)
{
	const char *at = text, *colon, *end = text + strlen(text);

	memset(range, 0, sizeof(*range));
	range->high = (double)INFINITY;
	if (!text[0] || strlen(text) >= sizeof(range->text))
		return -1;
	if (*at == '@') {
		range->is_inside = true;
		at++;
	}
	colon = strchr(at, ':');
	if (colon) {
		if (colon - at == 1 && *at == '~')
			range->low = -(double)INFINITY;
		else if (colon != at && read_number(at, colon, &range->low))
			return -1;
		at = colon + 1;
	}
	if (at != end && read_number(at, end, &range->high))
		return -1;
	if ((at == end && (!colon || colon == text)) ||
	    range->low > range->high)
		return -1;
	memcpy(range->text, text, strlen(text) + 1);
	range->is_given = true;
	return 0;
}

bool range_alerts(const struct range *range, double value)
{
	bool is_within = value >= range->low && value <= range->high;

	return range->is_given && is_within == range->is_inside;
}
