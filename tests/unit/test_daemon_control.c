/* SPDX-License-Identifier: GPL-3.0-or-later */
/* R13: what an operator may ask, as it comes from the control socket. */
#include "settings_text.h"

#include "../../src/ipc/control_msg.h"
#include "../../src/daemon/control_request.h"

static struct loaded *loaded;
static struct control_request request;
static char error[200];

static int load(void **state)
{
	(void)state;
	loaded = load_text_as(GOOD, "lb01");
	return loaded->result;
}

static int unload(void **state)
{
	(void)state;
	free(loaded);
	return 0;
}

static int parse(const char *line)
{
	error[0] = '\0';
	return control_request_parse(line, strlen(line), &loaded->settings,
				     &request, error, sizeof(error));
}

static void assert_refused(const char *line, const char *why)
{
	assert_int_equal(parse(line), -1);
	if (!strstr(error, why))
		print_error("%s: %s\n", line, error);
	assert_non_null(strstr(error, why));
}

static void test_every_command_is_understood(void **state)
{
	static const struct {
		const char *line;
		enum core_command command;
	} good[] = {
		{"{\"command\":\"fence\",\"node\":\"lb02\",\"action\":\"off\"}",
		 COMMAND_FENCE_OFF},
		{"{\"command\":\"fence\",\"node\":\"lb02\",\"action\":\"on\"}",
		 COMMAND_FENCE_ON},
		{"{\"command\":\"fence\",\"node\":\"lb02\",\"action\":"
		 "\"reboot\",\"device\":\"pdu\"}",
		 COMMAND_FENCE_REBOOT},
		{"{\"command\":\"fence\",\"node\":\"lb01\",\"action\":"
		 "\"status\"}",
		 COMMAND_FENCE_STATUS},
		{"{\"command\":\"confirm\",\"node\":\"lb02\",\"force\":true}",
		 COMMAND_CONFIRM},
		{"{\"command\":\"handover\"}", COMMAND_HANDOVER},
		{"{\"command\":\"standby\"}", COMMAND_STANDBY},
		{"{\"command\":\"online\"}", COMMAND_ONLINE},
		{"{\"command\":\"maintenance\",\"on\":true}",
		 COMMAND_MAINTENANCE_ON},
		{"{\"command\":\"maintenance\",\"on\":false}",
		 COMMAND_MAINTENANCE_OFF},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(parse(good[i].line), 0);
		assert_int_equal(request.command, good[i].command);
		assert_false(request.is_status);
	}
	assert_int_equal(parse("{\"command\":\"status\"}"), 0);
	assert_true(request.is_status);
}

static void test_R13_a_drill_has_a_node_and_perhaps_a_wait(void **state)
{
	(void)state;
	assert_int_equal(parse("{\"command\":\"drill\",\"node\":\"lb02\"}"), 0);
	assert_true(request.is_drill && request.wait_ms == 600000);
	assert_int_equal(parse("{\"command\":\"drill\",\"node\":\"lb02\","
			       "\"wait_s\":3600}"),
			 0);
	assert_int_equal(request.wait_ms, 3600000);
	assert_int_equal(parse("{\"command\":\"fence\",\"node\":\"lb02\","
			       "\"action\":\"reboot\"}"),
			 0);
	assert_false(request.is_drill);
	assert_refused("{\"command\":\"drill\"}", "no node");
	assert_refused("{\"command\":\"drill\",\"node\":\"lb02\","
		       "\"wait_s\":3601}",
		       "1 to 3600");
	assert_refused("{\"command\":\"drill\",\"node\":\"lb02\","
		       "\"wait_s\":true}",
		       "1 to 3600");
	assert_refused("{\"command\":\"drill\",\"node\":\"lb02\","
		       "\"device\":\"pdu\"}",
		       "device");
}

