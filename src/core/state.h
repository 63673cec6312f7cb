/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_STATE_H
#define CORE_STATE_H
/*
 * Everything a core remembers. Written in src/core only; others read it, and
 * ask view.h rather than work it out. No pointers but to the settings.
 */
#include "alerts.h"
#include "core.h"

enum instance_state {
	INSTANCE_INIT,
	INSTANCE_BACKUP,
	INSTANCE_MASTER,
	INSTANCE_FAULT,
};

enum link_state {
	LINK_NEVER,
	LINK_UP,
	LINK_HALF,
	LINK_DOWN,
	LINK_BROKEN,
	LINK_SENDING, /* vrrp only, on the owner */
};

enum peer_state {
	PEER_UNKNOWN,  /* never heard since start */
	PEER_UP,       /* heard on some link */
	PEER_SILENT,   /* was heard, is not */
	PEER_RELEASED, /* its last word: generation over, holds nothing */
	PEER_OFF,      /* cut and read back, or the operator says so */
};

/* R15: by what the peer may go till it has our settings (pace.c); 0 = ours. */
struct core_pace {
	int64_t interval_us;	   /* the shortest of those before */
	int64_t dead_us, least_us; /* the longest, the shortest */
};

/* One way of hearing the peer: a two-way link, or one instance's adverts. */
struct core_link {
	enum link_state state;
	bool is_broken;
	int64_t heard_us;	/* 0 = never since start */
	int64_t opened_us;	/* two-way: its own side works since */
	int64_t returned_us;	/* vrrp: its carrier is back since; 0 = start */
	int64_t alive_until_us; /* the peer counts as heard until then */
	int64_t granted_us;	/* R11: more time since this one was heard */
	int64_t good_from_us;	/* first of the present run of good ones */
	unsigned good;		/* good ones in a row */
	uint32_t generation, sequence; /* newest by this link */
	bool hears_us;
	int64_t half_from_us, never_from_us;
	int64_t round_trip_us; /* of the last acknowledged beat, -1 unknown */
	int64_t next_send_us;
	int64_t free_us;   /* our last frame has left the line by then */
	int64_t retry_us;  /* the line was busy: so long till the next try */
	bool is_dropped;   /* the last frame found the line busy */
	bool has_farewell; /* R12: the last word of a stop is sent */
	/* R18: what its wires show; follows: seen high while it was up */
	bool line_is_high, line_follows;
	/* wires.c: what a serial port's modem lines show, for people */
	bool wires_are_known, wire_is_high, wire_was_high;
	bool rts_returns, rts_has_returned;
	unsigned file_turn;  /* R15: of the halves of its file's time */
	int64_t looped_us;   /* our own beat came back; 0 = never */
	int64_t namesake_us; /* R2: a daemon that says it is this node; 0 */
	int64_t silent_us;   /* broken then, and found silent before; 0 = not */
	int64_t line_low_us; /* it fell then, and nobody has judged it; 0 */
	/* R15: which slow fact its next frame carries; the last was a source */
	unsigned slot_turn, lines_turn;
	uint32_t source_turn;
	bool was_source;
	/* D6: the next cell in turn; the one that the last frame carried out of
	 * turn, 1 + which; how often a changed one is still to be sent so */
	uint8_t board_turn, board_next, was_cell;
	uint8_t board_left[BOARD_CELLS];
	struct core_pace pace;
	uint64_t loops, replays;
	unsigned bad_macs; /* in a row, since a good beat */
	/* frames that were none, in the present window */
	unsigned noise;
	int64_t noise_from_us;
};

enum fence_state {
	FENCE_STATE_IDLE,
	FENCE_STATE_DELAY,   /* waiting (R5), still listening */
	FENCE_STATE_RUNNING, /* the fencer has it */
	FENCE_STATE_VERIFY,  /* read back off; waiting for silence (R6) */
	FENCE_STATE_CONFIRMED,
	FENCE_STATE_FAILED, /* retry at retry_us */
	FENCE_STATE_HELD,   /* will not shoot: reason in hold_text */
};

