/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The status object against the design's section 6: every key is there in
 * every situation, of its type, and what is not known is null.
 */
#include "settings_text.h"

#include <jansson.h>

#include "../../src/daemon/core_settings.h"
#include "../../src/ipc/control_msg.h"
#include "../../src/status/status.h"

#define NOW_US INT64_C(50000000)

/* b bool, i integer, s string, o object, a array; capital: or null */
struct key {
	const char *name;
	char type;
};

static const struct key top_keys[] = {
	{"version", 's'},	{"node", 's'},
	{"pair", 's'},		{"pid", 'i'},
	{"uptime_ms", 'i'},	{"fit", 'b'},
	{"unfit_reasons", 'a'}, {"maintenance", 'b'},
	{"peer", 'o'},		{"links", 'a'},
	{"instances", 'a'},	{"fence", 'o'},
	{"alerts", 'a'},	{NULL, 0}};
static const struct key peer_keys[] = {
	{"node", 's'},	   {"state", 's'},    {"fit", 'b'}, {"owns", 'a'},
	{"hears_us", 'a'}, {"fence_ok", 'b'}, {NULL, 0}};
static const struct key link_keys[] = {
	{"name", 's'},	 {"type", 's'},	  {"state", 's'},
	{"age_ms", 'I'}, {"rtt_ms", 'I'}, {"rx", 'i'},
	{"tx", 'i'},	 {"errors", 'o'}, {NULL, 0}};
static const struct key error_keys[] = {{"auth", 'i'},
					{"framing", 'i'},
					{"replay", 'i'},
					{"loop", 'i'},
					{NULL, 0}};
static const struct key instance_keys[] = {
	{"name", 's'},	   {"vrid", 'i'},	 {"state", 's'},
	{"since_ms", 'i'}, {"priority", 'i'},	 {"addresses", 'a'},
	{"proof", 's'},	   {"waiting_for", 's'}, {"router", 'o'},
	{NULL, 0}};
static const struct key router_keys[] = {
	{"interface", 's'}, {"version", 'i'},	  {"family", 'i'},
	{"advert_ms", 'i'}, {"preempt", 'b'},	  {"source", 's'},
	{"heard", 's'},	    {"masters", 'i'},	  {"masters_proof", 's'},
	{"up_ms", 'I'},	    {"zeros_heard", 'i'}, {"zeros_sent", 'i'},
	{NULL, 0}};
static const struct key fence_keys[] = {
	{"state", 's'},	  {"target", 's'}, {"level", 'I'}, {"last", 'O'},
	{"devices", 'a'}, {"plugs", 'a'},  {"drill", 'O'}, {NULL, 0}};
static const struct key last_keys[] = {{"target", 's'}, {"action", 's'},
				       {"result", 's'}, {"took_ms", 'i'},
				       {"at", 's'},	{NULL, 0}};
static const struct key device_keys[] = {
	{"name", 's'},	{"driver", 's'},  {"ok", 'b'}, {"checked_ms", 'I'},
	{"error", 's'}, {"peer_ok", 'B'}, {NULL, 0}};
static const struct key plug_keys[] = {{"node", 's'},	{"device", 's'},
				       {"plug", 's'},	{"state", 's'},
				       {"proven", 'b'}, {NULL, 0}};
static const struct key alert_keys[] = {
	{"name", 's'}, {"text", 's'}, {"since_ms", 'i'}, {NULL, 0}};

static struct loaded *loaded;
static struct core_settings core_settings;
static struct core core;
static struct status_view view;
static json_t *status;

static bool has_type(const json_t *value, char type)
{
	switch (type) {
	case 'b':
		return json_is_boolean(value);
	case 'B':
		return json_is_boolean(value) || json_is_null(value);
	case 'i':
		return json_is_integer(value);
	case 'I':
		return json_is_integer(value) || json_is_null(value);
	case 's':
		return json_is_string(value);
	case 'o':
		return json_is_object(value);
	case 'O':
		return json_is_object(value) || json_is_null(value);
	default:
		return json_is_array(value);
	}
}

static void assert_keys(const json_t *object, const struct key *keys)
{
	for (; keys->name; keys++)
		if (!has_type(json_object_get(object, keys->name),
			      keys->type)) {
			print_error("%s is missing or no %c\n", keys->name,
				    keys->type);
			fail();
		}
}

