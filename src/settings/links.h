/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SETTINGS_LINKS_H
#define SETTINGS_LINKS_H
/*
 * The kinds of two-way link, as the settings know them: a row each, and the
 * keys of each. Where in links[] a kind has its places is known in links.c
 * alone; all others find a link by its type and its name.
 */
#include "row.h"
#include "settings.h"

struct settings_link_kind {
	const char *type; /* the key in the group links; link_kind.type */
	const char
		*name; /* of the only link of the kind; NULL: a key says it */
	unsigned first, most; /* its places in links[] */
};

/* Ends with a type that is NULL. */
extern const struct settings_link_kind settings_link_kinds[];
/* The keys of the group links. */
extern const struct setting_row settings_links_rows[];

/* NULL: there is none of that type. */
const struct settings_link_kind *settings_link_kind(const char *type);
/* When the rows have been read: gives each link its type and its name. */
void settings_name_links(struct settings *settings);
/* Each is of a kind, at a place of that kind, and none is missing. */
bool settings_links_are_sane(const struct settings *settings);
#endif
