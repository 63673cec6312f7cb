/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Judging the settings against each other: errors with numbers, warnings. */
#include "settings_text.h"

#include <unistd.h>

static void test_nodes(void **state)
{
	static const struct edit edits[] = {
		{"\"lb02\"", "\"lb01\"",
		 "nodes[1].name: both nodes are called \"lb01\""},
		{"192.0.2.12", "192.0.2.11",
		 "nodes[1].address: 192.0.2.11 is an address of \"lb01\" too"},
		{"\"192.0.2.12\"", "( \"192.0.2.13\", \"192.0.2.11\" )",
		 "nodes[1].address: 192.0.2.11 is an address of"},
		{"\"192.0.2.12\"", "( \"192.0.2.13\", \"192.0.2.13\" )",
		 "nodes[1].address[1]: 192.0.2.13 stands here twice"},
		{"\"192.0.2.12\"", "( )", "nodes[1].address: is empty"},
		{"\"192.0.2.12\"", "\"127.0.0.1\"", "is the loopback"},
		{"\"192.0.2.12\"", "\"224.0.0.18\"",
		 "cannot be the address of a host"},
		{"\"192.0.2.12\"", "\"lb02.example.org\"",
		 "is no IP address like"},
		{"\"192.0.2.12\"", "\"::1\"", "is the loopback"},
		{"\"192.0.2.12\"", "\"ff02::1\"",
		 "cannot be the address of a host"},
		{"plug = 2; } ); } );",
		 "plug = 2; } ); }, { name = \"c\"; } );",
		 "nodes: 3 nodes; a pair has exactly 2"},
		{"/dev/two", "dev/two", "must be an absolute path"},
		{"\"/dev/two\"", "\"\"", "nodes[1].serial: is missing"},
		{"links = { serial = { }; }", "links = { }",
		 "nodes[0].serial: is set, but there is no links.serial"},
	};

	(void)state;
	/* the last one is told for both nodes and with a warning */
	assert_edits(edits, COUNT(edits) - 1, 1, 0);
	assert_edits(edits + COUNT(edits) - 1, 1, 2, 1);
}

static void test_a_node_finds_itself(void **state)
{
	struct loaded *loaded = load_text_as(GOOD, "lb03");
	char host[256] = "", *text;

	(void)state;
	assert_non_null(strstr(loaded->text,
			       "t.conf:2: error: nodes: there is no node "
			       "\"lb03\" (--node); the nodes are \"lb01\" and "
			       "\"lb02\""));
	free(loaded);
	loaded = load_text_as(GOOD, NULL);
	assert_non_null(strstr(loaded->text, "this host is called"));
	assert_non_null(strstr(loaded->text, "\"lb01\" and \"lb02\""));
	assert_int_equal(loaded->result, -1);
	/* to look at a file anywhere else is no crime */
	loaded->report = (struct settings_report){.any_node = true};
	assert_int_equal(settings_load_string(GOOD, "t.conf", NULL,
					      &loaded->settings,
					      &loaded->report),
			 0);
	assert_int_equal(loaded->report.warnings, 1);
	assert_true(loaded->report.self_unknown);
	assert_int_equal(
		settings_check_environment(&loaded->settings, &loaded->report),
		0);
	free(loaded);
	assert_int_equal(gethostname(host, sizeof(host) - 1), 0);
	if (strlen(host) >= SETTINGS_NAME_MAX)
		skip();
	text = edited("lb02", host);
	loaded = load_text_as(text, NULL);
	free(text);
	assert_int_equal(loaded->result, 0);
	assert_int_equal(loaded->settings.self, 1);
	free(loaded);
}

static void test_serial_times(void **state)
{
	static const struct edit errors[] = {
		{"serial = { }", "serial = { baud = 9600; interval_ms = 30; }",
		 "links.serial.interval_ms: a beat takes 41.6 ms at 9600 baud, "
		 "so 30 ms loads the line by 138 %; at most 50 % is allowed: "
		 "at least 84 ms"},
		{"serial = { }", "serial = { interval_ms = 6; dead_ms = 40; }",
		 "loads the line by 57 %"},
		{"serial = { }", "serial = { dead_ms = 200; }",
		 "links.serial.dead_ms: 200 ms: must be more than twice"},
	};
	static const struct edit warnings[] = {
		{"serial = { }", "serial = { dead_ms = 201; }",
		 "links.serial.dead_ms: 201 ms is short"},
		{"serial = { }", "serial = { interval_ms = 9; dead_ms = 29; }",
		 "links.serial.dead_ms: 29 ms is short"},
	};
	static const struct edit fine[] = {
		{"serial = { }", "serial = { interval_ms = 7; dead_ms = 30; }",
		 ""},
		{"serial = { }", "serial = { baud = 9600; interval_ms = 84; }",
		 ""},
	};

	(void)state;
	assert_edits(errors, COUNT(errors), 1, 0);
	assert_edits(warnings, COUNT(warnings), 0, 1);
	assert_edits(fine, COUNT(fine), 0, 0);
}

