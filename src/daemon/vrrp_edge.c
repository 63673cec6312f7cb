/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The VRRP links of the instances: adverts to events, orders to adverts,
 * sockets (vrrp_ports.c) opened when the interface is there and again after it
 * was away. Decides nothing about who is master.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon.h"
#include "hear_edge.h"
#include "keeper_edge.h"
#include "opener_edge.h"
#include "reload.h"
#include "vrrp_edge.h"
#include "vrrp_options.h"
#include "vrrp_ports.h"
#include "../base/log.h"
#include "../base/realtime.h"
#include "../link/vrrp/vrrp.h"

#define BACK_OFF_FIRST_US 100000
#define BACK_OFF_LAST_US  5000000
#define COMPLAINT_US	  60000000
/* More of our adverts seen to leave than were sent: of another daemon. */
#define MORE_SEEN_MOST 3

struct vrrp_edge {
	struct vrrp *vrrp;
	unsigned interface; /* index in core_settings.interfaces */
	int64_t retry_us, back_off_us;
	bool asking;	   /* the opener has not answered yet */
	bool asks_sockets; /* it brings the port's */
	bool told, filtered;
	int64_t complained_us; /* of a failed send */
	/* R3: do adverts leave; the core is owed the news */
	bool unsent, owed, swallowed;
	bool is_deaf;	 /* R16: the core is owed that its sockets are closed */
	unsigned unseen; /* sent in a row and not seen on their way out */
	int64_t ordered_us, tried_us;
	/* the two newest; what else leaves with its vrid is another daemon's */
	uint8_t priority, priority_before;
	/* since the ear was opened: sent by us, and seen as if by us */
	unsigned ear_sent, ear_seen;
	char why[TEXT_MAX];
	uint32_t word_of; /* R12: the life whose last word the keeper has */
};

/* Between two twinbeat nodes: what it is worth is the core's to judge (R2). */
static void read_signature(const struct vrrp_heard *heard, struct event *event)
{
	const struct vrrp_advert *advert = &heard->advert;
	struct core_signature *signature = &event->advert.signature;

	signature->is_there = advert->has_signature;
	signature->is_wrong = heard->verdict == VRRP_SIGNATURE;
	if (advert->is_signed)
		*signature = (struct core_signature){
			.is_there = true,
			.is_signed = true,
			.is_last = advert->signature.key_id == VRRP_KEY_LAST,
			.generation =
				(uint32_t)(advert->signature.sequence >> 32),
			.clock_ms = (uint32_t)advert->signature.sequence};
}

/* Of a plain router: that was judged where it was read (R16). */
static void read_hmac(const struct settings_instance *instance,
		      const struct vrrp_heard *heard, struct event *event)
{
	const struct vrrp_hmac_options options = vrrp_options_hmac(instance);
	const char *reason = vrrp_hmac_reason(&options, heard->verdict);

	if (reason != NULL)
		event->advert.reason = reason;
	event->advert.signature.is_signed = heard->is_authentic;
}

void vrrp_edge_heard(struct daemon *daemon, const struct vrrp_heard *heard)
{
	const struct settings_instance *instance =
		&daemon->settings->instances[heard->instance];
	struct event event = {.type = EVENT_ADVERT_HEARD};

	if (heard->verdict == VRRP_OTHER_VRID)
		return;
	event.advert.instance = heard->instance;
	event.advert.verdict = heard->verdict == VRRP_OK ? CORE_ADVERT_GOOD
			       : heard->verdict == VRRP_CARP
				       ? CORE_ADVERT_CARP
				       : CORE_ADVERT_DROPPED;
	event.advert.reason = vrrp_verdict_name(heard->verdict);
	event.advert.source = heard->source;
	event.advert.priority = heard->advert.priority;
	event.advert.interval_ms = heard->advert.interval_ms;
	if (instance->hmac.configured)
		read_hmac(instance, heard, &event);
	else
		read_signature(heard, &event);
	daemon_feed(daemon, &event);
}

static bool is_open(const struct vrrp_edge *edge)
{
	return vrrp_is_open(edge->vrrp);
}

