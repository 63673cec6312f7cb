/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The director's rules (src/director/RULES.md) in virtual time: rise and fall,
 * flaps, slow start, words, quorum, fallback, panic, blindness. At the end
 * random schedules, judged by a second opinion that knows only the results.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../src/director/pool.h"
#include "../../src/director/sight.h"

#define SEC  INT64_C(1000000)
#define MOST 6

static struct server_rules server_rules[MOST];
static struct pool_rules pool_rules;
static struct server servers[MOST];
static struct pool pool;
static struct pool_target targets[MOST], fallback;
static struct sight_address addresses[MOST];
static struct sight sight;
static int64_t now_us;

/* count servers of weight 10 with one check each, rise 2, fall 3. */
static void begin(unsigned count)
{
	now_us = 1000 * SEC;
	pool_rules = (struct pool_rules){.has_fallback = true};
	for (unsigned i = 0; i < count; i++)
		server_rules[i] = (struct server_rules){
			.weight = 10, .check_count = 1, .checks = {{2, 3}}};
	pool = (struct pool){.rules = &pool_rules,
			     .server_rules = server_rules,
			     .servers = servers,
			     .count = count};
	memset(targets, 0, sizeof(targets));
	pool_begin(&pool, now_us);
	sight = (struct sight){
		.addresses = addresses, .count = count, .window_us = 3 * SEC};
	sight_begin(&sight);
	for (unsigned i = 0; i < count; i++)
		addresses[i].is_followed = true;
}

static void step(void)
{
	sight_step(&sight, now_us);
	pool_step(&pool, sight.is_blind, now_us, targets, &fallback);
}

/* One result of check 0, a tenth of a second later. */
static void tell(unsigned i, enum check_result result)
{
	now_us += SEC / 10;
	server_take_result(&servers[i], &server_rules[i], 0, result, 100,
			   now_us);
	step();
}

static void tell_times(unsigned i, enum check_result result, unsigned times)
{
	while (times-- > 0)
		tell(i, result);
}

static void begin_up(unsigned count)
{
	begin(count);
	for (unsigned i = 0; i < count; i++)
		tell(i, CHECK_PASSED);
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(targets[i].weight, 10);
}

/* ---- D2 ---- */

static void D2_a_server_gets_nothing_before_its_first_check(void **state)
{
	(void)state;
	begin(2);
	step();
	assert_int_equal(pool.mode, POOL_STARTING);
	assert_int_equal(targets[0].weight + targets[1].weight, 0);
	assert_false(fallback.is_there);
	tell(0, CHECK_PASSED);
	assert_int_equal(targets[0].weight, 10);
	assert_int_equal(targets[1].weight, 0);
}

static void D2_the_first_failure_is_enough_to_know(void **state)
{
	(void)state;
	begin(1);
	tell(0, CHECK_FAILED_L4);
	assert_int_equal(server_health(&servers[0]), HEALTH_DOWN);
	assert_int_equal(pool.mode, POOL_FALLBACK);
	assert_true(fallback.is_there);
}

static void D2_goes_down_after_fall_failures_in_a_row(void **state)
{
	(void)state;
	begin_up(2);
	tell_times(0, CHECK_FAILED_L7, 2);
	assert_int_equal(server_health(&servers[0]), HEALTH_FALLING);
	tell(0, CHECK_PASSED);
	tell_times(0, CHECK_FAILED_L7, 2);
	assert_int_equal(targets[0].weight, 10);
	tell(0, CHECK_FAILED_L7);
	assert_int_equal(targets[0].weight, 0);
	assert_int_equal(server_health(&servers[0]), HEALTH_DOWN);
}

static void D2_comes_back_after_rise_passes_in_a_row(void **state)
{
	(void)state;
	begin_up(2);
	tell_times(0, CHECK_FAILED_L7, 3);
	tell(0, CHECK_PASSED);
	assert_int_equal(server_health(&servers[0]), HEALTH_RISING);
	tell(0, CHECK_FAILED_L7);
	tell(0, CHECK_PASSED);
	assert_int_equal(targets[0].weight, 0);
	tell(0, CHECK_PASSED);
	assert_int_equal(targets[0].weight, 10);
}

