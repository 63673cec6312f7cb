/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H
/*
 * The main process from inside: one structure, and what each edge offers to
 * the others. An edge turns what happens outside into events (daemon_feed) and
 * carries out the actions that concern it. Only the core decides.
 */
#include <sys/types.h>

#include "../core/view.h"
#include "../ipc/keeper_msg.h"
#include "../link/ear.h"
#include "../link/vrrp/vrrp.h"
#include "../link/opener_msg.h"
#include "../ipc/runner_msg.h"
#include "../ipc/fencer_msg.h"
#include "../base/clock.h"
#include "../base/outbox.h"
#include "../ipc/control_msg.h"
#include "control_request.h"
#include "loop.h"
#include "../settings/settings.h"
#include "../base/spawn.h"
#include "../status/status.h"
#include "../link/vip_look.h"

#define DAEMON_PATH_MAX 256
#define TEXT_MAX	200
#define SILENT_TEXT_MAX 160

struct options {
	const char *file, *node, *run_dir, *state_dir;
	bool foreground, check_only;
};

/* ---- helpers: keeper, fencer, runner ---- */

enum helper_id { HELPER_RUNNER, HELPER_KEEPER, HELPER_FENCER, HELPERS };

/* pulse.c */
struct pulse {
	int64_t heard_us;
	int64_t asked_us; /* 0 = nothing unanswered */
	int64_t told_us;  /* that it hangs; 0 = it does not */
};

struct helper {
	const char *name;
	struct spawn spawn;
	pid_t pid; /* 0 = not running */
	struct source socket, process;
	int64_t started_us;
	int64_t wait_us; /* back-off before the next start */
	struct pulse pulse;
};

struct keeper_edge {
	bool ready;
	int64_t asked_us; /* oldest KEEPER_TICK that was not answered */
	bool failing;	  /* a message did not go out: it hangs */
	bool told;	  /* that it hangs; its end is told as well */
	/* R12: looks that the core waits for, a bit per instance */
	struct vip_look look;
	uint64_t look_due;
	unsigned interface_count; /* as the keeper has told them */
	struct {
		char name[SETTINGS_INTERFACE_MAX];
		unsigned index;
	} interfaces[CORE_INTERFACES_MAX];
	/* R17.1: addresses on lo that do not count, "" = none */
	char silent[INSTANCES_MAX][SILENT_TEXT_MAX];
};

#define FENCE_REFUSALS_MAX 8
struct fencer_edge {
	/* requests that nobody took: answered as unknown (R6) */
	uint32_t refused[FENCE_REFUSALS_MAX];
	unsigned refused_count;
	unsigned pending;   /* requests without their last word */
	int64_t waiting_us; /* since the newest word or request */
	uint32_t write_id;  /* the newest that is no mere read */
};

/*
 * One step of the largest pair: for each of 64 instances two lines, history and
 * notification of about 450 bytes each, four times over.
 */
#define RUNNER_OUTBOX_SIZE (512 * 1024)

struct runner_edge {
	struct outbox outbox; /* what the runner has not taken yet */
	uint8_t outbox_room[RUNNER_OUTBOX_SIZE];
	uint64_t lost[LOST_KINDS]; /* to be told */
	uint32_t next_id, save_id; /* save_id: under way, 0 = none */
	bool save_again, save_failing, history_failing;
	int save_error;
	int64_t asked_us; /* when save_id was sent */
	uint32_t notify_sequence;
};

/* ---- openers: they wait for drivers and for RTNL, we do not ---- */

/* Twice what all links have open: more wait only if its driver hangs. */
#define OPENER_PARKED_MAX (2 * LINK_FDS * INSTANCES_MAX)

struct opener {
	struct spawn spawn;
	pid_t pid; /* 0 = not running */
	struct source socket, process;
	unsigned asked; /* requests without a reply */
	int64_t asked_us;
	bool killed; /* and not dead yet: it hangs in the kernel */
	int parked[OPENER_PARKED_MAX];
	unsigned parked_count; /* to be closed as soon as one takes them */
};

/* ---- links ---- */

struct link_edge;

struct vrrp_edge {
	struct vrrp *vrrp;
	struct source source, witness;
	unsigned interface; /* index in core_settings.interfaces */
	int64_t retry_us, back_off_us;
	bool asking; /* the opener has not answered yet */
	bool told, filtered;
	int64_t complained_us; /* of a failed send */
	/* R3: do adverts leave; the core is owed the news */
	bool unsent, owed, swallowed;
	unsigned unseen; /* sent in a row and not seen on their way out */
	int64_t ordered_us, tried_us;
	/* the two newest; what else leaves with its vrid is another daemon's */
	uint8_t priority, priority_before;
	/* since the ear was opened: sent by us, and seen as if by us */
	unsigned ear_sent, ear_seen;
	char why[TEXT_MAX];
};

