/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See probe.h: a function for each mode of check_twinbeat. */
#define _XOPEN_SOURCE 700
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "../../client/control_client.h"
#include "../../status/advice.h"
#include "../../status/verdict.h"
#include "probe.h"

#define DAY_S 86400.0

const char *probe_state_name(enum probe_state state)
{
	static const char *const names[] = {"OK", "WARNING", "CRITICAL",
					    "UNKNOWN"};

	return names[state];
}

__attribute__((format(printf, 3, 4))) static void add(char *text, size_t size,
						      const char *format, ...)
{
	size_t used = strlen(text);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text + used, size - used, format, arguments);
	va_end(arguments);
}

/* One more sentence; the state is the worst of all. */
__attribute__((format(printf, 3, 4))) static void
say(struct probe_result *result, enum probe_state state, const char *format,
    ...)
{
	char sentence[PROBE_TEXT_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(sentence, sizeof(sentence), format, arguments);
	va_end(arguments);
	add(result->text, sizeof(result->text), "%s%s",
	    result->text[0] ? "; " : "", sentence);
	if (state > result->state)
		result->state = state;
}

/* 'label'=value[unit];warning;critical;min */
static void figure(struct probe_result *result, const char *label,
		   const char *name, double value, const char *unit,
		   const struct probe *probe)
{
	add(result->figures, sizeof(result->figures),
	    "%s'%s%s'=%.15g%s;%s;%s;0", result->figures[0] ? " " : "", label,
	    name, value, unit, probe ? probe->warning.text : "",
	    probe ? probe->critical.text : "");
}

static enum probe_state judge(const struct probe *probe, double value)
{
	if (range_alerts(&probe->critical, value))
		return PROBE_CRITICAL;
	return range_alerts(&probe->warning, value) ? PROBE_WARNING : PROBE_OK;
}

static bool is_asked_for(const struct probe *probe, const char *instance)
{
	return !probe->instance || !strcmp(probe->instance, instance);
}

static bool is_plain_peer(const json_t *status)
{
	return !strcmp(client_string(json_object_get(status, "peer"), "kind"),
		       "vrrp");
}

/* ---- who holds what: simple, rigorous ---- */

static void list_held(const json_t *status, const struct probe *probe,
		      struct probe_result *result, char *held, size_t size)
{
	const json_t *instance;
	unsigned count = 0, seen = 0;
	size_t i;

	held[0] = '\0';
	json_array_foreach(json_object_get(status, "instances"), i, instance)
	{
		if (!is_asked_for(probe, client_string(instance, "name")))
			continue;
		seen++;
		if (!status_is_master(instance))
			continue;
		add(held, size, "%s%s", count++ ? ", " : "",
		    client_string(instance, "name"));
	}
	if (!seen && probe->instance)
		say(result, PROBE_UNKNOWN, "there is no instance '%s'",
		    probe->instance);
	else if (!seen)
		say(result, PROBE_UNKNOWN, "the status names no instance");
	figure(result, "held", "", count, "", NULL);
}

/* For the node that is meant to stand by: it holds something. */
static void probe_simple(const json_t *status, const struct probe *probe,
			 struct probe_result *result)
{
	const char *node = client_string(status, "node");
	char held[PROBE_TEXT_MAX / 2];

	list_held(status, probe, result, held, sizeof(held));
	if (held[0])
		say(result, PROBE_WARNING, "%s holds %s", node, held);
	else if (result->state == PROBE_OK)
		say(result, PROBE_OK, "%s holds nothing", node);
}

static bool peer_is_heard(const json_t *status)
{
	const json_t *link;
	size_t i;

	if (!strcmp(client_string(json_object_get(status, "peer"), "state"),
		    "up"))
		return true;
	json_array_foreach(json_object_get(status, "links"), i, link)
	{
		const char *state = client_string(link, "state");

		if (!strcmp(state, "up") || !strcmp(state, "half"))
			return true;
	}
	return false;
}

/* The same, where it matters: the other node lives, or holds it, too. */
static void probe_rigorous(const json_t *status, const struct probe *probe,
			   struct probe_result *result)
{
	const json_t *peer = json_object_get(status, "peer"), *name;
	const char *node = client_string(status, "node");
	const char *other = client_string(peer, "node");
	char held[PROBE_TEXT_MAX / 2], both[PROBE_TEXT_MAX / 2] = "";
	const json_t *instance;
	size_t i, k;

	list_held(status, probe, result, held, sizeof(held));
	json_array_foreach(json_object_get(status, "instances"), i, instance)
	{
		const char *mine = client_string(instance, "name");

		if (!is_asked_for(probe, mine) || !status_is_master(instance))
			continue;
		json_array_foreach(json_object_get(peer, "owns"), k, name)
		{
			if (json_is_string(name) &&
			    !strcmp(json_string_value(name), mine))
				add(both, sizeof(both), "%s%s",
				    both[0] ? ", " : "", mine);
		}
	}
	if (both[0])
		say(result, PROBE_CRITICAL, "%s and %s both hold %s", node,
		    other, both);
	else if (held[0] && peer_is_heard(status))
		say(result, PROBE_WARNING, "%s holds %s, and %s is alive", node,
		    held, other);
	else if (held[0])
		say(result, PROBE_OK, "%s holds %s, and %s is not heard (%s)",
		    node, held, other, client_string(peer, "state"));
	else if (result->state == PROBE_OK)
		say(result, PROBE_OK, "%s holds nothing", node);
}

/* ---- links ---- */

static enum probe_state judge_link(const json_t *link,
				   const struct probe *probe)
{
	const char *state = client_string(link, "state");
	int64_t age_ms = client_number(link, "age_ms", -1);
	enum probe_state by_age;

	if (!strcmp(state, "sending")) /* an owner hears no adverts */
		return PROBE_OK;
	by_age = age_ms >= 0 ? judge(probe, (double)age_ms) : PROBE_WARNING;
	return !strcmp(state, "up") || by_age > PROBE_WARNING ? by_age
							      : PROBE_WARNING;
}

static void probe_links(const json_t *status, const struct probe *probe,
			struct probe_result *result)
{
	const json_t *link;
	unsigned up = 0, two_way = 0, count = 0;
	size_t i;

	json_array_foreach(json_object_get(status, "links"), i, link)
	{
		const char *name = client_string(link, "name");
		const char *state = client_string(link, "state");
		int64_t age_ms = client_number(link, "age_ms", -1);
		enum probe_state judged = judge_link(link, probe);
		bool is_vrrp = !strcmp(client_string(link, "type"), "vrrp");

		if (is_vrrp && probe->instance &&
		    (strncmp(name, "vrrp:", 5) != 0 ||
		     strcmp(name + 5, probe->instance) != 0))
			continue;
		count++;
		two_way += !is_vrrp;
		up += !is_vrrp && !strcmp(state, "up");
		if (age_ms >= 0)
			figure(result, "age:", name, (double)age_ms, "ms",
			       probe);
		if (judged == PROBE_OK)
			continue;
		if (age_ms < 0)
			say(result, judged, "%s is %s, never heard", name,
			    state);
		else
			say(result, judged, "%s is %s, heard %.3g s ago", name,
			    state, (double)age_ms / 1000);
	}
	if (two_way && !up)
		say(result, PROBE_CRITICAL, "no two-way link is up");
	if (!count)
		say(result, PROBE_UNKNOWN, "the status names no link");
	else if (result->state == PROBE_OK)
		say(result, PROBE_OK, "%u link%s fine", count,
		    count == 1 ? "" : "s");
}

/* ---- the fence path, the drill ---- */

static void probe_fence(const json_t *status, const struct probe *probe,
			struct probe_result *result)
{
	const json_t *fence = json_object_get(status, "fence"), *item;
	const json_t *peer = json_object_get(status, "peer");
	const char *other = client_string(peer, "node");
	unsigned failing = 0, unproven = 0, devices = 0, plugs = 0;
	size_t i;

	json_array_foreach(json_object_get(fence, "devices"), i, item)
	{
		int64_t read_ms = client_number(item, "checked_ms", -1);

		devices++;
		if (client_true(item, "ok")) {
			if (read_ms >= 0)
				figure(result,
				       "read:", client_string(item, "name"),
				       (double)read_ms, "ms", probe);
			if (judge(probe, (double)read_ms) != PROBE_OK)
				say(result, judge(probe, (double)read_ms),
				    "%s was read %.3g s ago",
				    client_string(item, "name"),
				    (double)read_ms / 1000);
			continue;
		}
		failing++;
		say(result, PROBE_CRITICAL, "device %s fails: %s",
		    client_string(item, "name"),
		    client_string(item, "error")[0]
			    ? client_string(item, "error")
			    : "not read yet");
	}
	json_array_foreach(json_object_get(fence, "plugs"), i, item)
	{
		if (strcmp(client_string(item, "node"), other) != 0)
			continue;
		plugs++;
		if (client_true(item, "proven"))
			continue;
		unproven++;
		say(result, PROBE_WARNING, "plug %s of %s is not proven",
		    client_string(item, "plug"), other);
	}
	figure(result, "devices_failing", "", failing, "", NULL);
	figure(result, "plugs_unproven", "", unproven, "", NULL);
	if (is_plain_peer(status))
		say(result, PROBE_OK, "%s is a plain VRRP peer: no fencing",
		    other);
	else if (!plugs)
		say(result, PROBE_WARNING, "no plug of %s is configured",
		    other);
	else if (!client_true(peer, "fence_ok"))
		say(result, PROBE_WARNING,
		    "%s has not said that it can fence this node", other);
	else if (result->state == PROBE_OK)
		say(result, PROBE_OK, "%u device%s and %u plug%s of %s fine",
		    devices, devices == 1 ? "" : "s", plugs,
		    plugs == 1 ? "" : "s", other);
}

/* The age of the last drill that passed, in days; -1: none. */
static double drill_days(const json_t *status, const struct probe *probe)
{
	const json_t *drill =
		json_object_get(json_object_get(status, "fence"), "drill");
	struct tm tm = {0};
	double age_s;

	if (!strptime(client_string(drill, "passed_at"), "%Y-%m-%dT%H:%M:%SZ",
		      &tm))
		return -1;
	age_s = (double)probe->now_s - (double)timegm(&tm);
	return age_s > 0 ? age_s / DAY_S : 0; /* a clock put back */
}

static void probe_drill(const json_t *status, const struct probe *probe,
			struct probe_result *result)
{
	const json_t *drill =
		json_object_get(json_object_get(status, "fence"), "drill");
	const char *last = client_string(drill, "result");
	double days = drill_days(status, probe);

	if (is_plain_peer(status)) {
		say(result, PROBE_OK, "no drill with a plain VRRP peer");
		return;
	}
	if (!strcmp(last, "failed"))
		say(result, PROBE_CRITICAL, "the last drill failed");
	if (days < 0) {
		say(result, PROBE_WARNING,
		    "no drill has passed on this node yet");
		return;
	}
	figure(result, "drill_age_days", "", days, "", probe);
	say(result, judge(probe, days), "a drill passed %.3g days ago", days);
}

/* ---- the director ---- */

/* Its checks say no, whatever the operator says. */
static bool is_down(const json_t *server)
{
	static const char *const names[] = {"down", "rising", "held"};
	const char *check = client_string(server, "check");

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(check, names[i]))
			return true;
	return false;
}

