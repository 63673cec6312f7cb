/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counting is on the way of every step: it looks up, adds, and no more. */
#include "coverage.h"

#include <stdio.h>

#include "../../src/core/internal.h"

static const char *const names[SEEN_EVENTS] = {
	"tick",
	"statement",
	"obituary",
	"own echo",
	"advert",
	"advert dropped",
	"advert of priority 0",
	"foreign advert",
	"firewall",
	"adverts leave",
	"adverts do not leave",
	"peer answers ARP",
	"gateway answers ARP",
	"another station",
	"link opened",
	"link broken",
	"noise: MAC",
	"noise: framing",
	"noise: loop",
	"beat dropped",
	"carrier up",
	"carrier lost",
	"line up",
	"line fell",
	"checks unknown",
	"checks good",
	"checks doubted",
	"checks bad",
	"servers unknown",
	"servers seen",
	"no servers",
	"keeper ready",
	"keeper lost",
	"keeper hangs",
	"look: unknown",
	"look: held",
	"look: gone",
	"claim done",
	"claim failed",
	"VIP mended",
	"alien stays",
	"alien gone",
	"release done",
	"release failed",
	"fence stepped",
	"fence unknown",
	"fence failed",
	"fence off",
	"fence already off",
	"fence on",
	"fence read",
	"fence outrun",
	"fencer lost",
	"process died",
	"store fails",
	"store works",
	"asked nothing",
	"asked fence off",
	"asked fence on",
	"asked fence reboot",
	"asked fence status",
	"asked confirm",
	"asked handover",
	"asked standby",
	"asked online",
	"asked maintenance on",
	"asked maintenance off",
	"answered",
	"stop asked",
};

static enum coverage_event advert_kind(const struct core *core,
				       const struct event *event)
{
	const struct core_node *peer = &core->settings->nodes[core->peer_index];

	if (ip_compare(&event->advert.source, &peer->addresses[0]) != 0)
		return SEEN_ADVERT_FOREIGN;
	if (event->advert.verdict == CORE_ADVERT_DROPPED)
		return SEEN_ADVERT_DROPPED;
	return event->advert.priority ? SEEN_ADVERT : SEEN_ADVERT_ZERO;
}

static enum coverage_event kind_of(const struct core *core,
				   const struct event *event)
{
	switch (event->type) {
	case EVENT_TICK:
		return SEEN_TICK;
	case EVENT_BEAT_HEARD:
		if (event->beat.beat.sender == core->self)
			return SEEN_ECHO;
		return event->beat.beat.type == BEAT_OBITUARY ? SEEN_OBITUARY
							      : SEEN_STATEMENT;
	case EVENT_ADVERT_HEARD:
		return advert_kind(core, event);
	case EVENT_FIREWALL_SEEN:
		return SEEN_FIREWALL;
	case EVENT_SENDING_CHANGED:
		return event->sending.is ? SEEN_SENT : SEEN_UNSENT;
	case EVENT_SOURCE_KNOWN:
	case EVENT_EARS_CHANGED: /* R16: plain_lab.c */
		return SEEN_SENT;
	case EVENT_STATION_HEARD:
		return SEEN_STATION + (unsigned)event->station.who;
	case EVENT_LINK_OPENED:
		return SEEN_LINK_OPENED;
	case EVENT_LINK_BROKEN:
	case EVENT_LINK_CHANGED: /* after it was opened again: an alert */
		return SEEN_LINK_BROKEN;
	case EVENT_LINK_NOISE:
		return SEEN_NOISE_MAC + (unsigned)event->link.noise;
	case EVENT_BEAT_DROPPED:
		return SEEN_BEAT_DROPPED;
	case EVENT_WIRES_TOLD: /* for people only */
		return SEEN_LINE_UP;
	case EVENT_LINE_CHANGED:
		return event->line.is ? SEEN_LINE_UP : SEEN_LINE_FELL;
	case EVENT_CARRIER_CHANGED:
		return event->carrier.is ? SEEN_CARRIER_UP : SEEN_CARRIER_LOST;
	case EVENT_CHECKS_TOLD:
		return SEEN_CHECKS + (unsigned)event->checks.is;
	case EVENT_BOARD_CHANGED: /* as a word of it */
		return SEEN_SERVERS + CORE_SERVERS_SEEN;
	case EVENT_SERVERS_SEEN:
		return SEEN_SERVERS + (unsigned)event->servers.is;
	case EVENT_KEEPER_READY:
		return SEEN_KEEPER_READY;
	case EVENT_KEEPER_LOST:
		return event->process.ended ? SEEN_KEEPER_LOST
					    : SEEN_KEEPER_HANGS;
	case EVENT_VIP_LOOKED:
		return SEEN_LOOK_UNKNOWN + (unsigned)event->look.is;
	case EVENT_CLAIM_DONE:
		return event->vip.added ? SEEN_CLAIM_DONE : SEEN_CLAIM_FAILED;
	case EVENT_VIP_MENDED:
		return SEEN_VIP_MENDED;
	case EVENT_ADVERT_BESIDE: /* for an alert only */
		return SEEN_PROCESS_DIED;
	case EVENT_VIP_ANSWERED: /* as a carrier: who is not served */
		return event->vip.failed ? SEEN_CARRIER_LOST : SEEN_CARRIER_UP;
	case EVENT_VIP_ALIEN:
		return event->alien.is_stuck ? SEEN_ALIEN_STAYS
					     : SEEN_ALIEN_GONE;
	case EVENT_RELEASE_DONE:
		return event->vip.failed ? SEEN_RELEASE_FAILED
					 : SEEN_RELEASE_DONE;
	case EVENT_FENCE_STEPPED:
		return SEEN_FENCE_STEPPED;
	case EVENT_FENCE_DONE:
		return SEEN_FENCE_UNKNOWN + (unsigned)event->fence.outcome;
	case EVENT_FENCER_LOST:
		return SEEN_FENCER_LOST;
	case EVENT_PROCESS_DIED:
	case EVENT_NOTIFY_CHANGED:
	case EVENT_DIRECTOR_CHANGED:
	case EVENT_WATCHDOG_CHANGED:
	case EVENT_PRIVILEGES_CHANGED: /* the same: for an alert only */
		return SEEN_PROCESS_DIED;
	case EVENT_STORE_CHANGED:
		return event->store.text ? SEEN_STORE_FAILS : SEEN_STORE_WORKS;
	case EVENT_OPERATOR_ASKED:
		return SEEN_ASKED + (unsigned)event->operator_.command;
	case EVENT_CODE_MADE: /* follows from what was done before */
		return SEEN_TICK;
	case EVENT_STOP_ASKED:
		return SEEN_STOP;
	}
	return SEEN_TICK;
}

