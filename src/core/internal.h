/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_INTERNAL_H
#define CORE_INTERNAL_H
/*
 * The map of the core: what each of its files offers to the others, in the
 * order in which a step passes through them. Nothing here is for outside; what
 * is only asked, and by others too, stands in view.h (view.c, names.c).
 */
#include <stdarg.h>

#include <assert.h>
#include <string.h>

#include "view.h"

#define MS(ms)	  ((int64_t)(ms)*1000)
#define SECOND_US 1000000
/* R8: listening beyond the largest dead time, before a proof that is not
 * silence ends the start-up wait */
#define OWN_CUT_LISTEN_US (2 * (int64_t)SECOND_US)

/* core.c */
void core_wake_at(struct core *core, int64_t at_us);
uint32_t core_random(struct core *core);

/* out.c: the only way actions leave */
struct action *action_add(struct core *core, enum action_type type);
/* Room for so many traces, alerts, notifications in this step? */
bool words_have_room(const struct core *core, unsigned count);
/* What had no room in a step before is told as a number. */
void untold_tell(struct core *core);
/* What has no room ends with a whole word, and dots. */
__attribute__((format(printf, 2, 0))) void
core_words(char text[CORE_TEXT_MAX], const char *format, va_list list);
/* Who words something is cold: a step at rest fetches each line of code anew,
 * and those words are kept out of its way. The trace line of a transition; kind
 * is "instance", "link", "fence" ... */
__attribute__((format(printf, 7, 8), cold)) void
trace_change(struct core *core, enum core_severity severity, const char *kind,
	     int instance, const char *from, const char *to, const char *format,
	     ...);
void order_beat(struct core *core, unsigned link);
void order_advert(struct core *core, unsigned instance, uint8_t priority);
void order_notify(struct core *core, int instance, const char *event);
__attribute__((format(printf, 5, 6), cold)) void
order_reply(struct core *core, uint32_t token, bool done, bool ok,
	    const char *format, ...);
void memory_save(struct core *core);

/* carrier.c */
void carrier_changed(struct core *core, const struct event *event);
/* In each step: a change that has lasted as long as it must counts. */
void carriers_settle(struct core *core);
/* Does the interface do for that instance? */
bool carrier_serves(const struct core *core, unsigned instance,
		    unsigned interface);

/* alert.c: raised once, cleared once, a log line each; subject: which link,
 * instance, device or plug, 0 where there is one for the node */
__attribute__((format(printf, 5, 6), cold)) void
alert_raise(struct core *core, enum alert_row row, unsigned subject,
	    enum core_severity severity, const char *format, ...);
/* An event rather than a condition: clears itself after keep_us. */
__attribute__((format(printf, 5, 6), cold)) void
alert_flash(struct core *core, enum alert_row row, unsigned subject,
	    int64_t keep_us, const char *format, ...);
/* What an alert is about is over: it stands for keep_us more, no longer. */
void alert_shorten(struct core *core, enum alert_row row, unsigned subject,
		   int64_t keep_us);
bool alert_stands(struct core *core, enum alert_row row, unsigned subject);
void alert_clear_of_row(struct core *core, enum alert_row row,
			unsigned subject);
/* Asked dozens of times in each step, and mostly none stands. */
static inline void alert_clear(struct core *core, enum alert_row row,
			       unsigned subject)
{
	if (core->alerts_of_row[row] != 0)
		alert_clear_of_row(core, row, subject);
}
/* It stands, and its words are young: alert_raise() would change nothing. */
bool alert_is_worded(struct core *core, enum alert_row row, unsigned subject);
void alert_step(struct core *core);
/* New settings: to the places of what they are about, else they end. */
struct core_map;
void alerts_move(struct core *core, const struct core_map *map);
enum alert_each alert_row_each(enum alert_row row);

