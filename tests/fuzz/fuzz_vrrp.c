/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libFuzzer: any bytes as an IP packet that a VRRP socket delivered. The
 * first byte chooses the instance's settings. Beyond not crashing: the answer
 * is a known verdict and the same each time, and what is accepted is ours.
 *
 * clang -g -O1 -std=c11 -D_GNU_SOURCE -fsanitize=fuzzer,address,undefined \
 *	tests/fuzz/fuzz_vrrp.c src/wire/vrrp*.c src/wire/auth.c -lnettle
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "../../src/wire/vrrp.h"
#include "fuzz.h"

static const struct ip vips_v6[] = {{{0xfe, 0x80, [15] = 100}},
				    {{0x20, 1, [15] = 101}},
				    {{0x20, 1, [15] = 2}}};
/* what the corpus' signed adverts are signed with, id 1 and 7 */
static const struct vrrp_key keys[] = {
	{.id = 1, .size = 32, .bytes = {0,  1,	2,  3,	4,  5,	6,  7,
					8,  9,	10, 11, 12, 13, 14, 15,
					16, 17, 18, 19, 20, 21, 22, 23,
					24, 25, 26, 27, 28, 29, 30, 31}},
	{.id = 7, .size = 32, .bytes = {0,  1,	2,  3,	4,  5,	6,  7,
					8,  9,	10, 11, 12, 13, 14, 15,
					16, 17, 18, 19, 20, 21, 22, 23,
					24, 25, 26, 27, 28, 29, 30, 31}},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ip vips[3];
	struct vrrp_expect mine = {.vrid = 51, .interval_ms = 1000};
	struct vrrp_advert advert, again;
	enum vrrp_verdict verdict;
	struct ip source, source_again;

	if (size == 0)
		return 0;
	mine.version = data[0] & 1 ? 3 : 2;
	mine.address_count = 1 + (data[0] >> 1 & 3) % 3;
	mine.is_v6 = mine.version == 3 && (data[0] & 16) != 0;
	mine.is_unicast = (data[0] & 32) != 0;
	for (unsigned i = 0; i < 3; i++)
		vips[i] = mine.is_v6 ? vips_v6[i] : ip_from_v4(0x0a630064 + i);
	mine.addresses = vips;
	if (data[0] & 64) {
		mine.keys = keys;
		mine.key_count = 2;
		mine.vrid = mine.is_v6 ? 56 : 150; /* the corpus' */
	}
	if (data[0] & 8)
		memcpy(mine.password, "abcdefgh", VRRP_PASSWORD_SIZE);

	verdict = vrrp_check(data + 1, size - 1, &mine, &source, &advert);
	demand((unsigned)verdict < VRRP_VERDICTS);
	demand(vrrp_verdict_name(verdict) != NULL);
	demand(vrrp_check(data + 1, size - 1, &mine, &source_again, &again) ==
	       verdict);
	demand(ip_compare(&source, &source_again) == 0);
	demand(!advert.is_signed || mine.key_count > 0);
	if (verdict == VRRP_OK) {
		demand(advert.version == mine.version);
		demand(advert.vrid == mine.vrid);
		demand(advert.interval_ms > 0);
		demand(vrrp_master_down_us(advert.version, advert.priority,
					   advert.interval_ms) > 0);
	}
	return 0;
}
