/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Signed adverts: whole IP packets as keepalived 2.4.3 sent them, each also
 * recomputed by an independent program; the trailer made byte by byte the same;
 * and whatever is bent in one of them makes it nobody's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../src/wire/vrrp.h"

/* 00 01 .. 1f */
static struct vrrp_key test_key(uint8_t id)
{
	struct vrrp_key key = {.id = id, .size = 32};

	for (uint8_t i = 0; i < key.size; i++)
		key.bytes[i] = i;
	return key;
}

static const char golden_v3[] =
	"45c0003c00060000ff70186ec000020be0000012313796010032d395c0000264010100"
	"006b0b291daafb00004b6abe0852c8bc24a9be7caade740004";
static const char golden_v2[] =
	"45c0004400020000ff70186ac000020be0000012213996010001865ec0000265000000"
	"0000000000010100006b0b291ddf510000c4f5d59eecea2bd4a48dcc73e0df8013";
static const char golden_v6[] = "6c05e356004470fffe80000000000000000000fffe0000"
				"01ff0200000000000000000000"
				"00000012313896020032d149fe80000000000000000000"
				"000000006420010db800000000"
				"0000000000000100010700006b0b291dab01000043abb9"
				"a91f6a7dde9033ad3cfd5e26c2";

struct golden {
	struct vrrp_expect mine;
	struct vrrp_key key;
	struct ip addresses[2];
	uint64_t sequence;
	uint8_t packet[256];
	size_t size, header;
};

static size_t unhex(const char *text, uint8_t *bytes)
{
	size_t size = 0;

	for (; text[0] != '\0'; text += 2, size++) {
		char pair[3] = {text[0], text[1], '\0'};

		bytes[size] = (uint8_t)strtoul(pair, NULL, 16);
	}
	return size;
}

static struct ip ip_of(const char *text)
{
	struct ip ip;

	assert_true(ip_parse(text, &ip));
	return ip;
}

static struct golden golden[3];

static void read_golden(struct golden *g, const char *text, uint8_t key_id)
{
	g->size = unhex(text, g->packet);
	g->key = test_key(key_id);
	g->mine.addresses = g->addresses;
	g->mine.keys = &g->key;
	g->mine.key_count = 1;
}

static int setup(void **state)
{
	(void)state;
	golden[0] = (struct golden){.mine = {.version = 3,
					     .vrid = 0x37,
					     .interval_ms = 500,
					     .address_count = 1},
				    .addresses = {ip_of("192.0.2.100")},
				    .sequence = 0x6b0b291daafb0000,
				    .header = 20};
	golden[1] = (struct golden){.mine = {.version = 2,
					     .vrid = 0x39,
					     .interval_ms = 1000,
					     .address_count = 1},
				    .addresses = {ip_of("192.0.2.101")},
				    .sequence = 0x6b0b291ddf510000,
				    .header = 20};
	golden[2] = (struct golden){
		.mine = {.version = 3,
			 .vrid = 0x38,
			 .is_v6 = true,
			 .interval_ms = 500,
			 .address_count = 2},
		.addresses = {ip_of("fe80::64"), ip_of("2001:db8::100")},
		.sequence = 0x6b0b291dab010000,
		.header = 40};
	read_golden(&golden[0], golden_v3, 1);
	read_golden(&golden[1], golden_v2, 1);
	read_golden(&golden[2], golden_v6, 7);
	return 0;
}

static enum vrrp_verdict check(const struct golden *g, const uint8_t *packet,
			       size_t size, struct vrrp_advert *advert)
{
	struct ip source;

	return vrrp_check(packet, size, &g->mine, &source, advert);
}

static void test_golden_packets_are_signed_and_good(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct golden *g = &golden[i];
		struct vrrp_advert advert;

		assert_int_equal(check(g, g->packet, g->size, &advert),
				 VRRP_OK);
		assert_true(advert.is_signed);
		assert_int_equal(advert.priority, 150);
		assert_int_equal(advert.signature.key_id, g->key.id);
		assert_int_equal(advert.signature.sequence, g->sequence);
		assert_false(advert.addresses_differ);
	}
}

static void test_the_same_bytes_are_made(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct golden *g = &golden[i];
		struct ip group = vrrp_group(g->mine.is_v6), source;
		struct vrrp_advert advert;
		uint8_t message[VRRP_MESSAGE_MAX];
		size_t size;

		vrrp_check(g->packet, g->size, &g->mine, &source, &advert);
		size = vrrp_build(&g->mine, 150, &source, &group, false,
				  message);
		size = vrrp_sign(message, size, &g->key, &source, g->sequence);
		assert_int_equal(size, g->size - g->header);
		assert_memory_equal(message, g->packet + g->header, size);
	}
}

