/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A device that twinbeat.conf and fence_twinbeat are told of in the same words
 * is the same device to both: what is written to it, and above all what counts
 * as off.
 */
#include "settings_text.h"

#include <getopt.h>

#include "../../drivers/ipmi/ipmi.h"
#include "../../drivers/modbus/modbus_profiles.h"
#include "../../fence/agent/fence_twinbeat.h"

#define HOST "203.0.113.20"

/* "base = 16; write_on = 0;" as --base=16 --write-on=0; quotes are dropped. */
static int as_arguments(const char *keys, char words[][64], char **argv)
{
	int argc = 0;

	while (*keys != '\0') {
		char *to = words[argc];

		to += sprintf(to, "--");
		for (; *keys != ';'; keys++)
			if (*keys != ' ' && *keys != '"')
				*to++ = *keys == '_' ? '-' : *keys;
		*to = '\0';
		argv[argc] = words[argc];
		argc++;
		keys += 1 + strspn(keys + 1, " ");
	}
	return argc;
}

/* The settings of the agent, or NULL and the sentence in error. */
static const struct settings *tell_agent(const char *driver, const char *keys,
					 char *error, size_t error_size)
{
	static struct settings settings;
	char words[16][64], name[32];
	char *argv[24] = {name};
	struct given given;
	int argc = 1, result;

	snprintf(name, sizeof(name), "fence_twinbeat_%s", driver);
	argc += as_arguments(keys, words, argv + argc);
	optind = 1;
	assert_int_equal(parameters_read(&given, argc, argv), 0);
	result = target_fill(&given, NULL, &settings, error, error_size);
	parameters_free(&given);
	return result == 0 ? &settings : NULL;
}

/* In the same words, but for where it is and its times. */
static void assert_same_device(const char *keys)
{
	char edit[512], error[FENCE_TEXT_MAX] = "";
	const struct settings *settings;
	const struct settings_device *file;
	struct modbus_settings told, read;
	struct loaded *loaded;

	snprintf(edit, sizeof(edit),
		 "transport = \"tcp\"; connect_ms = 200; response_ms = 100; "
		 "%s host =",
		 keys);
	loaded = load_edited("host =", edit);
	assert_string_equal(loaded->text, "");
	file = &loaded->settings.devices[0];
	snprintf(edit, sizeof(edit),
		 "ip = %s; plug = 1; login_timeout = 0.2; "
		 "shell_timeout = 0.1; %s",
		 HOST, keys);
	settings = tell_agent("modbus", edit, error, sizeof(error));
	if (settings == NULL)
		fail_msg("%s: %s", keys, error);
	/* copies: the bytes between members are nobody's */
	told = *modbus_of(&settings->devices[0]);
	read = *modbus_of(file);
	assert_string_equal(settings->devices[0].place, file->place);
	assert_int_equal(settings->devices[0].answer_ms, file->answer_ms);
	assert_int_equal(settings->devices[0].command_ms, file->command_ms);
	assert_string_equal(told.profile, read.profile);
	assert_int_equal(told.transport, read.transport);
	assert_int_equal(told.unit, read.unit);
	assert_int_equal(told.write_kind, read.write_kind);
	assert_int_equal(told.write_base, read.write_base);
	assert_int_equal(told.write_on, read.write_on);
	assert_int_equal(told.write_off, read.write_off);
	assert_int_equal(told.write_multiple, read.write_multiple);
	assert_int_equal(told.read_kind, read.read_kind);
	assert_int_equal(told.read_base, read.read_base);
	assert_int_equal(told.read_on, read.read_on);
	assert_int_equal(told.read_off, read.read_off);
	assert_int_equal(told.read_count, read.read_count);
	assert_int_equal(told.transaction_id, read.transaction_id);
	assert_int_equal(told.current.kind, read.current.kind);
	assert_int_equal(told.current.base, read.current.base);
	assert_int_equal(told.current.step, read.current.step);
	assert_int_equal(told.current.width, read.current.width);
	assert_int_equal(told.current.unit_ua, read.current.unit_ua);
	assert_int_equal(told.current.off_below_ma, read.current.off_below_ma);
	free(loaded);
}

