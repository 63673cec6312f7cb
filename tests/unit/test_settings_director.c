/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The group director: what is read where, and what is refused with which
 * sentence. */
#include "settings_text.h"

#include "../../src/settings/snapshot.h"

#define LAST "fence = { required = true; };\n"

/* Nobody is warned that servers are not checked. */
#define NONE "checks = ( { type = \"none\"; } ); "

/* In place of the last line of the good text. */
#define WITH(more, listen, servers)                                            \
	LAST "director = { services = ( { name = \"web\"; instance = "         \
	     "\"VI_1\"; " NONE more " listen = ( " listen                      \
	     " ); servers = ( " servers " ); } ); };\n"
#define LISTEN	"{ ip = \"192.0.2.100\"; port = 80; }"
#define SERVER1 "{ name = \"a\"; address = \"192.0.2.21\"; }"
#define SERVER2 "{ name = \"b\"; address = \"192.0.2.22\"; weight = 3; }"

static void test_lists_in_lists_lie_one_after_the_other(void **state)
{
	struct loaded *loaded = load_edited(
		LAST,
		LAST "director = { services = ("
		     "{ name = \"one\"; instance = \"VI_1\"; " NONE
		     "listen = ( " LISTEN ", { ip = \"192.0.2.100\"; port = "
		     "443; } ); servers = ( " SERVER1 ", " SERVER2 " ); },"
		     "{ name = \"two\"; instance = \"VI_1\"; " NONE
		     "method = \"nat\";"
		     "listen = ( { ip = \"192.0.2.100\"; port = 25; } );"
		     "servers = ( { name = \"c\"; address = \"192.0.2.23\";"
		     "port = 2525; } ); } ); };\n");
	const struct settings *settings = &loaded->settings;
	const struct settings_service *two = &settings->director.services[1];

	(void)state;
	assert_string_equal(loaded->text, "");
	assert_true(settings->director.configured);
	assert_int_equal(settings->director.service_count, 2);
	assert_int_equal(settings->listen_count, 3);
	assert_int_equal(settings->server_count, 3);
	assert_int_equal(two->first_listen, 2);
	assert_int_equal(two->listen_count, 1);
	assert_int_equal(two->first_server, 2);
	assert_int_equal(settings->servers[2].port, 2525);
	assert_int_equal(settings->servers[1].weight, 3);
	assert_int_equal(settings->servers[0].weight, 1);
	assert_int_equal(two->method, METHOD_NAT);
	assert_string_equal(two->scheduler, "wlc");
	assert_int_equal(settings->director.tcp_s, 900);
	assert_true(settings->director.expire_nodest);
	assert_false(settings->director.sync.configured);
	free(loaded);
}

/* A server's own method decides what may be said of it, not the service's. */
static void test_a_server_has_a_method_of_its_own(void **state)
{
	struct loaded *loaded = load_edited(
		LAST,
		WITH("tunnel = { type = \"ipip\"; }; fallback = { address = "
		     "\"127.0.0.1\"; };",
		     LISTEN,
		     "{ name = \"a\"; address = \"192.0.2.21\"; port = 8080; "
		     "method = \"nat\"; }, { name = \"b\"; address = "
		     "\"2001:db8::21\"; method = \"tun\"; }, { name = "
		     "\"c\"; address = \"192.0.2.23\"; }"));
	const struct settings *settings = &loaded->settings;

	(void)state;
	assert_string_equal(loaded->text, "");
	assert_int_equal(settings->servers[0].method, 1 + METHOD_NAT);
	assert_int_equal(settings->servers[1].method, 1 + METHOD_TUN);
	assert_int_equal(settings->servers[2].method, 0);
	free(loaded);
}

static void test_without_the_group_there_is_no_director(void **state)
{
	struct loaded *loaded = load_text(GOOD);

	(void)state;
	assert_false(loaded->settings.director.configured);
	free(loaded);
}

