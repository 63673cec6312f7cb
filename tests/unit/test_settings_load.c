/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading the file: defaults, types, ranges, unknown keys, all errors told. */
#include "settings_text.h"

#include "../../drivers/modbus/modbus_profiles.h"

#include <sys/stat.h>
#include <unistd.h>

static void test_the_example_parses_on_both_nodes(void **state)
{
	static const char *const nodes[] = {"lb01", "lb02"};
	uint32_t digest = 0;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct loaded *loaded =
			load_file("etc/twinbeat.conf", nodes[i]);

		if (loaded->text[0] != '\0')
			fail_msg("%s", loaded->text);
		assert_int_equal(loaded->result, 0);
		assert_int_equal(loaded->settings.self, i);
		if (i > 0)
			assert_int_equal(loaded->settings.digest, digest);
		digest = loaded->settings.digest;
		free(loaded);
	}
}

static void test_every_default(void **state)
{
	struct loaded *loaded = load_text(GOOD);
	const struct settings *s = &loaded->settings;
	const struct settings_instance *vi = &s->instances[0];
	const struct settings_device *pdu = &s->devices[0];
	const struct settings_fence *fence = &s->fence;

	(void)state;
	assert_string_equal(loaded->text, "");
	assert_string_equal(s->key_file, "/etc/twinbeat/key");
	assert_string_equal(s->user, "twinbeat");
	assert_string_equal(s->notify, "");
	assert_true(s->realtime);
	assert_int_equal(s->startup_ms, 60000);
	assert_int_equal(s->unclean_startup_ms, 300000);
	assert_int_equal(s->lease_s, 3);
	assert_int_equal(s->garp.repeat, 5);
	assert_int_equal(s->garp.refresh_s, 60);
	assert_int_equal(s->nodes[0].plugs[0].level, 1);
	assert_string_equal(s->nodes[1].plugs[0].plug, "2");
	assert_true(s->links[0].configured);
	assert_string_equal(s->links[0].name, "serial");
	assert_int_equal(s->links[0].baud, 115200);
	assert_int_equal(s->links[0].interval_us, 100000);
	assert_int_equal(s->links[0].dead_ms, 400);
	assert_false(s->links[1].configured);
	assert_int_equal(vi->version, 3);
	assert_int_equal(vi->advert_ms, 100);
	assert_false(vi->preempt);
	assert_int_equal(vi->preempt_delay_ms, 60000);
	assert_int_equal(vi->priority[0], 150);
	assert_int_equal(vi->priority[1], 100);
	assert_string_equal(vi->auth_pass, "");
	assert_int_equal(vi->track_count, 0);
	assert_int_equal(vi->address_count, 1);
	assert_string_equal(s->addresses[0].dev, "eth0");
	assert_string_equal(s->addresses[0].label, "");
	assert_false(s->addresses[0].excluded);
	assert_string_equal(pdu->driver, "modbus");
	assert_string_equal(modbus_of(pdu)->profile, "generic-coil");
	assert_int_equal(modbus_of(pdu)->port, 502);
	assert_int_equal(modbus_of(pdu)->unit, 1);
	assert_int_equal(modbus_of(pdu)->write_kind, MODBUS_COIL);
	assert_int_equal(modbus_of(pdu)->read_kind, MODBUS_COIL);
	assert_int_equal(modbus_of(pdu)->write_base, 0);
	assert_int_equal(modbus_of(pdu)->read_base, 0);
	assert_int_equal(modbus_of(pdu)->write_on, 1);
	assert_int_equal(modbus_of(pdu)->write_off, 0);
	assert_int_equal(modbus_of(pdu)->read_on, 1);
	assert_int_equal(modbus_of(pdu)->read_off, 0);
	assert_int_equal(modbus_of(pdu)->connect_ms, 500);
	assert_int_equal(modbus_of(pdu)->response_ms, 500);
	assert_int_equal(pdu->settle_ms, 50);
	assert_int_equal(pdu->power_wait_ms, 1000);
	assert_true(fence->required);
	assert_int_equal(fence->action, FENCE_ACTION_OFF);
	assert_int_equal(fence->on_disagreement, POLICY_FENCE);
	assert_int_equal(fence->on_failure, POLICY_HOLD);
	assert_int_equal(fence->on_startup_silence, POLICY_FENCE);
	assert_false(fence->accept_split_brain);
	assert_false(fence->defend);
	assert_int_equal(fence->delay_ms, 0);
	assert_int_equal(fence->tie_ms, 3000);
	assert_int_equal(fence->disagree_ms, 5000);
	assert_int_equal(fence->lone_link_ms, 3000);
	assert_int_equal(fence->yield_ms, 500);
	assert_int_equal(fence->off_ms, 10000);
	assert_int_equal(fence->timeout_ms, 20000);
	assert_int_equal(fence->monitor_s, 60);
	assert_int_equal(fence->max_per_window, 3);
	assert_int_equal(fence->window_s, 600);
	free(loaded);
}