static void D2_all_checks_of_a_server_must_pass(void **state)
{
	(void)state;
	begin(1);
	server_rules[0].check_count = 2;
	server_rules[0].checks[1] = (struct check_rules){1, 1};
	tell(0, CHECK_PASSED);
	assert_int_equal(targets[0].weight, 0);
	server_take_result(&servers[0], &server_rules[0], 1, CHECK_PASSED, 100,
			   now_us);
	step();
	assert_int_equal(targets[0].weight, 10);
	server_take_result(&servers[0], &server_rules[0], 1, CHECK_FAILED_L7,
			   100, now_us);
	step();
	assert_int_equal(targets[0].weight, 0);
}

static void D2_without_checks_a_server_is_used(void **state)
{
	(void)state;
	begin(1);
	server_rules[0].check_count = 0;
	step();
	assert_int_equal(targets[0].weight, 10);
	assert_int_equal(pool.mode, POOL_OK);
}

static void D2_what_was_known_before_counts_until_own_results_differ(void **s)
{
	(void)s;
	begin(2);
	server_assume(&servers[0], &server_rules[0], true, now_us);
	server_assume(&servers[1], &server_rules[1], false, now_us);
	step();
	assert_int_equal(targets[0].weight, 10);
	tell_times(0, CHECK_FAILED_L7, 2);
	assert_int_equal(targets[0].weight, 10);
	tell(0, CHECK_FAILED_L7);
	assert_int_equal(targets[0].weight, 0);
	tell(1, CHECK_PASSED);
	assert_int_equal(targets[1].weight, 0);
	tell(1, CHECK_PASSED);
	assert_int_equal(targets[1].weight, 10);
}

static void D2_words_outlast_checks_panic_and_all(void **state)
{
	(void)state;
	begin_up(4);
	servers[0].admin = WORD_DRAIN;
	tell(0, CHECK_PASSED);
	assert_int_equal(targets[0].weight, 0);
	assert_true(targets[0].is_there);
	pool_rules.panic_percent = 100;
	tell_times(1, CHECK_FAILED_L7, 3);
	assert_int_equal(pool.mode, POOL_PANIC);
	assert_int_equal(targets[0].weight, 0);
	assert_int_equal(targets[1].weight, 10);
	pool_rules.panic_percent = 0;
	pool_rules.on_empty = ON_EMPTY_ALL;
	tell_times(2, CHECK_FAILED_L7, 3);
	tell_times(3, CHECK_FAILED_L7, 3);
	assert_int_equal(pool.mode, POOL_ALL);
	assert_int_equal(targets[0].weight, 0);
	assert_int_equal(targets[3].weight, 10);
}

static void D2_weight_0_in_the_file_is_drained_from_the_start(void **state)
{
	(void)state;
	begin(2);
	server_rules[0].weight = 0;
	tell(0, CHECK_PASSED);
	tell(1, CHECK_PASSED);
	assert_int_equal(targets[0].weight, 0);
	assert_int_equal(pool.mode, POOL_OK);
}

static void D2_percents_are_multiplied_and_never_become_0(void **state)
{
	(void)state;
	begin_up(1);
	pool_rules.is_scaled = true;
	servers[0].admin_percent = 50;
	servers[0].agent_percent = 50;
	step();
	assert_int_equal(targets[0].weight, 250);
	servers[0].admin_percent = servers[0].agent_percent = 1;
	step();
	assert_int_equal(targets[0].weight, 10);
	pool_rules.is_scaled = false;
	step();
	assert_int_equal(targets[0].weight, 1);
	servers[0].agent_percent = 0;
	step();
	assert_int_equal(targets[0].weight, 0);
}

