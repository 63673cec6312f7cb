/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two cores in one process, virtual time: each test is an incident and reads
 * as the log that an operator would see. Times are milliseconds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../sim/world.h"

static struct world world;

static void fail_with_log(const char *what)
{
	print_error("%s\n%s", what, world.log);
	fail();
}

#define assert_owner(node)                                                     \
	do {                                                                   \
		if (world.broken)                                              \
			fail_with_log(world.broken);                           \
		if (world_owner(&world, 0) != (node))                          \
			fail_with_log("wrong owner");                          \
	} while (0)

static void assert_logged(const char *text)
{
	if (!strstr(world.log, text)) {
		print_error("not in the log: %s\n", text);
		fail_with_log("missing line");
	}
}

static void assert_not_logged(const char *text)
{
	if (strstr(world.log, text))
		fail_with_log(text);
}

static void forget_log(void)
{
	world.log_used = 0;
	world.log[0] = '\0';
}

static void start_pair(void)
{
	world_init(&world);
	world_boot(&world, 0);
	world_boot(&world, 1);
	world_run_ms(&world, 3000);
	assert_owner(0);
	forget_log();
}

static void cut_serial(bool up)
{
	world.serial[0] = world.serial[1] = up;
}

static void cut_ethernet(bool up)
{
	world.ethernet[0] = world.ethernet[1] = up;
}

static enum link_state serial_state(unsigned node)
{
	return world.nodes[node].core.links[0].state;
}

static bool has_alert(unsigned node, enum alert_name name)
{
	const struct core *core = &world.nodes[node].core;

	for (unsigned i = 0; i < ALERTS_MAX; i++)
		if ((core->alerts_raised >> i & 1) &&
		    core->alerts[i].name == name)
			return true;
	return false;
}

/* ---- start ---- */

static void test_R17_two_start_together_the_higher_owns(void **state)
{
	(void)state;
	world_init(&world);
	world.loud = true;
	world_boot(&world, 0);
	world_boot(&world, 1);
	world_run_ms(&world, 1000);
	assert_owner(0);
	assert_string_equal(
		world.log,
		"   1000 lb01: link serial: broken -> never: opened\n"
		"   1000 lb02: link serial: broken -> never: opened\n"
		"   1003 lb02: peer lb01: unknown -> up: a beat by serial\n"
		"   1003 lb01: peer lb02: unknown -> up: a beat by serial\n"
		"   1003 lb01: VI_1: INIT -> BACKUP: the peer is heard\n"
		"   1003 lb02: VI_1: INIT -> BACKUP: the peer is heard\n"
		"   1103 lb02: peer lb01: generation 00001001 is believed: it "
		"acknowledges our frame 1\n"
		"   1103 lb01: peer lb02: generation 00002001 is believed: it "
		"acknowledges our frame 1\n"
		"   1203 lb02: link serial: never -> up: 3 beats in 200 ms, "
		"both ways\n"
		"   1203 lb01: link serial: never -> up: 3 beats in 200 ms, "
		"both ways\n"
		"   1203 lb01: VI_1: want raised: nobody owns it\n"
		"   1306 lb01: VI_1: BACKUP -> MASTER: proof released\n"
		"   1306 lb01: link vrrp:VI_1: never -> sending: owner\n"
		"   1506 lb02: link vrrp:VI_1: never -> up: adverts are "
		"heard\n");
}

static void test_R8_silent_start_of_a_new_node_never_shoots(void **state)
{
	(void)state;
	world_init(&world);
	world_power_off(&world, 0);
	world.plug_on[0] = true; /* on, but nobody home: say, in its BIOS */
	world_boot(&world, 1);
	world_run_ms(&world, 400000);
	assert_owner(-1);
	assert_int_equal(world.nodes[1].offs, 0);
	assert_true(has_alert(1, ALERT_WAITING));
}

static void test_R8_silent_start_shoots_when_links_worked_before(void **state)
{
	(void)state;
	start_pair();
	world_stop(&world, 1);
	world_run_ms(&world, 1000);
	world_power_off(&world, 0);
	world.plug_on[0] = true;
	world_boot(&world, 1);
	world_run_ms(&world, 59000);
	assert_owner(-1);
	world_run_ms(&world, 8000);
	assert_owner(1);
	assert_logged("proof fenced");
}