static void test_what_is_written_is_what_is_kept(void **state)
{
	char *text = edited(
		"  } );\n",
		"  version = 2; auth_pass = \"1111\"; preempt = true;\n"
		"  preempt_delay_ms = 7; priorities = ( { node = \"lb02\";\n"
		"  priority = 180; } ); excluded = ( { ip = \"192.0.2.7/24\";\n"
		"  dev = \"eth1\"; label = \"eth1:x\"; } );\n"
		"  unicast = false;\n"
		"  track = { interfaces = ( \"eth2\", \"eth3\" );\n"
		"    witnesses = ( \"192.0.2.1\", \"2001:db8::1\" );\n"
		"    processes = [ \"haproxy\" ]; file = \"/run/fit\";\n"
		"    scripts = ( { command = \"/bin/a\"; },\n"
		"      { command = \"/bin/b 'c d'\"; interval_ms = 2000;\n"
		"        timeout_ms = 700; fall = 5; rise = 4;\n"
		"        user = \"www\"; } ); }; } );\n"
		"notify = \"/usr/bin/true\"; user = \"\"; realtime = false;\n"
		"watchdog = { device = \"\"; timeout_s = 5; };\n");
	char *fence = strstr(text, "required = true;");
	struct loaded *loaded;
	const struct settings *s;
	const struct settings_instance *vi;

	(void)state;
	assert_non_null(fence);
	/* version 2's dead time lies 3.2 s from the cable's */
	loaded = load_text(text);
	assert_int_equal(loaded->report.errors, 1);
	assert_non_null(strstr(loaded->text, "fence.tie_ms: 3000 ms must be"));
	free(loaded);
	memcpy(fence, "tie_ms = 9000;  ", strlen("required = true;"));
	loaded = load_text_as(text, "lb02");
	free(text);
	s = &loaded->settings;
	vi = &s->instances[0];
	assert_string_equal(loaded->text, "");
	assert_int_equal(s->self, 1);
	assert_int_equal(s->fence.tie_ms, 9000);
	assert_int_equal(vi->advert_ms, 1000); /* version 2's default */
	assert_string_equal(vi->auth_pass, "1111");
	assert_true(vi->preempt);
	assert_int_equal(vi->preempt_delay_ms, 7);
	assert_int_equal(vi->priority[0], 150);
	assert_int_equal(vi->priority[1], 180);
	assert_int_equal(vi->address_count, 2);
	assert_true(s->addresses[1].excluded);
	assert_int_equal(s->addresses[1].prefix, 24);
	assert_string_equal(s->addresses[1].dev, "eth1");
	assert_string_equal(s->addresses[1].label, "eth1:x");
	assert_int_equal(vi->track_count, 2);
	assert_string_equal(vi->track[1], "eth3");
	assert_int_equal(s->notify_count, 1);
	assert_string_equal(s->notify[0].command, "/usr/bin/true");
	assert_int_equal(vi->witness_count, 2);
	assert_false(ip_is_v4(&vi->witnesses[1]));
	assert_int_equal(vi->process_count, 1);
	assert_string_equal(vi->processes[0], "haproxy");
	assert_int_equal(vi->track_file_count, 1);
	assert_string_equal(vi->track_files[0], "/run/fit");
	assert_int_equal(vi->script_count, 2);
	assert_int_equal(s->scripts[vi->first_script].timeout_ms, 500);
	assert_int_equal(s->scripts[vi->first_script].fall, 3);
	assert_string_equal(s->scripts[vi->first_script + 1].command,
			    "/bin/b 'c d'");
	assert_int_equal(s->scripts[vi->first_script + 1].interval_ms, 2000);
	assert_int_equal(s->scripts[vi->first_script + 1].rise, 4);
	assert_string_equal(s->scripts[vi->first_script + 1].user, "www");
	assert_string_equal(s->user, "");
	assert_false(s->realtime);
	free(loaded);
}

