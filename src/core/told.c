/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R15: does the peer know our digest? Who does not, does not understand our
 * want, so it must not be cut for that (R4). Each half is told in every other
 * frame till a frame that brought it is acknowledged by a peer that believes
 * us; with many instances a half that was lost would come again a whole turn
 * of the slow facts later.
 */
#include "internal.h"

#define RING 64 /* frames whose half is remembered */

void digest_told_forget(struct core *core)
{
	memset(&core->peer.told, 0, sizeof(core->peer.told));
}

bool digest_is_told(const struct core *core)
{
	return core->peer.told.low && core->peer.told.high;
}

bool digest_fill(const struct core *core, struct beat *beat)
{
	bool is_low = core->peer.told.high ||
		      (!core->peer.told.low && core->sequence % 4 == 0);

	assert(beat->slot_tag == SLOT_NONE);
	/* the other half of the frames is for all else */
	if (digest_is_told(core) || core->sequence % 2 != 0)
		return false;
	digest_half_fill(core, beat, is_low);
	return true;
}

void digest_told_note_frame(struct core *core, const struct beat *beat)
{
	uint64_t bit = UINT64_C(1) << core->sequence % RING;

	assert(core->sequence > 0);
	core->peer.told.low_frames &= ~bit;
	core->peer.told.high_frames &= ~bit;
	if (beat->slot_tag == SLOT_DIGEST_LOW)
		core->peer.told.low_frames |= bit;
	else if (beat->slot_tag == SLOT_DIGEST_HIGH)
		core->peer.told.high_frames |= bit;
}

/*
 * A frame that is acknowledged was heard, but perhaps not believed yet (R17.7):
 * its slow fact was not read then. What we send after the first word that knows
 * our present life acknowledges that word, so it is believed: but a slower link
 * may still bring frames of our old life, which the peer goes on believing. So
 * where there are several, what is on its way has to be over as well.
 */
static int64_t on_its_way_us(const struct core *core)
{
	int64_t most_us = 0;
	unsigned links = 0;

	for (unsigned i = 0; i < core->links_end; i++) {
		int64_t dead_us = link_dead_us(core, i);

		if (!core->settings->links[i].configured)
			continue;
		links++;
		most_us = dead_us > most_us ? dead_us : most_us;
	}
	return links > 1 ? most_us : 0;
}

void digest_told_note_word(struct core *core, const struct beat *beat)
{
	struct core_peer *peer = &core->peer;
	uint64_t bit = UINT64_C(1) << beat->ack_sequence % RING;

	if (beat->ack_generation != core->generation || digest_is_told(core) ||
	    beat->ack_sequence > core->sequence)
		return;
	if (peer->told.first_us == 0)
		peer->told.first_us = core->now_us;
	if (core->sequence - beat->ack_sequence >= RING ||
	    core->sent_us[beat->ack_sequence % RING] <
		    peer->told.first_us + on_its_way_us(core))
		return;
	peer->told.low = peer->told.low || (peer->told.low_frames & bit);
	peer->told.high = peer->told.high || (peer->told.high_frames & bit);
	if (digest_is_told(core))
		peer->told.at_us = core->now_us;
}
