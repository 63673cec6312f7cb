/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See metrics_table.h. */
#define _XOPEN_SOURCE 700
#include <string.h>
#include <time.h>

#include "metrics_table.h"

const char *metrics_word(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

json_t *metrics_member(const json_t *object, const char *path)
{
	json_t *found = NULL;
	size_t length;

	for (; *path; path += length + (path[length] == '.')) {
		length = strcspn(path, ".");
		found = json_object_getn(object, path, length);
		object = found;
	}
	return found;
}

void metrics_family(const struct metrics_writer *w, const char *name,
		    enum metrics_type type, const char *help)
{
	static const char *const types[] = {[METRICS_GAUGE] = "gauge",
					    [METRICS_COUNTER] = "counter",
					    [METRICS_HISTOGRAM] = "histogram"};
	/* OpenMetrics: a family has no _total, its samples have */
	const char *end =
		type == METRICS_COUNTER && w->format == METRICS_PROMETHEUS
			? "_total"
			: "";

	fprintf(w->out, "# HELP twinbeat_%s%s %s\n# TYPE twinbeat_%s%s %s\n",
		name, end, help, name, end, types[type]);
}

static void put_label(const struct metrics_writer *w, const char *name,
		      const char *value)
{
	fprintf(w->out, "%s=\"", name);
	for (; *value; value++) {
		if (*value == '\\' || *value == '"')
			putc('\\', w->out);
		if (*value == '\n')
			fputs("\\n", w->out);
		else
			putc(*value, w->out);
	}
	putc('"', w->out);
}

void metrics_begin(const struct metrics_writer *w, const char *name,
		   const char *suffix)
{
	fprintf(w->out, "twinbeat_%s%s{", name, suffix);
	put_label(w, "pair", w->pair);
	metrics_label(w, "node", w->node);
}

void metrics_label(const struct metrics_writer *w, const char *name,
		   const char *value)
{
	putc(',', w->out);
	put_label(w, name, value);
}

void metrics_end(const struct metrics_writer *w, double value)
{
	fprintf(w->out, "} %.15g\n", value);
}

static void begin_element(const struct metrics_writer *w,
			  const struct metrics_group *group,
			  const struct metrics_column *column,
			  const json_t *element)
{
	metrics_begin(w, column->name,
		      column->type == METRICS_COUNTER ? "_total" : "");
	for (unsigned i = 0; i < METRICS_LABELS_MAX && group->labels[i].name;
	     i++) {
		metrics_label(w, group->labels[i].name,
			      metrics_word(element, group->labels[i].member));
	}
}

/* A number, a truth, or a time (RFC 3339) in seconds. False: not known. */
static bool read_value(const json_t *value, double scale, double *number)
{
	const char *text = json_string_value(value);
	struct tm tm = {0};

	if (json_is_boolean(value))
		*number = json_is_true(value);
	else if (json_is_number(value))
		*number = json_number_value(value) * (scale > 0 ? scale : 1);
	else if (text && strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm))
		*number = (double)timegm(&tm);
	else
		return false;
	return true;
}

static void write_states(const struct metrics_writer *w,
			 const struct metrics_group *group,
			 const struct metrics_column *column,
			 const json_t *element, const char *state)
{
	bool is_known = false;

	for (unsigned i = 0; i < METRICS_STATES_MAX && column->states[i]; i++) {
		bool is_it = !strcmp(state, column->states[i]);

		begin_element(w, group, column, element);
		metrics_label(w, column->label, column->states[i]);
		metrics_end(w, is_it);
		is_known |= is_it;
	}
	if (is_known)
		return;
	begin_element(w, group, column, element);
	metrics_label(w, column->label, state);
	metrics_end(w, 1);
}

static void write_members(const struct metrics_writer *w,
			  const struct metrics_group *group,
			  const struct metrics_column *column,
			  const json_t *element, json_t *members)
{
	const char *key;
	json_t *value;
	double number;

	json_object_foreach(members, key, value)
	{
		if (!read_value(value, column->scale, &number))
			continue;
		begin_element(w, group, column, element);
		metrics_label(w, column->label, key);
		metrics_end(w, number);
	}
}

static void write_element(const struct metrics_writer *w,
			  const struct metrics_group *group,
			  const struct metrics_column *column,
			  const json_t *element)
{
	json_t *value = metrics_member(element, column->path);
	double number;

	if (column->states[0]) {
		if (json_is_string(value))
			write_states(w, group, column, element,
				     json_string_value(value));
	} else if (column->label) {
		write_members(w, group, column, element, value);
	} else if (read_value(value, column->scale, &number)) {
		begin_element(w, group, column, element);
		metrics_end(w, number);
	}
}

void metrics_group_write(const struct metrics_writer *w,
			 const struct metrics_group *group,
			 const json_t *status)
{
	const json_t *list =
		group->path[0] ? metrics_member(status, group->path) : status;
	const json_t *element;
	size_t i;

	for (size_t c = 0; c < group->count; c++) {
		const struct metrics_column *column = &group->columns[c];

		metrics_family(w, column->name, column->type, column->help);
		if (!json_is_array(list)) {
			write_element(w, group, column, list);
			continue;
		}
		json_array_foreach(list, i, element)
			write_element(w, group, column, element);
	}
}