/* Who maps the snapshot never leaves it, whatever is written there. */
static void test_a_list_that_leaves_its_array_is_no_snapshot(void **state)
{
	struct loaded *loaded =
		load_edited(LAST, WITH("", LISTEN, SERVER1 ", " SERVER2));
	struct settings_service *service =
		&loaded->settings.director.services[0];
	int fd;

	(void)state;
	fd = settings_seal(&loaded->settings);
	assert_non_null(settings_map(fd));
	service->first_server = SERVERS_MAX - 1;
	fd = settings_seal(&loaded->settings);
	assert_null(settings_map(fd));
	service->first_server = 0xffff;
	service->server_count = 1;
	fd = settings_seal(&loaded->settings);
	assert_null(settings_map(fd));
	service->first_server = 0;
	service->instance = 9;
	fd = settings_seal(&loaded->settings);
	assert_null(settings_map(fd));
	free(loaded);
}

static void test_the_digest_has_a_part_of_its_own(void **state)
{
	struct loaded *none = load_text(GOOD);
	struct loaded *one = load_edited(LAST, WITH("", LISTEN, SERVER1));
	struct loaded *two = load_edited(LAST, WITH("", LISTEN, SERVER2));

	(void)state;
	assert_int_not_equal(none->settings.digest, one->settings.digest);
	assert_int_not_equal(one->settings.part_digest[PART_DIRECTOR],
			     two->settings.part_digest[PART_DIRECTOR]);
	assert_memory_equal(none->settings.part_digest,
			    one->settings.part_digest,
			    PART_DIRECTOR * sizeof(uint16_t));
	free(none);
	free(one);
	free(two);
}

#define ERROR(more, listen, servers, finding)                                  \
	{                                                                      \
		LAST, WITH(more, listen, servers), finding                     \
	}

