/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Claims, renewals and releases: the life of an address from the main process's
 * permit to the dump that shows it gone. Must never add without a permit (R1),
 * never renew without a life sign of the main process (R12), never add or
 * remove an address of a node itself.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "keeper.h"

/*
 * A permit is used in the step in which it was made (R1). One that lay in the
 * socket while this process was frozen proves nothing any more.
 */
#define PERMIT_AGE_MAX_US SECOND_US

bool hold_is_alive(const struct keeper *keeper, unsigned i)
{
	return keeper->lease_us == 0 ||
	       clock_now_us() - keeper->instances[i].renewed_us <
		       keeper->lease_us;
}

bool hold_has_lease(const struct keeper *keeper, unsigned which)
{
	return keeper->lease_us > 0 &&
	       (keeper->lease_v6 || ip_is_v4(&keeper->addresses[which].ip));
}

static uint32_t full_lease_s(const struct keeper *keeper)
{
	return keeper->lease_us > 0 ? keeper->settings->lease_s
				    : NETLINK_FOREVER;
}

static struct netlink_address as_wanted(const struct keeper *keeper,
					unsigned which, uint32_t valid_s)
{
	const struct keeper_address *address = &keeper->addresses[which];

	return (struct netlink_address){
		.ip = address->ip,
		.index = keeper->interfaces[address->interface].index,
		.prefix = keeper->settings->addresses[which].prefix,
		.protocol = KEEPER_ADDRESS_PROTOCOL,
		.valid_s = hold_has_lease(keeper, which) ? valid_s
							 : NETLINK_FOREVER};
}

/*
 * An interface on which IPv6 is off: by sysctl (EACCES), or by an MTU below
 * 1280 (EINVAL). A network manager that sets it anew does either for a moment.
 */
static bool is_without_ipv6(const struct keeper_address *address, int error)
{
	return !ip_is_v4(&address->ip) && (error == EACCES || error == EINVAL);
}

/* May go away by itself: tried again, unlike what the kernel will not have. */
static bool is_passing(const struct keeper_address *address, int error)
{
	return error == ENODEV || error == ENOMEM || error == ENOBUFS ||
	       error == ETIMEDOUT || error == EAGAIN || error == ENETDOWN ||
	       is_without_ipv6(address, error);
}

static void hold_refused(struct keeper *keeper, unsigned which, int error,
			 struct hold_outcome *outcome)
{
	struct keeper_address *address = &keeper->addresses[which];
	char name[NAME_MAX_IP];

	address->error = error;
	address->state =
		is_passing(address, error) ? ADDRESS_MISSING : ADDRESS_REFUSED;
	outcome->failed++;
	text_append(outcome->text, outcome->text_size,
		    address_name(keeper, which, name),
		    error == EADDRINUSE ? "is a node's own address"
		    : is_without_ipv6(address, error)
			    ? "IPv6 is off on this interface (sysctl "
			      "disable_ipv6, or an MTU below 1280)"
			    : strerror(error));
}

void hold_add(struct keeper *keeper, enum netlink_how how,
	      const uint16_t *which, unsigned count, uint32_t valid_s,
	      struct hold_outcome *outcome)
{
	uint16_t asked[CHUNK], fresh[CHUNK];
	int results[CHUNK];
	unsigned asked_count = 0, fresh_count = 0;

	for (unsigned i = 0; i < count; i++) {
		struct netlink_address address =
			as_wanted(keeper, which[i], valid_s);

		if (keeper->addresses[which[i]].is_node) {
			hold_refused(keeper, which[i], EADDRINUSE, outcome);
		} else if (address.index == 0) {
			hold_refused(keeper, which[i], ENODEV, outcome);
		} else {
			netlink_put_new(
				&keeper->netlink, how, &address,
				keeper->settings->addresses[which[i]].label);
			asked[asked_count++] = which[i];
		}
	}
	netlink_carry_out(&keeper->netlink, results);
	for (unsigned i = 0; i < asked_count; i++) {
		struct keeper_address *address = &keeper->addresses[asked[i]];

		if (results[i] == 0) {
			address->error = 0;
			if (outcome->added++ == 0)
				outcome->at_us = clock_now_us();
			address->state = ADDRESS_HELD;
			fresh[fresh_count++] = asked[i];
		} else if (results[i] == EEXIST && how == NETLINK_NEW) {
			address->error = EEXIST;
		} else if (results[i] == EINVAL && how == NETLINK_RENEW) {
			address->state = ADDRESS_NONE; /* it is not there */
		} else {
			hold_refused(keeper, asked[i], results[i], outcome);
		}
	}
	if (fresh_count > 0)
		announce_send(keeper, fresh, fresh_count);
}