static struct vrrp_port_edge *port_of(struct daemon *daemon,
				      const struct vrrp_edge *edge)
{
	unsigned i = (unsigned)(edge - daemon->vrrp);

	return vrrp_port_of(
		daemon->vrrp_ports, edge->interface,
		settings_instance_is_v6(daemon->settings,
					&daemon->settings->instances[i]));
}

static void plan_open(struct daemon *daemon, struct vrrp_edge *edge)
{
	edge->retry_us = clock_now_us() + edge->back_off_us;
	edge->back_off_us *= 2;
	if (edge->back_off_us > BACK_OFF_LAST_US)
		edge->back_off_us = BACK_OFF_LAST_US;
	if (edge->retry_us < daemon->loop.due_us[TIMER_VRRP])
		loop_set_timer(&daemon->loop, TIMER_VRRP, edge->retry_us);
}

static bool is_used(struct daemon *daemon, const struct vrrp_port_edge *port)
{
	for (unsigned i = 0; i < daemon->settings->instance_count; i++)
		if (is_open(&daemon->vrrp[i]) &&
		    port_of(daemon, &daemon->vrrp[i]) == port)
			return true;
	return false;
}

static void lose_quietly(struct daemon *daemon, struct vrrp_edge *edge)
{
	edge->told = true;
	edge->is_deaf = edge->is_deaf || is_open(edge);
	daemon->vrrp_owes = true;
	vrrp_close(edge->vrrp);
	plan_open(daemon, edge);
}

/* The core may be in the middle of its orders: it is told after them. */
static void lose(struct daemon *daemon, struct vrrp_edge *edge, const char *why)
{
	struct vrrp_port_edge *port = port_of(daemon, edge);

	if (!edge->told)
		log_line(LOG_WARNING, "%s", why);
	lose_quietly(daemon, edge);
	if (vrrp_port_is_open(port->port) && !is_used(daemon, port))
		vrrp_port_shut(daemon, port);
}

/* R16: silence on closed sockets is none. */
static bool tell_ears(struct daemon *daemon, struct vrrp_edge *edge, bool is)
{
	struct event event = {.type = EVENT_EARS_CHANGED};

	if (!is && !edge->is_deaf)
		return false;
	edge->is_deaf = false;
	event.ears.instance = (unsigned)(edge - daemon->vrrp);
	event.ears.is = is;
	daemon_feed(daemon, &event);
	return true;
}

void vrrp_edge_port_lost(struct daemon *daemon, struct vrrp_port_edge *port,
			 const char *why)
{
	const unsigned count = daemon->settings->instance_count;
	bool told = false;

	for (unsigned i = 0; i < count; i++) {
		struct vrrp_edge *edge = &daemon->vrrp[i];

		if (!is_open(edge) || port_of(daemon, edge) != port)
			continue;
		if (!edge->told && !told)
			log_line(LOG_WARNING, "%s", why);
		told = true;
		lose_quietly(daemon, edge);
	}
	vrrp_port_shut(daemon, port);
}

static void open_one(struct daemon *daemon, struct vrrp_edge *edge)
{
	unsigned i = (unsigned)(edge - daemon->vrrp);
	struct opener_request request = {.order = OPENER_OPEN,
					 .subject = opener_subject(daemon, i)};
	struct vrrp_port_edge *port = port_of(daemon, edge);
	struct ip vips[VRRP_ADDRESSES_MAX];
	char error[TEXT_MAX];

	if (is_open(edge) || edge->asking)
		return;
	/* it answers in their order: the first one's brings the sockets */
	edge->asks_sockets =
		!vrrp_port_is_open(port->port) && !port->is_asked_for;
	vrrp_describe(edge->vrrp, edge->asks_sockets, vips,
		      vrrp_options_vips(daemon->settings, i, vips),
		      &request.place);
	edge->asking = opener_ask(daemon, &link_vrrp, &request,
				  vrrp_edge_opened, error, sizeof(error));
	if (edge->asking)
		port->is_asked_for = port->is_asked_for || edge->asks_sockets;
	else
		lose(daemon, edge, error);
}

/* R7: the peer is told by the cable of a source that is not configured. */
static void tell_source(struct daemon *daemon, const struct vrrp_edge *edge)
{
	struct event event = {.type = EVENT_SOURCE_KNOWN};

	event.source.instance = (unsigned)(edge - daemon->vrrp);
	event.source.ip = vrrp_source(edge->vrrp);
	daemon->vrrp[event.source.instance].word_of = 0;
	daemon_feed(daemon, &event);
}

