/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * New settings for a core that runs: what is the same goes on, what is gone is
 * let go first, what is new begins anew; no proof is kept for another plug.
 */
#include "../../src/core/internal.h"
#include "../../src/core/reload.h"
#include "incident.h"

static struct core_settings next;
static struct core_map map;

static struct core *core_of(unsigned n)
{
	return &world.nodes[n].core;
}

/* The same instance, under another name and VRID, at the end of the list. */
static void add_instance(struct core_settings *settings, const char *name)
{
	unsigned i = settings->instance_count++;

	settings->instances[i] = settings->instances[0];
	snprintf(settings->instances[i].name,
		 sizeof(settings->instances[i].name), "%s", name);
	settings->instances[i].vrid = (uint8_t)(55 + i);
	settings->digest ^= 0x1000u + i;
}

static void remove_instance(struct core_settings *settings, unsigned i)
{
	settings->instance_count--;
	memmove(&settings->instances[i], &settings->instances[i + 1],
		(settings->instance_count - i) *
			sizeof(settings->instances[0]));
	settings->digest ^= 0x77u;
}

static void start(unsigned instances)
{
	world_init(&world);
	for (unsigned n = 0; n < 2; n++) {
		assert_true(settings_own_pdu(&world.nodes[n].settings));
		while (world.nodes[n].settings.instance_count < instances) {
			char name[16];

			snprintf(name, sizeof(name), "VI_%u",
				 world.nodes[n].settings.instance_count + 1);
			add_instance(&world.nodes[n].settings, name);
		}
	}
	world_boot(&world, 0);
	world_boot(&world, 1);
	world_run_ms(&world, 130000); /* and the plugs are read */
	next = world.nodes[0].settings;
}

static void reload_both(void)
{
	for (unsigned n = 0; n < 2; n++) {
		next.self = n;
		assert_true(world_reload(&world, n, &next));
	}
}

/* ---- what is the same ---- */

static void test_R15_the_same_settings_change_nothing(void **state)
{
	uint32_t generation;
	int64_t since_us;

	(void)state;
	start(2);
	assert_owner(0);
	generation = core_of(0)->generation;
	since_us = core_of(0)->instances[0].since_us;
	assert_true(world_reload(&world, 0, &next));
	assert_int_equal(world.nodes[0].reloads, 1);
	world_run_ms(&world, 10000);
	assert_null(world.broken);
	assert_owner(0);
	assert_int_equal(core_of(0)->generation, generation);
	assert_int_equal(core_of(0)->instances[0].since_us, since_us);
	assert_true(plug_is_proven(core_of(0), 0));
	assert_int_equal(core_of(0)->links[0].state, LINK_UP);
	assert_int_equal(core_of(0)->peer.state, PEER_UP);
}

static void test_R2_a_link_with_another_interval_goes_on(void **state)
{
	(void)state;
	start(1);
	next.links[0].interval_us *= 2;
	next.links[0].dead_ms *= 2;
	next.digest ^= 5;
	reload_both();
	world_run_ms(&world, 5000);
	assert_null(world.broken);
	assert_owner(0);
	assert_int_equal(core_of(1)->links[0].state, LINK_UP);
	assert_true(peer_digest_agrees(core_of(1)));
	/* and counts: the other one dies */
	world_power_off(&world, 0);
	world_run_ms(&world, 30000);
	assert_null(world.broken);
	assert_owner(1);
}

/* ---- instances ---- */

static void test_R17_an_instance_that_is_new_is_served(void **state)
{
	(void)state;
	start(1);
	add_instance(&next, "VI_2");
	reload_both();
	assert_int_equal(core_of(0)->instances[1].state, INSTANCE_BACKUP);
	assert_int_equal(core_of(0)->instances[1].vrrp.state, LINK_NEVER);
	assert_int_equal(core_of(0)->instances[0].state, INSTANCE_MASTER);
	world_run_ms(&world, 10000);
	assert_null(world.broken);
	assert_owner(0);
	assert_int_equal(world_owner(&world, 1), 0);
	assert_int_equal(world.shots, 0);
}

