/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The keys in a manual page: a list, in the order of the rows. */
#include <string.h>

#include "manual.h"

/* So many words of a choice stand in the line of the key; more are in its
 * text. */
#define WORDS_IN_HEAD 4

#define MARK	 ".Em (make puts the keys of "
#define MARK_END " here)\n"

static const char *const kinds[] = {
	[SETTING_BOOL] = "boolean",  [SETTING_FLAGS] = "list of words",
	[SETTING_TEXT] = "string",   [SETTING_NAME] = "name",
	[SETTING_PATH] = "path",     [SETTING_INTERFACE] = "interface",
	[SETTING_HOST] = "address",  [SETTING_SUBNET] = "address/prefix",
	[SETTING_NODE] = "name",     [SETTING_DEVICE] = "name",
	[SETTING_INSTANCE] = "name", [SETTING_PAIRS] = "group",
	[SETTING_GROUP] = "group",
};

/* Drivers whose keys the page has had. */
static bool is_told[32];

static unsigned count_words(const struct setting_row *row)
{
	unsigned count = 0;

	for (unsigned i = 0; row->choices[i] != NULL; i++)
		count += row->choices[i][0] != '\0';
	return count;
}

static void put_words(FILE *out, const struct setting_row *row)
{
	unsigned left = count_words(row);

	for (unsigned i = 0; row->choices[i] != NULL; i++) {
		if (row->choices[i][0] == '\0')
			continue;
		left--;
		fprintf(out, "\\(dq%s\\(dq%s", row->choices[i],
			left > 1    ? ", "
			: left == 1 ? " or "
				    : "");
	}
}

static void put_range(FILE *out, const struct setting_row *row)
{
	int64_t scale = row->type == SETTING_MS ? 1 : 1000;
	char min[MS_TEXT_MAX], max[MS_TEXT_MAX];

	settings_ms_text(row->min * scale, min);
	settings_ms_text(row->max * scale, max);
	if (row->min == 0 && row->max == HOUR_MS && row->unit != NULL)
		fputs("time", out);
	else
		fprintf(out, "%s %s %s", min,
			row->max - row->min == 1 ? "or" : "to", max);
	/* the key has the unit of a time */
	if (row->unit != NULL && strcmp(row->unit, " ms") != 0 &&
	    strcmp(row->unit, " s") != 0)
		fputs(row->unit, out);
}

/* What one value of it is. */
static void put_kind(FILE *out, const struct setting_row *row)
{
	if (row->type == SETTING_INT || row->type == SETTING_MS)
		put_range(out, row);
	else if (row->type == SETTING_CHOICE || row->type == SETTING_WORD) {
		if (count_words(row) <= WORDS_IN_HEAD)
			put_words(out, row);
		else
			fputs("word", out);
	} else
		fputs(kinds[row->type], out);
}

static void put_list(FILE *out, const struct setting_row *row)
{
	/* how many are all such lists together, the text says */
	bool is_open = row->array_offset > 0 || row->elements != NULL;
	const char *kind = kinds[row->type];
	const char *from = row->count_size == 0 ? ""
			   : row->required	? "1 to "
						: "up to ";

	if (row->single)
		fprintf(out, "%s, or a list of up to %u", kind, row->most);
	else if (is_open && row->type == SETTING_GROUP)
		fputs("list of groups", out);
	else if (row->count_size == 0 && row->most == NODES)
		fprintf(out, "list of two %s%s", kind,
			row->type == SETTING_HOST ? "es" : "s");
	else
		fprintf(out, "list of %s%u %s%s", from, row->most, kind,
			row->type == SETTING_HOST ? "es" : "s");
}

static void put_default(FILE *out, const struct setting_row *row)
{
	char text[MS_TEXT_MAX];
	bool is_all = true;

	if (row->most > 0)
		return;
	switch (row->type) {
	case SETTING_BOOL:
		fprintf(out, ", default %s", row->value ? "true" : "false");
		break;
	case SETTING_INT:
	case SETTING_MS:
		fprintf(out, ", default %s",
			settings_ms_text(row->type == SETTING_MS
						 ? row->value
						 : row->value * 1000,
					 text));
		break;
	case SETTING_CHOICE:
		fprintf(out, ", default \\(dq%s\\(dq",
			row->choices[row->value]);
		break;
	case SETTING_FLAGS:
		for (unsigned i = 0; row->choices[i] != NULL; i++)
			is_all = is_all && (row->value >> i & 1) != 0;
		fputs(is_all ? ", default: all of them" : ", default none",
		      out);
		break;
	case SETTING_GROUP:
		fputs(row->optional ? ", default none" : "", out);
		break;
	case SETTING_PAIRS:
		break;
	default:
		if (row->text == NULL || row->text[0] == '\0')
			fputs(", default none", out);
		else if (row->type == SETTING_PATH)
			fprintf(out, ", default Pa %s", row->text);
		else
			fprintf(out, ", default \\(dq%s\\(dq", row->text);
		break;
	}
}

