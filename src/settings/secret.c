/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads a secret from a file: the pair's key, the password of a device. A
 * secret that others can read or swap is none, so anything odd about the file
 * is refused with the cure; what it holds is never part of a sentence.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/account.h"
#include "settings.h"

static int __attribute__((format(printf, 3, 4)))
secret_fail(char *error, size_t size, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error, size, format, args);
	va_end(args);
	return -1;
}

/*
 * Readable by the group whose members command the daemon as root does: such as
 * a daemon that runs as a user, which has no other way to a file of root's.
 */
static bool secret_is_the_groups(const struct stat *st)
{
	gid_t group;

	return (st->st_mode & (S_IRWXG | S_IRWXO)) == S_IRGRP &&
	       account_find_group(ACCOUNT_GROUP, &group) && st->st_gid == group;
}

/* Judged on the open descriptor: a name may mean another file a moment later.
 */
static int secret_judge(const struct settings_secret *secret, int fd,
			char *error, size_t size)
{
	/* A credential's folder is closed to others. Where an access list
	 * opens the file to the unit's user, its mask shows as group bits. */
	mode_t others =
		secret->credential ? S_IWGRP | S_IRWXO : S_IRWXG | S_IRWXO;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return secret_fail(error, size, "%s: %s", secret->path,
				   strerror(errno));
	if (!S_ISREG(st.st_mode))
		return secret_fail(error, size, "%s is not a regular file; %s",
				   secret->path, secret->make);
	if ((st.st_mode & others) && !secret_is_the_groups(&st))
		return secret_fail(error, size,
				   "%s has mode %04o, so others can use the "
				   "%s; chmod 600 %s, and %s if somebody may "
				   "have read it",
				   secret->path, (unsigned)(st.st_mode & 07777),
				   secret->what, secret->path, secret->renew);
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return secret_fail(error, size,
				   "%s belongs to user %u, who could swap the "
				   "%s; chown root %s",
				   secret->path, (unsigned)st.st_uid,
				   secret->what, secret->path);
	return 0;
}

static int secret_open(const struct settings_secret *secret, char *error,
		       size_t size)
{
	/* O_NONBLOCK: a fifo in its place must not hold up anybody. */
	int fd = open(secret->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW |
					    O_NONBLOCK | O_NOCTTY);

	if (fd >= 0)
		return fd;
	if (errno == ELOOP)
		return secret_fail(error, size,
				   "%s is a symbolic link; name the file "
				   "itself",
				   secret->path);
	if (errno == ENOENT)
		return secret_fail(error, size, "%s: no such file; %s",
				   secret->path, secret->missing);
	/* a daemon that runs as a user of the group; or somebody who only
	 * looks, for whom no file is to be opened wider */
	if (errno == EACCES) {
		char cure[2 * SETTINGS_FILE_MAX + 200];

		account_tell_cure(secret->path, cure, sizeof(cure));
		return secret_fail(error, size, "%s: %s %s", secret->path,
				   strerror(EACCES), cure);
	}
	return secret_fail(error, size, "%s: %s", secret->path,
			   strerror(errno));
}

ssize_t settings_read_secret(const struct settings_secret *secret, char *text,
			     size_t room, char *error, size_t error_size)
{
	int fd = secret_open(secret, error, error_size), result;
	size_t used = 0;
	ssize_t n;

	if (fd < 0)
		return -1;
	result = secret_judge(secret, fd, error, error_size);
	while (result == 0 && used < room) {
		n = read(fd, text + used, room - used);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			result = secret_fail(error, error_size, "%s: %s",
					     secret->path, strerror(errno));
		if (n <= 0)
			break;
		used += (size_t)n;
	}
	close(fd);
	return result == 0 ? (ssize_t)used : -1;
}

/* One line end may follow. Neither the text nor its length is told. */
static int secret_check_line(const struct settings_secret *secret, char *text,
			     size_t length, size_t most, char *error,
			     size_t size)
{
	if (length > 0 && text[length - 1] == '\n')
		length--;
	if (length > 0 && text[length - 1] == '\r')
		length--;
	text[length] = '\0';
	if (length == 0)
		return secret_fail(error, size,
				   "%s is empty; write the %s into it",
				   secret->path, secret->what);
	if (length > most)
		return secret_fail(error, size,
				   "%s holds more than the %zu characters that "
				   "a %s may have here",
				   secret->path, most, secret->what);
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return secret_fail(error, size,
					   "%s holds more than one line, or a "
					   "control character; write the %s "
					   "alone into it",
					   secret->path, secret->what);
	return 0;
}

int settings_load_secret_line(const struct settings_secret *secret, char *line,
			      size_t room, char *error, size_t size)
{
	char text[SETTINGS_PASSWORD_MAX + 4];
	ssize_t used;
	int result = -1;

	if (room > SETTINGS_PASSWORD_MAX + 1)
		room = SETTINGS_PASSWORD_MAX + 1;
	/* room - 1 characters, a line end of two, and one more to see that
	 * there is more; text has a byte beyond. */
	used = settings_read_secret(secret, text, room + 2, error, size);
	if (used >= 0)
		result = secret_check_line(secret, text, (size_t)used, room - 1,
					   error, size);
	if (result == 0)
		memcpy(line, text, strlen(text) + 1);
	explicit_bzero(text, sizeof(text));
	return result;
}