/* T24: held, and the hold grows. */
static void D2_a_flapping_server_is_held_and_the_hold_grows(void **state)
{
	struct flap_rules flap = {.changes = 4,
				  .window_us = 120 * SEC,
				  .hold_us = 30 * SEC,
				  .hold_max_us = 50 * SEC};
	int64_t down_us;

	(void)state;
	begin_up(2);
	server_rules[0].flap = flap;
	tell_times(0, CHECK_FAILED_L7, 3);
	tell_times(0, CHECK_PASSED, 2);
	tell_times(0, CHECK_FAILED_L7, 3);
	tell_times(0, CHECK_PASSED, 2);
	assert_int_equal(targets[0].weight, 10);
	tell_times(0, CHECK_FAILED_L7, 3);
	down_us = now_us;
	tell_times(0, CHECK_PASSED, 2);
	assert_int_equal(server_health(&servers[0]), HEALTH_HELD);
	assert_int_equal(targets[0].weight, 0);
	assert_int_equal(pool_due_us(&pool, now_us), down_us + 30 * SEC);
	now_us = down_us + 30 * SEC;
	step();
	assert_int_equal(targets[0].weight, 10);
	tell_times(0, CHECK_FAILED_L7, 3);
	assert_int_equal(servers[0].held_until_us, now_us + 50 * SEC);
	now_us += 50 * SEC;
	tell_times(0, CHECK_PASSED, 2);
	assert_int_equal(targets[0].weight, 10);
	/* long quiet: as if nothing had been */
	now_us += 1000 * SEC;
	tell_times(0, CHECK_FAILED_L7, 3);
	tell_times(0, CHECK_PASSED, 2);
	assert_int_equal(targets[0].weight, 10);
}

static void D2_slow_start_only_after_a_failure(void **state)
{
	(void)state;
	begin(2);
	pool_rules.is_scaled = true;
	server_rules[0].slow_start_us = 20 * SEC;
	server_rules[0].slow_start_min_percent = 10;
	tell(0, CHECK_PASSED);
	tell(1, CHECK_PASSED);
	assert_int_equal(targets[0].weight, 1000);
	tell_times(0, CHECK_FAILED_L7, 3);
	tell_times(0, CHECK_PASSED, 2);
	assert_int_equal(targets[0].weight, 100);
	assert_int_equal(pool_due_us(&pool, now_us), now_us + SEC);
	now_us += 10 * SEC;
	step();
	assert_int_equal(targets[0].weight, 500);
	now_us += 10 * SEC;
	step();
	assert_int_equal(targets[0].weight, 1000);
	assert_true(pool_due_us(&pool, now_us) == INT64_MAX);
}

/* ---- D3 ---- */

static void D3_auto_quiesces_a_wrong_answer_and_cuts_silence(void **state)
{
	(void)state;
	begin_up(3);
	tell_times(0, CHECK_FAILED_L7, 3);
	tell_times(1, CHECK_FAILED_L4, 3);
	assert_true(targets[0].is_there);
	assert_int_equal(targets[0].weight, 0);
	assert_false(targets[1].is_there);
}

static void D3_quiesce_and_cut_as_configured(void **state)
{
	(void)state;
	begin_up(3);
	pool_rules.on_down = ON_DOWN_QUIESCE;
	tell_times(0, CHECK_FAILED_L4, 3);
	assert_true(targets[0].is_there);
	pool_rules.on_down = ON_DOWN_CUT;
	tell_times(1, CHECK_FAILED_L7, 3);
	assert_false(targets[1].is_there);
}

static void D3_a_datagram_service_is_always_cut(void **state)
{
	(void)state;
	begin_up(2);
	pool_rules.is_datagram = true;
	pool_rules.on_down = ON_DOWN_QUIESCE;
	tell_times(0, CHECK_FAILED_L7, 3);
	assert_false(targets[0].is_there);
	servers[1].admin = WORD_DRAIN;
	step();
	assert_false(targets[1].is_there);
}

static void D3_sh_and_mh_never_delete_for_health(void **state)
{
	(void)state;
	begin_up(2);
	pool_rules.is_ordered = true;
	pool_rules.on_down = ON_DOWN_CUT;
	tell_times(0, CHECK_FAILED_L4, 3);
	assert_true(targets[0].is_there);
	assert_int_equal(targets[0].weight, 0);
}

static void D3_a_disabled_server_is_cut_a_drained_one_quiesced(void **state)
{
	(void)state;
	begin_up(2);
	servers[0].admin = WORD_OUT;
	servers[1].admin = WORD_DRAIN;
	step();
	assert_false(targets[0].is_there);
	assert_true(targets[1].is_there);
	assert_int_equal(targets[1].weight, 0);
}

