/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What to do about each alert of the closed list (design, section 6), in one
 * line for somebody who was just woken. README says the same at length; a
 * test compares the two lists.
 */
#include <stddef.h>
#include <string.h>

#include "advice.h"

static const struct advice {
	const char *alert;
	enum advice_weight weight;
	const char *text;
} advices[] = {
	{"link-down", ADVICE_WARN,
	 "the pair is not redundant until this link is back: see the text"},
	{"link-never", ADVICE_WARN,
	 "never heard here: check cable, port, interface and address, both "
	 "ends"},
	{"link-half", ADVICE_WARN,
	 "the peer is heard but does not hear us: check our sending side"},
	{"link-looped", ADVICE_WARN,
	 "we hear ourselves: take the loop plug off, use a null-modem cable"},
	{"serial-broken", ADVICE_WARN,
	 "the text says why: missing, console, in use, or changed by others"},
	{"disagree", ADVICE_BAD,
	 "serial says the owner is fine, its adverts are gone: check the LAN"},
	{"split-brain", ADVICE_BAD,
	 "both nodes claim: stop twinbeat on one, or twinbeat fence it"},
	{"foreign-vrrp", ADVICE_WARN,
	 "another daemon uses our VRID: stop it, or change one VRID: see text"},
	{"config-mismatch", ADVICE_WARN,
	 "see the text; keys that differ: twinbeat check --against PEERS-FILE"},
	{"firewall", ADVICE_WARN,
	 "let IP protocol 112 in on this node's heartbeat interface"},
	{"fence-device", ADVICE_WARN,
	 "a dead owner could not be cut: check the device and its network"},
	{"fence-failed", ADVICE_BAD,
	 "cut its power by hand, make sure it is off, then twinbeat confirm"},
	{"fence-contradicted", ADVICE_BAD,
	 "its plug read off while it ran: repair it, then fence --drill"},
	{"fence-miswired", ADVICE_WARN,
	 "off by hand? switch it on; else correct plug number or cabling"},
	{"fence-loop", ADVICE_BAD,
	 "too many fences: find out why the node dies; fence or confirm it"},
	{"waiting", ADVICE_BAD,
	 "make this node fit, start the peer, end maintenance, or fence it; "
	 "confirm it only if it is surely powered off"},
	{"no-fencing", ADVICE_WARN,
	 "the peer cannot be cut and proven off: the text says why"},
	{"stalled", ADVICE_WARN,
	 "this machine stood still: check load, disk, snapshots of the VM"},
	{"vip-failed", ADVICE_BAD,
	 "the kernel refuses an address, or answers nobody: see the text"},
	{"release-failed", ADVICE_BAD,
	 "an address cannot be removed: ip addr del it, or power this off"},
	{"duplicate-vip", ADVICE_BAD,
	 "something else set a VIP here: remove it from netplan, keepalived "
	 "..."},
	{"no-standby", ADVICE_WARN,
	 "nobody could take over: start or repair the other node"},
	{"state-unwritable", ADVICE_BAD,
	 "make room in the state directory, or remount it: see the text"},
	{"notify-failed", ADVICE_WARN,
	 "who is to be told is not: see the text, and \"notify\" in status "
	 "--json"},
	{"director-off", ADVICE_BAD,
	 "this node cannot forward (LVS): load ip_vs, or see the text"},
	{"director-table", ADVICE_WARN,
	 "the kernel's LVS table is not as wanted: stop who else writes it"},
	{"director-foreign", ADVICE_WARN,
	 "LVS services that are not ours: ipvsadm -Ln, then ipvsadm -D"},
	{"director-sync", ADVICE_WARN,
	 "connections are not told to the other node: see the text"},
	{"question", ADVICE_BAD,
	 "somebody has to decide: reply with the code, or: twinbeat answer"},
	{"service-empty", ADVICE_BAD,
	 "clients of this LVS service are refused: bring its servers back"},
	{"service-fallback", ADVICE_WARN,
	 "clients see the fallback: bring the servers back"},
	{"director-panic", ADVICE_WARN,
	 "servers that fail their checks are used: look at check and servers"},
	{"director-blind", ADVICE_WARN,
	 "this node reaches no real server: look at its cable and switch"},
	{"view-differs", ADVICE_WARN,
	 "who is right? twinbeat director list on both, then probe SERVER"},
	{"server-down", ADVICE_WARN,
	 "real servers fail their checks: the text says what was seen"},
	{"unfit", ADVICE_WARN,
	 "this node cannot serve, or hears nobody: see the text and the "
	 "reasons beside its name"},
	{"process-died", ADVICE_WARN,
	 "a helper died or hung and is started again: see text and journal"},
	{"unprivileged", ADVICE_NOTE,
	 "twinbeatd runs without a privilege that it wants: see the text"},
	{"maintenance", ADVICE_NOTE,
	 "nobody is fenced; when the work is done: twinbeat maintenance off"},
};

const char *advice_find(const char *alert, enum advice_weight *weight)
{
	for (size_t i = 0; i < sizeof(advices) / sizeof(advices[0]); i++)
		if (!strcmp(alert, advices[i].alert)) {
			*weight = advices[i].weight;
			return advices[i].text;
		}
	*weight = ADVICE_WARN;
	return NULL;
}
