/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the core is told of the settings. */
#include "settings_text.h"

#include "../../src/settings/walk.h"

/* twinbeatd's own file, in no archive */
#include "../../src/daemon/core_settings.c"

static void test_the_core_gets_each_value(void **state)
{
	struct loaded *loaded = load_edited(
		"required = true",
		"action = \"reboot\"; on_disagreement = \"yield\"; "
		"on_startup_silence = \"wait\"; monitor_s = 2; window_s = 3; "
		"delay_ms = 4; tie_ms = 4005; disagree_ms = 1006; lone_link_ms "
		"= "
		"7; yield_ms = 800; off_ms = 9; max_per_window = 10");
	struct core_settings *core = malloc(sizeof(*core));

	(void)state;
	assert_string_equal(loaded->text, "");
	settings_to_core(&loaded->settings, core);
	assert_int_equal(core->self, 0);
	assert_false(core->peer_is_plain);
	assert_string_equal(core->nodes[1].name, "lb02");
	assert_int_equal(core->nodes[0].priority, 150);
	assert_int_equal(core->nodes[0].address_count, 1);
	assert_int_equal(ip_to_v4(&core->nodes[0].addresses[0]), 0xc000020b);
	assert_int_equal(core->nodes[0].plug_count, 1);
	assert_int_equal(core->nodes[0].plugs[0].level, 1);
	assert_int_equal(core->nodes[0].plugs[0].device, 0);
	assert_true(core->links[0].configured);
	assert_string_equal(core->links[0].name, "serial");
	assert_int_equal(core->links[0].interval_us, 100000);
	assert_int_equal(core->links[0].dead_ms, 400);
	assert_false(core->links[1].configured);
	assert_int_equal(core->instance_count, 1);
	assert_string_equal(core->instances[0].name, "VI_1");
	assert_int_equal(core->instances[0].vrid, 55);
	assert_int_equal(core->instances[0].version, 3);
	assert_int_equal(core->instances[0].priority[1], 100);
	assert_int_equal(core->instances[0].advert_ms, 100);
	assert_int_equal(core->device_count, 1);
	assert_string_equal(core->devices[0], "pdu");
	assert_true(core->fence.required);
	assert_true(core->fence.reboot);
	assert_int_equal(core->fence.on_disagreement, CORE_YIELD);
	assert_int_equal(core->fence.on_failure, CORE_HOLD);
	assert_int_equal(core->fence.on_startup_silence, CORE_WAIT);
	assert_int_equal(core->fence.monitor_ms, 2000);
	assert_int_equal(core->fence.window_ms, 3000);
	assert_int_equal(core->fence.delay_ms, 4);
	assert_int_equal(core->fence.tie_ms, 4005);
	assert_int_equal(core->fence.disagree_ms, 1006);
	assert_int_equal(core->fence.lone_link_ms, 7);
	assert_int_equal(core->fence.yield_ms, 800);
	/* 40 bytes of 10 bits at 115200 */
	assert_int_equal(core->links[0].frame_us, 3473);
	assert_int_equal(core->fence.off_ms, 9);
	assert_int_equal(core->fence.max_per_window, 10);
	assert_int_equal(core->hurry_ms, 0);
	assert_int_equal(core->startup_ms, 60000);
	assert_int_equal(core->unclean_startup_ms, 300000);
	assert_int_equal(core->lease_ms, 3000);
	assert_int_equal(core->digest, loaded->settings.digest);
	assert_int_equal(core->fence_digest, loaded->settings.fence_digest);
	assert_string_equal(core->part_names[PART_FENCE], "fence");
	assert_int_equal(core->part_digest[PART_FENCE],
			 loaded->settings.part_digest[PART_FENCE]);
	free(core);
	free(loaded);
}

/* Lists with a value for each node, of which the core gets the other one's. */
static const char *const of_this_node[] = {
	"nodes[0].kind",
	"instances[0].source_addresses[0]",
};

static bool is_for_the_core(const struct walk_step *step)
{
	for (unsigned i = 0; i < COUNT(of_this_node); i++)
		if (strcmp(step->path, of_this_node[i]) == 0)
			return false;
	return !step->not_core;
}

