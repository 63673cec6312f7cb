/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Profiles, what overrules them, and what may never be written. */
#include "settings_text.h"

#include "../../drivers/modbus/modbus_profiles.h"

/* Plugs 1 and 2 of host 203.0.113.20 with these keys. */
static struct loaded *load_keys(const char *keys)
{
	char edit[512];

	snprintf(edit, sizeof(edit), "%s host =", keys);
	return load_edited("host =", edit);
}

static void test_each_profile_gives_what_its_row_says(void **state)
{
	char keys[80], error[200];

	(void)state;
	for (unsigned i = 0; i < MODBUS_PROFILES; i++) {
		const struct modbus_profile *row = &modbus_profiles[i];
		const struct modbus_settings *modbus;
		struct loaded *loaded;

		snprintf(keys, sizeof(keys),
			 "profile = \"%s\"; transport = \"tcp\";", row->name);
		loaded = load_keys(keys);
		assert_string_equal(loaded->text, "");
		modbus = modbus_of(&loaded->settings.devices[0]);
		assert_string_equal(modbus->profile, row->name);
		assert_int_equal(modbus->unit, row->unit);
		assert_int_equal(modbus->write_kind, row->write_kind);
		assert_int_equal(modbus->write_base, row->write_base);
		assert_int_equal(modbus->write_on, row->write_on);
		assert_int_equal(modbus->write_off, row->write_off);
		assert_int_equal(modbus->read_kind, row->read_kind);
		assert_int_equal(modbus->read_base, row->read_base);
		assert_int_equal(modbus->read_on, row->read_on);
		assert_int_equal(modbus->read_off, row->read_off);
		assert_int_equal(modbus->current.off_below_ma, 0);
		/* and the driver takes it */
		assert_int_equal(modbus_check(&loaded->settings.devices[0], "1",
					      error, sizeof(error)),
				 0);
		free(loaded);
	}
}

/* Against the documents, not against the table. */
static void test_addresses_of_the_manuals(void **state)
{
	static const struct {
		const char *name;
		unsigned write, read, on, off, reads_on, reads_off, plugs;
	} manuals[] = {
		{"generic-coil", 0, 0, 1, 0, 1, 0, 65535},
		{"netio", 101, 101, 1, 0, 1, 0, 8},
		{"gude", 0, 0, 1, 0, 1, 0, 1024},
		{"waveshare", 0, 0, 1, 0, 1, 0, 32},
		{"moxa-e1200", 0, 0, 1, 0, 1, 0, 16},
		{"adam6000", 16, 16, 1, 0, 1, 0, 8},
		{"wago750", 0, 0x200, 1, 0, 1, 0, 256},
		{"eletechsup", 1, 1, 0x100, 0x200, 1, 0, 8},
		{"icpdas", 0, 0, 1, 0, 1, 0, 32},
		{"kmtronic", 0, 0, 1, 0, 1, 0, 8},
	};

	(void)state;
	assert_int_equal(COUNT(manuals), MODBUS_PROFILES);
	for (size_t i = 0; i < COUNT(manuals); i++) {
		const struct modbus_profile *row =
			modbus_profile_find(manuals[i].name);

		assert_non_null(row);
		assert_int_equal(row->write_base, manuals[i].write);
		assert_int_equal(row->read_base, manuals[i].read);
		assert_int_equal(row->write_on, manuals[i].on);
		assert_int_equal(row->write_off, manuals[i].off);
		assert_int_equal(row->read_on, manuals[i].reads_on);
		assert_int_equal(row->read_off, manuals[i].reads_off);
		assert_int_equal(row->plugs_max, manuals[i].plugs);
	}
	assert_null(modbus_profile_find("generic"));
}