/* T30: quorum 2, hysteresis 1. */
static void D3_quorum_is_gained_and_lost_with_hysteresis(void **state)
{
	(void)state;
	begin(4);
	for (unsigned i = 0; i < 4; i++)
		server_rules[i].weight = 1;
	pool_rules.quorum = 2;
	pool_rules.hysteresis = 1;
	for (unsigned i = 0; i < 4; i++)
		tell(i, CHECK_PASSED);
	assert_int_equal(pool.mode, POOL_OK);
	for (unsigned i = 0; i < 3; i++)
		tell_times(i, CHECK_FAILED_L7, 3);
	assert_int_equal(pool.mode, POOL_DEGRADED);
	tell_times(3, CHECK_FAILED_L7, 3);
	assert_int_equal(pool.mode, POOL_FALLBACK);
	tell_times(0, CHECK_PASSED, 2);
	tell_times(1, CHECK_PASSED, 2);
	assert_int_equal(pool.mode, POOL_FALLBACK);
	assert_int_equal(targets[0].weight, 0);
	assert_true(targets[0].is_there);
	tell_times(2, CHECK_PASSED, 2);
	assert_int_equal(pool.mode, POOL_DEGRADED);
	assert_int_equal(targets[0].weight, 1);
	assert_false(fallback.is_there);
}

static void D3_without_a_fallback_those_that_live_go_on(void **state)
{
	(void)state;
	begin_up(2);
	pool_rules.quorum = 20;
	pool_rules.on_empty = ON_EMPTY_REFUSE;
	tell_times(0, CHECK_FAILED_L7, 3);
	assert_int_equal(pool.mode, POOL_EMPTY);
	assert_int_equal(targets[1].weight, 10);
	assert_false(fallback.is_there);
}

/* T31: three of four fail: all serve; two: not. */
static void D3_panic_doubts_the_checks(void **state)
{
	(void)state;
	begin_up(4);
	pool_rules.panic_percent = 50;
	tell_times(0, CHECK_FAILED_L7, 3);
	tell_times(1, CHECK_FAILED_L7, 3);
	assert_int_equal(pool.mode, POOL_DEGRADED);
	assert_int_equal(targets[0].weight, 0);
	tell_times(2, CHECK_FAILED_L7, 3);
	assert_int_equal(pool.mode, POOL_PANIC);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(targets[i].weight, 10);
}

/* ---- D5 ---- */

static void see(unsigned i, bool answers)
{
	now_us += SEC / 10;
	sight_take_result(&sight, i, answers, now_us, now_us);
	sight_step(&sight, now_us);
	if (answers || !sight.is_blind)
		server_take_result(&servers[i], &server_rules[i], 0,
				   answers ? CHECK_PASSED : CHECK_FAILED_L4,
				   100, now_us);
	step();
}

static void D5_all_silent_at_once_freezes_the_weights(void **state)
{
	(void)state;
	begin(3);
	for (unsigned i = 0; i < 3; i++)
		see(i, true);
	for (unsigned turn = 0; turn < 5; turn++)
		for (unsigned i = 0; i < 3; i++)
			see(i, false);
	assert_true(sight.is_blind);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(targets[i].weight, 10);
	/* words act all the same */
	servers[2].admin = WORD_DRAIN;
	step();
	assert_int_equal(targets[2].weight, 0);
	assert_int_equal(targets[1].weight, 10);
	see(1, true);
	assert_false(sight.is_blind);
	assert_int_equal(targets[0].weight, 10);
}

static void D5_after_ten_seconds_what_is_seen_is_true(void **state)
{
	int64_t begun_us;

	(void)state;
	begin(2);
	for (unsigned i = 0; i < 2; i++)
		see(i, true);
	for (unsigned i = 0; i < 2; i++)
		see(i, false);
	assert_true(sight.is_blind);
	begun_us = now_us;
	assert_int_equal(sight_due_us(&sight), begun_us + SIGHT_GIVE_UP_US);
	now_us = begun_us + SIGHT_GIVE_UP_US;
	for (unsigned turn = 0; turn < 3; turn++)
		for (unsigned i = 0; i < 2; i++)
			see(i, false);
	assert_false(sight.is_blind);
	assert_int_equal(pool.mode, POOL_FALLBACK);
}

/* No one of them answers: that is said at once, and meant when the other node
 * has answered that it sees some. */
