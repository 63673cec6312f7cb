/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All services with their servers, checks and pools: made of the settings, fed
 * with the answers of checks and with words, and what the pools make of it
 * (D2 to D5). No I/O.
 */
#include "farm.h"

#include <string.h>

/* A server that the other node has just begun to ask (D10), and the beats. */
#define VIEW_SETTLES_US INT64_C(20000000)

_Static_assert(SERVER_CHECKS_MAX == SERVICE_CHECKS_MAX, "one is the other");

/* Weights count in these, and a hundred steps do no harm. */
static bool is_scaled(const char *scheduler)
{
	static const char *const names[] = {"wrr", "wlc",  "sed",
					    "nq",  "lblc", "lblcr"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], scheduler) == 0)
			return true;
	return false;
}

bool farm_is_ordered(const char *scheduler)
{
	return strcmp(scheduler, "sh") == 0 || strcmp(scheduler, "mh") == 0;
}

/* ---- from the settings ---- */

/* D3: one of its listeners is of UDP. */
static bool has_datagrams(const struct settings *settings,
			  const struct settings_service *service)
{
	return !service->one_packet &&
	       settings_has_listener(settings, service, PROTOCOL_UDP);
}

static struct pool_rules make_pool_rules(const struct settings *settings,
					 const struct settings_service *service)
{
	return (struct pool_rules){
		.on_down = (enum pool_on_down)service->on_down,
		.on_empty = (enum pool_on_empty)service->on_empty,
		.has_fallback = service->fallback.configured,
		.is_scaled = is_scaled(service->scheduler),
		.is_ordered = farm_is_ordered(service->scheduler),
		.is_datagram = has_datagrams(settings, service),
		.quorum = service->quorum,
		.hysteresis = service->hysteresis,
		.panic_percent = service->panic_percent};
}

/* NULL: none, or one that says that there is none. */
static const struct settings_check *
check_of(const struct settings *settings,
	 const struct settings_service *service, unsigned server, unsigned i)
{
	const struct settings_check *check =
		settings_check_of(settings, service, server, i);

	return check != NULL && check->type != TYPE_NONE ? check : NULL;
}

static uint16_t find_address(struct farm *farm, const struct ip *ip)
{
	for (unsigned i = 0; i < farm->sight.count; i++)
		if (ip_compare(&farm->ips[i], ip) == 0)
			return (uint16_t)i;
	farm->ips[farm->sight.count] = *ip;
	return (uint16_t)farm->sight.count++;
}

static uint16_t port_of(const struct settings *settings,
			const struct settings_service *service,
			const struct settings_server *server,
			const struct settings_check *check)
{
	if (check->port > 0 ||
	    !settings_check_is(check, CHECKS_LIKE(CHECK_HAS_PORT)))
		return check->port;
	if (server->port > 0 || service->listen_count == 0)
		return server->port;
	return settings->listens[service->first_listen].port;
}

/* D5: as long as a server needs to fall that is asked so often. */
static int64_t fall_us(const struct settings_check_timing *timing,
		       uint32_t inter_ms)
{
	return INT64_C(1000) *
	       ((int64_t)inter_ms + timing->timeout_ms +
		(int64_t)(timing->fall - 1) *
			(timing->fastinter_ms + timing->timeout_ms));
}

/* Equal checks of one address are one question: five services on one server
 * are one line in its log. Only a command is told for whom it runs, and a mark
 * leads to a server of one service. */
static void find_asking(struct farm *farm, unsigned at)
{
	const struct settings_check *checks = farm->settings->checks;
	struct probe *probe = &farm->list[at];
	const struct settings_check *check = &checks[probe->check];
	bool is_own = settings_check_is(check, CHECKS_LIKE(CHECK_IS_TOLD)) ||
		      check->via == VIA_VIP;

	probe->asks = (uint16_t)at;
	for (unsigned i = 0; i < at && !is_own; i++) {
		const struct probe *other = &farm->list[i];

		if (other->asks == i && other->place != PROBE_IS_AGENT &&
		    other->address == probe->address &&
		    other->port == probe->port &&
		    settings_check_is_same(&checks[other->check],
					   &checks[probe->check])) {
			probe->asks = (uint16_t)i;
			return;
		}
	}
}

