/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The status object. Every key of the design is always there; what is not
 * known is null or "unknown", never a guess. Made in the main loop, so it costs
 * no more than its own size: no system call but memory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "advice.h"
#include "status.h"
#include "verdict.h"

/* A member that could not be made would be missing: all or nothing. */
static json_t *age_ms(const struct status_view *view, int64_t at_us)
{
	int64_t age_us = view->now_us - at_us;

	if (at_us == 0)
		return json_null();
	return json_integer(age_us > 0 ? age_us / 1000 : 0);
}

static const char *node_name(const struct status_view *view, unsigned node)
{
	return view->settings->nodes[node].name;
}

static json_t *make_unfit_reasons(const struct status_view *view)
{
	const struct core *core = view->core;
	json_t *reasons = json_array();
	char text[SETTINGS_NAME_MAX + 120];

	for (unsigned i = 0; i < core->settings->instance_count; i++) {
		const struct core_instance *instance = &core->instances[i];

		if (instance->fit)
			continue;
		snprintf(text, sizeof(text), "%s: %s",
			 core->settings->instances[i].name,
			 instance->unfit_why[0]
				 ? instance->unfit_why
				 : "the keeper has not reported yet");
		json_array_append_new(reasons, json_string(text));
	}
	return reasons;
}

/* ---- the peer ---- */

static json_t *make_peer(const struct status_view *view)
{
	const struct core *core = view->core;
	const struct core_peer *peer = &core->peer;
	const struct core_settings *settings = core->settings;
	json_t *owns = json_array(), *hears = json_array();
	bool known = peer->statement_us != 0;
	bool is_up = peer->state == PEER_UP && known;

	for (unsigned i = 0; i < settings->instance_count; i++)
		if (peer_owns_at(core, i, view->now_us))
			json_array_append_new(
				owns, json_string(settings->instances[i].name));
	for (unsigned i = 0; is_up && i < CORE_LINKS_MAX; i++)
		if (settings->links[i].configured && peer_hears_by(core, i))
			json_array_append_new(
				hears, json_string(settings->links[i].name));
	if (is_up && (peer->statement.heard & BEAT_HEARD_VRRP))
		json_array_append_new(hears, json_string("vrrp"));
	return json_pack("{s:s, s:s, s:s, s:b, s:o, s:o, s:b, s:o}", "node",
			 node_name(view, core->peer_index), "kind",
			 peer_is_plain(core) ? "vrrp" : "twinbeat", "state",
			 peer_state_name(peer->state), "fit",
			 peer_says_fit_for_all(core), "owns", owns, "hears_us",
			 hears, "fence_ok",
			 known && (peer->statement.flags & BEAT_FLAG_FENCE_OK),
			 "statement_ms", age_ms(view, peer->statement_us));
}

/* ---- links ---- */

static json_t *make_link(const struct status_view *view, const char *name,
			 const char *type, const struct core_link *link,
			 const struct link_counters *counters)
{
	static const struct link_counters none;
	json_t *round_trip = json_null();
	uint64_t replays = link->replays;

	if (!counters)
		counters = &none;
	replays += counters->replay;
	if (link->round_trip_us >= 0 && strcmp(type, "vrrp") != 0)
		round_trip = json_integer((link->round_trip_us + 500) / 1000);
	return json_pack(
		"{s:s, s:s, s:s, s:o, s:o, s:I, s:I, s:I, "
		"s:{s:I, s:I, s:I, s:I}}",
		"name", name, "type", type, "state",
		link_state_name(link->state), "age_ms",
		age_ms(view, link->heard_us), "rtt_ms", round_trip, "rx",
		(json_int_t)counters->rx, "tx", (json_int_t)counters->tx,
		"dropped", (json_int_t)counters->dropped, "errors", "auth",
		(json_int_t)counters->auth, "framing",
		(json_int_t)counters->framing, "replay", (json_int_t)replays,
		"loop", (json_int_t)counters->loop);
}

