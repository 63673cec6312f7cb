/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is not an instance's, and all directives with one fixed answer. */
#include <string.h>

#include "../../wire/vrrp.h"
#include "model.h"

#define SERIAL_DEAD_MS 400  /* the default of links.serial */
#define FENCE_MS       2050 /* a Modbus switch at its default times */
#define TIE_DEFAULT_MS 3000
#define ONE_SECOND_MS  1000

/* ---- fence.tie_ms ---- */

/* R5: more than what the dead times differ by and a fence takes. */
static void write_fence(struct import *import)
{
	int64_t least_ms = SERIAL_DEAD_MS, most_ms = SERIAL_DEAD_MS, tie_ms;
	struct doc *fence;

	for (unsigned n = 0; n < import->node_count; n++)
		for (unsigned i = 0; i < import->models[n].instance_count;
		     i++) {
			struct instance *at = &import->models[n].instances[i];
			int64_t dead_ms =
				vrrp_master_down_us(
					(uint8_t)at->version,
					(uint8_t)(import->node_count == 1
							  ? 1
							  : at->priority),
					import->models[0].instances[0]
								.advert_ms >
							at->advert_ms
						? import->models[0]
							  .instances[0]
							  .advert_ms
						: at->advert_ms) /
				ONE_SECOND_MS;

			most_ms = dead_ms > most_ms ? dead_ms : most_ms;
			least_ms = dead_ms < least_ms ? dead_ms : least_ms;
		}
	tie_ms = (most_ms - least_ms + FENCE_MS) / ONE_SECOND_MS *
			 ONE_SECOND_MS +
		 ONE_SECOND_MS;
	if (tie_ms <= TIE_DEFAULT_MS)
		return;
	fence = doc_group(import->root, "fence");
	fence->blank = true;
	doc_comment(fence, "Longer than the dead times differ by and a power "
			   "switch takes; `twinbeat check` says if yours takes "
			   "longer.");
	doc_value(fence, "tie_ms", "%lld", (long long)tie_ms);
}

/* ---- directives with one answer ---- */

struct answer {
	const char *name;
	enum outcome outcome;
	bool serious;
	const char *why;
};

static const char garp_pace[] = "twinbeat paces its announcements by itself";
static const char contention[] =
	"twinbeat settles two owners at once by R7: priority, then address";
static const char firewall[] = "twinbeat writes no firewall rules";
static const char snmp[] =
	"twinbeat-snmp(8) has VRRPV3-MIB (RFC 6527) in its place";
static const char monitoring[] =
	"twinbeat has status --json and history in its place";
static const char strict[] =
	"with it keepalived ignored the password, and nftables dropped all "
	"that is sent to the virtual addresses: they answered nobody, no ping "
	"and no service. Here they will answer";
static const char not_moving[] =
	"these were on both nodes at all times: they belong in the network "
	"settings of each";
static const char bfd[] =
	"twinbeat has no BFD: links.udp tells of the peer as fast, "
	"track.witnesses of a gateway";
static const char sources[] =
	"twinbeat takes adverts from the peer's own addresses only";
static const char owner[] =
	"twinbeat has no owner of addresses, priority 255: two owners are "
	"settled by R7";
static const char checksum[] =
	"twinbeat takes the checksum of version 3 with and without the pseudo "
	"header, and sends it with (RFC 9568 5.2.8)";
static const char priorities[] =
	"priorities do not change in twinbeat: a node is fit or unfit, and "
	"notify tells of FAULT";
static const char down_timer[] =
	"a peer is silent after three adverts (RFC 9568 6.1); links.serial and "
	"links.udp have dead_ms for it";
static const char group4[] =
	"twinbeat sends to 224.0.0.18 only: what filters on this group must "
	"know";
static const char vmac[] =
	"twinbeat has no virtual MAC: neighbours learn of a new owner by "
	"gratuitous ARP and NA";
static const char units[] = "ExecStartPre= and ExecStopPost= of "
			    "twinbeat.service do this (systemctl "
			    "edit twinbeat)";
static const char namespaces[] =
	"NetworkNamespacePath= of twinbeat.service does this (systemctl edit "
	"twinbeat)";
static const char carrier[] =
	"the kernel tells twinbeat of each carrier that comes and goes";
static const char reloads[] =
	"twinbeat reload checks a file before it takes it; a timer that runs "
	"it at some time is yours to set";
static const char tables[] =
	"twinbeat-director changes what is its own in the kernel's table, and "
	"names the rest (director-foreign)";
static const char service_fifo[] =
	"notify = ( { on = ( \"server-up\", \"server-down\" ); fifo = ... } ) "
	"does this, with lines of its own";
static const char mail_unsent[] =
	"there is no smtp_alert: keepalived never sent a mail for this";

