/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kinds of link: the rows are made of LINK_KIND_WORDS (link.h). */
#include <assert.h>
#include <string.h>

#include "link.h"

#define ADDRESS(word) &link_##word,
const struct link_kind *const link_kinds[LINK_KINDS] = {
	LINK_KIND_WORDS(ADDRESS)};

unsigned link_kind_index(const struct link_kind *kind)
{
	unsigned i = 0;

	while (i < LINK_KINDS && link_kinds[i] != kind)
		i++;
	assert(i < LINK_KINDS);
	return i;
}

const struct link_kind *link_kind_find(const char *type)
{
	for (unsigned i = 0; i < LINK_KINDS; i++)
		if (strcmp(link_kinds[i]->type, type) == 0)
			return link_kinds[i];
	return NULL;
}
