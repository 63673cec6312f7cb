/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The picture as SVG: a lane for each node, link, fence and the addresses, the
 * time from left to right. What a colour says is also said by a word or a
 * pattern. However many events there are, no lane has more bars than pixels.
 */
#include <inttypes.h>
#include <string.h>

#include "../base/xml.h"
#include "picture.h"

#define WIDTH	    1100 /* of a file of its own */
#define MARGIN	    20
#define LABEL	    150 /* beside the lanes, or above each */
#define NARROW	    600
#define TOP	    84
#define TOP_ON_PAGE 28
#define LANE	    30
#define LANE_HIGH   44
#define BAR	    22
#define LIST_LINE   19
#define LISTED	    40 /* so many events are told below; */
#define LISTED_END  10 /* if there are more, the last ones of them */
#define LETTER	    10 /* pixels, a wide one */
#define TICK_WIDE   110

const char picture_style[] =
	".lanes text{font:14px sans-serif;fill:#222;stroke:none}"
	".lanes .title{font-size:17px;font-weight:bold}"
	".lanes .beside{text-anchor:end}.lanes .small{fill:#555}"
	".lanes .listed{font-size:13px}"
	".lanes rect{stroke:none}"
	".lanes .good{fill:#0072b2}.lanes .half{fill:#e69f00}"
	".lanes .empty{fill:#f0f0f0;stroke:#bbb}"
	".lanes text.good,.lanes text.bad{fill:#fff}"
	".lanes text.half{fill:#000}"
	".lanes text.empty{fill:#444;stroke:none}"
	".lanes .gap{fill:#b30000;fill-opacity:.12;stroke:#b30000;"
	"stroke-dasharray:4 3}.lanes .gapword{fill:#b30000;font-weight:bold;"
	"text-anchor:middle}"
	".lanes .tick{stroke:#999;stroke-dasharray:1 3}"
	".lanes .ticked{text-anchor:middle;fill:#555}";

struct drawing {
	FILE *out;
	const struct picture *picture;
	int64_t from_ms, to_ms;
	const char *name; /* of this one among those of a page */
	int width, left, right, top;
	int lane; /* the height of one with its label */
	bool is_narrow;
	int height; /* of the lanes */
};

static double x_of(const struct drawing *drawing, int64_t ms)
{
	double part = (double)(ms - drawing->from_ms) /
		      (double)(drawing->to_ms - drawing->from_ms);

	return drawing->left + part * (drawing->right - drawing->left);
}

static void find_range(struct drawing *drawing)
{
	const struct picture *picture = drawing->picture;
	int64_t first = picture->events[0].ms,
		last = picture->events[picture->count - 1].ms;

	drawing->from_ms = first - (last - first) / 20 - 10;
	/* room for the words of how it ended */
	drawing->to_ms = last + (last - first) / 6 + 10;
}

/* Where a picture is narrow, the labels stand above the lanes. */
static struct drawing begin(FILE *out, const struct picture *picture, int width,
			    int top, const char *name)
{
	struct drawing drawing = {.out = out,
				  .picture = picture,
				  .name = name,
				  .width = width,
				  .top = top,
				  .is_narrow = width < NARROW};

	drawing.left = drawing.is_narrow ? 2 : MARGIN + LABEL;
	drawing.right = drawing.is_narrow ? width - 2 : width - MARGIN;
	drawing.lane = drawing.is_narrow ? LANE_HIGH : LANE;
	drawing.height = (int)picture->lane_count * drawing.lane;
	find_range(&drawing);
	return drawing;
}

static void put_text(FILE *out, double x, double y, const char *class,
		     const char *text)
{
	fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\">", x, y, class);
	xml_put(out, text);
	fputs("</text>\n", out);
}

/* A sentence in two lines, broken at a blank. */
static void put_title(FILE *out, const char *text)
{
	char first[200];
	size_t most = (WIDTH - 2 * MARGIN) / 9, cut = strlen(text);

	if (cut > most)
		for (cut = most; cut > 0 && text[cut] != ' '; cut--)
			continue;
	snprintf(first, sizeof(first), "%.*s", (int)cut, text);
	put_text(out, 20, 30, "title", first);
	if (text[cut])
		put_text(out, 20, 52, "title", text + cut + 1);
}

/* ---- lanes ---- */

/* The top of a lane's bar. */
static double y_of(const struct drawing *drawing, unsigned lane)
{
	return drawing->top + (double)lane * drawing->lane +
	       (drawing->lane - LANE);
}

