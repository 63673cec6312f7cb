/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The text of the settings: the file and all it includes as one piece, with a
 * note of where each line came from.
 *
 * It also says what libconfig 1.5 would not: a number beyond 32 bits without
 * its L (5000000000 reads as 705032704), a string, comment or @include that is
 * never closed (it swallows the rest of the file without an error), and an
 * included folder (libconfig's scanner ends the process).
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/account.h"
#include "internal.h"

#define SOURCE_DEPTH_MAX 8
/* The file itself is not there: where a first one comes from. */
#define A_START                                                                \
	"; 'man twinbeat.conf' has a small whole one, 'twinbeat import' "      \
	"makes "                                                               \
	"one of a keepalived.conf"

/* Where the scanner stands in one file. */
struct scan {
	struct source *source;
	const char *at, *end, *line_start;
	unsigned file, line;
	char key[SETTINGS_NAME_MAX]; /* the last name seen */
	bool blank;		     /* nothing yet on this line */
};

static int source_join(struct source *source, const char *text, size_t size,
		       const char *name);

static int __attribute__((format(printf, 4, 5)))
source_fail(struct source *source, unsigned file, unsigned line,
	    const char *format, ...)
{
	va_list args;

	source->error_file = file;
	source->error_line = line;
	va_start(args, format);
	vsnprintf(source->error, sizeof(source->error), format, args);
	va_end(args);
	return -1;
}

static int source_begin_line(struct source *source, unsigned file,
			     unsigned line)
{
	if (source->line_count == source->line_room) {
		unsigned room = source->line_room ? source->line_room * 2 : 256;
		void *lines =
			realloc(source->lines, room * sizeof(*source->lines));

		if (lines == NULL)
			return source_fail(source, file, line, "no memory");
		source->lines = lines;
		source->line_room = room;
	}
	source->lines[source->line_count++] =
		(struct source_line){.file = file, .line = line};
	return 0;
}

static int source_put(struct scan *scan, char c)
{
	struct source *source = scan->source;

	if (source->size + 1 >= source->room) {
		size_t room = source->room ? source->room * 2 : 8192;
		char *text;

		if (source->size >= SOURCE_SIZE_MAX)
			return source_fail(source, scan->file, scan->line,
					   "file: more than %d bytes, its "
					   "includes counted",
					   SOURCE_SIZE_MAX);
		text = realloc(source->text, room);
		if (text == NULL)
			return source_fail(source, scan->file, scan->line,
					   "no memory");
		source->text = text;
		source->room = room;
	}
	source->text[source->size++] = c;
	source->text[source->size] = '\0';
	return 0;
}

/* Copies one character of the file; false at its end or on an error. */
static bool scan_copy(struct scan *scan)
{
	char c = *scan->at++;

	if (source_put(scan, c) < 0)
		return false;
	if (c != '\n') {
		if (c != ' ' && c != '\t' && c != '\r')
			scan->blank = false;
		return true;
	}
	scan->blank = true;
	scan->line_start = scan->at;
	scan->line++;
	return source_begin_line(scan->source, scan->file, scan->line) == 0;
}

static bool scan_starts(const struct scan *scan, const char *word)
{
	size_t size = strlen(word);

	return (size_t)(scan->end - scan->at) >= size &&
	       memcmp(scan->at, word, size) == 0;
}

static int scan_line_comment(struct scan *scan)
{
	while (scan->at < scan->end && *scan->at != '\n')
		if (!scan_copy(scan))
			return -1;
	return 0;
}

static int scan_block_comment(struct scan *scan)
{
	unsigned line = scan->line;

	/* the star of the opening closes nothing: "/" "*" "/" is open still */
	if (!scan_copy(scan) || !scan_copy(scan))
		return -1;
	while (scan->at < scan->end) {
		if (scan_starts(scan, "*/"))
			return scan_copy(scan) && scan_copy(scan) ? 0 : -1;
		if (!scan_copy(scan))
			return -1;
	}
	return source_fail(scan->source, scan->file, line,
			   "file: the comment opened at %s:%u is never closed "
			   "with */: all behind it would be lost",
			   scan->source->files[scan->file], line);
}

/*
 * Room for one more note, or NULL. An error takes the place of the last warning
 * if need be: a file is never refused without a word.
 */
static struct source_strange *source_strange_room(struct source *source,
						  bool in_string)
{
	struct source_strange *all = source->stranges;
	unsigned last = SOURCE_STRANGE_MAX;

	if (source->strange_count < SOURCE_STRANGE_MAX)
		return &all[source->strange_count++];
	if (in_string)
		return NULL;
	while (last > 0 && !all[last - 1].in_string)
		last--;
	if (last == 0)
		return NULL;
	memmove(&all[last - 1], &all[last],
		(SOURCE_STRANGE_MAX - last) * sizeof(*all));
	return &all[SOURCE_STRANGE_MAX - 1];
}

/*
 * Passes a character that is not plain ASCII: noted unless nothing is wrong
 * with it in a string.
 */
static int scan_strange(struct scan *scan, bool in_string)
{
	struct source *source = scan->source;
	struct source_strange *strange;
	const char *at = scan->line_start;
	unsigned column = 1, size;
	uint32_t code;
	char text[sizeof(strange->text)];

	for (; at < scan->at; column++)
		at += character_decode(at, scan->end, &code);
	size = character_decode(scan->at, scan->end, &code);
	if (character_tell(code, in_string, text, sizeof(text))) {
		if (!in_string)
			source->strange_errors++;
		strange = source_strange_room(source, in_string);
		if (strange != NULL) {
			strange->line = source->line_count;
			strange->column = column;
			strange->in_string = in_string;
			snprintf(strange->key, sizeof(strange->key), "%s",
				 in_string && scan->key[0] ? scan->key
							   : "file");
			snprintf(strange->text, sizeof(strange->text), "%s",
				 text);
		}
	}
	while (size-- > 0)
		if (!scan_copy(scan))
			return -1;
	return 0;
}

static void scan_note_lines(struct scan *scan, unsigned line)
{
	struct source *source = scan->source;

	if (line == scan->line || source->string_lines != 0)
		return;
	source->string_file = scan->file;
	source->string_line = line;
	source->string_lines = scan->line - line + 1;
}

static int scan_string(struct scan *scan)
{
	unsigned line = scan->line;

	if (!scan_copy(scan))
		return -1;
	while (scan->at < scan->end) {
		bool closing = *scan->at == '"';

		if (scan->end - scan->at >= 4 &&
		    memcmp(scan->at, "\\x00", 4) == 0)
			return source_fail(scan->source, scan->file, scan->line,
					   "file: \\x00 in a text: what stands "
					   "behind it would be lost");
		if (*scan->at == '\\' && scan->at + 1 < scan->end &&
		    !scan_copy(scan))
			return -1;
		if (*scan->at & 0x80) {
			if (scan_strange(scan, true) < 0)
				return -1;
			continue;
		}
		if (!scan_copy(scan))
			return -1;
		if (closing) {
			scan_note_lines(scan, line);
			return 0;
		}
	}
	if (scan->source->string_lines > 0)
		return source_fail(
			scan->source, scan->file, line,
			"file: this string is never closed with \"; "
			"or is it the one before: the string that "
			"begins at %s:%u has %u lines",
			scan->source->files[scan->source->string_file],
			scan->source->string_line, scan->source->string_lines);
	return source_fail(scan->source, scan->file, line,
			   "file: this string is never closed with \"");
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '*';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int scan_name(struct scan *scan)
{
	size_t used = 0;

	while (scan->at < scan->end &&
	       (is_letter(*scan->at) || is_digit(*scan->at) ||
		*scan->at == '_' || *scan->at == '-')) {
		if (used < sizeof(scan->key) - 1)
			scan->key[used++] = *scan->at;
		if (!scan_copy(scan))
			return -1;
	}
	scan->key[used] = '\0';
	return 0;
}

/* Remembers a number that does not fit in the 32 bits that libconfig has. */
static void scan_judge_number(struct scan *scan, const char *text)
{
	struct source *source = scan->source;
	struct source_literal *literal;
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	size_t size = strlen(text);
	long long value;

	if (text[size - 1] == 'L' || (!hex && strpbrk(text, ".eE") != NULL) ||
	    source->literal_count == SOURCE_LITERALS_MAX)
		return;
	value = hex ? (long long)(strtoull(text, NULL, 16) & LLONG_MAX)
		    : strtoll(text, NULL, 10);
	if (value >= INT_MIN && value <= INT_MAX)
		return;
	literal = &source->literals[source->literal_count++];
	literal->line = source->line_count;
	literal->wrapped = hex ? (int)strtoul(text, NULL, 16)
			       : (int)strtol(text, NULL, 10);
	snprintf(literal->key, sizeof(literal->key), "%s", scan->key);
	snprintf(literal->text, sizeof(literal->text), "%s", text);
}

static int scan_number(struct scan *scan)
{
	char text[SETTINGS_NAME_MAX];
	size_t used = 0;

	do {
		if (used < sizeof(text) - 1)
			text[used++] = *scan->at;
		if (!scan_copy(scan))
			return -1;
	} while (scan->at < scan->end &&
		 (is_digit(*scan->at) || is_letter(*scan->at) ||
		  *scan->at == '.'));
	text[used] = '\0';
	scan_judge_number(scan, text);
	return 0;
}

/* A relative path starts in the folder of the file that includes it. */
static int source_resolve(struct scan *scan, const char *path, char *full,
			  size_t size)
{
	const char *name = scan->source->files[scan->file];
	const char *slash = strrchr(name, '/');
	int folder =
		path[0] == '/' || slash == NULL ? 0 : (int)(slash - name) + 1;
	int n = snprintf(full, size, "%.*s%s", folder, name, path);

	if (n < 0 || (size_t)n >= size)
		return source_fail(scan->source, scan->file, scan->line,
				   "@include: the path is longer than %zu "
				   "characters",
				   size - 1);
	return 0;
}

static char *source_slurp(struct source *source, const char *path, size_t *size,
			  unsigned file, unsigned line)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	char *text = NULL, cure[2 * SETTINGS_FILE_MAX + 200];
	ssize_t n = 0;

	*size = 0;
	/* a daemon that runs as a user has the group, and not root's rights */
	if (fd < 0 && errno == EACCES) {
		account_tell_cure(path, cure, sizeof(cure));
		source_fail(source, file, line, "file: cannot open %s: %s %s",
			    path, strerror(EACCES), cure);
		return NULL;
	}
	if (fd < 0) {
		source_fail(source, file, line, "file: cannot open %s: %s%s",
			    path, strerror(errno),
			    errno == ENOENT && file == 0 && line == 0 ? A_START
								      : "");
		return NULL;
	}
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		source_fail(source, file, line,
			    "file: %s is not a regular file", path);
		goto out;
	}
	if (st.st_mtim.tv_sec > source->changed_at_s)
		source->changed_at_s = (uint32_t)st.st_mtim.tv_sec;
	if (st.st_size > SOURCE_SIZE_MAX) {
		source_fail(source, file, line,
			    "file: %s is larger than %d bytes", path,
			    SOURCE_SIZE_MAX);
		goto out;
	}
	text = calloc(1, (size_t)st.st_size + 1);
	if (text == NULL) {
		source_fail(source, file, line, "no memory");
		goto out;
	}
	while (*size < (size_t)st.st_size &&
	       (n = read(fd, text + *size, (size_t)st.st_size - *size)) > 0)
		*size += (size_t)n;
	text[*size] = '\0';
	if (n < 0) {
		source_fail(source, file, line, "file: cannot read %s: %s",
			    path, strerror(errno));
		free(text);
		text = NULL;
	}
out:
	close(fd);
	return text;
}

