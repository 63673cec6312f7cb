/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What of this machine stands in a pair's way: another program that holds the
 * addresses or opens the serial port, the distribution's network files that
 * add a VIP at boot, a clock that does not run, a daemon without its
 * priority.
 */
#include <ctype.h>
#include <dirent.h>
#include <glob.h>
#include <pwd.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "doctor.h"

#define FILE_MAX (64 * 1024)

const char *doctor_read(const char *path, char *text, size_t room)
{
	FILE *file = fopen(path, "re");
	size_t size = file ? fread(text, 1, room - 1, file) : 0;

	text[size] = '\0';
	if (file)
		fclose(file);
	return text;
}

/* ---- programs that run beside us ---- */

/* comm has 15 characters. */
static const struct {
	const char *comm, *remedy;
	bool wants_port; /* else: the addresses */
} rivals[] = {
	{"keepalived", "systemctl disable --now keepalived", false},
	{"ucarp", "end it; its VIPs belong to twinbeat now", false},
	{"vrrpd", "end it; its VIPs belong to twinbeat now", false},
	{"heartbeat", "systemctl disable --now heartbeat", false},
	{"pacemakerd", "let it hold other addresses, or disable it", false},
	{"ModemManager", "the udev rule of twinbeat keeps it off: see README",
	 true},
	{"brltty", "systemctl mask brltty, where no Braille display is", true},
};
#define RIVALS (sizeof(rivals) / sizeof(rivals[0]))

/* In another network namespace it holds other addresses. */
static bool is_in_our_network(const char *pid)
{
	char path[64];
	struct stat ours, its;

	snprintf(path, sizeof(path), "/proc/%.20s/ns/net", pid);
	return stat("/proc/self/ns/net", &ours) == 0 && stat(path, &its) == 0 &&
	       ours.st_ino == its.st_ino;
}

/* The index of the rival that this process is, or -1. */
static int find_rival(const char *pid)
{
	char path[64], comm[64];

	snprintf(path, sizeof(path), "/proc/%.20s/comm", pid);
	doctor_read(path, comm, sizeof(comm));
	comm[strcspn(comm, "\n")] = '\0';
	for (unsigned i = 0; i < RIVALS; i++)
		if (!strcmp(comm, rivals[i].comm))
			return (int)i;
	return -1;
}

static void check_rivals(struct doctor *doctor, const struct settings *settings)
{
	const char *port = settings->nodes[settings->self].serial;
	bool has_port = port[0] != '\0';
	DIR *proc = opendir("/proc");
	unsigned found = 0;

	for (struct dirent *entry; proc && (entry = readdir(proc));) {
		const char *pid = entry->d_name;
		int i = isdigit((unsigned char)pid[0]) ? find_rival(pid) : -1;

		if (i < 0 || (rivals[i].wants_port ? !has_port
						   : !is_in_our_network(pid)))
			continue;
		/* the rule that keeps it off is in force */
		if (!strcmp(rivals[i].comm, "ModemManager") &&
		    doctor_port_is_kept(port))
			continue;
		found++;
		doctor_say(
			doctor, rivals[i].wants_port ? DOCTOR_WARN : DOCTOR_BAD,
			"programs", rivals[i].remedy,
			"%s runs (process %s), which %s", rivals[i].comm, pid,
			rivals[i].wants_port
				? "opens serial ports to see what is there"
				: "moves addresses, too");
	}
	if (proc)
		closedir(proc);
	if (found == 0)
		doctor_say(doctor, DOCTOR_OK, "programs", "",
			   "no other program here moves addresses%s",
			   has_port ? " or opens serial ports" : "");
}

/* ---- what starts at the next boot ---- */

/* Units that move addresses; one that runs is told of above, too. */
static void check_enabled(struct doctor *doctor)
{
	static const char *const units[] = {"keepalived", "ucarp",
					    "vrrpd",	  "heartbeat",
					    "pacemaker",  "corosync"};
	char pattern[100];
	unsigned found = 0;
	glob_t list;

	for (unsigned i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		snprintf(pattern, sizeof(pattern),
			 "/etc/systemd/system/*.wants/%s.service", units[i]);
		if (glob(pattern, 0, NULL, &list) != 0)
			continue;
		found++;
		doctor_say(doctor, DOCTOR_WARN, "enabled",
			   "systemctl disable it, or let it hold other "
			   "addresses",
			   "%s starts at each boot: %s", units[i],
			   list.gl_pathv[0]);
		globfree(&list);
	}
	if (found == 0)
		doctor_say(doctor, DOCTOR_OK, "enabled", "",
			   "no other program that moves addresses starts at "
			   "boot");
}

/* ---- network files ---- */

static const char *const network_files[] = {
	"/etc/network/interfaces",
	"/etc/network/interfaces.d/*",
	"/etc/netplan/*.yaml",
	"/etc/systemd/network/*.network",
	"/etc/NetworkManager/system-connections/*",
};

