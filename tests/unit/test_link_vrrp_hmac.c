/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R16: what a signed advert is worth beside a plain router, in the three modes
 * of keepalived 2.4 and by both ways of telling a copy; with a packet that it
 * sent itself (see test_wire_vrrp_sign.c).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "../../src/link/vrrp/vrrp_hmac.h"

#define SECOND ((uint64_t)1 << 32)
#define NOW    (0x6b0b291d * SECOND)

static const struct vrrp_hmac_options by_time = {.mode = VRRP_HMAC_ENFORCE,
						 .window_s = 5};
static const struct vrrp_hmac_options growing = {.mode = VRRP_HMAC_ENFORCE,
						 .is_monotonic = true};

static struct ip ip_of(const char *text)
{
	struct ip ip;

	assert_true(ip_parse(text, &ip));
	return ip;
}

static struct vrrp_advert signed_at(uint64_t sequence)
{
	return (struct vrrp_advert){
		.priority = 100,
		.is_signed = true,
		.has_signature = true,
		.signature = {.key_id = 1, .sequence = sequence}};
}

static enum vrrp_verdict hear(struct vrrp_hmac *hmac,
			      const struct vrrp_hmac_options *options,
			      const char *from, uint64_t sequence,
			      uint64_t clock)
{
	struct vrrp_advert advert = signed_at(sequence);
	struct ip source = ip_of(from);

	return vrrp_hmac_judge(hmac, options, &source, &advert, clock);
}

static enum vrrp_verdict hear_unsigned(struct vrrp_hmac *hmac,
				       enum vrrp_hmac_mode mode)
{
	const struct vrrp_hmac_options options = {.mode = mode, .window_s = 5};
	const struct vrrp_advert advert = {.priority = 100};
	struct ip source = ip_of("192.0.2.11");

	return vrrp_hmac_judge(hmac, &options, &source, &advert, NOW);
}

static void test_keepalived_packet_counts_once_and_in_its_time(void **state)
{
	static const uint8_t packet[] = {
		0x45, 0xc0, 0x00, 0x3c, 0x00, 0x06, 0x00, 0x00, 0xff, 0x70,
		0x18, 0x6e, 0xc0, 0x00, 0x02, 0x0b, 0xe0, 0x00, 0x00, 0x12,
		0x31, 0x37, 0x96, 0x01, 0x00, 0x32, 0xd3, 0x95, 0xc0, 0x00,
		0x02, 0x64, 0x01, 0x01, 0x00, 0x00, 0x6b, 0x0b, 0x29, 0x1d,
		0xaa, 0xfb, 0x00, 0x00, 0x4b, 0x6a, 0xbe, 0x08, 0x52, 0xc8,
		0xbc, 0x24, 0xa9, 0xbe, 0x7c, 0xaa, 0xde, 0x74, 0x00, 0x04};
	struct vrrp_key key = {.id = 1, .size = 32};
	struct ip address = ip_of("192.0.2.100"), source;
	const struct vrrp_expect mine = {.version = 3,
					 .vrid = 0x37,
					 .interval_ms = 500,
					 .addresses = &address,
					 .address_count = 1,
					 .keys = &key,
					 .key_count = 1};
	struct vrrp_hmac hmac = {0};
	struct vrrp_advert advert;

	(void)state;
	for (uint8_t i = 0; i < key.size; i++)
		key.bytes[i] = i;
	assert_int_equal(
		vrrp_check(packet, sizeof(packet), &mine, &source, &advert),
		VRRP_OK);
	assert_true(advert.is_signed);
	assert_int_equal(vrrp_hmac_judge(&hmac, &by_time, &source, &advert,
					 NOW + 6 * SECOND),
			 VRRP_STALE);
	assert_true(hmac.is_news);
	assert_int_equal(vrrp_hmac_judge(&hmac, &by_time, &source, &advert,
					 NOW - 6 * SECOND),
			 VRRP_STALE);
	/* what is stale leaves no mark, but that it was once here as such */
	assert_false(hmac.is_news);
	assert_int_equal(vrrp_hmac_judge(&hmac, &by_time, &source, &advert,
					 NOW + 5 * SECOND),
			 VRRP_OK);
	assert_int_equal(
		vrrp_hmac_judge(&hmac, &by_time, &source, &advert, NOW),
		VRRP_REPLAY);
}

