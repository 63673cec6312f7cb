/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fence_twinbeat_modbus: what its parameters are called, beside the rows. A
 * profile decides what is left out, so no default is told of those. */
#include "modbus.h"

static const struct driver_parameter parameters[] = {
	{"transport", .fixed = true},
	{"unit", .open = "the profile's"},
	{"base", .open = "the profile's"},
	{"write_kind", .open = "the profile's"},
	{"write_base", .open = "base"},
	{"write_on", .open = "the profile's, else 1"},
	{"write_off", .open = "the profile's, else 0"},
	{"read_kind", .open = "the profile's, else as write_kind"},
	{"read_base", .open = "base, else write_base, as far off as the "
			      "profile has it"},
	{"read_on", .open = "the profile's, else write_on"},
	{"read_off", .about = "the value that means off; any other is unknown",
	 .open = "the profile's, else write_off"},
	{"profile", .about = "what is known of the device, none of it tried on "
			     "hardware; the rest can overrule it"},
	{"read_count", .about = "how many coils or registers one read asks "
				"for, from the device's first plug on"},
	{"transaction_id", .about = "any: for a gateway that does not echo the "
				    "transaction id"},
	{"current_off_below_ma",
	 .about = "second evidence: a plug is off only while less flows; 0: "
		  "not asked"},
	{"current_kind", .open = "the profile's"},
	{"current_base", .open = "the profile's"},
	{"current_step", .open = "current_width"},
	{"current_width", .open = "the profile's"},
	{"current_unit_ua", .open = "the profile's"},
	{"connect_ms", "login_timeout", .text = "2"},
	{"response_ms", "shell_timeout", .text = "2"},
	{"off_ms", "off_timeout",
	 .about = "how long the device may take to show a change that it has "
		  "confirmed"},
	{NULL},
};

const struct driver_agent modbus_as_agent = {
	.title = "Fence agent for power switches with Modbus/TCP",
	.about = "fence_twinbeat_modbus switches the plugs of a relay board or "
		 "power distribution unit that speaks Modbus/TCP. A plug is "
		 "off only when it was read back as off over a new connection; "
		 "what the device confirms proves nothing. It never toggles "
		 "and never cycles: reboot is off, read back, on.",
	.parameters = parameters,
};
