/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The text of the settings before libconfig sees it: characters that no eye
 * tells, comments that swallow the rest, includes and their line numbers. */
#include "settings_text.h"

#include <sys/stat.h>
#include <unistd.h>

#include "../../src/settings/internal.h"

/* Longer than GOOD's line 9 by what is put before it. */
struct odd {
	const char *old, *new, *finding;
};

static void assert_odd(const struct odd *odd, size_t count, unsigned errors,
		       unsigned warnings)
{
	for (size_t i = 0; i < count; i++) {
		struct loaded *loaded = load_edited(odd[i].old, odd[i].new);

		if (strstr(loaded->text, odd[i].finding) == NULL ||
		    loaded->report.errors != errors ||
		    loaded->report.warnings != warnings)
			fail_msg("%zu: wanted %u error(s), %u warning(s) "
				 "and\n%s\ngot\n%s",
				 i, errors, warnings, odd[i].finding,
				 loaded->text);
		free(loaded);
	}
}

/* Outside of strings nothing of it can be meant: an error with its column. */
static void test_B16_a_character_that_looks_right_is_named(void **state)
{
	static const struct odd odd[] = {
		{"links =", "\xc2\xa0links =",
		 "t.conf:9: error: file: column 1: U+00A0 (no-break space)"},
		{"links = {", "links =\xe3\x80\x80{",
		 "t.conf:9: error: file: column 8: U+3000 (ideographic space)"},
		{"pair = \"web\"", "pair = \xe2\x80\x9cweb\"",
		 "t.conf:1: error: file: column 8: U+201C (left double"},
		{"vrid = 55;", "vrid = 55\xef\xbc\x9b",
		 "t.conf:10: error: file: column 61: U+FF1B (full-width "
		 "semicolon) is no semicolon: write ;"},
		{"vrid = 55;", "vrid = 55\xcd\xbe",
		 "column 61: U+037E (Greek question mark)"},
		{"vrid", "\xd1\x80vrid",
		 "column 52: U+0440 (Cyrillic letter) looks like p"},
		{"vrid", "v\xd0\xb6rid", "column 53: U+0436 (Cyrillic letter)"},
		{"vrid", "vr\xe2\x80\x8bid",
		 "column 54: U+200B (zero width space) cannot be seen"},
		{"vrid", "vr\xc2\xadid", "column 54: U+00AD (soft hyphen)"},
		{"vrid", "vr\xef\xbb\xbfid", "U+FEFF (byte order mark) may"},
		{"vrid = 55",
		 "vrid = \xe2\x88\x92"
		 "55",
		 "U+2212 (minus sign) is no minus"},
		{"vrid = 55", "vrid = \xf0\x9d\x9f\x93\xf0\x9d\x9f\x93",
		 "U+1D7D3 (another form of 5): write 5"},
		{"links =", "\xa0links =",
		 "column 1: byte 0xa0 (a no-break space in Latin-1)"},
		{"pair = \"web\"", "pair = \x93web\"",
		 "column 8: byte 0x93 (a quotation mark in Windows-1252)"},
		{"links =", "\xc0\xafx =", "byte 0xc0 is no UTF-8"},
		{"links =", "\x1alinks =", "column 1: U+001A"},
		{"links =", "\x7flinks =", "column 1: U+007F"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(odd); i++) {
		struct loaded *loaded = load_edited(odd[i].old, odd[i].new);

		if (strstr(loaded->text, odd[i].finding) == NULL ||
		    loaded->report.errors == 0)
			fail_msg("%zu: wanted\n%s\ngot\n%s", i, odd[i].finding,
				 loaded->text);
		/* and not what libconfig makes of it */
		assert_null(strstr(loaded->text, "syntax"));
		free(loaded);
	}
}

static void test_B16_all_of_them_are_told_at_once(void **state)
{
	struct loaded *loaded =
		load_edited("pair = \"web\";",
			    "\xc2\xa0pair = \xe2\x80\x9cweb\xe2\x80\x9d;");

	(void)state;
	assert_int_equal(loaded->report.errors, 3);
	assert_non_null(strstr(loaded->text, "column 1: U+00A0"));
	assert_non_null(strstr(loaded->text, "column 9: U+201C"));
	assert_non_null(strstr(loaded->text, "column 13: U+201D"));
	free(loaded);
}

/* In a string it may be meant: a warning with the key, and what follows. */
static void test_B16_in_a_string_it_is_a_warning(void **state)
{
	static const struct odd odd[] = {
		{"\"pdu\"; driver = \"modbus\"",
		 "\"pdu\"; driver = \"m\xd0\xbe"
		 "dbus\"",
		 "t.conf:13: warning: driver: column 40: U+043E (Cyrillic "
		 "letter) looks like o"},
		{"\"eth0\"", "\"eth0\xe2\x80\x8b\"",
		 "t.conf:10: warning: interface: column 49: U+200B"},
	};
	struct loaded *loaded;

	(void)state;
	for (size_t i = 0; i < COUNT(odd); i++) {
		loaded = load_edited(odd[i].old, odd[i].new);
		if (strstr(loaded->text, odd[i].finding) == NULL ||
		    loaded->report.warnings != 1)
			fail_msg("%zu: wanted\n%s\ngot\n%s", i, odd[i].finding,
				 loaded->text);
		/* what shows the value shows that something is there */
		assert_null(strstr(loaded->text, "\xd0\xbe"));
		assert_null(strstr(loaded->text, "\xe2\x80\x8b"));
		free(loaded);
	}
	loaded = load_edited("links =", "notify = \"/usr/bin/pr\xc3\xbc"
					"fe\"; # caf\xe9 \xc2\xa0\nlinks =");
	assert_string_equal(loaded->text, "");
	free(loaded);
}

/* However many there are in strings: one outside is the error that is told. */
static void test_B16_warnings_do_not_crowd_out_the_error(void **state)
{
	static const unsigned counts[] = {15, 16, 17, 300};
	char text[2048];

	(void)state;
	for (size_t i = 0; i < COUNT(counts); i++) {
		struct loaded *loaded;

		strcpy(text, "notify = \"");
		for (unsigned n = 0; n < counts[i]; n++)
			strcat(text, "\xc2\xa0");
		strcat(text, "\"; vr\xe2\x80\x8bid = 1;\n\x93links =");
		loaded = load_edited("links =", text);
		assert_int_equal(loaded->result, -1);
		assert_int_equal(loaded->report.errors, 2);
		assert_non_null(strstr(loaded->text, "U+200B (zero width"));
		assert_non_null(strstr(loaded->text, "column 1: byte 0x93"));
		free(loaded);
	}
}

static void test_B16_a_byte_order_mark_at_the_beginning_is_no_harm(void **state)
{
	struct loaded *loaded = load_edited("pair =", "\xef\xbb\xbfpair =");

	(void)state;
	assert_string_equal(loaded->text, "");
	free(loaded);
	/* columns count from behind it */
	loaded = load_edited("pair =", "\xef\xbb\xbf\xc2\xa0pair =");
	assert_non_null(strstr(loaded->text, "column 1: U+00A0"));
	free(loaded);
}

static void test_B16_other_encodings_and_line_ends_are_named(void **state)
{
	static const struct odd odd[] = {
		{"pair =", "\xff\xfep=",
		 "t.conf:1: error: file: this is UTF-16"},
		{"pair =", "\xfe\xffp=",
		 "t.conf:1: error: file: this is UTF-16"},
		/* all behind such a comment would be one with it */
		{"links =", "# old Mac\rlinks =",
		 "t.conf:9: error: file: a line that ends with a carriage"},
	};
	struct loaded *loaded = load_edited("links =", "\r\n\r\r\nlinks =");

	(void)state;
	assert_string_equal(loaded->text, "");
	free(loaded);
	assert_odd(odd, COUNT(odd), 1, 0);
}

/* libconfig makes a byte of it, which ends the text for everybody. */
static void test_a_text_that_would_be_cut_short_is_refused(void **state)
{
	static const struct odd odd[] = {
		{"links =", "pair2 = \"w\\x00b\"; links =",
		 "t.conf:9: error: file: \\x00 in a text: what stands behind "
		 "it would be lost"},
	};

	(void)state;
	assert_odd(odd, COUNT(odd), 1, 0);
}

/* ---- C01 ---- */

static void test_C01_a_comment_that_is_never_closed_is_named(void **state)
{
	static const struct odd odd[] = {
		{"links =", "/* links =",
		 "t.conf:9: error: file: the comment opened at t.conf:9 is "
		 "never closed"},
		{"links =", "/* one */ /* two /* links =",
		 "the comment opened at t.conf:9 is never closed"},
		{"links =", "/*/ links =",
		 "the comment opened at t.conf:9 is never closed"},
		{"fence = { required = true; };\n", "fence = { }; /*",
		 "the comment opened at t.conf:15 is never closed"},
		{"fence = { required = true; };\n", "fence = { }; /* *",
		 "the comment opened at t.conf:15 is never closed"},
	};

	(void)state;
	assert_odd(odd, COUNT(odd), 1, 0);
}

static void test_C01_what_only_looks_like_an_open_comment_is_none(void **state)
{
	static const char *const fine[] = {"# a last line",
					   "// a last line",
					   "/* a last line */",
					   "# /* a last line",
					   "// /* a last line",
					   "/* a # last */ // line",
					   "/** a * / last line **/",
					   "/* over\n two lines */",
					   "/* \" */",
					   "# a last line\\"};

	(void)state;
	for (size_t i = 0; i < COUNT(fine); i++) {
		struct loaded *loaded =
			load_edited("fence = { required = true; };\n", fine[i]);

		if (loaded->report.errors != 0)
			fail_msg("%s: %s", fine[i], loaded->text);
		free(loaded);
	}
	struct loaded *loaded =
		load_edited("links =", "notify = \"/opt/*\"; links =");

	assert_string_equal(loaded->text, "");
	free(loaded);
}

static void test_B15_a_string_over_many_lines_is_suspected(void **state)
{
	struct loaded *loaded = load_edited("\"VI_1\"", "\"VI_1");

	(void)state;
	assert_non_null(strstr(loaded->text, "never closed"));
	assert_non_null(strstr(loaded->text,
			       "the string that begins at t.conf:10 has"));
	free(loaded);
}

/* ---- includes ---- */

struct folder {
	char path[64], file[128];
};

static void folder_write(struct folder *folder, const char *name,
			 const char *text)
{
	FILE *file;

	snprintf(folder->file, sizeof(folder->file), "%s/%s", folder->path,
		 name);
	file = fopen(folder->file, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

#define NODE_1                                                                 \
	"# the first node\n"                                                   \
	"{ name = \"lb01\"; priority = 150; address = \"192.0.2.11\";\n"       \
	"  serial = \"/nowhere/tty1\";\n"                                      \
	"  fence = ( { device = \"pdu\"; plug = 1; } ); }\n"
#define NODE_2                                                                 \
	"{ name = \"lb02\"; address = \"192.0.2.12\";\n"                       \
	"  serial = \"/dev/two\";\n"                                           \
	"  fence = ( { device = \"pdu\"; plug = 2; } ); }\n"
#define PAIR                                                                   \
	"pair = \"web\"; key_file = \"/nowhere/key\";\n"                       \
	"links = { serial = { }; };\n"                                         \
	"instances = ( { name = \"VI_1\"; interface = \"nowhere0\";\n"         \
	"  vrid = 55; addresses = ( { ip = \"192.0.2.100/32\"; } ); } );\n"    \
	"devices = ( { name = \"pdu\"; driver = \"modbus\";\n"                 \
	"  host = \"203.0.113.20\"; } );\n"

static struct loaded *load_folder(struct folder *folder)
{
	char path[128];
	struct loaded *loaded;

	snprintf(path, sizeof(path), "%s/pair.conf", folder->path);
	loaded = load_file(path, "lb01");
	if (loaded->result == 0)
		settings_check_environment(&loaded->settings, &loaded->report);
	return loaded;
}

static void assert_finds(struct folder *folder, const char *finding)
{
	struct loaded *loaded = load_folder(folder);
	char wanted[256];

	snprintf(wanted, sizeof(wanted), "%s/%s", folder->path, finding);
	if (strstr(loaded->text, wanted) == NULL)
		fail_msg("wanted %s in\n%s", wanted, loaded->text);
	free(loaded);
}

static void folder_begin(struct folder *folder)
{
	snprintf(folder->path, sizeof(folder->path), "/tmp/text.XXXXXX");
	assert_non_null(mkdtemp(folder->path));
	folder_write(folder, "n1.inc", NODE_1);
	folder_write(folder, "n2.inc", NODE_2);
	folder_write(folder, "pair.conf",
		     PAIR "nodes = (\n@include \"n1.inc\"\n,\n"
			  "@include \"n2.inc\"\n);\n");
}

static void folder_end(const struct folder *folder)
{
	static const char *const names[] = {"pair.conf", "n1.inc", "n2.inc",
					    "n3.inc"};
	char path[128];

	for (size_t i = 0; i < COUNT(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder->path, names[i]);
		unlink(path);
	}
	assert_int_equal(rmdir(folder->path), 0);
}

static void
test_B15_what_this_machine_lacks_is_told_with_file_and_line(void **state)
{
	struct folder folder;

	(void)state;
	folder_begin(&folder);
	assert_finds(&folder, "n1.inc:3: warning: nodes[0].serial: "
			      "/nowhere/tty1 is not there");
	assert_finds(&folder, "pair.conf:1: error: key_file: /nowhere/key");
	assert_finds(&folder, "pair.conf:3: warning: instances[0].interface: "
			      "there is no network interface nowhere0");
	folder_write(&folder, "n3.inc", "\n\nnotify = \"/nowhere/hook\";\n");
	folder_write(&folder, "pair.conf",
		     PAIR "nodes = (\n@include \"n1.inc\"\n,\n"
			  "@include \"n2.inc\"\n);\n@include \"n3.inc\"\n");
	assert_finds(&folder, "n3.inc:3: error: notify: /nowhere/hook");
	folder_end(&folder);
}

static void test_B15_an_error_in_an_included_file_has_its_place(void **state)
{
	struct folder folder;

	(void)state;
	folder_begin(&folder);
	folder_write(&folder, "n2.inc",
		     "{ name = \"lb02\";\n\n  address = \"192.0.2.1x\";\n"
		     "  colour = 1; serial = \"/dev/two\"; }\n");
	assert_finds(&folder, "n2.inc:3: error: nodes[1].address: ");
	assert_finds(&folder, "n2.inc:4: error: nodes[1].colour: unknown key");
	/* below an include the lines of the first file go on */
	folder_write(&folder, "n2.inc", NODE_2);
	folder_write(&folder, "pair.conf",
		     PAIR "nodes = (\n@include \"n1.inc\"\n,\n"
			  "@include \"n2.inc\"\n);\nstartup = 1;\n");
	assert_finds(&folder, "pair.conf:12: error: startup: unknown key");
	folder_end(&folder);
}

static void test_B15_nested_and_inline_includes_have_their_places(void **state)
{
	struct folder folder;

	(void)state;
	folder_begin(&folder);
	folder_write(&folder, "n2.inc", "# deeper\n@include \"n3.inc\"");
	folder_write(&folder, "n3.inc",
		     "{ name = \"lb02\"; serial = \"/dev/two\";\n"
		     "  address = \"192.0.2.300\"; }");
	folder_write(&folder, "pair.conf",
		     PAIR "nodes = ( @include \"n1.inc\" , "
			  "@include \"n2.inc\" ); startup = 1;\n");
	assert_finds(&folder, "n3.inc:2: error: nodes[1].address: ");
	assert_finds(&folder, "pair.conf:7: error: startup: unknown key");
	folder_end(&folder);
}

static void
test_B15_a_syntax_error_in_an_included_file_has_its_place(void **state)
{
	struct folder folder;

	(void)state;
	folder_begin(&folder);
	folder_write(&folder, "n2.inc",
		     "{ name = \"lb02\"\n  address == \"192.0.2.12\"; }\n");
	assert_finds(&folder, "n2.inc:2: error: syntax: ");
	/* an error that shows only behind the include names both places */
	folder_write(&folder, "n2.inc", "{ name = \"lb02\";\n");
	assert_finds(&folder, "pair.conf:11: error: syntax: ");
	assert_finds(&folder, "n2.inc:");
	folder_end(&folder);
}

static void test_B16_and_C01_hold_in_an_included_file_as_well(void **state)
{
	struct folder folder;
	struct loaded *loaded;

	(void)state;
	folder_begin(&folder);
	folder_write(&folder, "n2.inc", "\xef\xbb\xbf" NODE_2);
	loaded = load_folder(&folder);
	assert_null(strstr(loaded->text, "U+FEFF"));
	assert_null(strstr(loaded->text, "n2.inc"));
	free(loaded);
	folder_write(&folder, "n2.inc", "\n\xc2\xa0" NODE_2);
	assert_finds(&folder, "n2.inc:2: error: file: column 1: U+00A0");
	folder_write(&folder, "n2.inc", NODE_2 "/* open\n\n");
	assert_finds(&folder, "n2.inc:4: error: file: the comment opened at");
	folder_write(&folder, "n2.inc", NODE_2 "# a last line");
	loaded = load_folder(&folder);
	assert_null(strstr(loaded->text, "n2.inc"));
	free(loaded);
	folder_write(&folder, "n2.inc", "\xff\xfe{");
	assert_finds(&folder, "n2.inc:1: error: file: this is UTF-16");
	folder_end(&folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_B16_a_character_that_looks_right_is_named),
		cmocka_unit_test(test_B16_all_of_them_are_told_at_once),
		cmocka_unit_test(test_B16_in_a_string_it_is_a_warning),
		cmocka_unit_test(test_B16_warnings_do_not_crowd_out_the_error),
		cmocka_unit_test(
			test_B16_a_byte_order_mark_at_the_beginning_is_no_harm),
		cmocka_unit_test(
			test_B16_other_encodings_and_line_ends_are_named),
		cmocka_unit_test(
			test_a_text_that_would_be_cut_short_is_refused),
		cmocka_unit_test(
			test_C01_a_comment_that_is_never_closed_is_named),
		cmocka_unit_test(
			test_C01_what_only_looks_like_an_open_comment_is_none),
		cmocka_unit_test(
			test_B15_a_string_over_many_lines_is_suspected),
		cmocka_unit_test(
			test_B15_what_this_machine_lacks_is_told_with_file_and_line),
		cmocka_unit_test(
			test_B15_an_error_in_an_included_file_has_its_place),
		cmocka_unit_test(
			test_B15_nested_and_inline_includes_have_their_places),
		cmocka_unit_test(
			test_B15_a_syntax_error_in_an_included_file_has_its_place),
		cmocka_unit_test(
			test_B16_and_C01_hold_in_an_included_file_as_well),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