static void test_R10_an_instance_that_is_gone_is_let_go_first(void **state)
{
	(void)state;
	start(2);
	assert_true(world.nodes[0].vip[1]);
	remove_instance(&next, 1);
	reload_both();
	/* its addresses are there still, so it waits */
	assert_int_equal(world.nodes[0].reloads, 0);
	assert_int_equal(core_of(0)->settings->instance_count, 2);
	world_run_ms(&world, 100);
	assert_int_equal(world.nodes[0].reloads, 1);
	assert_false(world.nodes[0].vip[1]);
	assert_int_equal(core_of(0)->settings->instance_count, 1);
	world_run_ms(&world, 5000);
	assert_null(world.broken);
	assert_owner(0);
	assert_int_equal(world_owner(&world, 1), -1);
}

static void test_R10_what_cannot_be_let_go_holds_the_reload_up(void **state)
{
	(void)state;
	start(2);
	world.nodes[0].stays[1] = true;
	remove_instance(&next, 1);
	assert_true(world_reload(&world, 0, &next));
	world_run_ms(&world, 300);
	assert_int_equal(world.nodes[0].reloads, 0);
	core_stay(core_of(0));
	assert_true(set_is_empty(&core_of(0)->leaving));
	assert_false(core_may_reload(core_of(0), &world.nodes[0].map));
}

/* ---- what changes its place ---- */

static void reload_alone(unsigned n)
{
	struct core *core = core_of(n);

	assert_null(core_map_make(&world.nodes[n].settings, &next, &map));
	core_leave(core, &map);
	assert_true(core_may_reload(core, &map));
	core_reload(core, &next, &map, &world.actions);
	core_check_invariants(core);
}

static void test_R15_an_instance_takes_what_is_known_along(void **state)
{
	struct core *core = core_of(0);
	uint32_t generation;

	(void)state;
	start(3);
	generation = core->generation;
	core->instances[2].dropped_adverts = 3;
	core->instances[0].dropped_adverts = 1;
	/* the third comes first, the first last */
	next.instances[0] = world.nodes[0].settings.instances[2];
	next.instances[2] = world.nodes[0].settings.instances[0];
	next.digest ^= 9;
	reload_alone(0);
	assert_true(map.bits_move);
	assert_int_equal(core->instances[0].dropped_adverts, 3);
	assert_int_equal(core->instances[2].dropped_adverts, 1);
	for (unsigned i = 0; i < 3; i++) {
		assert_true(core->instances[i].own);
		assert_int_equal(core->instances[i].permit.instance, i);
		assert_int_equal(core->instances[i].state, INSTANCE_MASTER);
	}
	/* a bit of a beat stands for another one: a life that is not known */
	assert_int_not_equal(core->generation, generation);
	assert_false(peer_digest_agrees(core));
	assert_int_equal(core->peer.statement_us, 0);
}

static void test_alerts_follow_what_they_are_about(void **state)
{
	struct core *core = core_of(0);
	unsigned count, cleared = 0;

	(void)state;
	start(3);
	count = core->alerts_count;
	core->out = &world.actions;
	world.actions.count = world.actions.words = 0;
	alert_raise(core, ROW_FIREWALL, 0, CORE_WARNING, "of the first");
	alert_raise(core, ROW_FIREWALL, 1, CORE_WARNING, "of the second");
	alert_raise(core, ROW_FIREWALL, 2, CORE_WARNING, "of the third");
	core->out = NULL;
	next.instances[0] = world.nodes[0].settings.instances[1];
	next.instances[1] = world.nodes[0].settings.instances[0];
	next.instance_count = 2;
	next.digest ^= 9;
	/* the third is gone; nobody holds it here */
	core->instances[2].own = core->instances[2].is_held = false;
	reload_alone(0);
	assert_int_equal(core->alerts_count, count + 2);
	for (unsigned i = 0; i < ALERTS_MAX; i++)
		if (core_alert_stands(core, i) &&
		    core->alerts[i].row == ROW_FIREWALL)
			assert_string_equal(core->alerts[i].text,
					    core->alerts[i].subject
						    ? "of the first"
						    : "of the second");
	for (unsigned k = 0; k < world.actions.count; k++)
		cleared += world.actions.list[k].type == ACTION_ALERT &&
			   !world.actions.list[k].alert.raised;
	assert_int_equal(cleared, 1);
}