static void assert_all(const json_t *array, const struct key *keys,
		       size_t count)
{
	assert_int_equal(json_array_size(array), count);
	for (size_t i = 0; i < count; i++)
		assert_keys(json_array_get(array, i), keys);
}

static void assert_complete(size_t alerts)
{
	const json_t *fence, *links;

	json_decref(status);
	status = status_make(&view);
	assert_non_null(status);
	assert_keys(status, top_keys);
	assert_keys(json_object_get(status, "peer"), peer_keys);
	links = json_object_get(status, "links");
	assert_all(links, link_keys, 2);
	for (size_t i = 0; i < 2; i++)
		assert_keys(json_object_get(json_array_get(links, i), "errors"),
			    error_keys);
	assert_all(json_object_get(status, "instances"), instance_keys, 1);
	assert_keys(
		json_object_get(
			json_array_get(json_object_get(status, "instances"), 0),
			"router"),
		router_keys);
	fence = json_object_get(status, "fence");
	assert_keys(fence, fence_keys);
	assert_all(json_object_get(fence, "devices"), device_keys, 1);
	assert_all(json_object_get(fence, "plugs"), plug_keys, 2);
	if (core.fence.last.is_known)
		assert_keys(json_object_get(fence, "last"), last_keys);
	assert_all(json_object_get(status, "alerts"), alert_keys, alerts);
}

static const json_t *at(const char *array, size_t i, const char *key)
{
	return json_object_get(
		json_array_get(json_object_get(status, array), i), key);
}

static const char *waiting_for(void)
{
	return json_string_value(at("instances", 0, "waiting_for"));
}

static int setup(void **state)
{
	const struct core_memory memory = {.clean_end = true};

	(void)state;
	loaded = load_text_as(GOOD, "lb01");
	settings_to_core(&loaded->settings, &core_settings);
	core_init(&core, &core_settings, &memory, 7, 1000000);
	view = (struct status_view){
		.core = &core, .settings = &loaded->settings, .now_us = NOW_US};
	status = NULL;
	return status_prepare(&view);
}

static int teardown(void **state)
{
	(void)state;
	json_decref(status);
	json_decref(view.addresses[0]);
	free(loaded);
	return 0;
}

static void test_every_key_before_anything_is_known(void **state)
{
	(void)state;
	assert_complete(0);
	assert_true(json_is_null(at("links", 0, "age_ms")));
	assert_true(json_is_null(at("links", 0, "rtt_ms")));
	assert_string_equal(json_string_value(at("links", 1, "name")),
			    "vrrp:VI_1");
	assert_string_equal(json_string_value(at("instances", 0, "state")),
			    "INIT");
	assert_string_equal(json_string_value(at("instances", 0, "proof")), "");
	assert_non_null(strstr(waiting_for(), "keeper"));
	assert_string_equal(json_string_value(json_array_get(
				    at("instances", 0, "addresses"), 0)),
			    "192.0.2.100/32");
	assert_int_equal(
		json_array_size(json_object_get(status, "unfit_reasons")), 1);
}

static void test_an_owner_shows_its_proof(void **state)
{
	struct core_instance *instance = &core.instances[0];

	(void)state;
	core.keeper_ready = true;
	instance->state = INSTANCE_MASTER;
	instance->own = instance->fit = true;
	instance->permit.proof = PROOF_FENCED; /* shown, not used */
	core.fence.last.is_known = true;
	core.fence.last.kind = CORE_FENCE_OFF;
	core.fence.last.outcome = CORE_OUTCOME_ALREADY_OFF;
	core.fence.last.node = 1;
	core.fence.last.realtime_s = 1795392000;
	core.links[0].heard_us = NOW_US - 31000;
	core.links[0].round_trip_us = 3700;
	assert_complete(0);
	assert_string_equal(json_string_value(at("instances", 0, "proof")),
			    "fenced");
	assert_string_equal(waiting_for(), "");
	assert_int_equal(json_integer_value(at("links", 0, "age_ms")), 31);
	assert_int_equal(json_integer_value(at("links", 0, "rtt_ms")), 4);
	assert_true(json_is_true(json_object_get(status, "fit")));
	assert_string_equal(
		json_string_value(json_object_get(
			json_object_get(json_object_get(status, "fence"),
					"last"),
			"at")),
		"2026-11-23T00:00:00Z");
}

static void test_R8_the_wait_is_explained(void **state)
{
	(void)state;
	core.keeper_ready = true;
	core.instances[0].fit = true;
	core.instances[0].state = INSTANCE_INIT;
	core.startup_until_us = NOW_US + 12000000;
	assert_complete(0);
	assert_non_null(strstr(waiting_for(), "lb02 to be heard; 12 s left"));
}

