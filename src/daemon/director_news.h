/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_DIRECTOR_NEWS_H
#define DAEMON_DIRECTOR_NEWS_H
/*
 * Which real servers are down and which services without their quorum, as the
 * programs of notify were told: each change once, and of those that are up at
 * the start nothing. It outlives the director, whose successor says all anew.
 */
#include <stdbool.h>

#include "../settings/settings.h"

struct daemon;
struct director_event;

struct director_news {
	bool server_is_down[SERVERS_MAX], service_is_down[SERVICES_MAX];
};

/* DIRECTOR_SERVER_IS, DIRECTOR_SERVICE_IS */
void director_news_take(struct daemon *daemon, struct director_news *news,
			const struct director_event *heard);
/* A reload: known by their names; who is gone is not told of any more. */
void director_news_commit(struct director_news *news,
			  const struct settings *old,
			  const struct settings *new);
#endif