static const struct answer answers[] = {
	{"vrrp_garp_lower_prio_delay", NOTED, false, contention},
	{"vrrp_garp_lower_prio_repeat", NOTED, false, contention},
	{"garp_lower_prio_delay", NOTED, false, contention},
	{"garp_lower_prio_repeat", NOTED, false, contention},
	{"vrrp_lower_prio_no_advert", NOTED, false, contention},
	{"vrrp_higher_prio_send_advert", NOTED, false, contention},
	{"lower_prio_no_advert", NOTED, false, contention},
	{"higher_prio_send_advert", NOTED, false, contention},
	{"vrrp_garp_interval", NOTED, false, garp_pace},
	{"vrrp_gna_interval", NOTED, false, garp_pace},
	{"vrrp_min_garp", NOTED, false, garp_pace},
	{"vrrp_garp_extra_if", NOTED, false, garp_pace},
	{"garp_group", NOTED, false, garp_pace},
	{"max_auto_priority", NOTED, false,
	 "realtime = true is the default here"},
	{"min_auto_priority_delay", NOTED, false,
	 "realtime = true is the default here"},
	{"vrrp_no_swap", NOTED, false, "twinbeat locks its memory always"},
	{"checker_no_swap", NOTED, false, "twinbeat locks its memory always"},
	{"vrrp_rt_priority", NOTED, false,
	 "realtime = true is the default here"},
	{"vrrp_priority", NOTED, false, "realtime = true is the default here"},
	{"vrrp_skip_check_adv_addr", NOTED, false,
	 "twinbeat compares the addresses of each advert"},
	{"skip_check_adv_addr", NOTED, false,
	 "twinbeat compares the addresses of each advert"},
	{"vrrp_strict", LOST, true, strict},
	{"strict_mode", LOST, true, strict},
	{"no_accept", LOST, true,
	 "twinbeat's owner answers on its virtual addresses; keepalived "
	 "dropped all that was sent to them"},
	{"accept", QUIET, false, NULL},
	{"debug", QUIET, false, NULL},
	{"vrrp_iptables", LOST, false, firewall},
	{"vrrp_ipsets", LOST, false, firewall},
	{"nftables", LOST, false, firewall},
	{"nftables_priority", LOST, false, firewall},
	{"nftables_counters", LOST, false, firewall},
	{"nftables_ifindex", LOST, false, firewall},
	{"enable_snmp_vrrp", LOST, false, snmp},
	{"enable_snmp_keepalived", LOST, false, monitoring},
	{"enable_snmp_checker", LOST, false, monitoring},
	{"enable_snmp_rfc", LOST, false, snmp},
	{"enable_snmp_rfcv2", LOST, false, snmp},
	{"enable_snmp_rfcv3", LOST, false, snmp},
	{"enable_traps", LOST, false, snmp},
	{"enable_dbus", LOST, false, monitoring},
	{"enable_script_security", NOTED, false,
	 "twinbeat's scripts run without root's rights by themselves"},
	{"script_user", NOTED, false,
	 "keepalived ran scripts as this user; look at twinbeat.conf(5) for "
	 "the one that twinbeat runs them as"},
	{"dont_track_primary", LOST, true,
	 "the instance's own interface always counts in twinbeat: on "
	 "keepalived the address stayed on a dead link"},
	{"vrrp_mcast_group4", LOST, true,
	 "twinbeat sends to 224.0.0.18 only: what filters on this group must "
	 "know"},
	{"vrrp_mcast_group6", LOST, true,
	 "twinbeat sends to ff02::12 only: what filters on this group must "
	 "know"},
	{"omega", LOST, false,
	 "twinbeat has no hook for a director that stops"},
	{"track_src_ip", NOTED, false,
	 "a node whose own address is gone is not fit in twinbeat (R3)"},
	{"notification_email", IGNORED, false, mail_unsent},
	{"notification_email_from", IGNORED, false, mail_unsent},
	{"smtp_server", IGNORED, false, mail_unsent},
	{"smtp_connect_timeout", IGNORED, false, mail_unsent},
	{"smtp_helo_name", IGNORED, false, mail_unsent},
	{"smtp_alert", QUIET, false, NULL},
	{"no_checker_emails", NOTED, false,
	 "twinbeat sends a mail of a server that changes, and of no single "
	 "check"},
	{"vrrp_startup_delay", NOTED, false,
	 "twinbeat listens for startup_ms before it judges silence (R8)"},
	{"static_ipaddress", LOST, false, not_moving},
	{"static_routes", LOST, false, not_moving},
	{"static_rules", LOST, false, not_moving},
	{"bfd_instance", LOST, false, bfd},
	{"track_bfd", LOST, false, bfd},
	{"process_names", QUIET, false, NULL},
	{"sync_group_tracking_weight", QUIET, false, NULL},
	{"global_tracking", QUIET, false, NULL},
	{"vrrp_check_unicast_src", NOTED, false, sources},
	{"check_unicast_src", NOTED, false, sources},
	{"dynamic_interfaces", NOTED, false,
	 "an interface that is not there makes the node unfit, and counts once "
	 "it comes"},
	{"promote_secondaries", NOTED, false, "twinbeat sees to it by itself"},
	{"owner_ignore_adverts", NOTED, false, owner},
	{"vrrp_owner_ignore_adverts", NOTED, false, owner},
	{"v3_checksum_as_v2", NOTED, false, checksum},
	{"old_unicast_checksum", NOTED, false, checksum},
	{"log_unknown_vrids", NOTED, false,
	 "alert foreign-vrrp names who sends"},
	{"vrrp_notify_priority_changes", NOTED, false, priorities},
	{"notify_priority_changes", NOTED, false, priorities},
	{"unicast_fault_no_peer", NOTED, false,
	 "twinbeat's peer is known: the other node"},
	{"no_virtual_ipaddress", QUIET, false, NULL},
	{"down_timer_adverts", LOST, true, down_timer},
	{"vrrp_down_timer_adverts", LOST, true, down_timer},
	{"mcast_dst_ip", LOST, true, group4},
	{"use_ipvlan", LOST, true, vmac},
	{"use_vmac_addr", LOST, true, vmac},
	{"vmac_prefix", NOTED, false, vmac},
	{"vmac_addr_prefix", NOTED, false, vmac},
	{"vmac_garp_intvl", NOTED, false, vmac},
	{"vrrp_vmac_garp_intvl", NOTED, false, vmac},
	{"garp_extra_if", NOTED, false, garp_pace},
	{"vrf", LOST, true, "twinbeat knows no VRF: routes can name its table"},
	{"notify_master_rx_lower_pri", LOST, false,
	 "on = ( \"alert\" ) is told of split-brain and foreign-vrrp"},
	{"notify_deleted", LOST, false,
	 "an instance that a reload removes is told as released, not as "
	 "DELETED"},
	{"startup_script", LOST, false, units},
	{"startup_script_timeout", LOST, false, units},
	{"shutdown_script", LOST, false, units},
	{"shutdown_script_timeout", LOST, false, units},
	{"net_namespace", LOST, true, namespaces},
	{"net_namespace_ipvs", LOST, true, namespaces},
	{"namespace_with_ipsets", LOST, false, firewall},
	{"nftables_ipvs", LOST, false, firewall},
	{"nftables_ipvs_priority", LOST, false, firewall},
	{"nftables_ipvs_start_fwmark", LOST, false, firewall},
	{"linkbeat_use_polling", NOTED, false, carrier},
	{"linkbeat_interfaces", NOTED, false, carrier},
	{"reload_check_config", NOTED, false, reloads},
	{"reload_time_file", LOST, false, reloads},
	{"reload_repeat", LOST, false, reloads},
	{"reload_file", LOST, false, reloads},
	{"include_check", NOTED, false,
	 "twinbeat check names an @include that is not there"},
	{"lvs_flush", NOTED, false, tables},
	{"lvs_flush_on_stop", NOTED, false, tables},
	{"lvs_flush_onstop", NOTED, false, tables},
	{"lvs_notify_fifo", LOST, false, service_fifo},
	{"lvs_notify_fifo_script", LOST, false, service_fifo},
	{"rs_init_notifies", NOTED, false,
	 "at a start twinbeat tells of whoever is down, and not of whoever is "
	 "up"},
	{"checker_log_all_failures", NOTED, false,
	 "the log has what changes; twinbeat director list has the last answer "
	 "of each"},
	{"ha_suspend", NOTED, false,
	 "both nodes check, and so the standby knows the servers when it takes "
	 "over"},
	{"sorry_server_inhibit", LOST, false,
	 "on_down is for the servers; the fallback is in the table while it is "
	 "needed"},
	{"snmp_name", NOTED, false, "name is for people, logs and metrics"},
	{"hashed", NOTED, false, "the kernel sets this flag itself"},
	{"ip_family", NOTED, false,
	 "a service by fwmark has the family of its servers"},
	{"tls_compliant", LOST, false,
	 "how a connection by TLS ends is not looked at"},
	{"SSL", LOST, false,
	 "a certificate for checks has no setting here: tls = { ca_file } "
	 "verifies the servers'"},
	/* 2.2.7: of no instance, each must name its own */
	{"default_interface", QUIET, false, NULL},
};

