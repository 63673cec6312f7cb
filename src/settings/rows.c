/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every key of twinbeat.conf but those of links (links.c), of the director
 * (rows_director.c) and of a driver's devices: one row each.
 * row.h says what a row is; twinbeat.conf(5) and etc/twinbeat.conf name the
 * same keys, and a test compares them.
 */
#include "links.h"
#include "row.h"
#include "rows_director.h"
#include "settings.h"

/* ---- nodes ---- */

/* RFC 9568 8.3.2: 255 is the owner's, and we own no address but as VIP. */
#define PRIORITY                                                               \
	RANGE(1, 254),                                                         \
		.refused = 255,                                                \
		.refused_says = "it means that the address is the node's own " \
				"for ever (keepalived takes such an address "  \
				"from the machine when it stops); a VIP must " \
				"be free to move: use 1 to 254"

static const char *const node_kinds[] = {"twinbeat", "vrrp", NULL};

static const struct setting_row plug_rows[] = {
	{"level", SETTING_INT, FIELD(settings_plug, level), .value = 1,
	 RANGE(1, LEVELS_MAX),
	 .says = "levels are tried in ascending order, all plugs of each"},
	{"device", SETTING_DEVICE, FIELD(settings_plug, device),
	 .required = true, .by_code = true, .says = "one of devices"},
	/* what it may be, and whether it may be left out, the driver says */
	{"plug", SETTING_TEXT, FIELD(settings_plug, plug), .by_code = true,
	 .says = "an outlet of that device, a number or a name by its driver"},
	END};

static const struct setting_row node_rows[] = {
	{"name", SETTING_NAME, FIELD(settings_node, name), .required = true,
	 .says = "the host name is a good choice"},
	{"priority", SETTING_INT, FIELD(settings_node, priority), .value = 100,
	 PRIORITY, .says = "the higher one is preferred"},
	{"address", SETTING_HOST,
	 COUNTED(settings_node, addresses, address_count), .required = true,
	 .single = true,
	 .says = "the node's own addresses on the service networks"},
	{"serial", SETTING_PATH, FIELD(settings_node, serial),
	 .may_differ = true, .says = "the port of the null-modem cable"},
	{"fence", SETTING_GROUP, COUNTED(settings_node, plugs, plug_count),
	 .rows = plug_rows, IN(DEVICES), .says = "how to cut its power"},
	{"kind", SETTING_CHOICE, FIELD(settings_node, kind),
	 .choices = node_kinds, .says = "vrrp: it is a plain VRRP router"},
	END};

/* ---- instances ---- */

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
	 .says = "an address and its prefix length"},
	{"dev", SETTING_INTERFACE, FIELD(settings_address, dev),
	 .says = "the interface that gets it; the instance's"},
	{"label", SETTING_INTERFACE, FIELD(settings_address, label),
	 .says = "begins with the name of the interface"},
	END};

const struct setting_row settings_script_rows[] = {
	{"command", SETTING_TEXT, FIELD(settings_script, command),
	 .required = true, .says = "a program and its arguments; no shell"},
	{"interval_ms", SETTING_INT, FIELD(settings_script, interval_ms),
	 .value = 1000, RANGE(100, HOUR_MS), .unit = " ms",
	 .says = "how often it is run"},
	{"timeout_ms", SETTING_INT, FIELD(settings_script, timeout_ms),
	 .value = 500, RANGE(10, HOUR_MS), .unit = " ms",
	 .says = "then it is killed with all that it has started"},
	{"fall", SETTING_INT, FIELD(settings_script, fall), .value = 3,
	 RANGE(1, 1000), .says = "failures in a row until unfit"},
	{"rise", SETTING_INT, FIELD(settings_script, rise), .value = 2,
	 RANGE(1, 1000), .says = "successes in a row until fit again"},
	{"user", SETTING_NAME, FIELD(settings_script, user),
	 .says = "who runs it; the daemon's user, else nobody"},
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
	 .says = "the node is fit only while these have a carrier"},
	{"witnesses", SETTING_HOST,
	 COUNTED(settings_instance, witnesses, witness_count),
	 .says = "one of them must answer to a ping"},
	{"scripts", SETTING_GROUP, .size = sizeof(struct settings_script),
	 .most = SCRIPTS_MAX, .elements = list_scripts,
	 .rows = settings_script_rows, .by_code = true,
	 .says = "programs that must exit with 0"},
	{"processes", SETTING_NAME,
	 COUNTED(settings_instance, processes, process_count),
	 .says = "one of each of these names must run"},
	{"file", SETTING_PATH,
	 COUNTED(settings_instance, track_files, track_file_count),
	 .single = true, .says = "it must be there and say 0"},
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
	 .says = "a network, or default"},
	{"via", SETTING_TEXT, FIELD(settings_route, via),
	 .says = "the router that it leads to"},
	{"dev", SETTING_INTERFACE, FIELD(settings_route, dev),
	 .says = "the interface that it leads through"},
	{"source", SETTING_TEXT, FIELD(settings_route, source),
	 .says = "from which the machine's own connections start"},
	{"table", SETTING_INT, FIELD(settings_route, table), .max = INT32_MAX,
	 .says = "of the kernel; 0: main"},
	{"metric", SETTING_INT, FIELD(settings_route, metric), .max = INT32_MAX,
	 .says = "the lower is preferred; 0: the kernel's"},
	{"type", SETTING_CHOICE, FIELD(settings_route, type),
	 .choices = route_types, .says = "the others lead nowhere"},
	END};

