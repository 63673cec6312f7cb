/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Devices that a fence agent speaks to: what may be said, what is kept. */
#include "settings_text.h"

#include "../../drivers/agent/agent.h"

#include "../../src/settings/internal.h"

#define AGENT_HEAD                                                             \
	"\"agent\"; agent = \"fence_x\"; options = { ip = \"203.0.113.20\"; "  \
	"}; agent_ms = 1000; settle_ms = 0; "
#define AGENT(more) AGENT_HEAD more "} );"

/* Everything from the driver's name on is replaced. */
static struct loaded *load_agent(const char *device)
{
	char text[4096];
	const char *at = strstr(GOOD, "\"modbus\"");

	snprintf(text, sizeof(text), "%.*s%s", (int)(at - GOOD), GOOD, device);
	return load_text(text);
}

static void assert_finding(const char *device, const char *wanted)
{
	struct loaded *loaded = load_agent(device);

	if (wanted[0] == '\0')
		assert_string_equal(loaded->text, "");
	else if (strstr(loaded->text, wanted) == NULL)
		fail_msg("%s: \"%s\" is not in: %s", device, wanted,
			 loaded->text);
	free(loaded);
}

static void test_what_is_kept(void **state)
{
	struct loaded *loaded = load_agent(
		"\"agent\"; agent = \"/opt/sbin/fence_x\"; options = { ip = "
		"\"203.0.113.20\"; lanplus = true; ssl = false; ipport = 623; "
		"big = 5000000000L; community = \"a b=c\"; };\n"
		"password_file = \"/etc/twinbeat/x.pw\"; plug_key = \"port\"; "
		"agent_ms = 1500; settle_ms = 10; power_wait_ms = 100; } );");
	const struct settings_device *device = &loaded->settings.devices[0];
	static const char *const values[] = {"203.0.113.20", "1",    "0", "623",
					     "5000000000",   "a b=c"};

	(void)state;
	assert_string_equal(loaded->text, "");
	assert_string_equal(device->driver, "agent");
	assert_string_equal(agent_of(device)->agent, "/opt/sbin/fence_x");
	assert_int_equal(agent_of(device)->option_count, COUNT(values));
	for (unsigned i = 0; i < COUNT(values); i++)
		assert_string_equal(agent_of(device)->options[i].value,
				    values[i]);
	assert_string_equal(agent_of(device)->plug_key, "port");
	assert_string_equal(device->host, "203.0.113.20");
	assert_string_equal(device->place, "fence_x 203.0.113.20");
	/* the state: a run for status, and for an off one for monitor */
	assert_int_equal(device->answer_ms, 3000);
	assert_int_equal(settings_command_ms(device), 1500);
	assert_int_equal(device->power_wait_ms, 100);
	assert_string_equal(loaded->settings.nodes[1].plugs[0].plug, "2");
	free(loaded);
}

static void test_options(void **state)
{
	static const struct {
		const char *option, *wanted;
	} cases[] = {
		{"action = \"on\"", "action: must not be set here"},
		{"Action = \"on\"", "Action: must not be set here"},
		{"method = \"cycle\"", "it never cycles"},
		{"plug = 1", "belongs to nodes[].fence"},
		{"port = 1", "a TCP port is ipport"},
		{"nodename = \"lb01\"", "plugs are named in"},
		{"delay = 5", "set fence.delay_ms"},
		{"missing_as_off = true", "would prove a node off"},
		{"missing-as-off = 1", "would prove a node off"},
		{"note = \"a\\naction=reboot\"", "would be another option"},
		{"note = \"a\\tb\"", "would be another option"},
		{"note = 1.5", "is a number with a fraction, but must be a"},
		{"note = { a = 1; }", "but must be a string, a number"},
		{"list = true", "list: must not be set here: twinbeat says"},
		{"o = \"reboot\"",
		 "o: must not be set here: it must be said by"},
		{"NodeName = \"lb01\"", "plugs are named in"},
		{"version = true", "would answer that instead"},
		{"help = 1", "would answer that instead"},
		{"network_fencing = true", "lose only its network"},
		{"a*b = 1", "a name has letters, digits"},
		{"a_name_that_is_much_longer_than_31_characters = 1",
		 "at most 16 options, names of 31 and values of 127"},
	};
	char device[512];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		snprintf(device, sizeof(device),
			 "\"agent\"; agent = \"fence_x\"; agent_ms = 1000; "
			 "options = { %s; }; } );",
			 cases[i].option);
		assert_finding(device, cases[i].wanted);
	}
}

