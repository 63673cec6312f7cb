/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What may come by a twinbeat push, and the text that goes: a file with its
 * includes in place means what it meant in pieces.
 */
#include <sys/stat.h>
#include <unistd.h>

#include "../../src/settings/push.h"
#include "settings_text.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static unsigned changed_from(struct loaded *old, struct loaded *new)
{
	unsigned count;

	if (old->result != 0 || new->result != 0)
		fail_msg("%s%s", old->text, new->text);
	new->text[0] = '\0';
	count = settings_check_push(&old->settings, &new->settings,
				    &new->report);
	free(old);
	return count;
}

static unsigned changed(struct loaded *new)
{
	return changed_from(load_text(GOOD), new);
}

static void test_who_is_who_is_not_pushed(void **state)
{
	static const struct edit edits[] = {
		{"192.0.2.12", "192.0.2.13", "nodes[1].address: another"},
		{"/dev/two", "/dev/three", "nodes[1].serial: \"/dev/three\""},
		{"plug = 2", "plug = 3", "nodes[1].fence: other plugs"},
		{"serial = { }", "serial = { baud = 57600; }",
		 "links: serial goes another way"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(edits); i++) {
		struct loaded *new = load_edited(edits[i].old, edits[i].new);

		assert_int_equal(changed(new), 1);
		if (strstr(new->text, edits[i].finding) == NULL)
			fail_msg("%s is not in %s", edits[i].finding,
				 new->text);
		assert_non_null(strstr(new->text, "twinbeat push does not"));
		free(new);
	}
}

static void test_a_link_that_is_gone_is_not_pushed(void **state)
{
	struct loaded *old = load_edited(
		"links = { serial = { }; }",
		"links = { serial = { }; udp = ( { name = \"direct\";\n"
		"interface = \"eth1\"; addresses = ( \"198.51.100.1\",\n"
		"\"198.51.100.2\" ); } ); }");
	struct loaded *new = load_text(GOOD);

	(void)state;
	assert_int_equal(changed_from(old, new), 1);
	assert_non_null(strstr(new->text, "direct is not there any more"));
	free(new);
}

static void test_what_the_pair_does_is_pushed(void **state)
{
	static const char *const edits[][2] = {
		{"vrid = 55", "vrid = 56"},
		{"192.0.2.100/32", "192.0.2.101/32"},
		{"serial = { }", "serial = { interval_ms = 150; }"},
		{"203.0.113.20", "203.0.113.21"},
		{"priority = 100", "priority = 90"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(edits); i++) {
		struct loaded *new = load_edited(edits[i][0], edits[i][1]);

		assert_int_equal(changed(new), 0);
		free(new);
	}
}

static void put(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void test_an_included_file_goes_along(void **state)
{
	char folder[] = "/tmp/test-push-XXXXXX", path[64], other[64];
	char *text, error[200] = "";
	struct loaded *whole, *joined;
	size_t size = 0;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/a", folder);
	snprintf(other, sizeof(other), "%s/b", folder);
	put(other, "vrid = 77; # of the included file\n");
	text = edited("vrid = 55;", "\n@include \"b\"\n");
	put(path, text);
	free(text);
	whole = load_file(path, "lb01");
	text = settings_join(path, &size, error, sizeof(error));
	assert_non_null(text);
	assert_int_equal(strlen(text), size);
	assert_null(strstr(text, "@include"));
	assert_non_null(strstr(text, "# of the included file"));
	joined = load_text(text);
	assert_int_equal(joined->result, 0);
	assert_int_equal(joined->settings.instances[0].vrid, 77);
	assert_int_equal(joined->settings.digest, whole->settings.digest);
	free(text);
	/* an include that is missing is told as it is by a check */
	assert_int_equal(unlink(other), 0);
	assert_null(settings_join(path, &size, error, sizeof(error)));
	assert_non_null(strstr(error, "cannot open"));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(folder), 0);
	free(whole);
	free(joined);
}

static void test_a_file_that_was_only_touched_is_the_same(void **state)
{
	struct loaded *a = load_text(GOOD), *b = load_text(GOOD);

	(void)state;
	b->settings.file_at_s = 12345;
	assert_true(settings_are_same(&a->settings, &b->settings));
	b->settings.digest ^= 1;
	assert_false(settings_are_same(&a->settings, &b->settings));
	free(a);
	free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_is_who_is_not_pushed),
		cmocka_unit_test(test_a_link_that_is_gone_is_not_pushed),
		cmocka_unit_test(test_what_the_pair_does_is_pushed),
		cmocka_unit_test(test_an_included_file_goes_along),
		cmocka_unit_test(test_a_file_that_was_only_touched_is_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