static const struct setting_row rule_rows[] = {
	{"from", SETTING_TEXT, FIELD(settings_rule, from),
	 .says = "a network that packets come from"},
	{"to", SETTING_TEXT, FIELD(settings_rule, to),
	 .says = "a network that they go to"},
	{"table", SETTING_INT, FIELD(settings_rule, table), RANGE(1, INT32_MAX),
	 .required = true, .says = "that says where to"},
	{"priority", SETTING_INT, FIELD(settings_rule, priority),
	 .value = 16384, RANGE(1, 32765),
	 .says = "the lower is asked first; 32766 is the table main"},
	END};

static const struct setting_row garp_rows[] = {
	{"repeat", SETTING_INT, FIELD(settings_garp, repeat), .value = 5,
	 .max = 100, .says = "vip.garp_repeat of this instance"},
	{"delay_ms", SETTING_INT, FIELD(settings_garp, delay_ms), TIME_MS(0),
	 .says = "vip.garp_delay_ms of this instance"},
	{"refresh_s", SETTING_INT, FIELD(settings_garp, refresh_s), .value = 60,
	 .max = 3600, .unit = " s",
	 .says = "vip.garp_refresh_s of this instance"},
	{"refresh_repeat", SETTING_INT, FIELD(settings_garp, refresh_repeat),
	 .value = 1, RANGE(1, 100),
	 .says = "vip.garp_refresh_repeat of this instance"},
	END};

static const struct setting_row hmac_key_rows[] = {
	{"id", SETTING_INT, FIELD(settings_hmac_key, id), RANGE(1, 255),
	 .required = true, .says = "by which the other node knows it"},
	{"file", SETTING_PATH, FIELD(settings_hmac_key, file), .required = true,
	 .may_differ = true, .says = "that holds it, as keepalived's"},
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
	 .says = "that the other node may sign with"},
	{"active", SETTING_INT, FIELD(settings_hmac, active), .max = 255,
	 .says = "the id of the key that signs; 0: the first"},
	{"mode", SETTING_CHOICE, FIELD(settings_hmac, mode),
	 .choices = hmac_modes,
	 .says = "permissive and receive-only: while it is introduced"},
	{"anti_replay", SETTING_CHOICE, FIELD(settings_hmac, anti_replay),
	 .choices = anti_replays,
	 .says = "monotonic: the two clocks may differ"},
	{"window_s", SETTING_INT, FIELD(settings_hmac, window_s), .max = 300,
	 .unit = " s", .says = "by which they may; 0: three intervals, or 5"},
	END};

