/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two cores in one process, virtual time: each test is an incident and reads
 * as the log that an operator would see. Times are milliseconds.
 * Here: the fence, operators, stalls, quarrels.
 */
#include "incident.h"

/* ---- the fence ---- */

static void test_R6_dead_device_holds_and_retries(void **state)
{
	(void)state;
	start_pair();
	world.lie = PLUG_DEAD;
	world_power_off(&world, 0);
	world.plug_on[0] = true;
	world_run_ms(&world, 30000);
	assert_owner(-1);
	assert_true(has_alert(1, ALERT_FENCE_FAILED));
	assert_in_range(world.nodes[1].offs, 4, 8); /* 1 s doubling to 10 */
	world.lie = PLUG_HONEST;
	world_run_ms(&world, 12000);
	assert_owner(1);
}

static void test_R6_welded_relay_is_no_proof(void **state)
{
	(void)state;
	start_pair();
	world.lie = PLUG_WELDED;
	cut_serial(false);
	cut_ethernet(false);
	world_run_ms(&world, 60000);
	assert_owner(0);
	assert_true(has_alert(1, ALERT_FENCE_FAILED));
}

static void test_R6_lying_plug_is_contradicted_by_a_living_link(void **state)
{
	(void)state;
	start_pair();
	world.lie = PLUG_LYING;
	cut_ethernet(false); /* disagree: serial goes on */
	world_run_ms(&world, 30000);
	assert_owner(0);
	assert_true(has_alert(1, ALERT_FENCE_CONTRADICTED));
	assert_int_equal(world.nodes[1].offs, 1);
}

static void test_R14_miswired_plug_is_seen_before_it_is_needed(void **state)
{
	(void)state;
	world_init(&world);
	world.plug_on[0] = false; /* lb01 hangs on another outlet */
	world_boot(&world, 0);
	world_boot(&world, 1);
	world_run_ms(&world, 5000);
	assert_true(has_alert(1, ALERT_FENCE_MISWIRED));
	world.nodes[0].powered = true;
	cut_serial(false);
	cut_ethernet(false);
	world_run_ms(&world, 60000);
	assert_owner(0); /* nothing is proven: hold */
	assert_true(has_alert(1, ALERT_NO_FENCING));
}

static void test_R1_unproven_plug_proves_nothing(void **state)
{
	(void)state;
	world_init(&world);
	world.lie = PLUG_DEAD; /* never read on */
	world_boot(&world, 0);
	world_boot(&world, 1);
	world_run_ms(&world, 5000);
	world.lie = PLUG_HONEST;
	world_power_off(&world, 0);
	world_run_ms(&world, 30000);
	assert_owner(-1);
	assert_true(has_alert(1, ALERT_NO_FENCING));
	world_ask(&world, 1, COMMAND_CONFIRM, 0);
	world_run_ms(&world, 100);
	assert_true(world.reply_ok);
	assert_owner(1);
	assert_logged("proof operator");
}

static void test_R6_fence_loop_is_stopped(void **state)
{
	(void)state;
	start_pair();
	for (int i = 0; i < 3; i++) {
		int owner = world_owner(&world, 0);

		cut_serial(false);
		cut_ethernet(false);
		world_run_ms(&world, 3000);
		assert_owner(1 - owner);
		cut_serial(true);
		cut_ethernet(true);
		world_power_on(&world, (unsigned)owner);
		world_run_ms(&world, 3000);
		world_ask(&world, (unsigned)owner, COMMAND_HANDOVER, 0);
		world_run_ms(&world, 1000);
		assert_owner(owner);
	}
	cut_serial(false);
	cut_ethernet(false);
	world_run_ms(&world, 30000);
	assert_owner(0);
	assert_true(has_alert(1, ALERT_FENCE_LOOP));
}

