/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the programs of notify are told of servers and quorums. */
#include "director.h"

#include <stdio.h>
#include <string.h>

#define EACH_US (INT64_C(1000000) / NEWS_PER_S)

enum { NEWS_NONE, NEWS_UP, NEWS_DOWN };

void news_begin(struct news *news)
{
	memset(news->servers, NEWS_NONE, sizeof(news->servers));
	memset(news->services, NEWS_NONE, sizeof(news->services));
	news->due_us = INT64_MAX;
}

/* At a start nobody cares who is up: that has no price. */
static bool is_paid(struct news *news, uint8_t told, uint8_t now,
		    int64_t now_us)
{
	if (told == NEWS_NONE && now == NEWS_UP)
		return true;
	if (news->booked_us < now_us)
		news->booked_us = now_us;
	if (news->booked_us + EACH_US <= now_us + NEWS_BURST * EACH_US) {
		news->booked_us += EACH_US;
		return true;
	}
	news->due_us = news->booked_us + EACH_US - NEWS_BURST * EACH_US;
	return false;
}

static void describe_server(const struct farm *farm, unsigned service,
			    unsigned server, char text[DIRECTOR_TEXT_MAX])
{
	const struct settings *settings = farm->settings;

	snprintf(text, DIRECTOR_TEXT_MAX, "%s/%s is %s: %s",
		 settings->director.services[service].name,
		 settings->servers[server].name,
		 farm->servers[server].is_up ? "up" : "down",
		 farm->server_rules[server].check_count > 0
			 ? telling_reason(farm, server)
			 : "it has no check");
}

static void describe_service(const struct farm *farm, unsigned service,
			     char text[DIRECTOR_TEXT_MAX])
{
	const struct settings_service *its =
		&farm->settings->director.services[service];
	const struct pool *pool = &farm->pools[service];
	unsigned total, live = pool_live(pool, &total);

	snprintf(text, DIRECTOR_TEXT_MAX,
		 "%s %s its quorum: %u of %u servers "
		 "live%s",
		 its->name, pool->was_enough ? "has" : "lost", live, total,
		 pool->mode == POOL_FALLBACK ? "; the fallback serves" : "");
}

static uint8_t server_now(const struct farm *farm, unsigned server)
{
	if (farm->server_rules[server].check_count > 0 &&
	    !farm->servers[server].is_known)
		return NEWS_NONE;
	return farm->servers[server].is_up ||
			       farm->server_rules[server].check_count == 0
		       ? NEWS_UP
		       : NEWS_DOWN;
}

static uint8_t service_now(const struct pool *pool)
{
	if (pool->mode == POOL_STARTING)
		return NEWS_NONE;
	return pool->was_enough ? NEWS_UP : NEWS_DOWN;
}

/* The servers before the quorum that follows from them. */
static bool step_service(struct news *news, const struct farm *farm,
			 unsigned service, int64_t now_us,
			 bool (*send)(const struct director_event *event))
{
	const struct settings_service *its =
		&farm->settings->director.services[service];
	struct director_event event = {.digest = farm->settings->digest,
				       .type = DIRECTOR_SERVER_IS};
	uint8_t now;

	for (unsigned k = 0; k < its->server_count; k++) {
		event.number = its->first_server + k;
		now = server_now(farm, event.number);
		if (now == NEWS_NONE || now == news->servers[event.number])
			continue;
		if (!is_paid(news, news->servers[event.number], now, now_us))
			return false;
		event.is_up = now == NEWS_UP;
		describe_server(farm, service, event.number, event.text);
		if (!send(&event))
			return false;
		news->servers[event.number] = now;
	}
	now = service_now(&farm->pools[service]);
	if (now == NEWS_NONE || now == news->services[service])
		return true;
	if (!is_paid(news, news->services[service], now, now_us))
		return false;
	event.type = DIRECTOR_SERVICE_IS;
	event.number = service;
	event.is_up = now == NEWS_UP;
	describe_service(farm, service, event.text);
	if (!send(&event))
		return false;
	news->services[service] = now;
	return true;
}

void news_step(struct news *news, const struct farm *farm, int64_t now_us,
	       bool (*send)(const struct director_event *event))
{
	news->due_us = INT64_MAX;
	for (unsigned i = 0; i < farm->settings->director.service_count; i++) {
		if (step_service(news, farm, i, now_us, send))
			continue;
		/* no room: the main process reads a few each turn */
		if (news->due_us == INT64_MAX)
			news->due_us = now_us + EACH_US;
		return;
	}
}
