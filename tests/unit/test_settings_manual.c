/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The manual page and the example say what the table says. */
#include "settings_text.h"

#include "../../src/settings/internal.h"

static const struct option *const tables[] = {
	settings_root_options,	   settings_node_options,
	settings_plug_options,	   settings_links_options,
	settings_serial_options,   settings_instance_options,
	settings_priority_options, settings_address_options,
	settings_track_options,	   settings_modbus_options,
	settings_ipmi_options,	   settings_agent_options,
	settings_fence_options,	   settings_vip_options,
	settings_watchdog_options,
};

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

static void test_the_manual_has_every_key_with_its_default(void **state)
{
	char *manual = slurp("src/settings/twinbeat.conf.5"), wanted[64];

	(void)state;
	for (size_t t = 0; t < COUNT(tables); t++)
		for (const struct option *o = tables[t]; o->key; o++) {
			const char *at = find_word(manual, ".It Ic ", o->key);

			if (at == NULL && (strcmp(o->key, "witnesses") == 0 ||
					   find_word(manual, ".Ic ", o->key)))
				continue;
			if (at == NULL) {
				assert_non_null(
					find_word(manual, " , ", o->key));
				continue;
			}
			if (o->required &&
			    !has_item(manual, o->key, "required") &&
			    strcmp(o->key, "priority") != 0)
				fail_msg("not said to be required: %s", o->key);
			if (o->type != OPTION_INT || o->required ||
			    has_item(manual, o->key, "default:"))
				continue;
			snprintf(wanted, sizeof(wanted), "default %lld",
				 (long long)o->value);
			if (!has_item(manual, o->key, wanted))
				fail_msg("%s: not \"%s\"", o->key, wanted);
		}
	free(manual);
}

static void test_the_example_shows_every_key(void **state)
{
	char *example = slurp("etc/twinbeat.conf");

	(void)state;
	for (size_t t = 0; t < COUNT(tables); t++)
		for (const struct option *o = tables[t]; o->key; o++)
			/* kind waits for plain VRRP peers, see the manual */
			if (strcmp(o->key, "kind") != 0 &&
			    find_word(example, "", o->key) == NULL)
				fail_msg("%s is not in the example", o->key);
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
