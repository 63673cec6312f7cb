/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From the text of files to lines of words. Each step stands in the order in
 * which keepalived 2.2.7 takes it (measured): line, comment, condition,
 * definition, sequence, macros, include, braces, words.
 */
#include <string.h>

#include "lines.h"
#include "macros.h"

/* keepalived's buffer: what is longer is read as two lines. */
#define LINE_SIZE_MAX 1023
/* So many are put into one line, or stand in each other's values; more is a
 * macro that names itself. */
#define EXPANSIONS_MAX 256
#define NESTED_MAX     64
/* Bytes, of all lines; each costs so many more. */
#define IMPORT_EXPANDED_ALL (32L * 1024 * 1024)
#define EXPANSION_COST	    128

struct lines_reader {
	struct lines *lines;
	struct arena *arena;
	const struct import_files *files;
	const char *id;
	struct macros macros;
	const char *file, *main; /* main: the one that includes the others */
	unsigned number;
	unsigned depth;	 /* of includes */
	unsigned nested; /* of macros */
	size_t expanded;
	unsigned repeated; /* by sequences */
	char cut;	   /* of this line */
	/* "$NAME=value \" that goes on in the next line. */
	struct text definition;
	const char *open_name;
	size_t open_name_size;
};

static void fail(struct lines_reader *reader, const char *sentence)
{
	if (reader->lines->error == NULL)
		reader->lines->error =
			arena_print(reader->arena, "%s:%u: %s", reader->file,
				    reader->number, sentence);
}

static struct remark *remark(struct lines_reader *reader, const char *written,
			     const char *text)
{
	struct remark *remark = arena_alloc(reader->arena, sizeof(*remark));

	remark->file = reader->file;
	remark->number = reader->number;
	remark->written = written;
	remark->text = text;
	*reader->lines->last_remark = remark;
	reader->lines->last_remark = &remark->next;
	return remark;
}

/* ---- words ---- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Blanks end a word; "..." is a word of its own, wherever it stands. */
static void split_words(struct lines_reader *reader, struct line *line)
{
	size_t room = strlen(line->text) / 2 + 2;

	line->words = arena_alloc(reader->arena, room * sizeof(line->words[0]));
	for (const char *at = line->text; *at != '\0';) {
		size_t size;

		if (is_blank(*at)) {
			at++;
			continue;
		}
		if (*at == '"') {
			size = strcspn(at + 1, "\"");
			line->words[line->count++] =
				arena_copy(reader->arena, at + 1, size);
			at += size + 2;
			continue;
		}
		size = strcspn(at, " \t\r\"");
		line->words[line->count++] =
			arena_copy(reader->arena, at, size);
		at += size;
	}
}

static struct line *add_line(struct lines_reader *reader, enum line_kind kind,
			     const char *text, size_t size)
{
	struct lines *lines = reader->lines;
	struct line *line;

	while (size > 0 && is_blank(text[0])) {
		text++;
		size--;
	}
	while (size > 0 && is_blank(text[size - 1]))
		size--;
	if (kind == LINE_WORDS && size == 0)
		return NULL;
	if (lines->count == IMPORT_LINES_MAX) {
		fail(reader, "more than 100000 lines, sequences counted out: "
			     "too many to import");
		return NULL;
	}
	if (lines->count == lines->room) {
		unsigned room = lines->room ? 2 * lines->room : 256;
		struct line *more =
			arena_alloc(reader->arena, room * sizeof(*more));

		if (lines->count > 0)
			memcpy(more, lines->at, lines->count * sizeof(*more));
		lines->at = more;
		lines->room = room;
	}
	line = &lines->at[lines->count++];
	line->kind = kind;
	line->file = reader->file;
	line->number = reader->number;
	line->cut = reader->cut;
	line->text = arena_copy(reader->arena, text, size);
	if (kind == LINE_WORDS)
		split_words(reader, line);
	return line;
}

