/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows themselves: what a slip in one of them would make of its key. */
#include "settings_text.h"

#include "../../src/settings/device.h"

static void each_row(const struct setting_row *rows, const char *above,
		     void (*judge)(const struct setting_row *row,
				   const char *path))
{
	for (; rows->key != NULL; rows++) {
		char path[128];

		snprintf(path, sizeof(path), "%s.%s", above, rows->key);
		judge(rows, path);
		if (rows->rows != NULL)
			each_row(rows->rows, path, judge);
	}
}

static void each_row_of_all(void (*judge)(const struct setting_row *row,
					  const char *path))
{
	each_row(settings_rows, "", judge);
	for (unsigned i = 0; driver_registry[i] != NULL; i++)
		each_row(driver_registry[i]->rows, driver_registry[i]->name,
			 judge);
}

static unsigned count_words(const char *const *words)
{
	unsigned count = 0;

	while (words != NULL && words[count] != NULL)
		count++;
	return count;
}

static void judge_value(const struct setting_row *row, const char *path)
{
	unsigned words = count_words(row->choices);
	bool is_wide = row->size == 0 || row->size > sizeof(uint32_t);
	int64_t most = is_wide ? INT64_MAX : (INT64_C(1) << 8 * row->size) - 1;

	switch (row->type) {
	case SETTING_INT:
	case SETTING_MS:
		if (row->min > row->max || row->max > most)
			fail_msg("%s: a range that does not fit", path);
		if (!row->required &&
		    (row->value < row->min || row->value > row->max))
			fail_msg("%s: its default is out of its range", path);
		break;
	case SETTING_CHOICE:
		if (row->value >= (int64_t)words ||
		    row->choices[row->value][0] == '\0')
			fail_msg("%s: its default is no word", path);
		break;
	case SETTING_FLAGS:
		if (words == 0 || words > 8 * row->size)
			fail_msg("%s: more words than bits", path);
		break;
	case SETTING_BOOL:
		if (row->value > 1 ||
		    (row->size != 0 && row->size != sizeof(bool)))
			fail_msg("%s: no bool", path);
		break;
	case SETTING_HOST:
		assert_int_equal(row->size, sizeof(struct ip));
		break;
	case SETTING_SUBNET:
		assert_int_equal(row->size, sizeof(struct ip) + 1);
		break;
	case SETTING_GROUP:
		if (row->rows == NULL && row->later == NULL)
			fail_msg("%s: a group without keys", path);
		break;
	default:
		if (row_is_text(row) && row->text != NULL && row->size > 0 &&
		    strlen(row->text) >= row->size)
			fail_msg("%s: its default is too long", path);
	}
}

static void test_values_fit_their_place_and_defaults_their_range(void **state)
{
	(void)state;
	each_row_of_all(judge_value);
}

static void judge_list(const struct setting_row *row, const char *path)
{
	int64_t most = (INT64_C(1) << 8 * row->count_size) - 1;

	if (row->most > 0 && row->count_size > 0 && row->most > most)
		fail_msg("%s: %u do not fit into its counter", path, row->most);
	if (row->most == 0 && (row->single || row->count_size > 0))
		fail_msg("%s: no list, but counted", path);
	if (row->optional && (row->type != SETTING_GROUP || row->most > 0))
		fail_msg("%s: only a group is optional", path);
}

static void test_lists_have_a_counter_that_holds_them(void **state)
{
	(void)state;
	each_row_of_all(judge_list);
}

/* A line of `check --keys`, and what a fence agent says of a parameter. */
static void judge_words(const struct setting_row *row, const char *path)
{
	size_t size = row->says != NULL ? strlen(row->says) : 0;

	if (row->later == NULL && row->size > 0 && size == 0)
		fail_msg("%s: not a word of what it is for", path);
	if (size > 60 || (size > 0 && row->says[size - 1] == '.'))
		fail_msg("%s: no line: %s", path, row->says);
}

static void test_each_key_says_what_it_is_for(void **state)
{
	(void)state;
	each_row_of_all(judge_words);
}

/* Whose other node is older wants to know which keys it has. */
static void judge_since(const struct setting_row *row, const char *path)
{
	unsigned major, minor, patch;
	int used = 0;

	if (row->since == NULL)
		return;
	if (sscanf(row->since, "%u.%u.%u%n", &major, &minor, &patch, &used) !=
		    3 ||
	    row->since[used] != '\0')
		fail_msg("%s: since %s: no version", path, row->since);
	if (major == 0 && minor <= 1)
		fail_msg("%s: since %s: as old as the format: leave it out",
			 path, row->since);
}

static void test_a_younger_key_says_since_when(void **state)
{
	(void)state;
	each_row_of_all(judge_since);
}

/* Beside it in the same group, a key of this name. */
static void assert_once(const struct setting_row *rows, const char *where)
{
	for (const struct setting_row *a = rows; a->key != NULL; a++) {
		for (const struct setting_row *b = rows; b < a; b++)
			if (strcmp(a->key, b->key) == 0)
				fail_msg("%s has two keys %s", where, a->key);
		if (a->rows != NULL)
			assert_once(a->rows, a->key);
	}
}

static void test_a_key_stands_once_in_its_group(void **state)
{
	(void)state;
	assert_once(settings_rows, "the file");
	for (unsigned i = 0; driver_registry[i] != NULL; i++) {
		assert_once(driver_registry[i]->rows, driver_registry[i]->name);
		for (const struct setting_row *row = settings_device_rows;
		     row->key != NULL; row++)
			assert_null(
				device_find_row(driver_registry[i], row->key));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_values_fit_their_place_and_defaults_their_range),
		cmocka_unit_test(test_lists_have_a_counter_that_holds_them),
		cmocka_unit_test(test_each_key_says_what_it_is_for),
		cmocka_unit_test(test_a_younger_key_says_since_when),
		cmocka_unit_test(test_a_key_stands_once_in_its_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
