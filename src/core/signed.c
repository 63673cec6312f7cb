/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the signature of an advert is worth (R2, R7). A twinbeat node signs its
 * adverts with a key of the pair; each carries the generation of its sender and
 * its sender's clock, so that none counts twice. Who signs is known by that,
 * wherever it sends from, and what comes in its name unsigned is nothing.
 * (Where the settings say so adverts are plain: then none of this holds.)
 */
#include "internal.h"

/* Newer by serial arithmetic: the clock wraps within 50 days. */
static bool is_newer(uint32_t clock_ms, uint32_t than_ms)
{
	return (int32_t)(clock_ms - than_ms) > 0;
}

/* Its beats tell of another life that is heard now, and is believed (R17.7). */
static bool is_denied_by_beats(const struct core *core, uint32_t generation)
{
	return two_way_is_heard(core) && peer_statement_is_fresh(core) &&
	       core->peer.generation != generation;
}

/*
 * A life that was not heard by adverts yet. Adverts alone do not tell which of
 * two lives is the later one: where beats do not, the new one is believed when
 * the known one has fallen silent or has said its last word. What was recorded
 * of a life before can pass for life then; it proves nothing (advert_resigned).
 */
static bool is_a_new_life(struct core *core, uint32_t generation)
{
	struct core_peer *peer = &core->peer;

	if (generation == core->generation ||
	    is_denied_by_beats(core, generation))
		return false;
	if (generation == peer->generation || peer->advert_generation == 0)
		return true;
	return generation != peer->advert_retired &&
	       (peer->advert_is_over ||
		core->now_us >= core->vrrp_alive_until_us);
}

static void begin_life(struct core *core, uint32_t generation)
{
	core->peer.advert_retired = core->peer.advert_generation;
	core->peer.advert_generation = generation;
	core->peer.advert_is_over = false;
	for (unsigned i = 0; i < core->settings->instance_count; i++)
		core->instances[i].advert_is_known = false;
}

enum advert_worth advert_weigh(struct core *core, const struct event *event)
{
	const struct core_signature *signature = &event->advert.signature;
	struct core_instance *instance =
		&core->instances[event->advert.instance];
	struct core_peer *peer = &core->peer;

	if (core->settings->instances[event->advert.instance].is_plain)
		return ADVERT_COUNTS;
	if (!signature->is_signed)
		return peer->signs ? ADVERT_FORGED : ADVERT_COUNTS;
	if (signature->generation != peer->advert_generation) {
		if (!is_a_new_life(core, signature->generation))
			return ADVERT_OLD;
		begin_life(core, signature->generation);
	}
	/* the last word of a life has no clock: it was signed beforehand */
	if (signature->is_last) {
		peer->advert_is_over = true;
	} else {
		if (peer->advert_is_over ||
		    (instance->advert_is_known &&
		     !is_newer(signature->clock_ms, instance->advert_clock_ms)))
			return ADVERT_OLD;
		instance->advert_clock_ms = signature->clock_ms;
		instance->advert_is_known = true;
	}
	peer->signs = true;
	return ADVERT_COUNTS;
}

/*
 * R1 resigned: its own word, of the life that its beats told of, and not made
 * before the newest of them. (One whose beats were never heard here is known by
 * its adverts alone.)
 */
bool advert_is_its_newest(const struct core *core, const struct event *event)
{
	const struct core_signature *signature = &event->advert.signature;
	const struct core_peer *peer = &core->peer;

	if (!signature->is_signed)
		return false;
	if (peer->generation == 0)
		return true;
	return signature->generation == peer->generation &&
	       (signature->is_last ||
		!is_newer(peer->statement.clock_ms, signature->clock_ms));
}
