/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * When a link is looked at: one wake-up for a frame. Decides nothing about what
 * comes; before a tick judges, all of it is read (link_edge_drain).
 */
#include <sys/epoll.h>

#include "link_internal.h"

/* How much later than expected a frame may be complete, without a wake-up of
 * its own. */
#define NAP_SLACK_US 300
/* So long before it begins, the next frame is taken to be on its way. */
#define NAP_EARLY_US 1500
/* The longest that an owner leaves unread what a calm peer says. */
#define NAP_PATIENCE_US 100000
/* One that was there when we looked is expected a little sooner next time: it
 * was there before, and nobody knows since when. By this, and by so much of
 * what it took longer than the line needs: to look too soon is one more
 * wake-up. */
#define NAP_EASE_US   5
#define NAP_EASE_PART 32

/*
 * A UART hands up some 8 bytes at a time, and each would wake us. So a link is
 * not waited for while the frame that has begun, or that is expected just now,
 * cannot be complete. The line needs that time anyway, so nothing is heard
 * later for it but by NAP_SLACK_US; before a tick the link is read all the same
 * (link_edge_drain).
 */
int64_t link_line_us(const struct daemon *daemon, const struct link_edge *edge)
{
	return daemon->core_settings->links[number_of(daemon, edge)].frame_us;
}

bool link_is_waited_for(const struct daemon *daemon)
{
	for (unsigned i = 0; i < ASK_SEATS; i++)
		if (daemon->core.asks[i].id != 0)
			return true;
	return daemon->core_settings->hurry_ms > 0 ||
	       daemon->core.drill.phase != DRILL_NONE ||
	       fence_is_busy(&daemon->core) ||
	       daemon->loop.due_us[TIMER_PUSH] != TIMER_NEVER;
}

/*
 * An owner at rest, whose peer serves nothing and wants nothing, reads what the
 * peer says of itself with its own next tick, if that is near: an interval is
 * one wake-up then. Nobody takes over from whom the peer's silence would call,
 * and it loses less than a third of the dead time of what it does not wait for:
 * a want of the peer's operator comes so much later.
 */
static int64_t patience_us(const struct daemon *daemon,
			   const struct link_edge *edge)
{
	const struct beat *heard = &daemon->core.peer.statement;
	int64_t least_us = 2 * link_line_us(daemon, edge);
	int64_t most_us =
		daemon->core_settings->links[number_of(daemon, edge)].dead_ms *
		INT64_C(1000) / 3;

	if (!edge->is_calm || daemon->core.peer.state != PEER_UP ||
	    !set_is_empty(&heard->own) || !set_is_empty(&heard->want) ||
	    !set_is_empty(&heard->ask))
		return 0;
	if (most_us > NAP_PATIENCE_US)
		most_us = NAP_PATIENCE_US;
	return most_us < least_us || link_is_waited_for(daemon) ? least_us
								: most_us;
}

static void note_said(struct link_edge *edge, const struct beat *said)
{
	edge->is_calm =
		!set_is_empty(&said->own) && set_is_empty(&said->want) &&
		set_is_empty(&said->ask) &&
		(said->flags & (BEAT_FLAG_STOPPING | BEAT_FLAG_STUCK |
				BEAT_FLAG_DISAGREE | BEAT_FLAG_ANSWER)) == 0;
}

static void nap(struct daemon *daemon, struct link_edge *edge, int64_t until_us)
{
	if (edge->nap_us == 0)
		loop_change(&daemon->loop, &edge->source, 0);
	edge->nap_us = until_us;
	daemon->loop.nap_patience_us = patience_us(daemon, edge);
	if (until_us < daemon->loop.due_us[TIMER_NAP])
		loop_set_timer(&daemon->loop, TIMER_NAP, until_us);
}

size_t link_begun(const struct link_edge *edge)
{
	return is_open(edge) && kind_of(edge)->begun
		       ? kind_of(edge)->begun(edge->link)
		       : 0;
}

bool link_nap_for_rest(struct daemon *daemon, struct link_edge *edge,
		       size_t before)
{
	size_t whole = beat_wire_size(daemon->settings->instance_count);
	size_t begun = link_begun(edge);

	if (begun == 0 || begun == before || begun >= whole)
		return false;
	nap(daemon, edge,
	    clock_now_us() + link_line_us(daemon, edge) *
				     (int64_t)(whole - begun) / (int64_t)whole);
	return true;
}

