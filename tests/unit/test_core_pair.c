/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two cores in one process, virtual time: each test is an incident and reads
 * as the log that an operator would see. Times are milliseconds.
 * Here: starts, deaths, links.
 */
#include "../../src/core/view.h"
#include "incident.h"

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
		"   1209 lb01: VI_1: BACKUP -> MASTER: proof released\n"
		"   1209 lb01: link vrrp:VI_1: never -> sending: owner\n"
		"   1410 lb02: link vrrp:VI_1: never -> up: adverts are "
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

/* R15: the fencer read another plug than the one that these settings mean. */
static void test_R8_off_under_other_settings_is_no_proof(void **state)
{
	(void)state;
	start_pair();
	world.power_wait_ms = 0;
	world_stop(&world, 1);
	world_run_ms(&world, 1000);
	world_power_off(&world, 0);
	world.nodes[1].settings.fence.on_startup_silence = CORE_WAIT;
	world_boot(&world, 1);
	world_run_ms(&world, 1);
	world.fence_us = 2000000; /* the answer comes after the change */
	/* its own plugs are read at 60 s, the peer's from 62 s to 64 s */
	world_run_ms(&world, 63000);
	world.nodes[1].fencer_digest ^= 1;
	world_run_ms(&world, 3000);
	assert_owner(-1);
	world.nodes[1].fencer_digest ^= 1;
	world_run_ms(&world, 14000);
	assert_owner(1);
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
	world_run_ms(&world, 400);
	assert_owner(1);
	assert_logged("proof resigned");
	assert_int_equal(world.nodes[1].offs, 0);
}

static void test_R1_forged_resignation_beside_a_living_owner(void **state)
{
	struct event event = {.type = EVENT_ADVERT_HEARD};

	(void)state;
	start_pair();
	cut_serial(false);
	world_run_ms(&world, 2000);
	event.advert.source = world.nodes[1].settings.nodes[0].addresses[0];
	event.advert.verdict = CORE_ADVERT_GOOD;
	for (int i = 0; i < 20; i++) {
		event.now_us = world.now_us;
		core_step(&world.nodes[1].core, &event, &world.actions);
		world_run_ms(&world, 137);
		assert_owner(0);
	}
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

/* Serial comes back long after VRRP fell silent: that is where it begins. */
static void test_R4_disagreement_begins_when_both_links_say_so(void **state)
{
	(void)state;
	start_pair();
	world.serial[1] = false; /* half: it is heard, so it lives */
	cut_ethernet(false);
	world_run_ms(&world, 20000);
	assert_int_equal(world.nodes[1].offs, 0);
	world.serial[1] = true;
	world_run_ms(&world, 4000);
	assert_int_equal(world.nodes[1].offs, 0);
	assert_true(has_alert(1, ALERT_DISAGREE));
	world_run_ms(&world, 3000);
	assert_owner(1);
	assert_int_equal(world.nodes[1].offs, 1);
}

/* A standby that has just started: what the bits of its peer stand for is known
 * (R15) only after its links are up, and by its adverts it owned all. */
static void test_R5_an_owner_that_dies_early_is_no_tie(void **state)
{
	const struct core *core = &world.nodes[1].core;
	unsigned early = 0;

	(void)state;
	for (int64_t ms = 0; ms < 400; ms += 10) {
		start_pair();
		world_kill_all(&world, 1);
		world_run_ms(&world, 5000 + ms);
		world_boot(&world, 1);
		for (unsigned i = 0;
		     i < 3000 && (two_way_state(core) != LINK_UP ||
				  core->instances[0].vrrp.state != LINK_UP);
		     i++)
			world_run_ms(&world, 1);
		early += !peer_digest_is_known(core);
		world_power_off(&world, 0);
		world_run_ms(&world, world.nodes[1].settings.fence.tie_ms);
		assert_owner(1);
	}
	/* else none of these was one */
	assert_true(early > 0);
}

/* R5, R3: the card of who defends itself may be the one that is dead. */
static void test_R5_who_hears_nobody_does_not_defend_itself(void **state)
{
	static const enum world_ears ears[] = {EARS_GOOD, EARS_DEAF,
					       EARS_WRONG_VLAN};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		start_pair();
		for (unsigned n = 0; n < 2; n++) {
			world.nodes[n].settings.fence.defend = true;
			world.nodes[n].settings.fence.delay_ms = 4000;
		}
		world_ears(&world, 0, ears[i]);
		cut_serial(false);
		cut_ethernet(false);
		world_run_ms(&world, 3000);
		assert_int_equal(world.nodes[0].offs, i == 0);
		assert_int_equal(world.nodes[1].offs, 0);
		world_run_ms(&world, 5000);
		assert_owner(i == 0 ? 0 : 1);
	}
}

