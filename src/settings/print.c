/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A snapshot as a file: every key that counts, in the order of the manual,
 * with its value in force. It reads back as the same snapshot.
 */
#include "walk.h"

#define INDENT 2

static void begin_line(FILE *out, const struct walk_step *step)
{
	fprintf(out, "%*s", (int)(step->depth - 1) * INDENT, "");
}

static void print_value(FILE *out, const struct settings *settings,
			const struct walk_step *step)
{
	char text[SETTINGS_VALUE_MAX];

	walk_text(settings, step, text);
	if (step->key == NULL) {
		fprintf(out, "%s %s", step->index > 0 ? "," : "", text);
		return;
	}
	begin_line(out, step);
	fprintf(out, "%s = %s;%s\n", step->key, text,
		walk_is_default(step) ? " # default" : "");
}

static void print_group(FILE *out, const struct walk_step *step)
{
	if (step->key == NULL && step->index > 0)
		fputs(",", out);
	if (step->key == NULL)
		fputs("\n", out);
	begin_line(out, step);
	if (step->key == NULL)
		fputs("{\n", out);
	else
		fprintf(out, "%s = {\n", step->key);
}

static void print_list(FILE *out, const struct walk_step *step)
{
	begin_line(out, step);
	fprintf(out, "%s = %s", step->key,
		step->row->type == SETTING_PAIRS ? "{\n" : "(");
}

static void print_end(FILE *out, const struct walk_step *step)
{
	bool is_list = step->key != NULL && step->row->most > 0;

	if (is_list && step->row->type == SETTING_GROUP && step->index > 0)
		fputs("\n", out);
	if (!is_list || step->row->type == SETTING_PAIRS ||
	    (step->row->type == SETTING_GROUP && step->index > 0))
		begin_line(out, step);
	else
		fputs(" ", out);
	if (step->key == NULL)
		fputs("}", out);
	else if (is_list && step->row->type != SETTING_PAIRS)
		fprintf(out, ");%s\n",
			step->index == 0 && !step->row->required ? " # default"
								 : "");
	else
		fputs("};\n", out);
}

static bool rows_keep_nothing(const struct setting_row *rows)
{
	for (; rows->key != NULL; rows++)
		if (rows->size > 0)
			return false;
	return true;
}

/* What code reads may be left out where it is empty, and must be: a plug; no
 * address has no text that would read back. */
static bool is_left_out(const struct walk_step *step)
{
	return step->is_idle ||
	       (step->row->rows != NULL &&
		rows_keep_nothing(step->row->rows)) ||
	       (step->event == WALK_VALUE && step->row->by_code &&
		row_is_text(step->row) && *(const char *)step->at == '\0') ||
	       (step->event == WALK_VALUE && step->row->type == SETTING_HOST &&
		walk_is_default(step));
}

static bool print_step(const struct settings *settings,
		       const struct walk_step *step, void *out)
{
	if (is_left_out(step))
		return true;
	switch (step->event) {
	case WALK_VALUE:
		print_value(out, settings, step);
		break;
	case WALK_GROUP:
		print_group(out, step);
		break;
	case WALK_LIST:
		print_list(out, step);
		break;
	case WALK_END:
		print_end(out, step);
		break;
	}
	return true;
}

void settings_print(const struct settings *settings, FILE *out)
{
	settings_walk(settings, print_step, out);
}
