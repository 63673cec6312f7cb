/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SIM_RFC_H
#define SIM_RFC_H
/*
 * A VRRP router as the RFC has it (RFC 9568 6.4, 3768 6.4), line by line, made
 * without a look at the core: the plain peer of the simulator, and the measure
 * of what the core does beside one (R16).
 */
#include <stdbool.h>
#include <stdint.h>

enum rfc_state { RFC_INITIALIZE, RFC_BACKUP, RFC_ACTIVE };

struct rfc_advert {
	uint8_t priority;
	uint32_t interval_ms;
	uint32_t address; /* of its sender */
};

struct rfc_router {
	uint8_t version, priority;
	bool preempt;
	uint32_t interval_ms, address;
	enum rfc_state state;
	uint32_t active_interval_ms; /* of the active router; 6.1 */
	int64_t down_us, advert_us;  /* the two timers */
	void (*send)(void *arg, const struct rfc_advert *advert);
	void *arg;
};

void rfc_start(struct rfc_router *router, int64_t now_us);
void rfc_shutdown(struct rfc_router *router);
void rfc_hear(struct rfc_router *router, const struct rfc_advert *advert,
	      int64_t now_us);
/* Fires what is due. */
void rfc_tick(struct rfc_router *router, int64_t now_us);
int64_t rfc_deadline(const struct rfc_router *router);
int64_t rfc_skew_us(const struct rfc_router *router);
int64_t rfc_down_us(const struct rfc_router *router);
#endif
