/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMPORT_MACROS_H
#define IMPORT_MACROS_H
/* $NAME of a keepalived.conf, and what ~SEQ and ~LST count. */
#include <stdbool.h>
#include <stddef.h>

#include "arena.h"

#define MACRO_VALUES_MAX 4096 /* of one ~SEQ or ~LST */

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

/*
 * text with every macro put in, those in their values too; NULL if that has no
 * end or is longer than IMPORT_EXPANDED_MAX.
 */
const char *macros_expand(const struct macros *macros, const char *text);

/*
 * "~SEQ(n, from, step, to) rest" and "~LST(n, a, b) rest": how many values, in
 * values[MACRO_VALUES_MAX]; name is n's, rest what is repeated. 0: it is none;
 * -1: keepalived would not take it.
 */
int macro_sequence(struct arena *arena, const char *text, const char **name,
		   const char **rest, const char **values);
#endif
