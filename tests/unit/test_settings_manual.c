/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The manual page and the example say of each key what its row says. */
#include "settings_text.h"

#include "../../src/settings/device.h"
#include "../../src/settings/walk.h"

/* Where the manual has the keys of a group; of a driver, in its order. */
static const struct {
	const char *group, *sections[3], *page; /* NULL: twinbeat.conf.5 */
} places[] = {
	{"nodes", {"Nodes"}},
	{"links", {"Links"}},
	{"instances", {"Instances"}},
	{"debounce", {"Debounce"}},
	{"fence", {"Fence"}},
	{"vip", {"Addresses in the kernel"}},
	{"notify", {"Notify"}},
	{"mail", {"Mail"}},
	{"director", {"Director"}, "src/director/twinbeat-director.8"},
	{"modbus", {"Devices", "Modbus over a serial line"}},
	{"ipmi", {"BMCs", "Devices"}},
	{"agent", {"Fence agents", "Devices"}},
};

static unsigned lacking; /* told each: all of them at once */

struct judge {
	const char *text; /* of the page, of the example */
	bool is_manual;
	const char *const *sections;
	void (*of)(const struct judge *judge, const struct setting_row *row);
};

static void each_row(const struct judge *judge, const struct setting_row *rows)
{
	for (; rows->key != NULL; rows++) {
		judge->of(judge, rows);
		if (rows->rows != NULL)
			each_row(judge, rows->rows);
	}
}

static const char *const *sections_of(const char *group)
{
	static const char *const top[] = {"Top level", NULL};

	for (size_t i = 0; i < COUNT(places); i++)
		if (strcmp(places[i].group, group) == 0)
			return places[i].sections;
	return top;
}

static bool has_place(const char *group)
{
	for (size_t i = 0; i < COUNT(places); i++)
		if (strcmp(places[i].group, group) == 0)
			return true;
	return false;
}

static char *slurp(const char *path)
{
	char *text = calloc(1, 131072);
	FILE *file = fopen(path, "r");

	assert_non_null(text);
	assert_non_null(file);
	assert_true(fread(text, 1, 131071, file) > 1000);
	fclose(file);
	return text;
}

/* The text of the page that has the group's keys; NULL: twinbeat.conf.5. */
static char *own_page(const char *group)
{
	for (size_t i = 0; i < COUNT(places); i++)
		if (strcmp(places[i].group, group) == 0 && places[i].page)
			return slurp(places[i].page);
	return NULL;
}

static void each_row_of_all(struct judge *judge)
{
	for (const struct setting_row *row = settings_rows; row->key; row++) {
		const char *text = judge->text;
		char *page = own_page(row->key);

		/* what has a page of its own is named in ours, too */
		judge->sections = sections_of("");
		if (page != NULL)
			judge->of(judge, row);
		judge->sections = sections_of(page ? row->key : "");
		if (page != NULL && judge->is_manual)
			judge->text = page;
		judge->of(judge, row);
		judge->sections = sections_of(row->key);
		if (row->rows != NULL && strcmp(row->key, "devices") != 0)
			each_row(judge, row->rows);
		judge->text = text;
		free(page);
	}
	for (unsigned i = 0; driver_registry[i] != NULL; i++) {
		if (!has_place(driver_registry[i]->name))
			fail_msg("driver %s has no row in places[] of "
				 "test_settings_manual.c",
				 driver_registry[i]->name);
		judge->sections = sections_of(driver_registry[i]->name);
		each_row(judge, settings_device_rows);
		each_row(judge, driver_registry[i]->rows);
	}
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

static const char *section_end(const char *section)
{
	const char *end = strstr(section + 1, "\n.Ss ");

	return end != NULL ? end : section + strlen(section);
}

/* The first line of an item that names key, at or after at; NULL: none. */
static const char *find_item(const char *at, const char *end, const char *key)
{
	while ((at = strstr(at, "\n.It Ic ")) != NULL && at < end) {
		const char *line = at + 1;
		const char *names_end = line + strcspn(line, "\n");
		const char *bracket = strstr(line, " Pq");

		if (bracket != NULL && bracket < names_end)
			names_end = bracket;
		if (find_word(line, names_end, key) != NULL)
			return line;
		at = line;
	}
	return NULL;
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

static void judge_manual(const struct judge *judge,
			 const struct setting_row *row)
{
	const char *lacks = "an item";

	for (unsigned i = 0; lacks != NULL && judge->sections[i]; i++) {
		char heading[64];
		const char *section, *end, *item;

		snprintf(heading, sizeof(heading), "\n.Ss %s\n",
			 judge->sections[i]);
		section = strstr(judge->text, heading);
		assert_non_null(section);
		end = section_end(section);
		for (item = section; lacks != NULL && item != NULL;) {
			item = find_item(item, end, row->key);
			if (item != NULL)
				lacks = item_lacks(item, row);
		}
	}
	if (lacks == NULL)
		return;
	print_error("%s: %s: the manual lacks %s\n", judge->sections[0],
		    row->key, lacks);
	lacking++;
}

static void test_the_manual_has_every_key_as_its_row_has_it(void **state)
{
	char *manual = slurp("src/settings/twinbeat.conf.5");
	struct judge judge = {
		.text = manual, .is_manual = true, .of = judge_manual};

	(void)state;
	lacking = 0;
	each_row_of_all(&judge);
	assert_int_equal(lacking, 0);
	free(manual);
}

/* ---- the example ---- */

static void judge_example(const struct judge *judge,
			  const struct setting_row *row)
{
	const char *end = judge->text + strlen(judge->text);
	char value[SETTINGS_VALUE_MAX], wanted[SETTINGS_VALUE_MAX + 64];

	if (find_word(judge->text, end, row->key) == NULL) {
		print_error("%s is not in the example\n", row->key);
		lacking++;
		return;
	}
	if (!walk_default(row, value))
		return;
	snprintf(wanted, sizeof(wanted), "%s = %s;", row->key, value);
	if (find_word(judge->text, end, wanted) != NULL)
		return;
	print_error("the example does not show \"%s\"\n", wanted);
	lacking++;
}

static void test_the_example_shows_every_key_with_its_default(void **state)
{
	char *example = slurp("etc/twinbeat.conf");
	struct judge judge = {.text = example, .of = judge_example};

	(void)state;
	lacking = 0;
	each_row_of_all(&judge);
	assert_int_equal(lacking, 0);
	free(example);
}

static void test_the_smallest_file_of_the_manual_parses(void **state)
{
	char *manual = slurp("src/settings/twinbeat.conf.5");
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
		cmocka_unit_test(test_the_smallest_file_of_the_manual_parses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
