/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lines.h"
#include "macros.h"

/* So many are put into one line; more is a macro that names itself. */
#define EXPANSIONS_MAX 256

static size_t name_length(const char *text)
{
	size_t size = 0;

	while (isalnum((unsigned char)text[size]) || text[size] == '_')
		size++;
	return size;
}

static struct macro *find(const struct macros *macros, const char *name,
			  size_t size)
{
	for (struct macro *m = macros->first; m != NULL; m = m->next)
		if (m->name_size == size && memcmp(m->name, name, size) == 0)
			return m;
	return NULL;
}

void macros_define(struct macros *macros, const char *name, size_t name_size,
		   const char *value)
{
	struct macro *macro = find(macros, name, name_size);

	if (macro == NULL) {
		macro = arena_alloc(macros->arena, sizeof(*macro));
		macro->name = arena_copy(macros->arena, name, name_size);
		macro->name_size = name_size;
		macro->next = macros->first;
		macros->first = macro;
	}
	macro->value = arena_copy(macros->arena, value, strlen(value));
}

bool macro_is_definition(const char *text, size_t *name_size,
			 const char **value)
{
	if (text[0] != '$')
		return false;
	*name_size = name_length(text + 1);
	if (*name_size == 0 || text[1 + *name_size] != '=')
		return false;
	*value = text + 1 + *name_size + 1;
	return true;
}

/*
 * The macro that begins at the dollar sign, or NULL; *size is how long it is
 * there. ${NAME} counts everywhere, bare $NAME before a blank or the end only.
 */
static const struct macro *macro_at(const struct macros *macros,
				    const char *dollar, size_t *size)
{
	size_t length;

	if (dollar[1] == '{') {
		length = name_length(dollar + 2);
		if (length == 0 || dollar[2 + length] != '}')
			return NULL;
		*size = length + 3;
		return find(macros, dollar + 2, length);
	}
	length = name_length(dollar + 1);
	if (length == 0 ||
	    (dollar[1 + length] != '\0' && dollar[1 + length] != ' ' &&
	     dollar[1 + length] != '\t' && dollar[1 + length] != '\n'))
		return NULL;
	*size = length + 1;
	return find(macros, dollar + 1, length);
}

const char *macros_expand(const struct macros *macros, const char *text)
{
	const char *dollar = strchr(text, '$');
	unsigned expansions = 0;

	while (dollar != NULL) {
		size_t size;
		const struct macro *macro = macro_at(macros, dollar, &size);
		size_t before = (size_t)(dollar - text);

		if (macro == NULL) {
			dollar = strchr(dollar + 1, '$');
			continue;
		}
		if (++expansions > EXPANSIONS_MAX ||
		    strlen(text) + strlen(macro->value) > IMPORT_EXPANDED_MAX)
			return NULL;
		text = arena_print(macros->arena, "%.*s%s%s", (int)before, text,
				   macro->value, dollar + size);
		dollar = strchr(text + before, '$');
	}
	return text;
}

/* The arguments between the parentheses; how many, or -1. */
static int split_arguments(struct arena *arena, const char *open,
			   const char **end, const char **words, int max)
{
	const char *close = strchr(open, ')');
	int count = 0;

	if (close == NULL)
		return -1;
	*end = close + 1;
	for (const char *at = open; at <= close && count < max;) {
		size_t size = strcspn(at, ",)");
		const char *from = at, *to = at + size;

		while (from < to && isspace((unsigned char)*from))
			from++;
		while (to > from && isspace((unsigned char)to[-1]))
			to--;
		words[count++] = arena_copy(arena, from, (size_t)(to - from));
		at += size + 1;
	}
	return count;
}

static bool read_number(const char *text, long *number)
{
	char *end;

	errno = 0;
	*number = strtol(text, &end, 10);
	return end != text && *end == '\0' && errno == 0 &&
	       *number > -1000000000L && *number < 1000000000L;
}

/*
 * (name, to), (name, from, to), (name, from, step, to). Without a step it goes
 * towards the end, down as well; without a beginning it goes from 1, or from -1
 * to what is below zero.
 */
static int count_up(struct arena *arena, const char *const *words, int given,
		    const char **values)
{
	long from, step, to;
	int count = 0;

	if (given < 2 || given > 4 || !read_number(words[given - 1], &to))
		return -1;
	from = to < 0 ? -1 : 1;
	if (given > 2 && !read_number(words[1], &from))
		return -1;
	step = to < from ? -1 : 1;
	if (given > 3 && (!read_number(words[2], &step) || step == 0))
		return -1;
	for (long i = from; step > 0 ? i <= to : i >= to; i += step) {
		if (count == MACRO_VALUES_MAX)
			return -1;
		values[count++] = arena_print(arena, "%ld", i);
	}
	return count > 0 ? count : -1;
}

int macro_sequence(struct arena *arena, const char *text, const char **name,
		   const char **rest, const char **values)
{
	const char *words[MACRO_VALUES_MAX + 1];
	bool counts = strncmp(text, "~SEQ(", 5) == 0;
	int count;

	if (!counts && strncmp(text, "~LST(", 5) != 0)
		return 0;
	count = split_arguments(arena, text + 5, rest, words,
				MACRO_VALUES_MAX + 1);
	if (count < 2 || words[0][0] == '\0' ||
	    name_length(words[0]) != strlen(words[0]))
		return -1;
	*name = words[0];
	while (**rest == ' ' || **rest == '\t')
		(*rest)++;
	if (counts)
		return count_up(arena, words, count, values);
	for (int i = 1; i < count; i++)
		values[i - 1] = words[i];
	return count - 1;
}