static void keep_most(int64_t *most, int64_t value)
{
	if (value > *most)
		*most = value;
}

static void add_probe(struct farm *farm, unsigned server_at, unsigned place,
		      const struct settings_check *check, uint16_t port,
		      int64_t now_us)
{
	const struct settings *settings = farm->settings;
	const struct settings_check_timing timing =
		settings_check_timing(settings, check);
	const struct ip *ip = &settings->servers[server_at].address;
	uint32_t standby_ms = settings->director.standby_inter_ms;

	if (!ip_is_none(&check->address))
		ip = &check->address;
	if (farm->probes.count == PROBES_MAX)
		return;
	keep_most(&farm->fall_us, fall_us(&timing, timing.inter_ms));
	keep_most(&farm->standby_fall_us,
		  fall_us(&timing, timing.inter_ms > standby_ms
					   ? timing.inter_ms
					   : standby_ms));
	farm->server_rules[server_at].checks[place] =
		(struct check_rules){timing.rise, timing.fall};
	farm->list[farm->probes.count] = (struct probe){
		.server = (uint16_t)server_at,
		.check = (uint16_t)(check - settings->checks),
		.place = (uint8_t)place,
		.port = port,
		.address = find_address(farm, ip),
		.timing = {timing.inter_ms * 1000, timing.fastinter_ms * 1000,
			   timing.downinter_ms * 1000,
			   timing.timeout_ms * 1000},
		.due_us = now_us};
	find_asking(farm, farm->probes.count++);
}

/* Its time-out is that of checks, and never more than its interval. */
static void add_agent(struct farm *farm, unsigned server_at, int64_t now_us)
{
	const struct settings *settings = farm->settings;
	const struct settings_server *server = &settings->servers[server_at];
	uint32_t inter_us = server->agent.inter_ms * 1000;
	uint32_t timeout_us = settings->director.check.timeout_ms * 1000;

	if (!server->agent.configured || farm->probes.count == PROBES_MAX)
		return;
	farm->list[farm->probes.count] = (struct probe){
		.server = (uint16_t)server_at,
		.check = CHECK_OF_AGENT,
		.place = PROBE_IS_AGENT,
		.asks = (uint16_t)farm->probes.count,
		.port = server->agent.port,
		.address = find_address(farm, &server->address),
		.timing = {inter_us, inter_us, inter_us,
			   timeout_us < inter_us ? timeout_us : inter_us},
		.due_us = now_us};
	farm->probes.count++;
}

static void make_server(struct farm *farm,
			const struct settings_service *service,
			unsigned server_at, int64_t now_us)
{
	const struct settings *settings = farm->settings;
	const struct settings_flap *flap = &settings->director.flap;
	const struct settings_server *server = &settings->servers[server_at];
	struct server_rules *rules = &farm->server_rules[server_at];
	const struct settings_check *check;

	*rules = (struct server_rules){
		.weight = server->weight,
		.flap = {flap->changes, flap->window_s * INT64_C(1000000),
			 flap->hold_s * INT64_C(1000000),
			 flap->hold_max_s * INT64_C(1000000)},
		.slow_start_us = service->slow_start_s * INT64_C(1000000),
		.slow_start_min_percent = service->slow_start_min_percent};
	farm->tallies[server_at] = (struct tally){0};
	for (unsigned i = 0; i < SERVER_CHECKS_MAX; i++) {
		check = check_of(settings, service, server_at, i);
		if (check != NULL)
			add_probe(farm, server_at, rules->check_count++, check,
				  port_of(settings, service, server, check),
				  now_us);
	}
	add_agent(farm, server_at, now_us);
}