static void D5_the_word_for_the_pair(void **state)
{
	uint8_t first;

	(void)state;
	begin(2);
	assert_int_equal(sight_word(&sight), SIGHT_UNKNOWN);
	see(0, true);
	assert_int_equal(sight_word(&sight), SIGHT_SEES);
	see(0, false);
	/* the other one was not asked yet */
	assert_int_equal(sight_word(&sight), SIGHT_UNKNOWN);
	assert_int_equal(sight.question, 0);
	see(1, false);
	assert_int_equal(sight_word(&sight), SIGHT_UNKNOWN);
	first = sight.question;
	assert_int_not_equal(first, 0);
	/* no time proves anything, nor does the answer to another question */
	now_us += 60 * SEC;
	sight_hear(&sight, 0, (uint8_t)(first - 1), now_us);
	assert_int_equal(sight_word(&sight), SIGHT_UNKNOWN);
	assert_true(sight_hear(&sight, 0, first, now_us));
	see(1, false);
	assert_int_equal(sight_word(&sight), SIGHT_UNKNOWN);
	see(0, false);
	assert_int_equal(sight_word(&sight), SIGHT_NONE);
	/* a lost board takes nothing back (R3: beats say what it sees now) */
	sight_hear(&sight, 0, 0, now_us);
	assert_int_equal(sight_word(&sight), SIGHT_NONE);
	see(1, true);
	assert_int_equal(sight_word(&sight), SIGHT_SEES);
	assert_int_equal(sight.question, 0);
	/* and it begins anew: the old answer is none to the new question */
	sight_hear(&sight, 0, first, now_us);
	see(1, false);
	assert_int_equal(sight_word(&sight), SIGHT_UNKNOWN);
	assert_int_not_equal(sight.question, first);
	sight_hear(&sight, 0, first, now_us);
	assert_int_equal(sight_word(&sight), SIGHT_UNKNOWN);
}

static void D5_no_number_in_the_air_is_asked_with(void **state)
{
	(void)state;
	begin(2);
	for (unsigned i = 0; i < 600; i++) {
		uint8_t in_air = (uint8_t)(sight.last_question + 1);

		sight_hear(&sight, 0, in_air, now_us);
		see(0, true);
		see(0, false);
		see(1, false);
		assert_int_not_equal(sight.question, 0);
		assert_int_not_equal(sight.question, in_air);
	}
}

/* The other side: only what was asked since the question is an answer. */
static void D5_an_answer_is_of_after_the_question(void **state)
{
	(void)state;
	begin(2);
	see(0, true);
	assert_false(sight_hear(&sight, 0, 0, now_us));
	assert_true(sight_hear(&sight, 7, 0, now_us));
	assert_int_equal(sight_echo(&sight), 0);
	/* it was under way already */
	sight_take_result(&sight, 0, true, now_us - 1, now_us + SEC);
	assert_int_equal(sight_echo(&sight), 0);
	sight_take_result(&sight, 0, false, now_us, now_us + SEC);
	assert_int_equal(sight_echo(&sight), 0);
	sight_take_result(&sight, 1, true, now_us, now_us + SEC);
	assert_int_equal(sight_echo(&sight), 7);
	/* the same one again is none; another one is */
	assert_false(sight_hear(&sight, 7, 0, now_us + SEC));
	assert_int_equal(sight_echo(&sight), 7);
	now_us += 2 * SEC;
	assert_true(sight_hear(&sight, 8, 0, now_us));
	assert_int_equal(sight_echo(&sight), 0);
	see(0, true);
	assert_int_equal(sight_echo(&sight), 8);
	/* who has become blind himself sees none any more */
	see(0, false);
	see(1, false);
	assert_int_equal(sight_echo(&sight), 0);
	/* no board, no question */
	see(0, true);
	sight_hear(&sight, 0, 0, now_us);
	assert_int_equal(sight_echo(&sight), 0);
}

static void D5_one_address_is_no_witness(void **state)
{
	(void)state;
	begin(1);
	see(0, true);
	see(0, false);
	assert_int_equal(sight.question, 0);
	/* but a cable is */
	sight_take_carrier(&sight, false);
	sight_step(&sight, now_us);
	sight_hear(&sight, 0, sight.question, now_us);
	assert_int_equal(sight_word(&sight), SIGHT_NONE);
}

/* follow_health = false: its servers say nothing for the pair, and freeze the
 * weights with all others. */
