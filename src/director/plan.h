/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DIRECTOR_PLAN_H
#define DIRECTOR_PLAN_H
/*
 * What must be sent so that the kernel's table becomes the wanted one, in an
 * order in which no client ever finds nobody (D4, D11, D12). Pure: it orders
 * through a function, and what is as it should be orders nothing.
 */
#include "table.h"

enum plan_verb {
	PLAN_NEW_SERVICE,
	PLAN_SET_SERVICE,
	PLAN_DELETE_SERVICE,
	PLAN_NEW_DEST,
	PLAN_SET_DEST,
	PLAN_DELETE_DEST,
};

struct plan_order {
	enum plan_verb verb;
	const struct table_service *service;
	const struct table_dest *dest; /* of ..._DEST */
	uint32_t weight;	       /* instead of the dest's own */
	/* DELETE_DEST: added again at once, in its right place (D4); its
	 * connections must outlive that */
	bool is_again;
};

/* A service that is ours, by the list on disk, wanted or not any more. */
struct plan_owned {
	struct table_id id;
	uint32_t drain_s;
};

/* A server that is in the file no more: it may keep its connections until. */
struct plan_drain {
	struct table_id service;
	struct ip ip;
	uint16_t port;
	int64_t until_us;
	bool is_seen; /* in this pass */
};

#define PLAN_DRAINS_MAX 512

struct plan {
	const struct table *wanted, *kernel;
	const struct plan_owned *owned;
	unsigned owned_count;
	int64_t now_us;
	void (*order)(void *arg, const struct plan_order *order);
	void *arg;
	/* Kept from pass to pass. */
	struct plan_drain drains[PLAN_DRAINS_MAX];
	unsigned drain_count;
	/* What came of it. */
	unsigned orders;
	unsigned ends;	  /* those of them that only time brought: drains */
	unsigned foreign; /* services that are not ours: left alone */
	struct table_id one_foreign;
	int64_t due_us; /* a drain is to be looked at again; or INT64_MAX */
};

void plan_make(struct plan *plan);
#endif