static void test_R11_frozen_owner_is_fenced_and_never_comes_back(void **state)
{
	(void)state;
	start_pair();
	world.nodes[0].frozen = true;
	world_run_ms(&world, 3000);
	assert_owner(1);
	assert_false(world.nodes[0].powered);
}

static void test_R11_frozen_owner_that_wakes_lets_go_first(void **state)
{
	(void)state;
	start_pair();
	world.lie = PLUG_DEAD;
	world.nodes[0].frozen = true;
	world_run_ms(&world, 20000);
	world.nodes[0].frozen = false;
	world_run_ms(&world, 200);
	assert_logged("lb01: VI_1: MASTER -> BACKUP: released: stalled");
	world_run_ms(&world, 5000);
	assert_false(world.broken);
	assert_true(world_owner(&world, 0) >= 0);
}

/* ---- operators ---- */

static void test_R13_handover_moves_by_agreement(void **state)
{
	(void)state;
	start_pair();
	world_ask(&world, 0, COMMAND_HANDOVER, 0);
	world_run_ms(&world, 100);
	assert_owner(1);
	assert_true(world.reply_done && world.reply_ok);
	world_ask(&world, 0, COMMAND_HANDOVER, 0); /* now it takes */
	world_run_ms(&world, 100);
	assert_owner(0);
	assert_true(world.reply_ok);
	world_run_ms(&world, 5000);
	assert_owner(0);
}

static void test_R13_standby_and_online(void **state)
{
	(void)state;
	start_pair();
	world_ask(&world, 0, COMMAND_STANDBY, 0);
	world_run_ms(&world, 500);
	assert_owner(1);
	world_ask(&world, 1, COMMAND_HANDOVER, 0);
	world_run_ms(&world, 500);
	assert_false(world.reply_ok); /* lb01 is unfit */
	world_ask(&world, 0, COMMAND_ONLINE, 0);
	world_run_ms(&world, 5000);
	assert_owner(1);
}

static void test_R13_fence_refuses_self_and_confirm_the_living(void **state)
{
	(void)state;
	start_pair();
	world_ask(&world, 0, COMMAND_FENCE_OFF, 0);
	world_run_ms(&world, 100);
	assert_true(world.reply_done && !world.reply_ok);
	world_ask(&world, 1, COMMAND_CONFIRM, 0);
	world_run_ms(&world, 100);
	assert_true(world.reply_done && !world.reply_ok);
	assert_non_null(strstr(world.reply, "alive"));
	assert_owner(0);
}

static void test_R13_confirm_refuses_a_plug_that_reads_on(void **state)
{
	(void)state;
	start_pair();
	world.nodes[1].settings.fence.on_disagreement = CORE_HOLD;
	world_ask(&world, 0, COMMAND_MAINTENANCE_ON, 0);
	world_run_ms(&world, 500);
	assert_true(world.reply_ok);
	world_power_off(&world, 0);
	world.plug_on[0] = true;
	world_run_ms(&world, 5000);
	assert_owner(-1); /* maintenance */
	world_ask(&world, 1, COMMAND_CONFIRM, 0);
	world_run_ms(&world, 100);
	assert_true(world.reply_done && !world.reply_ok);
	world.plug_on[0] = false;
	world_ask(&world, 1, COMMAND_CONFIRM, 0);
	world_run_ms(&world, 100);
	assert_true(world.reply_ok);
	assert_owner(1);
}

static void test_R13_operator_fences_the_owner(void **state)
{
	(void)state;
	start_pair();
	world_ask(&world, 1, COMMAND_FENCE_OFF, 0);
	world_run_ms(&world, 1000);
	assert_true(world.reply_ok);
	assert_owner(1);
	assert_false(world.nodes[0].powered);
}

