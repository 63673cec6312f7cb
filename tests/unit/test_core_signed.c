/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R2, R7, R1: what the signature of an advert is worth. lb01 owns, lb02 hears;
 * whatever comes in lb01's name is told to lb02's core by hand.
 */
#include "incident.h"

/* Both nodes run, and nobody hears the other any more. */
static void start_apart(void)
{
	start_pair();
	world.filter[0] = true;
	cut_serial(false);
}

static uint64_t replays(void)
{
	return world.nodes[1].core.instances[0].vrrp.replays;
}

static bool vrrp_is_alive(void)
{
	return adverts_are_alive(&world.nodes[1].core);
}

/* The files may be equal: what differs is another file. */
static void test_R15_another_key_names_the_key_file(void **state)
{
	const struct core *core = &world.nodes[1].core;
	struct event event;

	(void)state;
	world_init(&world);
	world_boot(&world, 1);
	world_run_ms(&world, 1000);
	event = advert_by_hand(150, NULL);
	event.advert.verdict = CORE_ADVERT_DROPPED;
	event.advert.reason = "signature";
	event.advert.signature.is_there = true;
	event.advert.signature.is_wrong = true;
	told_by_hand(&event);
	assert_true(has_alert(1, ALERT_CONFIG_MISMATCH));
	for (unsigned i = 0; i < ALERTS_MAX; i++)
		if (core_alert_stands(core, i) &&
		    core->alerts[i].row == ROW_MISMATCH_ADVERT)
			assert_non_null(
				strstr(core->alerts[i].text,
				       "another key: compare key_file"));
}

static void test_R2_who_signs_cannot_be_forged(void **state)
{
	struct event event;
	unsigned kinds[] = {CORE_ADVERT_GOOD, CORE_ADVERT_DROPPED};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		start_apart();
		event = advert_by_hand(150, NULL);
		assert_true(world.nodes[1].core.peer.signs);
		event.advert.verdict = (enum core_advert)kinds[i];
		event.advert.reason = "the list";
		for (int ms = 0; ms < 1000; ms += 20) {
			told_by_hand(&event);
			world_run_ms(&world, 19);
		}
		assert_false(vrrp_is_alive());
		assert_true(has_alert(1, ALERT_CONFIG_MISMATCH));
	}
}

/* A key that differs, or a node that does not sign, before any good word. */
static void test_R2_unsigned_ones_before_any_good_word_are_life(void **state)
{
	struct event event;

	(void)state;
	world_init(&world);
	world_boot(&world, 1);
	world_run_ms(&world, 100);
	event = advert_by_hand(150, NULL);
	told_by_hand(&event);
	assert_true(vrrp_is_alive());
	assert_false(world.nodes[1].core.peer.signs);
	assert_true(has_alert(1, ALERT_CONFIG_MISMATCH));
}

static void test_R2_what_is_signed_is_life_whatever_else_is_wrong(void **state)
{
	struct core_signature signature;
	struct event event;

	(void)state;
	start_apart();
	world_run_ms(&world, 1000);
	assert_false(vrrp_is_alive());
	signature = wire_signature(&world, 0, 0);
	event = advert_by_hand(150, &signature);
	event.advert.verdict = CORE_ADVERT_DROPPED;
	event.advert.reason = "the list";
	told_by_hand(&event);
	assert_true(vrrp_is_alive());
}

static void test_R7_none_counts_twice(void **state)
{
	struct core_signature signature, older;
	struct event event;
	uint64_t before;

	(void)state;
	start_apart();
	before = replays();
	older = wire_signature(&world, 0, 0);
	signature = wire_signature(&world, 0, 0);
	event = advert_by_hand(150, &signature);
	told_by_hand(&event);
	world_run_ms(&world, 1000);
	assert_false(vrrp_is_alive());
	told_by_hand(&event);
	event = advert_by_hand(150, &older);
	told_by_hand(&event);
	assert_false(vrrp_is_alive());
	assert_int_equal(replays(), before + 2);
	signature = wire_signature(&world, 0, 0);
	event = advert_by_hand(150, &signature);
	told_by_hand(&event);
	assert_true(vrrp_is_alive());
	assert_int_equal(replays(), before + 2);
}

/* Its clock is 32 bits of milliseconds. */
static void test_R7_the_clock_wraps(void **state)
{
	struct core_signature signature;
	struct event event;

	(void)state;
	start_apart();
	world_run_ms(&world, 1000);
	world.nodes[1].core.instances[0].advert_clock_ms = UINT32_MAX - 1;
	signature = wire_signature(&world, 0, 0);
	signature.clock_ms = 1;
	event = advert_by_hand(150, &signature);
	told_by_hand(&event);
	assert_true(vrrp_is_alive());
}