static void test_a_held_fence_is_explained(void **state)
{
	(void)state;
	core.keeper_ready = true;
	core.instances[0].fit = true;
	core.startup_until_us = 0;
	core.fence.state = FENCE_STATE_HELD;
	snprintf(core.fence.hold_text, sizeof(core.fence.hold_text),
		 "no fence level of lb02 is proven");
	assert_complete(0);
	assert_non_null(strstr(waiting_for(), "no fence level of lb02"));
	assert_string_equal(json_string_value(json_object_get(
				    json_object_get(status, "fence"), "state")),
			    "held");
}

static void test_a_standby_waits_for_nothing(void **state)
{
	(void)state;
	core.keeper_ready = true;
	core.instances[0].fit = true;
	core.instances[0].state = INSTANCE_BACKUP;
	core.peer.state = PEER_UP;
	core.peer.statement_us = NOW_US - 1000;
	core.peer.statement.own = core.peer.statement.fit = set_of(0);
	core.peer.statement.heard = 1;
	core.links[0].alive_until_us = NOW_US + 1000;
	assert_complete(0);
	assert_string_equal(waiting_for(), "");
	assert_string_equal(
		json_string_value(json_array_get(
			json_object_get(json_object_get(status, "peer"),
					"owns"),
			0)),
		"VI_1");
}

static void test_every_alert_name_is_told(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ALERT_NAMES; i++) {
		core.alerts[i].name = (enum alert_name)i;
		core.alerts[i].since_us = NOW_US - 1000000;
		snprintf(core.alerts[i].text, CORE_TEXT_MAX, "text %u", i);
		core.alerts_raised[0] |= UINT64_C(1) << i;
	}
	assert_complete(ALERT_NAMES);
	/* the worst first, the notes last; of one weight, as they came */
	assert_string_equal(json_string_value(at("alerts", 0, "name")),
			    "disagree");
	assert_string_equal(
		json_string_value(at("alerts", ALERT_NAMES - 1, "name")),
		"maintenance");
	assert_int_equal(json_integer_value(at("alerts", 0, "since_ms")), 1000);
}

static void test_R1_miswired_is_not_proven(void **state)
{
	const json_t *plugs;

	(void)state;
	core.memory.plug_proven = 1;
	core.plugs[1][0].state = CORE_PLUG_ON;
	assert_complete(0);
	plugs = json_object_get(json_object_get(status, "fence"), "plugs");
	assert_true(json_is_true(
		json_object_get(json_array_get(plugs, 1), "proven")));
	core.memory.plug_miswired = 1;
	assert_complete(0);
	plugs = json_object_get(json_object_get(status, "fence"), "plugs");
	assert_true(json_is_false(
		json_object_get(json_array_get(plugs, 1), "proven")));
}

/* The peer's view counts only while it speaks, and says so. */
static void test_R14_the_peers_view_of_a_device(void **state)
{
	const json_t *devices;

	(void)state;
	core.peer.generation = core.peer.slot_generation = 7;
	core.peer.state = PEER_UP;
	for (unsigned turn = 0; turn < 4; turn++) {
		core.peer.health_seen = turn > 0;
		core.peer.fence_health = turn == 1 ? 0x101 : 0x100;
		if (turn == 3)
			core.peer.state = PEER_SILENT;
		assert_complete(0);
		devices = json_object_get(json_object_get(status, "fence"),
					  "devices");
		assert_int_equal(
			json_typeof(json_object_get(json_array_get(devices, 0),
						    "peer_ok")),
			turn == 1   ? JSON_TRUE
			: turn == 2 ? JSON_FALSE
				    : JSON_NULL);
	}
}

static void test_R13_the_last_drill_is_told(void **state)
{
	const json_t *drill;

	(void)state;
	core.memory.drill_result = 1 + DRILL_FAILED;
	core.memory.drill_at_s = 1790000000;
	core.memory.drill_off_ms = 412;
	assert_complete(0);
	drill = json_object_get(json_object_get(status, "fence"), "drill");
	assert_string_equal(json_string_value(json_object_get(drill, "result")),
			    "failed");
	assert_string_equal(json_string_value(json_object_get(drill, "at")),
			    "2026-09-21T14:13:20Z");
	assert_string_equal(
		json_string_value(json_object_get(drill, "passed_at")), "");
	assert_int_equal(json_integer_value(json_object_get(drill, "off_ms")),
			 412);
}

