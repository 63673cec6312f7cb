/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WIRE_BYTES_H
#define WIRE_BYTES_H
/* Numbers of 1 to 8 bytes, big-endian, as all frames here have them. */
#include <stdint.h>

/* Returns what is behind it. */
static inline uint8_t *bytes_put(uint8_t *at, uint64_t value, unsigned size)
{
	for (unsigned i = size; i-- > 0;)
		*at++ = (uint8_t)(value >> (8 * i));
	return at;
}

static inline uint64_t bytes_get(const uint8_t *at, unsigned size)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < size; i++)
		value = value << 8 | at[i];
	return value;
}
#endif
