/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R17.1 and R3: what another hand put here, and the interfaces that carry an
 * instance's addresses. Single thoughts; the incidents are in tests/sim/cases.
 */
#include "incident.h"

static void tell_alien(unsigned n, bool is_stuck, const char *text)
{
	struct event event = {.type = EVENT_VIP_ALIEN};

	event.alien.is_stuck = is_stuck;
	event.alien.text = text;
	world_tell(&world, n, &event);
	world_run_ms(&world, 1);
}

/* B04: interface 1 carries an address of VI_1, on both nodes. */
static void start_with_dev(void)
{
	world_init(&world);
	for (unsigned n = 0; n < 2; n++) {
		struct core_settings *s = &world.nodes[n].settings;

		s->interface_count = 2;
		snprintf(s->interfaces[1], sizeof(s->interfaces[1]), "eth1");
		s->instances[0].dev_count = 1;
		s->instances[0].devs[0].interface = 1;
		s->instances[0].devs[0].address = ip_from_v4(0xcb007164u);
		world_boot(&world, n);
	}
	world_run_ms(&world, 3000);
	assert_owner(0);
	forget_log();
}

static void test_R3_owner_whose_other_interface_is_dark_hands_over(void **state)
{
	(void)state;
	start_with_dev();
	world_tracked(&world, 0, false);
	world_run_ms(&world, 1000);
	assert_owner(1);
	assert_string_equal(world.nodes[0].core.instances[0].unfit_why,
			    "eth1, which carries 203.0.113.100, has no "
			    "carrier");
	assert_true(has_alert(0, ALERT_UNFIT));
	assert_int_equal(world.nodes[1].offs, 0);
}

static void tell_answered(unsigned n, bool is_good, const char *why)
{
	struct event event = {.type = EVENT_VIP_ANSWERED};

	event.vip.failed = !is_good;
	event.vip.text = why;
	world_tell(&world, n, &event);
	world_run_ms(&world, 1);
}

static void test_R3_owner_that_answers_nobody_hands_over(void **state)
{
	(void)state;
	start_with_dev();
	tell_answered(0, false, "ARP is switched off on eth0");
	assert_true(has_alert(0, ALERT_VIP_FAILED));
	world_run_ms(&world, 1000);
	assert_owner(1);
	assert_string_equal(world.nodes[0].core.instances[0].unfit_why,
			    "nobody is answered here: ARP is switched off on "
			    "eth0");
	assert_true(has_alert(0, ALERT_UNFIT));
	assert_int_equal(world.nodes[1].offs, 0);
	tell_answered(0, true, "");
	world_run_ms(&world, 1000);
	assert_false(has_alert(0, ALERT_VIP_FAILED));
	assert_false(has_alert(0, ALERT_UNFIT));
	assert_owner(1);
}

static void test_R3_lone_owner_that_answers_nobody_keeps_it(void **state)
{
	(void)state;
	start_with_dev();
	world_power_off(&world, 1);
	world_run_ms(&world, 3000);
	tell_answered(0, false, "a rule hides one address of many");
	world_run_ms(&world, 5000);
	assert_owner(0);
	assert_true(has_alert(0, ALERT_UNFIT));
	assert_true(has_alert(0, ALERT_VIP_FAILED));
}

static void test_R3_where_nobody_is_answered_nobody_claims(void **state)
{
	(void)state;
	start_with_dev();
	tell_answered(1, false, "arp_ignore = 8 on eth0");
	world_power_off(&world, 0);
	world_run_ms(&world, 10000);
	assert_false(world.nodes[1].core.instances[0].own);
	assert_int_equal(world.nodes[1].offs, 0);
	tell_answered(1, true, "");
	world_run_ms(&world, 10000);
	assert_owner(1);
}

static void test_R7_a_daemon_beside_the_owner_is_named(void **state)
{
	struct event event = {.type = EVENT_ADVERT_BESIDE};

	(void)state;
	start_with_dev();
	event.advert.source = world.nodes[0].settings.nodes[0].addresses[0];
	event.advert.priority = 254;
	world_tell(&world, 0, &event);
	world_run_ms(&world, 1000);
	assert_true(has_alert(0, ALERT_FOREIGN_VRRP));
	assert_owner(0);
	assert_int_equal(world.nodes[1].offs, 0);
	world_run_ms(&world, 61000);
	assert_false(has_alert(0, ALERT_FOREIGN_VRRP));
}

static void
test_R17_every_address_of_another_hand_is_in_the_history(void **state)
{
	(void)state;
	start_with_dev();
	tell_alien(1, false, "192.0.2.100/32 on eth0 was put here; removed");
	assert_true(alert_says(1, ALERT_DUPLICATE_VIP,
			       "VI_1: 192.0.2.100/32 on eth0"));
	world_run_ms(&world, 100);
	tell_alien(1, false, "192.0.2.100/24 on eth1 was put here; removed");
	assert_logged("duplicate-vip: VI_1: 192.0.2.100/24 on eth1");
}

