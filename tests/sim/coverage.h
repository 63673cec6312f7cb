/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SIM_COVERAGE_H
#define SIM_COVERAGE_H
/*
 * Which event met which state: of the instances, the two-way links, the
 * adverts and the fence. Counted before the step. What was never seen is
 * named, so that a hole in the draw of faults shows.
 */
#include <stdint.h>

#include "../../src/core/view.h"

enum coverage_event {
	SEEN_TICK,
	SEEN_STATEMENT,
	SEEN_OBITUARY,
	SEEN_ECHO,
	SEEN_ADVERT,
	SEEN_ADVERT_DROPPED,
	SEEN_ADVERT_ZERO,
	SEEN_ADVERT_FOREIGN,
	SEEN_FIREWALL,
	SEEN_SENT,
	SEEN_UNSENT,
	SEEN_STATION,
	SEEN_LINK_OPENED = SEEN_STATION + CORE_STATIONS,
	SEEN_LINK_BROKEN,
	SEEN_NOISE_MAC,
	SEEN_NOISE_FRAMING,
	SEEN_NOISE_LOOP,
	SEEN_BEAT_DROPPED,
	SEEN_CARRIER_UP,
	SEEN_CARRIER_LOST,
	SEEN_LINE_UP, /* R18 */
	SEEN_LINE_FELL,
	SEEN_CHECKS, /* + enum core_checks */
	SEEN_CHECKS_BAD = SEEN_CHECKS + CORE_CHECKS_BAD,
	SEEN_SERVERS, /* + enum core_servers */
	SEEN_SERVERS_NONE = SEEN_SERVERS + CORE_SERVERS_NONE,
	SEEN_KEEPER_READY,
	SEEN_KEEPER_LOST,
	SEEN_KEEPER_HANGS,
	SEEN_LOOK_UNKNOWN,
	SEEN_LOOK_HELD,
	SEEN_LOOK_GONE,
	SEEN_CLAIM_DONE,
	SEEN_CLAIM_FAILED,
	SEEN_VIP_MENDED,
	SEEN_ALIEN_STAYS,
	SEEN_ALIEN_GONE,
	SEEN_RELEASE_DONE,
	SEEN_RELEASE_FAILED,
	SEEN_FENCE_STEPPED,
	SEEN_FENCE_UNKNOWN,
	SEEN_FENCE_FAILED,
	SEEN_FENCE_OFF,
	SEEN_FENCE_ALREADY_OFF,
	SEEN_FENCE_ON,
	SEEN_FENCE_READ,
	SEEN_FENCE_OUTRUN,
	SEEN_FENCER_LOST,
	SEEN_PROCESS_DIED,
	SEEN_STORE_FAILS,
	SEEN_STORE_WORKS,
	SEEN_ASKED,
	SEEN_STOP = SEEN_ASKED + COMMAND_ANSWER + 1,
	SEEN_EVENTS
};

#define COVERAGE_INSTANCE_STATES (INSTANCE_FAULT + 1)
#define COVERAGE_LINK_STATES	 (LINK_SENDING + 1)
#define COVERAGE_FENCE_STATES	 (FENCE_STATE_HELD + 1)

struct coverage {
	uint64_t instance[COVERAGE_INSTANCE_STATES][SEEN_EVENTS];
	uint64_t link[COVERAGE_LINK_STATES][SEEN_EVENTS];
	uint64_t advert[COVERAGE_LINK_STATES][SEEN_EVENTS];
	uint64_t fence[COVERAGE_FENCE_STATES][SEEN_EVENTS];
};

void coverage_count(struct coverage *coverage, const struct core *core,
		    const struct event *event);
/* One line for each table, and the names of what was never seen. */
void coverage_print(const struct coverage *coverage);
#endif
