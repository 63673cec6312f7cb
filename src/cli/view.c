/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The status, for people: one screen of 80 columns of ASCII. The first line
 * is the verdict, then what is wrong with what to do, then the facts. It
 * draws what the daemon said and adds no judgement of its own but the
 * verdict; a missing member is drawn as unknown, never as good.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "../status/advice.h"
#include "../status/verdict.h"
#include "client.h"
#include "text.h"
#include "view.h"

/* what the peer said so long ago may not be so any more */
#define WORD_OLD_MS 3000

/* A view sanitises once: what comes from the daemon may come from the wire. */
struct line {
	char text[16384]; /* 64 reasons of 150 characters */
};

__attribute__((format(printf, 2, 3))) static void add(struct line *line,
						      const char *format, ...)
{
	size_t used = strlen(line->text);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line->text + used, sizeof(line->text) - used, format,
		  arguments);
	va_end(arguments);
	text_clean(line->text + used);
}

static void add_names(struct line *line, const json_t *array, const char *none)
{
	const json_t *value;
	size_t i;

	if (!json_array_size(array))
		add(line, "%s", none);
	json_array_foreach(array, i, value)
		add(line, "%s%s", i ? ", " : "",
		    json_is_string(value) ? json_string_value(value) : "?");
}

static void put_head(FILE *out, const char *text)
{
	fprintf(out, "\n%s%s%s\n", terminal_tone(out, TONE_HEAD), text,
		terminal_tone(out, TONE_PLAIN));
}

static void put_title(FILE *out, const json_t *status)
{
	char up[TEXT_DURATION_MAX];
	static const enum terminal_tone tones[] = {
		[VERDICT_WELL] = TONE_GOOD,	  [VERDICT_ALERTS] = TONE_WARN,
		[VERDICT_NO_STANDBY] = TONE_WARN, [VERDICT_NOBODY] = TONE_BAD,
		[VERDICT_BOTH] = TONE_BAD,
	};
	struct line line = {""}, words = {""};

	fprintf(out, "%s",
		terminal_tone(out, tones[verdict_make(status, words.text,
						      sizeof(words.text))]));
	text_wrap(out, "", 0, words.text);
	fprintf(out, "%s", terminal_tone(out, TONE_PLAIN));
	add(&line, "pair %s, seen from %s, twinbeatd %s up %s",
	    client_string(status, "pair"), client_string(status, "node"),
	    client_string(status, "version"),
	    text_duration(up, client_number(status, "uptime_ms", -1)));
	if (client_true(status, "maintenance"))
		add(&line, ", MAINTENANCE: nobody is fenced automatically");
	text_wrap(out, "", 0, line.text);
}

static void put_alerts(FILE *out, const json_t *alerts)
{
	static const enum terminal_tone tones[] = {[ADVICE_NOTE] = TONE_PLAIN,
						   [ADVICE_WARN] = TONE_WARN,
						   [ADVICE_BAD] = TONE_BAD};
	enum advice_weight weight;
	const json_t *alert;
	const char *what;
	size_t i;

	if (!json_array_size(alerts))
		return;
	put_head(out, "ALERTS");
	json_array_foreach(alerts, i, alert)
	{
		struct line line = {""};
		char age[TEXT_DURATION_MAX];

		what = advice_find(client_string(alert, "name"), &weight);
		add(&line, "%s (%s): %s", client_string(alert, "name"),
		    text_duration(age, client_number(alert, "since_ms", -1)),
		    client_string(alert, "text"));
		fprintf(out, "%s", terminal_tone(out, tones[weight]));
		text_wrap(out, "! ", 4, line.text);
		fprintf(out, "%s", terminal_tone(out, TONE_PLAIN));
		if (what)
			text_wrap(out, "  -> ", 5, what);
	}
}

