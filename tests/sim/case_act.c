/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The schedule: "at TIME VERB ...". One table of verbs; each says what it
 * takes, so that a slip of the pen is an error with a line, and does one
 * thing to the world.
 */
#include <stdio.h>
#include <string.h>

#include "case.h"

/*
 * takes: words to come. NODE, NODE? (both if absent), TIME, TIME?, EVERY (a
 * time, too), NUMBER, "TEXT", else a|b|c: one of these, its place goes to
 * choice[].
 */
struct verb {
	const char *name, *takes;
	const char *(*does)(struct case_run *run, const struct act *act);
};

/* ---- wires ---- */

enum { CUT_SERIAL, CUT_UDP, CUT_ETHERNET, CUT_LINE, CUT_ALL };

static const char *set_wire(struct case_run *run, const struct act *act,
			    bool whole)
{
	struct world *world = run->world;

	for (int n = 0; n < 2; n++) {
		if (act->node != CASE_ANY && act->node != n)
			continue;
		if (act->choice[0] == CUT_SERIAL || act->choice[0] == CUT_ALL)
			world->serial[n] = whole;
		if (act->choice[0] == CUT_UDP || act->choice[0] == CUT_ALL)
			world->udp[n] = whole;
		if (act->choice[0] == CUT_LINE || act->choice[0] == CUT_ALL)
			world->line_cut[n] = !whole;
		if (act->choice[0] == CUT_ETHERNET || act->choice[0] == CUT_ALL)
			world_ethernet(world, n, whole);
	}
	return NULL;
}

static const char *do_cut(struct case_run *run, const struct act *act)
{
	return set_wire(run, act, false);
}

/* R18: what the adapter of a node tells of them. */
static const char *do_modem_lines(struct case_run *run, const struct act *act)
{
	run->world->nodes[act->node].lines = (enum world_lines)act->choice[0];
	return NULL;
}

static const char *do_join(struct case_run *run, const struct act *act)
{
	return set_wire(run, act, true);
}

static const char *do_wires(struct case_run *run, const struct act *act)
{
	struct world *world = run->world;
	unsigned *const what[] = {&world->lose, &world->twice, &world->late,
				  &world->noise, &world->drop_adverts};

	world->random = 1;
	world->late_us = 20000;
	*what[act->choice[0]] = (unsigned)act->value;
	return NULL;
}

/* the line of NODE takes nothing: its driver, or the other side, holds it */
static const char *do_line(struct case_run *run, const struct act *act)
{
	run->world->nodes[act->node].line_busy = act->choice[0] == 0;
	return NULL;
}

static const char *do_frame_takes(struct case_run *run, const struct act *act)
{
	world_frame_takes(run->world, act->value * 1000);
	return NULL;
}

static const char *do_adapter(struct case_run *run, const struct act *act)
{
	world_adapter(run->world, (unsigned)act->node, 0, act->choice[0] == 1);
	return NULL;
}

static const char *do_card(struct case_run *run, const struct act *act)
{
	world_adapter(run->world, (unsigned)act->node, 1, act->choice[0] == 1);
	return NULL;
}

static const char *do_loop(struct case_run *run, const struct act *act)
{
	run->world->nodes[act->node].looped = act->choice[0] == 0;
	return NULL;
}

/* a beat of NODE, one of its last 64, comes a second time */
static const char *do_replay(struct case_run *run, const struct act *act)
{
	world_replay(run->world, (unsigned)act->node, (unsigned)act->value);
	return NULL;
}

static const char *do_tracked(struct case_run *run, const struct act *act)
{
	if (run->file->settings[0].interface_count < 2)
		return "no interface is tracked: set track";
	world_tracked(run->world, (unsigned)act->node, act->choice[0] == 1);
	return NULL;
}

static const char *do_checks(struct case_run *run, const struct act *act)
{
	if (!run->file->settings[0].instances[0].has_checks)
		return "no instance has checks: set instances.checks true";
	/* the words stand in the order of enum core_checks */
	world_checks(run->world, (unsigned)act->node,
		     (enum core_checks)act->choice[0]);
	return NULL;
}

