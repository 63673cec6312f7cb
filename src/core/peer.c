/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the peer says of itself: which frames are believed (R17.7, R12), what
 * its slow facts tell (R15), and whether it is heard at all. A frame that is
 * authentic but not believed is still a sign of life: it can only stop us.
 */
#include <stdio.h>

#include "internal.h"

/* as long as a restart of a daemon or of a link may take */
#define NO_STANDBY_US (5 * (int64_t)SECOND_US)

void peer_lives(struct core *core, const char *how, const char *by)
{
	struct core_peer *peer = &core->peer;

	peer->silent_from_us = 0;
	hurry_answered(core);
	plugs_not_cut(core); /* R8 */
	if (!peer->heard_ever) {
		peer->heard_ever = true;
		core->monitor_due_us = core->now_us; /* R14: at first hearing */
		core->monitor_node = core->peer_index;
	}
	if (peer->state != PEER_UP) {
		trace_change(core, CORE_NOTICE, "peer", -1,
			     peer_state_name(peer->state), "up",
			     "peer %s: %s -> up: %s %s", peer_name(core),
			     peer_state_name(peer->state), how, by);
		peer->state = PEER_UP;
	}
	fence_peer_lives(core, how, by);
}

/* R15: keys and both values, as far as the peer states them. */
static void name_differing_keys(const struct core *core, char *text,
				size_t size)
{
	const struct core_settings *settings = core->settings;
	size_t used = 0;

	for (unsigned i = 0; i < settings->instance_count && used < size; i++) {
		const struct core_instance_settings *own =
			&settings->instances[i];
		uint8_t expected = own->priority[core->peer_index];
		uint8_t told = peer_priority_of(core, i);

		if (told == 0 || told == expected)
			continue;
		used += (size_t)snprintf(
			text + used, size - used,
			"%s%.20s: priority of %.20s is %u here and %u there",
			used ? "; " : " (", own->name, peer_name(core),
			expected, told);
	}
	if (used > 0 && used + 1 < size)
		snprintf(text + used, size - used, ")");
	else if (used > 0)
		text[0] = '\0'; /* too many to name */
}

/* R15: by what each node's clock said; "" where that does not tell. */
static void name_older_file(const struct core *core, char *text, size_t size)
{
	uint32_t ours_s = core->settings->file_at_s;
	uint32_t theirs_s = core->peer.file_at_s;
	uint32_t by_s =
		ours_s > theirs_s ? ours_s - theirs_s : theirs_s - ours_s;

	text[0] = '\0';
	if (core->peer.file_seen != 3 || ours_s == 0 || by_s == 0)
		return;
	snprintf(text, size, " (the older file is %s's, by %u %s)",
		 ours_s < theirs_s ? self_name(core) : peer_name(core),
		 by_s >= 2 * 86400  ? by_s / 86400
		 : by_s >= 2 * 3600 ? by_s / 3600
		 : by_s >= 2 * 60   ? by_s / 60
				    : by_s,
		 by_s >= 2 * 86400  ? "days"
		 : by_s >= 2 * 3600 ? "hours"
		 : by_s >= 2 * 60   ? "minutes"
				    : "s");
}

static void slot_mismatch(struct core *core)
{
	const struct core_peer *peer = &core->peer;
	const struct core_settings *settings = core->settings;
	char parts[60] = "", keys[100] = "", older[80];
	size_t used = 0;

	if (peer->digest_seen != 3)
		return;
	if (peer_digest_agrees(core)) {
		alert_clear(core, ROW_MISMATCH_FILES, 0);
		return;
	}
	for (unsigned i = 0; i < 8 && used < sizeof(parts) - 1; i++)
		if ((peer->part_seen & 1 << i) &&
		    peer->part_digest[i] != settings->part_digest[i])
			used += (size_t)snprintf(
				parts + used, sizeof(parts) - used, "%s%s",
				used ? ", " : "", settings->part_names[i]);
	name_differing_keys(core, keys, sizeof(keys));
	name_older_file(core, older, sizeof(older));
	/* R15 */
	alert_raise(core, ROW_MISMATCH_FILES, 0, CORE_WARNING,
		    "the settings of the two nodes differ%s%s%s%s: copy the "
		    "same file to both, then twinbeat reload on each",
		    used ? " in " : "", parts, keys, older);
}

/* Two halves; a change of both is whole after one turn of the slots. */
static uint32_t half_put(uint32_t whole, bool is_low, uint16_t value)
{
	return is_low ? (whole & 0xffff0000u) | value
		      : (whole & 0xffffu) | (uint32_t)value << 16;
}

