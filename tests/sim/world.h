/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H
/*
 * A world for two cores: it knows the truth (power, who holds which VIP, each
 * direction of each link, each plug) apart from what the nodes believe. Time
 * is virtual; one thread; nothing random unless the caller draws it.
 */
#include "../../src/core/reload.h"
#include "../../src/core/view.h"

#define WORLD_QUEUE	   1024
#define WORLD_LOG	   (256 * 1024)
#define WORLD_BACKLOG	   384
#define WORLD_TTY_KEEPS	   102 /* beats of 40 bytes in a tty's 4096 */
#define WORLD_SOCKET_KEEPS 128
#define WORLD_TAPE	   64 /* beats of a node, for a replay */
#define WORLD_INSTANCES	   64 /* that a seed draws, at most */
#define WORLD_EXPECTED	   24
#define WORLD_TOKENS	   16
#define WORLD_HUNG	   512 /* orders that wait for a keeper in the kernel */
#define WORLD_READINGS	   32
#define WORLD_EDITS	   4 /* fence settings that one node may have had */
#define NOBODY		   2 /* an outlet that feeds a third machine */

enum plug_lie {
	PLUG_HONEST,
	PLUG_DEAD,   /* the device does not answer */
	PLUG_WELDED, /* acknowledges, stays on, reads on */
	PLUG_LYING,  /* reads off, power stays */
};

/* One outlet of a fence device, as it is and not as it is configured. */
struct world_outlet {
	bool told_off; /* it lies: reads off, and is on */
	uint8_t feeds; /* 0, 1, NOBODY */
	/* the device errs for a moment: what it reads, and until when */
	bool misread_on;
	int64_t misread_us;
};

struct world_device {
	bool dead;
	bool single_client;
	int dies_with; /* the node whose power feeds it, -1 none */
	int busy_by;
	int64_t busy_until_us;
};

/* One answer that a node had about the other one's plugs (judge_power.c). */
struct world_reading {
	uint32_t id, digest, generation; /* of the life that took it */
	enum core_fence_kind kind;
	enum core_fence_outcome outcome;
	unsigned level;
	int64_t asked_us, read_us, told_us, told_local_us;
	int64_t listened_us; /* judge_start.c: its asker, till it was told */
	/* a bit per level: every plug of it read off; one of it read on */
	uint16_t off, on;
	/* it read off though the machine had power, and why */
	uint16_t lying, miswired;
};

/* R18: what its serial port says of its modem lines. */
enum world_lines { LINES_HONEST, LINES_NEVER, LINES_HELD };

/* R3: what is wrong with its Ethernet though the carrier is up. */
enum world_ears { EARS_GOOD, EARS_DEAF, EARS_WRONG_VLAN };

/* R15: where in its file each instance of the world is (world_order.c). */
enum world_place { PLACE_END, PLACE_MIDDLE, PLACE_FRONT };
struct world_order {
	bool is_moved; /* else place and number are one, and nothing is read */
	uint8_t place[CORE_INSTANCES_MAX], instance[CORE_INSTANCES_MAX];
};

