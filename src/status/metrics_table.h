/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STATUS_METRICS_TABLE_H
#define STATUS_METRICS_TABLE_H
/*
 * Metrics by tables: a group for each list of the status object, a column for
 * each metric. All samples of a metric stand together, as both formats demand,
 * so the list is walked once for each column. Of metrics.c and
 * metrics_director.c alone.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "metrics.h"

enum metrics_type { METRICS_GAUGE, METRICS_COUNTER, METRICS_HISTOGRAM };

#define METRICS_STATES_MAX 8
#define METRICS_LABELS_MAX 4
#define METRICS_MS	   1e-3

struct metrics_column {
	const char *name; /* without prefix and, of a counter, "_total" */
	const char *help;
	const char *path;  /* members from the element down: "errors.auth" */
	double scale;	   /* 0 = as it stands */
	const char *label; /* of the names in states, or of an object's keys */
	/* the member is one of these words */
	const char *states[METRICS_STATES_MAX];
	enum metrics_type type;
};

struct metrics_label {
	const char *name, *member;
};

struct metrics_group {
	const char *path; /* of a list, or of one object; "" = the whole */
	struct metrics_label labels[METRICS_LABELS_MAX];
	const struct metrics_column *columns;
	size_t count;
};

struct metrics_writer {
	FILE *out;
	enum metrics_format format;
	const char *pair, *node; /* labels of every series */
};

/* A member that is a string, else "". */
const char *metrics_word(const json_t *object, const char *key);
/* "a.b.c" from the object down; NULL where it ends too early. */
json_t *metrics_member(const json_t *object, const char *path);

void metrics_group_write(const struct metrics_writer *w,
			 const struct metrics_group *group,
			 const json_t *status);

/* A series by hand: its family, then for each sample begin, labels, end. */
void metrics_family(const struct metrics_writer *w, const char *name,
		    enum metrics_type type, const char *help);
/* suffix: "" or what the name of a sample has behind that of its family. */
void metrics_begin(const struct metrics_writer *w, const char *name,
		   const char *suffix);
void metrics_label(const struct metrics_writer *w, const char *name,
		   const char *value);
void metrics_end(const struct metrics_writer *w, double value);

/* What twinbeat-director says (the member "director"), if it is there. */
void metrics_director_write(const struct metrics_writer *w,
			    const json_t *status);
#endif
