/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two nodes, one instance: R17 with R1, R5, R6, R8, R11 and R12, for SPIN.
 * Time-outs come at any moment, frames are lost, doubled, delayed without
 * bound and reordered; nodes crash, freeze, are cut and come back. Nothing
 * here may rest on a clock, but for the assumptions that README.md lists.
 * Sequence numbers are not counted: only their comparison with two marks of
 * their sender is ever used, and that is what the frames carry (README.md).
 */

/* ---- what may go wrong, and how often; check.sh sets these ---- */
#ifndef SLOTS_0
#define SLOTS_0 1 /* frames on the way from lb0, at most 3 */
#endif
#ifndef SLOTS_1
#define SLOTS_1 1
#endif
#ifndef DUPLICATES
#define DUPLICATES 0 /* 1: a frame may come again and again */
#endif
#ifndef STARTS_0
#define STARTS_0 0 /* new generations of lb0 */
#endif
#ifndef STARTS_1
#define STARTS_1 0
#endif
#ifndef CRASHES_0
#define CRASHES_0 0 /* the main process of lb0 ends */
#endif
#ifndef CRASHES_1
#define CRASHES_1 0
#endif
#ifndef FREEZES_0
#define FREEZES_0 0 /* the main process of lb0 is not scheduled (R11) */
#endif
#ifndef FREEZES_1
#define FREEZES_1 0
#endif
#ifndef RTNLS_0
#define RTNLS_0 0 /* the RTNL lock of lb0's kernel is held by somebody (R12) */
#endif
#ifndef RTNLS_1
#define RTNLS_1 0
#endif
#ifndef UNFITS
#define UNFITS 0 /* fitness changes of both nodes together (R3) */
#endif
#ifndef UNKNOWNS
#define UNKNOWNS 0 /* fence attempts of unknown outcome (R6) */
#endif
#ifndef FENCES
#define FENCES 0 /* times that power is cut */
#endif
#ifndef ADVERTS
#define ADVERTS 0 /* 1: VRRP priority 0 counts (the proof `resigned`) */
#endif
#ifndef SLOW_LINKS
#define SLOW_LINKS 0 /* 1: a link may be heard without being up yet (R2) */
#endif
#ifndef PREEMPT
#define PREEMPT 0 /* 1: lb0 wants what a fit lb1 owns */
#endif
#ifndef FAST_BOOT
#define FAST_BOOT 0 /* 1: a machine may boot faster than a fence takes */
#endif

#ifndef SLOTS /* room on the wire */
#if SLOTS_0 > SLOTS_1
#define SLOTS SLOTS_0
#else
#define SLOTS SLOTS_1
#endif
#endif

/* A rule broken: every search for a mutant must find it (check.sh). Only with
 * MUTANTS are the broken steps in the model at all. */
#ifndef MUTANT
#define MUTANT 0
#endif
#define CLAIM_ON_TIMEOUT     1
#define OWN_CLEARED_EARLY    2
#define TIME_IS_A_LOOK       3
#define KILLED_IS_ENDED      4
#define DISK_IS_A_PROOF      5
#define OLD_ACKNOWLEDGEMENT  6
#define OLD_OBITUARY         7
#define ZERO_UNSIGNED        8
#define KEPT_OVER_A_BOOT     9
#define WILL_BEFORE_REMOVAL  10
#define LEFTOVERS_STAY       11
#define RESIGNED_WHILE_HEARD 12
#define UNKNOWN_IS_OFF       13
#define NEW_LIFE_IGNORED     14
#define SAME_WAIT            15
#define WAIT_COUNTS_UNFIT    16
#define NOBODY_DROPS         17
#define BROKEN(rule) (MUTANT == rule)
#ifdef MUTANTS
#define UNLESS(rule, steps) \
	if \
	:: BROKEN(rule) \
	:: else -> steps \
	fi
#else
#define UNLESS(rule, steps) steps
#endif
/* 1 .. 4: a proof that must be used (claim) */
#ifndef WITNESS
#define WITNESS 0
#endif

/* The numbers above are read when a search starts: check.sh gives them as
 * c_expr, so that many configurations share a program. */
#ifdef LATER
c_decl {
\#include "budgets.h"
}
#endif

/* ---- what the tables of README.md map to src/core/state.h ---- */
#define LINK_NEVER 0
#define LINK_UP	   1
#define LINK_HALF  2
#define LINK_DOWN  3

#define PEER_UNKNOWN  0
#define PEER_UP	      1
#define PEER_SILENT   2
#define PEER_RELEASED 3
#define PEER_OFF      4

#define FENCE_IDLE	0
#define FENCE_DELAY	1
#define FENCE_RUNNING	2
#define FENCE_VERIFY	3
#define FENCE_CONFIRMED 4
#define FENCE_FAILED	5
#define FENCE_HELD	6

/* The truth about a machine. */
#define RUN_UP	   0
#define RUN_FROZEN 1
#define RUN_DYING  2 /* main is gone, the keeper acts as its last will */
#define RUN_DOWN   3 /* powered, no daemon */
#define RUN_OFF	   4 /* no power */

#define NO_GENERATION 3 /* generations are 0 .. 2 */

/* A frame on its way, in the order of sending (slot 0 is the oldest). */
typedef frame {
	bit used;
	bit obituary;
	unsigned generation : 2;
	bit own;
	bit want;
	bit fit;
	bit hears; /* its sender hears the receiver's present generation */
	/* this frame's sequence, compared with its sender's marks */
	bit after_claim; /* >= the mark of want or own */
	bit after_trust; /* > ours when we last believed a statement */
	bit after_zero;  /* made later than the priority 0 on its way (R1) */
	/* what it acknowledges, compared with the receiver's marks */
	bit acks_claim;
	bit acks_trust;
	bit seen; /* not newer than the newest by this link */
	bit old;  /* not newer than the newest statement believed */
}
typedef wire_type {
	frame slot[SLOTS];
	bit zero; /* an advert of priority 0 */
	unsigned zero_of : 2; /* the life that has signed it (R2) */
}
wire_type wire[2]; /* [x]: from node x to the other */

