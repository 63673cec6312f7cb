/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R16: the peer is a plain VRRP router. This node is lb02, priority 100; the
 * times are the RFC's own numbers, written out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/core/reload.h"
#include "../sim/plain_lab.h"

#define MS(ms) ((int64_t)(ms)*1000)

static struct plain_lab lab;

static struct core_instance *instance(void)
{
	return &lab.core.instances[0];
}

static bool alert_stands(const char *name, const char *text)
{
	for (unsigned i = 0; i < ALERTS_MAX; i++)
		if (core_alert_stands(&lab.core, i) &&
		    strcmp(alert_name_text(lab.core.alerts[i].name), name) ==
			    0 &&
		    strstr(lab.core.alerts[i].text, text))
			return true;
	return false;
}

static void hear(uint8_t priority)
{
	struct event event = plain_advert(&lab, priority);

	plain_tell(&lab, &event);
}

/* Adverts of the peer each interval, for ms. */
static void hear_for(uint8_t priority, int64_t ms)
{
	int64_t interval_ms = lab.settings.instances[0].advert_ms;

	for (int64_t at = 0; at < ms; at += interval_ms) {
		hear(priority);
		plain_run_us(&lab, MS(interval_ms));
	}
}

/* Owns nothing until us have passed from here, and owns it a moment later. */
static void assert_claims_after_us(int64_t us)
{
	plain_run_us(&lab, us - 200);
	assert_false(instance()->own);
	plain_run_us(&lab, 1200);
	assert_true(instance()->own);
	assert_int_equal(instance()->permit.proof, PROOF_SILENCE);
}

static void assert_lab_is_well(void)
{
	if (lab.broken)
		fail_msg("%s", lab.broken);
}

static void test_R16_silence_is_proof_after_the_RFCs_time(void **state)
{
	(void)state;
	/* 3 s and 156/256 of a second */
	plain_init(&lab, 2, 1000, 100, 150);
	plain_boot(&lab);
	hear_for(150, 5000);
	hear(150);
	assert_claims_after_us(3609375);
	/* 3 x 100 ms and 156/256 of it */
	plain_init(&lab, 3, 100, 100, 150);
	plain_boot(&lab);
	hear_for(150, 500);
	hear(150);
	assert_claims_after_us(360937);
	assert_lab_is_well();
}

/* startup_ms does not apply: it is the RFC's timer from the start on. */
static void test_R16_a_start_listens_for_that_time_alone(void **state)
{
	(void)state;
	plain_init(&lab, 2, 1000, 100, 150);
	plain_boot(&lab);
	assert_int_equal(instance()->state, INSTANCE_INIT);
	assert_claims_after_us(3609375);
	assert_int_equal(lab.fences, 0);
	assert_true(alert_stands("no-fencing", "lb01 is a plain VRRP router"));
	assert_lab_is_well();
}

static void test_R16_priority_0_is_taken_over_after_the_skew(void **state)
{
	(void)state;
	plain_init(&lab, 2, 1000, 100, 150);
	plain_boot(&lab);
	hear_for(150, 5000);
	hear(0);
	plain_run_us(&lab, MS(300));
	/* said again it is no newer word */
	hear(0);
	plain_run_us(&lab, MS(308));
	assert_false(instance()->own);
	plain_run_us(&lab, MS(3));
	assert_true(instance()->own);
	assert_lab_is_well();
}

/* Nobody would own for three intervals: who yields has not let go yet when the
 * other one stops. What it missed meanwhile is another matter. */
static void
test_R16_priority_0_while_the_address_goes_is_a_word_as_well(void **state)
{
	for (unsigned again = 0; again < 3; again++) {
		(void)state;
		plain_init(&lab, 2, 1000, 100, 150);
		plain_boot(&lab);
		assert_claims_after_us(3609375);
		lab.keeper_us = MS(5);
		hear(150);
		assert_true(instance()->releasing);
		hear(0);
		if (again == 1)
			hear(150);
		if (again == 2) {
			plain_carrier(&lab, false);
			plain_carrier(&lab, true);
		}
		plain_run_us(&lab, MS(5));
		assert_false(instance()->own);
		if (again == 0)
			assert_claims_after_us(609375);
		else
			plain_run_us(&lab, MS(3600));
		assert_int_equal(instance()->own, again == 0);
		assert_lab_is_well();
	}
}

