/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The keys of devices that a fence agent speaks to, beside name and driver. */
#include "agent.h"

#define DEVICE(field) FIELD(settings_device, field)
#define AGENT(field)  PRIVATE(agent_settings, field)

/* An agent that waits two seconds after a switch, and starts slowly. */
#define AGENT_MS 5000

const struct setting_row agent_rows[] = {
	{"agent", SETTING_TEXT, AGENT(agent), .required = true,
	 .says = "the program, fence_*",
	 MORE("The agent, like {Dq fence_apc_snmp}: a program in {Pa "
	      "/usr/sbin} or an absolute path; its name begins with fence_. It "
	      "is run only if it and the folders above it belong to root and "
	      "nobody else can write to them.")},
	{"options", SETTING_PAIRS,
	 PRIVATE_LIST(agent_settings, options, option_count), .by_code = true,
	 .says = "what the agent shall know, by its names",
	 MANUAL(.head = "group of up to 16 strings, numbers and booleans",
		.more = "The options of the agent, by the names that its "
			"manual page has for standard input. Values of more "
			"than one line are refused. So are options that would "
			"change what is done to which plug, or would report a "
			"missing plug as off: `action`, `option`, `method`, "
			"`plug`, `port`, `nodename`, `nodeid`, `delay`, "
			"`missing_as_off`, `network_fencing`, `list`, "
			"`version`, `help` and names of one letter. Of all "
			"values only addresses and user names are ever "
			"logged.\nAn agent ignores an option that it does not "
			"know, and takes a boolean like {Dq y} for false. {Nm "
			"twinbeat check} reads the agent's metadata and "
			"reports both, and also a missing plug that the agent "
			"needs. An agent for IPMI {Pq fence_ipmilan, "
			"fence_idrac, fence_ilo3 to 5, fence_imm} gets {Li "
			"cipher=17} if no `cipher` is set; without one a "
			"question takes more than ten seconds. There is a "
			"warning for SNMP version 2c.")},
	{"password_file", SETTING_PATH, AGENT(password_file),
	 .may_differ = true, .says = "mode 0600, the password and nothing else",
	 MANUAL(.head = "path",
		.more = "A file with one line, which the agent gets as "
			"`password`. Its mode is 0600: only its owner may be "
			"able to read it. It is read at each use.")},
	{"plug_key", SETTING_NAME, AGENT(plug_key), .text = "plug",
	 .says = "what the agent calls a plug",
	 MORE("The agent's option for a plug: old agents use {Dq port}, some "
	      "use {Dq domain} or {Dq uuid}. Names that mean something else to "
	      "agents {Pq Ic action , ip , password , delay ...} and those set "
	      "in `options` are refused. In `nodes[].fence` the `plug` is a "
	      "number or a name. A name has no blank or quote at its ends, "
	      "because agents strip them, and no comma, which makes a list of "
	      "it: some agents switch and read the first plug of a list alone. "
	      "Write an entry for each. Leave `plug` out for an agent that has "
	      "one plug only.")},
	{"agent_ms", SETTING_INT, AGENT(agent_ms), .value = AGENT_MS,
	 RANGE(100, HOUR_MS), .unit = " ms",
	 .says = "how long one run of it may take",
	 MORE("How long one run of the agent may take. To read a plug as off "
	      "takes two runs. `fence.tie_ms` must be longer than one run of "
	      "{Dq off}. `fence.timeout_ms` must be longer than five runs: the "
	      "state before, the command, the state afterwards.")},
	{"settle_ms", SETTING_INT, DEVICE(settle_ms), TIME_MS(50),
	 .says = "between switching and reading back"},
	{"power_wait_ms", SETTING_INT, DEVICE(power_wait_ms), TIME_MS(1000),
	 .says = "how long a node's power supply holds on"},
	END};
