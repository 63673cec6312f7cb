/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See mib.h. Names are below vrrpv3MIB: 1.1 vrrpv3Operations, 1.2
 * vrrpv3Statistics. Not there: vrrpv3RouterVrIdErrors, since adverts of other
 * virtual routers are nobody's error on a shared network, and are not counted.
 */
#include <stdlib.h>
#include <string.h>

#include "mib.h"

#define OBJECTS	     1
#define OPERATIONS   1
#define STATISTICS   2
#define ENTRY	     1
#define TABLE_OF     1 /* vrrpv3OperationsTable */
#define ADDRESSES_OF 2 /* vrrpv3AssociatedIpAddrTable */
#define COUNTS_OF    5 /* vrrpv3StatisticsTable */

#define OPERATIONS_MASTER 3
#define STATISTICS_REASON 2
#define STATISTICS_ERROR  6
#define ROW_ACTIVE	  1
#define TRUE_VALUE	  1
#define FALSE_VALUE	  2
#define REFRESH_MS	  1000 /* client/asker.c */
#define ADDRESS_ROWS_MAX  255  /* what vrrpv3OperationsAddrCount can say */

static struct mib_object *add(struct mib *mib, enum mib_type type,
			      uint64_t number)
{
	struct mib_object *list = mib->list;

	if (mib->count == mib->room) {
		size_t room = mib->room ? 2 * mib->room : 256;

		list = realloc(list, room * sizeof(*list));
		if (!list)
			return NULL;
		mib->list = list;
		mib->room = room;
	}
	list += mib->count++;
	*list = (struct mib_object){.type = type, .number = number};
	return list;
}

static void put(struct mib_object *object, uint32_t part)
{
	if (object->length < MIB_NAME_MAX)
		object->name[object->length++] = part;
}

/* ifIndex, VRID, kind of address */
static void put_index(struct mib_object *object, const struct router *router)
{
	put(object, router->interface);
	put(object, router->vrid);
	put(object, router->is_v6 ? 2 : 1);
}

static void name_column(struct mib_object *object, const struct router *router,
			uint32_t group, uint32_t table, uint32_t column)
{
	put(object, OBJECTS);
	put(object, group);
	put(object, table);
	put(object, ENTRY);
	put(object, column);
	put_index(object, router);
}

struct making {
	struct mib *mib;
	const struct router *router;
	uint32_t group, table;
	bool is_whole;
};

static struct mib_object *column(struct making *making, uint32_t column,
				 enum mib_type type, uint64_t number)
{
	struct mib_object *object = add(making->mib, type, number);

	if (object)
		name_column(object, making->router, making->group,
			    making->table, column);
	making->is_whole = making->is_whole && object;
	return object;
}

static void octets(struct making *making, uint32_t at, const uint8_t *bytes,
		   size_t size)
{
	struct mib_object *object = column(making, at, MIB_OCTETS, 0);

	if (!object)
		return;
	memcpy(object->octets, bytes, size);
	object->size = size;
}

/* ---- vrrpv3AssociatedIpAddrTable ---- */

static unsigned make_addresses(struct making *making)
{
	const struct router *router = making->router;
	struct router_address address;
	const json_t *text;
	unsigned count = 0;
	size_t i;

	json_array_foreach(router->addresses, i, text)
	{
		struct mib_object *object;

		if (!json_is_string(text) ||
		    !router_read_address(json_string_value(text), &address) ||
		    (address.size == 16) != router->is_v6 ||
		    count == ADDRESS_ROWS_MAX)
			continue;
		making->table = ADDRESSES_OF;
		object = column(making, 2, MIB_INTEGER, ROW_ACTIVE);
		if (!object)
			break;
		count++;
		put(object, (uint32_t)address.size);
		for (size_t k = 0; k < address.size; k++)
			put(object, address.bytes[k]);
	}
	return count;
}

/* ---- vrrpv3OperationsTable ---- */

static void make_operations(struct making *making)
{
	const struct router *router = making->router;
	const uint8_t mac[6] = {
		0, 0, 0x5e, 0, router->is_v6 ? 2 : 1, (uint8_t)router->vrid};
	uint32_t interval = (router->advert_ms + 5) / 10;
	unsigned addresses;

	making->group = OPERATIONS;
	addresses = make_addresses(making);
	making->table = TABLE_OF;
	octets(making, OPERATIONS_MASTER, router->master.bytes,
	       router->master.size);
	octets(making, 4, router->source.bytes, router->source.size);
	octets(making, 5, mac, sizeof(mac));
	column(making, 6, MIB_INTEGER, router->state);
	column(making, 7, MIB_UNSIGNED, router->priority);
	column(making, 8, MIB_INTEGER, addresses);
	column(making, 9, MIB_INTEGER, interval ? interval : 1);
	column(making, 10, MIB_INTEGER,
	       router->preempt ? TRUE_VALUE : FALSE_VALUE);
	/* RFC 6527: "should be set to false(2)" for IPv4; Linux accepts */
	column(making, 11, MIB_INTEGER,
	       router->is_v6 ? TRUE_VALUE : FALSE_VALUE);
	column(making, 12, MIB_TICKS,
	       router->up_ms > 0 ? (uint64_t)router->up_ms / 10 : 0);
	column(making, 13, MIB_INTEGER, ROW_ACTIVE);
}