/* Braces outside quotes are lines of their own. */
static void cut_at_braces(struct lines_reader *reader, const char *text)
{
	const char *from = text;
	bool quoted = false;

	for (const char *at = text; *at != '\0'; at++) {
		struct line *line;

		if (*at == '"')
			quoted = !quoted;
		if (quoted || (*at != '{' && *at != '}'))
			continue;
		line = add_line(reader, LINE_WORDS, from, (size_t)(at - from));
		from = at + 1;
		if (*at == '}')
			add_line(reader, LINE_CLOSE, at, 1);
		else if (line != NULL)
			line->opens = true;
		else
			add_line(reader, LINE_OPEN, at, 1);
	}
	add_line(reader, LINE_WORDS, from, strlen(from));
}

/* ---- one line ---- */

static void read_file(struct lines_reader *reader, const char *path);

static const char *folder_of(struct arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL
		       ? ""
		       : arena_copy(arena, path, (size_t)(slash - path) + 1);
}

/* Relative to the file that includes; quotes become part of the name. */
static void include(struct lines_reader *reader, const char *written,
		    const char *name)
{
	const char *pattern = name, *file = reader->file;
	const char **paths;
	unsigned count, number = reader->number;

	if (name[0] != '/')
		pattern = arena_print(reader->arena, "%s%s",
				      folder_of(reader->arena, file), name);
	if (reader->depth == IMPORT_DEPTH_MAX) {
		fail(reader, "an include too deep: do two files include each "
			     "other?");
		return;
	}
	count = reader->files->list(reader->files->arg, reader->arena, pattern,
				    &paths);
	if (count == 0)
		remark(reader, written,
		       name[0] == '"'
			       ? "keepalived takes no quoted path and includes "
				 "nothing here"
			       : "there is no such file here, and keepalived "
				 "includes nothing then: was it there on the "
				 "node?");
	for (unsigned i = 0; i < count && reader->lines->error == NULL; i++) {
		reader->depth++;
		read_file(reader, paths[i]);
		reader->depth--;
		reader->file = file;
		reader->number = number;
	}
}

/* include, and its kinds that differ in what they report (2.2.7 reads the files
 * for all of them). */
static const char *included(const char *text)
{
	static const char *const words[] = {"include",	"includer", "includem",
					    "includew", "includeb", "includea"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t size = strlen(words[i]);
		const char *path = text + size;

		if (strncmp(text, words[i], size) != 0 || !is_blank(*path))
			continue;
		while (is_blank(*path))
			path++;
		return *path != '\0' ? path : NULL;
	}
	return NULL;
}

static void read_expanded(struct lines_reader *reader, const char *text)
{
	const char *path = included(text);

	if (path != NULL)
		include(reader, text, path);
	else
		cut_at_braces(reader, text);
}

static const char *decide(struct lines_reader *reader, const char *text);
static char *cut_comment(struct lines_reader *reader, const char *text,
			 size_t size);
static void read_line_text(struct lines_reader *reader, const char *text);

/* "~SEQ(...) rest": rest, once for each value; conditions and macros in it are
 * its own. */
static void read_sequence(struct lines_reader *reader, const char *text)
{
	struct macro_sequence sequence;

	if (!macro_sequence(&reader->macros, text, &sequence)) {
		remark(reader, text,
		       "keepalived repeats nothing here: "
		       "~SEQ(n, from, step, to), ~SEQx and "
		       "~LST(n, a, b) are what it knows");
		return;
	}
	for (unsigned i = 0; i < sequence.count && reader->lines->error == NULL;
	     i++) {
		if (++reader->repeated > IMPORT_LINES_MAX)
			fail(reader, "more than 100000 lines, sequences "
				     "counted out: too many to import");
		for (unsigned n = 0; n < sequence.name_count; n++)
			macros_define(
				&reader->macros, sequence.names[n],
				strlen(sequence.names[n]),
				sequence.values[i * sequence.name_count + n]);
		read_line_text(reader, sequence.rest);
	}
}

/* What a macro of several lines has put in is several lines there, too. */
static void read_lines_of(struct lines_reader *reader, const char *text)
{
	while (reader->lines->error == NULL) {
		size_t size = strcspn(text, "\n");

		read_line_text(reader, arena_copy(reader->arena, text, size));
		if (text[size] == '\0')
			break;
		text += size + 1;
	}
}