static void test_what_cannot_work_is_refused(void **state)
{
	static const struct edit edits[] = {
		{LAST,
		 LAST "director = { services = ( { name = \"web\"; instance = "
		      "\"VI_9\"; " NONE "listen = ( " LISTEN
		      " ); servers = ( " SERVER1 " ); } ); };\n",
		 "instance: there is no instance \"VI_9\""},
		ERROR("", "{ ip = \"192.0.2.99\"; port = 80; }", SERVER1,
		      "listen[0].ip: 192.0.2.99 is not an address of the "
		      "instance \"VI_1\"; add it there"),
		ERROR("", "{ ip = \"192.0.2.100\"; }", SERVER1,
		      "listen[0].port: 0 is every port, and needs persistence"),
		ERROR("", "", SERVER1, "listen: is missing; give listen, or"),
		ERROR("fwmark = 7;", LISTEN, SERVER1,
		      "listen: listen and fwmark exclude each other"),
		ERROR("", LISTEN ", " LISTEN, SERVER1,
		      "listen[1].ip: 192.0.2.100 port 80 is a listener of "
		      "\"web\" too"),
		ERROR("", LISTEN,
		      "{ name = \"a\"; address = \"192.0.2.21\"; port = 81; }",
		      "servers[0].port: 81, but packets come for port 80"),
		ERROR("", LISTEN, "{ name = \"a\"; address = \"web1\"; }",
		      "servers[0].address: \"web1\" is no IP address"),
		ERROR("", LISTEN,
		      "{ name = \"a\"; address = \"192.0.2.100\"; }",
		      "servers[0].address: 192.0.2.100 is a virtual address"),
		ERROR("method = \"nat\";", LISTEN,
		      "{ name = \"a\"; address = \"192.0.2.11\"; }",
		      "servers[0].address: 192.0.2.11 is a node of the pair"),
		ERROR("", LISTEN, "{ name = \"a\"; address = \"0.0.0.0\"; }",
		      "servers[0].address: 0.0.0.0 cannot be the address"),
		ERROR("", LISTEN,
		      "{ name = \"a\"; address = \"255.255.255.255\"; }",
		      "servers[0].address: 255.255.255.255 cannot be the "
		      "address"),
		ERROR("gateway = \"192.0.2.100\";", LISTEN, SERVER1,
		      "gateway: is for method = \"nat\" only"),
		ERROR("method = \"nat\"; gateway = \"192.0.2.1\";", LISTEN,
		      SERVER1,
		      "gateway: 192.0.2.1 is not an address of the instance "
		      "\"VI_1\""),
		ERROR("",
		      "{ ip = \"192.0.2.100\"; port = 80; }, { ip = "
		      "\"192.0.2.100\"; port = 80; protocol = \"tcp\"; }",
		      SERVER1,
		      "listen[1].ip: 192.0.2.100 port 80 is a listener of "
		      "\"web\" too"),
		ERROR("protocol = \"udp\"; one_packet = true;",
		      "{ ip = \"192.0.2.100\"; port = 53; }, { ip = "
		      "\"192.0.2.100\"; port = 53; protocol = \"tcp\"; }",
		      SERVER1, "one_packet: is for protocol = \"udp\" only"),
		ERROR("", LISTEN, "{ name = \"a\"; address = \"fe80::5\"; }",
		      "fe80::5 is link-local"),
		ERROR("scheduler = \"sh\";", LISTEN, SERVER1,
		      "scheduler_flags: sh without \"fallback\" refuses"),
		ERROR("one_packet = true; protocol = \"sctp\";", LISTEN,
		      SERVER1, "one_packet: is for protocol = \"udp\" only"),
		ERROR("method = \"tun\"; tunnel = { type = \"ipip\"; "
		      "remcsum = true; };",
		      LISTEN, SERVER1, "tunnel: only gue has remcsum"),
		ERROR("persistence = { timeout_s = 9; prefix = 129; };", LISTEN,
		      SERVER1, "persistence.prefix: 129 is out of range"),
		ERROR("", LISTEN, "{ name = \"a\"; address = \"224.0.0.5\"; }",
		      "servers[0].address: 224.0.0.5 cannot be the address"),
		ERROR("", LISTEN,
		      "{ name = \"a\"; address = \"2001:db8::1\"; }",
		      "servers[0].address: 2001:db8::1 is of another family"),
		ERROR("", LISTEN, "{ name = \"a\"; address = \"fe80::1\"; }",
		      "fe80::1 is "),
		ERROR("", LISTEN,
		      SERVER1 ", { name = \"b\"; address = \"192.0.2.21\"; }",
		      "servers[1].address: 192.0.2.21 is servers[0] already"),
		ERROR("", LISTEN,
		      SERVER1 ", { name = \"a\"; address = \"192.0.2.22\"; }",
		      "servers[1].name: servers[0] is called \"a\" too"),
		ERROR("", LISTEN,
		      "{ name = \"a\"; address = \"192.0.2.21\"; "
		      "weight = 10001; }",
		      "servers[0].weight: 10001 is out of range"),
		ERROR("", LISTEN,
		      "{ name = \"a\"; address = \"192.0.2.21\"; "
		      "max_connections = 5; resume_connections = 6; }",
		      "resume_connections: 6 is more than max_connections = 5"),
	};

	(void)state;
	assert_edits(edits, COUNT(edits), 1, 0);
}

static void test_what_does_not_go_together_is_refused(void **state)
{
	static const struct edit edits[] = {
		ERROR("scheduler = \"mh\";", LISTEN, SERVER1,
		      "scheduler_flags: mh without \"fallback\" refuses"),
		ERROR("scheduler_flags = ( \"port\" );", LISTEN, SERVER1,
		      "scheduler_flags: only sh and mh have flags, wlc"),
		ERROR("scheduler = \"sh\"; scheduler_flags = ( \"fallback\" );",
		      LISTEN,
		      "{ name = \"a\"; address = \"192.0.2.21\"; "
		      "weight = 257; }",
		      "scheduler: the weights are 257 together; sh has 256"),
		ERROR("scheduler = \"twos\";", LISTEN, SERVER1,
		      "scheduler: \"twos\" is not known"),
		ERROR("one_packet = true;", LISTEN, SERVER1,
		      "one_packet: is for protocol = \"udp\" only"),
		ERROR("persistence = { timeout_s = 9; engine = \"sip\"; };",
		      LISTEN, SERVER1,
		      "persistence: the engine sip is for protocol"),
		ERROR("persistence = { timeout_s = 9; prefix = 33; };", LISTEN,
		      SERVER1, "prefix = 33: an IPv4 address has 32 bits"),
		ERROR("tunnel = { type = \"gre\"; };", LISTEN, SERVER1,
		      "tunnel: is for method = \"tun\" only"),
		ERROR("method = \"tun\"; tunnel = { type = \"gue\"; };", LISTEN,
		      SERVER1, "tunnel: gue needs a port"),
		ERROR("method = \"tun\"; tunnel = { type = \"gre\"; "
		      "remcsum = true; };",
		      LISTEN, SERVER1, "tunnel: only gue has remcsum"),
		ERROR("", LISTEN, "", "servers: is empty; at least one"),
	};

	(void)state;
	assert_edits(edits, COUNT(edits), 1, 0);
}

