/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What can break: one table, a line each, with its weight in the draw. A fault
 * must do what its name says and nothing else; one that makes no sense at that
 * moment (no daemon to kill) does nothing, so that any part of a schedule is a
 * schedule too.
 */
#include <string.h>

#include "schedule.h"
#include "world_internal.h"

uint64_t fault_counts[96];

/* ---- cables ---- */

static bool serial_one_way(struct world *world, unsigned n, uint32_t value)
{
	world->serial[n] = value & 1;
	return true;
}

static bool serial_cut(struct world *world, unsigned n, uint32_t value)
{
	(void)n;
	world->serial[0] = world->serial[1] = value % 4 == 0;
	return true;
}

static bool serial_looped(struct world *world, unsigned n, uint32_t value)
{
	world->nodes[n].looped = value % 3 != 0;
	return true;
}

static bool serial_noise(struct world *world, unsigned n, uint32_t value)
{
	(void)n;
	world->noise = value % 3 == 0 ? 0 : value % 700;
	return true;
}

static bool serial_busy(struct world *world, unsigned n, uint32_t value)
{
	(void)n;
	world->busy = value % 3 == 0 ? 0 : value % 300;
	return true;
}

/* One node's line takes nothing for a while: a driver that holds it. */
static bool serial_stuck(struct world *world, unsigned n, uint32_t value)
{
	world->nodes[n].line_busy = value % 2;
	return true;
}

/* The path itself: legitimate reasons to disagree begin anew. */
static bool ethernet_one_way(struct world *world, unsigned n, uint32_t value)
{
	world_ethernet(world, n, value & 1);
	return true;
}

static bool ethernet_cut(struct world *world, unsigned n, uint32_t value)
{
	(void)n;
	world_ethernets(world, value % 4 == 0);
	return true;
}

static bool every_cable_cut(struct world *world, unsigned n, uint32_t value)
{
	(void)n;
	(void)value;
	world_ethernets(world, false);
	world->serial[0] = world->serial[1] = false;
	world->udp[0] = world->udp[1] = false;
	world->spare[0] = world->spare[1] = false;
	return true;
}

static bool every_cable_whole(struct world *world, unsigned n, uint32_t value)
{
	(void)n;
	(void)value;
	world_ethernets(world, true);
	world->serial[0] = world->serial[1] = true;
	world->udp[0] = world->udp[1] = true;
	world->spare[0] = world->spare[1] = true;
	return true;
}

static bool wires_worn(struct world *world, unsigned n, uint32_t value)
{
	(void)n;
	world->lose = value % 2 ? value / 2 % 300 : 0;
	world->twice = value / 7 % 2 ? value / 16 % 100 : 0;
	world->late = value / 11 % 2 ? value / 32 % 200 : 0;
	world->late_us = 1 + value % 60000;
	return true;
}

static bool adverts_dropped(struct world *world, unsigned n, uint32_t value)
{
	(void)n;
	world->drop_adverts = value % 3 == 0 ? 0 : value % 1001;
	return true;
}

static bool carrier(struct world *world, unsigned n, uint32_t value)
{
	if (!world->nodes[n].powered)
		return false;
	world_carrier(world, n, value & 1);
	return true;
}

static bool carrier_flaps(struct world *world, unsigned n, uint32_t value)
{
	struct event event = {.type = EVENT_CARRIER_CHANGED};

	if (!world->nodes[n].running || !world->nodes[n].carrier)
		return false;
	/* the world's own carrier stays: a driver that resets itself */
	event.carrier.is = false;
	world_tell(world, n, &event);
	if (value % 8)
		world_carrier(world, n, true);
	else
		world->nodes[n].carrier = false;
	return true;
}

/* R3: deaf in all ways, mute, and what looks like it from outside. */
static bool tracked(struct world *world, unsigned n, uint32_t value)
{
	if (!world->nodes[n].powered)
		return false;
	world_tracked(world, n, value & 1);
	return true;
}

/* ---- what strangers send ---- */

static bool replay(struct world *world, unsigned n, uint32_t value)
{
	for (unsigned i = 0; i < 1 + value / 64 % 5; i++)
		world_replay(world, n, value + i);
	return world->nodes[n].tape_count > 0;
}

