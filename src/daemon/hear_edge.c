/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The hearing test (R3): while the core wants it, asks by ARP and by
 * neighbour discovery on an instance's interface for the peer and the gateways
 * of its routes, and tells who is heard; and whether our own adverts are seen
 * on their way out. Decides nothing about what that means.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "daemon.h"
#include "hear_edge.h"
#include "opener_edge.h"
#include "vrrp_edge.h"
#include "../base/log.h"
#include "../link/ear.h"
#include "../link/vrrp/vrrp.h"

#define ASK_EVERY_US   200000
#define TELL_EVERY_US  100000
#define WIDEN_EVERY_US 1000000
#define LOOK_EVERY_US  1000000
#define READS_MAX      16
/* longer than keepalived's own interval, if nobody has set another */
#define LISTEN_FOR_US	1200000
#define LISTEN_AGAIN_US 40000000
/* When the question to the peer (R18) is out, and before it is judged that it
 * does not answer: links.hurry_ms is 10 at least. */
#define EXPECT_AFTER_US 5000
/* longer than links.hurry_ms is by far */
#define EXPECT_FOR_US 1000000

#define HEAR_GATEWAYS_MAX   8
#define HEAR_NEIGHBOURS_MAX 8
/* A hearing test on one interface (R3). */
struct hear_edge {
	struct source source;
	struct ear ear;
	bool on;    /* the core wants it */
	bool watch; /* adverts of ours were swallowed: are they seen again? */
	int64_t listen_us; /* until then: does another daemon send beside us? */
	bool is_wide, complained;
	int64_t widen_us, looked_us, told_us[CORE_STATIONS];
	unsigned gateway_count, neighbour_count;
	struct ip gateways[2 * HEAR_GATEWAYS_MAX]; /* of each family */
	struct ip neighbours[HEAR_NEIGHBOURS_MAX];
	uint8_t peer_mac[EAR_MAC_SIZE], gateway_mac[EAR_MAC_SIZE];
};

static bool is_known_mac(const uint8_t mac[EAR_MAC_SIZE])
{
	static const uint8_t nobody[EAR_MAC_SIZE];

	return memcmp(mac, nobody, EAR_MAC_SIZE) != 0;
}

static bool same_mac(const uint8_t a[EAR_MAC_SIZE],
		     const uint8_t b[EAR_MAC_SIZE])
{
	return is_known_mac(a) && memcmp(a, b, EAR_MAC_SIZE) == 0;
}

static bool is_peer_address(const struct daemon *daemon,
			    const struct ip *address)
{
	const struct settings *settings = daemon->settings;
	const struct settings_node *peer = &settings->nodes[1 - settings->self];

	for (unsigned i = 0; i < peer->address_count; i++)
		if (ip_compare(&peer->addresses[i], address) == 0)
			return true;
	if (!ip_is_v4(address) || ip_to_v4(address) == 0)
		return false;
	/* R7: further ones that its own statement told */
	for (unsigned i = 0; i < settings->instance_count; i++)
		if (peer_source_of(&daemon->core, i) == ip_to_v4(address))
			return true;
	return false;
}

static bool is_gateway(const struct hear_edge *edge, const struct ip *address)
{
	for (unsigned i = 0; i < edge->gateway_count; i++)
		if (ip_compare(&edge->gateways[i], address) == 0)
			return true;
	return false;
}

/*
 * Whose frame it is: by the address that it claims, then by the card that the
 * address was seen with. A gateway that answers for the peer (proxy ARP) is
 * the gateway.
 */
static enum core_station who_is(const struct daemon *daemon,
				struct hear_edge *edge,
				const struct ear_frame *frame)
{
	if (frame->kind == EAR_HOLDER && is_gateway(edge, &frame->sender)) {
		memcpy(edge->gateway_mac, frame->mac, EAR_MAC_SIZE);
		return CORE_STATION_ASKED;
	}
	if (frame->kind == EAR_HOLDER &&
	    is_peer_address(daemon, &frame->sender) &&
	    !same_mac(edge->gateway_mac, frame->mac)) {
		memcpy(edge->peer_mac, frame->mac, EAR_MAC_SIZE);
		return CORE_STATION_PEER;
	}
	return same_mac(edge->peer_mac, frame->mac) ? CORE_STATION_PEER
						    : CORE_STATION_OTHER;
}

struct taker {
	struct daemon *daemon;
	struct hear_edge *edge;
};