#define HEAR_GATEWAYS_MAX 8
/* A hearing test on one interface (R3). */
struct hear_edge {
	struct source source;
	struct ear ear;
	bool on;    /* the core wants it */
	bool watch; /* adverts of ours were swallowed: are they seen again? */
	int64_t listen_us; /* until then: does another daemon send beside us? */
	bool is_wide, complained;
	int64_t widen_us, told_us[CORE_STATIONS];
	unsigned gateway_count;
	uint32_t gateways[HEAR_GATEWAYS_MAX];
	uint8_t peer_mac[EAR_MAC_SIZE], gateway_mac[EAR_MAC_SIZE];
};

/* ---- control ---- */

#define CLIENTS_MAX 16
struct client {
	struct source source;
	uint32_t token; /* 0 = free */
	struct control_request request;
	bool asked;    /* the request is complete */
	bool finished; /* the last line is in out */
	bool unsaved;  /* the last line waits until the state is on disk */
	char text[TEXT_MAX]; /* that line */
	int64_t asked_us, limit_us;
	size_t in_used;
	char *out; /* malloc'ed, NULL = nothing to send */
	size_t out_size, out_sent;
	char in[CONTROL_REQUEST_MAX + 2];
};

struct control_edge {
	struct source listener;
	uint64_t device, inode; /* of the socket's file */
	bool complained;	/* that it cannot be made anew */
	uint32_t last_token;
	struct client clients[CLIENTS_MAX];
};

/* ---- the whole ---- */

struct daemon {
	const struct options *options;
	const struct settings *settings; /* the sealed snapshot */
	uint8_t key[BEAT_KEY_SIZE];
	char state_path[DAEMON_PATH_MAX], control_path[DAEMON_PATH_MAX];
	int settings_fd, self_fd, lock_fd, pid_fd, state_fd;
	int stderr_pipe[2]; /* the helpers' stderr, read by the runner */
	int ready_fd;	    /* tells the waiting parent, -1 = nobody waits */
	bool is_ready, failed_start;
	unsigned refused;      /* enum realtime_refusal */
	int refused_why;       /* errno */
	uint64_t memory_limit; /* RLIMIT_MEMLOCK when it was tried */
	int64_t begun_us;

	struct loop loop;
	struct source signals;
	struct helper helpers[HELPERS];
	struct keeper_edge keeper;
	struct fencer_edge fencer;
	struct runner_edge runner;
	struct opener openers[LINK_KINDS]; /* one per kind of link */
	struct link_edge *links;	   /* LINKS_MAX */
	struct vrrp_edge vrrp[INSTANCES_MAX];
	struct hear_edge hear[CORE_INTERFACES_MAX];
	struct control_edge control;
	struct status_view view;
	struct core_settings core_settings;
	bool feeding, exiting;
	struct core core;
	struct actions actions;
};

/* feed.c: one event into the core, its actions out */
void daemon_feed(struct daemon *daemon, struct event *event);

/* helpers.c */
int helper_find(struct daemon *daemon, enum helper_id id, char *error,
		size_t error_size);
int helper_start(struct daemon *daemon, enum helper_id id, char *error,
		 size_t error_size);
void helper_kill(struct helper *helper);
void helpers_restart(struct daemon *daemon);

/* pulse.c: do they still work? */
void pulse_start(struct helper *helper);
/* Where there is no question without an answer yet. */
void pulse_ask(struct daemon *daemon, enum helper_id id);
/* It has said something. */
void pulse_heard(struct daemon *daemon, enum helper_id id);
void pulse_shift(struct daemon *daemon);
void pulse_second(struct daemon *daemon);

/* keeper_edge.c */
void keeper_started(struct daemon *daemon);
void keeper_read(struct daemon *daemon);
void keeper_lost(struct daemon *daemon, const char *why);
void keeper_tick(struct daemon *daemon);
void keeper_shift_patience(struct daemon *daemon);
void keeper_claim(struct daemon *daemon, const struct permit *permit);
void keeper_order(struct daemon *daemon, enum keeper_request_type type,
		  unsigned instance);
void keeper_take_will(struct daemon *daemon, const struct beat *beat);
void keeper_look(struct daemon *daemon, unsigned instance);
bool keeper_feed_look(struct daemon *daemon);
void keeper_forget_link(struct daemon *daemon, unsigned link);
bool keeper_quit(struct daemon *daemon);

