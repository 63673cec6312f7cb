/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WIRE_COBS_H
#define WIRE_COBS_H
/*
 * Consistent Overhead Byte Stuffing (Cheshire and Baker, 1999): rewrites bytes
 * so that none of them is 0x00, which is then free to end a frame. One byte
 * more per 254. A receiver that lost its place waits for the next 0x00.
 */
#include <stddef.h>
#include <stdint.h>

/* The most bytes that cobs_encode() writes for size bytes, no delimiter. */
#define COBS_ENCODED_MAX(size) ((size) + (size) / 254 + 1)

/* Writes no delimiter. in and out must not overlap. Returns bytes written. */
size_t cobs_encode(const uint8_t *in, size_t size, uint8_t *out);

/*
 * Decodes what stood between two delimiters into out, which holds room bytes.
 * Returns the bytes written; 0 when the input is no COBS or does not fit (an
 * empty frame is never valid here either).
 */
size_t cobs_decode(const uint8_t *in, size_t size, uint8_t *out, size_t room);
#endif