/* The next macro of the line put in, NULL: there is none. */
static const char *expand(struct lines_reader *reader, const char *text)
{
	struct macros_place place = {reader->main, reader->file, reader->id};
	const char *told = NULL;

	text = macros_expand_one(&reader->macros, &place, text, &told);
	if (text == NULL)
		return NULL;
	if (told != NULL)
		remark(reader, text, told)->is_note = true;
	reader->expanded += strlen(text) + EXPANSION_COST;
	if (strlen(text) > IMPORT_EXPANDED_MAX ||
	    reader->expanded > IMPORT_EXPANDED_ALL)
		fail(reader, "macros here grow beyond what keepalived 2.2.7 "
			     "would start with, or what can be imported");
	return text;
}

/*
 * keepalived looks at a line again after each macro that it has put in (2.2.7,
 * measured): conditions, definitions and sequences in the values of macros
 * count when their line comes, so that a later value counts later.
 */
static void read_line_text(struct lines_reader *reader, const char *text)
{
	static const char endless[] =
		"a macro here names itself, or grows beyond 4096 bytes; "
		"keepalived 2.2.7 would not start";
	unsigned turns = 0;

	if (++reader->nested > NESTED_MAX)
		fail(reader, endless);
	while (reader->lines->error == NULL) {
		const char *value, *expanded;
		size_t name_size;

		while (is_blank(*text))
			text++;
		if (text[0] == '@')
			text = decide(reader, text);
		if (text == NULL || text[0] == '\0')
			break;
		if (macro_is_definition(text, &name_size, &value)) {
			macros_define(&reader->macros, text + 1, name_size,
				      value);
			break;
		}
		if (macro_is_sequence(text)) {
			read_sequence(reader, text);
			break;
		}
		expanded = expand(reader, text);
		if (expanded == NULL) {
			read_expanded(reader, text);
			break;
		}
		if (strchr(expanded, '\n') != NULL) {
			read_lines_of(reader, expanded);
			break;
		}
		if (++turns > EXPANSIONS_MAX)
			fail(reader, endless);
		/* ${_HASH} does begin a comment, unless it is in quotes */
		text = cut_comment(reader, expanded, strlen(expanded));
	}
	reader->nested--;
}

static void note_id(struct lines_reader *reader, const char *id, size_t size)
{
	struct lines *lines = reader->lines;

	for (unsigned i = 0; i < lines->id_count; i++)
		if (strlen(lines->ids[i]) == size &&
		    memcmp(lines->ids[i], id, size) == 0)
			return;
	if (lines->id_count < IMPORT_IDS_MAX)
		lines->ids[lines->id_count++] =
			arena_copy(reader->arena, id, size);
}

/* "@id rest", "@^id rest": rest, or NULL if it is not for this node. */
static const char *decide(struct lines_reader *reader, const char *text)
{
	bool other = text[1] == '^';
	const char *id = text + 1 + other;
	size_t size = strcspn(id, " \t\r");
	bool same;

	note_id(reader, id, size);
	same = reader->id != NULL && strlen(reader->id) == size &&
	       memcmp(reader->id, id, size) == 0;
	if (same == other)
		return NULL;
	for (text = id + size; is_blank(*text);)
		text++;
	return text;
}

/* A comment begins at # or ! outside quotes, inside a word too. */
static char *cut_comment(struct lines_reader *reader, const char *text,
			 size_t size)
{
	bool quoted = false;
	size_t end = 0;

	while (size > 0 && is_blank(*text)) {
		text++;
		size--;
	}
	for (; end < size; end++) {
		if (quoted && text[end] == '\\' && end + 1 < size)
			end++;
		else if (text[end] == '"')
			quoted = !quoted;
		else if (!quoted && (text[end] == '#' || text[end] == '!'))
			break;
	}
	reader->cut = end > 0 && end + 1 < size && !is_blank(text[end - 1]) &&
				      !is_blank(text[end + 1])
			      ? text[end]
			      : 0;
	if (quoted)
		fail(reader, "a quotation mark is open: keepalived does not "
			     "start with this");
	while (end > 0 && is_blank(text[end - 1]))
		end--;
	return arena_copy(reader->arena, text, end);
}

