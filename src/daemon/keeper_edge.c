/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The keeper, seen from the main process: it is ticked, given orders and the
 * last will, and watched in turn (R12). Treated as hostile: every index it
 * sends is checked. A keeper that does not answer within a lease is ended, so
 * that a new one starts and cleans up.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "claim_edge.h"
#include "daemon.h"
#include "helpers.h"
#include "keeper_edge.h"
#include "life.h"
#include "link_edge.h"
#include "reload.h"
#include "vrrp_edge.h"
#include "../base/log.h"
#include "../base/message.h"
#include "../base/realtime.h"
#include "../link/vip_look.h"

#define TICK_AT_MOST_US 1000000
#define PATIENCE_US	3000000 /* when vip.lease_s = 0 */
#define EVENTS_PER_TURN 256
#define QUIT_WAIT_MS	3000
#define LOOKS_AT_ONCE	50

#define SILENT_TEXT_MAX 160

struct keeper_edge {
	bool ready;
	int64_t asked_us; /* oldest KEEPER_TICK that was not answered */
	bool failing;	  /* a message did not go out: it hangs */
	bool told;	  /* that it hangs; its end is told as well */
	/* R12: looks that the core waits for, a bit per instance */
	struct vip_look look;
	struct instance_set look_due;
	unsigned interface_count; /* as the keeper has told them */
	struct {
		char name[SETTINGS_INTERFACE_MAX];
		unsigned index;
	} interfaces[CORE_INTERFACES_MAX];
	/* R17.1: addresses on lo that do not count, "" = none */
	char silent[INSTANCES_MAX][SILENT_TEXT_MAX];
	/*
	 * A reload: until the keeper says that it has committed, its events are
	 * by the places of the old settings.
	 */
	bool is_behind;
	unsigned old_count;
	struct core_map map;
	char silent_before[INSTANCES_MAX][SILENT_TEXT_MAX]; /* while it moves */
};

static struct helper *keeper_of(struct daemon *daemon)
{
	return &daemon->helpers[HELPER_KEEPER];
}

static int64_t patience_us(const struct daemon *daemon)
{
	int64_t lease_us = (int64_t)daemon->settings->lease_s * 1000000;

	return lease_us > 0 ? lease_us : PATIENCE_US;
}

/* Sends; a keeper that takes nothing more hangs, and is dealt with as such. */
static void keeper_send(struct daemon *daemon,
			const struct keeper_request *request, int passed)
{
	struct helper *keeper = keeper_of(daemon);

	if (keeper->socket.fd < 0)
		return; /* its death is known, or its pidfd will tell */
	if (message_send_fd(keeper->socket.fd, request, sizeof(*request),
			    passed) == MESSAGE_NONE)
		daemon->keeper->failing = true;
}

int keeper_edge_init(struct daemon *daemon)
{
	daemon->keeper = calloc(1, sizeof(*daemon->keeper));
	if (!daemon->keeper)
		return -1;
	/* without it nothing is known to be gone (R12): safe, and slow */
	if (vip_look_open(&daemon->keeper->look) != 0)
		log_line(LOG_WARNING,
			 "the kernel cannot be asked which addresses it holds "
			 "(Linux 4.13 or newer can): should twinbeat-keeper be "
			 "lost, this node asks to be fenced");
	return 0;
}

void keeper_edge_give_back(struct daemon *daemon, unsigned instances)
{
	struct keeper_edge *edge = daemon->keeper;

	realtime_give_back(edge->silent[instances],
			   (INSTANCES_MAX - instances) *
				   sizeof(edge->silent[0]));
	/* all of it but while a reload moves */
	if (!edge->is_behind)
		realtime_give_back(edge->silent_before,
				   sizeof(edge->silent_before));
}

bool keeper_edge_is_ready(const struct daemon *daemon)
{
	return daemon->keeper->ready;
}

void keeper_started(struct daemon *daemon)
{
	daemon->keeper->ready = false;
	daemon->keeper->failing = false;
	daemon->keeper->told = false;
	daemon->keeper->asked_us = 0;
	daemon->keeper->is_behind = false;
	claim_edge_forget(daemon);
	vrrp_edge_forget_words(daemon); /* this one has none */
	for (unsigned i = 0; i < daemon->settings->instance_count; i++) {
		daemon->keeper->silent[i][0] = '\0'; /* it will tell */
		daemon->view.silent[i] = daemon->keeper->silent[i];
	}
	loop_set_timer(&daemon->loop, TIMER_KEEPER, clock_now_us());
}

