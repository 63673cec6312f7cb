/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Puts back what was taken from an owner (R12): somebody deletes a VIP, its
 * interface comes late or comes again, the kernel drops it together with
 * another address. Must never prolong a lease: without a fresh life sign of the
 * main process nothing is put back.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "keeper.h"

/* Somebody who deletes as fast as we put back must not get all of a CPU. */
#define MENDS_AT_ONCE 10
#define MEND_SLOW_US  (100 * MS_US)
#define MEND_AGAIN_US SECOND_US
#define TELL_AGAIN_US SECOND_US

/* Whole seconds that may still be given, 0 = wait for the next tick. */
static uint32_t mend_lease_s(const struct keeper *keeper, unsigned i)
{
	int64_t left_us = keeper->instances[i].renewed_us + keeper->lease_us -
			  clock_now_us();

	if (keeper->lease_us == 0)
		return NETLINK_FOREVER;
	/* Half a lease without a tick is long: perhaps main hangs. */
	if (left_us < keeper->lease_us / 2)
		return 0;
	return left_us < SECOND_US ? 1 : (uint32_t)(left_us / SECOND_US);
}

#define PID_MOST (1U << 22) /* PID_MAX_LIMIT of the kernel */

/*
 * "process 612 (systemd-network)": the port is the pid of most programs. The
 * kernel gives the second socket of one process any number above all pids.
 */
void mend_name_culprit(uint32_t port, char *text, size_t size)
{
	char path[40], name[32] = "";
	ssize_t n = -1;
	int fd;

	if (port == 0) {
		snprintf(text, size, "the kernel");
		return;
	}
	if (port > PID_MOST) {
		snprintf(text, size, "process not known (netlink port %u)",
			 port);
		return;
	}
	snprintf(path, sizeof(path), "/proc/%u/comm", port);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, name, sizeof(name) - 1);
		close(fd);
	}
	name[n > 0 ? strcspn(name, "\n") : 0] = '\0';
	snprintf(text, size, n > 0 ? "process %u (%s)" : "process %u", port,
		 name);
}

static void mend_tell(struct keeper *keeper, unsigned i)
{
	struct keeper_instance *instance = &keeper->instances[i];
	struct keeper_event event = {.type = KEEPER_RESTORED,
				     .instance = i,
				     .added = instance->restored,
				     .failed = instance->unrestored};

	if (instance->restored + instance->unrestored == 0 ||
	    clock_now_us() - instance->told_us < TELL_AGAIN_US)
		return;
	memcpy(event.text, instance->told, sizeof(event.text));
	event_send(keeper, &event);
	instance->told_us = clock_now_us();
	instance->restored = instance->unrestored = 0;
	instance->told[0] = '\0';
}

static void mend_explain(struct keeper *keeper,
			 struct keeper_instance *instance, unsigned added,
			 const char *first)
{
	char who[60];

	switch (instance->mend_cause) {
	case MEND_LATE:
		snprintf(instance->told, sizeof(instance->told),
			 "%s could be added now", first);
		break;
	case MEND_DELETED:
		mend_name_culprit(instance->deleted_by, who, sizeof(who));
		snprintf(instance->told, sizeof(instance->told),
			 "%s was taken away by %s; put back", first, who);
		break;
	case MEND_LAPSED:
		snprintf(instance->told, sizeof(instance->told),
			 "%s had outlived its lease of %u s; put back, since "
			 "the main process ticks again",
			 first, keeper->settings->lease_s);
		break;
	}
	if (added > 1)
		text_append(instance->told, sizeof(instance->told),
			    "more with it", "");
}

/* Takes the text of the first of those told together. */
static void mend_note(struct keeper *keeper, unsigned i,
		      const struct hold_outcome *outcome, const char *first)
{
	struct keeper_instance *instance = &keeper->instances[i];

	instance->restored += outcome->added;
	instance->unrestored += outcome->news;
	if (instance->told[0] == '\0' && outcome->added > 0)
		mend_explain(keeper, instance, outcome->added, first);
	else if (instance->told[0] == '\0' && outcome->news > 0)
		snprintf(instance->told, sizeof(instance->told),
			 "cannot be put back: %.130s", outcome->text);
	if (outcome->added + outcome->news > 0)
		keeper_log("instance %s: %u put back, %u not: %s",
			   keeper->settings->instances[i].name, outcome->added,
			   outcome->failed, instance->told);
	instance->mend_cause = MEND_LATE;
	mend_tell(keeper, i);
}

/*
 * EEXIST: the notice was older than what is there now. While the instance is
 * claimed, an address that is exactly ours and was ours is ours.
 */
static void mend_existing(struct keeper *keeper, const uint16_t *which,
			  unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct keeper_address *address = &keeper->addresses[which[i]];

		if (address->state != ADDRESS_MISSING ||
		    address->error != EEXIST)
			continue;
		address->state = ADDRESS_HELD;
		address->error = 0;
	}
}

static void mend_instance(struct keeper *keeper, unsigned i, uint32_t valid_s)
{
	const struct settings_instance *settings =
		&keeper->settings->instances[i];
	char text[160] = "", first[NAME_MAX_IP] = "";
	struct hold_outcome outcome = {.text = text, .text_size = sizeof(text)};
	uint16_t which[CHUNK];
	unsigned n = 0;

	interfaces_look_at_routing(keeper);
	while (n < settings->address_count && !main_has_ended(keeper)) {
		unsigned count = 0;

		for (; n < settings->address_count && count < CHUNK; n++) {
			unsigned a = settings->first_address + n;

			if (keeper->addresses[a].state != ADDRESS_MISSING)
				continue;
			which[count++] = (uint16_t)a;
			if (first[0] == '\0')
				address_name(keeper, a, first);
		}
		hold_add(keeper, NETLINK_NEW, which, count, valid_s, &outcome);
		mend_existing(keeper, which, count);
	}
	if (outcome.added > 0)
		announce_start(keeper, i, false);
	if (outcome.failed > 0)
		keeper->instances[i].mend_at_us =
			clock_now_us() + MEND_AGAIN_US;
	mend_note(keeper, i, &outcome, first);
}