static void test_R13_maintenance_is_known_to_both_or_said(void **state)
{
	(void)state;
	start_pair();
	world_ask(&world, 0, COMMAND_MAINTENANCE_ON, 0);
	world_run_ms(&world, 3500);
	assert_true(world.reply_ok);
	assert_true(world.nodes[1].core.memory.maintenance);
	cut_serial(false);
	cut_ethernet(false);
	world_run_ms(&world, 30000);
	assert_owner(0);
	assert_int_equal(world.nodes[1].offs, 0);
	world_ask(&world, 1, COMMAND_MAINTENANCE_OFF, 0);
	world_run_ms(&world, 3500);
	assert_true(world.reply_done && !world.reply_ok);
}

/* A script may set it for years: after the largest version the newest word
 * counts still, and a node that has lost its state knows none. */
static void test_R13_maintenance_has_no_last_version(void **state)
{
	struct core_memory *memory[2];

	(void)state;
	start_pair();
	for (unsigned n = 0; n < 2; n++) {
		memory[n] = &world.nodes[n].core.memory;
		memory[n]->maintenance_version = 0x7ffe;
	}
	world_run_ms(&world, 3000);
	for (unsigned i = 0; i < 8; i++) {
		bool on = i % 2 == 0;

		world_ask(&world, i / 2 % 2,
			  on ? COMMAND_MAINTENANCE_ON : COMMAND_MAINTENANCE_OFF,
			  0);
		world_run_ms(&world, 3000);
		assert_true(world.reply_done && world.reply_ok);
		for (unsigned n = 0; n < 2; n++)
			assert_int_equal(memory[n]->maintenance, on);
	}
	assert_int_equal(memory[0]->maintenance_version, 7);
	memory[0]->maintenance_version = 0x7fff;
	memory[1]->maintenance_version = 0;
	memory[0]->maintenance = true;
	world_run_ms(&world, 3000);
	assert_true(memory[1]->maintenance);
	assert_int_equal(memory[1]->maintenance_version, 0x7fff);
}

static void test_R6_reboot_switches_on_again(void **state)
{
	(void)state;
	start_pair();
	world_ask(&world, 0, COMMAND_FENCE_REBOOT, 1);
	world_run_ms(&world, 5000);
	assert_false(world.plug_on[1]);
	world_run_ms(&world, 10000);
	assert_true(world.plug_on[1]);
	assert_owner(0);
}

/* ---- the rest ---- */

static void test_R10_address_that_stays_is_told_and_fenced(void **state)
{
	(void)state;
	start_pair();
	world.nodes[0].stays[0] = true;
	world_ask(&world, 0, COMMAND_HANDOVER, 0);
	world_run_ms(&world, 5000);
	assert_owner(1);
	assert_logged("asks to be fenced");
	assert_false(world.nodes[0].powered);
}

static void test_vip_that_cannot_be_added_goes_to_the_peer(void **state)
{
	(void)state;
	world_init(&world);
	world.nodes[0].refuses = true;
	world_boot(&world, 0);
	world_boot(&world, 1);
	world_run_ms(&world, 5000);
	assert_owner(1);
	assert_true(has_alert(0, ALERT_VIP_FAILED));
}

static void test_R9_preempt_waits_and_asks(void **state)
{
	(void)state;
	start_pair();
	world.nodes[0].settings.instances[0].preempt = true;
	world.nodes[0].settings.instances[0].preempt_delay_ms = 5000;
	world_ask(&world, 0, COMMAND_HANDOVER, 0);
	world_run_ms(&world, 3000);
	assert_owner(1);
	world_run_ms(&world, 4000);
	assert_owner(0);
	assert_int_equal(world.nodes[0].offs, 0);
}

static void test_R17_stop_hands_over(void **state)
{
	(void)state;
	start_pair();
	world_stop(&world, 0);
	world_run_ms(&world, 50);
	assert_owner(1);
	assert_false(world.nodes[0].running);
	assert_int_equal(world.nodes[1].offs, 0);
	assert_not_logged("fence");
}

