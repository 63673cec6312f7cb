/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DIRECTOR_DIRECTOR_H
#define DIRECTOR_DIRECTOR_H
/* twinbeat-director from inside. */
#include <sys/types.h>

#include "farm.h"
#include "ipvs.h"
#include "plan.h"
#include "../ipc/checker_msg.h"
#include "../ipc/director_msg.h"
#include "../settings/settings.h"

/* ---- what is ours: owned.c ---- */

/* also the hidden ones of checks via vip */
#define OWNED_MAX (2 * LISTENS_MAX + SERVICES_MAX + SERVERS_MAX)

struct owned {
	const char *path;
	struct plan_owned list[OWNED_MAX];
	unsigned count;
};

/* A missing file is an empty list. A line that is none is left out and
 * counted: what it meant is then foreign, and is left alone (D11). */
unsigned owned_load(struct owned *owned);
/* Takes in what is wanted, forgets what is neither wanted nor in the kernel.
 * True: it is another list than before. */
bool owned_update(struct owned *owned, const struct table *wanted,
		  const struct table *kernel);
/* 0, or -1 with errno. */
int owned_save(const struct owned *owned);

/* ---- what should be: wanted.c ---- */

/* By what the kernel knows it; listen: NULL: a service by its mark. */
struct table_id wanted_id(const struct settings_service *service,
			  const struct settings_listen *listen);
/* 0, or -1: no memory. */
int wanted_make(const struct farm *farm, struct table *wanted);

/* ---- who asks the servers: asker.c ---- */

struct asker {
	int socket, pidfd;
	int ping_fds[2]; /* IPv4, IPv6; opened while it was allowed, -1: not */
	pid_t pid;	 /* 0: there is none */
	int settings_fd;
	uint32_t round; /* answers to orders of an earlier one do not count */
	int64_t again_us, back_off_us, ready_by_us;
	bool is_ended;	  /* its pidfd says so */
	bool is_ready;	  /* takes orders */
	bool is_told;	  /* that it cannot be started */
	bool is_dying;	  /* killed, because it did not answer */
	bool is_replaced; /* killed, because there are new settings */
};

/* ping_fds are set. */
void asker_begin(struct asker *asker);
/* New settings, a new checker; the descriptor is the asker's from then on. */
void asker_renew(struct asker *asker, int settings_fd);
/* Gives it what is due; starts it, ends one that hangs. */
void asker_step(struct asker *asker, struct farm *farm, int64_t now_us);
/* Takes its answers; true: there was one. */
bool asker_read(struct asker *asker, struct farm *farm, int64_t now_us);
int64_t asker_due_us(const struct asker *asker, const struct farm *farm);

/* ---- the way to one of them: neighbour.c ---- */

/* Nothing comes back from it: the kernel is to ask anew what its MAC is, if it
 * is on a network of this node and only time has made it known. */
void neighbour_doubt(const struct ip *ip);

/* ---- what people are told of the farm: telling.c ---- */

struct telling {
	bool was_known[SERVERS_MAX], was_up[SERVERS_MAX];
};

/* A line in the log for each server that has changed. */
void telling_log(struct telling *telling, const struct farm *farm);
/* All servers are as if told. */
void telling_begin(struct telling *telling, const struct farm *farm);
/* The sentence of an alert, or "": it is well. */
void telling_down(const struct farm *farm, char *text, size_t size);
void telling_mode(const struct farm *farm, enum pool_mode mode, char *text,
		  size_t size);
void telling_blind(const struct farm *farm, char *text, size_t size);
void telling_differs(const struct farm *farm, int64_t now_us, char *text,
		     size_t size);

/* What the newest failing check of a server has seen. */
const char *telling_reason(const struct farm *farm, unsigned server);

/* ---- what programs are told, one by one: news.c ---- */

/*
 * Which servers are up and which services have their quorum, as the main
 * process was told last: what changes is told once, and where much changes,
 * NEWS_BURST at once, then NEWS_PER_S; what is as it was told by then is not
 * told at all.
 */
#define NEWS_BURST 256
#define NEWS_PER_S 20

struct news {
	uint8_t servers[SERVERS_MAX], services[SERVICES_MAX];
	int64_t booked_us; /* so far is the rate used up */
	int64_t due_us;	   /* something waits for it; INT64_MAX: nothing */
};

/* Nothing was told of these settings. */
void news_begin(struct news *news);
/* send: false: no room, and it is told with the next step. */
void news_step(struct news *news, const struct farm *farm, int64_t now_us,
	       bool (*send)(const struct director_event *event));

/* ---- settings of the kernel: kernel.c ---- */

/* net.ipv4.vs.NAME: 1: written, 0: it was so, -1 with errno. */
int kernel_set(const char *name, const char *value);
/* Writes those that are not as they should be. How many were, or -1 with one
 * sentence in error. */
int kernel_set_all(const struct settings_director *director, struct ipvs *ipvs,
		   char *error, size_t error_size);

/* ---- sync threads: sync.c ---- */

/* Starts what does not run as it should, ends what should not. The number
 * started, or -1 with one sentence in error. serves: a service is served here,
 * which counts where the threads follow the role. */
int sync_run(const struct settings *settings, bool serves, struct ipvs *ipvs,
	     char *error, size_t error_size);
#endif