static void mend_pace(struct keeper *keeper, struct keeper_instance *instance)
{
	if (keeper->now_us - instance->mend_window_us > SECOND_US) {
		instance->mend_window_us = keeper->now_us;
		instance->mends = 0;
	}
	if (++instance->mends > MENDS_AT_ONCE)
		instance->mend_at_us = keeper->now_us + MEND_SLOW_US;
}

void mend_work(struct keeper *keeper)
{
	for (unsigned i = 0; i < keeper->settings->instance_count; i++) {
		struct keeper_instance *instance = &keeper->instances[i];
		uint32_t valid_s;

		mend_tell(keeper, i);
		if (!instance->mend_due ||
		    instance->mend_at_us > keeper->now_us)
			continue;
		instance->mend_due = false;
		valid_s = mend_lease_s(keeper, i);
		/* R11: we or main were away; the next tick will show. */
		if (!instance->is_wanted || valid_s == 0 || keeper->is_late)
			continue;
		mend_pace(keeper, instance);
		mend_instance(keeper, i, valid_s);
	}
}

/* Main lives and still wants it: what is missing is due. */
void mend_tick(struct keeper *keeper)
{
	for (unsigned a = 0; a < keeper->settings->address_count; a++) {
		const struct keeper_address *address = &keeper->addresses[a];
		struct keeper_instance *instance =
			&keeper->instances[address->instance];

		if (address->state == ADDRESS_MISSING && instance->is_wanted)
			instance->mend_due = true;
	}
}

static void mend_miss(struct keeper *keeper, unsigned which)
{
	struct keeper_address *address = &keeper->addresses[which];
	struct keeper_instance *instance =
		&keeper->instances[address->instance];

	address->state = ADDRESS_MISSING;
	address->error = 0;
	instance->mend_due = true;
}

/*
 * Ours by state: what is released has state NONE before the kernel tells. Not
 * configured, but gone by our request: a secondary of the VIP that was removed
 * (promote_secondaries = 0), and the machine's own business; put back as it
 * was.
 */
void mend_gone(struct keeper *keeper, const struct netlink_address *address,
	       uint32_t port, const struct nlmsghdr *notice)
{
	int which = address_find(keeper, address);
	char text[IP_TEXT_MAX];
	struct keeper_instance *instance;
	struct keeper_address *own;
	int error;

	if (which < 0) {
		unsigned first, end;

		/* not a VIP in another form: that one was to go (R17.1) */
		address_range(keeper, &address->ip, &first, &end);
		if (port != keeper->netlink.port || first < end ||
		    address->protocol == KEEPER_ADDRESS_PROTOCOL)
			return;
		error = netlink_put_back(&keeper->netlink, notice);
		keeper_log("%s/%u went together with a VIP that was the "
			   "primary address of its subnet; %s%s (set "
			   "promote_secondaries = 1)",
			   ip_format(&address->ip, text), address->prefix,
			   error ? "it could not be put back: " : "put back",
			   error ? strerror(error) : "");
		return;
	}
	own = &keeper->addresses[which];
	instance = &keeper->instances[own->instance];
	if (!instance->is_wanted)
		return;
	if (own->state == ADDRESS_HELD) {
		instance->deleted_by = port == keeper->netlink.port ? 0 : port;
		instance->mend_cause =
			port == 0 && !hold_is_alive(keeper, own->instance)
				? MEND_LAPSED
				: MEND_DELETED;
		mend_miss(keeper, (unsigned)which);
	}
}

void mend_interface(struct keeper *keeper, unsigned interface, bool is_new)
{
	for (unsigned a = 0; a < keeper->settings->address_count; a++) {
		const struct keeper_address *address = &keeper->addresses[a];
		struct keeper_instance *instance =
			&keeper->instances[address->instance];

		if (address->interface != interface || !instance->is_wanted)
			continue;
		instance->mend_at_us = 0;
		if (address->state == ADDRESS_MISSING ||
		    (address->state == ADDRESS_HELD && is_new))
			mend_miss(keeper, a);
		/* a switch that was away has forgotten where we are */
		announce_start(keeper, address->instance, true);
	}
}

/* Notices were lost: whatever is held may be gone. Asking for it again tells:
 * EEXIST is good news. */
void mend_after_loss(struct keeper *keeper)
{
	keeper_log("the kernel's notices came too fast; looking anew");
	interfaces_look(keeper);
	for (unsigned a = 0; a < keeper->settings->address_count; a++) {
		const struct keeper_address *address = &keeper->addresses[a];

		if (address->state == ADDRESS_HELD &&
		    keeper->instances[address->instance].is_wanted)
			mend_miss(keeper, a);
	}
}

int64_t mend_deadline_us(const struct keeper *keeper)
{
	int64_t deadline_us = INT64_MAX;

	for (unsigned i = 0; i < keeper->settings->instance_count; i++) {
		const struct keeper_instance *instance = &keeper->instances[i];

		if (instance->mend_due && instance->mend_at_us < deadline_us)
			deadline_us = instance->mend_at_us;
		if (instance->restored + instance->unrestored > 0 &&
		    instance->told_us + TELL_AGAIN_US < deadline_us)
			deadline_us = instance->told_us + TELL_AGAIN_US;
	}
	return deadline_us;
}
