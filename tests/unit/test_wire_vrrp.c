/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The VRRP message: golden vectors (agreed on by two independent decoders),
 * every reason for a drop, and the timers, which are never rounded.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../src/wire/vrrp.h"

#define SOURCE 0x0a630001u /* 10.99.0.1 */

#define V4(a, b, c, d)                                                         \
	{                                                                      \
		.bytes = { [10] = 0xff, [11] = 0xff, a, b, c, d }              \
	}

static const struct ip test_vips[] = {V4(10, 99, 0, 100), V4(10, 99, 0, 101),
				      V4(10, 99, 0, 102)};

static struct vrrp_expect test_v3(void)
{
	struct vrrp_expect mine = {.version = 3,
				   .vrid = 51,
				   .interval_ms = 1000,
				   .addresses = test_vips,
				   .address_count = 1};

	return mine;
}

static struct vrrp_expect test_v2(const char *password)
{
	struct vrrp_expect mine = test_v3();

	mine.version = 2;
	strncpy(mine.password, password, VRRP_PASSWORD_SIZE);
	return mine;
}

/* To the group, from SOURCE. */
static size_t test_build(const struct vrrp_expect *mine, uint8_t priority,
			 bool message_only, uint8_t *message)
{
	struct ip source = ip_from_v4(SOURCE), group = vrrp_group(false);

	return vrrp_build(mine, priority, &source, &group, message_only,
			  message);
}

/* Finishes an IPv4 header in front of a message; returns the packet's size. */
static size_t test_wrap(uint8_t *packet, size_t size)
{
	uint32_t sum = 0;

	memset(packet, 0, 20);
	packet[0] = 0x45;
	packet[1] = 0xc0;
	packet[2] = (uint8_t)((20 + size) >> 8);
	packet[3] = (uint8_t)(20 + size);
	packet[8] = VRRP_TTL;
	packet[9] = VRRP_PROTOCOL;
	memcpy(packet + 12, "\x0a\x63\x00\x01\xe0\x00\x00\x12", 8);
	for (int i = 0; i < 20; i += 2)
		sum += (uint32_t)(packet[i] << 8 | packet[i + 1]);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~(sum + (sum >> 16));
	packet[10] = (uint8_t)(sum >> 8);
	packet[11] = (uint8_t)sum;
	return 20 + size;
}

static size_t test_packet(const struct vrrp_expect *mine, uint8_t priority,
			  bool message_only, uint8_t *packet)
{
	return test_wrap(packet,
			 test_build(mine, priority, message_only, packet + 20));
}

/* Repairs the message-only checksum after a test has bent the message. */
static void test_resum(uint8_t *message, size_t size)
{
	uint32_t sum = 0;

	message[6] = message[7] = 0;
	for (size_t i = 0; i + 1 < size; i += 2)
		sum += (uint32_t)(message[i] << 8 | message[i + 1]);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	message[6] = (uint8_t)(~sum >> 8);
	message[7] = (uint8_t)~sum;
}

static enum vrrp_verdict test_check(const uint8_t *packet, size_t size,
				    const struct vrrp_expect *mine)
{
	struct vrrp_advert advert;
	struct ip source;

	return vrrp_check(packet, size, mine, &source, &advert);
}

static void test_golden_vectors_of_both_v3_checksums(void **state)
{
	static const uint8_t only[] = {0x31, 0x33, 0x01, 0x01, 0x00, 0x64,
				       0xc2, 0xa0, 0x0a, 0x63, 0x00, 0x64};
	static const uint8_t pseudo[] = {0x31, 0x33, 0x01, 0x01, 0x00, 0x64,
					 0xd7, 0xad, 0x0a, 0x63, 0x00, 0x64};
	struct vrrp_expect mine = test_v3();
	uint8_t message[VRRP_MESSAGE_MAX];

	(void)state;
	assert_int_equal(test_build(&mine, 1, true, message), sizeof(only));
	assert_memory_equal(message, only, sizeof(only));
	assert_int_equal(test_build(&mine, 1, false, message), sizeof(pseudo));
	assert_memory_equal(message, pseudo, sizeof(pseudo));
}

/* keepalived sends this for auth_pass abcdefghij; the sum is scapy's. */
static void test_golden_vector_v2_with_password(void **state)
{
	static const uint8_t expect[] = {
		0x21, 0x33, 0x64, 0x01, 0x01, 0x01, 0xdd, 0x6d, 0x0a, 0x63,
		0x00, 0x64, 'a',  'b',	'c',  'd',  'e',  'f',	'g',  'h'};
	struct vrrp_expect mine = test_v2("abcdefghij");
	uint8_t message[VRRP_MESSAGE_MAX];

	(void)state;
	assert_int_equal(test_build(&mine, 100, false, message),
			 sizeof(expect));
	assert_memory_equal(message, expect, sizeof(expect));
}