void keeper_lost(struct daemon *daemon, const char *why)
{
	struct event event = {.type = EVENT_KEEPER_LOST,
			      .process.text = why,
			      .process.ended = true};

	daemon->keeper->ready = false;
	daemon->keeper->asked_us = 0;
	claim_edge_forget(daemon);
	loop_set_timer(&daemon->loop, TIMER_KEEPER, TIMER_NEVER);
	/* R12: that one hung was told before; that it has ended is news */
	daemon_feed(daemon, &event);
}

static void keeper_hangs(struct daemon *daemon, const char *why)
{
	struct helper *keeper = keeper_of(daemon);
	struct event event = {.type = EVENT_KEEPER_LOST};
	char text[TEXT_MAX];

	snprintf(text, sizeof(text),
		 "%s (pid %d) %s: it is ended and started again", keeper->name,
		 (int)keeper->pid, why);
	event.process.text = text;
	daemon->keeper->ready = false;
	daemon->keeper->asked_us = 0;
	daemon->keeper->failing = false;
	claim_edge_forget(daemon);
	helper_kill(keeper);
	if (daemon->keeper->told)
		return;
	daemon->keeper->told = true;
	daemon_feed(daemon, &event);
}

void keeper_tick(struct daemon *daemon)
{
	const struct keeper_request request = {.type = KEEPER_TICK};
	int64_t now_us = clock_now_us(), next_us = patience_us(daemon) / 3;
	struct keeper_edge *edge = daemon->keeper;
	char why[100];

	if (keeper_of(daemon)->socket.fd < 0)
		return;
	if (next_us > TICK_AT_MOST_US)
		next_us = TICK_AT_MOST_US;
	next_us += now_us;
	if (edge->asked_us != 0 &&
	    now_us - edge->asked_us > patience_us(daemon)) {
		snprintf(why, sizeof(why), "does not answer for %lld ms",
			 (long long)(now_us - edge->asked_us) / 1000);
		keeper_hangs(daemon, why);
	} else {
		if (edge->asked_us == 0)
			edge->asked_us = now_us;
		keeper_send(daemon, &request, -1);
		if (edge->failing)
			keeper_hangs(daemon, "takes no message");
	}
	/* one that does not answer is ended as soon as a lease has passed */
	if (edge->asked_us != 0 && edge->asked_us != now_us &&
	    edge->asked_us + patience_us(daemon) < next_us)
		next_us = edge->asked_us + patience_us(daemon) + LOOP_EARLY_US;
	loop_set_timer(&daemon->loop, TIMER_KEEPER, next_us);
}

/* We were away ourselves: it is asked anew before it is judged. */
void keeper_shift_patience(struct daemon *daemon)
{
	if (daemon->keeper->asked_us != 0)
		daemon->keeper->asked_us = clock_now_us();
}

void keeper_claim(struct daemon *daemon, const struct permit *permit)
{
	struct keeper_request request = {.type = KEEPER_CLAIM,
					 .instance = permit->instance,
					 .permit = *permit};

	keeper_send(daemon, &request, -1);
	reload_claimed(daemon);
}

void keeper_order(struct daemon *daemon, enum keeper_request_type type,
		  unsigned instance)
{
	struct keeper_request request = {.type = type, .instance = instance};

	keeper_send(daemon, &request, -1);
	/* R10: one that somebody stopped lets go of nothing, and a node that
	 * is well would be cut for it */
	if (type == KEEPER_RELEASE)
		helper_wake(keeper_of(daemon));
}

/* R12: signed now, spoken by the keeper on every link when we are no more. */
void keeper_take_will(struct daemon *daemon, const struct beat *beat)
{
	for (unsigned i = 0; i < LINKS_MAX; i++) {
		struct keeper_request request = {.type = KEEPER_OBITUARY,
						 .link = i};
		size_t size;
		int fd = link_edge_sign(daemon, i, beat, request.frame, &size);

		if (fd < 0)
			continue;
		request.frame_size = (uint32_t)size;
		keeper_send(daemon, &request, fd);
	}
}

void keeper_take_resignation(struct daemon *daemon, unsigned instance,
			     const struct ip *source,
			     const uint8_t signature[VRRP_SIGNATURE_SIZE])
{
	struct keeper_request request = {.type = KEEPER_RESIGNATION,
					 .instance = instance,
					 .frame_size =
						 sizeof(request.resignation)};

	request.resignation.source = *source;
	memcpy(request.resignation.signature, signature, VRRP_SIGNATURE_SIZE);
	keeper_send(daemon, &request, -1);
}