static bool foreign_router(struct world *world, unsigned n, uint32_t value)
{
	struct event event = {.type = EVENT_ADVERT_HEARD};
	const struct core_settings *settings = &world->nodes[n].settings;
	unsigned i = value % settings->instance_count;

	if (!world_runs(&world->nodes[n]) || !world->nodes[n].carrier)
		return false;
	event.advert.instance = i;
	event.advert.verdict =
		value / 8 % 3 ? CORE_ADVERT_GOOD : CORE_ADVERT_DROPPED;
	event.advert.reason = "the version";
	event.advert.source = ip_from_v4(0xc0000263u);
	event.advert.priority = (uint8_t)(value / 32);
	event.advert.interval_ms = settings->instances[i].advert_ms;
	world_tell(world, n, &event);
	return true;
}

/* Not signed: anybody may send this in the peer's name. */
static bool forged_advert(struct world *world, unsigned n, uint32_t value)
{
	struct event event = {.type = EVENT_ADVERT_HEARD};
	const struct core_settings *settings = &world->nodes[n].settings;
	unsigned i = value % settings->instance_count;

	if (!world_runs(&world->nodes[n]) || !world->nodes[n].carrier)
		return false;
	event.advert.instance = i;
	event.advert.source = settings->nodes[1 - n].addresses[0];
	event.advert.priority = value / 8 % 2 ? 0 : (uint8_t)(value / 32);
	event.advert.interval_ms = settings->instances[i].advert_ms;
	judge_forged(world, n, &event);
	world_tell(world, n, &event);
	return true;
}

static bool forged_interval(struct world *world, unsigned n, uint32_t value)
{
	struct event event = {.type = EVENT_ADVERT_HEARD};
	const struct core_settings *settings = &world->nodes[n].settings;

	event.advert.instance = value % settings->instance_count;
	event.advert.source = settings->nodes[1 - n].addresses[0];
	event.advert.priority = (uint8_t)(1 + value / 8 % 254);
	event.advert.interval_ms = 10 * (1 + value / 2048 % 4095);
	world_forge(world, n, &event, 1000, 0);
	return true;
}

static bool forged_stream(struct world *world, unsigned n, uint32_t value)
{
	const struct core_settings *settings = &world->nodes[n].settings;
	struct event event = {
		.type = EVENT_ADVERT_HEARD,
		.advert = {.instance = value % settings->instance_count,
			   .verdict = CORE_ADVERT_DROPPED,
			   .reason = "the version",
			   .source = settings->nodes[1 - n].addresses[0],
			   .priority = (uint8_t)(value / 8),
			   .interval_ms = settings->instances[0].advert_ms}};

	world_forge(world, n, &event, 5 + value / 2048 % 400, value % 40000);
	return true;
}

static bool disk_unwritable(struct world *world, unsigned n, uint32_t value)
{
	world_disk(world, n, value % 2);
	return true;
}

static bool firewall(struct world *world, unsigned n, uint32_t value)
{
	struct event event = {.type = EVENT_FIREWALL_SEEN};

	event.firewall.is = value & 1;
	world_tell(world, n, &event);
	return true;
}

/* ---- machines ---- */

static bool mainboard_dies(struct world *world, unsigned n, uint32_t value)
{
	(void)value;
	if (!world->nodes[n].powered)
		return false;
	world_panic(world, n); /* its plug stays on */
	return true;
}

static bool cord_pulled(struct world *world, unsigned n, uint32_t value)
{
	(void)value;
	if (!world->nodes[n].powered)
		return false;
	world_power_off(world, n);
	return true;
}

static bool power_on(struct world *world, unsigned n, uint32_t value)
{
	if (world->nodes[n].powered)
		return false;
	world_power_on_slowly(world, n, value % 3 ? value % 500 : value % 9000);
	return true;
}

static bool reset(struct world *world, unsigned n, uint32_t value)
{
	/* a button gives no power back to a machine that is being cut */
	if (!world->nodes[n].powered || !power_is_fed(world, n))
		return false;
	world_panic(world, n);
	world_power_on_slowly(world, n, value % 8000);
	return true;
}

static bool boot_without_cables(struct world *world, unsigned n, uint32_t value)
{
	if (world->nodes[n].powered)
		return false;
	every_cable_cut(world, n, value);
	world_power_on_slowly(world, n, value % 1000);
	return true;
}

static bool freeze_main(struct world *world, unsigned n, uint32_t value)
{
	if (!world_runs(&world->nodes[n]))
		return false;
	world_freeze(world, n,
		     1 + (value & 1 ? value / 2 % 150 : value / 2 % 8000));
	return true;
}

