/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lines.h"
#include "macros.h"

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

static bool ends_bare(char c)
{
	return c == '\0' || c == ' ' || c == '\t' || c == '\n';
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
	if (length == 0 || !ends_bare(dollar[1 + length]))
		return NULL;
	*size = length + 1;
	return find(macros, dollar + 1, length);
}

/* Where keepalived.conf lies on the node; what stands in folders below the main
 * file's stays below it. */
static const char *folder_on_node(struct arena *arena, const char *main,
				  const char *file)
{
	static const char usual[] = "/etc/keepalived";
	const char *slash = strrchr(main, '/'), *end = strrchr(file, '/');
	size_t size = slash != NULL ? (size_t)(slash - main) + 1 : 0;

	if (end == NULL)
		return usual;
	if (main[0] == '/' && strncmp(main, usual, strlen(usual)) == 0)
		return arena_copy(arena, file, (size_t)(end - file));
	if (strncmp(main, file, size) != 0)
		return arena_copy(arena, file, (size_t)(end - file));
	return end > file + size ? arena_print(arena, "%s/%.*s", usual,
					       (int)(end - file - (long)size),
					       file + size)
				 : usual;
}

/* What keepalived defines itself; told: what must be said of it. */
static const struct macro *builtin_at(const struct macros *macros,
				      const struct macros_place *place,
				      const char *dollar, size_t *size,
				      const char **told)
{
	static const char *const names[] = {"_HASH", "_BANG", "_PWD",
					    "_INSTANCE"};
	bool braced = dollar[1] == '{';
	const char *name = dollar + 1 + braced;
	struct macro *macro;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t length = strlen(names[i]);

		if (strncmp(name, names[i], length) != 0 ||
		    (braced ? name[length] != '}' : !ends_bare(name[length])))
			continue;
		*size = 1 + length + 2 * (size_t)braced;
		macro = arena_alloc(macros->arena, sizeof(*macro));
		macro->value = i == 0 ? "#" : "!";
		if (i == 2) {
			macro->value = folder_on_node(macros->arena,
						      place->main, place->file);
			*told = arena_print(macros->arena,
					    "${_PWD} is the folder of this "
					    "file on the node: %s is taken",
					    macro->value);
		} else if (i == 3) {
			macro->value = place->id != NULL ? place->id : "node";
			if (place->id == NULL)
				*told = "${_INSTANCE} is the host name of the "
					"node, which the file does not say: "
					"\"node\" stands for it";
		}
		return macro;
	}
	return NULL;
}

const char *macros_expand_one(const struct macros *macros,
			      const struct macros_place *place,
			      const char *text, const char **told)
{
	for (const char *dollar = strchr(text, '$'); dollar != NULL;
	     dollar = strchr(dollar + 1, '$')) {
		size_t size;
		const struct macro *macro = macro_at(macros, dollar, &size);

		if (macro == NULL)
			macro = builtin_at(macros, place, dollar, &size, told);
		/* of several lines: at the end of the line only */
		if (macro == NULL || (strchr(macro->value, '\n') != NULL &&
				      dollar[size] != '\0'))
			continue;
		return arena_print(macros->arena, "%.*s%s%s",
				   (int)(dollar - text), text, macro->value,
				   dollar + size);
	}
	return NULL;
}

/* ---- sequences ---- */

struct arguments {
	const char **words;
	unsigned count;
};

/* No more than it has commas, and one. */
static void make_room(struct arena *arena, const char *text,
		      struct arguments *arguments)
{
	unsigned room = 1;

	for (; *text != '\0'; text++)
		room += *text == ',';
	arguments->words = arena_alloc(arena, room * sizeof(char *));
	arguments->count = 0;
}

static const char *trimmed(struct arena *arena, const char *from,
			   const char *to)
{
	while (from < to && isspace((unsigned char)*from))
		from++;
	while (to > from && isspace((unsigned char)to[-1]))
		to--;
	return arena_copy(arena, from, (size_t)(to - from));
}

/* "a, b, {c, d}" up to the parenthesis that closes: what stands in braces is
 * one. Returns what follows, NULL: none closes it, or there are too many. */
static const char *split_arguments(struct arena *arena, const char *at,
				   char close, struct arguments *arguments)
{
	make_room(arena, at, arguments);
	for (const char *from = at; *at != '\0'; at++) {
		if (*at == '{' && close == ')') {
			at += strcspn(at, "}");
			if (*at == '\0')
				return NULL;
			continue;
		}
		if (*at != ',' && *at != close)
			continue;
		arguments->words[arguments->count++] = trimmed(arena, from, at);
		if (*at == close)
			return at + 1;
		from = at + 1;
	}
	return NULL;
}

