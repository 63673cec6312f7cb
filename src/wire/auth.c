/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * HMAC-SHA256, SHA-256 and a comparison that leaks no timing, all by nettle.
 * The only file of twinbeat that includes nettle: another library means
 * another auth.c and nothing else.
 */
#include <assert.h>

#include <nettle/hmac.h>
#include <nettle/memops.h>
#include <nettle/sha2.h>

#include "auth.h"

void auth_hmac(const uint8_t *key, size_t key_size, const void *data,
	       size_t size, uint8_t *mac, size_t mac_size)
{
	struct hmac_sha256_ctx context;

	assert(mac_size <= SHA256_DIGEST_SIZE);
	hmac_sha256_set_key(&context, key_size, key);
	hmac_sha256_update(&context, size, data);
	/* RFC 2104 section 5: a MAC is cut to its leftmost bytes. */
	hmac_sha256_digest(&context, mac_size, mac);
}

uint32_t auth_digest32(const void *data, size_t size)
{
	struct sha256_ctx context;
	uint8_t digest[4];

	sha256_init(&context);
	sha256_update(&context, size, data);
	sha256_digest(&context, sizeof(digest), digest);
	return (uint32_t)digest[0] << 24 | (uint32_t)digest[1] << 16 |
	       (uint32_t)digest[2] << 8 | digest[3];
}

bool auth_equal(const void *a, const void *b, size_t size)
{
	return memeql_sec(a, b, size) != 0;
}