static const struct setting_row instance_rows[] = {
	{"name", SETTING_NAME, FIELD(settings_instance, name), .required = true,
	 .says = "for people, logs and commands"},
	{"interface", SETTING_INTERFACE, FIELD(settings_instance, interface),
	 .required = true, .says = "where adverts are sent and heard"},
	{"vrid", SETTING_INT, FIELD(settings_instance, vrid), RANGE(1, 255),
	 .required = true, .says = "unlike any other router's in this network"},
	{"version", SETTING_INT, FIELD(settings_instance, version), .value = 3,
	 RANGE(2, 3), .says = "of VRRP"},
	{"advert_ms", SETTING_INT, FIELD(settings_instance, advert_ms),
	 .value = 100, RANGE(10, 255000), .unit = " ms",
	 .says = "the advert interval; version 2 counts whole seconds"},
	{"sign", SETTING_BOOL, FIELD(settings_instance, sign), .value = true,
	 .says = "adverts are signed; false only where others must read them"},
	{"hmac", SETTING_GROUP, FIELD(settings_instance, hmac),
	 .rows = hmac_rows, .optional = true,
	 .there_offset = offsetof(struct settings_hmac, configured),
	 .says = "how they are beside a plain VRRP router"},
	{"preempt", SETTING_BOOL, FIELD(settings_instance, preempt),
	 .says = "a returning node of higher priority takes it back"},
	{"preempt_delay_ms", SETTING_INT,
	 FIELD(settings_instance, preempt_delay_ms), TIME_MS(60000),
	 .says = "after it has been well for so long"},
	{"sync", SETTING_NAME, FIELD(settings_instance, sync),
	 .says = "what has the same word here moves together"},
	{"priorities", SETTING_GROUP, FIELDS(settings_instance, priority),
	 .elements = list_priorities, .rows = settings_priority_rows,
	 .by_code = true, .says = "other priorities than the nodes' own"},
	{"auth_pass", SETTING_TEXT, FIELD(settings_instance, auth_pass),
	 .by_code = true, .says = "the password of version 2"},
	{"unicast", SETTING_BOOL, FIELD(settings_instance, unicast),
	 .says = "adverts go to the other node alone, not to the group"},
	{"unicast_addresses", SETTING_HOST,
	 FIELDS(settings_instance, unicast_addresses),
	 .elements = list_unicast_addresses,
	 .says = "of both nodes for that, in their order; nodes[].address"},
	{"unicast_min_ttl", SETTING_INT,
	 FIELD(settings_instance, unicast_min_ttl), .value = 255, RANGE(1, 255),
	 .says = "less where routers are between; 64: an IPv6 keepalived"},
	{"source_addresses", SETTING_HOST,
	 FIELDS(settings_instance, source_addresses),
	 .elements = list_source_addresses,
	 .says = "of both nodes, from which adverts leave; nodes[].address"},
	{"addresses", SETTING_GROUP, .size = sizeof(struct settings_address),
	 .most = ADDRESSES_MAX, .elements = list_advertised,
	 .rows = settings_address_rows, .required = true, .by_code = true,
	 IN(ADDRESSES), .says = "the virtual addresses"},
	{"excluded", SETTING_GROUP, .size = sizeof(struct settings_address),
	 .most = ADDRESSES_MAX, .elements = list_excluded,
	 .rows = settings_address_rows, .by_code = true, IN(ADDRESSES),
	 .says = "addresses that are held but not advertised"},
	{"vmac", SETTING_BOOL, .later = "virtual MAC addresses are",
	 .says = "the addresses move with a MAC of their own"},
	{"routes", SETTING_GROUP,
	 IN_ARRAY(settings_instance, first_route, route_count, routes,
		  route_count),
	 .rows = route_rows, .says = "the owner has them beside the addresses"},
	{"rules", SETTING_GROUP,
	 IN_ARRAY(settings_instance, first_rule, rule_count, rules, rule_count),
	 .rows = rule_rows, .says = "of its routing policy, likewise"},
	{"garp", SETTING_GROUP, FIELD(settings_instance, garp),
	 .rows = garp_rows, .optional = true,
	 .there_offset = offsetof(struct settings_garp, configured),
	 .says = "its announcements, in place of what vip says"},
	{"track", SETTING_GROUP, .rows = track_rows,
	 .says = "what else must be well"},
	END};

static const struct setting_row debounce_rows[] = {
	{"interface", SETTING_INTERFACE, FIELD(settings_debounce, interface),
	 .required = true, .says = "of an instance, of dev or track"},
	{"down_ms", SETTING_INT, FIELD(settings_debounce, down_ms), TIME_MS(0),
	 .says = "an owner without carrier for less than this keeps all"},
	{"up_ms", SETTING_INT, FIELD(settings_debounce, up_ms), TIME_MS(0),
	 .says = "a carrier counts when it is back for this"},
	END};

/* ---- devices ---- */