enum fence_need {
	NEED_NONE,
	NEED_SILENCE,	  /* heard on no link */
	NEED_STARTUP,	  /* never heard since start (R8) */
	NEED_HALF,	  /* heard by a half link, and does not serve */
	NEED_DISAGREE,	  /* serial says owner, VRRP is silent */
	NEED_UNYIELDING,  /* unfit owner, or urgent want, not released */
	NEED_SPLIT_BRAIN, /* R7 */
	NEED_STUCK,	  /* R10: it asks to be fenced */
	NEED_OPERATOR,
};

/* What may be under way at the fencer: one request in each seat (ask.c). */
enum ask_seat {
	ASK_POWER,   /* the one that may switch: off, on */
	ASK_VERIFY,  /* R6: is it off still, after the wait? */
	ASK_MONITOR, /* R14, R8: the watch over the plugs */
	ASK_CONFIRM, /* R13: before an operator's word is taken */
	ASK_STATUS,  /* R13: fence --action status */
	ASK_SEATS
};

enum ask_by { ASK_BY_RULE, ASK_BY_OPERATOR, ASK_BY_DRILL };

/* From the order to the next one of its seat. */
struct core_ask {
	uint32_t id; /* 0 = answered, or given up: nobody waits for it */
	enum ask_by by;
	enum core_fence_kind kind;
	unsigned node;
	uint32_t levels;
	int device;	/* only plugs of this one, -1 = all */
	uint32_t token; /* of an operator who is not answered yet, 0 = none */
	int64_t asked_us;
};

/* R6. What each part is for, and how long it lives: */
struct core_fence {
	enum fence_state state;
	enum fence_need need;
	int64_t since_us;     /* the state is this */
	int64_t due_us;	      /* DELAY: the shot */
	int64_t wait_from_us; /* R5: the wait before it runs from here */
	int64_t wait_us;      /* R5: while it runs it gets no shorter */
	int64_t retry_us;     /* FAILED */
	unsigned failures;    /* in a row */
	/* R5: every wait for it was over, and it was shot for; or none */
	enum fence_need shot_for;
	/* RUNNING, VERIFY, CONFIRMED: one attempt, from its order on */
	struct {
		bool was_heard;	     /* the peer, when it began */
		bool outlived_stall; /* R11: it began before one */
		bool new_life;	   /* another generation spoke meanwhile (R6) */
		bool contradicted; /* the peer lives though it read off */
	} attempt;
	/* VERIFY: what was read off is waited for, and read again */
	struct {
		int64_t quiet_us; /* read-back + power_wait: proof from here */
		bool is_quiet;	  /* that has passed */
		uint32_t sequence_at_quiet; /* our newest frame then (R6) */
		bool has_waited; /* off_us of the proof is after quiet_us */
		bool on_again;	 /* a plug of that level read on (R1) */
	} verify;
	/* VERIFY, CONFIRMED */
	struct {
		enum proof kind;
		int64_t at_us;	 /* CONFIRMED since */
		unsigned level;	 /* that read off, if it rests on plugs */
		int64_t off_us;	 /* when that read off last */
		bool is_own_cut; /* R8: it is what an earlier run left dark */
	} proof;
	/* until IDLE: what was written, in this attempt or before */
	struct {
		bool is_written;	  /* an off */
		int64_t written_us;	  /* the last one */
		bool outrun;		  /* R5: our own plug read off before */
		uint32_t power_wait_ms;	  /* of its devices, as told last */
		uint32_t on_since_levels; /* R8: read on since the last */
	} cut;
	/* R6: action "reboot", until the power is back */
	struct {
		bool is_wanted;
		/* by us, or an operator wants it on whoever did it */
		bool is_ours;
		int device;	     /* one of a person's reboot, or -1 */
		bool in_maintenance; /* R13: a person wants it all the same */
		int64_t due_us;	     /* 0 = none */
		unsigned failures;   /* of the on, in a row */
		char text[CORE_TEXT_MAX]; /* what the last one was */
	} restore;
	char hold_text[CORE_TEXT_MAX];	 /* HELD */
	char failed_text[CORE_TEXT_MAX]; /* FAILED: why */
	int64_t undefended_us; /* R5: told, of the silence that began then */
	/* for people: the last outcome, until the next one */
	struct {
		bool is_known;
		uint32_t id;
		unsigned node, level;
		enum core_fence_kind kind;
		enum core_fence_outcome outcome;
		int64_t took_us, realtime_s;
		char text[CORE_TEXT_MAX];
	} last;
};

