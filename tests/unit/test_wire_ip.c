/* SPDX-License-Identifier: GPL-3.0-or-later */
/* IP literals: what is read, what is refused, how it is written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <arpa/inet.h>
#include <stdlib.h>
#include <cmocka.h>

#include "../../src/wire/ip.h"

static void test_v4_literals(void **state)
{
	struct ip ip;
	char text[IP_TEXT_MAX];

	(void)state;
	assert_true(ip_parse("192.0.2.100", &ip));
	assert_true(ip_is_v4(&ip));
	assert_int_equal(ip_to_v4(&ip), 0xc0000264u);
	assert_string_equal(ip_format(&ip, text), "192.0.2.100");
	assert_true(ip_parse("0.0.0.0", &ip));
	assert_true(ip_parse("255.255.255.255", &ip));
	assert_string_equal(ip_format(&ip, text), "255.255.255.255");
}

static void test_one_network_is_one_family_and_the_same_first_bits(void **state)
{
	static const struct {
		const char *a, *b;
		unsigned prefix;
		bool same;
	} cases[] = {
		{"192.0.2.1", "192.0.2.254", 24, true},
		{"192.0.2.1", "192.0.3.1", 24, false},
		{"192.0.2.1", "192.0.3.1", 23, true},
		{"192.0.2.1", "192.0.2.2", 32, false},
		{"192.0.2.1", "192.0.2.1", 32, true},
		{"192.0.2.4", "192.0.2.7", 30, true},
		{"192.0.2.4", "192.0.2.8", 30, false},
		{"10.0.0.1", "192.0.2.1", 0, true},
		{"2001:db8::1", "2001:db8::2", 64, true},
		{"2001:db8::1", "2001:db8:0:1::1", 64, false},
		{"2001:db8::1", "2001:db8:0:1::1", 63, true},
		{"2001:db8::1", "2001:db8::1", 128, true},
		{"2001:db8::1", "192.0.2.1", 0, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ip a, b;

		assert_true(ip_parse(cases[i].a, &a));
		assert_true(ip_parse(cases[i].b, &b));
		assert_int_equal(ip_same_network(&a, &b, cases[i].prefix),
				 cases[i].same);
		assert_int_equal(ip_same_network(&b, &a, cases[i].prefix),
				 cases[i].same);
	}
}

static void test_v6_literals_are_written_by_RFC_5952(void **state)
{
	static const char *const pairs[][2] = {
		{"::", "::"},
		{"::1", "::1"},
		{"1::", "1::"},
		{"2001:DB8::0001", "2001:db8::1"},
		{"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
		{"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
		{"1:0:2:0:0:0:3:0", "1:0:2::3:0"},
		{"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
		{"1:2:3:4:5:6:7.8.9.10", "1:2:3:4:5:6:708:90a"},
		{"ff02::12", "ff02::12"},
		{"0:0:0:0:0:0:0:0", "::"},
		{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		 "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
	};
	struct ip ip;
	char text[IP_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		assert_true(ip_parse(pairs[i][0], &ip));
		assert_false(ip_is_v4(&ip));
		assert_string_equal(ip_format(&ip, text), pairs[i][1]);
	}
}

static void test_no_literal_leaves_the_result_alone(void **state)
{
	static const char *const texts[] = {
		"",
		"1",
		"1.2.3",
		"1.2.3.4.5",
		"1.2.3.256",
		"1.2.3.04",
		"00.1.2.3",
		"1.2.3.4 ",
		" 1.2.3.4",
		"1.2.3.",
		"1..2.3",
		"1.2.3.4/32",
		"lb01",
		":",
		":::",
		"1:",
		":1",
		"1:::2",
		"1::2::3",
		"12345::",
		"g::",
		"fe80::1%lo",
		"1:2:3:4:5:6:7",
		"1:2:3:4:5:6:7:8:9",
		"1.2.3.4::",
		"::1.2.3.4:5",
		"::ffff:192.0.2.1",
		"::ffff:1:2",
		"1:2:3:4:5:6:7:8::",
		"1:2:3:4:5:6:7:1.2.3.4",
		"9999999999.1.1.1",
	};
	struct ip ip = ip_from_v4(0x01020304);

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (ip_parse(texts[i], &ip))
			fail_msg("'%s' was read as an address", texts[i]);
		assert_int_equal(ip_to_v4(&ip), 0x01020304);
	}
}

/* libc's inet_pton and inet_ntop as the independent judges. */
static void test_random_addresses_agree_with_libc(void **state)
{
	unsigned seed = 7;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		struct ip ip, again;
		char text[IP_TEXT_MAX];
		uint8_t bytes[16];

		for (int i = 0; i < 16; i += 2) {
			bool zero = rand_r(&seed) % 2;

			ip.bytes[i] = zero ? 0 : (uint8_t)rand_r(&seed);
			ip.bytes[i + 1] = zero ? 0 : (uint8_t)rand_r(&seed);
		}
		if (ip_is_v4(&ip))
			continue;
		ip_format(&ip, text);
		assert_int_equal(inet_pton(AF_INET6, text, bytes), 1);
		assert_memory_equal(bytes, ip.bytes, 16);
		assert_true(ip_parse(text, &again));
		assert_int_equal(ip_compare(&ip, &again), 0);
	}
}

static void test_compare_is_unsigned_in_network_order(void **state)
{
	struct ip low = ip_from_v4(0x0a000001), high = ip_from_v4(0xc0000201);

	(void)state;
	assert_true(ip_compare(&low, &high) < 0);
	assert_true(ip_compare(&high, &low) > 0);
	assert_int_equal(ip_compare(&low, &low), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_v4_literals),
		cmocka_unit_test(
			test_one_network_is_one_family_and_the_same_first_bits),
		cmocka_unit_test(test_v6_literals_are_written_by_RFC_5952),
		cmocka_unit_test(test_no_literal_leaves_the_result_alone),
		cmocka_unit_test(test_random_addresses_agree_with_libc),
		cmocka_unit_test(test_compare_is_unsigned_in_network_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