struct world_node {
	struct core core;
	/* by the world's numbers; the core has them in the file's order */
	struct core_settings settings;
	struct world_order order;
	struct core_memory disk;
	struct core_last_word last_word; /* in its memory: till the next boot */
	bool answered;	   /* R20: "1" with the right code, in this run */
	bool disk_fails;   /* nothing is written: what is there stays */
	bool unwritten;	   /* something was not: marked until a boot */
	bool ended_clean;  /* the truth, as far as it can be known */
	bool powered;	   /* the machine has power */
	bool running;	   /* the daemon's main process lives */
	bool keeper;	   /* the keeper lives */
	bool frozen;	   /* the main process is not scheduled */
	bool paused;	   /* nothing on the machine is */
	bool clocks_stand; /* while paused: its clocks too */
	bool vip[CORE_INSTANCES_MAX];	/* the truth */
	bool stays[CORE_INSTANCES_MAX]; /* cannot be removed */
	/*
	 * Somebody holds the kernel's RTNL lock: no address comes, goes or
	 * expires, and a keeper that asks for one hangs and cannot be killed.
	 */
	bool rtnl_held;
	bool no_look; /* the kernel does not answer a look (R12) */
	enum keeper_end {
		KEEPER_LIVES,
		KEEPER_IS_KILLED, /* ends when RTNL is free */
		KEEPER_QUITS,	  /* the same, after a removal */
	} keeper_end;
	bool keeper_told;      /* its main has given it up */
	int64_t keeper_gap_ms; /* till the next one */
	/* what it hangs in: carried out when RTNL is free, killed or not */
	bool in_kernel, in_kernel_claims;
	unsigned in_kernel_instance;
	/* that, and what waits behind it: a keeper does one after the other */
	unsigned hung_count;
	uint16_t hung[WORLD_HUNG];
	uint32_t rtnl_epoch; /* counts the times that RTNL was taken */
	/* vip[i] is of another hand: since when, and the keeper has seen it
	 * and has not yet done, or told, what it does about it */
	bool alien[CORE_INSTANCES_MAX];
	uint8_t alien_pending[CORE_INSTANCES_MAX]; /* its keeper's, under way */
	int64_t alien_us[CORE_INSTANCES_MAX];
	bool refuses;	   /* addresses cannot be added */
	bool refuses_some; /* one of two cannot, for a while */
	bool carrier;
	bool mute;	  /* its own filter: no advert leaves */
	bool told_unsent; /* and its daemon knows */
	enum world_lines lines;
	bool line_told; /* its core knows, or is about to, that it is up */
	enum world_ears ears;
	int64_t bad_ears_us; /* they are not good since, by its clock */
	bool probing;	     /* its edge runs a hearing test */
	uint32_t probe_stamp;
	bool tracked_down;	   /* interfaces[1] has no carrier */
	enum core_checks checks;   /* of every instance */
	enum core_servers servers; /* what its director sees of them */
	/* its own side of each two-way link: port, card with carrier */
	bool link_open[CORE_LINKS_MAX];
	unsigned instances_edited; /* in its file, from its next start; 0 */
	bool addresses_mended;	   /* the same */
	/* new settings are on their way into the running daemon */
	bool reloading;
	bool has_file; /* next is on its disk; nobody has called for it yet */
	/* the largest dead time of all that this life has gone by */
	int64_t longest_dead_us;
	struct world_order next_order;
	struct core_map map;
	unsigned reloads; /* that were carried out */
	bool was_away;	  /* not scheduled for a while, in this generation */
	bool deaf;   /* R8: its keeper was not ready yet, no link is open */
	bool looped; /* a loop plug instead of the cable */
	/* its serial line: a frame is on it until then; stuck for a while */
	int64_t line_free_us;
	bool line_busy;
	uint32_t epoch; /* counts lives: old messages do not reach a new one */
	uint32_t keeper_epoch, fencer_epoch, freezes;
	int64_t keeper_free_us; /* it does one thing after the other */
	/* what was edited in its file: now, and when its daemon read it */
	uint32_t fence_edit, fence_edit_read;
	uint32_t fencer_digest; /* of the settings that its fencer has */
	bool has_will;
	struct beat will;
	struct instance_set will_of; /* the instances that it resigns */
	uint32_t will_generation;    /* the life that is over */
	int64_t will_until_us;
	unsigned reads, offs; /* requests to the fence device */
	bool fenced;	      /* its power was cut by the other node */
	bool lease_ended; /* frozen so long that the kernel removed its VIPs */
	/* its clocks: BOOTTIME = (time + ppm) + offset */
	int64_t clock_offset_us;
	int clock_ppm;
	int64_t tick_us; /* when its core wants a tick, world time */
	int64_t paused_us;
	/* judge.c: what a claim rests on */
	int64_t lost_power_us; /* the last time */
	int64_t got_power_us;
	struct world_reading readings[WORLD_READINGS];
	unsigned reading_count;
	/* plugs of the other one that it read on while that had power */
	struct world_proven {
		uint8_t plugs;
		uint32_t digest;
	} proven[WORLD_EDITS];
	unsigned proven_count;
	/* a level of the other one that read off while that lived: since when,
	 * and our newest frame long after; then it is caught */
	struct {
		uint16_t level, caught;
		uint32_t generation, sequence;
		uint32_t life; /* the other one's generation then */
		int64_t told_us, caught_us;
	} lie;
	/* R8: it cut the other one then, and nothing was heard of it since; on
	 * its disk, so over its lives; 0 = not */
	int64_t left_dark_us;
	unsigned left_dark_level;
	int64_t dark_no_more_us; /* that ended then, last; 0 = never */
	int64_t saved_us;	 /* its state went to the disk last */
	uint32_t left_dark_digest;
	/* levels of the other one that its commands reached, in this life, and
	 * that it has not read on since */
	uint16_t landed;
	uint32_t landed_generation;
	int64_t cuts_us[CORE_FENCES_MAX]; /* its automatic ones, newest first */
	int64_t deceived_us; /* a forged or old frame came in its name */
	/* judge.c, judge_dead(): what may make a dead one look alive, last */
	int64_t life_forged_us, woke_us;
	int64_t good_advert_us; /* a real one */
	int64_t vouched_us;	/* a beat that was lost came later, and owned */
	struct {
		uint32_t generation, sequence;
	} newest;	    /* of its beats, that came when they were sent */
	bool has_good_word; /* a real beat or good advert, in this generation */
	const char *false_claim[CORE_INSTANCES_MAX];
	/* its claim rests on what is not so, though nobody held it then */
	const char *cause[CORE_INSTANCES_MAX];
	uint32_t confirm_token, drill_token; /* asked last, 0 = none */
	int64_t confirmed_us;		     /* -1 = never in this life */
	bool confirmed_alive;		     /* an operator's false word */
	int64_t drill_cut_us;		     /* ordered, -1 = not */
	int64_t maintained_us; /* left maintenance; -1 = never was in it */
	/* judge_start.c: who may judge silence, by the node's own clock */
	int64_t listen_us;   /* how long it has to listen in this life */
	int64_t open_us;     /* its links are open since */
	int64_t back_us;     /* its links are open, it was not away, since */
	int64_t whole_us;    /* its carrier is back, it was not away, since */
	uint32_t generation; /* of its core, at the last look */
	bool has_heard;	     /* of the other one, in this generation */
	bool shot_by_operator, shot_by_miswiring;
	int64_t shot_silence_us; /* of the shooter, when it fired */
	int64_t shot_wait_us;	 /* when its wait had begun */
	enum fence_need shot_need;
	bool shot_again;		 /* a retry */
	int cut_by;			 /* who took its power last */
	uint32_t tokens[WORLD_TOKENS];	 /* asked, not answered; 0 = free */
	int64_t tokens_us[WORLD_TOKENS]; /* an answer is due */
	/* what its tty and sockets hold while it is not scheduled */
	unsigned backlog_count, tty_count, socket_count;
	uint16_t backlog[WORLD_BACKLOG];
	unsigned tape_count;
	int64_t advert_clock_ms[CORE_INSTANCES_MAX]; /* of the last it sent */
	struct {
		unsigned link;
		struct beat beat;
	} tape[WORLD_TAPE];
	/* last: unread while nothing is moved or reloading, and not cleared */
	struct core_settings file, next_file, next;
};

