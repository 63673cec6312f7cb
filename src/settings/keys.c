/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All keys that there are, a line each: what one may be, and what it is for. */
#include "device.h"
#include "walk.h"

#define PATH_COLUMN 36

static const char *const kinds[] = {
	[SETTING_BOOL] = "true or false",
	[SETTING_FLAGS] = "list of words",
	[SETTING_TEXT] = "string",
	[SETTING_NAME] = "name",
	[SETTING_PATH] = "path",
	[SETTING_INTERFACE] = "interface",
	[SETTING_HOST] = "address",
	[SETTING_SUBNET] = "address/prefix",
	[SETTING_NODE] = "name of a node",
	[SETTING_DEVICE] = "name of a device",
	[SETTING_INSTANCE] = "name of an instance",
	[SETTING_PAIRS] = "group of any names",
};

static void print_kind(FILE *out, const struct setting_row *row)
{
	bool in_us = row->type == SETTING_MS;
	char min[MS_TEXT_MAX], max[MS_TEXT_MAX];
	const char *comma = "";

	if (row->choices != NULL) {
		for (unsigned i = 0; row->choices[i] != NULL; i++) {
			if (row->choices[i][0] == '\0')
				continue;
			fprintf(out, "%s\"%s\"", comma, row->choices[i]);
			comma = ", ";
		}
	} else if (row->type == SETTING_INT || in_us) {
		settings_ms_text(in_us ? row->min : row->min * 1000, min);
		settings_ms_text(in_us ? row->max : row->max * 1000, max);
		fprintf(out, "%s to %s%s", min, max,
			row->unit != NULL ? row->unit : "");
	} else {
		fputs(kinds[row->type], out);
	}
}

static void print_key(FILE *out, const char *path, const char *driver,
		      const struct setting_row *row, bool may_differ)
{
	char text[SETTINGS_VALUE_MAX];
	int used = fprintf(out, "%s%s%s", path, driver != NULL ? " " : "",
			   driver != NULL ? driver : "");

	fprintf(out, "%*s ", used < PATH_COLUMN ? PATH_COLUMN - used : 0, "");
	print_kind(out, row);
	if (row->required)
		fputs(", required", out);
	else if (walk_default(row, text))
		fprintf(out, ", default %s", text);
	if (may_differ)
		fputs(", the nodes may differ", out);
	if (row->later != NULL)
		fputs(", not yet another", out);
	if (row->since != NULL)
		fprintf(out, ", since %s", row->since);
	if (row->says != NULL)
		fprintf(out, ": %s", row->says);
	fputs("\n", out);
}

/* driver: whose devices have these keys; NULL: all. may_differ: the group that
 * they are in may. */
static void print_rows(FILE *out, const char *above, const char *driver,
		       const struct setting_row *rows, bool may_differ)
{
	for (const struct setting_row *row = rows; row->key != NULL; row++) {
		bool is_list = row->most > 0 && row->type != SETTING_PAIRS;
		bool differ = may_differ || row->may_differ;
		char path[128];

		snprintf(path, sizeof(path), "%s%s%s%s", above,
			 above[0] ? "." : "", row->key, is_list ? "[]" : "");
		if (row->type != SETTING_GROUP)
			print_key(out, path, driver, row, differ);
		else if (row->rows != NULL)
			print_rows(out, path, driver, row->rows, differ);
		for (unsigned i = 0; row->rows == settings_device_rows &&
				     driver_registry[i] != NULL;
		     i++)
			print_rows(out, path, driver_registry[i]->name,
				   driver_registry[i]->rows, differ);
	}
}

void settings_print_keys(FILE *out)
{
	print_rows(out, "", NULL, settings_rows, false);
}
