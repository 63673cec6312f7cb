/* SPDX-License-Identifier: GPL-3.0-or-later */
/* RFC 6527: virtual routers of a status object, and what is new of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>

#include <cmocka.h>

#include "../../src/snmp/router.h"

static struct routers before, now;
static json_t *status;

static unsigned number_of(const char *interface)
{
	return strcmp(interface, "eth0") == 0 ? 7 : 0;
}

static json_t *add(const char *name, const char *interface, int vrid)
{
	json_t *instance = json_pack(
		"{s:s,s:i,s:s,s:i,s:[s],s:{s:s,s:i,s:i,s:b,s:s,s:s,s:i,s:s}}",
		"name", name, "vrid", vrid, "state", "BACKUP", "priority", 100,
		"addresses", "192.0.2.100/24", "router", "interface", interface,
		"family", 4, "advert_ms", 100, "preempt", 0, "source",
		"192.0.2.11", "heard", "192.0.2.12", "masters", 0,
		"masters_proof", "");

	assert_non_null(instance);
	json_array_append_new(json_object_get(status, "instances"), instance);
	return instance;
}

static void count_drops(const char *name, const char *reason, int count)
{
	json_t *links = json_object_get(status, "links");

	json_array_clear(links);
	json_array_append_new(links,
			      json_pack("{s:s,s:i,s:{s:i}}", "name", name, "rx",
					12, "drops", reason, count));
}

static int begin(void **state)
{
	(void)state;
	memset(&before, 0, sizeof(before));
	status = json_pack("{s:i,s:[],s:[]}", "pid", 42, "instances", "links");
	return status ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	json_decref(status);
	return 0;
}

static void look(uint32_t ticks)
{
	routers_read(&now, status, &before, ticks, number_of);
	before = now;
}

static void test_a_backup_names_the_master_that_it_hears(void **state)
{
	const uint8_t own[] = {192, 0, 2, 11}, other[] = {192, 0, 2, 12};
	json_t *instance = add("VI_1", "eth0", 55);

	(void)state;
	look(0);
	assert_int_equal(now.count, 1);
	assert_int_equal(now.list[0].interface, 7);
	assert_int_equal(now.list[0].state, ROUTER_BACKUP);
	assert_memory_equal(now.list[0].master.bytes, other, 4);
	json_object_set_new(instance, "state", json_string("MASTER"));
	look(1);
	assert_int_equal(now.list[0].state, ROUTER_MASTER);
	assert_memory_equal(now.list[0].master.bytes, own, 4);
	json_object_set_new(instance, "state", json_string("FAULT"));
	look(2);
	assert_int_equal(now.list[0].state, ROUTER_INITIALIZE);
}

static void become_master(json_t *instance, int times, const char *proof)
{
	json_t *router = json_object_get(instance, "router");

	json_object_set_new(router, "masters", json_integer(times));
	json_object_set_new(router, "masters_proof", json_string(proof));
}

static void test_why_it_is_master_is_said_by_its_proof(void **state)
{
	static const struct {
		const char *proof;
		enum router_reason reason;
	} rows[] = {{"resigned", ROUTER_PRIORITY},
		    {"released", ROUTER_PREEMPTED},
		    {"fenced", ROUTER_MASTER_NO_RESPONSE},
		    {"obituary", ROUTER_MASTER_NO_RESPONSE}};
	json_t *instance = add("VI_1", "eth0", 55);

	(void)state;
	look(0);
	assert_int_equal(now.list[0].reason, ROUTER_NOT_MASTER);
	for (int i = 0; i < 4; i++) {
		become_master(instance, i + 1, rows[i].proof);
		look(1);
		assert_int_equal(now.list[0].reason, rows[i].reason);
		assert_true(now.list[0].is_new_master);
		look(2);
		assert_false(now.list[0].is_new_master);
	}
}

static void test_what_was_before_the_first_look_is_no_news(void **state)
{
	json_t *instance = add("VI_1", "eth0", 55);

	(void)state;
	become_master(instance, 3, "released");
	count_drops("vrrp:VI_1", "checksum", 5);
	look(100);
	assert_false(now.list[0].is_new_master || now.list[0].has_new_error);
	assert_int_equal(now.list[0].error, ROUTER_CHECKSUM_ERROR);
	assert_int_equal(now.list[0].counts[COUNT_CHECKSUM], 5);
	assert_int_equal(now.list[0].counts[COUNT_RECEIVED], 12);
	count_drops("vrrp:VI_1", "checksum", 6);
	look(200);
	assert_true(now.list[0].has_new_error);
	assert_int_equal(now.list[0].broken_ticks, 0);
}

static void test_counters_of_another_run_begin_anew(void **state)
{
	json_t *instance = add("VI_1", "eth0", 55);

	(void)state;
	become_master(instance, 3, "released");
	count_drops("vrrp:VI_1", "ttl", 9);
	look(100);
	json_object_set_new(status, "pid", json_integer(43));
	become_master(instance, 1, "released");
	count_drops("vrrp:VI_1", "ttl", 0);
	look(200);
	/* one that it became in this run is news, though the number is less */
	assert_true(now.list[0].is_new_master);
	assert_int_equal(now.list[0].broken_ticks, 200);
	assert_int_equal(now.broken_ticks, 200);
}