/* What its core knows of the world's instance i. */
static inline unsigned world_place_of(const struct world_node *node, unsigned i)
{
	return node->order.is_moved ? node->order.place[i] : i;
}
static inline const struct core_instance *
world_instance(const struct world_node *node, unsigned i)
{
	return &node->core.instances[world_place_of(node, i)];
}

enum world_wire { WIRE_NONE, WIRE_SERIAL, WIRE_UDP, WIRE_ETHERNET };

struct world_message {
	unsigned node;
	uint32_t epoch;
	enum {
		TO_CORE,
		FROM_KEEPER_CLAIM,
		FROM_KEEPER_RELEASE,
		FROM_KEEPER_ALIEN,
		LAST_WILL,
		WILL_AGAIN,
		WILL_ON_LINE,
		FENCE_ACTS,
		FENCE_LANDS,
		FENCE_READS_BACK,
		POWER_FALLS,
		LEASE_ENDS,
		KEEPER_PATIENCE_ENDS,
		RTNL_IS_FREE,
		WAKES,
		BOOTS,
		FORGES,
		PROBES,
		RELOADS,
	} kind;
	enum world_wire wire;
	bool arrived; /* it is in a buffer: no cable can lose it any more */
	uint32_t stamp;
	struct event event;
	struct {
		uint32_t id;
		enum core_fence_kind kind;
		unsigned node;
		uint32_t levels, digest;
		uint32_t generation; /* of the core that asked */
		int device;
		unsigned level; /* that is tried */
		bool wrote, by_operator, by_drill, by_hand, guard;
		uint16_t lying, miswired; /* levels that read off falsely */
		int64_t asked_us, read_us;
	} fence;
};

