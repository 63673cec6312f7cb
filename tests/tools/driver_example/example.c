/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the devices of this driver are; every program has this. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "example.h"

/* ---- keys ---- */

#define DEVICE(field)  FIELD(settings_device, field)
#define EXAMPLE(field) PRIVATE(example_settings, field)

static const struct setting_row rows[] = {
	{"host", SETTING_TEXT, DEVICE(host), .required = true,
	 .says = "its address"},
	{"port", SETTING_INT, EXAMPLE(port), .value = 7000, RANGE(1, 65535),
	 .says = "of TCP"},
	{"login", SETTING_NAME, EXAMPLE(login), .text = "fence",
	 .says = "who we say we are"},
	{"line_ms", SETTING_INT, EXAMPLE(line_ms), .value = 500,
	 RANGE(10, 10000), .unit = " ms",
	 .says = "how long a line and its answer may take"},
	{"settle_ms", SETTING_INT, DEVICE(settle_ms), TIME_MS(20),
	 .says = "between switching and reading back"},
	{"power_wait_ms", SETTING_INT, DEVICE(power_wait_ms), TIME_MS(1000),
	 .says = "how long a node's power supply holds on"},
	END};

/* Place and times, and what does not go together. */
static void settle(const struct device_source *source,
		   struct settings_device *device)
{
	const struct example_settings *example = example_of(device);

	device_take_host(source, device, example->port);
	if (device_is_good(source, "login") &&
	    strcmp(example->login, "admin") == 0)
		device_error(source, "login",
			     "\"admin\" may change passwords too; make a user "
			     "that may only switch");
	device->answer_ms = example->line_ms;
}

/* ---- plugs ---- */

static unsigned plug_number(const char *plug)
{
	char *end;
	unsigned long number = strtoul(plug, &end, 10);

	return plug[0] < '1' || plug[0] > '9' || *end != '\0' ||
			       number > EXAMPLE_PLUGS_MOST
		       ? 0
		       : (unsigned)number;
}

static int plug(const struct settings_device *device, const char *text,
		char name[SETTINGS_NAME_MAX], char *error, size_t error_size)
{
	(void)device;
	if (text != NULL && plug_number(text) != 0) {
		snprintf(name, SETTINGS_NAME_MAX, "%s", text);
		return 0;
	}
	snprintf(error, error_size, "must be a number from 1 to %d",
		 EXAMPLE_PLUGS_MOST);
	return -1;
}

static int check(const struct settings_device *device, const char *name,
		 char *error, size_t error_size)
{
	struct ip ip;

	if (ip_parse(device->host, &ip) && ip_is_v4(&ip) &&
	    example_of(device)->port != 0 && plug_number(name) != 0)
		return 0;
	snprintf(error, error_size,
		 "%s: plug %.20s at \"%.40s\" cannot be asked: an IPv4 address "
		 "and a plug from 1 to %d",
		 device->name, name, device->host, EXAMPLE_PLUGS_MOST);
	return -1;
}

static bool is_same(const struct settings_device *a, const char *plug_a,
		    const struct settings_device *b, const char *plug_b)
{
	return strcmp(a->place, b->place) == 0 && strcmp(plug_a, plug_b) == 0;
}

/* ---- as a fence agent ---- */

static const struct driver_parameter parameters[] = {
	{"login", "username", "login", 'l'},
	{"line_ms", "shell_timeout"},
	{NULL},
};

static const struct driver_agent as_agent = {
	.title = "Fence agent for a switch that takes lines of text",
	.about = "fence_twinbeat_example switches the plugs of a power switch "
		 "that takes lines of text over TCP. It is for tests.",
	.parameters = parameters,
};

const struct driver driver_example = {
	.name = "example",
	.label = "the example",
	.rows = rows,
	.private_size = sizeof(struct example_settings),
	.settle = settle,
	.plug = plug,
	.check = check,
	.is_same = is_same,
	.as_agent = &as_agent,
	.reads_fast = true,
};