static void test_another_vrid_is_another_instance(void **state)
{
	(void)state;
	start(1);
	next.instances[0].vrid++;
	assert_null(core_map_make(&world.nodes[0].settings, &next, &map));
	assert_int_equal(map.instances[0], -1);
	assert_true(map.bits_move);
	core_leave(core_of(0), &map);
	assert_false(core_may_reload(core_of(0), &map));
}

static void
test_R15_another_version_or_interface_is_another_instance(void **state)
{
	(void)state;
	start(1);
	assert_null(core_map_make(&world.nodes[0].settings, &next, &map));
	assert_int_equal(map.instances[0], 0);
	next.instances[0].version = next.instances[0].version == 3 ? 2 : 3;
	assert_null(core_map_make(&world.nodes[0].settings, &next, &map));
	assert_int_equal(map.instances[0], -1);
	next = world.nodes[0].settings;
	snprintf(next.interfaces[next.instances[0].interface],
		 sizeof(next.interfaces[0]), "%s", "other0");
	assert_null(core_map_make(&world.nodes[0].settings, &next, &map));
	assert_int_equal(map.instances[0], -1);
}

static void test_a_node_of_another_name_needs_a_restart(void **state)
{
	(void)state;
	start(1);
	snprintf(next.nodes[1].name, sizeof(next.nodes[1].name), "lb09");
	assert_non_null(core_map_make(&world.nodes[0].settings, &next, &map));
}

/* ---- plugs (R1) ---- */

static void test_R1_a_plug_of_another_number_is_not_proven(void **state)
{
	(void)state;
	start(1);
	assert_true(plug_is_proven(core_of(1), 0));
	next = world.nodes[1].settings;
	next.nodes[0].plugs[0].key ^= 0x100;
	snprintf(next.nodes[0].plugs[0].name,
		 sizeof(next.nodes[0].plugs[0].name), "9");
	next.fence_digest ^= 3;
	reload_alone(1);
	assert_false(plug_is_proven(core_of(1), 0));
	assert_int_equal(plugs_proven_levels(core_of(1)), 0);
	assert_int_equal(core_of(1)->plugs[0][0].state, CORE_PLUG_UNKNOWN);
	assert_int_equal(core_of(1)->memory.fence_digest, next.fence_digest);
}

static void test_R1_a_device_of_other_settings_proves_nothing(void **state)
{
	(void)state;
	start(1);
	assert_true(plug_is_proven(core_of(1), 0));
	next = world.nodes[1].settings;
	next.device_digests[next.nodes[0].plugs[0].device] ^= 1;
	next.fence_digest ^= 3;
	reload_alone(1);
	assert_false(plug_is_proven(core_of(1), 0));
}

static void test_R1_a_liar_is_remembered_by_its_name(void **state)
{
	struct core *core = core_of(1);

	(void)state;
	start(1);
	core->out = &world.actions;
	plugs_contradicted(core, UINT32_C(1) << 1);
	core->out = NULL;
	core->memory_changed = false;
	assert_true(plug_has_lied(core, 0));
	next = world.nodes[1].settings;
	next.device_digests[next.nodes[0].plugs[0].device] ^= 1;
	reload_alone(1);
	assert_true(plug_has_lied(core, 0));
}

