/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The keys of Modbus devices, beside name and driver. What the file leaves out
 * the profile says, where it is there: the defaults here are those of
 * generic-coil.
 */
#include "modbus.h"

#define DEVICE(field)  FIELD(settings_device, field)
#define MODBUS(field)  PRIVATE(modbus_settings, field)
#define CURRENT(field) PRIVATE(modbus_settings, current.field)
#define OVER(its)      PRIVATE_WHEN(modbus_settings, transport, (its))
/* Whoever wants more silence after a connection is out of order. */
#define CONNECT_WAIT_MOST_MS 60000

/* All in the order of their enum; "" where the key does not take it. */
static const char *const transports[] = {"tcp", "rtu", NULL};
static const char *const parities[] = {"none", "even", "odd", NULL};
static const char *const rs485_modes[] = {"adapter", "kernel", "rts", "rts-low",
					  NULL};
static const char *const write_kinds[] = {"coil", "holding", NULL};
static const char *const read_kinds[] = {"coil", "holding", "discrete", "input",
					 NULL};
static const char *const current_kinds[] = {"", "holding", "", "input", NULL};
static const char *const transaction_ids[] = {"echoed", "any", NULL};
static const char *const word_orders[] = {"high-first", "low-first", NULL};
/* In the order of modbus_profiles[]; a test compares them. */
static const char *const profiles[] = {"generic-coil", "netio",	     "gude",
				       "waveshare",    "moxa-e1200", "adam6000",
				       "wago750",      "eletechsup", "icpdas",
				       "kmtronic",     NULL};

const struct setting_row modbus_rows[] = {
	{"transport", SETTING_CHOICE, MODBUS(transport), .choices = transports,
	 .says = "TCP, or a serial line"},
	{"host", SETTING_TEXT, DEVICE(host), OVER(MODBUS_TCP),
	 .says = "its address"},
	{"port", SETTING_INT, MODBUS(port), .value = 502, RANGE(1, 65535),
	 OVER(MODBUS_TCP), .says = "of TCP"},
	{"serial", SETTING_PATH, MODBUS(line.path), OVER(MODBUS_RTU),
	 .says = "the port of the line, the same on both nodes"},
	{"baud", SETTING_INT, MODBUS(line.baud), .value = 9600,
	 RANGE(1200, 115200), .unit = " baud", OVER(MODBUS_RTU),
	 .says = "the speed of the line"},
	{"parity", SETTING_CHOICE, MODBUS(line.parity), .choices = parities,
	 OVER(MODBUS_RTU), .says = "of the line"},
	{"stop_bits", SETTING_INT, MODBUS(line.stop_bits), .value = 1,
	 RANGE(1, 2), OVER(MODBUS_RTU), .says = "of the line"},
	{"rs485", SETTING_CHOICE, MODBUS(line.rs485), .choices = rs485_modes,
	 OVER(MODBUS_RTU), .says = "who turns a two-wire line around"},
	{"unit", SETTING_INT, MODBUS(unit), .value = 1, .max = 255,
	 .says = "the Modbus unit identifier"},
	{"profile", SETTING_WORD, MODBUS(profile), .text = "generic-coil",
	 .choices = profiles, .says = "what is known of a product"},
	{"base", SETTING_INT, MODBUS(base), .max = 65535,
	 .says = "the wire address of plug 1, counted from 0"},
	{"write_kind", SETTING_CHOICE, MODBUS(write_kind),
	 .choices = write_kinds, .says = "what is written"},
	{"write_base", SETTING_INT, MODBUS(write_base), .max = 65535,
	 .says = "the wire address of plug 1 for writing"},
	{"write_on", SETTING_INT, MODBUS(write_on), .value = 1, .max = 65535,
	 .says = "the value that switches on"},
	{"write_off", SETTING_INT, MODBUS(write_off), .max = 65535,
	 .says = "the value that switches off"},
	{"write_multiple", SETTING_BOOL, MODBUS(write_multiple),
	 .says = "functions 15 and 16 instead of 5 and 6"},
	{"read_kind", SETTING_CHOICE, MODBUS(read_kind), .choices = read_kinds,
	 .says = "what is read back"},
	{"read_base", SETTING_INT, MODBUS(read_base), .max = 65535,
	 .says = "the wire address of plug 1 for reading"},
	{"read_on", SETTING_INT, MODBUS(read_on), .value = 1, .max = 65535,
	 .says = "the value that means on"},
	{"read_off", SETTING_INT, MODBUS(read_off), .max = 65535,
	 .says = "the value that means off"},
	{"read_count", SETTING_INT, MODBUS(read_count), .value = 1,
	 RANGE(1, MODBUS_BITS_MOST), .says = "how many a read asks for"},
	{"transaction_id", SETTING_CHOICE, MODBUS(transaction_id),
	 .choices = transaction_ids, OVER(MODBUS_TCP),
	 .says = "whether an answer must have its question's"},
	{"current_off_below_ma", SETTING_INT, CURRENT(off_below_ma),
	 .max = 100000, .unit = " mA",
	 .says = "off only if less flows; 0: not asked"},
	{"current_kind", SETTING_CHOICE, CURRENT(kind), .value = MODBUS_INPUT,
	 .choices = current_kinds, .says = "where the current is read"},
	{"current_base", SETTING_INT, CURRENT(base), .max = 65535,
	 .says = "the wire address of the current of plug 1"},
	{"current_step", SETTING_INT, CURRENT(step), .value = 1,
	 RANGE(1, 65535), .says = "how many registers further plug 2 is"},
	{"current_width", SETTING_INT, CURRENT(width), .value = 1, RANGE(1, 2),
	 .says = "how many registers make the number"},
	{"current_order", SETTING_CHOICE, CURRENT(low_word_first),
	 .choices = word_orders, .says = "which of two is the high word"},
	{"current_unit_ua", SETTING_INT, CURRENT(unit_ua), .value = 1000,
	 RANGE(1, 10000000), .unit = " uA", .says = "what a count of 1 means"},
	{"connect_ms", SETTING_INT, MODBUS(connect_ms), .value = 500,
	 RANGE(1, HOUR_MS), .unit = " ms",
	 .says = "how long a connection may take"},
	{"response_ms", SETTING_INT, MODBUS(response_ms), .value = 500,
	 RANGE(1, HOUR_MS), .unit = " ms",
	 .says = "how long an answer may take"},
	{"connect_wait_ms", SETTING_INT, MODBUS(connect_wait_ms),
	 .max = CONNECT_WAIT_MOST_MS, .unit = " ms", OVER(MODBUS_TCP),
	 .says = "from the connection to the first question"},
	{"off_ms", SETTING_INT, MODBUS(off_ms), TIME_MS(0),
	 .says = "how long a change may take to show"},
	{"settle_ms", SETTING_INT, DEVICE(settle_ms), TIME_MS(50),
	 .says = "between writing and reading back"},
	{"power_wait_ms", SETTING_INT, DEVICE(power_wait_ms), TIME_MS(1000),
	 .says = "how long a node's power supply holds on"},
	END};