static int scan_include(struct scan *scan)
{
	struct source *source = scan->source;
	char path[SETTINGS_FILE_MAX], full[SETTINGS_FILE_MAX], *text;
	unsigned line = scan->line;
	size_t used = 0, size;
	int result;

	scan->at += strlen("@include");
	while (scan->at < scan->end && (*scan->at == ' ' || *scan->at == '\t'))
		scan->at++;
	if (scan->at == scan->end || *scan->at++ != '"')
		goto malformed;
	while (scan->at < scan->end && *scan->at != '"' && *scan->at != '\n' &&
	       used < sizeof(path) - 1)
		path[used++] = *scan->at++;
	path[used] = '\0';
	if (used == 0 || scan->at == scan->end || *scan->at++ != '"')
		goto malformed;
	if (source->depth == SOURCE_DEPTH_MAX ||
	    source->file_count == SOURCE_FILES_MAX)
		return source_fail(source, scan->file, line,
				   "@include: nested deeper than %d or more "
				   "than %d files; does a file include itself?",
				   SOURCE_DEPTH_MAX, SOURCE_FILES_MAX);
	if (source_resolve(scan, path, full, sizeof(full)) < 0)
		return -1;
	text = source_slurp(source, full, &size, scan->file, line);
	if (text == NULL)
		return -1;
	if (scan->blank)
		source->line_count--; /* the included lines take its place */
	else if (source_put(scan, '\n') < 0)
		return -1;
	result = source_join(source, text, size, full);
	free(text);
	if (result < 0 || source_put(scan, '\n') < 0)
		return -1;
	return source_begin_line(source, scan->file, line);
malformed:
	return source_fail(source, scan->file, line,
			   "@include: write @include \"PATH\" on one line, at "
			   "most %d characters",
			   SETTINGS_FILE_MAX - 1);
}