static void test_R6_each_profile_is_one_device_to_file_and_agent(void **state)
{
	char keys[64];

	(void)state;
	for (unsigned i = 0; i < MODBUS_PROFILES; i++) {
		snprintf(keys, sizeof(keys), "profile = \"%s\";",
			 modbus_profiles[i].name);
		assert_same_device(keys);
	}
}

static void test_R6_what_overrules_a_profile_does_so_in_both(void **state)
{
	static const char *const cases[] = {
		"profile = \"wago750\"; base = 16;",
		"profile = \"wago750\"; write_base = 16;",
		"profile = \"wago750\"; read_base = 7;",
		"write_on = 0; write_off = 1;",
		"write_on = 0; write_off = 1; read_on = 1; read_off = 0;",
		"write_kind = \"holding\"; write_on = 2; write_off = 3;",
		"write_kind = \"holding\"; read_kind = \"coil\";",
		"profile = \"eletechsup\"; write_kind = \"coil\"; base = 0;",
		"profile = \"eletechsup\"; write_on = 512; write_off = 256;",
		"profile = \"netio\"; current_off_below_ma = 50;",
		"current_off_below_ma = 50; current_base = 9;",
		"profile = \"netio\"; current_width = 2;",
		"read_count = 8; transaction_id = \"any\"; unit = 9;",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_same_device(cases[i]);
}

/* What the file refuses the agent refuses, in the words of the file. */
static void test_R6_what_is_no_off_is_none_to_both(void **state)
{
	static const struct {
		const char *keys, *told;
	} cases[] = {
		{"write_on = 0;", "write_on: on and off are both 0"},
		{"read_on = 0;", "on and off are both 0"},
		{"write_on = 2;", "a coil or discrete input is 0 or 1"},
		{"read_on = 255; read_count = 8;", "read_on = 255 goes with"},
		{"profile = \"eletechsup\"; write_off = 768;",
		 "toggle, pulse and delay commands too"},
		{"read_kind = \"holding\"; read_count = 126;",
		 "an answer holds at most 125 registers"},
		{"current_off_below_ma = 50;", "current_base is missing"},
	};
	char edit[256], error[FENCE_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct loaded *loaded;

		snprintf(edit, sizeof(edit),
			 "transport = \"tcp\"; %s host =", cases[i].keys);
		loaded = load_edited("host =", edit);
		assert_true(loaded->report.errors > 0);
		free(loaded);
		snprintf(edit, sizeof(edit), "ip = %s; plug = 1; %s", HOST,
			 cases[i].keys);
		error[0] = '\0';
		assert_null(tell_agent("modbus", edit, error, sizeof(error)));
		if (strstr(error, cases[i].told) == NULL)
			fail_msg("%s: %s", cases[i].keys, error);
	}
}

/* A server has as long to go off as the agent has for all of it, and a lost
 * packet is sent again three times within an answer. */
static void test_times_of_a_bmc_follow_the_agents(void **state)
{
	char error[FENCE_TEXT_MAX] = "";
	const struct settings *settings = tell_agent(
		"ipmi",
		"ip = " HOST "; username = fence; shell_timeout = 0.8; "
		"power_timeout = 9; workaround = sun20,authcap; cipher = 3;",
		error, sizeof(error));
	const struct ipmi_settings *ipmi;

	(void)state;
	assert_non_null(settings);
	ipmi = ipmi_of(&settings->devices[0]);
	assert_int_equal(ipmi->session_ms, 800);
	assert_int_equal(ipmi->retransmit_ms, 200);
	assert_int_equal(ipmi->cipher, 3);
	assert_int_equal(ipmi->privilege, IPMI_OPERATOR);
	assert_int_equal(ipmi->workarounds, IPMI_FIX_SUN20 | IPMI_FIX_AUTHCAP);
	assert_int_equal(settings->devices[0].answer_ms, 800);
	assert_int_equal(settings->devices[0].switch_ms, 9000);
	assert_string_equal(settings->nodes[1].plugs[0].plug, IPMI_PLUG);
	assert_int_equal(settings->nodes[1].plug_count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_R6_each_profile_is_one_device_to_file_and_agent),
		cmocka_unit_test(
			test_R6_what_overrules_a_profile_does_so_in_both),
		cmocka_unit_test(test_R6_what_is_no_off_is_none_to_both),
		cmocka_unit_test(test_times_of_a_bmc_follow_the_agents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