static void test_R7_split_brain_the_lower_lets_go(void **state)
{
	struct event event = {.type = EVENT_ADVERT_HEARD};
	struct core *core;

	(void)state;
	start_pair();
	cut_serial(false);
	world_run_ms(&world, 1000);
	core = &world.nodes[0].core;
	core->peer.is_stuck = true; /* it was so, when it was heard last */
	event.advert.source = core->settings->nodes[1].addresses[0];
	event.advert.verdict = CORE_ADVERT_GOOD;
	event.advert.priority = 200;
	event.advert.interval_ms = 100;
	for (int i = 0; i < 3; i++) {
		event.now_us = world.now_us;
		event.advert.signature = wire_signature(&world, 1, 0);
		core_step(core, &event, &world.actions);
		world_run_ms(&world, 60);
	}
	assert_true(has_alert(0, ALERT_SPLIT_BRAIN));
	world_run_ms(&world, 500);
	/* it resigned, and the real lb02 took it by that */
	assert_owner(1);
}

static void test_R7_foreign_vrrp_is_named_and_nothing_else(void **state)
{
	struct event event = {.type = EVENT_ADVERT_HEARD};

	(void)state;
	start_pair();
	event.now_us = world.now_us;
	event.advert.source = ip_from_v4(0xc0000263);
	event.advert.verdict = CORE_ADVERT_GOOD;
	event.advert.priority = 254;
	for (int i = 0; i < 10; i++)
		core_step(&world.nodes[0].core, &event, &world.actions);
	assert_true(has_alert(0, ALERT_FOREIGN_VRRP));
	world_run_ms(&world, 3000);
	assert_owner(0);
}

/* nodes in another order in its file: all that is heard of it is by the cable,
 * and says that it is this node. */
static void test_R2_who_says_that_it_is_this_node_is_not_cut(void **state)
{
	struct event event = {.type = EVENT_LINK_NOISE};

	(void)state;
	start_pair();
	world_run_ms(&world, 10000);
	assert_owner(0);
	world.serial[0] = world.serial[1] = false;
	world.ethernet[0] = world.ethernet[1] = false;
	event.link.noise = CORE_NOISE_NAMESAKE;
	for (unsigned i = 0; i < 600; i++) {
		world_tell(&world, 1, &event);
		world_run_ms(&world, 100);
	}
	assert_owner(0);
	assert_int_equal(world.nodes[0].offs, 0);
	assert_int_equal(world.nodes[1].offs, 0);
	assert_true(has_alert(1, ALERT_CONFIG_MISMATCH));
	/* it is heard no more */
	world_power_off(&world, 0);
	world_run_ms(&world, 20000);
	assert_owner(1);
}

/* R5: what may be called back, by the reason of the shot. */
static void test_R5_a_shot_is_moot_when_its_reason_is_over(void **state)
{
	static const enum fence_need needs[] = {
		NEED_SILENCE, NEED_STARTUP,	NEED_DISAGREE, NEED_UNYIELDING,
		NEED_HALF,    NEED_SPLIT_BRAIN, NEED_STUCK,
	};
	struct core *core = &world.nodes[1].core;

	(void)state;
	start_pair();
	world_run_ms(&world, 10000);
	assert_owner(0);
	core->instances[0].own = true; /* as one of two owners */
	for (unsigned i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
		int64_t now_us = core->now_us;

		core->fence.need = needs[i];
		assert_true(fence_is_moot(core));
		core->is_disagreeing = core->peer.is_stuck = true;
		core->instances[0].split_us = now_us;
		core->links[0].state = LINK_HALF;
		assert_int_equal(fence_is_moot(core), i < 2);
		core->is_disagreeing = core->peer.is_stuck = false;
		core->instances[0].split_us = 0;
		core->links[0].state = LINK_UP;
	}
	core->fence.need = NEED_OPERATOR;
	assert_false(fence_is_moot(core));
	core->fence.need = NEED_NONE;
	core->instances[0].own = false;
	world_power_off(&world, 0);
	world_run_ms(&world, 700);
	core->fence.need = NEED_SILENCE;
	assert_false(fence_is_moot(core));
	/* R13: a person's own shot goes on */
	core->memory.maintenance = true;
	assert_true(fence_is_moot(core));
	core->fence.need = NEED_OPERATOR;
	assert_false(fence_is_moot(core));
}

