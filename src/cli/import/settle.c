/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Asks the settings themselves what they take: the result is read as a
 * twinbeat.conf, and what they refuse becomes a comment with their reason, the
 * smallest piece that may be left out. So a key that a later version has
 * counts from then on, and `twinbeat check` finds nothing that is not asked
 * for by a comment.
 */
#include <stdlib.h>
#include <string.h>

#include "../../settings/settings.h"
#include "model.h"

#define ROUNDS_MAX 256
#define NAME	   "result"
/* of settings/instances.c */
#define LINK_LOCAL "the first address of an IPv6 instance must be link-local"

static const char version_lacks[] = "twinbeat does not take this";

struct settler {
	struct import *import;
	unsigned turned_off;
};

/*
 * What was to be said of it holds once the setting is there. Of a whole that
 * is left out its first item is told.
 */
static void mark_lost(struct settler *settler, struct doc *doc, const char *why,
		      bool *told)
{
	struct item *item = doc->from;

	if (item != NULL && !item->in_comment) {
		item->in_comment = true;
		item->outcome = LOST;
		item->serious = true;
		item->told |= item->why == NULL && *told;
		item->why = item->why == NULL
				    ? why
				    : arena_print(&settler->import->arena,
						  "%s; besides: %s", why,
						  item->why);
		item->plain = item->why == why;
		*told = true;
	}
	for (struct doc *at = doc->first; at; at = at->next)
		mark_lost(settler, at, why, told);
}

static void turn_off(struct settler *settler, unsigned line,
		     const char *sentence)
{
	struct doc *doc = doc_at(settler->import->root, line);
	bool told = false;

	for (struct doc *at = doc; at != NULL; at = at->parent)
		if (at->off != NULL)
			return;
	while (doc != NULL && !doc->optional)
		doc = doc->parent;
	if (doc == NULL || doc->kind == DOC_ROOT)
		return;
	doc->off =
		arena_print(&settler->import->arena, "%s (%.*s)", version_lacks,
			    (int)strcspn(sentence, ";"), sentence);
	mark_lost(settler, doc, doc->off, &told);
	settler->turned_off++;
}

static void hear(void *arg, bool is_error, const char *line)
{
	static const char begin[] = NAME ":", middle[] = ": error: ";
	const char *sentence = strstr(line, middle);
	const struct settler *settler = arg;

	/* a comment asks for it, and nothing but the instance can be missing */
	if (sentence != NULL && settler->import->only_services &&
	    strstr(sentence, ".instance: ") != NULL)
		return;
	/* a comment asks for it */
	if (sentence != NULL && strstr(sentence, LINK_LOCAL) != NULL)
		return;
	if (is_error && sentence != NULL &&
	    strncmp(line, begin, strlen(begin)) == 0)
		turn_off(arg, (unsigned)strtoul(line + strlen(begin), NULL, 10),
			 sentence + strlen(middle));
}

void import_settle(struct import *import)
{
	struct settings *settings = calloc(1, sizeof(*settings));

	for (unsigned round = 0; settings != NULL && round < ROUNDS_MAX;
	     round++) {
		struct settler settler = {.import = import};
		struct settings_report report = {.tell = hear, .arg = &settler};

		settings_load_string(doc_render(import->root), NAME,
				     import->names[0], settings, &report);
		if (settler.turned_off == 0)
			break;
	}
	free(settings);
}
