/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Levels, masks, device filters, times and refusals of the fencing layer; the
 * attempts themselves are tests/netns/test_fencer.py's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../drivers/modbus/modbus.h"
#include "../../fence/plan.h"

#define ALL_LEVELS 0x3feu

static struct settings settings;

static void add_plug(unsigned level, unsigned device, const char *plug)
{
	struct settings_node *node = &settings.nodes[1];
	struct settings_plug *entry = &node->plugs[node->plug_count++];

	entry->level = (uint8_t)level;
	entry->device = (uint8_t)device;
	snprintf(entry->plug, sizeof(entry->plug), "%s", plug);
}

/* lb02: level 1 on two supplies, level 3 on the first device again. */
static int set_up(void **state)
{
	(void)state;
	settings = (struct settings){
		.nodes = {{.name = "lb01"}, {.name = "lb02"}},
		.device_count = 2,
		.fence_digest = 7,
	};
	for (int i = 0; i < 2; i++)
		settings.devices[i] = (struct settings_device){
			.name = "pdu",
			.driver = "modbus",
			.host = "192.0.2.20",
			.answer_ms = 300,
			.private_size = sizeof(struct modbus_settings),
			.settle_ms = i == 0 ? 50 : 20,
			.power_wait_ms = i == 0 ? 0 : 1500,
		};
	for (int i = 0; i < 2; i++)
		*modbus_edit(&settings.devices[i]) =
			(struct modbus_settings){.port = 502,
						 .write_on = 1,
						 .read_on = 1,
						 .connect_ms = 100,
						 .response_ms = 200};
	add_plug(3, 0, "5");
	add_plug(1, 0, "1");
	add_plug(1, 1, "2");
	return 0;
}

static struct fence_request request_off(void)
{
	struct fence_request request = {.id = 1,
					.kind = FENCE_OFF,
					.node = 1,
					.levels = ALL_LEVELS,
					.device = -1,
					.digest = 7};

	return request;
}

