/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What of a journal's lines changes which lane of the picture. */
#include <stdlib.h>
#include <string.h>

#include "build.h"

#define EVENTS_MOST 20000

unsigned build_lane(struct picture *picture, enum lane_kind kind, unsigned side,
		    const char *name)
{
	struct lane *lane;
	unsigned i;

	for (i = 0; i < picture->lane_count; i++) {
		lane = &picture->lanes[i];
		if (lane->kind == kind && lane->side == side &&
		    !strcmp(lane->name, name))
			return i;
	}
	if (i == PICTURE_LANES_MAX)
		return i;
	lane = &picture->lanes[picture->lane_count++];
	*lane = (struct lane){.kind = kind, .side = side, .first = ""};
	snprintf(lane->name, sizeof(lane->name), "%.*s",
		 (int)sizeof(lane->name) - 1, name);
	return i;
}

/* "link NAME: from -> to: ..." */
static bool link_name(const struct journal_line *line, char *name, size_t size)
{
	char change[128];
	const char *end;

	if (strncmp(line->reason, "link ", 5) != 0)
		return false;
	snprintf(change, sizeof(change), ": %.50s -> %.50s", line->from,
		 line->to);
	end = strstr(line->reason, change);
	if (!end || end <= line->reason + 5)
		return false;
	snprintf(name, size, "%.*s", (int)(end - line->reason - 5),
		 line->reason + 5);
	return true;
}

void build_change(struct picture_event *event, unsigned lane, const char *to)
{
	if (lane >= PICTURE_LANES_MAX ||
	    event->change_count == PICTURE_CHANGES_MAX)
		return;
	event->changes[event->change_count].lane = lane;
	event->changes[event->change_count++].to = to;
}

/* Whose the addresses are is told by those who hold them. */
static void change_owner(struct picture *picture, struct picture_event *event,
			 const struct journal_line *line)
{
	unsigned vip = build_lane(picture, LANE_VIP, 0, picture->instance);

	if (!strcmp(line->to, "MASTER"))
		build_change(event, vip, picture->node[event->side]);
	else if (!strcmp(line->from, "MASTER"))
		build_change(event, vip, "nobody");
}

/* Who has no power says nothing more, whatever its journal said last. */
static void end_lanes(struct picture *picture, struct picture_event *event,
		      unsigned side)
{
	for (unsigned i = 0; i < picture->lane_count; i++)
		if (picture->lanes[i].side == side &&
		    (picture->lanes[i].kind == LANE_LINK ||
		     picture->lanes[i].kind == LANE_FENCE))
			build_change(event, i, "");
}

static void take_changes(struct picture *picture, struct picture_event *event,
			 const struct journal_line *line)
{
	unsigned side = event->side;
	char name[48];
	bool is_back;

	if (!strcmp(line->kind, "instance")) {
		if (strcmp(line->instance, picture->instance) != 0)
			return;
		build_change(event,
			     build_lane(picture, LANE_NODE, side,
					picture->node[side]),
			     line->to);
		picture->role[side] = line->to;
		change_owner(picture, event, line);
	} else if (!strcmp(line->kind, "peer")) {
		/* what side 1 thinks of side 0 is in its own words */
		if (side != 0 || !strcmp(line->to, "known"))
			return;
		/* heard again, it is what it says that it is */
		is_back = picture->has_both && !strcmp(line->to, "up") &&
			  picture->role[1][0];
		build_change(
			event,
			build_lane(picture, LANE_NODE, 1, picture->node[1]),
			is_back ? picture->role[1] : line->to);
		if (!strcmp(line->to, "off"))
			end_lanes(picture, event, 1);
	} else if (!strcmp(line->kind, "link")) {
		if (link_name(line, name, sizeof(name)))
			build_change(event,
				     build_lane(picture, LANE_LINK, side, name),
				     line->to);
	} else if (!strcmp(line->kind, "fence")) {
		build_change(event,
			     build_lane(picture, LANE_FENCE, side, "fence"),
			     line->to);
	}
}

