/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R18: physical evidence that the peer lost its power, or let go of a cable:
 * its modem lines fall, or the carrier of a direct link does. It proves
 * nothing. Who sees it asks the peer by every link to answer at once; silence
 * to that is judged after hurry_ms instead of the dead times, and all of R4,
 * R5 and R6 follows as ever. An answer ends it: a pulled cable costs nothing
 * while another way lives.
 */
#include <stdio.h>

#include "internal.h"

/* Who is in a hurry, or was asked, is heard that often in hurry_ms. */
#define WORDS_IN_HURRY 4

static int64_t hurry_us(const struct core *core)
{
	return MS(core->settings->hurry_ms);
}

static bool is_talking(const struct core *core)
{
	return core->now_us < core->hurry.talk_until_us;
}

int64_t hurry_pace_us(const struct core *core, int64_t interval_us)
{
	int64_t pace_us = hurry_us(core) / WORDS_IN_HURRY;

	return is_talking(core) && pace_us < interval_us ? pace_us
							 : interval_us;
}

/*
 * At once by every link, adverts included, and for so long that the peer hears
 * it whenever its own hurry has begun: the two do not see a line fall in the
 * same moment.
 */
void hurry_talk(struct core *core)
{
	core->hurry.talk_until_us = core->now_us + 2 * hurry_us(core);
	core->urgent_beat = true;
	for (unsigned i = 0; i < core->settings->instance_count; i++)
		if (core->instances[i].own)
			core->instances[i].next_advert_us = core->now_us;
}

void hurry_reset(struct core *core)
{
	core->hurry.from_us = core->hurry.talk_until_us = 0;
}

static const char *evidence_text(const struct core *core, unsigned link)
{
	return core->settings->links[link].is_port ? "its modem lines fell"
						   : "its carrier fell";
}

void hurry_answered(struct core *core)
{
	unsigned link = core->hurry.link;

	if (core->hurry.from_us == 0)
		return;
	trace_change(core, CORE_NOTICE, "hurry", -1, "asked", "answered",
		     "link %s: %s, and %s answers after %lld ms: nothing is "
		     "hastened",
		     core->settings->links[link].name,
		     evidence_text(core, link), peer_name(core),
		     (long long)(core->now_us - core->hurry.from_us) / 1000);
	core->hurry.from_us = 0;
}

/* Up to now it was heard there; the rest is judged in a tick. */
void line_changed(struct core *core, const struct event *event)
{
	struct core_link *l = &core->links[event->line.link];

	if (event->line.is)
		l->line_low_us = 0;
	else if (l->line_is_high && l->state == LINK_UP)
		l->line_low_us = core->now_us;
	l->line_is_high = event->line.is;
	/* R18: a glitch, longer than debounce_ms: it is there again */
	if (event->line.is && core->hurry.from_us != 0 &&
	    core->hurry.link == event->line.link)
		core->hurry.from_us = 0;
}

/*
 * Can the peer be asked, and answer, if it lives? By another two-way link;
 * else by adverts, which only an owner sends, and it must have said that it
 * sees this line, too: then it sees it fall and need not be asked. While the
 * files differ nobody knows by which of its links it hears us (R15).
 */
static bool could_answer(const struct core *core, unsigned link)
{
	if (!peer_digest_agrees(core))
		return false;
	for (unsigned i = 0; i < core->links_end; i++)
		if (i != link && core->settings->links[i].configured &&
		    core->links[i].state == LINK_UP)
			return true;
	return adverts_are_alive(core) && (core->peer.lines >> link & 1);
}

/* R1: where silence is the proof (R16, or without fencing) it takes its time.
 */
static bool may_hurry(const struct core *core, unsigned link)
{
	return hurry_us(core) > 0 && core->settings->fence.required &&
	       !peer_is_plain(core) && core->peer.state == PEER_UP &&
	       core->links[link].line_follows && could_answer(core, link);
}

static void line_fell(struct core *core, unsigned link)
{
	struct core_link *l = &core->links[link];

	l->line_low_us = 0; /* this fall was taken */
	if (hurry_us(core) == 0)
		return;
	hurry_talk(core);
	if (!may_hurry(core, link))
		return;
	core->hurry.from_us = core->now_us;
	core->hurry.link = link;
	trace_change(core, CORE_NOTICE, "hurry", -1, "none", "asked",
		     "link %s: %s: %s is asked to answer within %u ms",
		     core->settings->links[link].name,
		     evidence_text(core, link), peer_name(core),
		     core->settings->hurry_ms);
}

static void line_judge(struct core *core, unsigned link)
{
	struct core_link *l = &core->links[link];
	int64_t due_us =
		l->line_low_us + MS(core->settings->links[link].debounce_ms);

	/* what was never seen high while the peer was heard says nothing */
	if (l->line_is_high && l->state == LINK_UP)
		l->line_follows = true;
	if (l->line_low_us == 0)
		return;
	if (core->now_us < due_us)
		core_wake_at(core, due_us);
	else
		line_fell(core, link);
}

/* Nothing was heard since: every link counts as silent (R4, R18). */
static void hurry_conclude(struct core *core)
{
	unsigned link = core->hurry.link;

	for (unsigned i = 0; i < core->links_end; i++)
		if (core->links[i].alive_until_us > core->now_us)
			core->links[i].alive_until_us = core->now_us;
	for (unsigned i = 0; i < core->settings->instance_count; i++)
		if (core->instances[i].vrrp.alive_until_us > core->now_us)
			core->instances[i].vrrp.alive_until_us = core->now_us;
	if (core->vrrp_alive_until_us > core->now_us)
		core->vrrp_alive_until_us = core->now_us;
	/* R4: it fell with its carrier, and was heard till then */
	core->links[link].silent_us =
		core->links[link].is_broken ? core->now_us : 0;
	trace_change(core, CORE_WARNING, "hurry", -1, "asked", "silent",
		     "link %s: %s, and %s did not answer by any link for %lld "
		     "ms: every link counts as down",
		     core->settings->links[link].name,
		     evidence_text(core, link), peer_name(core),
		     (long long)(core->now_us - core->hurry.from_us) / 1000);
	core->hurry.from_us = 0;
}

void hurry_judge(struct core *core)
{
	int64_t until_us;

	for (unsigned i = 0; i < core->links_end; i++)
		if (core->settings->links[i].configured)
			line_judge(core, i);
	if (core->hurry.from_us == 0)
		return;
	/* R11: who woke late has not waited */
	if (core->late_us > core->hurry.from_us)
		core->hurry.from_us = core->late_us;
	until_us = core->hurry.from_us + hurry_us(core);
	if (core->now_us < until_us)
		core_wake_at(core, until_us);
	else
		hurry_conclude(core);
}