enum question_state {
	QUESTION_NONE,
	QUESTION_CODELESS, /* until the next event */
	QUESTION_OPEN,
	QUESTION_HELD,	     /* answered, or by nobody: hold */
	QUESTION_CONFIRMING, /* answered: it is off; the plugs are being read */
};

/* R20: what a person is asked, one at a time (question.c). */
struct core_question {
	enum question_state state;
	enum fence_need about, may_cut_for; /* NEED_NONE: nobody has said so */
	bool is_of_failure;
	char code[CORE_CODE_SIZE], spent[CORE_CODE_SIZE];
	uint32_t wrong; /* codes that were not this one, since it was made */
	int64_t until_us;
};

enum drill_phase {
	DRILL_NONE,
	DRILL_MAINTENANCE, /* on, waiting for the peer's word */
	DRILL_CUT,
	DRILL_DARK, /* proven off; fence.off_ms */
	DRILL_RESTORE,
	DRILL_BACK, /* waiting to hear it */
	DRILL_LEAVE,
};

enum drill_result { DRILL_PASSED, DRILL_FAILED, DRILL_CANCELLED };

/* R13: a rehearsal under way (drill.c). */
struct core_drill {
	enum drill_phase phase;
	enum drill_result result; /* as far as it has come */
	uint32_t token, cancel_token;
	bool is_cancelled;
	int64_t phase_us, wait_us, read_us, again_us;
	long long off_ms, back_ms;
	uint32_t generation; /* the peer's before the cut */
	uint32_t fence_id;   /* the request of this phase, 0 = none yet */
	unsigned tries;
	char why[CORE_TEXT_MAX];
};

struct core_plug_view {
	enum core_plug state;
	int64_t read_us;
};

struct core_device_view {
	bool ok, tried;
	int64_t checked_us;
	char error[CORE_TEXT_MAX];
};

/*
 * R11: by how much the peer's clock is ahead of ours, ms modulo 2^32. A frame
 * shows too little by the time it took: it is at least the most that was shown;
 * and at most what a frame shows since ours that it acknowledges. Two windows:
 * before_ms is of those before, so that no burst raises it; it falls as slowly
 * as crystals differ.
 */
struct core_clock {
	int64_t window_us; /* the present window began; 0 = nothing shown */
	uint32_t before_ms, least_ms;
	int64_t bounded_us[2]; /* most_ms is of then; 0 = of no time */
	uint32_t most_ms[2];
};

/* R15: places of a file that have one digest together */
#define PLACE_BLOCK	 16
#define PLACE_BLOCKS_MAX ((CORE_INSTANCES_MAX + PLACE_BLOCK - 1) / PLACE_BLOCK)

/* R2: a life of the peer that adverts were heard of, newest clock and end. */
#define CORE_LIVES_MAX 8
struct core_life {
	uint32_t generation, clock_ms;
	bool has_clock, is_over;
	int64_t clock_us; /* when that was heard */
};

/* Cells of a director, for the other one. */
struct core_board {
	unsigned count; /* ours: so many are used */
	uint16_t cells[BOARD_CELLS];
	uint8_t seen[BOARD_CELLS / 8]; /* the peer's: these were told */
};

