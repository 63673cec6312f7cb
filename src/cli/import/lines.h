/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMPORT_LINES_H
#define IMPORT_LINES_H
/*
 * The lines of a keepalived.conf as keepalived 2.2.7 reads them: comments cut,
 * conditions decided, macros put in, sequences repeated, included files in
 * place, cut at braces, split into words. What the words mean is tree.h's.
 * No I/O: files come through struct import_files.
 */
#include <stdbool.h>
#include <stddef.h>

#include "arena.h"

#define IMPORT_SIZE_MAX	    (1024 * 1024) /* of one file */
#define IMPORT_LINES_MAX    100000	  /* of all, sequences repeated */
#define IMPORT_DEPTH_MAX    16		  /* of includes */
#define IMPORT_EXPANDED_MAX 4096	  /* of one line, macros put in */
#define IMPORT_IDS_MAX	    8

enum line_kind { LINE_WORDS, LINE_OPEN, LINE_CLOSE };

struct line {
	enum line_kind kind;
	bool opens; /* LINE_WORDS: a brace follows on the same line */
	const char *file;
	unsigned number;
	const char *text; /* as written, comment and blanks cut */
	/* The # or ! that cut the line inside a word, or 0. */
	char cut;
	const char **words;
	unsigned count; /* of LINE_WORDS: at least 1 */
};

/* Something to be said of a line that is no line of the result. */
struct remark {
	const char *file;
	unsigned number;
	const char *written, *text;
	bool is_note; /* else keepalived ignores the line */
	struct remark *next;
};

struct lines {
	struct line *at;
	unsigned count, room;
	struct remark *remarks, **last_remark;
	/* Named by @id and @^id, in the order of the file; how many there are
	 * may be more than fit. */
	const char *ids[IMPORT_IDS_MAX];
	unsigned id_count;
	/* "FILE:LINE: sentence" if keepalived would not start, or the file
	 * cannot be read. */
	const char *error;
};

/*
 * How files are had. read: the text of path, or NULL with one sentence in
 * error. list: the paths that pattern matches, sorted, or 0; both may be
 * called for any path that a file names. find: the whole path of a program that
 * keepalived would search for, or NULL; NULL itself: none is found.
 */
struct import_files {
	const char *(*read)(void *arg, struct arena *arena, const char *path,
			    size_t *size, const char **error);
	unsigned (*list)(void *arg, struct arena *arena, const char *pattern,
			 const char ***paths);
	void *arg;
	const char *(*find)(void *arg, struct arena *arena, const char *name);
};

/* Reads path as the node of that id does (NULL: a node that no @id names). */
void import_lines_read(struct lines *lines, struct arena *arena,
		       const struct import_files *files, const char *path,
		       const char *id);
#endif
