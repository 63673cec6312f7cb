/* SPDX-License-Identifier: GPL-3.0-or-later */
/* BMCs: what may be said of them, what is kept, and where a password is. */
#include "settings_text.h"

#include "../../drivers/ipmi/ipmi.h"

#include <sys/stat.h>
#include <unistd.h>

#define TIMES	 "settle_ms = 100; off_ms = 500; session_ms = 1000; "
#define FILE_KEY "user = \"fence\"; password_file = \"/nowhere/bmc.pw\"; " TIMES
#define BMC(more)                                                              \
	"\"ipmi\"; host = \"203.0.113.31\"; " more " },\n"                     \
	"  { name = \"other\"; driver = \"ipmi\"; "                            \
	"host = \"203.0.113.32\"; " FILE_KEY "} );\n"

static char folder[32], path[64], error[256], password[21];

static int setup(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/ipmi.XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/bmc1", folder);
	error[0] = '\0';
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unsetenv("CREDENTIALS_DIRECTORY");
	remove(path);
	return rmdir(folder);
}

static void write_password(const char *text, mode_t mode)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, mode), 0);
}

/* GOOD with BMCs in place of its switch; each node has one. */
static struct loaded *load_bmcs(const char *plug, const char *devices)
{
	char text[4096];

	snprintf(text, sizeof(text),
		 "pair = \"web\"; nodes = (\n"
		 "{ name = \"lb01\"; priority = 150; address = "
		 "\"192.0.2.11\"; serial = \"/dev/one\";\n"
		 "fence = ( { device = \"bmc\"; %s } ); },\n"
		 "{ name = \"lb02\"; address = \"192.0.2.12\"; serial = "
		 "\"/dev/two\"; fence = ( { device = \"other\"; } ); } );\n"
		 "links = { serial = { }; };\n"
		 "instances = ( { name = \"a\"; interface = \"eth0\"; vrid = "
		 "1; addresses = ( { ip = \"192.0.2.100/32\"; } ); } );\n"
		 "fence = { tie_ms = 5000; };\n"
		 "devices = ( { name = \"bmc\"; driver = %s",
		 plug, devices);
	return load_text(text);
}

static void assert_finding(const char *plug, const char *devices,
			   const char *wanted)
{
	struct loaded *loaded = load_bmcs(plug, devices);

	if (strstr(loaded->text, wanted) == NULL)
		fail_msg("%s: \"%s\" is not in: %s", devices, wanted,
			 loaded->text);
	free(loaded);
}

static void test_what_is_kept(void **state)
{
	struct loaded *loaded = load_bmcs(
		"", BMC("port = 1623; user = \"fence me\"; password_file = "
			"\"/nowhere/bmc.pw\"; cipher = 3; privilege = "
			"\"admin\"; workarounds = ( \"opensesspriv\", "
			"\"authcap\" ); session_ms = 1500; retransmit_ms = "
			"300; off_ms = 700; "));
	const struct settings_device *device = &loaded->settings.devices[0];

	(void)state;
	assert_int_equal(loaded->result, 0);
	assert_string_equal(device->driver, "ipmi");
	assert_string_equal(device->place, "203.0.113.31:1623");
	assert_string_equal(ipmi_of(device)->user, "fence me");
	assert_string_equal(ipmi_of(device)->password_file, "/nowhere/bmc.pw");
	assert_int_equal(ipmi_of(device)->cipher, 3);
	assert_int_equal(ipmi_of(device)->privilege, IPMI_ADMIN);
	assert_int_equal(ipmi_of(device)->workarounds,
			 IPMI_FIX_OPENSESSPRIV | IPMI_FIX_AUTHCAP);
	assert_int_equal(ipmi_of(device)->session_ms, 1500);
	assert_int_equal(ipmi_of(device)->retransmit_ms, 300);
	assert_int_equal(device->answer_ms, 1500);
	assert_int_equal(device->switch_ms, 700);
	device = &loaded->settings.devices[1];
	assert_int_equal(ipmi_of(device)->port, 623);
	assert_int_equal(ipmi_of(device)->cipher, 17);
	assert_int_equal(ipmi_of(device)->privilege, IPMI_OPERATOR);
	assert_int_equal(device->power_wait_ms, 1000);
	/* plug may be left out */
	assert_string_equal(loaded->settings.nodes[0].plugs[0].plug, "1");
	free(loaded);
}

