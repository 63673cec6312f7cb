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
	 .says = "TCP, or a serial line",
	 MANUAL(.head = "\"tcp\" or \"rtu\", default: by profile",
		.more = "Modbus/TCP, or a serial line (see {Sx Modbus over a "
			"serial line}).")},
	{"host", SETTING_TEXT, DEVICE(host), OVER(MODBUS_TCP),
	 .says = "its address",
	 MANUAL(.head = "address, required over tcp",
		.more = "An IPv4 address.")},
	{"port", SETTING_INT, MODBUS(port), .value = 502, RANGE(1, 65535),
	 OVER(MODBUS_TCP), .says = "of TCP"},
	{"serial", SETTING_PATH, MODBUS(line.path), OVER(MODBUS_RTU),
	 .says = "the port of the line, the same on both nodes",
	 MANUAL(.head = "path, required",
		.more = "The serial port, the same on both nodes: give it a "
			"name with udev. It must not be the port of the "
			"heartbeat cable. A console, and a port with a login "
			"session, are refused before they are opened.")},
	{"baud", SETTING_INT, MODBUS(line.baud), .value = 9600,
	 RANGE(1200, 115200), .unit = " baud", OVER(MODBUS_RTU),
	 .says = "the speed of the line"},
	{"parity", SETTING_CHOICE, MODBUS(line.parity), .choices = parities,
	 OVER(MODBUS_RTU), .says = "of the line"},
	{"stop_bits", SETTING_INT, MODBUS(line.stop_bits), .value = 1,
	 RANGE(1, 2), OVER(MODBUS_RTU), .says = "of the line"},
	{"rs485", SETTING_CHOICE, MODBUS(line.rs485), .choices = rs485_modes,
	 OVER(MODBUS_RTU), .says = "who turns a two-wire line around",
	 MORE("What switches a two-wire line from receiving to sending: the "
	      "{Dq adapter} itself; the {Dq kernel} {Pq TIOCSRS485}; or this "
	      "program, with the RTS line: {Dq rts} is high while it sends, "
	      "{Dq rts-low} is low. An adapter that receives its own "
	      "transmissions cannot be used.")},
	{"unit", SETTING_INT, MODBUS(unit), .value = 1, .max = 255,
	 .says = "the Modbus unit identifier"},
	{"profile", SETTING_WORD, MODBUS(profile), .text = "generic-coil",
	 .choices = profiles, .says = "what is known of a product",
	 MORE("What is known of a product, see {Sx Modbus profiles}. It sets "
	      "`unit` and all keys from `base` to `read_off`. A key that is "
	      "set here overrides the profile.")},
	{"base", SETTING_INT, MODBUS(base), .max = 65535,
	 .says = "the wire address of plug 1, counted from 0",
	 MORE("The wire address of plug 1, counted from 0, for writing and "
	      "reading. Manuals often count from 1, or print 00017 for wire "
	      "address 16.")},
	{"write_kind", SETTING_CHOICE, MODBUS(write_kind),
	 .choices = write_kinds, .says = "what is written",
	 MORE("What is written: a coil (function 5) or a holding register "
	      "(function 6).")},
	{"write_base", SETTING_INT, MODBUS(write_base), .max = 65535,
	 .says = "the wire address of plug 1 for writing",
	 MANUAL(.head = "0 to 65535, default: {Ic base}")},
	{"write_on", SETTING_INT, MODBUS(write_on), .value = 1, .max = 65535,
	 .says = "the value that switches on"},
	{"write_off", SETTING_INT, MODBUS(write_off), .max = 65535,
	 .says = "the value that switches off",
	 MORE("The values that switch on and off. For a coil they are 1 and 0, "
	      "or 0 and 1 if the machine is connected to the normally closed "
	      "contact.")},
	{"write_multiple", SETTING_BOOL, MODBUS(write_multiple),
	 .says = "functions 15 and 16 instead of 5 and 6",
	 MORE("Use functions 15 and 16 instead, with a count of one, for "
	      "devices that know no others.")},
	{"read_kind", SETTING_CHOICE, MODBUS(read_kind), .choices = read_kinds,
	 .says = "what is read back",
	 MANUAL(.head = "word, default: as {Ic write_kind}",
		.more = "{Dq coil}, {Dq holding}, {Dq discrete} or {Dq input}: "
			"what is read back.")},
	{"read_base", SETTING_INT, MODBUS(read_base), .max = 65535,
	 .says = "the wire address of plug 1 for reading",
	 MANUAL(.head = "0 to 65535, default: {Ic base}, else {Ic "
			"write_base}")},
	{"read_on", SETTING_INT, MODBUS(read_on), .value = 1, .max = 65535,
	 .says = "the value that means on",
	 MANUAL(.head = "0 to 65535, default: as {Ic write_on}")},
	{"read_off", SETTING_INT, MODBUS(read_off), .max = 65535,
	 .says = "the value that means off",
	 MANUAL(.head = "0 to 65535, default: as {Ic write_off}",
		.more = "The values that mean on and off; any other value is "
			"unknown, and proves nothing. If coils are written and "
			"registers are read, or the other way round, the "
			"defaults are 1 and 0. `read_on` = 255 is for a device "
			"that fills the whole byte of a coil that is on.")},
	{"read_count", SETTING_INT, MODBUS(read_count), .value = 1,
	 RANGE(1, MODBUS_BITS_MOST), .says = "how many a read asks for",
	 MANUAL(.head = "1 to 2000, registers: to 125, default 1",
		.more = "How many coils or registers one read asks for. Raise "
			"it for a device that refuses to be asked for fewer, "
			"or that always answers with all of them. They are "
			"read in blocks that begin at `read_base`, and each "
			"plug is taken from its block. If both nodes ask for "
			"the same block, a gateway that mixes up their answers "
			"does no harm.")},
	{"transaction_id", SETTING_CHOICE, MODBUS(transaction_id),
	 .choices = transaction_ids, OVER(MODBUS_TCP),
	 .says = "whether an answer must have its question's",
	 MORE("With {Dq echoed} an answer must have the transaction id of its "
	      "question, or 0. {Dq any} is for gateways that use ids of their "
	      "own, or answer only to id 0: twinbeat asks with id 0 and "
	      "accepts every id. An answer then does not show which question "
	      "it belongs to, as over a serial line. So the plug counts as off "
	      "only when three readings, at different times, say so. A device "
	      "that always answers with id 0 is handled in the same way.")},
	{"current_off_below_ma", SETTING_INT, CURRENT(off_below_ma),
	 .max = 100000, .unit = " mA",
	 .says = "off only if less flows; 0: not asked",
	 MORE("If not 0, the current of the plug is a second piece of "
	      "evidence: a plug that reads off counts as off only if less "
	      "current than this flows through it. If more flows (a welded "
	      "contact, or an outlet that does not feed this machine), or if "
	      "the current cannot be read, the state is unknown and the fence "
	      "fails. `settle_ms` must be longer than the meter takes to show "
	      "a change.")},
	{"current_kind", SETTING_CHOICE, CURRENT(kind), .value = MODBUS_INPUT,
	 .choices = current_kinds, .says = "where the current is read",
	 MANUAL(.head = "\"input\" or \"holding\", default: by profile")},
	{"current_base", SETTING_INT, CURRENT(base), .max = 65535,
	 .says = "the wire address of the current of plug 1",
	 MORE("The wire address, counted from 0, of the current of plug 1. "
	      "Only the profile {Dq netio} sets it.")},
	{"current_step", SETTING_INT, CURRENT(step), .value = 1,
	 RANGE(1, 65535), .says = "how many registers further plug 2 is",
	 MANUAL(.head = "1 to 65535, default: {Ic current_width}",
		.more = "The distance, in registers, from one plug to the "
			"next.")},
	{"current_width", SETTING_INT, CURRENT(width), .value = 1, RANGE(1, 2),
	 .says = "how many registers make the number",
	 MANUAL(.head = "1 or 2, default: by profile",
		.more = "How many registers the number has; it is an unsigned "
			"integer.")},
	{"current_order", SETTING_CHOICE, CURRENT(low_word_first),
	 .choices = word_orders, .says = "which of two is the high word",
	 MORE("Which of two registers is the high word.")},
	{"current_unit_ua", SETTING_INT, CURRENT(unit_ua), .value = 1000,
	 RANGE(1, 10000000), .unit = " uA", .says = "what a count of 1 means",
	 MORE("What a count of 1 means; 1000 is a register in milliamperes.")},
	{"connect_ms", SETTING_INT, MODBUS(connect_ms), .value = 500,
	 RANGE(1, HOUR_MS), .unit = " ms",
	 .says = "how long a connection may take"},
	{"response_ms", SETTING_INT, MODBUS(response_ms), .value = 500,
	 RANGE(1, HOUR_MS), .unit = " ms",
	 .says = "how long an answer may take",
	 MORE("How long a connection and an answer may take. One connection is "
	      "used for a whole attempt, if the device keeps it open. It is "
	      "closed within seconds, so that a device with few sockets has "
	      "one for the other node.")},
	{"connect_wait_ms", SETTING_INT, MODBUS(connect_wait_ms),
	 .max = CONNECT_WAIT_MOST_MS, .unit = " ms", OVER(MODBUS_TCP),
	 .says = "from the connection to the first question",
	 MORE("A pause between the connection and the first question, for "
	      "devices that drop what arrives too early.")},
	{"off_ms", SETTING_INT, MODBUS(off_ms), TIME_MS(0),
	 .says = "how long a change may take to show",
	 MORE("How long the device may take to show a change that it has "
	      "confirmed. Until then it is read again every `settle_ms`. 0 "
	      "means five readings.")},
	{"settle_ms", SETTING_INT, DEVICE(settle_ms), TIME_MS(50),
	 .says = "between writing and reading back",
	 MORE("The wait between writing and reading back.")},
	{"power_wait_ms", SETTING_INT, DEVICE(power_wait_ms), TIME_MS(1000),
	 .says = "how long a node's power supply holds on",
	 MORE("How long the power supply of a node keeps the node running "
	      "after the switch is off. After this time every plug of the "
	      "level is read once more. The node counts as off only if all of "
	      "them still read off.")},
	END};
