/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VRRP over IPv6: the message, its checksum, and each reason for a drop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../src/wire/vrrp.h"

#define HEADER 40

static struct ip vips[VRRP_ADDRESSES_MAX_V6];

static struct ip ip_of(const char *text)
{
	struct ip ip;

	assert_true(ip_parse(text, &ip));
	return ip;
}

static struct vrrp_expect test_expect(unsigned count)
{
	struct vrrp_expect mine = {.version = 3,
				   .vrid = 45,
				   .is_v6 = true,
				   .interval_ms = 1000,
				   .addresses = vips,
				   .address_count = count};

	vips[0] = ip_of("fe80::64");
	for (unsigned i = 1; i < VRRP_ADDRESSES_MAX_V6; i++) {
		vips[i] = ip_of("2001:db8::");
		vips[i].bytes[15] = (uint8_t)i;
	}
	return mine;
}

/* The IP header; message stands behind it. */
static size_t test_wrap(uint8_t *packet, size_t size, const struct ip *source,
			const struct ip *destination)
{
	memset(packet, 0, HEADER);
	packet[0] = 0x6c;
	packet[4] = (uint8_t)(size >> 8);
	packet[5] = (uint8_t)size;
	packet[6] = VRRP_PROTOCOL;
	packet[7] = VRRP_TTL;
	memcpy(packet + 8, source->bytes, 16);
	memcpy(packet + 24, destination->bytes, 16);
	return HEADER + size;
}

static size_t test_packet(const struct vrrp_expect *mine, uint8_t priority,
			  const char *from, const char *to, uint8_t *packet)
{
	struct ip source = ip_of(from), destination = ip_of(to);

	return test_wrap(packet,
			 vrrp_build(mine, priority, &source, &destination,
				    false, packet + HEADER),
			 &source, &destination);
}

static enum vrrp_verdict test_check(const uint8_t *packet, size_t size,
				    const struct vrrp_expect *mine)
{
	struct vrrp_advert advert;
	struct ip source;

	return vrrp_check(packet, size, mine, &source, &advert);
}

