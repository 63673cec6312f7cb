/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table before the address (D1), where the other node must not have it. The
 * core has decided, and the peer is told as ever; the director is told in the
 * same turn, and has 200 ms. A claim that was decided otherwise meanwhile never
 * reaches the keeper. Nothing here can refuse one: late is an alert.
 */
#include "claim_edge.h"

#include <stdlib.h>

#include "claims.h"
#include "daemon.h"
#include "director_edge.h"
#include "keeper_edge.h"
#include "reload.h"
#include "../base/log.h"

int claim_edge_init(struct daemon *daemon)
{
	daemon->claims = calloc(1, sizeof(*daemon->claims));
	return daemon->claims ? 0 : -1;
}

static void set_timer(struct daemon *daemon)
{
	int64_t due_us = claims_due_us(daemon->claims);

	loop_set_timer(&daemon->loop, TIMER_CLAIMS,
		       due_us == INT64_MAX ? TIMER_NEVER : due_us);
}

void claim_edge_order(struct daemon *daemon, const struct permit *permit)
{
	uint32_t number = 0;

	if (director_edge_has_owner_table(daemon, permit->instance))
		number = director_edge_ask(daemon);
	if (number == 0) {
		claims_drop(daemon->claims, permit->instance);
		keeper_claim(daemon, permit);
		return;
	}
	claims_hold(daemon->claims, permit, number, clock_now_us());
	reload_claimed(daemon);
	set_timer(daemon);
}

void claim_edge_drop(struct daemon *daemon, unsigned instance)
{
	claims_drop(daemon->claims, instance);
	set_timer(daemon);
}

void claim_edge_forget(struct daemon *daemon)
{
	claims_drop_all(daemon->claims);
	set_timer(daemon);
}

void claim_edge_flush(struct daemon *daemon)
{
	struct permit permit;

	while (claims_next_late(daemon->claims, INT64_MAX, &permit))
		keeper_claim(daemon, &permit);
	set_timer(daemon);
}

void claim_edge_stands(struct daemon *daemon, uint32_t number)
{
	struct permit permit;

	while (claims_next_answered(daemon->claims, number, &permit))
		keeper_claim(daemon, &permit);
	set_timer(daemon);
}

void claim_edge_due(struct daemon *daemon)
{
	struct permit permit;

	while (claims_next_late(daemon->claims, clock_now_us(), &permit)) {
		keeper_claim(daemon, &permit);
		log_line(LOG_WARNING,
			 "%s: taken up before its table: twinbeat-director has "
			 "not made it within %d ms",
			 daemon->settings->instances[permit.instance].name,
			 (int)(CLAIM_WAITS_US / 1000));
		director_edge_tell_late(daemon);
	}
	set_timer(daemon);
}
