/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R3: machines that answer to a ping where the network works. Each is asked
 * once a second, and has ANSWER_US for it. A question counts as unanswered only
 * after what had come in was read (tracker.c).
 *
 * One that was doubted stays so for some answers: an owner is fit again with
 * the first, and where the network comes back for both nodes, nothing moves.
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "runner.h"
#include "tracker.h"
#include "../link/ping.h"

#define ASK_US	       INT64_C(1000000)
#define ANSWER_US      INT64_C(500000)
#define DOUBTED_AFTER  2
#define BAD_AFTER      4
#define SURE_AFTER     3 /* answers in a row, once it was doubted */
#define ANSWERS_A_TURN 64

struct witness {
	struct ip ip;
	const char *interface; /* of a link-local one; NULL */
	bool is_asked, has_answered;
	uint16_t sequence; /* of the question that waits */
	unsigned silent;   /* questions in a row; stays at BAD_AFTER */
	unsigned owed;	   /* answers until it is believed again */
	int error;	   /* errno: the last one was not even sent */
	int64_t due_us, asked_us;
};

struct ears {
	struct watched watched;
	struct witnesses *all;
	bool is_v6;
	int error;	 /* why there is no socket; 0 */
	int64_t open_us; /* not before is it asked for, again */
};

struct witnesses {
	struct ears ears[2]; /* IPv4, IPv6 */
	uint16_t id, next_sequence;
	unsigned count;
	struct witness at[];
};

/* ---- answers ---- */

static void answered(struct tracker *tracker, struct witness *witness)
{
	witness->is_asked = false;
	if (witness->silent > 0 || witness->owed > 0 || !witness->has_answered)
		tracker_changed(tracker);
	if (witness->owed > 0)
		witness->owed--;
	witness->has_answered = true;
	witness->silent = 0;
	witness->error = 0;
}

static void unanswered(struct tracker *tracker, struct witness *witness,
		       int error)
{
	witness->is_asked = false;
	if (witness->silent < BAD_AFTER || witness->error != error)
		tracker_changed(tracker);
	witness->error = error;
	if (witness->silent < BAD_AFTER)
		witness->silent++;
	if (witness->silent >= DOUBTED_AFTER)
		witness->owed = SURE_AFTER;
}

static void read_answers(struct tracker *tracker, struct watched *watched,
			 uint32_t events)
{
	struct ears *ears = (struct ears *)watched;
	struct witnesses *all = ears->all;
	uint16_t sequence;
	struct ip from;

	(void)events;
	for (unsigned n = 0; n < ANSWERS_A_TURN; n++) {
		if (!ping_read(watched->fd, ears->is_v6, all->id, &from,
			       &sequence))
			return;
		for (unsigned i = 0; i < all->count; i++)
			if (all->at[i].is_asked &&
			    all->at[i].sequence == sequence &&
			    ip_compare(&all->at[i].ip, &from) == 0)
				answered(tracker, &all->at[i]);
	}
}

/* ---- questions ---- */

static struct ears *ears_of(struct witnesses *all,
			    const struct witness *witness)
{
	return &all->ears[ip_is_v4(&witness->ip) ? 0 : 1];
}

/*
 * For as long as there is none a socket is asked for, once a second: where the
 * kernel lacked descriptors or memory for a moment, the node is fit again soon.
 */
static void listen_to(struct tracker *tracker, struct ears *ears,
		      int64_t now_us)
{
	const char *family = ears->is_v6 ? "ICMPv6" : "ICMP";
	int error = 0;

	if (ears->watched.fd >= 0 || now_us < ears->open_us)
		return;
	ears->open_us = now_us + ASK_US;
	ears->watched.fd = ping_open(ears->is_v6);
	if (ears->watched.fd < 0 || !tracker_watch(tracker, &ears->watched))
		error = errno;
	if (error != 0 && error != ears->error)
		runner_log(LOG_ERR,
			   "track.witnesses: no socket for %s: %s; it needs "
			   "CAP_NET_RAW; asked for again each second",
			   family, strerror(error));
	else if (error == 0 && ears->error != 0)
		runner_log(LOG_NOTICE,
			   "track.witnesses: there is a socket for %s now",
			   family);
	ears->error = error;
}

static void ask(struct tracker *tracker, struct witnesses *all,
		struct witness *witness, int64_t now_us)
{
	struct ears *ears = ears_of(all, witness);
	unsigned interface = 0;

	listen_to(tracker, ears, now_us);
	if (ears->watched.fd < 0) {
		unanswered(tracker, witness, ears->error);
		return;
	}
	if (witness->interface != NULL &&
	    (interface = if_nametoindex(witness->interface)) == 0) {
		unanswered(tracker, witness, errno);
		return;
	}
	witness->sequence = all->next_sequence++;
	if (ping_ask(ears->watched.fd, &witness->ip, interface,
		     &(const struct ip){.bytes = {0}}, all->id,
		     witness->sequence) < 0) {
		unanswered(tracker, witness, errno);
		return;
	}
	witness->is_asked = true;
	witness->asked_us = now_us;
}