static void wake(struct daemon *daemon, struct link_edge *edge)
{
	int64_t next_us = TIMER_NEVER;

	if (is_open(edge))
		loop_change(&daemon->loop, &edge->source, EPOLLIN);
	edge->nap_us = 0;
	/* who was read before the nap's end needs no wake-up then */
	for (unsigned i = 0; i < LINKS_MAX; i++) {
		int64_t nap_us = edge_of(daemon, i)->nap_us;

		if (nap_us != 0 && nap_us < next_us)
			next_us = nap_us;
	}
	loop_set_timer(&daemon->loop, TIMER_NAP, next_us);
}

/* Our next one leaves before patience ends. (The tick that is due may be the
 * one of this turn.) */
static bool can_wait_for_tick(const struct daemon *daemon,
			      const struct link_edge *edge)
{
	int64_t tick_us =
		daemon->core.links[number_of(daemon, edge)].next_send_us;
	int64_t line_us = link_line_us(daemon, edge);

	return tick_us > edge->sent_us + line_us &&
	       tick_us <= edge->sent_us + line_us + patience_us(daemon, edge);
}

/*
 * We have just sent, and where beats keep step (R19) the peer's frame is on its
 * way: it comes so long after ours as the last one did, however late we are.
 */
void link_nap_for_next(struct daemon *daemon, struct link_edge *edge,
		       const struct beat *said)
{
	note_said(edge, said);
	edge->sent_us = clock_now_us();
	/* something moves: the answer is not left to a tick any more */
	if (patience_us(daemon, edge) == 0)
		daemon->loop.nap_patience_us = 0;
	if (!kind_of(edge)->begun || edge->nap_us != 0)
		return;
	if (can_wait_for_tick(daemon, edge)) {
		edge->expected_us = 0; /* and nothing is learned of it */
		nap(daemon, edge, edge->sent_us + link_line_us(daemon, edge));
		return;
	}
	if (edge->after_us == 0 ||
	    edge->after_us > link_line_us(daemon, edge) + NAP_EARLY_US)
		return;
	edge->expected_us = edge->sent_us + edge->after_us;
	nap(daemon, edge, edge->expected_us + NAP_SLACK_US);
}

static int64_t ease_us(const struct daemon *daemon,
		       const struct link_edge *edge)
{
	int64_t more_us = edge->after_us - link_line_us(daemon, edge);

	return NAP_EASE_US + (more_us > 0 ? more_us / NAP_EASE_PART : 0);
}

void link_nap_note_frame(struct daemon *daemon, struct link_edge *edge)
{
	edge->frame_us = clock_now_us();
	if (edge->expected_us != 0 &&
	    edge->nap_us == edge->expected_us + NAP_SLACK_US)
		edge->frame_us = edge->expected_us - ease_us(daemon, edge);
	edge->expected_us = 0;
	edge->after_us = edge->frame_us > edge->sent_us
				 ? edge->frame_us - edge->sent_us
				 : 0;
	/* it came: nothing more to wait for, until we answer it */
	if (edge->nap_us != 0)
		wake(daemon, edge);
}

void link_edge_wake(struct daemon *daemon)
{
	int64_t now_us = clock_now_us();

	for (unsigned i = 0; i < LINKS_MAX; i++) {
		struct link_edge *edge = edge_of(daemon, i);
		int64_t nap_us = edge->nap_us;
		size_t before = link_begun(edge);

		if (nap_us == 0)
			continue;
		if (nap_us > now_us) {
			nap(daemon, edge, nap_us);
			continue;
		}
		if (is_open(edge))
			link_edge_ready(daemon, &edge->source, EPOLLIN);
		/* else a frame came */
		if (edge->nap_us == nap_us &&
		    !link_nap_for_rest(daemon, edge, before))
			wake(daemon, edge);
	}
}

void link_edge_drain(struct daemon *daemon)
{
	for (unsigned i = 0; i < LINKS_MAX; i++) {
		struct link_edge *edge = edge_of(daemon, i);

		/* it fell asleep in this turn: the loop has looked at it, or
		 * still does */
		if (edge->nap_us != 0 && is_open(edge) &&
		    edge->source.events == 0)
			link_edge_ready(daemon, &edge->source, EPOLLIN);
	}
}
