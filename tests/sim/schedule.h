/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SIM_SCHEDULE_H
#define SIM_SCHEDULE_H
/*
 * One seed is one schedule: settings, a world, and a list of faults, all drawn
 * before it runs. So the list can be cut down and run again (shrink.c).
 *   draw.c    settings and faults from a seed
 *   faults.c  what each fault does, and how it is told; faults_ears.c
 *   play.c    runs a schedule: faults, healing, the demand for one owner
 *   shrink.c  the shortest list that still fails
 */
#include "world.h"

#define SCHEDULE_FAULTS_MAX 128

struct fault {
	int64_t at_ms; /* since the start of the safety phase */
	uint8_t kind, node;
	uint32_t value;
};

struct schedule {
	uint64_t seed;
	int64_t settle_ms; /* before the first fault */
	bool second_boots; /* lb02 is there from the start */
	unsigned count;
	struct fault faults[SCHEDULE_FAULTS_MAX];
};

/* draw.c; the settings go into the world, which must be fresh. */
void draw_schedule(uint64_t seed, struct schedule *schedule);
void draw_world(uint64_t seed, struct world *world);
/* What the settings are, for the log. */
void draw_describe(struct world *world);

/* faults.c: a fault that makes no sense just now does nothing. */
unsigned fault_kinds(void);
unsigned fault_weight(unsigned kind);
const char *fault_name(unsigned kind);
void fault_happen(struct world *world, const struct fault *fault);
void faults_heal(struct world *world);
/* How often each kind happened, not drawn. */
extern uint64_t fault_counts[96];

/* faults_links.c */
bool fault_adapter(struct world *world, unsigned node, uint32_t value);
bool fault_udp_one_way(struct world *world, unsigned node, uint32_t value);
bool fault_udp_cut(struct world *world, unsigned node, uint32_t value);
bool fault_card(struct world *world, unsigned node, uint32_t value);

/* faults_ears.c */
bool fault_mute(struct world *world, unsigned node, uint32_t value);
bool fault_ears(struct world *world, unsigned node, uint32_t value);
bool fault_checks(struct world *world, unsigned node, uint32_t value);
bool fault_servers(struct world *world, unsigned node, uint32_t value);
bool fault_adverts_filtered(struct world *world, unsigned node, uint32_t value);
bool fault_gateway(struct world *world, unsigned node, uint32_t value);
bool fault_last_medium(struct world *world, unsigned node, uint32_t value);
bool fault_card_dies(struct world *world, unsigned node, uint32_t value);

/* play.c: NULL, or what went wrong. */
const char *schedule_play(struct world *world, const struct schedule *schedule);
extern int64_t play_slowest_ms;
extern uint64_t play_slowest_seed;

/* shrink.c: cuts down a schedule that fails; returns how often it ran. */
unsigned schedule_shrink(struct world *world, struct schedule *schedule);
#endif
