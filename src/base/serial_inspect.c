/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Decides whether a serial port may be used as the heartbeat cable, by looking
 * at it from outside: device numbers, /sys, /proc and utmp. Never opens it:
 * opening raises DTR, and a getty or a kernel console on the other end of the
 * descriptor would answer the peer's beats (a break there can even be a SysRq).
 *
 * Devices are compared by number, not by name: a symlink, a second node in
 * another directory and a bind mount are all the same port.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <utmpx.h>

#include "serial_inspect.h"

#define SYS_TTY "/sys/class/tty"
/* Documentation/admin-guide/devices.txt */
#define MAJOR_VT      4 /* minors below 64; the rest are UARTs */
#define MINOR_UART    64
#define MAJOR_TTYAUX  5 /* /dev/tty, /dev/console, /dev/ptmx */
#define MAJOR_PTS     136
#define MAJOR_PTS_END 143

/* Reads a small file of /sys or /proc as text; false if it cannot be read. */
static bool inspect_read(const char *path, char *text, size_t size)
{
	FILE *file = fopen(path, "re");
	size_t used;

	if (file == NULL)
		return false;
	used = fread(text, 1, size - 1, file);
	fclose(file);
	text[used] = '\0';
	return true;
}

/* The device number of a name in /sys/class/tty. */
static bool inspect_tty_number(const char *name, dev_t *number)
{
	char path[PATH_MAX], text[32];
	unsigned major_number, minor_number;

	snprintf(path, sizeof(path), SYS_TTY "/%s/dev", name);
	if (!inspect_read(path, text, sizeof(text)) ||
	    sscanf(text, "%u:%u", &major_number, &minor_number) != 2)
		return false;
	*number = makedev(major_number, minor_number);
	return true;
}

/*
 * /sys/class/tty/console/active names the consoles, e.g. "tty0 ttyS0"; each
 * name has an "active" of its own if it stands for another (tty0: tty1).
 */
static bool inspect_is_console(dev_t number, char *name, size_t name_size)
{
	char text[256], *save = NULL;

	if (!inspect_read(SYS_TTY "/console/active", text, sizeof(text)))
		return false;
	for (char *at = strtok_r(text, " \n", &save); at != NULL;
	     at = strtok_r(NULL, " \n", &save)) {
		dev_t console;

		if (!inspect_tty_number(at, &console) || console != number)
			continue;
		snprintf(name, name_size, "%s", at);
		return true;
	}
	return false;
}

/*
 * A line of /proc/tty/drivers: name, device, major, minor or first-last, type.
 * The name may hold blanks ("UML serial line"), so the columns are counted
 * from the right.
 */
static bool inspect_driver_has(const char *line, dev_t number)
{
	const char *column[3] = {NULL, NULL, NULL}; /* the last three */
	unsigned major_number, first, last;

	for (const char *at = line; *at != '\0'; at++) {
		if (strchr(" \n", *at) || (at > line && !strchr(" \n", at[-1])))
			continue;
		column[0] = column[1];
		column[1] = column[2];
		column[2] = at;
	}
	if (column[0] == NULL || sscanf(column[0], "%u", &major_number) != 1)
		return false;
	switch (sscanf(column[1], "%u-%u", &first, &last)) {
	case 1:
		last = first;
		break;
	case 2:
		break;
	default:
		return false;
	}
	return major(number) == major_number && minor(number) >= first &&
	       minor(number) <= last;
}

/*
 * A driver that is not in /proc/tty/drivers has no tty (an unreadable list
 * proves nothing either way; the open will tell).
 */
bool serial_inspect_is_tty(const char *drivers, dev_t number)
{
	FILE *file = fopen(drivers, "re");
	char line[256];
	bool found = false;

	if (file == NULL)
		return true;
	while (!found && fgets(line, sizeof(line), file) != NULL)
		found = inspect_driver_has(line, number);
	fclose(file);
	return found;
}

static enum serial_refusal inspect_stat(const char *path, dev_t *number,
					char *reason, size_t reason_size)
{
	struct stat status;

	if (stat(path, &status) != 0) {
		snprintf(reason, reason_size,
			 "serial %s: cannot be found (%s): plug the adapter in "
			 "or correct nodes[].serial",
			 path, strerror(errno));
		return SERIAL_MISSING;
	}
	if (!S_ISCHR(status.st_mode) ||
	    !serial_inspect_is_tty("/proc/tty/drivers", status.st_rdev)) {
		snprintf(reason, reason_size,
			 "serial %s: is not a terminal device: name a serial "
			 "port such as /dev/ttyS1 or its udev symlink",
			 path);
		return SERIAL_NOT_TTY;
	}
	*number = status.st_rdev;
	return SERIAL_FINE;
}

enum serial_refusal serial_inspect_device(const char *path, char *reason,
					  size_t reason_size)
{
	enum serial_refusal refusal;
	char console[64];
	dev_t number;

	refusal = inspect_stat(path, &number, reason, reason_size);
	if (refusal != SERIAL_FINE)
		return refusal;
	if (number == makedev(MAJOR_TTYAUX, 1))
		snprintf(console, sizeof(console), "console");
	else if (!inspect_is_console(number, console, sizeof(console)))
		console[0] = '\0';
	if (console[0] != '\0') {
		snprintf(reason, reason_size,
			 "serial %s: is the kernel's console (%s in %s/console"
			 "/active): use another port or take it out of the "
			 "kernel's console= parameters",
			 path, console, SYS_TTY);
		return SERIAL_CONSOLE;
	}
	if (major(number) == MAJOR_TTYAUX ||
	    (major(number) == MAJOR_VT && minor(number) < MINOR_UART)) {
		snprintf(reason, reason_size,
			 "serial %s: is a terminal of this machine, no serial "
			 "line (device %u:%u): name a port such as /dev/ttyS1",
			 path, major(number), minor(number));
		return SERIAL_NOT_TTY;
	}
	return SERIAL_FINE;
}

