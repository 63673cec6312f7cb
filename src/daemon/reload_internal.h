/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_RELOAD_INTERNAL_H
#define DAEMON_RELOAD_INTERNAL_H
/* What reload.c (the steps) and reload_read.c (the first one) share. */
#include "daemon.h"
#include "reload.h"
#include "../base/spawn.h"

#define RELOAD_LOOK_AGAIN_US 20000
#define RELOAD_REASON_MAX    420

enum stage {
	STAGE_IDLE,
	STAGE_READ,
	STAGE_HELD, /* of a push: it is read; or nothing of it is new */
	STAGE_PREPARE,
	STAGE_LEAVE,
	STAGE_CLEAR
};

struct reload_edge {
	enum stage stage;
	uint32_t number; /* of this one, in what helpers are asked */
	uint32_t token;	 /* who waits for the answer; 0 = nobody */
	/* asked once more: by a signal meanwhile, or by whoever came when the
	 * loader of the last one had not ended yet */
	bool again, again_force;
	uint32_t again_token;
	bool force; /* as reload_ask() says */
	int64_t limit_us, waits_us, told_us;
	int64_t judged_us; /* whether it may bring an address to both nodes */
	int64_t doubt_until_us; /* what the peer runs may be told by then */
	char refusal[RELOAD_REASON_MAX]; /* the first thing that is wrong */

	struct spawn spawn;
	pid_t pid; /* of the loader; 0 = none */
	struct source socket, process;
	bool is_read;

	/* what was read */
	int fd;
	const struct settings *settings;
	struct core_settings *core_settings;
	uint8_t key[BEAT_KEY_SIZE];
	struct vrrp_key hmac_keys[HMAC_KEYS_MAX];
	struct core_map map;
	json_t *addresses[INSTANCES_MAX]; /* for the status */
	bool asked[HELPERS], answered[HELPERS];
	bool is_cleared, claimed;

	/* of a push */
	const struct reload_holder *holder; /* NULL: it is none */
	int text_fd;	 /* the file as it is sent; -1 = none */
	bool is_nothing; /* the running settings are these already */
	bool is_ready;	 /* told */
	bool is_let;	 /* it may commit */
	/* by the loader, in its place; or it has said that it could not */
	bool is_asked_to_put, is_put, is_not_put;
	int64_t put_limit_us;
};

/* Of a push: its file is the peer's, and the loader puts it in place in the
 * end. */
static inline bool reload_takes(const struct reload_edge *edge)
{
	return edge->holder && edge->holder->takes;
}

/* ---- reload.c ---- */

/* Nothing has changed: what was let go for it is taken up again. */
void reload_refuse(struct daemon *daemon, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void reload_end_of_nothing(struct daemon *daemon);
/* It is read, and may be taken: each helper looks at it. */
void reload_prepare_helpers(struct daemon *daemon);

/* ---- reload_read.c ---- */

void reload_read_init(struct reload_edge *edge);
/* What was read, against what runs here and at the peer: it goes on, or is
 * refused, or is judged again in a moment. */
void reload_judge(struct daemon *daemon);
/* text_fd: what the peer has sent, or -1. False, with a sentence. */
bool reload_start_loader(struct daemon *daemon, int text_fd, char *error,
			 size_t error_size);
#endif
