/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One row per kind of power switch. A row holds what its source says and
 * nothing that was guessed: where a source is silent the setting is the
 * user's. Wire addresses, counted from 0.
 */
#include <string.h>

#include "modbus_profiles.h"

#define COILS                                                                  \
	.write_kind = MODBUS_COIL, .read_kind = MODBUS_COIL, .write_on = 1,    \
	.read_on = 1
/* Milliamperes in one register, or two with the high word first. */
#define CURRENT_NONE                                                           \
	{                                                                      \
		.kind = MODBUS_INPUT, .width = 1, .unit_ua = 1000              \
	}

const struct modbus_profile modbus_profiles[MODBUS_PROFILES] = {
	/* Relay boards that number their coils from 0: Brainboxes ED-588, LC
	 * Tech (unit 255), Wellpro and many more. */
	{"generic-coil", MODBUS_TCP, 1, COILS, .plugs_max = 65535,
	 .current = CURRENT_NONE},
	/*
	 * NETIO application note AN27 and the manuals of PowerPDU 4PS (page
	 * 48) and PowerCable 101 (page 61): function 5 at wire address 101,
	 * which the first manual prints as 102. As a holding register the
	 * same address takes actions: 2 and 3 are short off and on, 4 toggles.
	 * Modbus must be enabled in the web interface. Not every model meters
	 * each output: input register 101, mA; 100 is the sum.
	 */
	{"netio", MODBUS_TCP, 1, COILS, .write_base = 101, .read_base = 101,
	 .plugs_max = 8, .command_on = 1, .command_off = 0,
	 .current_known = true,
	 .current = {.kind = MODBUS_INPUT,
		     .base = 101,
		     .width = 1,
		     .unit_ua = 1000}},
	/*
	 * Manuals of GUDE Expert Power Control 1202, 8221/8226, 8314/8316 and
	 * Expert PDU 8311, chapter Modbus TCP: coils 0 to 0x3ff are the ports,
	 * the unit is ignored. Energy sensors of ports begin at input register
	 * 0x3a00, 32 bits, high word first; their spacing differs by model.
	 */
	{"gude", MODBUS_TCP, 1, COILS, .plugs_max = 1024,
	 .current = {.kind = MODBUS_INPUT, .width = 2, .unit_ua = 1000}},
	/*
	 * waveshare.com/wiki/Modbus_RTU_Relay and _(D): coils 0 to 7 (31 on
	 * the largest board), 9600 8N1, unit 1. Coil 0xff is all relays, 0x200
	 * and 0x400 flash, value 0x5500 toggles: out of reach here. The POE
	 * ETH relay comes set to RTU frames over TCP (port 4196), which is not
	 * spoken: set it to Modbus TCP and transport = "tcp".
	 */
	{"waveshare", MODBUS_RTU, 1, COILS, .plugs_max = 32,
	 .current = CURRENT_NONE},
	/*
	 * Moxa ioLogik E1200 user's manual, appendix A (E1214: page A-11, in
	 * later editions A-15): DO coils from 0. From 0x10 on they are pulse
	 * commands. A channel in pulse mode or in its safe status does not
	 * obey.
	 */
	{"moxa-e1200", MODBUS_TCP, 1, COILS, .plugs_max = 16,
	 .current = CURRENT_NONE},
	/*
	 * Advantech ADAM-6000 manual, Modbus mapping tables as collected in
	 * nobrega8/mbmap-library: DO channel 0 is coil 00017, wire address 16;
	 * coils below it are the inputs. The manual's own examples of function
	 * 5 do not take the one off. ADAM-6051 has no such coils.
	 */
	{"adam6000", MODBUS_TCP, 1, COILS, .write_base = 16, .read_base = 16,
	 .plugs_max = 8, .current = CURRENT_NONE},
	/*
	 * WAGO 750 Ethernet coupler manuals, chapter MODBUS functions: outputs
	 * are written at 0x0000 and read back at 0x0200; a read at 0x0000
	 * shows inputs.
	 */
	{"wago750", MODBUS_TCP, 1, COILS, .read_base = 0x200, .plugs_max = 256,
	 .current = CURRENT_NONE},
	/*
	 * eletechsup R4D, N4D, RYN404E and RYN408F in their register command
	 * set; packerlschupfer/ESP32-RYN4, HardwareRegisters.h after the
	 * manufacturer's sheet: function 6 at registers 1 to 8, 0x0100 on and
	 * 0x0200 off, which read back as 1 and 0. 0x0300 and above toggle,
	 * latch, pulse and delay, register 0 is all relays. While a delay runs
	 * an off is ignored without a word: the read-back shows it.
	 */
	{"eletechsup", MODBUS_RTU, 1, .write_kind = MODBUS_HOLDING,
	 .read_kind = MODBUS_HOLDING, .write_base = 1, .read_base = 1,
	 .write_on = 0x100, .write_off = 0x200, .read_on = 1, .plugs_max = 8,
	 .command_on = 0x100, .command_off = 0x200, .current = CURRENT_NONE},
	/*
	 * ICP DAS ET-7000/PET-7000 user manual, Modbus register tables: DO
	 * coils from 0. Its host watchdog must be off or its safe value on
	 * (coils 515 ff), or the death of the watching node cuts power.
	 */
	{"icpdas", MODBUS_TCP, 1, COILS, .plugs_max = 32,
	 .current = CURRENT_NONE},
	/* info.kmtronic.com/kmtronic-modbus-relays.html: coils 0 to 7, 9600
	 * 8N1, unit 1. */
	{"kmtronic", MODBUS_RTU, 1, COILS, .plugs_max = 8,
	 .current = CURRENT_NONE},
};

const struct modbus_profile *modbus_profile_find(const char *name)
{
	for (unsigned i = 0; i < MODBUS_PROFILES; i++)
		if (strcmp(modbus_profiles[i].name, name) == 0)
			return &modbus_profiles[i];
	return NULL;
}