static void test_a_copy_is_known_by_its_sequence_for_each_sender(void **state)
{
	struct vrrp_hmac hmac = {0};

	(void)state;
	assert_int_equal(hear(&hmac, &by_time, "192.0.2.11", NOW + 7, NOW),
			 VRRP_OK);
	assert_int_equal(hear(&hmac, &by_time, "192.0.2.11", NOW + 7, NOW),
			 VRRP_REPLAY);
	assert_int_equal(hear(&hmac, &by_time, "192.0.2.11", NOW + 6, NOW),
			 VRRP_REPLAY);
	assert_int_equal(hear(&hmac, &by_time, "192.0.2.11", NOW + 8, NOW),
			 VRRP_OK);
	assert_int_equal(hear(&hmac, &by_time, "192.0.2.12", NOW + 1, NOW),
			 VRRP_OK);
	assert_int_equal(hear(&hmac, &by_time, "192.0.2.12", NOW + 1, NOW),
			 VRRP_REPLAY);
	/* RFC 1982: the seconds wrap */
	assert_int_equal(
		hear(&hmac, &growing, "192.0.2.13", 0xffffffffffffffff, 0),
		VRRP_OK);
	assert_int_equal(hear(&hmac, &growing, "192.0.2.13", 3, 0), VRRP_OK);
}

static void
test_the_mark_of_a_clock_that_was_set_back_is_forgotten(void **state)
{
	struct vrrp_hmac hmac = {0};
	const uint64_t hour = 3600 * SECOND;

	(void)state;
	/* both clocks were an hour ahead, and are set right */
	assert_int_equal(
		hear(&hmac, &by_time, "192.0.2.11", NOW + hour, NOW + hour),
		VRRP_OK);
	assert_int_equal(hear(&hmac, &by_time, "192.0.2.11", NOW, NOW),
			 VRRP_OK);
	assert_int_equal(hear(&hmac, &by_time, "192.0.2.11", NOW, NOW),
			 VRRP_REPLAY);
	/* by growth alone it stays what it was */
	assert_int_equal(hear(&hmac, &growing, "192.0.2.12", NOW + hour, NOW),
			 VRRP_OK);
	assert_int_equal(hear(&hmac, &growing, "192.0.2.12", NOW, NOW),
			 VRRP_REPLAY);
}

static void test_more_senders_than_places_push_out_the_oldest(void **state)
{
	static const char *const from[] = {"192.0.2.1", "192.0.2.2",
					   "192.0.2.3", "192.0.2.4",
					   "192.0.2.5"};
	struct vrrp_hmac hmac = {0};

	(void)state;
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(hear(&hmac, &by_time, from[i], NOW, NOW),
				 VRRP_OK);
	for (unsigned i = 1; i < 5; i++)
		assert_int_equal(hear(&hmac, &by_time, from[i], NOW, NOW),
				 VRRP_REPLAY);
	assert_int_equal(hear(&hmac, &by_time, from[0], NOW, NOW), VRRP_OK);
}

