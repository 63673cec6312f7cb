/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SNMP_ROUTER_H
#define SNMP_ROUTER_H
/*
 * The virtual routers of a status object, as RFC 6527 sees them, and what has
 * become of them since the last look. No I/O.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ROUTERS_MAX 255

enum router_state {
	ROUTER_INITIALIZE = 1, /* INIT and FAULT */
	ROUTER_BACKUP,
	ROUTER_MASTER,
};

/* vrrpv3StatisticsNewMasterReason */
enum router_reason {
	ROUTER_NOT_MASTER,
	ROUTER_PRIORITY,	   /* the other one resigned: priority 0 */
	ROUTER_PREEMPTED,	   /* the other one let go of it for us */
	ROUTER_MASTER_NO_RESPONSE, /* the other one is dead, cut or silent */
};

/* vrrpv3StatisticsProtoErrReason */
enum router_error {
	ROUTER_NO_ERROR,
	ROUTER_TTL_ERROR,
	ROUTER_VERSION_ERROR,
	ROUTER_CHECKSUM_ERROR,
};

/* As long as it is: 0, 4 or 16 bytes. */
struct router_address {
	uint8_t bytes[16];
	size_t size;
};

enum router_counter {
	COUNT_MASTERS,
	COUNT_RECEIVED,
	COUNT_INTERVAL,
	COUNT_TTL,
	COUNT_VERSION,
	COUNT_CHECKSUM,
	COUNT_TYPE,
	COUNT_ADDRESSES,
	COUNT_LENGTH,
	COUNT_ZEROS_HEARD,
	COUNT_ZEROS_SENT,
	COUNTS,
};

struct router {
	char name[64];
	char interface_name[20];
	uint32_t interface; /* its number; 0 = there is none: no row */
	uint32_t vrid;
	bool is_v6;
	enum router_state state;
	uint32_t priority, advert_ms;
	bool preempt;
	int64_t up_ms; /* since it is master or backup; -1 = it is neither */
	struct router_address source, master;
	const json_t *addresses; /* texts, of the status object */
	uint64_t counts[COUNTS];
	enum router_reason reason;
	enum router_error error; /* the last one */
	uint32_t broken_ticks;	 /* its counters began anew then */
	/* since the last look */
	bool is_new_master, has_new_error;
};

struct routers {
	bool is_known; /* there was a look */
	int64_t pid;   /* of the daemon */
	uint32_t broken_ticks;
	struct router list[ROUTERS_MAX];
	unsigned count;
};

/*
 * before: the last look, or one that is not known. ticks: sysUpTime. number: of
 * the interface of that name, 0 = none.
 */
void routers_read(struct routers *routers, const json_t *status,
		  const struct routers *before, uint32_t ticks,
		  unsigned (*number)(const char *interface));

/* What was told of a router, and is not to be told again at each look. */
struct router_told {
	char name[64];
	bool is_missing; /* that its interface is */
	bool has_error;
	uint32_t error_ticks; /* sysUpTime then */
};

/* told[i] is of now->list[i] from here on, by its name: a reload may have made
 * another order of them. */
void routers_follow(struct router_told told[ROUTERS_MAX],
		    const struct routers *now);

/* "192.0.2.100/32"; false: it is none. */
bool router_read_address(const char *text, struct router_address *address);
#endif