/* The largest pair: 255 instances with the longest names, 16 addresses each. */
static char *largest_text(void)
{
	size_t size = 500000, used = 0;
	char *text = malloc(size);

	assert_non_null(text);
	for (unsigned i = 0; i < INSTANCES_MAX; i++) {
		used += (size_t)snprintf(
			text + used, size - used,
			"%s{ name = \"instance-with-a-long-name-n-%03u\"; "
			"interface = \"eth0\"; vrid = %u;\n addresses = (",
			i ? "}," : "", i, 1 + i);
		for (unsigned a = 0; a < ADDRESSES_MAX / INSTANCES_MAX; a++)
			used += (size_t)snprintf(
				text + used, size - used,
				"%s{ ip = \"198.51.%u.%u/32\"; }\n",
				a ? "," : "", i, 100 + a);
		used += (size_t)snprintf(text + used, size - used, ");\n");
	}
	snprintf(text + used, size - used, "} );\n");
	return text;
}

/* Every alert stands that there can be, all texts are as long as they can be,
 * and each sign takes two. */
static void fill_with_alerts(void)
{
	for (unsigned i = 0; i < ALERTS_MAX; i++) {
		struct core_alert *alert = &core.alerts[i];

		/* the least first: the most work to sort */
		alert->name = (enum alert_name)(i % ALERT_NAMES);
		alert->since_us = NOW_US - i;
		memset(alert->text, '"', CORE_TEXT_MAX - 1);
		core.alerts_raised[i / 64] |= UINT64_C(1) << i % 64;
	}
	for (unsigned i = 0; i < INSTANCES_MAX; i++)
		memset(core.instances[i].unfit_why, '"',
		       sizeof(core.instances[i].unfit_why) - 1);
}

static void test_A11_the_largest_status_fits_into_an_answer(void **state)
{
	const struct core_memory memory = {.clean_end = true};
	char silent[160], *text = largest_text(), *dump;
	const char *verdict;
	size_t length;

	(void)state;
	json_decref(view.addresses[0]);
	free(loaded);
	loaded = load_edited(
		"{ name = \"VI_1\"; interface = \"eth0\"; vrid = 55;\n"
		"  addresses = ( { ip = \"192.0.2.100/32\"; } );\n  } );\n",
		text);
	free(text);
	assert_int_equal(loaded->report.errors, 0);
	assert_int_equal(loaded->settings.address_count,
			 ADDRESSES_MAX / INSTANCES_MAX * INSTANCES_MAX);
	settings_to_core(&loaded->settings, &core_settings);
	core_init(&core, &core_settings, &memory, 7, 1000000);
	view.settings = &loaded->settings;
	assert_int_equal(status_prepare(&view), 0);
	fill_with_alerts();
	memset(silent, '"', sizeof(silent) - 1);
	silent[sizeof(silent) - 1] = '\0';
	for (unsigned i = 0; i < INSTANCES_MAX; i++)
		view.silent[i] = silent;
	status = status_make(&view);
	assert_non_null(status);
	assert_int_equal(json_array_size(json_object_get(status, "alerts")),
			 ALERTS_MAX);
	dump = json_dumps(status, JSON_COMPACT | JSON_ENSURE_ASCII);
	assert_non_null(dump);
	length = strlen(dump);
	free(dump);
	/* beside it: the frame of the answer */
	assert_in_range(length, 500000, CONTROL_ANSWER_MAX - 4096);
	/* and no name is missing where a person looks first */
	verdict = json_string_value(json_object_get(status, "verdict_text"));
	assert_non_null(strstr(verdict, "NOBODY IS KNOWN TO SERVE"));
	assert_non_null(strstr(verdict, "long-name-n-254"));
	for (unsigned i = 1; i < INSTANCES_MAX; i++)
		json_decref(view.addresses[i]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_every_key_before_anything_is_known),
		TEST(test_an_owner_shows_its_proof),
		TEST(test_R8_the_wait_is_explained),
		TEST(test_a_held_fence_is_explained),
		TEST(test_a_standby_waits_for_nothing),
		TEST(test_every_alert_name_is_told),
		TEST(test_R1_miswired_is_not_proven),
		TEST(test_R14_the_peers_view_of_a_device),
		TEST(test_R13_the_last_drill_is_told),
		TEST(test_A11_the_largest_status_fits_into_an_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