/* DNS by both is one service, whose servers are asked once. */
static void test_a_listener_has_a_protocol_of_its_own(void **state)
{
	struct loaded *loaded = load_edited(
		LAST, WITH("protocol = \"udp\";",
			   "{ ip = \"192.0.2.100\"; port = 53; }, { ip = "
			   "\"192.0.2.100\"; port = 53; protocol = \"tcp\"; }",
			   SERVER1));
	const struct settings *settings = &loaded->settings;
	const struct settings_service *service =
		&settings->director.services[0];

	(void)state;
	assert_string_equal(loaded->text, "");
	assert_int_equal(settings_protocol_of(service, &settings->listens[0]),
			 PROTOCOL_UDP);
	assert_int_equal(settings_protocol_of(service, &settings->listens[1]),
			 PROTOCOL_TCP);
	free(loaded);
}

/* D1 */
static void test_D1_whose_table_only_the_owner_has(void **state)
{
	static const struct {
		const char *more, *servers;
		bool is_of_owner;
	} cases[] = {
		{"", SERVER1, false},
		{"", SERVER1 ", { name = \"n\"; address = \"192.0.2.12\"; }",
		 true},
		{"fallback = { address = \"192.0.2.11\"; };", SERVER1, true},
		{"fallback = { address = \"127.0.0.1\"; };", SERVER1, false},
	};
	char text[1000];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct loaded *loaded;

		snprintf(text, sizeof(text), WITH("%s", LISTEN, "%s"),
			 cases[i].more, cases[i].servers);
		loaded = load_edited(LAST, text);
		assert_string_equal(loaded->text, "");
		assert_int_equal(
			settings_has_owner_table(
				&loaded->settings,
				&loaded->settings.director.services[0]),
			cases[i].is_of_owner);
		loaded->settings.director.table = TABLE_OWNER;
		assert_true(settings_has_owner_table(
			&loaded->settings,
			&loaded->settings.director.services[0]));
		free(loaded);
	}
}

static void test_a_mark_is_one_service(void **state)
{
	static const struct edit edits[] = {
		{LAST,
		 LAST "director = { services = ("
		      "{ name = \"x\"; instance = \"VI_1\"; " NONE "fwmark = 7;"
		      "servers = ( " SERVER1 " ); },"
		      "{ name = \"y\"; instance = \"VI_1\"; " NONE "fwmark = 7;"
		      "servers = ( " SERVER1 " ); } ); };\n",
		 "services[1].fwmark: 7 is the mark of \"x\" too"},
		{LAST,
		 LAST "director = { services = ("
		      "{ name = \"x\"; instance = \"VI_1\"; " NONE "fwmark = 7;"
		      "servers = ( { name = \"a\"; address = \"192.0.2.21\"; "
		      "port = 80; } ); } ); };\n",
		 "servers[0].port: with fwmark and dr or tun packets arrive"},
	};

	(void)state;
	assert_edits(edits, COUNT(edits), 1, 0);
}

#define SYNC(sync, more)                                                       \
	LAST "director = { " sync " services = ( { name = \"web\"; instance "  \
	     "= \"VI_1\"; " NONE more " listen = ( " LISTEN                    \
	     " ); servers = ( " SERVER1 " ); } ); };\n"