static void test_R3_both_dark_there_the_owner_keeps_it(void **state)
{
	(void)state;
	start_with_dev();
	world_tracked(&world, 1, false);
	world_run_ms(&world, 100);
	world_tracked(&world, 0, false);
	world_run_ms(&world, 5000);
	assert_owner(0);
	assert_true(has_alert(0, ALERT_UNFIT));
	world_tracked(&world, 1, true);
	world_run_ms(&world, 1000);
	assert_owner(1);
}

static void test_R3_no_alert_before_every_carrier_is_told(void **state)
{
	(void)state;
	world_init(&world);
	world.nodes[0].settings.interface_count = 2;
	world.nodes[0].settings.instances[0].dev_count = 1;
	world.nodes[0].settings.instances[0].devs[0].interface = 1;
	world.loud = true;
	world_boot(&world, 0);
	world_run_ms(&world, 3000);
	assert_not_logged("alert unfit");
}

static void test_R17_owner_that_is_told_of_another_form_keeps_it(void **state)
{
	(void)state;
	start_pair();
	tell_alien(0, true, "192.0.2.100/24 on eth1 was put here");
	world_run_ms(&world, 2000);
	assert_owner(0);
	assert_true(has_alert(0, ALERT_DUPLICATE_VIP));
	assert_false(has_alert(0, ALERT_RELEASE_FAILED));
	tell_alien(0, false, "gone");
	world_run_ms(&world, 61000);
	assert_false(has_alert(0, ALERT_DUPLICATE_VIP));
}

static void test_R17_what_stays_makes_unfit_and_is_over_when_gone(void **state)
{
	const struct core_instance *instance =
		&world.nodes[1].core.instances[0];

	(void)state;
	start_pair();
	world_ask(&world, 0, COMMAND_MAINTENANCE_ON, 0); /* nobody is cut */
	world_run_ms(&world, 1000);
	/* the kernel has it: the judge looks */
	world.nodes[1].vip[0] = world.nodes[1].alien[0] = true;
	world.nodes[1].alien_pending[0] = true;
	tell_alien(1, true, "192.0.2.100/32 on eth0 was put here");
	world.nodes[1].alien_pending[0] = false;
	assert_true(instance->own && instance->stuck && instance->alien);
	assert_false(instance->fit);
	assert_string_equal(instance->unfit_why,
			    "another hand holds an address of it here");
	assert_int_equal(instance->permit.proof, PROOF_NONE);
	world_run_ms(&world, 5000);
	world.nodes[1].vip[0] = world.nodes[1].alien[0] = false;
	tell_alien(1, false, "gone");
	world_run_ms(&world, 100);
	assert_false(instance->own || instance->stuck || instance->alien);
	assert_true(instance->fit);
	assert_int_equal(instance->state, INSTANCE_BACKUP);
	assert_owner(0);
}

/* The start-up wait of R8 is for silence, and goes on. */
static void test_R8_what_another_hand_had_put_there_ends_no_wait(void **state)
{
	(void)state;
	world_init(&world);
	world_boot(&world, 1);
	world_run_ms(&world, 100);
	world.nodes[1].vip[0] = world.nodes[1].alien[0] = true;
	world.nodes[1].alien_pending[0] = true;
	tell_alien(1, true, "it stays");
	world.nodes[1].vip[0] = world.nodes[1].alien[0] = false;
	tell_alien(1, false, "gone");
	world_run_ms(&world, 100);
	assert_int_equal(world.nodes[1].core.instances[0].state, INSTANCE_INIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_R3_owner_whose_other_interface_is_dark_hands_over),
		cmocka_unit_test(test_R7_a_daemon_beside_the_owner_is_named),
		cmocka_unit_test(
			test_R17_every_address_of_another_hand_is_in_the_history),
		cmocka_unit_test(test_R3_both_dark_there_the_owner_keeps_it),
		cmocka_unit_test(test_R3_owner_that_answers_nobody_hands_over),
		cmocka_unit_test(
			test_R3_lone_owner_that_answers_nobody_keeps_it),
		cmocka_unit_test(
			test_R3_where_nobody_is_answered_nobody_claims),
		cmocka_unit_test(test_R3_no_alert_before_every_carrier_is_told),
		cmocka_unit_test(
			test_R17_owner_that_is_told_of_another_form_keeps_it),
		cmocka_unit_test(
			test_R17_what_stays_makes_unfit_and_is_over_when_gone),
		cmocka_unit_test(
			test_R8_what_another_hand_had_put_there_ends_no_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
