/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The keys of twinbeat.conf at the top of the file; those of its groups are in
 * rows_*.c and links.c, those of a driver's devices with it. row.h says what a
 * row is.
 */
#include "links.h"
#include "rows.h"
#include "settings.h"

static const struct setting_row vip_rows[] = {
	{"lease_s", SETTING_INT, FIELD(settings, lease_s), .value = 3,
	 .max = 3600, .unit = " s",
	 .says = "an address of a dead daemon is gone after this; 0: without",
	 MORE("The lifetime of virtual addresses in the kernel, which only a "
	      "living daemon renews. If nobody renews it, the kernel removes "
	      "the addresses after this time and up to one second more, "
	      "because it checks once a second. 0 is no lifetime. If there are "
	      "more than 50 IPv6 addresses, these have no lifetime, because "
	      "each renewal then costs milliseconds.")},
	{"garp_repeat", SETTING_INT, FIELD(settings, garp.repeat), .value = 5,
	 .max = 100, .not_core = true,
	 .says = "gratuitous ARP after a takeover",
	 MORE("How many times gratuitous ARP, or an unsolicited neighbour "
	      "advertisement, is repeated after a takeover. It is sent at once "
	      "and after 5, 50 and 500 ms and 5 s, then every 5 s.")},
	{"garp_delay_ms", SETTING_INT, FIELD(settings, garp.delay_ms),
	 TIME_MS(0), .not_core = true,
	 .says = "then as many again after this; 0: not",
	 MORE("After the last of them so long is waited, and as many are sent "
	      "again; 0 is no second round.")},
	{"garp_refresh_s", SETTING_INT, FIELD(settings, garp.refresh_s),
	 .value = 60, .max = 3600, .unit = " s", .not_core = true,
	 .says = "and again this often; 0: never",
	 MORE("The interval at which it is sent while the addresses are held; "
	      "0 is never.")},
	{"garp_refresh_repeat", SETTING_INT,
	 FIELD(settings, garp.refresh_repeat), .value = 1, RANGE(1, 100),
	 .not_core = true, .says = "so many each time",
	 MORE("How many are sent each time, 5 ms apart at first.")},
	END};

static const struct setting_row watchdog_rows[] = {
	{"device", SETTING_PATH, FIELD(settings, watchdog.device),
	 .says = "such as /dev/watchdog; \"\": none",
	 MORE("Such as {Pa /dev/watchdog}. Only one program can have it: not "
	      "together with {Li RuntimeWatchdogSec} of systemd or with {Xr "
	      "watchdog 8}. While it cannot be opened the alert {Li "
	      "unprivileged} says so, and it is tried again every 5 s, or "
	      "four times in {Li timeout_s}. If {Nm twinbeat-watchdog} is "
	      "stopped or hangs, it is ended and started again before the "
	      "machine is reset.")},
	{"timeout_s", SETTING_INT, FIELD(settings, watchdog.timeout_s),
	 .value = 5, RANGE(1, 3600), .unit = " s",
	 .says = "the machine is reset when twinbeatd stood still for so long",
	 MORE("How long the daemon may stand still. It is fed four times in "
	      "this time. A device that knows other times only has one of its "
	      "own; the log says which. A restart of the daemon must be faster "
	      "than this.")},
	END};

