/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * HMAC-SHA256, SHA-256 and a comparison that leaks no timing, all by nettle.
 * The only file of twinbeat that includes nettle: another library means
 * another auth.c and nothing else.
 */
#include <assert.h>
#include <string.h>

#include <nettle/hmac.h>
#include <nettle/memops.h>
#include <nettle/sha2.h>

#include "auth.h"

/*
 * RFC 2104 section 4: what a key makes of the hash before the first byte of a
 * message is reckoned once. Those of the pair's beats and of an instance's
 * adverts are used many times a second; more than these few are made anew.
 */
#define KEPT_KEYS 4

struct kept_key {
	uint8_t bytes[SHA256_BLOCK_SIZE];
	size_t size;
	struct hmac_sha256_ctx context;
};

static struct hmac_sha256_ctx *auth_context(const uint8_t *key, size_t size)
{
	static struct kept_key kept[KEPT_KEYS];
	static unsigned oldest;
	struct kept_key *mine;

	for (unsigned i = 0; i < KEPT_KEYS; i++)
		if (kept[i].size == size && size > 0 &&
		    memcmp(kept[i].bytes, key, size) == 0)
			return &kept[i].context;
	mine = &kept[oldest];
	oldest = (oldest + 1) % KEPT_KEYS;
	hmac_sha256_set_key(&mine->context, size, key);
	mine->size = size <= sizeof(mine->bytes) ? size : 0;
	memcpy(mine->bytes, key, mine->size);
	return &mine->context;
}

void auth_hmac(const uint8_t *key, size_t key_size, const void *data,
	       size_t size, uint8_t *mac, size_t mac_size)
{
	struct hmac_sha256_ctx *context = auth_context(key, key_size);

	assert(mac_size <= SHA256_DIGEST_SIZE);
	hmac_sha256_update(context, size, data);
	/* RFC 2104 section 5: a MAC is cut to its leftmost bytes. */
	hmac_sha256_digest(context, mac_size, mac); /* and begins anew */
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