static void test_device_values_follow_each_other(void **state)
{
	struct loaded *loaded = load_edited(
		"host =", "base = 16; write_on = 0; write_off = 1; host =");
	const struct settings_device *pdu = &loaded->settings.devices[0];

	(void)state;
	assert_string_equal(loaded->text, "");
	assert_int_equal(modbus_of(pdu)->write_base, 16);
	assert_int_equal(modbus_of(pdu)->read_base, 16);
	assert_int_equal(modbus_of(pdu)->read_on, 0);
	assert_int_equal(modbus_of(pdu)->read_off, 1);
	free(loaded);

	loaded = load_edited("host =",
			     "write_kind = \"holding\"; write_on = 0x100;\n"
			     "write_off = 0x200; read_base = 0x200;\n"
			     "read_on = 1; read_off = 0; host =");
	pdu = &loaded->settings.devices[0];
	assert_string_equal(loaded->text, "");
	assert_int_equal(modbus_of(pdu)->read_kind, MODBUS_HOLDING);
	assert_int_equal(modbus_of(pdu)->write_base, 0);
	assert_int_equal(modbus_of(pdu)->read_base, 0x200);
	assert_int_equal(modbus_of(pdu)->write_on, 0x100);
	assert_int_equal(modbus_of(pdu)->read_on, 1);
	free(loaded);
}

static void test_a_256th_instance_is_refused(void **state)
{
	static char text[64 * 1024];
	struct loaded *loaded;
	int used =
		snprintf(text, sizeof(text), "pair = \"web\";\ninstances = (");

	(void)state;
	for (unsigned i = 0; i < INSTANCES_MAX + 1; i++)
		used += snprintf(text + used, sizeof(text) - (size_t)used,
				 "%s{ name = \"i%u\"; interface = \"eth%u\"; "
				 "vrid = %u; addresses = ( { ip = "
				 "\"10.0.%u.%u/32\"; } ); }",
				 i ? ",\n" : "", i, i / 200, i % 200 + 1,
				 i / 200, i % 200 + 1);
	snprintf(text + used, sizeof(text) - (size_t)used, ");\n");
	loaded = load_text(text);
	assert_non_null(strstr(loaded->text,
			       "t.conf:257: error: instances[255]: at most 255 "
			       "are allowed here"));
	free(loaded);
}

static void test_ten_wrong_settings_are_ten_errors_with_lines(void **state)
{
	static const char *const wanted[] = {
		"t.conf:2: error: nodes[0].name: \"lb 01\"",
		"t.conf:2: error: nodes[0].priority: 255 is refused: it "
		"means that the address is the node's own for ever",
		"t.conf:4: error: nodes[1].serail: unknown key; did you mean "
		"serial?",
		"t.conf:7: error: links.serial.baud: 115201 is no speed",
		"t.conf:8: error: instances[0].vrid: 256 is out of range, "
		"1 to 255 is allowed",
		"t.conf:8: error: instances[0].preempt: is a number, but must "
		"be true or false",
		"t.conf:9: error: instances[0].addresses[0].ip: "
		"\"192.0.2.300\"",
		"t.conf:10: error: devices[0].unit: is a string, but must be "
		"a whole number",
		"t.conf:11: error: fence.delay_ms: 5000000000 ms is out of "
		"range, 0 to 3600000 ms is allowed",
		"t.conf:11: error: fence.action: \"of\" is not known, did you "
		"mean \"off\"?",
	};
	struct loaded *loaded = load_text(
		"pair = \"web\"; nodes = (\n"
		" { name = \"lb 01\"; priority = 255; address = "
		"\"192.0.2.1\";\n"
		"   fence = ( { device = \"pdu\"; plug = 1; } ); },\n"
		" { name = \"lb02\"; address = \"192.0.2.2\"; serail = "
		"\"/d\";\n"
		"   fence = ( { device = \"pdu\"; plug = 2; } ); } );\n"
		"links = {\n"
		" serial = { baud = 115201; }; };\n"
		"instances = ( { name = \"a\"; interface = \"e\"; vrid = 256;"
		" preempt = 1;\n"
		" addresses = ( { ip = \"192.0.2.300\"; } ); } );\n"
		"devices = ( { name = \"pdu\"; host = \"203.0.113.1\"; unit = "
		"\"1\"; } );\n"
		"fence = { delay_ms = 5000000000; action = \"of\"; };\n");
	const char *last = loaded->text;

	(void)state;
	assert_int_equal(loaded->result, -1);
	for (size_t i = 0; i < COUNT(wanted); i++) {
		const char *at = strstr(loaded->text, wanted[i]);

		if (at == NULL)
			fail_msg("no \"%s\" in\n%s", wanted[i], loaded->text);
	}
	/* in the order of the file */
	for (unsigned line = 0, next; *last != '\0';
	     last = strchr(last, '\n') + 1, line = next) {
		next = (unsigned)strtoul(last + strlen("t.conf:"), NULL, 10);
		assert_true(next >= line);
	}
	free(loaded);
}