/* D5: whose addresses count for what the pair is told. */
static void begin_sight(struct farm *farm, const struct farm *before)
{
	const struct settings_director *director = &farm->settings->director;
	bool is_followed[SERVERS_MAX] = {false};

	sight_begin(&farm->sight);
	farm->sight.window_us = farm->fall_us;
	for (unsigned i = 0; i < director->service_count; i++)
		for (unsigned k = 0; k < director->services[i].server_count;
		     k++)
			is_followed[director->services[i].first_server + k] =
				director->services[i].follow_health;
	for (unsigned i = 0; i < farm->probes.count; i++) {
		const struct probe *probe = &farm->list[i];

		if (probe->place != PROBE_IS_AGENT &&
		    is_followed[probe->server])
			farm->seen[probe->address].is_followed = true;
	}
	/* of an earlier life an answer may be in the air still */
	farm->sight.last_question = (uint8_t)farm->probes.chance;
	if (before == NULL)
		return;
	for (unsigned i = 0; i < farm->sight.count; i++)
		for (unsigned k = 0; k < before->sight.count; k++)
			if (ip_compare(&farm->ips[i], &before->ips[k]) == 0)
				sight_carry_address(&farm->seen[i],
						    &before->seen[k]);
	sight_carry(&farm->sight, &before->sight);
}

/* ---- what was known before (D12) ---- */

static bool same_checks(const struct farm *farm, const struct farm *before,
			unsigned now, unsigned then)
{
	unsigned place = 0;

	if (farm->server_rules[now].check_count !=
	    before->server_rules[then].check_count)
		return false;
	for (unsigned i = 0; i < farm->probes.count; i++) {
		const struct probe *probe = &farm->list[i];

		if (probe->server != now || probe->place == PROBE_IS_AGENT)
			continue;
		for (unsigned k = 0; k < before->probes.count; k++)
			if (before->list[k].server == then &&
			    before->list[k].place != PROBE_IS_AGENT &&
			    before->list[k].place == probe->place &&
			    before->list[k].port == probe->port &&
			    settings_check_is_same(
				    &before->settings
					     ->checks[before->list[k].check],
				    &farm->settings->checks[probe->check]))
				place++;
	}
	return place == farm->server_rules[now].check_count;
}

static void carry_server(struct farm *farm, const struct farm *before,
			 unsigned now, unsigned then, int64_t now_us)
{
	struct server *server = &farm->servers[now];
	const struct server *old = &before->servers[then];

	if (same_checks(farm, before, now, then)) {
		*server = *old;
	} else {
		/* other checks: it is what it was until they say otherwise */
		if (old->is_known)
			server_assume(server, &farm->server_rules[now],
				      old->is_up, now_us);
		server->admin = old->admin;
		server->admin_percent = old->admin_percent;
		server->admin_stamp = old->admin_stamp;
		server->agent = old->agent;
		server->agent_percent = old->agent_percent;
		server->agent_down = old->agent_down;
	}
	/* only the agent undoes its words: without one they are nobody's */
	if (!farm->settings->servers[now].agent.configured) {
		server->agent = WORD_READY;
		server->agent_percent = 100;
		server->agent_down = false;
	}
	farm->targets[now] = before->targets[then];
	farm->tallies[now] = before->tallies[then];
}

static void carry_service(struct farm *farm, const struct farm *before,
			  unsigned now, unsigned then, int64_t now_us)
{
	const struct settings_service *service =
		&farm->settings->director.services[now];
	const struct settings_service *old =
		&before->settings->director.services[then];

	farm->pools[now].mode = before->pools[then].mode;
	farm->pools[now].was_enough = before->pools[then].was_enough;
	for (unsigned i = 0; i < service->server_count; i++)
		for (unsigned k = 0; k < old->server_count; k++) {
			unsigned mine = service->first_server + i;
			unsigned its = old->first_server + k;
			const struct settings_server *one =
				&farm->settings->servers[mine];
			const struct settings_server *other =
				&before->settings->servers[its];

			if (one->port == other->port &&
			    ip_compare(&one->address, &other->address) == 0)
				carry_server(farm, before, mine, its, now_us);
		}
}

