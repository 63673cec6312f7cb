/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The password of a device, in a file or as a credential of systemd. A file of
 * its own: who gets passwords in another way (our fence agent) links its own.
 */
#include <stdlib.h>

#include "settings.h"

/* systemd gives a unit's credentials a folder of its own. Who is not started
 * by it (twinbeat fence at a terminal) finds the running unit's here. */
#define CREDENTIALS_FOLDER "/run/credentials/twinbeat.service"

int settings_load_password(const char *file, const char *credential,
			   char *password, size_t room, char *error,
			   size_t error_size)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	char path[SETTINGS_FILE_MAX];
	struct settings_secret secret = {
		.path = path,
		.what = "password",
		.make = "write the password into one",
		.renew = "change the password",
		.missing = "write the password into it, mode 0600",
		.credential = credential[0] != '\0',
	};

	if (secret.credential) {
		snprintf(path, sizeof(path), "%s/%s",
			 folder != NULL ? folder : CREDENTIALS_FOLDER,
			 credential);
		secret.missing = "is the service running, and has its "
				 "unit a LoadCredential= of this name?";
	} else {
		snprintf(path, sizeof(path), "%s", file);
	}
	return settings_load_secret_line(&secret, password, room, error,
					 error_size);
}
