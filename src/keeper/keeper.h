/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KEEPER_H
#define KEEPER_H
/*
 * The keeper from inside: one structure, and what its files offer each other.
 *
 *   keeper.c    start, loop            request.c   what main asks
 *   hold.c      claim, renew           event.c     what main is told, the log
 *   sweep.c     remove and verify      announce.c  gratuitous ARP and NA,
 *                                      announce_frame.c  their bytes,
 *                                      announce_pace.c  how often
 *   interface.c carrier, MAC, index    will.c      the last will
 *   alien.c     what another hand adds      promote.c  its neighbours stay
 *   netlink.c   the kernel              answer.c   does it answer
 *   mend.c      puts a lost address back      reload.c  new settings
 *   route.c     routes and rules, netlink_route.c  their requests
 */
#include "../base/clock.h"
#include "../link/vip_look.h"
#include "../ipc/keeper_msg.h"
#include "netlink.h"

/* Addresses per step: the first ones answer while the rest is being added. */
#define CHUNK	     50
#define MS_US	     1000
#define SECOND_US    1000000
#define OUTBOX_MAX   128
#define FORMS_MAX    64
#define PROMOTED_MAX 64
#define THERE_MAX    64
#define NAME_MAX_IP  (IP_TEXT_MAX + 24) /* "ADDRESS/128 on INTERFACE" */

enum address_state {
	ADDRESS_NONE,	 /* not claimed */
	ADDRESS_HELD,	 /* the kernel has it from us */
	ADDRESS_MISSING, /* claimed; was held, or may be, or will be tried */
	ADDRESS_REFUSED, /* claimed; the kernel will not have it */
};

struct keeper_address {
	struct ip ip;
	uint16_t interface;
	uint8_t instance;
	uint8_t state;
	bool is_node; /* C04: a node's own address, never a VIP */
	int error;    /* MISSING, REFUSED: errno */
};

/* Index of what there is once for each. */
enum family { FAMILY_V4, FAMILY_V6, FAMILIES };

struct keeper_interface {
	char name[SETTINGS_INTERFACE_MAX];
	unsigned index; /* 0 = does not exist */
	bool is_up, is_ethernet;
	bool is_arp_off;   /* it could, and somebody switched it off */
	bool is_router_v6; /* forwards IPv6: neighbours are told so */
	bool is_told;	   /* main knows is_up */
	bool is_seen;	   /* by the dump of links under way */
	uint8_t mac[6];
	/* what it is called since somebody renamed it; index 0 = nobody did */
	unsigned renamed_index;
	char renamed[SETTINGS_INTERFACE_MAX];
	/* where the node's VRRP comes from (vrrp_source.h), by the last dump;
	 * per family, none: all zero */
	struct ip source[FAMILIES];
	struct ip there[THERE_MAX]; /* its addresses, in the kernel's order */
	unsigned there_count;
	int vrrp_fd[FAMILIES]; /* for priority 0 in the last will; -1 */
	/* asked for in the turn of then (answer.c): it answers; who might ask,
	 * 0 = nobody known */
	int64_t fine_us, asker_us;
	uint32_t asker;
};

/* Why an address is missing, for people. */
enum mend_cause {
	MEND_LATE, /* it could not be added before */
	MEND_DELETED,
	MEND_LAPSED, /* its lease ran out: nobody deleted it */
};

struct keeper_instance {
	/* what main signed for the last will; without: not signed */
	bool has_resignation;
	struct keeper_resignation resignation;
	bool is_wanted;	    /* claimed and not released */
	int64_t renewed_us; /* the life sign that the leases stand on */

	/* announcements: the next one, how many are done, how far it got */
	int64_t announce_at_us; /* INT64_MAX = never */
	unsigned announce_step, announce_next;

	/* putting back what somebody deleted */
	bool mend_due;
	int64_t mend_at_us; /* not before */
	int64_t mend_window_us;
	unsigned mends;
	enum mend_cause mend_cause;
	uint32_t deleted_by; /* netlink port, often a pid; 0 = the kernel */

	/* KEEPER_RESTORED, once a second at most */
	int64_t told_us;
	unsigned restored, unrestored;
	char told[sizeof(((struct keeper_event *)0)->text)];
};

/* One form (interface, prefix) in which an address of ours came from another
 * hand, and how often since window_us. */
struct keeper_form {
	struct ip ip;
	unsigned index;
	uint8_t prefix;
	unsigned returns; /* 0 = free */
	int64_t window_us;
};

