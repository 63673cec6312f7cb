/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FENCE_PLAN_H
#define FENCE_PLAN_H
/*
 * Which plugs a request means, level by level, and how long that may take.
 * Pure: no I/O, no clock.
 */
#include "../src/ipc/fencer_msg.h"

struct fence_plan {
	uint32_t level; /* 0: every level at once (READ, ON) */
	bool whole;	/* no plug of the level was left out by the filter */
	uint8_t count;
	uint8_t plugs[PLUGS_MAX]; /* indexes into settings_node.plugs */
};

/*
 * May this request be carried out under these settings? 0, or -1 with a
 * sentence: unknown kind, node, level or device, another digest (R6), our own
 * node (R13), a plug that its driver does not know.
 */
int plan_check_request(const struct settings *settings,
		       const struct fence_request *request, char *error,
		       size_t error_size);

/* The lowest level above `above` that the request allows; false: no more. */
bool plan_next_level(const struct settings *settings,
		     const struct fence_request *request, uint32_t above,
		     struct fence_plan *plan);

/* Every plug that the request allows, ascending by level; false: none. */
bool plan_all_levels(const struct settings *settings,
		     const struct fence_request *request,
		     struct fence_plan *plan);

/*
 * How long switching the plan may take: after soft no further round is begun,
 * at hard the child is killed.
 */
struct plan_times {
	uint32_t soft_ms, hard_ms;
};
struct plan_times plan_times(const struct settings *settings, uint32_t kind,
			     uint32_t node, const struct fence_plan *plan);

/*
 * How long a READ may speak with the device of plug i of the plan: fast ones
 * share PLAN_READ_MS, a slow one adds its answer_ms.
 */
uint32_t plan_read_ms(const struct settings *settings, uint32_t node,
		      const struct fence_plan *plan, unsigned i);

/* The largest power_wait_ms, settle_ms, switch_ms of the plan's devices. */
uint32_t plan_power_wait_ms(const struct settings *settings, uint32_t node,
			    const struct fence_plan *plan);
uint32_t plan_settle_ms(const struct settings *settings, uint32_t node,
			const struct fence_plan *plan);

uint32_t plan_switch_ms(const struct settings *settings, uint32_t node,
			const struct fence_plan *plan);

/* Do only drivers speak that need no process of their own (reads_fast)? */
bool plan_is_fast(const struct settings *settings, uint32_t node,
		  const struct fence_plan *plan);

/* Rounds of read-backs after a write, one settle_ms apart, while time lasts;
 * more of them while switch_ms lasts. */
#define PLAN_ROUNDS 5
/* R14: connect, read, close within a second. */
#define PLAN_READ_MS 1000
/* R5: the guard's reads on devices that the shot does not need, together. */
#define PLAN_GUARD_MS 300

static inline const struct settings_plug *
plan_plug(const struct settings *settings, uint32_t node,
	  const struct fence_plan *plan, unsigned i)
{
	return &settings->nodes[node].plugs[plan->plugs[i]];
}

static inline const struct settings_device *
plan_device(const struct settings *settings, uint32_t node,
	    const struct fence_plan *plan, unsigned i)
{
	return &settings->devices[plan_plug(settings, node, plan, i)->device];
}
#endif
