/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The key file, and what settings name on this machine. */
#include "settings_text.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEX                                                                    \
	"00112233445566778899aabbccddeeff"                                     \
	"00112233445566778899AABBCCDDEEFF"

static char folder[32], path[64], error[256];
static uint8_t key[32];

static int setup(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/settings.XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/key", folder);
	memset(key, 0, sizeof(key));
	error[0] = '\0';
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	remove(path);
	return rmdir(folder);
}

static void write_key(const char *text, size_t size, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, size), (ssize_t)size);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void assert_refused(const char *why)
{
	assert_int_equal(settings_load_key(path, key, error, sizeof(error)),
			 -1);
	if (strstr(error, why) == NULL || strstr(error, path) == NULL)
		fail_msg("wanted \"%s\", got \"%s\"", why, error);
}

static void test_a_good_key_is_read(void **state)
{
	(void)state;
	write_key(HEX "\n", 65, 0600);
	assert_int_equal(settings_load_key(path, key, error, sizeof(error)), 0);
	assert_int_equal(key[1], 0x11);
	assert_int_equal(key[31], 0xff);
	write_key(HEX, 64, 0400);
	assert_int_equal(settings_load_key(path, key, error, sizeof(error)), 0);
	write_key(HEX "\r\n", 66, 0600);
	assert_int_equal(settings_load_key(path, key, error, sizeof(error)), 0);
}

static void test_text_that_is_no_key(void **state)
{
	static const char *const texts[] = {
		"",	   "\n",    "00112233", HEX "0",      HEX "\nmore",
		HEX " \n", " " HEX, "secret",	HEX "\n\n\n",
	};
	char text[65];

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		write_key(texts[i], strlen(texts[i]), 0600);
		assert_refused("does not hold 64 hex digits");
	}
	memcpy(text, HEX, sizeof(text));
	text[40] = 'g';
	write_key(text, 64, 0600);
	assert_refused("does not hold 64 hex digits");
	memset(text, '0', 64);
	write_key(text, 64, 0600);
	assert_refused("is all zeros");
	/* the key itself is never in a sentence */
	assert_null(strstr(error, "0000000000000000"));
}

static void test_a_key_that_others_may_use(void **state)
{
	static const mode_t modes[] = {0640, 0604, 0620, 0644, 0610, 0601};

	(void)state;
	for (size_t i = 0; i < COUNT(modes); i++) {
		write_key(HEX, 64, modes[i]);
		assert_refused("chmod 600");
	}
}

static void test_a_key_of_another_owner(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	write_key(HEX, 64, 0600);
	assert_int_equal(chown(path, 65534, 65534), 0);
	assert_refused("belongs to user 65534");
}

static void test_a_key_that_is_no_file(void **state)
{
	char target[80];

	(void)state;
	assert_refused("no such file; make it with twinbeat keygen");
	assert_int_equal(mkdir(path, 0700), 0);
	assert_refused("is not a regular file");
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_refused("is not a regular file"); /* and does not hang */
	assert_int_equal(unlink(path), 0);
	snprintf(target, sizeof(target), "%s/target", folder);
	assert_int_equal(symlink(target, path), 0);
	assert_refused("is a symbolic link");
}

static void test_keygen_makes_a_key_that_loads(void **state)
{
	uint8_t first[32];
	struct stat st;

	(void)state;
	umask(0);
	assert_int_equal(settings_make_key(path, error, sizeof(error)), 0);
	umask(022);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_size, 65);
	assert_int_equal(settings_load_key(path, key, error, sizeof(error)), 0);
	memcpy(first, key, sizeof(first));
	/* never over one that is there */
	assert_int_equal(settings_make_key(path, error, sizeof(error)), -1);
	assert_non_null(strstr(error, "exists and is left as it is"));
	assert_int_equal(settings_load_key(path, key, error, sizeof(error)), 0);
	assert_memory_equal(first, key, sizeof(key));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(settings_make_key(path, error, sizeof(error)), 0);
	assert_int_equal(settings_load_key(path, key, error, sizeof(error)), 0);
	assert_memory_not_equal(first, key, sizeof(key));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/nowhere", path), 0);
	assert_int_equal(settings_make_key(path, error, sizeof(error)), -1);
}

/* GOOD with this key file and serial, looked at on this machine. */
static struct loaded *look(const char *serial, const char *more)
{
	char old[64], new[512];
	struct loaded *loaded;
	char *text, *at;

	snprintf(new, sizeof(new), "key_file = \"%s\"; %s\npair =", path, more);
	text = edited("pair =", new);
	snprintf(old, sizeof(old), "/dev/one");
	at = strstr(text, old);
	assert_non_null(at);
	assert_int_equal(strlen(serial), strlen(old));
	memcpy(at, serial, strlen(old));
	at = strstr(text, "\"eth0\"");
	assert_non_null(at);
	memcpy(at, "\"zz9\" ", 6);
	loaded = load_text(text);
	free(text);
	assert_string_equal(loaded->text, "");
	settings_check_environment(&loaded->settings, &loaded->report);
	return loaded;
}

