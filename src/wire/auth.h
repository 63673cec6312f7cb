/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WIRE_AUTH_H
#define WIRE_AUTH_H
/* The only file that knows nettle: HMAC-SHA256, SHA-256 and a safe compare. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* HMAC-SHA256 of data, cut to mac_size (<= 32) bytes. */
void auth_hmac(const uint8_t *key, size_t key_size, const void *data,
	       size_t size, uint8_t *mac, size_t mac_size);
/* The first 4 bytes of SHA-256 as a number: a digest for comparing settings. */
uint32_t auth_digest32(const void *data, size_t size);
/* Compares in constant time. */
bool auth_equal(const void *a, const void *b, size_t size);
#endif