const struct setting_row settings_rows[] = {
	{"pair", SETTING_NAME, FIELD(settings, pair), .required = true,
	 IN(NODES), .not_core = true, .says = "the name of the pair",
	 MORE("The name of the pair. Names are made of letters, digits and the "
	      "characters {Li \\&.}, {Li _}, {Li \\&:} and {Li \\-}, at most "
	      "31 of them.")},
	{"key_file", SETTING_PATH, FIELD(settings, key_file),
	 .text = "/etc/twinbeat/key", .may_differ = true, .not_core = true,
	 .says = "the secret that signs what the nodes tell each other",
	 MORE("The secret that signs what the nodes tell each other: 64 hex "
	      "digits in a regular file, owned by root or by the user who runs "
	      "the daemon. This file, and each that holds a password, has mode "
	      "0640 and the group {Li twinbeat}, as whose user the daemon "
	      "runs, or mode 0600 where it runs as root. {Dl twinbeat keygen "
	      "/etc/twinbeat/key} makes it; the other node needs a copy.")},
	{"nodes", SETTING_GROUP, FIELDS(settings, nodes),
	 .rows = settings_node_rows, .required = true, IN(NODES),
	 .says = "the two nodes",
	 MANUAL(.apart = true, .more = "See {Sx Nodes}.")},
	{"links", SETTING_GROUP, .rows = settings_links_rows, IN(LINKS),
	 .says = "how they hear each other beside VRRP",
	 MANUAL(.head = "group, required", .apart = true,
		.more = "See {Sx Links}.")},
	{"instances", SETTING_GROUP,
	 COUNTED(settings, instances, instance_count),
	 .rows = settings_instance_rows, .required = true, IN(INSTANCES),
	 .says = "one VRRP router each",
	 MANUAL(.apart = true, .more = "See {Sx Instances}.")},
	{"debounce", SETTING_GROUP, COUNTED(settings, debounce, debounce_count),
	 .rows = settings_debounce_rows, IN(INSTANCES),
	 .says = "interfaces whose carrier comes and goes",
	 MANUAL(.apart = true, .more = "See {Sx Debounce}.")},
	{"devices", SETTING_GROUP, COUNTED(settings, devices, device_count),
	 .rows = settings_device_rows, .by_code = true, IN(DEVICES),
	 .says = "the switches that cut power",
	 MANUAL(.apart = true, .more = "See {Sx Devices}.")},
	{"fence", SETTING_GROUP, FIELD(settings, fence),
	 .rows = settings_fence_rows, IN(FENCE),
	 .says = "when and how the peer's power is cut",
	 MANUAL(.apart = true, .more = "See {Sx Fence}.")},
	{"startup_ms", SETTING_INT, FIELD(settings, startup_ms), TIME_MS(60000),
	 IN(FENCE), .says = "a starting node listens so long",
	 MORE("How long a starting node listens before it judges silence. The "
	      "time runs from the moment the links are open. On an interface "
	      "whose carrier came later it runs from then, because the port of "
	      "a switch may block for half a minute. It should be longer than "
	      "the other node needs to boot. If it is no longer than the "
	      "largest dead time, two nodes that start together judge each "
	      "other dead; this is warned of.")},
	{"unclean_startup_ms", SETTING_INT, FIELD(settings, unclean_startup_ms),
	 TIME_MS(300000), IN(FENCE),
	 .says = "the same after an end that was not clean",
	 MORE("The same after a run that did not end cleanly: a crash, a power "
	      "cut.\nNeither wait is needed if this node itself (or an "
	      "operator on it) cut the peer, has not switched it on or heard "
	      "it since, and the plugs still read off. The node then serves "
	      "after the largest dead time plus 2 s plus `power_wait_ms`.")},
	{"vip", SETTING_GROUP, .rows = vip_rows, IN(ADDRESSES),
	 .says = "the addresses in the kernel",
	 MANUAL(.apart = true, .more = "See {Sx Addresses in the kernel}.")},
	{"realtime", SETTING_BOOL, FIELD(settings, realtime), .value = true,
	 .may_differ = true, .not_core = true,
	 .says = "real-time scheduling, locked memory",
	 MORE("Run with real-time scheduling and locked memory.")},
	{"user", SETTING_NAME, FIELD(settings, user), .text = "twinbeat",
	 .may_differ = true, .not_core = true, .says = "the account to run as",
	 MORE("Who runs scripts that name no user. A daemon that is not root "
	      "runs them as itself, and can run them as nobody else. Of one "
	      "that is, no script is in the group twinbeat, which may command "
	      "the daemon, even where its user is. The daemon itself runs as "
	      "who starts it; see PRIVILEGES in {Xr twinbeatd 8}.")},
	{"take_push", SETTING_BOOL, FIELD(settings, take_push), .value = true,
	 .may_differ = true, .not_core = true,
	 .says = "what the other node pushes becomes this node's file",
	 MORE("Whether {Cm twinbeat push} on the other node may replace this "
	      "node's file. Whoever can do that names the programs that run "
	      "here, as the daemon's user: set it to false on a node "
	      "that trusts nobody with that.")},
	{"notify", SETTING_GROUP, COUNTED(settings, notify, notify_count),
	 .rows = settings_notify_rows, .short_key = "command",
	 .may_differ = true, .not_core = true,
	 .says = "who is told of changes; a path: a program that is run",
	 MANUAL(.head = "a path or a list of groups, default none",
		.apart = true,
		.more = "Who is told of changes and alerts; see {Sx Notify}. A "
			"path alone is a program that is run at each of them, "
			"one event after the other, with the event in its "
			"environment; see {Xr twinbeatd 8}.")},
	{"mail", SETTING_GROUP, FIELD(settings, mail),
	 .rows = settings_mail_rows, .optional = true, .may_differ = true,
	 .not_core = true,
	 .there_offset = offsetof(struct settings_mail, configured),
	 .says = "how mail goes out",
	 MANUAL(.apart = true, .more = "See {Sx Mail}.")},
	{"director", SETTING_GROUP, FIELD(settings, director),
	 .rows = settings_director_rows, .optional = true, .not_core = true,
	 .there_offset = offsetof(struct settings_director, configured),
	 IN(DIRECTOR), .says = "LVS: virtual services and real servers",
	 MANUAL(.apart = true,
		.more = "LVS: virtual services and their real servers. {Xr "
			"twinbeat-director 8} describes its keys.")},
	{"watchdog", SETTING_GROUP, .rows = watchdog_rows, .may_differ = true,
	 .not_core = true, .says = "resets a machine whose daemon stands still",
	 MORE("A device that resets the machine when the daemon stands still: "
	      "the main process of {Xr twinbeatd 8} hangs, is stopped, or dies "
	      "and is not started again in time. It is fed by the main loop "
	      "alone, through {Nm twinbeat-watchdog}, and disarmed at a stop "
	      "in order, after the addresses were seen to go; if they do not "
	      "go it stays armed. A machine that was reset is a node that "
	      "starts: the other one takes over with proof, as after any "
	      "crash. A kernel with {Li nowayout} resets the machine after a "
	      "stop, too.")},
	END};