typedef node_type {
	unsigned machine : 3;
	bit vip;  /* the truth: the kernel holds the address */
	bit shot; /* a power command is on its way to the device */
	/* R12: RTNL is held: no address comes, goes or expires */
	bit held;
	bit was_held;
	bit given_up; /* main has killed its keeper, and has no other yet */
	bit pending;  /* a claim hangs in the kernel: done when RTNL is free */
	bit cutter;   /* R8, on disk: we cut it, and have not heard it since */
	bit kept;     /* R12: its obituary outlives our life, in one boot */
	unsigned kept_of : 2;
	bit read_off; /* R8: its plugs read off, once */
	unsigned generation : 2;
	bit fit = 1;
	bit starting = 1;	 /* INSTANCE_INIT */
	bit waiting = 1; /* R8: silence since start is not judged yet */
	bit own;
	bit releasing;
	bit want;
	/* of the peer */
	bit heard_ever;
	bit alive; /* heard on some link */
	unsigned link : 2;
	unsigned peer : 3;
	unsigned known : 2 = NO_GENERATION; /* the generation that is believed */
	bit stranger;	    /* another was heard since, not believed yet */
	bit over;	    /* its obituary was believed (R12) */
	bit stated;	    /* a statement of it is remembered */
	bit fresh;
	bit peer_own;
	bit peer_want;
	bit peer_fit;
	bit peer_acks_claim;
	bit resigned;
	/* the newest authenticated frame: what our frames acknowledge */
	unsigned heard : 2 = NO_GENERATION;
	bit heard_claim;
	bit heard_trust;
	unsigned fence : 3;
	bit new_life; /* heard while the fence was under way */
	/* what has happened to this machine */
	bit crashed;
	bit froze;
}
node_type node[2];

#define OF(x, name)   ((x) == 0 -> name##_0 : name##_1)
#define MAY_START(x)  (node[x].generation < OF(x, STARTS))
#define MAY_CRASH(x)  (OF(x, CRASHES) && !node[x].crashed)
#define MAY_FREEZE(x) (OF(x, FREEZES) && !node[x].froze)

/* how often each has happened */
byte unfits, unknowns, fences;

bit healed; /* no more faults: time-outs are true from here on */
#ifdef INCIDENT
bit cut; /* every cable is cut, both ways: the one incident */
#endif

/* Scratch of the atomic steps; zero between them, no part of the state. */
hidden byte k, j, last;
hidden byte accepted, permit;

#define O(x) (1 - (x))

/* ---- marks: "acknowledged since" without numbers ---- */

/* R17.2, R17.1: from the next frame on. */
inline mark_claim(x)
{
	for (k : 0 .. SLOTS - 1) {
		wire[x].slot[k].after_claim = 0;
		wire[O(x)].slot[k].acks_claim = 0;
	}
	node[O(x)].heard_claim = 0;
	node[x].peer_acks_claim = 0;
}

/* R17.7 */
inline mark_trust(x)
{
	for (k : 0 .. SLOTS - 1) {
		wire[x].slot[k].after_trust = 0;
		wire[O(x)].slot[k].acks_trust = 0;
	}
	node[O(x)].heard_trust = 0;
}

/* A new generation of x: nothing on its way refers to it. */
inline mark_generation(x)
{
	mark_claim(x);
	mark_trust(x);
	for (k : 0 .. SLOTS - 1) {
		wire[O(x)].slot[k].hears = 0;
	}
	node[x].generation++;
}

/* ---- the wire ---- */

inline clear_slot(f)
{
	f.used = 0;
	f.obituary = 0;
	f.generation = 0;
	f.own = 0;
	f.want = 0;
	f.fit = 0;
	f.hears = 0;
	f.after_claim = 0;
	f.after_trust = 0;
	f.after_zero = 0;
	f.acks_claim = 0;
	f.acks_trust = 0;
	f.seen = 0;
	f.old = 0;
}

inline copy_slot(to, from)
{
	to.used = from.used;
	to.obituary = from.obituary;
	to.generation = from.generation;
	to.own = from.own;
	to.want = from.want;
	to.fit = from.fit;
	to.hears = from.hears;
	to.after_claim = from.after_claim;
	to.after_trust = from.after_trust;
	to.after_zero = from.after_zero;
	to.acks_claim = from.acks_claim;
	to.acks_trust = from.acks_trust;
	to.seen = from.seen;
	to.old = from.old;
}

/* Takes slot i out; the order of the others stays. */
inline drop_slot(x, i)
{
	for (k : 0 .. SLOTS - 2) {
		if
		:: k >= i -> copy_slot(wire[x].slot[k], wire[x].slot[k + 1])
		:: else
		fi
	}
	clear_slot(wire[x].slot[SLOTS - 1]);
}

#define FULL(x) \
	((x) == 0 -> wire[0].slot[SLOTS_0 - 1].used \
		  : wire[1].slot[SLOTS_1 - 1].used)

/* Leaves in `last` a free slot for a new frame of x; a full wire loses one. */
inline make_room(x, victim)
{
	if
	:: FULL(x) -> drop_slot(x, victim)
	:: else
	fi;
	last = 0;
	do
	:: last < SLOTS ->
		if
		:: wire[x].slot[last].used -> last++
		:: else -> break
		fi
	:: else -> break
	od
}

/* Can a frame of another generation of x still be met? */
#define SLOT_STRANGE(x, i) \
	(wire[x].slot[i].used && \
	 wire[x].slot[i].generation != node[x].generation)
#if SLOTS == 1
#define STRANGE(x) SLOT_STRANGE(x, 0)
#elif SLOTS == 2
#define STRANGE(x) (SLOT_STRANGE(x, 0) || SLOT_STRANGE(x, 1))
#else
#define STRANGE(x) \
	(SLOT_STRANGE(x, 0) || SLOT_STRANGE(x, 1) || SLOT_STRANGE(x, 2))
#endif
#define MORE_GENERATIONS(x) \
	(MAY_START(x) || STRANGE(x) || node[O(x)].heard != node[x].generation || \
	 node[O(x)].known != node[x].generation)

/* a frame of a generation that is over is nothing; nor is one seen before */
#define PASSES(x, i) \
	(wire[O(x)].slot[i].used && !wire[O(x)].slot[i].seen && \
	 !(node[x].over && \
	   wire[O(x)].slot[i].generation == node[x].known))

/* VRRP priority 0 leaves x, or (is = 0) what is on its way is lost. */
inline say_zero(x, is)
{
	wire[x].zero = ADVERTS && is;
	wire[x].zero_of = (wire[x].zero -> node[x].generation : 0);
	for (k : 0 .. SLOTS - 1) {
		wire[x].slot[k].after_zero = 0;
	}
}

