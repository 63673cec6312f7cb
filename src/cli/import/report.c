/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <ctype.h>
#include <string.h>

#include "report.h"

static const char *const words[] = {
	[UNSEEN] = "note",     [CARRIED] = "note",    [QUIET] = "note",
	[NOTED] = "note",      [CHANGED] = "changed", [IGNORED] = "ignored",
	[LOST] = "not carried"};

/* What stood in a file moves no terminal's cursor; UTF-8 stays. */
static const char *clean(struct arena *arena, const char *text)
{
	char *copy = arena_copy(arena, text, strlen(text));

	for (unsigned char *at = (unsigned char *)copy; *at != '\0';) {
		unsigned more = *at >= 0xf0 ? 3 : *at >= 0xe0 ? 2 : 1;

		if (*at < 0x80) {
			if (iscntrl(*at))
				*at = *at == '\t' ? ' ' : '?';
			at++;
			continue;
		}
		for (unsigned i = 1; i <= more && *at >= 0xc2 && *at < 0xf5;
		     i++)
			if ((at[i] & 0xc0) != 0x80)
				more = 0;
		if (*at < 0xc2 || *at >= 0xf5 || more == 0)
			*at++ = '?';
		else
			at += more + 1;
	}
	return copy;
}

/* The same sentence about the same text, told of the other file already. */
static bool is_same(const struct item *a, const struct item *b)
{
	return a->outcome == b->outcome && a->why != NULL && b->why != NULL &&
	       strcmp(a->why, b->why) == 0 && strcmp(a->text, b->text) == 0;
}

static struct item *find_same(struct item *parent, const struct item *item)
{
	for (struct item *at = parent->first; at; at = at->next) {
		struct item *inner;

		if (is_same(at, item))
			return at;
		inner = find_same(at, item);
		if (inner != NULL)
			return inner;
	}
	return NULL;
}

static struct doc *doc_of(struct import *import, const struct item *item)
{
	for (; item != NULL; item = item->parent)
		if (item->doc != NULL)
			return item->doc;
	return import->rest;
}

static const char *told_as(struct import *import, const struct item *item)
{
	return clean(&import->arena,
		     arena_print(&import->arena, "%s:%u: %s", item->file,
				 item->number, item->text));
}

static void place(struct import *import, struct item *parent, bool second)
{
	for (struct item *item = parent->first; item; item = item->next) {
		struct item *twin =
			second && item->why != NULL && !import->many
				? find_same(import->models[0].tree.root, item)
				: NULL;

		if (twin != NULL)
			item->told = true;
		if (item->why != NULL && !item->told && !item->plain)
			doc_comment(doc_of(import, item), "%s\n    %s: %s",
				    told_as(import, item), words[item->outcome],
				    clean(&import->arena, item->why));
		place(import, item, second);
	}
}

static void place_remarks(struct import *import, struct model *model)
{
	for (struct remark *at = model->tree.lines.remarks; at; at = at->next)
		doc_comment(import->rest, "%s:%u: %s\n    %s: %s", at->file,
			    at->number, clean(&import->arena, at->written),
			    at->is_note ? "note" : "ignored", at->text);
}

/* One file read as two nodes gives each remark twice. */
static bool has_own_remarks(const struct import *import, unsigned node)
{
	return node == 0 || import->models[1].path != import->models[0].path;
}

void report_place(struct import *import)
{
	for (unsigned n = 0; n < import->node_count; n++) {
		if (has_own_remarks(import, n))
			place_remarks(import, &import->models[n]);
		place(import, import->models[n].tree.root, n > 0);
	}
}

/* ---- the summary ---- */

struct counts {
	unsigned carried, changed, ignored, lost;
};

static void count(const struct item *parent, struct counts *counts)
{
	for (const struct item *item = parent->first; item; item = item->next) {
		counts->carried += item->outcome == CARRIED ||
				   item->outcome == QUIET ||
				   item->outcome == NOTED;
		counts->changed += item->outcome == CHANGED;
		counts->ignored += item->outcome == IGNORED;
		counts->lost += item->outcome == LOST;
		count(item, counts);
	}
}

