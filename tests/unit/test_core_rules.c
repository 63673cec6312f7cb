/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Single thoughts of the rules, each of which a small breakage of the core
 * (tests/sim/mutations.py) got past the incidents. The peer is scripted where
 * a real one would never say such a thing.
 */
#include "../../src/core/internal.h"
#include "incident.h"

static uint32_t said;

/* The scripted peer of node n speaks of instance 0. */
static void say(unsigned n, bool own, bool want, uint32_t acknowledged)
{
	const struct core *core = &world.nodes[n].core;
	struct event event = {.type = EVENT_BEAT_HEARD};
	struct beat *beat = &event.beat.beat;

	beat->sender = (uint8_t)(1 - n);
	beat->generation = 0x77;
	beat->sequence = ++said;
	beat->ack_generation = core->generation;
	beat->ack_sequence = acknowledged;
	beat->own = set_first(own);
	beat->want = set_first(want);
	beat->fit = set_of(0);
	beat->heard = 1;
	beat->slot_tag = said % 2 ? SLOT_DIGEST_LOW : SLOT_DIGEST_HIGH;
	beat->slot_value = (uint16_t)(said % 2 ? core->settings->digest
					       : core->settings->digest >> 16);
	world_tell(&world, n, &event);
	world_run_ms(&world, 1);
}

/* lb01 alone with a scripted peer, until it wants. */
static void start_alone(void)
{
	world_init(&world);
	said = 0;
	world_boot(&world, 0);
	world_run_ms(&world, 200);
	for (int i = 0; i < 20 && !world.nodes[0].core.instances[0].want; i++) {
		say(0, false, false, world.nodes[0].core.sequence);
		world_run_ms(&world, 100);
	}
	assert_true(world.nodes[0].core.instances[0].want);
}

static void test_R17_no_claim_while_the_peer_wants_too(void **state)
{
	const struct core *core = &world.nodes[0].core;

	(void)state;
	start_alone();
	say(0, false, true, core->sequence);
	assert_owner(-1);
	say(0, false, true, core->sequence);
	assert_owner(-1);
	say(0, false, false, core->sequence);
	assert_owner(0);
}

static void test_R17_want_older_than_the_claim_is_no_want(void **state)
{
	const struct core *core = &world.nodes[0].core;

	(void)state;
	start_alone();
	say(0, false, false, core->sequence);
	assert_owner(0);
	say(0, false, true, core->instances[0].own_sequence - 1);
	world_run_ms(&world, 10);
	assert_owner(0);
	say(0, false, true, core->sequence);
	world_run_ms(&world, 10);
	assert_owner(-1);
}

static void test_R7_replayed_frames_are_no_sign_of_life(void **state)
{
	struct event event = {.type = EVENT_BEAT_HEARD};

	(void)state;
	start_pair();
	event.beat.beat = world.nodes[1].core.peer.statement;
	cut_serial(false);
	cut_ethernet(false);
	for (int i = 0; i < 30; i++) {
		world_tell(&world, 1, &event);
		world_run_ms(&world, 100);
	}
	assert_owner(1);
}

static void test_R12_obituary_for_an_old_life_of_ours(void **state)
{
	struct event event = {.type = EVENT_BEAT_HEARD};

	(void)state;
	start_pair();
	event.beat.beat = world.nodes[0].will;
	event.beat.beat.ack_generation ^= 1;
	world_tell(&world, 1, &event);
	world_run_ms(&world, 1000);
	assert_owner(0);
	assert_not_logged("proof obituary");
}

/* A disk that takes seconds to write the state file is no reason to alarm. */
static void test_R11_slow_start_is_no_stall(void **state)
{
	struct event tick = {.type = EVENT_TICK};
	struct world_node *node = &world.nodes[0];
	uint32_t generation;

	(void)state;
	world_init(&world);
	core_init(&node->core, &node->settings, &node->disk, 7, 1000000);
	generation = node->core.generation;
	tick.now_us = 9000000;
	core_step(&node->core, &tick, &world.actions);
	assert_false(has_alert(0, ALERT_STALLED));
	assert_int_equal(node->core.generation, generation);
	/* and from then on it is */
	tick.now_us = core_deadline(&node->core) + 8000000;
	core_step(&node->core, &tick, &world.actions);
	assert_true(has_alert(0, ALERT_STALLED));
}

