/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The keys of signed adverts beside a plain VRRP router, read from the same
 * file that the router's own settings name (keepalived 2.4: key ID file:PATH).
 */
#include <string.h>

#include "../wire/hex.h"
#include "settings.h"

#define HEX_MARK      "hex:"
#define HEX_MARK_SIZE (sizeof(HEX_MARK) - 1)

static int hmac_fail(const char *path, char *error, size_t size)
{
	snprintf(error, size,
		 "%s does not hold one key: write \"hex:\" and %d to %d hex "
		 "digits into it, or %d to %d characters, as the other node's "
		 "file has it",
		 path, 2 * VRRP_KEY_MIN, 2 * VRRP_KEY_MAX, VRRP_KEY_MIN,
		 VRRP_KEY_MAX);
	return -1;
}

/* How many bytes it has; -1: it is none. */
static int hmac_read_text(const char *text, size_t length,
			  uint8_t bytes[VRRP_KEY_MAX])
{
	if (length > VRRP_KEY_MAX)
		return -1;
	for (size_t i = 0; i < length; i++)
		if (text[i] < 0x20 || text[i] > 0x7e)
			return -1;
	memcpy(bytes, text, length);
	return (int)length;
}

static int hmac_read(const char *text, size_t length,
		     uint8_t bytes[VRRP_KEY_MAX])
{
	if (length > 0 && text[length - 1] == '\n')
		length--;
	if (length > 0 && text[length - 1] == '\r')
		length--;
	if (length >= HEX_MARK_SIZE &&
	    memcmp(text, HEX_MARK, HEX_MARK_SIZE) == 0)
		return hex_read(text + HEX_MARK_SIZE, length - HEX_MARK_SIZE,
				bytes, VRRP_KEY_MAX);
	return hmac_read_text(text, length, bytes);
}

int settings_load_hmac_key(const char *path, struct vrrp_key *key, char *error,
			   size_t error_size)
{
	/* the digits, a line end, and one more to see that there is no more */
	char text[HEX_MARK_SIZE + 2 * VRRP_KEY_MAX + 3];
	const struct settings_secret secret = {
		.path = path,
		.what = "key",
		.make = "write the key into one",
		.renew = "make a new key on both nodes",
		.missing = "write the key into it, mode 0600",
	};
	ssize_t used = settings_read_secret(&secret, text, sizeof(text), error,
					    error_size);
	int size;

	memset(key->bytes, 0, sizeof(key->bytes));
	key->size = 0;
	if (used < 0)
		return -1;
	size = hmac_read(text, (size_t)used, key->bytes);
	explicit_bzero(text, sizeof(text));
	if (size < VRRP_KEY_MIN)
		return hmac_fail(path, error, error_size);
	key->size = (uint8_t)size;
	return 0;
}

int settings_load_hmac_keys(const struct settings *settings,
			    struct vrrp_key *keys, char *error,
			    size_t error_size)
{
	memset(keys, 0, HMAC_KEYS_MAX * sizeof(*keys));
	for (unsigned i = 0; i < settings->hmac_key_count; i++) {
		keys[i].id = settings->hmac_keys[i].id;
		if (settings_load_hmac_key(settings->hmac_keys[i].file,
					   &keys[i], error, error_size) < 0)
			return -1;
	}
	return 0;
}
