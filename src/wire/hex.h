/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WIRE_HEX_H
#define WIRE_HEX_H
#include <stddef.h>
#include <stdint.h>

/* A hex digit's value, -1: it is none. */
static inline int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* length digits, two for each byte, into most bytes at most: how many bytes
 * they are; -1: something else, or too much. */
static inline int hex_read(const char *text, size_t length, uint8_t *bytes,
			   size_t most)
{
	if (length % 2 != 0 || length / 2 > most)
		return -1;
	for (size_t i = 0; i < length; i += 2) {
		int high = hex_digit(text[i]), low = hex_digit(text[i + 1]);

		if (high < 0 || low < 0)
			return -1;
		bytes[i / 2] = (uint8_t)(high << 4 | low);
	}
	return (int)(length / 2);
}
#endif