bool digest_take(uint32_t *digest, uint8_t *seen, bool is_low, uint16_t value)
{
	uint32_t digest_now = half_put(*digest, is_low, value);
	uint8_t seen_now = *seen | (is_low ? 1 : 2);
	bool is_new = seen_now != *seen || digest_now != *digest;

	*digest = digest_now;
	*seen = seen_now;
	return is_new;
}

/* What it says of its place i, which may be none of ours. True: it is new. */
static bool place_slot_take(struct core *core, uint16_t kind, unsigned i,
			    uint16_t value)
{
	struct core_peer *peer = &core->peer;
	uint8_t vrid = (uint8_t)(value >> 8);
	bool is_new = false;

	if (i >= CORE_INSTANCES_MAX)
		return false;
	if (kind == SLOT_NAME_LOW || kind == SLOT_NAME_HIGH) {
		is_new = digest_take(&peer->name[i], &peer->name_seen[i],
				     kind == SLOT_NAME_LOW, value);
	} else if (kind == SLOT_ADDRESSES_LOW || kind == SLOT_ADDRESSES_HIGH) {
		digest_take(&peer->addresses[i], &peer->addresses_seen[i],
			    kind == SLOT_ADDRESSES_LOW, value);
	} else if (kind == SLOT_BLOCK_LOW || kind == SLOT_BLOCK_HIGH) {
		is_new = place_block_take(core, i, kind == SLOT_BLOCK_LOW,
					  value);
	} else if (kind == SLOT_SOURCE_HIGH || kind == SLOT_SOURCE_LOW) {
		peer->source[i] = half_put(peer->source[i],
					   kind == SLOT_SOURCE_LOW, value);
	} else if (kind == SLOT_INSTANCE) {
		is_new = peer->vrid[i] != vrid;
		peer->vrid[i] = vrid;
		peer->priority[i] = (uint8_t)value;
	}
	return is_new;
}

static void slot_take(struct core *core, const struct beat *beat)
{
	struct core_peer *peer = &core->peer;
	uint16_t tag = beat->slot_tag;
	bool agreed, is_new = false, is_another_file = false;

	if (peer->slot_generation != beat->generation) {
		peer->slot_generation = beat->generation;
		peer->digest_seen = peer->part_seen = peer->file_seen = 0;
		places_forget(core);
		peer->maintenance_seen = peer->health_seen = false;
		peer->lines = 0;
		board_of_peer_forget(core);
	}
	agreed = peer_digest_agrees(core);
	/* another file: of another age, with other addresses */
	if (tag == SLOT_DIGEST_LOW)
		is_another_file = !(peer->digest_seen & 1) ||
				  beat->slot_value != peer->digest_low;
	else if (tag == SLOT_DIGEST_HIGH)
		is_another_file = !(peer->digest_seen & 2) ||
				  beat->slot_value != peer->digest_high;
	if (is_another_file)
		peer->file_seen = peer->part_seen = 0;
	if (tag == SLOT_DIGEST_LOW) {
		peer->digest_low = beat->slot_value;
		peer->digest_seen |= 1;
	} else if (tag == SLOT_DIGEST_HIGH) {
		peer->digest_high = beat->slot_value;
		peer->digest_seen |= 2;
	} else if (tag == SLOT_MAINTENANCE) {
		peer->maintenance = beat->slot_value;
		peer->maintenance_seen = true;
		maintenance_heard(core);
	} else if (tag == SLOT_FILE_LOW || tag == SLOT_FILE_HIGH) {
		peer->file_at_s =
			half_put(peer->file_at_s, tag == SLOT_FILE_LOW,
				 beat->slot_value);
		peer->file_seen |= tag == SLOT_FILE_LOW ? 1 : 2;
	} else if (tag == SLOT_PLACES) {
		peer->place_count = beat->slot_value <= CORE_INSTANCES_MAX
					    ? beat->slot_value
					    : 0;
	} else if (tag == SLOT_LINES) {
		peer->lines = beat->slot_value;
	} else if (tag == SLOT_FENCE_HEALTH) {
		peer->fence_health = beat->slot_value;
		peer->health_seen = true;
	} else if (tag >= SLOT_PART_DIGEST && tag < SLOT_PART_DIGEST + 8) {
		peer->part_digest[tag - SLOT_PART_DIGEST] = beat->slot_value;
		peer->part_seen |= (uint8_t)(1 << (tag - SLOT_PART_DIGEST));
	} else if (!board_slot_take(core, tag, beat->slot_value)) {
		is_new = place_slot_take(core, beat_slot_kind(tag),
					 beat_slot_instance(tag),
					 beat->slot_value);
	}
	/* in one life no bit changes what it stands for (R15) */
	if (agreed && !peer_digest_agrees(core))
		places_remember(core);
	if (is_another_file) {
		addresses_forget(core);
		peer->place_count = 0;
	}
	if (agreed != peer_digest_agrees(core))
		board_of_peer_forget(core);
	if (agreed != peer_digest_agrees(core) || (is_new && !agreed))
		places_learn(core);
	slot_mismatch(core);
}