static const char *do_servers(struct case_run *run, const struct act *act)
{
	if (!run->file->settings[0].instances[0].has_servers)
		return "no instance has real servers: set instances.servers "
		       "true";
	/* the words stand in the order of enum core_servers */
	world_servers(run->world, (unsigned)act->node,
		      (enum core_servers)act->choice[0]);
	return NULL;
}

static const char *do_carrier(struct case_run *run, const struct act *act)
{
	world_carrier(run->world, (unsigned)act->node, act->choice[0] == 1);
	return NULL;
}

/* its adverts do not leave: its own filter, its address gone */
static const char *do_adverts(struct case_run *run, const struct act *act)
{
	if (act->choice[0] == 2)
		world_filter(run->world, (unsigned)act->node, true);
	else
		world_mute(run->world, (unsigned)act->node,
			   act->choice[0] == 0);
	if (act->choice[0] == 1)
		world_filter(run->world, (unsigned)act->node, false);
	return NULL;
}

/* what comes in on its Ethernet, with carrier */
static const char *do_ears(struct case_run *run, const struct act *act)
{
	world_ears(run->world, (unsigned)act->node,
		   (enum world_ears)act->choice[0]);
	return NULL;
}

/* does anybody but the two nodes answer, or speak? */
static const char *do_gateway(struct case_run *run, const struct act *act)
{
	run->world->no_gateway = act->choice[0] != 0;
	run->world->others = act->choice[0] == 2;
	return NULL;
}

static const char *do_noise(struct case_run *run, const struct act *act)
{
	static const enum core_noise kinds[] = {CORE_NOISE_FRAMING,
						CORE_NOISE_MAC, CORE_NOISE_LOOP,
						CORE_NOISE_NAMESAKE};
	struct event event = {.type = EVENT_LINK_NOISE};

	event.link.noise = kinds[act->choice[0]];
	world_tell(run->world, (unsigned)act->node, &event);
	return NULL;
}

static const char *do_firewall(struct case_run *run, const struct act *act)
{
	struct event event = {.type = EVENT_FIREWALL_SEEN};

	event.firewall.is = act->choice[0] == 0;
	world_tell(run->world, (unsigned)act->node, &event);
	return NULL;
}

/*
 * advert NODE from lb01|lb02|stranger good|dropped PRIORITY: one packet that
 * nobody signed; misfit: dropped, but its sender signed it
 */
static const char *do_advert(struct case_run *run, const struct act *act)
{
	const struct core_settings *settings = &run->file->settings[0];
	struct event event = {.type = EVENT_ADVERT_HEARD};

	event.advert.verdict = act->choice[1] == 3
				       ? CORE_ADVERT_DROPPED
				       : (enum core_advert)act->choice[1];
	if (act->choice[1] == 3 && act->choice[0] < 2)
		event.advert.signature =
			wire_signature(run->world, (unsigned)act->choice[0], 0);
	event.advert.reason = "auth_pass";
	event.advert.source =
		act->choice[0] == 2
			? ip_from_v4(0xc0000263u)
			: settings->nodes[act->choice[0]].addresses[0];
	event.advert.priority = (uint8_t)act->value;
	event.advert.interval_ms = settings->instances[0].advert_ms;
	world_tell(run->world, (unsigned)act->node, &event);
	return NULL;
}

/*
 * What NODE hears in the other one's name, of the first or last instance. Each
 * advert says that it comes every EVERY, and does so for TIME.
 */
static const char *forge(struct case_run *run, const struct act *act,
			 int64_t interval_ms)
{
	const struct core_settings *settings = &run->file->settings[0];
	struct event event = {.type = EVENT_ADVERT_HEARD};
	unsigned i = act->choice[0] == 0 ? 0 : settings->instance_count - 1;

	event.advert.instance = i;
	event.advert.verdict =
		act->choice[1] ? CORE_ADVERT_DROPPED : CORE_ADVERT_GOOD;
	event.advert.reason = "auth_pass";
	event.advert.source = settings->nodes[1 - act->node].addresses[0];
	event.advert.priority = settings->instances[i].priority[1 - act->node];
	event.advert.interval_ms = (uint32_t)interval_ms;
	world_forge(run->world, (unsigned)act->node, &event, act->every_ms,
		    act->value);
	return NULL;
}

