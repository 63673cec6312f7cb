/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The alert table: a place for everything that can be wrong, at once. */
#include <stdio.h>

#include "../../src/core/internal.h"
#include "incident.h"

static struct core_settings none;
static struct core core;
static struct actions actions;

static void begin(void)
{
	memset(&none, 0, sizeof(none));
	memset(&core, 0, sizeof(core));
	memset(&actions, 0, sizeof(actions));
	core.settings = &none;
	core.out = &actions;
	core.now_us = 1000000;
}

static unsigned most_of(enum alert_row row)
{
	static const unsigned most[] = {[EACH_NODE] = EACH_NODE_MOST,
					[EACH_LINK] = EACH_LINK_MOST,
					[EACH_INSTANCE] = EACH_INSTANCE_MOST,
					[EACH_DEVICE] = EACH_DEVICE_MOST,
					[EACH_PLUG] = EACH_PLUG_MOST};

	return most[alert_row_each(row)];
}

/* Everything that can be wrong is, at once: nothing is left out, and each is
 * told, in as many steps as it takes. */
static void test_every_alert_has_its_place(void **state)
{
	unsigned raised = 0, told = 0;

	(void)state;
	begin();
	for (unsigned row = 0; row < ALERT_ROWS_COUNT; row++)
		for (unsigned i = 0; i < most_of((enum alert_row)row); i++) {
			alert_raise(&core, (enum alert_row)row, i, CORE_WARNING,
				    "row %u of %u", row, i);
			raised++;
		}
	assert_int_equal(raised, ALERTS_MAX);
	assert_int_equal(core.alerts_count, ALERTS_MAX);
	for (unsigned steps = 0; steps < 10; steps++) {
		for (unsigned k = 0; k < actions.count; k++)
			told += actions.list[k].type == ACTION_ALERT &&
				actions.list[k].alert.raised;
		actions.count = actions.words = 0;
		alert_step(&core);
	}
	assert_int_equal(told, ALERTS_MAX);
	assert_int_equal(core.alerts_untold, 0);
	assert_int_equal(core.untold, 0);
	assert_int_equal(actions.lost, 0);
	for (unsigned place = 0; place < ALERTS_MAX; place++) {
		const struct core_alert *alert = &core.alerts[place];
		char text[40];

		assert_true(core_alert_stands(&core, place));
		snprintf(text, sizeof(text), "row %u of %u", alert->row,
			 alert->subject);
		assert_string_equal(alert->text, text);
		alert_clear(&core, alert->row, alert->subject);
		actions.count = actions.words = 0;
	}
	assert_int_equal(core.alerts_count, 0);
	for (unsigned name = 0; name < ALERT_NAMES; name++)
		assert_int_equal(core.alerts_standing[name], 0);
}

static void test_two_rows_of_one_name_are_two_alerts(void **state)
{
	(void)state;
	begin();
	alert_raise(&core, ROW_DISAGREE, 3, CORE_WARNING, "one");
	alert_raise(&core, ROW_DISAGREE_HELD, 3, CORE_WARNING, "two");
	alert_raise(&core, ROW_DISAGREE_HELD, 3, CORE_WARNING, "two again");
	assert_int_equal(core.alerts_count, 2);
	assert_int_equal(core.alerts_standing[ALERT_DISAGREE], 2);
	alert_clear(&core, ROW_DISAGREE, 3);
	alert_clear(&core, ROW_DISAGREE, 4);
	assert_true(alert_is_raised(&core, ALERT_DISAGREE));
	alert_clear(&core, ROW_DISAGREE_HELD, 3);
	assert_false(alert_is_raised(&core, ALERT_DISAGREE));
}

static void test_a_text_without_room_ends_with_a_whole_word(void **state)
{
	const char *text = core.alerts[0].text;
	char word[CORE_TEXT_MAX];

	(void)state;
	begin();
	memset(word, 'x', sizeof(word));
	alert_raise(&core, (enum alert_row)0, 0, CORE_WARNING, "%.190s %.30s",
		    word, word);
	assert_int_equal(strlen(text), 193);
	assert_string_equal(text + 188, "xx...");
	begin();
	alert_raise(&core, (enum alert_row)0, 0, CORE_WARNING, "%.150s %.48s",
		    word, word);
	assert_int_equal(strlen(text), 199);
}

/* The words of an alert follow what is true: R6's cut is over soon. */
static void test_R6_who_is_off_is_not_being_cut(void **state)
{
	(void)state;
	start_pair();
	world_ask(&world, 1, COMMAND_STANDBY, 0); /* it does not claim then */
	world_run_ms(&world, 1000);
	world_ask(&world, 1, COMMAND_FENCE_OFF, 0);
	world_run_ms(&world, 290);
	assert_true(alert_says(1, ALERT_LINK_DOWN,
			       "no advert of lb01: this node is cutting it"));
	world_run_ms(&world, 10000);
	assert_false(world.nodes[0].powered);
	assert_owner(-1);
	assert_true(
		alert_says(1, ALERT_LINK_DOWN, "no advert of lb01: it is off"));
}

static void test_R13_an_owner_that_sends_has_not_failed_to_hear(void **state)
{
	(void)state;
	start_pair();
	world_ask(&world, 0, COMMAND_CONFIRM, 1);
	world_run_ms(&world, 1000);
	assert_true(world.reply_done && !world.reply_ok);
	assert_non_null(strstr(world.reply, "lb02 is alive (serial up"));
	assert_non_null(strstr(world.reply, "vrrp sending)"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_alert_has_its_place),
		cmocka_unit_test(
			test_a_text_without_room_ends_with_a_whole_word),
		cmocka_unit_test(test_two_rows_of_one_name_are_two_alerts),
		cmocka_unit_test(test_R6_who_is_off_is_not_being_cut),
		cmocka_unit_test(
			test_R13_an_owner_that_sends_has_not_failed_to_hear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
