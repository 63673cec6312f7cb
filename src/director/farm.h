/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DIRECTOR_FARM_H
#define DIRECTOR_FARM_H
/*
 * The servers of all services, their checks, and what the pools make of them.
 * No I/O; memory is the caller's.
 */
#include "pool.h"
#include "probe.h"
#include "sight.h"
#include "tally.h"
#include "../wire/instance_set.h"
#include "../ipc/checker_msg.h"
#include "../settings/settings.h"

#define PROBES_MAX 4096

enum peer_says { PEER_SAYS_NOTHING, PEER_SAYS_UP, PEER_SAYS_DOWN };

struct farm {
	const struct settings *settings;
	struct server_rules server_rules[SERVERS_MAX];
	struct server servers[SERVERS_MAX];
	uint8_t peer_says[SERVERS_MAX]; /* the other node's checks (D6) */
	int64_t differs_since_us[SERVERS_MAX]; /* from ours; 0: it does not */
	struct pool_target targets[SERVERS_MAX];
	struct tally tallies[SERVERS_MAX];
	struct pool_rules pool_rules[SERVICES_MAX];
	struct pool pools[SERVICES_MAX];
	struct pool_target fallbacks[SERVICES_MAX];
	/* The checks, and the distinct addresses that they ask. */
	struct probes probes;
	struct probe list[PROBES_MAX];
	struct sight sight;
	struct sight_address seen[SERVERS_MAX];
	struct ip ips[SERVERS_MAX];
	/* As long as a server needs to fall, at both paces (D7). */
	int64_t fall_us, standby_fall_us;
	bool was_blind; /* at the last step */
	/* The instances that are served here, once it was said (D1, D7). */
	struct instance_set owned;
	bool is_owned_known;
	/* A step has changed what the table should hold; whoever makes the
	 * table clears it. */
	bool is_changed;
};

/* before: as it was with the old settings, which must still be there, or NULL.
 * D12: what is the same by name, address and port goes on. */
void farm_begin(struct farm *farm, const struct settings *settings,
		const struct farm *before, int64_t now_us);
/* The answer to a probe counts for all that it asks for. */
void farm_take_result(struct farm *farm, struct probe *probe,
		      enum check_result result, uint8_t percent, bool is_heard,
		      int64_t now_us);
/* What an agent said: no result, and no sight. said: enum agent_said, 0: it did
 * not answer, or said nothing that is known. */
void farm_take_agent(struct farm *farm, struct probe *probe, unsigned said,
		     uint8_t percent, int64_t now_us);
/* All checks of the server are due now, its agent, too. */
void farm_ask_now(struct farm *farm, unsigned server, int64_t now_us);
/* Of all servers. */
void farm_ask_all_now(struct farm *farm, int64_t now_us);
/* Does the other node see it otherwise, for longer than it takes to find out?
 */
bool farm_differs(const struct farm *farm, unsigned server, int64_t now_us);
/* Has each of them the answer to a question of that time or later? */
bool farm_has_asked(const struct farm *farm, unsigned server, int64_t from_us);
/* Who asks for this one, if another does. */
const struct probe *farm_asking(const struct farm *farm,
				const struct probe *probe);
/* D1: its table is the other node's to have. */
bool farm_is_away(const struct farm *farm,
		  const struct settings_service *service);
/* Is any service served here? False also before it was said. */
bool farm_serves(const struct farm *farm);
/* D7: these instances are served here. Until it is said, all are. */
void farm_take_owned(struct farm *farm, const struct instance_set *owned,
		     int64_t now_us);
void farm_step(struct farm *farm, int64_t now_us);
int64_t farm_due_us(const struct farm *farm, int64_t now_us);
/* sh, mh: who gets what goes by the order of the list. */
bool farm_is_ordered(const char *scheduler);
#endif