static void test_numbers_that_libconfig_wraps_are_seen(void **state)
{
	static const struct edit edits[] = {
		{"required = true", "delay_ms = 4294967296",
		 "fence.delay_ms: 4294967296 ms is out of range"},
		{"required = true", "delay_ms = 0xFFFFFFFF",
		 "fence.delay_ms: 0xFFFFFFFF ms is out of range"},
		{"required = true", "delay_ms = 5000000000L",
		 "fence.delay_ms: 5000000000 ms is out of range"},
		{"required = true", "delay_ms = -1",
		 "fence.delay_ms: -1 ms is out of range"},
		{"vrid = 55", "vrid = 4294967351",
		 "instances[0].vrid: 4294967351 is out of range"},
	};

	(void)state;
	assert_edits(edits, COUNT(edits), 1, 0);
}

static void test_a_wrong_type_is_not_a_missing_key(void **state)
{
	static const struct edit edits[] = {
		{"\"web\"", "5",
		 "t.conf:1: error: pair: is a number, but "
		 "must be a string"},
		{"priority = 150", "priority = 1.5",
		 "nodes[0].priority: is a number with a fraction"},
		{"vrid = 55", "vrid = \"55\"",
		 "instances[0].vrid: is a string, but must be a whole number"},
		{"serial = { }", "serial = \"x\"",
		 "links.serial: is a string, but must be a group { }"},
		{"( { device = \"pdu\"; plug = 1; } )",
		 "{ device = \"pdu\"; plug = 1; }",
		 "nodes[0].fence: is a group { }, but must be a list"},
		{"required = true", "required = \"yes\"",
		 "fence.required: is a string, but must be true or false"},
		{"\"192.0.2.11\"", "11",
		 "nodes[0].address: is a number, but must be a string"},
		{"pair =", "user = 5; pair =", "user: is a number"},
	};

	(void)state;
	assert_edits(edits, COUNT(edits), 1, 0);
}

static void test_missing_keys_are_named(void **state)
{
	static const struct edit edits[] = {
		{"pair = \"web\";", "", "t.conf:1: error: pair: is missing"},
		{"name = \"VI_1\";", "", "instances[0].name: is missing"},
		{"interface = \"eth0\";", "",
		 "instances[0].interface: is missing"},
		{"vrid = 55;", "", "instances[0].vrid: is missing"},
		{"host = \"203.0.113.20\";", "", "devices[0].host: is missing"},
		{"addresses = ( { ip = \"192.0.2.100/32\"; } );", "",
		 "instances[0].addresses: is missing"},
		{"address = \"192.0.2.12\";", "",
		 "nodes[1].address: is missing"},
		{"plug = 1;", "", "nodes[0].fence[0].plug: is missing"},
		{"links = { serial = { }; };", "", "links: is missing"},
		{"serial = \"/dev/two\";", "", "nodes[1].serial: is missing"},
		/* a slip of the fingers is one error, not two */
		{"vrid = 55", "vird = 55",
		 "instances[0].vird: unknown key; did you mean vrid?"},
	};

	(void)state;
	assert_edits(edits, COUNT(edits), 1, 0);
}