void keeper_forget_link(struct daemon *daemon, unsigned link)
{
	struct keeper_request request = {.type = KEEPER_OBITUARY, .link = link};

	keeper_send(daemon, &request, -1);
}

/* ---- what it says ---- */

static int find_interface(const struct daemon *daemon, const char *name)
{
	const struct core_settings *settings = daemon->core_settings;

	for (unsigned i = 0; i < settings->interface_count; i++)
		if (strcmp(settings->interfaces[i], name) == 0)
			return (int)i;
	return -1;
}

/* Where a look asks, too: also interfaces that only bear an address. */
static void note_index(struct keeper_edge *edge,
		       const struct keeper_event *heard)
{
	unsigned i = 0;

	while (i < edge->interface_count &&
	       strcmp(edge->interfaces[i].name, heard->interface) != 0)
		i++;
	if (i == CORE_INTERFACES_MAX)
		return;
	if (i == edge->interface_count)
		edge->interface_count++;
	snprintf(edge->interfaces[i].name, sizeof(edge->interfaces[i].name),
		 "%s", heard->interface);
	edge->interfaces[i].index = heard->index;
}

static void take_carrier(struct daemon *daemon,
			 const struct keeper_event *heard)
{
	struct event event = {.type = EVENT_CARRIER_CHANGED};
	int interface = find_interface(daemon, heard->interface);

	note_index(daemon->keeper, heard);
	link_edge_carrier(daemon, heard->interface, heard->up);
	if (interface < 0)
		return;
	vrrp_edge_carrier(daemon, (unsigned)interface, heard->up);
	event.carrier.interface = (unsigned)interface;
	event.carrier.is = heard->up;
	event.carrier.is_absent = !heard->up && heard->index == 0;
	event.carrier.renamed = heard->renamed;
	daemon_feed(daemon, &event);
}

/* False: it speaks of an instance that a reload has taken out. */
static bool to_new_place(const struct keeper_edge *edge,
			 struct keeper_event *heard)
{
	if (!edge->is_behind || heard->instance >= edge->old_count)
		return true;
	if (edge->map.instances[heard->instance] < 0)
		return false;
	heard->instance = (uint32_t)edge->map.instances[heard->instance];
	return true;
}

static bool is_of_ours(struct daemon *daemon, struct keeper_event *heard)
{
	unsigned count = daemon->settings->instance_count;

	if (!to_new_place(daemon->keeper, heard))
		return false;
	if (heard->instance >= count)
		log_line(LOG_ERR,
			 "twinbeat-keeper speaks of instance %u of %u: not "
			 "believed",
			 heard->instance, count);
	return heard->instance < count;
}

static void take_vip(struct daemon *daemon, enum event_type type,
		     struct keeper_event *heard)
{
	struct event event = {.type = type};

	if (!is_of_ours(daemon, heard))
		return;
	event.vip.instance = heard->instance;
	event.vip.added = heard->added;
	event.vip.failed = heard->failed;
	event.vip.text = heard->text;
	daemon_feed(daemon, &event);
}

static void take_alien(struct daemon *daemon, struct keeper_event *heard)
{
	struct event event = {.type = EVENT_VIP_ALIEN};

	if (!is_of_ours(daemon, heard))
		return;
	event.alien.instance = heard->instance;
	event.alien.is_stuck = heard->failed > 0;
	event.alien.text = heard->text;
	daemon_feed(daemon, &event);
}

/* A DR real server: for the status only. */
static void take_silent(struct daemon *daemon, struct keeper_event *heard)
{
	if (to_new_place(daemon->keeper, heard) &&
	    heard->instance < daemon->settings->instance_count)
		snprintf(daemon->keeper->silent[heard->instance],
			 sizeof(daemon->keeper->silent[0]), "%s", heard->text);
}