/* What cannot matter any more is made equal, to keep the states few. */
inline tidy_wire(x)
{
	if
	:: node[O(x)].machine >= RUN_DYING && !MAY_START(O(x)) ->
		for (k : 0 .. SLOTS - 1) {
			clear_slot(wire[x].slot[k]);
		}
		say_zero(x, 0)
	:: else
	fi;
	j = 0;
	do
	:: j < SLOTS ->
		if
		:: wire[x].slot[j].used && !wire[x].slot[j].obituary &&
			(wire[x].slot[j].old ||
			 (wire[x].slot[j].generation != node[O(x)].known &&
			  !wire[x].slot[j].acks_trust)) ->
			/* never believed: only a sign of life */
			wire[x].slot[j].own = 0;
			wire[x].slot[j].want = 0;
			wire[x].slot[j].fit = 0;
			wire[x].slot[j].acks_claim = 0;
			wire[x].slot[j].acks_trust = 0
		:: else
		fi;
		if
		:: wire[x].slot[j].used &&
			(healed -> !PASSES(O(x), j)
				: (wire[x].slot[j].seen &&
				   !MORE_GENERATIONS(x))) ->
			drop_slot(x, j)
		:: else -> j++
		fi
	:: else -> break
	od;
	j = 0
}

/* ---- statement.c: R17.4, built when it is sent ---- */

/* R17.1, R10; broken: not owned as soon as the removal is ordered */
#define STATED_OWN(x) \
	(node[x].own && !(BROKEN(OWN_CLEARED_EARLY) && node[x].releasing))
#define HEARS(x) (node[x].alive && node[x].heard == node[O(x)].generation)

/* is anything waiting for an acknowledgement? */
#define HAS_MARK(x) (node[x].own || node[x].want)

#define ACKS(x, bit) (node[x].heard == node[O(x)].generation && node[x].bit)
#define NEEDS_TRUST(x) \
	(MAY_START(O(x)) || node[x].known != node[O(x)].generation)

inline send_statement(x, victim)
{
	make_room(x, victim);
	wire[x].slot[last].used = 1;
	wire[x].slot[last].generation = node[x].generation;
	wire[x].slot[last].own = STATED_OWN(x);
	wire[x].slot[last].want = node[x].want;
	wire[x].slot[last].fit = node[x].fit;
	wire[x].slot[last].hears = HEARS(x);
	wire[x].slot[last].after_claim = HAS_MARK(x);
	wire[x].slot[last].after_trust = NEEDS_TRUST(x);
	wire[x].slot[last].after_zero = wire[x].zero;
	wire[x].slot[last].acks_claim = ACKS(x, heard_claim);
	wire[x].slot[last].acks_trust = ACKS(x, heard_trust);
	printf("lb%d sends generation %d: own %d want %d fit %d, acks %d%d\n",
		x, node[x].generation, STATED_OWN(x), node[x].want,
		node[x].fit, wire[x].slot[last].acks_claim,
		wire[x].slot[last].acks_trust);
	tidy_wire(x);
	last = 0
}

/* Does a frame add anything to slot i, if that is the newest on its way? */
#define DIFFERS(x, i) \
	(!wire[x].slot[i].used || wire[x].slot[i].obituary || \
	 wire[x].slot[i].seen || wire[x].slot[i].old || \
	 wire[x].slot[i].generation != node[x].generation || \
	 wire[x].slot[i].own != STATED_OWN(x) || \
	 wire[x].slot[i].want != node[x].want || \
	 wire[x].slot[i].fit != node[x].fit || \
	 wire[x].slot[i].hears != HEARS(x) || \
	 wire[x].slot[i].after_claim != HAS_MARK(x) || \
	 (NEEDS_TRUST(x) && !wire[x].slot[i].after_trust) || \
	 (wire[x].zero && !wire[x].slot[i].after_zero) || \
	 wire[x].slot[i].acks_claim != ACKS(x, heard_claim) || \
	 wire[x].slot[i].acks_trust != ACKS(x, heard_trust))
#if SLOTS == 1
#define NEWS(x) DIFFERS(x, 0)
#elif SLOTS == 2
#define NEWS(x) \
	(wire[x].slot[1].used -> DIFFERS(x, 1) : DIFFERS(x, 0))
#else
#define NEWS(x) \
	(wire[x].slot[2].used -> DIFFERS(x, 2) \
			      : (wire[x].slot[1].used -> DIFFERS(x, 1) \
						      : DIFFERS(x, 0)))
#endif

/* ---- permit.c, instance.c ---- */

#define HOLDS_RELEASED(x) \
	(node[x].want && accepted && !node[x].over && !node[x].peer_own && \
	 !node[x].peer_want && ACKNOWLEDGED(x))
/* R17.3; broken: any sequence will do */
#define ACKNOWLEDGED(x) (BROKEN(OLD_ACKNOWLEDGEMENT) || node[x].peer_acks_claim)
#ifdef MUTANT_STRANGER_FORGOTTEN
/* R12 bent: a late frame of the old one makes it the latest again */
#define LATEST(x) (node[x].heard == node[x].known)
#else
/* R12; broken: a later generation may be known */
#define LATEST(x) (BROKEN(OLD_OBITUARY) || !node[x].stranger)
#endif
#define HOLDS_OBITUARY(x) \
	(node[x].over && node[x].peer == PEER_RELEASED && LATEST(x))
#define HOLDS_FENCED(x) (node[x].fence == FENCE_CONFIRMED && !node[x].alive)
/* R1; bent twice, for each alone is enough: a link that is not up yet may have
 * spoken, and (believe) what it said last may be younger than the priority 0 */
#define TWO_WAY_SILENT(x) \
	(BROKEN(RESIGNED_WHILE_HEARD) -> \
		(node[x].link != LINK_UP && node[x].link != LINK_HALF) : \
		!node[x].alive)
#define HOLDS_RESIGNED(x) (node[x].resigned && TWO_WAY_SILENT(x))
#define HOLDS_TIMEOUT(x) \
	(BROKEN(CLAIM_ON_TIMEOUT) && node[x].peer == PEER_SILENT)

/* The one place where an address appears. */
inline claim(x)
{
	printf("lb%d claims\n", x);
	/* the promise: no other powered machine has it, or may state it */
	assert(!node[O(x)].vip);
	assert(node[O(x)].machine == RUN_OFF || !node[O(x)].own);
	/* no claim without a permit (R1), of this step */
	assert(permit);
#ifdef MUTANTS
	/* check.sh shows by this that each proof is used at all */
	assert(WITNESS != 1 || !HOLDS_RELEASED(x));
	assert(WITNESS != 2 || !HOLDS_OBITUARY(x));
	assert(WITNESS != 3 || !HOLDS_FENCED(x));
	assert(WITNESS != 4 || !HOLDS_RESIGNED(x));
#endif
	node[x].own = 1;
	node[x].vip = !node[x].held;
	node[x].pending = node[x].held;
	node[x].want = 0;
	node[x].resigned = 0;
	mark_claim(x);
}

inline claim_permitted(x, drained)
{
	permit = 0;
	if
	:: !node[x].own && !node[x].releasing && node[x].fit &&
		!node[x].starting && !node[x].given_up ->
		permit = HOLDS_RELEASED(x) || HOLDS_OBITUARY(x) ||
			(drained && (HOLDS_FENCED(x) || HOLDS_TIMEOUT(x)));
		if
		:: permit -> claim(x)
		:: else
		fi
	:: else
	fi;
	permit = 0
}