static bool pause_machine(struct world *world, unsigned n, uint32_t value)
{
	if (!world->nodes[n].powered || world->nodes[n].frozen ||
	    world->nodes[n].paused)
		return false;
	world_pause(world, n,
		    1 + (value & 1 ? value / 4 % 150 : value / 4 % 8000),
		    value & 2);
	return true;
}

static bool wall_clock_steps(struct world *world, unsigned n, uint32_t value)
{
	world->clock_step_s[n] = (int64_t)(value % 7200) - 3600;
	world->clock_was_set[n] = true;
	return true;
}

static bool battery_dies(struct world *world, unsigned n, uint32_t value)
{
	world->no_battery[n] = value % 4 != 0;
	return true;
}

/* ---- programs ---- */

static bool kill_main(struct world *world, unsigned n, uint32_t value)
{
	(void)value;
	if (!world_runs(&world->nodes[n]))
		return false;
	world_kill_main(world, n);
	return true;
}

static bool kill_keeper(struct world *world, unsigned n, uint32_t value)
{
	if (!world_runs(&world->nodes[n]) || !world->nodes[n].keeper)
		return false;
	world_kill_keeper(world, n, 2 + value % 6000);
	return true;
}

static bool kill_fencer(struct world *world, unsigned n, uint32_t value)
{
	(void)value;
	if (!world_runs(&world->nodes[n]))
		return false;
	world_kill_fencer(world, n);
	return true;
}

static bool kill_runner(struct world *world, unsigned n, uint32_t value)
{
	struct event event = {.type = EVENT_PROCESS_DIED};

	(void)value;
	event.process.text = "twinbeat-runner died";
	world_tell(world, n, &event);
	return true;
}

static bool kill_all(struct world *world, unsigned n, uint32_t value)
{
	(void)value;
	if (!world_runs(&world->nodes[n]))
		return false;
	world_kill_all(world, n);
	return true;
}

static bool start_daemon(struct world *world, unsigned n, uint32_t value)
{
	const struct world_node *node = &world->nodes[n];

	(void)value;
	if (!node->powered || node->paused || node->running || node->keeper)
		return false;
	world_boot(world, n);
	return true;
}

static bool stop_daemon(struct world *world, unsigned n, uint32_t value)
{
	if (!world_runs(&world->nodes[n]))
		return false;
	world_stop(world, n);
	if (value & 1) /* a reboot in good order */
		world_post(world, n, 6000000)->kind = BOOTS;
	return true;
}

/* Each order to it takes so long: many addresses, a busy machine. */
static bool keepers_slow(struct world *world, unsigned n, uint32_t value)
{
	(void)n;
	world->keeper_us = value % 3 ? 300 : 300 + value / 3 % 200000;
	return true;
}

static bool settings_reloaded(struct world *world, unsigned n, uint32_t value)
{
	return world_reload_both(world, n, value);
}

static bool intervals_reloaded(struct world *world, unsigned n, uint32_t value)
{
	return world_reload_both(world, n, value / 5 * 5 + 2);
}

/*
 * Somebody edits the devices in the file: whatever starts from now on reads
 * that, the fencer alone or the whole daemon.
 */
static bool fence_edited(struct world *world, unsigned n, uint32_t value)
{
	struct world_node *node = &world->nodes[n];

	world_edit_fence(world, n, value / 8 % 3 ? 0x5a000000 : 0);
	if (!world_runs(node) || value % 4 == 0)
		return true;
	if (value % 4 == 1) {
		world_kill_main(world, n);
		world_post(world, n, 50000 + world->keeper_us)->kind = BOOTS;
	} else {
		world_kill_fencer(world, n);
	}
	return true;
}

/* ---- addresses ---- */

static bool vip_refused(struct world *world, unsigned n, uint32_t value)
{
	world->nodes[n].refuses = value % 3 == 0;
	world->nodes[n].refuses_some = value % 3 == 1;
	return true;
}

static bool another_hand(struct world *world, unsigned n, uint32_t value)
{
	return world_alien(world, n,
			   value % world->nodes[n].settings.instance_count);
}

static bool vip_stays(struct world *world, unsigned n, uint32_t value)
{
	struct world_node *node = &world->nodes[n];

	node->stays[value % node->settings.instance_count] = value / 8 % 3 == 0;
	return true;
}