static void test_R11_stalled_node_takes_a_new_generation(void **state)
{
	uint32_t generation;

	(void)state;
	start_pair();
	generation = world.nodes[0].core.generation;
	world.lie = PLUG_DEAD;
	world_freeze(&world, 0, 5000);
	world_run_ms(&world, 5500);
	assert_true(has_alert(0, ALERT_STALLED));
	assert_int_not_equal(world.nodes[0].core.generation, generation);
}

static void test_R6_lying_plug_is_contradicted_by_adverts_alone(void **state)
{
	(void)state;
	start_pair();
	world.lie = PLUG_LYING;
	world.serial[1] = false; /* it acknowledges nothing any more */
	world_run_ms(&world, 1000);
	world_ask(&world, 1, COMMAND_FENCE_OFF, 0);
	world_run_ms(&world, 5000);
	assert_owner(0);
	assert_true(has_alert(1, ALERT_FENCE_CONTRADICTED));
}

static void test_R1_operators_fence_by_an_unproven_plug(void **state)
{
	(void)state;
	world_init(&world);
	world.lie = PLUG_DEAD; /* never read on */
	world_boot(&world, 0);
	world_boot(&world, 1);
	world_run_ms(&world, 5000);
	world.lie = PLUG_HONEST;
	world_ask(&world, 1, COMMAND_FENCE_OFF, 0);
	world_run_ms(&world, 3000);
	assert_false(world.nodes[0].powered);
	assert_owner(-1);
	assert_not_logged("proof fenced");
}

static void test_R14_plug_that_was_moved_proves_nothing(void **state)
{
	(void)state;
	start_pair();
	world.plug_on[0] = false; /* lb01 hangs on another outlet now */
	world_run_ms(&world, 130000);
	assert_true(has_alert(1, ALERT_FENCE_MISWIRED));
	cut_serial(false);
	cut_ethernet(false);
	world_run_ms(&world, 20000);
	assert_owner(0);
	assert_int_equal(world.nodes[1].offs, 0);
}

/* The peer of node n says that it owns, knowing of our claim. */
static void rival_states(unsigned n, uint8_t flags)
{
	const struct core *core = &world.nodes[n].core;
	struct event event = {.type = EVENT_BEAT_HEARD};

	event.beat.beat = core->peer.statement;
	event.beat.beat.sequence++;
	event.beat.beat.own = set_of(0);
	event.beat.beat.flags = flags;
	event.beat.beat.ack_sequence = core->sequence;
	world_tell(&world, n, &event);
	world_run_ms(&world, 5);
}

static void test_R7_statement_of_a_second_owner(void **state)
{
	(void)state;
	start_pair();
	rival_states(0, 0);
	assert_true(has_alert(0, ALERT_SPLIT_BRAIN));
	assert_owner(0); /* the higher */
	start_pair();
	world_ask(&world, 0, COMMAND_HANDOVER, 0);
	world_run_ms(&world, 1000);
	assert_owner(1);
	rival_states(1, 0);
	assert_true(has_alert(1, ALERT_SPLIT_BRAIN));
	assert_logged("split brain, the lower lets go");
}

/* In a file with the instances in another order, bit 0 is another one there. */
static void
test_R15_its_bit_of_another_instance_is_no_second_owner(void **state)
{
	struct core *core = &world.nodes[0].core;
	uint32_t name;

	(void)state;
	world_init(&world);
	world.nodes[1].settings.digest ^= 1;
	world_boot(&world, 0);
	world_boot(&world, 1);
	world_run_ms(&world, 3000);
	assert_owner(0);
	name = core->peer.name[0];
	core->peer.name[0] = ~name;
	places_learn(core);
	rival_states(0, 0);
	assert_false(has_alert(0, ALERT_SPLIT_BRAIN));
	assert_owner(0);
	/* the files differ, but this instance stands at the same place */
	core->peer.name[0] = name;
	places_learn(core);
	rival_states(0, 0);
	assert_true(has_alert(0, ALERT_SPLIT_BRAIN));
}