/* Names that belong together by their beginning or end. */
static const struct answer groups[] = {
	{"_rcv_bufs", NOTED, false, "twinbeat sets the size of its buffers"},
	{"_rcv_bufs_force", NOTED, false,
	 "twinbeat sets the size of its buffers"},
	{"_rx_bufs_policy", NOTED, false,
	 "twinbeat sets the size of its buffers"},
	{"_rx_bufs_multiplier", NOTED, false,
	 "twinbeat sets the size of its buffers"},
	{"_rx_buf_size", NOTED, false, "twinbeat sets the size of its buffers"},
	{"_cpu_affinity", NOTED, false,
	 "CPUAffinity= of twinbeat.service does this"},
	{"_rlimit_rtime", NOTED, false, "realtime = true is the default here"},
	{"_rlimit_rttime", NOTED, false, "realtime = true is the default here"},
	{"_rt_priority", NOTED, false, "realtime = true is the default here"},
	{"_priority", NOTED, false, "realtime = true is the default here"},
	{"_no_swap", NOTED, false, "twinbeat locks its memory always"},
	{"_process_name", NOTED, false, "twinbeat's programs have names"},
};

static bool ends_with(const char *text, const char *end)
{
	size_t size = strlen(text), length = strlen(end);

	return size >= length && strcmp(text + size - length, end) == 0;
}