static void test_keys(void **state)
{
	static const struct {
		const char *devices, *wanted;
	} cases[] = {
		{BMC("user = \"a\\x1b[2J\"; password_file = \"/a\"; " TIMES),
		 "user: has a character that is not printable"},
		{BMC(TIMES), "devices[0].user: is missing"},
		{BMC("user = \"\"; " TIMES), "user: \"\": must not be empty"},
		{BMC("user = \"a_name_of_17_bytes\"; " TIMES),
		 "characters, at most 16 are allowed"},
		{BMC("user = \"a\"; " TIMES),
		 "password_file: is missing; name a file of mode 0600"},
		{BMC(FILE_KEY "password_credential = \"bmc1\";"),
		 "password_credential: password_file is given too"},
		{BMC(FILE_KEY "cipher = 0;"),
		 "error: devices[0].cipher: 0 asks for no password"},
		{BMC(FILE_KEY "cipher = 4;"), "cipher: 4 is not supported"},
		{BMC(FILE_KEY "cipher = 18;"), "cipher: 18 is out of range"},
		{BMC(FILE_KEY "cipher = 1;"),
		 "warning: devices[0].cipher: 1: without encryption, and "
		 "packets can be forged"},
		{BMC(FILE_KEY "privilege = \"user\";"),
		 "privilege: \"user\" may look but not switch"},
		{BMC(FILE_KEY "privilege = \"root\";"), "is not known"},
		{BMC(FILE_KEY "workarounds = ( \"opensespriv\" );"),
		 "did you mean \"opensesspriv\"?"},
		{BMC(FILE_KEY "workarounds = ( 16 );"), "workarounds"},
		{BMC(FILE_KEY "retransmit_ms = 1000;"),
		 "1000 ms must be less than session_ms (1000 ms)"},
		{BMC(FILE_KEY "password = \"secret12\";"), "unknown key"},
		{BMC(FILE_KEY "unit = 1;"), "unknown key"},
		{"\"ipmi\"; host = \"203.0.113.32\"; " FILE_KEY "},\n"
		 "  { name = \"other\"; driver = \"ipmi\"; "
		 "host = \"203.0.113.32\"; " FILE_KEY "} );\n",
		 "one plug cannot cut both nodes"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_finding("", cases[i].devices, cases[i].wanted);
	assert_finding("plug = 2;", BMC(FILE_KEY),
		       "the BMC bmc has one plug, the server it sits in");
}

/* R5 counts the time that a server takes to go off. */
static void test_R5_off_ms_counts(void **state)
{
	(void)state;
	assert_finding("",
		       BMC("user = \"a\"; password_file = \"/a\"; off_ms = "
			   "60000;"),
		       "fence.timeout_ms: 20000 ms: level 1 of \"lb01\" may "
		       "take");
	assert_finding("",
		       BMC("user = \"a\"; password_file = \"/a\"; off_ms = "
			   "4000;"),
		       "fence.tie_ms: 5000 ms must be more than");
}

static void test_ipmi_alone_is_warned_of(void **state)
{
	struct loaded *loaded = load_bmcs("", BMC(FILE_KEY));
	static const char warning[] =
		"warning: nodes[%u].fence: only IPMI can cut \"%s\": when it "
		"loses its power, its BMC is silent, which proves nothing";
	char wanted[256];

	(void)state;
	assert_int_equal(loaded->result, 0);
	for (unsigned n = 0; n < NODES; n++) {
		snprintf(wanted, sizeof(wanted), warning, n,
			 loaded->settings.nodes[n].name);
		assert_non_null(strstr(loaded->text, wanted));
	}
	free(loaded);
	/* with a power switch behind it, nothing is said of that node */
	loaded = load_bmcs("}, { level = 2; device = \"pdu\"; plug = 1;",
			   "\"ipmi\"; host = \"203.0.113.31\"; " FILE_KEY "},\n"
			   "{ name = \"pdu\"; host = \"203.0.113.20\"; },\n"
			   "{ name = \"other\"; driver = \"ipmi\"; host = "
			   "\"203.0.113.32\"; " FILE_KEY "} );\n");
	assert_int_equal(loaded->result, 0);
	assert_null(strstr(loaded->text, "nodes[0].fence"));
	assert_non_null(strstr(loaded->text, "nodes[1].fence: only IPMI"));
	free(loaded);
}

static int load_password(const char *credential)
{
	return settings_load_password(path, credential, password,
				      sizeof(password), error, sizeof(error));
}

static void assert_refused(const char *why)
{
	assert_int_equal(load_password(""), -1);
	if (strstr(error, why) == NULL || strstr(error, path) == NULL)
		fail_msg("wanted \"%s\", got \"%s\"", why, error);
}

static void test_a_password_is_one_line(void **state)
{
	(void)state;
	write_password("secret12", 0600);
	assert_int_equal(load_password(""), 0);
	assert_string_equal(password, "secret12");
	write_password("twenty characters...\r\n", 0400);
	assert_int_equal(load_password(""), 0);
	assert_string_equal(password, "twenty characters...");
	write_password("twenty-one characters\n", 0600);
	assert_refused("more than the 20 characters");
	write_password("secret12\nmore\n", 0600);
	assert_refused("more than one line");
	assert_null(strstr(error, "secret12"));
	write_password("\n", 0600);
	assert_refused("is empty");
	write_password("", 0600);
	assert_refused("is empty");
	/* far more than any buffer: cut, and refused */
	write_password(
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		0600);
	assert_refused("more than the 20 characters");
}

static void test_a_password_that_others_may_use(void **state)
{
	static const mode_t modes[] = {0640, 0604, 0620, 0644};

	(void)state;
	for (size_t i = 0; i < COUNT(modes); i++) {
		write_password("secret12\n", modes[i]);
		assert_refused("so others can use the password; chmod 600");
	}
	remove(path);
	assert_refused("no such file; write the password into it");
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_refused("is not a regular file");
}

static void test_a_credential_is_looked_for_in_its_folder(void **state)
{
	(void)state;
	setenv("CREDENTIALS_DIRECTORY", folder, 1);
	assert_int_equal(load_password("bmc1"), -1);
	assert_non_null(strstr(error, path));
	assert_non_null(strstr(error, "LoadCredential="));
	/* the mask of an access list shows as group bits */
	write_password("secret12\n", 0440);
	assert_int_equal(load_password("bmc1"), 0);
	assert_string_equal(password, "secret12");
	write_password("secret12\n", 0404);
	assert_int_equal(load_password("bmc1"), -1);
}

static void test_a_channel_key_is_text_or_hex(void **state)
{
	static const struct {
		const char *text;
		int size;
		const char *wanted; /* its bytes, or the finding */
	} cases[] = {
		{"channel\n", 7, "channel"},
		{"twenty characters...", 20, "twenty characters..."},
		{"0x6368616e6E656C\n", 7, "channel"},
		{"0x7477656e74792063686172616374657273"
		 "2e2e2e",
		 20, "twenty characters..."},
		{"twenty-one characters", -1, "is no key K_g"},
		{"0x", -1, "is no key K_g"},
		{"0x636", -1, "is no key K_g"},
		{"0x63zz", -1, "is no key K_g"},
		{"0x7477656e747920636861726163746572732e2e2e00", -1,
		 "holds more than the 42 characters that a key K_g"},
		{"", -1, "is empty; write the key K_g into it"},
	};
	uint8_t kg[IPMI_PASSWORD_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int size;

		write_password(cases[i].text, 0600);
		size = ipmi_load_kg(path, kg, error, sizeof(error));
		if (size != cases[i].size)
			fail_msg("%s: %d, %s", cases[i].text, size, error);
		if (size > 0)
			assert_memory_equal(kg, cases[i].wanted, size);
		else if (strstr(error, cases[i].wanted) == NULL)
			fail_msg("%s: %s", cases[i].text, error);
	}
}

static void test_check_looks_for_passwords(void **state)
{
	struct loaded *loaded = load_bmcs("", BMC(FILE_KEY));

	(void)state;
	settings_check_environment(&loaded->settings, &loaded->report);
	assert_non_null(strstr(loaded->text,
			       "t.conf:8: error: devices[0].password_file: "
			       "/nowhere/bmc.pw: no such file; write the "
			       "password into it, mode 0600"));
	free(loaded);
	loaded = load_bmcs("", BMC(FILE_KEY "kg_file = \"/nowhere/kg\"; "));
	settings_check_environment(&loaded->settings, &loaded->report);
	assert_non_null(strstr(loaded->text,
			       "t.conf:8: error: devices[0].kg_file: "
			       "/nowhere/kg: no such file; write the key K_g"));
	free(loaded);
	loaded = load_bmcs("", BMC("user = \"fence\"; password_credential = "
				   "\"bmc1\"; " TIMES));
	setenv("CREDENTIALS_DIRECTORY", folder, 1);
	settings_check_environment(&loaded->settings, &loaded->report);
	assert_non_null(strstr(loaded->text,
			       "warning: devices[0].password_credential: "));
	free(loaded);
}

/* Two nodes may keep it in different places; what it is, they never tell. */
static void test_the_digest_is_without_the_password(void **state)
{
	struct loaded *a = load_bmcs("", BMC(FILE_KEY));
	struct loaded *b = load_bmcs("", BMC("user = \"fence\"; "
					     "password_credential = "
					     "\"bmc1\"; " TIMES));
	struct loaded *c = load_bmcs("", BMC(FILE_KEY "cipher = 3;"));

	(void)state;
	assert_int_equal(a->settings.fence_digest, b->settings.fence_digest);
	assert_int_not_equal(a->settings.fence_digest,
			     c->settings.fence_digest);
	free(a);
	free(b);
	free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_kept),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_R5_off_ms_counts),
		cmocka_unit_test(test_ipmi_alone_is_warned_of),
		cmocka_unit_test_setup_teardown(test_a_password_is_one_line,
						setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_a_password_that_others_may_use, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_a_credential_is_looked_for_in_its_folder, setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			test_a_channel_key_is_text_or_hex, setup, teardown),
		cmocka_unit_test_setup_teardown(test_check_looks_for_passwords,
						setup, teardown),
		cmocka_unit_test(test_the_digest_is_without_the_password),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
