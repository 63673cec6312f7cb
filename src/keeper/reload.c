/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * New settings for a keeper that holds addresses. Prepared beside what counts,
 * so that a refusal costs nothing; then what is in them no more is removed and
 * looked at, while the old ones count (R12: nothing is stated before that);
 * then they count, and what is the same by its key goes on: an instance (name,
 * VRID, version, interface), an address of it (as it is in the kernel), an
 * interface, a link (name). Must never add an address, nor forget one that is
 * held.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "keeper.h"

#define CLEARS_MAX 6

static const char not_said[] =
	"the kernel did not say which addresses are left";

/* ---- what is the same ---- */

/* The instance of to that is instance i of from, or -1. */
static int same_instance(const struct settings *from, unsigned i,
			 const struct settings *to)
{
	const struct settings_instance *a = &from->instances[i];

	for (unsigned k = 0; k < to->instance_count; k++) {
		const struct settings_instance *b = &to->instances[k];

		if (strcmp(a->name, b->name) == 0 && a->vrid == b->vrid &&
		    a->version == b->version &&
		    strcmp(a->interface, b->interface) == 0)
			return (int)k;
	}
	return -1;
}

/* The address of to that is address a of from, or -1. */
static int same_address(const struct keeper *from, unsigned a,
			const struct keeper *to)
{
	const struct settings_address *one = &from->settings->addresses[a];
	int instance = same_instance(from->settings,
				     from->addresses[a].instance, to->settings);
	unsigned at, end;

	if (instance < 0)
		return -1;
	address_range(to, &one->ip, &at, &end);
	for (; at < end; at++) {
		unsigned b = to->by_ip[at];
		const struct settings_address *other =
			&to->settings->addresses[b];

		if (to->addresses[b].instance == (unsigned)instance &&
		    one->prefix == other->prefix &&
		    strcmp(one->dev, other->dev) == 0 &&
		    strcmp(one->label, other->label) == 0)
			return (int)b;
	}
	return -1;
}

static int same_link(const struct settings *from, unsigned i,
		     const struct settings *to)
{
	for (unsigned k = 0; k < LINKS_MAX; k++)
		if (from->links[i].configured && to->links[k].configured &&
		    strcmp(from->links[i].name, to->links[k].name) == 0)
			return (int)k;
	return -1;
}

/* ---- prepare ---- */

static void answer(struct keeper *keeper, enum keeper_event_type type,
		   unsigned id, unsigned failed, const char *text)
{
	struct keeper_event event = {
		.type = type, .instance = id, .failed = failed};

	snprintf(event.text, sizeof(event.text), "%.159s", text);
	event_send(keeper, &event);
}

static void forget_next(struct keeper *keeper)
{
	struct keeper *next = keeper->next;

	keeper->next = NULL;
	if (next == NULL)
		return;
	settings_unmap(next->settings);
	free(next->interfaces);
	free(next);
}

static const char *make_next(struct keeper *keeper, int fd)
{
	struct keeper *next = calloc(1, sizeof(*next));

	if (next == NULL)
		return "twinbeat-keeper has no memory for the new settings";
	keeper->next = next;
	next->settings = settings_map(fd);
	if (next->settings == NULL)
		return "twinbeat-keeper does not understand the new settings "
		       "(programs of different versions?)";
	next->lease_us = next->settings->lease_s * (int64_t)SECOND_US;
	addresses_prepare(next);
	aliens_prepare(next);
	for (unsigned i = 0; i < INSTANCES_MAX; i++)
		announce_stop(next, i);
	if (interfaces_prepare(next) != 0)
		return "twinbeat-keeper has no memory for the new settings";
	if (next->has_v6 && netlink_add_v6(&keeper->netlink) != 0)
		return "twinbeat-keeper cannot hear of IPv6 addresses";
	return NULL;
}

void reload_prepare(struct keeper *keeper, unsigned id, int fd)
{
	const char *wrong;

	forget_next(keeper);
	if (fd < 0)
		return;
	wrong = make_next(keeper, fd);
	if (wrong != NULL)
		forget_next(keeper);
	answer(keeper, KEEPER_PREPARED, id, wrong != NULL, wrong ? wrong : "");
}

/* ---- clear ---- */

struct clearer {
	struct keeper *keeper;
	unsigned left; /* still there, in this dump */
	bool is_leaving[ADDRESSES_MAX];
	char text[sizeof(((struct keeper_event *)0)->text)];
};

