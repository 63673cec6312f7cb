/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From a seed to settings and faults. Settings are such as "twinbeat check"
 * lets pass: R5 leans on what it demands of tie_ms. Nothing is drawn later.
 */
#include <string.h>

#include "../../src/wire/vrrp.h"
#include "schedule.h"
#include "world_internal.h"

struct dice {
	uint64_t state;
};

static unsigned draw(struct dice *dice, unsigned below)
{
	uint64_t z = dice->state += UINT64_C(0x9E3779B97F4A7C15);

	/* splitmix64: neighbouring seeds have nothing in common */
	z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
	return (unsigned)((z ^ z >> 31) % below);
}

static bool maybe(struct dice *dice, unsigned per_hundred)
{
	return draw(dice, 100) < per_hundred;
}

/* ---- settings ---- */

static void draw_links(struct dice *dice, struct core_settings *s)
{
	static const uint32_t beats[][2] = {
		{100, 400}, {10, 30}, {50, 200}, {1000, 4000}};
	unsigned beat = draw(dice, 4);

	s->links[0].interval_us = beats[beat][0] * 1000;
	s->links[0].dead_ms = beats[beat][1];
	if (maybe(dice, 60))
		return;
	beat = draw(dice, 3);
	s->links[1].configured = true;
	snprintf(s->links[1].name, sizeof(s->links[1].name), "direct");
	s->links[1].interval_us = beats[beat][0] * 1000;
	s->links[1].dead_ms = beats[beat][1];
	s->links[0].configured = maybe(dice, 75);
}

/*
 * A udp link over the interface of the service, or a second one; from dice of
 * its own, so that the rest of a seed stays what it is.
 */
static void draw_cards(uint64_t seed, struct core_settings *s)
{
	static const uint32_t beats[][2] = {
		{100000, 400}, {3300, 30}, {50000, 200}};
	struct dice dice = {seed ^ UINT64_C(0x243f6a8885a308d3)};
	unsigned beat = draw(&dice, 3);

	if (!s->links[1].configured)
		return;
	if (maybe(&dice, 20))
		s->links[1].interfaces = 1;
	if (maybe(&dice, 60))
		return;
	s->links[2].configured = true;
	snprintf(s->links[2].name, sizeof(s->links[2].name), "spare");
	s->links[2].interval_us = beats[beat][0];
	s->links[2].dead_ms = beats[beat][1];
}

/* A carrier that must be lost, or back, for a while; from dice of its own. */
static void draw_debounce(uint64_t seed, struct core_settings *s)
{
	struct dice dice = {seed ^ UINT64_C(0x13198a2e03707344)};

	if (!maybe(&dice, 20))
		return;
	for (unsigned i = 0; i < s->interface_count; i++) {
		s->debounce[i].down_ms =
			maybe(&dice, 50) ? draw(&dice, s->fence.disagree_ms + 1)
					 : 0;
		s->debounce[i].up_ms = maybe(&dice, 70) ? draw(&dice, 3000) : 0;
	}
}

static void draw_instances(struct dice *dice, struct core_settings *s)
{
	static const uint32_t adverts[] = {10, 100, 100, 1000};
	bool version_2 = maybe(dice, 30), preempt = maybe(dice, 30);
	uint32_t advert_ms = version_2 ? 1000 : adverts[draw(dice, 4)];
	uint32_t preempt_delay_ms = draw(dice, 8000);

	s->instance_count = maybe(dice, 65) ? 1 : 2 + draw(dice, 3);
	if (maybe(dice, 30)) {
		s->interface_count = 2;
		snprintf(s->interfaces[1], sizeof(s->interfaces[1]), "eth2");
	}
	for (unsigned i = 0; i < s->instance_count; i++) {
		struct core_instance_settings *instance = &s->instances[i];

		*instance = s->instances[0];
		snprintf(instance->name, sizeof(instance->name), "VI_%u",
			 i + 1);
		instance->vrid = (uint8_t)(55 + i);
		instance->version = version_2 ? 2 : 3;
		instance->advert_ms = advert_ms;
		instance->preempt = preempt;
		instance->preempt_delay_ms = preempt_delay_ms;
		instance->priority[1] = i % 2 ? 200 : 100;
		instance->track_count = s->interface_count - 1;
		instance->track[0] = 1;
	}
}