/* ---- vrrpv3StatisticsTable ---- */

static void make_statistics(struct making *making)
{
	static const struct {
		uint32_t column;
		enum router_counter count;
	} counters[] = {
		{3, COUNT_RECEIVED},	{4, COUNT_INTERVAL},   {5, COUNT_TTL},
		{7, COUNT_ZEROS_HEARD}, {8, COUNT_ZEROS_SENT}, {9, COUNT_TYPE},
		{10, COUNT_ADDRESSES},	{11, COUNT_LENGTH},
	};
	const struct router *router = making->router;

	making->group = STATISTICS;
	making->table = COUNTS_OF;
	column(making, 1, MIB_COUNTER32, router->counts[COUNT_MASTERS]);
	column(making, STATISTICS_REASON, MIB_INTEGER, router->reason);
	column(making, STATISTICS_ERROR, MIB_INTEGER, router->error);
	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++)
		column(making, counters[i].column, MIB_COUNTER64,
		       router->counts[counters[i].count]);
	column(making, 12, MIB_TICKS, router->broken_ticks);
	column(making, 13, MIB_UNSIGNED, REFRESH_MS);
}

static bool make_scalar(struct mib *mib, uint32_t number, enum mib_type type,
			uint64_t value)
{
	struct mib_object *object = add(mib, type, value);

	if (!object)
		return false;
	put(object, OBJECTS);
	put(object, STATISTICS);
	put(object, number);
	put(object, 0);
	return true;
}

static bool make_scalars(struct mib *mib, const struct routers *routers)
{
	uint64_t checksum = 0, version = 0;

	for (unsigned i = 0; i < routers->count; i++) {
		checksum += routers->list[i].counts[COUNT_CHECKSUM];
		version += routers->list[i].counts[COUNT_VERSION];
	}
	return make_scalar(mib, 1, MIB_COUNTER64, checksum) &&
	       make_scalar(mib, 2, MIB_COUNTER64, version) &&
	       make_scalar(mib, 4, MIB_TICKS, routers->broken_ticks);
}

/* ---- the list ---- */

static int compare_names(const uint32_t *one, unsigned one_length,
			 const uint32_t *other, unsigned other_length)
{
	for (unsigned i = 0; i < one_length && i < other_length; i++)
		if (one[i] != other[i])
			return one[i] < other[i] ? -1 : 1;
	return (one_length > other_length) - (one_length < other_length);
}

static int by_name(const void *a, const void *b)
{
	const struct mib_object *one = a, *other = b;

	return compare_names(one->name, one->length, other->name,
			     other->length);
}

bool mib_make(struct mib *mib, const struct routers *routers)
{
	struct making making = {.mib = mib, .is_whole = true};

	mib->count = 0;
	making.is_whole = make_scalars(mib, routers);
	for (unsigned i = 0; i < routers->count; i++) {
		if (!routers->list[i].interface)
			continue;
		making.router = &routers->list[i];
		make_operations(&making);
		make_statistics(&making);
	}
	if (mib->count)
		qsort(mib->list, mib->count, sizeof(*mib->list), by_name);
	return making.is_whole;
}

void mib_free(struct mib *mib)
{
	free(mib->list);
	*mib = (struct mib){.count = 0};
}

const struct mib_object *mib_next(const struct mib *mib, const uint32_t *name,
				  unsigned length, bool or_same)
{
	size_t low = 0, high = mib->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct mib_object *object = &mib->list[middle];
		int order = compare_names(object->name, object->length, name,
					  length);

		if (order < 0 || (order == 0 && !or_same))
			low = middle + 1;
		else
			high = middle;
	}
	return low < mib->count ? &mib->list[low] : NULL;
}

const struct mib_object *mib_find(const struct mib *mib, const uint32_t *name,
				  unsigned length)
{
	const struct mib_object *object = mib_next(mib, name, length, true);

	return object && !compare_names(object->name, object->length, name,
					length)
		       ? object
		       : NULL;
}

static unsigned copy_name(const struct router *router, uint32_t group,
			  uint32_t table, uint32_t column,
			  uint32_t name[MIB_NAME_MAX])
{
	struct mib_object object = {.length = 0};

	name_column(&object, router, group, table, column);
	memcpy(name, object.name, sizeof(object.name));
	return object.length;
}

unsigned mib_name_master(const struct router *router,
			 uint32_t name[MIB_NAME_MAX])
{
	return copy_name(router, OPERATIONS, TABLE_OF, OPERATIONS_MASTER, name);
}

unsigned mib_name_reason(const struct router *router,
			 uint32_t name[MIB_NAME_MAX])
{
	return copy_name(router, STATISTICS, COUNTS_OF, STATISTICS_REASON,
			 name);
}

unsigned mib_name_error(const struct router *router,
			uint32_t name[MIB_NAME_MAX])
{
	return copy_name(router, STATISTICS, COUNTS_OF, STATISTICS_ERROR, name);
}
