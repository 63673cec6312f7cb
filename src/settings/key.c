/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The key that the nodes share: read with suspicion, made once. A key that
 * others can read or swap would let them speak for a node, so anything odd
 * about the file is refused with the cure.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/account.h"
#include "../base/whole.h"
#include "../wire/hex.h"
#include "settings.h"

#define KEY_SIZE   32
#define KEY_DIGITS 64

static int __attribute__((format(printf, 3, 4)))
key_fail(char *error, size_t size, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error, size, format, args);
	va_end(args);
	return -1;
}

static bool is_line_end(const char *text, size_t size)
{
	return size == 0 || (size == 1 && text[0] == '\n') ||
	       (size == 2 && text[0] == '\r' && text[1] == '\n');
}

static int key_parse(const char *text, size_t used, const char *path,
		     uint8_t key[KEY_SIZE], char *error, size_t size)
{
	size_t digits = 0;
	uint8_t all = 0;

	while (digits < used && hex_digit(text[digits]) >= 0)
		digits++;
	if (digits != KEY_DIGITS || !is_line_end(text + digits, used - digits))
		return key_fail(error, size,
				"%s does not hold %d hex digits and nothing "
				"else; copy the other node's key again, or "
				"make one with twinbeat keygen",
				path, KEY_DIGITS);
	(void)hex_read(text, KEY_DIGITS, key, KEY_SIZE);
	for (size_t i = 0; i < KEY_SIZE; i++)
		all |= key[i];
	if (all == 0)
		return key_fail(error, size,
				"%s is all zeros; make a key with twinbeat "
				"keygen",
				path);
	return 0;
}

int settings_load_key(const char *path, uint8_t key[KEY_SIZE], char *error,
		      size_t error_size)
{
	/* Digits, line end, and one more to see that there is no more. */
	char text[KEY_DIGITS + 3], missing[SETTINGS_PATH_MAX + 80];
	const struct settings_secret secret = {
		.path = path,
		.what = "key",
		.make = "make a key with twinbeat keygen",
		.renew = "make a new key on both nodes",
		.missing = missing,
	};
	ssize_t used;
	int result;

	snprintf(missing, sizeof(missing),
		 "make it with twinbeat keygen %s, then copy it to the other "
		 "node",
		 path);
	used = settings_read_secret(&secret, text, sizeof(text), error,
				    error_size);
	if (used < 0)
		return -1;
	result = key_parse(text, (size_t)used, path, key, error, error_size);
	explicit_bzero(text, sizeof(text));
	return result;
}

/* getrandom() gives up to 256 bytes whole once the kernel's pool is ready. */
static int key_roll(uint8_t key[KEY_SIZE])
{
	ssize_t n;

	do
		n = getrandom(key, KEY_SIZE, 0);
	while (n < 0 && errno == EINTR);
	return n == KEY_SIZE ? 0 : -1;
}

/*
 * In a folder that hands on its group, as /etc/twinbeat, that of the account:
 * the daemon, which is not root, reads the key by it. Anywhere else the key is
 * its maker's alone.
 */
static int let_the_group_read(int fd)
{
	struct stat st;
	gid_t group;

	if (fstat(fd, &st) < 0)
		return -1;
	if (!account_find_group(ACCOUNT_GROUP, &group) || st.st_gid != group)
		return 0;
	return fchmod(fd, 0640);
}

int settings_make_key(const char *path, char *error, size_t error_size)
{
	uint8_t key[KEY_SIZE];
	char text[KEY_DIGITS + 2];
	int fd, result;

	if (key_roll(key) < 0)
		return key_fail(error, error_size, "no random numbers: %s",
				strerror(errno));
	/* O_EXCL also refuses a symbolic link, dangling or not. */
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
		  0600);
	if (fd < 0 && errno == EEXIST)
		return key_fail(error, error_size,
				"%s exists and is left as it is; remove it "
				"yourself if you want a new key",
				path);
	if (fd < 0)
		return key_fail(
			error, error_size, "%s: %s%s", path, strerror(errno),
			errno == ENOENT ? "; make its folder first"
			: errno == EACCES && geteuid() != 0 ? "; say it as root"
							    : "");
	for (size_t i = 0; i < KEY_SIZE; i++)
		snprintf(text + 2 * i, 3, "%02x", key[i]);
	text[KEY_DIGITS] = '\n';
	result = write_whole(fd, text, KEY_DIGITS + 1);
	if (result == 0)
		result = let_the_group_read(fd);
	if (result == 0)
		result = fsync(fd);
	if (close(fd) < 0)
		result = -1;
	if (result < 0) {
		key_fail(error, error_size, "%s: %s", path, strerror(errno));
		unlink(path); /* half a key is none, and ours */
	}
	explicit_bzero(key, sizeof(key));
	explicit_bzero(text, sizeof(text));
	return result;
}
