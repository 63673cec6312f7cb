/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a file with a director may not say, as far as no other test has it:
 * tests/lvs-input.txt names all of them. For each list of choices, each choice.
 */
#include "settings_text.h"

#define LAST "fence = { required = true; };\n"
#define NONE "checks = ( { type = \"none\"; } ); "
#define WITH(director, more, listen, servers)                                  \
	LAST "director = { " director " services = ( { name = \"web\"; "       \
	     "instance = \"VI_1\"; " more " listen = ( " listen                \
	     " ); servers = ( " servers " ); } ); };\n"
#define LISTEN "{ ip = \"192.0.2.100\"; port = 80; }"
#define SERVER "{ name = \"a\"; address = \"192.0.2.21\"; }"
#define SYNC   "sync = { interface = \"e9\"; };"

static void test_I_families_are_mixed_by_tunnels_alone(void **state)
{
	static const struct edit errors[] = {
		{LAST,
		 WITH("", NONE, LISTEN,
		      "{ name = \"a\"; address = \"2001:db8::1\"; }"),
		 "servers[0].address: 2001:db8::1 is of another family than "
		 "the service: only method = \"tun\""},
		{LAST,
		 WITH(SYNC, NONE "method = \"tun\";", LISTEN,
		      "{ name = \"a\"; address = \"2001:db8::1\"; }"),
		 "servers[0].address: 2001:db8::1 is of another family than "
		 "the service: the kernel does not allow that together with "
		 "sync"},
	};
	struct loaded *loaded = load_edited(
		LAST, WITH("", NONE "method = \"tun\";", LISTEN,
			   "{ name = \"a\"; address = \"2001:db8::1\"; }"));

	(void)state;
	assert_edits(errors, COUNT(errors), 1, 0);
	assert_string_equal(loaded->text, "");
	free(loaded);
}

/* Those that know weights take what changes them. */
static void
test_I_weights_that_change_need_a_scheduler_that_knows_them(void **state)
{
	static const struct {
		const char *name, *flags;
		bool knows;
	} all[] = {{"rr", "", false},  {"lc", "", false},  {"dh", "", false},
		   {"sh", "f", false}, {"mh", "f", false}, {"fo", "", false},
		   {"ovf", "", false}, {"wrr", "", true},  {"wlc", "", true},
		   {"sed", "", true},  {"nq", "", true},   {"lblc", "", true},
		   {"lblcr", "", true}};
	static const struct {
		const char *text, *before, *behind;
	} keys[] = {
		{NONE "slow_start_s = 9;",
		 "slow_start_s: ", " knows no growing weights"},
		{"checks = ( { type = \"command\"; command = \"/bin/true\"; "
		 "dynamic = true; } );",
		 "checks: dynamic: ", " knows no changing weights"}};
	char text[900], finding[100];

	(void)state;
	for (unsigned i = 0; i < COUNT(all); i++)
		for (unsigned k = 0; k < COUNT(keys); k++) {
			struct loaded *loaded;

			snprintf(text, sizeof(text),
				 WITH("", "%s scheduler = \"%s\"; %s", LISTEN,
				      SERVER),
				 keys[k].text, all[i].name,
				 all[i].flags[0]
					 ? "scheduler_flags = ( \"fallback\" );"
					 : "");
			snprintf(finding, sizeof(finding), "%s%s%s",
				 keys[k].before, all[i].name, keys[k].behind);
			loaded = load_edited(LAST, text);
			if (all[i].knows)
				assert_string_equal(loaded->text, "");
			else
				assert_non_null(strstr(loaded->text, finding));
			free(loaded);
		}
}

static void test_I_numbers_have_their_bounds(void **state)
{
	static const struct edit errors[] = {
		{LAST, WITH("check = { rise = 0; };", NONE, LISTEN, SERVER),
		 "director.check.rise: 0 is out of range"},
		{LAST, WITH("check = { fall = 0; };", NONE, LISTEN, SERVER),
		 "director.check.fall: 0 is out of range"},
		{LAST,
		 WITH("check = { inter_ms = 900; fastinter_ms = 500; };",
		      "checks = ( { type = \"tcp\"; } );", LISTEN, SERVER),
		 "timeout_ms: 1000 ms is more than inter_ms = 900"},
		{LAST,
		 WITH("", NONE, LISTEN,
		      "{ name = \"a\"; address = \"192.0.2.21\"; weight = -1; "
		      "}"),
		 "servers[0].weight: -1 is out of range"},
		{LAST,
		 WITH("",
		      "checks = ( { type = \"http\"; status = ( \"99\" ); "
		      "} );",
		      LISTEN, SERVER),
		 "checks[0].status: \"99\" is no status"},
		{LAST,
		 WITH("sync = { interface = \"e9\"; threshold = 9; period = 9; "
		      "};",
		      NONE, LISTEN, SERVER),
		 "sync.threshold: 9 must be less than period = 9"},
	};

	(void)state;
	assert_edits(errors, COUNT(errors), 1, 0);
}