/* With a permit: what was held is renewed, and added where it is gone. */
static void hold_again(struct keeper *keeper, const uint16_t *which,
		       unsigned count, struct hold_outcome *outcome)
{
	uint16_t gone[CHUNK];
	unsigned gone_count = 0;

	hold_add(keeper, NETLINK_RENEW, which, count, full_lease_s(keeper),
		 outcome);
	for (unsigned i = 0; i < count; i++)
		if (keeper->addresses[which[i]].state == ADDRESS_NONE)
			gone[gone_count++] = which[i];
	hold_add(keeper, NETLINK_NEW, gone, gone_count, full_lease_s(keeper),
		 outcome);
}

/* ---- claim ---- */

/*
 * What was there: taken on, whoever put it there, with our tag and lease
 * (R17.1): the permit says that nobody else may have it.
 */
static void claim_existing(struct keeper *keeper, unsigned i,
			   struct hold_outcome *outcome)
{
	const struct settings_instance *settings =
		&keeper->settings->instances[i];

	for (unsigned n = 0; n < settings->address_count; n++) {
		uint16_t which = (uint16_t)(settings->first_address + n);
		struct keeper_address *address = &keeper->addresses[which];
		char name[NAME_MAX_IP];

		if (address->state != ADDRESS_NONE || address->error != EEXIST)
			continue;
		hold_again(keeper, &which, 1, outcome);
		if (address->state == ADDRESS_HELD)
			keeper_log("instance %s: %s was here already; taken on",
				   keeper->settings->instances[i].name,
				   address_name(keeper, which, name));
	}
}

static void claim_addresses(struct keeper *keeper, unsigned i,
			    struct hold_outcome *outcome)
{
	const struct settings_instance *settings =
		&keeper->settings->instances[i];
	uint16_t known[CHUNK], unknown[CHUNK];
	unsigned n = 0;

	while (n < settings->address_count && !main_has_ended(keeper)) {
		unsigned known_count = 0, unknown_count = 0;

		for (unsigned c = 0; c < CHUNK && n < settings->address_count;
		     c++, n++) {
			uint16_t which =
				(uint16_t)(settings->first_address + n);
			struct keeper_address *address =
				&keeper->addresses[which];

			if (address->state == ADDRESS_HELD) {
				known[known_count++] = which;
				continue;
			}
			address->state = ADDRESS_NONE;
			address->error = 0;
			unknown[unknown_count++] = which;
		}
		hold_again(keeper, known, known_count, outcome);
		hold_add(keeper, NETLINK_NEW, unknown, unknown_count,
			 full_lease_s(keeper), outcome);
	}
	claim_existing(keeper, i, outcome);
}

/* Why a claim is not carried out, or NULL. */
static const char *claim_objection(struct keeper *keeper,
				   const struct permit *permit)
{
	int64_t age_us = clock_now_us() - permit->at_us;

	if (permit->proof == PROOF_NONE || permit->proof >= PROOFS)
		return "the permit bears no proof";
	if (keeper->is_quitting)
		return "the keeper is ending";
	if (age_us > PERMIT_AGE_MAX_US || age_us < -PERMIT_AGE_MAX_US)
		return "the permit is more than 1000 ms old: it may no longer "
		       "be true";
	/* C04: it would be given a lease, and would go with the release */
	if (!addresses_know_own(keeper))
		return "the kernel does not say which addresses are this "
		       "machine's own";
	return NULL;
}

/*
 * Not one could be added: main will call itself not the owner (FAULT), so
 * nothing of this claim may be tried again later by ourselves.
 */
static void claim_give_up(struct keeper *keeper, unsigned i)
{
	struct sweep sweep;

	keeper->instances[i].is_wanted = false;
	announce_stop(keeper, i);
	if (!sweep_instance(keeper, i, &sweep))
		keeper_log("instance %s: after a failed claim: %s",
			   keeper->settings->instances[i].name, sweep.text);
}

