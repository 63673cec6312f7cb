/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SETTINGS_SECRET_H
#define SETTINGS_SECRET_H
/*
 * Secrets, each in a file of its own: the key of the pair, passwords, keys of
 * signed adverts. They are read when they are needed and are never part of the
 * snapshot.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../wire/vrrp_sign.h"

struct settings;

/*
 * A file that holds a secret, and the words of its findings. A credential is a
 * file that systemd keeps: whoever may enter its folder may read it.
 */
struct settings_secret {
	const char *path;
	const char *what;    /* "key" */
	const char *make;    /* is no regular file: ... */
	const char *renew;   /* chmod 600, and ... if others have read it */
	const char *missing; /* no such file: ... */
	bool credential;
};

/*
 * The first room bytes of a regular file, owner root or us, mode 0600 (0640 if
 * its group is ACCOUNT_GROUP), and how many they are; -1 with one sentence,
 * without any of them, in error. Wipe text after use.
 */
ssize_t settings_read_secret(const struct settings_secret *secret, char *text,
			     size_t room, char *error, size_t error_size);

/*
 * The same for a secret of one line of at most room - 1 characters, room being
 * SETTINGS_PASSWORD_MAX + 1 or less. 0, or -1 with one sentence in error.
 */
int settings_load_secret_line(const struct settings_secret *secret, char *line,
			      size_t room, char *error, size_t error_size);

/*
 * The password of a device: the one line of file, or of the systemd credential
 * if that is not "". Read it when it is needed and wipe it then. 0, or -1 with
 * one sentence in error; at most room - 1 characters are accepted.
 */
int settings_load_password(const char *file, const char *credential,
			   char *password, size_t room, char *error,
			   size_t error_size);

/*
 * The 32-byte key: hex, in a file as of settings_read_secret(). 0, or -1
 * with one sentence in error.
 */
int settings_load_key(const char *path, uint8_t key[32], char *error,
		      size_t error_size);

/*
 * Writes a new random key, mode 0600, or 0640 where the folder gives it the
 * group ACCOUNT_GROUP; never over a file that is there. 0, or
 * -1 with one sentence in error.
 */
int settings_make_key(const char *path, char *error, size_t error_size);

/*
 * A key of signed adverts, in one line as keepalived has it: "hex:" and 64 to
 * 128 hex digits, or 32 to 64 characters that are the key themselves. Its id is
 * the caller's. 0, or -1 with one sentence in error.
 */
int settings_load_hmac_key(const char *path, struct vrrp_key *key, char *error,
			   size_t error_size);
/* All of settings.hmac_keys, HMAC_KEYS_MAX of them; the rest is zero. */
int settings_load_hmac_keys(const struct settings *settings,
			    struct vrrp_key *keys, char *error,
			    size_t error_size);
#endif