struct copied {
	struct settings *changed;
	struct core_settings before, after;
	unsigned told;
};

/* Changes one value in the snapshot: does what the core gets change? */
static bool copy_changed(const struct settings *settings,
			 const struct walk_step *step, void *arg)
{
	struct copied *copied = arg;
	size_t offset =
		(size_t)((const char *)step->at - (const char *)settings);
	unsigned char *at = (unsigned char *)copied->changed + offset;
	bool is_told;

	if (step->event != WALK_VALUE)
		return true;
	*copied->changed = *settings;
	if (step->row->type == SETTING_HOST ||
	    step->row->type == SETTING_SUBNET)
		at[15] ^= 1;
	else /* a baud rate that differs by one takes as long */
		at[step->row->type == SETTING_INT && step->row->size > 1] ^= 1;
	settings_to_core(copied->changed, &copied->after);
	is_told = memcmp(&copied->before, &copied->after,
			 sizeof(copied->before)) != 0;
	copied->told += is_told;
	if (is_told != is_for_the_core(step))
		fail_msg("%s %s", step->path,
			 is_told ? "is copied: its row must not be .not_core"
				 : "is not copied: do so in core_settings.c, "
				   "or say .not_core in its row");
	return true;
}

static void test_no_key_of_the_core_is_forgotten(void **state)
{
	struct copied *copied = calloc(1, sizeof(*copied));
	struct loaded *loaded = load_edited(
		"links = { serial = { }; };",
		"links = { serial = { }; udp = ( { name = \"direct\"; "
		"interface = \"eth9\"; "
		"addresses = ( \"198.51.100.1\", \"198.51.100.2\" ); } ); };");

	(void)state;
	assert_non_null(copied);
	copied->changed = malloc(sizeof(*copied->changed));
	assert_non_null(copied->changed);
	assert_string_equal(loaded->text, "");
	settings_to_core(&loaded->settings, &copied->before);
	assert_true(settings_walk(&loaded->settings, copy_changed, copied));
	assert_true(copied->told > 30);
	free(copied->changed);
	free(copied);
	free(loaded);
}

static void test_R7_the_core_knows_from_where_unicast_comes(void **state)
{
	struct loaded *loaded = load_edited(
		"vrid = 55", "vrid = 55; unicast = true; unicast_addresses = ( "
			     "\"192.0.2.21\", \"192.0.2.22\" )");
	struct core_settings *core = malloc(sizeof(*core));

	(void)state;
	assert_int_equal(loaded->result, 0);
	settings_to_core(&loaded->settings, core);
	assert_int_equal(ip_to_v4(&core->instances[0].peer_address),
			 0xc0000216);
	free(core);
	free(loaded);
}

static void test_R16_the_core_knows_a_plain_peer(void **state)
{
	struct loaded *loaded = load_edited("priority = 100",
					    "priority = 100; kind = \"vrrp\"");
	struct core_settings *core = malloc(sizeof(*core));

	(void)state;
	assert_int_equal(loaded->result, 0);
	settings_to_core(&loaded->settings, core);
	assert_true(core->peer_is_plain);
	assert_true(core->instances[0].is_plain);
	free(core);
	free(loaded);
}

static void test_each_interface_stands_once(void **state)
{
	struct loaded *loaded = load_edited(
		"  } );\n",
		"  track = { interfaces = ( \"eth2\", \"eth0\" ); };\n"
		"  }, { name = \"b\"; interface = \"eth1\"; vrid = 55;\n"
		"  track = { interfaces = [ \"eth2\" ]; };\n"
		"  addresses = ( { ip = \"192.0.2.9\"; dev = \"eth3\"; } ); "
		"} );\n");
	struct core_settings *core = malloc(sizeof(*core));
	static const char *const names[] = {"eth0", "eth1", "eth2", "eth3"};

	(void)state;
	assert_string_equal(loaded->text, "");
	settings_to_core(&loaded->settings, core);
	assert_int_equal(core->interface_count, COUNT(names));
	for (unsigned i = 0; i < COUNT(names); i++)
		assert_string_equal(core->interfaces[i], names[i]);
	assert_int_equal(core->instances[0].interface, 0);
	assert_int_equal(core->instances[1].interface, 1);
	assert_int_equal(core->instances[0].track_count, 2);
	assert_int_equal(core->instances[0].track[0], 2);
	assert_int_equal(core->instances[0].track[1], 0);
	assert_int_equal(core->instances[1].track[0], 2);
	assert_false(core->instances[0].has_checks);
	free(core);
	free(loaded);
}