static void test_R7_our_own_are_nobodys(void **state)
{
	struct core_signature signature;
	struct event event;

	(void)state;
	start_apart();
	world_run_ms(&world, 1000);
	signature = wire_signature(&world, 0, 0);
	signature.generation = world.nodes[1].core.generation;
	event = advert_by_hand(150, &signature);
	told_by_hand(&event);
	assert_false(vrrp_is_alive());
}

/* R2: beats tell which life is the present one. */
static void test_R7_another_life_while_beats_deny_it(void **state)
{
	struct core_signature signature;
	struct event event;

	(void)state;
	start_pair();
	world.filter[0] = true;
	world_run_ms(&world, 1000);
	signature = wire_signature(&world, 0, 0);
	signature.generation ^= 1;
	event = advert_by_hand(150, &signature);
	told_by_hand(&event);
	assert_false(vrrp_is_alive());
}

/* A third machine that runs a copy of lb01's files, beside a pair that lives.
 */
static void test_R7_a_third_machine_is_named(void **state)
{
	struct core_signature signature;
	struct event event;

	(void)state;
	start_pair();
	for (int i = 0; i < 2; i++) {
		signature = wire_signature(&world, 0, 0);
		signature.generation ^= 1;
		event = advert_by_hand(150, &signature);
		told_by_hand(&event);
		world_run_ms(&world, 99);
	}
	assert_false(has_alert(1, ALERT_FOREIGN_VRRP)); /* may be a new life */
	for (int i = 0; i < 8; i++) {
		signature = wire_signature(&world, 0, 0);
		signature.generation ^= 1;
		event = advert_by_hand(150, &signature);
		told_by_hand(&event);
		world_run_ms(&world, 99);
	}
	assert_true(has_alert(1, ALERT_FOREIGN_VRRP));
	assert_true(world.nodes[0].core.instances[0].own);
	world_run_ms(&world, 61000);
	assert_false(has_alert(1, ALERT_FOREIGN_VRRP));
}

/* One recorded advert of another life, sent for ever, is no machine. */
static void test_R7_what_is_sent_again_is_no_third_machine(void **state)
{
	struct core_signature signature;
	struct event event;

	(void)state;
	start_pair();
	signature = wire_signature(&world, 0, 0);
	signature.generation ^= 1;
	event = advert_by_hand(150, &signature);
	for (int i = 0; i < 20; i++) {
		told_by_hand(&event);
		world_run_ms(&world, 99);
	}
	assert_false(has_alert(1, ALERT_FOREIGN_VRRP));
}

/* The life before a restart, recorded as it went on: known, and over. */
static void test_R7_what_was_recorded_is_no_third_machine(void **state)
{
	struct core_signature old, signature;
	struct event event;

	(void)state;
	start_pair();
	old = wire_signature(&world, 0, 0);
	world_kill_main(&world, 0);
	world_run_ms(&world, 1000);
	world_boot(&world, 0);
	world_run_ms(&world, 3000);
	signature = wire_signature(&world, 0, 0); /* its next life serves */
	event = advert_by_hand(150, &signature);
	told_by_hand(&event);
	for (int i = 0; i < 10; i++) {
		signature = old;
		signature.clock_ms += (uint32_t)(i - 12);
		event = advert_by_hand(150, &signature);
		told_by_hand(&event);
		world_run_ms(&world, 99);
	}
	assert_false(has_alert(1, ALERT_FOREIGN_VRRP));
}

static void test_R7_another_life_when_the_known_one_is_silent(void **state)
{
	struct core_signature signature, old;
	struct event event;

	(void)state;
	start_pair();
	cut_serial(false);
	world_run_ms(&world, 1000); /* no beat tells which life it is */
	world.filter[0] = true;
	signature = old = wire_signature(&world, 0, 0);
	signature.generation ^= 1;
	event = advert_by_hand(150, &signature);
	told_by_hand(&event); /* the known one was heard a moment ago */
	assert_int_equal(world.nodes[1].core.peer.advert_generation,
			 old.generation);
	world_run_ms(&world, 1000);
	told_by_hand(&event);
	assert_true(vrrp_is_alive());
	/* and what was recorded of the one before is old */
	world_run_ms(&world, 1000);
	old.clock_ms -= 1000;
	event = advert_by_hand(150, &old);
	told_by_hand(&event);
	assert_false(vrrp_is_alive());
}

static void resign(const struct core_signature *signature)
{
	struct event event = advert_by_hand(0, signature);

	told_by_hand(&event); /* asked at once: a claim would end it */
}