static void take_event(struct daemon *daemon, struct keeper_event *heard)
{
	struct event event = {.type = EVENT_KEEPER_READY};

	heard->text[sizeof(heard->text) - 1] = '\0';
	heard->interface[sizeof(heard->interface) - 1] = '\0';
	heard->renamed[sizeof(heard->renamed) - 1] = '\0';
	log_clean(heard->renamed);
	log_clean(heard->text);
	switch (heard->type) {
	case KEEPER_READY:
		/* R12: of one that is being ended: the next says it, too */
		if (daemon->keeper->told)
			break;
		daemon->keeper->ready = true;
		if (heard->text[0])
			log_line(LOG_NOTICE, "%s", heard->text);
		daemon_feed(daemon, &event);
		life_ready(daemon);
		break;
	case KEEPER_ALIVE:
		daemon->keeper->asked_us = 0;
		break;
	case KEEPER_CLAIMED:
		take_vip(daemon, EVENT_CLAIM_DONE, heard);
		break;
	case KEEPER_RELEASED:
		take_vip(daemon, EVENT_RELEASE_DONE, heard);
		break;
	case KEEPER_RESTORED:
		log_line(LOG_WARNING, "%s", heard->text);
		take_vip(daemon, EVENT_VIP_MENDED, heard);
		break;
	case KEEPER_ALIEN:
		take_alien(daemon, heard);
		break;
	case KEEPER_ANSWERS:
		take_vip(daemon, EVENT_VIP_ANSWERED, heard);
		break;
	case KEEPER_SILENT:
		take_silent(daemon, heard);
		break;
	case KEEPER_CARRIER:
		take_carrier(daemon, heard);
		break;
	case KEEPER_PREPARED:
	case KEEPER_CLEARED:
		reload_answered(daemon, HELPER_KEEPER, heard->instance,
				heard->failed == 0 ? NULL : heard->text);
		break;
	case KEEPER_COMMITTED:
		daemon->keeper->is_behind = false;
		break;
	default:
		log_line(LOG_ERR, "twinbeat-keeper says %u: not understood",
			 heard->type);
	}
}

void keeper_read(struct daemon *daemon)
{
	struct helper *keeper = keeper_of(daemon);
	struct keeper_event heard;

	for (unsigned i = 0; i < EVENTS_PER_TURN && keeper->socket.fd >= 0;
	     i++) {
		enum message_result result = message_receive(
			keeper->socket.fd, &heard, sizeof(heard));

		if (result == MESSAGE_WRONG)
			log_line(LOG_ERR,
				 "twinbeat-keeper sent a message of a wrong "
				 "size: are all programs of one version?");
		else if (result == MESSAGE_OK)
			take_event(daemon, &heard);
		else
			return;
	}
}

/* ---- a reload ---- */

void keeper_reload(struct daemon *daemon, enum keeper_request_type step,
		   uint32_t number, int settings_fd)
{
	struct keeper_request request = {.type = step, .instance = number};

	claim_edge_flush(daemon); /* by the old places */
	keeper_send(daemon, &request, settings_fd);
}

static bool same_addresses(const struct settings *a, unsigned i,
			   const struct settings *b, unsigned k)
{
	const struct settings_instance *one = &a->instances[i];
	const struct settings_instance *other = &b->instances[k];

	return one->address_count == other->address_count &&
	       memcmp(&a->addresses[one->first_address],
		      &b->addresses[other->first_address],
		      one->address_count * sizeof(a->addresses[0])) == 0;
}

static void forget_interfaces(struct daemon *daemon)
{
	struct keeper_edge *edge = daemon->keeper;
	unsigned kept = 0;

	/* those that still count are told again */
	for (unsigned i = 0; i < edge->interface_count; i++)
		if (find_interface(daemon, edge->interfaces[i].name) >= 0)
			edge->interfaces[kept++] = edge->interfaces[i];
	edge->interface_count = kept;
}

static void move_looks(struct keeper_edge *edge, const struct core_map *map,
		       unsigned old_count)
{
	struct instance_set due = edge->look_due;

	edge->look_due = (struct instance_set){{0}};
	for (unsigned i = 0; i < old_count; i++)
		if (set_has(&due, i) && map->instances[i] >= 0)
			set_add(&edge->look_due, (unsigned)map->instances[i]);
}

void keeper_commit(struct daemon *daemon, const struct reload_change *change)
{
	struct keeper_edge *edge = daemon->keeper;
	const unsigned count = change->old->instance_count;
	char(*silent)[SILENT_TEXT_MAX] = edge->silent_before;

	if (keeper_of(daemon)->pid != 0)
		edge->is_behind = true;
	edge->old_count = count;
	edge->map = *change->map;
	move_looks(edge, change->map, count);
	forget_interfaces(daemon);
	memcpy(silent, edge->silent, sizeof(edge->silent));
	for (unsigned k = 0; k < INSTANCES_MAX; k++) {
		int i = reload_from(change->map->instances, count, k);

		if (i >= 0)
			memcpy(edge->silent[k], silent[i], sizeof(silent[i]));
		else
			edge->silent[k][0] = '\0';
		daemon->view.silent[k] = edge->silent[k];
	}
	vrrp_edge_forget_words(daemon); /* they are signed anew */
}

