/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SNMP_MIB_H
#define SNMP_MIB_H
/*
 * VRRPV3-MIB (RFC 6527) as one sorted list of objects: what is asked for is
 * found in it, and what follows it. No I/O.
 */
#include "router.h"

/* Below vrrpv3MIB: an address of the longest kind is the longest name. */
#define MIB_NAME_MAX  28
#define MIB_VALUE_MAX 16

enum mib_type {
	MIB_INTEGER,
	MIB_UNSIGNED,
	MIB_COUNTER32,
	MIB_COUNTER64,
	MIB_TICKS,
	MIB_OCTETS,
};

struct mib_object {
	uint32_t name[MIB_NAME_MAX];
	unsigned length;
	enum mib_type type;
	uint64_t number;
	uint8_t octets[MIB_VALUE_MAX];
	size_t size; /* of octets */
};

struct mib {
	struct mib_object *list;
	size_t count, room;
};

/* All objects of the routers, in the place of what there was. False: no
 * memory; the list may be short then. */
bool mib_make(struct mib *mib, const struct routers *routers);
void mib_free(struct mib *mib);

/* The object of that name, or NULL. */
const struct mib_object *mib_find(const struct mib *mib, const uint32_t *name,
				  unsigned length);
/* The first one behind it (or at it, if so wanted), or NULL. */
const struct mib_object *mib_next(const struct mib *mib, const uint32_t *name,
				  unsigned length, bool or_same);

/* The names of a router's objects, as notifications have them. */
unsigned mib_name_master(const struct router *router,
			 uint32_t name[MIB_NAME_MAX]);
unsigned mib_name_reason(const struct router *router,
			 uint32_t name[MIB_NAME_MAX]);
unsigned mib_name_error(const struct router *router,
			uint32_t name[MIB_NAME_MAX]);
#endif