/*
 * The plug's name is passed under plug_key: under one of these it would be the
 * action ("off" as an answer to the question for the state), the device, a
 * program ... Each is refused with its line, its reason and what to do.
 */
static void test_plug_key_is_no_reserved_name(void **state)
{
	static const char *const keys[] = {"action",
					   "Action",
					   "ACTION",
					   "option",
					   "o",
					   "n",
					   "method",
					   "nodename",
					   "nodeid",
					   "missing_as_off",
					   "missing-as-off",
					   "delay",
					   "power_timeout",
					   "power-timeout",
					   "power_wait",
					   "shell_timeout",
					   "login_timeout",
					   "power_delay",
					   "retry_on",
					   "disable_timeout",
					   "stonith_status_sleep",
					   "ip",
					   "ipaddr",
					   "ipport",
					   "username",
					   "login",
					   "password",
					   "passwd",
					   "password_script",
					   "passwd_script",
					   "identity_file",
					   "verbose",
					   "verbose_level",
					   "quiet",
					   "debug",
					   "debug_file",
					   "version",
					   "help",
					   "list",
					   "separator",
					   "plug_separator",
					   "snmpget_path",
					   "community",
					   "port_as_ip",
					   "a.b",
					   "a:b",
					   "-action"};
	static const char *const good[] = {"plug", "port", "domain",
					   "node", "uuid", "vm-name"};
	char device[512], wanted[160];

	(void)state;
	for (size_t i = 0; i < COUNT(keys); i++) {
		snprintf(device, sizeof(device), "%s\nplug_key = \"%s\"; } );",
			 AGENT_HEAD, keys[i]);
		snprintf(wanted, sizeof(wanted),
			 "t.conf:14: error: devices[0].plug_key: \"%s\" is no "
			 "name of a plug: ",
			 keys[i]);
		assert_finding(device, wanted);
		assert_finding(device, "mostly \"plug\" or \"port\"");
	}
	for (size_t i = 0; i < COUNT(good); i++) {
		snprintf(device, sizeof(device), "%splug_key = \"%s\"; } );",
			 AGENT_HEAD, good[i]);
		assert_finding(device, "");
	}
}

/* R6: every plug of a level must be off. fence_apc_snmp cuts and reads the
 * first plug of a list, and calls that off. */
