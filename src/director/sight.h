/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DIRECTOR_SIGHT_H
#define DIRECTOR_SIGHT_H
/*
 * Who sees nothing decides nothing (D5): is it the servers that are gone, or
 * this node's view of them? Pure.
 */
#include <stdbool.h>
#include <stdint.h>

#define SIGHT_GIVE_UP_US INT64_C(10000000)

/* One distinct address of servers. */
struct sight_address {
	bool is_known, answers;
	int64_t silent_since_us;
};

struct sight {
	struct sight_address *addresses; /* count of them */
	unsigned count;
	int64_t window_us; /* as long as a server needs to fall */
	bool has_carrier;
	bool is_blind; /* weights are frozen */
	bool given_up; /* it lasted: what is seen is taken for true */
	int64_t since_us;
};

void sight_begin(struct sight *sight);
/* Something came back from there, or nothing did (an L4 failure). */
void sight_take_result(struct sight *sight, unsigned i, bool answers,
		       int64_t now_us);
void sight_take_carrier(struct sight *sight, bool has_carrier);
/* Judges anew; call before the pools are stepped. */
void sight_step(struct sight *sight, int64_t now_us);
int64_t sight_due_us(const struct sight *sight);
#endif
