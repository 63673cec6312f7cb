/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMPORT_ARENA_H
#define IMPORT_ARENA_H
/*
 * Memory of one import: everything lives until the result is written, so there
 * is one free. An import that finds no memory ends the program with a
 * sentence: it has changed nothing yet.
 */
#include <stdarg.h>
#include <stddef.h>

struct arena {
	struct arena_chunk *chunks;
};

/* Zeroed, aligned for anything. */
void *arena_alloc(struct arena *arena, size_t size);
char *arena_copy(struct arena *arena, const char *text, size_t size);
char *arena_print(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
char *arena_vprint(struct arena *arena, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));
/* All that is in from is in arena from now on. */
void arena_adopt(struct arena *arena, struct arena *from);
void arena_free(struct arena *arena);

/* Text that grows. */
struct text {
	struct arena *arena;
	char *at;
	size_t size, room;
};

void text_add(struct text *text, const char *bytes, size_t size);
void text_print(struct text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
#endif