#define ROUTES(more)                                                           \
	{                                                                      \
		"vrid = 55", "vrid = 55; routes = ( " more " )"
#define RULES(more)                                                            \
	{                                                                      \
		"vrid = 55", "vrid = 55; rules = ( " more " )"

static void test_routes_and_rules_are_what_the_kernel_takes(void **state){
	static const struct edit errors[] = {ROUTES("{ via = \"192.0.2.1\"; }"),
					     "routes[0].to: is missing"},
	ROUTES("{ to = \"10.0.0\"; dev = \"eth0\"; }"),
	"routes[0].to: \"10.0.0\" is no network"},
	ROUTES("{ to = \"10.0.0.0/33\"; dev = \"eth0\"; }"),
	"the prefix length must be 0 to 32"
}
, ROUTES("{ to = \"10.0.0.1/8\"; dev = \"eth0\"; }"),
	"10.0.0.1/8 has bits beyond its prefix"
}
, ROUTES("{ to = \"10.0.0.0/8\"; }"),
	"routes[0]: leads nowhere: give via, dev or both"
}
, ROUTES("{ to = \"10.0.0.0/8\"; via = \"fe80::1\"; }"),
	"routes[0].via: fe80::1 is not of the family of 10.0.0.0/8"
}
, ROUTES("{ to = \"default\"; via = \"fe80::1\"; }"),
	"routes[0].dev: is missing: fe80::1 is link-local"
}
,
	ROUTES("{ to = \"10.0.0.0/8\"; dev = \"eth0\"; "
	       "type = \"blackhole\"; }"),
	"routes[0].type: a route that leads nowhere"
}
, ROUTES("{ to = \"10.0.0.0/8\"; via = \"192.0.2.100\"; }"),
	"routes[0].via: 192.0.2.100 is a virtual address"
}
,
	ROUTES("{ to = \"10.0.0.0/8\"; dev = \"eth0\"; "
	       "table = 255; }"),
	"routes[0].table: 255 is the kernel's table"
}
,
	ROUTES("{ to = \"default\"; via = \"192.0.2.1\"; }, { to = "
	       "\"0.0.0.0/0\"; via = \"192.0.2.2\"; table = 254; }"),
	"routes[1].to: 0.0.0.0/0 stands in table 254 twice"
}
, RULES("{ table = 100; }"), "rules[0]: is for all"
}
, RULES("{ from = \"192.0.2.100\"; }"), "rules[0].table: is missing"
}
,
	RULES("{ from = \"192.0.2.100\"; to = \"::/0\"; "
	      "table = 9; }"),
	"rules[0].to: ::/0 is not of the family"
}
,
	RULES("{ from = \"192.0.2.100\"; table = 9; }, { from = "
	      "\"192.0.2.100\"; table = 9; }"),
	"rules[1]: stands there twice"
}
,
	RULES("{ from = \"192.0.2.100\"; table = 9; "
	      "priority = 32766; }"),
	"rules[0].priority: 32766 is out of range, 1 to 32765"
}
,
}
;
static const struct edit
	fine[] = {ROUTES("{ to = \"default\"; via = \"192.0.2.1\"; }, { to = "
			 "\"default\"; via = \"192.0.2.1\"; metric = 5; }, "
			 "{ to = \"2001:db8::/32\"; via = \"fe80::1\"; dev = "
			 "\"eth0\"; }, { to = \"10.9.9.9\"; type = "
			 "\"prohibit\"; }"),
		  ""},
	RULES("{ from = \"192.0.2.100\"; table = 9; }, { to = "
	      "\"fd00::/8\"; table = 2147483647; }"),
	""
}
,
}
;

