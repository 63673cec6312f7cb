/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H
/*
 * The main process from inside: what its modules share. A module (an edge, the
 * helpers, the control socket) keeps its state to itself and offers a handful
 * of functions in a header of its own; twinbeatd.c alone knows all of them, and
 * wires them up. An edge turns what happens outside into events (daemon_feed)
 * and carries out the orders that concern it. Only the core decides.
 */
#include "../base/clock.h"
#include "../core/view.h"
#include "../settings/settings.h"
#include "../status/status.h"
#include "loop.h"

#define DAEMON_PATH_MAX 256
#define DAEMON_BOOT_MAX 80
#define TEXT_MAX	200

struct options {
	const char *file, *node, *run_dir, *state_dir;
	const char *file_absolute; /* the same: we go to "/" */
	bool foreground, check_only;
};

struct reload_change;
/* What a module does in the life of the process; each may be NULL. */
struct module {
	/* Before any helper is there. 0, or -1: no memory. */
	int (*init)(struct daemon *daemon);
	void (*second)(struct daemon *daemon); /* each second */
	void (*drain)(struct daemon *daemon);  /* before a tick: loop.h */
	/* True: it owed the core an event, and has fed it. */
	bool (*feed_owed)(struct daemon *daemon);
	void (*discard)(struct daemon *daemon); /* R11: what is buffered */
	void (*away)(struct daemon *daemon); /* we were: nobody could answer */
	/*
	 * A reload (reload.h). prepare makes what takes memory: 0, or -1 and
	 * nothing is left of it; abandon takes it back. commit cannot fail, and
	 * tells the core nothing: what it owes is fed later.
	 */
	int (*prepare)(struct daemon *daemon,
		       const struct reload_change *change);
	void (*abandon)(struct daemon *daemon);
	void (*commit)(struct daemon *daemon,
		       const struct reload_change *change);
	/* The timer is due. */
	enum loop_timer timer;
	void (*fire)(struct daemon *daemon);
};

/*
 * Of the modules, what each turn asks: a walk over their rows would fetch all
 * of them from memory, since nobody has needed them since the last turn.
 */
#define MODULES_MAX 32
struct asked_modules {
	unsigned drain_count, feed_owed_count;
	void (*drain[MODULES_MAX])(struct daemon *daemon);
	bool (*feed_owed[MODULES_MAX])(struct daemon *daemon);
};

struct helper_row;
/* How the modules hang together (twinbeatd.c). */
struct wiring {
	const struct module *modules; /* in the order of their turns */
	unsigned module_count;
	const struct helper_row *helpers; /* by enum helper_id */
	/* cause: the last thing told before it */
	void (*carry_out)(struct daemon *daemon, const struct action *action,
			  const struct action *cause);
	void (*record)(struct daemon *daemon, const struct action *action,
		       int64_t now_us);
};

struct daemon {
	const struct options *options;
	const struct settings *settings; /* the sealed snapshot */
	uint8_t key[BEAT_KEY_SIZE];
	struct vrrp_key hmac_keys[HMAC_KEYS_MAX]; /* R16, as in settings */
	char state_path[DAEMON_PATH_MAX], control_path[DAEMON_PATH_MAX];
	int settings_fd, self_fd, lock_fd, pid_fd, state_fd, last_word_fd;
	char boot[DAEMON_BOOT_MAX]; /* last_word.c: of the machine */
	int stderr_pipe[2]; /* the helpers' stderr, read by the runner */
	int ready_fd;	    /* tells the waiting parent, -1 = nobody waits */
	bool is_ready, failed_start, is_settled;
	unsigned refused; /* enum realtime_refusal */
	int refused_why;  /* errno */
	bool was_refused_memory;
	unsigned watchdog_timeout_s; /* 0 = it was never armed */
	bool watchdog_is_armed;	     /* by the program that runs */
	uint64_t memory_limit;	     /* RLIMIT_MEMLOCK when it was tried */
	int64_t begun_us;

	const struct wiring *wiring;
	struct asked_modules asked;
	struct loop loop;
	struct source signals;
	/* each is defined where its functions are */
	struct helper *helpers; /* HELPERS */
	struct keeper_edge *keeper;
	struct claims *claims;
	struct fencer_edge *fencer;
	struct runner_edge *runner;
	struct checks_edge *checks;
	struct notices *notices;
	struct director_edge *director;
	struct opener *openers;		   /* LINK_KINDS */
	struct link_edge *links;	   /* LINKS_MAX */
	struct line_edge *lines;	   /* LINKS_MAX */
	struct vrrp_edge *vrrp;		   /* an instance each */
	struct vrrp_port_edge *vrrp_ports; /* VRRP_PORTS_MAX */
	/* of a reload that is prepared */
	struct vrrp_edge *vrrp_next;
	struct vrrp_port_edge *vrrp_ports_next;
	bool vrrp_owes;		/* some of them owes the core news */
	bool links_owe;		/* the same of links */
	struct hear_edge *hear; /* an interface each */
	struct control_edge *control;
	struct reload_edge *reload;
	struct push_edge *push;
	uint32_t reloads; /* how many were committed */
	struct status_view view;
	const struct core_settings *core_settings; /* of settings */
	bool feeding;
	struct core core;
	struct actions actions;
};

/* feed.c: one event into the core, its actions out */
void daemon_feed(struct daemon *daemon, struct event *event);
/* The actions that the core has given just now. */
void daemon_carry_out(struct daemon *daemon, int64_t now_us);
#endif