/* The statement changes what we know of each instance. */
static void statement_apply(struct core *core)
{
	const struct beat *beat = &core->peer.statement;

	/* R12: it outlived the stranger, which was an older life then */
	if (peer_acknowledges(core, core->peer.stranger_sequence))
		core->peer.stranger_sequence = 0;
	for (unsigned i = 0; i < core->settings->instance_count; i++) {
		struct core_instance *instance = &core->instances[i];

		if (peer_acknowledges(core, instance->gave_sequence))
			instance->gave_sequence = 0;
		if (!peer_means_instance(core, i) || set_has(&beat->own, i)) {
			instance->free_from_us = 0;
			/* R17.1: they were a claim's, quicker than this word */
			if (!(beat->flags & BEAT_FLAG_STUCK))
				instance->contradicted = 0;
			continue;
		}
		split_excused(core, i);
		if (!instance->own)
			/* it does not own: no adverts are to be expected */
			advert_link_reset(core, i);
		if (set_has(&beat->want, i))
			instance->free_from_us = 0;
		else if (instance->free_from_us == 0)
			instance->free_from_us = core->now_us;
	}
	core->peer.is_stuck = beat->flags & BEAT_FLAG_STUCK;
}

/* R12: proof only for the generation that we know as its latest. */
static void obituary_heard(struct core *core, const struct beat *beat)
{
	struct core_peer *peer = &core->peer;

	if (beat->generation != peer->generation || peer->stranger_sequence ||
	    beat->ack_generation != core->generation || peer->is_over)
		return;
	assert(peer->generation != 0);
	peer->is_over = true;
	peer->over_is_kept = false;
	plain_is_back(core);
	peer->sequence = UINT32_MAX;
	peer->heard_sequence = UINT32_MAX;
	memset(&peer->statement, 0, sizeof(peer->statement));
	peer->statement_us = 0;
	peer->is_stuck = false;
	trace_change(core, CORE_NOTICE, "peer", -1,
		     peer_state_name(peer->state), "released",
		     "peer %s: %s -> released: its daemon is over and holds "
		     "nothing",
		     peer_name(core), peer_state_name(peer->state));
	peer->state = PEER_RELEASED;
	/* nothing more is to be expected by any link */
	links_reset(core);
}

static void peer_is_new(struct core *core, const struct beat *beat)
{
	struct core_peer *peer = &core->peer;

	trace_change(core, CORE_NOTICE, "peer", -1, "stranger", "known",
		     "peer %s: generation %08x is believed: it acknowledges "
		     "our frame %u",
		     peer_name(core), beat->generation, beat->ack_sequence);
	/* R17.7: it knows a frame of ours that is younger than what it said */
	assert(beat->ack_generation == core->generation);
	assert(beat->generation != peer->generation);
	peer->generation = beat->generation;
	peer->believed_us = core->now_us;
	peer->sequence = 0;
	peer->is_over = false;
	peer->stranger_sequence = 0;
	/* it may have read another file, and sign no more (R2) */
	peer->adverts_fail = false;
	peer->signs = false;
	peer->statement_us = 0;
	memset(&peer->statement, 0, sizeof(peer->statement));
	memset(&peer->told_want, 0, sizeof(peer->told_want));
	memset(&peer->clock, 0, sizeof(peer->clock));
	digest_told_forget(core);
	/* R15: it must know our digest before it wants */
	slots_go_on(core, SLOT_TURN_DIGESTS);
}

int64_t peer_may_live_until_us(const struct core *core)
{
	int64_t namesake_us = namesake_until_us(core);
	int64_t other_us = other_life_until_us(core);

	return namesake_us > other_us ? namesake_us : other_us;
}

