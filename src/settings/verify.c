/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Judges nodes and instances against each other. A check is left out
 * when what it builds on was wrong by itself: one mistake, one error.
 */
#include <stdarg.h>

#include "internal.h"

/* The core's table; see core.h CORE_INTERFACES_MAX. */
#define INTERFACES_ALL_MAX 32

/* ---- nodes ---- */

static bool nodes_share_address(const struct settings *settings, char *text)
{
	const struct settings_node *a = &settings->nodes[0];
	const struct settings_node *b = &settings->nodes[1];

	for (unsigned i = 0; i < a->address_count; i++)
		for (unsigned j = 0; j < b->address_count; j++)
			if (ip_compare(&a->addresses[i], &b->addresses[j]) ==
			    0) {
				ip_format(&a->addresses[i], text);
				return true;
			}
	return false;
}

/*
 * R16: one of the two may be a plain VRRP router. This program runs on the
 * other one, so a machine that is neither judges the file as that one would.
 */
static void verify_kinds(struct reader *reader,
			 const struct settings_report *report)
{
	struct settings *settings = reader->settings;
	unsigned self = settings->self;

	if (settings->nodes[0].kind == KIND_VRRP &&
	    settings->nodes[1].kind == KIND_VRRP) {
		reader_error(reader, node_at(reader, 1), "kind",
			     "both nodes are plain VRRP routers: twinbeat runs "
			     "on one of them at least; leave kind out there");
		return;
	}
	if (settings->nodes[self].kind != KIND_VRRP)
		return;
	if (report->self_unknown)
		settings->self = (uint8_t)(1 - self);
	else
		reader_error(reader, node_at(reader, self), "kind",
			     "\"vrrp\", and this machine is \"%s\": twinbeatd "
			     "runs on \"%s\" alone; leave kind out to run it "
			     "here, too",
			     settings->nodes[self].name,
			     settings->nodes[1 - self].name);
}

void settings_verify_nodes(struct reader *reader, const char *node,
			   struct settings_report *report)
{
	const struct settings *settings = reader->settings;
	const config_setting_t *at[NODES] = {node_at(reader, 0),
					     node_at(reader, 1)};
	char text[IP_TEXT_MAX];

	if (at[0] == NULL || at[1] == NULL ||
	    !reader_is_good(reader, reader->root, "nodes"))
		return;
	if (nodes_share_address(settings, text))
		reader_error(reader, at[1], "address",
			     "%s is an address of \"%s\" too", text,
			     settings->nodes[0].name);
	if (!reader_is_good(reader, at[0], "name") ||
	    !reader_is_good(reader, at[1], "name"))
		return;
	if (strcmp(settings->nodes[0].name, settings->nodes[1].name) == 0)
		reader_error(reader, at[1], "name",
			     "both nodes are called \"%s\"",
			     settings->nodes[0].name);
	else
		settings_find_self(reader, node, report);
	verify_kinds(reader, report);
}

/* ---- instances ---- */

static void verify_against_others(struct reader *reader, unsigned index)
{
	const struct settings *settings = reader->settings;
	const struct settings_instance *b = &settings->instances[index];
	const config_setting_t *at = instance_at(reader, index);

	for (unsigned i = 0; i < index; i++) {
		const struct settings_instance *a = &settings->instances[i];

		if (a->name[0] != '\0' && strcmp(a->name, b->name) == 0)
			reader_error(reader, at, "name",
				     "instances[%u] is called \"%s\" too", i,
				     a->name);
		/* RFC 9568 5.2.3: each family has VRIDs of its own */
		if (a->vrid != 0 && a->vrid == b->vrid &&
		    settings_instance_is_v6(settings, a) ==
			    settings_instance_is_v6(settings, b) &&
		    a->interface[0] != '\0' &&
		    strcmp(a->interface, b->interface) == 0)
			reader_error(reader, at, "vrid",
				     "%u is the VRID of instances[%u] on %s "
				     "too; one VRID is one router per network",
				     b->vrid, i, b->interface);
	}
}