struct core_peer {
	uint32_t generation, sequence; /* newest accepted statement */
	int64_t statement_us;	       /* when it came, 0 = none */
	struct beat statement;	       /* its sets by our places (R15) */
	/* as it was sent, by its places */
	struct instance_set told_want;
	bool is_fit_for_none;
	uint32_t own_sequence_then; /* ours when it was accepted (R17.7) */
	bool heard_ever;
	/* R2: its last good word by any link, its last good advert, 0 = none */
	int64_t word_us, advert_us;
	bool runs_twinbeat; /* R16: beats of it are heard, till its last word */
	bool adverts_fail;  /* its own do, seen while its word vouched for it */
	/* R2: it signs its adverts, heard since its start; the life that they
	 * are of, and those before */
	bool signs;
	uint32_t advert_generation;
	struct core_life lives[CORE_LIVES_MAX];
	unsigned next_life; /* the place of the oldest */
	/* R7: a life that signs, and that the peer's beats deny */
	struct core_denied_life {
		uint32_t generation, clock_ms;
		unsigned heard; /* in a row, each newer than the one before */
		int64_t clock_us, since_us;
	} denied;
	bool is_over;	   /* obituary for generation (R12) */
	bool over_is_kept; /* heard before this node was away (R11) */
	/*
	 * R12: a generation spoke that is not believed yet. Ours that the known
	 * one must acknowledge to show that it is the later life; 0 = none.
	 */
	uint32_t stranger_sequence;
	struct instance_set
		stranger_serves; /* what it says that it owns and is fit for */
	unsigned statement_link;
	struct core_clock clock; /* of generation */
	/* the newest authenticated frame, believed or not: what we acknowledge
	 */
	uint32_t heard_generation, heard_sequence;
	/* when it was sent, by its clock, and came, by ours; 0 = none */
	uint32_t heard_clock_ms;
	int64_t heard_us;
	enum peer_state state;
	int64_t silent_from_us; /* heard on no link since; 0 = heard */
	bool is_stuck;
	/* slow facts from the slot, valid for slot_generation */
	uint32_t slot_generation;
	uint16_t digest_low, digest_high, part_digest[8];
	uint8_t digest_seen; /* bit 0 low, bit 1 high */
	uint8_t part_seen;
	uint8_t file_seen;    /* bit 0 low, bit 1 high */
	uint32_t file_at_s;   /* its file was changed then */
	uint16_t maintenance; /* as in the slot */
	bool maintenance_seen;
	uint16_t fence_health; /* as in the slot (R14) */
	uint16_t lines;	       /* as in the slot (R18) */
	bool health_seen;
	struct core_board board;
	bool board_is_news; /* the director does not know it yet */
	/*
	 * R15: of the places of its file, as it says of each (place.c); and by
	 * our places, 1 + which of its it is while the files differ, 0 = none.
	 */
	uint16_t place_count; /* how many it has; 0 = not told */
	uint8_t name_seen[CORE_INSTANCES_MAX];	    /* bit 0 low, bit 1 high */
	uint32_t name[CORE_INSTANCES_MAX];	    /* digest of its name */
	uint8_t addresses_seen[CORE_INSTANCES_MAX]; /* as name_seen */
	uint32_t addresses[CORE_INSTANCES_MAX];	    /* digest of them */
	uint8_t block_seen[PLACE_BLOCKS_MAX];	    /* as name_seen */
	uint32_t block[PLACE_BLOCKS_MAX]; /* digest of both, of its places */
	/* of its newest statement, by the places of its file */
	struct instance_set own_there, want_there;
	uint8_t vrid[CORE_INSTANCES_MAX];     /* 0 = not yet */
	uint8_t priority[CORE_INSTANCES_MAX]; /* 0 = not yet */
	/* R7: where its adverts come from; 0 = as configured */
	uint32_t source[CORE_INSTANCES_MAX];
	uint16_t place[CORE_INSTANCES_MAX];
	int64_t believed_us; /* this generation of it */
	/* R2: adverts of a life never heard before, while another one counts */
	int64_t other_life_us;
	struct {
		/* of our last 64 frames, by sequence: which told that half */
		uint64_t low_frames, high_frames;
		/* its first word that knows our present life; 0 = none */
		int64_t first_us;
		bool low, high;
		int64_t at_us; /* both are told since */
	} told;		       /* R15: our digest, to it (told.c) */
};