static int scan_token(struct scan *scan)
{
	char c = *scan->at;

	if (c == '\0')
		return source_fail(scan->source, scan->file, scan->line,
				   "file: a zero byte; this is no text file");
	if (scan_starts(scan, "@include"))
		return scan_include(scan);
	if (c == '#' || scan_starts(scan, "//"))
		return scan_line_comment(scan);
	if (scan_starts(scan, "/*"))
		return scan_block_comment(scan);
	if (c == '"')
		return scan_string(scan);
	if (is_letter(c))
		return scan_name(scan);
	if (is_digit(c) || ((c == '-' || c == '+') &&
			    scan->at + 1 < scan->end && is_digit(scan->at[1])))
		return scan_number(scan);
	if (!character_is_plain(c))
		return scan_strange(scan, false);
	return scan_copy(scan) ? 0 : -1;
}

/* What an editor may have made of the whole file; 0, or -1 and told. */
static int scan_begin(struct scan *scan)
{
	const char *text = scan->at, *at = text;
	size_t size = (size_t)(scan->end - text);

	if (size >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 ||
			  memcmp(text, "\xfe\xff", 2) == 0))
		return source_fail(scan->source, scan->file, 1,
				   "file: this is UTF-16; save it as UTF-8");
	/* a byte order mark is no harm at the beginning */
	if (scan_starts(scan, "\xef\xbb\xbf"))
		scan->at += 3;
	scan->line_start = scan->at;
	/* A comment in a file with such lines would never end. */
	for (; (at = memchr(at, '\r', (size_t)(scan->end - at))) != NULL; at++)
		if (at + 1 < scan->end && at[1] != '\n' && at[1] != '\r') {
			unsigned line = 1;

			for (; text < at; text++)
				line += *text == '\n';
			return source_fail(
				scan->source, scan->file, line,
				"file: a line that ends with a carriage return "
				"(U+000D) alone; save it with line feeds");
		}
	return 0;
}

