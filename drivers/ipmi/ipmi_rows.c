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
	 .says = "its address", MANUAL(.head = "address, required")},
	{"port", SETTING_INT, IPMI(port), .value = 623, RANGE(1, 65535),
	 .says = "of UDP"},
	{"user", SETTING_TEXT, .offset = PRIVATE_AT(ipmi_settings, user),
	 .size = IPMI_USER_MAX + 1, .required = true,
	 .says = "one of its own, with the privilege operator",
	 MANUAL(.head = "string of at most 16 characters, required",
		.more = "The user on the BMC, one for twinbeat alone, with the "
			"privilege {Dq operator} on the BMC's LAN channel.")},
	{"password_file", SETTING_PATH, IPMI(password_file), .may_differ = true,
	 .says = "mode 0600, the password and nothing else",
	 MANUAL(.head = "path",
		.more = "A regular file, mode 0600, owned by root, that holds "
			"the password, at most 20 characters, and nothing "
			"else. It is read at each use: a new password needs no "
			"restart, and the password is never on a command line, "
			"in the status or in a log.")},
	{"password_credential", SETTING_NAME, IPMI(password_credential),
	 .may_differ = true, .says = "instead: a systemd credential",
	 MANUAL(.head = "name",
		.more = "Instead of the file: the name of a systemd credential "
			"of the unit, for example bmc1 with {Li "
			"LoadCredential=bmc1:/etc/twinbeat/bmc1.pw}. {Nm "
			"twinbeat fence} finds it in {Pa "
			"/run/credentials/twinbeat.service} while the service "
			"runs.")},
	{"kg_file", SETTING_PATH, IPMI(kg_file), .may_differ = true,
	 .says = "the channel key K_g, if the BMC has one",
	 MORE("A file like `password_file` with the channel key K_g, if the "
	      "BMC has one: at most 20 characters, or 0x and up to 20 pairs of "
	      "hex digits.")},
	{"cipher", SETTING_INT, IPMI(cipher), .value = 17, .max = 17,
	 .says = "the cipher suite; 3 for older BMCs",
	 MORE("The cipher suite: 17 (SHA-256), or 3 (SHA-1) for older BMCs. 1, "
	      "2, 6, 7, 8, 11 and 12 are possible, some of them with a "
	      "warning. 0 needs no password and is refused.")},
	{"privilege", SETTING_CHOICE, IPMI(privilege), .value = IPMI_OPERATOR,
	 .choices = privileges, .says = "what is asked for at log-in",
	 MANUAL(.head = "\"operator\" or \"admin\", default \"operator\"",
		.more = "{Dq user} may read but not switch, and is refused.")},
	{"workarounds", SETTING_FLAGS, IPMI(workarounds),
	 .choices = ipmi_workarounds,
	 .says = "what a BMC of wrong manners needs",
	 MORE("What a BMC needs that does not follow the standard, by the "
	      "names of {Xr ipmipower 8}: {Dq authcap}, {Dq intel20}, {Dq "
	      "supermicro20}, {Dq sun20}, {Dq opensesspriv}, {Dq "
	      "integritycheckvalue}, {Dq nochecksumcheck}.")},
	{"session_ms", SETTING_INT, IPMI(session_ms), .value = 2000,
	 RANGE(100, 60000), .unit = " ms",
	 .says = "one question takes no longer",
	 MORE("How long one question may take, from log-in to log-out; after "
	      "that the answer is unknown.")},
	{"retransmit_ms", SETTING_INT, IPMI(retransmit_ms), .value = 500,
	 RANGE(10, 60000), .unit = " ms",
	 .says = "after this a lost packet is sent again",
	 MORE("How long an answer is waited for before the packet is sent "
	      "again.")},
	{"off_ms", SETTING_INT, IPMI(off_ms), TIME_MS(6000),
	 .says = "how long the server may take to go off",
	 MORE("How long the server may take to go off after the command. Some "
	      "BMCs hold the power button for four seconds. Until then the "
	      "status is read every `settle_ms`.")},
	{"settle_ms", SETTING_INT, DEVICE(settle_ms), TIME_MS(250),
	 .says = "between commanding and reading back"},
	{"power_wait_ms", SETTING_INT, DEVICE(power_wait_ms), TIME_MS(1000),
	 .says = "how long a node's power supply holds on"},
	END};
