/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMPORT_MACROS_H
#define IMPORT_MACROS_H
/* $NAME of a keepalived.conf, and what ~SEQ and ~LST count. */
#include <stdbool.h>
#include <stddef.h>

#include "arena.h"

#define MACRO_VALUES_MAX 4096 /* of one ~SEQ or ~LST */
#define MACRO_NAMES_MAX	 16   /* of one ~LST */

struct macro {
	const char *name, *value;
	size_t name_size;
	struct macro *next;
};

struct macros {
	struct arena *arena;
	struct macro *first;
};

/* The later definition of one name counts. */
void macros_define(struct macros *macros, const char *name, size_t name_size,
		   const char *value);

/* "$NAME=value": true, and where name and value are. */
bool macro_is_definition(const char *text, size_t *name_size,
			 const char **value);

/* What keepalived defines itself needs: where it reads, and as which node
 * (NULL: not known). */
struct macros_place {
	const char *main, *file, *id;
};

/*
 * text with its first macro put in, NULL: it has none. What that put in is as
 * it was defined, macros and all. told: NULL, or what must be said of it.
 */
const char *macros_expand_one(const struct macros *macros,
			      const struct macros_place *place,
			      const char *text, const char **told);

/* Of "~SEQ(n, from, step, to) rest", "~SEQx(...) rest", "~LST(n, a, b) rest"
 * and
 * "~LST({n, m}, {a, b}, {c, d}) rest". */
struct macro_sequence {
	const char *names[MACRO_NAMES_MAX];
	unsigned name_count;
	const char **values; /* count rows of name_count */
	unsigned count;
	const char *rest; /* what is repeated */
};

bool macro_is_sequence(const char *text);

/* Of a text that is one; false: keepalived would not take it. */
bool macro_sequence(const struct macros *macros, const char *text,
		    struct macro_sequence *sequence);
#endif
