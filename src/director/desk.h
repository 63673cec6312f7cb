/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DIRECTOR_DESK_H
#define DIRECTOR_DESK_H
/*
 * The operator's desk: RUN_DIR/director.sock, where `twinbeat director` asks
 * what is known of services and servers, and says that a server is to get
 * nothing new. What was said is kept on disk before it is done (D2: words
 * outlast everything). Who asks slowly costs nothing but his place; who finds
 * none is not refused, but waits until somebody's time is over.
 */
#include <poll.h>
#include <stdbool.h>
#include <sys/types.h>

#include "../base/file_place.h"
#include "farm.h"
#include "pair.h"
#include "plan.h"
#include "table.h"

#define DESK_CLIENTS_MAX 16
/* So many may wait for checks, or for the other node: the rest is for who asks
 * how it stands. */
#define DESK_WAITING_MAX 8
#define DESK_REQUEST_MAX 512
#define DESK_SAID_MAX	 160

struct desk_client {
	int fd; /* -1: free */
	bool may_command;
	int64_t limit_us;
	/* Waits until the checks of a server have been asked. */
	bool is_probing;
	unsigned service, server;
	int64_t from_us;
	/* Waits until the other node has the word (D6). */
	bool is_telling;
	char said[DESK_SAID_MAX];
	size_t used;
	char request[DESK_REQUEST_MAX];
	char *answer; /* malloc'ed; NULL: not yet */
	size_t size, sent;
};

struct desk {
	int listener;	       /* -1: nobody can ask */
	int64_t deaf_until_us; /* no descriptor was left; 0 */
	struct file_place place;
	const char *path;
	int64_t checked_us;
	bool has_group;
	gid_t group;
	const char *words_path;
	struct desk_client clients[DESK_CLIENTS_MAX];
};

/* What an answer is made of. */
struct desk_view {
	struct farm *farm;
	const struct table *kernel; /* NULL: there is none */
	const struct plan *plan;    /* as of the last pass */
	struct pair *pair;
};

/* 0, or -1 with errno: then nobody can ask. Stale for sure: the directors' lock
 * is ours. */
int desk_begin(struct desk *desk, const char *socket_path,
	       const char *words_path);
/* A cleaner of /run, a careless rm: within some seconds it is there again. */
void desk_check(struct desk *desk, int64_t now_us);
/* So many places of polled[] are used: at most 1 + DESK_CLIENTS_MAX. */
unsigned desk_poll(const struct desk *desk, struct pollfd *polled);
/* Takes requests and gives answers, polled as desk_poll() made it; true: a word
 * was said. */
bool desk_turn(struct desk *desk, const struct pollfd *polled,
	       const struct desk_view *view, int64_t now_us);
/* When somebody has been silent for too long, or descriptors are tried again;
 * INT64_MAX: neither. */
int64_t desk_due_us(const struct desk *desk);
/* Other settings: places of before mean nothing. */
void desk_renew(struct desk *desk);
/* Does an answer need the kernel's counters? */
bool desk_is_busy(const struct desk *desk);

/* ---- words.c ---- */

/* A missing file says nothing; what it says of others is forgotten. */
void words_load(struct farm *farm, const char *path);
/* As an operator says it. */
const char *words_name(enum server_word word);
/* 0, or -1 with errno. */
int words_save(const struct farm *farm, const char *path);
#endif