(void)state;
assert_edits(errors, COUNT(errors), 1, 0);
assert_edits(fine, COUNT(fine), 0, 0);
}

static void test_a_virtual_mac_is_refused_by_name(void **state)
{
	static const struct edit edits[] = {
		{"vrid = 55", "vrid = 55; vmac = true",
		 "instances[0].vmac: neighbours learn of a new owner by "
		 "gratuitous ARP and NA, which needs none; virtual MAC "
		 "addresses are not in this version yet; remove it or set "
		 "false"},
	};
	static const struct edit fine[] = {
		{"vrid = 55", "vrid = 55; vmac = false", ""},
	};

	(void)state;
	assert_edits(edits, COUNT(edits), 1, 0);
	assert_edits(fine, COUNT(fine), 0, 0);
}

static void test_R3_debounce_ends_before_the_other_node_acts(void **state)
{
	static const struct edit errors[] = {
		{"devices =",
		 "debounce = ( { interface = \"eth0\"; down_ms = 5000; } );\n"
		 "devices =",
		 "debounce[0].down_ms: 5000 ms: must be less than "
		 "fence.disagree_ms (5000 ms)"},
		{"devices =",
		 "debounce = ( { interface = \"eth0\"; }, { interface = "
		 "\"eth0\"; } );\ndevices =",
		 "debounce[1].interface: eth0 stands in debounce[0] too"},
		{"devices =", "debounce = ( { down_ms = 5; } );\ndevices =",
		 "debounce[0].interface: is missing"},
	};
	static const struct edit unheard = {
		"links = { serial = { }; };",
		"links = { }; debounce = ( { interface = \"eth0\"; down_ms = "
		"200; } );",
		"debounce[0].down_ms: 200 ms: without a two-way link the other "
		"node takes \"VI_1\" over after three adverts of 100 ms: less "
		"than 200 ms"};
	static const struct edit warnings[] = {
		{"devices =",
		 "debounce = ( { interface = \"eth7\"; down_ms = 5; } );\n"
		 "devices =",
		 "debounce[0].interface: no instance is on eth7"},
	};
	static const struct edit fine[] = {
		{"devices =",
		 "debounce = ( { interface = \"eth0\"; down_ms = 4999; "
		 "up_ms = 3600000; } );\ndevices =",
		 ""},
	};

	(void)state;
	assert_edits(errors, COUNT(errors), 1, 0);
	assert_edits(warnings, COUNT(warnings), 0, 1);
	assert_edits(fine, COUNT(fine), 0, 0);
	/* besides: two nodes with a port and no link, and the warning of that
	 */
	assert_edits(&unheard, 1, 3, 1);
}

static void test_R21_a_group_has_one_election(void **state)
{
	static const struct edit errors[] = {
		{"  } );\n",
		 "    sync = \"G\"; }, { name = \"b\"; interface = \"eth1\";\n"
		 "    vrid = 55; sync = \"G\"; preempt = true;\n"
		 "    addresses = ( { ip = \"192.0.2.9\"; } ); } );\n",
		 "instances[1].sync: \"VI_1\" and \"b\" of one group move "
		 "together"},
		{"  } );\n",
		 "    sync = \"G\"; }, { name = \"b\"; interface = \"eth1\";\n"
		 "    vrid = 55; sync = \"G\"; priorities = ( { node = "
		 "\"lb02\"; priority = 7; } );\n"
		 "    addresses = ( { ip = \"192.0.2.9\"; } ); } );\n",
		 "so their priorities, preempt and preempt_delay_ms must be "
		 "equal"},
	};
	static const struct edit warnings[] = {
		{"vrid = 55", "vrid = 55; sync = \"G\"",
		 "sync: \"G\" has no other instance, so it does nothing"},
	};

	(void)state;
	assert_edits(errors, COUNT(errors), 1, 0);
	assert_edits(warnings, COUNT(warnings), 0, 1);
}

/* They were dropped as a stranger's for as long as the pair ran. */
static void test_R7_unsigned_adverts_over_ipv6_need_an_address(void **state)
{
	static const struct edit warnings[] = {
		{"addresses = ( { ip = \"192.0.2.100/32\"; } )",
		 "sign = false; addresses = ( { ip = \"fe80::64\"; } )",
		 "instances[0].sign: false: the adverts of lb01 come from a "
		 "link-local address"},
	};

	(void)state;
	assert_edits(warnings, COUNT(warnings), 0, 2);
}