static void test_I_one_mark_and_one_port_are_one_service(void **state)
{
	static const struct edit errors[] = {
		{LAST,
		 LAST "director = { services = ("
		      "{ name = \"x\"; instance = \"VI_1\"; " NONE
		      "listen = ( " LISTEN " ); servers = ( " SERVER " ); },"
		      "{ name = \"y\"; instance = \"VI_1\"; " NONE
		      "listen = ( " LISTEN " ); servers = ( " SERVER
		      " ); } ); };\n",
		 "services[1].listen[0].ip: 192.0.2.100 port 80 is a listener "
		 "of \"x\" too"},
		{LAST,
		 LAST "director = { services = ("
		      "{ name = \"x\"; instance = \"VI_1\"; " NONE
		      "fwmark = 7; servers = ( " SERVER " ); },"
		      "{ name = \"x\"; instance = \"VI_1\"; " NONE
		      "fwmark = 8; servers = ( " SERVER " ); } ); };\n",
		 "services[1].name: services[0] is called \"x\" too"},
	};
	/* one mark for each family */
	struct loaded *loaded = load_edited(
		LAST,
		LAST "director = { services = ("
		     "{ name = \"x\"; instance = \"VI_1\"; " NONE
		     "fwmark = 7; servers = ( " SERVER " ); },"
		     "{ name = \"y\"; instance = \"VI_1\"; " NONE
		     "fwmark = 7; family = \"ipv6\"; servers = ( { name = "
		     "\"a\"; address = \"2001:db8::1\"; } ); } ); };\n");

	(void)state;
	assert_edits(errors, COUNT(errors), 1, 0);
	assert_string_equal(loaded->text, "");
	free(loaded);
}

static void test_I_a_node_waits_until_it_knows_the_connections(void **state)
{
	static const struct edit warnings[] = {
		{"  } );\ndevices",
		 "  preempt = true; preempt_delay_ms = 9000; } );\n"
		 "director = { sync = { interface = \"e9\"; }; services = ( { "
		 "name = \"web\"; instance = \"VI_1\"; " NONE
		 "listen = ( " LISTEN " ); servers = ( " SERVER
		 " ); } ); };\ndevices",
		 "preempt_delay_ms: 9000 ms is less than "
		 "director.sync.refresh_s = 10"},
	};

	(void)state;
	assert_edits(warnings, COUNT(warnings), 0, 1);
}

/* Of 192.0.2.64/26; a /31 and a /32 have none (RFC 3021). */
static void test_I_a_broadcast_address_is_warned_of(void **state)
{
	static const struct {
		const char *vip, *server;
		bool is_told;
	} all[] = {
		{"100/26", "192.0.2.127", true},
		{"100/26", "192.0.2.126", false},
		{"100/26", "192.0.2.255", false},
		{"100/24", "192.0.2.255", true},
		{"100/31", "192.0.2.101", false},
		{"100/32", "192.0.2.255", false},
	};
	char text[900], vip[60];

	(void)state;
	for (unsigned i = 0; i < COUNT(all); i++) {
		struct loaded *loaded;
		char *plain, *at;

		snprintf(text, sizeof(text),
			 WITH("", NONE, LISTEN,
			      "{ name = \"a\"; address = \"%s\"; }"),
			 all[i].server);
		plain = edited(LAST, text);
		at = strstr(plain, "192.0.2.100/");
		assert_non_null(at);
		snprintf(vip, sizeof(vip), "192.0.2.%s", all[i].vip);
		memcpy(at, vip, strlen(vip));
		loaded = load_text(plain);
		assert_int_equal(strstr(loaded->text,
					"warning: director.services[0].servers["
					"0].address: ") != NULL,
				 all[i].is_told);
		assert_int_equal(loaded->report.errors, 0);
		free(plain);
		free(loaded);
	}
}

static void test_I_the_defaults_of_lvs_are_those_of_the_manual(void **state)
{
	struct loaded *loaded =
		load_edited(LAST, WITH(SYNC, NONE, LISTEN, SERVER));
	const struct settings_director *director = &loaded->settings.director;

	(void)state;
	assert_string_equal(loaded->text, "");
	assert_int_equal(director->parallel, 256);
	assert_int_equal(director->sync.threshold, 2);
	assert_int_equal(director->sync.period, 50);
	assert_int_equal(director->sync.refresh_s, 10);
	assert_int_equal(director->check.rise, 2);
	assert_int_equal(director->check.fall, 3);
	assert_int_equal(director->check.inter_ms, 2000);
	assert_int_equal(director->check.timeout_ms, 1000);
	assert_int_equal(director->standby_inter_ms, 10000);
	free(loaded);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_I_families_are_mixed_by_tunnels_alone),
		cmocka_unit_test(
			test_I_weights_that_change_need_a_scheduler_that_knows_them),
		cmocka_unit_test(test_I_numbers_have_their_bounds),
		cmocka_unit_test(test_I_one_mark_and_one_port_are_one_service),
		cmocka_unit_test(
			test_I_a_node_waits_until_it_knows_the_connections),
		cmocka_unit_test(test_I_a_broadcast_address_is_warned_of),
		cmocka_unit_test(
			test_I_the_defaults_of_lvs_are_those_of_the_manual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