/* R3: scripts and the like; from dice of its own. */
static void draw_checks(uint64_t seed, struct core_settings *s)
{
	struct dice dice = {seed ^ UINT64_C(0xa54ff53a5f1d36f1)};
	bool has_checks = maybe(&dice, 25);

	for (unsigned i = 0; i < s->instance_count; i++)
		s->instances[i].has_checks = has_checks;
}

/* R3: the director's services, on all instances or on the first alone. */
static void draw_servers(uint64_t seed, struct core_settings *s)
{
	struct dice dice = {seed ^ UINT64_C(0x5b8c2d1e97f4a306)};
	bool has_servers = maybe(&dice, 25), on_all = maybe(&dice, 50);

	for (unsigned i = 0; i < s->instance_count; i++)
		s->instances[i].has_servers = has_servers && (i == 0 || on_all);
}

/* Rare, for every event costs as many times more. */
static void draw_many(uint64_t seed, struct core_settings *s)
{
	struct dice dice = {seed ^ UINT64_C(0xbb67ae8584caa73b)};
	unsigned count = 5 + draw(&dice, WORLD_INSTANCES - 4);
	unsigned drawn = s->instance_count < 2 ? 1 : 2;

	if (draw(&dice, 1000) > 1)
		return;
	while (s->instance_count < count) {
		unsigned i = s->instance_count++;

		/* of the drawn ones, there may be but one */
		s->instances[i] = s->instances[i % drawn];
		snprintf(s->instances[i].name, sizeof(s->instances[i].name),
			 "VI_%u", i + 1);
		s->instances[i].vrid = (uint8_t)(55 + i);
		s->instances[i].priority[1] = i % 2 ? 200 : 100;
	}
	for (unsigned i = 0; i < count; i++)
		if (s->instances[i].advert_ms < 100)
			s->instances[i].advert_ms = 100;
}

/* R21: all in one sync group, or the first two, of whose fates one is its own.
 */
static void draw_groups(uint64_t seed, struct core_settings *s)
{
	struct dice dice = {seed ^ UINT64_C(0x510e527fade682d1)};
	unsigned members = maybe(&dice, 50) ? s->instance_count : 2;

	if (s->instance_count < 2 || maybe(&dice, 60))
		return;
	for (unsigned i = 0; i < members; i++) {
		s->instances[i].group = 1;
		s->instances[i].priority[1] = s->instances[0].priority[1];
	}
	if (maybe(&dice, 50))
		s->instances[1].track_count = 0;
}

/* A slow line, as far as check lets it: half its load, four frames in time. */
static void draw_baud(uint64_t seed, struct world *world)
{
	struct dice dice = {seed ^ UINT64_C(0x3c6ef372fe94f82b)};
	const struct core_settings *s = &world->nodes[0].settings;
	uint32_t most_us = s->links[0].interval_us / 2;

	for (unsigned n = 0; n < 2; n++)
		if (most_us > world->nodes[n].settings.fence.yield_ms * 250)
			most_us = world->nodes[n].settings.fence.yield_ms * 250;
	if (maybe(&dice, 70) || most_us <= 3300)
		return;
	world_frame_takes(world, 3300 + draw(&dice, most_us - 3300));
}

/* R2, R15: adverts that are not signed, by one of the two files or by both. */
static void draw_signing(uint64_t seed, struct world *world)
{
	struct dice dice = {seed ^ UINT64_C(0xa54ff53a5f1d36f1)};
	unsigned who = draw(&dice, 100);

	if (who > 5)
		return;
	for (unsigned n = 0; n < 2; n++) {
		struct core_settings *s = &world->nodes[n].settings;

		if (who < 4 && who % 2 != n)
			continue;
		for (unsigned i = 0; i < s->instance_count; i++)
			s->instances[i].is_plain = true;
		if (who < 4)
			s->digest ^= 0xa5a500;
	}
}

