/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The manual page and the example say of each key what its row says. */
#include <unistd.h>

#include "settings_text.h"

#include "../../src/settings/device.h"
#include "../../src/settings/walk.h"

static unsigned lacking; /* told each: all of them at once */

/* The build that this program is of: it is its tests/test_settings_manual. */
static void build_folder(char self[4096])
{
	ssize_t size = readlink("/proc/self/exe", self, 4095);

	assert_true(size > 0);
	self[size] = '\0';
	for (unsigned i = 0; i < 2; i++)
		*strrchr(self, '/') = '\0';
}

static char *slurp(const char *name)
{
	char *text = calloc(1, 262144), path[4200], self[4096];
	FILE *file;

	build_folder(self);
	snprintf(path, sizeof(path), "%s/%s", self, name);
	file = fopen(path, "r");
	assert_non_null(text);
	if (file == NULL)
		fail_msg("%s: make pages makes it", path);
	assert_true(fread(text, 1, 262143, file) > 1000);
	fclose(file);
	return text;
}

/* Each row once, also where two groups have the same ones. */
static const struct setting_row *rows_of_all[512];

static unsigned add_rows(const struct setting_row *rows, unsigned count)
{
	const struct setting_row *const *known = rows_of_all;

	for (unsigned i = 0; i < count; i++)
		if (known[i] == rows)
			return count;
	for (; rows->key != NULL; rows++) {
		assert_true(count < COUNT(rows_of_all));
		rows_of_all[count++] = rows;
		if (rows->rows != NULL)
			count = add_rows(rows->rows, count);
	}
	return count;
}

static unsigned list_rows(void)
{
	unsigned count = add_rows(settings_rows, 0);

	for (unsigned i = 0; driver_registry[i] != NULL; i++)
		count = add_rows(driver_registry[i]->rows, count);
	return count;
}