/* tty_nr of proc(5): minor bits 31-20 and 7-0, major bits 15-8. */
static int inspect_tty_nr(dev_t number)
{
	unsigned low = minor(number) & 0xff, high = minor(number) & ~0xffu;

	return (int)(low | major(number) << 8 | high << 12);
}

struct inspect_user {
	long pid; /* 0 = none */
	char name[64];
	bool login; /* a getty or a login, by its name */
};

static bool inspect_is_login(const char *name)
{
	static const char *const names[] = {"getty", "agetty",	 "mgetty",
					    "login", "mingetty", "fgetty"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* proc(5): pid (comm) state ppid pgrp session tty_nr; comm may hold ')'. */
static bool inspect_process(const char *pid, int tty_nr,
			    struct inspect_user *user)
{
	char path[300], text[512], *from, *to;
	int got;

	snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	if (!inspect_read(path, text, sizeof(text)))
		return false;
	from = strchr(text, '(');
	to = strrchr(text, ')');
	if (from == NULL || to == NULL || to < from)
		return false;
	if (sscanf(to + 1, " %*c %*d %*d %*d %d", &got) != 1 || got != tty_nr)
		return false;
	*to = '\0';
	user->pid = strtol(pid, NULL, 10);
	snprintf(user->name, sizeof(user->name), "%s", from + 1);
	user->login = inspect_is_login(user->name);
	return true;
}

/* Who has it as controlling terminal; a getty or login before all others. */
static struct inspect_user inspect_processes(dev_t number)
{
	struct inspect_user found = {.pid = 0}, user;
	int tty_nr = inspect_tty_nr(number);
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	if (proc == NULL)
		return found;
	while (!found.login && (entry = readdir(proc)) != NULL) {
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9' ||
		    !inspect_process(entry->d_name, tty_nr, &user))
			continue;
		if (found.pid == 0 || user.login)
			found = user;
	}
	closedir(proc);
	return found;
}

/*
 * A getty in another PID namespace shows in utmp only. Entries stay behind
 * when a machine crashes: one whose process is gone counts for nothing.
 */
static struct inspect_user inspect_utmp(const char *path)
{
	struct inspect_user found = {.pid = 0};
	char real[PATH_MAX];
	struct utmpx *entry;

	if (realpath(path, real) == NULL || strncmp(real, "/dev/", 5) != 0)
		return found;
	setutxent();
	while (found.pid == 0 && (entry = getutxent()) != NULL) {
		bool login = entry->ut_type == LOGIN_PROCESS;

		if ((!login && entry->ut_type != USER_PROCESS) ||
		    strncmp(entry->ut_line, real + 5, sizeof(entry->ut_line)) !=
			    0 ||
		    (kill(entry->ut_pid, 0) != 0 && errno == ESRCH))
			continue;
		found.pid = entry->ut_pid;
		found.login = true;
		snprintf(found.name, sizeof(found.name), "%s %.32s",
			 login ? "a login prompt," : "the login of",
			 login ? "by utmp" : entry->ut_user);
	}
	endutxent();
	return found;
}

enum serial_refusal serial_inspect(const char *path, char *reason,
				   size_t reason_size)
{
	struct inspect_user user;
	enum serial_refusal refusal;
	struct stat status;

	refusal = serial_inspect_device(path, reason, reason_size);
	if (refusal != SERIAL_FINE)
		return refusal;
	/* Gone in between: the open will say so. */
	if (stat(path, &status) != 0)
		return SERIAL_FINE;

	user = inspect_processes(status.st_rdev);
	/* No getty sits on a pty, and stale entries for them are common. */
	if (user.pid == 0 && (major(status.st_rdev) < MAJOR_PTS ||
			      major(status.st_rdev) > MAJOR_PTS_END))
		user = inspect_utmp(path);
	if (user.pid == 0)
		return SERIAL_FINE;
	if (user.login) {
		snprintf(reason, reason_size,
			 "serial %s: a login waits on it (process %ld, %s): "
			 "stop and mask its serial-getty service or use "
			 "another port",
			 path, user.pid, user.name);
		return SERIAL_GETTY;
	}
	snprintf(reason, reason_size,
		 "serial %s: is the controlling terminal of process %ld (%s): "
		 "end that session or use another port",
		 path, user.pid, user.name);
	return SERIAL_CONTROLLING;
}

bool serial_may_be_opened(const char *path, char *reason, size_t reason_size)
{
	switch (serial_inspect(path, reason, reason_size)) {
	case SERIAL_FINE:
	case SERIAL_MISSING: /* a USB adapter may come: an alert, later */
		return true;
	case SERIAL_CONSOLE:
	case SERIAL_GETTY:
	case SERIAL_CONTROLLING:
	case SERIAL_NOT_TTY:
		break;
	}
	return false;
}