struct core_instance {
	enum instance_state state;
	int64_t since_us;
	bool own;	/* stated own (R17.1) */
	bool is_held;	/* the keeper may still hold addresses */
	bool releasing; /* ordered, not confirmed */
	bool stuck;	/* release failed (R10) */
	/*
	 * R17.1: another hand put an address of it here, and it stays: own and
	 * stuck without a claim. alien_is_told: by the keeper that lives now.
	 */
	bool alien, alien_is_told;
	/* R3: the kernel answers nobody for an address of it */
	bool unanswered;
	bool is_lent;	    /* R3, R13: given up unfit, served by nobody yet */
	bool is_claiming;   /* ordered, not confirmed */
	bool claim_failed;  /* no address could be added: unfit for a while */
	bool split_is_told; /* R7: its alert stands */
	bool claim_refused; /* R9: the same, and nothing has changed since */
	enum core_checks checks; /* R3, as told last */
	bool fit;
	/* R21: what is wrong says nothing of an owner (R3) */
	bool is_only_doubted;
	/* R21: fit but for this fellow of its sync group, 1 + which; 0 = no */
	uint8_t unfit_for;
	int64_t apart_from_us; /* R21: the peer owns fellows of it, since; 0 */
	/* R21: it is the first of its group, the peer can serve none of it, and
	 * this node not all, since; 0 = no */
	int64_t hopeless_from_us;
	const char *release_why; /* a literal */
	bool asked;		 /* by an operator's handover */
	bool want, ask;
	uint32_t want_sequence; /* n of R17.2 */
	int64_t want_us, no_want_until_us, ask_us;
	bool urgent;	      /* want against a fit owner (R4, handover) */
	int64_t free_from_us; /* peer neither owns nor wants since */
	int64_t preempt_from_us;
	uint32_t own_sequence;	/* first frame that states own */
	uint32_t gave_sequence; /* first since we released; 0 = it knows */
	int64_t claimed_us, released_us;
	int64_t unserved_us; /* by nobody that is known, since; 0 = somebody */
	int64_t looked_us;   /* R12: the last look was ordered */
	struct permit permit;
	struct core_link vrrp;
	int64_t next_advert_us;
	unsigned rival_adverts; /* heard while we own (R7) */
	int64_t rival_due_us;	/* an excuse must have come by then */
	int64_t split_us;	/* split brain since, 0 = none */
	int64_t rival_seen_us;	/* newest evidence */
	uint8_t rival_priority;
	/* R2: the clock of its newest signed advert of this life */
	bool advert_is_known;
	uint32_t advert_clock_ms;
	int64_t advert_us;	/* when that was heard */
	int64_t resigned_us;	/* priority 0 heard, newest thing of the peer */
	int64_t silent_from_us; /* its adverts fell silent, 0 = not */
	uint32_t silent_sequence; /* our newest frame then (R4) */
	int64_t disagree_from_us; /* the links disagree since, 0 = not */
	int64_t half_from_us; /* R4: half, and nobody serves, since; 0 = not */
	bool half_is_ripe;    /* and that has lasted */
	uint64_t dropped_adverts;
	/* R3: adverts do not leave since, 0 = they do; three in a row: mute */
	int64_t unsent_from_us;
	uint32_t source; /* of our adverts, if it is not configured; else 0 */
	bool is_mute, is_only_mute; /* fit but for that */
	/* R3: we own it, and the peer says that it hears no advert of ours */
	int64_t unheard_from_us;
	bool was_heard;
	/* R17.1: adverts of the peer that its own word contradicts, since */
	int64_t contradicted_us;
	unsigned contradicted;
	uint32_t contradicted_sequence; /* its newest frame then */
	/* R16: its sockets are open; from where its adverts come */
	bool hears;
	struct ip own_source;
	/* R16: the Master_Down_Timer fires, 0 = it does not run; the owner has
	 * resigned; the owner's interval, 0 = ours */
	int64_t down_us;
	bool is_resigned;
	uint32_t learned_ms;
	/* last: a step at rest reads none of these words */
	char unanswered_why[CORE_TEXT_MAX - 80];
	char checks_why[CORE_TEXT_MAX - 70];
	char unfit_why[CORE_TEXT_MAX - 60];
	char unsent_why[CORE_TEXT_MAX - 80];
};

/* R3: can this node hear on the interface? (hear.c) */
struct core_hearing {
	bool is_on;		    /* the edge asks and listens */
	bool is_needed, was_needed; /* by a judgement of this step, the last */
	bool is_deaf; /* the test has failed: unfit until somebody is heard */
	bool peer_hears_gateway; /* there: other stations will not do here */
	int64_t asked_us;	 /* the test runs since */
	int64_t heard_us[CORE_STATIONS]; /* newest of each; 0 = never */
	int64_t learn_us;		 /* the next test without a need */
};

