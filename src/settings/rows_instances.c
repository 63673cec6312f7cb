/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of instances and of debounce. */
#include "rows.h"
#include "settings.h"

/* None where they are the nodes' own; else one each, in the nodes' order. */
static unsigned list_priorities(const struct settings *settings,
				const void *base, const void **first)
{
	const struct settings_instance *instance = base;
	bool own = true;

	for (unsigned n = 0; n < NODES; n++)
		own = own &&
		      instance->priority[n] == settings->nodes[n].priority;
	*first = instance->priority;
	return own ? 0 : NODES;
}

const struct setting_row settings_priority_rows[] = {
	{"node", SETTING_NODE, .required = true, .by_code = true,
	 .says = "whose it is"},
	{"priority", SETTING_INT, .size = sizeof(uint8_t), PRIORITY,
	 .required = true, .says = "of that node for this instance"},
	END};

const struct setting_row settings_address_rows[] = {
	{"ip", SETTING_SUBNET, .offset = offsetof(struct settings_address, ip),
	 .size = offsetof(struct settings_address, excluded), .required = true,
	 .says = "an address and its prefix length",
	 MORE("An address with a prefix length, {Dq 192.0.2.100/32} or {Dq "
	      "2001:db8::100/128}; without one it is /32 or /128. The "
	      "addresses of an instance are of one family, and the first IPv6 "
	      "one must be link-local, like {Dq fe80::55} (RFC 9568 5.2.9), "
	      "because clients may use it as their gateway. An IPv6 address "
	      "answers at once, without duplicate address detection. It is "
	      "marked as deprecated, so that the machine's own connections do "
	      "not start from it.\nAn address may stand in the file only once, "
	      "and must not be an address of the machine itself. So {Nm "
	      "twinbeat check} and the start of the daemon refuse an address "
	      "of `nodes[].address`. They also refuse an address that another "
	      "program has already set as the first address of an interface, "
	      "with a subnet (/30 or wider) that no other interface is in, if "
	      "no `nodes[].address` is on that interface. Such an address is "
	      "never added and never removed.\nIf a virtual address appears in "
	      "any other way that is not twinbeat's, twinbeat removes it at "
	      "once while this node does not own it, on every interface and "
	      "with every prefix and label; when this node takes the address "
	      "over, it is adopted {Pq alert Li duplicate-vip}. One exception "
	      "is an address on lo, for a real server of LVS direct routing: "
	      "an IPv4 address there is left alone while {Va "
	      "net.ipv4.conf.INTERFACE.arp_ignore} (of the instance's "
	      "interface, or of all) is 1 or more, and an IPv6 address always, "
	      "because the kernel does not answer for it.")},
	{"dev", SETTING_INTERFACE, FIELD(settings_address, dev),
	 .says = "the interface that gets it; the instance's",
	 MANUAL(.head = "interface, default: the instance's",
		.more = "The interface that gets the address. As with `track`, "
			"the node is not fit for the instance while this "
			"interface has no carrier.")},
	{"label", SETTING_INTERFACE, FIELD(settings_address, label),
	 .not_core = true, .says = "begins with the name of the interface",
	 MANUAL(.head = "string, default none",
		.more = "At most 15 characters, beginning with the name of the "
			"interface. IPv4 only.")},
	END};

const struct setting_row settings_script_rows[] = {
	{"command", SETTING_TEXT, FIELD(settings_script, command),
	 .required = true, .says = "a program and its arguments; no shell",
	 MORE("A program by its absolute path, then its arguments. No shell "
	      "reads it; '...' and \\&\"...\\&\" keep words together. A "
	      "program, or a folder on its way, that others than root may "
	      "change is refused. One that cannot be run makes the node "
	      "unfit.")},
	{"interval_ms", SETTING_INT, FIELD(settings_script, interval_ms),
	 .value = 1000, RANGE(100, HOUR_MS), .unit = " ms",
	 .says = "how often it is run",
	 MORE("It is run so often; a run that lasts longer delays the next "
	      "one.")},
	{"timeout_ms", SETTING_INT, FIELD(settings_script, timeout_ms),
	 .value = 500, RANGE(10, HOUR_MS), .unit = " ms",
	 .says = "then it is killed with all that it has started",
	 MORE("A run that lasts longer is killed with all that it has started, "
	      "and has failed.")},
	{"fall", SETTING_INT, FIELD(settings_script, fall), .value = 3,
	 RANGE(1, 1000), .says = "failures in a row until unfit",
	 MORE("After so many failures in a row the node is unfit.")},
	{"rise", SETTING_INT, FIELD(settings_script, rise), .value = 2,
	 RANGE(1, 1000), .says = "successes in a row until fit again",
	 MORE("After so many successes in a row it is fit again.")},
	{"user", SETTING_NAME, FIELD(settings_script, user),
	 .says = "who runs it; the daemon's user, else nobody",
	 MANUAL(.head = "name, default: {Ic user} of the file, else \"nobody\"",
		.more = "Who runs it.")},
	END};