/* A pair that does not sign; lb02 hears forged adverts that are dropped. */
static void start_plain_and_forge(void)
{
	struct event event = {.type = EVENT_ADVERT_HEARD};

	world_init(&world);
	for (unsigned n = 0; n < 2; n++)
		world.nodes[n].settings.instances[0].is_plain = true;
	world_boot(&world, 0);
	world_boot(&world, 1);
	world_run_ms(&world, 3000);
	assert_owner(0);
	event.advert.verdict = CORE_ADVERT_DROPPED;
	event.advert.reason = "the version";
	event.advert.source = world.nodes[1].settings.nodes[0].addresses[0];
	event.advert.interval_ms = 100;
	world_forge(&world, 1, &event, 20, 20000);
}

/*
 * Forged adverts that fail their check, while the owner hands over: it says
 * that it owns and sends none any more. That is no sign that its own ones fail,
 * and the forged ones no life once it is dead.
 */
static void test_R2_who_lets_go_vouches_for_no_forged_ones(void **state)
{
	(void)state;
	start_plain_and_forge();
	world.keeper_us = 5000000;
	world_ask(&world, 0, COMMAND_HANDOVER, 0);
	world_run_ms(&world, 1000);
	world_power_off(&world, 0);
	world_run_ms(&world, 9000);
	assert_owner(1);
}

/* Its last word there was not dropped, so its adverts pass their check. */
static void test_R2_priority_0_is_a_good_advert(void **state)
{
	struct event event = {.type = EVENT_ADVERT_HEARD};
	const struct core *core = &world.nodes[1].core;

	(void)state;
	start_plain_and_forge();
	cut_ethernet(false);
	world_run_ms(&world, 1000);
	assert_true(core->peer.adverts_fail);
	event.advert.verdict = CORE_ADVERT_GOOD;
	event.advert.source = core->settings->nodes[0].addresses[0];
	event.advert.interval_ms = 100;
	world_tell(&world, 1, &event);
	world_run_ms(&world, 150);
	assert_false(core->peer.adverts_fail);
}

/* It won because the other one was stuck, which is so no more. */
static void test_R7_winner_of_before_lets_go(void **state)
{
	(void)state;
	start_pair();
	world_ask(&world, 0, COMMAND_HANDOVER, 0);
	world_run_ms(&world, 1000);
	assert_owner(1);
	rival_states(1, BEAT_FLAG_STUCK);
	assert_true(has_alert(1, ALERT_SPLIT_BRAIN));
	assert_true(world.nodes[1].core.instances[0].own);
	rival_states(1, 0);
	assert_logged("split brain, the lower lets go");
	assert_false(world.nodes[1].core.instances[0].own);
}

/* A request that somebody forgot to understand cuts nobody's power. */
static void test_a_request_without_a_command_is_refused(void **state)
{
	(void)state;
	start_pair();
	world_ask(&world, 1, COMMAND_NONE, 0);
	world_run_ms(&world, 3000);
	assert_non_null(strstr(world.reply, "names no command"));
	assert_int_equal(world.nodes[1].offs, 0);
	assert_true(world.nodes[0].powered);
	assert_owner(0);
}

static void test_R15_each_file_makes_its_own_node_the_higher(void **state)
{
	(void)state;
	world_init(&world);
	world.nodes[1].settings.instances[0].priority[1] = 200;
	world.nodes[1].settings.digest ^= 1;
	world_boot(&world, 0);
	world_boot(&world, 1);
	world_run_ms(&world, 10000);
	assert_owner(1); /* 200, by its own word, and 150 */
	assert_true(has_alert(0, ALERT_CONFIG_MISMATCH));
	assert_true(alert_says(0, ALERT_CONFIG_MISMATCH,
			       "(VI_1: priority of lb02 is 100 here and 200 "
			       "there)"));
	assert_false(alert_says(1, ALERT_CONFIG_MISMATCH, "priority"));
}