static void test_v2_password_is_cut_and_padded(void **state)
{
	struct vrrp_expect mine = test_v2("1111");
	uint8_t message[VRRP_MESSAGE_MAX];
	size_t size = test_build(&mine, 100, false, message);

	(void)state;
	assert_int_equal(size, 20);
	assert_int_equal(message[4], 1);
	assert_memory_equal(message + 12, "1111\0\0\0\0", 8);
	mine.password[0] = '\0';
	size = test_build(&mine, 100, false, message);
	assert_int_equal(size, 20);
	assert_int_equal(message[4], 0);
	assert_memory_equal(message + 12, "\0\0\0\0\0\0\0\0", 8);
}

static void test_round_trip(void **state)
{
	static struct ip many[VRRP_ADDRESSES_MAX];

	(void)state;
	for (unsigned i = 0; i < VRRP_ADDRESSES_MAX; i++)
		many[i] = ip_from_v4(0x0a000000 + 77 * i);
	for (unsigned kind = 0; kind < 4; kind++) {
		struct vrrp_expect mine =
			kind < 2 ? test_v3() : test_v2(kind == 2 ? "" : "1111");
		static const unsigned counts[] = {1, 2, 254, 255};
		uint8_t packet[20 + VRRP_MESSAGE_MAX];

		for (unsigned i = 0; i < 4; i++) {
			struct vrrp_advert advert;
			struct ip source;
			size_t size;

			mine.addresses = many;
			mine.address_count = counts[i];
			size = test_packet(&mine, 150, kind == 1, packet);
			assert_int_equal(vrrp_check(packet, size, &mine,
						    &source, &advert),
					 VRRP_OK);
			assert_int_equal(ip_to_v4(&source), SOURCE);
			assert_int_equal(advert.version, kind < 2 ? 3 : 2);
			assert_int_equal(advert.vrid, 51);
			assert_int_equal(advert.priority, 150);
			assert_int_equal(advert.interval_ms, 1000);
			assert_int_equal(advert.message_only_checksum,
					 kind == 1);
			assert_false(advert.addresses_differ);
		}
	}
}

static void test_v3_intervals_from_10_ms_to_40950_ms(void **state)
{
	(void)state;
	for (uint32_t ms = 10; ms <= 40950; ms += 10) {
		struct vrrp_expect mine = test_v3();
		struct vrrp_advert advert;
		uint8_t packet[64];
		struct ip source;
		size_t size;

		mine.interval_ms = ms;
		size = test_packet(&mine, 100, false, packet);
		assert_int_equal(
			vrrp_check(packet, size, &mine, &source, &advert),
			VRRP_OK);
		assert_int_equal(advert.interval_ms, ms);
	}
}

static void test_ethernet_padding_is_trimmed(void **state)
{
	struct vrrp_expect mine = test_v3();
	uint8_t packet[64];
	size_t size = test_packet(&mine, 100, false, packet);

	(void)state;
	memset(packet + size, 0xa5, sizeof(packet) - size);
	assert_int_equal(test_check(packet, 46, &mine), VRRP_OK);
}

static void test_ip_options_are_stepped_over(void **state)
{
	struct vrrp_expect mine = test_v3();
	uint8_t packet[64];
	size_t size = test_packet(&mine, 100, false, packet);
	uint32_t sum = 0;

	(void)state;
	memmove(packet + 24, packet + 20, size - 20);
	memcpy(packet + 20, "\x94\x04\x00\x00", 4); /* router alert */
	packet[0] = 0x46;
	packet[3] = (uint8_t)(size + 4);
	packet[10] = packet[11] = 0;
	for (int i = 0; i < 24; i += 2)
		sum += (uint32_t)(packet[i] << 8 | packet[i + 1]);
	sum = (sum & 0xffff) + (sum >> 16);
	packet[10] = (uint8_t)(~sum >> 8);
	packet[11] = (uint8_t)~sum;
	assert_int_equal(test_check(packet, size + 4, &mine), VRRP_OK);
}