void hold_claim(struct keeper *keeper, const struct permit *permit)
{
	struct keeper_event event = {.type = KEEPER_CLAIMED,
				     .instance = permit->instance};
	struct hold_outcome outcome = {.text = event.text,
				       .text_size = sizeof(event.text)};
	struct keeper_instance *instance = &keeper->instances[permit->instance];
	const char *objection = claim_objection(keeper, permit);

	if (objection != NULL) {
		event.failed = keeper->settings->instances[permit->instance]
				       .address_count;
		snprintf(event.text, sizeof(event.text), "claim refused: %s",
			 objection);
		keeper_log("instance %s: %s",
			   keeper->settings->instances[permit->instance].name,
			   event.text);
		event_send(keeper, &event);
		return;
	}
	instance->is_wanted = true;
	instance->renewed_us = clock_now_us(); /* main lives: it asked */
	instance->mend_due = false;
	promote_all(keeper);
	interfaces_look_at_routing(keeper);
	claim_addresses(keeper, permit->instance, &outcome);
	if (outcome.added > 0)
		announce_start(keeper, permit->instance, false);
	else
		claim_give_up(keeper, permit->instance);
	event.added = outcome.added;
	event.failed = outcome.failed;
	event.at_us = outcome.at_us;
	event_send(keeper, &event);
	routes_hold(keeper, permit->instance);
}

/* ---- release ---- */

/* R10: silence, removal, proof, and only then the answer. */
void hold_release(struct keeper *keeper, unsigned i)
{
	struct keeper_event event = {.type = KEEPER_RELEASED, .instance = i};
	struct sweep sweep;

	keeper->instances[i].is_wanted = false;
	keeper->instances[i].mend_due = false;
	announce_stop(keeper, i);
	if (!sweep_instance(keeper, i, &sweep)) {
		event.failed = sweep.ours;
		if (event.failed == 0)
			event.failed = 1; /* unknown is not gone */
		memcpy(event.text, sweep.text, sizeof(event.text));
		keeper_log("instance %s: not released: %s",
			   keeper->settings->instances[i].name, event.text);
	}
	event_send(keeper, &event);
}

/* ---- renewal (R12a) ---- */

void hold_tick(struct keeper *keeper)
{
	keeper->tick_due = false;
	/* Frozen between reading and here: as old as one from a backlog. */
	if (keeper->lease_us > 0 &&
	    clock_now_us() - keeper->now_us > keeper->lease_us / 2)
		return;
	if (keeper->lease_us > 0 &&
	    (keeper->now_us - keeper->renewed_us >= keeper->lease_us / 4)) {
		keeper->renewed_us = keeper->now_us;
		keeper->is_renewing = true;
		keeper->renew_next = 0;
		for (unsigned i = 0; i < keeper->settings->instance_count; i++)
			keeper->instances[i].renewed_us = keeper->now_us;
	}
	mend_tick(keeper);
	routes_tick(keeper);
}

/* One chunk per turn: a release must not wait for a thousand renewals. */
void hold_work(struct keeper *keeper)
{
	int results[CHUNK];
	uint16_t which[CHUNK];
	unsigned count = 0, next = keeper->renew_next;

	if (!keeper->is_renewing)
		return;
	for (; next < keeper->settings->address_count && count < CHUNK;
	     next++) {
		const struct keeper_address *own = &keeper->addresses[next];
		struct netlink_address address =
			as_wanted(keeper, next, full_lease_s(keeper));

		if (own->state != ADDRESS_HELD || address.index == 0 ||
		    !hold_has_lease(keeper, next) ||
		    !keeper->instances[own->instance].is_wanted)
			continue;
		netlink_put_new(&keeper->netlink, NETLINK_RENEW, &address,
				keeper->settings->addresses[next].label);
		which[count++] = (uint16_t)next;
	}
	netlink_carry_out(&keeper->netlink, results);
	for (unsigned i = 0; i < count; i++) {
		struct keeper_address *own = &keeper->addresses[which[i]];

		if (results[i] == 0)
			continue;
		own->error = results[i];
		own->state = ADDRESS_MISSING;
		keeper->instances[own->instance].mend_due = true;
	}
	keeper->renew_next = next;
	keeper->is_renewing = next < keeper->settings->address_count;
}

int64_t hold_deadline_us(const struct keeper *keeper)
{
	if (keeper->is_renewing)
		return 0;
	/*
	 * A regular turn is how the keeper learns that it was away (R11); the
	 * main process's ticks, a third of a lease apart, are such turns.
	 */
	return keeper->lease_us > 0 ? keeper->turn_us + keeper->lease_us * 3 / 8
				    : INT64_MAX;
}
