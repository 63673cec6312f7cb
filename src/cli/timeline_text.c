/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A line for each event. A lane that changes has its new state; in one that
 * does not, | stands for a good state, : for any other that is known.
 */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "terminal.h"
#include "text.h"
#include "timeline_text.h"

#define TIME_COLUMNS 10
#define CELL	     10
#define CELL_TEXT    9
#define WIDE	     (40 + CELL) /* room for words beside the lanes */
#define SHOWN_MOST   200
#define SHOWN_LAST   50

struct table {
	FILE *out;
	const struct picture *picture;
	const char *state[PICTURE_LANES_MAX];
	unsigned shown[PICTURE_LANES_MAX], count; /* lanes, in their order */
	unsigned columns;
};

/* Of links that have no room, the events are told all the same. */
static void choose_lanes(struct table *table)
{
	const struct picture *picture = table->picture;
	unsigned room = (table->columns - TIME_COLUMNS) / CELL, links = 0;
	/* two nodes, the fence, the owner */
	unsigned most = room > 4 ? room - 4 : 0;

	for (unsigned i = 0; i < picture->lane_count; i++) {
		const struct lane *lane = &picture->lanes[i];

		table->state[i] = lane->first;
		if (lane->kind == LANE_LINK &&
		    (lane->side != 0 || links++ >= most))
			continue;
		if (lane->kind == LANE_FENCE && lane->side != 0)
			continue;
		table->shown[table->count++] = i;
	}
}

static void put_cell(struct table *table, const char *text,
		     enum terminal_tone tone)
{
	char cell[CELL + 1];

	snprintf(cell, sizeof(cell), "%-*.*s", CELL, CELL_TEXT, text);
	text_clean(cell);
	fputs(terminal_tone(table->out, tone), table->out);
	fputs(cell, table->out);
	if (tone != TONE_PLAIN)
		fputs(terminal_tone(table->out, TONE_PLAIN), table->out);
}

static void put_head(struct table *table)
{
	const struct picture *picture = table->picture;

	fprintf(table->out, "%*s  ", TIME_COLUMNS - 2, "ms");
	for (unsigned i = 0; i < table->count; i++) {
		const struct lane *lane = &picture->lanes[table->shown[i]];

		put_cell(table, lane->kind == LANE_VIP ? "owner" : lane->name,
			 TONE_HEAD);
	}
	fputs("\n", table->out);
	fprintf(table->out, "%*s", TIME_COLUMNS, "");
	for (unsigned i = 0; i < table->count; i++) {
		const char *state = table->state[table->shown[i]];

		put_cell(table, state[0] ? state : "?", TONE_PLAIN);
	}
	fputs("\n", table->out);
}

static void take_event(struct table *table, const struct picture_event *event,
		       bool is_new[PICTURE_LANES_MAX])
{
	for (unsigned k = 0; k < event->change_count; k++) {
		unsigned lane = event->changes[k].lane;

		is_new[lane] =
			strcmp(table->state[lane], event->changes[k].to) != 0;
		table->state[lane] = event->changes[k].to;
	}
}

static void put_event(struct table *table, const struct picture_event *event)
{
	static const enum terminal_tone tones[] = {TONE_GOOD, TONE_WARN,
						   TONE_BAD, TONE_PLAIN};
	static const char *const marks[] = {"|", ":", ":", ""};
	const struct picture *picture = table->picture;
	bool is_new[PICTURE_LANES_MAX] = {false};
	bool has_both = picture->has_both && strcmp(event->kind, "heard") != 0;
	char reason[400], prefix[2] = "";

	take_event(table, event, is_new);
	fprintf(table->out, "%+*" PRId64 "  ", TIME_COLUMNS - 2,
		event->ms - picture->zero_ms);
	for (unsigned i = 0; i < table->count; i++) {
		unsigned lane = table->shown[i];
		const char *state = table->state[lane];
		enum picture_tone tone =
			picture_tone(&picture->lanes[lane], state);

		put_cell(table, is_new[lane] ? state : marks[tone],
			 is_new[lane] ? tones[tone] : TONE_PLAIN);
	}
	snprintf(reason, sizeof(reason), "%s%s%s%s",
		 has_both ? picture->node[event->side] : "",
		 has_both ? ": " : "", event->mark, event->reason);
	if (table->columns < TIME_COLUMNS + table->count * CELL + WIDE) {
		fprintf(table->out, "\n%*s", TIME_COLUMNS, "");
		text_fold_at(table->columns - TIME_COLUMNS);
		text_wrap(table->out, prefix, TIME_COLUMNS, reason);
	} else {
		unsigned at = TIME_COLUMNS + table->count * CELL;

		text_fold_at(table->columns - at);
		text_wrap(table->out, prefix, at, reason);
	}
}

/* "2026-11-29T03:12:44Z  ", or "". */
static void format_when(int64_t at_s, char *text, size_t size)
{
	time_t at = (time_t)at_s;
	struct tm tm;

	if (at_s == JOURNAL_UNKNOWN || !gmtime_r(&at, &tm) ||
	    !strftime(text, size, "%Y-%m-%dT%H:%M:%SZ  ", &tm))
		text[0] = '\0';
}

void timeline_draw_text(FILE *out, const struct picture *picture,
			unsigned columns)
{
	struct table table = {
		.out = out, .picture = picture, .columns = columns};
	char headline[600], when[40];
	bool ignored[PICTURE_LANES_MAX];

	choose_lanes(&table);
	text_fold_at(columns);
	format_when(picture->at_s, when, sizeof(when));
	picture_headline(picture, headline, sizeof(headline));
	text_wrap(out, when, 2, headline);
	fputs("\n", out);
	put_head(&table);
	for (size_t i = 0; i < picture->count; i++) {
		size_t left = picture->count - i;

		if (picture->count > SHOWN_MOST &&
		    i >= SHOWN_MOST - SHOWN_LAST && left > SHOWN_LAST) {
			/* what they did to the lanes is not left out */
			take_event(&table, &picture->events[i], ignored);
			if (i == SHOWN_MOST - SHOWN_LAST)
				fprintf(out, "%*s... %zu events ...\n",
					TIME_COLUMNS, "",
					picture->count - SHOWN_MOST);
			continue;
		}
		put_event(&table, &picture->events[i]);
	}
}
