/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DRIVERS_IPMI_H
#define DRIVERS_IPMI_H
/*
 * The settings of a BMC, for the files of this folder: rows and what follows
 * from them (ipmi_settings.c), what may be asked of it (ipmi.c), asking
 * (ipmi_io.c, ipmi_session.c).
 */
#include "../driver.h"

#define IPMI_USER_MAX	  16 /* IPMI 2.0 22.28 */
#define IPMI_PASSWORD_MAX 20 /* IPMI 2.0 22.30; so has K_g */

enum ipmi_privilege { IPMI_USER, IPMI_OPERATOR, IPMI_ADMIN };
enum ipmi_workaround {
	IPMI_FIX_AUTHCAP = 1 << 0,
	IPMI_FIX_INTEL20 = 1 << 1,
	IPMI_FIX_SUPERMICRO20 = 1 << 2,
	IPMI_FIX_SUN20 = 1 << 3,
	IPMI_FIX_OPENSESSPRIV = 1 << 4,
	IPMI_FIX_INTEGRITYCHECKVALUE = 1 << 5,
	IPMI_FIX_NOCHECKSUMCHECK = 1 << 6,
};
#define IPMI_PLUG "1" /* the only one that a BMC has */

struct ipmi_settings {
	uint16_t port;
	char user[SETTINGS_NAME_MAX];
	/* One of the two; read by the fencer at each use, so that the secret
	 * is in no snapshot. */
	char password_file[SETTINGS_PATH_MAX];
	char password_credential[SETTINGS_NAME_MAX];
	char kg_file[SETTINGS_PATH_MAX]; /* the channel key; "" = none */
	uint8_t cipher;			 /* suite id: 17, 3 ... */
	uint8_t privilege;		 /* enum ipmi_privilege */
	uint32_t workarounds;		 /* enum ipmi_workaround */
	uint32_t session_ms, retransmit_ms;
	uint32_t off_ms; /* how long a chassis may take to go off */
};

static inline const struct ipmi_settings *
ipmi_of(const struct settings_device *device)
{
	return (const struct ipmi_settings *)(const void *)device->private;
}

static inline struct ipmi_settings *ipmi_edit(struct settings_device *device)
{
	return (struct ipmi_settings *)(void *)device->private;
}

extern const struct setting_row ipmi_rows[];
void ipmi_settle(const struct device_source *source,
		 struct settings_device *device);
/* The words of workarounds = ( ), one per bit of enum ipmi_workaround; ends
 * with NULL. */
extern const char *const ipmi_workarounds[];

extern const struct driver_agent ipmi_as_agent;

int ipmi_check(const struct settings_device *device, const char *plug,
	       char *error, size_t error_size);
/* "NAME at PLACE: " and the sentence; always -1. */
int ipmi_complain(const struct settings_device *device, char *error,
		  size_t error_size, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * The channel key K_g: a file of one line, text or 0x and hex digits, at most
 * 20 bytes. Its size, or -1 with one sentence in error. Wipe it.
 */
int ipmi_load_kg(const char *file, uint8_t kg[IPMI_PASSWORD_MAX], char *error,
		 size_t error_size);
#endif