static void test_instances(void **state)
{
	static const struct edit errors[] = {
		{"  } );\n",
		 "  }, { name = \"b\"; interface = \"eth0\"; vrid = 55;\n"
		 "    addresses = ( { ip = \"192.0.2.9\"; } ); } );\n",
		 "instances[1].vrid: 55 is the VRID of instances[0] on eth0"},
		{"  } );\n",
		 "  }, { name = \"VI_1\"; interface = \"eth1\"; vrid = 55;\n"
		 "    addresses = ( { ip = \"192.0.2.9\"; } ); } );\n",
		 "instances[1].name: instances[0] is called \"VI_1\" too"},
		{"  } );\n",
		 "  }, { name = \"b\"; interface = \"eth1\"; vrid = 55;\n"
		 "    addresses = ( { ip = \"192.0.2.100/24\"; } ); } );\n",
		 "instances[1].addresses[0].ip: 192.0.2.100 stands here twice"},
		{"192.0.2.100", "192.0.2.12",
		 "192.0.2.12 is the address of node \"lb02\""},
		{"{ ip = \"192.0.2.100/32\"; }", "", "addresses: is empty"},
		{"100/32", "100/33", "\"/33\" is no prefix length"},
		{"100/32", "100/", "\"/\" is no prefix length"},
		{"100/32", "100/3x", "\"/3x\" is no prefix length"},
		{"192.0.2.100/32", "192.0.2.1000/32", "is no IP address"},
		{"192.0.2.100/32", "fe80::64/129",
		 "is no prefix length, /1 "
		 "to /128 is allowed"},
		{"192.0.2.100/32", "::1", "is a loopback address"},
		{"192.0.2.100/32", "2001:db8::64/64",
		 "instances[0].addresses[0].ip: 2001:db8::64: the first "
		 "address "
		 "of an IPv6 instance must be link-local (RFC 9568 5.2.9): put "
		 "one like \"fe80::55\" before it, on both nodes"},
		{"{ ip = \"192.0.2.100/32\"; }",
		 "{ ip = \"192.0.2.100/32\"; }, { ip = \"fe80::64\"; }",
		 "instances[0].addresses[1].ip: fe80::64: IPv4 and IPv6 cannot "
		 "be advertised by one instance"},
		{"{ ip = \"192.0.2.100/32\"; }",
		 "{ ip = \"fe80::64\"; }, { ip = \"192.0.2.100/32\"; }",
		 "instances[0].addresses[1].ip: 192.0.2.100: IPv4 and IPv6"},
		{"192.0.2.100/32\"; }", "fe80::64\"; label = \"eth0:1\"; }",
		 "instances[0].addresses[0].label: is for IPv4 only"},
		{"192.0.2.100/32", "127.0.0.9/32", "is a loopback address"},
		{"/32\"", "/32\"; label = \"wan:1\"",
		 "label: \"wan:1\" must begin with the interface's name"},
		{"/32\"", "/32\"; label = \"eth0:1234567890a\"",
		 "has 16 characters, at most 15 are allowed"},
		{"\"eth0\"", "\"lo\"", "the loopback has no network"},
		{"\"eth0\"", "\"eth 0\"", "is no name of a network interface"},
		{"vrid = 55", "vrid = 55; advert_ms = 15",
		 "advert_ms: 15 ms: version 3 counts in steps of 10 ms"},
		{"vrid = 55", "vrid = 55; advert_ms = 40960",
		 "10 to 40950 ms is allowed"},
		{"vrid = 55", "vrid = 55; version = 2; advert_ms = 1500",
		 "advert_ms: 1500 ms: version 2 counts whole seconds"},
		{"vrid = 55", "vrid = 55; version = 2; advert_ms = 100",
		 "advert_ms: 100 ms: version 2 counts whole seconds"},
		{"vrid = 55", "vrid = 55; advert_ms = 5", "is out of range"},
		{"priority = 150", "priority = 256",
		 "nodes[0].priority: 256 is out of range, 1 to 254 is allowed"},
		{"vrid = 55",
		 "vrid = 55; priorities = ( { node = \"lb01\"; "
		 "priority = 255; } )",
		 "priorities[0].priority: 255 is refused: it means that the "
		 "address is the node's own for ever (keepalived takes such"},
		{"vrid = 55", "vrid = 55; version = 4", "2 to 3 is allowed"},
		{"vrid = 55", "vrid = 55; auth_pass = \"1111\"",
		 "auth_pass: is for version 2 only"},
		{"vrid = 55",
		 "vrid = 55; priorities = ( { node = \"x\"; priority = 1; } )",
		 "priorities[0].node: no node of name \"x\""},
		{"vrid = 55",
		 "vrid = 55; track = { interfaces = ( \"a b\" ); }",
		 "track.interfaces[0]: \"a b\" is no name"},
	};
	static const struct edit version_2[] = {
		{"ip = \"192.0.2.100/32\"; } );",
		 "ip = \"fe80::64\"; } ); version = 2;",
		 "instances[0].addresses[0].ip: fe80::64: IPv6 needs version = "
		 "3 (RFC 9568)"},
	};
	static const struct edit warnings[] = {
		{"priority = 150", "priority = 100",
		 "instances[0]: both nodes have priority 100"},
		{"vrid = 55",
		 "vrid = 55; priorities = ( { node = \"lb02\"; "
		 "priority = 150; } )",
		 "instances[0].priorities: both nodes have priority 150"},
		{"100/32", "255/24", "is the broadcast address of its own"},
	};

	(void)state;
	assert_edits(errors, COUNT(errors), 1, 0);
	/* the other one is about tie_ms: version 2 counts seconds */
	assert_edits(version_2, COUNT(version_2), 2, 0);
	assert_edits(warnings, COUNT(warnings), 0, 1);
}