static int64_t witness_step(struct tracker *tracker, struct witnesses *all,
			    struct witness *witness, int64_t now_us)
{
	if (witness->is_asked && now_us >= witness->asked_us + ANSWER_US)
		unanswered(tracker, witness, 0);
	if (!witness->is_asked && now_us >= witness->due_us) {
		witness->due_us += ASK_US;
		if (witness->due_us <= now_us)
			witness->due_us = now_us + ASK_US;
		ask(tracker, all, witness, now_us);
	}
	return witness->is_asked ? witness->asked_us + ANSWER_US
				 : witness->due_us;
}

int64_t witnesses_step(struct tracker *tracker, struct witnesses *witnesses,
		       int64_t now_us)
{
	int64_t due_us = INT64_MAX;

	for (unsigned i = 0; i < witnesses->count; i++) {
		int64_t at_us = witness_step(tracker, witnesses,
					     &witnesses->at[i], now_us);

		due_us = at_us < due_us ? at_us : due_us;
	}
	return due_us;
}

/* ---- what follows ---- */

/* Only of a link-local address does it matter where it is. */
static const char *place_of(const struct settings_instance *instance,
			    const struct ip *ip)
{
	return ip_is_link_local(ip) ? instance->interface : NULL;
}

static const struct witness *find(const struct witnesses *all,
				  const struct settings_instance *instance,
				  const struct ip *ip)
{
	const char *place = place_of(instance, ip);

	for (unsigned i = 0; i < all->count; i++)
		if (ip_compare(&all->at[i].ip, ip) == 0 &&
		    (place == NULL ||
		     (all->at[i].interface != NULL &&
		      strcmp(all->at[i].interface, place) == 0)))
			return &all->at[i];
	return NULL;
}

static void describe(const struct witness *last, unsigned count, char *why,
		     size_t size)
{
	char name[IP_TEXT_MAX];

	ip_format(&last->ip, name);
	if (last->error != 0)
		snprintf(why, size, "witness %s cannot be asked: %s", name,
			 strerror(last->error));
	else if (last->silent == 0)
		snprintf(why, size,
			 "witness %s answers again, %u more answers are waited "
			 "for",
			 name, last->owed);
	else if (count > 1)
		snprintf(why, size,
			 "none of %u witnesses answers (%s: %u pings in a row)",
			 count, name, last->silent);
	else
		snprintf(why, size,
			 "witness %s: no answer to %u pings in a row", name,
			 last->silent);
}

enum checks_word witnesses_say(const struct witnesses *witnesses,
			       const struct settings_instance *instance,
			       char *why, size_t size)
{
	const struct witness *best = NULL;

	why[0] = '\0';
	for (unsigned i = 0; i < instance->witness_count; i++) {
		const struct witness *at =
			find(witnesses, instance, &instance->witnesses[i]);

		/* the one that was silent for the shortest time */
		if (best == NULL || at->silent < best->silent ||
		    (at->silent == best->silent &&
		     (at->owed < best->owed ||
		      (at->has_answered && !best->has_answered))))
			best = at;
	}
	if (best == NULL)
		return CHECKS_UNKNOWN;
	if (best->silent < DOUBTED_AFTER && best->owed == 0)
		return best->has_answered ? CHECKS_GOOD : CHECKS_UNKNOWN;
	describe(best, instance->witness_count, why, size);
	return best->silent < BAD_AFTER ? CHECKS_DOUBTED : CHECKS_BAD;
}

/* ---- all of them ---- */

static void add_all(struct witnesses *all, const struct settings *settings)
{
	for (unsigned i = 0; i < settings->instance_count; i++) {
		const struct settings_instance *at = &settings->instances[i];

		for (unsigned w = 0; w < at->witness_count; w++)
			if (find(all, at, &at->witnesses[w]) == NULL)
				all->at[all->count++] = (struct witness){
					.ip = at->witnesses[w],
					.interface = place_of(
						at, &at->witnesses[w])};
	}
}

struct witnesses *witnesses_begin(struct tracker *tracker)
{
	const struct settings *settings = tracker_settings(tracker);
	int64_t now_us = clock_now_us();
	struct witnesses *all;
	unsigned most = 0;

	for (unsigned i = 0; i < settings->instance_count; i++)
		most += settings->instances[i].witness_count;
	all = calloc(1, sizeof(*all) + most * sizeof(all->at[0]));
	if (all == NULL)
		return NULL;
	add_all(all, settings);
	all->id = (uint16_t)getpid();
	for (unsigned i = 0; i < all->count; i++)
		all->at[i].due_us = now_us + ASK_US * i / all->count;
	for (unsigned v6 = 0; v6 < 2; v6++)
		all->ears[v6] = (struct ears){
			.watched = {read_answers, -1}, .all = all, .is_v6 = v6};
	return all;
}
