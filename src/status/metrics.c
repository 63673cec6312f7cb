/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See metrics.h, metrics_table.h. */
#include <string.h>

#include "metrics_table.h"
#include "verdict.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct metrics_column node_columns[] = {
	{"uptime_seconds", "Time since twinbeatd started.", "uptime_ms",
	 METRICS_MS},
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

static const struct metrics_column peer_columns[] = {
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
	 "statement_ms", METRICS_MS},
};

static const struct metrics_column link_columns[] = {
	{"link_state",
	 "State of a link: 1 for what holds.",
	 "state",
	 0,
	 "state",
	 {"never", "up", "half", "down", "broken", "sending"}},
	{"link_age_seconds", "Time since the peer was heard on this link.",
	 "age_ms", METRICS_MS},
	{"link_round_trip_seconds", "Round-trip time of the last beats.",
	 "rtt_ms", METRICS_MS},
	{"link_received", "Frames received.", "rx", .type = METRICS_COUNTER},
	{"link_sent", "Frames sent.", "tx", .type = METRICS_COUNTER},
	{"link_dropped", "Frames not sent: the port had no room.", "dropped",
	 .type = METRICS_COUNTER},
	{"link_errors", "Frames refused, by kind.", "errors", 0, "kind",
	 .type = METRICS_COUNTER},
	{"vrrp_drops", "Adverts not used, by reason.", "drops", 0, "reason",
	 .type = METRICS_COUNTER},
};

static const struct metrics_column instance_columns[] = {
	{"instance_state",
	 "VRRP state: 1 for what holds.",
	 "state",
	 0,
	 "state",
	 {"INIT", "BACKUP", "MASTER", "FAULT"}},
	{"instance_state_seconds", "Time since the state changed.", "since_ms",
	 METRICS_MS},
	{"instance_priority", "Configured priority of this node.", "priority"},
};

static const struct metrics_column fence_columns[] = {
	{"fence_state",
	 "What fencing does: 1 for what holds.",
	 "state",
	 0,
	 "state",
	 {"idle", "delay", "running", "confirmed", "failed", "held"}},
	{"fence_last_timestamp_seconds", "When the last fence action ended.",
	 "last.at"},
	{"fence_last_duration_seconds", "How long the last fence action took.",
	 "last.took_ms", METRICS_MS},
	{"fence_budget_left", "Automatic fences left in fence.window_s.",
	 "budget.left"},
	{"drill_passed_timestamp_seconds", "When a drill last passed.",
	 "drill.passed_at"},
};

static const struct metrics_column device_columns[] = {
	{"fence_device_ok", "1: the power switch was read at the last try.",
	 "ok"},
	{"fence_device_read_age_seconds", "Time since the device was tried.",
	 "checked_ms", METRICS_MS},
};

static const struct metrics_column plug_columns[] = {
	{"fence_plug_state",
	 "What a plug read last: 1 for what holds.",
	 "state",
	 0,
	 "state",
	 {"on", "off", "unknown"}},
	{"fence_plug_proven", "1: its off would be proof.", "proven"},
};

static const struct metrics_column notify_columns[] = {
	{"notify_state",
	 "Delivery of alerts: 1 for what holds.",
	 "state",
	 0,
	 "state",
	 {"fine", "later", "failing", "refused"}},
	{"notify_waiting", "Messages that wait to be sent.", "waiting"},
};

static const struct metrics_group groups[] = {
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

/* One series for a name, however many there are of it. */
static void write_alerts(const struct metrics_writer *w, const json_t *status)
{
	const json_t *alerts = json_object_get(status, "alerts"), *alert;
	size_t i, k;

	metrics_family(w, "alert", METRICS_GAUGE,
		       "Alerts that stand, by name.");
	json_array_foreach(alerts, i, alert)
	{
		const char *name = metrics_word(alert, "name");
		unsigned count = 0;

		for (k = 0; k < json_array_size(alerts); k++) {
			if (strcmp(metrics_word(json_array_get(alerts, k),
						"name"),
				   name) != 0)
				continue;
			if (k < i)
				break;
			count++;
		}
		if (!count)
			continue; /* counted where it first stood */
		metrics_begin(w, "alert", "");
		metrics_label(w, "alert", name);
		metrics_end(w, count);
	}
	metrics_family(w, "alerts", METRICS_GAUGE, "How many alerts stand.");
	metrics_begin(w, "alerts", "");
	metrics_end(w, (double)json_array_size(alerts));
}

static void write_owned(const struct metrics_writer *w, const json_t *status)
{
	const json_t *peer = json_object_get(status, "peer"), *instance;
	size_t i;

	metrics_family(
		w, "instance_owned", METRICS_GAUGE,
		"1: the owner in the words of this node; 0 on both: nobody.");
	json_array_foreach(json_object_get(status, "instances"), i, instance)
	{
		const char *name = metrics_word(instance, "name");

		metrics_begin(w, "instance_owned", "");
		metrics_label(w, "vrrp_instance", name);
		metrics_label(w, "owner", w->node);
		metrics_end(w, status_is_master(instance));
		metrics_begin(w, "instance_owned", "");
		metrics_label(w, "vrrp_instance", name);
		metrics_label(w, "owner", metrics_word(peer, "node"));
		metrics_end(w, status_has_name(json_object_get(peer, "owns"),
					       name));
	}
}

void metrics_write(FILE *out, const json_t *status, enum metrics_format format)
{
	const struct metrics_writer w = {out, format,
					 metrics_word(status, "pair"),
					 metrics_word(status, "node")};

	metrics_family(&w, "up", METRICS_GAUGE,
		       "1: twinbeatd on this node answers.");
	if (!status) {
		fputs("twinbeat_up 0\n", out);
	} else {
		metrics_begin(&w, "up", "");
		metrics_end(&w, 1);
		metrics_family(&w, "build_info", METRICS_GAUGE,
			       "Version of twinbeatd.");
		metrics_begin(&w, "build_info", "");
		metrics_label(&w, "version", metrics_word(status, "version"));
		metrics_end(&w, 1);
		for (size_t i = 0; i < COUNT(groups); i++)
			metrics_group_write(&w, &groups[i], status);
		write_owned(&w, status);
		write_alerts(&w, status);
		metrics_director_write(&w, status);
	}
	if (format == METRICS_OPENMETRICS)
		fputs("# EOF\n", out);
}
