/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who is told, as the file says it: what could never arrive is an error. */
#include "settings_text.h"

#define MAIL "mail = { server = \"mx\"; to = \"a@b\"; }; "

static bool wants(const struct settings *settings,
		  const struct settings_receiver *receiver, uint32_t on,
		  const char *instance)
{
	const struct settings_told told = {on, instance, "", ""};

	return settings_receiver_wants(settings, receiver, &told);
}

static void test_what_could_never_arrive_is_an_error(void **state)
{
	static const struct edit errors[] = {
		{"pair =", "notify = 5; pair =",
		 "is a number, but must be a string in quotes or a list of "
		 "groups"},
		{"pair =", "notify = \"relative\"; pair =",
		 "t.conf:1: error: notify: must begin with an absolute path"},
		{"pair =", "notify = ( { on = ( \"MASTER\" ); } ); pair =",
		 "notify[0]: tells nobody"},
		{"pair =", "notify = ( { command = \"/a 'b\"; } ); pair =",
		 "a quotation mark is not closed"},
		{"pair =",
		 "notify = ( { command = \"/a\"; on = ( ); } ); pair =",
		 "never told"},
		{"pair =",
		 "notify = ( { command = \"/a\"; on = ( \"STOP\" ); } ); "
		 "pair =",
		 "\"STOP\" is not known"},
		{"pair =",
		 "notify = ( { journal = true; arguments = \"keepalived\"; } "
		 "); pair =",
		 "are for a command or a fifo"},
		{"pair =", "notify = ( { mail = true; } ); pair =",
		 "there is no group mail"},
		{"pair =",
		 "notify = ( { command = \"/a\"; instance = \"VI_9\"; } ); "
		 "pair =",
		 "there is no instance \"VI_9\""},
		{"pair =",
		 "notify = ( { command = \"/a\"; on = ( \"server-up\" ); "
		 "service = \"s9\"; } ); pair =",
		 "notify[0].service: there is no service \"s9\" in director"},
		{"pair =",
		 "notify = ( { command = \"/a\"; on = ( \"server-up\" ); "
		 "server = \"w9\"; } ); pair =",
		 "notify[0].server: there is no server \"w9\" in any service"},
		{"pair =", "notify = ( { webhook = \"ftp://h/\"; } ); pair =",
		 "must begin with https://"},
		{"pair =",
		 "notify = ( { command = \"/a\"; key_file = \"/k\"; } ); "
		 "pair =",
		 "is for a webhook"},
		{"pair =",
		 "notify = ( { mail = true; } ); mail = { to = \"a@b\"; }; "
		 "pair =",
		 "mail.server: is missing"},
		{"pair =",
		 "notify = ( { mail = true; } ); mail = { server = \"m x\"; "
		 "to = \"a@b\"; }; pair =",
		 "is no name or address of a server"},
		{"pair =",
		 "notify = ( { mail = true; } ); mail = { server = \"mx\"; to "
		 "= ( \"a@b\", \"a\\r\\nRCPT TO:<c@d>@e\" ); }; pair =",
		 "is no address like ops@example.net"},
		{"pair =",
		 "notify = ( { mail = true; } ); mail = { server = \"mx\"; to "
		 "= \"a@b\"; user = \"u\"; }; pair =",
		 "a login needs user and password_file"},
		{"pair =",
		 "notify = ( { mail = true; } ); mail = { server = \"mx\"; to "
		 "= \"a@b\"; user = \"u\"; password_file = \"/p\"; tls = "
		 "\"none\"; }; pair =",
		 "would send the password for everybody to read"},
	};
	static const struct edit warnings[] = {
		{"pair =", MAIL "pair =", "no mail is ever sent"},
		{"pair =",
		 "notify = ( { command = \"/a\"; on = ( \"quorum-up\" ); } ); "
		 "pair =",
		 "warning: notify[0].on: there is no director"},
		{"pair =", "notify = ( { webhook = \"http://h/\"; } ); pair =",
		 "neither secret nor safe"},
	};

	(void)state;
	assert_edits(errors, COUNT(errors), 1, 0);
	assert_edits(warnings, COUNT(warnings), 0, 1);
}