/* A driver hangs in the kernel: for a moment, or for longer than a lease. */
static bool rtnl_held(struct world *world, unsigned n, uint32_t value)
{
	if (!world->nodes[n].powered || world->nodes[n].paused)
		return false;
	if (world->nodes[n].rtnl_held)
		world_rtnl_free(world, n);
	else
		world_rtnl_hold(
			world, n,
			1 + (value % 4 ? value / 4 % 30000 : value / 4 % 3000));
	return true;
}

/* The kernel does not say what it holds (R12). */
static bool looks_fail(struct world *world, unsigned n, uint32_t value)
{
	world->nodes[n].no_look = value % 2;
	return true;
}

/* ---- fence devices ---- */

static bool device_dead(struct world *world, unsigned n, uint32_t value)
{
	(void)n;
	world->devices[value % CORE_DEVICES_MAX % 2].dead = value / 8 % 2;
	return true;
}

static bool device_unreached(struct world *world, unsigned n, uint32_t value)
{
	world->device_reached[n] = value % 2;
	return true;
}

static bool device_slow(struct world *world, unsigned n, uint32_t value)
{
	(void)n;
	/* no slower than tie_ms was drawn for */
	world->fence_us = 500 + value % 400000;
	return true;
}

static bool device_hangs(struct world *world, unsigned n, uint32_t value)
{
	(void)n;
	world->hangs = value % 2 ? value / 2 % 1001 : 0;
	return true;
}

static bool device_dies_with(struct world *world, unsigned n, uint32_t value)
{
	world->devices[value % 2].dies_with = value / 2 % 2 ? (int)n : -1;
	return true;
}

static bool device_single(struct world *world, unsigned n, uint32_t value)
{
	(void)n;
	world->devices[value % 2].single_client = value / 2 % 2;
	return true;
}

static bool plug_welded(struct world *world, unsigned n, uint32_t value)
{
	world->plug_lie[n][value % 2] =
		value / 2 % 2 ? PLUG_WELDED : PLUG_HONEST;
	return true;
}

/* Short ones mostly: what lasts longer is a lie like any other. */
static bool plug_misread(struct world *world, unsigned n, uint32_t value)
{
	unsigned p = value % world->nodes[n].settings.nodes[n].plug_count;

	world_misread(world, n, p, value / 8 % 4 == 0,
		      1 + value / 32 % (value / 2 % 4 ? 900 : 5000));
	return true;
}

static bool outlet_by_hand(struct world *world, unsigned n, uint32_t value)
{
	unsigned p = value % world->nodes[n].settings.nodes[n].plug_count;

	/* nobody comes in the second in which a supply runs dry */
	if (!power_is_fed(world, 0) || !power_is_fed(world, 1))
		return false;
	world_outlet_by_hand(world, n, p, value / 8 % 3 == 0);
	return true;
}

/* Rare: what follows is an expected violation. */
static bool plug_lies(struct world *world, unsigned n, uint32_t value)
{
	world->plug_lie[n][value % 2] =
		value / 2 % 2 ? PLUG_LYING : PLUG_HONEST;
	return true;
}

static bool plug_miswired(struct world *world, unsigned n, uint32_t value)
{
	static const uint8_t third = NOBODY;
	unsigned other = value % 2 ? 1 - n : third;
	uint8_t was;

	/* nobody moves a plug in the second in which a supply runs dry */
	if (!power_is_fed(world, 0) || !power_is_fed(world, 1))
		return false;
	was = world->outlets[n][0].feeds;
	world->outlets[n][0].feeds =
		value / 2 % 2 ? (uint8_t)other : (uint8_t)n;
	/* nor so that a machine that runs goes dark: it would be noticed */
	for (unsigned t = 0; t < 2; t++)
		if (world->nodes[t].powered && !power_is_fed(world, t)) {
			world->outlets[n][0].feeds = was;
			return false;
		}
	return true;
}

/* ---- operators ---- */

static bool operator_asks(struct world *world, unsigned n, uint32_t value)
{
	enum core_command command = (enum core_command)(
		COMMAND_FENCE_OFF + value % COMMAND_MAINTENANCE_OFF);
	struct event event = {.type = EVENT_OPERATOR_ASKED};

	if (!world_runs(&world->nodes[n]))
		return false;
	/* to confirm a living node is another fault */
	if (command == COMMAND_CONFIRM && world->nodes[1 - n].powered)
		return false;
	event.operator_.command = command;
	event.operator_.token = ++world->reply_token;
	event.operator_.node = value / 16 % 8 ? 1 - n : n;
	event.operator_.device = value / 128 % 4 ? -1 : 0;
	event.operator_.force = value / 512 % 2;
	world_tell(world, n, &event);
	return true;
}

