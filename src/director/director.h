/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DIRECTOR_DIRECTOR_H
#define DIRECTOR_DIRECTOR_H
/* twinbeat-director from inside. */
#include "ipvs.h"
#include "plan.h"
#include "pool.h"
#include "../settings/settings.h"

/* ---- what is ours: owned.c ---- */

#define OWNED_MAX (2 * LISTENS_MAX + SERVICES_MAX)

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

/* The servers of all services, and what the pools say of them. */
struct farm {
	const struct settings *settings;
	struct server_rules server_rules[SERVERS_MAX];
	struct server servers[SERVERS_MAX];
	struct pool_target targets[SERVERS_MAX];
	struct pool_rules pool_rules[SERVICES_MAX];
	struct pool pools[SERVICES_MAX];
};

void farm_begin(struct farm *farm, const struct settings *settings,
		int64_t now_us);
void farm_step(struct farm *farm, int64_t now_us);
int64_t farm_due_us(const struct farm *farm, int64_t now_us);
/* 0, or -1: no memory. */
int wanted_make(const struct farm *farm, struct table *wanted);

/* ---- settings of the kernel: kernel.c ---- */

/* net.ipv4.vs.NAME: 1: written, 0: it was so, -1 with errno. */
int kernel_set(const char *name, const char *value);
/* Writes those that are not as they should be. How many were, or -1 with one
 * sentence in error. */
int kernel_set_all(const struct settings_director *director, struct ipvs *ipvs,
		   char *error, size_t error_size);

/* ---- sync threads: sync.c ---- */

/* Starts what does not run as it should. The number started, or -1 with one
 * sentence in error. */
int sync_run(const struct settings *settings, struct ipvs *ipvs, char *error,
	     size_t error_size);
#endif