/* R1: its dead time is over, whenever that is (CAN_TAKE) */
inline take_resigned(x)
{
	permit = HOLDS_RESIGNED(x);
	claim(x);
	permit = 0;
	tidy_wire(x);
	tidy_wire(O(x))
}

/* R17.6, R4: an owner lets go when a fit peer wants it, knowing of it. */
inline settle(x)
{
	if
	:: node[x].own && !node[x].releasing &&
		((node[x].fresh && node[x].peer_want && node[x].peer_fit &&
		  !node[x].peer_own && node[x].peer_acks_claim) ||
		 (!node[x].fit && !node[x].alive)) ->
		node[x].releasing = 1
	:: else
	fi
}

/* ---- want.c ---- */

#define COULD_WANT(x) \
	(!node[x].own && !node[x].releasing && node[x].fit && \
	 !node[x].starting && node[x].link == LINK_UP && node[x].fresh)
#define MAY_PREEMPT(x) (PREEMPT && (x) == 0 && node[x].peer_fit)
/* R17.2; when a timer makes it wait, it is raised in a later step */
#define MAY_RAISE(x) \
	(!node[x].want && COULD_WANT(x) && \
	 (node[x].peer_own -> (!node[x].peer_fit || MAY_PREEMPT(x)) \
			   : !node[x].peer_want))
#define GOES_FIRST(x) (BROKEN(NOBODY_DROPS) || (x) == 0) /* R17.5 */
#define MUST_DROP(x) \
	(node[x].want && \
	 !(COULD_WANT(x) && \
	   (node[x].peer_own -> (!node[x].peer_fit || MAY_PREEMPT(x)) \
			     : (!node[x].peer_want || GOES_FIRST(x)))))

inline drop_want(x)
{
	if
	:: MUST_DROP(x) ->
		printf("lb%d drops want\n", x);
		node[x].want = 0;
		mark_claim(x)
	:: else
	fi
}

inline raise_want(x)
{
	printf("lb%d raises want\n", x);
	node[x].want = 1;
	mark_claim(x);
	judge(x)
}

/* core.c: judge(), then the tick that follows every event */
inline judge(x)
{
	drop_want(x);
	claim_permitted(x, 0);
	settle(x);
	accepted = 0;
	if
	:: node[x].heard_ever -> node[x].starting = 0
	:: else
	fi;
	claim_permitted(x, 1);
	settle(x);
	tidy_wire(x);
	tidy_wire(O(x))
}

/* ---- peer.c ---- */

/* A frame that no filter stops may follow one that a filter stopped. */
inline link_newest(x, i)
{
	/* x hears slot i: what is seen is of the same generation and older */
	for (k : 0 .. SLOTS - 1) {
		wire[O(x)].slot[k].seen =
			wire[O(x)].slot[k].used &&
			!wire[O(x)].slot[k].obituary &&
			wire[O(x)].slot[k].generation ==
				wire[O(x)].slot[i].generation &&
			(k <= i || wire[O(x)].slot[k].seen);
	}
}

/* R2: counts is 0 while it is not yet the third in a row */
inline link_heard(x, i, counts)
{
	if
	:: (counts) || node[x].link == LINK_UP || node[x].link == LINK_HALF ->
		node[x].link =
			(wire[O(x)].slot[i].hears -> LINK_UP : LINK_HALF)
	:: else
	fi
}

inline hear_obituary(x, i)
{
	printf("lb%d hears the obituary\n", x);
	if
	:: wire[O(x)].slot[i].generation == node[x].known && LATEST(x) &&
		wire[O(x)].slot[i].hears && !node[x].over ->
		node[x].over = 1;
		node[x].stated = 0;
		node[x].fresh = 0;
		node[x].peer_own = 0;
		node[x].peer_want = 0;
		node[x].peer_fit = 0;
		node[x].peer_acks_claim = 0;
		node[x].peer = PEER_RELEASED;
		node[x].alive = 0;
		node[x].link = LINK_NEVER
#ifdef MUTANTS
	:: BROKEN(OLD_OBITUARY) &&
		wire[O(x)].slot[i].generation != node[x].known ->
		node[x].over = 1;
		node[x].peer = PEER_RELEASED
#endif
	:: else
	fi;
	drop_slot(O(x), i)
}

inline believe(x, i)
{
	node[x].stated = 1;
	node[x].fresh = 1;
	node[x].peer_own = wire[O(x)].slot[i].own;
	node[x].peer_want = wire[O(x)].slot[i].want;
	node[x].peer_fit = wire[O(x)].slot[i].fit;
	node[x].peer_acks_claim = wire[O(x)].slot[i].acks_claim;
	/* R1: not before the newest of its beats, which carry a clock as well */
	if
	:: wire[O(x)].slot[i].after_zero && !BROKEN(RESIGNED_WHILE_HEARD) ->
		say_zero(O(x), 0)
	:: else
	fi;
	for (k : 0 .. i) {
		wire[O(x)].slot[k].old =
			wire[O(x)].slot[k].old ||
			(!wire[O(x)].slot[k].obituary &&
			 wire[O(x)].slot[k].generation ==
				 wire[O(x)].slot[i].generation);
	}
	mark_trust(x);
	accepted = 1
}

/* R17.7: a stranger is believed when it knows of something newer. */
#ifdef MUTANT_STRANGER_BELIEVED
#define TRUSTED(x, i) 1
#else
#define TRUSTED(x, i) wire[O(x)].slot[i].acks_trust
#endif

inline hear_statement(x, i, counts)
{
	/* what we acknowledge from now on */
	if
	:: node[x].heard != wire[O(x)].slot[i].generation ->
		node[x].new_life = node[x].fence == FENCE_RUNNING ||
			node[x].fence == FENCE_VERIFY;
		node[x].heard = wire[O(x)].slot[i].generation;
		node[x].heard_claim = wire[O(x)].slot[i].after_claim;
		node[x].heard_trust = wire[O(x)].slot[i].after_trust
	:: else ->
		node[x].heard_claim =
			node[x].heard_claim | wire[O(x)].slot[i].after_claim;
		node[x].heard_trust =
			node[x].heard_trust | wire[O(x)].slot[i].after_trust
	fi;
	link_newest(x, i);
	link_heard(x, i, counts);
	node[x].resigned = 0;
	node[x].alive = 1;
	node[x].heard_ever = 1;
	node[x].waiting = 0;
	node[x].cutter = 0;
	node[x].read_off = 0;
	node[x].peer = PEER_UP;
#ifndef MUTANT_PROOF_SURVIVES
	if
	:: node[x].fence == FENCE_CONFIRMED -> node[x].fence = FENCE_IDLE
	:: else
	fi;
#endif
	if
	:: wire[O(x)].slot[i].generation == node[x].known &&
		!wire[O(x)].slot[i].old ->
		believe(x, i)
	:: wire[O(x)].slot[i].generation == node[x].known &&
		wire[O(x)].slot[i].old
	:: wire[O(x)].slot[i].generation != node[x].known &&
		TRUSTED(x, i) ->
		node[x].known = wire[O(x)].slot[i].generation;
		node[x].over = 0;
		node[x].stranger = 0;
		for (k : 0 .. SLOTS - 1) {
			wire[O(x)].slot[k].old = 0;
		}
		believe(x, i)
	:: wire[O(x)].slot[i].generation != node[x].known &&
		!TRUSTED(x, i) ->
		node[x].stranger = 1;
		node[x].over = 0
	fi
}