/* By the place of the settings before, as far as they are there still. */
static void carry_owned(struct farm *farm, const struct farm *before)
{
	for (unsigned i = 0; i < farm->settings->instance_count; i++)
		for (unsigned k = 0; k < before->settings->instance_count; k++)
			if (set_has(&before->owned, k) &&
			    strcmp(farm->settings->instances[i].name,
				   before->settings->instances[k].name) == 0)
				set_add(&farm->owned, i);
}

void farm_begin(struct farm *farm, const struct settings *settings,
		const struct farm *before, int64_t now_us)
{
	const struct settings_director *director = &settings->director;
	uint32_t chance = farm->probes.chance;

	farm->settings = settings;
	memset(farm->peer_says, PEER_SAYS_NOTHING, sizeof(farm->peer_says));
	farm->probes = (struct probes){
		.list = farm->list,
		.parallel = director->parallel,
		.spread_percent = director->spread_percent,
		.standby_us = director->standby_inter_ms * INT64_C(1000),
		.chance = chance};
	farm->sight = (struct sight){.addresses = farm->seen};
	farm->fall_us = farm->standby_fall_us = 0;
	for (unsigned i = 0; i < director->service_count; i++) {
		const struct settings_service *service = &director->services[i];
		unsigned first = service->first_server;

		farm->pool_rules[i] = make_pool_rules(settings, service);
		farm->pools[i] = (struct pool){
			.rules = &farm->pool_rules[i],
			.server_rules = &farm->server_rules[first],
			.servers = &farm->servers[first],
			.count = service->server_count};
		pool_begin(&farm->pools[i], now_us);
		farm->fallbacks[i] = (struct pool_target){.weight = 0};
		for (unsigned s = 0; s < service->server_count; s++)
			make_server(farm, service, first + s, now_us);
	}
	begin_sight(farm, before);
	farm->owned = (struct instance_set){{0}};
	farm->is_owned_known = before != NULL && before->is_owned_known;
	if (before != NULL)
		carry_owned(farm, before);
	memset(farm->differs_since_us, 0, sizeof(farm->differs_since_us));
	farm->was_blind = false;
	for (unsigned i = 0; before != NULL && i < director->service_count;
	     i++) {
		int k = settings_find_service(before->settings,
					      director->services[i].name);

		if (k >= 0)
			carry_service(farm, before, i, (unsigned)k, now_us);
	}
}

/* ---- results and time ---- */

/* For one of those that it was asked for. */
static void take_one(struct farm *farm, struct probe *probe,
		     const struct probe *asked, enum check_result result,
		     uint8_t percent, int64_t now_us)
{
	/* D5: while nothing is seen, no answer says nothing */
	if (!farm->sight.is_blind || result != CHECK_FAILED_L4)
		server_take_result(&farm->servers[probe->server],
				   &farm->server_rules[probe->server],
				   probe->place, result, percent, now_us);
	tally_add(&farm->tallies[probe->server], result <= CHECK_DRAIN,
		  asked->took_us);
	probe->result = (uint8_t)result;
	if (probe == asked)
		return;
	probe->is_asked = true;
	memcpy(probe->text, asked->text, sizeof(probe->text));
}

/* Who of them is not settled wants to be asked fast. */
static const struct trial *least_settled(const struct farm *farm, unsigned at)
{
	const struct trial *found = NULL;

	for (unsigned i = at; i < farm->probes.count; i++) {
		const struct probe *probe = &farm->list[i];
		const struct trial *trial;

		if (probe->asks != at)
			continue;
		trial = &farm->servers[probe->server].trials[probe->place];
		if (found == NULL || (trial->against > 0 && !found->against))
			found = trial;
	}
	return found;
}

