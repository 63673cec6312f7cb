/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `twinbeat check --print` writes reads back as the same. */
#include "settings_text.h"

#include "../../src/settings/walk.h"

/* The whole of settings as text; the caller frees. */
static char *print(const struct settings *settings)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	settings_print(settings, out);
	fclose(out);
	return text;
}

/* Where in its file something stood is all that may differ. */
static void assert_same(struct settings *a, struct settings *b)
{
	memset(a->files, 0, sizeof(a->files));
	memset(b->files, 0, sizeof(b->files));
	memset(a->marks, 0, sizeof(a->marks));
	memset(b->marks, 0, sizeof(b->marks));
	a->mark_count = b->mark_count = 0;
	a->file_at_s = b->file_at_s = 0;
	assert_memory_equal(a, b, sizeof(*a));
}

static void assert_reads_back(struct loaded *loaded)
{
	char *text = print(&loaded->settings);
	struct loaded *again = load_text_as(
		text, loaded->settings.nodes[loaded->settings.self].name);

	if (loaded->result < 0)
		fail_msg("%s", loaded->text);
	if (again->text[0] != '\0' &&
	    again->report.warnings > loaded->report.warnings)
		fail_msg("%s of\n%s", again->text, text);
	assert_int_equal(again->result, 0);
	assert_same(&loaded->settings, &again->settings);
	free(again);
	free(text);
	free(loaded);
}

#define DEVICE                                                                 \
	"driver = \"modbus\";\n"                                               \
	"  host = \"203.0.113.20\";"

static void test_the_example_reads_back(void **state)
{
	(void)state;
	assert_reads_back(load_file("etc/twinbeat.conf", "lb01"));
	assert_reads_back(load_file("etc/twinbeat.conf", "lb02"));
}

/* The director, too, where most keys are of one type of check alone. */
static void test_a_file_with_every_group_reads_back(void **state)
{
	(void)state;
	assert_reads_back(load_file("tests/unit/golden.conf", "lb01"));
	assert_reads_back(load_file("tests/unit/golden.conf", "lb02"));
}