static void test_unknown_keys_everywhere(void **state)
{
	static const struct edit edits[] = {
		{"pair =", "pear = 1; pair =",
		 "pear: unknown key; did you "
		 "mean pair?"},
		{"serial = { }", "serial = { boud = 1; }",
		 "links.serial.boud: unknown key; did you mean baud?"},
		{"required = true", "ti_ms = 5",
		 "fence.ti_ms: unknown key; did you mean tie_ms?"},
		{"host =", "hsot = \"a\"; host =",
		 "devices[0].hsot: unknown key; did you mean host?"},
		{"plug = 1", "plug = 1; zzzzzzzz = 4",
		 "nodes[0].fence[0].zzzzzzzz: unknown key; see "
		 "twinbeat.conf(5)"},
		{"ip = \"192.0.2.100/32\"",
		 "ip = \"192.0.2.100\"; lable = "
		 "\"eth0:1\"",
		 "instances[0].addresses[0].lable: unknown key; did you mean "
		 "label?"},
		{"pair =", "vip = { leaseS = 1; }; pair =", "vip.leaseS"},
		{"pair =", "watchdog = { dev = \"\"; }; pair =",
		 "watchdog.dev: unknown key"},
		{"vrid = 55", "vrid = 55; track = { interface = ( ); }",
		 "instances[0].track.interface: unknown key; did you mean "
		 "interfaces?"},
		/* right words in the wrong group */
		{"required = true", "startup_ms = 5",
		 "fence.startup_ms: unknown key here; it belongs to the top "
		 "level of the file"},
		{"pair =", "tie_ms = 5; pair =",
		 "t.conf:1: error: tie_ms: unknown key here; it belongs to "
		 "fence"},
		{"pair =", "baud = 9600; pair =",
		 "baud: unknown key here; it belongs to links.serial or a "
		 "device with driver \"modbus\""},
		{"host =", "session_ms = 5; host =",
		 "devices[0].session_ms: unknown key here; it belongs to a "
		 "device with driver \"ipmi\""},
		/* one letter is a slip, also where others have the word */
		{"serial = { }",
		 "serial = { }; udp = ( { name = \"d\"; "
		 "interface = \"eth1\"; addresses = ( "
		 "\"198.51.100.1\", \"198.51.100.2\" ); "
		 "ports = 5; } )",
		 "links.udp[0].ports: unknown key; did you mean port?"},
	};

	(void)state;
	assert_edits(edits, COUNT(edits), 1, 0);
}

static void test_unicast_goes_between_two_addresses(void **state)
{
	struct loaded *loaded =
		load_edited("vrid = 55", "vrid = 55; unicast = true");
	const struct settings_instance *instance =
		&loaded->settings.instances[0];

	(void)state;
	assert_string_equal(loaded->text, "");
	assert_true(instance->unicast);
	assert_int_equal(ip_to_v4(&instance->unicast_addresses[0]), 0xc000020b);
	assert_int_equal(ip_to_v4(&instance->unicast_addresses[1]), 0xc000020c);
	free(loaded);
	loaded = load_edited("vrid = 55",
			     "vrid = 55; unicast = true; unicast_addresses = ( "
			     "\"192.0.2.21\", \"192.0.2.22\" )");
	instance = &loaded->settings.instances[0];
	assert_string_equal(loaded->text, "");
	assert_int_equal(ip_to_v4(&instance->unicast_addresses[1]), 0xc0000216);
	free(loaded);
}

static void test_adverts_leave_from_source_addresses(void **state)
{
	static const struct edit edits[] = {
		{"vrid = 55",
		 "vrid = 55; unicast = true; source_addresses = ( "
		 "\"192.0.2.21\", \"192.0.2.22\" )",
		 "source_addresses: is there, and unicast is true"},
		{"vrid = 55",
		 "vrid = 55; source_addresses = ( \"192.0.2.21\" )",
		 "source_addresses: must be two, one of each node"},
		{"vrid = 55",
		 "vrid = 55; source_addresses = ( \"192.0.2.21\", "
		 "\"fe80::1\" )",
		 "source_addresses: fe80::1: the instance is IPv4"},
		{"vrid = 55",
		 "vrid = 55; source_addresses = ( \"192.0.2.21\", "
		 "\"192.0.2.100\" )",
		 "192.0.2.100 is a virtual address: it moves"},
		{"vrid = 55",
		 "vrid = 55; source_addresses = ( \"192.0.2.21\", "
		 "\"192.0.2.21\" )",
		 "192.0.2.21 stands here twice"},
		{"  addresses = ( { ip = \"192.0.2.100/32\"; } );\n",
		 "  source_addresses = ( \"fe80::1\", \"2001:db8::2\" ); "
		 "addresses = ( { ip = \"fe80::55/128\"; } );\n",
		 "source_addresses: 2001:db8::2 is not link-local"},
	};
	struct loaded *loaded = load_edited(
		"  addresses = ( { ip = \"192.0.2.100/32\"; } );\n",
		"  source_addresses = ( \"fe80::1\", \"fe80::2\" ); "
		"addresses = ( { ip = \"fe80::55/128\"; } );\n");
	const struct settings_instance *instance =
		&loaded->settings.instances[0];

	(void)state;
	assert_string_equal(loaded->text, "");
	assert_int_equal(settings_source_of(instance, 1)->bytes[15], 2);
	free(loaded);
	assert_edits(edits, COUNT(edits), 1, 0);
}