static void test_R3_the_core_knows_where_checks_are_to_come(void **state)
{
	static const char *const tracks[] = {
		"witnesses = ( \"192.0.2.1\" );", "processes = ( \"a\" );",
		"file = \"/run/a\";", "scripts = ( { command = \"/a\"; } );"};
	struct core_settings *core = malloc(sizeof(*core));
	char with[128];

	(void)state;
	for (unsigned i = 0; i < COUNT(tracks); i++) {
		struct loaded *loaded;

		snprintf(with, sizeof(with), "vrid = 55; track = { %s };",
			 tracks[i]);
		loaded = load_edited("vrid = 55;", with);
		assert_string_equal(loaded->text, "");
		settings_to_core(&loaded->settings, core);
		assert_true(core->instances[0].has_checks);
		free(loaded);
	}
	free(core);
}

static uint32_t checks_of(const char *track)
{
	struct core_settings *core = malloc(sizeof(*core));
	struct loaded *loaded;
	char with[200];
	uint32_t digest;

	snprintf(with, sizeof(with), "vrid = 55; track = { %s };", track);
	loaded = load_edited("vrid = 55;", with);
	assert_string_equal(loaded->text, "");
	settings_to_core(&loaded->settings, core);
	digest = core->instances[0].checks;
	free(loaded);
	free(core);
	return digest;
}

/* What they look at, not in which order, nor how often. */
static void test_R3_the_core_knows_other_checks_by_their_digest(void **state)
{
	static const char *const tracks[] = {
		"witnesses = ( \"192.0.2.1\" );",
		"witnesses = ( \"192.0.2.2\" );",
		"processes = ( \"a\" );",
		"processes = ( \"b\" );",
		"file = \"/a\";",
		"file = \"/b\";",
		"scripts = ( { command = \"/a\"; } );",
		"scripts = ( { command = \"/b\"; } );",
		"scripts = ( { command = \"/a\"; user = \"bin\"; } );"};

	(void)state;
	for (unsigned i = 0; i < COUNT(tracks); i++)
		for (unsigned k = 0; k < i; k++)
			assert_int_not_equal(checks_of(tracks[i]),
					     checks_of(tracks[k]));
	assert_int_equal(checks_of("processes = ( \"a\", \"b\" );"),
			 checks_of("processes = ( \"b\", \"a\" );"));
	assert_int_equal(checks_of(tracks[6]),
			 checks_of("scripts = ( { command = \"/a\"; "
				   "interval_ms = 5000; } );"));
}

/* B04: what carries an address is looked at without "track". */
static void test_R3_the_core_knows_what_carries_addresses(void **state)
{
	struct loaded *loaded = load_edited(
		"  } );\n",
		"  }, { name = \"b\"; interface = \"eth1\"; vrid = 55;\n"
		"  addresses = ( { ip = \"192.0.2.8\"; dev = \"eth1\"; },\n"
		"  { ip = \"192.0.2.9\"; dev = \"eth3\"; },\n"
		"  { ip = \"192.0.2.10\"; dev = \"eth3\"; },\n"
		"  { ip = \"192.0.2.13\"; dev = \"eth0\"; } );\n"
		"  routes = ( { to = \"10.20.0.0/16\"; dev = \"eth3\"; },\n"
		"  { to = \"10.30.0.0/16\"; via = \"192.0.2.1\"; },\n"
		"  { to = \"10.40.0.0/16\"; dev = \"eth4\"; } ); } );\n");
	struct core_settings *core = malloc(sizeof(*core));
	const struct core_instance_settings *b = &core->instances[1];

	(void)state;
	assert_string_equal(loaded->text, "");
	settings_to_core(&loaded->settings, core);
	assert_int_equal(core->instances[0].dev_count, 0);
	assert_int_equal(b->dev_count, 3);
	assert_string_equal(core->interfaces[b->devs[0].interface], "eth3");
	assert_false(b->devs[0].is_route);
	assert_int_equal(ip_to_v4(&b->devs[0].address), 0xc0000209);
	assert_string_equal(core->interfaces[b->devs[1].interface], "eth0");
	assert_int_equal(ip_to_v4(&b->devs[1].address), 0xc000020d);
	assert_string_equal(core->interfaces[b->devs[2].interface], "eth4");
	assert_true(b->devs[2].is_route);
	free(core);
	free(loaded);
}