static void test_R1_a_proof_ends_with_the_settings(void **state)
{
	struct core *core = core_of(1);

	(void)state;
	start(1);
	world_power_off(&world, 0);
	world_ask(&world, 1, COMMAND_MAINTENANCE_ON, 0);
	world_run_ms(&world, 20000);
	world_ask(&world, 1, COMMAND_CONFIRM, 0);
	for (unsigned ms = 0; ms < 1000 && !ask_is_open(core, ASK_CONFIRM);
	     ms++)
		world_run_ms(&world, 1);
	/* the answer is on its way: nothing changes till it is there */
	next = world.nodes[1].settings;
	assert_null(core_map_make(&world.nodes[1].settings, &next, &map));
	assert_false(core_may_reload(core, &map));
	for (unsigned ms = 0; ms < 1000 && !fence_proof_is_fresh(core); ms++)
		world_run_ms(&world, 1);
	assert_true(fence_proof_is_fresh(core));
	reload_alone(1);
	assert_false(fence_proof_is_fresh(core));
	assert_int_equal(core->fence.proof.kind, PROOF_NONE);
}

/* R2: else its adverts, not signed any more, would be anybody's. */
static void test_R2_who_signs_no_more_begins_a_new_life(void **state)
{
	uint32_t generation;

	(void)state;
	start(1);
	assert_owner(0);
	assert_true(core_of(1)->peer.signs);
	generation = core_of(0)->generation;
	next.instances[0].is_plain = true;
	reload_both();
	world_run_ms(&world, 2000);
	assert_int_not_equal(core_of(0)->generation, generation);
	cut_serial(false);
	world_run_ms(&world, 20000);
	assert_owner(0);
	assert_int_equal(world.nodes[1].offs, 0);
	assert_true(adverts_are_alive(core_of(1)));
}

/* ---- what must be over first, and what is forgotten ---- */

static void assert_waits(bool waits)
{
	assert_int_equal(core_may_reload(core_of(0), &map), !waits);
}

/* The alert would say that the files differ while both take the same one. */
static bool is_mismatch_told(unsigned ms)
{
	for (unsigned i = 0; i < ms; i += 10) {
		world_run_ms(&world, 10);
		if (alert_is_raised(core_of(0), ALERT_CONFIG_MISMATCH) ||
		    alert_is_raised(core_of(1), ALERT_CONFIG_MISMATCH))
			return true;
	}
	return false;
}

static void test_R15_both_take_a_file_at_once_and_none_is_older(void **state)
{
	(void)state;
	start(2);
	next.digest ^= 0x70007u;
	core_peer_reloads(core_of(0));
	/* meanwhile it is known by their names what the bits stand for */
	assert_false(peer_digest_agrees(core_of(0)));
	assert_int_equal(peer_place_of(core_of(0), 1), 1);
	next.self = 1;
	assert_true(world_reload(&world, 1, &next));
	core_peer_reloads(core_of(1));
	assert_false(is_mismatch_told(20));
	next.self = 0;
	assert_true(world_reload(&world, 0, &next));
	core_peer_reloads(core_of(0));
	core_peer_reloads(core_of(1));
	assert_false(is_mismatch_told(5000));
	assert_true(peer_digest_agrees(core_of(0)));
	assert_true(peer_digest_agrees(core_of(1)));
	/* and one alone is told of */
	next.digest ^= 0x300000u;
	assert_true(world_reload(&world, 0, &next));
	assert_true(is_mismatch_told(5000));
	assert_null(world.broken);
}

static void test_R6_a_reload_waits_for_what_is_under_way(void **state)
{
	struct core *core = core_of(0);
	enum fence_state fence;

	(void)state;
	start(1);
	fence = core->fence.state;
	assert_null(core_map_make(&world.nodes[0].settings, &next, &map));
	assert_waits(false);
	core->fence.state = FENCE_STATE_RUNNING;
	assert_waits(true);
	core->fence.state = fence;
	core->drill.phase = DRILL_NONE + 1;
	assert_waits(true);
	core->drill.phase = DRILL_NONE;
	core->handover_token = 7;
	assert_waits(true);
	core->handover_token = 0;
	core->stopping = true;
	assert_waits(true);
	core->stopping = false;
	core->keeper_ready = false;
	assert_waits(true);
	core->keeper_ready = true;
	assert_waits(false);
}

