/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H
/*
 * A world for two cores: it knows the truth (power, who holds which VIP, each
 * direction of each link, each plug) apart from what the nodes believe. Time
 * is virtual; one thread; nothing random unless the caller draws it.
 */
#include "../../src/core/state.h"

#define WORLD_QUEUE 1024
#define WORLD_LOG   (64 * 1024)

enum plug_lie {
	PLUG_HONEST,
	PLUG_DEAD,   /* the device does not answer */
	PLUG_WELDED, /* acknowledges, stays on, reads on */
	PLUG_LYING,  /* reads off, power stays */
};

struct world_node {
	struct core core;
	struct core_settings settings;
	struct core_memory disk;
	bool powered;			/* the machine has power */
	bool running;			/* the daemon's main process lives */
	bool keeper;			/* the keeper lives */
	bool frozen;			/* the main process is not scheduled */
	bool vip[CORE_INSTANCES_MAX];	/* the truth */
	bool stays[CORE_INSTANCES_MAX]; /* cannot be removed */
	bool refuses;			/* addresses cannot be added */
	bool carrier;
	bool serial_open;
	uint32_t epoch; /* counts lives: old messages do not reach a new one */
	bool has_will;
	struct beat will;
	unsigned reads, offs; /* requests to the fence device */
	bool fenced;	      /* its power was cut by the other node */
	bool lease_ended; /* frozen so long that the kernel removed its VIPs */
};

struct world_message {
	int64_t at_us;
	uint64_t order;
	unsigned node;
	uint32_t epoch;
	enum {
		TO_CORE,
		FROM_KEEPER_RELEASE,
		LAST_WILL,
		FENCE_ACTS,
		LEASE_ENDS,
		WAKES,
	} kind;
	struct event event;
	bool by_serial, by_ethernet;
	struct {
		uint32_t id;
		enum core_fence_kind kind;
		unsigned node;
		uint32_t levels, digest;
	} fence;
};

struct world {
	int64_t now_us;
	uint64_t order;
	struct world_node nodes[2];
	bool serial[2], ethernet[2]; /* [i]: from node i to the other */
	int64_t serial_us, ethernet_us, keeper_us, fence_us;
	bool plug_on[2];
	enum plug_lie lie;
	/* several plugs: what ails one of them, which are switched off */
	enum plug_lie plug_lie[2][CORE_PLUGS_MAX];
	bool plug_off[2][CORE_PLUGS_MAX];
	uint32_t power_wait_ms;	 /* as the device's settings say (R6) */
	int64_t clock_step_s[2]; /* how far a node's wall clock was set */
	bool device_reached[2];	 /* by node i */
	unsigned count;
	struct world_message queue[WORLD_QUEUE];
	struct actions actions;
	uint64_t events;
	/* faults of the wires, per mille, drawn from random (0 = none) */
	uint64_t random;
	unsigned lose, twice, late;
	int64_t late_us;  /* at most, when late */
	bool quiet;	  /* keep no log */
	unsigned excused; /* what physics forbids: a plug that lies ... */
	const char *excuse;
	const char *broken; /* the first invariant that was broken */
	int64_t broken_us;
	bool loud; /* every trace line, alerts too */
	/* sees each action of a core before it is carried out; may be NULL */
	void (*observe)(void *observer, unsigned node,
			const struct action *action);
	void *observer;
	size_t log_used;
	char log[WORLD_LOG];
	uint32_t reply_token;
	bool reply_done, reply_ok;
	char reply[CORE_TEXT_MAX];
};

/* Two nodes lb01 (150) and lb02 (100), one instance VI_1, sane settings. */
void world_init(struct world *world);
/* Starts the daemon on a node; power comes first. */
void world_boot(struct world *world, unsigned node);
void world_power_off(struct world *world, unsigned node);
void world_power_on(struct world *world, unsigned node);
/* kill -9 of the main process: the keeper acts as its last will. */
void world_kill_main(struct world *world, unsigned node);
/* The main process is not scheduled for ms; its lease goes on running out. */
void world_freeze(struct world *world, unsigned node, int64_t ms);
/* kill -9 of the keeper: main sees it and starts a new one. */
void world_kill_keeper(struct world *world, unsigned node, int64_t gap_ms);
uint64_t world_random(struct world *world);
void world_carrier(struct world *world, unsigned node, bool up);
void world_ask(struct world *world, unsigned node, enum core_command command,
	       unsigned target);
void world_stop(struct world *world, unsigned node);
/* Any other fact, told to the core of a node at once. */
void world_tell(struct world *world, unsigned node, const struct event *event);
/* Runs until now + ms; stops early when an invariant breaks. */
void world_run_ms(struct world *world, int64_t ms);
/* The node that holds instance 0, -1 none, -2 both. */
int world_owner(const struct world *world, unsigned instance);
#endif