static void test_receivers_have_numbers_and_no_secrets(void **state)
{
	struct loaded *loaded = load_edited(
		"pair =", "notify = ( { mail = true; instance = \"VI_1\"; on = "
			  "( \"MASTER\" ); }, { webhook = "
			  "\"https://u:pw@h.example:8443/secret\"; on = ( "
			  "\"alert\" ); }, { mail = true; on = ( \"alert\" ); "
			  "} ); mail = { server = \"mx\"; to = ( \"a@b\", "
			  "\"c@d\" ); }; pair =");
	struct settings_receiver list[RECEIVERS_MAX];
	const struct settings *s = &loaded->settings;

	(void)state;
	assert_string_equal(loaded->text, "");
	assert_int_equal(settings_receivers(s, list), 3);
	assert_string_equal(list[0].name, "mail:a@b");
	assert_string_equal(list[1].name, "mail:c@d");
	assert_string_equal(list[2].name, "webhook:h.example:8443");
	assert_true(wants(s, &list[1], NOTIFY_ALERT, ""));
	assert_true(wants(s, &list[1], NOTIFY_MASTER, "VI_1"));
	assert_false(wants(s, &list[1], NOTIFY_MASTER, "VI_2"));
	assert_false(wants(s, &list[2], NOTIFY_MASTER, "VI_1"));
	assert_false(wants(s, &list[0], NOTIFY_FENCE, ""));
	free(loaded);
}

static void test_programs_are_receivers_of_their_own_names(void **state)
{
	struct loaded *loaded = load_edited(
		"pair =",
		"notify = ( { command = \"/a/b secret\"; }, { command = "
		"\"/a/b other\"; on = ( \"alert\" ); }, { command = \"/a\"; }, "
		"{ webhook = \"https://h/1\"; }, { webhook = \"https://h/2\"; "
		"} ); pair =");
	struct settings_receiver list[RECEIVERS_ALL_MAX];
	const struct settings *s = &loaded->settings;

	(void)state;
	assert_string_equal(loaded->text, "");
	assert_int_equal(settings_receivers(s, list), 2);
	assert_int_equal(settings_all_receivers(s, list), 5);
	assert_string_equal(list[0].name, "webhook:h");
	assert_string_equal(list[1].name, "webhook:h (2)");
	assert_string_equal(list[2].name, "program:/a/b");
	assert_string_equal(list[3].name, "program:/a/b (2)");
	assert_string_equal(list[4].name, "program:/a");
	assert_false(wants(s, &list[3], NOTIFY_MASTER, "VI_1"));
	free(loaded);
}

static void test_a_command_is_parted_as_a_shell_does(void **state)
{
	char room[SETTINGS_COMMAND_MAX], *words[COMMAND_WORDS_MAX + 1];

	(void)state;
	assert_int_equal(settings_split_command(" /a  'b c'\td\"e f\"g \\ h ",
						room, words),
			 4);
	assert_string_equal(words[0], "/a");
	assert_string_equal(words[1], "b c");
	assert_string_equal(words[2], "de fg");
	assert_string_equal(words[3], " h");
	assert_null(words[4]);
	assert_int_equal(settings_split_command("", room, words), 0);
	assert_int_equal(settings_split_command("/a \"", room, words), -1);
	assert_int_equal(settings_split_command("1 2 3 4 5 6 7 8 9 10 11 12 13 "
						"14 15 16 17",
						room, words),
			 -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_could_never_arrive_is_an_error),
		cmocka_unit_test(test_receivers_have_numbers_and_no_secrets),
		cmocka_unit_test(
			test_programs_are_receivers_of_their_own_names),
		cmocka_unit_test(test_a_command_is_parted_as_a_shell_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