/* Why adverts were not used, by name; only what has happened. */
static json_t *make_drops(const uint64_t *drops)
{
	json_t *object = json_object();

	for (unsigned i = VRRP_OK + 1; drops && i < VRRP_VERDICTS; i++)
		if (drops[i])
			json_object_set_new(
				object, vrrp_verdict_name((enum vrrp_verdict)i),
				json_integer((json_int_t)drops[i]));
	return object;
}

/* Each wire by itself, where the port tells. */
static json_t *make_wires(const struct lines_word *word)
{
	return json_pack("{s:b, s:b, s:b, s:b, s:b, s:b}", "dsr",
			 (word->wires & LINES_DSR) != 0, "dcd",
			 (word->wires & LINES_DCD) != 0, "cts",
			 (word->wires & LINES_CTS) != 0, "bridged",
			 (word->wires & LINES_BRIDGED) != 0, "rts_returns",
			 word->rts_returns != 0, "cts_is_peers",
			 (word->wires & LINES_CTS_IS_PEERS) != 0);
}

static json_t *make_links(const struct status_view *view)
{
	const struct core *core = view->core;
	const struct core_settings *settings = core->settings;
	json_t *links = json_array();
	char name[SETTINGS_NAME_MAX + 8];

	for (unsigned i = 0; i < CORE_LINKS_MAX; i++) {
		json_t *link;

		if (!settings->links[i].configured)
			continue;
		link = make_link(view, settings->links[i].name,
				 view->settings->links[i].type, &core->links[i],
				 view->links[i]);
		if (link && settings->links[i].is_port)
			json_object_set_new(link, "line",
					    json_string(link_line_name(
						    link_line(core, i))));
		if (link && view->wires[i])
			json_object_set_new(link, "wires",
					    make_wires(view->wires[i]));
		json_array_append_new(links, link);
	}
	for (unsigned i = 0; i < settings->instance_count; i++) {
		json_t *link;

		snprintf(name, sizeof(name), "vrrp:%s",
			 settings->instances[i].name);
		link = make_link(view, name, "vrrp", &core->instances[i].vrrp,
				 view->vrrp[i]);
		if (link)
			json_object_set_new(link, "drops",
					    make_drops(view->vrrp_drops[i]));
		json_array_append_new(links, link);
	}
	return links;
}

/* ---- instances ---- */