/* forge NODE first|last good|dropped EVERY TIME */
static const char *do_forge(struct case_run *run, const struct act *act)
{
	const struct core_settings *settings = &run->file->settings[0];

	return forge(run, act, settings->instances[0].advert_ms);
}

/* forge-interval NODE first|last good|dropped EVERY: one that says so */
static const char *do_forge_interval(struct case_run *run,
				     const struct act *act)
{
	return forge(run, act, act->every_ms);
}

/* ---- machines and programs ---- */

static const char *do_power(struct case_run *run, const struct act *act)
{
	struct world *world = run->world;
	unsigned n = (unsigned)act->node;

	if (act->choice[0] == 0 && world->nodes[n].powered)
		return "it has power already";
	if (act->choice[0] == 0) {
		world_power_on(world, n);
		return NULL;
	}
	world_power_off(world, n);
	/* fails: a dead mainboard, a kernel panic; its plug still reads on */
	world->plug_on[n] = act->choice[0] == 2;
	return NULL;
}

static const char *do_boot(struct case_run *run, const struct act *act)
{
	struct world_node *node = &run->world->nodes[act->node];

	if (!node->powered || node->running)
		return "it cannot start: no power, or it runs";
	world_boot(run->world, (unsigned)act->node);
	return NULL;
}

/* boots, but no daemon yet: in its BIOS, or in maintenance */
static const char *do_bios(struct case_run *run, const struct act *act)
{
	if (run->world->nodes[act->node].powered)
		return "it has power already";
	world_power_on_slowly(run->world, act->node, -1);
	return NULL;
}

static const char *do_kill(struct case_run *run, const struct act *act)
{
	struct world *world = run->world;
	unsigned n = (unsigned)act->node;

	if (!world->nodes[n].running)
		return "no daemon runs there";
	if (act->choice[0] == 0)
		world_kill_main(world, n);
	else if (act->choice[0] == 1)
		world_kill_keeper(world, n, act->value ? act->value : 100);
	else if (act->choice[0] == 2)
		world_kill_fencer(world, n);
	else
		world_kill_all(world, n);
	return NULL;
}

static const char *do_panic(struct case_run *run, const struct act *act)
{
	world_panic(run->world, (unsigned)act->node);
	return NULL;
}

/* the whole machine: a virtual one that is moved or snapshotted */
static const char *do_pause(struct case_run *run, const struct act *act)
{
	world_pause(run->world, (unsigned)act->node, act->value,
		    act->choice[0] == 1);
	return NULL;
}

static const char *do_stop(struct case_run *run, const struct act *act)
{
	world_stop(run->world, (unsigned)act->node);
	return NULL;
}

static const char *do_freeze(struct case_run *run, const struct act *act)
{
	world_freeze(run->world, (unsigned)act->node, act->value);
	return NULL;
}

static const char *do_disk(struct case_run *run, const struct act *act)
{
	struct world_node *node = &run->world->nodes[act->node];

	if (act->choice[0] == 0) {
		memset(&node->disk, 0, sizeof(node->disk));
		node->disk.clean_end = node->ended_clean = true;
		return NULL;
	}
	world_disk(run->world, (unsigned)act->node, act->choice[0] == 1);
	return NULL;
}

static const char *do_vip(struct case_run *run, const struct act *act)
{
	struct world_node *node = &run->world->nodes[act->node];

	memset(node->stays, act->choice[0] == 1, sizeof(node->stays));
	node->refuses = act->choice[0] == 2;
	return NULL;
}

