/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "answer.h"

#include <string.h>

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

bool search_take(struct search *search, const char *text, size_t text_size,
		 const char *piece, size_t size)
{
	char seam[2 * SEARCH_MAX];
	size_t begin = least(size, text_size), end;

	if (text_size == 0)
		return true;
	if (size == 0)
		return false;
	memcpy(seam, search->tail, search->kept);
	memcpy(seam + search->kept, piece, begin);
	if (memmem(seam, search->kept + begin, text, text_size) != NULL ||
	    memmem(piece, size, text, text_size) != NULL)
		return true;
	if (size >= text_size) {
		search->kept = text_size - 1;
		memcpy(search->tail, piece + size - search->kept, search->kept);
		return false;
	}
	end = search->kept + size;
	search->kept = least(end, text_size - 1);
	memcpy(search->tail, seam + end - search->kept, search->kept);
	return false;
}