static void tell(struct import *import, struct text *text,
		 const struct item *parent, bool serious)
{
	for (const struct item *item = parent->first; item; item = item->next) {
		const struct item *twin = NULL;

		if (import->node_count == MODEL_NODES && !import->many &&
		    has_own_remarks(import, 1) && item->why != NULL &&
		    !item->told)
			twin = find_same(import->models[1].tree.root, item);
		if (twin == item || (twin != NULL && !twin->told))
			twin = NULL;
		if (item->why != NULL && !item->told &&
		    item->serious == serious)
			text_print(text, "%s:%u: %s: %s%s\n", item->file,
				   item->number, words[item->outcome],
				   clean(&import->arena, item->why),
				   twin ? arena_print(&import->arena,
						      " (and %s:%u)",
						      twin->file, twin->number)
					: "");
		tell(import, text, item, serious);
	}
}

static void tell_open(struct import *import, struct text *text)
{
	const char *path = import->models[0].path;

	if (import->only_services) {
		text_print(text,
			   "%s: open: which instance holds each address, no "
			   "ldirectord.cf says\n",
			   path);
		return;
	}
	if (import->node_count < MODEL_NODES)
		text_print(text,
			   "%s: open: the other node's file is missing, and "
			   "with it its priority: give it with --peer\n",
			   path);
	if (import->names_unknown)
		text_print(text,
			   "%s: open: not all host names are known: node1 and "
			   "node2 stand for them\n",
			   path);
	for (unsigned i = 0; i < import->models[0].instance_count; i++)
		if (!pair_higher(&import->models[0].instances[i])->nopreempt) {
			text_print(text,
				   "%s: note: preempt = true as on keepalived; "
				   "after a fence twinbeat waits ten minutes "
				   "before a node takes an instance back\n",
				   path);
			break;
		}
	text_print(text,
		   "%s: open: what no keepalived.conf says stands as a comment "
		   "for you to fill in: own addresses that are not known, "
		   "serial ports, power switches, the key (twinbeat keygen); "
		   "twinbeat check asks for each\n",
		   path);
}

static void tell_serious(struct import *import, struct text *text)
{
	for (unsigned n = 0; n < import->node_count; n++)
		tell(import, text, import->models[n].tree.root, true);
}

static void tell_rest(struct import *import, struct text *text)
{
	for (unsigned n = 0; n < import->node_count; n++)
		tell(import, text, import->models[n].tree.root, false);
	for (unsigned n = 0; n < import->node_count; n++)
		for (struct remark *at = import->models[n].tree.lines.remarks;
		     at && has_own_remarks(import, n); at = at->next)
			text_print(text, "%s:%u: %s: %s\n", at->file,
				   at->number, at->is_note ? "note" : "ignored",
				   at->text);
}

/* A heading and what stands under it; neither, if that is nothing. */
static void tell_part(struct import *import, struct text *text,
		      const char *heading,
		      void (*part)(struct import *import, struct text *text))
{
	struct text lines = {.arena = &import->arena};

	part(import, &lines);
	if (lines.at != NULL && lines.at[0] != '\0')
		text_print(text, "\n%s\n%s", heading, lines.at);
}

const char *report_summary(struct import *import, unsigned *lost)
{
	struct text text = {.arena = &import->arena};
	struct counts counts = {0};

	for (unsigned n = 0; n < import->node_count; n++) {
		count(import->models[n].tree.root, &counts);
		for (struct remark *at = import->models[n].tree.lines.remarks;
		     at && has_own_remarks(import, n); at = at->next)
			counts.ignored += !at->is_note;
	}
	text_print(&text,
		   "twinbeat: import: %u lines carried, %u changed, %u ignored "
		   "by keepalived, %u not carried\n",
		   counts.carried, counts.changed, counts.ignored, counts.lost);
	tell_part(import, &text,
		  "different from before, or from what the file seems to say:",
		  tell_serious);
	tell_part(import, &text, "the rest:", tell_rest);
	tell_part(import, &text, "to know and to fill in:", tell_open);
	*lost = counts.lost;
	return text.at;
}

const char *report_refusals(struct import *import)
{
	struct text text = {.arena = &import->arena};
	unsigned many = 0;

	for (struct refusal *at = import->refusals; at; at = at->next, many++)
		text_print(&text, "%s\n", clean(&import->arena, at->text));
	text_print(&text,
		   "twinbeat: import: refused, %u reason%s; nothing was "
		   "written\n",
		   many, many == 1 ? "" : "s");
	return text.at;
}