static void test_r6_a_list_is_no_plug(void **state)
{
	static const struct {
		const char *options, *plug;
		bool is_list;
	} cases[] = {
		{"", "1,3", true},
		{"", "1,", true},
		{"", "CN=lb01;web", false},
		{"plug_separator = \";\"; ", "1;3", true},
		{"plug-separator = \";\"; ", "1;3", true},
		{"plug_separator = \";\"; ", "CN=lb01,OU=web", false},
		{"plug_separator = \"\"; ", "1,3", true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[4096], device[512];
		const char *at = strstr(GOOD, "plug = 2");
		const char *rest = strstr(GOOD, "\"modbus\"");
		struct loaded *loaded;

		snprintf(device, sizeof(device),
			 "\"agent\"; agent = \"fence_apc_snmp\"; agent_ms = "
			 "1000; options = { ip = \"203.0.113.9\"; %s}; } );",
			 cases[i].options);
		snprintf(text, sizeof(text), "%.*splug = \"%s\"%.*s%s",
			 (int)(at - GOOD), GOOD, cases[i].plug,
			 (int)(rest - at - 8), at + 8, device);
		loaded = load_text(text);
		if ((strstr(loaded->text,
			    "t.conf:8: error: nodes[1].fence[0].plug: is a "
			    "list to the agent") != NULL) != cases[i].is_list)
			fail_msg("case %zu: %s", i, loaded->text);
		free(loaded);
	}
}

/* Agents strip blanks and quotes: " 1" would be the plug 1 of the other node.
 */
static void test_plugs_that_agents_read_as_others(void **state)
{
	static const char *const plugs[] = {" 1", "1 ", "\\\"1\\\"", ""};

	(void)state;
	for (size_t i = 0; i < COUNT(plugs); i++) {
		char text[4096];
		const char *at = strstr(GOOD, "plug = 2");
		const char *device = strstr(GOOD, "\"modbus\"");
		struct loaded *loaded;

		snprintf(text, sizeof(text), "%.*splug = \"%s\"%.*s%s",
			 (int)(at - GOOD), GOOD, plugs[i],
			 (int)(device - at - 8), at + 8, AGENT(""));
		loaded = load_text(text);
		if (strstr(loaded->text,
			   "t.conf:8: error: nodes[1].fence[0].plug: must be a "
			   "number, or a name of 1 to") == NULL)
			fail_msg("plug \"%s\": %s", plugs[i], loaded->text);
		free(loaded);
	}
}

static void test_other_keys(void **state)
{
	(void)state;
	assert_finding(AGENT(""), "");
	assert_finding(AGENT("plug_key = \"ip\"; "),
		       "options.ip: must not be set here: it is plug_key");
	assert_finding(AGENT("password_file = \"pw\"; "),
		       "password_file: \"pw\": must be an absolute path");
	assert_finding(AGENT("host = \"192.0.2.1\"; "), "host: unknown key");
	assert_finding(AGENT("agent_mss = 1; "), "did you mean agent_ms?");
	assert_finding("\"agent\"; agent_ms = 1000; } );",
		       "devices[0].agent: is missing");
	assert_finding("\"agent\"; agent = \"reboot\"; agent_ms = 1000; } );",
		       "\"reboot\" is no fence agent");
	assert_finding("\"agent\"; agent = \"bin/fence_x\"; agent_ms = 1000; "
		       "} );",
		       "\"bin/fence_x\" is no fence agent");
	assert_finding("\"agent\"; agent = \"fence_x\"; agent_ms = 1000; "
		       "options = { passwd = \"x\"; }; password_file = "
		       "\"/a\"; } );",
		       "password_file says it already");
	/* R5: slow ones need a longer wait, and it says how long */
	assert_finding("\"agent\"; agent = \"fence_x\"; } );",
		       "fence takes 6050 ms");
	/* 2 * (status and monitor) and off, each of 5 s, settle_ms */
	assert_finding("\"agent\"; agent = \"fence_x\"; } ); fence = { tie_ms "
		       "= 9000; };",
		       "level 1 of \"lb01\" may take 25050 ms");
}

/* The takeover rests on power that reads off: others are no agents here. */
static void test_agents_that_cut_no_power(void **state)
{
	static const struct {
		const char *agent, *why;
	} cases[] = {
		{"fence_scsi", "takes storage away"},
		{"/usr/sbin/fence_mpath", "takes storage away"},
		{"fence_ifmib", "closes a port of a switch"},
		{"fence_brocade", "closes a port of a switch"},
		{"fence_sanbox2", "closes a port of a switch"},
		{"fence_cisco_mds", "closes a port of a switch"},
		{"fence_heuristics_ping", "cannot ping"},
		{"fence_crosslink", "cannot ping"},
		{"fence_kdump", "word of a crashed kernel"},
		{"fence_ack_manual", "`twinbeat confirm`"},
		{"fence_watchdog", "own watchdog"},
		{"fence_sbd", "own watchdog"},
		{"fence_compute", "leaves the node its power"},
		{"fence_evacuate", "leaves the node its power"},
		{"fence_legacy", "cannot say whether"},
		{"fence_ovh", "cannot say whether"},
		{"fence_rcd_serial", "cannot say whether"},
		{"fence_virtd", "is a program of a cluster"},
	};
	static const char *const good[] = {"fence_apc_snmp", "fence_ipmilan",
					   "fence_scsi_pdu", "fence_sb",
					   "fence_twinbeat_modbus"};
	char device[512], wanted[160];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *base = strrchr(cases[i].agent, '/');

		snprintf(device, sizeof(device),
			 "\"agent\"; \nagent = \"%s\"; agent_ms = 1000; } );",
			 cases[i].agent);
		snprintf(wanted, sizeof(wanted),
			 "t.conf:14: error: devices[0].agent: %s is refused: ",
			 base != NULL ? base + 1 : cases[i].agent);
		assert_finding(device, wanted);
		assert_finding(device, cases[i].why);
	}
	for (size_t i = 0; i < COUNT(good); i++) {
		snprintf(device, sizeof(device),
			 "\"agent\"; agent = \"%s\"; agent_ms = 1000; } );",
			 good[i]);
		assert_finding(device, "");
	}
	assert_finding("\"agent\"; agent = \"fence_dummy\"; agent_ms = 1000; } "
		       ");",
		       "t.conf:13: warning: devices[0].agent: fence_dummy is "
		       "for tests: it cuts nothing");
}