/* 7, 0x7, 07, or a macro of it. */
static bool read_number(const struct macros *macros, const char *text,
			long *number)
{
	char *end;

	if (text[0] == '$') {
		bool braced = text[1] == '{';
		const char *name = text + 1 + braced;
		const struct macro *macro =
			find(macros, name, name_length(name));

		if (macro == NULL)
			return false;
		text = macro->value;
	}
	errno = 0;
	*number = strtol(text, &end, 0);
	while (isspace((unsigned char)*end))
		end++;
	return end != text && *end == '\0' && errno == 0 &&
	       *number > -1000000000L && *number < 1000000000L;
}

/*
 * (name, to), (name, from, to), (name, from, step, to). Without a step it goes
 * towards the end, down as well; without a beginning it goes from 1, or from -1
 * to what is below zero.
 */
static bool count_up(const struct macros *macros, const struct arguments *given,
		     bool hex, struct macro_sequence *sequence)
{
	unsigned last = given->count - 1;
	long from, step, to;

	if (last < 1 || last > 3 ||
	    !read_number(macros, given->words[last], &to))
		return false;
	from = to < 0 ? -1 : 1;
	if (last > 1 && !read_number(macros, given->words[1], &from))
		return false;
	step = to < from ? -1 : 1;
	if (last > 2 &&
	    (!read_number(macros, given->words[2], &step) || step == 0))
		return false;
	if ((to - from) / step < 0 || (to - from) / step >= MACRO_VALUES_MAX ||
	    (to < from) != (step < 0 && to != from))
		return false;
	sequence->count = (unsigned)((to - from) / step) + 1;
	sequence->values =
		arena_alloc(macros->arena, sequence->count * sizeof(char *));
	for (unsigned i = 0; i < sequence->count; i++)
		sequence->values[i] =
			arena_print(macros->arena, hex ? "%lx" : "%ld",
				    from + (long)i * step);
	return true;
}

/* The words of "{a, b}", or the one that it is. */
static bool split_group(struct arena *arena, const char *text,
			struct arguments *words)
{
	make_room(arena, "", words);
	words->words[words->count++] = text;
	return text[0] != '{' ||
	       split_arguments(arena, text + 1, '}', words) != NULL;
}

static bool take_names(struct arena *arena, const char *text,
		       struct arguments *words, struct macro_sequence *sequence)
{
	if (!split_group(arena, text, words) || words->count > MACRO_NAMES_MAX)
		return false;
	for (unsigned i = 0; i < words->count; i++) {
		sequence->names[i] = words->words[i];
		if (words->words[i][0] == '\0' ||
		    name_length(words->words[i]) != strlen(words->words[i]))
			return false;
	}
	sequence->name_count = words->count;
	return true;
}

/* (a, 1, 2), ({a, b}, {1, 2}, {3, 4}); a value that is not there is empty. */
static bool list_up(struct arena *arena, const struct arguments *given,
		    struct arguments *words, struct macro_sequence *sequence)
{
	unsigned names = sequence->name_count;

	if (given->count > MACRO_VALUES_MAX)
		return false;
	sequence->values = arena_alloc(arena, (size_t)given->count * names *
						      sizeof(char *));
	for (unsigned i = 1; i < given->count; i++) {
		if (!split_group(arena, given->words[i], words))
			return false;
		for (unsigned n = 0; n < names; n++)
			sequence->values[sequence->count * names + n] =
				n < words->count ? words->words[n] : "";
		sequence->count++;
	}
	return sequence->count > 0;
}

bool macro_is_sequence(const char *text)
{
	return strncmp(text, "~SEQ(", 5) == 0 ||
	       strncmp(text, "~SEQx(", 6) == 0 ||
	       strncmp(text, "~LST(", 5) == 0;
}

bool macro_sequence(const struct macros *macros, const char *text,
		    struct macro_sequence *sequence)
{
	struct arena *arena = macros->arena;
	struct arguments given, words;
	bool hex = text[4] == 'x';

	memset(sequence, 0, sizeof(*sequence));
	sequence->rest =
		split_arguments(arena, strchr(text, '(') + 1, ')', &given);
	if (sequence->rest == NULL || given.count < 2 ||
	    !take_names(arena, given.words[0], &words, sequence))
		return false;
	return text[1] == 'S' ? sequence->name_count == 1 &&
					count_up(macros, &given, hex, sequence)
			      : list_up(arena, &given, &words, sequence);
}
