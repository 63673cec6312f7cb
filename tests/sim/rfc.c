/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The numbers are those of the steps in RFC 9568 6.4. */
#include "rfc.h"

int64_t rfc_skew_us(const struct rfc_router *router)
{
	int64_t interval_us = (int64_t)router->active_interval_ms * 1000;

	/* RFC 3768 6.1: of a second, whatever the interval */
	if (router->version == 2)
		interval_us = 1000000;
	return (256 - router->priority) * interval_us / 256;
}

int64_t rfc_down_us(const struct rfc_router *router)
{
	return 3000 * (int64_t)router->active_interval_ms + rfc_skew_us(router);
}

static void send_advert(struct rfc_router *router, uint8_t priority)
{
	const struct rfc_advert advert = {.priority = priority,
					  .interval_ms = router->interval_ms,
					  .address = router->address};

	router->send(router->arg, &advert);
}

static void to_backup(struct rfc_router *router, int64_t now_us)
{
	router->state = RFC_BACKUP;
	router->down_us = now_us + rfc_down_us(router);
}

void rfc_start(struct rfc_router *router, int64_t now_us)
{
	/* (140), (150): no address owner is simulated */
	router->active_interval_ms = router->interval_ms;
	to_backup(router, now_us);
}

void rfc_shutdown(struct rfc_router *router)
{
	/* (610) */
	if (router->state == RFC_ACTIVE)
		send_advert(router, 0);
	router->state = RFC_INITIALIZE;
}

static void hear_in_backup(struct rfc_router *router,
			   const struct rfc_advert *advert, int64_t now_us)
{
	if (advert->priority == 0) {
		/* (420) */
		router->down_us = now_us + rfc_skew_us(router);
		return;
	}
	if (router->preempt && advert->priority < router->priority)
		return; /* (450): discarded */
	/* (440) */
	if (router->version == 3)
		router->active_interval_ms = advert->interval_ms;
	router->down_us = now_us + rfc_down_us(router);
}

static void hear_in_active(struct rfc_router *router,
			   const struct rfc_advert *advert, int64_t now_us)
{
	if (advert->priority == 0) {
		/* (705) */
		send_advert(router, router->priority);
		router->advert_us =
			now_us + (int64_t)router->interval_ms * 1000;
		return;
	}
	if (advert->priority > router->priority ||
	    (advert->priority == router->priority &&
	     advert->address > router->address)) {
		/* (725) */
		if (router->version == 3)
			router->active_interval_ms = advert->interval_ms;
		to_backup(router, now_us);
		return;
	}
	/* (745): new in RFC 9568; RFC 3768 only discards */
	if (router->version == 3)
		send_advert(router, router->priority);
}

void rfc_hear(struct rfc_router *router, const struct rfc_advert *advert,
	      int64_t now_us)
{
	if (router->state == RFC_BACKUP)
		hear_in_backup(router, advert, now_us);
	else if (router->state == RFC_ACTIVE)
		hear_in_active(router, advert, now_us);
}

void rfc_tick(struct rfc_router *router, int64_t now_us)
{
	if (router->state == RFC_BACKUP && now_us >= router->down_us) {
		/* (370) to (400) */
		router->state = RFC_ACTIVE;
		router->advert_us = now_us;
	}
	if (router->state == RFC_ACTIVE && now_us >= router->advert_us) {
		send_advert(router, router->priority);
		router->advert_us =
			now_us + (int64_t)router->interval_ms * 1000;
	}
}

int64_t rfc_deadline(const struct rfc_router *router)
{
	switch (router->state) {
	case RFC_BACKUP:
		return router->down_us;
	case RFC_ACTIVE:
		return router->advert_us;
	case RFC_INITIALIZE:
		break;
	}
	return INT64_MAX;
}