/* libconfig has 32 bits with a sign for what has no L, and wraps the rest. */
static void test_a_mark_may_have_all_of_its_bits(void **state)
{
	static const struct {
		const char *text;
		uint32_t mark;
	} good[] = {{"2147483648", 2147483648u},
		    {"4294967295", UINT32_MAX},
		    {"4294967295L", UINT32_MAX},
		    {"0xffffffff", UINT32_MAX},
		    {"0x80000001", 0x80000001u}};
	static const struct edit bad[] = {
		{LAST,
		 LAST "director = { services = ( { name = \"x\"; instance = "
		      "\"VI_1\"; " NONE
		      "fwmark = 4294967296; servers = ( " SERVER1
		      " ); } ); };\n",
		 "services[0].fwmark: 4294967296 is out of range, 0 to "
		 "4294967295 is allowed"}};
	char text[800];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct loaded *loaded;

		snprintf(text, sizeof(text),
			 LAST
			 "director = { services = ( { name = \"x\"; instance "
			 "= \"VI_1\"; " NONE "fwmark = %s; servers = ( " SERVER1
			 " ); } ); };\n",
			 good[i].text);
		loaded = load_edited(LAST, text);
		assert_string_equal(loaded->text, "");
		assert_int_equal(loaded->settings.director.services[0].fwmark,
				 good[i].mark);
		free(loaded);
	}
	assert_edits(bad, COUNT(bad), 1, 0);
}

static void test_sync_and_kernel_are_warned_of(void **state)
{
	static const struct edit edits[] = {
		{LAST, SYNC("sync = { interface = \"eth0\"; };", ""),
		 "sync.interface: eth0 is the interface of \"VI_1\" too"},
		{LAST, SYNC("kernel = { conntrack = true; };", ""),
		 "kernel: conntrack = true: a client that uses a port again"},
	};
	static const struct edit errors[] = {
		{LAST,
		 SYNC("sync = { interface = \"e9\"; group = \"192.0.2.1\"; };",
		      ""),
		 "sync.group: \"192.0.2.1\" is no multicast address"},
		{LAST,
		 SYNC("sync = { interface = \"e9\"; threshold = 50; };", ""),
		 "sync.threshold: 50 must be less than period = 50"},
		{LAST,
		 SYNC("sync = { interface = \"e9\"; role = \"leader\"; };", ""),
		 "sync.role: \"leader\" is not known"},
		{"  addresses = ( { ip = \"192.0.2.100/32\"; } );\n  } );\n",
		 "  addresses = ( { ip = \"192.0.2.100/32\"; } ); }, { name = "
		 "\"VI_2\"; interface = \"eth0\"; vrid = 56; priorities = ( { "
		 "node = \"lb01\"; priority = 100; }, { node = \"lb02\"; "
		 "priority = 150; } ); "
		 "addresses = ( { ip = \"192.0.2.101/32\"; } ); "
		 "} );\ndirector = { sync = { interface = \"e9\"; role = "
		 "\"follow\"; }; services = ( { name = \"x\"; instance = "
		 "\"VI_1\"; " NONE "fwmark = 7; servers = ( " SERVER1
		 " ); }, { name = \"y\"; instance = \"VI_2\"; " NONE
		 "fwmark = 8; servers = ( " SERVER1 " ); } ); };\n",
		 "sync.role: \"follow\" is for one owner of all services, but "
		 "\"VI_1\" belongs to \"lb01\" and \"VI_2\" to \"lb02\""},
	};

	(void)state;
	assert_edits(edits, COUNT(edits), 0, 1);
	assert_edits(errors, COUNT(errors), 1, 0);
}

/* ---- checks ---- */

#define CHECKED(more)                                                          \
	LAST "director = { services = ( { name = \"web\"; instance = "         \
	     "\"VI_1\"; listen = ( " LISTEN " ); servers = ( " SERVER1         \
	     ", " SERVER2 " ); " more " } ); };\n"
#define CHECK(more) CHECKED("checks = ( { " more " } );")

