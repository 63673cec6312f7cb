/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The manual page and the example say what the table says. */
#include "settings_text.h"

#include "../../src/settings/device.h"
#include "../../src/settings/row.h"

static void each_row(const struct setting_row *rows,
		     void (*judge)(const struct setting_row *row,
				   const char *text),
		     const char *text)
{
	for (; rows->key != NULL; rows++) {
		judge(rows, text);
		if (rows->rows != NULL)
			each_row(rows->rows, judge, text);
	}
}

static void each_row_of_all(void (*judge)(const struct setting_row *row,
					  const char *text),
			    const char *text)
{
	each_row(settings_rows, judge, text);
	for (unsigned i = 0; driver_registry[i] != NULL; i++)
		each_row(driver_registry[i]->rows, judge, text);
}

static char *slurp(const char *path)
{
	char *text = calloc(1, 65536);
	FILE *file = fopen(path, "r");

	assert_non_null(text);
	assert_non_null(file);
	assert_true(fread(text, 1, 65535, file) > 1000);
	fclose(file);
	return text;
}

static bool is_key_character(char c)
{
	return c == '_' || (c >= 'a' && c <= 'z');
}

/* key as a word of its own, with what stands before it. */
static const char *find_word(const char *text, const char *before,
			     const char *key)
{
	char wanted[80];
	size_t size;

	snprintf(wanted, sizeof(wanted), "%s%s", before, key);
	size = strlen(wanted);
	while ((text = strstr(text, wanted)) != NULL) {
		if (!is_key_character(text[size]))
			return text;
		text += size;
	}
	return NULL;
}

/* Drivers share names of keys: one item of that name must say it. */
static bool has_item(const char *manual, const char *key, const char *wanted)
{
	const char *at = manual;

	while ((at = find_word(at, ".It Ic ", key)) != NULL) {
		const char *found = strstr(at, wanted);

		if (found != NULL && found < at + strcspn(at, "\n") &&
		    !(found[strlen(wanted)] >= '0' &&
		      found[strlen(wanted)] <= '9'))
			return true;
		at++;
	}
	return false;
}

static void judge_manual(const struct setting_row *row, const char *manual)
{
	const char *at = find_word(manual, ".It Ic ", row->key);
	char wanted[64];

	if (at == NULL && (strcmp(row->key, "witnesses") == 0 ||
			   find_word(manual, ".Ic ", row->key)))
		return;
	if (at == NULL) {
		assert_non_null(find_word(manual, " , ", row->key));
		return;
	}
	if (row->required && !has_item(manual, row->key, "required") &&
	    strcmp(row->key, "priority") != 0)
		fail_msg("not said to be required: %s", row->key);
	if (row->type != SETTING_INT || row->required ||
	    has_item(manual, row->key, "default:"))
		return;
	snprintf(wanted, sizeof(wanted), "default %lld", (long long)row->value);
	if (!has_item(manual, row->key, wanted))
		fail_msg("%s: not \"%s\"", row->key, wanted);
}

static void test_the_manual_has_every_key_with_its_default(void **state)
{
	char *manual = slurp("src/settings/twinbeat.conf.5");

	(void)state;
	each_row_of_all(judge_manual, manual);
	free(manual);
}

static void judge_example(const struct setting_row *row, const char *example)
{
	/* kind waits for plain VRRP peers, see the manual */
	if (strcmp(row->key, "kind") != 0 &&
	    find_word(example, "", row->key) == NULL)
		fail_msg("%s is not in the example", row->key);
}

static void test_the_example_shows_every_key(void **state)
{
	char *example = slurp("etc/twinbeat.conf");

	(void)state;
	each_row_of_all(judge_example, example);
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
			test_the_manual_has_every_key_with_its_default),
		cmocka_unit_test(test_the_example_shows_every_key),
		cmocka_unit_test(test_the_smallest_file_of_the_manual_parses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
