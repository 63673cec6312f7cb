/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DIRECTOR_TABLE_H
#define DIRECTOR_TABLE_H
/*
 * The table of IPVS as plain data: what the kernel holds (ipvs.c) and what it
 * should hold (wanted.c). plan.c makes one of the other.
 */
#include <stdbool.h>
#include <stdint.h>

#include "../wire/ip.h"

/* As the kernel has them in FWD_METHOD. */
enum table_forward {
	FORWARD_NAT = 0,
	FORWARD_LOCAL = 1, /* the kernel's own word for a local address */
	FORWARD_TUN = 2,
	FORWARD_DR = 3,
};

/* By what the kernel knows a service. */
struct table_id {
	bool is_v6;
	uint8_t protocol; /* 0: by the mark */
	uint16_t port;
	uint32_t mark;
	struct ip ip;
};

struct table_service {
	struct table_id id;
	char scheduler[16];
	char engine[16]; /* "": none */
	uint32_t flags;	 /* those that are ours to set */
	uint32_t sticky_s;
	uint8_t prefix; /* of persistence; 32 or 128: all of it */
	/* of the wanted ones: */
	bool is_ordered; /* the order of its servers counts (D4) */
	bool is_away;	 /* not here: the other node's to serve (D1) */
	uint32_t drain_s;
	unsigned first, count; /* in dests */
};

/* As the kernel counts since the server is in its table. */
struct table_stats {
	uint64_t connections, in_packets, out_packets, in_bytes, out_bytes;
	/* a second, of the last ones */
	uint64_t connections_s, in_packets_s, out_packets_s;
	uint64_t in_bytes_s, out_bytes_s;
};

struct table_dest {
	struct ip ip;
	uint16_t port;
	uint8_t forward, tunnel;
	uint16_t tunnel_port, tunnel_flags;
	uint32_t weight, upper, lower;
	/* of the wanted ones: */
	bool is_there;	      /* false: cut, not drained (D3) */
	uint32_t full_weight; /* that it has when all is well */
	/* of the kernel: */
	uint32_t active, inactive; /* connections */
};

struct table {
	struct table_service *services;
	struct table_dest *dests;
	unsigned service_count, service_room, dest_count, dest_room;
	/* One for each dest; NULL: nobody has asked for them. They are larger
	 * than all else of it. */
	bool is_counted;
	struct table_stats *stats;
	unsigned stats_room;
};

/* Of the empty table: what it is filled with now is counted, or not. */
void table_count(struct table *table, bool is_counted);
/* A new one at the end; NULL: no memory. A dest belongs to the last service. */
struct table_service *table_add_service(struct table *table);
struct table_dest *table_add_dest(struct table *table);
void table_empty(struct table *table); /* keeps its room */
void table_free(struct table *table);

bool table_id_is(const struct table_id *a, const struct table_id *b);
const struct table_service *table_find(const struct table *table,
				       const struct table_id *id);
/* "tcp 192.0.2.100:80", "mark 7 (ipv6)"; returns text. */
#define TABLE_ID_TEXT_MAX 80
const char *table_id_text(const struct table_id *id,
			  char text[TABLE_ID_TEXT_MAX]);
#endif
