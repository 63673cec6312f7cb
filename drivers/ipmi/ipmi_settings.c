/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads the settings of BMCs. The password is named here and not read: what
 * is sealed for every program, digested and shown must not contain it.
 */
#include <string.h>

#include "ipmi.h"

/* IPMI 2.0 table 22-20. What has no integrity can be changed on its way. */
static void check_cipher(const struct device_source *source, unsigned cipher)
{
	switch (cipher) {
	case 3:
	case 8:
	case 12:
	case 17:
		break;
	case 1:
	case 2:
	case 6:
	case 7:
	case 11:
		device_warn(source, "cipher",
			    "%u: without encryption%s; 17, or 3 for older "
			    "BMCs, has all of it",
			    cipher,
			    cipher == 1 || cipher == 6
				    ? ", and packets can be forged on their way"
				    : "");
		break;
	case 0:
		device_error(source, "cipher",
			     "0 asks for no password: whoever reaches the BMC "
			     "can cut the power; set 17, or 3 for older BMCs, "
			     "and switch suite 0 off there");
		break;
	default:
		device_error(source, "cipher",
			     "%u is not supported; allowed are 17, 3, and 1, "
			     "2, 6, 7, 8, 11, 12",
			     cipher);
	}
}

static void check_password(const struct device_source *source,
			   const struct ipmi_settings *ipmi)
{
	bool file = ipmi->password_file[0] != '\0';
	bool credential = ipmi->password_credential[0] != '\0';

	if (source->keeps_secrets || !device_is_good(source, "password_file") ||
	    !device_is_good(source, "password_credential"))
		return;
	if (!file && !credential)
		device_error(source, "password_file",
			     "is missing; name a file of mode 0600 with the "
			     "password of \"%s\", or a systemd credential "
			     "(password_credential)",
			     ipmi->user);
	else if (file && credential)
		device_error(source, "password_credential",
			     "password_file is given too; keep one of them");
}

/* It is part of sentences: nothing in it may move a terminal's cursor. */
static void check_user(const struct device_source *source, const char *user)
{
	for (const char *at = user; *at != '\0'; at++)
		if (*at < 0x20 || *at > 0x7e) {
			device_error(source, "user",
				     "has a character that is not printable "
				     "ASCII");
			return;
		}
}

void ipmi_settle(const struct device_source *source,
		 struct settings_device *device)
{
	struct ipmi_settings *ipmi = ipmi_edit(device);

	device_take_host(source, device, ipmi->port);
	check_user(source, ipmi->user);
	check_password(source, ipmi);
	if (device_is_good(source, "cipher"))
		check_cipher(source, ipmi->cipher);
	if (device_is_good(source, "privilege") && ipmi->privilege == IPMI_USER)
		device_error(source, "privilege",
			     "\"user\" may look but not switch; \"operator\" "
			     "is what a fence takes");
	if (device_is_good(source, "session_ms") &&
	    device_is_good(source, "retransmit_ms") &&
	    ipmi->retransmit_ms >= ipmi->session_ms)
		device_error(source, "retransmit_ms",
			     "%u ms must be less than session_ms (%u ms), or a "
			     "lost packet is never sent again",
			     ipmi->retransmit_ms, ipmi->session_ms);
	device->answer_ms = ipmi->session_ms;
	device->switch_ms = ipmi->off_ms;
}