static void take_frame(void *arg, const struct ear_frame *frame)
{
	struct taker *taker = arg;
	struct hear_edge *edge = taker->edge;
	struct event event = {.type = EVENT_STATION_HEARD};
	int64_t now_us = clock_now_us();

	if (frame->kind == EAR_ADVERT_OUT) {
		vrrp_edge_seen(taker->daemon, edge->source.index, frame);
		return;
	}
	event.station.interface = edge->source.index;
	event.station.who = who_is(taker->daemon, edge, frame);
	/* the next one is no news */
	if (!edge->on ||
	    now_us - edge->told_us[event.station.who] < TELL_EVERY_US)
		return;
	edge->told_us[event.station.who] = now_us;
	if (edge->is_wide) {
		edge->is_wide = false;
		edge->widen_us = now_us + WIDEN_EVERY_US;
		ear_widen(&edge->ear, false);
	}
	daemon_feed(taker->daemon, &event);
}

static void close_ear(struct daemon *daemon, struct hear_edge *edge)
{
	int fd = edge->source.fd;

	if (fd < 0)
		return;
	loop_remove(&daemon->loop, &edge->source);
	edge->ear.fd = -1;
	/* A tap's end waits until no processor is in it: not here. */
	opener_close(daemon, &link_vrrp, &fd, 1);
}

static void hear_ready(struct daemon *daemon, struct source *source,
		       uint32_t events)
{
	struct hear_edge *edge = &daemon->hear[source->index];
	struct taker taker = {daemon, edge};
	int result = 1;

	(void)events;
	for (unsigned i = 0; i < READS_MAX && result > 0 && source->fd >= 0;
	     i++)
		result = ear_receive(&edge->ear, take_frame, &taker);
	/* it is opened again by the timer */
	if (result < 0)
		close_ear(daemon, edge);
}

/*
 * Whom there is to ask. Routes and the kernel's ARP table go with an interface
 * that is taken down, and come back when somebody brings them: what was known
 * is asked meanwhile, and what is new is soon found.
 */
static void look_around(struct hear_edge *edge, const char *interface)
{
	struct ip gateways[2 * HEAR_GATEWAYS_MAX];
	struct ip neighbours[HEAR_NEIGHBOURS_MAX];
	unsigned count = ear_gateways(interface, gateways, HEAR_GATEWAYS_MAX);

	count +=
		ear_gateways_v6(interface, gateways + count, HEAR_GATEWAYS_MAX);
	if (count > 0) {
		memcpy(edge->gateways, gateways, count * sizeof(gateways[0]));
		edge->gateway_count = count;
	}
	count = ear_neighbours(interface, neighbours, HEAR_NEIGHBOURS_MAX);
	if (count > 0) {
		memcpy(edge->neighbours, neighbours,
		       count * sizeof(neighbours[0]));
		edge->neighbour_count = count;
	}
	edge->looked_us = clock_now_us();
}

static void open_ear(struct daemon *daemon, struct hear_edge *edge)
{
	const char *interface =
		daemon->core_settings->interfaces[edge->source.index];
	char error[TEXT_MAX];

	if (ear_open(&edge->ear, interface, error, sizeof(error)) < 0) {
		if (!edge->complained)
			log_line(LOG_WARNING, "%s", error);
		edge->complained = true;
		return;
	}
	edge->complained = false;
	edge->source.fd = edge->ear.fd;
	edge->is_wide = true;
	vrrp_edge_count_anew(daemon, edge->source.index);
	if (loop_add(&daemon->loop, &edge->source, EPOLLIN) < 0)
		close_ear(daemon, edge);
	look_around(edge, interface);
}

static void ask_all(struct daemon *daemon, struct hear_edge *edge)
{
	const struct settings *settings = daemon->settings;
	const struct settings_node *peer = &settings->nodes[1 - settings->self];
	uint32_t source = vrrp_edge_source(daemon, edge->source.index);
	const char *interface =
		daemon->core_settings->interfaces[edge->source.index];

	for (unsigned i = 0; i < peer->address_count; i++)
		ear_ask_any(&edge->ear, interface, source, &peer->addresses[i]);
	for (unsigned i = 0; i < settings->instance_count; i++) {
		uint32_t told = peer_source_of(&daemon->core, i);

		if (daemon->core_settings->instances[i].interface ==
			    edge->source.index &&
		    told != 0)
			ear_ask(&edge->ear, source, told);
	}
	for (unsigned i = 0; i < edge->gateway_count; i++)
		ear_ask_any(&edge->ear, interface, source, &edge->gateways[i]);
	/* Without a gateway any station's frame will do (R3), but one that says
	 * nothing for a while is not gone: a pair alone with a management
	 * station would else call itself deaf. */
	for (unsigned i = 0; i < edge->neighbour_count; i++)
		ear_ask_any(&edge->ear, interface, source,
			    &edge->neighbours[i]);
}

