/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads the settings of BMCs. The password is named here and not read: what
 * is sealed for every program, digested and shown must not contain it.
 */
#include "internal.h"

/* Names as in ipmipower(8); the flags are compared with the library's in
 * drivers/ipmi/lan/ipmi_session.c. */
static const struct {
	const char *name;
	uint32_t flag;
} workarounds[] = {
	{"authcap", IPMI_FIX_AUTHCAP},
	{"intel20", IPMI_FIX_INTEL20},
	{"supermicro20", IPMI_FIX_SUPERMICRO20},
	{"sun20", IPMI_FIX_SUN20},
	{"opensesspriv", IPMI_FIX_OPENSESSPRIV},
	{"integritycheckvalue", IPMI_FIX_INTEGRITYCHECKVALUE},
	{"nochecksumcheck", IPMI_FIX_NOCHECKSUMCHECK},
};
#define WORKAROUNDS (sizeof(workarounds) / sizeof(workarounds[0]))

#define USER_SIZE 17 /* IPMI 2.0 22.28: 16 bytes */

/* What the table fills; device comes first. */
struct ipmi_scratch {
	struct settings_device device;
	uint8_t driver;
};

#define DEVICE(field) FIELD(ipmi_scratch, device.field)
#define IPMI(field)   FIELD(ipmi_scratch, device.ipmi.field)

static const char *const drivers[] = {"modbus", "ipmi", "agent", NULL};
/* In the order of enum ipmi_privilege. */
static const char *const privileges[] = {"user", "operator", "admin", NULL};

const struct option settings_ipmi_options[] = {
	{"name", OPTION_NAME, DEVICE(name), .required = true},
	{"driver", OPTION_CHOICE, FIELD(ipmi_scratch, driver),
	 .choices = drivers},
	{"host", OPTION_TEXT, DEVICE(host), .required = true},
	{"port", OPTION_INT, IPMI(port), .value = 623, .min = 1, .max = 65535,
	 .unit = ""},
	{"user", OPTION_TEXT, offsetof(struct ipmi_scratch, device.ipmi.user),
	 USER_SIZE, .required = true},
	{"password_file", OPTION_PATH, IPMI(password_file)},
	{"password_credential", OPTION_NAME, IPMI(password_credential)},
	{"kg_file", OPTION_PATH, IPMI(kg_file)},
	{"cipher", OPTION_INT, IPMI(cipher), .value = 17, .max = 17,
	 .unit = ""},
	{"privilege", OPTION_CHOICE, IPMI(privilege), .value = IPMI_OPERATOR,
	 .choices = privileges},
	{"workarounds", OPTION_STRINGS},
	{"session_ms", OPTION_INT, IPMI(session_ms), .value = 2000, .min = 100,
	 .max = 60000, .unit = " ms"},
	{"retransmit_ms", OPTION_INT, IPMI(retransmit_ms), .value = 500,
	 .min = 10, .max = 60000, .unit = " ms"},
	{"off_ms", OPTION_INT, IPMI(off_ms), .value = 6000, .max = HOUR_MS,
	 .unit = " ms"},
	{"settle_ms", OPTION_INT, DEVICE(settle_ms), .value = 250,
	 .max = HOUR_MS, .unit = " ms"},
	{"power_wait_ms", OPTION_INT, DEVICE(power_wait_ms), .value = 1000,
	 .max = HOUR_MS, .unit = " ms"},
	END};

static const char *workaround_name(const void *unused, unsigned i)
{
	(void)unused;
	return i < WORKAROUNDS ? workarounds[i].name : NULL;
}

static uint32_t find_workaround(struct reader *reader,
				const config_setting_t *at, const char *text)
{
	const char *near;

	for (unsigned i = 0; i < WORKAROUNDS; i++)
		if (strcmp(workarounds[i].name, text) == 0)
			return workarounds[i].flag;
	near = findings_nearest(text, workaround_name, NULL);
	reader_error(reader, at, NULL,
		     "\"%.32s\" is not known%s%s%s; allowed are \"authcap\", "
		     "\"intel20\", \"supermicro20\", \"sun20\", "
		     "\"opensesspriv\", \"integritycheckvalue\", "
		     "\"nochecksumcheck\" (freeipmi(7) tells who needs which)",
		     text, near ? ", did you mean \"" : "", near ? near : "",
		     near ? "\"?" : "");
	return 0;
}

static void read_workarounds(struct reader *reader,
			     const config_setting_t *group,
			     struct settings_ipmi *ipmi)
{
	const config_setting_t *list =
		reader_member(reader, group, "workarounds");

	for (unsigned i = 0; i < reader_length(list); i++) {
		const config_setting_t *element =
			config_setting_get_elem(list, i);
		const char *text = reader_string(reader, element);

		if (text != NULL)
			ipmi->workarounds |=
				find_workaround(reader, element, text);
	}
}

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

static void ipmi_read(struct reader *reader, const config_setting_t *group,
		      struct settings_device *device)
{
	struct ipmi_scratch scratch = {.device = *device};
	struct settings_ipmi *ipmi = &scratch.device.ipmi;

	reader_read_group(reader, group, settings_ipmi_options, &scratch);
	reader_read_device_host(reader, group, &scratch.device, ipmi->port);
	read_workarounds(reader, group, ipmi);
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
	scratch.device.answer_ms = ipmi->session_ms;
	scratch.device.switch_ms = ipmi->off_ms;
	*device = scratch.device;
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
	.read = ipmi_read,
	.read_plug = ipmi_read_plug,
	.is_same = ipmi_is_same,
};
