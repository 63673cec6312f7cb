/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See router.h. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "../client/control_client.h"
#include "router.h"

bool router_read_address(const char *text, struct router_address *address)
{
	char bare[INET6_ADDRSTRLEN];
	size_t length = strcspn(text, "/");

	memset(address, 0, sizeof(*address));
	if (length >= sizeof(bare))
		return false;
	memcpy(bare, text, length);
	bare[length] = '\0';
	if (inet_pton(AF_INET, bare, address->bytes) == 1)
		address->size = 4;
	else if (inet_pton(AF_INET6, bare, address->bytes) == 1)
		address->size = 16;
	return address->size != 0;
}

static enum router_state read_state(const char *name)
{
	if (!strcmp(name, "MASTER"))
		return ROUTER_MASTER;
	return strcmp(name, "BACKUP") ? ROUTER_INITIALIZE : ROUTER_BACKUP;
}

/* By which proof (R1) it became master, in the three words of RFC 6527. */
static enum router_reason read_reason(const char *proof, uint64_t masters)
{
	if (!masters)
		return ROUTER_NOT_MASTER;
	if (!strcmp(proof, "resigned"))
		return ROUTER_PRIORITY;
	return strcmp(proof, "released") ? ROUTER_MASTER_NO_RESPONSE
					 : ROUTER_PREEMPTED;
}

static const json_t *find_link(const json_t *status, const char *instance)
{
	const json_t *link;
	char name[80];
	size_t i;

	snprintf(name, sizeof(name), "vrrp:%.64s", instance);
	json_array_foreach(json_object_get(status, "links"), i,
			   link) if (!strcmp(client_string(link, "name"),
					     name)) return link;
	return NULL;
}

static uint64_t count(const json_t *object, const char *key)
{
	int64_t value = client_number(object, key, 0);

	return value > 0 ? (uint64_t)value : 0;
}

static void read_counts(struct router *router, const json_t *status,
			const json_t *from)
{
	const json_t *link = find_link(status, router->name);
	const json_t *drops = json_object_get(link, "drops");
	uint64_t *counts = router->counts;

	counts[COUNT_MASTERS] = count(from, "masters");
	counts[COUNT_RECEIVED] = count(link, "rx");
	counts[COUNT_INTERVAL] = count(drops, "interval");
	counts[COUNT_TTL] = count(drops, "ttl");
	counts[COUNT_VERSION] = count(drops, "version");
	counts[COUNT_CHECKSUM] = count(drops, "checksum");
	counts[COUNT_TYPE] = count(drops, "type");
	counts[COUNT_ADDRESSES] = count(drops, "addresses");
	counts[COUNT_LENGTH] = count(drops, "short") + count(drops, "length");
	counts[COUNT_ZEROS_HEARD] = count(from, "zeros_heard");
	counts[COUNT_ZEROS_SENT] = count(from, "zeros_sent");
}

static void read_router(struct router *router, const json_t *status,
			const json_t *instance)
{
	const json_t *from = json_object_get(instance, "router");

	snprintf(router->name, sizeof(router->name), "%.60s",
		 client_string(instance, "name"));
	snprintf(router->interface_name, sizeof(router->interface_name),
		 "%.19s", client_string(from, "interface"));
	router->vrid = (uint32_t)client_number(instance, "vrid", 0);
	router->is_v6 = client_number(from, "family", 4) == 6;
	router->state = read_state(client_string(instance, "state"));
	router->priority = (uint32_t)client_number(instance, "priority", 0);
	router->advert_ms = (uint32_t)client_number(from, "advert_ms", 0);
	router->preempt = client_true(from, "preempt");
	router->up_ms = client_number(from, "up_ms", -1);
	router_read_address(client_string(from, "source"), &router->source);
	router->master = router->source;
	if (router->state != ROUTER_MASTER)
		router_read_address(client_string(from, "heard"),
				    &router->master);
	router->addresses = json_object_get(instance, "addresses");
	read_counts(router, status, from);
	router->reason = read_reason(client_string(from, "masters_proof"),
				     router->counts[COUNT_MASTERS]);
}