static bool is_key_character(char c)
{
	return c == '_' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* word in text before end, as a word of its own. */
static const char *find_word(const char *text, const char *end,
			     const char *word)
{
	size_t size = strlen(word);

	for (const char *at = text; (at = strstr(at, word)) != NULL; at++)
		if (at + size > end)
			return NULL;
		else if ((at == text || !is_key_character(at[-1]) ||
			  !is_key_character(word[0])) &&
			 !is_key_character(at[size]))
			return at;
	return NULL;
}

/* ---- the manual ---- */

/* The line of the next item of key, or NULL. */
static const char *find_item(const char *at, const char *key)
{
	char item[64];

	snprintf(item, sizeof(item), "\n.It Ic %s Pq ", key);
	at = strstr(at, item);
	return at != NULL ? at + 1 : NULL;
}

static const char *item_end(const char *item)
{
	const char *next = strstr(item, "\n.It "), *end = strstr(item, "\n.El");

	return next != NULL && next < end ? next : end;
}

static bool item_says(const char *item, const char *wanted)
{
	return find_word(item, item_end(item), wanted) != NULL;
}

static const char *number(const struct setting_row *row, int64_t value,
			  char text[MS_TEXT_MAX])
{
	return settings_ms_text(
		row->type == SETTING_MS ? value : value * INT64_C(1000), text);
}

/* 1 to 254; "time" is 0 to an hour in ms. */
static bool item_says_range(const char *item, const struct setting_row *row)
{
	char wanted[64], min[MS_TEXT_MAX], max[MS_TEXT_MAX];

	number(row, row->min, min);
	number(row, row->max, max);
	snprintf(wanted, sizeof(wanted), "%s to %s", min, max);
	if (item_says(item, wanted))
		return true;
	snprintf(wanted, sizeof(wanted), "%s or %s", min, max);
	return item_says(item, wanted) ||
	       (row->min == 0 && row->max == HOUR_MS &&
		item_says(item, "time"));
}

static bool item_says_default(const char *item, const struct setting_row *row)
{
	char wanted[160], text[MS_TEXT_MAX];

	/* what follows from another key is said in words */
	if (item_says(item, "default:"))
		return true;
	if (row->type == SETTING_BOOL)
		snprintf(wanted, sizeof(wanted), "default %s",
			 row->value ? "true" : "false");
	else if (row->type == SETTING_INT || row->type == SETTING_MS)
		snprintf(wanted, sizeof(wanted), "default %s",
			 number(row, row->value, text));
	else if (row->type == SETTING_CHOICE)
		snprintf(wanted, sizeof(wanted), "default \\(dq%s\\(dq",
			 row->choices[row->value]);
	else if (row->type == SETTING_PATH && row->text != NULL)
		snprintf(wanted, sizeof(wanted), "default Pa %s", row->text);
	else if (row_is_text(row) && row->text != NULL)
		snprintf(wanted, sizeof(wanted), "default \\(dq%s\\(dq",
			 row->text);
	else
		return true;
	return item_says(item, wanted);
}

static bool item_says_words(const char *item, const struct setting_row *row)
{
	for (unsigned i = 0; row->choices[i] != NULL; i++) {
		char dq[64], macro[64];

		snprintf(dq, sizeof(dq), "\\(dq%s\\(dq", row->choices[i]);
		snprintf(macro, sizeof(macro), ".Dq %s", row->choices[i]);
		if (row->choices[i][0] != '\0' && !item_says(item, dq) &&
		    !item_says(item, macro))
			return false;
	}
	return true;
}

/* NULL, or what the item does not say. */
static const char *item_lacks(const char *item, const struct setting_row *row)
{
	if (row->required)
		return item_says(item, "required") ||
				       item_says(item, "As above")
			       ? NULL
			       : "required";
	if (row->later != NULL)
		return item_says(item, "Em not yet") ||
				       item_says(item, "Em Not yet")
			       ? NULL
			       : "not yet";
	if (!item_says_default(item, row))
		return "its default";
	if ((row->type == SETTING_INT || row->type == SETTING_MS) &&
	    !item_says_range(item, row))
		return "its range";
	if (row->type == SETTING_CHOICE && !item_says_words(item, row))
		return "its words";
	return NULL;
}

/* In both pages there are as many items of a key as there are keys of that
 * name, and one of them says what its row says. */
static void judge_manual(const char *pages, unsigned count,
			 const struct setting_row *row)
{
	const char *lacks = "an item";
	unsigned rows = 0, items = 0;

	for (unsigned i = 0; i < count; i++)
		rows += strcmp(rows_of_all[i]->key, row->key) == 0;
	for (const char *item = pages; (item = find_item(item, row->key));
	     items++)
		if (lacks != NULL)
			lacks = item_lacks(item, row);
	if (lacks == NULL && items == rows)
		return;
	print_error("%s: %u keys, %u items; the manual lacks %s\n", row->key,
		    rows, items, lacks ? lacks : "some, or has one twice");
	lacking++;
}

static void test_the_manual_has_every_key_as_its_row_has_it(void **state)
{
	char *conf = slurp("man/twinbeat.conf.5");
	char *director = slurp("man/twinbeat-director.8");
	char *pages = malloc(strlen(conf) + strlen(director) + 1);
	unsigned count = list_rows();

	(void)state;
	assert_non_null(pages);
	strcpy(pages, conf);
	strcat(pages, director);
	assert_true(count > 300);
	assert_null(strstr(pages, "(make puts"));
	lacking = 0;
	for (unsigned i = 0; i < count; i++)
		judge_manual(pages, count, rows_of_all[i]);
	assert_int_equal(lacking, 0);
	free(pages);
	free(director);
	free(conf);
}

/* ---- the example ---- */

static void judge_example(const char *text, const struct setting_row *row)
{
	const char *end = text + strlen(text);
	char value[SETTINGS_VALUE_MAX], wanted[SETTINGS_VALUE_MAX + 64];

	if (find_word(text, end, row->key) == NULL) {
		print_error("%s is not in the example\n", row->key);
		lacking++;
		return;
	}
	if (!walk_default(row, value))
		return;
	snprintf(wanted, sizeof(wanted), "%s = %s;", row->key, value);
	if (find_word(text, end, wanted) != NULL)
		return;
	print_error("the example does not show \"%s\"\n", wanted);
	lacking++;
}

static void test_the_example_shows_every_key_with_its_default(void **state)
{
	char *example = slurp("twinbeat.conf");
	unsigned count = list_rows();

	(void)state;
	assert_null(strstr(example, "# make puts"));
	lacking = 0;
	for (unsigned i = 0; i < count; i++)
		judge_example(example, rows_of_all[i]);
	assert_int_equal(lacking, 0);
	free(example);
}

/* Takes lines out of the example by a script of sed, and makes it again. */
static char *example_without(const char *sed)
{
	char command[4300], self[4096], *text = calloc(1, 262144);
	FILE *pipe;

	build_folder(self);
	snprintf(command, sizeof(command),
		 "sed '%s' etc/twinbeat.conf | %s/make_manual conf", sed, self);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	assert_non_null(text);
	assert_true(fread(text, 1, 262143, pipe) > 1000);
	assert_int_equal(pclose(pipe), 0);
	return text;
}

static void test_a_key_that_the_example_lacks_is_put_there(void **state)
{
	/* taken out; the group in which (NULL: at no matter which place), with
	 * what ends it; the line that is put in */
	static const struct {
		const char *sed, *group, *end, *line;
	} cases[] = {
		{"/^  tie_ms = /d", "\nfence = {", "\n};",
		 "\n  # tie_ms = 3000; # when both may shoot, the second waits "
		 "longer by this\n"},
		{"s/fall = 3; rise = 2;//", "\ninstances = (", "\n);",
		 "\n    # track.scripts.fall = 3; # failures in a row until "
		 "unfit\n"},
		{"s/session_ms = 2000;//", NULL, NULL,
		 "  # session_ms = 2000; # "},
		{"s/hold_s = 30;//", NULL, NULL,
		 "#   # flap.hold_s = 30; # for so long"},
		{"s/timeout_s = 5;//", NULL, NULL,
		 "\n# watchdog.timeout_s = 5; # "},
		{"/^realtime/d", NULL, NULL, "\n# realtime = true; # "},
		{"s/vrid = 55;//", "\ninstances = (", "\n);",
		 "\n    # vrid = \"\"; # required: "},
	};

	(void)state;
	for (unsigned i = 0; i < COUNT(cases); i++) {
		char *text = example_without(cases[i].sed), *from = text;

		if (cases[i].group != NULL) {
			from = strstr(text, cases[i].group);
			assert_non_null(from);
			assert_non_null(strstr(from, cases[i].end));
			strstr(from, cases[i].end)[1] = '\0';
		}
		if (strstr(from, cases[i].line) == NULL)
			fail_msg("%s: no \"%s\"", cases[i].sed, cases[i].line);
		free(text);
	}
}

static void test_the_smallest_file_of_the_manual_parses(void **state)
{
	char *manual = slurp("man/twinbeat.conf.5");
	char *at = strstr(manual, "pair = \"web\";");
	struct loaded *loaded;

	(void)state;
	assert_non_null(at);
	*strstr(at, ".Ed") = '\0';
	loaded = load_text(at);
	assert_string_equal(loaded->text, "");
	free(loaded);
	free(manual);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_the_manual_has_every_key_as_its_row_has_it),
		cmocka_unit_test(
			test_the_example_shows_every_key_with_its_default),
		cmocka_unit_test(
			test_a_key_that_the_example_lacks_is_put_there),
		cmocka_unit_test(test_the_smallest_file_of_the_manual_parses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