static void test_R21_the_core_knows_what_moves_together(void **state)
{
	struct loaded *loaded = load_edited(
		"  } );\n",
		"  }, { name = \"b\"; interface = \"eth1\"; vrid = 55;\n"
		"  sync = \"G\"; addresses = ( { ip = \"192.0.2.8\"; } );\n"
		"  }, { name = \"c\"; interface = \"eth2\"; vrid = 55;\n"
		"  sync = \"G\"; addresses = ( { ip = \"192.0.2.9\"; } ); } "
		");\n");
	struct core_settings *core = malloc(sizeof(*core));

	(void)state;
	assert_string_equal(loaded->text, "");
	settings_to_core(&loaded->settings, core);
	assert_int_equal(core->instances[0].group, 0);
	assert_int_equal(core->instances[1].group, 2);
	assert_int_equal(core->instances[2].group, 2);
	free(core);
	free(loaded);
}

static void test_R4_a_link_over_the_service_is_no_own_medium(void **state)
{
	struct loaded *loaded =
		load_edited("required = true", "required = true");
	struct core_settings *core = malloc(sizeof(*core));
	struct settings_link *links = loaded->settings.links;

	(void)state;
	links[1] = links[2] = links[0];
	snprintf(links[1].interface, sizeof(links[1].interface), "eth0");
	snprintf(links[2].interface, sizeof(links[2].interface), "eth7");
	settings_to_core(&loaded->settings, core);
	assert_string_equal(core->interfaces[0], "eth0");
	assert_int_equal(core->links[0].interfaces, 0);
	assert_int_equal(core->links[1].interfaces, 1);
	assert_int_equal(core->links[2].interfaces, 0);
	free(core);
	free(loaded);
}

/* Interfaces of its own for each of count instances, as text. */
static char *text_of_interfaces(unsigned count)
{
	size_t size = 256 * (size_t)count + 256, used = 0;
	char *text = malloc(size);

	assert_non_null(text);
	for (unsigned i = 2; i <= count; i++)
		used += (size_t)snprintf(
			text + used, size - used,
			"  }, { name = \"VI_%u\"; interface = \"eth%u\"; "
			"vrid = 55;\n"
			"  addresses = ( { ip = \"192.0.2.%u\"; } );\n",
			i, i, 100 + i);
	snprintf(text + used, size - used, "  } );\n");
	return text;
}

static uint32_t digest_of_bytes(struct settings *settings, uint8_t a, uint8_t b)
{
	settings->instances[0].first_address = 0;
	settings->instances[0].address_count = 2;
	settings->addresses[0].ip = ip_from_v4(0x0a630000u | a);
	settings->addresses[1].ip = ip_from_v4(0x0a630000u | b);
	return addresses_digest(settings, &settings->instances[0]);
}