static void test_R8_silent_start_finds_the_plug_off(void **state)
{
	(void)state;
	start_pair();
	world_stop(&world, 1);
	world_run_ms(&world, 1000);
	world_power_off(&world, 0);
	world_boot(&world, 1);
	world_run_ms(&world, 61000);
	assert_owner(1);
	assert_logged("proof already-off");
	assert_int_equal(world.nodes[1].offs, 0);
}

static void test_R8_unclean_end_waits_five_minutes(void **state)
{
	(void)state;
	start_pair();
	world_power_off(&world, 0);
	world.plug_on[0] = true;
	world_power_off(&world, 1);
	world_power_on(&world, 1);
	world_run_ms(&world, 299000);
	assert_owner(-1);
	world_run_ms(&world, 9000);
	assert_owner(1);
}

/* ---- death ---- */

static void test_R6_power_cut_of_the_owner(void **state)
{
	(void)state;
	start_pair();
	world_power_off(&world, 0);
	world.plug_on[0] = true; /* a dead mainboard, its plug still on */
	world_run_ms(&world, 500);
	assert_owner(1);
	assert_logged("fence lb01: verifying -> confirmed: proof fenced");
	assert_logged("VI_1: BACKUP -> MASTER: proof fenced");
}

static void test_R4_death_of_the_standby_costs_nothing(void **state)
{
	(void)state;
	start_pair();
	world_power_off(&world, 1);
	world_run_ms(&world, 20000);
	assert_owner(0);
	assert_int_equal(world.nodes[0].offs, 0);
}

static void test_R12_killed_daemon_is_an_obituary(void **state)
{
	(void)state;
	start_pair();
	world_kill_main(&world, 0);
	world_run_ms(&world, 10);
	assert_owner(1);
	assert_logged("proof obituary");
	assert_int_equal(world.nodes[1].offs, 0);
	/* its next life comes as a standby */
	world_boot(&world, 0);
	world_run_ms(&world, 5000);
	assert_owner(1);
}

static void test_R12_obituary_of_an_old_generation_is_nothing(void **state)
{
	struct beat old;

	(void)state;
	start_pair();
	old = world.nodes[0].will;
	world_kill_main(&world, 0);
	world_run_ms(&world, 10);
	assert_owner(1);
	world_boot(&world, 0);
	world_run_ms(&world, 3000);
	world_ask(&world, 1, COMMAND_HANDOVER, 0);
	world_run_ms(&world, 1000);
	assert_owner(0);
	forget_log();
	/* somebody replays the last word of lb01's first life */
	{
		struct event event = {.type = EVENT_BEAT_HEARD,
				      .now_us = world.now_us};

		event.beat.beat = old;
		core_step(&world.nodes[1].core, &event, &world.actions);
		for (unsigned i = 0; i < world.actions.count; i++)
			assert_int_not_equal(world.actions.list[i].type,
					     ACTION_CLAIM);
	}
	world_run_ms(&world, 1000);
	assert_owner(0);
}

static void test_R1_resigned_when_no_two_way_link_speaks(void **state)
{
	(void)state;
	start_pair();
	cut_serial(false);
	world_run_ms(&world, 2000);
	world_kill_main(&world, 0);
	world_run_ms(&world, 10);
	assert_owner(1);
	assert_logged("proof resigned");
	assert_int_equal(world.nodes[1].offs, 0);
}

static void test_R1_forged_resignation_does_not_outvote_serial(void **state)
{
	struct event event = {.type = EVENT_ADVERT_HEARD};

	(void)state;
	start_pair();
	event.now_us = world.now_us;
	event.advert.source = world.nodes[1].settings.nodes[0].addresses[0];
	event.advert.verdict = CORE_ADVERT_GOOD;
	core_step(&world.nodes[1].core, &event, &world.actions);
	world_run_ms(&world, 2000);
	assert_owner(0);
}

/* ---- links ---- */