/* Checksum, TTL and destination are not covered: they stay as they are. */
static void test_one_bent_bit_and_it_is_not_signed(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct golden *g = &golden[i];

		for (size_t bit = 8 * g->header; bit < 8 * g->size; bit++) {
			size_t at = bit / 8 - g->header;
			uint8_t packet[256];
			struct vrrp_advert advert;

			if (at == 6 || at == 7)
				continue;
			memcpy(packet, g->packet, g->size);
			packet[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_int_not_equal(check(g, packet, g->size, &advert),
					     VRRP_OK);
			assert_false(advert.is_signed);
		}
	}
}

static void test_the_source_is_bound(void **state)
{
	struct golden *g = &golden[2];
	struct vrrp_advert advert;
	uint8_t packet[256];

	(void)state;
	memcpy(packet, g->packet, g->size);
	packet[8 + 14] ^= 1; /* 16-bit words: the sum stays with the next */
	packet[40 + 7] ^= 1;
	check(g, packet, g->size, &advert);
	assert_false(advert.is_signed);
}

static void test_another_key_or_id_is_none(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct golden *g = &golden[i];
		struct vrrp_advert advert;

		g->key.id++;
		assert_int_equal(check(g, g->packet, g->size, &advert),
				 VRRP_SIGNATURE);
		assert_true(advert.has_signature);
		g->key.id--;
		g->key.bytes[31] ^= 1;
		assert_int_equal(check(g, g->packet, g->size, &advert),
				 VRRP_SIGNATURE);
		g->key.bytes[31] ^= 1;
		/* who has no keys takes the trailer for what it does not know
		 */
		g->mine.key_count = 0;
		assert_int_equal(check(g, g->packet, g->size, &advert),
				 VRRP_OK);
		assert_false(advert.is_signed);
		g->mine.key_count = 1;
	}
}

/* R2: who signs and has another version in its file lives all the same. */
static void test_R2_a_dropped_one_is_signed_as_well(void **state)
{
	struct golden *g = &golden[0];
	struct vrrp_advert advert;

	(void)state;
	g->mine.version = 2;
	assert_int_equal(check(g, g->packet, g->size, &advert), VRRP_VERSION);
	assert_true(advert.is_signed);
	g->mine.version = 3;
}

static void test_priority_0_is_whole_with_its_signature(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct golden *g = &golden[i];
		struct ip group = vrrp_group(g->mine.is_v6), source;
		struct vrrp_advert advert;
		uint8_t packet[256];
		size_t size;

		vrrp_check(g->packet, g->size, &g->mine, &source, &advert);
		memcpy(packet, g->packet, g->size);
		size = vrrp_build(&g->mine, 0, &source, &group, false,
				  packet + g->header);
		vrrp_sign(packet + g->header, size, &g->key, &source, 1);
		assert_int_equal(check(g, packet, g->size, &advert), VRRP_OK);
		assert_true(advert.is_signed);
		assert_int_equal(advert.priority, 0);
		g->mine.key_count = 0;
		assert_int_equal(check(g, packet, g->size, &advert),
				 VRRP_LENGTH);
		g->mine.key_count = 1;
	}
}

static void test_R7_the_clock_is_that_of_the_beats_from_the_first(void **state)
{
	struct vrrp_clock clock = {0};

	(void)state;
	/* a node that is up for 28 days: beyond half of the range */
	assert_int_equal(vrrp_clock_next(&clock, 0x90000000), 0x90000000);
	assert_int_equal(vrrp_clock_next(&clock, 0x90000000), 0x90000001);
	assert_int_equal(vrrp_clock_next(&clock, 0x90000000), 0x90000002);
	assert_int_equal(vrrp_clock_next(&clock, 0x90000100), 0x90000100);
	/* it wraps */
	assert_int_equal(vrrp_clock_next(&clock, UINT32_MAX), UINT32_MAX);
	assert_int_equal(vrrp_clock_next(&clock, UINT32_MAX), 0);
	assert_int_equal(vrrp_clock_next(&clock, 0x100000000), 1);
	assert_int_equal(vrrp_clock_next(&clock, 0x100000050), 0x50);
	/* the next one is sent after 28 days as a standby */
	assert_int_equal(vrrp_clock_next(&clock, 0x190000000), 0x90000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden_packets_are_signed_and_good),
		cmocka_unit_test(test_the_same_bytes_are_made),
		cmocka_unit_test(test_one_bent_bit_and_it_is_not_signed),
		cmocka_unit_test(test_the_source_is_bound),
		cmocka_unit_test(test_another_key_or_id_is_none),
		cmocka_unit_test(test_R2_a_dropped_one_is_signed_as_well),
		cmocka_unit_test(test_priority_0_is_whole_with_its_signature),
		cmocka_unit_test(
			test_R7_the_clock_is_that_of_the_beats_from_the_first),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