static bool has_no_source(const struct vrrp_edge *edge)
{
	struct ip source = vrrp_source(edge->vrrp);

	return ip_is_none(&source);
}

static void note_sending(struct daemon *daemon, struct vrrp_edge *edge, bool is,
			 const char *why);

/*
 * R3: an interface that has just come up has no link-local address to speak
 * from for a second or two (RFC 4862 5.4). Who would claim meanwhile is not
 * fit: nobody would hear of it.
 */
static void judge_source(struct daemon *daemon, struct vrrp_edge *edge)
{
	unsigned i = (unsigned)(edge - daemon->vrrp);
	char error[TEXT_MAX];

	if (!settings_instance_is_v6(daemon->settings,
				     &daemon->settings->instances[i]))
		return;
	if (has_no_source(edge))
		note_sending(daemon, edge, false,
			     "its interface has no link-local address that may "
			     "be used yet (ip -6 address)");
	else if (edge->unsent &&
		 vrrp_try(edge->vrrp, error, sizeof(error)) == 0)
		note_sending(daemon, edge, true, NULL);
}

/* Of a port whose sockets it brings, or that is open. */
static bool take_opened(struct daemon *daemon, struct vrrp_edge *edge,
			const struct opener_reply *reply)
{
	const struct link_opened *with = &reply->opened;
	struct vrrp_port_edge *port = port_of(daemon, edge);
	struct vrrp_opened facts;

	memcpy(&facts, with->facts, sizeof(facts));
	if (edge->asks_sockets)
		port->is_asked_for = false;
	if (reply->result < 0 || vrrp_port_is_open(port->port) ||
	    with->count != VRRP_FDS) {
		opener_close(daemon, &link_vrrp, with->fds, with->count);
		if (reply->result < 0) {
			lose(daemon, edge, reply->text);
			return false;
		}
	} else if (!vrrp_port_opened(daemon, port, with->fds, facts.index)) {
		lose(daemon, edge, "vrrp: the sockets cannot be watched");
		return false;
	}
	if (vrrp_take(edge->vrrp, &facts))
		return true;
	/* lost while this was asked for; who lost it has said so */
	if (vrrp_port_is_open(port->port))
		vrrp_edge_port_lost(daemon, port,
				    "vrrp: the interface is another one now: "
				    "opened anew");
	plan_open(daemon, edge);
	return false;
}

static void opened(struct daemon *daemon, struct vrrp_edge *edge,
		   const struct opener_reply *reply)
{
	edge->asking = false;
	if (!take_opened(daemon, edge, reply))
		return;
	tell_source(daemon, edge);
	tell_ears(daemon, edge, true);
	judge_source(daemon, edge);
	/* without an address to speak from the next try is lost as the last
	 * one was: that was said */
	if (edge->told && !has_no_source(edge))
		log_line(LOG_NOTICE, "vrrp on %s: open again",
			 daemon->core_settings->interfaces[edge->interface]);
	edge->told = edge->told && has_no_source(edge);
	edge->retry_us = TIMER_NEVER;
	edge->back_off_us = BACK_OFF_FIRST_US;
}

void vrrp_edge_opened(struct daemon *daemon, const struct opener_reply *reply,
		      const struct link_kind *kind)
{
	struct opener_reply mine = *reply;

	for (unsigned i = 0; i < daemon->settings->instance_count; i++) {
		struct vrrp_edge *edge = &daemon->vrrp[i];

		if (!edge->asking ||
		    (reply->subject != opener_subject(daemon, i) &&
		     reply->subject != OPENER_ALL))
			continue;
		opened(daemon, edge, &mine);
		mine.opened.count = 0;
	}
	/* of nobody who asked */
	opener_close(daemon, kind, mine.opened.fds, mine.opened.count);
}

