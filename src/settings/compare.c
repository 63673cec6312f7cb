/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two settings files, key by key: what the alert config-mismatch, which has
 * room for a section only, cannot say (R15). What may differ between the nodes
 * is left out.
 */
#include <stdarg.h>
#include <stdlib.h>

#include "internal.h"

#define PATH_MAX_HERE 256
#define VALUE_MAX     128

struct entry {
	char path[PATH_MAX_HERE], value[VALUE_MAX];
};

struct entries {
	struct entry *list;
	unsigned count, room;
};

/* These each node may have as it likes; see twinbeat.conf(5). */
static bool may_differ(const char *path)
{
	static const char *const roots[] = {"key_file", "realtime", "user",
					    "notify", "watchdog"};
	size_t size = strlen(path);

	for (unsigned i = 0; i < sizeof(roots) / sizeof(roots[0]); i++)
		if (strncmp(path, roots[i], strlen(roots[i])) == 0)
			return true;
	return strncmp(path, "nodes[", 6) == 0 && size > 7 &&
	       strcmp(path + size - 7, ".serial") == 0;
}

static void take_value(const config_setting_t *setting, char *text, size_t size)
{
	const char *string;

	switch (config_setting_type(setting)) {
	case CONFIG_TYPE_STRING:
		string = config_setting_get_string(setting);
		snprintf(text, size, "\"%s\"", string ? string : "");
		break;
	case CONFIG_TYPE_BOOL:
		snprintf(text, size, "%s",
			 config_setting_get_bool(setting) ? "true" : "false");
		break;
	case CONFIG_TYPE_FLOAT:
		snprintf(text, size, "%g", config_setting_get_float(setting));
		break;
	default:
		snprintf(text, size, "%lld", config_setting_get_int64(setting));
	}
}

static bool take_tree(struct entries *entries, const config_setting_t *setting,
		      const char *path)
{
	int count = config_setting_is_aggregate(setting)
			    ? config_setting_length(setting)
			    : 0;
	char below[PATH_MAX_HERE];
	struct entry *entry;

	for (int i = 0; i < count; i++) {
		const config_setting_t *at =
			config_setting_get_elem(setting, (unsigned)i);

		if (at->name != NULL)
			snprintf(below, sizeof(below), "%s%s%s", path,
				 path[0] ? "." : "", at->name);
		else
			snprintf(below, sizeof(below), "%s[%d]", path, i);
		if (!take_tree(entries, at, below))
			return false;
	}
	if (config_setting_is_aggregate(setting) || may_differ(path))
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
	memset(entry, 0, sizeof(*entry));
	snprintf(entry->path, sizeof(entry->path), "%s", path);
	take_value(setting, entry->value, sizeof(entry->value));
	return true;
}

static const struct entry *find(const struct entries *entries, const char *path)
{
	for (unsigned i = 0; i < entries->count; i++)
		if (strcmp(entries->list[i].path, path) == 0)
			return &entries->list[i];
	return NULL;
}

static bool take_file(struct entries *entries, const char *path, char *error,
		      size_t error_size)
{
	struct source *source = calloc(1, sizeof(*source));
	config_t config;
	bool good = false;

	config_init(&config);
	if (source == NULL)
		snprintf(error, error_size, "no memory");
	else if (source_read(source, path) < 0)
		snprintf(error, error_size, "%s:%u: %s",
			 source->files[source->error_file], source->error_line,
			 source->error);
	else if (config_read_string(&config, source->text) != CONFIG_TRUE)
		snprintf(error, error_size,
			 "%s cannot be read: twinbeat check %s", path, path);
	else if (!take_tree(entries, config_root_setting(&config), ""))
		snprintf(error, error_size, "no memory");
	else
		good = true;
	config_destroy(&config);
	if (source != NULL)
		source_free(source);
	free(source);
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

int settings_compare(const char *path, const char *other,
		     struct settings_report *report, char *error,
		     size_t error_size)
{
	struct entries ours = {.count = 0}, theirs = {.count = 0};
	int differences = -1;

	if (take_file(&ours, path, error, error_size) &&
	    take_file(&theirs, other, error, error_size)) {
		differences = 0;
		for (unsigned i = 0; ours.list != NULL && i < ours.count; i++) {
			const struct entry *entry = &ours.list[i];
			const struct entry *its = find(&theirs, entry->path);

			if (its != NULL &&
			    strcmp(its->value, entry->value) == 0)
				continue;
			tell(report, entry->path, entry->value,
			     its ? its->value : NULL);
			differences++;
		}
		for (unsigned i = 0; i < theirs.count; i++)
			if (find(&ours, theirs.list[i].path) == NULL) {
				tell(report, theirs.list[i].path, NULL,
				     theirs.list[i].value);
				differences++;
			}
	}
	free(ours.list);
	free(theirs.list);
	return differences;
}
