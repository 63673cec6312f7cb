/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_H
#define CORE_H
/*
 * The core decides; it does nothing. Facts go in as events, orders come out as
 * actions, time is a number in the event. No descriptor, no clock, no malloc,
 * no globals: two cores can live in one process and a test can replay them.
 *
 * Times are microseconds of CLOCK_BOOTTIME (names end in _us), settings keep
 * milliseconds (_ms). Decisions are the rules R1..R17 of the design.
 *
 * The owner of a core
 *  - calls core_step() for each event, in order, and carries out the actions
 *    in order before the next step;
 *  - delivers EVENT_TICK when core_deadline() has come, and only after every
 *    link socket was read until it had nothing more (R6 "drained", R11);
 *  - writes nothing into struct core; status may read it (state.h).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../wire/beat.h"
#include "../wire/ip.h"
#include "../ipc/link_words.h"
#include "../ipc/permit.h"

#define CORE_INSTANCES_MAX  255
#define CORE_LINKS_MAX	    BEAT_LINKS_MAX /* two-way links */
#define CORE_PLUGS_MAX	    8		   /* per node */
#define CORE_DEVICES_MAX    8
#define CORE_INTERFACES_MAX 32
#define CORE_TRACK_MAX	    8
#define CORE_DEVS_MAX	    (CORE_INTERFACES_MAX - 1)
#define CORE_FENCES_MAX	    16 /* remembered for fence-loop */
#define CORE_LIARS_MAX	    16 /* contradicted plugs that are remembered */
#define CORE_TEXT_MAX	    200
#define CORE_PARTS	    7 /* of the settings (R15) */
#define CORE_NAME_MAX	    32
#define CORE_ADDRESSES_MAX  4
#define CORE_CODE_SIZE	    9 /* R20: eight letters and digits, and a 0 */
/* R5: an owner that lost every link defends itself at once, or not at all */
#define CORE_DEFEND_WITHIN_MS 200
#define CORE_LEVELS_ALL	      0x3feu /* fence levels 1 to 9, a bit each */

/* ---- what the core must know of the settings ---- */

enum core_policy {
	CORE_FENCE,
	CORE_YIELD,
	CORE_HOLD,
	CORE_WAIT,
	CORE_TAKEOVER,
	CORE_ASK, /* R20 */
};

struct core_node {
	char name[CORE_NAME_MAX];
	uint8_t priority;
	struct ip addresses[CORE_ADDRESSES_MAX];
	unsigned address_count;
	unsigned plug_count;
	struct core_plug_settings {
		uint8_t level, device;
		char name[CORE_NAME_MAX]; /* its number on the device */
		uint32_t key; /* of device and plug, whatever their place */
	} plugs[CORE_PLUGS_MAX];
};

struct core_instance_settings {
	char name[CORE_NAME_MAX];
	uint8_t vrid, version;
	uint8_t priority[2];
	uint32_t advert_ms;
	bool is_plain; /* its adverts are not signed (R2) */
	/* R15: a digest of its addresses, in whatever order */
	uint32_t addresses;
	struct ip peer_address; /* R7: from there, too; none = any of its */
	bool has_checks;	/* R3: EVENT_CHECKS_TOLD will come */
	uint32_t checks;	/* a digest of what they look at */
	bool has_servers;	/* R3: it follows what real servers say */
	bool preempt;
	uint32_t preempt_delay_ms;
	/* R21: its sync group, by 1 + the first instance of it; 0 = none */
	uint8_t group;
	unsigned interface; /* index in interfaces[] */
	unsigned track_count;
	unsigned track[CORE_TRACK_MAX];
	/* R3: the other interfaces that carry addresses of it, and which; or
	 * by which a route of it goes: no address */
	unsigned dev_count;
	struct {
		unsigned interface;
		bool is_route;
		struct ip address;
	} devs[CORE_DEVS_MAX];
};

/* R3: a loss, or a return, counts when it has lasted so long. */
struct core_debounce {
	uint32_t down_ms, up_ms;
};