/* another hand adds the VIP: see world_alien.c */
static const char *do_alien(struct case_run *run, const struct act *act)
{
	return world_alien(run->world, (unsigned)act->node, 0)
		       ? NULL
		       : "the address is there already, or nothing can be";
}

/* somebody holds its kernel's RTNL lock: see world_kernel.c */
static const char *do_rtnl(struct case_run *run, const struct act *act)
{
	if (act->choice[0] == 0)
		world_rtnl_hold(run->world, (unsigned)act->node, -1);
	else
		world_rtnl_free(run->world, (unsigned)act->node);
	return NULL;
}

static const char *do_look(struct case_run *run, const struct act *act)
{
	run->world->nodes[act->node].no_look = act->choice[0] == 0;
	return NULL;
}

/* ---- the fence device ---- */

static const char *do_device(struct case_run *run, const struct act *act)
{
	static const enum plug_lie lies[] = {PLUG_HONEST, PLUG_DEAD,
					     PLUG_WELDED, PLUG_LYING};

	run->world->lie = lies[act->choice[0]];
	return NULL;
}

static const char *do_device_path(struct case_run *run, const struct act *act)
{
	for (int n = 0; n < 2; n++)
		if (act->node == CASE_ANY || act->node == n)
			run->world->device_reached[n] = act->choice[0] == 1;
	return NULL;
}

static const char *do_device_takes(struct case_run *run, const struct act *act)
{
	run->world->fence_us = act->value * 1000;
	return NULL;
}

static const char *do_relay_takes(struct case_run *run, const struct act *act)
{
	run->world->fence_lag_us = act->value * 1000;
	run->world->fence_answer_us = 1000;
	return NULL;
}

static const char *do_plug(struct case_run *run, const struct act *act)
{
	struct world *world = run->world;

	world->plug_on[act->node] = act->choice[0] == 0;
	/* whoever had switched it off */
	memset(world->plug_off[act->node], 0,
	       sizeof(world->plug_off[act->node]));
	return NULL;
}

/* one plug of several: outlet NODE NUMBER FAULT */
static const char *do_outlet(struct case_run *run, const struct act *act)
{
	static const enum plug_lie lies[] = {PLUG_HONEST, PLUG_DEAD,
					     PLUG_WELDED, PLUG_LYING};
	const struct core_settings *settings = &run->file->settings[0];

	if (act->value < 1 ||
	    act->value > settings->nodes[act->node].plug_count)
		return "it has no such plug";
	run->world->plug_lie[act->node][act->value - 1] = lies[act->choice[0]];
	return NULL;
}

/* switched NODE NUMBER on|off: one outlet, at the panel */
static const char *do_switched(struct case_run *run, const struct act *act)
{
	const struct core_settings *settings = &run->file->settings[0];

	if (act->value < 1 ||
	    act->value > settings->nodes[act->node].plug_count)
		return "it has no such plug";
	world_outlet_by_hand(run->world, (unsigned)act->node,
			     (unsigned)act->value - 1, act->choice[0] == 0);
	return NULL;
}

/* misread NODE on|off TIME: what the switch says of each of its plugs */
static const char *do_misread(struct case_run *run, const struct act *act)
{
	const struct core_settings *settings = &run->file->settings[0];
	unsigned n = (unsigned)act->node;

	for (unsigned p = 0; p < settings->nodes[n].plug_count; p++)
		world_misread(run->world, n, p, act->choice[0] == 0,
			      act->value);
	return NULL;
}

/* wired NODE NUMBER lb01|lb02|nobody: what NODE's plug really feeds */
static const char *do_wired(struct case_run *run, const struct act *act)
{
	const struct core_settings *settings = &run->file->settings[0];

	if (act->value < 1 ||
	    act->value > settings->nodes[act->node].plug_count)
		return "it has no such plug";
	run->world->outlets[act->node][act->value - 1].feeds =
		(uint8_t)act->choice[0];
	return NULL;
}

static const char *do_hold_up(struct case_run *run, const struct act *act)
{
	run->world->holdup_us = act->value * 1000;
	return NULL;
}

