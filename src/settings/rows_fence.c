/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of fence, and what all devices have. */
#include "rows.h"
#include "settings.h"

const struct setting_row settings_device_rows[] = {
	{"name", SETTING_NAME, FIELD(settings_device, name), .required = true,
	 .says = "what nodes[].fence calls it"},
	{"driver", SETTING_TEXT, FIELD(settings_device, driver),
	 .text = "modbus", .by_code = true, .not_core = true,
	 .says = "what speaks to it",
	 MANUAL(.head = "name, default \"modbus\"",
		.more = "The protocol: Modbus, IPMI (see {Sx BMCs}), or a "
			"fence agent of ClusterLabs (see {Sx Fence agents}).")},
	END};

static const char *const actions[] = {"off", "reboot", NULL};
/* In the order of enum settings_policy. */
static const char *const on_disagreement[] = {"fence", "yield", "hold", "",
					      "",      "ask",	NULL};
static const char *const on_failure[] = {"",	     "",    "hold", "",
					 "takeover", "ask", NULL};
static const char *const on_startup[] = {"fence", "",	 "",  "wait",
					 "",	  "ask", NULL};
static const char *const on_no_answer[] = {"fence", "", "hold", "", NULL};

const struct setting_row settings_fence_rows[] = {
	{"required", SETTING_BOOL, FIELD(settings_fence, required),
	 .value = true,
	 .says = "false: silence is enough to take the addresses",
	 MORE("If false, silence is enough to take the addresses over, as in "
	      "plain VRRP. Both nodes can then own the same addresses.")},
	{"action", SETTING_CHOICE, FIELD(settings_fence, action),
	 .choices = actions, .says = "reboot switches it on again",
	 MORE("{Dq off} leaves the peer off until an operator switches it on; "
	      "{Dq reboot} switches it on again `off_ms` after the takeover, "
	      "if twinbeat switched it off, and goes on trying where the "
	      "switch does not do it at once; not in maintenance. A plug that "
	      "somebody else switched off stays off.")},
	{"on_disagreement", SETTING_CHOICE,
	 FIELD(settings_fence, on_disagreement), .choices = on_disagreement,
	 .says = "when the cable says owner and Ethernet is silent",
	 MORE("What to do if the peer says over a two-way link that it owns "
	      "the addresses, while its adverts are no longer heard. {Dq "
	      "fence} cuts its power, {Dq yield} asks it to release the "
	      "addresses first, {Dq hold} only raises an alert, {Dq ask} asks "
	      "a person first: the alert {Li question} has a code, and {Cm "
	      "twinbeat answer} {Pq Xr twinbeat 8} or a reply by mail or SMS "
	      "decides.")},
	{"on_failure", SETTING_CHOICE, FIELD(settings_fence, on_failure),
	 .value = POLICY_HOLD, .choices = on_failure,
	 .says = "when no level of the fence worked",
	 MORE("What to do when no level of the fence worked. {Dq takeover} "
	      "puts availability before safety, and is refused without "
	      "`accept_split_brain`; it waits for `power_wait_ms`, at least "
	      "2 s, where an {Dq off} was written that could not be read "
	      "back; {Dq ask} goes on trying, and asks a person, who may have "
	      "pulled the cord.")},
	{"on_startup_silence", SETTING_CHOICE,
	 FIELD(settings_fence, on_startup_silence), .choices = on_startup,
	 .says = "when a starting node hears nothing",
	 MORE("What a starting node does if it hears nothing. {Dq fence} cuts "
	      "the other's power, but only if links and plugs were proven in "
	      "an earlier run; {Dq wait} waits for the peer or an operator; "
	      "{Dq ask} asks a person where {Dq fence} would cut.")},
	{"on_no_answer", SETTING_CHOICE, FIELD(settings_fence, on_no_answer),
	 .value = POLICY_HOLD, .choices = on_no_answer,
	 .says = "when a person was asked and ask_ms is over",
	 MORE("What follows when nobody has answered within `ask_ms`; {Dq "
	      "fence}: as if nobody had been asked. After a fence that failed "
	      "it is always {Dq hold}.")},
	{"ask_ms", SETTING_INT, FIELD(settings_fence, ask_ms), .min = 10000,
	 .max = 3600000, .value = 300000,
	 .says = "so long an answer is waited for",
	 MORE("How long an answer is waited for.")},
	{"accept_split_brain", SETTING_BOOL,
	 FIELD(settings_fence, accept_split_brain), .not_core = true,
	 .says = "confesses that two owners are possible",
	 MORE("Confirms that you know that `on_failure` = {Dq takeover} can "
	      "put an address on both nodes.")},
	{"defend", SETTING_BOOL, FIELD(settings_fence, defend),
	 .says = "an owner that lost every link cuts the other at once",
	 MORE("If true, an owner of all instances that has lost every link "
	      "cuts the peer's power at once, and goes on serving. It needs a "
	      "`udp` link on the interface of an instance: an owner hears no "
	      "adverts, so without this link a cut serial cable would look "
	      "like a dead peer. It also needs a `delay_ms` larger than "
	      "`tie_ms` plus 200 ms, so that the standby is still "
	      "waiting.\nThe owner may be the one whose network card is dead. "
	      "So it cuts nobody unless, within these 200 ms, the peer, a "
	      "gateway or another station has answered on the interface of "
	      "each instance (see `disagree_probe`).")},
	{"delay_ms", SETTING_INT, FIELD(settings_fence, delay_ms), TIME_MS(0),
	 .says = "wait before cutting an owner that fell silent",
	 MORE("How long a standby waits before it cuts the power of an owner "
	      "that fell silent.")},
	{"tie_ms", SETTING_INT, FIELD(settings_fence, tie_ms), TIME_MS(3000),
	 .says = "when both may shoot, the second waits longer by this",
	 MORE("If both nodes may cut each other, the preferred node waits this "
	      "long, and the other node twice this long plus "
	      "`lone_link_ms`.\nIt must be longer than the difference between "
	      "the links' dead times plus the slowest fence at the first "
	      "level: connect and response time of each of its plugs, settle "
	      "and power wait. Make it longer if the device is slow to answer, "
	      "and by `delay_ms` if that is set.")},
	{"disagree_ms", SETTING_INT, FIELD(settings_fence, disagree_ms),
	 TIME_MS(5000), .says = "how long links may disagree",
	 MORE("How long links may disagree before `on_disagreement` applies. "
	      "Less than `yield_ms` and two beats is warned of: an owner whose "
	      "own adverts are lost could not hand over before it is cut.")},
	{"disagree_probe", SETTING_BOOL, FIELD(settings_fence, disagree_probe),
	 .value = true, .says = "never a peer that answers ARP, nor deaf",
	 MORE("Before it cuts the peer on a disagreement or on thin evidence, "
	      "this node asks by ARP on the instance's interface for the peer, "
	      "for the gateways of the interface's routes and for up to eight "
	      "further stations that the kernel knows there, within "
	      "`disagree_ms`. {Bl -bullet -compact} {It} If nobody answers, "
	      "this node is deaf: it cuts nobody and is unfit. If a gateway "
	      "has ever answered, only a gateway's answer counts. {It} If the "
	      "peer answers, a filter drops the adverts and nothing else, and "
	      "the peer is not cut. On thin evidence the answer must have come "
	      "after the peer fell silent. {It} If nobody but the peer was "
	      "ever heard there, nobody is cut on a disagreement; on thin "
	      "evidence the question would prove nothing, and is not asked. "
	      "{El}\nIf false, nobody is asked, and lost adverts alone are a "
	      "reason to cut.")},
	{"lone_link_ms", SETTING_INT, FIELD(settings_fence, lone_link_ms),
	 TIME_MS(3000), .says = "extra wait when one link alone fell silent",
	 MORE("An extra wait on thin evidence. Evidence is thin when a "
	      "configured link has never worked, is broken on this side, or "
	      "has not been heard since its carrier returned. It is also thin "
	      "when only one medium fell silent, because the others had "
	      "already been silent for longer than their dead time and 300 ms "
	      "(for example, a serial cable that has been out for days). In "
	      "that time this node must hear somebody: see `disagree_probe`. "
	      "If every link falls silent at the same moment, as in a power "
	      "cut, there is no extra wait.\nSome switches block a port for "
	      "half a minute after its carrier returns (spanning tree without "
	      "edge ports). There, 35000 keeps a standby whose serial cable is "
	      "out from cutting an owner that it cannot hear yet.")},
	{"yield_ms", SETTING_INT, FIELD(settings_fence, yield_ms), TIME_MS(500),
	 .says = "how long to wait for a release",
	 MORE("How long the peer may take to release the addresses when it is "
	      "asked to. A handover takes up to four beats over serial: 14 ms "
	      "at 115200 baud, 334 ms at 4800 baud. A lower value is an "
	      "error.")},
	{"off_ms", SETTING_INT, FIELD(settings_fence, off_ms), TIME_MS(10000),
	 .says = "how long a reboot stays off",
	 MORE("With `action` = {Dq reboot}: how long the node stays off.")},
	{"timeout_ms", SETTING_INT, FIELD(settings_fence, timeout_ms),
	 .value = 20000, RANGE(1, HOUR_MS), .unit = " ms", .not_core = true,
	 .says = "a fence attempt is killed after this",
	 MORE("After this time an attempt is killed, and proves nothing. It "
	      "must be long enough to read, switch and read back every plug of "
	      "a level.")},
	{"monitor_s", SETTING_INT, FIELD(settings_fence, monitor_s),
	 .value = 60, RANGE(1, 3600), .unit = " s",
	 .says = "how often every plug is read",
	 MORE("How often the state of every plug is read.")},
	/* core.h remembers CORE_FENCES_MAX = 16 of them. */
	{"max_per_window", SETTING_INT, FIELD(settings_fence, max_per_window),
	 .value = 3, .max = 16, .says = "more automatic fences hold; 0: never",
	 MORE("How many automatic fences are allowed within `window_s`. A "
	      "further one waits for an operator, and raises the alert {Li "
	      "fence-loop}. 0 is no limit. Fences by an operator do not count. "
	      "`fence.budget` in the status shows how many are left.")},
	{"window_s", SETTING_INT, FIELD(settings_fence, window_s), .value = 600,
	 RANGE(1, 86400), .unit = " s",
	 .says = "the time in which they are counted"},
	END};
