/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fence_twinbeat_ipmi: what its parameters are called, beside the rows. */
#include "ipmi.h"

/* Without encryption or integrity: not here. */
static const char *const ciphers[] = {"17", "3", "8", "12", NULL};
/* In the order of enum ipmi_privilege; a user may not switch. */
static const char *const privileges[] = {"", "operator", "administrator", NULL};

static const struct driver_parameter parameters[] = {
	{"user", "username", "login", 'l',
	 .about = "login name, at most 16 characters"},
	{"kg_file", .fixed = true},
	{"cipher", .letter = 'C', .choices = ciphers},
	{"privilege", "privlvl", NULL, 'L', .text = "operator",
	 .choices = privileges, .about = "privilege level to ask for"},
	{"workarounds", "workaround",
	 .about = "faults of the controller to live with, separated by commas: "
		  "see workarounds in twinbeat.conf(5)"},
	{"session_ms", "shell_timeout", .about = "how long an answer may take"},
	{"retransmit_ms", .fixed = true},
	{"off_ms", .fixed = true},
	{NULL},
};

/* A server has as long to go off as the agent has for all of it. */
static void fit(struct settings_device *device, uint32_t power_timeout_ms)
{
	struct ipmi_settings *ipmi = ipmi_edit(device);

	ipmi->retransmit_ms = ipmi->session_ms / 4;
	ipmi->off_ms = power_timeout_ms;
}

const struct driver_agent ipmi_as_agent = {
	.title = "Fence agent for IPMI over LAN",
	.about = "fence_twinbeat_ipmi switches a machine by its management "
		 "controller. Off is a hard power down and counts when the "
		 "chassis status says off; a controller that does not answer "
		 "is an error, never off.",
	.parameters = parameters,
	.password_most = IPMI_PASSWORD_MAX,
	.fit = fit,
};