void farm_take_result(struct farm *farm, struct probe *probe,
		      enum check_result result, uint8_t percent, bool is_heard,
		      int64_t now_us)
{
	unsigned at = (unsigned)(probe - farm->list);

	sight_take_result(&farm->sight, probe->address, is_heard,
			  probe->begun_us, now_us);
	sight_step(&farm->sight, now_us);
	for (unsigned i = at; i < farm->probes.count; i++)
		if (farm->list[i].asks == at)
			take_one(farm, &farm->list[i], probe, result, percent,
				 now_us);
	probe_answered(&farm->probes, probe, least_settled(farm, at), now_us);
}

void farm_take_agent(struct farm *farm, struct probe *probe, unsigned said,
		     uint8_t percent, int64_t now_us)
{
	static const struct trial settled = {.is_passing = true};

	server_take_agent(&farm->servers[probe->server], said, percent);
	probe->result = said ? CHECK_PASSED : CHECK_FAILED_L7;
	probe_answered(&farm->probes, probe, &settled, now_us);
}

const struct probe *farm_asking(const struct farm *farm,
				const struct probe *probe)
{
	return &farm->list[probe->asks];
}

void farm_ask_now(struct farm *farm, unsigned server, int64_t now_us)
{
	for (unsigned i = 0; i < farm->probes.count; i++) {
		struct probe *asking = &farm->list[farm->list[i].asks];

		if (farm->list[i].server != server)
			continue;
		asking->wanted_us = now_us;
		if (!asking->is_running)
			asking->due_us = now_us;
	}
}

void farm_ask_all_now(struct farm *farm, int64_t now_us)
{
	for (unsigned i = 0; i < farm->probes.count; i++) {
		struct probe *probe = &farm->list[i];

		if (probe->asks != i || probe->place == PROBE_IS_AGENT)
			continue;
		probe->wanted_us = now_us;
		if (!probe->is_running)
			probe->due_us = now_us;
	}
}

bool farm_has_asked(const struct farm *farm, unsigned server, int64_t from_us)
{
	for (unsigned i = 0; i < farm->probes.count; i++) {
		const struct probe *asking = &farm->list[farm->list[i].asks];

		if (farm->list[i].server == server &&
		    (!asking->is_asked || asking->asked_us < from_us))
			return false;
	}
	return true;
}

static bool is_served(const struct settings *settings, unsigned server,
		      const struct instance_set *owned)
{
	int i = settings_service_of(settings, server);

	return i < 0 || set_has(owned, settings->director.services[i].instance);
}

bool farm_is_away(const struct farm *farm,
		  const struct settings_service *service)
{
	return settings_has_owner_table(farm->settings, service) &&
	       !set_has(&farm->owned, service->instance);
}

bool farm_serves(const struct farm *farm)
{
	const struct settings_director *director = &farm->settings->director;

	for (unsigned i = 0; i < director->service_count; i++)
		if (set_has(&farm->owned, director->services[i].instance))
			return true;
	return false;
}

void farm_take_owned(struct farm *farm, const struct instance_set *owned,
		     int64_t now_us)
{
	bool serves[PROBES_MAX] = {false}, any = false;

	for (unsigned i = 0; i < farm->settings->director.service_count; i++) {
		const struct settings_service *service =
			&farm->settings->director.services[i];

		farm->is_changed =
			farm->is_changed ||
			(settings_has_owner_table(farm->settings, service) &&
			 set_has(&farm->owned, service->instance) !=
				 set_has(owned, service->instance));
	}
	farm->owned = *owned;
	farm->is_owned_known = true;
	for (unsigned i = 0; i < farm->probes.count; i++)
		if (is_served(farm->settings, farm->list[i].server, owned))
			serves[farm->list[i].asks] = any = true;
	for (unsigned i = 0; i < farm->probes.count; i++)
		if (farm->list[i].asks == i &&
		    farm->list[i].place != PROBE_IS_AGENT)
			probe_serves(&farm->probes, &farm->list[i], serves[i],
				     now_us);
	farm->sight.window_us = any ? farm->fall_us : farm->standby_fall_us;
}

