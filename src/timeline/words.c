/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The picture in words: how good a state is, and what happened. */
#include <inttypes.h>
#include <string.h>

#include "picture.h"

static bool is_one_of(const char *state, const char *const *names)
{
	for (; *names; names++)
		if (!strcmp(state, *names))
			return true;
	return false;
}

enum picture_tone picture_tone(const struct lane *lane, const char *state)
{
	static const char *const good[] = {"MASTER",  "BACKUP",	   "up",
					   "sending", "confirmed", NULL};
	static const char *const half[] = {"half",     "delay",	    "running",
					   "held",     "verifying", "INIT",
					   "released", NULL};
	static const char *const empty[] = {"", "idle", "never", "unknown",
					    NULL};

	if (is_one_of(state, empty))
		return TONE_IS_EMPTY;
	if (lane->kind == LANE_VIP)
		return strcmp(state, "nobody") ? TONE_IS_GOOD : TONE_IS_BAD;
	if (is_one_of(state, good))
		return TONE_IS_GOOD;
	return is_one_of(state, half) ? TONE_IS_HALF : TONE_IS_BAD;
}

static void put_gap(const struct picture *picture, char *text, size_t size)
{
	int64_t ms = picture->gap_to_ms - picture->gap_from_ms;
	const char *old = picture->node[1];

	switch (picture->gap) {
	case GAP_RELEASED:
		snprintf(text, size,
			 "%" PRId64 " ms without an owner, from the release "
			 "in the journal of %s",
			 ms, old);
		break;
	case GAP_ALIVE:
		snprintf(text, size,
			 "%" PRId64 " ms without an owner, since the last "
			 "sign of life of %s",
			 ms, old);
		break;
	case GAP_ADVERT:
		snprintf(text, size,
			 "%" PRId64 " ms without an owner, at most: since the "
			 "last advert of %s",
			 ms, old);
		break;
	case GAP_UNKNOWN:
		snprintf(text, size,
			 "how long nobody owned it is not in this history");
		break;
	case GAP_NONE:
		snprintf(text, size, "nobody owned it before");
		break;
	}
}

void picture_headline(const struct picture *picture, char *text, size_t size)
{
	char gap[160], more[40] = "", error[120] = "";

	if (picture->gap_to_ms == 0) {
		snprintf(text, size, "%s and %s: nobody took over",
			 picture->node[0], picture->node[1]);
		return;
	}
	put_gap(picture, gap, sizeof(gap));
	if (picture->taken_count > 1)
		snprintf(more, sizeof(more), " and %u more",
			 picture->taken_count - 1);
	if (picture->has_both && picture->clocks.is_one_way)
		snprintf(error, sizeof(error),
			 "; the two journals are placed by beats of one "
			 "direction, late by the time that a beat takes");
	else if (picture->has_both)
		snprintf(error, sizeof(error),
			 "; between the two journals +-%" PRId64 " ms%s",
			 picture->clocks.error_ms,
			 picture->clocks.is_torn
				 ? ": one of the clocks stood still"
				 : "");
	snprintf(text, size, "%s%s went to %s: %s%s", picture->instance, more,
		 picture->node[0], gap, error);
}
