/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See clocks.h. */
#include "clocks.h"

/* Two crystals come apart by no more than one part in so many. */
#define DRIFT 5000

/* The lines that one daemon wrote: they stand together, sorted by number. */
struct run {
	const struct journal *journal;
	unsigned boot;
	uint32_t run;
	size_t first, end;
};

static void find_run(struct run *run, uint32_t wanted)
{
	const struct journal *journal = run->journal;
	size_t i = 0;

	if (run->run == wanted)
		return;
	while (i < journal->count && (journal->lines[i].boot != run->boot ||
				      journal->lines[i].beat.run != wanted))
		i++;
	run->run = wanted;
	run->first = run->end = i;
	while (run->end < journal->count &&
	       journal->lines[run->end].boot == run->boot &&
	       journal->lines[run->end].beat.run == wanted)
		run->end++;
}

/*
 * When the newest frame that beat heard was sent. A stamp has 32 bits of a
 * clock of ms: which of the times, 49 days apart, it is, says the sender's line
 * before that frame.
 */
static bool sent_at(struct run *sender, const struct journal_beat *beat,
		    int64_t *ms)
{
	const struct journal_line *lines = sender->journal->lines;
	size_t first, end;

	find_run(sender, beat->peer_run);
	first = sender->first;
	end = sender->end;
	if (first == end)
		return false;
	while (end - first > 1) {
		size_t middle = first + (end - first) / 2;

		if (lines[middle].beat.sent <= beat->heard)
			first = middle;
		else
			end = middle;
	}
	*ms = lines[first].ms +
	      (int32_t)(beat->clock_ms - (uint32_t)lines[first].ms);
	return true;
}

struct bounds {
	int64_t low_ms, high_ms;
	bool has_low, has_high;
};

static int64_t drift_ms(int64_t a_ms, int64_t b_ms)
{
	return (a_ms > b_ms ? a_ms - b_ms : b_ms - a_ms) / DRIFT;
}

static void bound_low(struct bounds *bounds, int64_t ms)
{
	if (!bounds->has_low || ms > bounds->low_ms)
		bounds->low_ms = ms;
	bounds->has_low = true;
}

static void bound_high(struct bounds *bounds, int64_t ms)
{
	if (!bounds->has_high || ms < bounds->high_ms)
		bounds->high_ms = ms;
	bounds->has_high = true;
}

/*
 * What the lines of hearer say. Each frame is looked at once: it stands in
 * many lines.
 */
static void take_bounds(const struct journal *hearer, unsigned hearer_boot,
			const struct journal *sender, unsigned sender_boot,
			bool is_a, int64_t at_ms, struct bounds *bounds)
{
	struct run from = {.journal = sender, .boot = sender_boot};
	uint32_t run = 0, heard = 0;
	int64_t sent_ms;

	for (size_t i = 0; i < hearer->count; i++) {
		const struct journal_beat *beat = &hearer->lines[i].beat;

		if (hearer->lines[i].boot != hearer_boot ||
		    beat->peer_run == 0 ||
		    (beat->peer_run == run && beat->heard == heard))
			continue;
		run = beat->peer_run;
		heard = beat->heard;
		if (!sent_at(&from, beat, &sent_ms))
			continue;
		if (is_a) /* b's frame, heard by a */
			bound_low(bounds, sent_ms - beat->at_ms -
						  drift_ms(beat->at_ms, at_ms));
		else
			bound_high(bounds, beat->at_ms - sent_ms +
						   drift_ms(sent_ms, at_ms));
	}
}

bool clocks_compare(const struct journal *a, unsigned boot_a,
		    const struct journal *b, unsigned boot_b, int64_t at_ms,
		    struct clocks *clocks)
{
	struct bounds bounds = {.has_low = false};
	int64_t wide;

	*clocks = (struct clocks){.ahead_ms = 0};
	take_bounds(a, boot_a, b, boot_b, true, at_ms, &bounds);
	take_bounds(b, boot_b, a, boot_a, false, at_ms, &bounds);
	if (!bounds.has_low && !bounds.has_high)
		return false;
	if (!bounds.has_low || !bounds.has_high) {
		clocks->is_one_way = true;
		clocks->ahead_ms =
			bounds.has_low ? bounds.low_ms : bounds.high_ms;
		return true;
	}
	wide = bounds.high_ms - bounds.low_ms;
	clocks->is_torn = wide < 0;
	clocks->ahead_ms = bounds.low_ms + wide / 2;
	clocks->error_ms = ((wide < 0 ? -wide : wide) + 1) / 2;
	return true;
}

static bool has_run(const struct journal *journal, uint32_t run)
{
	for (size_t i = 0; run && i < journal->count; i++)
		if (journal->lines[i].beat.run == run)
			return true;
	return false;
}

static uint32_t own_run(const struct journal_beat *beat)
{
	return beat->run;
}

static uint32_t peer_run(const struct journal_beat *beat)
{
	return beat->peer_run;
}

/* Does a name a run, its own or one that it heard, which is one of b's? */
static bool names_run_of(const struct journal *a,
			 uint32_t (*run_of)(const struct journal_beat *),
			 const struct journal *b)
{
	uint32_t run = 0;

	for (size_t i = 0; i < a->count; i++) {
		if (run_of(&a->lines[i].beat) == run)
			continue;
		run = run_of(&a->lines[i].beat);
		if (has_run(b, run))
			return true;
	}
	return false;
}

bool clocks_have_met(const struct journal *a, const struct journal *b)
{
	return names_run_of(a, peer_run, b) || names_run_of(b, peer_run, a);
}

bool clocks_are_same(const struct journal *a, const struct journal *b)
{
	return names_run_of(a, own_run, b);
}