/* An agent with one plug: both nodes cannot hang on it. */
static void test_no_plug(void **state)
{
	static const char two[] =
		"pair = \"web\"; links = { serial = { }; };\n"
		"nodes = ( { name = \"lb01\"; address = \"192.0.2.11\"; "
		"serial = \"/dev/one\"; fence = ( { device = \"%s\"; } ); },\n"
		"{ name = \"lb02\"; address = \"192.0.2.12\"; priority = 90; "
		"serial = \"/dev/two\"; fence = ( { device = \"b\"; } ); } );\n"
		"instances = ( { name = \"V\"; interface = \"eth0\"; vrid = 5; "
		"addresses = ( { ip = \"192.0.2.100/32\"; } ); } );\n"
		"devices = ( { name = \"a\"; driver = \"agent\"; agent = "
		"\"fence_x\"; agent_ms = 1000; "
		"options = { ip = \"203.0.113.1\"; }; },\n"
		"{ name = \"b\"; driver = \"agent\"; agent = \"fence_x\"; "
		"agent_ms = 1000; options = { ip = \"203.0.113.%d\"; }; } );";
	struct loaded *loaded;
	char text[1024];

	(void)state;
	snprintf(text, sizeof(text), two, "a", 2);
	loaded = load_text(text);
	assert_string_equal(loaded->text, "");
	assert_string_equal(loaded->settings.nodes[0].plugs[0].plug, "");
	free(loaded);
	snprintf(text, sizeof(text), two, "b", 2);
	loaded = load_text(text);
	assert_non_null(strstr(loaded->text, "one plug cannot cut both"));
	free(loaded);
	snprintf(text, sizeof(text), two, "a", 1);
	loaded = load_text(text);
	assert_non_null(strstr(loaded->text, "one plug cannot cut both"));
	free(loaded);
}