static bool is_resigned(void)
{
	return world.nodes[1].core.instances[0].resigned_us != 0;
}

/*
 * The cable is cut, the peer has been restarted since, and somebody sends again
 * what he recorded of its life before, the one that its beats told of.
 */
static void test_R7_a_life_that_was_followed_by_another_is_over(void **state)
{
	struct core *core = &world.nodes[1].core;
	struct core_signature before, now, last;
	struct event event;

	(void)state;
	start_apart();
	world_run_ms(&world, 1000);
	before = wire_signature(&world, 0, 0);
	now = last = before;
	now.generation ^= 0x5555;
	last.is_last = true;
	event = advert_by_hand(150, &before);
	told_by_hand(&event);
	event = advert_by_hand(0, &last); /* it is killed, and started again */
	told_by_hand(&event);
	event = advert_by_hand(150, &now);
	told_by_hand(&event);
	assert_int_equal(core->peer.advert_generation, now.generation);
	event = advert_by_hand(0, &last);
	told_by_hand(&event);
	assert_int_equal(core->instances[0].resigned_us, 0);
	event = advert_by_hand(150, &before);
	told_by_hand(&event);
	assert_int_equal(core->peer.advert_generation, now.generation);
	now.clock_ms += 100;
	event = advert_by_hand(150, &now);
	told_by_hand(&event);
	world_run_ms(&world, 20);
	assert_true(vrrp_is_alive());
	/* nor by what was never heard of it, when the other one is silent */
	world_run_ms(&world, 1000);
	before.clock_ms += 5000;
	last.clock_ms += 5000;
	event = advert_by_hand(150, &before);
	told_by_hand(&event);
	event = advert_by_hand(0, &last);
	told_by_hand(&event);
	assert_int_equal(core->peer.advert_generation, now.generation);
	assert_false(vrrp_is_alive());
}

/* Its next life may have read a file with sign = false. */
static void test_R2_a_new_life_need_not_sign(void **state)
{
	struct core *core = &world.nodes[1].core;
	struct event event;

	(void)state;
	start_pair();
	assert_true(core->peer.signs);
	world_kill_main(&world, 0);
	world_run_ms(&world, 1000);
	world_boot(&world, 0);
	world_run_ms(&world, 3000);
	event = advert_by_hand(150, NULL);
	told_by_hand(&event);
	assert_false(core->peer.signs);
	assert_true(vrrp_is_alive());
	assert_true(has_alert(1, ALERT_CONFIG_MISMATCH));
}

/* The same without a last word: only what is newer than all that was heard. */
static void test_R7_what_was_recorded_of_a_silent_life_is_old(void **state)
{
	struct core *core = &world.nodes[1].core;
	struct core_signature before, now;
	struct event event;

	(void)state;
	start_apart();
	world_run_ms(&world, 1000);
	before = wire_signature(&world, 0, 0);
	event = advert_by_hand(150, &before);
	told_by_hand(&event);
	world_run_ms(&world, 1000);
	now = before;
	now.generation ^= 0x5555;
	event = advert_by_hand(150, &now);
	told_by_hand(&event);
	assert_int_equal(core->peer.advert_generation, now.generation);
	world_run_ms(&world, 1000);
	event = advert_by_hand(150, &before);
	told_by_hand(&event);
	assert_int_equal(core->peer.advert_generation, now.generation);
	assert_false(vrrp_is_alive());
	/* it was not the later one: the one of its beats is back, and new */
	before.clock_ms += 5000;
	event = advert_by_hand(150, &before);
	told_by_hand(&event);
	assert_int_equal(core->peer.advert_generation, before.generation);
	assert_true(vrrp_is_alive());
}

static void test_R1_resigned_is_its_own_word(void **state)
{
	struct core_signature signature;
	struct event event;

	(void)state;
	start_apart();
	resign(NULL);
	assert_false(is_resigned());
	/* of a life that its beats did not tell of */
	start_apart();
	signature = wire_signature(&world, 0, 0);
	signature.generation ^= 1;
	resign(&signature);
	assert_false(is_resigned());
	/* made before its newest beat: it took it back since */
	start_apart();
	signature = wire_signature(&world, 0, 0);
	world.nodes[1].core.peer.heard_clock_ms = signature.clock_ms + 1;
	resign(&signature);
	assert_false(is_resigned());
	/* another life has spoken since, which is not believed yet */
	start_apart();
	signature = wire_signature(&world, 0, 0);
	world.nodes[1].core.peer.heard_generation ^= 1;
	resign(&signature);
	assert_false(is_resigned());
	/* a life that is known by its last word alone, and not from beats */
	start_apart();
	signature = wire_signature(&world, 0, 0);
	world.nodes[1].core.peer.heard_us = 0;
	world.nodes[1].core.peer.heard_clock_ms = 0;
	resign(&signature);
	assert_false(is_resigned());
	start_apart();
	signature = wire_signature(&world, 0, 0);
	event = advert_by_hand(0, &signature);
	told_by_hand(&event);
	assert_true(is_resigned());
}

