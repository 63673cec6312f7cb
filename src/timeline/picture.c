/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See picture.h. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "build.h"

/* Events that follow each other this closely belong together. */
#define CHAIN_MS  5000
#define BEFORE_MS (15 * 60 * (int64_t)1000) /* a picture has an end */
#define AFTER_MS  10000

bool build_fail(struct build *build, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(build->error, PICTURE_ERROR_MAX, format, list);
	va_end(list);
	return false;
}

bool build_is_take_over(const struct journal_line *line)
{
	return !strcmp(line->kind, "instance") && !strcmp(line->to, "MASTER");
}

bool build_is_kind(const struct placed *placed, const char *kind)
{
	return !strcmp(placed->line->kind, kind);
}

/* The index of the last one, or count. */
static size_t last_take_over(const struct journal *journal)
{
	for (size_t i = journal->count; i > 0; i--)
		if (build_is_take_over(&journal->lines[i - 1]))
			return i - 1;
	return journal->count;
}

/* ---- one axis ---- */

static bool place(struct build *build, const struct journal_line *line,
		  unsigned side, int64_t ms)
{
	struct placed *list = build->list;

	if (build->count == build->room) {
		build->room = build->room ? 2 * build->room : 1024;
		list = realloc(list, build->room * sizeof(*list));
		if (!list)
			return build_fail(build, "no memory");
		build->list = list;
	}
	list[build->count++] = (struct placed){line, side, ms};
	return true;
}

static int by_time(const void *a, const void *b)
{
	const struct placed *one = a, *other = b;

	if (one->ms != other->ms)
		return one->ms > other->ms ? 1 : -1;
	if (one->side != other->side)
		return one->side < other->side ? -1 : 1;
	return (one->line->seq > other->line->seq) -
	       (one->line->seq < other->line->seq);
}

static bool place_own(struct build *build)
{
	const struct journal *journal = build->journal[0];

	for (size_t i = 0; i < journal->count; i++)
		if (journal->lines[i].boot == build->boot &&
		    !place(build, &journal->lines[i], 0, journal->lines[i].ms))
			return false;
	return true;
}

/* Each boot of the other machine that has met ours has a clock of its own. */
static bool place_other(struct build *build, int64_t at_ms)
{
	const struct journal *other = build->journal[1];
	struct picture *picture = build->picture;
	struct clocks clocks = {.ahead_ms = 0};
	bool is_known = false, has_any = false;

	for (size_t i = 0; i < other->count; i++) {
		const struct journal_line *line = &other->lines[i];

		if (i == 0 || line->boot != other->lines[i - 1].boot)
			is_known = clocks_compare(build->journal[0],
						  build->boot, other,
						  line->boot, at_ms, &clocks);
		if (!is_known)
			continue;
		if (!place(build, line, 1, line->ms - clocks.ahead_ms))
			return false;
		if (!has_any || clocks.error_ms > picture->clocks.error_ms)
			picture->clocks = clocks;
		has_any = true;
	}
	picture->has_both = has_any;
	return has_any ||
	       build_fail(build,
			  "since %s was booted, it and %s have written down "
			  "no beat of each other: nothing places the one "
			  "journal beside the other",
			  picture->node[0], picture->node[1]);
}

/* ---- from where to where ---- */

/* Is all well after this event, as far as side 0 knows? */
struct calm {
	bool peer_is_away, fence_is_busy;
};

static void calm_take(struct calm *calm, const struct placed *placed)
{
	if (placed->side != 0)
		return;
	if (build_is_kind(placed, "peer") &&
	    strcmp(placed->line->to, "known") != 0)
		calm->peer_is_away = strcmp(placed->line->to, "up") != 0;
	if (build_is_kind(placed, "fence"))
		calm->fence_is_busy = strcmp(placed->line->to, "idle") != 0;
}

/*
 * The picture begins where the pair was last well, or a bit before it: with the
 * link that went down, or the order that was given.
 */
static void find_window(struct build *build)
{
	const struct placed *list = build->list;
	struct calm calm = {false, false};
	size_t well = 0, i;

	for (i = 0; i < build->focus; i++) {
		calm_take(&calm, &list[i]);
		if (!calm.peer_is_away && !calm.fence_is_busy)
			well = i;
	}
	while (well > 0 && list[well].ms - list[well - 1].ms <= CHAIN_MS)
		well--;
	while (list[build->focus].ms - list[well].ms > BEFORE_MS)
		well++;
	build->first = well;
	for (i = build->focus + 1; i < build->count; i++)
		if (list[i].ms - list[i - 1].ms > CHAIN_MS ||
		    list[i].ms - list[build->focus].ms > AFTER_MS)
			break;
	build->end = i;
}