static void
test_R16_who_takes_it_back_after_its_priority_0_keeps_it(void **state)
{
	(void)state;
	plain_init(&lab, 2, 1000, 100, 150);
	plain_boot(&lab);
	hear_for(150, 5000);
	hear(0);
	plain_run_us(&lab, MS(300));
	hear(150);
	assert_claims_after_us(3609375);
}

/* Its ears, its carrier, its fitness: what was not listened to is no silence.
 */
static void test_R16_who_does_not_listen_hears_no_silence(void **state)
{
	struct event ears = {.type = EVENT_EARS_CHANGED};

	(void)state;
	plain_init(&lab, 3, 100, 100, 150);
	plain_boot(&lab);
	hear_for(150, 500);
	plain_tell(&lab, &ears);
	plain_run_us(&lab, MS(10000));
	assert_false(instance()->own);
	ears.ears.is = true;
	plain_tell(&lab, &ears);
	assert_claims_after_us(360937);
	plain_init(&lab, 3, 100, 100, 150);
	plain_boot(&lab);
	hear_for(150, 500);
	plain_carrier(&lab, false);
	plain_run_us(&lab, MS(10000));
	assert_false(instance()->own);
	plain_carrier(&lab, true);
	assert_claims_after_us(360937);
}

static void test_R16_a_higher_priority_takes_it(void **state)
{
	(void)state;
	plain_init(&lab, 3, 100, 100, 150);
	plain_boot(&lab);
	plain_run_us(&lab, MS(1000));
	assert_true(lab.vip);
	hear(150);
	plain_run_us(&lab, MS(1));
	assert_false(lab.vip);
	assert_false(instance()->own);
	assert_int_equal(lab.last_priority, 0);
	assert_false(alert_stands("split-brain", ""));
}

/* RFC 9568 6.4.3: the address that it was sent from, compared as a number. */
static void test_R16_of_equal_ones_the_higher_address_stays(void **state)
{
	struct event event;

	(void)state;
	plain_init(&lab, 3, 100, 100, 100);
	plain_boot(&lab);
	plain_run_us(&lab, MS(1000));
	hear(100);
	plain_run_us(&lab, MS(1));
	assert_true(lab.vip);
	event = plain_advert(&lab, 100);
	event.advert.source = ip_from_v4(0xc00002fe);
	plain_tell(&lab, &event);
	plain_run_us(&lab, MS(1));
	assert_false(lab.vip);
	assert_true(alert_stands("foreign-vrrp", "192.0.2.254"));
}

static void test_R16_a_lower_one_is_answered_at_once(void **state)
{
	unsigned sent;

	(void)state;
	plain_init(&lab, 3, 100, 100, 50);
	plain_boot(&lab);
	plain_run_us(&lab, MS(1030));
	assert_true(lab.vip);
	sent = lab.adverts_sent;
	hear(50);
	plain_run_us(&lab, 500);
	assert_int_equal(lab.adverts_sent, sent + 1);
	/* but not each of a flood */
	for (unsigned i = 0; i < 100; i++)
		hear(50);
	plain_run_us(&lab, 500);
	assert_int_equal(lab.adverts_sent, sent + 1);
	hear(0);
	plain_run_us(&lab, MS(12));
	hear(0);
	plain_run_us(&lab, 500);
	assert_in_range(lab.adverts_sent, sent + 2, sent + 3);
	assert_true(lab.vip);
}

static void test_R16_a_lower_one_that_goes_on_is_a_split_brain(void **state)
{
	(void)state;
	plain_init(&lab, 3, 100, 100, 50);
	plain_boot(&lab);
	plain_run_us(&lab, MS(1030));
	hear_for(50, 300);
	assert_true(alert_stands("split-brain", ""));
	assert_true(lab.vip);
	assert_int_equal(lab.fences, 0);
}

