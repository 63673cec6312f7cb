/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See metrics.h. Tables: a group for each list of the status object, a column
 * for each metric. All samples of a metric stand together, as both formats
 * demand, so the list is walked once for each column.
 */
#define _XOPEN_SOURCE 700
#include <math.h>
#include <string.h>
#include <time.h>

#include "metrics.h"
#include "verdict.h"

enum type { GAUGE, COUNTER };

#define STATES_MAX 8
#define LABELS_MAX 4

struct column {
	const char *name; /* without prefix and, of a counter, "_total" */
	const char *help;
	const char *path;  /* members from the element down: "errors.auth" */
	double scale;	   /* 0 = as it stands */
	const char *label; /* of the names in states, or of an object's keys */
	const char *states[STATES_MAX]; /* the member is one of these words */
	enum type type;
};

struct label {
	const char *name, *member;
};

struct group {
	const char *path; /* of a list, or of one object; "" = the whole */
	struct label labels[LABELS_MAX];
	const struct column *columns;
	size_t count;
};

#define MS	     1e-3
#define NOTES	     40
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct column node_columns[] = {
	{"uptime_seconds", "Time since twinbeatd started.", "uptime_ms", MS},
	{"fit", "1: this node is able to serve.", "fit"},
	{"maintenance", "1: maintenance is on.", "maintenance"},
	{"verdict",
	 "The first line of twinbeat status: 1 for what holds.",
	 "verdict",
	 0,
	 "verdict",
	 {"ALL WELL", "SERVED, WITH ALERTS",
	  "SERVED, BUT NO STANDBY CAN TAKE OVER", "NOBODY IS KNOWN TO SERVE",
	  "BOTH NODES CLAIM"}},
};

static const struct column peer_columns[] = {
	{"peer_state",
	 "What this node knows of the peer: 1 for what holds.",
	 "state",
	 0,
	 "state",
	 {"up", "silent", "released", "off", "unknown"}},
	{"peer_fit", "1: the peer says that it is able to serve.", "fit"},
	{"peer_fence_ok", "1: the peer says that it can fence this node.",
	 "fence_ok"},
	{"peer_statement_age_seconds", "Age of the peer's last statement.",
	 "statement_ms", MS},
};

static const struct column link_columns[] = {
	{"link_state",
	 "State of a link: 1 for what holds.",
	 "state",
	 0,
	 "state",
	 {"never", "up", "half", "down", "broken", "sending"}},
	{"link_age_seconds", "Time since the peer was heard on this link.",
	 "age_ms", MS},
	{"link_round_trip_seconds", "Round-trip time of the last beats.",
	 "rtt_ms", MS},
	{"link_received", "Frames received.", "rx", .type = COUNTER},
	{"link_sent", "Frames sent.", "tx", .type = COUNTER},
	{"link_dropped", "Frames not sent: the port had no room.", "dropped",
	 .type = COUNTER},
	{"link_errors", "Frames refused, by kind.", "errors", 0, "kind",
	 .type = COUNTER},
	{"vrrp_drops", "Adverts not used, by reason.", "drops", 0, "reason",
	 .type = COUNTER},
};

static const struct column instance_columns[] = {
	{"instance_state",
	 "VRRP state: 1 for what holds.",
	 "state",
	 0,
	 "state",
	 {"INIT", "BACKUP", "MASTER", "FAULT"}},
	{"instance_state_seconds", "Time since the state changed.", "since_ms",
	 MS},
	{"instance_priority", "Configured priority of this node.", "priority"},
};

static const struct column fence_columns[] = {
	{"fence_state",
	 "What fencing does: 1 for what holds.",
	 "state",
	 0,
	 "state",
	 {"idle", "delay", "running", "confirmed", "failed", "held"}},
	{"fence_last_timestamp_seconds", "When the last fence action ended.",
	 "last.at"},
	{"fence_last_duration_seconds", "How long the last fence action took.",
	 "last.took_ms", MS},
	{"fence_budget_left", "Automatic fences left in fence.window_s.",
	 "budget.left"},
	{"drill_passed_timestamp_seconds", "When a drill last passed.",
	 "drill.passed_at"},
};

static const struct column device_columns[] = {
	{"fence_device_ok", "1: the power switch was read at the last try.",
	 "ok"},
	{"fence_device_read_age_seconds", "Time since the device was tried.",
	 "checked_ms", MS},
};