/* Another address of ours that stays is just this one. */
static bool is_staying(const struct clearer *clearer,
		       const struct netlink_address *address)
{
	const struct keeper *keeper = clearer->keeper;
	int which = address_find(keeper, address);

	return which >= 0 && !clearer->is_leaving[which] &&
	       keeper->instances[keeper->addresses[which].instance].is_wanted;
}

/* In whatever form, as at a release (R17.1). */
static void clear_address(void *arg, const struct netlink_address *address)
{
	struct clearer *clearer = arg;
	struct keeper *keeper = clearer->keeper;
	char name[NAME_MAX_IP];
	unsigned at, end;

	address_range(keeper, &address->ip, &at, &end);
	while (at < end && !clearer->is_leaving[keeper->by_ip[at]])
		at++;
	if (at == end || keeper->addresses[keeper->by_ip[at]].is_node ||
	    alien_is_silent(keeper, keeper->by_ip[at], address) ||
	    is_staying(clearer, address))
		return;
	clearer->left++;
	text_append(clearer->text, sizeof(clearer->text),
		    address_name(keeper, keeper->by_ip[at], name), "");
	if (keeper->netlink.count + 1 >= NETLINK_BATCH_MAX)
		return; /* in the next round */
	promote_put(keeper, address->index);
	netlink_put_delete(&keeper->netlink, address);
}

/* R12: what a dump does not show may be answered for all the same. */
static void clear_ask(struct clearer *clearer, unsigned a)
{
	struct keeper *keeper = clearer->keeper;
	const struct keeper_address *own = &keeper->addresses[a];
	const struct vip_question question = {
		.ip = own->ip,
		.index = keeper->interfaces[own->interface].index,
		.interface =
			keeper->settings->instances[own->instance].interface};
	char name[NAME_MAX_IP];
	unsigned which, at, end;

	address_range(keeper, &own->ip, &at, &end);
	for (; at < end; at++) {
		unsigned other = keeper->by_ip[at];

		if (!clearer->is_leaving[other] &&
		    keeper->instances[keeper->addresses[other].instance]
			    .is_wanted)
			return; /* it is here rightly, for another */
	}
	if (own->is_node ||
	    vip_look_ask(&keeper->look, &question, 1, &which) == VIP_GONE)
		return;
	clearer->left++;
	text_append(clearer->text, sizeof(clearer->text),
		    address_name(keeper, a, name),
		    "the kernel answers for it still");
}

/* What is held, by heart; and from here on nobody puts it back. */
static unsigned clear_begin(struct clearer *clearer)
{
	struct keeper *keeper = clearer->keeper;
	int results[NETLINK_BATCH_MAX];
	unsigned count = 0;

	for (unsigned a = 0; a < keeper->settings->address_count; a++) {
		struct keeper_address *own = &keeper->addresses[a];
		struct netlink_address address = {
			.ip = own->ip,
			.index = keeper->interfaces[own->interface].index,
			.prefix = keeper->settings->addresses[a].prefix};

		if (!keeper->instances[own->instance].is_wanted ||
		    same_address(keeper, a, keeper->next) >= 0)
			continue;
		if (count++ == 0)
			promote_all(keeper);
		clearer->is_leaving[a] = true;
		if (own->state == ADDRESS_HELD && address.index != 0)
			netlink_put_delete(&keeper->netlink, &address);
		own->state = ADDRESS_NONE;
		if (keeper->netlink.count == NETLINK_BATCH_MAX)
			netlink_carry_out(&keeper->netlink, results);
	}
	netlink_carry_out(&keeper->netlink, results);
	return count;
}

void reload_clear(struct keeper *keeper, unsigned id)
{
	static struct clearer clearer;
	const struct netlink_visitor visitor = {.address = clear_address,
						.arg = &clearer};
	int results[NETLINK_BATCH_MAX];
	bool is_whole = false;

	memset(&clearer, 0, sizeof(clearer));
	clearer.keeper = keeper;
	if (keeper->next == NULL) {
		answer(keeper, KEEPER_CLEARED, id, 1,
		       "twinbeat-keeper has no new settings");
		return;
	}
	if (!addresses_know_own(keeper)) {
		answer(keeper, KEEPER_CLEARED, id, 1, not_said);
		return;
	}
	if (clear_begin(&clearer) == 0) {
		answer(keeper, KEEPER_CLEARED, id, 0, "");
		return;
	}
	for (int i = 0; i < CLEARS_MAX; i++) {
		clearer.left = 0;
		clearer.text[0] = '\0';
		is_whole =
			netlink_dump_addresses(&keeper->netlink, &visitor) == 0;
		netlink_carry_out(&keeper->netlink, results);
		if (is_whole && clearer.left == 0)
			break;
	}
	for (unsigned a = 0; is_whole && clearer.left == 0 &&
			     a < keeper->settings->address_count;
	     a++)
		if (clearer.is_leaving[a])
			clear_ask(&clearer, a);
	if (!is_whole)
		answer(keeper, KEEPER_CLEARED, id, 1, not_said);
	else
		answer(keeper, KEEPER_CLEARED, id, clearer.left, clearer.text);
}