static void test_no_interface_is_no_number(void **state)
{
	(void)state;
	add("VI_1", "eth9", 55);
	look(0);
	assert_int_equal(now.list[0].interface, 0);
}

static void test_what_was_told_goes_by_name(void **state)
{
	static struct router_told told[ROUTERS_MAX];

	(void)state;
	add("VI_1", "eth0", 55);
	add("VI_2", "eth9", 56);
	look(0);
	routers_follow(told, &now);
	told[0].has_error = told[1].is_missing = true;
	told[0].error_ticks = 99;
	/* a reload: one more in front, the first one away */
	json_array_clear(json_object_get(status, "instances"));
	add("VI_0", "eth0", 54);
	add("VI_2", "eth9", 56);
	add("VI_1", "eth0", 55);
	look(1);
	routers_follow(told, &now);
	assert_false(told[0].has_error || told[0].is_missing);
	assert_true(told[1].is_missing && !told[1].has_error);
	assert_true(told[2].has_error && !told[2].is_missing);
	assert_int_equal(told[2].error_ticks, 99);
}

static void test_an_object_with_nothing_in_it_is_survived(void **state)
{
	json_t *empty = json_object(),
	       *odd = json_pack("{s:[n,i,{}],s:s}", "instances", 3, "links",
				"none");

	(void)state;
	routers_read(&now, empty, &before, 0, number_of);
	assert_int_equal(now.count, 0);
	routers_read(&now, odd, &before, 0, number_of);
	assert_int_equal(now.count, 3);
	assert_int_equal(now.list[2].interface, 0);
	json_decref(empty);
	json_decref(odd);
}

static void test_an_address_is_one_or_none(void **state)
{
	struct router_address address;
	char longer[200];

	(void)state;
	assert_true(router_read_address("192.0.2.1/32", &address));
	assert_int_equal(address.size, 4);
	assert_true(router_read_address("fe80::1", &address));
	assert_int_equal(address.size, 16);
	assert_false(router_read_address("", &address));
	assert_false(router_read_address("lb01", &address));
	memset(longer, '1', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	assert_false(router_read_address(longer, &address));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_backup_names_the_master_that_it_hears),
		TEST(test_why_it_is_master_is_said_by_its_proof),
		TEST(test_what_was_before_the_first_look_is_no_news),
		TEST(test_counters_of_another_run_begin_anew),
		TEST(test_no_interface_is_no_number),
		TEST(test_what_was_told_goes_by_name),
		TEST(test_an_object_with_nothing_in_it_is_survived),
		TEST(test_an_address_is_one_or_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