/* R20: in time or late, right, wrong or used. */
static bool person_answers(struct world *world, unsigned n, uint32_t value)
{
	const struct core_question *question = &world->nodes[n].core.question;
	unsigned answer = 1 + value % 3;

	if (!world_runs(&world->nodes[n]))
		return false;
	/* to confirm a living node is another fault */
	if (answer == 3 && world->nodes[1 - n].powered)
		return false;
	world_answer(world, n, value / 4 % 4 ? question->code : question->spent,
		     answer);
	return true;
}

/* Mostly where it is allowed, and then it lasts: other faults meet it. */
static bool operator_drills(struct world *world, unsigned n, uint32_t value)
{
	int owner = world_owner(world, 0);

	if (owner >= 0 && value % 4)
		n = (unsigned)owner;
	if (!world_runs(&world->nodes[n]))
		return false;
	world_drill(world, n, value / 4 % 20000);
	return true;
}

static bool operator_errs(struct world *world, unsigned n, uint32_t value)
{
	struct event event = {.type = EVENT_OPERATOR_ASKED};

	if (!world_runs(&world->nodes[n]))
		return false;
	event.operator_.command = COMMAND_CONFIRM;
	event.operator_.token = ++world->reply_token;
	event.operator_.node = 1 - n;
	event.operator_.device = -1;
	event.operator_.force = value % 2;
	world_tell(world, n, &event);
	return true;
}

static const struct {
	const char *name;
	unsigned weight;
	bool (*happens)(struct world *world, unsigned node, uint32_t value);
} kinds[] = {
	{"serial one way", 8, serial_one_way},
	{"serial cut or joined", 6, serial_cut},
	{"loop plug", 2, serial_looped},
	{"serial noise", 3, serial_noise},
	{"serial line busy", 2, serial_busy},
	{"serial line stuck or free", 4, serial_stuck},
	{"serial adapter pulled or plugged in", 3, fault_adapter},
	{"udp one way", 4, fault_udp_one_way},
	{"udp cut or joined", 4, fault_udp_cut},
	{"carrier of a udp link", 4, fault_card},
	{"Ethernet one way", 6, ethernet_one_way},
	{"Ethernet cut or joined", 6, ethernet_cut},
	{"every cable cut", 5, every_cable_cut},
	{"every cable whole", 8, every_cable_whole},
	{"loss, doubles, lateness", 4, wires_worn},
	{"adverts dropped", 2, adverts_dropped},
	{"carrier", 5, carrier},
	{"carrier flaps", 3, carrier_flaps},
	{"tracked interface", 3, tracked},
	{"checks", 5, fault_checks},
	{"real servers", 4, fault_servers},
	{"adverts do not leave", 4, fault_mute},
	{"deaf or in the wrong VLAN", 4, fault_ears},
	{"a filter takes adverts", 4, fault_adverts_filtered},
	{"the gateway", 1, fault_gateway},
	{"one medium after the other", 4, fault_last_medium},
	{"a card and the cables at once", 2, fault_card_dies},
	{"replayed beats", 4, replay},
	{"foreign router", 3, foreign_router},
	{"forged advert", 1, forged_advert},
	{"forged interval", 2, forged_interval},
	{"stream of forged dropped adverts", 2, forged_stream},
	{"disk unwritable or fine", 2, disk_unwritable},
	{"firewall", 1, firewall},
	{"mainboard or kernel dies", 4, mainboard_dies},
	{"power cord pulled", 3, cord_pulled},
	{"power on", 12, power_on},
	{"reset", 3, reset},
	{"boot with every cable cut", 2, boot_without_cables},
	{"main frozen", 5, freeze_main},
	{"machine paused", 4, pause_machine},
	{"wall clock set", 1, wall_clock_steps},
	{"clock battery dies", 1, battery_dies},
	{"main killed", 5, kill_main},
	{"keeper killed", 4, kill_keeper},
	{"fencer killed", 3, kill_fencer},
	{"runner killed", 1, kill_runner},
	{"all programs killed", 3, kill_all},
	{"daemon started", 12, start_daemon},
	{"daemon stopped", 4, stop_daemon},
	{"VIP cannot be added", 3, vip_refused},
	{"VIP cannot be removed", 3, vip_stays},
	{"VIP added by another hand", 2, another_hand},
	{"RTNL held or free", 4, rtnl_held},
	{"looks fail or work", 1, looks_fail},
	{"device dead or back", 3, device_dead},
	{"device reached by one node", 3, device_unreached},
	{"device slow", 2, device_slow},
	{"device hangs", 2, device_hangs},
	{"device dies with a node", 1, device_dies_with},
	{"device takes one client", 2, device_single},
	{"plug welded", 2, plug_welded},
	{"plug read wrong for a moment", 2, plug_misread},
	{"outlet switched by hand", 2, outlet_by_hand},
	{"plug lies", 1, plug_lies},
	{"plug miswired", 1, plug_miswired},
	{"keepers slow", 2, keepers_slow},
	{"fence settings edited", 2, fence_edited},
	{"settings reloaded", 3, settings_reloaded},
	{"intervals reloaded", 3, intervals_reloaded},
	{"operator asks", 8, operator_asks},
	{"a person answers", 6, person_answers},
	{"operator drills", 5, operator_drills},
	{"operator confirms the living", 1, operator_errs},
};