static void verify_priorities(struct reader *reader, unsigned index)
{
	const struct settings_instance *instance =
		&reader->settings->instances[index];

	if (node_at(reader, 0) == NULL || node_at(reader, 1) == NULL ||
	    !reader_is_good(reader, node_at(reader, 0), "priority") ||
	    !reader_is_good(reader, node_at(reader, 1), "priority"))
		return;
	if (instance->priority[0] == instance->priority[1])
		reader_warn(reader, instance_at(reader, index),
			    reader_has(instance_at(reader, index), "priorities")
				    ? "priorities"
				    : NULL,
			    "both nodes have priority %u; the higher address "
			    "decides",
			    instance->priority[0]);
}

struct names {
	const char *list[INTERFACES_ALL_MAX + 1];
	unsigned count;
};

static void names_add(struct names *names, const char *name)
{
	for (unsigned i = 0; i < names->count; i++)
		if (strcmp(names->list[i], name) == 0)
			return;
	if (name[0] != '\0' && names->count <= INTERFACES_ALL_MAX)
		names->list[names->count++] = name;
}

/* Of all instances: their own, dev, track. */
static void names_collect(const struct settings *settings, struct names *names)
{
	for (unsigned i = 0; i < settings->instance_count; i++) {
		names_add(names, settings->instances[i].interface);
		for (unsigned t = 0; t < settings->instances[i].track_count;
		     t++)
			names_add(names, settings->instances[i].track[t]);
	}
	for (unsigned i = 0; i < settings->address_count; i++)
		names_add(names, settings->addresses[i].dev);
	for (unsigned i = 0; i < settings->route_count; i++)
		names_add(names, settings->routes[i].dev);
}

static void verify_interface_count(struct reader *reader)
{
	struct names names = {.count = 0};

	names_collect(reader->settings, &names);
	if (names.count > INTERFACES_ALL_MAX)
		reader_error(reader, reader->root, "instances",
			     "more than %d different network interfaces in "
			     "all instances (interface, dev, track)",
			     INTERFACES_ALL_MAX);
}

/*
 * R4: what an owner without carrier sends nobody hears. Longer than the other
 * node bears that, it would not be waiting for the cable, but for a takeover.
 */
static void verify_debounce_down(struct reader *reader, unsigned d)
{
	const struct settings *settings = reader->settings;
	const struct settings_debounce *debounce = &settings->debounce[d];
	const config_setting_t *at = reader_at(reader, debounce);
	const config_setting_t *fence = reader_at(reader, &settings->fence);
	bool two_way = settings_count_links(settings, NULL) > 0;

	if (!two_way) {
		for (unsigned i = 0; i < settings->instance_count; i++) {
			const struct settings_instance *instance =
				&settings->instances[i];

			if (debounce->down_ms < 2 * instance->advert_ms ||
			    !reader_is_good(reader, instance_at(reader, i),
					    "advert_ms"))
				continue;
			reader_error(reader, at, "down_ms",
				     "%u ms: without a two-way link the other "
				     "node takes \"%s\" over after three "
				     "adverts of %u ms: less than %u ms",
				     debounce->down_ms, instance->name,
				     instance->advert_ms,
				     2 * instance->advert_ms);
			return;
		}
	} else if (reader_is_good(reader, fence ? fence : reader->root,
				  "disagree_ms") &&
		   debounce->down_ms >= settings->fence.disagree_ms) {
		reader_error(reader, at, "down_ms",
			     "%u ms: must be less than fence.disagree_ms (%u "
			     "ms), after which the other node acts on an owner "
			     "whose adverts do not come",
			     debounce->down_ms, settings->fence.disagree_ms);
	}
}

