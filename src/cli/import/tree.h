/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMPORT_TREE_H
#define IMPORT_TREE_H
/*
 * A keepalived.conf as the tree that keepalived 2.2.7 makes of its lines, its
 * faults included: a block that it does not know ends the block around it, a
 * list without a brace eats what follows. Each item is accounted for: it ends
 * with an outcome, and what differs from what was meant with a sentence.
 */
#include "lines.h"

enum context {
	TOP,
	GLOBAL,
	INSTANCE,
	AUTHENTICATION,
	HMAC,
	SCRIPT,
	PROCESS,
	FILE_TRACKED,
	GROUP,
	SERVICE,
	SERVER,
	TCP_CHECK,
	HTTP, /* HTTP_GET, SSL_GET */
	MISC_CHECK,
	SMTP_CHECK,
	DNS_CHECK,
	PING_CHECK,
	UDP_CHECK,
	FILE_CHECK,
	BFD_CHECK,
	URL,
	HOST,
	OTHER, /* known to keepalived, nothing for us: any word */
	CONTEXTS
};

enum keyword_kind {
	KEY_FLAG,  /* needs no value */
	KEY_VALUE, /* needs one: without it keepalived does not start */
	KEY_MAYBE, /* the same, but keepalived goes on as if it were not there
		    */
	KEY_BLOCK, /* { keywords of another context } */
	KEY_NAMED, /* the same, with a name before the brace */
	KEY_LIST,  /* { one item a line } */
	KEY_WORDS, /* { words, several a line } */
};

struct keyword {
	unsigned contexts; /* 1 << enum context */
	const char *name;
	enum keyword_kind kind;
	enum context inner;
};

/* NULL: keepalived 2.2.7 does not know it there. */
const struct keyword *keyword_find(enum context context, const char *name);
/* The one most like it, or NULL. */
const char *keyword_nearest(enum context context, const char *name);

enum outcome {
	UNSEEN,	 /* nobody has looked at it: told as LOST */
	CARRIED, /* the same in twinbeat.conf */
	QUIET,	 /* nothing to write, nothing to say */
	NOTED,	 /* nothing is lost, something is to be said */
	CHANGED, /* written as keepalived takes it, not as it stands */
	IGNORED, /* keepalived does nothing with it */
	LOST,	 /* worked there, has no place here */
};

struct item {
	const struct keyword *keyword; /* NULL: unknown, or a list's line */
	const char *file;
	unsigned number;
	const char *text;
	char cut;	    /* of struct line */
	const char **words; /* [0] is the keyword's, or the list's first */
	unsigned count;
	struct item *parent, *first, *last, *next;
	enum outcome outcome;
	bool serious; /* it would serve otherwise than somebody believes */
	bool told;    /* part of what another item tells */
	/* Its setting is written as a comment; plain: with all there is to say.
	 */
	bool in_comment, plain;
	const char *why; /* NULL: nothing to say */
	struct doc *doc; /* where its comment goes; NULL: its parent's */
};

struct tree {
	struct arena *arena;
	struct item *root;
	struct lines lines;
	const char *error; /* as lines.error */
};

void import_tree_read(struct tree *tree, struct arena *arena,
		      const struct import_files *files, const char *path,
		      const char *id);

/* The outcome of an item; the worst of several stays. */
void item_mark(struct tree *tree, struct item *item, enum outcome outcome,
	       const char *format, ...) __attribute__((format(printf, 4, 5)));
/* The same, for what must stand in the first lines of the summary. */
void item_warn(struct tree *tree, struct item *item, enum outcome outcome,
	       const char *format, ...) __attribute__((format(printf, 4, 5)));
void item_carry(struct item *item);
/* Makes item, which is new, the last child of parent. */
void item_append(struct item *parent, struct item *item);
/* Item and all below it that nobody has looked at. */
void item_mark_all(struct item *item, enum outcome outcome);

/* The child of that keyword that counts, the last; or the first. NULL. */
struct item *item_last(const struct item *parent, const char *name);
struct item *item_first(const struct item *parent, const char *name);
/* The next one of the same keyword. */
struct item *item_again(const struct item *item);
bool item_is(const struct item *item, const char *name);
/* Word i, or "", also of NULL. */
const char *item_word(const struct item *item, unsigned i);
/* All before the one that counts are told as without effect. */
struct item *item_only(struct tree *tree, const struct item *parent,
		       const char *name);
#endif
