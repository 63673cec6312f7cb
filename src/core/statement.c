/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What we say and when (R17). A frame is built here in the step in which it is
 * sent, after everything that it acknowledges was processed (R17.4).
 */
#include "internal.h"

/* a line that is busy for a reason unknown is tried again after this */
#define BUSY_AT_LEAST_US MS(4)
#define BUSY_FRAMES	 4

/* A slow fact of 32 bits goes in two halves, with a tag each. */
static void half_fill(struct beat *beat, unsigned tag, uint32_t whole,
		      bool is_low)
{
	beat->slot_tag = (uint16_t)tag;
	beat->slot_value = (uint16_t)(is_low ? whole : whole >> 16);
}

void digest_half_fill(const struct core *core, struct beat *beat, bool is_low)
{
	half_fill(beat, is_low ? SLOT_DIGEST_LOW : SLOT_DIGEST_HIGH,
		  core->settings->digest, is_low);
}

void digest_news_begin(struct core *core, uint32_t old_digest)
{
	uint32_t differs = old_digest ^ core->settings->digest;

	/* each frame has to bring a half that the peer has not heard */
	if (core->news_sequence != 0 || (differs & 0xffffu) == 0 ||
	    differs >> 16 == 0) {
		generation_renew(core);
		return;
	}
	core->news_sequence = core->sequence + 1;
	core->news_us = core->now_us;
}

/* In a tick: it has heard one of them, or will know us as another life. */
static void digest_news_judge(struct core *core)
{
	int64_t until_us;

	if (core->news_sequence == 0)
		return;
	until_us = core->news_us + largest_dead_us(core);
	if (peer_acknowledges(core, core->news_sequence))
		core->news_sequence = 0;
	else if (core->now_us >= until_us)
		generation_renew(core);
	else
		core_wake_at(core, until_us);
}

static bool digest_news_fill(const struct core *core, struct beat *beat)
{
	if (core->news_sequence == 0)
		return false;
	digest_half_fill(core, beat, core->sequence % 2 == 0);
	return true;
}

/* R7: every other turn, where an instance has a source of its own. */
static bool source_fill(struct core *core, struct core_link *l,
			struct beat *beat)
{
	unsigned turn = l->source_turn++;
	unsigned count = core->settings->instance_count, i;
	uint32_t source;

	if (turn % 2 || count == 0)
		return false;
	i = turn / 4 % count;
	source = core->instances[i].source;
	if (source == 0)
		return false;
	half_fill(beat, (turn % 4 ? SLOT_SOURCE_LOW : SLOT_SOURCE_HIGH) + i,
		  source, turn % 4 != 0);
	return true;
}

/*
 * First of all how many instances there are, then a digest of each block of
 * places, in two halves: most files differ in one line. Then of each instance
 * the digests of its name and addresses, in two halves as well.
 */
#define PLACE_HALVES 4
#define BLOCK_HALVES 2
#define PLACE_FIRST  1

static unsigned place_facts(const struct core *core)
{
	return PLACE_FIRST + BLOCK_HALVES * place_blocks(core) +
	       PLACE_HALVES * core->settings->instance_count;
}

static void place_fill(const struct core *core, unsigned turn,
		       struct beat *beat)
{
	static const uint16_t tags[PLACE_HALVES] = {
		SLOT_NAME_LOW,
		SLOT_NAME_HIGH,
		SLOT_ADDRESSES_LOW,
		SLOT_ADDRESSES_HIGH,
	};
	unsigned i, half;
	uint32_t digest;

	if (turn < PLACE_FIRST) {
		beat->slot_tag = SLOT_PLACES;
		beat->slot_value = (uint16_t)core->settings->instance_count;
		return;
	}
	turn -= PLACE_FIRST;
	if (turn < BLOCK_HALVES * place_blocks(core)) {
		i = turn / BLOCK_HALVES;
		half = turn % BLOCK_HALVES;
		half_fill(beat,
			  (half == 0 ? SLOT_BLOCK_LOW : SLOT_BLOCK_HIGH) + i,
			  place_block_digest(core, i), half == 0);
		return;
	}
	turn -= BLOCK_HALVES * place_blocks(core);
	i = turn / PLACE_HALVES;
	half = turn % PLACE_HALVES;
	digest = half < 2 ? instance_name_digest(core, i)
			  : core->settings->instances[i].addresses;
	half_fill(beat, tags[half] + i, digest, half % 2 == 0);
}

/* R15: while the files differ, in two turns of three, how old ours is. */
static bool file_time_fill(const struct core *core, struct core_link *l,
			   struct beat *beat)
{
	uint32_t at_s = core->settings->file_at_s;
	unsigned turn;