static const struct column plug_columns[] = {
	{"fence_plug_state",
	 "What a plug read last: 1 for what holds.",
	 "state",
	 0,
	 "state",
	 {"on", "off", "unknown"}},
	{"fence_plug_proven", "1: its off would be proof.", "proven"},
};

static const struct column notify_columns[] = {
	{"notify_state",
	 "Delivery of alerts: 1 for what holds.",
	 "state",
	 0,
	 "state",
	 {"fine", "later", "failing", "refused"}},
	{"notify_waiting", "Messages that wait to be sent.", "waiting"},
};

static const struct group groups[] = {
	{"", {{0}}, node_columns, COUNT(node_columns)},
	{"peer", {{"peer", "node"}}, peer_columns, COUNT(peer_columns)},
	{"links",
	 {{"link", "name"}, {"type", "type"}},
	 link_columns,
	 COUNT(link_columns)},
	{"instances",
	 {{"vrrp_instance", "name"}},
	 instance_columns,
	 COUNT(instance_columns)},
	{"fence", {{0}}, fence_columns, COUNT(fence_columns)},
	{"fence.devices",
	 {{"device", "name"}, {"driver", "driver"}},
	 device_columns,
	 COUNT(device_columns)},
	{"fence.plugs",
	 {{"of", "node"}, {"device", "device"}, {"plug", "plug"}},
	 plug_columns,
	 COUNT(plug_columns)},
	{"notify", {{"to", "to"}}, notify_columns, COUNT(notify_columns)},
};

struct writer {
	FILE *out;
	enum metrics_format format;
	const char *pair, *node;
};

static const char *word(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* "a.b.c" from the object down; NULL where it ends too early. */
static json_t *member(const json_t *object, const char *path)
{
	json_t *found = NULL;
	size_t length;

	for (; *path; path += length + (path[length] == '.')) {
		length = strcspn(path, ".");
		found = json_object_getn(object, path, length);
		object = found;
	}
	return found;
}

static void family(const struct writer *w, const char *name, enum type type,
		   const char *help)
{
	/* OpenMetrics: a family has no _total, its samples have */
	const char *end = type == COUNTER && w->format == METRICS_PROMETHEUS
				  ? "_total"
				  : "";

	fprintf(w->out, "# HELP twinbeat_%s%s %s\n# TYPE twinbeat_%s%s %s\n",
		name, end, help, name, end,
		type == COUNTER ? "counter" : "gauge");
}

static void put_label(const struct writer *w, const char *name,
		      const char *value)
{
	fprintf(w->out, "%s=\"", name);
	for (; *value; value++) {
		if (*value == '\\' || *value == '"')
			putc('\\', w->out);
		if (*value == '\n')
			fputs("\\n", w->out);
		else
			putc(*value, w->out);
	}
	putc('"', w->out);
}

static void begin(const struct writer *w, const char *name, enum type type)
{
	fprintf(w->out, "twinbeat_%s%s{", name,
		type == COUNTER ? "_total" : "");
	put_label(w, "pair", w->pair);
	putc(',', w->out);
	put_label(w, "node", w->node);
}

static void end(const struct writer *w, double value)
{
	fprintf(w->out, "} %.15g\n", value);
}

static void begin_element(const struct writer *w, const struct group *group,
			  const struct column *column, const json_t *element)
{
	begin(w, column->name, column->type);
	for (unsigned i = 0; i < LABELS_MAX && group->labels[i].name; i++) {
		putc(',', w->out);
		put_label(w, group->labels[i].name,
			  word(element, group->labels[i].member));
	}
}

/* A number, a truth, or a time (RFC 3339) in seconds. False: not known. */
static bool read_value(const json_t *value, double scale, double *number)
{
	const char *text = json_string_value(value);
	struct tm tm = {0};

	if (json_is_boolean(value))
		*number = json_is_true(value);
	else if (json_is_number(value))
		*number = json_number_value(value) * (scale > 0 ? scale : 1);
	else if (text && strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm))
		*number = (double)timegm(&tm);
	else
		return false;
	return true;
}

static void write_states(const struct writer *w, const struct group *group,
			 const struct column *column, const json_t *element,
			 const char *state)
{
	bool is_known = false;

	for (unsigned i = 0; i < STATES_MAX && column->states[i]; i++) {
		bool is_it = !strcmp(state, column->states[i]);

		begin_element(w, group, column, element);
		putc(',', w->out);
		put_label(w, column->label, column->states[i]);
		end(w, is_it);
		is_known |= is_it;
	}
	if (is_known)
		return;
	begin_element(w, group, column, element);
	putc(',', w->out);
	put_label(w, column->label, state);
	end(w, 1);
}