static void D5_who_is_not_followed_is_no_witness_for_the_pair(void **state)
{
	(void)state;
	begin(3);
	addresses[2].is_followed = false;
	for (unsigned i = 0; i < 3; i++)
		see(i, true);
	see(0, false);
	see(1, false);
	/* the third one answers: not blind, and yet it is asked */
	assert_false(sight.is_blind);
	assert_int_not_equal(sight.question, 0);
	see(2, true);
	assert_int_equal(sight_word(&sight), SIGHT_UNKNOWN);
	sight_hear(&sight, 9, sight.question, now_us);
	see(0, false);
	see(1, false);
	assert_int_equal(sight_word(&sight), SIGHT_NONE);
	see(2, true);
	assert_int_equal(sight_echo(&sight), 0);
	addresses[1].is_followed = false;
	see(0, true);
	assert_int_equal(sight_word(&sight), SIGHT_SEES);
	/* a single one is no witness */
	see(0, false);
	assert_int_equal(sight.question, 0);
}

static void D5_a_long_dead_server_is_no_witness(void **state)
{
	(void)state;
	begin(2);
	for (unsigned i = 0; i < 2; i++)
		see(i, true);
	for (unsigned turn = 0; turn < 3; turn++)
		see(0, false);
	see(1, true);
	now_us += 100 * SEC;
	for (unsigned turn = 0; turn < 3; turn++)
		see(1, false);
	assert_false(sight.is_blind);
	assert_int_equal(pool.mode, POOL_FALLBACK);
}

static void D5_no_carrier_is_blind(void **state)
{
	(void)state;
	begin(1);
	see(0, true);
	sight_take_carrier(&sight, false);
	for (unsigned turn = 0; turn < 5; turn++)
		see(0, false);
	assert_true(sight.is_blind);
	assert_int_equal(targets[0].weight, 10);
	sight_take_carrier(&sight, true);
	see(0, true);
	assert_false(sight.is_blind);
	/* one that answers without: it was not the way to them */
	sight_take_carrier(&sight, false);
	step();
	assert_true(sight.is_blind);
	see(0, true);
	assert_false(sight.is_blind);
	assert_int_equal(sight_word(&sight), SIGHT_SEES);
	/* and the next loss is one again */
	sight_take_carrier(&sight, true);
	sight_take_carrier(&sight, false);
	step();
	assert_true(sight.is_blind);
}

/* ---- random schedules, and a second opinion ---- */

/* What the results alone say of one server. */
struct opinion {
	unsigned passed, failed; /* in a row, since the last other one */
	bool is_known;
	enum server_word word;
};

static uint32_t seed;

static unsigned draw(unsigned below)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % below;
}

static void judge(const struct opinion *opinions, unsigned number)
{
	bool by_checks = pool.mode == POOL_OK || pool.mode == POOL_DEGRADED ||
			 pool.mode == POOL_EMPTY;

	for (unsigned i = 0; i < pool.count; i++) {
		const struct opinion *one = &opinions[i];
		bool used = targets[i].is_there && targets[i].weight > 0;
		bool held = servers[i].held_until_us > now_us;
		const char *wrong = NULL;

		if (servers[i].admin != one->word)
			wrong = "the operator's word was lost";
		else if (used && one->word != WORD_READY)
			wrong = "in use against the operator's word";
		else if (sight.is_blind)
			continue;
		else if (used && by_checks && one->failed >= 3)
			wrong = "in use though it failed its fall";
		else if (used && by_checks && !one->is_known)
			wrong = "in use though it was never seen to work";
		else if (!used && by_checks && one->passed >= 2 && !held &&
			 one->word == WORD_READY)
			wrong = "out though it passed its rise";
		if (wrong != NULL)
			fail_msg("seed %u, step %u: server %u: %s", number,
				 (unsigned)((now_us - 1000 * SEC) / SEC), i,
				 wrong);
	}
	if (pool.mode == POOL_FALLBACK && !sight.is_blind)
		assert_true(fallback.is_there);
}