struct core_settings {
	unsigned self;	    /* 0 or 1 */
	bool peer_is_plain; /* R16: the other node is a plain VRRP router */
	struct core_node nodes[2];
	unsigned interface_count;
	char interfaces[CORE_INTERFACES_MAX][16];
	struct core_debounce debounce[CORE_INTERFACES_MAX];
	struct {
		bool configured;
		char name[CORE_NAME_MAX];
		uint32_t interval_us, dead_ms;
		/* bit i: it goes over interfaces[i]; 0: a cable of its own */
		uint32_t interfaces;
		/* so long one frame is on the line, none other fits; 0 */
		uint32_t frame_us;
		uint32_t debounce_ms;		/* of its modem lines (R18) */
		const struct link_words *words; /* NULL: none */
		bool is_port; /* lost: alert serial-broken, not link-down */
	} links[CORE_LINKS_MAX];
	unsigned instance_count;
	struct core_instance_settings instances[CORE_INSTANCES_MAX];
	bool has_director; /* D6: also where no instance follows its servers */
	unsigned device_count;
	char devices[CORE_DEVICES_MAX][CORE_NAME_MAX];
	/* of all that decides what its plugs switch: proofs hold under it */
	uint32_t device_digests[CORE_DEVICES_MAX];
	struct {
		bool required, defend, reboot, disagree_probe;
		enum core_policy on_disagreement, on_failure,
			on_startup_silence, on_no_answer;
		uint32_t delay_ms, tie_ms, disagree_ms, lone_link_ms, yield_ms,
			off_ms, monitor_ms, max_per_window, window_ms, ask_ms;
	} fence;
	uint32_t startup_ms, unclean_startup_ms, lease_ms;
	uint32_t hurry_ms; /* R18; 0: no hurry */
	uint32_t digest;
	uint32_t file_at_s;	 /* changed then, UTC; 0 = not known */
	uint16_t part_digest[8]; /* CORE_PARTS of them; a beat has room for 8 */
	char part_names[8][16];
	uint32_t fence_digest;
};

/* The peer's last word, which outlives a run, but not a boot (R12). */
struct core_last_word {
	uint32_t generation; /* the life of the peer that it ended; 0 = none */
	int64_t at_us; /* CLOCK_BOOTTIME: this node was there, and listened */
};

/* What outlives a run (R1, R6, R8, R13): loaded before, saved on request. */
struct core_memory {
	bool clean_end;	   /* false while running, true after a clean stop */
	bool links_worked; /* the peer was heard two ways, links were up */
	uint32_t fence_digest; /* the settings under which plugs are proven */
	/* what plug i of the peer is (core_plug_id), whatever its place in an
	 * edited file; 0 = none; all 0: written before there were these */
	uint32_t plug_ids[CORE_PLUGS_MAX];
	uint8_t plug_proven; /* bit i = plug i of the peer */
	uint8_t plug_miswired;
	/*
	 * R8: this node, or an operator through it, cut plug i of the peer and
	 * saw it dark; none was switched on and nothing was heard of it since
	 */
	uint8_t plug_cut;
	/* R6: when, by CLOCK_REALTIME, it was seen dark, if it is to get its
	 * power back by itself; 0 = it is not */
	int64_t restore_at_s;
	/* R1: keys of plugs that read off while their node lived; 0 = none.
	 * Whatever becomes of the settings, these plugs have lied. */
	uint32_t plug_contradicted[CORE_LIARS_MAX];
	uint16_t maintenance_version;
	bool maintenance;
	/* R13: the last drill; a node is dark by our doing: pending */
	bool drill_pending;
	uint8_t drill_result; /* 0 = none, else enum drill_result + 1 */
	uint32_t drill_off_ms, drill_back_ms;
	int64_t drill_at_s, drill_passed_at_s;
	/* R6: automatic ones, newest first; CLOCK_REALTIME seconds, 0 = none */
	int64_t fenced_at_s[CORE_FENCES_MAX];
	struct core_last_word last_word; /* not with the rest: LAST_WORD */
};

/* ---- events: facts, in the past tense ---- */

