/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TIMELINE_PICTURE_H
#define TIMELINE_PICTURE_H
/*
 * The last failover, taken from the journal of one node, or of both: what is to
 * be drawn, with times on one axis. Drawn as text (draw_text.c) and as SVG
 * (draw_svg.c). No I/O but the stream that is given.
 *
 * Side 0 is the node whose clock the axis is: the one that took over.
 */
#include <stdio.h>

#include "clocks.h"
#include "journal.h"

#define PICTURE_LANES_MAX   24
#define PICTURE_CHANGES_MAX 10
#define PICTURE_ERROR_MAX   400

enum lane_kind { LANE_NODE, LANE_LINK, LANE_FENCE, LANE_VIP };

struct lane {
	enum lane_kind kind;
	unsigned side;	   /* who saw it, or is it */
	char name[48];	   /* of a node, a link, "fence", an instance */
	const char *first; /* its state as the picture begins; "" = unknown */
};

struct picture_event {
	int64_t ms;    /* on the axis */
	unsigned side; /* who wrote it */
	int64_t at_s;  /* wall clock of its line, or JOURNAL_UNKNOWN */
	const char *kind;
	const char *mark;   /* before the reason, or "" */
	const char *reason; /* for people */
	unsigned change_count;
	struct {
		unsigned lane;
		const char *to;
	} changes[PICTURE_CHANGES_MAX];
};

enum gap_source {
	GAP_NONE,     /* nobody served before, or nobody took over */
	GAP_UNKNOWN,  /* the journal does not say when the service ended */
	GAP_RELEASED, /* the old owner's journal has its release */
	GAP_ALIVE,    /* since the old owner's last sign of life */
	GAP_ADVERT,   /* since its last advert: it handed over */
};

struct picture {
	struct lane lanes[PICTURE_LANES_MAX];
	unsigned lane_count;
	struct picture_event *events;
	size_t count;
	char node[2][48];     /* their names */
	const char *role[2];  /* what each last said of itself, "" = nothing */
	char instance[48];    /* the one that the lanes of the nodes show */
	unsigned taken_count; /* so many instances were taken over */
	int64_t at_s;	      /* wall clock of the take-over, or of the end */
	int64_t zero_ms;      /* what times are counted from */
	enum gap_source gap;
	int64_t gap_from_ms, gap_to_ms;
	bool has_both; /* the other node's journal is in it */
	struct clocks clocks;
};

/*
 * journals: one or two, finished. since_s: all since then by the wall clock of
 * the first one, or JOURNAL_UNKNOWN: the last failover. False: error says why
 * there is nothing to draw.
 */
bool picture_make(struct picture *picture, const struct journal *journals,
		  unsigned count, int64_t since_s,
		  char error[PICTURE_ERROR_MAX]);
void picture_free(struct picture *picture);

/* How good a state is: good states are drawn solid. */
enum picture_tone { TONE_IS_GOOD, TONE_IS_HALF, TONE_IS_BAD, TONE_IS_EMPTY };
enum picture_tone picture_tone(const struct lane *lane, const char *state);

/* The gap and where the knowledge comes from, a sentence or two. */
void picture_headline(const struct picture *picture, char *text, size_t size);

/* A file of its own: headline, lanes, list of the events. */
void picture_draw_svg(FILE *out, const struct picture *picture);

/*
 * The lanes alone, width units wide (14 are a letter's height), for an HTML
 * page that has picture_style in a style element. name: letters, another one
 * for each picture of the page. class: of the svg element, beside "lanes".
 */
void picture_draw_lanes(FILE *out, const struct picture *picture,
			const char *name, const char *class, int width);
extern const char picture_style[];
#endif