static int source_join(struct source *source, const char *text, size_t size,
		       const char *name)
{
	struct scan scan = {.source = source,
			    .at = text,
			    .end = text + size,
			    .file = source->file_count,
			    .line = 1,
			    .blank = true};

	snprintf(source->files[source->file_count++], SETTINGS_FILE_MAX, "%s",
		 name);
	source->depth++;
	if (source_begin_line(source, scan.file, 1) < 0 ||
	    scan_begin(&scan) < 0)
		return -1;
	while (scan.at < scan.end)
		if (scan_token(&scan) < 0)
			return -1;
	source->depth--;
	return 0;
}

int source_take(struct source *source, const char *text, const char *name)
{
	struct scan last = {.source = source, .line = 1};

	if (source_join(source, text, strlen(text), name) < 0)
		return -1;
	/* libconfig takes a comment without a line end for a syntax error. */
	if (source->size > 0 && source->text[source->size - 1] == '\n')
		return 0;
	if (source->line_count > 0)
		last.line = source->lines[source->line_count - 1].line;
	return source_put(&last, '\n') < 0
		       ? -1
		       : source_begin_line(source, 0, last.line);
}

int source_read(struct source *source, const char *path)
{
	size_t size;
	char *text;
	int result;

	snprintf(source->files[0], SETTINGS_FILE_MAX, "%s", path);
	text = source_slurp(source, path, &size, 0, 0);
	if (text == NULL)
		return -1;
	if (memchr(text, '\0', size) != NULL && (*text & 0x80) == 0)
		result = source_fail(source, 0, 1,
				     "file: a zero byte; this is no text file");
	else
		result = source_take(source, text, path);
	free(text);
	return result;
}

void source_free(struct source *source)
{
	free(source->text);
	free(source->lines);
	source->text = NULL;
	source->lines = NULL;
}