static void test_checks_say_what_the_defaults_do_not(void **state)
{
	struct loaded *loaded = load_edited(
		LAST, CHECKED("fallback = { address = \"192.0.2.29\"; };"
			      "quorum = 2; on_down = \"cut\"; checks = ("
			      "{ type = \"http\"; path = \"/up\"; host = "
			      "\"www\"; status = ( \"200\", \"300-304\" ); "
			      "tls = { }; fall = 1; },"
			      "{ type = \"tcp\"; port = 22; inter_ms = 9000; "
			      "expect = \"SSH\"; send = \"x\\r\\n\"; } );"));
	const struct settings *settings = &loaded->settings;
	const struct settings_service *service =
		&settings->director.services[0];
	struct settings_check_timing timing;
	unsigned from, to;

	(void)state;
	assert_string_equal(loaded->text, "");
	assert_int_equal(service->check_count, 2);
	assert_int_equal(service->quorum, 2);
	assert_int_equal(service->on_down, 2);
	assert_true(service->fallback.configured);
	assert_true(settings->checks[0].tls.configured);
	assert_true(settings->checks[0].tls.verify);
	timing = settings_check_timing(settings, &settings->checks[0]);
	assert_int_equal(timing.inter_ms, 2000);
	assert_int_equal(timing.fall, 1);
	assert_int_equal(timing.rise, 2);
	timing = settings_check_timing(settings, &settings->checks[1]);
	assert_int_equal(timing.inter_ms, 9000);
	assert_string_equal(settings->checks[1].send, "x\r\n");
	assert_true(settings_check_status(settings->checks[0].status[1], &from,
					  &to));
	assert_int_equal(from, 300);
	assert_int_equal(to, 304);
	free(loaded);
}

static void test_the_kinds_of_checks_know_their_keys(void **state)
{
	static const struct edit edits[] = {
		{LAST, CHECK("type = \"udp\"; send = \"x\";"),
		 "checks[0].expect: is missing: without an answer"},
		{LAST, CHECK("type = \"udp\"; expect = \"x\";"),
		 "checks[0].send: is missing"},
		{LAST,
		 CHECK("type = \"tcp\"; port = 9; hex = true; send = \"0\";"),
		 "checks[0].send: with hex it has two digits"},
		{LAST,
		 CHECK("type = \"udp\"; send = \"00\"; expect = \"0g\"; "
		       "hex = true;"),
		 "checks[0].expect: with hex it has two digits"},
		{LAST, CHECK("type = \"dns\"; expect = \"www\";"),
		 "checks[0].expect: \"www\" is no address"},
		{LAST, CHECK("type = \"dns\"; query = \"a b\";"),
		 "checks[0].query: \"a b\" is no name"},
		{LAST, CHECK("type = \"smtp\"; helo = \"a b\";"),
		 "checks[0].helo: \"a b\" is no name"},
		{LAST, CHECK("type = \"ping\"; port = 7;"),
		 "checks[0].port: is for type = "},
		{LAST, CHECK("type = \"file\"; file = \"run/x\";"),
		 "checks[0].file: \"run/x\": must be an absolute path"},
		{LAST, CHECK("type = \"file\";"), "checks[0].file: is missing"},
		{LAST, CHECK("type = \"ping\"; source = \"2001:db8::1\";"),
		 "checks[0].source: is of another family"},
		{LAST, CHECK("type = \"ping\"; source = \"192.0.2.100\";"),
		 "checks[0].source: is a virtual address: the answer goes"},
		{LAST, CHECK("type = \"smtp\"; query = \"x\";"),
		 "checks[0].query: is for type = \"dns\" only"},
	};
	struct loaded *loaded = load_edited(
		LAST, CHECKED("checks = ( { type = \"dns\"; rcode = ( "
			      "\"NXDOMAIN\", \"NOERROR\" ); record = \"MX\"; },"
			      "{ type = \"udp\"; send = \"00ff\"; expect = "
			      "\"A0\"; hex = true; } );"));
	const struct settings_check *checks = loaded->settings.checks;
	char bytes[CHECK_BYTES_MAX];

	(void)state;
	assert_string_equal(loaded->text, "");
	assert_int_equal(checks[0].rcodes, 1 | 8);
	assert_string_equal(checks[0].record, "MX");
	assert_string_equal(checks[0].query, ".");
	assert_int_equal(
		settings_check_bytes(&checks[1], checks[1].send, bytes), 2);
	assert_memory_equal(bytes, "\0\xff", 2);
	assert_int_equal(
		settings_check_bytes(&checks[1], checks[1].expect, bytes), 1);
	assert_memory_equal(bytes, "\xa0", 1);
	free(loaded);
	assert_edits(edits, COUNT(edits), 1, 0);
}