/* What we own is ours by the permit that we have (R1). */
void keeper_claim_again(struct daemon *daemon, unsigned instance)
{
	const struct core_instance *own = &daemon->core.instances[instance];
	struct permit permit;

	if (!own->own || own->releasing || own->permit.proof == PROOF_NONE)
		return;
	permit = permit_renew(&daemon->core, instance);
	keeper_claim(daemon, &permit);
}

void keeper_claim_changed(struct daemon *daemon,
			  const struct reload_change *change)
{
	for (unsigned k = 0; k < change->new->instance_count; k++) {
		int i = reload_from(change->map->instances,
				    change->old->instance_count, k);

		if (i >= 0 &&
		    (change->old->lease_s != change->new->lease_s ||
		     !same_addresses(change->old, (unsigned)i, change->new, k)))
			keeper_claim_again(daemon, k);
	}
}

/* ---- without it: what does the kernel hold? (R12) ---- */

void keeper_look(struct daemon *daemon, unsigned instance)
{
	set_add(&daemon->keeper->look_due, instance);
}

static unsigned index_of(const struct keeper_edge *edge, const char *name)
{
	for (unsigned i = 0; i < edge->interface_count; i++)
		if (strcmp(edge->interfaces[i].name, name) == 0)
			return edge->interfaces[i].index;
	return 0;
}

static enum core_look look_at(struct daemon *daemon, unsigned i)
{
	const struct settings_instance *instance =
		&daemon->settings->instances[i];
	const struct settings_address *addresses =
		&daemon->settings->addresses[instance->first_address];
	bool is_known = true;
	unsigned n = 0, which = 0;

	while (n < instance->address_count) {
		struct vip_question questions[LOOKS_AT_ONCE];
		enum vip_answer answer;
		unsigned count = 0;

		for (; n < instance->address_count && count < LOOKS_AT_ONCE;
		     n++)
			questions[count++] = (struct vip_question){
				.ip = addresses[n].ip,
				.index = index_of(daemon->keeper,
						  addresses[n].dev),
				.interface = instance->interface};
		answer = vip_look_ask(&daemon->keeper->look, questions, count,
				      &which);
		if (answer == VIP_HELD)
			return CORE_LOOK_HELD;
		is_known = is_known && answer == VIP_GONE;
	}
	return is_known ? CORE_LOOK_GONE : CORE_LOOK_UNKNOWN;
}

/* True: one was owed to the core. */
bool keeper_feed_look(struct daemon *daemon)
{
	struct keeper_edge *edge = daemon->keeper;
	struct event event;

	/* asked after each event: nothing is written for it before */
	if (set_is_empty(&edge->look_due))
		return false;
	event = (struct event){.type = EVENT_VIP_LOOKED};
	event.look.instance = set_lowest(&edge->look_due);
	set_remove(&edge->look_due, event.look.instance);
	event.look.is = look_at(daemon, event.look.instance);
	daemon_feed(daemon, &event);
	return true;
}

/*
 * The clean end, after the loop. True when it has said by its exit status that
 * nothing of ours is left.
 */
bool keeper_quit(struct daemon *daemon)
{
	const struct keeper_request request = {.type = KEEPER_QUIT};
	struct helper *keeper = keeper_of(daemon);
	struct pollfd ended = {.fd = keeper->process.fd, .events = POLLIN};
	char how[100];
	int status;

	if (keeper->pid == 0)
		return false;
	keeper_send(daemon, &request, -1);
	helper_wake(keeper);
	if (poll(&ended, 1, QUIT_WAIT_MS) != 1 ||
	    spawn_reap(keeper->process.fd, how, sizeof(how), &status) < 0) {
		log_line(LOG_ERR, "twinbeat-keeper (pid %d) has not ended",
			 (int)keeper->pid);
		return false;
	}
	if (status != 0)
		log_line(LOG_ERR, "twinbeat-keeper (pid %d) %s",
			 (int)keeper->pid, how);
	keeper->pid = 0;
	return status == 0;
}