static int compare_digests(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* What of two sets of addresses is the same in another order, and no other:
 * all pairs of a /24. A sum of FNV-1a had {100, 103} for {101, 102}. */
static void test_R15_other_addresses_have_another_digest(void **state)
{
	static struct settings settings;
	static uint32_t digests[256 * 255 / 2];
	unsigned count = 0;

	(void)state;
	assert_int_equal(digest_of_bytes(&settings, 7, 9),
			 digest_of_bytes(&settings, 9, 7));
	for (unsigned a = 0; a < 256; a++)
		for (unsigned b = 0; b < a; b++)
			digests[count++] = digest_of_bytes(
				&settings, (uint8_t)a, (uint8_t)b);
	qsort(digests, count, sizeof(digests[0]), compare_digests);
	for (unsigned i = 1; i < count; i++)
		assert_int_not_equal(digests[i - 1], digests[i]);
}

/* The core has a table of 32: more is refused before it is asked. */
static void
test_A11_more_interfaces_than_the_core_holds_are_refused(void **state)
{
	static const struct edit more[] = {
		{"  } );\n",
		 "  }, { name = \"x\"; interface = \"eth1\"; vrid = 56;\n"
		 "  addresses = ( { ip = \"192.0.2.9\"; } );\n",
		 ""},
		{"  } );\n",
		 "  track = { interfaces = ( \"wan0\" ); };\n"
		 "  }, { name = \"x\"; interface = \"eth2\"; vrid = 56;\n"
		 "  addresses = ( { ip = \"192.0.2.9\"; } );\n",
		 ""},
		{"  } );\n",
		 "  }, { name = \"x\"; interface = \"eth2\"; vrid = 56;\n"
		 "  addresses = ( { ip = \"192.0.2.9\"; dev = \"wan0\"; } "
		 ");\n",
		 ""},
	};
	struct core_settings *core = malloc(sizeof(*core));
	struct loaded *loaded;
	char *text, *with;

	(void)state;
	text = text_of_interfaces(CORE_INTERFACES_MAX);
	loaded = load_edited("  } );\n", text);
	assert_string_equal(loaded->text, "");
	settings_to_core(&loaded->settings, core);
	assert_int_equal(core->interface_count, CORE_INTERFACES_MAX);
	free(loaded);
	for (unsigned i = 0; i < COUNT(more); i++) {
		/* eth0, eth2 to eth32 by instances; one more by each word */
		with = malloc(strlen(more[i].new) + strlen(text) + 1);
		assert_non_null(with);
		strcpy(with, more[i].new);
		strcat(with, text);
		loaded = load_edited("  } );\n", with);
		assert_int_equal(loaded->report.errors, 1);
		assert_non_null(strstr(loaded->text,
				       "more than 32 different network "
				       "interfaces in all instances"));
		free(loaded);
		free(with);
	}
	free(text);
	free(core);
}

/* What is proven of a plug outlives a new file where its device is the same. */
static void test_R1_a_device_is_the_same_by_its_own_settings(void **state)
{
	struct loaded *one = load_edited("", ""), *with, *other;
	struct core_settings *core = malloc(sizeof(*core));
	uint32_t digest;

	(void)state;
	with = load_edited("devices = ( ",
			   "devices = ( { name = \"more\"; driver = "
			   "\"modbus\"; host = \"203.0.113.21\"; }, ");
	other = load_edited("203.0.113.20", "203.0.113.22");
	settings_to_core(&one->settings, core);
	digest = core->device_digests[0];
	settings_to_core(&with->settings, core);
	assert_int_equal(core->device_count, 2);
	assert_int_equal(core->device_digests[1], digest);
	assert_int_not_equal(core->device_digests[0], digest);
	settings_to_core(&other->settings, core);
	assert_int_not_equal(core->device_digests[0], digest);
	free(core);
	free(one);
	free(with);
	free(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_core_gets_each_value),
		cmocka_unit_test(test_no_key_of_the_core_is_forgotten),
		cmocka_unit_test(
			test_R7_the_core_knows_from_where_unicast_comes),
		cmocka_unit_test(test_R16_the_core_knows_a_plain_peer),
		cmocka_unit_test(test_each_interface_stands_once),
		cmocka_unit_test(
			test_R3_the_core_knows_where_checks_are_to_come),
		cmocka_unit_test(
			test_R3_the_core_knows_other_checks_by_their_digest),
		cmocka_unit_test(test_R3_the_core_knows_what_carries_addresses),
		cmocka_unit_test(test_R21_the_core_knows_what_moves_together),
		cmocka_unit_test(
			test_R4_a_link_over_the_service_is_no_own_medium),
		cmocka_unit_test(
			test_R1_a_device_is_the_same_by_its_own_settings),
		cmocka_unit_test(test_R15_other_addresses_have_another_digest),
		cmocka_unit_test(
			test_A11_more_interfaces_than_the_core_holds_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