static void assert_refused(const struct fence_request *request,
			   const char *word)
{
	char error[FENCE_TEXT_MAX] = "";

	assert_int_equal(
		plan_check_request(&settings, request, error, sizeof(error)),
		-1);
	if (strstr(error, word) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", error, word);
}

static void test_R6_levels_ascend_whatever_their_order(void **state)
{
	struct fence_request request = request_off();
	struct fence_plan plan;

	(void)state;
	assert_true(plan_next_level(&settings, &request, 0, &plan));
	assert_int_equal(plan.level, 1);
	assert_int_equal(plan.count, 2);
	assert_true(plan.whole);
	assert_int_equal(plan.plugs[0], 1);
	assert_int_equal(plan.plugs[1], 2);
	assert_int_equal(plan_power_wait_ms(&settings, 1, &plan), 1500);
	assert_int_equal(plan_settle_ms(&settings, 1, &plan), 50);
	assert_true(plan_next_level(&settings, &request, 1, &plan));
	assert_int_equal(plan.level, 3);
	assert_int_equal(plan.count, 1);
	assert_false(plan_next_level(&settings, &request, 3, &plan));
}

static void test_R6_a_filtered_level_is_not_whole(void **state)
{
	struct fence_request request = request_off();
	struct fence_plan plan;

	(void)state;
	request.device = 1;
	assert_true(plan_next_level(&settings, &request, 0, &plan));
	assert_int_equal(plan.count, 1);
	assert_false(plan.whole);
	assert_false(plan_next_level(&settings, &request, 1, &plan));
	request.device = 0;
	assert_true(plan_next_level(&settings, &request, 1, &plan));
	assert_true(plan.whole);
}

static void test_R14_read_means_every_level_at_once(void **state)
{
	struct fence_request request = request_off();
	struct fence_plan plan;

	(void)state;
	request.kind = FENCE_READ;
	assert_true(plan_all_levels(&settings, &request, &plan));
	assert_int_equal(plan.count, 3);
	assert_int_equal(plan.plugs[2], 0);
	assert_int_equal(plan_times(&settings, FENCE_READ, 1, &plan).soft_ms,
			 PLAN_READ_MS);
	assert_int_equal(plan_read_ms(&settings, 1, &plan, 0),
			 PLAN_READ_MS / 2);
	/* a slow device adds its own time and takes none from the other */
	settings.devices[1].answer_ms = 2000;
	assert_int_equal(plan_times(&settings, FENCE_READ, 1, &plan).soft_ms,
			 PLAN_READ_MS + 2000);
	for (unsigned i = 0; i < plan.count; i++)
		assert_int_equal(plan_read_ms(&settings, 1, &plan, i),
				 plan_plug(&settings, 1, &plan, i)->device == 1
					 ? 2000
					 : PLAN_READ_MS);
}

/* A server takes its time to go off, whatever its BMC says at once. */
static void test_R5_switching_is_waited_for_once(void **state)
{
	struct fence_request request = request_off();
	struct fence_plan plan;

	(void)state;
	plan_next_level(&settings, &request, 0, &plan);
	settings.devices[0].switch_ms = 4000;
	settings.devices[1].switch_ms = 6000;
	assert_int_equal(plan_switch_ms(&settings, 1, &plan), 6000);
	assert_int_equal(plan_times(&settings, FENCE_OFF, 1, &plan).soft_ms,
			 3 * 2 * 300 + 50 + 6000);
}

/* An agent is asked twice for an off, and told once. */
static void test_R5_a_command_may_be_shorter_than_a_question(void **state)
{
	struct fence_request request = request_off();
	struct fence_plan plan;
	struct plan_times times;

	(void)state;
	plan_next_level(&settings, &request, 0, &plan);
	settings.devices[0].answer_ms = 2000;
	settings.devices[0].command_ms = 1000;
	times = plan_times(&settings, FENCE_OFF, 1, &plan);
	assert_int_equal(times.soft_ms, 2 * (2000 + 300) + 1000 + 300 + 50);
	assert_true(times.hard_ms >= times.soft_ms + 2300);
}

/* What check counts when it judges tie_ms: a level may not take longer. */
static void test_R5_a_level_has_three_conversations_per_plug(void **state)
{
	struct fence_request request = request_off();
	struct plan_times times;
	struct fence_plan plan;

	(void)state;
	plan_next_level(&settings, &request, 0, &plan);
	times = plan_times(&settings, FENCE_OFF, 1, &plan);
	assert_int_equal(times.soft_ms, 3 * 2 * 300 + 50);
	assert_true(times.hard_ms > times.soft_ms);
}

static void test_R13_own_node_is_refused(void **state)
{
	struct fence_request request = request_off();
	char error[FENCE_TEXT_MAX];

	(void)state;
	settings.self = 1;
	assert_refused(&request, "this node");
	request.kind = FENCE_ON;
	assert_int_equal(
		plan_check_request(&settings, &request, error, sizeof(error)),
		0);
}

static void test_R6_other_digest_is_refused(void **state)
{
	struct fence_request request = request_off();

	(void)state;
	request.digest = 8;
	assert_refused(&request, "digest");
}

static void test_indexes_are_checked(void **state)
{
	struct fence_request request = request_off();

	(void)state;
	settings.nodes[1].plugs[2].device = 2;
	assert_refused(&request, "device 2");
	settings.nodes[1].plugs[2].device = 1;
	settings.nodes[1].plugs[2].level = 40;
	assert_refused(&request, "level 40");
	settings.nodes[1].plugs[2].level = 1;
	settings.nodes[1].plug_count = PLUGS_MAX + 1;
	assert_refused(&request, "room");
	settings.nodes[1].plug_count = 0;
	assert_refused(&request, "no plug");
}

static void assert_checked(const char *plug, int expected)
{
	char error[FENCE_TEXT_MAX] = "";
	int got =
		modbus_check(&settings.devices[0], plug, error, sizeof(error));

	assert_int_equal(got, expected);
	assert_int_equal(error[0] != '\0', expected != 0);
}

static void test_modbus_plugs_and_addresses(void **state)
{
	(void)state;
	assert_checked("1", 0);
	assert_checked("65535", 0);
	assert_checked("0", -1);
	assert_checked("65536", -1);
	assert_checked("4294967297", -1);
	assert_checked("99999999999999999999", -1);
	assert_checked("", -1);
	assert_checked(" 1", -1);
	assert_checked("1 ", -1);
	assert_checked("0x1", -1);
	modbus_edit(&settings.devices[0])->read_base = 65535;
	assert_checked("1", 0);
	assert_checked("2", -1);
	strcpy(settings.devices[0].host, "pdu.example");
	assert_checked("1", -1);
	strcpy(settings.devices[0].host, "2001:db8::20");
	assert_checked("1", 0);
}

/* A coil value that is neither on nor off toggles or flashes on some boards. */
static void test_modbus_never_toggles(void **state)
{
	(void)state;
	modbus_edit(&settings.devices[0])->write_on = 0x5500;
	assert_checked("1", -1);
	modbus_edit(&settings.devices[0])->write_on = 0xff00;
	assert_checked("1", 0);
	modbus_edit(&settings.devices[0])->write_off =
		1; /* the same on the wire */
	assert_checked("1", -1);
}

static void test_unknown_driver(void **state)
{
	struct fence_request request = request_off();

	(void)state;
	assert_string_equal(driver_find("modbus")->name, "modbus");
	assert_string_equal(driver_find("agent")->name, "agent");
	assert_string_equal(driver_find("ipmi")->name, "ipmi");
	assert_null(driver_find("serial"));
	strcpy(settings.devices[1].driver, "serial");
	assert_refused(&request, "no driver");
}

static void test_settings_of_another_build_are_not_looked_at(void **state)
{
	struct fence_request request = request_off();

	(void)state;
	settings.devices[1].private_size--;
	assert_refused(&request, "for such settings");
}

static void test_a_driver_that_is_elsewhere_knows_no_state(void **state)
{
	struct settings_device *device = &settings.devices[0];
	char error[FENCE_TEXT_MAX] = "";

	(void)state;
	strcpy(device->driver, "ipmi");
	device->private_size =
		(uint32_t)driver_find(device->driver)->private_size;
	assert_false(driver_is_here(driver_find(device->driver)));
	assert_int_equal(driver_read(device, "1", error, sizeof(error)),
			 PLUG_UNKNOWN);
	assert_non_null(strstr(error, "twinbeat-fencer-ipmi could not be "
				      "started"));
	error[0] = '\0';
	assert_int_equal(driver_write(device, "1", 0, error, sizeof(error)),
			 -1);
	assert_non_null(strstr(error, "twinbeat-fencer-ipmi"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
			test_R6_levels_ascend_whatever_their_order, set_up),
		cmocka_unit_test_setup(test_R6_a_filtered_level_is_not_whole,
				       set_up),
		cmocka_unit_test_setup(test_R14_read_means_every_level_at_once,
				       set_up),
		cmocka_unit_test_setup(
			test_R5_a_level_has_three_conversations_per_plug,
			set_up),
		cmocka_unit_test_setup(
			test_R5_a_command_may_be_shorter_than_a_question,
			set_up),
		cmocka_unit_test_setup(test_R5_switching_is_waited_for_once,
				       set_up),
		cmocka_unit_test_setup(test_R13_own_node_is_refused, set_up),
		cmocka_unit_test_setup(test_R6_other_digest_is_refused, set_up),
		cmocka_unit_test_setup(test_indexes_are_checked, set_up),
		cmocka_unit_test_setup(test_modbus_plugs_and_addresses, set_up),
		cmocka_unit_test_setup(test_modbus_never_toggles, set_up),
		cmocka_unit_test_setup(
			test_settings_of_another_build_are_not_looked_at,
			set_up),
		cmocka_unit_test_setup(
			test_a_driver_that_is_elsewhere_knows_no_state, set_up),
		cmocka_unit_test_setup(test_unknown_driver, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
