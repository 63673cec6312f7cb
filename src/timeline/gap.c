/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How long nobody owned the addresses: what one journal tells of it, and what
 * both do.
 */
#include <string.h>

#include "build.h"

static const char *peer_state_at(const struct build *build, size_t at)
{
	const char *state = "unknown";

	for (size_t i = 0; i < at; i++)
		if (build->list[i].side == 0 &&
		    build_is_kind(&build->list[i], "peer") &&
		    strcmp(build->list[i].line->to, "known") != 0)
			state = build->list[i].line->to;
	return state;
}

/* The last time before it when the other one gave the instance up. */
static const struct placed *find_release(const struct build *build)
{
	const char *instance = build->list[build->focus].line->instance;

	for (size_t i = build->count; i > 0; i--) {
		const struct placed *placed = &build->list[i - 1];

		if (placed->side == 1 && build_is_kind(placed, "instance") &&
		    !strcmp(placed->line->instance, instance) &&
		    placed->ms <= build->list[build->focus].ms +
					  build->picture->clocks.error_ms)
			return strcmp(placed->line->from, "MASTER") == 0
				       ? placed
				       : NULL;
	}
	return NULL;
}

static void measure_gap(struct build *build)
{
	struct picture *picture = build->picture;
	const struct placed *focus = &build->list[build->focus];
	const char *state = peer_state_at(build, build->focus);
	const struct placed *release = NULL;
	const struct journal_beat *beat = &focus->line->beat;

	picture->gap_to_ms = focus->ms;
	picture->gap = GAP_UNKNOWN;
	if (picture->has_both)
		release = find_release(build);
	if (release) {
		picture->gap = GAP_RELEASED;
		picture->gap_from_ms = release->ms;
	} else if (beat->alive_ms == JOURNAL_UNKNOWN &&
		   (!strcmp(state, "unknown") || beat->run)) {
		picture->gap = GAP_NONE;
	} else if (strcmp(state, "up") != 0 &&
		   beat->alive_ms != JOURNAL_UNKNOWN) {
		picture->gap = GAP_ALIVE;
		picture->gap_from_ms = beat->alive_ms;
	} else if (beat->advert_ms != JOURNAL_UNKNOWN) {
		picture->gap = GAP_ADVERT;
		picture->gap_from_ms = beat->advert_ms;
	} else if (!strcmp(state, "up")) {
		picture->gap = GAP_NONE; /* nobody ever sent an advert */
	}
	if (picture->gap_from_ms > picture->gap_to_ms)
		picture->gap_from_ms = picture->gap_to_ms;
}

/* Is it known who owned it before the gap? */
static bool is_owner_told(const struct picture *picture, unsigned vip)
{
	for (size_t i = 0; i < picture->count; i++)
		for (unsigned k = 0; k < picture->events[i].change_count; k++)
			if (picture->events[i].changes[k].lane == vip)
				return picture->events[i].ms <=
				       picture->gap_from_ms;
	return false;
}

/* The end of the service is seen by nobody: it is drawn where it was. */
static void add_end_of_service(struct build *build)
{
	struct picture *picture = build->picture;
	struct lane *lane;
	size_t at = 0;
	unsigned vip;

	if (picture->gap != GAP_ALIVE && picture->gap != GAP_ADVERT)
		return;
	vip = build_lane(picture, LANE_VIP, 0, picture->instance);
	if (vip >= PICTURE_LANES_MAX)
		return;
	lane = &picture->lanes[vip];
	if (!lane->first[0] && !is_owner_told(picture, vip))
		lane->first = picture->node[1];
	while (at < picture->count &&
	       picture->events[at].ms <= picture->gap_from_ms)
		at++;
	memmove(&picture->events[at + 1], &picture->events[at],
		(picture->count - at) * sizeof(*picture->events));
	picture->count++;
	picture->events[at] = (struct picture_event){
		.ms = picture->gap_from_ms,
		.at_s = JOURNAL_UNKNOWN,
		.kind = "heard",
		.mark = "",
		.reason = picture->gap == GAP_ALIVE
				  ? "the last sign of life of the old owner"
				  : "the last advert of the old owner",
	};
	build_change(&picture->events[at], vip, "nobody");
}

void build_gap(struct build *build)
{
	measure_gap(build);
	add_end_of_service(build);
}
