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

struct table_dest *table_add_dest(struct table *table)
{
	struct table_dest *dest;

	if (table->dest_count == table->dest_room) {
		void *grown = grow(table->dests, &table->dest_room,
				   sizeof(*table->dests));

		if (grown == NULL)
			return NULL;
		table->dests = grown;
	}
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
