/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VRRPV3-MIB: objects in the order of their names, found and followed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>

#include <cmocka.h>

#include "../../src/snmp/mib.h"

static struct mib mib;
static struct routers routers;
static json_t *addresses;

static struct router *add(uint32_t interface, uint32_t vrid, bool is_v6)
{
	struct router *router = &routers.list[routers.count++];

	*router = (struct router){.interface = interface,
				  .vrid = vrid,
				  .is_v6 = is_v6,
				  .state = ROUTER_BACKUP,
				  .priority = 100,
				  .advert_ms = 100,
				  .up_ms = 12345,
				  .addresses = addresses,
				  .source = {{192, 0, 2, 11}, 4}};
	return router;
}

static int begin(void **state)
{
	(void)state;
	memset(&routers, 0, sizeof(routers));
	addresses = json_pack("[s,s,s]", "192.0.2.100/24", "2001:db8::1",
			      "nonsense");
	return addresses ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	json_decref(addresses);
	mib_free(&mib);
	return 0;
}

/* vrrpv3OperationsTable (1.1.1.1) or vrrpv3StatisticsTable (1.2.5.1) */
static const struct mib_object *find(uint32_t group, uint32_t table,
				     uint32_t column, uint32_t interface,
				     uint32_t vrid, uint32_t family)
{
	const uint32_t name[] = {1,	 group,	    table, 1,
				 column, interface, vrid,  family};

	return mib_find(&mib, name, 8);
}

static void test_a_walk_meets_each_object_once_in_order(void **state)
{
	const struct mib_object *at;
	size_t met = 0;

	(void)state;
	/* not in the order of their rows */
	add(7, 60, true);
	add(7, 55, false);
	add(3, 200, false);
	assert_true(mib_make(&mib, &routers));
	at = mib_next(&mib, NULL, 0, false);
	while (at) {
		const struct mib_object *next =
			mib_next(&mib, at->name, at->length, false);

		met++;
		assert_ptr_equal(mib_find(&mib, at->name, at->length), at);
		assert_ptr_equal(mib_next(&mib, at->name, at->length, true),
				 at);
		assert_true(!next || next == at + 1);
		at = next;
	}
	assert_int_equal(met, mib.count);
	/* 3 scalars; 11 and 13 columns a router; an address each of its own */
	assert_int_equal(met, 3 + 3 * (11 + 13) + 3);
}

static void test_values_are_in_the_units_of_the_rfc(void **state)
{
	(void)state;
	add(7, 55, false);
	assert_true(mib_make(&mib, &routers));
	/* centiseconds */
	assert_int_equal(find(1, 1, 9, 7, 55, 1)->number, 10);
	assert_int_equal(find(1, 1, 12, 7, 55, 1)->number, 1234);
	/* only those of its family, and nothing that is none */
	assert_int_equal(find(1, 1, 8, 7, 55, 1)->number, 1);
	/* RFC 9568 7.3 */
	assert_memory_equal(find(1, 1, 5, 7, 55, 1)->octets,
			    "\x00\x00\x5e\x00\x01\x37", 6);
	/* an interval below 10 ms is not 0: the MIB has none */
	routers.list[0].advert_ms = 3;
	assert_true(mib_make(&mib, &routers));
	assert_int_equal(find(1, 1, 9, 7, 55, 1)->number, 1);
}

static void test_a_router_without_an_interface_has_no_row(void **state)
{
	(void)state;
	add(0, 55, false)->counts[COUNT_CHECKSUM] = 2;
	add(7, 56, false)->counts[COUNT_CHECKSUM] = 3;
	assert_true(mib_make(&mib, &routers));
	assert_null(find(1, 1, 6, 0, 55, 1));
	assert_non_null(find(1, 1, 6, 7, 56, 1));
	/* what was received wrong was received */
	assert_int_equal(mib_find(&mib, (uint32_t[]){1, 2, 1, 0}, 4)->number,
			 5);
}

static void test_no_errors_of_other_routers_are_claimed(void **state)
{
	(void)state;
	add(7, 55, false);
	assert_true(mib_make(&mib, &routers));
	/* vrrpv3RouterVrIdErrors */
	assert_null(mib_find(&mib, (uint32_t[]){1, 2, 3, 0}, 4));
}

static void test_names_of_notifications_are_of_objects(void **state)
{
	uint32_t name[MIB_NAME_MAX];
	const struct router *router = add(7, 55, true);

	(void)state;
	assert_true(mib_make(&mib, &routers));
	assert_non_null(mib_find(&mib, name, mib_name_master(router, name)));
	assert_non_null(mib_find(&mib, name, mib_name_reason(router, name)));
	assert_non_null(mib_find(&mib, name, mib_name_error(router, name)));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_walk_meets_each_object_once_in_order),
		TEST(test_values_are_in_the_units_of_the_rfc),
		TEST(test_a_router_without_an_interface_has_no_row),
		TEST(test_no_errors_of_other_routers_are_claimed),
		TEST(test_names_of_notifications_are_of_objects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