unsigned fault_kinds(void)
{
	return sizeof(kinds) / sizeof(kinds[0]);
}

unsigned fault_weight(unsigned kind)
{
	return kinds[kind].weight;
}

const char *fault_name(unsigned kind)
{
	return kinds[kind].name;
}

void fault_happen(struct world *world, const struct fault *fault)
{
	bool did = kinds[fault->kind].happens(world, fault->node, fault->value);

	fault_counts[fault->kind] += did;
	/* new settings are no reason to lose anybody */
	if (did && kinds[fault->kind].happens != settings_reloaded &&
	    kinds[fault->kind].happens != intervals_reloaded)
		world->disturbed_us = world->now_us;
	if (did)
		world_note(world, "%s (lb0%u, %u)", kinds[fault->kind].name,
			   fault->node + 1, fault->value);
}

void faults_heal(struct world *world)
{
	world->disturbed_us = world->now_us;
	every_cable_whole(world, 0, 0);
	world->noise = world->busy = world->drop_adverts = world->hangs = 0;
	world->lose = world->twice = world->late = 0;
	world->forgery[0].until_us = world->forgery[1].until_us = 0;
	world->no_gateway = false;
	memset(world->plug_lie, 0, sizeof(world->plug_lie));
	for (unsigned d = 0; d < CORE_DEVICES_MAX; d++) {
		world->devices[d].dead = world->devices[d].single_client =
			false;
		world->devices[d].dies_with = -1;
	}
	for (unsigned n = 0; n < 2; n++) {
		struct world_node *node = &world->nodes[n];
		bool fed = power_is_fed(world, n);

		for (unsigned p = 0; p < CORE_PLUGS_MAX; p++) {
			world->outlets[n][p].feeds = (uint8_t)n;
			world->outlets[n][p].told_off = false;
			world->outlets[n][p].misread_us = 0;
		}
		world->device_reached[n] = true;
		world_mute(world, n, false);
		world_ears(world, n, EARS_GOOD);
		world_filter(world, n, false);
		node->line_busy = false;
		node->looped = node->refuses = node->refuses_some = false;
		node->fence_edit = node->fence_edit_read;
		node->fencer_digest = node->settings.fence_digest;
		memset(node->stays, 0, sizeof(node->stays));
		world_rtnl_free(world, n);
		node->no_look = false;
		/* one that has a second to live is switched on later */
		if (node->powered && fed)
			outlets_on(world, n);
		if (node->running && node->powered) {
			for (unsigned l = 0; l < CORE_LINKS_MAX; l++)
				world_adapter(world, n, l, true);
			world_carrier(world, n, true);
			world_tracked(world, n, true);
			world_checks(world, n, CORE_CHECKS_GOOD);
			world_servers(world, n, CORE_SERVERS_SEEN);
		}
		for (unsigned l = 0; l < CORE_LINKS_MAX; l++)
			node->link_open[l] = true;
		node->carrier = true;
		node->tracked_down = false;
		node->checks = CORE_CHECKS_GOOD;
		node->servers = CORE_SERVERS_SEEN;
	}
}