static void test_R4_serial_pulled_changes_no_role(void **state)
{
	(void)state;
	start_pair();
	cut_serial(false);
	world_run_ms(&world, 30000);
	assert_owner(0);
	assert_true(has_alert(0, ALERT_LINK_DOWN));
	assert_true(has_alert(1, ALERT_LINK_DOWN));
	assert_int_equal(world.nodes[0].offs + world.nodes[1].offs, 0);
	cut_serial(true);
	world_run_ms(&world, 2000);
	assert_int_equal(serial_state(0), LINK_UP);
	assert_false(has_alert(0, ALERT_LINK_DOWN));
	assert_owner(0);
}

static void test_R4_links_disagree_fence_after_disagree_ms(void **state)
{
	(void)state;
	start_pair();
	cut_ethernet(false);
	world_run_ms(&world, 5200);
	assert_owner(0);
	world_run_ms(&world, 1500);
	assert_owner(1);
	assert_logged("the links disagree");
	assert_logged("proof fenced");
}

static void test_R5_disagreement_that_heals_is_cancelled(void **state)
{
	(void)state;
	start_pair();
	cut_ethernet(false);
	world_run_ms(&world, 4000);
	assert_logged("idle -> delay");
	cut_ethernet(true);
	world_run_ms(&world, 10000);
	assert_owner(0);
	assert_logged("delay -> idle");
	assert_int_equal(world.nodes[1].offs, 0);
}

static void test_R4_hold_only_alerts(void **state)
{
	(void)state;
	start_pair();
	world.nodes[1].settings.fence.on_disagreement = CORE_HOLD;
	cut_ethernet(false);
	world_run_ms(&world, 20000);
	assert_owner(0);
	assert_true(has_alert(1, ALERT_DISAGREE));
}

static void test_R4_yield_hands_over_without_power(void **state)
{
	(void)state;
	start_pair();
	world.nodes[1].settings.fence.on_disagreement = CORE_YIELD;
	cut_ethernet(false);
	world_run_ms(&world, 8000);
	assert_owner(1);
	assert_logged("proof released");
	assert_int_equal(world.nodes[1].offs, 0);
}

static void test_R15_no_shooting_on_disagreement_with_other_digest(void **state)
{
	(void)state;
	world_init(&world);
	world.nodes[1].settings.digest ^= 1;
	world_boot(&world, 0);
	world_boot(&world, 1);
	world_run_ms(&world, 5000);
	assert_owner(0);
	assert_true(has_alert(0, ALERT_CONFIG_MISMATCH));
	assert_true(has_alert(1, ALERT_CONFIG_MISMATCH));
	cut_ethernet(false);
	world_run_ms(&world, 30000);
	assert_owner(0);
	/* fencing on silence still works */
	world_power_off(&world, 0);
	world_run_ms(&world, 3000);
	assert_owner(1);
}

static void test_R4_all_cables_cut_one_owner_the_other_off(void **state)
{
	(void)state;
	start_pair();
	cut_serial(false);
	cut_ethernet(false);
	world_run_ms(&world, 3000);
	assert_owner(1);
	assert_false(world.nodes[0].powered);
	assert_true(world.nodes[1].powered);
}

static void test_R4_half_link_is_alive(void **state)
{
	(void)state;
	start_pair();
	world.serial[1] = false; /* lb01 does not hear lb02 */
	world_run_ms(&world, 5000);
	assert_owner(0);
	assert_int_equal(serial_state(1), LINK_HALF);
	cut_ethernet(false);
	world_run_ms(&world, 30000);
	assert_owner(0);
	assert_int_equal(world.nodes[1].offs, 0);
	assert_true(has_alert(1, ALERT_LINK_HALF));
}

static void test_R2_first_beats_after_down_are_life(void **state)
{
	(void)state;
	start_pair();
	world.nodes[1].settings.fence.delay_ms = 2000;
	cut_serial(false);
	cut_ethernet(false);
	world_run_ms(&world, 1500);
	assert_logged("idle -> delay");
	cut_serial(true);
	world_run_ms(&world, 150);
	assert_logged("delay -> idle");
	world_run_ms(&world, 3000);
	assert_int_equal(world.nodes[1].offs, 0);
}