static void write_members(const struct writer *w, const struct group *group,
			  const struct column *column, const json_t *element,
			  json_t *members)
{
	const char *key;
	json_t *value;
	double number;

	json_object_foreach(members, key, value)
	{
		if (!read_value(value, column->scale, &number))
			continue;
		begin_element(w, group, column, element);
		putc(',', w->out);
		put_label(w, column->label, key);
		end(w, number);
	}
}

static void write_element(const struct writer *w, const struct group *group,
			  const struct column *column, const json_t *element)
{
	json_t *value = member(element, column->path);
	double number;

	if (column->states[0]) {
		if (json_is_string(value))
			write_states(w, group, column, element,
				     json_string_value(value));
	} else if (column->label) {
		write_members(w, group, column, element, value);
	} else if (read_value(value, column->scale, &number)) {
		begin_element(w, group, column, element);
		end(w, number);
	}
}

static void write_group(const struct writer *w, const struct group *group,
			const json_t *status)
{
	const json_t *list =
		group->path[0] ? member(status, group->path) : status;
	const json_t *element;
	size_t i;

	for (size_t c = 0; c < group->count; c++) {
		const struct column *column = &group->columns[c];

		family(w, column->name, column->type, column->help);
		if (!json_is_array(list)) {
			write_element(w, group, column, list);
			continue;
		}
		json_array_foreach(list, i, element)
			write_element(w, group, column, element);
	}
}

/* One series for a name, however many there are of it. */
static void write_alerts(const struct writer *w, const json_t *status)
{
	const json_t *alerts = json_object_get(status, "alerts"), *alert;
	size_t i, k;

	family(w, "alert", GAUGE, "Alerts that stand, by name.");
	json_array_foreach(alerts, i, alert)
	{
		const char *name = word(alert, "name");
		unsigned count = 0;

		for (k = 0; k < json_array_size(alerts); k++) {
			if (strcmp(word(json_array_get(alerts, k), "name"),
				   name) != 0)
				continue;
			if (k < i)
				break;
			count++;
		}
		if (!count)
			continue; /* counted where it first stood */
		begin(w, "alert", GAUGE);
		putc(',', w->out);
		put_label(w, "alert", name);
		end(w, count);
	}
	family(w, "alerts", GAUGE, "How many alerts stand.");
	begin(w, "alerts", GAUGE);
	end(w, (double)json_array_size(alerts));
}

static void write_owned(const struct writer *w, const json_t *status)
{
	const json_t *peer = json_object_get(status, "peer"), *instance;
	size_t i;

	family(w, "instance_owned", GAUGE,
	       "1: the owner in the words of this node; 0 on both: nobody.");
	json_array_foreach(json_object_get(status, "instances"), i, instance)
	{
		const char *name = word(instance, "name");

		begin(w, "instance_owned", GAUGE);
		putc(',', w->out);
		put_label(w, "vrrp_instance", name);
		putc(',', w->out);
		put_label(w, "owner", w->node);
		end(w, status_is_master(instance));
		begin(w, "instance_owned", GAUGE);
		putc(',', w->out);
		put_label(w, "vrrp_instance", name);
		putc(',', w->out);
		put_label(w, "owner", word(peer, "node"));
		end(w, status_has_name(json_object_get(peer, "owns"), name));
	}
}

void metrics_write(FILE *out, const json_t *status, enum metrics_format format)
{
	const struct writer w = {out, format, word(status, "pair"),
				 word(status, "node")};

	family(&w, "up", GAUGE, "1: twinbeatd on this node answers.");
	if (!status) {
		fputs("twinbeat_up 0\n", out);
	} else {
		begin(&w, "up", GAUGE);
		end(&w, 1);
		family(&w, "build_info", GAUGE, "Version of twinbeatd.");
		begin(&w, "build_info", GAUGE);
		putc(',', out);
		put_label(&w, "version", word(status, "version"));
		end(&w, 1);
		for (size_t i = 0; i < COUNT(groups); i++)
			write_group(&w, &groups[i], status);
		write_owned(&w, status);
		write_alerts(&w, status);
	}
	if (format == METRICS_OPENMETRICS)
		fputs("# EOF\n", out);
}
