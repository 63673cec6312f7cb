/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All servers of a service: quorum, fallback, panic (D2 to D5). */
#include "pool.h"

#include <string.h>

#define WEIGHT_MAX 2147483647u /* of the kernel: a signed int */
#define SCALE	   100

void pool_begin(struct pool *pool, int64_t now_us)
{
	pool->mode = POOL_STARTING;
	pool->was_enough = false;
	for (unsigned i = 0; i < pool->count; i++)
		server_begin(&pool->servers[i], now_us);
}

unsigned pool_live(const struct pool *pool, unsigned *total)
{
	unsigned live = 0;

	*total = 0;
	for (unsigned i = 0; i < pool->count; i++) {
		*total += pool->server_rules[i].weight > 0;
		live += server_is_live(&pool->servers[i],
				       &pool->server_rules[i]);
	}
	return live;
}

/* ---- which way it goes ---- */

struct census {
	unsigned allowed, live, unknown;
	uint64_t weight, live_weight;
};

static struct census count(const struct pool *pool)
{
	struct census census = {.allowed = 0};

	for (unsigned i = 0; i < pool->count; i++) {
		const struct server_rules *rules = &pool->server_rules[i];
		const struct server *server = &pool->servers[i];

		census.weight += rules->weight;
		if (!server_is_allowed(server, rules))
			continue;
		census.allowed++;
		census.unknown += rules->check_count > 0 && !server->is_known;
		if (!server_is_live(server, rules))
			continue;
		census.live++;
		census.live_weight += rules->weight;
	}
	return census;
}

/* Gained at quorum + hysteresis, lost below quorum - hysteresis or at 0; the
 * first time at the quorum. */
static bool is_enough(const struct pool *pool, const struct census *census)
{
	const struct pool_rules *rules = pool->rules;
	uint64_t quorum = rules->quorum > 0 ? rules->quorum : 1;
	uint64_t wanted = quorum;

	if (census->live_weight == 0)
		return false;
	if (pool->was_enough)
		wanted = quorum > rules->hysteresis ? quorum - rules->hysteresis
						    : 1;
	else if (pool->mode != POOL_STARTING)
		wanted = quorum + rules->hysteresis;
	if (wanted > census->weight)
		wanted = census->weight;
	return census->live_weight >= wanted;
}

static enum pool_mode choose(struct pool *pool)
{
	const struct pool_rules *rules = pool->rules;
	const struct census census = count(pool);
	bool enough = is_enough(pool, &census);

	if (!enough && census.unknown > 0 && pool->mode == POOL_STARTING)
		return POOL_STARTING;
	pool->was_enough = enough;
	if (census.unknown == 0 && census.live < census.allowed &&
	    census.live * 100 < census.allowed * rules->panic_percent)
		return POOL_PANIC;
	if (enough)
		return census.live == census.allowed ? POOL_OK : POOL_DEGRADED;
	if (rules->on_empty == ON_EMPTY_ALL && census.allowed > 0)
		return POOL_ALL;
	if (rules->on_empty == ON_EMPTY_FALLBACK && rules->has_fallback)
		return POOL_FALLBACK;
	return POOL_EMPTY;
}

/* ---- what each gets ---- */

static uint32_t weight_of(const struct pool *pool, unsigned i, int64_t now_us)
{
	const struct server_rules *rules = &pool->server_rules[i];
	uint64_t percent = server_percent(&pool->servers[i], rules, now_us);
	uint64_t weight = (uint64_t)rules->weight * percent;

	if (!pool->rules->is_scaled)
		weight = (weight + 99) / 100;
	return weight > WEIGHT_MAX ? WEIGHT_MAX : (uint32_t)weight;
}

/* D3: whoever gets nothing new, does he keep what he has? */
static bool is_cut(const struct pool *pool, unsigned i)
{
	const struct server *server = &pool->servers[i];

	if (pool->rules->is_ordered)
		return false;
	if (server->admin == WORD_OUT)
		return true;
	if (server_is_live(server, &pool->server_rules[i]))
		return false; /* a matter of the pool, not of this server */
	if (pool->rules->is_datagram)
		return true;
	if (!server->is_known || server->is_up)
		return false;
	return pool->rules->on_down == ON_DOWN_CUT ||
	       (pool->rules->on_down == ON_DOWN_AUTO && server->is_cut_off);
}

static bool is_served(const struct pool *pool, unsigned i)
{
	const struct server_rules *rules = &pool->server_rules[i];
	const struct server *server = &pool->servers[i];

	switch (pool->mode) {
	case POOL_PANIC:
	case POOL_ALL:
		return server_is_allowed(server, rules);
	case POOL_FALLBACK:
		return false; /* they keep their old connections at weight 0 */
	case POOL_STARTING:
	case POOL_OK:
	case POOL_DEGRADED:
	case POOL_EMPTY:
		break;
	}
	/* Below the quorum without a fallback the few go on. */
	return server_is_live(server, rules);
}

static struct pool_target target_of(const struct pool *pool, unsigned i,
				    int64_t now_us)
{
	struct pool_target target = {.is_there = true};

	if (is_served(pool, i))
		target.weight = weight_of(pool, i, now_us);
	else
		target.is_there = !is_cut(pool, i);
	return target;
}

/* D5: only what people or agents took out goes out. */
static void step_blind(const struct pool *pool, struct pool_target *targets)
{
	for (unsigned i = 0; i < pool->count; i++) {
		if (server_is_allowed(&pool->servers[i],
				      &pool->server_rules[i]))
			continue;
		targets[i].weight = 0;
		if (is_cut(pool, i))
			targets[i].is_there = false;
	}
}

void pool_step(struct pool *pool, bool is_blind, int64_t now_us,
	       struct pool_target *targets, struct pool_target *fallback)
{
	for (unsigned i = 0; i < pool->count; i++)
		server_step(&pool->servers[i], &pool->server_rules[i], now_us);
	if (is_blind) {
		step_blind(pool, targets);
		return;
	}
	pool->mode = choose(pool);
	for (unsigned i = 0; i < pool->count; i++)
		targets[i] = target_of(pool, i, now_us);
	fallback->is_there = pool->mode == POOL_FALLBACK;
	fallback->weight = 0;
	if (fallback->is_there)
		fallback->weight = pool->rules->is_scaled ? SCALE : 1;
}

int64_t pool_due_us(const struct pool *pool, int64_t now_us)
{
	int64_t due_us = INT64_MAX;

	for (unsigned i = 0; i < pool->count; i++) {
		int64_t at_us = server_due_us(&pool->servers[i],
					      &pool->server_rules[i], now_us);

		if (at_us < due_us)
			due_us = at_us;
	}
	return due_us;
}