	if (at_s == 0 || peer_digest_agrees(core))
		return false;
	turn = l->file_turn++ % 3;
	if (turn == 2)
		return false;
	half_fill(beat, turn == 0 ? SLOT_FILE_LOW : SLOT_FILE_HIGH, at_s,
		  turn == 0);
	return true;
}

void slots_go_on(struct core *core, unsigned turn)
{
	for (unsigned i = 0; i < core->links_end; i++)
		core->links[i].slot_turn = turn;
}

static uint16_t lines_that_follow(const struct core *core)
{
	uint16_t lines = 0;

	for (unsigned i = 0; i < core->links_end; i++)
		if (core->links[i].line_follows)
			lines |= (uint16_t)(1U << i);
	return lines;
}

/*
 * One slow fact a frame; the digest first, an election must not wait for it.
 * Each link tells all of them: what the slower one brings may always be older
 * than what was heard (R7), and one turn for both gave it the same ones for
 * ever, where the number of facts is a multiple of the frames in between.
 */
static void slot_fill(struct core *core, struct core_link *l, struct beat *beat)
{
	const struct core_settings *settings = core->settings;
	unsigned turn, places, board, instances = settings->instance_count;
	uint16_t health = 0;

	l->was_cell = 0;
	/* R15: nothing of the turn goes with it */
	l->was_source = digest_news_fill(core, beat) || digest_fill(core, beat);
	if (l->was_source)
		return;
	l->was_source = source_fill(core, l, beat);
	if (l->was_source || board_fill_changed(core, l, beat))
		return;
	/* R15: while the files differ, which instance each bit stands for:
	 * until that is told nothing can move */
	places = peer_digest_agrees(core) ? 0 : place_facts(core);
	board = core->board.count > 0 && places == 0 ? 1 : 0;
	turn = l->slot_turn++ %
	       (SLOT_TURN_INSTANCES + instances + places + board);
	if (turn > SLOT_TURN_MAINTENANCE &&
	    turn <= SLOT_TURN_MAINTENANCE + places) {
		place_fill(core, turn - SLOT_TURN_MAINTENANCE - 1, beat);
		return;
	}
	if (turn > SLOT_TURN_MAINTENANCE)
		turn -= places;
	switch (turn) {
	case 0:
	case 1:
		digest_half_fill(core, beat, turn == 0);
		return;
	case SLOT_TURN_MAINTENANCE:
		beat->slot_tag = SLOT_MAINTENANCE;
		beat->slot_value = maintenance_word(core);
		return;
	case 3:
		if (file_time_fill(core, l, beat))
			return;
		/* R18: who is never in a hurry need not tell */
		if (settings->hurry_ms > 0 && l->lines_turn++ % 2) {
			beat->slot_tag = SLOT_LINES;
			beat->slot_value = lines_that_follow(core);
			return;
		}
		for (unsigned i = 0; i < settings->device_count; i++)
			if (core->devices[i].tried)
				health |= (uint16_t)(0x100u << i |
						     (core->devices[i].ok
							      ? 1u << i
							      : 0));
		beat->slot_tag = SLOT_FENCE_HEALTH;
		beat->slot_value = health;
		return;
	default:
		break;
	}
	if (turn < SLOT_TURN_INSTANCES) {
		turn -= SLOT_TURN_PARTS;
		beat->slot_tag = (uint16_t)(SLOT_PART_DIGEST + turn);
		beat->slot_value = settings->part_digest[turn];
		return;
	}
	turn -= SLOT_TURN_INSTANCES;
	if (turn == instances) {
		board_fill(core, l, beat);
		return;
	}
	beat->slot_tag = (uint16_t)(SLOT_INSTANCE + turn);
	beat->slot_value =
		(uint16_t)(settings->instances[turn].vrid << 8 |
			   settings->instances[turn].priority[core->self]);
}

static bool fence_path_is_fine(const struct core *core)
{
	const struct core_node *node = &core->settings->nodes[core->peer_index];

	for (unsigned i = 0; i < node->plug_count; i++)
		if (!core->devices[node->plugs[i].device].ok)
			return false;
	return node->plug_count > 0;
}

