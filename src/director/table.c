/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "table.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

static void *grow(void *list, unsigned *room, size_t size)
{
	unsigned more = *room > 0 ? *room * 2 : 64;
	void *grown = realloc(list, more * size);

	if (grown != NULL)
		*room = more;
	return grown;
}

struct table_service *table_add_service(struct table *table)
{
	struct table_service *service;

	if (table->service_count == table->service_room) {
		void *grown = grow(table->services, &table->service_room,
				   sizeof(*table->services));

		if (grown == NULL)
			return NULL;
		table->services = grown;
	}
	service = &table->services[table->service_count++];
	*service = (struct table_service){.first = table->dest_count};
	return service;
}

static bool make_room(struct table *table)
{
	void *grown =
		grow(table->dests, &table->dest_room, sizeof(*table->dests));

	if (grown == NULL)
		return false;
	table->dests = grown;
	return true;
}

/* For as many as there is room for dests. */
static bool make_stats(struct table *table)
{
	void *grown =
		realloc(table->stats, table->dest_room * sizeof(*table->stats));

	if (grown == NULL)
		return false;
	table->stats = grown;
	table->stats_room = table->dest_room;
	return true;
}

void table_count(struct table *table, bool is_counted)
{
	free(table->stats);
	table->stats = NULL;
	table->stats_room = 0;
	table->is_counted = is_counted;
}

struct table_dest *table_add_dest(struct table *table)
{
	struct table_dest *dest;

	if (table->dest_count == table->dest_room && !make_room(table))
		return NULL;
	if (table->is_counted && table->stats_room < table->dest_room &&
	    !make_stats(table))
		return NULL;
	if (table->is_counted)
		table->stats[table->dest_count] = (struct table_stats){0};
	table->services[table->service_count - 1].count++;
	dest = &table->dests[table->dest_count++];
	*dest = (struct table_dest){.is_there = true};
	return dest;
}

void table_empty(struct table *table)
{
	table->service_count = table->dest_count = 0;
}

void table_free(struct table *table)
{
	free(table->services);
	free(table->dests);
	free(table->stats);
	*table = (struct table){.services = NULL};
}

bool table_id_is(const struct table_id *a, const struct table_id *b)
{
	return a->is_v6 == b->is_v6 && a->protocol == b->protocol &&
	       a->port == b->port && a->mark == b->mark &&
	       ip_compare(&a->ip, &b->ip) == 0;
}

const struct table_service *table_find(const struct table *table,
				       const struct table_id *id)
{
	for (unsigned i = 0; i < table->service_count; i++)
		if (table_id_is(&table->services[i].id, id))
			return &table->services[i];
	return NULL;
}

const char *table_id_text(const struct table_id *id,
			  char text[TABLE_ID_TEXT_MAX])
{
	const char *protocol = id->protocol == IPPROTO_TCP   ? "tcp"
			       : id->protocol == IPPROTO_UDP ? "udp"
							     : "sctp";
	char ip[IP_TEXT_MAX];

	if (id->mark > 0)
		snprintf(text, TABLE_ID_TEXT_MAX, "mark %u (ipv%c)", id->mark,
			 id->is_v6 ? '6' : '4');
	else
		snprintf(text, TABLE_ID_TEXT_MAX,
			 id->is_v6 ? "%s [%s]:%u" : "%s %s:%u", protocol,
			 ip_format(&id->ip, ip), id->port);
	return text;
}
