/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Servers with a BMC, over IPMI 2.0 LAN: what may be asked of one. It has one
 * plug, the server it sits in, and lives on the power that it cuts.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ipmi.h"

int ipmi_complain(const struct settings_device *device, char *error,
		  size_t error_size, const char *format, ...)
{
	va_list args;
	int n = snprintf(error, error_size, "%s at %s: ", device->name,
			 device->place);

	if (n < 0 || (size_t)n >= error_size)
		return -1;
	va_start(args, format);
	vsnprintf(error + n, error_size - (size_t)n, format, args);
	va_end(args);
	return -1;
}

int ipmi_check(const struct settings_device *device, const char *plug,
	       char *error, size_t error_size)
{
	const struct ipmi_settings *ipmi = ipmi_of(device);
	struct ip ip;

	if (!ip_parse(device->host, &ip) || ipmi->port == 0)
		return ipmi_complain(
			device, error, error_size,
			"host must be a literal address and port 1 to "
			"65535: a fence never waits for DNS");
	if (plug[0] != '\0' && strcmp(plug, IPMI_PLUG) != 0)
		return ipmi_complain(device, error, error_size,
				     "plug \"%.20s\": a BMC has one plug, the "
				     "server it sits in",
				     plug);
	if (ipmi->user[0] == '\0' || strlen(ipmi->user) > IPMI_USER_MAX)
		return ipmi_complain(device, error, error_size,
				     "user must have 1 to %d characters",
				     IPMI_USER_MAX);
	if (ipmi->cipher == 0)
		return ipmi_complain(
			device, error, error_size,
			"cipher suite 0 asks for no password at all");
	if (ipmi->privilege > IPMI_ADMIN)
		return ipmi_complain(device, error, error_size,
				     "privilege %u does not exist",
				     ipmi->privilege);
	return 0;
}

/* Nobody has to write that a BMC has one plug. */
static int ipmi_plug(const struct settings_device *device, const char *text,
		     char plug[SETTINGS_NAME_MAX], char *error,
		     size_t error_size)
{
	if (text != NULL && strcmp(text, IPMI_PLUG) != 0) {
		snprintf(error, error_size,
			 "the BMC %s has one plug, the server it sits in; "
			 "remove the key or set 1",
			 device->name);
		return -1;
	}
	snprintf(plug, SETTINGS_NAME_MAX, IPMI_PLUG);
	return 0;
}

/* Two names, one BMC. */
static bool ipmi_is_same(const struct settings_device *a, const char *plug_a,
			 const struct settings_device *b, const char *plug_b)
{
	(void)plug_a;
	(void)plug_b;
	return a->place[0] != '\0' && strcmp(a->place, b->place) == 0;
}

static void ipmi_look(const struct settings_device *device,
		      const struct device_finder *finder)
{
	const struct ipmi_settings *ipmi = ipmi_of(device);
	char error[SETTINGS_LINE_MAX / 2];
	uint8_t kg[IPMI_PASSWORD_MAX];

	device_look_at_password(finder, ipmi->password_file,
				ipmi->password_credential,
				IPMI_PASSWORD_MAX + 1);
	if (ipmi->kg_file[0] == '\0')
		return;
	if (ipmi_load_kg(ipmi->kg_file, kg, error, sizeof(error)) < 0)
		device_find(finder, true, "kg_file", "%s", error);
	explicit_bzero(kg, sizeof(kg));
}

const struct driver driver_ipmi = {
	.name = "ipmi",
	.label = "IPMI",
	.program = "twinbeat-fencer-ipmi",
	.library = "libfreeipmi",
	.rows = ipmi_rows,
	.private_size = sizeof(struct ipmi_settings),
	.settle = ipmi_settle,
	.plug = ipmi_plug,
	.check = ipmi_check,
	.is_same = ipmi_is_same,
	.look = ipmi_look,
	.as_agent = &ipmi_as_agent,
	.only_plug = IPMI_PLUG,
	.fed_by_node = "its BMC",
	.switch_key = "off_ms",
};