/* stall.c: R11 */
bool stall_check(struct core *core);
/* True: this frame shows that our clocks stood still; it is not to be used. */
bool stall_check_peer_clock(struct core *core, const struct beat *beat);
/* What a frame that is believed says of the peer's clock. */
void peer_clock_note(struct core *core, const struct beat *beat);
void generation_renew(struct core *core);

/* link.c: R2 */
/* Settings are in force from now on. */
void links_begin(struct core *core);
void link_heard(struct core *core, unsigned link);
void link_opened(struct core *core, unsigned link);
void link_broken(struct core *core, unsigned link, const char *why);
void link_changed(struct core *core, unsigned link, const char *what);
void link_noise(struct core *core, unsigned link, enum core_noise noise);
void links_reset(struct core *core);
/* R2: somebody at the other end of a cable says that it is this node: till then
 * it may be the peer (peer_may_live_until_us); 0 = nobody does. */
int64_t namesake_until_us(const struct core *core);
void advert_link_reset(struct core *core, unsigned instance);
void links_judge(struct core *core);

/* pace.c: R2, R15, how often we speak, how long the peer may be silent */
int64_t link_interval_us(const struct core *core, unsigned link);
int64_t advert_pace_us(const struct core *core, unsigned instance);
/* R11: how long we may be silent before the peer acts, at the least. */
int64_t advert_patience_us(const struct core *core, unsigned instance);
int64_t peer_patience_us(const struct core *core);
/* Before and after a reload puts new ones in force. */
void paces_note(struct core *core);
void paces_change(struct core *core);
/* In each step: does the peer have our settings by now? */
void paces_judge(struct core *core);

/* peer.c: what it says (R17.7, R12, R15) */
/* R2: somebody is heard who may be the peer, and counts for nothing else:
 * nobody is cut by a silence, and nothing claimed, before then. */
int64_t peer_may_live_until_us(const struct core *core);
/* A digest comes in halves; seen: bit 0 low, bit 1 high. True: it is new. */
bool digest_take(uint32_t *digest, uint8_t *seen, bool is_low, uint16_t value);
void peer_heard_beat(struct core *core, unsigned link, const struct beat *beat);
void peer_judge(struct core *core);
/* Is there somebody who could take over? Alert no-standby. */
void standby_judge(struct core *core);

/* last_word.c: R12, how long its obituary counts */
/* What was known of it before a stall (R11), before this daemon. */
void obituary_keep(struct core *core, const struct core_peer *before,
		   int64_t away_us);
void last_word_recall(struct core *core);
/* One of before this node was away is proof from then on. */
int64_t kept_obituary_due_us(const struct core *core);
bool kept_obituary_is_ripe(const struct core *core);
void kept_obituary_wake(struct core *core);
/* In each step, before anything is ordered: what outlives this daemon. */
void last_word_note(struct core *core);

/* unserved.c: R13, is anybody known to serve? Alert waiting. */
void unserved_judge(struct core *core);
/*
 * Any sign of life kills proofs that rest on its silence (R1). how and by are
 * two halves of a phrase, put together only when somebody is told.
 */
void peer_lives(struct core *core, const char *how, const char *by);

/* signed.c: what the signature of an advert is worth (R2, R7) */
/* R2: it sends adverts, of a life that was never heard before and does not
 * count yet: the same. */
int64_t other_life_until_us(const struct core *core);
enum advert_worth {
	ADVERT_COUNTS,
	ADVERT_OLD,    /* heard before, or of a life that is over: ignored */
	ADVERT_FORGED, /* not signed by who signs: nothing at all */
};
/* Remembers that it was heard: once for each advert. */
enum advert_worth advert_weigh(struct core *core, const struct event *event);
bool advert_is_its_newest(const struct core *core, const struct event *event);

