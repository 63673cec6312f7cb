/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Removes addresses and proves that they are gone (R8, R10, R12). Only a
 * complete dump and the look of R12 prove anything: what a delete request was
 * answered does not. Removes every form of a VIP, whoever added it (R17.1);
 * must never remove anything else, nor an address of a node itself.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../settings/machine_address.h"
#include "../link/vrrp/vrrp_source.h"
#include "keeper.h"

#define SWEEPS_MAX   6
#define OWN_LIST_MIN 256
#define OWN_TRIES    5
/* R12a: each renewal of one costs milliseconds where there are many. */
#define LEASES_V6_MAX 50

static const struct keeper *sort_context;

static int compare_by_ip(const void *a, const void *b)
{
	uint16_t i, j;
	int order;

	memcpy(&i, a, sizeof(i));
	memcpy(&j, b, sizeof(j));
	order = ip_compare(&sort_context->addresses[i].ip,
			   &sort_context->addresses[j].ip);
	if (order != 0)
		return order;
	return i < j ? -1 : i > j;
}

void addresses_prepare(struct keeper *keeper)
{
	const struct settings *settings = keeper->settings;
	unsigned count_v6 = 0;

	for (unsigned i = 0; i < settings->instance_count; i++) {
		const struct settings_instance *instance =
			&settings->instances[i];

		for (unsigned a = 0; a < instance->address_count; a++)
			keeper->addresses[instance->first_address + a]
				.instance = (uint8_t)i;
	}
	for (unsigned a = 0; a < settings->address_count; a++) {
		const struct ip *ip = &settings->addresses[a].ip;

		count_v6 += !ip_is_v4(ip);
		keeper->addresses[a].ip = *ip;
		keeper->by_ip[keeper->by_ip_count++] = (uint16_t)a;
	}
	keeper->has_v6 = count_v6 > 0;
	keeper->lease_v6 = count_v6 <= LEASES_V6_MAX;
	sort_context = keeper;
	qsort(keeper->by_ip, keeper->by_ip_count, sizeof(keeper->by_ip[0]),
	      compare_by_ip);
}

static bool is_held(const struct keeper_address *address)
{
	return address->state == ADDRESS_HELD ||
	       address->state == ADDRESS_MISSING;
}

/* ---- the machine's own ---- */

struct own_list {
	struct keeper *keeper;
	unsigned count, size;
	bool is_short; /* no memory for more */
	struct machine_address *list;
};

static void own_grow(struct own_list *own)
{
	unsigned size = own->size > 0 ? own->size * 2 : OWN_LIST_MIN;
	struct machine_address *list = realloc(own->list, size * sizeof(*list));

	own->is_short |= list == NULL;
	if (list == NULL)
		return;
	own->list = list;
	own->size = size;
}

static void own_address(void *arg, const struct netlink_address *address)
{
	struct own_list *own = arg;

	if (own->count == own->size)
		own_grow(own);
	if (own->count < own->size)
		own->list[own->count++] = (struct machine_address){
			.ip = address->ip,
			.index = address->index,
			.prefix = address->prefix,
			.protocol = address->protocol,
			.is_secondary = address->secondary,
			.valid_s = address->valid_s};
}

static void own_mark(const struct own_list *own, unsigned which)
{
	struct keeper *keeper = own->keeper;
	const struct machine_address *here = &own->list[which];
	char text[IP_TEXT_MAX];
	unsigned at, end;

	address_range(keeper, &here->ip, &at, &end);
	if (at == end || here->protocol == KEEPER_ADDRESS_PROTOCOL ||
	    !machine_address_is_own(keeper->settings, own->list, own->count,
				    which))
		return;
	for (; at < end; at++) {
		struct keeper_address *address =
			&keeper->addresses[keeper->by_ip[at]];

		if (is_held(address))
			return; /* kernels before 5.18 keep no tag */
		address->is_node = true;
	}
	keeper_log("%s is this machine's own address: it is neither added nor "
		   "removed; choose another virtual address",
		   ip_format(&here->ip, text));
}

bool addresses_know_own(struct keeper *keeper)
{
	struct own_list own = {.keeper = keeper};
	const struct netlink_visitor visitor = {.address = own_address,
						.arg = &own};

	/* torn when others change addresses meanwhile: once more */
	for (int n = 0; n < OWN_TRIES && !keeper->knows_own; n++) {
		own.count = 0;
		keeper->knows_own = netlink_dump_addresses(&keeper->netlink,
							   &visitor) == 0 &&
				    !own.is_short;
		for (unsigned i = 0; keeper->knows_own && i < own.count; i++)
			own_mark(&own, i);
	}
	free(own.list);
	return keeper->knows_own;
}

