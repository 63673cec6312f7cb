/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One server: rise and fall, flaps, slow start, words (D2, D3). */
#include "server.h"

#include "../ipc/checker_msg.h"

#include <string.h>

/* Slow start goes up in so many steps: each is a message to the kernel. */
#define SLOW_STEPS 20

void server_begin(struct server *server, int64_t now_us)
{
	memset(server, 0, sizeof(*server));
	server->admin_percent = server->agent_percent = 100;
	server->check_percent = 100;
	server->since_us = now_us;
}

void server_assume(struct server *server, const struct server_rules *rules,
		   bool is_up, int64_t now_us)
{
	if (server->is_known || rules->check_count == 0)
		return;
	for (unsigned i = 0; i < rules->check_count; i++)
		server->trials[i] =
			(struct trial){.is_known = true, .is_passing = is_up};
	server->is_known = server->is_assumed = true;
	server->is_up = is_up;
	server->since_us = now_us;
}

/* ---- flaps ---- */

static uint32_t ms_of(int64_t us)
{
	return (uint32_t)(us / 1000);
}

/* Before since_us is that of this change. Those of another window are
 * forgotten: what is left is of 16 windows at most, and 32 bits of ms are
 * enough for it. */
static void note_change(struct server *server, const struct flap_rules *flap,
			int64_t now_us)
{
	if (now_us - server->since_us > flap->window_us)
		server->change_count = 0;
	server->changes_ms[server->change_next] = ms_of(now_us);
	server->change_next = (server->change_next + 1) % SERVER_CHANGES_MAX;
	if (server->change_count < SERVER_CHANGES_MAX)
		server->change_count++;
}

/* Did it change so often within the window? */
static bool is_flapping(const struct server *server,
			const struct flap_rules *flap, int64_t now_us)
{
	unsigned oldest;

	if (flap->changes == 0 || server->change_count < flap->changes)
		return false;
	oldest = (server->change_next + SERVER_CHANGES_MAX - flap->changes) %
		 SERVER_CHANGES_MAX;
	return ms_of(now_us) - server->changes_ms[oldest] <=
	       flap->window_us / 1000;
}

/* It went down: how long it stays so at least. Each hold that follows the last
 * one closely is twice as long. */
static void hold(struct server *server, const struct flap_rules *flap,
		 int64_t now_us)
{
	if (!is_flapping(server, flap, now_us)) {
		server->hold_us = 0;
		return;
	}
	server->hold_us = server->hold_us ? server->hold_us * 2 : flap->hold_us;
	if (server->hold_us > flap->hold_max_us)
		server->hold_us = flap->hold_max_us;
	server->held_until_us = now_us + server->hold_us;
}

/* ---- results ---- */

/* rise and fall; what was never known is what the first result says. */
static void trial_take(struct trial *trial, const struct check_rules *rules,
		       enum check_result result)
{
	bool passed = result <= CHECK_DRAIN;

	trial->newest = result;
	trial->is_drain = result == CHECK_DRAIN;
	if (!trial->is_known) {
		trial->is_known = true;
		trial->is_passing = passed;
	} else if (passed == trial->is_passing) {
		trial->against = 0;
	} else if (++trial->against >= (passed ? rules->rise : rules->fall)) {
		trial->is_passing = passed;
		trial->against = 0;
	}
}

/* What all trials together say. */
static void judge(struct server *server, const struct server_rules *rules,
		  bool *is_known, bool *is_passing, bool *is_silent)
{
	bool some_fail = false;

	*is_known = true;
	*is_silent = false;
	for (unsigned i = 0; i < rules->check_count; i++) {
		const struct trial *trial = &server->trials[i];

		*is_known = *is_known && trial->is_known;
		if (!trial->is_known || trial->is_passing)
			continue;
		some_fail = true;
		*is_silent = *is_silent || trial->newest == CHECK_FAILED_L4;
	}
	*is_known = *is_known || some_fail;
	*is_passing = !some_fail;
}

static void go_up(struct server *server, const struct server_rules *rules,
		  int64_t now_us)
{
	note_change(server, &rules->flap, now_us);
	server->is_up = true;
	server->since_us = now_us;
	server->held_until_us = 0;
	server->is_cut_off = false;
	/* after a failure, never at start */
	server->risen_us = rules->slow_start_us > 0 ? now_us : 0;
}

static void go_down(struct server *server, const struct server_rules *rules,
		    bool is_silent, int64_t now_us)
{
	note_change(server, &rules->flap, now_us);
	server->is_up = false;
	server->since_us = now_us;
	server->risen_us = 0;
	server->is_cut_off = is_silent;
	hold(server, &rules->flap, now_us);
}

void server_step(struct server *server, const struct server_rules *rules,
		 int64_t now_us)
{
	bool is_known, is_passing, is_silent;

	judge(server, rules, &is_known, &is_passing, &is_silent);
	if (server->risen_us != 0 &&
	    now_us - server->risen_us >= rules->slow_start_us)
		server->risen_us = 0;
	if (!is_known || rules->check_count == 0)
		return;
	if (!server->is_known) {
		server->is_known = true;
		server->is_up = is_passing;
		server->is_cut_off = is_silent;
		server->since_us = now_us;
	} else if (server->is_up && !is_passing) {
		go_down(server, rules, is_silent, now_us);
	} else if (!server->is_up && is_passing &&
		   now_us >= server->held_until_us) {
		go_up(server, rules, now_us);
	}
}