struct world_key {
	int64_t at_us;
	uint64_t order;
	uint32_t slot;
};

/* Somebody on the segment sends adverts in the other one's name. */
struct world_forgery {
	uint32_t stamp;
	int64_t every_us, until_us;
	struct event event;
};

struct coverage;
struct world {
	int64_t now_us;
	uint64_t order;
	/* [i]: from node i to the other */
	/* udp, spare: cables between further cards; by the sender */
	bool serial[2], ethernet[2], udp[2], spare[2];
	bool line_cut[2]; /* R18: the modem line that a node drives */
	bool filter[2];	  /* takes the adverts of node i, and nothing else */
	bool no_gateway;  /* nobody but the two nodes answers */
	bool others;	  /* other stations are heard */
	int64_t ears_changed_us;
	int64_t disturbed_us; /* by a fault, last; 0 = nobody says so */
	/* serial_us: so long a frame is on the line, and no other fits */
	int64_t serial_us, ethernet_us, udp_us, keeper_us, fence_us;
	int64_t fence_lag_us;	 /* from the command to the relay */
	int64_t fence_answer_us; /* from there to the answer */
	int64_t holdup_us;	 /* a power supply holds on */
	uint32_t power_wait_ms;	 /* the devices' setting */
	int64_t boot_ms;	 /* after power comes back; -1: by hand */
	int64_t start_us;  /* from a daemon's start till its keeper is ready */
	int64_t jitter_us; /* a tick comes late by up to this */
	bool clocks_drawn; /* BOOTTIME begins anew with the machine */
	bool clock_was_set[2];	 /* since then dates say nothing */
	bool no_battery[2];	 /* each boot of it starts at the same date */
	int64_t clock_step_s[2]; /* how far a node's wall clock was set */
	bool plug_on[2];	 /* all outlets of a node */
	/* several plugs: what ails one of them, which are switched off */
	enum plug_lie plug_lie[2][CORE_PLUGS_MAX];
	bool plug_off[2][CORE_PLUGS_MAX];
	struct world_outlet outlets[2][CORE_PLUGS_MAX];
	struct world_device devices[CORE_DEVICES_MAX];
	enum plug_lie lie;	/* of every outlet */
	bool device_reached[2]; /* by node i */
	unsigned count;		/* of the queue; sorted, the next one last */
	unsigned free_count;
	uint64_t events;
	/* faults of the wires, per mille, drawn from random (0 = none) */
	uint64_t random;
	unsigned lose, twice, late;
	int64_t late_us;       /* at most, when late */
	unsigned noise;	       /* serial: a beat arrives as noise */
	unsigned busy;	       /* serial: the line is busy, a beat dropped */
	unsigned drop_adverts; /* adverts that fail their check */
	unsigned hangs;	       /* attempts of a fencer that are killed */
	struct world_forgery forgery[2]; /* that node i hears */
	bool quiet;			 /* keep no log */
	unsigned excused; /* what physics forbids: a plug that lies ... */
	const char *excuse;
	const char *broken; /* the first invariant that was broken */
	int64_t broken_us;
	struct {
		const char *name;
		uint64_t count;
	} expected[WORLD_EXPECTED]; /* violations that physics forbids, named */
	bool both_hold[CORE_INSTANCES_MAX];
	/* one address stands in instances of different names */
	bool addresses_differ;
	uint64_t shots, claims[PROOFS];
	struct coverage *coverage; /* may be NULL */
	bool loud;		   /* every trace line, alerts too */
	/* sees each action of a core before it is carried out; may be NULL */
	void (*observe)(void *observer, unsigned node,
			const struct action *action);
	void *observer;
	uint32_t reply_token, codes;
	bool reply_done, reply_ok;
	char reply[CORE_TEXT_MAX];
	size_t log_used;
	/* last, and large: world_init clears of it what is read unwritten */
	struct world_node nodes[2];
	uint16_t free_slots[WORLD_QUEUE];
	struct world_key keys[WORLD_QUEUE];
	struct world_message queue[WORLD_QUEUE];
	struct actions actions;
	char log[WORLD_LOG];
};

