/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The channel key of a BMC, IPMI 2.0 13.31: text, or hex digits. */
#include <stdarg.h>
#include <string.h>

#include "../../src/wire/hex.h"
#include "ipmi.h"

/* How many bytes the digits are, or -1. */
static int kg_from_hex(const char *digits, uint8_t kg[IPMI_PASSWORD_MAX])
{
	return digits[0] == '\0' ? -1
				 : hex_read(digits, strlen(digits), kg,
					    IPMI_PASSWORD_MAX);
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