static void verify_debounce(struct reader *reader)
{
	const struct settings *settings = reader->settings;

	for (unsigned d = 0; d < settings->debounce_count; d++) {
		const struct settings_debounce *debounce =
			&settings->debounce[d];
		const config_setting_t *at = reader_at(reader, debounce);
		struct names names = {.count = 0};
		unsigned others;

		if (at == NULL || debounce->interface[0] == '\0')
			continue;
		for (unsigned i = 0; i < d; i++)
			if (strcmp(settings->debounce[i].interface,
				   debounce->interface) == 0)
				reader_error(reader, at, "interface",
					     "%s stands in debounce[%u] too",
					     debounce->interface, i);
		names_collect(settings, &names);
		others = names.count;
		names_add(&names, debounce->interface);
		if (names.count > others)
			reader_warn(reader, at, "interface",
				    "no instance is on %s, no address and no "
				    "track.interfaces: it has no effect",
				    debounce->interface);
		if (debounce->down_ms > 0 &&
		    reader_is_good(reader, at, "down_ms"))
			verify_debounce_down(reader, d);
	}
}

static bool may_move_with(const struct settings_instance *a,
			  const struct settings_instance *b)
{
	return memcmp(a->priority, b->priority, sizeof(a->priority)) == 0 &&
	       a->preempt == b->preempt &&
	       (!a->preempt || a->preempt_delay_ms == b->preempt_delay_ms);
}

/* R21: one election for all of a group. */
static void verify_sync(struct reader *reader, unsigned i)
{
	const struct settings *settings = reader->settings;
	const struct settings_instance *instance = &settings->instances[i];
	bool is_alone = true;

	if (instance->sync[0] == '\0')
		return;
	for (unsigned k = 0; k < settings->instance_count; k++) {
		const struct settings_instance *other = &settings->instances[k];

		if (k == i || strcmp(other->sync, instance->sync) != 0)
			continue;
		is_alone = false;
		if (k < i && !may_move_with(instance, other)) {
			reader_error(reader, instance_at(reader, i), "sync",
				     "\"%s\" and \"%s\" of one group move "
				     "together, so their priorities, preempt "
				     "and preempt_delay_ms must be equal",
				     other->name, instance->name);
			return;
		}
	}
	if (is_alone)
		reader_warn(reader, instance_at(reader, i), "sync",
			    "\"%s\" has no other instance, so it does nothing",
			    instance->sync);
}

/*
 * R7: beats tell of IPv4 sources alone. Over IPv6 the other node knows our
 * adverts by their signature, or by an address that the file has.
 */
static void verify_unsigned(struct reader *reader, unsigned i)
{
	const struct settings *settings = reader->settings;
	const struct settings_instance *instance = &settings->instances[i];

	if (instance->sign || settings_has_plain_node(settings) ||
	    !settings_instance_is_v6(settings, instance))
		return;
	for (unsigned n = 0; n < 2; n++) {
		const struct settings_node *node = &settings->nodes[n];
		bool is_known = !ip_is_none(settings_source_of(instance, n));

		for (unsigned a = 0; a < node->address_count; a++)
			is_known = is_known ||
				   ip_is_link_local(&node->addresses[a]);
		if (is_known)
			continue;
		reader_warn(reader, instance_at(reader, i), "sign",
			    "false: the adverts of %s come from a link-local "
			    "address, and the other node takes them for a "
			    "stranger's: add that address to nodes[%u].address",
			    node->name, n);
	}
}

void settings_verify_instances(struct reader *reader)
{
	const struct settings *settings = reader->settings;

	for (unsigned i = 0; i < settings->instance_count; i++) {
		verify_against_others(reader, i);
		verify_priorities(reader, i);
		verify_sync(reader, i);
		verify_unsigned(reader, i);
		if (strcmp(settings->instances[i].interface, "lo") == 0)
			reader_error(reader, instance_at(reader, i),
				     "interface",
				     "the loopback has no network to be "
				     "heard on");
	}
	settings_verify_addresses(reader);
	settings_verify_routes(reader);
	settings_verify_hmac(reader);
	verify_interface_count(reader);
	verify_debounce(reader);
}
