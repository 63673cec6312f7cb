/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the signature of an advert is worth (R2, R7). A twinbeat node signs its
 * adverts with a key of the pair; each carries the generation of its sender and
 * its sender's clock, so that none counts twice. Who signs is known by that,
 * wherever it sends from, and what comes in its name unsigned is nothing.
 * (Where the settings say so adverts are plain: then none of this holds.)
 */
#include "internal.h"

/* R7: adverts in a row by which a life that beats deny is called one. */
#define DENIED_AT_LEAST 3

/* A word on its way, and what crystals differ by: 1 in 4096. */
#define ON_ITS_WAY_MS	(60 * INT64_C(1000))
#define CRYSTALS_DIFFER 4096

/* By our own clock. */
static int64_t passed_ms(const struct core *core, int64_t since_us)
{
	assert(since_us <= core->now_us);
	return (core->now_us - since_us) / 1000;
}

/*
 * The clock wraps within 50 days, so by itself it tells only within 25 what is
 * newer. The rest is told by our own: what was heard at some time tells what it
 * must be by now, and a word is of the time nearest to that. How far it is
 * ahead of that; below 0: behind.
 */
static int64_t ahead_ms(const struct core *core, uint32_t clock_ms,
			uint32_t heard_ms, int64_t heard_us)
{
	return (int32_t)(clock_ms - heard_ms -
			 (uint32_t)passed_ms(core, heard_us));
}

/* How much later it was made than what was heard at that time. */
static int64_t later_ms(const struct core *core, uint32_t clock_ms,
			uint32_t heard_ms, int64_t heard_us)
{
	return passed_ms(core, heard_us) +
	       ahead_ms(core, clock_ms, heard_ms, heard_us);
}

/*
 * Ahead of what beats have told of its life's clock: it was recorded 25 to 50
 * days ago. Believed, it would make all that follows look old.
 */
static bool is_ahead_of_beats(const struct core *core,
			      const struct core_signature *signature)
{
	const struct core_peer *peer = &core->peer;
	int64_t most_ms = ON_ITS_WAY_MS +
			  passed_ms(core, peer->heard_us) / CRYSTALS_DIFFER;

	return signature->generation == peer->heard_generation &&
	       ahead_ms(core, signature->clock_ms, peer->heard_clock_ms,
			peer->heard_us) > most_ms;
}

/* Its beats are heard now: they tell which life is the present one (R17.7). */
static bool beats_tell(const struct core *core)
{
	return two_way_is_heard(core) && peer_statement_is_fresh(core);
}

static struct core_life *life_find(struct core_peer *peer, uint32_t generation)
{
	for (unsigned i = 0; i < CORE_LIVES_MAX; i++)
		if (peer->lives[i].generation == generation)
			return &peer->lives[i];
	return NULL;
}

/* A place for one more: that of the oldest, but never of the one that its beats
 * told of, whose last word would be a proof. */
static struct core_life *life_add(struct core_peer *peer, uint32_t generation)
{
	struct core_life *life = &peer->lives[peer->next_life];

	if (life->generation != 0 && life->generation == peer->generation) {
		peer->next_life = (peer->next_life + 1) % CORE_LIVES_MAX;
		life = &peer->lives[peer->next_life];
	}
	peer->next_life = (peer->next_life + 1) % CORE_LIVES_MAX;
	*life = (struct core_life){.generation = generation};
	return life;
}

/* Of a life that was heard before: nothing newer than what was heard then. */
static bool is_recorded(const struct core *core, const struct core_life *before,
			const struct core_signature *signature)
{
	return before != NULL &&
	       (before->is_over || signature->is_last ||
		(before->has_clock &&
		 later_ms(core, signature->clock_ms, before->clock_ms,
			  before->clock_us) <= 0));
}

/*
 * Another life than the one whose adverts were heard so far. Adverts alone do
 * not tell which of two is the later one. Where beats do not, another one is
 * believed when the known one has fallen silent or has said its last word; one
 * that was heard before only by an advert that is newer than all that were
 * heard of it: what was recorded is not, and its last word has no clock. What
 * was recorded of a life that was never heard here can pass for life then; it
 * proves nothing (advert_is_its_newest).
 */
static bool is_a_new_life(struct core *core,
			  const struct core_signature *signature)
{
	struct core_peer *peer = &core->peer;
	const struct core_life *known, *before;

	known = life_find(peer, peer->advert_generation);
	before = life_find(peer, signature->generation);
	if (signature->generation == core->generation)
		return false;
	if (is_recorded(core, before, signature))
		return false;
	if (beats_tell(core))
		return signature->generation == peer->generation;
	if (before == NULL && signature->generation == peer->generation)
		return true;
	return peer->advert_generation == 0 || known == NULL ||
	       known->is_over || core->now_us >= core->vrrp_alive_until_us;
}

static void life_note_clock(const struct core *core, struct core_life *life,
			    uint32_t clock_ms)
{
	if (life->has_clock &&
	    later_ms(core, clock_ms, life->clock_ms, life->clock_us) <= 0)
		return;
	life->clock_ms = clock_ms;
	life->clock_us = core->now_us;
	life->has_clock = true;
}