static void test_R16_preempt_discards_the_lower_after_its_delay(void **state)
{
	(void)state;
	for (int preempt = 0; preempt < 2; preempt++) {
		plain_init(&lab, 3, 100, 100, 50);
		lab.settings.instances[0].preempt = preempt;
		lab.settings.instances[0].preempt_delay_ms = 2000;
		plain_boot(&lab);
		hear_for(50, 1900);
		assert_false(instance()->own);
		hear_for(50, 700);
		assert_int_equal(instance()->own, preempt);
	}
}

static void test_R16_version_3_learns_the_interval(void **state)
{
	struct event event;

	(void)state;
	plain_init(&lab, 3, 100, 100, 150);
	plain_boot(&lab);
	event = plain_advert(&lab, 150);
	event.advert.interval_ms = 2000;
	plain_tell(&lab, &event);
	assert_true(alert_stands("config-mismatch",
				 "come every 2000 ms, advert_ms is 100"));
	/* 3 x 2 s and 156/256 of it */
	assert_claims_after_us(7218750);
	/* as owner, and after it, its own one counts */
	hear(150);
	plain_run_us(&lab, MS(1));
	assert_false(instance()->own);
	assert_claims_after_us(359937);
}

/* R2: another password, another list: somebody serves there. */
static void test_R16_dropped_adverts_hold_it_back(void **state)
{
	struct event event;

	(void)state;
	plain_init(&lab, 3, 100, 100, 150);
	plain_boot(&lab);
	event = plain_advert(&lab, 150);
	event.advert.verdict = CORE_ADVERT_DROPPED;
	for (unsigned i = 0; i < 100; i++) {
		plain_tell(&lab, &event);
		plain_run_us(&lab, MS(100));
	}
	assert_false(instance()->own);
	assert_true(alert_stands("config-mismatch", "the list differs"));
	/* of a stranger they say nothing */
	plain_init(&lab, 3, 100, 100, 150);
	plain_boot(&lab);
	event.advert.source = ip_from_v4(0xc00002fe);
	for (unsigned i = 0; i < 10; i++) {
		plain_tell(&lab, &event);
		plain_run_us(&lab, MS(100));
	}
	assert_true(instance()->own);
	/* nor for ever after a good word */
	plain_init(&lab, 3, 100, 100, 150);
	plain_boot(&lab);
	hear_for(150, 500);
	event = plain_advert(&lab, 150);
	event.advert.verdict = CORE_ADVERT_DROPPED;
	for (unsigned i = 0; i < 10; i++) {
		plain_tell(&lab, &event);
		plain_run_us(&lab, MS(100));
	}
	assert_true(instance()->own);
}

/* Signed, and its clock was set, or ours: it serves, as long as they come. */
static void test_R16_a_clock_that_is_set_makes_no_second_owner(void **state)
{
	struct event event;

	(void)state;
	plain_init(&lab, 3, 100, 100, 150);
	plain_boot(&lab);
	hear_for(150, 500);
	event = plain_advert(&lab, 150);
	event.advert.verdict = CORE_ADVERT_DROPPED;
	event.advert.signature.is_signed = true;
	for (unsigned i = 0; i < 100; i++) {
		plain_tell(&lab, &event);
		plain_run_us(&lab, MS(100));
	}
	assert_false(instance()->own);
	/* its end is seen as any other, and then a record of them is nothing */
	plain_run_us(&lab, MS(100));
	assert_false(instance()->own);
	plain_run_us(&lab, MS(400));
	assert_true(instance()->own);
	for (unsigned i = 0; i < 10; i++) {
		plain_tell(&lab, &event);
		plain_run_us(&lab, MS(100));
	}
	assert_true(instance()->own);
}

/* Any router of this VRID is one, named or not. */
static void test_R16_an_unknown_router_counts(void **state)
{
	struct event event;

	(void)state;
	plain_init(&lab, 3, 100, 100, 150);
	plain_boot(&lab);
	event = plain_advert(&lab, 150);
	event.advert.source = ip_from_v4(0xc00002fe);
	for (unsigned i = 0; i < 20; i++) {
		plain_tell(&lab, &event);
		plain_run_us(&lab, MS(100));
	}
	assert_false(instance()->own);
	assert_true(alert_stands("foreign-vrrp", "add it to nodes[].address"));
}

