/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The keys in the example. What people have laid out there stays; a key that
 * stands nowhere in its group is put at the group's mark, or else at that of
 * the file, in a comment, with its default and what it is for.
 */
#include <stdlib.h>
#include <string.h>

#include "../settings/walk.h"
#include "manual.h"

#define MARK	     "# make puts the other keys of "
#define MARK_END     " here\n"
#define PATH_MAX_KEY 128

/* Where a group may be shown: what is between from and to. */
struct span {
	const char *from, *to;
};

struct list {
	FILE *out;
	char indent[64];
	const char *text; /* the whole example */
};

static bool is_key_character(char c)
{
	return c == '_' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* "key =" in the span as words of their own; behind it, or NULL. */
static const char *find_key(struct span span, const char *key)
{
	size_t size = strlen(key);

	for (const char *at = span.from;
	     (at = strstr(at, key)) != NULL && at + size < span.to; at++)
		if (strncmp(at + size, " = ", 3) == 0 &&
		    (at == span.from || !is_key_character(at[-1])))
			return at + size + 3;
	return NULL;
}

/* The next group that is called key in the span: from its bracket to the one
 * that closes it. */
static bool find_group(struct span in, const char *key, struct span *found)
{
	const char *at = in.from;
	unsigned depth = 0;

	while ((at = find_key((struct span){at, in.to}, key)) != NULL)
		if (*at == '{' || *at == '(')
			break;
	if (at == NULL)
		return false;
	found->from = at;
	for (; at < in.to; at++) {
		depth += *at == '{' || *at == '(';
		if ((*at == '}' || *at == ')') && --depth == 0)
			break;
	}
	found->to = at;
	return true;
}

/* The same at the top of the file: it begins a line, or a comment that does. */
static bool find_top(const char *text, const char *name, struct span *found)
{
	char begins[2][MANUAL_LINE_MAX];

	snprintf(begins[0], sizeof(begins[0]), "\n%s = ", name);
	snprintf(begins[1], sizeof(begins[1]), "\n# %s = ", name);
	for (unsigned i = 0; i < 2; i++)
		for (const char *at = text; (at = strstr(at, begins[i]));
		     at += strlen(begins[i]))
			if (find_group((struct span){at, at + strlen(at)}, name,
				       found))
				return true;
	return false;
}

static bool has_mark(const struct list *list, const char *key)
{
	char mark[MANUAL_LINE_MAX];

	snprintf(mark, sizeof(mark), MARK "%s" MARK_END, key);
	return strstr(list->text, mark) != NULL;
}

static void put_key(const struct list *list, const char *path,
		    const struct setting_row *row)
{
	char value[SETTINGS_VALUE_MAX];

	if (!walk_default(row, value))
		snprintf(value, sizeof(value), "%s",
			 row->most > 0		      ? "( )"
			 : row->type == SETTING_GROUP ? "{ }"
						      : "\"\"");
	fprintf(list->out, "%s# %s = %s; # %s%s\n", list->indent, path, value,
		row->required ? "required: " : "", row->says);
}

/* Is key shown in one of the groups called group in the span? group NULL: in
 * the span itself. */
static bool is_shown(struct span span, const char *group, const char *key)
{
	struct span in;

	if (group == NULL)
		return find_key(span, key) != NULL;
	for (; find_group(span, group, &in); span.from = in.to)
		if (find_key(in, key) != NULL)
			return true;
	return false;
}

/* Its keys are those of another group, which shows them. */
static bool is_apart(const struct setting_row *row)
{
	return row->manual != NULL && row->manual->apart;
}

static void put_rows(const struct list *list, struct span span,
		     const char *above, const char *group,
		     const struct setting_row *rows)
{
	for (; rows->key != NULL; rows++) {
		char path[PATH_MAX_KEY];

		snprintf(path, sizeof(path), "%s%s%s", above,
			 above[0] ? "." : "", rows->key);
		if (rows->rows == NULL) {
			if (!is_shown(span, group, rows->key))
				put_key(list, path, rows);
		} else if (above[0] != '\0' ? !is_apart(rows)
					    : !has_mark(list, rows->key)) {
			put_rows(list, span, path, rows->key, rows->rows);
		}
	}
}

static void put_keys(const struct list *list, const char *name)
{
	struct span all = {list->text, list->text + strlen(list->text)}, own;
	const struct setting_row *group = manual_find_group(name);

	if (strcmp(name, "the file") == 0) {
		put_rows(list, all, "", NULL, settings_rows);
		return;
	}
	if (group == NULL || !find_top(list->text, name, &own))
		manual_fail("the example has no such group", name);
	for (const struct setting_row *row = group->rows; row->key; row++)
		if (row->rows != NULL && !is_apart(row))
			put_rows(list, own, row->key, row->key, row->rows);
		else if (row->rows == NULL && !is_shown(own, NULL, row->key))
			put_key(list, row->key, row);
	for (unsigned i = 0;
	     group->rows == settings_device_rows && driver_registry[i] != NULL;
	     i++)
		put_rows(list, own, "", NULL, driver_registry[i]->rows);
}

void manual_write_example(FILE *in, FILE *out)
{
	static char text[1 << 18];
	struct list list = {.out = out, .text = text};
	size_t size = fread(text, 1, sizeof(text) - 1, in);

	if (size == sizeof(text) - 1)
		manual_fail("the example is too large", "");
	for (char *at = text, *next; *at != '\0'; at = next) {
		char line[MANUAL_LINE_MAX], *mark, *end;

		next = at + strcspn(at, "\n");
		next += *next == '\n';
		snprintf(line, sizeof(line), "%.*s", (int)(next - at), at);
		mark = strstr(line, MARK);
		end = mark != NULL ? strstr(mark, MARK_END) : NULL;
		if (end == NULL) {
			fputs(line, out);
			continue;
		}
		*end = '\0';
		snprintf(list.indent, sizeof(list.indent), "%.*s",
			 (int)(mark - line), line);
		put_keys(&list, mark + strlen(MARK));
	}
}
