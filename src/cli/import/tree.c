/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From lines to blocks, with keepalived 2.2.7's own habits (measured): one
 * keyword a line; what it does not know it skips, brace and all, and then takes
 * the inner lines for the outer block's.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tree.h"

struct builder {
	struct tree *tree;
	unsigned at;	   /* the next line */
	unsigned stray;	   /* braces of unknown blocks at top level */
	struct item *skip; /* and the word that began them */
};

/* ---- outcomes ---- */

static void mark(struct tree *tree, struct item *item, enum outcome outcome,
		 bool serious, const char *format, va_list args)
	__attribute__((format(printf, 5, 0)));

/* Two sentences about one line stand side by side. */
static void mark(struct tree *tree, struct item *item, enum outcome outcome,
		 bool serious, const char *format, va_list args)
{
	const char *why = arena_vprint(tree->arena, format, args);

	if (outcome > item->outcome)
		item->outcome = outcome;
	item->serious |= serious;
	if (item->why == NULL)
		item->why = why;
	else if (strstr(item->why, why) == NULL)
		item->why = arena_print(tree->arena, "%s; %s", item->why, why);
}

void item_mark(struct tree *tree, struct item *item, enum outcome outcome,
	       const char *format, ...)
{
	va_list args;

	va_start(args, format);
	mark(tree, item, outcome, false, format, args);
	va_end(args);
}

void item_warn(struct tree *tree, struct item *item, enum outcome outcome,
	       const char *format, ...)
{
	va_list args;

	va_start(args, format);
	mark(tree, item, outcome, true, format, args);
	va_end(args);
}

void item_carry(struct item *item)
{
	if (item != NULL && item->outcome == UNSEEN)
		item->outcome = CARRIED;
}

void item_mark_all(struct item *item, enum outcome outcome)
{
	if (item->outcome == UNSEEN)
		item->outcome = outcome;
	for (struct item *child = item->first; child; child = child->next)
		item_mark_all(child, outcome);
}

/* ---- finding ---- */

bool item_is(const struct item *item, const char *name)
{
	return item->keyword != NULL && strcmp(item->keyword->name, name) == 0;
}

struct item *item_first(const struct item *parent, const char *name)
{
	for (struct item *item = parent->first; item; item = item->next)
		if (item_is(item, name))
			return item;
	return NULL;
}

struct item *item_again(const struct item *item)
{
	for (struct item *next = item->next; next; next = next->next)
		if (next->keyword == item->keyword)
			return next;
	return NULL;
}

struct item *item_last(const struct item *parent, const char *name)
{
	struct item *last = NULL;

	for (struct item *item = item_first(parent, name); item;
	     item = item_again(item))
		last = item;
	return last;
}

struct item *item_only(struct tree *tree, const struct item *parent,
		       const char *name)
{
	struct item *last = item_last(parent, name);

	for (struct item *item = item_first(parent, name); item != last;
	     item = item_again(item))
		item_mark(tree, item, IGNORED,
			  "line %u says it again: that one counts",
			  last->number);
	return last;
}

const char *item_word(const struct item *item, unsigned i)
{
	return item != NULL && i < item->count ? item->words[i] : "";
}

/* ---- building ---- */

void item_append(struct item *parent, struct item *item)
{
	item->parent = parent;
	if (parent->last != NULL)
		parent->last->next = item;
	else
		parent->first = item;
	parent->last = item;
}

static struct item *add_item(struct builder *builder, struct item *parent,
			     const struct line *line)
{
	struct item *item = arena_alloc(builder->tree->arena, sizeof(*item));

	item->file = line->file;
	item->number = line->number;
	item->text = line->text;
	item->cut = line->cut;
	item->words = line->words;
	item->count = line->count;
	item_append(parent, item);
	return item;
}

static const struct line *next_line(struct builder *builder)
{
	if (builder->at == builder->tree->lines.count)
		return NULL;
	return &builder->tree->lines.at[builder->at++];
}

/* The brace that must follow, on this line or the next one. */
static bool take_brace(struct builder *builder, const struct line *line)
{
	const struct lines *lines = &builder->tree->lines;

	if (line->opens)
		return true;
	if (builder->at < lines->count &&
	    lines->at[builder->at].kind == LINE_OPEN) {
		builder->at++;
		return true;
	}
	return false;
}

static void tell_unclosed(struct builder *builder, struct item *block)
{
	item_mark(builder->tree, block, NOTED,
		  "its closing } is missing at the end of the file; keepalived "
		  "closes it there");
}

/* Lines up to the next brace that closes, whatever they are. */
static void read_list(struct builder *builder, struct item *list,
		      const struct line *head)
{
	bool has_brace = take_brace(builder, head);
	const struct line *line;

	if (!has_brace)
		item_warn(builder->tree, list, IGNORED,
			  "a { is missing here, so keepalived takes all lines "
			  "up to the next } for the list's, and that } ended "
			  "\"%s\" no more: what follows runs on inside it",
			  list->parent->text ? list->parent->text : "the file");
	while ((line = next_line(builder)) != NULL) {
		struct item *item;

		if (line->kind == LINE_CLOSE)
			return;
		if (line->kind == LINE_OPEN)
			continue;
		item = add_item(builder, list, line);
		if (!has_brace)
			item_mark(builder->tree, item, IGNORED,
				  "keepalived takes it for part of \"%s\", "
				  "which has no {",
				  list->text);
	}
	tell_unclosed(builder, list);
}

#define BOM "\xef\xbb\xbf" /* UTF-8 */

