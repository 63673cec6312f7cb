/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What people are told of servers and services: log lines and alerts. */
#include "director.h"

#include <stdio.h>
#include <string.h>

const char *telling_reason(const struct farm *farm, unsigned server)
{
	const char *text = "";

	for (unsigned i = 0; i < farm->probes.count; i++) {
		const struct probe *probe = &farm->list[i];

		if (probe->server != server || !probe->is_asked ||
		    probe->place == PROBE_IS_AGENT)
			continue;
		if (!farm->servers[server].trials[probe->place].is_passing)
			return probe->text;
		text = probe->text;
	}
	return text;
}

static void log_server(const struct farm *farm, unsigned service,
		       unsigned server)
{
	const struct settings *settings = farm->settings;
	const struct settings_server *its = &settings->servers[server];
	const char *reason = telling_reason(farm, server);
	char ip[IP_TEXT_MAX];

	/* none of its own: by the other node's word (D6) */
	fprintf(stderr, "%s: %s (%s) is %s%s%s\n",
		settings->director.services[service].name, its->name,
		ip_format(&its->address, ip),
		farm->servers[server].is_up ? "up" : "down",
		reason[0] ? ": " : "", reason);
}

void telling_log(struct telling *telling, const struct farm *farm)
{
	const struct settings_director *director = &farm->settings->director;

	for (unsigned i = 0; i < director->service_count; i++) {
		const struct settings_service *service = &director->services[i];

		for (unsigned k = 0; k < service->server_count; k++) {
			unsigned at = service->first_server + k;
			const struct server *server = &farm->servers[at];

			if (!server->is_known ||
			    (telling->was_known[at] &&
			     telling->was_up[at] == server->is_up))
				continue;
			telling->was_known[at] = true;
			telling->was_up[at] = server->is_up;
			log_server(farm, i, at);
		}
	}
}

void telling_begin(struct telling *telling, const struct farm *farm)
{
	for (unsigned i = 0; i < farm->settings->server_count; i++) {
		telling->was_known[i] = farm->servers[i].is_known;
		telling->was_up[i] = farm->servers[i].is_up;
	}
}

/* ---- alerts ---- */

static void append(char *text, size_t size, const char *more)
{
	size_t used = strlen(text);

	if (used + strlen(more) + 1 <= size)
		memcpy(text + used, more, strlen(more) + 1);
}

#define NAMED_MOST 3

/* The servers of an alert: the first ones by name, the rest by number. */
struct list {
	const struct farm *farm;
	char *text;
	size_t size;
	unsigned count;
};

static void list_add(struct list *list, const struct settings_service *service,
		     unsigned server, const char *why)
{
	char one[2 * SETTINGS_NAME_MAX + PROBE_TEXT_MAX + 16];

	snprintf(one, sizeof(one), "%s%s/%s (%s)", list->count > 0 ? ", " : "",
		 service->name, list->farm->settings->servers[server].name,
		 why);
	if (list->count++ < NAMED_MOST)
		append(list->text, list->size, one);
}

static void list_end(const struct list *list)
{
	char rest[24];

	if (list->count <= NAMED_MOST)
		return;
	snprintf(rest, sizeof(rest), " and %u more", list->count - NAMED_MOST);
	append(list->text, list->size, rest);
}

void telling_down(const struct farm *farm, char *text, size_t size)
{
	const struct settings *settings = farm->settings;
	struct list list = {farm, text, size, 0};

	text[0] = '\0';
	for (unsigned i = 0; i < settings->director.service_count; i++) {
		const struct settings_service *service =
			&settings->director.services[i];

		for (unsigned k = 0; k < service->server_count; k++) {
			unsigned at = service->first_server + k;
			const struct server *server = &farm->servers[at];

			if (farm->server_rules[at].check_count != 0 &&
			    server->is_known && !server->is_up)
				list_add(&list, service, at,
					 telling_reason(farm, at));
		}
	}
	list_end(&list);
}

static const char *says(enum pool_mode mode)
{
	switch (mode) {
	case POOL_EMPTY:
		return "nobody is left to serve";
	case POOL_FALLBACK:
		return "too few servers are up: the fallback serves";
	case POOL_ALL:
		return "too few servers are up: all are used (on_empty)";
	case POOL_PANIC:
		return "so many servers are down that the checks are doubted: "
		       "all are used (panic_percent)";
	case POOL_STARTING:
	case POOL_OK:
	case POOL_DEGRADED:
		break;
	}
	return "";
}

void telling_mode(const struct farm *farm, enum pool_mode mode, char *text,
		  size_t size)
{
	const struct settings_director *director = &farm->settings->director;
	char one[SETTINGS_NAME_MAX + 2];
	unsigned count = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < director->service_count; i++) {
		if (farm->pools[i].mode != mode)
			continue;
		snprintf(one, sizeof(one), "%s%s", count++ > 0 ? ", " : "",
			 director->services[i].name);
		if (strlen(text) < size / 3)
			append(text, size, one);
	}
	if (count == 0)
		return;
	append(text, size, ": ");
	append(text, size, says(mode));
}

/* Once is nothing: it is tried again at once. */
#define UNASKED_TOLD 3

static void tell_unasked(const struct farm *farm, char *text, size_t size)
{
	const struct probe *first = NULL;
	unsigned count = 0;

	for (unsigned i = 0; i < farm->probes.count; i++) {
		const struct probe *probe = &farm->list[i];

		if (probe->unasked < UNASKED_TOLD)
			continue;
		first = first ? first : probe;
		count++;
	}
	if (count > 0)
		snprintf(text, size,
			 "this node cannot make %u of its %u checks, like that "
			 "of %s (%s): what was seen before counts; look for "
			 "what it has too little of",
			 count, farm->probes.count,
			 farm->settings->servers[first->server].name,
			 first->text);
}

void telling_blind(const struct farm *farm, char *text, size_t size)
{
	text[0] = '\0';
	tell_unasked(farm, text, size);
	if (farm->sight.is_blind)
		snprintf(text, size,
			 "%s: its own network is suspected, and all weights "
			 "stay as they are for %d s; look at its cable and "
			 "switch",
			 farm->sight.has_carrier
				 ? "no real server answers this node any more"
				 : "this node has no carrier, and no real "
				   "server answers it",
			 (int)(SIGHT_GIVE_UP_US / 1000000));
}

void telling_differs(const struct farm *farm, int64_t now_us, char *text,
		     size_t size)
{
	const struct settings *settings = farm->settings;
	struct list list = {farm, text, size, 0};

	text[0] = '\0';
	for (unsigned i = 0; i < settings->director.service_count; i++) {
		const struct settings_service *service =
			&settings->director.services[i];

		for (unsigned k = 0; k < service->server_count; k++) {
			unsigned at = service->first_server + k;

			if (farm_differs(farm, at, now_us))
				list_add(&list, service, at,
					 farm->servers[at].is_up ? "down there"
								 : "up there");
		}
	}
	list_end(&list);
	if (list.count > 0)
		append(text, size,
		       ": the other node sees it otherwise than this one");
}