/* By the timer: those whose turn it is. */
void vrrp_edge_open(struct daemon *daemon)
{
	int64_t now_us = clock_now_us();

	for (unsigned i = 0; i < daemon->settings->instance_count; i++) {
		struct vrrp_edge *edge = &daemon->vrrp[i];

		if (is_open(edge) || edge->asking)
			continue;
		if (edge->retry_us <= now_us)
			open_one(daemon, edge);
		else if (edge->retry_us < daemon->loop.due_us[TIMER_VRRP])
			loop_set_timer(&daemon->loop, TIMER_VRRP,
				       edge->retry_us);
	}
}

/*
 * The keeper reports: now is a good moment to open. And the core takes it for
 * another cable (R3): what does not leave by that one is told anew.
 */
void vrrp_edge_carrier(struct daemon *daemon, unsigned interface, bool up)
{
	for (unsigned i = 0; i < daemon->settings->instance_count; i++) {
		struct vrrp_edge *edge = &daemon->vrrp[i];

		if (edge->interface != interface)
			continue;
		edge->unsent = false;
		if (!up)
			continue;
		edge->back_off_us = BACK_OFF_FIRST_US;
		open_one(daemon, edge);
	}
}

/*
 * R3: three in a row, since the last was read back before this one was sent
 * unless something between us and the card holds it up.
 */
#define UNSEEN_MOST  3
#define TRY_AFTER_US 1000000

/* The core is told after the step that ordered the advert. */
static void note_sending(struct daemon *daemon, struct vrrp_edge *edge, bool is,
			 const char *why)
{
	const char *short_why;

	if (edge->unsent != is)
		return;
	edge->unsent = !is;
	edge->owed = daemon->vrrp_owes = true;
	/* "vrrp on eth0: " stands in the log; the alert names the instance */
	short_why = why ? strstr(why, ": ") : NULL;
	snprintf(edge->why, sizeof(edge->why), "%s",
		 short_why && strncmp(why, "vrrp on ", 8) == 0 ? short_why + 2
		 : why					       ? why
							       : "");
}

static void note_sent(struct daemon *daemon, struct vrrp_edge *edge)
{
	char why[TEXT_MAX];

	if (!hear_edge_sees(daemon, edge->interface))
		edge->unseen = 0;
	else
		edge->unseen++;
	if (edge->unseen > UNSEEN_MOST) {
		edge->swallowed = true;
		hear_edge_watch(daemon, edge->interface, true);
		snprintf(why, sizeof(why),
			 "they are sent, but never seen to leave %s: a rule "
			 "at egress (tc, nftables) or its queue swallows them",
			 daemon->core_settings->interfaces[edge->interface]);
		note_sending(daemon, edge, false, why);
	} else if (!edge->swallowed) {
		note_sending(daemon, edge, true, NULL);
	}
}

void vrrp_edge_count_anew(struct daemon *daemon, unsigned interface)
{
	for (unsigned i = 0; i < daemon->settings->instance_count; i++)
		if (daemon->vrrp[i].interface == interface)
			daemon->vrrp[i].ear_sent = daemon->vrrp[i].ear_seen = 0;
}

/* Did we send it? By what it says, and by how many there are of its kind. */
static bool is_ours(struct vrrp_edge *edge, const struct ear_frame *frame)
{
	struct ip source = vrrp_source(edge->vrrp);

	if (edge->ordered_us == 0 || ip_compare(&frame->source, &source) != 0 ||
	    (frame->priority != edge->priority &&
	     frame->priority != edge->priority_before))
		return false;
	/* one may have been on its way when we began to listen */
	return ++edge->ear_seen <= edge->ear_sent + MORE_SEEN_MOST;
}

static void tell_beside(struct daemon *daemon, unsigned instance,
			const struct ear_frame *frame)
{
	struct event event = {.type = EVENT_ADVERT_BESIDE};

	event.advert.instance = instance;
	event.advert.source = frame->source;
	event.advert.priority = frame->priority;
	daemon_feed(daemon, &event);
}