/* Fewer servers than its quorum are up, whoever serves instead. */
static bool is_below_quorum(const char *state)
{
	static const char *const names[] = {"fallback", "empty", "all",
					    "panic"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(state, names[i]))
			return true;
	return false;
}

/* How many of them are down; those that nobody has taken out are named. */
static unsigned count_down(const json_t *service, enum probe_state state,
			   struct probe_result *result)
{
	const json_t *server;
	unsigned down = 0;
	size_t i;

	json_array_foreach(json_object_get(service, "servers"), i, server)
	{
		if (!is_down(server) ||
		    strcmp(client_string(server, "admin"), "ready") != 0)
			continue;
		down++;
		if (state > PROBE_OK)
			say(result, state, "%s/%s is down: %s",
			    client_string(service, "name"),
			    client_string(server, "name"),
			    client_string(server, "reason"));
	}
	return down;
}

/* A server that is down is a warning where no range is given; a range is of
 * how many of all are. One that an operator took out counts for neither. */
static void probe_director(const json_t *status, const struct probe *probe,
			   struct probe_result *result)
{
	const json_t *director = json_object_get(status, "director"), *service;
	const json_t *list = json_object_get(director, "services");
	const char *state = client_string(director, "state");
	bool has_range = probe->warning.is_given || probe->critical.is_given;
	unsigned down = 0, low = 0, servers = 0;
	size_t i;