static void test_each_key_overrules_its_profile(void **state)
{
	struct loaded *loaded =
		load_keys("profile = \"wago750\"; base = 16; write_on = 0;\n"
			  "write_off = 1; unit = 9; write_multiple = true;");
	const struct modbus_settings *modbus =
		modbus_of(&loaded->settings.devices[0]);

	(void)state;
	assert_string_equal(loaded->text, "");
	assert_int_equal(modbus->write_base, 16);
	assert_int_equal(modbus->read_base, 0x210);
	assert_int_equal(modbus->read_on, 0);
	assert_int_equal(modbus->read_off, 1);
	assert_int_equal(modbus->unit, 9);
	assert_true(modbus->write_multiple);
	free(loaded);

	loaded = load_keys("profile = \"wago750\"; read_base = 7;");
	modbus = modbus_of(&loaded->settings.devices[0]);
	assert_int_equal(modbus->write_base, 0);
	assert_int_equal(modbus->read_base, 7);
	free(loaded);

	/* the read words are the board's own */
	loaded = load_keys("profile = \"eletechsup\"; transport = \"tcp\";\n"
			   "base = 0; write_on = 0x200; write_off = 0x100;");
	modbus = modbus_of(&loaded->settings.devices[0]);
	assert_string_equal(loaded->text, "");
	assert_int_equal(modbus->write_base, 0);
	assert_int_equal(modbus->read_base, 0);
	assert_int_equal(modbus->read_on, 1);
	assert_int_equal(modbus->read_off, 0);
	free(loaded);

	/* its newer firmware has coils: none of the register's words */
	loaded = load_keys("profile = \"eletechsup\"; transport = \"tcp\";\n"
			   "write_kind = \"coil\"; base = 0;");
	modbus = modbus_of(&loaded->settings.devices[0]);
	assert_string_equal(loaded->text, "");
	assert_int_equal(modbus->read_kind, MODBUS_COIL);
	assert_int_equal(modbus->write_on, 1);
	assert_int_equal(modbus->write_off, 0);
	free(loaded);
}

/* A device with vices: each has a key, and each key its part in the times that
 * `check` adds up. */
static void test_keys_for_vices(void **state)
{
	struct loaded *loaded = load_keys(
		"read_count = 8; connect_wait_ms = 300; off_ms = 600;\n"
		"transaction_id = \"any\"; connect_ms = 200; "
		"response_ms = 100;");
	const struct settings_device *pdu = &loaded->settings.devices[0];

	(void)state;
	assert_string_equal(loaded->text, "");
	assert_int_equal(modbus_of(pdu)->read_count, 8);
	assert_int_equal(modbus_of(pdu)->connect_wait_ms, 300);
	assert_int_equal(modbus_of(pdu)->transaction_id, MODBUS_ID_ANY);
	assert_int_equal(pdu->switch_ms, 600);
	/* three questions for an off, one for a command */
	assert_int_equal(pdu->answer_ms, 200 + 300 + 3 * 100);
	assert_int_equal(pdu->command_ms, 200 + 300 + 100);
	free(loaded);

	loaded = load_keys("read_on = 255;");
	assert_string_equal(loaded->text, "");
	assert_int_equal(modbus_of(&loaded->settings.devices[0])->read_on, 255);
	free(loaded);

	/* each of them is part of the digests */
	for (unsigned i = 0; i < 4; i++) {
		static const char *const keys[] = {
			"read_count = 2;", "connect_wait_ms = 1;",
			"off_ms = 1;", "transaction_id = \"any\";"};
		struct loaded *plain = load_keys("");

		loaded = load_keys(keys[i]);
		assert_string_equal(loaded->text, "");
		assert_int_not_equal(loaded->settings.fence_digest,
				     plain->settings.fence_digest);
		assert_int_not_equal(loaded->settings.digest,
				     plain->settings.digest);
		free(plain);
		free(loaded);
	}
}

/* R5: tie_ms (3000 by default) outlasts the pause and the change, too. */
static void test_R5_tie_counts_what_a_device_takes(void **state)
{
	static const struct edit edits[] = {
		{"host =", "off_ms = 1000; host =",
		 "fence.tie_ms: 3000 ms must be more than"},
		{"host =", "connect_wait_ms = 1000; host =",
		 "fence.tie_ms: 3000 ms must be more than"},
	};

	(void)state;
	assert_edits(edits, COUNT(edits), 1, 0);
}

static void test_current_comes_from_the_profile(void **state)
{
	struct loaded *loaded =
		load_keys("profile = \"netio\"; current_off_below_ma = 40;\n"
			  "connect_ms = 200; response_ms = 200;");
	const struct settings_device *pdu = &loaded->settings.devices[0];
	const struct modbus_current *current = &modbus_of(pdu)->current;

	(void)state;
	assert_string_equal(loaded->text, "");
	assert_int_equal(current->kind, MODBUS_INPUT);
	assert_int_equal(current->base, 101);
	assert_int_equal(current->step, 1);
	assert_int_equal(current->width, 1);
	assert_int_equal(current->unit_ua, 1000);
	assert_int_equal(current->off_below_ma, 40);
	assert_int_equal(pdu->answer_ms, 800);
	free(loaded);

	loaded = load_keys("profile = \"gude\"; current_off_below_ma = 40;\n"
			   "current_base = 0x3a06; current_step = 0x20;\n"
			   "current_kind = \"holding\";\n"
			   "current_order = \"low-first\";\n"
			   "current_unit_ua = 1; connect_ms = 200;\n"
			   "response_ms = 200;");
	current = &modbus_of(&loaded->settings.devices[0])->current;
	assert_string_equal(loaded->text, "");
	assert_int_equal(current->kind, MODBUS_HOLDING);
	assert_int_equal(current->base, 0x3a06);
	assert_int_equal(current->step, 0x20);
	assert_int_equal(current->width, 2);
	assert_true(current->low_word_first);
	assert_int_equal(current->unit_ua, 1);
	free(loaded);
}