void coverage_count(struct coverage *coverage, const struct core *core,
		    const struct event *event)
{
	const struct core_settings *settings = core->settings;
	enum coverage_event kind = kind_of(core, event);

	for (unsigned i = 0; i < settings->instance_count; i++) {
		const struct core_instance *instance = &core->instances[i];

		coverage->instance[instance->state][kind]++;
		coverage->advert[instance->vrrp.state][kind]++;
	}
	for (unsigned i = 0; i < CORE_LINKS_MAX; i++)
		if (settings->links[i].configured)
			coverage->link[core->links[i].state][kind]++;
	coverage->fence[core->fence.state][kind]++;
}

static void print_table(const char *what, const uint64_t *table,
			unsigned states, const char *(*state_name)(unsigned))
{
	unsigned seen = 0, column = 0;

	for (unsigned i = 0; i < states * SEEN_EVENTS; i++)
		seen += table[i] != 0;
	printf("(%s, event): %u of %u pairs seen%s\n", what, seen,
	       states * SEEN_EVENTS,
	       seen < states * SEEN_EVENTS ? "; never:" : "");
	for (unsigned s = 0; s < states; s++) {
		column = 0;
		for (unsigned e = 0; e < SEEN_EVENTS; e++) {
			if (table[s * SEEN_EVENTS + e])
				continue;
			if (column == 0)
				column += (unsigned)printf("    %s:",
							   state_name(s));
			if (column > 66) {
				fputs("\n       ", stdout);
				column = 8;
			}
			column += (unsigned)printf(" %s;", names[e]);
		}
		if (column)
			putchar('\n');
	}
}

static const char *name_of_instance_state(unsigned state)
{
	return instance_state_name((enum instance_state)state);
}

static const char *name_of_link_state(unsigned state)
{
	return link_state_name((enum link_state)state);
}

static const char *name_of_fence_state(unsigned state)
{
	static const char *const states[COVERAGE_FENCE_STATES] = {
		"idle",	     "delay",  "running", "verifying",
		"confirmed", "failed", "held"};

	return states[state];
}

void coverage_print(const struct coverage *coverage)
{
	print_table("instance", coverage->instance[0], COVERAGE_INSTANCE_STATES,
		    name_of_instance_state);
	/* the last state of a link is the owner's vrrp alone */
	print_table("link", coverage->link[0], COVERAGE_LINK_STATES - 1,
		    name_of_link_state);
	print_table("vrrp", coverage->advert[0], COVERAGE_LINK_STATES,
		    name_of_link_state);
	print_table("fence", coverage->fence[0], COVERAGE_FENCE_STATES,
		    name_of_fence_state);
}