static struct beat a_beat(uint32_t sequence)
{
	return (struct beat){.type = BEAT_STATEMENT,
			     .sender = 0,
			     .generation = 77,
			     .sequence = sequence,
			     .ack_generation = lab.core.generation,
			     .ack_sequence = lab.core.sequence,
			     .own = {{1}},
			     .fit = {{1}},
			     .clock_ms = (uint32_t)(lab.now_us / 1000)};
}

static void give_serial(void)
{
	lab.settings.links[0].configured = true;
	snprintf(lab.settings.links[0].name, sizeof(lab.settings.links[0].name),
		 "serial");
	lab.settings.links[0].interval_us = 100000;
	lab.settings.links[0].dead_ms = 400;
}

static void beats_for(unsigned count, uint32_t *sequence)
{
	struct event event = {.type = EVENT_BEAT_HEARD};

	for (unsigned i = 0; i < count; i++) {
		event.beat.beat = a_beat(++*sequence);
		event.beat.beat.heard = 1;
		plain_tell(&lab, &event);
		plain_run_us(&lab, MS(100));
	}
}

/* It speaks VRRP, and then by cable: so it is a twinbeat. */
static void a_beat_is_heard(uint32_t *sequence)
{
	struct event opened = {.type = EVENT_LINK_OPENED};

	plain_init(&lab, 3, 100, 100, 150);
	give_serial();
	plain_boot(&lab);
	plain_tell(&lab, &opened);
	hear_for(150, 300);
	beats_for(10, sequence);
}

static void test_R16_a_beat_refuses_it(void **state)
{
	struct event over = {.type = EVENT_BEAT_HEARD};
	uint32_t sequence = 0;

	(void)state;
	a_beat_is_heard(&sequence);
	assert_false(peer_is_plain(&lab.core));
	assert_true(alert_stands("config-mismatch", "runs twinbeat"));
	/* its silence, on every link, proves nothing */
	plain_run_us(&lab, MS(600000));
	assert_false(instance()->own);
	assert_int_equal(lab.fences, 0);
	/* its last word is one, and then a plain router may speak there */
	beats_for(10, &sequence);
	over.beat.beat = a_beat(++sequence);
	over.beat.beat.type = BEAT_OBITUARY;
	over.beat.beat.own = (struct instance_set){{0}};
	plain_tell(&lab, &over);
	plain_run_us(&lab, MS(1));
	assert_true(instance()->own);
	assert_int_equal(instance()->permit.proof, PROOF_OBITUARY);
	assert_true(peer_is_plain(&lab.core));
	assert_false(alert_stands("config-mismatch", "runs twinbeat"));
	hear(150);
	plain_run_us(&lab, MS(1));
	assert_false(instance()->own);
}

/* R11: a stall forgets what the peer said, not what the peer is. */
static void test_R16_a_stall_does_not_make_a_twinbeat_plain(void **state)
{
	uint32_t sequence = 0;

	(void)state;
	a_beat_is_heard(&sequence);
	lab.now_us += MS(5000);
	plain_run_us(&lab, MS(1));
	assert_true(alert_stands("stalled", ""));
	assert_false(peer_is_plain(&lab.core));
	plain_run_us(&lab, MS(600000));
	assert_false(instance()->own);
}

/* R11: what was away listens anew, and forgets no beat that it heard. */
static void test_R16_a_stall_listens_anew(void **state)
{
	(void)state;
	plain_init(&lab, 3, 100, 100, 150);
	plain_boot(&lab);
	plain_run_us(&lab, MS(1000));
	assert_true(lab.vip);
	lab.now_us += MS(5000);
	plain_run_us(&lab, MS(1));
	assert_true(alert_stands("stalled", ""));
	assert_false(lab.vip);
	assert_claims_after_us(360237);
	plain_init(&lab, 3, 100, 100, 150);
	plain_boot(&lab);
	hear_for(150, 500);
	lab.now_us += MS(5000);
	assert_claims_after_us(360937);
}