/* "owns the VIPs now" is said when they are there. */
static void
test_R17_a_handover_is_over_when_the_addresses_are_there(void **state)
{
	struct core *core = &world.nodes[1].core;

	(void)state;
	start_pair();
	world_run_ms(&world, 10000);
	assert_owner(0);
	world.keeper_us = 400000;
	world_ask(&world, 1, COMMAND_HANDOVER, 1);
	while (!world.broken && core->handover_token == 0)
		world_run_ms(&world, 1);
	while (!world.broken && core->handover_token != 0) {
		assert_false(world.nodes[1].vip[0] && !core->instances[0].own);
		world_run_ms(&world, 1);
	}
	assert_owner(1);
	assert_true(core->instances[0].own);
	assert_false(core->instances[0].is_claiming);
}

/* What could not be added is no alert of a node that serves nothing. */
static void test_R13_vip_failed_ends_with_the_release(void **state)
{
	(void)state;
	world_init(&world);
	world.nodes[0].refuses_some = true;
	world_boot(&world, 0);
	world_boot(&world, 1);
	while (!world.broken && !has_alert(0, ALERT_VIP_FAILED))
		world_run_ms(&world, 1);
	assert_owner(0);
	/* before its keeper's next try */
	world_ask(&world, 0, COMMAND_HANDOVER, 0);
	world_run_ms(&world, 1500);
	assert_owner(1);
	assert_false(has_alert(0, ALERT_VIP_FAILED));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_R6_dead_device_holds_and_retries),
		cmocka_unit_test(test_R6_welded_relay_is_no_proof),
		cmocka_unit_test(
			test_R6_lying_plug_is_contradicted_by_a_living_link),
		cmocka_unit_test(
			test_R14_miswired_plug_is_seen_before_it_is_needed),
		cmocka_unit_test(test_R1_unproven_plug_proves_nothing),
		cmocka_unit_test(test_R6_fence_loop_is_stopped),
		cmocka_unit_test(
			test_R11_frozen_owner_is_fenced_and_never_comes_back),
		cmocka_unit_test(
			test_R11_frozen_owner_that_wakes_lets_go_first),
		cmocka_unit_test(test_R13_handover_moves_by_agreement),
		cmocka_unit_test(test_R13_standby_and_online),
		cmocka_unit_test(
			test_R13_fence_refuses_self_and_confirm_the_living),
		cmocka_unit_test(test_R13_confirm_refuses_a_plug_that_reads_on),
		cmocka_unit_test(
			test_R2_who_says_that_it_is_this_node_is_not_cut),
		cmocka_unit_test(
			test_R5_a_shot_is_moot_when_its_reason_is_over),
		cmocka_unit_test(
			test_R17_a_handover_is_over_when_the_addresses_are_there),
		cmocka_unit_test(test_R13_vip_failed_ends_with_the_release),
		cmocka_unit_test(test_R13_operator_fences_the_owner),
		cmocka_unit_test(test_R13_maintenance_is_known_to_both_or_said),
		cmocka_unit_test(test_R13_maintenance_has_no_last_version),
		cmocka_unit_test(test_R6_reboot_switches_on_again),
		cmocka_unit_test(
			test_R10_address_that_stays_is_told_and_fenced),
		cmocka_unit_test(
			test_vip_that_cannot_be_added_goes_to_the_peer),
		cmocka_unit_test(test_R9_preempt_waits_and_asks),
		cmocka_unit_test(test_R17_stop_hands_over),
		cmocka_unit_test(test_R7_split_brain_the_lower_lets_go),
		cmocka_unit_test(
			test_R7_foreign_vrrp_is_named_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