/* What else moves addresses on the machine of the test is no matter. */
static unsigned warnings_but_other_programs(const struct loaded *loaded)
{
	unsigned warnings = loaded->report.warnings;

	for (const char *at = loaded->text;
	     (at = strstr(at, ": two programs must not move")) != NULL; at++)
		warnings--;
	return warnings;
}

static void test_environment_is_told_with_file_and_line(void **state)
{
	struct loaded *loaded = look("/dev/abc", "");
	char wanted[160];

	(void)state;
	snprintf(wanted, sizeof(wanted),
		 "t.conf:1: error: key_file: %s: no "
		 "such file",
		 path);
	assert_non_null(strstr(loaded->text, wanted));
	assert_non_null(strstr(loaded->text,
			       "t.conf:5: warning: nodes[0].serial: /dev/abc "
			       "is not there (yet)"));
	assert_non_null(strstr(loaded->text,
			       "t.conf:11: warning: instances[0].interface: "
			       "there is no network interface zz9"));
	assert_int_equal(loaded->report.errors, 1);
	assert_non_null(strstr(
		loaded->text, "t.conf:4: warning: nodes[0].address: 192.0.2.11 "
			      "is on no interface of this host"));
	assert_int_equal(warnings_but_other_programs(loaded), 3);
	free(loaded);

	assert_int_equal(settings_make_key(path, error, sizeof(error)), 0);
	loaded = look("/dev/ptm", "notify = \"/nowhere/x\";");
	assert_null(strstr(loaded->text, "key_file"));
	assert_non_null(strstr(loaded->text, "error: notify: /nowhere/x: No"));
	free(loaded);
	loaded = look("/tmp/../", "notify = \"/etc/passwd\";");
	assert_non_null(strstr(loaded->text, "t.conf:5: error: nodes[0].serial"
					     ": /tmp/../ is not a character"));
	assert_non_null(strstr(loaded->text, "error: notify: /etc/passwd is "
					     "not executable"));
	assert_int_equal(loaded->report.errors, 2);
	free(loaded);
	loaded = look("/dev/tty", "notify = \"/bin/true\";");
	assert_non_null(strstr(loaded->text, "/dev/tty: is a terminal of this "
					     "machine"));
	assert_int_equal(loaded->report.errors, 1);
	/* the interface and the node's own address */
	assert_int_equal(warnings_but_other_programs(loaded), 2);
	free(loaded);
}

static void write_hmac(const char *text)
{
	write_key(text, strlen(text), 0600);
}

/* The file is the other node's, too: what keepalived takes for the key is it.
 */
static void
test_a_key_of_signed_adverts_is_read_as_keepalived_does(void **state)
{
	static const char *const bad[] = {
		"",
		"hex:",
		"hex:00112233\n",
		"short\n",
		HEX HEX "\n",
		"hex:" HEX "0\n",
		"hex:" HEX "0g\n",
		"hex:" HEX HEX "00\n",
		"two lines of thirty-two characters\nand more\n"};
	struct vrrp_key read;

	(void)state;
	write_hmac("hex:" HEX "\n");
	assert_int_equal(
		settings_load_hmac_key(path, &read, error, sizeof(error)), 0);
	assert_int_equal(read.size, 32);
	assert_int_equal(read.bytes[1], 0x11);
	assert_int_equal(read.bytes[31], 0xff);
	write_hmac("hex:" HEX HEX "\r\n");
	assert_int_equal(
		settings_load_hmac_key(path, &read, error, sizeof(error)), 0);
	assert_int_equal(read.size, 64);
	/* without the mark the digits themselves are the key */
	write_hmac(HEX "\n");
	assert_int_equal(
		settings_load_hmac_key(path, &read, error, sizeof(error)), 0);
	assert_int_equal(read.size, 64);
	assert_memory_equal(read.bytes, HEX, 64);
	for (unsigned i = 0; i < COUNT(bad); i++) {
		write_hmac(bad[i]);
		assert_int_equal(settings_load_hmac_key(path, &read, error,
							sizeof(error)),
				 -1);
		assert_non_null(strstr(error, path));
		assert_non_null(strstr(error, "does not hold one key"));
	}
	write_key("hex:" HEX, 68, 0644);
	assert_int_equal(
		settings_load_hmac_key(path, &read, error, sizeof(error)), -1);
	assert_non_null(strstr(error, "so others can use the key"));
}

#define KEY_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		KEY_TEST(test_a_good_key_is_read),
		KEY_TEST(
			test_a_key_of_signed_adverts_is_read_as_keepalived_does),
		KEY_TEST(test_text_that_is_no_key),
		KEY_TEST(test_a_key_that_others_may_use),
		KEY_TEST(test_a_key_of_another_owner),
		KEY_TEST(test_a_key_that_is_no_file),
		KEY_TEST(test_keygen_makes_a_key_that_loads),
		KEY_TEST(test_environment_is_told_with_file_and_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
