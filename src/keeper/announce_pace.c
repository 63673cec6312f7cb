/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How often the neighbours are told: close together at first, since a frame
 * that is lost costs an outage, then further and further apart; as a second
 * round, if the settings want one; and for ever, so that a switch that was away
 * learns it too. No I/O.
 */
#include "keeper.h"

/* Since the claim, or since the round began; more follow every 5 s. */
static const int64_t announce_after_us[] = {0, 5 * MS_US, 50 * MS_US,
					    500 * MS_US, 5000 * MS_US};
#define SCHEDULED (sizeof(announce_after_us) / sizeof(announce_after_us[0]))

/* From the one before to this one of a round; not for the first. */
static int64_t round_wait_us(unsigned place)
{
	if (place < SCHEDULED)
		return announce_after_us[place] - announce_after_us[place - 1];
	return announce_after_us[SCHEDULED - 1];
}

int64_t announce_wait_us(const struct settings_garp *garp, unsigned step)
{
	unsigned most = garp->repeat > 0 ? garp->repeat : 1;
	unsigned refresh = garp->refresh_repeat > 0 ? garp->refresh_repeat : 1;
	unsigned rounds = garp->delay_ms > 0 ? 2 : 1;

	if (step == 0) /* the first could not be sent yet */
		return announce_after_us[1];
	if (step == most && rounds == 2)
		return garp->delay_ms * (int64_t)MS_US;
	if (step < rounds * most)
		return round_wait_us(step % most);
	if (garp->refresh_s == 0)
		return INT64_MAX;
	return (step - rounds * most) % refresh == 0
		       ? garp->refresh_s * (int64_t)SECOND_US
		       : round_wait_us(1);
}