static void test_every_truncation_is_short(void **state)
{
	struct vrrp_expect mine = test_v2("1111");
	uint8_t packet[64];
	size_t size = test_packet(&mine, 100, false, packet);

	(void)state;
	for (size_t cut = 0; cut < size; cut++) {
		uint8_t *exact = malloc(cut + 1); /* for the sanitizer */

		memcpy(exact, packet, cut);
		assert_int_equal(test_check(exact, cut, &mine), VRRP_SHORT);
		free(exact);
	}
	/* Complete for IP, but the message is cut. */
	for (size_t cut = 2; cut < size - 20; cut++) {
		uint8_t shorter[64];

		memcpy(shorter + 20, packet + 20, cut);
		assert_int_equal(
			test_check(shorter, test_wrap(shorter, cut), &mine),
			VRRP_SHORT);
	}
}

/* A CARP master's advert, as carp(4) sends it: advskew 0 is no priority 0. */
static void test_C05_carp_is_no_vrrp(void **state)
{
	struct vrrp_expect v2 = test_v2(""), v3 = test_v3();
	uint8_t packet[64] = {0};

	(void)state;
	packet[20] = 0x21;
	packet[21] = v2.vrid;
	packet[22] = 0;		       /* advskew */
	packet[23] = 7;		       /* authlen */
	packet[25] = 1;		       /* advbase */
	memset(packet + 28, 0xa5, 28); /* counter and digest */
	test_resum(packet + 20, 36);
	test_wrap(packet, 36);
	assert_int_equal(test_check(packet, 56, &v2), VRRP_CARP);
	assert_int_equal(test_check(packet, 56, &v3), VRRP_CARP);
	/* advskew 100, another checksum: no VRRP either */
	packet[22] = 100;
	assert_int_equal(test_check(packet, 56, &v2), VRRP_CARP);
	packet[21] ^= 1;
	assert_int_equal(test_check(packet, 56, &v2), VRRP_OTHER_VRID);
}

/* Seven addresses have the same count in the same place. */
static void test_C05_seven_addresses_are_vrrp(void **state)
{
	struct ip seven[7];
	struct vrrp_expect mine = test_v2("");
	uint8_t packet[80];
	size_t size;

	(void)state;
	for (unsigned i = 0; i < 7; i++)
		seven[i] = ip_from_v4(i + 1);
	mine.addresses = seven;
	mine.address_count = 7;
	size = test_packet(&mine, 0, false, packet);
	assert_int_equal(test_check(packet, size, &mine), VRRP_OK);
}

/* What lets go must be exactly as long as its fields say. */
static void test_C05_priority_0_has_its_exact_length(void **state)
{
	struct vrrp_expect sent[] = {test_v2(""), test_v3()};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		uint8_t packet[80] = {0};
		size_t size = test_packet(&sent[i], 0, true, packet);

		assert_int_equal(test_check(packet, size, &sent[i]), VRRP_OK);
		/* four zeros more, which no checksum notices */
		size = test_wrap(packet, size - 20 + 4);
		assert_int_equal(test_check(packet, size, &sent[i]),
				 VRRP_LENGTH);
	}
}

static void test_header_drop_reasons(void **state)
{
	struct vrrp_expect mine = test_v3();
	uint8_t packet[64];
	size_t size = test_packet(&mine, 100, false, packet);

	(void)state;
	packet[9] = 17;
	assert_int_equal(test_check(packet, size, &mine), VRRP_OTHER_VRID);
	packet[9] = VRRP_PROTOCOL;
	packet[8] = 254;
	assert_int_equal(test_check(packet, size, &mine), VRRP_TTL_BAD);
	packet[8] = VRRP_TTL;
	packet[15] ^= 1; /* source, so the header's sum */
	assert_int_equal(test_check(packet, size, &mine), VRRP_CHECKSUM);
	packet[15] ^= 1;
	packet[7] = 3; /* a later fragment */
	assert_int_equal(test_check(packet, size, &mine), VRRP_SHORT);
	packet[7] = 0;
	packet[6] = 0x20; /* the first one, whole as it looks */
	assert_int_equal(test_check(packet, size, &mine), VRRP_SHORT);
	packet[6] = 0;
	packet[0] = 0x65;
	assert_int_equal(test_check(packet, size, &mine), VRRP_SHORT);
	packet[0] = 0x44;
	assert_int_equal(test_check(packet, size, &mine), VRRP_SHORT);
	packet[0] = 0x4f;
	assert_int_equal(test_check(packet, size, &mine), VRRP_SHORT);
	packet[0] = 0x45;
	assert_int_equal(test_check(packet, size, &mine), VRRP_OK);
}