inline hear(x, i, counts)
{
	printf("lb%d hears generation %d: own %d want %d fit %d, acks %d%d\n",
		x, wire[O(x)].slot[i].generation, wire[O(x)].slot[i].own,
		wire[O(x)].slot[i].want, wire[O(x)].slot[i].fit,
		wire[O(x)].slot[i].acks_claim, wire[O(x)].slot[i].acks_trust);
	if
	:: wire[O(x)].slot[i].obituary -> hear_obituary(x, i)
	:: else ->
		hear_statement(x, i, counts);
		if
		:: !DUPLICATES -> drop_slot(O(x), i)
		:: else
		fi
	fi;
	judge(x)
}

/* R2: signed, by the life that is known by its beats. */
#define SIGNED_BY_KNOWN(x) \
	(BROKEN(ZERO_UNSIGNED) || node[x].known == wire[O(x)].zero_of)

/* VRRP priority 0: while a two-way link speaks only an owner's, which may be the
 * last will of one that died; the next frame by that link ends it (R1) */
inline hear_zero(x)
{
	printf("lb%d hears priority 0\n", x);
	if
	:: !node[x].own && SIGNED_BY_KNOWN(x) && (TWO_WAY_SILENT(x) ||
		(node[x].fresh && node[x].peer_own)) -> node[x].resigned = 1
	:: else
	fi;
	say_zero(O(x), 0);
	judge(x)
}

/* ---- link.c, table.c: silence ---- */

#define TRULY_HEARD(x) (node[O(x)].machine == RUN_UP)
#ifdef INCIDENT
#define MAY_TIME_OUT(x) (cut || node[O(x)].machine != RUN_UP)
#else
#define MAY_TIME_OUT(x) (!healed || !TRULY_HEARD(x))
#endif
#define MAY_JUDGE_START(x) MAY_TIME_OUT(x)

inline time_out(x)
{
	printf("lb%d peer is silent\n", x);
	/* Ethernet delivers or loses a packet within a link's dead time */
	say_zero(O(x), 0);
	node[x].alive = 0;
	node[x].fresh = 0;
#ifndef INCIDENT
	/* an old statement matters for the wait of R5 only */
	node[x].stated = 0;
	node[x].peer_own = 0;
	node[x].peer_want = 0;
	node[x].peer_fit = 0;
	node[x].peer_acks_claim = 0;
#endif
	node[x].peer = PEER_SILENT;
	if
	:: node[x].link == LINK_UP || node[x].link == LINK_HALF ->
		node[x].link = LINK_DOWN
	:: else
	fi;
	judge(x)
}

inline startup_is_over(x)
{
	printf("lb%d start-up wait is over\n", x);
	node[x].waiting = 0;
	node[x].starting = 0;
	node[x].read_off = 0;
	judge(x)
}

#define NEED_SILENCE(x) \
	(!node[x].alive && !node[x].waiting && \
	 node[x].peer != PEER_RELEASED && !node[x].resigned)
#define NEED_UNYIELDING(x) \
	(node[x].link == LINK_UP && node[x].fresh && node[x].peer_own && \
	 !node[x].peer_fit && node[x].want)
#define NEED(x) \
	(!node[x].own && !node[x].releasing && node[x].fit && \
	 !node[x].starting && (NEED_SILENCE(x) || NEED_UNYIELDING(x)))

/* R5: 0 = delay_ms, 1 = tie_ms, 2 = twice tie_ms */
#define WAIT(x) \
	((BROKEN(SAME_WAIT) || \
	  (node[x].heard_ever && node[x].stated && node[x].peer_own)) -> 0 : \
	 ((x) == 0 -> 1 : 2))

#ifdef INCIDENT
/*
 * tie_ms exceeds the spread of the dead times and the slowest fence (R5).
 * Hence whoever waits longer shoots only after the other, if it was to shoot
 * in this incident, has done so; and a shot that is out has landed before
 * any wait ends that began later.
 */
#define WOULD_SHOOT(x) \
	(node[x].machine == RUN_UP && cut && !node[x].own && \
	 !node[x].releasing && node[x].fit)
/* broken: the wait may have ended while it was unfit */
#define LANDED(x) (BROKEN(WAIT_COUNTS_UNFIT) || !node[O(x)].shot)
#define DUE(x) \
	(WAIT(x) == 0 || \
	 (LANDED(x) && !(WOULD_SHOOT(O(x)) && WAIT(O(x)) < WAIT(x))))
#else
#define DUE(x) 1
#endif

/* ---- fence.c ---- */

inline shoot(x)
{
	printf("lb%d fence: running\n", x);
	node[x].fence = FENCE_RUNNING;
	node[x].new_life = 0;
	node[x].shot = 1
}

/* The device reads off; the proof waits for silence (R6). */
inline read_back(x)
{
	printf("lb%d fence: read off\n", x);
	node[x].shot = 0;
	node[x].fence = FENCE_VERIFY
}

/* R6: a life that began meanwhile is none that the read-back speaks of. */
inline give_up(x)
{
	printf("lb%d fence: a new life was heard\n", x);
	node[x].new_life = 0;
	node[x].fence = FENCE_FAILED
}
#define NEW_LIFE(x) (!BROKEN(NEW_LIFE_IGNORED) && node[x].new_life)

inline confirm(x)
{
	printf("lb%d fence: confirmed\n", x);
	node[x].fence = FENCE_CONFIRMED;
	node[x].new_life = 0;
	node[x].peer = PEER_OFF;
	node[x].cutter = MAY_START(x); /* for whom else: fewer states */
	judge(x)
}

/*
 * R8: a lone survivor that was started again. Its disk says that it cut the
 * other one and has not heard it since; that is no proof, but the plugs are
 * read for it: twice, and anybody may switch on in between, or afterwards.
 */
