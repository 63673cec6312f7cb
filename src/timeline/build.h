/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TIMELINE_BUILD_H
#define TIMELINE_BUILD_H
/* A picture that is being made: shared by picture.c, lanes.c and gap.c. */
#include "picture.h"

/* A line with its place on the axis. */
struct placed {
	const struct journal_line *line;
	unsigned side;
	int64_t ms;
};

struct build {
	const struct journal *journal[2]; /* by side; [1] may be NULL */
	struct picture *picture;
	struct placed *list;
	size_t count, room;
	size_t focus; /* the take-over, or count */
	size_t first, end;
	unsigned boot; /* of side 0 */
	char *error;
};

/* False, and the reason. */
bool build_fail(struct build *build, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
bool build_is_kind(const struct placed *placed, const char *kind);
bool build_is_take_over(const struct journal_line *line);

/* Of list[first..end): lanes and events (lanes.c). */
bool build_events(struct build *build);
void build_change(struct picture_event *event, unsigned lane, const char *to);
unsigned build_lane(struct picture *picture, enum lane_kind kind, unsigned side,
		    const char *name);
/* How long nobody owned it; its beginning as an event (gap.c). */
void build_gap(struct build *build);
#endif