/*
 * We started anew with the cable out, so no beat told which life is the present
 * one; the network parts, and the last will of an earlier life comes again.
 */
static void test_R1_a_recorded_last_will_is_no_proof(void **state)
{
	struct core_signature last;
	struct event event;

	(void)state;
	start_pair();
	last = wire_signature(&world, 0, 0);
	last.generation ^= 1;
	last.is_last = true;
	last.clock_ms = 0;
	cut_serial(false);
	world_kill_all(&world, 1);
	world_run_ms(&world, 1000);
	world_boot(&world, 1);
	world_run_ms(&world, 10000);
	assert_true(vrrp_is_alive());
	world_ethernets(&world, false);
	world_run_ms(&world, 450);
	event = advert_by_hand(0, &last);
	told_by_hand(&event);
	assert_false(is_resigned());
	world_run_ms(&world, 2000);
	assert_owner(0);
}

/* R2: sign = false leaves no resigned, also where no beat was heard. */
static void test_R1_what_is_not_signed_is_no_resignation(void **state)
{
	struct event event;

	(void)state;
	world_init(&world);
	for (unsigned n = 0; n < 2; n++)
		world.nodes[n].settings.instances[0].is_plain = true;
	world_boot(&world, 1);
	world_run_ms(&world, 1000);
	event = advert_by_hand(150, NULL);
	told_by_hand(&event);
	assert_true(vrrp_is_alive());
	event = advert_by_hand(0, NULL);
	told_by_hand(&event);
	assert_false(is_resigned());
}

/* The cable speaks: only an owner's may be the last will of one that died. */
static void test_R1_resigned_beside_a_word_that_owns_nothing(void **state)
{
	struct core_signature signature;
	struct event event;

	(void)state;
	for (unsigned owns = 0; owns < 2; owns++) {
		start_pair();
		world.nodes[1].core.peer.statement.own = set_first(owns);
		signature = wire_signature(&world, 0, 0);
		event = advert_by_hand(0, &signature);
		told_by_hand(&event);
		assert_int_equal(is_resigned(), owns);
	}
}

static void test_R12_the_last_word_is_one_for_good(void **state)
{
	struct core_signature signature, last;
	struct event event;

	(void)state;
	start_apart();
	last = signature = wire_signature(&world, 0, 0);
	last.is_last = true;
	last.clock_ms = 0;
	event = advert_by_hand(0, &last);
	told_by_hand(&event);
	assert_true(is_resigned());
	/* nothing of that life follows */
	signature.clock_ms += 1000;
	event = advert_by_hand(150, &signature);
	told_by_hand(&event);
	assert_true(is_resigned());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_R15_another_key_names_the_key_file),
		cmocka_unit_test(test_R2_who_signs_cannot_be_forged),
		cmocka_unit_test(
			test_R2_unsigned_ones_before_any_good_word_are_life),
		cmocka_unit_test(
			test_R2_what_is_signed_is_life_whatever_else_is_wrong),
		cmocka_unit_test(test_R7_none_counts_twice),
		cmocka_unit_test(test_R7_the_clock_wraps),
		cmocka_unit_test(test_R7_our_own_are_nobodys),
		cmocka_unit_test(test_R7_another_life_while_beats_deny_it),
		cmocka_unit_test(test_R7_a_third_machine_is_named),
		cmocka_unit_test(
			test_R7_what_is_sent_again_is_no_third_machine),
		cmocka_unit_test(test_R7_what_was_recorded_is_no_third_machine),
		cmocka_unit_test(
			test_R7_another_life_when_the_known_one_is_silent),
		cmocka_unit_test(
			test_R7_a_life_that_was_followed_by_another_is_over),
		cmocka_unit_test(test_R2_a_new_life_need_not_sign),
		cmocka_unit_test(
			test_R7_what_was_recorded_of_a_silent_life_is_old),
		cmocka_unit_test(test_R1_resigned_is_its_own_word),
		cmocka_unit_test(test_R1_a_recorded_last_will_is_no_proof),
		cmocka_unit_test(test_R1_what_is_not_signed_is_no_resignation),
		cmocka_unit_test(
			test_R1_resigned_beside_a_word_that_owns_nothing),
		cmocka_unit_test(test_R12_the_last_word_is_one_for_good),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