/* Two nodes lb01 (150) and lb02 (100), one instance VI_1, sane settings. */
void world_init(struct world *world);
/* One switch for each node, its plug there; false: there are more already. */
bool settings_own_pdu(struct core_settings *settings);
/* Starts the daemon on a node; power comes first. */
void world_boot(struct world *world, unsigned node);
void world_power_off(struct world *world, unsigned node);
void world_power_on(struct world *world, unsigned node);
/* Power now, the daemon after ms; < 0: never. */
void world_power_on_slowly(struct world *world, unsigned node, int64_t ms);
/* kill -9 of the main process: the keeper acts as its last will. */
void world_kill_main(struct world *world, unsigned node);
/* kill -9 of everything: no last will, the lease ends the VIPs. */
void world_kill_all(struct world *world, unsigned node);
/* The kernel stops; power stays. */
void world_panic(struct world *world, unsigned node);
/* The main process is not scheduled for ms; its lease goes on running out. */
void world_freeze(struct world *world, unsigned node, int64_t ms);
/* The whole machine stands still for ms, with or without its clocks. */
void world_pause(struct world *world, unsigned node, int64_t ms,
		 bool clocks_stand);
/* kill -9 of the keeper: main sees it and starts a new one. */
void world_kill_keeper(struct world *world, unsigned node, int64_t gap_ms);
/* RTNL is held by somebody for ms, -1: until world_rtnl_free(). */
void world_rtnl_hold(struct world *world, unsigned node, int64_t ms);
void world_rtnl_free(struct world *world, unsigned node);
/* kill -9 of the fencer: what it had not yet written is not written. */
void world_kill_fencer(struct world *world, unsigned node);
/* The fence settings of a node's file change: 0 = as they were. They are read
 * by the programs that start from then on. */
