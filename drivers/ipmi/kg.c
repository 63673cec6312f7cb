/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The channel key of a BMC, IPMI 2.0 13.31: text, or hex digits. */
#include <stdarg.h>
#include <string.h>

#include "../../src/base/hex.h"
#include "ipmi.h"

/* How many bytes the digits are, or -1. */
static int kg_from_hex(const char *digits, uint8_t kg[IPMI_PASSWORD_MAX])
{
	size_t length = strlen(digits);

	if (length == 0 || length % 2 != 0 || length / 2 > IPMI_PASSWORD_MAX)
		return -1;
	for (size_t i = 0; i < length; i += 2) {
		int high = hex_digit(digits[i]), low = hex_digit(digits[i + 1]);

		if (high < 0 || low < 0)
			return -1;
		kg[i / 2] = (uint8_t)(high << 4 | low);
	}
	return (int)(length / 2);
}

int ipmi_load_kg(const char *file, uint8_t kg[IPMI_PASSWORD_MAX], char *error,
		 size_t error_size)
{
	const struct settings_secret secret = {
		.path = file,
		.what = "key K_g",
		.make = "write the key K_g into one",
		.renew = "change K_g on the BMC",
		.missing = "write the key K_g into it, mode 0600",
	};
	char line[2 * IPMI_PASSWORD_MAX + 3];
	int size;

	if (settings_load_secret_line(&secret, line, sizeof(line), error,
				      error_size) < 0)
		return -1;
	if (strncmp(line, "0x", 2) == 0) {
		size = kg_from_hex(line + 2, kg);
	} else {
		size = (int)strlen(line);
		if (size > IPMI_PASSWORD_MAX)
			size = -1;
		else
			memcpy(kg, line, (size_t)size);
	}
	explicit_bzero(line, sizeof(line));
	if (size < 0)
		snprintf(error, error_size,
			 "%s is no key K_g: at most %d characters, or 0x and "
			 "as many pairs of hex digits",
			 file, IPMI_PASSWORD_MAX);
	return size;
}
