/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The keys of devices that a fence agent speaks to, beside name and driver. */
#include "agent.h"

#define DEVICE(field) FIELD(settings_device, field)
#define AGENT(field)  PRIVATE(agent_settings, field)

/* An agent that waits two seconds after a switch, and starts slowly. */
#define AGENT_MS 5000

const struct setting_row agent_rows[] = {
	{"agent", SETTING_TEXT, AGENT(agent), .required = true,
	 .says = "the program, fence_*"},
	{"options", SETTING_PAIRS,
	 PRIVATE_LIST(agent_settings, options, option_count), .by_code = true,
	 .says = "what the agent shall know, by its names"},
	{"password_file", SETTING_PATH, AGENT(password_file),
	 .may_differ = true,
	 .says = "mode 0600, the password and nothing else"},
	{"plug_key", SETTING_NAME, AGENT(plug_key), .text = "plug",
	 .says = "what the agent calls a plug"},
	{"agent_ms", SETTING_INT, AGENT(agent_ms), .value = AGENT_MS,
	 RANGE(100, HOUR_MS), .unit = " ms",
	 .says = "how long one run of it may take"},
	{"settle_ms", SETTING_INT, DEVICE(settle_ms), TIME_MS(50),
	 .says = "between switching and reading back"},
	{"power_wait_ms", SETTING_INT, DEVICE(power_wait_ms), TIME_MS(1000),
	 .says = "how long a node's power supply holds on"},
	END};