#define TRACK(text) "vrid = 55", "vrid = 55; track = { " text " }"

static void test_R3_checks_are_such_as_can_be_run(void **state)
{
	static const struct edit errors[] = {
		{TRACK("scripts = ( { } );"),
		 "track.scripts[0].command: is missing"},
		{TRACK("scripts = ( { command = \"check\"; } );"),
		 "track.scripts[0].command: \"check\" must begin with the "
		 "absolute path"},
		{TRACK("scripts = ( { command = \"/bin/a 'b\"; } );"),
		 "a quotation mark is not closed"},
		{TRACK("scripts = ( { command = \"/bin/a\"; rise = 0; } );"),
		 "track.scripts[0].rise: 0 is out of range"},
		{TRACK("scripts = ( { command = \"/a\"; timeout_ms = 5; } );"),
		 "track.scripts[0].timeout_ms: 5 ms is out of range"},
		{TRACK("scripts = ( { command = \"/a\"; weight = -20; } );"),
		 "track.scripts[0].weight: there are no weights: a check that "
		 "fails makes this node unfit"},
		{TRACK("processes = ( \"a b\" );"),
		 "track.processes[0]: \"a b\""},
		{TRACK("file = \"fit\";"), "must be an absolute path"},
		{TRACK("witnesses = ( \"192.0.2.11\" );"),
		 "track.witnesses: 192.0.2.11 is the address of node "
		 "\"lb01\": a witness is a third machine"},
		{TRACK("witnesses = ( \"192.0.2.100\" );"),
		 "track.witnesses: 192.0.2.100 is a virtual address"},
		{TRACK("witnesses = ( \"gateway\" );"),
		 "track.witnesses[0]: \"gateway\""},
		{TRACK("witnesses = ( \"192.0.2.1\", \"192.0.2.1\" );"),
		 "stands here twice"},
	};
	static const struct edit fine[] = {
		{TRACK("witnesses = ( \"192.0.2.1\", \"fe80::1\" );"), ""},
		{TRACK("file = ( \"/run/a\", \"/run/b\" );"), ""},
	};

	(void)state;
	assert_edits(errors, COUNT(errors), 1, 0);
	assert_edits(fine, COUNT(fine), 0, 0);
}

static void test_a_long_password_is_cut_like_keepalived(void **state)
{
	struct loaded *loaded =
		load_edited("vrid = 55;", "vrid = 55; version = 2; auth_pass = "
					  "\"supersecret\";");

	(void)state;
	/* version 2's dead time is an error of its own, see tie_ms */
	assert_non_null(strstr(loaded->text,
			       "warning: instances[0].auth_pass: has 11 "
			       "characters; it is cut to 8"));
	assert_int_equal(loaded->report.errors, 1);
	free(loaded);
}

