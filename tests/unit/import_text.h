/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMPORT_TEXT_H
#define IMPORT_TEXT_H
/* Files of an import that are only texts of the test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <fnmatch.h>

#include "../../src/cli/import/lines.h"

#define TEXT_FILES_MAX 8

struct text_files {
	struct {
		const char *path, *text;
	} at[TEXT_FILES_MAX];
};

static inline const char *text_read(void *arg, struct arena *arena,
				    const char *path, size_t *size,
				    const char **error)
{
	const struct text_files *files = arg;

	for (unsigned i = 0; i < TEXT_FILES_MAX && files->at[i].path; i++)
		if (strcmp(files->at[i].path, path) == 0) {
			*size = strlen(files->at[i].text);
			return arena_copy(arena, files->at[i].text, *size);
		}
	*error = "no such file";
	return NULL;
}

static inline unsigned text_list(void *arg, struct arena *arena,
				 const char *pattern, const char ***paths)
{
	const struct text_files *files = arg;
	unsigned count = 0;

	*paths = arena_alloc(arena, TEXT_FILES_MAX * sizeof(**paths));
	for (unsigned i = 0; i < TEXT_FILES_MAX && files->at[i].path; i++)
		if (fnmatch(pattern, files->at[i].path, FNM_PATHNAME) == 0)
			(*paths)[count++] = files->at[i].path;
	return count;
}
#endif
