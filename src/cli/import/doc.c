/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "../../settings/settings.h"
#include "doc.h"

#define COLUMNS 80

struct renderer {
	struct text text;
	unsigned line;
	unsigned margin; /* where the comment sign of what is off stands */
};

struct doc *doc_new(struct arena *arena)
{
	struct doc *root = arena_alloc(arena, sizeof(*root));

	root->kind = DOC_ROOT;
	root->arena = arena;
	return root;
}

static struct doc *add(struct doc *parent, enum doc_kind kind, const char *key)
{
	struct doc *doc = arena_alloc(parent->arena, sizeof(*doc));

	doc->arena = parent->arena;
	doc->kind = kind;
	doc->key = key;
	doc->parent = parent;
	if (parent->last != NULL)
		parent->last->next = doc;
	else
		parent->first = doc;
	parent->last = doc;
	return doc;
}

struct doc *doc_group(struct doc *parent, const char *key)
{
	return add(parent, DOC_GROUP, key);
}

struct doc *doc_list(struct doc *parent, const char *key)
{
	return add(parent, DOC_LIST, key);
}

struct doc *doc_value(struct doc *parent, const char *key, const char *format,
		      ...)
{
	struct doc *doc = add(parent, DOC_VALUE, key);
	va_list args;

	va_start(args, format);
	doc->value = arena_vprint(parent->arena, format, args);
	va_end(args);
	return doc;
}

static void add_quoted(struct text *text, const char *bytes)
{
	text_add(text, "\"", 1);
	for (; *bytes != '\0'; bytes++) {
		if (*bytes == '"' || *bytes == '\\')
			text_add(text, "\\", 1);
		if ((unsigned char)*bytes < ' ')
			text_print(text, "\\x%02x", (unsigned char)*bytes);
		else
			text_add(text, bytes, 1);
	}
	text_add(text, "\"", 1);
}

struct doc *doc_string(struct doc *parent, const char *key, const char *text)
{
	struct text quoted = {.arena = parent->arena};
	struct doc *doc = add(parent, DOC_VALUE, key);

	add_quoted(&quoted, text);
	doc->value = quoted.at;
	return doc;
}

const char *doc_strings(struct arena *arena, const char *list, const char *text)
{
	struct text all = {.arena = arena};

	if (list == NULL)
		text_print(&all, "( ");
	else
		text_print(&all, "%.*s, ", (int)strlen(list) - 2, list);
	add_quoted(&all, text);
	text_print(&all, " )");
	return all.at;
}

struct doc *doc_comment(struct doc *parent, const char *format, ...)
{
	struct doc *doc = add(parent, DOC_COMMENT, NULL);
	va_list args;

	va_start(args, format);
	doc->value = arena_vprint(parent->arena, format, args);
	va_end(args);
	return doc;
}

bool doc_has(const struct doc *group, const char *key)
{
	for (const struct doc *at = group->first; at; at = at->next)
		if (at->key != NULL && strcmp(at->key, key) == 0)
			return true;
	return false;
}

static bool is_called(const struct doc *list, const char *name)
{
	size_t size = strlen(name);

	for (const struct doc *group = list->first; group; group = group->next)
		for (const struct doc *at = group->first; at; at = at->next)
			if (at->key != NULL && strcmp(at->key, "name") == 0 &&
			    strlen(at->value) == size + 2 &&
			    strncmp(at->value + 1, name, size) == 0)
				return true;
	return false;
}

const char *doc_name_in(const struct doc *list, const char *name)
{
	const char *other = name;

	for (unsigned i = 2; is_called(list, other); i++) {
		const char *end = arena_print(list->arena, "-%u", i);
		int most = SETTINGS_NAME_MAX - 1 - (int)strlen(end);

		other = arena_print(list->arena, "%.*s%s", most, name, end);
	}
	return other;
}

struct doc *doc_optional(struct doc *doc, struct item *from)
{
	doc->optional = true;
	doc->from = from;
	return doc;
}

/* ---- rendering ---- */

static void begin_line(struct renderer *renderer, unsigned indent, bool off)
{
	renderer->line++;
	if (off)
		text_print(&renderer->text, "%*s# %*s", (int)renderer->margin,
			   "", (int)(indent - renderer->margin), "");
	else
		text_print(&renderer->text, "%*s", (int)indent, "");
}