static void put_nodes(FILE *out, const json_t *status)
{
	const json_t *peer = json_object_get(status, "peer"), *instance;
	struct line us = {""}, them = {""}, ours = {""}, theirs = {""};
	bool is_up = !strcmp(client_string(peer, "state"), "up");
	int64_t statement_ms = client_number(peer, "statement_ms", -1);
	bool is_fresh =
		is_up && statement_ms >= 0 && statement_ms < WORD_OLD_MS;
	char age[TEXT_DURATION_MAX];
	bool first = true;
	size_t i;

	add(&us, "  %-12s ", client_string(status, "node"));
	add(&them, "  %-12s ", client_string(peer, "node"));
	add(&ours, "this node: %s; owns ",
	    client_true(status, "fit") ? "fit" : "UNFIT");
	json_array_foreach(json_object_get(status, "instances"), i, instance)
	{
		if (!status_is_master(instance))
			continue;
		add(&ours, "%s%s", first ? "" : ", ",
		    client_string(instance, "name"));
		first = false;
	}
	add(&ours, "%s", first ? "nothing" : "");
	if (json_array_size(json_object_get(status, "unfit_reasons"))) {
		add(&ours, "; unfit because: ");
		add_names(&ours, json_object_get(status, "unfit_reasons"), "");
	}
	add(&theirs, "peer: %s%s %s; %s ", client_string(peer, "state"),
	    is_up ? "," : "; its last word:",
	    client_true(peer, "fit") ? "fit"
	    : is_fresh		     ? "NOT FIT, its own status says why"
				     : "not known as fit",
	    is_up ? "owns" : "owned");
	add_names(&theirs, json_object_get(peer, "owns"), "nothing");
	add(&theirs, "; hears us by ");
	add_names(&theirs, json_object_get(peer, "hears_us"), "no link");
	if (is_up && statement_ms >= WORD_OLD_MS)
		add(&theirs, ", by its word of %s ago",
		    text_duration(age, statement_ms));
	/* who has said nothing, or not of late, has not said that either */
	if (is_up && !json_is_null(json_object_get(peer, "statement_ms")) &&
	    json_is_false(json_object_get(peer, "fence_ok")))
		add(&theirs, "; ITS FENCE PATH IS BROKEN");
	put_head(out, "NODES");
	text_wrap(out, us.text, 15, ours.text);
	text_wrap(out, them.text, 15, theirs.text);
}

/* What went wrong on a link, by reason; only what has happened. */
static void add_errors(struct line *line, json_t *errors)
{
	const json_t *value;
	const char *name;
	void *at;

	for (at = json_object_iter(errors); at;
	     at = json_object_iter_next(errors, at)) {
		name = json_object_iter_key(at);
		value = json_object_iter_value(at);
		if (!json_is_integer(value) || !json_integer_value(value))
			continue;
		add(line, "%s%s %" JSON_INTEGER_FORMAT,
		    line->text[0] ? ", " : "", name, json_integer_value(value));
	}
}

/* Where the table has no room: a sentence. */
/* Of a serial port that tells them; NULL: there is nothing to say. */
static const char *modem_lines(const json_t *link)
{
	static const char *const words[][2] = {
		{"ok", "ok"},
		{"three-wire", "none is wired (three-wire)"},
		{"unplugged-here", "the plug is out here (unplugged-here)"},
		{"peer-dark", "plugged in here, dark there (peer-dark)"},
		{"looped", "looped"}};
	const char *line = client_string(link, "line");

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(line, words[i][0]))
			return words[i][1];
	return NULL;
}

static void put_link_narrow(FILE *out, const json_t *link)
{
	int64_t age_ms = client_number(link, "age_ms", -1);
	char age[TEXT_DURATION_MAX];
	struct line line = {""}, errors = {""};

	add(&line, "%s: %s, %s%s%s, rx %" PRId64 ", tx %" PRId64,
	    client_string(link, "name"), client_string(link, "state"),
	    age_ms < 0 ? "never heard" : "heard ",
	    age_ms < 0 ? "" : text_duration(age, age_ms),
	    age_ms < 0 ? "" : " ago", client_number(link, "rx", 0),
	    client_number(link, "tx", 0));
	add_errors(&errors, json_object_get(link, "errors"));
	add_errors(&errors, json_object_get(link, "drops"));
	if (errors.text[0])
		add(&line, ", errors: %s", errors.text);
	if (modem_lines(link))
		add(&line, ", modem lines: %s", modem_lines(link));
	text_wrap(out, "  ", 4, line.text);
}