void statement_build(struct core *core, unsigned link, struct beat *beat)
{
	/* R12: nothing after the last word */
	assert(!core->exiting && core->farewell_us == 0);
	memset(beat, 0, sizeof(*beat));
	/* 2^32 frames are 165 days at 300 a second: a new life, same rights */
	if (core->sequence >= UINT32_MAX - 1000)
		generation_renew(core);
	beat->type = BEAT_STATEMENT;
	beat->sender = (uint8_t)core->self;
	beat->generation = core->generation;
	beat->sequence = ++core->sequence;
	core->sent_us[core->sequence % 64] = core->now_us;
	beat->clock_ms = (uint32_t)(core->now_us / 1000); /* R11 */
	beat->ack_generation = core->peer.heard_generation;
	beat->ack_sequence = core->peer.heard_sequence;
	for (unsigned i = 0; i < core->settings->instance_count; i++) {
		const struct core_instance *instance = &core->instances[i];

		if (instance->own)
			set_add(&beat->own, i);
		if (instance->want)
			set_add(&beat->want, i);
		if (instance->ask)
			set_add(&beat->ask, i);
		if (instance->fit)
			set_add(&beat->fit, i);
		if (instance->stuck)
			beat->flags |= BEAT_FLAG_STUCK;
	}
	/* R17.1, R17.2 */
	assert(!set_meets(&beat->own, &beat->want));
	assert(set_is_within(&beat->ask, &beat->own));
	beat->heard = links_heard(core);
	if (core->memory.maintenance)
		beat->flags |= BEAT_FLAG_MAINTENANCE;
	if (core->stopping)
		beat->flags |= BEAT_FLAG_STOPPING;
	if (core->is_disagreeing)
		beat->flags |= BEAT_FLAG_DISAGREE;
	/* who was shot has forgotten it: its memory went with its power */
	if (core->now_us < core->no_preempt_until_us)
		beat->flags |= BEAT_FLAG_FENCED;
	if (hearing_is_good(core))
		beat->flags |= BEAT_FLAG_HEARS;
	if (hearing_is_by_gateway(core))
		beat->heard |= BEAT_HEARD_GATEWAY;
	if (core->servers == CORE_SERVERS_SEEN)
		beat->heard |= BEAT_HEARD_SERVERS;
	if (fence_path_is_fine(core))
		beat->flags |= BEAT_FLAG_FENCE_OK;
	if (core->hurry.from_us != 0)
		beat->flags |= BEAT_FLAG_ANSWER;
	slot_fill(core, &core->links[link], beat);
	digest_told_note_frame(core, beat);
}

/* R12: signed beforehand, bound to the peer's present generation. */
void statement_obituary(struct core *core, struct beat *beat)
{
	assert(core->peer.generation != 0);
	memset(beat, 0, sizeof(*beat));
	beat->type = BEAT_OBITUARY;
	beat->sender = (uint8_t)core->self;
	beat->generation = core->generation;
	beat->sequence = UINT32_MAX;
	beat->ack_generation = core->peer.generation;
	beat->ack_sequence = core->peer.sequence;
}

void obituary_renew(struct core *core)
{
	struct action *action;

	if (core->peer.generation == 0 ||
	    (core->obituary_for == core->peer.generation &&
	     core->obituary_of == core->generation))
		return;
	core->obituary_for = core->peer.generation;
	core->obituary_of = core->generation;
	action = action_add(core, ACTION_OBITUARY);
	statement_obituary(core, action->send.beat);
}

/*
 * R11: a frame of which nothing was written takes no number: the next one gets
 * it. Not if another link has taken the following one, nor if part of it is on
 * the line, which a delimiter may yet complete: then the peer has heard that
 * number, and an acknowledgement of it would mean two things.
 */
static void number_take_back(struct core *core, const struct event *event)
{
	struct core_link *l = &core->links[event->link.link];

	if (event->link.sequence == 0 ||
	    event->link.generation != core->generation ||
	    event->link.sequence != core->sequence)
		return;
	core->sequence--;
	if (l->source_turn > 0)
		l->source_turn--;
	if (l->was_cell > 0)
		board_take_back(l);
	else if (!l->was_source && l->slot_turn > 0)
		l->slot_turn--;
}

void beat_dropped(struct core *core, const struct event *event)
{
	unsigned link = event->link.link;
	struct core_link *l = &core->links[link];
	int64_t interval_us = link_interval_us(core, link);
	int64_t frame_us = core->settings->links[link].frame_us;

	number_take_back(core, event);
	if (frame_us < BUSY_AT_LEAST_US)
		frame_us = BUSY_AT_LEAST_US;
	/* one frame time, then it fits; a line that is stuck is not stormed */
	l->retry_us = l->retry_us ? 2 * l->retry_us : frame_us;
	if (l->retry_us > BUSY_FRAMES * frame_us)
		l->retry_us = BUSY_FRAMES * frame_us;
	if (l->retry_us > interval_us && interval_us > frame_us)
		l->retry_us = interval_us;
	l->is_dropped = true;
	l->has_farewell = false;
	l->free_us = 0;
	l->next_send_us = core->now_us + l->retry_us;
}