/* advert.c: VRRP in (R7, resigned) and out */
void advert_heard(struct core *core, const struct event *event);
void advert_beside(struct core *core, const struct event *event);
/* hurry.c: R18 */
void line_changed(struct core *core, const struct event *event);
/* In a tick, before silence is judged. */
void hurry_judge(struct core *core);
/* The peer asks, or a line fell: be heard at once, and for a while. */
void hurry_talk(struct core *core);
/* A sign of life of the peer. */
void hurry_answered(struct core *core);
void hurry_reset(struct core *core);
/* How often to speak now, if it is interval_us else. */
int64_t hurry_pace_us(const struct core *core, int64_t interval_us);
/* wires.c: what the modem lines say of the cable, for people */
void wires_told(struct core *core, const struct event *event);
void wires_reset(struct core_link *link);
/* What to look at; otherwise: where the lines say nothing. */
const char *wires_hint(const struct core *core, unsigned link,
		       const char *otherwise);

void adverts_send(struct core *core);
/* So much earlier it may leave, with a beat. */
int64_t advert_early_us(const struct core *core, unsigned instance);

/* By an address that is configured (R7). */
bool advert_is_of_peer(const struct core *core, unsigned instance,
		       const struct ip *source);
/* One that fails its check: is it life, and until when? (R2) */
bool dropped_advert_is_life(struct core *core, unsigned instance,
			    int64_t *until_us);

/* plain.c: R16, the peer is a plain VRRP router */
void plain_advert_heard(struct core *core, const struct event *event);
void plain_judge(struct core *core);
bool plain_silence_is_ripe(const struct core *core, unsigned instance);
/* Why the owner lets go of it at once, or NULL. */
const char *plain_release_reason(const struct core *core, unsigned instance);
/* A beat of it was heard; and the last one of that life. */
void plain_is_refused(struct core *core);
void plain_is_back(struct core *core);
/* R11: what was heard says nothing any more. */
void plain_forget(struct core *core);

/* hear.c: R3, do our adverts leave, does anything come in? */
enum hearing {
	HEARING_WAIT,	 /* the first answers are on their way */
	HEARING_PENDING, /* nothing is known yet; until due_us */
	HEARING_FINE,	 /* others are heard, the peer does not answer */
	HEARING_PEER,	 /* the peer itself answers */
	HEARING_DEAF,	 /* nobody, though others were heard before */
	HEARING_BLIND,	 /* nobody but the peer was ever heard: no proof */
};
void hear_event(struct core *core, const struct event *event);
bool node_has_address(const struct core_node *node, const struct ip *address);
/* Its carrier came or went: what could not be sent before says nothing. */
void sending_carrier(struct core *core, unsigned interface);
void vip_answered(struct core *core, const struct event *event);
void sending_judge(struct core *core, unsigned instance);
/* Starts the test where it does not run yet. */
enum hearing hearing_judge(struct core *core, unsigned interface,
			   int64_t *due_us);
/* On thin evidence: is anybody heard, since it is asked for? */
enum hearing hearing_of_anybody(struct core *core, unsigned interface);
/* Does that tell of our ears? */
bool hearing_is_telling(const struct core *core, unsigned interface);
/* No advert of the owner was ever heard, and the test is not over. */
bool hearing_is_untested(const struct core *core, unsigned instance);
/* The same, asked by an owner that serves: nobody is no reason to let go. */
bool somebody_answers(struct core *core, unsigned interface);
bool hearing_is_good(const struct core *core);
bool hearing_is_by_gateway(const struct core *core);
void hearing_step(struct core *core);
void hearing_reset(struct core *core);

/* split.c: R7 */
void split_check_statement(struct core *core);
void split_heard_rival(struct core *core, unsigned instance, uint8_t priority);
void split_excused(struct core *core, unsigned instance);
void split_judge(struct core *core);
bool split_is_lost_here(const struct core *core);

/* instance.c: the one door, claims and releases (R10) */
__attribute__((format(printf, 4, 5))) void
instance_enter(struct core *core, unsigned instance, enum instance_state state,
	       const char *format, ...);