/* R17.1, per instance. */
struct keeper_alien {
	bool is_staying; /* one is here and stays: main was told */
	bool is_fought;	 /* since it comes back, not since it cannot go */
	int64_t look_us; /* the next look, INT64_MAX = none */
	int64_t try_us, wait_us; /* is_fought: not removed again before */
	int64_t gone_us;	 /* not seen since, 0 = it is here */
	char swept[120];	 /* found by the sweep under way */
	char silent[sizeof(((struct keeper_event *)0)->text)]; /* as told */
};

/* answer.c, per instance. */
struct keeper_answer {
	unsigned next;		    /* the address to be asked for */
	unsigned bad;		    /* looks in a row */
	int64_t led_away_us;	    /* a route led it away; 0 = none did */
	bool is_known, is_told_bad; /* to the main process */
};

/* route.c: a route or a rule. */
struct keeper_thing {
	bool is_held;  /* the kernel took it from us */
	bool is_stuck; /* and does not give it back */
	int error;     /* why it was not added, as told; 0 = nothing told */
};

struct keeper_will {
	int fd; /* -1 = none */
	bool is_socket;
	size_t size; /* of frame: 0x00, then what main signed */
	uint8_t frame[BEAT_WIRE_MAX + 2];
};

struct keeper {
	const struct settings *settings;
	int64_t lease_us; /* 0 = addresses live until they are removed */
	bool has_v6;
	bool lease_v6;	 /* R12a: so few IPv6 addresses that they have leases */
	int64_t now_us;	 /* of this turn */
	int64_t turn_us; /* of the turn before */
	bool is_late;	 /* we were away: what waits in the socket is old */
	bool tick_due;	 /* a fresh tick, acted upon when all is read */
	bool knows_own;	 /* which addresses are the machine's own */
	bool knows_routing; /* which interfaces forward, as of this turn */
	bool main_ended, socket_closed, is_quitting;
	int64_t quit_at_us; /* is_quitting: the next try */

	struct netlink netlink;
	struct vip_look look;
	bool watch_lost, watch_more;
	int packet_fd;

	int64_t renewed_us; /* when the last renewal began */
	bool is_renewing;
	unsigned renew_next;

	unsigned interface_count;
	struct keeper_interface *interfaces;
	int64_t interfaces_us; /* when all are asked for again; INT64_MAX */
	struct keeper_instance instances[INSTANCES_MAX];
	struct keeper_address addresses[ADDRESSES_MAX];
	uint16_t by_ip[ADDRESSES_MAX]; /* sorted by ip */
	unsigned by_ip_count;
	struct keeper_thing routes[ROUTES_MAX], rules[RULES_MAX];
	int64_t routes_us; /* when they were looked after */
	/* when those of an earlier run are looked for again; INT64_MAX */
	int64_t left_routes_us;
	struct keeper_will wills[LINKS_MAX];
	struct keeper_alien aliens[INSTANCES_MAX];
	struct keeper_answer answers[INSTANCES_MAX];
	int64_t answers_us; /* the next look */
	struct keeper_form forms[FORMS_MAX];
	unsigned promoted_count; /* interfaces, by index */
	unsigned promoted[PROMOTED_MAX];

	unsigned waiting;
	struct keeper_event outbox[OUTBOX_MAX];
	struct keeper *next; /* of a reload: by the new settings; NULL = none */
};

/* ---- keeper.c ---- */

/* Reads what the kernel has told since the last time. */
void keeper_take_notices(struct keeper *keeper);

/* ---- event.c ---- */

/* Queues an event; at_us 0 means now. Never waits. */
void event_send(struct keeper *keeper, const struct keeper_event *event);
void event_flush(struct keeper *keeper);
/* One line to stderr if it takes one; at most a few a second. */
__attribute__((format(printf, 1, 2))) void keeper_log(const char *format, ...);
/* "192.0.2.100/32 on eth0" into name[NAME_MAX_IP]; returns name. */
const char *address_name(const struct keeper *keeper, unsigned address,
			 char *name);
/* Appends to a list of failures as long as it fits: "a: why; b: why; ..." */
void text_append(char *text, size_t size, const char *name, const char *why);

/* ---- interface.c ---- */