static void put_head(FILE *out, const struct setting_row *row)
{
	fprintf(out, ".It Ic %s Pq ", row->key);
	if (row->manual != NULL && row->manual->head != NULL) {
		mdoc_put_words(out, row->manual->head);
	} else {
		if (row->most > 0 && row->type != SETTING_PAIRS)
			put_list(out, row);
		else
			put_kind(out, row);
		if (row->required)
			fputs(", required", out);
		else
			put_default(out, row);
	}
	if (row->since != NULL)
		fprintf(out, ", since %s", row->since);
	fputs("\n", out);
}

/* "the host name" -> "The host name." */
static void put_says(FILE *out, const char *says)
{
	char text[MANUAL_LINE_MAX];

	snprintf(text, sizeof(text), "%s.", says);
	if (text[0] >= 'a' && text[0] <= 'z')
		text[0] = (char)(text[0] - 'a' + 'A');
	mdoc_put_text(out, text);
}

/* Does it count only where another key has this word? */
static bool is_with(const struct setting_row *rows,
		    const struct setting_row *row, const char *word)
{
	if (row->when == 0)
		return false;
	for (; rows->key != NULL; rows++)
		for (unsigned i = 0;
		     rows->offset == row->when_offset &&
		     rows->choices != NULL && rows->choices[i] != NULL;
		     i++)
			if (row->when & 1u << i &&
			    strcmp(rows->choices[i], word) == 0)
				return true;
	return false;
}

/* with, without: the word of is_with() that a key must have, may not have;
 * NULL: any. */
static void put_rows(FILE *out, const struct setting_row *rows,
		     const char *with, const char *without)
{
	fputs(".Bl -tag -width Ds\n", out);
	for (const struct setting_row *row = rows; row->key != NULL; row++) {
		const struct setting_manual *manual = row->manual;

		if ((with != NULL && !is_with(rows, row, with)) ||
		    (without != NULL && is_with(rows, row, without)))
			continue;
		put_head(out, row);
		if (manual != NULL && manual->more != NULL)
			mdoc_put_text(out, manual->more);
		else
			put_says(out, row->says);
		if (row->later != NULL)
			fputs("Another value is\n.Em not yet\npossible.\n",
			      out);
		if (row->may_differ)
			fputs("The nodes may differ.\n", out);
		if (row->rows != NULL && !(manual != NULL && manual->apart))
			put_rows(out, row->rows, NULL, NULL);
		if (manual != NULL && manual->after != NULL) {
			fputs(".Pp\n", out);
			mdoc_put_text(out, manual->after);
		}
	}
	fputs(".El\n", out);
}

static void put_driver(FILE *out, char *name)
{
	char *with = strstr(name, " with "), *without = strstr(name, " but ");

	if (with != NULL) {
		*with = '\0';
		with += strlen(" with ");
	}
	if (without != NULL) {
		*without = '\0';
		without += strlen(" but ");
	}
	for (unsigned i = 0; driver_registry[i] != NULL; i++)
		if (strcmp(driver_registry[i]->name, name) == 0) {
			is_told[i] = true;
			put_rows(out, driver_registry[i]->rows, with, without);
			return;
		}
	fprintf(out, "This build is without\n.Dq %s .\n", name);
}

static void put_other_drivers(FILE *out)
{
	for (unsigned i = 0; driver_registry[i] != NULL; i++) {
		if (is_told[i])
			continue;
		fprintf(out,
			".Ss Driver %s\nA device with\n.Ic driver\n=\n.Dq %s\n"
			"has these keys:\n",
			driver_registry[i]->name, driver_registry[i]->name);
		put_rows(out, driver_registry[i]->rows, NULL, NULL);
	}
}

static void put_keys(FILE *out, char *name)
{
	const struct setting_row *group = manual_find_group(name);

	if (strcmp(name, "the file") == 0)
		put_rows(out, settings_rows, NULL, NULL);
	else if (strcmp(name, "other drivers") == 0)
		put_other_drivers(out);
	else if (strncmp(name, "driver ", 7) == 0)
		put_driver(out, name + 7);
	else if (group != NULL)
		put_rows(out, group->rows, NULL, NULL);
	else
		manual_fail("no such group", name);
}

void manual_write_page(FILE *in, FILE *out)
{
	char line[MANUAL_LINE_MAX], *end;

	while (fgets(line, sizeof(line), in) != NULL) {
		if (strncmp(line, MARK, strlen(MARK)) != 0) {
			fputs(line, out);
			continue;
		}
		end = strstr(line, MARK_END);
		if (end == NULL)
			manual_fail("a mark ends otherwise", line);
		*end = '\0';
		put_keys(out, line + strlen(MARK));
	}
}