static void test_R4_carrier_lost_moves_without_power(void **state)
{
	(void)state;
	start_pair();
	world_carrier(&world, 0, false);
	world_run_ms(&world, 1000);
	assert_owner(1);
	assert_logged("proof released");
	assert_int_equal(world.nodes[1].offs, 0);
	world_carrier(&world, 0, true);
	world_run_ms(&world, 20000);
	assert_owner(1); /* R4: the roles do not swing back */
}

static void test_R3_unfit_standby_neither_wants_nor_shoots(void **state)
{
	(void)state;
	start_pair();
	world_carrier(&world, 1, false);
	world_run_ms(&world, 20000);
	assert_owner(0);
	assert_true(has_alert(1, ALERT_UNFIT));
	world_power_off(&world, 0);
	world.plug_on[0] = true;
	world_run_ms(&world, 20000);
	assert_owner(-1);
	assert_int_equal(world.nodes[1].offs, 0);
}

static void test_R4_both_without_carrier_nobody_is_shot(void **state)
{
	(void)state;
	start_pair();
	world_carrier(&world, 0, false);
	world_carrier(&world, 1, false);
	world_run_ms(&world, 20000);
	assert_int_equal(world.nodes[0].offs + world.nodes[1].offs, 0);
	world_carrier(&world, 0, true);
	world_carrier(&world, 1, true);
	world_run_ms(&world, 3000);
	assert_owner(0);
}

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

		world.nodes[1 - owner].disk.fence_count = 0;
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
	event.advert.source = core->settings->nodes[1].addresses[0];
	event.advert.verdict = CORE_ADVERT_GOOD;
	event.advert.priority = 200;
	event.advert.interval_ms = 100;
	for (int i = 0; i < 3; i++) {
		event.now_us = world.now_us;
		core_step(core, &event, &world.actions);
		world_run_ms(&world, 60);
	}
	assert_true(has_alert(0, ALERT_SPLIT_BRAIN));
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_R17_two_start_together_the_higher_owns),
		cmocka_unit_test(
			test_R8_silent_start_of_a_new_node_never_shoots),
		cmocka_unit_test(
			test_R8_silent_start_shoots_when_links_worked_before),
		cmocka_unit_test(test_R8_silent_start_finds_the_plug_off),
		cmocka_unit_test(test_R8_unclean_end_waits_five_minutes),
		cmocka_unit_test(test_R6_power_cut_of_the_owner),
		cmocka_unit_test(test_R4_death_of_the_standby_costs_nothing),
		cmocka_unit_test(test_R12_killed_daemon_is_an_obituary),
		cmocka_unit_test(
			test_R12_obituary_of_an_old_generation_is_nothing),
		cmocka_unit_test(test_R1_resigned_when_no_two_way_link_speaks),
		cmocka_unit_test(
			test_R1_forged_resignation_does_not_outvote_serial),
		cmocka_unit_test(test_R4_serial_pulled_changes_no_role),
		cmocka_unit_test(
			test_R4_links_disagree_fence_after_disagree_ms),
		cmocka_unit_test(test_R5_disagreement_that_heals_is_cancelled),
		cmocka_unit_test(test_R4_hold_only_alerts),
		cmocka_unit_test(test_R4_yield_hands_over_without_power),
		cmocka_unit_test(
			test_R15_no_shooting_on_disagreement_with_other_digest),
		cmocka_unit_test(
			test_R4_all_cables_cut_one_owner_the_other_off),
		cmocka_unit_test(test_R4_half_link_is_alive),
		cmocka_unit_test(test_R2_first_beats_after_down_are_life),
		cmocka_unit_test(test_R4_carrier_lost_moves_without_power),
		cmocka_unit_test(
			test_R3_unfit_standby_neither_wants_nor_shoots),
		cmocka_unit_test(test_R4_both_without_carrier_nobody_is_shot),
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
		cmocka_unit_test(test_R13_operator_fences_the_owner),
		cmocka_unit_test(test_R13_maintenance_is_known_to_both_or_said),
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