/* A value over several lines; true while it goes on. */
static bool go_on_defining(struct lines_reader *reader, const char *value)
{
	struct text *text = &reader->definition;
	size_t size = strlen(value);
	bool goes_on = size > 0 && value[size - 1] == '\\';

	while (goes_on && size > 0 &&
	       (value[size - 1] == '\\' || is_blank(value[size - 1])))
		size--;
	if (text->size > 0)
		text_add(text, "\n", 1);
	text_add(text, value, size);
	if (text->size > IMPORT_EXPANDED_MAX) {
		fail(reader, "a value longer than 4096 bytes");
		return false;
	}
	if (!goes_on) {
		macros_define(&reader->macros, reader->open_name,
			      reader->open_name_size, text->at);
		reader->open_name = NULL;
	}
	return goes_on;
}

/* A comment does not end a definition that goes on: its \ counts behind it. */
static const char *definition_line(struct lines_reader *reader,
				   const char *text, const char *raw,
				   size_t size)
{
	while (size > 0 && is_blank(raw[size - 1]))
		size--;
	if (size == 0 || raw[size - 1] != '\\' ||
	    (text[0] != '\0' && text[strlen(text) - 1] == '\\'))
		return text;
	return arena_print(reader->arena, "%s \\", text);
}

static void read_line(struct lines_reader *reader, const char *raw, size_t size)
{
	const char *text = cut_comment(reader, raw, size), *value;
	size_t name_size;

	if (reader->open_name != NULL) {
		go_on_defining(reader,
			       definition_line(reader, text, raw, size));
		return;
	}
	if (text[0] == '@')
		text = decide(reader, text);
	if (text == NULL || text[0] == '\0')
		return;
	if (macro_is_definition(text, &name_size, &value)) {
		reader->open_name = text + 1;
		reader->open_name_size = name_size;
		reader->definition = (struct text){.arena = reader->arena};
		go_on_defining(reader,
			       definition_line(reader, value, raw, size));
		return;
	}
	read_line_text(reader, text);
}

/* ---- files ---- */

/* What keepalived never was given as it stands. */
static const char *refuse_text(const char *text, size_t size)
{
	static const char *const marks[] = {"{{", "{%", "<%"};

	if (memchr(text, '\0', size) != NULL)
		return "this is no text file";
	for (unsigned i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (strstr(text, marks[i]) != NULL)
			return "this is a template: import the file that is "
			       "made of it on the node, "
			       "/etc/keepalived/keepalived.conf";
	return NULL;
}

static void read_file(struct lines_reader *reader, const char *path)
{
	const char *error = NULL, *text;
	size_t size = 0;

	text = reader->files->read(reader->files->arg, reader->arena, path,
				   &size, &error);
	if (text != NULL && size > IMPORT_SIZE_MAX)
		error = "larger than 1 MB: this is no keepalived.conf";
	else if (text != NULL)
		error = refuse_text(text, size);
	if (error != NULL) {
		if (reader->lines->error == NULL)
			reader->lines->error = arena_print(
				reader->arena, "%s: %s", path, error);
		return;
	}
	reader->file = path;
	reader->number = 0;
	while (text != NULL && *text != '\0' && reader->lines->error == NULL) {
		size_t length = strcspn(text, "\n");

		reader->number++;
		for (size_t from = 0; from <= length; from += LINE_SIZE_MAX)
			read_line(reader, text + from,
				  length - from < LINE_SIZE_MAX
					  ? length - from
					  : LINE_SIZE_MAX);
		text += length + (text[length] == '\n');
	}
}

void import_lines_read(struct lines *lines, struct arena *arena,
		       const struct import_files *files, const char *path,
		       const char *id)
{
	struct lines_reader reader = {.lines = lines,
				      .arena = arena,
				      .files = files,
				      .id = id,
				      .main = path,
				      .macros = {.arena = arena}};

	memset(lines, 0, sizeof(*lines));
	lines->last_remark = &lines->remarks;
	read_file(&reader, path);
}
