/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"

#define CHUNK_SIZE (64 * 1024)
#define ALIGNMENT  16

struct arena_chunk {
	struct arena_chunk *next;
	size_t used, room;
	_Alignas(ALIGNMENT) char bytes[];
};

static struct arena_chunk *chunk_new(struct arena *arena, size_t size)
{
	size_t room = size > CHUNK_SIZE ? size : CHUNK_SIZE;
	struct arena_chunk *chunk = calloc(1, sizeof(*chunk) + room);

	if (chunk == NULL) {
		fputs("twinbeat: import: no memory is left\n", stderr);
		exit(1);
	}
	chunk->room = room;
	chunk->next = arena->chunks;
	arena->chunks = chunk;
	return chunk;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	struct arena_chunk *chunk = arena->chunks;
	void *at;

	size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	if (chunk == NULL || chunk->room - chunk->used < size)
		chunk = chunk_new(arena, size);
	at = chunk->bytes + chunk->used;
	chunk->used += size;
	return at;
}

char *arena_copy(struct arena *arena, const char *text, size_t size)
{
	char *copy = arena_alloc(arena, size + 1);

	memcpy(copy, text, size);
	return copy;
}

char *arena_vprint(struct arena *arena, const char *format, va_list args)
{
	va_list again;
	char *text;
	int size;

	va_copy(again, args);
	size = vsnprintf(NULL, 0, format, args);
	text = arena_alloc(arena, (size_t)(size > 0 ? size : 0) + 1);
	if (size > 0)
		vsnprintf(text, (size_t)size + 1, format, again);
	va_end(again);
	return text;
}

char *arena_print(struct arena *arena, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = arena_vprint(arena, format, args);
	va_end(args);
	return text;
}

void arena_adopt(struct arena *arena, struct arena *from)
{
	struct arena_chunk **last = &arena->chunks;

	while (*last != NULL)
		last = &(*last)->next;
	*last = from->chunks;
	from->chunks = NULL;
}

void arena_free(struct arena *arena)
{
	while (arena->chunks != NULL) {
		struct arena_chunk *next = arena->chunks->next;

		free(arena->chunks);
		arena->chunks = next;
	}
}

void text_add(struct text *text, const char *bytes, size_t size)
{
	if (text->room - text->size <= size) {
		size_t room = 2 * (text->size + size) + 256;
		char *at = arena_alloc(text->arena, room);

		if (text->size > 0)
			memcpy(at, text->at, text->size);
		text->at = at;
		text->room = room;
	}
	memcpy(text->at + text->size, bytes, size);
	text->size += size;
	text->at[text->size] = '\0';
}

void text_print(struct text *text, const char *format, ...)
{
	va_list args;
	char *line;

	va_start(args, format);
	line = arena_vprint(text->arena, format, args);
	va_end(args);
	text_add(text, line, strlen(line));
}