void vrrp_edge_seen(struct daemon *daemon, unsigned interface,
		    const struct ear_frame *frame)
{
	uint8_t vrid = frame->vrid;
	bool is_v6 = !ip_is_v4(&frame->source), watch = false;

	for (unsigned i = 0; i < daemon->settings->instance_count; i++) {
		struct vrrp_edge *edge = &daemon->vrrp[i];

		if (edge->interface != interface ||
		    settings_instance_is_v6(daemon->settings,
					    &daemon->settings->instances[i]) !=
			    is_v6)
			continue;
		if (vrid == daemon->settings->instances[i].vrid &&
		    !is_ours(edge, frame)) {
			tell_beside(daemon, i, frame);
		} else if (vrid == daemon->settings->instances[i].vrid ||
			   (vrid == VRRP_TRY_VRID && edge->unseen > 0)) {
			edge->unseen = 0;
			edge->swallowed = false;
			note_sending(daemon, edge, true, NULL);
		}
		watch = watch || edge->swallowed;
	}
	hear_edge_watch(daemon, interface, watch);
}

bool vrrp_edge_feed_owed(struct daemon *daemon)
{
	bool any = false;

	/* after each event: not with a walk over 255 of them */
	if (!daemon->vrrp_owes)
		return false;
	daemon->vrrp_owes = false;
	for (unsigned i = 0; i < daemon->settings->instance_count; i++) {
		struct vrrp_edge *edge = &daemon->vrrp[i];
		struct event event = {.type = EVENT_SENDING_CHANGED};

		any = tell_ears(daemon, edge, false) || any;
		if (!edge->owed)
			continue;
		edge->owed = false;
		any = true;
		event.sending.instance = i;
		event.sending.is = !edge->unsent;
		event.sending.text = edge->why;
		daemon_feed(daemon, &event);
	}
	return any;
}

/*
 * Who gave the instance away since its adverts did not leave sends none any
 * more: it tries, once a second, with a packet that is nobody's.
 */
static void try_again(struct daemon *daemon, struct vrrp_edge *edge)
{
	char error[TEXT_MAX];
	int64_t now_us = clock_now_us();

	if (!edge->unsent || !is_open(edge) ||
	    now_us - edge->ordered_us < TRY_AFTER_US)
		return;
	if (vrrp_try(edge->vrrp, error, sizeof(error)) == 0)
		note_sent(daemon, edge);
	else if (has_no_source(edge))
		lose(daemon, edge, error); /* the opener looks for one */
}

uint32_t vrrp_edge_source(const struct daemon *daemon, unsigned interface)
{
	for (unsigned i = 0; i < daemon->settings->instance_count; i++) {
		struct ip source = vrrp_source(daemon->vrrp[i].vrrp);

		if (daemon->vrrp[i].interface == interface &&
		    !daemon->vrrp[i].unsent && ip_is_v4(&source))
			return ip_to_v4(&source);
	}
	return 0;
}

/*
 * R12: signed by us, for the keeper to say when we are no more. Who sends no
 * advert has nothing to resign.
 */
static void leave_last_word(struct daemon *daemon, struct vrrp_edge *edge)
{
	uint8_t signature[VRRP_SIGNATURE_SIZE];
	struct ip source = vrrp_source(edge->vrrp);

	if (edge->word_of == daemon->core.generation ||
	    !vrrp_sign_last(edge->vrrp, daemon->core.generation, signature))
		return;
	edge->word_of = daemon->core.generation;
	keeper_take_resignation(daemon, (unsigned)(edge - daemon->vrrp),
				&source, signature);
}

void vrrp_edge_forget_words(struct daemon *daemon)
{
	for (unsigned i = 0; i < daemon->settings->instance_count; i++)
		daemon->vrrp[i].word_of = 0;
}

void vrrp_edge_note(struct daemon *daemon, unsigned instance, const char *to,
		    const char *proof, int64_t now_us)
{
	struct vrrp_tally *tally = vrrp_tally(daemon->vrrp[instance].vrrp);
	bool is_master = !strcmp(to, "MASTER");

	if (is_master) {
		tally->masters++;
		tally->proof = proof;
	}
	if (!is_master && strcmp(to, "BACKUP") != 0)
		tally->up_us = 0;
	else if (!tally->up_us)
		tally->up_us = now_us;
}