static void test_every_kind_of_key_reads_back(void **state)
{
	static const struct edit edits[] = {
		{"pair =", "user = \"\"; realtime = false; pair ="},
		{"pair =", "vip = { lease_s = 0; }; startup_ms = 7; pair ="},
		{"pair =", "notify = \"/a \\\"b\\\\c\\x01\\\"\"; pair ="},
		{"pair =",
		 "notify = ( { on = ( \"alert\" ); fifo = \"/f\"; }, { mail = "
		 "true; webhook = \"https://h/\"; } ); mail = { server = "
		 "\"::1\"; tls = \"tls\"; to = \"a@b\"; port = 7; }; pair ="},
		{"\"192.0.2.12\"", "( \"192.0.2.13\", \"192.0.2.12\" )"},
		{"serial = { }", "serial = { baud = 57600; dead_ms = 500; }"},
		{"serial = { }",
		 "serial = { interval_ms = 7.5; }; udp = ( { name = \"d\"; "
		 "interface = \"eth9\"; port = 7; interval_ms = 3.3; dead_ms = "
		 "30; addresses = ( \"198.51.100.1\", \"198.51.100.2\" ); } )"},
		{"vrid = 55", "vrid = 255; preempt = true"},
		{"vrid = 55", "vrid = 1; advert_ms = 40"},
		{"vrid = 55;",
		 "vrid = 55; priorities = ( { node = \"lb02\"; priority = 254; "
		 "} ); track = { interfaces = ( \"eth1\", \"eth2\" ); };"},
		{"  } );\n", "  excluded = ( { ip = \"192.0.2.7/24\"; dev = "
			     "\"eth1\"; label = \"eth1:x\"; } ); } );\n"},
		{"required = true", "action = \"reboot\"; tie_ms = 4000; "
				    "on_failure = \"takeover\"; "
				    "on_startup_silence = \"wait\"; "
				    "accept_split_brain = true"},
		{"plug = 1", "plug = 9; level = 3"},
		{"host =", "base = 16; write_on = 0; write_off = 1; host ="},
		{"host =", "profile = \"wago750\"; write_base = 7; host ="},
		{"host =", "profile = \"eletechsup\"; transport = \"tcp\"; "
			   "base = 0; host ="},
		{"host =", "write_kind = \"holding\"; read_kind = \"input\"; "
			   "write_on = 7; host ="},
		{"host =", "current_off_below_ma = 256; current_base = 7; "
			   "current_kind = \"holding\"; current_width = 2; "
			   "current_order = \"low-first\"; host ="},
		{DEVICE, "transport = \"rtu\"; serial = \"/dev/r\"; unit = 7; "
			 "parity = \"odd\"; rs485 = \"rts-low\";"},
		{DEVICE, "profile = \"waveshare\"; serial = \"/dev/r\";"},
		{DEVICE, "driver = \"agent\"; agent = \"fence_x\"; "
			 "agent_ms = 100; options = { ab = 5; b-c = true; "
			 "de = \"e \\\"f\\\"\"; }; plug_key = \"port\"; "
			 "password_file = \"/p\";"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(edits); i++) {
		struct loaded *loaded = load_edited(edits[i].old, edits[i].new);

		if (loaded->result < 0)
			fail_msg("%s: %s", edits[i].new, loaded->text);
		assert_reads_back(loaded);
	}
}

/* Two BMCs, an agent without plugs, version 2, two instances, no serial link.
 */
#define OTHER                                                                  \
	"pair = \"other\"; links = { };\n"                                     \
	"nodes = ( { name = \"lb01\"; address = \"192.0.2.11\";\n"             \
	"  fence = ( { device = \"b1\"; }, { level = 2; device = \"x1\"; } "   \
	");\n"                                                                 \
	" }, { name = \"lb02\"; address = \"192.0.2.12\"; priority = 99;\n"    \
	"  fence = ( { device = \"b2\"; }, { level = 2; device = \"x2\"; } "   \
	");\n"                                                                 \
	" } );\n"                                                              \
	"devices = ( { name = \"b1\"; driver = \"ipmi\"; host = "              \
	"\"203.0.113.1\"; "                                                    \
	"user = \"f\"; password_file = \"/p\"; cipher = 3; workarounds = ( "   \
	"\"sun20\", \"authcap\" ); privilege = \"admin\"; },\n"                \
	" { name = \"b2\"; driver = \"ipmi\"; host = \"203.0.113.2\"; "        \
	"user = \"f\"; password_credential = \"c\"; kg_file = \"/k\"; },\n"    \
	" { name = \"x1\"; driver = \"agent\"; agent = \"fence_xvm\"; },\n"    \
	" { name = \"x2\"; driver = \"agent\"; agent = \"fence_yvm\"; } );\n"  \
	"instances = ( { name = \"a\"; interface = \"eth0\"; vrid = 1; "       \
	"version = 2; auth_pass = \"12345678\"; addresses = ( { ip = "         \
	"\"192.0.2.100\"; } ); },\n"                                           \
	" { name = \"b\"; interface = \"eth1\"; vrid = 1; version = 2; "       \
	"addresses = ( { ip = \"192.0.2.101/24\"; }, { ip = "                  \
	"\"192.0.2.102/31\"; dev = \"eth2\"; } ); } );\n"                      \
	"fence = { tie_ms = 30000; timeout_ms = 60000; };\n"

static void test_other_devices_read_back(void **state)
{
	(void)state;
	assert_reads_back(load_text_as(OTHER, "lb01"));
	assert_reads_back(load_text_as(OTHER, "lb02"));
}

/* What an advert cannot name is held: it comes back under excluded. */
static void test_many_addresses_read_back(void **state)
{
	char *list = calloc(1, 300 * 40), *end = list, *text;

	(void)state;
	assert_non_null(list);
	for (unsigned i = 0; i < 300; i++)
		end += sprintf(end, "%s{ ip = \"10.0.%u.%u\"; }", i ? ", " : "",
			       1 + i / 200, 1 + i % 200);
	text = edited("{ ip = \"192.0.2.100/32\"; }", list);
	assert_reads_back(load_text(text));
	free(text);
	free(list);
}

/* A key may differ where its group may. */
static void test_keys_says_which_may_differ(void **state)
{
	static const struct {
		const char *key;
		bool may_differ;
	} keys[] = {
		{"\nkey_file ", true},	       {"\npair ", false},
		{"\nnotify[].command ", true}, {"\nmail.server ", true},
		{"\nwatchdog.device ", true},  {"\nfence.tie_ms ", false},
		{"\nnodes[].serial ", true},   {"\nnodes[].name ", false},
	};
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_non_null(out);
	fputs("\n", out);
	settings_print_keys(out);
	fclose(out);
	for (size_t i = 0; i < COUNT(keys); i++) {
		char *at = strstr(text, keys[i].key), *end, *says;

		if (at == NULL)
			fail_msg("no line for %s", keys[i].key);
		end = strchr(at + 1, '\n');
		says = strstr(at, "the nodes may differ");
		assert_int_equal(says != NULL && says < end,
				 keys[i].may_differ);
	}
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_example_reads_back),
		cmocka_unit_test(test_a_file_with_every_group_reads_back),
		cmocka_unit_test(test_every_kind_of_key_reads_back),
		cmocka_unit_test(test_other_devices_read_back),
		cmocka_unit_test(test_many_addresses_read_back),
		cmocka_unit_test(test_keys_says_which_may_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