/* As the addresses: in one array, for all instances. */
static unsigned list_scripts(const struct settings *settings, const void *base,
			     const void **first)
{
	const struct settings_instance *instance = base;

	*first = settings->scripts + instance->first_script;
	return instance->script_count;
}

static const struct setting_row track_rows[] = {
	{"interfaces", SETTING_INTERFACE,
	 COUNTED(settings_instance, track, track_count),
	 .says = "the node is fit only while these have a carrier",
	 MORE("The node is fit for this instance only while all these "
	      "interfaces have a carrier. The instance's own interface and "
	      "each `dev` of its addresses always count.")},
	{"witnesses", SETTING_HOST,
	 COUNTED(settings_instance, witnesses, witness_count),
	 .says = "one of them must answer to a ping",
	 MORE("Machines that a node which works can ping, like the gateway: "
	      "IPv4 or IPv6, not the nodes, not a virtual address. Each is "
	      "asked once a second, by the way that the kernel's routes say (a "
	      "link-local one by the instance's interface), and has 500 ms to "
	      "answer. One that answers is enough. When all of them are "
	      "silent, a node that does not own the addresses is unfit after 2 "
	      "questions, the owner after 4: where the network is gone for "
	      "both nodes, nobody takes the addresses to where they are of no "
	      "more use. When they answer again the owner is fit with the "
	      "first answer, the other node after three in a row. A witness in "
	      "the instance's own network also shows that this node hears, "
	      "which it must before it has the other one cut.")},
	{"scripts", SETTING_GROUP, .size = sizeof(struct settings_script),
	 .most = SCRIPTS_MAX, .elements = list_scripts,
	 .rows = settings_script_rows, .by_code = true,
	 .says = "programs that must exit with 0",
	 MANUAL(.more = "Programs that must exit with 0. All instances "
			"together may have 128; one that stands in several of "
			"them with the same keys is run once. They are spread "
			"over the interval.",
		.after = "The first run decides at once. A script gets nothing "
			 "on its standard input; the first line that it writes "
			 "is shown with a failure, the rest is thrown away. "
			 "What it starts and leaves behind ends with it.")},
	{"processes", SETTING_NAME,
	 COUNTED(settings_instance, processes, process_count),
	 .says = "one of each of these names must run",
	 MORE("One process of each name must run, by the name that {Ql ps -o "
	      "comm} shows (the kernel keeps 15 characters of it). The end of "
	      "one is known at once; a start too, where the kernel tells of it "
	      "(process events: root, and no container), else within a "
	      "second.")},
	{"file", SETTING_PATH,
	 COUNTED(settings_instance, track_files, track_file_count),
	 .single = true, .says = "it must be there and say 0",
	 MORE("The node is fit while the file is there and its content is the "
	      "number 0. Something else, an empty file or none: unfit. Write "
	      "it beside and rename it, so that it is never half written.")},
	END};

/* All instances' addresses lie in one array, the held ones last of each. */
static unsigned list_addresses(const struct settings *settings,
			       const struct settings_instance *instance,
			       bool excluded, const void **first)
{
	const struct settings_address *all =
		settings->addresses + instance->first_address;
	unsigned advertised = 0;

	while (advertised < instance->address_count &&
	       !all[advertised].excluded)
		advertised++;
	*first = excluded ? all + advertised : all;
	return excluded ? instance->address_count - advertised : advertised;
}

static unsigned list_advertised(const struct settings *settings,
				const void *instance, const void **first)
{
	return list_addresses(settings, instance, false, first);
}

static unsigned list_excluded(const struct settings *settings,
			      const void *instance, const void **first)
{
	return list_addresses(settings, instance, true, first);
}

/* None where they are the nodes' own, or there is no unicast. */
static unsigned list_unicast_addresses(const struct settings *settings,
				       const void *base, const void **first)
{
	const struct settings_instance *instance = base;

	*first = instance->unicast_addresses;
	return settings_unicast_is_own(settings, instance) ? 0 : NODES;
}