static void put_link(FILE *out, const json_t *link)
{
	const char *state = client_string(link, "state");
	int64_t age_ms = client_number(link, "age_ms", -1);
	int64_t trip_ms = client_number(link, "rtt_ms", -1);
	bool is_good = !strcmp(state, "up") || !strcmp(state, "sending");
	char age[TEXT_DURATION_MAX], trip[TEXT_DURATION_MAX];
	struct line line = {""}, errors = {""};

	add(&line, "  %-14.15s %-8.8s %-11s %-11s %9" PRId64 " %9" PRId64 " ",
	    client_string(link, "name"), state[0] ? state : "?",
	    age_ms < 0 ? "never" : text_duration(age, age_ms),
	    trip_ms < 0 ? "-" : text_duration(trip, trip_ms),
	    client_number(link, "rx", 0), client_number(link, "tx", 0));
	add_errors(&errors, json_object_get(link, "errors"));
	add_errors(&errors, json_object_get(link, "drops"));
	if (!errors.text[0])
		add(&errors, "-");
	fprintf(out, "%s",
		terminal_tone(out, is_good ? TONE_PLAIN : TONE_WARN));
	text_wrap(out, line.text, 17, errors.text);
	if (modem_lines(link))
		fprintf(out, "    modem lines: %s\n", modem_lines(link));
	fprintf(out, "%s", terminal_tone(out, TONE_PLAIN));
}

static void put_links(FILE *out, const json_t *links)
{
	bool is_narrow = text_columns(out) < TEXT_COLUMNS;
	const json_t *link;
	size_t i;

	put_head(out, is_narrow ? "LINKS"
				: "LINKS            state    last heard  "
				  "round trip        rx        tx errors");
	json_array_foreach(links, i, link)
	{
		if (is_narrow)
			put_link_narrow(out, link);
		else
			put_link(out, link);
	}
}

static void put_instance(FILE *out, const json_t *status,
			 const json_t *instance)
{
	const json_t *peer = json_object_get(status, "peer"), *value;
	const char *name = client_string(instance, "name");
	const char *proof = client_string(instance, "proof");
	const char *waits = client_string(instance, "waiting_for");
	const char *silent = client_string(instance, "silent_on_lo");
	struct line line = {""}, list = {""};
	char since[TEXT_DURATION_MAX];
	size_t i;

	add(&line, "%s (VRID %" PRId64 "): %s here since %s, priority %" PRId64,
	    name, client_number(instance, "vrid", 0),
	    client_string(instance, "state"),
	    text_duration(since, client_number(instance, "since_ms", -1)),
	    client_number(instance, "priority", 0));
	if (status_is_master(instance))
		add(&line, ", served by this node");
	else if (status_has_name(json_object_get(peer, "owns"), name))
		add(&line, ", %s %s",
		    strcmp(client_string(peer, "state"), "up")
			    ? "by its last word owned by"
			    : "owned by",
		    client_string(peer, "node"));
	if (proof[0])
		add(&line, ", claimed by proof: %s", proof);
	text_wrap(out, "  ", 4, line.text);
	if (waits[0]) {
		struct line wait = {""};

		add(&wait, "waits for: %s", waits);
		text_wrap(out, "    ", 6, wait.text);
	}
	json_array_foreach(json_object_get(instance, "addresses"), i, value)
	{
		if (i == 12) {
			add(&list, "and %zu more",
			    json_array_size(
				    json_object_get(instance, "addresses")) -
				    i);
			break;
		}
		add(&list, "%s ",
		    json_is_string(value) ? json_string_value(value) : "?");
	}
	text_wrap(out, "    ", 4, list.text);
	if (silent[0]) {
		struct line here = {""};

		add(&here, "does not count, arp_ignore keeps it silent: %s",
		    silent);
		text_wrap(out, "    ", 6, here.text);
	}
}