static void test_unicast_wants_two_addresses_of_its_family(void **state)
{
	static const struct edit edits[] = {
		{"vrid = 55",
		 "vrid = 55; unicast_addresses = ( \"192.0.2.21\", "
		 "\"192.0.2.22\" )",
		 "unicast_addresses: is there, but unicast is not true"},
		{"vrid = 55",
		 "vrid = 55; unicast = true; unicast_addresses = ( "
		 "\"192.0.2.21\" )",
		 "unicast_addresses: must be two, one of each node"},
		{"vrid = 55", "vrid = 55; unicast_min_ttl = 64",
		 "unicast_min_ttl: is there, but unicast is not true"},
		{"vrid = 55",
		 "vrid = 55; unicast = true; unicast_addresses = ( "
		 "\"192.0.2.21\", \"2001:db8::1\" )",
		 "unicast_addresses: 2001:db8::1: the instance is IPv4"},
		{"vrid = 55",
		 "vrid = 55; unicast = true; unicast_addresses = ( "
		 "\"192.0.2.21\", \"192.0.2.100\" )",
		 "192.0.2.100 is a virtual address: it moves"},
		{"vrid = 55",
		 "vrid = 55; unicast = true; unicast_addresses = ( "
		 "\"192.0.2.21\", \"192.0.2.21\" )",
		 "192.0.2.21 stands here twice"},
	};
	struct loaded *loaded = load_edited(
		"  addresses = ( { ip = \"192.0.2.100/32\"; } );\n",
		"  unicast = true; addresses = ( { ip = \"fe80::55/128\"; } "
		");\n");

	(void)state;
	assert_edits(edits, COUNT(edits), 1, 0);
	/* no address of a node is of the family */
	assert_int_equal(loaded->report.errors, 2);
	assert_non_null(strstr(loaded->text,
			       "unicast: \"lb02\" has no IPv6 address at nodes "
			       "to send to"));
	free(loaded);
}

static void test_what_is_not_built_is_refused_by_name(void **state)
{
	static const struct edit edits[] = {
		{"203.0.113.20", "2001:db8::20",
		 "devices[0].host: 2001:db8::20: power switches are spoken to "
		 "over IPv4 only"},
		{"pair =", "watchdog = { device = \"watchdog\"; }; pair =",
		 "watchdog.device: \"watchdog\": must be an absolute path"},
	};
	static const struct edit neutral[] = {
		{"vrid = 55", "vrid = 55; unicast = false", ""},
		{"serial = { }", "serial = { }; udp = ( )", ""},
		{"required = true", "defend = false", ""},
		{"host =",
		 "transport = \"tcp\"; profile = \"generic-coil\"; "
		 "base = 0; host =",
		 ""},
		{"priority = 150", "priority = 150; kind = \"twinbeat\"", ""},
	};

	(void)state;
	assert_edits(edits, COUNT(edits), 1, 0);
	assert_edits(neutral, COUNT(neutral), 0, 0);
}