static void test_R15_who_is_self_needs_a_restart(void **state)
{
	(void)state;
	start(1);
	next.self = 1;
	assert_non_null(core_map_make(&world.nodes[0].settings, &next, &map));
}

/* By a core that no world runs, to see the very step. */
static void reload_in_one_step(struct core *core)
{
	static struct actions actions;

	assert_null(core_map_make(core->settings, &next, &map));
	actions.count = 0;
	core_reload(core, &next, &map, &actions);
}

static void test_R8_an_instance_that_is_new_at_start_waits_too(void **state)
{
	(void)state;
	start(1);
	core_of(1)->startup_is_over = false;
	next = world.nodes[1].settings;
	add_instance(&next, "VI_2");
	reload_in_one_step(core_of(1));
	assert_int_equal(core_of(1)->instances[1].state, INSTANCE_INIT);
}

static void test_R2_a_link_that_is_new_was_never_heard(void **state)
{
	struct core *core = core_of(1);

	(void)state;
	start(1);
	assert_int_not_equal(core->peer.statement_us, 0);
	next = world.nodes[1].settings;
	next.links[1] = next.links[0];
	snprintf(next.links[1].name, sizeof(next.links[1].name), "direct");
	next.links[0].configured = false;
	reload_in_one_step(core);
	assert_true(core->links[1].is_broken);
	assert_int_equal(core->links[1].state, LINK_BROKEN);
	/* R17.8: and the words that came by the old one are not fresh */
	assert_int_equal(core->peer.statement_us, 0);
}

static void test_R1_what_was_seen_under_the_old_settings_is_over(void **state)
{
	struct core *core = core_of(1);

	(void)state;
	start(1);
	core->dark_levels = 2;
	core->obituary_for = core->obituary_of = 77;
	assert_int_equal(core->plugs[0][0].state, CORE_PLUG_ON);
	next = world.nodes[1].settings;
	next.device_digests[next.nodes[0].plugs[0].device] ^= 1;
	next.fence_digest ^= 3;
	reload_in_one_step(core);
	assert_int_equal(core->dark_levels, 0);
	assert_int_not_equal(core->obituary_for, 77);
	assert_int_equal(core->plugs[0][0].state, CORE_PLUG_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_R15_the_same_settings_change_nothing),
		cmocka_unit_test(test_R2_a_link_with_another_interval_goes_on),
		cmocka_unit_test(test_R17_an_instance_that_is_new_is_served),
		cmocka_unit_test(
			test_R10_an_instance_that_is_gone_is_let_go_first),
		cmocka_unit_test(
			test_R10_what_cannot_be_let_go_holds_the_reload_up),
		cmocka_unit_test(
			test_R15_an_instance_takes_what_is_known_along),
		cmocka_unit_test(test_alerts_follow_what_they_are_about),
		cmocka_unit_test(test_another_vrid_is_another_instance),
		cmocka_unit_test(
			test_R15_another_version_or_interface_is_another_instance),
		cmocka_unit_test(test_a_node_of_another_name_needs_a_restart),
		cmocka_unit_test(
			test_R1_a_plug_of_another_number_is_not_proven),
		cmocka_unit_test(
			test_R1_a_device_of_other_settings_proves_nothing),
		cmocka_unit_test(test_R1_a_liar_is_remembered_by_its_name),
		cmocka_unit_test(test_R1_a_proof_ends_with_the_settings),
		cmocka_unit_test(test_R2_who_signs_no_more_begins_a_new_life),
		cmocka_unit_test(
			test_R15_both_take_a_file_at_once_and_none_is_older),
		cmocka_unit_test(test_R6_a_reload_waits_for_what_is_under_way),
		cmocka_unit_test(test_R15_who_is_self_needs_a_restart),
		cmocka_unit_test(
			test_R8_an_instance_that_is_new_at_start_waits_too),
		cmocka_unit_test(test_R2_a_link_that_is_new_was_never_heard),
		cmocka_unit_test(
			test_R1_what_was_seen_under_the_old_settings_is_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