const struct setting_row settings_device_rows[] = {
	{"name", SETTING_NAME, FIELD(settings_device, name), .required = true,
	 .says = "what nodes[].fence calls it"},
	{"driver", SETTING_TEXT, FIELD(settings_device, driver),
	 .text = "modbus", .by_code = true, .says = "what speaks to it"},
	END};

/* ---- fence ---- */

static const char *const actions[] = {"off", "reboot", NULL};
/* In the order of enum settings_policy. */
static const char *const on_disagreement[] = {"fence", "yield", "hold", "",
					      "",      "ask",	NULL};
static const char *const on_failure[] = {"",	     "",    "hold", "",
					 "takeover", "ask", NULL};
static const char *const on_startup[] = {"fence", "",	 "",  "wait",
					 "",	  "ask", NULL};
static const char *const on_no_answer[] = {"fence", "", "hold", "", NULL};

static const struct setting_row fence_rows[] = {
	{"required", SETTING_BOOL, FIELD(settings_fence, required),
	 .value = true,
	 .says = "false: silence is enough to take the addresses"},
	{"action", SETTING_CHOICE, FIELD(settings_fence, action),
	 .choices = actions, .says = "reboot switches it on again"},
	{"on_disagreement", SETTING_CHOICE,
	 FIELD(settings_fence, on_disagreement), .choices = on_disagreement,
	 .says = "when the cable says owner and Ethernet is silent"},
	{"on_failure", SETTING_CHOICE, FIELD(settings_fence, on_failure),
	 .value = POLICY_HOLD, .choices = on_failure,
	 .says = "when no level of the fence worked"},
	{"on_startup_silence", SETTING_CHOICE,
	 FIELD(settings_fence, on_startup_silence), .choices = on_startup,
	 .says = "when a starting node hears nothing"},
	{"on_no_answer", SETTING_CHOICE, FIELD(settings_fence, on_no_answer),
	 .value = POLICY_HOLD, .choices = on_no_answer,
	 .says = "when a person was asked and ask_ms is over"},
	{"ask_ms", SETTING_INT, FIELD(settings_fence, ask_ms), .min = 10000,
	 .max = 3600000, .value = 300000,
	 .says = "so long an answer is waited for"},
	{"accept_split_brain", SETTING_BOOL,
	 FIELD(settings_fence, accept_split_brain),
	 .says = "confesses that two owners are possible"},
	{"defend", SETTING_BOOL, FIELD(settings_fence, defend),
	 .says = "an owner that lost every link cuts the other at once"},
	{"delay_ms", SETTING_INT, FIELD(settings_fence, delay_ms), TIME_MS(0),
	 .says = "wait before cutting an owner that fell silent"},
	{"tie_ms", SETTING_INT, FIELD(settings_fence, tie_ms), TIME_MS(3000),
	 .says = "when both may shoot, the second waits longer by this"},
	{"disagree_ms", SETTING_INT, FIELD(settings_fence, disagree_ms),
	 TIME_MS(5000), .says = "how long links may disagree"},
	{"disagree_probe", SETTING_BOOL, FIELD(settings_fence, disagree_probe),
	 .value = true, .says = "never a peer that answers ARP, nor deaf"},
	{"lone_link_ms", SETTING_INT, FIELD(settings_fence, lone_link_ms),
	 TIME_MS(3000), .says = "extra wait when one link alone fell silent"},
	{"yield_ms", SETTING_INT, FIELD(settings_fence, yield_ms), TIME_MS(500),
	 .says = "how long to wait for a release"},
	{"off_ms", SETTING_INT, FIELD(settings_fence, off_ms), TIME_MS(10000),
	 .says = "how long a reboot stays off"},
	{"timeout_ms", SETTING_INT, FIELD(settings_fence, timeout_ms),
	 .value = 20000, RANGE(1, HOUR_MS), .unit = " ms",
	 .says = "a fence attempt is killed after this"},
	{"monitor_s", SETTING_INT, FIELD(settings_fence, monitor_s),
	 .value = 60, RANGE(1, 3600), .unit = " s",
	 .says = "how often every plug is read"},
	/* core.h remembers CORE_FENCES_MAX = 16 of them. */
	{"max_per_window", SETTING_INT, FIELD(settings_fence, max_per_window),
	 .value = 3, .max = 16, .says = "more automatic fences hold; 0: never"},
	{"window_s", SETTING_INT, FIELD(settings_fence, window_s), .value = 600,
	 RANGE(1, 86400), .unit = " s",
	 .says = "the time in which they are counted"},
	END};