/* D5: who fell silent with the others was not down. */
static void doubt(struct farm *farm, int64_t now_us)
{
	for (unsigned i = 0; i < farm->settings->server_count; i++)
		server_doubt(&farm->servers[i], &farm->server_rules[i],
			     farm->sight.window_us, now_us);
}

static bool differs(const struct pool_target *a, const struct pool_target *b)
{
	return a->is_there != b->is_there || a->weight != b->weight;
}

static void step_service(struct farm *farm, unsigned i, bool is_blind,
			 int64_t now_us)
{
	const struct settings_service *service =
		&farm->settings->director.services[i];
	struct pool_target *targets = &farm->targets[service->first_server];
	struct pool_target before[SERVERS_MAX], fallback = farm->fallbacks[i];

	memcpy(before, targets, service->server_count * sizeof(before[0]));
	pool_step(&farm->pools[i], is_blind, now_us, targets,
		  &farm->fallbacks[i]);
	farm->is_changed =
		farm->is_changed || differs(&fallback, &farm->fallbacks[i]);
	for (unsigned s = 0; s < service->server_count; s++)
		farm->is_changed =
			farm->is_changed || differs(&before[s], &targets[s]);
}

/* Only what checks of each node's own have said, and not that one holds it back
 * for its flapping. */
static bool peer_differs(const struct farm *farm, unsigned i)
{
	const struct server *server = &farm->servers[i];

	if (farm->peer_says[i] == PEER_SAYS_NOTHING || !server->is_known ||
	    server->is_assumed || server_health(server) == HEALTH_HELD)
		return false;
	return server->is_up != (farm->peer_says[i] == PEER_SAYS_UP);
}

static void compare_views(struct farm *farm, int64_t now_us)
{
	for (unsigned i = 0; i < farm->settings->server_count; i++)
		if (!peer_differs(farm, i))
			farm->differs_since_us[i] = 0;
		else if (farm->differs_since_us[i] == 0)
			farm->differs_since_us[i] = now_us;
}

/* What both nodes find out in its time is no difference. */
static int64_t differs_us(const struct farm *farm)
{
	return farm->standby_fall_us + VIEW_SETTLES_US;
}

bool farm_differs(const struct farm *farm, unsigned server, int64_t now_us)
{
	return farm->differs_since_us[server] != 0 &&
	       now_us - farm->differs_since_us[server] >= differs_us(farm);
}

void farm_step(struct farm *farm, int64_t now_us)
{
	const struct settings_director *director = &farm->settings->director;
	bool is_blind;

	sight_step(&farm->sight, now_us);
	is_blind = farm->sight.is_blind;
	if (is_blind && !farm->was_blind)
		doubt(farm, now_us);
	for (unsigned i = 0; i < director->service_count; i++)
		step_service(farm, i, is_blind && farm->was_blind, now_us);
	farm->was_blind = is_blind;
	compare_views(farm, now_us);
}

int64_t farm_due_us(const struct farm *farm, int64_t now_us)
{
	int64_t due_us = sight_due_us(&farm->sight);

	for (unsigned i = 0; i < farm->settings->director.service_count; i++) {
		int64_t at_us = pool_due_us(&farm->pools[i], now_us);

		due_us = at_us < due_us ? at_us : due_us;
	}
	for (unsigned i = 0; i < farm->settings->server_count; i++) {
		int64_t at_us = farm->differs_since_us[i] + differs_us(farm);

		if (farm->differs_since_us[i] != 0 && now_us < at_us &&
		    at_us < due_us)
			due_us = at_us;
	}
	return due_us;
}