enum alert_name {
	ALERT_LINK_DOWN,
	ALERT_LINK_NEVER,
	ALERT_LINK_HALF,
	ALERT_LINK_LOOPED,
	ALERT_SERIAL_BROKEN,
	ALERT_DISAGREE,
	ALERT_SPLIT_BRAIN,
	ALERT_FOREIGN_VRRP,
	ALERT_CONFIG_MISMATCH,
	ALERT_FIREWALL,
	ALERT_FENCE_DEVICE,
	ALERT_FENCE_FAILED,
	ALERT_FENCE_CONTRADICTED,
	ALERT_FENCE_MISWIRED,
	ALERT_FENCE_LOOP,
	ALERT_WAITING,
	ALERT_NO_FENCING,
	ALERT_STALLED,
	ALERT_VIP_FAILED,
	ALERT_RELEASE_FAILED,
	ALERT_UNFIT,
	ALERT_PROCESS_DIED,
	ALERT_UNPRIVILEGED,
	ALERT_MAINTENANCE,
	ALERT_DUPLICATE_VIP,
	ALERT_NO_STANDBY,
	ALERT_STATE_UNWRITABLE,
	ALERT_NOTIFY_FAILED,
	ALERT_DIRECTOR_OFF,
	ALERT_DIRECTOR_TABLE,
	ALERT_DIRECTOR_FOREIGN,
	ALERT_DIRECTOR_SYNC,
	ALERT_QUESTION,
	ALERT_SERVER_DOWN,
	ALERT_SERVICE_EMPTY,
	ALERT_SERVICE_FALLBACK,
	ALERT_DIRECTOR_PANIC,
	ALERT_DIRECTOR_BLIND,
	ALERT_VIEW_DIFFERS,
	ALERT_NAMES
};

struct core_alert {
	enum alert_name name;
	enum alert_row row;
	unsigned subject; /* the link, instance, device or plug; else 0 */
	int64_t since_us, until_us; /* until_us 0 = until cleared */
	int64_t worded_us;
	enum core_severity severity;
	bool is_told; /* that it stands */
	char text[CORE_TEXT_MAX];
};

/* What the director is told of the pair. */
struct core_director_word {
	struct instance_set owned;
	enum core_servers peer_sees; /* unknown: nothing that counts is heard */
	bool has_carrier; /* an interface of services, at least (D5) */
};