static void test_a_check_goes_the_way_of_clients(void **state)
{
	static const struct edit edits[] = {
		{LAST, CHECK("type = \"ping\"; via = \"vip\";"),
		 "checks[0].via: \"vip\" is for type = \"tcp\", \"http\", "
		 "\"smtp\", \"dns\" and \"udp\" only"},
		{LAST,
		 CHECK("type = \"tcp\"; via = \"vip\"; address = "
		       "\"192.0.2.21\";"),
		 "checks[0].via: \"vip\" asks the virtual address"},
		{LAST,
		 CHECKED("method = \"nat\"; checks = ( { type = \"tcp\"; via = "
			 "\"vip\"; } );"),
		 "checks[0].via: \"vip\" is for dr and tun"},
		{LAST,
		 LAST "director = { services = ( { name = \"x\"; instance = "
		      "\"VI_1\"; fwmark = 7; checks = ( { type = \"tcp\"; "
		      "port = 80; via = \"vip\"; } ); servers = ( " SERVER1
		      " ); } ); };\n",
		 "checks[0].via: \"vip\" needs an IPv4 address in listen"},
		{LAST,
		 LAST "director = { services = ( { name = \"x\"; instance = "
		      "\"VI_1\"; " NONE "fwmark = 1048577; servers = ( " SERVER1
		      " ); } ); };\n",
		 "fwmark: 1048577 is within fwmark_base = 1048576"},
		{LAST,
		 LAST "director = { fwmark_base = 5; services = ( { name = "
		      "\"x\"; instance = \"VI_1\"; " NONE
		      "fwmark = 2052; servers = ( " SERVER1 " ); } ); };\n",
		 "fwmark: 2052 is within fwmark_base = 5 and the 2047"},
	};
	struct loaded *loaded =
		load_edited(LAST, CHECK("type = \"tcp\"; via = \"vip\";"));
	const struct settings *settings = &loaded->settings;
	const struct settings_service *service =
		&settings->director.services[0];

	(void)state;
	assert_string_equal(loaded->text, "");
	assert_true(settings_has_via(settings, service, 1));
	assert_int_equal(settings_via_mark(settings, 1), 1048577);
	free(loaded);
	assert_edits(edits, COUNT(edits), 1, 0);
}