enum event_type {
	EVENT_TICK,
	EVENT_BEAT_HEARD,      /* MAC good; link set by the receiver */
	EVENT_ADVERT_HEARD,    /* our VRID, good or dropped */
	EVENT_ADVERT_BESIDE,   /* advert: another program on this machine sends
				  with our VRID */
	EVENT_FIREWALL_SEEN,   /* instance, is: adverts reach only the packet
				  socket */
	EVENT_SENDING_CHANGED, /* instance, is: do our adverts leave; text */
	EVENT_SOURCE_KNOWN,    /* instance, ip: our adverts come from there */
	EVENT_EARS_CHANGED,    /* instance, is: its VRRP sockets are open */
	EVENT_STATION_HEARD,   /* interface, who: while a hearing test runs */
	EVENT_LINK_OPENED,     /* link */
	EVENT_LINK_BROKEN,  /* link, text; also when it could not be opened */
	EVENT_LINK_CHANGED, /* link, text: by another program, and set anew */
	EVENT_LINK_NOISE,   /* link, noise: what was heard but not usable */
	EVENT_BEAT_DROPPED, /* link, generation, sequence: line busy */
	EVENT_LINE_CHANGED, /* line: R18, what the wires show of the peer */
	EVENT_WIRES_TOLD,   /* wires: of a serial port, for people only */
	EVENT_CARRIER_CHANGED, /* interface, is */
	EVENT_CHECKS_TOLD,     /* checks: of an instance, when they change */
	EVENT_KEEPER_READY,    /* nothing of ours is on the machine */
	EVENT_KEEPER_LOST,  /* text; ended: no process is left that could add an
			       address; else it answers no more and was killed,
			       and the end is told by a second one */
	EVENT_CLAIM_DONE,   /* instance, added, failed, text */
	EVENT_VIP_MENDED,   /* instance: a failing address could be added */
	EVENT_VIP_ALIEN,    /* alien: another hand put an address here */
	EVENT_VIP_ANSWERED, /* instance, failed: the kernel answers nobody for
			       an address of it; text: why */
	EVENT_RELEASE_DONE, /* instance, failed, text */
	EVENT_VIP_LOOKED,   /* instance, is: what ACTION_LOOK has found */
	EVENT_FENCE_STEPPED, /* id, text; writing: the first command is out */
	EVENT_FENCE_DONE,
	EVENT_FENCER_LOST,	/* text */
	EVENT_PROCESS_DIED,	/* text: any helper; for the alert only */
	EVENT_STORE_CHANGED,	/* store: N09, what cannot be written, or can be
				   again; for the alert only */
	EVENT_NOTIFY_CHANGED,	/* text: who is not told, NULL: all are; for the
				   alert only */
	EVENT_DIRECTOR_CHANGED, /* director: LVS; for the alert only */
	EVENT_BOARD_CHANGED,	/* board: what the director shows to the peer */
	EVENT_SERVERS_SEEN,	/* servers: does any real server answer? (R3) */
	EVENT_PRIVILEGES_CHANGED, /* text: what we do without, NULL: nothing;
				     for the alert only */
	EVENT_WATCHDOG_CHANGED,	  /* text: it resets nothing, NULL: it does; for
				     the alert only */
	EVENT_OPERATOR_ASKED,
	EVENT_CODE_MADE,  /* code: as ACTION_MAKE_CODE has asked for */
	EVENT_STOP_ASKED, /* SIGTERM: hand over, release, then ACTION_EXIT */
};

enum core_advert {
	CORE_ADVERT_GOOD,
	CORE_ADVERT_DROPPED, /* checksum, version, auth, interval, list */
	CORE_ADVERT_CARP,    /* no VRRP at all, with our VRID as its vhid */
};

/* R3: whose frame came in on an interface. */
enum core_station {
	CORE_STATION_PEER,  /* the peer's kernel answered ARP or NDP */
	CORE_STATION_ASKED, /* the gateway or a witness answered */
	CORE_STATION_OTHER, /* any other station's frame */
	CORE_STATIONS
};

/*
 * R3: what scripts, processes, files and witnesses of an instance say, all
 * together. Unknown: they have not run yet, or run no more.
 */
enum core_checks {
	CORE_CHECKS_UNKNOWN,
	CORE_CHECKS_GOOD,
	CORE_CHECKS_DOUBTED, /* not bad yet; who owns nothing takes nothing */
	CORE_CHECKS_BAD,
	CORE_CHECKS
};

/*
 * R3: does any real server answer this node's director? Unknown: it has not
 * said yet, or some have fallen silent and it is about to find out. None: no
 * one of two or more, though they were asked.
 */
enum core_servers {
	CORE_SERVERS_UNKNOWN,
	CORE_SERVERS_SEEN,
	CORE_SERVERS_NONE,
	CORE_SERVERS
};

