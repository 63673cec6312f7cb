/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claims that wait for the director's table (D1). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "../../src/daemon/claims.h"

static struct claims claims;
static struct permit got;

static struct permit permit(unsigned instance)
{
	return (struct permit){.instance = instance,
			       .proof = PROOF_FENCED,
			       .own_generation = 7 + instance};
}

static void hold(unsigned instance, uint32_t number, int64_t now_us)
{
	const struct permit one = permit(instance);

	claims_hold(&claims, &one, number, now_us);
}

static int begin(void **state)
{
	(void)state;
	memset(&claims, 0, sizeof(claims));
	return 0;
}

static void
D1_an_answer_sends_what_waits_for_it_and_for_earlier_ones(void **state)
{
	(void)state;
	hold(3, 10, 1000);
	hold(200, 11, 1000);
	hold(5, 12, 1000);
	assert_false(claims_next_answered(&claims, 9, &got));
	assert_true(claims_next_answered(&claims, 11, &got));
	assert_int_equal(got.instance, 3);
	assert_int_equal(got.own_generation, 10);
	assert_int_equal(got.proof, PROOF_FENCED);
	assert_true(claims_next_answered(&claims, 11, &got));
	assert_int_equal(got.instance, 200);
	assert_false(claims_next_answered(&claims, 11, &got));
	assert_true(claims_next_answered(&claims, 12, &got));
	assert_false(claims_next_answered(&claims, 12, &got));
	assert_true(claims_due_us(&claims) == INT64_MAX);
}

/* An answer to an earlier life of the same instance is none. */
static void D1_an_old_answer_is_none_also_when_numbers_go_round(void **state)
{
	(void)state;
	hold(0, 1, 1000);
	assert_false(claims_next_answered(&claims, UINT32_MAX, &got));
	assert_true(claims_next_answered(&claims, 1, &got));
	hold(0, UINT32_MAX, 1000);
	assert_true(claims_next_answered(&claims, 1, &got));
}

static void D1_none_waits_for_longer_than_200_ms(void **state)
{
	(void)state;
	hold(1, 1, 1000);
	hold(2, 1, 51000);
	assert_int_equal(claims_due_us(&claims), 1000 + 200000);
	assert_false(claims_next_late(&claims, 200999, &got));
	assert_true(claims_next_late(&claims, 201000, &got));
	assert_int_equal(got.instance, 1);
	assert_false(claims_next_late(&claims, 201000, &got));
	assert_int_equal(claims_due_us(&claims), 51000 + 200000);
	assert_true(claims_next_late(&claims, INT64_MAX, &got));
	assert_int_equal(got.instance, 2);
}

static void D1_what_was_decided_otherwise_is_never_sent(void **state)
{
	(void)state;
	hold(1, 1, 1000);
	hold(2, 1, 1000);
	claims_drop(&claims, 1);
	assert_true(claims_next_answered(&claims, 1, &got));
	assert_int_equal(got.instance, 2);
	assert_false(claims_next_late(&claims, INT64_MAX, &got));
	hold(1, 2, 1000);
	claims_drop_all(&claims);
	assert_false(claims_next_answered(&claims, 2, &got));
	assert_true(claims_due_us(&claims) == INT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
			D1_an_answer_sends_what_waits_for_it_and_for_earlier_ones,
			begin),
		cmocka_unit_test_setup(
			D1_an_old_answer_is_none_also_when_numbers_go_round,
			begin),
		cmocka_unit_test_setup(D1_none_waits_for_longer_than_200_ms,
				       begin),
		cmocka_unit_test_setup(
			D1_what_was_decided_otherwise_is_never_sent, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