static void test_checks_that_cannot_pass_are_refused(void **state)
{
	static const struct edit edits[] = {
		{LAST, CHECK("type = \"http\"; status = ( \"999\" );"),
		 "checks[0].status: \"999\" is no status"},
		{LAST, CHECK("type = \"http\"; status = ( \"300-200\" );"),
		 "checks[0].status: \"300-200\" is no status"},
		{LAST, CHECK("type = \"http\"; path = \"up\";"),
		 "checks[0].path: must begin with / and have no blanks"},
		{LAST, CHECK("type = \"http\"; host = \"www:80\";"),
		 "checks[0].host: \"www:80\" is no name of a web site"},
		{LAST, CHECK("type = \"http\"; body = \"(a\";"),
		 "checks[0].body: \"(a\" is no regular expression: a ( is not "
		 "closed"},
		{LAST, CHECK("type = \"http\"; body_absent = true;"),
		 "checks[0].body_absent: wants to know in body"},
		{LAST, CHECK("type = \"http\"; digest = \"0123\";"),
		 "checks[0].digest: \"0123\" is no MD5: 32 hex digits"},
		{LAST,
		 CHECK("type = \"http\"; method = \"HEAD\"; body = \"a\";"),
		 "checks[0].body: could never pass: HEAD asks for no page"},
		{LAST,
		 CHECK("type = \"http\"; method = \"HEAD\"; digest = "
		       "\"d41d8cd98f00b204e9800998ecf8427e\";"),
		 "checks[0].digest: could never pass: HEAD asks for no page"},
		{LAST, CHECK("type = \"tcp\"; keepalive = true;"),
		 "checks[0].keepalive: is for type = \"http\" only"},
		{LAST, CHECK("type = \"http\"; tls = { };"),
		 "checks[0].tls: verify wants to know for which name"},
		{LAST, CHECK("type = \"tcp\"; path = \"/\";"),
		 "checks[0].path: is for type = \"http\" only"},
		{LAST, CHECK("type = \"command\"; command = \"up\";"),
		 "checks[0].command: must begin with an absolute path"},
		{LAST, CHECK("type = \"tcp\"; timeout_ms = 3000;"),
		 "checks[0].timeout_ms: 3000 ms is more than inter_ms = 2000"},
		{LAST, CHECK("type = \"tcp\"; fastinter_ms = 3000;"),
		 "checks[0].fastinter_ms: 3000 ms is more than inter_ms"},
		{LAST, CHECKED(NONE "quorum = 5;"),
		 "quorum: 5 is more than the weight of all servers, 4"},
		{LAST, CHECKED(NONE "quorum = 2; hysteresis = 2;"),
		 "hysteresis: 2 must be less than quorum = 2"},
		{LAST,
		 CHECKED(NONE "panic_percent = 50; on_empty = \"refuse\";"),
		 "panic_percent: 50 with on_empty = \"refuse\""},
		{LAST, CHECKED(NONE "scheduler = \"rr\"; slow_start_s = 9;"),
		 "slow_start_s: rr knows no growing weights"},
		{LAST,
		 CHECKED(NONE "fallback = { address = \"192.0.2.29\"; port = "
			      "81; };"),
		 "fallback.port: only nat can change the port"},
		{LAST,
		 CHECKED(NONE "fallback = { address = \"192.0.2.22\"; };"),
		 "fallback.address: 192.0.2.22 is servers[1] already"},
		{LAST,
		 CHECKED(NONE "fallback = { address = \"192.0.2.100\"; };"),
		 "fallback.address: 192.0.2.100 is a virtual address"},
		{LAST,
		 LAST "director = { services = ( { name = \"x\"; instance = "
		      "\"VI_1\"; fwmark = 7; checks = ( { type = \"tcp\"; } "
		      "); servers = ( " SERVER1 " ); } ); };\n",
		 "checks[0].port: is missing: a service by fwmark"},
	};
	static const struct edit warnings[] = {
		{LAST, CHECKED(""), "checks: 2 of 2 servers are never checked"},
		{LAST, CHECK("type = \"http\"; tls = { verify = false; };"),
		 "checks[0].tls: verify = false: whoever answers there passes"},
	};

	(void)state;
	assert_edits(edits, COUNT(edits), 1, 0);
	assert_edits(warnings, COUNT(warnings), 0, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists_in_lists_lie_one_after_the_other),
		cmocka_unit_test(test_a_server_has_a_method_of_its_own),
		cmocka_unit_test(test_without_the_group_there_is_no_director),
		cmocka_unit_test(
			test_a_list_that_leaves_its_array_is_no_snapshot),
		cmocka_unit_test(test_the_digest_has_a_part_of_its_own),
		cmocka_unit_test(test_what_cannot_work_is_refused),
		cmocka_unit_test(test_what_does_not_go_together_is_refused),
		cmocka_unit_test(test_a_listener_has_a_protocol_of_its_own),
		cmocka_unit_test(test_D1_whose_table_only_the_owner_has),
		cmocka_unit_test(test_a_mark_is_one_service),
		cmocka_unit_test(test_a_mark_may_have_all_of_its_bits),
		cmocka_unit_test(test_sync_and_kernel_are_warned_of),
		cmocka_unit_test(test_checks_say_what_the_defaults_do_not),
		cmocka_unit_test(test_the_kinds_of_checks_know_their_keys),
		cmocka_unit_test(test_a_check_goes_the_way_of_clients),
		cmocka_unit_test(test_checks_that_cannot_pass_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
