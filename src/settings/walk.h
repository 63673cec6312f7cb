/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SETTINGS_WALK_H
#define SETTINGS_WALK_H
/*
 * A walk over a snapshot by its rows, in the order of the manual: what handles
 * all keys alike (digest, sanity, printing, comparing) is a visitor here. No
 * libconfig, no allocation.
 */
#include "row.h"
#include "settings.h"

/* A value as it stands in a file is no longer, with its quotes. */
#define SETTINGS_VALUE_MAX 1024

enum walk_event {
	WALK_VALUE,
	WALK_GROUP, /* its values follow, then WALK_END */
	WALK_LIST,  /* its values or groups follow, then WALK_END */
	WALK_END,
};

struct walk_step {
	enum walk_event event;
	const struct setting_row *row;
	const char *path; /* nodes[0].fence[1].level */
	const char *key;  /* NULL: an element of a list */
	const void *at;	  /* the value, or the struct of the group */
	/* Of an element: which one; of a list: how many it says it has. */
	unsigned index;
	unsigned depth;	 /* groups and lists around it */
	unsigned part;	 /* enum settings_part */
	bool may_differ; /* or is in no digest */
	bool not_core;	 /* the core does not get it */
	bool is_idle;	 /* by other keys, it does not count */
};

/*
 * Calls visit for all that the snapshot keeps, until it says false; returns
 * what it said last. A list goes no further than it may, whatever its counter
 * says; the addresses of instances must be inside.
 */
bool settings_walk(const struct settings *settings,
		   bool (*visit)(const struct settings *settings,
				 const struct walk_step *step, void *arg),
		   void *arg);

/* The number of a BOOL, INT, MS, CHOICE, FLAGS or DEVICE. */
int64_t walk_number(const struct walk_step *step);
/* Is it what a file that does not name it gets? */
bool walk_is_default(const struct walk_step *step);
/* The default of a row as it may stand in a file; false: it has none, or one
 * that follows from others. */
bool walk_default(const struct setting_row *row, char text[SETTINGS_VALUE_MAX]);
/* The value of a WALK_VALUE as it may stand in a file; returns text. */
const char *walk_text(const struct settings *settings,
		      const struct walk_step *step,
		      char text[SETTINGS_VALUE_MAX]);
#endif
