/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_VIEW_H
#define CORE_VIEW_H
/*
 * Questions about a core, for whoever only reads it: status, the daemon's
 * edges, the simulator's judge, and the rules themselves. Each answer is made
 * in one place; none changes anything. Where one depends on the time, it is
 * that of the core's last step, but for those that take now_us.
 */
#include "state.h"

/* ---- who is who ---- */

const char *self_name(const struct core *core);
const char *peer_name(const struct core *core);
/* R17.5: by the instance's priority, as its owner states it, then address. */
bool outranks_peer(const struct core *core, unsigned instance);
/* R7: the same, by the priority that a rival's adverts carry. */
bool is_outranked_by(const struct core *core, unsigned instance,
		     uint8_t priority);
/* R5: by the node's priority, then address: it waits once, the other twice. */
bool we_go_first(const struct core *core);

/* ---- what this node holds ---- */

struct instance_set core_all_instances(const struct core *core);
unsigned owned_count(const struct core *core);
bool owns_all(const struct core *core);
bool owns_nothing(const struct core *core);
/* R3: for every instance. */
bool is_fit_for_all(const struct core *core);
bool is_in_maintenance(const struct core *core);
bool drill_is_running(const struct core *core);
/* R9: when the wait before preempting is over. */
int64_t preempt_due_us(const struct core *core, unsigned instance);
bool alert_is_raised(const struct core *core, enum alert_name name);

/* ---- what is heard (R2) ---- */

/* What a serial port's modem lines show of its cable (wires.c). */
enum link_line {
	LINE_UNKNOWN, /* not told, or not enough seen */
	LINE_OK,      /* the other end's port is open */
	LINE_UNPLUGGED_HERE,
	LINE_PEER_DARK, /* this plug is in, and nothing at the other end */
	LINE_LOOPED,
	LINE_THREE_WIRE, /* the peer is heard, no line was ever up */
};
enum link_line link_line(const struct core *core, unsigned link);

#define GOOD_FOR_UP 3 /* beats or adverts in a row make a link up */

static inline bool link_is_proven(const struct core_link *link)
{
	return link->good >= GOOD_FOR_UP;
}
/* R16: nothing but its adverts is known of it, and the RFC's rules hold. */
bool peer_is_plain(const struct core *core);
/* Of the owner, as far as is known. */
uint32_t advert_interval_ms(const struct core *core, unsigned instance);
int64_t link_dead_us(const struct core *core, unsigned link);
int64_t advert_dead_us(const struct core *core, unsigned instance);
int64_t largest_dead_us(const struct core *core);
bool link_is_alive(const struct core *core, unsigned link);
bool adverts_are_alive(const struct core *core);
/* Serial and udp together, the best of them. */
enum link_state two_way_state(const struct core *core);
/* As beat.heard: bit i = two-way link i, BEAT_HEARD_VRRP. */
uint8_t links_heard(const struct core *core);
bool two_way_is_heard(const struct core *core);
bool peer_is_heard(const struct core *core);
bool peer_is_heard_at(const struct core *core, int64_t now_us);
/* Every link with its state and age, for people. */
const char *links_describe(const struct core *core, char *text, size_t size);

/* ---- what the peer says ---- */

/* R17.8 */
bool peer_statement_is_fresh(const struct core *core);
/* Its newest statement was made after it processed our frame sequence. */
bool peer_acknowledges(const struct core *core, uint32_t sequence);
/*
 * R17.7: it has processed a frame of ours that acknowledges its present life,
 * so it believes ours. A frame that is 64 old is of a long acquaintance.
 */
bool peer_believes_us(const struct core *core);
/* R12: its last word is the newest thing that is known of it. */
bool obituary_stands(const struct core *core, unsigned instance);
/* R15: known and equal; unknown is not equal. */
bool peer_digest_agrees(const struct core *core);
/* Does the peer say that it hears us by our link? For people: while the files
 * differ it is not told by which one (R15). */
bool peer_hears_by(const struct core *core, unsigned link);
bool peer_digest_is(const struct core *core, uint32_t digest);
/* R15: it has told the digest of its file in this life of it. */
bool peer_digest_is_known(const struct core *core);
/*
 * R15 (place.c): its statement speaks of our instance i: the files are equal,
 * or it has told where in its own an instance of this name stands. If not, it
 * says nothing of it: no answer below is then a word of the peer.
 */
bool peer_means_instance(const struct core *core, unsigned i);
/* That place in its beats; -1 = not known. */
int peer_place_of(const struct core *core, unsigned i);
/* R7: where its adverts of it come from; R17.5. As it says, 0 = not yet. */
uint32_t peer_source_of(const struct core *core, unsigned i);
uint8_t peer_priority_of(const struct core *core, unsigned i);
/* Its newest statement, however old: R17.1, R3. */
static inline bool peer_says_own(const struct core *core, unsigned i)
{
	return set_has(&core->peer.statement.own, i);
}
static inline bool peer_says_want(const struct core *core, unsigned i)
{
	return set_has(&core->peer.statement.want, i);
}
static inline bool peer_says_fit(const struct core *core, unsigned i)
{
	return set_has(&core->peer.statement.fit, i);
}
bool peer_says_fit_for_all(const struct core *core);
/* As far as is known: by its statement, else by its adverts. For people. */
bool peer_owns_at(const struct core *core, unsigned i, int64_t now_us);
/* R14: has it said whether it reaches the device, and does it? */
bool peer_has_tried_device(const struct core *core, unsigned device);
bool peer_reaches_device(const struct core *core, unsigned device);
bool maintenance_is_agreed(const struct core *core);

/* ---- fencing ---- */

/* R1: a claim by silence, fence or operator is stale after this. */
#define PROOF_LIFE_US ((int64_t)5 * 1000000)

bool fence_is_busy(const struct core *core);
/* R5: it is heard, and what its power was to be cut for is over; or this pair
 * is in maintenance, and no person wants it (R13). */
bool fence_is_moot(const struct core *core);
/* A power command of ours is out, and what it did is not settled yet. */
bool fence_has_just_cut(const struct core *core);
/* R1: the proof of a fence that is confirmed may still be used. */
bool fence_proof_is_fresh(const struct core *core);
/* R6: automatic fences that cut, as far as they still count. */
unsigned fences_in_window(const struct core *core);
/* Of the peer's plugs: R1. */
bool plug_is_proven(const struct core *core, unsigned plug);
bool plug_has_lied(const struct core *core, unsigned plug);
bool plugs_have_lied(const struct core *core);
/* Levels, a bit each, that are proof when all their plugs read off ... */
uint32_t plugs_proven_levels(const struct core *core);
/* ... and also those that lied, which only a person may try. */
uint32_t plugs_trial_levels(const struct core *core);

/* ---- words (names.c) ---- */

const char *instance_state_name(enum instance_state state);
const char *link_state_name(enum link_state state);
const char *link_line_name(enum link_line line);
const char *peer_state_name(enum peer_state state);
const char *drill_phase_name(enum drill_phase phase);
const char *fence_state_name(enum fence_state state);
const char *fence_need_name(enum fence_need need);
const char *fence_outcome_name(enum core_fence_outcome outcome);
const char *plug_state_name(enum core_plug state);
const char *alert_name_text(enum alert_name name);
#endif