enum core_noise {
	CORE_NOISE_MAC,
	CORE_NOISE_FRAMING,
	CORE_NOISE_LOOP,     /* our own beats */
	CORE_NOISE_NAMESAKE, /* another daemon that says it is this node */
};

/* R12: what the kernel says that it holds; only GONE proves anything. */
enum core_look { CORE_LOOK_UNKNOWN, CORE_LOOK_HELD, CORE_LOOK_GONE };

enum core_plug { CORE_PLUG_UNKNOWN, CORE_PLUG_ON, CORE_PLUG_OFF };

/* The same values as enum fence_kind and fence_outcome of the fencer. */
enum core_fence_kind { CORE_FENCE_READ = 1, CORE_FENCE_OFF, CORE_FENCE_ON };
enum core_fence_outcome {
	CORE_OUTCOME_UNKNOWN,
	CORE_OUTCOME_FAILED,
	CORE_OUTCOME_OFF,
	CORE_OUTCOME_ALREADY_OFF,
	CORE_OUTCOME_ON,
	CORE_OUTCOME_READ,
	CORE_OUTCOME_OUTRUN, /* our own plug reads off: the peer was first */
};

enum core_command {
	COMMAND_NONE, /* nobody has said what: refused */
	COMMAND_FENCE_OFF,
	COMMAND_FENCE_ON,
	COMMAND_FENCE_REBOOT,
	COMMAND_FENCE_STATUS,
	COMMAND_CONFIRM,
	COMMAND_HANDOVER,
	COMMAND_STANDBY,
	COMMAND_ONLINE,
	COMMAND_MAINTENANCE_ON,
	COMMAND_MAINTENANCE_OFF,
	COMMAND_ANSWER, /* of the question that is open (R20) */
};

enum core_store { CORE_STORE_STATE, CORE_STORE_HISTORY };

/* What may be wrong with LVS (twinbeat-director). */
enum core_director {
	CORE_DIRECTOR_OFF,	/* nothing can be forwarded */
	CORE_DIRECTOR_TABLE,	/* the kernel's table is not as wanted */
	CORE_DIRECTOR_FOREIGN,	/* there are services of somebody else */
	CORE_DIRECTOR_SYNC,	/* connections are not told to the other node */
	CORE_DIRECTOR_DOWN,	/* real servers whose checks fail */
	CORE_DIRECTOR_EMPTY,	/* services without a server */
	CORE_DIRECTOR_FALLBACK, /* services that the fallback serves */
	CORE_DIRECTOR_PANIC,	/* services that use all, since so many fail */
	CORE_DIRECTOR_BLIND,	/* no real server answers this node */
	CORE_DIRECTOR_DIFFERS,	/* the other node sees a server otherwise */
};

struct core_fence_done {
	uint32_t id;
	enum core_fence_outcome outcome;
	unsigned level;
	uint32_t digest;
	uint32_t device_ok, device_tried;
	uint8_t plugs[CORE_PLUGS_MAX]; /* enum core_plug */
	bool wrote;
	bool called_back; /* R5: so nothing was written, and nothing failed */
	int64_t read_at_us, took_us;
	uint32_t power_wait_ms;
	const char *text;
};

/* By a key of the pair (R2); all zero: none. */
struct core_signature {
	bool is_there; /* something as long as one is behind the advert */
	/* by a key of the pair, if adverts are signed here; R16: by one of the
	 * instance's, and dropped for its time alone */
	bool is_signed;
	bool is_wrong; /* there is one, and it was made with another key */
	bool is_last;  /* the last will of that life (R12) */
	uint32_t generation;
	uint32_t clock_ms; /* as beat.clock_ms */
};

