/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The keys of BMCs, beside name and driver. */
#include "ipmi.h"

#define DEVICE(field) FIELD(settings_device, field)
#define IPMI(field)   PRIVATE(ipmi_settings, field)

/* In the order of enum ipmi_privilege. */
static const char *const privileges[] = {"user", "operator", "admin", NULL};
/* Names as in ipmipower(8), in the order of enum ipmi_workaround; the flags
 * are compared with the library's in ipmi_session.c. */
const char *const ipmi_workarounds[] = {
	"authcap",	   "intel20",
	"supermicro20",	   "sun20",
	"opensesspriv",	   "integritycheckvalue",
	"nochecksumcheck", NULL};

const struct setting_row ipmi_rows[] = {
	{"host", SETTING_TEXT, DEVICE(host), .required = true,
	 .says = "its address"},
	{"port", SETTING_INT, IPMI(port), .value = 623, RANGE(1, 65535),
	 .says = "of UDP"},
	{"user", SETTING_TEXT, .offset = PRIVATE_AT(ipmi_settings, user),
	 .size = IPMI_USER_MAX + 1, .required = true,
	 .says = "one of its own, with the privilege operator"},
	{"password_file", SETTING_PATH, IPMI(password_file), .may_differ = true,
	 .says = "mode 0600, the password and nothing else"},
	{"password_credential", SETTING_NAME, IPMI(password_credential),
	 .may_differ = true, .says = "instead: a systemd credential"},
	{"kg_file", SETTING_PATH, IPMI(kg_file), .may_differ = true,
	 .says = "the channel key K_g, if the BMC has one"},
	{"cipher", SETTING_INT, IPMI(cipher), .value = 17, .max = 17,
	 .says = "the cipher suite; 3 for older BMCs"},
	{"privilege", SETTING_CHOICE, IPMI(privilege), .value = IPMI_OPERATOR,
	 .choices = privileges, .says = "what is asked for at log-in"},
	{"workarounds", SETTING_FLAGS, IPMI(workarounds),
	 .choices = ipmi_workarounds,
	 .says = "what a BMC of wrong manners needs"},
	{"session_ms", SETTING_INT, IPMI(session_ms), .value = 2000,
	 RANGE(100, 60000), .unit = " ms",
	 .says = "one question takes no longer"},
	{"retransmit_ms", SETTING_INT, IPMI(retransmit_ms), .value = 500,
	 RANGE(10, 60000), .unit = " ms",
	 .says = "after this a lost packet is sent again"},
	{"off_ms", SETTING_INT, IPMI(off_ms), TIME_MS(6000),
	 .says = "how long the server may take to go off"},
	{"settle_ms", SETTING_INT, DEVICE(settle_ms), TIME_MS(250),
	 .says = "between commanding and reading back"},
	{"power_wait_ms", SETTING_INT, DEVICE(power_wait_ms), TIME_MS(1000),
	 .says = "how long a node's power supply holds on"},
	END};
