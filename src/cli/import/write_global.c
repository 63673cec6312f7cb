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
	/* 2.2.7: of no instance, each must name its own */
	{"default_interface", QUIET, false, NULL},
};

static const struct answer *find_answer(const char *name)
{
	for (unsigned i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		if (strcmp(answers[i].name, name) == 0)
			return &answers[i];
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