static void begin_life(struct core *core, uint32_t generation)
{
	if (life_find(&core->peer, generation) == NULL)
		life_add(&core->peer, generation);
	core->peer.advert_generation = generation;
	for (unsigned i = 0; i < core->settings->instance_count; i++)
		core->instances[i].advert_is_known = false;
}

/*
 * R7: signed with the key of this pair, by a life that is not ours, and the
 * peer's beats, which are heard, say not its either. What was recorded of an
 * earlier life is no newer than what was heard of that.
 */
static void third_machine_tell(struct core *core, const struct event *event)
{
	const struct core_signature *signature = &event->advert.signature;
	struct core_denied_life *denied = &core->peer.denied;
	const struct core_life *before =
		life_find(&core->peer, signature->generation);
	char text[IP_TEXT_MAX];

	if (!beats_tell(core) || signature->is_last ||
	    signature->generation == core->generation ||
	    is_recorded(core, before, signature))
		return;
	if (denied->generation != signature->generation)
		*denied = (struct core_denied_life){
			.generation = signature->generation,
			.since_us = core->now_us,
		};
	else if (later_ms(core, signature->clock_ms, denied->clock_ms,
			  denied->clock_us) <= 0)
		return;
	denied->clock_ms = signature->clock_ms;
	denied->clock_us = core->now_us;
	/* a new life may be heard by its adverts first */
	if (++denied->heard < DENIED_AT_LEAST ||
	    core->now_us - denied->since_us < largest_dead_us(core))
		return;
	alert_flash(core, ROW_FOREIGN_THIRD, event->advert.instance,
		    60 * (int64_t)SECOND_US,
		    "%s: %s signs adverts with our key, and is not %s by its "
		    "beats: a third machine with a copy of our files (clone, "
		    "backup)? stop twinbeat there",
		    core->settings->instances[event->advert.instance].name,
		    ip_format(&event->advert.source, text), peer_name(core));
}

/*
 * R2: the peer may have begun a new life by new settings, and its cable fallen
 * silent before a beat told of it. Its adverts count only when those of the old
 * one are silent; that silence alone cuts nobody.
 */
static void other_life_note(struct core *core,
			    const struct core_signature *signature)
{
	assert(signature->is_signed);
	if (signature->is_last || signature->generation == core->generation ||
	    life_find(&core->peer, signature->generation) != NULL)
		return;
	core->peer.other_life_us = core->now_us;
}

int64_t other_life_until_us(const struct core *core)
{
	return core->peer.other_life_us == 0
		       ? 0
		       : core->peer.other_life_us + largest_dead_us(core);
}

enum advert_worth advert_weigh(struct core *core, const struct event *event)
{
	const struct core_signature *signature = &event->advert.signature;
	struct core_instance *instance =
		&core->instances[event->advert.instance];
	struct core_peer *peer = &core->peer;
	struct core_life *life;

	if (core->settings->instances[event->advert.instance].is_plain)
		return ADVERT_COUNTS;
	if (!signature->is_signed)
		return peer->signs ? ADVERT_FORGED : ADVERT_COUNTS;
	if (signature->generation != peer->advert_generation) {
		if (!is_a_new_life(core, signature)) {
			other_life_note(core, signature);
			third_machine_tell(core, event);
			return ADVERT_OLD;
		}
		begin_life(core, signature->generation);
	}
	life = life_find(peer, peer->advert_generation);
	assert(life != NULL);
	/* the last word of a life has no clock: it was signed beforehand */
	if (signature->is_last) {
		life->is_over = true;
	} else {
		if (life->is_over ||
		    (beats_tell(core) && is_ahead_of_beats(core, signature)) ||
		    (instance->advert_is_known &&
		     later_ms(core, signature->clock_ms,
			      instance->advert_clock_ms,
			      instance->advert_us) <= 0))
			return ADVERT_OLD;
		instance->advert_clock_ms = signature->clock_ms;
		instance->advert_us = core->now_us;
		instance->advert_is_known = true;
		life_note_clock(core, life, signature->clock_ms);
	}
	peer->signs = true;
	return ADVERT_COUNTS;
}

/*
 * R1 resigned: its own word, of the life that its beats told of, and not made
 * before the newest of them, nor in the wrap before. Where no beat was heard
 * since our start, or since a stall, nothing tells which life is the present
 * one: a priority 0 that was recorded of an earlier one is signed as well.
 */
bool advert_is_its_newest(const struct core *core, const struct event *event)
{
	const struct core_signature *signature = &event->advert.signature;
	const struct core_peer *peer = &core->peer;

	if (!signature->is_signed)
		return false;
	if (signature->generation != peer->generation)
		return false;
	return signature->is_last ||
	       (peer->heard_us != 0 &&
		signature->generation == peer->heard_generation &&
		!is_ahead_of_beats(core, signature) &&
		later_ms(core, signature->clock_ms, peer->heard_clock_ms,
			 peer->heard_us) >= 0);
}