static void test_R16_who_cannot_be_heard_serves_not(void **state)
{
	struct event unsent = {.type = EVENT_SENDING_CHANGED};

	(void)state;
	plain_init(&lab, 3, 100, 100, 150);
	plain_boot(&lab);
	plain_run_us(&lab, MS(1000));
	assert_true(lab.vip);
	unsent.sending.text = "the local firewall drops our adverts";
	plain_tell(&lab, &unsent);
	plain_run_us(&lab, MS(250));
	assert_false(lab.vip);
	plain_run_us(&lab, MS(10000));
	assert_false(lab.vip);
	unsent.sending.is = true;
	plain_tell(&lab, &unsent);
	assert_claims_after_us(360937);
}

static void test_R16_an_owner_that_stops_says_so(void **state)
{
	struct event stop = {.type = EVENT_STOP_ASKED};

	(void)state;
	plain_init(&lab, 3, 100, 100, 150);
	plain_boot(&lab);
	plain_run_us(&lab, MS(1000));
	plain_tell(&lab, &stop);
	plain_run_us(&lab, MS(2));
	assert_false(lab.vip);
	assert_int_equal(lab.last_priority, 0);
}

static void ask_handover(void)
{
	struct event ask = {.type = EVENT_OPERATOR_ASKED};

	lab.reply[0] = '\0';
	ask.operator_.command = COMMAND_HANDOVER;
	ask.operator_.token = 7;
	ask.operator_.device = -1;
	plain_tell(&lab, &ask);
}

static void test_R16_a_handover_is_given_and_never_asked_for(void **state)
{
	(void)state;
	plain_init(&lab, 3, 100, 100, 50);
	lab.peer.preempt = false;
	plain_boot(&lab);
	plain_run_us(&lab, MS(1000));
	plain_peer_start(&lab);
	plain_run_us(&lab, MS(1000));
	assert_true(lab.vip);
	ask_handover();
	plain_run_us(&lab, MS(500));
	assert_false(lab.vip);
	assert_int_equal(lab.peer.state, RFC_ACTIVE);
	assert_true(lab.reply_ok);
	assert_non_null(strstr(lab.reply, "lb01 owns the VIPs now"));
	ask_handover();
	assert_false(lab.reply_ok);
	assert_non_null(strstr(lab.reply, "cannot be asked for anything"));
	assert_lab_is_well();
}

/* Nobody there: it comes back, after the RFC's time. */
static void test_R16_a_handover_to_nobody_comes_back(void **state)
{
	unsigned claims;

	(void)state;
	plain_init(&lab, 3, 100, 100, 50);
	plain_boot(&lab);
	plain_run_us(&lab, MS(1000));
	ask_handover();
	plain_run_us(&lab, MS(100));
	assert_false(lab.vip);
	/* until the wait for the other is over its silence counts for nothing:
	 * else it would take back and let go again every 360 ms */
	claims = lab.claims;
	plain_run_us(&lab, MS(2800));
	assert_int_equal(lab.claims, claims);
	assert_true(lab.reply[0] == '\0');
	plain_run_us(&lab, MS(1100));
	assert_true(lab.vip);
	assert_int_equal(lab.claims, claims + 1);
	assert_false(lab.reply_ok);
}

static void test_R16_a_silent_standby_is_no_alarm(void **state)
{
	(void)state;
	plain_init(&lab, 3, 100, 100, 50);
	plain_boot(&lab);
	plain_run_us(&lab, MS(3600000));
	assert_true(lab.vip);
	assert_false(alert_stands("no-standby", ""));
	assert_false(alert_stands("link-down", ""));
	assert_false(alert_stands("waiting", ""));
	assert_int_equal(lab.fences, 0);
}

static void test_R16_seeds_go_as_the_textbook(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 1000; seed++)
		if (plain_play(&lab, seed))
			fail_msg("seed %llu at %lld ms: %s",
				 (unsigned long long)seed,
				 (long long)lab.now_us / 1000, lab.broken);
}