static void test_a_syntax_error_names_the_slip(void **state)
{
	static const struct edit edits[] = {
		{"vrid = 55;", "vrid = 55; advert_ms = 3s;",
		 "t.conf:10: error: syntax: advert_ms = 3s: a number has no "
		 "unit behind it; the unit stands in the key: _ms are"},
		{"vrid = 55;", "vrid = 55; preempt = no;",
		 "t.conf:10: error: syntax: preempt = no: write false, or "
		 "\"no\" in quotes"},
		{"required = true", "required = yes",
		 "t.conf:15: error: syntax: required = yes: write true, or"},
		{"\"192.0.2.11\"", "192.0.2.11",
		 "t.conf:3: error: syntax: address = 192.0.2.11: text needs "
		 "quotes: \"192.0.2.11\""},
		{"\"/dev/one\"", "/dev/one",
		 "t.conf:4: error: syntax: serial = /dev/one: text needs "
		 "quotes: \"/dev/one\""},
		/* what is in strings and comments is no value */
		{"vrid = 55;", "vrid == 55; label = \"x = no\"; # y = no",
		 "t.conf:10: error: syntax: syntax error; look at this line"},
		{"vrid = 55;", "vrid = 0x37 true false 1.5 -2;",
		 "t.conf:10: error: syntax: syntax error; look at this line"},
	};

	(void)state;
	assert_edits(edits, COUNT(edits), 1, 0);
}

static void test_a_file_of_keepalived_is_told_as_such(void **state)
{
	static const char *const files[] = {
		("! Configuration File\nvrrp_instance VI_1 {\n state "
		 "MASTER\n}\n"),
		"global_defs\n{\n router_id LB\n}\n",
		"\xef\xbc\x81 a wide mark\nvirtual_server 192.0.2.1 80 {\n}\n",
	};
	struct loaded *loaded;

	(void)state;
	for (size_t i = 0; i < COUNT(files); i++) {
		loaded = load_text(files[i]);
		assert_int_equal(loaded->report.errors, 1);
		assert_non_null(strstr(loaded->text,
				       ": error: syntax: this looks like a "
				       "keepalived.conf; 'twinbeat import "
				       "t.conf' writes it"));
		free(loaded);
	}
	/* one of ours, with the old one in a comment */
	loaded = load_edited("links =",
			     "/*\nvrrp_instance VI_1 {\n}\n*/ links == ");
	assert_non_null(strstr(loaded->text, "t.conf:12: error: syntax: syn"));
	free(loaded);
}

static void test_a_syntax_error_is_one_error_with_its_line(void **state)
{
	static const struct edit edits[] = {
		{"vrid = 55;", "vrid == 55;", "t.conf:10: error: syntax: "},
		{"serial = { };", "serial = { ", "error: syntax: "},
		{"links =", "pair = \"again\"; links =",
		 "t.conf:9: error: syntax: a key of this line stands in its "
		 "group twice"},
		{"links =", "pair = \"again\";\nlinks =",
		 "t.conf:9: error: syntax: pair stands here twice"},
		{"links =", "/* links =",
		 "t.conf:9: error: file: the comment opened at t.conf:9 is "
		 "never closed"},
		{"fence = { r", "notify = \"fence = { r",
		 "t.conf:15: error: file: this string is never closed"},
		{"links =", "@include \"x\nlinks =",
		 "t.conf:9: error: @include: write @include \"PATH\""},
		{"links =", "@include \"/\"\nlinks =",
		 "t.conf:9: error: file: / is not a regular file"},
		{"links =", "@include \"/nowhere/x\"\nlinks =",
		 "t.conf:9: error: file: cannot open /nowhere/x: No such"},
	};

	(void)state;
	assert_edits(edits, COUNT(edits), 1, 0);
}

static void test_files_that_cannot_be_read(void **state)
{
	struct loaded *loaded = load_file("/nowhere/twinbeat.conf", "lb01");

	(void)state;
	assert_int_equal(loaded->result, -1);
	assert_string_equal(loaded->text,
			    "/nowhere/twinbeat.conf:0: error: file: cannot "
			    "open /nowhere/twinbeat.conf: No such file or "
			    "directory; 'man twinbeat.conf' has a small whole "
			    "one, 'twinbeat import' makes one of a "
			    "keepalived.conf\n");
	free(loaded);
	loaded = load_file("/tmp", "lb01");
	assert_string_equal(loaded->text, "/tmp:0: error: file: /tmp is not a "
					  "regular file\n");
	free(loaded);
	loaded = load_text("");
	assert_non_null(strstr(loaded->text, "t.conf:1: error: pair: is "
					     "missing"));
	assert_non_null(strstr(loaded->text, "nodes: is missing"));
	free(loaded);
}

static void write_file(const char *folder, const char *name, const char *text)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void remove_file(const char *folder, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	remove(path);
}