static void test_R12_keeper_gone_for_longer_than_the_lease(void **state)
{
	(void)state;
	start_pair();
	world_kill_keeper(&world, 0, 3500); /* vip.lease_s is 3 */
	world_run_ms(&world, 3600);
	assert_logged("released: the keeper was gone");
}

static void test_R6_contradiction_unproves_the_plugs(void **state)
{
	(void)state;
	start_pair();
	assert_int_equal(world.nodes[1].disk.plug_proven, 1);
	world.lie = PLUG_LYING;
	cut_ethernet(false);
	world_run_ms(&world, 20000);
	assert_true(has_alert(1, ALERT_FENCE_CONTRADICTED));
	assert_int_equal(world.nodes[1].disk.plug_proven, 0);
}

static void test_R13_confirm_of_one_that_speaks_meanwhile(void **state)
{
	struct event event = {.type = EVENT_OPERATOR_ASKED};

	(void)state;
	start_pair();
	world_ask(&world, 1, COMMAND_MAINTENANCE_ON, 0);
	world_run_ms(&world, 3000);
	cut_serial(false);
	cut_ethernet(false);
	world_run_ms(&world, 2000);
	world.fence_us = 1000000;
	event.operator_.command = COMMAND_CONFIRM;
	event.operator_.token = ++world.reply_token;
	event.operator_.force = true;
	event.operator_.device = -1;
	world_tell(&world, 1, &event);
	world_run_ms(&world, 500);
	cut_serial(true); /* while its plugs are read */
	world_run_ms(&world, 1000);
	assert_true(world.reply_done && !world.reply_ok);
	assert_non_null(strstr(world.reply, "just been heard"));
	assert_owner(0);
}

static void test_R13_maintenance_forbids_takeover_by_silence(void **state)
{
	(void)state;
	start_pair();
	world.nodes[1].settings.fence.on_failure = CORE_TAKEOVER;
	world.lie = PLUG_DEAD;
	world.fence_us = 2000000;
	world_power_off(&world, 0);
	world.plug_on[0] = true;
	world_run_ms(&world, 1000);
	assert_int_equal(world.nodes[1].offs, 1);
	world_ask(&world, 1, COMMAND_MAINTENANCE_ON, 0);
	world_run_ms(&world, 10000);
	assert_owner(-1);
}

/* R5: no device has failed, so fence.on_failure is not asked; and what is
 * needed still when maintenance is over is done then. */
static void test_R5_what_was_called_back_is_no_failure(void **state)
{
	struct core *core = &world.nodes[1].core;
	struct core_fence_done done = {
		.outcome = CORE_OUTCOME_UNKNOWN,
		.text = "nothing was switched",
		.called_back = true,
	};
	static struct actions actions;
	struct event event = {.type = EVENT_FENCE_DONE};

	(void)state;
	start_pair();
	world.nodes[1].settings.fence.on_failure = CORE_TAKEOVER;
	world.fence_us = 2000000;
	world_power_off(&world, 0);
	while (core->fence.state != FENCE_STATE_RUNNING)
		world_run_ms(&world, 1);
	done.id = core->asks[ASK_POWER].id;
	done.digest = core->settings->fence_digest;
	event.fence = done;
	event.now_us = world.now_us;
	core_step(core, &event, &actions);
	assert_int_equal(core->fence.state, FENCE_STATE_FAILED);
	assert_false(has_alert(1, ALERT_FENCE_FAILED));
	world_run_ms(&world, 900);
	assert_int_equal(core->fence.state, FENCE_STATE_FAILED);
	assert_owner(-1);
	world_run_ms(&world, 5000);
	assert_owner(1);
	assert_int_not_equal(core->instances[0].permit.proof, PROOF_SILENCE);
}

/* R10: its kernel takes longer for each of its instances than a dead time; it
 * gave them back to itself before, as often as it was asked. */