static void add_plug(struct line *line, const json_t *plug)
{
	const json_t *number = json_object_get(plug, "plug");
	const char *state = client_string(plug, "state");
	int64_t read_ms = client_number(plug, "read_ms", -1);
	/* not since the daemon's start: in its first seconds no fault */
	bool is_unread = json_is_null(json_object_get(plug, "read_ms"));
	char age[TEXT_DURATION_MAX];

	add(line, "fed by %s plug ", client_string(plug, "device"));
	if (json_is_integer(number))
		add(line, "%" JSON_INTEGER_FORMAT, json_integer_value(number));
	else
		add(line, "%s", client_string(plug, "plug"));
	if (client_number(plug, "level", 1) > 1)
		add(line, " (level %" PRId64 ")",
		    client_number(plug, "level", 1));
	add(line, ": %s",
	    is_unread  ? "not read yet"
	    : state[0] ? state
		       : "unknown");
	if (read_ms >= 0)
		add(line, ", read %s ago", text_duration(age, read_ms));
	if (client_true(plug, "contradicted"))
		add(line, ", HAS LIED: it read off while its node lived");
	else if (!is_unread && json_is_false(json_object_get(plug, "proven")))
		add(line, ", not yet proven to be the right plug");
}

void view_plugs(FILE *out, const json_t *plugs, const char *node)
{
	const json_t *plug;
	size_t i;

	json_array_foreach(plugs, i, plug)
	{
		struct line whose = {""}, line = {""};

		if (node && strcmp(client_string(plug, "node"), node) != 0)
			continue;
		add(&whose, "  %-12s ", client_string(plug, "node"));
		add_plug(&line, plug);
		text_wrap(out, whose.text, 15, line.text);
	}
}

/* How long ago. The clock may have been set back since: then "0 ms". */
static const char *age_of(const char *at, char buffer[TEXT_DURATION_MAX])
{
	struct tm tm = {0};
	int64_t age_s;

	if (!strptime(at, "%Y-%m-%dT%H:%M:%SZ", &tm))
		return "an unknown time";
	age_s = (int64_t)(time(NULL) - timegm(&tm));
	return text_duration(buffer, age_s > 0 ? age_s * 1000 : 0);
}

static void put_drill(FILE *out, const json_t *drill)
{
	const char *result = client_string(drill, "result");
	const char *running = client_string(drill, "running");
	char age[TEXT_DURATION_MAX], took[TEXT_DURATION_MAX];
	struct line line = {""};

	if (!json_is_object(drill)) {
		text_wrap(out, "  ", 4,
			  "drill: none yet, see twinbeat fence "
			  "--help");
		return;
	}
	add(&line, "drill of %s: ", client_string(drill, "node"));
	if (running[0])
		add(&line, "UNDER WAY (%s)%s", running, result[0] ? "; " : "");
	if (result[0])
		add(&line, "the last one %s, %s ago", result,
		    age_of(client_string(drill, "at"), age));
	if (!strcmp(result, "passed")) {
		add(&line, "; verified off in %s",
		    text_duration(took, client_number(drill, "off_ms", -1)));
		add(&line, ", heard again after %s",
		    text_duration(took, client_number(drill, "back_ms", -1)));
	} else if (client_string(drill, "passed_at")[0]) {
		add(&line, "; passed before, %s ago",
		    age_of(client_string(drill, "passed_at"), age));
	}
	text_wrap(out, "  ", 4, line.text);
}

/* R6: a node that dies again and again is not cut for ever. */
static void put_budget(FILE *out, const json_t *budget)
{
	struct line line = {""};

	if (!json_is_integer(json_object_get(budget, "left")))
		return;
	add(&line,
	    "automatic fences: %" PRId64 " of %" PRId64 " left in %" PRId64
	    " s; yours are not counted",
	    client_number(budget, "left", 0), client_number(budget, "max", 0),
	    client_number(budget, "window_s", 0));
	text_wrap(out, "  ", 4, line.text);
}