void world_edit_fence(struct world *world, unsigned node, uint32_t change);
uint64_t world_random(struct world *world);
/* Another hand adds an address of the instance (R17.1); false: it is there. */
bool world_alien(struct world *world, unsigned node, unsigned instance);
void world_carrier(struct world *world, unsigned node, bool up);
/* R3: scripts, processes, files, witnesses; where instances have some. */
void world_checks(struct world *world, unsigned node, enum core_checks is);
/* R3: does a real server answer its director; where instances have some. */
void world_servers(struct world *world, unsigned node, enum core_servers is);
/* An interface that is only tracked. */
void world_mute(struct world *world, unsigned node, bool on);
void world_ears(struct world *world, unsigned node, enum world_ears ears);
/* The path of what this node sends. */
void world_ethernet(struct world *world, unsigned from, bool whole);
void world_ethernets(struct world *world, bool whole); /* both ways */
void world_filter(struct world *world, unsigned from, bool on);
void world_tracked(struct world *world, unsigned node, bool up);
/* The serial adapter is pulled, or plugged in again. */
/* The port of the serial link, the card of a udp link. */
void world_adapter(struct world *world, unsigned node, unsigned link,
		   bool open);
/* A beat that the node once sent comes again; turn picks it. */
void world_replay(struct world *world, unsigned from, unsigned turn);
/* VRRP is not signed: node hears event, an advert in the other one's name, now
 * and every every_ms for ms. */
void world_forge(struct world *world, unsigned node, const struct event *event,
		 int64_t every_ms, int64_t ms);
/* The node's file has so many instances, when it starts the next time. */
/* R15: each address has a number; two of node n's file are swapped, before it
 * is read; mended at a start that this brings about: called till it was. */
void world_addresses_begin(struct world *world);
void world_addresses_swap(struct world *world, unsigned node, unsigned i,
			  unsigned k);
void world_addresses_mend(struct world *world);
void world_edit_instances(struct world *world, unsigned node, unsigned count);
/* SIGHUP: the running daemon takes these; false: it cannot now. */
bool world_reload(struct world *world, unsigned node,
		  const struct core_settings *settings);
/* The same, where an instance that is new comes to stand in the file. */
bool world_reload_at(struct world *world, unsigned node,
		     const struct core_settings *settings,
		     enum world_place place);
/* The first plug of NODE is another outlet in the file of who runs. */
void world_replug(struct world *world, unsigned node);
/* R5: what "twinbeat check" demands of tie_ms. */
uint32_t world_least_tie_ms(const struct world *world,
			    const struct core_settings *settings);
/* The same change of both files, and both daemons take it, node first: what,
 * value says, and how much later the other one does. False: it would change
 * nothing, or one of them does not run. */
bool world_reload_both(struct world *world, unsigned node, uint32_t value);
/* A frame is on the serial line for so long. */
void world_frame_takes(struct world *world, int64_t us);
/* Nothing can be written to a node's disk, or can be again. */
void world_disk(struct world *world, unsigned node, bool fails);
void world_ask(struct world *world, unsigned node, enum core_command command,
	       unsigned target);
/* Somebody at the panel switches one outlet. */
void world_outlet_by_hand(struct world *world, unsigned node, unsigned plug,
			  bool on);
/* For ms the device reads this of one outlet, whatever it is. */
void world_misread(struct world *world, unsigned node, unsigned plug, bool on,
		   int64_t ms);
/* A drill of the other node, which has wait_ms to boot. */
void world_drill(struct world *world, unsigned node, uint32_t wait_ms);
/* R20: a reply to the alert, 1 to 3. */
void world_answer(struct world *world, unsigned node, const char *code,
		  unsigned answer);
void world_stop(struct world *world, unsigned node);
/* Any other fact, told to the core of a node at once. */
void world_tell(struct world *world, unsigned node, const struct event *event);
/* Runs until now + ms; stops early when an invariant breaks. */
void world_run_ms(struct world *world, int64_t ms);
/* The node that holds instance 0, -1 none, -2 both. */
int world_owner(const struct world *world, unsigned instance);
/* A line of the incident log that no node wrote. */
__attribute__((format(printf, 2, 3))) void world_note(struct world *world,
						      const char *format, ...);
/* What a living core's next advert is signed with. */
struct core_signature wire_signature(struct world *world, unsigned from,
				     unsigned instance);
#endif