struct core {
	const struct core_settings *settings;
	struct actions *out; /* only during a step */
	bool drained; /* this step is a tick: every link was read until empty */
	bool memory_changed;
	bool is_placed_anew; /* the file's plugs are others than before */
	bool is_paced;	     /* R15: by settings of before as well */
	struct core_memory memory, memory_before;
	unsigned self, peer_index;
	int64_t now_us, started_us;
	int64_t deadline_us; /* 0 = not yet called */
	int64_t late_us;     /* R11: when it last woke up late */
	int64_t realtime_s;
	uint32_t random;
	uint32_t generation, sequence; /* sequence: of the last frame built */
	int64_t sent_us[64];	       /* ring: when sequence % 64 was built */
	/* R15: from this frame on each tells the new digest, since; 0 = no */
	uint32_t news_sequence;
	int64_t news_us;
	bool keeper_ready, stopping, standby, exiting;
	bool keeper_ended; /* not ready, and no process is left of the last */
	int64_t keeper_lost_us;
	int64_t stop_us, stop_until_us;
	int64_t farewell_us; /* nothing is held any more, since; 0 = not yet */
	int64_t listen_us; /* R8: how long, from the first keeper on; 0 = on */
	int64_t startup_until_us;
	int64_t both_stuck_us; /* R10: both nodes ask to be fenced, since; 0 */
	struct instance_set leaving; /* new settings have not (reload.c) */
	bool startup_is_over; /* R8: the wait of this start; INIT till then */
	int64_t listening_us; /* R8: since the links opened, or a stall */
	int64_t next_read_us; /* R8: plugs are read every 10 s */
	bool startup_read;    /* once at least since the wait ended */
	int64_t seen_off_us;  /* R8: its plugs read off since; 0 = no */
	unsigned seen_off_level;     /* and at this level */
	int64_t vrrp_alive_until_us; /* an advert of any instance counts */
	struct {
		int64_t from_us; /* the peer is asked since; 0: it is not */
		unsigned link;	 /* whose line fell */
		int64_t talk_until_us; /* we are heard more often */
	} hurry;		       /* R18 */
	bool urgent_beat;
	bool beats_follow;	   /* in this step an advert sets their pace */
	uint32_t vrrp_interfaces;  /* bit i: an instance is on interface i */
	bool has_groups;	   /* R21: sync groups */
	bool has_servers;	   /* there is a director */
	enum core_servers servers; /* R3, as told last */
	struct core_director_word director_told;
	bool is_director_told;
	struct core_board board; /* D6: what ours shows */
	bool is_disagreeing;	 /* in some instance, for the flag */
	bool carrier[CORE_INTERFACES_MAX], carrier_known[CORE_INTERFACES_MAX];
	/* gone since the links were judged, whatever it is now */
	bool flapped[CORE_INTERFACES_MAX];
	int64_t carrier_us[CORE_INTERFACES_MAX]; /* its last change */
	bool serves[CORE_INTERFACES_MAX]; /* carrier[], when it has lasted */
	bool absent[CORE_INTERFACES_MAX]; /* no such interface */
	struct core_hearing hearing[CORE_INTERFACES_MAX];
	unsigned links_end; /* those that are configured stand before it */
	struct core_link links[CORE_LINKS_MAX];
	struct core_peer peer;
	struct core_instance instances[CORE_INSTANCES_MAX];
	struct core_ask asks[ASK_SEATS];
	uint32_t next_id; /* of a request */
	struct core_fence fence;
	struct core_question question;
	struct core_drill drill;
	struct core_plug_view plugs[2][CORE_PLUGS_MAX];
	struct core_device_view devices[CORE_DEVICES_MAX];
	/* R14 */
	int64_t monitor_due_us;
	unsigned monitor_node; /* whose turn it is then */
	/* a bit a plug of the peer: it read off while that was heard */
	uint8_t doubted;
	int64_t doubt_us[CORE_PLUGS_MAX]; /* since when */
	int64_t doubt_due_us;		  /* the next of these is read again */
	int64_t looked_us; /* a held fence, a doubt: when looked at last */
	/* R1: what read off last in an attempt, of which life; a frame of it
	 * that acknowledges one of ours from after dark_us: it lives */
	uint32_t dark_levels, dark_generation;
	int64_t dark_us;
	/* R6: automatic fences by this clock, newest first; 0 = none */
	int64_t fenced_us[CORE_FENCES_MAX];
	int64_t wall_offset_s; /* realtime_s less now */
	/* R13: operators waiting for an answer, 0 = none */
	uint32_t maintenance_token, handover_token;
	bool handover_gives; /* else it takes */
	bool confirm_force;
	int64_t maintenance_until_us, handover_until_us;
	int64_t no_preempt_until_us;
	int64_t no_standby_us; /* nobody could take over, since; 0 = somebody */
	/* bit i % 64 of [i / 64]: alerts[i] stands; its place is its row's */
	uint64_t alerts_raised[ALERTS_WORDS];
	uint64_t alerts_words[2]; /* bit w: alerts_raised[w] is not 0 */
	uint16_t alerts_standing[ALERT_NAMES], alerts_count, alerts_untold;
	uint16_t alerts_of_row[ALERT_ROWS_COUNT];
	unsigned untold; /* words that a step had no room for */
	/* the last will signed last: for whom, of which generation */
	uint32_t obituary_for, obituary_of;
	/* what an absent interface is called now: for people */
	char renamed[CORE_INTERFACES_MAX][CORE_NAME_MAX];
	/* last: large, and the places that do not stand mean nothing */
	struct core_alert alerts[ALERTS_MAX];
};

static inline bool core_alert_stands(const struct core *core, unsigned i)
{
	return core->alerts_raised[i / 64] >> i % 64 & 1;
}
#endif
