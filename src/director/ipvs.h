/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DIRECTOR_IPVS_H
#define DIRECTOR_IPVS_H
/*
 * The one file that speaks with IPVS (generic netlink, family IPVS, version 1;
 * libnl knows nothing of it). Each call waits for the kernel, and the kernel
 * for its own locks: never in a program that must be prompt. There are no
 * events: who wants to know what changed reads the table.
 */
#include <stddef.h>

#include "plan.h"
#include "table.h"

#define IPVS_BATCH_SIZE 32768
#define IPVS_BATCH_MAX	256 /* orders */

struct nl_sock;

/* Of an order that is on its way: what to say if it is refused. */
struct ipvs_sent {
	enum plan_verb verb;
	struct table_id service;
	struct ip ip;
	uint16_t port;
	char scheduler[16];
};

struct ipvs {
	struct nl_sock *socket; /* NULL: not open */
	int family;
	uint32_t sequence;
	size_t used;
	unsigned queued;
	unsigned refused; /* orders, since the last reset by the caller */
	char why[240];	  /* of the first of them */
	struct ipvs_sent sent[IPVS_BATCH_MAX];
	_Alignas(8) unsigned char batch[IPVS_BATCH_SIZE];
};

struct ipvs_timeouts {
	uint32_t tcp_s, tcp_fin_s, udp_s;
};

/* A sync thread; there is one of each kind. */
struct ipvs_sync {
	bool is_there;
	char interface[16];
	uint32_t id;
	uint16_t maxlen, port;
	struct ip group;
	uint8_t ttl;
};
enum ipvs_sync_kind { SYNC_MASTER, SYNC_BACKUP, SYNC_KINDS };

/* Loads ip_vs where it can. 0, or -1 with one sentence: there is none, or it
 * is not allowed. */
int ipvs_open(struct ipvs *ipvs, char *error, size_t error_size);
void ipvs_close(struct ipvs *ipvs);

/* 0, or -1 with ipvs->why: then the table is of no use. */
int ipvs_read_table(struct ipvs *ipvs, struct table *table);

/* For struct plan: takes it up; many go with one system call, in order. */
void ipvs_order(void *ipvs, const struct plan_order *order);
/* Sends what was taken up and waits for the answers: refused and why say what
 * came of it. */
void ipvs_flush(struct ipvs *ipvs);

/* 0 or -1 with ipvs->why. */
int ipvs_read_timeouts(struct ipvs *ipvs, struct ipvs_timeouts *timeouts);
int ipvs_set_timeouts(struct ipvs *ipvs, const struct ipvs_timeouts *timeouts);
int ipvs_read_sync(struct ipvs *ipvs, struct ipvs_sync sync[SYNC_KINDS]);
int ipvs_start_sync(struct ipvs *ipvs, enum ipvs_sync_kind kind,
		    const struct ipvs_sync *sync);
int ipvs_stop_sync(struct ipvs *ipvs, enum ipvs_sync_kind kind, uint32_t id);
#endif