static void test_more_than_255_addresses_are_held_not_advertised(void **state)
{
	char *list = malloc(300 * 32), *text;
	struct loaded *loaded;
	size_t used = 0;

	(void)state;
	assert_non_null(list);
	for (unsigned i = 0; i < 300; i++)
		used += (size_t)snprintf(list + used, 32,
					 "%s{ ip = \"10.1.%u.%u\"; }",
					 i ? "," : "", i / 100, i % 100 + 1);
	text = edited("{ ip = \"192.0.2.100/32\"; }", list);
	loaded = load_text(text);
	assert_non_null(strstr(loaded->text, "300 addresses; an advert can "
					     "name 255"));
	assert_int_equal(loaded->result, 0);
	assert_int_equal(loaded->report.warnings, 1);
	assert_int_equal(loaded->settings.address_count, 300);
	assert_false(loaded->settings.addresses[254].excluded);
	assert_true(loaded->settings.addresses[255].excluded);
	free(loaded);
	free(text);
	free(list);
}

static void test_I11_one_plug_cannot_be_both_nodes(void **state)
{
	static const struct edit edits[] = {
		{"plug = 2", "plug = 1",
		 "nodes[1].fence[0].plug: plug 1 of pdu is nodes[0].fence[0] "
		 "too; one plug cannot cut both nodes"},
		{"plug = 2", "plug = \"1\"", "one plug cannot cut both nodes"},
		{"{ device = \"pdu\"; plug = 2; }",
		 "{ device = \"pdu\"; plug = 2; }, { device = \"pdu\"; "
		 "plug = 2; level = 2; }",
		 "nodes[1].fence[1].plug: plug 2 of pdu is nodes[1].fence[0] "
		 "too; name it once"},
		{"plug = 2; } ); } );\n",
		 "plug = 2; }, { device = \"two\"; plug = 1; } ); } );\n",
		 "no device of name \"two\""},
		{"plug = 2", "plug = 0", "must be a number from 1 to 65535"},
		{"plug = 2", "plug = \"A1\"", "must be a number from 1"},
		{"plug = 2", "plug = 70000", "must be a number from 1"},
		{"plug = 2", "plug = 2; level = 10", "1 to 9 is allowed"},
	};

	(void)state;
	assert_edits(edits, COUNT(edits), 1, 0);
}

static void test_I11_one_coil_under_two_names_is_seen(void **state)
{
	char *text = edited("device = \"pdu\"; plug = 2",
			    "device = \"two\"; plug = 1");
	char *whole = malloc(strlen(text) + 200), *at;
	struct loaded *loaded;

	(void)state;
	assert_non_null(whole);
	at = strstr(text, "devices = (");
	assert_non_null(at);
	sprintf(whole, "%.*sdevices = ( { name = \"two\"; host = \"%s\"; },%s",
		(int)(at - text), text, "203.0.113.20",
		at + strlen("devices = ("));
	loaded = load_text(whole);
	assert_int_equal(loaded->report.errors, 1);
	assert_non_null(strstr(loaded->text, "one plug cannot cut both"));
	free(loaded);
	free(whole);
	free(text);
}

static void test_devices(void **state)
{
	static const struct edit edits[] = {
		{"203.0.113.20", "pdu.example.org", "is no IPv4 address"},
		{"203.0.113.20", "", "devices[0].host: "},
		{"host =", "write_on = 2; host =",
		 "write_on: 2: a coil or discrete input is 0 or 1"},
		{"host =", "write_off = 1; host =",
		 "write_off: on and off are both 1; they must differ"},
		{"host =", "read_on = 0; host =", "read_on: on and off are"},
		{"host =", "write_kind = \"discrete\"; host =",
		 "write_kind: \"discrete\" is not known; allowed are "
		 "\"coil\", \"holding\""},
		{"host =", "base = 65536; host =", "0 to 65535 is allowed"},
		{"host =", "base = 65535; host =",
		 "plug: must be a number from 1 to 1 "},
		{"\"modbus\"", "\"modbsu\"",
		 "\"modbsu\" is not known, did you mean \"modbus\"?"},
		{"  host = \"203.0.113.20\"; } )",
		 "  host = \"203.0.113.20\"; }, { name = \"pdu\"; host = "
		 "\"203.0.113.21\"; } )",
		 "devices[1].name: devices[0] is called \"pdu\" too"},
		{"host =", "unit = 256; host =", "0 to 255 is allowed"},
		{"host =", "connect_ms = 0; host =", "1 to 3600000 ms"},
	};
	static const struct edit warnings[] = {
		{"203.0.113.20", "192.0.2.20",
		 "devices[0].host: 192.0.2.20 is in the /24 of a node's"},
	};

	(void)state;
	assert_edits(edits, COUNT(edits), 1, 0);
	assert_edits(warnings, COUNT(warnings), 0, 1);
}