void instance_claim(struct core *core, const struct permit *permit);
void instance_release(struct core *core, unsigned instance, const char *why);
void instance_claim_done(struct core *core, const struct event *event);
void instance_release_done(struct core *core, unsigned instance,
			   unsigned failed, const char *text);
void instances_settle(struct core *core);
void instances_fitness(struct core *core);
void instances_claim_permitted(struct core *core);
void keeper_is_ready(struct core *core);
void keeper_is_lost(struct core *core, const char *why, bool ended);
void instance_looked(struct core *core, unsigned instance, enum core_look is);

/* servers.c: R3, does any real server answer? */
void servers_told(struct core *core, const struct event *event);
/* Nobody answers here, and the peer sees somebody. */
bool servers_bar(const struct core *core, unsigned instance);
/* R9: who sees nobody takes nothing from a fit owner. */
bool servers_bar_preempting(const struct core *core, unsigned instance);
/* R4: that is what its owner lacks, so nobody is cut for it. */
bool servers_spare_owner(const struct core *core, unsigned instance);
/* board.c: D6, what the directors show to each other */
void board_changed(struct core *core, const struct event *event);
/* Other settings: nothing of before means what it did. */
void board_forget(struct core *core);
void board_of_peer_forget(struct core *core);
/* A cell that has changed goes out of turn, every other frame; false: none. */
bool board_fill_changed(struct core *core, struct core_link *link,
			struct beat *beat);
/* The next one in turn. */
void board_fill(struct core *core, struct core_link *link, struct beat *beat);
/* That frame was not sent. */
void board_take_back(struct core_link *link);
/* False: it is no slot of a board. */
bool board_slot_take(struct core *core, uint16_t tag, uint16_t value);

/* For these settings. */
void servers_begin(struct core *core);
/* At the end of a step: is there news for the director? */
void servers_tell(struct core *core);

/* checks.c: R3, what scripts, processes, files and witnesses say */
void checks_told(struct core *core, const struct event *event);
/* They have been told, or that they do not run. */
bool checks_are_known(const struct core *core, unsigned instance);
bool checks_bar(const struct core *core, unsigned instance, bool owns);
const char *checks_why(const struct core *core, unsigned instance);

/* group.c: R21, what moves together */
/* Settings are in force from now on. */
void groups_begin(struct core *core);
/* Who is fit but for a fellow of its sync group is not. */
void groups_fitness(struct core *core);
/* Unfit for a fellow's sake alone, and nobody gains by a release. */
bool group_spares(const struct core *core, unsigned instance);
bool group_is_urgent(const struct core *core, unsigned instance);
/* The peer serves a fellow: what is free of the group is left to it. */
bool group_is_with_peer(const struct core *core, unsigned instance);
/* The group has come apart, and the peer is asked to take this one. */
bool group_asks(struct core *core, unsigned instance);

/* alien.c: R17.1, what another hand put on this machine */
void instance_alien(struct core *core, const struct event *event);

/* place.c: R15, which of its places is which instance of ours, with which
 * addresses */
/* Something that it said of its places, or of its file, is new. */
void places_learn(struct core *core);
/* Its file is ours still, and is about to differ: it has the same names, with
 * the same addresses. */
void places_remember(struct core *core);
/* How many blocks ours are, what one holds in one digest, and half of what the
 * peer says of the same one; true: something new is known by it. */
unsigned place_blocks(const struct core *core);
uint32_t place_block_digest(const struct core *core, unsigned block);
bool place_block_take(struct core *core, unsigned block, bool is_low,
		      uint16_t value);
/* The same life with another file: the names are the same, addresses not. */
void addresses_forget(struct core *core);
/* Another life, which may have read another file. */
void places_forget(struct core *core);
/* From its places to ours; what is not known is in no set. */
void places_translate(const struct core *core, struct beat *beat);
/* Its file is known to have the instance, with the very addresses. */
bool peer_addresses_agree(const struct core *core, unsigned instance);
/* Its file is known, name by name, and has no such instance; nor does it serve
 * anything that may have an address of it. */
