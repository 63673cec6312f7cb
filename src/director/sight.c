/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Blindness (D5). */
#include "sight.h"

#include <string.h>

void sight_begin(struct sight *sight)
{
	memset(sight->addresses, 0, sight->count * sizeof(*sight->addresses));
	sight->has_carrier = true;
	sight->has_other_way = false;
	sight->is_blind = sight->given_up = false;
	sight->since_us = 0;
	sight->is_dark = sight->is_answered = sight->has_seen_since = false;
	sight->question = sight->peer_question = sight->peer_echo = 0;
}

void sight_carry_address(struct sight_address *address,
			 const struct sight_address *before)
{
	bool is_followed = address->is_followed;

	*address = *before;
	address->is_followed = is_followed;
}

void sight_take_result(struct sight *sight, unsigned i, bool answers,
		       int64_t asked_us, int64_t now_us)
{
	struct sight_address *address = &sight->addresses[i];

	/* the first failure of a row is when it fell silent */
	if (!answers && (address->answers || !address->is_known))
		address->silent_since_us = now_us;
	/* One that never answered did not fall silent with the others. */
	if (answers)
		address->is_known = true;
	address->is_asked = true;
	address->answers = answers;
	if (sight->is_answered && asked_us >= sight->answered_us)
		address->is_silent_since = !answers;
	if (answers && !sight->has_carrier)
		sight->has_other_way = true;
	if (answers && address->is_followed && sight->peer_question != 0 &&
	    asked_us >= sight->peer_asked_us)
		sight->has_seen_since = true;
}

void sight_take_carrier(struct sight *sight, bool has_carrier)
{
	if (sight->has_carrier && !has_carrier)
		sight->has_other_way = false;
	sight->has_carrier = has_carrier;
}

/* ---- blind: weights are frozen ---- */

/* All that ever answered are silent, and two or more fell silent together: a
 * server that died an hour ago is no witness. */
static bool are_silent_together(const struct sight *sight, int64_t now_us)
{
	unsigned together = 0;

	for (unsigned i = 0; i < sight->count; i++) {
		const struct sight_address *address = &sight->addresses[i];

		if (address->is_known && address->answers)
			return false;
		together +=
			address->is_known &&
			now_us - address->silent_since_us <= sight->window_us;
	}
	return together >= 2;
}

/* A carrier fell, and it was the way to them: nobody has answered since. */
static bool is_cut_off(const struct sight *sight)
{
	return !sight->has_carrier && !sight->has_other_way;
}

static bool is_one_seen(const struct sight *sight)
{
	for (unsigned i = 0; i < sight->count; i++)
		if (sight->addresses[i].answers)
			return !is_cut_off(sight);
	return false;
}

static void step_blind(struct sight *sight, int64_t now_us)
{
	if (is_one_seen(sight)) {
		sight->is_blind = sight->given_up = false;
		return;
	}
	if (!sight->is_blind && !sight->given_up &&
	    (is_cut_off(sight) || are_silent_together(sight, now_us))) {
		sight->is_blind = true;
		sight->since_us = now_us;
	}
	if (sight->is_blind && now_us - sight->since_us >= SIGHT_GIVE_UP_US) {
		sight->is_blind = false;
		sight->given_up = true;
	}
}

/* ---- dark: the word for the pair ---- */

static bool is_followed_seen(const struct sight *sight)
{
	for (unsigned i = 0; i < sight->count; i++)
		if (sight->addresses[i].is_followed &&
		    sight->addresses[i].answers)
			return !is_cut_off(sight);
	return false;
}

/* One address alone is no witness: it may well be that server. */
static bool are_followed_silent(const struct sight *sight)
{
	unsigned count = 0;

	for (unsigned i = 0; i < sight->count; i++) {
		const struct sight_address *address = &sight->addresses[i];

		if (!address->is_followed)
			continue;
		count++;
		if (!is_cut_off(sight) &&
		    (!address->is_asked || address->answers))
			return false;
	}
	return count >= (is_cut_off(sight) ? 1u : 2u);
}

/* Another number than that of before, and than what is in the air still. */
static void ask_peer(struct sight *sight)
{
	do
		sight->last_question++;
	while (sight->last_question == 0 ||
	       sight->last_question == sight->peer_echo);
	sight->question = sight->last_question;
	sight->is_answered = false;
}

static void step_dark(struct sight *sight)
{
	if (is_followed_seen(sight)) {
		sight->is_dark = false;
		sight->question = 0;
		return;
	}
	if (sight->is_dark || !are_followed_silent(sight))
		return;
	sight->is_dark = true;
	/* what was seen before is no answer to who asks now */
	sight->has_seen_since = false;
	ask_peer(sight);
}

/* With one that was not there before it is not known whether all are silent. */
void sight_carry(struct sight *sight, const struct sight *before)
{
	sight->last_question = before->last_question;
	sight->has_carrier = before->has_carrier;
	sight->has_other_way = before->has_other_way;
	sight->is_blind = before->is_blind;
	sight->given_up = before->given_up;
	sight->since_us = before->since_us;
	if (!before->is_dark || !are_followed_silent(sight))
		return;
	sight->is_dark = true;
	sight->question = before->question;
	sight->is_answered = before->is_answered;
	sight->answered_us = before->answered_us;
}

void sight_step(struct sight *sight, int64_t now_us)
{
	step_blind(sight, now_us);
	step_dark(sight);
}

static void take_answer(struct sight *sight, int64_t now_us)
{
	sight->is_answered = true;
	sight->answered_us = now_us;
	for (unsigned i = 0; i < sight->count; i++)
		sight->addresses[i].is_silent_since = false;
}

bool sight_hear(struct sight *sight, uint8_t question, uint8_t echo,
		int64_t now_us)
{
	bool is_answer = sight->question != 0 && echo == sight->question &&
			 !sight->is_answered;

	sight->peer_echo = echo;
	/* That it was answered stays true; whether the other node sees some now
	 * is in its beats (R3). */
	if (is_answer)
		take_answer(sight, now_us);
	if (question == sight->peer_question)
		return is_answer;
	sight->peer_question = question;
	sight->peer_asked_us = now_us;
	sight->has_seen_since = false;
	return is_answer || question != 0;
}

uint8_t sight_echo(const struct sight *sight)
{
	return sight->has_seen_since ? sight->peer_question : 0;
}

/* After an outage for both the one that happened to ask first sees them first:
 * what we asked before that is no proof of anything. Without a carrier there is
 * nothing to ask. */
static bool are_silent_since(const struct sight *sight)
{
	for (unsigned i = 0; i < sight->count; i++)
		if (sight->addresses[i].is_followed &&
		    !sight->addresses[i].is_silent_since)
			return is_cut_off(sight);
	return true;
}

enum sight_word sight_word(const struct sight *sight)
{
	if (is_followed_seen(sight))
		return SIGHT_SEES;
	return sight->is_dark && sight->is_answered && are_silent_since(sight)
		       ? SIGHT_NONE
		       : SIGHT_UNKNOWN;
}

int64_t sight_due_us(const struct sight *sight)
{
	return sight->is_blind ? sight->since_us + SIGHT_GIVE_UP_US : INT64_MAX;
}