static void draw_fence(struct dice *dice, const struct world *world,
		       struct core_settings *s)
{
	static const enum core_policy disagree[] = {CORE_FENCE, CORE_YIELD,
						    CORE_HOLD};

	s->fence.required = !maybe(dice, 4);
	s->fence.disagree_probe = !maybe(dice, 10);
	s->fence.reboot = maybe(dice, 30);
	s->fence.on_disagreement = disagree[draw(dice, 3)];
	s->fence.on_failure = maybe(dice, 4) ? CORE_TAKEOVER : CORE_HOLD;
	s->fence.on_startup_silence = maybe(dice, 70) ? CORE_FENCE : CORE_WAIT;
	s->fence.tie_ms = world_least_tie_ms(world, s) + 100 + draw(dice, 3000);
	s->fence.delay_ms = maybe(dice, 70) ? 0 : draw(dice, 3000);
	s->fence.disagree_ms = 200 + draw(dice, 5000);
	s->fence.lone_link_ms = draw(dice, 5000);
	s->fence.yield_ms = 50 + draw(dice, 1000);
	s->fence.off_ms = 1000 + draw(dice, 10000);
	s->fence.monitor_ms = 1000 * draw(dice, 60);
	s->fence.max_per_window = maybe(dice, 50) ? 0 : 3;
	s->fence.window_ms = 60000 + draw(dice, 600000);
	s->fence.tie_ms += s->fence.delay_ms;
	s->fence.on_no_answer = maybe(dice, 30) ? CORE_FENCE : CORE_HOLD;
	s->fence.ask_ms = 1000 + draw(dice, 20000);
	if (maybe(dice, 30)) {
		s->fence.on_disagreement = CORE_ASK;
		s->fence.on_startup_silence = CORE_ASK;
		s->fence.on_failure = CORE_ASK;
	}
	if (s->links[1].configured && maybe(dice, 25)) {
		s->fence.defend = true;
		/* as check demands */
		s->links[1].interfaces = 1;
		s->fence.delay_ms = s->fence.tie_ms + CORE_DEFEND_WITHIN_MS +
				    1 + draw(dice, 1000);
	}
}

static void draw_plugs(struct dice *dice, struct core_settings *s)
{
	unsigned shape = draw(dice, 10);

	if (shape < 2)
		settings_own_pdu(s);
	if (shape < 6)
		return;
	/* 6, 7: two supplies; 8, 9: a second level; on one device or two */
	s->device_count = 1 + shape % 2;
	snprintf(s->devices[1], sizeof(s->devices[1]), "bmc");
	for (unsigned n = 0; n < 2; n++) {
		s->nodes[n].plug_count = 2;
		s->nodes[n].plugs[1].level = shape < 8 ? 1 : 2;
		s->nodes[n].plugs[1].device =
			(uint8_t)(s->device_count == 2 ? 1 : 0);
	}
}

/* R15: somebody edited one of the two files. */
static void draw_difference(struct dice *dice, struct core_settings *s)
{
	switch (draw(dice, 6)) {
	case 0:
		s->fence.on_disagreement = CORE_HOLD;
		break;
	case 1:
		s->fence.disagree_ms = 100 + draw(dice, 8000);
		break;
	case 2:
		s->instances[0].preempt = !s->instances[0].preempt;
		break;
	case 3:
		s->fence.reboot = !s->fence.reboot;
		break;
	case 4:
		s->instances[0].vrid++; /* of no effect but the alert here */
		break;
	default:
		s->fence.yield_ms = 50 + draw(dice, 3000);
		break;
	}
	s->digest ^= 0x5a5a5a;
}