static void test_names_become_indexes(void **state)
{
	(void)state;
	assert_int_equal(parse("{\"command\":\"fence\",\"node\":\"lb02\","
			       "\"action\":\"off\",\"device\":\"pdu\"}"),
			 0);
	assert_int_equal(request.node, 1);
	assert_int_equal(request.device, 0);
	assert_int_equal(parse("{\"command\":\"fence\",\"node\":\"lb01\","
			       "\"action\":\"status\"}"),
			 0);
	assert_int_equal(request.node, 0);
	assert_int_equal(request.device, -1);
}

static void test_R13_force_has_to_be_said(void **state)
{
	(void)state;
	assert_int_equal(parse("{\"command\":\"confirm\",\"node\":\"lb02\"}"),
			 0);
	assert_false(request.force);
	assert_refused("{\"command\":\"confirm\",\"node\":\"lb02\","
		       "\"force\":1}",
		       "force");
}

static void test_nonsense_is_refused_with_a_reason(void **state)
{
	(void)state;
	assert_refused("", "no JSON object");
	assert_refused("nonsense", "no JSON object");
	assert_refused("[]", "no JSON object");
	assert_refused("{\"command\":\"status\"} x", "no JSON object");
	assert_refused("{}", "no \"command\"");
	assert_refused("{\"command\":7}", "no \"command\"");
	assert_refused("{\"command\":\"dance\"}", "not known");
	assert_refused("{\"command\":\"fence\",\"action\":\"off\"}", "no node");
	assert_refused("{\"command\":\"fence\",\"node\":\"lb03\","
		       "\"action\":\"off\"}",
		       "no node \"lb03\"");
	assert_refused("{\"command\":\"fence\",\"node\":\"lb02\"}", "action");
	assert_refused("{\"command\":\"fence\",\"node\":\"lb02\","
		       "\"action\":\"kill\"}",
		       "action");
	assert_refused("{\"command\":\"fence\",\"node\":\"lb02\","
		       "\"action\":\"off\",\"device\":\"ups\"}",
		       "no device");
	assert_refused("{\"command\":\"maintenance\"}", "on");
	assert_refused("{\"command\":\"status\",\"command\":\"standby\"}",
		       "no JSON object");
}

/* A word that was meant to restrict must not be lost. */
static void test_unknown_members_are_refused(void **state)
{
	(void)state;
	assert_refused("{\"command\":\"fence\",\"node\":\"lb02\","
		       "\"action\":\"off\",\"devise\":\"pdu\"}",
		       "devise");
	assert_refused("{\"command\":\"standby\",\"node\":\"lb02\"}", "node");
}

static void test_answers_forge_no_lines(void **state)
{
	(void)state;
	assert_refused("{\"command\":\"a\\nb\\u0007\\u00e4\"}", "a?b?");
	for (const char *c = error; *c; c++)
		assert_true(*c >= ' ' && *c <= '~');
}

static void test_deep_and_long_requests_cost_nothing(void **state)
{
	char *line = malloc(CONTROL_REQUEST_MAX + 2);

	(void)state;
	assert_non_null(line);
	memset(line, '[', CONTROL_REQUEST_MAX);
	line[CONTROL_REQUEST_MAX] = '\0';
	assert_refused(line, "too long or too deep");
	memset(line, ' ', CONTROL_REQUEST_MAX + 1);
	line[CONTROL_REQUEST_MAX + 1] = '\0';
	assert_refused(line, "too long or too deep");
	free(line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_command_is_understood),
		cmocka_unit_test(
			test_R13_a_drill_has_a_node_and_perhaps_a_wait),
		cmocka_unit_test(test_names_become_indexes),
		cmocka_unit_test(test_R13_force_has_to_be_said),
		cmocka_unit_test(test_nonsense_is_refused_with_a_reason),
		cmocka_unit_test(test_unknown_members_are_refused),
		cmocka_unit_test(test_answers_forge_no_lines),
		cmocka_unit_test(test_deep_and_long_requests_cost_nothing),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