/* Each node its own entry, and both may be one plug: told, not refused. */
static void test_plugs_that_look_like_one(void **state)
{
	static const char two[] =
		"pair = \"web\"; links = { serial = { }; };\n"
		"nodes = ( { name = \"lb01\"; address = \"192.0.2.11\"; "
		"serial = \"/dev/one\"; fence = ( { device = \"a\"; %s } ); },"
		"\n{ name = \"lb02\"; address = \"192.0.2.12\"; priority = 90; "
		"serial = \"/dev/two\"; fence = ( { device = \"b\"; %s } ); } "
		");\ninstances = ( { name = \"V\"; interface = \"eth0\"; vrid "
		"= 5; addresses = ( { ip = \"192.0.2.100/32\"; } ); } );\n"
		"fence = { tie_ms = 20000; timeout_ms = 60000; };"
		"devices = ( { name = \"a\"; %s }, { name = \"b\"; %s } );";
	static const char apc[] = "driver = \"agent\"; agent = \"fence_apc\"; "
				  "options = { ip = \"203.0.113.1\"; }; "
				  "agent_ms = 1000;";
	static const char apc_as_bob[] =
		"driver = \"agent\"; agent = \"fence_apc_snmp\"; "
		"agent_ms = 1000; options = { ipaddr = \"203.0.113.1\"; "
		"login = \"bob\"; };";
	static const char apc2[] = "driver = \"agent\"; agent = \"fence_apc\"; "
				   "options = { ip = \"203.0.113.2\"; }; "
				   "agent_ms = 1000;";
	static const char modbus[] = "host = \"203.0.113.1\";";
	static const char modbus_unit[] = "host = \"203.0.113.1\"; unit = 2;";
	static const char modbus_base[] = "host = \"203.0.113.1\"; base = 8;";
	static const char alike[] = "look like one plug";
	static const char one[] = "error: nodes[1].fence[0].plug: ";
	static const struct {
		const char *plug_a, *plug_b, *a, *b, *wanted;
	} cases[] = {
		{"plug = 3;", "plug = 3;", apc, apc_as_bob, alike},
		{"plug = 3;", "plug = 4;", apc, apc_as_bob, ""},
		{"plug = 3;", "plug = 3;", apc, apc2, ""},
		{"", "", apc, apc_as_bob, alike},
		{"plug = 3;", "plug = 3;", apc, apc, one},
		/* one address, two drivers */
		{"plug = 3;", "plug = 3;", modbus, apc, alike},
		{"plug = 3;", "plug = 4;", modbus, apc, ""},
		{"plug = 3;", "plug = 3;", modbus, apc2, ""},
		/* one coil of two units, of one unit, of two blocks */
		{"plug = 3;", "plug = 3;", modbus, modbus_unit, alike},
		{"plug = 3;", "plug = 4;", modbus, modbus_unit, ""},
		{"plug = 11;", "plug = 3;", modbus, modbus_base, one},
		{"plug = 3;", "plug = 3;", modbus, modbus_base, ""},
	};
	char text[2048];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct loaded *loaded;

		snprintf(text, sizeof(text), two, cases[i].plug_a,
			 cases[i].plug_b, cases[i].a, cases[i].b);
		loaded = load_text(text);
		if (cases[i].wanted[0] == '\0'
			    ? loaded->text[0] != '\0'
			    : strstr(loaded->text, cases[i].wanted) == NULL)
			fail_msg("case %zu: wanted \"%s\", got: %s", i,
				 cases[i].wanted, loaded->text);
		assert_int_equal(loaded->report.errors, cases[i].wanted == one);
		assert_int_equal(loaded->report.warnings,
				 cases[i].wanted == alike);
		free(loaded);
	}
}

/* What a secret is must not be told by a finding. */
static void test_values_are_not_shown(void **state)
{
	struct loaded *loaded = load_agent(
		"\"agent\"; agent = \"fence_x\"; agent_ms = 1000; options = { "
		"password = \"hunter2\\n\"; action = \"hunter2\"; }; } );");

	(void)state;
	assert_int_equal(loaded->result, -1);
	assert_null(strstr(loaded->text, "hunter2"));
	free(loaded);
}

/* Told by `twinbeat check`, not when the peer is dying. */
static void test_the_agent_is_looked_for(void **state)
{
	struct loaded *loaded = load_agent(
		"\"agent\"; agent = \"fence_there_is_none\"; agent_ms = 1000; "
		"password_file = \"/nonexistent/pw\"; } );");

	(void)state;
	assert_int_equal(loaded->result, 0);
	assert_int_equal(
		settings_check_environment(&loaded->settings, &loaded->report),
		-1);
	assert_non_null(strstr(loaded->text,
			       "t.conf:13: error: devices[0].agent: no agent "
			       "/usr/sbin/fence_there_is_none: No such file"));
	assert_non_null(strstr(loaded->text,
			       "devices[0].password_file: /nonexistent/pw: no "
			       "such file"));
	free(loaded);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_kept),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_plug_key_is_no_reserved_name),
		cmocka_unit_test(test_r6_a_list_is_no_plug),
		cmocka_unit_test(test_plugs_that_agents_read_as_others),
		cmocka_unit_test(test_other_keys),
		cmocka_unit_test(test_agents_that_cut_no_power),
		cmocka_unit_test(test_no_plug),
		cmocka_unit_test(test_plugs_that_look_like_one),
		cmocka_unit_test(test_values_are_not_shown),
		cmocka_unit_test(test_the_agent_is_looked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
