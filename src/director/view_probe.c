/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The checks of one server with their steps, and what the kernel's table lacks:
 * for people who look at one thing. */
#include <stdio.h>
#include <string.h>

#include "view.h"

/* ---- checks ---- */

static void add_ms(json_t *object, const char *key, uint32_t us)
{
	if (us > 0)
		json_object_set_new(object, key, json_real(us / 1000.0));
}

static json_t *make_check(const struct farm *farm, const struct probe *probe)
{
	const struct probe *asking = farm_asking(farm, probe);
	json_t *object = json_object();
	bool is_agent = probe->place == PROBE_IS_AGENT;
	char ip[IP_TEXT_MAX];

	json_object_set_new(
		object, "type",
		json_string(
			is_agent ? "agent"
				 : settings_check_type_names
					   [farm->settings->checks[probe->check]
						    .type]));
	json_object_set_new(
		object, "address",
		json_string(ip_format(&farm->ips[probe->address], ip)));
	json_object_set_new(object, "port", json_integer(probe->port));
	json_object_set_new(object, "asked", json_boolean(asking->is_asked));
	json_object_set_new(object, "passed",
			    json_boolean(asking->is_asked &&
					 asking->result <= CHECK_DRAIN));
	json_object_set_new(object, "text", json_string(asking->text));
	add_ms(object, "connected_ms", asking->connected_us);
	add_ms(object, "tls_ms", asking->tls_us);
	add_ms(object, "first_byte_ms", asking->first_byte_us);
	add_ms(object, "took_ms", asking->took_us);
	return object;
}

json_t *view_probe(const struct farm *farm, unsigned service, unsigned server)
{
	const struct settings *settings = farm->settings;
	json_t *object = json_object(), *checks = json_array();

	json_object_set_new(
		object, "service",
		json_string(settings->director.services[service].name));
	json_object_set_new(object, "server",
			    json_string(settings->servers[server].name));
	for (unsigned i = 0; i < farm->probes.count; i++)
		if (farm->list[i].server == server)
			json_array_append_new(checks,
					      make_check(farm, &farm->list[i]));
	json_object_set_new(object, "checks", checks);
	return object;
}

/* ---- the table ---- */

static const char *verb_text(enum plan_verb verb)
{
	static const char *const names[] = {
		[PLAN_NEW_SERVICE] = "add",    [PLAN_SET_SERVICE] = "set",
		[PLAN_DELETE_SERVICE] = "del", [PLAN_NEW_DEST] = "add",
		[PLAN_SET_DEST] = "set",       [PLAN_DELETE_DEST] = "del"};

	return names[verb];
}

static void take_order(void *arg, const struct plan_order *order)
{
	const struct table_dest *dest = order->dest;
	char id[TABLE_ID_TEXT_MAX], ip[IP_TEXT_MAX], text[200], weight[32] = "";

	table_id_text(&order->service->id, id);
	if (dest == NULL) {
		snprintf(text, sizeof(text), "%s %s", verb_text(order->verb),
			 id);
	} else {
		if (order->verb != PLAN_DELETE_DEST)
			snprintf(weight, sizeof(weight), " weight %u",
				 order->weight);
		snprintf(text, sizeof(text), "%s %s -> %s port %u%s",
			 verb_text(order->verb), id, ip_format(&dest->ip, ip),
			 dest->port, weight);
	}
	json_array_append_new(arg, json_string(text));
}

json_t *view_diff(const struct plan *plan, const struct table *kernel)
{
	static struct plan dry; /* it remembers drains, and so is a copy */
	json_t *lines = json_array();

	if (plan->wanted == NULL)
		return lines;
	dry = *plan;
	dry.kernel = kernel;
	dry.order = take_order;
	dry.arg = lines;
	plan_make(&dry);
	return lines;
}