/* In the order in which they are drawn: a node, what is between, a node. */
static void make_lanes(struct build *build)
{
	struct picture *picture = build->picture;
	char name[48];

	build_lane(picture, LANE_NODE, 0, picture->node[0]);
	for (unsigned side = 0; side < 2; side++)
		for (size_t i = 0; i < build->end; i++) {
			const struct placed *placed = &build->list[i];

			if (placed->side == side &&
			    build_is_kind(placed, "link") &&
			    picture->lane_count < PICTURE_LANES_MAX - 5 &&
			    /* of many instances, those of one */
			    (!placed->line->instance[0] ||
			     !strcmp(placed->line->instance,
				     picture->instance)) &&
			    link_name(placed->line, name, sizeof(name)))
				build_lane(picture, LANE_LINK, side, name);
		}
	build_lane(picture, LANE_FENCE, 0, "fence");
	if (build->journal[1])
		build_lane(picture, LANE_FENCE, 1, "fence");
	build_lane(picture, LANE_VIP, 0, picture->instance);
	build_lane(picture, LANE_NODE, 1, picture->node[1]);
}

/* ---- events ---- */

static const char *mark_of(const struct journal_line *line)
{
	if (strcmp(line->kind, "alert") != 0)
		return "";
	return strcmp(line->to, "raised") ? "cleared " : "RAISED ";
}

static void add_event(struct build *build, const struct placed *placed)
{
	struct picture *picture = build->picture;
	struct picture_event *event = &picture->events[picture->count++];

	*event = (struct picture_event){.ms = placed->ms,
					.side = placed->side,
					.at_s = placed->line->at_s,
					.kind = placed->line->kind,
					.mark = mark_of(placed->line),
					.reason = placed->line->reason};
	take_changes(picture, event, placed->line);
}

/* What the lanes show when the picture begins. */
static void replay_before(struct build *build)
{
	for (size_t i = 0; i < build->first; i++) {
		struct picture_event event = {.side = build->list[i].side};

		take_changes(build->picture, &event, build->list[i].line);
		for (unsigned k = 0; k < event.change_count; k++)
			build->picture->lanes[event.changes[k].lane].first =
				event.changes[k].to;
	}
}

/*
 * A lane whose state nobody told yet: the first change tells what was before
 * it. Nothing of that is known of an owner.
 */
static void guess_first(struct build *build)
{
	struct picture *picture = build->picture;
	bool is_told[PICTURE_LANES_MAX] = {false};
	const char *role[2] = {picture->role[0], picture->role[1]};

	for (size_t i = build->first; i < build->end; i++) {
		const struct placed *placed = &build->list[i];
		struct picture_event event = {.side = placed->side};

		take_changes(picture, &event, placed->line);
		for (unsigned k = 0; k < event.change_count; k++) {
			unsigned lane = event.changes[k].lane;

			if (event.changes[k].to[0] && !is_told[lane] &&
			    !picture->lanes[lane].first[0] &&
			    picture->lanes[lane].kind != LANE_VIP)
				picture->lanes[lane].first = placed->line->from;
			is_told[lane] = true;
		}
	}
	memcpy(picture->role, role, sizeof(role));
}

static void name_instance(struct build *build)
{
	struct picture *picture = build->picture;
	const char *name = "";

	if (build->focus < build->count)
		name = build->list[build->focus].line->instance;
	for (size_t i = build->end; !name[0] && i > 0; i--)
		if (build_is_kind(&build->list[i - 1], "instance"))
			name = build->list[i - 1].line->instance;
	snprintf(picture->instance, sizeof(picture->instance), "%.40s", name);
	for (size_t i = build->focus; i < build->end; i++)
		picture->taken_count += build->list[i].side == 0 &&
					build_is_take_over(build->list[i].line);
}

bool build_events(struct build *build)
{
	struct picture *picture = build->picture;
	size_t most = build->end - build->first;

	/* what is too much is cut at its beginning, after what it tells */
	if (most > EVENTS_MOST)
		build->first = build->end - EVENTS_MOST;
	picture->role[0] = picture->role[1] = "";
	name_instance(build);
	make_lanes(build);
	replay_before(build);
	guess_first(build);
	picture->events = calloc(most + 1, sizeof(*picture->events));
	if (!picture->events)
		return build_fail(build, "no memory");
	for (size_t i = build->first; i < build->end; i++)
		add_event(build, &build->list[i]);
	picture->at_s = build->list[build->end - 1].line->at_s;
	picture->zero_ms = build->list[build->first].ms;
	if (build->focus >= build->count)
		return true;
	build_gap(build);
	picture->at_s = build->list[build->focus].line->at_s;
	picture->zero_ms = picture->gap >= GAP_RELEASED
				   ? picture->gap_from_ms
				   : build->list[build->first].ms;
	return true;
}