/* fencer_edge.c */
void fencer_read(struct daemon *daemon);
void fencer_ended(struct daemon *daemon, const char *why);
void fencer_ask(struct daemon *daemon, const struct action *action);
bool fencer_feed_refused(struct daemon *daemon);
void fencer_expire(struct daemon *daemon);

/* store.c: what the state file may be believed */
/* Reads it, and writes that a run has begun. */
void store_load(struct daemon *daemon, struct core_memory *memory);
void store_saved(struct daemon *daemon);
void store_end(struct daemon *daemon, const struct core_memory *memory);
void store_tell_state(struct daemon *daemon);
void store_tell_history(struct daemon *daemon, int error);

/* runner_edge.c */
void runner_started(struct daemon *daemon);
void runner_read(struct daemon *daemon);
void runner_lost(struct daemon *daemon);
void runner_save(struct daemon *daemon);
bool runner_is_saving(const struct daemon *daemon);
void runner_retry(struct daemon *daemon);
void runner_settle(struct daemon *daemon);
void runner_history(struct daemon *daemon, const struct action *action,
		    int64_t now_us);
void runner_notify(struct daemon *daemon, const struct action *action,
		   const struct action *cause);

/* opener_edge.c */
int opener_find(struct daemon *daemon, char *error, size_t error_size);
/*
 * The reply comes to the link's edge, one for each request that was taken.
 * False with a sentence when it cannot be asked now: try again later.
 */
bool opener_ask(struct daemon *daemon, const struct link_kind *kind,
		struct opener_request *request, char *error, size_t error_size);
/* Takes the descriptors over; out of the loop by then (loop_remove). */
void opener_close(struct daemon *daemon, const struct link_kind *kind,
		  const int *fds, unsigned count);
/* Each second: those that hang, and those with nothing more to do. */
void openers_second(struct daemon *daemon);

/* vrrp_edge.c */
int vrrp_edge_init(struct daemon *daemon);
void vrrp_edge_open(struct daemon *daemon);
void vrrp_edge_opened(struct daemon *daemon, const struct opener_reply *reply,
		      const struct link_kind *kind);
void vrrp_edge_carrier(struct daemon *daemon, unsigned interface, bool up);
void vrrp_edge_send(struct daemon *daemon, unsigned instance, uint8_t priority);
void vrrp_edge_check_filter(struct daemon *daemon);
bool vrrp_edge_feed_owed(struct daemon *daemon);
/* An advert, ours or not, was seen on its way out. */
void vrrp_edge_seen(struct daemon *daemon, unsigned interface,
		    const struct ear_frame *frame);
/* From here on all that leaves by the interface is seen. */
void vrrp_edge_count_anew(struct daemon *daemon, unsigned interface);
/* Where VRRP of the interface comes from, host order; 0 = it cannot. */
uint32_t vrrp_edge_source(const struct daemon *daemon, unsigned interface);

/* hear_edge.c */
void hear_edge_init(struct daemon *daemon);
void hear_edge_probe(struct daemon *daemon, unsigned interface, bool on);
void hear_edge_ask(struct daemon *daemon);
bool hear_edge_sees(const struct daemon *daemon, unsigned interface);
void hear_edge_watch(struct daemon *daemon, unsigned interface, bool on);
void hear_edge_discard(struct daemon *daemon);
/* Each second: now and then listens for a while to what leaves. */
void hear_edge_second(struct daemon *daemon);

/* control.c */
int control_open(struct daemon *daemon, char *error, size_t error_size);
/* Each second: a socket that somebody removed is made anew. */
void control_check(struct daemon *daemon);
void control_close(struct daemon *daemon);
void control_reply(struct daemon *daemon, const struct action *action);
void control_saved(struct daemon *daemon, bool ok);
void control_expire(struct daemon *daemon);

/* service.c: systemd */
void service_begin(void);
int64_t service_watchdog_us(void); /* 0 = none */
void service_tell(const char *text);

/* run_dir.c */
int run_dir_take(struct daemon *daemon, char *error, size_t error_size);
int run_dir_wait(struct daemon *daemon, char *error, size_t error_size);
void run_dir_release(struct daemon *daemon);
/* What was removed is made and locked anew. -1: not now. */
int run_dir_mend(struct daemon *daemon, char *error, size_t error_size);

/* life.c: from the settings to the first turn, and from the last to the end */
enum exit_code { EXIT_FINE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_BAD = 3 };
int life_start(struct daemon *daemon, char *error, size_t error_size);
void life_ready(struct daemon *daemon);
void life_second(struct daemon *daemon);
void life_watchdog(struct daemon *daemon);
void life_end(struct daemon *daemon);

/* background.c: without --foreground */
int background_enter(struct daemon *daemon);
void background_tell(struct daemon *daemon, enum exit_code code);
#endif