int interfaces_prepare(struct keeper *keeper);
/* Has an interface of the settings become this one, by another name? */
bool interface_was_renamed(const struct keeper *keeper, unsigned index);
/* From a dump or a notice. */
void interface_change(struct keeper *keeper, const struct netlink_link *link);
/* What is known of those that the settings before named, too. */
void interfaces_adopt(struct keeper *keeper, struct keeper *old);
/* Asks for all links: those not seen by the end are gone. -1: the kernel did
 * not say; it is asked again by interfaces_work(), until it has. */
int interfaces_look(struct keeper *keeper);
void interfaces_work(struct keeper *keeper);
/* Before neighbours are told: which of them forward IPv6 now. An operator, or a
 * program that routes, may say so at any time, and the kernel tells nobody.
 * Once a turn: a claim of many instances would ask for each of them. */
void interfaces_look_at_routing(struct keeper *keeper);
void interfaces_tell(struct keeper *keeper);

/* ---- sweep.c ---- */

void addresses_prepare(struct keeper *keeper);
/*
 * C04: an address of the settings that is the machine's own: never added and
 * never removed. By what is here at the start, and when settings change; false:
 * the kernel has not said it yet, and nothing may be taken for another hand's.
 */
bool addresses_know_own(struct keeper *keeper);
/* The configured address that is exactly this one, or -1. */
int address_find(const struct keeper *keeper,
		 const struct netlink_address *address);
bool address_is_ours(const struct keeper *keeper, unsigned which,
		     const struct netlink_address *address);
/* First and last + 1 in by_ip[] of the addresses that have this ip. */
void address_range(const struct keeper *keeper, const struct ip *ip,
		   unsigned *first, unsigned *end);

struct sweep {
	bool is_verified; /* the kernel gave a whole picture at the end */
	unsigned ours;	  /* addresses of ours that are still there */
	unsigned unseen;  /* in no dump, but the kernel answers for them */
	char text[160];
};
/*
 * Removes the addresses of the instances swept in every form: on whatever
 * interface, with whatever prefix, whoever added them (R17.1); then looks that
 * they are gone (R10). True: all gone, as a dump showed, and a look that needs
 * no RTNL (R12).
 */
bool sweep_run(struct keeper *keeper, const struct instance_set *swept,
	       struct sweep *sweep);
bool sweep_instance(struct keeper *keeper, unsigned instance,
		    struct sweep *sweep);
bool sweep_everything(struct keeper *keeper, struct sweep *sweep);
/*
 * R12: what a dump does not show may be there all the same, as a local route,
 * or as it is going: how many of them the kernel answers for; text names them.
 */
unsigned sweep_ask(struct keeper *keeper, const struct instance_set *swept,
		   char *text, size_t size);

/* ---- hold.c, mend.c ---- */

void hold_claim(struct keeper *keeper, const struct permit *permit);
void hold_release(struct keeper *keeper, unsigned instance);
/* Main lives and all that was waiting has been read. */
void hold_tick(struct keeper *keeper);
void hold_work(struct keeper *keeper);
int64_t hold_deadline_us(const struct keeper *keeper);
bool hold_is_alive(const struct keeper *keeper, unsigned instance);
/* R12a: whether the address lives on a lease. */
bool hold_has_lease(const struct keeper *keeper, unsigned address);

struct hold_outcome {
	unsigned added, failed;
	unsigned news; /* failed otherwise than the last time */
	int64_t at_us; /* of the first one added */
	char *text;
	size_t text_size;
};
/* Asks for up to CHUNK addresses, sets their states, announces them. EEXIST
 * leaves a state alone: the caller finds out whose it is; one that a renewal
 * does not find is NONE. */
void hold_add(struct keeper *keeper, enum netlink_how how,
	      const uint16_t *which, unsigned count, uint32_t valid_s,
	      struct hold_outcome *outcome);

/* "process 612 (systemd-network)", "the kernel". */
void mend_name_culprit(uint32_t port, char *text, size_t size);
/* A notice: an address is gone. */
void mend_gone(struct keeper *keeper, const struct netlink_address *address,
	       uint32_t port, const struct nlmsghdr *notice);
/* The interface has carrier again; is_new: it is another device, or gone. */
void mend_interface(struct keeper *keeper, unsigned interface, bool is_new);
/* Notices were lost: look what is missing. */
void mend_after_loss(struct keeper *keeper);
void mend_work(struct keeper *keeper);
void mend_tick(struct keeper *keeper);
int64_t mend_deadline_us(const struct keeper *keeper);

/* ---- route.c ---- */