static bool find_since(struct build *build, int64_t since_s)
{
	size_t i = 0;

	while (i < build->count &&
	       (build->list[i].side != 0 ||
		build->list[i].line->at_s == JOURNAL_UNKNOWN ||
		build->list[i].line->at_s < since_s))
		i++;
	if (i == build->count)
		return build_fail(build, "nothing has happened since then");
	build->first = i;
	build->end = build->count;
	return true;
}

/*
 * Several instances move together: the first one of them stands for all. One
 * that moved twice did so in two failovers.
 */
static void find_focus(struct build *build, const struct journal_line *line)
{
	struct placed *list = build->list;
	size_t i = 0;

	while (i < build->count && list[i].line != line)
		i++;
	build->focus = i;
	for (; i > 0 && i < build->count; i--) {
		const struct placed *before = &list[i - 1];

		if (list[build->focus].ms - before->ms > CHAIN_MS)
			break;
		if (before->side != 0 || !build_is_take_over(before->line))
			continue;
		if (!strcmp(before->line->instance, line->instance))
			break;
		build->focus = i - 1;
	}
}

/* ---- all of it ---- */

static void name_nodes(struct build *build)
{
	struct picture *picture = build->picture;
	const struct journal *own = build->journal[0],
			     *other = build->journal[1];
	const char *name = own->peer;

	if (!name[0] && other)
		name = other->node;
	snprintf(picture->node[0], sizeof(picture->node[0]), "%.40s",
		 own->node[0] ? own->node : "this node");
	snprintf(picture->node[1], sizeof(picture->node[1]), "%.40s",
		 name[0] ? name : "the peer");
}

/* Which of the two took over last? Its clock is the axis. */
static void choose_side(struct build *build, const struct journal *journals,
			unsigned count, size_t last[2])
{
	const struct journal_line *one, *other;
	struct clocks clocks;
	bool is_second;

	build->journal[0] = &journals[0];
	build->journal[1] = count > 1 ? &journals[1] : NULL;
	if (count < 2 || last[1] == journals[1].count)
		return;
	if (last[0] < journals[0].count) {
		one = &journals[0].lines[last[0]];
		other = &journals[1].lines[last[1]];
		/* boots that never met: the later one is heard of later */
		is_second =
			clocks_compare(&journals[0], one->boot, &journals[1],
				       other->boot, one->ms, &clocks)
				? other->ms - clocks.ahead_ms > one->ms
				: clocks_compare(
					  &journals[0],
					  journals[0]
						  .lines[journals[0].count - 1]
						  .boot,
					  &journals[1], other->boot, one->ms,
					  &clocks);
		if (!is_second)
			return;
	}
	build->journal[0] = &journals[1];
	build->journal[1] = &journals[0];
	last[0] = last[1];
}

static bool make(struct build *build, const struct journal *journals,
		 unsigned count, int64_t since_s)
{
	size_t last[2] = {0, 0};
	const struct journal_line *focus = NULL;
	const struct journal *axis;

	for (unsigned i = 0; i < count; i++)
		last[i] = last_take_over(&journals[i]);
	build->journal[0] = &journals[0];
	build->journal[1] = count > 1 ? &journals[1] : NULL;
	if (since_s == JOURNAL_UNKNOWN)
		choose_side(build, journals, count, last);
	axis = build->journal[0];
	name_nodes(build);
	if (last[0] < axis->count)
		focus = &axis->lines[last[0]];
	if (since_s != JOURNAL_UNKNOWN)
		build->boot = axis->lines[axis->count - 1].boot;
	else if (focus)
		build->boot = focus->boot;
	else
		return build_fail(build,
				  "nobody has taken over in this history");
	if (!place_own(build) ||
	    (build->journal[1] &&
	     !place_other(build,
			  focus ? focus->ms : axis->lines[axis->count - 1].ms)))
		return false;
	if (!build->list)
		return build_fail(build, "there is no history");
	qsort(build->list, build->count, sizeof(*build->list), by_time);
	build->focus = build->count;
	if (focus)
		find_focus(build, focus);
	if (since_s == JOURNAL_UNKNOWN)
		find_window(build);
	else if (!find_since(build, since_s))
		return false;
	if (build->focus < build->first || build->focus >= build->end)
		build->focus = build->count;
	return build_events(build);
}

bool picture_make(struct picture *picture, const struct journal *journals,
		  unsigned count, int64_t since_s,
		  char error[PICTURE_ERROR_MAX])
{
	struct build build = {.picture = picture, .error = error};
	bool is_made;

	memset(picture, 0, sizeof(*picture));
	error[0] = '\0';
	for (unsigned i = 0; i < count; i++)
		if (journals[i].count == 0)
			return build_fail(&build, "there is no history");
	is_made = make(&build, journals, count, since_s);
	free(build.list);
	if (!is_made)
		picture_free(picture);
	return is_made;
}

void picture_free(struct picture *picture)
{
	free(picture->events);
	picture->events = NULL;
}
