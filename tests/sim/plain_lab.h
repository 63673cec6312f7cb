/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SIM_PLAIN_LAB_H
#define SIM_PLAIN_LAB_H
/*
 * R16: one core, and a plain VRRP router (rfc.h) on the other end of the wire.
 * A second textbook router, the shadow, hears what the core hears: wherever the
 * two are not in one state the core has broken the RFC's times.
 */
#include "../../src/core/view.h"
#include "rfc.h"

#define PLAIN_FLYING 64
#define PLAIN_LOG    4096

struct plain_flying {
	int64_t at_us;
	bool to_core;
	struct rfc_advert advert;
};

struct plain_lab {
	int64_t now_us;
	struct core_settings settings;
	struct core_memory memory;
	bool vip;	     /* this node holds the address */
	int64_t keeper_us;   /* how long a release takes */
	int64_t released_us; /* the keeper is done then; 0 = idle */
	bool carrier;
	int64_t tick_us; /* the core wants one */
	struct rfc_router peer;
	bool peer_runs;
	bool wire[2]; /* [0]: from the peer to the core, [1]: back */
	int64_t delay_us;
	struct plain_flying flying[PLAIN_FLYING];
	unsigned flying_count;
	struct rfc_router shadow;
	bool shadowed;	       /* judge by it */
	int64_t began_us;      /* it, with its carrier and the keeper */
	int64_t unlike_us;     /* it and the core are not alike since; 0 */
	int64_t both_us;       /* two hold the address since; 0 */
	int64_t none_us;       /* nobody does since; 0 */
	int64_t whole_us;      /* wires, core and peer are well since */
	unsigned adverts_sent; /* by the core */
	uint8_t last_priority;
	unsigned fences, claims;
	uint64_t events;
	const char *broken;
	char reply[CORE_TEXT_MAX];
	bool reply_ok;
	/* last, and large: what is not read unwritten is not cleared */
	struct core core;
	struct actions actions;
};

/* Version 2 or 3, the core lb02 (192.0.2.12), the peer 192.0.2.11. */
void plain_init(struct plain_lab *lab, uint8_t version, uint32_t interval_ms,
		uint8_t priority, uint8_t peer_priority);
/* The daemon starts: keeper, carrier, sockets. */
void plain_boot(struct plain_lab *lab);
void plain_peer_start(struct plain_lab *lab);
void plain_peer_dies(struct plain_lab *lab);
void plain_peer_stops(struct plain_lab *lab);
void plain_tell(struct plain_lab *lab, const struct event *event);
void plain_run_us(struct plain_lab *lab, int64_t us);
void plain_carrier(struct plain_lab *lab, bool up);
/* An advert of the peer, or of whom source says; good. */
struct event plain_advert(const struct plain_lab *lab, uint8_t priority);

/* A schedule out of a seed: NULL, or what was broken. */
const char *plain_play(struct plain_lab *lab, uint64_t seed);
#endif