static json_t *make_addresses(const struct settings *settings, unsigned i)
{
	const struct settings_instance *instance = &settings->instances[i];
	char text[IP_TEXT_MAX], address[IP_TEXT_MAX + 8];
	json_t *list = json_array();

	for (unsigned a = 0; list && a < instance->address_count; a++) {
		const struct settings_address *from =
			&settings->addresses[instance->first_address + a];

		snprintf(address, sizeof(address), "%s/%u",
			 ip_format(&from->ip, text), from->prefix);
		if (json_array_append_new(list, json_string(address))) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

int status_make_addresses(const struct settings *settings,
			  json_t *addresses[INSTANCES_MAX])
{
	for (unsigned i = 0; i < INSTANCES_MAX; i++)
		addresses[i] = NULL;
	for (unsigned i = 0; i < settings->instance_count; i++) {
		addresses[i] = make_addresses(settings, i);
		if (addresses[i])
			continue;
		while (i-- > 0)
			json_decref(addresses[i]);
		return -1;
	}
	return 0;
}

int status_prepare(struct status_view *view)
{
	return status_make_addresses(view->settings, view->addresses);
}

static json_t *make_ip(const struct ip *ip)
{
	char text[IP_TEXT_MAX];

	return json_string(ip_is_none(ip) ? "" : ip_format(ip, text));
}

/* What RFC 6527 asks of a virtual router. */
static json_t *make_router(const struct status_view *view, unsigned i)
{
	static const struct vrrp_tally none;
	const struct settings_instance *settings =
		&view->settings->instances[i];
	struct vrrp *vrrp = view->vrrps[i];
	const struct vrrp_tally *tally = vrrp ? vrrp_tally(vrrp) : &none;
	struct ip source = {0};

	if (vrrp)
		source = vrrp_source(vrrp);
	return json_pack(
		"{s:s, s:i, s:i, s:I, s:b, s:o, s:o, s:I, s:s, s:o, s:I, s:I}",
		"interface", settings->interface, "version", settings->version,
		"family",
		settings_instance_is_v6(view->settings, settings) ? 6 : 4,
		"advert_ms", (json_int_t)settings->advert_ms, "preempt",
		settings->preempt, "source", make_ip(&source), "heard",
		make_ip(&tally->heard), "masters", (json_int_t)tally->masters,
		"masters_proof", tally->proof ? tally->proof : "", "up_ms",
		tally->up_us ? age_ms(view, tally->up_us) : json_null(),
		"zeros_heard", (json_int_t)tally->zeros_heard, "zeros_sent",
		(json_int_t)tally->zeros_sent);
}

static json_t *make_instance(const struct status_view *view, unsigned i)
{
	const struct core *core = view->core;
	const struct core_instance *instance = &core->instances[i];
	const struct core_instance_settings *settings =
		&core->settings->instances[i];
	char waiting[2 * CORE_TEXT_MAX];

	status_waiting_for(core, i, view->now_us, waiting, sizeof(waiting));
	return json_pack(
		"{s:s, s:i, s:s, s:o, s:i, s:O, s:s, s:s, s:s, s:o}", "name",
		settings->name, "vrid", settings->vrid, "state",
		instance_state_name(instance->state), "since_ms",
		age_ms(view, instance->since_us), "priority",
		settings->priority[core->self], "addresses", view->addresses[i],
		"proof",
		instance->own && !instance->alien
			? proof_name((enum proof)instance->permit.proof)
			: "",
		"waiting_for", waiting, "silent_on_lo",
		view->silent[i] ? view->silent[i] : "", "router",
		make_router(view, i));
}

/* R16: how far it has come with signed adverts beside a plain router. */
static json_t *make_hmac(const struct status_view *view, unsigned i)
{
	static const char *const modes[] = {[HMAC_ENFORCE] = "enforce",
					    [HMAC_PERMISSIVE] = "permissive",
					    [HMAC_RECEIVE_ONLY] =
						    "receive-only"};

	return json_pack("{s:s, s:b}", "mode",
			 modes[view->settings->instances[i].hmac.mode],
			 "peer_signs",
			 view->vrrps[i] && vrrp_peer_signs(view->vrrps[i]));
}

static json_t *make_instances(const struct status_view *view)
{
	json_t *instances = json_array();

	for (unsigned i = 0; i < view->core->settings->instance_count; i++) {
		json_t *instance = make_instance(view, i);

		if (instance && view->settings->instances[i].hmac.configured)
			json_object_set_new(instance, "hmac",
					    make_hmac(view, i));
		json_array_append_new(instances, instance);
	}
	return instances;
}

/* ---- fence ---- */

/* RFC 3339; "" = never. */
static void put_time(int64_t at_s, char text[32])
{
	time_t at = (time_t)at_s;
	struct tm tm;

	text[0] = '\0';
	if (at_s > 0 && gmtime_r(&at, &tm))
		strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

json_t *status_make_drill(const struct status_view *view)
{
	static const char *const results[] = {"", "passed", "failed",
					      "cancelled"};
	const struct core *core = view->core;
	const struct core_memory *memory = &core->memory;
	char at[32], passed_at[32];

	if (!memory->drill_result && !drill_is_running(core))
		return json_null();
	put_time(memory->drill_at_s, at);
	put_time(memory->drill_passed_at_s, passed_at);
	return json_pack("{s:s, s:s, s:s, s:I, s:I, s:s, s:s}", "node",
			 node_name(view, core->peer_index), "at", at, "result",
			 results[memory->drill_result & 3], "off_ms",
			 (json_int_t)memory->drill_off_ms, "back_ms",
			 (json_int_t)memory->drill_back_ms, "passed_at",
			 passed_at, "running",
			 drill_phase_name(core->drill.phase));
}

static json_t *make_last(const struct status_view *view)
{
	const struct core_fence *fence = &view->core->fence;
	char text[32];

	if (!fence->last.is_known)
		return json_null();
	put_time(fence->last.realtime_s, text);
	return json_pack("{s:s, s:s, s:s, s:I, s:s, s:i, s:s}", "target",
			 node_name(view, fence->last.node), "action",
			 fence->last.kind == CORE_FENCE_ON ? "on" : "off",
			 "result", fence_outcome_name(fence->last.outcome),
			 "took_ms", (json_int_t)(fence->last.took_us / 1000),
			 "at", text, "level", fence->last.level, "text",
			 fence->last.text);
}

/* Does the peer reach the device (R14)? null = it has not said. */
static json_t *peer_reaches(const struct status_view *view, unsigned device)
{
	if (!peer_has_tried_device(view->core, device))
		return json_null();
	return json_boolean(peer_reaches_device(view->core, device));
}

static json_t *make_devices(const struct status_view *view)
{
	json_t *devices = json_array();

	for (unsigned i = 0; i < view->settings->device_count; i++) {
		const struct core_device_view *device = &view->core->devices[i];

		json_array_append_new(
			devices,
			json_pack("{s:s, s:s, s:b, s:o, s:s, s:o}", "name",
				  view->settings->devices[i].name, "driver",
				  view->settings->devices[i].driver, "ok",
				  device->ok, "checked_ms",
				  age_ms(view, device->checked_us), "error",
				  device->error, "peer_ok",
				  peer_reaches(view, i)));
	}
	return devices;
}

static bool is_proven(const struct core *core, unsigned node, unsigned plug)
{
	if (node == core->peer_index)
		return plug_is_proven(core, plug);
	/* The same test for ourselves: on while we live. The peer needs it. */
	return core->plugs[node][plug].state == CORE_PLUG_ON;
}

static void append_plugs(const struct status_view *view, unsigned node,
			 json_t *plugs)
{
	const struct settings_node *from = &view->settings->nodes[node];

	for (unsigned i = 0; i < from->plug_count; i++) {
		const struct core_plug_view *plug = &view->core->plugs[node][i];

		json_array_append_new(
			plugs,
			json_pack("{s:s, s:s, s:s, s:i, s:s, s:b, s:b, s:o}",
				  "node", from->name, "device",
				  view->settings->devices[from->plugs[i].device]
					  .name,
				  "plug", from->plugs[i].plug, "level",
				  from->plugs[i].level, "state",
				  plug_state_name(plug->state), "proven",
				  is_proven(view->core, node, i),
				  "contradicted",
				  node == view->core->peer_index &&
					  plug_has_lied(view->core, i),
				  "read_ms", age_ms(view, plug->read_us)));
	}
}

json_t *status_make_plugs(const struct status_view *view, int node)
{
	json_t *plugs = json_array();

	for (unsigned i = 0; i < NODES; i++)
		if (node < 0 || (unsigned)node == i)
			append_plugs(view, i, plugs);
	return plugs;
}

/* R6: how many automatic fences may follow before fence-loop holds them. */
static json_t *make_budget(const struct status_view *view)
{
	const struct core *core = view->core;
	unsigned most = core->settings->fence.max_per_window;
	unsigned used = fences_in_window(core);

	return json_pack("{s:i, s:o, s:i}", "max", (int)most, "left",
			 most ? json_integer(used < most ? most - used : 0)
			      : json_null(),
			 "window_s",
			 (int)(core->settings->fence.window_ms / 1000));
}

static json_t *make_fence(const struct status_view *view)
{
	const struct core_fence *fence = &view->core->fence;

	return json_pack(
		"{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "state",
		fence_state_name(fence->state), "target",
		fence->state == FENCE_STATE_IDLE ? "" : peer_name(view->core),
		"level",
		fence->last.is_known ? json_integer(fence->last.level)
				     : json_null(),
		"last", make_last(view), "drill", status_make_drill(view),
		"budget", make_budget(view), "devices", make_devices(view),
		"plugs", status_make_plugs(view, -1));
}

struct alert_order {
	const struct core_alert *alerts;
	enum advice_weight weights[ALERT_NAMES];
};

/* Of two places: the worst first, of one weight the oldest. */
static int compare_alerts(const void *one, const void *other, void *arg)
{
	const uint16_t *place_a = one, *place_b = other;
	const struct alert_order *order = arg;
	const struct core_alert *a = &order->alerts[*place_a];
	const struct core_alert *b = &order->alerts[*place_b];

	if (order->weights[a->name] != order->weights[b->name])
		return order->weights[a->name] > order->weights[b->name] ? -1
									 : 1;
	if (a->since_us != b->since_us)
		return a->since_us < b->since_us ? -1 : 1;
	return *place_a < *place_b ? -1 : *place_a > *place_b;
}

static json_t *make_alerts(const struct status_view *view)
{
	const struct core *core = view->core;
	struct alert_order order = {.alerts = core->alerts};
	uint16_t sorted[ALERTS_MAX]; /* their places */
	json_t *alerts = json_array();
	unsigned count = 0;

	/* once: the main loop waits for us, and there may be thousands */
	for (unsigned i = 0; i < ALERT_NAMES; i++)
		(void)advice_find(alert_name_text((enum alert_name)i),
				  &order.weights[i]);
	for (unsigned i = 0; i < ALERTS_MAX; i++)
		if (core_alert_stands(core, i))
			sorted[count++] = (uint16_t)i;
	qsort_r(sorted, count, sizeof(sorted[0]), compare_alerts, &order);
	for (unsigned i = 0; i < count; i++) {
		const struct core_alert *alert = &core->alerts[sorted[i]];

		json_array_append_new(alerts,
				      json_pack("{s:s, s:s, s:o}", "name",
						alert_name_text(alert->name),
						"text", alert->text, "since_ms",
						age_ms(view, alert->since_us)));
	}
	return alerts;
}

/* Who is told of all this, and whether it arrives. */
static json_t *make_receivers(const struct status_view *view)
{
	static const char *const states[RECEIVER_STATES] = {
		[RECEIVER_FINE] = "fine",
		[RECEIVER_LATER] = "later",
		[RECEIVER_FAILING] = "failing",
		[RECEIVER_REFUSED] = "refused",
	};
	json_t *receivers = json_array();
	char at[32];

	for (unsigned i = 0; i < view->receiver_count; i++) {
		const struct notice_receiver *told = &view->notices[i];

		put_time(told->at_s, at);
		json_array_append_new(receivers,
				      json_pack("{s:s, s:s, s:i, s:s, s:s}",
						"to", view->receivers[i].name,
						"state", states[told->state],
						"waiting", (int)told->waiting,
						"at", at, "text", told->text));
	}
	return receivers;
}

/* What the first line of the screen says, for programs. */
static json_t *with_verdict(json_t *status)
{
	char text[VERDICT_TEXT_MAX];
	enum verdict verdict;

	if (!status)
		return NULL;
	verdict = verdict_make(status, text, sizeof(text));
	if (json_object_set_new(status, "verdict",
				json_string(verdict_word(verdict))) == 0 &&
	    json_object_set_new(status, "verdict_text", json_string(text)) == 0)
		return status;
	json_decref(status);
	return NULL;
}

json_t *status_make(const struct status_view *view)
{
	const struct core *core = view->core;

	return with_verdict(json_pack(
		"{s:s, s:s, s:s, s:i, s:I, s:b, s:o, s:b, s:o, s:o, s:o, s:o, "
		"s:o, s:o}",
		"version", TWINBEAT_VERSION, "node",
		node_name(view, core->self), "pair", view->settings->pair,
		"pid", (int)getpid(), "uptime_ms",
		(json_int_t)((view->now_us - core->started_us) / 1000), "fit",
		is_fit_for_all(core), "unfit_reasons", make_unfit_reasons(view),
		"maintenance", is_in_maintenance(core), "peer", make_peer(view),
		"links", make_links(view), "instances", make_instances(view),
		"fence", make_fence(view), "alerts", make_alerts(view),
		"notify", make_receivers(view)));
}