static void draw_surroundings(struct dice *dice, struct world *world)
{
	world->power_wait_ms = maybe(dice, 40) ? 0 : 1000;
	world->holdup_us = world->power_wait_ms && maybe(dice, 60)
				   ? draw(dice, 1000000)
				   : 0;
	world->fence_us = 500 + draw(dice, 400000);
	if (maybe(dice, 60)) {
		world->fence_lag_us = draw(dice, 50000);
		world->fence_answer_us = 1 + draw(dice, 50000);
	}
	world->boot_ms = maybe(dice, 50) ? (int64_t)draw(dice, 20000) : -1;
	world->jitter_us = maybe(dice, 60) ? 0 : 1 + draw(dice, 3000);
	world->udp_us = 100 + draw(dice, 300);
	world->keeper_us = maybe(dice, 60) ? 300 : draw(dice, 100000);
	world->no_gateway = maybe(dice, 15);
	world->others = maybe(dice, 30);
	world->start_us = maybe(dice, 60) ? 0 : draw(dice, 5000000);
	world->lose = maybe(dice, 60) ? 0 : draw(dice, 60);
	world->twice = maybe(dice, 80) ? 0 : draw(dice, 50);
	world->late = maybe(dice, 70) ? 0 : draw(dice, 80);
	world->late_us = 1 + draw(dice, 20000);
	if (maybe(dice, 50)) {
		world->clocks_drawn = true;
		for (unsigned n = 0; n < 2; n++) {
			world->nodes[n].clock_ppm = (int)draw(dice, 400) - 200;
			world->nodes[n].clock_offset_us =
				(int64_t)draw(dice, 1000000) * 1000;
			world->clock_step_s[n] = draw(dice, 7200);
		}
	}
}

/*
 * R18, in a third of the schedules: modem lines, and adapters that tell them
 * late, never, or hold them up. By the seed alone: the others stay as they are.
 */
static void draw_hurry(uint64_t seed, struct world *world)
{
	struct core_settings *s = &world->nodes[0].settings;
	struct dice dice = {seed ^ UINT64_C(0x4855525259)};
	uint32_t least_ms = 4 * s->links[0].frame_us / 1000 + 10;

	if (draw(&dice, 3) != 0 || !s->links[0].configured)
		return;
	for (unsigned n = 0; n < 2; n++) {
		world->nodes[n].lines = maybe(&dice, 20)   ? LINES_NEVER
					: maybe(&dice, 15) ? LINES_HELD
							   : LINES_HONEST;
		world->line_cut[n] = maybe(&dice, 5);
	}
	s->hurry_ms = least_ms + draw(&dice, 150);
	/* R5: the spread of what both wait for begins at hurry_ms */
	s->fence.tie_ms += s->links[0].dead_ms;
	world->nodes[1].settings.hurry_ms = s->hurry_ms;
	world->nodes[1].settings.fence.tie_ms += s->links[0].dead_ms;
}

/*
 * R15, R1: in a twelfth of the schedules one file was edited while nothing ran.
 * By the seed alone.
 */
static void draw_addresses(uint64_t seed, struct world *world)
{
	const struct core_settings *s = &world->nodes[0].settings;
	struct dice dice = {seed ^ UINT64_C(0x41444452455353)};
	unsigned count = s->instance_count, i;

	world_addresses_begin(world);
	if (count < 2 || draw(&dice, 12) != 0 ||
	    s->digest != world->nodes[1].settings.digest)
		return;
	i = draw(&dice, count);
	world_addresses_swap(world, 1, i,
			     (i + 1 + draw(&dice, count - 1)) % count);
}