/* After its addresses: what it has of routes and rules. */
void routes_hold(struct keeper *keeper, unsigned instance);
/* R8: those of an earlier run, at the start, and later if the kernel did not
 * say which there are. */
void routes_remove_left(struct keeper *keeper);
void routes_work(struct keeper *keeper);
/* With the addresses. */
void routes_drop(struct keeper *keeper, const struct instance_set *dropped);
/* Main lives: once a second, what is missing is put back. */
void routes_tick(struct keeper *keeper);
/* Reload, before next's settings count: what they have not any more goes. */
void routes_change(struct keeper *keeper, struct keeper *next);

/* ---- alien.c ---- */

void aliens_prepare(struct keeper *keeper);
/*
 * R17.1: an address on lo while arp_ignore of the instance's interface, or of
 * all, is 1 or more (a DR real server): not counted and not touched. which:
 * any address of the settings that has this ip.
 */
bool alien_is_silent(const struct keeper *keeper, unsigned which,
		     const struct netlink_address *address);
/* A notice: somebody else added an address. */
void alien_came(struct keeper *keeper, const struct netlink_address *address,
		uint32_t port);
/* Looks at all there is, now. */
void alien_look(struct keeper *keeper);
void alien_work(struct keeper *keeper);
int64_t alien_deadline_us(const struct keeper *keeper);
/* A sweep met one of another hand; and how the sweep ended. */
void alien_note(struct keeper *keeper, unsigned instance,
		const struct netlink_address *address);
void alien_swept(struct keeper *keeper, bool all_gone);
/* A release showed every form of it gone. */
void alien_released(struct keeper *keeper, unsigned instance);
/* Of any instance: then no last word says that nothing is held. */
bool alien_is_staying(const struct keeper *keeper);
/* At start: one that cannot be removed is told before KEEPER_READY. */
void alien_stays_at_start(struct keeper *keeper, unsigned instance,
			  const char *text);

/* ---- answer.c: R3, does the kernel answer for what is held? ---- */

void answer_work(struct keeper *keeper);
int64_t answer_deadline_us(const struct keeper *keeper);

/* ---- promote.c ---- */

/* Before addresses of the interface are removed: others stay. Goes into the
 * netlink batch, where there is need. */
void promote_put(struct keeper *keeper, unsigned index);
void promote_all(struct keeper *keeper);
void promote_restore(struct keeper *keeper);

/* ---- announce.c ---- */

int announce_open(struct keeper *keeper);
/* Gratuitous ARP and unsolicited NA for these addresses now. */
void announce_send(struct keeper *keeper, const uint16_t *which,
		   unsigned count);
/* Starts the schedule of repeats; at_once: with the first one now. */
void announce_start(struct keeper *keeper, unsigned instance, bool at_once);
void announce_stop(struct keeper *keeper, unsigned instance);
/* Sends at most one chunk of what is due. */
void announce_work(struct keeper *keeper);
int64_t announce_deadline_us(const struct keeper *keeper);

/* ---- announce_frame.c ---- */

/* The longest: Ethernet, IPv6, a neighbour advertisement, its option. */
#define ANNOUNCE_FRAME_MAX 86
/* The Ethernet frame that says that ip is at mac; its size. */
size_t announce_frame_fill(uint8_t frame[ANNOUNCE_FRAME_MAX],
			   const uint8_t mac[6], const struct ip *ip,
			   bool is_router);

/* ---- announce_pace.c ---- */

/* When the next one is due, given how many were sent; INT64_MAX = never. */
int64_t announce_wait_us(const struct settings_garp *garp, unsigned step);

/* ---- reload.c: each answers by its event (keeper_msg.h) ---- */

void reload_prepare(struct keeper *keeper, unsigned id, int fd);
void reload_clear(struct keeper *keeper, unsigned id);
void reload_commit(struct keeper *keeper, unsigned id);

/* ---- request.c ---- */

void requests_take(struct keeper *keeper);
/* Main is dead: only its last wishes count. */
void requests_take_last(struct keeper *keeper);

/* ---- will.c ---- */

void will_prepare(struct keeper *keeper);
/* Takes over fd (-1: forget the link). */
void will_set(struct keeper *keeper, unsigned link, int fd,
	      const uint8_t *frame, size_t size);
bool main_has_ended(struct keeper *keeper);
void __attribute__((noreturn)) will_execute(struct keeper *keeper);
#endif