/* Both take a file with a longer interval, the owner a moment before. */
static void test_R16_a_longer_interval_counts_from_a_reload_on(void **state)
{
	static struct core_settings next;
	static struct core_map map;

	(void)state;
	plain_init(&lab, 2, 1000, 100, 150);
	plain_boot(&lab);
	hear_for(150, 5000);
	hear(150);
	next = lab.settings;
	next.instances[0].advert_ms = 5000;
	assert_null(core_map_make(&lab.settings, &next, &map));
	core_leave(&lab.core, &map);
	core_reload(&lab.core, &next, &map, &lab.actions);
	/* and back, and again: once is enough */
	for (unsigned k = 0; k < 2; k++) {
		core_leave(&lab.core, &map);
		core_reload(&lab.core, k ? &next : &lab.settings, &map,
			    &lab.actions);
	}
	/* 3 x 5 s and 156/256 of a second */
	assert_claims_after_us(15609375);
	/* and where nobody was heard yet, from the start on */
	plain_init(&lab, 2, 1000, 100, 150);
	plain_boot(&lab);
	plain_run_us(&lab, MS(1000));
	core_leave(&lab.core, &map);
	core_reload(&lab.core, &next, &map, &lab.actions);
	assert_claims_after_us(14609375);
	/* after a last word it is the short time all the same */
	plain_init(&lab, 2, 1000, 100, 150);
	plain_boot(&lab);
	hear_for(150, 5000);
	hear(0);
	core_leave(&lab.core, &map);
	core_reload(&lab.core, &next, &map, &lab.actions);
	assert_claims_after_us(609375);
	/* it tells no digest: a shorter one counts from the next advert on */
	plain_init(&lab, 2, 5000, 100, 150);
	plain_boot(&lab);
	hear_for(150, 15000);
	next = lab.settings;
	next.instances[0].advert_ms = 1000;
	core_leave(&lab.core, &map);
	core_reload(&lab.core, &next, &map, &lab.actions);
	hear(150);
	assert_claims_after_us(3609375);
	assert_lab_is_well();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_R16_silence_is_proof_after_the_RFCs_time),
		cmocka_unit_test(test_R16_a_start_listens_for_that_time_alone),
		cmocka_unit_test(
			test_R16_priority_0_is_taken_over_after_the_skew),
		cmocka_unit_test(
			test_R16_priority_0_while_the_address_goes_is_a_word_as_well),
		cmocka_unit_test(
			test_R16_who_takes_it_back_after_its_priority_0_keeps_it),
		cmocka_unit_test(test_R16_who_does_not_listen_hears_no_silence),
		cmocka_unit_test(test_R16_a_higher_priority_takes_it),
		cmocka_unit_test(
			test_R16_of_equal_ones_the_higher_address_stays),
		cmocka_unit_test(test_R16_a_lower_one_is_answered_at_once),
		cmocka_unit_test(
			test_R16_a_lower_one_that_goes_on_is_a_split_brain),
		cmocka_unit_test(
			test_R16_preempt_discards_the_lower_after_its_delay),
		cmocka_unit_test(test_R16_version_3_learns_the_interval),
		cmocka_unit_test(test_R16_dropped_adverts_hold_it_back),
		cmocka_unit_test(
			test_R16_a_clock_that_is_set_makes_no_second_owner),
		cmocka_unit_test(test_R16_an_unknown_router_counts),
		cmocka_unit_test(test_R16_a_beat_refuses_it),
		cmocka_unit_test(
			test_R16_a_stall_does_not_make_a_twinbeat_plain),
		cmocka_unit_test(test_R16_a_stall_listens_anew),
		cmocka_unit_test(test_R16_who_cannot_be_heard_serves_not),
		cmocka_unit_test(test_R16_an_owner_that_stops_says_so),
		cmocka_unit_test(
			test_R16_a_handover_is_given_and_never_asked_for),
		cmocka_unit_test(test_R16_a_handover_to_nobody_comes_back),
		cmocka_unit_test(test_R16_a_silent_standby_is_no_alarm),
		cmocka_unit_test(test_R16_seeds_go_as_the_textbook),
		cmocka_unit_test(
			test_R16_a_longer_interval_counts_from_a_reload_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