static const struct router *find(const struct routers *routers,
				 const struct router *router)
{
	for (unsigned i = 0; i < routers->count; i++) {
		const struct router *one = &routers->list[i];

		if (one->interface == router->interface &&
		    one->vrid == router->vrid && one->is_v6 == router->is_v6)
			return one;
	}
	return NULL;
}

/* Those that the MIB has a notification for, the most telling first. */
static enum router_error new_error(const struct router *router,
				   const uint64_t *before)
{
	if (router->counts[COUNT_CHECKSUM] > before[COUNT_CHECKSUM])
		return ROUTER_CHECKSUM_ERROR;
	if (router->counts[COUNT_VERSION] > before[COUNT_VERSION])
		return ROUTER_VERSION_ERROR;
	if (router->counts[COUNT_TTL] > before[COUNT_TTL])
		return ROUTER_TTL_ERROR;
	return ROUTER_NO_ERROR;
}

static void compare(struct router *router, const struct router *old,
		    bool is_same_run, uint32_t ticks)
{
	static const uint64_t zeros[COUNTS];
	const uint64_t *before = old && is_same_run ? old->counts : zeros;
	enum router_error error;
	bool is_broken = !is_same_run || !old;

	for (unsigned i = 0; i < COUNTS; i++)
		is_broken = is_broken || router->counts[i] < before[i];
	if (is_broken)
		before = zeros; /* made anew, as by a reload */
	router->broken_ticks = is_broken ? ticks : old->broken_ticks;
	router->is_new_master =
		router->counts[COUNT_MASTERS] > before[COUNT_MASTERS];
	error = new_error(router, before);
	router->has_new_error = error != ROUTER_NO_ERROR;
	router->error = old ? old->error : ROUTER_NO_ERROR;
	if (router->has_new_error)
		router->error = error;
}

void routers_read(struct routers *routers, const json_t *status,
		  const struct routers *before, uint32_t ticks,
		  unsigned (*number)(const char *interface))
{
	bool is_same_run;
	json_t *instance;
	size_t i;

	memset(routers, 0, sizeof(*routers));
	routers->is_known = true;
	routers->pid = client_number(status, "pid", 0);
	is_same_run = before->is_known && before->pid == routers->pid;
	routers->broken_ticks =
		is_same_run || !before->is_known ? before->broken_ticks : ticks;
	json_array_foreach(json_object_get(status, "instances"), i, instance)
	{
		struct router *router = &routers->list[routers->count];

		if (routers->count == ROUTERS_MAX)
			break;
		read_router(router, status, instance);
		router->interface = number(router->interface_name);
		if (before->is_known) {
			compare(router, find(before, router), is_same_run,
				ticks);
			routers->count++;
			continue;
		}
		/* the first look: what was before it is no news */
		router->error = new_error(router, (uint64_t[COUNTS]){0});
		routers->count++;
	}
}

static struct router_told told_before(const struct router_told *told,
				      const char *name)
{
	struct router_told none = {.is_missing = false};

	for (unsigned i = 0; i < ROUTERS_MAX; i++)
		if (!strcmp(told[i].name, name))
			return told[i];
	snprintf(none.name, sizeof(none.name), "%s", name);
	return none;
}

void routers_follow(struct router_told told[ROUTERS_MAX],
		    const struct routers *now)
{
	struct router_told before[ROUTERS_MAX];
	unsigned i = 0;

	while (i < now->count && !strcmp(told[i].name, now->list[i].name))
		i++;
	if (i == now->count)
		return;
	memcpy(before, told, sizeof(before));
	memset(told, 0, sizeof(before));
	for (i = 0; i < now->count; i++)
		told[i] = told_before(before, now->list[i].name);
}