static const char *do_clients(struct case_run *run, const struct act *act)
{
	for (unsigned d = 0; d < CORE_DEVICES_MAX; d++)
		run->world->devices[d].single_client = act->choice[0] == 0;
	return NULL;
}

static const char *do_power_wait(struct case_run *run, const struct act *act)
{
	run->world->power_wait_ms = (uint32_t)act->value;
	return NULL;
}

/* NODE's wall clock is set: an hour, say */
static const char *do_clock(struct case_run *run, const struct act *act)
{
	run->world->clock_step_s[act->node] +=
		(act->choice[0] ? -1 : 1) * (act->value / 1000);
	return NULL;
}

/* without one each boot of the machine starts at the same date */
static const char *do_battery(struct case_run *run, const struct act *act)
{
	run->world->no_battery[act->node] = act->choice[0] == 0;
	return NULL;
}

static const char *do_keeper_takes(struct case_run *run, const struct act *act)
{
	run->world->keeper_us = act->value * 1000;
	return NULL;
}

/* from a daemon's start till its keeper is ready and the links open */
static const char *do_start_takes(struct case_run *run, const struct act *act)
{
	run->world->start_us = act->value * 1000;
	return NULL;
}

/* the devices in NODE's file are others now, for what starts from then on */
static const char *do_fence_file(struct case_run *run, const struct act *act)
{
	world_edit_fence(run->world, (unsigned)act->node,
			 act->choice[0] == 0 ? 0x5a000000 : 0);
	return NULL;
}

/* NODE's first plug is another one, and every daemon that runs reads that */
static const char *do_replug(struct case_run *run, const struct act *act)
{
	world_replug(run->world, (unsigned)act->node);
	return NULL;
}

/* NODE's file has so many instances, for its daemon's next start */
static const char *do_instances(struct case_run *run, const struct act *act)
{
	if (act->value < 1 || act->value > CORE_INSTANCES_MAX)
		return "1 to 64 instances";
	world_edit_instances(run->world, (unsigned)act->node,
			     (unsigned)act->value);
	return NULL;
}

/* ---- operators ---- */

static const struct {
	enum core_command command;
	bool force;
} commands[] = {
	{COMMAND_FENCE_OFF, false},
	{COMMAND_FENCE_ON, false},
	{COMMAND_FENCE_REBOOT, false},
	{COMMAND_FENCE_STATUS, false},
	{COMMAND_CONFIRM, false},
	{COMMAND_CONFIRM, true},
	{COMMAND_HANDOVER, false},
	{COMMAND_STANDBY, false},
	{COMMAND_ONLINE, false},
	{COMMAND_MAINTENANCE_ON, false},
	{COMMAND_MAINTENANCE_OFF, false},
	{COMMAND_FENCE_REBOOT, false}, /* a drill */
	{COMMAND_FENCE_OFF, false},    /* of the first device only */
	{COMMAND_FENCE_REBOOT, false}, /* as well */
};

#define DRILL	      11 /* its place above */
#define ONE_DEVICE    12
#define DRILL_WAIT_MS 30000

#define COMMAND_WORDS                                                          \
	"off|on|reboot|plugs|confirm|confirm-force|handover|standby|online|"   \
	"maintenance-on|maintenance-off|drill|off-one-device|"                 \
	"reboot-one-device"

/* operator NODE COMMAND [TARGET]: typed on NODE */
static const char *do_operator(struct case_run *run, const struct act *act)
{
	unsigned here = (unsigned)act->choice[0];
	unsigned target =
		act->node == CASE_ANY ? 1 - here : (unsigned)act->node;
	struct event event = {.type = EVENT_OPERATOR_ASKED};

	event.operator_.command = commands[act->choice[1]].command;
	event.operator_.force = commands[act->choice[1]].force;
	event.operator_.token = ++run->world->reply_token;
	event.operator_.node = target;
	event.operator_.device = act->choice[1] >= ONE_DEVICE ? 0 : -1;
	event.operator_.is_drill = act->choice[1] == DRILL;
	event.operator_.wait_ms = event.operator_.is_drill ? DRILL_WAIT_MS : 0;
	if (event.operator_.force && run->world->nodes[target].powered)
		run->world->excuse = "an operator confirmed a living node";
	world_tell(run->world, here, &event);
	return NULL;
}