struct event {
	enum event_type type;
	int64_t now_us;
	int64_t realtime_s; /* wall clock, for memory and history only */
	union {
		struct {
			unsigned link;
			struct beat beat;
		} beat;
		struct {
			unsigned instance;
			enum core_advert verdict;
			const char *reason; /* DROPPED: its name */
			struct ip source;
			uint8_t priority;
			uint32_t interval_ms;
			struct core_signature signature;
		} advert;
		struct {
			unsigned link;
			/* a modem line (DSR, DCD) is up; a direct cable has
			 * carrier */
			bool is;
		} line;
		struct {
			unsigned link;
			bool are_known;	  /* the port tells them */
			bool is_high;	  /* DSR or DCD */
			bool rts_returns; /* as CTS, whenever it changes */
		} wires;
		struct {
			unsigned instance;
			bool is;
		} firewall;
		struct {
			unsigned instance;
			bool is;
			const char *text; /* why not */
		} sending;
		struct {
			unsigned instance;
			struct ip ip;
		} source;
		struct {
			unsigned instance;
			bool is;
		} ears;
		struct {
			unsigned interface;
			enum core_station who;
		} station;
		struct {
			unsigned link;
			const char *text;
			enum core_noise noise;
			/* BEAT_DROPPED: of the frame of which not one byte was
			 * written; sequence 0 = some were */
			uint32_t generation, sequence;
		} link;
		struct {
			unsigned interface;
			bool is;
			bool is_absent; /* not is: there is no such interface */
			const char *renamed; /* is_absent: to that; or NULL */
		} carrier;
		struct {
			unsigned instance;
			enum core_checks is;
			const char *text; /* why */
		} checks;
		struct {
			unsigned instance;
			unsigned added, failed;
			const char *text;
		} vip;
		/*
		 * R17.1: an address of the instance that another hand put on
		 * this machine. is_stuck: it is there and stays, because it
		 * cannot be removed or keeps coming back; told again with false
		 * when it has gone. false: it was removed, or taken on by the
		 * owner, and this is for people.
		 */
		struct {
			unsigned instance;
			bool is_stuck;
			const char *text; /* what, where, by whom */
		} alien;
		struct {
			unsigned instance;
			enum core_look is;
		} look;
		struct {
			uint32_t id;
			bool writing;
			const char *text;
		} step;
		struct core_fence_done fence;
		struct {
			const char *text;
			bool ended; /* KEEPER_LOST */
		} process;
		struct {
			enum core_store what;
			const char *text; /* NULL: it is written again */
		} store;
		struct {
			enum core_director what;
			const char *text; /* NULL: it is well again */
		} director;
		struct {
			enum core_servers is;
		} servers;
		struct {
			const uint16_t *cells;
			unsigned count; /* BOARD_CELLS at the most */
		} board;
		struct {
			enum core_command command;
			uint32_t token; /* comes back in the replies */
			unsigned node;	/* FENCE_*, CONFIRM */
			int device;	/* FENCE_*: -1 = all */
			bool force;
			bool is_to; /* HANDOVER: to node, else the other way */
			bool is_drill;	  /* of FENCE_REBOOT: the rehearsal */
			uint32_t wait_ms; /* drill: for the node to boot */
			unsigned answer;  /* ANSWER: 1, 2 or 3 */
			char code[CORE_CODE_SIZE]; /* ANSWER */
		} operator_;
		struct {
			char text[CORE_CODE_SIZE];
		} code;
	};
};

/* ---- actions: orders, in the imperative ---- */

enum action_type {
	ACTION_SEND_BEAT,   /* link, beat: encode and write now or drop */
	ACTION_SEND_ADVERT, /* instance, priority */
	ACTION_CLAIM,	    /* permit */
	ACTION_RELEASE,	    /* instance */
	ACTION_LOOK,	 /* instance: does the kernel hold any of it? (R12) By a
			    way that waits for nobody; EVENT_VIP_LOOKED follows */
	ACTION_ANNOUNCE, /* instance */
	ACTION_OBITUARY, /* beat: sign it, give it to the keeper (R12) */
	ACTION_FENCE,
	ACTION_PROBE,	      /* probe: a hearing test begins or ends (R3) */
	ACTION_DISCARD_LINKS, /* R11: throw away what is buffered */
	ACTION_SAVE,	      /* core->memory changed */
	ACTION_LAST_WORD,     /* core->memory.last_word changed: it is kept so
				 before what follows here is carried out */
	ACTION_TRACE,	      /* text "what -> what: why"; to log, history */
	ACTION_ALERT,	      /* name, text, raised or cleared; log it */
	ACTION_NOTIFY,	      /* instance -1 or index, text = event name */
	ACTION_REPLY,	      /* token; text; done: last one; ok */
	ACTION_MAKE_CODE,     /* R20: one that nobody can guess, at once;
				 EVENT_CODE_MADE brings it */
	ACTION_TELL_DIRECTOR, /* core->director_told, core->peer.board: what it
				 must know */
	ACTION_EXIT,	      /* the stop is complete */
};