/* ---- the rest ---- */

static const struct setting_row vip_rows[] = {
	{"lease_s", SETTING_INT, FIELD(settings, lease_s), .value = 3,
	 .max = 3600, .unit = " s",
	 .says = "an address of a dead daemon is gone after this; 0: without"},
	{"garp_repeat", SETTING_INT, FIELD(settings, garp.repeat), .value = 5,
	 .max = 100, .says = "gratuitous ARP after a takeover"},
	{"garp_delay_ms", SETTING_INT, FIELD(settings, garp.delay_ms),
	 TIME_MS(0), .says = "then as many again after this; 0: not"},
	{"garp_refresh_s", SETTING_INT, FIELD(settings, garp.refresh_s),
	 .value = 60, .max = 3600, .unit = " s",
	 .says = "and again this often; 0: never"},
	{"garp_refresh_repeat", SETTING_INT,
	 FIELD(settings, garp.refresh_repeat), .value = 1, RANGE(1, 100),
	 .says = "so many each time"},
	END};

static const struct setting_row watchdog_rows[] = {
	{"device", SETTING_PATH, FIELD(settings, watchdog.device),
	 .says = "such as /dev/watchdog; \"\": none"},
	{"timeout_s", SETTING_INT, FIELD(settings, watchdog.timeout_s),
	 .value = 5, RANGE(1, 3600), .unit = " s",
	 .says = "the machine is reset when twinbeatd stood still for so long"},
	END};

static const char *const notify_on[] = {"MASTER", "BACKUP", "FAULT",
					"alert",  "fence",  NULL};
static const char *const notify_arguments[] = {"none", "keepalived", NULL};

static const struct setting_row notify_rows[] = {
	{"on", SETTING_FLAGS, FIELD(settings_notify, on), .value = NOTIFY_ALL,
	 .choices = notify_on, .says = "of which events it is told"},
	{"instance", SETTING_NAME, FIELD(settings_notify, instance),
	 .says = "only of the states of this one"},
	{"command", SETTING_TEXT, FIELD(settings_notify, command),
	 .says = "a program that is run, with its arguments"},
	{"arguments", SETTING_CHOICE, FIELD(settings_notify, arguments),
	 .choices = notify_arguments,
	 .says = "keepalived: INSTANCE, its name, its state, its priority"},
	{"timeout_ms", SETTING_INT, FIELD(settings_notify, timeout_ms),
	 .value = 10000, RANGE(1, HOUR_MS), .unit = " ms",
	 .says = "the program is killed after this"},
	{"fifo", SETTING_PATH, FIELD(settings_notify, fifo),
	 .says = "a named pipe that gets a line for each event"},
	{"journal", SETTING_BOOL, FIELD(settings_notify, journal),
	 .says = "systemd's journal gets it with fields"},
	{"mail", SETTING_BOOL, FIELD(settings_notify, mail),
	 .says = "it goes to mail.to"},
	{"webhook", SETTING_TEXT, FIELD(settings_notify, webhook),
	 .says = "a URL to which the event is posted"},
	{"key_file", SETTING_PATH, FIELD(settings_notify, key_file),
	 .says = "the secret that signs what is posted"},
	{"ca_file", SETTING_PATH, FIELD(settings_notify, ca_file),
	 .says = "who may have signed the web server's certificate"},
	END};

static const char *const mail_tls[] = {"starttls", "tls", "none", NULL};

