/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libFuzzer: any bytes as an IPv4 packet that a VRRP socket delivered. The
 * first byte chooses the instance's settings. Beyond not crashing: the answer
 * is a known verdict and the same each time, and what is accepted is ours.
 *
 * clang -g -O1 -std=c11 -D_GNU_SOURCE -fsanitize=fuzzer,address,undefined \
 *	tests/fuzz/fuzz_vrrp.c src/wire/vrrp.c -o build/fuzz_vrrp
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "../../src/wire/vrrp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint32_t vips[] = {0x0a630064, 0x0a630065, 0x0a630066};

static void demand(int holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vrrp_expect mine = {
		.vrid = 51, .interval_ms = 1000, .addresses = vips};
	struct vrrp_advert advert, again;
	enum vrrp_verdict verdict;
	uint32_t source, source_again;

	if (size == 0)
		return 0;
	mine.version = data[0] & 1 ? 3 : 2;
	mine.address_count = 1 + (data[0] >> 1 & 3) % 3;
	if (data[0] & 8)
		memcpy(mine.password, "abcdefgh", VRRP_PASSWORD_SIZE);

	verdict = vrrp_check(data + 1, size - 1, &mine, &source, &advert);
	demand((unsigned)verdict < VRRP_VERDICTS);
	demand(vrrp_verdict_name(verdict) != NULL);
	demand(vrrp_check(data + 1, size - 1, &mine, &source_again, &again) ==
	       verdict);
	demand(source == source_again);
	if (verdict == VRRP_OK) {
		demand(advert.version == mine.version);
		demand(advert.vrid == mine.vrid);
		demand(advert.interval_ms > 0);
		demand(vrrp_master_down_us(advert.version, advert.priority,
					   advert.interval_ms) > 0);
	}
	return 0;
}