static void end_line(struct renderer *renderer)
{
	text_add(&renderer->text, "\n", 1);
}

/* Folded at blanks, with the indent of its first line; what is longer than a
 * line stays whole. */
static void render_comment(struct renderer *renderer, const char *text,
			   unsigned indent, bool off)
{
	size_t hang = 0;
	bool folded = false;

	while (*text != '\0') {
		size_t room = COLUMNS - 4 - indent, size = strcspn(text, "\n");

		if (!folded)
			hang = strspn(text, " ");
		else
			room -= hang;
		if (size > room) {
			size_t least = folded ? 0 : hang, cut = room;

			while (cut > least && text[cut] != ' ')
				cut--;
			size = cut > least
				       ? cut
				       : least + strcspn(text + least, " \n");
		}
		begin_line(renderer, indent, off);
		text_print(&renderer->text, "# %*s", folded ? (int)hang : 0,
			   "");
		text_add(&renderer->text, text, size);
		end_line(renderer);
		text += size;
		folded = *text != '\n';
		text += *text == '\n';
		if (folded)
			text += strspn(text, " ");
	}
}

static void render_inline(struct renderer *renderer, const struct doc *doc)
{
	text_print(&renderer->text, "{ ");
	for (const struct doc *at = doc->first; at; at = at->next)
		if (at->kind == DOC_VALUE && at->off == NULL)
			text_print(&renderer->text, "%s = %s; ", at->key,
				   at->value);
	text_print(&renderer->text, "}");
}

/* A comma stands behind what another one that counts follows. */
static const char *end_of(const struct doc *doc, bool off)
{
	if (doc->parent->kind != DOC_LIST)
		return ";";
	for (const struct doc *at = doc->next; at; at = at->next)
		if (at->kind != DOC_COMMENT && (off || at->off == NULL))
			return ",";
	return "";
}

static void render(struct renderer *renderer, struct doc *doc, unsigned indent,
		   bool off);

static void render_children(struct renderer *renderer, struct doc *doc,
			    unsigned indent, bool off)
{
	for (struct doc *at = doc->first; at; at = at->next)
		render(renderer, at, indent, off);
}

static void render(struct renderer *renderer, struct doc *doc, unsigned indent,
		   bool off)
{
	bool list = doc->kind == DOC_LIST;

	if (doc->blank) {
		renderer->line++;
		end_line(renderer);
	}
	if (doc->off != NULL && !off) {
		render_comment(renderer, doc->off, indent, false);
		renderer->margin = indent;
		off = true;
	}
	doc->first_line = renderer->line + 1;
	if (doc->kind == DOC_COMMENT) {
		render_comment(renderer, doc->value, indent, off);
		doc->last_line = renderer->line;
		return;
	}
	begin_line(renderer, indent, off);
	if (doc->key != NULL)
		text_print(&renderer->text, "%s = ", doc->key);
	if (doc->kind == DOC_VALUE) {
		text_print(&renderer->text, "%s", doc->value);
	} else if (doc->inlined) {
		render_inline(renderer, doc);
	} else {
		text_print(&renderer->text, list ? "(" : "{");
		end_line(renderer);
		render_children(renderer, doc, indent + 2, off);
		begin_line(renderer, indent, off);
		text_print(&renderer->text, list ? ")" : "}");
	}
	text_print(&renderer->text, "%s", end_of(doc, off && doc->off == NULL));
	end_line(renderer);
	doc->last_line = renderer->line;
}

const char *doc_render(struct doc *root)
{
	struct renderer renderer = {.text = {.arena = root->arena}};

	render_children(&renderer, root, 0, false);
	return renderer.text.at != NULL ? renderer.text.at : "";
}

struct doc *doc_at(struct doc *root, unsigned line)
{
	for (struct doc *at = root->first; at; at = at->next) {
		struct doc *inner;

		if (at->kind == DOC_COMMENT || line < at->first_line ||
		    line > at->last_line)
			continue;
		inner = doc_at(at, line);
		return inner != NULL ? inner : at;
	}
	return NULL;
}