static void test_R9_a_slow_release_is_no_disagreement(void **state)
{
	(void)state;
	for (unsigned keeper_ms = 100; keeper_ms <= 700; keeper_ms += 60) {
		world_init(&world);
		world.keeper_us = keeper_ms * 1000;
		for (unsigned n = 0; n < 2; n++) {
			struct core_settings *s = &world.nodes[n].settings;

			for (unsigned i = 0; i < 3; i++) {
				s->instances[i] = s->instances[0];
				snprintf(s->instances[i].name, CORE_NAME_MAX,
					 "VI_%u", i + 1);
				s->instances[i].vrid = (uint8_t)(51 + i);
				s->instances[i].preempt = true;
				s->instances[i].preempt_delay_ms = 1000;
			}
			s->instance_count = 3;
		}
		world_boot(&world, 0);
		world_boot(&world, 1);
		world_run_ms(&world, 20000);
		world_stop(&world, 0);
		world_run_ms(&world, 20000);
		assert_owner(1);
		world_boot(&world, 0);
		for (unsigned ms = 0; ms < 30000; ms++) {
			world_run_ms(&world, 1);
			assert_false(has_alert(0, ALERT_DISAGREE));
		}
		assert_int_equal(world.nodes[1].offs, 0);
		for (unsigned i = 0; i < 3; i++)
			assert_int_equal(world_owner(&world, i), 0);
	}
}

/* It never comes to an end of it. */
static void test_R4_a_release_without_end_is_a_disagreement(void **state)
{
	(void)state;
	world_init(&world);
	for (unsigned n = 0; n < 2; n++) {
		world.nodes[n].settings.instances[0].preempt = true;
		world.nodes[n].settings.instances[0].preempt_delay_ms = 1000;
		world_boot(&world, n);
	}
	world_run_ms(&world, 20000);
	world_stop(&world, 0);
	world_run_ms(&world, 20000);
	assert_owner(1);
	world_boot(&world, 0);
	world_run_ms(&world, 500);
	world.keeper_us = 600000000;
	for (unsigned ms = 0; ms < 30000 && !has_alert(0, ALERT_DISAGREE); ms++)
		world_run_ms(&world, 1);
	assert_true(has_alert(0, ALERT_DISAGREE));
	assert_int_equal(world.nodes[1].offs, 0);
}

static void test_R4_second_two_way_link_that_was_never_heard(void **state)
{
	(void)state;
	world_init(&world);
	for (unsigned n = 0; n < 2; n++) {
		struct core_settings *settings = &world.nodes[n].settings;

		settings->links[1].configured = true;
		settings->links[1].interval_us = 100000;
		settings->links[1].dead_ms = 400;
		world.udp[n] = false;
	}
	world_boot(&world, 0);
	world_boot(&world, 1);
	world_run_ms(&world, 3000);
	assert_owner(0);
	world_power_off(&world, 0);
	world.plug_on[0] = true;
	world_run_ms(&world, 3000); /* lone_link_ms is 3000 */
	assert_int_equal(world.nodes[1].offs, 0);
	world_run_ms(&world, 2000);
	assert_int_equal(world.nodes[1].offs, 1);
	assert_owner(1);
}

static void test_R1_plugs_are_proven_under_their_settings_only(void **state)
{
	(void)state;
	start_pair();
	world_stop(&world, 1);
	world_run_ms(&world, 100);
	assert_int_equal(world.nodes[1].disk.plug_proven, 1);
	cut_serial(false);
	cut_ethernet(false);
	world_edit_fence(&world, 1, 1);
	world_boot(&world, 1);
	world_run_ms(&world, 70000);
	assert_int_equal(world.nodes[1].core.memory.plug_proven, 0);
	assert_int_equal(world.nodes[1].offs, 0);
	assert_owner(0);
}

static void ask_handover_to(unsigned asked, unsigned to)
{
	struct event event = {.type = EVENT_OPERATOR_ASKED};

	event.operator_.command = COMMAND_HANDOVER;
	event.operator_.token = ++world.reply_token;
	event.operator_.node = to;
	event.operator_.is_to = true;
	world.reply_done = world.reply_ok = false;
	world_tell(&world, asked, &event);
	world_run_ms(&world, 1000);
	assert_true(world.reply_done);
}

