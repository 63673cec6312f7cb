/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMPORT_DOC_H
#define IMPORT_DOC_H
/*
 * The twinbeat.conf that an import writes: groups, lists, values and comments,
 * each of which can be turned into a comment with its reason. What may be
 * turned off alone is optional; anything else takes what it stands in along,
 * so that half of a setting never changes what the rest means.
 */
#include "arena.h"
#include "tree.h"

enum doc_kind { DOC_ROOT, DOC_GROUP, DOC_LIST, DOC_VALUE, DOC_COMMENT };

struct doc {
	enum doc_kind kind;
	const char *key; /* NULL: an element of a list */
	const char
		*value; /* DOC_VALUE: in libconfig's form; DOC_COMMENT: text */
	bool optional;
	bool inlined;	   /* DOC_GROUP: all on one line */
	bool blank;	   /* an empty line before it */
	const char *off;   /* why it is a comment; NULL: it counts */
	struct item *from; /* what it came from, or NULL */
	struct doc *parent, *first, *last, *next;
	struct arena *arena;
	unsigned first_line, last_line; /* where doc_render put it */
};

struct doc *doc_new(struct arena *arena);
struct doc *doc_group(struct doc *parent, const char *key);
struct doc *doc_list(struct doc *parent, const char *key);
/* The value as it shall stand there: 1, true, ( "a" ). */
struct doc *doc_value(struct doc *parent, const char *key, const char *format,
		      ...) __attribute__((format(printf, 3, 4)));
/* In quotes, what is special in it escaped. */
struct doc *doc_string(struct doc *parent, const char *key, const char *text);
/* "( "a", "b" )" of one more text; list NULL begins it. */
const char *doc_strings(struct arena *arena, const char *list,
			const char *text);
struct doc *doc_comment(struct doc *parent, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* A key twice is no libconfig. */
bool doc_has(const struct doc *group, const char *key);
/* name, or the like of it that no group of the list is called: cut to 31
 * characters two may be the same. */
const char *doc_name_in(const struct doc *list, const char *name);
/* It may be left out; it came from that item. Returns doc. */
struct doc *doc_optional(struct doc *doc, struct item *from);

/* The whole text; sets first_line and last_line of each. */
const char *doc_render(struct doc *root);
/* The innermost that has this line, comments left out; NULL. */
struct doc *doc_at(struct doc *root, unsigned line);
#endif