static void test_include_starts_in_the_folder_of_the_file(void **state)
{
	char folder[] = "/tmp/settings.XXXXXX", path[64], wanted[128];
	char *text = edited("fence = { required = true; };",
			    "@include \"more/fence.conf\"\n"
			    "startup_ms = -611;");
	struct loaded *loaded;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/more", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	write_file(folder, "a.conf", text);
	write_file(path, "fence.conf",
		   "# a line\nfence = {\n  tie_ms = 4000;\n  delay = 5; };\n"
		   "@include \"vip.conf\"\n");
	write_file(path, "vip.conf", "vip = { lease_s = 4; };");
	snprintf(path, sizeof(path), "%s/a.conf", folder);
	loaded = load_file(path, "lb01");
	snprintf(wanted, sizeof(wanted),
		 "%s/more/fence.conf:4: error: fence.delay: unknown", folder);
	if (strstr(loaded->text, wanted) == NULL)
		fail_msg("no %s in\n%s", wanted, loaded->text);
	snprintf(wanted, sizeof(wanted), "%s:16: error: startup_ms: -611 ms",
		 path);
	if (strstr(loaded->text, wanted) == NULL)
		fail_msg("no %s in\n%s", wanted, loaded->text);
	assert_int_equal(loaded->report.errors, 2);
	free(loaded);

	text[strlen(text) - strlen("-611;\n")] = ' ';
	write_file(folder, "a.conf", text);
	snprintf(wanted, sizeof(wanted), "%s/more", folder);
	write_file(wanted, "fence.conf",
		   "fence = { tie_ms = 4000; };\n@include \"vip.conf\"");
	loaded = load_file(path, "lb01");
	assert_string_equal(loaded->text, "");
	assert_int_equal(loaded->settings.fence.tie_ms, 4000);
	assert_int_equal(loaded->settings.lease_s, 4);
	assert_int_equal(loaded->settings.startup_ms, 611);
	free(loaded);

	write_file(wanted, "vip.conf", "@include \"vip.conf\"\n");
	loaded = load_file(path, "lb01");
	assert_non_null(strstr(loaded->text, "does a file include itself?"));
	assert_int_equal(loaded->report.errors, 1);
	free(loaded);
	free(text);
	remove_file(wanted, "vip.conf");
	remove_file(wanted, "fence.conf");
	rmdir(wanted);
	remove_file(folder, "a.conf");
	rmdir(folder);
}

static void test_control_characters_never_reach_a_terminal(void **state)
{
	struct loaded *loaded = load_edited("\"VI_1\"", "\"VI\\x1b[2J\\n1\"");

	(void)state;
	assert_int_equal(loaded->report.errors, 1);
	assert_null(strchr(loaded->text, '\x1b'));
	assert_non_null(strstr(loaded->text, "\"VI?[2J?1\": only letters"));
	free(loaded);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_example_parses_on_both_nodes),
		cmocka_unit_test(test_every_default),
		cmocka_unit_test(test_a_256th_instance_is_refused),
		cmocka_unit_test(test_what_is_written_is_what_is_kept),
		cmocka_unit_test(test_device_values_follow_each_other),
		cmocka_unit_test(
			test_ten_wrong_settings_are_ten_errors_with_lines),
		cmocka_unit_test(test_numbers_that_libconfig_wraps_are_seen),
		cmocka_unit_test(test_a_wrong_type_is_not_a_missing_key),
		cmocka_unit_test(test_missing_keys_are_named),
		cmocka_unit_test(test_unknown_keys_everywhere),
		cmocka_unit_test(test_unicast_goes_between_two_addresses),
		cmocka_unit_test(
			test_unicast_wants_two_addresses_of_its_family),
		cmocka_unit_test(test_adverts_leave_from_source_addresses),
		cmocka_unit_test(test_what_is_not_built_is_refused_by_name),
		cmocka_unit_test(
			test_a_syntax_error_is_one_error_with_its_line),
		cmocka_unit_test(test_a_syntax_error_names_the_slip),
		cmocka_unit_test(test_a_file_of_keepalived_is_told_as_such),
		cmocka_unit_test(test_files_that_cannot_be_read),
		cmocka_unit_test(test_include_starts_in_the_folder_of_the_file),
		cmocka_unit_test(
			test_control_characters_never_reach_a_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