static void test_what_is_refused(void **state)
{
	static const struct edit edits[] = {
		{"host =", "profile = \"wago75\"; host =",
		 "devices[0].profile: \"wago75\" is not known, did you mean "
		 "\"wago750\"?; allowed are \"generic-coil\", \"netio\", "
		 "\"gude\", \"waveshare\", \"moxa-e1200\", \"adam6000\", "
		 "\"wago750\", \"eletechsup\", \"icpdas\", \"kmtronic\""},
		{"host =",
		 "profile = \"eletechsup\"; transport = \"tcp\";\n"
		 "write_off = 0x300; host =",
		 "devices[0].write_off: 0x0300: the registers of "
		 "\"eletechsup\" take toggle"},
		{"host =",
		 "profile = \"netio\"; write_kind = \"holding\";\n"
		 "write_off = 2; host =",
		 "devices[0].write_off: 0x0002: the registers of \"netio\""},
		{"host =", "write_on = 0x5500; host =",
		 "devices[0].write_on: 21760: a coil or discrete input is"},
		{"host =", "profile = \"wago750\"; base = 65535; host =",
		 "devices[0].base: 65535: plugs are read back 512 further"},
		{"host =", "current_off_below_ma = 50; host =",
		 "devices[0].current_base: is missing: profile "
		 "\"generic-coil\" does not know"},
		{"host =", "current_base = 5; host =",
		 "devices[0].current_off_below_ma: is not set"},
		{"host =", "read_kind = \"holding\"; read_count = 126; host =",
		 "devices[0].read_count: 126: an answer holds at most 125"},
		{"host =", "read_count = 8; read_on = 255; host =",
		 "devices[0].read_count: 8: of several coils each has one bit"},
		{"host =", "read_base = 65530; read_count = 8; host =",
		 "devices[0].read_count: 8 from 65530 on lie beyond"},
		{"host =", "read_on = 0; read_off = 255; host =",
		 "devices[0].read_off: 255: a coil or discrete input is 0 or"},
		{"host =", "read_on = 254; host =",
		 "read_on 255 for a device that fills the byte"},
		{"host =", "write_on = 255; host =",
		 "devices[0].write_on: 255: a coil or discrete input is 0 or"},
		{"host =", "connect_wait_ms = 60001; host =",
		 "devices[0].connect_wait_ms: 60001"},
		{"host =", "transaction_id = \"no\"; host =",
		 "devices[0].transaction_id: \"no\" is not known"},
		{"device = \"pdu\"; plug = 2", "device = \"pdu\"; plug = 0",
		 "nodes[1].fence[0].plug: must be a number from 1 to 65535 on "
		 "a generic-coil device"},
	};
	struct loaded *loaded;

	(void)state;
	for (size_t i = 0; i < COUNT(edits); i++) {
		loaded = load_edited(edits[i].old, edits[i].new);
		if (strstr(loaded->text, edits[i].finding) == NULL)
			fail_msg("%s\nnot in:\n%s", edits[i].finding,
				 loaded->text);
		free(loaded);
	}
}

#define LINE "profile = \"kmtronic\"; serial = \"/dev/relays\"; "

static void test_a_serial_line(void **state)
{
	struct loaded *loaded = load_edited("host = \"203.0.113.20\";", LINE);
	const struct settings_device *relays = &loaded->settings.devices[0];
	char error[200];

	(void)state;
	assert_string_equal(loaded->text, "");
	assert_int_equal(modbus_of(relays)->transport, MODBUS_RTU);
	assert_string_equal(modbus_of(relays)->line.path, "/dev/relays");
	assert_string_equal(relays->place, "/dev/relays");
	assert_int_equal(modbus_of(relays)->line.baud, 9600);
	assert_int_equal(modbus_of(relays)->line.parity, PARITY_NONE);
	assert_int_equal(modbus_of(relays)->line.stop_bits, 1);
	assert_int_equal(modbus_of(relays)->line.rs485, RS485_ADAPTER);
	/* the line, and an off that is asked for three times */
	assert_int_equal(relays->answer_ms, 2000);
	assert_int_equal(relays->command_ms, 1500);
	assert_int_equal(modbus_check(relays, "1", error, sizeof(error)), 0);
	free(loaded);

	loaded = load_edited("host = \"203.0.113.20\";",
			     LINE "baud = 19200; parity = \"even\";\n"
				  "stop_bits = 2; rs485 = \"rts-low\";");
	relays = &loaded->settings.devices[0];
	assert_string_equal(loaded->text, "");
	assert_int_equal(modbus_of(relays)->line.baud, 19200);
	assert_int_equal(modbus_of(relays)->line.parity, PARITY_EVEN);
	assert_int_equal(modbus_of(relays)->line.stop_bits, 2);
	assert_int_equal(modbus_of(relays)->line.rs485, RS485_RTS_LOW);
	free(loaded);
}