/* As a word of its own: 192.0.2.10 is not in 192.0.2.100. */
static bool has_address(const char *text, const char *address)
{
	static const char more[] = "0123456789abcdefABCDEF.:";
	size_t length = strlen(address);

	for (const char *at = text; (at = strstr(at, address)); at += length)
		if ((at == text || !strchr(more, at[-1])) &&
		    (at[length] == '\0' || !strchr(more, at[length])))
			return true;
	return false;
}

static unsigned check_file(struct doctor *doctor,
			   const struct settings *settings, const char *path)
{
	static char text[FILE_MAX];
	char address[IP_TEXT_MAX];
	unsigned found = 0;

	doctor_read(path, text, sizeof(text));
	for (unsigned i = 0; i < settings->address_count; i++) {
		ip_format(&settings->addresses[i].ip, address);
		if (!has_address(text, address))
			continue;
		found++;
		doctor_say(doctor, DOCTOR_BAD, "network",
			   "take it out: only twinbeat adds it, and only on "
			   "the owner",
			   "%s names the virtual address %s", path, address);
	}
	return found;
}

static void check_network_files(struct doctor *doctor,
				const struct settings *settings)
{
	unsigned found = 0;

	for (unsigned i = 0;
	     i < sizeof(network_files) / sizeof(network_files[0]); i++) {
		glob_t list;

		if (glob(network_files[i], 0, NULL, &list) != 0)
			continue;
		for (size_t k = 0; k < list.gl_pathc; k++)
			found += check_file(doctor, settings, list.gl_pathv[k]);
		globfree(&list);
	}
	if (found == 0)
		doctor_say(doctor, DOCTOR_OK, "network", "",
			   "no file of the distribution adds a virtual "
			   "address at boot");
}

/* ---- clock ---- */

static void check_clock(struct doctor *doctor)
{
	char text[64];

	doctor_read("/sys/devices/system/clocksource/clocksource0/"
		    "current_clocksource",
		    text, sizeof(text));
	text[strcspn(text, "\n")] = '\0';
	if (text[0] == '\0')
		return; /* no /sys: nothing is known */
	if (strstr(text, "jiffies"))
		doctor_say(doctor, DOCTOR_BAD, "clock",
			   "see dmesg: the kernel has found no good clock",
			   "the clock is %s: times are wrong by milliseconds",
			   text);
	else
		doctor_say(doctor, DOCTOR_OK, "clock", "", "the clock is %s",
			   text);
}

void doctor_machine(struct doctor *doctor, const struct settings *settings)
{
	check_rivals(doctor, settings);
	check_enabled(doctor);
	check_network_files(doctor, settings);
	check_clock(doctor);
}

/* ---- the daemon's process ---- */

/* As the unit has it: all that it starts runs as its user, too. */
static void check_user(struct doctor *doctor, const struct settings *settings,
		       const char *status)
{
	const char *line = strstr(status, "\nUid:");
	unsigned long uid = line ? strtoul(line + 5, NULL, 10) : 0;
	unsigned found = 0;

	if (uid == 0)
		return;
	for (unsigned i = 0; i < settings->script_count; i++) {
		const struct settings_script *script = &settings->scripts[i];
		const struct passwd *user =
			settings_script_user(settings, script);

		if (user == NULL || user->pw_uid == uid)
			continue;
		found++;
		doctor_say(doctor, DOCTOR_BAD, "user",
			   "let it have no user of its own, or run the daemon "
			   "as root: twinbeat-root.conf, see twinbeatd(8)",
			   "twinbeatd runs as user %lu and cannot run %s as %s",
			   uid, script->command, user->pw_name);
	}
	if (found == 0)
		doctor_say(doctor, DOCTOR_OK, "user", "",
			   "twinbeatd runs as user %lu, and so do scripts, "
			   "notification programs and fence agents",
			   uid);
}

void doctor_process(struct doctor *doctor, const struct settings *settings,
		    int pid)
{
	int policy = sched_getscheduler(pid);
	char path[64], text[4096];
	const char *locked;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	doctor_read(path, text, sizeof(text));
	check_user(doctor, settings, text);
	if (policy < 0 || !settings->realtime)
		return; /* in another PID namespace; or not wanted */
	policy &= ~SCHED_RESET_ON_FORK;
	if (policy == SCHED_RR || policy == SCHED_FIFO)
		doctor_say(doctor, DOCTOR_OK, "realtime", "",
			   "twinbeatd has real-time priority");
	else
		doctor_say(doctor, DOCTOR_WARN, "realtime",
			   "give it CAP_SYS_NICE: see the unit's file",
			   "twinbeatd has no real-time priority: a busy "
			   "machine delays its beats");
	locked = strstr(text, "VmLck:");
	if (!locked)
		return;
	if (strtoul(locked + 6, NULL, 10) > 0)
		doctor_say(doctor, DOCTOR_OK, "memory", "",
			   "twinbeatd is locked into memory");
	else
		doctor_say(doctor, DOCTOR_WARN, "memory",
			   "give it CAP_IPC_LOCK: see the unit's file",
			   "twinbeatd may be swapped out");
}