static void test_message_drop_reasons(void **state)
{
	struct vrrp_expect mine = test_v3(), v2 = test_v2("");
	uint8_t packet[64], *message = packet + 20;
	size_t size = test_packet(&mine, 100, false, packet);

	(void)state;
	assert_int_equal(test_check(packet, size, &v2), VRRP_VERSION);
	message[0] = 0x32;
	assert_int_equal(test_check(packet, size, &mine), VRRP_TYPE);
	message[0] = 0x31;
	message[1] = 52;
	assert_int_equal(test_check(packet, size, &mine), VRRP_OTHER_VRID);
	message[1] = 51;
	message[2] ^= 1;
	assert_int_equal(test_check(packet, size, &mine), VRRP_CHECKSUM);
	message[2] ^= 1;
	message[5] = 0;
	test_resum(message, size - 20);
	assert_int_equal(test_check(packet, size, &mine), VRRP_INTERVAL);
	message[5] = 100;
	message[3] = 0;
	test_resum(message, 8);
	assert_int_equal(test_check(packet, size, &mine), VRRP_COUNT_ZERO);
	message[3] = 2;
	assert_int_equal(test_check(packet, size, &mine), VRRP_SHORT);
}

static void test_other_routers_are_not_our_trouble(void **state)
{
	struct vrrp_expect theirs = test_v2("secret"), mine = test_v3();
	uint8_t packet[64];
	size_t size;

	(void)state;
	theirs.vrid = 7;
	size = test_packet(&theirs, 100, false, packet);
	packet[8] = 1;
	packet[27] ^= 0xff;
	assert_int_equal(test_check(packet, size, &mine), VRRP_OTHER_VRID);
}

static void test_v2_drop_reasons(void **state)
{
	struct vrrp_expect sent = test_v2("1111"), mine;
	uint8_t packet[64];
	size_t size = test_packet(&sent, 100, false, packet);

	(void)state;
	mine = test_v2("1112");
	assert_int_equal(test_check(packet, size, &mine), VRRP_AUTH);
	mine = test_v2("");
	assert_int_equal(test_check(packet, size, &mine), VRRP_AUTH);
	mine = test_v2("1111");
	mine.interval_ms = 2000;
	assert_int_equal(test_check(packet, size, &mine), VRRP_INTERVAL);
	mine = test_v2("1111");
	mine.addresses = test_vips + 1;
	assert_int_equal(test_check(packet, size, &mine), VRRP_ADDRESSES);
	mine.addresses = test_vips;
	mine.address_count = 2;
	assert_int_equal(test_check(packet, size, &mine), VRRP_ADDRESSES);
	/* No password where one is expected; authentication header. */
	sent = test_v2("");
	mine = test_v2("1111");
	size = test_packet(&sent, 100, false, packet);
	assert_int_equal(test_check(packet, size, &mine), VRRP_AUTH);
	packet[24] = 2;
	test_resum(packet + 20, size - 20);
	assert_int_equal(test_check(packet, size, &sent), VRRP_AUTH);
	/* Count zero with its eight bytes of authentication. */
	size = test_packet(&sent, 100, false, packet);
	packet[23] = 0;
	test_resum(packet + 20, 16);
	assert_int_equal(test_check(packet, size, &sent), VRRP_COUNT_ZERO);
}

/* RFC 3768 7.1: the address owner's list wins over ours. */
static void test_v2_list_of_priority_255_is_believed(void **state)
{
	struct vrrp_expect sent = test_v2(""), mine = test_v2("");
	struct vrrp_advert advert;
	uint8_t packet[64];
	struct ip source;
	size_t size;

	(void)state;
	mine.addresses = test_vips + 1;
	size = test_packet(&sent, 255, false, packet);
	assert_int_equal(vrrp_check(packet, size, &mine, &source, &advert),
			 VRRP_OK);
	assert_true(advert.addresses_differ);
}

static void test_v3_tells_of_another_list_and_keeps_the_advert(void **state)
{
	const struct ip turned[] = {test_vips[2], test_vips[0], test_vips[1]};
	struct vrrp_expect sent = test_v3(), mine = test_v3();
	struct vrrp_advert advert;
	uint8_t packet[64];
	struct ip source;
	size_t size;

	(void)state;
	sent.address_count = mine.address_count = 3;
	sent.interval_ms = 500;
	size = test_packet(&sent, 100, false, packet);
	mine.addresses = turned;
	assert_int_equal(vrrp_check(packet, size, &mine, &source, &advert),
			 VRRP_OK);
	assert_false(advert.addresses_differ);
	assert_int_equal(advert.interval_ms, 500);
	mine.address_count = 2;
	assert_int_equal(vrrp_check(packet, size, &mine, &source, &advert),
			 VRRP_OK);
	assert_true(advert.addresses_differ);
}