/* RFC 1071 over pseudo header and message, written out anew. */
static uint16_t plain_sum(const uint8_t *packet, size_t size)
{
	uint32_t sum = VRRP_PROTOCOL + (uint32_t)(size - HEADER);

	for (size_t i = 8; i < size; i += 2)
		sum += (uint32_t)packet[i] << 8 | packet[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static void test_round_trip(void **state)
{
	static const unsigned counts[] = {1, 2, 88, VRRP_ADDRESSES_MAX_V6};
	static uint8_t packet[HEADER + VRRP_MESSAGE_MAX];

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct vrrp_expect mine = test_expect(counts[i]);
		struct vrrp_advert advert;
		struct ip source, from = ip_of("fe80::1");
		size_t size =
			test_packet(&mine, 150, "fe80::1", "ff02::12", packet);

		assert_int_equal(size, HEADER + 8 + 16 * counts[i]);
		assert_int_equal(plain_sum(packet, size), 0xffff);
		assert_int_equal(
			vrrp_check(packet, size, &mine, &source, &advert),
			VRRP_OK);
		assert_int_equal(ip_compare(&source, &from), 0);
		assert_int_equal(advert.version, 3);
		assert_int_equal(advert.priority, 150);
		assert_int_equal(advert.interval_ms, 1000);
		assert_false(advert.addresses_differ);
		assert_false(advert.message_only_checksum);
	}
}

/* With its signature the longest advert fits into what Ethernet carries. */
static void test_the_longest_fits_into_1500_bytes(void **state)
{
	(void)state;
	assert_true(HEADER + VRRP_MESSAGE_MAX <= 1500);
	assert_true(HEADER + VRRP_MESSAGE_MAX + 16 > 1500);
	assert_true(8 + 4 * VRRP_ADDRESSES_MAX + VRRP_PASSWORD_SIZE +
			    VRRP_SIGNATURE_SIZE <=
		    VRRP_MESSAGE_MAX);
}

static void test_the_group(void **state)
{
	struct ip v6 = ip_of("ff02::12"), v4 = ip_of("224.0.0.18");
	struct ip group = vrrp_group(true);

	(void)state;
	assert_int_equal(ip_compare(&group, &v6), 0);
	group = vrrp_group(false);
	assert_int_equal(ip_compare(&group, &v4), 0);
}

static void test_drop_reasons(void **state)
{
	struct vrrp_expect mine = test_expect(2);
	uint8_t packet[128];
	size_t size = test_packet(&mine, 100, "fe80::1", "ff02::12", packet);

	(void)state;
	assert_int_equal(test_check(packet, size, &mine), VRRP_OK);
	packet[7] = 254;
	assert_int_equal(test_check(packet, size, &mine), VRRP_TTL_BAD);
	packet[7] = VRRP_TTL;
	packet[6] = 0; /* hop-by-hop options */
	assert_int_equal(test_check(packet, size, &mine), VRRP_OTHER_VRID);
	packet[6] = VRRP_PROTOCOL;
	packet[HEADER + 2] ^= 1;
	assert_int_equal(test_check(packet, size, &mine), VRRP_CHECKSUM);
	packet[HEADER + 2] ^= 1;
	packet[9] ^= 1; /* the source is in the sum */
	assert_int_equal(test_check(packet, size, &mine), VRRP_CHECKSUM);
	packet[9] ^= 1;
	packet[HEADER + 1]++;
	assert_int_equal(test_check(packet, size, &mine), VRRP_OTHER_VRID);
	packet[HEADER + 1]--;
	packet[HEADER] = 0x21;
	assert_int_equal(test_check(packet, size, &mine), VRRP_VERSION);
	packet[HEADER] = 0x32;
	assert_int_equal(test_check(packet, size, &mine), VRRP_TYPE);
	packet[HEADER] = 0x31;
	assert_int_equal(test_check(packet, size, &mine), VRRP_OK);
}

static void test_interval_and_count_of_zero(void **state)
{
	struct vrrp_expect mine = test_expect(1), sent = mine;
	uint8_t packet[128];
	size_t size;

	(void)state;
	sent.interval_ms = 0;
	size = test_packet(&sent, 100, "fe80::1", "ff02::12", packet);
	assert_int_equal(test_check(packet, size, &mine), VRRP_INTERVAL);
	sent = mine;
	sent.address_count = 0;
	size = test_packet(&sent, 100, "fe80::1", "ff02::12", packet);
	assert_int_equal(test_check(packet, size, &mine), VRRP_COUNT_ZERO);
}

/* RFC 9568 5.2.9 with erratum 8300. */
static void test_the_first_address_must_be_link_local(void **state)
{
	struct vrrp_expect mine = test_expect(2), sent = mine;
	uint8_t packet[128];
	size_t size;

	(void)state;
	sent.addresses = vips + 1;
	sent.address_count = 1;
	size = test_packet(&sent, 100, "fe80::1", "ff02::12", packet);
	assert_int_equal(test_check(packet, size, &mine), VRRP_FIRST_ADDRESS);
}

static void test_it_comes_from_a_link_local_address_to_the_group(void **state)
{
	struct vrrp_expect mine = test_expect(1);
	uint8_t packet[128];
	size_t size;

	(void)state;
	size = test_packet(&mine, 100, "2001:db8::1", "ff02::12", packet);
	assert_int_equal(test_check(packet, size, &mine), VRRP_SOURCE);
	size = test_packet(&mine, 100, "fe80::1", "fe80::2", packet);
	assert_int_equal(test_check(packet, size, &mine), VRRP_DESTINATION);
	mine.is_unicast = true;
	assert_int_equal(test_check(packet, size, &mine), VRRP_OK);
	size = test_packet(&mine, 100, "2001:db8::1", "2001:db8::2", packet);
	assert_int_equal(test_check(packet, size, &mine), VRRP_OK);
	/* unicast: from the peer alone */
	mine.peer = ip_of("2001:db8::3");
	assert_int_equal(test_check(packet, size, &mine), VRRP_SOURCE);
	mine.peer = ip_of("2001:db8::1");
	assert_int_equal(test_check(packet, size, &mine), VRRP_OK);
	size = test_packet(&mine, 100, "fe80::1", "ff02::12", packet);
	assert_int_equal(test_check(packet, size, &mine), VRRP_DESTINATION);
}

static void
test_unicast_may_pass_routers_where_the_settings_say_so(void **state)
{
	struct vrrp_expect mine = test_expect(1);
	uint8_t packet[128];
	size_t size;

	(void)state;
	mine.min_ttl = 64;
	size = test_packet(&mine, 100, "fe80::1", "ff02::12", packet);
	packet[7] = 254; /* the group passes none, whatever they say */
	assert_int_equal(test_check(packet, size, &mine), VRRP_TTL_BAD);
	mine.is_unicast = true;
	size = test_packet(&mine, 100, "2001:db8::1", "2001:db8::2", packet);
	packet[7] = 64;
	assert_int_equal(test_check(packet, size, &mine), VRRP_OK);
	packet[7] = 63;
	assert_int_equal(test_check(packet, size, &mine), VRRP_TTL_BAD);
	mine.min_ttl = 0;
	packet[7] = 254;
	assert_int_equal(test_check(packet, size, &mine), VRRP_TTL_BAD);
}

/* Each family has VRIDs of its own. */
static void test_the_other_family_is_another_router(void **state)
{
	struct vrrp_expect mine = test_expect(1), v4 = mine;
	uint8_t packet[128];
	size_t size = test_packet(&mine, 100, "fe80::1", "ff02::12", packet);

	(void)state;
	v4.is_v6 = false;
	assert_int_equal(test_check(packet, size, &v4), VRRP_OTHER_VRID);
}

static void test_every_truncation_is_short(void **state)
{
	struct vrrp_expect mine = test_expect(2);
	uint8_t packet[128];
	size_t size = test_packet(&mine, 100, "fe80::1", "ff02::12", packet);
	struct ip source = ip_of("fe80::1"), group = ip_of("ff02::12");

	(void)state;
	for (size_t cut = 0; cut < size; cut++) {
		uint8_t *exact = malloc(cut + 1); /* for the sanitizer */

		memcpy(exact, packet, cut);
		assert_int_equal(test_check(exact, cut, &mine), VRRP_SHORT);
		free(exact);
	}
	for (size_t cut = 2; cut < size - HEADER; cut++) {
		uint8_t shorter[128];

		memcpy(shorter + HEADER, packet + HEADER, cut);
		assert_int_equal(
			test_check(shorter,
				   test_wrap(shorter, cut, &source, &group),
				   &mine),
			VRRP_SHORT);
	}
}

/* What is behind is in the sum: the kernel of the sender wrote it (RFC 8200).
 */
static void test_priority_0_has_its_exact_length(void **state)
{
	struct vrrp_expect mine = test_expect(1);
	struct ip source = ip_of("fe80::1"), group = ip_of("ff02::12");
	uint8_t packet[128] = {0};
	size_t size = test_packet(&mine, 0, "fe80::1", "ff02::12", packet);
	uint16_t sum;

	(void)state;
	assert_int_equal(test_check(packet, size, &mine), VRRP_OK);
	size = test_wrap(packet, size - HEADER + 4, &source, &group);
	packet[HEADER + 6] = packet[HEADER + 7] = 0;
	sum = (uint16_t)~plain_sum(packet, size);
	packet[HEADER + 6] = (uint8_t)(sum >> 8);
	packet[HEADER + 7] = (uint8_t)sum;
	assert_int_equal(test_check(packet, size, &mine), VRRP_LENGTH);
}

/* A count that no advert over Ethernet has, in a packet as long as it says. */
static void test_255_addresses_in_a_jumbo_frame(void **state)
{
	static uint8_t packet[HEADER + 8 + 16 * 255 + VRRP_SIGNATURE_SIZE];
	struct vrrp_expect mine = test_expect(1);
	struct vrrp_key key = {.id = 1, .size = VRRP_KEY_MIN};
	struct ip source = ip_of("fe80::1"), group = ip_of("ff02::12");
	size_t size;

	(void)state;
	mine.keys = &key;
	mine.key_count = 1;
	memset(packet, 0, sizeof(packet));
	memcpy(packet + HEADER, "\x31\x2d\x64\xff\x00\x64", 6);
	packet[sizeof(packet) - VRRP_SIGNATURE_SIZE] = 1;
	packet[sizeof(packet) - VRRP_SIGNATURE_SIZE + 1] = 1;
	size = test_wrap(packet, sizeof(packet) - HEADER, &source, &group);
	assert_int_equal(test_check(packet, size, &mine), VRRP_CHECKSUM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_the_longest_fits_into_1500_bytes),
		cmocka_unit_test(test_the_group),
		cmocka_unit_test(test_drop_reasons),
		cmocka_unit_test(test_interval_and_count_of_zero),
		cmocka_unit_test(test_the_first_address_must_be_link_local),
		cmocka_unit_test(
			test_it_comes_from_a_link_local_address_to_the_group),
		cmocka_unit_test(
			test_unicast_may_pass_routers_where_the_settings_say_so),
		cmocka_unit_test(test_the_other_family_is_another_router),
		cmocka_unit_test(test_every_truncation_is_short),
		cmocka_unit_test(test_priority_0_has_its_exact_length),
		cmocka_unit_test(test_255_addresses_in_a_jumbo_frame),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