static void put_bar(const struct drawing *drawing, unsigned lane, double from,
		    double to, const char *state)
{
	static const char *const classes[] = {"good", "half", "bad", "empty"};
	const struct lane *of = &drawing->picture->lanes[lane];
	enum picture_tone tone = picture_tone(of, state);
	double y = y_of(drawing, lane);

	fprintf(drawing->out,
		"<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
		"height=\"%d\"",
		classes[tone], from, y, to - from, BAR);
	if (tone == TONE_IS_BAD)
		fprintf(drawing->out, " fill=\"url(#hatch%s)\"", drawing->name);
	fputs("><title>", drawing->out);
	xml_put(drawing->out, state[0] ? state : "unknown");
	fputs("</title></rect>\n", drawing->out);
	if (to - from > (double)(strlen(state) * LETTER + 8)) {
		char words[32];

		snprintf(words, sizeof(words), "word %s", classes[tone]);
		put_text(drawing->out, from + 5, y + 16, words, state);
	}
}

static void put_lane(const struct drawing *drawing, unsigned lane)
{
	const struct picture *picture = drawing->picture;
	const char *state = picture->lanes[lane].first;
	double from = drawing->left, to;

	for (size_t i = 0; i < picture->count; i++) {
		const struct picture_event *event = &picture->events[i];

		for (unsigned k = 0; k < event->change_count; k++) {
			if (event->changes[k].lane != lane ||
			    !strcmp(event->changes[k].to, state))
				continue;
			to = x_of(drawing, event->ms);
			/* of those within a pixel the last one is drawn */
			if (to - from >= 1) {
				put_bar(drawing, lane, from, to, state);
				from = to;
			}
			state = event->changes[k].to;
		}
	}
	put_bar(drawing, lane, from, drawing->right, state);
}

static void put_label(const struct drawing *drawing, unsigned lane)
{
	const struct picture *picture = drawing->picture;
	const struct lane *of = &picture->lanes[lane];
	char text[120];

	switch (of->kind) {
	case LANE_NODE:
		snprintf(text, sizeof(text), "%s", of->name);
		break;
	case LANE_VIP:
		snprintf(text, sizeof(text), "owner of %.14s",
			 of->name[0] ? of->name : "it");
		break;
	case LANE_LINK:
	case LANE_FENCE:
		/* whose eyes, where there are two pairs of them */
		if (picture->has_both)
			snprintf(text, sizeof(text), "%.14s at %.8s", of->name,
				 picture->node[of->side]);
		else
			snprintf(text, sizeof(text), "%.22s", of->name);
		break;
	}
	if (drawing->is_narrow)
		put_text(drawing->out, drawing->left, y_of(drawing, lane) - 5,
			 "above", text);
	else
		put_text(drawing->out, drawing->left - 8,
			 y_of(drawing, lane) + 16, "beside", text);
}

/* ---- time ---- */

static int64_t tick_step(int64_t wide_ms, int most)
{
	static const int64_t factors[] = {1, 2, 5};
	int64_t step = 1;

	for (int64_t ten = 1; ten < INT64_MAX / 100; ten *= 10)
		for (unsigned i = 0; i < 3; i++) {
			step = factors[i] * ten;
			if (wide_ms / step <= most)
				return step;
		}
	return step;
}

static void put_ticks(const struct drawing *drawing)
{
	int64_t zero = drawing->picture->zero_ms;
	int64_t step = tick_step(drawing->to_ms - drawing->from_ms,
				 (drawing->right - drawing->left) / TICK_WIDE);
	int64_t first = (drawing->from_ms - zero) / step - 1;
	bool is_seconds = step >= 1000;
	int bottom = drawing->top + drawing->height;

	for (int64_t i = first; zero + i * step <= drawing->to_ms; i++) {
		double x = x_of(drawing, zero + i * step);
		int64_t at = i * step / (is_seconds ? 1000 : 1);

		if (x < drawing->left)
			continue;
		fprintf(drawing->out,
			"<line class=\"tick\" x1=\"%.1f\" y1=\"%d\" "
			"x2=\"%.1f\" y2=\"%d\"/>\n",
			x, drawing->top - 6, x, bottom);
		/* a word that the edge would cut is left out */
		if (x < LETTER * 4 || x > drawing->width - LETTER * 4)
			continue;
		fprintf(drawing->out,
			"<text class=\"ticked\" x=\"%.1f\" y=\"%d\">%" PRId64
			" %s</text>\n",
			x, bottom + 16, at, is_seconds ? "s" : "ms");
	}
}