/* Said on either node, twice: it ends up where it was sent, and stays there. */
static void test_R13_handover_to_a_node_is_no_toggle(void **state)
{
	(void)state;
	for (unsigned asked = 0; asked < 2; asked++) {
		start_pair();
		ask_handover_to(asked, 0);
		assert_true(world.reply_ok);
		assert_non_null(strstr(world.reply, "lb01 owns the VIPs "
						    "already"));
		assert_owner(0);
		for (unsigned to = 2; to-- > 0;)
			for (unsigned i = 0; i < 2; i++) {
				ask_handover_to(asked, to);
				if (!world.reply_ok)
					fail_with_log(world.reply);
				assert_owner((int)to);
			}
	}
}

static void test_R3_an_interface_that_is_not_there_is_no_bad_cable(void **state)
{
	struct event event = {.type = EVENT_CARRIER_CHANGED};

	(void)state;
	start_pair();
	event.carrier.is_absent = true;
	world_tell(&world, 1, &event);
	world_run_ms(&world, 10);
	assert_logged("VI_1: BACKUP -> FAULT: eth0 does not exist");
	assert_not_logged("eth0 has no carrier");
}

/* A wait of nothing is over at once; it is not one that never begins. */
static void test_R8_startup_ms_of_nothing_is_no_wait(void **state)
{
	(void)state;
	world_init(&world);
	world.nodes[0].settings.startup_ms = 0;
	world.nodes[0].settings.unclean_startup_ms = 0;
	world.nodes[0].settings.fence.required = false;
	world_boot(&world, 0);
	world_run_ms(&world, 20000);
	assert_owner(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_R8_startup_ms_of_nothing_is_no_wait),
		cmocka_unit_test(test_R17_no_claim_while_the_peer_wants_too),
		cmocka_unit_test(test_R17_want_older_than_the_claim_is_no_want),
		cmocka_unit_test(test_R7_replayed_frames_are_no_sign_of_life),
		cmocka_unit_test(test_R12_obituary_for_an_old_life_of_ours),
		cmocka_unit_test(test_R11_slow_start_is_no_stall),
		cmocka_unit_test(test_R11_stalled_node_takes_a_new_generation),
		cmocka_unit_test(
			test_R6_lying_plug_is_contradicted_by_adverts_alone),
		cmocka_unit_test(test_R1_operators_fence_by_an_unproven_plug),
		cmocka_unit_test(test_R14_plug_that_was_moved_proves_nothing),
		cmocka_unit_test(test_R7_statement_of_a_second_owner),
		cmocka_unit_test(
			test_R2_who_lets_go_vouches_for_no_forged_ones),
		cmocka_unit_test(test_R2_priority_0_is_a_good_advert),
		cmocka_unit_test(test_a_request_without_a_command_is_refused),
		cmocka_unit_test(test_R7_winner_of_before_lets_go),
		cmocka_unit_test(
			test_R15_its_bit_of_another_instance_is_no_second_owner),
		cmocka_unit_test(
			test_R15_each_file_makes_its_own_node_the_higher),
		cmocka_unit_test(
			test_R12_keeper_gone_for_longer_than_the_lease),
		cmocka_unit_test(test_R6_contradiction_unproves_the_plugs),
		cmocka_unit_test(test_R13_confirm_of_one_that_speaks_meanwhile),
		cmocka_unit_test(
			test_R13_maintenance_forbids_takeover_by_silence),
		cmocka_unit_test(test_R5_what_was_called_back_is_no_failure),
		cmocka_unit_test(test_R9_a_slow_release_is_no_disagreement),
		cmocka_unit_test(
			test_R4_a_release_without_end_is_a_disagreement),
		cmocka_unit_test(
			test_R4_second_two_way_link_that_was_never_heard),
		cmocka_unit_test(
			test_R1_plugs_are_proven_under_their_settings_only),
		cmocka_unit_test(test_R13_handover_to_a_node_is_no_toggle),
		cmocka_unit_test(
			test_R3_an_interface_that_is_not_there_is_no_bad_cable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