static void test_R5_tie_outlasts_the_spread_and_a_fence(void **state)
{
	static const struct edit errors[] = {
		{"required = true", "tie_ms = 500",
		 "t.conf:15: error: fence.tie_ms: 500 ms must be more than "
		 "2109 ms: the dead times lie 59 ms apart (341 to 400 ms), "
		 "and the slowest level-1 fence takes 2050 ms"},
		{"required = true", "tie_ms = 2109", "fence.tie_ms: 2109 ms"},
		/* two power supplies: both plugs, one wait */
		{"{ device = \"pdu\"; plug = 2; }",
		 "{ device = \"pdu\"; plug = 2; }, { device = \"pdu\"; plug = "
		 "3; }",
		 "fence.tie_ms: 3000 ms must be more than 3109 ms"},
		{"host =", "response_ms = 2000; host =",
		 "fence.tie_ms: 3000 ms must be more than 3609 ms"},
		{"required = true", "timeout_ms = 3049",
		 "fence.timeout_ms: 3049 ms: level 1 of \"lb01\" may take 3050 "
		 "ms"},
	};
	static const struct edit fine[] = {
		{"required = true", "tie_ms = 2110", ""},
		{"required = true", "timeout_ms = 3050", ""},
		{"fence = { required = true; };", "startup_ms = 500;", ""},
		{"host =", "power_wait_ms = 0; host =", ""},
		{"required = true", "delay_ms = 890", ""},
	};
	static const struct edit warnings[] = {
		{"required = true", "delay_ms = 891",
		 "fence.tie_ms: 3000 ms: make it more than 3000 ms, since "
		 "delay_ms is 891 ms"},
	};

	(void)state;
	assert_edits(errors, COUNT(errors), 1, 0);
	assert_edits(fine, COUNT(fine), 0, 0);
	assert_edits(warnings, COUNT(warnings), 0, 1);
}

static void
test_R6_takeover_after_a_failed_fence_must_be_confessed(void **state)
{
	static const struct edit errors[] = {
		{"required = true", "on_failure = \"takeover\"",
		 "fence.on_failure: \"takeover\" claims the addresses though"},
		{"required = true", "on_failure = \"fence\"",
		 "\"fence\" is not known; allowed are \"hold\", \"takeover\""},
		{"required = true", "on_failure = \"\"", "allowed are"},
		{"required = true", "max_per_window = 17", "0 to 16 is"},
		{"required = true", "window_s = 0", "1 to 86400 s"},
		{"required = true", "monitor_s = 0", "1 to 3600 s"},
	};
	static const struct edit fine[] = {
		{"required = true",
		 "on_failure = \"takeover\"; accept_split_brain = true", ""},
		{"required = true",
		 "on_disagreement = \"yield\"; on_startup_silence = \"wait\"; "
		 "action = \"reboot\"",
		 ""},
	};
	static const struct edit warnings[] = {
		{"required = true", "max_per_window = 0", "nothing stops"},
		{"pair =", "unclean_startup_ms = 10; pair =",
		 "is shorter than startup_ms"},
	};

	(void)state;
	assert_edits(errors, COUNT(errors), 1, 0);
	assert_edits(fine, COUNT(fine), 0, 0);
	assert_edits(warnings, COUNT(warnings), 0, 1);
}

static void test_every_node_can_be_cut_or_it_is_said(void **state)
{
	static const struct edit errors[] = {
		{"fence = ( { device = \"pdu\"; plug = 2; } );", "",
		 "nodes[1].fence: no way to cut the power of \"lb02\""},
		{"( { device = \"pdu\"; plug = 2; } )", "( )",
		 "nodes[1].fence: no way to cut the power of \"lb02\""},
	};
	static const struct edit warnings[] = {
		{"required = true", "required = false",
		 "fence.required: false: a node that hears nothing takes"},
	};

	(void)state;
	assert_edits(errors, COUNT(errors), 1, 0);
	assert_edits(warnings, COUNT(warnings), 0, 1);
}

