/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_CLAIMS_H
#define DAEMON_CLAIMS_H
/*
 * Claims that wait for the director's table (D1): the core has decided them and
 * says so to the peer; only the order to the keeper is held, each for itself,
 * and never for longer than CLAIM_WAITS_US, far below the age at which the
 * keeper refuses a permit. No I/O; memory is the caller's, {0} at first.
 */
#include "../ipc/permit.h"
#include "../wire/instance_set.h"

#define CLAIM_WAITS_US INT64_C(200000)

struct claims {
	struct instance_set held;
	struct {
		struct permit permit;
		uint32_t number; /* what the director must answer */
		int64_t until_us;
	} of[INSTANCE_SET_MAX];
};

void claims_hold(struct claims *claims, const struct permit *permit,
		 uint32_t number, int64_t now_us);
/* Decided otherwise, or sent: it waits no more. */
void claims_drop(struct claims *claims, unsigned instance);
/* All of them. */
void claims_drop_all(struct claims *claims);
/* Those that wait for that answer or an earlier one, one a call: true. */
bool claims_next_answered(struct claims *claims, uint32_t number,
			  struct permit *permit);
/* Those that have waited long enough, one a call: true. INT64_MAX: all. */
bool claims_next_late(struct claims *claims, int64_t now_us,
		      struct permit *permit);
/* INT64_MAX: none waits. */
int64_t claims_due_us(const struct claims *claims);
#endif