#define READS_OFF(x) \
	(BROKEN(DISK_IS_A_PROOF) || node[O(x)].machine == RUN_OFF)
inline early_off(x)
{
	printf("lb%d already off, as this node left it\n", x);
	node[x].read_off = 0;
	node[x].waiting = 0;
	node[x].starting = 0;
	confirm(x)
}

#define AFTER_UNKNOWN (BROKEN(UNKNOWN_IS_OFF) -> FENCE_VERIFY : FENCE_FAILED)

/* ---- what the machines do ---- */

/* The daemon's memory; the kernel's address is another matter, and its disk. */
inline forget(x)
{
	node[x].read_off = 0;
	node[x].starting = 0;
	node[x].waiting = 0;
	node[x].own = 0;
	node[x].releasing = 0;
	node[x].want = 0;
	node[x].heard_ever = 0;
	node[x].alive = 0;
	node[x].link = LINK_NEVER;
	node[x].peer = PEER_UNKNOWN;
	node[x].known = NO_GENERATION;
	node[x].stranger = 0;
	node[x].over = 0;
	node[x].stated = 0;
	node[x].fresh = 0;
	node[x].peer_own = 0;
	node[x].peer_want = 0;
	node[x].peer_fit = 0;
	node[x].peer_acks_claim = 0;
	node[x].resigned = 0;
	node[x].heard = NO_GENERATION;
	node[x].heard_claim = 0;
	node[x].heard_trust = 0;
	node[x].fence = FENCE_IDLE;
	node[x].new_life = 0
}

/*
 * R12: the obituary of the newest life that is known outlives our own life, and
 * a stall, as long as the machine has power: no word of ours proves anything to
 * a life that we have not heard.
 */
inline keep(x)
{
	node[x].kept = node[x].over && LATEST(x);
	node[x].kept_of = (node[x].kept -> node[x].known : 0)
}

inline take_up(x)
{
	node[x].known = node[x].kept_of;
	node[x].over = 1;
	node[x].peer = PEER_RELEASED;
	node[x].starting = 0;
	node[x].waiting = 0;
	node[x].kept = 0;
	node[x].kept_of = 0
}

inline cut_power(x)
{
	printf("lb%d power is cut\n", x);
	fences++;
#ifdef INCIDENT
	/* never both off through one incident: the cut of every cable */
	assert(!cut || node[O(x)].machine != RUN_OFF);
#endif
	node[x].machine = RUN_OFF;
	node[x].vip = 0;
	node[x].held = 0;
	node[x].pending = 0;
	node[x].given_up = 0;
	UNLESS(KEPT_OVER_A_BOOT, node[x].kept = 0; node[x].kept_of = 0);
	/* its own command may have left already: shot stays */
	forget(x);
	mark_claim(x);
	mark_trust(x);
	tidy_wire(x);
	tidy_wire(O(x))
}

inline crash(x)
{
	printf("lb%d main process ends\n", x);
	node[x].crashed = 1;
	keep(x);
	last = node[x].known; /* the will was signed for this generation */
	forget(x);
	node[x].known = last;
	last = 0;
	node[x].machine = RUN_DYING;
	mark_claim(x);
	mark_trust(x)
}

/* R12 b: removes, checks, and then says so. */
inline last_will(x, victim)
{
	printf("lb%d last will\n", x);
#ifdef MUTANTS
	if
	:: BROKEN(WILL_BEFORE_REMOVAL)
	:: else ->
#endif
	say_zero(x, node[x].vip);
	node[x].vip = 0;
#ifdef MUTANTS
	fi;
#endif
	if
	:: node[x].known != NO_GENERATION ->
		make_room(x, victim);
		wire[x].slot[last].used = 1;
		wire[x].slot[last].obituary = 1;
		wire[x].slot[last].generation = node[x].generation;
		wire[x].slot[last].hears =
			node[x].known == node[O(x)].generation;
		last = 0
	:: else
	fi;
	node[x].known = NO_GENERATION;
	node[x].machine = RUN_DOWN
}

/* R8: left-overs go before any link opens; R17.7: it knows no rights. */
inline start(x)
{
	printf("lb%d daemon starts\n", x);
	node[x].machine = RUN_UP;
	node[x].given_up = 0;
	UNLESS(LEFTOVERS_STAY, node[x].vip = 0);
	mark_generation(x);
	node[x].starting = 1;
	node[x].waiting = 1;
	/* a packet on Ethernet does not outlive a start of either end */
	say_zero(x, 0);
	say_zero(O(x), 0);
	tidy_wire(x);
	tidy_wire(O(x));
	if
	:: node[x].kept -> take_up(x); judge(x)
	:: else
	fi
}

/* R11: away for longer than the lease or the dead times. */
inline wake_late(x)
{
	printf("lb%d wakes late\n", x);
	keep(x);
	node[x].releasing = node[x].own;
	node[x].want = 0;
	node[x].heard_ever = 0;
	node[x].waiting = 1;
	node[x].alive = 0;
	node[x].link = LINK_NEVER;
	node[x].peer = PEER_UNKNOWN;
	node[x].known = NO_GENERATION;
	node[x].stranger = 0;
	node[x].over = 0;
	node[x].stated = 0;
	node[x].fresh = 0;
	node[x].peer_own = 0;
	node[x].peer_want = 0;
	node[x].peer_fit = 0;
	node[x].resigned = 0;
	node[x].heard = NO_GENERATION;
	node[x].heard_claim = 0;
	node[x].heard_trust = 0;
	if
	:: node[x].fence != FENCE_RUNNING && node[x].fence != FENCE_VERIFY ->
		node[x].fence = FENCE_IDLE
	:: else
	fi;
	mark_generation(x);
	say_zero(O(x), 0);
	node[x].machine = RUN_UP;
	if
	:: node[x].kept -> take_up(x)
	:: else
	fi;
	judge(x)
}

/* The keeper puts back what is owned and was let expire. */
inline wake_soon(x)
{
	printf("lb%d wakes soon\n", x);
	node[x].machine = RUN_UP;
	if
	:: node[x].own && !node[x].releasing && !node[x].vip &&
		!node[x].held && !node[x].given_up ->
		assert(!node[O(x)].vip);
		node[x].vip = 1
	:: else
	fi
}

/* R3, R4: with its carrier lost an owner releases at once */
inline fitness_turns(x, at_once)
{
	printf("lb%d fitness turns\n", x);
	unfits++;
	node[x].fit = !node[x].fit;
	node[x].releasing = node[x].releasing || at_once;
	judge(x)
}

/* A killed, late or failing attempt: it may have cut, or not (R1) */
inline outcome_unknown(x, is_late)
{
	printf("lb%d fence: unknown\n", x);
	unknowns++;
	node[x].shot = is_late;
	node[x].fence = AFTER_UNKNOWN
}