static void test_N14_one_address_is_one_thing(void **state)
{
	static const struct edit edits[] = {
		{"192.0.2.100/32", "203.0.113.20/32",
		 "instances[0].addresses[0].ip: 203.0.113.20 is the address of "
		 "the power switch \"pdu\""},
		{"192.0.2.100/32", "192.0.2.11/32",
		 "instances[0].addresses[0].ip: 192.0.2.11 is the address of "
		 "node \"lb01\""},
		{"192.0.2.100/32", "192.0.2.12/24",
		 "192.0.2.12 is the address of node \"lb02\""},
		/* behind others, in another prefix, and a BMC's */
		{"( { ip = \"192.0.2.100/32\"; }",
		 "( { ip = \"192.0.2.100/32\"; }, { ip = "
		 "\"203.0.113.20/24\"; }",
		 "instances[0].addresses[1].ip: 203.0.113.20 is the address of "
		 "the power switch \"pdu\""},
	};

	(void)state;
	assert_edits(edits, COUNT(edits), 1, 0);
}

static void test_N14_an_agents_address_is_a_switch_as_well(void **state)
{
	struct loaded *loaded =
		load_edited("\"modbus\";\n  host = \"203.0.113.20\";",
			    "\"agent\"; agent = \"fence_apc_snmp\";\n"
			    "  options = { ip = \"192.0.2.100\"; };");

	(void)state;
	assert_non_null(strstr(loaded->text, "192.0.2.100 is the address of "
					     "the power switch \"pdu\""));
	free(loaded);
}

static void test_N14_a_switch_at_a_nodes_address_is_a_warning(void **state)
{
	struct loaded *loaded =
		load_edited("host = \"203.0.113.20\"", "host = \"192.0.2.12\"");

	(void)state;
	assert_int_equal(loaded->result, 0);
	assert_non_null(strstr(loaded->text,
			       "warning: nodes[1].address: 192.0.2.12 is the "
			       "address of the power switch \"pdu\""));
	free(loaded);
}

static void test_N14_two_names_of_one_outlet_cannot_cut_both_nodes(void **state)
{
	char *text = edited("{ name = \"pdu\"; driver",
			    "{ name = \"other\"; driver = \"modbus\"; host = "
			    "\"203.0.113.20\"; }, { name = \"pdu\"; driver");
	char *plug = strstr(text, "\"pdu\"; plug = 2;");
	struct loaded *loaded;

	(void)state;
	assert_non_null(plug);
	memcpy(plug, "\"other\";plug=1; ", strlen("\"other\";plug=1; "));
	loaded = load_text(text);
	assert_non_null(strstr(loaded->text, "one plug cannot cut both nodes"));
	free(loaded);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nodes),
		cmocka_unit_test(test_a_node_finds_itself),
		cmocka_unit_test(test_serial_times),
		cmocka_unit_test(
			test_R7_unsigned_adverts_over_ipv6_need_an_address),
		cmocka_unit_test(test_R21_a_group_has_one_election),
		cmocka_unit_test(test_instances),
		cmocka_unit_test(test_R3_checks_are_such_as_can_be_run),
		cmocka_unit_test(test_a_long_password_is_cut_like_keepalived),
		cmocka_unit_test(
			test_more_than_255_addresses_are_held_not_advertised),
		cmocka_unit_test(test_I11_one_plug_cannot_be_both_nodes),
		cmocka_unit_test(test_I11_one_coil_under_two_names_is_seen),
		cmocka_unit_test(test_devices),
		cmocka_unit_test(
			test_R3_debounce_ends_before_the_other_node_acts),
		cmocka_unit_test(test_a_virtual_mac_is_refused_by_name),
		cmocka_unit_test(
			test_routes_and_rules_are_what_the_kernel_takes),
		cmocka_unit_test(test_R5_tie_outlasts_the_spread_and_a_fence),
		cmocka_unit_test(
			test_R6_takeover_after_a_failed_fence_must_be_confessed),
		cmocka_unit_test(test_every_node_can_be_cut_or_it_is_said),
		cmocka_unit_test(test_N14_one_address_is_one_thing),
		cmocka_unit_test(
			test_N14_an_agents_address_is_a_switch_as_well),
		cmocka_unit_test(
			test_N14_a_switch_at_a_nodes_address_is_a_warning),
		cmocka_unit_test(
			test_N14_two_names_of_one_outlet_cannot_cut_both_nodes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