static unsigned list_source_addresses(const struct settings *settings,
				      const void *base, const void **first)
{
	const struct settings_instance *instance = base;

	(void)settings;
	*first = instance->source_addresses;
	return ip_is_none(&instance->source_addresses[0]) ? 0 : NODES;
}

static const char *const route_types[] = {"unicast", "blackhole", "unreachable",
					  "prohibit", NULL};

static const struct setting_row route_rows[] = {
	{"to", SETTING_TEXT, FIELD(settings_route, to), .required = true,
	 .says = "a network, or default",
	 MORE("A network, like {Dq 10.20.0.0/16} or {Dq 2001:db8::/32}, or {Dq "
	      "default}.")},
	{"via", SETTING_TEXT, FIELD(settings_route, via),
	 .says = "the router that it leads to", MORE("The router's address.")},
	{"dev", SETTING_INTERFACE, FIELD(settings_route, dev),
	 .says = "the interface that it leads through",
	 MORE("The interface. While it has no carrier the node cannot serve "
	      "the instance.")},
	{"source", SETTING_TEXT, FIELD(settings_route, source),
	 .says = "from which the machine's own connections start",
	 MORE("The address from which the machine's own connections by this "
	      "route start, as a virtual one.")},
	{"table", SETTING_INT, FIELD(settings_route, table), .max = INT32_MAX,
	 .says = "of the kernel; 0: main",
	 MORE("The kernel's routing table; 0 is main. 255, the table of the "
	      "kernel's own addresses, is refused.")},
	{"metric", SETTING_INT, FIELD(settings_route, metric), .max = INT32_MAX,
	 .says = "the lower is preferred; 0: the kernel's",
	 MORE("The lower one is preferred; 0 is the kernel's default.")},
	{"type", SETTING_CHOICE, FIELD(settings_route, type),
	 .choices = route_types, .says = "the others lead nowhere",
	 MORE("{Dq blackhole}, {Dq unreachable} and {Dq prohibit} lead "
	      "nowhere, and have neither `via`, `dev` nor `source`.")},
	END};

static const struct setting_row rule_rows[] = {
	{"from", SETTING_TEXT, FIELD(settings_rule, from),
	 .says = "a network that packets come from"},
	{"to", SETTING_TEXT, FIELD(settings_rule, to),
	 .says = "a network that they go to",
	 MORE("The networks that the packets come from and go to; at least one "
	      "of them.")},
	{"table", SETTING_INT, FIELD(settings_rule, table), RANGE(1, INT32_MAX),
	 .required = true, .says = "that says where to",
	 MORE("The table that decides about them.")},
	{"priority", SETTING_INT, FIELD(settings_rule, priority),
	 .value = 16384, RANGE(1, 32765),
	 .says = "the lower is asked first; 32766 is the table main",
	 MORE("The lower one is asked first.")},
	END};

static const struct setting_row garp_rows[] = {
	{"repeat", SETTING_INT, FIELD(settings_garp, repeat), .value = 5,
	 .max = 100, .says = "vip.garp_repeat of this instance",
	 MORE("As `vip.garp_repeat`.")},
	{"delay_ms", SETTING_INT, FIELD(settings_garp, delay_ms), TIME_MS(0),
	 .says = "vip.garp_delay_ms of this instance",
	 MORE("As `vip.garp_delay_ms`.")},
	{"refresh_s", SETTING_INT, FIELD(settings_garp, refresh_s), .value = 60,
	 .max = 3600, .unit = " s",
	 .says = "vip.garp_refresh_s of this instance",
	 MORE("As `vip.garp_refresh_s`.")},
	{"refresh_repeat", SETTING_INT, FIELD(settings_garp, refresh_repeat),
	 .value = 1, RANGE(1, 100),
	 .says = "vip.garp_refresh_repeat of this instance",
	 MORE("As `vip.garp_refresh_repeat`.")},
	END};

static const struct setting_row hmac_key_rows[] = {
	{"id", SETTING_INT, FIELD(settings_hmac_key, id), RANGE(1, 255),
	 .required = true, .says = "by which the other node knows it",
	 MORE("By which the router knows it.")},
	{"file", SETTING_PATH, FIELD(settings_hmac_key, file), .required = true,
	 .may_differ = true, .says = "that holds it, as keepalived's",
	 MORE("Holds the key as a file of keepalived does, in one line: {Dq "
	      "hex:} and 64 to 128 hex digits, or 32 to 64 characters that are "
	      "themselves the key. It must belong to root and have mode 0600. "
	      "It is read at start and at a reload.")},
	END};