#define REMOVED(x) node[x].vip = node[x].vip && node[x].given_up
inline released(x)
{
	printf("lb%d released\n", x);
	REMOVED(x);
	node[x].own = 0;
	node[x].releasing = 0;
	say_zero(x, 1);
	mark_claim(x);
	judge(x)
}

/*
 * R12: main loses patience with a keeper that hangs. It wants to step down; the
 * keeper's process ends when RTNL is free, and not when it is killed.
 */
inline give_keeper_up(x)
{
	printf("lb%d gives its keeper up\n", x);
	node[x].given_up = 1;
	node[x].releasing = node[x].own;
	judge(x)
}

/* What hung in the kernel is carried out, by whomever it was asked for. */
inline rtnl_is_free(x)
{
	printf("lb%d RTNL is free\n", x);
	node[x].held = 0;
	if
	:: node[x].pending -> node[x].vip = 1
	:: else
	fi;
	node[x].pending = 0
}

/* A new keeper has removed what was left over. */
inline new_keeper(x)
{
	printf("lb%d has a new keeper\n", x);
	node[x].given_up = 0;
	node[x].vip = node[x].vip && node[x].own && !node[x].releasing;
	judge(x)
}

#ifdef INCIDENT
#define WIRES !cut
#else
#define WIRES 1
#endif

/* ---- processes: every line is one step of a core, or of the world ---- */

#define IS_UP(x) (node[x].machine == RUN_UP)

/* What a daemon can do by itself. */
/* R12; broken: a lease and a second have passed, and that is enough; bent: what
 * the killed keeper hangs in is not thought of */
#define LOOKED_GONE(x) \
	(BROKEN(TIME_IS_A_LOOK) || \
	 ((BROKEN(KILLED_IS_ENDED) || !node[x].held) && !node[x].vip))
/* With a keeper: removed, and looked at. Without: only looked at (R12). */
#define CAN_RELEASE(x) \
	(node[x].releasing && \
	 (node[x].given_up -> LOOKED_GONE(x) : !node[x].held))
#define CAN_RENEW_KEEPER(x) (node[x].given_up && !node[x].held)
#define CAN_READ_OFF(x) \
	(node[x].waiting && !node[x].heard_ever && node[x].cutter && \
	 node[x].fence == FENCE_IDLE && READS_OFF(x))
#define CAN_TAKE(x) \
	(!node[x].given_up && !node[x].own && !node[x].releasing && node[x].fit && \
	 !node[x].starting && HOLDS_RESIGNED(x))
#define CAN_START(x) \
	(node[x].waiting && !node[x].heard_ever && MAY_TIME_OUT(x))
#define CAN_TIME_OUT(x) (node[x].alive && MAY_TIME_OUT(x))
#define CAN_DELAY(x)	(NEED(x) && node[x].fence == FENCE_IDLE)
#define CAN_SHOOT(x) \
	(NEED(x) && (node[x].fence == FENCE_FAILED || \
		     (node[x].fence == FENCE_DELAY && DUE(x))))
#define CAN_CANCEL(x) \
	(!NEED(x) && (node[x].fence == FENCE_DELAY || \
		      node[x].fence == FENCE_FAILED))
#define CAN_CONFIRM(x) \
	(node[x].fence == FENCE_VERIFY && !node[x].alive && !NEW_LIFE(x))
#define CAN_GIVE_UP(x) (node[x].fence == FENCE_VERIFY && NEW_LIFE(x))
#ifdef LIVE
#define CAN_CONTRADICT(x) 0 /* no frame outlives the dead times here */
#else
#define CAN_CONTRADICT(x) (node[x].fence == FENCE_VERIFY && node[x].alive)
#endif
/* its plug was read on while it was heard */
#define CAN_TRUST_AGAIN(x) \
	(node[x].fence == FENCE_HELD && node[x].alive && \
	 node[O(x)].machine != RUN_OFF)
/* not used within 5 s, or used long ago (R1) */
#define CAN_EXPIRE(x) (node[x].fence == FENCE_CONFIRMED && !healed)
#define CAN_SEND(x) \
	(NEWS(x) && (MAY_START(O(x)) || node[O(x)].machine < RUN_DYING))

#ifdef LIVE
/*
 * When all is healed nobody is too busy for ever: first its own affairs, then
 * a frame, then an answer, in turns.
 */
bit owes[2];
#define BUSY(x) \
	(CAN_RELEASE(x) || MAY_RAISE(x) || CAN_START(x) || CAN_TAKE(x) || \
	 CAN_TIME_OUT(x) || CAN_DELAY(x) || CAN_SHOOT(x) || CAN_CANCEL(x) || \
	 CAN_CONFIRM(x) || CAN_GIVE_UP(x) || CAN_TRUST_AGAIN(x) || \
	 CAN_READ_OFF(x) || CAN_RENEW_KEEPER(x))
#define TURN_TO_HEAR(x) (!healed || (!BUSY(x) && !(owes[x] && CAN_SEND(x))))
#define TURN_TO_SEND(x) (!healed || (!BUSY(x) && (owes[x] || !PASSES(x, 0))))
#define OWES(x, is) owes[x] = is && healed
#else
#define TURN_TO_HEAR(x) 1
#define TURN_TO_SEND(x) 1
#define OWES(x, is) skip
#endif

/* A frame has come: any of those on the way. */
#define RECEIVE(x, i) \
	d_step { IS_UP(x) && WIRES && PASSES(x, i) && \
		(i == 0 || !healed) && TURN_TO_HEAR(x) -> \
		hear(x, i, 1); OWES(x, 1) }
/* R2: it is alive, but that was not yet the third beat in a row */
#define RECEIVE_SLOWLY(x, i) \
	d_step { SLOW_LINKS && IS_UP(x) && WIRES && PASSES(x, i) && \
		node[x].link != LINK_UP && node[x].link != LINK_HALF -> \
		hear(x, i, 0) }
#define SEND(x, victim) \
	d_step { IS_UP(x) && WIRES && CAN_SEND(x) && TURN_TO_SEND(x) && \
		(victim == 0 || \
		 (FULL(x) && wire[x].slot[victim].used && !healed)) -> \
		send_statement(x, victim); OWES(x, 0) }