void server_take_result(struct server *server, const struct server_rules *rules,
			unsigned i, enum check_result result, uint8_t percent,
			int64_t now_us)
{
	if (i >= rules->check_count)
		return;
	server->is_assumed = false;
	trial_take(&server->trials[i], &rules->checks[i], result);
	if (result == CHECK_PASSED)
		server->check_percent = percent;
	server_step(server, rules, now_us);
}

void server_take_agent(struct server *server, unsigned said, uint8_t percent)
{
	if (said & AGENT_READY)
		server->agent = WORD_READY;
	if (said & AGENT_DRAIN)
		server->agent = WORD_DRAIN;
	if (said & AGENT_MAINT)
		server->agent = WORD_OUT;
	if (said & (AGENT_UP | AGENT_DOWN))
		server->agent_down = (said & AGENT_DOWN) != 0;
	if (said & AGENT_PERCENT)
		server->agent_percent = percent;
}

void server_doubt(struct server *server, const struct server_rules *rules,
		  int64_t window_us, int64_t now_us)
{
	if (rules->check_count == 0 || !server->is_known)
		return;
	for (unsigned i = 0; i < rules->check_count; i++) {
		struct trial *trial = &server->trials[i];

		if (!trial->is_known || trial->newest != CHECK_FAILED_L4)
			continue;
		trial->against = 0; /* none of them counts */
		if (!server->is_up && server->is_cut_off &&
		    server->change_count > 0 &&
		    now_us - server->since_us <= window_us)
			trial->is_passing = true;
	}
	for (unsigned i = 0; i < rules->check_count; i++)
		if (server->is_up || !server->trials[i].is_passing)
			return;
	/* as if it had not been: no flap, no hold, no slow start */
	server->is_up = true;
	server->is_cut_off = false;
	server->held_until_us = 0;
	server->since_us = now_us;
	server->change_count--;
	server->change_next =
		(uint8_t)((server->change_next + SERVER_CHANGES_MAX - 1) %
			  SERVER_CHANGES_MAX);
}

/* ---- what follows ---- */

static int64_t slow_step_us(const struct server_rules *rules)
{
	int64_t step_us = rules->slow_start_us / SLOW_STEPS;

	return step_us > 0 ? step_us : 1;
}

int64_t server_due_us(const struct server *server,
		      const struct server_rules *rules, int64_t now_us)
{
	int64_t due_us = INT64_MAX;

	if (!server->is_up && server->held_until_us > now_us)
		due_us = server->held_until_us;
	if (server->risen_us != 0) {
		int64_t step_us = slow_step_us(rules);
		int64_t steps = (now_us - server->risen_us) / step_us + 1;

		if (server->risen_us + steps * step_us < due_us)
			due_us = server->risen_us + steps * step_us;
	}
	return due_us;
}

enum server_health server_health(const struct server *server)
{
	bool against = false, all_pass = true;

	if (!server->is_known)
		return HEALTH_UNKNOWN;
	for (unsigned i = 0; i < SERVER_CHECKS_MAX; i++) {
		const struct trial *trial = &server->trials[i];

		against = against || (trial->is_known && trial->against > 0 &&
				      trial->is_passing == server->is_up);
		all_pass = all_pass && (!trial->is_known || trial->is_passing);
	}
	if (server->is_up)
		return against ? HEALTH_FALLING : HEALTH_UP;
	if (all_pass)
		return HEALTH_HELD;
	return against ? HEALTH_RISING : HEALTH_DOWN;
}

bool server_is_allowed(const struct server *server,
		       const struct server_rules *rules)
{
	bool is_drain = false;

	for (unsigned i = 0; i < rules->check_count; i++)
		is_drain = is_drain || server->trials[i].is_drain;
	return rules->weight > 0 && server->admin == WORD_READY &&
	       server->admin_percent > 0 && server->agent == WORD_READY &&
	       server->agent_percent > 0 && !is_drain;
}

bool server_is_live(const struct server *server,
		    const struct server_rules *rules)
{
	if (!server_is_allowed(server, rules) || server->agent_down)
		return false;
	return rules->check_count == 0 ||
	       (server->is_known && server->is_up && server->check_percent > 0);
}

unsigned server_percent(const struct server *server,
			const struct server_rules *rules, int64_t now_us)
{
	uint64_t percent = (uint64_t)server->admin_percent *
			   server->agent_percent * server->check_percent;
	uint64_t slow = 100, least = rules->slow_start_min_percent;

	if (server->risen_us != 0 && rules->slow_start_us > 0) {
		int64_t step_us = slow_step_us(rules);
		int64_t gone_us =
			(now_us - server->risen_us) / step_us * step_us;

		slow = (uint64_t)(gone_us * 100 / rules->slow_start_us);
		slow = slow < least ? least : slow > 100 ? 100 : slow;
	}
	percent = percent * slow / 1000000;
	return percent > 0 ? (unsigned)percent : 1;
}