/* In the order of enum settings_hmac_mode, settings_anti_replay. */
static const char *const hmac_modes[] = {"enforce", "permissive",
					 "receive-only", NULL};
static const char *const anti_replays[] = {"time", "monotonic", NULL};

static const struct setting_row hmac_rows[] = {
	{"keys", SETTING_GROUP,
	 IN_ARRAY(settings_hmac, first_key, key_count, hmac_keys,
		  hmac_key_count),
	 .rows = hmac_key_rows, .required = true,
	 .says = "that the other node may sign with",
	 MORE("At most four, of which the router may sign with any. To change "
	      "a key, add the new one on both nodes, then sign with it on "
	      "both, then remove the old one.")},
	{"active", SETTING_INT, FIELD(settings_hmac, active), .max = 255,
	 .says = "the id of the key that signs; 0: the first",
	 MORE("The `id` of the key that this node signs with; 0: the first.")},
	{"mode", SETTING_CHOICE, FIELD(settings_hmac, mode),
	 .choices = hmac_modes,
	 .says = "permissive and receive-only: while it is introduced",
	 MORE("{Dq enforce}: this node signs its adverts, and drops what is "
	      "not signed. The other two are for the time in which signatures "
	      "are introduced. {Dq receive-only}: it does not sign, and takes "
	      "both; a router that knows no signatures would take this node's "
	      "signed adverts for faulty, and become owner beside it. {Dq "
	      "permissive}: it signs, and takes what is not signed until the "
	      "router has signed; from then on, until that has stopped with a "
	      "signed advert of priority 0, what comes without a signature is "
	      "dropped, with the alert {Sy config-mismatch}. Take the steps "
	      "receive-only, permissive, enforce on one node after the other, "
	      "and go back the same way; a reload is enough.")},
	{"anti_replay", SETTING_CHOICE, FIELD(settings_hmac, anti_replay),
	 .choices = anti_replays,
	 .says = "monotonic: the two clocks may differ",
	 MORE("How copies of earlier adverts are told. {Dq time}: by the time "
	      "in them, for which both clocks must be right (NTP), and by "
	      "their sequence. {Dq monotonic}: by their sequence alone; what "
	      "was recorded before this node was started passes. It must be "
	      "the same on both nodes.")},
	{"window_s", SETTING_INT, FIELD(settings_hmac, window_s), .max = 300,
	 .unit = " s", .says = "by which they may; 0: three intervals, or 5",
	 MORE("With {Dq time}: so many seconds the time in an advert may be "
	      "away from this node's clock. 0: three advert intervals, and at "
	      "least 5.")},
	END};

