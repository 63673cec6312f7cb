/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The set of instances, beside one that is a bool for each. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <setjmp.h>

#include <cmocka.h>

#include "../../src/wire/instance_set.h"

#define ALL INSTANCE_SET_MAX

struct plain {
	bool has[ALL];
};

static struct instance_set from_plain(const struct plain *plain)
{
	struct instance_set set = {{0}};

	for (unsigned i = 0; i < ALL; i++)
		if (plain->has[i])
			set_add(&set, i);
	return set;
}

static void assert_same(const struct instance_set *set,
			const struct plain *plain)
{
	unsigned count = 0, lowest = ALL;

	for (unsigned i = 0; i < ALL; i++) {
		assert_int_equal(set_has(set, i), plain->has[i]);
		count += plain->has[i];
		if (plain->has[i] && lowest == ALL)
			lowest = i;
	}
	assert_int_equal(set_count(set), count);
	assert_int_equal(set_is_empty(set), count == 0);
	if (count > 0)
		assert_int_equal(set_lowest(set), lowest);
}

static void test_first_is_that_many(void **state)
{
	(void)state;
	for (unsigned count = 0; count <= ALL; count++) {
		struct instance_set set = set_first(count);
		struct plain plain = {{false}};

		for (unsigned i = 0; i < count; i++)
			plain.has[i] = true;
		assert_same(&set, &plain);
	}
}

static void test_one_comes_and_goes(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ALL; i++) {
		struct instance_set set = set_of(i);
		struct plain plain = {{false}};

		plain.has[i] = true;
		assert_same(&set, &plain);
		set_remove(&set, i);
		assert_true(set_is_empty(&set));
	}
}

/* Densities from rare to full, so that subsets and equals occur. */
static void draw(struct plain *plain, unsigned *seed)
{
	unsigned of = 1 + (unsigned)rand_r(seed) % 300;

	for (unsigned i = 0; i < ALL; i++)
		plain->has[i] = (unsigned)rand_r(seed) % of == 0;
}

static void test_two_sets(void **state)
{
	unsigned seed = 1;

	(void)state;
	for (unsigned round = 0; round < 2000; round++) {
		struct plain a, b, both, rest;
		struct instance_set x, y, z;
		bool within = true, meets = false, equal = true;

		draw(&a, &seed);
		draw(&b, &seed);
		for (unsigned i = 0; i < ALL; i++) {
			if (round % 3 == 0)
				b.has[i] = b.has[i] || a.has[i];
			if (round % 30 == 0)
				b.has[i] = a.has[i];
			both.has[i] = a.has[i] && b.has[i];
			rest.has[i] = a.has[i] && !b.has[i];
			within = within && !rest.has[i];
			meets = meets || both.has[i];
			equal = equal && a.has[i] == b.has[i];
		}
		x = from_plain(&a);
		y = from_plain(&b);
		assert_same(&x, &a);
		z = set_and(&x, &y);
		assert_same(&z, &both);
		z = set_without(&x, &y);
		assert_same(&z, &rest);
		assert_int_equal(set_is_within(&x, &y), within);
		assert_int_equal(set_meets(&x, &y), meets);
		assert_int_equal(set_equals(&x, &y), equal);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_is_that_many),
		cmocka_unit_test(test_one_comes_and_goes),
		cmocka_unit_test(test_two_sets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