static void test_v3_reserved_bits_are_ignored(void **state)
{
	struct vrrp_expect mine = test_v3();
	struct vrrp_advert advert;
	uint8_t packet[64];
	struct ip source;
	size_t size = test_packet(&mine, 100, true, packet);

	(void)state;
	packet[24] |= 0xf0;
	test_resum(packet + 20, size - 20);
	assert_int_equal(vrrp_check(packet, size, &mine, &source, &advert),
			 VRRP_OK);
	assert_int_equal(advert.interval_ms, 1000);
}

static void test_R2_a_dropped_advert_still_tells_its_sender(void **state)
{
	struct vrrp_expect sent = test_v2("1111"), mine = test_v3();
	struct vrrp_advert advert;
	uint8_t packet[64];
	struct ip source;
	size_t size = test_packet(&sent, 77, false, packet);

	(void)state;
	assert_int_equal(vrrp_check(packet, size, &mine, &source, &advert),
			 VRRP_VERSION);
	assert_int_equal(ip_to_v4(&source), SOURCE);
	assert_int_equal(advert.version, 2);
	assert_int_equal(advert.vrid, 51);
	assert_int_equal(advert.priority, 77);
	assert_int_equal(advert.interval_ms, 1000);
}

static void test_timers_are_not_rounded(void **state)
{
	(void)state;
	assert_int_equal(vrrp_skew_us(3, 100, 10), 6093);
	assert_int_equal(vrrp_master_down_us(3, 100, 10), 36093);
	assert_int_equal(vrrp_master_down_us(3, 254, 10), 30078);
	assert_int_equal(vrrp_skew_us(3, 254, 10), 78);
	assert_int_equal(vrrp_master_down_us(3, 100, 1000), 3609375);
	assert_int_equal(vrrp_master_down_us(2, 100, 1000), 3609375);
	/* Version 2 skews by a part of a second even at 255 s. */
	assert_int_equal(vrrp_skew_us(2, 100, 255000), 609375);
	assert_int_equal(vrrp_master_down_us(3, 1, 40950),
			 3 * 40950000LL + 255 * 40950000LL / 256);
	assert_int_equal(vrrp_skew_us(3, 255, 10), 39);
}

static void test_every_verdict_has_a_name(void **state)
{
	(void)state;
	for (int i = 0; i < VRRP_VERDICTS; i++)
		assert_non_null(vrrp_verdict_name((enum vrrp_verdict)i));
	assert_string_equal(vrrp_verdict_name(VRRP_VERDICTS), "unknown");
}

static void test_bent_packets_never_read_outside(void **state)
{
	struct vrrp_expect mine[] = {test_v3(), test_v2("1111")};
	unsigned seed = 9;

	(void)state;
	for (int round = 0; round < 100000; round++) {
		const struct vrrp_expect *expect = &mine[round % 2];
		uint8_t packet[64];
		size_t size = test_packet(expect, 100, false, packet);
		size_t cut = (size_t)rand_r(&seed) % (size + 1);
		uint8_t *exact;

		for (int n = rand_r(&seed) % 4; n >= 0; n--)
			packet[rand_r(&seed) % (int)size] =
				(uint8_t)rand_r(&seed);
		exact = malloc(cut + 1);
		memcpy(exact, packet, cut);
		test_check(exact, cut, expect);
		free(exact);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden_vectors_of_both_v3_checksums),
		cmocka_unit_test(test_golden_vector_v2_with_password),
		cmocka_unit_test(test_v2_password_is_cut_and_padded),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_v3_intervals_from_10_ms_to_40950_ms),
		cmocka_unit_test(test_ethernet_padding_is_trimmed),
		cmocka_unit_test(test_ip_options_are_stepped_over),
		cmocka_unit_test(test_every_truncation_is_short),
		cmocka_unit_test(test_C05_carp_is_no_vrrp),
		cmocka_unit_test(test_C05_seven_addresses_are_vrrp),
		cmocka_unit_test(test_C05_priority_0_has_its_exact_length),
		cmocka_unit_test(test_header_drop_reasons),
		cmocka_unit_test(test_message_drop_reasons),
		cmocka_unit_test(test_other_routers_are_not_our_trouble),
		cmocka_unit_test(test_v2_drop_reasons),
		cmocka_unit_test(test_v2_list_of_priority_255_is_believed),
		cmocka_unit_test(
			test_v3_tells_of_another_list_and_keeps_the_advert),
		cmocka_unit_test(test_v3_reserved_bits_are_ignored),
		cmocka_unit_test(
			test_R2_a_dropped_advert_still_tells_its_sender),
		cmocka_unit_test(test_timers_are_not_rounded),
		cmocka_unit_test(test_every_verdict_has_a_name),
		cmocka_unit_test(test_bent_packets_never_read_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