const struct setting_row settings_instance_rows[] = {
	{"name", SETTING_NAME, FIELD(settings_instance, name), .required = true,
	 .says = "for people, logs and commands"},
	{"interface", SETTING_INTERFACE, FIELD(settings_instance, interface),
	 .required = true, .says = "where adverts are sent and heard",
	 MORE("Where adverts are sent and received. An alternative name of the "
	      "interface {Pq as set with Nm ip Cm link property} works here, "
	      "and also in `dev` and `track`. The log and {Nm twinbeat check} "
	      "say which name is the kernel's own.")},
	{"vrid", SETTING_INT, FIELD(settings_instance, vrid), RANGE(1, 255),
	 .required = true, .says = "unlike any other router's in this network",
	 MORE("The virtual router identifier. No other VRRP router in this "
	      "network may use it. IPv4 and IPv6 may use the same number.")},
	{"version", SETTING_INT, FIELD(settings_instance, version), .value = 3,
	 RANGE(2, 3), .says = "of VRRP", MORE("IPv6 needs 3.")},
	{"advert_ms", SETTING_INT, FIELD(settings_instance, advert_ms),
	 .value = 100, RANGE(10, 255000), .unit = " ms",
	 .says = "the advert interval; version 2 counts whole seconds",
	 MANUAL(.head = "10 to 255000, default 100, with version 2: 1000",
		.more = "The advert interval. Version 3: 10 to 40950 in steps "
			"of 10. Version 2: 1000 to 255000 in whole seconds.")},
	{"sign", SETTING_BOOL, FIELD(settings_instance, sign), .value = true,
	 .says = "adverts are signed; false only where others must read them",
	 MORE("Whether the adverts are signed, with a key that is derived from "
	      "`key_file`. The signature is a trailer of 28 bytes behind each "
	      "advert, in the form of keepalived 2.4's `auth_hmac`. Forged "
	      "adverts are then ignored, and the other node believes a clean "
	      "stop that it hears by VRRP alone. Set it to false if other "
	      "programs must read the adverts: a keepalived before 2.4 in the "
	      "same network finds a signed advert too long, and tshark calls "
	      "its checksum bad over IPv4.")},
	{"hmac", SETTING_GROUP, FIELD(settings_instance, hmac),
	 .rows = hmac_rows, .optional = true, .not_core = true,
	 .there_offset = offsetof(struct settings_hmac, configured),
	 .says = "how they are beside a plain VRRP router",
	 MANUAL(.more = "How adverts are signed beside a plain VRRP router "
			"(see `kind`) that does so, too: a keepalived from 2.4 "
			"on, with `auth_hmac`. Not together with `auth_pass`.",
		.after = "A daemon that is killed leaves a priority 0 that is "
			 "not signed: beside a router that enforces signatures "
			 "it is missed by its silence.")},
	{"preempt", SETTING_BOOL, FIELD(settings_instance, preempt),
	 .says = "a returning node of higher priority takes it back",
	 MORE("Whether a returning node with the higher priority takes the "
	      "instance back. If its kernel then refuses every address, the "
	      "node does not try again until its carrier was lost, it was "
	      "restarted, or a {Cm handover} has worked.")},
	{"preempt_delay_ms", SETTING_INT,
	 FIELD(settings_instance, preempt_delay_ms), TIME_MS(60000),
	 .says = "after it has been well for so long",
	 MORE("How long the returning node must have been fit before it takes "
	      "the instance back.")},
	{"sync", SETTING_NAME, FIELD(settings_instance, sync),
	 .says = "what has the same word here moves together",
	 MORE("A sync group: the instances that have the same name here move "
	      "together. A node that is unfit for one of them is unfit for "
	      "all, and hands all of them over. If each node owns some of "
	      "them, the node of lower priority hands its part over. Their "
	      "priorities, `preempt` and `preempt_delay_ms` must be equal. "
	      "Beside a plain VRRP router (see `kind`) only the first holds: "
	      "what the router does with each of them is its own affair.")},
	{"priorities", SETTING_GROUP, FIELDS(settings_instance, priority),
	 .elements = list_priorities, .rows = settings_priority_rows,
	 .by_code = true, .says = "other priorities than the nodes' own",
	 MORE("Priorities of the nodes for this instance, instead of the "
	      "nodes' own. Two instances with opposite priorities make an "
	      "active/active pair.")},
	{"auth_pass", SETTING_TEXT, FIELD(settings_instance, auth_pass),
	 .by_code = true, .not_core = true, .says = "the password of version 2",
	 MORE("The password of version 2. It is cut to eight characters, as "
	      "keepalived does. It protects nothing, because it is sent in "
	      "clear text.")},
	{"unicast", SETTING_BOOL, FIELD(settings_instance, unicast),
	 .not_core = true,
	 .says = "adverts go to the other node alone, not to the group",
	 MORE("Adverts go to the other node's address instead of the multicast "
	      "group, as where a network carries no multicast. They count only "
	      "if they come from that address, to this node's, and no router "
	      "has passed them on (TTL 255, see `unicast_min_ttl`).")},
	{"unicast_addresses", SETTING_HOST,
	 FIELDS(settings_instance, unicast_addresses),
	 .elements = list_unicast_addresses,
	 .says = "of both nodes for that, in their order; nodes[].address",
	 MORE("Of both nodes, in the order of `nodes`, for `unicast`. If it is "
	      "left out: the first of `nodes[].address` that is of the "
	      "instance's family.")},
	{"unicast_min_ttl", SETTING_INT,
	 FIELD(settings_instance, unicast_min_ttl), .value = 255, RANGE(1, 255),
	 .not_core = true,
	 .says = "less where routers are between; 64: an IPv6 keepalived",
	 MORE("Unicast adverts that arrive with a lower TTL (hop limit) count "
	      "for nothing. Each router on the way lowers it by one; twinbeat "
	      "sends with 255. A keepalived sends over IPv6 with 64 unless its "
	      "file says {Ql unicast_ttl 255}.")},
	{"source_addresses", SETTING_HOST,
	 FIELDS(settings_instance, source_addresses),
	 .elements = list_source_addresses,
	 .says = "of both nodes, from which adverts leave; nodes[].address",
	 MORE("Of both nodes, in the order of `nodes`: from which adverts to "
	      "the group leave, where an interface has several. Over IPv6 they "
	      "are link-local. If it is left out: the first of "
	      "`nodes[].address` that is on the interface, else the "
	      "interface's first.")},
	{"addresses", SETTING_GROUP, .size = sizeof(struct settings_address),
	 .most = ADDRESSES_MAX, .elements = list_advertised,
	 .rows = settings_address_rows, .required = true, .by_code = true,
	 IN(ADDRESSES), .says = "the virtual addresses"},
	{"excluded", SETTING_GROUP, .size = sizeof(struct settings_address),
	 .most = ADDRESSES_MAX, .elements = list_excluded,
	 .rows = settings_address_rows, .by_code = true, IN(ADDRESSES),
	 .says = "addresses that are held but not advertised",
	 MANUAL(.apart = true,
		.more = "Addresses that are held but not advertised, in the "
			"same form. They may be of either family. An advert "
			"can name 255 IPv4 or 89 IPv6 addresses; further ones "
			"are treated as excluded. One that is signed (see "
			"`sign`) and of version 3 names as many as the MTU of "
			"the interface has room for: it is never sent in "
			"fragments. All instances together may hold 4096 "
			"addresses.")},
	{"vmac", SETTING_BOOL,
	 .later = "neighbours learn of a new owner by gratuitous ARP and "
		  "NA, which needs none; virtual MAC addresses are",
	 .says = "the addresses move with a MAC of their own",
	 MORE("A virtual MAC address: {Em not yet}. Neighbours learn of a new "
	      "owner by gratuitous ARP and unsolicited neighbour "
	      "advertisements, sent again and again: see `garp`.")},
	{"routes", SETTING_GROUP,
	 IN_ARRAY(settings_instance, first_route, route_count, routes,
		  route_count),
	 .rows = route_rows, .says = "the owner has them beside the addresses",
	 MORE("Routes that the owner has beside the addresses: added after "
	      "them, removed with them, and put back within a second or two if "
	      "somebody deletes one or its interface was down. They bear the "
	      "protocol number 123. Where another hand has a route to the same "
	      "network in the same table and with the same metric, that one "
	      "stays and this one is not added; the log says so. A route makes "
	      "no address answer: one that cannot be added or removed is told "
	      "in the log and tried again, and holds up nothing. All instances "
	      "together may have 128.")},
	{"rules", SETTING_GROUP,
	 IN_ARRAY(settings_instance, first_rule, rule_count, rules, rule_count),
	 .rows = rule_rows, .says = "of its routing policy, likewise",
	 MORE("Rules of the routing policy, likewise. All instances together "
	      "may have 128.")},
	{"garp", SETTING_GROUP, FIELD(settings_instance, garp),
	 .rows = garp_rows, .optional = true, .not_core = true,
	 .there_offset = offsetof(struct settings_garp, configured),
	 .says = "its announcements, in place of what vip says",
	 MORE("How this instance announces its addresses, in place of what "
	      "`vip` says for all:")},
	{"track", SETTING_GROUP, .rows = track_rows,
	 .says = "what else must be well",
	 MANUAL(.after = "A node that is not fit hands over to one that is. "
			 "When both are not, the owner stays. There are no "
			 "weights.")},
	END};

const struct setting_row settings_debounce_rows[] = {
	{"interface", SETTING_INTERFACE, FIELD(settings_debounce, interface),
	 .required = true, .says = "of an instance, of dev or track",
	 MORE("One that an instance is on, or its `dev` or "
	      "`track.interfaces`.")},
	{"down_ms", SETTING_INT, FIELD(settings_debounce, down_ms), TIME_MS(0),
	 .says = "an owner without carrier for less than this keeps all",
	 MORE("An owner without carrier for less than this keeps its "
	      "addresses. It must be less than `fence.disagree_ms`, or, "
	      "without a two-way link, than two adverts: the other node would "
	      "not wait longer. A node that owns nothing is unfit at once, and "
	      "the link itself is broken at once.")},
	{"up_ms", SETTING_INT, FIELD(settings_debounce, up_ms), TIME_MS(0),
	 .says = "a carrier counts when it is back for this",
	 MORE("A carrier that was lost for `down_ms` or more counts when it is "
	      "back for this.")},
	END};
