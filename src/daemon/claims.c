/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claims that wait for the director's table (D1). */
#include "claims.h"

void claims_hold(struct claims *claims, const struct permit *permit,
		 uint32_t number, int64_t now_us)
{
	unsigned i = permit->instance;

	set_add(&claims->held, i);
	claims->of[i].permit = *permit;
	claims->of[i].number = number;
	claims->of[i].until_us = now_us + CLAIM_WAITS_US;
}

void claims_drop(struct claims *claims, unsigned instance)
{
	set_remove(&claims->held, instance);
}

void claims_drop_all(struct claims *claims)
{
	claims->held = (struct instance_set){{0}};
}

static bool take(struct claims *claims, unsigned i, struct permit *permit)
{
	*permit = claims->of[i].permit;
	claims_drop(claims, i);
	return true;
}

bool claims_next_answered(struct claims *claims, uint32_t number,
			  struct permit *permit)
{
	for (unsigned i = 0; i < INSTANCE_SET_MAX; i++)
		/* numbers go round: of two the later one is less than half of
		 * them ahead */
		if (set_has(&claims->held, i) &&
		    number - claims->of[i].number < UINT32_C(1) << 31)
			return take(claims, i, permit);
	return false;
}

bool claims_next_late(struct claims *claims, int64_t now_us,
		      struct permit *permit)
{
	for (unsigned i = 0; i < INSTANCE_SET_MAX; i++)
		if (set_has(&claims->held, i) &&
		    claims->of[i].until_us <= now_us)
			return take(claims, i, permit);
	return false;
}

int64_t claims_due_us(const struct claims *claims)
{
	int64_t due_us = INT64_MAX;

	for (unsigned i = 0; i < INSTANCE_SET_MAX; i++)
		if (set_has(&claims->held, i) &&
		    claims->of[i].until_us < due_us)
			due_us = claims->of[i].until_us;
	return due_us;
}