static void test_what_is_refused_on_a_line(void **state)
{
	static const struct edit edits[] = {
		{"host = \"203.0.113.20\";", "transport = \"rtu\";",
		 "devices[0].serial: is missing"},
		{"host =", LINE "host =",
		 "devices[0].host: does not go with transport = \"rtu\""},
		{"host =", "serial = \"/dev/relays\"; host =",
		 "devices[0].serial: does not go with transport = \"tcp\""},
		{"host = \"203.0.113.20\";", "",
		 "devices[0].host: is missing; it must be set"},
		{"host = \"203.0.113.20\";", LINE "connect_wait_ms = 9;",
		 "devices[0].connect_wait_ms: does not go with transport"},
		{"host = \"203.0.113.20\";", LINE "transaction_id = \"any\";",
		 "devices[0].transaction_id: does not go with transport"},
		{"host = \"203.0.113.20\";", LINE "baud = 9601;",
		 "devices[0].baud: 9601 is no usual speed"},
		{"host = \"203.0.113.20\";", LINE "unit = 0;",
		 "devices[0].unit: 0: over rtu 1 to 247"},
		{"host = \"203.0.113.20\";", LINE "unit = 248;",
		 "devices[0].unit: 248: over rtu 1 to 247"},
		{"host = \"203.0.113.20\";",
		 "transport = \"rtu\"; serial = \"/dev/two\";",
		 "devices[0].serial: /dev/two is the heartbeat cable of "
		 "nodes[1]"},
		{"host = \"203.0.113.20\";",
		 "transport = \"rtu\"; serial = \"relays\";",
		 "devices[0].serial: \"relays\": must be an absolute path"},
	};

	(void)state;
	assert_edits(edits, COUNT(edits), 1, 0);
}

/* Decided before anything is opened, as for the heartbeat cable. */
static void test_a_console_is_no_line(void **state)
{
	struct loaded *loaded =
		load_edited("host = \"203.0.113.20\";",
			    "transport = \"rtu\"; serial = \"/dev/tty\";");

	(void)state;
	assert_string_equal(loaded->text, "");
	settings_check_environment(&loaded->settings, &loaded->report);
	assert_non_null(strstr(loaded->text,
			       "t.conf:14: error: devices[0].serial: serial "
			       "/dev/tty: is a terminal of this machine"));
	free(loaded);
}

static void test_plugs_of_a_profile_are_counted(void **state)
{
	char text[4096];
	struct loaded *loaded;

	(void)state;
	for (int last = 8; last <= 9; last++) {
		char *at;

		snprintf(text, sizeof(text), "%s", GOOD);
		at = strstr(text, "plug = 2");
		assert_non_null(at);
		at[7] = (char)('0' + last);
		at = strstr(text, "host =");
		memmove(at + 20, at, strlen(at) + 1);
		memcpy(at, "profile = \"netio\";  ", 20);
		loaded = load_text(text);
		if (last == 8)
			assert_string_equal(loaded->text, "");
		else
			assert_non_null(strstr(loaded->text,
					       "must be a number from 1 to 8 "
					       "on a netio device"));
		free(loaded);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_profile_gives_what_its_row_says),
		cmocka_unit_test(test_addresses_of_the_manuals),
		cmocka_unit_test(test_each_key_overrules_its_profile),
		cmocka_unit_test(test_current_comes_from_the_profile),
		cmocka_unit_test(test_keys_for_vices),
		cmocka_unit_test(test_R5_tie_counts_what_a_device_takes),
		cmocka_unit_test(test_what_is_refused),
		cmocka_unit_test(test_a_serial_line),
		cmocka_unit_test(test_what_is_refused_on_a_line),
		cmocka_unit_test(test_a_console_is_no_line),
		cmocka_unit_test(test_plugs_of_a_profile_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