static const struct answer *find_answer(const char *name)
{
	for (unsigned i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		if (strcmp(answers[i].name, name) == 0)
			return &answers[i];
	for (unsigned i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (ends_with(name, groups[i].name))
			return &groups[i];
	return NULL;
}

/* With a mail that is sent, only its name is left over. */
static bool is_mail_detail(const struct import *import, const struct item *item)
{
	return item_is(item, "smtp_helo_name") && import->sends_mail;
}

static void answer(struct import *import, struct model *model,
		   struct item *item)
{
	const struct answer *known = find_answer(item->words[0]);

	if (is_mail_detail(import, item)) {
		item_mark(&model->tree, item, NOTED,
			  "twinbeat says the node's name to the server");
	} else if (strcmp(item_word(item, 1), "224.0.0.18") == 0 ||
		   strcmp(item_word(item, 1), "ff02::12") == 0) {
		item_carry(item); /* the groups of RFC 9568 */
	} else if (known == NULL && model != &import->models[0]) {
		item_mark(&model->tree, item, LOST,
			  "the first file does not say this, and one "
			  "twinbeat.conf serves both nodes");
	} else if (known == NULL) {
		item_mark(&model->tree, item, LOST,
			  "twinbeat has no setting for this");
	} else if (known->why == NULL) {
		item->outcome = known->outcome;
	} else if (known->serious) {
		item_warn(&model->tree, item, known->outcome, "%s", known->why);
	} else {
		item_mark(&model->tree, item, known->outcome, "%s", known->why);
	}
}

/* The same line in the same kind of block. */
static const struct item *find_twin(const struct item *parent,
				    const struct item *item)
{
	for (const struct item *at = parent->first; at; at = at->next) {
		const struct item *inner;

		if (at->keyword == item->keyword &&
		    parent->keyword == item->parent->keyword &&
		    strcmp(at->text, item->text) == 0)
			return at;
		inner = find_twin(at, item);
		if (inner != NULL)
			return inner;
	}
	return NULL;
}

/* What the first file says too was dealt with there. */
static bool is_settled_in_first(struct import *import, struct model *model,
				struct item *item)
{
	const struct item *twin = NULL;

	if (model != &import->models[0] && item->outcome == UNSEEN &&
	    !import->many)
		twin = find_twin(import->models[0].tree.root, item);
	if (twin == NULL || twin->outcome == UNSEEN)
		return false;
	item->outcome = twin->outcome;
	item->why = twin->why;
	item->serious = twin->serious;
	item->told = true;
	return true;
}

static void mark_rest(struct import *import, struct model *model,
		      struct item *parent)
{
	for (struct item *item = parent->first; item; item = item->next) {
		bool unused = (item_is(item, "vrrp_script") ||
			       item_is(item, "vrrp_track_process") ||
			       item_is(item, "track_file") ||
			       item_is(item, "vrrp_track_file")) &&
			      item->outcome == UNSEEN;

		if (is_settled_in_first(import, model, item)) {
			mark_rest(import, model, item);
			continue;
		}
		if (unused) {
			item_mark(&model->tree, item, NOTED,
				  "no instance tracks it: nothing to write");
			item_mark_all(item, QUIET);
			continue;
		}
		if (item->outcome == UNSEEN && item->words != NULL &&
		    item->keyword != NULL)
			answer(import, model, item);
		else if (item->outcome == UNSEEN)
			item->outcome = parent->outcome;
		if (item->outcome == LOST || item->outcome == IGNORED ||
		    item->outcome == NOTED)
			item_mark_all(item, item->outcome);
		mark_rest(import, model, item);
	}
}

void write_globals(struct import *import)
{
	write_fence(import);
}

void model_mark_rest(struct import *import, struct model *model)
{
	mark_rest(import, model, model->tree.root);
}