static void play(unsigned number)
{
	struct opinion opinions[MOST] = {{0}};
	bool lies[MOST] = {false}; /* its checks fail more often than not */

	seed = number * 2654435761u + 1;
	begin(1 + draw(MOST));
	pool_rules.panic_percent = draw(4) == 0 ? 50 : 0;
	pool_rules.on_empty = draw(3);
	pool_rules.quorum = draw(30);
	pool_rules.hysteresis = pool_rules.quorum / 2;
	pool_rules.is_datagram = draw(4) == 0;
	pool_rules.is_ordered = draw(4) == 0;
	for (unsigned i = 0; i < pool.count; i++) {
		if (draw(3) == 0)
			server_rules[i].flap = (struct flap_rules){
				4, 60 * SEC, 10 * SEC, 40 * SEC};
		server_rules[i].slow_start_us = draw(2) * 5 * SEC;
	}
	for (unsigned turn = 0; turn < 300; turn++) {
		unsigned i = draw(pool.count);
		bool answers = draw(10) < (lies[i] ? 2 : 9);
		bool wrong = answers && lies[i] && draw(2) == 0;
		struct opinion *one = &opinions[i];

		now_us += draw(1000) * 1000;
		if (draw(20) == 0)
			lies[i] = !lies[i];
		if (draw(15) == 0)
			servers[i].admin = one->word = draw(3);
		if (draw(100) == 0)
			sight_take_carrier(&sight, draw(2));
		sight_take_result(&sight, i, answers, now_us, now_us);
		sight_step(&sight, now_us);
		if (answers || !sight.is_blind) {
			bool passed = answers && !wrong;

			server_take_result(&servers[i], &server_rules[i], 0,
					   passed    ? CHECK_PASSED
					   : answers ? CHECK_FAILED_L7
						     : CHECK_FAILED_L4,
					   100, now_us);
			one->passed = passed ? one->passed + 1 : 0;
			one->failed = passed ? 0 : one->failed + 1;
			one->is_known = one->is_known || passed;
		}
		step();
		judge(opinions, number);
	}
}

static void D2_D5_random_schedules_keep_the_invariants(void **state)
{
	(void)state;
	for (unsigned number = 1; number <= 3000; number++)
		play(number);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			D2_a_server_gets_nothing_before_its_first_check),
		cmocka_unit_test(D2_the_first_failure_is_enough_to_know),
		cmocka_unit_test(D2_goes_down_after_fall_failures_in_a_row),
		cmocka_unit_test(D2_comes_back_after_rise_passes_in_a_row),
		cmocka_unit_test(D2_all_checks_of_a_server_must_pass),
		cmocka_unit_test(D2_without_checks_a_server_is_used),
		cmocka_unit_test(
			D2_what_was_known_before_counts_until_own_results_differ),
		cmocka_unit_test(D2_words_outlast_checks_panic_and_all),
		cmocka_unit_test(
			D2_weight_0_in_the_file_is_drained_from_the_start),
		cmocka_unit_test(D2_percents_are_multiplied_and_never_become_0),
		cmocka_unit_test(
			D2_a_flapping_server_is_held_and_the_hold_grows),
		cmocka_unit_test(D2_slow_start_only_after_a_failure),
		cmocka_unit_test(
			D3_auto_quiesces_a_wrong_answer_and_cuts_silence),
		cmocka_unit_test(D3_quiesce_and_cut_as_configured),
		cmocka_unit_test(D3_a_datagram_service_is_always_cut),
		cmocka_unit_test(D3_sh_and_mh_never_delete_for_health),
		cmocka_unit_test(
			D3_a_disabled_server_is_cut_a_drained_one_quiesced),
		cmocka_unit_test(D3_quorum_is_gained_and_lost_with_hysteresis),
		cmocka_unit_test(D3_without_a_fallback_those_that_live_go_on),
		cmocka_unit_test(D3_panic_doubts_the_checks),
		cmocka_unit_test(D5_all_silent_at_once_freezes_the_weights),
		cmocka_unit_test(D5_after_ten_seconds_what_is_seen_is_true),
		cmocka_unit_test(D5_the_word_for_the_pair),
		cmocka_unit_test(D5_no_number_in_the_air_is_asked_with),
		cmocka_unit_test(D5_an_answer_is_of_after_the_question),
		cmocka_unit_test(D5_one_address_is_no_witness),
		cmocka_unit_test(
			D5_who_is_not_followed_is_no_witness_for_the_pair),
		cmocka_unit_test(D5_a_long_dead_server_is_no_witness),
		cmocka_unit_test(D5_no_carrier_is_blind),
		cmocka_unit_test(D2_D5_random_schedules_keep_the_invariants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
