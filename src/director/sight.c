/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Blindness (D5). */
#include "sight.h"

#include <string.h>

void sight_begin(struct sight *sight)
{
	memset(sight->addresses, 0, sight->count * sizeof(*sight->addresses));
	sight->has_carrier = true;
	sight->is_blind = sight->given_up = false;
	sight->since_us = sight->dark_since_us = 0;
}

void sight_take_result(struct sight *sight, unsigned i, bool answers,
		       int64_t now_us)
{
	struct sight_address *address = &sight->addresses[i];

	/* the first failure of a row is when it fell silent */
	if (!answers && (address->answers || !address->is_known))
		address->silent_since_us = now_us;
	/* One that never answered did not fall silent with the others. */
	if (answers)
		address->is_known = true;
	address->is_asked = true;
	address->answers = answers;
}

void sight_take_carrier(struct sight *sight, bool has_carrier)
{
	sight->has_carrier = has_carrier;
}

/* All that ever answered are silent, and two or more fell silent together: a
 * server that died an hour ago is no witness. */
static bool is_dark(const struct sight *sight, int64_t now_us)
{
	unsigned together = 0;

	for (unsigned i = 0; i < sight->count; i++) {
		const struct sight_address *address = &sight->addresses[i];

		if (address->is_known && address->answers)
			return false;
		together +=
			address->is_known &&
			now_us - address->silent_since_us <= sight->window_us;
	}
	return together >= 2;
}

static bool is_one_seen(const struct sight *sight)
{
	for (unsigned i = 0; i < sight->count; i++)
		if (sight->addresses[i].answers)
			return true;
	return false;
}

/* One address alone is no witness: it may well be that server. */
static bool is_all_silent(const struct sight *sight)
{
	if (!sight->has_carrier)
		return true;
	for (unsigned i = 0; i < sight->count; i++)
		if (!sight->addresses[i].is_asked ||
		    sight->addresses[i].answers)
			return false;
	return sight->count >= 2;
}

void sight_step(struct sight *sight, int64_t now_us)
{
	bool is_seeing = sight->has_carrier && is_one_seen(sight);

	if (is_seeing) {
		sight->is_blind = sight->given_up = false;
		sight->dark_since_us = 0;
		return;
	}
	if (sight->dark_since_us == 0 && is_all_silent(sight))
		sight->dark_since_us = now_us;
	if (!sight->is_blind && !sight->given_up &&
	    (!sight->has_carrier || is_dark(sight, now_us))) {
		sight->is_blind = true;
		sight->since_us = now_us;
	}
	if (sight->is_blind && now_us - sight->since_us >= SIGHT_GIVE_UP_US) {
		sight->is_blind = false;
		sight->given_up = true;
	}
}

enum sight_word sight_word(const struct sight *sight, int64_t now_us)
{
	if (sight->has_carrier && is_one_seen(sight))
		return SIGHT_SEES;
	return sight->dark_since_us != 0 && now_us - sight->dark_since_us >=
						    sight->confirm_us
		       ? SIGHT_NONE
		       : SIGHT_UNKNOWN;
}

int64_t sight_due_us(const struct sight *sight, int64_t now_us)
{
	int64_t due_us = INT64_MAX;
	int64_t confirmed_us = sight->dark_since_us + sight->confirm_us;

	if (sight->is_blind)
		due_us = sight->since_us + SIGHT_GIVE_UP_US;
	if (sight->dark_since_us != 0 && now_us < confirmed_us &&
	    confirmed_us < due_us)
		due_us = confirmed_us;
	return due_us;
}