/* By the timer, while any test runs. */
void hear_edge_ask(struct daemon *daemon)
{
	int64_t now_us = clock_now_us();
	bool any = false;

	for (unsigned i = 0; i < daemon->core_settings->interface_count; i++) {
		struct hear_edge *edge = &daemon->hear[i];

		if (!edge->on && !edge->watch && now_us >= edge->listen_us) {
			close_ear(daemon, edge);
			continue;
		}
		any = true;
		if (edge->source.fd < 0)
			open_ear(daemon, edge);
		if (edge->source.fd >= 0 && !edge->on && edge->is_wide) {
			edge->is_wide = false;
			ear_widen(&edge->ear, false);
		}
		if (edge->source.fd < 0 || !edge->on)
			continue;
		if (!edge->is_wide && now_us >= edge->widen_us) {
			edge->is_wide = true;
			ear_widen(&edge->ear, true);
		}
		if (now_us - edge->looked_us >= LOOK_EVERY_US)
			look_around(edge, daemon->core_settings->interfaces[i]);
		ask_all(daemon, edge);
	}
	if (any)
		loop_set_timer(&daemon->loop, TIMER_HEAR,
			       now_us + ASK_EVERY_US);
}

void hear_edge_probe(struct daemon *daemon, unsigned interface, bool on)
{
	daemon->hear[interface].on = on;
	/* at once, but not from within a step of the core */
	loop_set_timer(&daemon->loop, TIMER_HEAR, clock_now_us());
}

/*
 * A line fell (R18): it may have to be asked soon whether anybody is heard, and
 * half a millisecond of that is the opening. What is heard before the core
 * wants the test counts for nothing, as ever (R3).
 */
void hear_edge_expect(struct daemon *daemon)
{
	int64_t now_us = clock_now_us();

	if (daemon->core_settings->hurry_ms == 0)
		return;
	for (unsigned i = 0; i < daemon->core_settings->interface_count; i++)
		if (daemon->hear[i].listen_us < now_us + EXPECT_FOR_US)
			daemon->hear[i].listen_us = now_us + EXPECT_FOR_US;
	if (daemon->loop.due_us[TIMER_HEAR] > now_us + EXPECT_AFTER_US)
		loop_set_timer(&daemon->loop, TIMER_HEAR,
			       now_us + EXPECT_AFTER_US);
}

/* True: what leaves by the interface is seen since at least one round. */
bool hear_edge_sees(const struct daemon *daemon, unsigned interface)
{
	return daemon->hear[interface].source.fd >= 0;
}

/* Adverts that were swallowed are looked for until one is seen. */
void hear_edge_watch(struct daemon *daemon, unsigned interface, bool on)
{
	daemon->hear[interface].watch = on;
	if (on)
		loop_set_timer(&daemon->loop, TIMER_HEAR, clock_now_us());
}

/*
 * A keepalived that was left running on this very machine sends from our own
 * address; no socket but one that sees what leaves tells of it. Not all the
 * time: such a tap costs a copy of every frame that is sent.
 */
void hear_edge_second(struct daemon *daemon)
{
	int64_t now_us = clock_now_us();

	for (unsigned i = 0; i < daemon->settings->instance_count; i++) {
		struct hear_edge *edge =
			&daemon->hear[daemon->core_settings->instances[i]
					      .interface];

		if (!vrrp_edge_is_open(daemon, i) ||
		    now_us - edge->listen_us < LISTEN_AGAIN_US)
			continue;
		edge->listen_us = now_us + LISTEN_FOR_US;
		loop_set_timer(&daemon->loop, TIMER_HEAR, now_us);
	}
}

/* R11: what is buffered is old. */
void hear_edge_discard(struct daemon *daemon)
{
	for (unsigned i = 0; i < daemon->core_settings->interface_count; i++)
		close_ear(daemon, &daemon->hear[i]);
}

/* They are by place: what still is to be heard begins anew. */
void hear_edge_commit(struct daemon *daemon, const struct reload_change *change)
{
	(void)change;
	for (unsigned i = 0; i < CORE_INTERFACES_MAX; i++) {
		struct hear_edge *edge = &daemon->hear[i];

		close_ear(daemon, edge);
		*edge = (struct hear_edge){
			.source = {-1, LOOP_LINK, i, hear_ready}};
		edge->ear.fd = -1;
	}
}

int hear_edge_init(struct daemon *daemon)
{
	daemon->hear = calloc(CORE_INTERFACES_MAX, sizeof(*daemon->hear));
	if (!daemon->hear)
		return -1;
	for (unsigned i = 0; i < CORE_INTERFACES_MAX; i++) {
		daemon->hear[i].source =
			(struct source){-1, LOOP_LINK, i, hear_ready};
		daemon->hear[i].ear.fd = -1;
	}
	return 0;
}