/* ---- commit ---- */

static void exchange(void *one, void *other, size_t size)
{
	uint8_t *a = one, *b = other;

	for (size_t i = 0; i < size; i++) {
		uint8_t kept = a[i];

		a[i] = b[i];
		b[i] = kept;
	}
}

#define EXCHANGE(a, b, field)                                                  \
	exchange(&(a)->field, &(b)->field, sizeof((a)->field))

/* All that is by the settings; what is the keeper's own stays where it is. */
static void exchange_settings(struct keeper *keeper, struct keeper *other)
{
	/* NOLINTBEGIN(bugprone-sizeof-expression): pointers change places, too
	 */
	EXCHANGE(keeper, other, settings);
	EXCHANGE(keeper, other, lease_us);
	EXCHANGE(keeper, other, has_v6);
	EXCHANGE(keeper, other, lease_v6);
	EXCHANGE(keeper, other, interface_count);
	EXCHANGE(keeper, other, interfaces);
	EXCHANGE(keeper, other, instances);
	EXCHANGE(keeper, other, addresses);
	EXCHANGE(keeper, other, by_ip);
	EXCHANGE(keeper, other, by_ip_count);
	EXCHANGE(keeper, other, wills);
	EXCHANGE(keeper, other, routes);
	EXCHANGE(keeper, other, rules);
	EXCHANGE(keeper, other, aliens);
	EXCHANGE(keeper, other, answers);
	/* NOLINTEND(bugprone-sizeof-expression) */
}

static void take_instances(struct keeper *keeper, const struct keeper *old)
{
	for (unsigned i = 0; i < old->settings->instance_count; i++) {
		int k = same_instance(old->settings, i, keeper->settings);

		if (k < 0)
			continue;
		keeper->instances[k] = old->instances[i];
		/* main signs anew what it would say */
		keeper->instances[k].has_resignation = false;
		keeper->instances[k].announce_next = 0;
		keeper->aliens[k] = old->aliens[i];
		keeper->answers[k] = old->answers[i];
		keeper->answers[k].next = 0;
	}
}

static void take_addresses(struct keeper *keeper, const struct keeper *old)
{
	for (unsigned a = 0; a < old->settings->address_count; a++) {
		int b = same_address(old, a, keeper);

		if (b < 0)
			continue;
		keeper->addresses[b].state = old->addresses[a].state;
		keeper->addresses[b].error = old->addresses[a].error;
		keeper->addresses[b].is_node = old->addresses[a].is_node;
	}
}

static void take_wills(struct keeper *keeper, struct keeper *old)
{
	will_prepare(keeper);
	for (unsigned i = 0; i < LINKS_MAX; i++) {
		int k = same_link(old->settings, i, keeper->settings);

		if (k >= 0)
			keeper->wills[k] = old->wills[i];
		else if (old->wills[i].fd >= 0)
			close(old->wills[i].fd);
	}
}

void reload_commit(struct keeper *keeper, unsigned id)
{
	struct keeper *other = keeper->next;

	if (other == NULL)
		return;
	routes_change(keeper, other);
	exchange_settings(keeper, other);
	/* other is what was; keeper what is to be, and knows nothing yet */
	take_instances(keeper, other);
	take_wills(keeper, other);
	interfaces_adopt(keeper, other);
	interfaces_look(keeper);
	keeper->knows_own = false;
	addresses_know_own(keeper);
	take_addresses(keeper, other);
	keeper->is_renewing = false;
	keeper->renewed_us = 0; /* with the next tick, by the new lease */
	forget_next(keeper);
	answer(keeper, KEEPER_COMMITTED, id, 0, "");
	alien_look(keeper);
}
