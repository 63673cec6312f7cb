/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads the settings of BMCs. The password is named here and not read: what
 * is sealed for every program, digested and shown must not contain it.
 */
#include "internal.h"

/* IPMI 2.0 table 22-20. What has no integrity can be changed on its way. */
static void check_cipher(struct reader *reader, const config_setting_t *group,
			 unsigned cipher)
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
		reader_warn(reader, group, "cipher",
			    "%u: without encryption%s; 17, or 3 for older "
			    "BMCs, has all of it",
			    cipher,
			    cipher == 1 || cipher == 6
				    ? ", and packets can be forged on their way"
				    : "");
		break;
	case 0:
		reader_error(reader, group, "cipher",
			     "0 asks for no password: whoever reaches the BMC "
			     "can cut the power; set 17, or 3 for older BMCs, "
			     "and switch suite 0 off there");
		break;
	default:
		reader_error(reader, group, "cipher",
			     "%u is not supported; allowed are 17, 3, and 1, "
			     "2, 6, 7, 8, 11, 12",
			     cipher);
	}
}

static void check_password(struct reader *reader, const config_setting_t *group,
			   const struct settings_ipmi *ipmi)
{
	bool file = ipmi->password_file[0] != '\0';
	bool credential = ipmi->password_credential[0] != '\0';

	if (!reader_is_good(reader, group, "password_file") ||
	    !reader_is_good(reader, group, "password_credential"))
		return;
	if (!file && !credential)
		reader_error(reader, group, "password_file",
			     "is missing; name a file of mode 0600 with the "
			     "password of \"%s\", or a systemd credential "
			     "(password_credential)",
			     ipmi->user);
	else if (file && credential)
		reader_error(reader, group, "password_credential",
			     "password_file is given too; keep one of them");
}

/* It is part of sentences: nothing in it may move a terminal's cursor. */
static void check_user(struct reader *reader, const config_setting_t *group,
		       const char *user)
{
	for (const char *at = user; *at != '\0'; at++)
		if (*at < 0x20 || *at > 0x7e) {
			reader_error(reader, group, "user",
				     "has a character that is not printable "
				     "ASCII");
			return;
		}
}

static void ipmi_complete(struct reader *reader, const config_setting_t *group,
			  struct settings_device *device)
{
	const struct settings_ipmi *ipmi = &device->ipmi;

	reader_read_device_host(reader, group, device, ipmi->port);
	check_user(reader, group, ipmi->user);
	check_password(reader, group, ipmi);
	if (reader_is_good(reader, group, "cipher"))
		check_cipher(reader, group, ipmi->cipher);
	if (reader_is_good(reader, group, "privilege") &&
	    ipmi->privilege == IPMI_USER)
		reader_error(reader, group, "privilege",
			     "\"user\" may look but not switch; \"operator\" "
			     "is what a fence takes");
	if (reader_is_good(reader, group, "session_ms") &&
	    reader_is_good(reader, group, "retransmit_ms") &&
	    ipmi->retransmit_ms >= ipmi->session_ms)
		reader_error(reader, group, "retransmit_ms",
			     "%u ms must be less than session_ms (%u ms), or a "
			     "lost packet is never sent again",
			     ipmi->retransmit_ms, ipmi->session_ms);
	device->answer_ms = ipmi->session_ms;
	device->switch_ms = ipmi->off_ms;
}

/* A BMC has one plug, the server it sits in; nobody has to write that. */
static void ipmi_read_plug(struct reader *reader, const config_setting_t *group,
			   const struct settings_device *device,
			   const config_setting_t *setting,
			   struct settings_plug *plug)
{
	if (setting != NULL && reader_plug_number(reader, setting) != 1 &&
	    reader_is_good(reader, group, "plug")) {
		reader_error(reader, group, "plug",
			     "the BMC %s has one plug, the server it sits in; "
			     "remove the key or set 1",
			     device->name);
		return;
	}
	snprintf(plug->plug, sizeof(plug->plug), IPMI_PLUG);
}

/* Two names, one BMC. */
static bool ipmi_is_same(const struct settings_device *a, const char *plug_a,
			 const struct settings_device *b, const char *plug_b)
{
	(void)plug_a;
	(void)plug_b;
	return a->place[0] != '\0' && strcmp(a->place, b->place) == 0;
}

const struct device_reader device_reader_ipmi = {
	.driver = "ipmi",
	.complete = ipmi_complete,
	.read_plug = ipmi_read_plug,
	.is_same = ipmi_is_same,
};