void address_range(const struct keeper *keeper, const struct ip *ip,
		   unsigned *first, unsigned *end)
{
	unsigned low = 0, high = keeper->by_ip_count;

	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (ip_compare(&keeper->addresses[keeper->by_ip[middle]].ip,
			       ip) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*first = low;
	while (low < keeper->by_ip_count &&
	       ip_compare(&keeper->addresses[keeper->by_ip[low]].ip, ip) == 0)
		low++;
	*end = low;
}

static bool address_is_here(const struct keeper *keeper, unsigned which,
			    const struct netlink_address *address)
{
	unsigned interface = keeper->addresses[which].interface;

	return keeper->interfaces[interface].index == address->index;
}

int address_find(const struct keeper *keeper,
		 const struct netlink_address *address)
{
	unsigned at, end;

	address_range(keeper, &address->ip, &at, &end);
	for (; at < end; at++) {
		unsigned which = keeper->by_ip[at];

		if (address_is_here(keeper, which, address) &&
		    keeper->settings->addresses[which].prefix ==
			    address->prefix)
			return (int)which;
	}
	return -1;
}

/*
 * Tagged, wherever it is (the settings may have changed over a crash). Kernels
 * before 5.18 keep no tag: there a short lease, at the right place, says it.
 */
bool address_is_ours(const struct keeper *keeper, unsigned which,
		     const struct netlink_address *address)
{
	if (address->protocol == KEEPER_ADDRESS_PROTOCOL)
		return true;
	return keeper->lease_us > 0 && address->protocol == 0 &&
	       address->valid_s <= keeper->settings->lease_s &&
	       address_is_here(keeper, which, address) &&
	       keeper->settings->addresses[which].prefix == address->prefix;
}

/* ---- sweeping ---- */

struct sweeper {
	struct keeper *keeper;
	struct sweep *sweep;
	const struct instance_set *swept;
};

/* For vrrp_source_choose(), when the dump is complete. */
static void sweep_note_source(struct keeper *keeper,
			      const struct netlink_address *address)
{
	for (unsigned i = 0; i < keeper->interface_count; i++) {
		struct keeper_interface *interface = &keeper->interfaces[i];

		if (interface->index == address->index &&
		    interface->there_count < THERE_MAX)
			interface->there[interface->there_count++] =
				address->ip;
	}
}

static void sweep_choose_sources(struct keeper *keeper)
{
	for (unsigned i = 0; i < keeper->interface_count; i++) {
		struct keeper_interface *interface = &keeper->interfaces[i];

		for (unsigned family = 0; family < FAMILIES; family++)
			interface->source[family] = vrrp_source_choose(
				keeper->settings, family == FAMILY_V6,
				interface->there, interface->there_count);
	}
}

/* Another instance, which is not swept, holds it in just this form. */
static bool is_held_by_another(const struct keeper *keeper,
			       const struct instance_set *swept,
			       const struct netlink_address *address)
{
	int which = address_find(keeper, address);

	return which >= 0 &&
	       !set_has(swept, keeper->addresses[which].instance) &&
	       keeper->instances[keeper->addresses[which].instance].is_wanted;
}

/* In whatever form (R17.1); but never a node's own address. */
static void sweep_judge(struct sweeper *sweeper, unsigned which,
			const struct netlink_address *address)
{
	struct keeper *keeper = sweeper->keeper;
	const struct keeper_address *own = &keeper->addresses[which];
	bool is_known = is_held(own) && address_is_here(keeper, which, address);
	char name[NAME_MAX_IP];

	if (own->is_node || alien_is_silent(keeper, which, address) ||
	    is_held_by_another(keeper, sweeper->swept, address))
		return;
	if (!(is_known &&
	      keeper->settings->addresses[which].prefix == address->prefix) &&
	    !address_is_ours(keeper, which, address))
		alien_note(keeper, own->instance, address);
	sweeper->sweep->ours++;
	if (keeper->netlink.count + 1 < NETLINK_BATCH_MAX) {
		promote_put(keeper, address->index);
		netlink_put_delete(&keeper->netlink, address);
	}
	text_append(sweeper->sweep->text, sizeof(sweeper->sweep->text),
		    address_name(keeper, which, name), "");
}

static void sweep_address(void *arg, const struct netlink_address *address)
{
	struct sweeper *sweeper = arg;
	struct keeper *keeper = sweeper->keeper;
	unsigned at, end;

	address_range(keeper, &address->ip, &at, &end);
	if (at == end || keeper->addresses[keeper->by_ip[at]].is_node)
		sweep_note_source(keeper, address);
	for (; at < end; at++) {
		unsigned which = keeper->by_ip[at];

		if (set_has(sweeper->swept,
			    keeper->addresses[which].instance)) {
			sweep_judge(sweeper, which, address);
			return;
		}
	}
}

/* Everything held, by heart: in the order in which it was added, which is the
 * kernel's and so the quickest. */
static void sweep_remove(struct keeper *keeper,
			 const struct instance_set *swept)
{
	int results[NETLINK_BATCH_MAX];

	for (unsigned a = 0; a < keeper->settings->address_count; a++) {
		const struct keeper_address *own = &keeper->addresses[a];
		struct netlink_address address = {
			.ip = own->ip,
			.index = keeper->interfaces[own->interface].index,
			.prefix = keeper->settings->addresses[a].prefix};

		if (!set_has(swept, own->instance) || !is_held(own) ||
		    address.index == 0)
			continue;
		netlink_put_delete(&keeper->netlink, &address);
		if (keeper->netlink.count == NETLINK_BATCH_MAX)
			netlink_carry_out(&keeper->netlink, results);
	}
	netlink_carry_out(&keeper->netlink, results);
}

static void sweep_look(struct keeper *keeper, const struct instance_set *swept,
		       struct sweep *sweep)
{
	struct sweeper sweeper = {
		.keeper = keeper, .sweep = sweep, .swept = swept};
	const struct netlink_visitor visitor = {.address = sweep_address,
						.arg = &sweeper};

	memset(sweep, 0, sizeof(*sweep));
	for (unsigned i = 0; i < keeper->interface_count; i++)
		keeper->interfaces[i].there_count = 0;
	sweep->is_verified =
		addresses_know_own(keeper) &&
		netlink_dump_addresses(&keeper->netlink, &visitor) == 0;
	if (sweep->is_verified)
		sweep_choose_sources(keeper);
}

/* Not asked for: a node's own, and what another instance holds rightly. */
static bool is_another_matter(const struct keeper *keeper, unsigned which,
			      const struct instance_set *swept)
{
	const struct keeper_address *own = &keeper->addresses[which];
	unsigned at, end;

	if (own->is_node)
		return true;
	address_range(keeper, &own->ip, &at, &end);
	for (; at < end; at++) {
		unsigned i = keeper->addresses[keeper->by_ip[at]].instance;

		if (!set_has(swept, i) && keeper->instances[i].is_wanted)
			return true;
	}
	return false;
}

unsigned sweep_ask(struct keeper *keeper, const struct instance_set *swept,
		   char *text, size_t size)
{
	const struct settings *settings = keeper->settings;
	struct vip_question questions[CHUNK];
	unsigned addresses[CHUNK], a = 0, which = 0, unseen = 0;
	char name[NAME_MAX_IP];

	while (a < settings->address_count) {
		unsigned count = 0;
		enum vip_answer answer;

		for (; a < settings->address_count && count < CHUNK; a++) {
			const struct keeper_address *own =
				&keeper->addresses[a];

			if (!set_has(swept, own->instance) ||
			    is_another_matter(keeper, a, swept))
				continue;
			questions[count] = (struct vip_question){
				.ip = settings->addresses[a].ip,
				.index = keeper->interfaces[own->interface]
						 .index,
				.interface = settings->instances[own->instance]
						     .interface};
			addresses[count++] = a;
		}
		answer = vip_look_ask(&keeper->look, questions, count, &which);
		if (answer == VIP_GONE)
			continue;
		unseen++;
		text_append(text, size,
			    address_name(keeper, addresses[which], name),
			    answer == VIP_HELD
				    ? "the kernel answers for it still"
				    : "the kernel does not say whether it is "
				      "gone");
	}
	return unseen;
}

bool sweep_run(struct keeper *keeper, const struct instance_set *swept,
	       struct sweep *sweep)
{
	int results[NETLINK_BATCH_MAX];
	bool all_gone;

	promote_all(keeper);
	sweep_remove(keeper, swept);
	/* A dump is torn when others change addresses meanwhile: once more. */
	for (int i = 0; i < SWEEPS_MAX; i++) {
		sweep_look(keeper, swept, sweep);
		netlink_carry_out(&keeper->netlink, results);
		if (sweep->is_verified && sweep->ours == 0)
			break;
	}
	if (sweep->is_verified && sweep->ours == 0)
		sweep->unseen = sweep_ask(keeper, swept, sweep->text,
					  sizeof(sweep->text));
	all_gone = sweep->is_verified && sweep->ours == 0 && sweep->unseen == 0;
	routes_drop(keeper, swept);
	alien_swept(keeper, all_gone);
	for (unsigned i = 0; all_gone && i < keeper->settings->instance_count;
	     i++)
		if (set_has(swept, i))
			alien_released(keeper, i);
	if (!sweep->is_verified)
		text_append(sweep->text, sizeof(sweep->text),
			    "the kernel did not say which addresses are left",
			    "");
	for (unsigned a = 0; a < keeper->settings->address_count; a++)
		if (all_gone && set_has(swept, keeper->addresses[a].instance)) {
			keeper->addresses[a].state = ADDRESS_NONE;
			keeper->addresses[a].error = 0;
		}
	return all_gone;
}

bool sweep_instance(struct keeper *keeper, unsigned instance,
		    struct sweep *sweep)
{
	const struct instance_set one = set_of(instance);

	return sweep_run(keeper, &one, sweep);
}

bool sweep_everything(struct keeper *keeper, struct sweep *sweep)
{
	const struct instance_set all =
		set_first(keeper->settings->instance_count);

	return sweep_run(keeper, &all, sweep);
}