/* Round trip: from our frame to the first statement that acknowledges it. */
static void measure_round_trip(struct core *core, unsigned link,
			       const struct beat *beat)
{
	uint32_t sequence = beat->ack_sequence;

	if (beat->ack_generation != core->generation ||
	    sequence > core->sequence || core->sequence - sequence >= 64 ||
	    sequence == core->peer.statement.ack_sequence)
		return;
	core->links[link].round_trip_us =
		core->now_us - core->sent_us[sequence % 64];
}

/*
 * R15: a bit stands for a link by its place in the sender's file, which is ours
 * where the files are equal, as this life has told. Else nobody knows by which
 * of its links it hears us, only that it does: a want and its acknowledgement
 * arrive.
 */
static bool hears_us_by(const struct core *core, unsigned link,
			const struct beat *beat)
{
	if (beat->ack_generation != core->generation)
		return false;
	if (beat->generation == core->peer.slot_generation &&
	    peer_digest_agrees(core))
		return beat->heard >> link & 1;
	return (beat->heard & BEAT_HEARD_LINKS) != 0;
}

void peer_heard_beat(struct core *core, unsigned link, const struct beat *beat)
{
	struct core_peer *peer = &core->peer;
	struct core_link *l = &core->links[link];
	struct instance_set serves;

	assert(link < CORE_LINKS_MAX);
	if (beat->sender != core->peer_index)
		return; /* our own echo: the edge counts it as a loop */
	if (beat->type != BEAT_OBITUARY && !core->peer.runs_twinbeat)
		plain_is_refused(core);
	/* older than the newest of this link: replayed, or from a buffer */
	if ((beat->generation == l->generation &&
	     beat->sequence <= l->sequence) ||
	    (peer->is_over && beat->generation == peer->generation)) {
		l->replays++;
		return;
	}
	if (beat->type == BEAT_OBITUARY) {
		plugs_not_cut(core); /* R8: it lived a moment ago */
		obituary_heard(core, beat);
		return;
	}
	l->generation = beat->generation;
	l->sequence = beat->sequence;
	if (stall_check_peer_clock(core, beat))
		return; /* R11: it waited in a buffer, nobody knows how long */
	l->hears_us = hears_us_by(core, link, beat);
	if (peer->heard_generation != beat->generation ||
	    beat->sequence > peer->heard_sequence) {
		/* R6: what was read as off may not be what speaks here */
		if (peer->heard_generation != beat->generation)
			core->fence.attempt.new_life = true;
		peer->heard_generation = beat->generation;
		peer->heard_sequence = beat->sequence;
		peer->heard_clock_ms = beat->clock_ms;
		peer->heard_us = core->now_us;
	}
	for (unsigned i = 0; i < core->settings->instance_count; i++)
		core->instances[i].resigned_us = 0; /* R1: newest thing heard */
	link_heard(core, link);
	peer->word_us = core->now_us;
	peer_lives(core, "a beat by", core->settings->links[link].name);
	if (beat->generation != peer->generation) {
		/* R17.7; ours is compared with what it acknowledged when */
		if (beat->ack_generation != core->generation ||
		    beat->ack_sequence <= peer->own_sequence_then) {
			/*
			 * Not known here: an obituary proves nothing now, not
			 * even if a late frame of the old life follows (R12).
			 */
			peer->is_over = false;
			peer->stranger_sequence = core->sequence + 1;
			serves = set_and(&beat->own, &beat->fit);
			peer->stranger_serves =
				places_of_stranger(core, &serves);
			return;
		}
		peer_is_new(core, beat);
	}
	if (beat->sequence <= peer->sequence)
		return; /* a slower link brought what we know already */
	measure_round_trip(core, link, beat);
	peer_clock_note(core, beat);
	peer->sequence = beat->sequence;
	/* R17.3: what it wants waits for our acknowledgement: answer at once */
	if (!set_is_within(&beat->want, &peer->told_want))
		core->urgent_beat = true;
	if (beat->flags & BEAT_FLAG_ANSWER)
		hurry_talk(core); /* R18 */
	peer->told_want = beat->want;
	peer->statement = *beat;
	peer->is_fit_for_none = set_is_empty(&beat->fit);
	peer->statement_us = core->now_us;
	peer->statement_link = link;
	peer->own_sequence_then = core->sequence;
	digest_told_note_word(core, beat);
	slot_take(core, beat);
	peer->own_there = beat->own;
	peer->want_there = beat->want;
	places_translate(core, &peer->statement);
	statement_apply(core);
	split_check_statement(core);
	if (beat->ack_generation == core->generation)
		verify_heard_acknowledgement(core, beat->generation,
					     beat->ack_sequence);
}

