/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The port of the cable, without opening it: what holds bytes back, and who
 * else is allowed to open it.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "doctor.h"

/* "ttyUSB0", through links such as /dev/twinbeat0; false: it is not there. */
static bool find_name(const char *port, char *name, size_t size)
{
	char path[PATH_MAX];

	if (!realpath(port, path))
		return false;
	snprintf(name, size, "%s", strrchr(path, '/') + 1);
	return true;
}

bool doctor_port_is_kept(const char *port)
{
	char path[64], text[8192];
	struct stat stat_of;

	if (stat(port, &stat_of) != 0 || !S_ISCHR(stat_of.st_mode))
		return false;
	snprintf(path, sizeof(path), "/run/udev/data/c%u:%u",
		 major(stat_of.st_rdev), minor(stat_of.st_rdev));
	doctor_read(path, text, sizeof(text));
	return strstr(text, "E:ID_MM_PORT_IGNORE=1") ||
	       strstr(text, "E:ID_MM_DEVICE_IGNORE=1");
}

/* FTDI keeps bytes back to send more at once; other chips have no such file. */
static void check_latency(struct doctor *doctor, const char *name)
{
	char path[128], text[16];
	int ms;

	snprintf(path, sizeof(path),
		 "/sys/class/tty/%.60s/device/latency_timer", name);
	doctor_read(path, text, sizeof(text));
	if (!text[0])
		return;
	ms = atoi(text);
	if (ms > 1)
		doctor_say(doctor, DOCTOR_WARN, "port",
			   "the udev rule of twinbeat sets it to 1: see README",
			   "the USB adapter %s keeps each beat back for up to "
			   "%d ms",
			   name, ms);
	else
		doctor_say(doctor, DOCTOR_OK, "port", "",
			   "the USB adapter %s keeps no beat back", name);
}

/* What udev's rules said of the USB device of the port; "" = it is none. */
static void read_usb_properties(const char *name, char *text, size_t size)
{
	/* of a usb-serial port, and of a cdc-acm one */
	static const char *const up[] = {"../..", ".."};
	char path[160], number[32] = "";

	text[0] = '\0';
	for (unsigned i = 0; i < 2 && !number[0]; i++) {
		snprintf(path, sizeof(path),
			 "/sys/class/tty/%.60s/device/%s/dev", name, up[i]);
		doctor_read(path, number, sizeof(number));
	}
	number[strcspn(number, "\n")] = '\0';
	if (!number[0])
		return;
	snprintf(path, sizeof(path), "/run/udev/data/c%s", number);
	doctor_read(path, text, size);
}

/*
 * The rules of brltty take adapters of some chips for Braille displays: the
 * driver is detached, and the port is gone a moment after it was plugged in.
 */
static void check_braille(struct doctor *doctor, const char *name)
{
	char text[8192];

	read_usb_properties(name, text, sizeof(text));
	if (strstr(text, "E:BRLTTY_"))
		doctor_say(doctor, DOCTOR_BAD, "port",
			   "install the udev rule of twinbeat (see README), or "
			   "remove that of brltty; then plug it in anew",
			   "a udev rule of brltty takes the USB adapter %s for "
			   "a Braille display",
			   name);
}

void doctor_port(struct doctor *doctor, const struct settings *settings)
{
	const char *port = settings->nodes[settings->self].serial;
	char name[256];

	if (!port[0] || !find_name(port, name, sizeof(name)))
		return;
	check_latency(doctor, name);
	check_braille(doctor, name);
}