void vrrp_edge_send(struct daemon *daemon, unsigned instance, uint8_t priority)
{
	struct vrrp_edge *edge = &daemon->vrrp[instance];
	int64_t now_us;
	struct ip source;
	char error[TEXT_MAX];

	edge->ordered_us = clock_now_us();
	if (priority != edge->priority)
		edge->priority_before = edge->priority;
	edge->priority = priority;
	edge->ear_sent++;
	if (!is_open(edge)) {
		note_sending(daemon, edge, false,
			     "its VRRP sockets are not open");
		return;
	}
	leave_last_word(daemon, edge);
	if (vrrp_send(edge->vrrp, priority, daemon->core.generation, error,
		      sizeof(error)) == 0) {
		note_sent(daemon, edge);
		if (edge->complained_us != 0)
			log_line(LOG_NOTICE, "%s: adverts go out again",
				 daemon->settings->instances[instance].name);
		edge->complained_us = 0;
		return;
	}
	note_sending(daemon, edge, false, error);
	now_us = clock_now_us();
	if (edge->complained_us == 0 ||
	    now_us - edge->complained_us > COMPLAINT_US) {
		edge->complained_us = now_us;
		log_line(LOG_ERR, "%s", error);
	}
	/* To ask the kernel for its addresses takes RTNL: the opener does. */
	source = vrrp_source(edge->vrrp);
	if (ip_is_none(&source))
		lose(daemon, edge, error);
}

/* Each second: does the local firewall drop what only we see? */
void vrrp_edge_check_filter(struct daemon *daemon)
{
	for (unsigned i = 0; i < daemon->settings->instance_count; i++) {
		struct vrrp_edge *edge = &daemon->vrrp[i];
		struct event event;
		bool is;

		try_again(daemon, edge);
		tell_ears(daemon, edge, false);
		is = is_open(edge) && vrrp_is_filtered(edge->vrrp);
		if (is == edge->filtered)
			continue;
		edge->filtered = is;
		event = (struct event){.type = EVENT_FIREWALL_SEEN};
		event.firewall.instance = i;
		event.firewall.is = is;
		daemon_feed(daemon, &event);
	}
}

bool vrrp_edge_is_open(const struct daemon *daemon, unsigned instance)
{
	return is_open(&daemon->vrrp[instance]);
}

void vrrp_edge_discard(struct daemon *daemon)
{
	for (unsigned p = 0; p < VRRP_PORTS_MAX; p++)
		if (daemon->vrrp_ports[p].port)
			vrrp_port_discard(daemon->vrrp_ports[p].port);
}

static int begin(struct daemon *daemon, const struct settings *settings,
		 unsigned i, struct vrrp_edge *edge)
{
	struct ip addresses[VRRP_ADDRESSES_MAX];
	struct vrrp_options options;

	vrrp_options_make(daemon, settings, i, addresses, &options);
	edge->retry_us = TIMER_NEVER;
	edge->back_off_us = BACK_OFF_FIRST_US;
	edge->vrrp = vrrp_new(&options);
	return edge->vrrp ? 0 : -1;
}

static void join(struct daemon *daemon, const struct core_settings *core,
		 unsigned i)
{
	struct vrrp_edge *edge = &daemon->vrrp[i];

	edge->interface = core->instances[i].interface;
	vrrp_join(edge->vrrp, port_of(daemon, edge)->port);
}

static void show(struct daemon *daemon, unsigned i)
{
	struct vrrp *vrrp = daemon->vrrp[i].vrrp;

	daemon->view.vrrp[i] = vrrp ? vrrp_counters(vrrp) : NULL;
	daemon->view.vrrps[i] = vrrp;
	daemon->view.vrrp_drops[i] = vrrp ? vrrp_drop_counters(vrrp) : NULL;
}

int vrrp_edge_init(struct daemon *daemon)
{
	const struct settings *settings = daemon->settings;

	daemon->vrrp = calloc(INSTANCES_MAX, sizeof(*daemon->vrrp));
	daemon->vrrp_ports = vrrp_ports_new(settings, daemon->core_settings);
	if (!daemon->vrrp || !daemon->vrrp_ports)
		return -1;
	for (unsigned i = 0; i < settings->instance_count; i++) {
		if (begin(daemon, settings, i, &daemon->vrrp[i]) < 0)
			return -1;
		join(daemon, daemon->core_settings, i);
		show(daemon, i);
	}
	return 0;
}

void vrrp_edge_give_back(struct daemon *daemon, unsigned instances)
{
	realtime_give_back(&daemon->vrrp[instances],
			   (INSTANCES_MAX - instances) *
				   sizeof(daemon->vrrp[0]));
}

