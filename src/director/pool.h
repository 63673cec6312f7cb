/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DIRECTOR_POOL_H
#define DIRECTOR_POOL_H
/*
 * All servers of one service: who of them gets how much, and what happens when
 * too few are left (D2 to D5). Events change the servers (server.h);
 * pool_step() then says what the kernel's table should hold. Pure, as server.h
 * is.
 */
#include <stddef.h>

#include "server.h"

enum pool_on_down { ON_DOWN_AUTO, ON_DOWN_QUIESCE, ON_DOWN_CUT };
enum pool_on_empty { ON_EMPTY_FALLBACK, ON_EMPTY_REFUSE, ON_EMPTY_ALL };

struct pool_rules {
	enum pool_on_down on_down;
	enum pool_on_empty on_empty;
	bool has_fallback;
	/* The scheduler's buckets go by the list (sh, mh): nobody is deleted
	 * for his health (D3). */
	bool is_ordered;
	/* Weights are written times 100, so that percent have steps. */
	bool is_scaled;
	/* UDP flows never leave a server of weight 0 while they flow. */
	bool is_datagram;
	uint32_t quorum, hysteresis; /* of live weight; quorum 0 counts as 1 */
	uint8_t panic_percent;	     /* 0: never */
};

enum pool_mode {
	POOL_STARTING, /* nobody is live, but somebody not known yet */
	POOL_OK,       /* all that may serve do */
	POOL_DEGRADED, /* some of them do not */
	POOL_FALLBACK, /* below the quorum: the fallback gets all that is new */
	POOL_EMPTY,    /* below the quorum, and nobody instead */
	POOL_ALL,      /* below the quorum: all are used (on_empty) */
	POOL_PANIC,    /* so many are down that the checks are doubted */
};

/* What the kernel's table should hold of a server. */
struct pool_target {
	bool is_there;
	uint32_t weight;
};

struct pool {
	const struct pool_rules *rules;
	const struct server_rules *server_rules; /* count of them */
	struct server *servers;
	unsigned count;
	enum pool_mode mode;
	bool was_enough; /* the quorum's hysteresis */
};

void pool_begin(struct pool *pool, int64_t now_us);
/*
 * What should hold now: targets[count], then the fallback's in *fallback.
 * While is_blind, what the checks say since then is not acted on: weights stay
 * (D5), only words count. targets must then be those of the last step.
 */
void pool_step(struct pool *pool, bool is_blind, int64_t now_us,
	       struct pool_target *targets, struct pool_target *fallback);
/* When to step again though nothing happened; INT64_MAX: never. */
int64_t pool_due_us(const struct pool *pool, int64_t now_us);
/* How many are live, and how many are configured with a weight. */
unsigned pool_live(const struct pool *pool, unsigned *total);
#endif