	if (!json_array_size(list)) {
		say(result, PROBE_UNKNOWN, "the director names no service");
		return;
	}
	if (!strcmp(state, "off"))
		say(result, PROBE_CRITICAL,
		    "the director is off: this kernel forwards nothing");
	else if (strcmp(state, "ok") != 0)
		say(result, PROBE_WARNING, "the director is %s", state);
	json_array_foreach(list, i, service)
	{
		const char *name = client_string(service, "name");
		const char *mode = client_string(service, "state");
		int64_t up = client_number(service, "up", 0);
		size_t count =
			json_array_size(json_object_get(service, "servers"));

		servers += (unsigned)count;
		if (is_below_quorum(mode)) {
			low++;
			say(result, PROBE_CRITICAL,
			    "%s is below its quorum, %lld of %zu up: %s", name,
			    (long long)up, count, mode);
		}
		down += count_down(
			service, has_range ? PROBE_OK : PROBE_WARNING, result);
		figure(result, "up:", name, (double)up, "", NULL);
	}
	figure(result, "services_below_quorum", "", low, "", NULL);
	figure(result, "servers_down", "", down, "", probe);
	if (has_range && judge(probe, down) != PROBE_OK)
		say(result, judge(probe, down), "%u of %u servers are down",
		    down, servers);
	if (result->state == PROBE_OK)
		say(result, PROBE_OK, "%zu service%s, %u of %u servers down",
		    json_array_size(list),
		    json_array_size(list) == 1 ? "" : "s", down, servers);
}