bool peer_lacks_instance(const struct core *core, unsigned instance);
/* R1: one of its places in there, but for that of the instance itself, may have
 * an address of it. */
bool places_may_have(const struct core *core, const struct instance_set *there,
		     unsigned instance);
/* R4: what a life that is not known may serve: rather too much. */
struct instance_set places_of_stranger(const struct core *core,
				       const struct instance_set *there);

/* told.c: R15, does it know our digest? */
/* Another life of it or of ours, another file. */
void digest_told_forget(struct core *core);
bool digest_is_told(const struct core *core);
/* It is the turn of a half in the frame that is being built. */
bool digest_fill(const struct core *core, struct beat *beat);
/* A frame was built; a word of it was accepted. */
void digest_told_note_frame(struct core *core, const struct beat *beat);
void digest_told_note_word(struct core *core, const struct beat *beat);

/* want.c: R17, R9 */
void wants_update(struct core *core);

/* statement.c: what we say, and when */
void digest_half_fill(const struct core *core, struct beat *beat, bool is_low);
/* R15: addresses of an instance that stays are others in a new file. Till the
 * peer has heard that it is one, each frame says so; else this is a new life.
 */
void digest_news_begin(struct core *core, uint32_t old_digest);
/* The slow facts go on from here, by every link. */
#define SLOT_TURN_DIGESTS     0
#define SLOT_TURN_MAINTENANCE 2
#define SLOT_TURN_PARTS	      4
#define SLOT_TURN_INSTANCES   (SLOT_TURN_PARTS + CORE_PARTS)
void slots_go_on(struct core *core, unsigned turn);
void statement_build(struct core *core, unsigned link, struct beat *beat);
void statement_obituary(struct core *core, struct beat *beat);
/* The adverts of this instance leave, or are heard from the peer, just now. */
void beats_fall_in(struct core *core, unsigned instance);
bool beats_are_due(const struct core *core);
void beats_send(struct core *core);
/*
 * R12, at the end of a stop: "this generation is over, it holds nothing" by
 * every link. True: each line has taken it, in a step before.
 */
bool farewell_send(struct core *core);
/* A beat found the line of this link busy: nothing, or not all, was written. */
void beat_dropped(struct core *core, const struct event *event);
void obituary_renew(struct core *core);

/* evidence.c: R4, what the silence of every link is worth */
bool evidence_is_thin(const struct core *core);
/*
 * Since when this node listens on each link whose own side works; INT64_MAX:
 * some do not, and all are wanted.
 */
int64_t listening_since_us(const struct core *core, bool on_all);
/* One more that falls silent is thin evidence; for people. */
bool one_medium_is_left(const struct core *core);

/* table.c: R4 and R8 judge, R5 says how long to wait */
enum table_row {		 /* as R4 has them, line by line */
		 R4_FREE,	 /* up, it does not own */
		 R4_UNFIT_OWNER, /* up, it owns and is unfit */
		 R4_DISAGREE, /* up, it owns and is fit, adverts fell silent */
		 R4_SERVED,   /* up, it owns and is fit, heard or never heard */
		 R4_HALF_ALIVE,	   /* half, and it serves */
		 R4_HALF_UNSERVED, /* half, and it does not */
		 R4_ALIVE,  /* heard by adverts, or by a link that comes up */
		 R4_SILENT, /* on every link, and all have worked */
		 R4_SILENT_THIN, /* the same, on little evidence */
		 R4_NEVER_HEARD, /* since start */
		 /* and what comes before them */
		 R4_STUCK,  /* R10: it asks to be fenced */
		 R4_PROVEN, /* silent, and its last word is proof already */
};
/* All that the table looks at, for an instance that this fit node owns not. */
struct table_sight {
	enum link_state two_way;
	bool is_fresh; /* its statement */
	bool says_own, says_fit, is_stuck;
	bool adverts_fell_silent;
	bool is_unserved; /* R4, half.c */
	bool is_heard;	  /* on any link, now */
	bool was_heard;	  /* since start */
	bool is_proven;
	bool is_thin; /* the evidence of its silence */
};
enum table_row table_row(const struct table_sight *sight);
struct need {
	enum fence_need kind;
	unsigned instance;
	int64_t from_us; /* since when the reason holds */
	int64_t due_us;	 /* when to shoot */
};
const char *need_describe(const struct core *core, const struct need *need,
			  char *text, size_t size);