/* ---- a reload ---- */

void vrrp_edge_abandon(struct daemon *daemon)
{
	for (unsigned k = 0; daemon->vrrp_next && k < INSTANCES_MAX; k++)
		vrrp_free(daemon->vrrp_next[k].vrrp);
	free(daemon->vrrp_next);
	daemon->vrrp_next = NULL;
	vrrp_ports_free(daemon->vrrp_ports_next);
	daemon->vrrp_ports_next = NULL;
}

int vrrp_edge_prepare(struct daemon *daemon, const struct reload_change *change)
{
	const struct settings *settings = change->new;

	daemon->vrrp_next = calloc(INSTANCES_MAX, sizeof(*daemon->vrrp_next));
	daemon->vrrp_ports_next = vrrp_ports_new(settings, change->new_core);
	for (unsigned k = 0; daemon->vrrp_next && daemon->vrrp_ports_next &&
			     k < settings->instance_count;
	     k++)
		/* also where one goes on: whatever it takes, it is there */
		if (begin(daemon, settings, k, &daemon->vrrp_next[k]) < 0) {
			vrrp_edge_abandon(daemon);
			return -1;
		}
	if (daemon->vrrp_next && daemon->vrrp_ports_next)
		return 0;
	vrrp_edge_abandon(daemon);
	return -1;
}

/*
 * Takes what it was, and goes on with it under the new settings. False: it has
 * to be opened anew.
 */
static bool go_on(struct daemon *daemon, const struct core_settings *core,
		  const struct vrrp_edge *from, unsigned k)
{
	struct vrrp_edge *edge = &daemon->vrrp[k];
	struct ip addresses[VRRP_ADDRESSES_MAX];
	struct vrrp_options options;
	struct ip source = vrrp_source(from->vrrp);
	bool was_open = is_open(from), is_same;

	vrrp_free(edge->vrrp);
	*edge = *from;
	edge->asking = edge->asks_sockets = false;
	edge->word_of = 0;
	vrrp_options_make(daemon, daemon->settings, k, addresses, &options);
	is_same = vrrp_change(edge->vrrp, &options) &&
		  !settings_is_virtual(daemon->settings, &source);
	join(daemon, core, k);
	if (!was_open)
		plan_open(daemon, edge);
	return !was_open || (is_same && is_open(edge));
}

/* It was made when the old key counted. */
static void take_key(struct daemon *daemon, unsigned k)
{
	struct ip addresses[VRRP_ADDRESSES_MAX];
	struct vrrp_options options;

	vrrp_options_make(daemon, daemon->settings, k, addresses, &options);
	vrrp_change(daemon->vrrp[k].vrrp, &options);
}

void vrrp_edge_commit(struct daemon *daemon, const struct reload_change *change)
{
	struct vrrp_edge *old = daemon->vrrp;
	const unsigned count = change->old->instance_count;
	bool anew[INSTANCES_MAX] = {false};

	vrrp_ports_move(daemon, daemon->vrrp_ports_next);
	daemon->vrrp_ports_next = NULL;
	daemon->vrrp = daemon->vrrp_next;
	daemon->vrrp_next = NULL;
	for (unsigned k = 0; k < change->new->instance_count; k++) {
		int i = reload_from(change->map->instances, count, k);

		if (i >= 0) {
			anew[k] = !go_on(daemon, change->new_core, &old[i], k);
			old[i].vrrp = NULL;
		} else {
			take_key(daemon, k);
			join(daemon, change->new_core, k);
		}
		daemon->vrrp[k].ear_sent = daemon->vrrp[k].ear_seen = 0;
	}
	/* all have joined: a port that is used is not closed */
	for (unsigned k = 0; k < INSTANCES_MAX; k++) {
		if (anew[k])
			lose(daemon, &daemon->vrrp[k],
			     "vrrp: new settings: opened anew");
		show(daemon, k);
	}
	for (unsigned i = 0; i < count; i++)
		vrrp_free(old[i].vrrp);
	free(old);
	vrrp_ports_go_on(daemon);
	loop_set_timer(&daemon->loop, TIMER_VRRP, clock_now_us());
}