static void test_what_the_modes_take_unsigned(void **state)
{
	struct vrrp_hmac hmac = {0};
	struct vrrp_advert last = signed_at(NOW + 2);
	struct ip source = ip_of("192.0.2.11");

	(void)state;
	assert_int_equal(hear_unsigned(&hmac, VRRP_HMAC_ENFORCE),
			 VRRP_UNSIGNED);
	assert_int_equal(hear_unsigned(&hmac, VRRP_HMAC_PERMISSIVE), VRRP_OK);
	assert_int_equal(hear_unsigned(&hmac, VRRP_HMAC_RECEIVE_ONLY), VRRP_OK);
	assert_false(hmac.peer_signs);
	assert_int_equal(hear(&hmac, &by_time, "192.0.2.11", NOW + 1, NOW),
			 VRRP_OK);
	assert_true(hmac.peer_signs);
	/* it signed before: somebody else speaks in its name */
	assert_int_equal(hear_unsigned(&hmac, VRRP_HMAC_PERMISSIVE),
			 VRRP_UNSIGNED);
	/* the way back leads through this mode */
	assert_int_equal(hear_unsigned(&hmac, VRRP_HMAC_RECEIVE_ONLY), VRRP_OK);
	/* it lets go: what comes after it may go by another file */
	last.priority = 0;
	assert_int_equal(vrrp_hmac_judge(&hmac, &by_time, &source, &last, NOW),
			 VRRP_OK);
	assert_int_equal(hear_unsigned(&hmac, VRRP_HMAC_PERMISSIVE), VRRP_OK);
	/* a copy of it does not open the door */
	assert_int_equal(hear(&hmac, &by_time, "192.0.2.11", NOW + 3, NOW),
			 VRRP_OK);
	assert_int_equal(vrrp_hmac_judge(&hmac, &by_time, &source, &last, NOW),
			 VRRP_REPLAY);
	assert_int_equal(hear_unsigned(&hmac, VRRP_HMAC_PERMISSIVE),
			 VRRP_UNSIGNED);
}

static void test_our_sequence_grows_and_follows_the_clock(void **state)
{
	const struct timespec utc = {0x6b0b291d, 500000000};
	struct vrrp_hmac hmac = {0};

	(void)state;
	assert_int_equal(vrrp_hmac_clock(&utc), NOW + SECOND / 2);
	assert_int_equal(vrrp_hmac_next(&hmac, &by_time, NOW), NOW);
	/* several within one tick of it */
	assert_int_equal(vrrp_hmac_next(&hmac, &by_time, NOW), NOW + 1);
	assert_int_equal(vrrp_hmac_next(&hmac, &by_time, NOW), NOW + 2);
	assert_int_equal(vrrp_hmac_next(&hmac, &by_time, NOW + SECOND),
			 NOW + SECOND);
	/* set back a little: it goes on growing */
	assert_int_equal(vrrp_hmac_next(&hmac, &by_time, NOW),
			 NOW + SECOND + 1);
	/* by more than the other node would take */
	assert_int_equal(vrrp_hmac_next(&hmac, &by_time, NOW - 5 * SECOND),
			 NOW - 5 * SECOND);
	hmac.sent = NOW;
	assert_int_equal(vrrp_hmac_next(&hmac, &growing, NOW - 60 * SECOND),
			 NOW + 1);
}

static void test_every_verdict_of_a_signature_has_a_reason(void **state)
{
	static const enum vrrp_verdict told[] = {VRRP_SIGNATURE, VRRP_STALE,
						 VRRP_REPLAY, VRRP_UNSIGNED};

	(void)state;
	for (unsigned i = 0; i < sizeof(told) / sizeof(told[0]); i++)
		assert_non_null(vrrp_hmac_reason(&by_time, told[i]));
	assert_null(vrrp_hmac_reason(&by_time, VRRP_CHECKSUM));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_keepalived_packet_counts_once_and_in_its_time),
		cmocka_unit_test(
			test_a_copy_is_known_by_its_sequence_for_each_sender),
		cmocka_unit_test(
			test_the_mark_of_a_clock_that_was_set_back_is_forgotten),
		cmocka_unit_test(
			test_more_senders_than_places_push_out_the_oldest),
		cmocka_unit_test(test_what_the_modes_take_unsigned),
		cmocka_unit_test(test_our_sequence_grows_and_follows_the_clock),
		cmocka_unit_test(
			test_every_verdict_of_a_signature_has_a_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