/* In a tick: heard on no link, since when? */
void peer_judge(struct core *core)
{
	struct core_peer *peer = &core->peer;
	char text[CORE_TEXT_MAX];

	if (peer_is_heard(core)) {
		peer->silent_from_us = 0;
		/* R8: for a later start to know */
		if (!core->memory.links_worked &&
		    two_way_state(core) == LINK_UP &&
		    ((peer->statement.heard & BEAT_HEARD_VRRP) ||
		     adverts_are_alive(core))) {
			core->memory.links_worked = true;
			memory_save(core);
		}
		return;
	}
	if (!peer->heard_ever)
		return;
	if (peer->silent_from_us == 0)
		peer->silent_from_us = core->now_us;
	if (peer->state != PEER_UP)
		return;
	if (peer_is_plain(core)) {
		/* R16: who owns nothing says nothing */
		trace_change(core, CORE_NOTICE, "peer", -1, "up", "unknown",
			     "peer %s: up -> unknown: a plain VRRP router is "
			     "heard only while it serves",
			     peer_name(core));
		peer->state = PEER_UNKNOWN;
		return;
	}
	trace_change(core, CORE_WARNING, "peer", -1, "up", "silent",
		     "peer %s: up -> silent: %s", peer_name(core),
		     links_describe(core, text, sizeof(text)));
	peer->state = PEER_SILENT;
}

static struct instance_set served_here(const struct core *core)
{
	struct instance_set own = {{0}};

	for (unsigned i = 0; i < core->settings->instance_count; i++)
		if (core->instances[i].own && !core->instances[i].releasing)
			set_add(&own, i);
	return own;
}

static bool knows_all(const struct core *core, const struct instance_set *own)
{
	for (unsigned i = 0; i < core->settings->instance_count; i++)
		if (set_has(own, i) && !peer_means_instance(core, i))
			return false;
	return true;
}

/*
 * Why nobody could take over what this node serves, and where to look; NULL:
 * somebody could, or another alert says so: one that was heard and fell silent,
 * or was cut, is link-down.
 */
static const char *no_standby_reason(const struct core *core)
{
	const struct core_peer *peer = &core->peer;
	bool is_fresh = peer_statement_is_fresh(core);
	struct instance_set own;

	/* R16: a plain one that stands by is never heard */
	if (core->stopping || peer_is_plain(core) ||
	    (core->no_standby_us == 0 && peer->state != PEER_RELEASED &&
	     peer->heard_ever && (!is_fresh || peer_says_fit_for_all(core))))
		return NULL; /* nearly always: spare the sum */
	own = served_here(core);
	if (set_is_empty(&own))
		return NULL;
	if (peer->state == PEER_RELEASED)
		return "its twinbeatd has ended; look there: systemctl status "
		       "twinbeat";
	if (!peer->heard_ever && restore_is_due(core))
		return "this node cut its power, and is to switch it on again "
		       "by itself";
	if (!peer->heard_ever && plugs_cut_levels(core) != 0)
		return "this node cut its power; when its fault is mended, "
		       "switch it on: twinbeat fence, --action on";
	if (!peer->heard_ever)
		return "it was never heard since this node's start; look "
		       "there: systemctl status twinbeat";
	if (is_fresh && !set_is_within(&own, &peer->statement.fit))
		return knows_all(core, &own)
			       ? "it is unfit; look there why: twinbeat status"
			       : "its settings do not have all that is served "
				 "here; copy the same file to both, then "
				 "twinbeat reload on each";
	/* it stands till the other one is heard and fit */
	if (!alert_is_raised(core, ALERT_NO_STANDBY) || is_fresh)
		return NULL;
	return "it has not said yet that it is fit";
}

/* In a tick. A restart in good order is over sooner. */
void standby_judge(struct core *core)
{
	const char *why = no_standby_reason(core);

	if (!why && core->no_standby_us == 0)
		return;
	if (!why) {
		core->no_standby_us = 0;
		alert_clear(core, ROW_NO_STANDBY, 0);
		return;
	}
	if (core->no_standby_us == 0)
		core->no_standby_us = core->now_us;
	if (core->now_us - core->no_standby_us < NO_STANDBY_US) {
		core_wake_at(core, core->no_standby_us + NO_STANDBY_US);
		return;
	}
	alert_raise(core, ROW_NO_STANDBY, 0, CORE_WARNING,
		    "%s could not take over: %s", peer_name(core), why);
}