enum core_severity { CORE_INFO, CORE_NOTICE, CORE_WARNING, CORE_CRITICAL };

struct action {
	enum action_type type;
	unsigned instance; /* SEND_ADVERT, RELEASE, LOOK, ANNOUNCE; TRACE: or
			      -1u */
	union {
		struct {
			unsigned link;
			struct beat *beat; /* in actions.beats */
		} send;
		struct {
			unsigned interface;
			bool on;
		} probe;
		uint8_t priority;
		struct permit permit;
		struct {
			uint32_t id;
			enum core_fence_kind kind;
			unsigned node;
			uint32_t levels;
			bool guard; /* R5: our own plugs first */
			int device;
			uint32_t digest;
		} fence;
		struct {
			const char *name; /* alert name, or event name */
			bool raised;
			enum core_severity severity;
		} alert;
		struct {
			uint32_t token;
			bool done, ok;
		} reply;
		/* TRACE: for the history */
		struct {
			const char *kind, *from, *to, *proof; /* or NULL */
			enum core_severity severity;
		} trace;
	};
	char text[CORE_TEXT_MAX];
};

/*
 * What one step can order at most, in the largest pair. Orders: of an instance,
 * two claims, releases, looks and adverts at the most, one announcement; of a
 * link, a beat and a last word; a few for the node. Words (traces, alerts,
 * notifications): as much room again and more; those that find none are
 * counted, and an alert is told in a later step. Nothing ends the process.
 */
#define ACTIONS_ORDERS_OF(instances)                                           \
	(10 * (instances) + 2 * CORE_LINKS_MAX + 64)
#define ACTIONS_WORDS_OF(instances) (8 * (instances) + 128)
#define ACTIONS_ORDERS_MAX	    ACTIONS_ORDERS_OF(CORE_INSTANCES_MAX)
#define ACTIONS_WORDS_MAX	    ACTIONS_WORDS_OF(CORE_INSTANCES_MAX)
#define ACTIONS_MAX		    (ACTIONS_ORDERS_MAX + ACTIONS_WORDS_MAX)
/* a beat and a last word for each link, the last will, and as many again */
#define ACTIONS_BEATS_MAX (4 * CORE_LINKS_MAX + 2)

struct actions {
	unsigned count, words;
	unsigned lost; /* orders without room: a bug, tests look at it */
	struct action list[ACTIONS_MAX];
	struct action spare; /* where those go, which nobody reads */
	unsigned beat_count;
	struct beat beats[ACTIONS_BEATS_MAX + 1]; /* the last: of spare */
};

/*
 * What a plug is, whatever its place in a file: whose, on which device, by what
 * settings of that. key: as in core_plug_settings. Never 0.
 */
uint32_t core_plug_id(const char *node, uint32_t key, uint32_t device_digest);

/* Those of the peer's plugs, 0 behind the last; returns how many. */
unsigned core_plug_ids(const struct core_settings *settings,
		       uint32_t ids[CORE_PLUGS_MAX]);

/*
 * R1, R15: the bits of a memory that was read from a disk are for the plugs of
 * this file from now on; of a plug that is not in ids nothing is kept.
 */
void core_memory_place(struct core_memory *memory,
		       const uint32_t ids[CORE_PLUGS_MAX],
		       uint32_t fence_digest);

/*
 * Starts a core in state INIT. The settings must outlive it. generation is
 * random, never 0; seed feeds later generations.
 */
void core_init(struct core *core, const struct core_settings *settings,
	       const struct core_memory *memory, uint32_t generation,
	       int64_t now_us);

/* Takes one event; actions is emptied first. */
void core_step(struct core *core, const struct event *event,
	       struct actions *actions);

/* The instance that it is about, by its place; -1: it is about none alone. */
int event_instance(const struct event *event);

/* For tests, after a step: ends the program where a core is not as it must be
 * between two steps (invariants.c). Nothing from outside may make it so. */
void core_check_invariants(const struct core *core);

/* When the core wants a tick at the latest, CLOCK_BOOTTIME us. */
int64_t core_deadline(const struct core *core);
#endif