/* answer NODE right|wrong|used NUMBER: what a person replies to the alert */
static const char *do_answer(struct case_run *run, const struct act *act)
{
	const struct core_question *question =
		&run->world->nodes[act->node].core.question;

	if (act->choice[0] == 0 && question->state != QUESTION_OPEN)
		return "nobody is asked";
	world_answer(run->world, (unsigned)act->node,
		     act->choice[0] == 0   ? question->code
		     : act->choice[0] == 2 ? question->spent
					   : "WRNGC0DE",
		     (unsigned)act->value);
	return NULL;
}

/* owner NODE|none: a look in the middle of things */
static const char *do_owner(struct case_run *run, const struct act *act)
{
	static const char *const words[] = {"both own it", "nobody owns it",
					    "lb01 owns it", "lb02 owns it"};
	int owner = world_owner(run->world, 0);
	int wanted = act->choice[0] == 2 ? -1 : act->choice[0];

	return owner == wanted ? NULL : words[owner + 2];
}

static const struct verb verbs[] = {
	{"cut", "serial|udp|ethernet|line|all NODE?", do_cut},
	{"join", "serial|udp|ethernet|line|all NODE?", do_join},
	{"modem-lines", "NODE honest|never|held", do_modem_lines},
	{"wires", "lose|twice|late|noise|drop-adverts NUMBER", do_wires},
	{"loop", "NODE in|out", do_loop},
	{"replay", "NODE NUMBER", do_replay},
	{"tracked", "NODE down|up", do_tracked},
	{"checks", "NODE unknown|good|doubted|bad", do_checks},
	{"servers", "NODE unknown|seen|none", do_servers},
	{"adapter", "NODE out|in", do_adapter},
	{"card", "NODE down|up", do_card},
	{"line", "NODE busy|free", do_line},
	{"frame-takes", "TIME", do_frame_takes},
	{"carrier", "NODE down|up", do_carrier},
	{"adverts", "NODE unsent|sent|filtered", do_adverts},
	{"ears", "NODE good|deaf|wrong-vlan", do_ears},
	{"gateway", "answers|silent|others-only", do_gateway},
	{"noise", "NODE framing|mac|loop|namesake", do_noise},
	{"firewall", "NODE drops|accepts", do_firewall},
	{"advert", "NODE lb01|lb02|stranger good|dropped|carp|misfit NUMBER",
	 do_advert},
	{"forge", "NODE first|last good|dropped EVERY TIME", do_forge},
	{"forge-interval", "NODE first|last good|dropped EVERY",
	 do_forge_interval},
	{"power", "NODE on|off|fails", do_power},
	{"bios", "NODE", do_bios},
	{"boot", "NODE", do_boot},
	{"kill", "NODE daemon|keeper|fencer|all TIME?", do_kill},
	{"stop", "NODE", do_stop},
	{"freeze", "NODE TIME", do_freeze},
	{"pause", "NODE TIME clocks-run|clocks-stand", do_pause},
	{"panic", "NODE", do_panic},
	{"disk", "NODE new|unwritable|fine", do_disk},
	{"vip", "NODE fine|stays|refused", do_vip},
	{"another-hand", "NODE", do_alien},
	{"rtnl", "NODE held|free", do_rtnl},
	{"look", "NODE fails|works", do_look},
	{"device", "honest|dead|welded|lying", do_device},
	{"device-path", "cut|joined NODE?", do_device_path},
	{"device-takes", "TIME", do_device_takes},
	{"relay-takes", "TIME", do_relay_takes},
	{"plug", "NODE on|off", do_plug},
	{"outlet", "NODE NUMBER honest|dead|welded|lying", do_outlet},
	{"switched", "NODE NUMBER on|off", do_switched},
	{"misread", "NODE on|off TIME", do_misread},
	{"wired", "NODE NUMBER lb01|lb02|nobody", do_wired},
	{"hold-up", "TIME", do_hold_up},
	{"clients", "one|many", do_clients},
	{"power-wait", "TIME", do_power_wait},
	{"clock", "NODE forward|back TIME", do_clock},
	{"battery", "NODE dead|fine", do_battery},
	{"keeper-takes", "TIME", do_keeper_takes},
	{"start-takes", "TIME", do_start_takes},
	{"instances", "NODE NUMBER", do_instances},
	{"fence-file", "NODE edited|restored", do_fence_file},
	{"replug", "NODE", do_replug},
	{"operator", "lb01|lb02 " COMMAND_WORDS " NODE?", do_operator},
	{"answer", "NODE right|wrong|used NUMBER", do_answer},
	{"owner", "lb01|lb02|none", do_owner},
};