static const struct setting_row mail_rows[] = {
	{"server", SETTING_TEXT, FIELD(settings_mail, server), .required = true,
	 .says = "the name or address of the mail server"},
	{"port", SETTING_INT, FIELD(settings_mail, port), .max = 65535,
	 .says = "0: 587 for starttls, 465 for tls, 25 for none"},
	{"tls", SETTING_CHOICE, FIELD(settings_mail, tls), .choices = mail_tls,
	 .says = "how the way there is protected"},
	{"ca_file", SETTING_PATH, FIELD(settings_mail, ca_file),
	 .says = "who may have signed its certificate; the system's list"},
	{"user", SETTING_TEXT, FIELD(settings_mail, user),
	 .says = "for the login"},
	{"password_file", SETTING_PATH, FIELD(settings_mail, password_file),
	 .says = "one line, mode 0600"},
	{"from", SETTING_TEXT, FIELD(settings_mail, from),
	 .says = "the sender; twinbeat@NODE"},
	{"to", SETTING_TEXT, COUNTED(settings_mail, to, to_count),
	 .required = true, .single = true,
	 .says = "who gets it, each a mail of its own"},
	{"connect_ms", SETTING_INT, FIELD(settings_mail, connect_ms),
	 .value = 10000, RANGE(100, HOUR_MS), .unit = " ms",
	 .says = "how long the server may take to answer the call"},
	{"gather_ms", SETTING_INT, FIELD(settings_mail, gather_ms),
	 TIME_MS(2000), .says = "what follows within this is in one mail"},
	{"interval_s", SETTING_INT, FIELD(settings_mail, interval_s),
	 .value = 60, .max = 3600, .unit = " s",
	 .says = "no second mail before; what happens goes into one"},
	END};

const struct setting_row settings_rows[] = {
	{"pair", SETTING_NAME, FIELD(settings, pair), .required = true,
	 IN(NODES), .says = "the name of the pair"},
	{"key_file", SETTING_PATH, FIELD(settings, key_file),
	 .text = "/etc/twinbeat/key", .may_differ = true,
	 .says = "the secret that signs what the nodes tell each other"},
	{"nodes", SETTING_GROUP, FIELDS(settings, nodes), .rows = node_rows,
	 .required = true, IN(NODES), .says = "the two nodes"},
	{"links", SETTING_GROUP, .rows = settings_links_rows, IN(LINKS),
	 .says = "how they hear each other beside VRRP"},
	{"instances", SETTING_GROUP,
	 COUNTED(settings, instances, instance_count), .rows = instance_rows,
	 .required = true, IN(INSTANCES), .says = "one VRRP router each"},
	{"debounce", SETTING_GROUP, COUNTED(settings, debounce, debounce_count),
	 .rows = debounce_rows, IN(INSTANCES),
	 .says = "interfaces whose carrier comes and goes"},
	{"devices", SETTING_GROUP, COUNTED(settings, devices, device_count),
	 .rows = settings_device_rows, .by_code = true, IN(DEVICES),
	 .says = "the switches that cut power"},
	{"fence", SETTING_GROUP, FIELD(settings, fence), .rows = fence_rows,
	 IN(FENCE), .says = "when and how the peer's power is cut"},
	{"startup_ms", SETTING_INT, FIELD(settings, startup_ms), TIME_MS(60000),
	 IN(FENCE), .says = "a starting node listens so long"},
	{"unclean_startup_ms", SETTING_INT, FIELD(settings, unclean_startup_ms),
	 TIME_MS(300000), IN(FENCE),
	 .says = "the same after an end that was not clean"},
	{"vip", SETTING_GROUP, .rows = vip_rows, IN(ADDRESSES),
	 .says = "the addresses in the kernel"},
	{"realtime", SETTING_BOOL, FIELD(settings, realtime), .value = true,
	 .may_differ = true, .says = "real-time scheduling, locked memory"},
	{"user", SETTING_NAME, FIELD(settings, user), .text = "twinbeat",
	 .may_differ = true, .says = "the account to run as"},
	{"take_push", SETTING_BOOL, FIELD(settings, take_push), .value = true,
	 .may_differ = true,
	 .says = "what the other node pushes becomes this node's file"},
	{"notify", SETTING_GROUP, COUNTED(settings, notify, notify_count),
	 .rows = notify_rows, .short_key = "command", .may_differ = true,
	 .says = "who is told of changes; a path: a program that is run"},
	{"mail", SETTING_GROUP, FIELD(settings, mail), .rows = mail_rows,
	 .optional = true, .may_differ = true,
	 .there_offset = offsetof(struct settings_mail, configured),
	 .says = "how mail goes out"},
	{"director", SETTING_GROUP, FIELD(settings, director),
	 .rows = settings_director_rows, .optional = true,
	 .there_offset = offsetof(struct settings_director, configured),
	 IN(DIRECTOR), .says = "LVS: virtual services and real servers"},
	{"watchdog", SETTING_GROUP, .rows = watchdog_rows, .may_differ = true,
	 .says = "resets a machine whose daemon stands still"},
	END};
