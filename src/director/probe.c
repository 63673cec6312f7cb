/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When which server is asked. */
#include "probe.h"

#include <stddef.h>

#define OVERDUE_US    INT64_C(5000000) /* beyond its own time-out */
#define AFTER_LOST_US INT64_C(500000)
#define EARLY_US      INT64_C(100000) /* at most, and this part of its pace */
#define EARLY_PART    10

/* Who asks one asks also those that are due soon: to wake up for each of them
 * costs more than the question. Never later, so no server falls later. */
static int64_t early_of(int64_t pace_us)
{
	int64_t us = pace_us / EARLY_PART;

	return us < EARLY_US ? us : EARLY_US;
}

static int64_t early_us(const struct probe *probe)
{
	return early_of(probe->due_us - probe->begun_us);
}

/* Into the list of those that are longest due; where it is full, the one that
 * has time drops out. */
static unsigned put(struct probe **asked, unsigned count, unsigned most,
		    struct probe *probe)
{
	unsigned at;

	if (count == most && probe->due_us >= asked[count - 1]->due_us)
		return count;
	at = count < most ? count++ : count - 1;
	for (; at > 0 && asked[at - 1]->due_us > probe->due_us; at--)
		asked[at] = asked[at - 1];
	asked[at] = probe;
	return count;
}

unsigned probes_ask_some(struct probes *probes, struct probe **asked,
			 unsigned most, int64_t now_us)
{
	unsigned room = probes->running < probes->parallel
				? probes->parallel - probes->running
				: 0;
	unsigned count = 0;
	bool any = false; /* else who is awake is so for an answer */

	if (most > room)
		most = room;
	for (unsigned i = 0; most > 0 && i < probes->count; i++) {
		struct probe *probe = &probes->list[i];

		if (probe->asks != i || probe->is_running ||
		    probe->due_us - early_us(probe) > now_us)
			continue;
		any = any || probe->due_us <= now_us;
		count = put(asked, count, most, probe);
	}
	if (!any)
		return 0;
	for (unsigned i = 0; i < count; i++) {
		asked[i]->is_running = true;
		asked[i]->begun_us = now_us;
	}
	probes->running += count;
	return count;
}

struct probe *probes_ask(struct probes *probes, int64_t now_us)
{
	struct probe *one;

	return probes_ask_some(probes, &one, 1, now_us) > 0 ? one : NULL;
}

static void stop(struct probes *probes, struct probe *probe)
{
	if (probe->is_running)
		probes->running--;
	probe->is_running = false;
}

/* xorshift32: chance enough to keep checks apart */
static uint32_t draw(struct probes *probes)
{
	uint32_t x = probes->chance ? probes->chance : 2463534242u;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return probes->chance = x;
}

static int64_t interval_us(struct probes *probes, const struct probe *probe,
			   const struct trial *trial)
{
	int64_t us = probe->timing.inter_us, range, least;

	if (!trial->is_passing)
		us = probe->timing.downinter_us;
	if (probe->is_standby && us < probes->standby_us)
		us = probes->standby_us;
	if (trial->against > 0)
		us = probe->timing.fastinter_us;
	/* spread: from less to more by so many percent, and asked early it is
	 * less: so many are asked as the pace has it, not more */
	range = us * probes->spread_percent / 100;
	least = us - range + early_of(us);
	us += range;
	if (least < us)
		us = least +
		     (int64_t)(draw(probes) % (uint64_t)(us - least + 1));
	return us;
}

void probe_answered(struct probes *probes, struct probe *probe,
		    const struct trial *trial, int64_t now_us)
{
	stop(probes, probe);
	probe->is_asked = true;
	probe->unasked = 0;
	probe->asked_us = probe->begun_us;
	/* from its begin: who answers slowly is not asked more rarely */
	probe->due_us = probe->begun_us + interval_us(probes, probe, trial);
	if (probe->due_us < now_us || probe->wanted_us > probe->begun_us)
		probe->due_us = now_us;
}

void probe_serves(struct probes *probes, struct probe *probe, bool serves,
		  int64_t now_us)
{
	int64_t due_us =
		now_us + (int64_t)(draw(probes) %
				   (uint64_t)(probe->timing.fastinter_us + 1));

	if (serves && probe->is_standby && !probe->is_running &&
	    probe->due_us > due_us)
		probe->due_us = due_us;
	probe->is_standby = !serves;
}

void probe_lost(struct probes *probes, struct probe *probe, int64_t now_us)
{
	stop(probes, probe);
	probe->due_us = now_us + AFTER_LOST_US;
}

void probe_unasked(struct probes *probes, struct probe *probe, int64_t now_us)
{
	if (probe->unasked < UINT8_MAX)
		probe->unasked++;
	probe_lost(probes, probe, now_us);
}

static int64_t late_us(const struct probe *probe)
{
	return probe->begun_us + probe->timing.timeout_us + OVERDUE_US;
}

int64_t probes_due_us(const struct probes *probes)
{
	bool is_full = probes->running >= probes->parallel;
	int64_t due_us = INT64_MAX;

	for (unsigned i = 0; i < probes->count; i++) {
		const struct probe *probe = &probes->list[i];
		int64_t at_us = INT64_MAX;

		if (probe->asks != i)
			continue;
		if (probe->is_running)
			at_us = late_us(probe);
		else if (!is_full)
			at_us = probe->due_us;
		due_us = at_us < due_us ? at_us : due_us;
	}
	return due_us;
}

bool probes_are_overdue(const struct probes *probes, int64_t now_us)
{
	for (unsigned i = 0; i < probes->count; i++)
		if (probes->list[i].is_running &&
		    now_us >= late_us(&probes->list[i]))
			return true;
	return false;
}

bool probes_are_through(const struct probes *probes)
{
	for (unsigned i = 0; i < probes->count; i++)
		if (!probes->list[i].is_asked)
			return false;
	return true;
}