active [2] proctype daemon()
{
	do
	:: RECEIVE(_pid, 0)
	:: SEND(_pid, 0)
	:: RECEIVE_SLOWLY(_pid, 0)
#if SLOTS > 1
	:: RECEIVE(_pid, 1)
	:: SEND(_pid, 1)
#endif
#if SLOTS > 2
	:: RECEIVE(_pid, 2)
	:: SEND(_pid, 2)
#endif
	/* ADVERTS: nobody has said priority 0 without */
	:: d_step { IS_UP(_pid) && WIRES && wire[O(_pid)].zero ->
		hear_zero(_pid) }
	:: d_step { IS_UP(_pid) && CAN_TAKE(_pid) -> take_resigned(_pid) }
	:: d_step { IS_UP(_pid) && CAN_RELEASE(_pid) -> released(_pid) }
	:: d_step { IS_UP(_pid) && MAY_RAISE(_pid) -> raise_want(_pid) }
	:: d_step { IS_UP(_pid) && CAN_START(_pid) -> startup_is_over(_pid) }
	:: d_step { IS_UP(_pid) && CAN_TIME_OUT(_pid) -> time_out(_pid) }
	:: d_step { IS_UP(_pid) && CAN_DELAY(_pid) ->
		node[_pid].fence = FENCE_DELAY }
	:: d_step { IS_UP(_pid) && CAN_SHOOT(_pid) -> shoot(_pid) }
	:: d_step { IS_UP(_pid) && CAN_CANCEL(_pid) ->
		node[_pid].fence = FENCE_IDLE }
	:: d_step { IS_UP(_pid) && CAN_CONFIRM(_pid) -> confirm(_pid) }
	:: d_step { IS_UP(_pid) && CAN_READ_OFF(_pid) &&
		!node[_pid].read_off -> node[_pid].read_off = 1 }
	:: d_step { IS_UP(_pid) && CAN_READ_OFF(_pid) &&
		node[_pid].read_off -> early_off(_pid) }
	:: d_step { IS_UP(_pid) && node[_pid].held && !node[_pid].given_up ->
		give_keeper_up(_pid) }
	:: d_step { IS_UP(_pid) && CAN_RENEW_KEEPER(_pid) ->
		new_keeper(_pid) }
	:: d_step { IS_UP(_pid) && CAN_GIVE_UP(_pid) -> give_up(_pid) }
	:: d_step { IS_UP(_pid) && CAN_CONTRADICT(_pid) ->
		node[_pid].fence = FENCE_HELD }
	:: d_step { IS_UP(_pid) && CAN_TRUST_AGAIN(_pid) ->
		node[_pid].fence = FENCE_IDLE }
	:: d_step { IS_UP(_pid) && CAN_EXPIRE(_pid) ->
		node[_pid].fence = FENCE_IDLE }
	od
}

#define ON_AGAIN(x) \
	(FAST_BOOT || (node[O(x)].fence != FENCE_RUNNING && \
		       node[O(x)].fence != FENCE_VERIFY && \
		       node[O(x)].fence != FENCE_CONFIRMED))

/* What happens to machine x. */
#define MACHINE(x) \
	d_step { IS_UP(x) && MAY_CRASH(x) && !healed -> crash(x) } \
	:: d_step { node[x].machine == RUN_DYING && !node[x].held && \
		!node[x].given_up -> last_will(x, 0) } \
	:: d_step { node[x].machine == RUN_DYING && \
		(!healed || node[x].given_up) -> \
		/* the keeper dies too: no word, the lease runs out */ \
		node[x].known = NO_GENERATION; \
		node[x].machine = RUN_DOWN } \
	:: d_step { node[x].vip && !node[x].held && \
		    (node[x].machine == RUN_DOWN || \
		     node[x].machine == RUN_FROZEN || node[x].given_up) -> \
		node[x].vip = 0 /* R12 a */ } \
	:: d_step { node[x].machine < RUN_OFF && OF(x, RTNLS) && \
		!node[x].was_held && !healed -> \
		node[x].was_held = 1; \
		node[x].held = 1 } \
	:: d_step { node[x].held -> rtnl_is_free(x) } \
	/* the run lock: not before the last keeper has ended */ \
	:: d_step { node[x].machine == RUN_DOWN && MAY_START(x) && \
		!node[x].shot && !node[x].held -> start(x) } \
	:: d_step { node[x].machine >= RUN_DOWN && node[x].shot -> \
		node[x].shot = 0 /* the fencer is gone */ } \
	:: d_step { IS_UP(x) && MAY_FREEZE(x) && !healed -> \
		node[x].froze = 1; \
		node[x].machine = RUN_FROZEN } \
	:: d_step { node[x].machine == RUN_FROZEN -> wake_soon(x) } \
	:: d_step { node[x].machine == RUN_FROZEN && MAY_START(x) -> \
		wake_late(x) } \
	:: d_step { IS_UP(x) && unfits < UNFITS && !healed -> \
		fitness_turns(x, 0) } \
	:: d_step { IS_UP(x) && unfits < UNFITS && !healed && node[x].fit && \
		node[x].own -> fitness_turns(x, 1) } \
	/* the power command of x lands on the other */ \
	:: d_step { node[x].shot && fences < FENCES && \
		node[O(x)].machine != RUN_OFF -> cut_power(O(x)) } \
	:: d_step { node[x].fence == FENCE_RUNNING && IS_UP(x) && \
		node[O(x)].machine == RUN_OFF -> read_back(x) } \
	:: d_step { node[x].fence == FENCE_RUNNING && IS_UP(x) && \
		unknowns < UNKNOWNS && !healed -> outcome_unknown(x, 0) } \
	:: d_step { node[x].fence == FENCE_RUNNING && node[x].shot && \
		IS_UP(x) && unknowns < UNKNOWNS && !healed -> \
		outcome_unknown(x, 1) } \
	/* a device may carry out late what nobody waits for any more */ \
	:: d_step { node[x].fence != FENCE_RUNNING && node[x].shot -> \
		node[x].shot = 0 } \
	/* somebody switches it on again */ \
	:: d_step { node[x].machine == RUN_OFF && MAY_START(x) && !healed && \
		ON_AGAIN(x) -> node[x].machine = RUN_DOWN }

active proctype world()
{
	do
	:: MACHINE(0)
	:: MACHINE(1)
#ifdef INCIDENT
	/* a shot that is out by then belongs to an earlier incident */
	:: d_step { !cut && !node[0].shot && !node[1].shot -> cut = 1 }
#endif
#ifdef LIVE
	:: d_step { !healed ->
		printf("healed\n");
		healed = 1;
		tidy_wire(0);
		tidy_wire(1) }
#endif
	od
}

#ifdef LIVE
/* When faults end, a healthy fit node ends up owner, and stays so. */
#define HEALTHY(x) (IS_UP(x) && node[x].fit)
#define SERVED \
	((HEALTHY(0) && node[0].vip) || (HEALTHY(1) && node[1].vip) || \
	 (!HEALTHY(0) && !HEALTHY(1)))
ltl progress { [] (healed -> <>[] SERVED) }
#endif