/* The place of word in "a|b|c", -1: not there. */
static int find_choice(const char *choices, size_t size, const char *word)
{
	size_t length = strlen(word);
	int place = 0;

	for (const char *at = choices; at < choices + size; place++) {
		size_t n = strcspn(at, "| ");

		if (n == length && strncmp(at, word, n) == 0)
			return place;
		at += n + 1;
	}
	return -1;
}

/* One word against one token of takes; true: taken. */
static bool take_word(struct act *act, const char *token, size_t size,
		      const char *word, unsigned *choices)
{
	if (strncmp(token, "NODE", 4) == 0)
		return case_node(word, &act->node);
	if (strncmp(token, "TIME", 4) == 0)
		return case_time(word, &act->value);
	if (strncmp(token, "EVERY", 5) == 0)
		return case_time(word, &act->every_ms) && act->every_ms > 0;
	if (strncmp(token, "NUMBER", 6) == 0)
		return case_number(word, &act->value) && act->value <= 1000;
	act->choice[*choices] = find_choice(token, size, word);
	return act->choice[(*choices)++] >= 0;
}

static bool take_words(struct act *act, struct words *words)
{
	const char *token = act->verb->takes;
	unsigned choices = 0;

	while (*token) {
		size_t size = strcspn(token, " ");
		bool may_miss = token[size - 1] == '?';

		if (words->next < words->count) {
			if (!take_word(act, token, size,
				       words->word[words->next++], &choices))
				return false;
		} else if (!may_miss) {
			return false;
		}
		token += size;
		token += strspn(token, " ");
	}
	return words->next == words->count;
}

bool case_act(struct case_file *file, int line, struct words *words)
{
	struct act *act = &file->acts[file->act_count];
	size_t used = 0;

	if (file->act_count == CASE_ACTS_MAX)
		return case_error(file, line,
				  "too many lines that begin with "
				  "at");
	*act = (struct act){.line = line, .node = CASE_ANY};
	if (words->count < 3 || !case_time(words->word[1], &act->at_ms))
		return case_error(file, line, "at TIME VERB ...");
	if (file->act_count > 0 && act[-1].at_ms > act->at_ms)
		return case_error(file, line,
				  "is earlier than the line "
				  "before");
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (strcmp(words->word[2], verbs[i].name) == 0)
			act->verb = &verbs[i];
	if (!act->verb)
		return case_error(file, line,
				  "\"%s\" is not something that "
				  "can happen",
				  words->word[2]);
	for (unsigned i = 2; i < words->count && used < sizeof(act->words); i++)
		used += (size_t)snprintf(act->words + used,
					 sizeof(act->words) - used, "%s%s",
					 i > 2 ? " " : "", words->word[i]);
	words->next = 3;
	if (!take_words(act, words))
		return case_error(file, line, "%s takes: %s", act->verb->name,
				  act->verb->takes);
	file->act_count++;
	return true;
}

const char *case_do(struct case_run *run, const struct act *act)
{
	if (act->verb->does != do_owner)
		case_note(run, CASE_ANY, "%s", act->words);
	return act->verb->does(run, act);
}