static void put_gap(const struct drawing *drawing)
{
	const struct picture *picture = drawing->picture;
	double from, to, word;

	if (picture->gap < GAP_RELEASED)
		return;
	from = x_of(drawing, picture->gap_from_ms);
	to = x_of(drawing, picture->gap_to_ms);
	if (from < drawing->left) /* it ended before the picture begins */
		from = drawing->left;
	if (to < from)
		return;
	word = (from + to) / 2;
	if (word < drawing->left + LETTER * 4)
		word = drawing->left + LETTER * 4;
	if (word > drawing->right - LETTER * 4)
		word = drawing->right - LETTER * 4;
	fprintf(drawing->out,
		"<rect class=\"gap\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" "
		"height=\"%d\"/>\n<text class=\"gapword\" x=\"%.1f\" "
		"y=\"%d\">%" PRId64 " ms</text>\n",
		from, drawing->top - 6, to - from, drawing->height + 4, word,
		drawing->top - 10, picture->gap_to_ms - picture->gap_from_ms);
}

/* What is the same in a file of its own and on a page. */
static void put_picture(const struct drawing *drawing)
{
	fprintf(drawing->out,
		"<defs><pattern id=\"hatch%s\" width=\"8\" height=\"8\" "
		"patternUnits=\"userSpaceOnUse\" "
		"patternTransform=\"rotate(45)\"><rect width=\"8\" "
		"height=\"8\" fill=\"#b30000\"/><rect width=\"2\" "
		"height=\"8\" fill=\"#7a0000\"/></pattern></defs>\n",
		drawing->name);
	put_gap(drawing);
	put_ticks(drawing);
	for (unsigned i = 0; i < drawing->picture->lane_count; i++) {
		put_label(drawing, i);
		put_lane(drawing, i);
	}
}

void picture_draw_lanes(FILE *out, const struct picture *picture,
			const char *name, const char *class, int width)
{
	struct drawing drawing = begin(out, picture, width, TOP_ON_PAGE, name);

	fprintf(out,
		"<svg class=\"lanes %s\" viewBox=\"0 0 %d %d\" role=\"img\" "
		"aria-label=\"time line\">\n",
		class, width, TOP_ON_PAGE + drawing.height + 24);
	put_picture(&drawing);
	fputs("</svg>\n", out);
}

/* ---- the list ---- */

static void put_event(const struct drawing *drawing, size_t i, int y)
{
	const struct picture *picture = drawing->picture;
	const struct picture_event *event = &picture->events[i];
	/* the end of the service stands in no journal */
	bool has_writer =
		picture->has_both && strcmp(event->kind, "heard") != 0;
	char text[400];

	fprintf(drawing->out,
		"<text class=\"listed beside\" x=\"90\" y=\"%d\">%+" PRId64
		" ms</text>\n",
		y, event->ms - picture->zero_ms);
	snprintf(text, sizeof(text), "%s%s%s%.150s%s",
		 has_writer ? picture->node[event->side] : "",
		 has_writer ? ": " : "", event->mark, event->reason,
		 strlen(event->reason) > 150 ? "..." : "");
	put_text(drawing->out, 104, y, "listed", text);
}

static int put_list(const struct drawing *drawing, int y)
{
	size_t count = drawing->picture->count, i = 0;
	char text[80];

	for (; i < count; i++, y += LIST_LINE) {
		if (count > LISTED && i == LISTED - LISTED_END) {
			i = count - LISTED_END;
			snprintf(text, sizeof(text), "... %zu events ...",
				 count - LISTED);
			put_text(drawing->out, 104, y, "small", text);
			y += LIST_LINE;
		}
		put_event(drawing, i, y);
	}
	return y;
}

void picture_draw_svg(FILE *out, const struct picture *picture)
{
	struct drawing drawing = begin(out, picture, WIDTH, TOP, "");
	size_t listed = picture->count > LISTED ? LISTED + 1 : picture->count;
	char text[600];
	int height = TOP + drawing.height + 50 + (int)listed * LIST_LINE;

	picture_headline(picture, text, sizeof(text));
	fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"lanes\" "
		"viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" "
		"role=\"img\">\n<title>",
		WIDTH, height, WIDTH, height);
	xml_put(out, text);
	fprintf(out,
		"</title>\n<style>%s</style>\n"
		"<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n",
		picture_style, WIDTH, height);
	put_title(out, text);
	put_picture(&drawing);
	put_list(&drawing, TOP + drawing.height + 44);
	fputs("</svg>\n", out);
}