static void put_fence(FILE *out, const json_t *fence)
{
	const json_t *last = json_object_get(fence, "last"), *device;
	const char *target = client_string(fence, "target");
	char age[TEXT_DURATION_MAX];
	struct line line = {""};
	size_t i;

	put_head(out, "FENCE");
	add(&line, "%s", client_string(fence, "state"));
	if (target[0])
		add(&line, " on %s", target);
	if (client_string(last, "target")[0])
		add(&line, "; last: %s of %s, result %s, took %s, at %s",
		    client_string(last, "action"),
		    client_string(last, "target"),
		    client_string(last, "result"),
		    text_duration(age, client_number(last, "took_ms", -1)),
		    client_string(last, "at"));
	text_wrap(out, "  ", 4, line.text);
	put_budget(out, json_object_get(fence, "budget"));
	put_drill(out, json_object_get(fence, "drill"));
	json_array_foreach(json_object_get(fence, "devices"), i, device)
	{
		bool ok = client_true(device, "ok");
		bool is_fine = ok && !json_is_false(json_object_get(device,
								    "peer_ok"));
		int64_t checked_ms = client_number(device, "checked_ms", -1);
		struct line name = {""}, word = {""};

		add(&name, "  %-12s ", client_string(device, "name"));
		add(&word, "%s: ", client_string(device, "driver"));
		if (checked_ms < 0)
			add(&word, "not spoken to yet");
		else
			add(&word, "%s %s ago",
			    ok ? "answered" : "DID NOT ANSWER",
			    text_duration(age, checked_ms));
		if (client_string(device, "error")[0])
			add(&word, ": %s", client_string(device, "error"));
		if (json_is_false(json_object_get(device, "peer_ok")))
			add(&word, "; THE PEER DOES NOT REACH IT");
		else if (client_true(device, "peer_ok"))
			add(&word, "; the peer reaches it%s", ok ? " too" : "");
		fprintf(out, "%s",
			terminal_tone(out, is_fine ? TONE_PLAIN : TONE_WARN));
		text_wrap(out, name.text, 15, word.text);
		fprintf(out, "%s", terminal_tone(out, TONE_PLAIN));
	}
	view_plugs(out, json_object_get(fence, "plugs"), NULL);
}

void view_status(FILE *out, const json_t *status)
{
	const json_t *instance;
	size_t i;

	put_title(out, status);
	put_alerts(out, json_object_get(status, "alerts"));
	put_nodes(out, status);
	put_links(out, json_object_get(status, "links"));
	put_head(out, "INSTANCES");
	json_array_foreach(json_object_get(status, "instances"), i, instance)
		put_instance(out, status, instance);
	put_fence(out, json_object_get(status, "fence"));
}

void view_node(FILE *out, const json_t *status, const char *node)
{
	const json_t *peer = json_object_get(status, "peer"), *link;
	struct line line = {""}, owns = {""}, serves = {""};
	char age[TEXT_DURATION_MAX], now[200];
	size_t i;

	if (strcmp(client_string(peer, "node"), node) != 0)
		return;
	add(&line, "%s as %s sees it: %s", node, client_string(status, "node"),
	    client_string(peer, "state"));
	text_wrap(out, "  ", 4, line.text);
	add(&owns, "it says that it owns: ");
	add_names(&owns, json_object_get(peer, "owns"), "nothing");
	add(&owns, "; it hears us by: ");
	add_names(&owns, json_object_get(peer, "hears_us"), "no link");
	text_wrap(out, "  ", 4, owns.text);
	verdict_servers(status, now, sizeof(now));
	add(&serves, "served now: %s", now);
	text_wrap(out, "  ", 4, serves.text);
	json_array_foreach(json_object_get(status, "links"), i, link)
	{
		int64_t age_ms = client_number(link, "age_ms", -1);
		struct line heard = {""};

		add(&heard, "%s: %s, %s%s", client_string(link, "name"),
		    client_string(link, "state"),
		    age_ms < 0 ? "never heard" : "last heard ",
		    age_ms < 0 ? "" : text_duration(age, age_ms));
		if (age_ms >= 0)
			add(&heard, " ago");
		text_wrap(out, "  ", 4, heard.text);
	}
}