static void tell_unknown(struct builder *builder, enum context context,
			 struct item *item, const struct line *line)
{
	struct tree *tree = builder->tree;
	const char *nearest = keyword_nearest(context, item->words[0]);

	if (builder->skip != NULL) {
		item->outcome = IGNORED;
		item->told = true;
		return;
	}
	item_mark(tree, item, IGNORED,
		  "keepalived does not know \"%s\" here%s%s%s, and ignores it",
		  item->words[0], nearest ? " (was \"" : "",
		  nearest ? nearest : "", nearest ? "\" meant?)" : "");
	if (strncmp(item->words[0], BOM, strlen(BOM)) == 0)
		item_warn(tree, item, IGNORED,
			  "the file begins with the three bytes of a byte "
			  "order mark, which are a part of the word for "
			  "keepalived");
	if (!line->opens)
		return;
	if (context == TOP) {
		item_warn(tree, item, IGNORED,
			  "all of its block was never in force");
		builder->skip = item;
		builder->stray = 1;
	} else {
		item_warn(tree, item, IGNORED,
			  "its block's lines count as lines of \"%s\", and its "
			  "} ends that",
			  item->parent->text);
	}
}

static void read_block(struct builder *builder, enum context context,
		       struct item *block);

/* keepalived takes one directive a line: what stands behind is dropped. */
static void tell_second(struct tree *tree, enum context context,
			struct item *item)
{
	enum keyword_kind kind = item->keyword->kind;

	if (kind == KEY_LIST || kind == KEY_WORDS)
		return;
	for (unsigned i = kind == KEY_FLAG || kind == KEY_BLOCK ? 1 : 2;
	     i < item->count; i++) {
		if (keyword_find(context, item->words[i]) == NULL)
			continue;
		item_warn(tree, item, CHANGED,
			  "one directive a line counts: \"%s%s%s\" was never "
			  "in force",
			  item->words[i], i + 1 < item->count ? " " : "",
			  item_word(item, i + 1));
		return;
	}
}

static void read_keyword(struct builder *builder, enum context context,
			 struct item *item, const struct line *line)
{
	struct tree *tree = builder->tree;
	enum keyword_kind kind = item->keyword->kind;

	if ((kind == KEY_VALUE || kind == KEY_NAMED) && item->count < 2) {
		if (tree->error == NULL)
			tree->error = arena_print(
				tree->arena,
				"%s:%u: \"%s\" lacks its value: keepalived "
				"does not start with this",
				item->file, item->number, item->words[0]);
		return;
	}
	if (kind == KEY_MAYBE && item->count < 2) {
		item->keyword = NULL;
		item_mark(tree, item, IGNORED,
			  "\"%s\" lacks its value: keepalived goes on without "
			  "it",
			  item->words[0]);
		return;
	}
	tell_second(tree, context, item);
	if (kind == KEY_LIST || kind == KEY_WORDS) {
		read_list(builder, item, line);
	} else if (kind == KEY_BLOCK || kind == KEY_NAMED) {
		if (!take_brace(builder, line))
			item_warn(tree, item, NOTED,
				  "a { is missing here; keepalived reads on "
				  "inside this block all the same");
		read_block(builder, item->keyword->inner, item);
	} else if (line->opens) {
		item_warn(tree, item, NOTED,
			  "keepalived ignores the { behind it, and its } ends "
			  "\"%s\"",
			  item->parent->text);
	}
}

/* A brace that closes nothing; or the end of what is not known. */
static void close_stray(struct builder *builder, const struct line *line)
{
	struct item *item;

	if (builder->stray > 0) {
		if (--builder->stray == 0)
			builder->skip = NULL;
		return;
	}
	item = add_item(builder, builder->tree->root, line);
	item_mark(builder->tree, item, IGNORED,
		  "this } closes nothing; keepalived ignores it");
}

static void read_block(struct builder *builder, enum context context,
		       struct item *block)
{
	const struct line *line;

	while ((line = next_line(builder)) != NULL) {
		struct item *item;

		if (line->kind == LINE_OPEN) {
			builder->stray += builder->skip != NULL;
			continue;
		}
		if (line->kind == LINE_CLOSE && context != TOP)
			return;
		if (line->kind == LINE_CLOSE) {
			close_stray(builder, line);
			continue;
		}
		item = add_item(builder, block, line);
		item->keyword = context == OTHER
					? NULL
					: keyword_find(context, line->words[0]);
		if (item->keyword != NULL) {
			read_keyword(builder, context, item, line);
		} else if (context == OTHER &&
			   strcmp(line->words[0], "interfaces") == 0) {
			read_list(builder, item, line); /* of a garp_group */
		} else if (context != OTHER) {
			if (builder->skip != NULL)
				builder->stray += line->opens;
			tell_unknown(builder, context, item, line);
		}
		if (builder->tree->error != NULL)
			return;
	}
	if (context != TOP)
		tell_unclosed(builder, block);
}

void import_tree_read(struct tree *tree, struct arena *arena,
		      const struct import_files *files, const char *path,
		      const char *id)
{
	struct builder builder = {.tree = tree};

	memset(tree, 0, sizeof(*tree));
	tree->arena = arena;
	tree->root = arena_alloc(arena, sizeof(*tree->root));
	tree->root->outcome = QUIET;
	import_lines_read(&tree->lines, arena, files, path, id);
	tree->error = tree->lines.error;
	if (tree->error == NULL)
		read_block(&builder, TOP, tree->root);
}