/* ---- all ---- */

static enum probe_state judge_alerts(const json_t *status)
{
	const json_t *alert;
	enum probe_state state = PROBE_OK;
	size_t i;

	json_array_foreach(json_object_get(status, "alerts"), i, alert)
	{
		enum advice_weight weight = ADVICE_BAD;

		(void)advice_find(client_string(alert, "name"), &weight);
		if (weight == ADVICE_BAD)
			return PROBE_CRITICAL;
		state = PROBE_WARNING;
	}
	return state;
}

/*
 * The first line of twinbeat status, the worst alert, and the parts; a drill
 * counts only where thresholds ask for one.
 */
static void probe_all(const json_t *status, const struct probe *probe,
		      struct probe_result *result)
{
	static const enum probe_state states[] = {
		[VERDICT_WELL] = PROBE_OK,
		[VERDICT_ALERTS] = PROBE_WARNING,
		[VERDICT_NO_STANDBY] = PROBE_WARNING,
		[VERDICT_NOBODY] = PROBE_CRITICAL,
		[VERDICT_BOTH] = PROBE_CRITICAL,
	};
	const struct probe bare = {.now_s = probe->now_s};
	struct probe_result part = {.text = ""};
	const json_t *alerts = json_object_get(status, "alerts");
	char text[VERDICT_TEXT_MAX];
	enum verdict verdict = verdict_make(status, text, sizeof(text));
	double days = drill_days(status, probe);

	say(result, states[verdict], "%s", text);
	if (json_array_size(alerts))
		say(result, judge_alerts(status), "%s: %s",
		    client_string(json_array_get(alerts, 0), "name"),
		    client_string(json_array_get(alerts, 0), "text"));
	figure(result, "alerts", "", (double)json_array_size(alerts), "", NULL);
	probe_links(status, &bare, &part);
	if (!is_plain_peer(status))
		probe_fence(status, &bare, &part);
	if (probe->warning.is_given || probe->critical.is_given)
		probe_drill(status, probe, &part);
	else if (days >= 0)
		figure(&part, "drill_age_days", "", days, "", NULL);
	if (part.state > PROBE_OK)
		say(result, part.state, "%s", part.text);
	if (part.figures[0])
		add(result->figures, sizeof(result->figures), " %s",
		    part.figures);
}

probe_function *probe_find(const char *mode)
{
	static const struct {
		const char *name;
		probe_function *function;
	} modes[] = {{"all", probe_all},	   {"simple", probe_simple},
		     {"rigorous", probe_rigorous}, {"links", probe_links},
		     {"fence", probe_fence},	   {"drill", probe_drill},
		     {"director", probe_director}};

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (!strcmp(mode, modes[i].name))
			return modes[i].function;
	return NULL;
}