static void test_R5_both_links_heal_at_once(void **state)
{
	(void)state;
	for (int64_t ms = 0; ms < 400; ms += 20) {
		start_pair();
		world.nodes[1].settings.fence.disagree_ms = 100;
		world.serial[1] = false;
		cut_ethernet(false);
		world_run_ms(&world, 8000 + ms);
		world.serial[1] = true;
		cut_ethernet(true);
		world_run_ms(&world, 4000);
		assert_owner(0);
		assert_int_equal(world.nodes[1].offs, 0);
	}
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
	/* fencing on silence still works, lone_link_ms later by one cable */
	world_power_off(&world, 0);
	world_run_ms(&world, 4000);
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

/* ---- in step ---- */

/* When it sends next by serial, from the owner's next advert on. */
static int64_t out_of_step_us(unsigned node)
{
	return world.nodes[node].core.links[0].next_send_us -
	       world.nodes[0].core.instances[0].next_advert_us;
}

static void test_R19_beats_fall_into_step_with_the_owners_adverts(void **state)
{
	const int64_t sixteenth_us = 100000 / 16;

	(void)state;
	for (int64_t off_ms = 1; off_ms < 100; off_ms += 7) {
		start_pair();
		for (unsigned node = 0; node < 2; node++)
			world.nodes[node].core.links[0].next_send_us +=
				off_ms * 1000;
		/* an eighth of the interval nearer with each advert, at least
		 */
		world_run_ms(&world, 1500);
		assert_owner(0);
		/* the owner's leave with its adverts; the standby's wait for
		 * them, but not longer */
		assert_true(llabs(out_of_step_us(0)) <= 1000);
		assert_true(out_of_step_us(1) > 0);
		assert_true(out_of_step_us(1) <= sixteenth_us + 2000);
	}
}

static void test_R19_without_adverts_beats_keep_their_interval(void **state)
{
	uint32_t before[2], beats;

	(void)state;
	start_pair();
	world.nodes[1].settings.fence.on_disagreement = CORE_HOLD;
	cut_ethernet(false);
	world_run_ms(&world, 1000);
	for (unsigned node = 0; node < 2; node++)
		before[node] = world.nodes[node].core.sequence;
	world_run_ms(&world, 10000);
	for (unsigned node = 0; node < 2; node++) {
		beats = world.nodes[node].core.sequence - before[node];
		assert_in_range(beats, 99, 102);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_R17_two_start_together_the_higher_owns),
		cmocka_unit_test(
			test_R8_silent_start_of_a_new_node_never_shoots),
		cmocka_unit_test(
			test_R8_silent_start_shoots_when_links_worked_before),
		cmocka_unit_test(
			test_R19_beats_fall_into_step_with_the_owners_adverts),
		cmocka_unit_test(
			test_R19_without_adverts_beats_keep_their_interval),
		cmocka_unit_test(test_R8_silent_start_finds_the_plug_off),
		cmocka_unit_test(test_R8_off_under_other_settings_is_no_proof),
		cmocka_unit_test(test_R8_unclean_end_waits_five_minutes),
		cmocka_unit_test(test_R6_power_cut_of_the_owner),
		cmocka_unit_test(test_R4_death_of_the_standby_costs_nothing),
		cmocka_unit_test(test_R12_killed_daemon_is_an_obituary),
		cmocka_unit_test(
			test_R12_obituary_of_an_old_generation_is_nothing),
		cmocka_unit_test(test_R1_resigned_when_no_two_way_link_speaks),
		cmocka_unit_test(
			test_R1_forged_resignation_does_not_outvote_serial),
		cmocka_unit_test(
			test_R1_forged_resignation_beside_a_living_owner),
		cmocka_unit_test(test_R4_serial_pulled_changes_no_role),
		cmocka_unit_test(
			test_R4_links_disagree_fence_after_disagree_ms),
		cmocka_unit_test(test_R5_disagreement_that_heals_is_cancelled),
		cmocka_unit_test(
			test_R4_disagreement_begins_when_both_links_say_so),
		cmocka_unit_test(test_R5_both_links_heal_at_once),
		cmocka_unit_test(test_R5_an_owner_that_dies_early_is_no_tie),
		cmocka_unit_test(
			test_R5_who_hears_nobody_does_not_defend_itself),
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
