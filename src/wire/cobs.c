/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * COBS: each code byte says how many bytes follow until the next zero of the
 * original (code - 1 of them); 0xff stands for 254 bytes without a zero.
 * Decoding trusts neither the codes nor the length.
 */
#include "cobs.h"

#define COBS_FULL 0xff /* 254 bytes follow and no zero behind them */

size_t cobs_encode(const uint8_t *in, size_t size, uint8_t *out)
{
	size_t code_at = 0, used = 1;
	uint8_t code = 1;

	for (size_t i = 0; i < size; i++) {
		if (in[i] != 0) {
			out[used++] = in[i];
			code++;
		}
		if (in[i] == 0 || (code == COBS_FULL && i + 1 < size)) {
			out[code_at] = code;
			code_at = used++;
			code = 1;
		}
	}
	out[code_at] = code;
	return used;
}

size_t cobs_decode(const uint8_t *in, size_t size, uint8_t *out, size_t room)
{
	size_t used = 0, i = 0;

	while (i < size) {
		uint8_t code = in[i++];

		if (code == 0 || (size_t)(code - 1) > size - i)
			return 0;
		if ((size_t)(code - 1) > room - used)
			return 0;
		for (uint8_t n = 1; n < code; n++) {
			if (in[i] == 0)
				return 0;
			out[used++] = in[i++];
		}
		/* The zero behind the last block is the frame's end. */
		if (code == COBS_FULL || i == size)
			continue;
		if (used == room)
			return 0;
		out[used++] = 0;
	}
	return used;
}