/*
 * R19: whose adverts our beats keep step with: our own, else the peer's; of
 * several instances the first.
 */
static bool sets_pace(const struct core *core, unsigned i)
{
	bool is_ours = core->instances[i].own;

	if (!is_ours && !peer_says_own(core, i))
		return false;
	for (unsigned k = 0; k < i; k++)
		if (is_ours ? core->instances[k].own : peer_says_own(core, k))
			return false;
	/* last: it asks all of them, for each advert of a standby's peer */
	return is_ours || owns_nothing(core);
}

/*
 * A beat that would leave soon leaves now, others draw nearer. Never later than
 * they would: but see beat_pace().
 */
void beats_fall_in(struct core *core, unsigned i)
{
	int64_t most_us = advert_pace_us(core, i);

	if (!sets_pace(core, i))
		return;
	core->beats_follow = !core->instances[i].own;
	/* our own next one may as well be the one that it goes with */
	if (!core->beats_follow)
		most_us -= advert_early_us(core, i);
	for (unsigned k = 0; k < core->links_end; k++) {
		struct core_link *l = &core->links[k];
		int64_t early_us = link_interval_us(core, k) / 8;
		int64_t ahead_us = l->next_send_us - core->now_us;

		/* it is the next advert's, or waits for its line */
		if (ahead_us <= 0 || ahead_us > most_us || l->is_dropped)
			continue;
		l->next_send_us -= ahead_us < early_us ? ahead_us : early_us;
	}
}

/* The next frame by this link, in time: never twice to catch up. */
static void beat_pace(struct core *core, unsigned link, bool urgent)
{
	struct core_link *l = &core->links[link];
	int64_t interval_us = hurry_pace_us(core, link_interval_us(core, link));

	if (urgent || l->next_send_us + interval_us <= core->now_us)
		l->next_send_us = core->now_us + interval_us;
	else
		l->next_send_us += interval_us;
	/* the advert that it keeps step with may be a little late */
	if (core->beats_follow)
		l->next_send_us += interval_us / 16;
	l->free_us = core->now_us + core->settings->links[link].frame_us;
	if (!l->is_dropped)
		l->retry_us = 0;
	l->is_dropped = false;
}

bool beats_are_due(const struct core *core)
{
	for (unsigned i = 0; i < core->links_end; i++)
		if (core->settings->links[i].configured &&
		    !core->links[i].is_broken &&
		    core->now_us >= core->links[i].next_send_us)
			return true;
	return false;
}

void beats_send(struct core *core)
{
	bool urgent = core->urgent_beat;

	digest_news_judge(core);
	core->urgent_beat = false;
	/* R12: nothing after the last word */
	if (core->exiting || core->farewell_us)
		return;
	for (unsigned i = 0; i < core->links_end; i++) {
		struct core_link *l = &core->links[i];

		/*
		 * R8: left-overs go before any link speaks. A keeper that died
		 * later is no reason to fall silent: what is stated is true.
		 */
		if (!core->settings->links[i].configured || l->is_broken ||
		    (!core->keeper_ready && core->keeper_lost_us == 0))
			continue;
		/* a line that said that it is busy is not asked sooner */
		if (core->now_us >= l->next_send_us ||
		    (urgent && !l->is_dropped)) {
			if (core->now_us >= l->free_us) {
				order_beat(core, i);
				beat_pace(core, i, urgent);
			} else {
				/* R17.4: built when the one before has left */
				l->next_send_us = l->free_us;
			}
		}
		core_wake_at(core, l->next_send_us);
	}
	core->beats_follow = false;
}

bool farewell_send(struct core *core)
{
	bool said = true;

	for (unsigned i = 0; i < core->links_end; i++) {
		struct core_link *l = &core->links[i];
		int64_t at_us = l->is_dropped ? l->next_send_us : l->free_us;
		struct action *action;

		if (!core->settings->links[i].configured || l->is_broken ||
		    core->peer.generation == 0 ||
		    (l->has_farewell && core->now_us >= l->free_us))
			continue;
		said = false;
		/* and till it has left: the end of a program flushes its line
		 */
		if (core->now_us < at_us) {
			core_wake_at(core, at_us);
			continue;
		}
		action = action_add(core, ACTION_SEND_BEAT);
		action->send.link = i;
		statement_obituary(core, action->send.beat);
		beat_pace(core, i, true);
		l->has_farewell = true;
	}
	return said;
}