void draw_world(uint64_t seed, struct world *world)
{
	struct dice dice = {seed};
	struct core_settings *s = &world->nodes[0].settings;
	uint32_t startup_ms;

	draw_surroundings(&dice, world);
	draw_links(&dice, s);
	draw_instances(&dice, s);
	draw_checks(seed, s);
	draw_servers(seed, s);
	draw_many(seed, s);
	draw_groups(seed, s);
	draw_plugs(&dice, s);
	draw_cards(seed, s);
	draw_fence(&dice, world, s);
	draw_debounce(seed, s);
	startup_ms = 5000 + draw(&dice, 20000);
	s->startup_ms = startup_ms;
	s->unclean_startup_ms = 2 * startup_ms;
	s->lease_ms = maybe(&dice, 10) ? 0 : 3000;
	world->nodes[1].settings = *s;
	world->nodes[1].settings.self = 1;
	if (maybe(&dice, 8))
		draw_difference(&dice, &world->nodes[1].settings);
	draw_signing(seed, world);
	draw_baud(seed, world);
	draw_hurry(seed, world);
	draw_addresses(seed, world);
	world->random = seed * UINT64_C(0x9E3779B97F4A7C15) | 1;
	for (unsigned i = 0; i < 8; i++)
		world_random(world);
}

void draw_describe(struct world *world)
{
	const struct core_settings *s = &world->nodes[0].settings;

	world_note(world,
		   "settings: %u instances, v%u every %u ms; serial %s %u/%u, "
		   "udp %s%s %u/%u ms%s; preempt %d, reboot %d, defend %d, "
		   "required %d",
		   s->instance_count, s->instances[0].version,
		   s->instances[0].advert_ms,
		   s->links[0].configured ? "yes" : "no",
		   s->links[0].interval_us / 1000, s->links[0].dead_ms,
		   s->links[1].configured ? "yes" : "no",
		   s->links[1].interfaces ? " (on the service)" : "",
		   s->links[1].interval_us / 1000, s->links[1].dead_ms,
		   s->links[2].configured ? ", and a second one" : "",
		   s->instances[0].preempt, s->fence.reboot, s->fence.defend,
		   s->fence.required);
	world_note(world,
		   "settings: delay %u, tie %u, disagree %u, lone link %u, "
		   "yield %u, start-up %u, lease %u, hurry %u ms; %u plugs; "
		   "power_wait %u ms; digests %s",
		   s->fence.delay_ms, s->fence.tie_ms, s->fence.disagree_ms,
		   s->fence.lone_link_ms, s->fence.yield_ms, s->startup_ms,
		   s->lease_ms, s->hurry_ms, s->nodes[0].plug_count,
		   world->power_wait_ms,
		   s->digest == world->nodes[1].settings.digest ? "agree"
								: "differ");
}

/* ---- faults ---- */

static unsigned draw_kind(struct dice *dice)
{
	unsigned total = 0, at, kind = 0;

	for (unsigned i = 0; i < fault_kinds(); i++)
		total += fault_weight(i);
	at = draw(dice, total);
	while (at >= fault_weight(kind))
		at -= fault_weight(kind++);
	return kind;
}

/* A few schedules are all about one trouble: it comes again and again. */
void draw_schedule(uint64_t seed, struct schedule *schedule)
{
	struct dice dice = {seed ^ UINT64_C(0x6a09e667f3bcc908)};
	unsigned favourite = draw_kind(&dice);
	unsigned favour = maybe(&dice, 25) ? 40 : 0;
	int64_t at_ms = 0, length_ms = 20000 + draw(&dice, 120000);

	memset(schedule, 0, sizeof(*schedule));
	schedule->seed = seed;
	schedule->settle_ms = 500 + draw(&dice, 20000);
	schedule->second_boots = maybe(&dice, 85);
	while (at_ms < length_ms && schedule->count < SCHEDULE_FAULTS_MAX) {
		struct fault *fault = &schedule->faults[schedule->count++];

		fault->at_ms = at_ms;
		fault->kind =
			(uint8_t)(maybe(&dice, favour) ? favourite
						       : draw_kind(&dice));
		fault->node = (uint8_t)draw(&dice, 2);
		fault->value = draw(&dice, 1u << 30);
		at_ms += maybe(&dice, 35) ? draw(&dice, 60) : draw(&dice, 9000);
	}
}