void need_find(struct core *core, struct need *need);
void startup_judge(struct core *core);
/* R8: the peer was heard, or the wait of a start, or of a stall, is over. */
bool silence_may_count(const struct core *core);
/*
 * R8, R11: until then plugs that read off prove nothing, whoever had them read;
 * but those that this node left dark itself, a person's word, and what it had
 * begun before it was away.
 */
bool plugs_are_too_early(const struct core *core);

/* half.c: R4, the peer is heard and does not hear us */
/* It says that it does not serve this instance, so that it may be wanted. */
bool half_is_unserved(const struct core *core, unsigned instance);
void half_judge(struct core *core, struct need *need);
void half_forget(struct core_instance *instance);

/* ask.c: what is under way at the fencer */
bool ask_is_open(const struct core *core, enum ask_seat seat);
/* Open, and for so long. */
bool ask_is_late(const struct core *core, enum ask_seat seat,
		 int64_t patience_us);
/* The seat that waits for the answer id; ASK_SEATS = none does. */
enum ask_seat ask_of(const struct core *core, uint32_t id);
/* Nobody waits for it any more; what it was stays to be read. */
void ask_close(struct core *core, enum ask_seat seat);
/* The only place that gives ACTION_FENCE; what: all but id and asked_us. */
void fence_order(struct core *core, enum ask_seat seat,
		 const struct core_ask *what);
void read_order(struct core *core, enum ask_seat seat, unsigned node,
		uint32_t levels, int device, uint32_t token);
/* The last word to the operator who waits, if there is one. */
__attribute__((format(printf, 4, 5))) void ask_answer(struct core *core,
						      enum ask_seat seat,
						      bool ok,
						      const char *format, ...);

/* answer.c: what the fencer answers (R6) */
void fence_stepped(struct core *core, const struct event *event);
void fence_done(struct core *core, const struct core_fence_done *done);
void fencer_lost(struct core *core, const char *why);

/* fence.c: R6 */
void fence_judge(struct core *core, const struct need *need);
void fence_plug_is_on(struct core *core, unsigned level, int64_t read_at_us);
void fence_own_side_broke(struct core *core, const char *link, const char *why);
void fence_peer_lives(struct core *core, const char *how, const char *by);
void fence_window_load(struct core *core); /* at the first step */
void fence_window_keep(struct core *core); /* at every one */
__attribute__((format(printf, 3, 4))) void
fence_enter(struct core *core, enum fence_state state, const char *format, ...);
/* An attempt begins: off or on, of the peer. */
void fence_start(struct core *core, enum ask_by by, enum core_fence_kind kind,
		 uint32_t levels, int device, uint32_t token);
void fence_confirm(struct core *core, enum proof proof, const char *why);
/* Again after a while: longer each time, or wait_us. */
void fence_failed(struct core *core, const char *text);
void fence_called_back(struct core *core, const char *text);
/* After so many tries that failed: 1 s doubling to last_us. */
int64_t fence_retry_wait_us(unsigned failures, int64_t last_us);
void fence_failed_for(struct core *core, const char *text, int64_t wait_us);

