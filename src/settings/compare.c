/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two settings files, key by key: what the alert config-mismatch, which has
 * room for a section only, cannot say (R15). Compared are the values in force,
 * as in the digest; what may differ between the nodes is left out.
 */
#include <stdlib.h>

#include "internal.h"
#include "walk.h"

struct entry {
	char *path, *value;
};

struct entries {
	struct entry *list;
	unsigned count, room;
};

static bool take_value(const struct settings *settings,
		       const struct walk_step *step, void *arg)
{
	struct entries *entries = arg;
	char text[SETTINGS_VALUE_MAX];
	struct entry *entry;

	if (step->event != WALK_VALUE || step->may_differ || step->is_idle)
		return true;
	if (entries->count == entries->room) {
		unsigned room = entries->room ? entries->room * 2 : 256;
		void *grown =
			realloc(entries->list, room * sizeof(*entries->list));

		if (grown == NULL)
			return false;
		entries->list = grown;
		entries->room = room;
	}
	entry = &entries->list[entries->count++];
	entry->path = strdup(step->path);
	entry->value = strdup(walk_text(settings, step, text));
	return entry->path != NULL && entry->value != NULL;
}

static void free_entries(struct entries *entries)
{
	for (unsigned i = 0; i < entries->count; i++) {
		free(entries->list[i].path);
		free(entries->list[i].value);
	}
	free(entries->list);
}

/* Mostly it is the one after the last that was found: from is moved there. */
static const struct entry *find(const struct entries *entries, const char *path,
				unsigned *from)
{
	for (unsigned n = 0; n < entries->count; n++) {
		unsigned i = (*from + n) % entries->count;

		if (strcmp(entries->list[i].path, path) == 0) {
			*from = i + 1;
			return &entries->list[i];
		}
	}
	return NULL;
}

struct first_error {
	char *text;
	size_t size;
};

static void keep_first(void *arg, bool is_error, const char *line)
{
	struct first_error *first = arg;

	if (is_error && first->text[0] == '\0')
		snprintf(first->text, first->size, "%s", line);
}

static bool take_file(struct entries *entries, const char *path, char *error,
		      size_t error_size)
{
	struct settings *settings = calloc(1, sizeof(*settings));
	struct first_error first = {error, error_size};
	struct settings_report report = {
		.tell = keep_first, .arg = &first, .any_node = true};
	bool good;

	snprintf(error, error_size, "%s", "");
	good = settings != NULL &&
	       settings_load(path, NULL, settings, &report) == 0 &&
	       settings_walk(settings, take_value, entries);
	if (!good && error[0] == '\0')
		snprintf(error, error_size, "no memory");
	free(settings);
	return good;
}

static void tell(const struct settings_report *report, const char *path,
		 const char *ours, const char *theirs)
{
	char line[SETTINGS_LINE_MAX];

	snprintf(line, sizeof(line), "%s: %s here, %s there", path,
		 ours ? ours : "not set", theirs ? theirs : "not set");
	findings_clean(line);
	report->tell(report->arg, false, line);
}

static int tell_all(const struct entries *ours, const struct entries *theirs,
		    const struct settings_report *report)
{
	int differences = 0;
	unsigned from = 0;

	for (unsigned i = 0; i < ours->count; i++) {
		const struct entry *entry = &ours->list[i];
		const struct entry *its = find(theirs, entry->path, &from);

		if (its != NULL && strcmp(its->value, entry->value) == 0)
			continue;
		tell(report, entry->path, entry->value,
		     its ? its->value : NULL);
		differences++;
	}
	from = 0;
	for (unsigned i = 0; i < theirs->count; i++) {
		const struct entry *entry = &theirs->list[i];

		if (find(ours, entry->path, &from) != NULL)
			continue;
		tell(report, entry->path, NULL, entry->value);
		differences++;
	}
	return differences;
}

int settings_compare(const char *path, const char *other,
		     struct settings_report *report, char *error,
		     size_t error_size)
{
	struct entries ours = {.count = 0}, theirs = {.count = 0};
	int differences = -1;

	if (take_file(&ours, path, error, error_size) &&
	    take_file(&theirs, other, error, error_size))
		differences = tell_all(&ours, &theirs, report);
	free_entries(&ours);
	free_entries(&theirs);
	return differences;
}