/* restore.c: the power goes back to what was cut (R6) */
void restore_plan(struct core *core);	/* after off_ms */
void restore_begin(struct core *core);	/* with a shot by the rules */
void restore_follow(struct core *core); /* of what was read off */
void restore_judge(struct core *core);	/* is it owed still? */
/* A person decides otherwise: now, and for a later start. */
void restore_cancel(struct core *core);
/* R8: what an earlier run left dark reads so: is the on still owed? */
void restore_after_start(struct core *core);
/* What came of an on; one that a rule ordered is tried again. */
void restore_done(struct core *core, bool is_on, const char *text);
void restore_step(struct core *core);
bool restore_is_due(const struct core *core); /* now or later */

/* verify.c: from read off to a proof (R6) */
void verify_begin(struct core *core, const struct core_fence_done *done);
void verify_step(struct core *core);
void verify_read(struct core *core, const struct core_fence_done *done);
void verify_stalled(struct core *core);
void verify_plug_is_on(struct core *core);
void verify_heard_acknowledgement(struct core *core, uint32_t generation,
				  uint32_t sequence);

/* plug.c: what the plugs read, which are proven (R1, R14) */
/* R14: how long at the most, as far as anybody knows, a machine lives on after
 * its plugs went off; power_wait_ms as its devices say. */
int64_t supply_holds_on_us(uint32_t power_wait_ms);
/* Contradicted: these levels read off, and the peer lives. */
void plugs_contradicted(struct core *core, uint32_t levels);
/* It went dark by our command: what lied of this level is believed again. */
void plugs_seen_to_work(struct core *core, unsigned level);
/* R8: what this node left dark, for a later start to know. */
uint32_t plugs_cut_levels(const struct core *core);
void plugs_cut(struct core *core, unsigned level);
void plugs_not_cut(struct core *core);
/* levels, device: those that were asked; -1 = every device. */
bool plug_is_meant(const struct core *core, unsigned node, unsigned plug,
		   uint32_t levels, int device);
void plugs_read(struct core *core, unsigned node, uint32_t levels, int device,
		const struct core_fence_done *done);
/* The first of these levels of the peer that reads off, 0 = none. */
unsigned plugs_level_off(const struct core *core,
			 const struct core_fence_done *done, uint32_t levels);
void monitor_step(struct core *core);
void monitor_done(struct core *core, const struct core_fence_done *done,
		  unsigned node);

/* question.c: R20 */
/* A person was asked about this, and has not let us cut. */
bool question_holds(struct core *core, const struct need *need);
/* Now one would shoot: true: it takes a person's word, who is asked. */
bool question_asks(struct core *core, const struct need *need);
void question_of_failure(struct core *core, const struct need *need);
void question_coded(struct core *core, const struct event *event);
void question_answered(struct core *core, const struct event *event);
void question_judge(struct core *core, const struct need *need);
void question_forget(struct core *core);

/* drill.c: R13 */
void drill_ask(struct core *core, const struct event *event);
void drill_cancel(struct core *core, uint32_t token);
void drill_resume(struct core *core);
void drill_step(struct core *core);
bool drill_is_cutting(const struct core *core);
/* An off of a drill may yet be carried out: nothing is given to the peer. */
bool drill_may_cut(const struct core *core);
/* Nobody else could take what is ours, whatever became of our keeper. */
bool drill_keeps(const struct core *core);
uint32_t drill_step_token(const struct core *core);

/* operator.c: R13 */
/* The next version of it, to be said to the peer and kept. */
void maintenance_set(struct core *core, bool on, const char *by);
void operator_asked(struct core *core, const struct event *event);
void operator_step(struct core *core);
/* False: refused at once, and said so. */
bool operator_confirm(struct core *core, const struct event *event);
/* The plugs were read; NULL: the fencer died, and nothing was. */
void confirm_read_done(struct core *core, const struct core_fence_done *done);
void status_read_done(struct core *core, const struct core_fence_done *done);
void maintenance_heard(struct core *core);
uint16_t maintenance_word(const struct core *core); /* as in its slot */

/* names.c */
uint32_t instance_name_digest(const struct core *core, unsigned i);
#endif
